//! `shape exec` runs one program within limits, says truly how it ended, and leaves nothing behind.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start `shape` from outside, as a terminal does; no engine may stand between"
)]

use serde_json::Value;
use shape_tests::{Binaries, Ending, Finished, run};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Generous, since the binary may be an unoptimised one; what it is against is "for ever".
const LIMIT: Duration = Duration::from_secs(60);
/// When a command that was given one second must be over.
const SECOND_IS_UP: Duration = Duration::from_millis(1250);

fn temporary() -> TempDir {
    tempfile::tempdir().expect("there is a temporary folder")
}

fn binaries() -> Binaries {
    Binaries::get().unwrap_or_else(|why| panic!("{why}"))
}

/// `shape exec ARGS`
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut shape = binaries().shape(folder);
    shape.arg("exec").args(args);
    shape
}

fn exec_with_input(args: &[&str], input: Option<&str>) -> Finished {
    let folder = temporary();
    let input = input.map(|text| text.as_bytes().to_vec());
    run(command(folder.path(), args), input, LIMIT).expect("shape starts")
}

fn exec(args: &[&str]) -> Finished {
    exec_with_input(args, None)
}

/// `shape exec -A --output-format=json ARGS`, and what it says.
fn exec_json(args: &[&str]) -> (Finished, Value) {
    let all = [&["-A", "--output-format=json"], args].concat();
    let done = exec(&all);
    let json = json(&done.stderr);
    (done, json)
}

#[track_caller]
fn json(line: &str) -> Value {
    assert_eq!(line.matches('\n').count(), 1, "not one line: {line}");
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[track_caller]
fn check(args: &[&str], status: i32, stdout: &str, stderr: &str) {
    let done = exec(args);
    assert_eq!(done.ending, Ending::Exited(status), "{args:?}: {done:?}");
    assert_eq!(done.stdout, stdout, "{args:?}: {done:?}");
    let is_said = match stderr {
        "" => done.stderr.is_empty(),
        part => done.stderr.contains(part),
    };
    assert!(is_said, "{args:?}: {stderr:?} is not in {:?}", done.stderr);
}

/// `SHAPE_TEST_SLACK_MS`, for machines that are too slow for what is guaranteed.
fn slack() -> Duration {
    let milliseconds = std::env::var("SHAPE_TEST_SLACK_MS");
    Duration::from_millis(milliseconds.map_or(0, |text| text.parse().expect("is a number")))
}

/// A word that only the processes of one test have among their arguments.
fn marker() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("exec-command-{}-{count}", std::process::id())
}

/// The processes that have the marker and are not `shape` itself. Zombies have no arguments.
fn marked(marker: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("there is /proc");
    processes
        .filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|arguments| String::from_utf8_lossy(&arguments).replace('\0', " "))
        .filter(|arguments| arguments.contains(marker) && !arguments.contains(" exec "))
        .collect()
}

#[track_caller]
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "never happened: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn exit_codes_are_the_same_in_words_and_in_json() {
    let cases: [(&[&str], i32); 13] = [
        (&["-A", "true"], 0),
        (&["-A", "--", "sh", "-c", "exit 7"], 7),
        (&["-A", "sh", "-c", "exit 255"], 255),
        (&["-A", "sh", "-c", "kill -KILL $$"], 137),
        (&["-A", "--timeout=50ms", "sleep", "60"], 124),
        (&["-A", "--idle-timeout=50ms", "sleep", "60"], 124),
        (&["-A", "--max-output=10", "yes"], 125),
        (&["-A", "--cwd=/no/such/directory", "true"], 125),
        (&["-A", "--stdin=/no/such/file", "true"], 125),
        (&["true"], 126),
        (&["-A", "--deny-process=sh", "sh"], 126),
        (&["-A", "/etc/passwd"], 126),
        (&["-A", "no-such-program"], 127),
    ];
    for (args, status) in cases {
        let words = exec(args);
        assert_eq!(words.ending, Ending::Exited(status), "{args:?}: {words:?}");
        let with_json = [&["--output-format=json"], args].concat();
        let done = exec(&with_json);
        assert_eq!(done.ending, Ending::Exited(status), "{args:?}: {done:?}");
        let told = json(&done.stderr);
        assert_eq!(told["exit_code"], status, "{args:?}: {told}");
        let is_ours = [124, 125, 126, 127].contains(&status);
        assert_eq!(told["kind"].is_string(), is_ours, "{args:?}: {told}");
        assert_eq!(!words.stderr.is_empty(), is_ours, "{args:?}: {words:?}");
    }
}

