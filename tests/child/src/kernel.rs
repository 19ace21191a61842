//! What of the kernel's calls about processes the standard library does not have.

#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// How many kinds of resource limits there are.
const RESOURCES: libc::__rlimit_resource_t = 16;

/// How a new process is related to the one that starts it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kinship {
    Child,
    /// A child of our own parent.
    Sibling,
    /// A child, and we are held until it ends.
    Holding,
}

/// Starts a copy of this process, which goes on here too: 0 there, its pid here.
///
/// The copy has only the thread that called.
pub(crate) fn fork(kinship: Kinship) -> io::Result<libc::pid_t> {
    let flags = libc::SIGCHLD
        | match kinship {
            Kinship::Child => 0,
            Kinship::Sibling => libc::CLONE_PARENT,
            Kinship::Holding => libc::CLONE_VFORK,
        };
    // SAFETY: without CLONE_VM this is fork(2): the copy runs on, on its own copy of our stack.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
        -1 => Err(io::Error::last_os_error()),
        pid => libc::pid_t::try_from(pid).map_err(io::Error::other),
    }
}

/// Starts a copy of this process that does `act` and ends, and returns its pid.
pub(crate) fn forked(
    kinship: Kinship,
    act: impl FnOnce() -> io::Result<()>,
) -> io::Result<libc::pid_t> {
    match fork(kinship)? {
        0 => exit(i32::from(act().is_err())),
        pid => Ok(pid),
    }
}

/// Ends this process without anything being flushed twice.
fn exit(code: i32) -> ! {
    // SAFETY: it takes any number and does not return.
    unsafe { libc::_exit(code) }
}

/// Waits for a child to end.
pub(crate) fn await_end(pid: libc::pid_t) {
    // SAFETY: the status is not asked for.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::__WALL) };
}

/// Collects every child that ends, until this one does; returns how it ended.
pub(crate) fn collect_until(child: u32) -> io::Result<ExitStatus> {
    loop {
        let mut status = 0;
        // SAFETY: the status is written to where the pointer points.
        let ended = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
        if u32::try_from(ended).map_err(|_| io::Error::last_os_error())? == child {
            return Ok(ExitStatus::from_raw(status));
        }
    }
}

/// Collects the children that have ended.
pub(crate) fn collect_the_dead() {
    let options = libc::__WALL | libc::WNOHANG;
    // SAFETY: the status is not asked for.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), options) } > 0 {}
}

pub(crate) fn new_session() {
    // SAFETY: it takes nothing; the leader of a group is refused.
    unsafe { libc::setsid() };
}

/// Moves a process, 0 for this one, into a group, 0 for one of its own.
pub(crate) fn move_to_group(pid: libc::pid_t, group: libc::pid_t) {
    // SAFETY: it takes any numbers.
    unsafe { libc::setpgid(pid, group) };
}

/// Lets SIGTERM and SIGHUP have no effect.
pub(crate) fn ignore_endings() {
    for signal in [libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: no handler is installed.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

pub(crate) fn block_all_signals() {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigfillset` initialises the set.
    unsafe {
        libc::sigfillset(set.as_mut_ptr());
        libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}

/// Stops this process, until it is continued.
pub(crate) fn stop() {
    // SAFETY: it takes any number.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// Closes all descriptors from `first` to `last`.
pub(crate) fn close(first: u32, last: u32) {
    // SAFETY: whoever asks for it uses none of them afterwards.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
}

/// Becomes the parent of its descendants whose parents have ended.
pub(crate) fn adopt_orphans() {
    // SAFETY: it takes these two numbers.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
}

/// Takes away from other processes of the user what they may see of this one.
pub(crate) fn hide() {
    // SAFETY: it takes these two numbers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) };
}

/// Takes a name that looks, in /proc/PID/stat, like the end of the name and what follows it.
pub(crate) fn take_odd_name() {
    // SAFETY: the name ends in a NUL and has less than 16 bytes.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"x) Z 1 (\n".as_ptr()) };
}

/// Sets every resource limit that may be set to something else, soft and hard.
pub(crate) fn change_limits() {
    for resource in 0..RESOURCES {
        let mut limit = MaybeUninit::<libc::rlimit>::uninit();
        // SAFETY: `prlimit` fills in the limit where it returns 0.
        unsafe {
            let old = limit.as_mut_ptr();
            if libc::prlimit(0, resource, std::ptr::null(), old) != 0 {
                continue;
            }
            // Enough to live with, and nobody else's choice.
            let hard = limit.assume_init().rlim_max.min(1 << 40) / 3 * 2 + 1;
            let new = libc::rlimit {
                rlim_cur: hard,
                rlim_max: hard,
            };
            libc::prlimit(0, resource, &raw const new, std::ptr::null_mut());
        }
    }
}

/// Traces a process, so that its end is told to us first. Not every system lets its users do it.
pub(crate) fn trace(pid: libc::pid_t) {
    // SAFETY: with these arguments nothing of ours is read or written.
    unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0, 0) };
}

/// Ends the calling thread, also the first one, and leaves the others.
pub(crate) fn end_this_thread() -> ! {
    // SAFETY: nothing of this thread's stack is used by another.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!("the thread has ended")
}

/// Whether there is something to read from standard input, or its end, within that time.
pub(crate) fn has_input(milliseconds: i32) -> bool {
    let mut poll = libc::pollfd {
        fd: 0,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: it is one structure, which the call may write to.
    unsafe { libc::poll(&raw mut poll, 1, milliseconds) == 1 }
}
