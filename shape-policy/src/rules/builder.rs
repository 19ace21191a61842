//! From files, flags and the built-in pack to one set of rules.

use super::entry::ProgramEntry;
use super::error::{Text, nearest};
use super::file::{FileRule, MAX_FILE, RulesFile, load, read};
use super::grant::ProcessGrant;
use super::rule::Rule;
use super::{Decision, Ignored, IgnoredRule, RuleError, RuleSet, RuleSource};
use crate::error::PatternError;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rules that come with the library.
const BUILTIN: &str = include_str!("builtin.toml");

/// Collects rules for a [`RuleSet`]. The order of the calls matters only within a source.
#[derive(Debug, Default, Clone)]
#[must_use]
pub struct RuleSetBuilder {
    files: Vec<Input>,
    flags: Vec<Flag>,
    builtin: Option<Builtin>,
    project: Trust,
}

#[derive(Debug, Clone, Copy)]
struct Builtin;

#[derive(Debug, Clone)]
struct Input {
    source: RuleSource,
    file: PathBuf,
    /// What it says, if that is known already.
    text: Option<String>,
}

#[derive(Debug, Clone)]
enum Flag {
    Entry(Decision, String),
    Grant(ProcessGrant),
}

/// Whether rules of the project may allow something.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Trust {
    #[default]
    Unknown,
    Given,
}

impl RuleSetBuilder {
    /// Adds the built-in pack, which denies what destroys a system and is never meant.
    pub fn builtin(mut self) -> Self {
        self.builtin = Some(Builtin);
        self
    }

    /// Adds the rules of the file at `path`, which is read by [`build`](Self::build).
    pub fn file(mut self, source: RuleSource, path: &Path) -> Self {
        self.files.push(Input {
            source,
            file: path.to_owned(),
            text: None,
        });
        self
    }

    /// Adds the rules of a file that was read already: `text` is what `path` holds. So what was held
    /// against a digest is what counts.
    pub fn text(mut self, source: RuleSource, path: &Path, text: &str) -> Self {
        self.files.push(Input {
            source,
            file: path.to_owned(),
            text: Some(text.to_owned()),
        });
        self
    }

    /// Lets rules of the project allow, and switch off built-in rules. Without it they only deny and ask,
    /// and the others of them are [ignored](RuleSet::ignored).
    pub fn trust_project(mut self) -> Self {
        self.project = Trust::Given;
        self
    }

    /// Adds an entry of `--allow-process`; see [`ProgramEntry`].
    pub fn allow(mut self, entry: &str) -> Self {
        let flag = Flag::Entry(Decision::Allow, entry.to_owned());
        self.flags.push(flag);
        self
    }

    /// Adds an entry of `--deny-process`; see [`ProgramEntry`].
    pub fn deny(mut self, entry: &str) -> Self {
        let flag = Flag::Entry(Decision::Deny, entry.to_owned());
        self.flags.push(flag);
        self
    }

    /// Adds both lists of `grant`.
    pub fn grant(mut self, grant: &ProcessGrant) -> Self {
        self.flags.push(Flag::Grant(grant.clone()));
        self
    }

    /// The rules together. The self-tests of all files are run.
    ///
    /// # Errors
    /// A file cannot be read or is larger than 1 MiB; something in it is not understood; a self-test
    /// fails; a managed file holds a rule that allows; an entry of a flag is not understood. There are no
    /// rules then, rather than some of them.
    ///
    /// # Blocking
    /// As long as it takes to read the files.
    pub fn build(self) -> Result<RuleSet, RuleError> {
        let mut rules = Vec::new();
        for flag in &self.flags {
            match flag {
                Flag::Grant(grant) => rules.extend(grant.rules()),
                Flag::Entry(decision, entry) => rules.push(flag_rule(*decision, entry)?),
            }
        }
        // It is also needed to know what can be switched off.
        let mut pack = match self.builtin.is_some() || !self.files.is_empty() {
            true => builtin_pack()?,
            false => Vec::new(),
        };
        let mut ignored = Ignored::default();
        for input in &self.files {
            self.add(input, &mut rules, &mut pack, &mut ignored)?;
        }
        if self.builtin.is_some() {
            rules.extend(pack.into_iter().map(|rule| rule.rule));
        }
        Ok(RuleSet::new(rules, ignored))
    }

