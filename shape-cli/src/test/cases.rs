//! Which tests there are.

use crate::files::Files;
use crate::program;
use crate::report::{self, Status};
use shape_embed::Engine;
use shape_syntax::ast::{FnDecl, StmtKind};
use shape_syntax::{Diagnostic, parse};
use std::path::{Path, PathBuf};

/// What the names of tests begin with.
const PREFIX: &str = "test_";

/// A test.
pub(crate) struct Case {
    pub(crate) file: PathBuf,
    /// The function; absent where the whole script is the test.
    pub(crate) function: Option<String>,
    /// The line of the function, from 1.
    pub(crate) line: usize,
}

impl Case {
    /// `FILE NAME`
    pub(crate) fn title(&self) -> String {
        let file = self.file.to_string_lossy();
        match &self.function {
            Some(function) => format!("{file} {function}"),
            None => file.into_owned(),
        }
    }
}

impl Case {
    /// What stands behind the text of its script when it runs. The lines of the script stay what they are.
    pub(super) fn call(&self) -> String {
        match &self.function {
            Some(function) => format!("\n;{function}()\n"),
            None => String::new(),
        }
    }
}

/// The tests of a script that have `filter` in their title, in the order in which they stand there. A
/// script without any is one itself.
///
/// # Errors
/// It cannot be read, or they cannot be compiled; that has been said.
pub(super) fn of(engine: &Engine, path: &Path, filter: &str) -> Result<Vec<Case>, Status> {
    let mut files = Files::default();
    let file = files
        .open(path)
        .map_err(|message| report::usage(&message))?;
    let (module, _) = parse(file, &files.text(file));
    let mut cases = Vec::new();
    let mut wrong = Vec::new();
    for stmt in &module.body {
        let StmtKind::Fn(decl) = &stmt.kind else {
            continue;
        };
        if !decl.name.name.starts_with(PREFIX) {
            continue;
        }
        wrong.extend(takes_arguments(decl));
        cases.push(Case {
            file: path.to_owned(),
            function: Some(decl.name.name.to_string()),
            line: files.map().line_col(decl.name.span).0,
        });
    }
    if !wrong.is_empty() {
        report::diagnostics(files.map(), &wrong);
        return Err(Status::REFUSED);
    }
    if cases.is_empty() {
        cases.push(Case {
            file: path.to_owned(),
            function: None,
            line: 1,
        });
    }
    cases.retain(|case| case.title().contains(filter));
    if !cases.is_empty() {
        compile(engine, path, &cases)?;
    }
    Ok(cases)
}

/// Compiles tests together, so that what is wrong is said once and before anything runs.
fn compile(engine: &Engine, path: &Path, cases: &[Case]) -> Result<(), Status> {
    let mut files = Files::default();
    let calls: String = cases.iter().map(Case::call).collect();
    let file = files
        .open_with(path, &calls)
        .map_err(|message| report::usage(&message))?;
    let text = files.text(file);
    let compiled = engine
        .compile_file(file, &text, &mut files)
        .map_err(|diagnostics| program::refused(&files, &diagnostics))?;
    report::diagnostics(files.map(), compiled.warnings());
    Ok(())
}

/// What is wrong with a test that cannot be called.
fn takes_arguments(decl: &FnDecl) -> Option<Diagnostic> {
    let needs = decl.params.iter().any(|param| param.default.is_none());
    needs.then(|| {
        let message = format!("the test `{}` needs arguments", decl.name.name);
        Diagnostic::error("", decl.head, message).help(
            "a test takes none; give the parameters default values, or the function another name",
        )
    })
}
