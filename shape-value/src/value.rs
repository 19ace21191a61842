//! The value itself, how to make one and how to look into it.

use crate::{Array, Cell, Closure, EnumValue, ErrorValue, IoHandle, Map, Range, Record, Set, Str};
use std::rc::Rc;

/// A script value outside of the scalar bank.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `None`, and what an unused register holds.
    #[default]
    None,
    /// `()`
    Unit,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `number`
    Number(f64),
    /// `char`
    Char(char),
    /// `duration` in nanoseconds
    Duration(i64),
    /// Everything that lives on the heap.
    Heap(HeapValue),
}

/// A value on the heap.
///
/// It takes itself apart without recursion when it is dropped, so its contents cannot be moved out
/// by a pattern: borrow them, clone the reference (half a nanosecond), or use the `into_…` methods of
/// [`Value`].
#[derive(Clone, Debug)]
pub enum HeapValue {
    /// `string`
    Str(Str),
    /// `bytes`
    Bytes(Rc<Vec<u8>>),
    /// `Array<T>`
    Array(Rc<Array>),
    /// `HashMap<K, V>`
    Map(Rc<Map>),
    /// `Set<T>`
    Set(Rc<Set>),
    /// `[A, B]`
    Tuple(Rc<Vec<Value>>),
    /// A record or object.
    Record(Rc<Record>),
    /// A variant of an enum.
    Enum(Rc<EnumValue>),
    /// `Ok(v)`
    Ok(Rc<Value>),
    /// `Err(e)`
    Err(Rc<Value>),
    /// `Error`
    Error(Rc<ErrorValue>),
    /// `a..b`
    Range(Rc<Range>),
    /// A closure.
    Closure(Rc<Closure>),
    /// A variable that a closure shares; never seen by a script.
    Cell(Rc<Cell>),
    /// A resource of the host.
    Handle(IoHandle),
}

/// Making values.
impl Value {
    /// A `string`.
    #[inline]
    pub fn str(text: impl Into<Str>) -> Self {
        Self::Heap(HeapValue::Str(text.into()))
    }

    /// `bytes`.
    #[must_use]
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::Heap(HeapValue::Bytes(Rc::new(bytes)))
    }

    /// An array.
    #[must_use]
    #[inline]
    pub fn array(array: Array) -> Self {
        Self::Heap(HeapValue::Array(Rc::new(array)))
    }

    /// A map.
    #[must_use]
    pub fn map(map: Map) -> Self {
        Self::Heap(HeapValue::Map(Rc::new(map)))
    }

    /// A set.
    #[must_use]
    pub fn set(set: Set) -> Self {
        Self::Heap(HeapValue::Set(Rc::new(set)))
    }

    /// A tuple.
    #[must_use]
    #[inline]
    pub fn tuple(items: Vec<Value>) -> Self {
        Self::Heap(HeapValue::Tuple(Rc::new(items)))
    }

    /// A record.
    #[must_use]
    #[inline]
    pub fn record(record: Record) -> Self {
        Self::Heap(HeapValue::Record(Rc::new(record)))
    }

    /// A variant.
    #[must_use]
    #[inline]
    pub fn variant(value: EnumValue) -> Self {
        Self::Heap(HeapValue::Enum(Rc::new(value)))
    }

    /// `Ok(value)`.
    #[must_use]
    #[inline]
    pub fn ok(value: Value) -> Self {
        Self::Heap(HeapValue::Ok(Rc::new(value)))
    }

    /// `Err(value)`.
    #[must_use]
    #[inline]
    pub fn err(value: Value) -> Self {
        Self::Heap(HeapValue::Err(Rc::new(value)))
    }

    /// An `Error`.
    pub fn error(error: impl Into<Rc<ErrorValue>>) -> Self {
        Self::Heap(HeapValue::Error(error.into()))
    }

    /// A range.
    #[must_use]
    #[inline]
    pub fn range(range: Range) -> Self {
        Self::Heap(HeapValue::Range(Rc::new(range)))
    }

    /// A closure.
    #[must_use]
    #[inline]
    pub fn closure(closure: Closure) -> Self {
        Self::Heap(HeapValue::Closure(Rc::new(closure)))
    }

    /// A new cell that holds `value`.
    #[must_use]
    #[inline]
    pub fn cell(value: Value) -> Self {
        Self::Heap(HeapValue::Cell(Rc::new(Cell(value.into()))))
    }

    /// A handle.
    #[must_use]
    pub fn handle(handle: IoHandle) -> Self {
        Self::Heap(HeapValue::Handle(handle))
    }
}

