//! Script values and the table of host resources.
//!
//! A [`Value`] is 16 bytes: a scalar, or a [`HeapValue`] behind a non-atomic reference. Values are
//! immutable to those who share them; who alone holds one may change it in place. They never cross
//! threads.
//!
//! Values may be nested to any depth: comparing, hashing, printing and dropping them never runs out
//! of stack.
//!
//! This crate knows nothing of permissions or processes, and of types only whether they are scalar.

mod array;
mod compare;
mod display;
mod drop;
mod heap;
mod key;
mod limits;
pub mod memory;
mod resources;
mod scalar;
mod spare;
mod str;
mod value;

pub use array::Array;
pub use display::{fmt_duration, fmt_int, fmt_number};
pub use heap::{Cell, Closure, EnumValue, EnumVariant, ErrorValue, Map, Range, Record, Set, Shape};
pub use key::{Key, KeyRef, StrKey};
pub use limits::{MAX_ARRAY, MAX_STRING};
pub use resources::{HandleError, IoHandle, Mark, Resource, ResourceTable};
pub use scalar::{Scalar, bits_to_char};
pub use str::Str;
pub use value::{HeapValue, Value};
