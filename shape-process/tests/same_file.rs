//! What was decided on is what runs, whatever stands at its path by then.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::run_by;
use common::{approve, spawn, stdout_line, text};
use shape_policy::Approved;
use shape_process::{ErrorKind, Launcher, Output, Spec};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

by_each_launcher! {
    what_takes_the_place_of_a_program_does_not_run
    a_program_whose_directory_is_replaced_runs
    a_program_that_is_changed_in_place_does_not_run
    what_takes_the_place_of_a_script_does_not_run
    the_interpreter_that_was_decided_on_runs
    a_link_that_is_switched_changes_nothing
    a_process_is_called_like_its_program
    a_program_is_told_the_name_that_it_was_asked_for_by
    scripts_get_what_the_kernel_would_give_them
    what_may_be_executed_and_not_read_runs
}

#[test]
fn all_of_it_without_privileges() {
    common::user::run_again_without_privileges("all_of_it_without_privileges");
}

/// A directory that is no link.
fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().canonicalize().unwrap();
    (directory, path)
}

fn program(path: &Path) -> &Path {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(shape_testchild::path(), path).unwrap();
    path
}

fn script<'a>(path: &'a Path, text: &str) -> &'a Path {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Puts a script that says `new` in the place of `path`.
fn replace(path: &Path) {
    let other = path.with_extension("other");
    script(&other, "#!/bin/sh\necho new\n");
    fs::rename(other, path).unwrap();
}

/// Puts a directory whose file of that name says `new` in the place of the one that `path` is in.
fn replace_directory(path: &Path) {
    let directory = path.parent().unwrap();
    fs::rename(directory, directory.with_extension("old")).unwrap();
    script(path, "#!/bin/sh\necho new\n");
}

#[track_caller]
fn check_says(launcher: &Launcher, approved: Approved<Spec>, expected: &str) {
    let output = run_by(launcher).exec(approved).unwrap();
    assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
}

#[track_caller]
fn check_changed(launcher: &Launcher, approved: Approved<Spec>, named: &Path) {
    let error = run_by(launcher).exec(approved).unwrap_err();
    let message = format!("{named:?} changed after it was approved");
    assert_eq!(error.to_string(), message);
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

fn what_takes_the_place_of_a_program_does_not_run(launcher: &Launcher) {
    let (_directory, root) = directory();
    let tool = root.join("tool");
    let approved = approve(Spec::new(program(&tool)).args(["echo", "old"]));
    replace(&tool);
    check_changed(launcher, approved, &tool);
    check_says(launcher, approve(Spec::new(&tool)), "new\n");
}

fn a_program_whose_directory_is_replaced_runs(launcher: &Launcher) {
    let (_directory, root) = directory();
    let tool = root.join("bin/tool");
    let approved = approve(Spec::new(program(&tool)).args(["echo", "old"]));
    replace_directory(&tool);
    check_says(launcher, approved, "old\n");
    check_says(launcher, approve(Spec::new(&tool)), "new\n");
}

fn a_program_that_is_changed_in_place_does_not_run(launcher: &Launcher) {
    let (_directory, root) = directory();
    let tool = root.join("tool");
    let approved = approve(Spec::new(program(&tool)).args(["echo", "old"]));
    let mut file = fs::File::options().append(true).open(&tool).unwrap();
    file.write_all(b"x").unwrap();
    drop(file);
    check_changed(launcher, approved, &tool);
    let approved = approve(Spec::new(&tool).args(["echo", "old"]));
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o700)).unwrap();
    check_changed(launcher, approved, &tool);
    check_says(
        launcher,
        approve(Spec::new(&tool).args(["echo", "old"])),
        "old\n",
    );
}

fn what_takes_the_place_of_a_script_does_not_run(launcher: &Launcher) {
    let (_directory, root) = directory();
    let tool = root.join("bin/tool");
    let old = || approve(Spec::new(script(&tool, "#!/bin/sh\necho old\n")));
    let approved = old();
    replace(&tool);
    check_changed(launcher, approved, &tool);
    let approved = old();
    replace_directory(&tool);
    check_changed(launcher, approved, &tool);
}

fn the_interpreter_that_was_decided_on_runs(launcher: &Launcher) {
    let (_directory, root) = directory();
    let (tool, interpreter) = (root.join("tool"), root.join("bin/interpreter"));
    let line = format!("#!{} echo\n", interpreter.display());
    let old = || {
        program(&interpreter);
        approve(Spec::new(script(&tool, &line)).arg("x"))
    };
    let approved = old();
    replace_directory(&interpreter);
    check_says(launcher, approved, &format!("{} x\n", tool.display()));
    let approved = old();
    replace(&interpreter);
    check_changed(launcher, approved, &interpreter);
    fs::remove_file(&interpreter).unwrap();
    // Also the interpreter of an interpreter.
    let between = root.join("between");
    script(&between, &format!("#!{} echo\n", interpreter.display()));
    program(&interpreter);
    let outer = script(&tool, &format!("#!{}\n", between.display()));
    let approved = approve(Spec::new(outer));
    replace(&between);
    check_changed(launcher, approved, &between);
}

