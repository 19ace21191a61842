//! Methods of `string`.

use crate::define::{Registered, pure};
use crate::limits::{check_room, check_string, collect, string_with};
use crate::position::{clamped, range_bounds, slice_bounds};
use crate::text::{char_at, char_index, char_len, char_slice};
use shape_runtime::{HostCx, Maybe, Module, Raise, Registry};
use shape_value::{Range, Str};

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new(
        "std::core::string",
        "Methods of `string`. Positions and lengths count characters.",
    );
    parts(&mut m)?;
    search(&mut m)?;
    change(&mut m)?;
    fill(&mut m)?;
    convert(&mut m)?;
    m.source(include_str!("ordered.shape"));
    registry.add(m)
}

/// `part` as a string of its own, or the whole where it is all of it.
fn share(whole: &Str, part: &str) -> Str {
    if part.len() == whole.len() {
        whole.clone()
    } else {
        part.into()
    }
}

fn parts(m: &mut Module) -> Registered {
    pure(
        m,
        "len",
        ["self"],
        "How many characters there are.",
        |_: &mut HostCx, text: &str| char_len(text),
    )?;
    pure(
        m,
        "is_empty",
        ["self"],
        "Whether there are none.",
        |_: &mut HostCx, text: &str| text.is_empty(),
    )?;
    pure(
        m,
        "char_at",
        ["self", "index"],
        "The character at a position, from the end where it is negative; `None` out of range.",
        |_: &mut HostCx, text: &str, index: i64| Maybe(char_at(text, index)),
    )?;
    pure(
        m,
        "code_point_at",
        ["self", "index"],
        "The code point of the character at a position; `None` out of range.",
        |_: &mut HostCx, text: &str, index: i64| Maybe(char_at(text, index).map(u32::from)),
    )?;
    pure(
        m,
        "slice",
        ["self", "start = 0", "end"],
        "The characters from `start` up to `end`, without that one. Negative positions count from the end; what is out of range is cut off.",
        |_: &mut HostCx, text: &Str, start: i64, end: Option<i64>| {
            let (start, end) = slice_bounds(start, end, char_len(text));
            share(text, char_slice(text, start..end))
        },
    )?;
    pure(
        m,
        "substring",
        ["self", "start", "end"],
        "As `slice`, but negative positions are 0, and the two may stand in either order.",
        |_: &mut HostCx, text: &Str, start: i64, end: Option<i64>| {
            let len = char_len(text);
            let start = clamped(start.max(0), len);
            let end = end.map_or(len, |end| clamped(end.max(0), len));
            share(text, char_slice(text, start.min(end)..start.max(end)))
        },
    )?;
    pure(
        m,
        "slice_range",
        ["self", "range"],
        "The characters of a range: `text[1..3]`.",
        |_: &mut HostCx, text: &Str, range: Range| {
            let (start, end) = range_bounds(range, char_len(text));
            share(text, char_slice(text, start..end))
        },
    )?;
    pure(
        m,
        "chars",
        ["self"],
        "The characters.",
        |cx: &mut HostCx, text: &str| collect(cx, text.chars()),
    )?;
    pure(
        m,
        "bytes",
        ["self"],
        "The bytes in UTF-8.",
        |_: &mut HostCx, text: &str| text.as_bytes().to_vec(),
    )?;
    pure(
        m,
        "split",
        ["self", "separator"],
        "The parts between the separators. Without one, the words between white space; with an empty one, the characters.",
        split,
    )?;
    pure(
        m,
        "split_once",
        ["self", "separator"],
        "What is before and after the first separator; `None` when there is none.",
        |_: &mut HostCx, text: &str, separator: &str| {
            Maybe(
                text.split_once(separator)
                    .map(|(a, b)| (Str::from(a), Str::from(b))),
            )
        },
    )?;
    pure(
        m,
        "lines",
        ["self"],
        "The lines, without their `\\n` or `\\r\\n`; a last empty one is left out.",
        |cx: &mut HostCx, text: &str| collect(cx, text.lines().map(Str::from)),
    )
}

fn split(cx: &mut HostCx, text: &str, separator: Option<&str>) -> Result<Vec<Str>, Raise> {
    match separator {
        None => collect(cx, text.split_whitespace().map(Str::from)),
        Some("") => collect(cx, text.chars().map(Str::from)),
        Some(separator) => collect(cx, text.split(separator).map(Str::from)),
    }
}

