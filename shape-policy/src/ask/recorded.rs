//! Answers that were given beforehand.

use crate::ask::{Answer, Approver, Question};
use crate::cancel::CancelToken;
use std::ffi::{OsStr, OsString};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Gives the answers that it was given, each once, and keeps what it was asked: for tests and
/// demonstrations. Asked more than it has an answer for, it says no.
///
/// ```
/// use shape_policy::{Answer, Recorded};
/// let approver = Recorded::default()
///     .answer(Answer::Yes)
///     .answer_about("git", Answer::No);
/// assert!(approver.questions().is_empty());
/// ```
#[derive(Debug, Default)]
pub struct Recorded(Mutex<Record>);

#[derive(Debug, Default)]
struct Record {
    /// Those about one program have its name.
    answers: Vec<(Option<OsString>, Answer)>,
    questions: Vec<String>,
}

impl Recorded {
    /// This approver, with one more answer to whatever is asked.
    #[must_use]
    pub fn answer(self, answer: Answer) -> Self {
        self.record().answers.push((None, answer));
        self
    }

    /// This approver, with one more answer to a question about `program`, as it is asked for.
    #[must_use]
    pub fn answer_about(self, program: impl Into<OsString>, answer: Answer) -> Self {
        self.record().answers.push((Some(program.into()), answer));
        self
    }

    /// What it was asked, in order, as it is displayed.
    pub fn questions(&self) -> Vec<String> {
        self.record().questions.clone()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    /// The first answer that is left for `program`.
    fn take(&mut self, program: &OsStr) -> Option<Answer> {
        let is_for = |(about, _): &(Option<OsString>, Answer)| {
            about.as_deref().is_none_or(|about| about == program)
        };
        let index = self.answers.iter().position(is_for)?;
        Some(self.answers.remove(index).1)
    }
}

impl Approver for Recorded {
    fn name(&self) -> &str {
        "recorded"
    }

    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        let mut record = self.record();
        record.questions.push(question.to_string());
        if cancel.is_some_and(CancelToken::is_cancelled) {
            return Answer::No;
        }
        record.take(question.program()).unwrap_or(Answer::No)
    }
}