#[test]
fn wrong_usage_is_not_the_programs_failure() {
    for args in [
        &[][..],
        &["--no-such-flag", "true"],
        &["-A", "--timeout=soon", "true"],
        &["-A", "--env=NAME", "true"],
        &["-A", "--max-output=1.5M", "true"],
        &["-A", "--output-fd=1", "true"],
        &["-A", "--output-format=json", "--output-fd=99", "true"],
    ] {
        let done = exec(args);
        assert_eq!(done.ending, Ending::Exited(125), "{args:?}: {done:?}");
        assert!(done.stderr.starts_with("error: "), "{done:?}");
    }
}

#[test]
fn a_denial_names_the_flag_that_would_help() {
    check(
        &["true"],
        126,
        "",
        "help: allow it with `--allow-process=true`",
    );
    check(
        &["--allow-process=cat", "true"],
        126,
        "",
        "not in --allow-process=cat",
    );
    let done = exec(&["--output-format=json", "true"]);
    let told = json(&done.stderr);
    assert_eq!(told["kind"], "permission_denied");
    assert_eq!(told["help"], "allow it with `--allow-process=true`");
    check(&["--allow-process=echo", "echo", "x"], 0, "x\n", "");
}

#[test]
fn all_that_follows_the_program_is_its_own() {
    let args = [
        "-A",
        "shape-testchild",
        "args",
        "--timeout",
        "-A",
        "--",
        "-h",
    ];
    let done = exec(&args);
    for own in ["\"--timeout\"", "\"-A\"", "\"--\"", "\"-h\""] {
        assert!(done.stdout.contains(own), "{done:?}");
    }
}

#[test]
fn the_streams_are_our_own() {
    let folder = temporary();
    let path = folder.path().join("out");
    let output = fs::File::create(&path).expect("is created");
    let input = fs::File::open("/dev/zero").expect("is there");
    let mut shape = command(
        folder.path(),
        &["-A", "sh", "-c", "readlink /proc/self/fd/0 /proc/self/fd/1"],
    );
    let status = shape.stdin(input).stdout(output).status();
    assert!(status.expect("shape starts").success());
    let links = fs::read_to_string(&path).expect("was written");
    let expected = format!("/dev/zero\n{}\n", path.display());
    assert_eq!(links, expected);
    let done = exec_with_input(&["-A", "cat"], Some("text"));
    assert_eq!(done.stdout, "text");
}

#[test]
fn directory_and_environment_are_as_asked_for() {
    check(&["-A", "-C", "/usr", "pwd"], 0, "/usr\n", "");
    let args = ["-A", "-i", "-e", "A=1=2", "--env", "B=", "/usr/bin/env"];
    check(&args, 0, "A=1=2\nB=\n", "");
    let args = [
        "-A",
        "-u",
        "SHAPE_SPEC",
        "sh",
        "-c",
        "echo ${SHAPE_SPEC-none}",
    ];
    check(&args, 0, "none\n", "");
}

#[test]
fn input_is_inherited_or_not() {
    let from = |stdin| exec_with_input(&["-A", stdin, "cat"], Some("text")).stdout;
    assert_eq!(from("--stdin=inherit"), "text");
    assert_eq!(from("--stdin=null"), "");
    assert_eq!(from("--stdin=/proc/sys/kernel/ostype"), "Linux\n");
}

#[test]
fn a_limit_holds_the_program() {
    let args = ["-A", "--limit-files=20", "sh", "-c", "ulimit -n"];
    check(&args, 0, "20\n", "");
    let (_, told) = exec_json(&["--limit-cpu=1", "--limit-memory=1G", "true"]);
    assert_eq!(told["enforced"]["cpu"], true);
    assert_eq!(told["enforced"]["memory"], true);
    assert_eq!(told["enforced"]["files"], false);
}

