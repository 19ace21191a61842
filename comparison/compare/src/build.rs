//! Building what is measured.

use crate::Failure;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// This folder.
pub fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Builds `program` of the workspace in `folder` as a release, and returns its path.
///
/// # Errors
/// It does not build; what is wrong is on stderr.
pub fn program(folder: &Path, package: &str, program: &str) -> Result<PathBuf, Failure> {
    build(folder, package, &["--bin", program])
}

/// The same for the library of a package.
///
/// # Errors
/// It does not build; what is wrong is on stderr.
pub fn library(folder: &Path, package: &str) -> Result<PathBuf, Failure> {
    build(folder, package, &["--lib"])
}

/// Each package is built by itself: two flavours of Lua in one build would be one with both features.
fn build(folder: &Path, package: &str, target: &[&str]) -> Result<PathBuf, Failure> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--package", package])
        .args(target)
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{package} does not build").into());
    }
    // What was asked for is built last.
    let messages = String::from_utf8(output.stdout)?;
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let files = messages.filter_map(|message: Value| {
        let file = &message["filenames"][0];
        let built = message["executable"].as_str().or(file.as_str());
        built.map(PathBuf::from)
    });
    let file = files.last();
    file.ok_or_else(|| format!("cargo names no file of {package}").into())
}
