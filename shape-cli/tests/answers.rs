//! Who is asked, what their answer does, and when rules are read again.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Done, Folder, Sitting};
use rustix::fs::{CWD, Mode};
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::thread;

/// Answers one question at the socket `broker`; gives the question.
fn broker(folder: &Folder, answer: &'static str) -> thread::JoinHandle<Value> {
    let listener = UnixListener::bind(folder.join("broker")).expect("is made");
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody asks");
        let mut line = String::new();
        BufReader::new(&stream)
            .read_line(&mut line)
            .expect("is read");
        let question: Value = serde_json::from_str(&line).expect("is JSON");
        let answer = json!({ "id": question["id"], "answer": answer });
        writeln!(&stream, "{answer}").expect("is written");
        question
    })
}

#[test]
fn a_broker_answers_for_a_program_and_for_a_script() {
    let folder = Folder::with(&[(
        "a.shape",
        "print(io.exec(\"echo\", [\"a\"]).stdout.trim())\n",
    )]);
    for (args, answer, status, stdout) in [
        (
            &["exec", "--broker=broker", "--", "echo", "a"][..],
            "yes",
            0,
            "a\n",
        ),
        (
            &["exec", "--broker=broker", "--", "echo", "a"],
            "no",
            126,
            "",
        ),
        (&["run", "--broker", "broker", "a.shape"], "yes", 0, "a\n"),
        (&["run", "--broker", "broker", "a.shape"], "no", 1, ""),
        (&["run", "--broker", "broker", "a.shape"], "trust", 0, "a\n"),
    ] {
        let _ = fs::remove_file(folder.join("broker"));
        let asked = broker(&folder, answer);
        let done = folder.shape(args);
        assert_eq!(
            (done.status, &*done.stdout),
            (Some(status), stdout),
            "{done:?}"
        );
        let question = asked.join().expect("is asked");
        assert_eq!(question["args"], json!(["a"]), "{question}");
    }
    // It is trusted now, and nobody is asked.
    folder
        .shape(&["exec", "--no-prompt", "--", "echo", "b"])
        .check(0, "b\n", "");
}

#[test]
fn where_no_broker_listens_it_is_denied() {
    let folder = Folder::with(&[]);
    folder
        .shape(&["exec", "--broker=none", "--", "echo"])
        .check_refused(126, "nobody to ask");
}

#[test]
fn what_is_trusted_on_the_terminal_is_not_asked_about_again() {
    let folder = Folder::with(&[]);
    let mut sitting = Sitting::start(&folder, &["exec", "echo", "a"], "");
    sitting.awaits_answer();
    sitting.press("trust exact\n");
    let (status, screen) = sitting.end();
    assert_eq!(status, Some(0), "{screen}");
    folder
        .shape(&["exec", "--no-prompt", "--", "echo", "a"])
        .check(0, "a\n", "");
    folder
        .shape(&["exec", "--no-prompt", "--", "echo", "b"])
        .check_refused(126, "no rule allows it");
}

/// Answers `said` on a terminal; gives what it shows.
fn answered(folder: &Folder, args: &[&str], said: &str) -> String {
    let mut sitting = Sitting::start(folder, args, "");
    sitting.awaits_answer();
    sitting.press(said);
    let (status, screen) = sitting.end();
    assert_eq!(status, Some(0), "{screen}");
    screen
}

#[test]
fn trust_in_a_chain_is_no_trust_in_the_programs_of_it() {
    let folder = Folder::with(&[]);
    let chain = ["exec", "sh", "-c", "expr 1 && touch x"];
    let screen = answered(&folder, &chain, "trust\n");
    assert!(screen.contains("`trust [exact] "), "{screen}");
    folder.shape(&chain).check(0, "1\n", "");
    for other in [
        &["exec", "--no-prompt", "--", "touch", "y"][..],
        &["exec", "--no-prompt", "--", "sh", "-c", "touch y"],
    ] {
        folder.shape(other).check_refused(126, "no rule allows it");
    }
}

