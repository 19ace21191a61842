//! Who may run what.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{Command, host_cat, script};
use shape_policy::{
    Answer, Approver, Ask, CancelToken, Denial, DenialReason, Ground, PatternError, Policy,
    ProcessGrant, Programs, Question, Quoted, Refusal, Request,
};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::{Arc, Mutex};

/// The grant of `--allow-process=… --deny-process=…`, without a flag if empty.
fn grant(allow: &str, deny: &str) -> ProcessGrant {
    let programs = |list: &str| match list {
        "" => Programs::default(),
        "*" => Programs::All,
        list => list.parse().unwrap(),
    };
    ProcessGrant::none()
        .allow_programs(programs(allow))
        .deny_programs(programs(deny))
}

fn decide(allow: &str, deny: &str, command: Command) -> Result<(), Denial> {
    match Policy::new(grant(allow, deny)).approve(command) {
        Ok(_) => Ok(()),
        Err(Refusal::Denied(denial)) => Err(denial),
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn check_allowed(allow: &str, deny: &str, command: Command) {
    assert_eq!(decide(allow, deny, command), Ok(()));
}

#[track_caller]
fn check_denied(allow: &str, deny: &str, command: Command, reason: &str, help: &str) {
    let denial = decide(allow, deny, command).unwrap_err();
    assert_eq!(denial.reason().to_string(), reason);
    assert!(denial.help().contains(help), "{}", denial.help());
    assert!(denial.to_string().contains(reason), "{denial}");
}

#[test]
fn one_more_denied_program_never_allows_anything() {
    let directory = tempfile::tempdir().unwrap();
    let impostor = script(directory.path(), "cat", 0o755);
    let host = host_cat();
    let entries = [
        "cat",
        "git",
        host.to_str().unwrap(),
        impostor.to_str().unwrap(),
    ];
    let list = |set: usize| {
        let listed = entries
            .iter()
            .enumerate()
            .filter(|(at, _)| set & (1 << at) != 0);
        listed
            .map(|(_, entry)| *entry)
            .collect::<Vec<_>>()
            .join(",")
    };
    for command in [
        Command::new("cat"),
        Command::new(&host),
        Command::new(&impostor),
    ] {
        for (allow, deny, more) in (0..16 * 16 * 4).map(|n| (n % 16, n / 16 % 16, n / 256)) {
            let allowed = |deny| decide(&list(allow), &list(deny), command.clone()).is_ok();
            assert!(
                allowed(deny) || !allowed(deny | 1 << more),
                "{allow} {deny} {more}"
            );
        }
    }
}

#[test]
fn nothing_is_allowed_that_was_not_given() {
    check_denied(
        "",
        "",
        Command::new("cat"),
        "no rule allows it, and there is nobody to ask",
        "`--allow-process=cat`",
    );
    check_denied(
        "git,ls",
        "",
        Command::new("cat"),
        "not in --allow-process=git,ls",
        "=cat`",
    );
    check_allowed("*", "", Command::new("cat"));
    check_allowed("git,cat", "", Command::new("cat"));
}

#[test]
fn deny_beats_allow() {
    check_denied(
        "*",
        "cat",
        Command::new("cat"),
        "denied by --deny-process=cat",
        "take `cat` off",
    );
    check_denied(
        "cat",
        "cat",
        Command::new("cat"),
        "denied by --deny-process=cat",
        "take `cat` off",
    );
    check_denied(
        "cat",
        "*",
        Command::new("cat"),
        "denied by --deny-process",
        "without",
    );
}

#[test]
fn a_name_allows_what_the_hosts_path_has_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let impostor = script(directory.path(), "cat", 0o755);
    check_allowed("cat", "", Command::new(host_cat()));
    let not_allowed = "not in --allow-process=cat";
    let path = impostor.canonicalize().unwrap();
    check_denied(
        "cat",
        "",
        Command::new(&impostor),
        not_allowed,
        path.to_str().unwrap(),
    );
    let changed_path = Command::new("cat").env("PATH", directory.path());
    check_denied("cat", "", changed_path, not_allowed, path.to_str().unwrap());
    // The same file by another name is something else: a program can tell by what it was called.
    let link = directory.path().join("link");
    symlink(host_cat(), &link).unwrap();
    check_denied("cat", "", Command::new(&link), not_allowed, "link`");
    // And a link of the right name to it is not where the host's PATH finds it.
    let linked = tempfile::tempdir().unwrap();
    symlink(host_cat(), linked.path().join("cat")).unwrap();
    check_denied(
        "cat",
        "",
        Command::new("cat").env("PATH", linked.path()),
        not_allowed,
        "cat`",
    );
}

#[test]
fn a_name_denies_every_file_of_that_name_and_that_file_by_every_name() {
    let directory = tempfile::tempdir().unwrap();
    let by_sh = "denied by --deny-process=cat";
    let impostor = script(directory.path(), "cat", 0o755);
    check_denied("*", "cat", Command::new(&impostor), by_sh, "`cat`");
    let link = directory.path().join("innocent");
    symlink(host_cat(), &link).unwrap();
    check_denied("*", "cat", Command::new(&link), by_sh, "`cat`");
    // A link called sh to something else, and a link to a file called sh.
    let other = script(directory.path(), "other", 0o755);
    let subdirectory = directory.path().join("sub");
    fs::create_dir(&subdirectory).unwrap();
    symlink(&other, subdirectory.join("cat")).unwrap();
    check_denied(
        "*",
        "cat",
        Command::new(subdirectory.join("cat")),
        by_sh,
        "`cat`",
    );
    symlink(&impostor, subdirectory.join("innocent")).unwrap();
    check_denied(
        "*",
        "cat",
        Command::new(subdirectory.join("innocent")),
        by_sh,
        "`cat`",
    );
    check_allowed("*", "cat", Command::new(&other));
}

#[test]
fn a_path_stands_for_the_file_there() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let tool = script(&root, "tool", 0o755);
    let link = root.join("link");
    symlink(&tool, &link).unwrap();
    let (tool_entry, link_entry) = (tool.to_str().unwrap(), link.to_str().unwrap());
    check_allowed(tool_entry, "", Command::new(&tool));
    check_allowed(tool_entry, "", Command::new(&link));
    check_allowed(tool_entry, "", Command::new("tool").env("PATH", &root));
    check_allowed(link_entry, "", Command::new(&link));
    // What a link's target can be asked for by its own name is not what was allowed.
    let denied = decide(link_entry, "", Command::new(&tool)).unwrap_err();
    assert!(matches!(denied.reason(), DenialReason::NotOnAllowList(_)));

    let hard_link = root.join("hard");
    fs::hard_link(&tool, &hard_link).unwrap();
    for other_name in [&tool, &link, &hard_link] {
        assert!(
            decide("*", tool_entry, Command::new(other_name)).is_err(),
            "{other_name:?}"
        );
        assert!(
            decide("*", link_entry, Command::new(other_name)).is_err(),
            "{other_name:?}"
        );
    }
    check_allowed("*", tool_entry, Command::new("cat"));
}

