//! Trees of processes: who starts them, and who of them is alive.

use rustix::process::{Pid, Signal, kill_process};
use shape_process::{CancelToken, Launcher, Run, Spec};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long it is looked whether something is alive: a process that is replaced all the time is not
/// there at every look.
const LOOK: Duration = Duration::from_millis(200);

/// Makes of each function of a launcher a test for each launcher.
#[macro_export]
macro_rules! by_each_launcher {
    ($($(#[$attribute:meta])* $name:ident)*) => {
        mod direct {
            $($(#[$attribute])* #[test] fn $name() {
                super::$name(&shape_process::Launcher::Direct);
            })*
        }
        mod warden {
            $($(#[$attribute])* #[test] fn $name() {
                super::$name(&$crate::common::trees::warden());
            })*
        }
    };
}

/// The warden of this build, or the one that `SHAPE_TEST_WARDEN` names.
pub fn warden() -> Launcher {
    let helper = std::env::var_os("SHAPE_TEST_WARDEN")
        .unwrap_or_else(|| env!("CARGO_BIN_EXE_shape-warden").into());
    Launcher::Warden {
        helper: helper.into(),
    }
}

pub fn run_by(launcher: &Launcher) -> Run {
    Run::with_launcher(CancelToken::new().unwrap(), launcher).unwrap()
}

/// Set where the tests are run again in a nursery.
const NURSERY: &str = "SHAPE_TEST_NURSERY";

/// Runs `check` where somebody else than the first process of the machine gets the orphans, and a storm
/// does not use up its process numbers: where it is called, if a warden gets them; else in the test of
/// that name, which is the one that calls this, run again on its own, once where each orphan is collected
/// and once where none is.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "it runs the tests of the engine")]
pub fn in_nursery(launcher: &Launcher, test: &str, check: impl FnOnce()) {
    if matches!(launcher, Launcher::Warden { .. }) || std::env::var_os(NURSERY).is_some() {
        return check();
    }
    for kind in ["reap", "hoard"] {
        let output = Command::new(shape_testchild::path())
            .args(["nursery", kind])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .env(NURSERY, kind)
            .env("SHAPE_TESTCHILD", shape_testchild::path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && told.contains("1 passed"),
            "where orphans are collected as by `{kind}`: {told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// What is added to the times that are guaranteed, on a machine that is too slow to hold them:
/// `SHAPE_TEST_SLACK_MS`, in milliseconds.
pub fn slack() -> Duration {
    let milliseconds = std::env::var("SHAPE_TEST_SLACK_MS");
    Duration::from_millis(milliseconds.map_or(0, |value| value.parse().unwrap()))
}

/// A word that the processes of one tree, and no others, have among their arguments. When a new one is
/// dropped, what is left of the tree is ended, so that one test does not spoil the others.
pub struct Marker {
    word: String,
    is_new: bool,
}

impl Marker {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let word = format!(
            "marker-{}-{count}-{}",
            std::process::id(),
            now.subsec_nanos()
        );
        Self { word, is_new: true }
    }

    /// One that was made elsewhere.
    pub fn named(word: &str) -> Self {
        Self {
            word: word.to_owned(),
            is_new: false,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.word
    }

    /// The test child with `args`, under this marker.
    pub fn child(&self, args: &[&str]) -> Spec {
        super::child([&["marked", self.as_str()], args].concat())
    }

    /// Who of the tree is alive, each as its pid and its state.
    pub fn alive(&self) -> Vec<String> {
        let start = Instant::now();
        loop {
            let found = self.look();
            if !found.is_empty() || start.elapsed() > LOOK {
                return found.iter().map(|pid| describe(*pid)).collect();
            }
        }
    }

    #[track_caller]
    pub fn assert_gone(&self) {
        let alive = self.alive();
        assert!(alive.is_empty(), "alive: {alive:#?}");
    }

    /// Waits until nothing of the tree is alive, and fails if it takes longer than `limit`.
    #[track_caller]
    pub fn await_gone(&self, limit: Duration) {
        let start = Instant::now();
        while !self.look().is_empty() {
            assert!(
                start.elapsed() < limit + slack(),
                "after {:?} alive: {:#?}",
                start.elapsed(),
                self.alive()
            );
        }
        self.assert_gone();
    }

    /// The pids of those who are alive at this moment.
    fn look(&self) -> Vec<i32> {
        let mut pids = numbers("/proc");
        // The newest first: those are the ones that will not be there for long.
        pids.sort_unstable_by_key(|&pid| std::cmp::Reverse(pid));
        pids.into_iter()
            .filter(|pid| self.is_on(&PathBuf::from(format!("/proc/{pid}"))))
            .collect()
    }

    fn is_on(&self, process: &Path) -> bool {
        let arguments = match std::fs::read(process.join("cmdline")) {
            Ok(arguments) if arguments.is_empty() => other_thread(process),
            Ok(arguments) => arguments,
            // It has just ended.
            Err(_) => return false,
        };
        let arguments = String::from_utf8_lossy(&arguments);
        let mut arguments = arguments.split('\0');
        let program = arguments.next().unwrap_or_default();
        // The host of the tree may know the marker too.
        program.ends_with("shape-testchild") && arguments.any(|argument| argument == self.word)
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        let start = Instant::now();
        let mut quiet = 0;
        while self.is_new && quiet < 20 && start.elapsed() < super::PATIENCE {
            let found = self.look();
            quiet = if found.is_empty() { quiet + 1 } else { 0 };
            for pid in found {
                let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
            }
        }
    }
}

/// The arguments of a process whose first thread has ended and others have not; empty for a zombie and
/// for a thread of the kernel.
fn other_thread(process: &Path) -> Vec<u8> {
    let tasks = process.join("task");
    numbers(&tasks)
        .into_iter()
        .filter_map(|task| std::fs::read(tasks.join(task.to_string()).join("cmdline")).ok())
        .find(|arguments| !arguments.is_empty())
        .unwrap_or_default()
}

fn numbers(directory: impl AsRef<Path>) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

fn describe(pid: i32) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .take(4)
        .collect();
    format!("{pid}: state, parent, group, session = {fields:?}")
}

/// The children of this process, zombies too, with their states and names as in `/proc/PID/stat`.
pub fn children() -> Vec<String> {
    children_of("self")
        .into_iter()
        .filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok())
        .collect()
}

/// The pids of the children of a process.
pub fn children_of(pid: &str) -> Vec<i32> {
    numbers(format!("/proc/{pid}/task"))
        .into_iter()
        .filter_map(|task| {
            std::fs::read_to_string(format!("/proc/{pid}/task/{task}/children")).ok()
        })
        .flat_map(|children| {
            let children: Vec<i32> = children
                .split_whitespace()
                .filter_map(|child| child.parse().ok())
                .collect();
            children
        })
        .collect()
}
