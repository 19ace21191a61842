//! What the benches share: scripts that are compiled once and run many times, and a module of
//! functions with nothing in them.
//!
//! | bench | measures |
//! | --- | --- |
//! | `marshal` | a call of a host function from a script, beside the same call from Rust |
//! | `spawn` | running a program to its end, three ways |
//! | `startup` | from a text to its output, in a process of its own and inside of one |
//!
//! `cargo bench -p shape-benches`, or with `--bench marshal` for one of them.

mod calls;
mod script;

pub use calls::{Sample, calls, functions};
pub use script::{Problem, Script, engine, everything};
