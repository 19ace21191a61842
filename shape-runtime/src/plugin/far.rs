//! Values of the other side, read from here.

use super::lent::Lent;
use crate::Raise;
use crate::marshal::{ArrayView, Elements, MapSource, Source};

use shape_abi::plugin::{AccessRef, Kind, View};
use shape_value::{Array, ErrorValue, IoHandle, Key, Range, Record, Scalar, Shape, Str, Value};
use std::fmt;
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::sync::Arc;

/// How deep a value of no declared type may be nested to be copied.
const MAX_DEPTH: u32 = 256;

/// How many items are asked for at a time.
const BATCH: usize = 8;

/// The other side of a border.
#[derive(Clone, Copy)]
pub struct Border {
    /// How its values are read.
    pub(super) access: AccessRef,
    /// The number of the plugin.
    pub(super) plugin: u32,
}

impl fmt::Debug for Border {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Border").field(&self.plugin).finish()
    }
}

/// A value of the other side, for as long as it is lent.
#[derive(Clone, Copy, Debug)]
pub struct Far<'a> {
    view: View,
    border: &'a Border,
}

impl<'a> Far<'a> {
    /// The value behind a view.
    ///
    /// # Safety
    /// `view` must have come over `border`, and be lent for `'a`.
    #[inline(always)]
    pub(super) unsafe fn new(view: View, border: &'a Border) -> Self {
        Self { view, border }
    }

    #[inline(always)]
    pub(super) fn kind(self) -> Kind {
        self.view.kind
    }

    /// How many items it says that it has.
    pub(crate) fn len(self) -> usize {
        self.view.len()
    }

    /// The view of a handle, for who knows what its address means.
    pub(super) fn view(self) -> View {
        self.view
    }

