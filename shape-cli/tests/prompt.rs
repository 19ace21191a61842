//! The question on the terminal, asked on a real one.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Folder, Sitting, eventually};

const SCRIPT: &str = "print(\"start\")\n\
    match try io.exec(\"echo\", [\"it\", \"ran\"]) {\n\
    \x20   Ok(o) => print(o.stdout.trim()),\n    Err(e) => print(\"refused:\", e.kind),\n}\n";

fn folder() -> Folder {
    Folder::with(&[("a.shape", SCRIPT)])
}

#[test]
fn yes_runs_the_program() {
    let folder = folder();
    let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "");
    sitting.awaits_answer();
    assert!(
        sitting.shows("start"),
        "what was printed before must be seen"
    );
    assert!(sitting.shows("\"echo\" \"it\" \"ran\""));
    sitting.press("yes\n");
    let (status, screen) = sitting.end();
    assert!(status == Some(0) && screen.contains("it ran"), "{screen}");
}

#[test]
fn everything_else_does_not() {
    for answer in ["no\n", "y\n", "\n", "\x04"] {
        let folder = folder();
        let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "");
        sitting.awaits_answer();
        sitting.press(answer);
        let (status, screen) = sitting.end();
        assert!(
            status == Some(0) && screen.contains("refused: permission_denied"),
            "{screen}"
        );
    }
}

#[test]
fn an_answer_typed_ahead_does_not_count() {
    let folder = folder();
    let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "yes\nyes\n");
    sitting.awaits_answer();
    sitting.press("no\n");
    let (_, screen) = sitting.end();
    assert!(screen.contains("refused: permission_denied"), "{screen}");
}

#[test]
fn an_interrupted_question_ends_the_run() {
    let folder = folder();
    let mut sitting = Sitting::start(&folder, &["run", "a.shape"], "");
    sitting.awaits_answer();
    sitting.press("\x03");
    let (status, screen) = sitting.end();
    assert!(
        status == Some(130) && !screen.contains("refused"),
        "{status:?} {screen}"
    );
}

#[test]
fn who_does_not_want_to_be_asked_is_not() {
    let folder = folder();
    let (status, screen) = Sitting::start(&folder, &["run", "--no-prompt", "a.shape"], "").end();
    assert!(
        status == Some(2) && screen.contains("sys.process"),
        "{screen}"
    );
    let (status, screen) = Sitting::start(&folder, &["run", "-A", "a.shape"], "").end();
    assert!(status == Some(0) && screen.contains("it ran"), "{screen}");
    let args = ["run", "--deny-process=echo", "a.shape"];
    let (status, screen) = Sitting::start(&folder, &args, "").end();
    assert!(status == Some(0) && screen.contains("refused"), "{screen}");
}

#[test]
fn exec_asks_as_a_script_does() {
    let folder = folder();
    let args = ["exec", "--timeout=60", "sh", "-c", "echo it ran; exit 3"];
    let mut sitting = Sitting::start(&folder, &args, "");
    sitting.awaits_answer();
    assert!(sitting.shows("\"sh\" \"-c\" \"echo it ran; exit 3\""));
    sitting.press("yes\n");
    let (status, screen) = sitting.end();
    assert!(status == Some(3) && screen.contains("\nit ran"), "{screen}");

    let mut sitting = Sitting::start(&folder, &args, "");
    sitting.awaits_answer();
    sitting.press("no\n");
    let (status, screen) = sitting.end();
    assert!(
        status == Some(126) && screen.contains("the user said no"),
        "{screen}"
    );

    let mut sitting = Sitting::start(&folder, &args, "");
    sitting.awaits_answer();
    sitting.press("\x03");
    let (status, screen) = sitting.end();
    assert!(status == Some(130) && !screen.contains("error"), "{screen}");

    let args = ["exec", "--no-prompt", "true"];
    let (status, screen) = Sitting::start(&folder, &args, "").end();
    assert!(
        status == Some(126) && screen.contains("--allow-process=true"),
        "{screen}"
    );
}

#[test]
fn exec_leaves_the_terminal_to_the_program() {
    let folder = folder();
    let script =
        "test -t 0 && test -t 1 && test -t 2 && echo all three; read line; echo \"[$line]\"";
    let args = ["exec", "-A", "sh", "-c", script];
    let mut sitting = Sitting::start(&folder, &args, "");
    eventually("it is asked", || sitting.shows("all three"));
    sitting.press("an answer\n");
    let (status, screen) = sitting.end();
    assert!(
        status == Some(0) && screen.contains("[an answer]"),
        "{screen}"
    );
}

#[test]
fn the_terminals_interrupt_ends_what_exec_runs() {
    let folder = folder();
    let script = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let mut sitting = Sitting::start(&folder, &["exec", "-A", "sh", "-c", script], "");
    eventually("it runs", || sitting.shows("ready"));
    sitting.press("\x03");
    let (status, screen) = sitting.end();
    assert!(status == Some(130) && screen.contains("bye"), "{screen}");
}
