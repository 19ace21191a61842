//! A parent for orphans, as the first process of a machine or of a container is one.

use crate::kernel;
use std::io;
use std::process::Command;

/// Runs a program and returns its exit code, 98 if a signal ended it. Descendants that lose their
/// parents become our children: `reap` collects each when it ends, `hoard` leaves them zombies until the
/// program has ended.
#[allow(clippy::disallowed_methods, reason = "it does what programs do")]
pub(crate) fn nursery(kind: &str, command: &[&str]) -> io::Result<u8> {
    let &[program, ref args @ ..] = command else {
        return Err(io::Error::other("nothing to run"));
    };
    kernel::adopt_orphans();
    let mut child = Command::new(program).args(args).spawn()?;
    let status = match kind {
        "reap" => kernel::collect_until(child.id())?,
        "hoard" => child.wait()?,
        _ => return Err(io::Error::other("no such nursery")),
    };
    kernel::collect_the_dead();
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(98))
}