    /// What lies at the view's place.
    ///
    /// # Safety
    /// It must be a view of a kind that says that so many `T` lie there.
    #[inline(always)]
    unsafe fn slice<T>(self) -> &'a [T] {
        match self.view.is_empty() {
            true => &[],
            // SAFETY: the owner made the view of a slice of them, and lends it for `'a`.
            false => unsafe { std::slice::from_raw_parts(self.view.at.cast(), self.view.len()) },
        }
    }

    /// Its items, where they lie as views.
    #[inline(always)]
    pub(super) fn shown(self) -> Option<&'a [View]> {
        // SAFETY: the owner lays so many views there where it says that they are shown.
        (self.view.shown == 1).then(|| unsafe { self.slice() })
    }

    /// The side that it is on.
    #[inline(always)]
    pub(super) fn border(self) -> &'a Border {
        self.border
    }

    #[inline]
    pub(crate) fn items(self) -> FarItems<'a> {
        FarItems {
            of: self,
            batch: [const { MaybeUninit::uninit() }; BATCH],
            at: 0,
            filled: 0,
            taken: 0,
            len: self.view.len(),
        }
    }

    /// The item with this number.
    pub(crate) fn item(self, index: usize) -> Option<Far<'a>> {
        let mut items = self.items();
        items.taken = index;
        items.len = items.len.min(index.checked_add(1)?).max(index);
        items.next()
    }

    /// The elements of a set.
    pub(super) fn set(self) -> Option<FarItems<'a>> {
        self.is(Kind::SET).map(Far::items)
    }

    fn is(self, kind: Kind) -> Option<Self> {
        (self.view.kind == kind).then_some(self)
    }

    fn name(self, index: usize) -> Option<Far<'a>> {
        // SAFETY: the view came over this border, and is lent; the name lives as long.
        let view = unsafe { self.border.access.name()(&self.view, index) };
        let name = Far { view, ..self };
        name.is(Kind::STRING)
    }

    /// The shape of a record, from the names that its owner has for it.
    fn shape(self) -> Arc<Shape> {
        let name = self.name(usize::MAX).and_then(Source::text);
        let fields = (0..self.view.len()).map(|index| self.name(index).and_then(Source::text));
        Shape::new(name, fields.map(Option::unwrap_or_default))
    }

    /// Whether it is a record with the names of this shape, or one that does not say its names and has as
    /// many fields.
    pub(super) fn may_have_shape(self, shape: &Shape) -> bool {
        let names = || self.shape();
        self.view.kind == Kind::RECORD
            && self.view.len() == shape.fields.len()
            && (self.view.shown == 1 || *names() == *shape)
    }

    /// A copy of an error with all that led to it, which may be a long way.
    fn copy_error(self, depth: u32) -> Result<Rc<ErrorValue>, Raise> {
        let (mut error, mut cause) = self.copy_one_error(depth)?;
        let mut outer = Vec::new();
        while let Some(found) = cause {
            let (inner, next) = found.copy_one_error(depth)?;
            outer.push(std::mem::replace(&mut error, inner));
            cause = next;
        }
        let mut error = Rc::new(error);
        while let Some(mut it) = outer.pop() {
            it.cause = Some(error);
            error = Rc::new(it);
        }
        Ok(error)
    }

    /// A copy of an error without its cause, and that.
    fn copy_one_error(self, depth: u32) -> Result<(ErrorValue, Option<Self>), Raise> {
        let mut items = self.items();
        let mut text = || items.next().and_then(Source::to_str).unwrap_or_default();
        let mut error = ErrorValue::new(text(), text());
        let retryable = items.next().and_then(|item| item.to_bits(Scalar::Bool));
        error.retryable = retryable == Some(1);
        if let Some(details) = items.next() {
            error.details = details.copy(depth)?;
        }
        let cause = items.next().and_then(|item| item.is(Kind::ERROR));
        Ok((error, cause))
    }

    /// A copy of a value of any type but handles and functions.
    fn copy(self, depth: u32) -> Result<Value, Raise> {
        if depth == MAX_DEPTH {
            return Err(too_deep());
        }
        let copied = |item: Far<'_>| item.copy(depth + 1);
        let all = || self.items().map(copied).collect::<Result<Vec<_>, _>>();
        let keys = |pairs: FarEntries<'a>| {
            pairs.map(move |(key, value)| Ok((Key(copied(key)?), copied(value)?)))
        };
        Ok(match self.view.kind {
            Kind::NONE => Value::None,
            Kind::UNIT => Value::Unit,
            Kind::BOOL => Value::from_bits(Scalar::Bool, self.view.bits),
            Kind::INT => Value::from_bits(Scalar::Int, self.view.bits),
            Kind::NUMBER => Value::from_bits(Scalar::Number, self.view.bits),
            Kind::CHAR => Value::from_bits(Scalar::Char, self.view.bits),
            Kind::DURATION => Value::from_bits(Scalar::Duration, self.view.bits),
            Kind::STRING => Value::str(self.to_str().unwrap_or_default()),
            Kind::BYTES => Value::bytes(self.bytes().unwrap_or_default().to_vec()),
            Kind::INTS | Kind::NUMBERS | Kind::BOOLS | Kind::ARRAY => {
                Value::array(match self.array() {
                    Some(Elements::Ints(items)) => Array::Ints(items.to_vec()),
                    Some(Elements::Numbers(items)) => Array::Numbers(items.to_vec()),
                    Some(Elements::Bools(items)) => Array::Bools(items.to_vec()),
                    _ => Array::Values(all()?),
                })
            }
            Kind::TUPLE => Value::tuple(all()?),
            Kind::RECORD => Value::record(Record {
                shape: self.shape(),
                fields: all()?,
            }),
            Kind::MAP => Value::map(keys(FarEntries(self.items())).collect::<Result<_, Raise>>()?),
            Kind::SET => {
                let items = self.items().map(|item| copied(item).map(Key));
                Value::set(items.collect::<Result<_, _>>()?)
            }
            Kind::OK | Kind::ERR => {
                let item = self.items().next().map_or(Ok(Value::None), copied)?;
                match self.view.kind {
                    Kind::OK => Value::ok(item),
                    _ => Value::err(item),
                }
            }
            Kind::ERROR => Value::error(self.copy_error(depth + 1)?),
            Kind::RANGE => match self.range() {
                Some(range) => Value::range(range),
                None => return Err(Raise::internal("a range without bounds")),
            },
            _ => return Err(Raise::mistyped("data", self.kind_name())),
        })
    }
}

