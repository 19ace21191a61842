//! A policy behind a channel decides as it does by itself.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::table::Table;
use common::{Command, script};
use serde_json::Value;
use shape_policy::{
    Answer, Approved, Approver, Audit, AuditFilter, AuditLog, CancelToken, Context, Decision,
    DenialReason, End, Guard, Lifetime, Limits, Narrowing, Pending, Policy, PolicyBuilder,
    PolicyServer, ProcessGrant, Question, Rate, Recorded, Refusal, Trust, TrustScope, Validator,
};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// A policy, asked by itself or through a channel, and all that others see of it.
struct Side {
    policy: Policy,
    approver: Arc<Recorded>,
    files: tempfile::TempDir,
}

/// How a policy is reached.
#[derive(Clone, Copy)]
enum Way {
    Direct,
    Remote,
    /// By one that is reached by another.
    TwiceRemote,
}

impl Side {
    fn new(
        way: Way,
        build: impl FnOnce(PolicyBuilder) -> PolicyBuilder,
        answers: &[Answer],
    ) -> Self {
        let files = tempfile::tempdir().unwrap();
        let approver = answers
            .iter()
            .fold(Recorded::default(), |approver, &answer| {
                approver.answer(answer)
            });
        let approver = Arc::new(approver);
        let builder = Policy::builder(ProcessGrant::none())
            .approver(approver.clone())
            .pending(Pending::new(files.path().join("pending")))
            .audit(Audit::to_file(files.path().join("audit")).required());
        let policy = build(builder).build();
        let policy = match way {
            Way::Direct => policy,
            Way::Remote => behind(PolicyServer::new(Arc::new(policy))),
            Way::TwiceRemote => {
                let nearer = behind(PolicyServer::new(Arc::new(policy)));
                behind(PolicyServer::new(Arc::new(nearer)))
            }
        };
        Self {
            policy,
            approver,
            files,
        }
    }

    /// What comes of it, as text: all of what is to be started, or all of the refusal. What is allowed is
    /// told to have run.
    fn decide(&self, command: &Command) -> Result<String, String> {
        match self.policy.approve(command.clone()) {
            Ok(approved) => {
                let resolved = approved.resolved();
                let (cwd_id, environment) = (resolved.cwd_id(), resolved.environment());
                let own = resolved.has_own_path();
                // Without the number of the descriptor.
                let (path, id) = (resolved.program().path(), resolved.program().id());
                let cwd = resolved.cwd();
                let text = format!("{path:?} {id:?} {cwd:?} {cwd_id:?} {own} {environment:?}");
                run(approved, command.args.len() as i32);
                Ok(text)
            }
            Err(refusal) => {
                let text = format!("{refusal}\n{refusal:?}");
                let text = text.replace(self.files.path().to_str().unwrap(), "DIR");
                // It is random.
                let pending = match &refusal {
                    Refusal::Denied(denial) => denial.pending(),
                    _ => None,
                };
                Err(pending.map_or_else(|| text.clone(), |id| text.replace(id, "PENDING")))
            }
        }
    }

    /// The lines of the audit, without what differs from run to run.
    fn audit(&self) -> Vec<Value> {
        let page = AuditLog::at(self.files.path().join("audit"));
        let page = page.last(10_000, &AuditFilter::default()).unwrap();
        assert!(page.torn.is_empty());
        let plain = |mut value: Value| {
            let line = value.as_object_mut().unwrap();
            for key in ["time", "run", "duration_us", "duration_ms"] {
                line.remove(key);
            }
            value
        };
        let values = page.records.iter().map(|record| record.value().clone());
        values.map(plain).collect()
    }
}

/// A policy that the one of `server` decides for.
fn behind(server: PolicyServer) -> Policy {
    Policy::remote(Arc::new(move |request: &[u8]| Ok(server.answer(request))))
}