#[test]
fn output_passes_while_it_is_watched() {
    let script = "echo one; echo two >&2; sleep 60";
    let done = exec(&["-A", "--idle-timeout=300ms", "sh", "-c", script]);
    assert_eq!(done.ending, Ending::Exited(124), "{done:?}");
    assert_eq!(done.stdout, "one\n");
    assert!(done.stderr.starts_with("two\nerror: "), "{done:?}");
    let merged = [
        "-A",
        "--merge-stderr",
        "--tee",
        "sh",
        "-c",
        "echo 1; echo 2 >&2; echo 3",
    ];
    check(&merged, 0, "1\n2\n3\n", "");
}

#[test]
fn a_slow_reader_gets_everything_and_is_not_taken_for_idleness() {
    let folder = temporary();
    let args = [
        "-A",
        "--idle-timeout=200ms",
        "shape-testchild",
        "flood",
        "stdout",
        "8000000",
    ];
    let mut shape = command(folder.path(), &args);
    let mut child = shape.stdout(Stdio::piped()).spawn().expect("shape starts");
    thread::sleep(Duration::from_millis(600));
    let mut output = Vec::new();
    let mut pipe = child.stdout.take().expect("is a pipe");
    pipe.read_to_end(&mut output).expect("is readable");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(output.len(), 8_000_000);
}

#[test]
fn who_stops_reading_ends_the_program() {
    let folder = temporary();
    let mut shape = command(folder.path(), &["-A", "--tee", "yes"]);
    let mut child = shape.stdout(Stdio::piped()).spawn().expect("shape starts");
    let mut output = BufReader::new(child.stdout.take().expect("is a pipe"));
    output.read_line(&mut String::new()).expect("is text");
    drop(output);
    assert_eq!(child.wait().expect("it ends").code(), Some(141));
}

#[test]
fn output_is_limited_cut_or_spilled() {
    check(
        &["-A", "--max-output=4", "sh", "-c", "echo 123456789"],
        125,
        "1234",
        "more than 4 bytes of stdout",
    );
    check(
        &[
            "-A",
            "--max-output=4",
            "--overflow=truncate",
            "echo",
            "123456789",
        ],
        0,
        "129\n",
        "note: 6 bytes of the output were left out",
    );
    let args = ["--max-output=4", "--overflow=spill", "echo", "123456789"];
    let (_, told) = exec_json(&args);
    assert_eq!(
        (&told["stdout"], &told["dropped_bytes"]),
        (&"129\n".into(), &6.into())
    );
    let file = told["stdout_file"].as_str().expect("is named");
    assert_eq!(fs::read_to_string(file).expect("is there"), "123456789\n");
    fs::remove_file(file).expect("is ours");
}

