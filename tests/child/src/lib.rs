//! Where the tests find the program that they run.
//!
//! Tests never rely on the machine's own programs where behaviour matters: `shape-testchild` does on
//! demand what programs do to those who run them. Its commands are in its `main.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The path of the `shape-testchild` program, beside the other programs of this build.
///
/// `cargo test -p` builds the programs of no other package, so it is built here, once a test binary,
/// unless the variable `SHAPE_TESTCHILD` says where it is.
///
/// # Panics
/// It cannot be built.
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(build)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the engine under test cannot be trusted to start cargo"
)]
fn build() -> PathBuf {
    if let Some(path) = std::env::var_os("SHAPE_TESTCHILD") {
        return path.into();
    }
    let profile_dir = profile_dir();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let profile = match profile_dir.file_name() {
        Some(name) if name != "debug" => name.to_owned(),
        _ => "dev".into(),
    };
    let built = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--package",
            "shape-testchild",
            "--bin",
            "shape-testchild",
        ])
        .arg("--profile")
        .arg(profile)
        .arg("--target-dir")
        .arg(profile_dir.parent().unwrap_or(&profile_dir))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "shape-testchild cannot be built"
    );
    profile_dir.join("shape-testchild")
}

/// `target/debug`, or what it is called: a test binary is in its `deps`, a program is in it.
fn profile_dir() -> PathBuf {
    let mut directory = std::env::current_exe().unwrap_or_default();
    directory.pop();
    if directory.ends_with("deps") {
        directory.pop();
    }
    directory
}
