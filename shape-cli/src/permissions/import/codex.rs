//! The rules of Codex.
//!
//! # Source
//! <https://developers.openai.com/codex/rules>

use super::rule::{Carried, Decision, Extent, Import, LeftOut, Origin};
use super::starlark::{self, Call, NotRead, Value};
use super::words;
use std::path::Path;

/// Adds the rules of a file.
pub(super) fn read(file: &Path, text: &str, import: &mut Import) {
    for statement in starlark::statements(text) {
        match statement {
            Ok(call) if call.function == "prefix_rule" => add(file, &call, import),
            Ok(Call { line, function, .. }) => leave_out(
                Origin::new(file, line, format!("{function}(…)")),
                "it is no prefix_rule",
                import,
            ),
            Err(NotRead { line, text }) => leave_out(
                Origin::new(file, line, text),
                "only calls with literal arguments are read",
                import,
            ),
        }
    }
}

fn leave_out(origin: Origin, why: &str, import: &mut Import) {
    import.left_out.push(LeftOut {
        origin,
        decision: None,
        why: why.to_owned(),
        instead: None,
    });
}

fn add(file: &Path, call: &Call, import: &mut Import) {
    let pattern = call.get("pattern").and_then(pattern);
    let shown = pattern
        .as_deref()
        .map_or("prefix_rule(…)".to_owned(), shown);
    let origin = Origin::new(file, call.line, shown);
    let decision = match call.get("decision") {
        None => Decision::Allow,
        Some(Value::Text(name)) if name == "allow" => Decision::Allow,
        Some(Value::Text(name)) if name == "prompt" => Decision::Ask,
        Some(Value::Text(name)) if name == "forbidden" => Decision::Deny,
        Some(_) => return leave_out(origin, "its decision is not known", import),
    };
    let Some(words) = pattern.filter(|_| !call.has_others) else {
        return import.leave_out(origin, decision, "its pattern is not a list of texts");
    };
    if words.is_empty() {
        return import.leave_out(origin, decision, "its pattern is empty");
    }
    let reason = match call.get("justification") {
        Some(Value::Text(reason)) => Some(reason.clone()),
        _ => None,
    };
    import.add(Carried {
        words,
        reason,
        matches: commands(call.get("match")),
        not_matches: commands(call.get("not_match")),
        ..Carried::new(origin, decision, Extent::Prefix)
    });
}

/// The words of a pattern, each with its alternatives.
fn pattern(value: &Value) -> Option<Vec<Vec<String>>> {
    let Value::List(words) = value else {
        return None;
    };
    let alternatives = |word: &Value| match word {
        Value::Text(text) => Some(vec![text.clone()]),
        Value::List(texts) if !texts.is_empty() => texts.iter().map(text).collect(),
        _ => None,
    };
    words.iter().map(alternatives).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// Examples: a command as text, or as a list of words. What is neither is no example.
fn commands(value: Option<&Value>) -> Vec<Vec<String>> {
    let Some(Value::List(examples)) = value else {
        return Vec::new();
    };
    let words = |example: &Value| match example {
        Value::Text(text) => words::split(text).ok(),
        Value::List(words) => words.iter().map(text).collect(),
        Value::Other(_) => None,
    };
    examples
        .iter()
        .filter_map(words)
        .filter(|words| !words.is_empty())
        .collect()
}

/// `git status|log`
fn shown(words: &[Vec<String>]) -> String {
    let words: Vec<String> = words.iter().map(|word| word.join("|")).collect();
    words.join(" ")
}
