//! Conversions between types, and tests of the type of a value.
//!
//! Both go as deep as the type is nested, not as deep as the value is.

use crate::code::{Conversion, FieldSource, Literal, TypeTest};
use crate::ins::Form;
use crate::ops::array::empty as empty_array;
use shape_value::{Array, Closure, EnumValue, HeapValue, Key, Map, Record, Value};

/// The value of a constant.
pub(crate) fn literal(literal: &Literal) -> Value {
    match literal {
        Literal::None => Value::None,
        Literal::Unit => Value::Unit,
        Literal::Bool(b) => Value::Bool(*b),
        Literal::Int(n) => Value::Int(*n),
        Literal::Number(n) => Value::Number(*n),
        Literal::Char(c) => Value::Char(*c),
        Literal::Duration(nanos) => Value::Duration(*nanos),
        Literal::Str(text) => Value::str(&**text),
        Literal::Variant(variant) => Value::variant(EnumValue {
            variant: variant.clone(),
            payload: Vec::new(),
        }),
        Literal::Array(form) => Value::array(empty_array(*form, 0)),
        Literal::Map => Value::map(Map::default()),
        Literal::Record(shape) => Value::record(Record {
            shape: shape.clone(),
            fields: Vec::new(),
        }),
    }
}

/// `value` converted. A value that is not of the type that the conversion is for stays as it is.
pub(crate) fn convert(conversion: &Conversion, value: &Value) -> Value {
    match (conversion, value) {
        (Conversion::Captured(id), _) => Value::closure(Closure {
            id: *id,
            captures: vec![value.clone()],
        }),
        (Conversion::IntToNumber, Value::Int(n)) => Value::Number(*n as f64),
        (Conversion::CharToString, Value::Char(c)) => Value::str(&*c.encode_utf8(&mut [0; 4])),
        (Conversion::Option(_), Value::None) => Value::None,
        (Conversion::Option(inner), _) => convert(inner, value),
        (_, Value::Heap(heap)) => convert_heap(conversion, heap).unwrap_or_else(|| value.clone()),
        _ => value.clone(),
    }
}

fn convert_heap(conversion: &Conversion, heap: &HeapValue) -> Option<Value> {
    Some(match (conversion, heap) {
        (Conversion::Array(form, inner), HeapValue::Array(array)) => {
            Value::array(convert_array(*form, inner, array))
        }
        (Conversion::Set(inner), HeapValue::Set(set)) => {
            Value::set(set.iter().map(|key| Key(convert(inner, &key.0))).collect())
        }
        (Conversion::Map(key, item), HeapValue::Map(map)) => {
            let entries = map.iter();
            Value::map(
                entries
                    .map(|(k, v)| (Key(convert(key, &k.0)), convert(item, v)))
                    .collect(),
            )
        }
        (Conversion::Tuple(each), HeapValue::Tuple(items)) => Value::tuple(
            each.iter()
                .zip(&**items)
                .map(|(c, item)| convert(c, item))
                .collect(),
        ),
        (Conversion::TupleToArray(form, each), HeapValue::Tuple(items)) => {
            let mut array = empty_array(*form, items.len());
            for (c, item) in each.iter().zip(&**items) {
                array.push(convert(c, item));
            }
            Value::array(array)
        }
        (Conversion::Record(shape, sources), HeapValue::Record(record)) => {
            let fields = sources.iter().map(|source| convert_field(source, record));
            Value::record(Record {
                shape: shape.clone(),
                fields: fields.collect(),
            })
        }
        (Conversion::Entries(entries), HeapValue::Record(record)) => {
            let entries = entries.iter().zip(&record.fields);
            let entries = entries.map(|((name, c), value)| (Key::str(&**name), convert(c, value)));
            Value::map(entries.collect())
        }
        (Conversion::Result(ok, _), HeapValue::Ok(payload)) => Value::ok(convert(ok, payload)),
        (Conversion::Result(_, err), HeapValue::Err(payload)) => Value::err(convert(err, payload)),
        _ => return None,
    })
}

