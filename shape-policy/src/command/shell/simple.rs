//! Simple commands and redirections.

use super::lexer::{Parser, is_name};
use super::tree::{Command, Why, add};
use super::words::Scanned;
use crate::command::Word;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

impl Parser<'_, '_> {
    /// A simple command, or a function: both begin with a word. Returns whether it was a function.
    pub(super) fn simple(&mut self) -> bool {
        let at = self.reserve();
        let mut command = Command::default();
        let mut after_both = None;
        // The first word cannot be a reserved one.
        let mut is_ordinary = false;
        // Only `time` and its options have been read.
        let mut is_time = false;
        loop {
            self.blanks();
            match self.peek() {
                Some(b'&') if self.eat(b"&>") => {
                    self.eat(b">");
                    if command.is_empty() {
                        command.add(Why::Dialect("`&>` without a command"));
                    }
                    self.file(&mut command.writes, &mut command.opaque);
                    after_both.get_or_insert(command.words.len());
                    continue;
                }
                Some(b'<' | b'>') if self.ahead(b"<(").is_none() && self.ahead(b">(").is_none() => {
                    self.redirection(&mut command, b"", at);
                    continue;
                }
                _ => {}
            }
            let Some(word) = self.word() else {
                break;
            };
            if self.has_descriptor(&word, &mut command) {
                self.redirection(&mut command, &word.text, at);
                continue;
            }
            let is_timed = is_time && !command.words.is_empty();
            if is_timed && (word.assigns().is_some() || word.begins_subscript()) {
                command.add(Why::Dialect("an assignment after `time`"));
            }
            if (command.words.is_empty() || is_timed)
                && let Some((name, value)) = word.assigns()
            {
                let (value, why) = word.into_value(value);
                why.into_iter().for_each(|why| command.add(why));
                if self.peek() == Some(b'(') {
                    command.add(Why::Dialect("an array"));
                }
                command.assignments.push((OsString::from_vec(name), value));
                continue;
            }
            if command.words.is_empty() && command.is_empty() && self.is_function() {
                self.function(word);
                return true;
            }
            if command.words.is_empty() && word.begins_subscript() {
                command.add(Why::Dialect("`[` after a name"));
            }
            is_time = match command.words.len() {
                0 => word.is_plainly(b"time") && command.assignments.is_empty(),
                _ => is_time && (word.is_plainly(b"-p") || word.is_plainly(b"--")),
            };
            is_ordinary |= command.words.is_empty()
                && (word.plain.is_some() || !command.assignments.is_empty());
            let (word, why) = word.into_word();
            why.into_iter().for_each(|why| command.add(why));
            command.words.push(word);
        }
        let rest = after_both.and_then(|split| words_after_both(&mut command, split));
        self.finish(at, command, is_ordinary);
        if let Some(rest) = rest {
            let at = self.reserve();
            self.finish(at, rest, true);
        }
        false
    }

    /// Whether `word` is the number in front of the redirection that comes next.
    fn has_descriptor(&mut self, word: &Scanned, command: &mut Command) -> bool {
        if !matches!(self.peek(), Some(b'<' | b'>')) || word.plain.is_some() {
            return false;
        }
        let in_braces = word
            .text
            .strip_prefix(b"{")
            .and_then(|name| name.strip_suffix(b"}"));
        if let Some(name) = in_braces.filter(|name| is_name(name)) {
            command.add(Why::Dialect("`{name}` in front of a redirection"));
            self.sets_variable(name);
        }
        word.text.iter().all(u8::is_ascii_digit)
    }

    /// Steps over `()` after a word.
    fn is_function(&mut self) -> bool {
        let before = self.at;
        self.blanks();
        if self.eat(b"(") {
            self.blanks();
            if self.eat(b")") {
                return true;
            }
        }
        self.at = before;
        false
    }

    /// A redirection of `command`, which is the one at `at`, from its operator on.
    pub(super) fn redirection(&mut self, command: &mut Command, descriptor: &[u8], at: usize) {
        if descriptor.len() > 1 {
            command.add(Why::Dialect("a descriptor of more than one digit"));
        }
        if self.eat(b"<<<") {
            command.add(Why::Dialect("`<<<`"));
            return self.file(&mut Vec::new(), &mut command.opaque);
        }
        if self.eat(b"<<") {
            let strips_tabs = self.eat(b"-");
            return self.announce(strips_tabs, at);
        }
        if self.eat(b"<>") {
            self.file(&mut command.writes, &mut command.opaque);
            command.reads.extend(command.writes.last().cloned());
        } else if self.eat(b"<&") {
            self.descriptor(&mut command.reads, &mut command.opaque);
        } else if self.eat(b">&") {
            self.descriptor(&mut command.writes, &mut command.opaque);
        } else if self.eat(b"<") {
            self.file(&mut command.reads, &mut command.opaque);
            if self.peek() == Some(b'>') {
                command.add(Why::Dialect("`<…>`"));
            }
        } else if self.eat(b">>") || self.eat(b">|") || self.eat(b">") {
            self.file(&mut command.writes, &mut command.opaque);
        }
    }

    /// The word behind the operator of a redirection. Digits with `<` or `>` right behind them are none, but
    /// the descriptor of the next one. Without it the script is wrong: `missing` says how.
    ///
    /// # Source
    /// POSIX.1-2024, XCU 2.10.1
    pub(super) fn target(&mut self, missing: &'static str) -> Option<Scanned> {
        self.blanks();
        let word = self.word().filter(|word| {
            let is_number = word.plain.is_none() && word.text.iter().all(u8::is_ascii_digit);
            !(is_number && matches!(self.peek(), Some(b'<' | b'>')))
        });
        if word.is_none() {
            self.fail(Why::Syntax(missing));
        }
        word
    }

    /// The file of a redirection.
    pub(super) fn file(&mut self, files: &mut Vec<Word<'static>>, opaque: &mut Vec<Why>) {
        let Some(word) = self.target("a redirection without a file") else {
            return;
        };
        let (word, why) = word.into_target();
        why.into_iter().for_each(|why| add(opaque, why));
        files.push(word);
    }

    /// What comes after `>&`: a descriptor, `-`, or in some shells a file.
    fn descriptor(&mut self, files: &mut Vec<Word<'static>>, opaque: &mut Vec<Why>) {
        let Some(word) = self.target("a redirection without a file") else {
            return;
        };
        let digits = word.text.strip_suffix(b"-").unwrap_or(&word.text);
        let is_known = word.plain.is_none() && word.why.is_empty() && !word.text.is_empty();
        if is_known && digits.iter().all(u8::is_ascii_digit) {
            if digits.len() > 1 || (digits.len() == 1 && word.text.len() == 2) {
                add(opaque, Why::Dialect("such a descriptor"));
            }
            return;
        }
        let (word, why) = word.into_target();
        why.into_iter().for_each(|why| add(opaque, why));
        add(opaque, Why::Dialect("`>&` with a file"));
        files.push(word);
    }
}

/// The words behind `a &> file`: some shells read `a &` and then another command that begins with
/// `> file`.
fn words_after_both(command: &mut Command, split: usize) -> Option<Command> {
    let words = command
        .words
        .get(split..)
        .filter(|words| !words.is_empty())?
        .to_vec();
    let why = Why::Dialect("words after `&>`");
    command.add(why.clone());
    Some(Command {
        words,
        opaque: vec![why],
        ..Command::default()
    })
}
