//! Talking to a program that `spawn` started.

use crate::error::{invalid, raise};
use crate::handle::child;
use crate::output::ProcessStatus;
use crate::signal::SignalArg;
use shape_process::{Closing, Error, Process, Stream};
use shape_runtime::{HostCx, Raise};
use shape_value::{IoHandle, Str};

/// Does something with the child behind a handle.
fn with<T>(
    function: &str,
    handle: &IoHandle,
    act: impl FnOnce(&Process) -> Result<T, Error>,
) -> Result<T, Raise> {
    let child = child(function, handle)?;
    act(&child.process).map_err(|error| raise(function, &child.program, error))
}

pub(crate) fn process_wait(_: &mut HostCx, handle: &IoHandle) -> Result<i64, Raise> {
    with("process_wait", handle, |process| {
        Ok(process.wait()?.code.into())
    })
}

pub(crate) fn process_kill(_: &mut HostCx, handle: &IoHandle) -> Result<(), Raise> {
    with("process_kill", handle, |process| {
        process.kill();
        Ok(())
    })
}

pub(crate) fn process_write(_: &mut HostCx, handle: &IoHandle, data: &str) -> Result<usize, Raise> {
    write("process_write", handle, data)
}

/// Writes all of `text` to a child's standard input.
pub(crate) fn write(function: &str, handle: &IoHandle, text: &str) -> Result<usize, Raise> {
    with(function, handle, |process| process.write(text.as_bytes()))?;
    Ok(text.len())
}

pub(crate) fn process_read(_: &mut HostCx, handle: &IoHandle, n: i64) -> Result<String, Raise> {
    read("process_read", handle, Stream::Stdout, n)
}

pub(crate) fn process_read_err(_: &mut HostCx, handle: &IoHandle, n: i64) -> Result<String, Raise> {
    read("process_read_err", handle, Stream::Stderr, n)
}

/// `n` bounds what is taken of what is there; nothing is made of that size.
fn read(function: &str, handle: &IoHandle, stream: Stream, n: i64) -> Result<String, Raise> {
    match usize::try_from(n) {
        Ok(limit @ 1..) => with(function, handle, |process| process.read_text(stream, limit)),
        _ => {
            let program = child(function, handle)?.program.clone();
            Err(invalid(
                function,
                Some(&program),
                &format!("`n` is {n}, but must be 1 or more"),
            ))
        }
    }
}

pub(crate) fn process_read_line(_: &mut HostCx, handle: &IoHandle) -> Result<Str, Raise> {
    read_line("process_read_line", handle, Stream::Stdout)
}

pub(crate) fn process_read_line_err(_: &mut HostCx, handle: &IoHandle) -> Result<Str, Raise> {
    read_line("process_read_line_err", handle, Stream::Stderr)
}

/// The next line of a child's stream, made into text in one copy.
pub(crate) fn read_line(function: &str, handle: &IoHandle, stream: Stream) -> Result<Str, Raise> {
    with(function, handle, |process| {
        process.read_line_with(stream, |line| Str::from(line))
    })
}

pub(crate) fn process_close_stdin(_: &mut HostCx, handle: &IoHandle) -> Result<(), Raise> {
    with("process_close_stdin", handle, |process| {
        process.close_stdin();
        Ok(())
    })
}

pub(crate) fn process_pid(_: &mut HostCx, handle: &IoHandle) -> Result<u32, Raise> {
    with("process_pid", handle, |process| Ok(process.pid()))
}

pub(crate) fn process_status(_: &mut HostCx, handle: &IoHandle) -> Result<ProcessStatus, Raise> {
    with("process_status", handle, |process| {
        Ok(process.status()?.into())
    })
}

pub(crate) fn process_signal(
    _: &mut HostCx,
    handle: &IoHandle,
    signal: SignalArg,
) -> Result<(), Raise> {
    let number = {
        let child = child("process_signal", handle)?;
        let number = signal.number();
        number.map_err(|why| invalid("process_signal", Some(&child.program), &why))?
    };
    with("process_signal", handle, |process| process.signal(number))
}

pub(crate) fn process_close(_: &mut HostCx, handle: &IoHandle, force: bool) -> Result<i64, Raise> {
    let closing = if force {
        Closing::Forcibly
    } else {
        Closing::Gracefully
    };
    with("process_close", handle, |process| {
        Ok(process.close(closing)?.code.into())
    })
}
