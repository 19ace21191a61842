//! The lines of a file that say what a rule of it matches, held against the rule.

use super::case::Case;
use super::error::Text;
use super::rule::{Outcome, Rule};
use super::{Decision, RuleError};
use crate::command::shell::{self, Script, Why};
use crate::command::{Layer, Names, Word, take_apart};
use crate::request::{EnvChanges, Request};
use std::ffi::{OsStr, OsString};
use std::ops::Range;

/// A command line, and whether the rule is to match it.
pub(super) struct SelfTest {
    pub(super) line: Line,
    pub(super) expected: Expected,
    pub(super) span: Range<usize>,
}

pub(super) enum Line {
    /// As it is typed into a shell.
    Text(String),
    /// Word by word.
    Words(Vec<Box<str>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Match,
    NoMatch,
}

/// Programs are what they are called: nothing is looked up.
struct AsWritten;

impl Names for AsWritten {
    fn each_name(&self, _: &Layer<'_>, _: &mut dyn FnMut(&OsStr)) {}
}

/// A command to be taken apart, and whether it is the shell that was put in front of a line.
struct Command {
    words: Vec<OsString>,
    shell: Shell,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shell {
    NotAdded,
    Added,
}

impl SelfTest {
    /// Holds the line against the rule alone, as decisions do: it is taken apart, and the rule has to
    /// match one of the layers, or none.
    ///
    /// # Errors
    /// It is not as expected; the error says what is.
    pub(super) fn check(&self, rule: &Rule, text: &Text<'_>) -> Result<(), RuleError> {
        let id = &rule.place.id;
        let error = |message: String, help: &str| {
            Err(text.error(self.span.clone(), message, help.to_owned()))
        };
        let command = match self.command() {
            Ok(command) => command,
            Err(why) => return error(why, "correct the command line"),
        };
        let Some((program, args)) = command.words.split_first() else {
            return error(
                "the command line is empty".to_owned(),
                "write a command, or take the entry out",
            );
        };
        let request = Request {
            program,
            args,
            cwd: None,
            env: &EnvChanges::default(),
        };
        let layers = take_apart(&request, &AsWritten);
        let outcome = strongest(rule, &layers, command.shell);
        let could_match = match outcome {
            Outcome::Matches => true,
            Outcome::CouldMatch(_) => rule.place.decision != Decision::Allow,
            Outcome::No(_) => false,
        };
        match self.expected {
            Expected::Match if outcome != Outcome::Matches => error(
                format!("`{id}` is to match this and does not: {outcome}"),
                "change the rule, or write the line into `not_match`",
            ),
            Expected::NoMatch if could_match => error(
                format!("`{id}` is not to match this: {outcome}"),
                "change the rule, or write the line into `match`",
            ),
            Expected::Match | Expected::NoMatch => Ok(()),
        }
    }

    /// The command that the line is: its words where it is no more than that, else a shell with it.
    ///
    /// # Errors
    /// No shell would accept the line.
    fn command(&self) -> Result<Command, String> {
        let text = match &self.line {
            Line::Words(words) => {
                return Ok(Command {
                    words: words.iter().map(|word| OsString::from(&**word)).collect(),
                    shell: Shell::NotAdded,
                });
            }
            Line::Text(text) => text,
        };
        let script = shell::parse(OsStr::new(text));
        let is_broken = |why: &&Why| matches!(why, Why::Syntax(_) | Why::Unterminated(_));
        let of_commands = script.commands.iter().flat_map(|command| &command.opaque);
        if let Some(why) = script.opaque.iter().chain(of_commands).find(is_broken) {
            return Err(format!("the command line is no command: {}", why.text()));
        }
        if let Some(words) = plain_words(&script) {
            return Ok(Command {
                words,
                shell: Shell::NotAdded,
            });
        }
        Ok(Command {
            words: ["sh", "-c", text].map(OsString::from).into(),
            shell: Shell::Added,
        })
    }
}

/// The words of a script that is a single command of plain words.
fn plain_words(script: &Script) -> Option<Vec<OsString>> {
    let command = match &script.commands[..] {
        [] if script.is_literal() => return Some(Vec::new()),
        [command] if script.is_literal() => command,
        _ => return None,
    };
    let is_plain = command.assignments.is_empty()
        && command.writes.is_empty()
        && command.reads.is_empty()
        && command.through.is_empty();
    let words = command.words.iter().map(|word| match word {
        Word::Text(text) => Some(text.clone().into_owned()),
        Word::Operands | Word::Unknown => None,
    });
    is_plain.then(|| words.collect()).flatten()
}

/// What the rule says of the layer that it matches most. A shell that was only put in front of a line
/// does not count, unless it says something of the line as a whole.
fn strongest<'l>(rule: &'l Rule, layers: &'l [Layer<'l>], shell: Shell) -> Outcome<'l> {
    let mut strongest: Option<Outcome<'l>> = None;
    for (at, layer) in layers.iter().enumerate() {
        if at == 0 && shell == Shell::Added && layer.opaque.is_none() && layer.writes.is_empty() {
            continue;
        }
        let outcome = rule.examine(0, &Case::supposed(layer));
        if strongest.is_none_or(|known| outcome.is_stronger_than(&known)) {
            strongest = Some(outcome);
        }
    }
    strongest.unwrap_or(Outcome::No(super::rule::Part::Program))
}
