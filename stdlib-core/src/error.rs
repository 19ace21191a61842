//! Methods and fields of `Error`.

use crate::define::{Registered, pure};
use shape_runtime::{HostCx, Json, Module, Raise, Registry};
use shape_value::{ErrorValue, Str};
use std::convert::Infallible;
use std::rc::Rc;

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new("std::core::error", "Methods and fields of `Error`.");
    fields(&mut m)?;
    pure(
        &mut m,
        "new",
        ["message", "kind = \"error\""],
        "An error with this message, and a stable word that says of which kind it is.",
        |_: &mut HostCx, message: Str, kind: Str| ErrorValue::new(kind, message),
    )?;
    pure(
        &mut m,
        "context",
        ["self", "message"],
        "An error with this message that was caused by this one; it keeps kind, retryability and details.",
        |_: &mut HostCx, cause: Rc<ErrorValue>, message: Str| in_context(cause, message),
    )?;
    pure(
        &mut m,
        "raise",
        ["self"],
        "Raises the error: `try` catches it, else it ends the program.",
        |_: &mut HostCx, error: Rc<ErrorValue>| -> Result<Infallible, Raise> { Err(error.into()) },
    )?;
    registry.add(m)
}

fn fields(m: &mut Module) -> Registered {
    pure(
        m,
        "kind",
        ["self"],
        "A stable word such as `not_found`.",
        |_: &mut HostCx, e: &ErrorValue| e.kind.clone(),
    )?;
    pure(
        m,
        "message",
        ["self"],
        "One line for people.",
        |_: &mut HostCx, e: &ErrorValue| e.message.clone(),
    )?;
    pure(
        m,
        "retryable",
        ["self"],
        "Whether trying again may help.",
        |_: &mut HostCx, e: &ErrorValue| e.retryable,
    )?;
    pure(
        m,
        "details",
        ["self"],
        "Facts about the failure, by name; `None` when there are none.",
        |_: &mut HostCx, e: &ErrorValue| Json(crate::json::as_json(&e.details)),
    )?;
    pure(
        m,
        "cause",
        ["self"],
        "What led to it; `None` when it is not known.",
        |_: &mut HostCx, e: &ErrorValue| e.cause.clone(),
    )
}

/// An error with `message` in front of `cause`, of the same kind.
pub(crate) fn in_context(cause: Rc<ErrorValue>, message: Str) -> ErrorValue {
    let mut error = ErrorValue::new(cause.kind.clone(), message);
    error.retryable = cause.retryable;
    error.details = cause.details.clone();
    error.cause = Some(cause);
    error
}

#[cfg(test)]
mod tests {
    use crate::test::call;
    use shape_value::{ErrorValue, Record, Shape, Value};

    #[test]
    fn context_keeps_what_is_known() {
        let mut inner = ErrorValue::new("timeout", "inner");
        inner.retryable = true;
        let shape = Shape::new(None, ["pid"]);
        inner.details = Record {
            shape,
            fields: vec![Value::Int(7)],
        }
        .into();
        let outer = call("error", "context", &[], [inner.into(), "outer".into()]).unwrap();
        let field = |name: &str| {
            call("error", name, &[], [outer.clone()])
                .unwrap()
                .to_string()
        };
        assert_eq!(
            ["kind", "message", "retryable"].map(field),
            ["timeout", "outer", "true"]
        );
        assert_eq!(["details", "cause"].map(field), ["{ pid: 7 }", "inner"]);
    }

    #[test]
    fn raising() {
        let error = call("error", "new", &[], ["boom".into(), "error".into()]).unwrap();
        assert_eq!(
            call("error", "raise", &[], [error]),
            Err("error: boom".into())
        );
    }
}