/// Looking at values; `None` where the value is something else.
impl Value {
    /// Whether it is `None`.
    #[must_use]
    #[inline]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The `bool`.
    #[must_use]
    #[inline]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The `int`.
    #[must_use]
    #[inline]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The `number`; an `int` widens.
    #[must_use]
    #[inline]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Int(n) => Some(*n as f64),
            _ => None,
        }
    }

    /// The `duration` in nanoseconds.
    #[must_use]
    #[inline]
    pub fn as_duration(&self) -> Option<i64> {
        match self {
            Self::Duration(nanos) => Some(*nanos),
            _ => None,
        }
    }

    /// The text of a `string`.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        self.as_string().map(Str::as_str)
    }

    /// The bytes of `bytes`.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Heap(HeapValue::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The elements of a tuple.
    #[must_use]
    #[inline]
    pub fn as_tuple(&self) -> Option<&[Value]> {
        match self {
            Self::Heap(HeapValue::Tuple(items)) => Some(items),
            _ => None,
        }
    }

    /// The range.
    #[must_use]
    #[inline]
    pub fn as_range(&self) -> Option<Range> {
        match self {
            Self::Heap(HeapValue::Range(range)) => Some(**range),
            _ => None,
        }
    }

    /// What kind of value it is, in the words of a script.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        let Self::Heap(heap) = self else {
            return match self {
                Self::None => "None",
                Self::Unit => "()",
                Self::Bool(_) => "bool",
                Self::Int(_) => "int",
                Self::Number(_) => "number",
                Self::Char(_) => "char",
                _ => "duration",
            };
        };
        match heap {
            HeapValue::Str(_) => "string",
            HeapValue::Bytes(_) => "bytes",
            HeapValue::Array(_) => "array",
            HeapValue::Map(_) => "map",
            HeapValue::Set(_) => "set",
            HeapValue::Tuple(_) => "tuple",
            HeapValue::Record(_) => "object",
            HeapValue::Enum(_) => "enum",
            HeapValue::Ok(_) | HeapValue::Err(_) => "Result",
            HeapValue::Error(_) => "Error",
            HeapValue::Range(_) => "range",
            HeapValue::Closure(_) | HeapValue::Cell(_) => "function",
            HeapValue::Handle(_) => "handle",
        }
    }
}

/// For each kind: a reference to what is behind the `Rc`, and the `Rc` itself.
macro_rules! heap_accessors {
    ($($variant:ident($ty:ty), $as_ref:ident, $into:ident, $what:literal;)*) => {
        impl Value {
            $(
                #[doc = concat!("The ", $what, ".")]
                #[must_use]
                #[inline]
                pub fn $as_ref(&self) -> Option<&$ty> {
                    match self {
                        Self::Heap(HeapValue::$variant(inner)) => Some(inner),
                        _ => None,
                    }
                }

                #[doc = concat!("The ", $what, ", as unique as it was before.")]
                #[must_use]
                #[inline]
                pub fn $into(self) -> Option<$ty> {
                    self.$as_ref().cloned()
                }
            )*
        }
    };
}

heap_accessors! {
    Str(Str), as_string, into_str, "text of a `string`";
    Bytes(Rc<Vec<u8>>), as_bytes_rc, into_bytes, "`bytes`";
    Array(Rc<Array>), as_array, into_array, "array";
    Map(Rc<Map>), as_map, into_map, "map";
    Set(Rc<Set>), as_set, into_set, "set";
    Tuple(Rc<Vec<Value>>), as_tuple_rc, into_tuple, "tuple";
    Record(Rc<Record>), as_record, into_record, "record";
    Enum(Rc<EnumValue>), as_enum, into_enum, "variant";
    Error(Rc<ErrorValue>), as_error, into_error, "`Error`";
    Closure(Rc<Closure>), as_closure, into_closure, "closure";
    Cell(Rc<Cell>), as_cell, into_cell, "cell";
    Handle(IoHandle), as_handle, into_handle, "handle";
}

