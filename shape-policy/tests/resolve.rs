//! What a request is found to mean.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{Command, script};
use shape_policy::{Ask as _, ResolveError, Resolved, Resolver};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn resolve(command: &Command) -> Result<Resolved, ResolveError> {
    Resolver::new().resolve(&command.request())
}

#[track_caller]
fn check_found(command: &Command, expected: &Path) {
    assert_eq!(resolve(command).unwrap().program().path(), expected);
}

#[track_caller]
fn check_error(command: &Command, message: &str) {
    let error = resolve(command).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn a_bare_name_is_looked_up_on_the_childs_path() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = std::env::join_paths([first.path(), second.path()]).unwrap();
    let command = Command::new("tool").env("PATH", path);
    check_error(&command, "was not found on PATH");
    let later = script(second.path(), "tool", 0o755);
    check_found(&command, &later);
    script(first.path(), "tool", 0o644);
    check_found(&command, &later);
    let earlier = script(first.path(), "tool", 0o755);
    check_found(&command, &earlier);
}

#[test]
fn what_was_found_is_looked_at_again() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = std::env::join_paths([first.path(), second.path()]).unwrap();
    let command = Command::new("tool").env("PATH", path);
    let resolver = Resolver::new();
    let resolve = || resolver.resolve(&command.request());

    let later = script(second.path(), "tool", 0o755);
    assert_eq!(resolve().unwrap().program().path(), later);
    let earlier = script(first.path(), "tool", 0o755);
    assert_eq!(resolve().unwrap().program().path(), earlier);
    fs::remove_file(&earlier).unwrap();
    assert_eq!(resolve().unwrap().program().path(), later);
    script(second.path(), "tool", 0o644);
    assert!(matches!(resolve(), Err(ResolveError::NotExecutable { .. })));
    fs::remove_file(&later).unwrap();
    assert!(matches!(resolve(), Err(ResolveError::NotFound { .. })));
    let (one, other) = (
        script(first.path(), "one", 0o755),
        script(first.path(), "other", 0o755),
    );
    symlink(&one, &later).unwrap();
    assert_eq!(
        resolve().unwrap().program().canonical(),
        one.canonicalize().unwrap()
    );
    fs::remove_file(&later).unwrap();
    symlink(&other, &later).unwrap();
    assert_eq!(
        resolve().unwrap().program().canonical(),
        other.canonicalize().unwrap()
    );
}

#[test]
fn a_path_without_absolute_directories_finds_nothing() {
    let command = Command::new("Cargo.toml").env("PATH", ".::src");
    match resolve(&command).unwrap_err() {
        ResolveError::NotFound { searched, .. } => assert!(searched.is_empty()),
        other => panic!("{other}"),
    }
}

#[test]
fn a_program_path_is_relative_to_the_host_whatever_the_cwd() {
    let directory = tempfile::tempdir().unwrap();
    script(directory.path(), "tool", 0o755);
    check_error(
        &Command::new("./tool").cwd(directory.path()),
        "\"./tool\" does not exist",
    );
    let host = std::env::current_dir().unwrap();
    check_error(
        &Command::new("src/lib.rs").cwd("/"),
        &host.join("src/lib.rs").display().to_string(),
    );
}

#[test]
fn the_directory_comes_first() {
    let directory = tempfile::tempdir().unwrap();
    let file = script(directory.path(), "file", 0o755);
    let missing = directory.path().join("missing");
    check_error(
        &Command::new("").cwd(&missing),
        &format!("{missing:?} cannot be used: No such file"),
    );
    check_error(&Command::new("").cwd(&file), "it is not a directory");
    symlink(directory.path(), directory.path().join("link")).unwrap();
    let resolved = resolve(&Command::new("sh").cwd(directory.path().join("link"))).unwrap();
    assert_eq!(resolved.cwd(), directory.path().canonicalize().unwrap());
}

#[test]
fn what_no_program_could_be_given_is_invalid() {
    check_error(&Command::new(""), "the program name is empty");
    check_error(&Command::new("a\0b"), "NUL");
    check_error(
        &Command::new("sh").arg("a\0b"),
        "an argument of \"sh\" contains a NUL byte",
    );
    check_error(&Command::new("sh").env("A=B", ""), "\"A=B\" contains `=`");
    check_error(&Command::new("sh").env("", ""), "is empty");
    check_error(
        &Command::new("sh").env("A", "\0secret"),
        "the value of the environment variable \"A\"",
    );
    assert!(
        !resolve(&Command::new("sh").env("A", "\0secret"))
            .unwrap_err()
            .to_string()
            .contains("secret")
    );
}

#[test]
fn what_cannot_be_executed_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let plain = script(directory.path(), "plain", 0o644);
    check_error(&Command::new(&plain), "it has no execute permission");
    check_error(
        &Command::new("plain").env("PATH", directory.path()),
        "it has no execute permission",
    );
    check_error(&Command::new(directory.path()), "it is a directory");
    let broken = script(directory.path(), "broken", 0o755);
    fs::write(&broken, "#! /nonexistent/sh -x\n").unwrap();
    check_error(
        &Command::new(&broken),
        "needs the interpreter \"/nonexistent/sh\"",
    );
    fs::write(&broken, "#!/bin/sh\r\n").unwrap();
    check_error(
        &Command::new(&broken),
        r#"needs the interpreter "/bin/sh\r""#,
    );
}

#[test]
fn a_near_name_is_offered() {
    let directory = tempfile::tempdir().unwrap();
    script(directory.path(), "rsync", 0o755);
    script(directory.path(), "rsynk", 0o644);
    let near = Command::new("rysnc").env("PATH", directory.path());
    check_error(&near, "; did you mean \"rsync\"?");
    let far = resolve(&Command::new("ripgrep").env("PATH", directory.path())).unwrap_err();
    assert!(!far.to_string().contains("did you mean"), "{far}");
}

#[test]
fn the_environment_is_frozen_with_the_request() {
    let resolved = resolve(&Command::new("sh").env("SHAPE_X", "1")).unwrap();
    assert!(
        resolved
            .environment()
            .contains(&("SHAPE_X".into(), "1".into()))
    );
    let mut cleared = Command::new("sh").env("SHAPE_X", "1");
    cleared.env.clear = true;
    // Without a PATH there is the default one.
    assert_eq!(
        resolve(&cleared).unwrap().environment(),
        [("SHAPE_X".into(), "1".into())]
    );
}
