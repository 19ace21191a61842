//! Where conversions read from.

use crate::Raise;
use crate::plugin::Far;
use shape_value::{Array, ErrorValue, HeapValue, IoHandle, Key, Map, Range, Scalar, Str, Value};
use std::rc::Rc;

/// A value that is read: one of this program's own, which is a `&Value`, or one on the other side of
/// the border between a host and its plugin.
///
/// A conversion is written once, over any source, and costs nothing to choose: which source it reads
/// is known where it is compiled. The methods give `None` where the value is something else.
pub trait Source<'a>: Copy + 'a {
    /// The items of a tuple or an array of values, or the fields of a record.
    type Items: Iterator<Item = Self>;

    /// The entries of a map.
    type Entries: Iterator<Item = (Self, Self)>;

    /// Whether it is `None`.
    fn is_none(self) -> bool;

    /// The register for a scalar of this type; an `int` widens to `number`.
    fn to_bits(self, scalar: Scalar) -> Option<u64>;

    /// The text of a `string`.
    fn text(self) -> Option<&'a str>;

    /// A `string`, shared where that is possible.
    fn to_str(self) -> Option<Str>;

    /// `bytes`.
    fn bytes(self) -> Option<&'a [u8]>;

    /// `bytes`, shared where that is possible.
    fn to_bytes(self) -> Option<Rc<Vec<u8>>>;

    /// A range.
    fn range(self) -> Option<Range>;

    /// An `Error`, shared where that is possible.
    fn to_error(self) -> Option<Rc<ErrorValue>>;

    /// A handle of this program.
    ///
    /// # Errors
    /// Kind `invalid` for a handle of somebody else's; kind `internal` for what is no handle.
    fn handle(self) -> Result<&'a IoHandle, Raise>;

    /// The elements of an array.
    fn array(self) -> Option<Elements<'a, Self::Items>>;

    /// The elements of an array, to be looked at in any order.
    fn view_array(self) -> Option<ArrayView<'a>>;

    /// The items of a tuple.
    fn tuple(self) -> Option<Self::Items>;

    /// The fields of a record.
    fn record(self) -> Option<Self::Items>;

    /// The entries of a map.
    fn entries(self) -> Option<Self::Entries>;

    /// The entries of a map, to be looked at in any order.
    fn view_map(self) -> Option<MapSource<'a>>;

    /// What is in an `Ok` or an `Err`.
    fn result(self) -> Option<Result<Self, Self>>;

    /// The value, where it is this program's own.
    fn own(self) -> Option<&'a Value>;

    /// The value, shared where that is possible, else copied.
    ///
    /// # Errors
    /// Kind `internal` for what cannot be copied.
    fn to_value(self) -> Result<Value, Raise>;

    /// What kind of value it is, in the words of a script.
    fn kind_name(self) -> &'static str;
}

