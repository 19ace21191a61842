//! One writer at a time.

use super::error::StoreError;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the first and the longest nap between two looks at a lock are. flock(2) has no wait with a
/// limit.
const NAPS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(8));

/// The right to write a file, until it is dropped.
///
/// It is a flock(2) on a file beside it. Not on the file itself, since every write replaces that, and
/// who waits would get the lock of a file that is gone. Not on the directory, since files that have
/// nothing to do with each other would wait for each other. The lock file is never removed: to remove it
/// is what makes two writers of one.
///
/// # Source
/// flock(2)
#[derive(Debug)]
pub(super) struct Lock(OwnedFd);

impl Lock {
    /// The lock `name` in `directory`, for the file at `path`, which only an error tells of.
    ///
    /// # Errors
    /// [`StoreError::Locked`] after `limit`, [`StoreError::Io`].
    ///
    /// # Blocking
    /// For as long as somebody else has it, and no longer than `limit`.
    pub(super) fn take(
        directory: &OwnedFd,
        name: &OsStr,
        path: &Path,
        limit: Duration,
    ) -> Result<Self, StoreError> {
        let lock_path = || -> PathBuf { path.with_file_name(name) };
        let failed = |errno: Errno| StoreError::io(&lock_path(), "opened and locked", errno);
        let start = Instant::now();
        let mut nap = NAPS.0;
        loop {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let mode = Mode::RUSR | Mode::WUSR;
            let file = rustix::fs::openat(directory, name, flags, mode).map_err(failed)?;
            loop {
                match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                    Ok(()) => break,
                    Err(Errno::WOULDBLOCK) if start.elapsed() < limit => {
                        std::thread::sleep(nap);
                        nap = NAPS.1.min(nap * 2);
                    }
                    Err(Errno::WOULDBLOCK) => {
                        return Err(StoreError::Locked {
                            path: path.to_owned(),
                            lock: lock_path(),
                            waited: limit,
                        });
                    }
                    Err(Errno::INTR) => {}
                    Err(errno) => return Err(failed(errno)),
                }
            }
            // Somebody may have removed the file while it was waited for; then others lock another.
            let locked = rustix::fs::fstat(&file).map_err(failed)?;
            match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(there) if (there.st_dev, there.st_ino) == (locked.st_dev, locked.st_ino) => {
                    return Ok(Self(file));
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
    }
}

/// A process that is just being started has a copy of the descriptor until it executes its program;
/// closing ours would leave the lock taken until then.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}
