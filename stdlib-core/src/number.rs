//! Methods of `number`.

use crate::define::{Registered, pure};
use shape_runtime::{HostCx, Maybe, Module, Raise, Registry};

/// How many digits `to_fixed` writes at most.
const MAX_DIGITS: i64 = 100;

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new("std::core::number", "Methods of `number`.");
    shape(&mut m)?;
    to_ints(&mut m)?;
    m.source(include_str!("ordered.shape"));
    registry.add(m)
}

fn shape(m: &mut Module) -> Registered {
    pure(
        m,
        "abs",
        ["self"],
        "The distance from zero.",
        |_: &mut HostCx, x: f64| x.abs(),
    )?;
    pure(
        m,
        "sign",
        ["self"],
        "-1, 0 or 1; `NaN` for `NaN`.",
        |_: &mut HostCx, x: f64| {
            if x == 0.0 || x.is_nan() {
                x
            } else {
                x.signum()
            }
        },
    )?;
    pure(
        m,
        "sqrt",
        ["self"],
        "The square root; `NaN` of a negative number.",
        |_: &mut HostCx, x: f64| x.sqrt(),
    )?;
    pure(
        m,
        "is_nan",
        ["self"],
        "Whether it is `NaN`.",
        |_: &mut HostCx, x: f64| x.is_nan(),
    )?;
    pure(
        m,
        "is_finite",
        ["self"],
        "Whether it is neither infinite nor `NaN`.",
        |_: &mut HostCx, x: f64| x.is_finite(),
    )?;
    pure(
        m,
        "to_number",
        ["self"],
        "The number itself.",
        |_: &mut HostCx, x: f64| x,
    )?;
    pure(
        m,
        "to_fixed",
        ["self", "digits = 0"],
        "As text with exactly so many digits after the point, 0 to 100.",
        to_fixed,
    )?;
    pure(
        m,
        "round_to",
        ["self", "digits"],
        "The nearest number with so many digits after the point; halves away from zero. Negative `digits` round before the point.",
        |_: &mut HostCx, x: f64, digits: i64| round_to(x, digits),
    )
}

fn to_ints(m: &mut Module) -> Registered {
    type Rounding = (&'static str, &'static str, fn(f64) -> f64);
    const ROUNDINGS: [Rounding; 4] = [
        (
            "floor",
            "The greatest int that is not above it. Raises `overflow` when no int is near it.",
            f64::floor,
        ),
        (
            "ceil",
            "The least int that is not below it. Raises `overflow` when no int is near it.",
            f64::ceil,
        ),
        (
            "round",
            "The nearest int, halves away from zero. Raises `overflow` when no int is near it.",
            f64::round,
        ),
        (
            "truncate",
            "The int without the fraction, as `as int` gives it. Raises `overflow` when no int is near it.",
            f64::trunc,
        ),
    ];
    for (name, doc, rounding) in ROUNDINGS {
        pure(
            m,
            name,
            ["self"],
            doc,
            move |_: &mut HostCx, x: f64| -> Result<i64, Raise> {
                exact_int(rounding(x)).ok_or_else(|| no_int(x, name))
            },
        )?;
    }
    pure(
        m,
        "to_int",
        ["self"],
        "The int without the fraction; `None` for `NaN` and what is too large.",
        |_: &mut HostCx, x: f64| Maybe(exact_int(x.trunc())),
    )
}

fn no_int(x: f64, function: &str) -> Raise {
    Raise::error(
        "overflow",
        format!("int overflow in `{function}`: {x:?} does not fit an int"),
    )
}

/// The int that `x`, which has no fraction, is.
fn exact_int(x: f64) -> Option<i64> {
    // 2^63 is the first number that is too large; -2^63 fits.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
        .contains(&x)
        .then_some(x as i64)
}

fn to_fixed(_: &mut HostCx, x: f64, digits: i64) -> Result<String, Raise> {
    if !(0..=MAX_DIGITS).contains(&digits) {
        return Err(Raise::invalid(format!(
            "to_fixed: {digits} is not a number of digits from 0 to {MAX_DIGITS}"
        )));
    }
    let digits = usize::try_from(digits).unwrap_or(0);
    Ok(format!("{x:.digits$}"))
}

fn round_to(x: f64, digits: i64) -> f64 {
    // Beyond this no digit of a number is left, or all are kept.
    let digits = i32::try_from(digits.clamp(-400, 400)).unwrap_or(0);
    let scale = 10f64.powi(digits.abs());
    let rounded = if digits < 0 {
        (x / scale).round() * scale
    } else {
        (x * scale).round() / scale
    };
    match digits {
        ..0 if !scale.is_finite() => 0.0,
        _ if rounded.is_finite() => rounded,
        _ => x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_from_numbers() {
        assert_eq!(exact_int(-2.0), Some(-2));
        assert_eq!(exact_int(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        for x in [f64::NAN, f64::INFINITY, 1e300, 9_223_372_036_854_775_808.0] {
            assert_eq!(exact_int(x), None);
        }
    }

    #[test]
    fn fixed_digits() {
        let cx = &mut HostCx::new();
        assert_eq!(to_fixed(cx, 12.3456, 2).unwrap(), "12.35");
        assert_eq!(to_fixed(cx, 2.0, 1).unwrap(), "2.0");
        assert!(to_fixed(cx, 2.0, -1).is_err() && to_fixed(cx, 2.0, 1 << 40).is_err());
    }

    #[test]
    fn rounding_to_digits() {
        assert_eq!(round_to(1234.5678, 2), 1234.57);
        assert_eq!(round_to(1250.0, -2), 1300.0);
        assert_eq!(round_to(1e300, 50), 1e300);
        assert_eq!(round_to(5.0, i64::MIN), 0.0);
    }
}
