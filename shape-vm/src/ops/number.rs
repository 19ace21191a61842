//! Arithmetic beyond one operation of the processor.

use crate::trap::{Fault, Trap};

#[cold]
#[inline(never)]
pub(crate) fn overflow(operator: &'static str) -> Fault {
    Trap::Overflow(operator).into()
}

#[cold]
#[inline(never)]
pub(crate) fn division_by_zero() -> Fault {
    Trap::DivisionByZero.into()
}

#[cold]
#[inline(never)]
pub(crate) fn bad_shift(count: u64) -> Fault {
    Trap::Shift(count.cast_signed()).into()
}

/// `base ** exponent`
#[inline(never)]
pub(crate) fn pow(base: i64, exponent: i64) -> Result<i64, Fault> {
    if exponent < 0 {
        return Err(Trap::NegativeExponent(exponent).into());
    }
    let exponent = match base {
        // Their powers are known, and never overflow.
        -1..=1 if exponent > 2 => 2 + (exponent & 1),
        _ => exponent,
    };
    u32::try_from(exponent)
        .ok()
        .and_then(|exponent| base.checked_pow(exponent))
        .ok_or_else(|| overflow("**"))
}

/// A duration in nanoseconds times a factor.
#[inline(never)]
pub(crate) fn mul_duration(nanos: i64, factor: f64) -> Result<i64, Fault> {
    let product = (nanos as f64 * factor).round();
    // The bounds are exact as doubles: -2^63, and the last double below 2^63.
    if (-9_223_372_036_854_775_808.0..=9_223_372_036_854_774_784.0).contains(&product) {
        Ok(product as i64)
    } else {
        Err(overflow("*"))
    }
}

#[inline(never)]
pub(crate) fn powf(base: f64, exponent: f64) -> f64 {
    base.powf(exponent)
}

#[inline(never)]
pub(crate) fn rem(a: f64, b: f64) -> Result<f64, Fault> {
    if b == 0.0 {
        Err(division_by_zero())
    } else {
        Ok(a % b)
    }
}
