//! A script that is compiled once.

use shape_abi::PermissionSet;
use shape_policy::{Policy, ProcessGrant};
use shape_runtime::{Buffering, HostCx, Registry, RegistryError};
use shape_syntax::Style;
use shape_vm::{Engine, Texts};
use std::io;
use std::sync::Arc;

/// Why a bench cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The modules do not fit together.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The script does not compile.
    #[error("the script does not compile:\n{0}")]
    Script(String),
    /// The script ended with an error.
    #[error("the script failed: {0}")]
    Run(String),
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

/// An engine over these modules whose scripts may do everything.
#[must_use]
pub fn engine(registry: Registry) -> Engine {
    Engine::builder(Arc::new(registry))
        .grant(PermissionSet::full())
        .build()
}

/// A compiled script.
pub struct Script(shape_vm::Script);

impl Script {
    /// Parses, checks, links and compiles `text`.
    ///
    /// # Errors
    /// [`Problem::Script`] with the diagnostics.
    pub fn new(engine: &Engine, text: &str) -> Result<Self, Problem> {
        let mut texts = Texts::new();
        match engine.compile("bench.shape", text, &mut texts) {
            Ok(script) => Ok(Self(script)),
            Err(diagnostics) => {
                let shown = shape_syntax::render(texts.map(), &diagnostics, Style::Plain);
                Err(Problem::Script(shown))
            }
        }
    }

    /// Runs it. It may start every program; what it prints is thrown away.
    ///
    /// # Errors
    /// [`Problem::Run`].
    pub fn run(&self) -> Result<(), Problem> {
        let mut cx = HostCx::new()
            .with_stdout(io::sink(), Buffering::Block)
            .with_service(Arc::new(Policy::new(ProcessGrant::all())));
        match self.0.run(&mut cx) {
            Ok(_) => Ok(()),
            Err(error) => Err(Problem::Run(error.to_string())),
        }
    }
}
