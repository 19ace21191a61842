//! The host's end of a pipe that a child writes.

use super::capture::{Capture, LARGEST_READ};
use super::fold::Fold;
use super::spill::{Spill, SpillFailure};
use super::transcript::Transcript;
use super::{Chunk, Stream};
use crate::spec::{Overflow, Spec};
use crate::sys::pipe;
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::Instant;

/// What waits to be passed on, at most, before the stream is paused.
const TEED: usize = 256 << 10;

/// One stream of a child, from the pipe to what has been captured of it.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// Closed at its end, and when capture ends.
    pipe: Option<OwnedFd>,
    grown: bool,
    pub(crate) capture: Capture,
    /// Most streams go from the pipe into the capture directly.
    detour: Option<Box<Detour>>,
    /// It is not read until what is to be passed on has been taken.
    is_paused: bool,
}

/// What else is done with a stream.
#[derive(Debug)]
struct Detour {
    /// What has just been read.
    block: Vec<u8>,
    fold: Option<Fold>,
    /// What of it is left after folding.
    folded: Vec<u8>,
    transcript: Option<Transcript>,
    spill: Option<Spill>,
    tee: Option<Tee>,
}

/// A second copy of a stream, to be passed on.
#[derive(Debug)]
struct Tee {
    bytes: Vec<u8>,
    /// When the first of them arrived.
    since: Instant,
}

impl Outlet {
    /// The `stream` of a process that was started as `spec` says. Without a `pipe` it is at its end.
    pub(crate) fn new(
        pipe: Option<OwnedFd>,
        stream: Stream,
        spec: &Spec,
        started: Instant,
    ) -> Self {
        Self {
            pipe,
            grown: false,
            capture: Capture::new(spec.max_output, spec.overflow),
            detour: Detour::of(stream, spec, started).map(Box::new),
            is_paused: false,
        }
    }

    /// Whether no more will arrive.
    pub(crate) fn is_at_end(&self) -> bool {
        self.pipe.is_none()
    }

    /// The pipe to wait for.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(OwnedFd::as_fd)
    }

    /// Reads once what is there; returns the number of bytes.
    pub(crate) fn fill(&mut self) -> usize {
        let Some(pipe) = &self.pipe else { return 0 };
        let read = match &mut self.detour {
            None => self.capture.fill(pipe.as_fd()),
            Some(detour) => detour.fill(pipe.as_fd(), &mut self.capture),
        };
        match read {
            Ok(length) if length > 0 => {
                self.grow_if_full(length);
                length
            }
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Ok(_) | Err(_) => {
                self.close();
                0
            }
        }
    }

    /// Reads what is left in the pipe and closes it. Somebody who is none of the command's processes may
    /// write on: what is there now is all that can have been written before.
    pub(crate) fn finish(&mut self) {
        let there = self.pipe().map(rustix::io::ioctl_fionread);
        let mut left = there.and_then(Result::ok).unwrap_or(0);
        while left > 0 {
            match self.fill() as u64 {
                0 => break,
                length => left = left.saturating_sub(length),
            }
        }
        self.close();
    }

    fn close(&mut self) {
        if self.pipe.take().is_some()
            && let Some(detour) = &mut self.detour
        {
            detour.finish(&mut self.capture);
        }
    }

    /// Throws away what there is and what will arrive: nobody will ask.
    pub(crate) fn abandon(&mut self) {
        self.capture.abandon();
        self.detour = None;
    }

    fn tee(&mut self) -> Option<&mut Tee> {
        self.detour.as_mut()?.tee.as_mut()
    }

    /// Since when there is something to be passed on.
    pub(crate) fn teed_since(&mut self) -> Option<Instant> {
        let tee = self.tee()?;
        (!tee.bytes.is_empty()).then_some(tee.since)
    }

    /// What is to be passed on.
    pub(crate) fn take_teed(&mut self) -> Vec<u8> {
        self.tee()
            .map(|tee| std::mem::take(&mut tee.bytes))
            .unwrap_or_default()
    }

    /// Whether it is not read at present.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Pauses it if too much waits to be passed on; then it is the pipe not to wait for any more.
    pub(crate) fn pause_if_not_taken(&mut self) -> Option<BorrowedFd<'_>> {
        if self.is_paused || self.tee()?.bytes.len() < TEED {
            return None;
        }
        self.is_paused = true;
        self.pipe()
    }

    /// Ends the pause if that was taken; then it is the pipe to wait for again.
    pub(crate) fn resume_if_taken(&mut self) -> Option<BorrowedFd<'_>> {
        if !self.is_paused || self.teed_since().is_some() {
            return None;
        }
        self.is_paused = false;
        self.pipe()
    }

    /// The pieces that arrived, which are then gone; empty if that was not asked for.
    pub(crate) fn take_transcript(&mut self) -> Vec<Chunk> {
        let transcript = self
            .detour
            .as_mut()
            .and_then(|detour| detour.transcript.as_mut());
        transcript.map(Transcript::take).unwrap_or_default()
    }

    /// The file that the stream was spilled to, if it was. From now on it is the caller's.
    pub(crate) fn spilled_to(&mut self) -> Option<PathBuf> {
        self.detour.as_mut()?.spill.as_mut()?.tell()
    }

    /// Why the stream could not be spilled, if it had to be.
    pub(crate) fn spill_failure(&self) -> Option<&SpillFailure> {
        self.detour.as_ref()?.spill.as_ref()?.failure()
    }

    fn grow_if_full(&mut self, length: usize) {
        if length >= pipe::DEFAULT_SIZE && !self.grown {
            self.grown = true;
            self.pipe
                .as_ref()
                .inspect(|descriptor| pipe::grow(descriptor));
        }
    }
}

