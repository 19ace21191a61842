//! What a command string says: its commands, and what about them is not known.

use super::builtins::Kind;
use crate::command::Word;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// Reasons that are kept of one command; the first ones are enough to say why.
const REASONS: usize = 8;

/// Everything that a command string would run, as far as it is written out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// The simple commands in the order of the text: also those in the bodies of compound commands and
    /// functions, in substitutions, in what `eval` is given and in traps.
    pub(crate) commands: Vec<Command>,
    /// What is not known of the whole.
    pub(crate) opaque: Vec<Why>,
}

impl Script {
    /// Whether every command and every word of it is known.
    pub(crate) fn is_literal(&self) -> bool {
        self.opaque.is_empty()
            && self
                .commands
                .iter()
                .all(|command| command.opaque.is_empty())
    }
}

/// A simple command: what stands between two `;`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// The assignments in front, in order.
    pub(crate) assignments: Vec<(OsString, Word<'static>)>,
    /// The command and its arguments, without quotes. Empty if there are only assignments and
    /// redirections, or if these are the redirections of a compound command that stands before.
    pub(crate) words: Vec<Word<'static>>,
    /// Files that are opened for writing.
    pub(crate) writes: Vec<Word<'static>>,
    /// Files that are opened for reading.
    pub(crate) reads: Vec<Word<'static>>,
    /// Whether the command is a part of the shell.
    pub(crate) kind: Kind,
    /// The words that were taken off its front because they only start the rest: `exec`, `command`.
    pub(crate) through: Vec<&'static str>,
    /// Where it stands.
    pub(crate) place: Place,
    /// Why it is not known what runs or what it is given. Empty: all is known.
    pub(crate) opaque: Vec<Why>,
}

impl Command {
    /// The command word, if it is known.
    pub(crate) fn name(&self) -> Option<&OsStr> {
        match self.words.first()? {
            Word::Text(text) => Some(text),
            Word::Operands | Word::Unknown => None,
        }
    }

    /// Nothing at all, not even a redirection.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
            && self.assignments.is_empty()
            && self.writes.is_empty()
            && self.reads.is_empty()
            && self.opaque.is_empty()
    }

    pub(super) fn add(&mut self, why: Why) {
        add(&mut self.opaque, why);
    }
}

/// Adds a reason, unless it is there or there are enough.
pub(super) fn add(reasons: &mut Vec<Why>, why: Why) {
    if reasons.len() < REASONS && !reasons.contains(&why) {
        reasons.push(why);
    }
}

/// Where in a script a command stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// In the body of a function.
    pub(crate) function: bool,
    /// A part of a pipeline of more than one command.
    pub(crate) pipeline: bool,
    /// Not waited for.
    pub(crate) background: bool,
    /// In a loop.
    pub(crate) repeated: bool,
    /// In a command or process substitution.
    pub(crate) substituted: bool,
    /// In the action of a trap.
    pub(crate) trapped: bool,
}

impl Place {
    /// Whether it may run after what stands behind it in the text.
    pub(super) fn may_run_later(self) -> bool {
        self.function || self.repeated || self.trapped
    }
}

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// `$(…)` or backquotes.
    CommandSubstitution,
    /// `$name` or `${…}`, by name.
    Parameter(OsString),
    /// `$((…))`, `((…))` or what a builtin computes.
    Arithmetic,
    /// `<(…)` or `>(…)`.
    ProcessSubstitution,
    /// `$'…'`, which only some shells decode; the text is the decoded one.
    AnsiQuotes,
    /// `{a,b}`.
    Braces,
    /// `~`.
    Tilde,
    /// A pattern that may match a name with `-` in front, or that is not an argument.
    Pattern,
    /// `!x`.
    History,
    /// The command word itself is not known.
    CommandWord,
    /// Shells read this differently.
    Dialect(&'static str),
    /// The end is missing of what is named.
    Unterminated(&'static str),
    /// No shell accepts it, or none but some.
    Syntax(&'static str),
    /// Nested too deep to be looked at.
    TooDeep,
    /// Too long to be looked at.
    TooLong,
    /// A NUL byte.
    Nul,
    /// The script has a function of this name.
    Function(OsString),
    /// This variable is set, which changes what runs.
    Variable(OsString),
    /// A builtin that runs or changes what cannot be seen here.
    Builtin(&'static str),
    /// What that builtin did before may change what this is.
    After(&'static str),
    /// A relative path after the directory was changed.
    Moved,
    /// A function that starts itself more than once at a time.
    ForkBomb,
    /// A redirection that bash makes to the network.
    Network,
}

impl Why {
    /// The reason in words, as the end of a sentence that begins with the command.
    pub(crate) fn text(&self) -> Cow<'static, str> {
        match self {
            Self::CommandSubstitution => "it holds the output of another command".into(),
            Self::Parameter(name) if name.is_empty() => "it holds the value of a variable".into(),
            Self::Parameter(name) => format!("it holds the value of `{}`", shown(name)).into(),
            Self::Arithmetic => "it holds a computation".into(),
            Self::ProcessSubstitution => "it holds a process substitution".into(),
            Self::AnsiQuotes => "it holds `$'…'`, which only some shells decode".into(),
            Self::Braces => "it holds braces that some shells expand".into(),
            Self::Tilde => "it holds a `~` that the shell replaces".into(),
            Self::Pattern => "it holds a pattern that may match anything".into(),
            Self::History => "it holds a `!` that some shells replace".into(),
            Self::CommandWord => "what it runs is not written out".into(),
            Self::Dialect(what) => format!("shells read {what} differently").into(),
            Self::Unterminated(what) => format!("the end of {what} is missing").into(),
            Self::Syntax(what) => format!("it is not understood: {what}").into(),
            Self::TooDeep => "it is nested too deep".into(),
            Self::TooLong => "it is too long to be looked at".into(),
            Self::Nul => "it holds a NUL byte".into(),
            Self::Function(name) => format!("the script has a function `{}`", shown(name)).into(),
            Self::Variable(name) => {
                format!("the script sets `{}`, which changes what runs", shown(name)).into()
            }
            Self::Builtin(name) => format!("`{name}` runs or changes what is not seen").into(),
            Self::After(name) => format!("`{name}` before it may change what it is").into(),
            Self::Moved => "it is a relative path, and the directory was changed before".into(),
            Self::ForkBomb => "a function starts itself without end".into(),
            Self::Network => "bash makes a network connection of this redirection".into(),
        }
    }
}

/// A name on one line, with nothing in it that a terminal obeys.
fn shown(name: &OsStr) -> String {
    String::from_utf8_lossy(name.as_bytes())
        .escape_debug()
        .to_string()
}
