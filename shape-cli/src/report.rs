//! What the command itself says, and the status that it ends with.

use crate::{explain, plain};
use anstream::AutoStream;
use shape_embed::render_run_error_as;
use shape_policy::RuleError;
use shape_syntax::{Diagnostic, SourceMap, Span, Style, render, visible};
use shape_vm::RunError;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// An exit status. As an error it says that the reason has been reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Status {
    /// All is well.
    pub(crate) const SUCCESS: Self = Self(0);
    /// An error that the script did not catch.
    pub(crate) const FAILED: Self = Self(1);
    /// Nothing has run: wrong usage, a script that does not compile, a permission not granted.
    pub(crate) const REFUSED: Self = Self(2);
    /// 128 + SIGPIPE: what a program that nobody listens to ends with.
    pub(crate) const CLOSED_PIPE: Self = Self(141);

    /// The status of `exit(code)`. What no status can say is not made a success by cutting it off.
    pub(crate) fn of_exit(code: i32) -> Self {
        Self(u8::try_from(code).unwrap_or(u8::MAX))
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        status.0.into()
    }
}

/// Prints to standard output.
///
/// # Errors
/// [`Status::CLOSED_PIPE`] when nobody reads it any more, [`Status::FAILED`] when it cannot be
/// written.
pub(crate) fn print(text: &str) -> Result<(), Status> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Status::CLOSED_PIPE,
        _ => {
            error_line(&format!("cannot write to standard output: {error}"));
            Status::FAILED
        }
    })
}

/// Prints to standard output, with colors where they are wanted.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_colored(text: &str) -> Result<(), Status> {
    let mut shown = AutoStream::new(Vec::new(), AutoStream::choice(&io::stdout()));
    // Writing into memory cannot fail.
    let _ = shown.write_all(text.as_bytes());
    print(&String::from_utf8_lossy(&shown.into_inner()))
}

/// Reports a mistake in how the command was used.
pub(crate) fn usage(message: &str) -> Status {
    error_line(message);
    Status::REFUSED
}

/// Reports a defect of this program.
#[cold]
pub(crate) fn internal(message: &str) -> Status {
    error_line(&format!("internal error: {message}"));
    Status::FAILED
}

/// Reports what is wrong with a script.
pub(crate) fn diagnostics(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    if !diagnostics.is_empty() {
        eprint(&render(sources, diagnostics, Style::Color));
        eprint(&more(diagnostics));
    }
}

/// Where more is said about the diagnostics; nothing if nothing more is said.
fn more(diagnostics: &[Diagnostic]) -> String {
    let mut codes: Vec<&str> = diagnostics.iter().map(|d| d.code).collect();
    codes.retain(|code| explain::has_page(code));
    codes.sort_unstable();
    codes.dedup();
    match codes.is_empty() {
        true => String::new(),
        false => format!("for more: shape explain {}\n", codes.join(" ")),
    }
}

/// Reports rules that cannot be used, at their place if they have one.
pub(crate) fn rule_error(error: &RuleError) -> Status {
    let text = plain::read(&error.file).ok();
    match (text, &error.span) {
        (Some(text), Some(span)) => {
            let mut sources = SourceMap::new();
            let file = sources.add(error.file.to_string_lossy().as_ref(), text);
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span::new(file, offset(span.start), offset(span.end));
            let mut diagnostic = Diagnostic::error("", span, &error.message);
            diagnostic.help.clone_from(&error.help);
            diagnostics(&sources, &[diagnostic]);
        }
        _ => error_line(&error.to_string()),
    }
    Status::REFUSED
}

/// Reports an error that ended a run.
pub(crate) fn run_error(sources: &SourceMap, error: &RunError) {
    run_error_as(sources, error, &error.to_string());
}

/// Reports an error that ended a run, with another message than its own.
pub(crate) fn run_error_as(sources: &SourceMap, error: &RunError, message: &str) {
    match render_run_error_as(sources, error, message, Style::Color) {
        Some(text) => eprint(&text),
        None => error_line(message),
    }
}

/// Reports why a command was not run to its end, and what would help.
pub(crate) fn failure(message: &str, help: Option<&str>) {
    error_line(message);
    if let Some(help) = help {
        eprint(&format!("  = help: {}\n", visible(help)));
    }
}

/// Tells something that is no error.
pub(crate) fn note(message: &str) {
    eprint(&format!("\x1b[1mnote: {}\x1b[0m\n", visible(message)));
}

/// `error: MESSAGE` in the style of the diagnostics.
fn error_line(message: &str) {
    eprint(&format!(
        "\x1b[1m\x1b[91merror\x1b[0m\x1b[1m: {}\x1b[0m\n",
        visible(message)
    ));
}

/// Writes to standard error, with colors where they are wanted. A failure has nowhere to be told.
fn eprint(text: &str) {
    let mut stderr = AutoStream::auto(io::stderr().lock());
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}
