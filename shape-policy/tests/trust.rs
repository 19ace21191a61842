//! The trust store among processes: none loses what another one wrote, and whatever becomes of a writer,
//! the file is the old one or the new one, whole.
//!
//! The other processes are this test program again. strace(1) ends them, or makes their calls fail; where
//! there is no strace, or it is not allowed to trace, that is not tested.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::print_stdout, reason = "it tells what was not tested")]
#![allow(
    clippy::disallowed_methods,
    reason = "it starts itself and strace, and no engine is there to do it"
)]

mod common;

use shape_policy::{
    GrantId, Lifetime, NewGrant, Program, Trust, TrustError, TrustScope, TrustStore,
};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Tells this program that it is another process: what to do, between newlines.
const CHILD: &str = "SHAPE_TEST_TRUST_CHILD";
/// Calls of a kind that are tried, one at a time; a write makes fewer.
const DEPTH: usize = 12;

/// What the other processes do.
#[test]
fn child() {
    let Ok(work) = std::env::var(CHILD) else {
        return;
    };
    let mut lines = work.lines();
    let file = Path::new(lines.next().unwrap());
    let store = TrustStore::open(file).unwrap();
    for arg in lines {
        add(&store, arg).unwrap();
    }
}

fn add(store: &TrustStore, arg: &str) -> Result<GrantId, TrustError> {
    let program = Program::at(&common::host_cat()).unwrap();
    let trust = Trust {
        scope: TrustScope::Exact,
        lifetime: Lifetime::Always,
    };
    let grant = NewGrant::command(&program, &[arg], trust, "cli")?;
    store.add(grant).map(|grant| grant.id)
}

/// Has this program add grants for these arguments, run by `wrapper` if there is one.
fn child_that_adds(wrapper: &[String], file: &Path, args: &[String]) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        [] => Command::new(&this),
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(&this);
            command
        }
    };
    command
        .args(["--exact", "child", "--test-threads=1"])
        .env(CHILD, format!("{}\n{}", file.display(), args.join("\n")))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The arguments that are trusted; panics if the file is not whole.
fn trusted(file: &Path) -> BTreeSet<String> {
    let grants = TrustStore::open(file).unwrap().grants().unwrap();
    grants
        .into_iter()
        .map(|grant| grant.args[0].clone())
        .collect()
}

fn set(args: &[&str]) -> BTreeSet<String> {
    args.iter().map(|&arg| arg.to_owned()).collect()
}

fn names_in(directory: &Path) -> BTreeSet<String> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn eight_processes_lose_nothing_of_each_other() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("trust.json");
    let work = |process: usize| -> Vec<String> {
        (0..50)
            .map(|number| format!("{process}-{number}"))
            .collect()
    };
    let children: Vec<_> = (0..8)
        .map(|process| child_that_adds(&[], &file, &work(process)).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let grants = TrustStore::open(&file).unwrap().grants().unwrap();
    let ids: BTreeSet<&GrantId> = grants.iter().map(|grant| &grant.id).collect();
    assert_eq!(ids.len(), 400);
    assert_eq!(trusted(&file), (0..8).flat_map(work).collect());
    assert_eq!(
        names_in(root.path()),
        set(&[".trust.json.lock", "trust.json"])
    );
}

/// A store with one grant, and a writer of another one that strace has in hand.
struct Traced {
    root: tempfile::TempDir,
    status: ExitStatus,
    log: String,
}

impl Traced {
    /// `fault` is what becomes of a call of this kind that has to do with the store.
    fn run(call: &str, fault: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let traced = root.path().canonicalize().unwrap().join("state");
        let log = root.path().join("log");
        let file = traced.join("trust.json");
        add(&TrustStore::open(&file).unwrap(), "old").unwrap();
        let mut strace = vec![
            "strace".to_owned(),
            "-fqq".to_owned(),
            format!("--output={}", log.display()),
            format!("--trace={call}"),
            format!("--inject={call}:{fault}"),
        ];
        let paths = ["", "trust.json", ".trust.json.lock", ".trust.json.tmp"];
        strace.extend(paths.map(|name| {
            let path = if name.is_empty() {
                traced.clone()
            } else {
                traced.join(name)
            };
            format!("--trace-path={}", path.display())
        }));
        let status = child_that_adds(&strace, &file, &["new".to_owned()])
            .status()
            .unwrap();
        let log = fs::read_to_string(log).unwrap();
        Self { root, status, log }
    }

