//! What a person sees for each kind of mistake that the checker finds: a snapshot for each script
//! under `tests/diagnostics/`. Those of the parser are in `shape-syntax`.
#![allow(missing_docs)]

use shape_abi::PermissionSet;
use shape_check::{CheckInput, Sources, check, link};
use shape_runtime::Registry;
use shape_syntax::{FileId, SourceMap, Style, parse, render};
use std::rc::Rc;

/// The sources of a run without other files.
struct OneFile(SourceMap);

impl Sources for OneFile {
    fn load(&mut self, _: FileId, _: &[&str]) -> Result<Option<(FileId, Rc<str>)>, String> {
        Ok(None)
    }

    fn add(&mut self, name: &str, text: &str) -> FileId {
        self.0.add(name, text)
    }
}

#[test]
fn rendered_diagnostics() {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry).unwrap();
    stdlib_io::register(&mut registry).unwrap();
    insta::glob!("..", "diagnostics/*.shape", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut sources = OneFile(SourceMap::new());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = sources.0.add(name, text.as_str());
        let (tree, mut diagnostics) = parse(file, &text);
        let (program, found) = check(CheckInput {
            script: &tree,
            file,
            host: registry.decls(),
            sources: &mut sources,
        });
        diagnostics.extend(found);
        if let Some(program) = program {
            diagnostics.extend(link(&program, PermissionSet::pure()));
        }
        assert!(!diagnostics.is_empty(), "no diagnostic");
        insta::assert_snapshot!(render(&sources.0, &diagnostics, Style::Plain));
    });
}
