//! Values of this side, lent to the other one.

use super::handle::Foreign;
use shape_abi::plugin::{Access, AccessRef, Kind, PrefixTypeTrait as _, View};
use shape_value::{Array, ErrorValue, HeapValue, IoHandle, Map, Range, Record, Scalar, Set, Value};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::LazyLock;

/// A value that is lent to the other side of a border: a [`View`] that the value outlives.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Lent<'a>(View, PhantomData<&'a ()>);

impl<'a> Lent<'a> {
    /// `None`.
    pub const NONE: Self = Self(View::NONE, PhantomData);

    /// Any value.
    #[must_use]
    pub fn value(value: &'a Value) -> Self {
        match value {
            Value::None => Self::NONE,
            Value::Unit => Self::scalar(Scalar::Unit, 0),
            Value::Bool(b) => Self::scalar(Scalar::Bool, u64::from(*b)),
            Value::Int(n) => Self::scalar(Scalar::Int, n.cast_unsigned()),
            Value::Number(x) => Self::scalar(Scalar::Number, x.to_bits()),
            Value::Char(c) => Self::scalar(Scalar::Char, u64::from(*c)),
            Value::Duration(nanos) => Self::scalar(Scalar::Duration, nanos.cast_unsigned()),
            Value::Heap(heap) => Self::heap(heap),
        }
    }

    /// Lends a value to who finds its view in `place`, as long as `value` is there. What crosses most is
    /// quickest, and is put there without detours.
    #[inline(always)]
    pub(super) fn put(value: &'a Value, place: &mut MaybeUninit<View>) {
        match value {
            Value::Heap(HeapValue::Str(text)) => place.write(Self::str(text).view()),
            Value::Heap(HeapValue::Handle(handle)) => place.write(Self::handle(handle).view()),
            value => Self::put_other(value, place),
        };
    }

    #[inline(never)]
    fn put_other<'p>(value: &'a Value, place: &'p mut MaybeUninit<View>) -> &'p mut View {
        place.write(Self::value(value).view())
    }

    fn heap(heap: &'a HeapValue) -> Self {
        match heap {
            HeapValue::Str(text) => Self::str(text),
            HeapValue::Bytes(bytes) => Self::bytes(bytes),
            HeapValue::Array(array) => match &**array {
                Array::Ints(items) => Self::slice(Kind::INTS, items),
                Array::Numbers(items) => Self::slice(Kind::NUMBERS, items),
                Array::Bools(items) => Self::slice(Kind::BOOLS, items),
                Array::Values(items) => Self::slice(Kind::ARRAY, items),
            },
            HeapValue::Tuple(items) => Self::slice(Kind::TUPLE, items),
            HeapValue::Record(record) => Self::object(Kind::RECORD, &**record, record.fields.len()),
            HeapValue::Map(map) => Self::object(Kind::MAP, &**map, 2 * map.len()),
            HeapValue::Set(set) => Self::object(Kind::SET, &**set, set.len()),
            HeapValue::Ok(value) => Self::object(Kind::OK, &**value, 1),
            HeapValue::Err(value) => Self::object(Kind::ERR, &**value, 1),
            HeapValue::Error(error) => Self::error(error),
            HeapValue::Range(range) => Self::object(Kind::RANGE, &**range, 3),
            HeapValue::Handle(handle) => Self::handle(handle),
            HeapValue::Enum(_) | HeapValue::Closure(_) | HeapValue::Cell(_) => {
                Self(View::scalar(Kind::OTHER, 0), PhantomData)
            }
        }
    }

    /// A scalar.
    #[must_use]
    #[inline(always)]
    pub const fn scalar(scalar: Scalar, bits: u64) -> Self {
        Self(View::scalar(Self::kind_of(scalar), bits), PhantomData)
    }

    /// The kind that a scalar of this type is of.
    #[inline(always)]
    pub(super) const fn kind_of(scalar: Scalar) -> Kind {
        match scalar {
            Scalar::Unit => Kind::UNIT,
            Scalar::Bool => Kind::BOOL,
            Scalar::Int => Kind::INT,
            Scalar::Number => Kind::NUMBER,
            Scalar::Char => Kind::CHAR,
            Scalar::Duration => Kind::DURATION,
        }
    }

    /// A `string`.
    #[must_use]
    #[inline(always)]
    pub fn str(text: &'a str) -> Self {
        Self::slice(Kind::STRING, text.as_bytes())
    }

    /// `bytes`.
    #[must_use]
    #[inline(always)]
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self::slice(Kind::BYTES, bytes)
    }

    /// A record with these fields.
    #[must_use]
    #[inline(always)]
    pub fn record(fields: &'a [Lent<'a>]) -> Self {
        let view = View::at(Kind::RECORD, fields.as_ptr().cast(), fields.len());
        Self(View { shown: 1, ..view }, PhantomData)
    }

    pub(super) fn error(error: &'a ErrorValue) -> Self {
        Self::object(Kind::ERROR, error, 5)
    }

    #[inline]
    fn handle(handle: &'a IoHandle) -> Self {
        // Once it has been closed by the host it stands for nothing any more.
        if let Some((address, extra)) = handle.mark::<Foreign>() {
            let at = std::ptr::with_exposed_provenance(address);
            let view = View::at(Kind::HANDLE, at, 0);
            return Self(View { extra, ..view }, PhantomData);
        }
        let (slot, generation) = handle.id();
        let at: *const IoHandle = handle;
        let view = View::at(Kind::HANDLE, at.cast(), 0);
        let bits = u64::from(slot) | u64::from(generation) << 32;
        Self(View { bits, ..view }, PhantomData)
    }

    #[inline(always)]
    fn slice<T>(kind: Kind, items: &'a [T]) -> Self {
        Self(
            View::at(kind, items.as_ptr().cast(), items.len()),
            PhantomData,
        )
    }

    #[inline(always)]
    fn object<T>(kind: Kind, object: &'a T, items: usize) -> Self {
        let at: *const T = object;
        Self(View::at(kind, at.cast(), items), PhantomData)
    }

    /// The view, for as long as the value is lent.
    #[inline(always)]
    pub(super) fn view(&self) -> View {
        self.0
    }
}

