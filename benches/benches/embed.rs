//! What a program that runs scripts pays: once for the engine, once for each script, for each run, and for each
//! call of a script's function.

#![allow(missing_docs, reason = "a bench")]

use criterion::{Criterion, criterion_group, criterion_main};
use shape_benches::{Problem, engine, everything};
use shape_embed::{Engine, Limits, Stdio};
use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

/// A rule as a host might keep many of them.
const RULE: &str = r#"
fn price(pieces: int, each: number) -> number {
    let total = pieces * each
    if total > 100.0 { total * 0.9 } else { total }
}
fn label(name: string) -> string { f"<{name}>" }
price(12, 9.5)
"#;

fn runs(c: &mut Criterion) -> Result<(), Problem> {
    let mut group = c.benchmark_group("embed");
    group.bench_function("engine", |b| {
        b.iter(|| everything().and_then(engine).expect("the modules fit"));
    });
    let engine = everything().and_then(engine)?;
    group.bench_function("compile", |b| {
        b.iter(|| engine.compile("rule.shape", RULE).expect("it compiles"));
    });
    let script = engine.compile("rule.shape", RULE)?;
    group.bench_function("run", |b| b.iter(|| script.run().expect("it runs")));
    group.bench_function("run, for its value", |b| {
        b.iter(|| script.run_as::<f64>().expect("it is a number"));
    });
    group.finish();
    Ok(())
}

/// The same run, with its time limited: somebody watches the clock.
fn limited(c: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let limits = Limits::none().time(Duration::from_secs(60));
    let engine = Engine::builder().stdout(Stdio::null()).limits(limits);
    let script = engine.build()?.compile("rule.shape", RULE)?;
    c.bench_function("embed/run, within a minute", |b| {
        b.iter(|| script.run().expect("it runs"));
    });
    Ok(())
}

fn calls(c: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let engine = Engine::builder().stdout(Stdio::null()).build()?;
    let script = engine.compile("rule.shape", RULE)?;
    let price = script.function::<(i64, f64), f64>("price")?;
    let label = script.function::<(&str,), String>("label")?;
    let mut instance = script.start()?;
    let mut group = c.benchmark_group("embed/call");
    group.bench_function("(int, number) -> number", |b| {
        b.iter(|| instance.call(&price, (black_box(12), black_box(9.5))));
    });
    group.bench_function("(string) -> string", |b| {
        b.iter(|| instance.call(&label, (black_box("name"),)));
    });
    group.finish();
    Ok(())
}

fn embed(c: &mut Criterion) {
    runs(c).unwrap_or_else(|problem| panic!("{problem}"));
    limited(c).unwrap_or_else(|problem| panic!("{problem}"));
    calls(c).unwrap_or_else(|problem| panic!("{problem}"));
}

criterion_group!(benches, embed);
criterion_main!(benches);
