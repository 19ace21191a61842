//! Words: quotes, and what the shell would put in their place.

use super::lexer::{Parser, ends_word, is_name};
use super::tree::{Why, add};
use crate::command::Word;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// A word as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// Its text without quotes, and without what is not known.
    pub(super) text: Vec<u8>,
    /// How much of the text is before the first quote or expansion; `None` if there is none.
    pub(super) plain: Option<usize>,
    /// Something of it is not known.
    is_unknown: bool,
    /// It is a pattern for names of files.
    is_pattern: bool,
    /// What it begins with is a part of the pattern.
    begins_with_pattern: bool,
    has_bracket: bool,
    has_brace: bool,
    has_alternatives: bool,
    pub(super) why: Vec<Why>,
}

impl Scanned {
    fn add(&mut self, why: Why) {
        add(&mut self.why, why);
    }

    /// From here on the word is no longer as it is written.
    fn mark(&mut self) {
        self.plain.get_or_insert(self.text.len());
    }

    fn unknown(&mut self, why: Why) {
        self.mark();
        self.is_unknown = true;
        self.add(why);
    }

    fn pattern(&mut self) {
        self.begins_with_pattern |= self.text.is_empty();
        self.is_pattern = true;
    }

    /// Whether nothing of it is quoted or expanded, and it is `text`.
    pub(super) fn is_plainly(&self, text: &[u8]) -> bool {
        self.plain.is_none() && self.text == text
    }

    /// Where the value begins if this is an assignment: after a name and `=`, none of it quoted.
    pub(super) fn assigns(&self) -> Option<(Vec<u8>, usize)> {
        let plain = &self.text[..self.plain.unwrap_or(self.text.len())];
        let equals = plain.iter().position(|byte| *byte == b'=')?;
        let target = &plain[..equals];
        let target = target.strip_suffix(b"+").unwrap_or(target);
        let name = match target.iter().position(|byte| *byte == b'[') {
            Some(bracket) if target.ends_with(b"]") => &target[..bracket],
            _ => target,
        };
        is_name(name).then(|| (name.to_vec(), equals + 1))
    }

    /// Whether it begins with a name and `[`: then some shells read on up to `]`, whatever is between.
    pub(super) fn begins_subscript(&self) -> bool {
        let plain = &self.text[..self.plain.unwrap_or(self.text.len())];
        let bracket = plain.iter().position(|byte| *byte == b'[');
        bracket.is_some_and(|bracket| is_name(&plain[..bracket]))
    }

    /// The value of an assignment; patterns stay as they are in it.
    pub(super) fn into_value(mut self, start: usize) -> (Word<'static>, Vec<Why>) {
        let before = self.text.get(start.saturating_sub(2));
        if matches!(before, Some(b'+' | b']')) {
            self.add(Why::Dialect("this assignment"));
        }
        self.text.drain(..start);
        let word = match self.is_unknown {
            true => Word::Unknown,
            false => text(self.text),
        };
        (word, self.why)
    }

    /// The argument that it becomes.
    pub(super) fn into_word(mut self) -> (Word<'static>, Vec<Why>) {
        if self.is_pattern && !self.is_unknown {
            if !self.begins_with_pattern && self.text.first() != Some(&b'-') {
                return (Word::Operands, self.why);
            }
            self.unknown(Why::Pattern);
        }
        match self.is_unknown {
            true => (Word::Unknown, self.why),
            false => (text(self.text), self.why),
        }
    }

    /// The file that a redirection names.
    pub(super) fn into_target(mut self) -> (Word<'static>, Vec<Why>) {
        if self.is_pattern {
            self.unknown(Why::Pattern);
        }
        if self.is_plainly(b"!") {
            self.add(Why::Dialect("`!` after a redirection"));
        }
        if self.text.starts_with(b"/dev/tcp/") || self.text.starts_with(b"/dev/udp/") {
            self.add(Why::Network);
        }
        self.into_word()
    }
}

fn text(bytes: Vec<u8>) -> Word<'static> {
    Word::Text(Cow::Owned(OsString::from_vec(bytes)))
}

