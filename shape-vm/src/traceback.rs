//! How a run ends badly: the failure, where it was, and through which calls it was reached.

use crate::code::FuncCode;
use crate::frame::Frame;
use shape_runtime::Stop;
use shape_syntax::Span;
use shape_value::ErrorValue;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// Entries of a traceback that are kept at each end of a long one.
const KEPT: usize = 12;

/// Why a run ended before its end.
#[derive(Debug)]
pub struct RunError {
    /// What happened.
    pub failure: Failure,
    /// The expression in the script at which it happened.
    pub span: Span,
    /// The functions that were running, the innermost first.
    pub traceback: Vec<TraceEntry>,
}

/// What ended a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// An error that nothing caught.
    Raised(Rc<ErrorValue>),
    /// The script ended itself, or was told to end.
    Stopped(Stop),
    /// Calls nested too deeply.
    StackOverflow,
    /// A defect of the compiler or the virtual machine, in words.
    Internal(String),
}

/// A line of a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceEntry {
    /// A function, and the expression in it that was being evaluated.
    Call {
        /// The function.
        function: Arc<str>,
        /// The expression.
        span: Span,
    },
    /// So many entries were left out here.
    LeftOut(usize),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised(error) => f.write_str(&error.message),
            Self::Stopped(Stop::Exit(status)) => write!(f, "the script ended with status {status}"),
            Self::Stopped(Stop::Cancelled) => f.write_str("the run was cancelled"),
            Self::Stopped(Stop::ClosedPipe) => f.write_str("standard output was closed"),
            Self::Stopped(_) => f.write_str("the run was stopped"),
            Self::StackOverflow => f.write_str("stack overflow"),
            Self::Internal(what) => write!(f, "internal error: {what}"),
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl std::error::Error for RunError {}

impl RunError {
    /// `failure` of the function of the last frame.
    #[cold]
    pub(crate) fn new(failure: Failure, frames: &[Frame<'_>]) -> Self {
        let visible: Vec<(&FuncCode, usize)> = frames
            .iter()
            .rev()
            .map(|frame| (frame.func, frame.at()))
            .filter(|(func, _)| !func.internal)
            .collect();
        let entry = |(func, at): &(&FuncCode, usize)| TraceEntry::Call {
            function: func.name.clone(),
            span: func.spans.get(*at),
        };
        let span = visible
            .first()
            .map_or_else(Span::default, |(func, at)| func.spans.get(*at));
        let traceback = if visible.len() > 2 * KEPT + 1 {
            let (first, last) = (&visible[..KEPT], &visible[visible.len() - KEPT..]);
            let gap = TraceEntry::LeftOut(visible.len() - 2 * KEPT);
            first
                .iter()
                .map(entry)
                .chain([gap])
                .chain(last.iter().map(entry))
                .collect()
        } else {
            visible.iter().map(entry).collect()
        };
        Self {
            failure,
            span,
            traceback,
        }
    }
}
