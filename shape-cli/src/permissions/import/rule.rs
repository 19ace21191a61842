//! What was read of a tool's settings, before it is written as rules.

use super::words;
use std::fmt;
use std::path::Path;

/// All that was read.
#[derive(Debug, Default)]
pub(super) struct Import {
    pub(super) rules: Vec<Carried>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Where an entry stands, and what it says there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    file: String,
    line: usize,
    pub(super) entry: String,
}

impl Origin {
    pub(super) fn new(file: &Path, line: usize, entry: impl Into<String>) -> Self {
        Self {
            file: file.to_string_lossy().into_owned(),
            line,
            entry: entry.into(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.entry)
    }
}

/// What an entry wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Allow,
    Ask,
    Deny,
}

impl Decision {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// Which commands an entry is about, beside the one that is exactly it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// None.
    Exact,
    /// Those with more arguments.
    Prefix,
    /// Those, and those whose last given word goes on.
    Stem,
}

/// An entry that becomes a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) origin: Origin,
    pub(super) decision: Decision,
    /// The words from the program on, each with its alternatives; no word is any program.
    pub(super) words: Vec<Vec<String>>,
    pub(super) extent: Extent,
    /// What became of the entry on the way.
    pub(super) note: Option<String>,
    /// What the tool gives as the reason.
    pub(super) reason: Option<String>,
    /// Commands that the tool says it matches.
    pub(super) matches: Vec<Vec<String>>,
    /// Commands that the tool says it does not match.
    pub(super) not_matches: Vec<Vec<String>>,
}

/// An entry that becomes none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) origin: Origin,
    /// Absent for settings that allow or deny nothing by themselves.
    pub(super) decision: Option<Decision>,
    pub(super) why: String,
    /// What to write when it is wanted all the same.
    pub(super) instead: Option<String>,
}

impl Import {
    /// Leaves an entry out.
    pub(super) fn leave_out(&mut self, origin: Origin, decision: Decision, why: impl Into<String>) {
        self.left_out.push(LeftOut {
            origin,
            decision: Some(decision),
            why: why.into(),
            instead: None,
        });
    }

    /// Adds what is said about a command, as far as it can be said as a rule.
    pub(super) fn add(&mut self, carried: Carried) {
        let (origin, decision) = (carried.origin.clone(), carried.decision);
        let carried = match named(carried) {
            Ok(carried) => carried,
            Err(why) => return self.leave_out(origin, decision, why),
        };
        if let Some(why) = carried
            .words
            .iter()
            .flatten()
            .find_map(|word| unclear(word))
        {
            return self.leave_out(origin, decision, why);
        }
        match (decision, carried.extent) {
            (Decision::Allow, _) if carried.words.is_empty() => self.left_out.push(LeftOut {
                origin,
                decision: Some(decision),
                why: "it allows every command".to_owned(),
                instead: Some("shape run --allow-process …".to_owned()),
            }),
            (Decision::Allow, Extent::Stem) => self.rules.push(Carried {
                extent: Extent::Prefix,
                note: Some("narrower: the last word is meant as it stands here".to_owned()),
                ..carried
            }),
            _ => self.rules.push(carried),
        }
    }

    /// Adds what is said about a command that is written as text; see [`words::split`].
    pub(super) fn add_text(
        &mut self,
        origin: Origin,
        decision: Decision,
        text: &str,
        extent: Extent,
    ) {
        match words::split(text) {
            Ok(words) => self.add(Carried {
                words: words.into_iter().map(|word| vec![word]).collect(),
                ..Carried::new(origin, decision, extent)
            }),
            Err(why) => self.leave_out(origin, decision, why),
        }
    }
}

impl Carried {
    /// An entry about every command.
    pub(super) fn new(origin: Origin, decision: Decision, extent: Extent) -> Self {
        Self {
            origin,
            decision,
            words: Vec::new(),
            extent,
            note: None,
            reason: None,
            matches: Vec::new(),
            not_matches: Vec::new(),
        }
    }
}

/// The entry with a program that a rule can name. A path that is relative to wherever the tool is started
/// is none: what denies or asks means every file of that name then.
fn named(mut carried: Carried) -> Result<Carried, &'static str> {
    let programs = carried.words.first_mut().into_iter().flatten();
    for program in programs.filter(|program| program.contains('/') && !program.starts_with('/')) {
        let name = Path::new(program)
            .file_name()
            .and_then(|name| name.to_str());
        match (carried.decision, name) {
            (Decision::Ask | Decision::Deny, Some(name)) => {
                *program = name.to_owned();
                carried.note = Some("wider: it is about every file of that name".to_owned());
            }
            _ => return Err("its program is a relative path; write the absolute path"),
        }
    }
    Ok(carried)
}

/// Why a word cannot stand in a rule as it is.
fn unclear(word: &str) -> Option<&'static str> {
    if word.is_empty() {
        return Some("it has an empty word");
    }
    word.chars()
        .any(char::is_control)
        .then_some("it has a control character")
}
