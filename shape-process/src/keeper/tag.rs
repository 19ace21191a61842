//! How the processes of a command are known, wherever they went.

use crate::sys::limits::{self, REALTIME, UNLIMITED};
use crate::sys::proc;
use rustix::process::Pid;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// A mark on every process of a command.
///
/// It is the soft limit of the time that a real-time thread may run without a blocking call: some
/// 73,000 years, which limits nobody. A limit goes from parent to child and survives `execve`, a new
/// session, a change of parent and a cleared environment, anybody can read it, and unlike a control
/// group or a namespace it takes no privileges.
///
/// # Source
/// `RLIMIT_RTTIME`, getrlimit(2)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tag(u64);

impl Tag {
    /// The limit that puts the tag on a process.
    pub(crate) fn limit(self) -> u64 {
        self.0
    }

    pub(crate) fn from_limit(limit: u64) -> Self {
        Self(limit)
    }

    /// What a process is marked with, if it is there.
    pub(crate) fn of(pid: Pid) -> Option<Self> {
        proc::realtime_limit(pid).map(Self)
    }
}

/// The tags of one keeper, no two the same.
#[derive(Debug)]
pub(crate) struct Tags {
    next: u64,
}

/// Above every limit that somebody would set, and below none that is unlimited.
const BASE: u64 = 1 << 61;
/// The bits that count the commands of one keeper; those above tell keepers apart.
const COUNT_BITS: u32 = 28;

impl Tags {
    /// None if this process may not set the limit so high; then only ancestry tells whose a process
    /// is.
    pub(crate) fn new() -> Option<Self> {
        let keeper = RandomState::new().hash_one(std::process::id()) >> (64 - 32);
        (limits::ceiling(REALTIME) == UNLIMITED).then_some(Self {
            next: BASE + (keeper << COUNT_BITS),
        })
    }

    pub(crate) fn next(&mut self) -> Tag {
        self.next += 1;
        Tag(self.next)
    }
}
