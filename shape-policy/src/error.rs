//! Why something may not run, or cannot.

use crate::decide::Ground;
use crate::quote::{Quoted, Sentence};
use crate::remote::os_text;
use crate::rules::RuleRef;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Why [`Policy::approve`](crate::Policy::approve) approved nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// There is nothing that could run.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It may not run.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// It was cancelled before it was decided.
    #[error("{}: cancelled", Quoted::new(program))]
    Cancelled {
        /// The program.
        #[serde(with = "os_text")]
        program: OsString,
    },
}

/// Why a request names nothing that could run.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResolveError {
    /// A part of the request that no program could be given.
    #[error("{part} {reason}")]
    Invalid {
        /// Which part, for instance `an argument of "git"`.
        part: String,
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },
    /// The directory to start in does not exist, is no directory, or cannot be entered.
    #[error("the directory {} cannot be used: {reason}", Quoted::new(path))]
    BadCwd {
        /// The directory as it was asked for.
        #[serde(with = "os_text")]
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// No such program.
    #[error("{}", not_found(program, searched, nearest.as_deref()))]
    NotFound {
        /// The program as it was asked for.
        #[serde(with = "os_text")]
        program: OsString,
        /// The directories that were searched, in order; none for an absolute path.
        #[serde(with = "os_text")]
        searched: Vec<PathBuf>,
        /// A program of a similar name that does exist.
        nearest: Option<String>,
    },
    /// The file is there and cannot be executed.
    #[error("{} cannot be executed: {reason}", Quoted::new(path))]
    NotExecutable {
        /// The file.
        #[serde(with = "os_text")]
        path: PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// A script whose first line names an interpreter that is not there.
    #[error(
        "{} needs the interpreter {}, which does not exist",
        Quoted::new(path),
        Quoted::new(interpreter)
    )]
    BadInterpreter {
        /// The script.
        #[serde(with = "os_text")]
        path: PathBuf,
        /// The interpreter after its `#!`.
        #[serde(with = "os_text")]
        interpreter: PathBuf,
    },
    /// Where the approved file or directory was, there is another one now.
    #[error("{} changed after it was approved", Quoted::new(path))]
    Changed {
        /// The file or the directory.
        #[serde(with = "os_text")]
        path: PathBuf,
    },
    /// The system has no descriptors or memory left. Trying again later may help.
    #[error(
        "the system is out of resources: {} cannot be opened: {reason}",
        Quoted::new(path)
    )]
    Resource {
        /// The file or the directory.
        #[serde(with = "os_text")]
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

fn not_found(program: &OsString, searched: &[PathBuf], nearest: Option<&str>) -> String {
    let mut message = if program.as_encoded_bytes().contains(&b'/') {
        format!("{} does not exist", Quoted::new(program))
    } else {
        format!("{} was not found on PATH", Quoted::new(program))
    };
    if !searched.is_empty() {
        let directories: Vec<String> = searched
            .iter()
            .map(|dir| Quoted::new(dir).to_string())
            .collect();
        message.push_str(&format!(" (searched {})", directories.join(", ")));
    }
    if let Some(nearest) = nearest {
        message.push_str(&format!("; did you mean {}?", Quoted::new(nearest)));
    }
    message
}

/// A program that exists and may not run: what decided, and what would change the answer.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(transparent)]
#[error(
    "{} ({}) may not run: {}",
    Quoted::new(&self.0.program),
    Quoted::new(&self.0.path),
    self.why()
)]
pub struct Denial(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parts {
    #[serde(with = "os_text")]
    program: OsString,
    #[serde(with = "os_text")]
    path: PathBuf,
    inner: Option<String>,
    reason: DenialReason,
    help: String,
    pending: Option<String>,
}

impl Denial {
    pub(crate) fn new(program: &OsStr, path: &Path, reason: DenialReason, help: String) -> Self {
        Self(Box::new(Parts {
            program: program.to_owned(),
            path: path.to_owned(),
            inner: None,
            reason,
            help,
            pending: None,
        }))
    }

    /// This denial, decided by a command that the program would run.
    pub(crate) fn of_inner(mut self, command: Option<String>) -> Self {
        self.0.inner = command;
        self
    }

    /// This denial, which somebody can turn into a grant by this id.
    pub(crate) fn pending_as(mut self, id: Option<String>) -> Self {
        self.0.pending = id;
        self
    }

    /// The program as it was asked for.
    pub fn program(&self) -> &OsStr {
        &self.0.program
    }

    /// The file that it was resolved to.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The command that decided, quoted, if it is not the program itself but one that it would run.
    pub fn inner(&self) -> Option<&str> {
        self.0.inner.as_deref()
    }

    /// What decided.
    pub fn reason(&self) -> &DenialReason {
        &self.0.reason
    }

    /// The rule that decided, if one did.
    pub fn rule(&self) -> Option<&RuleRef> {
        match &self.0.reason {
            DenialReason::Ground(ground) | DenialReason::NobodyToAsk(ground) => {
                ground.rule().map(AsRef::as_ref)
            }
            _ => None,
        }
    }

    /// What would change the answer, for instance ``allow it with `--allow-process=git` ``.
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// The id under which the question waits for somebody to answer it.
    pub fn pending(&self) -> Option<&str> {
        self.0.pending.as_deref()
    }

    /// Whether the same request may be allowed later, by itself.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.0.reason {
            DenialReason::Throttled { retry_after, .. } => Some(retry_after),
            _ => None,
        }
    }

    /// The reason, with the command that it is about.
    pub fn why(&self) -> String {
        match &self.0.inner {
            Some(command) => format!("it runs {command}: {}", self.0.reason),
            None => self.0.reason.to_string(),
        }
    }
}

