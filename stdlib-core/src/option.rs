//! Methods of options and results that need no closure. Those that do are in `option.shape` and
//! `result.shape`.

use crate::define::{Registered, pure};
use shape_runtime::{Any, AnyRef, HostCx, Module, Raise, Registry, ScriptResult};
use shape_value::{HeapValue, Value};

type AnyResult<'a> = ScriptResult<AnyRef<'a, 0>, AnyRef<'a, 1>>;

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new("std::core::option", "Methods of options.");
    option(&mut m)?;
    m.source(include_str!("option.shape"));
    registry.add(m)?;

    let mut m = Module::new("std::core::result", "Methods of `Result`.");
    result(&mut m)?;
    m.source(include_str!("result.shape"));
    registry.add(m)
}

fn option(m: &mut Module) -> Registered {
    pure(
        m,
        "is_some",
        ["self"],
        "Whether there is a value.",
        |_: &mut HostCx, o: Option<AnyRef<'_, 0>>| o.is_some(),
    )?;
    pure(
        m,
        "is_none",
        ["self"],
        "Whether there is none.",
        |_: &mut HostCx, o: Option<AnyRef<'_, 0>>| o.is_none(),
    )?;
    pure(
        m,
        "unwrap",
        ["self"],
        "The value; without one it raises `none`.",
        |_: &mut HostCx, o: Option<Any<0>>| {
            o.ok_or_else(|| Raise::error("none", "expected a value, found None"))
        },
    )?;
    pure(
        m,
        "expect",
        ["self", "message"],
        "The value; without one it raises `none` with this message.",
        |_: &mut HostCx, o: Option<Any<0>>, message: &str| {
            o.ok_or_else(|| Raise::error("none", message))
        },
    )
}

fn result(m: &mut Module) -> Registered {
    pure(
        m,
        "is_ok",
        ["self"],
        "Whether it is `Ok`.",
        |_: &mut HostCx, r: AnyResult<'_>| r.0.is_ok(),
    )?;
    pure(
        m,
        "is_err",
        ["self"],
        "Whether it is `Err`.",
        |_: &mut HostCx, r: AnyResult<'_>| r.0.is_err(),
    )?;
    pure(
        m,
        "unwrap",
        ["self"],
        "The value of `Ok`. An `Error` in `Err` is raised as it is, anything else as the message of one.",
        |_: &mut HostCx, r: AnyResult<'_>| r.0.map(owned::<0>).map_err(|e| raised(e.0, None)),
    )?;
    pure(
        m,
        "expect",
        ["self", "message"],
        "The value of `Ok`. For `Err` it raises an error with this message, and what is in `Err` behind it.",
        |_: &mut HostCx, r: AnyResult<'_>, message: &str| {
            r.0.map(owned::<0>).map_err(|e| raised(e.0, Some(message)))
        },
    )?;
    pure(
        m,
        "unwrap_err",
        ["self"],
        "The value of `Err`; for `Ok` it raises `invalid`.",
        |_: &mut HostCx, r: AnyResult<'_>| match r.0 {
            Err(error) => Ok(owned::<1>(error)),
            Ok(value) => Err(Raise::invalid(format!(
                "expected an Err, found Ok({})",
                value.0
            ))),
        },
    )
}

fn owned<const N: u8>(value: AnyRef<'_, N>) -> Any<N> {
    Any(value.0.clone())
}

/// What is raised for `Err(value)`.
fn raised(value: &Value, message: Option<&str>) -> Raise {
    match (value, message) {
        (Value::Heap(HeapValue::Error(error)), None) => error.clone().into(),
        (Value::Heap(HeapValue::Error(error)), Some(message)) => {
            crate::error::in_context(error.clone(), message.into()).into()
        }
        (other, None) => Raise::error("error", other.to_string()),
        (other, Some(message)) => Raise::error("error", format!("{message}: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use crate::test::{call, int};
    use shape_value::{ErrorValue, Value};

    #[test]
    fn options() {
        let option = |name: &str, v: Value| call("option", name, &[], [v]);
        assert_eq!(option("is_some", Value::None), Ok(false.into()));
        assert_eq!(option("unwrap", int(4)), Ok(int(4)));
        assert_eq!(
            option("unwrap", Value::None),
            Err("none: expected a value, found None".into())
        );
        let expected = call("option", "expect", &[], [Value::None, "no config".into()]);
        assert_eq!(expected, Err("none: no config".into()));
    }

    #[test]
    fn results() {
        let result = |name: &str, v: Value| call("result", name, &[], [v, "ctx".into()]);
        let error = || Value::err(Value::error(ErrorValue::new("not_found", "no file")));
        assert_eq!(result("is_ok", Value::ok(int(1))), Ok(true.into()));
        assert_eq!(result("unwrap", Value::ok(int(1))), Ok(int(1)));
        assert_eq!(
            result("unwrap", Value::err("broken".into())),
            Err("error: broken".into())
        );
        assert_eq!(result("unwrap", error()), Err("not_found: no file".into()));
        assert_eq!(result("expect", error()), Err("not_found: ctx".into()));
        assert_eq!(
            result("expect", Value::err(int(5))),
            Err("error: ctx: 5".into())
        );
        assert_eq!(result("unwrap_err", Value::err(int(5))), Ok(int(5)));
        assert_eq!(
            result("unwrap_err", Value::ok(int(5))),
            Err("invalid: expected an Err, found Ok(5)".into())
        );
    }
}
