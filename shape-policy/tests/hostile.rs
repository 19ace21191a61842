//! Whatever the other side of a channel says, there is an answer, and nothing is approved by it.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use proptest::prelude::*;
use serde_json::Value;
use shape_policy::{Audit, End, Policy, PolicyServer, ProcessGrant, Refusal};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A policy that allows what `grant` does, and writes it down in `directory`.
fn server(grant: ProcessGrant, directory: &Path) -> PolicyServer {
    let audit = Audit::to_file(directory.join("audit"));
    PolicyServer::new(Arc::new(Policy::builder(grant).audit(audit).build()))
}

/// The requests and the answers that go between a policy and its server when it is asked once and, if it
/// allows, what it allowed runs.
fn exchange(grant: ProcessGrant, command: Command) -> Vec<[Vec<u8>; 2]> {
    let directory = tempfile::tempdir().unwrap();
    let server = server(grant, directory.path());
    let exchanged = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&exchanged);
    let policy = Policy::remote(Arc::new(move |request: &[u8]| {
        let answer = server.answer(request);
        let mut exchanged = exchanged.lock().unwrap();
        exchanged.push([request.to_owned(), answer.clone()]);
        Ok(answer)
    }));
    if let Ok(approved) = policy.approve(command) {
        let (_, _, mut ticket) = approved.into_parts();
        ticket.started(7);
        ticket.ended(&End {
            exit_code: Some(1),
            survivors: &[2],
            enforced: &["memory"],
            ..End::default()
        });
    }
    let exchanged = taken.lock().unwrap();
    exchanged.clone()
}

/// A change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Replace(prop::sample::Index, u8),
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    /// Something else in place of one JSON value.
    Value(prop::sample::Index, Value),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    let value = prop_oneof![
        Just(Value::Null),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..4)
            .prop_map(|bytes| serde_json::json!({ "bytes": bytes })),
        "[a-z_]{1,9}".prop_map(|name| serde_json::json!({ name: {} })),
    ];
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (at(), 1..40_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        (at(), prop::collection::vec(any::<u8>(), 1..6))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at(), value).prop_map(|(at, value)| Change::Value(at, value)),
    ]
}

fn apply(change: &Change, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    match change {
        Change::Replace(at, byte) => *at.get_mut(bytes) = *byte,
        Change::Remove(at, count) => {
            let start = at.index(bytes.len());
            bytes.drain(start..bytes.len().min(start + count));
        }
        Change::Insert(at, more) => {
            let start = at.index(bytes.len());
            bytes.splice(start..start, more.iter().copied());
        }
        Change::Value(at, value) => {
            let Ok(mut whole) = serde_json::from_slice::<Value>(bytes) else {
                return;
            };
            let mut places = Vec::new();
            places_in(&whole, &mut String::new(), &mut places);
            let place = &places[at.index(places.len())];
            *whole.pointer_mut(place).unwrap() = value.clone();
            *bytes = serde_json::to_vec(&whole).unwrap();
        }
    }
}

/// Pointers to all values in `value`, itself first.
fn places_in(value: &Value, at: &mut String, places: &mut Vec<String>) {
    places.push(at.clone());
    let mut inner = |key: String, value: &Value| {
        let length = at.len();
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        places_in(value, at, places);
        at.truncate(length);
    };
    match value {
        Value::Array(values) => {
            let values = values.iter().enumerate();
            values.for_each(|(index, value)| inner(index.to_string(), value));
        }
        Value::Object(values) => values
            .iter()
            .for_each(|(key, value)| inner(key.clone(), value)),
        _ => {}
    }
}

/// An answer is JSON with a version and a result.
#[track_caller]
fn check_answer(answer: &[u8]) -> Value {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    assert_eq!(answer["version"], 1);
    assert_eq!(answer["result"].as_object().map_or(1, |it| it.len()), 1);
    answer
}

/// A policy that was answered by `server` about its environment and gets `answer` after that.
fn answered(server: PolicyServer, answer: Vec<u8>) -> Policy {
    Policy::remote(Arc::new(
        move |request: &[u8]| match String::from_utf8_lossy(request).contains("\"decide\"") {
            true => Ok(answer.clone()),
            false => Ok(server.answer(request)),
        },
    ))
}

fn strange_command() -> Command {
    let mut command = Command::new("cat").arg("a").cwd("/").env("A", "b");
    command.env.remove = vec!["HOME".into()];
    command
}

proptest! {
    #[test]
    fn a_server_answers_to_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let server = PolicyServer::new(Arc::new(Policy::new(ProcessGrant::all())));
        let answer = check_answer(&server.answer(&bytes));
        prop_assert!(answer["result"]["failed"].is_string());
    }

    #[test]
    fn a_server_answers_to_requests_that_were_changed(changes in prop::collection::vec(change(), 1..4)) {
        let directory = tempfile::tempdir().unwrap();
        let nothing = server(ProcessGrant::none(), directory.path());
        let all = server(ProcessGrant::all(), directory.path());
        for [request, _] in exchange(ProcessGrant::all(), strange_command()) {
            let mut changed = request.clone();
            changes.iter().for_each(|change| apply(change, &mut changed));
            let answer = check_answer(&nothing.answer(&changed));
            prop_assert!(answer["result"].get("allowed").is_none(), "{answer}");
            // Where there are tickets to speak of.
            check_answer(&all.answer(&changed));
            check_answer(&all.answer(&request));
        }
    }

    #[test]
    fn no_bytes_are_a_yes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let server = PolicyServer::new(Arc::new(Policy::new(ProcessGrant::none())));
        let decided = answered(server, bytes.clone()).approve(Command::new("cat"));
        prop_assert!(matches!(decided, Err(Refusal::Denied(_))), "{decided:?}");
        // Also where the environment is asked for.
        let policy = Policy::remote(Arc::new(move |_: &[u8]| Ok(bytes.clone())));
        let decided = policy.approve(Command::new("cat"));
        prop_assert!(matches!(decided, Err(Refusal::Denied(_))), "{decided:?}");
    }

    #[test]
    fn no_refusal_becomes_a_yes_by_a_change(changes in prop::collection::vec(change(), 1..4)) {
        for command in [Command::new("cat"), Command::new("cat").env("LD_PRELOAD", "x")] {
            let mut answer = exchange(ProcessGrant::none(), command.clone())[1][1].clone();
            changes.iter().for_each(|change| apply(change, &mut answer));
            let server = PolicyServer::new(Arc::new(Policy::new(ProcessGrant::none())));
            let decided = answered(server, answer).approve(command);
            prop_assert!(decided.is_err());
        }
    }

    #[test]
    fn a_yes_that_was_changed_is_no_panic(changes in prop::collection::vec(change(), 1..4)) {
        let mut answer = exchange(ProcessGrant::all(), Command::new("cat"))[1][1].clone();
        changes.iter().for_each(|change| apply(change, &mut answer));
        let server = PolicyServer::new(Arc::new(Policy::new(ProcessGrant::all())));
        drop(answered(server, answer).approve(Command::new("cat")));
    }
}
