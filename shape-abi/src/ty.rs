//! Types as data.

use crate::Const;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The type of a value that crosses between a script and its host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ty {
    /// `()`
    Unit,
    /// `bool`
    Bool,
    /// `int`, 64 bits with a sign
    Int,
    /// `number`, IEEE 754 double
    Number,
    /// `char`, a Unicode scalar value
    Char,
    /// `duration`, whole nanoseconds in 64 bits with a sign
    Duration,
    /// `string`, UTF-8
    String,
    /// `bytes`
    Bytes,
    /// `a..b` of `int`
    Range,
    /// `Error`
    Error,
    /// Any JSON value
    Json,
    /// The type of an expression that never gives a value
    Never,
    /// `Array<T>`
    Array(Arc<Ty>),
    /// `HashMap<K, V>`
    Map(Arc<Ty>, Arc<Ty>),
    /// `Set<T>`
    Set(Arc<Ty>),
    /// `[A, B]`
    Tuple(Arc<[Ty]>),
    /// A record, with or without a name
    Record(Arc<RecordTy>),
    /// `T?`
    Option(Arc<Ty>),
    /// `T?` that a script may also use as a `T`; a `None` is then a run-time error. Results of
    /// look-ups (`xs[i]`, `map.get(k)`) have it.
    Maybe(Arc<Ty>),
    /// `Result<T, E>`
    Result(Arc<Ty>, Arc<Ty>),
    /// `(A, B) => R`
    Fn(Arc<[Ty]>, Arc<Ty>),
    /// `A | B`
    Union(Arc<[Ty]>),
    /// An opaque resource of the host, such as `IoHandle`
    Resource(Cow<'static, str>),
    /// The type parameter with this number; in a host function it is any type and its value is
    /// always boxed
    Param(u8),
    /// A parameter that receives the type argument with this number instead of a value. A script
    /// does not write it; the compiler fills it in
    TypeArg(u8),
    /// Inside of a type that names itself, that type again: so many types further out, and its name. The
    /// compiler writes it in type arguments only
    Enclosing(u32, Cow<'static, str>),
}

/// A record type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordTy {
    /// Its name, if it has one.
    pub name: Option<Cow<'static, str>>,
    /// The fields, in the order in which they are stored and printed.
    pub fields: Vec<FieldTy>,
}

/// A field of a record type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldTy {
    /// The name.
    pub name: Cow<'static, str>,
    /// The type.
    pub ty: Ty,
    /// What a literal without this field gets; `None` when the field must be written.
    pub default: Option<Const>,
}

impl Ty {
    /// Whether values of this type live in the scalar bank: one `u64` without a tag.
    ///
    /// `int` and `duration` are stored as two's complement, `number` by its bits, `bool` as 0 or 1,
    /// `char` by its code point, `()` as 0.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Unit | Self::Bool | Self::Int | Self::Number | Self::Char | Self::Duration
        )
    }

    /// `Array<element>`.
    #[must_use]
    pub fn array(element: Ty) -> Self {
        Self::Array(Arc::new(element))
    }

    /// `T?`.
    #[must_use]
    pub fn option(inner: Ty) -> Self {
        Self::Option(Arc::new(inner))
    }
}

/// As a script would write it.
impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit => f.write_str("()"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Number => f.write_str("number"),
            Self::Char => f.write_str("char"),
            Self::Duration => f.write_str("duration"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Range => f.write_str("Range"),
            Self::Error => f.write_str("Error"),
            Self::Json => f.write_str("Json"),
            Self::Never => f.write_str("never"),
            Self::Array(t) => write!(f, "Array<{t}>"),
            Self::Map(k, v) => write!(f, "HashMap<{k}, {v}>"),
            Self::Set(t) => write!(f, "Set<{t}>"),
            Self::Tuple(items) => {
                f.write_str("[")?;
                list(f, items, ", ")?;
                f.write_str("]")
            }
            Self::Record(record) => record.fmt(f),
            Self::Option(t) | Self::Maybe(t) => match **t {
                Self::Union(_) | Self::Fn(..) => write!(f, "({t})?"),
                _ => write!(f, "{t}?"),
            },
            Self::Result(t, e) if **e == Self::Error => write!(f, "Result<{t}>"),
            Self::Result(t, e) => write!(f, "Result<{t}, {e}>"),
            Self::Fn(params, ret) => {
                f.write_str("(")?;
                list(f, params, ", ")?;
                write!(f, ") => {ret}")
            }
            Self::Union(items) => list(f, items, " | "),
            Self::Resource(name) | Self::Enclosing(_, name) => f.write_str(name),
            Self::Param(n) => f.write_str(param_name(*n)),
            Self::TypeArg(n) => write!(f, "type {}", param_name(*n)),
        }
    }
}

impl fmt::Display for RecordTy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            return f.write_str(name);
        }
        f.write_str("{ ")?;
        for (i, field) in self.fields.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            let optional = if field.default.is_some() { "?" } else { "" };
            write!(f, "{comma}{}{optional}: {}", field.name, field.ty)?;
        }
        f.write_str(" }")
    }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Ty], separator: &str) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

fn param_name(n: u8) -> &'static str {
    ["T", "U", "V", "W"].get(usize::from(n)).unwrap_or(&"X")
}
