//! The instructions.
//!
//! Each is eight bytes: a tag, register operands of one byte, and an immediate, an index or a
//! target. A frame sees 256 scalar registers (`s`) and 256 value registers (`v`); which bank an
//! operand names is part of the instruction. Field names are the same throughout: `d` is the
//! destination, `a`, `b` and `x` are operands, `t` is the target of a jump, `i` an index into a table
//! of [`Code`](crate::Code) or of the function.

/// A register number.
pub(crate) type Reg = u8;

/// One instruction.
#[rustfmt::skip] // A table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ins {
    // Moves and constants.
    /// `s[d] = s[a]`
    MoveS { d: Reg, a: Reg },
    /// `s[d] = imm`
    Int { d: Reg, imm: i32 },
    /// `s[d] = consts[i]`
    Const { d: Reg, i: u32 },
    /// The constants `i` of the function go to `s[d]` and following.
    Pins { d: Reg, i: u32 },
    /// `v[d] = v[a]`, both hold it
    Copy { d: Reg, a: Reg },
    /// `v[d] = v[a]`, leaving `None`
    Take { d: Reg, a: Reg },
    /// `v[a..a + n] = None`
    Clear { a: Reg, n: u8 },
    /// `v[d] = literals[i]`
    Lit { d: Reg, i: u32 },

    // Variables that do not fit into the window.
    /// `v[d]` and `v[d + 1]` become the function's far scalars and far values
    FarNew { d: Reg, s: u16, v: u16 },
    /// `s[d] = far scalar i` of block `a`
    FarGetS { d: Reg, a: Reg, i: u16 },
    /// far scalar `i` of block `a` `= s[x]`
    FarSetS { x: Reg, a: Reg, i: u16 },
    /// `v[d] = far value i` of block `a`
    FarGetV { d: Reg, a: Reg, i: u16 },
    /// as `FarGetV`, leaving `None`
    FarTakeV { d: Reg, a: Reg, i: u16 },
    /// far value `i` of block `a` `= v[x]`, leaving `None` in `x`
    FarSetV { x: Reg, a: Reg, i: u16 },

    // Top-level variables that functions use.
    GlobalGetS { d: Reg, i: u32 },
    GlobalSetS { x: Reg, i: u32 },
    GlobalGetV { d: Reg, i: u32 },
    GlobalTakeV { d: Reg, i: u32 },
    GlobalSetV { x: Reg, i: u32 },

    // Variables shared with closures.
    /// `v[d] = a new cell with v[a]`, leaving `None` in `a` (which may be `d`)
    CellNew { d: Reg, a: Reg },
    CellGetS { d: Reg, a: Reg },
    CellGetV { d: Reg, a: Reg },
    CellTakeV { d: Reg, a: Reg },
    CellSetI { a: Reg, x: Reg },
    CellSetN { a: Reg, x: Reg },
    CellSetV { a: Reg, x: Reg },

    // Between the banks.
    BoxI { d: Reg, a: Reg },
    BoxN { d: Reg, a: Reg },
    BoxB { d: Reg, a: Reg },
    BoxC { d: Reg, a: Reg },
    BoxD { d: Reg, a: Reg },
    BoxU { d: Reg },
    /// `s[d] = the scalar in v[a]`
    Unbox { d: Reg, a: Reg },
    /// as `Unbox`; `None` is an error
    UnboxSome { d: Reg, a: Reg },
    /// `None` in `v[a]` is an error
    NotNone { a: Reg },

    // Arithmetic.
    AddI { d: Reg, a: Reg, b: Reg },
    SubI { d: Reg, a: Reg, b: Reg },
    MulI { d: Reg, a: Reg, b: Reg },
    DivI { d: Reg, a: Reg, b: Reg },
    RemI { d: Reg, a: Reg, b: Reg },
    PowI { d: Reg, a: Reg, b: Reg },
    AndI { d: Reg, a: Reg, b: Reg },
    OrI { d: Reg, a: Reg, b: Reg },
    XorI { d: Reg, a: Reg, b: Reg },
    ShlI { d: Reg, a: Reg, b: Reg },
    ShrI { d: Reg, a: Reg, b: Reg },
    NegI { d: Reg, a: Reg },
    NotI { d: Reg, a: Reg },
    AddImm { d: Reg, a: Reg, imm: i32 },
    SubImm { d: Reg, a: Reg, imm: i32 },
    MulImm { d: Reg, a: Reg, imm: i32 },
    /// The immediate is neither 0 nor -1.
    DivImm { d: Reg, a: Reg, imm: i32 },
    /// The immediate is neither 0 nor -1.
    RemImm { d: Reg, a: Reg, imm: i32 },
    AddN { d: Reg, a: Reg, b: Reg },
    SubN { d: Reg, a: Reg, b: Reg },
    MulN { d: Reg, a: Reg, b: Reg },
    DivN { d: Reg, a: Reg, b: Reg },
    RemN { d: Reg, a: Reg, b: Reg },
    PowN { d: Reg, a: Reg, b: Reg },
    NegN { d: Reg, a: Reg },
    IntToNumber { d: Reg, a: Reg },
    MulDurationN { d: Reg, a: Reg, b: Reg },

    // Comparisons to a `bool`.
    EqI { d: Reg, a: Reg, b: Reg },
    NeI { d: Reg, a: Reg, b: Reg },
    LtI { d: Reg, a: Reg, b: Reg },
    LeI { d: Reg, a: Reg, b: Reg },
    EqN { d: Reg, a: Reg, b: Reg },
    NeN { d: Reg, a: Reg, b: Reg },
    LtN { d: Reg, a: Reg, b: Reg },
    LeN { d: Reg, a: Reg, b: Reg },
    EqS { d: Reg, a: Reg, b: Reg },
    LtS { d: Reg, a: Reg, b: Reg },
    LeS { d: Reg, a: Reg, b: Reg },
    EqV { d: Reg, a: Reg, b: Reg },
    LtV { d: Reg, a: Reg, b: Reg },
    LeV { d: Reg, a: Reg, b: Reg },
    Not { d: Reg, a: Reg },
    IsNone { d: Reg, a: Reg },
    IsErr { d: Reg, a: Reg },
    /// How many hold a value on the heap; the greatest `int` for others.
    Holders { d: Reg, a: Reg },

    // Jumps.
    Jump { t: u32 },
    If { a: Reg, t: u32 },
    IfNot { a: Reg, t: u32 },
    JEqI { a: Reg, b: Reg, t: u32 },
    JNeI { a: Reg, b: Reg, t: u32 },
    JLtI { a: Reg, b: Reg, t: u32 },
    JLeI { a: Reg, b: Reg, t: u32 },
    JEqImm { a: Reg, imm: i16, t: u32 },
    JNeImm { a: Reg, imm: i16, t: u32 },
    JLtImm { a: Reg, imm: i16, t: u32 },
    JLeImm { a: Reg, imm: i16, t: u32 },
    JGtImm { a: Reg, imm: i16, t: u32 },
    JGeImm { a: Reg, imm: i16, t: u32 },
    JEqN { a: Reg, b: Reg, t: u32 },
    JNeN { a: Reg, b: Reg, t: u32 },
    JLtN { a: Reg, b: Reg, t: u32 },
    JLeN { a: Reg, b: Reg, t: u32 },
    /// Not the same as `b <= a`: it also jumps for NaN.
    JNotLtN { a: Reg, b: Reg, t: u32 },
    JNotLeN { a: Reg, b: Reg, t: u32 },
    JEqS { a: Reg, b: Reg, t: u32 },
    JNeS { a: Reg, b: Reg, t: u32 },
    /// Jumps when `v[a]` is the string `literals[i]`.
    JEqLit { a: Reg, i: u16, t: u32 },
    JNeLit { a: Reg, i: u16, t: u32 },
    JNone { a: Reg, t: u32 },
    JSome { a: Reg, t: u32 },
    JErr { a: Reg, t: u32 },
    JOk { a: Reg, t: u32 },
    /// Jumps when `v[a]` is not the variant with number `i`.
    JNotVariant { a: Reg, i: u16, t: u32 },
    /// Jumps when `v[a]` does not pass type test `i`.
    JNotType { a: Reg, i: u16, t: u32 },
    /// Jumps by the number of the variant in `v[a]`, through the function's table `i`.
    SwitchVariant { a: Reg, i: u32 },
    /// `s[a] += 1`, and on while it is below `s[b]`
    ForI { a: Reg, b: Reg, t: u32 },
    /// as `ForI`, up to and including `s[b]`
    ForIEq { a: Reg, b: Reg, t: u32 },
    /// `s[d] = array v[a][s[b]]`, `s[b] += 1`, and on; past the end it falls through
    ForS { d: Reg, a: Reg, b: Reg, t: u32 },
    /// as `ForS`, for elements in value registers
    ForV { d: Reg, a: Reg, b: Reg, t: u32 },

    // Calls. The callee's window starts at `s` and `v`.
    Call { s: Reg, v: Reg, i: u32 },
    /// As `Call`, of a function without value registers.
    CallS { s: Reg, i: u32 },
    /// `SubImm` into the window's first register and `CallS`; goes on behind the next
    /// instruction.
    CallSub { s: Reg, a: Reg, imm: i16, i: u16 },
    /// As `CallSub`, with `AddImm`.
    CallAdd { s: Reg, a: Reg, imm: i16, i: u16 },
    /// Calls closure `v[a]` through dispatch table `i`.
    CallDyn { s: Reg, v: Reg, a: Reg, i: u16 },
    /// Calls host function `i` with the arguments from `s[s]` and `v[v]` on; its result goes to `d` of
    /// the bank that it belongs to.
    Host { s: Reg, v: Reg, d: Reg, i: u32 },
    /// As `Host`, with the receiver in `v[a]`.
    HostMut { s: Reg, v: Reg, a: Reg, d: Reg, i: u16 },
    /// As `Host`; the receiver is place `p` of the function, moved to `v[v]` and back, and the arguments
    /// come behind it.
    HostPlace { s: Reg, v: Reg, d: Reg, p: u16, i: u16 },
    /// Returns `s[a]`; `v[..n]` is cleared.
    RetS { a: Reg, n: u8 },
    /// As `RetS`, from a function without value registers.
    RetPlain { a: Reg },
    /// Returns `s[a] + s[b]`, from a function without value registers: `AddI` and `RetPlain`.
    RetAdd { a: Reg, b: Reg },
    /// Returns `s[x]` if `s[a] < imm`, from a function without value registers; else goes on behind
    /// the next instruction.
    RetLtImm { a: Reg, x: Reg, imm: i16 },
    RetLeImm { a: Reg, x: Reg, imm: i16 },
    RetEqImm { a: Reg, x: Reg, imm: i16 },
    /// Returns `v[a]`; the rest of `v[..n]` is cleared.
    RetV { a: Reg, n: u8 },
    /// Returns `()`.
    RetU { n: u8 },

    // Arrays.
    ArrayNew { d: Reg, form: Form, n: u32 },
    /// Appends `s[b..b + n]` to the array `v[d]`.
    ExtendS { d: Reg, b: Reg, n: u8 },
    /// Appends `v[b..b + n]` to what `v[d]` holds: an array, tuple, record or variant.
    ExtendV { d: Reg, b: Reg, n: u8 },
    ArrayLen { d: Reg, a: Reg },
    /// `s[d] = v[a][s[b]]`; out of range is an error
    IndexS { d: Reg, a: Reg, b: Reg },
    IndexV { d: Reg, a: Reg, b: Reg },
    /// `v[d] = v[a][s[b]]`, boxed; out of range it is `None`
    IndexMaybe { d: Reg, a: Reg, b: Reg },
    /// `v[a][s[b]] = s[x]` as `int`
    SetIndexI { a: Reg, b: Reg, x: Reg },
    SetIndexN { a: Reg, b: Reg, x: Reg },
    SetIndexB { a: Reg, b: Reg, x: Reg },
    /// Takes `v[x]`.
    SetIndexV { a: Reg, b: Reg, x: Reg },
    PushI { a: Reg, x: Reg },
    PushN { a: Reg, x: Reg },
    /// Takes `v[x]`.
    PushV { a: Reg, x: Reg },
    /// `v[d] = v[a]` without its first `from` and last `back` elements
    Slice { d: Reg, a: Reg, from: u16, back: u16 },

    // Maps.
    MapNew { d: Reg },
    SetNew { d: Reg },
    /// `v[d] = v[a].get(v[x])`, or `None`
    MapGet { d: Reg, a: Reg, x: Reg },
    /// As `MapGet`, unboxed; a missing key is an error.
    MapGetS { d: Reg, a: Reg, x: Reg },
    /// `v[a].set(v[k], v[x])`; takes both
    MapSet { a: Reg, k: Reg, x: Reg },

    // Strings.
    Concat { d: Reg, a: Reg, b: Reg },
    /// `v[a] += v[b]`
    Append { a: Reg, b: Reg },
    /// `v[d] = text of the pieces i` of the function
    Interp { d: Reg, i: u32 },
    /// `v[a] += text of the pieces i` of the function
    InterpAppend { a: Reg, i: u32 },

    // Records, tuples, variants, results, closures; the operands are taken from `v[b..b + n]`.
    Tuple { d: Reg, b: Reg, n: u8 },
    Record { d: Reg, b: Reg, n: u8, i: u16 },
    Variant { d: Reg, b: Reg, n: u8, i: u16 },
    Closure { d: Reg, b: Reg, n: u8, i: u16 },
    Ok { d: Reg, a: Reg },
    Err { d: Reg, a: Reg },
    Range { d: Reg, a: Reg, b: Reg },
    RangeEq { d: Reg, a: Reg, b: Reg },
    /// `v[d] = part i of v[a]`: of a record, tuple, variant, result or closure
    Field { d: Reg, a: Reg, i: u16 },
    /// as `Field`, unboxed into `s[d]`
    FieldS { d: Reg, a: Reg, i: u16 },
    /// Part `i` of `v[a]` becomes `v[x]`, which is taken.
    SetField { a: Reg, x: Reg, i: u16 },
    /// Part `i` of `v[a]` becomes `s[x]` as `int`.
    SetFieldI { a: Reg, x: Reg, i: u16 },
    SetFieldN { a: Reg, x: Reg, i: u16 },
    /// Place `i` of the function becomes `v[x]`, which is taken.
    SetPlace { x: Reg, i: u16 },
    /// `v[d] = place i` of the function
    GetPlace { d: Reg, i: u16 },
    /// `v[d] = conversion i of v[a]`
    Convert { d: Reg, a: Reg, i: u32 },

    // Errors.
    Raise { a: Reg },
    /// Nothing has matched. `wanted` says what a lone array pattern wants of the length of `v[a]`: so
    /// many elements, as its complement at least so many, or with 0 nothing.
    NoMatch { a: Reg, wanted: i16 },
    /// Code that cannot be run; the index is of a literal with the reason.
    Internal { i: u32 },
}

