//! Waiting for a process and for something else at once, and passing its output on.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::slack;
use common::{child, spawn};
use rustix::pipe::{PipeFlags, pipe_with};
use shape_process::{Error, Overflow, Spec, Stream, Teed};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

/// What can be read once something was written to the second.
fn interrupt() -> (OwnedFd, OwnedFd) {
    pipe_with(PipeFlags::CLOEXEC).unwrap()
}

/// What is passed on of each stream until the end.
fn passed_on(spec: Spec) -> (Vec<u8>, Vec<u8>, Result<(), Error>) {
    let run = common::run();
    let process = spawn(&run, spec.tee());
    let (interrupt, _writer) = interrupt();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        match process.tee_or(interrupt.as_fd()) {
            Ok(Teed::Bytes(Stream::Stdout, bytes)) => stdout.extend(bytes),
            Ok(Teed::Bytes(Stream::Stderr, bytes)) => stderr.extend(bytes),
            Ok(Teed::Over(_)) => return (stdout, stderr, Ok(())),
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (stdout, stderr, Err(error)),
        }
    }
}

#[test]
fn an_interrupt_ends_the_wait_and_nothing_else() {
    let run = common::run();
    let process = spawn(&run, child(["graceful"]));
    assert_eq!(common::stdout_line(&process), "ready\n");
    let (interrupt, writer) = interrupt();
    rustix::io::write(&writer, b"x").unwrap();
    assert_eq!(process.wait_or(interrupt.as_fd()).unwrap(), None);
    assert_eq!(
        process.tee_or(interrupt.as_fd()).unwrap(),
        Teed::Interrupted
    );
    rustix::io::read(&interrupt, &mut [0; 1]).unwrap();
    process.terminate();
    let exit = process.wait_or(interrupt.as_fd()).unwrap().unwrap();
    assert_eq!(exit.code, 7);
    assert_eq!(process.output().unwrap().stdout, b"bye\n");
}

#[test]
fn what_is_passed_on_is_kept_too() {
    let run = common::run();
    let process = spawn(&run, child(["echo", "text"]).tee());
    let (interrupt, _writer) = interrupt();
    let arrived = process.tee_or(interrupt.as_fd()).unwrap();
    assert_eq!(arrived, Teed::Bytes(Stream::Stdout, b"text\n".to_vec()));
    assert_eq!(process.output().unwrap().stdout, b"text\n");
}

#[test]
fn everything_is_passed_on_whatever_is_kept() {
    let flood = child(["flood-both", "3000000"]);
    let spec = flood.max_output(0).overflow(Overflow::Truncate);
    let (stdout, stderr, ended) = passed_on(spec);
    ended.unwrap();
    assert!(stdout == vec![b'x'; 3_000_000]);
    assert_eq!(stderr.len(), 3_000_000);
}

#[test]
fn what_came_before_a_failure_is_passed_on_before_it() {
    let spec = child(["tree", "same-group", "stay"]).timeout(Duration::from_millis(300));
    let (stdout, _, ended) = passed_on(spec);
    assert!(matches!(ended, Err(Error::Timeout { .. })), "{ended:?}");
    assert_eq!(stdout, b"partial\nstarted\n");
}

#[test]
fn a_process_waits_for_who_takes_its_output() {
    let run = common::run();
    let idle = Duration::from_millis(200);
    let spec = child(["flood", "stdout", "8000000"]).tee();
    let process = spawn(
        &run,
        spec.max_output(0)
            .overflow(Overflow::Truncate)
            .idle_timeout(idle),
    );
    run.serve_for(3 * idle).unwrap();
    assert_eq!(process.status().unwrap().exit, None);
    let (interrupt, _writer) = interrupt();
    let mut length = 0;
    while let Teed::Bytes(_, bytes) = process.tee_or(interrupt.as_fd()).unwrap() {
        length += bytes.len();
    }
    assert_eq!(length, 8_000_000);
}

#[test]
fn a_grace_at_a_limit_is_as_long_as_asked_for() {
    let stubborn = || child(["ignore-term", "60"]).timeout(Duration::from_millis(100));
    for (grace, least, most) in [(600, 700, 5000), (0, 100, 600)] {
        let grace = Duration::from_millis(grace);
        let start = Instant::now();
        let error = common::exec_error(stubborn().limit_grace(grace));
        let took = start.elapsed();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        let expected = Duration::from_millis(least)..Duration::from_millis(most) + slack();
        assert!(expected.contains(&took), "{took:?}");
    }
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