fn search(m: &mut Module) -> Registered {
    type Test = (&'static str, &'static str, fn(&str, &str) -> bool);
    const TESTS: [Test; 3] = [
        ("contains", "Whether `part` is in it.", |text, part| {
            text.contains(part)
        }),
        (
            "starts_with",
            "Whether it starts with `part`.",
            |text, part| text.starts_with(part),
        ),
        ("ends_with", "Whether it ends with `part`.", |text, part| {
            text.ends_with(part)
        }),
    ];
    for (name, doc, test) in TESTS {
        pure(
            m,
            name,
            ["self", "part"],
            doc,
            move |_: &mut HostCx, text: &str, part: &str| test(text, part),
        )?;
    }
    pure(
        m,
        "index_of",
        ["self", "part"],
        "The position of the first `part`; -1 when it is not there.",
        |_: &mut HostCx, text: &str, part: &str| {
            text.find(part).map_or(-1, |at| char_index(text, at))
        },
    )?;
    pure(
        m,
        "last_index_of",
        ["self", "part"],
        "The position of the last `part`; -1 when it is not there.",
        |_: &mut HostCx, text: &str, part: &str| {
            text.rfind(part).map_or(-1, |at| char_index(text, at))
        },
    )?;
    type CharTest = (&'static str, &'static str, fn(char) -> bool);
    const CHAR_TESTS: [CharTest; 3] = [
        (
            "is_digit",
            "Whether it consists of the digits 0 to 9, and has any.",
            |c| c.is_ascii_digit(),
        ),
        (
            "is_alpha",
            "Whether it consists of letters, and has any.",
            char::is_alphabetic,
        ),
        (
            "is_alphanumeric",
            "Whether it consists of letters and numbers, and has any.",
            char::is_alphanumeric,
        ),
    ];
    for (name, doc, test) in CHAR_TESTS {
        pure(m, name, ["self"], doc, move |_: &mut HostCx, text: &str| {
            !text.is_empty() && text.chars().all(test)
        })?;
    }
    Ok(())
}

fn change(m: &mut Module) -> Registered {
    type Trim = (&'static str, &'static str, fn(&str) -> &str);
    const TRIMS: [Trim; 3] = [
        ("trim", "Without white space at both ends.", str::trim),
        (
            "trim_start",
            "Without white space at the start.",
            str::trim_start,
        ),
        ("trim_end", "Without white space at the end.", str::trim_end),
    ];
    for (name, doc, trim) in TRIMS {
        pure(m, name, ["self"], doc, move |_: &mut HostCx, text: &Str| {
            share(text, trim(text))
        })?;
    }
    pure(
        m,
        "strip_prefix",
        ["self", "prefix"],
        "What follows `prefix`; `None` when it does not start with it.",
        |_: &mut HostCx, text: &str, prefix: &str| Maybe(text.strip_prefix(prefix).map(Str::from)),
    )?;
    pure(
        m,
        "strip_suffix",
        ["self", "suffix"],
        "What is before `suffix`; `None` when it does not end with it.",
        |_: &mut HostCx, text: &str, suffix: &str| Maybe(text.strip_suffix(suffix).map(Str::from)),
    )?;
    pure(
        m,
        "to_upper_case",
        ["self"],
        "In upper case.",
        |_: &mut HostCx, text: &str| text.to_uppercase(),
    )?;
    pure(
        m,
        "to_lower_case",
        ["self"],
        "In lower case.",
        |_: &mut HostCx, text: &str| text.to_lowercase(),
    )?;
    pure(
        m,
        "reverse",
        ["self"],
        "The characters from last to first.",
        |_: &mut HostCx, text: &str| text.chars().rev().collect::<String>(),
    )?;
    pure(
        m,
        "replace",
        ["self", "from", "to"],
        "With every `from` replaced by `to`.",
        |_: &mut HostCx, text: &str, from: &str, to: &str| -> Result<String, Raise> {
            // Only what grows can become too large; the count is not worth making else.
            let most = text.len().saturating_mul(to.len());
            if most > crate::limits::MAX_STRING || !shape_value::memory::has_room(most) {
                let grown = text.matches(from).count().saturating_mul(to.len());
                let bytes = text.len().saturating_add(grown);
                check_string(bytes)?;
                check_room(bytes)?;
            }
            Ok(text.replace(from, to))
        },
    )
}

