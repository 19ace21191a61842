//! Calls of closures, and of host functions on parts of variables, apart from the frames.

use super::array::array;
use super::value::{bits, missing};
use crate::code::{Code, FuncCode, Slot};
use crate::frame::Window;
use crate::ins::Reg;
use crate::interp::World;
use crate::place::Variables;
use crate::trap::{Fault, Trap};
use shape_runtime::{Places, Raise};
use shape_value::{Closure, HeapValue, Value};
use std::rc::Rc;

/// The function that runs for a closure, and the closure.
#[inline(never)]
pub(crate) fn dynamic_callee<'c>(
    code: &'c Code,
    value: &Value,
    sig: u16,
) -> Result<(&'c FuncCode, Rc<Closure>), Fault> {
    let Value::Heap(HeapValue::Closure(closure)) = value else {
        return Err(Fault::internal("not a closure"));
    };
    code.dispatch
        .get(usize::from(sig))
        .and_then(|table| {
            *table
                .funcs
                .get(closure.id.checked_sub(table.first)? as usize)?
        })
        .and_then(|func| Some((code.funcs.get(func as usize)?, closure.clone())))
        .ok_or_else(|| Fault::internal("the closure is not known here"))
}

/// Moves the arguments up and puts the captured variables in front of them.
#[inline(never)]
pub(crate) fn spread_captures(
    callee: &FuncCode,
    closure: &Closure,
    s: &mut Window<u64>,
    v: &mut Window<Value>,
) {
    shift(s, callee.params.0, callee.captured.0);
    shift(v, callee.params.1, callee.captured.1);
    let (mut scalars, mut values) = (s.iter_mut(), v.iter_mut());
    for (slot, captured) in callee.captures.iter().zip(&closure.captures) {
        match slot {
            Slot::Scalar => {
                if let Some(register) = scalars.next() {
                    *register = bits(captured);
                }
            }
            Slot::Value => {
                if let Some(register) = values.next() {
                    *register = captured.clone();
                }
            }
        }
    }
}

/// Moves the first registers up, so that `by` become free and `len` are in use.
#[inline]
fn shift<T>(window: &mut Window<T>, len: usize, by: usize) {
    if by > 0 {
        for to in (by..len.min(window.len())).rev() {
            window.swap(to, to - by);
        }
    }
}

/// Calls a host function whose receiver is a part of a variable.
#[inline(never)]
pub(crate) fn host_place(
    world: &mut World<'_>,
    func: &FuncCode,
    (s, v): (&mut Window<u64>, &mut Window<Value>),
    at: Places,
    (p, i): (u16, u16),
) -> Result<(), Fault> {
    let place = func
        .places
        .get(usize::from(p))
        .ok_or_else(|| missing("a place"))?;
    let host = world
        .hosts
        .get(usize::from(i))
        .ok_or_else(|| missing("a host function"))?;
    let globals = &mut world.globals[..];
    let receiver = usize::from(at.receiver);
    v[receiver] = Variables { s, v, globals }.take(place)?;
    let result = host(world.cx, s, v, at);
    let changed = std::mem::take(&mut v[receiver]);
    // The operands of the place lie below the window, so it is the same place afterwards.
    Variables { s, v, globals }.put_back(place, changed)?;
    Ok(result?)
}

/// The fault of a `raise`.
#[cold]
#[inline(never)]
pub(crate) fn raise(value: &Value) -> Fault {
    match value.as_error() {
        Some(error) => Raise::Error(error.clone()).into(),
        None => Fault::internal("what is raised is no error"),
    }
}

/// The fault of code that could not be compiled.
#[cold]
#[inline(never)]
pub(crate) fn not_compiled(world: &World<'_>, literal: u32) -> Fault {
    let text = world.literals.get(literal as usize).and_then(Value::as_str);
    Fault::internal(text.unwrap_or("unknown").to_owned())
}

#[cold]
#[inline(never)]
pub(crate) fn no_match(v: &Window<Value>, a: Reg, wanted: i16) -> Fault {
    if wanted == 0 {
        return Trap::NoMatch.into();
    }
    let found = array(&v[usize::from(a)]).map(|array| array.len());
    let at_least = wanted < 0;
    let wanted = usize::from(if at_least { !wanted } else { wanted }.unsigned_abs());
    match found {
        Some(found) if found < wanted || (found > wanted && !at_least) => Trap::Length {
            wanted,
            at_least,
            found,
        }
        .into(),
        _ => Trap::NoMatch.into(),
    }
}
