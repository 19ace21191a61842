//! Who starts the processes of commands, and ends them.
//!
//! A [`Keeper`] knows every command by its key, and tells by [`Event`]s what becomes of it. It is
//! either this process itself ([`Local`]), or a small helper that does the same on the other end of a
//! socket and outlives this process for as long as there is something to be ended
//! ([`Warden`](crate::warden::Warden)).

mod local;
mod tag;
pub(crate) mod tree;

pub(crate) use local::Local;
pub(crate) use tag::{Tag, Tags};
pub(crate) use tree::number;

use crate::orders::Key;
use crate::sys::poller::Poller;
use crate::sys::reap::Exit;
use crate::sys::spawn::{Rlimit, SpawnError, Strings};
use crate::warden::Warden;
use rustix::process::Pid;
use serde::{Deserialize, Serialize};
use std::ffi::CStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where processes are started from, and with what promises.
///
/// | | `Direct` | `Warden` |
/// | --- | --- | --- |
/// | a command that is ended, for whatever reason, is ended with all its descendants, also those in another group or session and those that daemonised themselves | yes | yes, also if they changed the mark that they are known by |
/// | what a command leaves behind when it ends by itself is ended | its group, and whoever holds its output | all |
/// | the end of the host ends all commands | if it ends as it should | also by `SIGKILL` |
/// | other children of the host are left alone | yes | yes |
/// | cost of a start beside the kernel's | – | two messages, 25 to 100 µs |
/// | needs | – | a program to be the helper |
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Launcher {
    /// The host itself.
    #[default]
    Direct,
    /// A helper process, one per run, that orphans come to and that ends everything when the host has
    /// ended, however that came about.
    Warden {
        /// A program that begins with [`be_warden_if_asked`](crate::be_warden_if_asked), such as the
        /// host itself or `shape-warden`.
        #[serde(with = "shape_policy::os_text")]
        helper: PathBuf,
    },
}

/// What a process starts with.
pub(crate) struct Start<'a> {
    /// The file to execute, if it is open already.
    pub(crate) file: Option<BorrowedFd<'a>>,
    /// Where the file to execute is.
    pub(crate) path: &'a CStr,
    pub(crate) argv: Strings,
    pub(crate) envp: Strings,
    /// The directory; the host's if absent.
    pub(crate) cwd: Option<BorrowedFd<'a>>,
    /// Standard input, output and error.
    pub(crate) streams: [Stdio<'a>; 3],
    pub(crate) limits: Vec<Rlimit>,
    /// It outlives whoever starts it.
    pub(crate) is_detached: bool,
}

/// One of a process's standard streams.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stdio<'a> {
    /// Nothing: `/dev/null`.
    Null,
    /// The host's own.
    Own,
    Descriptor(BorrowedFd<'a>),
}

/// Why a process could not be started.
#[derive(Debug)]
pub(crate) enum StartError {
    /// What the kernel said, and to what.
    Kernel(SpawnError),
    /// The helper cannot be reached.
    Warden(io::Error),
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) key: Key,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// Its first process has ended. If it has left something behind it is to be killed; else nothing
    /// is left as far as one can see without searching.
    Exited { exit: Exit, left: bool },
    /// All its processes have ended but for the survivors, and it is forgotten.
    Over {
        ended: Vec<u32>,
        survivors: Vec<u32>,
    },
}

/// Who starts and ends processes for a run.
#[derive(Debug)]
pub(crate) struct Keeper {
    local: Local,
    warden: Option<Warden>,
}

impl Keeper {
    /// # Errors
    /// No descriptor is to be had.
    pub(crate) fn new(warden: Option<Warden>) -> io::Result<Self> {
        Ok(Self {
            local: Local::of_host()?,
            warden,
        })
    }

    /// What becomes readable when the helper has something to tell, if there is one.
    pub(crate) fn warden(&self) -> Option<BorrowedFd<'_>> {
        self.warden.as_ref().map(Warden::socket)
    }

    /// Starts a command. It has been executed when this returns.
    pub(crate) fn start(&mut self, key: Key, start: Start<'_>) -> Result<Pid, StartError> {
        match &mut self.warden {
            // The helper ends with the host, and with it all that descends from it.
            Some(warden) if !start.is_detached => warden.start_command(key, start),
            _ => self.local.start_own(key, start).map_err(StartError::Kernel),
        }
    }

    /// Has the end of a command that this process started itself told to `poller`.
    pub(crate) fn watch(&self, key: Key, poller: &Poller, token: u64) -> io::Result<()> {
        self.local.watch(key, poller, token)
    }

    /// Asks a command to end, and sees to it that it has after `grace`.
    pub(crate) fn terminate(&mut self, key: Key, grace: Duration) {
        match &mut self.warden {
            Some(warden) if !self.local.has(key) => warden.terminate(key, grace),
            _ => self.local.terminate(key, grace, Instant::now()),
        }
    }

    /// Ends a command now.
    pub(crate) fn kill(&mut self, key: Key) {
        match &mut self.warden {
            Some(warden) if !self.local.has(key) => warden.kill(key),
            _ => self.local.kill(key, Instant::now()),
        }
    }

    /// Sends a signal to the group of a command whose first process runs.
    pub(crate) fn signal(&mut self, key: Key, signal: i32) {
        match &mut self.warden {
            Some(warden) if !self.local.has(key) => warden.signal(key, signal),
            _ => self.local.signal(key, signal),
        }
    }

    /// Nobody asks for a command any more of which nothing is left.
    pub(crate) fn forget(&mut self, key: Key) {
        self.local.forget(key);
    }

    /// The first process of a command that this process started itself may have ended.
    pub(crate) fn look_at(&mut self, key: Key) {
        self.local.look_at(key);
    }

    /// Whether this process has started nothing itself that it has to collect.
    pub(crate) fn is_idle(&self) -> bool {
        self.local.is_idle()
    }

    /// Takes in what the helper tells.
    pub(crate) fn listen(&mut self) {
        if let Some(warden) = &mut self.warden {
            warden.listen();
        }
    }

    /// Whether there was a helper and it has ended before its time.
    pub(crate) fn has_lost_warden(&self) -> bool {
        self.warden.as_ref().is_some_and(Warden::is_lost)
    }

    /// Goes on with whatever is due.
    pub(crate) fn advance(&mut self, now: Instant) {
        self.local.advance(now);
    }

    /// When [`Keeper::advance`] has something to do.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        self.local.next_timer()
    }

    /// What became of commands since the last time.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        let mut events = self.local.take_events();
        if let Some(warden) = &mut self.warden {
            events.append(&mut warden.take_events());
        }
        events
    }
}
