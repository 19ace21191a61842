//! Noticing and collecting the end of a child.

use crate::output::ExitStatus;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, WaitIdStatus, pidfd_open, waitid};
use std::os::fd::{AsFd, OwnedFd};

/// How a child that we can wait for ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Status(ExitStatus),
    /// Something else in this program waited for it.
    Lost,
}

/// A descriptor for the process `pid`: readable when it has ended.
///
/// # Source
/// pidfd_open(2), Linux 5.3
pub(crate) fn watch(pid: Pid) -> Result<OwnedFd, Errno> {
    pidfd_open(pid, PidfdFlags::empty())
}

/// How the child ended, if it has. It stays a zombie, and its number and that of its group cannot
/// come to mean something else.
pub(crate) fn peek(pidfd: impl AsFd) -> Option<Exit> {
    wait(
        WaitId::PidFd(pidfd.as_fd()),
        WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT,
    )
}

/// Collects a child that has ended. Its numbers are free from now on.
pub(crate) fn reap(pidfd: impl AsFd) {
    wait(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::NOHANG);
}

/// Waits for the child `pid` and collects it.
pub(crate) fn wait_for(pid: Pid) {
    wait(WaitId::Pid(pid), WaitIdOptions::empty());
}

fn wait(id: WaitId<'_>, options: WaitIdOptions) -> Option<Exit> {
    let options = options | WaitIdOptions::EXITED;
    match rustix::io::retry_on_intr(|| waitid(id.clone(), options)) {
        Ok(status) => status.as_ref().map(exit_of),
        Err(_) => Some(Exit::Lost),
    }
}

fn exit_of(status: &WaitIdStatus) -> Exit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Exit::Status(ExitStatus::exited(code)),
        (None, Some(signal)) => Exit::Status(ExitStatus::signalled(signal)),
        (None, None) => Exit::Lost,
    }
}
