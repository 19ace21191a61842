//! Crates that are no part of the workspace, built as somebody else builds them.

use crate::binaries::{Binaries, Target};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Has cargo work on the crate in `folder`, without the network. `shape`, for the crate's own tests, is the
/// one that is tested.
///
/// It shares the target directory of this test and its profile, so that what both are made of is not
/// built twice.
///
/// # Errors
/// When cargo, or the `shape` that is tested, cannot be had.
pub fn cargo_apart(folder: &Path, args: &[&str]) -> Result<Output, String> {
    let shape = Binaries::get()?.shape(folder).get_program().to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(args)
        .arg("--offline")
        .args(["--config", "profile.dev.debug='line-tables-only'"])
        .args(["--config", "profile.dev.package.'*'.opt-level=1"])
        .arg("--target-dir")
        .arg(Target::of_this_test()?.root())
        .current_dir(folder)
        .env("SHAPE", shape);
    cargo
        .output()
        .map_err(|e| format!("cannot start {cargo:?}: {e}"))
}

/// Where cargo puts the library of the crate with this name that [`cargo_apart`] has built.
///
/// # Errors
/// When it is not known where this test is.
pub fn library_apart(name: &str) -> Result<PathBuf, String> {
    let debug = Target::of_this_test()?.root().join("debug");
    Ok(debug.join(format!("lib{name}.so")))
}
