//! Names, types and needed permissions: tree to typed program.
//!
//! [`check`] takes the tree of a script and gives a [`program::Program`], or says what is wrong.
//! [`link`] then compares what the program needs with what it has been granted.
//!
//! # How it works
//!
//! A function is a *template*: nobody has to write types, so it is checked once for each different
//! list of argument types that it is called with, and each such *instance* becomes one function of
//! the typed program ([`instance`]). Inside an instance types flow forward: the type of every
//! expression is known when it has been read, but for the element types of empty literals, which
//! the first use decides ([`infer`]). Calls of unknown results (recursion) are solved by going over
//! a body again until its result type is stable.
//!
//! Closures are templates too, with the variables that they capture. A call of a closure whose
//! identity is known is a direct call; where it is not, the closure is looked up at run time among
//! those that can be there ([`closure`]).
//!
//! Pure: reads no file and runs nothing; the text of other modules comes through [`Sources`].

mod access;
mod args;
mod array;
mod assign;
mod body;
mod call;
mod call_method;
mod call_type;
mod checker;
mod closure;
mod codes;
mod coerce;
mod control;
mod defs;
mod display;
mod drop_func;
mod drops;
mod dynamic;
mod entry;
mod exhaust;
mod expr;
mod finish;
mod free;
mod group;
mod has_trait;
mod host;
mod immutable;
mod impl_check;
mod impls;
mod infer;
mod instance;
mod json;
mod json_type;
mod link;
mod loops;
mod map_literal;
mod method;
mod method_body;
mod mismatch;
mod modules;
mod ops;
mod own_ops;
mod passing;
mod pattern;
mod pattern_variant;
pub mod program;
mod question;
mod receiver;
mod record;
mod recursive;
mod refs;
mod reshape;
mod returns;
mod script;
mod session;
mod show;
mod shown;
mod stmt;
mod suggest;
mod traits;
mod types;
mod typexpr;
mod union_field;
mod unused;
mod variant;
mod widen;

pub use checker::{CheckInput, Checked, Sources, check, check_entries};
pub use codes::CODES;
pub use entry::{Entry, EntryError};
pub use link::link;
pub use session::{Continued, Session};
pub use suggest::nearest;
pub use types::{
    ClosureId, Def, DefField, DefId, DefKind, Field, Repr, Ty, TyKind, Types, Variant,
};
