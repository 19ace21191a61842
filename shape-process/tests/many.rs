//! Many commands, at once and one after the other: nothing stays behind.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::print_stdout, reason = "it tells what was not tested")]

mod common;

use common::trees::{children, children_of, run_by};
use common::{approve, await_that, child, spawn, stdout_line};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shape_process::{Launcher, Process, Run};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most by which the memory may have grown, in bytes: what an allocator does not give back.
const GROWTH: usize = 2 << 20;

/// These tests count what the whole program has, so there is one at a time.
static ALONE: Mutex<()> = Mutex::new(());

by_each_launcher! {
    a_thousand_at_once
    thousands_one_after_the_other
    many_in_several_threads
}

#[test]
fn all_of_it_without_privileges() {
    let _alone = alone();
    common::user::run_again_without_privileges("all_of_it_without_privileges");
}

fn alone() -> MutexGuard<'static, ()> {
    // Builds the test child.
    let _ = shape_testchild::path();
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    guard
}

/// What there is of this program, and of its warden if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Inventory {
    descriptors: usize,
    wardens_descriptors: Vec<usize>,
    zombies: Vec<String>,
    wardens_children: usize,
}

fn descriptors(pid: &str) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count()
}

fn take_inventory() -> Inventory {
    let wardens: Vec<String> = children_of("self")
        .iter()
        .map(ToString::to_string)
        .collect();
    Inventory {
        descriptors: descriptors("self"),
        wardens_descriptors: wardens.iter().map(|pid| descriptors(pid)).collect(),
        zombies: children()
            .into_iter()
            .filter(|stat| stat.contains(") Z "))
            .collect(),
        wardens_children: wardens.iter().map(|pid| children_of(pid).len()).sum(),
    }
}

/// Checks that all is as it was, as soon as the warden has come to it.
#[track_caller]
fn check_inventory(before: &Inventory) {
    let start = std::time::Instant::now();
    loop {
        let now = take_inventory();
        if now == *before {
            return;
        }
        assert!(
            start.elapsed() < common::PATIENCE,
            "before {before:#?}\nnow {now:#?}"
        );
    }
}

/// The memory of a process that is there now, in bytes.
fn resident(pid: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes << 10
}

/// The memory of this program and of its wardens.
fn total_resident() -> usize {
    let wardens = children_of("self");
    let of_wardens: usize = wardens.iter().map(|pid| resident(&pid.to_string())).sum();
    resident("self") + of_wardens
}

fn a_thousand_at_once(launcher: &Launcher) {
    let _alone = alone();
    let run = run_by(launcher);
    run.exec(approve(child(["echo", "x"]))).unwrap();
    let before = take_inventory();
    // Each has three pipes and the process itself.
    let count = match getrlimit(Resource::Nofile).current {
        Some(limit) => 1000.min(limit as usize / 5),
        None => 1000,
    };
    if count < 1000 {
        println!("only {count}: there are not enough descriptors for more");
    }
    let processes: Vec<Process> = (0..count).map(|_| spawn(&run, child(["upper"]))).collect();
    for (at, process) in processes.iter().enumerate() {
        process.write(format!("x{at}\n").as_bytes()).unwrap();
    }
    for (at, process) in processes.iter().enumerate().rev() {
        assert_eq!(stdout_line(process), format!("X{at}\n"));
    }
    for process in &processes {
        assert_eq!(process.wait().unwrap().code, 0);
    }
    drop(processes);
    check_inventory(&before);
}

fn thousands_one_after_the_other(launcher: &Launcher) {
    let _alone = alone();
    let whole = std::env::var_os("SHAPE_TEST_MANY").is_some();
    let count = if whole { 10_000 } else { 2_000 };
    let at_start = descriptors("self");
    let run = run_by(launcher);
    let exec = || {
        let output = run.exec(approve(child(["echo", "x"]))).unwrap();
        assert_eq!(output.stdout, b"x\n");
    };
    (0..count / 4).for_each(|_| exec());
    let (before, memory) = (take_inventory(), total_resident());
    (0..count * 3 / 4).for_each(|_| exec());
    let grown = total_resident().saturating_sub(memory);
    assert!(grown < GROWTH, "{grown} bytes more than at first");
    assert!(before.zombies.is_empty());
    check_inventory(&before);
    drop(run);
    await_that(|| children().is_empty());
    assert_eq!(descriptors("self"), at_start);
}

fn many_in_several_threads(launcher: &Launcher) {
    let _alone = alone();
    let at_start = descriptors("self");
    let work = |run: Run| {
        for round in 0..50 {
            let output = run.exec(approve(child(["echo", "x"]))).unwrap();
            assert_eq!(output.stdout, b"x\n");
            let process = spawn(&run, child(["cat"]));
            if round % 2 == 0 {
                process.write(b"line\n").unwrap();
                assert_eq!(stdout_line(&process), "line\n");
                assert_eq!(process.wait().unwrap().code, 0);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| work(run_by(launcher)));
        }
    });
    await_that(|| children().is_empty());
    assert_eq!(descriptors("self"), at_start);
}
