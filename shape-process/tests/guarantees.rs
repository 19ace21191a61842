//! What is promised holds whoever starts the processes.
//!
//! That timed out means over is in `timeouts.rs`, the ends of hosts in `host_end.rs`, and that nothing
//! stays behind in `many.rs`.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::run_by;
use common::{PATIENCE, approve, child, flooded, spawn, stdout_line, text};
use shape_policy::{Policy, ProcessGrant};
use shape_process::Stream::{Stderr, Stdout};
use shape_process::{Error, ErrorKind, Launcher, Overflow, Process, Spec, Stdin};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

by_each_launcher! {
    no_order_of_calls_deadlocks
    waiting_for_a_gib_ends
    a_child_has_three_descriptors
    bytes_are_neither_lost_nor_invented
    codes_and_signals_are_told_apart
    the_input_is_empty_and_there_is_no_terminal
    signals_are_at_their_defaults
    a_child_gets_what_it_was_to_get
    what_cannot_be_started_is_told
    what_has_gone_since_its_approval_is_told
    the_end_of_the_run_is_graceful
    a_cancelled_run_starts_nothing
}

#[test]
fn all_of_it_without_privileges() {
    common::user::run_again_without_privileges("all_of_it_without_privileges");
}

const MIB: usize = 1 << 20;

fn read_to_end(process: &Process) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match process.read(Stdout, MIB).unwrap() {
            bytes if bytes.is_empty() => return all,
            bytes => all.extend(bytes),
        }
    }
}

fn no_order_of_calls_deadlocks(launcher: &Launcher) {
    let run = run_by(launcher);
    let cat = spawn(&run, child(["cat"]));
    let other = spawn(&run, child(["flood-both", "4000000"]));
    let data = flooded(64 * MIB);
    cat.write(&data).unwrap();
    cat.close_stdin();
    assert_eq!(read_to_end(&other).len(), 4_000_000);
    assert!(read_to_end(&cat) == data);
    assert_eq!(cat.wait().unwrap().code, 0);
    other.wait().unwrap();
    assert_eq!(other.read(Stderr, usize::MAX).unwrap().len(), 4_000_000);
}

fn waiting_for_a_gib_ends(launcher: &Launcher) {
    let run = run_by(launcher);
    let spec = child(["flood", "stdout", "1073741824", "1048576"])
        .max_output(MIB as u64)
        .overflow(Overflow::Truncate);
    let flood = spawn(&run, spec);
    assert_eq!(flood.wait().unwrap().code, 0);
    assert_eq!(flood.output().unwrap().dropped_bytes, (1 << 30) - (1 << 20));
}

fn a_child_has_three_descriptors(launcher: &Launcher) {
    // As careless code in this process would have it.
    let file = fs::File::open("/dev/null").unwrap();
    let inheritable = rustix::io::dup(&file).unwrap();
    rustix::io::fcntl_setfd(&inheritable, rustix::io::FdFlags::empty()).unwrap();
    let run = run_by(launcher);
    let _other = spawn(&run, child(["cat"]));
    for spec in [
        child(["fds"]),
        child(["fds"]).merge_stderr(),
        child(["fds"]).cwd("/"),
        child(["fds"]).stdin(Stdin::Bytes(b"x".into())),
        child(["fds"]).stdin(Stdin::File("/dev/zero".into())),
        child(["fds"]).stdin(Stdin::Inherit),
    ] {
        let output = run.exec(approve(spec)).unwrap();
        assert_eq!(text(&output.stdout), "[0, 1, 2]\n");
    }
}

fn bytes_are_neither_lost_nor_invented(launcher: &Launcher) {
    let run = run_by(launcher);
    let slow = spawn(&run, child(["utf8-slow"]));
    assert_eq!(slow.read_text(Stdout, 1).unwrap(), "é");
    let broken = spawn(&run, child(["bytes", "61ff0a"]));
    broken.wait().unwrap();
    let error = broken.read_line(Stdout).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidUtf8);
    assert_eq!(broken.read(Stdout, 10).unwrap(), b"a\xff\n");
    let output = run
        .exec(approve(child(["flood", "stdout", "5000000"])))
        .unwrap();
    assert!(output.stdout == flooded(5_000_000));
    let fed = child(["cat"]).stdin(Stdin::Bytes(flooded(5_000_000)));
    assert!(run.exec(approve(fed)).unwrap().stdout == flooded(5_000_000));
}

fn codes_and_signals_are_told_apart(launcher: &Launcher) {
    let run = run_by(launcher);
    for code in [0, 1, 37, 137, 255] {
        let output = run
            .exec(approve(child(["exit", &code.to_string()])))
            .unwrap();
        assert_eq!((output.status, output.signal), (code, None));
    }
    for signal in [1, 2, 6, 9, 11, 15, 34, 64] {
        let spec = child(["signal", &signal.to_string()]);
        let output = run.exec(approve(spec)).unwrap();
        assert_eq!((output.status, output.signal), (128 + signal, Some(signal)));
    }
}

fn the_input_is_empty_and_there_is_no_terminal(launcher: &Launcher) {
    let run = run_by(launcher);
    let output = run.exec(approve(child(["prompt"]))).unwrap();
    assert_eq!(text(&output.stdout), "Continue? eof\n");
    let output = run.exec(approve(child(["tty"]))).unwrap();
    assert_eq!(text(&output.stdout), "no tty\n");
    for (source, status) in [("stdin", 0), ("poll", 0), ("tty", 99)] {
        let spec = child(["await-input", source]);
        let output = run.exec(approve(spec)).unwrap();
        assert_eq!(output.status, status, "{source}: {output:?}");
    }
}

