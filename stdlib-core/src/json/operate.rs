//! Operators on JSON values, which the language uses where the type of a side is not declared.

use crate::define::{Registered, pure};
use shape_runtime::{HostCx, Json, JsonRef, Module, Raise};
use shape_value::Value;

pub(super) fn register(m: &mut Module) -> Registered {
    pure(
        m,
        "plus",
        ["self", "other"],
        "The sum of two numbers, or a text with another value behind it; raises `invalid` for anything else.",
        |_: &mut HostCx, a: JsonRef<'_>, b: JsonRef<'_>| match a.0.as_string() {
            Some(text) => Ok(Json(Value::str(format!("{text}{}", b.0)))),
            None => arithmetic("+", a.0, b.0, i64::checked_add, |a, b| a + b),
        },
    )?;
    pure(
        m,
        "minus",
        ["self", "other"],
        "The difference of two numbers; raises `invalid` for anything else.",
        |_: &mut HostCx, a: JsonRef<'_>, b: JsonRef<'_>| {
            arithmetic("-", a.0, b.0, i64::checked_sub, |a, b| a - b)
        },
    )?;
    pure(
        m,
        "times",
        ["self", "other"],
        "The product of two numbers; raises `invalid` for anything else.",
        |_: &mut HostCx, a: JsonRef<'_>, b: JsonRef<'_>| {
            arithmetic("*", a.0, b.0, i64::checked_mul, |a, b| a * b)
        },
    )?;
    pure(
        m,
        "divided_by",
        ["self", "other"],
        "The quotient of two numbers, without a fraction for two ints; raises `division_by_zero`, and `invalid` for anything else.",
        |_: &mut HostCx, a: JsonRef<'_>, b: JsonRef<'_>| {
            not_zero(b.0)?;
            arithmetic("/", a.0, b.0, i64::checked_div, |a, b| a / b)
        },
    )?;
    pure(
        m,
        "remainder",
        ["self", "other"],
        "The remainder of a division; raises `division_by_zero`, and `invalid` for anything but numbers.",
        |_: &mut HostCx, a: JsonRef<'_>, b: JsonRef<'_>| {
            not_zero(b.0)?;
            arithmetic("%", a.0, b.0, i64::checked_rem, |a, b| a % b)
        },
    )?;
    pure(
        m,
        "is_less",
        ["self", "other"],
        "Whether a number is less than another, or a text comes before another; raises `invalid` for anything else.",
        |_: &mut HostCx, a: JsonRef<'_>, b: JsonRef<'_>| match (a.0, b.0) {
            (Value::Int(a), Value::Int(b)) => Ok(a < b),
            (a, b) => match (a.as_number(), b.as_number(), a.as_string(), b.as_string()) {
                (Some(a), Some(b), ..) => Ok(a < b),
                (.., Some(a), Some(b)) => Ok(a < b),
                _ => Err(unfit("<", a, b)),
            },
        },
    )
}

fn not_zero(value: &Value) -> Result<(), Raise> {
    match value.as_number() {
        Some(0.0) => Err(Raise::error("division_by_zero", "division by zero")),
        _ => Ok(()),
    }
}

fn arithmetic(
    sign: &str,
    a: &Value,
    b: &Value,
    ints: fn(i64, i64) -> Option<i64>,
    numbers: fn(f64, f64) -> f64,
) -> Result<Json, Raise> {
    if let (Value::Int(a), Value::Int(b)) = (a, b) {
        let result = ints(*a, *b).map(|n| Json(Value::Int(n)));
        return result.ok_or_else(|| crate::int::overflow(sign));
    }
    match (a.as_number(), b.as_number()) {
        (Some(a), Some(b)) => Ok(Json(Value::Number(numbers(a, b)))),
        _ => Err(unfit(sign, a, b)),
    }
}

fn unfit(sign: &str, a: &Value, b: &Value) -> Raise {
    Raise::invalid(format!(
        "operator `{sign}` cannot be used on {} and {}",
        a.kind_name(),
        b.kind_name()
    ))
}
