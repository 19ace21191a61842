//! Shape, with the host functions linked in, or with the arguments `plugin PATH` in that library.
//!
//! With the argument `rust`, the functions alone, called from Rust by pointers that the compiler cannot look
//! behind: what is left of a call when nothing is between.

mod host;

use harness::{Counter, HELLO, Loops, Shape, TEXTS};
use shape_abi::PermissionSet;
use shape_benches::Bare;
use shape_runtime::{FnSpec, HostCx, Module, Plugin, Registry, RegistryError};
use shape_value::Str;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What the script is told and tells, by a module of its own: the host functions may be in a library, where
/// nobody here sees what they count.
#[derive(Default)]
struct Talk {
    turns: AtomicI64,
    hits: AtomicI64,
}

impl Talk {
    fn module(self: &Arc<Self>) -> Result<Module, RegistryError> {
        let mut module = Module::new("talk", "How often to call, and how often it was.");
        let (told, tells) = (Arc::clone(self), Arc::clone(self));
        let turns = FnSpec {
            name: "turns",
            params: [],
            needs: PermissionSet::pure(),
            doc: "",
        };
        module.register_typed_fn(turns, move |_: &mut HostCx| -> i64 {
            told.turns.load(Ordering::Relaxed)
        })?;
        let hits = FnSpec {
            name: "hits",
            params: ["n"],
            needs: PermissionSet::pure(),
            doc: "",
        };
        module.register_typed_fn(hits, move |_: &mut HostCx, n: i64| {
            tells.hits.store(n, Ordering::Relaxed);
        })?;
        Ok(module)
    }
}

fn script(plugin: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let talk = Arc::new(Talk::default());
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry)?;
    registry.add(talk.module()?)?;
    match plugin {
        Some(path) => Plugin::load(path)?.register(&mut registry)?,
        None => host::register(&mut registry)?,
    }
    let registry = Arc::new(registry);
    let functions = include_str!("script.shape");
    let count = Bare::new(&registry, "use talk as t\nuse host as h\nt.hits(h.hits())")?;
    let talked = talk.clone();
    let mut loops = Loops::counted_by(move || {
        count.run().expect("the script runs");
        talked.hits.load(Ordering::Relaxed) as u64
    });
    for shape in Shape::ALL {
        let text = format!("{functions}\nloop_{}(t.turns())\n", shape.name());
        let script = Bare::new(&registry, &text)?;
        let talk = talk.clone();
        loops.add(shape, move |n| {
            talk.turns.store(n as i64, Ordering::Relaxed);
            script.run().expect("the script runs");
        });
    }
    Ok(loops.serve()?)
}

/// Calls `function` so often; what it returns counts as used.
fn repeat<T>(n: u64, mut function: impl FnMut(i64) -> T) {
    for i in 0..n {
        black_box(function(black_box(i as i64)));
    }
}

fn rust() -> Result<(), Box<dyn Error>> {
    let mut loops = Loops::default();
    loops.add(Shape::Empty, |n| repeat(n, |i| i));
    let unit: fn() = black_box(host::unit);
    loops.add(Shape::Unit, move |n| repeat(n, |_| unit()));
    let int: fn(i64) -> i64 = black_box(host::int);
    loops.add(Shape::Int, move |n| repeat(n, int));
    let length: fn(&str) -> i64 = black_box(host::length);
    loops.add(Shape::Length, move |n| repeat(n, |_| length(HELLO)));
    let text: fn(&str) -> Str = black_box(host::text);
    loops.add(Shape::Text, move |n| repeat(n, |_| text(HELLO)));
    let lengths: fn(&[&str]) -> i64 = black_box(|texts| host::lengths(texts.iter().copied()));
    loops.add(Shape::Lengths, move |n| repeat(n, |_| lengths(&TEXTS)));
    let tick: fn(&Counter) -> i64 = black_box(Counter::tick);
    let counter = Counter::default();
    loops.add(Shape::Handle, move |n| repeat(n, |_| tick(&counter)));
    let output: fn() -> host::Output = black_box(host::output);
    loops.add(Shape::Record, move |n| repeat(n, |_| output()));
    Ok(loops.serve()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => script(None),
        ["plugin", path] => script(Some(Path::new(path))),
        ["rust"] => rust(),
        _ => Err("usage: engine-shape [plugin PATH | rust]".into()),
    }
}
