//! Equality and order by content.

use crate::{Array, HeapValue, Key, Map, Record, Value};
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

/// How deep equality recurses before it puts pairs off, and order before it gives up.
const MAX_DEPTH: u32 = 64;

/// How two numbers compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Floats {
    /// As IEEE 754 says: NaN is equal to nothing.
    Ieee,
    /// As keys need it: NaN is equal to itself.
    Reflexive,
}

/// By content: `int 1` equals `number 1.0`, records, maps and sets are equal in any order, closures, cells and
/// handles are equal to themselves only. Values may be nested to any depth, but for sets inside of
/// sets (and other keys) more than 16 deep, which are not equal to anything.
impl PartialEq for Value {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Heap(HeapValue::Str(a)), Self::Heap(HeapValue::Str(b))) => a == b,
            _ => values_equal(self, other, Floats::Ieee),
        }
    }
}

/// Whether two values are equal.
pub(crate) fn values_equal(a: &Value, b: &Value, floats: Floats) -> bool {
    let mut pairs = Pairs {
        later: Vec::new(),
        floats,
    };
    if !pairs.equal(a, b, 0) {
        return false;
    }
    while let Some((a, b)) = pairs.later.pop() {
        if !pairs.equal(a, b, 0) {
            return false;
        }
    }
    true
}

/// The pairs that were too deep to be compared at once. All of them must be equal, so their order
/// does not matter.
struct Pairs<'a> {
    later: Vec<(&'a Value, &'a Value)>,
    floats: Floats,
}

impl<'a> Pairs<'a> {
    fn equal(&mut self, a: &'a Value, b: &'a Value, depth: u32) -> bool {
        match (a, b) {
            (Value::None, Value::None) | (Value::Unit, Value::Unit) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) | (Value::Duration(a), Value::Duration(b)) => a == b,
            (Value::Char(a), Value::Char(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => self.numbers(*a, *b),
            (Value::Int(n), Value::Number(x)) | (Value::Number(x), Value::Int(n)) => {
                int_equals_number(*n, *x)
            }
            (Value::Heap(ha), Value::Heap(hb)) => {
                if depth >= MAX_DEPTH {
                    self.later.push((a, b));
                    return true;
                }
                self.heaps(ha, hb, depth + 1)
            }
            _ => false,
        }
    }

    fn numbers(&self, a: f64, b: f64) -> bool {
        a == b || self.floats == Floats::Reflexive && a.is_nan() && b.is_nan()
    }

    fn heaps(&mut self, a: &'a HeapValue, b: &'a HeapValue, depth: u32) -> bool {
        match (a, b) {
            (HeapValue::Str(a), HeapValue::Str(b)) => a == b,
            (HeapValue::Bytes(a), HeapValue::Bytes(b)) => a == b,
            (HeapValue::Array(a), HeapValue::Array(b)) => self.arrays(a, b, depth),
            (HeapValue::Tuple(a), HeapValue::Tuple(b)) => self.slices(a, b, depth),
            (HeapValue::Record(a), HeapValue::Record(b)) => {
                (Rc::ptr_eq(a, b) && self.floats == Floats::Reflexive) || self.records(a, b, depth)
            }
            (HeapValue::Enum(a), HeapValue::Enum(b)) => {
                a.variant.index == b.variant.index
                    && a.variant.enum_name == b.variant.enum_name
                    && self.slices(&a.payload, &b.payload, depth)
            }
            (HeapValue::Ok(a), HeapValue::Ok(b)) | (HeapValue::Err(a), HeapValue::Err(b)) => {
                self.equal(a, b, depth)
            }
            (HeapValue::Map(a), HeapValue::Map(b)) => self.maps(a, b, depth),
            (HeapValue::Set(a), HeapValue::Set(b)) => {
                a.len() == b.len() && a.iter().all(|key| b.contains(key))
            }
            (HeapValue::Error(a), HeapValue::Error(b)) => {
                Rc::ptr_eq(a, b)
                    || a.kind == b.kind
                        && a.message == b.message
                        && self.equal(&a.details, &b.details, depth)
            }
            (HeapValue::Range(a), HeapValue::Range(b)) => a == b,
            (HeapValue::Closure(a), HeapValue::Closure(b)) => Rc::ptr_eq(a, b),
            (HeapValue::Cell(a), HeapValue::Cell(b)) => Rc::ptr_eq(a, b),
            (HeapValue::Handle(a), HeapValue::Handle(b)) => a == b,
            _ => false,
        }
    }

    fn slices(&mut self, a: &'a [Value], b: &'a [Value], depth: u32) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.equal(a, b, depth))
    }

    /// Field by field, by name: the order of the fields is none of the content.
    fn records(&mut self, a: &'a Record, b: &'a Record, depth: u32) -> bool {
        let (of_a, of_b) = (&a.shape.fields, &b.shape.fields);
        if Arc::ptr_eq(&a.shape, &b.shape) || of_a == of_b {
            return self.slices(&a.fields, &b.fields, depth);
        }
        of_a.len() == of_b.len()
            && of_a.iter().zip(&a.fields).all(|(name, value)| {
                let at = of_b.iter().position(|other| other == name);
                at.and_then(|at| b.fields.get(at))
                    .is_some_and(|other| self.equal(value, other, depth))
            })
    }

    fn maps(&mut self, a: &'a Map, b: &'a Map, depth: u32) -> bool {
        a.len() == b.len()
            && a.iter()
                .all(|(key, a)| b.get(key).is_some_and(|b| self.equal(a, b, depth)))
    }

    fn arrays(&mut self, a: &'a Array, b: &'a Array, depth: u32) -> bool {
        match (a, b) {
            (Array::Ints(a), Array::Ints(b)) => a == b,
            (Array::Bools(a), Array::Bools(b)) => a == b,
            (Array::Numbers(a), Array::Numbers(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.numbers(*a, *b))
            }
            (Array::Values(a), Array::Values(b)) => self.slices(a, b, depth),
            // Forms without references inside: a boxed copy of each element is compared at once.
            _ => {
                let floats = self.floats;
                a.len() == b.len()
                    && a.iter()
                        .zip(b.iter())
                        .all(|(a, b)| values_equal(&a, &b, floats))
            }
        }
    }
}

