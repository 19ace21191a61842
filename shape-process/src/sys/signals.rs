//! Signals by number, also those that have no name, and what the host does with its own.

#![allow(unsafe_code)]

use rustix::process::{Pid, Signal};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::ptr;
use std::sync::Once;

/// Sees to it that children that end stay to be waited for.
///
/// A host that was started with `SIGCHLD` ignored, as some supervisors start theirs, has children that
/// vanish with their status. One that handles the signal is left alone.
///
/// # Source
/// waitpid(2), sigaction(2)
pub(crate) fn await_children() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut action = MaybeUninit::<libc::sigaction>::uninit();
        // SAFETY: the call reads no new action and writes the present one to where the pointer points.
        if unsafe { libc::sigaction(libc::SIGCHLD, ptr::null(), action.as_mut_ptr()) } != 0 {
            return;
        }
        // SAFETY: it succeeded, so the structure is initialised.
        let mut action = unsafe { action.assume_init() };
        if action.sa_sigaction == libc::SIG_IGN {
            action.sa_sigaction = libc::SIG_DFL;
        } else if action.sa_flags & libc::SA_NOCLDWAIT == 0 {
            return;
        }
        action.sa_flags &= !libc::SA_NOCLDWAIT;
        // SAFETY: the action is the present one, but for the default instead of ignoring and without a
        // flag. It installs no function that was not installed before.
        unsafe { libc::sigaction(libc::SIGCHLD, &action, ptr::null_mut()) };
    });
}

/// Blocks all signals in this thread, which should be the only one, ignores none any more, and returns
/// what becomes readable when a child has ended.
///
/// # Source
/// sigprocmask(2), sigaction(2), signalfd(2)
pub(crate) fn block_all_and_watch_children() -> io::Result<OwnedFd> {
    let (mut all, mut ended) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: the sets are initialised by the first three calls before they are read by the last two,
    // default actions run none of our code, and the descriptor that the last one returns is new and
    // nobody else's.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigemptyset(ended.as_mut_ptr());
        libc::sigaddset(ended.as_mut_ptr(), libc::SIGCHLD);
        libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), ptr::null_mut());
        // What cannot be set is not ignored.
        for signal in 1..=libc::SIGRTMAX() {
            libc::signal(signal, libc::SIG_DFL);
        }
        match libc::signalfd(-1, ended.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) {
            -1 => Err(io::Error::last_os_error()),
            descriptor => Ok(OwnedFd::from_raw_fd(descriptor)),
        }
    }
}

/// Takes the signal that children have ended, however many there were.
pub(crate) fn take_child_signal(descriptor: &OwnedFd) {
    // There may be none.
    let _ = rustix::io::read(descriptor, &mut [0; size_of::<libc::signalfd_siginfo>()]);
}

/// Whether a program can be sent the signal of this number: one that has a name, or a real-time one
/// that the C library does not keep for itself.
///
/// # Source
/// signal(7)
pub(crate) fn is_signal(number: i32) -> bool {
    Signal::from_named_raw(number).is_some()
        || (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&number)
}

/// As [`group::signal`](super::group::signal), by number.
///
/// # Source
/// kill(2)
pub(crate) fn send(group: Pid, number: i32) {
    // SAFETY: the call takes any two numbers and touches no memory of ours. A negative one means the
    // group, and a `Pid` is never 1 nor less for a child.
    unsafe { libc::kill(-group.as_raw_nonzero().get(), number) };
}
