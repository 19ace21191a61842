//! Ctrl-C and its kin.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Folder, eventually, is_alive};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A script that is running, from its first line of output on.
struct Running {
    shape: Child,
    output: BufReader<ChildStdout>,
    first_line: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut shape = command.spawn().expect("shape starts");
        let output = BufReader::new(shape.stdout.take().expect("is a pipe"));
        let mut running = Self {
            shape,
            output,
            first_line: String::new(),
        };
        running
            .output
            .read_line(&mut running.first_line)
            .expect("is text");
        running
    }

    fn send(&self, signal: Signal) {
        let pid = i32::try_from(self.shape.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("is a pid");
        kill_process(pid, signal).expect("is running");
    }

    /// The status, and all that was said on standard error.
    fn end(self) -> (Option<i32>, String) {
        let done = self.shape.wait_with_output().expect("shape ends");
        (
            common::as_in_a_shell(done.status),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    }
}

#[track_caller]
fn check(script: &str, signal: Signal, status: i32) {
    let folder = Folder::with(&[("a.shape", script)]);
    let running = Running::start(folder.command(&["run", "-A", "a.shape"]));
    std::thread::sleep(Duration::from_millis(50));
    running.send(signal);
    assert_eq!(running.end(), (Some(status), String::new()), "{script}");
}

/// What makes the first line visible although the output is a pipe.
const READY: &str = "print(\"ready\")\nio.flush(io.stdout())\n";

#[test]
fn computing_is_interrupted() {
    let script = format!("{READY}let mut n = 0\nwhile true {{ n += 1 }}");
    check(&script, Signal::INT, 130);
    check(&script, Signal::TERM, 143);
    check(&script, Signal::HUP, 129);
    check(&script, Signal::QUIT, 131);
}

#[test]
fn sleeping_is_interrupted() {
    check(&format!("{READY}sleep(60s)"), Signal::INT, 130);
}

#[test]
fn a_script_cannot_catch_it() {
    let script = format!("{READY}while true {{ let r = try io.exec(\"sleep\", [\"60\"]) }}");
    check(&script, Signal::INT, 130);
}

#[test]
fn waiting_for_input_is_interrupted() {
    let folder = Folder::with(&[("a.shape", &format!("{READY}io.read_line()\nprint(2)"))]);
    let mut command = folder.command(&["run", "a.shape"]);
    command.stdin(Stdio::piped());
    let mut running = Running::start(command);
    let stdin = running.shape.stdin.take();
    std::thread::sleep(Duration::from_millis(50));
    running.send(Signal::INT);
    assert_eq!(running.end(), (Some(130), String::new()));
    drop(stdin);
}

#[test]
fn output_until_then_is_written() {
    let folder = Folder::with(&[(
        "a.shape",
        &format!("{READY}print(\"late\")\nwhile true {{}}"),
    )]);
    let mut running = Running::start(folder.command(&["run", "a.shape"]));
    std::thread::sleep(Duration::from_millis(50));
    running.send(Signal::INT);
    let mut rest = String::new();
    running.output.read_line(&mut rest).expect("is text");
    assert_eq!(rest, "late\n");
    assert_eq!(running.end().0, Some(130));
}

/// Whether a process waits in the kernel, for whatever.
fn is_asleep(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('S'))
}

/// The script fills the pipe to us, which we do not read.
#[track_caller]
fn check_blocked(script: &str, signal: Signal, status: i32) {
    let folder = Folder::with(&[("a.shape", script)]);
    let running = Running::start(folder.command(&["run", "-A", "a.shape"]));
    let pid = running.shape.id();
    // It computes until then, but for a moment now and then.
    eventually("the pipe is full", || {
        (0..20).all(|_| {
            std::thread::sleep(Duration::from_millis(5));
            is_asleep(pid)
        })
    });
    let start = Instant::now();
    running.send(signal);
    let Running {
        mut shape, output, ..
    } = running;
    let ended = shape.wait().expect("shape ends");
    assert_eq!(common::as_in_a_shell(ended), Some(status));
    assert!(start.elapsed() < Duration::from_secs(5), "it took a reader");
    drop(output);
}

#[test]
fn printing_to_nobody_is_interrupted() {
    let script = format!("{READY}let s = \"x\".repeat(1000)\nwhile true {{ print(s) }}");
    check_blocked(&script, Signal::INT, 130);
    check_blocked(&script, Signal::TERM, 143);
    // Also what is written past the buffer, and with a thread that waits for signals.
    let script = format!("{READY}io.exec(\"true\")\nprint(\"x\".repeat(1000000))");
    check_blocked(&script, Signal::INT, 130);
}

