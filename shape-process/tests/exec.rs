//! Running a program to its end: what it is given, and what comes back.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{approve, child, exec, exec_error, run, text};
use shape_policy::{Approved, Policy, ProcessGrant};
use shape_process::{CancelToken, ErrorKind, Overflow, Run, Spec, Stdin};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

#[track_caller]
fn check_stdout(spec: Spec, expected: &str) {
    let output = exec(spec);
    assert_eq!(
        (text(&output.stdout), text(&output.stderr), output.status),
        (expected, "", 0)
    );
}

#[test]
fn output_status_and_pid_come_back() {
    let output = exec(child(["fail", "3", "it broke"]));
    assert_eq!((output.status, output.signal), (3, None));
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        ("", "it broke\n")
    );
    assert!(!output.timed_out && !output.truncated && output.dropped_bytes == 0);
    assert!(output.survivors.is_empty());
    assert!(output.duration > Duration::ZERO);
    assert_ne!(output.pid, 0);
}

#[test]
fn a_signal_is_told_apart_from_an_exit_code() {
    let killed = exec(child(["signal", "9"]));
    assert_eq!((killed.status, killed.signal), (137, Some(9)));
    let exited = exec(child(["exit", "137"]));
    assert_eq!((exited.status, exited.signal), (137, None));
}

#[test]
fn both_streams_are_drained_at_once() {
    let output = exec(child(["flood-both", "3000000"]));
    assert_eq!(
        (output.stdout.len(), output.stderr.len()),
        (3_000_000, 3_000_000)
    );
}

#[test]
fn every_byte_arrives_in_order() {
    let output = exec(child(["flood", "stdout", "10000000"]));
    assert!(output.stdout == common::flooded(10_000_000));
}

#[test]
fn merged_streams_keep_their_order() {
    let output = exec(child(["interleave", "50"]).merge_stderr());
    let expected: String = (1..=50).map(|n| format!("out {n}\nerr {n}\n")).collect();
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        (expected.as_str(), "")
    );
}

#[test]
fn arguments_arrive_as_they_are() {
    let spec = child(["args", "a b", "", "$HOME", "*", "'\"\\", "--x=ä"]);
    let expected = format!(
        "{:?}\n\"args\"\n\"a b\"\n\"\"\n\"$HOME\"\n\"*\"\n\"'\\\"\\\\\"\n\"--x=ä\"\n",
        shape_testchild::path()
    );
    check_stdout(spec, &expected);
}

#[test]
fn a_program_knows_itself_by_the_name_that_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    symlink(
        shape_testchild::path(),
        directory.path().join("by-another-name"),
    )
    .unwrap();
    let spec = Spec::new("by-another-name")
        .arg("args")
        .env("PATH", directory.path());
    check_stdout(spec, "\"by-another-name\"\n\"args\"\n");
}

#[test]
fn the_environment_is_the_hosts_with_changes() {
    check_stdout(
        child(["env", "SHAPE_X"])
            .env("SHAPE_X", "1")
            .env("SHAPE_X", "2"),
        "2\n",
    );
    check_stdout(child(["env", "PATH"]).env_remove("PATH"), "unset\n");
    check_stdout(child(["environ"]).env_clear().env("A", "b=c"), "A=b=c\n");
}

#[test]
fn the_directory_is_the_one_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let canonical = directory.path().canonicalize().unwrap();
    check_stdout(
        child(["cwd"]).cwd(directory.path()),
        &format!("{}\n", canonical.display()),
    );
    let host = std::env::current_dir().unwrap();
    check_stdout(child(["cwd"]), &format!("{}\n", host.display()));
}

#[test]
fn standard_input_is_empty_unless_asked_for() {
    check_stdout(child(["cat"]), "");
    check_stdout(child(["prompt"]), "Continue? eof\n");
    check_stdout(child(["cat"]).stdin(Stdin::Pipe), "");
    check_stdout(child(["cat"]).stdin(Stdin::Bytes(b"in".to_vec())), "in");
    check_stdout(child(["cat"]).stdin(Stdin::Bytes(Vec::new())), "");
}

