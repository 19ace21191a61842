//! Traits, and the methods that are given to types.

use super::{FnDecl, Ident, Path, TypeExpr};
use crate::Span;
use std::rc::Rc;

/// A trait as it is named: `Area`, `Into<int>`.
#[derive(Clone, Debug, PartialEq)]
pub struct TraitRef {
    /// The name.
    pub path: Path,
    /// `<int>`.
    pub args: Vec<TypeExpr>,
    /// Name and arguments.
    pub span: Span,
}

/// What a type parameter must be able to do: `T: Area + Display`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The type parameter.
    pub param: Ident,
    /// The traits, at least one.
    pub traits: Vec<TraitRef>,
}

/// `trait Name<T>: Super { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct TraitDecl {
    /// The name.
    pub name: Ident,
    /// Text of the `///` lines above.
    pub doc: Option<String>,
    /// Whether `pub` stands in front.
    pub public: bool,
    /// `<T, U>`.
    pub generics: Vec<Ident>,
    /// What else a type with this trait must have.
    pub supers: Vec<TraitRef>,
    /// The methods.
    pub methods: Vec<MethodDecl>,
}

/// `impl Trait for Type { … }`, or `extend Type { … }`, for which `impl Type { … }` stands too.
#[derive(Clone, Debug, PartialEq)]
pub struct ImplDecl {
    /// `<T, U>`.
    pub generics: Vec<Ident>,
    /// What the type parameters must be able to do.
    pub bounds: Vec<Bound>,
    /// The trait.
    pub of: Option<TraitRef>,
    /// The type that gets the methods.
    pub target: TypeExpr,
    /// The methods.
    pub methods: Vec<MethodDecl>,
    /// From the first word up to the braces.
    pub head: Span,
}

/// A method or function of a trait or a type.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodDecl {
    /// The function. A method's first parameter is `self`. Without a body of its own it has an empty
    /// one.
    pub decl: Rc<FnDecl>,
    /// Whether it is called on a value, which is `self`.
    pub receiver: bool,
    /// Whether it has a body; only the methods of traits may lack one.
    pub body: bool,
}
