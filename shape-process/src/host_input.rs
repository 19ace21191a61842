//! The host's own standard input.

use crate::error::Error;
use crate::output::buffer::{NotUtf8, TextBuffer};
use crate::run::Shared;
use rustix::buffer::spare_capacity;
use rustix::fs::SeekFrom;
use rustix::io::Errno;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

/// What is read at a time.
const READ: usize = 64 << 10;
/// The bytes of one line that are kept: 64 MiB.
const LONGEST_LINE: usize = 64 << 20;

/// The host's own standard input, or another descriptor, read by the same rules as a child's
/// streams. All children of the run are served while it waits.
///
/// The end, once seen, stays: every read after it is empty, also on a terminal.
#[derive(Debug)]
pub struct HostInput {
    shared: Arc<Shared>,
    source: Mutex<Source>,
}

#[derive(Debug)]
struct Source {
    descriptor: OwnedFd,
    buffer: TextBuffer,
    at_end: bool,
}

impl HostInput {
    pub(crate) fn new(shared: Arc<Shared>, descriptor: OwnedFd) -> Self {
        let source = Source {
            descriptor,
            buffer: TextBuffer::default(),
            at_end: false,
        };
        Self {
            shared,
            source: Mutex::new(source),
        }
    }

    /// The next line with its `\n`; the last may lack it; empty at the end.
    ///
    /// # Errors
    /// [`Error::InvalidUtf8`] if it is not UTF-8 (it can be read with [`HostInput::read`]),
    /// [`Error::LineLimit`] if it has more than 64 MiB, [`Error::Cancelled`], and
    /// [`Error::Internal`] if reading fails.
    ///
    /// # Blocking
    /// Until a whole line has arrived, or the end, or the run is cancelled.
    pub fn read_line(&self) -> Result<String, Error> {
        self.read_with(|source| {
            let line = source.buffer.line(source.at_end)?.map(str::to_owned);
            Ok(line.inspect(|line| source.buffer.consume(line.len())))
        })
    }

    /// What is there, at most `limit` bytes of whole characters, but at least one character; empty
    /// at the end.
    ///
    /// # Errors
    /// As [`HostInput::read_line`]; and [`Error::Invalid`] if `limit` is 0.
    ///
    /// # Blocking
    /// Until a character has arrived, or the end, or the run is cancelled.
    pub fn read_text(&self, limit: usize) -> Result<String, Error> {
        check_limit(limit)?;
        self.read_with(|source| {
            let text = source.buffer.text(limit, source.at_end)?.map(str::to_owned);
            Ok(text.inspect(|text| source.buffer.consume(text.len())))
        })
    }

    /// What is there, at most `limit` bytes, but at least one; empty at the end.
    ///
    /// # Errors
    /// As [`HostInput::read_text`], but for the UTF-8.
    ///
    /// # Blocking
    /// Until a byte arrives, or the end, or the run is cancelled.
    pub fn read(&self, limit: usize) -> Result<Vec<u8>, Error> {
        check_limit(limit)?;
        self.read_with(|source| {
            let unread = source.buffer.unread();
            if unread.is_empty() && !source.at_end {
                return Ok(None);
            }
            let bytes = unread[..limit.min(unread.len())].to_vec();
            source.buffer.consume(bytes.len());
            Ok(Some(bytes))
        })
    }

    /// Gives back what has arrived and was not read, if it comes from a file: whoever reads the same
    /// descriptor next, such as a child with [`Stdin::Inherit`](crate::Stdin::Inherit), begins there.
    /// What came from a pipe or a terminal stays to be read here.
    pub fn give_back(&self) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let unread = source.buffer.unread().len();
        let back = SeekFrom::Current(-i64::try_from(unread).unwrap_or(0));
        if unread > 0 && rustix::fs::seek(&source.descriptor, back).is_ok() {
            source.buffer.consume(unread);
            source.at_end = false;
        }
    }

    /// Reads on until `attempt` finds in the buffer what it looks for.
    fn read_with<T>(
        &self,
        mut attempt: impl FnMut(&mut Source) -> Result<Option<T>, NotUtf8>,
    ) -> Result<T, Error> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(result) = attempt(&mut source).map_err(not_utf8)? {
                return Ok(result);
            }
            if source.buffer.unread().len() > LONGEST_LINE {
                return Err(Error::LineLimit {
                    limit: LONGEST_LINE,
                });
            }
            self.shared.await_input(source.descriptor.as_fd())?;
            source.fill()?;
        }
    }
}

impl Source {
    /// Reads once; the descriptor is ready. It is shared with other programs and therefore blocks or
    /// not as they left it.
    fn fill(&mut self) -> Result<(), Error> {
        let room = self.buffer.arriving(READ);
        match rustix::io::read(&self.descriptor, spare_capacity(room)) {
            Ok(0) => self.at_end = true,
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(errno) => {
                return Err(Error::Internal {
                    program: "stdin".into(),
                    reason: std::io::Error::from(errno).to_string(),
                });
            }
        }
        Ok(())
    }
}

fn check_limit(limit: usize) -> Result<(), Error> {
    match limit {
        0 => Err(Error::Invalid {
            program: "stdin".into(),
            reason: "a read of 0 bytes could not tell the end",
        }),
        _ => Ok(()),
    }
}

fn not_utf8(error: NotUtf8) -> Error {
    Error::InvalidUtf8 {
        program: "stdin".into(),
        valid_up_to: error.valid_up_to,
    }
}
