//! What values on the heap hold: records, variants, errors, closures.

use crate::spare;
use crate::{Key, Str, Value};
use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Entries in order of insertion.
pub type Map = IndexMap<Key, Value, FxBuildHasher>;

/// Elements in order of insertion.
pub type Set = IndexSet<Key, FxBuildHasher>;

/// A record or object: field values in the order of its shape.
#[derive(Clone, Debug)]
pub struct Record {
    /// Names.
    pub shape: Arc<Shape>,
    /// Values, one per name.
    pub fields: Vec<Value>,
}

impl Record {
    /// A record of this shape that nobody else holds, with `len` fields that are `None`.
    ///
    /// It takes the memory of a record that was dropped, where there is one.
    #[must_use]
    #[inline(always)]
    pub fn blank(shape: &Arc<Shape>, len: usize) -> Rc<Record> {
        spare::record(shape, len)
    }

    /// The field of this name. A search; compiled code knows the number of its field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self
            .shape
            .fields
            .iter()
            .position(|field| &**field == name)?;
        self.fields.get(index)
    }
}

/// What records of one type have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// The name of a declared type.
    pub name: Option<Arc<str>>,
    /// Field names in order.
    pub fields: Vec<Arc<str>>,
}

impl Shape {
    /// A shape from names.
    #[must_use]
    pub fn new<'a>(name: Option<&str>, fields: impl IntoIterator<Item = &'a str>) -> Arc<Self> {
        Arc::new(Self {
            name: name.map(Arc::from),
            fields: fields.into_iter().map(Arc::from).collect(),
        })
    }
}

/// A variant with its payload.
#[derive(Clone, Debug)]
pub struct EnumValue {
    /// Which one.
    pub variant: Arc<EnumVariant>,
    /// What it carries.
    pub payload: Vec<Value>,
}

/// What values of one variant have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumVariant {
    /// The name of the enum.
    pub enum_name: Arc<str>,
    /// The number of the variant.
    pub index: u32,
    /// The name of the variant.
    pub name: Arc<str>,
    /// The field names of `Rect { w, h }`.
    pub fields: Option<Vec<Arc<str>>>,
}

/// An expected failure as a script sees it.
#[derive(Clone, Debug)]
pub struct ErrorValue {
    /// A stable word such as `not_found`.
    pub kind: Str,
    /// One line for people.
    pub message: Str,
    /// Whether trying again may help.
    pub retryable: bool,
    /// A record with facts, or `None`.
    pub details: Value,
    /// What led to it.
    pub cause: Option<Rc<ErrorValue>>,
}

impl ErrorValue {
    /// An error without details or cause.
    #[must_use]
    pub fn new(kind: impl Into<Str>, message: impl Into<Str>) -> Self {
        Self {
            kind: kind.into(),
            message: message.into(),
            retryable: false,
            details: Value::None,
            cause: None,
        }
    }

    /// This error and what led to it, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &ErrorValue> {
        std::iter::successors(Some(self), |error| error.cause.as_deref())
    }
}

/// A range of ints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The first.
    pub start: i64,
    /// The end.
    pub end: i64,
    /// Whether the end belongs to it.
    pub inclusive: bool,
}

impl Range {
    /// How many ints it holds.
    #[must_use]
    pub fn len(self) -> u64 {
        let last = i128::from(self.end) + i128::from(self.inclusive);
        u64::try_from(last - i128::from(self.start)).unwrap_or(if self.is_empty() {
            0
        } else {
            u64::MAX
        })
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        if self.inclusive {
            self.end < self.start
        } else {
            self.end <= self.start
        }
    }

    /// Whether `n` is one of them.
    #[must_use]
    pub fn contains(self, n: i64) -> bool {
        n >= self.start && (n < self.end || self.inclusive && n == self.end)
    }

    /// Them, in order.
    pub fn iter(self) -> impl Iterator<Item = i64> {
        let one_more = self.inclusive && !self.is_empty();
        (self.start..self.end).chain(one_more.then_some(self.end))
    }
}

/// A closure with what it captured.
#[derive(Clone, Debug)]
pub struct Closure {
    /// Which closure of the program.
    pub id: u32,
    /// Captured values, and cells of captured variables.
    pub captures: Vec<Value>,
}

/// A variable shared by closures.
#[derive(Debug, Default)]
pub struct Cell(pub RefCell<Value>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_takes_the_memory_of_one_that_was_dropped() {
        let (point, other) = (Shape::new(None, ["x", "y"]), Shape::new(None, ["a"]));
        let held = Str::from("held");
        let mut first = Record::blank(&point, 2);
        Rc::make_mut(&mut first).fields = vec![Value::str(held.clone()), Value::tuple(vec![])];
        let address = Rc::as_ptr(&first);
        let value = Value::from(first);
        let shared = value.clone();
        drop(value);
        assert_eq!(
            shared.as_record().map(|record| record.fields.len()),
            Some(2)
        );
        drop(shared);
        let second = Record::blank(&other, 1);
        assert_eq!(Rc::as_ptr(&second), address);
        assert!(Arc::ptr_eq(&second.shape, &other));
        assert!(matches!(second.fields[..], [Value::None]));
        assert_eq!(held.as_str(), "held");
    }

    #[test]
    fn ranges_at_the_edges() {
        let all = Range {
            start: i64::MIN,
            end: i64::MAX,
            inclusive: true,
        };
        assert_eq!(all.len(), u64::MAX);
        let none = Range {
            start: 3,
            end: 1,
            inclusive: true,
        };
        assert_eq!((none.len(), none.iter().count()), (0, 0));
        let one = Range {
            start: i64::MAX,
            end: i64::MAX,
            inclusive: true,
        };
        assert_eq!(
            (one.len(), one.iter().collect::<Vec<_>>()),
            (1, vec![i64::MAX])
        );
        assert!(
            one.contains(i64::MAX)
                && !Range {
                    inclusive: false,
                    ..one
                }
                .contains(i64::MAX)
        );
    }
}
