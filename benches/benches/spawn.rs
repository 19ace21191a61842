//! Running a program that does nothing to its end: with the standard library, with the engine, and
//! from a script.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::disallowed_methods,
    reason = "the standard library is what the engine is compared with"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use shape_benches::{Script, engine, everything};
use shape_policy::{Policy, ProcessGrant};
use shape_process::{CancelToken, Run, Spec};
use std::process::Command;

const PROGRAM: &str = "true";

fn spawn(c: &mut Criterion) {
    let mut group = c.benchmark_group("spawn");
    group.bench_function("std::process::Command", |b| {
        b.iter(|| Command::new(PROGRAM).output().expect("the program starts"));
    });

    let policy = Policy::new(ProcessGrant::all());
    let token = CancelToken::new().expect("there are descriptors");
    let run = Run::new(token).expect("there are descriptors");
    group.bench_function("shape-process", |b| {
        b.iter(|| {
            let approved = policy.approve(Spec::new(PROGRAM)).expect("is allowed");
            run.exec(approved).expect("the program runs")
        });
    });

    let registry = everything().unwrap_or_else(|problem| panic!("{problem}"));
    let text = format!("for i in 0..10 {{ io.exec(\"{PROGRAM}\") }}");
    let script = Script::new(&engine(registry), &text);
    let script = script.unwrap_or_else(|problem| panic!("{problem}"));
    group.bench_function("script, ten at a time", |b| {
        b.iter(|| script.run().expect("the script runs"));
    });
    group.finish();
}

criterion_group!(benches, spawn);
criterion_main!(benches);
