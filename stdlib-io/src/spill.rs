//! Looking at what did not fit into memory.

use crate::error::invalid;
use crate::state;
use shape_process::SpillFile;
use shape_runtime::{HostCx, Raise};
use std::io;

/// Lines of a file that a command of this run was spilled to.
pub(crate) fn spill_lines(
    cx: &mut HostCx,
    path: &str,
    from: i64,
    count: i64,
) -> Result<Vec<String>, Raise> {
    let from = number("spill_lines", "from", from)?;
    let count = size("spill_lines", count)?;
    with(cx, "spill_lines", path, |file| file.lines(from, count))
}

/// The last lines of such a file.
pub(crate) fn spill_tail(cx: &mut HostCx, path: &str, count: i64) -> Result<Vec<String>, Raise> {
    let count = size("spill_tail", count)?;
    with(cx, "spill_tail", path, |file| file.tail(count))
}

/// The number of a line of such a file with a text in it.
pub(crate) fn spill_find(
    cx: &mut HostCx,
    path: &str,
    text: &str,
    from: i64,
) -> Result<Option<u64>, Raise> {
    let from = number("spill_find", "from", from)?;
    with(cx, "spill_find", path, |file| file.find(text, from))
}

/// Does something with a file that the engine made in this run; no other file is opened.
fn with<T>(
    cx: &mut HostCx,
    function: &str,
    path: &str,
    act: impl FnOnce(&mut SpillFile) -> io::Result<T>,
) -> Result<T, Raise> {
    let Some(file) = state::spilled(cx, path) else {
        let reason = "no command of this run has been spilled to it";
        return Err(invalid(function, Some(path), reason));
    };
    file.and_then(act).map_err(|error| {
        Raise::resource(format!(
            "io.{function}({path:?}): it cannot be read: {error}"
        ))
    })
}

fn number(function: &str, name: &str, number: i64) -> Result<u64, Raise> {
    u64::try_from(number).map_err(|_| negative(function, name, number))
}

fn size(function: &str, count: i64) -> Result<usize, Raise> {
    usize::try_from(count).map_err(|_| negative(function, "count", count))
}

fn negative(function: &str, name: &str, number: i64) -> Raise {
    let reason = format!("`{name}` is {number}, but must be 0 or more");
    invalid(function, None, &reason)
}
