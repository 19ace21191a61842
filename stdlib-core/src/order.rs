//! Order and arithmetic of the elements of an array.

use crate::define::{Registered, mutating, pure};
use crate::int::overflow;
use shape_abi::Ty;
use shape_runtime::{Any, ArrayRef, HostCx, Maybe, Module, Raise, TypeArg};
use shape_value::{Array, Value};
use std::cmp::Ordering;

pub(crate) fn register(m: &mut Module) -> Registered {
    mutating(
        m,
        "sort_ascending",
        ["self"],
        "Puts the elements in order; equal ones keep theirs, and `NaN` comes last.",
        |_: &mut HostCx, a: &mut Array| sort(a),
    )?;
    pure(
        m,
        "sorted_positions",
        ["self"],
        "The positions of the elements in the order of their values; equal ones keep theirs.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| sorted_positions(&a),
    )?;
    pure(
        m,
        "least",
        ["self"],
        "The least element; `None` when there is none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| best(&a, Ordering::Less),
    )?;
    pure(
        m,
        "greatest",
        ["self"],
        "The greatest element; `None` when there is none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| best(&a, Ordering::Greater),
    )?;
    pure(
        m,
        "total",
        ["self", "T"],
        "The elements added up; 0 when there are none.",
        total,
    )?;
    pure(
        m,
        "mean",
        ["self"],
        "The elements added up and divided by their number; `None` when there are none.",
        |_: &mut HostCx, a: ArrayRef<'_, 0>| mean(&a),
    )
}

fn no_order() -> Raise {
    Raise::invalid("these values have no order")
}

/// Compares values of one type for sorting. What has no order is remembered, and put into some
/// order, since a sort must see a total one.
struct Comparing {
    failed: bool,
}

impl Comparing {
    fn compare(&mut self, a: &Value, b: &Value) -> Ordering {
        a.sort_order(b).unwrap_or_else(|| {
            self.failed = true;
            a.kind_name().cmp(b.kind_name())
        })
    }

    fn finish(self) -> Result<(), Raise> {
        if self.failed { Err(no_order()) } else { Ok(()) }
    }
}

fn sort(array: &mut Array) -> Result<(), Raise> {
    match array {
        Array::Ints(items) => items.sort_unstable(),
        Array::Bools(items) => items.sort_unstable(),
        Array::Numbers(items) => items.sort_by(number_order),
        Array::Values(items) => {
            // A copy, so that the array is as it was when the elements turn out to have no order.
            let mut sorted = items.clone();
            let mut comparing = Comparing { failed: false };
            sorted.sort_by(|a, b| comparing.compare(a, b));
            comparing.finish()?;
            *items = sorted;
        }
    }
    Ok(())
}

fn number_order(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn sorted_positions(keys: &Array) -> Result<Vec<i64>, Raise> {
    let mut positions: Vec<i64> = (0..).take(keys.len()).collect();
    let at = |position: i64| usize::try_from(position).unwrap_or(usize::MAX);
    match keys {
        Array::Ints(keys) => positions.sort_by_key(|p| keys[at(*p)]),
        Array::Bools(keys) => positions.sort_by_key(|p| keys[at(*p)]),
        Array::Numbers(keys) => {
            positions.sort_by(|a, b| number_order(&keys[at(*a)], &keys[at(*b)]))
        }
        Array::Values(keys) => {
            let mut comparing = Comparing { failed: false };
            positions.sort_by(|a, b| comparing.compare(&keys[at(*a)], &keys[at(*b)]));
            comparing.finish()?;
        }
    }
    Ok(positions)
}

/// The first element that is `wanted` compared to all others. `NaN` is never better.
fn best(array: &Array, wanted: Ordering) -> Result<Maybe<Any<0>>, Raise> {
    let mut items = array.iter();
    let Some(mut best) = items.next() else {
        return Ok(Maybe(None));
    };
    for item in items {
        match item.sort_order(&best) {
            None => return Err(no_order()),
            // `NaN` sorts last, so it must be kept from being the greatest.
            Some(order) if order == wanted && !is_nan(&item) => best = item,
            Some(_) if is_nan(&best) => best = item,
            Some(_) => {}
        }
    }
    Ok(Maybe(Some(Any(best))))
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Number(x) if x.is_nan())
}

fn total(cx: &mut HostCx, array: ArrayRef<'_, 0>, t: TypeArg<0>) -> Result<Any<0>, Raise> {
    let sum = match (t.ty(cx), &*array) {
        (Ty::Number, Array::Numbers(items)) => Value::Number(add_up(items.iter().copied())),
        (Ty::Number, other) => Value::Number(add_up(other.iter().filter_map(|x| x.as_number()))),
        (Ty::Duration, other) => {
            Value::Duration(sum_of(other.iter().filter_map(|x| x.as_duration()))?)
        }
        (_, Array::Ints(items)) => Value::Int(sum_of(items.iter().copied())?),
        (_, Array::Numbers(items)) => Value::Number(add_up(items.iter().copied())),
        (_, other) => sum_of_any(other)?,
    };
    Ok(Any(sum))
}

