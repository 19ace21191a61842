//! The host's end of a pipe that a child writes.

use crate::capture::Capture;
use crate::sys::pipe;
use rustix::io::Errno;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

/// What is read, at most, after the last process that wrote the pipe has been ended.
const REMAINDER: usize = 1 << 20;

/// One stream of a child, from the pipe to what has been captured of it.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// Closed at its end, and when capture ends.
    pipe: Option<OwnedFd>,
    grown: bool,
    pub(crate) capture: Capture,
}

impl Outlet {
    /// A stream without a `pipe` is at its end.
    pub(crate) fn new(pipe: Option<OwnedFd>, capture: Capture) -> Self {
        Self {
            pipe,
            grown: false,
            capture,
        }
    }

    /// Whether no more will arrive.
    pub(crate) fn is_at_end(&self) -> bool {
        self.pipe.is_none()
    }

    /// The pipe to wait for.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(OwnedFd::as_fd)
    }

    /// Reads once what is there; returns the number of bytes.
    pub(crate) fn fill(&mut self) -> usize {
        let Some(pipe) = &self.pipe else { return 0 };
        match self.capture.fill(pipe.as_fd()) {
            Ok(length) if length > 0 => {
                self.grow_if_full(length);
                length
            }
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Ok(_) | Err(_) => {
                self.pipe = None;
                0
            }
        }
    }

    /// Reads what is left in the pipe and closes it. A process that escaped its group may write on:
    /// a pipe's worth is all that can have been written before.
    pub(crate) fn finish(&mut self) {
        let mut total = 0;
        while total < REMAINDER {
            match self.fill() {
                0 => break,
                length => total += length,
            }
        }
        self.pipe = None;
    }

    fn grow_if_full(&mut self, length: usize) {
        if length >= pipe::DEFAULT_SIZE && !self.grown {
            self.grown = true;
            self.pipe
                .as_ref()
                .inspect(|descriptor| pipe::grow(descriptor));
        }
    }
}
