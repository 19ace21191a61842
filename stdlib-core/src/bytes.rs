//! Methods of `bytes`.

use crate::define::{Registered, pure};
use crate::limits::{collect, string_with};
use crate::position::slice_bounds;
use shape_runtime::{Bytes, HostCx, Maybe, Module, Raise, Registry};
use std::fmt::Write;

pub(crate) fn register(registry: &mut Registry) -> Registered {
    let mut m = Module::new("std::core::bytes", "Methods of `bytes`.");
    pure(
        &mut m,
        "len",
        ["self"],
        "How many bytes there are.",
        |_: &mut HostCx, b: &[u8]| b.len(),
    )?;
    pure(
        &mut m,
        "is_empty",
        ["self"],
        "Whether there are none.",
        |_: &mut HostCx, b: &[u8]| b.is_empty(),
    )?;
    pure(
        &mut m,
        "get",
        ["self", "index"],
        "The byte at a position, from the end where it is negative; `None` out of range.",
        |_: &mut HostCx, bytes: &[u8], index: i64| Maybe(get(bytes, index)),
    )?;
    pure(
        &mut m,
        "slice",
        ["self", "start = 0", "end"],
        "The bytes from `start` up to `end`, without that one. Negative positions count from the end; what is out of range is cut off.",
        |_: &mut HostCx, bytes: Bytes, start: i64, end: Option<i64>| match slice_bounds(
            start,
            end,
            bytes.len(),
        ) {
            (0, end) if end == bytes.len() => bytes,
            (start, end) => bytes[start..end].to_vec().into(),
        },
    )?;
    pure(
        &mut m,
        "concat",
        ["self", "other"],
        "These bytes, then those of `other`.",
        |_: &mut HostCx, a: &[u8], b: &[u8]| [a, b].concat(),
    )?;
    pure(
        &mut m,
        "to_array",
        ["self"],
        "The bytes as ints from 0 to 255.",
        |cx: &mut HostCx, b: &[u8]| collect(cx, b.iter().map(|b| i64::from(*b))),
    )?;
    pure(
        &mut m,
        "to_text",
        ["self"],
        "The text that they are in UTF-8; raises `invalid_utf8` when they are none.",
        |_: &mut HostCx, bytes: &[u8]| to_text(bytes),
    )?;
    pure(
        &mut m,
        "to_text_lossy",
        ["self"],
        "The text that they are in UTF-8, with U+FFFD for what is none.",
        |_: &mut HostCx, bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned(),
    )?;
    pure(
        &mut m,
        "to_hex",
        ["self"],
        "Two hexadecimal digits for each byte.",
        |_: &mut HostCx, bytes: &[u8]| -> Result<String, Raise> {
            let mut out = string_with(bytes.len().saturating_mul(2))?;
            for byte in bytes {
                // Writing to a string cannot fail.
                let _ = write!(out, "{byte:02x}");
            }
            Ok(out)
        },
    )?;
    registry.add(m)
}

fn get(bytes: &[u8], index: i64) -> Option<i64> {
    let index = if index < 0 {
        index.checked_add(bytes.len() as i64)?
    } else {
        index
    };
    bytes
        .get(usize::try_from(index).ok()?)
        .map(|b| i64::from(*b))
}

fn to_text(bytes: &[u8]) -> Result<String, Raise> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Raise::error(
            "invalid_utf8",
            format!("to_text: the bytes are not UTF-8 from byte {at} on"),
        )
    })?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_bytes_and_text() {
        assert_eq!(get(b"ab", -1), Some(98));
        assert_eq!(get(b"ab", 2), None);
        assert_eq!(get(b"ab", i64::MIN), None);
        assert_eq!(to_text("né".as_bytes()).unwrap(), "né");
        assert!(to_text(b"a\xff").is_err());
    }
}
