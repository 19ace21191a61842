//! What a process left behind.

use std::fmt;
use std::time::Duration;

/// What a process that ran to its end, or was ended, left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Output {
    /// The exit code; 128 + n if signal n ended the process.
    pub status: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it wrote to standard output and nobody read before.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error and nobody read before; empty if merged into `stdout`.
    pub stderr: Vec<u8>,
    /// It was ended because its time was up.
    pub timed_out: bool,
    /// Bytes are missing from `stdout` or `stderr`.
    pub truncated: bool,
    /// How many.
    pub dropped_bytes: u64,
    /// From its start to its end.
    pub duration: Duration,
    /// Its process id.
    pub pid: u32,
    /// The processes of its group that could not be ended; normally none.
    pub survivors: Vec<u32>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitStatus {
    /// The exit code; 128 + n if signal n ended the process.
    pub code: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl ExitStatus {
    pub(crate) fn exited(code: i32) -> Self {
        Self { code, signal: None }
    }

    pub(crate) fn signalled(signal: i32) -> Self {
        Self {
            code: 128 + signal,
            signal: Some(signal),
        }
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.signal {
            Some(signal) => write!(f, "ended by signal {signal}"),
            None => write!(f, "exit code {}", self.code),
        }
    }
}

/// One of the two streams that a child writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        })
    }
}
