//! Commands from their start to their end, in the process that starts them.
//!
//! Every command begins with a process that leads a group of its own. It is ended by `SIGTERM` to the
//! group, some time, and then the end of all its processes wherever they went ([`tree`]).

use super::tag::{Tag, Tags};
use super::tree::{self, Household, Orphans, Target, Toll};
use super::{Event, Start, Stdio, What};
use crate::orders::Key;
use crate::sys::limits::{REALTIME, UNLIMITED};
use crate::sys::poller::{Interest, Poller};
use crate::sys::proc::{self, OwnChildren, Processes};
use crate::sys::reap;
use crate::sys::spawn::{self, Leads, Rlimit, SpawnError};
use crate::sys::{group, pipe, signals};
use rustix::process::{Pid, Signal};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

/// How often it is looked whether what is left of a command has taken its `SIGTERM`.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The commands that this process has started and that are not over.
#[derive(Debug)]
pub(crate) struct Local {
    commands: BTreeMap<Key, Command>,
    /// Those that have been asked to end and have not.
    asked: BTreeSet<Key>,
    tags: Option<Tags>,
    place: Place,
    null: OwnedFd,
    events: Vec<Event>,
}

/// What process this is.
#[derive(Debug)]
enum Place {
    /// A host. Orphans may be anywhere.
    Host(Processes),
    /// A warden. Orphans become its children, all its children are commands or orphans of these, and it
    /// ignores no signal.
    Warden(OwnChildren),
}

#[derive(Debug)]
struct Command {
    pid: Pid,
    /// The first process, until it is collected.
    pidfd: Option<OwnedFd>,
    /// Whether its group had members when the first process was collected.
    had_group: bool,
    tag: Option<Tag>,
    is_detached: bool,
    /// When it is to be killed, if it has been asked to end.
    kill_at: Option<Instant>,
    /// It has been told that all is over.
    is_over: bool,
}

impl Local {
    /// The keeper of a host's own commands.
    ///
    /// # Errors
    /// No descriptor is to be had, or there is no `/proc`.
    pub(crate) fn of_host() -> io::Result<Self> {
        Self::new(Place::Host(Processes::open()?))
    }

    /// The keeper of a warden, which is a subreaper and has no other children.
    ///
    /// # Errors
    /// No descriptor is to be had, or there is no `/proc`.
    pub(crate) fn of_warden() -> io::Result<Self> {
        Self::new(Place::Warden(OwnChildren::open()?))
    }

    fn new(place: Place) -> io::Result<Self> {
        Ok(Self {
            commands: BTreeMap::new(),
            asked: BTreeSet::new(),
            tags: Tags::new(),
            place,
            null: pipe::open_null()?,
            events: Vec::new(),
        })
    }

    /// Starts a command with the streams of this process where it says so.
    pub(crate) fn start_own(&mut self, key: Key, start: Start<'_>) -> Result<Pid, SpawnError> {
        let tag = match start.is_detached {
            true => None,
            false => self.tags.as_mut().map(Tags::next),
        };
        self.start(key, start, tag)
    }

    /// Starts a command, with that tag.
    pub(crate) fn start(
        &mut self,
        key: Key,
        mut start: Start<'_>,
        tag: Option<Tag>,
    ) -> Result<Pid, SpawnError> {
        start.limits.extend(tag.map(|tag| Rlimit {
            resource: REALTIME,
            soft: tag.limit(),
            hard: UNLIMITED,
        }));
        let descriptor = |stdio| match stdio {
            Stdio::Null => Some(self.null.as_fd()),
            Stdio::Own => None,
            Stdio::Descriptor(descriptor) => Some(descriptor),
        };
        let [stdin, stdout, stderr] = start.streams.map(descriptor);
        let started = spawn::spawn(&spawn::Start {
            file: start.file,
            path: start.path,
            argv: &start.argv,
            envp: &start.envp,
            cwd: start.cwd,
            stdin,
            stdout,
            stderr,
            leads: match start.is_detached {
                true => Leads::Session,
                false => Leads::away_from_terminal(),
            },
            rlimits: &start.limits,
            may_ignore_signals: !self.is_warden(),
        })?;
        let command = Command {
            pid: started.pid,
            pidfd: Some(started.pidfd),
            had_group: true,
            tag,
            is_detached: start.is_detached,
            kill_at: None,
            is_over: false,
        };
        self.commands.insert(key, command);
        Ok(started.pid)
    }

    fn is_warden(&self) -> bool {
        matches!(self.place, Place::Warden(_))
    }

    pub(crate) fn has(&self, key: Key) -> bool {
        self.commands.contains_key(&key)
    }

