//! `shape repl`

mod complete;
mod editor;
mod help;
mod reading;
mod talk;

use crate::args::ReplArgs;
use crate::policy::Given;
use crate::program::{self, Setting};
use crate::report::{self, Status};
use editor::Reader;
use reading::Read;
use shape_abi::Permission;
use std::cell::RefCell;
use std::io::{self, IsTerminal as _};
use std::rc::Rc;
use talk::{Came, Talk};

/// Takes one input after the other, until there are no more.
pub(crate) fn main(args: ReplArgs) -> Result<(), Status> {
    let given = Given::new(args.grant).map_err(|invalid| invalid.tell())?;
    let grant = &given.grant;
    let engine = program::engine(grant.permissions, |registry| {
        args.plugins.register(&grant.plugins, registry)
    })?;
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let setting = Setting {
        args: &[],
        given: &given,
        plugins: &args.plugins,
        starts_programs: grant.permissions.contains(Permission::Process),
        keeps_input: !is_terminal,
    };
    let (cx, around) = setting.prepare()?;
    // Between the inputs a thread listens.
    let token = around.signals.token();
    token.map_err(|error| report::internal(&error.to_string()))?;
    let talk = Rc::new(RefCell::new(Talk::new(engine, cx, around, is_terminal)));
    let mut reader = match is_terminal {
        true => Reader::terminal(&talk).map_err(|error| report::internal(&error.to_string()))?,
        false => Reader::plain(),
    };
    let mut status = Status::SUCCESS;
    loop {
        let came = match reader.read() {
            Ok(Read::Text(text)) => talk.borrow_mut().take(&text),
            Ok(Read::Nothing) => Came::Fine,
            Ok(Read::End) => break,
            Err(message) => Came::End(report::usage(&message)),
        };
        match came {
            Came::Fine => {}
            // A person has seen it; who reads the status of a script has not.
            Came::Failed if is_terminal => {}
            Came::Failed => status = Status::FAILED,
            Came::End(last) => {
                status = last;
                break;
            }
        }
    }
    drop(reader);
    if let Some(talk) = Rc::into_inner(talk) {
        talk.into_inner().leave();
    }
    match status {
        Status::SUCCESS => Ok(()),
        status => Err(status),
    }
}
