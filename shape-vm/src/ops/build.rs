//! Building values from the contents of registers.

use super::value::missing;
use crate::convert::{convert, has_type};
use crate::frame::Window;
use crate::ins::Reg;
use crate::interp::World;
use crate::place::array_mut;
use crate::trap::Fault;
use shape_value::{Array, Closure, EnumValue, HeapValue, Record, Value};
use std::rc::Rc;

/// A run of registers.
fn run(v: &mut Window<Value>, from: Reg, n: u8) -> impl Iterator<Item = &mut Value> {
    v.iter_mut().skip(usize::from(from)).take(usize::from(n))
}

/// Takes the values of a run of registers.
fn take_run(v: &mut Window<Value>, from: Reg, n: u8) -> Vec<Value> {
    run(v, from, n).map(std::mem::take).collect()
}

#[inline(never)]
pub(crate) fn tuple(v: &mut Window<Value>, d: Reg, b: Reg, n: u8) {
    let items = take_run(v, b, n);
    v[usize::from(d)] = Value::tuple(items);
}

#[inline(never)]
pub(crate) fn record(
    world: &World<'_>,
    v: &mut Window<Value>,
    (d, b, n): (Reg, Reg, u8),
    i: u16,
) -> Result<(), Fault> {
    let shape = world
        .code
        .shapes
        .get(usize::from(i))
        .ok_or_else(|| missing("a shape"))?;
    let mut record = Record::blank(shape, usize::from(n));
    if let Some(own) = Rc::get_mut(&mut record) {
        for (field, register) in own.fields.iter_mut().zip(run(v, b, n)) {
            field.overwrite_with(|| std::mem::take(register));
        }
    }
    v[usize::from(d)].overwrite_with(|| Value::from(record));
    Ok(())
}

#[inline(never)]
pub(crate) fn variant(
    world: &World<'_>,
    v: &mut Window<Value>,
    (d, b, n): (Reg, Reg, u8),
    i: u16,
) -> Result<(), Fault> {
    let variant = world
        .code
        .variants
        .get(usize::from(i))
        .ok_or_else(|| missing("a variant"))?;
    let payload = take_run(v, b, n);
    v[usize::from(d)] = Value::variant(EnumValue {
        variant: variant.clone(),
        payload,
    });
    Ok(())
}

#[inline(never)]
pub(crate) fn closure(v: &mut Window<Value>, (d, b, n): (Reg, Reg, u8), i: u16) {
    let captures = take_run(v, b, n);
    v[usize::from(d)] = Value::closure(Closure {
        id: u32::from(i),
        captures,
    });
}

#[inline(never)]
pub(crate) fn ok(v: &mut Window<Value>, d: Reg, a: Reg) {
    let payload = std::mem::take(&mut v[usize::from(a)]);
    v[usize::from(d)] = Value::ok(payload);
}

#[inline(never)]
pub(crate) fn err(v: &mut Window<Value>, d: Reg, a: Reg) {
    let payload = std::mem::take(&mut v[usize::from(a)]);
    v[usize::from(d)] = Value::err(payload);
}

/// Appends scalars in the form of the array.
#[inline(never)]
pub(crate) fn extend_scalars(
    (s, v): (&Window<u64>, &mut Window<Value>),
    d: Reg,
    b: Reg,
    n: u8,
) -> Result<(), Fault> {
    let scalars = s.iter().skip(usize::from(b)).take(usize::from(n));
    match array_mut(&mut v[usize::from(d)])? {
        Array::Ints(items) => items.extend(scalars.map(|bits| bits.cast_signed())),
        Array::Numbers(items) => items.extend(scalars.map(|bits| f64::from_bits(*bits))),
        Array::Bools(items) => items.extend(scalars.map(|bits| *bits != 0)),
        Array::Values(_) => return Err(Fault::internal("an array of values without values")),
    }
    Ok(())
}

/// Appends values to what is being built.
#[inline(never)]
pub(crate) fn extend_values(v: &mut Window<Value>, d: Reg, b: Reg, n: u8) -> Result<(), Fault> {
    let values = take_run(v, b, n);
    let Value::Heap(heap) = &mut v[usize::from(d)] else {
        return Err(Fault::internal("nothing to append to"));
    };
    match heap {
        HeapValue::Array(array) => match Rc::make_mut(array) {
            Array::Values(items) => items.extend(values),
            other => values.into_iter().for_each(|value| other.push(value)),
        },
        HeapValue::Tuple(items) => Rc::make_mut(items).extend(values),
        HeapValue::Record(record) => Rc::make_mut(record).fields.extend(values),
        HeapValue::Enum(variant) => Rc::make_mut(variant).payload.extend(values),
        HeapValue::Closure(closure) => Rc::make_mut(closure).captures.extend(values),
        _ => return Err(Fault::internal("nothing to append to")),
    }
    Ok(())
}

#[inline(never)]
pub(crate) fn converted(
    world: &World<'_>,
    v: &mut Window<Value>,
    d: Reg,
    a: Reg,
    i: u32,
) -> Result<(), Fault> {
    let conversion = world.code.conversions.get(i as usize);
    let conversion = conversion.ok_or_else(|| missing("a conversion"))?;
    v[usize::from(d)] = convert(conversion, &v[usize::from(a)]);
    Ok(())
}

#[inline(never)]
pub(crate) fn passes(world: &World<'_>, value: &Value, i: u16) -> bool {
    world
        .code
        .tests
        .get(usize::from(i))
        .is_some_and(|test| has_type(test, value))
}
