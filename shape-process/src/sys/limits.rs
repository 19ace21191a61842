//! Limits of resources.

#![allow(unsafe_code)]

use rustix::io::Errno;
use rustix::process::Pid;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// A resource by its number in the system.
pub(crate) type Resource = u32;

/// Time of a real-time thread between two calls that block, in microseconds.
///
/// The C library's bindings do not name it.
pub(crate) const REALTIME: Resource = 15;
/// Time on the processor, in seconds.
pub(crate) const CPU: Resource = libc::RLIMIT_CPU as Resource;
/// Bytes of address space.
pub(crate) const MEMORY: Resource = libc::RLIMIT_AS as Resource;
/// Open descriptors.
pub(crate) const FILES: Resource = libc::RLIMIT_NOFILE as Resource;
/// Processes of the user.
pub(crate) const PROCESSES: Resource = libc::RLIMIT_NPROC as Resource;

/// No limit.
pub(crate) const UNLIMITED: u64 = libc::RLIM_INFINITY;

/// What a process may at most set the limit of a resource to; our own.
pub(crate) fn ceiling(resource: Resource) -> u64 {
    read(0, resource).map_or(UNLIMITED, |limit| limit.rlim_max)
}

/// The soft limit of real time of a process.
///
/// # Errors
/// `ESRCH` if it is not there, `EPERM` if we may not ask about it.
pub(crate) fn realtime(pid: Pid) -> Result<u64, Errno> {
    read(pid.as_raw_nonzero().get(), REALTIME).map(|limit| limit.rlim_cur)
}

/// # Source
/// prlimit(2)
fn read(pid: i32, resource: Resource) -> Result<libc::rlimit, Errno> {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the call sets no limit, and writes the present one to where the pointer points.
    let result = unsafe { libc::prlimit(pid, resource, ptr::null(), limit.as_mut_ptr()) };
    match result {
        // SAFETY: it succeeded, so the structure is initialised.
        0 => Ok(unsafe { limit.assume_init() }),
        _ => Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)),
    }
}
