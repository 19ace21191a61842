//! Reading what a process writes.

use crate::child::Child;
use crate::error::Error;
use crate::output::buffer::NotUtf8;
use crate::output::{Output, Stream};
use crate::process::Process;
use crate::pump::Awaited;
use std::sync::{Mutex, PoisonError};

/// Whole lines that were taken out of the streams to be handed out one by one.
///
/// Only who holds the [`Process`] alone hands out lines, and needs no lock for it. Everybody else
/// who looks at a stream first puts back what has not been handed out ([`Process::give_back`]), or
/// adds it to the output that comes with an error ([`Process::with_ahead`]), so that nobody sees a
/// stream without it.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    stdout: Mutex<TakenLines>,
    stderr: Mutex<TakenLines>,
}

#[derive(Debug, Default)]
struct TakenLines {
    text: String,
    handed_out: usize,
}

impl Ahead {
    fn lines(&mut self, stream: Stream) -> &mut TakenLines {
        let lines = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        lines.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts what has not been handed out in front of an output that was taken without it.
    fn move_to(&self, output: &mut Output) {
        for (lines, output) in [
            (&self.stdout, &mut output.stdout),
            (&self.stderr, &mut output.stderr),
        ] {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            drop(output.splice(0..0, lines.text[lines.handed_out..].bytes()));
            lines.handed_out = lines.text.len();
        }
    }
}

impl TakenLines {
    fn is_used_up(&self) -> bool {
        self.handed_out == self.text.len()
    }

    /// The next line; empty if there is none.
    fn next(&mut self) -> &str {
        let begin = self.handed_out;
        self.handed_out += line_length(&self.text.as_bytes()[begin..]);
        &self.text[begin..self.handed_out]
    }
}

/// The length of the line that `text` begins with.
fn line_length(text: &[u8]) -> usize {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // Most lines are so short that a search would take longer to begin than to find: 8 bytes at a
    // time, the lowest that is a newline is the lowest that is 0 after the exclusive or.
    let mut before = 0;
    for eight in text.as_chunks().0.iter().take(3) {
        let differences = u64::from_le_bytes(*eight) ^ (LOW * u64::from(b'\n'));
        let zeros = differences.wrapping_sub(LOW) & !differences & HIGH;
        if zeros != 0 {
            return before + zeros.trailing_zeros() as usize / 8 + 1;
        }
        before += eight.len();
    }
    memchr::memchr(b'\n', &text[before..]).map_or(text.len(), |at| before + at + 1)
}

/// The lines of a stream: see [`Process::lines`].
#[derive(Debug)]
pub struct Lines<'a> {
    process: &'a mut Process,
    stream: Stream,
    has_failed: bool,
}

impl Iterator for Lines<'_> {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        match self.process.next_line(self.stream) {
            Ok("") => None,
            Ok(line) => Some(Ok(line.to_owned())),
            Err(error) => {
                self.has_failed = true;
                Some(Err(error))
            }
        }
    }
}

/// The output of a process as it arrives: see [`Process::chunks`].
#[derive(Debug)]
pub struct Chunks<'a> {
    process: &'a Process,
    has_failed: bool,
}

impl Iterator for Chunks<'_> {
    type Item = Result<(Stream, Vec<u8>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let chunk = self.process.operate(|child| next_chunk(child).map(Ok));
        self.has_failed = chunk.is_err();
        chunk.transpose()
    }
}

/// What arrived first, and all that arrived on the same stream before something arrived on the other
/// one. The outer `None` if nothing has arrived yet, the inner one if nothing will.
fn next_chunk(child: &mut Child) -> Option<Option<(Stream, Vec<u8>)>> {
    let stdout = child.stdout.capture.first_arrival();
    let stderr = child.stderr.capture.first_arrival();
    let (stream, before) = match (stdout, stderr) {
        (None, None) => {
            let is_over = child.stdout.is_at_end() && child.stderr.is_at_end();
            return is_over.then_some(None);
        }
        (Some(_), None) => (Stream::Stdout, None),
        (None, Some(_)) => (Stream::Stderr, None),
        (Some(out), Some(err)) if out <= err => (Stream::Stdout, Some(err)),
        (Some(out), Some(_)) => (Stream::Stderr, Some(out)),
    };
    let bytes = child.outlet(stream).capture.take_arrived(before);
    Some(Some((stream, bytes)))
}

impl Process {
    /// What is there of a stream, at most `limit` bytes, but at least one; empty at the end.
    ///
    /// # Errors
    /// [`Error::Invalid`] if `limit` is 0; and see [`Process`].
    ///
    /// # Blocking
    /// Until a byte arrives, or the end.
    pub fn read(&self, stream: Stream, limit: usize) -> Result<Vec<u8>, Error> {
        self.check_limit(limit)?;
        self.operate(|child| {
            let outlet = child.outlet(stream);
            let at_end = outlet.is_at_end();
            let bytes = outlet.capture.bytes();
            if bytes.is_empty() && !at_end {
                return None;
            }
            let bytes = bytes[..limit.min(bytes.len())].to_vec();
            outlet.capture.consume(bytes.len());
            Some(Ok(bytes))
        })
    }

