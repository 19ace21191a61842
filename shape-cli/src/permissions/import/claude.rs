//! The settings of Claude Code.
//!
//! # Source
//! <https://code.claude.com/docs/en/permissions>

use super::jsonc::{self, Dialect};
use super::rule::{Carried, Decision, Extent, Import, LeftOut, Origin};
use std::path::Path;

/// Adds the entries of `permissions` in a settings file.
///
/// # Errors
/// It is not JSON.
pub(super) fn read(file: &Path, text: &str, import: &mut Import) -> Result<(), String> {
    let settings = jsonc::parse(text, Dialect::Json).map_err(|error| error.to_string())?;
    for (list, decision) in [
        ("allow", Decision::Allow),
        ("ask", Decision::Ask),
        ("deny", Decision::Deny),
    ] {
        let Some(entries) = settings.at(&["permissions", list]) else {
            continue;
        };
        for entry in entries.items() {
            let shown = entry.text().unwrap_or("(not a text)");
            let origin = Origin::new(file, entry.line, shown);
            match entry.text() {
                Some(text) => add(origin, decision, text, import),
                None => import.leave_out(origin, decision, "an entry is a text"),
            }
        }
    }
    let mode = settings.at(&["permissions", "defaultMode"]);
    if let Some(mode) = mode.filter(|mode| mode.text() == Some("bypassPermissions")) {
        import.left_out.push(LeftOut {
            origin: Origin::new(file, mode.line, "defaultMode = bypassPermissions"),
            decision: None,
            why: "it allows everything".to_owned(),
            instead: Some("shape run -A …".to_owned()),
        });
    }
    Ok(())
}

/// An entry: `TOOL` or `TOOL(PATTERN)`.
fn add(origin: Origin, decision: Decision, entry: &str, import: &mut Import) {
    let (tool, pattern) = match entry.trim().split_once('(') {
        None => (entry.trim(), ""),
        Some((tool, rest)) => match rest.strip_suffix(')') {
            Some(pattern) => (tool.trim_end(), pattern.trim()),
            None => return import.leave_out(origin, decision, "it has no closing parenthesis"),
        },
    };
    if tool != "Bash" {
        let why = format!("{tool} is a tool of its own and starts no program that rules are about");
        return import.leave_out(origin, decision, why);
    }
    let (text, extent) = extent(pattern);
    match text.find('*') {
        None => import.add_text(origin, decision, text, extent),
        Some(at) => with_wildcard(origin, decision, &text[..at], import),
    }
}

/// The words of a pattern, and how far it reaches.
fn extent(pattern: &str) -> (&str, Extent) {
    for end in [":*", " *"] {
        if let Some(prefix) = pattern.strip_suffix(end) {
            return (prefix.trim_end(), Extent::Prefix);
        }
    }
    match pattern.strip_suffix('*') {
        Some("") => ("", Extent::Prefix),
        Some(stem) => (stem, Extent::Stem),
        None => (pattern, Extent::Exact),
    }
}

/// A wildcard that is not at the end stands for anything, blanks too. What denies or asks about some of
/// the commands that begin like this asks about all of them here.
fn with_wildcard(origin: Origin, decision: Decision, before: &str, import: &mut Import) {
    let words = before
        .rsplit_once(' ')
        .map_or("", |(words, _)| words.trim());
    if decision == Decision::Allow {
        let why =
            "a wildcard before the end of an entry can stand for anything, also for other options";
        return import.leave_out(origin, decision, why);
    }
    let known = import.rules.len();
    match words {
        "" => import.add(Carried::new(origin, Decision::Ask, Extent::Prefix)),
        words => import.add_text(origin, Decision::Ask, words, Extent::Prefix),
    }
    for rule in import.rules.iter_mut().skip(known) {
        rule.note = Some(format!(
            "to {} some of these is not possible; all of them are asked about",
            match decision {
                Decision::Deny => "deny",
                _ => "ask about",
            }
        ));
    }
}
