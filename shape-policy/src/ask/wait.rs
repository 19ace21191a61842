//! Waiting that can be ended.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// What ends a wait, whatever it is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until<'a> {
    /// Descriptors that can be read from then on.
    stops: &'a [BorrowedFd<'a>],
    deadline: Option<Instant>,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// The descriptor is ready, or broken.
    Ready,
    /// Nothing yet: a signal came, or the pause is over.
    NotYet,
    /// It was cancelled, or took too long.
    Over,
}

impl<'a> Until<'a> {
    /// Until one of `stops` can be read, or for as long as `limit`.
    pub(super) fn new(stops: &'a [BorrowedFd<'a>], limit: Option<Duration>) -> Self {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        Self { stops, deadline }
    }

    /// Waits until `descriptor` is ready for one of `flags`.
    pub(super) fn ready(
        &self,
        descriptor: BorrowedFd<'_>,
        flags: PollFlags,
    ) -> rustix::io::Result<Waited> {
        self.wait(Some((descriptor, flags)), None)
    }

    /// Waits for as long as `pause`.
    pub(super) fn pause(&self, pause: Duration) -> rustix::io::Result<Waited> {
        self.wait(None, Some(pause))
    }

    fn wait(
        &self,
        descriptor: Option<(BorrowedFd<'_>, PollFlags)>,
        pause: Option<Duration>,
    ) -> rustix::io::Result<Waited> {
        let left = self
            .deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Ok(Waited::Over);
        }
        let timeout = left.into_iter().chain(pause).min();
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut polled: Vec<PollFd<'_>> = self
            .stops
            .iter()
            .map(|stop| PollFd::from_borrowed_fd(*stop, PollFlags::IN))
            .collect();
        polled.extend(descriptor.map(|(fd, flags)| PollFd::from_borrowed_fd(fd, flags)));
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Waited::NotYet),
            Err(errno) => return Err(errno),
        }
        let (stops, rest) = polled.split_at(self.stops.len());
        let is_ready = |polled: &PollFd<'_>| !polled.revents().is_empty();
        // Whoever stops it must be heard, even where the descriptor is always ready.
        Ok(if stops.iter().any(is_ready) {
            Waited::Over
        } else if rest.iter().any(is_ready) {
            Waited::Ready
        } else {
            Waited::NotYet
        })
    }
}