#[test]
fn trust_in_a_command_is_for_the_files_and_the_directory_that_were_shown() {
    let folder = Folder::with(&[]);
    for directory in ["a", "b", "bin"] {
        fs::create_dir(folder.join(directory)).expect("is made");
        folder.write(&format!("{directory}/tool"), "#!/bin/sh\necho tool\n");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.join(&format!("{directory}/tool")), mode).expect("is ours");
    }
    folder.write("bin/expr", "#!/bin/sh\necho another\n");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.join("bin/expr"), mode).expect("is ours");

    answered(&folder, &["exec", "sh", "-c", "expr 1"], "trust exact\n");
    let path = format!("PATH={}:/usr/bin:/bin", folder.join("bin").display());
    folder
        .shape(&["exec", "-e", &path, "--", "sh", "-c", "expr 1"])
        .check_refused(126, "expr");
    // Nor does it help to start `shape` itself with another PATH.
    let mut command = folder.command(&["exec", "--no-prompt", "--", "sh", "-c", "expr 1"]);
    command.env("PATH", path.trim_start_matches("PATH="));
    let done: Done = command.output().expect("shape starts").into();
    done.check_refused(126, "no rule allows it");

    answered(
        &folder,
        &["exec", "-C", "a", "sh", "-c", "./tool"],
        "trust\n",
    );
    folder
        .shape(&["exec", "-C", "a", "--", "sh", "-c", "./tool"])
        .check(0, "tool\n", "");
    folder
        .shape(&["exec", "-C", "b", "--", "sh", "-c", "./tool"])
        .check_refused(126, "no rule allows it");

    answered(&folder, &["exec", "sh", "-c", "$X"], "trust\n");
    folder.shape(&["exec", "sh", "-c", "$X"]).check(0, "", "");
    let refused = folder.shape(&["exec", "-e", "X=touch y", "--", "sh", "-c", "$X"]);
    refused.check_refused(126, "cannot be known");
    // What trust could not help is not left to be trusted.
    assert!(!refused.stderr.contains("approve"), "{refused:?}");
}

#[test]
fn help_names_only_what_would_work() {
    let folder = Folder::with(&[]);
    let long = "x".repeat(20_000);
    for command in [
        &["exec", "-e", "LD_PRELOAD=x", "--", "true"][..],
        &["exec", "--", "true", &long],
    ] {
        let refused = folder.shape(command);
        assert_eq!(refused.status, Some(126), "{refused:?}");
        assert!(!refused.stderr.contains("approve"), "{refused:?}");
    }
}

#[test]
fn rules_are_read_again_when_the_guard_says_so() {
    let script = "io.exec(\"true\")\nio.exec(\"cat\", [\"fifo\"])\n\
                  match try io.exec(\"true\") {\n    Ok(_) => print(\"ran\"),\n    Err(e) => print(e.kind),\n}\n";
    let folder = Folder::with(&[("a.shape", script)]);
    rustix::fs::mkfifoat(CWD, folder.join("fifo"), Mode::RUSR | Mode::WUSR).expect("is made");
    let child = folder
        .command(&["run", "-A", "a.shape"])
        .spawn()
        .expect("shape starts");
    // It opens as soon as somebody reads.
    let mut fifo = OpenOptions::new()
        .write(true)
        .open(folder.join("fifo"))
        .expect("is there");
    folder.write(
        "home/.config/shape/rules.toml",
        "[[rule]]\nid = \"no-true\"\nprogram = \"true\"\ndecision = \"deny\"\n",
    );
    folder
        .shape(&["guard", "reload"])
        .check_says(&["read their rules again"]);
    // What is known of the guard may be this old.
    thread::sleep(std::time::Duration::from_millis(50));
    fifo.write_all(b"x").expect("is read");
    drop(fifo);
    let done: Done = child.wait_with_output().expect("shape ends").into();
    done.check(0, "permission_denied\n", "");
}

#[test]
fn a_guard_that_is_reloaded_shows_it() {
    let folder = Folder::with(&[]);
    for generation in 1..3 {
        assert_eq!(folder.shape(&["guard", "reload"]).status, Some(0));
        let status = folder.json(&["guard", "status", "--output-format=json"]);
        assert_eq!(status["generation"], generation, "{status}");
    }
}
