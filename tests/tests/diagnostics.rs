//! What a person sees for each kind of mistake that the checker finds: a snapshot for each script
//! under `tests/diagnostics/`. Those of the parser are in `shape-syntax`.
#![allow(missing_docs)]

use shape_abi::PermissionSet;
use shape_check::{CheckInput, check, link};
use shape_runtime::Registry;
use shape_syntax::{SourceMap, Style, parse, render};

#[test]
fn rendered_diagnostics() {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry).unwrap();
    stdlib_io::register(&mut registry).unwrap();
    insta::glob!("..", "diagnostics/*.shape", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut sources = SourceMap::new();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = sources.add(name, text.as_str());
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
        insta::assert_snapshot!(render(&sources, &diagnostics, Style::Plain));
    });
}
