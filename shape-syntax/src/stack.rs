//! Enough stack for deep trees.

use std::cell::Cell;

/// Levels for which any stack is large enough.
const SHALLOW: u32 = 16;
/// What one level may take, with all that it calls before the next one.
const RED_ZONE: usize = 256 << 10;
/// The size of another piece of stack.
const PIECE: usize = 4 << 20;

thread_local! {
    static LEVELS: Cell<u32> = const { Cell::new(0) };
}

/// Gives what `work` gives, run one level deeper in a tree: on another piece of stack where this one
/// nears its end.
///
/// A thread that asks how large its stack is has the system list its memory, which takes as long as
/// the parsing of a short script. So the first levels do not ask.
pub fn deep<R>(work: impl FnOnce() -> R) -> R {
    let level = LEVELS.get() + 1;
    LEVELS.set(level);
    let result = match level <= SHALLOW {
        true => work(),
        false => stacker::maybe_grow(RED_ZONE, PIECE, work),
    };
    LEVELS.set(level - 1);
    result
}
