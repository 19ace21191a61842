//! Values: moves between registers and banks, parts, comparisons, maps.

use crate::frame::Window;
use crate::ins::Reg;
use crate::interp::World;
use crate::trap::{Fault, Trap};
use shape_check::Repr;
use shape_value::{HeapValue, Key, KeyRef, Value, bits_to_char};
use std::cmp::Ordering;
use std::rc::Rc;

/// The bits of the scalar in a value; 0 where there is none.
#[inline]
pub(crate) fn bits(value: &Value) -> u64 {
    match value {
        Value::Int(n) | Value::Duration(n) => n.cast_unsigned(),
        Value::Number(n) => n.to_bits(),
        Value::Bool(b) => u64::from(*b),
        Value::Char(c) => u64::from(*c),
        Value::None | Value::Unit | Value::Heap(_) => 0,
    }
}

/// The scalar as a value.
pub(crate) fn boxed(repr: Repr, bits: u64) -> Value {
    match repr {
        Repr::Int => Value::Int(bits.cast_signed()),
        Repr::Number => Value::Number(f64::from_bits(bits)),
        Repr::Bool => Value::Bool(bits != 0),
        Repr::Char => Value::Char(bits_to_char(bits)),
        Repr::Duration => Value::Duration(bits.cast_signed()),
        Repr::Unit | Repr::Value => Value::Unit,
    }
}

/// `v[d] = make()`; what was there is dropped.
#[inline(never)]
pub(crate) fn put(v: &mut Window<Value>, d: Reg, make: impl FnOnce() -> Value) {
    v[usize::from(d)].overwrite_with(make);
}

#[inline(never)]
pub(crate) fn copy(v: &mut Window<Value>, d: Reg, a: Reg) {
    if let Ok([d, a]) = v.get_disjoint_mut([usize::from(d), usize::from(a)]) {
        d.overwrite_with(|| a.clone());
    }
}

#[inline(never)]
pub(crate) fn take(v: &mut Window<Value>, d: Reg, a: Reg) {
    if let Ok([d, a]) = v.get_disjoint_mut([usize::from(d), usize::from(a)]) {
        d.overwrite_with(|| std::mem::take(a));
    }
}

/// `v[a] = None`
#[inline(never)]
pub(crate) fn clear_one(v: &mut Window<Value>, a: Reg) {
    v[usize::from(a)].overwrite_with(|| Value::None);
}

/// Empties `n` registers from `from` on; what came last goes first.
#[inline(never)]
pub(crate) fn clear(v: &mut Window<Value>, from: Reg, n: u8) {
    for reg in (0..n).rev() {
        v[usize::from(from.wrapping_add(reg))].overwrite_with(|| Value::None);
    }
}

#[inline(never)]
pub(crate) fn literal(
    world: &World<'_>,
    v: &mut Window<Value>,
    d: Reg,
    i: u32,
) -> Result<(), Fault> {
    let value = world
        .literals
        .get(i as usize)
        .ok_or_else(|| missing("a literal"))?;
    v[usize::from(d)].overwrite_with(|| value.clone());
    Ok(())
}

/// What the compiler should have provided.
#[cold]
#[inline(never)]
pub(crate) fn missing(what: &'static str) -> Fault {
    Fault::internal(format!("{what} is missing"))
}

/// `None` where a value was expected.
#[cold]
#[inline(never)]
pub(crate) fn found_none() -> Fault {
    Trap::Expected("".into()).into()
}

/// How many hold a value on the heap; the greatest `int` for others.
#[inline(never)]
pub(crate) fn holders(value: &Value) -> u64 {
    let Value::Heap(heap) = value else {
        return i64::MAX.cast_unsigned();
    };
    let count = match heap {
        HeapValue::Array(shared) => Rc::strong_count(shared),
        HeapValue::Map(shared) => Rc::strong_count(shared),
        HeapValue::Set(shared) => Rc::strong_count(shared),
        HeapValue::Tuple(shared) => Rc::strong_count(shared),
        HeapValue::Record(shared) => Rc::strong_count(shared),
        HeapValue::Enum(shared) => Rc::strong_count(shared),
        HeapValue::Ok(shared) | HeapValue::Err(shared) => Rc::strong_count(shared),
        HeapValue::Closure(shared) => Rc::strong_count(shared),
        _ => return i64::MAX.cast_unsigned(),
    };
    count as u64
}

#[inline]
pub(crate) fn is_err(value: &Value) -> bool {
    matches!(value, Value::Heap(HeapValue::Err(_)))
}

