//! A flag that `poll` can wait for.

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// A flag in the kernel: readable while it is set.
///
/// # Source
/// eventfd(2)
#[derive(Debug)]
pub(crate) struct Event(OwnedFd);

impl Event {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(eventfd(
            0,
            EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK,
        )?))
    }

    /// Sets the flag. The write can only fail if the counter is full, and then the flag is set.
    pub(crate) fn set(&self) {
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Takes the flag back. The read can only fail if it was not set.
    pub(crate) fn clear(&self) {
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether there is something to read, or an end or an error to be told of, at this moment.
pub(crate) fn is_readable(descriptor: impl AsFd) -> bool {
    is_readable_within(descriptor, Duration::ZERO)
}

/// The same at some moment of that time.
///
/// # Blocking
/// Until there is, at most that long; less if a signal comes.
pub(crate) fn is_readable_within(descriptor: impl AsFd, time: Duration) -> bool {
    let mut polled = [PollFd::new(&descriptor, PollFlags::IN)];
    let time = Timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    };
    !matches!(poll(&mut polled, Some(&time)), Ok(0) | Err(_))
}
