//! One rule, and whether it holds.

use super::args::{ArgPattern, Certainty, holds, path_fits};
use super::case::Case;
use super::glob::Pattern;
use super::program::ProgramPattern;
use super::words::Words;
use super::{Decision, RuleRef};
use crate::command::Word;
use crate::command::options::Presence;
use std::ffi::OsStr;
use std::fmt;
use std::sync::Arc;

/// What a rule says of a command. All that it says must hold.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) place: Arc<RuleRef>,
    /// One of these is the program.
    pub(super) programs: Vec<ProgramPattern>,
    /// What its operands begin with.
    pub(super) args: Vec<ArgPattern>,
    /// What its arguments begin with as they are written, or are.
    pub(super) words: Option<Words>,
    /// Of each of these, one option is there.
    pub(super) require: Vec<Vec<Box<str>>>,
    /// None of these is there.
    pub(super) forbid: Vec<Box<str>>,
    /// A variable of such a name is set on the way.
    pub(super) sets: Vec<Pattern>,
    /// The shell opens such a file for writing.
    pub(super) writes: Vec<Pattern>,
    /// It is opaque for such a reason.
    pub(super) opaque: Vec<Pattern>,
    pub(super) reach: Reach,
}

/// How far a rule that allows goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To what is known whole.
    Known,
    /// To whatever the program is told to run.
    Everything,
}

/// Whether a rule holds for a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome<'r> {
    /// All that it says does.
    Matches,
    /// It could: this is not known.
    CouldMatch(Part<'r>),
    /// It does not: this is otherwise.
    No(Part<'r>),
}

/// A part of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'r> {
    Program,
    Args,
    /// An option of `forbid_options`.
    Forbidden(&'r str),
    /// An entry of `require_options`, by its first option.
    Required(&'r str),
    Sets,
    Writes,
    /// What is not known of the layer.
    Unknowns,
    /// The layer is opaque, for this reason.
    Opaque(&'r str),
}

impl fmt::Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Matches => f.write_str("it matches"),
            Self::No(part) => match part {
                Part::Program => f.write_str("it is about another program"),
                Part::Args => f.write_str("the arguments are others"),
                Part::Forbidden(option) => write!(f, "`{option}` is there"),
                Part::Required(option) => write!(f, "`{option}` is not there"),
                Part::Sets => f.write_str("no such variable is set"),
                Part::Writes => f.write_str("no such file is written"),
                Part::Unknowns => f.write_str("it is not opaque for such a reason"),
                Part::Opaque(why) => f.write_str(why),
            },
            Self::CouldMatch(part) => match part {
                Part::Program => f.write_str("the program is not known"),
                Part::Args => f.write_str("not all arguments are known"),
                Part::Forbidden(option) | Part::Required(option) => {
                    write!(f, "`{option}` could be there")
                }
                Part::Sets => f.write_str("what is set is not known"),
                Part::Writes => f.write_str("what is written is not known"),
                Part::Unknowns => f.write_str("why it is opaque is not known"),
                Part::Opaque(why) => f.write_str(why),
            },
        }
    }
}

impl Outcome<'_> {
    /// `matches`, `could match` or `no`.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::CouldMatch(_) => "could match",
            Self::No(_) => "no",
        }
    }

    /// Whether it says more: that the rule matches, or could, or that at least the program is its own.
    pub(super) fn is_stronger_than(&self, other: &Self) -> bool {
        self.strength() > other.strength()
    }

    fn strength(&self) -> u8 {
        match self {
            Self::No(Part::Program) => 0,
            Self::No(_) => 1,
            Self::CouldMatch(_) => 2,
            Self::Matches => 3,
        }
    }
}

impl Rule {
    /// Whether it holds for `case`. Its number is `index`.
    pub(super) fn examine<'r>(&'r self, index: u32, case: &Case<'r>) -> Outcome<'r> {
        if self.place.decision == Decision::Allow {
            return self.examine_to_allow(case);
        }
        let linked = case.linked.binary_search(&index).is_ok();
        let elsewhere = linked || self.programs.iter().any(|program| program.is_at(case));
        // A program may read its arguments differently under each of its names.
        let mut strongest = Outcome::No(Part::Program);
        for (at, name) in case.names.iter().enumerate() {
            let is_called = || self.programs.iter().any(|program| program.is_called(name));
            if elsewhere || is_called() {
                let outcome = self.examine_words(case, at);
                if outcome.is_stronger_than(&strongest) {
                    strongest = outcome;
                }
            }
        }
        strongest
    }