#[test]
fn a_path_through_a_linked_directory_is_the_same_path() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir(root.join("real")).unwrap();
    symlink(root.join("real"), root.join("linked")).unwrap();
    script(&root.join("real"), "tool", 0o755);
    let (real, linked) = (root.join("real/tool"), root.join("linked/tool"));
    check_allowed(linked.to_str().unwrap(), "", Command::new(&real));
    check_allowed(real.to_str().unwrap(), "", Command::new(&linked));
}

#[test]
fn blanks_in_a_list_change_nothing() {
    for list in [" cat", "cat ", "env, cat", " env ,\tcat\n"] {
        let denial = decide("*", list, Command::new("cat")).unwrap_err();
        assert_eq!(denial.reason().to_string(), "denied by --deny-process=cat");
        check_allowed(list, "", Command::new("cat"));
    }
}

#[test]
fn a_denied_path_is_meant_as_the_kernel_reads_it_and_as_it_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("real/sub")).unwrap();
    symlink(root.join("real/sub"), root.join("linked")).unwrap();
    let written = script(&root, "tool", 0o755);
    let read = script(&root.join("real"), "tool", 0o755);
    let hard_link = root.join("hard");
    fs::hard_link(&written, &hard_link).unwrap();
    let show = |path: &str| format!("{}/{path}", root.display());
    for deny in ["nope/../tool", "./tool", "/real//..///tool"] {
        for name in [&written, &hard_link] {
            assert!(
                decide("*", &show(deny), Command::new(name)).is_err(),
                "{deny} {name:?}"
            );
        }
        check_allowed("*", &show(deny), Command::new(&read));
    }
    // Through a link `..` leads elsewhere than the text says: both are denied, one is allowed.
    let through_link = show("linked/../tool");
    assert!(decide("*", &through_link, Command::new(&read)).is_err());
    assert!(decide("*", &through_link, Command::new(&written)).is_err());
    check_allowed(&through_link, "", Command::new(&read));
    assert!(decide(&through_link, "", Command::new(&written)).is_err());
}

