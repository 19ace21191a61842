//! Functions that need no module.

use crate::define::{Registered, pure};
use crate::limits::vec_with;
use crate::variables::env;
use shape_abi::Permission;
use shape_runtime::{FnSpec, HostCx, Module, Raise, Registry, Stop};
use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let doc = "Functions that are there without an import.";
    let mut m = Module::new("std::core::prelude", doc);
    output(&mut m)?;
    host(&mut m)?;
    sequence(&mut m)?;
    crate::math::register(&mut m)?;
    crate::json::register_prelude(&mut m)?;
    m.source(include_str!("prelude.shape"));
    registry.add(m)
}

fn output(m: &mut Module) -> Registered {
    pure(
        m,
        "print",
        ["text"],
        "Prints its arguments, joined by one space, as a line on standard output.",
        |cx: &mut HostCx, text: &str| -> Result<(), Raise> {
            cx.print(text)?;
            cx.print("\n")
        },
    )?;
    pure(
        m,
        "eprint",
        ["text"],
        "Prints its arguments, joined by one space, as a line on standard error.",
        |cx: &mut HostCx, text: &str| -> Result<(), Raise> {
            cx.eprint(text)?;
            cx.eprint("\n")
        },
    )
}

fn host(m: &mut Module) -> Registered {
    pure(
        m,
        "exit",
        ["code = 0"],
        "Ends the program with this exit status. Children that still run are ended; `try` does not catch it.",
        |_: &mut HostCx, code: i32| -> Result<Infallible, Raise> { Err(Stop::Exit(code).into()) },
    )?;
    pure(
        m,
        "args",
        [],
        "The arguments of the script, without its own name.",
        |cx: &mut HostCx| cx.args().to_vec(),
    )?;
    m.register_typed_fn(
        FnSpec {
            name: "env",
            params: ["name"],
            needs: Permission::Env,
            doc: "The environment variable of this name; `None` when it is not set. A variable that the run was not given raises `permission_denied`, a value that is not UTF-8 `invalid_utf8`.",
        },
        env,
    )?;
    pure(
        m,
        "sleep",
        ["duration"],
        "Waits this long. A negative duration raises `invalid`. What was printed before is written out first.",
        sleep,
    )?;
    pure(
        m,
        "now",
        [],
        "The seconds since 1970-01-01 00:00 UTC, with fractions. It follows the machine's clock.",
        |_: &mut HostCx| -> f64 {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or_else(
                |before| -before.duration().as_secs_f64(),
                |d| d.as_secs_f64(),
            )
        },
    )
}

fn sleep(cx: &mut HostCx, duration: Duration) -> Result<(), Raise> {
    cx.flush()?;
    cx.wait(duration)
}

fn sequence(m: &mut Module) -> Registered {
    pure(
        m,
        "range",
        ["a", "b", "step = 1"],
        "The ints from 0 up to `a`, or from `a` up to `b`, without the last one, in steps of `step`, which may be negative but not zero. To loop over many, write `0..n`, which builds no array.",
        range,
    )
}

fn range(_: &mut HostCx, a: i64, b: Option<i64>, step: i64) -> Result<Vec<i64>, Raise> {
    let (start, end) = b.map_or((0, a), |b| (a, b));
    if step == 0 {
        return Err(Raise::invalid("range: the step is 0"));
    }
    let distance = if step > 0 {
        i128::from(end) - i128::from(start)
    } else {
        i128::from(start) - i128::from(end)
    };
    let stride = i128::from(step.unsigned_abs());
    let count = if distance <= 0 {
        0
    } else {
        (distance + stride - 1) / stride
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut items = vec_with(count)?;
    let mut next = start;
    for _ in 0..count {
        items.push(next);
        next = next.wrapping_add(step);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn ranges() {
        let cx = &mut HostCx::new();
        assert_eq!(range(cx, 3, None, 1).unwrap(), [0, 1, 2]);
        assert_eq!(range(cx, 2, Some(4), 1).unwrap(), [2, 3]);
        assert_eq!(range(cx, 5, Some(0), -2).unwrap(), [5, 3, 1]);
        assert_eq!(range(cx, 0, Some(5), 2).unwrap(), [0, 2, 4]);
        assert!(range(cx, -3, None, 1).unwrap().is_empty());
        assert!(range(cx, 0, Some(1), 0).is_err());
        assert!(range(cx, i64::MIN, Some(i64::MAX), 1).is_err());
        assert_eq!(
            range(cx, i64::MIN, Some(i64::MAX), i64::MAX).unwrap().len(),
            3
        );
    }

    #[test]
    fn an_interrupt_ends_sleep() {
        let interrupt = Arc::new(AtomicBool::new(true));
        let mut cx = HostCx::new().with_interrupt(interrupt);
        let result = sleep(&mut cx, Duration::from_secs(1000));
        assert!(matches!(result, Err(Raise::Stop(Stop::Cancelled))));
        assert!(sleep(&mut HostCx::new(), Duration::from_millis(1)).is_ok());
    }
}
