//! What is said, as JSON.

use super::os_text;
use crate::audit::End;
use crate::error::Refusal;
use crate::request::EnvChanges;
use crate::resolve::found::Found;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What both sides have to speak. It grows when a message means something else than it did; a field that
/// may be missing, or be passed over, is no other version.
pub(super) const VERSION: u32 = 1;

/// The beginning of every message, as far as another version is known to have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) version: u32,
    /// That of the request, also in the answer.
    pub(super) number: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) version: u32,
    pub(super) number: u64,
    pub(super) call: Call,
}

/// What is asked for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Call {
    /// The environment that children start with.
    Environment,
    Decide(Box<Decide>),
    /// What was approved under this ticket runs.
    Started {
        ticket: u64,
        pid: u32,
    },
    /// It is over.
    Ended {
        ticket: u64,
        end: Ended,
    },
    /// It will never start, or nobody tells what becomes of it.
    Dropped {
        ticket: u64,
    },
}

/// A decision that is wanted.
#[derive(Serialize, Deserialize)]
pub(super) struct Decide {
    #[serde(with = "os_text")]
    pub(super) program: OsString,
    #[serde(with = "os_text")]
    pub(super) args: Vec<OsString>,
    #[serde(default, with = "os_text")]
    pub(super) cwd: Option<PathBuf>,
    #[serde(with = "Changes")]
    pub(super) env: EnvChanges,
    pub(super) is_detached: bool,
    /// Whether the wait for an answer ends when the run is cancelled.
    pub(super) until_cancelled: bool,
    pub(super) found: Found,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "EnvChanges")]
struct Changes {
    clear: bool,
    #[serde(with = "os_text")]
    remove: Vec<OsString>,
    #[serde(with = "os_text")]
    set: Vec<(OsString, OsString)>,
}

/// An [`End`], to be sent.
#[derive(Serialize, Deserialize)]
pub(super) struct Ended {
    exit_code: Option<i32>,
    signal: Option<i32>,
    duration: Duration,
    timed_out: bool,
    truncated: bool,
    survivors: Vec<u32>,
    enforced: Vec<String>,
}

impl From<&End<'_>> for Ended {
    fn from(end: &End<'_>) -> Self {
        Self {
            exit_code: end.exit_code,
            signal: end.signal,
            duration: end.duration,
            timed_out: end.timed_out,
            truncated: end.truncated,
            survivors: end.survivors.to_owned(),
            enforced: end.enforced.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

impl Ended {
    /// Calls `tell` with it.
    pub(super) fn with(&self, tell: impl FnOnce(&End<'_>)) {
        let enforced: Vec<&str> = self.enforced.iter().map(String::as_str).collect();
        tell(&End {
            exit_code: self.exit_code,
            signal: self.signal,
            duration: self.duration,
            timed_out: self.timed_out,
            truncated: self.truncated,
            survivors: &self.survivors,
            enforced: &enforced,
        });
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) version: u32,
    pub(super) number: u64,
    pub(super) result: Outcome,
}

/// What came of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Environment(#[serde(with = "os_text")] Vec<(OsString, OsString)>),
    Allowed {
        /// Who is to be told what becomes of it, if somebody is.
        ticket: Option<u64>,
    },
    Refused(Refusal),
    /// What was told is known.
    Noted,
    /// The request could not be worked on, for this reason.
    Failed(String),
}
