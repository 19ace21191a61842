//! Arrays, in the form that their element type gives them.

use crate::{HeapValue, Value};
use shape_abi::Ty;

/// The elements of an array; the static element type says which form it has.
///
/// Whoever makes an array gives it the form of its element type ([`Array::for_element`]), also when
/// it is empty; whoever reads one may meet an empty array in any form.
#[derive(Clone, Debug)]
pub enum Array {
    /// `Array<int>`
    Ints(Vec<i64>),
    /// `Array<number>`
    Numbers(Vec<f64>),
    /// `Array<bool>`
    Bools(Vec<bool>),
    /// Any other.
    Values(Vec<Value>),
}

/// Runs `$body` with `$items` bound to the vector, whatever its element type.
macro_rules! each_form {
    ($array:expr, $items:ident => $body:expr) => {
        match $array {
            Array::Ints($items) => $body,
            Array::Numbers($items) => $body,
            Array::Bools($items) => $body,
            Array::Values($items) => $body,
        }
    };
}

/// As [`each_form`], with the result wrapped in the same form.
macro_rules! map_form {
    ($array:expr, $items:ident => $body:expr) => {
        match $array {
            Array::Ints($items) => Array::Ints($body),
            Array::Numbers($items) => Array::Numbers($body),
            Array::Bools($items) => Array::Bools($body),
            Array::Values($items) => Array::Values($body),
        }
    };
}

impl Default for Array {
    fn default() -> Self {
        Self::Values(Vec::new())
    }
}

impl Array {
    /// An empty array with the form that elements of type `element` have.
    #[must_use]
    pub fn for_element(element: &Ty) -> Self {
        match element {
            Ty::Int => Self::Ints(Vec::new()),
            Ty::Number => Self::Numbers(Vec::new()),
            Ty::Bool => Self::Bools(Vec::new()),
            _ => Self::Values(Vec::new()),
        }
    }

    /// An empty array of the same form.
    #[must_use]
    pub fn empty_like(&self) -> Self {
        map_form!(self, _items => Vec::new())
    }

