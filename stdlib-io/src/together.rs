//! Running several programs together.

use crate::command::{self, failed, ready};
use crate::error::{invalid, raise, raise_at};
use crate::options::{self, ExecAllOptions, PipelineOptions};
use crate::output::{Output, PipelineOutput};
use crate::state;
use shape_policy::Approved;
use shape_process::{Error, Run, Spec};
use shape_runtime::{HostCx, Raise};
use shape_value::Str;
use std::ops::ControlFlow;

/// Programs as a script lists them, each with its arguments.
type Commands = Vec<Vec<Str>>;

/// Runs programs at once, each of which reads what the one before it writes.
pub(crate) fn pipeline(
    cx: &mut HostCx,
    stages: Commands,
    options: PipelineOptions,
) -> Result<PipelineOutput, Raise> {
    let specs = specs("pipeline", "stages", &stages, |index, spec| match index {
        0 => options.apply(spec),
        _ => options.apply_but_input(spec),
    })?;
    if specs.is_empty() {
        return Err(invalid("pipeline", None, "`stages` is empty"));
    }
    let run = ready(cx, "pipeline", options.inherits_input())?;
    let approved = approved(cx, &run, ("pipeline", "stages"), &stages, specs)?;
    match run.pipeline(approved) {
        Ok(mut done) => {
            done.output = state::noted(cx, done.output);
            Ok(done.into())
        }
        Err(error) => Err(failed(cx, error, |error| match error {
            Error::Stage { stage, error } => raise_at(
                "pipeline",
                program(&stages, stage),
                ("stages", stage),
                *error,
            ),
            error => raise("pipeline", program(&stages, 0), error),
        })),
    }
}

/// Runs programs to their ends, several at a time. The first that fails ends the others.
pub(crate) fn exec_all(
    cx: &mut HostCx,
    commands: Commands,
    options: ExecAllOptions,
) -> Result<Vec<Output>, Raise> {
    let concurrency = options.concurrency();
    let concurrency = concurrency.map_err(|why| invalid("exec_all", None, &why))?;
    let specs = specs("exec_all", "commands", &commands, |_, spec| {
        options.apply(spec)
    })?;
    let run = ready(cx, "exec_all", options.inherits_input())?;
    let approved = approved(cx, &run, ("exec_all", "commands"), &commands, specs)?;
    let mut outputs: Vec<Option<Output>> = vec![None; commands.len()];
    let done = run.exec_each(approved, concurrency, |index, result| match result {
        Ok(output) => {
            outputs[index] = Some(state::noted(cx, output).into());
            ControlFlow::Continue(())
        }
        Err(error) => ControlFlow::Break((index, error)),
    });
    match done {
        ControlFlow::Continue(()) => Ok(outputs.into_iter().flatten().collect()),
        ControlFlow::Break((index, error)) => Err(failed(cx, error, |error| {
            raise_at(
                "exec_all",
                program(&commands, index),
                ("commands", index),
                error,
            )
        })),
    }
}

/// The specs of listed programs.
fn specs(
    function: &str,
    list: &str,
    commands: &Commands,
    apply: impl Fn(usize, Spec) -> Result<Spec, String>,
) -> Result<Vec<Spec>, Raise> {
    let spec = |(index, words): (usize, &Vec<Str>)| {
        let Some(spec) = options::command(words) else {
            return Err(invalid(
                function,
                None,
                &format!("`{list}[{index}]` is empty"),
            ));
        };
        apply(index, spec).map_err(|why| invalid(function, Some(program(commands, index)), &why))
    };
    commands.iter().enumerate().map(spec).collect()
}

/// All of them approved, before any of them runs.
fn approved(
    cx: &mut HostCx,
    run: &Run,
    (function, list): (&str, &'static str),
    commands: &Commands,
    specs: Vec<Spec>,
) -> Result<Vec<Approved<Spec>>, Raise> {
    let mut approved = Vec::with_capacity(specs.len());
    for (index, spec) in specs.into_iter().enumerate() {
        let refused = match command::approved(cx, run, spec) {
            Ok(spec) => {
                approved.push(spec);
                continue;
            }
            Err(refused) => refused,
        };
        return Err(failed(cx, refused, |error| {
            raise_at(function, program(commands, index), (list, index), error)
        }));
    }
    Ok(approved)
}

/// The program of a command, to be named in an error.
fn program(commands: &Commands, index: usize) -> &str {
    let words = commands.get(index).and_then(|words| words.first());
    words.map_or("", |program| program.as_str())
}