#[test]
fn a_file_can_be_the_standard_input() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "from a file").unwrap();
    check_stdout(
        child(["cat"]).stdin(Stdin::File(file.path().into())),
        "from a file",
    );
    let error = exec_error(child(["cat"]).stdin(Stdin::File("/nonexistent/input".into())));
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/nonexistent/input"), "{error}");
}

#[test]
fn more_input_than_a_pipe_holds_is_given_while_output_is_taken() {
    let input = common::flooded(5_000_000);
    let output = exec(child(["cat"]).stdin(Stdin::Bytes(input.clone())));
    assert!(output.stdout == input);
}

#[test]
fn a_program_that_does_not_read_its_input_is_no_error() {
    let input = Stdin::Bytes(vec![b'x'; 5_000_000]);
    check_stdout(child(["echo", "done"]).stdin(input), "done\n");
}

#[test]
fn a_child_has_three_descriptors() {
    // Not even one that the host left open for its children.
    let (leaky, _other) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::empty()).unwrap();
    for spec in [
        child(["fds"]),
        child(["fds"]).stdin(Stdin::Inherit),
        child(["fds"]).cwd("/"),
    ] {
        check_stdout(spec, "[0, 1, 2]\n");
    }
    drop(leaky);
}

#[test]
fn a_child_has_its_signals_at_their_defaults() {
    check_stdout(child(["sigpipe"]), "default\n");
    check_stdout(child(["sigmask"]), "0000000000000000\n");
}

#[test]
fn a_child_leads_its_group_and_has_no_terminal() {
    let output = exec(child(["ids"]));
    let pid = output.pid;
    assert_eq!(text(&output.stdout), format!("{pid} {pid} -1\n"));
    check_stdout(child(["tty"]), "no tty\n");
}

#[test]
fn only_accepted_exit_codes_are_success() {
    assert_eq!(exec(child(["exit", "1"]).accept([0, 1])).status, 1);
    let error = exec_error(child(["fail", "2", "no such branch"]).accept([0, 1]));
    assert_eq!(error.kind(), ErrorKind::ExitStatus);
    assert!(
        error.to_string().ends_with("exit code 2\nno such branch"),
        "{error}"
    );
    assert_eq!(error.output().unwrap().status, 2);
}

#[track_caller]
fn check_error(spec: Spec, kind: &str, message: &str) {
    let error = exec_error(spec);
    assert_eq!(error.kind().as_str(), kind, "{error}");
    assert!(error.to_string().contains(message), "{error}");
    assert!(!error.retryable());
}

#[test]
fn an_error_says_what_failed() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str, mode: u32| {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let plain = file("plain", "#!/bin/sh\n", 0o644);
    let script = file("script", "#!/nonexistent/interpreter -x\n", 0o755);
    let no_format = file("no-format", "just text\n", 0o755);
    file("frobnicate", "#!/bin/sh\n", 0o755);

    let misspelt = Spec::new("frobnciate").env("PATH", directory.path());
    check_error(
        misspelt.clone(),
        "not_found",
        "did you mean \"frobnicate\"?",
    );
    check_error(
        misspelt,
        "not_found",
        &directory.path().display().to_string(),
    );
    check_error(Spec::new("./nonexistent"), "not_found", "\"./nonexistent\"");
    check_error(Spec::new(plain), "not_executable", "no execute permission");
    check_error(Spec::new(directory.path()), "not_executable", "directory");
    check_error(Spec::new(no_format), "not_executable", "#!");
    check_error(
        Spec::new(script),
        "bad_interpreter",
        "/nonexistent/interpreter",
    );
    check_error(
        child(["cwd"]).cwd("/nonexistent/dir"),
        "bad_cwd",
        "/nonexistent/dir",
    );
    check_error(
        Spec::new("nonexistent").cwd("/nonexistent/dir"),
        "bad_cwd",
        "/nonexistent/dir",
    );
    check_error(
        child(["echo"]).arg("x".repeat(4 << 20)),
        "too_big",
        "too long",
    );
    check_error(child(["echo", "a\0b"]), "invalid", "NUL");
    check_error(child(["echo"]).env("A=B", "x"), "invalid", "\"A=B\"");
    check_error(Spec::new(""), "invalid", "empty");
}

