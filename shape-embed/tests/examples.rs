//! The programs of `docs/embedding.md` are those of `examples/embed`, and print what the page says.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    clippy::disallowed_methods,
    reason = "a host program is a program of its own"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: &str = include_str!("../../docs/embedding.md");

/// A program of the page, and what it prints.
struct Shown {
    text: String,
    output: String,
}

/// The programs of the page by name. What a program prints is in the block that follows it.
fn shown() -> BTreeMap<String, Shown> {
    let mut programs: BTreeMap<String, Shown> = BTreeMap::new();
    let mut lines = PAGE.lines();
    let mut waiting: Option<(String, String)> = None;
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = block.join("\n") + "\n";
        match (info.strip_prefix("rust example "), waiting.take()) {
            (Some(name), None) => waiting = Some((name.to_owned(), text)),
            (None, Some((name, program))) if info == "text" => {
                let output = text;
                let text = program;
                programs.insert(name, Shown { text, output });
            }
            (None, None) => {}
            (_, Some((name, _))) => panic!("what `{name}` prints is not shown"),
        }
    }
    programs
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/embed")
}

/// Where cargo has put the examples: beside the tests.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "{} is not there; `cargo test -p shape-embed` builds it",
        program.display()
    );
    program
}

#[test]
fn the_page_shows_the_programs_word_for_word() {
    let shown = shown();
    let mut files = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let program = shown
            .get(&name)
            .unwrap_or_else(|| panic!("{name} is not on the page"));
        assert_eq!(program.text, fs::read_to_string(&path).unwrap(), "{name}");
        files += 1;
    }
    assert_eq!(files, shown.len(), "the page shows more than there is");
}

#[test]
fn the_programs_print_what_the_page_says() {
    for (name, program) in shown() {
        let output = Command::new(built(&name)).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {errors}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed, program.output, "{name}");
        assert_eq!(errors, "", "{name}");
    }
}
