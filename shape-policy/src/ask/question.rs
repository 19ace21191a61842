//! What somebody is asked.

use crate::ask::answer::{self, Answer};
use crate::quote::Quoted;
use crate::request::{EnvChanges, Request};
use crate::resolve::Resolved;
use crate::resolve::environment;
use crate::trust::TrustScope;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

/// Bytes that a question shows of one argument.
const SHOWN_OF_ONE: usize = 2048;
/// Bytes that it shows of all arguments together.
const SHOWN_OF_ALL: usize = 16 * 1024;
/// Arguments that it shows.
const SHOWN_ARGUMENTS: usize = 256;
/// Commands that the program would run, of which it shows.
const SHOWN_RUNS: usize = 64;

/// What is asked: may this file, started like this, run?
///
/// It displays on a line each for the file, the directory, the variables that change (by name; no line
/// if none does), the command, the commands that this would run in turn and that are open too, and the
/// rule that asks, each part [`Quoted`], so that no character of it can hide another.
/// What has no room is counted on a line of its own at the end: see [`Question::is_cut`].
#[derive(Debug, Clone)]
pub struct Question<'a> {
    program: &'a OsStr,
    args: &'a [OsString],
    path: &'a Path,
    canonical: &'a Path,
    cwd: &'a Path,
    env: &'a EnvChanges,
    details: Details,
}

/// What a question says beside the request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    /// What it is called in the audit and in the answer of a broker.
    pub(crate) id: Option<String>,
    /// A line for each command that the program would run and that is open: its words, each quoted whole.
    pub(crate) runs: Vec<String>,
    /// Why the rule asks.
    pub(crate) reason: Option<String>,
    /// The rule that asks, and where it stands.
    pub(crate) rule: Option<String>,
    /// What may be trusted, the widest first; nothing: only yes and no are answers.
    pub(crate) scopes: Vec<TrustScope>,
}

impl<'a> Question<'a> {
    pub(crate) fn new(request: &Request<'a>, resolved: &'a Resolved) -> Self {
        Self {
            program: request.program,
            args: request.args,
            path: resolved.program().path(),
            canonical: resolved.program().canonical(),
            cwd: resolved.cwd(),
            env: request.env,
            details: Details::default(),
        }
    }

    /// This question, saying that too.
    #[must_use]
    pub(crate) fn with(mut self, details: Details) -> Self {
        self.details = details;
        self
    }

    /// What it is called in the audit; `None` if it is not recorded.
    pub fn id(&self) -> Option<&str> {
        self.details.id.as_deref()
    }

    /// The program as it was asked for; the first of its argument list.
    pub fn program(&self) -> &'a OsStr {
        self.program
    }

    /// The arguments after the program.
    pub fn args(&self) -> &'a [OsString] {
        self.args
    }

    /// The file that would be executed.
    pub fn path(&self) -> &'a Path {
        self.path
    }

    /// The file behind all links.
    pub fn canonical(&self) -> &'a Path {
        self.canonical
    }

    /// The directory that it would start in.
    pub fn cwd(&self) -> &'a Path {
        self.cwd
    }

    /// The names of the variables that it would get and that the host has not or has otherwise.
    pub fn changed_variables(&self) -> Vec<&'a OsStr> {
        environment::changed(self.env)
    }

    /// The names of the variables of the host that it would not get, and that are not cleared with all
    /// others.
    pub fn removed_variables(&self) -> Vec<&'a OsStr> {
        match self.env.clear {
            true => Vec::new(),
            false => environment::removed(self.env),
        }
    }

    /// Whether it would get none of the host's variables.
    pub fn clears_variables(&self) -> bool {
        self.env.clear
    }

    /// The commands that the program would run in turn and that are open too, each one line of quoted
    /// words.
    pub fn runs(&self) -> &[String] {
        &self.details.runs
    }

    /// Why the rule asks that does.
    pub fn reason(&self) -> Option<&str> {
        self.details.reason.as_deref()
    }

    /// The rule that asks, and where it stands.
    pub fn rule(&self) -> Option<&str> {
        self.details.rule.as_deref()
    }

    /// What may be trusted by who has seen all of the question, the widest first. If it is empty, the
    /// only answers are yes and no.
    pub fn scopes(&self) -> &[TrustScope] {
        &self.details.scopes
    }

    /// What may be trusted by who sees what the question displays: nothing if that [is cut](Self::is_cut).
    pub(crate) fn scopes_shown(&self) -> &[TrustScope] {
        match self.is_cut() {
            true => &[],
            false => self.scopes(),
        }
    }

    /// What `said` means, by somebody who sees what the question displays.
    ///
    /// Exactly `yes`, `no` and `trust` are answers, in any case and with blanks around. After `trust` may
    /// come one of the [scopes](Self::scopes) and one of `run`, `hour`, `file` and `always`. Where the
    /// question [is cut](Self::is_cut), the yes is `yes unseen`, and there is no trust. Everything else
    /// is a no.
    pub fn answer(&self, said: impl AsRef<[u8]>) -> Answer {
        let yes: &[&str] = match self.is_cut() {
            true => &["yes", "unseen"],
            false => &["yes"],
        };
        answer::parse(said.as_ref(), yes, self.scopes_shown())
    }

    /// Whether the question is longer than what it displays: who sees only that has not seen all.
    pub fn is_cut(&self) -> bool {
        self.lines().1.is_cut()
    }

    /// What it displays, and what that leaves out.
    fn lines(&self) -> (String, LeftOut) {
        let mut left_out = LeftOut::default();
        let mut text = format!("  program    {}", Quoted::whole(self.path));
        if self.path != self.canonical {
            text.push_str(&format!(" -> {}", Quoted::whole(self.canonical)));
        }
        text.push_str(&format!("\n  directory  {}", Quoted::whole(self.cwd)));
        if let Some(variables) = self.variables(&mut left_out) {
            text.push_str(&format!("\n  variables  {variables}"));
        }
        let program = Quoted::whole(self.program);
        text.push_str(&format!("\n  command    {program}"));
        let args = self.args.iter().map(OsString::as_os_str);
        let (args, hidden) = shown(args, &mut left_out.bytes);
        left_out.arguments = hidden;
        text.push_str(&args);
        self.push_runs(&mut text, &mut left_out);
        if let Some(reason) = self.reason() {
            text.push_str(&format!("\n  reason     {}", Quoted::new(reason)));
        }
        if let Some(rule) = self.rule() {
            text.push_str(&format!("\n  rule       {}", Quoted::new(rule)));
        }
        (text, left_out)
    }

    fn push_runs(&self, text: &mut String, left_out: &mut LeftOut) {
        let mut room = SHOWN_OF_ALL;
        for (index, line) in self.details.runs.iter().enumerate() {
            if room == 0 || index >= SHOWN_RUNS {
                left_out.commands += 1;
                left_out.bytes += line.len();
                continue;
            }
            let shown = line.floor_char_boundary(room.min(SHOWN_OF_ONE));
            text.push_str("\n  runs       ");
            text.extend(line[..shown].chars().flat_map(visible));
            left_out.bytes += line.len() - shown;
            room = match shown == line.len() {
                true => room - shown,
                false if room < SHOWN_OF_ONE => 0,
                false => room - shown,
            };
        }
    }

    fn variables(&self, left_out: &mut LeftOut) -> Option<String> {
        let mut changes = Vec::new();
        let mut list = |what: &str, names: Vec<&OsStr>| {
            if names.is_empty() {
                return None;
            }
            let (names, hidden) = shown(names.into_iter(), &mut left_out.bytes);
            left_out.variables += hidden;
            Some(format!("{what}{names}"))
        };
        if self.env.clear {
            changes.push("starts with none".to_owned());
        }
        changes.extend(list("sets", environment::changed(self.env)));
        changes.extend(list("removes", self.removed_variables()));
        (!changes.is_empty()).then(|| changes.join(", "))
    }
}

