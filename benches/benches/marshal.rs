//! What a call of a host function costs a script.
//!
//! A script calls the function in a loop; the time of the same loop without the call is taken off.
//! Beside it stands the same function called from Rust.

#![allow(missing_docs, reason = "a bench")]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use shape_benches::{Problem, Script, calls, engine, everything, functions};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// The call shapes: name, what stands in the loop.
const SHAPES: [(&str, &str); 7] = [
    ("f()", "b.unit()"),
    ("f(int)", "b.int(i)"),
    ("f(string) -> int", "b.length(text)"),
    ("f(string) -> string", "b.text(text)"),
    ("f(8 strings)", "b.lengths(texts)"),
    ("handle method", "b.count(handle)"),
    ("record result", "b.record(i)"),
];

fn main_loop(body: &str) -> String {
    format!(
        r#"use bench as b
fn main(n: int) {{
    let text = "some text of thirty-two letters.."
    let texts = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg", "hhhhhhhh"]
    let handle = b.open()
    for i in 0..n {{ {body} }}
    b.count(handle) + b.length(text) + b.lengths(texts)
}}
main(b.rounds())"#
    )
}

fn timed(script: &Script) -> Duration {
    let start = Instant::now();
    script.run().expect("the script runs");
    start.elapsed()
}

fn from_a_script(c: &mut Criterion) -> Result<(), Problem> {
    let rounds = Arc::new(AtomicI64::new(0));
    let mut registry = everything()?;
    registry.add(calls(&rounds)?)?;
    let engine = engine(registry);
    let empty = Script::new(&engine, &main_loop(""))?;
    let mut group = c.benchmark_group("marshal/script");
    for (name, body) in SHAPES {
        let script = Script::new(&engine, &main_loop(body))?;
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iters| {
                rounds.store(i64::try_from(iters).unwrap_or(i64::MAX), Ordering::Relaxed);
                timed(&script).saturating_sub(timed(&empty))
            });
        });
    }
    group.finish();
    Ok(())
}

fn from_rust(group: &mut BenchmarkGroup<'_, WallTime>) {
    let text = "some text of thirty-two letters..";
    let texts = [
        "a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg", "hhhhhhhh",
    ];
    group.bench_function("f()", |b| b.iter(functions::unit));
    group.bench_function("f(int)", |b| b.iter(|| functions::int(black_box(5))));
    group.bench_function("f(string) -> int", |b| {
        b.iter(|| functions::length(black_box(text)));
    });
    group.bench_function("f(string) -> string", |b| {
        b.iter(|| functions::text(black_box(text)));
    });
    group.bench_function("f(8 strings)", |b| {
        b.iter(|| functions::lengths(black_box(&texts).iter().copied()));
    });
    group.bench_function("record result", |b| {
        b.iter(|| functions::record(black_box(5)));
    });
}

fn marshal(c: &mut Criterion) {
    from_a_script(c).unwrap_or_else(|problem| panic!("{problem}"));
    let mut group = c.benchmark_group("marshal/rust");
    from_rust(&mut group);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3));
    targets = marshal
}
criterion_main!(benches);
