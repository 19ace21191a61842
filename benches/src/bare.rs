//! A script with nothing around it but the functions that it calls: what the machine and its calls are measured
//! by. It is built of few crates, so what counts instructions is built soon.

use crate::calls::turns;
use shape_check::{CheckInput, check};
use shape_runtime::{Buffering, HostCx, Registry, RegistryError};
use shape_syntax::{Diagnostic, Severity, SourceMap, Style, parse, render};
use shape_vm::{Code, compile};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

/// Why a script does not compile or run, for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BareError(String);

/// A compiled script.
pub struct Bare {
    code: Code,
    registry: Arc<Registry>,
}

impl Bare {
    /// Parses, checks and compiles `text`, which may call all of `registry`.
    ///
    /// # Errors
    /// The diagnostics.
    pub fn new(registry: &Arc<Registry>, text: &str) -> Result<Self, BareError> {
        let mut texts = SourceMap::new();
        let file = texts.add("bench.shape", text);
        let (script, mut diagnostics) = parse(file, text);
        let (program, found) = check(CheckInput {
            script: &script,
            file,
            host: registry.decls(),
            sources: &mut texts,
        });
        diagnostics.extend(found);
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        match program {
            Some(program) if !diagnostics.iter().any(is_error) => Ok(Self {
                code: compile(&program, registry.decls()),
                registry: registry.clone(),
            }),
            _ => {
                let shown = render(&texts, &diagnostics, Style::Plain);
                Err(BareError(format!("the script does not compile:\n{shown}")))
            }
        }
    }

    /// Runs it. What it prints is thrown away.
    ///
    /// # Errors
    /// It failed.
    pub fn run(&self) -> Result<(), BareError> {
        let mut cx = HostCx::new().with_stdout(io::sink(), Buffering::Block);
        match shape_vm::run(&self.code, &self.registry, &mut cx) {
            Ok(_) => Ok(()),
            Err(error) => Err(BareError(format!("the script failed: {error}"))),
        }
    }
}

/// The built-in functions of the language, a module `turns` whose function `rounds` gives the number in
/// `rounds`, and what `register` adds.
///
/// # Errors
/// They do not fit together.
pub fn builtins_and(
    rounds: &Arc<AtomicI64>,
    register: impl FnOnce(&mut Registry) -> Result<(), RegistryError>,
) -> Result<Arc<Registry>, RegistryError> {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry)?;
    registry.add(turns(rounds)?)?;
    register(&mut registry)?;
    Ok(Arc::new(registry))
}
