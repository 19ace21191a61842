//! What rules say about a command.
//!
//! Rules come from TOML files, from flags, and from a built-in pack. Each is about one layer of a command:
//! its program, its operands and options, the variables that are set for it and the files that the shell
//! writes for it. `deny` beats `ask` beats `allow`, whichever of them says more precisely what it means,
//! so that one more rule never makes a denied command run. Of the strongest rules that match, the first
//! is named; sources come in the order of [`RuleSource`], the rules of a file in theirs.
//!
//! Whether a rule matches has three answers, since not everything about a command is known before it
//! runs. A rule that denies or asks and *could* match makes the decision at least [`Decision::Ask`]. A
//! rule that allows only counts where it is proven to match, and never where the layer is opaque.

mod args;
mod builder;
mod case;
mod entry;
mod error;
mod file;
mod files;
mod glob;
mod grant;
mod program;
mod rule;
mod self_test;
#[cfg(test)]
mod tests;
mod words;

pub use builder::RuleSetBuilder;
pub use entry::ProgramEntry;
pub use error::RuleError;
pub use grant::{ProcessGrant, Programs};
pub(crate) use rule::Outcome;

use crate::command::Layer;
use crate::remote::os_text;
use crate::resolve::Resolver;
use crate::resolve::program::Program;
use case::Case;
use files::Files;
use program::ProgramPattern;
use rule::{Reach, Rule};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What is to be done with a command. The later one beats the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It may run.
    Allow,
    /// Somebody has to be asked.
    Ask,
    /// It may not run.
    Deny,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        })
    }
}

/// Where a rule comes from, in the order in which rules are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RuleSource {
    /// The file of whoever manages the machine. It only denies and asks.
    Managed,
    /// A flag.
    Flag,
    /// The user's own file.
    User,
    /// The file of the project. Until it is trusted, it only denies and asks.
    Project,
    /// The pack that comes with the library. It only denies and asks.
    Builtin,
}

impl fmt::Display for RuleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Managed => "managed",
            Self::Flag => "flag",
            Self::User => "user",
            Self::Project => "project",
            Self::Builtin => "builtin",
        })
    }
}

/// Which rule it is, where it stands, and what it decides. It displays as `git-readonly (FILE:LINE)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleRef {
    /// Its `id`; for an entry of a flag the flag with the entry, `--deny-process=rm`.
    pub id: String,
    /// Where it comes from.
    pub source: RuleSource,
    /// The file that it stands in.
    #[serde(with = "os_text")]
    pub file: Option<PathBuf>,
    /// The line in the file at which it begins, from 1.
    pub line: Option<u32>,
    /// What it decides.
    pub decision: Decision,
    /// What it says is the reason.
    pub reason: Option<String>,
}

impl RuleRef {
    /// Where it stands: `FILE:LINE`, or the name of its source.
    pub fn place(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{}:{line}", file.display()),
            (Some(file), None) => file.display().to_string(),
            _ => self.source.to_string(),
        }
    }
}

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        if let Some(file) = &self.file {
            f.write_str(" (")?;
            error::write_path(f, file)?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
            return f.write_str(")");
        }
        match self.source {
            RuleSource::Builtin => f.write_str(" (built in)"),
            _ => Ok(()),
        }
    }
}

/// A rule that is there and does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IgnoredRule {
    /// The rule.
    pub rule: Arc<RuleRef>,
    /// Why it does not count, and what would make it.
    pub why: String,
}

/// What files say that does not count.
#[derive(Default)]
struct Ignored {
    rules: Vec<IgnoredRule>,
    switches: Vec<String>,
}

