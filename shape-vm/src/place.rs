//! Parts of variables, changed in place.
//!
//! On the way to a part, whatever somebody else holds too is copied first; what only this variable
//! holds is not.

use crate::code::{Place, PlaceRoot, PlaceStep};
use crate::frame::Window;
use crate::trap::{Fault, Trap};
use shape_value::{Array, HeapValue, Key, Value};
use std::rc::Rc;

/// The registers and variables that places refer to.
pub(crate) struct Variables<'m> {
    pub(crate) s: &'m Window<u64>,
    pub(crate) v: &'m mut Window<Value>,
    pub(crate) globals: &'m mut [Value],
}

impl Variables<'_> {
    /// `place = value`
    pub(crate) fn set(&mut self, place: &Place, value: Value) -> Result<(), Fault> {
        let Some((last, steps)) = place.steps.split_last() else {
            return self.with_slot(place.root, |slot| *slot = value);
        };
        self.with_part(place.root, steps, |vars, part| {
            vars.set_last(part, *last, value)
        })
    }

    /// A copy of the part.
    pub(crate) fn get(&mut self, place: &Place) -> Result<Value, Fault> {
        self.with_part(place.root, &place.steps, |_, part| Ok(part.clone()))
    }

    /// Takes the part out, leaving `None`.
    pub(crate) fn take(&mut self, place: &Place) -> Result<Value, Fault> {
        self.with_part(place.root, &place.steps, |_, part| Ok(std::mem::take(part)))
    }

    /// Brings back what [`Variables::take`] took.
    pub(crate) fn put_back(&mut self, place: &Place, value: Value) -> Result<(), Fault> {
        self.with_part(place.root, &place.steps, |_, part| {
            *part = value;
            Ok(())
        })
    }

    /// Runs `work` on a part of a variable. Meanwhile the variable is empty: operands of steps can
    /// be read from the registers.
    fn with_part<R>(
        &mut self,
        root: PlaceRoot,
        steps: &[PlaceStep],
        work: impl FnOnce(&Self, &mut Value) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let mut value = Value::None;
        self.with_slot(root, |slot| std::mem::swap(slot, &mut value))?;
        let result = self
            .walk(&mut value, steps)
            .and_then(|part| work(self, part));
        self.with_slot(root, |slot| *slot = value)?;
        result
    }

    /// Runs `work` on the value of a variable.
    fn with_slot<R>(
        &mut self,
        root: PlaceRoot,
        work: impl FnOnce(&mut Value) -> R,
    ) -> Result<R, Fault> {
        let not_there = || Fault::internal("a variable is not where it should be");
        match root {
            PlaceRoot::Reg(reg) => Ok(work(&mut self.v[usize::from(reg)])),
            PlaceRoot::Cell(reg) => in_cell(&self.v[usize::from(reg)], work).ok_or_else(not_there),
            PlaceRoot::Far(block, index) => far_value(self.v, block, index)
                .map(work)
                .ok_or_else(not_there),
            PlaceRoot::FarCell(block, index) => far_value(self.v, block, index)
                .and_then(|cell| in_cell(cell, work))
                .ok_or_else(not_there),
            PlaceRoot::Global(index) => self
                .globals
                .get_mut(index as usize)
                .map(work)
                .ok_or_else(not_there),
            PlaceRoot::GlobalCell(index) => self
                .globals
                .get(index as usize)
                .and_then(|cell| in_cell(cell, work))
                .ok_or_else(not_there),
        }
    }

    fn walk<'v>(&self, value: &'v mut Value, steps: &[PlaceStep]) -> Result<&'v mut Value, Fault> {
        let mut part = value;
        for step in steps {
            part = match *step {
                PlaceStep::Field(index) => field_mut(part, index)?,
                PlaceStep::Index(reg) => {
                    let index = self.s[usize::from(reg)].cast_signed();
                    let array = array_mut(part)?;
                    let position = position(array, index)?;
                    match array {
                        Array::Values(items) => items.get_mut(position),
                        _ => None,
                    }
                    .ok_or_else(|| Fault::internal("an element has no parts"))?
                }
                PlaceStep::Key(reg) => {
                    let key = Key(self.v[usize::from(reg)].clone());
                    let map = part
                        .as_map_mut()
                        .ok_or_else(|| Fault::internal("not a map"))?;
                    map.get_mut(&key).ok_or_else(|| missing(&key))?
                }
            };
        }
        Ok(part)
    }

    fn set_last(&self, part: &mut Value, step: PlaceStep, value: Value) -> Result<(), Fault> {
        match step {
            PlaceStep::Field(index) => *field_mut(part, index)? = value,
            PlaceStep::Index(reg) => {
                let index = self.s[usize::from(reg)].cast_signed();
                set_element(array_mut(part)?, index, value)?;
            }
            PlaceStep::Key(reg) => {
                let map = part
                    .as_map_mut()
                    .ok_or_else(|| Fault::internal("not a map"))?;
                map.insert(Key(self.v[usize::from(reg)].clone()), value);
            }
        }
        Ok(())
    }
}

#[cold]
fn missing(key: &Key) -> Fault {
    let mut text = String::new();
    match &key.0 {
        Value::Heap(HeapValue::Str(key)) => text = format!("{:?}", key.as_str()),
        key => key.fmt_into(&mut text),
    }
    Trap::Key(text).into()
}

fn in_cell<R>(cell: &Value, work: impl FnOnce(&mut Value) -> R) -> Option<R> {
    let mut inside = cell.as_cell()?.0.try_borrow_mut().ok()?;
    Some(work(&mut inside))
}

/// A far value of the block in register `block`.
pub(crate) fn far_value(v: &mut Window<Value>, block: u8, index: u16) -> Option<&mut Value> {
    match v[usize::from(block)].as_array_mut()? {
        Array::Values(items) => items.get_mut(usize::from(index)),
        _ => None,
    }
}

/// The field of a record, or the element of a tuple or of a payload.
pub(crate) fn field_mut(value: &mut Value, index: u32) -> Result<&mut Value, Fault> {
    let Value::Heap(heap) = value else {
        return Err(Fault::internal("a value without fields"));
    };
    let fields = match heap {
        HeapValue::Record(record) => &mut Rc::make_mut(record).fields,
        HeapValue::Tuple(items) => Rc::make_mut(items),
        HeapValue::Enum(variant) => &mut Rc::make_mut(variant).payload,
        _ => return Err(Fault::internal("a value without fields")),
    };
    fields
        .get_mut(index as usize)
        .ok_or_else(|| Fault::internal("a field is missing"))
}

pub(crate) fn array_mut(value: &mut Value) -> Result<&mut Array, Fault> {
    value
        .as_array_mut()
        .ok_or_else(|| Fault::internal("not an array"))
}

/// Where `index` points.
pub(crate) fn position(array: &Array, index: i64) -> Result<usize, Fault> {
    array.position(index).ok_or_else(|| {
        Trap::Index {
            index,
            len: array.len(),
        }
        .into()
    })
}

/// `array[index] = value`
pub(crate) fn set_element(array: &mut Array, index: i64, value: Value) -> Result<(), Fault> {
    let position = position(array, index)?;
    array
        .set(position, value)
        .map_err(|_| Fault::internal("an element of the wrong form"))
}
