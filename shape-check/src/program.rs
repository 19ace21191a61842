//! The typed program: what the checker hands to the compiler.
//!
//! Everything is decided here. Every expression has a type, every name is a number, every
//! conversion is a node of its own, templates have become one [`Func`] per list of argument types,
//! and all types are free of inference variables.
//!
//! *Boxing.* A value of a scalar type ([`Repr`](crate::Repr) other than `Value`) lives in a `u64`
//! register, everything else in a value register. Where an operand's own type is scalar and the
//! place it goes to holds values (an element of an array literal, a field, a payload, a captured
//! variable, a parameter of host type `Param`), the compiler boxes it; where a place that holds
//! values is read as a scalar type, it unboxes. Only conversions between *types* are nodes:
//! [`ExprKind::Box`] and [`ExprKind::Unbox`], [`ExprKind::Unwrap`], [`ExprKind::Convert`].

use crate::types::{ClosureId, DefId, Ty, Types};
use shape_abi::{Permission, PermissionSet};
use shape_syntax::Span;
use std::rc::Rc;

/// A function instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuncId(pub u32);

/// A local variable of a function instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// A top-level variable that functions use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(pub u32);

/// A loop inside a function, the target of `break` and `continue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(pub u32);

/// An argument list type by which closures of unknown identity are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SigId(pub u32);

/// A host function: module and function, as indices into the declarations given to the checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostRef {
    /// Index of the module.
    pub module: u32,
    /// Index of the function in [`ModuleDecl::fns`](shape_abi::ModuleDecl::fns).
    pub func: u32,
}

/// A checked program.
#[derive(Clone, Debug)]
pub struct Program {
    /// All types that occur in it.
    pub types: Types,
    /// The function instances; the first is the script's top level and has no parameters.
    pub funcs: Vec<Func>,
    /// Those that the host calls.
    pub entries: Vec<FuncId>,
    /// Top-level variables that functions use.
    pub globals: Vec<Variable>,
    /// How many of the first ones have got their values, and their cells, from an earlier program.
    pub carried: u32,
    /// For each [`SigId`], which instance runs for which closure.
    pub dispatch: Vec<Vec<(ClosureId, FuncId)>>,
    /// Types as run-time values, for host functions with a
    /// [`TypeArg`](shape_abi::Ty::TypeArg) parameter.
    pub type_args: Vec<shape_abi::Ty>,
    /// What the program needs to be allowed.
    pub needs: PermissionSet,
    /// The first place where each permission is needed, with the function's name.
    pub needs_at: Vec<(Permission, Span, String)>,
}

/// A function compiled for one list of argument types.
#[derive(Clone, Debug)]
pub struct Func {
    /// The name for tracebacks.
    pub name: Rc<str>,
    /// The head of the declaration.
    pub span: Span,
    /// Whether it belongs to the host's own modules and is left out of tracebacks.
    pub internal: bool,
    /// The variables; the first [`Func::params`] are the parameters.
    pub locals: Vec<Variable>,
    /// How many parameters there are, captured variables included.
    pub params: u32,
    /// How many of the first parameters are captured variables. A closure value holds them; a
    /// direct call passes them like other arguments, as [`ExprKind::Capture`].
    pub captures: u32,
    /// The type of the result.
    pub ret: Ty,
    /// The body; its value is the result.
    pub body: Expr,
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name as written; empty for the compiler's own.
    pub name: Rc<str>,
    /// The type.
    pub ty: Ty,
    /// Whether it lives in a cell on the heap, because a closure shares it and it changes. Its
    /// register holds the cell; [`ExprKind::Init`] makes a new one. A top-level variable is boxed when
    /// it is given by reference.
    pub boxed: bool,
    /// Whether it is a parameter whose argument is the cell itself ([`ExprKind::Capture`]), that of a
    /// variable of the caller: a reference. It is boxed, too.
    pub by_ref: bool,
}

/// A typed expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The type of its value.
    pub ty: Ty,
    /// Where it was written.
    pub span: Span,
}

