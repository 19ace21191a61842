//! The end of the host, or of its warden, is the end of the children, also when nothing could be done
//! about it.
//!
//! The host is this test program again, in [`host`].

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::print_stdout, reason = "shown when a test fails")]

mod common;

use common::trees::{Marker, children_of, run_by, slack, warden};
use common::{approve, is_alive, spawn, stdout_line};
use rustix::process::{Pid, Signal, kill_process};
use shape_process::Stream::Stdout;
use shape_process::{Error, ErrorKind, Launcher, Process, Run, Spec};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How soon nothing is left, and how soon operations fail.
const SOON: Duration = Duration::from_secs(1);
/// The variables that tell the host what to do.
const ROLE: &str = "SHAPE_TEST_HOST_ROLE";
const MARKER: &str = "SHAPE_TEST_HOST_MARKER";

#[test]
fn a_killed_host_leaves_nothing_under_the_warden() {
    let marker = Marker::new();
    let mut host = start_host("run", &marker);
    assert!(await_up(&mut host), "the host did not come up");
    assert!(marker.alive().len() >= 9, "{:#?}", marker.alive());
    let wardens = wardens_of(&host.id().to_string());
    host.kill().unwrap();
    host.wait().unwrap();
    marker.await_gone(SOON);
    for warden in wardens {
        let start = Instant::now();
        while is_alive(warden.cast_unsigned()) {
            assert!(start.elapsed() < SOON + slack(), "the warden is left");
        }
    }
}

#[test]
fn a_killed_host_leaves_what_is_detached() {
    let marker = Marker::new();
    let mut host = start_host("detach", &marker);
    assert!(await_up(&mut host), "the host did not come up");
    host.kill().unwrap();
    host.wait().unwrap();
    std::thread::sleep(SOON / 4);
    assert!(!marker.alive().is_empty());
}

#[test]
fn a_killed_warden_is_told_and_leaves_nothing() {
    let marker = Marker::new();
    let status = end_of(start_host("lose-warden", &marker));
    assert!(status.success(), "{status}");
    marker.await_gone(SOON);
}

#[test]
fn a_stopped_host_leaves_nothing_when_it_is_killed() {
    let marker = Marker::new();
    let mut host = start_host("run", &marker);
    assert!(await_up(&mut host), "the host did not come up");
    kill_process(Pid::from_child(&host), Signal::STOP).unwrap();
    host.kill().unwrap();
    host.wait().unwrap();
    marker.await_gone(SOON);
}

#[test]
fn a_killed_host_leaves_nothing_if_its_warden_is_stopped() {
    let marker = Marker::new();
    let mut host = start_host("stop-warden", &marker);
    assert!(await_up(&mut host), "the host did not come up");
    host.kill().unwrap();
    host.wait().unwrap();
    marker.await_gone(SOON);
}

#[test]
fn a_killed_host_leaves_nothing_that_still_has_its_grace() {
    let marker = Marker::new();
    let mut host = start_host("drop", &marker);
    assert!(await_up(&mut host), "the host did not come up");
    host.kill().unwrap();
    host.wait().unwrap();
    marker.await_gone(SOON);
}

#[test]
fn a_host_that_panics_leaves_nothing() {
    let marker = Marker::new();
    let status = end_of(start_host("panic", &marker));
    assert!(!status.success(), "{status}");
    marker.await_gone(SOON);
}

#[test]
fn a_host_that_exits_leaves_nothing_under_the_warden() {
    let marker = Marker::new();
    let status = end_of(start_host("exit", &marker));
    assert_eq!(status.code(), Some(42));
    marker.await_gone(SOON);
}

#[test]
fn all_of_it_without_privileges() {
    common::user::run_again_without_privileges("all_of_it_without_privileges");
}

#[allow(clippy::disallowed_methods, reason = "it is to be killed")]
fn start_host(role: &str, marker: &Marker) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "host", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(MARKER, marker.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until the host says that all its children are there.
fn await_up(host: &mut Child) -> bool {
    BufReader::new(host.stdout.take().unwrap())
        .lines()
        .any(|line| line.unwrap().contains("host is up"))
}

/// Waits for the end of the host, and shows what it has said if that was no success.
fn end_of(host: Child) -> ExitStatus {
    let output = host.wait_with_output().unwrap();
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stdout));
    }
    output.status
}

