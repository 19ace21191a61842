//! `shape guard` and `shape audit`: what stops everything, and what was written down.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Done, Folder, eventually};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;

fn end(child: Child) -> Done {
    child.wait_with_output().expect("shape ends").into()
}

#[test]
fn a_lockdown_denies_everything_until_it_is_reset() {
    let folder = Folder::with(&[("a.shape", "io.exec(\"true\")\n")]);
    folder
        .shape(&["guard", "status"])
        .check(0, "active: commands may run\n", "");
    folder
        .shape(&["guard", "lockdown", "looking into it"])
        .check_says(&["shape guard reset"]);
    for args in [&["exec", "-A", "--", "true"][..], &["run", "-A", "a.shape"]] {
        let done = folder.shape(args);
        assert_ne!(done.status, Some(0));
        assert!(done.stderr.contains("looking into it"), "{done:?}");
    }
    folder
        .shape(&["guard", "status"])
        .check_says(&["lockdown since ", ": looking into it"]);
    let status = folder.json(&["guard", "status", "--output-format=json"]);
    assert_eq!(
        (&status["state"], &status["reason"]),
        (&"lockdown".into(), &"looking into it".into())
    );
    folder
        .shape(&["guard", "reset"])
        .check(0, "reset: commands may run\n", "");
    folder.shape(&["exec", "-A", "--", "true"]).check(0, "", "");
}

#[test]
fn a_lockdown_that_there_is_already_is_a_denial_like_any_other() {
    let script = "match try io.exec(\"true\") {\n    Ok(_) => print(\"ran\"),\n    \
                  Err(e) => print(e.kind),\n}\nfor _ in 0..100000 {}\nprint(\"on\")\n";
    let folder = Folder::with(&[("a.shape", script)]);
    folder.shape(&["guard", "lockdown", "stop"]);
    for _ in 0..5 {
        let done = folder.shape(&["run", "-A", "a.shape"]);
        done.check(0, "permission_denied\non\n", "");
    }
    let explained = folder.json(&[
        "permissions",
        "explain",
        "-A",
        "--output-format=json",
        "--",
        "true",
    ]);
    assert_eq!(explained["decision"], "deny", "{explained}");
    assert_eq!(
        explained["help"],
        "end the lockdown with `shape guard reset`"
    );
}

#[test]
fn a_lockdown_ends_what_runs() {
    let script = "io.exec(\"sh\", [\"-c\", \"echo $$ > pid; exec sleep 1000\"])\n";
    let folder = Folder::with(&[("a.shape", script)]);
    let exec = [
        "exec",
        "-A",
        "--",
        "sh",
        "-c",
        "echo $$ > pid; exec sleep 1000",
    ];
    for (args, status) in [(&["run", "-A", "a.shape"][..], 1), (&exec[..], 126)] {
        let _ = fs::remove_file(folder.join("pid"));
        let child = folder.command(args).spawn().expect("shape starts");
        let pid = || fs::read_to_string(folder.join("pid")).unwrap_or_default();
        eventually("the command runs", || pid().ends_with('\n'));
        let lockdown = folder.shape(&["guard", "lockdown", "stop"]);
        assert_eq!(lockdown.status, Some(0), "{lockdown:?}");
        let done = end(child);
        done.check_refused(status, "ended by a lockdown: stop");
        assert!(!common::is_alive(pid().trim()), "it runs still");
        folder.shape(&["guard", "reset"]).check_says(&["reset"]);
    }
}

#[test]
fn a_lockdown_ends_what_has_run_for_long() {
    let folder = Folder::with(&[]);
    let child = folder.command(&["exec", "-A", "--", "sleep", "1000"]);
    let child = { child }.spawn().expect("shape starts");
    // It has looked by itself for a while, and is told from now on.
    eventually("the kernel tells it", || {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", child.id()))
            .into_iter()
            .flatten();
        let targets = descriptors
            .flatten()
            .filter_map(|it| fs::read_link(it.path()).ok());
        { targets }.any(|target| target.to_string_lossy().contains("inotify"))
    });
    folder
        .shape(&["guard", "lockdown", "stop"])
        .check_says(&["locked down"]);
    end(child).check_refused(126, "ended by a lockdown: stop");
}

#[test]
fn reasons_of_others_stay_on_their_line() {
    let folder = Folder::with(&[(
        "rules.toml",
        "[[rule]]\nid = \"a\"\nprogram = \"true\"\ndecision = \"deny\"\nreason = \"x\\n  = help: \\u202ey\"\n",
    )]);
    let exec = || folder.shape(&["exec", "-A", "--rules=rules.toml", "--", "true"]);
    exec().check_refused(126, r"x\n  = help: \u{202e}y");
    folder.shape(&["guard", "lockdown", "a\nb\u{202e}"]);
    exec().check_refused(126, r"a\nb\u{202e}");
}

