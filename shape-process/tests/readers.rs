//! Reading line by line and as it comes.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{child, flooded, run, spawn, text};
use shape_process::Stream::{Stderr, Stdout};
use shape_process::{Error, Overflow, Process, Run, Spec, Stream};
use std::time::Duration;

/// A process that has written that many numbered lines.
fn numbered(run: &Run, count: usize) -> Process {
    let lines = spawn(run, child(["lines", &count.to_string()]));
    lines.wait().unwrap();
    lines
}

#[test]
fn every_line_is_handed_out() {
    let run = run();
    let mut lines = spawn(&run, child(["lines", "300000"]));
    for number in 1..=300_000 {
        let line = lines.next_line(Stdout).unwrap();
        assert_eq!(line, format!("line {number}\n"));
    }
    assert_eq!(lines.next_line(Stdout).unwrap(), "");
    assert_eq!(lines.next_line(Stdout).unwrap(), "");
}

#[test]
fn what_is_not_handed_out_is_seen_by_everybody() {
    let run = run();
    let mut lines = numbered(&run, 20_000);
    assert_eq!(lines.next_line(Stdout).unwrap(), "line 1\n");
    assert_eq!(lines.read_line(Stdout).unwrap(), "line 2\n");
    assert_eq!(lines.next_line(Stdout).unwrap(), "line 3\n");
    assert_eq!(lines.read(Stdout, 9).unwrap(), b"line 4\nli");
    assert_eq!(lines.next_line(Stdout).unwrap(), "ne 5\n");
    assert_eq!(lines.read_text(Stdout, 2).unwrap(), "li");
    assert_eq!(lines.next_line(Stdout).unwrap(), "ne 6\n");
    let (stream, bytes) = lines.chunks().next().unwrap().unwrap();
    assert!(stream == Stdout && bytes.starts_with(b"line 7\nline 8\n"));

    let mut lines = numbered(&run, 20_000);
    lines.next_line(Stdout).unwrap();
    let output = lines.output().unwrap();
    assert!(text(&output.stdout).starts_with("line 2\nline 3\n"));
    assert!(text(&output.stdout).ends_with("line 19999\nline 20000\n"));
    assert_eq!(text(&output.stdout).lines().count(), 19_999);
    assert_eq!(lines.next_line(Stdout).unwrap(), "");
}

#[test]
fn an_error_has_what_was_not_handed_out() {
    let run = run();
    let spec = child(["route"]).timeout(Duration::from_millis(300));
    let mut route = spawn(&run, spec);
    route.write(b"oone\notwo\nothree\neerror\n").unwrap();
    // Everything has arrived when this has.
    assert_eq!(route.next_line(Stderr).unwrap(), "error\n");
    assert_eq!(route.next_line(Stdout).unwrap(), "one\n");
    let error = route.next_line(Stderr).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert_eq!(text(&error.output().unwrap().stdout), "two\nthree\n");
    // They have been taken along.
    assert!(route.next_line(Stdout).is_err());
}

#[test]
fn the_error_of_a_write_has_what_was_not_handed_out() {
    let run = run();
    let script = "echo one; echo two; echo up >&2; exec sleep 1000";
    let spec = Spec::new("sh").args(["-c", script]);
    let mut deaf = spawn(&run, spec.timeout(Duration::from_millis(300)));
    // Everything has arrived when this has.
    assert_eq!(deaf.next_line(Stderr).unwrap(), "up\n");
    assert_eq!(deaf.next_line(Stdout).unwrap(), "one\n");
    let error = deaf.write(&vec![b'x'; 8 << 20]).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert_eq!(text(&error.output().unwrap().stdout), "two\n");
    assert!(deaf.next_line(Stdout).is_err());
}

#[test]
fn streams_are_read_in_turns() {
    let run = run();
    let mut both = spawn(&run, child(["interleave", "5000"]));
    for number in 1..=5000 {
        let line = both.next_line(Stdout).unwrap();
        assert_eq!(line, format!("out {number}\n"));
        let line = both.next_line(Stderr).unwrap();
        assert_eq!(line, format!("err {number}\n"));
    }
    assert_eq!(both.next_line(Stderr).unwrap(), "");
}

#[test]
fn a_line_may_be_long() {
    let run = run();
    let mut flood = spawn(&run, child(["flood", "stdout", "3000000"]));
    let line = flood.next_line(Stdout).unwrap();
    assert!(line.as_bytes() == flooded(3_000_000));
    assert_eq!(flood.next_line(Stdout).unwrap(), "");
}

