//! The syntax tree.
//!
//! The tree says what was written, not what it means: names are unresolved, types are text.
//! Where the parser had to skip text it leaves [`ExprKind::Error`] or [`PatKind::Error`], which
//! later stages pass over in silence, since a diagnostic has been made.

mod traits;

pub use traits::{Bound, ImplDecl, MethodDecl, TraitDecl, TraitRef};

use crate::Span;
use std::rc::Rc;

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    /// The name.
    pub name: Rc<str>,
    /// Its place.
    pub span: Span,
}

/// `a::b::c`; a plain name is a path of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The names, at least one.
    pub segments: Vec<Ident>,
    /// The whole path.
    pub span: Span,
}

/// A file, or the inside of `mod name { … }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Statements and items in order; at the top level items and statements mix freely.
    pub body: Vec<Stmt>,
}

/// A statement, or an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// The whole statement, without a closing `;`.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `let pat: ty = init`, `let mut`, `var`, `const`.
    Let(Box<Let>),
    /// An expression. A `;` after it is a separator and changes nothing.
    Expr(Box<Expr>),
    /// `fn` or `function`, with a name.
    Fn(Rc<FnDecl>),
    /// `type Name<T> = T | U` or `type Name { field: T }`.
    Type(Rc<TypeDecl>),
    /// `enum Name { … }`.
    Enum(Rc<EnumDecl>),
    /// `trait Name { … }`.
    Trait(Rc<TraitDecl>),
    /// `impl Trait for Type { … }`, `extend Type { … }`.
    Impl(Rc<ImplDecl>),
    /// `mod name { … }`.
    Mod(Rc<ModDecl>),
    /// `use …` or `from … use { … }`.
    Use(UseDecl),
}

/// How a name is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// `let`: cannot be assigned to.
    Let,
    /// `let mut` or `var`.
    Mut,
    /// `const`.
    Const,
}

/// `let pat: ty = init`.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// `let`, `let mut`/`var`, or `const`.
    pub binding: Binding,
    /// What is bound.
    pub pat: Pat,
    /// The annotation.
    pub ty: Option<TypeExpr>,
    /// The value; a missing one is a syntax error that has been reported.
    pub init: Expr,
    /// Whether `pub` stands in front.
    pub public: bool,
}

/// A named function, or the body of a closure.
#[derive(Clone, Debug, PartialEq)]
pub struct FnDecl {
    /// The name; closures and `fn(x) { … }` have the name `closure`.
    pub name: Ident,
    /// Text of the `///` lines above, joined by newlines.
    pub doc: Option<String>,
    /// Whether `pub` stands in front.
    pub public: bool,
    /// `<T, U>`.
    pub generics: Vec<Ident>,
    /// What the type parameters must be able to do.
    pub bounds: Vec<Bound>,
    /// The parameters.
    pub params: Vec<Param>,
    /// `-> T`.
    pub ret: Option<TypeExpr>,
    /// The body; a closure's body may be any expression.
    pub body: Expr,
    /// From `fn` or `|` up to the body.
    pub head: Span,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// A name, or a pattern for closures such as `|[a, b]| a + b`.
    pub pat: Pat,
    /// Whether it is a reference: `&x`, `&mut x`, `x: &T`.
    pub reference: bool,
    /// The annotation.
    pub ty: Option<TypeExpr>,
    /// `= value`.
    pub default: Option<Expr>,
}

/// `type Name<T> …`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeDecl {
    /// The name.
    pub name: Ident,
    /// Text of the `///` lines above.
    pub doc: Option<String>,
    /// Whether `pub` stands in front.
    pub public: bool,
    /// `<T, U>`.
    pub generics: Vec<Ident>,
    /// Alias or record.
    pub kind: TypeDeclKind,
}

/// The two forms of `type`.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeDeclKind {
    /// `type Name = T`.
    Alias(TypeExpr),
    /// `type Name { x: T = default, … }`.
    Record(Vec<FieldDecl>),
}

/// A field of a record type or of an enum variant.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDecl {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: TypeExpr,
    /// `x?: T`.
    pub optional: bool,
    /// `= value`.
    pub default: Option<Expr>,
}

/// `enum Name<T> { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct EnumDecl {
    /// The name.
    pub name: Ident,
    /// Text of the `///` lines above.
    pub doc: Option<String>,
    /// Whether `pub` stands in front.
    pub public: bool,
    /// `<T, U>`.
    pub generics: Vec<Ident>,
    /// The variants.
    pub variants: Vec<VariantDecl>,
}

