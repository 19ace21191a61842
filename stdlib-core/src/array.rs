//! Methods of arrays that need no closure. Those that do are in `array.shape`.

use crate::define::{Registered, mutating, pure};
use crate::limits::{check_array, check_string};
use crate::position::{range_bounds, slice_bounds};
use shape_runtime::{
    Any, AnyRef, ArrayOf, ArrayRef, Entries, HostCx, Maybe, Module, Raise, Registry, TypeArg,
};
use shape_value::{Array, Range, Value};

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new("std::core::array", "Methods of arrays.");
    look(&mut m)?;
    parts(&mut m)?;
    combine(&mut m)?;
    change(&mut m)?;
    crate::order::register(&mut m)?;
    crate::distinct::register(&mut m)?;
    m.source(include_str!("array.shape"));
    registry.add(m)
}

fn look(m: &mut Module) -> Registered {
    pure(
        m,
        "len",
        ["self"],
        "How many elements there are.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| a.len(),
    )?;
    pure(
        m,
        "is_empty",
        ["self"],
        "Whether there are none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| a.is_empty(),
    )?;
    pure(
        m,
        "first",
        ["self"],
        "The first element; `None` when there is none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| Maybe(a.get(0).map(Any::<0>)),
    )?;
    pure(
        m,
        "last",
        ["self"],
        "The last element; `None` when there is none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| {
            Maybe(a.len().checked_sub(1).and_then(|i| a.get(i)).map(Any::<0>))
        },
    )?;
    pure(
        m,
        "get",
        ["self", "index"],
        "The element at a position, from the end where it is negative; `None` out of range.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, index: i64| {
            Maybe(a.position(index).and_then(|i| a.get(i)).map(Any::<0>))
        },
    )?;
    pure(
        m,
        "contains",
        ["self", "value"],
        "Whether an element equals `value`.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, value: AnyRef<'_, 0>| find(&a, value.0).is_some(),
    )?;
    pure(
        m,
        "index_of",
        ["self", "value"],
        "The position of the first element that equals `value`; -1 when there is none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, value: AnyRef<'_, 0>| {
            find(&a, value.0).map_or(-1, as_position)
        },
    )?;
    pure(
        m,
        "last_index_of",
        ["self", "value"],
        "The position of the last element that equals `value`; -1 when there is none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, value: AnyRef<'_, 0>| {
            let found = (0..a.len())
                .rev()
                .find(|i| a.get(*i).as_ref() == Some(value.0));
            found.map_or(-1, as_position)
        },
    )?;
    pure(
        m,
        "join",
        ["self", "separator = \",\""],
        "The elements as text, with `separator` between them.",
        join,
    )
}

fn as_position(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn find(array: &Array, value: &Value) -> Option<usize> {
    match (array, value) {
        (Array::Ints(items), Value::Int(n)) => items.iter().position(|item| item == n),
        (Array::Values(items), value) => items.iter().position(|item| item == value),
        (other, value) => other.iter().position(|item| item == *value),
    }
}

fn join(_: &mut HostCx, array: ArrayRef<'_, 0>, separator: &str) -> Result<String, Raise> {
    let mut out = String::new();
    let mut between = "";
    let mut add = |item: &Value| {
        out.push_str(between);
        between = separator;
        item.fmt_into(&mut out);
        check_string(out.len())
    };
    match &*array {
        Array::Values(items) => items.iter().try_for_each(&mut add)?,
        other => other.iter().try_for_each(|item| add(&item))?,
    }
    Ok(out)
}

fn parts(m: &mut Module) -> Registered {
    pure(
        m,
        "take",
        ["self", "count"],
        "The first `count` elements, or all where there are fewer.",
        |_: &mut HostCx, a: ArrayOf<0>, count: i64| slice(&a, 0, at_most(count)),
    )?;
    pure(
        m,
        "drop",
        ["self", "count"],
        "All but the first `count` elements.",
        |_: &mut HostCx, a: ArrayOf<0>, count: i64| slice(&a, at_most(count), usize::MAX),
    )?;
    pure(
        m,
        "slice",
        ["self", "start = 0", "end"],
        "The elements from `start` up to `end`, without that one. Negative positions count from the end; what is out of range is cut off.",
        |_: &mut HostCx, a: ArrayOf<0>, start: i64, end: Option<i64>| {
            let (start, end) = slice_bounds(start, end, a.len());
            slice(&a, start, end)
        },
    )?;
    pure(
        m,
        "slice_range",
        ["self", "range"],
        "The elements of a range: `items[1..3]`.",
        |_: &mut HostCx, a: ArrayOf<0>, range: Range| {
            let (start, end) = range_bounds(range, a.len());
            slice(&a, start, end)
        },
    )?;
    pure(
        m,
        "pick",
        ["self", "positions"],
        "The elements at these positions; those out of range are left out.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, positions: Vec<i64>| -> ArrayOf<0> {
            let mut out = a.empty_like();
            out.reserve(positions.len());
            let found = positions
                .iter()
                .filter_map(|p| a.position(*p).and_then(|i| a.get(i)));
            found.for_each(|item| out.push(item));
            out.into()
        },
    )?;
    pure(
        m,
        "chunk",
        ["self", "size"],
        "The elements in arrays of `size`, which is at least 1; the last may be shorter.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, size: i64| -> Result<Vec<ArrayOf<0>>, Raise> {
            let size = at_least_one("chunk", size)?;
            let starts = (0..a.len()).step_by(size);
            Ok(starts
                .map(|i| a.slice(i, i.saturating_add(size)).into())
                .collect())
        },
    )?;
    pure(
        m,
        "windows",
        ["self", "size"],
        "Every run of `size` neighbours, which is at least 1.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, size: i64| -> Result<Vec<ArrayOf<0>>, Raise> {
            let size = at_least_one("windows", size)?;
            let count = (a.len() + 1).saturating_sub(size);
            check_array(count.saturating_mul(size))?;
            Ok((0..count).map(|i| a.slice(i, i + size).into()).collect())
        },
    )
}

