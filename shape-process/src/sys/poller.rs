//! Waiting for many descriptors at once.

use super::event::is_readable;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// How many ready descriptors are told of at a time.
const BATCH: usize = 64;

/// Descriptors to wait for, each with a number that tells whose it is.
///
/// A descriptor leaves by being closed. The cost of a wait does not depend on how many there are.
///
/// # Source
/// epoll(7)
pub(crate) struct Poller {
    epoll: OwnedFd,
    /// The numbers of what was ready at the last wait and was not asked for yet, the last one first.
    ready: Vec<u64>,
}

/// What is waited for on a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    /// That it can be read, as long as it can.
    Reading,
    /// That it can be read, once.
    ReadingOnce,
    /// That it can be written, once.
    WritingOnce,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            ready: Vec::with_capacity(BATCH),
        })
    }

    /// Begins to wait for `descriptor` too, or goes on to with another interest.
    pub(crate) fn watch(
        &self,
        descriptor: impl AsFd,
        token: u64,
        interest: Interest,
    ) -> Result<(), Errno> {
        let data = EventData::new_u64(token);
        let flags = match interest {
            Interest::Reading => EventFlags::IN,
            Interest::ReadingOnce => EventFlags::IN | EventFlags::ONESHOT,
            Interest::WritingOnce => EventFlags::OUT | EventFlags::ONESHOT,
        };
        match epoll::add(&self.epoll, &descriptor, data, flags) {
            Err(Errno::EXIST) => epoll::modify(&self.epoll, &descriptor, data, flags),
            result => result,
        }
    }

    /// Ends waiting for a descriptor that stays open.
    pub(crate) fn forget(&self, descriptor: impl AsFd) {
        // It can only fail if it was not waited for.
        let _ = epoll::delete(&self.epoll, descriptor);
    }

    /// Whether something is ready at this moment.
    pub(crate) fn is_ready(&self) -> bool {
        is_readable(&self.epoll)
    }

    /// Waits until something is ready, at most for `at_most`. [`Poller::next_ready`] tells what.
    pub(crate) fn wait(&mut self, at_most: Option<Duration>) -> Result<(), Errno> {
        self.ready.clear();
        let at_most = at_most.map(timespec);
        let mut events = [MaybeUninit::<Event>::uninit(); BATCH];
        match epoll::wait(&self.epoll, &mut events, at_most.as_ref()) {
            Ok((ready, _)) => {
                let tokens = ready.iter().rev().map(|event| event.data.u64());
                self.ready.extend(tokens);
                Ok(())
            }
            // A signal may have cancelled.
            Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// The number of one descriptor that was ready.
    pub(crate) fn next_ready(&mut self) -> Option<u64> {
        self.ready.pop()
    }

    /// As [`Poller::wait`], and also until `input` can be read, which may be of a kind that `epoll`
    /// does not take, such as a file.
    pub(crate) fn wait_with(
        &mut self,
        input: BorrowedFd<'_>,
        at_most: Option<Duration>,
    ) -> Result<(), Errno> {
        let mut descriptors = [
            PollFd::new(&self.epoll, PollFlags::IN),
            PollFd::from_borrowed_fd(input, PollFlags::IN),
        ];
        match poll(&mut descriptors, at_most.map(timespec).as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        self.wait(Some(Duration::ZERO))
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("epoll", &self.epoll)
            .finish_non_exhaustive()
    }
}

/// The longest wait that the system takes: 24 days in milliseconds.
const LONGEST: Duration = Duration::from_secs(24 * 24 * 60 * 60);

/// A time that the system can wait. After a longer one whoever waits looks at the clock again.
fn timespec(duration: Duration) -> Timespec {
    let duration = duration.min(LONGEST);
    Timespec {
        tv_sec: duration.as_secs() as i64,
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
