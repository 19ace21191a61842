//! What a call of a host function costs a script.
//!
//! A script calls the function in a loop, linked and in a plugin; the time of the same loop without the call is
//! taken off. Beside it stands the same function called from Rust, directly and by a pointer of C's calling convention, which nothing
//! can be known about: what a language that calls C pays at least.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    improper_ctypes_definitions,
    reason = "both sides are Rust; only the convention is C's"
)]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use shape_benches::{Bare, Sample, Shape, builtins_and, calls, functions};
use shape_runtime::Plugin;
use shape_tests::Binaries;
use shape_value::Str;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

fn timed(script: &Bare) -> Duration {
    let start = Instant::now();
    script.run().expect("the script runs");
    start.elapsed()
}

fn from_a_script(c: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let rounds = Arc::new(AtomicI64::new(0));
    let binaries = Binaries::get()?;
    let plugin = Plugin::load(&binaries.plugin("shape-bench-plugin"))?;
    let linked = builtins_and(&rounds, calls)?;
    let far = builtins_and(&rounds, |registry| plugin.register(registry))?;
    for (name, registry) in [("marshal/script", linked), ("marshal/plugin", far)] {
        let empty = Bare::new(&registry, &Shape::EMPTY.script())?;
        let mut group = c.benchmark_group(name);
        for shape in Shape::ALL {
            let script = Bare::new(&registry, &shape.script())?;
            group.bench_function(shape.name, |bencher| {
                bencher.iter_custom(|iters| {
                    rounds.store(i64::try_from(iters).unwrap_or(i64::MAX), Ordering::Relaxed);
                    timed(&script).saturating_sub(timed(&empty))
                });
            });
        }
        group.finish();
    }
    Ok(())
}

const TEXT: &str = "abcdefgh01234567";
const TEXTS: [&str; 8] = [TEXT; 8];

fn from_rust(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.bench_function("unit", |b| b.iter(functions::unit));
    group.bench_function("int", |b| b.iter(|| functions::int(black_box(5))));
    group.bench_function("length", |b| b.iter(|| functions::length(black_box(TEXT))));
    group.bench_function("text", |b| b.iter(|| functions::text(black_box(TEXT))));
    group.bench_function("lengths", |b| {
        b.iter(|| functions::lengths(black_box(&TEXTS).iter().copied()));
    });
    group.bench_function("record", |b| b.iter(|| functions::record(black_box(5))));
}

extern "C" fn c_unit() -> i64 {
    functions::unit()
}

extern "C" fn c_int(n: i64) -> i64 {
    functions::int(n)
}

extern "C" fn c_length(text: &str) -> i64 {
    functions::length(text)
}

extern "C" fn c_text(text: &str) -> Str {
    functions::text(text)
}

extern "C" fn c_lengths(texts: &[&str]) -> i64 {
    functions::lengths(texts.iter().copied())
}

extern "C" fn c_record(n: i64) -> Sample {
    functions::record(n)
}

fn by_pointers(group: &mut BenchmarkGroup<'_, WallTime>) {
    let unit: extern "C" fn() -> i64 = black_box(c_unit);
    group.bench_function("unit", |b| b.iter(|| unit()));
    let int: extern "C" fn(i64) -> i64 = black_box(c_int);
    group.bench_function("int", |b| b.iter(|| int(5)));
    let length: extern "C" fn(&str) -> i64 = black_box(c_length);
    group.bench_function("length", |b| b.iter(|| length(TEXT)));
    let text: extern "C" fn(&str) -> Str = black_box(c_text);
    group.bench_function("text", |b| b.iter(|| text(TEXT)));
    let lengths: extern "C" fn(&[&str]) -> i64 = black_box(c_lengths);
    group.bench_function("lengths", |b| b.iter(|| lengths(&TEXTS)));
    let record: extern "C" fn(i64) -> Sample = black_box(c_record);
    group.bench_function("record", |b| b.iter(|| record(5)));
}

fn marshal(c: &mut Criterion) {
    from_a_script(c).unwrap_or_else(|problem| panic!("{problem}"));
    let mut group = c.benchmark_group("marshal/rust");
    from_rust(&mut group);
    group.finish();
    let mut group = c.benchmark_group("marshal/pointer");
    by_pointers(&mut group);
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3));
    targets = marshal
}
criterion_main!(benches);
