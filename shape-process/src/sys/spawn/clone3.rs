//! Starting a process with `clone3`, for which glibc has no wrapper.
//!
//! The child borrows the host's memory until it executes, while the calling thread is suspended. It
//! runs on a stack of its own and calls nothing but the kernel: a function of the C library could set
//! this thread's `errno`, take a lock that another thread holds, or run a handler of the host's. What
//! fails is left in that memory for the host to read.
//!
//! No signal is delivered to the calling thread or the child meanwhile. The kernel has made the child's
//! handlers defaults, but leaves ignored what is ignored, so the child sets every signal, unless the
//! caller knows that none is ignored. That is 62 calls, which take as long as finding out which of them
//! are needed (8 µs).
//!
//! Where `clone3` is refused, the older `clone` does nearly the same. It matters with filters that answer
//! `EPERM`: glibc's `posix_spawn` takes only `ENOSYS` as a reason not to use `clone3` itself.
//!
//! # Platform
//! x86_64. Linux 5.5 for `clone3` with all its flags, 5.2 for `clone`, 5.9 for `close_range`. Before 6.14
//! the kernel names a process that executes a descriptor after its number (`comm`, in `ps` without
//! arguments).
//!
//! # Source
//! clone(2), close_range(2), execveat(2), vfork(2)

#![allow(unsafe_code)]

use super::{Leads, Rlimit, SpawnError, Stage, Start, Started};
use crate::sys::{group, reap};
use libc::{c_char, c_int, c_long, c_void};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId};
use std::arch::asm;
use std::cell::Cell;
use std::ffi::CStr;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::{mem, ptr};

/// A child's handlers become defaults. `libc` declares it for glibc as an `int`, which it does not fit.
const CLONE_CLEAR_SIGHAND: u64 = 1 << 32;
const CLONE_FLAGS: u64 = (libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD) as u64;

/// The kernel's signals are numbered from 1 to this, and its sets have a bit for each.
const SIGNALS: c_int = 64;
const SIGNAL_SET_SIZE: usize = 8;

/// The lowest number that is none of the standard streams'.
const ABOVE_STDIO: RawFd = libc::STDERR_FILENO + 1;

/// See [`super::spawn`].
pub(super) fn spawn(start: &Start<'_>) -> Result<Started, SpawnError> {
    spawn_by(Call::Clone3, start)
}

/// The same with `clone`, which older kernels and filters know.
pub(super) fn spawn_by_clone(start: &Start<'_>) -> Result<Started, SpawnError> {
    spawn_by(Call::Clone, start)
}

/// The system calls that make a child.
#[derive(Clone, Copy)]
enum Call {
    Clone3,
    /// Cannot make handlers defaults; until the child has, it has all signals blocked.
    Clone,
}

fn spawn_by(call: Call, start: &Start<'_>) -> Result<Started, SpawnError> {
    let argv = start.argv.pointers();
    let envp = start.envp.pointers();
    let mut plan = Plan {
        file: start.file.map(|file| file.as_raw_fd()),
        path: start.path,
        argv: argv.as_ptr(),
        envp: envp.as_ptr(),
        cwd: start.cwd.map(|directory| directory.as_raw_fd()),
        stdio: start
            .stdio()
            .map(|source| source.map(|source| source.as_raw_fd())),
        leads: start.leads,
        rlimits: start.rlimits,
        // `clone` leaves the handlers too.
        resets_signals: start.may_ignore_signals || matches!(call, Call::Clone),
        failure: None,
    };
    let started = with_stack(|stack| clone(call, stack, &mut plan))
        .flatten()
        .map_err(SpawnError::at(Stage::Clone))?;
    match plan.failure {
        None => Ok(started),
        Some(Failure { stage, errno }) => {
            reap::wait_for(WaitId::PidFd(started.pidfd.as_fd()));
            Err(SpawnError {
                stage,
                errno: Errno::from_raw_os_error(errno),
            })
        }
    }
}

/// What the child does, in words that need no memory of its own.
struct Plan<'a> {
    file: Option<RawFd>,
    path: &'a CStr,
    /// Ends in a null pointer, as `envp` does.
    argv: *const *const c_char,
    envp: *const *const c_char,
    cwd: Option<RawFd>,
    stdio: [Option<RawFd>; 3],
    leads: Leads,
    rlimits: &'a [Rlimit],
    resets_signals: bool,
    /// Written by the child.
    failure: Option<Failure>,
}

