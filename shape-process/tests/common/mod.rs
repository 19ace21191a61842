//! What the tests of the engine share.

#![allow(dead_code, reason = "each test binary uses a part")]

pub mod trees;
pub mod user;

use shape_policy::{Approved, Policy, ProcessGrant};
use shape_process::{CancelToken, Error, Launcher, Output, Process, Run, Spec, Stream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// More than anything here takes, on the slowest machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The test child with a command and its arguments, and so much time that a test which would wait for
/// ever fails instead.
pub fn child<A: AsRef<str>>(args: impl IntoIterator<Item = A>) -> Spec {
    let args = args.into_iter().map(|arg| arg.as_ref().to_owned());
    Spec::new(shape_testchild::path())
        .args(args)
        .timeout(PATIENCE)
}

pub fn run() -> Run {
    Run::with_launcher(CancelToken::new().unwrap(), &launcher()).unwrap()
}

/// Set where the tests are run again by a warden.
const BY_WARDEN: &str = "SHAPE_TEST_BY_WARDEN";

/// The launcher that the tests are run with.
pub fn launcher() -> Launcher {
    match std::env::var_os(BY_WARDEN) {
        Some(_) => trees::warden(),
        None => Launcher::Direct,
    }
}

/// Keeps the other tests of this program waiting that ask for the same: those that count what the whole
/// process has.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs all tests of this program again with programs that a warden starts, but for the one of that
/// name, which is the one that calls this.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "it runs the tests of the engine")]
pub fn run_again_by_warden(but: &str) {
    if std::env::var_os(BY_WARDEN).is_some() {
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--skip", but])
        .env(BY_WARDEN, "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

#[track_caller]
pub fn approve(spec: Spec) -> Approved<Spec> {
    Policy::new(ProcessGrant::all()).approve(spec).unwrap()
}

/// What `spec` leaves behind in a run of its own.
#[track_caller]
pub fn exec(spec: Spec) -> Output {
    run().exec(approve(spec)).unwrap()
}

/// What `spec` fails with in a run of its own, be it refused or not.
#[track_caller]
pub fn exec_error(spec: Spec) -> Error {
    match Policy::new(ProcessGrant::all()).approve(spec) {
        Ok(approved) => run().exec(approved).unwrap_err(),
        Err(refusal) => refusal.into(),
    }
}

#[track_caller]
pub fn spawn(run: &Run, spec: Spec) -> Process {
    run.spawn(approve(spec)).unwrap()
}

#[track_caller]
pub fn stdout_line(process: &Process) -> String {
    process.read_line(Stream::Stdout).unwrap()
}

/// The pid that the child prints on its next line.
#[track_caller]
pub fn printed_pid(process: &Process) -> u32 {
    stdout_line(process).trim().parse().unwrap()
}

#[track_caller]
pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Whether there is a process of that number that is not a zombie.
pub fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    !matches!(
        stat.rsplit(')')
            .next()
            .and_then(|rest| rest.trim_start().chars().next()),
        Some('Z' | 'X') | None
    )
}

/// Waits until `condition` holds, and fails if it never does.
#[track_caller]
pub fn await_that(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain");
        std::thread::yield_now();
    }
}

/// What `flood` writes.
pub fn flooded(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|at| b'a' + (at % (64 << 10) % 26) as u8)
        .collect()
}
