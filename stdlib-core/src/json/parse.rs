//! JSON text to values of no declared type.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use shape_value::{Array, Key, Map, Value};
use std::fmt;

/// The value that `text` stands for: `None` for `null`, an array of boxed values, a map with text
/// keys. What is nested more than 128 deep is refused.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let parsed = serde_json::from_str::<Dynamic>(text);
    parsed
        .map(|dynamic| dynamic.0)
        .map_err(|error| format!("invalid JSON: {error}"))
}

struct Dynamic(Value);

impl<'de> Deserialize<'de> for Dynamic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DynamicVisitor).map(Dynamic)
    }
}

struct DynamicVisitor;

impl<'de> Visitor<'de> for DynamicVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Value, E> {
        Ok(i64::try_from(n).map_or(Value::Number(n as f64), Value::Int))
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<Value, E> {
        Ok(Value::Number(x))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::str(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::str(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Dynamic(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::array(Array::Values(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::default();
        while let Some((name, Dynamic(value))) = entries.next_entry::<String, _>()? {
            map.insert(Key::from(name), value);
        }
        Ok(Value::map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value() {
        let shown = |text| parse(text).map(|value| value.to_string());
        assert_eq!(
            shown(r#"[1, 2.5, true, null, "sé\n"]"#),
            Ok("[1, 2.5, true, None, sé\n]".into())
        );
        assert_eq!(
            shown(r#"{"b": 1, "a": {}, "b": 2}"#),
            Ok("{ b: 2, a: {} }".into())
        );
        assert_eq!(
            shown("18446744073709551615"),
            Ok("1.8446744073709552e19".into())
        );
        for text in ["", "{", "[1,]", "nul", "1 2", "'a'", &"[".repeat(100_000)] {
            assert!(
                shown(text).unwrap_err().starts_with("invalid JSON: "),
                "{text}"
            );
        }
    }
}