impl Detour {
    fn of(stream: Stream, spec: &Spec, started: Instant) -> Option<Self> {
        let spills = spec.overflow == Overflow::Spill;
        (spec.fold_progress || spec.transcript || spills || spec.tee).then(|| Self {
            block: Vec::new(),
            fold: spec.fold_progress.then(Fold::default),
            folded: Vec::new(),
            transcript: spec
                .transcript
                .then(|| Transcript::new(stream, started, spec.max_output)),
            spill: spills.then(|| Spill::under(std::env::temp_dir(), stream)),
            tee: spec.tee.then_some(Tee {
                bytes: Vec::new(),
                since: started,
            }),
        })
    }

    fn fill(&mut self, pipe: BorrowedFd<'_>, capture: &mut Capture) -> Result<usize, Errno> {
        self.block.clear();
        self.block.reserve(LARGEST_READ);
        let read = rustix::io::read(pipe, spare_capacity(&mut self.block))?;
        match &mut self.fold {
            Some(fold) => {
                fold.push(&self.block, &mut self.folded);
                let folded = std::mem::take(&mut self.folded);
                self.pass_on(&folded, capture);
                self.folded = folded;
                self.folded.clear();
            }
            None => {
                let block = std::mem::take(&mut self.block);
                self.pass_on(&block, capture);
                self.block = block;
            }
        }
        Ok(read)
    }

    fn pass_on(&mut self, arrived: &[u8], capture: &mut Capture) {
        if arrived.is_empty() {
            return;
        }
        if let Some(transcript) = &mut self.transcript {
            transcript.push(arrived, Instant::now());
        }
        if let Some(spill) = &mut self.spill {
            spill.write(capture.unread(), arrived, capture.room());
        }
        if let Some(tee) = &mut self.tee {
            if tee.bytes.is_empty() {
                tee.since = Instant::now();
            }
            tee.bytes.extend_from_slice(arrived);
        }
        capture.store(arrived);
    }

    /// No more will arrive.
    fn finish(&mut self, capture: &mut Capture) {
        if let Some(fold) = &mut self.fold {
            let mut folded = Vec::new();
            fold.finish(&mut folded);
            self.pass_on(&folded, capture);
        }
        self.block = Vec::new();
        self.folded = Vec::new();
    }
}
