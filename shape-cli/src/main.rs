//! The `shape` command.
//!
//! This crate wires all others together, and is the only one that writes to the terminal. Each
//! command has a file of its own; what two of them do is in `program`.

mod args;
mod audit;
mod check;
mod config;
mod defect;
mod eval;
mod exec;
mod explain;
mod files;
mod flags;
mod fmt;
mod found;
mod guard;
mod help;
mod limits;
mod lockdown;
mod permissions;
mod places;
mod plain;
mod plugin;
mod policy;
mod policy_args;
mod program;
mod repl;
mod report;
mod run;
mod shown;
mod signals;
mod signature;
mod test;
mod trust;
mod warden;
mod writer;

use args::{Cli, Command};
use report::Status;
use std::process::ExitCode;

/// It counts, so that the memory of a run can be limited.
#[global_allocator]
static ALLOCATOR: shape_embed::CountingAllocator = shape_embed::CountingAllocator::system();

fn main() -> ExitCode {
    shape_process::be_warden_if_asked();
    signals::survive_size_limit();
    let status = match Cli::read(std::env::args_os()) {
        Ok(Cli { command }) => {
            let failed = match command {
                Command::Exec(_) => Status(exec::FAILED),
                _ => Status::FAILED,
            };
            defect::contain(failed, || match command {
                Command::Run(run) => run::main(run.0),
                Command::Eval(eval) => eval::main(&eval.0),
                Command::Repl(repl) => repl::main(repl.0),
                Command::Exec(exec) => exec::main(*exec.0),
                Command::Check(check) => check::main(&check.0),
                Command::Test(test) => test::main(*test.0),
                Command::Fmt(fmt) => fmt::main(&fmt.0),
                Command::Explain(explain) => explain::main(&explain.0),
                Command::Permissions(permissions) => permissions::main(permissions.0.command),
                Command::Trust(trust) => trust::main(trust.0.command),
                Command::Audit(audit) => audit::main(audit.0.command),
                Command::Guard(guard) => guard::main(guard.0.command),
                Command::Plugin(plugin) => plugin::main(&plugin.0.command),
            })
        }
        Err(misused) => Err(misused.tell()),
    };
    signals::end_if_interrupted();
    status.err().unwrap_or(Status::SUCCESS).into()
}
