//! Methods of maps and sets that need no closure. Those that do are in `map.shape` and `set.shape`.

use crate::define::{Registered, mutating, pure};
use shape_runtime::{
    Any, AnyRef, ArrayRef, HostCx, MapOf, MapRef, Maybe, Module, Registry, SetOf, SetRef, TypeArg,
};
use shape_value::{Array, HeapValue, Key, Map, Set, StrKey, Value};

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new(
        "std::core::map",
        "Methods of maps, which keep the order of insertion.",
    );
    map_look(&mut m)?;
    map_parts(&mut m)?;
    map_change(&mut m)?;
    m.source(include_str!("map.shape"));
    registry.add(m)?;

    let mut m = Module::new(
        "std::core::set",
        "Methods of sets, which keep the order of insertion.",
    );
    set_look(&mut m)?;
    set_combine(&mut m)?;
    set_change(&mut m)?;
    m.source(include_str!("set.shape"));
    registry.add(m)
}

/// The value of `key`, looked up without a copy of it.
fn get<'m>(map: &'m Map, key: &Value) -> Option<&'m Value> {
    match key {
        Value::Heap(HeapValue::Str(text)) => map.get(&StrKey(text)),
        other => map.get(&Key(other.clone())),
    }
}

fn map_look(m: &mut Module) -> Registered {
    pure(
        m,
        "get",
        ["self", "key"],
        "The value of a key; `None` when the map does not have it.",
        |_: &mut HostCx, map: MapRef<'_, 0, 1>, key: AnyRef<'_, 0>| {
            Maybe(get(&map, key.0).cloned().map(Any::<1>))
        },
    )?;
    pure(
        m,
        "get_or_default",
        ["self", "key", "default"],
        "The value of a key, or `default` when the map does not have it.",
        |_: &mut HostCx, map: MapRef<'_, 0, 1>, key: AnyRef<'_, 0>, default: AnyRef<'_, 1>| {
            Any::<1>(get(&map, key.0).unwrap_or(default.0).clone())
        },
    )?;
    pure(
        m,
        "has",
        ["self", "key"],
        "Whether the map has a key.",
        |_: &mut HostCx, map: MapRef<'_, 0, 1>, key: AnyRef<'_, 0>| get(&map, key.0).is_some(),
    )?;
    pure(
        m,
        "len",
        ["self"],
        "How many entries there are.",
        |_: &mut HostCx, map: MapRef<'_, 0, 1>| map.len(),
    )?;
    pure(
        m,
        "is_empty",
        ["self"],
        "Whether there are none.",
        |_: &mut HostCx, map: MapRef<'_, 0, 1>| map.is_empty(),
    )
}

fn map_parts(m: &mut Module) -> Registered {
    pure(
        m,
        "keys",
        ["self", "K"],
        "The keys, in order of insertion.",
        |cx: &mut HostCx, map: MapRef<'_, 0, 1>, k: TypeArg<0>| {
            collect::<0>(k.new_array(cx), map.keys().map(|key| &key.0))
        },
    )?;
    pure(
        m,
        "values",
        ["self", "V"],
        "The values, in order of insertion of their keys.",
        |cx: &mut HostCx, map: MapRef<'_, 0, 1>, v: TypeArg<1>| {
            collect::<1>(v.new_array(cx), map.values())
        },
    )?;
    pure(
        m,
        "entries",
        ["self"],
        "Pairs of key and value, in order of insertion.",
        |_: &mut HostCx, map: MapRef<'_, 0, 1>| {
            let entries = map
                .iter()
                .map(|(k, v)| (Any::<0>(k.0.clone()), Any::<1>(v.clone())));
            entries.collect::<Vec<_>>()
        },
    )?;
    pure(
        m,
        "merge",
        ["self", "other"],
        "A map with the entries of both; where both have a key, the value of `other` counts.",
        |_: &mut HostCx, map: MapRef<'_, 0, 1>, other: MapRef<'_, 0, 1>| -> MapOf<0, 1> {
            let mut merged = map.0.clone();
            merged.extend(other.iter().map(|(k, v)| (k.clone(), v.clone())));
            MapOf(merged)
        },
    )
}

