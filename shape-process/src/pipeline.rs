//! Several processes, each of which reads what the one before it writes.

use crate::child::{Child, Life};
use crate::error::Error;
use crate::orders::Key;
use crate::output::Output;
use crate::process::{Process, last_lines};
use crate::pump::{Awaited, Children, Patience};
use crate::run::{Run, stopped};
use crate::spec::{Sink, Spec, Stdin};
use crate::start::Wiring;
use crate::sys::pipe::{self, Pipe};
use rustix::io::Errno;
use rustix::process::Signal;
use shape_policy::Approved;
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::time::Instant;

/// What a pipeline left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PipelineOutput {
    /// The output of the last stage, with the standard error of all. `status` and `signal` are those
    /// of the stage that failed, if one did; `duration` is that of the longest stage, and what was
    /// left behind, survived or timed out is told for all.
    pub output: Output,
    /// How each stage ended.
    pub stages: Vec<StageStatus>,
    /// The first stage that failed, by its place.
    pub failed: Option<usize>,
}

/// How a stage of a pipeline ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageStatus {
    /// Its program.
    pub program: OsString,
    /// The exit code; 128 + n if signal n ended it.
    pub status: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl Run {
    /// Runs stages at once, each of which reads from a pipe what the one before it writes, to the end
    /// of all.
    ///
    /// The pipes are the kernel's, of 1 MiB where the system allows it; nothing of what goes through
    /// them passes the host. The standard input of the first and the standard output of the last
    /// stage are as their specs say. What the stages write to standard error goes into one pipe, in true
    /// order; that of a stage with [`Spec::merge_stderr`] goes on to the next stage with its output.
    /// The rest of each spec holds for its stage; how much of standard error is kept is said by the
    /// last one, and so is the [`Spec::idle_timeout`], because of the other stages nothing is seen.
    ///
    /// The pipeline has failed if any of its stages has: if its exit code is none of [`Spec::accept`],
    /// or not 0 if that is not said. A stage that was ended by `SIGPIPE`, or with the exit code 141 by
    /// which a shell tells that, has not failed if there is a stage after it: that one would read no more.
    ///
    /// ```
    /// use shape_policy::{Policy, ProcessGrant};
    /// use shape_process::{CancelToken, Run, Spec};
    ///
    /// let policy = Policy::new(ProcessGrant::all());
    /// let run = Run::new(CancelToken::new()?)?;
    /// let stages = [Spec::new("yes"), Spec::new("head").args(["-n", "2"])];
    /// let stages: Result<Vec<_>, _> = stages.into_iter().map(|spec| policy.approve(spec)).collect();
    /// let done = run.pipeline(stages?)?;
    /// assert_eq!((done.failed, done.output.stdout.as_slice()), (None, &b"y\ny\n"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Stage`] with what a stage fails with as by [`Run::exec`], after all others have been
    /// ended; [`Error::Invalid`] if there are no stages or one is detached; [`Error::Cancelled`],
    /// [`Error::Resource`].
    ///
    /// # Blocking
    /// As [`Run::exec`], for all stages.
    pub fn pipeline(
        &self,
        stages: impl IntoIterator<Item = Approved<Spec>>,
    ) -> Result<PipelineOutput, Error> {
        let stages: Vec<_> = stages.into_iter().collect();
        check(&stages)?;
        let mut processes = Vec::with_capacity(stages.len());
        if let Err(error) = self.start_stages(stages, &mut processes) {
            self.end_all(&keys(&processes));
            return Err(error);
        }
        if let Some(first) = processes.first() {
            first.close_stdin();
        }
        let keys = keys(&processes);
        let patience = Patience::UntilCancelled;
        self.shared.locked(|children| {
            let done = children.pump(patience, Awaited::Nothing, |children| {
                go_on(children, &keys, Instant::now())
            });
            done.unwrap_or_else(|why| Err(stopped(why, "pipeline".into())))
        })
    }

    fn start_stages(
        &self,
        stages: Vec<Approved<Spec>>,
        processes: &mut Vec<Process>,
    ) -> Result<(), Error> {
        let Pipe { ours, theirs } = pipe::to_host().map_err(no_pipe)?;
        let (mut ours, last) = (Some(ours), stages.len() - 1);
        let mut stdin = None;
        for (index, stage) in stages.into_iter().enumerate() {
            let spec = stage.spec();
            let is_captured = spec.stderr == Sink::Capture && !spec.merge_stderr;
            let mut wiring = Wiring {
                stdin: stdin.take(),
                stdout: None,
                stderr: is_captured
                    .then(|| pipe::again(&theirs))
                    .transpose()
                    .map_err(no_pipe)?,
                joint_stderr: None,
                in_company: true,
            };
            if index == last {
                wiring.joint_stderr = ours.take();
            } else {
                let (reader, writer): (OwnedFd, OwnedFd) = pipe::between().map_err(no_pipe)?;
                wiring.stdout = Some(writer);
                stdin = Some(reader);
            }
            let started = self.start_wired(stage, &Stdin::Null, wiring);
            processes.push(started.map_err(|unstarted| failed_at(index, unstarted.error))?);
        }
        Ok(())
    }
}

