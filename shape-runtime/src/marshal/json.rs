//! JSON values of no declared type.

use super::generic::own;
use super::{FromShape, IntoShape, ShapeType, Source};
use crate::Raise;
use shape_abi::Ty;
use shape_value::Value;

/// Any JSON value: `None` for `null`, `bool`, `int` or `number`, `string`, an array of boxed values,
/// or a map with text keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub Value);

/// Any JSON value, viewed in place.
#[derive(Clone, Copy, Debug)]
pub struct JsonRef<'a>(pub &'a Value);

impl ShapeType for Json {
    fn ty() -> Ty {
        Ty::Json
    }
}

impl FromShape for Json {
    type Arg<'a> = Self;

    fn read<'a, S: Source<'a>>(source: S) -> Result<Self, Raise> {
        source.to_value().map(Self)
    }
}

impl IntoShape for Json {
    fn into_value(self) -> Value {
        self.0
    }
}

impl ShapeType for JsonRef<'_> {
    fn ty() -> Ty {
        Ty::Json
    }
}

impl FromShape for JsonRef<'_> {
    type Arg<'a> = JsonRef<'a>;

    const CROSSES: bool = false;

    #[inline]
    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        own(source).map(JsonRef)
    }
}
