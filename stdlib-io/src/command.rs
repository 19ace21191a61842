//! Starting one program.

use crate::error::{invalid, raise};
use crate::handle::Child;
use crate::options::{self, ExecOptions, SpawnOptions};
use crate::output::{BytesOutput, Output};
use crate::state;
use shape_policy::{Approved, EnvChanges, Request, ResolveError, Resolver};
use shape_process::{Error, Run, Spec};
use shape_runtime::{HostCx, List, Raise};
use shape_value::{IoHandle, Str};
use std::ffi::OsStr;
use std::rc::Rc;

/// What `shell` hands its script to.
const SHELL: &str = "/bin/sh";

/// Runs a program to its end.
pub(crate) fn exec(
    cx: &mut HostCx,
    cmd: &str,
    args: List<'_, Str>,
    options: ExecOptions,
) -> Result<Output, Raise> {
    exec_as(cx, "exec", options::spec(cmd, args), cmd, &options).map(Output::from)
}

/// As `exec`, with the streams as bytes.
pub(crate) fn exec_bytes(
    cx: &mut HostCx,
    cmd: &str,
    args: List<'_, Str>,
    options: ExecOptions,
) -> Result<BytesOutput, Raise> {
    exec_as(cx, "exec_bytes", options::spec(cmd, args), cmd, &options).map(BytesOutput::from)
}

/// Hands a script to the shell.
pub(crate) fn shell(cx: &mut HostCx, script: &str, options: ExecOptions) -> Result<Output, Raise> {
    let spec = Spec::new(SHELL).args(["-c", script]);
    exec_as(cx, "shell", spec, SHELL, &options).map(Output::from)
}

fn exec_as(
    cx: &mut HostCx,
    function: &str,
    spec: Spec,
    cmd: &str,
    options: &ExecOptions,
) -> Result<shape_process::Output, Raise> {
    let spec = options.apply(spec);
    let spec = spec.map_err(|why| invalid(function, Some(cmd), &why))?;
    let run = ready(cx, function, options.inherits_input())?;
    let approved = approved(cx, &run, spec);
    let output = approved.and_then(|approved| run.exec(approved));
    match output {
        Ok(output) => Ok(state::noted(cx, output)),
        Err(error) => Err(failed(cx, error, |error| raise(function, cmd, error))),
    }
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
    let run = ready(cx, "spawn", options.inherits_input())?;
    let approved = approved(cx, &run, spec);
    let process = approved.and_then(|approved| run.spawn(approved));
    let process = process.map_err(|error| failed(cx, error, |error| raise("spawn", cmd, error)))?;
    Ok(cx.resources().insert(Child {
        process,
        program: cmd.to_owned(),
    }))
}

/// The engine, when a program is about to run: what the script said stands before the question, and
/// before all that the program does, and what it has not read of its input is there for the program.
pub(crate) fn ready(
    cx: &mut HostCx,
    function: &str,
    inherits_input: bool,
) -> Result<Rc<Run>, Raise> {
    cx.flush()?;
    if inherits_input {
        if state::keeps_input(cx) {
            let why =
                "`stdin_from` is \"inherit\", and the host keeps its standard input to itself";
            return Err(invalid(function, None, why));
        }
        state::give_back_input(cx);
    }
    state::run(cx)
}

/// `spec`, approved. Nobody is waited for any longer once the run is cancelled.
pub(crate) fn approved(cx: &mut HostCx, run: &Run, spec: Spec) -> Result<Approved<Spec>, Error> {
    let approved = state::policy(cx).approve_until(spec, Some(run.cancel_token()));
    approved.map_err(Error::from)
}

/// The error of running programs. A question that was interrupted has been answered with no, but it is
/// the run that ends.
pub(crate) fn failed(cx: &mut HostCx, error: Error, raise: impl FnOnce(Error) -> Raise) -> Raise {
    state::note(cx, error.output());
    match cx.check_interrupt() {
        Ok(()) => raise(error),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Processes;
    use rustix::event::{PollFd, PollFlags, poll};
    use shape_policy::{Answer, Approver, Policy, ProcessGrant, Question};
    use shape_process::CancelToken;
    use std::sync::{Arc, mpsc};

    /// Says that it is asked, and has no answer until nobody waits for one.
    struct Hesitates(mpsc::SyncSender<()>);

    impl Approver for Hesitates {
        fn ask(&self, _question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
            self.0.send(()).unwrap();
            poll(&mut [PollFd::new(cancel.unwrap(), PollFlags::IN)], None).unwrap();
            Answer::No
        }
    }

    #[test]
    fn a_question_ends_when_the_run_is_cancelled() {
        let (asked, is_asked) = mpsc::sync_channel(1);
        let token = CancelToken::new().unwrap();
        let policy = Policy::asking(ProcessGrant::none(), Arc::new(Hesitates(asked)));
        let mut cx = HostCx::new()
            .with_service(Arc::new(policy))
            .with_service(Arc::new(Processes::cancelled_by(token.clone())));
        let run = ready(&mut cx, "exec", false).unwrap();
        let canceller = std::thread::spawn(move || {
            is_asked.recv().unwrap();
            token.cancel();
        });
        let refused = approved(&mut cx, &run, Spec::new("true"));
        assert!(
            matches!(refused, Err(Error::Cancelled { .. })),
            "{refused:?}"
        );
        canceller.join().unwrap();
    }
}
