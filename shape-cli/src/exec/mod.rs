//! `shape exec`

mod events;
mod outcome;
mod passing;
pub(crate) mod units;

pub(crate) use outcome::FAILED;

use crate::args::{ExecArgs, Format, OnOverflow};
use crate::flags::Asks;
use crate::policy::Given;
use crate::report::{self, Status};
use crate::signals;
use crate::warden;
use events::Events;
use outcome::{Cut, Failure, Outcome};
use passing::{Broken, Passing};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, Signal, getpid, kill_process};
use shape_policy::{Answer, Approved, Approver, Broker, Question, TerminalApprover};
use shape_process::{
    CancelToken, Error, Limits, Output, Overflow, Process, Run, Sink, Spec, Stream, Teed,
};
use signal_hook::consts::{SIGCONT, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH};
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// Runs one program.
pub(crate) fn main(args: ExecArgs) -> Result<(), Status> {
    let usage = |message: &str| {
        report::failure(message, None);
        Status(FAILED)
    };
    // Before anything that is opened here gets its number.
    let destination = match (args.output_format, args.output_fd) {
        (Format::Text, Some(_)) => return Err(usage("--output-fd needs --output-format=json")),
        (_, Some(fd)) => Some(own_descriptor(fd).map_err(|error| {
            usage(&format!(
                "--output-fd: the descriptor {fd} cannot be used: {error}"
            ))
        })?),
        (_, None) => None,
    };
    let format = args.output_format;
    let outcome = run(args);
    // A reader that takes nothing is nobody to wait for once a signal comes.
    signals::end_as_others_do();
    if format == Format::Text {
        outcome.tell();
    } else if let Err(error) = write_line(destination, outcome.json()) {
        return Err(usage(&format!("cannot write the outcome: {error}")));
    }
    if let Some(Cut::Signal(signal)) = outcome.cut {
        signals::ended_by(signal);
    }
    Err(outcome.status())
}

/// The descriptor that we were started with under this number.
fn own_descriptor(number: i32) -> io::Result<OwnedFd> {
    // The kernel may keep us from getting at descriptors by number; most can be opened again.
    let path = format!("/proc/self/fd/{number}");
    let reopened = || OpenOptions::new().append(true).open(path);
    let pidfd = rustix::process::pidfd_open(getpid(), PidfdFlags::empty())?;
    if number < 0 || pidfd.as_raw_fd() == number {
        return Err(Errno::BADF.into());
    }
    match rustix::process::pidfd_getfd(&pidfd, number, PidfdGetfdFlags::empty()) {
        Ok(descriptor) => Ok(descriptor),
        Err(Errno::BADF) => Err(Errno::BADF.into()),
        Err(_) => reopened().map(OwnedFd::from),
    }
}

