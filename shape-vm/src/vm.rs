//! Running a compiled program.

use crate::code::Code;
use crate::convert;
use crate::frame::Stacks;
use crate::interp::{self, Host, World};
use crate::ops::value;
use crate::traceback::{Failure, RunError};
use shape_check::Repr;
use shape_runtime::{HostCx, Registry};
use shape_syntax::Span;
use shape_value::Value;

/// What a program that ran to its end leaves behind.
#[derive(Debug)]
pub struct Outcome {
    /// The value of the script's last expression; `()` where it has none.
    pub value: Value,
}

/// Runs a program with the functions of `registry`, which must be the registry that it was checked
/// against.
///
/// # Errors
/// How the run ended, when not at its end.
pub fn run(code: &Code, registry: &Registry, cx: &mut HostCx) -> Result<Outcome, RunError> {
    code.check_registry(registry)
        .map_err(|missing| internal(missing.to_string()))?;
    let Some(main) = code.funcs.first() else {
        return Err(internal("the program is empty".to_owned()));
    };
    cx.set_type_args(code.type_args.clone());
    let interrupt = cx.interrupt().clone();
    let hosts = code.hosts.iter().map(|host| Host {
        function: registry.trampoline(host.module, host.func),
        clear: host.clear,
    });
    let mut globals = Vec::new();
    globals.resize_with(code.globals.1, Value::default);
    let mut world = World {
        code,
        cx,
        interrupt: &interrupt,
        hosts: hosts.collect(),
        literals: code.literals.iter().map(convert::literal).collect(),
        scalars: vec![0; code.globals.0],
        globals,
        text: String::new(),
    };
    let mut stacks = Stacks::new();
    interp::run(&mut world, &mut stacks, main)?;
    let value = match main.ret {
        Repr::Value => stacks.v.first_mut().map(std::mem::take).unwrap_or_default(),
        repr => value::boxed(repr, stacks.s.first().copied().unwrap_or_default()),
    };
    Ok(Outcome { value })
}

#[cold]
fn internal(what: String) -> RunError {
    RunError {
        failure: Failure::Internal(what),
        span: Span::default(),
        traceback: Vec::new(),
    }
}
