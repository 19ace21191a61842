//! Running a compiled program.

use crate::code::{Code, FuncCode};
use crate::convert;
use crate::frame::{Bases, Frame, Frames, Stacks};
use crate::interp::{self, World};
use crate::machine::Globals;
use crate::ops::value;
use crate::traceback::{Failure, RunError};
use shape_check::Repr;
use shape_runtime::{HostCx, Registry};
use shape_syntax::Span;
use shape_value::Value;
use std::sync::atomic::AtomicBool;

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
    let interrupt = cx.interrupt().clone();
    Running::new(code, registry, cx, &interrupt)?.top_level()
}

/// A program and all that it works on.
pub(crate) struct Running<'c> {
    world: World<'c>,
    stacks: Stacks,
    frames: Frames<'c>,
}

impl<'c> Running<'c> {
    pub(crate) fn new(
        code: &'c Code,
        registry: &'c Registry,
        cx: &'c mut HostCx,
        interrupt: &'c AtomicBool,
    ) -> Result<Self, RunError> {
        code.check_registry(registry)
            .map_err(|missing| internal(missing.to_string()))?;
        let main = main(code)?;
        cx.set_type_args(code.type_args.clone());
        let hosts = code.hosts.iter();
        let hosts = hosts.map(|host| &**registry.trampoline(host.module, host.func));
        let mut globals = Vec::new();
        globals.resize_with(code.globals.1, Value::default);
        let world = World {
            code,
            cx,
            interrupt,
            hosts: hosts.collect(),
            literals: code.literals.iter().map(convert::literal).collect(),
            scalars: vec![0; code.globals.0],
            globals,
            text: String::new(),
        };
        Ok(Self {
            world,
            stacks: Stacks::new(),
            frames: Frames::new(main),
        })
    }

    /// Gives the first variables of the top level their values.
    pub(crate) fn set_globals(&mut self, globals: Globals) {
        let Globals { scalars, values } = globals;
        let own = self.world.scalars.iter_mut().zip(scalars);
        own.for_each(|(own, bits)| *own = bits);
        let own = self.world.globals.iter_mut().zip(values);
        own.for_each(|(own, value)| *own = value);
    }

    /// The variables of the top level, which have no values afterwards.
    pub(crate) fn take_globals(&mut self) -> Globals {
        Globals {
            scalars: std::mem::take(&mut self.world.scalars),
            values: std::mem::take(&mut self.world.globals),
        }
    }

    /// Runs the top level.
    pub(crate) fn top_level(&mut self) -> Result<Outcome, RunError> {
        let main = main(self.world.code)?;
        self.function(main)?;
        let value = match main.ret {
            Repr::Value => self.stacks.v.first_mut().map(std::mem::take),
            repr => self.stacks.s.first().map(|bits| value::boxed(repr, *bits)),
        };
        Ok(Outcome {
            value: value.unwrap_or_default(),
        })
    }

    /// Calls a function with the arguments that are in the first registers of both banks; its result
    /// is in the first one of its bank afterwards.
    #[inline]
    pub(crate) fn function(&mut self, func: &'c FuncCode) -> Result<(), RunError> {
        self.frames.depth = 0;
        if let Some(first) = self.frames.all.first_mut() {
            *first = Frame {
                func,
                rest: func.ins.iter(),
                bases: Bases::default(),
            };
        }
        let result = interp::run(&mut self.world, &mut self.stacks, &mut self.frames);
        if result.is_err() {
            // What the functions held that will not go on.
            self.stacks.clear();
        }
        result
    }

    /// The function with this number among those that the host calls.
    #[inline]
    pub(crate) fn entry(&self, number: usize) -> Result<&'c FuncCode, RunError> {
        let code: &'c Code = self.world.code;
        let func = code.entries.get(number);
        match func.and_then(|index| code.funcs.get(*index as usize)) {
            Some(func) => Ok(func),
            None => Err(internal("the program has no such function".to_owned())),
        }
    }

    /// Gives back the room of calls that were nested deeply.
    #[inline]
    pub(crate) fn shrink(&mut self) {
        self.stacks.shrink();
        self.frames.shrink();
    }

    /// The registers of scalars, and those of all else.
    #[inline]
    pub(crate) fn registers(&mut self) -> (&mut [u64], &mut [Value]) {
        (&mut self.stacks.s, &mut self.stacks.v)
    }

    pub(crate) fn cx(&mut self) -> &mut HostCx {
        self.world.cx
    }
}

fn main(code: &Code) -> Result<&FuncCode, RunError> {
    code.funcs
        .first()
        .ok_or_else(|| internal("the program is empty".to_owned()))
}

#[cold]
pub(crate) fn internal(what: String) -> RunError {
    RunError {
        failure: Failure::Internal(what),
        span: Span::default(),
        traceback: Vec::new(),
    }
}