fn write_line(destination: Option<OwnedFd>, mut line: String) -> io::Result<()> {
    line.push('\n');
    let destination = match &destination {
        Some(descriptor) => descriptor.as_fd(),
        None => rustix::stdio::stderr(),
    };
    let mut rest = line.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(destination, rest) {
            Ok(length) => rest = &rest[length..],
            Err(Errno::INTR) => {}
            // Others that have it too may not want to wait for it.
            Err(Errno::AGAIN) => {
                let mut polled = [PollFd::from_borrowed_fd(destination, PollFlags::OUT)];
                rustix::io::retry_on_intr(|| poll(&mut polled, None))?;
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// Where the program's output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// Into our own streams, which are the program's.
    Inherited,
    /// To us, and on as it arrives.
    Passed,
    /// To us, and on when the program is over.
    PassedLater,
    /// To us.
    Kept,
}

impl Flow {
    fn of(args: &ExecArgs) -> Self {
        let is_json = args.output_format == Format::Json;
        let is_seen = args.idle_timeout.is_some() || args.max_output.is_some();
        match (args.tee, args.overflow, is_json) {
            (true, _, _) => Self::Passed,
            (false, _, true) => Self::Kept,
            (false, OnOverflow::Error, false) if is_seen => Self::Passed,
            (false, OnOverflow::Error, false) => Self::Inherited,
            (false, OnOverflow::Truncate | OnOverflow::Spill, false) => Self::PassedLater,
        }
    }
}

fn run(args: ExecArgs) -> Outcome {
    let mut words = args.command.iter().cloned();
    let mut outcome = Outcome {
        program: words.next().unwrap_or_default(),
        args: words.collect(),
        path: None,
        result: Err(Failure::Own(String::new())),
        cut: None,
        audit: None,
        shows_part: Flow::of(&args) == Flow::PassedLater,
    };
    outcome.result = execute(args, &mut outcome);
    outcome
}

fn execute(args: ExecArgs, outcome: &mut Outcome) -> Result<Output, Failure> {
    let given = Given::new(args.grant.clone()).map_err(Failure::Project)?;
    let own = |what: &'static str| move |error: io::Error| Failure::Own(format!("{what}: {error}"));
    let cannot_begin = own("the command cannot be started");
    let mut events = Events::new().map_err(cannot_begin)?;
    // It gets ready while the program is looked up.
    let warden =
        warden::start().map_err(own("the helper that keeps processes cannot be started"))?;
    let flow = Flow::of(&args);
    let (approver, cancel) = approver(&given.grant.asks, &events).map_err(cannot_begin)?;
    let ready = given.policy(approver).map_err(Failure::Policy)?;
    outcome.audit.clone_from(&ready.audit);
    let max_output = args.max_output;
    let limits_passed = max_output.filter(|_| args.overflow == OnOverflow::Error);
    let shows =
        (flow == Flow::Passed || flow == Flow::PassedLater).then(|| Passing::new(limits_passed));
    let approved = ready
        .policy
        .approve_until(spec(args, flow), cancel.as_ref());
    let approved = approved.map_err(Error::from);
    // A signal answers no.
    let is_ending = |signals: Vec<i32>| signals.into_iter().next();
    if let Some(signal) = is_ending(events.take_signals()) {
        outcome.cut = Some(Cut::Signal(signal));
    }
    let approved: Approved<Spec> = approved?;
    outcome.path = Some(approved.resolved().program().path().to_owned());
    if outcome.cut.is_some() {
        let program = outcome.program.clone();
        return Err(Error::Cancelled { program }.into());
    }
    events.handle_passed_on().map_err(cannot_begin)?;
    if let Some(guard) = ready.guard {
        events.watch(guard).map_err(cannot_begin)?;
    }
    let run = CancelToken::new().and_then(|token| Run::with_warden(token, warden));
    let run = run.map_err(cannot_begin)?;
    let process = run.spawn(approved)?;
    let mut attendance = Attendance {
        process: &process,
        events,
        shows,
        flow,
        cut: None,
        signals: 0,
    };
    let result = attendance.attend();
    outcome.cut = attendance.cut;
    Ok(result?)
}

/// Who is asked, and what ends the question beside the signals that they see themselves.
type Asking = (Option<Arc<dyn Approver>>, Option<CancelToken>);

fn approver(asks: &Asks, events: &Events) -> io::Result<Asking> {
    Ok(match asks {
        Asks::Nobody => (None, None),
        Asks::Terminal => (Some(Arc::new(AskOnTerminal(events.signals()?))), None),
        Asks::Broker(socket) => {
            let token = CancelToken::new()?;
            cancel_at_signal(token.clone(), events.signals()?)?;
            (Some(Arc::new(Broker::new(socket.clone()))), Some(token))
        }
    })
}

/// Cancels when a signal has come, from a thread: a broker may take its time.
fn cancel_at_signal(token: CancelToken, signals: OwnedFd) -> io::Result<()> {
    let watch = move || {
        let mut polled = [PollFd::new(&signals, PollFlags::IN)];
        if rustix::io::retry_on_intr(|| poll(&mut polled, None)).is_ok() {
            token.cancel();
        }
    };
    let builder = std::thread::Builder::new().stack_size(64 << 10);
    builder.spawn(watch).map(drop)
}

/// Asks on the controlling terminal. When the descriptor can be read, the answer is no.
struct AskOnTerminal(OwnedFd);

impl Approver for AskOnTerminal {
    fn name(&self) -> &str {
        "terminal"
    }

    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        let Ok(terminal) = TerminalApprover::open() else {
            return Answer::Nobody;
        };
        let mut stops = vec![self.0.as_fd()];
        stops.extend(cancel.map(|cancel| cancel.as_fd()));
        terminal.ask_until(question, &stops)
    }
}

fn spec(args: ExecArgs, flow: Flow) -> Spec {
    let mut words = args.command.into_iter();
    let program = words.next().unwrap_or_default();
    let mut spec = Spec::new(program).args(words).stdin(args.stdin);
    if args.clear_env {
        spec = spec.env_clear();
    }
    for name in args.env_remove {
        spec = spec.env_remove(name);
    }
    for (name, value) in args.env {
        spec = spec.env(name, value);
    }
    if let Some(directory) = args.cwd {
        spec = spec.cwd(directory);
    }
    // As for timeout(1), no time is no limit.
    let is_limit = |time: &Duration| !time.is_zero();
    if let Some(time) = args.timeout.filter(is_limit) {
        spec = spec.timeout(time);
    }
    if let Some(time) = args.idle_timeout.filter(is_limit) {
        spec = spec.idle_timeout(time);
    }
    if let Some(grace) = args.kill_grace {
        spec = spec.kill_grace(grace).limit_grace(grace);
    }
    if args.merge_stderr {
        spec = spec.merge_stderr();
    }
    spec = spec.limits(Limits {
        cpu: args.limit_cpu.filter(is_limit),
        memory: args.limit_memory,
        files: args.limit_files,
        processes: args.limit_processes,
    });
    let is_kept = args.output_format == Format::Json;
    match flow {
        Flow::Inherited => return spec.stdout(Sink::Inherit).stderr(Sink::Inherit),
        Flow::Passed => spec = spec.tee(),
        Flow::PassedLater | Flow::Kept => {}
    }
    let overflow = match args.overflow {
        OnOverflow::Error => Overflow::Error,
        OnOverflow::Truncate => Overflow::Truncate,
        OnOverflow::Spill => Overflow::Spill,
    };
    // What is only passed on need not be kept.
    let is_limited = args.overflow == OnOverflow::Error && args.max_output.is_some();
    let is_needed = is_kept || flow != Flow::Passed || args.overflow == OnOverflow::Spill;
    match args.max_output {
        _ if !is_needed && !is_limited => spec.max_output(0).overflow(Overflow::Truncate),
        Some(bytes) => spec.max_output(bytes).overflow(overflow),
        None => spec.overflow(overflow),
    }
}

/// Waiting for a program, and what is done meanwhile.
struct Attendance<'a> {
    process: &'a Process,
    events: Events,
    shows: Option<Passing>,
    flow: Flow,
    cut: Option<Cut>,
    /// How many signals have asked it to end.
    signals: usize,
}