#[test]
fn what_is_not_there_yet_can_be_denied() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let deny = format!("{}/sub/./x/../tool", root.display());
    let policy = Policy::new(
        ProcessGrant::all()
            .deny_programs(Programs::deny_list(&deny).unwrap())
            .deny_programs(Programs::deny_list("shape-no-such-program").unwrap()),
    );
    fs::create_dir(root.join("sub")).unwrap();
    let tool = script(&root.join("sub"), "tool", 0o755);
    let named = script(&root, "shape-no-such-program", 0o755);
    let other = script(&root, "other", 0o755);
    assert!(policy.approve(Command::new(&tool)).is_err());
    assert!(policy.approve(Command::new(&named)).is_err());
    assert!(policy.approve(Command::new(&other)).is_ok());
}

#[test]
fn lists_are_held_against_the_files_that_are_there() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let tool = script(&root, "tool", 0o755);
    let (tool, root) = (tool.to_str().unwrap(), root.to_str().unwrap());
    let check = |list: Result<Programs, PatternError>, entry: &str, reason: &str| {
        let error = list.unwrap_err();
        assert_eq!(error.entry, entry);
        assert!(error.reason.contains(reason), "{error}");
    };
    let (missing, below) = (format!("{root}/missing"), format!("{tool}/x"));
    check(Programs::allow_list(&below), &below, "no such file");
    check(Programs::allow_list(root), root, "is a directory");
    check(Programs::deny_list(root), root, "is a directory");
    check(Programs::deny_list(&below), &below, "below a file");
    for list in [tool, "cat", "shape-no-such-program", &format!("{tool}, sh")] {
        assert!(Programs::allow_list(list).is_ok() && Programs::deny_list(list).is_ok());
    }
    assert!(Programs::deny_list(&missing).is_ok());
    assert!(Programs::allow_list(&missing).is_ok());
}

#[test]
fn the_help_works() {
    let directory = tempfile::tempdir().unwrap();
    let odd = script(directory.path(), "a,b:c", 0o755);
    for command in [
        Command::new("cat"),
        Command::new(host_cat()),
        Command::new(odd),
    ] {
        let denial = decide("", "", command.clone()).unwrap_err();
        let flag = denial.help().split('`').nth(1).unwrap();
        let allow = flag.strip_prefix("--allow-process").unwrap();
        check_allowed(allow.strip_prefix('=').unwrap_or("*"), "", command);
    }
}

/// Answers always the same, and remembers what it was asked.
struct Recorded(Answer, Mutex<Vec<String>>);

impl Approver for Recorded {
    fn ask(&self, question: &Question<'_>, _: Option<&CancelToken>) -> Answer {
        self.1.lock().unwrap().push(question.to_string());
        self.0
    }
}

#[track_caller]
fn check_asked(grant: ProcessGrant, answer: Answer, command: Command, questions: usize) -> bool {
    let recorded = Arc::new(Recorded(answer, Mutex::default()));
    let approved = Policy::asking(grant, recorded.clone())
        .approve(command)
        .is_ok();
    assert_eq!(recorded.1.lock().unwrap().len(), questions);
    approved
}

#[test]
fn only_what_is_open_is_asked_about() {
    assert!(check_asked(
        grant("cat", ""),
        Answer::No,
        Command::new("cat"),
        0
    ));
    assert!(!check_asked(
        grant("", "cat"),
        Answer::Yes,
        Command::new("cat"),
        0
    ));
    assert!(check_asked(
        grant("git", ""),
        Answer::Yes,
        Command::new("cat"),
        1
    ));
    assert!(!check_asked(
        grant("git", ""),
        Answer::No,
        Command::new("cat"),
        1
    ));
    assert!(!check_asked(
        grant("git", ""),
        Answer::Nobody,
        Command::new("cat"),
        1
    ));
}

#[test]
fn a_no_is_told_as_a_no() {
    let no = Arc::new(Recorded(Answer::No, Mutex::default()));
    match Policy::asking(ProcessGrant::none(), no)
        .approve(Command::new("cat"))
        .unwrap_err()
    {
        Refusal::Denied(denial) => assert_eq!(denial.reason(), &DenialReason::UserSaidNo),
        other => panic!("{other}"),
    }
}

