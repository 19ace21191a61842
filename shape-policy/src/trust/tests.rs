use super::*;
use crate::command::Word;
use crate::request::{EnvChanges, Request};
use crate::resolve::Resolver;
use crate::resolve::program::Program;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

/// A directory with a program `tool`, another one `other/tool`, and a store that is not there yet.
struct Setup {
    root: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("other")).unwrap();
        let setup = Self { root };
        setup.write_program("tool", "first");
        setup.write_program("other/tool", "first");
        setup
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().canonicalize().unwrap().join(name)
    }

    fn write_program(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn program(&self, name: &str) -> std::sync::Arc<Program> {
        Program::at(&self.path(name)).unwrap()
    }

    fn file(&self) -> PathBuf {
        self.path("state/trust.json")
    }

    fn open(&self) -> TrustStore {
        TrustStore::open(self.file()).unwrap()
    }

    fn content(&self) -> Value {
        serde_json::from_slice(&fs::read(self.file()).unwrap()).unwrap()
    }

    fn write(&self, content: &str) {
        fs::create_dir_all(self.path("state")).unwrap();
        fs::write(self.file(), content).unwrap();
    }

    fn grant(&self, name: &str, args: &[&str], scope: TrustScope, lifetime: Lifetime) -> NewGrant {
        let trust = Trust { scope, lifetime };
        NewGrant::command(&self.program(name), args, trust, "terminal").unwrap()
    }

    fn always(&self, name: &str, args: &[&str], scope: TrustScope) -> NewGrant {
        self.grant(name, args, scope, Lifetime::Always)
    }

    fn covers(&self, store: &TrustStore, name: &str, args: &[&str]) -> bool {
        let args: Vec<Word<'_>> = args
            .iter()
            .map(|arg| Word::Text(Cow::Borrowed(OsStr::new(*arg))))
            .collect();
        self.covering(store, name, &args).unwrap().is_some()
    }

    fn covering(
        &self,
        store: &TrustStore,
        name: &str,
        args: &[Word<'_>],
    ) -> Result<Option<(GrantId, TrustScope)>, TrustError> {
        let file = self.program(name);
        store.covering(&Asked {
            program: file.path().as_os_str(),
            file: &file,
            args,
            cwd: Path::new("/"),
            runs: &[],
            resolver: &Resolver::new(),
        })
    }
}

/// Lets the store look at its file again at once, as it does after a tenth of a second.
fn look_again(store: &TrustStore) {
    store.state().looked = None;
}

/// Looks a bare name up as a request does.
fn covers_name(store: &TrustStore, name: &str) -> bool {
    let resolver = Resolver::new();
    let request = Request {
        program: OsStr::new(name),
        args: &[],
        cwd: None,
        env: &EnvChanges::default(),
    };
    let resolved = resolver.resolve(&request).unwrap();
    let asked = Asked {
        program: request.program,
        file: resolved.program(),
        args: &[],
        cwd: Path::new("/"),
        runs: &[],
        resolver: &resolver,
    };
    store.covering(&asked).unwrap().is_some()
}

/// S-25
#[test]
fn a_new_store_is_for_the_user_alone() {
    let setup = Setup::new();
    let store = setup.open();
    assert!(!setup.file().exists());
    store
        .add(setup.always("tool", &[], TrustScope::Program))
        .unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(setup.file()), 0o600);
    assert_eq!(mode(setup.path("state")), 0o700);
}

