//! `shape plugin new`
//!
//! What it makes is the crate `shape-plugin-template` under another name. That one is a real crate, so
//! what is made from it is known to work.

use crate::report::{self, Status};
use clap::Args;
use shape_policy::Quoted;
use shape_syntax::FileId;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name that the template goes by.
const TEMPLATE: &str = "shape-plugin-template";

/// What the template says about where Shape's crates are.
const DEPENDENCY: &str = r#"{ path = "../shape-runtime" }"#;

/// The files of the template.
const FILES: [(&str, &str); 6] = [
    (
        ".gitignore",
        include_str!("../../../shape-plugin-template/.gitignore"),
    ),
    (
        "Cargo.toml",
        include_str!("../../../shape-plugin-template/Cargo.toml"),
    ),
    (
        "README.md",
        include_str!("../../../shape-plugin-template/README.md"),
    ),
    (
        "src/lib.rs",
        include_str!("../../../shape-plugin-template/src/lib.rs"),
    ),
    (
        "tests/counters.shape",
        include_str!("../../../shape-plugin-template/tests/counters.shape"),
    ),
    (
        "tests/scripts.rs",
        include_str!("../../../shape-plugin-template/tests/scripts.rs"),
    ),
];

/// Names that mean something else to Cargo, to Rust or to scripts.
const TAKEN: [&str; 8] = [
    "alloc",
    "core",
    "io",
    "proc_macro",
    "proc_macro2",
    "shape_runtime",
    "std",
    "test",
];

/// The keywords of Rust, also those that it only keeps for later.
const RUST_KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum \
    extern false final fn for gen if impl in let loop macro match mod move mut override priv pub ref return \
    self static struct super trait true try type typeof unsafe unsized use virtual where while yield";

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The name of the crate; scripts know its module by the same name, with `_` for `-`
    name: String,
    /// Where to make it; ./NAME if not given
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// The crates of Shape that it is built with: a folder with their source, or a version; that of
    /// this `shape` if not given
    #[arg(long, value_name = "PATH-OR-VERSION", default_value = env!("CARGO_PKG_VERSION"))]
    shape: String,
}

/// Makes the crate and says what to do next.
pub(crate) fn main(args: &NewArgs) -> Result<(), Status> {
    let made = check_name(&args.name)
        .and_then(|()| dependency(&args.shape))
        .and_then(|dependency| make(args, &dependency));
    let folder = made.map_err(|why| report::usage(&why))?;
    let module = module_name(&args.name);
    report::print(&format!(
        "made {}, with the module `{module}` in src/lib.rs; next: cargo test\n",
        Quoted::new(&folder)
    ))
}

/// The name that scripts know it by.
fn module_name(name: &str) -> String {
    name.replace('-', "_")
}

/// # Errors
/// Why a plugin cannot have this name.
fn check_name(name: &str) -> Result<(), String> {
    let refused = |why: &str| Err(format!("a plugin cannot be called {name:?}: {why}"));
    let is_part = |c: char| c == '_' || c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit();
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_part) {
        return refused("use small letters, digits, `-` and `_`, and begin with a letter");
    }
    if name.len() > 64 {
        return refused("it has more than 64 letters");
    }
    let module = module_name(name);
    if TAKEN.contains(&module.as_str()) {
        return refused("the name is taken");
    }
    let (_, problems) = shape_syntax::parse(FileId(0), &format!("use {module}\n{module}.f()\n"));
    if !problems.is_empty() || RUST_KEYWORDS.split(' ').any(|word| word == module) {
        return refused("it is a keyword");
    }
    Ok(())
}

/// What Cargo is told about where Shape's crates are.
///
/// # Errors
/// Why there are none.
fn dependency(shape: &str) -> Result<String, String> {
    let is_version = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c))
    };
    if is_version(shape) {
        return Ok(format!("{shape:?}"));
    }
    let found = Path::new(shape).join("shape-runtime");
    let shown = Quoted::new(shape);
    if !found.join("Cargo.toml").is_file() {
        return Err(format!(
            "{shown} is no version, and no folder with the source of Shape: it has no `shape-runtime`"
        ));
    }
    let found = found
        .canonicalize()
        .map_err(|error| format!("{shown}: {error}"))?;
    let found = found.to_str().ok_or_else(|| {
        let shown = Quoted::new(&found);
        format!("{shown} is not UTF-8, and Cargo can be given no such path")
    })?;
    let path = toml::Value::String(found.to_owned());
    Ok(format!("{{ path = {path} }}"))
}

/// Makes the folder with all files; returns where it is.
///
/// # Errors
/// Something is there already, or it cannot be written.
fn make(args: &NewArgs, dependency: &str) -> Result<PathBuf, String> {
    let folder = args
        .path
        .clone()
        .unwrap_or_else(|| PathBuf::from(&args.name));
    let failed = |path: &Path, error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{} is there already", Quoted::new(path)),
        _ => format!("cannot make {}: {error}", Quoted::new(path)),
    };
    let make_folder = |path: &Path| fs::create_dir(path).map_err(|error| failed(path, error));
    make_folder(&folder)?;
    for name in ["src", "tests"] {
        make_folder(&folder.join(name))?;
    }
    for (name, text) in FILES {
        let path = folder.join(name);
        let text = fill(text, &args.name, dependency);
        fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(folder)
}

/// The text of a file of the template for the crate of this name.
fn fill(text: &str, name: &str, dependency: &str) -> String {
    text.replace(TEMPLATE, name)
        .replace(&module_name(TEMPLATE), &module_name(name))
        .replace(DEPENDENCY, dependency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_cargo_and_scripts_can_have() {
        for good in ["watch", "my-plugin", "a1_b", "matching"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", "begin with a letter"),
            ("1st", "begin with a letter"),
            ("-x", "begin with a letter"),
            ("Watch", "small letters"),
            ("a b", "small letters"),
            ("../x", "small letters"),
            ("é", "small letters"),
            ("match", "keyword"),
            ("unsafe", "keyword"),
            ("std", "taken"),
            ("shape-runtime", "taken"),
            (&"x".repeat(65), "more than 64"),
        ] {
            let error = check_name(bad).expect_err(bad);
            assert!(error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn the_crates_of_shape_are_a_version_or_a_folder() {
        assert_eq!(dependency("0.1.0"), Ok("\"0.1.0\"".to_owned()));
        assert_eq!(dependency("1.2.0-rc.1"), Ok("\"1.2.0-rc.1\"".to_owned()));
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("a \"b\"");
        fs::create_dir_all(root.join("shape-runtime")).expect("is made");
        let shape = root.to_str().expect("is text");
        let error = dependency(shape).expect_err("has no manifest");
        assert!(error.contains("no version, and no folder"), "{error}");
        fs::write(root.join("shape-runtime/Cargo.toml"), "").expect("is written");
        let manifest = format!("x = {}", dependency(shape).expect("is there"));
        let manifest: toml::Table = manifest.parse().expect("is TOML");
        let found = root.canonicalize().expect("is there").join("shape-runtime");
        assert_eq!(manifest["x"]["path"].as_str(), found.to_str());
    }

    #[test]
    fn the_template_has_what_is_replaced() {
        let manifest = fill(FILES[1].1, "my-watch", "\"9.9.9\"");
        assert!(manifest.contains("name = \"my-watch\"\n"), "{manifest}");
        assert!(
            manifest.contains("shape-runtime = \"9.9.9\"\n"),
            "{manifest}"
        );
        for (name, text) in FILES {
            let filled = fill(text, "x", "\"1\"");
            assert!(!filled.contains("template"), "{name}: {filled}");
        }
    }
}
