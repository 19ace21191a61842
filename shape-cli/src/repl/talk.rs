//! One input after the other: what is done with each.

use super::help;
use crate::files::Files;
use crate::program::{self, Around};
use crate::report::{self, Status};
use shape_embed::{Engine, Session};
use shape_runtime::{HostCx, Stop};
use shape_syntax::FileId;
use shape_value::Value;
use shape_vm::{Failure, RunError};
use std::path::Path;

/// What came of an input.
pub(crate) enum Came {
    Fine,
    Failed,
    /// The end of it all.
    End(Status),
}

/// A session, and what is around it.
pub(crate) struct Talk {
    engine: Engine,
    session: Session,
    files: Files,
    around: Around,
    is_terminal: bool,
    inputs: u32,
}

impl Talk {
    pub(crate) fn new(engine: Engine, cx: HostCx, around: Around, is_terminal: bool) -> Self {
        around.signals.rest();
        Self {
            session: engine.session(cx),
            engine,
            files: Files::default(),
            around,
            is_terminal,
            inputs: 0,
        }
    }

    /// Ends what inputs have left running.
    pub(crate) fn leave(self) {
        drop(self.session);
        self.around.leave();
    }

    /// Does what an input says.
    pub(crate) fn take(&mut self, text: &str) -> Came {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Came::Fine;
        }
        match trimmed.strip_prefix(':') {
            Some(command) => self.command(command),
            None => {
                self.inputs += 1;
                let name = format!("<input {}>", self.inputs);
                let file = self.files.add_unnamed(&name, text);
                self.run(file)
            }
        }
    }

    fn command(&mut self, command: &str) -> Came {
        let (name, rest) = command
            .split_once(char::is_whitespace)
            .unwrap_or((command, ""));
        let rest = rest.trim();
        match (name, rest) {
            ("quit" | "q", "") => Came::End(Status::SUCCESS),
            ("help" | "h", "") => said(report::print(help::COMMANDS)),
            ("help" | "h", name) => match help::about(self.engine.registry().decls(), name) {
                Some(page) => said(report::print(&page)),
                None => wrong(&format!(
                    "there is no help on `{name}`: it has the functions of modules, as `io.exec`, and methods, as `trim`"
                )),
            },
            ("type" | "t", expr) if !expr.is_empty() => self.show_type(expr),
            ("load" | "l", path) if !path.is_empty() => match self.files.open(Path::new(path)) {
                Ok(file) => self.run(file),
                Err(message) => wrong(&message),
            },
            ("type" | "t", _) => wrong("`:type` needs an expression, as in `:type [1, 2]`"),
            ("load" | "l", _) => wrong("`:load` needs a file, as in `:load lib.shape`"),
            _ => wrong(&format!("there is no command `:{name}`; `:help` names all")),
        }
    }

    fn show_type(&mut self, expr: &str) -> Came {
        let file = self.files.add_unnamed("<type>", expr);
        match self.session.type_of(file, expr, &mut self.files) {
            Ok(ty) => said(report::print(&format!("{ty}\n"))),
            Err(found) => {
                report::diagnostics(self.files.map(), &found);
                Came::Failed
            }
        }
    }

    fn run(&mut self, file: FileId) -> Came {
        let text = self.files.text(file);
        let input = match self.session.compile(file, &text, &mut self.files) {
            Ok(input) => input,
            Err(found) => {
                report::diagnostics(self.files.map(), &found);
                return Came::Failed;
            }
        };
        report::diagnostics(self.files.map(), input.warnings());
        self.around.signals.begin();
        let has_value = input.has_value();
        let result = self.session.run(input);
        let result = result.and_then(|value| match value {
            Value::Unit => Ok(()),
            _ if !has_value => Ok(()),
            value => self.show(&value),
        });
        let result = match (result, self.session.cx().flush()) {
            (Ok(()), Err(raise)) => Err(program::unplaced(raise)),
            (result, _) => result,
        };
        let came = match result {
            Ok(()) => Came::Fine,
            Err(error) => self.failed(&error),
        };
        match self.around.signals.rest() {
            // Ctrl-C has ended what ran. Who sends another signal means this program.
            Some(signal) if !self.is_terminal || signal != signal_hook::consts::SIGINT => {
                crate::signals::ended_by(signal);
                Came::End(Status(u8::try_from(128 + signal).unwrap_or(u8::MAX)))
            }
            _ => came,
        }
    }

    fn show(&mut self, value: &Value) -> Result<(), RunError> {
        let shown = format!("{}\n", value.quoted());
        self.session.cx().print(&shown).map_err(program::unplaced)
    }

    fn failed(&self, error: &RunError) -> Came {
        match &error.failure {
            Failure::Stopped(Stop::Cancelled) if !self.around.is_locked_down() => {
                report::note("interrupted");
                Came::Failed
            }
            Failure::Stopped(_) => Came::End(self.around.ended(error, &self.files)),
            _ => {
                self.around.ended(error, &self.files);
                Came::Failed
            }
        }
    }

    /// The names that can be used without a path.
    pub(crate) fn names(&self) -> Vec<String> {
        self.session.names()
    }

    /// What may stand behind a dot after `base`.
    pub(crate) fn members(&mut self, base: &str) -> Vec<String> {
        let file = self.files.add_unnamed("<completion>", base);
        self.session.members(file, base, &mut self.files)
    }
}

fn said(result: Result<(), Status>) -> Came {
    match result {
        Ok(()) => Came::Fine,
        Err(status) => Came::End(status),
    }
}

fn wrong(message: &str) -> Came {
    report::usage(message);
    Came::Failed
}
