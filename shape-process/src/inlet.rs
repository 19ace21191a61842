//! The host's end of the pipe that a child reads.

use crate::sys::pipe::{self, HeldOpen};
use rustix::io::Errno;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

/// The standard input of a child.
#[derive(Debug)]
pub(crate) enum Inlet {
    /// A pipe that we write to.
    Open(Feed),
    /// A FIFO that others write, held open until one has come.
    HeldOpen(HeldOpen),
    /// We closed it, or it never was a pipe of ours.
    Closed,
    /// The child stopped reading, or ended. So many bytes of those that were to be written without
    /// being asked had been written, if there were more.
    Broken { fed: Option<usize> },
}

/// A pipe, and what is to be written to it without being asked.
#[derive(Debug)]
pub(crate) struct Feed {
    pipe: OwnedFd,
    grown: bool,
    bytes: Vec<u8>,
    written: usize,
    /// Close the pipe when the bytes are written.
    then_close: bool,
}

/// How far one attempt to write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// So many bytes; 0 if the pipe is full.
    Bytes(usize),
    /// The host has closed the pipe.
    Closed,
    /// The child does not read any more.
    Broken,
}

impl Inlet {
    /// A pipe to be written when asked.
    pub(crate) fn open(pipe: OwnedFd) -> Self {
        Self::Open(Feed {
            pipe,
            grown: false,
            bytes: Vec::new(),
            written: 0,
            then_close: false,
        })
    }

    /// Has `bytes` given to the child without being asked, and then the end of input.
    pub(crate) fn give(&mut self, bytes: Vec<u8>) {
        if let Self::Open(feed) = self {
            feed.bytes = bytes;
            feed.then_close = true;
        }
    }

    /// The pipe, if there are bytes to be written to it without being asked.
    pub(crate) fn hungry(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Open(feed) if feed.then_close => Some(feed.pipe.as_fd()),
            _ => None,
        }
    }

    /// What becomes readable when the first writer of a FIFO has come.
    pub(crate) fn arrival(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::HeldOpen(fifo) => Some(fifo.arrival()),
            _ => None,
        }
    }

    /// The pipe, if it can be written at all.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Open(feed) => Some(feed.pipe.as_fd()),
            Self::HeldOpen(_) | Self::Closed | Self::Broken { .. } => None,
        }
    }

    /// Leaves a FIFO to its writer, who has come.
    pub(crate) fn let_go(&mut self) {
        if let Self::HeldOpen(_) = self {
            *self = Self::Closed;
        }
    }

    /// Writes what the pipe takes of the bytes that are to be written without being asked.
    pub(crate) fn feed(&mut self) {
        let Self::Open(feed) = self else { return };
        if !feed.then_close {
            return;
        }
        match feed.write_own() {
            Ok(()) if feed.written == feed.bytes.len() => *self = Self::Closed,
            Ok(()) => {}
            Err(_) => self.give_up(),
        }
    }

    /// Writes what the pipe takes of `bytes`.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Wrote {
        let feed = match self {
            Self::Open(feed) if !feed.then_close => feed,
            Self::Open(_) | Self::HeldOpen(_) | Self::Closed => return Wrote::Closed,
            Self::Broken { .. } => return Wrote::Broken,
        };
        match write_some(&feed.pipe, &mut feed.grown, bytes) {
            Ok(written) => Wrote::Bytes(written),
            Err(_) => {
                self.give_up();
                Wrote::Broken
            }
        }
    }

    /// Gives the child the end of its input, after what is still to be written.
    pub(crate) fn close(&mut self) {
        if let Self::Open(feed) = self
            && !feed.then_close
        {
            *self = Self::Closed;
        }
    }

    /// Nobody will read any more.
    pub(crate) fn give_up(&mut self) {
        self.let_go();
        if let Self::Open(feed) = self {
            let fed = feed.then_close.then_some(feed.written);
            *self = Self::Broken { fed };
        }
    }

    /// How many of the bytes that were to be written without being asked have been written, if not
    /// all and there is nobody any more to read the others.
    pub(crate) fn broken_after(&self) -> Option<usize> {
        match self {
            Self::Broken { fed } => *fed,
            Self::Open(_) | Self::HeldOpen(_) | Self::Closed => None,
        }
    }
}

impl Feed {
    fn write_own(&mut self) -> Result<(), Errno> {
        self.written += write_some(&self.pipe, &mut self.grown, &self.bytes[self.written..])?;
        Ok(())
    }
}

/// Writes what `pipe` takes without blocking, and makes it hold more once it was full.
fn write_some(pipe: &OwnedFd, grown: &mut bool, bytes: &[u8]) -> Result<usize, Errno> {
    let written = match rustix::io::write(pipe, bytes) {
        Err(Errno::AGAIN | Errno::INTR) => 0,
        result => result?,
    };
    if written < bytes.len() && !*grown {
        *grown = true;
        pipe::grow(pipe);
    }
    Ok(written)
}