/// Whether an int is exactly this number.
pub(crate) fn int_equals_number(n: i64, x: f64) -> bool {
    number_as_int(x) == Some(n)
}

/// The int that this number is exactly, if any.
pub(crate) fn number_as_int(x: f64) -> Option<i64> {
    // 2^63 itself is a double that no i64 reaches; -2^63 is one.
    let in_range = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x);
    (in_range && x.trunc() == x).then_some(x as i64)
}

impl Value {
    /// The order of two values of one comparable type: numbers by size, text by code points, `false`
    /// before `true`, `None` before everything, arrays and tuples element by element, records field
    /// by field, variants by their number and then by payload.
    ///
    /// `None` when there is no order: NaN, functions, handles, maps, sets, values of different kinds,
    /// and what is nested more than 64 deep.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        Floats::Ieee.compare(self, other, 0)
    }

    /// As [`compare`](Self::compare), but total on numbers, for sorting: NaN comes last.
    #[must_use]
    pub fn sort_order(&self, other: &Self) -> Option<Ordering> {
        Floats::Reflexive.compare(self, other, 0)
    }
}

impl Floats {
    fn numbers(self, a: f64, b: f64) -> Option<Ordering> {
        match (a.partial_cmp(&b), self) {
            (None, Self::Reflexive) => Some(a.is_nan().cmp(&b.is_nan())),
            (order, _) => order,
        }
    }

