//! The programs under `examples/` do what their first lines say, on real inputs.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests prepare what the examples work on with the machine's own tools"
)]

use shape_tests::{Binaries, Ending, Finished, run, workspace};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(30);

/// Runs an example in `folder` with `flags`, and `args` of its own.
fn example(folder: &TempDir, flags: &[&str], name: &str, args: &[&str]) -> Finished {
    example_with_input(folder, flags, name, args, None)
}

fn example_with_input(
    folder: &TempDir,
    flags: &[&str],
    name: &str,
    args: &[&str],
    stdin: Option<&str>,
) -> Finished {
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(folder.path());
    shape
        .arg("run")
        .args(flags)
        .arg(workspace().join("examples").join(name))
        .args(args);
    run(shape, stdin.map(|text| text.as_bytes().to_vec()), LIMIT).expect("shape starts")
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folder is made");
        fs::write(path, text).expect("file is written");
    }
    folder
}

#[track_caller]
fn assert_ended(done: &Finished, status: i32) {
    assert_eq!(
        done.ending,
        Ending::Exited(status),
        "\n{}\n{}",
        done.stdout,
        done.stderr
    );
}

#[test]
fn each_has_a_test() {
    let this = include_str!("examples.rs");
    for entry in fs::read_dir(workspace().join("examples")).expect("examples exist") {
        let name = entry
            .expect("is readable")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(
            !name.ends_with(".shape") || this.contains(&format!("\"{name}\"")),
            "{name} has no test"
        );
    }
}

#[test]
fn hello() {
    let done = example(&folder(&[]), &[], "hello.shape", &[]);
    assert_ended(&done, 0);
    assert_eq!(done.stdout, "Hello from Shape!\n");
}

#[test]
fn build_and_test_stops_at_the_first_failure() {
    let twelve_lines = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i >&2; done; exit 3\n";
    let folder = folder(&[
        ("ok.sh", "true\n"),
        ("bad.sh", twelve_lines),
        ("never.sh", "touch ran\n"),
    ]);
    let steps = ["sh ok.sh", "sh bad.sh", "sh never.sh"];
    let done = example(
        &folder,
        &["--allow-process"],
        "build_and_test.shape",
        &steps,
    );
    assert_ended(&done, 1);
    let rows: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(rows.len(), 3, "{}", done.stdout);
    assert!(
        rows[0].starts_with("step ") && rows[0].ends_with("status"),
        "{}",
        rows[0]
    );
    assert!(
        rows[1].starts_with("sh ok.sh ") && rows[1].ends_with(" ok"),
        "{}",
        rows[1]
    );
    assert!(
        rows[2].starts_with("sh bad.sh ") && rows[2].ends_with(" failed (3)"),
        "{}",
        rows[2]
    );
    assert!(
        done.stderr.starts_with("line 3\n") && done.stderr.ends_with("line 12\n"),
        "{}",
        done.stderr
    );
    assert!(!folder.path().join("ran").exists());
}

#[test]
fn build_and_test_runs_all_that_pass() {
    let folder = folder(&[("a.sh", "true\n"), ("b.sh", "true\n")]);
    let done = example(
        &folder,
        &["--allow-process"],
        "build_and_test.shape",
        &["sh a.sh", "sh b.sh"],
    );
    assert_ended(&done, 0);
    assert!(
        done.stdout.contains("\n2 steps passed in "),
        "{}",
        done.stdout
    );
}

#[test]
fn build_and_test_shows_a_missing_program_as_a_failed_step() {
    let steps = ["no-such-program-at-all --x"];
    let done = example(
        &folder(&[]),
        &["--allow-process"],
        "build_and_test.shape",
        &steps,
    );
    assert_ended(&done, 1);
    assert!(done.stdout.ends_with("- not_found\n"), "{}", done.stdout);
    assert!(
        done.stderr.contains("no-such-program-at-all"),
        "{}",
        done.stderr
    );
}

#[test]
fn git_history() {
    let folder = folder(&[]);
    let git = |args: &[&str], author: &str, date: &str| {
        let mut git = Command::new("git");
        git.current_dir(folder.path())
            .args(args)
            .env("HOME", folder.path());
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), author);
            git.env(format!("GIT_{role}_EMAIL"), "a@example.org");
            git.env(format!("GIT_{role}_DATE"), date);
        }
        let done = git.output().expect("git starts");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    git(&["init", "--quiet"], "x", "2026-01-05T12:00:00Z");
    // A Monday, a Monday, a Wednesday.
    let history = [
        ("Ada", "2026-01-05T12:00:00Z"),
        ("Grace Hopper", "2026-01-12T12:00:00Z"),
        ("Ada", "2026-01-14T12:00:00Z"),
    ];
    for (author, date) in history {
        git(
            &["commit", "--quiet", "--allow-empty", "-m", "change"],
            author,
            date,
        );
    }
    let done = example(&folder, &["--allow-process=git"], "git_history.shape", &[]);
    assert_ended(&done, 0);
    let full = "#".repeat(40);
    let half = "#".repeat(20);
    let shown = [
        "3 commits".to_owned(),
        String::new(),
        "by author".to_owned(),
        format!("  Ada              2 {full}"),
        format!("  Grace Hopper     1 {half}"),
        String::new(),
        "by day".to_owned(),
        format!("  Monday        2 {full}"),
        "  Tuesday       0 ".to_owned(),
        format!("  Wednesday     1 {half}"),
        "  Thursday      0 ".to_owned(),
        "  Friday        0 ".to_owned(),
        "  Saturday      0 ".to_owned(),
        "  Sunday        0 ".to_owned(),
    ];
    assert_eq!(
        done.stdout.lines().collect::<Vec<_>>(),
        shown,
        "{}",
        done.stderr
    );
}

