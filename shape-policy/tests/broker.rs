//! Asking a broker, which is a thread of the test that listens at a socket.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use serde_json::{Value, json};
use shape_policy::{
    Answer, Approver, Broker, CancelToken, DenialReason, EnvChanges, Policy, ProcessGrant,
    Question, Refusal,
};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// Keeps what was answered; the policy tells only what came of it.
struct Kept {
    broker: Broker,
    cancel: Option<CancelToken>,
    answer: Mutex<Option<Answer>>,
}

impl Approver for Kept {
    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        let cancel = self.cancel.as_ref().or(cancel);
        let answer = self.broker.ask(question, cancel);
        *self.answer.lock().unwrap() = Some(answer);
        answer
    }
}

/// What `broker` answers to a question about `command`.
fn ask(broker: Broker, cancel: Option<CancelToken>, command: Command) -> Answer {
    let kept = Arc::new(Kept {
        broker,
        cancel,
        answer: Mutex::default(),
    });
    let approved = Policy::asking(ProcessGrant::none(), kept.clone()).approve(command);
    let answer = kept.answer.lock().unwrap().unwrap();
    match approved {
        Ok(_) => assert_eq!(answer, Answer::Yes),
        Err(Refusal::Denied(denial)) => {
            let is_nobody = matches!(denial.reason(), DenialReason::NobodyToAsk(_));
            assert_eq!(is_nobody, answer == Answer::Nobody);
        }
        Err(other) => panic!("{other}"),
    }
    answer
}

struct Socket {
    _directory: tempfile::TempDir,
    path: PathBuf,
    listener: UnixListener,
}

fn socket() -> Socket {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("broker");
    Socket {
        listener: UnixListener::bind(&path).unwrap(),
        _directory: directory,
        path,
    }
}

/// What is made of it if the broker answers `reply` to the question that it was asked.
fn answered(command: Command, reply: impl Fn(&Value) -> Vec<u8> + Sync) -> (Answer, Value) {
    let socket = socket();
    thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let (mut connection, _) = socket.listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(&connection).read_line(&mut line).unwrap();
            let question: Value = serde_json::from_str(&line).unwrap();
            // A broker that says too much is not listened to until the end.
            let _ = connection.write_all(&reply(&question));
            question
        });
        let answer = ask(Broker::new(&socket.path), None, command);
        (answer, asked.join().unwrap())
    })
}

fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

#[track_caller]
fn check(reply: impl Fn(&Value) -> Vec<u8> + Sync, expected: Answer) {
    let (answer, question) = answered(Command::new("sh").arg("-c"), reply);
    assert_eq!(answer, expected, "{question}");
}

/// The schema of a line; `kind` is `question` or `answer`.
fn schema(kind: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/broker.schema.json");
    let mut schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let whole = schema.as_object_mut().unwrap();
    whole.remove("oneOf").unwrap();
    whole.insert("$ref".to_owned(), json!(format!("#/$defs/{kind}")));
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn a_yes_and_a_no_are_understood() {
    let say = |word: &'static str| {
        move |question: &Value| line(&json!({ "id": question["id"], "answer": word }))
    };
    check(say("yes"), Answer::Yes);
    check(say(" YES "), Answer::Yes);
    for no in ["no", "y", "", "yes yes", "trust me", "yes unseen"] {
        check(say(no), Answer::No);
    }
}

#[test]
fn what_is_not_the_answer_to_the_question_is_a_no() {
    let with = |change: fn(&mut Value)| {
        move |question: &Value| {
            let mut answer = json!({ "id": question["id"], "answer": "yes" });
            change(&mut answer);
            line(&answer)
        }
    };
    check(with(|_| {}), Answer::Yes);
    check(with(|answer| answer["id"] = json!("q-0")), Answer::No);
    check(with(|answer| answer["answer"] = json!(true)), Answer::No);
    check(with(|answer| answer["scope"] = json!("exact")), Answer::No);
    check(with(|answer| answer["only_if"] = json!("x")), Answer::No);
    check(|_| b"yes\n".to_vec(), Answer::No);
    check(|_| b"\n".to_vec(), Answer::No);
    check(|_| Vec::new(), Answer::No);
    check(|_| vec![0xff; 100], Answer::No);
    // The same name twice: one reader could see the one, and another the other.
    let twice = |question: &Value| {
        let id = &question["id"];
        format!("{{\"id\":{id},\"answer\":\"no\",\"answer\":\"yes\"}}\n").into_bytes()
    };
    check(twice, Answer::No);
    // Without the end of the line it may be half of something else.
    let unended = |question: &Value| {
        json!({ "id": question["id"], "answer": "yes" })
            .to_string()
            .into_bytes()
    };
    check(unended, Answer::No);
}

#[test]
fn an_answer_may_be_long_but_not_too_long() {
    let padded = |blanks: usize| {
        move |question: &Value| {
            let answer = json!({ "id": question["id"], "answer": "yes" });
            format!("{}{answer}\n", " ".repeat(blanks)).into_bytes()
        }
    };
    check(padded(60_000), Answer::Yes);
    check(padded(64 * 1024), Answer::No);
    check(padded(1024 * 1024), Answer::No);
}

