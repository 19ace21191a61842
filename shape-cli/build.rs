//! Puts the pages about diagnostics into the program, all that there are.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path().canonicalize()?;
        let code = path.file_stem().and_then(|stem| stem.to_str());
        let is_page = path.extension().is_some_and(|extension| extension == "md");
        match code {
            Some(code) if is_page && code != "README" => pages.push((code.to_owned(), path)),
            _ => {}
        }
    }
    pages.sort();
    let mut table = String::from("[\n");
    for (code, path) in pages {
        // Writing into a string cannot fail.
        let _ = writeln!(table, "    ({code:?}, include_str!({path:?})),");
    }
    table.push(']');
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("pages.rs"), table)
}
