//! Plugins: modules in shared libraries, on both sides of the border to them.
//!
//! A plugin is a crate of the type `cdylib` with a `register` function, exported by
//! [`plugin!`](crate::plugin!). A host loads it with [`Plugin::load`] and adds its modules to a
//! [`Registry`](crate::Registry), where they are like any other.
//!
//! | file | side | holds |
//! | --- | --- | --- |
//! | `lent.rs` | both | values of this side, lent to the other |
//! | `far.rs` | both | values of the other side, read from here |
//! | `raise.rs` | both | errors and stops over the border |
//! | `export.rs` | plugin | its functions, and what it keeps for a run |
//! | `link.rs` | plugin | what its `HostCx` asks of the host |
//! | `host.rs` | host | the answers to that |
//! | `guest.rs`, `guest/old.rs` | host | what it keeps of a plugin for a run, and the calls |
//! | `plan.rs` | host | copying results into the form that their type has |
//! | `handle.rs` | host | a plugin's handles as resources |
//! | `load.rs`, `check.rs` | host | loading, and what a description must be like |
//!
//! # Safety
//!
//! What each side relies on stands with the types in [`shape_abi::plugin`]. Both sides are this crate,
//! in versions that have the same border, so what a plugin's author writes in safe Rust keeps to it. A
//! library that only claims to be a plugin can do whatever native code can.

#![allow(
    unsafe_code,
    reason = "what crosses to another library is pointers and functions"
)]

mod check;
mod export;
mod far;
mod guest;
mod handle;
mod host;
mod lent;
mod link;
mod load;
mod plan;
mod raise;

pub use export::{Exported, ExportedFn, Exports, describe, entry, exports, root};
pub use far::{Far, FarEntries, FarItems};
pub(crate) use guest::Guests;
pub use lent::Lent;
pub(crate) use link::Link;
pub use load::{Plugin, PluginError, PluginProblem};
