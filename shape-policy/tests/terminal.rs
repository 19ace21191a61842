//! Asking on a terminal, here the two ends of a pseudoterminal.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use shape_policy::{Policy, ProcessGrant, TerminalApprover};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// The person's end of a terminal, and the program's.
fn terminal() -> (File, OwnedFd) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let program = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap();
    (File::from(person), program)
}

fn read_until(person: &mut File, end: &str) -> String {
    let mut shown = String::new();
    while !shown.ends_with(end) {
        let mut byte = [0];
        person.read_exact(&mut byte).unwrap();
        shown.push(char::from(byte[0]));
    }
    shown
}

/// Whether `sh` may run if the person types `early` before the question and `answer` after it.
#[track_caller]
fn ask(early: &str, answer: &str) -> bool {
    let (mut person, program) = terminal();
    person.write_all(early.as_bytes()).unwrap();
    let echoed = early.replace('\n', "\r\n");
    assert_eq!(read_until(&mut person, &echoed), echoed);
    let policy = Policy::asking(
        ProcessGrant::none(),
        Arc::new(TerminalApprover::on(program)),
    );
    std::thread::scope(|scope| {
        let approved = scope.spawn(|| policy.approve(Command::new("sh").arg("a b")).is_ok());
        let shown = read_until(&mut person, "[yes/no] ");
        assert!(shown.contains(r#"command    "sh" "a b""#), "{shown}");
        person.write_all(answer.as_bytes()).unwrap();
        approved.join().unwrap()
    })
}

#[test]
fn only_yes_is_a_yes() {
    for yes in ["yes\n", "YES\n", "  Yes \t\n"] {
        assert!(ask("", yes), "{yes:?}");
    }
    for no in [
        "no\n",
        "y\n",
        "yes!\n",
        "yes yes\n",
        "\n",
        "ja\n",
        "yesno\n",
    ] {
        assert!(!ask("", no), "{no:?}");
    }
}

#[test]
fn a_plain_yes_does_not_cover_what_is_not_shown() {
    let ask = |hidden: usize, answer: &str| {
        let (mut person, program) = terminal();
        let approver = TerminalApprover::on(program);
        let policy = Policy::asking(ProcessGrant::none(), Arc::new(approver));
        let script = format!("echo hello{}; echo PAYLOAD", " ".repeat(2_000 + hidden));
        let (end, sees) = match hidden {
            0 => ("[yes/no] ", "; echo PAYLOAD\"\r\n[yes/no] "),
            _ => (
                "[yes unseen/no] ",
                "BYTES ARE NOT SHOWN\r\nA part is not shown: answer `yes unseen` to run it all the same.\r\n[yes unseen/no] ",
            ),
        };
        std::thread::scope(|scope| {
            let command = Command::new("sh").arg("-c").arg(script);
            let approved = scope.spawn(|| policy.approve(command).is_ok());
            let shown = read_until(&mut person, end);
            assert!(shown.ends_with(sees), "{shown}");
            assert!(
                hidden == 0 || shown.contains("\r\n  1024 BYTES ARE NOT SHOWN\r\n"),
                "{shown}"
            );
            person.write_all(answer.as_bytes()).unwrap();
            approved.join().unwrap()
        })
    };
    assert!(ask(0, "yes\n"));
    assert!(!ask(0, "yes unseen\n"));
    for no in [
        "yes\n",
        "YES\n",
        "unseen\n",
        "yesunseen\n",
        "yes unseen!\n",
        "yes unseen yes\n",
    ] {
        assert!(!ask(1_048, no), "{no:?}");
    }
    for yes in ["yes unseen\n", " Yes \t UNSEEN \n"] {
        assert!(ask(1_048, yes), "{yes:?}");
    }
}

#[test]
fn the_end_of_input_is_a_no() {
    // Ctrl-D on an empty line.
    assert!(!ask("", "\u{4}"));
}

#[test]
fn what_was_typed_before_the_question_does_not_count() {
    assert!(!ask("yes\n", "no\n"));
    assert!(!ask("yes\nyes\n", "\n"));
    assert!(ask("no\n", "yes\n"));
}

#[test]
fn a_terminal_that_is_gone_is_a_no() {
    let (person, program) = terminal();
    drop(person);
    let policy = Policy::asking(
        ProcessGrant::none(),
        Arc::new(TerminalApprover::on(program)),
    );
    assert!(policy.approve(Command::new("sh")).is_err());
    let (not_a_terminal, _) = rustix::pipe::pipe().unwrap();
    let policy = Policy::asking(
        ProcessGrant::none(),
        Arc::new(TerminalApprover::on(not_a_terminal)),
    );
    assert!(policy.approve(Command::new("sh")).is_err());
}

#[test]
fn an_open_question_can_be_cancelled() {
    let (mut person, program) = terminal();
    let (cancel, canceller) = rustix::pipe::pipe().unwrap();
    let approver = TerminalApprover::on(program).cancelled_by(cancel);
    let policy = Policy::asking(ProcessGrant::none(), Arc::new(approver));
    std::thread::scope(|scope| {
        let approved = scope.spawn(|| policy.approve(Command::new("sh")).is_ok());
        read_until(&mut person, "[yes/no] ");
        rustix::io::write(&canceller, b"x").unwrap();
        assert!(!approved.join().unwrap());
    });
}
