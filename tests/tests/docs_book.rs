//! `docs/` is a book: its table of contents has every page, and every link leads somewhere, on a code host and
//! in the book.

use shape_tests::{blocks, page_text, pages, prose, workspace};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

const CONTENTS: &str = "docs/SUMMARY.md";

/// The targets of the links of a page, but for those to other hosts.
fn links(text: &str) -> Vec<&str> {
    let lines = prose(text).into_iter();
    lines
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://"))
        .collect()
}

/// `docs/errors/../io.md` as `docs/io.md`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let kept = heading.trim().chars().filter(kept);
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = page_text(page);
    let headings = prose(&text).into_iter().filter(|l| l.starts_with('#'));
    headings
        .map(|l| anchor(l.trim_start_matches('#')))
        .collect()
}

#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn contents_list_every_page_once() {
    let text = page_text(Path::new(CONTENTS));
    let listed: Vec<PathBuf> = links(&text)
        .into_iter()
        .map(|link| Path::new("docs").join(link))
        .collect();
    let mut problems = Vec::new();
    for page in pages() {
        let times = listed.iter().filter(|path| **path == page).count();
        let is_of_the_book = page.starts_with("docs") && page != Path::new(CONTENTS);
        if is_of_the_book && times != 1 {
            problems.push(format!("{CONTENTS} has {} {times} times", page.display()));
        }
    }
    assert_none(&problems);
}

#[test]
fn links_lead_somewhere() {
    let mut problems = Vec::new();
    let pages = pages();
    for page in &pages {
        let text = page_text(page);
        for link in links(&text) {
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                _ => normal(&page.parent().unwrap_or(page).join(file)),
            };
            let problem = if !workspace().join(&target).exists() {
                "there is no such file"
            } else if page.starts_with("docs") && !target.starts_with("docs") {
                "leads out of the book"
            } else if !fragment.is_empty() && !anchors(&target).contains(fragment) {
                "there is no such heading"
            } else {
                continue;
            };
            problems.push(format!("{}: {link}: {problem}", page.display()));
        }
    }
    assert_none(&problems);
}

/// What is indented would be a block for a reader, and no example for the tests.
#[test]
fn fences_stand_at_the_margin_and_are_closed() {
    let mut problems = Vec::new();
    for page in pages() {
        let text = page_text(&page);
        let fences = text.lines().filter(|l| l.trim_start().starts_with("```"));
        let indented = fences.clone().filter(|l| !l.starts_with("```")).count();
        if indented > 0 || fences.count() != 2 * blocks(&text).len() {
            problems.push(page.display().to_string());
        }
    }
    assert_none(&problems);
}