fn signals_are_at_their_defaults(launcher: &Launcher) {
    let run = run_by(launcher);
    let output = run.exec(approve(child(["sigpipe"]))).unwrap();
    assert_eq!(text(&output.stdout), "default\n");
    let output = run.exec(approve(child(["sigmask"]))).unwrap();
    assert_eq!(text(&output.stdout), "0000000000000000\n");
}

fn a_child_gets_what_it_was_to_get(launcher: &Launcher) {
    let run = run_by(launcher);
    let stdout = |spec: Spec| {
        let output = run.exec(approve(spec)).unwrap();
        assert_eq!(output.status, 0, "{}", text(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(stdout(child(["cwd"]).cwd("/usr")), "/usr\n");
    let here = std::env::current_dir().unwrap();
    assert_eq!(stdout(child(["cwd"])), format!("{}\n", here.display()));
    let environment = child(["environ"]).env_clear().env("B", "1\n2").env("A", "");
    assert_eq!(stdout(environment), "B=1\n2\nA=\n");
    let odd = OsString::from_vec(b"\xff\n \"'".to_vec());
    let arguments = stdout(child(["args", ""]).arg(odd));
    assert!(
        arguments.ends_with("\"\"\n\"\\xFF\\n \\\"'\"\n"),
        "{arguments}"
    );
    // More than goes through a socket or a pipe at once.
    let long = "x".repeat(100_000);
    let many = child(["echo"]).args((0..15).map(|_| long.clone()));
    assert_eq!(stdout(many).len(), 15 * 100_001);
    let large = child(["env", "LARGE"]).env("LARGE", &long);
    assert_eq!(stdout(large), format!("{long}\n"));
    let ids = stdout(child(["ids"]));
    let ids: Vec<i32> = ids
        .split_whitespace()
        .map(|id| id.parse().unwrap())
        .collect();
    assert_eq!((ids[0], ids[2]), (ids[1], -1));
}

/// What an attempt to run `spec` fails with, be it refused or not.
#[track_caller]
fn failure(launcher: &Launcher, spec: Spec) -> Error {
    match Policy::new(ProcessGrant::all()).approve(spec) {
        Ok(approved) => run_by(launcher).exec(approved).unwrap_err(),
        Err(refusal) => refusal.into(),
    }
}

fn script(directory: &Path, name: &str, text: &str, mode: u32) -> std::path::PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn what_cannot_be_started_is_told(launcher: &Launcher) {
    let directory = tempfile::tempdir().unwrap();
    let file = |name, text, mode| script(directory.path(), name, text, mode);
    let cases = [
        (Spec::new("no-such-program-anywhere"), ErrorKind::NotFound),
        (Spec::new("/etc/passwd"), ErrorKind::NotExecutable),
        (
            Spec::new(file("not-a-program", "\x01\x02\x03", 0o755)),
            ErrorKind::NotExecutable,
        ),
        (child(["cwd"]).cwd("/no/such"), ErrorKind::BadCwd),
        (
            Spec::new(file("script", "#!/no/such/interpreter\n", 0o755)),
            ErrorKind::BadInterpreter,
        ),
        (
            child(["echo"]).args((0..40).map(|_| "x".repeat(100_000))),
            ErrorKind::TooBig,
        ),
        (child(["echo"]).arg("x".repeat(200_000)), ErrorKind::TooBig),
    ];
    for (spec, kind) in cases {
        let error = failure(launcher, spec);
        assert_eq!(error.kind(), kind, "{error}");
    }
}

fn what_has_gone_since_its_approval_is_told(launcher: &Launcher) {
    let run = run_by(launcher);
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("place");
    fs::create_dir(&place).unwrap();
    let approved = approve(child(["cwd"]).cwd(&place));
    fs::remove_dir(&place).unwrap();
    let error = run.exec(approved).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadCwd, "{error}");

    let program = directory.path().join("program");
    fs::copy(shape_testchild::path(), &program).unwrap();
    let approved = approve(Spec::new(&program));
    fs::remove_file(&program).unwrap();
    let error = run.exec(approved).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::PermissionDenied
        ),
        "{error}"
    );
    // The run goes on.
    let output = run.exec(approve(child(["echo", "x"]))).unwrap();
    assert_eq!(output.stdout, b"x\n");
}

fn the_end_of_the_run_is_graceful(launcher: &Launcher) {
    let run = run_by(launcher);
    let processes = [(); 3].map(|()| spawn(&run, child(["graceful"]).kill_grace(PATIENCE)));
    for process in &processes {
        assert_eq!(stdout_line(process), "ready\n");
    }
    // As at Ctrl-C.
    run.cancel_token().cancel();
    run.shutdown();
    for process in &processes {
        assert_eq!(process.wait().unwrap().code, 7);
        assert_eq!(stdout_line(process), "bye\n");
    }
}

fn a_cancelled_run_starts_nothing(launcher: &Launcher) {
    let run = run_by(launcher);
    run.cancel_token().cancel();
    let error = run.exec(approve(child(["echo", "x"]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