    /// Adds the rules of a file, and takes what it switches off out of the pack.
    fn add(
        &self,
        input: &Input,
        rules: &mut Vec<Rule>,
        pack: &mut Vec<FileRule>,
        ignored: &mut Ignored,
    ) -> Result<(), RuleError> {
        let loaded;
        let content = match &input.text {
            Some(text) if text.len() as u64 > MAX_FILE => {
                let message = "the rules take more than 1 MiB".to_owned();
                let help = "join rules with lists and globs";
                return Err(RuleError::of_file(&input.file, message, help));
            }
            Some(text) => text,
            None => {
                loaded = load(&input.file)?;
                &loaded
            }
        };
        let text = Text::new(&input.file, content);
        let file = read(&text, input.source)?;
        for rule in &file.rules {
            if input.source == RuleSource::Managed && rule.rule.place.decision == Decision::Allow {
                return Err(text.error(
                    rule.decision_span.clone(),
                    "managed rules deny and ask only".to_owned(),
                    "allow it in the user's rules".to_owned(),
                ));
            }
            for test in &rule.tests {
                test.check(&rule.rule, &text)?;
            }
        }
        self.switch_off(input, &text, &file, pack, ignored)?;
        let is_untrusted = self.is_untrusted(input.source);
        for FileRule { rule, .. } in file.rules {
            match rule.place.decision {
                Decision::Allow if is_untrusted => ignored.rules.push(IgnoredRule {
                    rule: rule.place,
                    why: "it allows, and the project's rules are not trusted".to_owned(),
                }),
                _ => rules.push(rule),
            }
        }
        Ok(())
    }

    fn switch_off(
        &self,
        input: &Input,
        text: &Text<'_>,
        file: &RulesFile,
        pack: &mut Vec<FileRule>,
        ignored: &mut Ignored,
    ) -> Result<(), RuleError> {
        if file.disable.is_empty() {
            return Ok(());
        }
        let all = all_builtin(pack, ignored);
        for (id, span) in &file.disable {
            if input.source == RuleSource::Managed {
                return Err(text.error(
                    span.clone(),
                    "managed rules deny and ask only, and switch nothing off".to_owned(),
                    "write `disable` into the user's rules".to_owned(),
                ));
            }
            if !all.contains(id) {
                let help = match nearest(id, all.iter().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => {
                        "`disable` is about built-in rules; take others out of their file".into()
                    }
                };
                let message = format!("no built-in rule has the id {}", crate::Quoted::new(id));
                return Err(text.error(span.clone(), message, help));
            }
            if self.is_untrusted(input.source) {
                ignored.switches.push(id.clone());
                continue;
            }
            if let Some(at) = pack.iter().position(|rule| rule.rule.place.id == *id) {
                let rule = pack.remove(at).rule.place;
                let line = text.line(span.start);
                let why = format!("switched off by {}:{line}", crate::Quoted::new(text.file));
                ignored.rules.push(IgnoredRule { rule, why });
            }
        }
        Ok(())
    }

    fn is_untrusted(&self, source: RuleSource) -> bool {
        source == RuleSource::Project && self.project != Trust::Given
    }
}

/// The ids of the pack, also of what was switched off before.
fn all_builtin(pack: &[FileRule], ignored: &Ignored) -> BTreeSet<String> {
    let places = pack.iter().map(|rule| &rule.rule.place);
    let off = ignored.rules.iter().map(|ignored| &ignored.rule);
    places
        .chain(off.filter(|rule| rule.source == RuleSource::Builtin))
        .map(|rule| rule.id.clone())
        .collect()
}

#[cfg(test)]
pub(super) fn builtin_text() -> &'static str {
    BUILTIN
}

/// The rules that come with the library. That they can be read is tested.
pub(super) fn builtin_pack() -> Result<Vec<FileRule>, RuleError> {
    let text = Text::new(Path::new("builtin.toml"), BUILTIN);
    Ok(read(&text, RuleSource::Builtin)?.rules)
}

fn flag_rule(decision: Decision, entry: &str) -> Result<Rule, RuleError> {
    let flag = match decision {
        Decision::Allow => "--allow-process",
        Decision::Ask | Decision::Deny => "--deny-process",
    };
    let refuse = |error: PatternError| {
        let help = "write a bare name such as `git`, or an absolute path";
        RuleError::of_file(Path::new(flag), error.to_string(), help)
    };
    let parsed: ProgramEntry = entry.parse().map_err(refuse)?;
    if decision != Decision::Allow {
        parsed.check_denies().map_err(refuse)?;
    }
    Ok(parsed.rule(decision))
}
