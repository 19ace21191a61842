//! From text to a run: parse, check, link, compile, run.

use crate::files::Files;
use crate::flags::Asks;
use crate::limits::LimitFlags;
use crate::lockdown::{self, Lockdown};
use crate::plugin::PluginFlags;
use crate::policy::{Given, Ready};
use crate::report::{self, Status};
use crate::signals::{AskOnTerminal, AskUntilSignal, Signals};
use crate::warden;
use crate::writer::Patient;
use shape_abi::{Permission, PermissionSet};
use shape_embed::{Compiled, Engine};
use shape_policy::{Approver, Audit, Broker, Policy};
use shape_process::{CancelToken, Launcher, Run, Warden};
use shape_runtime::{Buffering, HostCx, Raise, Registry, Stop};
use shape_syntax::{Diagnostic, FileId, Severity};
use shape_value::Value;
use shape_vm::{Failure, RunError};
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};
use stdlib_io::{NoInput, Processes};

/// Something to run.
pub(crate) struct Script {
    pub(crate) files: Files,
    pub(crate) file: FileId,
    pub(crate) args: Vec<String>,
    pub(crate) plugins: PluginFlags,
    pub(crate) limits: LimitFlags,
    pub(crate) given: Given,
}

/// The engine with the built-in modules and those that `register` adds, for scripts with these
/// permissions.
pub(crate) fn engine(
    grant: PermissionSet,
    register: impl FnOnce(&mut Registry) -> Result<(), Status>,
) -> Result<Engine, Status> {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry).map_err(|error| report::internal(&error.to_string()))?;
    register(&mut registry)?;
    let engine = Engine::builder().registry(registry).grant(grant).build();
    let engine = engine.map_err(|error| report::internal(&error.to_string()))?;
    // It is needed until the process ends: to take its thousands of parts apart would only delay that.
    std::mem::forget(Arc::clone(engine.registry()));
    Ok(engine)
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
    let grant = &script.given.grant;
    let engine = engine(grant.permissions, |registry| {
        script.plugins.register(&grant.plugins, registry)
    })?;
    let text = script.files.text(script.file);
    let compiled = engine
        .compile_file(script.file, &text, &mut script.files)
        .map_err(|diagnostics| refused(&script.files, &diagnostics))?;
    report::diagnostics(script.files.map(), compiled.warnings());
    let setting = Setting {
        args: &script.args,
        given: &script.given,
        plugins: &script.plugins,
        starts_programs: compiled.needs().contains(Permission::Process),
        keeps_input: false,
    };
    let (mut cx, around) = setting.prepare()?;
    let limited = script.limits.begin(&around.signals);
    let limited = limited.map_err(|error| report::internal(&error.to_string()))?;
    let result = execute(&compiled, &mut cx, finish);
    let passed = limited.passed();
    drop(limited);
    // The message comes before the wait for children that take their time to end.
    let status = result.map_err(|error| match (&error.failure, passed) {
        (Failure::Stopped(Stop::Cancelled), Some(limit)) => {
            report::run_error_as(script.files.map(), &error, &limit);
            Status::FAILED
        }
        _ => around.ended(&error, &script.files),
    });
    drop(cx);
    around.leave();
    status
}

/// What is known of a run before it begins.
pub(crate) struct Setting<'a> {
    pub(crate) args: &'a [String],
    pub(crate) given: &'a Given,
    pub(crate) plugins: &'a PluginFlags,
    /// Whether it may start any.
    pub(crate) starts_programs: bool,
    /// Whether what is read from standard input is none of its business.
    pub(crate) keeps_input: bool,
}

/// What is around a run.
pub(crate) struct Around {
    pub(crate) signals: Arc<Signals>,
    lockdown: Arc<Lockdown>,
    audit: Option<Audit>,
}

impl Setting<'_> {
    /// The context of the run, and what is around it.
    ///
    /// # Errors
    /// The exit status, when there cannot be such a run; why has been said.
    pub(crate) fn prepare(&self) -> Result<(HostCx, Around), Status> {
        let signals = Signals::install().map_err(|error| report::internal(&error.to_string()))?;
        let signals = Arc::new(signals);
        let ready = match self.starts_programs {
            true => Some(ready(self.given, &signals)?),
            false => None,
        };
        let audit = ready.as_ref().and_then(|ready| ready.audit.clone());
        let lockdown = Arc::new(Lockdown::default());
        let mut cx = context(self.given, self.args, &signals);
        if self.keeps_input {
            cx.set_service(Arc::new(NoInput));
        }
        let (policy, guard) = ready.map(|ready| (ready.policy, ready.guard)).unzip();
        let watch = {
            let (lockdown, guard) = (Arc::clone(&lockdown), guard.flatten());
            let interrupt = signals.interrupt();
            move |token: &CancelToken| lockdown.watch(guard.as_ref(), token, &interrupt)
        };
        let policy = policy.map(Arc::new);
        if self.plugins.io.is_some() {
            serve_io(&mut cx, policy, &signals, watch)
                .map_err(|error| report::internal(&error.to_string()))?;
        } else {
            let warden = policy.is_some().then(warden::start);
            cx.set_service(Arc::new(processes(warden, &signals, watch)));
            if let Some(policy) = policy {
                cx.set_service(policy);
            }
        }
        let around = Around {
            signals,
            lockdown,
            audit,
        };
        Ok((cx, around))
    }
}

