//! JSON: reading it as a type, writing values, and looking into what has no declared type.

mod conform;
mod operate;
mod parse;
mod write;

use crate::define::{Registered, pure};
use shape_abi::Ty;
use shape_runtime::{
    Any, AnyRef, HostCx, IntoShape, Json, JsonRef, Maybe, Module, Raise, Registry, ScriptResult,
    ShapeType, TypeArg,
};
use shape_value::{Array, ErrorValue, HeapValue, Str, StrKey, Value};
use std::rc::Rc;

pub(crate) use write::as_json;

/// `parse_json` and `to_json`.
pub(crate) fn register_prelude(m: &mut Module) -> Registered {
    pure(
        m,
        "parse_json",
        ["text", "T"],
        "The value that a JSON text stands for, as the type that is wanted, or any JSON value where no type is. `Err` says where the text is broken or of another shape. Records take fields by name, ignore unknown ones, and use defaults for missing ones; a whole number is an `int` or a `number`; `null` is `None`; a duration is a number of seconds. Where the type has functions, handles, enums, results or bytes in it, the script does not run.",
        parse_json,
    )?;
    pure(
        m,
        "to_json",
        ["value", "indent = 0"],
        "The value as JSON, on one line, or with so many spaces of indentation for each level. Raises `invalid` for what JSON cannot hold: functions, handles, variants, bytes, `NaN`.",
        |_: &mut HostCx, value: AnyRef<'_, 0>, indent: i64| write::to_json(value.0, indent),
    )
}

fn parse_json(cx: &mut HostCx, text: &str, t: TypeArg<0>) -> ScriptResult<Any<0>> {
    let value = parse::parse(text).and_then(|value| conform::conform(value, &t.ty(cx)));
    ScriptResult(
        value
            .map(Any)
            .map_err(|message| Rc::new(ErrorValue::new("invalid_json", message))),
    )
}

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new(
        "std::core::json",
        "Methods of JSON values of no declared type.",
    );
    look(&mut m)?;
    narrow(&mut m)?;
    operate::register(&mut m)?;
    registry.add(m)
}

fn look(m: &mut Module) -> Registered {
    pure(
        m,
        "get",
        ["self", "key"],
        "The field of an object; `None` where there is no such field, or no object.",
        |_: &mut HostCx, json: JsonRef<'_>, key: &str| {
            Json(field(json.0, key).cloned().unwrap_or_default())
        },
    )?;
    pure(
        m,
        "at",
        ["self", "index"],
        "The element of an array, from the end where the position is negative; `None` where there is no such element, or no array.",
        |_: &mut HostCx, json: JsonRef<'_>, index: i64| {
            let array = json.0.as_array();
            let found = array.and_then(|a| a.position(index).and_then(|i| a.get(i)));
            Json(found.unwrap_or_default())
        },
    )?;
    pure(
        m,
        "has",
        ["self", "key"],
        "Whether it is an object with this field.",
        |_: &mut HostCx, json: JsonRef<'_>, key: &str| field(json.0, key).is_some(),
    )?;
    pure(
        m,
        "len",
        ["self"],
        "How many elements, fields or characters there are; 0 for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| match json.0 {
            Value::Heap(HeapValue::Array(array)) => array.len(),
            Value::Heap(HeapValue::Map(map)) => map.len(),
            Value::Heap(HeapValue::Str(text)) => crate::text::char_len(text),
            _ => 0,
        },
    )?;
    pure(
        m,
        "keys",
        ["self"],
        "The names of the fields of an object; none for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| -> Vec<Str> {
            let keys = json.0.as_map().into_iter().flat_map(|map| map.keys());
            keys.filter_map(|key| key.0.as_string().cloned()).collect()
        },
    )?;
    pure(
        m,
        "items",
        ["self"],
        "The elements of an array; raises `invalid` for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| -> Result<Items, Raise> {
            json.0
                .as_array()
                .map(|array| Items(array.clone()))
                .ok_or_else(|| {
                    Raise::invalid(format!(
                        "expected a JSON array, found {}",
                        json.0.kind_name()
                    ))
                })
        },
    )?;
    pure(
        m,
        "is_null",
        ["self"],
        "Whether it is `null`.",
        |_: &mut HostCx, json: JsonRef<'_>| json.0.is_none(),
    )
}

