//! Starting a process costs the same, however much memory the host has. One test: it measures.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::{run_by, warden};
use common::{approve, child};
use shape_process::{Launcher, Run};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// What the host has resident when it is big.
const BALLAST: usize = 2 << 30;
/// What must be free, so that nothing else on the machine has to make room.
const NEEDED_KB: usize = 4 << 20;
/// Starts per measurement.
const STARTS: usize = 60;
/// How often it is measured at most. A busy machine spoils some measurements; a host that copies its
/// page tables at every start is slower in all.
const ATTEMPTS: usize = 10;
/// How much longer a start may take.
const MOST: f64 = 1.05;

#[test]
fn a_start_takes_no_longer_from_a_host_of_two_gib() {
    if available_kb() < NEEDED_KB {
        return;
    }
    let launchers = [Launcher::Direct, warden()];
    let runs = launchers.each_ref().map(run_by);
    let mut best = [f64::INFINITY; 2];
    for _ in 0..ATTEMPTS {
        let small = runs.each_ref().map(typical_start);
        let ballast = black_box(vec![1_u8; BALLAST]);
        let big = runs.each_ref().map(typical_start);
        drop(ballast);
        for (at, best) in best.iter_mut().enumerate() {
            *best = best.min(big[at].as_secs_f64() / small[at].as_secs_f64());
        }
        if best.iter().all(|&ratio| ratio < MOST) {
            return;
        }
    }
    panic!("from a big host it takes {best:?} times as long ({launchers:?})");
}

/// The median of what it takes to start a process, without waiting for its end.
fn typical_start(run: &Run) -> Duration {
    let mut times: Vec<Duration> = (0..STARTS).map(|_| one_start(run)).collect();
    times.sort_unstable();
    times[STARTS / 2]
}

fn one_start(run: &Run) -> Duration {
    let approved = approve(child(["echo", "x"]));
    let start = Instant::now();
    let process = run.spawn(approved).unwrap();
    let taken = start.elapsed();
    process.wait().unwrap();
    taken
}

/// What the machine can give without swapping, in KiB.
fn available_kb() -> usize {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap();
    let line = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
