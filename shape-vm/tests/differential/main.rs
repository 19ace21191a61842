//! The machine and a plain evaluator agree on what programs print, give and raise: on the scripts under
//! `tests/spec`, and on made-up ones.
//!
//! `DIFFERENTIAL_SECONDS=600 cargo test --release -p shape-vm --test differential` tries programs that no
//! other run has tried, for that time; `DIFFERENTIAL_SEED=7` tries that one and shows it.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test"
)]

mod evaluator;
mod generator;
mod operators;

use evaluator::{Evaluator, Flow};
use shape_check::program::Program;
use shape_check::{CheckInput, check};
use shape_runtime::{Buffering, HostCx, Raise, Registry, Stop};
use shape_syntax::{Severity, SourceMap, Style, parse, render};
use shape_vm::{Failure, compile, run};
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Made-up programs that a usual run tries.
const USUAL: u64 = 200;
/// The evaluator goes as deep as the program.
const STACK: usize = 1 << 30;

/// What came of a run: all that a user sees, in one text.
type Seen = String;

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry).unwrap();
    registry
}

/// The typed program of a text, or what is wrong with it.
fn checked(text: &str, registry: &Registry) -> Result<Program, String> {
    let mut sources = SourceMap::new();
    let file = sources.add("made-up.shape", text);
    let (script, mut found) = parse(file, text);
    let input = CheckInput {
        script: &script,
        file,
        host: registry.decls(),
        sources: &mut sources,
    };
    let (program, more) = check(input);
    found.extend(more);
    match program {
        Some(program) if found.iter().all(|d| d.severity != Severity::Error) => Ok(program),
        _ => Err(render(&sources, &found, Style::Plain)),
    }
}

fn context(out: &Shared) -> HostCx {
    HostCx::new()
        .with_stdout(Box::new(out.clone()), Buffering::Block)
        .with_stderr(Box::new(out.clone()), Buffering::Block)
}

fn seen(out: &Shared, mut cx: HostCx, end: &str) -> Seen {
    let flushed = cx.flush();
    assert!(flushed.is_ok());
    format!("{}= {end}", out.text())
}

fn stopped(stop: &Stop) -> String {
    match stop {
        Stop::Exit(code) => format!("exit {code}"),
        _ => "stopped".to_owned(),
    }
}

fn by_machine(program: &Program, registry: &Registry) -> Seen {
    let out = Shared::default();
    let mut cx = context(&out);
    let code = compile(program, registry.decls());
    let end = match run(&code, registry, &mut cx) {
        Ok(outcome) => outcome.value.quoted(),
        Err(error) => match &error.failure {
            Failure::Raised(error) => format!("{}: {}", error.kind, error.message),
            Failure::Stopped(stop) => stopped(stop),
            failure => format!("!! {failure}"),
        },
    };
    seen(&out, cx, &end)
}

/// The same by walking over the tree; `Err` if the program takes too long for that.
fn by_evaluator(program: &Program, registry: &Registry) -> Result<Seen, &'static str> {
    let out = Shared::default();
    let mut cx = context(&out);
    let end = match Evaluator::new(program, registry, &mut cx).run() {
        Ok(value) => value.quoted(),
        Err(Flow::Raise(Raise::Error(error))) => format!("{}: {}", error.kind, error.message),
        Err(Flow::Raise(Raise::Stop(stop))) => stopped(&stop),
        Err(Flow::GaveUp(why)) => return Err(why),
        Err(_) => return Err("left by a jump"),
    };
    Ok(seen(&out, cx, &end))
}

/// What became of a program.
enum Tried {
    Agreed,
    /// It is none, or not one for this.
    Skipped(String),
    /// What the two made of it.
    Differ(Seen, Seen),
}

fn compare(text: &str, registry: &Registry) -> Tried {
    let program = match checked(text, registry) {
        Ok(program) => program,
        Err(found) => return Tried::Skipped(found),
    };
    let plain = match by_evaluator(&program, registry) {
        Ok(seen) => seen,
        Err(why) => return Tried::Skipped(why.to_owned()),
    };
    let machine = by_machine(&program, registry);
    match machine == plain {
        true => Tried::Agreed,
        false => Tried::Differ(machine, plain),
    }
}

/// Runs `work` where there is room for deep programs.
fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|e| e == "shape") {
            found.push(path);
        }
    }
}

#[test]
fn scripts_that_people_wrote() {
    let (differing, agreed, skipped) = with_room(|| {
        let registry = registry();
        let mut paths = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/spec/lang");
        scripts(&root, &mut paths);
        paths.sort();
        let (mut differing, mut agreed, mut skipped) = (String::new(), 0, 0);
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            // What depends on the moment differs by itself, and what is large takes too long.
            let is_large = path.components().any(|part| part.as_os_str() == "limits");
            if is_large || text.contains("now()") || text.contains("sleep(") {
                continue;
            }
            match compare(&text, &registry) {
                Tried::Agreed => agreed += 1,
                Tried::Skipped(_) => skipped += 1,
                Tried::Differ(machine, plain) => {
                    let path = path.display();
                    let _ = writeln!(
                        differing,
                        "{path}\nmachine:\n{machine}\nevaluator:\n{plain}\n"
                    );
                }
            }
        }
        (differing, agreed, skipped)
    });
    assert!(differing.is_empty(), "{differing}");
    // Many show errors of the checker, or import files.
    assert!(agreed > skipped, "{agreed} agreed, {skipped} skipped");
}

#[test]
fn programs_that_nobody_wrote() {
    let variable = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    if let Some(seed) = variable("DIFFERENTIAL_SEED") {
        let text = generator::program(seed);
        println!("{text}");
        match with_room(|| compare(&text, &registry())) {
            Tried::Agreed => println!("they agree"),
            Tried::Skipped(why) => println!("skipped: {why}"),
            Tried::Differ(machine, plain) => panic!("machine:\n{machine}\nevaluator:\n{plain}"),
        }
        return;
    }
    let seconds = variable("DIFFERENTIAL_SECONDS");
    let first = match seconds {
        // The clock chooses those that are tried.
        Some(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos() as u64,
        None => 0,
    };
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let is_over = |tried: u64| end.map_or(tried >= USUAL, |end| Instant::now() >= end);
    let (tried, agreed, why, differing) = with_room(|| {
        let registry = registry();
        let (mut tried, mut agreed, mut why, mut differing) = (0, 0, String::new(), Vec::new());
        while !is_over(tried) && differing.len() < 10 {
            let seed = first.wrapping_add(tried);
            match compare(&generator::program(seed), &registry) {
                Tried::Agreed => agreed += 1,
                Tried::Skipped(reason) => why = format!("{seed}: {reason}"),
                Tried::Differ(..) => differing.push(seed),
            }
            tried += 1;
        }
        (tried, agreed, why, differing)
    });
    println!("{tried} tried, {agreed} agreed");
    assert!(
        differing.is_empty(),
        "they differ for these values of DIFFERENTIAL_SEED: {differing:?}"
    );
    assert!(
        agreed * 2 > tried,
        "{agreed} of {tried} are programs; the last that is none: {why}"
    );
}
