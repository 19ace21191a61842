//! Where inputs are read from: a person who edits lines, or any other standard input.

use super::complete;
use super::reading::{Read, goes_on};
use super::talk::Talk;
use crate::places::Places;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::cell::RefCell;
use std::fs::DirBuilder;
use std::io::{self, BufRead as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::rc::Rc;

const PROMPT: &str = "> ";
/// Inputs that are remembered.
const REMEMBERED: usize = 2000;

pub(crate) enum Reader {
    Terminal(Box<Terminal>),
    Plain,
}

pub(crate) struct Terminal {
    editor: Editor<Guide, FileHistory>,
    /// Where inputs are remembered, if the user has a place for it.
    history: Option<PathBuf>,
}

impl Reader {
    /// A person is asked.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub(crate) fn terminal(talk: &Rc<RefCell<Talk>>) -> rustyline::Result<Self> {
        let config = Config::builder()
            .max_history_size(REMEMBERED)?
            .history_ignore_dups(true)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Guide(Rc::clone(talk))));
        let history = Places::of_this_process().history();
        if let Some(path) = &history {
            if let Some(folder) = path.parent() {
                // Without it nothing is remembered.
                let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            }
            // There is none the first time.
            let _ = editor.load_history(path);
        }
        Ok(Self::Terminal(Box::new(Terminal { editor, history })))
    }

    /// Standard input is read line by line.
    pub(crate) fn plain() -> Self {
        Self::Plain
    }

    /// The next input.
    ///
    /// # Errors
    /// A sentence, when nothing can be read.
    pub(crate) fn read(&mut self) -> Result<Read, String> {
        match self {
            Self::Terminal(terminal) => terminal.read(),
            Self::Plain => read_plain(),
        }
    }
}

impl Terminal {
    fn read(&mut self) -> Result<Read, String> {
        match self.editor.readline(PROMPT) {
            Ok(text) => {
                if self.editor.add_history_entry(&text).unwrap_or(false)
                    && let Some(path) = &self.history
                {
                    // What cannot be kept is forgotten when this program ends.
                    let _ = self.editor.append_history(path);
                }
                Ok(Read::Text(text))
            }
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Ok(Read::Nothing),
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(error) => Err(format!("cannot read from the terminal: {error}")),
        }
    }
}

/// Lines up to one at whose end nothing is open.
fn read_plain() -> Result<Read, String> {
    let mut stdin = io::stdin().lock();
    let mut text = String::new();
    loop {
        let read = stdin.read_line(&mut text);
        let read = read.map_err(|error| format!("cannot read standard input: {error}"))?;
        match read {
            0 if text.is_empty() => return Ok(Read::End),
            0 => return Ok(Read::Text(text)),
            _ if goes_on(&text) => {}
            _ => return Ok(Read::Text(text)),
        }
    }
}

/// What the editor asks while a line is edited.
struct Guide(Rc<RefCell<Talk>>);

impl Helper for Guide {}
impl Highlighter for Guide {}

impl Hinter for Guide {
    type Hint = String;
}

impl Completer for Guide {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _cx: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete::complete(
            &mut self.0.borrow_mut(),
            line.get(..pos).unwrap_or_default(),
        ))
    }
}

impl Validator for Guide {
    fn validate(&self, cx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = cx.input();
        // Who does not see what is open gets to see the error.
        let is_given_up = text.ends_with("\n\n");
        Ok(match goes_on(text) && !is_given_up {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}
