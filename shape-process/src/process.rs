//! A handle on one process.

use crate::child::Child;
use crate::error::{Error, ErrorKind};
use crate::inlet::Wrote;
use crate::keeper::number;
use crate::orders::{Key, Order};
use crate::output::{ExitStatus, Output};
use crate::pump::Awaited;
use crate::reading::Ahead;
use crate::run::Shared;
use crate::sys::signals;
use rustix::process::Pid;
use std::sync::Arc;

/// Bytes of the last lines of standard error that [`Error::ExitStatus`] tells.
const TAIL_BYTES: usize = 2048;
/// How many lines that are at most.
const TAIL_LINES: usize = 10;

/// A process that a [`Run`](crate::Run) started, and its streams.
///
/// When it is dropped the process is ended, unless it is detached: its group is sent `SIGTERM` at once,
/// and what is left of it and its descendants after its grace `SIGKILL`, by the operations of the run
/// that follow or at the end of the run. Dropping does not wait.
///
/// Every operation that waits fails with [`Error::Timeout`] or [`Error::OutputLimit`] once the
/// process was ended for that, with [`Error::Cancelled`] when the run is cancelled, and with
/// [`Error::Resource`] if the system cannot wait for so many streams.
#[derive(Debug)]
pub struct Process {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: Key,
    pid: Pid,
    pub(crate) ahead: Ahead,
}

/// How a process is ended by [`Process::close`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// `SIGTERM`, the grace of the spec, `SIGKILL`.
    Gracefully,
    /// `SIGKILL`.
    Forcibly,
}

/// How a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// How it ended; `None` as long as it runs.
    pub exit: Option<ExitStatus>,
    /// What it was ended for, such as [`ErrorKind::Timeout`] or [`ErrorKind::OutputLimit`].
    pub failure: Option<ErrorKind>,
}

