//! Rust types as script types: the type and the conversion in one place, so that what the checker
//! sees and what runs cannot drift apart.

mod collections;
mod generic;
mod json;
mod record;
mod scalars;
mod source;
mod text;
mod unions;

pub use collections::{Element, Entries, List, MapView};
pub use generic::{
    Any, AnyRef, ArrayOf, ArrayRef, MapOf, MapRef, Maybe, ScriptResult, SetOf, SetRef, TypeArg,
};
pub use json::{Json, JsonRef};
pub use record::{FieldReader, ToConst, record_shape};
pub use scalars::Nanos;
pub use source::{ArrayView, Elements, MapSource, Source};
pub use text::Bytes;

use crate::Raise;
use crate::plugin::Lent;
use shape_abi::Ty;
use shape_value::{Array, Value};

/// A Rust type that stands for a script type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand for a script type",
    note = "scalars: `i64`, `f64`, `bool`, `char`, `()`, `Duration`, `Nanos`; text: `&str`, `Str`, `String`, `&[u8]`, `Vec<u8>`, `Bytes`",
    note = "containers: `Vec<T>`, `List<T>`, `MapView<K, V>`, `Option<T>`, tuples; records and unions: the macros `record!` and `union!`"
)]
pub trait ShapeType {
    /// Whether its values live in the scalar bank; must agree with [`Ty::is_scalar`].
    const SCALAR: bool = false;

    /// The type that the checker sees.
    fn ty() -> Ty;
}

/// A Rust type that a host function can take as a parameter.
#[diagnostic::on_unimplemented(
    message = "a host function cannot take a parameter of type `{Self}`",
    note = "scalars: `i64`, `f64`, `bool`, `char`, `()`, `Duration`, `Nanos`; text: `&str`, `Str`, `String`, `&[u8]`, `Vec<u8>`, `Bytes`",
    note = "containers: `Vec<T>`, `List<T>`, `MapView<K, V>`, `Option<T>`, tuples; records and unions: the macros `record!` and `union!`"
)]
pub trait FromShape: ShapeType {
    /// The type itself, with the lifetime of the call where it borrows.
    type Arg<'a>;

    /// Whether it can be read from what a plugin is given: a view across the border. What is only to
    /// be had from a value of this program's own cannot.
    const CROSSES: bool = true;

    /// Reads it from a value.
    ///
    /// # Errors
    /// Kind `invalid` when the script gave a value that the Rust type cannot hold; kind `internal`
    /// when the value is not of the static type, which is a mistake of the compiler.
    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise>;

    /// Reads it from a scalar register. Only called where [`ShapeType::SCALAR`].
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    fn from_bits<'a>(bits: u64) -> Result<Self::Arg<'a>, Raise> {
        let _ = bits;
        Err(Raise::internal("a scalar register was read as a value"))
    }
}

/// A Rust type that a host function can give as its result.
#[diagnostic::on_unimplemented(
    message = "a host function cannot give a result of type `{Self}`",
    note = "results are owned: `i64`, `f64`, `bool`, `char`, `()`, `Duration`, `Nanos`, `Str`, `String`, `Vec<T>`, `Option<T>`, `Maybe<T>`, tuples, `record!` types",
    note = "a Rust `Result<T, E>` raises its error; `ScriptResult<T, E>` is the script's own `Result`"
)]
pub trait IntoShape: ShapeType + Sized {
    /// As a value.
    fn into_value(self) -> Value;

    /// As a scalar register. Only called where [`ShapeType::SCALAR`].
    fn into_bits(self) -> u64 {
        0
    }

    /// Lends it to `take` on the other side of a border.
    #[doc(hidden)]
    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        take(Lent::value(&self.into_value()))
    }

    /// An array of them, in the form that the element type has.
    fn into_array(items: Vec<Self>) -> Array {
        Array::Values(items.into_iter().map(Self::into_value).collect())
    }

    /// Puts it into the one of these two registers that is in the bank of its type.
    #[doc(hidden)]
    #[inline(always)]
    fn store(self, scalar: &mut u64, value: &mut Value) {
        if Self::SCALAR {
            *scalar = self.into_bits();
        } else {
            value.overwrite_with(|| self.into_value());
        }
    }
}

/// What a host function can return: a result, or a Rust `Result` whose error is raised.
#[diagnostic::on_unimplemented(
    message = "a host function cannot return `{Self}`",
    label = "neither a result that a script can take nor a `Result` whose error can be raised",
    note = "the result, or the `Ok` of a Rust `Result`, implements `IntoShape`; the `Err` converts into `Raise`"
)]
pub trait Outcome {
    /// The result where it succeeds.
    type Value: IntoShape;

    /// The result, or what is raised.
    ///
    /// # Errors
    /// What the function raised.
    fn into_result(self) -> Result<Self::Value, Raise>;
}

impl<T: IntoShape> Outcome for T {
    type Value = T;

    #[inline(always)]
    fn into_result(self) -> Result<T, Raise> {
        Ok(self)
    }
}

impl<T: IntoShape, E: Into<Raise>> Outcome for Result<T, E> {
    type Value = T;

    #[inline(always)]
    fn into_result(self) -> Result<T, Raise> {
        self.map_err(Into::into)
    }
}

/// A collection or text that a method changes in place, taken as `&mut`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be changed in place by a host function",
    note = "receivers are `&mut Array`, `&mut Map`, `&mut Set`, `&mut Str`, `&mut Vec<u8>`"
)]
pub trait Receiver {
    /// The type that the checker sees.
    fn receiver_ty() -> Ty;

    /// The receiver inside a register, copied first where others hold it too.
    fn borrow(value: &mut Value) -> Option<&mut Self>;
}