#[cold]
fn too_deep() -> Raise {
    Raise::resource(format!(
        "a value that crosses between host and plugin is nested deeper than {MAX_DEPTH} levels"
    ))
}

impl<'a> Source<'a> for Far<'a> {
    type Items = FarItems<'a>;
    type Entries = FarEntries<'a>;

    #[inline(always)]
    fn is_none(self) -> bool {
        self.view.kind == Kind::NONE
    }

    #[inline]
    fn to_bits(self, scalar: Scalar) -> Option<u64> {
        let bits = self.view.bits;
        if self.view.kind == Lent::kind_of(scalar) {
            return Some(bits);
        }
        match (scalar, self.view.kind) {
            (Scalar::Unit, _) => Some(0),
            (Scalar::Number, Kind::INT) => Some((bits.cast_signed() as f64).to_bits()),
            _ => None,
        }
    }

    #[inline(always)]
    fn text(self) -> Option<&'a str> {
        if self.view.kind != Kind::STRING {
            return None;
        }
        // SAFETY: the owner makes views of this kind of a `str` only.
        Some(unsafe { std::str::from_utf8_unchecked(self.slice()) })
    }

    #[inline]
    fn to_str(self) -> Option<Str> {
        self.text().map(Str::from)
    }

    #[inline(always)]
    fn bytes(self) -> Option<&'a [u8]> {
        // SAFETY: bytes lie there for this kind.
        (self.view.kind == Kind::BYTES).then(|| unsafe { self.slice() })
    }

    fn to_bytes(self) -> Option<Rc<Vec<u8>>> {
        self.bytes().map(|bytes| Rc::new(bytes.to_vec()))
    }

    fn range(self) -> Option<Range> {
        let mut items = self.is(Kind::RANGE)?.items();
        Some(Range {
            start: items.next()?.to_bits(Scalar::Int)?.cast_signed(),
            end: items.next()?.to_bits(Scalar::Int)?.cast_signed(),
            inclusive: items.next()?.to_bits(Scalar::Bool)? != 0,
        })
    }

    fn to_error(self) -> Option<Rc<ErrorValue>> {
        self.is(Kind::ERROR)?.copy_error(0).ok()
    }

    #[inline(always)]
    fn handle(self) -> Result<&'a IoHandle, Raise> {
        if self.view.kind == Kind::HANDLE && self.view.extra == self.border.plugin {
            // SAFETY: the host gives back the address that this plugin made of an `IoHandle`, which it
            // keeps until it is told to let go.
            return Ok(unsafe { &*self.view.at.cast::<IoHandle>() });
        }
        Err(match self.view.kind {
            Kind::HANDLE => Raise::invalid("this handle belongs to another module"),
            _ => Raise::mistyped("IoHandle", self.kind_name()),
        })
    }

    #[inline]
    fn array(self) -> Option<Elements<'a, Self::Items>> {
        // SAFETY: each kind says what lies there.
        Some(unsafe {
            match self.view.kind {
                Kind::INTS => Elements::Ints(self.slice()),
                Kind::NUMBERS => Elements::Numbers(self.slice()),
                Kind::BOOLS => Elements::Bools(self.slice()),
                Kind::ARRAY => Elements::Values(self.items()),
                _ => return None,
            }
        })
    }

    #[inline]
    fn view_array(self) -> Option<ArrayView<'a>> {
        // SAFETY: each kind says what lies there.
        Some(unsafe {
            match self.view.kind {
                Kind::INTS => ArrayView::Ints(self.slice()),
                Kind::NUMBERS => ArrayView::Numbers(self.slice()),
                Kind::BOOLS => ArrayView::Bools(self.slice()),
                Kind::ARRAY => ArrayView::Far(self),
                _ => return None,
            }
        })
    }

    #[inline]
    fn tuple(self) -> Option<Self::Items> {
        self.is(Kind::TUPLE).map(Far::items)
    }

    #[inline]
    fn record(self) -> Option<Self::Items> {
        self.is(Kind::RECORD).map(Far::items)
    }

    #[inline]
    fn entries(self) -> Option<Self::Entries> {
        self.is(Kind::MAP).map(|map| FarEntries(map.items()))
    }

    #[inline]
    fn view_map(self) -> Option<MapSource<'a>> {
        self.is(Kind::MAP).map(MapSource::Far)
    }

    #[inline]
    fn result(self) -> Option<Result<Self, Self>> {
        match self.view.kind {
            Kind::OK => self.items().next().map(Ok),
            Kind::ERR => self.items().next().map(Err),
            _ => None,
        }
    }

    #[inline(always)]
    fn own(self) -> Option<&'a Value> {
        None
    }

    fn to_value(self) -> Result<Value, Raise> {
        self.copy(0)
    }

    fn kind_name(self) -> &'static str {
        match self.view.kind {
            Kind::NONE => "None",
            Kind::UNIT => "()",
            Kind::BOOL => "bool",
            Kind::INT => "int",
            Kind::NUMBER => "number",
            Kind::CHAR => "char",
            Kind::DURATION => "duration",
            Kind::STRING => "string",
            Kind::BYTES => "bytes",
            Kind::INTS | Kind::NUMBERS | Kind::BOOLS | Kind::ARRAY => "array",
            Kind::TUPLE => "tuple",
            Kind::RECORD => "object",
            Kind::MAP => "map",
            Kind::SET => "set",
            Kind::OK | Kind::ERR => "Result",
            Kind::ERROR => "Error",
            Kind::RANGE => "range",
            Kind::HANDLE => "handle",
            _ => "value that cannot cross",
        }
    }
}

