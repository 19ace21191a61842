//! What holds when somebody is asked, or was.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use shape_policy::{
    Answer, Approver, CancelToken, Context, Decision, DenialReason, Guard, Lifetime, Limits,
    Narrowing, Policy, ProcessGrant, Question, Refusal, Trust, TrustScope, Validator,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Asks;

impl Validator for Asks {
    fn validate(&self, _context: &Context<'_>) -> Narrowing {
        Narrowing::Ask("somebody is to see this".to_owned())
    }
}

/// Gives its answer, and counts.
struct Answers(Answer, AtomicUsize);

impl Approver for Answers {
    fn ask(&self, question: &Question<'_>, _cancel: Option<&CancelToken>) -> Answer {
        assert_eq!(question.reason(), Some("somebody is to see this"));
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0
    }
}

#[test]
fn a_validator_that_wants_somebody_asked_has_somebody_asked() {
    for (answer, is_allowed) in [
        (Answer::No, false),
        (Answer::Nobody, false),
        (Answer::Yes, true),
    ] {
        let approver = Arc::new(Answers(answer, AtomicUsize::new(0)));
        let policy = Policy::builder(ProcessGrant::all()).approver(approver.clone());
        let policy = policy.validator(Arc::new(Asks)).build();
        for asked in 1..=2 {
            assert_eq!(policy.approve(Command::new("cat")).is_ok(), is_allowed);
            assert_eq!(approver.1.load(Ordering::SeqCst), asked);
        }
    }
}

/// Says yes, after a lockdown.
struct LocksDown(Guard);

impl Approver for LocksDown {
    fn ask(&self, _question: &Question<'_>, _cancel: Option<&CancelToken>) -> Answer {
        self.0.lockdown("enough").unwrap();
        Answer::Yes
    }
}

#[test]
fn a_yes_is_none_in_a_lockdown_that_began_since_the_question() {
    let guard = Guard::new(Limits::none());
    let policy = Policy::builder(ProcessGrant::none()).guard(guard.clone(), "test");
    let policy = policy.approver(Arc::new(LocksDown(guard))).build();
    match policy.approve(Command::new("cat")) {
        Err(Refusal::Denied(denial)) => {
            let expected = DenialReason::Lockdown("enough".to_owned());
            assert_eq!(*denial.reason(), expected);
        }
        other => panic!("{other:?}"),
    }
}

/// Trusts exactly what it is asked about first, and says no to the rest.
struct Once(AtomicUsize);

impl Approver for Once {
    fn ask(&self, _question: &Question<'_>, _cancel: Option<&CancelToken>) -> Answer {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Answer::Trust(Trust {
                scope: TrustScope::Exact,
                lifetime: Lifetime::Run,
            }),
            _ => Answer::No,
        }
    }
}

#[test]
fn a_trusted_command_is_another_one_where_its_programs_are_others() {
    let directory = tempfile::tempdir().unwrap();
    common::script(directory.path(), "cat", 0o755);
    let policy = Policy::asking(ProcessGrant::none(), Arc::new(Once(AtomicUsize::new(0))));
    let is_allowed = |command: Command| policy.approve(command).is_ok();
    let command = || Command::new("sh").arg("-c").arg("cat x");
    assert!(is_allowed(command()));
    assert!(is_allowed(command()));
    let host = std::env::var_os("PATH").unwrap();
    assert!(is_allowed(command().env("PATH", &host)));
    let directories = [directory.path().to_owned()].into_iter();
    let path = std::env::join_paths(directories.chain(std::env::split_paths(&host))).unwrap();
    assert!(!is_allowed(command().env("PATH", path)));
}

#[test]
fn an_explanation_tells_of_a_lockdown() {
    let guard = Guard::new(Limits::none());
    let policy = Policy::builder(ProcessGrant::all()).guard(guard.clone(), "test");
    let policy = policy.build();
    let explained = || policy.explain(&Command::new("cat")).unwrap();
    assert_eq!(explained().decision, Decision::Allow);
    guard.lockdown("enough").unwrap();
    let locked = explained();
    assert_eq!(locked.decision, Decision::Deny);
    assert_eq!(locked.reason, "everything is denied in a lockdown: enough");
}