impl Process {
    pub(crate) fn new(shared: Arc<Shared>, key: Key, pid: Pid) -> Self {
        Self {
            shared,
            key,
            pid,
            ahead: Ahead::default(),
        }
    }

    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// Whether that run started it.
    pub(crate) fn is_of(&self, run: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.shared, run)
    }

    /// The process id, which is also the number of its group.
    pub fn pid(&self) -> u32 {
        number(self.pid)
    }

    /// How the process is doing at this moment.
    ///
    /// # Errors
    /// [`Error::Resource`].
    pub fn status(&self) -> Result<Status, Error> {
        self.shared.look(self.key, |child| Status {
            exit: child.exit().map(|_| child.status()),
            failure: child.failure.map(|failure| failure.kind()),
        })
    }

    /// Closes the child's standard input and waits for its end; what it writes meanwhile is kept to
    /// be read. It can be called again, and returns the same.
    ///
    /// # Errors
    /// See [`Process`].
    ///
    /// # Blocking
    /// Until the process has ended and its streams are at their end, or 100 ms later if something
    /// that it left behind holds them; what it left behind in its group is ended then.
    pub fn wait(&self) -> Result<ExitStatus, Error> {
        self.operate(|child| {
            child.stdin.close();
            child.is_over().then(|| Ok(child.status()))
        })
    }

    /// As [`Process::wait`], and returns all that the process left behind. What was read before is
    /// not in it, and what is in it cannot be read again.
    ///
    /// # Errors
    /// [`Error::ExitStatus`] if the spec says which exit codes are success and it is none of them;
    /// and see [`Process`].
    ///
    /// # Blocking
    /// As [`Process::wait`].
    pub fn output(&self) -> Result<Output, Error> {
        self.operate(|child| {
            child.stdin.close();
            child.is_over().then(|| accepted(child))
        })
    }

    /// Asks the process and its group to end with `SIGTERM`, and sees to it that they have, with all
    /// descendants, after the grace of the spec. It does not wait for that: whatever waits next for
    /// something of the run serves it.
    pub fn terminate(&self) {
        self.shared.order(Order::Terminate(self.key));
        self.shared.serve();
    }

    /// Ends the process and its group with `SIGKILL`. It does not wait for that, nor for an operation
    /// that waits in another thread, and does nothing if they have ended.
    pub fn kill(&self) {
        self.shared.order(Order::Kill(self.key));
        self.shared.serve();
    }

    /// Sends a signal by number to the process and its group. It does nothing if they have ended.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is no such signal.
    pub fn signal(&self, signal: i32) -> Result<(), Error> {
        if !signals::is_signal(signal) {
            return Err(self.invalid("there is no such signal"));
        }
        self.shared.signal(self.key, signal);
        Ok(())
    }

    /// Ends the process and its group, waits until they have ended, and says how. The output can
    /// still be read.
    ///
    /// # Errors
    /// [`Error::Cancelled`], [`Error::Resource`]; a process that was ended for a limit is closed as
    /// any other.
    ///
    /// # Blocking
    /// Until the group has ended, at most the grace of the spec unless the kernel holds the process.
    pub fn close(&self, closing: Closing) -> Result<ExitStatus, Error> {
        self.shared
            .operate_failed(self.key, Awaited::Nothing, |child| {
                match closing {
                    Closing::Gracefully => child.close(),
                    Closing::Forcibly => child.kill(),
                }
                child.is_over().then(|| Ok(child.status()))
            })
    }

    /// Writes all of `data` to the child's standard input.
    ///
    /// # Errors
    /// [`Error::BrokenPipe`] if the child stops reading before that; [`Error::Invalid`] if its input
    /// is closed, or never was a pipe; and see [`Process`].
    ///
    /// # Blocking
    /// Until the child, or the pipe, has taken all of it.
    pub fn write(&self, data: &[u8]) -> Result<(), Error> {
        let mut written = 0;
        self.shared
            .operate(self.key, Awaited::Room(self.key), |child| {
                match child.stdin.write(&data[written..]) {
                    Wrote::Bytes(length) => written += length,
                    Wrote::Broken => return Some(Err(broken_pipe(child, written))),
                    Wrote::Closed => {
                        return Some(Err(invalid(child, "its standard input is closed")));
                    }
                }
                (written == data.len()).then_some(Ok(()))
            })
            .map_err(|error| self.with_ahead(error))
    }

    /// Gives the child the end of its input. It does nothing if that is closed already.
    pub fn close_stdin(&self) {
        self.shared
            .with_child(self.key, |child| child.stdin.close());
    }

    pub(crate) fn operate<T>(
        &self,
        attempt: impl FnMut(&mut Child) -> Option<Result<T, Error>>,
    ) -> Result<T, Error> {
        self.give_back();
        self.shared.operate(self.key, Awaited::Nothing, attempt)
    }

    pub(crate) fn invalid(&self, reason: &'static str) -> Error {
        let program = self
            .shared
            .with_child(self.key, |child| child.program.clone());
        Error::Invalid {
            program: program.unwrap_or_default(),
            reason,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.shared.order(Order::Release(self.key));
    }
}

fn invalid(child: &Child, reason: &'static str) -> Error {
    Error::Invalid {
        program: child.program.clone(),
        reason,
    }
}

fn broken_pipe(child: &Child, written: usize) -> Error {
    Error::BrokenPipe {
        program: child.program.clone(),
        written,
    }
}

/// The output of a process that has ended, if its exit code counts as success.
fn accepted(child: &mut Child) -> Result<Output, Error> {
    let output = child.take_output();
    match &child.accept {
        Some(codes) if !codes.contains(&output.status) => Err(Error::ExitStatus {
            program: child.program.clone(),
            status: child.status(),
            stderr_tail: last_lines(&output.stderr),
            output: output.into(),
        }),
        _ => Ok(output),
    }
}

/// The last lines, whole ones unless one alone is too long.
pub(crate) fn last_lines(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(&stderr[stderr.len().saturating_sub(TAIL_BYTES)..]);
    let text = match stderr.len() > TAIL_BYTES {
        true => text
            .split_once('\n')
            .map_or(&*text, |(_, whole_lines)| whole_lines),
        false => &text,
    };
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::last_lines;

    #[test]
    fn the_tail_is_the_last_whole_lines() {
        assert_eq!(last_lines(b""), "");
        assert_eq!(last_lines(b"one\ntwo"), "one\ntwo");
        let numbered: String = (0..50).map(|n| format!("{n}\n")).collect();
        assert_eq!(
            last_lines(numbered.as_bytes()),
            "40\n41\n42\n43\n44\n45\n46\n47\n48\n49"
        );
        let long = format!("{}\nlast\n", "x".repeat(5000));
        assert_eq!(last_lines(long.as_bytes()), "last");
        assert_eq!(last_lines("x".repeat(5000).as_bytes()).len(), 2048);
    }
}
