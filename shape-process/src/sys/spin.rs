//! Waiting for what is about to happen.

use std::time::{Duration, Instant};

/// How long it is worth it. To sleep and be woken by another processor costs 2 to 50 µs, the more where
/// the processors are virtual.
const BUDGET: Duration = Duration::from_micros(150);

/// Looks again and again whether something has happened that should in a moment, and lets others run in
/// between. False if it has not; then it is time to sleep.
pub(crate) fn until(mut has_happened: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if has_happened() {
            return true;
        }
        if start.elapsed() >= BUDGET {
            return false;
        }
        std::thread::yield_now();
    }
}