fn fill(m: &mut Module) -> Registered {
    pure(
        m,
        "repeat",
        ["self", "count"],
        "The text so many times, 0 or more.",
        repeat,
    )?;
    pure(
        m,
        "pad_start",
        ["self", "width", "fill = \" \""],
        "With `fill` in front, again and again, until it has `width` characters.",
        |_: &mut HostCx, text: &Str, width: i64, fill: &str| pad(text, width, fill, true),
    )?;
    pure(
        m,
        "pad_end",
        ["self", "width", "fill = \" \""],
        "With `fill` behind, again and again, until it has `width` characters.",
        |_: &mut HostCx, text: &Str, width: i64, fill: &str| pad(text, width, fill, false),
    )
}

fn repeat(_: &mut HostCx, text: &str, count: i64) -> Result<String, Raise> {
    let Ok(count) = usize::try_from(count) else {
        return Err(Raise::invalid(format!("repeat: {count} is negative")));
    };
    let mut out = string_with(text.len().saturating_mul(count))?;
    if !text.is_empty() {
        (0..count).for_each(|_| out.push_str(text));
    }
    Ok(out)
}

fn pad(text: &Str, width: i64, fill: &str, in_front: bool) -> Result<Str, Raise> {
    let missing = usize::try_from(width)
        .unwrap_or(0)
        .saturating_sub(char_len(text));
    if missing == 0 || fill.is_empty() {
        return Ok(text.clone());
    }
    let widest = fill.chars().map(char::len_utf8).max().unwrap_or(1);
    // The exact size is at most this; checked first, so that nothing is built that is too large.
    let bytes = text.len().saturating_add(missing.saturating_mul(widest));
    check_string(bytes)?;
    check_room(bytes)?;
    let mut out = String::with_capacity(text.len() + missing * widest);
    if !in_front {
        out.push_str(text);
    }
    out.extend(fill.chars().cycle().take(missing));
    if in_front {
        out.push_str(text);
    }
    Ok(out.into())
}

fn convert(m: &mut Module) -> Registered {
    pure(
        m,
        "to_int",
        ["self"],
        "The int that it is written as, in decimal, with white space around; `None` when it is none or does not fit.",
        |_: &mut HostCx, text: &str| text.trim().parse::<i64>().ok(),
    )?;
    pure(
        m,
        "to_number",
        ["self"],
        "The number that it is written as, with white space around; `None` when it is none.",
        |_: &mut HostCx, text: &str| number(text),
    )
}

/// Rust also reads `inf` and `nan`, and makes infinity of what is too large; a script's data has
/// none of these.
fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|x| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cx() -> HostCx {
        HostCx::new()
    }

    #[test]
    fn splitting() {
        let split = |text, separator| split(&mut cx(), text, separator).unwrap();
        assert_eq!(split("a,b,,c", Some(",")), ["a", "b", "", "c"]);
        assert_eq!(split(" a  b ", None), ["a", "b"]);
        assert_eq!(split("né", Some("")), ["n", "é"]);
    }

    #[test]
    fn padding() {
        let pad = |text: &str, width, fill, front| pad(&text.into(), width, fill, front);
        assert_eq!(pad("7", 3, "0", true).unwrap(), "007");
        assert_eq!(pad("né", 5, "ab", false).unwrap(), "néaba");
        assert_eq!(pad("long", 2, " ", true).unwrap(), "long");
        assert_eq!(pad("x", -5, " ", true).unwrap(), "x");
        assert_eq!(pad("x", 9, "", true).unwrap(), "x");
        assert!(pad("x", i64::MAX, " ", true).is_err());
    }

    #[test]
    fn repeating() {
        assert_eq!(repeat(&mut cx(), "ab", 2).unwrap(), "abab");
        assert_eq!(repeat(&mut cx(), "", i64::MAX).unwrap(), "");
        assert!(repeat(&mut cx(), "a", -1).is_err());
        assert!(repeat(&mut cx(), "abc", i64::MAX).is_err());
    }

    #[test]
    fn numbers_from_text() {
        assert_eq!(number(" 2.5 "), Some(2.5));
        assert_eq!(number("1e3"), Some(1000.0));
        for text in ["x", "", "inf", "NaN", "1e999", "1_0"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
