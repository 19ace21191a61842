//! What a module author needs: typed registration and the call context.
//!
//! A host function is a plain Rust function. Its signature says what a script sees, and the same
//! traits convert the values, so the two cannot differ:
//!
//! ```
//! use shape_abi::PermissionSet;
//! use shape_runtime::{FnSpec, HostCx, Module, Raise, Registry};
//! use shape_value::Str;
//!
//! /// The text, `count` times.
//! fn repeat(_: &mut HostCx, text: &str, count: usize) -> Result<Str, Raise> {
//!     if text.len().saturating_mul(count) > 1 << 20 {
//!         return Err(Raise::resource("that is more than 1 MiB"));
//!     }
//!     Ok(text.repeat(count).into())
//! }
//!
//! let mut module = Module::new("acme::text", "Texts.");
//! module.register_typed_fn(
//!     FnSpec {
//!         name: "repeat",
//!         params: ["text", "count = 2"],
//!         needs: PermissionSet::pure(),
//!         doc: "The text, `count` times.",
//!     },
//!     repeat,
//! )?;
//! let mut registry = Registry::new();
//! registry.add(module)?;
//! # Ok::<(), shape_runtime::RegistryError>(())
//! ```
//!
//! The machine calls a [`Trampoline`]: it reads the arguments where they lie, without a look-up, a
//! test of their type or an allocation for scalars, handles and borrowed text.
//!
//! This crate does not know the language, its checker or its virtual machine.

mod convention;
mod cx;
mod default;
mod marshal;
mod module;
mod output;
pub mod plugin;
mod raise;
mod service;
mod typed;
mod wait;

pub use convention::{Bank, Convention, Frame, Linked, Places, Registers, Trampoline};
pub use cx::HostCx;
pub use marshal::{
    Any, AnyRef, ArrayOf, ArrayRef, ArrayView, Bytes, Element, Elements, Entries, FromShape,
    IntoShape, Json, JsonRef, List, MapOf, MapRef, MapSource, MapView, Maybe, Nanos, Outcome,
    Receiver, ScriptResult, SetOf, SetRef, ShapeType, Source, ToConst, TypeArg,
};
#[doc(hidden)]
pub use marshal::{FieldReader, record_shape};
pub use module::{FnSpec, Module, Registry, RegistryError};
pub use output::Buffering;
#[doc(hidden)]
pub use plugin::Lent;
pub use plugin::{Exported, Plugin, PluginError};
pub use raise::{Raise, Stop};
pub use service::ByteService;
pub use typed::{MutatingFn, TypedFn};
pub use wait::Waiter;

/// Permissions, types and declarations, so that a module needs no other crate of Shape than this one.
pub use shape_abi as abi;
/// Script values, resources and handles.
pub use shape_value as value;
