//! Any bytes as a script: front-end stages must neither panic nor hang.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shape_check::{CheckInput, check};
use shape_runtime::Registry;
use shape_syntax::ast::Module;
use shape_syntax::{Diagnostic, FileId, SourceMap, Style, format, parse, print, render, strip_spans};
use std::sync::OnceLock;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = SourceMap::new();
    let file = sources.add("fuzz.shape", text.as_ref());
    let (module, mut diagnostics) = parse(file, &text);
    if diagnostics.is_empty() {
        print_is_stable(&module);
        format_is_stable(&text);
    }
    // The checker takes a tree with holes as well.
    let (program, found) = check(CheckInput {
        script: &module,
        file,
        host: host().decls(),
        sources: &mut sources,
    });
    let failed = !diagnostics.is_empty() || !found.is_empty();
    assert!(program.is_some() || failed, "no program, and no reason");
    diagnostics.extend(found);
    places_are_inside(&sources, &diagnostics);
    render(&sources, &diagnostics, Style::Plain);
});

fn host() -> &'static Registry {
    static HOST: OnceLock<Registry> = OnceLock::new();
    HOST.get_or_init(|| {
        let mut registry = Registry::new();
        stdlib_core::register(&mut registry).expect("the built-in modules register");
        registry
    })
}

fn print_is_stable(module: &Module) {
    let printed = print(module);
    let (mut again, diagnostics) = parse(FileId(0), &printed);
    assert!(diagnostics.is_empty(), "{diagnostics:?}\n{printed}");
    let mut module = module.clone();
    strip_spans(&mut module);
    strip_spans(&mut again);
    assert!(module == again, "{printed}");
}

/// What is formatted means the same, which `format` sees to, and stays as it is.
fn format_is_stable(text: &str) {
    let first = format(FileId(0), text).expect("a text without mistakes can be formatted");
    let second = format(FileId(0), &first).expect("so can the result");
    assert!(first == second, "{first}\n----\n{second}");
}

fn places_are_inside(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let related = diagnostic.related.iter().map(|(span, _)| *span);
        for span in related.chain([diagnostic.span]) {
            let place = span.start as usize..span.end as usize;
            assert!(sources.source(span.file).get(place).is_some(), "{diagnostic:?}");
        }
    }
}
