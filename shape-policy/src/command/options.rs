//! What the words of a command are: options, values of options, operands.
//!
//! `git -C . push` has the operand `push`, not `.`, and that takes a table: which options take a value.
//! [`Syntax::of`] has it for well-known tools, [`scan`] reads words by it. A tool that is not known may
//! give any of its options a value, so what follows one of them is [`Presence::Possible`]; the same
//! holds for everything that a [`Word::Unknown`] may change the meaning of. [`Presence::Present`] and
//! [`Presence::Absent`] are proven.
//!
//! ```ignore
//! let line = scan(Syntax::of(OsStr::new("git")), &layer.args);
//! line.has("--output")                      // `-o x`, `-ox`, `--output=x`, `--outp x`: one option
//! line.operands                             // what is no option, and whether that is certain
//! ```
//!
//! # Source
//! getopt(3), POSIX XBD 12.2 "Utility Syntax Guidelines", and the man pages of the tools.

mod line;
mod scan;
mod tools;

pub(crate) use scan::scan;

use super::Word;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// How a tool reads its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syntax {
    /// Its options, with blanks between them.
    ///
    /// | entry | means |
    /// | --- | --- |
    /// | `-abc` | flags of one letter |
    /// | `:def` | options of one letter with a value |
    /// | `o\|output=` | the spellings of one option, which takes a value |
    /// | `color?` | an option whose value may be missing, and is never a word of its own |
    /// | `fprintf==` | an option that takes two words |
    /// | `exec;` | an option that takes the words up to `;`, or up to `{} +` |
    /// | `f\|force` | a flag |
    pub(crate) options: &'static str,
    pub(crate) order: Order,
    pub(crate) style: Style,
    pub(crate) listing: Listing,
}

/// Where options may stand.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    /// Anywhere in front of `--`.
    Permuted,
    /// In front of the first operand; what follows it belongs to another command.
    OperandEnds,
    /// Those of the tool in front of the subcommand, those of the subcommand after it.
    Subcommand(&'static [Subcommand]),
    /// Those of the tool anywhere, those of the subcommand after it, where they go before.
    SubcommandAnywhere(&'static [Subcommand]),
}

/// A subcommand and its own options.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subcommand {
    /// Its names, with `|` between them.
    pub(crate) names: &'static str,
    /// As [`Syntax::options`] has them.
    pub(crate) options: &'static str,
    pub(crate) operands: Operands,
}

/// What the operands of a subcommand end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operands {
    /// Options may follow them.
    Permuted,
    /// The first one ends the options: `docker run IMAGE COMMAND…`.
    EndOptions,
}

/// What an option looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `-abc` is three options, `--abc` is one and may be abbreviated.
    Gnu,
    /// `-abc` is one option, and `--abc` the same one: find, go, terraform.
    SingleDash,
    /// As [`Self::Gnu`], and the first word may do without its dash: tar.
    OldTar,
}

/// Whether a table has all options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// The tool refuses any other.
    Whole,
    /// There are others, which may take a value.
    Part,
}

/// The syntax of a tool that nothing is known of.
static ANY: Syntax = Syntax {
    options: "",
    order: Order::Permuted,
    style: Style::Gnu,
    listing: Listing::Part,
};

impl Syntax {
    /// The syntax of the tool called `program`, by the last part of that path.
    pub(crate) fn of(program: &OsStr) -> Option<&'static Self> {
        let path = program.as_bytes();
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        tools::find(name)
    }
}

/// Whether something is there, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Presence {
    /// It is proven to be missing.
    Absent,
    /// It may be there.
    Possible,
    /// It is proven to be there.
    Present,
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    /// The rest of its word, or the next word.
    Value,
    /// The rest of its word, if there is one.
    Attached,
    /// The next two words, of which the first is the value that is told.
    TwoValues,
    /// The words up to `;`, or up to `{} +`.
    Command,
}

/// One option of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its spellings, with `|` between them.
    names: &'static str,
    pub(crate) takes: Takes,
}

