//! Standard streams that end early, fill up, or come late.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::Folder;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

#[test]
fn a_reader_that_has_enough_ends_the_script_quietly() {
    let folder = Folder::with(&[("a.shape", "for i in 0..100000000 { print(i) }")]);
    let mut shape = folder
        .command(&["run", "a.shape"])
        .spawn()
        .expect("shape starts");
    let mut head = Command::new("head")
        .args(["-n", "1"])
        .stdin(shape.stdout.take().expect("is a pipe"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("head starts");
    let mut first = String::new();
    head.stdout
        .take()
        .expect("is a pipe")
        .read_to_string(&mut first)
        .expect("is text");
    head.wait().expect("head ends");
    let done = shape.wait_with_output().expect("shape ends");
    assert_eq!(first, "0\n");
    assert_eq!(done.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
}

#[test]
fn a_reader_that_left_is_noticed_at_the_end_too() {
    let folder = Folder::with(&[("a.shape", "sleep(200ms)\nprint(1)")]);
    let mut shape = folder
        .command(&["run", "a.shape"])
        .spawn()
        .expect("shape starts");
    drop(shape.stdout.take());
    let done = shape.wait_with_output().expect("shape ends");
    assert_eq!((done.status.code(), done.stderr.len()), (Some(141), 0));
}

#[test]
fn children_end_when_the_reader_leaves() {
    let script = "let h = io.spawn(\"sleep\", [\"60\"])\n\
                  eprint(io.process_pid(h))\n\
                  for i in 0..100000000 { print(i) }";
    let folder = Folder::with(&[("a.shape", script)]);
    let mut shape = folder
        .command(&["run", "-A", "a.shape"])
        .spawn()
        .expect("shape starts");
    drop(shape.stdout.take());
    let done = shape.wait_with_output().expect("shape ends");
    let pid = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    assert!(!pid.is_empty() && !common::is_alive(&pid), "{pid}");
}

#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::with(&[("a.shape", "print(1)")]);
    for args in [&["run", "a.shape"][..], &["check", "--needs", "b.shape"]] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("is there");
        std::fs::write(folder.join("b.shape"), "print(env(\"A\"))").expect("is written");
        let done = folder
            .command(args)
            .stdout(full)
            .output()
            .expect("shape starts");
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.starts_with("error: cannot write to standard output"),
            "{stderr}"
        );
    }
}

#[test]
fn what_was_printed_is_there_before_the_script_waits_for_input() {
    let script = "print(\"name?\")\nlet line = io.read_line()\nprint(\"hello\", line.trim())";
    let folder = Folder::with(&[("a.shape", script)]);
    let mut command = folder.command(&["run", "a.shape"]);
    let mut shape = command.stdin(Stdio::piped()).spawn().expect("shape starts");
    let mut stdout = BufReader::new(shape.stdout.take().expect("is a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("is text");
    assert_eq!(line, "name?\n");
    shape
        .stdin
        .take()
        .expect("is a pipe")
        .write_all(b"Ada\n")
        .expect("is read");
    line.clear();
    stdout.read_line(&mut line).expect("is text");
    assert_eq!(line, "hello Ada\n");
    assert!(shape.wait().expect("shape ends").success());
}

#[test]
fn output_is_in_the_order_of_the_script() {
    let script = "print(\"one\")\nio.write(io.stdout(), \"two\\n\")\n\
                  io.exec(\"sh\", [\"-c\", \"cat >&2\"], { stdin_from: \"inherit\" })\nprint(\"three\")";
    let folder = Folder::with(&[("a.shape", script)]);
    let done = folder.shape(&["run", "-A", "a.shape"]);
    done.check(0, "one\ntwo\nthree\n", "");
}

#[test]
fn a_program_goes_on_where_the_script_has_stopped_reading() {
    let script = "print(io.read_line().trim())\n\
                  print(io.exec(\"head\", [\"-c4\"], { stdin_from: \"inherit\" }).stdout.trim())\n\
                  print(io.read_line().trim())";
    let folder = Folder::with(&[("a.shape", script), ("input", "one\ntwo\nthree\n")]);
    let input = std::fs::File::open(folder.join("input")).expect("is there");
    let done = folder
        .command(&["run", "-A", "a.shape"])
        .stdin(input)
        .output()
        .expect("shape runs");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "one\ntwo\nthree\n");
}
