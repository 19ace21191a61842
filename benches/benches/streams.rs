//! What goes through the pipes of programs: all of the output, lines, input, pipelines, and a talk; with
//! the standard library, and with the engine by each launcher.

#![allow(missing_docs, reason = "a bench")]
#![allow(
    clippy::disallowed_methods,
    reason = "the standard library is what the engine is compared with"
)]

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group};
use shape_benches::{approve, runs};
use shape_process::{Spec, Stream, be_warden_if_asked};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

const BYTES: usize = 256 << 20;
const LINES: u64 = 5_000_000;
/// What is written at a time.
const BLOCK: usize = 1 << 20;

/// A group whose every iteration takes long.
fn long<'a>(c: &'a mut Criterion, name: &str, work: Throughput) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat).throughput(work);
    group
}

fn capture(c: &mut Criterion) {
    let args = ["-c".to_owned(), BYTES.to_string(), "/dev/zero".to_owned()];
    let mut group = long(c, "streams/capture", Throughput::Bytes(BYTES as u64));
    group.bench_function("std", |b| {
        b.iter(|| Command::new("head").args(&args).output().expect("it runs"));
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            b.iter(|| {
                let head = Spec::new("head").args(&args).max_output(BYTES as u64);
                run.exec(approve(head)).expect("it runs")
            });
        });
    }
    group.finish();
}

fn lines(c: &mut Criterion) {
    let mut group = long(c, "streams/lines", Throughput::Elements(LINES));
    group.bench_function("std, lines", |b| {
        b.iter(|| {
            let mut seq = Command::new("seq");
            seq.arg(LINES.to_string()).stdout(Stdio::piped());
            let mut seq = seq.spawn().expect("it starts");
            let stdout = BufReader::new(seq.stdout.take().expect("it is a pipe"));
            assert_eq!(stdout.lines().map_while(Result::ok).count() as u64, LINES);
            seq.wait().expect("it ends")
        });
    });
    for (name, run) in runs() {
        let start = || {
            let seq = Spec::new("seq").arg(LINES.to_string());
            run.spawn(approve(seq)).expect("it starts")
        };
        group.bench_function(format!("{name}, next_line"), |b| {
            b.iter(|| {
                let mut seq = start();
                let mut count = 0;
                while !seq.next_line(Stream::Stdout).expect("is text").is_empty() {
                    count += 1;
                }
                assert_eq!(count, LINES);
            });
        });
        group.bench_function(format!("{name}, lines"), |b| {
            b.iter(|| {
                assert_eq!(
                    start().lines(Stream::Stdout).flatten().count() as u64,
                    LINES
                )
            });
        });
    }
    group.finish();
}

fn input(c: &mut Criterion) {
    let block = vec![b'x'; BLOCK];
    let args = ["-c", "cat >/dev/null"];
    let mut group = long(c, "streams/input", Throughput::Bytes(BYTES as u64));
    group.bench_function("std", |b| {
        b.iter(|| {
            let mut cat = Command::new("sh");
            let mut cat = cat
                .args(args)
                .stdin(Stdio::piped())
                .spawn()
                .expect("it starts");
            let mut stdin = cat.stdin.take().expect("it is a pipe");
            for _ in 0..BYTES / BLOCK {
                stdin.write_all(&block).expect("it reads");
            }
            drop(stdin);
            cat.wait().expect("it ends")
        });
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            b.iter(|| {
                let cat = run.spawn(approve(Spec::new("sh").args(args)));
                let cat = cat.expect("it starts");
                for _ in 0..BYTES / BLOCK {
                    cat.write(&block).expect("it reads");
                }
                cat.wait().expect("it ends")
            });
        });
    }
    group.finish();
}

/// Three stages.
fn pipeline(c: &mut Criterion) {
    let bytes = BYTES.to_string();
    let mut group = long(c, "streams/pipeline", Throughput::Bytes(BYTES as u64));
    group.bench_function("std", |b| {
        b.iter(|| {
            let mut head = Command::new("head");
            head.args(["-c", &bytes, "/dev/zero"])
                .stdout(Stdio::piped());
            let mut head = head.spawn().expect("it starts");
            let mut cat = Command::new("cat");
            cat.stdin(head.stdout.take().expect("it is a pipe"))
                .stdout(Stdio::piped());
            let mut cat = cat.spawn().expect("it starts");
            let mut wc = Command::new("wc");
            wc.arg("-c").stdin(cat.stdout.take().expect("it is a pipe"));
            let counted = wc.output().expect("it runs");
            head.wait().expect("it ends");
            cat.wait().expect("it ends");
            counted
        });
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            b.iter(|| {
                let stages = [
                    Spec::new("head").args(["-c", &bytes, "/dev/zero"]),
                    Spec::new("cat"),
                    Spec::new("wc").arg("-c"),
                ];
                run.pipeline(stages.map(approve)).expect("it runs")
            });
        });
    }
    group.finish();
}

/// A line to `cat` and back.
fn round_trip(c: &mut Criterion) {
    let mut group = c.benchmark_group("streams/round trip");
    group.bench_function("std", |b| {
        let mut cat = Command::new("cat");
        cat.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut cat = cat.spawn().expect("it starts");
        let mut stdin = cat.stdin.take().expect("it is a pipe");
        let mut stdout = BufReader::new(cat.stdout.take().expect("it is a pipe"));
        let mut line = String::new();
        b.iter(|| {
            stdin.write_all(b"a line\n").expect("it reads");
            line.clear();
            stdout.read_line(&mut line).expect("it writes")
        });
        drop(stdin);
        cat.wait().expect("it ends");
    });
    for (name, run) in runs() {
        group.bench_function(name, |b| {
            let cat = run.spawn(approve(Spec::new("cat"))).expect("it starts");
            b.iter(|| {
                cat.write(b"a line\n").expect("it reads");
                cat.read_line(Stream::Stdout).expect("it writes")
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = capture, lines, input, pipeline, round_trip
}

fn main() {
    be_warden_if_asked();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
