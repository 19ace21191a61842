//! The embedding interface: text in, values out.

use crate::code::Code;
use crate::compile::compile;
use crate::traceback::RunError;
use crate::vm::{Outcome, run};
use shape_abi::PermissionSet;
use shape_check::program::Program;
use shape_check::{CheckInput, Sources, check, link};
use shape_runtime::{HostCx, Registry, RegistryError};
use shape_syntax::{Diagnostic, FileId, Severity, SourceMap, parse};
use std::rc::Rc;
use std::sync::Arc;

/// Compiles scripts against one registry and one grant. Cheap to clone, shared by threads.
///
/// ```
/// use shape_runtime::HostCx;
/// use shape_vm::{Engine, Texts};
///
/// let engine = Engine::new()?;
/// let script = engine.compile("sum.shape", "let a = 40\na + 2", &mut Texts::new()).unwrap();
/// let outcome = script.run(&mut HostCx::new()).unwrap();
/// assert_eq!(outcome.value.to_string(), "42");
/// # Ok::<(), shape_runtime::RegistryError>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    registry: Arc<Registry>,
    grant: PermissionSet,
}

/// Puts an [`Engine`] together.
pub struct EngineBuilder {
    registry: Arc<Registry>,
    grant: PermissionSet,
}

/// A compiled script. Cheap to clone, shared by threads, run as often as one likes.
#[derive(Clone)]
pub struct Script {
    code: Arc<Code>,
    registry: Arc<Registry>,
    needs: PermissionSet,
    warnings: Arc<[Diagnostic]>,
}

impl Engine {
    /// An engine with the built-in functions of the language, whose scripts may do nothing beyond
    /// computing and printing.
    ///
    /// # Errors
    /// None in practice: when the built-in modules contradict each other.
    pub fn new() -> Result<Self, RegistryError> {
        let mut registry = Registry::new();
        stdlib_core::register(&mut registry)?;
        Ok(Self::builder(Arc::new(registry)).build())
    }

    /// A builder for an engine with the functions of `registry`, to begin with without permissions.
    #[must_use]
    pub fn builder(registry: Arc<Registry>) -> EngineBuilder {
        EngineBuilder {
            registry,
            grant: PermissionSet::pure(),
        }
    }

    /// The host functions that scripts are compiled against.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Parses and checks a script that `sources` keeps as `file`: the typed program, and warnings.
    ///
    /// # Errors
    /// What is wrong with the script; at least one of the diagnostics is an error.
    pub fn check(
        &self,
        file: FileId,
        text: &str,
        sources: &mut dyn Sources,
    ) -> Result<(Program, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (script, mut diagnostics) = parse(file, text);
        let (program, found) = check(CheckInput {
            script: &script,
            file,
            host: self.registry.decls(),
            sources,
        });
        // Names may be missing because the text around them could not be read.
        let unread = has_error(&diagnostics);
        let about_names = ["E0101", "E0102", "E0107"];
        diagnostics.extend(
            found
                .into_iter()
                .filter(|d| !unread || !about_names.contains(&d.code)),
        );
        match program {
            Some(program) if !has_error(&diagnostics) => Ok((program, diagnostics)),
            _ => Err(diagnostics),
        }
    }

    /// Compiles a script that `sources` keeps as `file`.
    ///
    /// # Errors
    /// What is wrong with the script, or the permissions that it needs and has not been granted.
    /// Warnings are among the diagnostics.
    pub fn compile_file(
        &self,
        file: FileId,
        text: &str,
        sources: &mut dyn Sources,
    ) -> Result<Script, Vec<Diagnostic>> {
        let (program, mut diagnostics) = self.check(file, text, sources)?;
        diagnostics.extend(link(&program, self.grant));
        if has_error(&diagnostics) {
            return Err(diagnostics);
        }
        Ok(Script {
            code: Arc::new(compile(&program, self.registry.decls())),
            registry: self.registry.clone(),
            needs: program.needs,
            warnings: diagnostics.into(),
        })
    }

    /// Compiles a text that no file holds. `name` is shown in diagnostics; `sources` keeps the text,
    /// and finds those of the modules that the script names.
    ///
    /// # Errors
    /// Those of [`Engine::compile_file`].
    pub fn compile(
        &self,
        name: &str,
        text: &str,
        sources: &mut dyn Sources,
    ) -> Result<Script, Vec<Diagnostic>> {
        let file = sources.add(name, text);
        self.compile_file(file, text, sources)
    }
}

fn has_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

impl EngineBuilder {
    /// Lets scripts call what needs these permissions.
    #[must_use]
    pub fn grant(mut self, grant: PermissionSet) -> Self {
        self.grant = grant;
        self
    }

    /// The engine.
    #[must_use]
    pub fn build(self) -> Engine {
        Engine {
            registry: self.registry,
            grant: self.grant,
        }
    }
}

impl Script {
    /// Runs the script; its output, its arguments and its limits are those of `cx`.
    ///
    /// # Blocking
    /// Until the script ends. Setting [`HostCx::interrupt`] ends it at its next loop or call.
    ///
    /// # Errors
    /// How the run ended, when not at its end.
    pub fn run(&self, cx: &mut HostCx) -> Result<Outcome, RunError> {
        run(&self.code, &self.registry, cx)
    }

    /// The compiled code.
    #[must_use]
    pub fn code(&self) -> &Arc<Code> {
        &self.code
    }

    /// What the script needs to be allowed.
    #[must_use]
    pub fn needs(&self) -> PermissionSet {
        self.needs
    }

    /// What looked wrong without keeping the script from running.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }
}

/// The texts of scripts that stand alone: there are no files beside them.
#[derive(Debug, Default)]
pub struct Texts {
    map: SourceMap,
}

impl Texts {
    /// No texts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The texts, to show diagnostics with.
    #[must_use]
    pub fn map(&self) -> &SourceMap {
        &self.map
    }
}

impl Sources for Texts {
    fn load(&mut self, _from: FileId, _path: &[&str]) -> Result<Option<(FileId, Rc<str>)>, String> {
        Ok(None)
    }

    fn add(&mut self, name: &str, text: &str) -> FileId {
        self.map.add(name, text)
    }
}