/// The rules of a run: fixed, and cheap to share in an [`Arc`].
///
/// ```
/// use shape_policy::{RuleSet, RuleSource};
/// # use std::path::Path;
/// let text = r#"
///     [[rule]]
///     id = "git-readonly"
///     program = "git"
///     args = [["status", "log"]]
///     forbid_options = ["--output", "-c"]
///     decision = "allow"
///     match = ["git log -p"]
///     not_match = ["git push", "git log --output=/tmp/x"]
/// "#;
/// let rules = RuleSet::builder()
///     .builtin()
///     .text(RuleSource::User, Path::new("rules.toml"), text)
///     .build()?;
/// assert!(rules.rules().any(|rule| rule.id == "git-readonly"));
/// # Ok::<(), shape_policy::RuleError>(())
/// ```
pub struct RuleSet {
    /// In the order in which they are looked at.
    rules: Vec<Rule>,
    /// The rules that can only concern programs of a name, by that name.
    by_name: HashMap<Box<OsStr>, Vec<u32>>,
    /// The rules that name a path, by that path.
    by_path: HashMap<Box<OsStr>, Vec<u32>>,
    /// The others: those with globs.
    others: Vec<u32>,
    files: Files,
    ignored: Vec<IgnoredRule>,
    ignored_switches: Vec<String>,
}

/// What rules are asked about: one layer of a command, and the program that it runs.
pub(crate) struct Subject<'a> {
    pub(crate) layer: &'a Layer<'a>,
    /// The file; `None` if there is none, or if the layer is a part of the shell.
    pub(crate) program: Option<&'a Program>,
    /// All names that the program goes by; see [`Names`](crate::command::Names).
    pub(crate) names: &'a [OsString],
    /// Whether it was looked up by its bare name on the `PATH` of the host.
    pub(crate) is_from_hosts_path: bool,
    pub(crate) resolver: &'a Resolver,
}

/// What rules say of one layer. What is certain and what could be are kept apart: who may run anything is
/// stopped by what is certain alone, and a rule that could match hides none that does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// The first rule of those that match and make the strongest decision.
    pub(crate) certain: Option<Arc<RuleRef>>,
    /// The first rule that denies or asks and could match.
    pub(crate) doubt: Option<Doubt>,
    /// The rule, such as `sh!`, that allows this layer, also an opaque one, and with it all layers that it
    /// runs.
    pub(crate) covers_below: Option<Arc<RuleRef>>,
}

/// A rule that could match, and why that is not certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) rule: Arc<RuleRef>,
    pub(crate) why: String,
}

impl Judgement {
    /// What two sets of rules say together: the stronger decision; of two that are as strong, that of the
    /// source that is looked at first.
    pub(crate) fn or(self, other: Self) -> Self {
        let (first, second) = (self.certain.into_iter(), other.certain);
        let doubts = self.doubt.into_iter().chain(other.doubt);
        Self {
            certain: first
                .chain(second)
                .min_by_key(|rule| (Reverse(rule.decision), rule.source)),
            doubt: doubts.min_by_key(|doubt| doubt.rule.source),
            covers_below: self.covers_below.or(other.covers_below),
        }
    }
}

impl RuleSet {
    /// Collects rules.
    pub fn builder() -> RuleSetBuilder {
        RuleSetBuilder::default()
    }

    /// The rules of `grant` alone.
    pub(crate) fn of_grant(grant: &ProcessGrant) -> Self {
        Self::new(grant.rules().collect(), Ignored::default())
    }

    /// No rules.
    pub(crate) fn none() -> Self {
        Self::new(Vec::new(), Ignored::default())
    }