#[test]
fn limits_hold_where_a_project_has_them() {
    let folder = Folder::with(&[("shape.toml", "[guard]\nper-program = 2\n")]);
    let exec = || folder.shape(&["exec", "-A", "--", "true"]);
    exec().check(0, "", "");
    exec().check(0, "", "");
    let refused = exec();
    assert_eq!(refused.status, Some(126), "{refused:?}");
    assert!(refused.stderr.contains("try again in"), "{refused:?}");
    let status = folder.json(&["guard", "status", "--output-format=json"]);
    assert_eq!(status["state"], "throttle", "{status}");
    folder
        .shape(&["guard", "status"])
        .check_says(&["throttle", "held up for", "true: "]);
}

#[test]
fn a_state_that_cannot_be_understood_stops_everything_until_it_is_reset() {
    let folder = Folder::with(&[]);
    folder.write("home/.local/state/shape/guard.json", "nonsense");
    folder
        .shape(&["exec", "-A", "--", "true"])
        .check_refused(125, "guard.json");
    folder
        .shape(&["guard", "status"])
        .check_refused(1, "`shape guard reset` writes it anew");
    assert_eq!(folder.shape(&["guard", "reset"]).status, Some(0));
    folder.shape(&["exec", "-A", "--", "true"]).check(0, "", "");
}

fn events(folder: &Folder) -> Vec<Value> {
    let done = folder.shape(&["audit", "tail", "-n", "100", "--output-format=json"]);
    assert_eq!(done.status, Some(0), "{done:?}");
    let lines = done.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("is JSON"))
        .collect()
}

#[test]
fn what_was_decided_and_run_is_written_down() {
    let folder = Folder::with(&[]);
    folder
        .shape(&["audit", "tail"])
        .check_refused(0, "nothing is written");
    folder.shape(&[
        "exec",
        "-A",
        "-e",
        "X=s3cret",
        "--",
        "true",
        "--password=hunter2",
    ]);
    folder.shape(&["exec", "--no-prompt", "--", "false"]);
    let kinds = |events: &[Value]| -> Vec<String> {
        let kinds = events.iter().filter_map(|event| event["event"].as_str());
        kinds.map(str::to_owned).collect()
    };
    let all = events(&folder);
    assert_eq!(
        kinds(&all),
        ["decision", "exec_start", "exec_end", "decision"]
    );
    assert_eq!(
        (&all[0]["decision"], &all[3]["decision"]),
        (&"allow".into(), &"deny".into())
    );
    assert_eq!(all[2]["exit_code"], 0);
    let file = fs::read_to_string(folder.state("audit.jsonl")).expect("is there");
    assert!(
        !file.contains("s3cret") && !file.contains("hunter2"),
        "{file}"
    );
    let mode = fs::metadata(folder.state("audit.jsonl"))
        .expect("is there")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let run = all[0]["run"].as_str().expect("has one");
    let command = format!("{run}/{}", all[0]["id"]);
    for name in [run, &run[..8], &command] {
        let shown = folder.shape(&["audit", "show", name]);
        shown.check_says(&["decision", "allow true", "exec_start", "exit code 0 after"]);
        assert!(!shown.stdout.contains("false"), "{shown:?}");
    }
    folder
        .shape(&["audit", "show", "ffff"])
        .check_refused(1, "has no event of");
}

#[test]
fn what_comes_is_followed() {
    let folder = Folder::with(&[]);
    folder.shape(&["exec", "-A", "--", "true"]).check(0, "", "");
    let out = folder.join("out");
    let mut command = folder.command(&["audit", "tail", "-n", "1", "-f", "--output-format=json"]);
    let mut child = command
        .stdout(fs::File::create(&out).expect("is made"))
        .spawn()
        .expect("shape starts");
    let lines = || fs::read_to_string(&out).unwrap_or_default().lines().count();
    eventually("the last event", || lines() == 1);
    folder.shape(&["exec", "-A", "--", "false"]);
    eventually("the new events", || lines() == 4);
    child.kill().expect("is ours");
    child.wait().expect("ends");
}

#[test]
fn an_audit_that_cannot_be_written_is_said_once_or_stops_everything() {
    let folder = Folder::with(&[("a.shape", "io.exec(\"true\")\nio.exec(\"true\")\n")]);
    folder.write("home/.local/state/shape/audit.jsonl/in-the-way", "");
    for args in [&["exec", "-A", "--", "true"][..], &["run", "-A", "a.shape"]] {
        let done = folder.shape(args);
        assert_eq!(done.status, Some(0), "{done:?}");
        let warnings = done.stderr.matches("audit.jsonl").count();
        assert_eq!(warnings, 1, "{done:?}");
    }
    folder.write("shape.toml", "[audit]\nrequired = true\n");
    folder
        .shape(&["exec", "-A", "--", "true"])
        .check_refused(126, "audit.jsonl");
    let log = folder.join("home/.local/state/shape/audit.jsonl");
    std::fs::remove_dir_all(&log).expect("is there");
    folder.shape(&["exec", "-A", "--", "true"]).check(0, "", "");
    assert!(log.is_file());
}