fn wardens_of(host: &str) -> Vec<i32> {
    let name = |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/cmdline"));
    children_of(host)
        .into_iter()
        .filter(|pid| name(pid).is_ok_and(|name| name.contains("warden")))
        .collect()
}

/// Not a test, unless it is told what to be.
#[test]
fn host() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let marker = Marker::named(&std::env::var(MARKER).unwrap());
    let run = run_by(&warden());
    if role == "detach" {
        let spec = marker.child(&["tree", "own-session", "stay"]);
        spawn(&run, spec.detached());
        println!("host is up");
        run.serve_for(common::PATIENCE).unwrap();
    }
    let grace = match role.as_str() {
        "drop" => common::PATIENCE,
        _ => SOON / 10,
    };
    let processes = populate(&run, &marker, grace);
    match role.as_str() {
        "lose-warden" => return lose_warden(&run, &marker, &processes),
        "panic" => panic!("as asked for"),
        "exit" => std::process::exit(42),
        "stop-warden" => signal_wardens(Signal::STOP),
        // They are asked to end, and have much time for it.
        "drop" => drop(processes),
        _ => {}
    }
    println!("host is up");
    run.serve_for(common::PATIENCE).unwrap();
}

/// Starts a tree of each kind, each with that grace, and waits until all are there.
fn populate(run: &Run, marker: &Marker, grace: Duration) -> Vec<Process> {
    let mut processes: Vec<Process> = ["same-group", "own-session", "daemon-closed"]
        .map(|tree| spawn(run, marker.child(&["tree", tree, "stay"]).kill_grace(grace)))
        .into();
    processes.push(spawn(
        run,
        marker.child(&["storm", "2", "sessions"]).kill_grace(grace),
    ));
    processes.push(spawn(run, marker.child(&["storm", "1", "respawn"])));
    for process in &processes {
        assert_eq!(stdout_line(process), "partial\n");
        assert_eq!(stdout_line(process), "started\n");
    }
    processes.push(spawn(run, marker.child(&["evade", "descriptors"])));
    assert_eq!(stdout_line(&processes[5]), "partial\n");
    processes
}

fn signal_wardens(signal: Signal) {
    let wardens = wardens_of("self");
    assert!(!wardens.is_empty(), "there is no warden");
    for warden in wardens {
        kill_process(Pid::from_raw(warden).unwrap(), signal).unwrap();
    }
}

fn lose_warden(run: &Run, marker: &Marker, processes: &[Process]) {
    signal_wardens(Signal::KILL);
    for process in processes {
        check_failure("read_line", || process.read_line(Stdout));
        check_failure("wait", || process.wait());
        check_failure("output", || process.output());
    }
    let echo = || -> Spec { common::child(["echo", "x"]) };
    // A new warden may have taken over by then, but nothing waits for ever.
    let start = Instant::now();
    let result = run.exec(approve(echo()));
    assert!(start.elapsed() < SOON + slack(), "{result:?}");
    println!("exec: {result:?}");
    marker.await_gone(SOON);
    // Whoever starts anew is served.
    let output = run_by(&warden()).exec(approve(echo())).unwrap();
    assert_eq!(output.stdout, b"x\n");
}

fn check_failure<T: std::fmt::Debug>(what: &str, operation: impl FnOnce() -> Result<T, Error>) {
    let start = Instant::now();
    let error = operation().unwrap_err();
    println!("{what}: {error}");
    assert!(start.elapsed() < SOON + slack(), "{what}: {error}");
    assert!(
        matches!(error.kind(), ErrorKind::Internal | ErrorKind::Resource),
        "{what}: {error}"
    );
}

/// The other launcher has nobody who could do it.
#[test]
fn a_host_that_starts_its_children_itself_ends_them_when_it_ends() {
    let marker = Marker::new();
    let run = run_by(&Launcher::Direct);
    let _processes = populate(&run, &marker, SOON / 10);
    drop(run);
    marker.assert_gone();
}
