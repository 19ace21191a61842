//! One child: its life, its streams, its limits.

use crate::error::{Error, ErrorKind};
use crate::inlet::Inlet;
use crate::keeper::{Keeper, What, number};
use crate::orders::Key;
use crate::output::outlet::Outlet;
use crate::output::{Enforced, ExitStatus, Output, Stream};
use crate::sys::reap::Exit;
use crate::waiting;
use rustix::process::{Pid, Signal};
use shape_policy::{End, Ticket};
use std::ffi::OsString;
use std::time::{Duration, Instant};

/// The time between `SIGTERM` and `SIGKILL` when a limit was hit, so that the whole ending fits in
/// the quarter of a second that a timed-out operation may take.
const ABRUPT_GRACE: Duration = Duration::from_millis(60);
/// How long output is still awaited from what a command left behind.
const LINGER: Duration = Duration::from_millis(100);
/// When the failure of a process is reported even though it does not die of `SIGKILL`: late enough for
/// every normal ending, early enough for the quarter of a second that a timed-out operation may take.
const REPORT_AFTER_KILL: Duration = Duration::from_millis(175);

/// A process that this run started, until nobody asks for it any more.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) program: OsString,
    pub(crate) pid: Pid,
    pub(crate) stdin: Inlet,
    pub(crate) stdout: Outlet,
    pub(crate) stderr: Outlet,
    pub(crate) started: Instant,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) kill_grace: Duration,
    pub(crate) limit_grace: Option<Duration>,
    pub(crate) accept: Option<Vec<i32>>,
    pub(crate) require_stdin: bool,
    pub(crate) enforced: Enforced,
    pub(crate) is_detached: bool,
    pub(crate) life: Life,
    pub(crate) ending: Ending,
    pub(crate) failure: Option<Failure>,
    /// When the last byte came, if that is of interest.
    pub(crate) last_byte: Instant,
    pub(crate) waiting_for_input: bool,
    pub(crate) leftovers: Vec<u32>,
    pub(crate) survivors: Vec<u32>,
    /// Nobody holds a handle any more.
    pub(crate) released: bool,
    /// Others that are not over yet write its standard error too, or are at the other end of its
    /// streams.
    pub(crate) in_company: bool,
    /// When the pump is to look at it again even if nothing happens.
    pub(crate) timer: Option<Instant>,
    /// Where its end is to be reported.
    pub(crate) ticket: Ticket,
}

/// How far the life of a process has come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Life {
    Running,
    /// It has ended. What it `left` behind may be alive.
    Exited {
        exit: Exit,
        left: bool,
        at: Instant,
    },
    /// It has ended, and so has all that it left behind, but for the survivors. No `exit` if it is
    /// one of these.
    Over {
        exit: Option<Exit>,
        at: Instant,
    },
}

/// Who has seen to the end of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nobody.
    Natural,
    /// Nobody, but what it left behind is being ended.
    ClearedUp,
    /// It is to be asked to end, and killed after that time.
    ToBeTerminated(Duration),
    /// It was.
    Terminated,
    /// It is to be killed.
    ToBeKilled,
    /// It was.
    Killed,
}

/// Why a process was ended by us, or is of no use; and since when that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    since: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Timeout(Duration),
    IdleTimeout(Duration),
    OutputLimit(Stream),
    /// A stream could not be spilled.
    Spill(Stream),
    /// It did not read its input, which was asked for.
    BrokenPipe {
        written: usize,
    },
    /// The exit status was collected by other code in this program, or whoever kept it has gone.
    StatusLost,
}

impl Failure {
    pub(crate) fn kind(self) -> ErrorKind {
        match self.cause {
            Cause::Timeout(_) => ErrorKind::Timeout,
            Cause::IdleTimeout(_) => ErrorKind::IdleTimeout,
            Cause::OutputLimit(_) => ErrorKind::OutputLimit,
            Cause::Spill(_) => ErrorKind::Resource,
            Cause::BrokenPipe { .. } => ErrorKind::BrokenPipe,
            Cause::StatusLost => ErrorKind::Internal,
        }
    }
}