/// The elements of an array, in the form that their type has.
#[derive(Debug)]
pub enum Elements<'a, I> {
    /// `Array<int>`
    Ints(&'a [i64]),
    /// `Array<number>`
    Numbers(&'a [f64]),
    /// `Array<bool>`
    Bools(&'a [bool]),
    /// Any other.
    Values(I),
}

/// The elements of an array, each to be had by its number.
#[derive(Clone, Copy, Debug)]
pub enum ArrayView<'a> {
    /// `Array<int>`
    Ints(&'a [i64]),
    /// `Array<number>`
    Numbers(&'a [f64]),
    /// `Array<bool>`
    Bools(&'a [bool]),
    /// Any other of this program's own.
    Values(&'a [Value]),
    /// Any other of the other side of a border.
    Far(Far<'a>),
}

impl<'a> ArrayView<'a> {
    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Ints(items) => items.len(),
            Self::Numbers(items) => items.len(),
            Self::Bools(items) => items.len(),
            Self::Values(items) => items.len(),
            Self::Far(array) => array.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// The entries of a map, to be looked at as often as one likes.
#[derive(Clone, Copy, Debug)]
pub enum MapSource<'a> {
    /// One of this program's own.
    Own(&'a Map),
    /// One of the other side of a border.
    Far(Far<'a>),
}

impl MapSource<'_> {
    /// How many entries there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Own(map) => map.len(),
            Self::Far(map) => map.len() / 2,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// The entries of a map of this program's own.
#[derive(Debug)]
pub struct OwnEntries<'a>(indexmap::map::Iter<'a, Key, Value>);

impl<'a> Iterator for OwnEntries<'a> {
    type Item = (&'a Value, &'a Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (&key.0, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'a> Source<'a> for &'a Value {
    type Items = std::slice::Iter<'a, Value>;
    type Entries = OwnEntries<'a>;

    #[inline(always)]
    fn is_none(self) -> bool {
        Value::is_none(self)
    }

    #[inline(always)]
    fn to_bits(self, scalar: Scalar) -> Option<u64> {
        Value::to_bits(self, scalar)
    }

    #[inline(always)]
    fn text(self) -> Option<&'a str> {
        self.as_str()
    }

    #[inline(always)]
    fn to_str(self) -> Option<Str> {
        self.as_string().cloned()
    }

    #[inline(always)]
    fn bytes(self) -> Option<&'a [u8]> {
        self.as_bytes()
    }

    #[inline(always)]
    fn to_bytes(self) -> Option<Rc<Vec<u8>>> {
        self.as_bytes_rc().cloned()
    }

    #[inline(always)]
    fn range(self) -> Option<Range> {
        self.as_range()
    }

    #[inline(always)]
    fn to_error(self) -> Option<Rc<ErrorValue>> {
        self.as_error().cloned()
    }

    #[inline(always)]
    fn handle(self) -> Result<&'a IoHandle, Raise> {
        self.as_handle()
            .ok_or_else(|| Raise::mistyped("IoHandle", self.kind_name()))
    }

    #[inline]
    fn array(self) -> Option<Elements<'a, Self::Items>> {
        Some(match &**self.as_array()? {
            Array::Ints(items) => Elements::Ints(items),
            Array::Numbers(items) => Elements::Numbers(items),
            Array::Bools(items) => Elements::Bools(items),
            Array::Values(items) => Elements::Values(items.iter()),
        })
    }

    #[inline]
    fn view_array(self) -> Option<ArrayView<'a>> {
        Some(match &**self.as_array()? {
            Array::Ints(items) => ArrayView::Ints(items),
            Array::Numbers(items) => ArrayView::Numbers(items),
            Array::Bools(items) => ArrayView::Bools(items),
            Array::Values(items) => ArrayView::Values(items),
        })
    }

    #[inline]
    fn tuple(self) -> Option<Self::Items> {
        self.as_tuple().map(<[Value]>::iter)
    }

    #[inline]
    fn record(self) -> Option<Self::Items> {
        self.as_record().map(|record| record.fields.iter())
    }

    #[inline]
    fn entries(self) -> Option<Self::Entries> {
        self.as_map().map(|map| OwnEntries(map.iter()))
    }

    #[inline]
    fn view_map(self) -> Option<MapSource<'a>> {
        self.as_map().map(|map| MapSource::Own(map))
    }

    #[inline]
    fn result(self) -> Option<Result<Self, Self>> {
        match self {
            Value::Heap(HeapValue::Ok(ok)) => Some(Ok(ok)),
            Value::Heap(HeapValue::Err(err)) => Some(Err(err)),
            _ => None,
        }
    }

    #[inline(always)]
    fn own(self) -> Option<&'a Value> {
        Some(self)
    }

    #[inline(always)]
    fn to_value(self) -> Result<Value, Raise> {
        Ok(self.clone())
    }

    fn kind_name(self) -> &'static str {
        Value::kind_name(self)
    }
}
