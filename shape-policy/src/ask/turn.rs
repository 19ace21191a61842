//! Taking turns on a terminal, with other threads and with other processes.

use crate::ask::tty;
use crate::ask::wait::{Until, Waited};
use rustix::fs::{FlockOperation, Mode, OFlags, Stat, flock, fstat, major, makedev, minor, stat};
use rustix::io::Errno;
use rustix::process::{Pid, getpgid};
use rustix::termios::tcgetpgrp;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

/// How long until it is looked again whether it is our turn. Neither lock can be waited for together
/// with what ends the wait.
const PAUSE: Duration = Duration::from_millis(30);

/// The terminal, as long as it is ours to ask on.
pub(super) struct Turn<'a> {
    pub(super) terminal: MutexGuard<'a, OwnedFd>,
    /// Closing it would not do: a process that was forked from this one may have it open.
    lock: Option<OwnedFd>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            // It fails only for what is no lock.
            let _ = flock(lock, FlockOperation::Unlock);
        }
    }
}

impl<'a> Turn<'a> {
    /// Waits for it; `None` if that is over first.
    pub(super) fn take(
        terminal: &'a Mutex<OwnedFd>,
        until: &Until<'_>,
    ) -> rustix::io::Result<Option<Self>> {
        loop {
            if let Some(turn) = Self::try_take(terminal) {
                return Ok(Some(turn));
            }
            if until.pause(PAUSE)? == Waited::Over {
                return Ok(None);
            }
        }
    }

    fn try_take(terminal: &'a Mutex<OwnedFd>) -> Option<Self> {
        let terminal = match terminal.try_lock() {
            Ok(terminal) => terminal,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        // A terminal that this process can find no file of is asked on all the same.
        let Some(lock) = own_file(&terminal) else {
            return Some(Self {
                terminal,
                lock: None,
            });
        };
        let is_other = flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .is_err_and(|errno| errno == Errno::WOULDBLOCK);
        if is_other && is_asking(&terminal, &lock) {
            return None;
        }
        Some(Self {
            terminal,
            lock: (!is_other).then_some(lock),
        })
    }
}

/// The file of the terminal itself: `/dev/tty` is the same file for all terminals.
fn own_file(terminal: &OwnedFd) -> Option<OwnedFd> {
    let device = fstat(terminal).ok()?.st_rdev;
    if device != makedev(5, 0) {
        return tty::opened_again(terminal, OFlags::RDONLY).ok();
    }
    let path = controlling_terminal()?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    rustix::fs::open(path, flags, Mode::empty()).ok()
}

/// # Source
/// proc_pid_stat(5), `tty_nr`; the numbers of pseudoterminals: Documentation/admin-guide/devices.txt
fn controlling_terminal() -> Option<PathBuf> {
    let status = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = status.rsplit_once(')')?;
    let number: i32 = fields.split_ascii_whitespace().nth(4)?.parse().ok()?;
    let number = number.cast_unsigned();
    let device = makedev(
        (number >> 8) & 0xfff,
        (number & 0xff) | ((number >> 12) & 0xfff00),
    );
    let path = match major(device) {
        136 => PathBuf::from(format!("/dev/pts/{}", minor(device))),
        _ => PathBuf::from("/dev").join(named(major(device), minor(device))?),
    };
    let is_it = |found: Stat| found.st_rdev == device;
    stat(&path).is_ok_and(is_it).then_some(path)
}

/// The name of a device that is no pseudoterminal.
fn named(major: u32, minor: u32) -> Option<String> {
    let facts = fs::read_to_string(format!("/sys/dev/char/{major}:{minor}/uevent")).ok()?;
    let name = facts.lines().find_map(|line| line.strip_prefix("DEVNAME="));
    name.map(str::to_owned)
}

/// Whether whoever has `lock` is in the foreground. A job that was stopped while it asked keeps the lock
/// and asks nothing.
fn is_asking(terminal: &OwnedFd, lock: &OwnedFd) -> bool {
    let Ok(foreground) = tcgetpgrp(terminal) else {
        return true;
    };
    holder(lock)
        .and_then(|holder| getpgid(Some(holder)).ok())
        .is_none_or(|group| group == foreground)
}

/// The process that has locked the file of `lock`.
///
/// # Source
/// proc_locks(5)
fn holder(lock: &OwnedFd) -> Option<Pid> {
    let stat = fstat(lock).ok()?;
    let file = format!(
        "{:02x}:{:02x}:{}",
        major(stat.st_dev),
        minor(stat.st_dev),
        stat.st_ino
    );
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let held = locks
        .lines()
        .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>())
        .find(|fields| fields.get(1) == Some(&"FLOCK") && fields.get(5) == Some(&file.as_str()))?;
    Pid::from_raw(held.get(4)?.parse().ok()?)
}