#[test]
fn a_limit_on_the_size_of_files_is_told() {
    let folder = temporary();
    let script = "ulimit -f 1; exec \"$0\" \"$@\"";
    let shape = command(folder.path(), &["-A", "--output-format=json"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", script]).arg(shape.get_program());
    limited.args(shape.get_args());
    limited.args(["--max-output=4", "--overflow=spill", "seq", "10000"]);
    let done = run(limited, None, LIMIT).expect("sh starts");
    assert_eq!(done.ending, Ending::Exited(125), "{done:?}");
    assert_eq!(json(&done.stderr)["kind"], "resource", "{done:?}");
}

#[test]
fn json_tells_all() {
    let (done, told) = exec_json(&["sh", "-c", "echo out; echo err >&2; exit 3"]);
    assert_eq!(done.stdout, "");
    assert_eq!(told["program"], "sh");
    assert!(
        told["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("/sh"))
    );
    assert_eq!(told["args"][0], "-c");
    assert_eq!(
        (&told["stdout"], &told["stderr"]),
        (&"out\n".into(), &"err\n".into())
    );
    assert_eq!(
        (&told["status"], &told["signal"]),
        (&3.into(), &Value::Null)
    );
    assert!(
        told["pid"].is_u64() && told["duration_ms"].is_f64(),
        "{told}"
    );
    assert_eq!(
        (&told["lossy"], &told["launcher"]),
        (&false.into(), &"warden".into())
    );

    let (_, told) = exec_json(&["shape-testchild", "bytes", "61ff"]);
    assert_eq!(
        (&told["stdout"], &told["lossy"]),
        (&"a\u{fffd}".into(), &true.into())
    );
    assert_eq!(told["stdout_base64"], "Yf8=");

    let (_, told) = exec_json(&["sh", "-c", "kill -TERM $$"]);
    assert_eq!(
        (&told["status"], &told["signal"]),
        (&143.into(), &15.into())
    );

    let (_, told) = exec_json(&["--timeout=100ms", "sh", "-c", "echo part; sleep 60"]);
    assert_eq!(
        (&told["kind"], &told["stdout"]),
        (&"timeout".into(), &"part\n".into())
    );
    assert_eq!(
        (&told["timed_out"], &told["idle"]),
        (&true.into(), &false.into())
    );
    let (_, told) = exec_json(&["--idle-timeout=100ms", "sleep", "60"]);
    assert_eq!(
        (&told["timed_out"], &told["idle"]),
        (&true.into(), &true.into())
    );
}

#[test]
fn json_has_a_descriptor_of_its_own_and_the_output_passes() {
    let folder = temporary();
    let args = [
        "-A",
        "--output-format=json",
        "--output-fd=7",
        "--tee",
        "echo",
        "text",
    ];
    let shape = command(folder.path(), &args);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec \"$@\" 7>told", "sh"])
        .arg(shape.get_program())
        .args(shape.get_args())
        .current_dir(folder.path());
    let done = run(shell, None, LIMIT).expect("sh starts");
    assert_eq!((&*done.stdout, &*done.stderr), ("text\n", ""));
    let told = fs::read_to_string(folder.path().join("told")).expect("was written");
    assert_eq!(json(&told)["stdout"], "text\n");
}

#[track_caller]
fn times_out(kind: &str) {
    let marker = marker();
    let start = Instant::now();
    let args = [
        "-A",
        "--timeout=1",
        "shape-testchild",
        "marked",
        &marker,
        "tree",
        kind,
        "stay",
    ];
    let done = exec(&args);
    let took = start.elapsed();
    assert_eq!(done.ending, Ending::Exited(124), "{done:?}");
    assert!(done.stdout.starts_with("partial\n"), "{done:?}");
    assert_eq!(marked(&marker), [""; 0]);
    assert!(took < SECOND_IS_UP + slack(), "{kind}: {took:?}");
}

#[test]
fn timed_out_means_over_in_the_same_group() {
    times_out("same-group");
}

#[test]
fn timed_out_means_over_in_another_session() {
    times_out("own-session");
}

#[test]
fn timed_out_means_over_for_daemons() {
    times_out("daemon-closed");
    times_out("daemon-holding");
}

#[test]
fn what_a_program_leaves_behind_is_ended() {
    let marker = marker();
    let args = [
        "shape-testchild",
        "marked",
        &marker,
        "tree",
        "daemon-closed",
        "leave",
    ];
    let (_, told) = exec_json(&args);
    assert_eq!(
        (&told["exit_code"], &told["status"]),
        (&0.into(), &0.into())
    );
    assert_eq!(
        told["leftovers"].as_array().map(Vec::len),
        Some(1),
        "{told}"
    );
    assert_eq!(marked(&marker), [""; 0]);
}

#[test]
fn a_grace_that_was_asked_for_is_given_at_a_limit() {
    let slow =
        "trap 'sleep 0.4; echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let with = |grace| exec(&["-A", "--timeout=300ms", grace, "sh", "-c", slow]);
    let done = with("--kill-grace=20");
    assert_eq!(done.ending, Ending::Exited(124), "{done:?}");
    assert_eq!(done.stdout, "ready\nsaved\n");
    assert_eq!(with("--kill-grace=50ms").stdout, "ready\n");
}

/// A command that has said its first line.
struct Running {
    shape: Child,
    output: BufReader<std::process::ChildStdout>,
    _folder: TempDir,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let folder = temporary();
        let mut shape = command(folder.path(), args);
        let mut shape = shape.stdout(Stdio::piped()).spawn().expect("shape starts");
        let mut output = BufReader::new(shape.stdout.take().expect("is a pipe"));
        output.read_line(&mut String::new()).expect("is text");
        Self {
            shape,
            output,
            _folder: folder,
        }
    }

    fn send(&self, signal: &str) {
        let pid = self.shape.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.expect("kill starts").success());
    }

    /// The status, and the rest of the output.
    fn end(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("is text");
        let status = self.shape.wait().expect("it ends");
        let code = status.code().or(status.signal().map(|signal| -signal));
        (code, rest)
    }
}

