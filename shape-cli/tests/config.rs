//! `shape.toml`: the sets of permissions in it, and what is said when it is wrong.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::Folder;

const SETS: &str = "[permissions.default]\n\
    allow-process = [\"true\"]\n\
    allow-env = [\"HOME\", \"LC_*\"]\n\
    \n\
    [permissions.everything]\n\
    allow-process = true\n\
    deny-process = [\"false\"]\n\
    allow-shell = true\n";

const SCRIPT: &str = "print(io.exec(\"true\").status)\n\
    match try env(\"PATH\") {\n    Ok(_) => print(\"read\"),\n    Err(e) => print(e.kind),\n}\n";

#[test]
fn a_set_gives_what_it_says_and_no_more() {
    let folder = Folder::with(&[("shape.toml", SETS), ("a.shape", SCRIPT)]);
    folder
        .shape(&["run", "a.shape"])
        .check_refused(2, "sys.process");
    for flag in ["-P", "--permission-set", "-P=default"] {
        folder
            .shape(&["run", flag, "a.shape"])
            .check(0, "0\npermission_denied\n", "");
    }
    folder
        .shape(&["run", "-P", "--allow-env=PATH", "a.shape"])
        .check(0, "0\nread\n", "");
    folder
        .shape(&["eval", "-P=everything", "--allow-env", "io.exec(\"false\")"])
        .check_refused(1, "--deny-process=false");
    folder
        .shape(&["exec", "-P", "--no-prompt", "true"])
        .check(0, "", "");
    folder
        .shape(&["exec", "-P", "--no-prompt", "false"])
        .check_refused(126, "may not run");
}

#[test]
fn the_nearest_file_upwards_counts() {
    let folder = Folder::with(&[("shape.toml", SETS)]);
    std::fs::create_dir_all(folder.join("a/b")).expect("is made");
    let mut command = folder.command(&["exec", "-P", "--no-prompt", "true"]);
    let output = command.current_dir(folder.join("a/b")).output();
    assert_eq!(output.expect("shape starts").status.code(), Some(0));
    std::fs::write(folder.join("a/shape.toml"), "").expect("is written");
    let output = command.output().expect("shape starts");
    assert_eq!(output.status.code(), Some(125), "{output:?}");
}

#[test]
fn paths_of_a_set_are_relative_to_its_file() {
    let folder = Folder::with(&[(
        "shape.toml",
        "[permissions.default]\nrules = [\"r.toml\"]\n",
    )]);
    folder.write(
        "r.toml",
        "[[rule]]\nid = \"a\"\nprogram = \"true\"\ndecision = \"allow\"\n",
    );
    std::fs::create_dir(folder.join("a")).expect("is made");
    let mut command = folder.command(&["exec", "-P", "--no-prompt", "true"]);
    let output = command.current_dir(folder.join("a")).output();
    assert_eq!(output.expect("shape starts").status.code(), Some(0));
}

#[test]
fn a_set_that_is_not_there() {
    let folder = Folder::with(&[("a.shape", "print(1)")]);
    folder
        .shape(&["run", "-P=ci", "a.shape"])
        .check_refused(2, "no shape.toml here");
    std::fs::write(folder.join("shape.toml"), SETS).expect("is written");
    let done = folder.shape(&["run", "-P=defautl", "a.shape"]);
    done.check_refused(2, "has no permission set \"defautl\"");
    done.check_refused(2, "did you mean \"default\"? it has default, everything");
    folder.shape(&["run", "a.shape"]).check(0, "1\n", "");
}

#[test]
fn what_is_wrong_is_shown_at_its_place() {
    let wrong = |text: &str, parts: &[&str]| {
        let folder = Folder::with(&[("shape.toml", text), ("a.shape", "print(1)")]);
        let done = folder.shape(&["run", "a.shape"]);
        for part in parts {
            done.check_refused(2, part);
        }
    };
    wrong(
        "[permissions.default]\nallow-proces = true\n",
        &[
            "shape.toml:2:1",
            "unknown key \"allow-proces\"",
            "did you mean `allow-process`?",
        ],
    );
    wrong(
        "[executor.a]\n",
        &["shape.toml:1:2", "known are permissions, guard, audit"],
    );
    wrong("[permissions\n", &["shape.toml:1:"]);
    wrong(
        "[permissions.a]\nallow-process = \"git\"\nallow-shell = 1\nrules = [2]\n",
        &[
            "shape.toml:2:17",
            "expected a list of texts, or true for all, not string",
            "shape.toml:3:15",
            "expected true or false, not integer",
            "shape.toml:4:10",
        ],
    );
    wrong(
        "[permissions.a]\nallow-process = [\"git\", \"./make\"]\nallow-env = [\"A*B\", \"\\u0000\"]\n",
        &[
            "shape.toml:2:25",
            "absolute",
            "shape.toml:3:14",
            "names no variable",
            "NUL",
        ],
    );
    wrong(
        "[guard]\nruns = -1\n",
        &["shape.toml:2:8", "or 0 for no limit"],
    );
    wrong(
        "[audit]\nrequired = \"yes\"\npath = 1\n",
        &["shape.toml:2:12", "shape.toml:3:1", "known are required"],
    );
    wrong("permissions = 1\n", &["expected a table"]);
    let folder = Folder::with(&[("shape.toml", "x = 1\n")]);
    let done = folder.shape(&["exec", "-A", "--output-format=json", "true"]);
    assert_eq!(done.status, Some(125));
    let line: serde_json::Value = serde_json::from_str(&done.stderr).expect("is JSON");
    let message = line["message"].as_str().expect("is there");
    assert!(message.contains("shape.toml:1:1: unknown key"), "{message}");
    folder
        .shape(&["exec", "-A", "true"])
        .check_refused(125, "shape.toml:1:1");
    std::fs::remove_file(folder.join("shape.toml")).expect("is there");
    std::fs::create_dir(folder.join("shape.toml")).expect("is made");
    folder.shape(&["eval", "1"]).check_refused(2, "cannot read");
}
