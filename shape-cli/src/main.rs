//! The `shape` command.
//!
//! This crate wires all others together, and is the only one that writes to the terminal. Each
//! command has a file of its own; what two of them do is in `program`.

mod args;
mod check;
mod defect;
mod eval;
mod files;
mod flags;
mod help;
mod program;
mod report;
mod run;
mod signals;
mod writer;

use args::{Cli, Command};
use report::Status;
use std::process::ExitCode;

fn main() -> ExitCode {
    let status = match Cli::read(std::env::args_os()) {
        Ok(Cli { command }) => defect::contain(|| match command {
            Command::Run(run) => run::main(run),
            Command::Eval(eval) => eval::main(&eval),
            Command::Check(check) => check::main(&check),
        }),
        Err(error) => {
            // Nobody is left to hear that help or an error could not be written.
            let _ = error.print();
            Err(Status(u8::try_from(error.exit_code()).unwrap_or(2)))
        }
    };
    status.err().unwrap_or(Status::SUCCESS).into()
}
