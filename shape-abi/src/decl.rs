//! Declarations of host functions and modules.

use crate::{PermissionSet, Ty};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A constant that the compiler can put where a script left something out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(
    missing_docs,
    reason = "each is the constant of the type it is named after"
)]
pub enum Const {
    Unit,
    None,
    Bool(bool),
    Int(i64),
    Number(f64),
    /// Nanoseconds.
    Duration(i64),
    String(Cow<'static, str>),
    EmptyArray,
    EmptyMap,
    /// A record whose every field has its default.
    DefaultRecord,
}

/// A parameter of a host function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParamDecl {
    /// The name, also usable for named arguments.
    pub name: Cow<'static, str>,
    /// The type.
    pub ty: Ty,
    /// What is passed when a call leaves it out; `None` when it must be given.
    pub default: Option<Const>,
}

/// A host function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FnDecl {
    /// The name inside its module.
    pub name: Cow<'static, str>,
    /// The parameters in order.
    pub params: Vec<ParamDecl>,
    /// The result.
    pub ret: Ty,
    /// What a run must have been granted to call it.
    pub needs: PermissionSet,
    /// Whether it changes its first parameter in place. Used as a method on a `let mut` variable it
    /// changes that variable. When `ret` is `()`, the value of the call is the changed receiver.
    pub mutates: bool,
    /// Its page, in Markdown.
    pub doc: Cow<'static, str>,
}

/// A module of host functions, and of functions written in Shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModuleDecl {
    /// The full name, such as `std::core::io`.
    pub name: Cow<'static, str>,
    /// Its page, in Markdown.
    pub doc: Cow<'static, str>,
    /// The host functions.
    pub fns: Vec<FnDecl>,
    /// Further public functions, written in Shape; parsed when one of them is first used.
    pub source: Option<Cow<'static, str>>,
}
