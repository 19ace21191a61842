use super::*;
use crate::command::{Layer, Word};
use crate::guard::AlertKind;
use crate::rules::Decision;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tempfile::TempDir;

/// A directory and the audit in it.
fn audit() -> (TempDir, PathBuf, Audit) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state/audit.jsonl");
    let audit = Audit::to_file(&path);
    (directory, path, audit)
}

fn decision<'a>(
    program: &'a str,
    args: &'a [OsString],
    layers: &'a [Layer<'a>],
) -> DecisionEvent<'a> {
    DecisionEvent {
        program: OsStr::new(program),
        path: Some(Path::new("/bin/x")),
        args,
        cwd: Some(Path::new("/")),
        changed_variables: &[],
        layers,
        decision: Decision::Allow,
        rule: None,
        reason: None,
        by: DecidedBy::Default,
        duration: Duration::from_micros(12),
    }
}

/// Whole lines of the file, each an event.
fn events(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn layer<'a>(program: &'a str, args: Vec<Word<'a>>, opaque: Option<&'static str>) -> Layer<'a> {
    Layer {
        program: OsStr::new(program).into(),
        args,
        by: None,
        path: None,
        sets: Vec::new(),
        writes: Vec::new(),
        is_builtin: false,
        opaque: opaque.map(Into::into),
        is_wrapper: false,
    }
}