/// The kinds of expression. Operands are evaluated from left to right.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `()`; also what stands for code that cannot be reached.
    Unit,
    /// `None`.
    None,
    /// A literal.
    Bool(bool),
    /// A literal.
    Int(i64),
    /// A literal.
    Number(f64),
    /// A literal.
    Char(char),
    /// A literal, in nanoseconds.
    Duration(i64),
    /// A literal.
    Str(Rc<str>),
    /// The variable's value.
    Local(LocalId),
    /// The variable's value.
    Global(GlobalId),
    /// What a closure keeps of a variable: its cell where it is boxed, else its value. Only as an
    /// argument for a capture parameter or a reference, and in [`ExprKind::Closure`].
    Capture(LocalId),
    /// Gives the variable its first value, in a new cell where it is boxed. Value `()`.
    Init(LocalId, Box<Expr>),
    /// Assigns. Value `()`.
    SetLocal(LocalId, Box<Expr>),
    /// Assigns; also the first value. Value `()`.
    SetGlobal(GlobalId, Box<Expr>),
    /// Assigns to a part of a variable. Value `()`. Indices and keys are evaluated before the
    /// value.
    SetPlace(Place, Box<Expr>),
    /// A host function whose declaration says `mutates`, on a part of a variable; the arguments
    /// leave out the first parameter.
    MutateHost(HostRef, Place, Vec<Expr>),
    /// Evaluates the second expression while a place is lent: the new variable, which is boxed, has the
    /// value of the place, which gets it back afterwards, also when an error is raised. The first
    /// expression reads the place. Where that is a boxed variable, the two share one cell instead.
    /// The second expression names the variable of the place in no other way, unless closures share it
    /// or it is a top-level one.
    Lend(Place, LocalId, Box<Expr>, Box<Expr>),
    /// Statements, then the value; without one the value is `()`.
    Block(Vec<Expr>, Option<Box<Expr>>),
    /// An operator or a test on operands of fixed types.
    Op(Op, Vec<Expr>),
    /// `if c { a } else { b }`; also `&&` and `||`.
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// `loop`; its value is that of the `break` that leaves it.
    Loop(LoopId, Box<Expr>),
    /// `while`. Value `()`.
    While(LoopId, Box<Expr>, Box<Expr>),
    /// `for i in a..b`, or `a..=b` when the flag is set; the bounds are evaluated once. A fresh
    /// variable for each round. Value `()`.
    ForRange(LoopId, LocalId, Box<Expr>, Box<Expr>, bool, Box<Expr>),
    /// `for x in array`, over the elements that it has when the loop starts. Value `()`.
    ForArray(LoopId, LocalId, Box<Expr>, Box<Expr>),
    /// Leaves the loop with its value. Type `Never`.
    Break(LoopId, Option<Box<Expr>>),
    /// Starts the next round. Type `Never`.
    Continue(LoopId),
    /// Returns from the function. Type `Never`.
    Return(Option<Box<Expr>>),
    /// Puts the scrutinee into the variable and takes the first arm that matches. Where
    /// none does it is the run-time error `no match arm matched the value`.
    Match(LocalId, Box<Expr>, Vec<Arm>),
    /// Takes a value apart with a pattern that always matches, or else is the run-time error of
    /// [`ExprKind::Match`]. Value `()`.
    Destructure(Pat, Box<Expr>),
    /// Calls a function instance; captured variables come first.
    Call(FuncId, Vec<Expr>),
    /// Calls a closure whose instance is known: the second operand is the closure value, whose
    /// captured variables come first, before the arguments.
    CallClosure(FuncId, Box<Expr>, Vec<Expr>),
    /// Calls a closure of unknown identity by [`Program::dispatch`].
    CallDynamic(SigId, Box<Expr>, Vec<Expr>),
    /// Calls a host function. One argument per parameter; [`ExprKind::TypeArg`] for type arguments.
    /// Where the declaration says `mutates`, the first argument is a value of its own that is
    /// changed, and is the result where the declared result is `()`.
    CallHost(HostRef, Vec<Expr>),
    /// An index into [`Program::type_args`], of type `int`.
    TypeArg(u32),
    /// A closure value with what it captures ([`ExprKind::Capture`] each).
    Closure(ClosureId, Vec<Expr>),
    /// An array; the element type is that of the expression's type.
    Array(Vec<Expr>),
    /// A tuple.
    Tuple(Vec<Expr>),
    /// An empty map.
    EmptyMap,
    /// An empty set.
    EmptySet,
    /// A record or object with all its fields in the order of its type.
    Record(Vec<Expr>),
    /// A variant with its payload in order.
    Variant(DefId, u32, Vec<Expr>),
    /// `Ok(v)`.
    Ok(Box<Expr>),
    /// `Err(e)`.
    Err(Box<Expr>),
    /// `a..b`, or `a..=b` when the flag is set.
    Range(Box<Expr>, Box<Expr>, bool),
    /// The field with this number of a record or object, or this element of a tuple.
    Field(Box<Expr>, u32),
    /// `array[int]`, from the end where negative. Type `Maybe(element)`.
    Index(Box<Expr>, Box<Expr>),
    /// The texts of the operands, of any types, joined into one string.
    Interp(Vec<Expr>),
    /// The same value seen as a wider type that holds it boxed: option, maybe, union, `Json`.
    Box(Box<Expr>),
    /// The same value seen as a narrower type that it is known to have, such as after a test.
    Unbox(Box<Expr>),
    /// `Maybe(T)` used as `T`; `None` is the run-time error `index 5 is out of range (length 3)`
    /// when the operand is an [`ExprKind::Index`], else `expected T, found None`.
    Unwrap(Box<Expr>),
    /// A conversion that builds another value.
    Convert(Rc<Conversion>, Box<Expr>),
    /// `try e`: a `Result` of the value and of the error that was raised.
    Try(Box<Expr>),
    /// Raises an `Error`. Type `Never`.
    Raise(Box<Expr>),
}

