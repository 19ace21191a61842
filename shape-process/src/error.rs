//! Everything that can go wrong with a process.

use crate::output::{ExitStatus, Output, Stream};
use rustix::io::Errno;
use shape_policy::{Denial, Quoted, Refusal, ResolveError};
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;

/// Everything that can go wrong with a process.
///
/// Messages name the program. None holds a value of the environment.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to run: see [`ResolveError`].
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It may not run.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The operation was asked for with something that it cannot work with.
    #[error("{}: {reason}", Quoted::new(program))]
    Invalid {
        /// The program.
        program: OsString,
        /// What is wrong.
        reason: &'static str,
    },
    /// The arguments and the environment together are more than the system takes.
    #[error(
        "{}: the arguments and the environment are too long for the system",
        Quoted::new(program)
    )]
    TooBig {
        /// The program.
        program: OsString,
    },
    /// The system has no processes, descriptors or memory left. Trying again later may help.
    #[error(
        "{}: the system is out of resources for {what}: {source}",
        Quoted::new(program)
    )]
    Resource {
        /// The program.
        program: OsString,
        /// What there was to be more of, for instance `the pipe of its output`.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file that was to be the standard input cannot be opened.
    #[error(
        "{}: the input {} cannot be opened: {source}",
        Quoted::new(program),
        Quoted::new(path)
    )]
    Input {
        /// The program.
        program: OsString,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The time was up, and the process and its descendants were ended.
    #[error(
        "{}: timed out after {after:?}{}",
        Quoted::new(program),
        waited(output)
    )]
    Timeout {
        /// The program.
        program: OsString,
        /// The time it had.
        after: Duration,
        /// What there was until then; without streams that an earlier error has taken along.
        output: Box<Output>,
    },
    /// Nothing was written for so long that the process and its descendants were ended.
    #[error(
        "{}: wrote nothing for {after:?}{}",
        Quoted::new(program),
        waited(output)
    )]
    IdleTimeout {
        /// The program.
        program: OsString,
        /// The time it had.
        after: Duration,
        /// What there was until then; without streams that an earlier error has taken along.
        output: Box<Output>,
    },
    /// A stream had more unread bytes than may be kept, and the process and its group were ended.
    #[error("{}: more than {limit} bytes of {stream}", Quoted::new(program))]
    OutputLimit {
        /// The program.
        program: OsString,
        /// The stream.
        stream: Stream,
        /// The bytes that may be kept.
        limit: u64,
        /// What there was until then; without streams that an earlier error has taken along.
        output: Box<Output>,
    },
    /// A stream was to go to a file, which could not be made or written, for instance because the
    /// disk is full; the process and its group were ended, and the file was removed unless it had been
    /// named before.
    #[error(
        "{}: its {stream} cannot be kept in {}: {reason}",
        Quoted::new(program),
        Quoted::new(path)
    )]
    Spill {
        /// The program.
        program: OsString,
        /// The stream.
        stream: Stream,
        /// The file, or the directory it was to be in.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What there was until then; without streams that an earlier error has taken along.
        output: Box<Output>,
    },
    /// A line of the host's own standard input is longer than may be kept.
    #[error("a line of the standard input has more than {limit} bytes")]
    LineLimit {
        /// The bytes that may be kept.
        limit: usize,
    },
    /// The child does not read its standard input any more.
    #[error(
        "{}: it stopped reading its input after {written} bytes",
        Quoted::new(program)
    )]
    BrokenPipe {
        /// The program.
        program: OsString,
        /// The bytes of this write that it was still given.
        written: usize,
    },
    /// What comes next is not UTF-8. It was not consumed.
    #[error("{}: what comes next is not UTF-8", Quoted::new(program))]
    InvalidUtf8 {
        /// The program, or `stdin` for the host's own standard input.
        program: OsString,
        /// The bytes before the first wrong one.
        valid_up_to: usize,
    },
    /// The exit code is none of those that count as success.
    #[error("{}: {status}{}", Quoted::new(program), tail(stderr_tail))]
    ExitStatus {
        /// The program.
        program: OsString,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its standard error.
        stderr_tail: String,
        /// All that it left behind.
        output: Box<Output>,
    },
    /// A stage of a pipeline failed, and the others were ended.
    #[error("stages[{stage}], {error}")]
    Stage {
        /// Which one, from 0.
        stage: usize,
        /// What happened to it. What it comes with is what the pipeline left behind.
        error: Box<Error>,
    },
    /// The run was cancelled while this operation waited.
    #[error("{}: cancelled", Quoted::new(program))]
    Cancelled {
        /// The program, or `stdin` for the host's own standard input.
        program: OsString,
    },
    /// Something that cannot happen, or was brought about by other code in this process.
    #[error("{}: {reason}", Quoted::new(program))]
    Internal {
        /// The program.
        program: OsString,
        /// What happened.
        reason: String,
    },
}

fn waited(output: &Output) -> &'static str {
    match output.waiting_for_input {
        true => "; it was waiting for input that never came",
        false => "",
    }
}

