//! What the benches share: scripts that are compiled once and run many times, a module of functions
//! with nothing in them, and the engine by each of its launchers.
//!
//! | bench | measures |
//! | --- | --- |
//! | `marshal` | a call of a host function from a script, beside the same call from Rust |
//! | `spawn` | running programs that do nothing: one, many at once, from a big host |
//! | `startup` | from a text to its output, in a process of its own and inside of one |
//! | `streams` | what goes through the pipes of a program, beside the standard library |
//!
//! `cargo bench -p shape-benches`, or with `--bench marshal` for one of them.

mod calls;
mod launchers;
mod script;

pub use calls::{Sample, calls, functions};
pub use launchers::{approve, runs};
pub use script::{Problem, Script, engine, everything};
