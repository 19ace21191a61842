//! A warden that has too little, or too much to do at once, or is lost at a bad moment.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::{run_by, warden};
use common::{approve, await_that, child, is_alive, spawn, stdout_line};
use rustix::process::{Pid, Signal, kill_process};
use shape_process::{Closing, ErrorKind, Launcher, Run, Sink, Spec, Stdin};
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tempfile::TempDir;

/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_secs(60);

/// A run with a warden of its own, which is started with less, as a shell says it.
fn run_with_less(limit: &str) -> (Run, TempDir) {
    let Launcher::Warden { helper } = warden() else {
        unreachable!("it is one");
    };
    let directory = TempDir::new().unwrap();
    let script = directory.path().join("shape-warden-with-less");
    let helper = helper.to_str().unwrap();
    let text = format!("#!/bin/sh\nulimit {limit} && exec '{helper}' \"$@\"\n");
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    (run_by(&Launcher::Warden { helper: script }), directory)
}

/// The parent of a process.
fn parent(pid: u32) -> Pid {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit(')').next().unwrap();
    let parent = fields.split_ascii_whitespace().nth(1).unwrap();
    Pid::from_raw(parent.parse().unwrap()).unwrap()
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

#[test]
fn a_warden_without_descriptors_refuses_and_keeps_what_it_has() {
    let (run, _directory) = run_with_less("-n 24");
    // All take one descriptor of the warden; for the second kind it needs more of them for a moment.
    let quiet = || {
        let sleep = child(["sleep", "60"]).stdin(Stdin::Null);
        sleep.stdout(Sink::Null).stderr(Sink::Null)
    };
    let talking = || child(["echo", "x"]).cwd("/").stdin(Stdin::Pipe);
    let mut processes = Vec::new();
    let refused = loop {
        assert!(processes.len() < 24, "there is no limit");
        match run.spawn(approve(quiet())) {
            Ok(process) => processes.push(process),
            Err(error) => break error,
        }
    };
    let long = "x".repeat(100_000);
    for error in [
        refused,
        run.exec(approve(talking())).unwrap_err(),
        run.exec(approve(talking().arg(long))).unwrap_err(),
    ] {
        let kind = (error.kind(), error.retryable());
        assert_eq!(kind, (ErrorKind::Resource, true), "{error}");
    }
    for process in &processes {
        assert_eq!(process.status().unwrap().exit, None);
    }
    for process in processes.drain(..8) {
        process.close(Closing::Forcibly).unwrap();
    }
    assert_eq!(run.exec(approve(talking())).unwrap().stdout, b"x\n");
    for process in &processes {
        assert_eq!(process.status().unwrap().exit, None);
    }
}

#[test]
fn many_may_end_at_the_same_time() {
    let (run, _directory) = run_with_less("-s 128");
    let stubborn = "trap '' TERM; echo up; exec sleep 1000";
    let start = || Spec::new("sh").args(["-c", stubborn]).kill_grace(LONG);
    let processes: Vec<_> = (0..150).map(|_| spawn(&run, start())).collect();
    for process in &processes {
        assert_eq!(stdout_line(process), "up\n");
        process.terminate();
    }
    // What is asked for afterwards is answered afterwards.
    run.exec(approve(child(["echo", "x"]))).unwrap();
    let warden = parent(processes[0].pid());
    kill_process(warden, Signal::STOP).unwrap();
    for process in &processes {
        signal(process.pid(), Signal::KILL);
    }
    for process in &processes {
        await_that(|| !is_alive(process.pid()));
    }
    kill_process(warden, Signal::CONT).unwrap();
    for process in &processes {
        assert_eq!(process.wait().unwrap().signal, Some(Signal::KILL.as_raw()));
    }
}

#[test]
fn a_command_that_had_ended_when_the_warden_was_lost_is_over() {
    let run = run_by(&warden());
    let process = spawn(&run, child(["cat"]));
    let pid = process.pid();
    let warden = parent(pid);
    // Somebody who is none of its descendants holds its output.
    let output = format!("/proc/{pid}/fd/1");
    let _held = OpenOptions::new().write(true).open(output).unwrap();
    process.close_stdin();
    await_that(|| process.status().unwrap().exit.is_some());
    kill_process(warden, Signal::KILL).unwrap();
    await_that(|| !is_alive(warden.as_raw_nonzero().get().cast_unsigned()));
    assert_eq!(process.wait().unwrap().code, 0);
}