impl Child {
    /// When [`Child::advance`] has something to do even if nothing happens.
    pub(crate) fn next_timer(&self, now: Instant) -> Option<Instant> {
        let report = self.failure.map(|failure| self.reported_at(failure));
        let report = report.filter(|&at| !self.is_over() && at > now);
        let linger = match self.life {
            Life::Exited { at, .. } if self.ending == Ending::Natural => Some(at + LINGER),
            _ => None,
        };
        let deadlines = self.deadlines().map(|deadline| Some(deadline?.0));
        deadlines
            .into_iter()
            .chain([report, linger])
            .flatten()
            .min()
    }

    /// The times at which it will have failed, and why.
    fn deadlines(&self) -> [Option<(Instant, Cause)>; 2] {
        if !matches!((self.life, self.ending), (Life::Running, Ending::Natural)) {
            return [None, None];
        }
        let deadline = |from: Instant, timeout: Option<Duration>, cause: fn(Duration) -> Cause| {
            let timeout = timeout?;
            Some((from.checked_add(timeout)?, cause(timeout)))
        };
        // What waits because nobody takes its output is not idle.
        let is_held_up = self.stdout.is_paused() || self.stderr.is_paused();
        let idle_timeout = self.idle_timeout.filter(|_| !is_held_up);
        [
            deadline(self.started, self.timeout, Cause::Timeout),
            deadline(self.last_byte, idle_timeout, Cause::IdleTimeout),
        ]
    }

    /// Goes on with whatever is due.
    pub(crate) fn advance(&mut self, now: Instant, key: Key, keeper: &mut Keeper) {
        if self.is_over() {
            return;
        }
        for (deadline, cause) in self.deadlines().into_iter().flatten() {
            if now >= deadline {
                self.waiting_for_input = waiting::waits_for_input(self.pid, self.stdin.pipe());
                self.fail(cause, now);
            }
        }
        self.notice_overflow(now);
        self.notice_broken_input(now);
        self.act(key, keeper);
        self.clear_up(now, key, keeper);
    }

    /// Does to it what it is to be done to it.
    fn act(&mut self, key: Key, keeper: &mut Keeper) {
        self.ending = match self.ending {
            Ending::ToBeTerminated(grace) => {
                keeper.terminate(key, grace);
                Ending::Terminated
            }
            Ending::ToBeKilled => {
                keeper.kill(key);
                Ending::Killed
            }
            other => other,
        };
    }

    /// When it has ended by itself: waits for the rest of its output, and has ended what it left.
    fn clear_up(&mut self, now: Instant, key: Key, keeper: &mut Keeper) {
        let Life::Exited { exit, left, at } = self.life else {
            return;
        };
        if self.ending != Ending::Natural {
            return;
        }
        let is_drained = self.is_drained() && !self.in_company;
        if is_drained && !left {
            keeper.forget(key);
            self.finish(Some(exit), now);
        } else if is_drained || now >= at + LINGER {
            keeper.kill(key);
            self.ending = Ending::ClearedUp;
        }
    }

    /// What the keeper has told.
    pub(crate) fn became(&mut self, what: What, now: Instant) {
        match (what, self.life) {
            (What::Exited { exit, left }, Life::Running) => {
                self.life = Life::Exited {
                    exit,
                    left,
                    at: now,
                };
            }
            (What::Exited { exit, .. }, Life::Over { exit: None, at }) => {
                self.life = Life::Over {
                    exit: Some(exit),
                    at,
                };
            }
            (What::Over { ended, survivors }, Life::Running | Life::Exited { .. }) => {
                if self.ending == Ending::ClearedUp {
                    self.leftovers = ended;
                }
                self.survivors = survivors;
                self.finish(self.exit(), now);
            }
            _ => {}
        }
    }

    /// The others are over.
    pub(crate) fn leave_company(&mut self, now: Instant) {
        self.in_company = false;
        if self.is_over() {
            self.stderr.finish();
            self.notice_overflow(now);
        }
    }

