//! The host's end of the pipe that a child reads.

use crate::sys::pipe;
use rustix::io::Errno;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

/// The standard input of a child.
#[derive(Debug)]
pub(crate) enum Inlet {
    /// A pipe that we write to.
    Open(Feed),
    /// We closed it, or it never was a pipe of ours.
    Closed,
    /// The child stopped reading, or ended.
    Broken,
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

    /// A pipe that gives `bytes` to the child and then the end of input.
    pub(crate) fn feeding(pipe: OwnedFd, bytes: Vec<u8>) -> Self {
        Self::Open(Feed {
            pipe,
            grown: false,
            bytes,
            written: 0,
            then_close: true,
        })
    }

    /// The pipe, if there are bytes to be written to it without being asked.
    pub(crate) fn hungry(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Open(feed) if feed.then_close => Some(feed.pipe.as_fd()),
            _ => None,
        }
    }

    /// The pipe, if it can be written at all.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Open(feed) => Some(feed.pipe.as_fd()),
            Self::Closed | Self::Broken => None,
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
            Err(_) => *self = Self::Broken,
        }
    }

    /// Writes what the pipe takes of `bytes`.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Wrote {
        let feed = match self {
            Self::Open(feed) if !feed.then_close => feed,
            Self::Open(_) | Self::Closed => return Wrote::Closed,
            Self::Broken => return Wrote::Broken,
        };
        match write_some(&feed.pipe, &mut feed.grown, bytes) {
            Ok(written) => Wrote::Bytes(written),
            Err(_) => {
                *self = Self::Broken;
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
        if let Self::Open(_) = self {
            *self = Self::Broken;
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
