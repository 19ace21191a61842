//! Values as text, as `print` shows them.

use crate::{Array, EnumValue, HeapValue, Map, Range, Record, Value};
use std::fmt::{self, Write};

/// What is nested deeper than this prints as `…`.
const MAX_DEPTH: u32 = 1000;

impl Value {
    /// Appends the text that `print` shows: `4.0`, `None`, `[1, a]`, `{ x: 1 }`, `Circle(5.0)`.
    #[inline]
    pub fn fmt_into(&self, out: &mut String) {
        match self {
            Self::Int(n) => fmt_int(*n, out),
            Self::Heap(HeapValue::Str(text)) => out.push_str(text),
            _ => fmt_value(self, At::default(), out),
        }
    }
}

impl Value {
    /// The text that tells values of different types apart: as `print` shows it, with text and
    /// characters as a script writes them.
    #[must_use]
    pub fn quoted(&self) -> String {
        let mut out = String::new();
        let at = At {
            depth: 0,
            quoted: true,
        };
        fmt_value(self, at, &mut out);
        out
    }
}

/// How deep a value is nested in what is shown, and whether text is quoted.
#[derive(Clone, Copy, Default)]
struct At {
    depth: u32,
    quoted: bool,
}

impl At {
    fn inner(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }
}

/// Text between quotes of this kind, as a script writes it.
struct Escaped<'a>(&'a str, char);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\0' => f.write_str("\\0")?,
                c if c == self.1 => write!(f, "\\{c}")?,
                c if c.is_control() => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.fmt_into(&mut out);
        f.pad(&out)
    }
}

/// Appends an `int`.
#[inline]
pub fn fmt_int(n: i64, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(n));
}

/// Appends a `number`: the shortest text that reads back as the same, always with a fraction or an
/// exponent: `4.0`, `0.1`, `1e21`; `NaN`, `inf`, `-inf`.
pub fn fmt_number(x: f64, out: &mut String) {
    push(out, format_args!("{x:?}"));
}

/// Appends a `duration`, in its largest units without a rest of zero: `250ms`, `5s`, `1m30s`,
/// `1d2h`, `1.5ms`, `0s`.
pub fn fmt_duration(nanos: i64, out: &mut String) {
    if nanos < 0 {
        out.push('-');
    }
    let mut rest = nanos.unsigned_abs();
    if rest == 0 {
        out.push_str("0s");
        return;
    }
    for (unit, size) in [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
    ] {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            push(out, format_args!("{count}{unit}"));
        }
    }
    let (unit, size) = match rest {
        0 => return,
        1_000_000_000.. => ("s", 1_000_000_000),
        1_000_000.. => ("ms", 1_000_000),
        1_000.. => ("us", 1_000),
        _ => ("ns", 1),
    };
    push(out, format_args!("{}", rest / size));
    if !rest.is_multiple_of(size) {
        let digits = format!("{:09}", rest % size * (1_000_000_000 / size));
        push(out, format_args!(".{}", digits.trim_end_matches('0')));
    }
    out.push_str(unit);
}

/// Writing to a `String` cannot fail.
fn push(out: &mut String, args: fmt::Arguments<'_>) {
    let _ = out.write_fmt(args);
}

fn fmt_value(value: &Value, at: At, out: &mut String) {
    match value {
        Value::None => out.push_str("None"),
        Value::Unit => out.push_str("()"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => fmt_int(*n, out),
        Value::Number(x) => fmt_number(*x, out),
        Value::Char(c) if at.quoted => {
            push(out, format_args!("'{}'", Escaped(&c.to_string(), '\'')))
        }
        Value::Char(c) => out.push(*c),
        Value::Duration(nanos) => fmt_duration(*nanos, out),
        Value::Heap(_) if at.depth >= MAX_DEPTH => out.push('…'),
        Value::Heap(heap) => fmt_heap(heap, at.inner(), out),
    }
}

fn fmt_heap(heap: &HeapValue, at: At, out: &mut String) {
    match heap {
        HeapValue::Str(text) if at.quoted => {
            push(out, format_args!("\"{}\"", Escaped(text, '"')));
        }
        HeapValue::Str(text) => out.push_str(text),
        HeapValue::Bytes(bytes) => push(out, format_args!("b\"{}\"", bytes.escape_ascii())),
        HeapValue::Array(array) => fmt_array(array, at, out),
        HeapValue::Tuple(items) => fmt_list("[", items.iter(), "]", at, out),
        HeapValue::Record(record) => fmt_record(record, at, out),
        HeapValue::Enum(value) => fmt_variant(value, at, out),
        HeapValue::Ok(value) => fmt_list("Ok(", std::iter::once(&**value), ")", at, out),
        HeapValue::Err(value) => fmt_list("Err(", std::iter::once(&**value), ")", at, out),
        HeapValue::Map(map) => fmt_map(map, at, out),
        HeapValue::Set(set) if set.is_empty() => out.push_str("{}"),
        HeapValue::Set(set) => fmt_list("{ ", set.iter().map(|key| &key.0), " }", at, out),
        HeapValue::Error(error) => out.push_str(&error.message),
        HeapValue::Range(range) => fmt_range(**range, out),
        HeapValue::Closure(_) | HeapValue::Cell(_) => out.push_str("<function>"),
        HeapValue::Handle(handle) => push(out, format_args!("{handle}")),
    }
}

fn fmt_list<'a>(
    open: &str,
    items: impl Iterator<Item = &'a Value>,
    close: &str,
    at: At,
    out: &mut String,
) {
    out.push_str(open);
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        fmt_value(item, at, out);
    }
    out.push_str(close);
}

fn fmt_array(array: &Array, at: At, out: &mut String) {
    if let Array::Values(items) = array {
        return fmt_list("[", items.iter(), "]", at, out);
    }
    out.push('[');
    for (i, item) in array.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        item.fmt_into(out);
    }
    out.push(']');
}

