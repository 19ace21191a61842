//! Why something may not run, or cannot.

use crate::quote::Quoted;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why [`Policy::approve`](crate::Policy::approve) approved nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is nothing that could run.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It may not run.
    #[error(transparent)]
    Denied(#[from] Denial),
}

/// Why a request names nothing that could run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A part of the request that no program could be given.
    #[error("{part} {reason}")]
    Invalid {
        /// Which part, for instance `an argument of "git"`.
        part: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The directory to start in does not exist, is no directory, or cannot be entered.
    #[error("the directory {} cannot be used: {reason}", Quoted::new(path))]
    BadCwd {
        /// The directory as it was asked for.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// No such program.
    #[error("{}", not_found(program, searched, nearest.as_deref()))]
    NotFound {
        /// The program as it was asked for.
        program: OsString,
        /// The directories that were searched, in order; none for an absolute path.
        searched: Vec<PathBuf>,
        /// A program of a similar name that does exist.
        nearest: Option<String>,
    },
    /// The file is there and cannot be executed.
    #[error("{} cannot be executed: {reason}", Quoted::new(path))]
    NotExecutable {
        /// The file.
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
        path: PathBuf,
        /// The interpreter after its `#!`.
        interpreter: PathBuf,
    },
    /// Where the approved file or directory was, there is another one now.
    #[error("{} changed after it was approved", Quoted::new(path))]
    Changed {
        /// The file or the directory.
        path: PathBuf,
    },
    /// The system has no descriptors or memory left. Trying again later may help.
    #[error(
        "the system is out of resources: {} cannot be opened: {reason}",
        Quoted::new(path)
    )]
    Resource {
        /// The file or the directory.
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

/// A program that exists and may not run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{} ({}) may not run: {reason}",
    Quoted::new(program),
    Quoted::new(path)
)]
pub struct Denial {
    program: OsString,
    path: PathBuf,
    reason: DenialReason,
    help: String,
}

impl Denial {
    pub(crate) fn new(
        program: OsString,
        path: PathBuf,
        reason: DenialReason,
        help: String,
    ) -> Self {
        Self {
            program,
            path,
            reason,
            help,
        }
    }

    /// The program as it was asked for.
    pub fn program(&self) -> &std::ffi::OsStr {
        &self.program
    }

    /// The file that it was resolved to.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What decided.
    pub fn reason(&self) -> &DenialReason {
        &self.reason
    }

    /// What would change the answer, for instance ``allow it with `--allow-process=git` ``.
    pub fn help(&self) -> &str {
        &self.help
    }
}

/// What decided that a program may not run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DenialReason {
    /// `--deny-process` without a list: no program runs.
    AllDenied,
    /// It is on the deny list, by this entry.
    OnDenyList(String),
    /// There is an allow list, this one, and it is not on it.
    NotOnAllowList(String),
    /// There is an allow list, and the request sets a variable that makes programs run other code.
    SetsCode {
        /// The name of the variable.
        variable: OsString,
        /// How it does that.
        how: &'static str,
    },
    /// It is to outlive the run, which the grant does not allow.
    Detached,
    /// Somebody was asked and did not say yes.
    UserSaidNo,
    /// The grant leaves it open and nobody can be asked.
    NobodyToAsk,
}

impl fmt::Display for DenialReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllDenied => f.write_str("denied by --deny-process"),
            Self::OnDenyList(entry) => write!(f, "denied by --deny-process={entry}"),
            Self::NotOnAllowList(list) => write!(f, "not in --allow-process={list}"),
            Self::SetsCode { variable, how } => write!(
                f,
                "it sets {}, {how}; that needs --allow-process without a list",
                Quoted::new(variable)
            ),
            Self::Detached => f.write_str("it is to outlive the run; that needs --allow-detach"),
            Self::UserSaidNo => f.write_str("the user said no"),
            Self::NobodyToAsk => f.write_str("nobody to ask"),
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
