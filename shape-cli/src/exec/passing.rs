//! Passing output on as it arrives.

use super::events::Events;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::io::Errno;
use shape_process::Stream;
use std::os::fd::BorrowedFd;

/// What is written at a time: no more than a pipe takes at once when it takes anything.
///
/// # Source
/// pipe(7), `PIPE_BUF`
const PIECE: usize = 4096;
/// How long a reader may take to take anything, once there is nothing else to wait for.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};
const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// The way of a command's output to our own streams. It never waits for a reader unless asked to.
pub(super) struct Passing {
    stdout: Outlet,
    stderr: Outlet,
    pending: Option<Pending>,
}

/// One of our own streams.
struct Outlet {
    stream: Stream,
    piece: usize,
    /// How many more bytes it takes; what is more is thrown away.
    left: u64,
}

struct Pending {
    stream: Stream,
    bytes: Vec<u8>,
    written: usize,
}

/// Why output cannot be passed on any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) stream: Stream,
    pub(super) errno: Errno,
}

impl Passing {
    /// At most `limit` bytes of each stream are passed on.
    pub(super) fn new(limit: Option<u64>) -> Self {
        let outlet = |stream| Outlet {
            stream,
            // A file always has room.
            piece: match is_file(stream) {
                true => usize::MAX,
                false => PIECE,
            },
            left: limit.unwrap_or(u64::MAX),
        };
        Self {
            stdout: outlet(Stream::Stdout),
            stderr: outlet(Stream::Stderr),
            pending: None,
        }
    }

    /// Whether something waits for its reader.
    pub(super) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Passes on as much of `bytes` as is taken at once. Nothing may be pending.
    pub(super) fn push(
        &mut self,
        stream: Stream,
        mut bytes: Vec<u8>,
        events: &Events,
    ) -> Result<(), Broken> {
        let outlet = self.outlet(stream);
        let taken = outlet.left.min(bytes.len() as u64);
        outlet.left -= taken;
        bytes.truncate(usize::try_from(taken).unwrap_or(usize::MAX));
        self.pending = Some(Pending {
            stream,
            bytes,
            written: 0,
        });
        self.advance(events)
    }

    /// Goes on with what is pending.
    pub(super) fn advance(&mut self, events: &Events) -> Result<(), Broken> {
        let Some(mut pending) = self.pending.take() else {
            return Ok(());
        };
        let outlet = self.outlet(pending.stream);
        match outlet.write(&pending.bytes, &mut pending.written, &AT_ONCE) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let awaited = events.await_room(descriptor(pending.stream));
                let broken = awaited.map_err(|errno| broken(pending.stream, errno));
                self.pending = Some(pending);
                broken
            }
            Err(errno) => Err(broken(pending.stream, errno)),
        }
    }

    /// Passes on what is pending, and then `bytes`, as long as their readers take something now and
    /// then. The rest is lost.
    pub(super) fn finish(&mut self, stream: Stream, bytes: &[u8]) {
        if let Some(mut pending) = self.pending.take() {
            let outlet = self.outlet(pending.stream);
            let _ = outlet.write(&pending.bytes, &mut pending.written, &PATIENCE);
        }
        let outlet = self.outlet(stream);
        let taken = outlet.left.min(bytes.len() as u64);
        outlet.left -= taken;
        let taken = usize::try_from(taken).unwrap_or(usize::MAX);
        let _ = outlet.write(&bytes[..taken], &mut 0, &PATIENCE);
    }

    fn outlet(&mut self, stream: Stream) -> &mut Outlet {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

impl Outlet {
    /// Writes from `written` on; whether all was taken, each piece of it in time.
    fn write(&self, bytes: &[u8], written: &mut usize, patience: &Timespec) -> Result<bool, Errno> {
        let descriptor = descriptor(self.stream);
        while *written < bytes.len() {
            let mut polled = [PollFd::from_borrowed_fd(descriptor, PollFlags::OUT)];
            match poll(&mut polled, Some(patience)) {
                Ok(0) => return Ok(false),
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno),
            }
            let end = bytes.len().min(written.saturating_add(self.piece));
            match rustix::io::write(descriptor, &bytes[*written..end]) {
                Ok(length) => *written += length,
                Err(Errno::INTR) => {}
                // Somebody else was faster.
                Err(Errno::AGAIN) => return Ok(false),
                Err(errno) => return Err(errno),
            }
        }
        Ok(true)
    }
}

fn broken(stream: Stream, errno: Errno) -> Broken {
    Broken { stream, errno }
}

fn descriptor(stream: Stream) -> BorrowedFd<'static> {
    match stream {
        Stream::Stdout => rustix::stdio::stdout(),
        Stream::Stderr => rustix::stdio::stderr(),
    }
}

fn is_file(stream: Stream) -> bool {
    rustix::fs::fstat(descriptor(stream))
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
}
