//! Values as JSON.

use crate::limits::check_string;
use shape_runtime::Raise;
use shape_value::{Array, HeapValue, Key, Map, Record, Value, fmt_int, fmt_number};

/// What is nested deeper cannot be read back either.
const MAX_DEPTH: usize = 128;

/// The most spaces of indentation for a level.
const MAX_INDENT: i64 = 16;

pub(super) fn to_json(value: &Value, indent: i64) -> Result<String, Raise> {
    if !(0..=MAX_INDENT).contains(&indent) {
        return Err(Raise::invalid(format!(
            "to_json: {indent} is no indentation from 0 to {MAX_INDENT}"
        )));
    }
    let indent = usize::try_from(indent).unwrap_or(0);
    let mut writer = Writer {
        out: String::new(),
        indent,
        depth: 0,
    };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    indent: usize,
    depth: usize,
}

type Written = Result<(), Raise>;

impl Writer {
    fn value(&mut self, value: &Value) -> Written {
        match value {
            Value::None | Value::Unit => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n) => fmt_int(*n, &mut self.out),
            Value::Number(x) if x.is_finite() => fmt_number(*x, &mut self.out),
            Value::Number(x) => return Err(refused(&format!("{x:?}"))),
            Value::Char(c) => self.text(c.encode_utf8(&mut [0; 4])),
            Value::Duration(nanos) => fmt_number(*nanos as f64 / 1e9, &mut self.out),
            Value::Heap(heap) => return self.heap(heap),
        }
        Ok(())
    }

    fn heap(&mut self, heap: &HeapValue) -> Written {
        check_string(self.out.len())?;
        match heap {
            HeapValue::Str(text) => self.text(text),
            HeapValue::Array(array) => return self.array(array),
            HeapValue::Tuple(items) => return self.list(items.iter()),
            HeapValue::Set(set) => return self.list(set.iter().map(|key| &key.0)),
            HeapValue::Record(record) => return self.record(record),
            HeapValue::Map(map) => return self.map(map),
            HeapValue::Bytes(_) => return Err(refused("bytes")),
            HeapValue::Enum(value) => {
                return Err(refused(&format!("the variant `{}`", value.variant.name)));
            }
            HeapValue::Ok(_) | HeapValue::Err(_) => return Err(refused("a Result")),
            HeapValue::Error(_) => return Err(refused("an Error")),
            HeapValue::Range(_) => return Err(refused("a range")),
            HeapValue::Closure(_) | HeapValue::Cell(_) => return Err(refused("a function")),
            HeapValue::Handle(_) => return Err(refused("a handle")),
        }
        Ok(())
    }

    fn array(&mut self, array: &Array) -> Written {
        if let Array::Values(items) = array {
            return self.list(items.iter());
        }
        self.open('[')?;
        for (i, item) in array.iter().enumerate() {
            self.separate(i);
            self.value(&item)?;
        }
        self.close(']', array.is_empty());
        Ok(())
    }

    fn list<'a>(&mut self, items: impl ExactSizeIterator<Item = &'a Value>) -> Written {
        let empty = items.len() == 0;
        self.open('[')?;
        for (i, item) in items.enumerate() {
            self.separate(i);
            self.value(item)?;
        }
        self.close(']', empty);
        Ok(())
    }

    fn record(&mut self, record: &Record) -> Written {
        self.open('{')?;
        for (i, (name, value)) in record.shape.fields.iter().zip(&record.fields).enumerate() {
            self.separate(i);
            self.field(name, value)?;
        }
        self.close('}', record.fields.is_empty());
        Ok(())
    }

    fn map(&mut self, map: &Map) -> Written {
        self.open('{')?;
        for (i, (key, value)) in map.iter().enumerate() {
            self.separate(i);
            match &key.0 {
                Value::Heap(HeapValue::Str(name)) => self.field(name, value)?,
                plain @ (Value::Int(_) | Value::Bool(_) | Value::Char(_)) => {
                    self.field(&plain.to_string(), value)?;
                }
                other => {
                    return Err(refused(&format!(
                        "a map with keys of type {}",
                        other.kind_name()
                    )));
                }
            }
        }
        self.close('}', map.is_empty());
        Ok(())
    }

    fn field(&mut self, name: &str, value: &Value) -> Written {
        self.text(name);
        self.out.push_str(if self.indent > 0 { ": " } else { ":" });
        self.value(value)
    }

    fn open(&mut self, bracket: char) -> Written {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(refused(&format!(
                "a value nested more than {MAX_DEPTH} deep"
            )));
        }
        self.out.push(bracket);
        Ok(())
    }

    fn close(&mut self, bracket: char, empty: bool) {
        self.depth -= 1;
        if !empty {
            self.new_line();
        }
        self.out.push(bracket);
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.push(',');
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if self.indent > 0 {
            self.out.push('\n');
            self.out
                .extend(std::iter::repeat_n(' ', self.indent * self.depth));
        }
    }

    /// A text in quotes.
    fn text(&mut self, text: &str) {
        self.out.push('"');
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            // Only ASCII characters are escaped, so every cut is between characters.
            let Some(escape) = escape(byte) else { continue };
            self.out.push_str(&text[plain..at]);
            self.out.push_str(&escape);
            plain = at + 1;
        }
        self.out.push_str(&text[plain..]);
        self.out.push('"');
    }
}

