//! What only the C library can do.

#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether SIGPIPE was ignored before Rust's runtime came to ignore it itself.
static SIGPIPE_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

/// Run by the loader, before Rust's runtime.
// SAFETY: the section holds pointers to functions that the loader calls once, in a process with one
// thread; this one calls `sigaction` and stores to an atomic.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK_AT_SIGPIPE: extern "C" fn() = {
    extern "C" fn look() {
        let mut action = MaybeUninit::<libc::sigaction>::uninit();
        // SAFETY: no new action is set, and the call fills in the old one when it returns 0.
        unsafe {
            if libc::sigaction(libc::SIGPIPE, std::ptr::null(), action.as_mut_ptr()) == 0 {
                let is_ignored = action.assume_init().sa_sigaction == libc::SIG_IGN;
                SIGPIPE_WAS_IGNORED.store(is_ignored, Ordering::Relaxed);
            }
        }
    }
    look
};

pub(crate) fn sigpipe_at_start() -> &'static str {
    if SIGPIPE_WAS_IGNORED.load(Ordering::Relaxed) {
        "ignored"
    } else {
        "default"
    }
}

pub(crate) fn raise(signal: i32) {
    // SAFETY: both calls take any number.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

pub(crate) fn ignore_term() {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
}

/// Calls `ready` when SIGTERM can come, and returns when it has come.
pub(crate) fn await_term(ready: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let mut set = MaybeUninit::uninit();
    let mut signal = 0;
    // SAFETY: the set is initialised by `sigemptyset` before anything reads it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGTERM);
        libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
        ready()?;
        libc::sigwait(set.as_ptr(), &mut signal);
    }
    Ok(())
}

pub(crate) fn close_stdin() {
    // SAFETY: nothing in this program uses descriptor 0 afterwards.
    unsafe { libc::close(0) };
}
