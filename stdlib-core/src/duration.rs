//! Methods of `duration` and of ranges.

use crate::define::{Registered, pure};
use crate::int::overflow;
use crate::limits::vec_with;
use shape_runtime::{HostCx, Module, Nanos, Raise, Registry};
use shape_value::Range;

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new("std::core::duration", "Methods of `duration`.");
    duration(&mut m)?;
    m.source(include_str!("ordered.shape"));
    registry.add(m)?;

    let mut m = Module::new(
        "std::core::range",
        "Methods of ranges; those of arrays work too.",
    );
    range(&mut m)?;
    m.source(include_str!("range.shape"));
    registry.add(m)
}

fn duration(m: &mut Module) -> Registered {
    type Whole = (&'static str, &'static str, i64);
    const WHOLE: [Whole; 3] = [
        ("as_nanos", "The whole nanoseconds in it.", 1),
        ("as_micros", "The whole microseconds in it.", 1_000),
        ("as_millis", "The whole milliseconds in it.", 1_000_000),
    ];
    for (name, doc, size) in WHOLE {
        pure(m, name, ["self"], doc, move |_: &mut HostCx, d: Nanos| {
            d.0 / size
        })?;
    }
    type Parts = (&'static str, &'static str, f64);
    const PARTS: [Parts; 4] = [
        ("as_seconds", "The seconds, with a fraction.", 1e9),
        ("as_minutes", "The minutes, with a fraction.", 60e9),
        ("as_hours", "The hours, with a fraction.", 3_600e9),
        ("as_days", "The days, with a fraction.", 86_400e9),
    ];
    for (name, doc, size) in PARTS {
        pure(m, name, ["self"], doc, move |_: &mut HostCx, d: Nanos| {
            d.0 as f64 / size
        })?;
    }
    pure(
        m,
        "abs",
        ["self"],
        "Without its sign.",
        |_: &mut HostCx, d: Nanos| d.0.checked_abs().map(Nanos).ok_or_else(|| overflow("abs")),
    )
}

fn range(m: &mut Module) -> Registered {
    pure(
        m,
        "start",
        ["self"],
        "The first int.",
        |_: &mut HostCx, r: Range| r.start,
    )?;
    pure(
        m,
        "end",
        ["self"],
        "The end as written.",
        |_: &mut HostCx, r: Range| r.end,
    )?;
    pure(
        m,
        "len",
        ["self"],
        "How many ints it holds.",
        |_: &mut HostCx, r: Range| r.len(),
    )?;
    pure(
        m,
        "is_empty",
        ["self"],
        "Whether it holds none.",
        |_: &mut HostCx, r: Range| r.is_empty(),
    )?;
    pure(
        m,
        "contains",
        ["self", "value"],
        "Whether `value` is one of its ints.",
        |_: &mut HostCx, r: Range, value: i64| r.contains(value),
    )?;
    pure(
        m,
        "to_array",
        ["self"],
        "Its ints as an array.",
        |_: &mut HostCx, r: Range| -> Result<Vec<i64>, Raise> {
            let mut items = vec_with(usize::try_from(r.len()).unwrap_or(usize::MAX))?;
            items.extend(r.iter());
            Ok(items)
        },
    )
}