/// What decided that a program may not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DenialReason {
    /// It is denied on this ground.
    Ground(Ground),
    /// There is an allow list, this one, and it is not on it; nobody can be asked.
    NotOnAllowList(String),
    /// On this ground somebody has to be asked, and nobody can be.
    NobodyToAsk(Ground),
    /// Somebody was asked and did not say yes.
    UserSaidNo,
    /// Everything is denied until somebody resets the guard, for this reason.
    Lockdown(String),
    /// Too many runs in a short time.
    Throttled {
        /// Which limit it is.
        limit: String,
        /// When the same request may be allowed.
        retry_after: Duration,
    },
    /// Something that the decision needs does not work, and in doubt nothing runs.
    Broken(String),
}

impl fmt::Display for DenialReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ground(ground) => match ground {
                Ground::Rule(_) => write!(f, "denied by {ground}"),
                other => other.fmt(f),
            },
            Self::NotOnAllowList(list) => write!(f, "not in --allow-process={list}"),
            Self::NobodyToAsk(Ground::NoRule) => {
                f.write_str("no rule allows it, and there is nobody to ask")
            }
            Self::NobodyToAsk(Ground::Rule(rule)) => {
                write!(f, "{rule} wants somebody asked, and there is nobody to ask")
            }
            Self::NobodyToAsk(ground) => write!(f, "{ground}; there is nobody to ask"),
            Self::UserSaidNo => f.write_str("the user said no"),
            Self::Lockdown(reason) => {
                write!(
                    f,
                    "everything is denied in a lockdown: {}",
                    Sentence(reason)
                )
            }
            Self::Throttled { limit, retry_after } => write!(
                f,
                "{limit}; try again in {} ms",
                retry_after.as_millis().max(1)
            ),
            Self::Broken(what) => f.write_str(what),
        }
    }
}

/// An entry of `--allow-process` or `--deny-process` that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} names no program: {reason}", Quoted::new(entry))]
pub struct PatternError {
    /// The entry as it was written.
    pub entry: String,
    /// What is wrong with it, and what to write instead.
    pub reason: String,
}
