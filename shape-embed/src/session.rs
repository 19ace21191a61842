//! Inputs that come one after the other, as in `shape repl`.

use crate::compiled::Compiled;
use crate::engine::{Engine, has_error};
use shape_abi::PermissionSet;
use shape_check::program::Program;
use shape_check::{CheckInput, Sources, link};
use shape_runtime::HostCx;
use shape_syntax::ast::{ExprKind, Module, StmtKind};
use shape_syntax::{Diagnostic, FileId, parse};
use shape_value::Value;
use shape_vm::{Globals, RunError};
use std::fmt;

/// A script that grows: each input is checked, compiled and run by itself, with the variables, functions
/// and types of those before it. The host keeps the sources, and the context that all inputs run in, so
/// that what one has started goes on while others come.
///
/// It belongs to one thread.
pub struct Session {
    engine: Engine,
    names: shape_check::Session,
    cx: HostCx,
    globals: Globals,
}

/// An input that can run.
pub struct Input {
    compiled: Compiled,
    ty: String,
    has_value: bool,
    next: shape_check::Session,
}

/// An input without errors.
struct CheckedInput {
    program: Program,
    /// Warnings.
    diagnostics: Vec<Diagnostic>,
    ty: String,
    has_value: bool,
    next: shape_check::Session,
}

impl Engine {
    /// A session in which nothing has been defined, and whose inputs run in `cx`.
    #[must_use]
    pub fn session(&self, cx: HostCx) -> Session {
        Session {
            engine: self.clone(),
            names: shape_check::Session::new(self.0.registry.decls()),
            cx,
            globals: Globals::default(),
        }
    }
}

impl Session {
    /// The type of the value that an input would have, as a script would write it. The input is neither
    /// run nor held against what has been granted.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn type_of(
        &self,
        file: FileId,
        text: &str,
        sources: &mut dyn Sources,
    ) -> Result<String, Vec<Diagnostic>> {
        self.check(file, text, sources).map(|checked| checked.ty)
    }

    /// Compiles an input that `sources` keeps as `file`, which has a higher number than those before it.
    /// Nothing is changed.
    ///
    /// # Errors
    /// What is wrong with it, or the permissions that it needs and has not been granted. Warnings are
    /// among the diagnostics.
    pub fn compile(
        &self,
        file: FileId,
        text: &str,
        sources: &mut dyn Sources,
    ) -> Result<Input, Vec<Diagnostic>> {
        let CheckedInput {
            program,
            mut diagnostics,
            ty,
            has_value,
            next,
        } = self.check(file, text, sources)?;
        diagnostics.extend(link(&program, self.engine.0.permissions));
        if has_error(&diagnostics) {
            return Err(diagnostics);
        }
        Ok(Input {
            compiled: Compiled::new(&program, self.engine.registry(), diagnostics),
            ty,
            has_value,
            next,
        })
    }

    fn check(
        &self,
        file: FileId,
        text: &str,
        sources: &mut dyn Sources,
    ) -> Result<CheckedInput, Vec<Diagnostic>> {
        let (script, mut diagnostics) = parse(file, text);
        if has_error(&diagnostics) {
            return Err(diagnostics);
        }
        let continued = self.names.check(CheckInput {
            script: &script,
            file,
            host: self.engine.registry().decls(),
            sources,
        });
        diagnostics.extend(continued.checked.diagnostics);
        match (continued.checked.program, continued.next) {
            (Some(program), Some(next)) => Ok(CheckedInput {
                program,
                diagnostics,
                ty: continued.ty,
                has_value: has_value(&script),
                next,
            }),
            _ => Err(diagnostics),
        }
    }

    /// Runs an input that was compiled since the last one ran; gives its value. When it fails, all
    /// variables, functions and types are as they were before; what it has done beyond them is done.
    ///
    /// # Blocking
    /// Until it ends. Setting [`HostCx::interrupt`] ends it at its next loop or call.
    ///
    /// # Errors
    /// How it ended, when not at its end.
    pub fn run(&mut self, input: Input) -> Result<Value, RunError> {
        let before = self.globals.saved();
        let cx = std::mem::take(&mut self.cx);
        let globals = std::mem::take(&mut self.globals);
        let mut machine = input.compiled.going_on(cx, globals)?;
        let result = machine.run();
        (self.cx, self.globals) = machine.into_parts();
        match result {
            Ok(outcome) => {
                self.names = input.next;
                Ok(outcome.value)
            }
            Err(error) => {
                self.globals = before;
                Err(error)
            }
        }
    }

    /// The context that inputs run in.
    pub fn cx(&mut self) -> &mut HostCx {
        &mut self.cx
    }

    /// The names that an input can use without a path, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.names.names(self.engine.registry().decls())
    }

    /// What may stand behind a dot after the expression `text`, in alphabetical order: members of a
    /// module or enum, fields, methods. Nothing if the expression is wrong.
    #[must_use]
    pub fn members(&self, file: FileId, text: &str, sources: &mut dyn Sources) -> Vec<String> {
        let (script, diagnostics) = parse(file, text);
        if has_error(&diagnostics) {
            return Vec::new();
        }
        self.names.members(CheckInput {
            script: &script,
            file,
            host: self.engine.registry().decls(),
            sources,
        })
    }
}

impl Input {
    /// The type of its value, as a script would write it.
    #[must_use]
    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// Whether it ends in an expression that is there for its value, and not to assign one.
    #[must_use]
    pub fn has_value(&self) -> bool {
        self.has_value
    }

    /// What it needs to be allowed.
    #[must_use]
    pub fn needs(&self) -> PermissionSet {
        self.compiled.needs()
    }

    /// What looked wrong without keeping it from running.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        self.compiled.warnings()
    }
}

fn has_value(script: &Module) -> bool {
    match script.body.last().map(|stmt| &stmt.kind) {
        Some(StmtKind::Expr(expr)) => !matches!(expr.kind, ExprKind::Assign(..)),
        _ => false,
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("ty", &self.ty)
            .finish_non_exhaustive()
    }
}
