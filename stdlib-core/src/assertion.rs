//! Assertions: what `assert` and its neighbours raise.

use crate::define::{Registered, pure};
use shape_runtime::{HostCx, Module, Raise, Registry};
use shape_value::{ErrorValue, Key, Map, Str, Value};
use std::convert::Infallible;

/// Values that take more characters are not part of the message.
const MAX_IN_MESSAGE: usize = 60;

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let doc = "What the assertions of the prelude raise: errors of kind `assertion`.";
    let mut m = Module::new("std::core::assertion", doc);
    pure(
        &mut m,
        "failed",
        ["message"],
        "Raises an error with this message; a usual one if it is empty.",
        |_: &mut HostCx, message: &str| -> Result<Infallible, Raise> {
            Err(ErrorValue::new("assertion", or_usual(message)).into())
        },
    )?;
    pure(
        &mut m,
        "differ",
        ["message", "left", "right"],
        "Raises an error with this message that says that two values are not equal. They are in its `details` as `left` and `right`.",
        |_: &mut HostCx, message: &str, left: Str, right: Str| -> Result<Infallible, Raise> {
            let is_short =
                |text: &str| !text.contains('\n') && text.chars().count() <= MAX_IN_MESSAGE;
            let message = or_usual(message);
            let message = match is_short(&left) && is_short(&right) {
                true => format!("{message}: left is {left}, right is {right}"),
                false => format!("{message}: left and right differ"),
            };
            Err(with_values(message, [("left", left), ("right", right)]).into())
        },
    )?;
    pure(
        &mut m,
        "equal",
        ["message", "value"],
        "Raises an error with this message that says that both values are this one, which is in its `details` as `value`.",
        |_: &mut HostCx, message: &str, value: Str| -> Result<Infallible, Raise> {
            let message = format!("{}: both are {}", or_usual(message), &*value);
            Err(with_values(message, [("value", value)]).into())
        },
    )?;
    registry.add(m)
}

fn or_usual(message: &str) -> &str {
    match message.is_empty() {
        true => "assertion failed",
        false => message,
    }
}

fn with_values<const N: usize>(message: String, values: [(&str, Str); N]) -> ErrorValue {
    let mut error = ErrorValue::new("assertion", message);
    let mut facts = Map::default();
    for (name, value) in values {
        facts.insert(Key::from(name), Value::from(value));
    }
    error.details = Value::map(facts);
    error
}