/// A variable, or a part of it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The variable.
    pub root: Root,
    /// How to get from the variable to the part.
    pub steps: Vec<Step>,
    /// The type of the part.
    pub ty: Ty,
    /// Where it was written.
    pub span: Span,
}

/// The variable of a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// A local variable.
    Local(LocalId),
    /// A top-level variable.
    Global(GlobalId),
}

/// One step of a [`Place`].
#[derive(Clone, Debug)]
pub enum Step {
    /// A field of a record or object, or an element of a tuple.
    Field(u32),
    /// An element of an array, by `int`; out of range is a run-time error.
    Index(Expr),
    /// The value of a key of a map. As the last step of an assignment it may be new; else a missing
    /// key is a run-time error.
    Key(Expr),
}

/// An arm of a match.
#[derive(Clone, Debug)]
pub struct Arm {
    /// What it matches.
    pub pat: Pat,
    /// A further condition, of type `bool`.
    pub guard: Option<Expr>,
    /// The value.
    pub body: Expr,
}

/// A pattern, tested against a value of type `ty`.
#[derive(Clone, Debug)]
pub struct Pat {
    /// What it is.
    pub kind: PatKind,
    /// The type of what it is tested against.
    pub ty: Ty,
}

/// The kinds of pattern.
#[derive(Clone, Debug)]
pub enum PatKind {
    /// Matches everything.
    Wild,
    /// Binds the value, unboxed where the variable's type is scalar and the pattern's is not.
    Bind(LocalId),
    /// Binds the value if the inner pattern matches.
    At(LocalId, Box<Pat>),
    /// Equals the literal (a constant expression of a type that the value may have).
    Lit(Box<Expr>),
    /// Lies between two literals, the upper one included when the flag is set.
    Range(Box<Expr>, Box<Expr>, bool),
    /// `None`.
    None,
    /// Anything but `None`, matched by the inner pattern at the inner type.
    Some(Box<Pat>),
    /// `Ok(p)`.
    Ok(Box<Pat>),
    /// `Err(p)`.
    Err(Box<Pat>),
    /// The variant with this number, with its payload.
    Variant(u32, Vec<Pat>),
    /// Fields of a record or object, by number; or of a tuple, all of them.
    Fields(Vec<(u32, Pat)>),
    /// An array: the first elements, the rest (`Some(None)` where it is not bound), the last ones.
    /// Without a rest the length is exact.
    Array(Vec<Pat>, Option<Option<LocalId>>, Vec<Pat>),
    /// A value of a union or `Json` that has this type, matched by the inner pattern at that type.
    Is(Ty, Box<Pat>),
    /// One of several; all bind the same variables.
    Or(Vec<Pat>),
}

