//! What the host functions do. It is the same in every engine, and as little as shows that it was done.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The text that functions with a text are given: 16 bytes.
pub const HELLO: &str = "abcdefgh01234567";

/// The texts that the function with an array is given.
pub const TEXTS: [&str; 8] = [
    "item-0-012345678",
    "item-1-012345678",
    "item-2-012345678",
    "item-3-012345678",
    "item-4-012345678",
    "item-5-012345678",
    "item-6-012345678",
    "item-7-012345678",
];

static HITS: AtomicU64 = AtomicU64::new(0);

/// Notes a call, and returns how many there were. A load and a store: an atomic addition would be most of
/// what is measured.
#[inline(always)]
pub fn hit() -> u64 {
    let count = HITS.load(Ordering::Relaxed) + 1;
    HITS.store(count, Ordering::Relaxed);
    count
}

/// How often [`hit`] was called.
#[must_use]
pub fn hits() -> u64 {
    HITS.load(Ordering::Relaxed)
}

/// A text of 16 bytes that no call before has made, since some engines keep one copy of equal texts.
#[derive(Clone, Copy, Debug)]
pub struct Fresh([u8; 16]);

impl Fresh {
    /// Half of it is the beginning of `text`, half is the number of the call. Counts as a call.
    #[inline(always)]
    #[must_use]
    pub fn after(text: &str) -> Self {
        let half = match text.as_bytes().first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => 0x7878_7878_7878_7878,
        };
        // Each half byte of the count to a letter, all at once: bytes stored one at a time would be waited for
        // by whoever reads them together.
        let mut count = hit() & 0xffff_ffff;
        count = (count | (count << 16)) & 0x0000_ffff_0000_ffff;
        count = (count | (count << 8)) & 0x00ff_00ff_00ff_00ff;
        count = (count | (count << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
        let letters = count + 0x6161_6161_6161_6161;
        Self((u128::from(half) | (u128::from(letters) << 64)).to_le_bytes())
    }

    /// The bytes, for engines whose texts are bytes.
    #[inline(always)]
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The text.
    #[inline(always)]
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

/// What a handle stands for. It can be shared by threads because some engines insist, and counts without a
/// lock.
#[derive(Debug, Default)]
pub struct Counter(AtomicI64);

impl Counter {
    /// Counts, and returns the count. Counts as a call.
    #[inline(always)]
    pub fn tick(&self) -> i64 {
        hit();
        let count = self.0.load(Ordering::Relaxed) + 1;
        self.0.store(count, Ordering::Relaxed);
        count
    }
}
