//! Compiles typed programs to register bytecode and runs them.
//!
//! [`compile`] turns a checked program into [`Code`], which can be shared by threads. [`run`] runs it
//! against a registry of host functions, as often as one likes; a [`Machine`] keeps a run, so that the
//! host can call functions of the program after its top level has run.
//!
//! # Registers
//! Types are static, so nothing is asked at run time. A function has two banks of registers: `u64`
//! for what is statically `()`, `bool`, `int`, `number`, `char` or `duration`, and
//! [`Value`](shape_value::Value) for the rest. Instructions on scalars neither test a tag nor drop
//! anything.
//!
//! # Errors
//! Three outcomes, never mixed. What goes wrong in an operation of the language is raised as an
//! error value, with a stable kind, and can be caught. The run's own limits, its cancellation and
//! its exit end the run. A defect of the compiler is a wrong number or an internal error; all of the
//! crate is safe Rust.
//!
//! This crate knows nothing of source text beyond spans, and does no I/O.

mod code;
mod compile;
mod convert;
mod disasm;
mod frame;
mod ins;
mod interp;
mod machine;
mod ops;
mod place;
mod traceback;
mod trap;
mod unwind;
mod vm;

pub use code::Code;
pub use compile::compile;
pub use machine::{Globals, Machine};
pub use traceback::{Failure, RunError, TraceEntry};
pub use vm::{Outcome, run};