    /// Has the end of a command's first process told to `poller`.
    pub(crate) fn watch(&self, key: Key, poller: &Poller, token: u64) -> io::Result<()> {
        let command = self.commands.get(&key);
        match command.and_then(|command| command.pidfd.as_ref()) {
            Some(pidfd) => Ok(poller.watch(pidfd, token, Interest::Reading)?),
            None => Ok(()),
        }
    }

    /// Asks a command to end, and sees to it that it has after `grace`. If it was asked before, the
    /// shorter grace holds.
    pub(crate) fn terminate(&mut self, key: Key, grace: Duration, now: Instant) {
        match self.commands.get_mut(&key) {
            // That has been told; the kernel holds its first process.
            Some(command) if command.is_over => {}
            Some(command) => {
                let kill_at = now + grace;
                if command.kill_at.is_none() && command.has_group() {
                    group::signal(command.pid, Signal::TERM);
                    // A stopped process would not notice.
                    group::signal(command.pid, Signal::CONT);
                }
                command.kill_at = Some(command.kill_at.map_or(kill_at, |at| at.min(kill_at)));
                self.asked.insert(key);
            }
            None => self.tell_over(key, Toll::default()),
        }
    }

    /// Ends a command now.
    pub(crate) fn kill(&mut self, key: Key, now: Instant) {
        match self.commands.get_mut(&key) {
            Some(command) if command.is_over => {}
            Some(command) => {
                command.kill_at = Some(now);
                self.asked.insert(key);
                self.advance(now);
            }
            None => self.tell_over(key, Toll::default()),
        }
    }

    /// Asks all commands to end that are not detached.
    pub(crate) fn terminate_all(&mut self, grace: Duration, now: Instant) {
        let kept = self.commands.iter().filter(|(_, it)| !it.is_detached);
        let keys: Vec<Key> = kept.map(|(&key, _)| key).collect();
        for key in keys {
            self.terminate(key, grace, now);
        }
    }

    /// Sends a signal to the group of a command whose first process runs.
    pub(crate) fn signal(&mut self, key: Key, signal: i32) {
        let command = self.commands.get(&key);
        if let Some(command) = command.filter(|command| command.pidfd.is_some()) {
            signals::send(command.pid, signal);
        }
    }

    /// Nobody asks for a command any more of which nothing is left. One that is detached stays to be
    /// collected.
    pub(crate) fn forget(&mut self, key: Key) {
        if let Some(command) = self.commands.get(&key)
            && command.pidfd.is_none()
        {
            self.commands.remove(&key);
        }
    }

    /// Whether there are no commands, but for those that the kernel holds although they were killed.
    pub(crate) fn is_idle(&self) -> bool {
        self.commands.values().all(|command| command.is_over)
    }

    /// Collects whoever of our children has ended, commands and orphans.
    pub(crate) fn collect(&mut self) {
        loop {
            let pid = match reap::look() {
                reap::Children::Ended(pid) => pid,
                reap::Children::AllAlive => return,
                reap::Children::None => return self.look_at_all(),
            };
            let mut commands = self.commands.iter();
            match commands.find(|(_, it)| it.pid == pid && it.pidfd.is_some()) {
                Some((&key, _)) => self.look_at(key),
                None => reap::reap_pid(pid),
            }
        }
    }

    /// If the kernel says that there are no children, none of them can be running.
    fn look_at_all(&mut self) {
        let keys: Vec<Key> = self.commands.keys().copied().collect();
        keys.into_iter().for_each(|key| self.look_at(key));
    }

    /// Looks whether the first process of a command has ended, and what it has left. If the command was
    /// asked to end, [`Local::advance`] goes on with it.
    pub(crate) fn look_at(&mut self, key: Key) {
        let Some(command) = self.commands.get_mut(&key) else {
            return;
        };
        let Some(exit) = command.pidfd.as_ref().and_then(reap::reap) else {
            return;
        };
        command.pidfd = None;
        command.had_group = !group::is_gone(command.pid);
        let (is_over, is_asked, is_detached) = (
            command.is_over,
            command.kill_at.is_some(),
            command.is_detached,
        );
        let left = !is_over && !is_detached && self.is_something_left(key);
        self.tell(key, What::Exited { exit, left });
        if is_over || is_detached {
            self.commands.remove(&key);
        } else if self.is_warden() && !left && !is_asked {
            // Nothing can have escaped us.
            self.commands.remove(&key);
        }
    }

    /// Whether a command whose first process has ended has others, as far as one can see without
    /// searching.
    fn is_something_left(&self, key: Key) -> bool {
        let Some(command) = self.commands.get(&key) else {
            return false;
        };
        if command.had_group {
            return true;
        }
        let Place::Warden(children) = &self.place else {
            return false;
        };
        if reap::look() == reap::Children::None {
            return false;
        }
        let running = self.commands.values().filter(|it| it.pidfd.is_some());
        // All others are orphans.
        let has_orphans = children.count().map_or(true, |all| all > running.count());
        has_orphans && {
            let targets = [command.target()];
            let orphans = self.household(&[key]).orphans(children, &targets);
            // Who cannot be listed may be there.
            orphans.map_or(true, |orphans| {
                orphans.into_iter().any(|(pid, _)| proc::is_alive(pid))
            })
        }
    }

