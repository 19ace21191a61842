//! What scripts get of a program.

use shape_process::{Chunk, Status, Stream};
use shape_runtime::record;
use std::borrow::Cow;
use std::time::Duration;

/// The records of what programs left behind share most fields, and what they are made of.
macro_rules! outputs {
    ($(#[$meta:meta])* $name:ident of $text:ty {
        $($(#[$own_meta:meta])* $own:ident: $ty:ty),*
    }) => {
        record! {
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name out {
                /// The exit code; 128 + n if signal n ended it.
                pub status: i64,
                /// What it wrote to standard output.
                pub stdout: $text,
                /// What it wrote to standard error; empty if that was merged.
                pub stderr: $text,
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
                /// Processes that it left behind when it ended, and that were ended.
                pub leftovers: Vec<u32>,
                /// Whether it waited for input when its time was up.
                pub waiting_for_input: bool,
                /// Every piece of output, if that was asked for.
                pub transcript: Vec<Piece>,
                /// The file with all of standard output, if it was spilled.
                pub stdout_file: Option<String>,
                /// The file with all of standard error, if it was spilled.
                pub stderr_file: Option<String>,
                /// Which of the limits that were asked for hold.
                pub enforced: Enforced,
                $($(#[$own_meta])* pub $own: $ty,)*
            }
        }

        impl $name {
            fn made(output: shape_process::Output, stdout: $text, stderr: $text, $($own: $ty),*) -> Self {
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
                    leftovers: output.leftovers,
                    waiting_for_input: output.waiting_for_input,
                    transcript: pieces(output.transcript),
                    stdout_file: output.stdout_file.map(|path| path.to_string_lossy().into_owned()),
                    stderr_file: output.stderr_file.map(|path| path.to_string_lossy().into_owned()),
                    enforced: output.enforced.into(),
                    $($own,)*
                }
            }
        }
    };
}

outputs! {
    /// What a program that has ended left behind.
    Output of String {
        /// Whether bytes that are not UTF-8 were replaced.
        lossy: bool
    }
}

outputs! {
    /// What a program that has ended left behind, as bytes.
    BytesOutput of Vec<u8> {}
}

outputs! {
    /// What a pipeline left behind: the last program's output, and everyone's standard error.
    PipelineOutput of String {
        /// Whether bytes that are not UTF-8 were replaced.
        lossy: bool,
        /// How each program ended.
        stages: Vec<Stage>,
        /// The first one that failed, by its place.
        failed: Option<usize>
    }
}

record! {
    /// How a program of a pipeline ended.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Stage out {
        /// The program.
        pub program: String,
        /// The exit code; 128 + n if signal n ended it.
        pub status: i64,
        /// The signal that ended it.
        pub signal: Option<i64>,
    }
}

record! {
    /// A piece of output as it arrived.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Piece out {
        /// `stdout` or `stderr`.
        pub stream: String,
        /// When it arrived, from the start of the program.
        pub at: Duration,
        /// What was written.
        pub text: String,
        /// How many bytes of the stream are missing before it.
        pub dropped_before: u64,
    }
}

record! {
    /// Which limits hold.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Enforced out {
        /// Time on the processor.
        pub cpu: bool,
        /// Address space.
        pub memory: bool,
        /// Open descriptors.
        pub files: bool,
        /// Processes.
        pub processes: bool,
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
    fn from(mut output: shape_process::Output) -> Self {
        let (stdout, stderr, lossy) = texts(&mut output);
        Self::made(output, stdout, stderr, lossy)
    }
}

impl From<shape_process::Output> for BytesOutput {
    fn from(mut output: shape_process::Output) -> Self {
        let stdout = std::mem::take(&mut output.stdout);
        let stderr = std::mem::take(&mut output.stderr);
        Self::made(output, stdout, stderr)
    }
}

impl From<shape_process::PipelineOutput> for PipelineOutput {
    fn from(done: shape_process::PipelineOutput) -> Self {
        let mut output = done.output;
        let (stdout, stderr, lossy) = texts(&mut output);
        let stages = done.stages.into_iter().map(Stage::from).collect();
        Self::made(output, stdout, stderr, lossy, stages, done.failed)
    }
}

impl From<shape_process::StageStatus> for Stage {
    fn from(stage: shape_process::StageStatus) -> Self {
        Self {
            program: stage.program.to_string_lossy().into_owned(),
            status: stage.status.into(),
            signal: stage.signal.map(Into::into),
        }
    }
}

impl From<shape_process::Enforced> for Enforced {
    fn from(enforced: shape_process::Enforced) -> Self {
        Self {
            cpu: enforced.cpu,
            memory: enforced.memory,
            files: enforced.files,
            processes: enforced.processes,
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

/// Both streams as text, and whether something had to be replaced.
fn texts(output: &mut shape_process::Output) -> (String, String, bool) {
    let (stdout, lossy_stdout) = text(std::mem::take(&mut output.stdout));
    let (stderr, lossy_stderr) = text(std::mem::take(&mut output.stderr));
    (stdout, stderr, lossy_stdout || lossy_stderr)
}

/// The transcript as text. A character whose bytes came in several pieces is in the last of them; a
/// piece that was only the beginning of one is left out.
fn pieces(chunks: Vec<Chunk>) -> Vec<Piece> {
    let mut held_back: [Vec<u8>; 2] = Default::default();
    let last_of = |stream| chunks.iter().rposition(|chunk| chunk.stream == stream);
    let last = [last_of(Stream::Stdout), last_of(Stream::Stderr)];
    let mut pieces: Vec<Piece> = Vec::with_capacity(chunks.len());
    for (index, chunk) in chunks.into_iter().enumerate() {
        let held_back = &mut held_back[chunk.stream as usize];
        // After a gap the rest of the character does not come.
        let cut = match chunk.dropped_before {
            0 => std::mem::take(held_back),
            _ => Vec::new(),
        };
        let mut bytes = [cut, chunk.bytes].concat();
        if !last.contains(&Some(index)) {
            *held_back = bytes.split_off(whole(&bytes));
        }
        if !bytes.is_empty() || chunk.dropped_before > 0 {
            pieces.push(Piece {
                stream: chunk.stream.to_string(),
                at: chunk.at,
                text: text(bytes).0,
                dropped_before: chunk.dropped_before,
            });
        }
    }
    pieces
}

/// The length without a character at the end that is not whole yet.
fn whole(bytes: &[u8]) -> usize {
    let start = bytes.len().saturating_sub(3);
    let lead = bytes[start..].iter().rposition(|byte| byte & 0xc0 != 0x80);
    let Some(lead) = lead.map(|at| start + at) else {
        return bytes.len();
    };
    match std::str::from_utf8(&bytes[lead..]) {
        Err(error) if error.error_len().is_none() => lead,
        _ => bytes.len(),
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
    use super::{Chunk, Duration, Stream, pieces, text};

    fn chunk(stream: Stream, bytes: &[u8], dropped_before: u64) -> Chunk {
        Chunk {
            stream,
            at: Duration::ZERO,
            bytes: bytes.to_vec(),
            dropped_before,
        }
    }

    #[track_caller]
    fn check_pieces(chunks: &[(Stream, &[u8], u64)], expected: &[(&str, &str)]) {
        let chunks = chunks.iter();
        let chunks = chunks.map(|&(stream, bytes, dropped)| chunk(stream, bytes, dropped));
        let pieces = pieces(chunks.collect());
        let texts: Vec<_> = pieces.iter().map(|it| (&*it.stream, &*it.text)).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn characters_of_a_transcript_are_not_cut() {
        use Stream::{Stderr, Stdout};
        check_pieces(
            &[
                (Stdout, b"a\xf0\x9f", 0),
                (Stderr, b"\xc3", 0),
                (Stdout, b"\x98\x80", 0),
            ],
            &[
                ("stdout", "a"),
                ("stderr", "\u{fffd}"),
                ("stdout", "\u{1f600}"),
            ],
        );
        check_pieces(
            &[(Stdout, b"\xc3", 0), (Stdout, b"\xa9", 0)],
            &[("stdout", "é")],
        );
        check_pieces(
            &[(Stdout, b"a\xc3", 0), (Stdout, b"b", 5)],
            &[("stdout", "a"), ("stdout", "b")],
        );
        check_pieces(
            &[(Stdout, b"\xff\n", 0), (Stdout, b"b", 0)],
            &[("stdout", "\u{fffd}\n"), ("stdout", "b")],
        );
    }

    #[test]
    fn text_is_kept_and_what_is_none_is_replaced() {
        assert_eq!(text("é\n".into()), ("é\n".to_owned(), false));
        assert_eq!(text(b"a\xffb".to_vec()), ("a\u{fffd}b".to_owned(), true));
    }
}