fn field<'v>(json: &'v Value, key: &str) -> Option<&'v Value> {
    json.as_map()?.get(&StrKey(key))
}

/// `Array<Json>`, shared.
struct Items(Rc<Array>);

impl ShapeType for Items {
    fn ty() -> Ty {
        Ty::array(Ty::Json)
    }
}

impl IntoShape for Items {
    fn into_value(self) -> Value {
        Value::Heap(HeapValue::Array(self.0))
    }
}

/// `HashMap<string, Json>`, shared.
struct Fields(Value);

impl ShapeType for Fields {
    fn ty() -> Ty {
        Ty::Map(Ty::String.into(), Ty::Json.into())
    }
}

impl IntoShape for Fields {
    fn into_value(self) -> Value {
        self.0
    }
}

fn narrow(m: &mut Module) -> Registered {
    pure(
        m,
        "to",
        ["self", "T"],
        "The value as the type that is wanted. A JSON value that stands where another type is wanted is read by this; raises `invalid_json` where it has another shape.",
        |cx: &mut HostCx, json: JsonRef<'_>, t: TypeArg<0>| -> Result<Any<0>, Raise> {
            conform::conform(json.0.clone(), &t.ty(cx))
                .map(Any)
                .map_err(|message| Raise::error("invalid_json", message))
        },
    )?;
    pure(
        m,
        "as_bool",
        ["self"],
        "The bool; `None` for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| Maybe(json.0.as_bool()),
    )?;
    pure(
        m,
        "as_int",
        ["self"],
        "The int; `None` for anything else, also for a number with a fraction.",
        |_: &mut HostCx, json: JsonRef<'_>| Maybe(conform::as_int(json.0)),
    )?;
    pure(
        m,
        "as_number",
        ["self"],
        "The number; `None` for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| Maybe(json.0.as_number()),
    )?;
    pure(
        m,
        "as_string",
        ["self"],
        "The text; `None` for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| Maybe(json.0.as_string().cloned()),
    )?;
    pure(
        m,
        "as_array",
        ["self"],
        "The elements; `None` for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| Maybe(json.0.as_array().map(|a| Items(a.clone()))),
    )?;
    pure(
        m,
        "as_object",
        ["self"],
        "The fields as a map; `None` for anything else.",
        |_: &mut HostCx, json: JsonRef<'_>| Maybe(json.0.as_map().map(|_| Fields(json.0.clone()))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{call, int};

    #[test]
    fn looking_into_json() {
        let value = parse::parse(r#"{"name": "Ada", "tags": ["x", "y"], "n": 2.0}"#).unwrap();
        let json = |name: &str, s: &[i64], key: &str| {
            call("json", name, s, &[value.clone(), key.into()])
                .unwrap()
                .to_string()
        };
        assert_eq!(json("get", &[], "name"), "Ada");
        assert_eq!(json("get", &[], "nope"), "None");
        assert_eq!(json("has", &[], "tags"), "true");
        assert_eq!(json("len", &[], ""), "3");
        assert_eq!(json("keys", &[], ""), "[name, tags, n]");
        assert_eq!(json("as_int", &[], ""), "None");
        let tags = call("json", "get", &[], [value.clone(), "tags".into()]).unwrap();
        assert_eq!(call("json", "at", &[-1], [tags]), Ok("y".into()));
        assert!(
            call("json", "items", &[], [value])
                .unwrap_err()
                .contains("found map")
        );
        assert_eq!(call("json", "as_int", &[], [2.0.into()]), Ok(int(2)));
        assert_eq!(
            call("json", "get", &[], [Value::None, "x".into()]),
            Ok(Value::None)
        );
    }

    #[test]
    fn parsing_as_a_type() {
        // The type arguments of the tests are `int`, `number` and `string`.
        let parse =
            |text: &str, t: i64| call("prelude", "parse_json", &[t], [text.into()]).unwrap();
        assert_eq!(parse("5", 0), Value::ok(int(5)));
        assert_eq!(parse("5", 1).to_string(), "Ok(5.0)");
        assert_eq!(parse("5", 2).to_string(), "Err(expected string, found int)");
        assert!(
            parse("{", 0)
                .to_string()
                .starts_with("Err(invalid JSON: EOF")
        );
    }
}
