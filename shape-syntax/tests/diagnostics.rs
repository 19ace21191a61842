//! What a person sees for each kind of mistake: a snapshot for each script beside this file.
#![allow(missing_docs)]

use shape_syntax::{SourceMap, Style, parse, render};

#[test]
fn rendered_diagnostics() {
    insta::glob!("diagnostics/*.shape", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut sources = SourceMap::new();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = sources.add(name, text.as_str());
        let (_, diagnostics) = parse(file, &text);
        assert!(!diagnostics.is_empty(), "no diagnostic");
        insta::assert_snapshot!(render(&sources, &diagnostics, Style::Plain));
    });
}
