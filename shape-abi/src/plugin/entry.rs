//! A call over the border as plugins from 1.2 on take it: all that it needs is in registers of the processor,
//! and what is the same for all calls of a run is told once.

use super::{Sink, Status, View};
use abi_stable::StableAbi;

/// What a host keeps for the calls of one run. It stays in its place from
/// [`Root::attach`](super::Root) until `Root::close`.
#[repr(C)]
#[derive(Debug, StableAbi)]
pub struct Running {
    /// The run whose call is going on, for the functions of [`Host`](super::Host); null where there is none.
    pub run: *mut (),
    /// Where that says whether it is to end: a byte that is 0 or 1, and that other threads write
    /// atomically. Valid while there is a run.
    pub interrupt: *const u8,
    /// Takes the result of the call that is going on where that is no scalar, or its error. It never changes.
    pub sink: Sink,
}

/// How a call ended, and its result where that is a scalar.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The result.
    pub scalar: u64,
}

/// A function of a plugin.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Entry {
    /// What `call` is to be called with.
    pub data: *const (),
    /// Calls it: `state` is what `Root::open` gave for the run. The arguments that are scalars lie at
    /// `scalars`, the others at `values`, both in order and as many as the description says, until it
    /// returns. It does not unwind.
    pub call: unsafe extern "C" fn(
        data: *const (),
        state: *mut (),
        scalars: *const u64,
        values: *const View,
    ) -> Outcome,
}