fn a_link_that_is_switched_changes_nothing(launcher: &Launcher) {
    let (_directory, root) = directory();
    let link = root.join("link");
    let other = root.join("other");
    symlink(program(&root.join("one")), &link).unwrap();
    symlink(script(&root.join("two"), "#!/bin/sh\necho new\n"), &other).unwrap();
    let approved = approve(Spec::new(&link).args(["echo", "old"]));
    fs::rename(&other, &link).unwrap();
    check_says(launcher, approved, "old\n");
}

fn a_process_is_called_like_its_program(launcher: &Launcher) {
    let (_directory, root) = directory();
    let tool = root.join("tool");
    let link = root.join("link");
    symlink(program(&tool), &link).unwrap();
    let run = run_by(launcher);
    for name in [&tool, &link] {
        let process = spawn(&run, Spec::new(name).arg("cat"));
        // By then it is all that it will be.
        process.write(b"x\n").unwrap();
        assert_eq!(stdout_line(&process), "x\n");
        let of = |what: &str| PathBuf::from(format!("/proc/{}/{what}", process.pid()));
        assert_eq!(fs::read_link(of("exe")).unwrap(), tool);
        assert_eq!(fs::read_to_string(of("comm")).unwrap(), "tool\n");
        let line = fs::read(of("cmdline")).unwrap();
        assert_eq!(text(&line), format!("{}\0cat\0", name.display()));
    }
}

fn a_program_is_told_the_name_that_it_was_asked_for_by(launcher: &Launcher) {
    let (_directory, root) = directory();
    symlink("/bin/sh", root.join("applet")).unwrap();
    let asked = |program: &str| {
        let path = std::env::join_paths([&root, Path::new("/usr/bin")]).unwrap();
        approve(Spec::new(program).args(["-c", "echo $0"]).env("PATH", path))
    };
    check_says(launcher, asked("applet"), "applet\n");
    let path = root.join("applet");
    let path = path.to_str().unwrap();
    check_says(launcher, asked(path), &format!("{path}\n"));
}

fn scripts_get_what_the_kernel_would_give_them(launcher: &Launcher) {
    let (_directory, root) = directory();
    let run = run_by(launcher);
    let interpreter = program(&root.join("interpreter")).display().to_string();
    let by_kernel = |tool: &Path| {
        let script = format!("exec {} a 'b c' ''", tool.display());
        run.exec(approve(Spec::new("/bin/sh").args(["-c", &script])))
            .unwrap()
    };
    let mut outer = script(&root.join("0"), &format!("#! {interpreter} args \n")).to_owned();
    let long = |length: usize| {
        let line = format!("#!{interpreter} args ");
        let rest = length - line.len();
        line + &"x".repeat(rest)
    };
    let mut lines = vec![
        format!("#! \t{interpreter}\targs b  c\t \n"),
        format!("#!{interpreter} args"),
        format!("#!{interpreter} args "),
        format!("#!{interpreter} args\0 b\n"),
        format!("#!{interpreter} args b\r\n"),
        format!("#!{interpreter} args {}\n", " ".repeat(300)),
    ];
    for length in 253..259 {
        lines.extend([long(length), long(length) + "\n", long(length) + " \n"]);
    }
    for line in lines {
        let tool = root.join("tool");
        let approved = approve(Spec::new(script(&tool, &line)).args(["a", "b c", ""]));
        let expected = by_kernel(&tool);
        let output = run.exec(approved).unwrap();
        // What is no command, the program names in its errors.
        assert!([0, 99].contains(&expected.status), "{line:?}");
        let seen = |output: Output| (output.status, output.stdout, output.stderr);
        assert_eq!(seen(output), seen(expected), "{line:?}");
    }
    for level in 1..5 {
        let args = |tool: &Path| approve(Spec::new(tool).args(["a", "b c", ""]));
        let expected = by_kernel(&outer);
        assert_eq!(expected.status, 0, "{}", text(&expected.stderr));
        check_says(launcher, args(&outer), text(&expected.stdout));
        let line = format!("#!{} {level}\n", outer.display());
        outer = script(&root.join(level.to_string()), &line).to_owned();
    }
    check_says(
        launcher,
        approve(Spec::new(&outer).args(["a", "b c", ""])),
        text(&by_kernel(&outer).stdout),
    );
    let too_deep = script(&root.join("5"), &format!("#!{}\n", outer.display())).to_owned();
    assert_ne!(by_kernel(&too_deep).status, 0);
    let error = common::exec_error(Spec::new(&too_deep));
    assert_eq!(error.kind(), ErrorKind::NotExecutable, "{error}");
    assert!(error.to_string().contains("interpreters"), "{error}");
}

fn what_may_be_executed_and_not_read_runs(launcher: &Launcher) {
    let (_directory, root) = directory();
    let tool = root.join("tool");
    fs::set_permissions(program(&tool), fs::Permissions::from_mode(0o111)).unwrap();
    let approved = approve(Spec::new(&tool).args(["echo", "x"]));
    check_says(launcher, approved, "x\n");
    // Its interpreter is told of it, whether or not that may read it.
    let tool = root.join("script");
    script(
        &tool,
        &format!("#!{} echo\n", shape_testchild::path().display()),
    );
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o111)).unwrap();
    let said = format!("{}\n", tool.display());
    check_says(launcher, approve(Spec::new(&tool)), &said);
}
