//! Tests of questions that say more than a request, and of what can be trusted, on a terminal and at a
//! socket.

use crate::ask::question::Details;
use crate::ask::{Answer, Approver, Broker, Question, TerminalApprover};
use crate::request::{EnvChanges, Request};
use crate::resolve::Resolver;
use crate::trust::{Lifetime, Trust, TrustScope};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::thread;

const ALL: &[TrustScope] = &[
    TrustScope::Program,
    TrustScope::Subcommand,
    TrustScope::Exact,
];

/// Calls `with` a question about `sh` with `args`.
fn question<R>(args: &[&str], details: Details, with: impl FnOnce(&Question<'_>) -> R) -> R {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let env = EnvChanges::default();
    let request = Request {
        program: OsStr::new("sh"),
        args: &args,
        cwd: None,
        env: &env,
    };
    let resolved = Resolver::new().resolve(&request).unwrap();
    with(&Question::new(&request, &resolved).with(details))
}

fn offering(scopes: &[TrustScope]) -> Details {
    Details {
        scopes: scopes.to_vec(),
        ..Details::default()
    }
}

fn trust(scope: TrustScope, lifetime: Lifetime) -> Answer {
    Answer::Trust(Trust { scope, lifetime })
}

/// What is shown, and what is made of `said` on a terminal.
fn on_terminal(question: &Question<'_>, said: &str) -> (String, Answer) {
    let mut person = File::from(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let program = rustix::fs::open(name, flags, Mode::empty()).unwrap();
    thread::scope(|scope| {
        let asking = scope.spawn(|| TerminalApprover::on(program).ask(question, None));
        let mut shown = String::new();
        while !shown.ends_with("no] ") {
            let mut byte = [0];
            person.read_exact(&mut byte).unwrap();
            shown.push(char::from(byte[0]));
        }
        person.write_all(said.as_bytes()).unwrap();
        (shown, asking.join().unwrap())
    })
}

#[test]
fn the_terminal_offers_the_ladder() {
    question(&["-c", "true"], offering(ALL), |question| {
        let (shown, answer) = on_terminal(question, "Trust EXACT hour\n");
        assert_eq!(answer, trust(TrustScope::Exact, Lifetime::Hour));
        assert!(shown.contains("trust [program|subcommand|exact] [always|hour|run|file]"));
        assert!(shown.ends_with("\r\n[yes/trust/no] "), "{shown}");
        for (said, expected) in [
            ("trust\n", trust(TrustScope::Program, Lifetime::Always)),
            ("trust run\n", trust(TrustScope::Program, Lifetime::Run)),
            (
                "trust file subcommand\n",
                trust(TrustScope::Subcommand, Lifetime::File),
            ),
            ("yes\n", Answer::Yes),
            ("no\n", Answer::No),
            ("trust me\n", Answer::No),
            ("trust exact exact\n", Answer::No),
            ("yes exact\n", Answer::No),
            ("\x04", Answer::No),
        ] {
            assert_eq!(on_terminal(question, said).1, expected, "{said:?}");
        }
    });
}

#[test]
fn only_what_is_offered_is_shown_and_taken() {
    question(&["-c", "$x"], offering(&[TrustScope::Exact]), |question| {
        let (shown, answer) = on_terminal(question, "trust program\n");
        assert_eq!(answer, Answer::No);
        assert!(shown.contains("trust [exact]") && !shown.contains("subcommand"));
    });
    question(&[], offering(&[]), |question| {
        let (shown, answer) = on_terminal(question, "trust\n");
        assert_eq!(answer, Answer::No);
        assert!(!shown.contains("trust"), "{shown}");
    });
}

#[test]
fn what_is_not_shown_cannot_be_trusted() {
    question(&["-c", &"x".repeat(3_000)], offering(ALL), |question| {
        let (shown, answer) = on_terminal(question, "trust\n");
        assert_eq!(answer, Answer::No);
        assert!(!shown.contains("trust"), "{shown}");
        assert_eq!(on_terminal(question, "yes\n").1, Answer::No);
        assert_eq!(on_terminal(question, "yes unseen\n").1, Answer::Yes);
    });
}

#[test]
fn the_rule_and_what_runs_inside_are_shown() {
    let details = Details {
        runs: vec![
            r#""rm" "-rf" "x""#.to_owned(),
            "\"a\"\u{1b}[2K\u{202e}\n".to_owned(),
        ],
        reason: Some("it removes\n  rule       \"none\"".to_owned()),
        rule: Some("removal (rules.toml:3)".to_owned()),
        ..Details::default()
    };
    question(&[], details, |question| {
        let shown = question.to_string();
        assert!(
            shown.contains("\n  runs       \"rm\" \"-rf\" \"x\"\n"),
            "{shown}"
        );
        assert!(
            shown.contains(r#"runs       "a"\u{1b}[2K\u{202e}\n"#),
            "{shown}"
        );
        assert!(
            shown.contains(r#"reason     "it removes\n  rule       \"none\"""#),
            "{shown}"
        );
        assert!(
            shown.ends_with("\n  rule       \"removal (rules.toml:3)\""),
            "{shown}"
        );
        assert!(!question.is_cut());
    });
}

#[test]
fn commands_inside_that_have_no_room_are_counted() {
    let details = |runs: Vec<String>| Details {
        runs,
        ..offering(ALL)
    };
    question(&[], details(vec!["\"a\"".to_owned(); 66]), |question| {
        assert!(question.is_cut());
        let shown = question.to_string();
        assert!(shown.ends_with("\n  6 BYTES ARE NOT SHOWN; 2 COMMANDS ARE NOT SHOWN AT ALL"));
    });
    question(&[], details(vec!["ä".repeat(1_025)]), |question| {
        assert!(question.to_string().ends_with("\n  2 BYTES ARE NOT SHOWN"));
    });
}

/// What is made of the `reply` of a broker, in which `ID` stands for the question's id.
fn from_broker(question: &Question<'_>, reply: &str) -> (serde_json::Value, Answer) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("broker");
    let listener = UnixListener::bind(&path).unwrap();
    thread::scope(|scope| {
        let asking = scope.spawn(|| Broker::new(&path).ask(question, None));
        let (mut connection, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&connection).read_line(&mut line).unwrap();
        let asked: serde_json::Value = serde_json::from_str(&line).unwrap();
        let reply = reply.replace("ID", asked["id"].as_str().unwrap());
        connection
            .write_all(format!("{reply}\n").as_bytes())
            .unwrap();
        (asked, asking.join().unwrap())
    })
}

#[test]
fn a_broker_can_trust_what_is_offered() {
    let details = Details {
        id: Some("q-7".to_owned()),
        runs: vec!["\"rm\"".to_owned()],
        rule: Some("removal".to_owned()),
        ..offering(&ALL[1..])
    };
    question(&["-c", &"x".repeat(3_000)], details, |question| {
        let (asked, answer) = from_broker(question, r#"{"id":"q-7","answer":"trust"}"#);
        assert_eq!(answer, trust(TrustScope::Subcommand, Lifetime::Always));
        assert_eq!(asked["options"], serde_json::json!(["yes", "trust", "no"]));
        assert_eq!(asked["scopes"], serde_json::json!(["subcommand", "exact"]));
        assert_eq!(asked["layers"], serde_json::json!(["\"rm\""]));
        assert_eq!(
            (&asked["rule"], &asked["reason"]),
            (&"removal".into(), &().into())
        );
        for (rest, expected) in [
            (
                r#""answer":"trust","scope":"exact","lifetime":"run""#,
                trust(TrustScope::Exact, Lifetime::Run),
            ),
            (r#""answer":"trust","scope":"program""#, Answer::No),
            (r#""answer":"trust","scope":"hour""#, Answer::No),
            (r#""answer":"trust exact","scope":"subcommand""#, Answer::No),
            (r#""answer":"trust","lifetime":"ever""#, Answer::No),
            (r#""answer":"yes","lifetime":"run""#, Answer::No),
            (r#""answer":"yes""#, Answer::Yes),
        ] {
            let answer = from_broker(question, &format!("{{\"id\":\"ID\",{rest}}}")).1;
            assert_eq!(answer, expected, "{rest}");
        }
    });
}