#[test]
fn a_signal_ends_the_program_gracefully() {
    for (signal, status) in [("INT", -2), ("TERM", 143), ("HUP", 129)] {
        for flow in ["--merge-stderr", "--tee"] {
            let running = Running::start(&["-A", flow, "shape-testchild", "graceful"]);
            running.send(signal);
            assert_eq!(
                running.end(),
                (Some(status), "bye\n".to_owned()),
                "{signal} {flow}"
            );
        }
    }
}

#[test]
fn one_signal_is_enough_where_nobody_reads() {
    let folder = temporary();
    let written = folder.path().join("written");
    let script = r#"echo ready; head -c 200000 /dev/zero; : > "$0"; sleep 60"#;
    let file = written.to_str().expect("is text");
    let running = Running::start(&["-A", "--tee", "sh", "-c", script, file]);
    eventually("it has written more than is taken", || written.exists());
    running.send("TERM");
    let mut running = running;
    let start = Instant::now();
    let status = running.shape.wait().expect("it ends");
    assert_eq!(status.code(), Some(143));
    assert!(start.elapsed() < LIMIT / 4, "it waited");
}

#[test]
fn a_signal_ends_what_waits_for_the_reader_of_the_json() {
    let args = ["-A", "--output-format=json", "--output-fd=1"];
    let folder = temporary();
    let mut shape = command(folder.path(), &args);
    shape.args(["seq", "100000"]).stdout(Stdio::piped());
    let mut shape = shape.spawn().expect("shape starts");
    // Then the outcome is being told.
    let mut output = BufReader::new(shape.stdout.take().expect("is a pipe"));
    output.fill_buf().expect("can be read");
    let running = Running {
        shape,
        output: BufReader::new(output.into_inner()),
        _folder: folder,
    };
    running.send("TERM");
    assert_eq!(running.end().0, Some(-15));
}

#[test]
fn json_is_whole_where_nobody_waits_for_room() {
    let (ours, theirs) = UnixStream::pair().expect("there are sockets");
    theirs.set_nonblocking(true).expect("is a socket");
    let folder = temporary();
    let mut shape = command(
        folder.path(),
        &["-A", "--output-format=json", "seq", "1000000"],
    );
    shape.stderr(OwnedFd::from(theirs));
    let mut started = shape.spawn().expect("shape starts");
    // It holds the socket.
    drop(shape);
    let mut told = String::new();
    let mut ours = BufReader::with_capacity(512, ours);
    ours.read_to_string(&mut told).expect("is text");
    assert_eq!(started.wait().expect("it ends").code(), Some(0));
    assert_eq!(json(&told)["exit_code"], 0);
}

#[test]
fn a_second_signal_ends_everything_at_once() {
    let marker = marker();
    let args = [
        "-A",
        "--kill-grace=30",
        "shape-testchild",
        "marked",
        &marker,
    ];
    let args = [&args[..], &["ignore-term", "60"]].concat();
    let running = Running::start(&args);
    let start = Instant::now();
    running.send("INT");
    thread::sleep(Duration::from_millis(100));
    running.send("INT");
    assert_eq!(running.end().0, Some(-2));
    assert!(start.elapsed() < Duration::from_secs(15), "it waited");
    assert_eq!(marked(&marker), [""; 0]);
}

#[test]
fn a_command_that_is_killed_leaves_nothing() {
    for kind in ["same-group", "own-session", "daemon-closed"] {
        let marker = marker();
        let args = [
            "-A",
            "shape-testchild",
            "marked",
            &marker,
            "tree",
            kind,
            "stay",
        ];
        let running = Running::start(&args);
        running.send("KILL");
        assert_eq!(running.end().0, Some(-9));
        eventually("nothing is left", || marked(&marker).is_empty());
    }
}

