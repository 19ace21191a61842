//! Letting go of values without recursion.
//!
//! A value can be nested a million deep (a linked list of records), and the drop that the compiler
//! generates would need a stack frame per level. So the last owner of a container that holds further
//! containers takes them out and works through them as a list. Containers of plain things (numbers,
//! strings) only pay for a look at the tags.

use crate::{Array, ErrorValue, HeapValue, Record, Value, spare};
use std::rc::Rc;

impl Drop for HeapValue {
    #[inline]
    fn drop(&mut self) {
        if let Self::Record(record) = self {
            drop_record(record);
        } else if self.is_container() {
            drop_container(self);
        }
    }
}

/// Errors also hang on each other directly, by their causes.
impl Drop for ErrorValue {
    fn drop(&mut self) {
        if self.cause.is_some() || is_container(&self.details) {
            let mut later = Vec::new();
            take_from_error(self, &mut later);
            drop_all(later);
        }
    }
}

#[inline(never)]
fn drop_container(heap: &mut HeapValue) {
    let mut later = Vec::new();
    take_containers(heap, &mut later);
    if !later.is_empty() {
        drop_all(later);
    }
}

/// Lets go of the fields of a record that nobody else holds, the last one first and containers after
/// all others, and keeps its memory.
#[inline(never)]
fn drop_record(record: &mut Rc<Record>) {
    let Some(own) = Rc::get_mut(record) else {
        return;
    };
    let mut containers = false;
    for field in own.fields.iter_mut().rev() {
        if is_container(field) {
            containers = true;
        } else {
            field.overwrite_with(|| Value::None);
        }
    }
    if containers {
        drop_containers_of(own);
    }
    // It cannot be moved out of the value that is being dropped, but it can be held once more.
    spare::keep_record(Rc::clone(record));
}

#[inline(never)]
fn drop_containers_of(record: &mut Record) {
    let mut later = Vec::new();
    take_from_slice(&mut record.fields, &mut later);
    drop_all(later);
}

/// Every value in `later` is dropped after it has been emptied of containers, so no drop nests more
/// than once.
fn drop_all(mut later: Vec<Value>) {
    while let Some(mut value) = later.pop() {
        if let Value::Heap(heap) = &mut value {
            take_containers(heap, &mut later);
        }
    }
}

impl HeapValue {
    /// Whether values of this kind can hold other values.
    #[inline]
    fn is_container(&self) -> bool {
        !matches!(
            self,
            Self::Str(_) | Self::Bytes(_) | Self::Range(_) | Self::Handle(_)
        )
    }
}

#[inline]
fn is_container(value: &Value) -> bool {
    matches!(value, Value::Heap(heap) if heap.is_container())
}

/// Moves the containers out of `heap` into `later`, when nobody else holds it.
fn take_containers(heap: &mut HeapValue, later: &mut Vec<Value>) {
    match heap {
        HeapValue::Array(rc) => {
            if let Some(Array::Values(items)) = Rc::get_mut(rc) {
                take_from_slice(items, later);
            }
        }
        HeapValue::Tuple(rc) => {
            if let Some(items) = Rc::get_mut(rc) {
                take_from_slice(items, later);
            }
        }
        HeapValue::Record(rc) => {
            if let Some(record) = Rc::get_mut(rc) {
                take_from_slice(&mut record.fields, later);
            }
        }
        HeapValue::Enum(rc) => {
            if let Some(value) = Rc::get_mut(rc) {
                take_from_slice(&mut value.payload, later);
            }
        }
        HeapValue::Closure(rc) => {
            if let Some(closure) = Rc::get_mut(rc) {
                take_from_slice(&mut closure.captures, later);
            }
        }
        HeapValue::Ok(rc) | HeapValue::Err(rc) => {
            if let Some(value) = Rc::get_mut(rc) {
                take_from_slice(std::slice::from_mut(value), later);
            }
        }
        HeapValue::Cell(rc) => {
            if let Some(cell) = Rc::get_mut(rc) {
                take_from_slice(std::slice::from_mut(cell.0.get_mut()), later);
            }
        }
        HeapValue::Error(rc) => {
            if let Some(error) = Rc::get_mut(rc) {
                take_from_error(error, later);
            }
        }
        HeapValue::Map(rc) => {
            if let Some(map) = Rc::get_mut(rc)
                && map
                    .iter()
                    .any(|(key, value)| is_container(&key.0) || is_container(value))
            {
                for (key, value) in map.drain(..) {
                    later.extend([key.0, value].into_iter().filter(is_container));
                }
            }
        }
        HeapValue::Set(rc) => {
            if let Some(set) = Rc::get_mut(rc)
                && set.iter().any(|key| is_container(&key.0))
            {
                later.extend(set.drain(..).map(|key| key.0).filter(is_container));
            }
        }
        HeapValue::Str(_) | HeapValue::Bytes(_) | HeapValue::Range(_) | HeapValue::Handle(_) => {}
    }
}

fn take_from_slice(values: &mut [Value], later: &mut Vec<Value>) {
    for value in values {
        if is_container(value) {
            later.push(std::mem::take(value));
        }
    }
}

fn take_from_error(error: &mut ErrorValue, later: &mut Vec<Value>) {
    take_from_slice(std::slice::from_mut(&mut error.details), later);
    later.extend(error.cause.take().map(Value::error));
}
