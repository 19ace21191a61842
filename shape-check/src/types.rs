//! The checker's types: interned, so that they are copied and compared as one word.

use rustc_hash::FxHashMap;
use shape_abi::Const;
use std::rc::Rc;

/// An interned type; [`Types::kind`] says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ty(u32);

/// A record type or an enum, declared in a script or by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefId(pub u32);

/// A closure expression, or a function used as a value, inside one function instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClosureId(pub u32);

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TyKind {
    /// `()`
    Unit,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `number`
    Number,
    /// `char`
    Char,
    /// `duration`
    Duration,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// A range of `int`
    Range,
    /// `Error`
    Error,
    /// Any JSON value
    Json,
    /// The type of an expression that never gives a value
    Never,
    /// The type of what is wrong and has been reported; goes with everything
    Wrong,
    /// `Array<T>`
    Array(Ty),
    /// `HashMap<K, V>`
    Map(Ty, Ty),
    /// `Set<T>`
    Set(Ty),
    /// `[A, B]`
    Tuple(Rc<[Ty]>),
    /// `{ x: int, y?: string }`
    Object(Rc<[Field]>),
    /// A declared record type with its type arguments
    Struct(DefId, Rc<[Ty]>),
    /// A declared enum with its type arguments
    Enum(DefId, Rc<[Ty]>),
    /// `T?`
    Option(Ty),
    /// An option that may be used as a `T`; see [`shape_abi::Ty::Maybe`]
    Maybe(Ty),
    /// `Result<T, E>`
    Result(Ty, Ty),
    /// `(A, B) => R`
    Fn(Rc<[Ty]>, Ty),
    /// `&T`: a variable of the caller. Only arguments and parameters have such a type
    Ref(Ty),
    /// A known closure
    Closure(ClosureId),
    /// One of a growing group of closures
    Group(u32),
    /// `A | B`: flat, sorted, without doubles, at least two
    Union(Rc<[Ty]>),
    /// `dyn Trait<T>`: a value of any type that has the trait
    Dyn(u32, Rc<[Ty]>),
    /// An opaque resource of the host
    Resource(Rc<str>),
    /// A `type` that names itself, inside of what it stands for; see [`Types::kind`]
    Alias(u32),
    /// A type parameter of a declaration, before it is applied
    Param(u32),
    /// Not known yet
    Var(u32),
}

/// A field of a structural object type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The name.
    pub name: Rc<str>,
    /// The type; of an optional field, the option.
    pub ty: Ty,
    /// Whether a literal may leave it out.
    pub optional: bool,
}

/// Where a value lives while a function runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repr {
    /// A `u64` register holding two's complement.
    Int,
    /// A `u64` register holding the bits of a double.
    Number,
    /// A `u64` register holding 0 or 1.
    Bool,
    /// A `u64` register holding a code point.
    Char,
    /// A `u64` register holding nanoseconds.
    Duration,
    /// Nothing to hold; where a register is needed, a `u64` holding 0.
    Unit,
    /// A value register.
    Value,
}

/// The types of one program, with the record types and enums that they name.
#[derive(Clone, Debug)]
pub struct Types {
    kinds: Vec<TyKind>,
    /// What can be inside each type, so that walks over shared parts stay short.
    inside: Vec<Inside>,
    index: FxHashMap<TyKind, Ty>,
    /// Record types and enums.
    pub defs: Vec<Def>,
    /// Enums whose values without payload are told apart, since their end is seen.
    pub ending: Vec<DefId>,
    /// What each [`TyKind::Alias`] stands for, once that is known, and its name.
    aliases: Vec<(Option<Ty>, Rc<str>)>,
}

/// What can be inside a type.
#[derive(Clone, Copy, Debug, Default)]
struct Inside {
    open: bool,
    param: bool,
    closure: bool,
    depth: u32,
}

/// A declared record type or enum.
#[derive(Clone, Debug)]
pub struct Def {
    /// The name, printed in front of values where the language says so.
    pub name: Rc<str>,
    /// How many type parameters it has.
    pub generics: u32,
    /// Its contents.
    pub kind: DefKind,
}

/// What a [`Def`] declares.
#[derive(Clone, Debug)]
pub enum DefKind {
    /// A record type.
    Struct(Vec<DefField>),
    /// An enum.
    Enum(Vec<Variant>),
}

/// A field of a declared record type.
#[derive(Clone, Debug)]
pub struct DefField {
    /// The name.
    pub name: Rc<str>,
    /// The constant that the host declared for it; defaults written in a script are expressions
    /// that the checker puts where they are needed.
    pub default: Option<Const>,
}

/// A variant of an enum.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The name.
    pub name: Rc<str>,
    /// The names of its fields for `Rect { w, h }`; `None` for `Circle(r)` and `Point`.
    pub fields: Option<Rc<[Rc<str>]>>,
    /// How many values it carries.
    pub arity: u32,
}

