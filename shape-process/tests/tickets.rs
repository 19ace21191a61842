//! Of everything that starts one start is told and one end, however it ends.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::run_by;
use common::{await_that, child, stdout_line};
use shape_policy::{Approved, End, Policy, ProcessGrant, TicketSink};
use shape_process::{CancelToken, Closing, Error, Launcher, Run, Sink, Spec};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

by_each_launcher! {
    a_code_and_a_signal
    a_limit
    a_kill_and_handles_that_are_dropped
    a_run_that_is_dropped_or_cancelled
    a_pipeline
    what_does_not_start
    a_thousand_at_a_time
    what_is_detached
}

/// What was told of one or more processes.
#[derive(Debug, Default)]
struct Told {
    pids: Vec<u32>,
    ends: Vec<Ended>,
}

/// An end, to be kept.
#[derive(Debug, PartialEq)]
struct Ended {
    code: Option<i32>,
    signal: Option<i32>,
    timed_out: bool,
    truncated: bool,
}

#[derive(Default, Clone)]
struct Counter(Arc<Mutex<Told>>);

impl TicketSink for Counter {
    fn started(&mut self, pid: u32) {
        let mut told = self.0.lock().unwrap();
        told.pids.push(pid);
    }

    fn ended(&mut self, end: &End<'_>) {
        let mut told = self.0.lock().unwrap();
        assert!(told.ends.len() < told.pids.len(), "an end before a start");
        told.ends.push(Ended {
            code: end.exit_code,
            signal: end.signal,
            timed_out: end.timed_out,
            truncated: end.truncated,
        });
        assert!(end.survivors.is_empty());
    }
}

impl Counter {
    fn approve(&self, spec: Spec) -> Approved<Spec> {
        let policy = Policy::new(ProcessGrant::all().allow_detached());
        policy
            .approve(spec)
            .unwrap()
            .telling(Box::new(self.clone()))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap()
    }

    /// One start was told, and then an end with that code or signal.
    #[track_caller]
    fn check_one(&self, code: Option<i32>, signal: Option<i32>) {
        let told = self.told();
        assert_eq!((told.pids.len(), told.ends.len()), (1, 1), "{told:?}");
        assert_eq!((told.ends[0].code, told.ends[0].signal), (code, signal));
    }
}

fn a_code_and_a_signal(launcher: &Launcher) {
    let run = run_by(launcher);
    let counter = Counter::default();
    let output = run.exec(counter.approve(child(["exit", "3"]))).unwrap();
    counter.check_one(Some(3), None);
    assert_eq!(counter.told().pids, [output.pid]);
    let counter = Counter::default();
    run.exec(counter.approve(child(["signal", "15"]))).unwrap();
    counter.check_one(None, Some(15));
    let counter = Counter::default();
    let process = run.spawn(counter.approve(child(["exit", "0"]))).unwrap();
    assert_eq!(counter.told().pids, [process.pid()]);
    process.wait().unwrap();
    process.wait().unwrap();
    drop(process);
    drop(run);
    counter.check_one(Some(0), None);
}

fn a_limit(launcher: &Launcher) {
    let run = run_by(launcher);
    let counter = Counter::default();
    let slow = child(["sleep", "60"]).timeout(Duration::from_millis(50));
    let error = run.exec(counter.approve(slow)).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    drop(run);
    let told = counter.told();
    assert_eq!((told.pids.len(), told.ends.len()), (1, 1));
    assert!(told.ends[0].timed_out && !told.ends[0].truncated);
    assert_eq!(told.ends[0].code, None);
}

fn a_kill_and_handles_that_are_dropped(launcher: &Launcher) {
    let run = run_by(launcher);
    let counter = Counter::default();
    let process = run.spawn(counter.approve(child(["sleep", "60"]))).unwrap();
    process.close(Closing::Forcibly).unwrap();
    counter.check_one(None, Some(9));
    let counter = Counter::default();
    drop(run.spawn(counter.approve(child(["sleep", "60"]))).unwrap());
    run.shutdown();
    let told = counter.told();
    assert_eq!((told.pids.len(), told.ends.len()), (1, 1), "{told:?}");
}

fn a_run_that_is_dropped_or_cancelled(launcher: &Launcher) {
    let token = CancelToken::new().unwrap();
    let run = Run::with_launcher(token.clone(), launcher).unwrap();
    let counter = Counter::default();
    let process = run.spawn(counter.approve(child(["sleep", "60"]))).unwrap();
    drop(run);
    drop(process);
    counter.check_one(None, Some(15));
    let run = Run::with_launcher(token.clone(), launcher).unwrap();
    let counter = Counter::default();
    let process = run.spawn(counter.approve(child(["graceful"]))).unwrap();
    assert_eq!(stdout_line(&process), "ready\n");
    token.cancel();
    let error = process.wait().unwrap_err();
    assert!(matches!(error, Error::Cancelled { .. }), "{error}");
    drop(run);
    counter.check_one(Some(7), None);
}

fn a_pipeline(launcher: &Launcher) {
    let run = run_by(launcher);
    let counters = [(); 3].map(|()| Counter::default());
    let specs = [
        child(["echo", "x"]),
        child(["cat"]),
        child(["cat"]).stderr(Sink::Inherit),
    ];
    let stages = counters.iter().zip(specs);
    let stages: Vec<_> = stages.map(|(it, spec)| it.approve(spec)).collect();
    assert_eq!(run.pipeline(stages).unwrap().output.stdout, b"x\n");
    for counter in counters {
        counter.check_one(Some(0), None);
    }
}

fn what_does_not_start(launcher: &Launcher) {
    let run = run_by(launcher);
    let directory = tempfile::tempdir().unwrap();
    let counter = Counter::default();
    let approved = counter.approve(child(["cwd"]).cwd(directory.path()));
    drop(directory);
    run.exec(approved).unwrap_err();
    run.cancel_token().cancel();
    run.exec(counter.approve(child(["echo"]))).unwrap_err();
    assert!(counter.told().pids.is_empty() && counter.told().ends.is_empty());
}

fn a_thousand_at_a_time(launcher: &Launcher) {
    let run = run_by(launcher);
    let counter = Counter::default();
    let policy = Policy::new(ProcessGrant::all());
    let commands = (0..1_000).map(|index| {
        let approved = policy.approve(child(["exit", &(index % 7).to_string()]));
        approved.unwrap().telling(Box::new(counter.clone()))
    });
    let results = run.exec_all(commands, 100);
    assert!(results.iter().all(Result::is_ok));
    let told = counter.told();
    let mut pids = told.pids.clone();
    pids.sort_unstable();
    pids.dedup();
    assert_eq!((told.pids.len(), told.ends.len()), (1_000, 1_000));
    for code in 0..7 {
        let ended = told.ends.iter().filter(|end| end.code == Some(code));
        let expected = (0..1_000).filter(|index| index % 7 == code).count();
        assert_eq!(ended.count(), expected, "{code}");
    }
}

fn what_is_detached(launcher: &Launcher) {
    let run = run_by(launcher);
    let counter = Counter::default();
    let process = run
        .spawn(counter.approve(child(["exit", "4"]).detached()))
        .unwrap();
    await_that(|| {
        let _ = process.status();
        !counter.told().ends.is_empty()
    });
    counter.check_one(Some(4), None);
    // Of one that is let go nobody will learn.
    let counter = Counter::default();
    let process = run
        .spawn(counter.approve(child(["sleep", "1"]).detached()))
        .unwrap();
    drop(process);
    drop(run);
    counter.check_one(None, None);
}