    /// Our children, when `keys` are to be ended.
    fn household(&self, keys: &[Key]) -> Household {
        let running = self.commands.values().filter(|it| it.pidfd.is_some());
        let others = self.commands.iter().filter(|(key, _)| !keys.contains(key));
        Household {
            leaders: running.map(|command| command.pid).collect(),
            spared: others.clone().filter_map(|(_, it)| it.tag).collect(),
            spares_strangers: self.tags_are_missing() && others.count() > 0,
        }
    }

    fn tags_are_missing(&self) -> bool {
        self.commands.values().any(|command| command.tag.is_none())
    }

    /// When [`Local::advance`] has something to do.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        let asked = self.asked.iter().filter_map(|key| self.commands.get(key));
        asked.filter_map(Command::next_timer).min()
    }

    /// Ends what is due.
    pub(crate) fn advance(&mut self, now: Instant) {
        // While some were being ended others may have ended by themselves.
        while self.end_due(now) {
            if self.is_warden() {
                self.collect();
            }
        }
    }

    /// Ends what is due at this moment, if anything is.
    fn end_due(&mut self, now: Instant) -> bool {
        let is_due = |key: &&Key| self.commands.get(key).is_none_or(|it| it.is_due(now));
        let due: Vec<Key> = self.asked.iter().filter(is_due).copied().collect();
        if due.is_empty() {
            return false;
        }
        self.asked.retain(|key| !due.contains(key));
        let due: Vec<Key> = due.into_iter().filter(|key| self.has(*key)).collect();
        let targets: Vec<Target> = due
            .iter()
            .filter_map(|key| Some(self.commands.get(key)?.target()))
            .collect();
        let tolls = match &self.place {
            Place::Host(processes) => tree::end(&targets, Orphans::Anywhere(processes)),
            Place::Warden(children) => {
                tree::end(&targets, Orphans::AreOurs(&self.household(&due), children))
            }
        };
        for (key, toll) in due.into_iter().zip(tolls) {
            self.look_at_ended(key);
            self.tell_over(key, toll);
        }
        true
    }

    /// Ends whatever orphans there are, when there are no commands any more.
    pub(crate) fn end_orphans(&self) {
        if let Place::Warden(children) = &self.place
            && reap::look() != reap::Children::None
        {
            let nobody = Target {
                leader: None,
                tag: None,
            };
            tree::end(&[nobody], Orphans::AreOurs(&Household::default(), children));
        }
    }

    /// Collects the first process of a command that was killed. It stays if the kernel holds it.
    fn look_at_ended(&mut self, key: Key) {
        let Some(command) = self.commands.get_mut(&key) else {
            return;
        };
        command.is_over = true;
        match &command.pidfd {
            None => drop(self.commands.remove(&key)),
            Some(pidfd) => {
                if let Some(exit) = reap::reap(pidfd) {
                    self.commands.remove(&key);
                    self.tell(key, What::Exited { exit, left: true });
                }
            }
        }
    }

    fn tell_over(&mut self, key: Key, toll: Toll) {
        let Toll { ended, survivors } = toll;
        self.tell(key, What::Over { ended, survivors });
    }

    fn tell(&mut self, key: Key, what: What) {
        self.events.push(Event { key, what });
    }

    /// What became of commands since the last time.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

impl Command {
    fn target(&self) -> Target {
        Target {
            leader: self.pidfd.as_ref().map(|_| self.pid),
            tag: self.tag,
        }
    }

    /// Whether there may be somebody in its group. The number is not given to another process as long as
    /// there is; when one has it, it is the number of another group.
    fn has_group(&self) -> bool {
        let is_still_ours = || !group::is_gone(self.pid) && !proc::is_there(self.pid);
        self.pidfd.is_some() || self.had_group && is_still_ours()
    }

    fn next_timer(&self) -> Option<Instant> {
        let kill_at = self.kill_at?;
        match self.pidfd {
            Some(_) => Some(kill_at),
            None => Some(kill_at.min(Instant::now() + LOOK_EVERY)),
        }
    }

    /// Whether it is time to end what there is of it: its grace is over, or nobody who was sent
    /// `SIGTERM` is left.
    fn is_due(&self, now: Instant) -> bool {
        let is_asked_and_gone = || !self.has_group();
        !self.is_over
            && self
                .kill_at
                .is_some_and(|kill_at| now >= kill_at || is_asked_and_gone())
    }
}
