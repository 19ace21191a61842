//! Arrays, maps, tuples and options of known types.

use super::{ArrayView, Elements, FromShape, IntoShape, MapSource, ShapeType, Source};
use crate::Raise;
use crate::plugin::FarItems;
use crate::plugin::Lent;
use shape_abi::Ty;
use shape_value::{Key, Scalar, Str, Value};
use std::marker::PhantomData;
use std::sync::Arc;

impl<T: ShapeType> ShapeType for Vec<T> {
    fn ty() -> Ty {
        Ty::array(T::ty())
    }
}

impl<T: FromShape> FromShape for Vec<T> {
    type Arg<'a> = Vec<T::Arg<'a>>;

    const CROSSES: bool = T::CROSSES;

    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        let Some(elements) = source.array() else {
            return Err(Raise::mistyped("array", source.kind_name()));
        };
        match elements {
            Elements::Values(items) => items.map(T::read).collect(),
            Elements::Ints(items) if T::SCALAR => items
                .iter()
                .map(|n| T::from_bits(n.cast_unsigned()))
                .collect(),
            Elements::Numbers(items) if T::SCALAR => {
                items.iter().map(|x| T::from_bits(x.to_bits())).collect()
            }
            Elements::Bools(items) if T::SCALAR => {
                items.iter().map(|b| T::from_bits(u64::from(*b))).collect()
            }
            Elements::Ints([]) | Elements::Numbers([]) | Elements::Bools([]) => Ok(Vec::new()),
            _ => Err(Raise::mistyped("array of values", "array")),
        }
    }
}

impl<T: IntoShape> IntoShape for Vec<T> {
    fn into_value(self) -> Value {
        Value::array(T::into_array(self))
    }
}

/// An array viewed in place: its elements are read one by one, without a copy.
///
/// `List<'_, Str>` gives `&str`, `List<'_, i64>` gives `i64`.
#[derive(Debug)]
pub struct List<'a, T> {
    array: ArrayView<'a>,
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
    fn view<'a, S: Source<'a>>(source: S) -> Option<Self::View<'a>>;

    /// The element of the array with this number.
    fn view_in(array: ArrayView<'_>, index: usize) -> Option<Self::View<'_>>;
}

impl Element for Str {
    type View<'a> = &'a str;

    #[inline]
    fn view<'a, S: Source<'a>>(source: S) -> Option<&'a str> {
        source.text()
    }

    #[inline]
    fn view_in(array: ArrayView<'_>, index: usize) -> Option<&str> {
        match array {
            ArrayView::Values(items) => items.get(index)?.as_str(),
            ArrayView::Far(items) => items.item(index)?.text(),
            _ => None,
        }
    }
}

macro_rules! scalar_elements {
    ($($rust:ty, $form:ident, $scalar:ident;)*) => {
        $(impl Element for $rust {
            type View<'a> = Self;

            #[inline]
            fn view<'a, S: Source<'a>>(source: S) -> Option<Self> {
                <Self as FromShape>::from_bits(source.to_bits(Scalar::$scalar)?).ok()
            }

            #[inline]
            fn view_in(array: ArrayView<'_>, index: usize) -> Option<Self> {
                match array {
                    ArrayView::$form(items) => items.get(index).copied(),
                    ArrayView::Values(items) => Self::view(items.get(index)?),
                    ArrayView::Far(items) => Self::view(items.item(index)?),
                    _ => None,
                }
            }
        })*
    };
}

scalar_elements! {
    i64, Ints, Int;
    f64, Numbers, Number;
    bool, Bools, Bool;
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
        self.len() == 0
    }

    /// The element with this number.
    #[must_use]
    pub fn get(self, index: usize) -> Option<T::View<'a>> {
        T::view_in(self.array, index)
    }

    /// The elements in order.
    pub fn iter(self) -> impl Iterator<Item = T::View<'a>> {
        Views {
            list: self,
            next: 0,
            far: None,
        }
    }
}

/// The elements of a [`List`].
struct Views<'a, T> {
    list: List<'a, T>,
    next: usize,
    /// From the other side of a border they come several at a time, from the first that is asked for.
    far: Option<FarItems<'a>>,
}