    /// How many elements there are.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        each_form!(self, items => items.len())
    }

    /// Whether there are none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for `more` further elements.
    pub fn reserve(&mut self, more: usize) {
        each_form!(self, items => items.reserve(more));
    }

    /// The element at `index`, boxed.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<Value> {
        match self {
            Self::Ints(items) => items.get(index).map(|&n| Value::Int(n)),
            Self::Numbers(items) => items.get(index).map(|&n| Value::Number(n)),
            Self::Bools(items) => items.get(index).map(|&b| Value::Bool(b)),
            Self::Values(items) => items.get(index).cloned(),
        }
    }

    /// Where a script's index points: from the end where it is negative; `None` out of range.
    #[must_use]
    #[inline]
    pub fn position(&self, index: i64) -> Option<usize> {
        let len = self.len();
        let index = if index < 0 {
            index.checked_add(len as i64)?
        } else {
            index
        };
        usize::try_from(index).ok().filter(|&i| i < len)
    }

    /// Replaces the element at `index`; gives the value back when there is no such element.
    ///
    /// # Errors
    /// The value itself, when `index` is out of range.
    pub fn set(&mut self, index: usize, value: Value) -> Result<(), Value> {
        if index >= self.len() {
            return Err(value);
        }
        self.accept(&value);
        match (self, value) {
            (Self::Ints(items), Value::Int(n)) => items[index] = n,
            (Self::Numbers(items), Value::Number(n)) => items[index] = n,
            (Self::Numbers(items), Value::Int(n)) => items[index] = n as f64,
            (Self::Bools(items), Value::Bool(b)) => items[index] = b,
            (Self::Values(items), value) => items[index] = value,
            (_, value) => return Err(value),
        }
        Ok(())
    }

    /// Appends an element.
    #[inline]
    pub fn push(&mut self, value: Value) {
        match self {
            Self::Values(items) => items.push(value),
            Self::Ints(items) => match value {
                Value::Int(n) => items.push(n),
                other => self.push_other(other),
            },
            Self::Numbers(items) => match value {
                Value::Number(n) => items.push(n),
                other => self.push_other(other),
            },
            Self::Bools(items) => match value {
                Value::Bool(b) => items.push(b),
                other => self.push_other(other),
            },
        }
    }

    /// Appends a copy of an element; scalars are never put together as a value.
    #[inline]
    pub fn push_ref(&mut self, value: &Value) {
        match (&mut *self, value) {
            (Self::Ints(items), Value::Int(n)) => items.push(*n),
            (Self::Numbers(items), Value::Number(n)) => items.push(*n),
            (Self::Bools(items), Value::Bool(b)) => items.push(*b),
            (Self::Values(items), value) => items.push(value.clone()),
            (_, value) => self.push_other(value.clone()),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_other(&mut self, value: Value) {
        self.accept(&value);
        match (self, value) {
            (Self::Numbers(items), Value::Int(n)) => items.push(n as f64),
            (Self::Ints(items), Value::Int(n)) => items.push(n),
            (Self::Numbers(items), Value::Number(n)) => items.push(n),
            (Self::Bools(items), Value::Bool(b)) => items.push(b),
            (Self::Values(items), value) => items.push(value),
            _ => {}
        }
    }

    /// Inserts before `index`, which is at most the length; a larger one appends.
    pub fn insert(&mut self, index: usize, value: Value) {
        let index = index.min(self.len());
        self.accept(&value);
        match (self, value) {
            (Self::Ints(items), Value::Int(n)) => items.insert(index, n),
            (Self::Numbers(items), Value::Number(n)) => items.insert(index, n),
            (Self::Numbers(items), Value::Int(n)) => items.insert(index, n as f64),
            (Self::Bools(items), Value::Bool(b)) => items.insert(index, b),
            (Self::Values(items), value) => items.insert(index, value),
            _ => {}
        }
    }

    /// Takes the last element off.
    #[inline]
    pub fn pop(&mut self) -> Option<Value> {
        match self {
            Self::Ints(items) => items.pop().map(Value::Int),
            Self::Numbers(items) => items.pop().map(Value::Number),
            Self::Bools(items) => items.pop().map(Value::Bool),
            Self::Values(items) => items.pop(),
        }
    }

    /// Takes the element at `index` out; those behind it move up.
    pub fn remove(&mut self, index: usize) -> Option<Value> {
        if index >= self.len() {
            return None;
        }
        Some(match self {
            Self::Ints(items) => Value::Int(items.remove(index)),
            Self::Numbers(items) => Value::Number(items.remove(index)),
            Self::Bools(items) => Value::Bool(items.remove(index)),
            Self::Values(items) => items.remove(index),
        })
    }

    /// The elements from `start` up to `end`; both are brought into range.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let end = end.min(self.len());
        let start = start.min(end);
        map_form!(self, items => items[start..end].to_vec())
    }

    /// Turns the order round.
    pub fn reverse(&mut self) {
        each_form!(self, items => items.reverse());
    }

    /// Appends all elements of `other`.
    pub fn extend_from(&mut self, other: &Array) {
        if self.is_empty() {
            *self = other.clone();
            return;
        }
        match (&mut *self, other) {
            (Self::Ints(a), Self::Ints(b)) => a.extend_from_slice(b),
            (Self::Numbers(a), Self::Numbers(b)) => a.extend_from_slice(b),
            (Self::Bools(a), Self::Bools(b)) => a.extend_from_slice(b),
            (Self::Values(a), Self::Values(b)) => a.extend_from_slice(b),
            _ => other.iter().for_each(|value| self.push(value)),
        }
    }

    /// The elements, boxed one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value> + DoubleEndedIterator + '_ {
        (0..self.len()).map(|i| self.get(i).unwrap_or_default())
    }

    /// Changes the form where `value` does not fit it: an empty array takes the form of the value,
    /// a fuller one falls back to boxed elements (an `int` does fit an array of `number`).
    fn accept(&mut self, value: &Value) {
        let fits = match self {
            Self::Ints(_) => matches!(value, Value::Int(_)),
            Self::Numbers(_) => matches!(value, Value::Number(_) | Value::Int(_)),
            Self::Bools(_) => matches!(value, Value::Bool(_)),
            Self::Values(_) => true,
        };
        if fits {
            return;
        }
        *self = match value {
            Value::Int(_) if self.is_empty() => Self::Ints(Vec::new()),
            Value::Number(_) if self.is_empty() => Self::Numbers(Vec::new()),
            Value::Bool(_) if self.is_empty() => Self::Bools(Vec::new()),
            _ => Self::Values(self.iter().collect()),
        };
    }
}

/// In the form of the elements, where all have the same.
impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Self::Values(values.into_iter().collect())
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Value::Heap(HeapValue::Array(array.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_its_form_and_widens_when_it_must() {
        let mut a = Array::for_element(&Ty::Int);
        a.push(Value::Int(1));
        assert!(matches!(a, Array::Ints(_)));
        a.push(Value::from("x"));
        assert!(matches!(&a, Array::Values(v) if v.len() == 2));

        let mut n = Array::for_element(&Ty::Number);
        n.push(Value::Int(1));
        assert!(matches!(&n, Array::Numbers(v) if v[..] == [1.0]));

        let mut e = Array::for_element(&Ty::Int);
        e.insert(9, Value::Bool(true));
        assert!(matches!(&e, Array::Bools(v) if v.len() == 1));
    }

    #[test]
    fn positions_count_from_the_end() {
        let a = Array::Ints(vec![1, 2, 3]);
        assert_eq!(a.position(-1), Some(2));
        assert_eq!(a.position(3), None);
        assert_eq!(a.position(-4), None);
        assert_eq!(a.position(i64::MIN), None);
    }

    #[test]
    fn slices_stay_in_range() {
        let a = Array::Ints(vec![1, 2, 3]);
        assert_eq!(a.slice(2, 1).len(), 0);
        assert_eq!(a.slice(1, 99).len(), 2);
    }
}
