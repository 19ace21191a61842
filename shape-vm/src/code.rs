//! A compiled program.
//!
//! [`Code`] holds no `Rc`: it can be shared by threads, each of which runs it with values of its own.

use crate::ins::{Form, Ins, Reg};
use shape_check::Repr;
use shape_runtime::Registry;
use shape_syntax::Span;
use shape_value::{EnumVariant, Shape};
use std::sync::Arc;

/// A program as register bytecode: compiled once, run as often as one likes, on any thread.
#[derive(Debug)]
pub struct Code {
    /// The function instances; the first is the script's top level.
    pub(crate) funcs: Vec<FuncCode>,
    /// Those that the host calls.
    pub(crate) entries: Vec<u32>,
    pub(crate) consts: Vec<u64>,
    pub(crate) literals: Vec<Literal>,
    pub(crate) hosts: Vec<HostCall>,
    pub(crate) dispatch: Vec<Dispatch>,
    pub(crate) shapes: Vec<Arc<Shape>>,
    pub(crate) variants: Vec<Arc<EnumVariant>>,
    pub(crate) conversions: Vec<Conversion>,
    pub(crate) tests: Vec<TypeTest>,
    pub(crate) type_args: Arc<[shape_abi::Ty]>,
    /// How many top-level variables there are in each bank.
    pub(crate) globals: (usize, usize),
}

/// A function instance.
#[derive(Debug)]
pub(crate) struct FuncCode {
    pub(crate) name: Arc<str>,
    /// Whether tracebacks leave it out.
    pub(crate) internal: bool,
    pub(crate) ins: Vec<Ins>,
    pub(crate) spans: SpanTable,
    /// Inner ones first.
    pub(crate) handlers: Vec<Handler>,
    /// Inner ones first.
    pub(crate) lent: Vec<Lent>,
    pub(crate) places: Vec<Place>,
    pub(crate) pieces: Vec<Vec<Piece>>,
    pub(crate) switches: Vec<Switch>,
    /// Constants that loops keep in registers.
    pub(crate) pins: Vec<Vec<u64>>,
    /// For `UnboxSome` and `NotNone`, what was expected: by index of the instruction.
    pub(crate) expected: Vec<(u32, Arc<str>)>,
    /// How many value registers it uses; what lies above is not its own.
    pub(crate) values: usize,
    /// Whether neither it nor anything that it calls uses value registers.
    pub(crate) plain: bool,
    /// Captured variables as parameters: what bank each goes to.
    pub(crate) captures: Vec<Slot>,
    /// How many captured variables there are in each bank.
    pub(crate) captured: (usize, usize),
    /// How many parameters there are in each bank, captured ones included.
    pub(crate) params: (usize, usize),
    pub(crate) ret: Repr,
}

/// Where a parameter is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Scalar,
    Value,
}

/// Which instructions stem from which place in the text: the place holds from its index on.
#[derive(Debug, Default)]
pub(crate) struct SpanTable(Vec<(u32, Span)>);

impl SpanTable {
    /// Says that instructions from `at` on stem from `span`.
    pub(crate) fn push(&mut self, at: usize, span: Span) {
        if self.0.last().is_none_or(|last| last.1 != span) {
            self.0.push((u32::try_from(at).unwrap_or(u32::MAX), span));
        }
    }

    /// The place of instruction `at`.
    pub(crate) fn get(&self, at: usize) -> Span {
        let next = self.0.partition_point(|entry| entry.0 as usize <= at);
        self.0
            .get(next.saturating_sub(1))
            .map(|entry| entry.1)
            .unwrap_or_default()
    }
}

/// The reach of a `try`.
#[derive(Debug)]
pub(crate) struct Handler {
    /// Instructions from `start` up to `end` are covered.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Where to go on.
    pub(crate) target: u32,
    /// The value register that receives `Err(error)`.
    pub(crate) dst: Reg,
    /// Value registers from here on are cleared.
    pub(crate) clear_from: Reg,
}

/// While these instructions run, the value of a place is in a cell; a fault brings it back.
#[derive(Debug)]
pub(crate) struct Lent {
    /// Instructions from `start` up to `end` are covered.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The value register of the cell.
    pub(crate) cell: Reg,
    /// Where its value belongs.
    pub(crate) owner: Owner,
}

