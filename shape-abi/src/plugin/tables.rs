//! The tables of functions that each side gives the other.

use super::{Sink, Status, View};
use abi_stable::StableAbi;

/// How the values of one side are read by the other. The functions do not unwind.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = AccessRef)))]
pub struct Access {
    /// Writes views of the items of `of` from the one with number `from` on to `out`, `room` at most, and
    /// gives how many it has written. They live as long as `of`.
    pub items:
        unsafe extern "C" fn(of: *const View, from: usize, out: *mut View, room: usize) -> usize,
    /// The name of the field with this number of a record; of the record's type for `usize::MAX`. A
    /// string, or `None` where there is none; it lives as long as `of`.
    #[sabi(last_prefix_field)]
    pub name: unsafe extern "C" fn(of: *const View, index: usize) -> View,
}

/// What a host does with the handles of a plugin. The functions do not unwind.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HandlesRef)))]
pub struct Handles {
    /// Keeps the handle whose address a view gave, under a new address.
    pub keep: unsafe extern "C" fn(handle: *const ()) -> *const (),
    /// Lets go of what `keep` gave.
    pub release: unsafe extern "C" fn(handle: *const ()),
    /// Whether the resource is still there.
    pub is_open: unsafe extern "C" fn(handle: *const ()) -> bool,
    /// Which one it is, for people; a string that lives as long as the handle.
    pub label: unsafe extern "C" fn(handle: *const ()) -> View,
    /// The name of its type; a string that lives as long as the process.
    #[sabi(last_prefix_field)]
    pub type_name: unsafe extern "C" fn(handle: *const ()) -> View,
}

/// What waits for a run that a plugin serves meanwhile.
#[repr(C)]
#[derive(Debug, StableAbi)]
pub struct Waiter {
    /// What the functions work on.
    pub data: *mut (),
    /// Waits for so many nanoseconds at most.
    pub wait: unsafe extern "C" fn(data: *mut (), at_most: u64, sink: Sink) -> Status,
    /// Drops `data`.
    pub drop: unsafe extern "C" fn(data: *mut ()),
}

/// A service of the host that takes bytes and gives bytes. It may be called on any thread.
#[repr(C)]
#[derive(Debug, StableAbi)]
pub struct Service {
    /// What the functions work on; null where there is no such service.
    pub data: *const (),
    /// Calls it; the sink gets the answer as bytes.
    pub call:
        unsafe extern "C" fn(data: *const (), request: *const u8, len: usize, sink: Sink) -> Status,
    /// Drops `data`.
    pub drop: unsafe extern "C" fn(data: *const ()),
}

/// What a plugin can ask of its host. `run` is that of the [`Call`](super::Call) that is going on; only
/// its thread may use it. The functions do not unwind.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HostRef)))]
pub struct Host {
    /// How the host's values are read.
    pub access: AccessRef,
    /// Writes to standard output, or to standard error for `is_error`.
    pub print: unsafe extern "C" fn(
        run: *mut (),
        is_error: bool,
        bytes: *const u8,
        len: usize,
        sink: Sink,
    ) -> Status,
    /// Writes out what is buffered.
    pub flush: unsafe extern "C" fn(run: *mut (), sink: Sink) -> Status,
    /// Waits for so many nanoseconds, or until the run is to end.
    pub wait: unsafe extern "C" fn(run: *mut (), nanos: u64, sink: Sink) -> Status,
    /// Has `waiter`, of the plugin with this number, do the waiting of the run from now on.
    pub set_waiter: unsafe extern "C" fn(run: *mut (), plugin: u32, waiter: Waiter),
    /// The argument of the script with this number: a string, or `None` behind the last.
    pub argument: unsafe extern "C" fn(run: *mut (), index: usize) -> View,
    /// A descriptor that becomes readable when the run is cancelled, or -1; it stays open as long as
    /// the run.
    pub cancel_fd: unsafe extern "C" fn(run: *mut ()) -> i32,
    /// The service of this name.
    #[sabi(last_prefix_field)]
    pub service: unsafe extern "C" fn(run: *mut (), name: *const u8, len: usize) -> Service,
}
