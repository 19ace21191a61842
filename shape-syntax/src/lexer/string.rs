//! Strings and interpolated strings.

use super::{Lexer, T};
use crate::{Diagnostic, codes};
use std::ops::Range;
use std::rc::Rc;

/// An interpolated string whose end has not been reached.
pub(super) struct Open {
    /// Offset of the `f`.
    start: usize,
    /// `$` or `#` when only `${…}` or `#{…}` is a hole.
    sigil: Option<u8>,
    triple: bool,
    /// Whether the lexer stands in text, rather than in a hole.
    pub in_text: bool,
    /// Brackets open inside the current hole.
    brackets: Vec<T>,
    /// How many of them are braces.
    braces: usize,
    /// Offset of the current hole.
    hole: usize,
    /// Whether a problem with the end of this string has been reported.
    reported: bool,
    /// The pieces of text so far, with the token of each.
    pieces: Vec<(usize, Range<usize>)>,
}

impl Open {
    /// Follows a bracket inside the hole; gives true for the `}` that ends the hole.
    ///
    /// A `}` closes the nearest `{` even over an unclosed `(`, so that one missing `)` does not
    /// swallow the rest of the string.
    pub fn ends_hole(&mut self, kind: T) -> bool {
        match kind {
            T::LParen | T::LBracket => self.brackets.push(kind),
            T::LBrace => {
                self.brackets.push(kind);
                self.braces += 1;
            }
            T::RParen if self.brackets.last() == Some(&T::LParen) => drop(self.brackets.pop()),
            T::RBracket if self.brackets.last() == Some(&T::LBracket) => drop(self.brackets.pop()),
            T::RBrace if self.braces == 0 => return true,
            T::RBrace => {
                self.braces -= 1;
                while self
                    .brackets
                    .pop()
                    .is_some_and(|bracket| bracket != T::LBrace)
                {}
            }
            _ => {}
        }
        false
    }
}

