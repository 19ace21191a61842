//! Strings.

use super::value::boxed;
use crate::code::{FuncCode, Piece};
use crate::frame::Window;
use crate::ins::Reg;
use crate::interp::World;
use crate::trap::Fault;
use shape_check::Repr;
use shape_runtime::Raise;
use shape_value::{HeapValue, MAX_STRING, Str, Value, fmt_duration, fmt_int, fmt_number};

#[cold]
#[inline(never)]
fn not_a_string() -> Fault {
    Fault::internal("not a string")
}

#[inline(never)]
pub(crate) fn eq(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Heap(HeapValue::Str(a)), Value::Heap(HeapValue::Str(b))) => a == b,
        _ => false,
    }
}

#[inline(never)]
pub(crate) fn lt(a: &Value, b: &Value) -> bool {
    a.as_str() < b.as_str()
}

#[inline(never)]
pub(crate) fn is_literal(world: &World<'_>, value: &Value, i: u16) -> bool {
    let literal = world.literals.get(usize::from(i)).and_then(Value::as_str);
    match (value.as_str(), literal) {
        (Some(text), Some(literal)) => text == literal,
        _ => false,
    }
}

#[inline(never)]
pub(crate) fn concat(v: &mut Window<Value>, d: Reg, a: Reg, b: Reg) -> Result<(), Fault> {
    let (Some(a), Some(b)) = (v[usize::from(a)].as_str(), v[usize::from(b)].as_str()) else {
        return Err(not_a_string());
    };
    check_length(a.len() + b.len())?;
    let text = Str::concat(a, b);
    v[usize::from(d)].overwrite_with(|| Value::str(text));
    Ok(())
}

/// `v[a] += v[b]`
#[inline(never)]
pub(crate) fn append(v: &mut Window<Value>, a: Reg, b: Reg) -> Result<(), Fault> {
    let more = v[usize::from(b)]
        .as_string()
        .cloned()
        .ok_or_else(not_a_string)?;
    extend(&mut v[usize::from(a)], &more)
}

/// `v[d] = text of the pieces i`
#[inline(never)]
pub(crate) fn interp(
    world: &mut World<'_>,
    func: &FuncCode,
    (s, v): (&Window<u64>, &mut Window<Value>),
    d: Reg,
    i: u32,
) -> Result<(), Fault> {
    write_pieces(world, func, (s, v), i)?;
    v[usize::from(d)].overwrite_with(|| Value::str(world.text.as_str()));
    Ok(())
}

/// `v[a] += text of the pieces i`
#[inline(never)]
pub(crate) fn interp_append(
    world: &mut World<'_>,
    func: &FuncCode,
    (s, v): (&Window<u64>, &mut Window<Value>),
    a: Reg,
    i: u32,
) -> Result<(), Fault> {
    write_pieces(world, func, (s, v), i)?;
    extend(&mut v[usize::from(a)], &world.text)
}

fn write_pieces(
    world: &mut World<'_>,
    func: &FuncCode,
    (s, v): (&Window<u64>, &Window<Value>),
    i: u32,
) -> Result<(), Fault> {
    let out = &mut world.text;
    out.clear();
    for piece in func.pieces.get(i as usize).map_or(&[][..], Vec::as_slice) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Scalar(reg, repr) => write_scalar(*repr, s[usize::from(*reg)], out),
            Piece::Str(reg) | Piece::Value(reg) => match &v[usize::from(*reg)] {
                Value::Heap(HeapValue::Str(text)) => out.push_str(text),
                value => value.fmt_into(out),
            },
        }
        check_length(out.len())?;
    }
    Ok(())
}

fn extend(text: &mut Value, more: &str) -> Result<(), Fault> {
    let text = text.as_str_mut().ok_or_else(not_a_string)?;
    check_length(text.len() + more.len())?;
    text.push_str(more);
    Ok(())
}

/// Whether a string may have so many bytes.
#[inline]
fn check_length(bytes: usize) -> Result<(), Fault> {
    if bytes <= MAX_STRING {
        Ok(())
    } else {
        Err(too_long(bytes))
    }
}

#[cold]
#[inline(never)]
fn too_long(bytes: usize) -> Fault {
    let message = format!("a string of {bytes} bytes is larger than the limit of {MAX_STRING}");
    Raise::resource(message).into()
}

fn write_scalar(repr: Repr, bits: u64, out: &mut String) {
    match repr {
        Repr::Int => fmt_int(bits.cast_signed(), out),
        Repr::Number => fmt_number(f64::from_bits(bits), out),
        Repr::Duration => fmt_duration(bits.cast_signed(), out),
        repr => boxed(repr, bits).fmt_into(out),
    }
}
