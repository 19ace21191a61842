//! Typed program to register bytecode.
//!
//! Each function is compiled in three passes over its tree: [`scope`] finds the block that each
//! variable belongs to, [`live`] finds the reads after which a variable is not used any more (they
//! move the value instead of sharing it, so that it stays unique and is changed in place), and
//! [`func`] emits the instructions.

mod bind;
mod build;
mod call;
mod cond;
mod control;
mod emit;
mod expr;
mod func;
mod fuse;
mod lend;
mod live;
mod matching;
mod operator;
mod pattern;
mod place;
mod regs;
mod scope;
mod string;
mod tables;
mod types;
mod variable;
mod walk;

use crate::code::{Code, Dispatch, FuncCode, Slot, SpanTable};
use crate::ins::Ins;
use func::FuncCompiler;
use shape_abi::ModuleDecl;
use shape_check::program::{Func, Program};
use shape_check::{Repr, Types};
use std::sync::Arc;
use tables::Tables;

/// What callers of a function need to know of it.
struct Abi {
    params: Vec<Slot>,
    captures: usize,
    ret: Repr,
}

/// Compiles a checked program; `host` are the declarations that it was checked against.
///
/// It does not fail: what cannot be compiled, such as an expression that nests too deeply for the
/// registers of a frame, becomes code that stops the run with an explanation.
#[must_use]
pub fn compile(program: &Program, host: &[ModuleDecl]) -> Code {
    let mut code = unfused(program, host);
    for func in &mut code.funcs {
        fuse::fuse(&mut func.ins);
    }
    code
}

/// The program with every instruction on its own.
fn unfused(program: &Program, host: &[ModuleDecl]) -> Code {
    let abis: Vec<Abi> = program
        .funcs
        .iter()
        .map(|f| Abi::of(f, &program.types))
        .collect();
    let mut tables = Tables::new(program, host, &abis);
    let mut funcs = Vec::with_capacity(program.funcs.len());
    for (func, abi) in program.funcs.iter().zip(&abis) {
        let code = if walk::is_sound(func) {
            FuncCompiler::new(&mut tables, func, abi).compile()
        } else {
            let reason = tables.text("a variable does not exist");
            stub(
                func.name.as_ref().into(),
                vec![Ins::Internal { i: reason }],
                abi,
            )
        };
        funcs.push(code);
    }
    let dispatch = dispatch(program, &abis, &tables.dynamic_results, &mut funcs);
    specialise(&mut funcs);
    tables.finish(funcs, dispatch)
}

impl Abi {
    fn of(func: &Func, types: &Types) -> Self {
        let captures = func.captures as usize;
        let params = func.locals.iter().take(func.params as usize).enumerate();
        let slot = |(i, variable): (usize, &shape_check::program::Variable)| {
            let cell = variable.boxed && i < captures || variable.by_ref;
            if cell || types.repr(variable.ty) == Repr::Value {
                Slot::Value
            } else {
                Slot::Scalar
            }
        };
        Self {
            params: params.map(slot).collect(),
            captures,
            ret: types.repr(func.ret),
        }
    }

    /// How many of the first `len` parameters go to each bank.
    fn counts(&self, len: usize) -> (usize, usize) {
        let first = self.params.get(..len).unwrap_or_default();
        let scalars = first.iter().filter(|slot| **slot == Slot::Scalar).count();
        (scalars, first.len() - scalars)
    }
}

/// Calls of functions that need no value registers leave the window of values where it is.
fn specialise(funcs: &mut [FuncCode]) {
    mark_plain(funcs);
    let plain: Vec<bool> = funcs.iter().map(|func| func.plain).collect();
    for (func, caller_is_plain) in funcs.iter_mut().zip(&plain) {
        for ins in &mut func.ins {
            match *ins {
                Ins::Call { s, i, .. } if plain.get(i as usize) == Some(&true) => {
                    *ins = Ins::CallS { s, i };
                }
                Ins::RetS { a, .. } if *caller_is_plain => *ins = Ins::RetPlain { a },
                _ => {}
            }
        }
    }
}

