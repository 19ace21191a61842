//! `shape trust`: what is trusted runs without a question.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::Folder;
use std::fs;

fn exec(folder: &Folder, words: &[&str]) -> Option<i32> {
    let args = [&["exec", "--no-prompt", "--"], words].concat();
    folder.shape(&args).status
}

#[test]
fn a_program_is_trusted_and_no_more() {
    let folder = Folder::with(&[]);
    assert_eq!(exec(&folder, &["true"]), Some(126));
    folder.shape(&["trust", "add", "true"]).check_says(&[
        "trusted: ",
        "/true (with any arguments; until it is revoked; given by cli at ",
    ]);
    assert_eq!(exec(&folder, &["true", "x"]), Some(0));
    folder
        .shape(&["trust", "list"])
        .check_says(&["/true (with any"]);
    folder
        .shape(&["trust", "revoke", "true"])
        .check_says(&["revoked: "]);
    assert_eq!(exec(&folder, &["true"]), Some(126));
    folder
        .shape(&["trust", "revoke", "true"])
        .check_refused(1, "nothing that is trusted is called \"true\"");
    folder
        .shape(&["trust", "list"])
        .check(0, "", "note: nothing is trusted\n");
}

#[test]
fn scopes_are_as_wide_as_they_say() {
    let folder = Folder::with(&[]);
    let add = |words: &[&str]| {
        let done = folder.shape(&[&["trust", "add"], words].concat());
        assert_eq!(done.status, Some(0), "{done:?}");
    };
    add(&["echo", "a"]);
    add(&["echo", "b", "c", "--scope=exact", "--for=hour"]);
    add(&["--for", "file", "--", "true", "--version"]);
    for (words, status) in [
        (&["echo", "a", "x"][..], 0),
        (&["echo", "x", "a"], 126),
        (&["echo", "b", "c"], 0),
        (&["echo", "b", "c", "d"], 126),
        (&["echo", "b"], 126),
        (&["true", "--version"], 0),
        (&["true"], 126),
    ] {
        assert_eq!(exec(&folder, words), Some(status), "{words:?}");
    }
    let all = folder.json(&["trust", "list", "--output-format=json"]);
    let grants = all["grants"].as_array().expect("is a list");
    let scopes: Vec<_> = grants.iter().map(|grant| grant["scope"].as_str()).collect();
    assert_eq!(scopes.len(), 3, "{all}");
    assert!(
        grants.iter().any(|grant| grant["expires"].is_string()),
        "{all}"
    );
    assert!(
        grants.iter().any(|grant| grant["exe_sha256"].is_string()),
        "{all}"
    );
    let id = grants[0]["id"].as_str().expect("has one");
    folder.shape(&["trust", "revoke", id]).check_says(&[id]);
    folder
        .shape(&["trust", "revoke", "--all"])
        .check_says(&["revoked: "]);
    assert_eq!(exec(&folder, &["true", "--version"]), Some(126));
    folder
        .shape(&["trust", "add", "--scope=program", "echo", "a"])
        .check_refused(2, "leave them out");
    folder.shape(&["trust", "add"]).check_refused(2, "PROGRAM");
    folder
        .shape(&["trust", "add", "no-such-program"])
        .check_refused(2, "not found");
}

#[test]
fn a_question_that_nobody_could_answer_waits() {
    let folder = Folder::with(&[]);
    let none = folder.shape(&["trust", "approve"]);
    none.check(0, "", "note: no question waits for an answer\n");
    let denied = folder.shape(&["exec", "--no-prompt", "--", "echo", "a b"]);
    denied.check_refused(126, "shape trust approve ");
    assert_eq!(exec(&folder, &["echo", "a b"]), Some(126));
    let all = folder.json(&["trust", "approve", "--output-format=json"]);
    let pending = all["pending"].as_array().expect("is a list");
    assert_eq!(pending.len(), 1, "{all}");
    let id = pending[0]["id"].as_str().expect("has one");
    assert!(
        denied.stderr.contains(&format!("shape trust approve {id}")),
        "{denied:?}"
    );
    folder
        .shape(&["trust", "approve"])
        .check_says(&[id, "/echo \"a b\"", "asked at "]);
    folder
        .shape(&["trust", "approve", id, "--for=hour"])
        .check_says(&["trusted: ", "exactly; until "]);
    assert_eq!(exec(&folder, &["echo", "a b"]), Some(0));
    assert_eq!(exec(&folder, &["echo", "a", "b"]), Some(126));
    folder
        .shape(&["trust", "approve", id])
        .check_refused(1, "there is no pending question");
}

#[test]
fn a_script_runs_what_is_trusted() {
    let folder = Folder::with(&[("a.shape", "print(io.exec(\"true\").status)\n")]);
    folder
        .shape(&["run", "a.shape"])
        .check_refused(2, "sys.process");
    assert_eq!(folder.shape(&["trust", "add", "true"]).status, Some(0));
    folder.shape(&["run", "a.shape"]).check(0, "0\n", "");
}

#[test]
fn a_store_that_is_broken_stays_as_it_is_and_nothing_runs() {
    let folder = Folder::with(&[]);
    folder.write("home/.local/state/shape/trust.json", "{\"grants\": [\n");
    for args in [
        &["trust", "list"][..],
        &["trust", "add", "true"],
        &["trust", "revoke", "--all"],
    ] {
        folder.shape(args).check_refused(1, "trust.json:2:");
    }
    folder
        .shape(&["exec", "-A", "--", "true"])
        .check_refused(125, "trust.json:2:");
    let text = fs::read_to_string(folder.state("trust.json")).expect("is there");
    assert_eq!(text, "{\"grants\": [\n");
}

#[test]
fn a_file_that_is_no_rules_file_is_not_trusted() {
    let folder = Folder::with(&[("bad.toml", "[[rule]]\nid = 1\n")]);
    folder
        .shape(&["trust", "add", "--file", "bad.toml"])
        .check_refused(2, "bad.toml:2:6");
    folder
        .shape(&["trust", "add", "--file", "none.toml"])
        .check_refused(2, "none.toml");
    assert!(!folder.state("trust.json").exists());
}

#[test]
fn without_a_home_there_is_no_place() {
    let folder = Folder::with(&[]);
    let mut command = folder.command(&["trust", "list"]);
    let output = command.env_remove("HOME").output().expect("shape starts");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("set HOME"), "{message}");
    let mut command = folder.command(&["exec", "-A", "--", "true"]);
    let output = command.env_remove("HOME").output().expect("shape starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
