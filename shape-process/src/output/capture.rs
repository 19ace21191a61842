//! One stream of a child: what was written to it and not read yet, within a limit.

use super::arrivals::Arrivals;
use super::buffer::{NotUtf8, TextBuffer, WIDEST_CHAR};
use crate::spec::Overflow;
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// What is read at a time at first, and at most.
const SMALLEST_READ: usize = 8 << 10;
pub(crate) const LARGEST_READ: usize = 256 << 10;
/// The bytes of lines that are taken out at a time.
const LINES: usize = 64 << 10;

/// Unread bytes of a stream, at most `limit` of them.
///
/// With [`Overflow::Truncate`] the last half of a full buffer is a ring, in place: it is withheld
/// from readers, overwritten as bytes arrive, and put in order when a reader gets to it.
#[derive(Debug)]
pub(crate) struct Capture {
    text: TextBuffer,
    limit: usize,
    mode: Mode,
    /// What the next read has room for: it doubles as long as reads fill it.
    step: usize,
    dropped: u64,
    arrivals: Arrivals,
}

/// Where arriving bytes are taken from.
enum Source<'a, 'b> {
    Pipe(BorrowedFd<'a>),
    /// What is stored is taken off the front.
    Bytes(&'b mut &'a [u8]),
}

impl Source<'_, '_> {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, Errno> {
        match self {
            Self::Pipe(pipe) => rustix::io::read(pipe, room),
            Self::Bytes(bytes) => {
                let (stored, left) = bytes.split_at(bytes.len().min(room.len()));
                room[..stored.len()].copy_from_slice(stored);
                **bytes = left;
                Ok(stored.len())
            }
        }
    }

