//! From the text of a small script to its output.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::disallowed_methods,
    reason = "`shape` is started from outside, as a terminal does"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use shape_benches::{Script, engine, everything};
use shape_tests::{Binaries, workspace};
use std::process::{Command, Stdio};

const HELLO: &str = "print(\"Hello from Shape!\")\n";

fn startup(c: &mut Criterion) {
    let mut group = c.benchmark_group("startup");

    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let hello = workspace().join("examples/hello.shape");
    group.bench_function("shape run hello.shape", |b| {
        b.iter(|| {
            let mut shape = binaries.shape(folder.path());
            shape.arg("run").arg(&hello).stdout(Stdio::null());
            assert!(shape.status().expect("shape starts").success());
        });
    });
    group.bench_function("true", |b| {
        b.iter(|| Command::new("true").status().expect("the program starts"));
    });

    group.bench_function("registry", |b| {
        b.iter(|| everything().expect("the modules fit"));
    });
    let registry = everything().unwrap_or_else(|problem| panic!("{problem}"));
    let engine = engine(registry);
    group.bench_function("compile", |b| {
        b.iter(|| Script::new(&engine, HELLO).expect("the script compiles"));
    });
    let script = Script::new(&engine, HELLO).unwrap_or_else(|problem| panic!("{problem}"));
    group.bench_function("run", |b| {
        b.iter(|| script.run().expect("the script runs"));
    });
    group.finish();
}

criterion_group!(benches, startup);
criterion_main!(benches);
