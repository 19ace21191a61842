//! What the benches share: scripts that are compiled once and run many times, functions with
//! nothing in them, programs that call nobody, and the engine by each of its launchers.
//!
//! | bench | measures |
//! | --- | --- |
//! | `decide` | a decision about a program, by few rules and by many |
//! | `embed` | what a program that runs scripts pays: for the engine, a script, a run |
//! | `marshal` | a call of a host function from a script, beside the same call from Rust |
//! | `spawn` | running programs that do nothing: one, many at once, from a big host |
//! | `startup` | from a text to its output, in a process of its own and inside of one |
//! | `streams` | what goes through the pipes of a program, beside the standard library |
//! | `vm` | programs that call nobody |
//!
//! `cargo bench -p shape-benches`, or with `--bench marshal` for one of them. The program `instructions` counts
//! what `marshal` and most of `vm` time; that repeats, so CI holds it against a table. The folder `comparison`
//! has the same work in other engines.

mod bare;
mod calls;
#[cfg(feature = "processes")]
mod launchers;
mod programs;
#[cfg(feature = "processes")]
mod script;
mod shapes;

pub use bare::{Bare, BareError, builtins_and};
pub use calls::{Sample, calls, functions};
#[cfg(feature = "processes")]
pub use launchers::{approve, runs};
pub use programs::{MORE_PROGRAMS, PROGRAMS, Program};
#[cfg(feature = "processes")]
pub use script::{Problem, Script, engine, everything};
pub use shapes::Shape;
