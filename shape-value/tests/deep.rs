//! Values nested very deep are compared, hashed, printed and dropped without running out of
//! stack.

use shape_value::{
    Array, Closure, EnumValue, EnumVariant, ErrorValue, Key, Map, Record, Set, Shape, Value,
};
use std::rc::Rc;
use std::sync::Arc;

/// Many times what fits on the stack of a test's thread; keeps the whole file at a few seconds.
const DEPTH: usize = 200_000;

/// Wraps `None` that many times.
fn nest(wrap: impl Fn(Value) -> Value) -> Value {
    (0..DEPTH).fold(Value::None, |inner, _| wrap(inner))
}

type Wrapper = Box<dyn Fn(Value) -> Value>;

/// Every kind of container around a value.
fn wrappers() -> Vec<(&'static str, Wrapper)> {
    let shape = Shape::new(None, ["n", "next"]);
    let variant = Arc::new(EnumVariant {
        enum_name: "List".into(),
        index: 0,
        name: "Node".into(),
        fields: None,
    });
    vec![
        ("array", Box::new(|v| Value::array(Array::Values(vec![v])))),
        ("tuple", Box::new(|v| Value::tuple(vec![Value::Int(1), v]))),
        (
            "record",
            Box::new(move |v| {
                let fields = vec!["text".into(), v];
                Value::record(Record {
                    shape: shape.clone(),
                    fields,
                })
            }),
        ),
        (
            "enum",
            Box::new(move |v| {
                Value::variant(EnumValue {
                    variant: variant.clone(),
                    payload: vec![v],
                })
            }),
        ),
        ("ok", Box::new(Value::ok)),
        ("err", Box::new(Value::err)),
        (
            "map",
            Box::new(|v| Value::map(Map::from_iter([(Key::from("k"), v)]))),
        ),
        (
            "error",
            Box::new(|v| {
                let mut error = ErrorValue::new("k", "m");
                error.details = v;
                Value::error(error)
            }),
        ),
    ]
}

#[test]
fn dropping() {
    for (_, wrap) in wrappers() {
        drop(nest(wrap));
    }
    drop(nest(|v| {
        Value::closure(Closure {
            id: 0,
            captures: vec![v],
        })
    }));
    drop(nest(Value::cell));
}

#[test]
fn dropping_what_is_held_directly() {
    let mut error = Rc::new(ErrorValue::new("k", "first"));
    for n in 0..DEPTH {
        let mut outer = ErrorValue::new("k", "m");
        // The details of an error may hold an error with a cause of its own.
        if n % 2 == 0 {
            outer.cause = Some(error)
        } else {
            outer.details = Value::error(error)
        }
        error = Rc::new(outer);
    }
    drop(error);
    let record = nest(|v| {
        Value::record(Record {
            shape: Shape::new(None, ["a"]),
            fields: vec![v],
        })
    });
    drop(record.into_record());
}

#[test]
fn dropping_a_part_leaves_what_is_shared() {
    let shared = Value::tuple(vec![Value::tuple(vec![Value::Int(7)])]);
    drop(Value::tuple(vec![shared.clone(), shared.clone()]));
    assert_eq!(shared.to_string(), "[[7]]");
}

#[test]
fn comparing() {
    for (name, wrap) in wrappers() {
        let (a, b) = (nest(&wrap), nest(&wrap));
        assert!(a == b, "{name}");
        assert!(a != wrap(b), "{name}");
        let _ = a.compare(&nest(&wrap));
    }
}

#[test]
fn printing() {
    for (name, wrap) in wrappers().into_iter().filter(|(name, _)| *name != "error") {
        let text = nest(wrap).to_string();
        assert!(text.contains('…') && text.len() < 20_000, "{name}");
    }
}

/// Sets and maps with deep keys have to hash and to compare them.
#[test]
fn keys() {
    for (_, wrap) in wrappers() {
        let set: Set = [Key(nest(&wrap)), Key(nest(&wrap))].into_iter().collect();
        assert_eq!(set.len(), 1);
    }
}

/// To compare sets is to look keys up, which is to compare keys, which may be sets.
#[test]
fn sets_of_sets() {
    let nested = |depth| {
        (0..depth).fold(Value::None, |inner, _| {
            Value::set([Key(inner)].into_iter().collect())
        })
    };
    assert!(nested(10) == nested(10));
    assert!(nested(DEPTH) != nested(DEPTH));
    assert!(Key(nested(DEPTH)) != Key(nested(DEPTH)));
}
