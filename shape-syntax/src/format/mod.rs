//! Text to text in the usual layout.
//!
//! The tokens stay as they are written and in their order, and so do comments; only `;` at the end of a
//! line and `,` in front of a closing bracket come and go. What is decided is where lines end, how far they
//! are indented, and where a space stands. `atoms` reads the text, `marks` has the tree say what the
//! tokens mean, `groups` says what belongs on a line, and `layout` writes.

mod atoms;
mod exprs;
mod groups;
mod layout;
mod marks;
mod space;
mod traits;

use crate::ast::Module;
use crate::{Diagnostic, FileId, Severity, parse, strip_spans};
use marks::Marks;

/// How often a result is formatted again at most. Brackets whose lines are kept were perhaps on one line
/// before, and what is around them may be laid out differently then.
const ROUNDS: usize = 4;

/// Bytes of stack for comparing the highest trees that there are.
const COMPARING: usize = 16 << 20;

/// Why a text cannot be formatted.
#[derive(Debug)]
#[non_exhaustive]
pub enum FormatError {
    /// What is wrong with its syntax.
    Syntax(Vec<Diagnostic>),
    /// The result would mean something else: a defect of the formatter.
    Changed,
}

impl std::fmt::Display for FormatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Syntax(_) => "its syntax is wrong",
            Self::Changed => "the formatter would change what it means",
        })
    }
}

impl std::error::Error for FormatError {}

/// `text` in the usual layout: four spaces, a statement to a line, lines of 100 characters where it can be
/// helped. It means the same, has the same comments, and formatted again it stays as it is.
///
/// # Errors
/// What is wrong with the syntax of `text`.
pub fn format(file: FileId, text: &str) -> Result<String, FormatError> {
    let mut module = tree(file, text)?;
    let mut formatted = laid_out(file, text, &module);
    strip_spans(&mut module);
    for _ in 0..ROUNDS {
        let again = tree(file, &formatted).map_err(|_| FormatError::Changed)?;
        let next = laid_out(file, &formatted, &again);
        let mut stripped = again;
        strip_spans(&mut stripped);
        if !are_equal(&stripped, &module) {
            return Err(FormatError::Changed);
        }
        if next == formatted {
            break;
        }
        formatted = next;
    }
    Ok(formatted)
}

/// Comparing takes more stack for each level than anything else does.
fn are_equal(left: &Module, right: &Module) -> bool {
    stacker::grow(COMPARING, || left == right)
}

fn tree(file: FileId, text: &str) -> Result<Module, FormatError> {
    let (module, diagnostics) = parse(file, text);
    match diagnostics.iter().any(|d| d.severity == Severity::Error) {
        true => Err(FormatError::Syntax(diagnostics)),
        false => Ok(module),
    }
}

fn laid_out(file: FileId, text: &str, module: &Module) -> String {
    let mut atoms = atoms::atoms(file, text);
    let mut marks = Marks::new(&mut atoms);
    marks.module(module);
    space::mark_prefixes(marks.atoms);
    marks.make_groups();
    let (groups, breaks) = (marks.groups, marks.breaks);
    layout::layout(atoms, groups, breaks)
}
