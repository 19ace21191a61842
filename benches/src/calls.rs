//! Functions of seven shapes with next to nothing in them, and a module that registers them.

use shape_abi::PermissionSet;
use shape_runtime::{FnSpec, HostCx, List, Module, Raise, RegistryError, record};
use shape_value::{IoHandle, Resource, Str};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

record! {
    /// What the function with a record for a result gives.
    #[derive(Clone, Debug)]
    pub struct Sample out {
        /// A scalar.
        pub status: i64,
        /// Another.
        pub ok: bool,
        /// And a third.
        pub seconds: f64,
    }
}

/// Something that a handle stands for.
#[derive(Debug)]
struct Counter(i64);

impl Resource for Counter {
    fn type_name(&self) -> &'static str {
        "Counter"
    }

    fn describe(&self) -> String {
        "counter".to_owned()
    }
}

/// The functions themselves, to be called from Rust as well.
pub mod functions {
    use super::Sample;
    use shape_value::Str;

    /// `f()`
    #[must_use]
    pub fn unit() -> i64 {
        42
    }

    /// `f(int)`
    #[must_use]
    pub fn int(n: i64) -> i64 {
        n.wrapping_add(1)
    }

    /// `f(string) -> int`
    #[must_use]
    pub fn length(text: &str) -> i64 {
        text.len().cast_signed() as i64
    }

    /// `f(string) -> string`
    #[must_use]
    pub fn text(text: &str) -> Str {
        Str::from(text)
    }

    /// `f(Array<string>) -> int`
    #[must_use]
    pub fn lengths<'a>(texts: impl Iterator<Item = &'a str>) -> i64 {
        texts.map(length).sum()
    }

    /// `f() -> record`
    #[must_use]
    pub fn record(n: i64) -> Sample {
        Sample {
            status: n,
            ok: true,
            seconds: 1.5,
        }
    }
}

/// The module `bench`. Its function `rounds` gives the number in `rounds`.
///
/// # Errors
/// Two functions of one name: a mistake in this file.
pub fn calls(rounds: &Arc<AtomicI64>) -> Result<Module, RegistryError> {
    let mut module = Module::new("bench", "Functions with next to nothing in them.");
    let rounds = Arc::clone(rounds);
    let m = &mut module;
    m.register_typed_fn(spec("rounds", []), move |_: &mut HostCx| -> i64 {
        rounds.load(Ordering::Relaxed)
    })?;
    m.register_typed_fn(spec("unit", []), |_: &mut HostCx| functions::unit())?;
    m.register_typed_fn(spec("int", ["n"]), |_: &mut HostCx, n: i64| {
        functions::int(n)
    })?;
    m.register_typed_fn(spec("length", ["text"]), |_: &mut HostCx, text: &str| {
        functions::length(text)
    })?;
    m.register_typed_fn(spec("text", ["text"]), |_: &mut HostCx, text: &str| {
        functions::text(text)
    })?;
    m.register_typed_fn(spec("lengths", ["texts"]), lengths)?;
    m.register_typed_fn(spec("open", []), |cx: &mut HostCx| -> IoHandle {
        cx.resources().insert(Counter(7))
    })?;
    m.register_typed_fn(spec("count", ["handle"]), count)?;
    m.register_typed_fn(spec("record", ["n"]), |_: &mut HostCx, n: i64| {
        functions::record(n)
    })?;
    Ok(module)
}

fn spec<const N: usize>(name: &'static str, params: [&'static str; N]) -> FnSpec<N, PermissionSet> {
    FnSpec {
        name,
        params,
        needs: PermissionSet::pure(),
        doc: "",
    }
}

fn lengths(_: &mut HostCx, texts: List<'_, Str>) -> i64 {
    functions::lengths(texts.iter().map(AsRef::as_ref))
}

fn count(_: &mut HostCx, handle: &IoHandle) -> Result<i64, Raise> {
    Ok(handle.get::<Counter>()?.0)
}
