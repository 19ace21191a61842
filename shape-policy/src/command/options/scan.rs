//! From words to options and operands.

use super::{
    ANY, CommandLine, Dashes, Entry, Found, Listing, Operand, Operands, Order, Presence, Style,
    Subcommand, Syntax, Takes, Value, entries,
};
use crate::command::Word;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Reads `words`, the arguments after the program, by `syntax`; an unknown tool's if absent.
pub(crate) fn scan<'w>(syntax: Option<&'static Syntax>, words: &'w [Word<'w>]) -> CommandLine<'w> {
    let syntax = syntax.unwrap_or(&ANY);
    let mut scanner = Scanner {
        words,
        at: 0,
        ended: Presence::Absent,
        owed: Presence::Absent,
        line: CommandLine {
            options: Vec::new(),
            operands: Vec::new(),
            rest: None,
            doubt: None,
            is_open: false,
            syntax,
            subcommand: None,
        },
        is_past_subcommand: false,
    };
    scanner.run();
    scanner.line
}

struct Scanner<'w> {
    words: &'w [Word<'w>],
    /// The word that is read next.
    at: usize,
    /// Whether the options are over.
    ended: Presence,
    /// Whether the last option takes the next word.
    owed: Presence,
    line: CommandLine<'w>,
    /// An operand was read, which may be the subcommand.
    is_past_subcommand: bool,
}

impl<'w> Scanner<'w> {
    fn run(&mut self) {
        if self.line.syntax.style == Style::OldTar {
            self.old_tar();
        }
        while let Some(word) = self.words.get(self.at) {
            let at = self.at;
            self.at += 1;
            match word {
                Word::Text(text) => self.text(at, word, text.as_bytes()),
                Word::Operands => self.operands(at, word),
                Word::Unknown => self.unknown(at, word),
            }
        }
        if self.owed == Presence::Present {
            self.doubt(self.words.len().saturating_sub(1));
        }
    }

    fn text(&mut self, at: usize, word: &'w Word<'w>, text: &'w [u8]) {
        let owed = std::mem::replace(&mut self.owed, Presence::Absent);
        if owed == Presence::Present {
            if let Some(option) = self.line.options.last_mut() {
                option.value = Value::Text(OsStr::from_bytes(text));
            }
            return;
        }
        let presence = not(owed);
        if self.ended == Presence::Present || text.len() < 2 || text[0] != b'-' {
            self.operand(at, word, presence);
        } else if text == b"--" {
            if self.ended == Presence::Possible {
                self.operand(at, word, Presence::Possible);
            }
            self.ended = self.ended.max(presence);
        } else {
            if self.ended == Presence::Possible {
                self.operand(at, word, Presence::Possible);
            }
            self.option(at, text, presence.min(not(self.ended)));
        }
    }

    fn operands(&mut self, at: usize, word: &'w Word<'w>) {
        let owed = std::mem::replace(&mut self.owed, Presence::Absent);
        if owed == Presence::Present
            && let Some(option) = self.line.options.last_mut()
        {
            option.value = Value::Unknown;
        }
        // As the value of an option it is one word, and there may be more.
        self.operand(at, word, not(owed));
    }

    fn unknown(&mut self, at: usize, word: &'w Word<'w>) {
        if self.ended != Presence::Present {
            if self.owed == Presence::Present
                && let Some(option) = self.line.options.last_mut()
            {
                option.value = Value::Unknown;
            }
            self.line.is_open = true;
            self.ended = Presence::Possible;
            self.owed = Presence::Possible;
        }
        self.doubt(at);
        self.operand(at, word, Presence::Possible);
    }

