//! When the unread bytes of a stream arrived.

use std::collections::VecDeque;
use std::time::Instant;

/// So many arrivals are told apart; later ones are then taken for one with the last.
const MOST: usize = 1024;

/// The unread bytes of a stream by the time of their arrival.
///
/// What is asked for always has an answer: bytes that nothing is known of belong to what is known.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(VecDeque<(Instant, usize)>);

impl Arrivals {
    pub(crate) fn arrived(&mut self, length: usize, now: Instant) {
        let is_full = self.0.len() == MOST;
        match self.0.back_mut() {
            _ if length == 0 => {}
            Some((_, last)) if is_full => *last += length,
            _ => self.0.push_back((now, length)),
        }
    }

    /// The first `length` bytes have been read.
    pub(crate) fn left(&mut self, mut length: usize) {
        while let Some((_, first)) = self.0.front_mut() {
            if *first > length {
                *first -= length;
                return;
            }
            length -= *first;
            self.0.pop_front();
        }
    }

    /// The last `length` bytes that were read are unread again.
    pub(crate) fn came_back(&mut self, length: usize) {
        match self.0.front_mut() {
            Some((_, first)) => *first += length,
            None => self.arrived(length, Instant::now()),
        }
    }

    /// There are `length` bytes: those that nothing is known of came last.
    pub(crate) fn rest(&mut self, length: usize) {
        let known: usize = self.0.iter().map(|(_, length)| length).sum();
        match length.checked_sub(known) {
            Some(more) => self.arrived(more, Instant::now()),
            None => {
                self.clear();
                self.arrived(length, Instant::now());
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// When the first of them arrived.
    pub(crate) fn first(&self) -> Option<Instant> {
        self.0.front().map(|&(at, _)| at)
    }

    /// How many arrived before `before`; all, without one.
    pub(crate) fn bytes_before(&self, before: Option<Instant>) -> usize {
        let early = self
            .0
            .iter()
            .take_while(|(at, _)| before.is_none_or(|before| *at < before));
        early.map(|(_, length)| length).sum()
    }
}
