//! Constant memory with a capped stream. One test: it measures the whole program.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{approve, child, run};
use shape_process::Overflow;

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
    let grown = peak() - before;
    assert!(
        grown < (cap as usize) * 5 / 4,
        "{grown} bytes more at the peak"
    );
}