    fn operand(&mut self, at: usize, word: &'w Word<'w>, presence: Presence) {
        let presence = presence.max(Presence::Possible);
        self.line.operands.push(Operand { at, word, presence });
        let first = !std::mem::replace(&mut self.is_past_subcommand, true);
        let ends = match self.line.syntax.order {
            Order::Permuted => false,
            Order::OperandEnds => true,
            Order::Subcommand(known) | Order::SubcommandAnywhere(known) => {
                if first && presence == Presence::Present {
                    self.line.subcommand = subcommand(known, word);
                    false
                } else {
                    self.line
                        .subcommand
                        .is_some_and(|known| known.operands == Operands::EndOptions)
                }
            }
        };
        if ends {
            self.ended = self.ended.max(presence);
            if presence == Presence::Present {
                self.line.rest.get_or_insert(at);
            }
        }
    }

    fn option(&mut self, at: usize, text: &'w [u8], presence: Presence) {
        match (text, self.line.syntax.style) {
            ([b'-', b'-', name @ ..], Style::SingleDash) => {
                self.word(at, name, Dashes::One, presence)
            }
            ([b'-', b'-', name @ ..], _) => self.word(at, name, Dashes::Two, presence),
            ([b'-', name @ ..], Style::SingleDash) => self.word(at, name, Dashes::One, presence),
            ([_, letters @ ..], _) => self.letters(at, letters, presence),
            ([], _) => {}
        }
    }

    /// An option that is a word: `--name` or `--name=value`.
    fn word(&mut self, at: usize, text: &'w [u8], dashes: Dashes, presence: Presence) {
        let equals = text.iter().position(|byte| *byte == b'=');
        let (name, value) = match equals {
            Some(equals) => (
                &text[..equals],
                Some(OsStr::from_bytes(&text[equals + 1..])),
            ),
            None => (text, None),
        };
        let entry = self.long(name, dashes);
        let is_exact = entry.is_some_and(|entry| entry.is_called(name));
        if entry.is_none() || (!is_exact && self.line.syntax.listing == Listing::Part) {
            self.doubt(at);
        }
        let takes = entry.map(|entry| entry.takes);
        let mut found = Found {
            at,
            spelling: name,
            dashes,
            entry,
            value: value.map_or(Value::None, Value::Text),
            presence,
        };
        match takes {
            _ if value.is_some() => {}
            Some(Takes::Nothing | Takes::Attached) => {}
            Some(Takes::Value) => found.value = self.owe(presence),
            Some(Takes::TwoValues) => found.value = self.two_values(at),
            Some(Takes::Command) => found.value = self.command(at),
            None => {
                found.value = self.owe(Presence::Possible);
            }
        }
        self.line.options.push(found);
    }

    /// Options of one letter in one word.
    fn letters(&mut self, at: usize, letters: &'w [u8], presence: Presence) {
        let is_known = !std::ptr::eq(self.line.syntax, &raw const ANY);
        if !is_known {
            self.line.options.push(Found {
                at,
                spelling: letters,
                dashes: Dashes::One,
                entry: None,
                value: Value::Unknown,
                presence,
            });
        }
        let mut presence = match is_known || letters.len() == 1 {
            true => presence,
            false => presence.min(Presence::Possible),
        };
        for (index, letter) in letters.iter().enumerate() {
            let rest = &letters[index + 1..];
            let entry = self.short(*letter);
            let mut found = Found {
                at,
                spelling: std::slice::from_ref(letter),
                dashes: Dashes::Letter,
                entry,
                value: Value::None,
                presence,
            };
            match entry.map(|entry| entry.takes) {
                Some(Takes::Nothing) => {}
                Some(Takes::Attached | Takes::Value) if !rest.is_empty() => {
                    found.value = Value::Text(OsStr::from_bytes(rest));
                    self.line.options.push(found);
                    if presence == Presence::Present {
                        return;
                    }
                    // The letter in front of this one may already have taken the rest.
                    continue;
                }
                Some(Takes::Attached) => {}
                Some(Takes::Value | Takes::TwoValues | Takes::Command) => {
                    found.value = self.owe(presence)
                }
                None => {
                    self.doubt(at);
                    found.value = self.owe(Presence::Possible);
                    self.line.options.push(found);
                    presence = presence.min(Presence::Possible);
                    continue;
                }
            }
            self.line.options.push(found);
        }
    }