#[test]
fn git_history_outside_of_a_repository_says_what_git_said() {
    let done = example(
        &folder(&[]),
        &["--allow-process=git"],
        "git_history.shape",
        &[],
    );
    assert_ended(&done, 1);
    assert!(
        done.stderr.contains("not a git repository"),
        "{}",
        done.stderr
    );
}

#[test]
fn sort_session() {
    let (flags, input) = (&["--allow-process=sort"], Some("pear\napple\nfig"));
    let done = example_with_input(&folder(&[]), flags, "sort_session.shape", &["-r"], input);
    assert_ended(&done, 0);
    assert_eq!(
        done.stdout,
        "   1 pear\n   2 fig\n   3 apple\n3 lines sorted\n"
    );
}

#[test]
fn sort_session_passes_on_a_failure() {
    let flags = &["--allow-process=sort"];
    let args = ["--no-such-option"];
    let done = example_with_input(&folder(&[]), flags, "sort_session.shape", &args, Some(""));
    assert_ended(&done, 2);
    assert!(done.stderr.contains("no-such-option"), "{}", done.stderr);
}

#[test]
fn parallel_lint() {
    let folder = folder(&[
        ("a.sh", "echo fine\n"),
        ("deep/b.sh", "if true; then echo open\n"),
        ("deep/c.sh", "for i in 1 2; do echo $i; done\n"),
        ("not_a_script.txt", "if if if\n"),
    ]);
    let done = example(
        &folder,
        &["--allow-process"],
        "parallel_lint.shape",
        &[".", "2"],
    );
    assert_ended(&done, 1);
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines.first(), Some(&"FAIL ./deep/b.sh"), "{}", done.stdout);
    assert!(
        lines.len() > 2 && lines[1].starts_with("     "),
        "{}",
        done.stdout
    );
    assert_eq!(lines.last(), Some(&"3 checked, 1 failed"));
}

#[test]
fn parallel_lint_of_good_scripts() {
    let folder = folder(&[("a.sh", "echo fine\n")]);
    let done = example(&folder, &["--allow-process"], "parallel_lint.shape", &[]);
    assert_ended(&done, 0);
    assert_eq!(done.stdout, "1 checked, 0 failed\n");
}

#[test]
fn follow_log_waits_for_what_is_added() {
    let folder = folder(&[("app.log", "starting\nloading\n")]);
    let log = folder.path().join("app.log");
    let writer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        append(&log, "server is ready on 8080\nmore\n");
    });
    let done = example(
        &folder,
        &["--allow-process=tail"],
        "follow_log.shape",
        &["app.log", "ready"],
    );
    writer.join().expect("the writer ends");
    assert_ended(&done, 0);
    assert_eq!(done.stdout, "line 3: server is ready on 8080\n");
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(path)
        .expect("is there");
    file.write_all(text.as_bytes()).expect("is written");
}

#[test]
fn follow_log_of_a_missing_file() {
    let done = example(
        &folder(&[]),
        &["--allow-process=tail"],
        "follow_log.shape",
        &["nothing.log", "x"],
    );
    assert_ended(&done, 1);
    assert!(done.stderr.contains("nothing.log"), "{}", done.stderr);
}

#[test]
fn follow_log_without_arguments() {
    let done = example(
        &folder(&[]),
        &["--allow-process=tail"],
        "follow_log.shape",
        &[],
    );
    assert_ended(&done, 2);
    assert!(done.stderr.contains("usage:"), "{}", done.stderr);
}

const RESULTS: &str = r#"{
    "suite": "parser",
    "tests": [
        { "name": "numbers", "seconds": 0.25, "passed": true },
        { "name": "strings", "seconds": 1.5, "passed": false, "note": "escape lost" },
        { "name": "names", "seconds": 0.5, "passed": true },
        { "name": "empty", "seconds": 0, "passed": true }
    ]
}"#;

#[test]
fn json_report() {
    let folder = folder(&[("results.json", RESULTS)]);
    let command = ["cat", "results.json"];
    let done = example(&folder, &["--allow-process"], "json_report.shape", &command);
    assert_ended(&done, 1);
    assert_eq!(
        done.stdout,
        "parser: 4 tests, 1 failed, 2.25 s\n  failed: strings (escape lost)\nslowest:\n  1.50 s  strings\n  \
         0.50 s  names\n  0.25 s  numbers\n"
    );
}

#[test]
fn json_report_of_another_shape_is_an_error() {
    let folder = folder(&[("results.json", r#"{ "suite": "parser" }"#)]);
    let command = ["cat", "results.json"];
    let done = example(&folder, &["--allow-process"], "json_report.shape", &command);
    assert_ended(&done, 1);
    assert!(
        done.stderr.contains("error:") && done.stderr.contains("tests"),
        "{}",
        done.stderr
    );
}
