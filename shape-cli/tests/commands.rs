//! What the commands print, and the status that they end with.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Done, Folder};

#[test]
fn a_directory_that_is_gone_is_good_enough_to_start_in() {
    let folder = Folder::with(&[]);
    let shape = folder.command(&["eval", "-A", "io.exec(\"/bin/echo\", [\"x\"]).stdout"]);
    let mut command = std::process::Command::new("sh");
    command
        .args([
            "-c",
            "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"",
            "sh",
        ])
        .arg(shape.get_program())
        .args(shape.get_args())
        .current_dir(folder.path());
    let done = Done::from(command.output().expect("sh starts"));
    done.check(0, "x\n\n", "");
}

#[test]
fn a_script_that_comes_to_its_end() {
    let folder = Folder::with(&[("a.shape", "print(\"hello\")\n1")]);
    folder.shape(&["run", "a.shape"]).check(0, "hello\n", "");
}

#[test]
fn an_error_that_is_not_caught() {
    let script = "print(\"before\")\nfn fail() { io.exec(\"no-such-program\") }\nfail()\n";
    let folder = Folder::with(&[("a.shape", script)]);
    let done = folder.shape(&["run", "--allow-process", "a.shape"]);
    assert_eq!((done.status, &*done.stdout), (Some(1), "before\n"));
    let mut lines = done.stderr.lines();
    assert_eq!(
        lines.next(),
        Some("error: io.exec(\"no-such-program\"): not found on PATH")
    );
    assert_eq!(lines.next(), Some(" --> a.shape:2:13"));
    for part in [
        "fn fail() { io.exec(\"no-such-program\") }",
        "note: searched [",
        "  fail at a.shape:2:13\n",
        "at a.shape:3:1\n",
    ] {
        assert!(
            done.stderr.contains(part),
            "{part:?} is not in {}",
            done.stderr
        );
    }
}

