//! Asking somebody.

use crate::environment;
use crate::quote::Quoted;
use crate::request::{EnvChanges, Request};
use crate::resolve::Resolved;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

/// Bytes that a question shows of one argument.
const SHOWN_OF_ONE: usize = 2048;
/// Bytes that it shows of all arguments together.
const SHOWN_OF_ALL: usize = 16 * 1024;
/// Arguments that it shows.
const SHOWN_ARGUMENTS: usize = 256;

/// Somebody who can be asked whether a program may run.
pub trait Approver: Send + Sync {
    /// The answer to `question`. Anything in doubt is [`Answer::No`].
    ///
    /// # Blocking
    /// As long as it takes to get an answer; several threads may ask at once.
    fn ask(&self, question: &Question<'_>) -> Answer;
}

/// What an [`Approver`] said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It may run, this once.
    Yes,
    /// It may not run.
    No,
    /// There is nobody who could answer; it may not run.
    Nobody,
}

/// The approver for when nobody can be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct DenyAll;

impl Approver for DenyAll {
    fn ask(&self, _: &Question<'_>) -> Answer {
        Answer::Nobody
    }
}

/// What is asked: may this file, started like this, run?
///
/// It displays on a line each for the file, the directory, the variables that change (by name; no line
/// if none does) and the command, each part [`Quoted`], so that no character of it can hide another.
/// What has no room is counted on a line of its own at the end: see [`Question::is_cut`].
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    program: &'a OsStr,
    args: &'a [OsString],
    path: &'a Path,
    canonical: &'a Path,
    cwd: &'a Path,
    env: &'a EnvChanges,
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
        }
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

    /// The directory that it would start in.
    pub fn cwd(&self) -> &'a Path {
        self.cwd
    }

    /// The names of the variables that it would get and that the host has not or has otherwise.
    pub fn changed_variables(&self) -> Vec<&'a OsStr> {
        environment::changed(self.env)
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
        (text, left_out)
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
        if !self.env.clear {
            changes.extend(list("removes", environment::removed(self.env)));
        }
        (!changes.is_empty()).then(|| changes.join(", "))
    }
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
}

impl LeftOut {
    fn is_cut(&self) -> bool {
        self.bytes + self.arguments + self.variables > 0
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
