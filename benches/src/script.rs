//! A script that is compiled once.

use shape_embed::{BuildError, CompileError, Engine, Grant, RunError, Stdio};
use shape_runtime::{Registry, RegistryError};

/// Why a bench cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The modules do not fit together.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The engine cannot be built.
    #[error(transparent)]
    Engine(#[from] BuildError),
    /// The script does not compile.
    #[error("the script does not compile:\n{0}")]
    Script(#[from] CompileError),
    /// The script ended with an error.
    #[error("the script failed: {0}")]
    Run(#[from] RunError),
}

/// All modules that a script of the `shape` command has.
///
/// # Errors
/// [`Problem::Registry`].
pub fn everything() -> Result<Registry, Problem> {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry)?;
    stdlib_io::register(&mut registry)?;
    Ok(registry)
}

/// An engine over these modules whose scripts may do everything. What they print is thrown away.
///
/// # Errors
/// [`Problem::Engine`].
pub fn engine(registry: Registry) -> Result<Engine, Problem> {
    let engine = Engine::builder()
        .registry(registry)
        .grant(Grant::all())
        .stdout(Stdio::null());
    Ok(engine.build()?)
}

/// A compiled script.
pub struct Script(shape_embed::Script);

impl Script {
    /// Parses, checks, links and compiles `text`.
    ///
    /// # Errors
    /// [`Problem::Script`] with the diagnostics.
    pub fn new(engine: &Engine, text: &str) -> Result<Self, Problem> {
        Ok(Self(engine.compile("bench.shape", text)?))
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Problem::Run`].
    pub fn run(&self) -> Result<(), Problem> {
        self.0.run()?;
        Ok(())
    }
}
