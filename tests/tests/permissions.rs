//! The permission matrix: for every function that a host module registers, a script that calls it
//! is refused exactly when something is missing that its declaration needs.
//!
//! The scripts are generated from the declarations, so a new function is covered when it is there.

use shape_abi::{FnDecl, ModuleDecl, Permission, PermissionSet, Ty};
use shape_check::program::Program;
use shape_check::{CheckInput, check, link};
use shape_runtime::Registry;
use shape_syntax::{SourceMap, Style, parse, render};
use shape_tests::{Binaries, Ending, Finished, run};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The functions that talk to the script's own terminal, which needs nothing.
const OWN_STREAMS: [&str; 7] = [
    "stdin",
    "stdout",
    "stderr",
    "read_line",
    "write",
    "flush",
    "close",
];

fn registry() -> Registry {
    let mut registry = Registry::new();
    stdlib_core::register(&mut registry).expect("the core registers");
    stdlib_io::register(&mut registry).expect("io registers");
    registry
}

/// The checked script.
fn checked(registry: &Registry, text: &str) -> Result<Program, String> {
    let mut files = SourceMap::new();
    let file = files.add("generated.shape", text);
    let (script, mut diagnostics) = parse(file, text);
    let (program, found) = check(CheckInput {
        script: &script,
        file,
        host: registry.decls(),
        sources: &mut files,
    });
    diagnostics.extend(found);
    match program {
        Some(program) if diagnostics.is_empty() => Ok(program),
        _ => Err(render(&files, &diagnostics, Style::Plain)),
    }
}

/// A script that calls the function by its full name, with an argument for every parameter.
fn script(module: &ModuleDecl, function: &FnDecl) -> String {
    let mut text = format!(
        "from {} use {{ {} as called }}\n",
        module.name, function.name
    );
    let mut names = Vec::new();
    for (index, param) in function.params.iter().enumerate() {
        if matches!(param.ty, Ty::TypeArg(_)) {
            continue;
        }
        let name = format!("p{index}");
        let _ = writeln!(
            text,
            "let mut {name}: {} = {}",
            source(&param.ty),
            sample(&param.ty)
        );
        names.push(name);
    }
    let _ = writeln!(text, "called({})", names.join(", "));
    text
}

/// The type as a script writes it; a type parameter is `int`.
fn source(ty: &Ty) -> String {
    let list = |items: &[Ty], with: &str| items.iter().map(source).collect::<Vec<_>>().join(with);
    match ty {
        Ty::Param(_) => "int".to_owned(),
        Ty::Array(item) => format!("Array<{}>", source(item)),
        Ty::Set(item) => format!("Set<{}>", source(item)),
        Ty::Map(key, value) => format!("HashMap<{}, {}>", source(key), source(value)),
        Ty::Option(inner) | Ty::Maybe(inner) => format!("Option<{}>", source(inner)),
        Ty::Result(ok, err) => format!("Result<{}, {}>", source(ok), source(err)),
        Ty::Tuple(items) => format!("[{}]", list(items, ", ")),
        Ty::Union(items) => list(items, " | "),
        Ty::Fn(params, ret) => format!("({}) => {}", list(params, ", "), source(ret)),
        _ => ty.to_string(),
    }
}

