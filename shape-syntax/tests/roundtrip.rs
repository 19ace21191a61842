//! `parse(print(tree))` is the tree.
#![allow(missing_docs)]

mod tree;

use proptest::prelude::*;
use shape_syntax::ast::Module;
use shape_syntax::{FileId, FormatError, format, parse, print, strip_spans};
use std::path::Path;

/// The tree of `text` without places; panics when there is a diagnostic.
fn tree_of(text: &str) -> Module {
    let (mut module, diagnostics) = parse(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}\n{text}");
    strip_spans(&mut module);
    module
}

fn assert_stable(text: &str) {
    let first = tree_of(text);
    let printed = print(&first);
    assert_eq!(first, tree_of(&printed), "\n{text}\n----\n{printed}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_trees_parse_to_themselves(tree in tree::module().prop_map(Shown)) {
        check_tree(tree.0.clone())?;
        check_format(&print(&tree.0))?;
    }
}

/// A tree that is shown as text when a test fails.
struct Shown(Module);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&print(&self.0))
    }
}

fn check_tree(mut module: Module) -> Result<(), TestCaseError> {
    strip_spans(&mut module);
    let text = print(&module);
    let (mut again, diagnostics) = parse(FileId(0), &text);
    strip_spans(&mut again);
    prop_assert!(diagnostics.is_empty(), "{:?}", diagnostics);
    if again != module {
        let (want, got) = (format!("{module:?}"), format!("{again:?}"));
        prop_assert!(false, "read as\n{}\n{}\n{}", print(&again), want, got);
    }
    Ok(())
}

/// What is formatted means the same, and stays as it is.
fn check_format(text: &str) -> Result<(), TestCaseError> {
    let first = format(FileId(0), text).map_err(|error| failed(text, &error))?;
    let second = format(FileId(0), &first).map_err(|error| failed(&first, &error))?;
    prop_assert!(first == second, "{text}\n----\n{first}\n----\n{second}");
    Ok(())
}

fn failed(text: &str, error: &FormatError) -> TestCaseError {
    TestCaseError::fail(format!("{error:?}\n{text}"))
}

#[test]
fn spec_scripts_are_stable() {
    for dir in ["../tests/spec", "../examples"] {
        each_script(Path::new(dir), &mut |path, text| {
            let (module, diagnostics) = parse(FileId(0), text);
            if diagnostics.is_empty() {
                let printed = print(&module);
                let (mut again, more) = parse(FileId(0), &printed);
                assert!(more.is_empty(), "{}: {more:#?}\n{printed}", path.display());
                let mut module = module;
                strip_spans(&mut module);
                strip_spans(&mut again);
                assert_eq!(module, again, "{}", path.display());
            }
        });
    }
}

fn each_script(dir: &Path, check: &mut impl FnMut(&Path, &str)) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            each_script(&path, check);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "shape")
        {
            let text = std::fs::read_to_string(&path).expect("a readable script");
            check(&path, &text);
        }
    }
}

#[test]
fn hand_written() {
    assert_stable(include_str!("tour.shape"));
}
