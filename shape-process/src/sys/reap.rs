//! Collecting children that have ended.

#![allow(unsafe_code)]

use crate::output::ExitStatus;
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

/// How a child that we can wait for ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Status(ExitStatus),
    /// Something else in this program waited for it.
    Lost,
}

/// Collects a child if it has ended, and says how. Its number is free from then on, but as that of a
/// group as long as that has members.
///
/// # Source
/// waitid(2)
pub(crate) fn reap(pidfd: impl AsFd) -> Option<Exit> {
    match wait(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::NOHANG) {
        Ok(status) => status.as_ref().map(exit_of),
        Err(_) => Some(Exit::Lost),
    }
}

/// What can be said of our children without collecting any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Children {
    None,
    /// None of them has ended.
    AllAlive,
    /// This one has ended.
    Ended(Pid),
}

/// Looks for one of our children that has ended and is not collected.
pub(crate) fn look() -> Children {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call writes to where the pointer points, and nowhere else. The structure is valid
    // when zeroed, as it stays when there is nobody to tell of.
    let (result, info) = unsafe {
        let result = libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options);
        (result, info.assume_init())
    };
    // SAFETY: the call fills in the fields of a SIGCHLD, or leaves them zero.
    let pid = unsafe { info.si_pid() };
    match (result, Pid::from_raw(pid)) {
        (0, Some(pid)) => Children::Ended(pid),
        (0, None) => Children::AllAlive,
        _ => Children::None,
    }
}

/// Whether the child `pid` has ended and is not collected; none if it is no child of ours.
pub(crate) fn has_ended(pid: Pid) -> Option<bool> {
    let options = WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    wait(WaitId::Pid(pid), options)
        .ok()
        .map(|status| status.is_some())
}

/// Collects the child `pid` if it has ended.
pub(crate) fn reap_pid(pid: Pid) {
    // Somebody else may have.
    let _ = wait(WaitId::Pid(pid), WaitIdOptions::NOHANG);
}

/// Waits for a child and collects it.
pub(crate) fn wait_for(child: WaitId<'_>) {
    let _ = wait(child, WaitIdOptions::empty());
}

fn wait(id: WaitId<'_>, options: WaitIdOptions) -> Result<Option<WaitIdStatus>, Errno> {
    let options = options | WaitIdOptions::EXITED;
    rustix::io::retry_on_intr(|| waitid(id.clone(), options))
}

fn exit_of(status: &WaitIdStatus) -> Exit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Exit::Status(ExitStatus::exited(code)),
        (None, Some(signal)) => Exit::Status(ExitStatus::signalled(signal)),
        (None, None) => Exit::Lost,
    }
}
