//! Every script under `spec/` does what it says.
//!
//! Those under `spec/io/` may do everything (`-A`), unless they say otherwise.
//!
//! `cargo test -p shape-tests --test spec -- array` runs those with `array` in their path.

use libtest_mimic::{Arguments, Failed, Trial};
use shape_tests::{Binaries, Script, run_script};
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    // Said once, not once per script.
    if !arguments.list
        && let Err(why) = Binaries::get()
    {
        panic!("{why}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let trials = paths
        .into_iter()
        .filter_map(|path| trial(&root, path))
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// A trial for the script at `path`; none for a module.
fn trial(root: &Path, path: PathBuf) -> Option<Trial> {
    let name = path.strip_prefix(root).unwrap_or(&path).with_extension("");
    let script = fs::read_to_string(&path)
        .map_err(|e| e.to_string())
        .and_then(|text| Script::parse(&path, &text))
        .map_err(|why| format!("{}: {why}", path.display()));
    if script.as_ref().is_ok_and(|script| script.is_module) {
        return None;
    }
    let may_run_programs = name.starts_with("io");
    let test = move || {
        let mut script = script?;
        if may_run_programs && script.flags.is_none() {
            script.flags = Some(vec!["-A".to_owned()]);
        }
        run_script(&script).map_err(Failed::from)
    };
    Some(Trial::test(name.display().to_string(), test))
}

/// Adds every `*.shape` file under `folder`.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, paths);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "shape")
        {
            paths.push(path);
        }
    }
}
