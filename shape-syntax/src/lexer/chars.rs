//! Escapes, and character literals.

use super::{Lexer, T};
use crate::{Diagnostic, codes};

impl Lexer<'_> {
    /// The text of `start..end` with its escapes replaced; wrong ones are reported and left out.
    pub(super) fn cook(&mut self, start: usize, end: usize) -> String {
        let mut out = String::with_capacity(end - start);
        let mut from = start;
        while let Some(found) = memchr::memchr(b'\\', &self.bytes[from..end]) {
            out.push_str(&self.text[from..from + found]);
            let (value, next) = self.escape(from + found, end);
            out.extend(value);
            from = next;
        }
        out.push_str(&self.text[from..end]);
        out
    }

    /// The character that the escape at `at` stands for, and the offset after the escape.
    fn escape(&mut self, at: usize, end: usize) -> (Option<char>, usize) {
        let Some(letter) = self.text[at + 1..end].chars().next() else {
            self.unknown_escape(at, '\n');
            return (None, end);
        };
        let value = match letter {
            '"' | '\\' | '\'' | '{' | '}' | '$' | '#' => letter,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'u' => return self.unicode_escape(at, end),
            _ => {
                self.unknown_escape(at, letter);
                return (None, at + 1 + letter.len_utf8());
            }
        };
        (Some(value), at + 2)
    }

    fn unknown_escape(&mut self, at: usize, letter: char) {
        let len = if letter == '\n' { 0 } else { letter.len_utf8() };
        let span = self.span(at, at + 1 + len);
        let shown = letter.escape_debug();
        let help = match letter {
            '\n' | '\r' => "write text over several lines between triple quotes".to_owned(),
            'x' => "write `\\u{41}` for a character by its number".to_owned(),
            'e' => "write `\\u{1b}` for the escape character".to_owned(),
            _ => format!("write `\\\\{shown}` for a backslash and `{shown}`"),
        };
        self.report(
            Diagnostic::error(
                codes::BAD_ESCAPE,
                span,
                format!("unknown escape `\\{shown}`"),
            )
            .note("the escapes are \\\" \\\\ \\n \\t \\r \\0 \\' \\{ \\} \\$ \\# and \\u{…}")
            .help(help),
        );
    }

    fn unicode_escape(&mut self, at: usize, end: usize) -> (Option<char>, usize) {
        let digits = at + 3;
        let rest = self.text.get(digits..end).unwrap_or("");
        let count = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let closed = self.bytes.get(at + 2) == Some(&b'{')
            && rest.as_bytes().get(count) == Some(&b'}')
            && count > 0;
        if !closed {
            let span = self.span(at, at + 2);
            self.report(
                Diagnostic::error(codes::BAD_UNICODE_ESCAPE, span, "malformed `\\u{…}` escape")
                    .help("write one to six hexadecimal digits in braces, as in `\\u{1F600}`"),
            );
            return (None, at + 2);
        }
        let next = digits + count + 1;
        let value = u32::from_str_radix(&rest[..count], 16)
            .ok()
            .and_then(char::from_u32);
        if value.is_none() {
            let span = self.span(at, next);
            let message = format!("there is no character U+{}", &rest[..count.min(16)]);
            self.report(
                Diagnostic::error(codes::BAD_UNICODE_ESCAPE, span, message)
                    .help("characters go up to `\\u{10FFFF}`, without `D800` to `DFFF`"),
            );
        }
        (value, next)
    }

    pub(super) fn char_literal(&mut self) {
        let start = self.pos;
        let Some(end) = self.find_quote(start + 1) else {
            self.pos = self.line_end(start);
            let span = self.span(start, start + 1);
            self.report(
                Diagnostic::error(codes::BAD_CHAR_LITERAL, span, "this `'` is never closed")
                    .help("write `'a'` for a character, \"text\" for a string"),
            );
            return self.push_bad(T::Error, start, 0);
        };
        self.pos = end + 1;
        let reported = self.out.diagnostics.len();
        let text = self.cook(start + 1, end);
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(value), None) => self.push(T::Char, start, value as u32),
            _ => {
                // A wrong escape has left nothing behind and has been reported.
                if self.out.diagnostics.len() == reported {
                    self.not_one_char(start, end);
                }
                self.push_bad(T::Char, start, '?' as u32);
            }
        }
    }

    fn find_quote(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            match self.bytes.get(at)? {
                b'\'' => return Some(at),
                b'\n' => return None,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    fn not_one_char(&mut self, start: usize, end: usize) {
        let text = &self.text[start + 1..end];
        let span = self.span(start, self.pos);
        let diagnostic = if text.is_empty() {
            Diagnostic::error(codes::BAD_CHAR_LITERAL, span, "empty character literal")
                .help("write \"\" for an empty string")
        } else {
            let shown: String = text.chars().take(40).collect();
            let message = "a character literal holds exactly one character";
            let diagnostic = Diagnostic::error(codes::BAD_CHAR_LITERAL, span, message);
            if shown.len() == text.len() {
                diagnostic.help(format!("use double quotes for a string: \"{shown}\""))
            } else {
                diagnostic.help("use double quotes for a string")
            }
        };
        self.report(diagnostic);
    }
}
