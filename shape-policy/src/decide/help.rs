//! What to do about a denial: only what would work.

use super::case::{Case, Known};
use super::deliberate::{Findings, Law};
use super::ground::Ground;
use super::local::Local;
use crate::command::{Layer, Word};
use crate::error::{Denial, DenialReason};
use crate::quote::Quoted;
use crate::resolve::Resolved;
use crate::rules::{Decision, ProcessGrant, ProgramEntry, Programs, RuleRef, RuleSet, RuleSource};
use crate::trust::Pending;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::path::Path;

/// What to do when a decision cannot be made.
pub(super) const MEND: &str = "mend what the message names; until then nothing runs";
/// What to do about a lockdown.
pub(super) const END_LOCKDOWN: &str = "end the lockdown with `shape guard reset`";
/// Bytes that are shown of a command in a message.
const SHOWN: usize = 512;

/// The denial of a request that cannot be decided on.
pub(crate) fn broken(program: &OsStr, path: &Path, what: &dyn fmt::Display) -> Denial {
    let reason = DenialReason::Broken(what.to_string());
    Denial::new(program, path, reason, MEND.to_owned())
}

impl Local {
    /// The denial of a whole request, for a reason that is about no part of it.
    pub(super) fn denial_of_all(
        &self,
        case: &Case<'_>,
        resolved: &Resolved,
        reason: DenialReason,
    ) -> Denial {
        let help = match &reason {
            DenialReason::UserSaidNo => "ask again, and answer `yes`".to_owned(),
            DenialReason::Lockdown(_) => END_LOCKDOWN.to_owned(),
            DenialReason::Throttled { retry_after, .. } => {
                format!("wait for {} ms", retry_after.as_millis().max(1))
            }
            _ => MEND.to_owned(),
        };
        Denial::new(
            case.request.program,
            resolved.program().path(),
            reason,
            help,
        )
    }

    /// The denial for what was found of a layer.
    pub(super) fn denial(
        &self,
        law: &Law<'_>,
        case: &Case<'_>,
        resolved: &Resolved,
        findings: &Findings,
        reason: DenialReason,
    ) -> Denial {
        let at = findings.decisive();
        let inner = (at > 0).then(|| command_line(&case.layers[at]));
        let help = self.help(law, case, findings);
        Denial::new(
            case.request.program,
            resolved.program().path(),
            reason,
            help,
        )
        .of_inner(inner)
    }

    /// `denial`, with the question left for somebody to answer.
    pub(super) fn left_pending(
        &self,
        denial: Denial,
        case: &Case<'_>,
        resolved: &Resolved,
    ) -> Denial {
        let Some(pending) = &self.pending else {
            return denial;
        };
        let reason = denial.why();
        let left = pending.leave(resolved.program(), case.request.args, case.cwd, &reason);
        // That nobody can be asked later changes nothing about the denial.
        let is_whole = Pending::holds_whole(resolved.program(), case.request.args, case.cwd);
        denial.pending_as(left.ok().filter(|_| is_whole))
    }

    /// What would have `case` allowed.
    pub(super) fn help(&self, law: &Law<'_>, case: &Case<'_>, findings: &Findings) -> String {
        let decisive = &findings.0[findings.decisive()];
        match (&decisive.ground, decisive.decision) {
            (Ground::Detached, _) => "allow it with `--allow-detach`".to_owned(),
            (Ground::Protected(_), _) => {
                "change that file by hand, or with `shape trust`".to_owned()
            }
            (Ground::SetsCode { variable, .. }, _) => format!(
                "allow it with `--allow-process` without a list, or leave {} as it is",
                Quoted::new(variable)
            ),
            (Ground::Rule(rule), Decision::Deny) => against_rule(rule),
            (Ground::Rule(rule), _) => format!(
                "{} asks whatever a flag allows: run it where somebody can be asked, or trust it with \
                 `shape trust add`",
                rule.id
            ),
            _ => match self.allowing_flag(law, case, findings) {
                Some(flag) => format!("allow it with `{flag}`"),
                None => "run it where somebody can be asked".to_owned(),
            },
        }
    }

    /// The narrowest flag by which `case` would be allowed, if there is one.
    fn allowing_flag(&self, law: &Law<'_>, case: &Case<'_>, findings: &Findings) -> Option<String> {
        let plain = entries(law, case, findings, Reach::Known);
        let unlimited = entries(law, case, findings, Reach::Anything);
        let lists = [plain, unlimited].into_iter().flatten();
        let list = lists.map(|entries| entries.join(",")).find(|list| {
            let programs = list.parse().ok();
            let grant = programs.map(|programs| self.grant.clone().allow_programs(programs));
            grant.is_some_and(|grant| allows(law, &grant, case))
        });
        let all = self.grant.clone().allow_programs(Programs::All);
        match list {
            Some(list) => Some(typed(&format!("--allow-process={list}"))),
            None if allows(law, &all, case) => Some("--allow-process".to_owned()),
            None => None,
        }
    }
}

