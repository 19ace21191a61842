//! Literals as text.

use super::Printer;
use crate::ast::{Ident, Lit};
use std::fmt::Write as _;

impl Printer {
    pub(super) fn literal(&mut self, lit: &Lit) {
        match lit {
            Lit::Int(value) => self.write(format_args!("{value}")),
            Lit::Number(value) => self.write(format_args!("{value:?}")),
            Lit::Bool(value) => self.write(format_args!("{value}")),
            Lit::Char(value) => {
                self.push("'");
                self.escaped(*value, '\'');
                self.push("'");
            }
            Lit::Str(value) => self.string(value),
            Lit::Duration(nanos) => self.duration(*nanos),
            Lit::Unit => self.push("()"),
            Lit::None => self.push("None"),
        }
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = self.out.write_fmt(text);
    }

    /// The largest unit that gives a whole count. Source text has no unit below `ms`.
    fn duration(&mut self, nanos: i64) {
        const UNITS: &[(i64, &str)] = &[
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "m"),
            (1_000, "s"),
            (1, "ms"),
        ];
        let millis = nanos / 1_000_000;
        let whole = |(length, _): &&(i64, &str)| millis % length == 0;
        let (length, unit) = if millis == 0 {
            (1, "ms")
        } else {
            *UNITS.iter().find(whole).unwrap_or(&(1, "ms"))
        };
        self.write(format_args!("{}{unit}", millis / length));
    }

    /// `text` between double quotes.
    pub(super) fn string(&mut self, text: &str) {
        self.push("\"");
        for char in text.chars() {
            self.escaped(char, '"');
        }
        self.push("\"");
    }

    /// Text of an interpolated string, where braces are escaped.
    pub(super) fn interp_text(&mut self, text: &str) {
        for char in text.chars() {
            if matches!(char, '{' | '}') {
                self.push("\\");
            }
            self.escaped(char, '"');
        }
    }

    fn escaped(&mut self, char: char, quote: char) {
        match char {
            '\\' => self.push("\\\\"),
            '\n' => self.push("\\n"),
            '\t' => self.push("\\t"),
            '\r' => self.push("\\r"),
            '\0' => self.push("\\0"),
            c if c == quote => {
                self.push("\\");
                self.out.push(c);
            }
            c if c.is_control() || is_invisible(c) => {
                self.write(format_args!("\\u{{{:x}}}", c as u32));
            }
            c => self.out.push(c),
        }
    }

    /// The name of a field: a word, or a string where it is none.
    pub(super) fn field_name(&mut self, name: &Ident) {
        if is_word(&name.name) {
            self.push(&name.name)
        } else {
            self.string(&name.name)
        }
    }
}

/// Marks that change how text around them is shown.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
            | '\u{061C}'
    )
}

fn is_word(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
