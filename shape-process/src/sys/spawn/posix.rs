//! Starting a process with the C library.
//!
//! glibc's `posix_spawn` clones with `CLONE_VM | CLONE_VFORK`, sets the child up itself, and hands
//! back the error of whatever failed, but not what that was. So what can be found out before is
//! looked at before, and the rest is told from the error (`stage`).
//!
//! It knows no resource limits: they are set from outside, a moment after the program has been
//! executed. And it executes nothing but paths: of a file that is open it is looked, right before, whether
//! it is the one at its path.
//!
//! # Platform
//! glibc 2.34, for `posix_spawn_file_actions_addclosefrom_np`; Linux 5.3, for `pidfd_open`.
//!
//! # Source
//! posix_spawn(3)

#![allow(unsafe_code)]

use super::{Leads, Rlimit, SpawnError, Stage, Start, Started};
use crate::sys::{group, reap};
use libc::{c_char, c_int, c_short, pid_t};
use rustix::fs::{Access, AtFlags};
use rustix::io::{Errno, FdFlags};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, pidfd_open};
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::ptr;

/// The flags of `posix_spawnattr_setflags` for every child: every signal at its default, none
/// blocked.
const FLAGS: c_int = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;

/// See [`super::spawn`].
pub(super) fn spawn(start: &Start<'_>) -> Result<Started, SpawnError> {
    check_limits(start.rlimits).map_err(SpawnError::at(Stage::Limits))?;
    if let Some(cwd) = start.cwd {
        check_directory(cwd).map_err(SpawnError::at(Stage::Directory))?;
    }
    if let Some(file) = start.file {
        check_file(file, start.path).map_err(SpawnError::at(Stage::Exec))?;
    }
    let sources = Sources::of(start).map_err(SpawnError::at(Stage::Stdio))?;
    let actions = Actions::new(start.cwd, &sources).map_err(SpawnError::at(Stage::Stdio))?;
    let attributes = Attributes::new(start.leads).map_err(SpawnError::at(Stage::Clone))?;
    let pid = execute(start, &actions, &attributes).map_err(|errno| SpawnError {
        stage: stage(errno),
        errno,
    })?;
    finish(pid, start.rlimits).inspect_err(|_| {
        group::signal(pid, Signal::KILL);
        reap::wait_for(WaitId::Pid(pid));
    })
}

fn execute(start: &Start<'_>, actions: &Actions, attributes: &Attributes) -> Result<Pid, Errno> {
    let argv = start.argv.pointers();
    let envp = start.envp.pointers();
    let mut pid: pid_t = 0;
    // SAFETY: every pointer is to a live value of this frame or of `start`: the strings are
    // NUL-terminated, both arrays end in a null pointer (`Strings::pointers`), and the two structures
    // were initialised by their constructors. The call modifies none of the strings; `*mut` in its
    // signature is C's lack of a deep `const`.
    let result = unsafe {
        libc::posix_spawn(
            &mut pid,
            start.path.as_ptr(),
            &actions.0,
            &attributes.0,
            argv.as_ptr().cast::<*mut c_char>(),
            envp.as_ptr().cast::<*mut c_char>(),
        )
    };
    check(result)?;
    Pid::from_raw(pid).ok_or(Errno::CHILD)
}

/// What is left to do once the child runs.
fn finish(pid: Pid, rlimits: &[Rlimit]) -> Result<Started, SpawnError> {
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).map_err(SpawnError::at(Stage::Clone))?;
    for rlimit in rlimits {
        limit(pid, rlimit).map_err(SpawnError::at(Stage::Limits))?;
    }
    Ok(Started { pid, pidfd })
}

/// The step that most likely failed with `errno`. The two that could give almost any error have been
/// looked at before; a lack of memory in `execve` counts as one in the clone.
fn stage(errno: Errno) -> Stage {
    match errno {
        Errno::AGAIN | Errno::NOMEM => Stage::Clone,
        Errno::BADF | Errno::MFILE => Stage::Stdio,
        _ => Stage::Exec,
    }
}

/// Refuses what no process may have, so that the program is not executed first.
fn check_limits(rlimits: &[Rlimit]) -> Result<(), Errno> {
    match rlimits.iter().all(|rlimit| rlimit.soft <= rlimit.hard) {
        true => Ok(()),
        false => Err(Errno::INVAL),
    }
}

/// Whether `directory` is one, and may be entered.
fn check_directory(directory: BorrowedFd<'_>) -> Result<(), Errno> {
    rustix::fs::accessat(directory, c".", Access::EXEC_OK, AtFlags::EACCESS)
}

/// Whether `file` is the one at `path`.
fn check_file(file: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    let (open, there) = (rustix::fs::fstat(file)?, rustix::fs::stat(path)?);
    match (open.st_dev, open.st_ino) == (there.st_dev, there.st_ino) {
        true => Ok(()),
        false => Err(Errno::STALE),
    }
}

