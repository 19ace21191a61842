//! What a process writes, from its pipes to what it left behind.

mod arrivals;
pub(crate) mod buffer;
pub(crate) mod capture;
mod fold;
pub(crate) mod outlet;
mod spill;
mod spill_file;
mod transcript;

pub use spill_file::SpillFile;

use std::fmt;
use std::path::PathBuf;
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
    /// It was ended because its time was up, while a process of it waited for input that never came.
    pub waiting_for_input: bool,
    /// Every piece of output in the order of arrival, if that was asked for. It is bounded like the
    /// streams: of each stream [`Spec::max_output`](crate::Spec::max_output) bytes are kept, every
    /// piece counting 64 bytes more than it has; of more the first and the last half, and
    /// [`Chunk::dropped_before`] tells what is missing.
    pub transcript: Vec<Chunk>,
    /// The file with all of standard output, if the stream was to be spilled and had more than may be
    /// kept; see [`Overflow::Spill`](crate::Overflow::Spill).
    pub stdout_file: Option<PathBuf>,
    /// The file with all of standard error.
    pub stderr_file: Option<PathBuf>,
    /// The processes that it left behind when it ended by itself, and that were ended.
    pub leftovers: Vec<u32>,
    /// The processes that could not be ended; normally none.
    pub survivors: Vec<u32>,
    /// Which of the limits that were asked for the kernel holds it to.
    pub enforced: Enforced,
}

/// A piece of output as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The stream it was written to; standard output if the streams were merged.
    pub stream: Stream,
    /// When it arrived, from the start of the process.
    pub at: Duration,
    /// What was written.
    pub bytes: Vec<u8>,
    /// How many bytes of the stream are missing between the piece before and this one.
    pub dropped_before: u64,
}

/// Which limits hold; see [`Limits`](crate::Limits).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Enforced {
    /// Time on the processor.
    pub cpu: bool,
    /// Address space.
    pub memory: bool,
    /// Open descriptors.
    pub files: bool,
    /// Processes.
    pub processes: bool,
}

impl Enforced {
    /// The names of those that hold.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let all = [
            (self.cpu, "cpu"),
            (self.memory, "memory"),
            (self.files, "files"),
            (self.processes, "processes"),
        ];
        let held = all.into_iter().filter(|(holds, _)| *holds);
        held.map(|(_, name)| name).collect()
    }
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
