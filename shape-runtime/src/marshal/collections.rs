//! Arrays, maps, tuples and options of known types.

use super::{FromShape, IntoShape, ShapeType};
use crate::Raise;
use shape_abi::Ty;
use shape_value::{Array, Key, Map, Str, Value};
use std::marker::PhantomData;
use std::sync::Arc;

impl<T: ShapeType> ShapeType for Vec<T> {
    fn ty() -> Ty {
        Ty::array(T::ty())
    }
}

impl<T: FromShape> FromShape for Vec<T> {
    type Arg<'a> = Vec<T::Arg<'a>>;

    fn from_value(value: &Value) -> Result<Self::Arg<'_>, Raise> {
        let array = array_of(value)?;
        match &**array {
            Array::Values(items) => items.iter().map(T::from_value).collect(),
            Array::Ints(items) if T::SCALAR => items
                .iter()
                .map(|n| T::from_bits(n.cast_unsigned()))
                .collect(),
            Array::Numbers(items) if T::SCALAR => {
                items.iter().map(|x| T::from_bits(x.to_bits())).collect()
            }
            Array::Bools(items) if T::SCALAR => {
                items.iter().map(|b| T::from_bits(u64::from(*b))).collect()
            }
            other if other.is_empty() => Ok(Vec::new()),
            _ => Err(Raise::mistyped("array of values", value)),
        }
    }
}

impl<T: IntoShape> IntoShape for Vec<T> {
    fn into_value(self) -> Value {
        Value::array(T::into_array(self))
    }
}

fn array_of(value: &Value) -> Result<&std::rc::Rc<Array>, Raise> {
    value
        .as_array()
        .ok_or_else(|| Raise::mistyped("array", value))
}

/// An array viewed in place: its elements are read one by one, without a copy.
///
/// `List<'_, Str>` gives `&str`, `List<'_, i64>` gives `i64`.
#[derive(Debug)]
pub struct List<'a, T> {
    array: &'a Array,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

/// A type that a [`List`] or [`MapView`] can hold.
#[diagnostic::on_unimplemented(
    message = "a view cannot hold elements of type `{Self}`",
    note = "views hold `Str`, `i64`, `f64` and `bool`; take a `Vec` of anything else"
)]
pub trait Element: ShapeType {
    /// An element as it is seen.
    type View<'a>;

    /// The value as an element.
    fn view(value: &Value) -> Option<Self::View<'_>>;

    /// The element of the array with this number.
    fn view_in(array: &Array, index: usize) -> Option<Self::View<'_>>;
}

impl Element for Str {
    type View<'a> = &'a str;

    #[inline]
    fn view(value: &Value) -> Option<&str> {
        value.as_str()
    }

    #[inline]
    fn view_in(array: &Array, index: usize) -> Option<&str> {
        match array {
            Array::Values(items) => items.get(index)?.as_str(),
            _ => None,
        }
    }
}

macro_rules! scalar_elements {
    ($($rust:ty, $form:ident, $as:ident;)*) => {
        $(impl Element for $rust {
            type View<'a> = Self;

            #[inline]
            fn view(value: &Value) -> Option<Self> {
                value.$as()
            }

            #[inline]
            fn view_in(array: &Array, index: usize) -> Option<Self> {
                match array {
                    Array::$form(items) => items.get(index).copied(),
                    other => other.get(index)?.$as(),
                }
            }
        })*
    };
}

scalar_elements! {
    i64, Ints, as_int;
    f64, Numbers, as_number;
    bool, Bools, as_bool;
}

impl<'a, T: Element> List<'a, T> {
    /// How many elements there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.array.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.array.is_empty()
    }

    /// The element with this number.
    #[must_use]
    pub fn get(self, index: usize) -> Option<T::View<'a>> {
        T::view_in(self.array, index)
    }

    /// The elements in order.
    pub fn iter(self) -> impl Iterator<Item = T::View<'a>> {
        (0..self.len()).filter_map(move |index| T::view_in(self.array, index))
    }
}

impl<T: Element> ShapeType for List<'_, T> {
    fn ty() -> Ty {
        Ty::array(T::ty())
    }
}

impl<T: Element + 'static> FromShape for List<'_, T> {
    type Arg<'a> = List<'a, T>;