fn tail(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!("\n{stderr}")
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Resolve(error) => error.into(),
            Refusal::Denied(denial) => denial.into(),
            Refusal::Cancelled { program } => Self::Cancelled { program },
            other => Self::Internal {
                program: OsString::new(),
                reason: other.to_string(),
            },
        }
    }
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Resolve(error) => resolve_kind(error),
            Self::Denied(denial) if denial.retry_after().is_some() => ErrorKind::RateLimited,
            Self::Denied(_) => ErrorKind::PermissionDenied,
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::TooBig { .. } => ErrorKind::TooBig,
            Self::Resource { .. } | Self::Spill { .. } => ErrorKind::Resource,
            Self::Input { source, .. } => input_kind(source),
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::IdleTimeout { .. } => ErrorKind::IdleTimeout,
            Self::OutputLimit { .. } | Self::LineLimit { .. } => ErrorKind::OutputLimit,
            Self::BrokenPipe { .. } => ErrorKind::BrokenPipe,
            Self::InvalidUtf8 { .. } => ErrorKind::InvalidUtf8,
            Self::ExitStatus { .. } => ErrorKind::ExitStatus,
            Self::Stage { error, .. } => error.kind(),
            Self::Cancelled { .. } => ErrorKind::Cancelled,
            Self::Internal { .. } => ErrorKind::Internal,
        }
    }

    /// Whether the same again may succeed without anything being changed.
    pub fn retryable(&self) -> bool {
        matches!(self.kind(), ErrorKind::Resource | ErrorKind::RateLimited)
    }

    /// What the process left behind, if this error came with it.
    pub fn output(&self) -> Option<&Output> {
        match self {
            Self::Timeout { output, .. }
            | Self::IdleTimeout { output, .. }
            | Self::OutputLimit { output, .. }
            | Self::Spill { output, .. }
            | Self::ExitStatus { output, .. } => Some(output),
            Self::Stage { error, .. } => error.output(),
            _ => None,
        }
    }

    pub(crate) fn output_mut(&mut self) -> Option<&mut Output> {
        match self {
            Self::Timeout { output, .. }
            | Self::IdleTimeout { output, .. }
            | Self::OutputLimit { output, .. }
            | Self::Spill { output, .. }
            | Self::ExitStatus { output, .. } => Some(output),
            _ => None,
        }
    }
}

fn resolve_kind(error: &ResolveError) -> ErrorKind {
    match error {
        ResolveError::Invalid { .. } => ErrorKind::Invalid,
        ResolveError::BadCwd { .. } => ErrorKind::BadCwd,
        ResolveError::NotFound { .. } => ErrorKind::NotFound,
        ResolveError::NotExecutable { .. } => ErrorKind::NotExecutable,
        ResolveError::BadInterpreter { .. } => ErrorKind::BadInterpreter,
        ResolveError::Changed { .. } => ErrorKind::PermissionDenied,
        ResolveError::Resource { .. } => ErrorKind::Resource,
        _ => ErrorKind::Internal,
    }
}

fn input_kind(source: &io::Error) -> ErrorKind {
    match source.kind() {
        _ if Errno::from_io_error(source).is_some_and(is_exhaustion) => ErrorKind::Resource,
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Invalid,
    }
}

/// Whether the system is out of something that it may have again later.
pub(crate) fn is_exhaustion(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE
    )
}

/// The kinds of failure, by the names that scripts match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A bad argument, or a stream that is closed.
    Invalid,
    /// No such program.
    NotFound,
    /// The file is there and cannot be executed.
    NotExecutable,
    /// The directory to start in cannot be used.
    BadCwd,
    /// A script's interpreter is not there.
    BadInterpreter,
    /// Arguments and environment are too long.
    TooBig,
    /// It may not run.
    PermissionDenied,
    /// It may not run now, since too much ran of late.
    RateLimited,
    /// The time was up.
    Timeout,
    /// Nothing was written for too long.
    IdleTimeout,
    /// More output than may be kept.
    OutputLimit,
    /// The child stopped reading.
    BrokenPipe,
    /// Not UTF-8.
    InvalidUtf8,
    /// An exit code that does not count as success.
    ExitStatus,
    /// The run was cancelled.
    Cancelled,
    /// The system is out of something; trying again may help.
    Resource,
    /// A bug, here or in the code around.
    Internal,
}

impl ErrorKind {
    /// The stable name, for instance `not_found`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::NotExecutable => "not_executable",
            Self::BadCwd => "bad_cwd",
            Self::BadInterpreter => "bad_interpreter",
            Self::TooBig => "too_big",
            Self::PermissionDenied => "permission_denied",
            Self::RateLimited => "rate_limited",
            Self::Timeout => "timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::OutputLimit => "output_limit",
            Self::BrokenPipe => "broken_pipe",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::ExitStatus => "exit_status",
            Self::Cancelled => "cancelled",
            Self::Resource => "resource",
            Self::Internal => "internal",
        }
    }
}