#[test]
fn every_cause_is_shown() {
    let script = "fn read() -> Result<int, string> { Err(\"disk full\") }\n\
                  let n = ((read() !! \"reading the file\") !! \"starting\")?\n";
    let done = Folder::with(&[("a.shape", script)]).shape(&["run", "a.shape"]);
    assert!(
        done.stderr.starts_with("error: starting\n"),
        "{}",
        done.stderr
    );
    let inner = done
        .stderr
        .find("caused by: reading the file")
        .expect("is shown");
    assert!(
        done.stderr[inner..].contains("caused by: disk full"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_denial_shows_what_would_allow_it() {
    let folder = Folder::with(&[("a.shape", "io.exec(\"true\")\n")]);
    let done = folder.shape(&["run", "--allow-process=git", "a.shape"]);
    done.check_refused(1, "not in --allow-process=git");
    done.check_refused(1, "help: allow it with `--allow-process=true`");
}

#[test]
fn a_list_does_not_cover_variables_that_load_code() {
    let script = "io.exec(\"true\", [], { env: { LD_PRELOAD: \"/s3cret.so\" } })\n";
    let folder = Folder::with(&[("a.shape", script)]);
    let done = folder.shape(&["run", "--allow-process=true", "a.shape"]);
    done.check_refused(
        1,
        "it sets \"LD_PRELOAD\", from which the dynamic loader takes code",
    );
    done.check_refused(1, "help: allow it with `--allow-process` without a list");
}

#[test]
fn a_list_with_blanks_or_nonsense_never_fails_open() {
    let folder = Folder::with(&[("a.shape", "io.exec(\"true\")\n")]);
    for list in [
        " true",
        "env, true ",
        "/nope/../usr/bin/true,/nope/../bin/true",
    ] {
        let flag = format!("--deny-process={list}");
        folder
            .shape(&["run", "-A", &flag, "a.shape"])
            .check_refused(1, "denied by --deny-process=");
    }
    folder
        .shape(&["run", "-A", "--deny-process=/usr/bin/true/", "a.shape"])
        .check_refused(2, "write `/usr/bin/true`");
}

#[test]
fn exit_gives_its_status() {
    let folder = Folder::with(&[("a.shape", "print(1)\nexit(to_int(args()[0])?)")]);
    for (code, status) in [("0", 0), ("7", 7), ("255", 255), ("256", 255), ("-1", 255)] {
        folder
            .shape(&["run", "a.shape", code])
            .check(status, "1\n", "");
    }
}

#[test]
fn what_does_not_compile_does_not_run() {
    let folder = Folder::with(&[("a.shape", "print(1)\nlet x: int = \"text\"\n")]);
    for command in ["run", "check"] {
        folder
            .shape(&[command, "a.shape"])
            .check_refused(2, "a.shape:2:");
    }
}

#[test]
fn what_was_not_granted_does_not_run() {
    let folder = Folder::with(&[("a.shape", "print(1)\nio.exec(\"true\")\n")]);
    folder
        .shape(&["run", "a.shape"])
        .check_refused(2, "sys.process");
    folder
        .shape(&["run", "-A", "--deny-process", "a.shape"])
        .check_refused(2, "sys.process");
    let denied = folder.shape(&["run", "-A", "--deny-process", "a.shape"]);
    denied.check_refused(2, "help: run it without `--deny-process`");
    assert!(!denied.stderr.contains("`-A`"), "{}", denied.stderr);
    folder.shape(&["run", "-A", "a.shape"]).check(0, "1\n", "");
    folder.shape(&["check", "a.shape"]).check(0, "", "");
}

#[test]
fn wrong_usage() {
    let folder = Folder::with(&[("a.shape", "print(1)")]);
    folder
        .shape(&["run", "--no-such-flag", "a.shape"])
        .check_refused(2, "--no-such-flag");
    folder.shape(&["frobnicate"]).check_refused(2, "frobnicate");
    folder.shape(&["run"]).check_refused(2, "FILE");
    folder
        .shape(&["run", "--allow-process=./x", "a.shape"])
        .check_refused(2, "absolute");
    folder.shape(&[]).check_refused(2, "Usage");
}

#[test]
fn needs_are_listed() {
    let script = "if args().len() > 9 { io.exec(\"true\") }\nprint(env(\"HOME\") ?? \"\")\n";
    let folder = Folder::with(&[("a.shape", script), ("b.shape", "print(1)")]);
    folder
        .shape(&["check", "--needs", "a.shape"])
        .check(0, "sys.process\nsys.env\n", "");
    folder
        .shape(&["check", "--needs", "b.shape"])
        .check(0, "", "");
}

#[test]
fn what_follows_the_file_is_the_scripts() {
    let folder = Folder::with(&[("a.shape", "print(args())")]);
    let args = ["run", "--no-prompt", "a.shape", "--help", "-A", "--", "x"];
    folder.shape(&args).check(0, "[--help, -A, --, x]\n", "");
}

#[test]
fn a_script_on_standard_input() {
    let folder = Folder::with(&[("util.shape", "pub fn f() { 5 }")]);
    let script = "use util\nprint(util::f(), args())";
    folder
        .shape_with_input(&["run", "-", "x"], script)
        .check(0, "5 [x]\n", "");
    folder
        .shape_with_input(&["check", "-"], "print(y)")
        .check_refused(2, "<stdin>:1:7");
}

#[test]
fn modules_next_to_the_script() {
    let folder = Folder::with(&[("a.shape", "use tools::text\nprint(text::twice(\"x\"))")]);
    std::fs::create_dir(folder.join("tools")).expect("is made");
    let module = "use joining\npub fn twice(s: string) { joining::join(s, s) }";
    std::fs::write(folder.join("tools/text.shape"), module).expect("is written");
    let joining = "pub fn join(a: string, b: string) { a + b }";
    std::fs::write(folder.join("tools/joining.shape"), joining).expect("is written");
    folder.shape(&["run", "a.shape"]).check(0, "xx\n", "");
    std::fs::write(folder.join("tools/joining.shape"), b"\xff").expect("is written");
    folder
        .shape(&["run", "a.shape"])
        .check_refused(2, "is not UTF-8: byte 0");
}

#[test]
fn files_that_cannot_be_read() {
    let folder = Folder::with(&[]);
    std::fs::write(folder.join("latin.shape"), b"print(1)\n// caf\xe9\n").expect("is written");
    for (name, message) in [
        (
            "missing.shape",
            "error: cannot read \"missing.shape\": No such file or directory\n",
        ),
        (".", "error: cannot read \".\": Is a directory\n"),
        (
            "latin.shape",
            "error: \"latin.shape\" is not UTF-8: byte 15, in line 2, is 0xe9\n",
        ),
    ] {
        for command in ["run", "check"] {
            folder.shape(&[command, name]).check(2, "", message);
        }
    }
}

#[test]
fn eval_prints_the_last_value() {
    let folder = Folder::with(&[]);
    for (code, output) in [
        ("1 + 2", "3\n"),
        ("let x = [1, 2]\nx.map(|n| n * 2)", "[2, 4]\n"),
        ("\"a\"", "a\n"),
        ("None", "None\n"),
        ("print(1)", "1\n"),
        ("let x = 1", ""),
        ("", ""),
    ] {
        folder.shape(&["eval", code]).check(0, output, "");
    }
    folder.shape(&["eval", "--", "-5 + 3"]).check(0, "-2\n", "");
    folder
        .shape_with_input(&["eval", "-"], "6 * 7")
        .check(0, "42\n", "");
    folder.shape(&["eval", "1 +"]).check_refused(2, "<eval>:1:");
    folder
        .shape(&["eval", "10 / 0"])
        .check_refused(1, "error: division by zero");
    folder
        .shape(&["eval", "io.exec(\"true\").status"])
        .check_refused(2, "sys.process");
    folder
        .shape(&["eval", "-A", "io.exec(\"true\").status"])
        .check(0, "0\n", "");
}

#[test]
fn help_teaches() {
    let folder = Folder::with(&[]);
    for (args, parts) in [
        (
            &["--help"][..],
            &[
                "run",
                "eval",
                "check",
                "Exit codes:",
                "Permissions:",
                "130",
                "--allow-process",
            ][..],
        ),
        (
            &["run", "--help"],
            &[
                "--deny-process",
                "--allow-run",
                "Examples:",
                "--no-prompt",
                "#!/usr/bin/env",
            ],
        ),
        (&["eval", "--help"], &["last expression", "Examples:"]),
        (&["check", "--help"], &["--needs", "Exit codes"]),
    ] {
        let done = folder.shape(args);
        assert_eq!((done.status, &*done.stderr), (Some(0), ""));
        for part in parts {
            assert!(
                done.stdout.contains(part),
                "{part:?} is not in {}",
                done.stdout
            );
        }
    }
    let version = folder.shape(&["--version"]);
    version.check(0, &format!("shape {}\n", env!("CARGO_PKG_VERSION")), "");
}

#[test]
fn a_run_ends_at_its_limits() {
    let folder = Folder::with(&[
        ("endless.shape", "print(\"begun\")\nloop { }\n"),
        ("asleep.shape", "sleep(1h)\n"),
        ("caught.shape", "loop { let r = try sleep(1h) }\n"),
        (
            "large.shape",
            "let mut xs = []\nfor i in 0..100000000 { xs.push(i) }\n",
        ),
        ("small.shape", "let xs = [1, 2, 3]\nprint(xs.sum())\n"),
    ]);
    let time = "the run took longer than its limit of 200ms";
    for script in ["endless.shape", "asleep.shape", "caught.shape"] {
        let done = folder.shape(&["run", "--max-time=200ms", script]);
        assert_eq!(done.status, Some(1), "{script}: {done:?}");
        assert!(done.stderr.contains(time), "{script}: {done:?}");
        assert!(done.stderr.contains(script), "{script}: {done:?}");
    }
    let done = folder.shape(&["run", "--max-time=200ms", "endless.shape"]);
    assert_eq!(done.stdout, "begun\n", "{done:?}");
    let done = folder.shape(&["run", "--max-memory=16M", "large.shape"]);
    assert_eq!(done.status, Some(1), "{done:?}");
    let memory = "more than its limit of 16777216";
    assert!(done.stderr.contains(memory), "{done:?}");
    let limits = ["--max-time=1h", "--max-memory=16M"];
    folder
        .shape(&["run", limits[0], limits[1], "small.shape"])
        .check(0, "6\n", "");
    folder
        .shape(&["eval", "--max-time=200ms", "loop { }"])
        .check_refused(1, time);
}
