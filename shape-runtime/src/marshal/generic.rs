//! Types with parameters: what works on values of any type.
//!
//! The number names the type parameter: `Any<0>` and `ArrayRef<0>` in one signature are a `T` and an
//! `Array<T>` of the same `T`.

use super::{FromShape, IntoShape, Receiver, ShapeType, Source};
use crate::{HostCx, Raise};
use shape_abi::Ty;
use shape_value::{Array, ErrorValue, HeapValue, Map, Set, Value};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

/// A value of this program's own.
#[inline(always)]
pub(super) fn own<'a, S: Source<'a>>(source: S) -> Result<&'a Value, Raise> {
    source
        .own()
        .ok_or_else(|| Raise::mistyped("value of the host", source.kind_name()))
}

/// A value of any type, boxed.
#[derive(Clone, Debug, PartialEq)]
pub struct Any<const N: u8>(pub Value);

/// A value of any type, viewed in place.
#[derive(Clone, Copy, Debug)]
pub struct AnyRef<'a, const N: u8>(pub &'a Value);

impl<const N: u8> ShapeType for Any<N> {
    fn ty() -> Ty {
        Ty::Param(N)
    }
}

impl<const N: u8> FromShape for Any<N> {
    type Arg<'a> = Self;

    const CROSSES: bool = false;

    #[inline(always)]
    fn read<'a, S: Source<'a>>(source: S) -> Result<Self, Raise> {
        source.to_value().map(Self)
    }
}

impl<const N: u8> IntoShape for Any<N> {
    #[inline(always)]
    fn into_value(self) -> Value {
        self.0
    }
}

impl<const N: u8> ShapeType for AnyRef<'_, N> {
    fn ty() -> Ty {
        Ty::Param(N)
    }
}

impl<const N: u8> FromShape for AnyRef<'_, N> {
    type Arg<'a> = AnyRef<'a, N>;

    const CROSSES: bool = false;

    #[inline(always)]
    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        own(source).map(AnyRef)
    }
}

/// An array of any element type. As a parameter it shares the script's array; as a result it must
/// have the form of its element type: that of an array it was made from, or
/// [`Array::for_element`] of a [`TypeArg`].
#[derive(Clone, Debug)]
pub struct ArrayOf<const N: u8>(pub Rc<Array>);

impl<const N: u8> From<Array> for ArrayOf<N> {
    fn from(array: Array) -> Self {
        Self(Rc::new(array))
    }
}

impl<const N: u8> Deref for ArrayOf<N> {
    type Target = Array;

    fn deref(&self) -> &Array {
        &self.0
    }
}

impl<const N: u8> ShapeType for ArrayOf<N> {
    fn ty() -> Ty {
        Ty::array(Ty::Param(N))
    }
}

impl<const N: u8> FromShape for ArrayOf<N> {
    type Arg<'a> = Self;

    const CROSSES: bool = false;

    #[inline]
    fn read<'a, S: Source<'a>>(source: S) -> Result<Self, Raise> {
        match source.own().and_then(Value::as_array) {
            Some(array) => Ok(Self(Rc::clone(array))),
            None => Err(Raise::mistyped("array", source.kind_name())),
        }
    }
}

impl<const N: u8> IntoShape for ArrayOf<N> {
    fn into_value(self) -> Value {
        Value::Heap(HeapValue::Array(self.0))
    }
}

/// Collections of any type, viewed in place.
macro_rules! views {
    ($($(#[$doc:meta])* $name:ident<$($n:ident),+>($inner:ty), $as:ident, $word:literal, $ty:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name<'a, $(const $n: u8),+>(pub &'a $inner);

            impl<$(const $n: u8),+> Deref for $name<'_, $($n),+> {
                type Target = $inner;

                #[inline]
                fn deref(&self) -> &$inner {
                    self.0
                }
            }

            impl<$(const $n: u8),+> ShapeType for $name<'_, $($n),+> {
                fn ty() -> Ty {
                    $ty
                }
            }

            impl<$(const $n: u8),+> FromShape for $name<'_, $($n),+> {
                type Arg<'a> = $name<'a, $($n),+>;

                const CROSSES: bool = false;

                #[inline]
                fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
                    match source.own().and_then(Value::$as) {
                        Some(inner) => Ok($name(inner)),
                        None => Err(Raise::mistyped($word, source.kind_name())),
                    }
                }
            }
        )*
    };
}

views! {
    /// An array of any element type, viewed in place.
    ArrayRef<N>(Array), as_array, "array", Ty::array(Ty::Param(N));
    /// A map of any types, viewed in place.
    MapRef<K, V>(Map), as_map, "map", Ty::Map(Arc::new(Ty::Param(K)), Arc::new(Ty::Param(V)));
    /// A set of any element type, viewed in place.
    SetRef<N>(Set), as_set, "set", Ty::Set(Arc::new(Ty::Param(N)));
}

