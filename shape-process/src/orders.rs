//! What is ordered from outside the lock that an operation holds while it waits.

use crate::sys::event::Event;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Which child; never used twice in a run.
pub(crate) type Key = u64;

/// Something that must not wait for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Nobody holds a handle on this child any more: end it and forget it.
    Release(Key),
    /// Ask this child to end.
    Terminate(Key),
    /// End this child with `SIGKILL`.
    Kill(Key),
    /// Ask all children to end.
    CloseAll,
}

/// Orders that were given and not obeyed yet. Its descriptor is readable as long as there are some.
#[derive(Debug)]
pub(crate) struct Orders {
    given: Mutex<Vec<Order>>,
    /// Whether there are some: nearly never, and asked all the time.
    are_given: AtomicBool,
    event: Event,
}

impl Orders {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            given: Mutex::default(),
            are_given: AtomicBool::new(false),
            event: Event::new()?,
        })
    }

    /// Gives an order, and wakes whoever waits.
    pub(crate) fn give(&self, order: Order) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.push(order);
        // Under the lock, so that both are set as long as there are orders and not longer.
        self.are_given.store(true, Ordering::Release);
        self.event.set();
    }

    /// Whether there are orders.
    pub(crate) fn are_given(&self) -> bool {
        self.are_given.load(Ordering::Acquire)
    }

    /// The orders that were given since the last time.
    pub(crate) fn take(&self) -> Vec<Order> {
        if !self.are_given() {
            return Vec::new();
        }
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        self.are_given.store(false, Ordering::Release);
        self.event.clear();
        std::mem::take(&mut *given)
    }
}

impl AsFd for Orders {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