fn at_most(count: i64) -> usize {
    usize::try_from(count.max(0)).unwrap_or(usize::MAX)
}

fn at_least_one(function: &str, size: i64) -> Result<usize, Raise> {
    usize::try_from(size)
        .ok()
        .filter(|size| *size > 0)
        .ok_or_else(|| Raise::invalid(format!("{function}: the size {size} is not at least 1")))
}

fn slice(array: &ArrayOf<0>, start: usize, end: usize) -> ArrayOf<0> {
    if start == 0 && end >= array.len() {
        array.clone()
    } else {
        array.0.slice(start, end).into()
    }
}

fn combine(m: &mut Module) -> Registered {
    pure(
        m,
        "concat",
        ["self", "other"],
        "These elements, then those of `other`.",
        |_: &mut HostCx, a: ArrayOf<0>, b: ArrayOf<0>| concat(a, b),
    )?;
    pure(
        m,
        "flatten",
        ["self", "T"],
        "The elements of its elements, which are arrays; one level is taken away.",
        flatten,
    )?;
    pure(
        m,
        "zip",
        ["self", "other"],
        "Pairs of the elements at the same positions, as long as both have one.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, b: ArrayRef<'_, 1>| {
            let pairs = a.iter().zip(b.iter());
            pairs
                .map(|(a, b)| (Any::<0>(a), Any::<1>(b)))
                .collect::<Vec<_>>()
        },
    )?;
    pure(
        m,
        "enumerate",
        ["self"],
        "Pairs of position and element.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| {
            (0..)
                .zip(a.iter())
                .map(|(i, item): (i64, _)| (i, Any::<0>(item)))
                .collect::<Vec<_>>()
        },
    )?;
    pure(
        m,
        "to_map",
        ["self"],
        "A map from pairs of key and value; of equal keys the last one counts.",
        |_: &mut HostCx, pairs: Vec<(Any<0>, Any<1>)>| Entries(pairs),
    )
}

fn flatten(
    cx: &mut HostCx,
    arrays: Vec<ArrayRef<'_, 0>>,
    t: TypeArg<0>,
) -> Result<ArrayOf<0>, Raise> {
    let len = arrays
        .iter()
        .fold(0, |len: usize, a| len.saturating_add(a.len()));
    check_array(len)?;
    let mut out = t.new_array(cx);
    out.reserve(len);
    arrays.iter().for_each(|a| out.extend_from(a));
    Ok(out.into())
}

fn concat(a: ArrayOf<0>, b: ArrayOf<0>) -> Result<ArrayOf<0>, Raise> {
    if b.is_empty() {
        return Ok(a);
    }
    if a.is_empty() {
        return Ok(b);
    }
    check_array(a.len() + b.len())?;
    let mut out = a.empty_like();
    out.reserve(a.len() + b.len());
    out.extend_from(&a);
    out.extend_from(&b);
    Ok(out.into())
}