/// What has happened.
enum Happened {
    Arrived(Stream, Vec<u8>),
    Over,
    Something,
}

impl Attendance<'_> {
    fn attend(&mut self) -> Result<Output, Error> {
        let ended = self.until_over();
        if self.flow == Flow::Passed {
            self.pass_rest();
        }
        let result = ended.and_then(|()| self.process.output());
        if self.flow == Flow::PassedLater {
            let output = match &result {
                Ok(output) => Some(output),
                Err(error) => error.output(),
            };
            if let Some(output) = output {
                self.pass_whole(Stream::Stdout, &output.stdout);
                self.pass_whole(Stream::Stderr, &output.stderr);
            }
        }
        result
    }

    /// Until the program is over and its output passed on, or a third signal wants us to end.
    fn until_over(&mut self) -> Result<(), Error> {
        // Whether only readers are waited for.
        let mut is_over = false;
        loop {
            match self.await_next(is_over)? {
                Happened::Arrived(stream, bytes) => {
                    if let Some(shows) = &mut self.shows {
                        let passed = shows.push(stream, bytes, &self.events);
                        self.note(passed);
                    }
                }
                // Whoever asked for its end does not wait for readers.
                Happened::Over if self.is_pending() && self.cut.is_none() => is_over = true,
                Happened::Over => return Ok(()),
                Happened::Something => {
                    for signal in self.events.take_signals() {
                        self.obey(signal);
                    }
                    self.obey_lockdown();
                    if let Some(shows) = &mut self.shows {
                        let passed = shows.advance(&self.events);
                        self.note(passed);
                    }
                    is_over &= self.is_pending();
                    if is_over && self.cut.is_some() || self.signals > 2 {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn is_pending(&self) -> bool {
        self.shows.as_ref().is_some_and(Passing::is_pending)
    }

    fn await_next(&self, is_over: bool) -> Result<Happened, Error> {
        if is_over {
            self.events.wait(None);
            return Ok(Happened::Something);
        }
        let is_passed = self.flow == Flow::Passed && self.shows.is_some() && !self.is_pending();
        if is_passed {
            return Ok(match self.process.tee_or(self.events.as_fd())? {
                Teed::Bytes(stream, bytes) => Happened::Arrived(stream, bytes),
                Teed::Over(_) => Happened::Over,
                _ => Happened::Something,
            });
        }
        Ok(match self.process.wait_or(self.events.as_fd())? {
            Some(_) => Happened::Over,
            None => Happened::Something,
        })
    }

    fn obey(&mut self, signal: i32) {
        match signal {
            SIGTSTP => self.stop(),
            // A program that has ended needs none.
            SIGUSR1 | SIGUSR2 | SIGWINCH => drop(self.process.signal(signal)),
            _ => {
                self.cut.get_or_insert(Cut::Signal(signal));
                self.signals += 1;
                match self.signals {
                    1 => self.process.terminate(),
                    _ => self.process.kill(),
                }
            }
        }
    }

    fn obey_lockdown(&mut self) {
        if let Some(reason) = self.events.take_lockdown() {
            self.cut.get_or_insert(Cut::Lockdown(reason));
            self.process.terminate();
        }
    }

    /// Stops the program and this command, until this command is told to go on.
    fn stop(&self) {
        let _ = self.process.signal(SIGTSTP);
        let _ = kill_process(getpid(), Signal::STOP);
        let _ = self.process.signal(SIGCONT);
    }

    /// Ends the program if its output cannot be passed on.
    fn note(&mut self, passed: Result<(), Broken>) {
        let Err(Broken { stream, errno }) = passed else {
            return;
        };
        let why = match errno {
            Errno::PIPE => Cut::ClosedPipe,
            errno => Cut::CannotWrite(format!("{stream} cannot be written: {errno}")),
        };
        self.cut.get_or_insert(why);
        self.shows = None;
        self.process.terminate();
    }

    /// Passes on what arrived before something ended the program.
    fn pass_rest(&mut self) {
        let Some(shows) = &mut self.shows else { return };
        shows.finish(Stream::Stdout, &[]);
        loop {
            match self.process.tee_or(self.events.as_fd()) {
                Ok(Teed::Bytes(stream, bytes)) => shows.finish(stream, &bytes),
                Ok(Teed::Over(_)) | Err(_) => return,
                // It cannot end sooner.
                Ok(_) => drop(self.events.take_signals()),
            }
        }
    }

    /// Passes on all of a stream, as long as no signal comes.
    fn pass_whole(&mut self, stream: Stream, bytes: &[u8]) {
        let Some(shows) = &mut self.shows else { return };
        let mut passed = shows.push(stream, bytes.to_vec(), &self.events);
        while passed.is_ok() && shows.is_pending() {
            self.events.wait(None);
            if let Some(signal) = self.events.take_signals().into_iter().next() {
                self.cut.get_or_insert(Cut::Signal(signal));
                return;
            }
            passed = shows.advance(&self.events);
        }
        self.note(passed);
    }
}
