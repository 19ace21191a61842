//! Appending whole lines to a file that other processes append to as well.

use super::{AuditError, lock};
use rustix::fd::OwnedFd;
use rustix::fs::{FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long it is not looked whether another process has moved the file, and how large it is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The file, opened when it is needed.
pub(super) struct Log {
    path: PathBuf,
    limit: u64,
    open: Mutex<Option<Open>>,
}

struct Open {
    file: OwnedFd,
    id: (u64, u64),
    looked: Instant,
    /// Bytes that were written since.
    written: u64,
    /// The last line has no end: what follows begins with one.
    is_torn: bool,
}

impl Log {
    pub(super) fn new(path: PathBuf, limit: u64) -> Self {
        Self {
            path: std::path::absolute(&path).unwrap_or(path),
            limit,
            open: Mutex::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends `line`, which begins and ends with a line break; the first one is only written where one
    /// is missing. It is one write(2), which the kernel does not mix with those of other processes.
    ///
    /// Returns why a file that is too large could not be moved aside: it is written nevertheless.
    pub(super) fn append(&self, line: &[u8]) -> Result<Option<AuditError>, AuditError> {
        let mut place = lock(&self.open);
        let (mut open, stuck) = match place.take() {
            Some(open) => self.looked_after(open)?,
            None => (self.open()?, None),
        };
        open.written += line.len() as u64;
        let written = append(&open.file, line, &mut open.is_torn);
        *place = Some(open);
        match written {
            Ok(()) => Ok(stuck),
            Err(errno) => Err(AuditError::new(&self.path, "written", errno)),
        }
    }

    fn open(&self) -> Result<Open, AuditError> {
        let failed = |errno: Errno| AuditError::new(&self.path, "opened", errno);
        let file = match self.create() {
            Err(Errno::NOENT) => {
                let directory = self.path.parent().unwrap_or(Path::new("/"));
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(directory)
                    .map_err(|error| AuditError::new(directory, "created", error))?;
                self.create()
            }
            file => file,
        };
        let file = file.map_err(failed)?;
        let stat = rustix::fs::fstat(&file).map_err(failed)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(AuditError {
                path: self.path.clone(),
                task: "written",
                reason: "it is not a regular file".to_owned(),
            });
        }
        let mut last = [b'\n'];
        if let Some(end) = u64::try_from(stat.st_size).unwrap_or(0).checked_sub(1) {
            rustix::io::pread(&file, &mut last, end).map_err(failed)?;
        }
        Ok(Open {
            file,
            id: id(&stat),
            looked: Instant::now(),
            // The first event looks how large it is.
            written: self.limit,
            is_torn: last != [b'\n'],
        })
    }

    fn create(&self) -> Result<OwnedFd, Errno> {
        // Readable for the last byte; without waiting, so that a pipe is an error.
        let flags = OFlags::RDWR
            | OFlags::APPEND
            | OFlags::CREATE
            | OFlags::CLOEXEC
            | OFlags::NONBLOCK
            | OFlags::NOCTTY;
        rustix::fs::open(&self.path, flags, Mode::RUSR | Mode::WUSR)
    }

    /// `open`, or the file that has taken its place. It is moved aside if it has become too large; and
    /// why not, if that fails.
    fn looked_after(&self, mut open: Open) -> Result<(Open, Option<AuditError>), AuditError> {
        if open.looked.elapsed() < LOOK_EVERY && open.written < self.limit / 64 {
            return Ok((open, None));
        }
        open.looked = Instant::now();
        open.written = 0;
        match rustix::fs::stat(&self.path) {
            Ok(stat) if id(&stat) != open.id => return Ok((self.open()?, None)),
            Ok(stat) if !self.is_full(&stat) => return Ok((open, None)),
            Ok(_) => {}
            Err(Errno::NOENT) => return Ok((self.open()?, None)),
            Err(errno) => return Err(AuditError::new(&self.path, "opened", errno)),
        }
        match self.rotate(&open) {
            Ok(true) => Ok((self.open()?, None)),
            // Another process is at it.
            Ok(false) => Ok((open, None)),
            Err(errno) => {
                let stuck = AuditError::new(&self.path, "moved aside", errno);
                Ok((open, Some(stuck)))
            }
        }
    }

    fn is_full(&self, stat: &Stat) -> bool {
        u64::try_from(stat.st_size).unwrap_or(0) >= self.limit
    }

    /// Moves the file aside, unless another process does. The lock is on the file itself: who gets it
    /// for a file that is not there any more leaves the new one alone.
    fn rotate(&self, open: &Open) -> Result<bool, Errno> {
        match rustix::fs::flock(&open.file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(errno) => return Err(errno),
        }
        let moved = match rustix::fs::stat(&self.path) {
            Ok(stat) if id(&stat) == open.id => rustix::fs::rename(&self.path, older(&self.path)),
            Ok(_) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(errno),
        };
        let _ = rustix::fs::flock(&open.file, FlockOperation::Unlock);
        moved.map(|()| true)
    }
}

/// Where the file before the one at `path` is.
pub(super) fn older(path: &Path) -> PathBuf {
    let mut older = OsString::from(path);
    older.push(".1");
    older.into()
}

fn id(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

/// Appends `line` but for its first byte, and with that if the line before has no end.
fn append(file: &OwnedFd, line: &[u8], is_torn: &mut bool) -> Result<(), Errno> {
    let mut rest = if *is_torn { line } else { &line[1..] };
    while !rest.is_empty() {
        match rustix::io::write(file, rest) {
            Ok(0) => return Err(Errno::NOSPC),
            Ok(written) => {
                rest = &rest[written..];
                *is_torn = !rest.is_empty();
            }
            Err(Errno::INTR) => {}
            // Another process may have got further and left a piece as well.
            Err(errno) => {
                *is_torn = true;
                return Err(errno);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pipe::{PipeFlags, pipe_with};

    #[test]
    fn after_a_piece_of_a_line_the_next_one_begins_anew() {
        // A pipe that nobody reads is full in the middle of a line, as a disk is.
        let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).unwrap();
        let line = [b"\n", vec![b'a'; 100_000].as_slice(), b"\n"].concat();
        let mut is_torn = false;
        let full = append(&writer, &line, &mut is_torn);
        assert_eq!((full, is_torn), (Err(Errno::AGAIN), true));

        let mut buffer = vec![0; line.len()];
        let read = |buffer: &mut [u8]| rustix::io::read(&reader, buffer).unwrap();
        let piece = read(&mut buffer);
        assert!(buffer[..piece].iter().all(|&byte| byte == b'a'));
        append(&writer, b"\n{}\n", &mut is_torn).unwrap();
        append(&writer, b"\n[]\n", &mut is_torn).unwrap();
        let length = read(&mut buffer);
        assert_eq!(&buffer[..length], b"\n{}\n[]\n");
    }
}