impl Around {
    /// Whether everything was ended by somebody else.
    pub(crate) fn is_locked_down(&self) -> bool {
        self.lockdown.reason().is_some()
    }

    /// Says what there is to say when the run is over.
    pub(crate) fn leave(self) {
        if let Some(warning) = self.audit.and_then(|audit| audit.take_warning()) {
            report::note(&warning.to_string());
        }
    }
}

/// The policy, before anything of the script has run.
pub(crate) fn ready(given: &Given, signals: &Arc<Signals>) -> Result<Ready, Status> {
    let signals = Arc::clone(signals);
    let approver: Option<Arc<dyn Approver>> = match &given.grant.asks {
        Asks::Nobody => None,
        Asks::Terminal => Some(Arc::new(AskOnTerminal::new(signals))),
        Asks::Broker(socket) => {
            let broker = Broker::new(socket.clone());
            Some(Arc::new(AskUntilSignal::new(broker, signals)))
        }
    };
    given.policy(approver).map_err(|unusable| unusable.tell())
}

/// The process engine of a run, which `begin` gives the token that ends them. What keeps the processes of a
/// script that may have any has been started before there is a thread, and is ready when the first one
/// is to be started.
fn processes(
    warden: Option<io::Result<Warden>>,
    signals: &Arc<Signals>,
    begin: impl Fn(&CancelToken) -> io::Result<()> + Send + Sync + 'static,
) -> Processes {
    let warden = Mutex::new(warden);
    let signals = Arc::clone(signals);
    Processes::new(move || {
        let mut warden = warden.lock().unwrap_or_else(PoisonError::into_inner);
        let token = signals.token()?;
        begin(&token)?;
        match warden.take() {
            Some(warden) => Run::with_warden(token, warden?),
            None => Run::new(token),
        }
    })
}

/// What io needs where it is a plugin: its engine is one of its own, and does as this process says.
pub(crate) fn serve_io(
    cx: &mut HostCx,
    policy: Option<Arc<Policy>>,
    signals: &Signals,
    begin: impl Fn(&CancelToken) -> io::Result<()> + Send + Sync + 'static,
) -> io::Result<()> {
    let token = signals.token()?;
    let launcher = match policy {
        Some(_) => warden::launcher(),
        None => Launcher::Direct,
    };
    let begun = token.clone();
    stdlib_io::serve(cx, policy, &token, move || {
        begin(&begun)?;
        Ok(launcher.clone())
    })
}

/// Runs the code and writes out what it printed.
fn execute(
    compiled: &Compiled,
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
pub(crate) fn unplaced(raise: Raise) -> RunError {
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

fn context(given: &Given, args: &[String], signals: &Arc<Signals>) -> HostCx {
    let interrupt = signals.interrupt();
    let stdout = Patient::new(io::stdout(), Arc::clone(&interrupt));
    let stderr = Patient::new(io::stderr(), interrupt);
    let buffering = match io::stdout().is_terminal() {
        true => Buffering::Line,
        false => Buffering::Block,
    };
    let cx = match &given.grant.variables {
        Some(variables) => HostCx::new().with_service(Arc::new(variables.clone())),
        None => HostCx::new(),
    };
    cx.with_stdout(stdout, buffering)
        .with_stderr(stderr, Buffering::Line)
        .with_args(args.iter().map(String::as_str))
        .with_interrupt(signals.interrupt())
}

impl Around {
    /// Reports how a run ended when not at its end.
    pub(crate) fn ended(&self, error: &RunError, files: &Files) -> Status {
        match &error.failure {
            Failure::Stopped(Stop::Cancelled) if self.is_locked_down() => {
                let reason = self.lockdown.reason().unwrap_or_default();
                report::failure(
                    &format!("ended by a lockdown: {reason}"),
                    Some(lockdown::HELP),
                );
                Status::FAILED
            }
            Failure::Stopped(Stop::Exit(code)) => Status::of_exit(*code),
            Failure::Stopped(Stop::ClosedPipe) => Status::CLOSED_PIPE,
            Failure::Stopped(Stop::Cancelled) => self.signals.status(),
            _ => {
                report::run_error(files.map(), error);
                Status::FAILED
            }
        }
    }
}
