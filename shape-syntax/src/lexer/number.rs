//! Integers, numbers and durations.

use super::token::{IntLit, IntSuffix};
use super::{Lexer, T, is_word_byte};
use crate::{Diagnostic, codes};

const SUFFIXES: &[IntSuffix] = &[
    suffix("i8", i8::MIN as i64, i8::MAX as i64),
    suffix("i16", i16::MIN as i64, i16::MAX as i64),
    suffix("i32", i32::MIN as i64, i32::MAX as i64),
    suffix("i64", i64::MIN, i64::MAX),
    suffix("isize", i64::MIN, i64::MAX),
    suffix("u8", 0, u8::MAX as i64),
    suffix("u16", 0, u16::MAX as i64),
    suffix("u32", 0, u32::MAX as i64),
    suffix("u64", 0, i64::MAX),
    suffix("usize", 0, i64::MAX),
];

const fn suffix(name: &'static str, min: i64, max: i64) -> IntSuffix {
    IntSuffix { name, min, max }
}

/// A unit of time and its length in nanoseconds.
const UNITS: &[(&str, i64)] = &[
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// `i64::MIN` without its sign: the largest magnitude that a literal can have.
const MAX_MAGNITUDE: u64 = 1 << 63;

impl Lexer<'_> {
    pub(super) fn number(&mut self) {
        let start = self.pos;
        let radix = match (self.peek(0), self.peek(1) | 0x20) {
            (b'0', b'x') => 16,
            (b'0', b'b') => 2,
            (b'0', b'o') => 8,
            _ => return self.decimal(start),
        };
        self.pos += 2;
        let digits_start = self.pos;
        while self.peek(0) == b'_' || (self.peek(0) as char).is_digit(radix) {
            self.pos += 1;
        }
        let digits_end = self.pos;
        let suffix = self.take_suffix();
        let digits = self.digits(start, digits_start, digits_end);
        if digits.is_empty() || suffix.starts_with(|c: char| c.is_ascii_digit()) {
            return self.bad_radix(start, radix, digits.is_empty());
        }
        self.int(start, &digits, radix, suffix);
    }

    fn decimal(&mut self, start: usize) {
        self.skip_digits();
        let mut float = false;
        if self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            float = true;
            self.pos += 1;
            self.skip_digits();
        }
        if self.peek(0) | 0x20 == b'e' && self.exponent_follows() {
            float = true;
            self.pos += 2;
            self.skip_digits();
        }
        let end = self.pos;
        let suffix = self.take_suffix();
        let digits = self.digits(start, start, end);
        let is_unit = UNITS.iter().any(|(unit, _)| *unit == suffix);
        match (float, is_unit) {
            (_, true) => self.duration(start, &digits, suffix, float),
            (true, false) => self.float(start, end, &digits, suffix),
            (false, false) => self.int(start, &digits, 10, suffix),
        }
    }

    fn skip_digits(&mut self) {
        while self.peek(0).is_ascii_digit() || self.peek(0) == b'_' {
            self.pos += 1;
        }
    }

    fn exponent_follows(&self) -> bool {
        let next = self.peek(1);
        next.is_ascii_digit() || (matches!(next, b'+' | b'-') && self.peek(2).is_ascii_digit())
    }

    /// The letters and digits that stand directly after a number.
    fn take_suffix(&mut self) -> &'static str {
        let start = self.pos;
        while is_word_byte(self.peek(0)) {
            self.pos += 1;
        }
        let text = &self.text[start..self.pos];
        let known = UNITS.iter().map(|(unit, _)| *unit);
        let known = known.chain(SUFFIXES.iter().map(|suffix| suffix.name));
        match text {
            "" => "",
            _ if text.starts_with(|c: char| c.is_ascii_digit()) => "0",
            _ => known
                .into_iter()
                .find(|known| *known == text)
                .unwrap_or("?"),
        }
    }

    /// The digits without underscores, about which it complains.
    fn digits(&mut self, literal: usize, start: usize, end: usize) -> String {
        let text = &self.text[start..end];
        if !text.contains('_') {
            return text.to_owned();
        }
        let whole = self.text[literal..self.pos].replace('_', "");
        let span = self.span(literal, self.pos);
        self.report(
            Diagnostic::error(
                codes::UNDERSCORE,
                span,
                "underscores are not allowed in numbers",
            )
            .help(format!("write `{whole}`")),
        );
        text.replace('_', "")
    }

    fn int(&mut self, start: usize, digits: &str, radix: u32, suffix: &'static str) {
        let suffix = if suffix.is_empty() {
            None
        } else if let Some(found) = SUFFIXES.iter().find(|known| known.name == suffix) {
            Some(*found)
        } else {
            return self.unknown_suffix(start, digits.len());
        };
        let magnitude = u64::from_str_radix(digits, radix).unwrap_or(u64::MAX);
        if magnitude > MAX_MAGNITUDE {
            let span = self.span(start, self.pos);
            self.report(int_range(span, &self.text[start..self.pos], None));
            return self.push_int(
                start,
                IntLit {
                    magnitude: 0,
                    suffix: None,
                },
                true,
            );
        }
        self.push_int(start, IntLit { magnitude, suffix }, false);
    }

    fn push_int(&mut self, start: usize, value: IntLit, bad: bool) {
        let index = self.out.tables.ints.len() as u32;
        self.out.tables.ints.push(value);
        if bad {
            self.push_bad(T::Int, start, index);
        } else {
            self.push(T::Int, start, index);
        }
    }

    fn float(&mut self, start: usize, end: usize, digits: &str, suffix: &str) {
        if !suffix.is_empty() {
            return self.unknown_suffix(start, end - start);
        }
        let value = digits.parse::<f64>().unwrap_or(f64::INFINITY);
        if value.is_infinite() {
            let span = self.span(start, self.pos);
            self.report(
                Diagnostic::error(codes::INT_RANGE, span, "this number is too large")
                    .help("the largest `number` is about 1.8e308"),
            );
        }
        let index = self.out.tables.numbers.len() as u32;
        let value = if value.is_finite() { value } else { 0.0 };
        self.out.tables.numbers.push(value);
        self.push(T::Number, start, index);
    }

    fn duration(&mut self, start: usize, digits: &str, unit: &str, float: bool) {
        let length = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map_or(1, |(_, length)| *length);
        let span = self.span(start, self.pos);
        let value = if float {
            self.report(fraction_of_duration(span, digits, length));
            0
        } else {
            let value = digits
                .parse::<i64>()
                .ok()
                .and_then(|count| count.checked_mul(length));
            if value.is_none() {
                self.report(
                    Diagnostic::error(codes::BAD_DURATION, span, "this duration is too long")
                        .help("the longest duration is about 292 years, `106751d`"),
                );
            }
            value.unwrap_or(0)
        };
        let index = self.out.tables.durations.len() as u32;
        self.out.tables.durations.push(value);
        self.push(T::Duration, start, index);
    }

    fn unknown_suffix(&mut self, start: usize, digits_len: usize) {
        let literal = &self.text[start..self.pos];
        let digits_len = digits_len.min(literal.len());
        let found = &literal[digits_len..];
        let digits = &literal[..digits_len];
        let span = self.span(start + digits_len, self.pos);
        let help = match found {
            "ns" | "us" | "µs" => "the shortest unit is `ms`".to_owned(),
            "sec" | "secs" | "second" | "seconds" => format!("write `{digits}s`"),
            "min" | "mins" | "minutes" => format!("write `{digits}m`"),
            "n" | "L" | "l" => format!("every integer has 64 bits: write `{digits}`"),
            "f" | "f32" | "f64" if digits.contains('.') => format!("write `{digits}`"),
            "f" | "f32" | "f64" => format!("write `{digits}.0`"),
            _ => {
                "durations end in `ms`, `s`, `m`, `h` or `d`; put a space before a name".to_owned()
            }
        };
        let message = format!("`{found}` cannot stand after a number");
        self.report(Diagnostic::error(codes::BAD_NUMBER, span, message).help(help));
        self.push_int(
            start,
            IntLit {
                magnitude: 0,
                suffix: None,
            },
            true,
        );
    }

    fn bad_radix(&mut self, start: usize, radix: u32, empty: bool) {
        let span = self.span(start, self.pos);
        let (name, digits) = match radix {
            16 => ("hexadecimal", "`0` to `9` and `a` to `f`"),
            8 => ("octal", "`0` to `7`"),
            _ => ("binary", "`0` and `1`"),
        };
        let message = if empty {
            format!("this {name} number has no digits")
        } else {
            format!("a digit is not allowed in a {name} number")
        };
        let help = format!("the digits of a {name} number are {digits}");
        self.report(Diagnostic::error(codes::BAD_NUMBER, span, message).help(help));
        self.push_int(
            start,
            IntLit {
                magnitude: 0,
                suffix: None,
            },
            true,
        );
    }
}

/// The diagnostic for a literal outside the range of its type.
pub(crate) fn int_range(span: crate::Span, text: &str, suffix: Option<IntSuffix>) -> Diagnostic {
    let (name, min, max) = suffix.map_or(("int", i64::MIN, i64::MAX), |suffix| {
        (suffix.name, suffix.min, suffix.max)
    });
    let shown: String = text.chars().take(40).collect();
    Diagnostic::error(
        codes::INT_RANGE,
        span,
        format!("`{shown}` does not fit into `{name}`"),
    )
    .note(format!("`{name}` goes from {min} to {max}"))
    .help("write a smaller value, or a `number` such as `1e20`")
}

fn fraction_of_duration(span: crate::Span, digits: &str, length: i64) -> Diagnostic {
    let millis = digits.parse::<f64>().unwrap_or(0.0) * (length as f64) / 1e6;
    Diagnostic::error(codes::BAD_DURATION, span, "a duration has no fraction")
        .help(format!("write `{}ms`", millis.round().clamp(0.0, 9e12)))
}
