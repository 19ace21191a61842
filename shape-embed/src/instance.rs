//! A script that is running: its top-level variables, and calls of its functions.

use crate::control::{Canceller, Control, Reason};
use crate::engine::{Settings, Stdin};
use crate::error::{Ending, RunError, limit_message};
use crate::function::{Arguments, FromScript, Function};
use crate::limits::Limits;
use crate::output::Captured;
use crate::script::{Prepared, Shared, Version};
use crate::watchdog::{Alarm, watch};
use shape_process::Run;
use shape_runtime::HostCx;
use shape_value::Value;
use shape_value::memory::{self, Metered};
use shape_vm::Machine;
use std::fmt;
use std::sync::Arc;
use stdlib_io::{NoInput, Processes};

/// A script whose top level has run. Its variables live as long as it does, and its functions are
/// called from Rust. It belongs to the thread that started it:
///
/// ```compile_fail,E0277
/// let script = shape_embed::Engine::new()?.compile("a.shape", "1")?;
/// let instance = script.start()?;
/// std::thread::spawn(move || drop(instance));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A call that fails leaves the variables as they are, and others may follow; an instance that has been
/// cancelled, or has passed a limit, is over.
pub struct Instance {
    script: Arc<Shared>,
    version: Arc<Version>,
    machine: Machine,
    control: Arc<Control>,
    limits: Limits,
    stdout: Option<Captured>,
    stderr: Option<Captured>,
    /// What its values have taken so far.
    memory: isize,
    /// The limit that ended it.
    ended: Option<Ending>,
}

impl Instance {
    /// Runs the top level; its value is that of the last expression.
    pub(crate) fn begin(prepared: Prepared) -> Result<(Self, Value), RunError> {
        let version = prepared.script.latest();
        let settings = &prepared.script.engine.0;
        let args = prepared.args.iter().map(String::as_str);
        let cx = HostCx::new().with_args(args);
        let (cx, stdout) = prepared.stdout.connect_stdout(cx);
        let (cx, stderr) = prepared.stderr.connect_stderr(cx);
        let mut cx = cx.with_interrupt(Arc::clone(prepared.control.interrupt()));
        serve(&mut cx, settings, &prepared.control)?;
        let machine = version.compiled.machine(cx);
        let machine = machine.map_err(|error| RunError::new(&version.texts, &error, None))?;
        let mut instance = Self {
            script: prepared.script,
            version,
            machine,
            control: prepared.control,
            limits: prepared.limits,
            stdout,
            stderr,
            memory: 0,
            ended: None,
        };
        let outcome = instance.limited(|machine| machine.run())?;
        Ok((instance, outcome.value))
    }

    /// Calls a function with the arguments of a tuple.
    ///
    /// # Blocking
    /// Until the function ends.
    ///
    /// # Errors
    /// How it ended, when it did not return. The function is one of another script, or was looked up
    /// after this instance had been started.
    #[inline]
    pub fn call<Args: Arguments, R: FromScript>(
        &mut self,
        function: &Function<Args, R>,
        args: Args,
    ) -> Result<R, RunError> {
        let is_own = Arc::ptr_eq(&function.script, &self.script);
        if !is_own || function.entry >= self.version.entries.len() {
            return Err(self.not_mine(function.entry, &function.script));
        }
        let is_metered = self.limits.memory.is_some();
        let result = self.limited(|machine| {
            machine.call(
                function.entry,
                |scalars, values| match is_metered {
                    true => args.put_counted(scalars, values),
                    false => args.put(scalars, values),
                },
                |bits, value| match is_metered {
                    true => R::take_uncounted(bits, value),
                    false => R::take(bits, value),
                },
            )
        })?;
        result.map_err(RunError::of_raise)
    }

    /// What has been printed since this was last asked, if the output is captured.
    #[must_use]
    pub fn take_stdout(&mut self) -> String {
        Self::taken(&self.stdout, &mut self.memory)
    }

    /// What has been printed to standard error since this was last asked, if that is captured.
    #[must_use]
    pub fn take_stderr(&mut self) -> String {
        Self::taken(&self.stderr, &mut self.memory)
    }

    /// What was captured; its memory is the host's from now on.
    fn taken(captured: &Option<Captured>, memory: &mut isize) -> String {
        let text = captured.as_ref().map(Captured::take).unwrap_or_default();
        *memory = memory.saturating_sub_unsigned(text.capacity());
        text
    }

