//! What both sides of a host call agree on: permissions, types as data, declarations, and what
//! crosses the border between a host and a plugin ([`plugin`]).
//!
//! A declaration ([`FnDecl`]) says everything that is known of a host function before it runs: its
//! name, its parameters with types and defaults, its result, the permissions it needs and its page.
//! The checker, the documentation and the permission table all read it; nothing is said twice.
//!
//! This crate knows no script values and, but for opening a plugin, runs nothing.

mod decl;
mod permission;
pub mod plugin;
mod ty;

pub use decl::{Const, FnDecl, ModuleDecl, ParamDecl};
pub use permission::{ParsePermissionError, Permission, PermissionSet};
pub use ty::{FieldTy, RecordTy, Ty};
