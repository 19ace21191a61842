//! Constant memory with a capped stream. One test: it measures the whole program.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{approve, child, run};
use shape_process::{Overflow, SpillFile};

/// The most memory that this program has had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        << 10
}

#[test]
fn a_capped_stream_takes_no_more_than_its_cap() {
    let _alone = common::alone();
    let (cap, bytes) = (16 << 20, 1_u64 << 30);
    let run = run();
    run.exec(approve(child(["echo", "x"]))).unwrap();
    let before = peak();
    let spec = child(["flood", "stdout", &bytes.to_string(), "1048576"])
        .max_output(cap)
        .overflow(Overflow::Truncate);
    let output = run.exec(approve(spec)).unwrap();
    assert_eq!(output.stdout.len() as u64, cap);
    assert_eq!(output.dropped_bytes, bytes - cap);
    drop(output);
    let spec = child(["flood", "stdout", "134217728", "1048576"])
        .max_output(cap / 8)
        .overflow(Overflow::Spill)
        .fold_progress()
        .transcript();
    let output = run.exec(approve(spec)).unwrap();
    let path = output.stdout_file.unwrap();
    let mut file = SpillFile::open(&path).unwrap();
    assert_eq!(file.len().unwrap(), 128 << 20);
    assert_eq!(file.find("nowhere", 0).unwrap(), None);
    std::fs::remove_file(path).unwrap();
    let grown = peak() - before;
    assert!(
        grown < (cap as usize) * 5 / 4,
        "{grown} bytes more at the peak"
    );
}

#[test]
fn all_of_it_by_a_warden() {
    let _alone = common::alone();
    common::run_again_by_warden("all_of_it_by_a_warden");
}
