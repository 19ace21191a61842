//! Process groups: every child leads one of its own.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// Sends `signal` to every process of `group`. One that has ended, or that we may not signal, is no
/// error: what is still alive is found out by looking.
pub(crate) fn signal(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}

/// Whether no process of `group` is left, not even a zombie.
pub(crate) fn is_gone(group: Pid) -> bool {
    test_kill_process_group(group) == Err(Errno::SRCH)
}