#[test]
fn every_event_is_what_the_schema_describes() {
    let (_directory, path, audit) = audit();
    let args: Vec<OsString> = vec!["-c".into(), "find . | xargs rm".into()];
    let text = |text: &'static str| Word::Text(OsStr::new(text).into());
    let layers = [
        layer("sh", Vec::new(), Some("it reads more")),
        layer(
            "mysql",
            vec![text("-pX"), Word::Operands, Word::Unknown],
            None,
        ),
    ];
    let variables = [OsStr::new("TOKEN")];
    let id = audit.next_id();
    let mut event = decision("sh", &args, &layers);
    event.changed_variables = &variables;
    event.reason = Some("never --token abc");
    event.by = DecidedBy::Rule;
    event.decision = Decision::Deny;
    event.rule = Some(RuleFacts {
        id: "no-shell",
        source: "user",
        file: Some(Path::new("/rules.toml")),
        line: Some(3),
    });
    audit.decision(id, "agent", &event).unwrap();
    let ask = AskEvent {
        program: OsStr::new("sh"),
        answer: "trust",
        scope: Some("exact"),
        lifetime: Some("hour"),
        duration: Duration::from_secs(2),
    };
    audit.ask(id, "agent", &ask).unwrap();
    audit.started(id, "agent", 77);
    let end = End {
        signal: Some(9),
        duration: Duration::from_millis(1500),
        timed_out: true,
        survivors: &[78],
        enforced: &["memory"],
        ..End::default()
    };
    audit.ended(id, "agent", &end);
    audit.note_validator(id, "agent", "it panicked");
    let alert = Alert {
        kind: AlertKind::RepeatedFailures,
        subject: "agent".to_owned(),
        message: "5 in a row".to_owned(),
    };
    audit.alert(&alert).unwrap();
    let lockdown = GuardAction::Lockdown;
    audit.guard("agent", lockdown, Some("enough")).unwrap();

    let events = events(&path);
    let schema = include_str!("../../schema/audit.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    for event in &events {
        let errors: Vec<String> = schema.iter_errors(event).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{event:#}");
        assert_eq!(event["run"], audit.run());
        assert_eq!(event["pid"], std::process::id());
    }
    let kinds: Vec<&Value> = events.iter().map(|event| &event["event"]).collect();
    assert_eq!(
        kinds,
        [
            "decision",
            "ask",
            "exec_start",
            "exec_end",
            "alert",
            "alert",
            "guard"
        ]
    );
    let [decision, _, start, end, ..] = &events[..] else {
        panic!("{events:#?}");
    };
    let layers = json!([{"program": "mysql", "args": ["-p***", {"unknown": "operands"}, {"unknown": "any"}]}]);
    assert_eq!(decision["layers"], layers);
    assert_eq!(decision["opaque"], "it reads more");
    assert_eq!(decision["reason"], "never --token ***");
    assert_eq!(decision["rule"]["line"], 3);
    assert_eq!((&start["id"], &start["child"]), (&json!(id), &json!(77)));
    assert_eq!(end["signal"], 9);
    assert_eq!(end["duration_ms"], 1500);
    assert!(end.get("exit_code").is_none());
    let mut wrong = decision.clone();
    wrong["environment"] = json!({"TOKEN": "x"});
    assert!(!schema.is_valid(&wrong));
}

#[test]
fn arguments_lose_their_secrets_and_what_is_too_long() {
    let (_directory, path, audit) = audit();
    let mut args: Vec<OsString> = vec![
        "--password".into(),
        "hunter2".into(),
        OsString::from_vec(b"a\xffb".to_vec()),
        format!("x{}", "ä".repeat(10_000)).into(),
        format!("{} --password=hunter2 {}", "b".repeat(500), "c".repeat(100)).into(),
    ];
    args.resize(100, "z".into());
    audit.decision(1, "me", &decision("x", &args, &[])).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let shown = &events(&path)[0]["args"];
    assert_eq!(
        (&shown[0], &shown[1]),
        (&json!("--password"), &json!("***"))
    );
    assert_eq!(shown[2], "a\u{fffd}b");
    // 1 + 2 * 255 bytes are shown; what is behind the searched part may begin within a character.
    let long = shown[3].as_str().unwrap();
    assert!(
        long.starts_with(&format!("x{}… 19", "ä".repeat(255))),
        "{long}"
    );
    assert!(long.ends_with(" more bytes"), "{long}");
    assert_eq!(shown[64], "… 36 more arguments");
}

#[test]
fn the_file_is_the_users_alone() {
    let (_directory, path, audit) = audit();
    assert!(!path.exists());
    audit.decision(1, "me", &decision("x", &[], &[])).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_line_without_an_end_is_ended() {
    let (directory, path, audit) = audit();
    fs::create_dir(directory.path().join("state")).unwrap();
    fs::write(&path, "{\"v\":1,\"ti").unwrap();
    audit.decision(1, "me", &decision("x", &[], &[])).unwrap();
    audit.decision(2, "me", &decision("x", &[], &[])).unwrap();
    let page = AuditLog::at(&path)
        .last(10, &AuditFilter::default())
        .unwrap();
    assert_eq!(page.records.len(), 2);
    assert_eq!(page.torn.len(), 1);
    assert_eq!((page.torn[0].offset, page.torn[0].length), (0, 11));
}

#[test]
fn what_cannot_be_written_is_said_once_or_refused() {
    let directory = TempDir::new().unwrap();
    for path in [
        directory.path().to_owned(),
        PathBuf::from("/dev/null/x"),
        "/dev/full".into(),
    ] {
        let audit = Audit::to_file(&path);
        assert_eq!(audit.take_warning(), None);
        for id in 0..3 {
            audit.decision(id, "me", &decision("x", &[], &[])).unwrap();
        }
        let warning = audit.take_warning().unwrap();
        assert!(
            warning.to_string().contains(path.to_str().unwrap()) || path.ends_with("x"),
            "{warning}"
        );
        assert_eq!(audit.take_warning(), None);

        let audit = Audit::to_file(&path).required();
        let refused = audit.decision(1, "me", &decision("x", &[], &[]));
        assert_eq!(refused.unwrap_err(), warning);
        audit.started(1, "me", 1);
        assert_eq!(audit.take_warning(), Some(warning));
    }
}

const PATH_OF_WRITER: &str = "SHAPE_TEST_AUDIT";

/// What each of the processes of the next test does.
#[test]
#[ignore = "it is a part of the next test"]
fn writer() {
    let Some(path) = std::env::var_os(PATH_OF_WRITER) else {
        return;
    };
    let audit = Audit::with_limit(path.into(), 256 << 10).required();
    let args = [OsString::from("a".repeat(300))];
    let event = decision("x", &args, &[]);
    (0..200).for_each(|id| audit.decision(id, "me", &event).unwrap());
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the processes are those of the test, and nobody decides on them"
)]
fn eight_processes_write_whole_lines() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("audit.jsonl");
    let start = |_| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "audit::tests::writer"])
            .env(PATH_OF_WRITER, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let writers: Vec<_> = (0..8).map(start).collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    let older = file::older(&path);
    let both = [events(&older), events(&path)];
    let size = fs::metadata(&older).unwrap().len();
    assert!((256 << 10..320 << 10).contains(&size), "{size}");
    // 1600 lines of 500 bytes fill three files and more, of which two are left.
    let count: usize = both.iter().map(Vec::len).sum();
    assert!((500..1600).contains(&count), "{count}");
}