/// How the other side reads what is lent to it.
pub(super) fn access() -> AccessRef {
    static ACCESS: LazyLock<AccessRef> =
        LazyLock::new(|| Access { items, name }.leak_into_prefix());
    *ACCESS
}

/// The other side asks for items.
unsafe extern "C" fn items(of: *const View, from: usize, out: *mut View, room: usize) -> usize {
    // SAFETY: the caller gives a view that it got from here and that is still lent, and room for so
    // many views.
    let (of, out) = unsafe {
        let out = out.cast::<MaybeUninit<View>>();
        (&*of, std::slice::from_raw_parts_mut(out, room))
    };
    // SAFETY: `Lent` has put a `T` there for the kind that it is asked for, and its owner lends it.
    unsafe fn at<'a, T>(of: &View) -> &'a T {
        // SAFETY: as the caller says.
        unsafe { &*of.at.cast::<T>() }
    }
    // SAFETY: each type is the one that `Lent` has put there for the kind.
    unsafe {
        match of.kind {
            Kind::ARRAY | Kind::TUPLE => {
                let items = std::slice::from_raw_parts(of.at.cast::<Value>(), of.len());
                fill_of(out, items.get(from..).unwrap_or_default())
            }
            Kind::RECORD => {
                let fields: &[Value] = &at::<Record>(of).fields;
                fill_of(out, fields.get(from..).unwrap_or_default())
            }
            Kind::MAP => {
                let map = at::<Map>(of);
                fill(out, from, |index| {
                    let (key, value) = map.get_index(index / 2)?;
                    Some(Lent::value(if index % 2 == 0 { &key.0 } else { value }))
                })
            }
            Kind::SET => {
                let set = at::<Set>(of);
                fill(out, from, |index| {
                    Some(Lent::value(&set.get_index(index)?.0))
                })
            }
            Kind::OK | Kind::ERR => {
                let item = at::<Value>(of);
                fill(out, from, |index| (index == 0).then(|| Lent::value(item)))
            }
            Kind::ERROR => {
                let error = at::<ErrorValue>(of);
                fill(out, from, |index| error_item(error, index))
            }
            Kind::RANGE => {
                let range = at::<Range>(of);
                fill(out, from, |index| range_item(*range, index))
            }
            _ => 0,
        }
    }
}

/// Writes values until there is no more of them or no more room.
#[inline(always)]
fn fill_of(out: &mut [MaybeUninit<View>], values: &[Value]) -> usize {
    let written = out.len().min(values.len());
    for (place, value) in out.iter_mut().zip(values) {
        Lent::put(value, place);
    }
    written
}

/// Writes items until there is no more of them or no more room.
#[inline(always)]
fn fill<'a>(
    out: &mut [MaybeUninit<View>],
    from: usize,
    item: impl Fn(usize) -> Option<Lent<'a>>,
) -> usize {
    for (written, place) in out.iter_mut().enumerate() {
        match item(from + written) {
            Some(item) => place.write(item.view()),
            None => return written,
        };
    }
    out.len()
}

fn error_item(error: &ErrorValue, index: usize) -> Option<Lent<'_>> {
    Some(match index {
        0 => Lent::str(&error.kind),
        1 => Lent::str(&error.message),
        2 => Lent::scalar(Scalar::Bool, u64::from(error.retryable)),
        3 => Lent::value(&error.details),
        4 => error.cause.as_deref().map_or(Lent::NONE, Lent::error),
        _ => return None,
    })
}

fn range_item<'a>(range: Range, index: usize) -> Option<Lent<'a>> {
    Some(match index {
        0 => Lent::scalar(Scalar::Int, range.start.cast_unsigned()),
        1 => Lent::scalar(Scalar::Int, range.end.cast_unsigned()),
        2 => Lent::scalar(Scalar::Bool, u64::from(range.inclusive)),
        _ => return None,
    })
}

/// The other side asks for the name of a field or of a record's type.
unsafe extern "C" fn name(of: *const View, index: usize) -> View {
    // SAFETY: the caller gives a view that it got from here and that is still lent.
    let of = unsafe { &*of };
    if of.kind != Kind::RECORD || of.shown != 0 {
        return View::NONE;
    }
    // SAFETY: `Lent` has put a record there, and it is still lent.
    let record = unsafe { &*of.at.cast::<Record>() };
    let name = match index {
        usize::MAX => record.shape.name.as_ref(),
        index => record.shape.fields.get(index),
    };
    name.map_or(View::NONE, |name| Lent::str(name).view())
}
