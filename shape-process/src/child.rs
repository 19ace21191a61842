//! One child: its group, its streams, its limits.

use crate::ending::{ABRUPT_GRACE, Group, number};
use crate::error::{Error, ErrorKind};
use crate::inlet::Inlet;
use crate::outlet::Outlet;
use crate::output::{ExitStatus, Output, Stream};
use crate::sys::reap::Exit;
use rustix::event::PollFlags;
use rustix::process::Signal;
use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// When the failure of a process is reported even though it does not die: late enough for every
/// normal ending, early enough for the quarter of a second that a timed-out operation may take.
const REPORT_AFTER: Duration = Duration::from_millis(220);

/// A process that this run started, until nobody asks for it any more.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) program: OsString,
    pub(crate) group: Group,
    pub(crate) stdin: Inlet,
    pub(crate) stdout: Outlet,
    pub(crate) stderr: Outlet,
    pub(crate) started: Instant,
    pub(crate) timeout: Option<Duration>,
    pub(crate) kill_grace: Duration,
    pub(crate) accept: Option<Vec<i32>>,
    pub(crate) failure: Option<Failure>,
    /// Nobody holds a handle any more.
    pub(crate) released: bool,
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
    OutputLimit(Stream),
    /// The exit status was collected by other code in this program.
    StatusLost,
}

impl Failure {
    pub(crate) fn kind(self) -> ErrorKind {
        match self.cause {
            Cause::Timeout(_) => ErrorKind::Timeout,
            Cause::OutputLimit(_) => ErrorKind::OutputLimit,
            Cause::StatusLost => ErrorKind::Internal,
        }
    }
}

/// What of a child a descriptor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Group,
    Stdin,
    Stdout,
    Stderr,
}

impl Child {
    /// The descriptors to wait for, and for what.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = (Part, BorrowedFd<'_>, PollFlags)> {
        let group = self
            .group
            .descriptors()
            .map(|pidfd| (Part::Group, pidfd, PollFlags::IN));
        let stdin = self
            .stdin
            .hungry()
            .map(|pipe| (Part::Stdin, pipe, PollFlags::OUT));
        let stdout = self
            .stdout
            .pipe()
            .map(|pipe| (Part::Stdout, pipe, PollFlags::IN));
        let stderr = self
            .stderr
            .pipe()
            .map(|pipe| (Part::Stderr, pipe, PollFlags::IN));
        group.chain(stdin).chain(stdout).chain(stderr)
    }

    /// Does what a descriptor that is ready asks for.
    pub(crate) fn serve(&mut self, part: Part) {
        match part {
            // Both kinds of end are looked for in `advance`.
            Part::Group => {}
            Part::Stdin => self.stdin.feed(),
            Part::Stdout => drop(self.stdout.fill()),
            Part::Stderr => drop(self.stderr.fill()),
        }
    }

    /// When [`Child::advance`] has something to do even if nothing happens.
    pub(crate) fn next_timer(&self, now: Instant) -> Option<Instant> {
        let report = self.failure.map(|failure| failure.since + REPORT_AFTER);
        let report = report.filter(|&at| !self.group.is_ended() && at > now);
        [self.group.next_timer(), self.deadline(), report]
            .into_iter()
            .flatten()
            .min()
    }

    fn deadline(&self) -> Option<Instant> {
        let deadline = self
            .timeout
            .and_then(|timeout| self.started.checked_add(timeout));
        deadline.filter(|_| self.group.is_undisturbed())
    }

    /// Goes on with whatever is due.
    pub(crate) fn advance(&mut self, now: Instant) {
        if self.group.is_ended() {
            return;
        }
        self.group.notice_exit(now);
        if let (Some(timeout), Some(deadline)) = (self.timeout, self.deadline())
            && now >= deadline
        {
            self.fail(Cause::Timeout(timeout), now);
        }
        self.notice_overflow(now);
        self.group
            .advance(now, self.stdout.is_at_end() && self.stderr.is_at_end());
        if self.group.is_ended() {
            self.finish(now);
        }
    }

    fn notice_overflow(&mut self, now: Instant) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if self.outlet(stream).capture.is_over() {
                self.fail(Cause::OutputLimit(stream), now);
            }
        }
    }

    fn finish(&mut self, now: Instant) {
        self.stdin.give_up();
        self.stdout.finish();
        self.stderr.finish();
        self.notice_overflow(now);
        if self.group.exit() == Some(Exit::Lost) {
            self.fail(Cause::StatusLost, now);
        }
    }

    fn fail(&mut self, cause: Cause, now: Instant) {
        if self.failure.is_none() {
            self.failure = Some(Failure { cause, since: now });
        }
        self.terminate(now, ABRUPT_GRACE.min(self.kill_grace));
    }

    fn terminate(&mut self, now: Instant, grace: Duration) {
        self.group.terminate(now, grace);
        self.stdin.give_up();
    }

    /// Asks the process and its group to end, and sees to it that they have after their grace.
    pub(crate) fn close(&mut self, now: Instant) {
        self.terminate(now, self.kill_grace);
    }

    /// Ends the process and its group now.
    pub(crate) fn kill(&mut self) {
        self.group.kill();
        self.stdin.give_up();
    }

    pub(crate) fn signal(&self, signal: i32) {
        self.group.signal(signal);
    }

    /// Ends a process that nobody holds any more.
    pub(crate) fn release(&mut self, now: Instant) {
        self.released = true;
        self.stdout.capture.abandon();
        self.stderr.capture.abandon();
        self.close(now);
    }

    pub(crate) fn outlet(&mut self, stream: Stream) -> &mut Outlet {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Whether this process has failed and has ended, or does not.
    pub(crate) fn failure_is_due(&self, now: Instant) -> bool {
        let is_late = |failure: &Failure| now >= failure.since + REPORT_AFTER;
        self.group.is_ended() || self.failure.as_ref().is_some_and(is_late)
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
            Cause::OutputLimit(stream) => {
                let limit = self.outlet(stream).capture.limit();
                Error::OutputLimit {
                    program,
                    stream,
                    limit,
                    output: self.take_output().into(),
                }
            }
            Cause::StatusLost => Error::Internal {
                program,
                reason: "other code in this program collected its exit status".to_owned(),
            },
        }
    }

    /// How the process ended. One that cannot be ended counts as ended by what it was sent last.
    pub(crate) fn status(&self) -> ExitStatus {
        match self.group.exit() {
            Some(Exit::Status(status)) => status,
            Some(Exit::Lost) | None => ExitStatus::signalled(Signal::KILL.as_raw()),
        }
    }

    /// What the process left behind; the streams are taken.
    pub(crate) fn take_output(&mut self) -> Output {
        let status = self.status();
        let (stdout, stderr) = (
            self.stdout.capture.take_all(),
            self.stderr.capture.take_all(),
        );
        // Taking drops the characters that a gap has cut.
        let dropped_bytes = self.stdout.capture.dropped() + self.stderr.capture.dropped();
        Output {
            status: status.code,
            signal: status.signal,
            stdout,
            stderr,
            timed_out: matches!(
                self.failure,
                Some(Failure {
                    cause: Cause::Timeout(_),
                    ..
                })
            ),
            truncated: dropped_bytes > 0,
            dropped_bytes,
            duration: self.group.ended_at().unwrap_or_else(Instant::now) - self.started,
            pid: number(self.group.pid()),
            survivors: self.group.survivors(),
        }
    }
}
