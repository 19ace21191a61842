//! What a request is found to mean.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{Command, script};
use shape_policy::{Ask as _, Digest, Program, ResolveError, Resolved, Resolver};
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

#[test]
fn a_script_is_known_with_its_interpreters() {
    let directory = tempfile::tempdir().unwrap();
    let inner = script(directory.path(), "inner", 0o755);
    let outer = script(directory.path(), "outer", 0o755);
    fs::write(&outer, format!("#! {} -a  b \n", inner.display())).unwrap();
    let program = Program::at(&outer).unwrap();
    let interpreter = program.interpreter().unwrap();
    assert_eq!(interpreter.written(), inner);
    assert_eq!(interpreter.argument().unwrap(), "-a  b");
    let sh = Program::at(Path::new("/bin/sh")).unwrap();
    assert_eq!(program.executed().unwrap().id(), sh.id());
    let [inner_path, outer_path] = [&inner, &outer].map(|path| path.as_os_str());
    assert_eq!(
        program.words_before_arguments(),
        ["/bin/sh".as_ref(), inner_path, "-a  b".as_ref(), outer_path]
    );
    assert!(sh.words_before_arguments().is_empty());
    program.check_unchanged().unwrap();
    fs::write(&inner, "#!/bin/sh\n# another\n").unwrap();
    assert_eq!(
        program.check_unchanged(),
        Err(ResolveError::Changed { path: inner })
    );
}

#[test]
fn a_script_that_is_its_own_interpreter_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let tool = script(directory.path(), "tool", 0o755);
    fs::write(&tool, format!("#!{}\n", tool.display())).unwrap();
    check_error(&Command::new(&tool), "interpreters that are scripts");
}

#[test]
fn a_digest_is_of_the_file_that_was_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let tool = script(directory.path(), "tool", 0o755);
    let digest = Digest::of_file(&tool).unwrap();
    let place = directory.path().with_extension("elsewhere");
    let program = Program::at(&tool).unwrap();
    fs::rename(directory.path(), &place).unwrap();
    assert_eq!(program.digest().unwrap(), digest);
    fs::write(place.join("tool"), "#!/bin/sh\n# another\n").unwrap();
    assert!(program.digest().is_err());
    fs::rename(&place, directory.path()).unwrap();
    assert_ne!(Program::at(&tool).unwrap().digest().unwrap(), digest);
}

#[test]
fn what_is_remembered_takes_a_bounded_number_of_descriptors() {
    let directory = tempfile::tempdir().unwrap();
    let held = || {
        let open = fs::read_dir("/proc/self/fd").unwrap();
        open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
            .filter(|path| path.starts_with(directory.path()))
            .count()
    };
    let resolver = Resolver::new();
    for index in 0..600 {
        let tool = script(directory.path(), &format!("tool-{index}"), 0o755);
        let command = Command::new(&tool);
        resolver.resolve(&command.request()).unwrap();
        assert!((1..=256).contains(&held()));
    }
    drop(resolver);
    assert_eq!(held(), 0);
}

#[test]
fn what_a_rule_may_want_to_know_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let tool = script(directory.path(), "tool", 0o755);
    let link = directory.path().join("link");
    symlink("/usr/bin/env", &link).unwrap();
    let of_system = |path: &Path| Program::at(path).unwrap().is_in_system_directory();
    assert!(of_system(Path::new("/usr/bin/env")));
    assert!(!of_system(&tool) && !of_system(&link));
    let has_own_path = |command: &Command| resolve(command).unwrap().has_own_path();
    let path = std::env::var_os("PATH").unwrap();
    assert!(!has_own_path(&Command::new("sh")));
    assert!(!has_own_path(&Command::new("sh").env("PATH", path)));
    assert!(has_own_path(&Command::new("sh").env("PATH", "/bin")));
    let mut without = Command::new("sh");
    without.env.remove.push("PATH".into());
    assert!(has_own_path(&without));
}
