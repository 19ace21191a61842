//! A process group from its start to its end.
//!
//! Every child leads a group of its own. It is ended by `SIGTERM` to the group, some time, and
//! `SIGKILL` to the group. Signalling a group by its number is safe only as long as the number
//! cannot have come to mean something else, so a leader that has ended is kept as a zombie until the
//! last signal has been sent.
//!
//! A process that leaves its group escapes from this.

use crate::sys::event::is_readable;
use crate::sys::group;
use crate::sys::reap::{self, Exit};
use crate::sys::signals;
use rustix::process::{Pid, Signal};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// The time between `SIGTERM` and `SIGKILL` when a limit was hit, so that the whole ending fits in
/// the quarter of a second that a timed-out operation may take.
pub(crate) const ABRUPT_GRACE: Duration = Duration::from_millis(100);
/// How long output is still awaited from what the leader left behind.
const LINGER: Duration = Duration::from_millis(100);
/// How long processes that were sent `SIGKILL` are awaited after their leader's end.
const SETTLE: Duration = Duration::from_millis(100);

/// A group, and how far its ending has come.
#[derive(Debug)]
pub(crate) struct Group {
    pid: Pid,
    /// The leader, until it is reaped.
    pidfd: Option<OwnedFd>,
    leader: Leader,
    phase: Phase,
    /// A process of the group that has outlived the leader.
    straggler: Option<OwnedFd>,
}

#[derive(Debug, Clone, Copy)]
enum Leader {
    Running,
    Zombie { exit: Exit, since: Instant },
    Reaped { exit: Exit, since: Instant },
}

#[derive(Debug)]
enum Phase {
    /// Nobody has asked it to end.
    Running,
    /// The group was sent `SIGTERM`.
    Terminating { kill_at: Instant },
    /// The group was sent `SIGKILL`.
    Killed,
    /// The leader is reaped, and no other process of the group is alive but for these.
    Ended { at: Instant, survivors: Vec<u32> },
}

impl Group {
    /// The group of the running process `pid`.
    pub(crate) fn new(pid: Pid, pidfd: OwnedFd) -> Self {
        Self {
            pid,
            pidfd: Some(pidfd),
            leader: Leader::Running,
            phase: Phase::Running,
            straggler: None,
        }
    }

    /// The number of the group and of its leader.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// What becomes readable when something ends.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let leader = self
            .pidfd
            .as_ref()
            .filter(|_| matches!(self.leader, Leader::Running));
        leader
            .into_iter()
            .chain(&self.straggler)
            .map(OwnedFd::as_fd)
    }

    /// When [`Group::advance`] has something to do even if nothing happens.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        match (&self.phase, &self.leader) {
            (Phase::Running, Leader::Zombie { since, .. }) => Some(*since + LINGER),
            (Phase::Terminating { kill_at }, _) => Some(*kill_at),
            (Phase::Killed, Leader::Reaped { since, .. }) => Some(*since + SETTLE),
            _ => None,
        }
    }

    /// Asks the group to end, and sees to it that it has after `grace`. Nothing happens if it has
    /// been asked before.
    pub(crate) fn terminate(&mut self, now: Instant, grace: Duration) {
        if let Phase::Running = self.phase {
            group::signal(self.pid, Signal::TERM);
            // A stopped process would not notice.
            group::signal(self.pid, Signal::CONT);
            self.phase = Phase::Terminating {
                kill_at: now + grace,
            };
        }
    }

    /// Ends the group now.
    pub(crate) fn kill(&mut self) {
        if let Phase::Running | Phase::Terminating { .. } = self.phase {
            group::signal(self.pid, Signal::KILL);
            self.phase = Phase::Killed;
        }
    }

    /// Sends any signal to the group, if it is still ours to signal.
    pub(crate) fn signal(&self, signal: i32) {
        if let Phase::Running | Phase::Terminating { .. } = self.phase {
            signals::send(self.pid, signal);
        }
    }

    /// Goes on as far as it can. `drained` says that all streams are at their end.
    pub(crate) fn advance(&mut self, now: Instant, drained: bool) {
        self.notice_exit(now);
        let is_time_to_kill = match (&self.phase, self.leader) {
            (Phase::Running, Leader::Zombie { since, .. }) => drained || now >= since + LINGER,
            (Phase::Terminating { kill_at }, _) if now >= *kill_at => true,
            (Phase::Terminating { .. }, Leader::Zombie { .. }) => !self.has_straggler(),
            _ => false,
        };
        if is_time_to_kill {
            self.kill();
        }
        if let Phase::Killed = self.phase {
            self.bury(now);
        }
    }

    /// Looks whether the leader has ended.
    pub(crate) fn notice_exit(&mut self, now: Instant) {
        if let (Leader::Running, Some(pidfd)) = (self.leader, &self.pidfd)
            && let Some(exit) = reap::peek(pidfd)
        {
            self.leader = Leader::Zombie { exit, since: now };
        }
    }

    /// Reaps the leader and awaits the others. All have been sent `SIGKILL`.
    fn bury(&mut self, now: Instant) {
        if let Leader::Zombie { exit, .. } = self.leader {
            self.pidfd.take().inspect(|pidfd| reap::reap(pidfd));
            self.leader = Leader::Reaped { exit, since: now };
        }
        let Leader::Reaped { since, .. } = self.leader else {
            return;
        };
        if group::is_gone(self.pid) || !self.has_straggler() {
            self.phase = Phase::Ended {
                at: now,
                survivors: Vec::new(),
            };
        } else if now >= since + SETTLE {
            let survivors = self.others_alive();
            self.phase = Phase::Ended { at: now, survivors };
        }
        if self.is_ended() {
            self.straggler = None;
        }
    }

    /// Whether a process of the group other than its leader is alive.
    fn has_straggler(&mut self) -> bool {
        if self
            .straggler
            .as_ref()
            .is_some_and(|pidfd| !is_readable(pidfd))
        {
            return true;
        }
        self.straggler = group::others(self.pid)
            .into_iter()
            .find_map(|pid| reap::watch(pid).ok());
        self.straggler.is_some()
    }

    fn others_alive(&self) -> Vec<u32> {
        group::others(self.pid).into_iter().map(number).collect()
    }

    /// Whether everything is over.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. })
    }

    /// Whether the leader runs and nobody has asked the group to end.
    pub(crate) fn is_undisturbed(&self) -> bool {
        matches!(
            (&self.phase, &self.leader),
            (Phase::Running, Leader::Running)
        )
    }

    /// How the leader ended, if it has.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.leader {
            Leader::Running => None,
            Leader::Zombie { exit, .. } | Leader::Reaped { exit, .. } => Some(exit),
        }
    }

    /// When everything was over.
    pub(crate) fn ended_at(&self) -> Option<Instant> {
        match self.phase {
            Phase::Ended { at, .. } => Some(at),
            _ => None,
        }
    }

    /// The processes that are alive although they were sent `SIGKILL`.
    pub(crate) fn survivors(&self) -> Vec<u32> {
        match (&self.phase, &self.leader) {
            (Phase::Ended { survivors, .. }, _) => survivors.clone(),
            (_, Leader::Running) => [number(self.pid)]
                .into_iter()
                .chain(self.others_alive())
                .collect(),
            _ => self.others_alive(),
        }
    }
}

/// A process id as people write it.
pub(crate) fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
