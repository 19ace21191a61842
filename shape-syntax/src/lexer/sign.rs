//! Operators and punctuation.

use super::{Lexer, T};
use crate::{Diagnostic, codes};

impl Lexer<'_> {
    pub(super) fn sign(&mut self) {
        let start = self.pos;
        let rest = [self.peek(0), self.peek(1), self.peek(2)];
        let Some((kind, len)) = sign_at(rest) else {
            return self.unknown_char();
        };
        self.pos += len;
        if let Some(open) = self.open.last_mut()
            && open.ends_hole(kind)
        {
            open.in_text = true;
            return self.push(T::HoleClose, start, 0);
        }
        self.push(kind, start, 0);
    }

    fn unknown_char(&mut self) {
        let mut start = self.pos;
        let Some(found) = self.peek_char() else {
            return;
        };
        self.pos += found.len_utf8();
        if found.is_alphabetic() {
            // The whole word is one mistake.
            start = self.take_back_word(start);
            while let Some(next) = self
                .peek_char()
                .filter(|c| c.is_alphanumeric() || *c == '_')
            {
                self.pos += next.len_utf8();
            }
        }
        let diagnostic = self.describe_unknown(found, start);
        match found {
            '#' => self.pos = self.line_end(start),
            '\u{201C}' => self.skip_to_smart_quote(),
            _ => {}
        }
        self.report(diagnostic);
        self.push_bad(T::Error, start, 0);
    }

    /// Removes the word that ends at `start`, of which the text here is the rest.
    fn take_back_word(&mut self, start: usize) -> usize {
        match self.out.tokens.last() {
            Some(last) if last.end as usize == start && last.kind.is_word() => {
                let start = last.start as usize;
                self.newline |= last.newline_before();
                self.out.tokens.pop();
                start
            }
            _ => start,
        }
    }

    /// Passes the text between `“` and `”`, which was meant to be a string.
    fn skip_to_smart_quote(&mut self) {
        // Bounded, so that a file full of quotes is not searched over and over.
        let near = self.text[self.pos..].char_indices().take(200);
        let mut line = near.take_while(|(_, found)| *found != '\n');
        if let Some((at, found)) = line.find(|(_, found)| *found == '\u{201D}') {
            self.pos += at + found.len_utf8();
        }
    }

    fn describe_unknown(&self, found: char, start: usize) -> Diagnostic {
        let span = self.span(start, self.pos);
        if found.is_alphabetic() {
            return Diagnostic::error(
                codes::BAD_CHAR,
                span,
                format!("`{}` is not a name", &self.text[start..self.pos]),
            )
            .help("names are made of the letters `A` to `Z`, digits and `_`");
        }
        let shown = if found.is_control() || found.is_whitespace() {
            format!("U+{:04X}", found as u32)
        } else {
            format!("`{found}`")
        };
        let diagnostic = Diagnostic::error(
            codes::BAD_CHAR,
            span,
            format!("unexpected character {shown}"),
        );
        match found {
            '`' => diagnostic.help("strings are written \"…\", with values as in f\"… {x}\""),
            '#' => diagnostic.help("comments start with `//`"),
            '\u{201C}' | '\u{201D}' => diagnostic.help("use the straight quote `\"`"),
            '\u{2018}' | '\u{2019}' => diagnostic.help("use the straight quote `'`"),
            '$' => diagnostic.help("values go into a string as in f\"… {x}\" or f$\"… ${x}\""),
            '\\' => diagnostic.help("a statement goes on over lines without a `\\`"),
            c if c.is_whitespace() => diagnostic.help("use a plain space"),
            _ => diagnostic.help("remove it"),
        }
    }
}

/// The longest sign at the start of `rest`, with its length. `a?..b` is a try and a range.
fn sign_at(rest: [u8; 3]) -> Option<(T, usize)> {
    let three = match &rest {
        b"..." => Some(T::DotDotDot),
        b"..=" => Some(T::DotDotEq),
        b"**=" => Some(T::StarStarEq),
        b"<<=" => Some(T::LtLtEq),
        b">>=" => Some(T::GtGtEq),
        b"?.." => return Some((T::Question, 1)),
        _ => None,
    };
    if let Some(kind) = three {
        return Some((kind, 3));
    }
    let two = match &rest[..2] {
        b"::" => Some(T::ColonColon),
        b".." => Some(T::DotDot),
        b"?." => Some(T::QuestionDot),
        b"??" => Some(T::QuestionQuestion),
        b"!=" => Some(T::BangEq),
        b"!!" => Some(T::BangBang),
        b"+=" => Some(T::PlusEq),
        b"-=" => Some(T::MinusEq),
        b"->" => Some(T::Arrow),
        b"*=" => Some(T::StarEq),
        b"**" => Some(T::StarStar),
        b"/=" => Some(T::SlashEq),
        b"%=" => Some(T::PercentEq),
        b"&&" => Some(T::AmpAmp),
        b"&=" => Some(T::AmpEq),
        b"||" => Some(T::PipePipe),
        b"|=" => Some(T::PipeEq),
        b"|>" => Some(T::PipeGt),
        b"^=" => Some(T::CaretEq),
        b"<=" => Some(T::LtEq),
        b"<<" => Some(T::LtLt),
        b">=" => Some(T::GtEq),
        b">>" => Some(T::GtGt),
        b"==" => Some(T::EqEq),
        b"=>" => Some(T::FatArrow),
        _ => None,
    };
    if let Some(kind) = two {
        return Some((kind, 2));
    }
    let one = match rest[0] {
        b'(' => T::LParen,
        b')' => T::RParen,
        b'[' => T::LBracket,
        b']' => T::RBracket,
        b'{' => T::LBrace,
        b'}' => T::RBrace,
        b',' => T::Comma,
        b';' => T::Semi,
        b':' => T::Colon,
        b'@' => T::At,
        b'.' => T::Dot,
        b'?' => T::Question,
        b'!' => T::Bang,
        b'~' => T::Tilde,
        b'+' => T::Plus,
        b'-' => T::Minus,
        b'*' => T::Star,
        b'/' => T::Slash,
        b'%' => T::Percent,
        b'&' => T::Amp,
        b'|' => T::Pipe,
        b'^' => T::Caret,
        b'=' => T::Eq,
        b'<' => T::Lt,
        b'>' => T::Gt,
        _ => return None,
    };
    Some((one, 1))
}