impl Lexer<'_> {
    pub(super) fn string(&mut self) {
        let start = self.pos;
        if self.bytes[start..].starts_with(b"\"\"\"") {
            return self.triple_string();
        }
        let Some(end) = self.find_end(start + 1) else {
            self.pos = self.line_end(start);
            if self.text[start..self.pos].ends_with('\r') {
                self.pos -= 1;
            }
            self.unclosed_string(start, 1);
            return self.push_bad_string(start);
        };
        self.pos = end + 1;
        let text = if memchr::memchr(b'\\', &self.bytes[start + 1..end]).is_some() {
            Rc::from(self.cook(start + 1, end))
        } else {
            Rc::from(&self.text[start + 1..end])
        };
        self.push_string(start, text);
    }

    /// The closing quote of a string on one line.
    fn find_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += memchr::memchr3(b'"', b'\\', b'\n', self.bytes.get(at..)?)?;
            match self.bytes[at] {
                b'"' => return Some(at),
                b'\n' => return None,
                _ if self.bytes.get(at + 1) == Some(&b'\n') => return None,
                _ => at += 2,
            }
        }
    }

    fn triple_string(&mut self) {
        let start = self.pos;
        let Some(end) = self.find_triple_end(start + 3) else {
            self.pos = self.bytes.len();
            self.unclosed_string(start, 3);
            return self.push_bad_string(start);
        };
        self.pos = end + 3;
        let mut text = self.cook_triple(std::slice::from_ref(&(start + 3..end)));
        let text = text.pop().unwrap_or_default();
        self.push_string(start, Rc::from(text));
    }

    fn find_triple_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.bytes.get(at..)?)?;
            match self.bytes[at] {
                b'"' if self.bytes[at..].starts_with(b"\"\"\"") => return Some(at),
                b'"' => at += 1,
                _ => at += 2,
            }
        }
    }

    fn push_bad_string(&mut self, start: usize) {
        self.push_string(start, Rc::from(""));
        if let Some(last) = self.out.tokens.last_mut() {
            last.flags |= super::BAD;
        }
    }

    fn unclosed_string(&mut self, start: usize, quotes: usize) {
        if self
            .open
            .last()
            .is_some_and(|open| !open.triple && !open.in_text)
        {
            // In `f"{a"` the quote was to end the outer string.
            return self.report_hole();
        }
        let span = self.span(start, start + quotes);
        let diagnostic =
            Diagnostic::error(codes::UNCLOSED_STRING, span, "this string is never closed");
        self.report(if quotes == 3 {
            diagnostic.help("add `\"\"\"` where the string ends")
        } else {
            diagnostic.help("add `\"` at its end; text over several lines stands between `\"\"\"`")
        });
    }

    /// Starts an interpolated string when one stands here: `f"`, `f$"` or `f#"`.
    pub(super) fn interp_open(&mut self) -> bool {
        let start = self.pos;
        let (sigil, quote) = match (self.peek(1), self.peek(2)) {
            (b'"', _) => (None, 1),
            (sigil @ (b'$' | b'#'), b'"') => (Some(sigil), 2),
            _ => return false,
        };
        let triple = self.bytes[start + quote..].starts_with(b"\"\"\"");
        self.pos = start + quote + if triple { 3 } else { 1 };
        self.push(T::InterpOpen, start, 0);
        self.open.push(Open {
            start,
            sigil,
            triple,
            in_text: true,
            brackets: Vec::new(),
            braces: 0,
            hole: start,
            reported: false,
            pieces: Vec::new(),
        });
        true
    }

    /// Reads text up to the next hole or the end of the string.
    pub(super) fn interp_text(&mut self) {
        let Some((sigil, triple)) = self.open.last().map(|open| (open.sigil, open.triple)) else {
            return;
        };
        let start = self.pos;
        while self.pos < self.bytes.len() {
            match self.bytes[self.pos] {
                b'"' if !triple => return self.interp_end(start, 1),
                b'"' if self.bytes[self.pos..].starts_with(b"\"\"\"") => {
                    return self.interp_end(start, 3);
                }
                b'\n' if !triple => return self.interp_broken(start),
                b'\\' if !triple && matches!(self.peek(1), b'\n') => self.pos += 1,
                b'\\' if self.peek(1) == b'u' && self.peek(2) == b'{' => self.skip_unicode_escape(),
                b'\\' => self.pos += 2,
                b'{' if sigil.is_none() => return self.hole_open(start, 1),
                byte if Some(byte) == sigil && self.peek(1) == b'{' => {
                    return self.hole_open(start, 2);
                }
                b'}' if sigil.is_none() => {
                    self.stray_brace();
                    self.pos += 1;
                }
                _ => self.pos += 1,
            }
        }
        // A final `\` may have stepped over the end.
        self.pos = self.bytes.len();
        self.interp_broken(start);
    }

    /// Passes `\u{…}`, whose braces are not those of a hole.
    fn skip_unicode_escape(&mut self) {
        self.pos += 3;
        while self.peek(0).is_ascii_hexdigit() {
            self.pos += 1;
        }
        self.pos += usize::from(self.peek(0) == b'}');
    }

    fn stray_brace(&mut self) {
        let span = self.span(self.pos, self.pos + 1);
        self.report(
            Diagnostic::error(codes::BAD_INTERPOLATION, span, "this `}` closes nothing")
                .help("write `\\}` for a brace in the text"),
        );
    }

    fn push_piece(&mut self, start: usize) {
        let range = start..self.pos;
        if range.is_empty() {
            return;
        }
        let token = self.out.tokens.len();
        let index = self.out.tables.strings.len() as u32;
        self.out.tables.strings.push(Rc::from(""));
        self.push(T::InterpText, start, index);
        if let Some(open) = self.open.last_mut() {
            open.pieces.push((token, range));
        }
    }

    fn hole_open(&mut self, start: usize, len: usize) {
        self.push_piece(start);
        let hole = self.pos;
        self.pos += len;
        self.push(T::HoleOpen, hole, 0);
        if let Some(open) = self.open.last_mut() {
            open.in_text = false;
            open.brackets.clear();
            open.braces = 0;
            open.hole = hole;
        }
    }

    fn interp_end(&mut self, start: usize, quotes: usize) {
        self.push_piece(start);
        let quote = self.pos;
        self.pos += quotes;
        self.push(T::InterpClose, quote, 0);
        self.finish_interp();
    }

    /// Closes a string that ends without its quote.
    fn interp_broken(&mut self, start: usize) {
        self.push_piece(start);
        if let Some(open) = self.open.last()
            && !open.reported
        {
            let (at, quotes) = (open.start, if open.triple { 3 } else { 1 });
            self.unclosed_string(at, quotes);
        }
        let end = self.pos;
        self.push_bad(T::InterpClose, end, 0);
        self.finish_interp();
    }

    /// Replaces the raw pieces of the innermost string by their text.
    fn finish_interp(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let texts = if open.triple {
            let mut ranges = Vec::with_capacity(open.pieces.len());
            ranges.extend(open.pieces.iter().map(|(_, range)| range.clone()));
            self.cook_pieces(open.start, &ranges)
        } else {
            let cook = |(_, range): &(usize, Range<usize>)| self.cook(range.start, range.end);
            open.pieces.iter().map(cook).collect()
        };
        for ((token, _), text) in open.pieces.iter().zip(texts) {
            let index = self.out.tokens[*token].data as usize;
            self.out.tables.strings[index] = Rc::from(text);
        }
    }

    /// Ends the strings on one line whose hole runs into a newline outside of inner brackets.
    pub(super) fn break_hole_at_newline(&mut self) {
        while let Some(open) = self.open.last()
            && !open.triple
            && !open.in_text
            && open.brackets.is_empty()
        {
            self.unclosed_hole();
        }
    }

    fn unclosed_hole(&mut self) {
        self.report_hole();
        let end = self.pos;
        self.push_bad(T::HoleClose, end, 0);
        self.interp_broken(end);
    }

    fn report_hole(&mut self) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        let hole = open.hole;
        if std::mem::replace(&mut open.reported, true) {
            return;
        }
        let span = self.span(hole, hole + usize::from(self.bytes[hole] != b'{') + 1);
        self.report(
            Diagnostic::error(
                codes::BAD_INTERPOLATION,
                span,
                "the value that starts here is never closed",
            )
            .help("add `}` after the value, or write `\\{` for a brace in the text"),
        );
    }

    /// Closes what is open at the end of the text.
    pub(super) fn close_strings_at_end(&mut self) {
        while let Some(open) = self.open.last() {
            if open.in_text {
                let end = self.pos;
                self.interp_broken(end);
            } else {
                self.unclosed_hole();
            }
            // One missing quote leaves every string around it open.
            if let Some(outer) = self.open.last_mut() {
                outer.reported = true;
            }
        }
    }
}
