//! Ctrl-C and its kin.
//!
//! The first signal asks the run to end: it sets the flag that the machine looks at, and cancels
//! what waits; the children are then given time to end. A second one ends this program at once, and the
//! helper that keeps the children then ends these.
//!
//! A script that neither starts a program nor reads its input is watched by flags alone. Only when
//! the token that cancels waiting is asked for is there a thread, since cancelling is more than a
//! signal handler may do.

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use shape_policy::{Answer, Approver, Question, TerminalApprover};
use shape_process::CancelToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::{SigId, flag, low_level};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::report::Status;

/// The signals that end a run.
pub(crate) const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Has a write beyond the size that files may have (`ulimit -f`) fail, rather than end this program.
///
/// # Source
/// setrlimit(2), `RLIMIT_FSIZE`
pub(crate) fn survive_size_limit() {
    // If the system refuses, it is as without.
    let _ = flag::register(SIGXFSZ, Arc::default());
}

/// From here on the signals that end a run end this program at once, as they do programs that have no
/// handlers.
pub(crate) fn end_as_others_do() {
    let ignored = ignored();
    for signal in ENDING {
        if ignored & 1 << (signal - 1) == 0 {
            // If the system refuses, it is as without.
            let _ = flag::register_conditional_default(signal, Arc::new(AtomicBool::new(true)));
        }
    }
}

/// Whether Ctrl-C is what this program ends by.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Notes the signal that this program ends by.
pub(crate) fn ended_by(signal: i32) {
    if signal == SIGINT {
        INTERRUPTED.store(true, Ordering::SeqCst);
    }
}

/// Ends this program by `SIGINT` if that is what ended its work. A shell that runs it in a loop goes on
/// with the loop if it merely ends with 130.
pub(crate) fn end_if_interrupted() {
    if INTERRUPTED.load(Ordering::SeqCst) {
        // If it cannot, the exit status tells.
        let _ = low_level::emulate_default_handler(SIGINT);
    }
}

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
    phase: Arc<Mutex<Phase>>,
}

/// What the next signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Something runs, and is to end.
    Running,
    /// It was told to.
    Ending,
    /// Nothing runs, and a person is asked for the next input.
    Idle,
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
            phase: Arc::new(Mutex::new(Phase::Running)),
        })
    }

    /// The flag that ends the run.
    pub(crate) fn interrupt(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupt)
    }

    /// The status of a run that a signal ended.
    pub(crate) fn status(&self) -> Status {
        ended_by(i32::try_from(self.received.load(Ordering::SeqCst)).unwrap_or(0));
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
        let phase = Arc::clone(&self.phase);
        std::thread::Builder::new()
            .name("signals".to_owned())
            .stack_size(64 << 10)
            .spawn(move || watch(here, &cancel, &received, &phase))?;
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

impl Signals {
    /// Something begins to run, after a person was asked for it: from here on the first signal ends it.
    pub(crate) fn begin(&self) {
        self.enter(Phase::Running);
    }

    /// It has ended, and a person is asked for the next: from here on Ctrl-C ends nothing, and the other
    /// signals end this program at once. Returns the signal that came meanwhile. Needs the thread that
    /// [`token`](Self::token) starts.
    pub(crate) fn rest(&self) -> Option<i32> {
        let signal = self.enter(Phase::Idle);
        i32::try_from(signal).ok().filter(|signal| *signal != 0)
    }

    /// Forgets the signal that has come, and returns it.
    fn enter(&self, phase: Phase) -> usize {
        let mut now = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        *now = phase;
        let signal = self.received.swap(0, Ordering::SeqCst);
        self.interrupt.store(false, Ordering::SeqCst);
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = &*token {
            token.renew();
        }
        signal
    }
}

fn status(received: &AtomicUsize) -> Status {
    let signal = u8::try_from(received.load(Ordering::SeqCst)).unwrap_or(0);
    Status(128 + signal)
}

/// Waits for one signal, cancels, waits for another, and ends this program.
fn watch(
    mut signals: UnixStream,
    cancel: &CancelToken,
    received: &AtomicUsize,
    phase: &Mutex<Phase>,
) {
    let terminal = tcgetattr(io::stdin()).ok();
    let mut one = [0];
    while signals.read_exact(&mut one).is_ok() {
        let mut phase = phase.lock().unwrap_or_else(PoisonError::into_inner);
        let signal = i32::try_from(received.load(Ordering::SeqCst));
        match *phase {
            Phase::Running => {
                *phase = Phase::Ending;
                cancel.cancel();
                continue;
            }
            // There is nothing that Ctrl-C could end; or what the signal was for has ended.
            Phase::Idle if matches!(signal, Ok(0 | SIGINT)) => continue,
            Phase::Idle => {
                if let Some(terminal) = &terminal {
                    // Who edits a line has changed it.
                    let _ = tcsetattr(io::stdin(), OptionalActions::Now, terminal);
                }
            }
            Phase::Ending => {}
        }
        // What keeps the children ends them when we are gone.
        low_level::exit(status(received).0.into());
    }
}

/// The signals that this process was started to ignore, one bit each from the lowest.
pub(crate) fn ignored() -> u64 {
    // The system does not say how long it is; with room for all it is read at once.
    let mut status = String::with_capacity(8 << 10);
    if let Ok(mut file) = File::open("/proc/self/status") {
        // What cannot be read ignores no signal.
        let _ = file.read_to_string(&mut status);
    }
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// Asks on the controlling terminal, which is opened for the first question. A signal answers no.
pub(crate) struct AskOnTerminal {
    signals: Arc<Signals>,
    terminal: OnceLock<Option<(TerminalApprover, CancelToken)>>,
}

impl AskOnTerminal {
    pub(crate) fn new(signals: Arc<Signals>) -> Self {
        Self {
            signals,
            terminal: OnceLock::new(),
        }
    }

    fn open(&self) -> io::Result<(TerminalApprover, CancelToken)> {
        let signalled = self.signals.token()?;
        Ok((TerminalApprover::open()?, signalled))
    }
}

impl Approver for AskOnTerminal {
    fn name(&self) -> &str {
        "terminal"
    }

    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        let Some((terminal, signalled)) = self.terminal.get_or_init(|| self.open().ok()) else {
            return Answer::Nobody;
        };
        let mut stops = vec![signalled.as_fd()];
        stops.extend(cancel.map(|cancel| cancel.as_fd()));
        terminal.ask_until(question, &stops)
    }
}

/// Asks somebody else than the terminal. A signal answers no.
pub(crate) struct AskUntilSignal<A> {
    approver: A,
    signals: Arc<Signals>,
}

impl<A: Approver> AskUntilSignal<A> {
    pub(crate) fn new(approver: A, signals: Arc<Signals>) -> Self {
        Self { approver, signals }
    }
}

impl<A: Approver> Approver for AskUntilSignal<A> {
    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        match (cancel, self.signals.token()) {
            // It is this very token, where a script asks.
            (Some(cancel), _) => self.approver.ask(question, Some(cancel)),
            (None, Ok(signalled)) => self.approver.ask(question, Some(&signalled)),
            (None, Err(_)) => Answer::Nobody,
        }
    }
}
