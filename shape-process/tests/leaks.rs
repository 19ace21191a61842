//! Neither zombies nor descriptors stay behind. One test: it counts what the whole program has.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{approve, await_that, child, is_alive, run, spawn, stdout_line};
use shape_process::{Overflow, Run, Spec, Stdin};
use std::time::Duration;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn children() -> String {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok())
        .collect()
}

#[test]
fn nothing_stays_behind() {
    let _alone = common::alone();
    // Builds the test child.
    let _ = shape_testchild::path();
    let before = descriptors();
    let run = run();
    let in_run = descriptors();
    // The helper, if there is one.
    let kept = children();
    let echo = || child(["echo", "x"]);
    for round in 0..100 {
        assert_eq!(run.exec(approve(echo())).unwrap().stdout, b"x\n");
        let fed = child(["cat"]).stdin(Stdin::Bytes(vec![b'x'; 100_000]));
        assert_eq!(run.exec(approve(fed)).unwrap().stdout.len(), 100_000);
        drop(spawn(&run, child(["cat"])));
        let process = spawn(&run, child(["lines", "2"]).cwd("/").merge_stderr());
        assert_eq!(stdout_line(&process), "line 1\n");
        process.wait().unwrap();
        let stages = [echo(), child(["cat"]), child(["cat"])];
        let done = run.pipeline(stages.map(approve)).unwrap();
        assert_eq!(done.output.stdout, b"x\n");
        if round % 10 == 0 {
            failures(&run);
        }
    }
    dropped_at_once(&run, in_run);
    detached(&run, in_run);
    // What was dropped without waiting has ended by now, or does in this one.
    run.exec(approve(child(["sleep", "0.1"]))).unwrap();
    assert_eq!(descriptors(), in_run);
    assert_eq!(children(), kept);
    drop(run);
    assert_eq!(descriptors(), before);
}

/// Nothing waits between these.
fn dropped_at_once(run: &Run, before: usize) {
    for _ in 0..2000 {
        drop(spawn(run, child(["echo", "x"])));
        let open = descriptors() - before;
        assert!(open < 200, "{open} descriptors are open");
    }
}

/// Nobody asks for these any more, and nothing else is there that would be served.
fn detached(run: &Run, before: usize) {
    run.exec(approve(child(["sleep", "0.1"]))).unwrap();
    for _ in 0..50 {
        let process = spawn(run, child(["echo", "x"]).detached());
        let pid = process.pid();
        drop(process);
        await_that(|| !is_alive(pid));
        let open = descriptors() - before;
        assert!(open < 20, "{open} descriptors are open");
    }
}

/// The ways out that are not the end of a process.
fn failures(run: &Run) {
    let flood = || child(["flood", "stdout", "100000"]).max_output(1000);
    assert!(run.exec(approve(flood())).is_err());
    assert!(
        run.exec(approve(flood().overflow(Overflow::Truncate)))
            .is_ok()
    );
    let late = child(["sleep", "60"]).timeout(Duration::from_millis(10));
    assert!(run.exec(approve(late)).is_err());
    assert!(
        run.exec(approve(child(["echo"]).arg("x".repeat(4 << 20))))
            .is_err()
    );
    assert!(
        run.exec(approve(
            child(["echo"]).stdin(Stdin::File("/nonexistent".into()))
        ))
        .is_err()
    );
    let refused =
        shape_policy::Policy::new(shape_policy::ProcessGrant::all()).approve(Spec::new("/"));
    assert!(refused.is_err());
}

#[test]
fn all_of_it_by_a_warden() {
    let _alone = common::alone();
    common::run_again_by_warden("all_of_it_by_a_warden");
}
