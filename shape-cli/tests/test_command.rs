//! `shape test`

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Done, Folder};
use serde_json::Value;

/// The report without the times in it.
fn timeless(done: &Done) -> Vec<String> {
    let lines = done.stdout.lines();
    let cut = |line: &str| {
        let Some(at) = line.rfind(" ms").or(line.rfind(" s")) else {
            return line.to_owned();
        };
        match line[at..].trim_end_matches(')') {
            " ms" | " s" => line[..at]
                .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
                .to_owned(),
            _ => line.to_owned(),
        }
    };
    lines.map(cut).collect()
}

#[test]
fn each_test_has_an_instance_of_its_own() {
    let script = "let mut n = 0\n\
                  fn test_one() { n = n + 1; assert_eq(n, 1) }\n\
                  fn test_two() { n = n + 1; assert_eq(n, 1) }\n\
                  fn helper() { exit(3) }\n";
    let folder = Folder::with(&[("a_test.shape", script), ("b.shape", "exit(4)")]);
    let done = folder.shape(&["test"]);
    assert_eq!((done.status, &*done.stderr), (Some(0), ""), "{done:?}");
    let expected = [
        "ok    a_test.shape test_one (",
        "ok    a_test.shape test_two (",
        "2 passed in ",
    ];
    assert_eq!(timeless(&done), expected);
}

#[test]
fn a_failure_shows_its_line_the_calls_and_what_was_printed() {
    let script = "fn check(x) { assert(x > 5, \"x is too small\") }\n\
                  fn test_small() {\n    print(\"seen\")\n    eprint(\"too\")\n    check(3)\n}\n";
    let folder = Folder::with(&[("a_test.shape", script)]);
    let done = folder.shape(&["test"]);
    assert_eq!(done.status, Some(1), "{done:?}");
    let lines = timeless(&done);
    assert_eq!(lines[0], "FAIL  a_test.shape test_small (");
    for line in [
        "      error: x is too small",
        "       --> a_test.shape:1:15",
        "        check at a_test.shape:1:15",
        "        test_small at a_test.shape:5:5",
        "      it printed:",
        "      | seen",
        "      | too",
        "1 failed, 0 passed in ",
    ] {
        assert!(
            lines.iter().any(|l| l == line),
            "{line:?} is not in {lines:#?}"
        );
    }
    assert!(!done.stdout.contains("main at"), "{done:?}");
}

#[test]
fn values_that_differ_are_compared_by_line() {
    let long = "a longer text that takes some room".repeat(2);
    let script = format!(
        "fn test_eq() {{ assert_eq({{ a: 1, b: \"{long}\" }}, {{ a: 2, b: \"{long}\" }}) }}\n"
    );
    let done = Folder::with(&[("a_test.shape", &*script)]).shape(&["test"]);
    assert!(
        done.stdout
            .contains("error: assertion failed: left and right differ\n"),
        "{done:?}"
    );
    assert!(
        done.stdout.contains("      -   a: 1,\n      +   a: 2,\n"),
        "{done:?}"
    );
}

#[test]
fn a_test_fails_by_every_end_that_is_not_its_own() {
    let script = "fn test_err() { Err(\"no\") }\n\
                  fn test_exit() { exit(0) }\n\
                  fn test_zero() { 1 / 0 }\n\
                  fn test_deep() { test_deep() }\n\
                  fn test_fine() { Ok(1) }\n";
    let done = Folder::with(&[("a_test.shape", script)]).shape(&["test", "-j", "2"]);
    assert_eq!(done.status, Some(1), "{done:?}");
    for part in [
        "error: the test gave Err(no)\n",
        "error: the test called exit(0)\n",
        "error: division by zero\n",
        "error: stack overflow\n",
        "\n4 failed, 1 passed in ",
    ] {
        assert!(done.stdout.contains(part), "{part:?} is not in {done:?}");
    }
}

#[test]
fn files_are_chosen_by_name_and_tests_by_filter() {
    let folder = Folder::with(&[
        ("a_test.shape", "fn test_a() {}\nfn test_b() {}\n"),
        ("plain.shape", "fn test_c() {}\n"),
        ("whole_test.shape", "assert(1 < 2)\n"),
    ]);
    folder.write(
        "deep/d_test.shape",
        "use util\nfn test_d() { assert_eq(util::two(), 2) }\n",
    );
    folder.write("deep/util.shape", "pub fn two() { 2 }\n");
    let names = |args: &[&str]| -> Vec<String> {
        let done = folder.shape(&[&["test"], args].concat());
        assert_eq!(done.status, Some(0), "{done:?}");
        let lines = timeless(&done).into_iter();
        let tests = lines.filter_map(|line| Some(line.strip_prefix("ok    ")?.replace(" (", "")));
        tests.collect()
    };
    let all = [
        "a_test.shape test_a",
        "a_test.shape test_b",
        "deep/d_test.shape test_d",
        "whole_test.shape",
    ];
    assert_eq!(names(&[]), all);
    assert_eq!(names(&["plain.shape"]), ["plain.shape test_c"]);
    assert_eq!(names(&["--filter", "test_b"]), [all[1]]);
    let done = folder.shape(&["test", "--filter", "nothing"]);
    done.check(
        0,
        "",
        "note: no test has the text of --filter in its name\n",
    );
    let done = Folder::with(&[]).shape(&["test"]);
    assert!(done.stderr.starts_with("note: no tests found"), "{done:?}");
}

#[test]
fn what_does_not_compile_runs_nothing() {
    let folder = Folder::with(&[
        ("a_test.shape", "fn test_a() { print(1) }\n"),
        ("b_test.shape", "fn test_b() { prnt(1) }\n"),
    ]);
    let done = folder.shape(&["test"]);
    assert_eq!((done.status, &*done.stdout), (Some(2), ""), "{done:?}");
    assert!(done.stderr.contains("b_test.shape:1:15"), "{done:?}");
    let folder = Folder::with(&[("c_test.shape", "fn test_c(x: int) { x }\n")]);
    let done = folder.shape(&["test"]);
    assert_eq!(done.status, Some(2), "{done:?}");
    assert!(
        done.stderr.contains("the test `test_c` needs arguments"),
        "{done:?}"
    );
}

#[test]
fn programs_run_as_they_are_granted() {
    let script = "fn test_echo() { assert_eq(io.exec(\"/bin/echo\", [\"x\"]).stdout, \"x\\n\") }\n";
    let folder = Folder::with(&[("a_test.shape", script)]);
    let refused = folder.shape(&["test", "--no-prompt"]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("error[E0501]"), "{refused:?}");
    let done = folder.shape(&["test", "--allow-process=/bin/echo"]);
    assert_eq!(done.status, Some(0), "{done:?}");
}

#[test]
fn as_json() {
    let script = "fn test_a() {}\nfn test_b() { print(\"p\"); assert_eq(1, 2) }\n";
    let done = Folder::with(&[("a_test.shape", script)]).shape(&["test", "--output-format=json"]);
    assert_eq!(done.status, Some(1), "{done:?}");
    let lines: Vec<Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("is JSON"))
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[0]["test"], &lines[0]["passed"]),
        (&"test_a".into(), &true.into())
    );
    assert_eq!(
        (&lines[1]["line"], &lines[1]["output"]),
        (&2.into(), &"p\n".into())
    );
    assert_eq!(
        lines[1]["message"],
        "assertion failed: left is 1, right is 2"
    );
    assert_eq!(
        (&lines[2]["passed"], &lines[2]["failed"]),
        (&1.into(), &1.into())
    );
}
