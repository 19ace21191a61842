//! `shape eval`

use crate::args::EvalArgs;
use crate::files::Files;
use crate::policy::Given;
use crate::program::{self, Script};
use crate::report::{self, Status};
use shape_value::Value;

/// Runs code from the command line and prints the value of its last expression.
pub(crate) fn main(args: &EvalArgs) -> Result<(), Status> {
    let given = Given::new(args.grant.clone()).map_err(|invalid| invalid.tell())?;
    let mut files = Files::default();
    let file = match args.code.as_str() {
        "-" => files
            .open_stdin()
            .map_err(|message| report::usage(&message))?,
        code => files.add_unnamed("<eval>", code),
    };
    let script = Script {
        files,
        file,
        args: Vec::new(),
        plugins: args.plugins.clone(),
        limits: args.limits.clone(),
        given,
    };
    program::run(script, |value, cx| match value {
        Value::Unit => Ok(()),
        value => cx.print(&format!("{value}\n")),
    })
}
