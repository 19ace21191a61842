//! From text to a run: parse, check, link, compile, run.

use crate::files::Files;
use crate::flags::Grant;
use crate::report::{self, Status};
use crate::signals::{AskOnTerminal, Signals};
use crate::warden;
use crate::writer::Patient;
use shape_abi::{Permission, PermissionSet};
use shape_policy::Policy;
use shape_process::Run;
use shape_runtime::{Buffering, HostCx, Raise, Registry, RegistryError, Stop};
use shape_syntax::{Diagnostic, FileId, Severity};
use shape_value::Value;
use shape_vm::{Engine, Failure, RunError};
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};
use stdlib_io::Processes;

/// Something to run.
pub(crate) struct Script {
    pub(crate) files: Files,
    pub(crate) file: FileId,
    pub(crate) args: Vec<String>,
    pub(crate) grant: Grant,
}

/// The engine with all modules, for scripts with these permissions.
pub(crate) fn engine(grant: PermissionSet) -> Result<Engine, Status> {
    let mut registry = Registry::new();
    let registered =
        stdlib_core::register(&mut registry).and_then(|()| stdlib_io::register(&mut registry));
    match registered {
        Ok(()) => Ok(Engine::builder(Arc::new(registry)).grant(grant).build()),
        Err(error) => Err(cannot_register(&error)),
    }
}

#[cold]
fn cannot_register(error: &RegistryError) -> Status {
    report::internal(&error.to_string())
}

/// Says what is wrong with a script, or looks wrong.
pub(crate) fn refused(files: &Files, diagnostics: &[Diagnostic]) -> Status {
    report::diagnostics(files.map(), diagnostics);
    match diagnostics.iter().any(|d| d.severity == Severity::Error) {
        true => Status::REFUSED,
        false => report::internal("the checker gave no program and no reason"),
    }
}

/// Runs a script to its end and has `finish` do something with its value.
///
/// # Errors
/// The exit status of a run that did not come to its end; what there is to say has been said.
pub(crate) fn run(
    mut script: Script,
    finish: impl FnOnce(Value, &mut HostCx) -> Result<(), Raise>,
) -> Result<(), Status> {
    let engine = engine(script.grant.permissions)?;
    let text = script.files.text(script.file);
    let compiled = engine
        .compile_file(script.file, &text, &mut script.files)
        .map_err(|diagnostics| refused(&script.files, &diagnostics))?;
    report::diagnostics(script.files.map(), compiled.warnings());
    let signals = Signals::install().map_err(|error| report::internal(&error.to_string()))?;
    let signals = Arc::new(signals);
    let processes = processes(&compiled, &signals);
    let mut cx = context(&script, &signals, processes);
    let result = execute(&compiled, &mut cx, finish);
    // The message comes before the wait for children that take their time to end.
    let status = result.map_err(|error| ended(&error, &script.files, &signals));
    drop(cx);
    status
}

/// The process engine of a run. What keeps the processes of a script that may have any is started
/// now, before there is a thread, and is ready when the first one is to be started.
fn processes(compiled: &shape_vm::Script, signals: &Arc<Signals>) -> Processes {
    let needs_them = compiled.needs().contains(Permission::Process);
    let warden = Mutex::new(needs_them.then(warden::start));
    let signals = Arc::clone(signals);
    Processes::new(move || {
        let mut warden = warden.lock().unwrap_or_else(PoisonError::into_inner);
        let token = signals.token()?;
        match warden.take() {
            Some(warden) => Run::with_warden(token, warden?),
            None => Run::new(token),
        }
    })
}

/// Runs the code and writes out what it printed.
fn execute(
    compiled: &shape_vm::Script,
    cx: &mut HostCx,
    finish: impl FnOnce(Value, &mut HostCx) -> Result<(), Raise>,
) -> Result<(), RunError> {
    let result = compiled.run(cx);
    let result = result.and_then(|outcome| finish(outcome.value, cx).map_err(unplaced));
    match (result, cx.flush()) {
        (Ok(()), Err(raise)) => Err(unplaced(raise)),
        (result, _) => result,
    }
}

/// An error that is nobody's fault in the script.
fn unplaced(raise: Raise) -> RunError {
    let failure = match raise {
        Raise::Error(error) => Failure::Raised(error),
        Raise::Stop(stop) => Failure::Stopped(stop),
    };
    RunError {
        failure,
        span: Default::default(),
        traceback: Vec::new(),
    }
}

fn context(script: &Script, signals: &Arc<Signals>, processes: Processes) -> HostCx {
    let process = script.grant.process.clone();
    let policy = if script.grant.asks {
        Policy::asking(process, Arc::new(AskOnTerminal::new(Arc::clone(signals))))
    } else {
        Policy::new(process)
    };
    let interrupt = signals.interrupt();
    let stdout = Patient::new(io::stdout(), Arc::clone(&interrupt));
    let stderr = Patient::new(io::stderr(), interrupt);
    let buffering = match io::stdout().is_terminal() {
        true => Buffering::Line,
        false => Buffering::Block,
    };
    HostCx::new()
        .with_stdout(stdout, buffering)
        .with_stderr(stderr, Buffering::Line)
        .with_args(script.args.iter().map(String::as_str))
        .with_interrupt(signals.interrupt())
        .with_service(Arc::new(policy))
        .with_service(Arc::new(processes))
}

/// Reports how a run ended when not at its end.
fn ended(error: &RunError, files: &Files, signals: &Signals) -> Status {
    match &error.failure {
        Failure::Stopped(Stop::Exit(code)) => Status::of_exit(*code),
        Failure::Stopped(Stop::ClosedPipe) => Status::CLOSED_PIPE,
        Failure::Stopped(Stop::Cancelled) => signals.status(),
        _ => {
            report::run_error(files.map(), error);
            Status::FAILED
        }
    }
}
