//! Waiting by the system's means.

use super::{Bell, Lock, Means};
use crate::cancel::CancelToken;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

/// The means of the system.
pub(crate) struct System;

impl Means for System {
    type Lock<T: Send> = Mutex<T>;
    type Bell = Event;
    type Cancel = CancelToken;

    fn bell() -> Option<Event> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        eventfd(0, flags).ok().map(Event)
    }

    fn is_cancelled(cancel: &CancelToken) -> bool {
        cancel.is_cancelled()
    }
}

impl<T: Send> Lock<T> for Mutex<T> {
    fn new(value: T) -> Self {
        Self::new(value)
    }

    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A descriptor of one who waits.
///
/// # Source
/// eventfd(2)
pub(crate) struct Event(OwnedFd);

impl Bell<CancelToken> for Event {
    fn ring(&self) {
        // It can only fail if it is readable.
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    fn wait(&self, cancel: Option<&CancelToken>) {
        let mut polled = vec![PollFd::new(&self.0, PollFlags::IN)];
        polled.extend(cancel.map(|cancel| PollFd::new(cancel, PollFlags::IN)));
        // Who cannot wait leaves as if it were cancelled.
        let _ = rustix::io::retry_on_intr(|| poll(&mut polled, None));
    }
}