#[test]
fn a_line_that_is_not_utf8_is_told_and_kept() {
    let run = run();
    let mut bytes = spawn(&run, child(["bytes", "610aff0a620a"]));
    bytes.wait().unwrap();
    assert_eq!(bytes.next_line(Stdout).unwrap(), "a\n");
    for _ in 0..2 {
        let error = bytes.next_line(Stdout).unwrap_err();
        assert!(matches!(error, Error::InvalidUtf8 { .. }), "{error}");
    }
    assert_eq!(bytes.read(Stdout, 2).unwrap(), b"\xff\n");
    assert_eq!(bytes.next_line(Stdout).unwrap(), "b\n");
}

#[test]
fn lines_end_with_the_stream() {
    let run = run();
    let mut bytes = spawn(&run, child(["bytes", "610a0a62"]));
    let lines: Result<Vec<String>, Error> = bytes.lines(Stdout).collect();
    assert_eq!(lines.unwrap(), ["a\n", "\n", "b"]);
    assert_eq!(bytes.lines(Stdout).count(), 0);
}

#[test]
fn lines_end_with_an_error() {
    let run = run();
    let mut bytes = spawn(&run, child(["bytes", "610aff0a620a"]));
    let lines: Vec<Result<String, Error>> = bytes.lines(Stdout).collect();
    assert!(matches!(
        &lines[..],
        [Ok(_), Err(Error::InvalidUtf8 { .. })]
    ));
}

#[test]
fn lines_of_a_truncated_stream_are_those_of_its_head_and_tail() {
    let run = run();
    let spec = child(["lines", "100000"])
        .max_output(2000)
        .overflow(Overflow::Truncate);
    let mut lines = spawn(&run, spec);
    lines.wait().unwrap();
    let lines: Vec<String> = lines.lines(Stdout).map(Result::unwrap).collect();
    assert_eq!(lines[0], "line 1\n");
    assert_eq!(lines[lines.len() - 1], "line 100000\n");
    assert_eq!(lines.concat().len(), 2000);
}

#[test]
fn chunks_come_as_they_arrive() {
    let run = run();
    let route = spawn(&run, child(["route"]));
    let mut chunks = route.chunks();
    for (written, stream, arrived) in [
        ("oone\n", Stdout, "one\n"),
        ("etwo\n", Stderr, "two\n"),
        ("othree\n", Stdout, "three\n"),
    ] {
        route.write(written.as_bytes()).unwrap();
        let (from, bytes) = chunks.next().unwrap().unwrap();
        assert_eq!((from, text(&bytes)), (stream, arrived));
    }
    route.close_stdin();
    assert!(chunks.next().is_none());
}

#[test]
fn chunks_that_piled_up_are_in_order() {
    let run = run();
    let route = spawn(&run, child(["route"]));
    // What is waited for lies unread with what came along, but for its first letter.
    let arrive = |line: &str, stream: Stream| {
        route.write(line.as_bytes()).unwrap();
        assert_eq!(route.read(stream, 1).unwrap(), b"x");
    };
    arrive("oxone\n", Stdout);
    arrive("extwo\n", Stderr);
    route.write(b"othree\n").unwrap();
    route.wait().unwrap();
    let chunks: Result<Vec<_>, Error> = route.chunks().collect();
    let chunks = chunks.unwrap();
    let read: Vec<_> = chunks
        .iter()
        .map(|(stream, bytes)| (*stream, text(bytes)))
        .collect();
    assert_eq!(
        read,
        [(Stdout, "one\n"), (Stderr, "two\n"), (Stdout, "three\n")]
    );
}

#[test]
fn chunks_have_everything() {
    let run = run();
    let both = spawn(&run, child(["flood-both", "3000000"]));
    let (mut stdout, mut stderr) = (0, 0);
    for chunk in both.chunks() {
        match chunk.unwrap() {
            (Stdout, bytes) => stdout += bytes.len(),
            (Stderr, bytes) => stderr += bytes.len(),
        }
    }
    assert_eq!((stdout, stderr), (3_000_000, 3_000_000));
}

#[test]
fn chunks_of_truncated_streams_are_their_heads_and_tails() {
    let run = run();
    let spec = child(["flood-both", "100000"])
        .max_output(2001)
        .overflow(Overflow::Truncate);
    let both = spawn(&run, spec);
    both.wait().unwrap();
    let chunks: Vec<(Stream, Vec<u8>)> = both.chunks().map(Result::unwrap).collect();
    for stream in [Stdout, Stderr] {
        let own = chunks.iter().filter(|(from, _)| *from == stream);
        assert_eq!(own.map(|(_, bytes)| bytes.len()).sum::<usize>(), 2001);
    }
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
