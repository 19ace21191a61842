//! Functions of seven shapes with next to nothing in them, and the modules that register them.

use shape_abi::PermissionSet;
use shape_runtime::{
    Convention, FnSpec, HostCx, List, Module, Raise, Registry, RegistryError, record,
};
use shape_value::{IoHandle, Resource, Str};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

record! {
    /// What the function with a record for a result gives: what a program left behind.
    #[derive(Clone, Debug)]
    pub struct Sample out {
        /// A scalar.
        pub status: i64,
        /// A text that is new each time.
        pub stdout: Str,
        /// An empty one.
        pub stderr: Str,
    }
}

/// Something that a handle stands for. Only its own thread has it, so that it needs no lock.
#[derive(Debug, Default)]
struct Counter(Cell<i64>);

impl Resource for Counter {
    fn type_name(&self) -> &'static str {
        "Counter"
    }

    fn describe(&self) -> String {
        "counter".to_owned()
    }
}

/// The functions themselves, to be called from Rust as well. Each counts that it was called, as proof
/// that it was.
pub mod functions {
    use super::Sample;
    use shape_value::Str;
    use std::sync::atomic::{AtomicU64, Ordering};

    static CALLS: AtomicU64 = AtomicU64::new(0);

    /// Counts a call, with a load and a store; how many there were.
    #[inline(always)]
    pub fn hit() -> u64 {
        let calls = CALLS.load(Ordering::Relaxed) + 1;
        CALLS.store(calls, Ordering::Relaxed);
        calls
    }

    /// A text of 16 bytes that no other call makes: the first 8 of `text` and the number of the call, in
    /// letters.
    #[inline(always)]
    fn fresh(text: &str) -> Str {
        let start = text.as_bytes().first_chunk().copied();
        let start = u64::from_le_bytes(start.unwrap_or([b'x'; 8]));
        let mut letters = hit() & 0xffff_ffff;
        letters = (letters | (letters << 16)) & 0x0000_ffff_0000_ffff;
        letters = (letters | (letters << 8)) & 0x00ff_00ff_00ff_00ff;
        letters = (letters | (letters << 4)) & 0x0f0f_0f0f_0f0f_0f0f;
        let letters = letters + 0x6161_6161_6161_6161;
        let bytes = (u128::from(start) | (u128::from(letters) << 64)).to_le_bytes();
        Str::from(std::str::from_utf8(&bytes).unwrap_or_default())
    }

    /// `f()`
    #[must_use]
    pub fn unit() -> i64 {
        hit();
        42
    }

    /// `f(int)`
    #[must_use]
    pub fn int(n: i64) -> i64 {
        hit();
        n.wrapping_add(1)
    }

    /// `f(string) -> int`
    #[must_use]
    pub fn length(text: &str) -> i64 {
        hit();
        text.len().cast_signed() as i64
    }

    /// `f(string) -> string`
    #[must_use]
    pub fn text(text: &str) -> Str {
        fresh(text)
    }

    /// `f(Array<string>) -> int`
    #[must_use]
    pub fn lengths<'a>(texts: impl Iterator<Item = &'a str>) -> i64 {
        hit();
        texts.map(|text| text.len().cast_signed() as i64).sum()
    }

    /// `f() -> record`
    #[must_use]
    pub fn record(n: i64) -> Sample {
        Sample {
            status: n,
            stdout: fresh("abcdefgh01234567"),
            stderr: Str::default(),
        }
    }
}

/// The module `turns`, whose function `rounds` gives the number in `rounds`.
///
/// # Errors
/// None, as long as it has one function.
pub(crate) fn turns(rounds: &Arc<AtomicI64>) -> Result<Module, RegistryError> {
    let mut module = Module::new("turns", "How often a loop is to go around.");
    let rounds = Arc::clone(rounds);
    module.register_typed_fn(spec("rounds", []), move |_: &mut HostCx| -> i64 {
        rounds.load(Ordering::Relaxed)
    })?;
    Ok(module)
}

/// Adds the module `bench`, linked or in a plugin.
///
/// # Errors
/// Two functions of one name: a mistake in this file.
pub fn calls<C: Convention>(registry: &mut Registry<C>) -> Result<(), RegistryError> {
    let mut module = registry.module("bench", "Functions with next to nothing in them.");
    let m = &mut module;
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
        cx.resources().insert(Counter::default())
    })?;
    m.register_typed_fn(spec("count", ["handle"]), count)?;
    m.register_typed_fn(spec("record", ["n"]), |_: &mut HostCx, n: i64| {
        functions::record(n)
    })?;
    registry.add(module)
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
    functions::hit();
    let counter = handle.get::<Counter>()?;
    counter.0.set(counter.0.get() + 1);
    Ok(counter.0.get())
}
