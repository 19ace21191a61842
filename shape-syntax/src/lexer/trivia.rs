//! Blanks and comments.

use super::Lexer;
use crate::{Diagnostic, codes};

impl Lexer<'_> {
    /// Passes a byte order mark and a `#!` line.
    pub(super) fn skip_file_start(&mut self) {
        if self.text.starts_with('\u{FEFF}') {
            self.pos = '\u{FEFF}'.len_utf8();
        }
        if self.bytes[self.pos..].starts_with(b"#!") {
            self.pos = self.line_end(self.pos);
        }
    }

    /// Passes blanks and comments, collecting `///` text.
    pub(super) fn trivia(&mut self) {
        while self.pos < self.bytes.len() {
            match self.bytes[self.pos] {
                b'\n' => {
                    self.break_hole_at_newline();
                    self.newline = true;
                    self.pos += 1;
                }
                b' ' | b'\t' | b'\r' | 0x0C => self.pos += 1,
                b'/' if self.peek(1) == b'/' => self.line_comment(),
                b'/' if self.peek(1) == b'*' => self.block_comment(),
                _ => return,
            }
        }
    }

    /// The offset of the newline that ends the line around `from`, or the end of the text.
    pub(super) fn line_end(&self, from: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[from..]).map_or(self.bytes.len(), |found| from + found)
    }

    fn line_comment(&mut self) {
        let start = self.pos;
        self.pos = self.line_end(start);
        let text = self.text[start..self.pos].trim_end();
        // `////…` is a ruler, not documentation.
        let Some(doc) = text
            .strip_prefix("///")
            .filter(|rest| !rest.starts_with('/'))
        else {
            return;
        };
        let doc = doc.strip_prefix(' ').unwrap_or(doc);
        let next = self.out.tokens.len() as u32;
        match self.out.docs.last_mut() {
            Some((token, lines)) if *token == next => {
                lines.push('\n');
                lines.push_str(doc);
            }
            _ => self.out.docs.push((next, doc.to_owned())),
        }
    }

    fn block_comment(&mut self) {
        let start = self.pos;
        let mut depth = 0_usize;
        while self.pos < self.bytes.len() {
            match (self.bytes[self.pos], self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.pos += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.pos += 2;
                    if depth == 0 {
                        return;
                    }
                }
                (b'\n', _) => {
                    self.newline = true;
                    self.pos += 1;
                }
                _ => self.pos += 1,
            }
        }
        let span = self.span(start, start + 2);
        self.report(
            Diagnostic::error(
                codes::UNCLOSED_COMMENT,
                span,
                "this comment is never closed",
            )
            .note("block comments nest: every `/*` inside needs its own `*/`")
            .help("add `*/` where the comment ends"),
        );
    }
}