/// Why the child could not execute.
#[derive(Clone, Copy)]
struct Failure {
    stage: Stage,
    errno: c_int,
}

impl Failure {
    fn at(stage: Stage) -> impl Fn(c_int) -> Self {
        move |errno| Self { stage, errno }
    }
}

/// Makes a child that carries out `plan`, and waits until it has executed or ended.
fn clone(call: Call, stack: &Stack, plan: &mut Plan<'_>) -> Result<Started, Errno> {
    let mut pidfd: RawFd = -1;
    let pidfd_address = (&raw mut pidfd).expose_provenance();
    // SAFETY: the structure consists of integers, for all of which zero is a value.
    let mut args: libc::clone_args = unsafe { mem::zeroed() };
    args.flags = CLONE_FLAGS | CLONE_CLEAR_SIGHAND;
    args.pidfd = pidfd_address as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    args.stack = stack.lowest().expose_provenance() as u64;
    args.stack_size = Stack::SIZE as u64;
    let args_address = (&raw const args).expose_provenance();
    let (number, arguments) = match call {
        Call::Clone3 => (libc::SYS_clone3, [args_address, mem::size_of_val(&args), 0]),
        Call::Clone => {
            let flags = CLONE_FLAGS as usize | libc::SIGCHLD as usize;
            let top = stack.lowest().wrapping_byte_add(Stack::SIZE);
            (
                libc::SYS_clone,
                [flags, top.expose_provenance(), pidfd_address],
            )
        }
    };
    let blocked = Blocked::all();
    let result: isize;
    // SAFETY: in this thread it is one system call, which reads `args`, writes `pidfd` and changes the
    // registers that are named as outputs. In the child, which has a stack of its own, empty and
    // aligned, it is a call of `child` with a pointer to `plan`, from which there is no way back. This
    // thread is suspended meanwhile (CLONE_VFORK), so only the child uses `plan` and what it refers to.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call r13",
            "ud2",
            "2:",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            // Of no meaning without the flags for them.
            in("r10") 0,
            in("r8") 0,
            in("r12") ptr::from_mut(plan).cast::<c_void>(),
            in("r13") child as unsafe extern "C" fn(*mut c_void) -> !,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    drop(blocked);
    let pid = check(result).map_err(Errno::from_raw_os_error)?;
    let pid = Pid::from_raw(pid as i32).ok_or(Errno::CHILD)?;
    if pidfd < 0 {
        // Before Linux 5.2 `clone` passes over flags that it does not know.
        group::signal(pid, Signal::KILL);
        reap::wait_for(WaitId::Pid(pid));
        return Err(Errno::NOSYS);
    }
    // SAFETY: the call has succeeded, so this is a new descriptor that nobody else knows.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Started { pid, pidfd })
}

