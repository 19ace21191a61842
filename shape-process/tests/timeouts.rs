//! Timed out means over: the call is back in time, nothing of the tree is alive, and what was written
//! before is kept.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::{Marker, in_nursery, run_by, slack};
use common::{approve, spawn, text};
use shape_process::Stream::{Stderr, Stdout};
use shape_process::{Error, ErrorKind, Launcher, Run};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(1);
/// How much later the call may be back.
const LATER: Duration = Duration::from_millis(250);

/// What needs the whole machine has it for itself.
static MACHINE: RwLock<()> = RwLock::new(());

by_each_launcher! {
    a_descendant_in_the_same_group_is_over
    a_descendant_in_a_group_of_its_own_is_over
    a_descendant_in_a_session_of_its_own_is_over
    a_daemon_that_holds_the_streams_is_over
    a_daemon_without_streams_is_over
    a_storm_in_the_group_is_over
    a_storm_of_sessions_is_over
    a_storm_that_respawns_is_over
    what_evades_is_over
    what_waits_for_input_is_over
    fifty_at_once_in_one_run_are_over
    fifty_at_once_in_runs_of_their_own_are_over
}

#[test]
fn all_of_it_without_privileges() {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    common::user::run_again_without_privileges("all_of_it_without_privileges");
}

fn a_descendant_in_the_same_group_is_over(launcher: &Launcher) {
    check_tree(launcher, "same-group");
}

fn a_descendant_in_a_group_of_its_own_is_over(launcher: &Launcher) {
    check_tree(launcher, "own-group");
}

fn a_descendant_in_a_session_of_its_own_is_over(launcher: &Launcher) {
    check_tree(launcher, "own-session");
}

fn a_daemon_that_holds_the_streams_is_over(launcher: &Launcher) {
    check_tree(launcher, "daemon-holding");
}

fn a_daemon_without_streams_is_over(launcher: &Launcher) {
    check_tree(launcher, "daemon-closed");
}

fn a_storm_in_the_group_is_over(launcher: &Launcher) {
    check_storm(launcher, "group", "direct::a_storm_in_the_group_is_over");
}

fn a_storm_of_sessions_is_over(launcher: &Launcher) {
    check_storm(launcher, "sessions", "direct::a_storm_of_sessions_is_over");
}

fn a_storm_that_respawns_is_over(launcher: &Launcher) {
    check_storm(launcher, "respawn", "direct::a_storm_that_respawns_is_over");
}

#[track_caller]
fn check_tree(launcher: &Launcher, kind: &str) {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(
        timed_out(launcher, &["tree", kind, "stay"]),
        Ok("partial\nstarted\n".to_owned())
    );
}

#[track_caller]
fn check_storm(launcher: &Launcher, kind: &str, direct_test: &str) {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    // Only a warden has the orphans for itself, and need not look for them among all processes and the
    // zombies that whoever gets them may leave.
    let later = match launcher {
        Launcher::Direct => 4 * LATER,
        _ => LATER,
    };
    in_nursery(launcher, direct_test, || {
        assert_eq!(
            timed_out_within(later, launcher, &["storm", "16", kind]),
            Ok("partial\nstarted\n".to_owned())
        );
    });
}