    /// Adds to `data` what fits into the memory that it has.
    fn append(&mut self, data: &mut Vec<u8>) -> Result<usize, Errno> {
        match self {
            Self::Pipe(pipe) => rustix::io::read(pipe, spare_capacity(data)),
            Self::Bytes(bytes) => {
                let room = data.capacity() - data.len();
                let (stored, left) = bytes.split_at(bytes.len().min(room));
                data.extend_from_slice(stored);
                **bytes = left;
                Ok(stored.len())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Everything is kept; more than the limit is an error.
    Whole,
    /// As before, and there was more.
    Over,
    /// Everything is kept until the limit, and then the first and the last half.
    HeadAndTail,
    /// The last half is a ring; the next byte goes there, and whether any was overwritten.
    Ring { next: usize, torn: bool },
    /// Nobody will ask: everything is thrown away.
    Discard,
}

impl Capture {
    pub(crate) fn new(limit: u64, overflow: Overflow) -> Self {
        let mode = match overflow {
            Overflow::Error => Mode::Whole,
            Overflow::Truncate | Overflow::Spill => Mode::HeadAndTail,
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            text: TextBuffer::default(),
            limit,
            mode,
            step: SMALLEST_READ,
            dropped: 0,
            arrivals: Arrivals::default(),
        }
    }

    /// Reads once from `pipe`. Returns the number of bytes, 0 at the end.
    pub(crate) fn fill(&mut self, pipe: BorrowedFd<'_>) -> Result<usize, Errno> {
        self.store_once(&mut Source::Pipe(pipe))
    }

    /// As [`Capture::fill`], from memory, and all of it.
    pub(crate) fn store(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // Memory does not fail.
            let _ = self.store_once(&mut Source::Bytes(&mut bytes));
        }
    }

    /// How many bytes there is room for without an overflow.
    pub(crate) fn room(&self) -> usize {
        self.limit - self.unread().len().min(self.limit)
    }

    /// What was not read; without the last half if there is a gap.
    pub(crate) fn unread(&self) -> &[u8] {
        self.text.unread()
    }

    fn store_once(&mut self, source: &mut Source<'_, '_>) -> Result<usize, Errno> {
        let room = self.room();
        match self.mode {
            Mode::Ring { .. } => self.overwrite(source),
            Mode::Whole | Mode::HeadAndTail if room > 0 => self.append(source, room),
            Mode::HeadAndTail if self.limit > 1 => {
                self.text.withhold(self.limit / 2);
                self.mode = Mode::Ring {
                    next: 0,
                    torn: false,
                };
                self.overwrite(source)
            }
            _ => self.discard(source),
        }
    }

    fn append(&mut self, source: &mut Source<'_, '_>, room: usize) -> Result<usize, Errno> {
        let data = self.text.arriving(self.step.min(room));
        let before = data.len();
        let read = if data.capacity() - before <= room {
            source.append(data)?
        } else {
            // The memory at hand is more than may be kept.
            data.resize(before + self.step.min(room), 0);
            let read = source.read(&mut data[before..]);
            data.truncate(before + *read.as_ref().unwrap_or(&0));
            read?
        };
        if read >= self.step {
            self.step = (self.step * 2).min(LARGEST_READ);
        }
        self.arrivals.arrived(read, Instant::now());
        Ok(read)
    }

    fn overwrite(&mut self, source: &mut Source<'_, '_>) -> Result<usize, Errno> {
        let Mode::Ring { next, torn } = self.mode else {
            return self.discard(source);
        };
        let ring = self.text.withheld();
        let end = ring.len().min(next + LARGEST_READ);
        let read = source.read(&mut ring[next..end])?;
        self.mode = Mode::Ring {
            next: (next + read) % ring.len(),
            torn: torn || read > 0,
        };
        self.dropped += read as u64;
        Ok(read)
    }

    fn discard(&mut self, source: &mut Source<'_, '_>) -> Result<usize, Errno> {
        let read = source.read(&mut [0; SMALLEST_READ])?;
        self.dropped += read as u64;
        if self.mode == Mode::Whole && read > 0 {
            self.mode = Mode::Over;
        }
        Ok(read)
    }

    /// Whether bytes came that there was no room for, and that is an error.
    pub(crate) fn is_over(&self) -> bool {
        self.mode == Mode::Over
    }

    /// The limit of unread bytes.
    pub(crate) fn limit(&self) -> u64 {
        self.limit as u64
    }

    /// How many bytes were dropped until now; what is read next may find more that have to be.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Gives the memory back and throws away whatever else arrives.
    pub(crate) fn abandon(&mut self) {
        self.text = TextBuffer::default();
        self.arrivals.clear();
        self.mode = Mode::Discard;
    }

    /// See [`TextBuffer::line`].
    pub(crate) fn line(&mut self, at_end: bool) -> Result<Option<&str>, NotUtf8> {
        if self.is_withholding() && self.text.line(false)?.is_none() {
            self.close_gap();
        }
        self.text.line(at_end)
    }

    /// See [`TextBuffer::text`].
    pub(crate) fn text(&mut self, limit: usize, at_end: bool) -> Result<Option<&str>, NotUtf8> {
        if self.is_withholding() && self.text.text(limit, false)?.is_none() {
            self.close_gap();
        }
        self.text.text(limit, at_end)
    }

    /// The bytes that can be read, all that there are or the part before a gap.
    pub(crate) fn bytes(&mut self) -> &[u8] {
        if self.text.unread().is_empty() {
            self.close_gap();
        }
        self.text.unread()
    }

    /// Moves whole lines to `lines`; see [`TextBuffer::take_lines`].
    pub(crate) fn take_lines(
        &mut self,
        lines: &mut String,
        at_end: bool,
    ) -> Result<Option<()>, NotUtf8> {
        let is_withholding = self.is_withholding();
        let mut taken = self
            .text
            .take_lines(lines, LINES, at_end && !is_withholding)?;
        if taken.is_none() && is_withholding {
            self.close_gap();
            taken = self.text.take_lines(lines, LINES, at_end)?;
        }
        if taken.is_some() {
            self.arrivals.left(lines.len());
        }
        Ok(taken)
    }

    /// Puts bytes that were taken out, and not read, back in front.
    pub(crate) fn give_back(&mut self, bytes: &[u8]) {
        self.text.give_back(bytes);
        self.arrivals.came_back(bytes.len());
    }

    pub(crate) fn consume(&mut self, length: usize) {
        self.text.consume(length);
        self.arrivals.left(length);
    }

    /// When the first of the unread bytes arrived; `None` if there are none.
    pub(crate) fn first_arrival(&mut self) -> Option<Instant> {
        match self.bytes() {
            [] => None,
            _ => Some(self.arrivals.first().unwrap_or_else(Instant::now)),
        }
    }

    /// The bytes that arrived before `before`, of which there is at least one. They are consumed.
    pub(crate) fn take_arrived(&mut self, before: Option<Instant>) -> Vec<u8> {
        let there = self.bytes().len();
        let length = self.arrivals.bytes_before(before).clamp(1, there);
        if length == there && !self.is_withholding() {
            return self.take_all();
        }
        let taken = self.text.unread()[..length].to_vec();
        self.consume(length);
        taken
    }

    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        self.close_gap();
        self.arrivals.clear();
        self.text.take_all()
    }

    fn is_withholding(&self) -> bool {
        matches!(self.mode, Mode::Ring { .. })
    }

    /// Puts the ring in order and lets it be read. A character that the gap cuts is dropped whole.
    fn close_gap(&mut self) {
        let Mode::Ring { next, torn } = self.mode else {
            return;
        };
        self.mode = Mode::HeadAndTail;
        let ring = self.text.withheld();
        ring.rotate_left(next);
        let (mut before, mut after) = (0, 0);
        if torn {
            after = rest_of_char(ring);
            before = begun_char(self.text.unread());
        }
        self.dropped += (before + after) as u64;
        self.text.release(before, after);
        self.arrivals.rest(self.text.unread().len());
    }
}

/// How many bytes at the end of `bytes` begin a character that is cut off.
pub(crate) fn begun_char(bytes: &[u8]) -> usize {
    let width = |byte: u8| match byte {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let last_bytes = bytes.iter().rev().take(WIDEST_CHAR - 1);
    match last_bytes.clone().position(|&byte| !is_continuation(byte)) {
        Some(back) if width(bytes[bytes.len() - 1 - back]) > back + 1 => back + 1,
        _ => 0,
    }
}

/// How many bytes at the start of `bytes` end a character whose beginning is cut off.
fn rest_of_char(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take(WIDEST_CHAR - 1)
        .take_while(|&&byte| is_continuation(byte))
        .count()
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustix::pipe::{PipeFlags, pipe_with};
    use std::os::fd::AsFd as _;

    /// What is captured of `bytes`.
    fn capture(bytes: &[u8], limit: u64, overflow: Overflow) -> Capture {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut capture = Capture::new(limit, overflow);
        for piece in bytes.chunks(1000) {
            rustix::io::write(&writer, piece).unwrap();
            let mut left = piece.len();
            while left > 0 {
                left -= capture.fill(reader.as_fd()).unwrap();
            }
        }
        capture
    }

    proptest! {
        #[test]
        fn truncated_text_is_its_head_and_tail(text in "[aä€𝄞]{0,2000}", limit in 0_u64..3000) {
            let mut capture = capture(text.as_bytes(), limit, Overflow::Truncate);
            let kept = String::from_utf8(capture.take_all());
            prop_assert!(limit < 8 || kept.is_ok());
            let kept = kept.unwrap_or_default();
            if text.len() as u64 <= limit {
                prop_assert_eq!((&kept, capture.dropped()), (&text, 0));
            } else if limit >= 8 {
                prop_assert_eq!((kept.len() as u64) + capture.dropped(), text.len() as u64);
                // At most a cut character on each side of the gap is missing.
                prop_assert!(kept.len() as u64 + 6 >= limit, "{} of {limit}", kept.len());
                let head = (limit - limit / 2) as usize;
                let is_gap = |at: usize| {
                    kept.split_at_checked(at)
                        .is_some_and(|(head, tail)| text.starts_with(head) && text.ends_with(tail))
                };
                prop_assert!((head - 3..=head).any(is_gap));
            }
        }

        #[test]
        fn whole_or_over(length in 0_usize..5000, limit in 0_u64..5000) {
            let bytes = vec![b'x'; length];
            let mut capture = capture(&bytes, limit, Overflow::Error);
            prop_assert_eq!(capture.is_over(), length as u64 > limit);
            prop_assert_eq!(capture.take_all().len() as u64, limit.min(length as u64));
        }
    }

    #[test]
    fn a_reader_gets_head_then_tail() {
        let mut capture = capture(b"one\ntwo\nthree\nfour\nfive\n", 12, Overflow::Truncate);
        assert_eq!(capture.bytes(), b"one\ntw");
        assert_eq!(capture.line(false), Ok(Some("one\n")));
        capture.consume(4);
        // The line that the gap cuts is joined with what comes after it.
        assert_eq!(capture.line(false), Ok(Some("tw\n")));
        capture.consume(3);
        assert_eq!(capture.text(9, false), Ok(Some("five\n")));
        assert_eq!(capture.dropped(), 12);
    }

    #[test]
    fn what_is_read_makes_room() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut capture = Capture::new(10, Overflow::Error);
        for _ in 0..100 {
            rustix::io::write(&writer, b"1234567890").unwrap();
            assert_eq!(capture.fill(reader.as_fd()), Ok(10));
            assert_eq!(capture.bytes(), b"1234567890");
            capture.consume(10);
        }
        assert!(!capture.is_over());
    }

    #[test]
    fn a_ring_into_which_nothing_was_written_hides_nothing() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
        let mut capture = Capture::new(4, Overflow::Truncate);
        rustix::io::write(&writer, "aéb".as_bytes()).unwrap();
        assert_eq!(capture.fill(reader.as_fd()), Ok(4));
        assert_eq!(capture.fill(reader.as_fd()), Err(Errno::AGAIN));
        assert_eq!(capture.take_all(), "aéb".as_bytes());
        assert_eq!(capture.dropped(), 0);
    }
}