    fn compare(self, a: &Value, b: &Value, depth: u32) -> Option<Ordering> {
        match (a, b) {
            (Value::Int(a), Value::Int(b)) | (Value::Duration(a), Value::Duration(b)) => {
                Some(a.cmp(b))
            }
            (Value::Number(a), Value::Number(b)) => self.numbers(*a, *b),
            (Value::Int(a), Value::Number(b)) => self.numbers(*a as f64, *b),
            (Value::Number(a), Value::Int(b)) => self.numbers(*a, *b as f64),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Char(a), Value::Char(b)) => Some(a.cmp(b)),
            (Value::None, Value::None) | (Value::Unit, Value::Unit) => Some(Ordering::Equal),
            (Value::None, _) => Some(Ordering::Less),
            (_, Value::None) => Some(Ordering::Greater),
            (Value::Heap(a), Value::Heap(b)) if depth < MAX_DEPTH => self.heaps(a, b, depth + 1),
            _ => None,
        }
    }

    fn heaps(self, a: &HeapValue, b: &HeapValue, depth: u32) -> Option<Ordering> {
        match (a, b) {
            (HeapValue::Str(a), HeapValue::Str(b)) => Some(a.cmp(b)),
            (HeapValue::Bytes(a), HeapValue::Bytes(b)) => Some(a.cmp(b)),
            (HeapValue::Array(a), HeapValue::Array(b)) => self.arrays(a, b, depth),
            (HeapValue::Tuple(a), HeapValue::Tuple(b)) => self.slices(a, b, depth),
            (HeapValue::Record(a), HeapValue::Record(b)) => {
                self.slices(&a.fields, &b.fields, depth)
            }
            (HeapValue::Enum(a), HeapValue::Enum(b)) => {
                match a.variant.index.cmp(&b.variant.index) {
                    Ordering::Equal => self.slices(&a.payload, &b.payload, depth),
                    unequal => Some(unequal),
                }
            }
            _ => None,
        }
    }

    fn arrays(self, a: &Array, b: &Array, depth: u32) -> Option<Ordering> {
        let lengths = (a.len(), b.len());
        match (a, b) {
            (Array::Ints(a), Array::Ints(b)) => Some(a.cmp(b)),
            (Array::Bools(a), Array::Bools(b)) => Some(a.cmp(b)),
            (Array::Numbers(a), Array::Numbers(b)) => {
                first_difference(a.iter().zip(b).map(|(a, b)| self.numbers(*a, *b)), lengths)
            }
            (Array::Values(a), Array::Values(b)) => self.slices(a, b, depth),
            _ => {
                let pairs = a.iter().zip(b.iter());
                first_difference(pairs.map(|(a, b)| self.compare(&a, &b, depth)), lengths)
            }
        }
    }

    fn slices(self, a: &[Value], b: &[Value], depth: u32) -> Option<Ordering> {
        let pairs = a.iter().zip(b);
        first_difference(
            pairs.map(|(a, b)| self.compare(a, b, depth)),
            (a.len(), b.len()),
        )
    }
}

/// The first pair that is not equal decides, then the length.
fn first_difference(
    mut pairs: impl Iterator<Item = Option<Ordering>>,
    lengths: (usize, usize),
) -> Option<Ordering> {
    let different = pairs.find(|order| *order != Some(Ordering::Equal));
    different.unwrap_or_else(|| Some(lengths.0.cmp(&lengths.1)))
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_kinds_are_equal_by_content() {
        assert_eq!(Value::Int(1), Value::Number(1.0));
        assert_ne!(
            Value::Int(i64::MAX),
            Value::Number(9_223_372_036_854_775_808.0)
        );
        assert_eq!(
            Value::Int(i64::MIN),
            Value::Number(-9_223_372_036_854_775_808.0)
        );
        assert_ne!(Value::Number(f64::NAN), Value::Number(f64::NAN));
        assert_eq!(
            Value::array(Array::Ints(vec![1])),
            Value::array(Array::Numbers(vec![1.0]))
        );
        assert_eq!(
            Value::array(Array::Ints(vec![])),
            Value::array(Array::Values(vec![]))
        );
    }

    #[test]
    fn order_is_by_content() {
        let tuple = |a: i64, b: &str| Value::tuple(vec![Value::Int(a), Value::from(b)]);
        assert_eq!(
            tuple(1, "b").compare(&tuple(1, "a")),
            Some(Ordering::Greater)
        );
        assert_eq!(tuple(0, "b").compare(&tuple(1, "a")), Some(Ordering::Less));
        assert_eq!(Value::None.compare(&Value::Int(0)), Some(Ordering::Less));
        assert_eq!(Value::from("a").compare(&Value::Int(0)), None);
        let (nan, one) = (Value::Number(f64::NAN), Value::Number(1.0));
        assert_eq!(
            (nan.compare(&one), nan.sort_order(&one)),
            (None, Some(Ordering::Greater))
        );
    }
}