/// One variant of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantDecl {
    /// The name.
    pub name: Ident,
    /// What it carries.
    pub kind: VariantKind,
}

/// What a variant carries.
#[derive(Clone, Debug, PartialEq)]
pub enum VariantKind {
    /// `Point`.
    Unit,
    /// `Circle(number)`.
    Tuple(Vec<TypeExpr>),
    /// `Rect { w: number, h: number }`.
    Record(Vec<FieldDecl>),
    /// `Red = "r"`.
    Value(Expr),
}

/// `mod name { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct ModDecl {
    /// The name.
    pub name: Ident,
    /// Whether `pub` stands in front.
    pub public: bool,
    /// The contents.
    pub module: Module,
}

/// `use a::b as c`, `use a::b::{c, d as e}`, `from a::b use { c, d as e }`.
#[derive(Clone, Debug, PartialEq)]
pub struct UseDecl {
    /// The module.
    pub path: Path,
    /// What is bound.
    pub kind: UseKind,
}

/// What an import binds.
#[derive(Clone, Debug, PartialEq)]
pub enum UseKind {
    /// The module itself, under its last name or under an alias.
    Module(Option<Ident>),
    /// Names out of it, each with an alias.
    Names(Vec<(Ident, Option<Ident>)>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The whole expression.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Lit(Lit),
    /// `f"…"`, `f$"…"`, `f#"…"`; the printer writes them as `f"…"`.
    Interp(Vec<InterpPart>),
    /// `x`, `math::add`, `Shape::Circle`.
    Path(Path),
    /// `[a, ...b]`: an array, or a tuple where one is expected.
    Array(Vec<Element>),
    /// `[body for x in xs if cond]`; further `for` clauses nest to the right.
    Comprehension(Box<Expr>, Vec<CompClause>),
    /// `{ a: 1, "b c": 2, ...rest, short }`.
    Object(Vec<ObjectField>),
    /// `Point { x: 1 }`, `Shape::Rect { w: 1, h: 2 }`.
    Struct(Path, Vec<ObjectField>),
    /// `-a`, `!a`, `~a`.
    Unary(UnOp, Box<Expr>),
    /// Every binary operator that is not an assignment, with the place of the operator.
    Binary(BinOp, Span, Box<Expr>, Box<Expr>),
    /// `a = b`, or `a += b` with the operator.
    Assign(Option<BinOp>, Box<Expr>, Box<Expr>),
    /// `c ? a : b`.
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a..b`, `a..=b`, `a..`, `..b`.
    Range(Option<Box<Expr>>, Option<Box<Expr>>, bool),
    /// `a.name`, or `a?.name` when the flag is set.
    Field(Box<Expr>, Ident, bool),
    /// `a.name(args)`, or `a?.name(args)` when the flag is set.
    MethodCall(Box<Expr>, Ident, Vec<Arg>, bool),
    /// `a[i]`; a slice is an index by a range.
    Index(Box<Expr>, Box<Expr>),
    /// `f(args)`.
    Call(Box<Expr>, Vec<Arg>),
    /// `e?`.
    Question(Box<Expr>),
    /// `try e`.
    Try(Box<Expr>),
    /// `e as T`.
    Cast(Box<Expr>, TypeExpr),
    /// `&e`, `&mut e`.
    Ref(Box<Expr>),
    /// `if c { a } else { b }`; the else part is a block or another `if`.
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// `match v { pat where cond => body, … }`.
    Match(Box<Expr>, Vec<Arm>),
    /// `while c { … }`.
    While(Box<Expr>, Box<Expr>),
    /// `loop { … }`.
    Loop(Box<Expr>),
    /// `for pat in xs { … }`.
    For(Box<Pat>, Box<Expr>, Box<Expr>),
    /// `{ … }`.
    Block(Block),
    /// `break`, `break v`.
    Break(Option<Box<Expr>>),
    /// `continue`.
    Continue,
    /// `return`, `return v`.
    Return(Option<Box<Expr>>),
    /// `|x| e`, `fn(x) { e }`.
    Closure(Rc<FnDecl>),
    /// Text that could not be parsed; a diagnostic has been made.
    Error,
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Lit {
    /// `42`, `0xFF`, `7u8` (checked against the suffix, which is then forgotten).
    Int(i64),
    /// `3.14`.
    Number(f64),
    /// `true`, `false`.
    Bool(bool),
    /// `'a'`.
    Char(char),
    /// `"text"`.
    Str(Rc<str>),
    /// `250ms`, in nanoseconds.
    Duration(i64),
    /// `()`.
    Unit,
    /// `None`.
    None,
}

/// A piece of an interpolated string.
#[derive(Clone, Debug, PartialEq)]
pub enum InterpPart {
    /// Text.
    Text(Rc<str>),
    /// `{expr}` or `{expr:format}`.
    Expr(Box<Expr>, Option<Format>),
}

/// The part after `:` in `{price:fixed(2)}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// `fixed`.
    pub name: Ident,
    /// `2`.
    pub args: Vec<Lit>,
}

/// An element of an array literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// `a`.
    Item(Expr),
    /// `...a`.
    Spread(Expr),
}

