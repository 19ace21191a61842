//! Time, output, and what happens at their limits.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::slack;
use common::{approve, child, exec, exec_error, flooded, is_alive, printed_pid, run, spawn, text};
use shape_process::Stream::Stdout;
use shape_process::{Error, ErrorKind, Overflow, Spec, Stream};
use std::time::{Duration, Instant};

/// Guarantee 2: the time that a call with `timeout: 1s` may take.
const OVER: Duration = Duration::from_millis(1250);

#[track_caller]
fn check_timeout(spec: Spec) -> (Error, Duration) {
    let start = Instant::now();
    let error = exec_error(spec.timeout(Duration::from_secs(1)));
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    (error, start.elapsed())
}

#[test]
fn timed_out_means_over() {
    let (error, took) = check_timeout(child(["sleep", "60"]));
    assert!(took < OVER + slack(), "{took:?}");
    let output = error.output().unwrap();
    assert!(output.timed_out && output.survivors.is_empty());
    assert_eq!(output.signal, Some(15));
    assert!(!is_alive(output.pid));
    assert!(error.to_string().contains("timed out after 1s"), "{error}");
}

#[test]
fn a_stubborn_child_is_over_too_with_what_it_wrote() {
    let (error, took) = check_timeout(child(["ignore-term", "60"]));
    assert!(took < OVER + slack(), "{took:?}");
    let output = error.output().unwrap();
    assert_eq!((output.signal, text(&output.stdout)), (Some(9), "ready\n"));
}

#[test]
fn the_whole_group_is_over() {
    let (error, took) = check_timeout(child(["grandchild", "60"]));
    assert!(took < OVER + slack(), "{took:?}");
    let output = error.output().unwrap();
    let grandchild = text(&output.stdout).trim().parse().unwrap();
    assert!(!is_alive(grandchild) && !is_alive(output.pid));
    assert!(output.survivors.is_empty());
}

#[test]
fn a_spawned_process_has_its_time_too() {
    let run = run();
    let spec = child(["sleep", "60"]).timeout(Duration::from_millis(50));
    let sleeping = spawn(&run, spec);
    assert_eq!(
        sleeping.read_line(Stdout).unwrap_err().kind(),
        ErrorKind::Timeout
    );
    assert_eq!(sleeping.wait().unwrap_err().kind(), ErrorKind::Timeout);
    let status = sleeping.status().unwrap();
    assert_eq!(status.failure, Some(ErrorKind::Timeout));
    assert_eq!(status.exit.unwrap().signal, Some(15));
    assert!(!is_alive(sleeping.pid()));
}

#[test]
fn time_runs_while_another_process_is_waited_for() {
    let run = run();
    let late = spawn(
        &run,
        child(["sleep", "60"]).timeout(Duration::from_millis(50)),
    );
    spawn(&run, child(["sleep", "0.4"])).wait().unwrap();
    assert!(!is_alive(late.pid()));
    assert_eq!(late.wait().unwrap_err().kind(), ErrorKind::Timeout);
}

#[test]
fn a_process_that_is_in_time_is_left_alone() {
    let output = exec(child(["echo", "x"]).timeout(Duration::from_secs(600)));
    assert!(!output.timed_out);
    assert_eq!(exec(child(["exit", "4"]).timeout(Duration::MAX)).status, 4);
}

