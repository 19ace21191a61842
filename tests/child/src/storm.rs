//! Processes that are never there for long.

use crate::descendants::{LIFETIME, live_on, start};
use crate::kernel::{self, Kinship};
use crate::streams::say;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

/// How long a storm is wild. Then it goes on slowly, so that one that is forgotten neither takes the
/// whole machine nor all numbers of processes.
const WILD: Duration = Duration::from_secs(3);
const SHORT_PAUSE: Duration = Duration::from_millis(1);
const LONG_PAUSE: Duration = Duration::from_millis(100);

/// Starts `count` lines of processes that ignore SIGTERM and SIGHUP, as `kind` says:
/// - `group`: each process forks its successor and ends;
/// - `sessions`: the same, each successor in a session of its own;
/// - `respawn`: two processes, in sessions of their own, each of which replaces the other when it ends.
///
/// It has said `partial` before, says `started` when all lines are there, and lives on.
pub(crate) fn storm(count: usize, kind: &str) -> io::Result<()> {
    say("partial\n")?;
    let line: fn(Instant) -> io::Result<()> = match kind {
        "group" => |end| succeed(end, || {}),
        "sessions" => |end| succeed(end, kernel::new_session),
        "respawn" => respawn,
        _ => return Err(io::Error::other("no such storm")),
    };
    let end = Instant::now() + LIFETIME;
    for _ in 0..count {
        start(Kinship::Child, move |mut ready| {
            kernel::ignore_endings();
            ready.write_all(b"!")?;
            drop(ready);
            line(end)
        })?;
    }
    say("started\n")?;
    live_on()
}

/// Hands over to a successor again and again.
fn succeed(end: Instant, settle: fn()) -> io::Result<()> {
    while pause(end) {
        // Both are here now.
        if kernel::fork(Kinship::Child)? != 0 {
            break;
        }
        settle();
    }
    Ok(())
}

/// Starts a partner that takes this one's place when it ends, and another whenever that one ends.
fn respawn(end: Instant) -> io::Result<()> {
    while pause(end) {
        let first = std::process::id();
        let partner = kernel::forked(Kinship::Child, || {
            kernel::new_session();
            while std::os::unix::process::parent_id() == first {
                if !pause(end) {
                    return Ok(());
                }
            }
            respawn(end)
        })?;
        kernel::await_end(partner);
    }
    Ok(())
}

/// Waits a moment, and says whether to go on.
fn pause(end: Instant) -> bool {
    let left = end.saturating_duration_since(Instant::now());
    std::thread::sleep(match left > LIFETIME - WILD {
        true => SHORT_PAUSE,
        false => LONG_PAUSE,
    });
    !left.is_zero()
}
