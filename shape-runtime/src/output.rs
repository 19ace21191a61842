//! The buffered writers of a run.

use crate::{Raise, Stop};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// When buffered text is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// At the end of every line, for terminals.
    Line,
    /// When the buffer is full, for files and pipes.
    Block,
}

/// How much is buffered.
const CAPACITY: usize = 64 * 1024;

/// A writer with a buffer.
pub(crate) struct Output {
    writer: Box<dyn Write>,
    buffering: Buffering,
    buffer: Vec<u8>,
    /// Whether anything has been written since the last flush.
    is_dirty: bool,
    name: &'static str,
    interrupt: Arc<AtomicBool>,
}

impl Output {
    pub(crate) fn new(name: &'static str, writer: Box<dyn Write>, buffering: Buffering) -> Self {
        Self {
            writer,
            buffering,
            buffer: Vec::new(),
            is_dirty: false,
            name,
            interrupt: Arc::default(),
        }
    }

    /// Has a write that a signal interrupts end the run when `interrupt` is set.
    pub(crate) fn set_interrupt(&mut self, interrupt: Arc<AtomicBool>) {
        self.interrupt = interrupt;
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Raise> {
        self.is_dirty = true;
        if self.buffer.len() + bytes.len() > CAPACITY {
            self.write_out()?;
            if bytes.len() >= CAPACITY {
                return self.write_through(bytes);
            }
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffering == Buffering::Line && bytes.contains(&b'\n') {
            return self.flush();
        }
        Ok(())
    }

    /// Writes everything out, down to the descriptor.
    #[inline]
    pub(crate) fn flush(&mut self) -> Result<(), Raise> {
        match self.is_dirty {
            true => self.flush_all(),
            false => Ok(()),
        }
    }

    fn flush_all(&mut self) -> Result<(), Raise> {
        self.is_dirty = false;
        self.write_out()?;
        self.writer.flush().map_err(|error| self.raise(&error))
    }

    fn write_out(&mut self) -> Result<(), Raise> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        // What cannot be written will not be writable later; do not write a part of it twice.
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = self.write_through(&buffer);
        buffer.clear();
        self.buffer = buffer;
        result
    }

    fn write_through(&mut self, mut bytes: &[u8]) -> Result<(), Raise> {
        while !bytes.is_empty() {
            match self.writer.write(bytes) {
                Ok(0) => return Err(self.raise(&io::ErrorKind::WriteZero.into())),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    if self.interrupt.load(Ordering::Relaxed) {
                        return Err(Stop::Cancelled.into());
                    }
                }
                Err(error) => return Err(self.raise(&error)),
            }
        }
        Ok(())
    }

    #[cold]
    fn raise(&self, error: &io::Error) -> Raise {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::ClosedPipe.into(),
            _ => Raise::resource(format!("cannot write to {}: {error}", self.name)),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure.
        let _ = self.flush();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("name", &self.name)
            .field("buffering", &self.buffering)
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}