fn check(stages: &[Approved<Spec>]) -> Result<(), Error> {
    let invalid = |program: &OsStr, reason| Error::Invalid {
        program: program.to_owned(),
        reason,
    };
    if stages.is_empty() {
        return Err(invalid("pipeline".as_ref(), "it has no stages"));
    }
    match stages.iter().position(|stage| stage.spec().detached) {
        Some(index) => {
            let program = &stages[index].spec().program;
            let reason = "a stage of a pipeline cannot be detached";
            Err(failed_at(index, invalid(program, reason)))
        }
        None => Ok(()),
    }
}

fn keys(processes: &[Process]) -> Vec<Key> {
    processes.iter().map(Process::key).collect()
}

/// What a pipeline has come to, once all stages are over.
fn go_on(
    children: &mut Children,
    keys: &[Key],
    now: Instant,
) -> Option<Result<PipelineOutput, Error>> {
    let mut stages = keys.iter().filter_map(|&key| children.look_at(key));
    let are_over = stages.clone().all(Child::is_over);
    let have_exited = stages
        .clone()
        .all(|stage| !matches!(stage.life, Life::Running));
    let is_drained = stages.next_back().is_some_and(Child::is_drained);
    if are_over || have_exited && is_drained {
        for &key in keys {
            children.get(key)?.leave_company(now);
            children.touch(key);
        }
    }
    // What comes in after the last stage has ended is seen to here only.
    children.get(*keys.last()?)?.notice_overflow(now);
    let mut stages = keys.iter().filter_map(|&key| children.look_at(key));
    if let Some(index) = stages.position(|stage| stage.failure.is_some()) {
        let is_late = |child: &Child| child.failure_is_late(now);
        if are_over || children.look_at(keys[index]).is_some_and(is_late) {
            return Some(Err(failure(children, keys, index)?));
        }
        children.end_with_others(keys);
        return None;
    }
    are_over.then(|| result(children, keys))?
}

/// The failure of a stage, with what the pipeline left behind.
fn failure(children: &mut Children, keys: &[Key], index: usize) -> Option<Error> {
    let gathered = gather(children, keys)?;
    let stage = children.get(keys[index])?;
    let mut error = stage.error(stage.failure?);
    if let Some(output) = error.output_mut() {
        *output = Output {
            status: output.status,
            signal: output.signal,
            ..gathered
        };
    }
    Some(failed_at(index, error))
}

/// What a pipeline without such a failure has come to.
fn result(children: &mut Children, keys: &[Key]) -> Option<Result<PipelineOutput, Error>> {
    let mut output = gather(children, keys)?;
    let stages: Vec<&Child> = keys
        .iter()
        .filter_map(|&key| children.look_at(key))
        .collect();
    let Some(index) = first_failed(&stages) else {
        let stages = stages.into_iter().map(StageStatus::of).collect();
        return Some(Ok(PipelineOutput {
            output,
            stages,
            failed: None,
        }));
    };
    let status = stages[index].status();
    (output.status, output.signal) = (status.code, status.signal);
    if stages[index].accept.is_some() {
        let error = Error::ExitStatus {
            program: stages[index].program.clone(),
            status,
            stderr_tail: last_lines(&output.stderr),
            output: output.into(),
        };
        return Some(Err(failed_at(index, error)));
    }
    Some(Ok(PipelineOutput {
        output,
        stages: stages.into_iter().map(StageStatus::of).collect(),
        failed: Some(index),
    }))
}

/// The first stage that failed. One that was ended by `SIGPIPE` has not: it is the next one that would
/// read no more.
fn first_failed(stages: &[&Child]) -> Option<usize> {
    let last = stages.len() - 1;
    stages.iter().enumerate().position(|(index, stage)| {
        let code = stage.status().code;
        let is_accepted = match &stage.accept {
            Some(codes) => codes.contains(&code),
            None => code == 0,
        };
        // A shell whose command ended by it ends with the same code.
        let had_no_reader = index < last && code == 128 + Signal::PIPE.as_raw();
        !is_accepted && !had_no_reader
    })
}

/// What the last stage left behind, and what is to be told of all.
fn gather(children: &mut Children, keys: &[Key]) -> Option<Output> {
    let (last, others) = keys.split_last()?;
    let mut output = children.get(*last)?.take_output();
    for &key in others {
        let other = children.get(key)?.take_output();
        output.timed_out |= other.timed_out;
        output.waiting_for_input |= other.waiting_for_input;
        output.duration = output.duration.max(other.duration);
        output.leftovers.extend(other.leftovers);
        output.survivors.extend(other.survivors);
    }
    Some(output)
}

impl StageStatus {
    fn of(child: &Child) -> Self {
        let status = child.status();
        Self {
            program: child.program.clone(),
            status: status.code,
            signal: status.signal,
        }
    }
}

fn failed_at(stage: usize, error: Error) -> Error {
    match error {
        // It is the run that ends.
        Error::Cancelled { .. } => error,
        error => Error::Stage {
            stage,
            error: error.into(),
        },
    }
}

fn no_pipe(errno: Errno) -> Error {
    Error::Resource {
        program: "pipeline".into(),
        what: "the pipes between its stages",
        source: errno.into(),
    }
}
