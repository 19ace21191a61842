//! What scripts get of a program.

use shape_process::Status;
use shape_runtime::record;
use std::borrow::Cow;
use std::time::Duration;

record! {
    /// What a program that has ended left behind.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Output out {
        /// The exit code; 128 + n if signal n ended it.
        pub status: i64,
        /// What it wrote to standard output.
        pub stdout: String,
        /// What it wrote to standard error; empty if that was merged.
        pub stderr: String,
        /// The signal that ended it.
        pub signal: Option<i64>,
        /// Whether its time was up.
        pub timed_out: bool,
        /// Whether bytes are missing from the streams.
        pub truncated: bool,
        /// How many.
        pub dropped_bytes: u64,
        /// From its start to its end.
        pub duration: Duration,
        /// Its process id.
        pub pid: u32,
        /// Processes that could not be ended; normally none.
        pub survivors: Vec<u32>,
        /// Whether bytes that are not UTF-8 were replaced.
        pub lossy: bool,
    }
}

record! {
    /// How a child is doing.
    #[derive(Clone, Debug, PartialEq)]
    pub struct ProcessStatus out {
        /// Whether it has not ended yet.
        pub running: bool,
        /// The exit code; 128 + n if signal n ended it.
        pub status: Option<i64>,
        /// The signal that ended it.
        pub signal: Option<i64>,
    }
}

impl From<shape_process::Output> for Output {
    fn from(output: shape_process::Output) -> Self {
        let (stdout, lossy_stdout) = text(output.stdout);
        let (stderr, lossy_stderr) = text(output.stderr);
        Self {
            status: output.status.into(),
            stdout,
            stderr,
            signal: output.signal.map(Into::into),
            timed_out: output.timed_out,
            truncated: output.truncated,
            dropped_bytes: output.dropped_bytes,
            duration: output.duration,
            pid: output.pid,
            survivors: output.survivors,
            lossy: lossy_stdout || lossy_stderr,
        }
    }
}

impl From<Status> for ProcessStatus {
    fn from(status: Status) -> Self {
        Self {
            running: status.exit.is_none(),
            status: status.exit.map(|exit| exit.code.into()),
            signal: status.exit.and_then(|exit| exit.signal).map(Into::into),
        }
    }
}

/// The bytes as text, and whether something had to be replaced.
fn text(bytes: Vec<u8>) -> (String, bool) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => match String::from_utf8_lossy(error.as_bytes()) {
            Cow::Borrowed(text) => (text.to_owned(), false),
            Cow::Owned(text) => (text, true),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_is_kept_and_what_is_none_is_replaced() {
        assert_eq!(text("é\n".into()), ("é\n".to_owned(), false));
        assert_eq!(text(b"a\xffb".to_vec()), ("a\u{fffd}b".to_owned(), true));
    }
}