    /// What is there of a stream, at most `limit` bytes of whole characters, but at least one
    /// character; empty at the end.
    ///
    /// # Errors
    /// [`Error::InvalidUtf8`] if what comes next is not UTF-8, also if the stream ends within a
    /// character; it can be read with [`Process::read`]. [`Error::Invalid`] if `limit` is 0; and see
    /// [`Process`].
    ///
    /// # Blocking
    /// Until a character has arrived, or the end.
    pub fn read_text(&self, stream: Stream, limit: usize) -> Result<String, Error> {
        self.check_limit(limit)?;
        self.operate(|child| {
            let outlet = child.outlet(stream);
            let at_end = outlet.is_at_end();
            let text = match outlet.capture.text(limit, at_end) {
                Ok(text) => text?.to_owned(),
                Err(error) => return Some(Err(not_utf8(child, error))),
            };
            outlet.capture.consume(text.len());
            Some(Ok(text))
        })
    }

    /// The next line of a stream, with its `\n`; the last may lack it; empty at the end.
    ///
    /// # Errors
    /// As [`Process::read_text`].
    ///
    /// # Blocking
    /// Until a whole line has arrived, or the end.
    pub fn read_line(&self, stream: Stream) -> Result<String, Error> {
        self.operate(|child| {
            let outlet = child.outlet(stream);
            let at_end = outlet.is_at_end();
            let line = match outlet.capture.line(at_end) {
                Ok(line) => line?.to_owned(),
                Err(error) => return Some(Err(not_utf8(child, error))),
            };
            outlet.capture.consume(line.len());
            Some(Ok(line))
        })
    }

    /// The next line of a stream, with its `\n`; the last may lack it; empty at the end.
    ///
    /// The same as [`Process::read_line`], for who reads many lines and holds the process alone: lines
    /// are taken out of the stream in blocks, and handed out without a copy or a lock. What was taken
    /// and not handed out, at most 64 KiB or one line, is there for every other operation as if it
    /// had not been taken; only [`Spec::max_output`](crate::Spec::max_output) does not count it.
    ///
    /// # Errors
    /// As [`Process::read_line`], once what was taken has been handed out.
    ///
    /// # Blocking
    /// As [`Process::read_line`].
    #[inline]
    pub fn next_line(&mut self, stream: Stream) -> Result<&str, Error> {
        if self.ahead.lines(stream).is_used_up() {
            self.take_lines(stream)?;
        }
        Ok(self.ahead.lines(stream).next())
    }

    #[cold]
    fn take_lines(&mut self, stream: Stream) -> Result<(), Error> {
        let lines = self.ahead.lines(stream);
        lines.text.clear();
        lines.handed_out = 0;
        let text = &mut lines.text;
        let taken = self.shared.operate(self.key, Awaited::Nothing, |child| {
            let outlet = child.outlet(stream);
            let at_end = outlet.is_at_end();
            match outlet.capture.take_lines(text, at_end) {
                Ok(taken) => taken.map(Ok),
                Err(error) => Some(Err(not_utf8(child, error))),
            }
        });
        taken.map_err(|error| self.with_ahead(error))
    }

    /// An error of an operation that did not put lines back first; what it has of the output lacks them.
    pub(crate) fn with_ahead(&self, mut error: Error) -> Error {
        if let Some(output) = error.output_mut() {
            self.ahead.move_to(output);
        }
        error
    }

    /// Puts the lines back that were taken out of the streams and not handed out.
    pub(crate) fn give_back(&self) {
        for (stream, lines) in [
            (Stream::Stdout, &self.ahead.stdout),
            (Stream::Stderr, &self.ahead.stderr),
        ] {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            if !lines.is_used_up() {
                let rest = &lines.text.as_bytes()[lines.handed_out..];
                self.shared.with_child(self.key, |child| {
                    child.outlet(stream).capture.give_back(rest);
                });
                lines.handed_out = lines.text.len();
            }
        }
    }

    /// The lines of a stream until its end or an error, each with its `\n`; the last may lack it. It
    /// can be left and taken up again at any line.
    ///
    /// # Errors
    /// Each item: as [`Process::read_line`].
    ///
    /// # Blocking
    /// Each item: as [`Process::read_line`].
    ///
    /// ```
    /// # use shape_policy::{Policy, ProcessGrant};
    /// # use shape_process::{CancelToken, Run, Spec, Stream};
    /// # let policy = Policy::new(ProcessGrant::all());
    /// # let run = Run::new(CancelToken::new()?)?;
    /// let mut seq = run.spawn(policy.approve(Spec::new("seq").arg("3"))?)?;
    /// let numbers: Result<Vec<String>, _> = seq.lines(Stream::Stdout).collect();
    /// assert_eq!(numbers?, ["1\n", "2\n", "3\n"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lines(&mut self, stream: Stream) -> Lines<'_> {
        Lines {
            process: self,
            stream,
            has_failed: false,
        }
    }

    /// What arrives on both streams until the end of both or an error, in the order of its arrival, to be passed
    /// on live. What two writes brought before anybody looked may be one item. When two streams are
    /// written at nearly the same time, the order in which they were written cannot be known;
    /// [`Spec::merge_stderr`](crate::Spec::merge_stderr) keeps it.
    ///
    /// # Errors
    /// Each item: see [`Process`].
    ///
    /// # Blocking
    /// Each item: until a byte arrives, or the end of both streams.
    pub fn chunks(&self) -> Chunks<'_> {
        Chunks {
            process: self,
            has_failed: false,
        }
    }

    fn check_limit(&self, limit: usize) -> Result<(), Error> {
        if limit == 0 {
            Err(self.invalid("a read of 0 bytes could not tell the end"))
        } else {
            Ok(())
        }
    }
}

fn not_utf8(child: &Child, error: NotUtf8) -> Error {
    Error::InvalidUtf8 {
        program: child.program.clone(),
        valid_up_to: error.valid_up_to,
    }
}