/// S-26
#[test]
fn another_store_on_the_same_file_gives_the_same_answers() {
    let setup = Setup::new();
    let first = setup.open();
    let added = [
        first.add(setup.always("tool", &["log", "-s"], TrustScope::Exact)),
        first.add(setup.always("tool", &["status"], TrustScope::Subcommand)),
        first.add(setup.always("other/tool", &[], TrustScope::Program)),
    ];
    let mut added: Vec<Grant> = added.into_iter().map(Result::unwrap).collect();
    let second = setup.open();
    let mut found = second.grants().unwrap();
    added.sort_by(|a, b| a.id.cmp(&b.id));
    found.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(found, added);
    for store in [&first, &second] {
        assert!(setup.covers(store, "tool", &["log", "-s"]));
        assert!(!setup.covers(store, "tool", &["log"]));
        assert!(!setup.covers(store, "tool", &["log", "-s", "x"]));
        assert!(setup.covers(store, "tool", &["status", "-s"]));
        assert!(!setup.covers(store, "tool", &["-s", "status"]));
        assert!(!setup.covers(store, "tool", &[]));
        assert!(setup.covers(store, "other/tool", &["anything"]));
    }
}

/// S-27
#[test]
fn a_list_at_the_top_is_one_of_directories_as_old_files_have_it() {
    let setup = Setup::new();
    setup.write(r#"["/b", "/a"]"#);
    let store = setup.open();
    assert_eq!(store.directories().unwrap(), ["/a", "/b"]);
    assert_eq!(store.grants().unwrap(), []);
    store
        .add(setup.always("tool", &[], TrustScope::Program))
        .unwrap();
    assert_eq!(setup.content()["fs_directories"], json!(["/a", "/b"]));
    assert_eq!(setup.content()["grants"].as_array().unwrap().len(), 1);
}

/// S-28
#[test]
fn a_file_that_is_missing_or_blank_is_an_empty_store() {
    let setup = Setup::new();
    assert_eq!(setup.open().grants().unwrap(), []);
    for content in ["", " \n\t", "{}", "[]", r#"{"trusted_commands": null}"#] {
        setup.write(content);
        let store = setup.open();
        assert_eq!(store.grants().unwrap(), [], "{content:?}");
        assert!(!setup.covers(&store, "tool", &[]));
        assert_eq!(fs::read_to_string(setup.file()).unwrap(), content);
    }
}

/// S-29
#[test]
fn a_malformed_file_is_an_error_with_its_place_and_stays() {
    let setup = Setup::new();
    for (content, line, column, reason) in [
        ("{\n  \"grants\": [}", 2, 14, "expected value"),
        ("{\"trusted_commands\": \"git\"}", 1, 26, "invalid type"),
        ("\"text\"", 1, 6, "invalid type"),
        (
            "{\"grants\": [\n{\"id\": \"1\", \"program\": \"/x\", \"scope\": \"all\"}]}",
            2,
            43,
            "unknown variant",
        ),
        (
            "{\"grants\": [{\"id\": \"1\", \"program\": \"/x\"}]}",
            1,
            40,
            "missing field `scope`",
        ),
        (
            "{\"grants\": [{\"id\": \"1\", \"program\": \"/x\", \"scope\": \"program\",\n\"expires\": \"soon\"}]}",
            2,
            18,
            "is not a time",
        ),
        ("{} {}", 1, 4, "trailing characters"),
    ] {
        setup.write(content);
        let error = TrustStore::open(setup.file()).unwrap_err();
        let message = error.to_string();
        let TrustError::Malformed {
            line: at,
            column: col,
            ..
        } = error
        else {
            panic!("{message}");
        };
        assert_eq!((at, col), (line, column), "{message}");
        assert!(message.contains(reason), "{message}");
        let place = format!("{}:{line}:{column}: ", setup.file().display());
        assert!(message.starts_with(&place), "{message}");
        assert_eq!(fs::read_to_string(setup.file()).unwrap(), content);
    }
}

#[test]
fn a_file_that_becomes_malformed_covers_nothing_and_is_not_written() {
    let setup = Setup::new();
    let store = setup.open();
    let grant = setup.always("tool", &[], TrustScope::Program);
    store.add(grant.clone()).unwrap();
    assert!(setup.covers(&store, "tool", &[]));
    setup.write("{");
    look_again(&store);
    for _ in 0..2 {
        let covering = setup.covering(&store, "tool", &[]);
        assert!(matches!(covering, Err(TrustError::Malformed { .. })));
    }
    assert!(store.add(grant).is_err());
    assert!(store.revoke(&Revoke::All).is_err());
    assert_eq!(fs::read_to_string(setup.file()).unwrap(), "{");
}

/// S-30
#[test]
fn what_cannot_be_written_is_not_trusted() {
    let setup = Setup::new();
    let store = setup.open();
    store
        .add(setup.always("tool", &["old"], TrustScope::Exact))
        .unwrap();
    let before = fs::read(setup.file()).unwrap();
    // A directory in the place of the temporary file cannot be removed like one.
    let in_the_way = setup.path("state/.trust.json.tmp");
    fs::create_dir(&in_the_way).unwrap();
    let error = store
        .add(setup.always("tool", &["new"], TrustScope::Exact))
        .unwrap_err();
    assert!(error.to_string().contains(".trust.json.tmp"), "{error}");
    assert!(store.revoke(&Revoke::All).is_err());
    assert_eq!(fs::read(setup.file()).unwrap(), before);
    assert!(!setup.covers(&store, "tool", &["new"]));
    assert!(setup.covers(&store, "tool", &["old"]));
}

/// S-31
#[test]
fn two_stores_on_one_file_lose_nothing_of_each_other() {
    let setup = Setup::new();
    let (first, second) = (setup.open(), setup.open());
    first
        .add(setup.always("tool", &["1"], TrustScope::Exact))
        .unwrap();
    second
        .add(setup.always("tool", &["2"], TrustScope::Exact))
        .unwrap();
    for store in [first, second, setup.open()] {
        look_again(&store);
        assert!(setup.covers(&store, "tool", &["1"]));
        assert!(setup.covers(&store, "tool", &["2"]));
    }
}

/// S-32
#[test]
fn what_is_not_known_is_kept_at_every_level() {
    let setup = Setup::new();
    setup.write(
        r#"{"version": 7, "trusted_domains": ["b.example", "a.example"], "nested": {"z": [1.1, null], "a": {}},
            "grants": [{"note": {"x": 1}, "id": "1", "program": "/none", "scope": "program"}]}"#,
    );
    setup
        .open()
        .add(setup.always("tool", &[], TrustScope::Program))
        .unwrap();
    let content = setup.content();
    assert_eq!(content["version"], 7);
    assert_eq!(content["nested"], json!({"z": [1.1, null], "a": {}}));
    assert_eq!(content["grants"][0]["note"], json!({"x": 1}));
    assert_eq!(
        content["trusted_domains"],
        json!(["a.example", "b.example"])
    );
}

