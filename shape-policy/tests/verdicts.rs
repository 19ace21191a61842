//! Hundreds of command lines and the verdict that each must get.
//!
//! The files under `verdicts/` hold rules, a line `---`, and a line per command: the verdict, and the
//! command as a shell would split it. `{dir}` is a directory with copies of and links to programs, and
//! `@NAME=VALUE` in front sets a variable of the child. Each line is explained, and also decided on where
//! its program exists, and both must come to the same.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use shape_policy::{Decision, DenialReason, Policy, ProcessGrant, Refusal, RuleSet, RuleSource};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// A directory with programs under other names than their own.
fn lair() -> tempfile::TempDir {
    let lair = tempfile::tempdir().unwrap();
    let dir = lair.path();
    let host = |name: &str| -> PathBuf {
        let path = std::env::var_os("PATH").unwrap();
        std::env::split_paths(&path)
            .map(|directory| directory.join(name))
            .find(|file| file.exists())
            .unwrap_or_else(|| panic!("{name} is installed"))
    };
    for folder in ["sub", "bin"] {
        fs::create_dir(dir.join(folder)).unwrap();
    }
    let rm = host("rm").canonicalize().unwrap();
    for copy in ["rm", "del", "bin/ls", "bin/git", "git"] {
        fs::copy(&rm, dir.join(copy)).unwrap();
    }
    for (script, line) in [("by_env", "env rm"), ("by_split", "env -S A=1 rm -v")] {
        let script = dir.join(script);
        fs::write(&script, format!("#!/usr/bin/{line}\n")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }
    symlink(&rm, dir.join("link")).unwrap();
    symlink(dir.join("link"), dir.join("link2")).unwrap();
    fs::hard_link(dir.join("del"), dir.join("hard")).unwrap();
    symlink(host("env"), dir.join("env2")).unwrap();
    for (name, interpreter) in [("on-rm", rm), ("on-link", dir.join("link2"))] {
        fs::write(dir.join(name), format!("#!{}\n", interpreter.display())).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    lair
}

/// The words of a line as a shell splits it: blanks separate, `'…'`, `"…"` and `$'…'` quote.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' | '"' => {
                let part: String = chars.by_ref().take_while(|&next| next != c).collect();
                word.get_or_insert_default().push_str(&part);
            }
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                let word = word.get_or_insert_default();
                while let Some(c) = chars.next().filter(|&c| c != '\'') {
                    word.push(if c == '\\' { escape(&mut chars) } else { c });
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn escape(chars: &mut impl Iterator<Item = char>) -> char {
    match chars.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('u') => {
            let digits: String = chars.take_while(|&c| c != '}').skip(1).collect();
            char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
        }
        Some(c) => c,
        None => panic!("a backslash at the end"),
    }
}

/// The command of a line.
fn command(line: &str) -> Command {
    let mut words = split(line).into_iter().peekable();
    let mut variables = Vec::new();
    while let Some(variable) = words.next_if(|word| word.starts_with('@')) {
        let (name, value) = variable[1..].split_once('=').unwrap();
        variables.push((name.to_owned(), value.to_owned()));
    }
    let program = words.next().unwrap();
    let command = words.fold(Command::new(program), Command::arg);
    variables
        .into_iter()
        .fold(command, |command, (name, value)| command.env(name, value))
}

/// What a decision comes to when nobody can be asked.
fn decided(policy: &Policy, command: &Command) -> Option<Decision> {
    match policy.approve(command.clone()) {
        Ok(_) => Some(Decision::Allow),
        Err(Refusal::Denied(denial)) => Some(match denial.reason() {
            DenialReason::NobodyToAsk(_) => Decision::Ask,
            _ => Decision::Deny,
        }),
        // Nothing to run.
        Err(Refusal::Resolve(_)) => None,
        Err(other) => panic!("{other}"),
    }
}

/// Looks whether each line of a file gets its verdict; returns how many there are.
fn check(file: &str) -> usize {
    let lair = lair();
    let dir = lair.path().to_str().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/verdicts")
        .join(file);
    let text = fs::read_to_string(path).unwrap();
    let (rules, lines) = text.split_once("\n---\n").unwrap();
    let rules = RuleSet::builder()
        .builtin()
        .text(RuleSource::User, Path::new(file), rules);
    let policy = Policy::builder(ProcessGrant::none())
        .rules(rules.build().unwrap())
        .build();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (verdict, text) = line.split_once(": ").unwrap();
        let command = command(&text.replace("{dir}", dir));
        let explanation = policy.explain(&command).unwrap();
        let expected = match verdict {
            "allow" => Decision::Allow,
            "ask" => Decision::Ask,
            "deny" => Decision::Deny,
            other => panic!("{other}"),
        };
        count += 1;
        if explanation.decision != expected {
            let layers = explanation.layers.iter().map(|layer| {
                format!(
                    "\n    {} {}: {}",
                    layer.decision, layer.command, layer.reason
                )
            });
            wrong.push(format!("{line}{}", layers.collect::<String>()));
        }
        if let Some(decision) = decided(&policy, &command)
            && decision != explanation.decision
        {
            wrong.push(format!(
                "{line}\n    is explained otherwise than {decision:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    count
}

#[test]
fn a_denied_program_is_denied_however_it_is_run() {
    assert!(check("denied_program.txt") > 200);
}

#[test]
fn the_built_in_rules_know_every_spelling() {
    assert!(check("builtin.txt") > 100);
}

#[test]
fn options_stand_anywhere() {
    assert!(check("options.txt") > 80);
}

#[test]
fn harmless_commands_are_not_refused() {
    assert!(check("harmless.txt") > 100);
}

#[test]
fn what_cannot_be_known_runs_for_who_may_run_everything() {
    let rules = RuleSet::builder().builtin().build().unwrap();
    let policy = Policy::builder(ProcessGrant::all()).rules(rules).build();
    let check = |line: &str, decision| {
        let explanation = policy.explain(&command(line)).unwrap();
        assert_eq!(explanation.decision, decision, "{line}: {explanation:?}");
    };
    check("sh -c 'rm $X'", Decision::Allow);
    check("xargs rm", Decision::Allow);
    check("sh -c '$X'", Decision::Allow);
    check("sh -c 'rm -rf $X'", Decision::Deny);
    check("rm -rf x", Decision::Deny);
}

#[test]
fn a_path_that_is_denied_is_denied_as_an_interpreter() {
    let lair = lair();
    let path = lair.path().join("link2");
    let text = format!(
        "[[rule]]\nid = \"no\"\nprogram = \"{}\"\ndecision = \"deny\"\n",
        path.display()
    );
    let rules = RuleSet::builder().text(RuleSource::User, Path::new("rules.toml"), &text);
    let policy = Policy::builder(ProcessGrant::all())
        .rules(rules.build().unwrap())
        .build();
    let script = lair.path().join("on-link");
    let explanation = policy.explain(&Command::new(script)).unwrap();
    assert_eq!(explanation.decision, Decision::Deny, "{explanation:?}");
}