    /// What [`Child::advance`] does not see in one that is over while others write its stream.
    pub(crate) fn notice_overflow(&mut self, now: Instant) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if self.outlet(stream).capture.is_over() {
                self.fail(Cause::OutputLimit(stream), now);
            }
            if self.outlet(stream).spill_failure().is_some() {
                self.fail(Cause::Spill(stream), now);
            }
        }
    }

    fn notice_broken_input(&mut self, now: Instant) {
        if let (true, Some(written)) = (self.require_stdin, self.stdin.broken_after()) {
            self.fail(Cause::BrokenPipe { written }, now);
        }
    }

    fn finish(&mut self, exit: Option<Exit>, now: Instant) {
        self.life = Life::Over { exit, at: now };
        self.stdin.give_up();
        self.stdout.finish();
        if !self.in_company {
            self.stderr.finish();
        }
        self.notice_overflow(now);
        self.notice_broken_input(now);
        if exit == Some(Exit::Lost) {
            self.fail(Cause::StatusLost, now);
        }
    }

    fn fail(&mut self, cause: Cause, now: Instant) {
        if self.failure.is_none() {
            self.failure = Some(Failure { cause, since: now });
        }
        self.terminate(self.limit_grace());
    }

    /// What it has between `SIGTERM` and `SIGKILL` when a limit was hit.
    fn limit_grace(&self) -> Duration {
        self.limit_grace
            .unwrap_or(ABRUPT_GRACE.min(self.kill_grace))
    }

    fn reported_at(&self, failure: Failure) -> Instant {
        failure.since + self.limit_grace() + REPORT_AFTER_KILL
    }

    /// Ends it because another process failed that it belongs with.
    pub(crate) fn end_with_others(&mut self) {
        self.terminate(ABRUPT_GRACE.min(self.kill_grace));
    }

    fn terminate(&mut self, grace: Duration) {
        if self.ending == Ending::Natural && !self.is_over() {
            self.ending = Ending::ToBeTerminated(grace);
            self.stdin.give_up();
        }
    }

    /// Asks the process to end, and sees to it that it has, with its descendants, after its grace.
    pub(crate) fn close(&mut self) {
        self.terminate(self.kill_grace);
    }

    /// Ends the process and its descendants now.
    pub(crate) fn kill(&mut self) {
        if self.ending != Ending::Killed && !self.is_over() {
            self.ending = Ending::ToBeKilled;
            self.stdin.give_up();
        }
    }

    /// Ends a process that nobody holds any more, unless it is detached.
    pub(crate) fn release(&mut self) {
        self.released = true;
        self.stdout.abandon();
        self.stderr.abandon();
        if !self.is_detached {
            self.close();
        }
    }

    /// Whether nobody will ask for it again.
    pub(crate) fn is_done_with(&self) -> bool {
        self.released && (self.is_over() || self.is_detached)
    }

    pub(crate) fn outlet(&mut self, stream: Stream) -> &mut Outlet {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Whether no more output will arrive.
    pub(crate) fn is_drained(&self) -> bool {
        self.stdout.is_at_end() && self.stderr.is_at_end()
    }

    /// Whether everything is over.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.life, Life::Over { .. })
    }

    /// How the process ended, if it has.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.life {
            Life::Running => None,
            Life::Exited { exit, .. } => Some(exit),
            Life::Over { exit, .. } => exit,
        }
    }

    /// Whether this process has failed and has ended, or does not.
    pub(crate) fn failure_is_due(&self, now: Instant) -> bool {
        self.is_over() || self.failure_is_late(now)
    }

    /// Whether this process has failed so long ago that it is to be told.
    pub(crate) fn failure_is_late(&self, now: Instant) -> bool {
        let is_late = |failure: Failure| now >= self.reported_at(failure);
        self.failure.is_some_and(is_late)
    }

    /// The failure as an error, with what there is.
    pub(crate) fn error(&mut self, failure: Failure) -> Error {
        let program = self.program.clone();
        match failure.cause {
            Cause::Timeout(after) => Error::Timeout {
                program,
                after,
                output: self.take_output().into(),
            },
            Cause::IdleTimeout(after) => Error::IdleTimeout {
                program,
                after,
                output: self.take_output().into(),
            },
            Cause::OutputLimit(stream) => {
                let limit = self.outlet(stream).capture.limit();
                Error::OutputLimit {
                    program,
                    stream,
                    limit,
                    output: self.take_output().into(),
                }
            }
            Cause::Spill(stream) => {
                let failure = self.outlet(stream).spill_failure().cloned();
                let (path, reason) = failure
                    .map(|failure| (failure.path, failure.reason))
                    .unwrap_or_default();
                Error::Spill {
                    program,
                    stream,
                    path,
                    reason,
                    output: self.take_output().into(),
                }
            }
            Cause::BrokenPipe { written } => Error::BrokenPipe { program, written },
            Cause::StatusLost => Error::Internal {
                program,
                reason:
                    "its exit status was lost: other code in this program collected it, or the \
                         helper that kept it was ended"
                        .to_owned(),
            },
        }
    }

    /// How the process ended. One that cannot be ended counts as ended by what it was sent last.
    pub(crate) fn status(&self) -> ExitStatus {
        match self.exit() {
            Some(Exit::Status(status)) => status,
            Some(Exit::Lost) | None => ExitStatus::signalled(Signal::KILL.as_raw()),
        }
    }

    /// Reports its end, if it is over and that was not done.
    pub(crate) fn report_end(&mut self) {
        let Life::Over { exit, at } = self.life else {
            return;
        };
        if !self.ticket.is_awaited() {
            return;
        }
        let status = match exit {
            Some(Exit::Status(status)) => Some(status),
            Some(Exit::Lost) | None => None,
        };
        let signal = status.and_then(|status| status.signal);
        let dropped_bytes = self.stdout.capture.dropped() + self.stderr.capture.dropped();
        let end = End {
            exit_code: status
                .map(|status| status.code)
                .filter(|_| signal.is_none()),
            signal,
            duration: at - self.started,
            timed_out: self.has_timed_out(),
            truncated: dropped_bytes > 0,
            survivors: &self.survivors,
            enforced: &self.enforced.names(),
        };
        self.ticket.ended(&end);
    }

    fn has_timed_out(&self) -> bool {
        let cause = self.failure.map(|failure| failure.cause);
        matches!(cause, Some(Cause::Timeout(_) | Cause::IdleTimeout(_)))
    }

    /// What the process left behind; the streams are taken.
    pub(crate) fn take_output(&mut self) -> Output {
        let status = self.status();
        let (stdout, stderr) = (
            self.stdout.capture.take_all(),
            self.stderr.capture.take_all(),
        );
        let mut transcript = self.stdout.take_transcript();
        transcript.extend(self.stderr.take_transcript());
        transcript.sort_by_key(|chunk| chunk.at);
        // Taking drops the characters that a gap has cut.
        let dropped_bytes = self.stdout.capture.dropped() + self.stderr.capture.dropped();
        let ended_at = match self.life {
            Life::Over { at, .. } => at,
            Life::Running | Life::Exited { .. } => Instant::now(),
        };
        Output {
            status: status.code,
            signal: status.signal,
            stdout,
            stderr,
            timed_out: self.has_timed_out(),
            truncated: dropped_bytes > 0,
            dropped_bytes,
            duration: ended_at - self.started,
            pid: number(self.pid),
            waiting_for_input: self.waiting_for_input,
            transcript,
            stdout_file: self.stdout.spilled_to(),
            stderr_file: self.stderr.spilled_to(),
            leftovers: self.leftovers.clone(),
            survivors: self.survivors(),
            enforced: self.enforced,
        }
    }

    /// The processes that could not be ended.
    fn survivors(&self) -> Vec<u32> {
        match self.life {
            // It is reported before its end is known.
            Life::Running if self.survivors.is_empty() => vec![number(self.pid)],
            _ => self.survivors.clone(),
        }
    }
}
