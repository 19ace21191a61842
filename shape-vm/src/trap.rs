//! What goes wrong while a program runs, and in which words a script hears of it.

use shape_runtime::{Raise, Stop};
use shape_value::ErrorValue;
use std::borrow::Cow;
use std::rc::Rc;

/// Why an instruction could not be carried out; one word, so that results which hold it stay small.
pub(crate) struct Fault(pub(crate) Box<Cause>);

/// What is behind a [`Fault`].
pub(crate) enum Cause {
    /// A host function, or the script itself, raised.
    Raise(Raise),
    /// An operation of the language failed.
    Trap(Trap),
    /// Calls nest too deeply.
    StackOverflow,
    /// The compiler made something that cannot be.
    Internal(Cow<'static, str>),
}

/// An operation of the language that failed.
#[derive(Debug)]
pub(crate) enum Trap {
    /// An `int` operation, by its operator.
    Overflow(&'static str),
    DivisionByZero,
    Shift(i64),
    NegativeExponent(i64),
    Index {
        index: i64,
        len: usize,
    },
    /// A map without this key, as text.
    Key(String),
    NoMatch,
    /// An array pattern and an array of another length.
    Length {
        wanted: usize,
        at_least: bool,
        found: usize,
    },
    /// `None` where this type was expected; empty when it is to be looked up.
    Expected(Cow<'static, str>),
}

impl Fault {
    #[cold]
    #[inline(never)]
    pub(crate) fn internal(what: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Cause::Internal(what.into())))
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn cancelled() -> Self {
        Self(Box::new(Cause::Raise(Raise::Stop(Stop::Cancelled))))
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn stack_overflow() -> Self {
        Self(Box::new(Cause::StackOverflow))
    }
}

impl From<Trap> for Fault {
    #[cold]
    #[inline(never)]
    fn from(trap: Trap) -> Self {
        Self(Box::new(Cause::Trap(trap)))
    }
}

impl From<Box<Raise>> for Fault {
    #[cold]
    #[inline(never)]
    fn from(raise: Box<Raise>) -> Self {
        (*raise).into()
    }
}

impl From<Raise> for Fault {
    #[cold]
    #[inline(never)]
    fn from(raise: Raise) -> Self {
        Self(Box::new(Cause::Raise(raise)))
    }
}

impl Trap {
    fn kind(&self) -> &'static str {
        match self {
            Self::Overflow(_) => "overflow",
            Self::DivisionByZero => "division_by_zero",
            Self::Shift(_) | Self::NegativeExponent(_) => "range",
            Self::Index { .. } | Self::Key(_) => "index",
            Self::NoMatch | Self::Length { .. } => "no_match",
            Self::Expected(_) => "none",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Overflow(operator) => format!("int overflow in `{operator}`"),
            Self::DivisionByZero => "division by zero".to_owned(),
            Self::Shift(count) => format!("shift by {count} is out of range (0 to 63)"),
            Self::NegativeExponent(n) => format!("exponent {n} is negative"),
            Self::Index { index, len } => format!("index {index} is out of range (length {len})"),
            Self::Key(key) => format!("key {key} is not in the map"),
            Self::NoMatch => "no match arm matched the value".to_owned(),
            Self::Length {
                wanted,
                at_least,
                found,
            } => {
                let least = if *at_least { "at least " } else { "" };
                let many = if *wanted == 1 { "" } else { "s" };
                format!("the pattern wants {least}{wanted} element{many}, the array has {found}")
            }
            Self::Expected(ty) => format!("expected {ty}, found None"),
        }
    }

    /// The error that a script can catch.
    pub(crate) fn into_error(self) -> Rc<ErrorValue> {
        Rc::new(ErrorValue::new(self.kind(), self.message()))
    }
}