fn fmt_fields<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>, at: At, out: &mut String) {
    out.push('{');
    let mut separator = " ";
    for (name, value) in fields {
        out.push_str(separator);
        out.push_str(name);
        out.push_str(": ");
        fmt_value(value, at, out);
        separator = ", ";
    }
    out.push_str(if separator == " " { "}" } else { " }" });
}

fn fmt_record(record: &Record, at: At, out: &mut String) {
    let names = record.shape.fields.iter().map(|name| &**name);
    fmt_fields(names.zip(&record.fields), at, out);
}

fn fmt_variant(value: &EnumValue, at: At, out: &mut String) {
    out.push_str(&value.variant.name);
    match &value.variant.fields {
        Some(names) => {
            out.push(' ');
            fmt_fields(
                names.iter().map(|name| &**name).zip(&value.payload),
                at,
                out,
            );
        }
        None if value.payload.is_empty() => {}
        None => fmt_list("(", value.payload.iter(), ")", at, out),
    }
}

fn fmt_map(map: &Map, at: At, out: &mut String) {
    if map.is_empty() {
        return out.push_str("{}");
    }
    let mut separator = "{ ";
    for (key, value) in map {
        out.push_str(separator);
        fmt_value(&key.0, at, out);
        out.push_str(": ");
        fmt_value(value, at, out);
        separator = ", ";
    }
    out.push_str(" }");
}

fn fmt_range(range: Range, out: &mut String) {
    fmt_int(range.start, out);
    out.push_str(if range.inclusive { "..=" } else { ".." });
    fmt_int(range.end, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EnumVariant, ErrorValue, Key, Shape};
    use std::sync::Arc;

    fn shown(value: impl Into<Value>) -> String {
        value.into().to_string()
    }

    #[test]
    fn numbers_have_a_fraction_or_an_exponent() {
        let texts = [
            4.0,
            0.1,
            1e21,
            f64::NAN,
            f64::INFINITY,
            -0.0,
            1e-7,
            123_456.75,
        ]
        .map(shown);
        assert_eq!(
            texts,
            [
                "4.0",
                "0.1",
                "1e21",
                "NaN",
                "inf",
                "-0.0",
                "1e-7",
                "123456.75"
            ]
        );
    }

    #[test]
    fn durations_are_compact() {
        let ms = 1_000_000;
        let all = [
            250 * ms,
            5000 * ms,
            90_000 * ms,
            93_600_000 * ms,
            1_500_000,
            1500 * ms,
            0,
            -ms,
            1,
        ]
        .map(|n| Value::Duration(n).to_string());
        assert_eq!(
            all,
            [
                "250ms", "5s", "1m30s", "1d2h", "1.5ms", "1.5s", "0s", "-1ms", "1ns"
            ]
        );
        assert_eq!(Value::Duration(60_000 * ms + 7).to_string(), "1m7ns");
    }

    #[test]
    fn quoted_text_is_told_from_numbers() {
        let check = |value: Value, expected: &str| assert_eq!(value.quoted(), expected);
        check("a\"b\\\n".into(), r#""a\"b\\\n""#);
        check("\u{7}é'".into(), "\"\\u{7}é'\"");
        check(Value::Char('\''), r"'\''");
        let tuple = Value::tuple(vec![Value::Int(1), "1".into(), Value::None]);
        check(Value::ok(tuple), r#"Ok([1, "1", None])"#);
    }

    #[test]
    fn containers() {
        assert_eq!(shown(Array::Ints(vec![1, 2])), "[1, 2]");
        assert_eq!(
            Value::tuple(vec![Value::Int(1), "a".into()]).to_string(),
            "[1, a]"
        );
        let point = Shape::new(Some("Point"), ["x", "y"]);
        assert_eq!(
            shown(Record {
                shape: point,
                fields: vec![Value::Int(1), "s".into()]
            }),
            "{ x: 1, y: s }"
        );
        assert_eq!(
            shown(Record {
                shape: Shape::new(None, []),
                fields: vec![]
            }),
            "{}"
        );
        assert_eq!(
            shown(Map::from_iter([(Key::str("a"), Value::Int(1))])),
            "{ a: 1 }"
        );
        assert_eq!(shown(Map::default()), "{}");
        assert_eq!(
            shown(crate::Set::from_iter([Key::from(1i64), Key::from(2i64)])),
            "{ 1, 2 }"
        );
        assert_eq!(Value::ok(Value::Unit).to_string(), "Ok(())");
        assert_eq!(
            Value::err(Value::error(ErrorValue::new("k", "bad"))).to_string(),
            "Err(bad)"
        );
        assert_eq!(
            shown(Range {
                start: 0,
                end: 5,
                inclusive: false
            }),
            "0..5"
        );
        assert_eq!(shown(b"a\"\xff\n".to_vec()), r#"b"a\"\xff\n""#);
    }

    #[test]
    fn variants() {
        let variant = |name: &str, fields: Option<Vec<Arc<str>>>, payload| {
            let (enum_name, name) = ("Shape".into(), name.into());
            shown(EnumValue {
                variant: Arc::new(EnumVariant {
                    enum_name,
                    index: 0,
                    name,
                    fields,
                }),
                payload,
            })
        };
        assert_eq!(
            variant("Circle", None, vec![Value::Number(5.0)]),
            "Circle(5.0)"
        );
        assert_eq!(variant("Point", None, vec![]), "Point");
        let fields = Some(vec!["w".into(), "h".into()]);
        assert_eq!(
            variant("Rect", fields, vec![Value::Number(1.0), Value::Number(2.0)]),
            "Rect { w: 1.0, h: 2.0 }"
        );
    }
}