/// How far the entries of a list are to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// To what is known.
    Known,
    /// Where something is not known, to whatever it is.
    Anything,
}

/// An entry of a list for each program that is open: its name if that means it, else its path.
fn entries(
    law: &Law<'_>,
    case: &Case<'_>,
    findings: &Findings,
    reach: Reach,
) -> Option<Vec<String>> {
    let mut entries: Vec<String> = Vec::new();
    for (at, _) in findings
        .0
        .iter()
        .enumerate()
        .filter(|(_, it)| it.decision == Decision::Ask)
    {
        let is_hidden = case.layers[at].opaque.is_some();
        let (at, mark) = match reach {
            Reach::Anything if is_hidden => (nearest_file(case, at)?, "!"),
            _ => (at, ""),
        };
        let entry = entry(law, &case.layers[at], &case.programs[at], mark)?;
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    (!entries.is_empty()).then_some(entries)
}

/// The layer, or the nearest one above that is a file: a part of a shell is allowed with the shell.
fn nearest_file(case: &Case<'_>, mut at: usize) -> Option<usize> {
    while case.programs[at].file.is_none() {
        at = case.layers[at].by?;
    }
    Some(at)
}

fn entry(law: &Law<'_>, layer: &Layer<'_>, known: &Known, mark: &str) -> Option<String> {
    let program = known.file.as_deref()?;
    [Path::new(program.path().file_name()?), program.entry()]
        .into_iter()
        .filter_map(|name| Some(format!("{}{mark}", name.to_str()?)))
        .filter(|entry| !entry.contains(','))
        .find(|entry| {
            let Ok(entry) = entry.parse::<ProgramEntry>() else {
                return false;
            };
            let flags = RuleSet::of_grant(&ProcessGrant::none().allow(entry));
            let judgement = flags.judge(&law.subject(layer, known));
            let certain = judgement.certain;
            certain.is_some_and(|rule| rule.decision == Decision::Allow)
        })
}

/// `flag` as it is typed into a shell: as it is if every shell takes it so, else between quotes. Only at
/// the end of a word has `!` no meaning to any.
fn typed(flag: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%^".contains(c);
    let body = flag.strip_suffix('!').unwrap_or(flag);
    match body.chars().all(is_plain) {
        true => flag.to_owned(),
        false => format!("'{}'", flag.replace('\'', r"'\''")),
    }
}

/// Whether `case` would be allowed if the run had been given `grant`.
fn allows(law: &Law<'_>, grant: &ProcessGrant, case: &Case<'_>) -> bool {
    let flags = RuleSet::of_grant(grant);
    let law = Law {
        grant,
        flags: &flags,
        ..*law
    };
    let findings = law.find(case);
    findings.is_ok_and(|findings| findings.decision() == Decision::Allow)
}

/// How a rule that denies is got out of the way.
fn against_rule(rule: &RuleRef) -> String {
    let id = &rule.id;
    match rule.source {
        RuleSource::Flag => match id.split_once('=') {
            Some((flag, entry)) => format!("take `{entry}` off `{flag}`"),
            None => format!("run without `{id}`"),
        },
        RuleSource::Builtin => format!(
            "who means it switches this rule off in a rules file of their own: `disable = [\"{id}\"]`"
        ),
        RuleSource::Managed => {
            format!(
                "whoever manages this machine decides that, in {}",
                rule.place()
            )
        }
        _ => format!("change or remove the rule in {}", rule.place()),
    }
}

/// The command of a layer, each word quoted, as far as it is known.
pub(super) fn command_line(layer: &Layer<'_>) -> String {
    let mut line = Quoted::new(&*layer.program).to_string();
    for (at, word) in layer.args.iter().enumerate() {
        if line.len() > SHOWN {
            let _ = write!(line, " … and {} more", layer.args.len() - at);
            break;
        }
        // Writing into a string cannot fail.
        let _ = match word {
            Word::Text(text) => write!(line, " {}", Quoted::new(&**text)),
            Word::Operands | Word::Unknown => write!(line, " …"),
        };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn a_flag_can_be_typed_as_it_is_shown() {
        for plain in ["--allow-process=sh,/usr/bin/git", "--allow-process=sh!"] {
            assert_eq!(typed(plain), plain);
        }
        for quoted in [
            "--allow-process=sh!,foo",
            "--allow-process=/a b/c",
            "--allow-process=$x",
        ] {
            assert_eq!(typed(quoted), format!("'{quoted}'"));
        }
        assert_eq!(typed("a'b"), r"'a'\''b'");
    }
}
