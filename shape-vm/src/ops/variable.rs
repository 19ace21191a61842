//! Variables that are not registers: far ones, top-level ones, those in cells.

use super::value::{bits, missing};
use crate::code::FuncCode;
use crate::frame::Window;
use crate::ins::Reg;
use crate::interp::World;
use crate::place::{Variables, far_value};
use crate::trap::Fault;
use shape_value::{Array, Cell, HeapValue, Value};

fn no_variable() -> Fault {
    missing("a variable")
}

// Far variables.

#[inline(never)]
pub(crate) fn far_new(v: &mut Window<Value>, d: Reg, scalars: u16, values: u16) {
    let mut items = Vec::new();
    items.resize_with(usize::from(values), Value::default);
    v[usize::from(d)] = Value::array(Array::Ints(vec![0; usize::from(scalars)]));
    v[usize::from(d.saturating_add(1))] = Value::array(Array::Values(items));
}

#[inline(never)]
pub(crate) fn far_scalar(v: &mut Window<Value>, a: Reg, i: u16) -> Result<&mut i64, Fault> {
    match v[usize::from(a)].as_array_mut() {
        Some(Array::Ints(items)) => items.get_mut(usize::from(i)).ok_or_else(no_variable),
        _ => Err(no_variable()),
    }
}

#[inline(never)]
pub(crate) fn far_get(v: &mut Window<Value>, d: Reg, a: Reg, i: u16) -> Result<(), Fault> {
    let value = far_value(v, a, i).ok_or_else(no_variable)?.clone();
    v[usize::from(d)] = value;
    Ok(())
}

#[inline(never)]
pub(crate) fn far_take(v: &mut Window<Value>, d: Reg, a: Reg, i: u16) -> Result<(), Fault> {
    let value = std::mem::take(far_value(v, a, i).ok_or_else(no_variable)?);
    v[usize::from(d)] = value;
    Ok(())
}

#[inline(never)]
pub(crate) fn far_set(v: &mut Window<Value>, x: Reg, a: Reg, i: u16) -> Result<(), Fault> {
    let value = std::mem::take(&mut v[usize::from(x)]);
    *far_value(v, a, i).ok_or_else(no_variable)? = value;
    Ok(())
}

// Top-level variables.

#[inline(never)]
pub(crate) fn global<'w>(world: &'w mut World<'_>, i: u32) -> Result<&'w mut Value, Fault> {
    world.globals.get_mut(i as usize).ok_or_else(no_variable)
}

#[inline(never)]
pub(crate) fn global_get(
    world: &mut World<'_>,
    v: &mut Window<Value>,
    d: Reg,
    i: u32,
) -> Result<(), Fault> {
    v[usize::from(d)] = global(world, i)?.clone();
    Ok(())
}

#[inline(never)]
pub(crate) fn global_take(
    world: &mut World<'_>,
    v: &mut Window<Value>,
    d: Reg,
    i: u32,
) -> Result<(), Fault> {
    v[usize::from(d)] = std::mem::take(global(world, i)?);
    Ok(())
}

#[inline(never)]
pub(crate) fn global_set(
    world: &mut World<'_>,
    v: &mut Window<Value>,
    x: Reg,
    i: u32,
) -> Result<(), Fault> {
    *global(world, i)? = std::mem::take(&mut v[usize::from(x)]);
    Ok(())
}

// Cells.

fn cell(value: &Value) -> Result<&Cell, Fault> {
    match value {
        Value::Heap(HeapValue::Cell(cell)) => Ok(cell),
        _ => Err(Fault::internal("not a cell")),
    }
}

#[inline(never)]
pub(crate) fn cell_new(v: &mut Window<Value>, d: Reg, a: Reg) {
    let value = std::mem::take(&mut v[usize::from(a)]);
    v[usize::from(d)] = Value::cell(value);
}

#[inline(never)]
pub(crate) fn cell_get_scalar(v: &Window<Value>, a: Reg) -> Result<u64, Fault> {
    Ok(bits(&cell(&v[usize::from(a)])?.0.borrow()))
}

#[inline(never)]
pub(crate) fn cell_get(v: &mut Window<Value>, d: Reg, a: Reg) -> Result<(), Fault> {
    let value = cell(&v[usize::from(a)])?.0.borrow().clone();
    v[usize::from(d)] = value;
    Ok(())
}

#[inline(never)]
pub(crate) fn cell_take(v: &mut Window<Value>, d: Reg, a: Reg) -> Result<(), Fault> {
    let value = cell(&v[usize::from(a)])?.0.take();
    v[usize::from(d)] = value;
    Ok(())
}

#[inline(never)]
pub(crate) fn cell_set(v: &mut Window<Value>, a: Reg, value: Value) -> Result<(), Fault> {
    // What was in the cell is dropped after the borrow: its end may run long.
    drop(cell(&v[usize::from(a)])?.0.replace(value));
    Ok(())
}

// Places.

#[inline(never)]
pub(crate) fn set_place(
    world: &mut World<'_>,
    func: &FuncCode,
    (s, v): (&Window<u64>, &mut Window<Value>),
    i: u16,
    x: Reg,
) -> Result<(), Fault> {
    let value = std::mem::take(&mut v[usize::from(x)]);
    let place = func
        .places
        .get(usize::from(i))
        .ok_or_else(|| missing("a place"))?;
    Variables {
        s,
        v,
        globals: &mut world.globals,
    }
    .set(place, value)
}

#[inline(never)]
pub(crate) fn get_place(
    world: &mut World<'_>,
    func: &FuncCode,
    (s, v): (&Window<u64>, &mut Window<Value>),
    i: u16,
    d: Reg,
) -> Result<(), Fault> {
    let place = func
        .places
        .get(usize::from(i))
        .ok_or_else(|| missing("a place"))?;
    let value = Variables {
        s,
        v,
        globals: &mut world.globals,
    }
    .get(place)?;
    v[usize::from(d)] = value;
    Ok(())
}