#[test]
fn a_question_says_all_and_is_as_described() {
    let mut command = Command::new("sh")
        .cwd("/")
        .arg("x".repeat(1_000_000))
        .arg(OsString::from_vec(vec![b'a', 0xff]));
    command.env = EnvChanges {
        clear: false,
        remove: vec!["PATH".into()],
        set: vec![("TOKEN_OF_TEST".into(), "a secret".into())],
    };
    command.program = common::host_cat().into();
    let (answer, question) = answered(command, |question| {
        line(&json!({ "id": question["id"], "answer": "yes" }))
    });
    assert_eq!(answer, Answer::Yes);
    assert!(schema("question").is_valid(&question), "{question:.400}");
    assert_eq!(question["v"], 1);
    assert_eq!(question["args"][0].as_str().unwrap().len(), 1_000_000);
    assert_eq!(question["args"][1], json!({ "bytes": [97, 255] }));
    assert_eq!(question["cwd"], "/");
    assert_eq!(question["variables"], json!(["TOKEN_OF_TEST"]));
    assert_eq!(question["removed_variables"], json!(["PATH"]));
    assert_eq!(question["path"], json!(common::host_cat()));
    assert_eq!(question["options"], json!(["yes", "no"]));
    assert!(!question.to_string().contains("a secret"));
}

#[test]
fn the_schema_tells_answers_from_what_is_none() {
    let schema = schema("answer");
    for answer in [
        json!({ "id": "q-1", "answer": "yes" }),
        json!({ "id": "q-1", "answer": "no" }),
        json!({ "id": "q-1", "answer": "trust", "scope": "exact", "lifetime": "hour" }),
    ] {
        assert!(schema.is_valid(&answer), "{answer}");
    }
    for other in [
        json!({ "answer": "yes" }),
        json!({ "id": "q-1", "answer": "maybe" }),
        json!({ "id": "q-1", "answer": "yes", "scope": "exact" }),
        json!({ "id": "q-1", "answer": "trust", "scope": "file" }),
        json!({ "id": "q-1", "answer": "trust", "for": "ever" }),
    ] {
        assert!(!schema.is_valid(&other), "{other}");
    }
}

#[test]
fn where_nobody_listens_there_is_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| Broker::new(directory.path().join(name));
    let command = || Command::new("sh");
    assert_eq!(ask(at("missing"), None, command()), Answer::Nobody);
    fs::write(directory.path().join("file"), "").unwrap();
    assert_eq!(ask(at("file"), None, command()), Answer::Nobody);
    drop(UnixListener::bind(directory.path().join("left")).unwrap());
    assert_eq!(ask(at("left"), None, command()), Answer::Nobody);
}

#[test]
fn a_socket_of_another_user_is_not_asked() {
    let socket = socket();
    // Only root can give a file away; for others there is nothing to try.
    if std::os::unix::fs::chown(&socket.path, Some(12_345), None).is_ok() {
        let broker = Broker::new(&socket.path);
        assert_eq!(ask(broker, None, Command::new("sh")), Answer::Nobody);
        socket.listener.set_nonblocking(true).unwrap();
        assert!(socket.listener.accept().is_err(), "nobody connected");
    }
}

#[test]
fn a_broker_that_says_nothing_is_not_waited_for() {
    let socket = socket();
    let broker = Broker::new(&socket.path).time_limit(Duration::from_millis(50));
    assert_eq!(ask(broker, None, Command::new("sh")), Answer::No);
}

#[test]
fn an_open_question_can_be_cancelled() {
    let socket = socket();
    let token = CancelToken::new().unwrap();
    thread::scope(|scope| {
        let (broker, cancel) = (Broker::new(&socket.path), token.clone());
        let answer = scope.spawn(move || ask(broker, Some(cancel), Command::new("sh")));
        let (connection, _) = socket.listener.accept().unwrap();
        let mut lines = BufReader::new(&connection);
        lines.read_line(&mut String::new()).unwrap();
        token.cancel();
        assert_eq!(answer.join().unwrap(), Answer::No);
        // The broker sees that nobody waits any more.
        assert_eq!(lines.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn questions_of_several_threads_each_get_their_own_answer() {
    let socket = socket();
    let policy = Policy::asking(ProcessGrant::none(), Arc::new(Broker::new(&socket.path)));
    let directory = tempfile::tempdir().unwrap();
    let (done, is_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut open: Vec<(UnixStream, Value)> = (0..8)
                .map(|_| {
                    let (connection, _) = socket.listener.accept().unwrap();
                    let mut line = String::new();
                    BufReader::new(&connection).read_line(&mut line).unwrap();
                    (connection, serde_json::from_str(&line).unwrap())
                })
                .collect();
            // The last one first.
            while let Some((mut connection, question)) = open.pop() {
                let program = question["program"].as_str().unwrap();
                let answer = if program.ends_with(['0', '2', '4', '6']) {
                    "no"
                } else {
                    "yes"
                };
                let answer = json!({ "id": question["id"], "answer": answer });
                connection.write_all(&line(&answer)).unwrap();
            }
            drop(done);
        });
        // About one program there is one question at a time.
        let asking: Vec<_> = (0..8)
            .map(|number| {
                let program = common::script(directory.path(), &format!("p{number}"), 0o755);
                let policy = &policy;
                scope.spawn(move || policy.approve(Command::new(program)).is_ok())
            })
            .collect();
        for (number, asked) in asking.into_iter().enumerate() {
            assert_eq!(asked.join().unwrap(), number % 2 == 1);
        }
        assert!(is_done.recv().is_err());
    });
}
