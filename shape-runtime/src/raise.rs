//! How a host function ends other than with a result.

use shape_value::{ErrorValue, HandleError, HeapValue, Str, Value};
use std::fmt;
use std::rc::Rc;

/// What ends a host call early.
#[derive(Clone, Debug)]
pub enum Raise {
    /// A failure that `try` turns into a value.
    Error(Rc<ErrorValue>),
    /// The end of the run, which nothing in the script catches.
    Stop(Stop),
}

/// Why a run ends before its last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// `exit(code)`.
    Exit(i32),
    /// The host asked for it.
    Cancelled,
    /// Nobody reads standard output any more.
    ClosedPipe,
}

impl Raise {
    /// An error with a stable word and one line for people. Add facts with
    /// [`with_details`](Self::with_details).
    #[must_use]
    #[cold]
    pub fn error(kind: &'static str, message: impl Into<Str>) -> Self {
        Self::Error(Rc::new(ErrorValue::new(kind, message)))
    }

    /// An error of kind `invalid`: an argument that the function cannot work with.
    #[must_use]
    #[cold]
    pub fn invalid(message: impl Into<Str>) -> Self {
        Self::error("invalid", message)
    }

    /// An error of kind `resource`: more memory or handles than there may be.
    #[must_use]
    #[cold]
    pub fn resource(message: impl Into<Str>) -> Self {
        Self::error("resource", message)
    }

    /// An error of kind `internal`: a mistake in the host or the compiler.
    #[must_use]
    #[cold]
    pub fn internal(message: impl Into<Str>) -> Self {
        Self::error("internal", message)
    }

    /// The `internal` error of a value that is not what its static type says; `found` is its kind
    /// ([`Value::kind_name`]).
    #[must_use]
    #[cold]
    pub fn mistyped(expected: &str, found: &str) -> Self {
        Self::internal(format!(
            "expected a value of type {expected}, found {found}"
        ))
    }

    /// This error with a record of facts.
    #[must_use]
    pub fn with_details(self, details: impl Into<Value>) -> Self {
        self.change(|error| error.details = details.into())
    }

    /// This error, marked as one that may go away when tried again.
    #[must_use]
    pub fn retryable(self) -> Self {
        self.change(|error| error.retryable = true)
    }

    /// This error with what led to it.
    #[must_use]
    pub fn caused_by(self, cause: Rc<ErrorValue>) -> Self {
        self.change(|error| error.cause = Some(cause))
    }

    fn change(mut self, change: impl FnOnce(&mut ErrorValue)) -> Self {
        if let Self::Error(error) = &mut self {
            change(Rc::make_mut(error));
        }
        self
    }
}

impl fmt::Display for Raise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => f.write_str(&error.message),
            Self::Stop(Stop::Exit(code)) => write!(f, "exit with status {code}"),
            Self::Stop(Stop::Cancelled) => f.write_str("cancelled"),
            Self::Stop(Stop::ClosedPipe) => f.write_str("standard output is closed"),
        }
    }
}

impl From<Stop> for Raise {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<ErrorValue> for Raise {
    fn from(error: ErrorValue) -> Self {
        Self::Error(Rc::new(error))
    }
}

impl From<Rc<ErrorValue>> for Raise {
    fn from(error: Rc<ErrorValue>) -> Self {
        Self::Error(error)
    }
}

impl From<HandleError> for Raise {
    #[cold]
    fn from(error: HandleError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// A raise seen as a value: what `try` gives; `None` for a stop, which it does not catch.
impl Raise {
    /// The error value.
    #[must_use]
    pub fn into_error(self) -> Option<Value> {
        match self {
            Self::Error(error) => Some(Value::Heap(HeapValue::Error(error))),
            Self::Stop(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_two_words_also_in_a_result() {
        assert_eq!(size_of::<Result<(), Raise>>(), 16);
    }

    #[test]
    fn is_built_in_steps() {
        let cause = Rc::new(ErrorValue::new("a", "first"));
        let raise = Raise::error("resource", "full")
            .retryable()
            .caused_by(cause);
        let Raise::Error(error) = raise else { panic!() };
        assert!(error.retryable && error.cause.is_some());
        assert_eq!((&*error.kind, &*error.message), ("resource", "full"));
    }
}
