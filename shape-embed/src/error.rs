//! What can go wrong, in words for people.

use crate::function::ValueError;
use crate::report::render_run_error_as;
use crate::sources::SharedTexts;
use shape_check::EntryError;
use shape_runtime::{Raise, RegistryError, Stop};
use shape_syntax::{Diagnostic, SourceMap, Style, render};
use shape_vm::Failure;
use std::fmt;
use std::time::Duration;

/// Why an engine cannot be built: a mistake of the host's author.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Modules contradict each other.
    #[error(transparent)]
    Modules(#[from] RegistryError),
    /// A whole policy was given, and a part of one.
    #[error(
        "the engine was given a policy and also {0}, which the policy would not know of; \
         put it into the policy"
    )]
    TwoPolicies(&'static str),
    /// A memory limit, and nothing that counts.
    #[error(
        "the memory limit needs an allocator that counts; add to your program: \
         `#[global_allocator] static ALLOCATOR: shape_embed::CountingAllocator = \
         shape_embed::CountingAllocator::system();`"
    )]
    NothingCounts,
}

/// Why a script cannot be run. As text, all that is wrong with excerpts of the source.
#[derive(Clone, Debug)]
pub struct CompileError {
    diagnostics: Vec<Diagnostic>,
    shown: String,
}

impl CompileError {
    pub(crate) fn new(sources: &SourceMap, diagnostics: Vec<Diagnostic>) -> Self {
        let shown = render(sources, &diagnostics, Style::Plain);
        Self { diagnostics, shown }
    }

    /// What is wrong, and what else looks wrong, as data.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown.trim_end())
    }
}

impl std::error::Error for CompileError {}

/// Why a function of a script cannot be called.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// It is not there, or has other types.
    #[error(transparent)]
    Signature(#[from] EntryError),
    /// Something in it does not work with these types, or needs a permission that was not granted.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

/// How a run, or a call, ended when it did not come to its end.
///
/// As text: the message, the place in the source, and the calls that led there.
#[derive(Debug)]
pub struct RunError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    ending: Ending,
    message: String,
    shown: String,
    stdout: String,
    stderr: String,
}

/// How a run ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The script, or a function that it called, raised an error of this kind, which nothing caught.
    Raised(String),
    /// The script called `exit`.
    Exit(i32),
    /// [`Canceller::cancel`](crate::Canceller::cancel) was called.
    Cancelled,
    /// It took longer than its limit.
    TimeLimit(Duration),
    /// It took more memory than its limit.
    MemoryLimit {
        /// The limit in bytes.
        limit: usize,
        /// The most bytes that it had taken.
        used: usize,
    },
    /// Nobody reads what it prints any more.
    ClosedOutput,
    /// Calls nested too deeply.
    StackOverflow,
    /// The host asked for something that cannot be, such as a call of a function of another script.
    Misuse,
    /// A defect of Shape.
    Internal,
}

impl RunError {
    /// How it ended.
    #[must_use]
    pub fn ending(&self) -> &Ending {
        &self.0.ending
    }

    /// The kind of the error that the script did not catch, such as `index` or `denied`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        match &self.0.ending {
            Ending::Raised(kind) => Some(kind),
            _ => None,
        }
    }

    /// What happened, in a line and without its place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the run had printed, if its output is captured.
    #[must_use]
    pub fn stdout(&self) -> &str {
        &self.0.stdout
    }

    /// What the run had printed to standard error, if that is captured.
    #[must_use]
    pub fn stderr(&self) -> &str {
        &self.0.stderr
    }

    pub(crate) fn with_output(mut self, stdout: String, stderr: String) -> Self {
        self.0.stdout = stdout;
        self.0.stderr = stderr;
        self
    }

    /// An end that no place in the script explains.
    #[cold]
    pub(crate) fn unplaced(ending: Ending, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Inner {
            ending,
            shown: message.clone(),
            message,
            stdout: String::new(),
            stderr: String::new(),
        }))
    }

    /// The end of a run of a script with these texts; `told` says why it was told to end, if it was.
    #[cold]
    pub(crate) fn new(
        texts: &SharedTexts,
        error: &shape_vm::RunError,
        told: Option<Ending>,
    ) -> Self {
        let ending = match (&error.failure, told) {
            (Failure::Stopped(Stop::Cancelled), Some(told)) => told,
            (failure, _) => ending(failure),
        };
        let message = match &ending {
            Ending::TimeLimit(_) | Ending::MemoryLimit { .. } => limit_message(&ending),
            _ => error.to_string(),
        };
        let mut own = Self::unplaced(ending, message);
        if matches!(own.0.ending, Ending::Exit(_)) {
            // The script meant to end there.
            return own;
        }
        if let Some(shown) = render_run_error_as(&texts.map(), error, &own.0.message, Style::Plain)
        {
            own.0.shown = shown;
        }
        own
    }

    /// What a function of the host gave that cannot be used.
    #[cold]
    pub(crate) fn of_raise(raise: Raise) -> Self {
        let failure = match raise {
            Raise::Error(error) => Failure::Raised(error),
            Raise::Stop(stop) => Failure::Stopped(stop),
        };
        Self::unplaced(ending(&failure), failure.to_string())
    }
}

impl From<ValueError> for RunError {
    fn from(error: ValueError) -> Self {
        Self::unplaced(Ending::Misuse, error.to_string())
    }
}

fn ending(failure: &Failure) -> Ending {
    match failure {
        Failure::Raised(error) => Ending::Raised(error.kind.to_string()),
        Failure::Stopped(Stop::Exit(status)) => Ending::Exit(*status),
        Failure::Stopped(Stop::ClosedPipe) => Ending::ClosedOutput,
        Failure::Stopped(_) => Ending::Cancelled,
        Failure::StackOverflow => Ending::StackOverflow,
        _ => Ending::Internal,
    }
}

/// What to say of a limit that was passed.
pub(crate) fn limit_message(ending: &Ending) -> String {
    match ending {
        Ending::TimeLimit(limit) => {
            let nanos = i64::try_from(limit.as_nanos()).unwrap_or(i64::MAX);
            let mut shown = String::new();
            shape_value::fmt_duration(nanos, &mut shown);
            format!("the run took longer than its limit of {shown}")
        }
        Ending::MemoryLimit { limit, used } => {
            format!("the run took {used} bytes of memory, more than its limit of {limit}")
        }
        _ => "the run was cancelled".to_owned(),
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.shown.trim_end())
    }
}

impl std::error::Error for RunError {}
