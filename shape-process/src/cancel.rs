//! Stopping what waits, from another thread or a signal handler.

use crate::sys::event::Event;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops every blocking operation of the runs that hold it. Clones are the same token.
///
/// A token stays cancelled. Its descriptor ([`AsFd`]) becomes readable at that moment and stays so.
#[derive(Debug, Clone)]
pub struct CancelToken(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    cancelled: AtomicBool,
    event: Event,
}

impl CancelToken {
    /// A token that is not cancelled.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            cancelled: AtomicBool::new(false),
            event: Event::new()?,
        })))
    }

    /// Cancels. It neither blocks nor allocates and may be called in a signal handler.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.event.set();
    }

    /// Whether [`CancelToken::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }
}

impl AsFd for CancelToken {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.event.as_fd()
    }
}
