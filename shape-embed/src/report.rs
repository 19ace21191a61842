//! The end of a run as text for a person.

use crate::difference::{render_diff, spread};
use shape_syntax::{Diagnostic, SourceMap, Span, Style, render, visible};
use shape_value::{ErrorValue, StrKey};
use shape_vm::{Failure, RunError, TraceEntry};
use std::fmt::Write as _;

/// Shows how a run ended: the message, the expression at which it ended, what led to it, and the calls
/// through which it was reached. `None` when it has no place in a source.
#[must_use]
pub fn render_run_error(sources: &SourceMap, error: &RunError, style: Style) -> Option<String> {
    render_run_error_as(sources, error, &error.to_string(), style)
}

/// As [`render_run_error`], with another message.
#[must_use]
pub fn render_run_error_as(
    sources: &SourceMap,
    error: &RunError,
    message: &str,
    style: Style,
) -> Option<String> {
    let diagnostic = as_diagnostic(error, message)?;
    let mut text = render(sources, &[diagnostic], style);
    if let Failure::Raised(raised) = &error.failure {
        unequal(raised, style, &mut text);
    }
    traceback(sources, &error.traceback, &mut text);
    Some(text)
}

/// The error at its place in the source; `None` when it has none.
fn as_diagnostic(error: &RunError, message: &str) -> Option<Diagnostic> {
    if error.span == Span::default() {
        return None;
    }
    let mut diagnostic = Diagnostic::error("", error.span, message);
    if let Failure::Raised(raised) = &error.failure {
        if raised.kind.as_str() != "error" {
            diagnostic = diagnostic.note(format!("kind: {}", raised.kind));
        }
        for cause in raised.chain().skip(1) {
            diagnostic = diagnostic.note(format!("caused by: {}", cause.message));
        }
        if let Some(searched) = detail(raised, "searched") {
            diagnostic = diagnostic.note(format!("searched {searched}"));
        }
        diagnostic.help = match (detail(raised, "help"), detail(raised, "pending")) {
            (Some(help), Some(id)) => Some(format!("{help}, or with `shape trust approve {id}`")),
            (help, _) => help,
        };
    }
    Some(diagnostic)
}

/// A fact that the error comes with.
fn detail(error: &ErrorValue, name: &str) -> Option<String> {
    let details = error.details.as_map()?;
    details.get(&StrKey(name)).map(ToString::to_string)
}

/// Shows two values in which an assertion found a difference, if its message does not.
fn unequal(error: &ErrorValue, style: Style, out: &mut String) {
    if error.kind.as_str() != "assertion" {
        return;
    }
    let values = (detail(error, "left"), detail(error, "right"));
    if let (Some(left), Some(right)) = values
        && !error.message.contains(&*left)
    {
        out.push_str("left (-) and right (+):\n");
        out.push_str(&render_diff(&spread(&left), &spread(&right), style));
    }
}

/// Adds a line for each call, if there is more than the one that is shown already.
fn traceback(sources: &SourceMap, entries: &[TraceEntry], out: &mut String) {
    if entries.len() < 2 {
        return;
    }
    out.push_str("traceback, innermost call first:\n");
    for entry in entries {
        // Writing into a string cannot fail.
        let _ = match entry {
            TraceEntry::Call { function, span } => {
                let (line, column) = sources.line_col(*span);
                let name = sources.name(span.file);
                writeln!(out, "  {function} at {}:{line}:{column}", visible(name))
            }
            TraceEntry::LeftOut(count) => writeln!(out, "  … {count} more"),
        };
    }
}