/// What runs in the child. It must neither allocate, nor panic, nor call the C library.
///
/// # Safety
/// `plan` points to a [`Plan`] that nobody else uses meanwhile.
unsafe extern "C" fn child(plan: *mut c_void) -> ! {
    // SAFETY: see above.
    let plan = unsafe { &mut *plan.cast::<Plan<'_>>() };
    plan.failure = Some(carry_out(plan));
    loop {
        // SAFETY: the call takes a number. This ends the child alone, which has a process of its own.
        let _ = unsafe { call(libc::SYS_exit_group, [127, 0, 0, 0]) };
    }
}

/// Does not return if all goes well.
fn carry_out(plan: &Plan<'_>) -> Failure {
    match prepare(plan) {
        Ok(()) => execute(plan),
        Err(failure) => failure,
    }
}

/// The directory comes before the descriptors, because its number may be one that is overwritten; the
/// limits come after them, because there may be one on descriptors.
fn prepare(plan: &Plan<'_>) -> Result<(), Failure> {
    lead(plan.leads).map_err(Failure::at(Stage::Group))?;
    if let Some(cwd) = plan.cwd {
        enter(cwd).map_err(Failure::at(Stage::Directory))?;
    }
    place_stdio(plan.stdio)
        .and_then(|()| close_all_but(plan.file))
        .map_err(Failure::at(Stage::Stdio))?;
    for rlimit in plan.rlimits {
        limit(rlimit).map_err(Failure::at(Stage::Limits))?;
    }
    if plan.resets_signals {
        reset_signals().map_err(Failure::at(Stage::Signals))?;
    }
    set_blocked(0)
        .map(drop)
        .map_err(Failure::at(Stage::Signals))
}

fn lead(leads: Leads) -> Result<usize, c_int> {
    let number = match leads {
        Leads::Group => libc::SYS_setpgid,
        Leads::Session => libc::SYS_setsid,
    };
    // SAFETY: both calls take numbers, and zeros mean the calling process, which is the child.
    unsafe { call(number, [0, 0, 0, 0]) }
}

fn enter(directory: RawFd) -> Result<usize, c_int> {
    // SAFETY: the call takes a number, and changes the directory of the child alone (no CLONE_FS).
    unsafe { call(libc::SYS_fchdir, [directory as usize, 0, 0, 0]) }
}

/// Puts each source in its place.
fn place_stdio(mut sources: [Option<RawFd>; 3]) -> Result<(), c_int> {
    let places = [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO];
    // First out of the way what would be overwritten before it has been put in its place.
    for (source, place) in sources.iter_mut().zip(places) {
        if let Some(number) = source
            && *number < ABOVE_STDIO
            && *number != place
        {
            *number = fcntl(*number, libc::F_DUPFD, ABOVE_STDIO)? as RawFd;
        }
    }
    for (source, place) in sources.into_iter().zip(places) {
        match source {
            // The host may have it closed.
            None => drop(fcntl(place, libc::F_SETFD, 0)),
            Some(number) if number == place => drop(fcntl(place, libc::F_SETFD, 0)?),
            Some(number) => duplicate(number, place)?,
        }
    }
    Ok(())
}

/// Closes all but the standard streams and `kept`, which executing closes.
fn close_all_but(kept: Option<RawFd>) -> Result<(), c_int> {
    let Some(kept) = kept else {
        return close_between(ABOVE_STDIO, RawFd::MAX);
    };
    if kept > ABOVE_STDIO {
        close_between(ABOVE_STDIO, kept - 1)?;
    }
    close_between(kept + 1, RawFd::MAX)
}

fn fcntl(descriptor: RawFd, command: c_int, argument: c_int) -> Result<usize, c_int> {
    let arguments = [descriptor as usize, command as usize, argument as usize, 0];
    // SAFETY: the commands that are used here take numbers, and the child's table of descriptors is
    // its own (no CLONE_FILES), as for the next two.
    unsafe { call(libc::SYS_fcntl, arguments) }
}

fn duplicate(descriptor: RawFd, place: RawFd) -> Result<(), c_int> {
    let arguments = [descriptor as usize, place as usize, 0, 0];
    // SAFETY: see `fcntl`.
    unsafe { call(libc::SYS_dup3, arguments) }.map(drop)
}

fn close_between(first: RawFd, last: RawFd) -> Result<(), c_int> {
    let arguments = [first as usize, last as usize, 0, 0];
    // SAFETY: see `fcntl`.
    unsafe { call(libc::SYS_close_range, arguments) }.map(drop)
}

fn limit(rlimit: &Rlimit) -> Result<usize, c_int> {
    let value = libc::rlimit64 {
        rlim_cur: rlimit.soft,
        rlim_max: rlimit.hard,
    };
    let address = (&raw const value).expose_provenance();
    // SAFETY: the limit of the calling process, the child, becomes what `value` says; the old one is
    // not asked for.
    unsafe {
        call(
            libc::SYS_prlimit64,
            [0, rlimit.resource as usize, address, 0],
        )
    }
}

fn reset_signals() -> Result<(), c_int> {
    for signal in 1..=SIGNALS {
        // These two cannot be set, and need not be.
        if signal != libc::SIGKILL && signal != libc::SIGSTOP {
            reset_signal(signal)?;
        }
    }
    Ok(())
}

fn reset_signal(signal: c_int) -> Result<(), c_int> {
    /// The kernel's own, which differs from the C library's.
    #[repr(C)]
    struct Action {
        handler: libc::sighandler_t,
        flags: u64,
        restorer: usize,
        mask: u64,
    }
    let default = Action {
        handler: libc::SIG_DFL,
        flags: 0,
        restorer: 0,
        mask: 0,
    };
    let address = (&raw const default).expose_provenance();
    let arguments = [signal as usize, address, 0, SIGNAL_SET_SIZE];
    // SAFETY: the new action is `default`, and the old one is not asked for. The child's actions are
    // its own (no CLONE_SIGHAND).
    unsafe { call(libc::SYS_rt_sigaction, arguments) }.map(drop)
}

fn execute(plan: &Plan<'_>) -> Failure {
    let (argv, envp) = (plan.argv.expose_provenance(), plan.envp.expose_provenance());
    let result = match plan.file {
        Some(file) => {
            let path = c"".as_ptr().expose_provenance();
            let flags = libc::AT_EMPTY_PATH as usize;
            // SAFETY: as below.
            unsafe { call_with_five(libc::SYS_execveat, [file as usize, path, argv, envp, flags]) }
        }
        None => {
            let path = plan.path.as_ptr().expose_provenance();
            // SAFETY: a string and two arrays of strings that end in a null pointer, which live in
            // frames of the suspended thread.
            unsafe { call(libc::SYS_execve, [path, argv, envp, 0]) }
        }
    };
    Failure {
        stage: Stage::Exec,
        errno: result.err().unwrap_or(0),
    }
}

/// No signal but those that nobody can block is delivered to this thread while this lives; also none
/// of those that the C library keeps for itself, which its own functions do not block.
struct Blocked {
    before: u64,
}

impl Blocked {
    fn all() -> Self {
        // It cannot fail with valid arguments.
        let before = set_blocked(u64::MAX).unwrap_or(0);
        Self { before }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        let _ = set_blocked(self.before);
    }
}

/// Sets the blocked signals of the calling thread, and gives those that were blocked before.
fn set_blocked(blocked: u64) -> Result<u64, c_int> {
    let mut before = 0_u64;
    let arguments = [
        libc::SIG_SETMASK as usize,
        (&raw const blocked).expose_provenance(),
        (&raw mut before).expose_provenance(),
        SIGNAL_SET_SIZE,
    ];
    // SAFETY: both sets have the size that is given.
    unsafe { call(libc::SYS_rt_sigprocmask, arguments) }?;
    Ok(before)
}

/// A system call, without the C library.
///
/// # Safety
/// The arguments are such as the call wants, and what it does to this process is allowed here.
unsafe fn call(number: c_long, [a, b, c, d]: [usize; 4]) -> Result<usize, c_int> {
    // SAFETY: the caller's word; none of the calls that are made so has a fifth argument.
    unsafe { call_with_five(number, [a, b, c, d, 0]) }
}

/// The same with one argument more.
///
/// # Safety
/// As for [`call`].
unsafe fn call_with_five(number: c_long, arguments: [usize; 5]) -> Result<usize, c_int> {
    let result: isize;
    // SAFETY: the call changes the registers that are named as outputs, and memory that arguments point
    // to, which the compiler expects of it. The rest is the caller's word.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    check(result)
}

/// What the kernel answers: a number of the error if it is negative.
fn check(result: isize) -> Result<usize, c_int> {
    match result {
        0.. => Ok(result as usize),
        _ => Err(result.wrapping_neg() as c_int),
    }
}

/// Memory for a child to run in until it executes. What overflows it meets a page that is none.
struct Stack {
    mapping: *mut c_void,
}

impl Stack {
    const SIZE: usize = 32 << 10;
    const GUARD: usize = 4 << 10;

    fn map() -> Result<Self, Errno> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, which overlaps no other.
        let mapping = unsafe {
            libc::mmap(
                ptr::null_mut(),
                Self::GUARD + Self::SIZE,
                libc::PROT_NONE,
                flags,
                -1,
                0,
            )
        };
        if mapping == libc::MAP_FAILED {
            return Err(last_error());
        }
        let this = Self { mapping };
        // SAFETY: the range is the part of the mapping above the guard.
        match unsafe { libc::mprotect(this.lowest(), Self::SIZE, access) } {
            0 => Ok(this),
            _ => Err(last_error()),
        }
    }

    /// The lowest address that may be used.
    fn lowest(&self) -> *mut c_void {
        self.mapping.wrapping_byte_add(Self::GUARD)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the whole of a mapping that was made by `map`, and that no child uses any more: each
        // has executed or ended before `clone` returns.
        unsafe { libc::munmap(self.mapping, Self::GUARD + Self::SIZE) };
    }
}

/// Runs `act` with the stack that is kept for this thread. One that is ending keeps none.
fn with_stack<T>(act: impl FnOnce(&Stack) -> T) -> Result<T, Errno> {
    thread_local! {
        static KEPT: Cell<Option<Stack>> = const { Cell::new(None) };
    }
    let stack = match KEPT.try_with(Cell::take) {
        Ok(Some(stack)) => stack,
        Ok(None) | Err(_) => Stack::map()?,
    };
    let result = act(&stack);
    let _ = KEPT.try_with(|kept| kept.set(Some(stack)));
    Ok(result)
}

fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::NOMEM)
}
