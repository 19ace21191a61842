//! What a command leaves behind when it ends by itself is ended, and named.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::{Marker, run_by, slack};
use common::{approve, spawn};
use shape_process::{Closing, Launcher};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long a descendant may hold a stream before it is ended, and how long its end may take.
const LINGER: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_millis(250);

/// A storm has the whole machine for itself.
static MACHINE: RwLock<()> = RwLock::new(());

by_each_launcher! {
    what_is_left_behind_is_ended_and_named
    what_is_left_behind_is_ended_after_talking_too
    closing_ends_the_whole_tree
    killing_ends_the_whole_tree
    a_dropped_run_ends_the_whole_tree
    what_another_command_has_started_is_left_alone
    what_is_detached_outlives_the_run
}

#[test]
fn all_of_it_without_privileges() {
    common::user::run_again_without_privileges("all_of_it_without_privileges");
}

fn what_is_left_behind_is_ended_and_named(launcher: &Launcher) {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let run = run_by(launcher);
    for tree in [
        "same-group",
        "own-group",
        "own-session",
        "daemon-holding",
        "daemon-closed",
    ] {
        if tree == "daemon-closed" && *launcher == Launcher::Direct {
            // It is only searched for when a command is ended.
            continue;
        }
        let marker = Marker::new();
        let approved = approve(marker.child(&["tree", tree, "leave"]));
        let start = Instant::now();
        let output = run.exec(approved).unwrap();
        let took = start.elapsed();
        marker.assert_gone();
        assert_eq!(output.status, 0);
        assert_eq!(output.stdout, b"partial\nstarted\n");
        assert_eq!(output.leftovers.len(), 1, "{tree}: {:?}", output.leftovers);
        assert!(output.survivors.is_empty(), "{tree}");
        // Only a warden knows at once where what is left is.
        let later = match launcher {
            Launcher::Direct => 4 * LATER,
            _ => LATER,
        };
        assert!(took < LINGER + later + slack(), "{tree}: {took:?}");
    }
}

fn what_is_left_behind_is_ended_after_talking_too(launcher: &Launcher) {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let marker = Marker::new();
    let run = run_by(launcher);
    let process = spawn(&run, marker.child(&["tree", "daemon-holding", "leave"]));
    assert_eq!(common::stdout_line(&process), "partial\n");
    assert_eq!(process.wait().unwrap().code, 0);
    marker.assert_gone();
    assert_eq!(common::stdout_line(&process), "started\n");
    assert_eq!(process.output().unwrap().leftovers.len(), 1);
}

/// Ends a storm, which is then over.
#[track_caller]
fn check_ended(launcher: &Launcher, end: impl FnOnce(shape_process::Run, &shape_process::Process)) {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    let marker = Marker::new();
    let run = run_by(launcher);
    let spec = marker.child(&["storm", "4", "sessions"]);
    let process = spawn(&run, spec.kill_grace(Duration::from_millis(100)));
    assert_eq!(common::stdout_line(&process), "partial\n");
    assert_eq!(common::stdout_line(&process), "started\n");
    end(run, &process);
    marker.assert_gone();
}

fn closing_ends_the_whole_tree(launcher: &Launcher) {
    check_ended(launcher, |run, process| {
        process.close(Closing::Gracefully).unwrap();
        drop(run);
    });
    check_ended(launcher, |run, process| {
        process.close(Closing::Forcibly).unwrap();
        drop(run);
    });
}

fn killing_ends_the_whole_tree(launcher: &Launcher) {
    check_ended(launcher, |_run, process| {
        process.kill();
        assert_eq!(process.wait().unwrap().signal, Some(9));
    });
}

fn a_dropped_run_ends_the_whole_tree(launcher: &Launcher) {
    check_ended(launcher, |run, _| drop(run));
}

fn what_another_command_has_started_is_left_alone(launcher: &Launcher) {
    let (run, other_run) = (run_by(launcher), run_by(launcher));
    let (mine, stays) = (Marker::new(), Marker::new());
    let tree = || stays.child(&["tree", "daemon-closed", "stay"]);
    let processes = [spawn(&run, tree()), spawn(&other_run, tree())];
    for process in &processes {
        assert_eq!(common::stdout_line(process), "partial\n");
        assert_eq!(common::stdout_line(process), "started\n");
    }
    for _ in 0..5 {
        let spec = mine.child(&["tree", "daemon-holding", "leave"]);
        assert_eq!(run.exec(approve(spec)).unwrap().leftovers.len(), 1);
        mine.assert_gone();
    }
    assert_eq!(stays.alive().len(), 4, "{:#?}", stays.alive());
    drop(other_run);
    assert_eq!(stays.alive().len(), 2, "{:#?}", stays.alive());
    drop(run);
    stays.assert_gone();
}

fn what_is_detached_outlives_the_run(launcher: &Launcher) {
    let marker = Marker::new();
    let run = run_by(launcher);
    let process = spawn(
        &run,
        marker.child(&["tree", "same-group", "stay"]).detached(),
    );
    let pid = process.pid();
    drop(process);
    run.exec(approve(common::child(["echo", "x"]))).unwrap();
    drop(run);
    assert!(!marker.alive().is_empty());
    assert!(common::is_alive(pid));
}
