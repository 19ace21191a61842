//! Methods of `int`, `bool` and `char`.

use crate::define::{Registered, pure};
use shape_runtime::{HostCx, Maybe, Module, Raise, Registry};

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new("std::core::int", "Methods of `int`.");
    int(&mut m)?;
    m.source(include_str!("ordered.shape"));
    registry.add(m)?;

    let mut m = Module::new("std::core::bool", "Methods of `bool`.");
    let doc = "1 for `true`, 0 for `false`.";
    pure(
        &mut m,
        "to_int",
        ["self"],
        doc,
        |_: &mut HostCx, b: bool| i64::from(b),
    )?;
    registry.add(m)?;

    let mut m = Module::new("std::core::char", "Methods of `char`.");
    char(&mut m)?;
    m.source(include_str!("ordered.shape"));
    registry.add(m)
}

/// The error of an int that does not fit.
#[cold]
pub(crate) fn overflow(function: &str) -> Raise {
    Raise::error("overflow", format!("int overflow in `{function}`"))
}

fn int(m: &mut Module) -> Registered {
    pure(
        m,
        "abs",
        ["self"],
        "The distance from zero. The smallest int has none and raises `overflow`.",
        |_: &mut HostCx, n: i64| n.checked_abs().ok_or_else(|| overflow("abs")),
    )?;
    pure(
        m,
        "sign",
        ["self"],
        "-1, 0 or 1.",
        |_: &mut HostCx, n: i64| n.signum(),
    )?;
    pure(
        m,
        "to_int",
        ["self"],
        "The int itself.",
        |_: &mut HostCx, n: i64| n,
    )?;
    pure(
        m,
        "floor",
        ["self"],
        "The int itself.",
        |_: &mut HostCx, n: i64| n,
    )?;
    pure(
        m,
        "ceil",
        ["self"],
        "The int itself.",
        |_: &mut HostCx, n: i64| n,
    )?;
    pure(
        m,
        "round",
        ["self"],
        "The int itself.",
        |_: &mut HostCx, n: i64| n,
    )?;
    pure(
        m,
        "to_number",
        ["self"],
        "The nearest number.",
        |_: &mut HostCx, n: i64| n as f64,
    )?;
    pure(
        m,
        "to_char",
        ["self"],
        "The character with this code point; `None` when there is none.",
        |_: &mut HostCx, n: i64| Maybe(u32::try_from(n).ok().and_then(char::from_u32)),
    )?;
    pure(
        m,
        "to_radix",
        ["self", "base"],
        "The digits in a base from 2 to 36, with letters in lower case.",
        to_radix,
    )
}

fn to_radix(_: &mut HostCx, n: i64, base: i64) -> Result<String, Raise> {
    if !(2..=36).contains(&base) {
        return Err(Raise::invalid(format!(
            "to_radix: {base} is no base from 2 to 36"
        )));
    }
    let (mut rest, base) = (n.unsigned_abs(), base.unsigned_abs());
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(rest % base)
            .ok()
            .and_then(|d| char::from_digit(d, 36));
        digits.extend(digit);
        rest /= base;
        if rest == 0 {
            break;
        }
    }
    digits.extend((n < 0).then_some('-'));
    Ok(digits.iter().rev().collect())
}

fn char(m: &mut Module) -> Registered {
    pure(
        m,
        "code_point",
        ["self"],
        "The code point.",
        |_: &mut HostCx, c: char| u32::from(c),
    )?;
    pure(
        m,
        "to_digit",
        ["self"],
        "The digit that it is, 0 to 9; `None` for others.",
        |_: &mut HostCx, c: char| Maybe(c.to_digit(10)),
    )?;
    type Test = (&'static str, &'static str, fn(char) -> bool);
    const TESTS: [Test; 6] = [
        ("is_digit", "Whether it is one of 0 to 9.", |c| {
            c.is_ascii_digit()
        }),
        ("is_alpha", "Whether it is a letter.", char::is_alphabetic),
        (
            "is_alphanumeric",
            "Whether it is a letter or a number.",
            char::is_alphanumeric,
        ),
        (
            "is_whitespace",
            "Whether it is white space.",
            char::is_whitespace,
        ),
        (
            "is_upper_case",
            "Whether it is an upper-case letter.",
            char::is_uppercase,
        ),
        (
            "is_lower_case",
            "Whether it is a lower-case letter.",
            char::is_lowercase,
        ),
    ];
    for (name, doc, test) in TESTS {
        pure(m, name, ["self"], doc, move |_: &mut HostCx, c: char| {
            test(c)
        })?;
    }
    pure(
        m,
        "to_upper_case",
        ["self"],
        "In upper case; itself where that is not one character.",
        |_: &mut HostCx, c: char| single(c.to_uppercase(), c),
    )?;
    pure(
        m,
        "to_lower_case",
        ["self"],
        "In lower case; itself where that is not one character.",
        |_: &mut HostCx, c: char| single(c.to_lowercase(), c),
    )
}

fn single(mut chars: impl ExactSizeIterator<Item = char>, otherwise: char) -> char {
    if chars.len() == 1 {
        chars.next().unwrap_or(otherwise)
    } else {
        otherwise
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_a_base() {
        let cx = &mut HostCx::new();
        assert_eq!(to_radix(cx, 255, 16).unwrap(), "ff");
        assert_eq!(to_radix(cx, 0, 2).unwrap(), "0");
        assert_eq!(to_radix(cx, i64::MIN, 2).unwrap().len(), 65);
        assert!(to_radix(cx, 1, 1).is_err());
    }

    #[test]
    fn case_of_characters() {
        assert_eq!(single('é'.to_uppercase(), 'é'), 'É');
        assert_eq!(single('ß'.to_uppercase(), 'ß'), 'ß');
    }
}
