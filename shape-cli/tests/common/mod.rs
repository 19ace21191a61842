//! Starts `shape` for the tests of its own behaviour.

#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod sitting;

pub use sitting::Sitting;

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The status as a shell tells it: 128 + n for a program that signal n ended.
pub fn as_in_a_shell(status: ExitStatus) -> Option<i32> {
    status.code().or(status.signal().map(|signal| 128 + signal))
}

/// A folder with scripts.
pub struct Folder(TempDir);

impl Folder {
    /// A folder with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("is written");
        }
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `shape ARGS` in this folder, its input empty.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shape"));
        command
            .args(args)
            .current_dir(self.path())
            .env("NO_COLOR", "1")
            .env("HOME", self.join("home"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Writes a file, and the directories that it is in.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("is made");
        std::fs::write(path, text).expect("is written");
    }

    /// Where the files of the user's state are.
    pub fn state(&self, name: &str) -> PathBuf {
        self.join("home/.local/state/shape").join(name)
    }

    /// What `shape ARGS` prints as JSON, which it must end well with.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let done = self.shape(args);
        assert_eq!(done.status, Some(0), "{done:?}");
        serde_json::from_str(&done.stdout).expect("is JSON")
    }

    /// What `shape ARGS` does in this folder.
    pub fn shape(&self, args: &[&str]) -> Done {
        self.command(args).output().expect("shape starts").into()
    }

    /// The same with an input.
    pub fn shape_with_input(&self, args: &[&str], input: &str) -> Done {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .spawn()
            .expect("shape starts");
        let mut stdin = child.stdin.take().expect("is a pipe");
        stdin.write_all(input.as_bytes()).expect("is read");
        drop(stdin);
        child.wait_with_output().expect("shape ends").into()
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    /// The exit status; absent when a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Done {
    /// It ended like this, and said nothing else.
    #[track_caller]
    pub fn check(&self, status: i32, stdout: &str, stderr: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, stdout, "{self:?}");
        assert_eq!(self.stderr, stderr, "{self:?}");
    }

    /// It ended well, and its output contains these.
    #[track_caller]
    pub fn check_says(&self, parts: &[&str]) {
        assert_eq!(self.status, Some(0), "{self:?}");
        for part in parts {
            assert!(
                self.stdout.contains(part),
                "{part:?} is not in {}",
                self.stdout
            );
        }
    }

    /// It ended like this, and its errors contain this.
    #[track_caller]
    pub fn check_refused(&self, status: i32, part: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(
            self.stderr.contains(part),
            "{part:?} is not in {}",
            self.stderr
        );
    }
}

/// Waits until `condition` holds.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "never happened: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process is alive: there, and not only as a zombie that nobody has reaped.
pub fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !"ZX".contains(state))
}
