//! Finding all processes of a command, and ending them.
//!
//! A process belongs to a command if it has its tag, or descends from one that does. Looking and
//! signalling take time, in which processes fork, so they are stopped as they are found, and the
//! walk is repeated until it finds nobody new; then all are ended, and the whole is repeated until
//! nobody is left. Neither a new session nor a new parent helps a process to get away.

use super::tag::Tag;
use crate::sys::event::is_readable;
use crate::sys::group;
use crate::sys::proc::{self, OwnChildren, Processes};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};
use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// How long all of it may take. What is alive then is held by the kernel.
const PATIENCE: Duration = Duration::from_millis(170);
/// The same where orphans may be anywhere: if whoever they go to does not collect them, a storm leaves
/// thousands of zombies behind which it hides.
const PATIENCE_ANYWHERE: Duration = Duration::from_millis(500);
/// How long those are then awaited who were killed at last.
const SETTLE: Duration = Duration::from_millis(400);
/// How often the walk is repeated at most before what was found is ended: a storm may find it hard to
/// stand still.
const MOST_WALKS: usize = 16;
/// After how many walks a process that was stopped has no children any more that were not seen: it may
/// have been about to fork.
const WALKS_TO_STOP: usize = 2;

/// How many processes are listed by number at most.
const MOST_LISTED: usize = 4096;

/// A command to be ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Its first process, as long as nobody has collected it.
    pub(crate) leader: Option<Pid>,
    pub(crate) tag: Option<Tag>,
}

/// Where processes are looked for that have lost their parents.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Orphans<'a> {
    /// They may be anywhere.
    Anywhere(&'a Processes),
    /// They become our children.
    AreOurs(&'a Household, &'a OwnChildren),
}

/// The children of a process that orphans come to.
#[derive(Debug, Default)]
pub(crate) struct Household {
    /// The first processes of commands: all other children are orphans.
    pub(crate) leaders: HashSet<Pid>,
    /// The tags of commands that are not to be ended.
    pub(crate) spared: HashSet<Tag>,
    /// Whether an orphan is spared whose tag is nobody's. Else it is one that changed its tag, and is
    /// ended with the first of the targets.
    pub(crate) spares_strangers: bool,
}

/// What became of the processes of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Toll {
    /// Those that were alive and have ended, without the leader.
    pub(crate) ended: Vec<u32>,
    /// Those that are alive although they were sent `SIGKILL`.
    pub(crate) survivors: Vec<u32>,
}

/// Ends all processes of `targets`; returns what became of each one's.
///
/// # Blocking
/// Until all have ended: a few milliseconds, at most [`PATIENCE`] or [`PATIENCE_ANYWHERE`].
pub(crate) fn end(targets: &[Target], orphans: Orphans<'_>) -> Vec<Toll> {
    let (patience, settle) = match orphans {
        Orphans::Anywhere(_) => (PATIENCE_ANYWHERE, SETTLE),
        Orphans::AreOurs(..) => (PATIENCE, Duration::ZERO),
    };
    let deadline = Instant::now() + patience;
    // Most of them, at once.
    for leader in targets.iter().filter_map(|target| target.leader) {
        group::signal(leader, Signal::STOP);
    }
    let mut hunt = Hunt {
        targets,
        orphans,
        found: HashMap::new(),
        dead: HashSet::new(),
    };
    loop {
        let alive = hunt.freeze(deadline);
        if alive == 0 {
            break;
        }
        hunt.kill();
        hunt.await_ends(deadline.max(Instant::now() + settle));
        if Instant::now() >= deadline {
            break;
        }
    }
    hunt.tolls()
}

impl Household {
    /// The orphans, zombies too, each with the command it belongs to.
    ///
    /// # Errors
    /// Our children cannot be listed.
    pub(crate) fn orphans(
        &self,
        children: &OwnChildren,
        targets: &[Target],
    ) -> Result<Vec<(Pid, usize)>, Errno> {
        let orphans = children.list()?.into_iter();
        let orphans = orphans.filter(|pid| !self.leaders.contains(pid));
        Ok(orphans
            .filter_map(|pid| Some((pid, self.target(Tag::of(pid), targets)?)))
            .collect())
    }