    /// The rules that count, in the order in which they are looked at.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<RuleRef>> {
        self.rules.iter().map(|rule| &rule.place)
    }

    /// The names of programs in rules that deny or ask. They mean those programs whatever these are called.
    pub(crate) fn watched_names(&self) -> impl Iterator<Item = &OsStr> {
        let restricting = self
            .rules
            .iter()
            .filter(|rule| rule.place.decision != Decision::Allow);
        let programs = restricting.flat_map(|rule| &rule.programs);
        programs.filter_map(|program| match program {
            ProgramPattern::Name(name) => Some(name.as_os_str()),
            _ => None,
        })
    }

    /// The rules that do not count, and why.
    pub fn ignored(&self) -> &[IgnoredRule] {
        &self.ignored
    }

    /// The ids of the built-in rules that a project's file switches off and that count all the same, as
    /// it is not trusted.
    pub fn ignored_switches(&self) -> &[String] {
        &self.ignored_switches
    }

    /// The strongest decision that any rule has for this layer, and the first rule that makes it.
    pub(crate) fn judge(&self, subject: &Subject<'_>) -> Judgement {
        let mut verdict = Verdict::default();
        if self.rules.is_empty() {
            return verdict.into_judgement(&self.rules);
        }
        let case = Case::new(subject, self.files.rules_of(subject));
        let mut look_at = |indexes: &[u32]| {
            for &index in indexes {
                let outcome = self.rules[index as usize].examine(index, &case);
                verdict.add(index, outcome, &self.rules);
            }
        };
        let named = case.names.iter().filter_map(|name| self.by_name.get(*name));
        named.for_each(|indexes| look_at(indexes));
        if !self.by_path.is_empty() {
            case.paths()
                .filter_map(|path| self.by_path.get(path.as_os_str()))
                .for_each(|indexes| look_at(indexes));
        }
        look_at(&case.linked);
        look_at(&self.others);
        verdict.into_judgement(&self.rules)
    }

    /// As [`RuleSet::judge`], and calls `each` with every rule, in order, and whether it matches.
    pub(crate) fn judge_all(
        &self,
        subject: &Subject<'_>,
        each: &mut dyn FnMut(&Arc<RuleRef>, Outcome<'_>),
    ) -> Judgement {
        let case = Case::new(subject, self.files.rules_of(subject));
        let mut verdict = Verdict::default();
        for (index, rule) in (0..).zip(&self.rules) {
            let outcome = rule.examine(index, &case);
            each(&rule.place, outcome);
            verdict.add(index, outcome, &self.rules);
        }
        verdict.into_judgement(&self.rules)
    }

    /// Puts rules in their order and makes them easy to find.
    fn new(mut rules: Vec<Rule>, ignored: Ignored) -> Self {
        rules.sort_by_key(|rule| rule.place.source);
        let mut by_name: HashMap<Box<OsStr>, Vec<u32>> = HashMap::new();
        let mut others = Vec::new();
        for (index, rule) in (0..).zip(&rules) {
            for program in &rule.programs {
                let found = match program {
                    ProgramPattern::Name(name) => {
                        by_name.entry(name.as_os_str().into()).or_default()
                    }
                    ProgramPattern::Path(_) => continue,
                    _ => &mut others,
                };
                if found.last() != Some(&index) {
                    found.push(index);
                }
            }
        }
        Self {
            files: Files::new(&rules),
            by_path: files::by_path(&rules),
            rules,
            by_name,
            others,
            ignored: ignored.rules,
            ignored_switches: ignored.switches,
        }
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rules()).finish()
    }
}

/// What the outcomes so far come to. The order in which they are added does not matter.
#[derive(Default)]
struct Verdict<'r> {
    /// The strongest decision of the rules that match, and the first of those that make it.
    certain: Option<(Reverse<Decision>, u32)>,
    doubt: Option<(u32, Outcome<'r>)>,
    covers_below: Option<u32>,
}

impl<'r> Verdict<'r> {
    fn add(&mut self, index: u32, outcome: Outcome<'r>, rules: &'r [Rule]) {
        let rule = &rules[index as usize];
        let decision = rule.place.decision;
        match (decision, outcome) {
            (_, Outcome::No(_)) | (Decision::Allow, Outcome::CouldMatch(_)) => {}
            (Decision::Ask | Decision::Deny, Outcome::CouldMatch(_)) => {
                if self.doubt.is_none_or(|(first, _)| index < first) {
                    self.doubt = Some((index, outcome));
                }
            }
            (_, Outcome::Matches) => {
                let this = (Reverse(decision), index);
                self.certain = Some(self.certain.map_or(this, |first| first.min(this)));
                if decision == Decision::Allow && rule.reach == Reach::Everything {
                    let first = self.covers_below.map_or(index, |first| first.min(index));
                    self.covers_below = Some(first);
                }
            }
        }
    }

    fn into_judgement(self, rules: &[Rule]) -> Judgement {
        let place = |index: u32| Arc::clone(&rules[index as usize].place);
        Judgement {
            certain: self.certain.map(|(_, index)| place(index)),
            doubt: self.doubt.map(|(index, outcome)| Doubt {
                rule: place(index),
                why: outcome.to_string(),
            }),
            covers_below: self.covers_below.map(place),
        }
    }
}