#[track_caller]
fn check_over_limit(error: Error, stream: Stream, limit: usize) {
    assert_eq!(error.kind(), ErrorKind::OutputLimit, "{error}");
    match error {
        Error::OutputLimit {
            stream: which,
            limit: what,
            output,
            ..
        } => {
            assert_eq!((which, what), (stream, limit as u64));
            let kept = match which {
                Stream::Stdout => output.stdout,
                Stream::Stderr => output.stderr,
            };
            assert!(kept == flooded(limit), "{} bytes", kept.len());
            assert!(output.truncated && output.dropped_bytes > 0);
            assert!(!is_alive(output.pid));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn too_much_output_ends_the_process() {
    let endless = "1000000000000";
    let spec = child(["flood", "stdout", endless]).max_output(100_000);
    check_over_limit(exec_error(spec), Stream::Stdout, 100_000);
    let spec = child(["flood", "stderr", endless]).max_output(100_000);
    check_over_limit(exec_error(spec), Stream::Stderr, 100_000);
}

#[test]
fn waiting_for_a_child_that_writes_a_gib_ends_at_the_default_limit() {
    let run = run();
    let flood = spawn(&run, child(["flood", "stdout", "1073741824"]));
    check_over_limit(flood.wait().unwrap_err(), Stream::Stdout, 64 << 20);
    // It stays an error, and what there was has been taken along.
    let again = flood.wait().unwrap_err();
    assert_eq!(again.output().unwrap().stdout.len(), 0);
    assert_eq!(
        flood
            .close(shape_process::Closing::Gracefully)
            .unwrap()
            .signal,
        Some(15)
    );
}

#[test]
fn exactly_the_limit_is_not_too_much() {
    let spec = |limit| child(["flood", "stdout", "100000"]).max_output(limit);
    assert!(exec(spec(100_000)).stdout == flooded(100_000));
    check_over_limit(exec_error(spec(99_999)), Stream::Stdout, 99_999);
    assert!(exec(child(["exit", "0"]).max_output(0)).stdout.is_empty());
    assert_eq!(exec_error(spec(0)).kind(), ErrorKind::OutputLimit);
}

#[test]
fn the_limit_is_on_what_is_unread() {
    let run = run();
    let lines = spawn(
        &run,
        child(["flood", "stdout", "3000000", "1000"]).max_output(100_000),
    );
    let mut total = 0;
    loop {
        match lines.read(Stdout, 1 << 20).unwrap().len() {
            0 => break,
            length => total += length,
        }
    }
    assert_eq!(total, 3_000_000);
}

#[track_caller]
fn check_truncated(bytes: usize, limit: usize) {
    let spec = child(["flood", "stdout", &bytes.to_string()])
        .max_output(limit as u64)
        .overflow(Overflow::Truncate);
    let output = run().exec(approve(spec)).unwrap();
    let whole = flooded(bytes);
    let (head, tail) = (limit - limit / 2, limit / 2);
    let expected = [&whole[..head], &whole[bytes - tail..]].concat();
    assert_eq!(output.status, 0);
    assert!(output.stdout == expected, "{} bytes", output.stdout.len());
    assert_eq!(output.dropped_bytes, (bytes - limit) as u64);
    assert!(output.truncated);
}

#[test]
fn truncating_keeps_head_and_tail() {
    check_truncated(10_000_000, 1_000_000);
    check_truncated(10_000_000, 4_001);
    check_truncated(1_001, 1_000);
    check_truncated(10_000, 2);
}

#[test]
fn what_fits_is_not_truncated() {
    let spec = child(["flood", "stdout", "1000"])
        .max_output(1000)
        .overflow(Overflow::Truncate);
    let output = exec(spec);
    assert!(!output.truncated && output.stdout == flooded(1000));
}

#[test]
fn a_truncated_stream_can_be_read_in_lines() {
    let run = run();
    let spec = child(["lines", "100000"])
        .max_output(2000)
        .overflow(Overflow::Truncate);
    let lines = spawn(&run, spec);
    lines.wait().unwrap();
    assert_eq!(common::stdout_line(&lines), "line 1\n");
    let mut last = String::new();
    loop {
        match common::stdout_line(&lines) {
            line if line.is_empty() => break,
            line => last = line,
        }
    }
    assert_eq!(last, "line 100000\n");
    assert!(lines.output().unwrap().dropped_bytes > 0);
}

#[test]
fn what_a_timed_out_process_left_running_is_over() {
    let run = run();
    let spec = child(["leave-stubborn", "60"]).timeout(Duration::from_secs(600));
    let leaving = spawn(&run, spec);
    let left = printed_pid(&leaving);
    leaving.wait().unwrap();
    assert!(!is_alive(left));
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