impl<'a, T: Element> Iterator for Views<'a, T> {
    type Item = T::View<'a>;

    #[inline]
    fn next(&mut self) -> Option<T::View<'a>> {
        if let ArrayView::Far(array) = self.list.array {
            let items = self.far.get_or_insert_with(|| array.items());
            return T::view(items.next()?);
        }
        let view = self.list.get(self.next);
        self.next += 1;
        view
    }

    /// The form of the array is looked at once, and not for every element.
    #[inline]
    fn fold<B, F: FnMut(B, T::View<'a>) -> B>(self, first: B, f: F) -> B {
        match (self.list.array, self.far) {
            (ArrayView::Values(items), _) => {
                let rest = items.get(self.next..).unwrap_or_default();
                rest.iter().filter_map(T::view).fold(first, f)
            }
            (ArrayView::Far(array), None) => array.items().filter_map(T::view).fold(first, f),
            (_, Some(items)) => items.filter_map(T::view).fold(first, f),
            (_, None) => {
                let numbers = self.next..self.list.len();
                let views = numbers.filter_map(|index| self.list.get(index));
                views.fold(first, f)
            }
        }
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
    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        let Some(array) = source.view_array() else {
            return Err(Raise::mistyped("array", source.kind_name()));
        };
        Ok(List {
            array,
            element: PhantomData,
        })
    }
}

/// A map viewed in place, such as `MapView<'_, Str, Str>` for `HashMap<string, string>`.
#[derive(Debug)]
pub struct MapView<'a, K, V> {
    map: MapSource<'a>,
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
        let (own, far) = match self.map {
            MapSource::Own(map) => (Some(map), None),
            MapSource::Far(map) => (None, map.entries()),
        };
        let own = own.into_iter().flatten();
        let own = own.map(|(key, value)| (K::view(&key.0), V::view(value)));
        let far = far.into_iter().flatten();
        let far = far.map(|(key, value)| (K::view(key), V::view(value)));
        own.chain(far)
            .filter_map(|(key, value)| Some((key?, value?)))
    }
}

impl<K: Element, V: Element> ShapeType for MapView<'_, K, V> {
    fn ty() -> Ty {
        Ty::Map(Arc::new(K::ty()), Arc::new(V::ty()))
    }
}

impl<K: Element + 'static, V: Element + 'static> FromShape for MapView<'_, K, V> {
    type Arg<'a> = MapView<'a, K, V>;

    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        let Some(map) = source.view_map() else {
            return Err(Raise::mistyped("map", source.kind_name()));
        };
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

    const CROSSES: bool = K::CROSSES && V::CROSSES;

    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        let Some(entries) = source.entries() else {
            return Err(Raise::mistyped("map", source.kind_name()));
        };
        let entries = entries.map(|(key, value)| Ok((K::read(key)?, V::read(value)?)));
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

    const CROSSES: bool = T::CROSSES;

    #[inline]
    fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
        if source.is_none() {
            Ok(None)
        } else {
            T::read(source).map(Some)
        }
    }
}

impl<T: IntoShape> IntoShape for Option<T> {
    #[inline]
    fn into_value(self) -> Value {
        self.map_or(Value::None, T::into_value)
    }

    #[inline]
    fn lend<R>(self, take: impl FnOnce(Lent<'_>) -> R) -> R {
        match self {
            None => take(Lent::NONE),
            Some(value) => value.lend(take),
        }
    }
}

/// The next item of a tuple.
#[inline]
fn next<'a, T: FromShape, S: Source<'a>>(items: &mut S::Items) -> Result<T::Arg<'a>, Raise> {
    match items.next() {
        Some(item) => T::read(item),
        None => Err(Raise::internal("a tuple has too few items")),
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

                const CROSSES: bool = $($T::CROSSES)&&+;

                fn read<'a, S: Source<'a>>(source: S) -> Result<Self::Arg<'a>, Raise> {
                    let Some(mut items) = source.tuple() else {
                        return Err(Raise::mistyped("tuple", source.kind_name()));
                    };
                    Ok(($(next::<$T, S>(&mut items)?,)+))
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