/// The items of a value of the other side. They are taken over a batch at a time.
pub struct FarItems<'a> {
    of: Far<'a>,
    batch: [MaybeUninit<View>; BATCH],
    /// The next of the batch, and how many there are in it.
    at: usize,
    filled: usize,
    /// How many have been taken over, and how many there are.
    taken: usize,
    len: usize,
}

impl FarItems<'_> {
    #[inline(never)]
    fn refill(&mut self) -> bool {
        let room = BATCH.min(self.len - self.taken);
        if room == 0 {
            return false;
        }
        let out = self.batch.as_mut_ptr().cast::<View>();
        let of = &self.of.view;
        // SAFETY: the view came over this border and is lent, and there is room for so many. Where they are
        // shown, the owner has laid so many there.
        self.filled = unsafe {
            if of.shown == 1 {
                out.copy_from_nonoverlapping(of.at.cast::<View>().add(self.taken), room);
                room
            } else {
                self.of.border.access.items()(of, self.taken, out, room).min(room)
            }
        };
        self.at = 0;
        self.taken += self.filled;
        self.filled > 0
    }
}

impl<'a> Iterator for FarItems<'a> {
    type Item = Far<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Far<'a>> {
        if self.at == self.filled && !self.refill() {
            return None;
        }
        // SAFETY: `refill` said that so many have been written.
        let view = unsafe { self.batch[self.at].assume_init() };
        self.at += 1;
        Some(Far { view, ..self.of })
    }

    /// A batch is walked over as a slice.
    #[inline]
    fn fold<B, F: FnMut(B, Far<'a>) -> B>(mut self, first: B, mut f: F) -> B {
        let mut sum = first;
        loop {
            for view in &self.batch[self.at..self.filled] {
                // SAFETY: as in `next`.
                let view = unsafe { view.assume_init() };
                sum = f(sum, Far { view, ..self.of });
            }
            if self.taken == self.len || !self.refill() {
                return sum;
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.len - self.taken + (self.filled - self.at);
        // What the other side says is how many there may be; no room is made on its word alone.
        (left.min(1 << 16), Some(left))
    }
}

impl fmt::Debug for FarItems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarItems")
            .field("taken", &self.taken)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// The entries of a map of the other side.
#[derive(Debug)]
pub struct FarEntries<'a>(FarItems<'a>);

impl<'a> Iterator for FarEntries<'a> {
    type Item = (Far<'a>, Far<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.0.size_hint();
        (least / 2, most.map(|most| most / 2))
    }
}
