//! From the text of a script to its output: step by step, each with the steps before it, for a small script and
//! a large one; and the small one as a process.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::disallowed_methods,
    reason = "`shape` is started from outside, as a terminal does"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use shape_benches::{Script, engine, everything};
use shape_embed::Engine;
use shape_syntax::{FileId, SourceMap};
use shape_tests::{Binaries, workspace};
use std::process::{Command, Stdio};

const HELLO: &str = "print(\"Hello from Shape!\")\n";

/// A script of 5,000 lines: a thousand functions, all of which are called.
fn long() -> String {
    let function = |n: usize| {
        format!(
            r#"fn step{n}(xs: Array<int>, label: string) {{
    let total = xs.map(|x| x * {n}).sum()
    if total > 100 {{ f"{{label}}: {{total}}" }} else {{ label }}
}}
print(step{n}([1, 2, {n}], "step"))
"#
        )
    };
    (0..1_000).map(function).collect()
}

fn process(c: &mut Criterion) {
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
    let io = format!(
        "--io=plugin:{}",
        binaries.plugin("stdlib-io-plugin").display()
    );
    group.bench_function("shape run hello.shape, io as a plugin", |b| {
        b.iter(|| {
            let mut shape = binaries.shape(folder.path());
            shape.args(["run", "-A", &io]).arg(&hello);
            shape.stdout(Stdio::null());
            assert!(shape.status().expect("shape starts").success());
        });
    });
    group.bench_function("true", |b| {
        b.iter(|| Command::new("true").status().expect("the program starts"));
    });
    group.bench_function("registry", |b| {
        b.iter(|| everything().expect("the modules fit"));
    });
    group.finish();
}

fn steps(c: &mut Criterion, name: &str, engine: &Engine, text: &str) {
    let mut group = c.benchmark_group(format!("startup/{name}"));
    group.bench_function("parse", |b| {
        b.iter(|| shape_syntax::parse(FileId::default(), text));
    });
    group.bench_function("check", |b| {
        b.iter(|| {
            let checked = engine.check(FileId::default(), text, &mut SourceMap::new());
            assert!(checked.is_ok());
        });
    });
    group.bench_function("compile", |b| {
        b.iter(|| Script::new(engine, text).expect("the script compiles"));
    });
    let script = Script::new(engine, text).unwrap_or_else(|problem| panic!("{problem}"));
    group.bench_function("run alone", |b| {
        b.iter(|| script.run().expect("the script runs"));
    });
    group.finish();
}

fn startup(c: &mut Criterion) {
    process(c);
    let engine = everything().and_then(engine);
    let engine = engine.unwrap_or_else(|problem| panic!("{problem}"));
    steps(c, "hello", &engine, HELLO);
    steps(c, "5000 lines", &engine, &long());
}

criterion_group!(benches, startup);
criterion_main!(benches);
