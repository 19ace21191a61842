//! Every script under `spec/` does what it says.
//!
//! Those under `spec/io/` may do everything (`-A`), unless they say otherwise, and run twice: with io
//! linked in, and with io as a plugin, with the same output.
//!
//! `cargo test -p shape-tests --test spec -- array` runs those with `array` in their path.

use libtest_mimic::{Arguments, Trial};
use shape_tests::{Binaries, Script, run_script, same_output};
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

/// The trial of the script at `path`; none for a module.
fn trial(root: &Path, path: PathBuf) -> Option<Trial> {
    let name = path.strip_prefix(root).unwrap_or(&path).with_extension("");
    let script = fs::read_to_string(&path)
        .map_err(|e| e.to_string())
        .and_then(|text| Script::parse(&path, &text))
        .map_err(|why| format!("{}: {why}", path.display()));
    if script.as_ref().is_ok_and(|script| script.is_module) {
        return None;
    }
    let uses_io = name.starts_with("io");
    let name = name.display().to_string();
    Some(Trial::test(name, move || {
        let script = script?;
        match uses_io {
            true => run_both_ways(script)?,
            false => drop(run_script(&script)?),
        }
        Ok(())
    }))
}

/// With io linked in, and with io as a plugin, which makes no difference.
fn run_both_ways(mut script: Script) -> Result<(), String> {
    script.flags.get_or_insert_with(|| vec!["-A".to_owned()]);
    let linked = run_script(&script)?;
    let plugged =
        run_script(&with_plugin(script)).map_err(|why| format!("io as a plugin: {why}"))?;
    same_output(&linked, &plugged)
        .map_err(|why| format!("io linked in (-) and as a plugin (+): {why}"))
}

/// The script with io as a plugin.
fn with_plugin(mut script: Script) -> Script {
    if let Ok(binaries) = Binaries::get() {
        let path = binaries.plugin("stdlib-io-plugin");
        let path = path.display();
        let flags = [
            format!("--io=plugin:{path}"),
            format!("--allow-plugin={path}"),
        ];
        script.flags.get_or_insert_default().splice(0..0, flags);
    }
    script
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
