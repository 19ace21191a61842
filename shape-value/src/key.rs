//! Values as keys of maps and sets.

use crate::compare::{Floats, number_as_int, values_equal};
use crate::{Array, HeapValue, Record, Str, Value};
use indexmap::Equivalent;
use rustc_hash::FxHasher;
use std::cell::Cell;
use std::hash::{Hash, Hasher};

/// How many levels of a nested key go into its hash. Keys that only differ further down are told
/// apart by equality.
const HASHED_LEVELS: u32 = 8;

/// A value as a key: equal by content, with one zero and one NaN.
#[derive(Clone, Debug)]
pub struct Key(pub Value);

/// A key to look up without making a [`Str`] of it: `map.get(&StrKey("name"))`.
#[derive(Clone, Copy, Debug)]
pub struct StrKey<'a>(pub &'a str);

/// A key to look up that somebody else owns: `map.get(&KeyRef(&value))`.
#[derive(Clone, Copy, Debug)]
pub struct KeyRef<'a>(pub &'a Value);

impl PartialEq for Key {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        KeyRef(&self.0).equivalent(other)
    }
}

impl Eq for Key {}

/// How many look-ups of keys may be nested: to compare two sets is to look up the keys of one in the
/// other, and those keys may be sets again. What is nested deeper is not equal.
const MAX_LOOKUPS: u32 = 16;

fn keys_equal(a: &Value, b: &Value) -> bool {
    thread_local! {
        static LOOKUPS: Cell<u32> = const { Cell::new(0) };
    }
    let lookups = LOOKUPS.get();
    if lookups >= MAX_LOOKUPS {
        return false;
    }
    LOOKUPS.set(lookups + 1);
    let equal = values_equal(a, b, Floats::Reflexive);
    LOOKUPS.set(lookups);
    equal
}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        KeyRef(&self.0).hash(state);
    }
}

impl Hash for KeyRef<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Value::Heap(HeapValue::Str(text)) => hash_str(text, state),
            Value::Int(n) => state.write_i64(*n),
            other => hash_value(other, 0, state),
        }
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    #[inline]
    fn equivalent(&self, key: &Key) -> bool {
        match (self.0, &key.0) {
            (Value::Heap(HeapValue::Str(a)), Value::Heap(HeapValue::Str(b))) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (a, b) => keys_equal(a, b),
        }
    }
}

impl Hash for StrKey<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_str(self.0, state);
    }
}

impl Equivalent<Key> for StrKey<'_> {
    #[inline]
    fn equivalent(&self, key: &Key) -> bool {
        key.0.as_str() == Some(self.0)
    }
}

macro_rules! from {
    ($($ty:ty),*) => {
        $(impl From<$ty> for Key {
            #[inline]
            fn from(value: $ty) -> Self {
                Self(Value::from(value))
            }
        })*
    };
}

from!(Value, bool, i64, f64, char, Str, &str, String);

#[inline]
fn hash_str<H: Hasher>(text: &str, state: &mut H) {
    state.write(text.as_bytes());
    state.write_u8(0xff);
}

/// Equal values must hash equally, so an integral `number` hashes as the `int` that it equals.
fn hash_number<H: Hasher>(x: f64, state: &mut H) {
    match number_as_int(x) {
        Some(n) => state.write_i64(n),
        None if x.is_nan() => state.write_u64(f64::NAN.to_bits()),
        None => state.write_u64(x.to_bits()),
    }
}

fn hash_value<H: Hasher>(value: &Value, level: u32, state: &mut H) {
    match value {
        Value::None => state.write_u8(1),
        Value::Unit => state.write_u8(2),
        Value::Bool(b) => state.write_u8(3 + u8::from(*b)),
        Value::Int(n) | Value::Duration(n) => state.write_i64(*n),
        Value::Number(x) => hash_number(*x, state),
        Value::Char(c) => state.write_u32(u32::from(*c)),
        Value::Heap(_) if level == HASHED_LEVELS => {}
        Value::Heap(heap) => hash_heap(heap, level + 1, state),
    }
}

fn hash_heap<H: Hasher>(heap: &HeapValue, level: u32, state: &mut H) {
    match heap {
        HeapValue::Str(text) => hash_str(text, state),
        HeapValue::Bytes(bytes) => state.write(bytes),
        HeapValue::Array(array) => hash_array(array, level, state),
        HeapValue::Tuple(items) => hash_slice(items, level, state),
        HeapValue::Record(record) => hash_record(record, level, state),
        HeapValue::Enum(value) => {
            state.write_u32(value.variant.index);
            hash_slice(&value.payload, level, state);
        }
        HeapValue::Ok(value) | HeapValue::Err(value) => hash_value(value, level, state),
        HeapValue::Error(error) => hash_str(&error.message, state),
        HeapValue::Range(range) => range.hash(state),
        // Equal in any order, so only their size is hashed.
        HeapValue::Map(map) => state.write_usize(map.len()),
        HeapValue::Set(set) => state.write_usize(set.len()),
        HeapValue::Closure(closure) => state.write_u32(closure.id),
        HeapValue::Cell(_) | HeapValue::Handle(_) => {}
    }
}

fn hash_slice<H: Hasher>(values: &[Value], level: u32, state: &mut H) {
    for value in values {
        hash_value(value, level, state);
    }
}

/// Fields are equal in any order, so their hashes are added up.
fn hash_record<H: Hasher>(record: &Record, level: u32, state: &mut H) {
    let sum = record.fields.iter().fold(0, |sum: u64, value| {
        let mut own = FxHasher::default();
        hash_value(value, level, &mut own);
        sum.wrapping_add(own.finish())
    });
    state.write_u64(sum);
}

fn hash_array<H: Hasher>(array: &Array, level: u32, state: &mut H) {
    match array {
        Array::Ints(items) => items.iter().for_each(|n| state.write_i64(*n)),
        Array::Numbers(items) => items.iter().for_each(|x| hash_number(*x, state)),
        Array::Bools(items) => items.iter().for_each(|b| state.write_u8(3 + u8::from(*b))),
        Array::Values(items) => hash_slice(items, level, state),
    }
}

impl Key {
    /// A text key.
    #[must_use]
    pub fn str(text: impl Into<Str>) -> Self {
        Self(Value::str(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Map, Set};

    #[test]
    fn one_zero_one_nan_and_one_one() {
        let set: Set = [0.0, -0.0, f64::NAN, -f64::NAN, 1.0]
            .into_iter()
            .map(Key::from)
            .collect();
        assert_eq!(set.len(), 3);
        assert!(set.contains(&Key::from(1i64)));
    }

    #[test]
    fn text_is_found_without_a_str() {
        let map: Map = [(Key::str("a"), Value::Int(1))].into_iter().collect();
        assert_eq!(map.get(&StrKey("a")), Some(&Value::Int(1)));
        assert_eq!(map.get(&StrKey("b")), None);
    }

    #[test]
    fn tuples_are_keys() {
        let key = |n: i64| Key(Value::tuple(vec![Value::Int(n), Value::from("x")]));
        let map: Map = (0..100).map(|n| (key(n), Value::Int(n))).collect();
        assert_eq!(map.get(&key(42)), Some(&Value::Int(42)));
    }
}