fn sum_of(mut items: impl Iterator<Item = i64>) -> Result<i64, Raise> {
    items
        .try_fold(0i64, |sum, n| sum.checked_add(n))
        .ok_or_else(|| overflow("sum"))
}

/// The sum from a positive zero on; that of Rust starts at a negative one.
fn add_up(items: impl Iterator<Item = f64>) -> f64 {
    items.fold(0.0, |sum, x| sum + x)
}

/// Of a union or JSON: ints and numbers mixed.
fn sum_of_any(array: &Array) -> Result<Value, Raise> {
    if let Some(ints) = array.iter().map(|x| x.as_int()).collect::<Option<Vec<_>>>() {
        return Ok(Value::Int(sum_of(ints.into_iter())?));
    }
    let numbers = array.iter().map(|x| x.as_number()).sum::<Option<f64>>();
    numbers
        .map(Value::Number)
        .ok_or_else(|| Raise::invalid("sum: these values are not numbers"))
}

fn mean(array: &Array) -> Result<Maybe<f64>, Raise> {
    let sum = match array {
        Array::Ints(items) => Some(items.iter().map(|n| i128::from(*n)).sum::<i128>() as f64),
        Array::Numbers(items) => Some(items.iter().sum()),
        other => other.iter().map(|x| x.as_number()).sum::<Option<f64>>(),
    };
    let Some(sum) = sum else {
        return Err(Raise::invalid("avg: these values are not numbers"));
    };
    Ok(Maybe((!array.is_empty()).then(|| sum / array.len() as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{call, int, ints, strings};

    #[test]
    fn sorting() {
        let sorted = |mut array: Array| {
            sort(&mut array).unwrap();
            Value::from(array).to_string()
        };
        assert_eq!(sorted(Array::Ints(vec![10, 9, 1])), "[1, 9, 10]");
        assert_eq!(
            sorted(Array::Numbers(vec![2.5, f64::NAN, -1.0])),
            "[-1.0, 2.5, NaN]"
        );
        let tuples = [[2, 1], [1, 9], [1, 2]].map(|[a, b]| Value::tuple(vec![int(a), int(b)]));
        assert_eq!(
            sorted(Array::Values(tuples.to_vec())),
            "[[1, 2], [1, 9], [2, 1]]"
        );
        let mut mixed = Array::Values(vec![int(2), "a".into(), int(1)]);
        assert!(sort(&mut mixed).is_err());
        assert_eq!(Value::from(mixed).to_string(), "[2, a, 1]");
    }

    #[test]
    fn positions_keep_the_order_of_equals() {
        assert_eq!(
            sorted_positions(&Array::Ints(vec![2, 1, 2, 1])).unwrap(),
            [1, 3, 0, 2]
        );
        let keys = strings("b a b").into_array().unwrap();
        assert_eq!(sorted_positions(&keys).unwrap(), [1, 0, 2]);
    }

    #[test]
    fn least_and_greatest() {
        let best =
            |array: Array, order| best(&array, order).unwrap().0.map(|any| any.0.to_string());
        let numbers = || Array::Numbers(vec![f64::NAN, 2.0, 1.0, f64::NAN, 3.0]);
        assert_eq!(best(numbers(), Ordering::Less).as_deref(), Some("1.0"));
        assert_eq!(best(numbers(), Ordering::Greater).as_deref(), Some("3.0"));
        assert_eq!(best(Array::default(), Ordering::Less), None);
    }

    #[test]
    fn sums_and_means() {
        // The first type argument of the tests is `int`, the second `number`.
        assert_eq!(call("array", "total", &[0], [ints(&[1, 2])]), Ok(int(3)));
        let nothing = call("array", "total", &[1], [ints(&[])]);
        assert_eq!(nothing.unwrap().to_string(), "0.0");
        assert!(
            call("array", "total", &[0], [ints(&[i64::MAX, 1])])
                .unwrap_err()
                .contains("overflow")
        );
        assert_eq!(mean(&Array::Ints(vec![1, 2])).unwrap(), Maybe(Some(1.5)));
        assert_eq!(
            mean(&Array::Ints(vec![i64::MAX, i64::MAX])).unwrap(),
            Maybe(Some(i64::MAX as f64))
        );
        assert_eq!(mean(&Array::default()).unwrap(), Maybe(None));
    }
}
