//! Ctrl-C ends a script whose io module is a plugin as it ends one whose io module is linked.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests start the command that is tested; in a test it is an assertion"
)]

use shape_tests::Binaries;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

/// Where io is.
#[derive(Debug, Clone, Copy)]
enum Io {
    Linked,
    Plugin,
}

/// A script that is running, from its first line of output on.
struct Running {
    shape: Child,
    output: BufReader<ChildStdout>,
    first_line: String,
    binaries: Binaries,
    folder: tempfile::TempDir,
}

impl Running {
    fn start(io: Io, script: &str) -> Self {
        let binaries = Binaries::get().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.shape"), script).unwrap();
        let mut command = binaries.shape(folder.path());
        command.args(["run", "-A"]);
        if let Io::Plugin = io {
            let plugin = binaries.plugin("stdlib-io-plugin");
            command.arg(format!("--io=plugin:{}", plugin.display()));
        }
        command.arg("a.shape");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shape = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut running = Self {
            output: BufReader::new(shape.stdout.take().unwrap()),
            first_line: String::new(),
            shape,
            binaries,
            folder,
        };
        running.output.read_line(&mut running.first_line).unwrap();
        running
    }

    fn interrupt(&self) {
        let script = format!("kill -INT {}", self.shape.id());
        let mut kill = self.binaries.shell(&script, self.folder.path());
        assert!(kill.status().unwrap().success());
    }

    /// The processes that the first line tells of.
    fn children(&self) -> Vec<String> {
        let pids = self.first_line.split_whitespace();
        let pids: Vec<String> = pids.map(str::to_owned).collect();
        assert!(!pids.is_empty() && pids.iter().all(|pid| is_alive(pid)));
        pids
    }

    /// Looks whether it ended by the signal, and has said nothing about it. Its input stays open until then.
    #[track_caller]
    fn check_interrupted(mut self, io: Io) {
        let input = self.shape.stdin.take();
        let done = self.shape.wait_with_output().unwrap();
        drop(input);
        let said = String::from_utf8_lossy(&done.stderr);
        let status = done
            .status
            .code()
            .or(done.status.signal().map(|it| 128 + it));
        assert_eq!((status, &*said), (Some(130), ""), "{io:?}");
    }
}

/// Whether a process is there, and not only to be reaped.
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(") ").map(|(_, rest)| rest);
    rest.is_some_and(|rest| !rest.starts_with(['Z', 'X']))
}

#[track_caller]
fn check_gone(pids: &[String]) {
    let start = Instant::now();
    while pids.iter().any(|pid| is_alive(pid)) {
        assert!(start.elapsed() < Duration::from_secs(20), "{pids:?} stay");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_first_signal_ends_what_waits_and_the_children() {
    let script = "let h = io.spawn(\"sh\", [\"-c\", \"echo $$; exec sleep 60\"])\n\
        io.write(io.stdout(), io.process_read_line(h))\nio.flush(io.stdout())\n\
        let r = try io.process_wait(h)\nprint(\"caught\")";
    for io in [Io::Linked, Io::Plugin] {
        let running = Running::start(io, script);
        let children = running.children();
        running.interrupt();
        running.check_interrupted(io);
        check_gone(&children);
    }
}

#[test]
fn waiting_for_input_is_interrupted() {
    let script = "print(\"ready\")\nio.flush(io.stdout())\nio.read_line()\nprint(2)";
    for io in [Io::Linked, Io::Plugin] {
        let running = Running::start(io, script);
        running.interrupt();
        running.check_interrupted(io);
    }
}

#[test]
fn a_second_signal_ends_everything_at_once() {
    let child = "trap '' TERM; sleep 60 & echo $$ $!; wait; sleep 60";
    let script = format!(
        "let h = io.spawn(\"sh\", [\"-c\", \"{child}\"], {{ kill_grace: 30s }})\n\
        io.write(io.stdout(), io.process_read_line(h))\nio.flush(io.stdout())\nio.process_wait(h)"
    );
    for io in [Io::Linked, Io::Plugin] {
        let running = Running::start(io, &script);
        let children = running.children();
        let start = Instant::now();
        running.interrupt();
        // The two must not come as one.
        std::thread::sleep(Duration::from_millis(200));
        running.interrupt();
        running.check_interrupted(io);
        assert!(start.elapsed() < Duration::from_secs(20), "{io:?}");
        check_gone(&children);
    }
}
