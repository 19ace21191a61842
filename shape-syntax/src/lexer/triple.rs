//! Triple-quoted text: the first and last blank line and the common indent are dropped.

use super::Lexer;
use std::ops::Range;

/// What is dropped from the lines of a triple-quoted string.
struct Trim {
    first: bool,
    last: bool,
    indent: usize,
}

impl Lexer<'_> {
    /// The text of each of `pieces`, which are the text between the holes of one string.
    pub(super) fn cook_triple(&mut self, pieces: &[Range<usize>]) -> Vec<String> {
        let trim = self.measure(pieces);
        let last = pieces.len().saturating_sub(1);
        let mut out = Vec::with_capacity(pieces.len());
        for (index, piece) in pieces.iter().enumerate() {
            out.push(self.cook_piece(piece.clone(), &trim, index == 0, index == last));
        }
        out
    }

    /// As [`Self::cook_triple`] for an interpolated string; empty pieces at its ends count as text.
    pub(super) fn cook_pieces(&mut self, start: usize, pieces: &[Range<usize>]) -> Vec<String> {
        let text = self.text_start(start);
        let end = self.text_end();
        let mut all = Vec::with_capacity(pieces.len() + 2);
        let leading = pieces.first().is_none_or(|piece| piece.start != text);
        let trailing = pieces.last().is_none_or(|piece| piece.end != end);
        if leading {
            all.push(text..text);
        }
        all.extend(pieces.iter().cloned());
        if trailing {
            all.push(end..end);
        }
        let mut out = self.cook_triple(&all);
        if leading {
            out.remove(0);
        }
        out.truncate(pieces.len());
        out
    }

    fn text_start(&self, start: usize) -> usize {
        start + 4 + usize::from(self.bytes[start + 1] != b'"')
    }

    fn text_end(&self) -> usize {
        let text = &self.bytes[..self.pos];
        if text.ends_with(b"\"\"\"") {
            self.pos - 3
        } else {
            self.pos
        }
    }

    fn measure(&self, pieces: &[Range<usize>]) -> Trim {
        let line_of = |range: Range<usize>| &self.text[range];
        let first = pieces.first().is_some_and(|piece| {
            let text = line_of(piece.clone());
            text.split_once('\n')
                .is_some_and(|(line, _)| is_blank(line))
        });
        let last = pieces.last().is_some_and(|piece| {
            let text = line_of(piece.clone());
            text.rsplit_once('\n')
                .is_some_and(|(_, line)| is_blank(line))
        });
        let mut indent = usize::MAX;
        for (index, piece) in pieces.iter().enumerate() {
            let final_piece = index + 1 == pieces.len();
            let text = line_of(piece.clone());
            let lines = text.split('\n').count();
            for (number, line) in text.split('\n').enumerate() {
                let at_line_start = number > 0 || index == 0;
                // A blank before a hole is an indent, a blank line is none.
                let ends_line = number + 1 < lines || final_piece;
                if at_line_start && !(ends_line && is_blank(line)) {
                    indent = indent.min(blanks(line));
                }
            }
        }
        Trim {
            first,
            last,
            indent,
        }
    }

    fn cook_piece(&mut self, piece: Range<usize>, trim: &Trim, first: bool, last: bool) -> String {
        let mut out = String::with_capacity(piece.len());
        let text = &self.text[piece.clone()];
        let lines = text.split('\n').count();
        let mut at = piece.start;
        for (number, line) in text.split('\n').enumerate() {
            let start = at;
            at += line.len() + 1;
            let dropped =
                (first && trim.first && number == 0) || (last && trim.last && number + 1 == lines);
            if dropped {
                // The newline before the last line goes with it; an inner piece keeps its own.
                continue;
            }
            if number > usize::from(first && trim.first) {
                out.push('\n');
            }
            let skipped = if number > 0 || first {
                blanks(line).min(trim.indent)
            } else {
                0
            };
            let ends_line = number + 1 < lines || last;
            let line_end = if ends_line {
                start + line.trim_end_matches('\r').len()
            } else {
                start + line.len()
            };
            if start + skipped < line_end {
                let cooked = self.cook(start + skipped, line_end);
                out.push_str(&cooked);
            }
        }
        out
    }
}

fn is_blank(line: &str) -> bool {
    line.bytes()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

fn blanks(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}
