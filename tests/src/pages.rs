//! The pages of the documentation, and the fenced blocks in them.

use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};

/// One fenced block of a page.
#[derive(Clone, Debug)]
pub struct Block {
    /// The line of its fence.
    pub line: usize,
    /// The words behind the fence's backticks.
    pub info: Vec<String>,
    /// What stands in it, each line with its newline.
    pub text: String,
}

/// The pages in the workspace's root and under `docs/` and `examples/`, relative to the workspace and sorted.
///
/// # Panics
/// When a folder cannot be read.
#[must_use]
pub fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![workspace().to_owned()];
    folders.extend(["docs", "examples"].map(|name| workspace().join(name)));
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() && folder != workspace() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(workspace()).unwrap_or(&path).to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The text of a page, which is named relative to the workspace.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn page_text(page: &Path) -> String {
    let path = workspace().join(page);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The fenced blocks of a page, in order.
#[must_use]
pub fn blocks(page: &str) -> Vec<Block> {
    parts(page).0
}

/// The lines of a page that are in no fenced block.
#[must_use]
pub fn prose(page: &str) -> Vec<&str> {
    parts(page).1
}

fn parts(page: &str) -> (Vec<Block>, Vec<&str>) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut prose = Vec::new();
    let mut open = false;
    for (index, line) in page.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(info)) => {
                open = true;
                let info = info.split_whitespace().map(str::to_owned).collect();
                blocks.push(Block {
                    line: index + 1,
                    info,
                    text: String::new(),
                });
            }
            (true, Some("")) => open = false,
            (true, _) => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            (false, None) => prose.push(line),
        }
    }
    (blocks, prose)
}
