//! How large one value may become.
//!
//! A script must never be able to end its host by asking for memory, so what builds strings and
//! arrays holds to these and raises an error of kind `resource` beyond them.

/// The most bytes of a string.
pub const MAX_STRING: usize = 1 << 30;

/// The most elements of an array.
pub const MAX_ARRAY: usize = 1 << 27;