/// Where a value that has been lent belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    /// A scalar register.
    Scalar(Reg),
    /// A far scalar: block and index.
    FarScalar(Reg, u16),
    /// The place with this number.
    Place(u16),
}

/// A part of a variable.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) root: PlaceRoot,
    pub(crate) steps: Vec<PlaceStep>,
}

/// Where a [`Place`] starts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlaceRoot {
    /// A value register.
    Reg(Reg),
    /// What the cell in a value register holds.
    Cell(Reg),
    /// A far value: block and index.
    Far(Reg, u16),
    /// What the cell in a far value holds.
    FarCell(Reg, u16),
    /// A top-level variable.
    Global(u32),
    /// What the cell in a top-level variable holds.
    GlobalCell(u32),
}

/// One step of a [`Place`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlaceStep {
    Field(u32),
    /// By the `int` in a scalar register.
    Index(Reg),
    /// By the key in a value register.
    Key(Reg),
}

/// A piece of an interpolated string.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(Arc<str>),
    /// A scalar register and what it holds.
    Scalar(Reg, Repr),
    /// A value register that holds a string.
    Str(Reg),
    /// A value register that holds anything.
    Value(Reg),
}

/// Targets by number of the variant; others go to `default`.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) targets: Vec<u32>,
    pub(crate) default: u32,
}

/// A constant that is made into a value once per run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    None,
    Unit,
    Bool(bool),
    Int(i64),
    Number(f64),
    Char(char),
    Duration(i64),
    Str(Arc<str>),
    Variant(Arc<EnumVariant>),
    Array(Form),
    Map,
    Record(Arc<Shape>),
}

/// How a host function is called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostCall {
    pub(crate) module: u32,
    pub(crate) func: u32,
    /// For the listing.
    pub(crate) name: Arc<str>,
}

/// Which function runs for which closure, from number `first` on.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    pub(crate) first: u32,
    /// `None` where there is no such closure.
    pub(crate) funcs: Vec<Option<u32>>,
}

/// A conversion that builds another value.
#[derive(Debug)]
pub(crate) enum Conversion {
    Same,
    IntToNumber,
    CharToString,
    Array(Form, Box<Conversion>),
    Set(Box<Conversion>),
    Map(Box<Conversion>, Box<Conversion>),
    Tuple(Vec<Conversion>),
    TupleToArray(Form, Vec<Conversion>),
    Record(Arc<Shape>, Vec<FieldSource>),
    /// A record to a map: a key for each field.
    Entries(Vec<(Box<str>, Conversion)>),
    Option(Box<Conversion>),
    Result(Box<Conversion>, Box<Conversion>),
    /// A closure with this number that has captured the value.
    Captured(u32),
}

/// Where a field of a converted record comes from.
#[derive(Debug)]
pub(crate) enum FieldSource {
    Field(usize, Conversion),
    Const(Literal),
}

/// Whether a value of a union or of `Json` has a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TypeTest {
    /// Any value.
    Any,
    None,
    Unit,
    Bool,
    Int,
    Number,
    Char,
    Duration,
    Str,
    Bytes,
    Range,
    Error,
    /// An array whose elements all pass.
    Array(Box<TypeTest>),
    Map(Box<TypeTest>, Box<TypeTest>),
    Set(Box<TypeTest>),
    Tuple(Vec<TypeTest>),
    /// A record with this name, or without one and with these fields.
    Record(Arc<Shape>, Vec<TypeTest>),
    /// A variant of the enum with this name.
    Enum(Arc<str>),
    Result(Box<TypeTest>, Box<TypeTest>),
    Closure,
    Handle,
    /// Passes one of several.
    OneOf(Vec<TypeTest>),
}

/// A registry that cannot serve a program: it lacks a function that the program calls.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the registry lacks `{0}`, which the program calls")]
pub struct MissingFunction(pub String);

impl Code {
    /// The host functions that the program calls, or the first that `registry` lacks.
    pub(crate) fn check_registry(&self, registry: &Registry) -> Result<(), MissingFunction> {
        let decls = registry.decls();
        let known = |host: &HostCall| {
            decls
                .get(host.module as usize)
                .is_some_and(|module| (host.func as usize) < module.fns.len())
        };
        match self.hosts.iter().find(|host| !known(host)) {
            None => Ok(()),
            Some(host) => Err(MissingFunction(host.name.to_string())),
        }
    }
}
