//! `shape explain`

use crate::args::ExplainArgs;
use crate::report::{self, Status};
use std::fmt::Write as _;

/// Code and text of each page, in the order of the codes.
const PAGES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// How many codes are offered in place of one that there is not.
const OFFERED: usize = 3;

/// Prints the pages of these codes, or what pages there are.
pub(crate) fn main(args: &ExplainArgs) -> Result<(), Status> {
    let mut text = String::new();
    if args.codes.is_empty() {
        for (code, page) in PAGES {
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{code}  {}", title(code, page));
        }
    }
    for (index, wanted) in args.codes.iter().enumerate() {
        let wanted = wanted.to_ascii_uppercase();
        let Some((_, page)) = PAGES.iter().find(|(code, _)| *code == wanted) else {
            return Err(unknown(&wanted));
        };
        if index > 0 {
            text.push('\n');
        }
        plain(&mut text, page);
    }
    report::print(&text)
}

/// Whether there is a page about this code.
pub(crate) fn has_page(code: &str) -> bool {
    PAGES.iter().any(|(known, _)| *known == code)
}

/// What the first line says behind the code.
fn title<'p>(code: &str, page: &'p str) -> &'p str {
    let line = page.lines().next().unwrap_or_default();
    let title = line.trim_start_matches(['#', ' ']);
    title
        .strip_prefix(code)
        .unwrap_or(title)
        .trim_start_matches([':', ' '])
}

/// A page as it is read on a terminal: examples are indented, and without their fences.
fn plain(out: &mut String, page: &str) {
    let mut is_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
            continue;
        }
        let line = match is_code {
            true => format!("    {line}"),
            false => line.trim_start_matches("# ").to_owned(),
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn unknown(wanted: &str) -> Status {
    let mut nearest: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
    nearest.sort_by_key(|code| distance(wanted, code));
    let offered = nearest.get(..OFFERED).unwrap_or(&nearest);
    let help = format!("near it: {}; `shape explain` lists all", offered.join(", "));
    report::failure(&format!("there is no diagnostic {wanted:?}"), Some(&help));
    Status::REFUSED
}

/// Whether the codes have other letters, and how far apart their numbers are.
fn distance(wanted: &str, code: &str) -> (bool, u64) {
    let parts = |code: &str| {
        let digits = code.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let letters = code[..code.len() - digits.len()].to_owned();
        (letters, digits.parse::<u64>().unwrap_or(u64::MAX))
    };
    let ((wanted, number), (code, known)) = (parts(wanted), parts(code));
    (wanted != code, number.abs_diff(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_title() {
        for (code, page) in PAGES {
            assert!(page.starts_with(&format!("# {code}: ")), "{page}");
            assert!(!title(code, page).is_empty());
        }
        assert!(has_page("E0102") && !has_page("E9999"));
    }

    #[test]
    fn examples_are_indented() {
        let mut text = String::new();
        plain(
            &mut text,
            "# E1: t\n\nText.\n\n```shape fails E1\nlet x\n\n# y\n```\n",
        );
        assert_eq!(text, "E1: t\n\nText.\n\n    let x\n\n    # y\n");
    }
}
