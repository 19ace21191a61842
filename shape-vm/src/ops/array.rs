//! Arrays.

use crate::frame::Window;
use crate::ins::{Form, Reg};
use crate::place::{array_mut, position, set_element};
use crate::trap::Fault;
use shape_runtime::Raise;
use shape_value::{Array, HeapValue, MAX_ARRAY, Value};
use std::rc::Rc;

#[inline]
pub(crate) fn array(value: &Value) -> Option<&Array> {
    match value {
        Value::Heap(HeapValue::Array(array)) => Some(array),
        _ => None,
    }
}

#[cold]
#[inline(never)]
pub(crate) fn not_an_array() -> Fault {
    Fault::internal("not an array")
}

/// An element, boxed, by an index that may count from the end.
#[cold]
#[inline(never)]
pub(crate) fn index(value: &Value, index: u64) -> Result<Value, Fault> {
    let array = array(value).ok_or_else(not_an_array)?;
    let position = position(array, index.cast_signed())?;
    array
        .get(position)
        .ok_or_else(|| super::value::missing("an element"))
}

/// As [`index`], for an element in the scalar bank.
#[cold]
#[inline(never)]
pub(crate) fn index_scalar(value: &Value, at: u64) -> Result<u64, Fault> {
    index(value, at).map(|item| super::value::bits(&item))
}

#[inline(never)]
pub(crate) fn index_value(v: &mut Window<Value>, d: Reg, a: Reg, at: u64) -> Result<(), Fault> {
    let item = match array(&v[usize::from(a)]) {
        Some(Array::Values(items)) => items.get(at as usize).cloned(),
        _ => None,
    };
    v[usize::from(d)] = match item {
        Some(item) => item,
        None => index(&v[usize::from(a)], at)?,
    };
    Ok(())
}

/// An element, boxed, or `None`.
#[inline(never)]
pub(crate) fn index_maybe(v: &mut Window<Value>, d: Reg, a: Reg, at: u64) {
    let item = array(&v[usize::from(a)])
        .and_then(|array| array.get(array.position(at.cast_signed())?))
        .unwrap_or_default();
    v[usize::from(d)] = item;
}

#[inline(never)]
pub(crate) fn set_index(v: &mut Window<Value>, a: Reg, at: u64, item: Value) -> Result<(), Fault> {
    match &mut v[usize::from(a)] {
        Value::Heap(HeapValue::Array(array)) => match (Rc::make_mut(array), item) {
            (Array::Values(items), item) if at < items.len() as u64 => items[at as usize] = item,
            (other, item) => set_element(other, at.cast_signed(), item)?,
        },
        _ => return Err(not_an_array()),
    }
    Ok(())
}

/// Appends.
#[inline(never)]
pub(crate) fn push(v: &mut Window<Value>, a: Reg, item: Value) -> Result<(), Fault> {
    let array = array_mut(&mut v[usize::from(a)])?;
    // An empty array may have any form; it is to have that of its elements.
    if array.is_empty() {
        match (&item, &*array) {
            (Value::Int(_), Array::Ints(_))
            | (Value::Number(_), Array::Numbers(_))
            | (Value::Bool(_), Array::Bools(_)) => {}
            (Value::Int(_), _) => *array = Array::Ints(Vec::new()),
            (Value::Number(_), _) => *array = Array::Numbers(Vec::new()),
            (Value::Bool(_), _) => *array = Array::Bools(Vec::new()),
            (_, Array::Values(_)) => {}
            _ => *array = Array::Values(Vec::new()),
        }
    }
    if array.len() >= MAX_ARRAY {
        return Err(too_long());
    }
    array.push(item);
    Ok(())
}

#[cold]
#[inline(never)]
fn too_long() -> Fault {
    let message = format!("an array cannot have more than {MAX_ARRAY} elements");
    Raise::resource(message).into()
}

#[inline(never)]
pub(crate) fn slice(
    v: &mut Window<Value>,
    d: Reg,
    a: Reg,
    from: u16,
    back: u16,
) -> Result<(), Fault> {
    let array = array(&v[usize::from(a)]).ok_or_else(not_an_array)?;
    let end = array.len().saturating_sub(usize::from(back));
    v[usize::from(d)] = Value::array(array.slice(usize::from(from), end));
    Ok(())
}

/// Element `at` for a loop; `None` past the end.
#[inline(never)]
pub(crate) fn next_value(v: &mut Window<Value>, d: Reg, a: Reg, at: usize) -> Result<bool, Fault> {
    let item = match array(&v[usize::from(a)]).ok_or_else(not_an_array)? {
        Array::Values(items) => items.get(at).cloned(),
        other => other.get(at),
    };
    let Some(item) = item else {
        return Ok(false);
    };
    v[usize::from(d)] = item;
    Ok(true)
}

/// As [`next_value`], for elements in the scalar bank and arrays of any form.
#[inline(never)]
pub(crate) fn next_scalar(value: &Value, at: usize) -> Result<Option<u64>, Fault> {
    let array = array(value).ok_or_else(not_an_array)?;
    Ok(array.get(at).map(|item| super::value::bits(&item)))
}

/// An empty array of the form.
pub(crate) fn empty(form: Form, capacity: usize) -> Array {
    match form {
        Form::Ints => Array::Ints(Vec::with_capacity(capacity)),
        Form::Numbers => Array::Numbers(Vec::with_capacity(capacity)),
        Form::Bools => Array::Bools(Vec::with_capacity(capacity)),
        Form::Values => Array::Values(Vec::with_capacity(capacity)),
    }
}
