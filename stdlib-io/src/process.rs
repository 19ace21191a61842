//! Talking to a program that `spawn` started.

use crate::error::{invalid, raise};
use crate::handle::{Child, child, child_mut};
use crate::output::{Output, ProcessStatus};
use crate::signal::SignalArg;
use crate::state;
use shape_process::{Closing, Error, Process, Stream};
use shape_runtime::{HostCx, Raise};
use shape_value::{IoHandle, Str};
use std::cell::Ref;
use std::time::Duration;

/// Does something with the child behind a handle.
fn with<T>(
    cx: &mut HostCx,
    function: &str,
    handle: &IoHandle,
    act: impl FnOnce(&Process) -> Result<T, Error>,
) -> Result<T, Raise> {
    let child = child(function, handle)?;
    act(&child.process).map_err(|error| {
        state::note(cx, error.output());
        raise(function, &child.program, error)
    })
}

pub(crate) fn process_wait(cx: &mut HostCx, handle: &IoHandle) -> Result<i64, Raise> {
    with(cx, "process_wait", handle, |process| {
        Ok(process.wait()?.code.into())
    })
}

/// The place of the first child that has ended.
pub(crate) fn process_wait_any(
    cx: &mut HostCx,
    handles: Vec<IoHandle>,
    timeout: Option<Duration>,
) -> Result<Option<usize>, Raise> {
    let run = state::run(cx)?;
    let children = handles
        .iter()
        .map(|handle| child("process_wait_any", handle));
    let children: Vec<Ref<'_, Child>> = children.collect::<Result<_, _>>()?;
    let processes: Vec<&Process> = children.iter().map(|child| &child.process).collect();
    let program = children.first().map_or("", |child| &child.program);
    run.wait_any(&processes, timeout)
        .map_err(|error| raise("process_wait_any", program, error))
}

pub(crate) fn process_result(cx: &mut HostCx, handle: &IoHandle) -> Result<Output, Raise> {
    let output = with(cx, "process_result", handle, Process::output)?;
    Ok(state::noted(cx, output).into())
}

pub(crate) fn process_kill(cx: &mut HostCx, handle: &IoHandle) -> Result<(), Raise> {
    with(cx, "process_kill", handle, |process| {
        process.kill();
        Ok(())
    })
}

pub(crate) fn process_write(
    cx: &mut HostCx,
    handle: &IoHandle,
    data: &str,
) -> Result<usize, Raise> {
    write(cx, "process_write", handle, data)
}

/// Writes all of `text` to a child's standard input.
pub(crate) fn write(
    cx: &mut HostCx,
    function: &str,
    handle: &IoHandle,
    text: &str,
) -> Result<usize, Raise> {
    with(cx, function, handle, |process| {
        process.write(text.as_bytes())
    })?;
    Ok(text.len())
}

pub(crate) fn process_read(cx: &mut HostCx, handle: &IoHandle, n: i64) -> Result<String, Raise> {
    read(cx, "process_read", handle, Stream::Stdout, n)
}

pub(crate) fn process_read_err(
    cx: &mut HostCx,
    handle: &IoHandle,
    n: i64,
) -> Result<String, Raise> {
    read(cx, "process_read_err", handle, Stream::Stderr, n)
}

pub(crate) fn process_read_bytes(
    cx: &mut HostCx,
    handle: &IoHandle,
    n: i64,
) -> Result<Vec<u8>, Raise> {
    let limit = limit("process_read_bytes", handle, n)?;
    with(cx, "process_read_bytes", handle, |process| {
        process.read(Stream::Stdout, limit)
    })
}

fn read(
    cx: &mut HostCx,
    function: &str,
    handle: &IoHandle,
    stream: Stream,
    n: i64,
) -> Result<String, Raise> {
    let limit = limit(function, handle, n)?;
    with(cx, function, handle, |process| {
        process.read_text(stream, limit)
    })
}

/// `n` bounds what is taken of what is there; nothing is made of that size.
fn limit(function: &str, handle: &IoHandle, n: i64) -> Result<usize, Raise> {
    match usize::try_from(n) {
        Ok(limit @ 1..) => Ok(limit),
        _ => {
            let program = child(function, handle)?.program.clone();
            let reason = format!("`n` is {n}, but must be 1 or more");
            Err(invalid(function, Some(&program), &reason))
        }
    }
}

pub(crate) fn process_read_line(cx: &mut HostCx, handle: &IoHandle) -> Result<Str, Raise> {
    read_line(cx, "process_read_line", handle, Stream::Stdout)
}

pub(crate) fn process_read_line_err(cx: &mut HostCx, handle: &IoHandle) -> Result<Str, Raise> {
    read_line(cx, "process_read_line_err", handle, Stream::Stderr)
}

/// The next line of a child's stream, made into text in one copy.
pub(crate) fn read_line(
    cx: &mut HostCx,
    function: &str,
    handle: &IoHandle,
    stream: Stream,
) -> Result<Str, Raise> {
    // Alone with the process one reads without a lock.
    let mut child = child_mut(function, handle)?;
    let Child { process, program } = &mut *child;
    match process.next_line(stream) {
        Ok(line) => Ok(Str::from(line)),
        Err(error) => {
            state::note(cx, error.output());
            Err(raise(function, program, error))
        }
    }
}

pub(crate) fn process_close_stdin(cx: &mut HostCx, handle: &IoHandle) -> Result<(), Raise> {
    with(cx, "process_close_stdin", handle, |process| {
        process.close_stdin();
        Ok(())
    })
}

pub(crate) fn process_pid(cx: &mut HostCx, handle: &IoHandle) -> Result<u32, Raise> {
    with(cx, "process_pid", handle, |process| Ok(process.pid()))
}

pub(crate) fn process_status(cx: &mut HostCx, handle: &IoHandle) -> Result<ProcessStatus, Raise> {
    with(cx, "process_status", handle, |process| {
        Ok(process.status()?.into())
    })
}

pub(crate) fn process_signal(
    cx: &mut HostCx,
    handle: &IoHandle,
    signal: SignalArg,
) -> Result<(), Raise> {
    let number = {
        let child = child("process_signal", handle)?;
        let number = signal.number();
        number.map_err(|why| invalid("process_signal", Some(&child.program), &why))?
    };
    with(cx, "process_signal", handle, |process| {
        process.signal(number)
    })
}

pub(crate) fn process_close(cx: &mut HostCx, handle: &IoHandle, force: bool) -> Result<i64, Raise> {
    let closing = if force {
        Closing::Forcibly
    } else {
        Closing::Gracefully
    };
    with(cx, "process_close", handle, |process| {
        Ok(process.close(closing)?.code.into())
    })
}
