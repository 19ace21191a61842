//! The engine: what all scripts of a host have in common.

use crate::builder::EngineBuilder;
use crate::compiled::Compiled;
use crate::error::{BuildError, CompileError};
use crate::limits::Limits;
use crate::output::Stdio;
use crate::script::Script;
use crate::sources::{Importer, Texts};
use shape_abi::PermissionSet;
use shape_check::program::Program;
use shape_check::{CheckInput, Checked, Entry, EntryError, Sources, check_entries, link};
use shape_policy::Policy;
use shape_process::Launcher;
use shape_runtime::Registry;
use shape_syntax::{Diagnostic, FileId, Severity, parse};
use std::fmt;
use std::sync::Arc;

/// Compiles scripts against one set of modules and one grant. Cheap to clone, shared by threads; a
/// process may have several.
///
/// ```
/// use shape_embed::Engine;
///
/// let engine = Engine::new()?;
/// let script = engine.compile("sum.shape", "let a = 40\na + 2")?;
/// assert_eq!(script.run_as::<i64>()?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Settings>);

/// What an [`Engine`] was built with.
pub(crate) struct Settings {
    pub(crate) registry: Arc<Registry>,
    /// Whether the io module is a plugin's, which services of other types reach.
    pub(crate) is_io_loaded: bool,
    pub(crate) permissions: PermissionSet,
    pub(crate) policy: Option<Arc<Policy>>,
    pub(crate) importer: Option<Importer>,
    pub(crate) stdin: Stdin,
    pub(crate) stdout: Stdio,
    pub(crate) stderr: Stdio,
    pub(crate) args: Vec<String>,
    pub(crate) launcher: Launcher,
    pub(crate) limits: Limits,
}

/// What scripts read from standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stdin {
    Empty,
    Inherited,
}

/// What is wrong with a script, or with a function that the host wants to call.
pub(crate) struct Refused {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) entry: Option<EntryError>,
}

impl Engine {
    /// An engine with the functions of the language, whose scripts may do nothing beyond computing
    /// and printing.
    ///
    /// # Errors
    /// None in practice: when the built-in modules contradict each other.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// A builder for an engine.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::new()
    }

    /// The functions of the host that scripts are compiled against.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.0.registry
    }

    /// Compiles a script. `name` is shown in messages.
    ///
    /// # Errors
    /// What is wrong with the script, or the permissions that it needs and has not been granted.
    pub fn compile(&self, name: &str, text: &str) -> Result<Script, CompileError> {
        Script::new(self.clone(), name, text)
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
        self.check_entries(file, text, sources, &[])
            .map_err(|refused| refused.diagnostics)
    }

    /// Compiles a script that `sources` keeps as `file`, with the modules that it names, for a host
    /// that keeps sources itself and runs scripts in contexts of its own making.
    ///
    /// # Errors
    /// What is wrong with the script, or the permissions that it needs and has not been granted.
    /// Warnings are among the diagnostics.
    pub fn compile_file(
        &self,
        file: FileId,
        text: &str,
        sources: &mut dyn Sources,
    ) -> Result<Compiled, Vec<Diagnostic>> {
        let (program, mut diagnostics) = self.check(file, text, sources)?;
        diagnostics.extend(link(&program, self.0.permissions));
        self.finish(&program, diagnostics)
    }

    /// Compiles a script, and what the host wants to call of it.
    pub(crate) fn compile_entries(
        &self,
        name: &str,
        text: &str,
        texts: &mut Texts,
        entries: &[Entry],
    ) -> Result<Compiled, Refused> {
        let file = texts.add(name, text);
        let (program, mut diagnostics) = self.check_entries(file, text, texts, entries)?;
        let missing = link(&program, self.0.permissions);
        diagnostics.extend(missing.into_iter().map(|diagnostic| {
            // What the checker says is for the command line.
            diagnostic.help("grant it to the engine: `Engine::builder().grant(…)`")
        }));
        self.finish(&program, diagnostics)
            .map_err(|diagnostics| Refused {
                diagnostics,
                entry: None,
            })
    }

    fn check_entries(
        &self,
        file: FileId,
        text: &str,
        sources: &mut dyn Sources,
        entries: &[Entry],
    ) -> Result<(Program, Vec<Diagnostic>), Refused> {
        let (script, mut diagnostics) = parse(file, text);
        let input = CheckInput {
            script: &script,
            file,
            host: self.0.registry.decls(),
            sources,
        };
        let Checked {
            program,
            diagnostics: found,
            entry_errors,
        } = check_entries(input, entries);
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
            _ => Err(Refused {
                diagnostics,
                entry: entry_errors.into_iter().next(),
            }),
        }
    }

    fn finish(
        &self,
        program: &Program,
        diagnostics: Vec<Diagnostic>,
    ) -> Result<Compiled, Vec<Diagnostic>> {
        match has_error(&diagnostics) {
            true => Err(diagnostics),
            false => Ok(Compiled::new(program, &self.0.registry, diagnostics)),
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("permissions", &self.0.permissions)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

pub(crate) fn has_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