#[test]
fn a_question_hides_nothing() {
    let recorded = Arc::new(Recorded(Answer::No, Mutex::default()));
    let mut command = Command::new("cat")
        .cwd("/")
        .arg("-c")
        .arg("rm\u{202e}\n\u{1b}[2K")
        .arg("y".repeat(400));
    command.args.extend((0..100).map(|n| n.to_string().into()));
    let _ = Policy::asking(ProcessGrant::none(), recorded.clone()).approve(command);
    let questions = recorded.1.lock().unwrap();
    let [question] = questions.as_slice() else {
        panic!("{questions:?}")
    };
    assert_eq!(question.lines().count(), 3);
    assert!(
        question.contains(&format!("program    {:?}", host_cat())),
        "{question}"
    );
    assert!(question.contains("directory  \"/\"\n"), "{question}");
    assert!(
        question.contains(r#"command    "cat" "-c" "rm\u{202e}\n\u{1b}[2K" "yyy"#),
        "{question}"
    );
    assert!(question.ends_with(" \"98\" \"99\""), "{question}");
}

#[track_caller]
fn question_about(command: Command) -> String {
    let recorded = Arc::new(Recorded(Answer::No, Mutex::default()));
    let _ = Policy::asking(ProcessGrant::none(), recorded.clone()).approve(command);
    let questions = recorded.1.lock().unwrap();
    questions.first().unwrap().clone()
}

#[test]
fn what_a_question_has_no_room_for_is_counted() {
    let whole = question_about(Command::new("cat").arg(format!("{}END", "x".repeat(1_997))));
    assert!(
        whole.ends_with("xEND\"") && !whole.contains("NOT SHOWN"),
        "{whole}"
    );

    let mut many = Command::new("cat");
    many.args.extend((0..200).map(|n| format!("a{n}").into()));
    let whole = question_about(many.clone());
    assert!(
        whole.ends_with("\"a199\"") && !whole.contains("NOT SHOWN"),
        "{whole}"
    );
    many.args.extend((200..300).map(|n| format!("a{n}").into()));
    let cut = question_about(many);
    let last = "\n  176 BYTES ARE NOT SHOWN; 44 ARGUMENTS ARE NOT SHOWN AT ALL";
    assert!(cut.contains("\"a255\"\n") && cut.ends_with(last), "{cut}");

    let cut = question_about(Command::new("cat").arg("x".repeat(2_148)).arg("after"));
    assert!(cut.contains("x\"… 100 more bytes \"after\"\n"), "{cut}");
    assert!(cut.ends_with("\n  100 BYTES ARE NOT SHOWN"), "{cut}");

    // All together 16 KiB; behind them not even an empty argument.
    let mut long = Command::new("cat");
    long.args.extend((0..9).map(|_| "x".repeat(2_000).into()));
    let cut = question_about(long.arg(""));
    let last = "\n  1616 BYTES ARE NOT SHOWN; 1 ARGUMENT IS NOT SHOWN AT ALL";
    assert!(cut.ends_with(last), "{cut}");
}

#[test]
fn a_question_shows_paths_whole() {
    let directory = tempfile::tempdir().unwrap();
    let deep = (0..10).fold(directory.path().to_owned(), |path, _| {
        path.join("d".repeat(100))
    });
    fs::create_dir_all(&deep).unwrap();
    let tool = script(&deep, "tool", 0o755);
    let question = question_about(Command::new(&tool).cwd(&deep));
    assert!(
        question.contains(&format!("program    {tool:?}\n")),
        "{question}"
    );
    assert!(
        question.ends_with(&format!("command    {tool:?}")),
        "{question}"
    );
}

#[test]
fn a_question_names_the_variables_that_change_and_no_value() {
    let mut command = Command::new("cat")
        .env("SHAPE_A", "s3cret")
        .env("LD_PRELOAD", "s3cret")
        .env("HOME", std::env::var_os("HOME").unwrap());
    command.env.remove = vec!["PATH".into(), "SHAPE_NOT_THERE".into()];
    let question = question_about(command.clone());
    let line = r#"  variables  sets "LD_PRELOAD" "SHAPE_A", removes "PATH""#;
    assert!(question.lines().any(|shown| shown == line), "{question}");
    assert!(!question.contains("s3cret"), "{question}");
    command.env.clear = true;
    let question = question_about(command);
    let line = r#"  variables  starts with none, sets "LD_PRELOAD" "SHAPE_A""#;
    assert!(question.lines().any(|shown| shown == line), "{question}");
    assert!(!question_about(Command::new("cat")).contains("variables"));

    let long = Command::new("cat").env("V".repeat(20_000), "");
    let question = question_about(long);
    assert!(
        question.ends_with("\n  17952 BYTES ARE NOT SHOWN"),
        "{question}"
    );
}

const CODE_VARIABLES: &[&str] = &[
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "LD_ANY\n",
    "DYLD_INSERT_LIBRARIES",
    "GCONV_PATH",
    "BASH_ENV",
    "BASH_FUNC_ls%%",
    "ENV",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "NODE_OPTIONS",
    "_JAVA_OPTIONS",
    "LUA_INIT_5_4",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_CONFIG_COUNT",
    "PAGER",
];

#[test]
fn variables_that_load_code_need_the_whole_grant() {
    for name in CODE_VARIABLES {
        let command = || Command::new("cat").env(*name, "/tmp/s3cret.so");
        check_allowed("*", "", command());
        for list in ["cat", "git"] {
            let denial = decide(list, "", command()).unwrap_err();
            let shown = format!("it sets {}", Quoted::new(name));
            let reason = denial.reason().to_string();
            assert!(reason.starts_with(&shown), "{reason}");
            assert!(
                reason.contains("--allow-process without a list"),
                "{reason}"
            );
            assert!(
                denial.help().contains("`--allow-process`"),
                "{}",
                denial.help()
            );
            assert!(!format!("{denial} {denial:?}").contains("s3cret"));
        }
        // It is asked about when there is no list; a list is not asked about, it is kept to.
        assert!(check_asked(grant("", ""), Answer::Yes, command(), 1));
        assert!(!check_asked(grant("cat", ""), Answer::Yes, command(), 0));
        check_denied(
            "*",
            "cat",
            command(),
            "denied by --deny-process=cat",
            "take",
        );
        let help = decide("", "", command()).unwrap_err().help().to_owned();
        assert!(help.contains("`--allow-process`"), "{help}");
    }
    for name in [
        "A",
        "PATHS",
        "LDFLAGS",
        "GIT_AUTHOR_NAME",
        "ld_preload",
        "MY_ENV",
        "LC_ALL",
    ] {
        check_allowed("cat", "", Command::new("cat").env(name, "x"));
    }
}

#[test]
fn a_variable_that_stays_as_it_was_loads_nothing_new() {
    // What the test was started with; cargo sets the one on Linux and the other on macOS.
    let inherited = std::env::vars_os()
        .find(|(name, _)| name == "LD_LIBRARY_PATH" || name == "DYLD_FALLBACK_LIBRARY_PATH");
    let Some((name, value)) = inherited else {
        return;
    };
    check_allowed("cat", "", Command::new("cat").env(&name, &value));
    let mut cleared = Command::new("cat").env("PATH", std::env::var_os("PATH").unwrap());
    cleared.env.clear = true;
    check_allowed("cat", "", cleared.env(&name, &value));
    let twice = Command::new("cat").env(&name, &value).env(&name, "/other");
    assert!(decide("cat", "", twice).is_err());
    let mut removed = Command::new("cat");
    removed.env.remove = vec![name];
    check_allowed("cat", "", removed);
}

#[test]
fn approved_is_what_was_asked_and_what_it_means() {
    let approved = Policy::new(ProcessGrant::all())
        .approve(Command::new("cat").arg("x"))
        .unwrap();
    assert_eq!(approved.spec().args, ["x"]);
    assert_eq!(approved.resolved().program().path(), host_cat());
    let (command, resolved, _) = approved.into_parts();
    assert_eq!(
        (command.program, resolved.program().path()),
        ("cat".into(), host_cat().as_path())
    );
}

#[test]
fn a_policy_can_be_shared() {
    fn check<T: Send + Sync>() {}
    check::<Policy>();
}

/// As the command in it, to outlive the run.
struct Detached(Command);

impl Ask for Detached {
    fn request(&self) -> Request<'_> {
        self.0.request()
    }

    fn is_detached(&self) -> bool {
        true
    }
}

#[test]
fn what_outlives_the_run_is_allowed_by_itself() {
    let detached = || Detached(Command::new("cat"));
    let denied = |grant: ProcessGrant| match Policy::new(grant).approve(detached()) {
        Err(Refusal::Denied(denial)) => (denial.reason().clone(), denial.help().to_owned()),
        other => panic!("{:?}", other.map(|_| "approved")),
    };
    let every = ProcessGrant::none().allow_programs(Programs::All);
    let (reason, help) = denied(every.clone());
    assert_eq!(reason, DenialReason::Ground(Ground::Detached));
    assert!(help.contains("--allow-detach"), "{help}");
    assert!(
        Policy::new(every.allow_detached())
            .approve(detached())
            .is_ok()
    );
    assert!(Policy::new(ProcessGrant::all()).approve(detached()).is_ok());
    // It allows no program by itself.
    let (reason, _) = denied(ProcessGrant::none().allow_detached());
    assert_eq!(reason, DenialReason::NobodyToAsk(Ground::NoRule));
}
