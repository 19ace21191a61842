//! What the tests that cross crates share: they start the `shape` binary as a user would and look
//! at what comes back.
//!
//! `tests/spec.rs` runs the scripts under `spec/`, each with its expectations inside, see
//! [`Script`]. `tests/hostile.rs` feeds inputs that are too big or too broken to keep as files.
//! `tests/examples.rs` runs the programs under `examples/` on real inputs.
//!
//! Nothing here knows how the language is implemented.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start `shape` from outside, as a terminal does; no engine may stand between"
)]

mod apart;
mod binaries;
mod diagnostics;
mod diff;
mod pages;
mod run;
mod script;
mod verdict;

pub use apart::{cargo_apart, library_apart};
pub use binaries::{Binaries, workspace};
pub use diagnostics::{Rendered, rendered};
pub use diff::diff;
pub use pages::{Block, blocks, page_text, pages, prose};
pub use run::{Ending, Finished, run};
pub use script::{ExpectedError, Script, Where};
pub use verdict::{run_script, same_output};
