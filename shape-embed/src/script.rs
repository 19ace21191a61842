//! Compiled scripts, and how they are run.

use crate::alloc::is_counting;
use crate::compiled::Compiled;
use crate::control::{Canceller, Control};
use crate::engine::Engine;
use crate::error::{BuildError, CompileError, LookupError, RunError};
use crate::function::{Arguments, FromScript, Function, ValueError, get};
use crate::instance::Instance;
use crate::limits::Limits;
use crate::output::Stdio;
use crate::sources::{Imports, SharedTexts, Texts};
use shape_abi::PermissionSet;
use shape_check::Entry;
use shape_syntax::Diagnostic;
use shape_value::Value;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

/// A compiled script. Cheap to clone, shared by threads, run as often as one likes.
#[derive(Clone)]
pub struct Script(Arc<Shared>);

/// What all clones of a script share.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) name: String,
    text: String,
    /// The latest version, which has all functions that were looked up so far.
    latest: Mutex<Arc<Version>>,
}

/// A script, compiled with the functions that the host calls.
pub(crate) struct Version {
    pub(crate) compiled: Compiled,
    pub(crate) entries: Vec<Entry>,
    pub(crate) texts: SharedTexts,
    /// So that all versions are made of the same texts.
    imports: Imports,
}

/// What a script that came to its end leaves behind.
#[derive(Debug)]
pub struct Outcome {
    /// The value of the script's last expression; `()` where it has none.
    pub value: Value,
    /// What it printed, if its output is captured.
    pub stdout: String,
    /// What it printed to standard error, if that is captured.
    pub stderr: String,
}

impl Outcome {
    /// The value as a `T`.
    ///
    /// # Errors
    /// It is of another type.
    pub fn get<T: FromScript>(&self) -> Result<T, ValueError> {
        get(&self.value)
    }
}

impl Script {
    pub(crate) fn new(engine: Engine, name: &str, text: &str) -> Result<Self, CompileError> {
        let mut texts = Texts::with_imports(engine.0.importer.clone(), Imports::new());
        let compiled = engine
            .compile_entries(name, text, &mut texts, &[])
            .map_err(|refused| CompileError::new(texts.map(), refused.diagnostics))?;
        let (texts, imports) = texts.into_shared();
        Ok(Self(Arc::new(Shared {
            engine,
            name: name.to_owned(),
            text: text.to_owned(),
            latest: Mutex::new(Arc::new(Version {
                compiled,
                entries: Vec::new(),
                texts,
                imports,
            })),
        })))
    }

    /// Runs the script, as its engine was told to.
    ///
    /// # Blocking
    /// Until the script ends.
    ///
    /// # Errors
    /// How it ended, when not at its end.
    pub fn run(&self) -> Result<Outcome, RunError> {
        self.prepare().run()
    }

    /// Runs the script and takes its value as a `T`.
    ///
    /// # Blocking
    /// Until the script ends.
    ///
    /// # Errors
    /// How it ended, when not at its end; its value is of another type.
    pub fn run_as<T: FromScript>(&self) -> Result<T, RunError> {
        self.prepare().run_as()
    }

    /// Runs the top level of the script, and keeps its variables, so that its functions can be called.
    ///
    /// # Blocking
    /// Until the top level ends.
    ///
    /// # Errors
    /// How it ended, when not at its end.
    pub fn start(&self) -> Result<Instance, RunError> {
        self.prepare().start()
    }

    /// A run that can still be changed: its arguments, its output, its limits, and who may cancel it.
    pub fn prepare(&self) -> Prepared {
        let settings = &self.0.engine.0;
        Prepared {
            script: Arc::clone(&self.0),
            args: settings.args.clone(),
            stdout: settings.stdout.clone(),
            stderr: settings.stderr.clone(),
            limits: settings.limits,
            control: Arc::default(),
        }
    }

    /// A function at the top level of the script, which an [`Instance`] that is started from now on can
    /// call with arguments of these types.
    ///
    /// A function without types of its own is checked for these. What a script would convert is
    /// converted: an `i64` where the script has a `number`, a struct where it has a record with the same
    /// fields. With the result `()` whatever the function gives is dropped.
    ///
    /// The first look-up of a function with certain types compiles the script again; look-ups of
    /// the same are cheap.
    ///
    /// # Errors
    /// There is no such function, or it takes or gives other types; something in it does not work with
    /// these types, or needs a permission that the engine has not been granted.
    pub fn function<Args: Arguments, R: FromScript>(
        &self,
        name: &str,
    ) -> Result<Function<Args, R>, LookupError> {
        let wanted = Entry {
            name: name.to_owned(),
            params: Args::script_tys(),
            ret: R::script_ty(),
        };
        Ok(Function {
            script: Arc::clone(&self.0),
            entry: self.0.entry(wanted)?,
            types: PhantomData,
        })
    }

