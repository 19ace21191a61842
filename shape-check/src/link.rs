//! The last check before a program runs: has it been granted what it needs?

use crate::program::Program;
use shape_abi::{Permission, PermissionSet};
use shape_syntax::Diagnostic;

/// What keeps `program` from running under `grant`: one diagnostic per missing permission, at the
/// first call that needs it.
#[must_use]
pub fn link(program: &Program, grant: PermissionSet) -> Vec<Diagnostic> {
    let missing = program
        .needs_at
        .iter()
        .filter(|(permission, ..)| !grant.contains(*permission));
    missing
        .map(|(permission, span, function)| {
            Diagnostic::error(
                "E0501",
                *span,
                format!("permission denied: `{function}` needs `{permission}`, which has not been granted"),
            )
            .label(format!("needs `{permission}`"))
            .help(help(*permission, grant))
        })
        .collect()
}

/// What would give the permission. Where all others are granted it was `-A` that gave them, and a
/// `--deny-process` that took this one away.
fn help(permission: Permission, grant: PermissionSet) -> String {
    if permission == Permission::Process && grant.with(permission) == PermissionSet::full() {
        return "run it without `--deny-process`, or with a list of the programs to deny"
            .to_owned();
    }
    format!("run it with {}", flag(permission))
}

/// The flag of `shape run` that grants a permission.
fn flag(permission: Permission) -> &'static str {
    match permission {
        Permission::Process => {
            "`--allow-process`, `--allow-process=PROGRAM,…` for single programs, or `-A` for everything"
        }
        Permission::ProcessShell => "`--allow-shell`, or `-A` for everything",
        Permission::ProcessDetach => "`--allow-detach`, or `-A` for everything",
        Permission::Env => "`--allow-env`, or `-A` for everything",
        Permission::FsRead => "`--allow-read`, or `-A` for everything",
        Permission::FsWrite => "`--allow-write`, or `-A` for everything",
        Permission::NetConnect | Permission::NetListen => "`--allow-net`, or `-A` for everything",
        _ => "`-A` for everything",
    }
}
