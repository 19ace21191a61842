//! `shape check`

use crate::args::CheckArgs;
use crate::files::Files;
use crate::plugin::Plugins;
use crate::program;
use crate::report::{self, Status};
use shape_abi::PermissionSet;
use std::fmt::Write as _;

/// Checks a script, and prints what it needs if that was asked for.
pub(crate) fn main(args: &CheckArgs) -> Result<(), Status> {
    let allowed = Plugins::allowed_by(&args.allow_plugin);
    let engine = program::engine(PermissionSet::pure(), |registry| {
        args.plugins.register(&allowed, registry)
    })?;
    let mut files = Files::default();
    let file = files
        .open(&args.file)
        .map_err(|message| report::usage(&message))?;
    let text = files.text(file);
    let (program, warnings) = engine
        .check(file, &text, &mut files)
        .map_err(|diagnostics| program::refused(&files, &diagnostics))?;
    report::diagnostics(files.map(), &warnings);
    let mut needs = String::new();
    if args.needs {
        for permission in program.needs.iter() {
            // Writing into a string cannot fail.
            let _ = writeln!(needs, "{permission}");
        }
    }
    report::print(&needs)
}