/// The number of the variant; that of no variant where the value is something else.
#[inline]
pub(crate) fn variant_index(value: &Value) -> u32 {
    match value {
        Value::Heap(HeapValue::Enum(value)) => value.variant.index,
        _ => u32::MAX,
    }
}

// Parts.

/// The part of a container with this number.
#[inline]
pub(crate) fn part(value: &Value, index: u16) -> Option<&Value> {
    let index = usize::from(index);
    let Value::Heap(heap) = value else {
        return None;
    };
    match heap {
        HeapValue::Record(record) => record.fields.get(index),
        HeapValue::Tuple(items) => items.get(index),
        HeapValue::Enum(variant) => variant.payload.get(index),
        HeapValue::Ok(payload) | HeapValue::Err(payload) => Some(payload),
        HeapValue::Closure(closure) => closure.captures.get(index),
        _ => None,
    }
}

#[inline(never)]
pub(crate) fn field(v: &mut Window<Value>, d: Reg, a: Reg, i: u16) -> Result<(), Fault> {
    let part = part(&v[usize::from(a)], i).ok_or_else(|| missing("a field"))?;
    let part = part.clone();
    v[usize::from(d)].overwrite_with(|| part);
    Ok(())
}

#[inline(never)]
pub(crate) fn field_scalar(value: &Value, i: u16) -> Result<u64, Fault> {
    part(value, i).map(bits).ok_or_else(|| missing("a field"))
}

/// Sets a part that is a scalar.
#[inline(never)]
pub(crate) fn set_field_scalar(
    v: &mut Window<Value>,
    a: Reg,
    i: u16,
    value: Value,
) -> Result<(), Fault> {
    if let Value::Heap(HeapValue::Record(record)) = &mut v[usize::from(a)]
        && let Some(record) = Rc::get_mut(record)
        && let Some(field) = record.fields.get_mut(usize::from(i))
    {
        *field = value;
        return Ok(());
    }
    *crate::place::field_mut(&mut v[usize::from(a)], u32::from(i))? = value;
    Ok(())
}

#[inline(never)]
pub(crate) fn set_field(v: &mut Window<Value>, a: Reg, x: Reg, i: u16) -> Result<(), Fault> {
    let value = std::mem::take(&mut v[usize::from(x)]);
    *crate::place::field_mut(&mut v[usize::from(a)], u32::from(i))? = value;
    Ok(())
}

// Comparisons.

#[inline(never)]
pub(crate) fn eq(a: &Value, b: &Value) -> bool {
    a == b
}

#[inline(never)]
pub(crate) fn lt(a: &Value, b: &Value) -> bool {
    a.compare(b).is_some_and(Ordering::is_lt)
}

#[inline(never)]
pub(crate) fn le(a: &Value, b: &Value) -> bool {
    a.compare(b).is_some_and(Ordering::is_le)
}

// Maps.

/// What the map in `v[map]` holds for the key in `v[key]`.
fn lookup(v: &Window<Value>, map: Reg, key: Reg) -> Result<Option<&Value>, Fault> {
    match &v[usize::from(map)] {
        Value::Heap(HeapValue::Map(map)) => Ok(map.get(&KeyRef(&v[usize::from(key)]))),
        _ => Err(Fault::internal("not a map")),
    }
}

#[inline(never)]
pub(crate) fn map_get(v: &mut Window<Value>, d: Reg, a: Reg, x: Reg) -> Result<(), Fault> {
    let found = lookup(v, a, x)?.cloned();
    v[usize::from(d)].overwrite_with(|| found.unwrap_or_default());
    Ok(())
}

#[inline(never)]
pub(crate) fn map_get_scalar(v: &Window<Value>, a: Reg, x: Reg) -> Result<u64, Fault> {
    match lookup(v, a, x)? {
        None | Some(Value::None) => Err(found_none()),
        Some(value) => Ok(bits(value)),
    }
}

#[inline(never)]
pub(crate) fn map_set(v: &mut Window<Value>, a: Reg, k: Reg, x: Reg) -> Result<(), Fault> {
    let key = std::mem::take(&mut v[usize::from(k)]);
    let value = std::mem::take(&mut v[usize::from(x)]);
    match &mut v[usize::from(a)] {
        Value::Heap(HeapValue::Map(map)) => {
            Rc::make_mut(map).insert(Key(key), value);
            Ok(())
        }
        _ => Err(Fault::internal("not a map")),
    }
}