/// The form of a new array, by its element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Ints,
    Numbers,
    Bools,
    Values,
}

const _: () = assert!(size_of::<Ins>() == 8);

impl Ins {
    /// The target, if this is a jump to one place.
    pub(crate) fn target_mut(&mut self) -> Option<&mut u32> {
        match self {
            Self::Jump { t }
            | Self::If { t, .. }
            | Self::IfNot { t, .. }
            | Self::JEqI { t, .. }
            | Self::JNeI { t, .. }
            | Self::JLtI { t, .. }
            | Self::JLeI { t, .. }
            | Self::JEqImm { t, .. }
            | Self::JNeImm { t, .. }
            | Self::JLtImm { t, .. }
            | Self::JLeImm { t, .. }
            | Self::JGtImm { t, .. }
            | Self::JGeImm { t, .. }
            | Self::JEqN { t, .. }
            | Self::JNeN { t, .. }
            | Self::JLtN { t, .. }
            | Self::JLeN { t, .. }
            | Self::JNotLtN { t, .. }
            | Self::JNotLeN { t, .. }
            | Self::JEqS { t, .. }
            | Self::JNeS { t, .. }
            | Self::JEqLit { t, .. }
            | Self::JNeLit { t, .. }
            | Self::JNone { t, .. }
            | Self::JSome { t, .. }
            | Self::JErr { t, .. }
            | Self::JOk { t, .. }
            | Self::JNotVariant { t, .. }
            | Self::JNotType { t, .. }
            | Self::ForI { t, .. }
            | Self::ForIEq { t, .. }
            | Self::ForS { t, .. }
            | Self::ForV { t, .. } => Some(t),
            _ => None,
        }
    }
}