    fn directory(&self) -> PathBuf {
        self.root.path().join("state")
    }

    fn file(&self) -> PathBuf {
        self.directory().join("trust.json")
    }

    /// The next writer succeeds, and cleans up.
    #[track_caller]
    fn check_next_writer(&self, fault: &str) {
        add(&TrustStore::open(self.file()).unwrap(), "next").unwrap();
        assert!(
            trusted(&self.file()).is_superset(&set(&["old", "next"])),
            "{fault}"
        );
        let expected = set(&[".trust.json.lock", "trust.json"]);
        assert_eq!(names_in(&self.directory()), expected, "{fault}");
    }
}

fn can_trace() -> bool {
    let can = Command::new("strace")
        .args(["-qq", "--output=/dev/null", "/bin/sh", "-c", ":"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !can {
        println!("strace is not there, or not allowed: nothing is tested");
    }
    can
}

#[test]
fn a_writer_that_is_killed_leaves_the_old_file_or_the_new() {
    if !can_trace() {
        return;
    }
    // Each call of a write is at least once the last that is begun.
    for (call, least) in [
        ("openat", 4),
        ("flock", 2),
        ("fstat", 1),
        ("newfstatat", 1),
        ("read", 2),
        ("write", 1),
        ("fsync", 2),
        ("renameat", 1),
    ] {
        let mut kills = 0;
        for nth in 1..=DEPTH {
            let fault = format!("signal=KILL:when={nth}");
            let traced = Traced::run(call, &fault);
            if traced.status.success() {
                break;
            }
            assert_eq!(traced.status.signal(), Some(9), "{call}:{fault}");
            kills += 1;
            let now = trusted(&traced.file());
            let is_old = now == set(&["old"]);
            assert!(
                is_old || now == set(&["old", "new"]),
                "{call}:{fault}: {now:?}"
            );
            traced.check_next_writer(&format!("{call}:{fault}"));
        }
        assert!(kills >= least, "{call} was met {kills} times");
    }
}

#[test]
fn a_writer_whose_calls_fail_says_so_and_leaves_the_old_file() {
    if !can_trace() {
        return;
    }
    for (call, errno, least) in [
        ("openat", "EACCES", 4),
        ("openat", "EMFILE", 4),
        ("flock", "ENOLCK", 1),
        ("fstat", "EIO", 1),
        ("newfstatat", "EACCES", 1),
        ("read", "EIO", 2),
        ("write", "ENOSPC", 1),
        ("write", "EDQUOT", 1),
        ("fsync", "EIO", 1),
        ("renameat", "EACCES", 1),
    ] {
        let mut failures = 0;
        for nth in 1..=DEPTH {
            let fault = format!("error={errno}:when={nth}");
            let traced = Traced::run(call, &fault);
            let fault = format!("{call}:{fault}");
            if !traced.log.contains("(INJECTED)") {
                assert!(traced.status.success(), "{fault}");
                break;
            }
            let now = trusted(&traced.file());
            let is_new = now == set(&["old", "new"]);
            assert!(is_new || now == set(&["old"]), "{fault}: {now:?}");
            // Once the file is replaced, an error of the disk is told and the new file stands.
            let stands = call == "fsync" && nth == 2;
            if traced.status.success() {
                assert!(is_new, "{fault}");
            } else {
                failures += 1;
                assert_eq!(is_new, stands, "{fault}: {}", traced.log);
            }
            let expected = set(&[".trust.json.lock", "trust.json"]);
            assert!(
                names_in(&traced.directory()).is_subset(&expected),
                "{fault}"
            );
            traced.check_next_writer(&fault);
        }
        assert!(failures >= least, "{call} failed {failures} times");
    }
}

#[test]
fn a_call_that_is_interrupted_is_made_again() {
    if !can_trace() {
        return;
    }
    for call in ["flock", "write", "read", "fsync"] {
        let traced = Traced::run(call, "error=EINTR:when=1");
        assert!(traced.log.contains("(INJECTED)"), "{call}");
        assert!(traced.status.success(), "{call}");
        assert_eq!(trusted(&traced.file()), set(&["old", "new"]), "{call}");
    }
}
