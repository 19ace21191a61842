//! The writers of what a script prints.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::io::Errno;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is written at a time: no more than a pipe takes at once when it takes anything.
///
/// # Source
/// pipe(7), `PIPE_BUF`
const PIECE: usize = 4096;
/// How long a run that is to end waits for its reader; and how long another one waits before it looks
/// again whether it is to end.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Writes to a standard stream as long as its reader takes its time, unless the run is to end: then
/// what is not taken at once fails with [`io::ErrorKind::Interrupted`].
pub(crate) struct Patient<S> {
    stream: S,
    piece: usize,
    interrupt: Arc<AtomicBool>,
}

impl<S: AsFd> Patient<S> {
    pub(crate) fn new(stream: S, interrupt: Arc<AtomicBool>) -> Self {
        // A file always has room.
        let is_file = rustix::fs::fstat(&stream)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        Self {
            stream,
            piece: if is_file { usize::MAX } else { PIECE },
            interrupt,
        }
    }

    /// Whether there is room. A signal may have come instead, or some time passed.
    fn has_room(&self) -> io::Result<bool> {
        let mut polled = [PollFd::new(&self.stream, PollFlags::OUT)];
        match poll(&mut polled, Some(&PATIENCE)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl<S: AsFd> Write for Patient<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let stream: BorrowedFd<'_> = self.stream.as_fd();
        loop {
            // Looked at first: who is to end has a whole time of patience left.
            let is_to_end = self.interrupt.load(Ordering::SeqCst);
            if self.has_room()? {
                match rustix::io::write(stream, &bytes[..bytes.len().min(self.piece)]) {
                    // Somebody else was faster, or it is a terminal that takes less.
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    result => return Ok(result?),
                }
            }
            if is_to_end {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
