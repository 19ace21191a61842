//! Asking somebody.

mod answer;
mod broker;
#[cfg(test)]
mod offered;
mod prompt;
pub(crate) mod question;
pub(crate) mod queue;
mod recorded;
mod terminal;
mod tty;
mod turn;
mod wait;

pub use answer::Answer;
pub use broker::Broker;
pub(crate) use question::Details;
pub use question::Question;
pub use recorded::Recorded;
pub use terminal::TerminalApprover;

use crate::cancel::CancelToken;

/// Somebody who can be asked whether a program may run.
pub trait Approver: Send + Sync {
    /// The answer to `question`. Anything in doubt is [`Answer::No`].
    ///
    /// # Blocking
    /// As long as it takes to get an answer, or until `cancel` is cancelled, which is a no. Several
    /// threads may ask at once.
    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer;

    /// Who it is, to be written beside what is trusted on its word.
    fn name(&self) -> &str {
        "approver"
    }
}

/// The approver for when nobody can be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct DenyAll;

impl Approver for DenyAll {
    fn ask(&self, _: &Question<'_>, _: Option<&CancelToken>) -> Answer {
        Answer::Nobody
    }
}
