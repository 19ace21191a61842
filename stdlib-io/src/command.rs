//! Starting programs.

use crate::error::{invalid, raise};
use crate::handle::Child;
use crate::options::{self, ExecOptions, SpawnOptions};
use crate::output::Output;
use crate::state;
use shape_policy::{EnvChanges, Request, ResolveError, Resolver};
use shape_process::Error;
use shape_runtime::{HostCx, List, Raise};
use shape_value::{IoHandle, Str};
use std::ffi::OsStr;

/// Runs a program to its end.
pub(crate) fn exec(
    cx: &mut HostCx,
    cmd: &str,
    args: List<'_, Str>,
    options: ExecOptions,
) -> Result<Output, Raise> {
    let spec = options.apply(options::spec(cmd, args));
    let spec = spec.map_err(|why| invalid("exec", Some(cmd), &why))?;
    // What the script said stands before the question, and before all that the program does.
    cx.flush()?;
    let run = state::run(cx)?;
    let approved = state::policy(cx).approve(spec).map_err(Error::from);
    let output = approved.and_then(|approved| run.exec(approved));
    output
        .map(Output::from)
        .map_err(|error| failed(cx, "exec", cmd, error))
}

/// Starts a program.
pub(crate) fn spawn(
    cx: &mut HostCx,
    cmd: &str,
    args: List<'_, Str>,
    options: SpawnOptions,
) -> Result<IoHandle, Raise> {
    let spec = options.apply(options::spec(cmd, args));
    let spec = spec.map_err(|why| invalid("spawn", Some(cmd), &why))?;
    cx.flush()?;
    let run = state::run(cx)?;
    let approved = state::policy(cx).approve(spec).map_err(Error::from);
    let process = approved.and_then(|approved| run.spawn(approved));
    let process = process.map_err(|error| failed(cx, "spawn", cmd, error))?;
    Ok(cx.resources().insert(Child {
        process,
        program: cmd.to_owned(),
    }))
}

/// The error of starting a program. A question that was interrupted has been answered with no, but
/// it is the run that ends.
fn failed(cx: &HostCx, function: &str, cmd: &str, error: Error) -> Raise {
    match cx.check_interrupt() {
        Ok(()) => raise(function, cmd, error),
        Err(stop) => stop,
    }
}

/// The file that `exec` would run.
pub(crate) fn which(_: &mut HostCx, cmd: &str) -> Result<Option<Str>, Raise> {
    let env = EnvChanges::default();
    let request = Request {
        program: OsStr::new(cmd),
        args: &[],
        cwd: None,
        env: &env,
    };
    match Resolver::new().resolve(&request) {
        Ok(resolved) => match resolved.program().path().to_str() {
            Some(path) => Ok(Some(path.into())),
            None => Err(Raise::error(
                "invalid_utf8",
                format!("io.which({cmd:?}): its path is not UTF-8"),
            )),
        },
        Err(ResolveError::NotFound { .. } | ResolveError::NotExecutable { .. }) => Ok(None),
        Err(error) => Err(raise("which", cmd, error.into())),
    }
}
