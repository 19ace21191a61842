//! Text to tree, tree to text, and diagnostics.
//!
//! Pure: no I/O, and it never fails. [`parse`] gives a tree and the problems it met; what could not
//! be understood is left out of the tree and said in a [`Diagnostic`]. [`print`] gives text that
//! parses to the same tree, and [`render`] shows diagnostics to a person.
//!
//! The crate knows nothing of names, types, modules or permissions: it never resolves a name, and
//! every program that is well formed passes.
//!
//! ```
//! use shape_syntax::{SourceMap, Style, parse, render};
//!
//! let text = "let answer = 6 *\n";
//! let mut sources = SourceMap::new();
//! let file = sources.add("answer.shape", text);
//! let (module, diagnostics) = parse(file, text);
//! assert_eq!(module.body.len(), 1);
//! let shown = render(&sources, &diagnostics, Style::Plain);
//! assert!(shown.starts_with("error[E0001]: expected an expression, found the end of the file"));
//! ```

pub mod ast;
mod codes;
mod diagnostic;
mod format;
mod lexer;
mod parser;
mod printer;
mod render;
mod source;
mod span;
mod stack;
mod strip;

pub use codes::CODES;
pub use diagnostic::{Diagnostic, Severity};
pub use format::{FormatError, format};
pub use parser::{MAX_CHAIN, MAX_DIAGNOSTICS, MAX_NESTING, parse};
pub use printer::print;
pub use render::{Style, render, visible};
pub use source::SourceMap;
pub use span::{FileId, Span};
pub use stack::deep;
pub use strip::strip_spans;
