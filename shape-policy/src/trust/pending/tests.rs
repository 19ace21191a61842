use super::super::Lifetime;
use super::*;
use crate::command::Word;
use crate::resolve::Resolver;
use crate::trust::Asked;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;

struct Setup {
    root: tempfile::TempDir,
    pending: Pending,
    store: TrustStore,
}

impl Setup {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let tool = root.path().join("tool");
        fs::write(&tool, "").unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            pending: Pending::new(root.path().join("pending.json")),
            store: TrustStore::open(root.path().join("trust.json")).unwrap(),
            root,
        }
    }

    fn program(&self) -> std::sync::Arc<Program> {
        Program::at(&self.root.path().join("tool")).unwrap()
    }

    fn leave(&self, args: &[&str]) -> String {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        self.leave_os(&args)
    }

    fn leave_os(&self, args: &[OsString]) -> String {
        self.pending
            .leave(&self.program(), args, Path::new("/"), "nobody to ask")
            .unwrap()
    }

    fn approve(&self, id: &str, scope: TrustScope) -> Result<Grant, TrustError> {
        let trust = Trust {
            scope,
            lifetime: Lifetime::Always,
        };
        self.pending.approve(id, trust, &self.store, "pending")
    }

    fn covers(&self, args: &[&str]) -> bool {
        let args: Vec<Word<'_>> = args
            .iter()
            .map(|arg| Word::Text(Cow::Borrowed(OsStr::new(*arg))))
            .collect();
        let file = self.program();
        let asked = Asked {
            program: OsStr::new("tool"),
            file: &file,
            args: &args,
            cwd: Path::new("/"),
            runs: &[],
            resolver: &Resolver::new(),
        };
        self.store.covering(&asked).unwrap().is_some()
    }
}

#[test]
fn a_question_is_left_and_approved() {
    let setup = Setup::new();
    assert_eq!(setup.pending.list().unwrap(), []);
    let exact = setup.leave(&["push", "origin"]);
    let subcommand = setup.leave(&["status", "-s"]);
    let questions = setup.pending.list().unwrap();
    assert_eq!(questions.len(), 2);
    assert_eq!(questions[0].id, exact);
    assert_eq!(Path::new(&questions[0].program), setup.program().entry());
    assert_eq!(questions[0].args, ["push", "origin"]);
    assert_eq!(questions[0].cwd, "/");
    assert_eq!(questions[0].reason, "nobody to ask");
    assert_eq!(questions[0].incomplete, None);

    let grant = setup.approve(&exact, TrustScope::Exact).unwrap();
    assert_eq!(grant.granted_by.as_deref(), Some("pending"));
    assert!(setup.covers(&["push", "origin"]) && !setup.covers(&["push"]));
    setup.approve(&subcommand, TrustScope::Subcommand).unwrap();
    assert!(setup.covers(&["status"]) && !setup.covers(&["commit"]));
    assert_eq!(setup.pending.list().unwrap(), []);
    assert!(matches!(
        setup.approve(&exact, TrustScope::Exact),
        Err(TrustError::NoSuchQuestion { .. })
    ));
}

#[test]
fn the_same_question_again_is_the_same_one() {
    let setup = Setup::new();
    let first = setup.leave(&["x"]);
    let content = fs::read(setup.pending.path()).unwrap();
    assert_eq!(setup.leave(&["x"]), first);
    assert_eq!(fs::read(setup.pending.path()).unwrap(), content);
    assert_ne!(setup.leave(&["y"]), first);
    assert_eq!(setup.pending.list().unwrap().len(), 2);
}

#[test]
fn of_too_many_questions_the_oldest_are_dropped() {
    let setup = Setup::new();
    let ids: Vec<String> = (0..KEPT + 5)
        .map(|number| setup.leave(&[&number.to_string()]))
        .collect();
    let kept: Vec<String> = setup
        .pending
        .list()
        .unwrap()
        .into_iter()
        .map(|question| question.id)
        .collect();
    assert_eq!(kept, ids[5..]);
}

#[test]
fn what_is_not_whole_can_be_read_and_not_approved() {
    let setup = Setup::new();
    let long = "ä".repeat(ARGUMENTS);
    let not_text = OsString::from_vec(b"a\xff".to_vec());
    for args in [
        vec![OsString::from("x"), long.clone().into()],
        vec![OsString::new(); 2 * ARGUMENTS],
        vec![not_text],
    ] {
        let id = setup.leave_os(&args);
        let questions = setup.pending.list().unwrap();
        let question = questions.last().unwrap();
        let length: usize = question.args.iter().map(String::len).sum();
        assert!(length <= ARGUMENTS && question.args.len() <= ARGUMENTS);
        assert!(question.incomplete.is_some());
        for scope in [TrustScope::Program, TrustScope::Exact] {
            let error = setup.approve(&id, scope).unwrap_err();
            assert!(error.to_string().contains("whole command"), "{error}");
        }
    }
    let whole = "x".repeat(ARGUMENTS);
    let id = setup.leave(&[&whole]);
    setup.approve(&id, TrustScope::Exact).unwrap();
    assert!(setup.covers(&[&whole]));
}

#[test]
fn what_cannot_be_trusted_stays_a_question() {
    let setup = Setup::new();
    let id = setup.leave(&["-C", "x"]);
    for scope in [TrustScope::Subcommand, TrustScope::File] {
        let error = setup.approve(&id, scope).unwrap_err();
        assert!(matches!(error, TrustError::Meaningless { .. }), "{error}");
    }
    fs::remove_file(setup.root.path().join("tool")).unwrap();
    let error = setup.approve(&id, TrustScope::Exact).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    assert_eq!(setup.pending.list().unwrap().len(), 1);
    assert_eq!(setup.store.grants().unwrap(), []);
    assert_eq!(setup.pending.dismiss(&id).unwrap().unwrap().id, id);
    assert_eq!(setup.pending.dismiss(&id).unwrap(), None);
}

#[test]
fn a_malformed_file_is_an_error_and_stays() {
    let setup = Setup::new();
    fs::write(setup.pending.path(), "{\"pending\": [\n{\"id\": 1}]}").unwrap();
    let error = setup.pending.list().unwrap_err().to_string();
    assert!(error.contains("pending.json:2:8: "), "{error}");
    let left = setup
        .pending
        .leave(&setup.program(), &[], Path::new("/"), "");
    assert!(left.is_err());
    let content = fs::read_to_string(setup.pending.path()).unwrap();
    assert_eq!(content, "{\"pending\": [\n{\"id\": 1}]}");
}

#[test]
fn the_file_is_what_its_schema_says_and_keeps_what_is_not_known() {
    let text = include_str!("../../../schema/pending.schema.json");
    let schema = serde_json::from_str(text).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let setup = Setup::new();
    fs::write(
        setup.pending.path(),
        r#"{"new": [1], "pending": [{"id": "1", "program": "/p", "args": [], "cwd": "/", "reason": "", "new": 2}]}"#,
    )
    .unwrap();
    setup.leave(&["x"]);
    setup.leave(&[&"x".repeat(2 * ARGUMENTS)]);
    let content: Value = serde_json::from_slice(&fs::read(setup.pending.path()).unwrap()).unwrap();
    assert_eq!(content["pending"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&content["new"], &content["pending"][0]["new"]),
        (&Value::from(vec![1]), &Value::from(2))
    );
    let errors: Vec<String> = schema
        .iter_errors(&content)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    let wrong: Value = serde_json::json!({"pending": [{"id": "1"}]});
    assert!(!schema.is_valid(&wrong));
}
