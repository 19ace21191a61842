//! Every script under `spec/` does what it says.
//!
//! Those under `spec/io/` may do everything (`-A`), unless they say otherwise, and run twice: with io
//! linked in, and with io as a plugin.
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
        .flat_map(|path| trials(&root, path))
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// The trials of the script at `path`; none for a module.
fn trials(root: &Path, path: PathBuf) -> Vec<Trial> {
    let name = path.strip_prefix(root).unwrap_or(&path).with_extension("");
    let script = fs::read_to_string(&path)
        .map_err(|e| e.to_string())
        .and_then(|text| Script::parse(&path, &text))
        .map_err(|why| format!("{}: {why}", path.display()));
    if script.as_ref().is_ok_and(|script| script.is_module) {
        return Vec::new();
    }
    let may_run_programs = name.starts_with("io");
    let script = script.map(|mut script| {
        if may_run_programs && script.flags.is_none() {
            script.flags = Some(vec!["-A".to_owned()]);
        }
        script
    });
    let name = name.display().to_string();
    let mut trials = Vec::new();
    if may_run_programs {
        let script = script.clone().map(with_plugin);
        trials.push(test(format!("{name} (plugin)"), script));
    }
    trials.push(test(name, script));
    trials
}

fn test(name: String, script: Result<Script, String>) -> Trial {
    Trial::test(name, move || run_script(&script?).map_err(Failed::from))
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
