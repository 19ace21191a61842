//! Waiting for what other processes do to the guard.

use super::{Guard, GuardError};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use std::fs::DirBuilder;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Tells a host that waits in poll(2) when another process changes the shared file of a guard. When its
/// descriptor ([`AsFd`]) is readable, ask [`GuardWatch::is_locked_down`].
///
/// # Source
/// inotify(7)
#[derive(Debug)]
pub struct GuardWatch {
    guard: Guard,
    inotify: OwnedFd,
}

impl GuardWatch {
    pub(super) fn new(guard: Guard, path: &Path) -> Result<Self, GuardError> {
        // Behind a link it is the file there that is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let directory = path.parent().unwrap_or(Path::new("/"));
        let failed = |error: io::Error| GuardError::Watch {
            path: directory.to_owned(),
            reason: crate::resolve::program::without_number(&error),
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(failed)?;
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .map_err(|errno| failed(errno.into()))?;
        // The file is replaced, so it is the directory that tells.
        let flags = WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE | WatchFlags::ONLYDIR;
        inotify::add_watch(&inotify, directory, flags).map_err(|errno| failed(errno.into()))?;
        Ok(Self { guard, inotify })
    }

    /// Whether there is a lockdown by now. The descriptor is not readable afterwards, until something
    /// changes again.
    ///
    /// # Errors
    /// The shared file cannot be read. Then what runs must be ended as well.
    pub fn is_locked_down(&self) -> Result<bool, GuardError> {
        self.drain();
        self.guard.look()?;
        Ok(self.guard.is_locked())
    }

    /// Takes all events away: what they say is looked up in the file.
    fn drain(&self) {
        let mut events = [MaybeUninit::<u8>::uninit(); 4096];
        loop {
            match rustix::io::read(&self.inotify, &mut events) {
                Ok((read, _)) if !read.is_empty() => {}
                Err(Errno::INTR) => {}
                _ => return,
            }
        }
    }
}

impl AsFd for GuardWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}