fn limit(pid: Pid, rlimit: &Rlimit) -> Result<(), Errno> {
    let value = libc::rlimit64 {
        rlim_cur: rlimit.soft,
        rlim_max: rlimit.hard,
    };
    // SAFETY: the new limit is only read, and the old one is not asked for.
    let result = unsafe {
        libc::prlimit64(
            pid.as_raw_nonzero().get(),
            rlimit.resource as _,
            &value,
            ptr::null_mut(),
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(last_error()),
    }
}

fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

fn check(result: c_int) -> Result<(), Errno> {
    match result {
        0 => Ok(()),
        _ => Err(Errno::from_raw_os_error(result)),
    }
}

/// Where a child's descriptors 0, 1 and 2 come from: none of them is overwritten before it has been
/// put in its place.
struct Sources([Source; 3]);

enum Source {
    /// What has this number in the host, open or not.
    AsItIs,
    /// This number, which is no standard one but that of its own place.
    Number(RawFd),
    /// A duplicate of a standard one that is to have another place.
    Moved(OwnedFd),
}

impl Sources {
    fn of(start: &Start<'_>) -> Result<Self, Errno> {
        let [stdin, stdout, stderr] = start.stdio();
        Ok(Self([
            Source::of(stdin, rustix::stdio::stdin(), libc::STDIN_FILENO)?,
            Source::of(stdout, rustix::stdio::stdout(), libc::STDOUT_FILENO)?,
            Source::of(stderr, rustix::stdio::stderr(), libc::STDERR_FILENO)?,
        ]))
    }
}

impl Source {
    fn of(
        source: Option<BorrowedFd<'_>>,
        own: BorrowedFd<'_>,
        place: RawFd,
    ) -> Result<Self, Errno> {
        let Some(source) = source else {
            // Putting it in its own place keeps the child's copy open.
            let closes = rustix::io::fcntl_getfd(own).is_ok_and(|f| f.contains(FdFlags::CLOEXEC));
            return Ok(match closes {
                true => Self::Number(place),
                false => Self::AsItIs,
            });
        };
        let number = source.as_raw_fd();
        if number == place || number > libc::STDERR_FILENO {
            return Ok(Self::Number(number));
        }
        let above = libc::STDERR_FILENO + 1;
        Ok(Self::Moved(rustix::io::fcntl_dupfd_cloexec(source, above)?))
    }

    fn number(&self) -> Option<RawFd> {
        match self {
            Self::AsItIs => None,
            Self::Number(number) => Some(*number),
            Self::Moved(descriptor) => Some(descriptor.as_fd().as_raw_fd()),
        }
    }
}

/// How the child differs from the host.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new(leads: Leads) -> Result<Self, Errno> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call initialises what the pointer points to.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: it succeeded.
        let mut this = Self(unsafe { attributes.assume_init() });
        let (none, all) = (signal_set(0), signal_set(u8::MAX));
        let leads = match leads {
            Leads::Group => libc::POSIX_SPAWN_SETPGROUP,
            Leads::Session => libc::POSIX_SPAWN_SETSID as c_int,
        };
        // SAFETY: the structure is initialised, the sets are, and both are only read.
        unsafe {
            check(libc::posix_spawnattr_setflags(
                &mut this.0,
                (FLAGS | leads) as c_short,
            ))?;
            // Used with SETPGROUP: a new group, named after the child.
            check(libc::posix_spawnattr_setpgroup(&mut this.0, 0))?;
            check(libc::posix_spawnattr_setsigmask(&mut this.0, &none))?;
            check(libc::posix_spawnattr_setsigdefault(&mut this.0, &all))?;
        }
        Ok(this)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

/// A signal set of these bytes. `sigfillset` leaves out the two signals that the C library keeps for
/// itself, and `posix_spawn` has the child ignore them then.
fn signal_set(byte: u8) -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is plain integers, for which any bytes are a value, and all are written.
    unsafe {
        set.as_mut_ptr().write_bytes(byte, 1);
        set.assume_init()
    }
}

/// What the child does before it executes: directory, standard streams, and nothing else open.
struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    /// The directory comes first: its number may be one that is overwritten.
    fn new(cwd: Option<BorrowedFd<'_>>, sources: &Sources) -> Result<Self, Errno> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the call initialises what the pointer points to.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: it succeeded.
        let mut this = Self(unsafe { actions.assume_init() });
        if let Some(cwd) = cwd {
            this.enter(cwd)?;
        }
        for (place, source) in (0..).zip(&sources.0) {
            if let Some(number) = source.number() {
                this.place(number, place)?;
            }
        }
        this.close_from(libc::STDERR_FILENO + 1)?;
        Ok(this)
    }

    fn enter(&mut self, directory: BorrowedFd<'_>) -> Result<(), Errno> {
        // SAFETY: the structure is initialised; the descriptor is open, and stays so until the
        // spawn, since `Start` borrows it.
        check(unsafe {
            libc::posix_spawn_file_actions_addfchdir_np(&mut self.0, directory.as_raw_fd())
        })
    }

    /// If both numbers are the same, the descriptor stays open across the `execve`.
    fn place(&mut self, number: RawFd, place: RawFd) -> Result<(), Errno> {
        // SAFETY: the structure is initialised.
        check(unsafe { libc::posix_spawn_file_actions_adddup2(&mut self.0, number, place) })
    }

    fn close_from(&mut self, first: c_int) -> Result<(), Errno> {
        // SAFETY: the structure is initialised.
        check(unsafe { libc::posix_spawn_file_actions_addclosefrom_np(&mut self.0, first) })
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}
