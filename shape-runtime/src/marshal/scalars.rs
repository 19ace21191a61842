//! What lives in the scalar bank.

use super::{FromShape, IntoShape, ShapeType, Source};
use crate::Raise;
use crate::plugin::Lent;
use shape_abi::Ty;
use shape_value::{Array, Scalar, Value, bits_to_char};
use std::convert::Infallible;
use std::time::Duration;

/// A `duration` as the language has it: nanoseconds, also negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub i64);

/// Types that every scalar of their script type fits.
macro_rules! scalars {
    ($($rust:ty: $ty:ident, $from_bits:expr;)*) => {
        $(
            impl ShapeType for $rust {
                const SCALAR: bool = true;

                fn ty() -> Ty {
                    Ty::$ty
                }
            }

            impl FromShape for $rust {
                type Arg<'a> = Self;

                #[inline(always)]
                fn from_bits<'a>(bits: u64) -> Result<Self::Arg<'a>, Raise> {
                    Ok($from_bits(bits))
                }

                #[inline]
                fn read<'a, S: Source<'a>>(source: S) -> Result<Self, Raise> {
                    match source.to_bits(Scalar::$ty) {
                        Some(bits) => Ok($from_bits(bits)),
                        None => Err(Raise::mistyped(stringify!($ty), source.kind_name())),
                    }
                }
            }
        )*
    };
}

scalars! {
    i64: Int, u64::cast_signed;
    f64: Number, f64::from_bits;
    bool: Bool, |bits| bits != 0;
    char: Char, bits_to_char;
    Nanos: Duration, |bits: u64| Nanos(bits.cast_signed());
    (): Unit, |_| ();
}

impl IntoShape for i64 {
    fn into_value(self) -> Value {
        Value::Int(self)
    }

    #[inline(always)]
    fn into_bits(self) -> u64 {
        self.cast_unsigned()
    }

    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        take(Lent::scalar(Scalar::Int, self.into_bits()))
    }

    fn into_array(items: Vec<Self>) -> Array {
        Array::Ints(items)
    }
}

impl IntoShape for f64 {
    fn into_value(self) -> Value {
        Value::Number(self)
    }

    #[inline(always)]
    fn into_bits(self) -> u64 {
        self.to_bits()
    }

    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        take(Lent::scalar(Scalar::Number, self.into_bits()))
    }

    fn into_array(items: Vec<Self>) -> Array {
        Array::Numbers(items)
    }
}

impl IntoShape for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }

    #[inline(always)]
    fn into_bits(self) -> u64 {
        u64::from(self)
    }

    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        take(Lent::scalar(Scalar::Bool, self.into_bits()))
    }

    fn into_array(items: Vec<Self>) -> Array {
        Array::Bools(items)
    }
}

impl IntoShape for char {
    fn into_value(self) -> Value {
        Value::Char(self)
    }

    #[inline(always)]
    fn into_bits(self) -> u64 {
        u64::from(self)
    }

    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        take(Lent::scalar(Scalar::Char, self.into_bits()))
    }
}

impl IntoShape for Nanos {
    fn into_value(self) -> Value {
        Value::Duration(self.0)
    }

    #[inline(always)]
    fn into_bits(self) -> u64 {
        self.0.cast_unsigned()
    }

    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        take(Lent::scalar(Scalar::Duration, self.into_bits()))
    }
}

impl IntoShape for () {
    fn into_value(self) -> Value {
        Value::Unit
    }

    #[inline(always)]
    fn store(self, _: &mut u64, _: &mut Value) {}
}

/// The result of a function that never gives one, such as `exit`.
impl ShapeType for Infallible {
    const SCALAR: bool = true;

    fn ty() -> Ty {
        Ty::Never
    }
}

impl IntoShape for Infallible {
    fn into_value(self) -> Value {
        match self {}
    }
}

/// Unsigned and smaller ints: what does not fit is kind `invalid` on the way in, and the largest
/// `int` on the way out.
macro_rules! small_ints {
    ($($rust:ty),*) => {
        $(
            impl ShapeType for $rust {
                const SCALAR: bool = true;

                fn ty() -> Ty {
                    Ty::Int
                }
            }

            impl FromShape for $rust {
                type Arg<'a> = Self;

                #[inline(always)]
                fn from_bits<'a>(bits: u64) -> Result<Self::Arg<'a>, Raise> {
                    Self::try_from(bits.cast_signed()).map_err(|_| out_of_range(bits, stringify!($rust)))
                }

                fn read<'a, S: Source<'a>>(source: S) -> Result<Self, Raise> {
                    Self::from_bits(i64::read(source)?.cast_unsigned())
                }
            }

            impl IntoShape for $rust {
                fn into_value(self) -> Value {
                    Value::Int(self.into_bits().cast_signed())
                }

                #[inline(always)]
                fn into_bits(self) -> u64 {
                    i64::try_from(self).unwrap_or(i64::MAX).cast_unsigned()
                }

                #[inline]
                fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
                    take(Lent::scalar(Scalar::Int, self.into_bits()))
                }

                fn into_array(items: Vec<Self>) -> Array {
                    Array::Ints(items.into_iter().map(|n| n.into_bits().cast_signed()).collect())
                }
            }
        )*
    };
}

small_ints!(i32, u32, u64, usize);

#[cold]
fn out_of_range(bits: u64, rust: &str) -> Raise {
    let (n, range) = (
        bits.cast_signed(),
        match rust {
            "i32" => "-2147483648 to 2147483647",
            "u32" => "0 to 4294967295",
            _ => "0 or more",
        },
    );
    Raise::invalid(format!("{n} is out of range: expected {range}"))
}

/// A duration that must not be negative; longer than 292 years is cut off on the way out.
impl ShapeType for Duration {
    const SCALAR: bool = true;

    fn ty() -> Ty {
        Ty::Duration
    }
}

impl FromShape for Duration {
    type Arg<'a> = Self;

    #[inline(always)]
    fn from_bits<'a>(bits: u64) -> Result<Self::Arg<'a>, Raise> {
        match u64::try_from(bits.cast_signed()) {
            Ok(nanos) => Ok(Duration::from_nanos(nanos)),
            Err(_) => Err(negative_duration(bits)),
        }
    }

    fn read<'a, S: Source<'a>>(source: S) -> Result<Self, Raise> {
        Self::from_bits(Nanos::read(source)?.0.cast_unsigned())
    }
}

#[cold]
fn negative_duration(bits: u64) -> Raise {
    let duration = Value::Duration(bits.cast_signed());
    Raise::invalid(format!("a duration of {duration} is negative"))
}

impl IntoShape for Duration {
    fn into_value(self) -> Value {
        Value::Duration(self.into_bits().cast_signed())
    }

    #[inline(always)]
    fn into_bits(self) -> u64 {
        i64::try_from(self.as_nanos())
            .unwrap_or(i64::MAX)
            .cast_unsigned()
    }

    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        take(Lent::scalar(Scalar::Duration, self.into_bits()))
    }
}