    fn target(&self, tag: Option<Tag>, targets: &[Target]) -> Option<usize> {
        let of_target = tag.and_then(|tag| position(tag, targets));
        let is_spared = self.spares_strangers || tag.is_some_and(|tag| self.spared.contains(&tag));
        of_target.or((!is_spared).then_some(0))
    }
}

fn position(tag: Tag, targets: &[Target]) -> Option<usize> {
    targets.iter().position(|target| target.tag == Some(tag))
}

struct Hunt<'a> {
    targets: &'a [Target],
    orphans: Orphans<'a>,
    found: HashMap<Pid, Prey>,
    /// Those that were dead when they were found.
    dead: HashSet<Pid>,
}

struct Prey {
    target: usize,
    /// None if there was no descriptor left for it, and once it has ended.
    pidfd: Option<OwnedFd>,
    /// How many walks have looked for its children since it was stopped.
    walks: usize,
    has_ended: bool,
}

/// Why somebody may be one of those who are looked for.
#[derive(Clone, Copy)]
enum Suspicion {
    /// It is the first process of that target, or an orphan of it.
    Of(usize),
    /// It is a child of this one, which belongs to that target.
    ChildOf(Pid, usize),
    /// It is there, and may have a tag.
    MayHaveTag,
}

impl Hunt<'_> {
    /// Stops all that there are, until nothing stirs; returns how many are alive.
    fn freeze(&mut self, deadline: Instant) -> usize {
        for _ in 0..MOST_WALKS {
            if !self.walk() || Instant::now() >= deadline {
                break;
            }
        }
        self.notice_ends();
        self.found.values().filter(|prey| !prey.has_ended).count()
    }

    /// Goes through all processes once. Whether something stirred: somebody new was found, or somebody
    /// had gone by the time he was looked at and may have left a successor that was not there yet when
    /// the list was made.
    fn walk(&mut self) -> bool {
        let (suspects, mut has_stirred) = self.suspects();
        // First of all, and the newest first, those who are known at a glance: every moment counts.
        for (pid, suspicion) in suspects.into_iter().rev() {
            has_stirred |= self.look_at(pid, suspicion);
        }
        let mut parents: Vec<Pid> = self.found.keys().copied().collect();
        while let Some(parent) = parents.pop() {
            let Some(prey) = self.found.get_mut(&parent) else {
                continue;
            };
            if prey.walks >= WALKS_TO_STOP {
                continue;
            }
            prey.walks += 1;
            let target = prey.target;
            for child in proc::children(parent) {
                if self.look_at(child, Suspicion::ChildOf(parent, target)) {
                    has_stirred = true;
                    parents.push(child);
                }
            }
        }
        has_stirred
    }

    /// Stops a process if it is one of ours; whether that is news, be it that it has ended.
    fn look_at(&mut self, pid: Pid, suspicion: Suspicion) -> bool {
        let is_known = self.found.contains_key(&pid) || self.dead.contains(&pid);
        !is_known && self.catch(pid, suspicion)
    }

    /// Whom a walk begins with, the newest last; and whether they could not be listed.
    fn suspects(&self) -> (Vec<(Pid, Suspicion)>, bool) {
        let mut suspects = Vec::new();
        let mut is_unknown = false;
        match self.orphans {
            Orphans::Anywhere(processes) => match processes.list() {
                Ok(all) => {
                    suspects.extend(all.into_iter().map(|pid| (pid, Suspicion::MayHaveTag)));
                }
                Err(_) => is_unknown = true,
            },
            Orphans::AreOurs(household, children) => {
                match household.orphans(children, self.targets) {
                    Ok(orphans) => suspects.extend(
                        orphans
                            .into_iter()
                            .map(|(pid, target)| (pid, Suspicion::Of(target))),
                    ),
                    Err(_) => is_unknown = true,
                }
            }
        }
        let leaders = self.targets.iter().enumerate();
        suspects
            .extend(leaders.filter_map(|(at, target)| Some((target.leader?, Suspicion::Of(at)))));
        (suspects, is_unknown)
    }

    /// Stops a process, if it is one of ours. False if it is none.
    fn catch(&mut self, pid: Pid, suspicion: Suspicion) -> bool {
        let suspected = match suspicion {
            Suspicion::Of(target) | Suspicion::ChildOf(_, target) => target,
            Suspicion::MayHaveTag => match Tag::of(pid).map(|tag| position(tag, self.targets)) {
                Some(Some(target)) => target,
                Some(None) => return false,
                // It has ended since the list was made.
                None => return true,
            },
        };
        let pidfd = match pidfd_open(pid, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return true,
            pidfd => pidfd.ok(),
        };
        if pidfd.as_ref().is_some_and(is_readable) {
            self.dead.insert(pid);
            return true;
        }
        // The number may have come to mean another process before there was a descriptor.
        let is_tagged = || Tag::of(pid).is_some_and(|tag| self.targets[suspected].tag == Some(tag));
        let is_ours = match suspicion {
            Suspicion::Of(_) => true,
            Suspicion::ChildOf(parent, _) => is_tagged() || proc::parent(pid) == Some(parent),
            Suspicion::MayHaveTag => is_tagged(),
        };
        if !is_ours {
            return false;
        }
        signal(pid, pidfd.as_ref(), Signal::STOP);
        let prey = Prey {
            target: suspected,
            pidfd,
            walks: 0,
            has_ended: false,
        };
        self.found.insert(pid, prey);
        true
    }

    /// The first processes last: when one ends and leaves its group without a parent in the session, the
    /// kernel continues those of the group that are stopped; see setpgid(2).
    fn kill(&self) {
        let is_leader = |pid| self.targets.iter().any(|target| target.leader == Some(pid));
        for leaders in [false, true] {
            let alive = self.found.iter().filter(|(_, prey)| !prey.has_ended);
            for (&pid, prey) in alive.filter(|(pid, _)| is_leader(**pid) == leaders) {
                signal(pid, prey.pidfd.as_ref(), Signal::KILL);
            }
        }
    }

    fn await_ends(&mut self, deadline: Instant) {
        loop {
            self.notice_ends();
            let waited_for = self.found.values().filter(|prey| !prey.has_ended);
            let mut descriptors: Vec<PollFd<'_>> = waited_for
                .filter_map(|prey| Some(PollFd::new(prey.pidfd.as_ref()?, PollFlags::IN)))
                .collect();
            let left = deadline.saturating_duration_since(Instant::now());
            if descriptors.is_empty() || left.is_zero() {
                return;
            }
            let left = Timespec {
                tv_sec: 0,
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            // Interrupted or out of memory: it is looked again.
            let _ = poll(&mut descriptors, Some(&left));
        }
    }

    fn notice_ends(&mut self) {
        for (&pid, prey) in self.found.iter_mut().filter(|(_, prey)| !prey.has_ended) {
            prey.has_ended = match &prey.pidfd {
                Some(pidfd) => is_readable(pidfd),
                None => !proc::is_alive(pid),
            };
            if prey.has_ended {
                // Others may need the descriptor.
                prey.pidfd = None;
            }
        }
    }

    fn tolls(self) -> Vec<Toll> {
        let mut tolls = vec![Toll::default(); self.targets.len()];
        for (pid, prey) in self.found {
            let toll = &mut tolls[prey.target];
            if !prey.has_ended {
                toll.survivors.push(number(pid));
            } else if self.targets[prey.target].leader != Some(pid) {
                toll.ended.push(number(pid));
            }
        }
        for toll in &mut tolls {
            for list in [&mut toll.ended, &mut toll.survivors] {
                list.sort_unstable();
                list.truncate(MOST_LISTED);
            }
        }
        tolls
    }
}

/// Sends a signal to a process, by its descriptor if there is one.
fn signal(pid: Pid, pidfd: Option<&OwnedFd>, signal: Signal) {
    // It may have ended, or be another user's; what is alive in the end is told.
    let _ = match pidfd {
        Some(pidfd) => pidfd_send_signal(pidfd, signal),
        None => kill_process(pid, signal),
    };
}

/// A process id as people write it.
pub(crate) fn number(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
