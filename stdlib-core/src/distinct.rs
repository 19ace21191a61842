//! Arrays as sets, and grouping.

use crate::define::{Registered, pure};
use shape_runtime::{Any, ArrayOf, ArrayRef, Entries, HostCx, Module};
use shape_value::{Array, Key, Map, Set, Value};

pub(crate) fn register(m: &mut Module) -> Registered {
    pure(
        m,
        "unique",
        ["self"],
        "The elements without those that equal an earlier one.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| kept(&a, None, |seen, _, key| seen.insert(key)),
    )?;
    pure(
        m,
        "unique_with",
        ["self", "keys"],
        "The elements whose key, at the same position, does not equal an earlier one.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, keys: ArrayRef<'_, 1>| -> ArrayOf<0> {
            let mut seen = Set::default();
            let mut out = a.empty_like();
            let pairs = a.iter().zip(keys.iter());
            pairs
                .filter(|(_, key)| seen.insert(Key(key.clone())))
                .for_each(|(item, _)| out.push(item));
            out.into()
        },
    )?;
    pure(
        m,
        "union",
        ["self", "other"],
        "The elements of both, each once.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, b: ArrayRef<'_, 0>| -> ArrayOf<0> {
            let mut both = like(&a, &b);
            both.extend_from(&a);
            both.extend_from(&b);
            kept(&both, None, |seen, _, key| seen.insert(key))
        },
    )?;
    pure(
        m,
        "intersect",
        ["self", "other"],
        "The elements that are in both, each once.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, b: ArrayRef<'_, 0>| {
            kept(&a, Some(&b), |seen, other, key| {
                other.contains(&key) && seen.insert(key)
            })
        },
    )?;
    pure(
        m,
        "except",
        ["self", "other"],
        "The elements that are not in `other`, each once.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, b: ArrayRef<'_, 0>| {
            kept(&a, Some(&b), |seen, other, key| {
                !other.contains(&key) && seen.insert(key)
            })
        },
    )?;
    pure(
        m,
        "group_with",
        ["self", "keys"],
        "A map from each key to the elements that have it at the same position.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>, keys: ArrayRef<'_, 1>| group(&a, &keys),
    )
}

/// An empty array of the form that both have.
fn like(a: &Array, b: &Array) -> Array {
    if a.is_empty() {
        b.empty_like()
    } else {
        a.empty_like()
    }
}

/// The elements of `array` that `keep` accepts: it is given the keys seen so far, those of `other`,
/// and the key of the element.
fn kept(
    array: &Array,
    other: Option<&Array>,
    keep: impl Fn(&mut Set, &Set, Key) -> bool,
) -> ArrayOf<0> {
    let others = other.map_or_else(Set::default, |other| other.iter().map(Key).collect());
    let mut seen = Set::default();
    let mut out = array.empty_like();
    for item in array.iter() {
        if keep(&mut seen, &others, Key(item.clone())) {
            out.push(item);
        }
    }
    out.into()
}

fn group(array: &Array, keys: &Array) -> Entries<Any<1>, ArrayOf<0>> {
    let mut groups: Vec<(Any<1>, Array)> = Vec::new();
    let mut numbers = Map::default();
    for (item, key) in array.iter().zip(keys.iter()) {
        let entry = numbers.entry(Key(key.clone()));
        let number = entry.or_insert_with(|| {
            groups.push((Any(key), array.empty_like()));
            Value::Int(i64::try_from(groups.len() - 1).unwrap_or(i64::MAX))
        });
        let number = number.as_int().and_then(|n| usize::try_from(n).ok());
        if let Some((_, group)) = number.and_then(|n| groups.get_mut(n)) {
            group.push(item);
        }
    }
    Entries(
        groups
            .into_iter()
            .map(|(key, group)| (key, group.into()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use crate::test::{call, ints, strings};

    #[test]
    fn arrays_as_sets() {
        let (a, b) = (ints(&[1, 2, 3, 2]), ints(&[2, 3, 4]));
        let shown = |name: &str| {
            call("array", name, &[], [a.clone(), b.clone()])
                .unwrap()
                .to_string()
        };
        assert_eq!(shown("unique"), "[1, 2, 3]");
        assert_eq!(shown("union"), "[1, 2, 3, 4]");
        assert_eq!(shown("intersect"), "[2, 3]");
        assert_eq!(shown("except"), "[1]");
        let with_itself = call("array", "intersect", &[], [a.clone(), a.clone()]).unwrap();
        assert_eq!(with_itself.to_string(), "[1, 2, 3]");
    }

    #[test]
    fn groups_keep_the_order_of_their_first_elements() {
        let groups = call(
            "array",
            "group_with",
            &[],
            &[ints(&[3, 2, 5]), strings("odd even odd")],
        );
        assert_eq!(groups.unwrap().to_string(), "{ odd: [3, 5], even: [2] }");
        let unique = call(
            "array",
            "unique_with",
            &[],
            &[ints(&[3, 2, 5]), strings("odd even odd")],
        );
        assert_eq!(unique.unwrap().to_string(), "[3, 2]");
    }
}
