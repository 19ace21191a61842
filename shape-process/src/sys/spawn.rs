//! Starting a process.
//!
//! glibc's `posix_spawn` clones with `CLONE_VM | CLONE_VFORK`, so that its cost does not depend on
//! the size of the host, sets the child up itself, and hands back the error of the `execve`.
//!
//! # Platform
//! glibc 2.34, for `posix_spawn_file_actions_addclosefrom_np`.
//!
//! # Source
//! posix_spawn(3)

#![allow(unsafe_code)]

use libc::{c_char, c_int, c_short, pid_t};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Pid;
use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr;
use std::sync::OnceLock;

/// The flags of `posix_spawnattr_setflags` for every child: every signal at its default, none
/// blocked.
const FLAGS: c_int = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;

/// The flag that gives a child a group of its own and no controlling terminal.
///
/// A new session does both, but on a busy machine it costs the child a time slice, since the kernel
/// schedules sessions as groups. Where the host has no controlling terminal, a child has none either,
/// and a process group is enough. The host is asked once: it gets a terminal only if it opens one as
/// the leader of a session, which this library does not do.
fn own_group() -> c_int {
    static HAS_TERMINAL: OnceLock<bool> = OnceLock::new();
    let has_terminal = HAS_TERMINAL.get_or_init(|| {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        // Anything but the clear answer that there is none counts as a terminal.
        rustix::fs::open("/dev/tty", flags, Mode::empty()).err() != Some(Errno::NXIO)
    });
    if *has_terminal {
        libc::POSIX_SPAWN_SETSID as c_int
    } else {
        libc::POSIX_SPAWN_SETPGROUP
    }
}

/// What a child starts with; nothing else of the host's is open in it.
pub(crate) struct Start<'a> {
    /// The file to execute.
    pub(crate) path: &'a CStr,
    pub(crate) argv: &'a [CString],
    pub(crate) envp: &'a [CString],
    /// The directory; the host's if absent.
    pub(crate) cwd: Option<BorrowedFd<'a>>,
    /// The host's own standard input if absent.
    pub(crate) stdin: Option<BorrowedFd<'a>>,
    pub(crate) stdout: BorrowedFd<'a>,
    pub(crate) stderr: BorrowedFd<'a>,
}

/// Starts a process, the leader of a new process group without a controlling terminal. It has been
/// executed when this returns.
///
/// # Errors
/// What the kernel said about the clone or the `execve`; then there is no child.
pub(crate) fn spawn(start: &Start<'_>) -> Result<Pid, Errno> {
    let attributes = Attributes::new()?;
    let actions = Actions::new(start)?;
    let argv = pointers(start.argv);
    let envp = pointers(start.envp);
    let mut pid: pid_t = 0;
    // SAFETY: every pointer is to a live value of this frame or of `start`: `path` and the strings
    // are NUL-terminated since they are C strings, both arrays end in a null pointer (`pointers`),
    // and the two structures were initialised by their constructors. The call modifies none of the
    // strings; `*mut` in its signature is C's lack of a deep `const`.
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

/// The addresses of `strings` and a null pointer.
fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings
        .iter()
        .map(|string| string.as_ptr())
        .chain([ptr::null()])
        .collect()
}

fn check(result: c_int) -> Result<(), Errno> {
    if result == 0 {
        Ok(())
    } else {
        Err(Errno::from_raw_os_error(result))
    }
}

/// How the child differs from the host.
struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new() -> Result<Self, Errno> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call initialises what the pointer points to.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: it succeeded.
        let mut this = Self(unsafe { attributes.assume_init() });
        let (none, all) = (signal_set(libc::sigemptyset), signal_set(libc::sigfillset));
        // SAFETY: the structure is initialised, the sets are, and both are only read.
        unsafe {
            check(libc::posix_spawnattr_setflags(
                &mut this.0,
                (FLAGS | own_group()) as c_short,
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

/// A signal set that `fill`, which is `sigemptyset` or `sigfillset`, has initialised.
fn signal_set(fill: unsafe extern "C" fn(*mut libc::sigset_t) -> c_int) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: both functions initialise the whole set and cannot fail with a valid pointer.
    unsafe {
        fill(set.as_mut_ptr());
        set.assume_init()
    }
}

/// What the child does before it executes: directory, standard streams, and nothing else open.
struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    fn new(start: &Start<'_>) -> Result<Self, Errno> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the call initialises what the pointer points to.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: it succeeded.
        let mut this = Self(unsafe { actions.assume_init() });
        if let Some(cwd) = start.cwd {
            this.enter(cwd)?;
        }
        if let Some(stdin) = start.stdin {
            this.place(stdin, libc::STDIN_FILENO)?;
        }
        this.place(start.stdout, libc::STDOUT_FILENO)?;
        this.place(start.stderr, libc::STDERR_FILENO)?;
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

    fn place(&mut self, descriptor: BorrowedFd<'_>, number: c_int) -> Result<(), Errno> {
        // SAFETY: as in `enter`.
        check(unsafe {
            libc::posix_spawn_file_actions_adddup2(&mut self.0, descriptor.as_raw_fd(), number)
        })
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
