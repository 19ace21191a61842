//! Running one test.

use super::cases::Case;
use crate::files::Files;
use crate::program;
use crate::signals::Signals;
use crate::warden;
use shape_embed::{Engine, render_run_error};
use shape_policy::Policy;
use shape_process::Run;
use shape_runtime::{Buffering, HostCx, Stop};
use shape_syntax::{Style, render};
use shape_value::{HeapValue, Value};
use shape_vm::{Failure, RunError, TraceEntry};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stdlib_core::ReadableVariables;
use stdlib_io::{NoInput, Processes};

/// How much of what a test prints is kept.
const MAX_OUTPUT: usize = 1 << 20;

/// What all tests have in common.
pub(super) struct Runner {
    pub(super) engine: Engine,
    pub(super) policy: Option<Arc<Policy>>,
    pub(super) variables: Option<ReadableVariables>,
    /// Whether the io module is a plugin.
    pub(super) io_is_loaded: bool,
    pub(super) signals: Arc<Signals>,
}

/// How a test went.
pub(super) struct Tested {
    /// Why it failed; absent if it passed.
    pub(super) failure: Option<Failed>,
    /// What it printed.
    pub(super) output: String,
    pub(super) took: Duration,
}

/// Why a test failed.
pub(super) struct Failed {
    /// In a line.
    pub(super) message: String,
    /// With the place and the calls that led there, in colors.
    pub(super) shown: String,
}

impl Failed {
    fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            shown: format!("error: {message}\n"),
            message,
        }
    }
}

impl Runner {
    /// Whether a signal asked for the end.
    pub(super) fn is_interrupted(&self) -> bool {
        self.signals.interrupt().load(Ordering::SeqCst)
    }

    /// Runs a test in an instance of its script that nothing else uses.
    pub(super) fn run(&self, case: &Case) -> Tested {
        let output = Kept::default();
        let began = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| self.attempt(case, &output)));
        let failure = match result {
            Ok(result) => result.err(),
            Err(_) => Some(Failed::new("internal error: the test made Shape panic")),
        };
        Tested {
            failure,
            output: output.take(),
            took: began.elapsed(),
        }
    }

    fn attempt(&self, case: &Case, output: &Kept) -> Result<(), Failed> {
        let mut files = Files::default();
        let file = files
            .open_with(&case.file, &case.call())
            .map_err(Failed::new)?;
        let text = files.text(file);
        let compiled = self.engine.compile_file(file, &text, &mut files);
        let compiled = compiled.map_err(|diagnostics| Failed {
            message: "it does not compile".to_owned(),
            shown: render(files.map(), &diagnostics, Style::Color),
        })?;
        let mut cx = self
            .context(output)
            .map_err(|error| Failed::new(error.to_string()))?;
        let result = compiled.run(&mut cx);
        // What cannot be written into memory is cut off.
        let _ = cx.flush();
        match result {
            Ok(outcome) => given(&outcome.value),
            Err(mut error) => Err(ended(&files, &mut error, case)),
        }
    }

    fn context(&self, output: &Kept) -> io::Result<HostCx> {
        let mut cx = HostCx::new()
            .with_stdout(output.clone(), Buffering::Line)
            .with_stderr(output.clone(), Buffering::Line)
            .with_interrupt(self.signals.interrupt());
        if let Some(variables) = &self.variables {
            cx.set_service(Arc::new(variables.clone()));
        }
        cx.set_service(Arc::new(NoInput));
        if self.io_is_loaded {
            program::serve_io(&mut cx, self.policy.clone(), &self.signals, |_| Ok(()))?;
            return Ok(cx);
        }
        let signals = Arc::clone(&self.signals);
        cx.set_service(Arc::new(Processes::new(move || {
            Run::with_launcher(signals.token()?, &warden::launcher())
        })));
        if let Some(policy) = &self.policy {
            cx.set_service(Arc::clone(policy));
        }
        Ok(cx)
    }
}

/// A test fails too by the `Err` that it gives.
fn given(value: &Value) -> Result<(), Failed> {
    match value {
        Value::Heap(HeapValue::Err(error)) => {
            Err(Failed::new(format!("the test gave Err({error})")))
        }
        _ => Ok(()),
    }
}

fn ended(files: &Files, error: &mut RunError, case: &Case) -> Failed {
    if let Failure::Stopped(Stop::Exit(code)) = &error.failure {
        return Failed::new(format!("the test called exit({code})"));
    }
    let is_main = |entry: &TraceEntry| match entry {
        TraceEntry::Call { function, .. } => &**function == "main",
        TraceEntry::LeftOut(_) => false,
    };
    if case.function.is_some() && error.traceback.len() > 1 {
        // The call that stands behind the script.
        error.traceback.pop_if(|entry| is_main(entry));
    }
    let message = error.to_string();
    match render_run_error(files.map(), error, Style::Color) {
        Some(shown) => Failed { message, shown },
        None => Failed::new(message),
    }
}

/// What a test prints.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn take(&self) -> String {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&std::mem::take(&mut *bytes)).into_owned()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_OUTPUT.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(&bytes[..room]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