/// For each kind that a script can change in place: the contents, copied first where they are shared.
macro_rules! heap_mutators {
    ($($variant:ident($ty:ty), $as_mut:ident, $what:literal;)*) => {
        impl Value {
            $(
                #[doc = concat!("The ", $what, ", to change in place; copied first where others hold it too.")]
                #[inline]
                pub fn $as_mut(&mut self) -> Option<&mut $ty> {
                    match self {
                        Self::Heap(HeapValue::$variant(inner)) => Some(Rc::make_mut(inner)),
                        _ => None,
                    }
                }
            )*
        }
    };
}

heap_mutators! {
    Bytes(Vec<u8>), as_bytes_mut, "`bytes`";
    Array(Array), as_array_mut, "array";
    Map(Map), as_map_mut, "map";
    Set(Set), as_set_mut, "set";
    Tuple(Vec<Value>), as_tuple_mut, "tuple";
    Record(Record), as_record_mut, "record";
    Enum(EnumValue), as_enum_mut, "variant";
}

impl Value {
    /// The text of a `string`, to append to.
    #[inline]
    pub fn as_str_mut(&mut self) -> Option<&mut Str> {
        match self {
            Self::Heap(HeapValue::Str(text)) => Some(text),
            _ => None,
        }
    }
}

impl Value {
    /// Lets go of this value and puts what `make` gives in its place.
    ///
    /// Quicker than an assignment: nothing is called to let go of a scalar or of a text that others
    /// hold, and the new value goes straight to its place, in the parts that it is later read by.
    #[inline(always)]
    pub fn overwrite_with(&mut self, make: impl FnOnce() -> Value) {
        match self {
            Self::Heap(HeapValue::Str(text)) => text.let_go(),
            Self::Heap(_) => self.let_go(),
            _ => {}
        }
        // Nothing is left in it to drop.
        std::mem::forget(std::mem::replace(self, make()));
    }

    #[inline(never)]
    fn let_go(&mut self) {
        *self = Self::None;
    }
}

macro_rules! from {
    ($($ty:ty => $make:expr;)*) => {
        $(impl From<$ty> for Value {
            #[inline]
            fn from(inner: $ty) -> Self {
                $make(inner)
            }
        })*
    };
}

from! {
    () => |()| Value::Unit;
    bool => Value::Bool;
    i64 => Value::Int;
    f64 => Value::Number;
    char => Value::Char;
    Str => Value::str;
    &str => Value::str;
    String => Value::str;
    Vec<u8> => Value::bytes;
    Map => Value::map;
    Set => Value::set;
    Record => Value::record;
    Rc<Record> => |record| Value::Heap(HeapValue::Record(record));
    EnumValue => Value::variant;
    Range => Value::range;
    Closure => Value::closure;
    IoHandle => Value::handle;
    ErrorValue => Value::error;
    HeapValue => Value::Heap;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_into_two_words() {
        assert_eq!(size_of::<Value>(), 16);
        assert_eq!(size_of::<Option<Value>>(), 16);
    }

    #[test]
    fn overwriting_lets_go_of_what_was_there() {
        let text = Str::from("text");
        let array = Rc::new(Array::Ints(vec![1]));
        let mut value = Value::str(text.clone());
        value.overwrite_with(|| Value::Heap(HeapValue::Array(array.clone())));
        assert_eq!(Rc::strong_count(&array), 2);
        value.overwrite_with(|| Value::Int(1));
        assert_eq!(Rc::strong_count(&array), 1);
        value.overwrite_with(|| Value::from("other"));
        assert_eq!(value.as_str(), Some("other"));
        assert_eq!(text.as_str(), "text");
    }

    #[test]
    fn changing_a_shared_array_copies_it() {
        let mut a = Value::array(Array::Ints(vec![1]));
        let b = a.clone();
        a.as_array_mut().unwrap().push(Value::Int(2));
        assert_eq!(a.as_array().unwrap().len(), 2);
        assert_eq!(b.as_array().unwrap().len(), 1);
    }

    #[test]
    fn taking_out_keeps_it_unique() {
        let array = Value::array(Array::Ints(vec![1])).into_array().unwrap();
        assert_eq!(Rc::strong_count(&array), 1);
    }
}