    #[inline]
    fn from_value(value: &Value) -> Result<Self::Arg<'_>, Raise> {
        Ok(List {
            array: array_of(value)?,
            element: PhantomData,
        })
    }
}

/// A map viewed in place, such as `MapView<'_, Str, Str>` for `HashMap<string, string>`.
#[derive(Debug)]
pub struct MapView<'a, K, V> {
    map: &'a Map,
    entry: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Clone for MapView<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for MapView<'_, K, V> {}

impl<'a, K: Element, V: Element> MapView<'a, K, V> {
    /// How many entries there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.map.is_empty()
    }

    /// The entries in order of insertion.
    pub fn iter(self) -> impl Iterator<Item = (K::View<'a>, V::View<'a>)> {
        self.map
            .iter()
            .filter_map(|(key, value)| Some((K::view(&key.0)?, V::view(value)?)))
    }
}

impl<K: Element, V: Element> ShapeType for MapView<'_, K, V> {
    fn ty() -> Ty {
        Ty::Map(Arc::new(K::ty()), Arc::new(V::ty()))
    }
}

impl<K: Element + 'static, V: Element + 'static> FromShape for MapView<'_, K, V> {
    type Arg<'a> = MapView<'a, K, V>;

    fn from_value(value: &Value) -> Result<Self::Arg<'_>, Raise> {
        let map = value
            .as_map()
            .ok_or_else(|| Raise::mistyped("map", value))?;
        Ok(MapView {
            map,
            entry: PhantomData,
        })
    }
}

/// A map of its own, in order of insertion: `HashMap<K, V>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries<K, V>(pub Vec<(K, V)>);

impl<K: ShapeType, V: ShapeType> ShapeType for Entries<K, V> {
    fn ty() -> Ty {
        Ty::Map(Arc::new(K::ty()), Arc::new(V::ty()))
    }
}

impl<K: FromShape, V: FromShape> FromShape for Entries<K, V> {
    type Arg<'a> = Entries<K::Arg<'a>, V::Arg<'a>>;

    fn from_value(value: &Value) -> Result<Self::Arg<'_>, Raise> {
        let map = value
            .as_map()
            .ok_or_else(|| Raise::mistyped("map", value))?;
        let entries = map
            .iter()
            .map(|(k, v)| Ok((K::from_value(&k.0)?, V::from_value(v)?)));
        entries.collect::<Result<_, _>>().map(Entries)
    }
}

impl<K: IntoShape, V: IntoShape> IntoShape for Entries<K, V> {
    fn into_value(self) -> Value {
        let entries = self.0.into_iter();
        Value::map(
            entries
                .map(|(k, v)| (Key(k.into_value()), v.into_value()))
                .collect(),
        )
    }
}

impl<T: ShapeType> ShapeType for Option<T> {
    fn ty() -> Ty {
        Ty::option(T::ty())
    }
}

impl<T: FromShape> FromShape for Option<T> {
    type Arg<'a> = Option<T::Arg<'a>>;

    #[inline]
    fn from_value(value: &Value) -> Result<Self::Arg<'_>, Raise> {
        if value.is_none() {
            Ok(None)
        } else {
            T::from_value(value).map(Some)
        }
    }
}

impl<T: IntoShape> IntoShape for Option<T> {
    #[inline]
    fn into_value(self) -> Value {
        self.map_or(Value::None, T::into_value)
    }
}

macro_rules! tuples {
    ($($($T:ident $index:tt),+;)*) => {
        $(
            impl<$($T: ShapeType),+> ShapeType for ($($T,)+) {
                fn ty() -> Ty {
                    Ty::Tuple(Arc::new([$($T::ty()),+]))
                }
            }

            impl<$($T: FromShape),+> FromShape for ($($T,)+) {
                type Arg<'a> = ($($T::Arg<'a>,)+);

                fn from_value(value: &Value) -> Result<Self::Arg<'_>, Raise> {
                    let items = value.as_tuple().ok_or_else(|| Raise::mistyped("tuple", value))?;
                    Ok(($($T::from_value(items.get($index).unwrap_or(&Value::None))?,)+))
                }
            }

            impl<$($T: IntoShape),+> IntoShape for ($($T,)+) {
                fn into_value(self) -> Value {
                    Value::tuple(vec![$(self.$index.into_value()),+])
                }
            }
        )*
    };
}

tuples! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
}