/// Finds the functions that neither use value registers nor call, at any depth, what does: such a
/// call would take registers of whoever called the first one.
fn mark_plain(funcs: &mut [FuncCode]) {
    for func in funcs.iter_mut() {
        let calls_unknown = func
            .ins
            .iter()
            .any(|ins| matches!(ins, Ins::CallDyn { .. }));
        func.plain = func.values == 0 && !calls_unknown;
    }
    loop {
        let plain: Vec<bool> = funcs.iter().map(|func| func.plain).collect();
        let calls_other = |ins: &Ins| match ins {
            Ins::Call { i, .. } => plain.get(*i as usize) != Some(&true),
            _ => false,
        };
        let mut changed = false;
        for func in funcs.iter_mut().filter(|func| func.plain) {
            func.plain = !func.ins.iter().any(calls_other);
            changed |= !func.plain;
        }
        if !changed {
            return;
        }
    }
}

/// The tables for calls of closures of unknown identity. `results` says in which form such a call
/// wants its result; where an instance gives it in another, a short function in between converts.
fn dispatch(
    program: &Program,
    abis: &[Abi],
    results: &[Option<Repr>],
    funcs: &mut Vec<FuncCode>,
) -> Vec<Dispatch> {
    let mut tables = Vec::with_capacity(program.dispatch.len());
    for (sig, entries) in program.dispatch.iter().enumerate() {
        let wanted = results.get(sig).copied().flatten();
        let first = entries.iter().map(|entry| entry.0.0).min().unwrap_or(0);
        let last = entries.iter().map(|entry| entry.0.0).max().unwrap_or(0);
        let mut table = vec![None; (last - first) as usize + 1];
        for (closure, func) in entries {
            let target = adapted(func.0, wanted, abis, funcs);
            table[(closure.0 - first) as usize] = Some(target);
        }
        tables.push(Dispatch {
            first,
            funcs: table,
        });
    }
    tables
}

fn adapted(func: u32, wanted: Option<Repr>, abis: &[Abi], funcs: &mut Vec<FuncCode>) -> u32 {
    let (Some(wanted), Some(abi)) = (wanted, abis.get(func as usize)) else {
        return func;
    };
    let call = Ins::Call {
        s: 0,
        v: 0,
        i: func,
    };
    let ins = match (abi.ret == Repr::Value, wanted == Repr::Value) {
        (false, true) => vec![call, emit::boxing(abi.ret, 0, 0), Ins::RetV { a: 0, n: 1 }],
        (true, false) => vec![call, Ins::Unbox { d: 0, a: 0 }, Ins::RetS { a: 0, n: 1 }],
        _ => return func,
    };
    let Some(callee) = funcs.get(func as usize) else {
        return func;
    };
    let mut adapter = stub(callee.name.clone(), ins, abi);
    adapter.values = callee.params.1.max(1);
    adapter.ret = wanted;
    funcs.push(adapter);
    u32::try_from(funcs.len() - 1).unwrap_or(0)
}

/// A function of the compiler's own, without a place in the text.
fn stub(name: Arc<str>, ins: Vec<Ins>, abi: &Abi) -> FuncCode {
    FuncCode {
        name,
        internal: true,
        ins,
        spans: SpanTable::default(),
        handlers: Vec::new(),
        lent: Vec::new(),
        places: Vec::new(),
        pieces: Vec::new(),
        switches: Vec::new(),
        pins: Vec::new(),
        expected: Vec::new(),
        values: abi.counts(abi.params.len()).1,
        plain: false,
        captures: abi.params.get(..abi.captures).unwrap_or_default().to_vec(),
        captured: abi.counts(abi.captures),
        params: abi.counts(abi.params.len()),
        ret: abi.ret,
    }
}