    /// What the script needs to be allowed, with all functions that were looked up.
    #[must_use]
    pub fn needs(&self) -> PermissionSet {
        self.0.latest().compiled.needs()
    }

    /// What looked wrong without keeping the script from running.
    #[must_use]
    pub fn warnings(&self) -> Vec<Diagnostic> {
        self.0.latest().compiled.warnings().to_vec()
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.0.name).finish()
    }
}

impl Shared {
    pub(crate) fn latest(&self) -> Arc<Version> {
        Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of a function that the host calls, in all versions from now on.
    fn entry(&self, wanted: Entry) -> Result<usize, LookupError> {
        // Who looks up at the same time waits, and then may find it.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = latest.entries.iter().position(|entry| *entry == wanted) {
            return Ok(known);
        }
        let mut entries = latest.entries.clone();
        entries.push(wanted);
        let importer = self.engine.0.importer.clone();
        let mut texts = Texts::with_imports(importer, latest.imports.clone());
        let compiled = self
            .engine
            .compile_entries(&self.name, &self.text, &mut texts, &entries);
        let compiled = compiled.map_err(|refused| match refused.entry {
            Some(error) => LookupError::Signature(error),
            None => CompileError::new(texts.map(), refused.diagnostics).into(),
        })?;
        let (texts, imports) = texts.into_shared();
        *latest = Arc::new(Version {
            compiled,
            entries,
            texts,
            imports,
        });
        Ok(latest.entries.len() - 1)
    }
}

/// Whether the limits can be kept here.
pub(crate) fn check_limits(limits: &Limits) -> Result<(), BuildError> {
    match limits.memory.is_some() && !is_counting() {
        true => Err(BuildError::NothingCounts),
        false => Ok(()),
    }
}

/// A run of a script that has not begun. It may be sent to the thread that runs it.
#[derive(Debug)]
#[must_use]
pub struct Prepared {
    pub(crate) script: Arc<Shared>,
    pub(crate) args: Vec<String>,
    pub(crate) stdout: Stdio,
    pub(crate) stderr: Stdio,
    pub(crate) limits: Limits,
    pub(crate) control: Arc<Control>,
}

impl Prepared {
    /// What `args()` gives in the script.
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Where the script prints to.
    pub fn stdout(mut self, stdout: Stdio) -> Self {
        self.stdout = stdout;
        self
    }

    /// Where the script prints errors to.
    pub fn stderr(mut self, stderr: Stdio) -> Self {
        self.stderr = stderr;
        self
    }

    /// What the run may take.
    ///
    /// # Errors
    /// A memory limit in a host whose allocator does not count.
    pub fn limits(mut self, limits: Limits) -> Result<Self, BuildError> {
        check_limits(&limits)?;
        self.limits = limits;
        Ok(self)
    }

    /// What ends the run from another thread.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(&self.control))
    }

    /// Runs the script.
    ///
    /// # Blocking
    /// Until the script ends.
    ///
    /// # Errors
    /// How it ended, when not at its end.
    pub fn run(self) -> Result<Outcome, RunError> {
        let (mut instance, value) = Instance::begin(self)?;
        let (stdout, stderr) = (instance.take_stdout(), instance.take_stderr());
        Ok(Outcome {
            value,
            stdout,
            stderr,
        })
    }

    /// Runs the script and takes its value as a `T`.
    ///
    /// # Blocking
    /// Until the script ends.
    ///
    /// # Errors
    /// How it ended, when not at its end; its value is of another type.
    pub fn run_as<T: FromScript>(self) -> Result<T, RunError> {
        let outcome = self.run()?;
        outcome
            .get()
            .map_err(|error| RunError::from(error).with_output(outcome.stdout, outcome.stderr))
    }

    /// Runs the top level of the script, and keeps its variables.
    ///
    /// # Blocking
    /// Until the top level ends.
    ///
    /// # Errors
    /// How it ended, when not at its end.
    pub fn start(self) -> Result<Instance, RunError> {
        Instance::begin(self).map(|(instance, _)| instance)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