/// A conversion that builds another value.
#[derive(Clone, Debug)]
pub enum Conversion {
    /// The value as it is.
    Same,
    /// `int` to `number`.
    IntToNumber,
    /// `char` to `string`.
    CharToString,
    /// Each element of an array; the type is that of the new elements.
    Array(Ty, Rc<Conversion>),
    /// Each element of a set.
    Set(Rc<Conversion>),
    /// Keys and values of a map.
    Map(Rc<Conversion>, Rc<Conversion>),
    /// Each element of a tuple.
    Tuple(Vec<Conversion>),
    /// A tuple to an array with this element type.
    TupleToArray(Ty, Vec<Conversion>),
    /// A record or object to one of this type: for each new field, which old one it is, or what it
    /// gets.
    Record(Ty, Vec<FieldSource>),
    /// An object to a map with an entry for each field, by the names in order.
    Entries(Vec<(Rc<str>, Conversion)>),
    /// `None` stays, the rest is converted.
    Option(Rc<Conversion>),
    /// A closure that captures the value.
    Captured(ClosureId),
    /// Payloads of `Ok` and of `Err`.
    Result(Rc<Conversion>, Rc<Conversion>),
}

/// Where a field of a converted record comes from.
#[derive(Clone, Debug)]
pub enum FieldSource {
    /// The old field with this number, converted.
    Field(u32, Conversion),
    /// A constant.
    Const(shape_abi::Const),
}

/// Operators and tests. The suffix names the operand type: `I` int, `N` number, `S` string, `V` any
/// value. Arithmetic on `int` that overflows, shifts by a count outside 0..64, and division or
/// remainder by zero (of `int` and `number`) are run-time errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after operator and operand type")]
pub enum Op {
    AddI,
    SubI,
    MulI,
    DivI,
    RemI,
    PowI,
    NegI,
    AndI,
    OrI,
    XorI,
    ShlI,
    ShrI,
    NotI,
    AddN,
    SubN,
    MulN,
    DivN,
    RemN,
    PowN,
    NegN,
    /// On `int`, `char` and `duration`; equality also on `bool`.
    EqI,
    NeI,
    LtI,
    LeI,
    GtI,
    GeI,
    EqN,
    NeN,
    LtN,
    LeN,
    GtN,
    GeN,
    LtS,
    LeS,
    GtS,
    GeS,
    EqS,
    NeS,
    /// Equality by content of two values in value registers, of any types.
    EqV,
    NeV,
    /// Order of two values of one comparable type in value registers (tuples, arrays).
    LtV,
    LeV,
    GtV,
    GeV,
    /// `bool` negation.
    Not,
    IntToNumber,
    /// `string` + `string`.
    Concat,
    /// `duration` times or divided by `int`, plus and minus another: [`Op::AddI`] and so on are
    /// used on the nanoseconds; this one multiplies by a `number`.
    MulDurationN,
    /// Whether an option is `None`.
    IsNone,
    /// Whether a result is an `Err`.
    IsErr,
    /// The payload of a result known to be `Ok`.
    OkValue,
    /// The payload of a result known to be `Err`.
    ErrValue,
    /// The length of an array.
    ArrayLen,
    /// How many hold the value, the operand among them; the greatest `int` for what is not on the
    /// heap.
    Holders,
}