#[test]
fn a_file_that_changed_after_its_approval_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("gone");
    fs::copy(shape_testchild::path(), &program).unwrap();
    let approved = approve(Spec::new(&program).arg("echo"));
    fs::remove_file(&program).unwrap();
    assert_eq!(
        run().exec(approved).unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

/// A file that prints `said`, with a name and a permission of its own.
fn printing(path: &Path, said: &str) {
    fs::write(path, format!("#!/bin/sh\necho {said} \"$0\"\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[track_caller]
fn check_changed(approved: Approved<Spec>, path: &Path) {
    let error = run().exec(approved).unwrap_err();
    assert_eq!(
        (error.kind().as_str(), error.to_string()),
        (
            "permission_denied",
            format!("{:?} changed after it was approved", path)
        )
    );
}

#[test]
fn what_was_approved_is_what_runs() {
    let directory = tempfile::tempdir().unwrap();
    let [good, evil, link] = ["good", "evil", "link"].map(|name| directory.path().join(name));
    fs::copy(shape_testchild::path(), &good).unwrap();
    printing(&evil, "evil");
    symlink(&good, &link).unwrap();
    // A link that means something else by now does not matter to a binary.
    let approved = approve(Spec::new(&link).args(["echo", "good"]));
    fs::remove_file(&link).unwrap();
    symlink(&evil, &link).unwrap();
    assert_eq!(text(&run().exec(approved).unwrap().stdout), "good\n");
    // Another file in its place does.
    let approved = approve(Spec::new(&good).args(["echo", "good"]));
    fs::rename(&evil, &good).unwrap();
    check_changed(approved, &good.canonicalize().unwrap());
}

#[test]
fn a_script_that_was_approved_is_what_runs() {
    let directory = tempfile::tempdir().unwrap();
    let [good, evil, link] = ["good", "evil", "link"].map(|name| directory.path().join(name));
    printing(&good, "good");
    printing(&evil, "evil");
    symlink(&good, &link).unwrap();
    // A script is told the path that it was found by.
    let approved = approve(Spec::new(&link));
    let said = format!("good {}\n", link.display());
    assert_eq!(text(&run().exec(approved).unwrap().stdout), said);
    let approved = approve(Spec::new(&link));
    fs::remove_file(&link).unwrap();
    symlink(&evil, &link).unwrap();
    check_changed(approved, &link);
    // Written to in place.
    let approved = approve(Spec::new(&good));
    printing(&good, "evil");
    check_changed(approved, &good);
}

#[test]
fn the_directory_that_was_approved_is_the_one() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let [good, evil, link] = ["good", "evil", "link"].map(|name| root.join(name));
    fs::create_dir(&good).unwrap();
    fs::create_dir(&evil).unwrap();
    symlink(&good, &link).unwrap();
    let approved = approve(child(["cwd"]).cwd(&link));
    fs::remove_file(&link).unwrap();
    symlink(&evil, &link).unwrap();
    let said = format!("{}\n", good.display());
    assert_eq!(text(&run().exec(approved).unwrap().stdout), said);
    let approved = approve(child(["cwd"]).cwd(&good));
    fs::rename(&good, root.join("elsewhere")).unwrap();
    symlink(&evil, &good).unwrap();
    check_changed(approved, &good);
}

#[test]
fn the_interpreter_in_the_way_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let tool = directory.path().join("tool");
    fs::write(&tool, "#!no/such/interpreter\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let named = "\"no/such/interpreter\"";
    check_error(Spec::new(&tool), "bad_interpreter", named);
    let plain = directory.path().join("plain");
    fs::write(&plain, "").unwrap();
    fs::write(&tool, format!("#!{}\n", plain.display())).unwrap();
    let named = format!("its interpreter {plain:?}: it has no execute permission");
    check_error(Spec::new(&tool), "not_executable", &named);
}

#[test]
fn what_is_dropped_is_counted_exactly() {
    let all = "aé€𝄞".repeat(20);
    for limit in 0..=all.len() as u64 {
        let spec = child(["echo", &all]).max_output(limit);
        let output = exec(spec.overflow(Overflow::Truncate));
        assert_eq!(
            output.stdout.len() as u64 + output.dropped_bytes,
            all.len() as u64 + 1,
            "{limit}"
        );
        assert!(output.truncated);
    }
}

#[test]
fn no_message_has_a_value_of_the_environment() {
    let specs = [
        Spec::new("nonexistent").env("TOKEN", "s3cret"),
        child(["exit", "1"]).env("TOKEN", "s3cret").accept([0]),
        child(["echo"]).env("TOKEN", "s3cret\0"),
        child(["echo"]).env("TOKEN", "s3cret".repeat(1 << 20)),
    ];
    for spec in specs {
        assert!(!format!("{spec:?}").contains("s3cret"));
        let error = exec_error(spec);
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}

#[test]
fn what_is_denied_does_not_run() {
    let directory = tempfile::tempdir().unwrap();
    let refusal = Policy::new(ProcessGrant::none()).approve(child(["echo"]).cwd(directory.path()));
    let error = shape_process::Error::from(refusal.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn nothing_is_started_in_a_cancelled_run() {
    let token = CancelToken::new().unwrap();
    let run = Run::new(token.clone()).unwrap();
    token.cancel();
    assert_eq!(
        run.exec(approve(child(["echo"]))).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    assert_eq!(
        run.spawn(approve(child(["echo"]))).unwrap_err().kind(),
        ErrorKind::Cancelled
    );
}

/// A FIFO in a new directory.
fn fifo() -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fifo");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    (directory, path)
}

#[test]
fn a_writer_of_a_fifo_may_come_late() {
    let (_directory, path) = fifo();
    let run = run();
    let cat = common::spawn(&run, child(["cat"]).stdin(Stdin::File(path.clone())));
    let soon = Some(Duration::from_millis(100));
    assert_eq!(run.wait_any(&[&cat], soon).unwrap(), None);
    // Opening it does not wait: somebody reads.
    let mut writer = fs::File::options().write(true).open(&path).unwrap();
    assert_eq!(run.wait_any(&[&cat], soon).unwrap(), None);
    writer.write_all(b"one\n").unwrap();
    assert_eq!(common::stdout_line(&cat), "one\n");
    writer.write_all(b"two\n").unwrap();
    drop(writer);
    assert_eq!(text(&cat.output().unwrap().stdout), "two\n");
}

#[test]
fn a_writer_of_a_fifo_may_write_nothing() {
    let (_directory, path) = fifo();
    let run = run();
    let cat = common::spawn(&run, child(["cat"]).stdin(Stdin::File(path.clone())));
    drop(fs::File::options().write(true).open(&path).unwrap());
    assert_eq!(text(&cat.output().unwrap().stdout), "");
}

#[test]
fn a_writer_of_a_fifo_may_have_come_first() {
    let (_directory, path) = fifo();
    let both = || fs::File::options().read(true).write(true).open(&path);
    let mut writer = both().unwrap();
    writer.write_all(b"early\n").unwrap();
    let run = run();
    let cat = common::spawn(&run, child(["cat"]).stdin(Stdin::File(path.clone())));
    assert_eq!(common::stdout_line(&cat), "early\n");
    drop(writer);
    assert_eq!(cat.wait().unwrap().code, 0);
}

#[test]
fn a_fifo_without_a_writer_holds_nobody_up_longer_than_asked() {
    let (_directory, path) = fifo();
    let spec = child(["cat"]).stdin(Stdin::File(path));
    let error = exec_error(spec.timeout(Duration::from_millis(100)));
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