/// Tells that something ran.
fn run(approved: Approved<Command>, exit_code: i32) {
    let (_, _, mut ticket) = approved.into_parts();
    ticket.started(7);
    ticket.ended(&End {
        exit_code: Some(exit_code),
        survivors: &[1, 2],
        enforced: &["memory"],
        truncated: true,
        ..End::default()
    });
}

/// Looks whether all commands are decided on alike in either way; returns how many were allowed.
#[track_caller]
fn check(
    build: impl Fn(PolicyBuilder) -> PolicyBuilder,
    answers: &[Answer],
    commands: impl IntoIterator<Item = Command>,
) -> usize {
    let direct = Side::new(Way::Direct, &build, answers);
    let others = [Way::Remote, Way::TwiceRemote].map(|way| Side::new(way, &build, answers));
    let mut allowed = 0;
    for command in commands {
        let expected = direct.decide(&command);
        allowed += usize::from(expected.is_ok());
        for remote in &others {
            assert_eq!(remote.decide(&command), expected, "{command:?}");
        }
    }
    for remote in &others {
        assert_eq!(remote.approver.questions(), direct.approver.questions());
        assert_eq!(remote.audit(), direct.audit());
    }
    allowed
}

/// Answers of all kinds.
fn answers() -> Vec<Answer> {
    let trust = |scope, lifetime| Answer::Trust(Trust { scope, lifetime });
    [
        Answer::Yes,
        Answer::No,
        Answer::Nobody,
        trust(TrustScope::Exact, Lifetime::Run),
        Answer::Nobody,
    ]
    .repeat(40)
}

fn check_table(file: &'static str) {
    let table = Table::read(file);
    let commands = || table.lines().map(|(_, _, command)| command);
    let with_rules = |builder: PolicyBuilder| builder.rules(table.rules());
    check(with_rules, &[], commands());
    let allowed = check(with_rules, &answers(), commands());
    assert!(allowed > 5, "{allowed}");
}

#[test]
fn a_denied_program_is_denied_alike() {
    check_table("denied_program.txt");
}

#[test]
fn built_in_rules_hold_alike() {
    check_table("builtin.txt");
}

#[test]
fn options_are_read_alike() {
    check_table("options.txt");
}

#[test]
fn harmless_commands_run_alike() {
    check_table("harmless.txt");
}

/// What is no line of a table: other directories and variables, names that are not UTF-8, and what cannot
/// be run.
fn odd_commands(directory: &Path) -> Vec<Command> {
    let odd = OsString::from_vec(b"odd-\xff\"\n".to_vec());
    let program = script(directory, "odd", 0o755);
    let odd_program = directory.join(&odd);
    fs::rename(&program, &odd_program).unwrap();
    fs::create_dir(directory.join(OsString::from_vec(b"dir\xfe".to_vec()))).unwrap();
    let odd_directory = directory.join(OsString::from_vec(b"dir\xfe".to_vec()));
    let plain = script(directory, "plain", 0o755);
    let on_odd = directory.join("on-odd");
    fs::write(&on_odd, format!("#!{} one argument\n", plain.display())).unwrap();
    fs::set_permissions(&on_odd, fs::metadata(&plain).unwrap().permissions()).unwrap();
    let mut detached = Command::new("cat");
    detached.is_detached = true;
    let mut cleared = Command::new("cat").env("A", &odd).env(&odd, "1");
    cleared.env.clear = true;
    let mut removed = Command::new("cat");
    removed.env.remove = vec!["PATH".into(), "HOME".into(), odd.clone()];
    vec![
        Command::new(&odd_program).arg(&odd).cwd(&odd_directory),
        Command::new("cat").arg(&odd).cwd(&odd_directory),
        Command::new(&odd).env("PATH", directory),
        Command::new("plain").env("PATH", directory).cwd("/"),
        Command::new(on_odd),
        Command::new("sh").arg("-c").arg(&odd),
        Command::new("cat").env("LD_PRELOAD", "x.so"),
        Command::new("cat").env("TOKEN", "secret"),
        detached,
        cleared,
        removed,
        Command::new("no-such-program"),
        Command::new("./no-such-program"),
        Command::new(script(directory, "not-executable", 0o644)),
        Command::new(""),
        Command::new("c\0at"),
        Command::new("cat").arg("a\0b"),
        Command::new("cat").env("A=B", "c"),
        Command::new("cat").cwd("/no/such/directory"),
        Command::new("cat").cwd(&odd_program),
        Command::new(OsString::from_vec(b"no-such-\xff".to_vec())),
    ]
}

