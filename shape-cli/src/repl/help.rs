//! `:help`

use crate::signature;
use shape_abi::{FnDecl, ModuleDecl};
use shape_syntax::ast::StmtKind;
use shape_syntax::{FileId, parse};
use std::fmt::Write as _;

/// What `:help` says without a name.
pub(crate) const COMMANDS: &str = "\
:type EXPR    the type of an expression, which is not run
:help NAME    what a function or method does: :help io.exec, :help trim
:load FILE    run a file as if it had been typed
:quit         leave, as Ctrl-D does

Tab completes names, and what may follow a dot. An input that is not finished goes on in the next line;
two empty lines end it all the same. Ctrl-C ends what runs, or gives up what was typed.
";

/// After so many functions of one name it ends.
const MOST: usize = 5;

/// What is known about the functions with this name; with a module in front, as in `io.exec` or
/// `string::trim`, only about that module's.
pub(crate) fn about(modules: &[ModuleDecl], name: &str) -> Option<String> {
    let name = name.trim_end_matches("()").replace("::", ".");
    let (module, name) = name.rsplit_once('.').unwrap_or(("", &name));
    let wanted = |decl: &&ModuleDecl| {
        let path = decl.name.replace("::", ".");
        module.is_empty() || path == module || path.ends_with(&format!(".{module}"))
    };
    let mut page = String::new();
    let found = modules.iter().filter(wanted).flat_map(|module| {
        let own = module.fns.iter().filter(|func| is_called(func, name));
        let own = own.map(|func| (signature::of(func), func.doc.to_string()));
        own.chain(written_in_shape(module, name))
            .map(move |(head, doc)| (module, head, doc))
    });
    for (module, head, doc) in found.take(MOST) {
        if !page.is_empty() {
            page.push('\n');
        }
        // Writing to a `String` cannot fail.
        let _ = writeln!(page, "{}::{head}", module.name);
        for line in doc.trim().lines() {
            let _ = writeln!(page, "  {line}");
        }
    }
    (!page.is_empty()).then_some(page)
}

/// A name in camel case is that of the function in snake case.
fn is_called(func: &FnDecl, name: &str) -> bool {
    func.name == name || same_letters(&func.name, name)
}

fn same_letters(own: &str, name: &str) -> bool {
    let letters = |text: &str| text.replace('_', "").to_ascii_lowercase();
    letters(own) == letters(name)
}

/// The functions of this name that a module has in Shape.
fn written_in_shape(module: &ModuleDecl, name: &str) -> Vec<(String, String)> {
    let Some(source) = &module.source else {
        return Vec::new();
    };
    let (tree, _) = parse(FileId::default(), source);
    let decls = tree.body.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Fn(decl) if decl.public && same_letters(&decl.name.name, name) => Some(decl),
        _ => None,
    });
    decls
        .map(|decl| {
            let (start, end) = (decl.head.start as usize, decl.head.end as usize);
            let head = source.get(start..end).unwrap_or_default();
            let head = head.strip_prefix("fn ").unwrap_or(head).trim();
            (head.to_owned(), decl.doc.clone().unwrap_or_default())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_in_rust_and_in_shape() {
        let mut registry = shape_runtime::Registry::new();
        stdlib_core::register(&mut registry).unwrap();
        let about = |name: &str| about(registry.decls(), name);
        let page = about("string.trim").unwrap();
        assert!(page.starts_with("std::core::string::trim("), "{page}");
        let page = about("map").unwrap();
        assert!(page.contains("std::core::array::map("), "{page}");
        assert_eq!(about("startsWith"), about("starts_with"));
        assert_eq!(about("no_such_function"), None);
        assert_eq!(about("io.trim"), None);
    }
}
