//! How a call over the border ends, and one as plugins before 1.2 take it.

use super::View;
use abi_stable::StableAbi;

/// Takes a value while its owner holds it.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Sink {
    /// Whatever `take` works on.
    pub data: *mut (),
    /// Takes the value; it must not unwind, and is called once at most.
    pub take: unsafe extern "C" fn(data: *mut (), what: *const View),
}

/// How a call ended.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, StableAbi)]
pub struct Status(pub u64);

impl Status {
    /// With its result, which is in the first scalar, or was given to the sink.
    pub const DONE: Self = Self(0);
    /// With an error, which was given to the sink.
    pub const ERROR: Self = Self(1);
    /// With the end of the run; its exit code is in the upper half.
    pub const EXIT: Self = Self(2);
    /// With the end of the run, which was cancelled.
    pub const CANCELLED: Self = Self(3);
    /// With the end of the run, since nobody reads its output.
    pub const CLOSED_PIPE: Self = Self(4);

    /// The end of the run with this code.
    #[must_use]
    pub const fn exit(code: i32) -> Self {
        Self(Self::EXIT.0 | (code.cast_unsigned() as u64) << 32)
    }

    /// The exit code, where it is the end of the run with one.
    #[must_use]
    pub const fn exit_code(self) -> Option<i32> {
        if self.0 & 0xffff_ffff == Self::EXIT.0 {
            Some(((self.0 >> 32) as u32).cast_signed())
        } else {
            None
        }
    }
}

/// What a [`Function`] is called with.
#[repr(C)]
#[derive(Debug, StableAbi)]
pub struct Call {
    /// The run, for the functions of [`Host`](super::Host); valid until the call returns.
    pub run: *mut (),
    /// Where it says whether the run is to end: a byte that is 0 or 1, and that other threads write
    /// atomically; valid until the call returns.
    pub interrupt: *const u8,
    /// The scalar arguments in order; a scalar result goes to the first.
    pub scalars: *mut u64,
    /// How many there are.
    pub scalar_count: usize,
    /// The other arguments in order.
    pub values: *const View,
    /// How many there are.
    pub value_count: usize,
    /// Takes a result that is no scalar, or an error.
    pub sink: Sink,
}

/// A function of a plugin before 1.2.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct Function {
    /// What `call` is to be called with.
    pub data: *const (),
    /// Calls it: `state` is what [`Root::open`](super::Root) gave for the run. It does not unwind.
    pub call: unsafe extern "C" fn(data: *const (), state: *mut (), call: *mut Call) -> Status,
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn an_exit_code_comes_back() {
        for code in [0, 1, -1, i32::MIN, i32::MAX] {
            assert_eq!(Status::exit(code).exit_code(), Some(code));
        }
        assert_eq!(Status::CANCELLED.exit_code(), None);
    }
}