fn collect<'a, const N: u8>(
    mut array: Array,
    items: impl ExactSizeIterator<Item = &'a Value>,
) -> shape_runtime::ArrayOf<N> {
    array.reserve(items.len());
    items.for_each(|item| array.push(item.clone()));
    array.into()
}

fn map_change(m: &mut Module) -> Registered {
    mutating(
        m,
        "set",
        ["self", "key", "value"],
        "Gives a key a value, in place of one that it has.",
        |_: &mut HostCx, map: &mut Map, key: AnyRef<'_, 0>, value: AnyRef<'_, 1>| {
            map.insert(Key(key.0.clone()), value.0.clone());
        },
    )?;
    mutating(
        m,
        "delete",
        ["self", "key"],
        "Takes a key and its value out, if the map has it.",
        |_: &mut HostCx, map: &mut Map, key: Any<0>| {
            map.shift_remove(&Key(key.0));
        },
    )?;
    mutating(
        m,
        "remove",
        ["self", "key"],
        "Takes a key out and gives its value; `None` when the map does not have it.",
        |_: &mut HostCx, map: &mut Map, key: Any<0>| {
            Maybe(map.shift_remove(&Key(key.0)).map(Any::<1>))
        },
    )?;
    mutating(
        m,
        "extend",
        ["self", "other"],
        "Adds the entries of `other`, in place of those with the same keys.",
        |_: &mut HostCx, map: &mut Map, other: MapRef<'_, 0, 1>| {
            map.extend(other.iter().map(|(k, v)| (k.clone(), v.clone())));
        },
    )?;
    mutating(
        m,
        "clear",
        ["self"],
        "Takes all entries out.",
        |_: &mut HostCx, map: &mut Map| {
            map.clear();
        },
    )
}

fn set_look(m: &mut Module) -> Registered {
    pure(
        m,
        "has",
        ["self", "value"],
        "Whether the set has a value.",
        |_: &mut HostCx, set: SetRef<'_, 0>, value: Any<0>| set.contains(&Key(value.0)),
    )?;
    pure(
        m,
        "len",
        ["self"],
        "How many elements there are.",
        |_: &mut HostCx, set: SetRef<'_, 0>| set.len(),
    )?;
    pure(
        m,
        "is_empty",
        ["self"],
        "Whether there are none.",
        |_: &mut HostCx, set: SetRef<'_, 0>| set.is_empty(),
    )?;
    pure(
        m,
        "is_subset",
        ["self", "other"],
        "Whether `other` has all of its elements.",
        |_: &mut HostCx, a: SetRef<'_, 0>, b: SetRef<'_, 0>| a.is_subset(b.0),
    )?;
    pure(
        m,
        "to_array",
        ["self", "T"],
        "The elements, in order of insertion.",
        |cx: &mut HostCx, set: SetRef<'_, 0>, t: TypeArg<0>| {
            collect::<0>(t.new_array(cx), set.iter().map(|key| &key.0))
        },
    )?;
    pure(
        m,
        "from_array",
        ["items"],
        "A set of the elements of an array.",
        |_: &mut HostCx, items: ArrayRef<'_, 0>| SetOf::<0>(items.iter().map(Key).collect()),
    )
}

fn set_combine(m: &mut Module) -> Registered {
    type Combine = (&'static str, &'static str, fn(&Set, &Set) -> Set);
    const COMBINATIONS: [Combine; 3] = [
        ("union", "The elements that are in either.", |a, b| {
            a.union(b).cloned().collect()
        }),
        ("intersect", "The elements that are in both.", |a, b| {
            a.intersection(b).cloned().collect()
        }),
        (
            "difference",
            "The elements that are not in `other`.",
            |a, b| a.difference(b).cloned().collect(),
        ),
    ];
    for (name, doc, combine) in COMBINATIONS {
        pure(
            m,
            name,
            ["self", "other"],
            doc,
            move |_: &mut HostCx, a: SetRef<'_, 0>, b: SetRef<'_, 0>| SetOf::<0>(combine(&a, &b)),
        )?;
    }
    Ok(())
}

