//! `shape permissions`

mod check;
mod explain;
pub(crate) mod import;
mod list;

use crate::policy_args::PermissionsCommand;
use crate::report::Status;

/// Explains, checks, lists or imports.
pub(crate) fn main(command: PermissionsCommand) -> Result<(), Status> {
    match command {
        PermissionsCommand::Explain(args) => explain::main(*args),
        PermissionsCommand::Check(args) => check::main(&args),
        PermissionsCommand::List(args) => list::main(*args),
        PermissionsCommand::Import(args) => import::main(&args),
    }
}
