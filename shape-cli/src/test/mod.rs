//! `shape test`

mod cases;
mod one;
mod report;

use crate::args::TestArgs;
use crate::found;
use crate::policy::Given;
use crate::program;
use crate::report::{self as tell, Status};
use crate::signals::Signals;
use cases::Case;
use one::{Runner, Tested};
use shape_abi::Permission;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

/// What the names of files end with in which tests are looked for.
const SUFFIX: &str = "_test.shape";

/// Runs tests and says how they went.
pub(crate) fn main(args: TestArgs) -> Result<(), Status> {
    let given = Given::new(args.grant).map_err(|invalid| invalid.tell())?;
    let here = [PathBuf::from(".")];
    let paths = match args.paths.is_empty() {
        true => &here[..],
        false => &args.paths,
    };
    let scripts = found::scripts(paths, has_tests)?;
    let granted = &given.grant;
    let engine = program::engine(granted.permissions, |registry| {
        args.plugins.register(&granted.plugins, registry)
    })?;
    let filter = args.filter.as_deref().unwrap_or_default();
    // All are looked through before anything runs.
    let mut all = Vec::new();
    for script in &scripts {
        all.append(&mut cases::of(&engine, script, filter)?);
    }
    if all.is_empty() {
        tell::note(match &args.filter {
            Some(_) => "no test has the text of --filter in its name",
            None => "no tests found: they are functions named test_… in files named …_test.shape",
        });
        return Ok(());
    }
    let signals = Signals::install().map_err(|error| tell::internal(&error.to_string()))?;
    let signals = Arc::new(signals);
    let policy = match granted.permissions.contains(Permission::Process) {
        true => Some(program::ready(&given, &signals)?),
        false => None,
    };
    let runner = Runner {
        engine,
        policy: policy.map(|ready| Arc::new(ready.policy)),
        variables: granted.variables.clone(),
        io_is_loaded: args.plugins.io.is_some(),
        signals: Arc::clone(&signals),
    };
    let jobs = args.jobs.map_or_else(processors, NonZeroUsize::get);
    let began = Instant::now();
    let mut summary = report::Summary::new(args.output_format);
    run(&runner, &all, jobs, |case, tested| {
        summary.add(case, tested)
    })?;
    if signals.interrupt().load(Ordering::SeqCst) {
        return Err(signals.status());
    }
    summary.finish(began.elapsed())
}

fn has_tests(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().ends_with(SUFFIX)
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Runs tests on so many threads, and tells of each in their order.
fn run(
    runner: &Runner,
    cases: &[Case],
    jobs: usize,
    mut tell: impl FnMut(&Case, Tested) -> Result<(), Status>,
) -> Result<(), Status> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, cases.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((at, case)) = {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    cases.get(at).map(|case| (at, case))
                } {
                    // Nobody listens when nobody reads the report any more.
                    if runner.is_interrupted() || sender.send((at, runner.run(case))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting: Vec<Option<Tested>> = Vec::new();
        waiting.resize_with(cases.len(), || None);
        let mut told = 0;
        for (at, tested) in receiver {
            waiting[at] = Some(tested);
            while let Some(tested) = waiting.get_mut(told).and_then(Option::take) {
                tell(&cases[told], tested)?;
                told += 1;
            }
        }
        Ok(())
    })
}
