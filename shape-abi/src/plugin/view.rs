//! A borrowed value.

use abi_stable::StableAbi;

/// What kind of value a [`View`] is of. One that a side does not know is none that it can use.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, StableAbi)]
pub struct Kind(pub u8);

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Self = Self($number);)*
        }
    };
}

kinds! {
    /// A value that cannot cross.
    OTHER = 0;
    /// `None`
    NONE = 1;
    /// `()`
    UNIT = 2;
    /// `bool` in `bits`, 0 or 1
    BOOL = 3;
    /// `int` in `bits`
    INT = 4;
    /// `number` in `bits`
    NUMBER = 5;
    /// `char` in `bits`
    CHAR = 6;
    /// `duration` in `bits`, nanoseconds
    DURATION = 7;
    /// UTF-8 at `at`, `bits` bytes
    STRING = 8;
    /// Bytes at `at`, `bits` of them
    BYTES = 9;
    /// `i64`s at `at`, `bits` of them
    INTS = 10;
    /// `f64`s at `at`, `bits` of them
    NUMBERS = 11;
    /// Bytes that are 0 or 1 at `at`, `bits` of them
    BOOLS = 12;
    /// An array of other values: `bits` items
    ARRAY = 13;
    /// A tuple: `bits` items
    TUPLE = 14;
    /// A record: `bits` items, the values of its fields
    RECORD = 15;
    /// A map: `bits` items, keys and values in turn
    MAP = 16;
    /// A set: `bits` items
    SET = 17;
    /// `Ok`: one item
    OK = 18;
    /// `Err`: one item
    ERR = 19;
    /// An error: five items, which are kind, message, whether to try again, details and cause
    ERROR = 20;
    /// A range: three items, which are start, end, and whether the end belongs to it
    RANGE = 21;
    /// A handle of a resource. Of a plugin's own: its address at `at`, the plugin's number in `extra`;
    /// of any other: null and 0. When a plugin gives one, `bits` is its slot and, in the upper half,
    /// its generation.
    HANDLE = 22;
}

/// A value, borrowed from its owner.
///
/// What is at `at` lies still, and is what `kind` says, until the call or the callback that the view
/// was given to returns.
#[repr(C)]
#[derive(Clone, Copy, Debug, StableAbi)]
pub struct View {
    /// What kind of value it is.
    pub kind: Kind,
    /// 1 where the items are views that lie at `at`, one behind the other; 0 where only the owner's
    /// [`Access`](super::Access) knows how to read them.
    pub shown: u8,
    /// Depends on the kind; 0 where it says nothing else.
    pub extra: u32,
    /// Where it lies; null for what lies nowhere.
    pub at: *const (),
    /// A scalar, or how many there are of what is at `at`.
    pub bits: u64,
}

impl View {
    /// `None`.
    pub const NONE: Self = Self::scalar(Kind::NONE, 0);

    /// The view at an address, read in the parts that it was written in. A processor waits for what has just been
    /// written if it is read in larger ones, which a compiler would make of them.
    ///
    /// # Safety
    /// A view must lie there.
    #[must_use]
    #[inline(always)]
    pub unsafe fn read(from: *const Self) -> Self {
        // SAFETY: as the caller says.
        unsafe {
            Self {
                kind: (&raw const (*from).kind).read_volatile(),
                shown: (&raw const (*from).shown).read_volatile(),
                extra: (&raw const (*from).extra).read_volatile(),
                at: (&raw const (*from).at).read_volatile(),
                bits: (&raw const (*from).bits).read_volatile(),
            }
        }
    }

    /// A scalar.
    #[must_use]
    #[inline(always)]
    pub const fn scalar(kind: Kind, bits: u64) -> Self {
        Self {
            kind,
            shown: 0,
            extra: 0,
            at: std::ptr::null(),
            bits,
        }
    }

    /// Something at an address.
    #[must_use]
    #[inline(always)]
    pub const fn at(kind: Kind, at: *const (), len: usize) -> Self {
        Self {
            kind,
            shown: 0,
            extra: 0,
            at,
            bits: len as u64,
        }
    }

    /// How many there are of what is at `at`.
    #[must_use]
    #[inline(always)]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "it was a `usize` of this process"
    )]
    pub const fn len(&self) -> usize {
        self.bits as usize
    }

    /// Whether there is nothing at `at`.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bits == 0
    }
}