/// A map of any types, as a result.
#[derive(Clone, Debug)]
pub struct MapOf<const K: u8, const V: u8>(pub Map);

impl<const K: u8, const V: u8> ShapeType for MapOf<K, V> {
    fn ty() -> Ty {
        MapRef::<K, V>::ty()
    }
}

impl<const K: u8, const V: u8> IntoShape for MapOf<K, V> {
    fn into_value(self) -> Value {
        Value::map(self.0)
    }
}

/// A set of any element type, as a result.
#[derive(Clone, Debug)]
pub struct SetOf<const N: u8>(pub Set);

impl<const N: u8> ShapeType for SetOf<N> {
    fn ty() -> Ty {
        SetRef::<N>::ty()
    }
}

impl<const N: u8> IntoShape for SetOf<N> {
    fn into_value(self) -> Value {
        Value::set(self.0)
    }
}

macro_rules! receivers {
    ($($rust:ty: $ty:expr, $borrow:ident;)*) => {
        $(impl Receiver for $rust {
            fn receiver_ty() -> Ty {
                $ty
            }

            #[inline]
            fn borrow(value: &mut Value) -> Option<&mut Self> {
                value.$borrow()
            }
        })*
    };
}

receivers! {
    Array: ArrayRef::<0>::ty(), as_array_mut;
    Map: MapRef::<0, 1>::ty(), as_map_mut;
    Set: SetRef::<0>::ty(), as_set_mut;
}

/// The result of a look-up that may find nothing: a script may use it as a `T`, where a missing one
/// is then a run-time error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maybe<T>(pub Option<T>);

impl<T: ShapeType> ShapeType for Maybe<T> {
    fn ty() -> Ty {
        Ty::Maybe(Arc::new(T::ty()))
    }
}

impl<T: IntoShape> IntoShape for Maybe<T> {
    #[inline]
    fn into_value(self) -> Value {
        self.0.into_value()
    }
}

/// The script's own `Result<T, E>`, as a parameter or a result. A Rust `Result` is another thing: its
/// error is raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptResult<T, E = Rc<ErrorValue>>(pub Result<T, E>);

impl<T: ShapeType, E: ShapeType> ShapeType for ScriptResult<T, E> {
    fn ty() -> Ty {
        Ty::Result(Arc::new(T::ty()), Arc::new(E::ty()))
    }
}

impl<T: FromShape, E: FromShape> FromShape for ScriptResult<T, E> {
    type Arg<'a> = ScriptResult<T::Arg<'a>, E::Arg<'a>>;

    const CROSSES: bool = T::CROSSES && E::CROSSES;

    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        match source.result() {
            Some(Ok(ok)) => Ok(ScriptResult(Ok(T::read(ok)?))),
            Some(Err(err)) => Ok(ScriptResult(Err(E::read(err)?))),
            None => Err(Raise::mistyped("Result", source.kind_name())),
        }
    }
}

impl<T: IntoShape, E: IntoShape> IntoShape for ScriptResult<T, E> {
    fn into_value(self) -> Value {
        match self.0 {
            Ok(value) => Value::ok(value.into_value()),
            Err(error) => Value::err(error.into_value()),
        }
    }
}

/// A parameter that no script writes: which type the type parameter `N` is at this call.
#[derive(Clone, Copy, Debug)]
pub struct TypeArg<const N: u8> {
    index: usize,
}

impl<const N: u8> TypeArg<N> {
    /// The type.
    #[must_use]
    pub fn ty(self, cx: &HostCx) -> Ty {
        cx.type_arg(self.index)
    }

    /// An empty array with the form that elements of this type have.
    #[must_use]
    pub fn new_array(self, cx: &HostCx) -> Array {
        cx.type_args()
            .get(self.index)
            .map_or_else(Array::default, Array::for_element)
    }
}

impl<const N: u8> ShapeType for TypeArg<N> {
    const SCALAR: bool = true;

    fn ty() -> Ty {
        Ty::TypeArg(N)
    }
}

impl<const N: u8> FromShape for TypeArg<N> {
    type Arg<'a> = Self;

    const CROSSES: bool = false;

    #[inline(always)]
    fn from_bits<'a>(bits: u64) -> Result<Self::Arg<'a>, Raise> {
        Ok(Self {
            index: usize::try_from(bits).unwrap_or(usize::MAX),
        })
    }

    fn read<'a, S: Source<'a>>(source: S) -> Result<Self, Raise> {
        Err(Raise::mistyped("type argument", source.kind_name()))
    }
}
