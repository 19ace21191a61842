//! `shape run`

use crate::args::RunArgs;
use crate::files::Files;
use crate::policy::Given;
use crate::program::{self, Script};
use crate::report::{self, Status};
use std::ffi::OsString;

/// Runs a script.
pub(crate) fn main(run: RunArgs) -> Result<(), Status> {
    let given = Given::new(run.grant).map_err(|invalid| invalid.tell())?;
    let mut files = Files::default();
    let file = files
        .open(&run.file)
        .map_err(|message| report::usage(&message))?;
    let args = run.args.into_iter().map(text).collect::<Result<_, _>>()?;
    let script = Script {
        files,
        file,
        args,
        plugins: run.plugins,
        limits: run.limits,
        given,
    };
    program::run(script, |_, _| Ok(()))
}

/// An argument as the script gets it.
fn text(arg: OsString) -> Result<String, Status> {
    arg.into_string().map_err(|arg| {
        let shown = shape_policy::Quoted::new(&arg);
        report::usage(&format!("the argument {shown} is not UTF-8"))
    })
}