macro_rules! basic_types {
    ($($name:ident = $index:literal $kind:ident;)*) => {
        impl Ty {
            $(#[allow(missing_docs)] pub const $name: Ty = Ty($index);)*
        }

        impl Default for Types {
            fn default() -> Self {
                let mut types = Self {
                    kinds: Vec::new(),
                    inside: Vec::new(),
                    index: FxHashMap::default(),
                    defs: Vec::new(),
                    ending: Vec::new(),
                    aliases: Vec::new(),
                };
                $(assert_eq!(types.intern(TyKind::$kind), Ty::$name);)*
                types
            }
        }
    };
}

basic_types! {
    UNIT = 0 Unit;
    BOOL = 1 Bool;
    INT = 2 Int;
    NUMBER = 3 Number;
    CHAR = 4 Char;
    DURATION = 5 Duration;
    STRING = 6 String;
    BYTES = 7 Bytes;
    RANGE = 8 Range;
    ERROR = 9 Error;
    JSON = 10 Json;
    NEVER = 11 Never;
    WRONG = 12 Wrong;
}

impl Types {
    /// The type of this kind.
    pub fn intern(&mut self, kind: TyKind) -> Ty {
        let kind = self.rolled(kind);
        if let Some(&ty) = self.index.get(&kind) {
            return ty;
        }
        let ty = Ty(u32::try_from(self.kinds.len()).unwrap_or(u32::MAX));
        let inside = self.look_inside(&kind);
        self.inside.push(inside);
        self.kinds.push(kind.clone());
        self.index.insert(kind, ty);
        ty
    }

    /// What `ty` is. A type that names itself is what it stands for, and holds itself by name, so a
    /// walk over all that is inside a type must stop at [`Types::alias`].
    #[must_use]
    pub fn kind(&self, ty: Ty) -> &TyKind {
        &self.kinds[self.unrolled(ty).0 as usize]
    }

    /// The name of a type that names itself, where `ty` is that name.
    #[must_use]
    pub fn alias(&self, ty: Ty) -> Option<&Rc<str>> {
        match &self.kinds[ty.0 as usize] {
            TyKind::Alias(number) => Some(&self.aliases[*number as usize].1),
            _ => None,
        }
    }

    /// `ty`, or what it stands for where it is the name of a type that names itself.
    pub(crate) fn unrolled(&self, ty: Ty) -> Ty {
        match self.kinds[ty.0 as usize] {
            TyKind::Alias(number) => self.aliases[number as usize].0.unwrap_or(ty),
            _ => ty,
        }
    }

    /// A type that names itself, before it is known what it stands for.
    pub(crate) fn new_alias(&mut self, name: &Rc<str>) -> Ty {
        let number = u32::try_from(self.aliases.len()).unwrap_or(u32::MAX);
        self.aliases.push((None, Rc::clone(name)));
        self.intern(TyKind::Alias(number))
    }

    /// Says what an alias stands for.
    pub(crate) fn define_alias(&mut self, alias: Ty, ty: Ty) {
        if let TyKind::Alias(number) = self.kinds[alias.0 as usize] {
            self.aliases[number as usize].0 = Some(ty);
        }
    }

    /// `kind` with what an alias stands for replaced by the alias, so that there is one form of it.
    fn rolled(&self, kind: TyKind) -> TyKind {
        let alias = |part: Ty| self.aliases.iter().position(|(ty, _)| *ty == Some(part));
        let mut known = false;
        if !self.aliases.is_empty() {
            crate::infer::parts(&kind, &mut |part| known |= alias(part).is_some());
        }
        if !known {
            return kind;
        }
        crate::infer::with_parts(kind, &mut |part| {
            let own = alias(part).and_then(|number| u32::try_from(number).ok());
            own.and_then(|number| self.index.get(&TyKind::Alias(number)).copied())
                .unwrap_or(part)
        })
    }

    fn look_inside(&self, kind: &TyKind) -> Inside {
        let mut inside = Inside {
            open: matches!(kind, TyKind::Var(_)),
            param: matches!(kind, TyKind::Param(_)),
            closure: matches!(kind, TyKind::Closure(_) | TyKind::Group(_)),
            depth: 0,
        };
        crate::infer::parts(kind, &mut |part| {
            let part = self.inside[part.0 as usize];
            inside.open |= part.open;
            inside.param |= part.param;
            inside.closure |= part.closure;
            inside.depth = inside.depth.max(part.depth.saturating_add(1));
        });
        inside
    }

    /// Whether `ty` has an inference variable in it, bound or not.
    pub(crate) fn may_be_open(&self, ty: Ty) -> bool {
        self.inside[ty.0 as usize].open
    }

    /// Whether `ty` has a type parameter in it.
    pub(crate) fn may_hold_param(&self, ty: Ty) -> bool {
        self.inside[ty.0 as usize].param
    }

    /// Whether `ty` has closures in it, or may turn out to.
    pub(crate) fn may_hold_closure(&self, ty: Ty) -> bool {
        let inside = self.inside[ty.0 as usize];
        inside.closure || inside.open
    }

    /// How deep types nest in `ty`; variables count as leaves.
    pub(crate) fn depth(&self, ty: Ty) -> u32 {
        self.inside[ty.0 as usize].depth
    }

    /// Where values of `ty` live.
    #[must_use]
    pub fn repr(&self, ty: Ty) -> Repr {
        match self.kind(ty) {
            TyKind::Int => Repr::Int,
            TyKind::Number => Repr::Number,
            TyKind::Bool => Repr::Bool,
            TyKind::Char => Repr::Char,
            TyKind::Duration => Repr::Duration,
            TyKind::Unit | TyKind::Never => Repr::Unit,
            _ => Repr::Value,
        }
    }

    /// The declaration behind `id`.
    #[must_use]
    pub fn def(&self, id: DefId) -> &Def {
        &self.defs[id.0 as usize]
    }
}
