//! Whether a command waits for input that will not come.

use crate::sys::proc;
use rustix::process::Pid;
use std::fs;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::path::{Path, PathBuf};

/// How many processes of a command are looked at.
const MOST_LOOKED_AT: usize = 64;

/// Whether a process, or a descendant, is blocked in reading a terminal, or `pipe`, the pipe that the
/// host would write to.
///
/// It is known only of processes that we may look into, which the system may restrict, and not of
/// those that wait for several descriptors at once.
pub(crate) fn waits_for_input(leader: Pid, pipe: Option<BorrowedFd<'_>>) -> bool {
    let pipe =
        pipe.and_then(|pipe| fs::read_link(format!("/proc/self/fd/{}", pipe.as_raw_fd())).ok());
    let mut queue = vec![leader];
    let mut looked_at = 0;
    while let Some(pid) = queue.pop()
        && looked_at < MOST_LOOKED_AT
    {
        looked_at += 1;
        if read_now(pid).is_some_and(|file| is_terminal(&file) || Some(file) == pipe) {
            return true;
        }
        queue.extend(proc::children(pid));
    }
    false
}

/// The file that the first thread of a process is blocked in reading.
///
/// # Source
/// proc_pid_syscall(5)
fn read_now(pid: Pid) -> Option<PathBuf> {
    let directory = format!("/proc/{}", pid.as_raw_nonzero());
    let syscall = fs::read_to_string(format!("{directory}/syscall")).ok()?;
    let mut words = syscall.split_ascii_whitespace();
    let number: i64 = words.next()?.parse().ok()?;
    let descriptor = words.next()?.strip_prefix("0x")?;
    let descriptor = u64::from_str_radix(descriptor, 16).ok()?;
    if !proc::READING.contains(&number) {
        return None;
    }
    fs::read_link(format!("{directory}/fd/{descriptor}")).ok()
}

fn is_terminal(file: &Path) -> bool {
    file.starts_with("/dev/pts")
        || file == Path::new("/dev/tty")
        || file == Path::new("/dev/console")
}