fn what_evades_is_over(launcher: &Launcher) {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let evasions = [
        "environment",
        "sibling",
        "held",
        "thread",
        "traced",
        "group",
        "limits",
        "stopped",
        "signals",
        "descriptors",
        "orphans",
        "hidden",
        "name",
    ];
    // They mostly sleep, so they can do that together; not all at the same moment.
    let failures: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = evasions
            .iter()
            .map(|evasion| {
                std::thread::sleep(LATER);
                let checked = scope.spawn(|| timed_out(launcher, &["evade", evasion]));
                (evasion, checked)
            })
            .collect();
        threads
            .into_iter()
            .filter_map(|(evasion, checked)| match checked.join().unwrap() {
                Ok(stdout) if stdout.starts_with("partial\n") => None,
                Ok(stdout) => Some(format!("{evasion}: kept {stdout:?}")),
                Err(failure) => Some(format!("{evasion}: {failure}")),
            })
            .collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is kept of the standard output of a command that is timed out in a run of its own, or what is
/// wrong.
fn timed_out(launcher: &Launcher, args: &[&str]) -> Result<String, String> {
    timed_out_within(LATER, launcher, args)
}

fn timed_out_within(later: Duration, launcher: &Launcher, args: &[&str]) -> Result<String, String> {
    let marker = Marker::new();
    let run = run_by(launcher);
    let approved = approve(marker.child(args).timeout(TIMEOUT));
    let start = Instant::now();
    let result = run.exec(approved);
    let took = start.elapsed();
    let alive = marker.alive();
    if !alive.is_empty() {
        return Err(format!("after {took:?} alive: {alive:#?}"));
    }
    check_error(result.map(drop), took, later)
}

/// What is kept in the error of a time-out that came in time.
fn check_error(
    result: Result<(), Error>,
    took: Duration,
    later: Duration,
) -> Result<String, String> {
    let error = match result {
        Ok(()) => return Err(format!("was not timed out, but ended after {took:?}")),
        Err(error) if error.kind() == ErrorKind::Timeout => error,
        Err(error) => return Err(format!("failed after {took:?}: {error}")),
    };
    let output = error.output().unwrap();
    if !output.timed_out || !output.survivors.is_empty() {
        return Err(format!("survivors: {:?}", output.survivors));
    }
    if took < TIMEOUT || took > TIMEOUT + later + slack() {
        return Err(format!("was back after {took:?}"));
    }
    Ok(text(&output.stdout).to_owned())
}

fn what_waits_for_input_is_over(launcher: &Launcher) {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let marker = Marker::new();
    let run = run_by(launcher);
    for source in ["stdin", "poll"] {
        let spec = marker.child(&["await-input", source]).timeout(TIMEOUT);
        let start = Instant::now();
        // Its standard input is a pipe that nobody closes.
        let process = spawn(&run, spec);
        assert_eq!(process.read_line(Stdout).unwrap(), "partial\n");
        let error = process.read_line(Stderr).unwrap_err();
        let took = start.elapsed();
        marker.assert_gone();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        // That it asks again and again cannot be told from other work.
        let is_told = error.output().unwrap().waiting_for_input;
        assert!(is_told || source == "poll");
        assert!(took < TIMEOUT + LATER + slack(), "{source}: {took:?}");
    }
}

const TREES: [&str; 5] = [
    "same-group",
    "own-group",
    "own-session",
    "daemon-holding",
    "daemon-closed",
];

fn fifty_at_once_in_one_run_are_over(launcher: &Launcher) {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    let marker = Marker::new();
    let run = run_by(launcher);
    let start = |tree| {
        let approved = approve(marker.child(&["tree", tree, "stay"]).timeout(TIMEOUT));
        let start = Instant::now();
        (run.spawn(approved).unwrap(), start)
    };
    let started: Vec<_> = (0..50).map(|at| start(TREES[at % TREES.len()])).collect();
    let last = started.last().unwrap().1;
    for (process, _) in &started {
        let error = process.wait().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        let output = error.output().unwrap();
        assert_eq!(text(&output.stdout), "partial\nstarted\n");
        assert!(output.survivors.is_empty());
    }
    let took = last.elapsed();
    marker.assert_gone();
    assert!(took < TIMEOUT + LATER + slack(), "{took:?}");
}

fn fifty_at_once_in_runs_of_their_own_are_over(launcher: &Launcher) {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    let marker = Marker::new();
    let exec = |run: Run, tree| {
        let approved = approve(marker.child(&["tree", tree, "stay"]).timeout(TIMEOUT));
        let start = Instant::now();
        let result = run.exec(approved);
        (check_error(result.map(drop), start.elapsed(), LATER), run)
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<Run> = (0..50).map(|_| run_by(launcher)).collect();
        let threads: Vec<_> = runs
            .into_iter()
            .enumerate()
            .map(|(at, run)| scope.spawn(move || exec(run, TREES[at % TREES.len()])))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    marker.assert_gone();
    for (result, _) in results {
        assert_eq!(result, Ok("partial\nstarted\n".to_owned()));
    }
}