    /// What ends a call from another thread, and this instance with it.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.control))
    }

    /// Has the machine do something within the limits, and writes out what was printed.
    #[inline]
    fn limited<T>(
        &mut self,
        work: impl FnOnce(&mut Machine) -> Result<T, shape_vm::RunError>,
    ) -> Result<T, RunError> {
        if self.limits != Limits::none() || self.control.reason().is_some() {
            return self.guarded(work);
        }
        match work(&mut self.machine) {
            Ok(value) => self.written_out(value),
            Err(error) => Err(self.failed(&error, None)),
        }
    }

    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Machine) -> Result<T, shape_vm::RunError>,
    ) -> Result<T, RunError> {
        if let Some(ended) = self.ended.clone().or_else(|| self.told_to_end(None)) {
            let message = limit_message(&ended);
            return Err(RunError::unplaced(ended, message));
        }
        let alarm = self.alarm()?;
        let interrupt = self.control.interrupt();
        let metered = self
            .limits
            .memory
            .map(|limit| Metered::start(limit, self.memory, Arc::clone(interrupt)));
        let result = work(&mut self.machine);
        drop(alarm);
        let passed = metered.as_ref().and_then(Metered::passed);
        if metered.is_some() {
            self.memory = memory::used();
        }
        drop(metered);
        match result {
            Ok(value) => match passed.and_then(|used| self.told_to_end(Some(used))) {
                None => self.written_out(value),
                Some(ended) => {
                    // It came to its end before it could be told.
                    self.ended = Some(ended.clone());
                    let message = limit_message(&ended);
                    let _ = self.machine.cx().flush();
                    Err(self.with_output(RunError::unplaced(ended, message)))
                }
            },
            Err(error) => {
                self.ended = self.told_to_end(passed);
                Err(self.failed(&error, self.ended.clone()))
            }
        }
    }

    fn alarm(&self) -> Result<Option<Alarm>, RunError> {
        let Some(limit) = self.limits.time else {
            return Ok(None);
        };
        watch(&self.control, limit).map_err(|error| {
            let message = format!("the time limit cannot be kept: no thread for it: {error}");
            RunError::unplaced(Ending::Misuse, message)
        })
    }

    /// Why the run was told to end, if it was; `passed` says how much memory it took when that was
    /// too much.
    fn told_to_end(&self, passed: Option<usize>) -> Option<Ending> {
        let time = || self.limits.time.map(Ending::TimeLimit);
        match self.control.reason() {
            Some(Reason::Cancelled) => Some(Ending::Cancelled),
            Some(Reason::Time) => Some(time().unwrap_or(Ending::Cancelled)),
            None => {
                let (limit, used) = self.limits.memory.zip(passed)?;
                Some(Ending::MemoryLimit { limit, used })
            }
        }
    }

    #[inline]
    fn written_out<T>(&mut self, value: T) -> Result<T, RunError> {
        match self.machine.cx().flush() {
            Ok(()) => Ok(value),
            Err(raise) => Err(self.with_output(RunError::of_raise(raise))),
        }
    }

    #[cold]
    fn failed(&mut self, error: &shape_vm::RunError, told: Option<Ending>) -> RunError {
        // What cannot be written out is less than what has happened already.
        let _ = self.machine.cx().flush();
        let error = RunError::new(&self.version.texts, error, told);
        self.with_output(error)
    }

    fn with_output(&mut self, error: RunError) -> RunError {
        error.with_output(self.take_stdout(), self.take_stderr())
    }

    #[cold]
    fn not_mine(&self, entry: usize, script: &Arc<Shared>) -> RunError {
        let name = script.latest().entries.get(entry).map(|e| e.name.clone());
        let name = name.unwrap_or_default();
        let message = match Arc::ptr_eq(script, &self.script) {
            true => format!(
                "`{name}` was looked up after this instance had been started; \
                 look functions up before, or start another instance"
            ),
            false => format!(
                "`{name}` is a function of the script \"{}\", and this is an instance of another one",
                script.name
            ),
        };
        RunError::unplaced(Ending::Misuse, message)
    }
}

/// Gives a run what the io module needs.
fn serve(cx: &mut HostCx, settings: &Settings, control: &Arc<Control>) -> Result<(), RunError> {
    if settings.stdin == Stdin::Empty {
        cx.set_service(Arc::new(NoInput));
    }
    let (policy, launcher) = (settings.policy.clone(), settings.launcher.clone());
    if settings.is_io_loaded {
        let served = control
            .token()
            .and_then(|token| stdlib_io::serve(cx, policy, &token, move || Ok(launcher.clone())));
        return served.map_err(|error| {
            let message = format!("io: what starts programs cannot be set up: {error}");
            RunError::unplaced(Ending::Raised("resource".to_owned()), message)
        });
    }
    let control = Arc::clone(control);
    cx.set_service(Arc::new(Processes::new(move || {
        Run::with_launcher(control.token()?, &launcher)
    })));
    if let Some(policy) = policy {
        cx.set_service(policy);
    }
    Ok(())
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("script", &self.script.name)
            .finish_non_exhaustive()
    }
}
