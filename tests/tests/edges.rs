//! The crates import what `ARCHITECTURE.md` says, and no more; and its invariants that can be read
//! off the source hold.
//!
//! The table is read from the page, so that page and check cannot drift apart.

#![allow(
    clippy::disallowed_methods,
    reason = "asks cargo what the workspace looks like"
)]

use serde_json::Value;
use shape_tests::workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The line that the table starts with.
const HEAD: &str = "| crate | holds | may import |";

/// Crates that are no part of the product: they may start programs and print.
const TOOLS: [&str; 6] = [
    "shape-tests",
    "shape-testchild",
    "shape-benches",
    "shape-bench-plugin",
    "shape-sample-plugin",
    "shape-watch",
];

/// A package of the workspace.
struct Package {
    folder: PathBuf,
    /// All that it is built from, members of the workspace or not.
    imports: BTreeSet<String>,
}

/// What the page allows a crate to import.
enum Allowed {
    All,
    Listed(BTreeSet<String>),
}

impl Allowed {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Listed(names) => names.contains(name),
        }
    }
}

/// The packages of the workspace. Dependencies that only tests have are left out.
fn packages() -> BTreeMap<String, Package> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(workspace())
        .output()
        .expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {errors}");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("has packages");
    packages.iter().map(package).collect()
}

fn package(package: &Value) -> (String, Package) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let imports = dependencies
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| text(&dependency["name"]));
    let found = Package {
        folder: manifest.parent().unwrap_or(Path::new("")).to_owned(),
        imports: imports.collect(),
    };
    (text(&package["name"]), found)
}

/// The table of `ARCHITECTURE.md`: crate and what it may import.
fn table() -> BTreeMap<String, Allowed> {
    let page = fs::read_to_string(workspace().join("ARCHITECTURE.md")).expect("the page is there");
    let lines = page.lines().skip_while(|line| *line != HEAD);
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(row).collect()
}

fn row(line: &str) -> (String, Allowed) {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [name, _, imports] = cells[..] else {
        panic!("not three cells: {line}");
    };
    let names = |cell: &str| -> BTreeSet<String> {
        let quoted = cell.split('`').skip(1).step_by(2);
        quoted.map(str::to_owned).collect()
    };
    let name = names(name).pop_first();
    let name = name.unwrap_or_else(|| panic!("no crate in the first cell: {line}"));
    let allowed = match imports {
        "all" => Allowed::All,
        "–" => Allowed::Listed(BTreeSet::new()),
        _ => Allowed::Listed(names(imports)),
    };
    (name, allowed)
}

/// The Rust files of a package's `src`, but for tests, which may do what they test.
fn sources(package: &Package) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![package.folder.join("src")];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.file_stem().is_some_and(|name| name == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The lines of a package's `src` that hold one of `words` outside of a comment, as
/// `file:line: text`.
fn mentions(package: &Package, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in sources(package) {
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for (number, line) in text.lines().enumerate() {
            let code = match line.split_once("//") {
                // `https://` is no comment, and no code that is looked for either.
                Some((code, _)) => code,
                None => line,
            };
            if words.iter().any(|word| holds_word(code, word)) {
                let file = path.strip_prefix(workspace()).unwrap_or(&path);
                found.push(format!(
                    "{}:{}: {}",
                    file.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    found
}

/// Whether `word` stands in `code` and not inside of a longer name.
fn holds_word(code: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let is_open = word.ends_with(is_name);
        let goes_on = before.is_some_and(is_name) || (is_open && after.is_some_and(is_name));
        !goes_on
    })
}

/// None but `may` has one of `words` in its source.
fn check_only(may: &[&str], words: &[&str]) {
    let others = packages();
    let others = others
        .iter()
        .filter(|(name, _)| !may.contains(&name.as_str()) && !TOOLS.contains(&name.as_str()));
    let found: Vec<String> = others
        .flat_map(|(_, package)| mentions(package, words))
        .collect();
    assert!(
        found.is_empty(),
        "only {may:?} may have {words:?}:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_edge_is_in_the_table() {
    let packages = packages();
    let table = table();
    let mut problems = Vec::new();
    for (name, package) in &packages {
        let Some(allowed) = table.get(name) else {
            problems.push(format!("`{name}` is not in the table"));
            continue;
        };
        let edges = package
            .imports
            .iter()
            .filter(|import| packages.contains_key(*import));
        for import in edges.filter(|import| !allowed.contains(import)) {
            problems.push(format!("`{name}` imports `{import}`"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_table_names_only_what_exists() {
    let packages = packages();
    for (name, allowed) in table() {
        assert!(packages.contains_key(&name), "there is no crate `{name}`");
        if let Allowed::Listed(names) = allowed {
            for import in names {
                assert!(
                    packages.contains_key(&import),
                    "there is no crate `{import}`"
                );
            }
        }
    }
}

#[test]
fn only_shape_process_starts_programs() {
    let words = [
        "posix_spawn(",
        "posix_spawnp(",
        "fork(",
        "vfork(",
        "clone3(",
        "execve(",
        "process::Command",
        "Command::new",
    ];
    check_only(&["shape-process"], &words);
}

#[test]
fn only_shape_cli_prints() {
    let words = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];
    check_only(&["shape-cli"], &words);
}

#[test]
fn syntax_and_check_do_no_io() {
    let words = [
        "std::fs",
        "std::env",
        "std::io",
        "std::net",
        "std::process",
        "std::thread",
    ];
    let packages = packages();
    for name in ["shape-syntax", "shape-check"] {
        let found = mentions(&packages[name], &words);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn unsafe_code_is_forbidden_but_where_it_has_to_be() {
    let allowed = [
        ("shape-process", "shape-process/src/sys/"),
        ("shape-abi", "shape-abi/src/plugin/"),
        ("shape-runtime", "shape-runtime/src/plugin/"),
        ("shape-embed", "shape-embed/src/alloc.rs"),
    ];
    let manifest = |folder: &Path| {
        let path = folder.join("Cargo.toml");
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    assert!(manifest(workspace()).contains("unsafe_code = \"forbid\""));
    for (name, package) in packages() {
        let manifest = manifest(&package.folder);
        match allowed.iter().find(|(may, _)| *may == name) {
            Some((_, folder)) => {
                assert!(manifest.contains("unsafe_code = \"deny\""), "{name}");
                let outside: Vec<String> = mentions(&package, &["unsafe"])
                    .into_iter()
                    .filter(|place| !place.starts_with(folder))
                    .collect();
                assert!(outside.is_empty(), "{}", outside.join("\n"));
            }
            // It is a program that misbehaves on purpose.
            None if name == "shape-testchild" => {}
            None => assert!(
                manifest.contains("[lints]\nworkspace = true"),
                "`{name}` does not take the lints of the workspace"
            ),
        }
    }
}

#[test]
fn only_shape_abi_may_name_the_plugin_interface() {
    for (name, package) in packages() {
        if name != "shape-abi" {
            assert!(!package.imports.contains("abi_stable"), "`{name}`");
        }
    }
}

#[test]
fn words_are_whole() {
    assert!(holds_word(
        "  std::process::Command::new(x)",
        "process::Command"
    ));
    assert!(!holds_word("eprintln!(x)", "println!"));
    assert!(!holds_word("unsafe_code", "unsafe"));
    assert!(holds_word("libc::fork()", "fork("));
    assert!(!holds_word("vfork()", "fork("));
}