impl Parser<'_, '_> {
    /// The word that begins here, if one does.
    pub(super) fn word(&mut self) -> Option<Scanned> {
        let mut word = Scanned::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'<' | b'>' if self.ahead(&[byte, b'(']).is_some() => {
                    self.at += 1;
                    self.substitution(&mut word, Why::ProcessSubstitution);
                }
                _ if ends_word(Some(byte)) => break,
                b'\'' => self.single(&mut word),
                b'"' => self.double(&mut word),
                b'\\' => self.escape(&mut word),
                b'$' => self.dollar(&mut word, Quoting::None),
                b'`' => self.backquotes(&mut word, Quoting::None),
                _ => self.plain(&mut word, byte),
            }
        }
        if word.text.is_empty() && word.plain.is_none() {
            return None;
        }
        let starts_plain = word.plain != Some(0);
        if starts_plain && word.text.len() > 1 && word.text[0] == b'=' && word.text != b"==" {
            word.add(Why::Dialect("`=` in front of a word"));
        }
        Some(word)
    }

    /// Unquoted text: a run without a meaning, or one byte with one.
    fn plain(&mut self, word: &mut Scanned, byte: u8) {
        let run = plain_length(&self.text[self.at..]);
        if run > 0 {
            let run = &self.text[self.at..self.at + run];
            if word.has_brace {
                let dots = word.text.last() == Some(&b'.') && run.starts_with(b".");
                word.has_alternatives |=
                    dots || run.contains(&b',') || run.windows(2).any(|two| two == b"..");
            }
            word.text.extend_from_slice(run);
            self.at += run.len();
            return;
        }
        match byte {
            b'*' | b'?' => word.pattern(),
            b'[' => {
                word.has_bracket = true;
                word.begins_with_pattern |= word.text.is_empty();
            }
            b']' if word.has_bracket => word.is_pattern = true,
            b'{' => word.has_brace = true,
            // Which brace goes with which, shells do not agree on.
            b'}' if word.has_alternatives => {
                word.is_unknown = true;
                word.add(Why::Braces);
            }
            b'~' if matches!(word.text.last(), None | Some(b'=' | b':')) => {
                word.is_unknown = true;
                word.add(Why::Tilde);
            }
            b'!' => self.exclamation(word),
            _ => {}
        }
        word.text.push(byte);
        self.at += 1;
    }

    /// A `!` recalls an earlier command where history is on, unless nothing of a name follows.
    fn exclamation(&mut self, word: &mut Scanned) {
        let is_class = word.text.last() == Some(&b'[');
        let next = self.text.get(self.at + 1).copied();
        if !is_class && !ends_word(next) && !matches!(next, Some(b'=' | b'"' | b'\'' | b'\r')) {
            word.add(Why::History);
        }
    }

    fn escape(&mut self, word: &mut Scanned) {
        word.mark();
        match self.text.get(self.at + 1) {
            Some(byte) => word.text.push(*byte),
            None => {
                word.text.push(b'\\');
                word.add(Why::Unterminated("an escape"));
            }
        }
        self.at = (self.at + 2).min(self.text.len());
    }

    fn single(&mut self, word: &mut Scanned) {
        word.mark();
        let rest = &self.text[self.at + 1..];
        let inside = rest.split(|byte| *byte == b'\'').next().unwrap_or(rest);
        word.text.extend_from_slice(inside);
        if inside.len() == rest.len() {
            word.add(Why::Unterminated("a quoted text"));
            self.at = self.text.len();
        } else {
            self.at += inside.len() + 2;
        }
    }

    fn double(&mut self, word: &mut Scanned) {
        word.mark();
        self.at += 1;
        self.quoted(word, Some(b'"'));
    }

    /// Text in which only `$`, backquotes and some backslashes mean something, up to `end` or to the
    /// end of the text.
    pub(super) fn quoted(&mut self, word: &mut Scanned, end: Option<u8>) {
        while let Some(byte) = self.peek() {
            match byte {
                _ if Some(byte) == end => {
                    self.at += 1;
                    return;
                }
                b'\\' => {
                    let next = self.text.get(self.at + 1).copied();
                    let is_escape =
                        matches!(next, Some(b'$' | b'`' | b'\\')) || next.is_some() && next == end;
                    word.text.push(if is_escape {
                        next.unwrap_or(byte)
                    } else {
                        byte
                    });
                    self.at += if is_escape { 2 } else { 1 };
                }
                b'$' => self.dollar(word, Quoting::Double),
                b'`' => self.backquotes(word, Quoting::Double),
                _ => {
                    if byte == b'!' && end.is_some() {
                        self.exclamation(word);
                    }
                    word.text.push(byte);
                    self.at += 1;
                    let run = quoted_length(&self.text[self.at..]);
                    word.text
                        .extend_from_slice(&self.text[self.at..self.at + run]);
                    self.at += run;
                }
            }
        }
        if end.is_some() && !self.sink.is_stopped {
            word.add(Why::Unterminated("a quoted text"));
        }
    }

    fn dollar(&mut self, word: &mut Scanned, quoting: Quoting) {
        self.at += 1;
        let is_bare = quoting == Quoting::None;
        match self.peek() {
            Some(b'(') => match self.arithmetic_end() {
                Some(end) => self.arithmetic(word, end),
                None => self.substitution(word, Why::CommandSubstitution),
            },
            Some(b'{') => self.parameter_in_braces(word, quoting),
            Some(b'\'') if is_bare => self.ansi(word),
            Some(b'"') if is_bare => {
                word.mark();
                word.add(Why::Dialect("`$\"…\"`"));
            }
            Some(b'[') => {
                word.unknown(Why::Arithmetic);
                self.at += 1;
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let name = self.name();
                word.unknown(Why::Parameter(name));
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?-$!=~^+".contains(&byte) => {
                self.at += 1;
                word.unknown(Why::Parameter(OsStr::from_bytes(&[byte]).to_owned()));
            }
            _ => {
                word.mark();
                word.text.push(b'$');
            }
        }
    }

    /// The longest name that stands here.
    fn name(&mut self) -> OsString {
        let mut name = Vec::new();
        while let Some(byte) = self
            .peek()
            .filter(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        {
            name.push(byte);
            self.at += 1;
        }
        OsString::from_vec(name)
    }

    /// `(…)` after `$`, `<` or `>`: commands.
    fn substitution(&mut self, word: &mut Scanned, why: Why) {
        word.unknown(why);
        let start = self.sink.script.commands.len();
        self.deeper(|this| this.parentheses("a substitution"));
        self.sink
            .each_since(start, |command| command.place.substituted = true);
    }

    fn backquotes(&mut self, word: &mut Scanned, quoting: Quoting) {
        word.unknown(Why::CommandSubstitution);
        let mut inside = Vec::new();
        let mut at = self.at + 1;
        loop {
            match (self.text.get(at), self.text.get(at + 1)) {
                (Some(b'`'), _) => break,
                (Some(b'\\'), Some(next @ (b'`' | b'$' | b'\\'))) => {
                    inside.push(*next);
                    at += 1;
                }
                (Some(b'\\'), Some(b'"')) if quoting == Quoting::Double => {
                    inside.push(b'"');
                    at += 1;
                }
                (Some(byte), _) => inside.push(*byte),
                (None, _) => {
                    self.fail(Why::Unterminated("a substitution"));
                    break;
                }
            }
            at += 1;
        }
        self.at = (at + 1).min(self.text.len());
        let start = self.sink.script.commands.len();
        let before = self.sink.enter();
        self.nested(&inside);
        self.sink.leave(before);
        self.sink
            .each_since(start, |command| command.place.substituted = true);
    }

    /// `${…}`: what is inside counts only for the commands that it holds.
    fn parameter_in_braces(&mut self, word: &mut Scanned, quoting: Quoting) {
        self.at += 1;
        if matches!(self.peek(), Some(b'#' | b'!')) {
            self.at += 1;
        }
        let name = self.name();
        word.unknown(Why::Parameter(name));
        let mut inside = Scanned::default();
        self.deeper(|this| {
            while let Some(byte) = this.peek() {
                match byte {
                    b'}' => break,
                    b'\\' => this.escape(&mut inside),
                    b'\'' if quoting == Quoting::None => this.single(&mut inside),
                    b'"' => this.double(&mut inside),
                    b'$' => this.dollar(&mut inside, quoting),
                    b'`' => this.backquotes(&mut inside, quoting),
                    _ => this.at += 1,
                }
            }
            if !this.eat(b"}") {
                inside.add(Why::Unterminated("an expansion"));
            }
        });
        inside.why.into_iter().for_each(|why| word.add(why));
    }

    /// Where the content of `((…))` ends, if that is what stands here and not two parentheses of
    /// commands.
    fn arithmetic_end(&mut self) -> Option<usize> {
        let start = self.ahead(b"((")?;
        let mut open = 0usize;
        for at in start..self.text.len() {
            self.sink.lookahead = self.sink.lookahead.checked_sub(1)?;
            match self.text[at] {
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' => return (self.text.get(at + 1) == Some(&b')')).then_some(at),
                _ => {}
            }
        }
        None
    }

    fn arithmetic(&mut self, word: &mut Scanned, end: usize) {
        word.unknown(Why::Arithmetic);
        let start = self.ahead(b"((").unwrap_or(end);
        self.deeper(|this| {
            let found = this.expansions(start, end);
            found.why.into_iter().for_each(|why| word.add(why));
            this.at = end + 2;
        });
    }

    /// `$'…'`, as those shells decode it that do.
    fn ansi(&mut self, word: &mut Scanned) {
        word.mark();
        word.add(Why::AnsiQuotes);
        self.at += 1;
        loop {
            let Some(byte) = self.text.get(self.at).copied() else {
                return word.add(Why::Unterminated("a quoted text"));
            };
            self.at += 1;
            match byte {
                b'\'' => return,
                b'\\' => self.ansi_escape(word),
                _ => word.text.push(byte),
            }
        }
    }

    fn ansi_escape(&mut self, word: &mut Scanned) {
        let Some(byte) = self.text.get(self.at).copied() else {
            return;
        };
        self.at += 1;
        match byte {
            b'a' => word.text.push(7),
            b'b' => word.text.push(8),
            b'e' | b'E' => word.text.push(27),
            b'f' => word.text.push(12),
            b'n' => word.text.push(b'\n'),
            b'r' => word.text.push(b'\r'),
            b't' => word.text.push(b'\t'),
            b'v' => word.text.push(11),
            b'\\' | b'\'' | b'"' | b'?' => word.text.push(byte),
            b'0'..=b'7' => {
                self.at -= 1;
                let code = self.digits(8, 3);
                word.text.push(code.to_le_bytes()[0]);
            }
            b'x' => {
                let code = self.digits(16, 2);
                word.text.push(code.to_le_bytes()[0]);
            }
            b'u' | b'U' => {
                let code = self.digits(16, if byte == b'u' { 4 } else { 8 });
                let decoded = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                word.text
                    .extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
            }
            b'c' => {
                let control = self.text.get(self.at).map_or(0, |byte| byte & 0x1f);
                self.at = (self.at + 1).min(self.text.len());
                word.text.push(control);
            }
            _ => word.text.extend_from_slice(&[b'\\', byte]),
        }
    }

    /// The number of at most `limit` digits that stands here.
    fn digits(&mut self, base: u32, limit: usize) -> u32 {
        let mut number = 0u32;
        for _ in 0..limit {
            let digit = self
                .text
                .get(self.at)
                .and_then(|byte| char::from(*byte).to_digit(base));
            let Some(digit) = digit else {
                break;
            };
            number = number.wrapping_mul(base).wrapping_add(digit);
            self.at += 1;
        }
        number
    }
}

/// Whether an expansion stands between double quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    None,
    Double,
}

/// How much of `text` means nothing but itself outside of quotes.
fn plain_length(text: &[u8]) -> usize {
    length(text, b" \t\n;&|()<>'\"\\$`*?[]{}~!")
}

/// The same between double quotes.
fn quoted_length(text: &[u8]) -> usize {
    length(text, b"\"\\$`!")
}

fn length(text: &[u8], special: &[u8]) -> usize {
    text.iter()
        .position(|byte| special.contains(byte))
        .unwrap_or(text.len())
}
