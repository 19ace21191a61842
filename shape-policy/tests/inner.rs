//! What a command runs in turn is the file that it would find itself, whatever is found here.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use shape_policy::{
    Decision, Explanation, Guard, Limits, Policy, ProcessGrant, RuleSet, RuleSource,
};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Where the host's own `PATH` has `name`.
fn host(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut files = std::env::split_paths(&path).map(|directory| directory.join(name));
    files.find(|file| file.exists()).unwrap()
}

fn explain(allow: &str, deny: &[&str], command: &Command) -> Explanation {
    let grant = ProcessGrant::none().allow_programs(allow.parse().unwrap());
    let deny = deny.iter().map(|entry| entry.parse().unwrap());
    let grant = deny.fold(grant, ProcessGrant::deny);
    Policy::new(grant).explain(command).unwrap()
}

/// A directory with links, by their names and targets.
fn links(links: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (link, program) in links {
        symlink(host(program), directory.path().join(link)).unwrap();
    }
    directory
}

#[test]
fn a_relative_program_is_looked_up_where_the_command_starts() {
    let (here, there) = (links(&[("env", "env")]), links(&[("env", "rm")]));
    // The tests run in the directory of the crate.
    let own = std::env::current_dir().unwrap();
    let up: PathBuf = own.components().skip(1).map(|_| "..").collect();
    let relative = up.join(here.path().strip_prefix("/").unwrap()).join("env");
    // The same text leads to another file from a directory of the same depth.
    let root = tempfile::tempdir().unwrap();
    let depth = own.components().count() - 1;
    let cwd = (0..depth).fold(root.path().to_owned(), |path, _| path.join("d"));
    let target = root.path().join(here.path().strip_prefix("/").unwrap());
    fs::create_dir_all(&cwd).unwrap();
    fs::create_dir_all(&target).unwrap();
    symlink(there.path().join("env"), target.join("env")).unwrap();
    let command = Command::new(&relative).arg(&relative).arg("x").cwd(&cwd);
    let entry = here.path().canonicalize().unwrap().join("env");
    let explained = explain(entry.to_str().unwrap(), &["rm"], &command);
    assert_eq!(explained.decision, Decision::Deny, "{explained:#?}");
}

#[test]
fn relative_directories_of_path_are_looked_in_where_the_command_starts() {
    let there = links(&[("env", "rm")]);
    let path = format!(".:{}", std::env::var("PATH").unwrap());
    let command = Command::new("env").arg("env").arg("x").cwd(there.path());
    let explained = explain("env", &["rm"], &command.env("PATH", path));
    assert_eq!(explained.decision, Decision::Deny, "{explained:#?}");
}

#[test]
fn relative_directories_of_path_are_not_known_after_a_change_of_directory() {
    let there = links(&[("ls", "rm")]);
    let directory = there.path().to_str().unwrap();
    let host_path = std::env::var("PATH").unwrap();
    let with = |path: &str| {
        let path = format!("PATH={path}");
        Command::new("env")
            .arg("-C")
            .arg(directory)
            .arg(path)
            .arg("ls")
    };
    let decision = |command: &Command| explain("env,ls,sh", &[], command).decision;
    assert_eq!(decision(&with(&host_path)), Decision::Allow);
    assert_eq!(decision(&with(&format!(".:{host_path}"))), Decision::Ask);
    assert_eq!(decision(&with(&format!(":{host_path}"))), Decision::Ask);
    let inherited = |path: &str| {
        Command::new("env")
            .arg("-C")
            .arg(directory)
            .arg("ls")
            .env("PATH", path)
    };
    assert_eq!(decision(&inherited(&host_path)), Decision::Allow);
    assert_eq!(
        decision(&inherited(&format!(".:{host_path}"))),
        Decision::Ask
    );
    let script = |text: String| Command::new("sh").arg("-c").arg(text);
    let moved = format!("cd {directory} && ls");
    assert_eq!(decision(&script(moved.clone())), Decision::Allow);
    let command = script(moved).env("PATH", format!(".:{host_path}"));
    assert_eq!(decision(&command), Decision::Ask);
}

/// A copy of the host's `name`, called `copy`.
fn copy(directory: &Path, name: &str) -> PathBuf {
    let copy = directory.join("copy");
    fs::copy(host(name), &copy).unwrap();
    copy
}

#[test]
fn a_copy_of_what_a_flag_denies_is_denied() {
    let directory = tempfile::tempdir().unwrap();
    let copy = copy(directory.path(), "ls");
    let explained = explain(copy.to_str().unwrap(), &["ls"], &Command::new(&copy));
    assert_eq!(explained.decision, Decision::Deny, "{explained:#?}");
}

#[test]
fn a_copy_of_what_is_denied_since_a_reload_is_denied() {
    let directory = tempfile::tempdir().unwrap();
    let copy = copy(directory.path(), "ls");
    let text = Arc::new(Mutex::new(String::new()));
    let read = Arc::clone(&text);
    let load = move || {
        let text = read.lock().unwrap().clone();
        let rules = RuleSet::builder();
        rules
            .text(RuleSource::User, Path::new("rules.toml"), &text)
            .build()
    };
    let guard = Guard::new(Limits::none());
    let policy = Policy::builder(ProcessGrant::all()).guard(guard.clone(), "test");
    let policy = policy.rules_by(load).unwrap().build();
    let decision = || policy.explain(&Command::new(&copy)).unwrap().decision;
    assert_eq!(decision(), Decision::Allow);
    *text.lock().unwrap() =
        "[[rule]]\nid = \"x\"\nprogram = \"ls\"\ndecision = \"deny\"\n".to_owned();
    guard.reload().unwrap();
    assert_eq!(decision(), Decision::Deny);
}
