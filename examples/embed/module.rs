//! A module of the host: functions, a closure, and a resource that scripts hold by a handle.

use shape_embed::{
    Engine, FnSpec, HostCx, IoHandle, Module, PermissionSet, Raise, Resource, Stdio,
};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A table of texts. It belongs to the run that opened it, and is dropped with its last handle.
struct Table {
    name: String,
    rows: BTreeMap<String, String>,
}

impl Resource for Table {
    fn type_name(&self) -> &'static str {
        "Table"
    }

    fn describe(&self) -> String {
        format!("table {}", self.name)
    }
}

fn put(_: &mut HostCx, table: &IoHandle, key: &str, value: &str) -> Result<i64, Raise> {
    if key.is_empty() {
        return Err(Raise::invalid("a key cannot be empty"));
    }
    let mut table = table.get_mut::<Table>()?;
    table.rows.insert(key.to_owned(), value.to_owned());
    Ok(i64::try_from(table.rows.len()).unwrap_or(i64::MAX))
}

fn get(_: &mut HostCx, table: &IoHandle, key: &str) -> Result<Option<String>, Raise> {
    Ok(table.get::<Table>()?.rows.get(key).cloned())
}

fn close(_: &mut HostCx, table: &IoHandle) -> Result<(), Raise> {
    table.take::<Table>()?;
    Ok(())
}

/// What the module's functions are called and what they are for; all else is read off their types.
const fn spec<const N: usize>(
    name: &'static str,
    params: [&'static str; N],
    doc: &'static str,
) -> FnSpec<N, PermissionSet> {
    FnSpec {
        name,
        params,
        needs: PermissionSet::pure(),
        doc,
    }
}

fn tables(opened: &Arc<AtomicUsize>) -> Result<Module, Box<dyn Error>> {
    let mut module = Module::new("acme::tables", "Tables of texts.");
    let opened = Arc::clone(opened);
    module.register_typed_fn(
        spec("open", ["name"], "A new table."),
        move |cx: &mut HostCx, name: &str| {
            opened.fetch_add(1, Ordering::Relaxed);
            cx.resources().insert(Table {
                name: name.to_owned(),
                rows: BTreeMap::new(),
            })
        },
    )?;
    module.register_typed_fn(spec("put", ["table", "key", "value"], "Adds a row."), put)?;
    module.register_typed_fn(spec("get", ["table", "key"], "The row of a key."), get)?;
    module.register_typed_fn(spec("close", ["table"], "Closes the table."), close)?;
    // Functions written in Shape may be part of a module too.
    module.source("pub fn put_all(table, rows) { for [k, v] in rows { put(table, k, v) } }");
    Ok(module)
}

const SCRIPT: &str = r#"
use acme::tables

let colors = tables.open("colors")
tables.put_all(colors, [["sky", "blue"], ["grass", "green"]])
print(tables.get(colors, "sky"), tables.get(colors, "night") ?? "black")
match try tables.put(colors, "", "red") {
    Ok(rows) => print(rows),
    Err(e) => print(f"{e.kind}: {e.message}"),
}
tables.close(colors)
tables.get(colors, "sky")
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let opened = Arc::new(AtomicUsize::new(0));
    let engine = Engine::builder()
        .module(tables(&opened)?)
        .stdout(Stdio::capture())
        .build()?;
    let script = engine.compile("colors.shape", SCRIPT)?;
    if let Err(error) = script.run() {
        print!("{}", error.stdout());
        println!("{error}");
    }
    println!("opened {}", opened.load(Ordering::Relaxed));

    // Arguments are checked against the Rust types.
    let wrong = "use acme::tables\ntables.open(5)";
    if let Err(error) = engine.compile("wrong.shape", wrong) {
        println!("{error}");
    }
    Ok(())
}
