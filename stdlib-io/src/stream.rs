//! The script's own streams, and what works on any handle.

use crate::error::{invalid, raise};
use crate::handle::{HostStream, Target, target};
use crate::{process, state};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use shape_process::{Closing, Stream};
use shape_runtime::{HostCx, Raise};
use shape_value::{IoHandle, Str};

pub(crate) fn stdin(cx: &mut HostCx) -> IoHandle {
    state::stream(cx, HostStream::Stdin)
}

pub(crate) fn stdout(cx: &mut HostCx) -> IoHandle {
    state::stream(cx, HostStream::Stdout)
}

pub(crate) fn stderr(cx: &mut HostCx) -> IoHandle {
    state::stream(cx, HostStream::Stderr)
}

/// A line of standard input or of a child's standard output.
pub(crate) fn read_line(cx: &mut HostCx, handle: Option<&IoHandle>) -> Result<Str, Raise> {
    let input = match handle {
        Some(_) => None,
        None => Some(state::stream(cx, HostStream::Stdin)),
    };
    let handle = handle.or(input.as_ref());
    let Some(handle) = handle else {
        return Err(Raise::internal("io.read_line: there is no handle"));
    };
    // What is borrowed cannot be read.
    let stream = match target("read_line", handle)? {
        Target::Child(_) => None,
        Target::Stream(stream) => Some(stream),
    };
    match stream {
        None => process::read_line(cx, "read_line", handle, Stream::Stdout),
        Some(HostStream::Stdin) => read_input_line(cx),
        Some(_) => Err(unreadable(handle)),
    }
}

fn read_input_line(cx: &mut HostCx) -> Result<Str, Raise> {
    // Whoever is asked for a line must see what was said before; where the line is there already a
    // filter keeps its blocks.
    if !is_input_ready() {
        cx.flush()?;
    }
    let line = state::input(cx)?.read_line();
    line.map(Str::from)
        .map_err(|error| raise("read_line", "stdin", error))
}

/// Whether reading standard input would not wait.
fn is_input_ready() -> bool {
    let stdin = rustix::stdio::stdin();
    let mut descriptors = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut descriptors, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

#[cold]
fn unreadable(handle: &IoHandle) -> Raise {
    let reason = format!("the handle is {}, which cannot be read", handle.label());
    invalid("read_line", None, &reason)
}

/// Writes all of `text`.
pub(crate) fn write(cx: &mut HostCx, handle: &IoHandle, text: &str) -> Result<usize, Raise> {
    match target("write", handle)? {
        Target::Child(_) => return process::write(cx, "write", handle, text),
        Target::Stream(HostStream::Stdout) => cx.print(text)?,
        Target::Stream(HostStream::Stderr) => cx.eprint(text)?,
        Target::Stream(HostStream::Stdin) => {
            return Err(invalid(
                "write",
                None,
                "the handle is stdin, which cannot be written",
            ));
        }
    }
    Ok(text.len())
}

/// Writes out what is buffered. What is written to a child is not.
pub(crate) fn flush(cx: &mut HostCx, handle: &IoHandle) -> Result<(), Raise> {
    match target("flush", handle)? {
        Target::Child(_) => Ok(()),
        Target::Stream(HostStream::Stdin) => Err(invalid(
            "flush",
            None,
            "the handle is stdin, which cannot be written",
        )),
        Target::Stream(_) => cx.flush(),
    }
}

/// Ends a child, or is done with a standard stream; closes the handle.
pub(crate) fn close(cx: &mut HostCx, handle: &IoHandle) -> Result<(), Raise> {
    if !handle.is_open() {
        return Ok(());
    }
    match target("close", handle)? {
        Target::Child(child) => {
            let ended = child.process.close(Closing::Gracefully);
            ended.map_err(|error| raise("close", &child.program, error))?;
        }
        Target::Stream(HostStream::Stdin) => {}
        Target::Stream(_) => cx.flush()?,
    }
    handle.close()?;
    Ok(())
}
