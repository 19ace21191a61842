//! Programs that call nobody.

#![allow(missing_docs, reason = "a bench")]

use criterion::{Criterion, criterion_group, criterion_main};
use shape_benches::{Bare, MORE_PROGRAMS, PROGRAMS, builtins_and, calls};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

fn programs(c: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let rounds = Arc::new(AtomicI64::new(0));
    let registry = builtins_and(&rounds, calls)?;
    let mut group = c.benchmark_group("vm");
    for program in PROGRAMS.into_iter().chain(MORE_PROGRAMS) {
        let script = Bare::new(&registry, &program.script())?;
        rounds.store(program.small, Ordering::Relaxed);
        let name = format!("{}({})", program.name, program.small);
        group.bench_function(name, |b| b.iter(|| script.run().expect("it runs")));
    }
    group.finish();
    Ok(())
}

fn vm(c: &mut Criterion) {
    programs(c).unwrap_or_else(|problem| panic!("{problem}"));
}

criterion_group!(benches, vm);
criterion_main!(benches);
