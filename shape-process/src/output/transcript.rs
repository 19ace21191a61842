//! What arrived on a stream, piece by piece, within a limit.

use super::{Chunk, Stream};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What a piece counts beside its bytes: about what it takes in memory.
const PIECE: usize = 64;

/// The pieces of one stream. When they are more than the limit, the first and the last half are
/// kept, and what is missing is counted at the place where it is missing.
#[derive(Debug)]
pub(crate) struct Transcript {
    stream: Stream,
    started: Instant,
    limit: usize,
    head: Pieces,
    tail: Pieces,
    dropped: u64,
}

#[derive(Debug, Default)]
struct Pieces {
    chunks: VecDeque<Chunk>,
    /// How many bytes of the first one have been dropped; it goes when it has no more.
    dropped_of_first: usize,
    /// What they count.
    size: usize,
}

impl Transcript {
    pub(crate) fn new(stream: Stream, started: Instant, limit: u64) -> Self {
        Self {
            stream,
            started,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            head: Pieces::default(),
            tail: Pieces::default(),
            dropped: 0,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], now: Instant) {
        let at = now - self.started;
        let (head_limit, tail_limit) = (self.limit - self.limit / 2, self.limit / 2);
        let mut rest = bytes;
        if self.tail.chunks.is_empty() && self.dropped == 0 {
            let room = head_limit.saturating_sub(self.head.size + PIECE);
            let (fits, others) = rest.split_at(room.min(rest.len()));
            self.head.push(self.stream, fits, at);
            rest = others;
        }
        self.tail.push(self.stream, rest, at);
        self.dropped += self.tail.shrink(tail_limit);
    }

    /// All pieces, which are then gone.
    pub(crate) fn take(&mut self) -> Vec<Chunk> {
        let mut chunks = Vec::from(std::mem::take(&mut self.head).chunks);
        let mut tail = std::mem::take(&mut self.tail);
        let dropped = std::mem::take(&mut self.dropped);
        if let Some(first) = tail.chunks.front_mut() {
            first.bytes.drain(..tail.dropped_of_first);
            first.dropped_before = dropped;
        } else if dropped > 0 {
            chunks.push(Chunk {
                stream: self.stream,
                at: Instant::now() - self.started,
                bytes: Vec::new(),
                dropped_before: dropped,
            });
        }
        chunks.extend(tail.chunks);
        chunks
    }
}

impl Pieces {
    fn push(&mut self, stream: Stream, bytes: &[u8], at: Duration) {
        if !bytes.is_empty() {
            self.size += bytes.len() + PIECE;
            self.chunks.push_back(Chunk {
                stream,
                at,
                bytes: bytes.to_vec(),
                dropped_before: 0,
            });
        }
    }

    /// Drops from the front what is beyond `limit`; returns how many bytes.
    fn shrink(&mut self, limit: usize) -> u64 {
        let mut dropped = 0;
        while self.size > limit
            && let Some(first) = self.chunks.front()
        {
            let left = first.bytes.len() - self.dropped_of_first;
            let excess = self.size - limit;
            if excess < left {
                self.dropped_of_first += excess;
                self.size -= excess;
                dropped += excess;
            } else {
                self.chunks.pop_front();
                self.dropped_of_first = 0;
                self.size -= left + PIECE;
                dropped += left;
            }
        }
        dropped as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_missing_is_counted_where_it_is_missing(
            pieces in prop::collection::vec(1_usize..300, 0..40),
            limit in 0_u64..6000,
        ) {
            let started = Instant::now();
            let mut transcript = Transcript::new(Stream::Stdout, started, limit);
            let mut whole = Vec::new();
            for (number, length) in pieces.iter().enumerate() {
                let piece: Vec<u8> = (0..*length).map(|at| (whole.len() + at) as u8).collect();
                transcript.push(&piece, started + Duration::from_millis(number as u64));
                whole.extend(piece);
            }
            let chunks = transcript.take();
            let kept: usize = chunks.iter().map(|chunk| chunk.bytes.len()).sum();
            prop_assert!(kept as u64 <= limit);
            let mut at = 0;
            for chunk in &chunks {
                at += chunk.dropped_before as usize;
                prop_assert_eq!(&whole[at..at + chunk.bytes.len()], &chunk.bytes);
                at += chunk.bytes.len();
            }
            prop_assert_eq!(at, whole.len());
            // What is cut in two at the middle, and what does not fit before it, count as pieces more.
            let needed = whole.len() + (pieces.len() + 2) * PIECE;
            prop_assert!(kept == whole.len() || needed as u64 > limit);
            prop_assert!(transcript.take().is_empty());
        }
    }
}
