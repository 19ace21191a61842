//! Mathematics of the prelude.

use crate::define::{Registered, pure};
use crate::int::overflow;
use shape_runtime::{HostCx, Module, Raise};

pub(crate) fn register(m: &mut Module) -> Registered {
    roots_and_powers(m)?;
    trigonometry(m)?;
    pure(
        m,
        "gcd",
        ["a", "b"],
        "The greatest int that divides both; never negative, and 0 for two zeros.",
        |_: &mut HostCx, a: i64, b: i64| -> Result<i64, Raise> {
            i64::try_from(gcd(a.unsigned_abs(), b.unsigned_abs())).map_err(|_| overflow("gcd"))
        },
    )?;
    pure(
        m,
        "lcm",
        ["a", "b"],
        "The least int that both divide; never negative, and 0 when one is 0.",
        |_: &mut HostCx, a: i64, b: i64| lcm(a, b).ok_or_else(|| overflow("lcm")),
    )
}

fn roots_and_powers(m: &mut Module) -> Registered {
    pure(
        m,
        "sqrt",
        ["x"],
        "The square root; `NaN` of a negative number.",
        |_: &mut HostCx, x: f64| x.sqrt(),
    )?;
    pure(
        m,
        "exp",
        ["x"],
        "e to the power of `x`.",
        |_: &mut HostCx, x: f64| x.exp(),
    )?;
    pure(
        m,
        "ln",
        ["x"],
        "The natural logarithm.",
        |_: &mut HostCx, x: f64| x.ln(),
    )?;
    pure(
        m,
        "log",
        ["x", "base = 10"],
        "The logarithm to a base, which is 10 when it is left out.",
        |_: &mut HostCx, x: f64, base: f64| match base {
            10.0 => x.log10(),
            2.0 => x.log2(),
            base => x.log(base),
        },
    )?;
    pure(
        m,
        "pow",
        ["x", "y"],
        "`x` to the power of `y`, as a number.",
        |_: &mut HostCx, x: f64, y: f64| x.powf(y),
    )?;
    pure(
        m,
        "hypot",
        ["x", "y"],
        "The length of the vector `(x, y)`.",
        |_: &mut HostCx, x: f64, y: f64| x.hypot(y),
    )
}

fn trigonometry(m: &mut Module) -> Registered {
    type Function = (&'static str, &'static str, fn(f64) -> f64);
    const FUNCTIONS: [Function; 6] = [
        ("sin", "The sine of an angle in radians.", f64::sin),
        ("cos", "The cosine of an angle in radians.", f64::cos),
        ("tan", "The tangent of an angle in radians.", f64::tan),
        (
            "asin",
            "The angle in radians whose sine is `x`; `NaN` outside of -1 to 1.",
            f64::asin,
        ),
        (
            "acos",
            "The angle in radians whose cosine is `x`; `NaN` outside of -1 to 1.",
            f64::acos,
        ),
        (
            "atan",
            "The angle in radians whose tangent is `x`.",
            f64::atan,
        ),
    ];
    for (name, doc, f) in FUNCTIONS {
        pure(m, name, ["x"], doc, move |_: &mut HostCx, x: f64| f(x))?;
    }
    pure(
        m,
        "atan2",
        ["y", "x"],
        "The angle of the point `(x, y)` in radians, from -π to π.",
        |_: &mut HostCx, y: f64, x: f64| y.atan2(x),
    )
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn lcm(a: i64, b: i64) -> Option<i64> {
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    if a == 0 || b == 0 {
        return Some(0);
    }
    i64::try_from((a / gcd(a, b)).checked_mul(b)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divisors_and_multiples() {
        assert_eq!((gcd(12, 18), gcd(0, 5), gcd(0, 0)), (6, 5, 0));
        assert_eq!(
            (lcm(4, 6), lcm(-4, 6), lcm(0, 7)),
            (Some(12), Some(12), Some(0))
        );
        assert_eq!(
            (lcm(i64::MAX, i64::MAX - 1), lcm(i64::MIN, 1)),
            (None, None)
        );
    }
}