#[test]
fn odd_requests_are_decided_on_alike() {
    let directory = tempfile::tempdir().unwrap();
    let commands = odd_commands(directory.path());
    let yes = [Answer::Yes; 64];
    assert!(check(|builder| builder, &yes, commands.clone()) > 8);
    assert_eq!(check(|builder| builder, &[], commands.clone()), 0);
    let nobody = [Answer::Nobody; 64];
    assert_eq!(check(|builder| builder, &nobody, commands), 0);
}

/// Lets `cat` pass, wants somebody asked about `ls`, and denies the rest.
struct Narrows;

impl Validator for Narrows {
    fn validate(&self, context: &Context<'_>) -> Narrowing {
        match context.program().to_str() {
            Some("cat") => Narrowing::Keep,
            Some("ls") => Narrowing::Ask("somebody is to see this".to_owned()),
            _ => Narrowing::Deny("not here".to_owned()),
        }
    }
}

#[test]
fn guard_validator_and_protected_files_hold_alike() {
    let directory = tempfile::tempdir().unwrap();
    let protected = directory.path().join("rules.toml");
    let names = ["cat", "ls", "sh", "cat", "cat", "cat", "ls"];
    let commands = names.into_iter().map(Command::new);
    let writes = Command::new("rm").arg(&protected);
    check(
        |builder| {
            builder
                .validator(Arc::new(Narrows))
                .protect([protected.clone()])
        },
        &answers(),
        commands.chain([writes]),
    );
    let limits = || {
        let mut limits = Limits::none();
        limits.per_program = Some(Rate::per_minute(2));
        limits
    };
    // The time that is left is another one each time.
    for way in [Way::Direct, Way::Remote] {
        let guarded = |builder: PolicyBuilder| builder.guard(Guard::new(limits()), "test");
        let side = Side::new(way, guarded, &[Answer::Yes; 8]);
        let refused = (0..4).map(|_| side.policy.approve(Command::new("cat")).err());
        match &refused.collect::<Vec<_>>()[..] {
            [None, None, Some(Refusal::Denied(denial)), Some(_)] => {
                assert!(
                    denial
                        .retry_after()
                        .is_some_and(|time| time > Duration::ZERO)
                );
                let reason = denial.reason();
                assert!(matches!(reason, DenialReason::Throttled { .. }), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    let locked = |builder: PolicyBuilder| {
        let guard = Guard::new(Limits::none());
        guard.lockdown("enough").unwrap();
        builder.guard(guard, "test")
    };
    assert_eq!(check(locked, &[], [Command::new("cat")]), 0);
}

/// Says that it is asked, and answers when it is cancelled.
struct Waits(mpsc::SyncSender<()>);

impl Approver for Waits {
    fn ask(&self, _question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        self.0.send(()).unwrap();
        let mut polled = [rustix::event::PollFd::new(
            cancel.unwrap(),
            rustix::event::PollFlags::IN,
        )];
        rustix::event::poll(&mut polled, None).unwrap();
        Answer::No
    }
}

#[test]
fn a_question_ends_when_the_run_is_cancelled() {
    let (asked, is_asked) = mpsc::sync_channel(1);
    let policy = Policy::asking(ProcessGrant::none(), Arc::new(Waits(asked)));
    let host = CancelToken::new().unwrap();
    let server = PolicyServer::new(Arc::new(policy));
    let policy = behind(server.cancelled_by(host.clone()));
    let ours = CancelToken::of_fd(host.as_fd().try_clone_to_owned().unwrap()).unwrap();
    std::thread::scope(|scope| {
        let refused = scope.spawn(|| policy.approve_until(Command::new("cat"), Some(&ours)));
        is_asked.recv().unwrap();
        host.cancel();
        let program = OsString::from("cat");
        let expected = Refusal::Cancelled { program };
        assert_eq!(refused.join().unwrap().unwrap_err(), expected);
    });
    assert!(ours.is_cancelled());
}

#[test]
fn what_is_replaced_between_the_two_looks_is_not_started() {
    let directory = tempfile::tempdir().unwrap();
    let program = script(directory.path(), "tool", 0o755);
    let other = script(directory.path(), "other", 0o755);
    let side = Side::new(
        Way::Direct,
        |builder| builder.rules(shape_policy::RuleSet::builder().build().unwrap()),
        &[Answer::Yes, Answer::Yes],
    );
    let files = side.files.path().to_owned();
    let server = PolicyServer::new(Arc::new(side.policy));
    let replaced = Mutex::new(Some((other, program.clone())));
    let policy = Policy::remote(Arc::new(move |request: &[u8]| {
        let is_decision = String::from_utf8_lossy(request).contains("\"decide\"");
        if is_decision && let Some((other, program)) = replaced.lock().unwrap().take() {
            fs::rename(other, program).unwrap();
        }
        Ok(server.answer(request))
    }));
    let denial = match policy.approve(Command::new(&program)) {
        Err(Refusal::Denied(denial)) => denial,
        other => panic!("{other:?}"),
    };
    assert_eq!(denial.path(), program);
    assert!(denial.why().contains("was replaced"), "{denial}");
    assert!(policy.approve(Command::new(&program)).is_ok());
    let page = AuditLog::at(files.join("audit"));
    let page = page.last(10, &AuditFilter::default()).unwrap();
    let decisions = page
        .records
        .iter()
        .filter_map(|record| record.value()["decision"].as_str());
    assert_eq!(decisions.collect::<Vec<_>>(), ["deny", "allow"]);
}

#[test]
fn tickets_end_with_the_server_and_with_whoever_holds_them() {
    let side = Side::new(Way::Direct, |builder| builder, &[Answer::Yes; 4]);
    let events = {
        let log = AuditLog::at(side.files.path().join("audit"));
        move || -> Vec<String> {
            let page = log.last(20, &AuditFilter::default()).unwrap();
            let events = page
                .records
                .iter()
                .map(|record| record.value()["event"].as_str());
            let events = events.map(|event| event.unwrap().to_owned());
            events.filter(|event| event.starts_with("exec")).collect()
        }
    };
    let server = Arc::new(PolicyServer::new(Arc::new(side.policy)));
    let there = Arc::downgrade(&server);
    let policy = Policy::remote(Arc::new(move |request: &[u8]| match there.upgrade() {
        Some(server) => Ok(server.answer(request)),
        None => Err(io::ErrorKind::NotConnected.into()),
    }));
    // What never starts is never told of.
    drop(policy.approve(Command::new("cat")).unwrap());
    assert_eq!(events(), [""; 0]);
    let (_, _, mut dropped) = policy.approve(Command::new("cat")).unwrap().into_parts();
    dropped.started(7);
    drop(dropped);
    assert_eq!(events(), ["exec_start", "exec_end"]);
    let (_, _, mut open) = policy.approve(Command::new("cat")).unwrap().into_parts();
    open.started(8);
    assert_eq!(events().len(), 3);
    drop(server);
    assert_eq!(events().len(), 4);
    drop(open);
    assert_eq!(events().len(), 4);
    check_denied(&policy, "cannot be asked");
}

/// Panics when it is asked.
struct Panics;

impl Approver for Panics {
    fn ask(&self, _question: &Question<'_>, _cancel: Option<&CancelToken>) -> Answer {
        panic!("asked");
    }
}

#[track_caller]
fn check_denied(policy: &Policy, why: &str) {
    match policy.approve(Command::new("cat")) {
        Err(Refusal::Denied(denial)) => assert!(denial.why().contains(why), "{denial}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_goes_wrong_on_the_way_is_a_denial() {
    let all = || PolicyServer::new(Arc::new(Policy::new(ProcessGrant::all())));
    let channel = |_: &[u8]| Err(io::Error::other("the line is cut"));
    check_denied(&Policy::remote(Arc::new(channel)), "the line is cut");
    for answer in ["", "null", "{}", "[]", r#"{"version":1,"number":1}"#] {
        let policy = Policy::remote(Arc::new(|_: &[u8]| Ok(answer.into())));
        check_denied(&policy, "cannot be understood");
    }
    let policy = Policy::remote(Arc::new(|_: &[u8]| {
        Ok(br#"{"version":2,"number":1}"#.into())
    }));
    check_denied(&policy, "speaks version 2 and not 1");
    // An answer to another request is none.
    let server = all();
    let first = Mutex::new(Vec::new());
    let policy = Policy::remote(Arc::new(move |request: &[u8]| {
        let mut first = first.lock().unwrap();
        if !String::from_utf8_lossy(request).contains("\"decide\"") {
            return Ok(server.answer(request));
        }
        if first.is_empty() {
            *first = server.answer(request);
        }
        Ok(first.clone())
    }));
    assert!(policy.approve(Command::new("cat")).is_ok());
    check_denied(&policy, "cannot be understood");
    let policy = Policy::asking(ProcessGrant::none(), Arc::new(Panics));
    check_denied(&behind(PolicyServer::new(Arc::new(policy))), "panicked");
    // As soon as it can be reached it decides.
    let (server, count) = (all(), Mutex::new(0));
    let policy = Policy::remote(Arc::new(move |request: &[u8]| {
        *count.lock().unwrap() += 1;
        match *count.lock().unwrap() {
            1 => Err(io::Error::other("not yet")),
            _ => Ok(server.answer(request)),
        }
    }));
    check_denied(&policy, "not yet");
    assert!(policy.approve(Command::new("cat")).is_ok());
    assert!(policy.explain(&Command::new("cat")).is_err());
}

#[test]
fn unknown_fields_are_passed_over() {
    let server = PolicyServer::new(Arc::new(Policy::new(ProcessGrant::all())));
    let more = |bytes: &[u8]| -> Vec<u8> {
        let mut value: Value = serde_json::from_slice(bytes).unwrap();
        add_fields(&mut value);
        serde_json::to_vec(&value).unwrap()
    };
    let policy = Policy::remote(Arc::new(move |request: &[u8]| {
        Ok(more(&server.answer(&more(request))))
    }));
    assert!(policy.approve(Command::new("cat").env("A", "1")).is_ok());
}

/// A field that nobody knows in every object that is a record.
fn add_fields(value: &mut Value) {
    let Value::Object(object) = value else { return };
    for name in [
        "decide", "found", "env", "program", "version", "call", "result",
    ] {
        if let Some(inner) = object.get_mut(name) {
            add_fields(inner);
        }
    }
    // An object of one field says by its name which of several things it is.
    if object.len() > 1 {
        object.insert("new".to_owned(), Value::from(1));
    }
}

#[test]
fn a_decision_is_one_whichever_thread_asks() {
    let trust = Answer::Trust(Trust {
        scope: TrustScope::Program,
        lifetime: Lifetime::Run,
    });
    let side = Side::new(Way::Remote, |builder| builder, &[trust]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let decided = side.policy.approve(Command::new("cat"));
                assert!(decided.is_ok(), "{decided:?}");
            });
        }
    });
    assert_eq!(side.approver.questions().len(), 1);
    let decisions = side.audit();
    let allowed = Decision::Allow.to_string();
    let is_allowed = |line: &&Value| line["decision"] == *allowed;
    assert_eq!(decisions.iter().filter(is_allowed).count(), 8);
}