/// S-33
#[test]
fn a_directory_is_trusted_with_all_below_and_nothing_above() {
    let setup = Setup::new();
    for store in [setup.open(), TrustStore::in_memory()] {
        store.trust_directory(Path::new("/home/user")).unwrap();
        let trusts = |path: &str| store.trusts_path(Path::new(path)).unwrap();
        assert!(trusts("/home/user"));
        assert!(trusts("/home/user/p/x"));
        assert!(!trusts("/home"));
        assert!(!trusts("/home/user2"));
        assert!(!trusts("/home/user/../other"));
        assert!(!trusts("home/user"));
    }
    assert_eq!(setup.content()["fs_directories"], json!(["/home/user"]));
    let error = setup.open().trust_directory(Path::new("a")).unwrap_err();
    assert!(matches!(error, TrustError::Meaningless { .. }));
}

/// S-34
#[test]
fn the_file_is_the_same_whatever_the_order_of_writes() {
    let texts: Vec<String> = [["a", "b", "c"], ["c", "a", "b"]]
        .iter()
        .map(|order| {
            let setup = Setup::new();
            setup.write(r#"{"trusted_commands": ["z", "y", "z"]}"#);
            for arg in order {
                let store = setup.open();
                store
                    .add(setup.always("tool", &[arg], TrustScope::Exact))
                    .unwrap();
            }
            let text = fs::read_to_string(setup.file()).unwrap();
            let unsteady = ["\"id\"", "\"granted_at\"", "\"program\""];
            text.lines()
                .filter(|line| !unsteady.iter().any(|field| line.contains(field)))
                .map(|line| format!("{line}\n"))
                .collect()
        })
        .collect();
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].starts_with(
        "{\n  \"fs_directories\": [],\n  \"trusted_commands\": [\n    \"y\",\n    \"z\"\n  ],"
    ));
    assert!(texts[0].ends_with("}\n"));
}