/// An expression of this type that needs no permission.
fn sample(ty: &Ty) -> String {
    match ty {
        Ty::Unit => "()".to_owned(),
        Ty::Bool => "true".to_owned(),
        Ty::Int | Ty::Param(_) => "1".to_owned(),
        Ty::Number => "1.5".to_owned(),
        Ty::Char => "'a'".to_owned(),
        Ty::Duration => "1s".to_owned(),
        Ty::String => "\"text\"".to_owned(),
        Ty::Bytes => "\"text\".bytes()".to_owned(),
        Ty::Range => "0..1".to_owned(),
        Ty::Error => "Error(\"text\")".to_owned(),
        Ty::Json => "parse_json(\"1\").unwrap()".to_owned(),
        Ty::Array(item) => format!("[{}]", sample(item)),
        Ty::Set(item) => format!("Set().add({})", sample(item)),
        Ty::Map(key, value) => format!("HashMap().set({}, {})", sample(key), sample(value)),
        Ty::Tuple(items) => {
            let items: Vec<String> = items.iter().map(sample).collect();
            format!("[{}]", items.join(", "))
        }
        Ty::Record(record) => {
            let written = record.fields.iter().filter(|field| field.default.is_none());
            let fields: Vec<String> = written
                .map(|field| format!("{}: {}", field.name, sample(&field.ty)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Ty::Option(_) | Ty::Maybe(_) => "None".to_owned(),
        Ty::Result(ok, _) => format!("Ok({})", sample(ok)),
        Ty::Union(items) => items.first().map_or("()".to_owned(), sample),
        Ty::Fn(params, ret) => {
            let names: Vec<String> = (0..params.len()).map(|n| format!("a{n}")).collect();
            format!("|{}| {}", names.join(", "), sample(ret))
        }
        Ty::Resource(_) => "io.stdin()".to_owned(),
        other => panic!("no value of type {other} is known here; add one"),
    }
}

/// Calls `test` with every function and the checked script that calls it, and says for all of them
/// at once what is wrong.
fn for_each_function(test: impl Fn(&FnDecl, &Program) -> Result<(), String>) {
    let registry = registry();
    for_each_script(&registry, |function, text| {
        checked(&registry, text).and_then(|program| test(function, &program))
    });
}

/// As [`for_each_function`], with the text of the script.
fn for_each_script(registry: &Registry, test: impl Fn(&FnDecl, &str) -> Result<(), String>) {
    let mut problems = Vec::new();
    let mut count = 0;
    for module in registry.decls() {
        for function in &module.fns {
            count += 1;
            let text = script(module, function);
            if let Err(problem) = test(function, &text) {
                let name = format!("{}::{}", module.name, function.name);
                problems.push(format!("{name}: {problem}\n{text}"));
            }
        }
    }
    assert!(count > 100, "only {count} functions were found");
    assert!(
        problems.is_empty(),
        "{} of {count} functions:\n\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn a_program_needs_what_its_calls_need() {
    for_each_function(|function, program| {
        if program.needs == function.needs {
            return Ok(());
        }
        Err(format!("needs {}, not {}", program.needs, function.needs))
    });
}

#[test]
fn nothing_is_granted_unasked() {
    for_each_function(|function, program| {
        let refusals = link(program, PermissionSet::pure());
        for permission in function.needs.iter() {
            let names_it = |text: &str| text.contains(&format!("`{permission}`"));
            if !refusals.iter().any(|d| names_it(&d.message)) {
                return Err(format!("is not refused for want of {permission}"));
            }
        }
        match refusals.len() == function.needs.iter().count() {
            true => Ok(()),
            false => Err(format!("is refused {} times", refusals.len())),
        }
    });
}

#[test]
fn exactly_the_needs_are_enough() {
    for_each_function(
        |function, program| match link(program, function.needs).len() {
            0 => Ok(()),
            refusals => Err(format!("is refused {refusals} times with what it needs")),
        },
    );
}

#[test]
fn everything_but_one_need_is_not_enough() {
    for_each_function(|function, program| {
        for missing in function.needs.iter() {
            let grant = PermissionSet::full().difference(missing.into());
            if link(program, grant).is_empty() {
                return Err(format!("is not refused without {missing}"));
            }
        }
        Ok(())
    });
}

/// `shape` with these words before the script, in a folder of its own.
fn shape(folder: &Path, words: &[&str], text: &str) -> Result<Finished, String> {
    fs::write(folder.join("generated.shape"), text).map_err(|e| e.to_string())?;
    let mut shape = Binaries::get()?.shape(folder);
    shape.args(words).arg("generated.shape");
    run(shape, None, Duration::from_secs(30)).map_err(|e| e.to_string())
}

#[test]
fn the_command_prints_what_a_script_needs() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    for_each_script(&registry(), |function, text| {
        let done = shape(folder.path(), &["check", "--needs"], text)?;
        let names: String = function.needs.iter().map(|p| format!("{p}\n")).collect();
        match done.ending == Ending::Exited(0) && done.stdout == names {
            true => Ok(()),
            false => Err(format!("prints {:?}\n{}", done.stdout, done.stderr)),
        }
    });
}

#[test]
fn the_command_does_not_start_what_lacks_a_permission() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    for_each_script(&registry(), |function, text| {
        if function.needs.is_empty() {
            return Ok(());
        }
        let text = format!("{text}print(\"has run\")\n");
        let done = shape(folder.path(), &["run", "--no-prompt"], &text)?;
        let is_refused = done.ending == Ending::Exited(2) && done.stdout.is_empty();
        let names_all = function
            .needs
            .iter()
            .all(|permission| done.stderr.contains(permission.name()));
        match is_refused && names_all {
            true => Ok(()),
            false => Err(format!("prints {:?}\n{}", done.stdout, done.stderr)),
        }
    });
}

/// The table is short enough to be said twice; a change of it must be meant.
#[test]
fn io_needs_the_power_to_start_programs() {
    let registry = registry();
    let io = registry
        .decls()
        .iter()
        .find(|decl| decl.name == "std::core::io");
    for function in &io.expect("io is registered").fns {
        let needs = match &*function.name {
            name if OWN_STREAMS.contains(&name) => PermissionSet::pure(),
            "shell" => PermissionSet::from(Permission::Process).with(Permission::ProcessShell),
            _ => Permission::Process.into(),
        };
        assert_eq!(function.needs, needs, "{}", function.name);
    }
}

#[test]
fn only_env_and_io_need_anything() {
    let registry = registry();
    let core = registry
        .decls()
        .iter()
        .filter(|decl| decl.name != "std::core::io");
    let needing: Vec<&str> = core
        .flat_map(|decl| &decl.fns)
        .filter(|function| !function.needs.is_empty())
        .map(|function| &*function.name)
        .collect();
    assert_eq!(needing, ["env"]);
}