#[test]
fn what_nobody_reads_does_not_hold_up_the_end() {
    let script = format!(
        "{READY}print(\"x\".repeat(65000))\nio.flush(io.stdout())\nprint(\"x\".repeat(60000))\nsleep(60s)"
    );
    check_blocked(&script, Signal::INT, 130);
}

#[test]
fn children_may_end_gracefully() {
    let child = "trap 'echo bye > farewell; exit 0' TERM; echo $$; while :; do sleep 0.05; done";
    let script = format!(
        "let h = io.spawn(\"sh\", [\"-c\", \"{child}\"])\n\
         io.write(io.stdout(), io.process_read_line(h))\nio.flush(io.stdout())\nio.process_wait(h)"
    );
    let folder = Folder::with(&[("a.shape", &script)]);
    let running = Running::start(folder.command(&["run", "-A", "a.shape"]));
    let pid = running.first_line.trim().to_owned();
    assert!(is_alive(&pid));
    running.send(Signal::INT);
    assert_eq!(running.end(), (Some(130), String::new()));
    assert!(!is_alive(&pid) && folder.join("farewell").exists());
}

/// A script whose child, and the child's own child, ignore TERM.
fn stubborn(folder: &Folder) -> (Running, Vec<String>) {
    let running = Running::start(folder.command(&["run", "-A", "a.shape"]));
    let pids: Vec<String> = running
        .first_line
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert!(
        pids.len() == 2 && pids.iter().all(|pid| is_alive(pid)),
        "{pids:?}"
    );
    (running, pids)
}

const STUBBORN: &str = "let child = \"trap '' TERM; sleep 60 & echo $$ $!; wait; sleep 60\"\n\
    let h = io.spawn(\"sh\", [\"-c\", child])\n\
    io.write(io.stdout(), io.process_read_line(h))\nio.flush(io.stdout())\nio.process_wait(h)";

#[test]
fn children_that_do_not_end_are_killed() {
    let folder = Folder::with(&[("a.shape", STUBBORN)]);
    let (running, pids) = stubborn(&folder);
    let start = Instant::now();
    running.send(Signal::INT);
    assert_eq!(running.end().0, Some(130));
    assert!(
        start.elapsed() > Duration::from_secs(1),
        "they had no time to end"
    );
    eventually("the children are gone", || {
        !pids.iter().any(|pid| is_alive(pid))
    });
}

#[test]
fn a_second_signal_ends_everything_at_once() {
    let folder = Folder::with(&[("a.shape", STUBBORN)]);
    let (running, pids) = stubborn(&folder);
    let start = Instant::now();
    running.send(Signal::INT);
    std::thread::sleep(Duration::from_millis(200));
    running.send(Signal::INT);
    assert_eq!(running.end().0, Some(130));
    assert!(
        start.elapsed() < Duration::from_millis(1500),
        "it waited for the children"
    );
    eventually("the children are gone", || {
        !pids.iter().any(|pid| is_alive(pid))
    });
}

#[test]
fn children_are_waited_for_although_their_signal_was_ignored() {
    let folder = Folder::with(&[(
        "a.shape",
        "print(io.exec(\"sh\", [\"-c\", \"echo out; exit 4\"]))",
    )]);
    let shape = folder.command(&["run", "-A", "a.shape"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' CHLD; exec \"$@\"", "sh"])
        .arg(shape.get_program())
        .args(shape.get_args())
        .current_dir(folder.path());
    let done = command.output().expect("sh starts");
    let stdout = String::from_utf8_lossy(&done.stdout);
    assert!(
        stdout.contains("status: 4") && stdout.contains("out"),
        "{done:?}"
    );
}

#[test]
fn a_signal_that_is_ignored_from_the_start_stays_so() {
    let folder = Folder::with(&[("a.shape", &format!("{READY}sleep(500ms)\nprint(2)"))]);
    let mut command = Command::new("nohup");
    let shape = folder.command(&["run", "a.shape"]);
    command
        .arg(shape.get_program())
        .args(shape.get_args())
        .current_dir(folder.path());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let running = Running::start(command);
    running.send(Signal::HUP);
    assert_eq!(running.end().0, Some(0));
}