fn change(m: &mut Module) -> Registered {
    mutating(
        m,
        "push",
        ["self", "value"],
        "Appends an element.",
        |_: &mut HostCx, a: &mut Array, value: AnyRef<'_, 0>| -> Result<(), Raise> {
            check_array(a.len() + 1)?;
            a.push_ref(value.0);
            Ok(())
        },
    )?;
    mutating(
        m,
        "pop",
        ["self"],
        "Takes the last element off and gives it; `None` when there is none.",
        |_: &mut HostCx, a: &mut Array| Maybe(a.pop().map(Any::<0>)),
    )?;
    mutating(
        m,
        "insert",
        ["self", "index", "value"],
        "Puts an element at a position, before the one that is there. Negative positions count from the end; beyond the end it is appended.",
        |_: &mut HostCx, a: &mut Array, index: i64, value: Any<0>| {
            a.insert(crate::position::clamped(index, a.len()), value.0);
        },
    )?;
    mutating(
        m,
        "remove",
        ["self", "index"],
        "Takes the element at a position out and gives it, from the end where it is negative; `None` out of range.",
        |_: &mut HostCx, a: &mut Array, index: i64| {
            Maybe(a.position(index).and_then(|i| a.remove(i)).map(Any::<0>))
        },
    )?;
    mutating(
        m,
        "extend",
        ["self", "other"],
        "Appends all elements of `other`.",
        |_: &mut HostCx, a: &mut Array, other: ArrayRef<'_, 0>| -> Result<(), Raise> {
            check_array(a.len() + other.len())?;
            a.extend_from(&other);
            Ok(())
        },
    )?;
    mutating(
        m,
        "reverse",
        ["self"],
        "Turns the order round.",
        |_: &mut HostCx, a: &mut Array| {
            a.reverse();
        },
    )?;
    mutating(
        m,
        "clear",
        ["self"],
        "Takes all elements out.",
        |_: &mut HostCx, a: &mut Array| {
            *a = a.empty_like();
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{call, int, ints, strings};

    fn array(name: &str, s: &[i64], v: impl AsRef<[Value]>) -> Result<Value, String> {
        call("array", name, s, v)
    }

    #[test]
    fn looking() {
        let xs = ints(&[1, 2, 3]);
        assert_eq!(array("len", &[], [xs.clone()]), Ok(int(3)));
        assert_eq!(array("first", &[], [xs.clone()]), Ok(int(1)));
        assert_eq!(array("last", &[], [ints(&[])]), Ok(Value::None));
        assert_eq!(array("get", &[-1], [xs.clone()]), Ok(int(3)));
        assert_eq!(array("index_of", &[], &[xs.clone(), int(2)]), Ok(int(1)));
        assert_eq!(
            array("last_index_of", &[], &[strings("a b a"), "a".into()]),
            Ok(int(2))
        );
        assert_eq!(
            array("contains", &[], [strings("a b"), "z".into()]),
            Ok(false.into())
        );
        assert_eq!(array("join", &[], [xs, "-".into()]), Ok("1-2-3".into()));
    }

    #[test]
    fn parts_are_forgiving() {
        let xs = ints(&[1, 2, 3]);
        assert_eq!(array("take", &[i64::MAX], [xs.clone()]), Ok(xs.clone()));
        assert_eq!(array("take", &[-1], [xs.clone()]), Ok(ints(&[])));
        assert_eq!(array("drop", &[1], [xs.clone()]), Ok(ints(&[2, 3])));
        assert_eq!(
            array("slice", &[-2], [xs.clone(), Value::None]),
            Ok(ints(&[2, 3]))
        );
        assert_eq!(
            array("pick", &[], [xs.clone(), ints(&[2, 9, -3])]),
            Ok(ints(&[3, 1]))
        );
        assert_eq!(
            array("chunk", &[2], [xs.clone()]).unwrap().to_string(),
            "[[1, 2], [3]]"
        );
        assert_eq!(
            array("windows", &[2], [xs.clone()]).unwrap().to_string(),
            "[[1, 2], [2, 3]]"
        );
        assert_eq!(
            array("windows", &[i64::MAX], [xs.clone()])
                .unwrap()
                .to_string(),
            "[]"
        );
        assert!(array("chunk", &[0], [xs]).is_err());
    }

    #[test]
    fn combining() {
        let nested = Value::array(Array::Values(vec![ints(&[1]), ints(&[2, 3])]));
        assert_eq!(array("flatten", &[0], [nested]), Ok(ints(&[1, 2, 3])));
        let zipped = array("zip", &[], [ints(&[1, 2, 3]), strings("a b")]);
        assert_eq!(zipped.unwrap().to_string(), "[[1, a], [2, b]]");
        let pairs = array("enumerate", &[], [strings("a b")]).unwrap();
        assert_eq!(pairs.to_string(), "[[0, a], [1, b]]");
        assert_eq!(
            array("to_map", &[], &[pairs]).unwrap().to_string(),
            "{ 0: a, 1: b }"
        );
        assert_eq!(
            array("concat", &[], [ints(&[1]), ints(&[2])]),
            Ok(ints(&[1, 2]))
        );
    }

    #[test]
    fn changing() {
        let change = |name: &str, s: &[i64], v: &[Value]| {
            let mut v = v.to_vec();
            v.push(Value::None);
            crate::test::call_raw("array", name, s, &mut v).unwrap();
            v[0].to_string()
        };
        assert_eq!(change("push", &[], &[ints(&[1]), int(2)]), "[1, 2]");
        assert_eq!(change("pop", &[], &[ints(&[1, 2])]), "[1]");
        assert_eq!(
            change("insert", &[1], &[strings("a c"), "b".into()]),
            "[a, b, c]"
        );
        assert_eq!(
            change("insert", &[i64::MAX], &[ints(&[1]), int(2)]),
            "[1, 2]"
        );
        assert_eq!(change("remove", &[-1], &[ints(&[1, 2])]), "[1]");
        assert_eq!(change("extend", &[], &[ints(&[1]), ints(&[2])]), "[1, 2]");
        assert_eq!(change("reverse", &[], &[ints(&[1, 2])]), "[2, 1]");
        assert_eq!(change("clear", &[], &[ints(&[1, 2])]), "[]");
    }
}