    fn examine_to_allow<'r>(&'r self, case: &Case<'r>) -> Outcome<'r> {
        if !self.programs.iter().any(|program| program.allows(case)) {
            return Outcome::No(Part::Program);
        }
        match (self.examine_words(case, 0), &case.layer.opaque) {
            (Outcome::No(part), _) => Outcome::No(part),
            (outcome, None) => outcome,
            (outcome, Some(_)) if self.reach == Reach::Everything => outcome,
            (_, Some(why)) => Outcome::CouldMatch(Part::Opaque(why)),
        }
    }

    /// Whether the arguments and what is around them are as the rule says, read as the program of that
    /// name reads them.
    fn examine_words<'r>(&'r self, case: &Case<'r>, name: usize) -> Outcome<'r> {
        let mut doubt = None;
        for condition in self.conditions(case, name) {
            match condition {
                (Presence::Present, _) => {}
                (Presence::Possible, part) => doubt = doubt.or(Some(part)),
                (Presence::Absent, part) => return Outcome::No(part),
            }
        }
        match doubt {
            Some(part) => Outcome::CouldMatch(part),
            None => Outcome::Matches,
        }
    }

    fn conditions<'r>(
        &'r self,
        case: &Case<'r>,
        name: usize,
    ) -> impl Iterator<Item = (Presence, Part<'r>)> {
        let certainty = match self.place.decision {
            Decision::Allow => Certainty::Proven,
            Decision::Ask | Decision::Deny => Certainty::Suspected,
        };
        let args = (!self.args.is_empty()).then(move || {
            let operands = &case.line(name).operands;
            (holds(&self.args, operands, certainty), Part::Args)
        });
        let words = self.words.as_ref();
        let words = words.map(|words| (words.holds(&case.layer.args, certainty), Part::Args));
        let require = self.require.iter().map(move |options| {
            let each = options.iter().map(|option| case.line(name).has(option));
            let presence = each.max().unwrap_or(Presence::Absent);
            let first = options.first().map_or("", |option| option);
            (presence, Part::Required(first))
        });
        let forbid = self.forbid.iter().map(move |option| {
            let absence = match case.line(name).has(option) {
                Presence::Present => Presence::Absent,
                Presence::Possible => Presence::Possible,
                Presence::Absent => Presence::Present,
            };
            (absence, Part::Forbidden(option))
        });
        let sets = (!self.sets.is_empty()).then(|| {
            let mut names = case.layer.sets.iter().map(|(name, _)| name);
            (
                presence(names.any(|name| matches_any(&self.sets, name))),
                Part::Sets,
            )
        });
        let writes = (!self.writes.is_empty()).then(|| {
            let each = case.layer.writes.iter().map(|target| match target {
                Word::Text(target) => {
                    let fits = |pattern: &Pattern| path_fits(pattern, target, certainty);
                    presence(self.writes.iter().any(fits))
                }
                Word::Operands | Word::Unknown => Presence::Possible,
            });
            (each.max().unwrap_or(Presence::Absent), Part::Writes)
        });
        let opaque = (!self.opaque.is_empty()).then(|| {
            let why = case.layer.opaque.as_deref();
            let is_such = why.is_some_and(|why| matches_any(&self.opaque, OsStr::new(why)));
            (presence(is_such), Part::Unknowns)
        });
        // What is cheap and what most rules say comes first.
        sets.into_iter()
            .chain(writes)
            .chain(opaque)
            .chain(words)
            .chain(args)
            .chain(require)
            .chain(forbid)
    }
}

fn matches_any(patterns: &[Pattern], text: &OsStr) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

fn presence(is_there: bool) -> Presence {
    match is_there {
        true => Presence::Present,
        false => Presence::Absent,
    }
}