#[test]
fn a_program_that_stops_the_helper_gains_nothing() {
    // Once, or whenever it goes on.
    for stop in [
        "kill -STOP $PPID; sleep 60",
        "while :; do kill -STOP $PPID; done",
    ] {
        let marker = marker();
        let start = Instant::now();
        let done = exec(&["-A", "--timeout", "300ms", "sh", "-c", stop, &marker]);
        assert_eq!(done.ending, Ending::Exited(124), "{stop}: {done:?}");
        assert!(
            start.elapsed() < Duration::from_secs(15),
            "{stop}: it waited"
        );
        assert_eq!(marked(&marker), [""; 0], "{stop}");
    }
}

/// The states of the processes that have the marker, as ps(1) gives them.
fn states(marker: &str) -> String {
    let processes = fs::read_dir("/proc").expect("there is /proc");
    let state = |path: &Path| {
        let arguments = fs::read(path.join("cmdline")).ok()?;
        let is_marked = String::from_utf8_lossy(&arguments).contains(marker);
        let stat = fs::read_to_string(path.join("stat")).ok()?;
        let state = stat.rsplit_once(") ")?.1.chars().next()?;
        is_marked.then_some(state)
    };
    processes
        .filter_map(|entry| state(&entry.ok()?.path()))
        .collect()
}

#[test]
fn a_stopped_command_stops_its_program_and_goes_on_with_it() {
    let marker = marker();
    let script = "echo ready; read line; echo went on";
    let folder = temporary();
    let mut shape = command(folder.path(), &["-A", "sh", "-c", script, &marker]);
    shape.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut shape = shape.spawn().expect("shape starts");
    let mut output = BufReader::new(shape.stdout.take().expect("is a pipe"));
    output.read_line(&mut String::new()).expect("is text");
    let running = Running {
        shape,
        output,
        _folder: folder,
    };
    running.send("TSTP");
    eventually("both are stopped", || states(&marker) == "TT");
    running.send("CONT");
    eventually("both go on", || states(&marker) == "SS");
    let mut running = running;
    drop(running.shape.stdin.take());
    assert_eq!(running.end(), (Some(0), "went on\n".to_owned()));
}

#[test]
fn a_signal_for_the_program_reaches_it() {
    let script = "exec 2>/dev/null; trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.05; done";
    let running = Running::start(&["-A", "sh", "-c", script]);
    running.send("USR1");
    assert_eq!(running.end(), (Some(5), "got it\n".to_owned()));
}

#[test]
fn fifty_at_once() {
    let runs: Vec<_> = (0..50)
        .map(|number| {
            thread::spawn(move || {
                let code = number.to_string();
                let script = "sleep 0.1; echo $1; exit $1";
                let done = exec(&["-A", "--timeout=50", "sh", "-c", script, "sh", &code]);
                assert_eq!(done.ending, Ending::Exited(number), "{done:?}");
                assert_eq!(done.stdout, format!("{number}\n"));
            })
        })
        .collect();
    for run in runs {
        run.join().expect("all went well");
    }
}

#[test]
fn closed_streams_are_no_hindrance() {
    let folder = temporary();
    let shape = command(
        folder.path(),
        &["-A", "sh", "-c", "echo x; echo y >&2; touch ran; cat"],
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "\"$@\" <&- >&- 2>&-; echo $?", "sh"])
        .arg(shape.get_program())
        .args(shape.get_args())
        .current_dir(folder.path());
    let done = run(shell, None, LIMIT).expect("sh starts");
    assert_eq!(done.stdout, "0\n");
    assert!(folder.path().join("ran").exists());
}

#[test]
fn neither_privileges_nor_a_home_are_needed() {
    let folder = temporary();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), open).expect("is ours");
    let shape = folder.path().join("shape");
    let built = command(folder.path(), &[]);
    fs::copy(built.get_program(), &shape).expect("is copied");
    let script = "id -u; setsid sleep 60 & sleep 60";
    let args = ["exec", "-A", "--timeout=300ms", "sh", "-c", script];
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(&shape).args(args).env_remove("HOME");
    command.current_dir("/").env("NO_COLOR", "1");
    let done = match run(command, None, LIMIT) {
        Ok(done) if !done.stderr.contains("setpriv") => done,
        // Who has no privileges has shown it by all other tests.
        _ => return,
    };
    assert_eq!(done.ending, Ending::Exited(124), "{done:?}");
    assert_eq!(done.stdout, "65534\n");
}
