//! What rules cost: reading them, and deciding by them.

#![allow(missing_docs, reason = "a bench")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use shape_policy::{Ask, EnvChanges, Policy, ProcessGrant, Request, Resolver, RuleSet, RuleSource};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// `cat` with three arguments.
#[derive(Clone)]
struct Command {
    args: Vec<OsString>,
    env: EnvChanges,
}

impl Command {
    fn new() -> Self {
        Self {
            args: vec!["status".into(), "-s".into(), "README.md".into()],
            env: EnvChanges::default(),
        }
    }
}

impl Ask for Command {
    fn request(&self) -> Request<'_> {
        Request {
            program: OsStr::new("cat"),
            args: &self.args,
            cwd: None,
            env: &self.env,
        }
    }
}

/// So many rules, each of which would have to be told more than the program to know that it does not
/// match.
fn rules_of(count: usize, program: impl Fn(usize) -> String) -> String {
    let rule = |n| {
        let program = program(n);
        format!(
            "[[rule]]\nid = \"rule-{n}\"\nprogram = \"{program}\"\nargs = [[\"status\", \"log\"]]\n\
             require_options = [[\"--output-{n}\", \"-o\"]]\ndecision = \"deny\"\n"
        )
    };
    (0..count).map(rule).collect()
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("rules/read");
    group.bench_function("builtin", |b| {
        b.iter(|| {
            RuleSet::builder()
                .builtin()
                .build()
                .expect("the pack is sound")
        });
    });
    for count in [100, 1_000] {
        let text = rules_of(count, |n| format!("tool-{n}"));
        group.bench_with_input(BenchmarkId::from_parameter(count), &text, |b, text| {
            b.iter(|| {
                let rules =
                    RuleSet::builder().text(RuleSource::User, Path::new("rules.toml"), text);
                rules.build().expect("the rules are sound")
            });
        });
    }
    group.finish();
}

/// Looking up the program, which every decision begins with; and whole decisions: what rules add is the
/// difference.
fn approve(c: &mut Criterion) {
    let mut group = c.benchmark_group("rules/approve");
    let command = Command::new();
    let resolver = Resolver::new();
    group.bench_function("resolve", |b| {
        b.iter(|| resolver.resolve(&command.request()).expect("it is there"));
    });
    let pack = |text: &str| {
        let rules = RuleSet::builder().builtin();
        let rules = rules.text(RuleSource::User, Path::new("rules.toml"), text);
        rules.build().expect("the rules are sound")
    };
    let sets = [
        ("none", RuleSet::builder().build().expect("there are none")),
        ("builtin", pack("")),
        (
            "1000 programs",
            pack(&rules_of(1_000, |n| format!("tool-{n}"))),
        ),
        ("1000 of one", pack(&rules_of(1_000, |_| "cat".to_owned()))),
    ];
    for (name, rules) in sets {
        let policy = Policy::builder(ProcessGrant::all()).rules(rules).build();
        group.bench_function(name, |b| {
            b.iter(|| policy.approve(command.clone()).expect("it is allowed"));
        });
    }
    group.finish();
}

criterion_group!(benches, read, approve);
criterion_main!(benches);
