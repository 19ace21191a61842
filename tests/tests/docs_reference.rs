//! The reference pages `docs/io.md` and `docs/builtins.md` are what the registry says.
//!
//! What stands below the mark in each of them is generated. To write it anew:
//! `SHAPE_UPDATE_DOCS=1 cargo test -p shape-tests --test docs_reference`.

use shape_abi::{Const, FnDecl, ModuleDecl, ParamDecl, Permission, Ty};
use shape_runtime::Registry;
use shape_tests::{diff, workspace};
use std::fmt::Write as _;
use std::fs;

const MARK: &str = "<!-- What follows is generated: see tests/tests/docs_reference.rs. -->\n";

/// Functions whose example needs more than a temporary folder; it is checked and not run.
const NOT_RUN: [&str; 1] = ["exec"];

fn registry() -> Registry {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry).expect("the core registers");
    stdlib_io::register(&mut registry).expect("io registers");
    registry
}

/// Compares the generated part of a page with what it should be, or writes it.
#[track_caller]
fn check_page(name: &str, generated: &str) {
    let path = workspace().join("docs").join(name);
    let page = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (own, now) = page
        .split_once(MARK)
        .unwrap_or_else(|| panic!("docs/{name} has no mark"));
    if std::env::var_os("SHAPE_UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{own}{MARK}{generated}")).expect("the page is written");
    } else {
        assert!(
            now == generated,
            "docs/{name} is not what the registry says; set SHAPE_UPDATE_DOCS=1 to write it\n{}",
            changes(now, generated)
        );
    }
}

/// The lines that differ.
fn changes(now: &str, generated: &str) -> String {
    let all = diff(now, generated);
    let lines = all
        .lines()
        .filter(|line| line.starts_with("  -") || line.starts_with("  +"));
    lines.collect::<Vec<_>>().join("\n")
}

/// `name: string = "x"`
fn parameter(param: &ParamDecl) -> String {
    let default = match &param.default {
        Some(default) => format!(" = {}", constant(default)),
        None => String::new(),
    };
    format!("{}: {}{default}", param.name, param.ty)
}

fn constant(constant: &Const) -> String {
    match constant {
        Const::Unit => "()".to_owned(),
        Const::None => "None".to_owned(),
        Const::Bool(value) => value.to_string(),
        Const::Int(value) => value.to_string(),
        Const::Number(value) => format!("{value:?}"),
        Const::Duration(nanos) => format!("{}ms", nanos / 1_000_000),
        Const::String(text) => format!("{text:?}"),
        Const::EmptyArray => "[]".to_owned(),
        Const::EmptyMap | Const::DefaultRecord => "{}".to_owned(),
    }
}

/// `name(parameters) -> result`; type arguments are no parameters for a script, and a method leaves
/// out what it is called on.
fn signature(function: &FnDecl, is_method: bool) -> String {
    if ["print", "eprint"].contains(&&*function.name) {
        // The checker makes one text of any number of values.
        return format!("{}(…)", function.name);
    }
    let params = function.params.iter();
    let params: Vec<String> = params
        .filter(|param| !matches!(param.ty, Ty::TypeArg(_)))
        .filter(|param| !(is_method && param.name == "self"))
        .map(parameter)
        .collect();
    let result = match &function.ret {
        Ty::Unit => String::new(),
        ty => format!(" -> {ty}"),
    };
    format!("{}({}){result}", function.name, params.join(", "))
}

/// The public functions that a module has in Shape: head and comment.
fn in_shape(module: &ModuleDecl) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in module.source.as_deref().unwrap_or_default().lines() {
        if let Some(text) = line.strip_prefix("///") {
            comment.push_str(text);
        } else if let Some(rest) = line.strip_prefix("pub fn ") {
            let head = rest.split_inclusive(')').next().unwrap_or(rest);
            found.push((head.to_owned(), std::mem::take(&mut comment)));
        } else {
            comment.clear();
        }
    }
    found
}

/// `(self, f)` as `(f)`.
fn without_self(head: &str) -> String {
    let head = head.replace("mut self", "self");
    head.replace("(self, ", "(").replace("(self)", "()")
}

fn io_page(module: &ModuleDecl) -> String {
    let mut page = String::new();
    for function in &module.fns {
        let needs = match function.needs.is_empty() {
            true => "Needs no permission.".to_owned(),
            false => format!("Needs `{}`.", function.needs),
        };
        let run = match NOT_RUN.contains(&&*function.name) {
            true => "```shape checked\n",
            false if function.needs.contains(Permission::ProcessShell) => {
                "```shape --allow-process --allow-shell\n"
            }
            false => "```shape --allow-process\n",
        };
        let doc = function.doc.trim().replace("```shape\n", run);
        let head = signature(function, false);
        let _ = write!(
            page,
            "\n### {}\n\n```text\n{head}\n```\n\n{needs}\n\n{doc}\n",
            function.name
        );
    }
    page
}

fn builtins_page(modules: &[&ModuleDecl]) -> String {
    let mut page = String::new();
    for module in modules {
        let name = module.name.rsplit("::").next().unwrap_or(&module.name);
        let is_prelude = name == "prelude";
        let (title, kind) = match is_prelude {
            true => ("Functions".to_owned(), "functions"),
            false => (format!("Methods of `{name}`"), "methods"),
        };
        let _ = write!(page, "\n## {title}\n\n{}\n\n", module.doc.trim());
        let _ = write!(page, "| {kind} | |\n| --- | --- |\n");
        let mut rows: Vec<(String, String)> = Vec::new();
        for function in &module.fns {
            let mut doc = function.doc.trim().replace('\n', " ");
            if function.mutates {
                doc.push_str(" Changes the variable that it is called on.");
            }
            if !function.needs.is_empty() {
                let _ = write!(doc, " Needs `{}`.", function.needs);
            }
            rows.push((signature(function, !is_prelude), doc));
        }
        for (head, comment) in in_shape(module) {
            let head = if is_prelude {
                head
            } else {
                without_self(&head)
            };
            rows.push((head, comment.trim().to_owned()));
        }
        rows.sort_by(|a, b| a.0.split('(').next().cmp(&b.0.split('(').next()));
        for (head, doc) in rows {
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | {} |", cell(&head), cell(&doc));
        }
    }
    page
}

#[test]
fn io() {
    let registry = registry();
    let module = registry
        .decls()
        .iter()
        .find(|decl| decl.name == stdlib_io::MODULE);
    check_page("io.md", &io_page(module.expect("io is registered")));
}

#[test]
fn builtins() {
    let registry = registry();
    let modules: Vec<&ModuleDecl> = registry
        .decls()
        .iter()
        // The assertions of the prelude are what scripts know.
        .filter(|decl| ![stdlib_io::MODULE, "std::core::assertion"].contains(&&*decl.name))
        .collect();
    check_page("builtins.md", &builtins_page(&modules));
}
