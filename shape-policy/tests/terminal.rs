//! Asking on a terminal, here the two ends of a pseudoterminal.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    Action, InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcflow, tcgetattr,
    tcsetattr,
};
use shape_policy::{
    Answer, Approver, CancelToken, Policy, ProcessGrant, Question, TerminalApprover,
};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

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
    thread::scope(|scope| {
        let approved = scope.spawn(|| policy.approve(Command::new("sh").arg("a b")).is_ok());
        let shown = read_until(&mut person, "[yes/trust/no] ");
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
            0 => ("[yes/trust/no] ", "[yes/trust/no] "),
            _ => (
                "[yes unseen/no] ",
                "BYTES ARE NOT SHOWN\r\nA part is not shown: answer `yes unseen` to run it all the same.\r\n[yes unseen/no] ",
            ),
        };
        thread::scope(|scope| {
            let command = Command::new("echo").arg(script);
            let approved = scope.spawn(|| policy.approve(command).is_ok());
            let shown = read_until(&mut person, end);
            assert!(shown.ends_with(sees), "{shown}");
            let is_whole = shown.contains("; echo PAYLOAD\"\r\n");
            assert_eq!(is_whole, hidden == 0, "{shown}");
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

/// Asks whether `sh` may run, until it is cancelled.
fn ask_until_cancelled(terminal: OwnedFd, cancel: CancelToken) -> bool {
    struct Cancelled(TerminalApprover, CancelToken);
    impl Approver for Cancelled {
        fn ask(&self, question: &Question<'_>, _: Option<&CancelToken>) -> Answer {
            self.0.ask(question, Some(&self.1))
        }
    }
    let approver = Cancelled(TerminalApprover::on(terminal), cancel);
    Policy::asking(ProcessGrant::none(), Arc::new(approver))
        .approve(Command::new("sh"))
        .is_ok()
}

#[test]
fn an_open_question_can_be_cancelled() {
    let (mut person, program) = terminal();
    let cancel = CancelToken::new().unwrap();
    thread::scope(|scope| {
        let approved = scope.spawn(|| ask_until_cancelled(program, cancel.clone()));
        read_until(&mut person, "[yes/trust/no] ");
        cancel.cancel();
        assert!(!approved.join().unwrap());
    });
}

#[test]
fn a_screen_that_takes_nothing_does_not_keep_it_from_being_cancelled() {
    let (_person, program) = terminal();
    let cancel = CancelToken::new().unwrap();
    // What Ctrl-S does.
    tcflow(&program, Action::OOff).unwrap();
    thread::scope(|scope| {
        let approved = scope.spawn(|| ask_until_cancelled(program, cancel.clone()));
        cancel.cancel();
        assert!(!approved.join().unwrap());
    });
}

#[test]
fn the_time_limit_is_a_no() {
    let (mut person, program) = terminal();
    let approver = TerminalApprover::on(program).time_limit(Duration::from_millis(50));
    let policy = Policy::asking(ProcessGrant::none(), Arc::new(approver));
    assert!(policy.approve(Command::new("sh")).is_err());
    read_until(&mut person, "[yes/trust/no] \r\n");
}

/// Asks with the modes that `change` makes; what the screen shows, and whether the answer `yes` counts.
/// The modes are to be afterwards what they were before.
#[track_caller]
fn check_modes(change: impl FnOnce(&mut Termios), keys: &str) {
    let (mut person, program) = terminal();
    let seen = program.try_clone().unwrap();
    let mut modes = tcgetattr(&seen).unwrap();
    change(&mut modes);
    tcsetattr(&seen, OptionalActions::Now, &modes).unwrap();
    let policy = Policy::asking(
        ProcessGrant::none(),
        Arc::new(TerminalApprover::on(program)),
    );
    thread::scope(|scope| {
        let approved = scope.spawn(|| policy.approve(Command::new("sh")).is_ok());
        read_until(&mut person, "[yes/trust/no] ");
        person.write_all(keys.as_bytes()).unwrap();
        // It is seen what is typed.
        read_until(&mut person, "yes\r\n");
        assert!(approved.join().unwrap());
    });
    let after = tcgetattr(&seen).unwrap();
    assert_eq!(after.local_modes, modes.local_modes);
    assert_eq!(after.input_modes, modes.input_modes);
    assert_eq!(after.special_codes[VERASE], modes.special_codes[VERASE]);
}

const VERASE: SpecialCodeIndex = SpecialCodeIndex::VERASE;

#[test]
fn modes_that_an_earlier_program_left_do_not_matter() {
    check_modes(|_| {}, "yes\n");
    check_modes(Termios::make_raw, "yes\r");
    check_modes(|modes| modes.local_modes -= LocalModes::ECHO, "yes\n");
    check_modes(|modes| modes.input_modes |= InputModes::IGNCR, "yes\r");
    // Keys that would take letters away, or end a line at one.
    check_modes(|modes| modes.special_codes[VERASE] = b's', "yes\n");
    let end = |modes: &mut Termios| modes.special_codes[SpecialCodeIndex::VEOL] = b'e';
    check_modes(end, "yes\n");
}

#[test]
fn keys_that_are_typed_ahead_do_not_count_in_raw_mode_either() {
    let (mut person, program) = terminal();
    let mut modes = tcgetattr(&program).unwrap();
    modes.make_raw();
    tcsetattr(&program, OptionalActions::Now, &modes).unwrap();
    person.write_all(b"yes\ryes\n").unwrap();
    let mut ready = [PollFd::new(&program, PollFlags::IN)];
    poll(&mut ready, None).unwrap();
    let policy = Policy::asking(
        ProcessGrant::none(),
        Arc::new(TerminalApprover::on(program)),
    );
    thread::scope(|scope| {
        let approved = scope.spawn(|| policy.approve(Command::new("sh")).is_ok());
        read_until(&mut person, "[yes/trust/no] ");
        person.write_all(b"\n").unwrap();
        assert!(!approved.join().unwrap());
    });
}

#[test]
fn what_was_drawn_before_cannot_disguise_the_question() {
    let (mut person, program) = terminal();
    // An unfinished title, concealed text in line-drawing letters on the other screen.
    let disguise = b"\x1b[?1049h\x1b[8;30;40m\x0e\x1b(0\x1b[2;2r\x1b]0;title";
    rustix::io::write(&program, disguise).unwrap();
    let policy = Policy::asking(
        ProcessGrant::none(),
        Arc::new(TerminalApprover::on(program)),
    );
    thread::scope(|scope| {
        let approved = scope.spawn(|| policy.approve(Command::new("sh")).is_ok());
        let shown = read_until(&mut person, "[yes/trust/no] ");
        let (before, question) = shown.split_once("May this program run?").unwrap();
        let reset = before
            .strip_prefix(str::from_utf8(disguise).unwrap())
            .unwrap();
        // The string ends, the letters, the colours, the screen and what scrolls are as usual, …
        for usual in [
            "\x1b\\",
            "\x0f",
            "\x1b(B",
            "\x1b[0m",
            "\x1b[?1047l",
            "\x1b[r",
        ] {
            assert!(reset.contains(usual), "{usual:?} {reset:?}");
        }
        // … on a line of its own, with nothing below.
        assert!(reset.ends_with("\r\n\x1b[J"), "{reset:?}");
        assert!(!question.contains('\x1b'), "{question:?}");
        person.write_all(b"no\n").unwrap();
        assert!(!approved.join().unwrap());
    });
}

#[test]
fn a_huge_argument_is_asked_about_at_its_length() {
    let (mut person, program) = terminal();
    let policy = Policy::asking(
        ProcessGrant::none(),
        Arc::new(TerminalApprover::on(program)),
    );
    let command = Command::new("sh").arg("\u{1b}".repeat(1 << 20));
    thread::scope(|scope| {
        let approved = scope.spawn(|| policy.approve(command).is_ok());
        let shown = read_until(&mut person, "[yes unseen/no] ");
        let hidden = (1 << 20) - 2048;
        assert!(shown.contains(&format!("\r\n  {hidden} BYTES ARE NOT SHOWN\r\n")));
        assert_eq!(shown.matches("\\u{1b}").count(), 2048);
        person.write_all(b"yes\n").unwrap();
        assert!(!approved.join().unwrap());
    });
}

#[test]
fn those_who_ask_on_the_same_terminal_take_turns() {
    let (mut person, program) = terminal();
    let other = program.try_clone().unwrap();
    let policy = |terminal| {
        Policy::asking(
            ProcessGrant::none(),
            Arc::new(TerminalApprover::on(terminal)),
        )
    };
    let (one, other) = (policy(program), policy(other));
    thread::scope(|scope| {
        let asking =
            [&one, &other].map(|policy| scope.spawn(|| policy.approve(Command::new("sh")).is_ok()));
        let first = read_until(&mut person, "[yes/trust/no] ");
        assert_eq!(first.matches("May this program run?").count(), 1);
        person.write_all(b"yes\n").unwrap();
        let second = read_until(&mut person, "[yes/trust/no] ");
        // Nothing of the second was shown before the first was answered.
        assert!(second.starts_with("yes\r\n"), "{second:?}");
        assert_eq!(second.matches("May this program run?").count(), 1);
        person.write_all(b"yes\n").unwrap();
        assert!(asking.into_iter().all(|asked| asked.join().unwrap()));
    });
}

/// Set for the copy of this test that runs on a terminal of its own.
const ON_TERMINAL: &str = "SHAPE_TEST_ON_TERMINAL";

/// Asks on its controlling terminal if it was started to; else it is no test.
#[test]
fn asker() {
    if std::env::var_os(ON_TERMINAL).is_none() {
        return;
    }
    let approver = Arc::new(TerminalApprover::open().unwrap());
    let approved = Policy::asking(ProcessGrant::none(), approver).approve(Command::new("sh"));
    let end = approved.map_or_else(|refusal| refusal.to_string(), |_| "approved".to_owned());
    println!("<{end}>");
}

/// What a shell with a terminal of its own shows while it runs `script`, in which `$ASK` asks.
fn in_a_shell(script: &str) -> (File, std::process::Child) {
    let (person, program) = terminal();
    let stream = || program.try_clone().unwrap();
    let exe = std::env::current_exe().unwrap();
    #[allow(clippy::disallowed_methods, reason = "it is this test that is started")]
    let shell = std::process::Command::new("setsid")
        .args(["--ctty", "--wait", "bash", "-c", script])
        .env(ON_TERMINAL, "1")
        .env(
            "ASK",
            format!("{} --exact asker --nocapture", exe.display()),
        )
        .stdin(stream())
        .stdout(stream())
        .stderr(stream())
        .spawn()
        .unwrap();
    (person, shell)
}

#[test]
fn a_job_in_the_background_asks_nobody() {
    let (mut person, mut shell) = in_a_shell("set -m; $ASK & wait; echo END");
    let shown = read_until(&mut person, "END\r\n");
    assert!(shown.contains("nobody to ask>"), "{shown}");
    assert!(!shown.contains("[yes/no]"), "{shown}");
    shell.wait().unwrap();
}

#[test]
fn processes_on_the_same_terminal_take_turns() {
    let (mut person, mut shell) = in_a_shell("$ASK & $ASK; wait; echo END");
    for _ in 0..2 {
        let shown = read_until(&mut person, "[yes/trust/no] ");
        assert_eq!(shown.matches("May this program run?").count(), 1, "{shown}");
        person.write_all(b"yes\n").unwrap();
    }
    let shown = read_until(&mut person, "END\r\n");
    assert!(shown.contains("<approved>"), "{shown}");
    shell.wait().unwrap();
}