#[test]
fn a_full_file_is_moved_aside_once_and_nothing_is_lost() {
    let (_directory, path, _) = audit();
    let size = {
        let one = Audit::to_file(&path);
        one.decision(1, "me", &decision("x", &[], &[])).unwrap();
        fs::metadata(&path).unwrap().len()
    };
    let all = [(); 4].map(|()| Audit::with_limit(path.clone(), 10 * size));
    for id in 1..15 {
        all[id % 4]
            .decision(1, "me", &decision("x", &[], &[]))
            .unwrap();
    }
    let older = file::older(&path);
    assert_eq!(events(&older).len() + events(&path).len(), 15);
    let page = AuditLog::at(&path)
        .last(12, &AuditFilter::default())
        .unwrap();
    assert_eq!((page.records.len(), page.torn.len()), (12, 0));
}

#[test]
fn a_full_file_that_cannot_be_moved_is_still_written() {
    let (_directory, path, _) = audit();
    fs::create_dir_all(file::older(&path).join("in the way")).unwrap();
    let audit = Audit::with_limit(path.clone(), 600).required();
    for id in 0..20 {
        audit.decision(id, "me", &decision("x", &[], &[])).unwrap();
    }
    assert_eq!(events(&path).len(), 20);
    let warning = audit.take_warning().unwrap();
    assert!(warning.to_string().contains("moved aside"), "{warning}");
}

#[test]
fn events_are_found_by_run_and_command() {
    let (_directory, path, audit) = audit();
    let other = Audit::to_file(&path);
    assert_eq!(
        AuditLog::at(&path)
            .last(5, &AuditFilter::default())
            .unwrap(),
        AuditPage::default()
    );
    for id in 1..2000 {
        audit.decision(id, "me", &decision("x", &[], &[])).unwrap();
        other.decision(id, "me", &decision("y", &[], &[])).unwrap();
    }
    let ids = |count, filter: &AuditFilter| -> Vec<(String, u64)> {
        let page = AuditLog::at(&path).last(count, filter).unwrap();
        let of = |record: &AuditRecord| {
            let event = record.value();
            (
                event["program"].as_str().unwrap().to_owned(),
                event["id"].as_u64().unwrap(),
            )
        };
        page.records.iter().map(of).collect()
    };
    let of = |program: &str, id| (program.to_owned(), id);
    assert_eq!(
        ids(3, &AuditFilter::default()),
        [of("y", 1998), of("x", 1999), of("y", 1999)]
    );
    let mut filter = AuditFilter {
        id: Some(5),
        ..AuditFilter::default()
    };
    assert_eq!(ids(9, &filter), [of("x", 5), of("y", 5)]);
    filter.run = Some(other.run()[..12].to_owned());
    assert_eq!(ids(9, &filter), [of("y", 5)]);
    filter.event = Some("ask".to_owned());
    assert_eq!(ids(9, &filter), []);
    assert_eq!(ids(usize::MAX, &AuditFilter::default()).len(), 3998);
}

#[test]
fn following_goes_on_across_a_move_and_waits_for_whole_lines() {
    let (_directory, path, audit) = audit();
    audit.decision(1, "me", &decision("x", &[], &[])).unwrap();
    let log = AuditLog::at(&path);
    let mut follow = log.follow(AuditFilter::default()).unwrap();
    assert_eq!(follow.read().unwrap(), AuditPage::default());

    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"v\":1,").unwrap();
    wait_readable(&follow);
    assert_eq!(follow.read().unwrap(), AuditPage::default());
    fs::rename(&path, file::older(&path)).unwrap();
    let new = Audit::to_file(&path);
    new.decision(7, "me", &decision("x", &[], &[])).unwrap();
    // Who has the old one open still writes there.
    file.write_all(b"\"id\":6}\nbroken\n").unwrap();
    wait_readable(&follow);
    let page = follow.read().unwrap();
    let ids: Vec<u64> = page
        .records
        .iter()
        .map(|r| r.value()["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [6, 7]);
    assert_eq!(page.torn.len(), 1);
    assert_eq!(page.torn[0].length, 7);
}

#[track_caller]
fn wait_readable(follow: &AuditFollow) {
    let mut fds = [PollFd::from_borrowed_fd(follow.as_fd(), PollFlags::IN)];
    let limit = Timespec {
        tv_sec: 20,
        tv_nsec: 0,
    };
    assert_eq!(poll(&mut fds, Some(&limit)), Ok(1));
}