impl Entry {
    /// The first of its spellings, without dashes.
    pub(crate) fn name(&self) -> &'static str {
        self.names.split('|').next().unwrap_or_default()
    }

    /// Whether one of its spellings is `name`.
    fn is_called(&self, name: &[u8]) -> bool {
        let mut names = self.names.as_bytes().split(|byte| *byte == b'|');
        names.any(|known| known == name)
    }

    /// Whether one of its spellings begins with `name`.
    fn begins_with(&self, name: &[u8]) -> bool {
        self.names
            .split('|')
            .any(|known| known.len() > 1 && known.as_bytes().starts_with(name))
    }
}

/// The options of a table.
fn entries(table: &'static str) -> impl Iterator<Item = Entry> {
    table.split_ascii_whitespace().flat_map(|text| {
        let (letters, takes) = match text.as_bytes() {
            [b'-', ..] => (&text[1..], Takes::Nothing),
            [b':', ..] => (&text[1..], Takes::Value),
            _ => ("", Takes::Nothing),
        };
        let whole = letters.is_empty().then(|| entry(text));
        let each = (0..letters.len()).filter_map(move |at| {
            let names = letters.get(at..=at)?;
            Some(Entry { names, takes })
        });
        whole.into_iter().chain(each)
    })
}

fn entry(text: &'static str) -> Entry {
    let (names, takes) = match text.as_bytes().last() {
        Some(b'=') if text.ends_with("==") => (&text[..text.len() - 2], Takes::TwoValues),
        Some(b'=') => (&text[..text.len() - 1], Takes::Value),
        Some(b'?') if text.len() > 1 => (&text[..text.len() - 1], Takes::Attached),
        Some(b';') => (&text[..text.len() - 1], Takes::Command),
        _ => (text, Takes::Nothing),
    };
    Entry { names, takes }
}

/// The words of a command, read.
#[derive(Debug)]
pub(crate) struct CommandLine<'w> {
    /// Every option, in order.
    pub(crate) options: Vec<Found<'w>>,
    /// Every word that is or may be an operand, in order; what follows [`Self::rest`] is among them.
    pub(crate) operands: Vec<Operand<'w>>,
    /// The index of the operand that ends the options, where one does ([`Order::OperandEnds`]).
    pub(crate) rest: Option<usize>,
    /// The index of the first word that makes what follows it doubtful, or that the tool refuses: an
    /// option that is not listed, a value that is missing, a word that is not known.
    pub(crate) doubt: Option<usize>,
    /// There may be options that are not in [`Self::options`].
    is_open: bool,
    syntax: &'static Syntax,
    /// The options of the subcommand, if one was read.
    subcommand: Option<&'static Subcommand>,
}

/// An option that was read.
#[derive(Debug, Clone)]
pub(crate) struct Found<'w> {
    /// The index of its word.
    pub(crate) at: usize,
    /// What is written, without dashes and value.
    pub(crate) spelling: &'w [u8],
    dashes: Dashes,
    /// Which option it is, if that is known.
    pub(crate) entry: Option<Entry>,
    pub(crate) value: Value<'w>,
    /// [`Presence::Present`] or [`Presence::Possible`].
    pub(crate) presence: Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dashes {
    /// A letter of a word with one dash.
    Letter,
    /// A whole word with one dash.
    One,
    /// A word with two dashes.
    Two,
}

impl Found<'_> {
    /// The first spelling of the option in its table; empty if it is in none.
    pub(crate) fn name(&self) -> &'static str {
        self.entry.map_or("", |entry| entry.name())
    }
}

/// The value of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'w> {
    /// It has none.
    None,
    /// This text.
    Text(&'w OsStr),
    /// The words from the first index to the one in front of the second: the command of `-exec`.
    Words(usize, usize),
    /// It may have one, or has one that is not known.
    Unknown,
}

/// A word that is an operand, or may be one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand<'w> {
    /// The index of its word.
    pub(crate) at: usize,
    pub(crate) word: &'w Word<'w>,
    /// [`Presence::Possible`] if it may be the value of an option instead.
    pub(crate) presence: Presence,
}

#[cfg(test)]
mod tests;