fn convert_array(form: Form, inner: &Conversion, array: &Array) -> Array {
    if let (Form::Numbers, Conversion::IntToNumber, Array::Ints(items)) = (form, inner, array) {
        return Array::Numbers(items.iter().map(|n| *n as f64).collect());
    }
    let mut converted = empty_array(form, array.len());
    for item in array.iter() {
        converted.push(convert(inner, &item));
    }
    converted
}

fn convert_field(source: &FieldSource, record: &Record) -> Value {
    match source {
        FieldSource::Field(index, inner) => record
            .fields
            .get(*index)
            .map_or(Value::None, |field| convert(inner, field)),
        FieldSource::Const(constant) => literal(constant),
    }
}

/// Whether `value` passes the test.
pub(crate) fn has_type(test: &TypeTest, value: &Value) -> bool {
    match test {
        TypeTest::Any => true,
        TypeTest::None => value.is_none(),
        TypeTest::Unit => matches!(value, Value::Unit),
        TypeTest::Bool => matches!(value, Value::Bool(_)),
        TypeTest::Int => matches!(value, Value::Int(_)),
        TypeTest::Number => matches!(value, Value::Number(_)),
        TypeTest::Char => matches!(value, Value::Char(_)),
        TypeTest::Duration => matches!(value, Value::Duration(_)),
        TypeTest::OneOf(tests) => tests.iter().any(|test| has_type(test, value)),
        _ => matches!(value, Value::Heap(heap) if heap_has_type(test, heap)),
    }
}

fn heap_has_type(test: &TypeTest, heap: &HeapValue) -> bool {
    match (test, heap) {
        (TypeTest::Str, HeapValue::Str(_))
        | (TypeTest::Bytes, HeapValue::Bytes(_))
        | (TypeTest::Range, HeapValue::Range(_))
        | (TypeTest::Error, HeapValue::Error(_))
        | (TypeTest::Closure, HeapValue::Closure(_))
        | (TypeTest::Handle, HeapValue::Handle(_)) => true,
        (TypeTest::Array(inner), HeapValue::Array(array)) => array_has_type(inner, array),
        (TypeTest::Map(key, item), HeapValue::Map(map)) => map
            .iter()
            .all(|(k, v)| has_type(key, &k.0) && has_type(item, v)),
        (TypeTest::Set(inner), HeapValue::Set(set)) => {
            set.iter().all(|key| has_type(inner, &key.0))
        }
        (TypeTest::Tuple(tests), HeapValue::Tuple(items)) => all_have_types(tests, items),
        (TypeTest::Record(shape, tests), HeapValue::Record(record)) => match &shape.name {
            Some(name) => record.shape.name.as_ref() == Some(name),
            None => {
                record.shape.name.is_none()
                    && record.shape.fields == shape.fields
                    && all_have_types(tests, &record.fields)
            }
        },
        (TypeTest::Enum(name), HeapValue::Enum(value)) => value.variant.enum_name == *name,
        (TypeTest::Result(ok, _), HeapValue::Ok(payload)) => has_type(ok, payload),
        (TypeTest::Result(_, err), HeapValue::Err(payload)) => has_type(err, payload),
        _ => false,
    }
}

fn array_has_type(inner: &TypeTest, array: &Array) -> bool {
    match (inner, array) {
        (TypeTest::Any, _) => true,
        (TypeTest::Int, Array::Ints(_))
        | (TypeTest::Number, Array::Numbers(_))
        | (TypeTest::Bool, Array::Bools(_)) => true,
        _ => array.iter().all(|item| has_type(inner, &item)),
    }
}

fn all_have_types(tests: &[TypeTest], items: &[Value]) -> bool {
    tests.len() == items.len()
        && tests
            .iter()
            .zip(items)
            .all(|(test, item)| has_type(test, item))
}
