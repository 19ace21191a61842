//! One entry of an allow or deny list.

use super::args::{ArgPattern, MAX_ARGS};
use super::glob::Pattern;
use super::program::{ProgramPattern, normalised};
use super::rule::{Reach, Rule};
use super::{Decision, RuleRef, RuleSource};
use crate::error::PatternError;
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// One entry of `--allow-process` or `--deny-process`.
///
/// | entry | means |
/// | --- | --- |
/// | `git` | this program |
/// | `/usr/bin/rsync` | the program at this path |
/// | `git:status`, `git:remote:add` | this subcommand of it |
/// | `git:log!--output` | the same without this option; more follow after further `!` |
/// | `sh!` | this program, and whatever it is told to run |
///
/// A name allows the file that the host's own `PATH` has for it, asked for under that name, and denies that
/// file under any name or link and every file of that name. A path allows the file there and links to it,
/// and denies that file under any name, link or hard link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramEntry {
    text: String,
    program: ProgramPattern,
    words: Vec<String>,
    forbid: Vec<Box<str>>,
    reach: Reach,
}

impl FromStr for ProgramEntry {
    type Err = PatternError;

    /// An entry of a list; blanks around it do not count. Whether there is such a file is not looked
    /// at.
    ///
    /// # Errors
    /// It is not understood, or no program can be called that.
    fn from_str(entry: &str) -> Result<Self, PatternError> {
        parse(entry.trim()).map_err(|reason| PatternError {
            entry: entry.to_owned(),
            reason,
        })
    }
}

fn parse(text: &str) -> Result<ProgramEntry, String> {
    if text.contains(['*', '?', '{', '[']) {
        return Err("wildcards belong into a rules file; list the programs one by one".to_owned());
    }
    let mut behind_marks = text.split('!');
    let mut words = behind_marks.next().unwrap_or_default().split(':');
    let program = ProgramPattern::exact(words.next().unwrap_or_default())?;
    let words: Vec<String> = words.map(checked_word).collect::<Result<_, _>>()?;
    if words.len() > MAX_ARGS {
        return Err(format!("it has more than {MAX_ARGS} words"));
    }
    let options: Vec<&str> = behind_marks.collect();
    let (forbid, reach) = match options[..] {
        [""] => (Vec::new(), Reach::Everything),
        _ => {
            let forbid = options.into_iter().map(checked_option);
            (forbid.collect::<Result<_, _>>()?, Reach::Known)
        }
    };
    Ok(ProgramEntry {
        text: text.to_owned(),
        program,
        words,
        forbid,
        reach,
    })
}

fn checked_word(word: &str) -> Result<String, String> {
    match word {
        "" => Err("a word behind a `:` is missing; write for instance `git:status`".to_owned()),
        _ if word.starts_with('-') => Err(format!(
            "`{word}` is an option, and behind a `:` stands a subcommand; write the rule into a rules \
             file, with `require_options`"
        )),
        _ => Ok(word.to_owned()),
    }
}

fn checked_option(option: &str) -> Result<Box<str>, String> {
    match check_option(option) {
        Ok(()) => Ok(option.into()),
        Err(reason) => Err(format!(
            "{reason}; behind a `!` stands an option that is not allowed, as in `git:log!--output`"
        )),
    }
}

/// Refuses what is no option as a program's help names it: `-x`, `--name`, `-name`.
pub(super) fn check_option(option: &str) -> Result<(), String> {
    let name = option.trim_start_matches('-');
    if name.is_empty() || name.len() == option.len() {
        return Err(format!(
            "`{option}` is no option, for it does not begin with `-`"
        ));
    }
    if option.contains(['=', '\0']) || option.contains(char::is_whitespace) {
        return Err(format!(
            "`{option}` is no option alone; write the option without its value"
        ));
    }
    Ok(())
}

impl fmt::Display for ProgramEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ProgramEntry {
    /// Whether this entry of an allow list lets a program of that name run whatever it is told to.
    pub fn lets_run_anything(&self, name: &str) -> bool {
        let program = self.text.trim_end_matches('!');
        self.reach == Reach::Everything && program.rsplit('/').next() == Some(name)
    }

    /// Refuses an entry of an allow list that matches nothing as the files are now.
    pub(super) fn check_can_allow(&self) -> Result<(), PatternError> {
        let ProgramPattern::Path(path) = &self.program else {
            return Ok(());
        };
        match rustix::fs::stat(path) {
            // It may be made later, by what the script runs first.
            Err(Errno::NOENT) => Ok(()),
            Err(Errno::NOTDIR) => self.refuse("there is no such file: it lies below a file"),
            stat => self.check_is_no_directory(stat.ok()),
        }
    }

    /// Refuses an entry of a deny list that cannot match, even a file that is made later.
    pub(super) fn check_can_deny(&self) -> Result<(), PatternError> {
        self.check_denies()?;
        let ProgramPattern::Path(path) = &self.program else {
            return Ok(());
        };
        match rustix::fs::stat(normalised(path)) {
            Err(Errno::NOTDIR) => self.refuse("it is below a file; write the path of that file"),
            stat => self.check_is_no_directory(stat.ok()),
        }
    }