fn set_change(m: &mut Module) -> Registered {
    mutating(
        m,
        "add",
        ["self", "value"],
        "Adds a value, unless the set has it.",
        |_: &mut HostCx, set: &mut Set, value: AnyRef<'_, 0>| {
            set.insert(Key(value.0.clone()));
        },
    )?;
    mutating(
        m,
        "delete",
        ["self", "value"],
        "Takes a value out, if the set has it.",
        |_: &mut HostCx, set: &mut Set, value: Any<0>| {
            set.shift_remove(&Key(value.0));
        },
    )?;
    mutating(
        m,
        "clear",
        ["self"],
        "Takes all elements out.",
        |_: &mut HostCx, set: &mut Set| {
            set.clear();
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{call, call_raw, int, ints, strings};

    fn map_of(entries: &[(&str, i64)]) -> Value {
        Value::map(
            entries
                .iter()
                .map(|(k, v)| (Key::from(*k), int(*v)))
                .collect(),
        )
    }

    fn abc() -> Value {
        map_of(&[("a", 1), ("b", 2), ("c", 3)])
    }

    #[test]
    fn looking_into_maps() {
        let map = |name: &str, v: &[Value]| call("map", name, &[0, 0], v).unwrap().to_string();
        assert_eq!(map("get", &[abc(), "b".into()]), "2");
        assert_eq!(map("get", &[abc(), "z".into()]), "None");
        assert_eq!(map("get_or_default", &[abc(), "z".into(), int(9)]), "9");
        assert_eq!(map("has", &[abc(), "a".into()]), "true");
        assert_eq!(map("values", &[abc()]), "[1, 2, 3]");
        assert_eq!(map("entries", &[abc()]), "[[a, 1], [b, 2], [c, 3]]");
        let more = map_of(&[("b", 5), ("z", 6)]);
        assert_eq!(map("merge", &[abc(), more]), "{ a: 1, b: 5, c: 3, z: 6 }");
    }

    #[test]
    fn values_have_the_form_of_their_type() {
        let values = call("map", "values", &[0], [abc()]).unwrap();
        assert!(matches!(**values.as_array().unwrap(), Array::Ints(_)));
    }

    #[test]
    fn changing_maps() {
        let change = |name: &str, v: &[Value]| {
            let mut v = v.to_vec();
            v.push(Value::None);
            call_raw("map", name, &[], &mut v).unwrap();
            v[0].to_string()
        };
        assert_eq!(
            change("set", &[abc(), "a".into(), int(9)]),
            "{ a: 9, b: 2, c: 3 }"
        );
        assert_eq!(change("delete", &[abc(), "a".into()]), "{ b: 2, c: 3 }");
        assert_eq!(
            change("remove", &[abc(), "z".into()]),
            "{ a: 1, b: 2, c: 3 }"
        );
        assert_eq!(change("clear", &[abc()]), "{}");
    }

    #[test]
    fn sets() {
        let set = |items: &[i64]| call("set", "from_array", &[], [ints(items)]).unwrap();
        let both = |name: &str| call("set", name, &[], [set(&[1, 2]), set(&[2, 3])]).unwrap();
        assert_eq!(both("union").to_string(), "{ 1, 2, 3 }");
        assert_eq!(both("intersect").to_string(), "{ 2 }");
        assert_eq!(both("difference").to_string(), "{ 1 }");
        assert_eq!(both("is_subset"), false.into());
        assert_eq!(
            call("set", "to_array", &[0], [set(&[5, 5])]),
            Ok(ints(&[5]))
        );
        let names = call("set", "from_array", &[], [strings("a b a")]).unwrap();
        assert_eq!(
            call("set", "has", &[], [names, "a".into()]),
            Ok(true.into())
        );
    }
}
