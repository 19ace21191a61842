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
mod checker;
mod closure;
mod codes;
mod coerce;
mod control;
mod defs;
mod entry;
mod exhaust;
mod expr;
mod finish;
mod free;
mod group;
mod host;
mod infer;
mod instance;
mod link;
mod loops;
mod method;
mod modules;
mod ops;
mod pattern;
mod pattern_variant;
pub mod program;
mod question;
mod record;
mod script;
mod show;
mod shown;
mod stmt;
mod suggest;
mod types;
mod typexpr;
mod unused;
mod variant;

pub use checker::{CheckInput, Checked, Sources, check, check_entries};
pub use codes::CODES;
pub use entry::{Entry, EntryError};
pub use link::link;
pub use suggest::nearest;
pub use types::{
    ClosureId, Def, DefField, DefId, DefKind, Field, Repr, Ty, TyKind, Types, Variant,
};
