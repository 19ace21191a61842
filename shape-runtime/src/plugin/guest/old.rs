//! Functions of plugins before 1.2.

use super::{Callee, Guest};
use crate::plugin::check::MAX_PARAMS;
use shape_abi::plugin::{Call, Function, Outcome, View};
use std::ptr;

/// A function of a plugin before 1.2, and how many scalars it takes.
#[derive(Clone, Copy)]
pub(super) struct Old(pub(super) Function, pub(super) usize);

// SAFETY: as for `New`.
unsafe impl Send for Old {}
// SAFETY: as above.
unsafe impl Sync for Old {}

impl Callee for Old {
    unsafe fn call(self, guest: *mut Guest, scalars: *const u64, values: &[View]) -> Outcome {
        // The plugin puts a scalar result where the first scalar was, which may be a variable's.
        let mut room = [0; MAX_PARAMS];
        // SAFETY: there are so many, which `trampoline` has compared with the room.
        unsafe { scalars.copy_to_nonoverlapping(room.as_mut_ptr(), self.1) };
        // SAFETY: as the caller says; nobody writes to it during the call.
        let (running, state) = unsafe { (ptr::read(&raw const (*guest).running), (*guest).state) };
        let mut call = Call {
            run: running.run,
            interrupt: running.interrupt,
            scalars: room.as_mut_ptr(),
            scalar_count: room.len(),
            values: values.as_ptr(),
            value_count: values.len(),
            sink: running.sink,
        };
        // SAFETY: as the caller says; all that the call points to lives until it returns.
        let status = unsafe { (self.0.call)(self.0.data, state, &raw mut call) };
        Outcome {
            status,
            scalar: room[0],
        }
    }
}
