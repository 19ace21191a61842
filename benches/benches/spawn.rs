//! Running programs that do nothing: with the standard library, with the engine by each launcher, and
//! from a script.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::disallowed_methods,
    reason = "the standard library is what the engine is compared with"
)]

use criterion::{Criterion, SamplingMode, criterion_group};
use shape_benches::{Script, approve, engine, everything, runs};
use shape_process::{Process, Sink, Spec, Stdin, be_warden_if_asked};
use std::hint::black_box;
use std::process::{Child, Command};
use std::time::Duration;

const PROGRAM: &str = "true";
/// How many programs run at once.
const MANY: usize = 100;
/// The bytes that a big host has resident.
const BIG: usize = 2 << 30;

/// Without pipes.
fn plain(program: &str) -> Spec {
    Spec::new(program)
        .stdin(Stdin::Inherit)
        .stdout(Sink::Inherit)
        .stderr(Sink::Inherit)
}

fn inherited(c: &mut Criterion) {
    let mut group = c.benchmark_group("spawn/inherited");
    group.bench_function("std", |b| {
        b.iter(|| Command::new(PROGRAM).status().expect("the program runs"));
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            b.iter(|| run.exec(approve(plain(PROGRAM))).expect("the program runs"));
        });
    }
    group.finish();
}

fn captured(c: &mut Criterion) {
    let mut group = c.benchmark_group("spawn/captured");
    group.bench_function("std", |b| {
        b.iter(|| Command::new(PROGRAM).output().expect("the program runs"));
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            b.iter(|| {
                run.exec(approve(Spec::new(PROGRAM)))
                    .expect("the program runs")
            });
        });
    }
    let registry = everything().unwrap_or_else(|problem| panic!("{problem}"));
    let text = format!("for i in 0..10 {{ io.exec(\"{PROGRAM}\") }}");
    let script = engine(registry).and_then(|engine| Script::new(&engine, &text));
    let script = script.unwrap_or_else(|problem| panic!("{problem}"));
    group.bench_function("script, ten at a time", |b| {
        b.iter(|| script.run().expect("the script runs"));
    });
    group.finish();
}

/// The same as `inherited`, from a host that has much memory.
fn from_a_big_host(c: &mut Criterion) {
    let ballast = black_box(vec![1_u8; BIG]);
    let mut group = c.benchmark_group("spawn/from a host of 2 GiB");
    group.bench_function("std", |b| {
        b.iter(|| Command::new(PROGRAM).status().expect("the program runs"));
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            b.iter(|| run.exec(approve(plain(PROGRAM))).expect("the program runs"));
        });
    }
    group.finish();
    drop(ballast);
}

fn at_once(c: &mut Criterion) {
    let mut group = c.benchmark_group("spawn/100 sleeps of 50 ms at once");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function("std", |b| {
        b.iter(|| {
            let sleep = || Command::new("sleep").arg("0.05").spawn();
            let sleeps: Vec<Child> = (0..MANY)
                .map(|_| sleep().expect("the program starts"))
                .collect();
            for mut sleep in sleeps {
                sleep.wait().expect("the program ends");
            }
        });
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            b.iter(|| {
                let sleep = || run.spawn(approve(plain("sleep").arg("0.05")));
                let sleeps: Vec<Process> = (0..MANY)
                    .map(|_| sleep().expect("the program starts"))
                    .collect();
                for sleep in &sleeps {
                    sleep.wait().expect("the program ends");
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = inherited, captured, from_a_big_host, at_once
}

fn main() {
    be_warden_if_asked();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