    /// The first word of tar may be letters without a dash, whose values are the next words.
    fn old_tar(&mut self) {
        let Some(Word::Text(text)) = self.words.first() else {
            return;
        };
        let letters = text.as_bytes();
        if letters.is_empty() || letters[0] == b'-' {
            return;
        }
        self.at = 1;
        for letter in letters {
            let entry = self.short(*letter);
            let mut value = Value::None;
            if entry.is_none() {
                self.doubt(0);
            }
            if entry.is_some_and(|entry| entry.takes == Takes::Value) {
                value = match self.words.get(self.at) {
                    Some(Word::Text(text)) => Value::Text(text),
                    _ => Value::Unknown,
                };
                if !matches!(self.words.get(self.at), Some(Word::Unknown)) {
                    self.at += 1;
                }
            }
            self.line.options.push(Found {
                at: 0,
                spelling: std::slice::from_ref(letter),
                dashes: Dashes::Letter,
                entry,
                value,
                presence: Presence::Present,
            });
        }
    }

    /// Takes two words, and tells the first.
    fn two_values(&mut self, at: usize) -> Value<'w> {
        match self.words.get(self.at..self.at + 2) {
            Some([Word::Text(first), Word::Text(_)]) => {
                self.at += 2;
                Value::Text(first)
            }
            _ => {
                self.doubt(at);
                self.owe(Presence::Possible)
            }
        }
    }

    /// Takes the words of a command that ends with `;`, or with `{} +`.
    fn command(&mut self, at: usize) -> Value<'w> {
        let is = |word: &Word<'_>, expected: &str| matches!(word, Word::Text(text) if **text == *expected);
        let first = self.at;
        let mut last_is_braces = false;
        while let Some(word) = self.words.get(self.at) {
            self.at += 1;
            if is(word, ";") || (last_is_braces && is(word, "+")) {
                return Value::Words(first, self.at - 1);
            }
            last_is_braces = is(word, "{}") || *word == Word::Operands;
        }
        self.doubt(at);
        Value::Words(first, self.words.len())
    }

    /// The next word is the value of the last option, which is filled in when it is.
    fn owe(&mut self, presence: Presence) -> Value<'w> {
        self.owed = self.owed.max(presence);
        match presence {
            Presence::Present => Value::None,
            _ => Value::Unknown,
        }
    }

    fn doubt(&mut self, at: usize) {
        self.line.doubt.get_or_insert(at);
    }

    fn short(&self, letter: u8) -> Option<Entry> {
        let is_it = |entry: &Entry| entry.is_called(&[letter]);
        self.line
            .tables()
            .find_map(|table| entries(table).find(is_it))
    }

    /// The option called `name`, or the only one that this abbreviates.
    fn long(&self, name: &[u8], dashes: Dashes) -> Option<Entry> {
        let exact = |table| entries(table).find(|entry| entry.is_called(name));
        if (name.len() > 1 || dashes == Dashes::One)
            && let Some(entry) = self.line.tables().find_map(exact)
        {
            return Some(entry);
        }
        if dashes == Dashes::One || name.is_empty() {
            return None;
        }
        let mut matching = self
            .line
            .tables()
            .flat_map(entries)
            .filter(|entry| entry.begins_with(name));
        let found = matching.next()?;
        matching.all(|other| other == found).then_some(found)
    }
}

/// Whether something else is there, if this is.
fn not(presence: Presence) -> Presence {
    match presence {
        Presence::Absent => Presence::Present,
        Presence::Possible => Presence::Possible,
        Presence::Present => Presence::Absent,
    }
}

fn subcommand(known: &'static [Subcommand], word: &Word<'_>) -> Option<&'static Subcommand> {
    let Word::Text(name) = word else {
        return None;
    };
    known.iter().find(|subcommand| {
        let mut names = subcommand.names.split('|');
        names.any(|known| known.as_bytes() == name.as_bytes())
    })
}
