use super::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs;
use std::os::fd::AsFd;
use tempfile::TempDir;

const NOW: u64 = 1_700_000_000_000;
const AGENT: &str = "agent";

fn layer(program: &str) -> (&OsStr, Category) {
    let program = OsStr::new(program);
    (program, crate::command::categorize(program))
}

/// What `guard` says to `program` of the agent, `after` milliseconds from `NOW`.
fn admit(guard: &Guard, after: u64, program: &str) -> Admission {
    guard
        .admit_at(NOW + after, AGENT, &[layer(program)])
        .unwrap()
}

#[track_caller]
fn check_throttled(admission: Admission, expected_ms: u64, expected: &str) {
    match admission {
        Admission::Throttle { retry_ms, reason } => {
            assert_eq!(retry_ms, expected_ms, "{reason}");
            assert!(reason.contains(expected), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_passes(admission: Admission) {
    assert_eq!(admission, Admission::Pass);
}

fn limited(change: impl FnOnce(&mut Limits)) -> Guard {
    let mut limits = Limits {
        refusals: Limits::default().refusals,
        ..Limits::none()
    };
    change(&mut limits);
    Guard::new(limits)
}

#[test]
fn one_too_many_waits_until_the_window_is_over() {
    let guard = limited(|limits| limits.runs = Some(Rate::per_minute(2)));
    check_passes(admit(&guard, 0, "a"));
    check_passes(admit(&guard, 100, "b"));
    check_throttled(admit(&guard, 400, "c"), 59_600, "more commands than 2");
    check_throttled(admit(&guard, 59_999, "c"), 1, "within a minute");
    check_passes(admit(&guard, 60_000, "c"));
}

#[test]
fn programs_are_counted_by_the_last_part_of_their_path() {
    let guard = limited(|limits| limits.per_program = Some(Rate::per_minute(1)));
    check_passes(admit(&guard, 0, "git"));
    check_passes(admit(&guard, 0, "ls"));
    check_throttled(admit(&guard, 0, "/usr/bin/git"), 60_000, r#"with "git""#);
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let cases = [
        ("rmdir", 5, "destroy", 11_000),
        ("curl", 10, "network", 0),
        ("make", 20, r#""make""#, 0),
    ];
    for (program, count, what, step) in cases {
        let guard = Guard::new(Limits::default());
        for number in 0..count {
            check_passes(admit(&guard, number * step, program));
        }
        let after = count * step;
        check_throttled(admit(&guard, after, program), 60_000 - after, what);
    }
    let guard = Guard::new(Limits::default());
    for number in 0..30 {
        check_passes(admit(&guard, 0, if number % 2 == 0 { "cp" } else { "mv" }));
    }
    check_throttled(admit(&guard, 0, "ln"), 60_000, "write files");
    let guard = Guard::new(Limits::default());
    for number in 0..60 {
        check_passes(admit(&guard, 0, &format!("own-{number}")));
    }
    check_throttled(admit(&guard, 0, "own"), 60_000, "commands than 60");
}

#[test]
fn every_category_in_a_command_counts_once() {
    let guard = limited(|limits| {
        limits.destructive = Some(Rate::per_minute(2));
        limits.network = Some(Rate::per_minute(1));
    });
    let both = [layer("sh"), layer("rm"), layer("rmdir"), layer("curl")];
    check_passes(guard.admit_at(NOW, AGENT, &both).unwrap());
    check_passes(admit(&guard, 0, "rm"));
    check_throttled(admit(&guard, 0, "rm"), 60_000, "destroy");
}

#[test]
fn subjects_do_not_hold_each_other_up() {
    let guard = limited(|limits| limits.runs = Some(Rate::per_minute(1)));
    check_passes(admit(&guard, 0, "a"));
    check_throttled(admit(&guard, 0, "a"), 60_000, "more commands than 1 within");
    let other = guard.admit_at(NOW, "other", &[layer("a")]).unwrap();
    check_passes(other);
}

#[test]
fn who_goes_on_regardless_locks_everything_down() {
    let guard = limited(|limits| limits.runs = Some(Rate::per_minute(1)));
    check_passes(admit(&guard, 0, "a"));
    check_throttled(admit(&guard, 0, "a"), 60_000, "commands");
    for _ in 0..9 {
        check_throttled(admit(&guard, 1000, "a"), 59_000, "commands");
    }
    let Admission::Lockdown { reason } = admit(&guard, 1000, "a") else {
        panic!("no lockdown");
    };
    assert!(
        reason.contains(r#""agent" was refused 10 times"#),
        "{reason}"
    );
    let other = guard.admit_at(NOW + 600_000, "other", &[layer("a")]);
    assert_eq!(other, Ok(Admission::Lockdown { reason }));

    guard.reset().unwrap();
    check_passes(admit(&guard, 1000, "a"));
}

#[test]
fn the_third_removal_within_ten_seconds_waits() {
    let guard = limited(|limits| limits.removals = Limits::default().removals);
    check_passes(admit(&guard, 0, "rm"));
    check_passes(admit(&guard, 4000, "rm"));
    check_throttled(admit(&guard, 6000, "rm"), 4000, "removals");
    check_throttled(admit(&guard, 9999, "ls"), 1, "removals");
    check_passes(admit(&guard, 10_000, "rm"));
    check_throttled(admit(&guard, 13_000, "rm"), 1000, "removals");
}

#[test]
fn a_clock_that_is_set_back_holds_nobody_up_for_longer() {
    let guard = limited(|limits| limits.runs = Some(Rate::per_minute(1)));
    check_passes(admit(&guard, 3_600_000, "a"));
    check_throttled(admit(&guard, 3_600_000, "a"), 60_000, "commands");
    check_throttled(admit(&guard, 0, "a"), 60_000, "commands");
    check_passes(admit(&guard, 60_000, "a"));
}

#[test]
fn what_is_over_is_forgotten() {
    let guard = Guard::new(Limits::default());
    for subject in 0..1000 {
        let subject = subject.to_string();
        check_passes(guard.admit_at(NOW, &subject, &[layer("a")]).unwrap());
    }
    check_passes(admit(&guard, 120_000, "a"));
    assert_eq!(guard.known().state.subjects.len(), 1);
}

/// The alerts that `guard` raises from now on.
fn alerts(guard: &Guard) -> Arc<Mutex<Vec<Alert>>> {
    let raised = Arc::new(Mutex::new(Vec::new()));
    let alerts = Arc::clone(&raised);
    guard.on_alert(move |alert| lock(&alerts).push(alert.clone()));
    raised
}

#[test]
fn looking_and_then_destroying_raises_an_alert_and_passes() {
    let guard = Guard::new(Limits::default());
    let raised = alerts(&guard);
    check_passes(admit(&guard, 0, "ls"));
    check_passes(admit(&guard, 1000, "make"));
    check_passes(admit(&guard, 29_000, "rm"));
    check_passes(admit(&guard, 29_500, "rm"));
    assert_eq!(lock(&raised).len(), 1);
    assert_eq!(lock(&raised)[0].kind, AlertKind::LookThenDestroy);
    assert_eq!(
        lock(&raised)[0].to_string(),
        r#""agent": "rm" follows a command that reads files"#
    );
    check_passes(admit(&guard, 40_000, "ls"));
    check_passes(admit(&guard, 70_000, "rm"));
    assert_eq!(lock(&raised).len(), 1);
}

#[test]
fn five_failures_in_a_row_raise_an_alert() {
    let guard = Guard::new(Limits::default());
    let raised = alerts(&guard);
    let end = |ended| guard.note_end(AGENT, ended).unwrap();
    (0..4).for_each(|_| end(Ended::Failed));
    end(Ended::Succeeded);
    (0..4).for_each(|_| end(Ended::Failed));
    assert_eq!(*lock(&raised), []);
    end(Ended::Failed);
    assert_eq!(lock(&raised).len(), 1);
    assert_eq!(lock(&raised)[0].kind, AlertKind::RepeatedFailures);
    check_passes(admit(&guard, 0, "a"));
}

#[test]
fn a_lockdown_cancels_what_runs_and_what_is_added_later() {
    let guard = Guard::new(Limits::none());
    let [during, gone, late] = [(); 3].map(|()| CancelToken::new().unwrap());
    let _during = guard.on_lockdown(&during);
    drop(guard.on_lockdown(&gone));
    check_passes(guard.admit(AGENT, &[]).unwrap());
    guard.lockdown("enough").unwrap();
    guard.lockdown("another reason").unwrap();
    let _late = guard.on_lockdown(&late);
    assert!(during.is_cancelled() && late.is_cancelled() && !gone.is_cancelled());
    let reason = "enough".to_owned();
    assert_eq!(guard.admit(AGENT, &[]), Ok(Admission::Lockdown { reason }));
    let status = guard.status().unwrap();
    assert_eq!(status.state, GuardMode::Lockdown);
    assert_eq!(status.reason.as_deref(), Some("enough"));
    assert!(status.since.unwrap().ends_with('Z'));
    guard.reset().unwrap();
    check_passes(guard.admit(AGENT, &[]).unwrap());
}

/// Two guards as two processes would have them.
fn two(limits: impl Fn() -> Limits) -> (TempDir, Guard, Guard) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("state/guard.json");
    let open = || Guard::shared(limits(), &path).unwrap();
    let (one, other) = (open(), open());
    (directory, one, other)
}

#[test]
fn windows_hold_across_processes() {
    let (_directory, one, other) = two(|| Limits {
        runs: Some(Rate::per_minute(3)),
        ..Limits::default()
    });
    check_passes(admit(&one, 0, "a"));
    check_passes(admit(&other, 0, "b"));
    check_passes(admit(&one, 0, "c"));
    check_throttled(admit(&other, 0, "d"), 60_000, "commands");
    check_throttled(admit(&one, 1, "e"), 59_999, "commands");
    let status = one.status_at(NOW + 1);
    assert_eq!(status.state, GuardMode::Throttle);
    assert_eq!(status.subjects[0].throttled.as_ref().unwrap().refused, 1);
    assert_eq!(status.subjects[0].windows[0].used, 4);
}

#[test]
fn a_lockdown_of_another_process_is_seen_and_ends_what_runs() {
    let (_directory, one, other) = two(Limits::none);
    let watch = one.watch().unwrap().unwrap();
    let token = CancelToken::new().unwrap();
    let _hook = one.on_lockdown(&token);
    assert!(!watch.is_locked_down().unwrap());
    check_passes(one.admit(AGENT, &[]).unwrap());

    other.lockdown("from elsewhere").unwrap();
    wait_readable(&watch);
    assert!(watch.is_locked_down().unwrap());
    assert!(token.is_cancelled());
    let reason = "from elsewhere".to_owned();
    let admission = one.admit(AGENT, &[]).unwrap();
    assert_eq!(admission, Admission::Lockdown { reason });

    other.reset().unwrap();
    wait_readable(&watch);
    assert!(!watch.is_locked_down().unwrap());
    check_passes(one.admit(AGENT, &[]).unwrap());
}

#[track_caller]
fn wait_readable(watch: &GuardWatch) {
    let mut fds = [PollFd::from_borrowed_fd(watch.as_fd(), PollFlags::IN)];
    let limit = Timespec {
        tv_sec: 20,
        tv_nsec: 0,
    };
    assert_eq!(poll(&mut fds, Some(&limit)), Ok(1));
}

#[test]
fn a_lockdown_is_seen_without_a_watch() {
    let (_directory, one, other) = two(Limits::none);
    check_passes(one.admit(AGENT, &[]).unwrap());
    other.lockdown("now").unwrap();
    other.reload().unwrap();
    let start = Instant::now();
    while one.admit(AGENT, &[]).unwrap() == Admission::Pass {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    assert_eq!(one.generation(), 1);
}

#[test]
fn a_file_that_vanishes_ends_no_lockdown() {
    let (directory, one, _) = two(Limits::default);
    one.lockdown("stay").unwrap();
    fs::remove_file(directory.path().join("state/guard.json")).unwrap();
    one.look().unwrap();
    assert!(matches!(admit(&one, 0, "a"), Admission::Lockdown { .. }));
    one.reload().unwrap();
    assert!(matches!(admit(&one, 0, "a"), Admission::Lockdown { .. }));
}

#[test]
fn a_lockdown_that_cannot_be_written_holds_here() {
    let (directory, one, _) = two(Limits::none);
    fs::create_dir_all(directory.path().join("state/guard.json")).unwrap();
    assert!(one.lockdown("disk").is_err());
    let known = one.known().state.lockdown.clone();
    assert_eq!(known.unwrap().reason, "disk");
    assert!(one.is_locked());
}

#[test]
fn a_file_that_is_not_understood_is_an_error_until_it_is_replaced() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("guard.json");
    for content in [
        "",
        "{",
        "[]",
        r#"{"v":2,"generation":0,"lockdown":null,"subjects":{}}"#,
    ] {
        fs::write(&path, content).unwrap();
        let error = Guard::shared(Limits::none(), &path).unwrap_err();
        assert!(matches!(error, GuardError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains("reset"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    Guard::replace(Limits::none(), &path).unwrap();
    Guard::shared(Limits::none(), &path).unwrap();
    // One that breaks while it is in use denies.
    let guard = Guard::shared(Limits::default(), &path).unwrap();
    check_passes(admit(&guard, 0, "a"));
    fs::write(&path, "broken").unwrap();
    assert!(guard.admit_at(NOW, AGENT, &[layer("a")]).is_err());
}

#[test]
fn threads_and_guards_lose_no_count() {
    let (_directory, one, other) = two(Limits::default);
    std::thread::scope(|scope| {
        for guard in [&one, &one, &other, &other] {
            scope.spawn(|| (0..5).for_each(|n| drop(admit(guard, 0, &format!("own-{n}")))));
        }
    });
    one.look().unwrap();
    assert_eq!(one.known().state.subjects[AGENT].runs.used, 20);
}

#[test]
fn the_status_is_what_its_schema_describes() {
    let schema = include_str!("../../schema/guard.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let check = |guard: &Guard| {
        let status = serde_json::to_value(guard.status_at(NOW + 1)).unwrap();
        let errors: Vec<_> = validator.iter_errors(&status).collect();
        assert!(errors.is_empty(), "{errors:?}\n{status:#}");
        status
    };
    let guard = Guard::new(Limits::default());
    check(&guard);
    for program in ["rm", "curl", "cp", "rm"] {
        check_passes(admit(&guard, 0, program));
    }
    assert_eq!(check(&guard)["state"], "active");
    admit(&guard, 0, "rm");
    assert_eq!(check(&guard)["state"], "throttle");
    guard.lockdown("x").unwrap();
    let status = check(&guard);
    assert_eq!(status["state"], "lockdown");
    let mut wrong = status;
    wrong["state"] = "other".into();
    assert!(!validator.is_valid(&wrong));
}
