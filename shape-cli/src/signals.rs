//! Ctrl-C and its kin.
//!
//! The first signal asks the run to end: it sets the flag that the machine looks at, and cancels
//! what waits; the children are then given time to end. A second one ends everything at once.
//!
//! A script that neither starts a program nor reads its input is watched by flags alone. Only when
//! the token that cancels waiting is asked for is there a thread, since cancelling is more than a
//! signal handler may do.

use rustix::process::{Pid, Signal};
use shape_policy::{Answer, Approver, Question, TerminalApprover};
use shape_process::CancelToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use std::fs;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::report::Status;

/// The signals that end a run.
const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// The handlers of a run.
pub(crate) struct Signals {
    interrupt: Arc<AtomicBool>,
    /// The last signal.
    received: Arc<AtomicUsize>,
    /// The signals that are handled.
    handled: Vec<i32>,
    /// What ends the process at a second signal, as long as no thread does.
    hard_stops: Vec<SigId>,
    token: Mutex<Option<CancelToken>>,
}

impl Signals {
    /// Handles the signals that end a run, but for those that whoever started this process wants
    /// ignored (`nohup`, or a background job of a script).
    ///
    /// # Errors
    /// The system refuses a handler.
    pub(crate) fn install() -> io::Result<Self> {
        let interrupt = Arc::new(AtomicBool::new(false));
        let received = Arc::new(AtomicUsize::new(0));
        let ignored = ignored();
        let is_handled = |signal: &i32| ignored & 1 << (signal - 1) == 0;
        let handled: Vec<i32> = ENDING.into_iter().filter(is_handled).collect();
        let mut hard_stops = Vec::new();
        for &signal in &handled {
            // Before the flag is set by the same signal: it takes a second one.
            let stop =
                flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&interrupt))?;
            hard_stops.push(stop);
            let number = usize::try_from(signal).unwrap_or(0);
            flag::register_usize(signal, Arc::clone(&received), number)?;
            flag::register(signal, Arc::clone(&interrupt))?;
        }
        Ok(Self {
            interrupt,
            received,
            handled,
            hard_stops,
            token: Mutex::new(None),
        })
    }

    /// The flag that ends the run.
    pub(crate) fn interrupt(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }

    /// The status of a run that a signal ended.
    pub(crate) fn status(&self) -> Status {
        status(&self.received)
    }

    /// The token that the first signal cancels. From here on a thread waits for signals, and the
    /// second one ends the children too.
    ///
    /// # Errors
    /// The system has no descriptor or no thread left.
    pub(crate) fn token(&self) -> io::Result<CancelToken> {
        let mut slot = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = &*slot {
            return Ok(token.clone());
        }
        let token = CancelToken::new()?;
        let (here, there) = UnixStream::pair()?;
        for &signal in &self.handled {
            low_level::pipe::register(signal, there.try_clone()?)?;
        }
        let (cancel, received) = (token.clone(), Arc::clone(&self.received));
        std::thread::Builder::new()
            .name("signals".to_owned())
            .stack_size(64 << 10)
            .spawn(move || watch(here, &cancel, &received))?;
        for &stop in &self.hard_stops {
            low_level::unregister(stop);
        }
        // A signal that came before the thread could hear of it.
        if self.interrupt.load(Ordering::SeqCst) {
            token.cancel();
        }
        Ok(slot.insert(token).clone())
    }
}

fn status(received: &AtomicUsize) -> Status {
    let signal = u8::try_from(received.load(Ordering::SeqCst)).unwrap_or(0);
    Status(128 + signal)
}

/// Waits for one signal, cancels, waits for another, and ends everything.
fn watch(mut signals: UnixStream, cancel: &CancelToken, received: &AtomicUsize) {
    let mut one = [0];
    if signals.read_exact(&mut one).is_ok() {
        cancel.cancel();
    }
    if signals.read_exact(&mut one).is_ok() {
        kill_children();
        low_level::exit(status(received).0.into());
    }
}

/// Kills the group of every child. Each leads a group of its own, and is there, if only as a zombie,
/// as long as its group may have members, so the number means no other group.
///
/// # Source
/// `proc_pid_task(5)`, `/proc/PID/task/TID/children`.
fn kill_children() {
    let tasks = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    for task in tasks {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        let pids = children
            .split_whitespace()
            .filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
        for pid in pids {
            // It may have ended meanwhile.
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
    }
}

/// The signals that this process was started to ignore, one bit each from the lowest.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// Asks on the controlling terminal, which is opened for the first question. A signal answers no.
pub(crate) struct AskOnTerminal {
    signals: Arc<Signals>,
    terminal: OnceLock<Option<TerminalApprover>>,
}

impl AskOnTerminal {
    pub(crate) fn new(signals: Arc<Signals>) -> Self {
        Self {
            signals,
            terminal: OnceLock::new(),
        }
    }

    fn open(&self) -> io::Result<TerminalApprover> {
        let cancel = self.signals.token()?.as_fd().try_clone_to_owned()?;
        Ok(TerminalApprover::open()?.cancelled_by(cancel))
    }
}

impl Approver for AskOnTerminal {
    fn ask(&self, question: &Question<'_>) -> Answer {
        let terminal = self.terminal.get_or_init(|| self.open().ok());
        terminal
            .as_ref()
            .map_or(Answer::Nobody, |terminal| terminal.ask(question))
    }
}