#[test]
fn a_bare_name_means_what_the_hosts_path_has() {
    let setup = Setup::new();
    setup.write(r#"{"trusted_commands": ["sh", "tool", "./tool", ""]}"#);
    let store = setup.open();
    assert!(covers_name(&store, "sh"));
    assert!(!covers_name(&store, "env"));
    // It is called `tool`, and is not what the host has under that name.
    assert!(!setup.covers(&store, "tool", &[]));
    let ids: Vec<String> = store
        .grants()
        .unwrap()
        .iter()
        .map(|grant| grant.id.to_string())
        .collect();
    assert_eq!(
        ids,
        ["command:", "command:./tool", "command:sh", "command:tool"]
    );
}

#[test]
fn an_absolute_name_means_the_file_there() {
    let setup = Setup::new();
    setup.write(&json!({"trusted_commands": [setup.path("tool")]}).to_string());
    let store = setup.open();
    assert!(setup.covers(&store, "tool", &["x"]));
    assert!(!setup.covers(&store, "other/tool", &["x"]));
}

#[test]
fn a_grant_is_for_the_file_at_its_path_and_not_for_one_of_the_same_name() {
    let setup = Setup::new();
    let store = setup.open();
    store
        .add(setup.always("tool", &[], TrustScope::Program))
        .unwrap();
    assert!(setup.covers(&store, "tool", &[]));
    assert!(!setup.covers(&store, "other/tool", &[]));
}

#[test]
fn trust_in_a_link_is_not_trust_in_every_name_of_the_file_behind_it() {
    let setup = Setup::new();
    for name in ["ls", "rm"] {
        symlink("tool", setup.path(name)).unwrap();
    }
    let store = setup.open();
    store
        .add(setup.always("ls", &[], TrustScope::Program))
        .unwrap();
    assert!(setup.covers(&store, "ls", &["x"]));
    assert!(!setup.covers(&store, "rm", &["x"]));
    assert!(!setup.covers(&store, "tool", &["x"]));
    // `tool ls` is not `rm ls`, and `tool` with whatever follows is what it is by any name.
    store
        .add(setup.always("tool", &["ls"], TrustScope::Exact))
        .unwrap();
    assert!(!setup.covers(&store, "rm", &["ls"]));
    store
        .add(setup.always("tool", &[], TrustScope::Program))
        .unwrap();
    assert!(setup.covers(&store, "rm", &["ls"]));
}

#[test]
fn words_that_are_not_known_are_covered_by_the_whole_program_alone() {
    let setup = Setup::new();
    let store = setup.open();
    store
        .add(setup.always("tool", &["add", "x"], TrustScope::Exact))
        .unwrap();
    store
        .add(setup.always("tool", &["rm"], TrustScope::Subcommand))
        .unwrap();
    let text = |text: &'static str| Word::Text(Cow::Borrowed(OsStr::new(text)));
    let covers = |args: &[Word<'_>]| setup.covering(&store, "tool", args).unwrap().is_some();
    assert!(covers(&[text("add"), text("x")]));
    assert!(!covers(&[text("add"), Word::Unknown]));
    assert!(!covers(&[text("add"), Word::Operands]));
    assert!(!covers(&[Word::Unknown]));
    assert!(covers(&[text("rm"), Word::Unknown]));
    store
        .add(setup.always("tool", &[], TrustScope::Program))
        .unwrap();
    assert!(covers(&[Word::Unknown]));
}

#[test]
fn a_subcommand_without_arguments_in_the_file_covers_nothing() {
    let setup = Setup::new();
    let program = setup.path("tool");
    setup.write(
        &json!({"grants": [{"id": "1", "program": program, "scope": "subcommand"}]}).to_string(),
    );
    assert!(!setup.covers(&setup.open(), "tool", &["x"]));
}

#[test]
fn trust_until_the_file_changes_ends_when_it_does() {
    let setup = Setup::new();
    let store = setup.open();
    let grant = setup.grant("tool", &[], TrustScope::Program, Lifetime::File);
    store.add(grant).unwrap();
    assert!(setup.covers(&store, "tool", &[]));
    setup.write_program("tool", "other");
    assert!(!setup.covers(&store, "tool", &[]));
    setup.write_program("tool", "first");
    assert!(setup.covers(&store, "tool", &[]));
    assert!(!setup.covers(&store, "other/tool", &[]));

    // Trust in the next version takes the place of that in this one.
    setup.write_program("tool", "other");
    let grant = setup.grant("tool", &[], TrustScope::Program, Lifetime::File);
    store.add(grant).unwrap();
    assert!(setup.covers(&store, "tool", &[]));
    assert_eq!(store.grants().unwrap().len(), 1);
}

#[test]
fn an_error_shows_nothing_that_a_terminal_obeys() {
    let setup = Setup::new();
    let scope = format!("\\u001b[2K\\u202e{}", "x".repeat(1000));
    setup.write(&format!(
        r#"{{"grants": [{{"id": "1", "program": "/x", "scope": "{scope}"}}]}}"#
    ));
    let message = TrustStore::open(setup.file()).unwrap_err().to_string();
    assert!(message.contains(r"\u{1b}[2K\u{202e}xxx"), "{message}");
    assert!(message.len() < 500, "{message}");
}

#[test]
fn a_file_that_changed_since_it_was_looked_at_is_not_trusted() {
    let setup = Setup::new();
    let program = setup.program("tool");
    fs::remove_file(setup.path("tool")).unwrap();
    setup.write_program("tool", "swapped");
    let trust = Trust {
        scope: TrustScope::Program,
        lifetime: Lifetime::File,
    };
    let error = NewGrant::command(&program, &[""; 0], trust, "cli").unwrap_err();
    assert!(error.to_string().contains("changed"), "{error}");
}

#[test]
fn trust_for_an_hour_ends_and_is_dropped_from_the_file() {
    let setup = Setup::new();
    let store = setup.open();
    let hour = setup.grant("tool", &[], TrustScope::Program, Lifetime::Hour);
    let end = hour.grant.expires.unwrap();
    let left = end.duration_since(Timestamp::now()).as_secs();
    assert!((3590..=3600).contains(&left), "{left}");
    store.add(hour.clone()).unwrap();
    assert!(setup.covers(&store, "tool", &[]));
    store.revoke(&Revoke::All).unwrap();

    store.add(hour.until(Timestamp::now())).unwrap();
    assert!(!setup.covers(&store, "tool", &[]));
    assert_eq!(store.grants().unwrap(), []);
    assert_eq!(setup.content()["grants"].as_array().unwrap().len(), 1);
    store
        .add(setup.always("other/tool", &[], TrustScope::Program))
        .unwrap();
    assert_eq!(setup.content()["grants"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_trust_twice_is_one_grant_that_ends_with_the_later() {
    let setup = Setup::new();
    let store = setup.open();
    for (store, lifetimes) in [
        (&store, [Lifetime::Hour, Lifetime::Always]),
        (&TrustStore::in_memory(), [Lifetime::Hour, Lifetime::Always]),
    ] {
        let [first, second, third] = [lifetimes[0], lifetimes[1], lifetimes[0]].map(|lifetime| {
            store
                .add(setup.grant("tool", &["x"], TrustScope::Exact, lifetime))
                .unwrap()
        });
        assert!(first.id == second.id && second.id == third.id);
        assert_eq!((second.expires, third.expires), (None, None));
        assert_eq!(store.grants().unwrap().len(), 1);
    }
}

#[test]
fn trust_for_the_run_is_written_nowhere() {
    let setup = Setup::new();
    let store = setup.open();
    let grant = store
        .add(setup.grant("tool", &[], TrustScope::Program, Lifetime::Run))
        .unwrap();
    assert!(setup.covers(&store, "tool", &[]));
    assert!(!setup.covers(&setup.open(), "tool", &[]));
    assert!(!setup.file().exists());
    assert_eq!(store.grants().unwrap(), std::slice::from_ref(&grant));
    let revoked = store.revoke(&Revoke::Id(grant.id.to_string())).unwrap();
    assert_eq!(revoked, [grant]);
    assert!(!setup.covers(&store, "tool", &[]));
}

#[test]
fn trust_is_revoked_by_id_by_program_and_all_at_once() {
    let setup = Setup::new();
    setup.write(r#"{"trusted_commands": ["tool", "git"], "fs_directories": ["/d"]}"#);
    let store = setup.open();
    let add = |name: &str, arg: &str| {
        let grant = setup.always(name, &[arg], TrustScope::Exact);
        store.add(grant).unwrap().id.to_string()
    };
    let (first, _, third) = (add("tool", "1"), add("tool", "2"), add("other/tool", "3"));
    let revoke = |what: &Revoke| -> Vec<String> {
        let revoked = store.revoke(what).unwrap();
        revoked
            .into_iter()
            .map(|grant| grant.id.to_string())
            .collect()
    };
    let before = fs::read(setup.file()).unwrap();
    assert!(revoke(&Revoke::Id("nothing".into())).is_empty());
    assert_eq!(fs::read(setup.file()).unwrap(), before);
    assert_eq!(revoke(&Revoke::Id(first.clone())), [first]);
    assert!(!setup.covers(&store, "tool", &["1"]));
    let path = setup.path("other/tool").into_os_string().into_string();
    assert_eq!(revoke(&Revoke::Program(path.unwrap())), [third]);
    assert!(setup.covers(&store, "tool", &["2"]));
    let by_name = revoke(&Revoke::Program("tool".into()));
    assert_eq!((by_name.len(), by_name[0].as_str()), (2, "command:tool"));
    assert_eq!(revoke(&Revoke::Id("command:git".into())), ["command:git"]);
    add("tool", "4");
    assert_eq!(revoke(&Revoke::All).len(), 1);
    assert_eq!(store.grants().unwrap(), []);
    assert_eq!(store.directories().unwrap(), ["/d"]);
}

#[test]
fn what_another_process_revokes_is_noticed() {
    let setup = Setup::new();
    let store = setup.open();
    store
        .add(setup.always("tool", &[], TrustScope::Program))
        .unwrap();
    assert!(setup.covers(&store, "tool", &[]));
    setup.open().revoke(&Revoke::All).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while setup.covers(&store, "tool", &[]) {
        assert!(std::time::Instant::now() < deadline);
    }
    fs::remove_file(setup.file()).unwrap();
    look_again(&store);
    assert!(!setup.covers(&store, "tool", &[]));
}

#[test]
fn a_file_of_rules_is_trusted_by_what_it_holds() {
    let setup = Setup::new();
    let store = setup.open();
    let digest = Digest::of(b"rules");
    let new = NewGrant::rules_file(&setup.path("rules.toml"), digest, "cli").unwrap();
    store.add(new).unwrap();
    assert!(store.trusts_file(&digest).unwrap());
    assert!(!store.trusts_file(&Digest::of(b"other rules")).unwrap());
    let program = setup.path("rules.toml").into_os_string().into_string();
    store.revoke(&Revoke::Program(program.unwrap())).unwrap();
    assert!(!store.trusts_file(&digest).unwrap());
}

#[test]
fn trust_that_means_nothing_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let setup = Setup::new();
    let program = setup.program("tool");
    let command = |args: &[&OsStr], scope| {
        let trust = Trust {
            scope,
            lifetime: Lifetime::Always,
        };
        NewGrant::command(&program, args, trust, "cli").map(|_| ())
    };
    let not_text = OsStr::from_bytes(b"\xff");
    assert!(command(&[], TrustScope::Subcommand).is_err());
    assert!(command(&[], TrustScope::File).is_err());
    let error = command(&[not_text], TrustScope::Exact).unwrap_err();
    assert!(error.to_string().contains("UTF-8"), "{error}");
    assert_eq!(command(&[not_text], TrustScope::Program), Ok(()));
    assert_eq!(
        NewGrant::subcommand(&["status", "-s"]),
        Some(&["status"][..])
    );
    assert_eq!(NewGrant::subcommand(&["-C", "x"]), None);
    assert_eq!(NewGrant::subcommand(&[""; 0]), None);
}

#[test]
fn the_file_is_what_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schema/trust.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let setup = Setup::new();
    setup.write(r#"{"trusted_commands": ["git"], "trusted_domains": ["a.example"], "new": 1}"#);
    assert!(schema.is_valid(&setup.content()));
    let store = setup.open();
    store
        .add(setup.grant("tool", &[], TrustScope::Program, Lifetime::File))
        .unwrap();
    store
        .add(setup.grant("tool", &["x"], TrustScope::Subcommand, Lifetime::Hour))
        .unwrap();
    store
        .add(setup.always("tool", &["x"], TrustScope::Exact))
        .unwrap();
    store
        .add(NewGrant::rules_file(&setup.path("r"), Digest::of(b""), "cli").unwrap())
        .unwrap();
    let content = setup.content();
    assert_eq!(content["grants"].as_array().unwrap().len(), 4);
    let errors: Vec<String> = schema
        .iter_errors(&content)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    for wrong in [
        json!({"grants": [{"id": "1", "program": "/x", "scope": "all"}]}),
        json!({"grants": [{"id": "1", "program": "/x"}]}),
        json!({"trusted_commands": "git"}),
        json!([1]),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

/// Any JSON.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((a_key(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn a_key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{1,6}",
        Just("grants".to_owned()),
        Just("trusted_commands".to_owned()),
        Just("fs_directories".to_owned()),
        Just("id".to_owned()),
        Just("scope".to_owned()),
        Just("program".to_owned()),
        Just("expires".to_owned()),
        Just("pending".to_owned()),
    ]
}

proptest! {
    #[test]
    fn fields_that_are_not_known_come_back_as_they_were(
        top in prop::collection::vec(("x[a-z]{0,5}", any_json()), 0..4),
        inner in prop::collection::vec(("x[a-z]{0,5}", any_json()), 0..4),
        commands in prop::collection::btree_set(".*", 0..4),
    ) {
        let mut grant = json!({"id": "1", "program": "/p", "args": ["a"], "scope": "exact"});
        grant.as_object_mut().unwrap().extend(inner);
        let commands: Vec<String> = commands.into_iter().collect();
        let mut all = json!({"fs_directories": [], "trusted_commands": commands, "grants": [grant]});
        all.as_object_mut().unwrap().extend(top);
        let path = Path::new("trust.json");
        let mut document = Document::parse(Some(all.to_string().as_bytes()), path).unwrap();
        let printed = document.print(path).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Value>(&printed).unwrap(), all);
        let again = Document::parse(Some(&printed), path).unwrap().print(path).unwrap();
        prop_assert_eq!(again, printed);
    }

    #[test]
    fn no_json_makes_it_panic(json in any_json()) {
        let path = Path::new("trust.json");
        if let Ok(mut document) = Document::parse(Some(json.to_string().as_bytes()), path) {
            prop_assert!(document.print(path).is_ok());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Document::parse(Some(&bytes), Path::new("trust.json"));
    }
}
