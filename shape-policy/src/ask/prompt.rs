//! The text of a question on a terminal.

use crate::ask::question::Question;
use crate::trust::TrustScope;

/// Makes a terminal show what is written from here on, whatever was written before. In this order: an
/// unfinished control sequence or string ends, letters are letters, no colours and nothing concealed,
/// nothing inserted, long lines wrapped, the cursor shown, no margins, the normal screen, all of it
/// scrolled, a line of its own, and nothing below it.
///
/// # Source
/// ECMA-48; xterm, "Control Sequences". The screen is left by mode 1047, which, unlike 1049, does not
/// move the cursor; resetting the scrolled part does, so that it is put back.
pub(super) const RESET: &str = "\x18\x1b\\\x0f\x1b(B\x1b[0m\x1b[4l\x1b[?7h\x1b[?25h\x1b[?69l\
                                \x1b[?1047l\x1b7\x1b[r\x1b8\r\n\x1b[J";

/// The question and what can be answered; and the end, which is written last.
pub(super) fn texts(question: &Question<'_>) -> (String, String) {
    let mut text = format!("May this program run?\n{question}\n");
    if question.is_cut() {
        text.push_str("A part is not shown: answer `yes unseen` to run it all the same.\n");
        return (text, "[yes unseen/no] ".to_owned());
    }
    let scopes: Vec<&str> = question.scopes().iter().map(|scope| scope.word()).collect();
    if scopes.is_empty() {
        return (text, "[yes/no] ".to_owned());
    }
    text.push_str(&format!(
        "`yes` is for this once. `trust [{}] [always|hour|run|file]` is for later too:\n{}; always, for an \
         hour, for this run, or until its file changes.\n",
        scopes.join("|"),
        meanings(question.scopes()),
    ));
    (text, "[yes/trust/no] ".to_owned())
}

fn meanings(scopes: &[TrustScope]) -> String {
    let meanings: Vec<&str> = scopes
        .iter()
        .map(|scope| match scope {
            TrustScope::Program => "the program whatever its arguments",
            TrustScope::Subcommand => "this subcommand",
            TrustScope::Exact => "exactly this command in this directory",
            TrustScope::File => "this file",
        })
        .collect();
    meanings.join(", ")
}
