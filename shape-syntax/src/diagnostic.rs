//! What parser, checker and linker have to say about a program, as data.

use crate::Span;

/// How grave a diagnostic is. Any [`Severity::Error`] keeps a program from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The program cannot run.
    Error,
    /// The program runs; something in it looks wrong.
    Warning,
}

/// One problem: a stable code, a message, the place, and a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// The stable code, such as `E0102`; `docs/errors/E0102.md` is its page. Empty for an error that
    /// happened while a program ran.
    pub code: &'static str,
    /// One sentence without a full stop, starting in lower case.
    pub message: String,
    /// The place that is underlined.
    pub span: Span,
    /// Text beside the underline; may be empty.
    pub label: String,
    /// Further places that explain the problem, each with its text.
    pub related: Vec<(Span, String)>,
    /// Facts below the source line.
    pub notes: Vec<String>,
    /// One thing to do that will work.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with `code` at `span`.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// The same diagnostic with `label` beside the underline.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same diagnostic that also points to `span`.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// The same diagnostic with one more fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same diagnostic with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
