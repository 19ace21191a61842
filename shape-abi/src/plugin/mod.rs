//! The border between a host and a plugin: all that crosses it, in forms whose layout is fixed.
//!
//! A plugin is a shared library with one module of functions, its [`Root`]. Both sides have script
//! values of their own, whose layout is nobody else's business. What crosses is
//!
//! - scalars, in the `u64`s that a machine keeps them in,
//! - a [`View`] of any other value: what kind it is and where it lies. The owner keeps it in place until
//!   the call, or the callback, that it was given to is over,
//! - functions, in tables. What a view points to is read through its owner's [`Access`]; what belongs
//!   to a run is had from its [`Host`].
//!
//! # Versions
//!
//! [`VERSION`] is that of this border and of nothing else. A host loads plugins of its own major version,
//! and of any minor version up to its own. Tables grow at their ends only, behind the field that is
//! marked as the last of the prefix; anything else is a new major version. `abi_stable` compares the
//! layouts of both sides when a plugin is loaded, also where the versions are equal.
//!
//! # Safety
//!
//! A plugin is native code: whoever loads one trusts it as much as the host itself. The checks here
//! find mistakes. They do not stop an attacker.

#![allow(
    unsafe_code,
    reason = "what crosses to another library is pointers and functions"
)]

mod call;
mod elf;
mod entry;
mod open;
mod root;
mod tables;
mod view;

pub use call::{Call, Function, Sink, Status};
pub use entry::{Entry, Outcome, Running};
pub use open::{OpenError, open};
pub use root::{Root, RootRef};
pub use tables::{Access, AccessRef, Handles, HandlesRef, Host, HostRef, Service, Waiter};
pub use view::{Kind, View};

#[doc(hidden)]
pub use abi_stable::{
    library::{__call_root_module_loader, CheckTypeLayout, LibHeader, RootModuleResult},
    prefix_type::PrefixTypeTrait,
    std_types::RStr,
};

/// The version of the border that this crate has: major and minor. It is that of the crate, since
/// `abi_stable` compares that too.
pub const VERSION: (u32, u32) = (1, 2);