    /// Refuses what has no meaning on a deny list.
    pub(super) fn check_denies(&self) -> Result<(), PatternError> {
        if self.reach == Reach::Everything || !self.forbid.is_empty() {
            return self.refuse(
                "`!` says how far an entry of an allow list goes; on a deny list write it without",
            );
        }
        Ok(())
    }

    fn check_is_no_directory(&self, stat: Option<Stat>) -> Result<(), PatternError> {
        let kind = stat.map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Some(FileType::Directory) => {
                self.refuse("it is a directory; write the programs of it that are meant")
            }
            _ => Ok(()),
        }
    }

    fn refuse(&self, reason: &str) -> Result<(), PatternError> {
        Err(PatternError {
            entry: self.text.clone(),
            reason: reason.to_owned(),
        })
    }

    /// The rule that the entry is on a list that decides so.
    pub(super) fn rule(&self, decision: Decision) -> Rule {
        let one_of = |word: &String| ArgPattern::OneOf(vec![Pattern::literal(word)]);
        Rule {
            args: self.words.iter().map(one_of).collect(),
            // They say how far an entry that allows goes. One that denies, denies with them, too.
            forbid: match decision {
                Decision::Allow => self.forbid.clone(),
                Decision::Ask | Decision::Deny => Vec::new(),
            },
            reach: self.reach,
            ..flag_rule(decision, Some(&self.text), self.program.clone())
        }
    }
}

/// The rule of `--allow-process=entry` or `--deny-process=entry`, or of the flag without an entry.
pub(super) fn flag_rule(decision: Decision, entry: Option<&str>, program: ProgramPattern) -> Rule {
    let flag = match decision {
        Decision::Allow => "--allow-process",
        Decision::Ask | Decision::Deny => "--deny-process",
    };
    let id = match entry {
        Some(entry) => format!("{flag}={entry}"),
        None => flag.to_owned(),
    };
    Rule {
        place: Arc::new(RuleRef {
            id,
            source: RuleSource::Flag,
            file: None,
            line: None,
            decision,
            reason: None,
        }),
        programs: vec![program],
        args: Vec::new(),
        words: None,
        require: Vec::new(),
        forbid: Vec::new(),
        sets: Vec::new(),
        writes: Vec::new(),
        opaque: Vec::new(),
        reach: Reach::Everything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(entry: &str, reason: &str) {
        let error = entry.parse::<ProgramEntry>().unwrap_err();
        assert!(error.reason.contains(reason), "{error}");
    }

    fn entry(text: &str) -> ProgramEntry {
        text.parse().unwrap()
    }

    #[test]
    fn names_and_absolute_paths_are_understood() {
        assert_eq!(entry("git").program, ProgramPattern::Name("git".into()));
        let path = ProgramPattern::Path("/usr/bin/git".into());
        assert_eq!(entry("/usr/bin/git").program, path);
        assert_eq!(entry("/usr/bin/git:status").program, path);
    }

    #[test]
    fn subcommands_and_marks_are_understood() {
        assert_eq!(entry("git:remote:add").words, ["remote", "add"]);
        let log = entry("git:log!--output!-c");
        assert_eq!(log.words, ["log"]);
        assert_eq!(log.forbid, ["--output".into(), "-c".into()]);
        assert_eq!(
            (log.reach, entry("git").reach),
            (Reach::Known, Reach::Known)
        );
        assert_eq!(entry("sh!").reach, Reach::Everything);
        assert_eq!(entry("git!--output").forbid, ["--output".into()]);
        assert_eq!(entry(" git:log!-c ").to_string(), "git:log!-c");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        check_refused("", "empty");
        check_refused(" \t", "empty");
        check_refused("!", "empty");
        check_refused(":status", "empty");
        check_refused("git*", "wildcards");
        check_refused("git:*", "wildcards");
        check_refused("./git", "absolute");
        check_refused("bin/git", "absolute");
        check_refused("a\0b", "NUL");
        check_refused("git:", "missing");
        check_refused("git::add", "missing");
        check_refused("git:--output", "require_options");
        check_refused("git!log", "does not begin");
        check_refused("git!-c!", "does not begin");
        check_refused("git!--output=x", "without its value");
        check_refused("/usr/bin/id/", "write `/usr/bin/id`");
        check_refused("/", "directory");
        check_refused(".", "directory");
        check_refused("env sh", "blank");
    }

    #[test]
    fn blanks_around_an_entry_do_not_count() {
        for text in [" git", "git ", "\tgit\n", "\u{a0}git"] {
            assert_eq!(entry(text).program, ProgramPattern::Name("git".into()));
        }
    }

    #[test]
    fn a_mark_on_a_deny_list_is_refused() {
        for text in ["sh!", "git:log!--output"] {
            let error = crate::Programs::deny_list(text).unwrap_err();
            assert!(error.reason.contains("without"), "{error}");
        }
        assert!(crate::Programs::deny_list("git:push").is_ok());
    }

    #[test]
    fn an_error_names_the_entry() {
        let error = "git, /bin/id/".parse::<crate::Programs>().unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("\" /bin/id/\" names no program"),
            "{message}"
        );
    }
}
