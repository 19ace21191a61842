//! Descendants that are not to be got rid of easily.
//!
//! All processes of a tree have the arguments of the first one, of which one may be a marker that no
//! other tree has, so that a test can tell who of it is alive. Everything ends by itself after a
//! minute.

use crate::kernel::{self, Kinship};
use crate::streams::say;
use std::io::{self, PipeWriter, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// After this time everything has ended by itself, so that what a test forgets does no harm.
pub(crate) const LIFETIME: Duration = Duration::from_secs(60);

/// Starts a process that ignores SIGTERM and SIGHUP, as `kind` says:
/// - `same-group`, `own-group`, `own-session`: a child, there;
/// - `daemon-holding`: one that has made itself a daemon, with our standard output and error;
/// - `daemon-closed`: the same, without streams.
///
/// It has said `partial` before, and says `started` when all is in place. Then it lives on (`stay`)
/// or ends (`leave`).
pub(crate) fn tree(kind: &str, then: &str) -> io::Result<()> {
    say("partial\n")?;
    let kind = kind.to_owned();
    start(Kinship::Child, move |ready| {
        kernel::ignore_endings();
        match &*kind {
            "same-group" => {}
            "own-group" => kernel::move_to_group(0, 0),
            "own-session" => kernel::new_session(),
            "daemon-holding" | "daemon-closed" => return daemon(kind == "daemon-holding", ready),
            _ => return Err(io::Error::other("no such tree")),
        }
        live(ready)
    })?;
    say("started\n")?;
    match then {
        "leave" => Ok(()),
        _ => live_on(),
    }
}

/// What daemon(3) does, with the session of its own before the second fork.
fn daemon(keeps_streams: bool, ready: PipeWriter) -> io::Result<()> {
    kernel::new_session();
    kernel::forked(Kinship::Child, move || {
        std::env::set_current_dir("/")?;
        if !keeps_streams {
            kernel::close(0, 2);
        }
        live(ready)
    })
    .map(drop)
}

/// Gets around, as `kind` says, what may be used to find it or to end it; starts a child in a session
/// of its own that does the same; and lives on.
///
/// It has said `partial` before.
pub(crate) fn evade(kind: &str) -> io::Result<()> {
    say("partial\n")?;
    let evasion: fn() = match kind {
        "environment" => return without_environment(),
        "sibling" => return beside_us(Kinship::Sibling),
        "held" => return beside_us(Kinship::Holding),
        "thread" => return from_another_thread(),
        "traced" => return traced(),
        "group" => leave_group,
        "limits" => kernel::change_limits,
        "stopped" => kernel::stop,
        "signals" => kernel::block_all_signals,
        "descriptors" => || kernel::close(0, u32::MAX),
        "orphans" => kernel::adopt_orphans,
        "hidden" => kernel::hide,
        "name" => kernel::take_odd_name,
        _ => return Err(io::Error::other("no such evasion")),
    };
    kernel::ignore_endings();
    start(Kinship::Child, move |mut ready| {
        kernel::new_session();
        ready.write_all(b"!")?;
        evasion();
        live_on()
    })?;
    evasion();
    live_on()
}

/// Executes itself without any environment, and starts a tree.
#[allow(clippy::disallowed_methods, reason = "it does what programs do")]
fn without_environment() -> io::Result<()> {
    let marker = std::env::args_os()
        .skip(1)
        .take_while(|argument| argument != "evade");
    Err(Command::new(std::env::current_exe()?)
        .args(marker)
        .args(["tree", "own-session", "stay"])
        .env_clear()
        .exec())
}

/// Changes over to a group that a child of ours has made.
fn leave_group() {
    if let Ok(pid) = kernel::forked(Kinship::Child, || {
        kernel::move_to_group(0, 0);
        live_on()
    }) {
        kernel::move_to_group(pid, pid);
        kernel::move_to_group(0, pid);
    }
}

/// Starts a process that is a sibling of ours, or holds us.
fn beside_us(kinship: Kinship) -> io::Result<()> {
    kernel::ignore_endings();
    start(kinship, |ready| {
        kernel::new_session();
        live(ready)
    })?;
    live_on()
}

/// Starts a child from a second thread, and ends the first, so that the process looks like a zombie.
fn from_another_thread() -> io::Result<()> {
    kernel::ignore_endings();
    std::thread::spawn(|| {
        start(Kinship::Child, |ready| {
            kernel::new_session();
            live(ready)
        })?;
        live_on()
    });
    kernel::end_this_thread()
}

/// Starts a child that traces us, and is so the first that hears of our end.
fn traced() -> io::Result<()> {
    let parent = std::process::id().cast_signed();
    start(Kinship::Child, move |ready| {
        kernel::new_session();
        kernel::ignore_endings();
        kernel::trace(parent);
        live(ready)
    })?;
    live_on()
}

/// Starts a process that does `act`, and waits until it says that it is ready, or has ended.
pub(crate) fn start(
    kinship: Kinship,
    act: impl FnOnce(PipeWriter) -> io::Result<()>,
) -> io::Result<libc::pid_t> {
    let (mut is_ready, ready) = io::pipe()?;
    let pid = kernel::forked(kinship, move || act(ready))?;
    is_ready.read_exact(&mut [0])?;
    Ok(pid)
}

/// Says that it is ready and lives on.
fn live(mut ready: PipeWriter) -> io::Result<()> {
    ready.write_all(b"!")?;
    drop(ready);
    live_on()
}

pub(crate) fn live_on() -> io::Result<()> {
    let end = Instant::now() + LIFETIME;
    // A signal with a handler would end a single sleep.
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::sleep(left);
    }
    Ok(())
}
