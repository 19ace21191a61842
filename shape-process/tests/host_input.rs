//! Reading the host's own standard input.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{child, run, spawn, stdout_line};
use shape_process::{CancelToken, ErrorKind, Run};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;

fn pipe() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap()
}

#[test]
fn lines_text_and_bytes_share_one_buffer() {
    let run = run();
    let (reader, writer) = pipe();
    rustix::io::write(&writer, b"one\nzw\xc3\xb6lf\n\xc3\xa9x\xff").unwrap();
    drop(writer);
    let input = run.input_from(reader);
    assert_eq!(input.read_line().unwrap(), "one\n");
    assert_eq!(input.read_text(3).unwrap(), "zw");
    assert_eq!(input.read_line().unwrap(), "ölf\n");
    assert_eq!(input.read_text(1).unwrap(), "é");
    assert_eq!(
        input.read_line().unwrap_err().kind(),
        ErrorKind::InvalidUtf8
    );
    assert_eq!(input.read(100).unwrap(), b"x\xff");
    for _ in 0..2 {
        assert_eq!(input.read_line().unwrap(), "");
    }
}

#[test]
fn children_are_served_while_the_host_reads() {
    let run = run();
    let (reader, writer) = pipe();
    let input = run.input_from(reader);
    let flood = spawn(&run, child(["flood", "stdout", "3000000"]));
    let pid = flood.pid();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The flood can only come to its end if somebody reads it.
            while common::is_alive(pid) {
                std::thread::yield_now();
            }
            rustix::io::write(&writer, b"done\n").unwrap();
        });
        assert_eq!(input.read_line().unwrap(), "done\n");
    });
    assert_eq!(flood.output().unwrap().stdout.len(), 3_000_000);
}

#[test]
fn reading_can_be_cancelled() {
    let token = CancelToken::new().unwrap();
    let run = Run::new(token.clone()).unwrap();
    let (reader, _writer) = pipe();
    let input = run.input_from(reader);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| input.read_line());
        token.cancel();
        assert_eq!(
            waiting.join().unwrap().unwrap_err().kind(),
            ErrorKind::Cancelled
        );
    });
}

#[test]
fn a_line_can_be_handed_to_a_child() {
    let run = run();
    let (reader, writer) = pipe();
    rustix::io::write(&writer, b"hello\n").unwrap();
    let upper = spawn(&run, child(["upper"]));
    upper
        .write(run.input_from(reader).read_line().unwrap().as_bytes())
        .unwrap();
    assert_eq!(stdout_line(&upper), "HELLO\n");
}

#[test]
fn what_was_not_read_of_a_file_is_given_back() {
    let run = run();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"one\ntwo\nthree\n").unwrap();
    file.rewind().unwrap();
    let input = run.input_from(file.try_clone().unwrap().into());
    assert_eq!(input.read_line().unwrap(), "one\n");
    input.give_back();
    // Somebody else reads a part of it.
    let mut two = [0; 4];
    file.read_exact(&mut two).unwrap();
    assert_eq!(&two, b"two\n");
    assert_eq!(input.read_line().unwrap(), "three\n");
    assert_eq!(input.read_line().unwrap(), "");
}

#[test]
fn what_was_not_read_of_a_pipe_stays() {
    let run = run();
    let (reader, writer) = pipe();
    rustix::io::write(&writer, b"one\ntwo\n").unwrap();
    let input = run.input_from(reader);
    assert_eq!(input.read_line().unwrap(), "one\n");
    input.give_back();
    assert_eq!(input.read_line().unwrap(), "two\n");
}