/// A character of a line that is quoted already: what a terminal would obey is escaped all the same.
fn visible(c: char) -> impl Iterator<Item = char> {
    let quotes = matches!(c, '"' | '\'' | '\\').then_some(c);
    let escaped = quotes.is_none().then(|| c.escape_debug());
    quotes.into_iter().chain(escaped.into_iter().flatten())
}

/// The texts, each quoted and with a space before it, as far as there is room; and how many have none.
fn shown<'a>(texts: impl Iterator<Item = &'a OsStr>, hidden_bytes: &mut usize) -> (String, usize) {
    let (mut line, mut room, mut hidden) = (String::new(), SHOWN_OF_ALL, 0);
    for (index, text) in texts.enumerate() {
        if room == 0 || index >= SHOWN_ARGUMENTS {
            hidden += 1;
            *hidden_bytes += text.len();
            continue;
        }
        let quoted = Quoted::up_to(text, room.min(SHOWN_OF_ONE));
        line.push_str(&format!(" {quoted}"));
        let missing = text.len() - quoted.shown_bytes();
        *hidden_bytes += missing;
        // What is cut for want of room leaves none, even if it ends before a character that is too long.
        let is_full = missing > 0 && room < SHOWN_OF_ONE;
        room = if is_full {
            0
        } else {
            room - quoted.shown_bytes()
        };
    }
    (line, hidden)
}

/// What a question has no room for.
#[derive(Debug, Default)]
struct LeftOut {
    /// Bytes that are not shown, of whatever.
    bytes: usize,
    /// Arguments of which nothing is shown.
    arguments: usize,
    /// Variables of which nothing is shown.
    variables: usize,
    /// Commands that it runs of which nothing is shown.
    commands: usize,
}

impl LeftOut {
    fn is_cut(&self) -> bool {
        self.bytes + self.arguments + self.variables + self.commands > 0
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: usize, what: &str, rest: &str| match count {
            0 => None,
            1 => Some(format!("1 {what} IS NOT SHOWN{rest}")),
            _ => Some(format!("{count} {what}S ARE NOT SHOWN{rest}")),
        };
        let counts: Vec<String> = [
            count(self.bytes, "BYTE", ""),
            count(self.arguments, "ARGUMENT", " AT ALL"),
            count(self.variables, "VARIABLE", " AT ALL"),
            count(self.commands, "COMMAND", " AT ALL"),
        ]
        .into_iter()
        .flatten()
        .collect();
        f.write_str(&counts.join("; "))
    }
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, left_out) = self.lines();
        f.write_str(&text)?;
        if left_out.is_cut() {
            write!(f, "\n  {left_out}")?;
        }
        Ok(())
    }
}
