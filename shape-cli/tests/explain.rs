//! `shape explain`, and where it is named.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::Folder;

#[test]
fn a_page_is_printed_for_a_code_in_any_case() {
    let folder = Folder::with(&[]);
    let page = folder.shape(&["explain", "E0102"]);
    assert_eq!(page.status, Some(0), "{page:?}");
    assert!(
        page.stdout.starts_with("E0102: an unknown function\n\n"),
        "{page:?}"
    );
    assert!(
        page.stdout.contains("\n    print(calcualte(4))\n"),
        "{page:?}"
    );
    assert_eq!(folder.shape(&["explain", "e0102"]).stdout, page.stdout);
}

#[test]
fn every_page_of_the_folder_can_be_had() {
    let folder = Folder::with(&[]);
    let list = folder.shape(&["explain"]).stdout;
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors");
    let mut seen = 0;
    for page in std::fs::read_dir(pages).expect("is there") {
        let path = page.expect("is read").path();
        let code = path
            .file_stem()
            .expect("has one")
            .to_string_lossy()
            .into_owned();
        if code == "README" {
            continue;
        }
        assert!(
            list.lines()
                .any(|line| line.starts_with(&format!("{code}  "))),
            "{code}"
        );
        seen += 1;
    }
    assert_eq!(list.lines().count(), seen);
}

#[test]
fn an_unknown_code_has_neighbours() {
    let done = Folder::with(&[]).shape(&["explain", "E0199"]);
    assert_eq!(done.status, Some(2), "{done:?}");
    assert!(
        done.stderr
            .starts_with("error: there is no diagnostic \"E0199\"\n"),
        "{done:?}"
    );
    let done_short = Folder::with(&[]).shape(&["explain", "e102"]);
    assert!(
        done_short.stderr.contains("near it: E0102, "),
        "{done_short:?}"
    );
    assert!(done.stderr.contains("near it: E0201, "), "{done:?}");
}

#[test]
fn diagnostics_end_with_where_more_is_said() {
    let folder = Folder::with(&[("a.shape", "prnt(1)\nprnt(2)\nprint(nope)\n")]);
    let done = folder.shape(&["check", "a.shape"]);
    assert_eq!(done.status, Some(2), "{done:?}");
    assert!(
        done.stderr
            .ends_with("\nfor more: shape explain E0101 E0102\n"),
        "{done:?}"
    );
}
