//! Starting a process, at a cost that does not depend on the size of the host: no method copies its page
//! tables.
//!
//! [`clone3`] is the way, with two calls; [`posix`] stands in where the kernel, or a seccomp filter such
//! as those of older container runtimes, lets us use neither, and on other architectures.

#[cfg(target_arch = "x86_64")]
mod clone3;
mod posix;
mod strings;
#[cfg(test)]
mod tests;

pub(crate) use strings::{HasNul, Strings};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Pid;
use std::ffi::CStr;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a child starts with. Nothing else of the host's is open in it, its signals are at their
/// defaults, and none is blocked.
pub(crate) struct Start<'a> {
    /// The file to execute, if it is open already: closed on exec, and none of the standard streams.
    pub(crate) file: Option<BorrowedFd<'a>>,
    /// Where the file to execute is.
    pub(crate) path: &'a CStr,
    pub(crate) argv: &'a Strings,
    pub(crate) envp: &'a Strings,
    /// The directory; the host's if absent.
    pub(crate) cwd: Option<BorrowedFd<'a>>,
    /// The host's own if absent. Like the other two it may have any number, also one from 0 to 2.
    pub(crate) stdin: Option<BorrowedFd<'a>>,
    /// The host's own if absent.
    pub(crate) stdout: Option<BorrowedFd<'a>>,
    /// The host's own if absent.
    pub(crate) stderr: Option<BorrowedFd<'a>>,
    pub(crate) leads: Leads,
    pub(crate) rlimits: &'a [Rlimit],
    /// Whether the caller may ignore signals, which a child would inherit. One that knows that it
    /// ignores none spares the child to set them all.
    pub(crate) may_ignore_signals: bool,
}

impl Start<'_> {
    /// The sources of descriptors 0, 1 and 2.
    fn stdio(&self) -> [Option<BorrowedFd<'_>>; 3] {
        [self.stdin, self.stdout, self.stderr]
    }
}

/// What a child becomes the leader of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    /// A new process group.
    Group,
    /// A new session, and so a new group too, without a controlling terminal.
    Session,
}

impl Leads {
    /// What gives a child a group of its own and no controlling terminal.
    ///
    /// A new session does both, but on a busy machine it costs the child a time slice, since the
    /// kernel schedules sessions as groups. Where the host has no controlling terminal, a child has
    /// none either, and a process group is enough. The host is asked once: it gets a terminal only if
    /// it opens one as the leader of a session, which this library does not do.
    pub(crate) fn away_from_terminal() -> Self {
        static HAS_TERMINAL: OnceLock<bool> = OnceLock::new();
        let has_terminal = HAS_TERMINAL.get_or_init(|| {
            let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
            // Anything but the clear answer that there is none counts as a terminal.
            rustix::fs::open("/dev/tty", flags, Mode::empty()).err() != Some(Errno::NXIO)
        });
        match has_terminal {
            true => Self::Session,
            false => Self::Group,
        }
    }
}

/// A resource limit of the child's.
///
/// # Source
/// getrlimit(2)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rlimit {
    /// The number of the resource, for instance `libc::RLIMIT_CPU`.
    pub(crate) resource: u32,
    /// In the resource's own unit; `u64::MAX` is no limit.
    pub(crate) soft: u64,
    /// As `soft`, and not less.
    pub(crate) hard: u64,
}

/// A child that executes its program.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) pid: Pid,
    /// Readable when the child has ended; closed on exec.
    pub(crate) pidfd: OwnedFd,
}

/// The steps of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Making a process and a descriptor to watch it with.
    Clone,
    /// The process group or the session.
    Group,
    /// Descriptors 0, 1 and 2, and closing all others.
    Stdio,
    /// Entering the directory.
    Directory,
    /// The resource limits.
    Limits,
    /// Default signals, none blocked.
    Signals,
    /// Executing the file.
    Exec,
}

impl Stage {
    /// The stage whose discriminant is `number`.
    pub(crate) fn from_u8(number: u8) -> Option<Self> {
        let all = [
            Self::Clone,
            Self::Group,
            Self::Stdio,
            Self::Directory,
            Self::Limits,
            Self::Signals,
            Self::Exec,
        ];
        all.into_iter().find(|stage| *stage as u8 == number)
    }
}

/// Why there is no child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpawnError {
    /// What failed.
    pub(crate) stage: Stage,
    /// What the kernel said.
    pub(crate) errno: Errno,
}

impl SpawnError {
    fn at(stage: Stage) -> impl Fn(Errno) -> Self {
        move |errno| Self { stage, errno }
    }
}

/// A way of starting a process: see [`spawn`].
type Method = fn(&Start<'_>) -> Result<Started, SpawnError>;

/// From the best to the last resort.
const METHODS: &[Method] = &[
    #[cfg(target_arch = "x86_64")]
    clone3::spawn,
    #[cfg(target_arch = "x86_64")]
    clone3::spawn_by_clone,
    posix::spawn,
];

/// Starts a process. It has been executed when this returns.
///
/// # Errors
/// The step that failed and what the kernel said. Then there is no child, not even a zombie.
///
/// # Blocking
/// Until the child has executed or failed to. Only the calling thread waits.
pub(crate) fn spawn(start: &Start<'_>) -> Result<Started, SpawnError> {
    /// How many of the methods this system has refused. It would refuse them again.
    static REFUSED: AtomicUsize = AtomicUsize::new(0);
    let mut refused = REFUSED.load(Ordering::Relaxed);
    loop {
        match METHODS[refused](start) {
            Err(error) if is_refusal(error) && refused + 1 < METHODS.len() => {
                refused += 1;
                REFUSED.fetch_max(refused, Ordering::Relaxed);
            }
            result => return result,
        }
    }
}

/// Whether the system does not have a call that a method relies on, `clone3`, `clone` or `close_range`,
/// does not know its flags, or has a filter that forbids it. Nothing else gives these errors there.
fn is_refusal(error: SpawnError) -> bool {
    match error.stage {
        Stage::Clone => matches!(error.errno, Errno::NOSYS | Errno::PERM | Errno::INVAL),
        Stage::Stdio => matches!(error.errno, Errno::NOSYS | Errno::PERM),
        _ => false,
    }
}