/// A clause of a comprehension.
#[derive(Clone, Debug, PartialEq)]
pub enum CompClause {
    /// `for pat in expr`.
    For(Pat, Expr),
    /// `if expr`.
    If(Expr),
}

/// A field of an object or record literal.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectField {
    /// `name: value`, `"any text": value`; `name` alone is `name: name`.
    Field(Ident, Expr),
    /// `...rest`.
    Spread(Expr),
}

/// An argument, with its name in `f(b: 2)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The name.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// `{ … }` with its statements.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The statements. When the last one is an expression, it is the block's value.
    pub stmts: Vec<Stmt>,
    /// The whole block.
    pub span: Span,
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// What it matches.
    pub pat: Pat,
    /// `where cond` (also accepted: `if cond`).
    pub guard: Option<Expr>,
    /// The value.
    pub body: Expr,
}

/// A pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pat {
    /// What it is.
    pub kind: PatKind,
    /// The whole pattern.
    pub span: Span,
}

/// The kinds of pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum PatKind {
    /// `_`.
    Wild,
    /// `name`; `mut name` where it stands inside another pattern. Whether a lone name is a unit
    /// variant or a constant is for the checker to say.
    Bind(Ident, bool),
    /// `name: Type`, `_: Type`.
    Typed(Box<Pat>, TypeExpr),
    /// A literal, also `-1`.
    Lit(Lit),
    /// `1..5`, `'a'..='z'`.
    Range(Lit, Lit, bool),
    /// `[a, b, ...rest, z]`: patterns before the rest, the rest (`Some(None)` for a bare `...` or
    /// `..`), patterns after it.
    Array(Vec<Pat>, Option<Option<Ident>>, Vec<Pat>),
    /// `{ x, y: px }`; other fields are ignored.
    Object(Vec<(Ident, Pat)>),
    /// `Shape::Circle(r)`, `Some(p)`, `Ok(v)`; a path without arguments such as `Color::Red` or
    /// `None` has an empty list.
    Variant(Path, Vec<Pat>),
    /// `Shape::Rect { w, h }`, `Point { x }`.
    Struct(Path, Vec<(Ident, Pat)>),
    /// `a | b`.
    Or(Vec<Pat>),
    /// `name @ pat`.
    At(Ident, Box<Pat>),
    /// Text that could not be parsed.
    Error,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// The whole type.
    pub span: Span,
}

/// The kinds of type expression.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `int`, `Array<T>`, `math::Point`. `T[]` is written as `Array<T>`.
    Named(Path, Vec<TypeExpr>),
    /// `T?`.
    Option(Box<TypeExpr>),
    /// `[A, B]`.
    Tuple(Vec<TypeExpr>),
    /// `{ x: int, y?: string }`.
    Object(Vec<FieldDecl>),
    /// `(A, B) => R`.
    Fn(Vec<TypeExpr>, Box<TypeExpr>),
    /// `A | B`.
    Union(Vec<TypeExpr>),
    /// `&T`, `&mut T`.
    Ref(Box<TypeExpr>),
    /// `dyn Trait`: a value of any type that has the trait.
    Dyn(TraitRef),
    /// `()`.
    Unit,
    /// `None` as a member of a union.
    None,
    /// Text that could not be parsed.
    Error,
}

/// A prefix operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnOp {
    /// `-`
    Neg,
    /// `!`
    Not,
    /// `~`
    BitNot,
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is named after its sign in `as_str`")]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Coalesce,
    Context,
    Pipe,
}

impl BinOp {
    /// The sign as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::Pow => "**",
            Self::BitAnd => "&",
            Self::BitOr => "|",
            Self::BitXor => "^",
            Self::Shl => "<<",
            Self::Shr => ">>",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::And => "&&",
            Self::Or => "||",
            Self::Coalesce => "??",
            Self::Context => "!!",
            Self::Pipe => "|>",
        }
    }
}