fn escape(byte: u8) -> Option<std::borrow::Cow<'static, str>> {
    Some(match byte {
        b'"' => "\\\"".into(),
        b'\\' => "\\\\".into(),
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        0..0x20 => format!("\\u{byte:04x}").into(),
        _ => return None,
    })
}

fn refused(what: &str) -> Raise {
    Raise::invalid(format!("to_json: JSON cannot hold {what}"))
}

/// Any value as a JSON value: records become maps, durations seconds, and what JSON does not have
/// the text that it prints as. What is nested too deep is cut off.
pub(crate) fn as_json(value: &Value) -> Value {
    convert(value, 0)
}

fn convert(value: &Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::None;
    }
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Number(_) => value.clone(),
        Value::Unit => Value::None,
        Value::Char(c) => Value::str(*c),
        Value::Duration(nanos) => Value::Number(*nanos as f64 / 1e9),
        Value::Heap(heap) => convert_heap(heap, value, depth + 1),
    }
}

fn convert_heap(heap: &HeapValue, value: &Value, depth: usize) -> Value {
    let list = |items: &mut dyn Iterator<Item = &Value>| {
        Value::array(items.map(|item| convert(item, depth)).collect::<Array>())
    };
    match heap {
        HeapValue::Str(_) => value.clone(),
        HeapValue::Array(array) => Value::array(
            array
                .iter()
                .map(|item| convert(&item, depth))
                .collect::<Array>(),
        ),
        HeapValue::Tuple(items) => list(&mut items.iter()),
        HeapValue::Set(set) => list(&mut set.iter().map(|key| &key.0)),
        HeapValue::Record(record) => {
            let names = record.shape.fields.iter().map(|name| Key::from(&**name));
            let values = record.fields.iter().map(|field| convert(field, depth));
            Value::map(names.zip(values).collect())
        }
        HeapValue::Map(map) => {
            let entries = map.iter();
            let entries = entries.map(|(k, v)| (Key::from(k.0.to_string()), convert(v, depth)));
            Value::map(entries.collect())
        }
        _ => Value::from(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shape_value::{Closure, Shape};

    #[test]
    fn compact_and_indented() {
        let fields = vec![
            Value::Int(1),
            Value::array(Array::Ints(vec![1, 2])),
            Value::None,
        ];
        let record = Value::record(Record {
            shape: Shape::new(None, ["a", "b c", "d"]),
            fields,
        });
        assert_eq!(
            to_json(&record, 0).unwrap(),
            r#"{"a":1,"b c":[1,2],"d":null}"#
        );
        let expected = "{\n  \"a\": 1,\n  \"b c\": [\n    1,\n    2\n  ],\n  \"d\": null\n}";
        assert_eq!(to_json(&record, 2).unwrap(), expected);
        assert_eq!(to_json(&Map::default().into(), 2).unwrap(), "{}");
    }

    #[test]
    fn text_is_escaped() {
        let json = to_json(&"say \"hi\"\n\u{1}é\\".into(), 0).unwrap();
        assert_eq!(json, r#""say \"hi\"\n\u0001é\\""#);
    }

    #[test]
    fn what_json_cannot_hold() {
        let message = |value: Value| to_json(&value, 0).unwrap_err().to_string();
        assert_eq!(message(f64::NAN.into()), "to_json: JSON cannot hold NaN");
        let closure = Closure {
            id: 0,
            captures: Vec::new(),
        };
        assert_eq!(
            message(closure.into()),
            "to_json: JSON cannot hold a function"
        );
        let deep = (0..500).fold(Value::None, |inner, _| Value::tuple(vec![inner]));
        assert!(message(deep.clone()).contains("nested"));
        assert!(as_json(&deep).to_string().starts_with("[["));
    }
}
