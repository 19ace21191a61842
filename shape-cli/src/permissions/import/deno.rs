//! The permission sets of Deno.
//!
//! # Source
//! <https://docs.deno.com/runtime/fundamentals/configuration/>, permissions

use super::jsonc::{self, Dialect, Node, Value};
use super::rule::{Carried, Decision, Extent, Import, LeftOut, Origin};
use std::path::{Component, Path, PathBuf};

/// Adds `run` of the set `default`; the other sets are told, with what they are here.
///
/// # Errors
/// It is not JSON.
pub(super) fn read(file: &Path, text: &str, import: &mut Import) -> Result<(), String> {
    let dialect = Dialect::CommentsAndCommas;
    let config = jsonc::parse(text, dialect).map_err(|error| error.to_string())?;
    let Some(Value::Map(sets)) = config.get("permissions").map(|sets| &sets.value) else {
        return Ok(());
    };
    for (name, set) in sets {
        let Some(run) = set.get("run") else { continue };
        for (decision, entries) in lists(run) {
            match name.as_str() {
                "default" => add(file, decision, entries, import),
                name => leave_out_set(file, name, decision, entries, import),
            }
        }
        let kinds = ["read", "write", "net", "env", "sys", "ffi", "import"];
        for kind in kinds {
            if let Some(node) = set.get(kind) {
                import.left_out.push(LeftOut {
                    origin: Origin::new(file, node.line, format!("{name}.{kind}")),
                    decision: None,
                    why: "rules are about programs; flags and shape.toml are about the rest"
                        .to_owned(),
                    instead: None,
                });
            }
        }
    }
    Ok(())
}

/// What `run` allows and denies: `true`, a list, or `{ allow, deny, ask }` with these.
fn lists(run: &Node) -> Vec<(Decision, &Node)> {
    if !matches!(run.value, Value::Map(_)) {
        return vec![(Decision::Allow, run)];
    }
    let parts = [
        ("allow", Decision::Allow),
        ("deny", Decision::Deny),
        ("ask", Decision::Ask),
    ];
    let found = |(key, decision)| run.get(key).map(|node| (decision, node));
    parts.into_iter().filter_map(found).collect()
}

fn add(file: &Path, decision: Decision, entries: &Node, import: &mut Import) {
    if entries.value == Value::Bool(true) {
        let origin = Origin::new(file, entries.line, "run: true");
        return import.add(Carried::new(origin, decision, Extent::Prefix));
    }
    for entry in entries.items() {
        let Some(text) = entry.text() else {
            let origin = Origin::new(file, entry.line, "run: (not a text)");
            import.leave_out(origin, decision, "an entry is a text");
            continue;
        };
        let origin = Origin::new(file, entry.line, format!("run: {text}"));
        import.add(Carried {
            words: vec![vec![program(file, text)]],
            ..Carried::new(origin, decision, Extent::Prefix)
        });
    }
}

/// A bare name, or the absolute path of what is named relative to the file.
fn program(file: &Path, entry: &str) -> String {
    if !entry.contains('/') {
        return entry.to_owned();
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let folder = std::path::absolute(folder.join(".")).unwrap_or_else(|_| folder.to_owned());
    let mut path = PathBuf::new();
    for part in folder.join(entry).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.to_string_lossy().into_owned()
}

fn leave_out_set(file: &Path, name: &str, decision: Decision, entries: &Node, import: &mut Import) {
    let programs: Vec<String> = entries
        .items()
        .iter()
        .filter_map(Node::text)
        .map(|entry| format!("{:?}", program(file, entry)))
        .collect();
    let value = match entries.value {
        Value::Bool(all) => all.to_string(),
        _ => format!("[{}]", programs.join(", ")),
    };
    let key = match decision {
        Decision::Deny => "deny-process",
        Decision::Allow | Decision::Ask => "allow-process",
    };
    import.left_out.push(LeftOut {
        origin: Origin::new(file, entries.line, format!("{name}.run")),
        decision: Some(decision),
        why: "rules hold for every run, and this is a set that is chosen by name".to_owned(),
        instead: (decision != Decision::Ask)
            .then(|| format!("in shape.toml: [permissions.{name}] {key} = {value}")),
    });
}
