//! The host functions, as a module.

use harness::{Counter, Fresh, HELLO, TEXTS, hit, hits};
use shape_abi::PermissionSet;
use shape_runtime::{Convention, FnSpec, HostCx, List, Raise, Registry, RegistryError, record};
use shape_value::{IoHandle, Resource, Str};

record! {
    /// The record of three.
    #[derive(Clone, Debug)]
    pub struct Output out {
        /// Which is read.
        pub status: i64,
        /// A fresh text.
        pub stdout: Str,
        /// An empty one.
        pub stderr: Str,
    }
}

#[derive(Debug, Default)]
struct Handle(Counter);

impl Resource for Handle {
    fn type_name(&self) -> &'static str {
        "Handle"
    }

    fn describe(&self) -> String {
        "handle".to_owned()
    }
}

/// `f()`
pub fn unit() {
    hit();
}

/// `f(int)`
pub fn int(n: i64) -> i64 {
    hit();
    n + 1
}

/// `f(string) -> int`
pub fn length(text: &str) -> i64 {
    hit();
    text.len() as i64
}

/// `f(string) -> string`
pub fn text(text: &str) -> Str {
    Str::from(Fresh::after(text).text())
}

/// `f(Array<string>) -> int`
pub fn lengths<'a>(texts: impl Iterator<Item = &'a str>) -> i64 {
    hit();
    texts.map(str::len).sum::<usize>() as i64
}

/// `f() -> record`
pub fn output() -> Output {
    Output {
        status: 0,
        stdout: Str::from(Fresh::after(HELLO).text()),
        stderr: Str::default(),
    }
}

fn texts_lengths(_: &mut HostCx, texts: List<'_, Str>) -> i64 {
    lengths(texts.iter().map(AsRef::as_ref))
}

fn tick(_: &mut HostCx, handle: &IoHandle) -> Result<i64, Raise> {
    Ok(handle.get::<Handle>()?.0.tick())
}

fn spec<const N: usize>(name: &'static str, params: [&'static str; N]) -> FnSpec<N, PermissionSet> {
    FnSpec {
        name,
        params,
        needs: PermissionSet::pure(),
        doc: "",
    }
}

/// Registers the module `host`, linked or in a plugin. Its function `hits` tells how often the others were
/// called.
///
/// # Errors
/// Two functions of one name.
pub fn register<C: Convention>(registry: &mut Registry<C>) -> Result<(), RegistryError> {
    let mut module = registry.module("host", "What is called.");
    let m = &mut module;
    m.register_typed_fn(spec("hits", []), |_: &mut HostCx| hits() as i64)?;
    m.register_typed_fn(spec("hello", []), |_: &mut HostCx| Str::from(HELLO))?;
    m.register_typed_fn(spec("texts", []), |_: &mut HostCx| -> Vec<Str> {
        TEXTS.map(Str::from).to_vec()
    })?;
    m.register_typed_fn(spec("counter", []), |cx: &mut HostCx| -> IoHandle {
        cx.resources().insert(Handle::default())
    })?;
    m.register_typed_fn(spec("unit", []), |_: &mut HostCx| unit())?;
    m.register_typed_fn(spec("int", ["n"]), |_: &mut HostCx, n: i64| int(n))?;
    m.register_typed_fn(spec("length", ["text"]), |_: &mut HostCx, s: &str| {
        length(s)
    })?;
    m.register_typed_fn(spec("text", ["text"]), |_: &mut HostCx, s: &str| text(s))?;
    m.register_typed_fn(spec("lengths", ["texts"]), texts_lengths)?;
    m.register_typed_fn(spec("tick", ["handle"]), tick)?;
    m.register_typed_fn(spec("record", []), |_: &mut HostCx| output())?;
    registry.add(module)
}
