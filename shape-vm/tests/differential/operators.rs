//! Operators on boxed values.

use crate::evaluator::{Evaluated, Flow, trap};
use shape_check::Repr;
use shape_check::program::Op;
use shape_value::{HeapValue, Value};
use std::cmp::Ordering;

/// A scalar as the host's registers have it.
pub fn bits(value: &Value) -> u64 {
    match value {
        Value::Bool(b) => u64::from(*b),
        Value::Int(n) | Value::Duration(n) => n.cast_unsigned(),
        Value::Number(n) => n.to_bits(),
        Value::Char(c) => u64::from(u32::from(*c)),
        _ => 0,
    }
}

/// The reverse of [`bits`].
pub fn scalar(repr: Repr, bits: u64) -> Value {
    match repr {
        Repr::Bool => Value::Bool(bits != 0),
        Repr::Number => Value::Number(f64::from_bits(bits)),
        Repr::Duration => Value::Duration(bits.cast_signed()),
        Repr::Char => {
            let code = u32::try_from(bits).ok().and_then(char::from_u32);
            Value::Char(code.unwrap_or_default())
        }
        Repr::Unit => Value::Unit,
        Repr::Int | Repr::Value => Value::Int(bits.cast_signed()),
    }
}

/// Applies an operator; `repr` is that of its result.
pub fn apply(op: Op, operands: &[Value], repr: Repr) -> Evaluated {
    match operands {
        [a] => unary(op, a, repr),
        [a, b] => binary(op, a, b, repr),
        _ => Err(Flow::GaveUp("an operator with other operands")),
    }
}

fn unary(op: Op, a: &Value, repr: Repr) -> Evaluated {
    let signed = |n: i64| scalar(repr, n.cast_unsigned());
    Ok(match (op, a) {
        (Op::NegI, a) => signed(int(a).checked_neg().ok_or_else(|| overflow("-"))?),
        (Op::NotI, a) => signed(!int(a)),
        (Op::NegN, Value::Number(n)) => Value::Number(-n),
        (Op::Not, Value::Bool(b)) => Value::Bool(!b),
        (Op::IntToNumber, a) => Value::Number(int(a) as f64),
        (Op::IsNone, a) => Value::Bool(a.is_none()),
        (Op::IsErr, a) => Value::Bool(matches!(a, Value::Heap(HeapValue::Err(_)))),
        (Op::OkValue, Value::Heap(HeapValue::Ok(payload)))
        | (Op::ErrValue, Value::Heap(HeapValue::Err(payload))) => (**payload).clone(),
        (Op::ArrayLen, Value::Heap(HeapValue::Array(items))) => Value::Int(items.len() as i64),
        _ => return Err(Flow::GaveUp("an operator that is not known")),
    })
}

fn binary(op: Op, a: &Value, b: &Value, repr: Repr) -> Evaluated {
    if let Some(result) = compare(op, a, b) {
        return Ok(Value::Bool(result));
    }
    if let (Value::Number(x), Value::Number(y)) = (a, b) {
        return numbers(op, *x, *y);
    }
    let (x, y) = (int(a), int(b));
    let result = match op {
        Op::AddI => x.checked_add(y).ok_or_else(|| overflow("+"))?,
        Op::SubI => x.checked_sub(y).ok_or_else(|| overflow("-"))?,
        Op::MulI => x.checked_mul(y).ok_or_else(|| overflow("*"))?,
        Op::DivI | Op::RemI if y == 0 => return Err(by_zero()),
        Op::DivI => x.checked_div(y).ok_or_else(|| overflow("/"))?,
        // The remainder of a division by -1 is 0, also where the quotient would overflow.
        Op::RemI => x.checked_rem(y).unwrap_or(0),
        Op::PowI => power(x, y)?,
        Op::AndI => x & y,
        Op::OrI => x | y,
        Op::XorI => x ^ y,
        Op::ShlI | Op::ShrI if !(0..64).contains(&y) => {
            return Err(trap(
                "range",
                format!("shift by {y} is out of range (0 to 63)"),
            ));
        }
        Op::ShlI => x << y,
        Op::ShrI => x >> y,
        Op::MulDurationN => match b {
            Value::Number(factor) => times(x, *factor)?,
            _ => return Err(Flow::GaveUp("a duration times no number")),
        },
        Op::Concat => return concat(a, b),
        _ => return Err(Flow::GaveUp("an operator that is not known")),
    };
    Ok(scalar(repr, result.cast_unsigned()))
}

fn compare(op: Op, a: &Value, b: &Value) -> Option<bool> {
    let order = || match (a, b) {
        (Value::Number(x), Value::Number(y)) => x.partial_cmp(y),
        _ => a.compare(b),
    };
    let is = |test: fn(Ordering) -> bool| Some(order().is_some_and(test));
    match op {
        Op::EqI | Op::EqN | Op::EqS | Op::EqV => Some(a == b),
        Op::NeI | Op::NeN | Op::NeS | Op::NeV => Some(a != b),
        Op::LtI | Op::LtN | Op::LtS | Op::LtV => is(Ordering::is_lt),
        Op::LeI | Op::LeN | Op::LeS | Op::LeV => is(Ordering::is_le),
        Op::GtI | Op::GtN | Op::GtS | Op::GtV => is(Ordering::is_gt),
        Op::GeI | Op::GeN | Op::GeS | Op::GeV => is(Ordering::is_ge),
        _ => None,
    }
}

fn numbers(op: Op, x: f64, y: f64) -> Evaluated {
    Ok(Value::Number(match op {
        Op::AddN => x + y,
        Op::SubN => x - y,
        Op::MulN => x * y,
        Op::DivN | Op::RemN if y == 0.0 => return Err(by_zero()),
        Op::DivN => x / y,
        Op::RemN => x % y,
        Op::PowN => x.powf(y),
        _ => return Err(Flow::GaveUp("an operator that is not known")),
    }))
}

fn concat(a: &Value, b: &Value) -> Evaluated {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => Ok(Value::str(format!("{a}{b}"))),
        _ => Err(Flow::GaveUp("no text")),
    }
}

/// By repeated multiplication, as far as it takes to overflow.
fn power(base: i64, exponent: i64) -> Evaluated<i64> {
    if exponent < 0 {
        return Err(trap("range", format!("exponent {exponent} is negative")));
    }
    let mut result = 1_i64;
    for n in 0..exponent {
        if (-1..=1).contains(&base) && n > 2 {
            // It repeats from here on.
            return Ok(if base == -1 && exponent % 2 == 0 {
                1
            } else {
                base
            });
        }
        result = result.checked_mul(base).ok_or_else(|| overflow("**"))?;
    }
    Ok(result)
}

fn times(nanos: i64, factor: f64) -> Evaluated<i64> {
    let product = (nanos as f64 * factor).round();
    let fits = product >= -(2_f64.powi(63)) && product < 2_f64.powi(63);
    if fits {
        Ok(product as i64)
    } else {
        Err(overflow("*"))
    }
}

fn int(value: &Value) -> i64 {
    bits(value).cast_signed()
}

fn overflow(operator: &str) -> Flow {
    trap("overflow", format!("int overflow in `{operator}`"))
}

fn by_zero() -> Flow {
    trap("division_by_zero", "division by zero")
}
