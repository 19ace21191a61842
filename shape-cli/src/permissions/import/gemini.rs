//! The settings and policies of Gemini CLI.
//!
//! # Source
//! <https://geminicli.com/docs/tools/shell/>, <https://geminicli.com/docs/reference/policy-engine/>

use super::jsonc::{self, Dialect, Node};
use super::rule::{Carried, Decision, Extent, Import, Origin};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// The tool that runs commands.
const SHELL: &str = "run_shell_command";

/// The lists of the settings, by their new and their old names.
const LISTS: [(&[&str], &[&str], Listed); 3] = [
    (&["tools", "allowed"], &["allowedTools"], Listed::Allowed),
    (&["tools", "exclude"], &["excludeTools"], Listed::Excluded),
    (&["tools", "core"], &["coreTools"], Listed::Core),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    /// Runs without being asked about.
    Allowed,
    /// Does not run.
    Excluded,
    /// All that there is; the rest does not run.
    Core,
}

/// Adds the lists of tools in a settings file.
///
/// # Errors
/// It is not JSON.
pub(super) fn read_settings(file: &Path, text: &str, import: &mut Import) -> Result<(), String> {
    let settings = jsonc::parse(text, Dialect::Comments).map_err(|error| error.to_string())?;
    for (new, old, listed) in LISTS {
        for place in [new, old] {
            let entries = settings.at(place).map_or(&[][..], Node::items);
            for entry in entries {
                let name = place.join(".");
                let shown = format!("{} in {name}", entry.text().unwrap_or("(not a text)"));
                let origin = Origin::new(file, entry.line, shown);
                add_tool(origin, listed, entry.text().unwrap_or(""), import);
            }
        }
    }
    Ok(())
}

/// An entry of a list: `TOOL`, `TOOL(COMMAND)`.
fn add_tool(origin: Origin, listed: Listed, entry: &str, import: &mut Import) {
    let decision = match listed {
        Listed::Excluded => Decision::Deny,
        Listed::Allowed | Listed::Core => Decision::Allow,
    };
    let (tool, command) = match entry.trim().split_once('(') {
        None => (entry.trim(), ""),
        Some((tool, rest)) => match rest.strip_suffix(')') {
            Some(command) => (tool.trim_end(), command.trim()),
            None => return import.leave_out(origin, decision, "it has no closing parenthesis"),
        },
    };
    if tool != SHELL && tool != "ShellTool" {
        return import.leave_out(origin, decision, not_shell(tool));
    }
    if listed == Listed::Core {
        let why =
            "the list says what may be asked about; here everything without a rule is asked about";
        return import.leave_out(origin, decision, why);
    }
    import.add_text(origin, decision, command, Extent::Prefix);
}

fn not_shell(tool: &str) -> String {
    match tool {
        "" => "it names no tool".to_owned(),
        tool => format!("{tool} is a tool of its own and starts no program that rules are about"),
    }
}

#[derive(Deserialize)]
struct Policy {
    #[serde(default)]
    rule: Vec<Spanned<Rule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    tool_name: Option<OneOrMore>,
    mcp_name: Option<toml::Value>,
    command_prefix: Option<OneOrMore>,
    command_regex: Option<toml::Value>,
    args_pattern: Option<toml::Value>,
    tool_annotations: Option<toml::Value>,
    subagent: Option<toml::Value>,
    modes: Option<toml::Value>,
    interactive: Option<bool>,
    decision: Option<String>,
    deny_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// Adds the rules of a policy file. Of two of them the one of the higher priority counts there; here the
/// one that denies, then the one that asks, which is never wider.
///
/// # Errors
/// It is no such file.
pub(super) fn read_policy(file: &Path, text: &str, import: &mut Import) -> Result<(), String> {
    let line_of = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let policy: Policy = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        format!("{}: {}", line_of(at), error.message())
    })?;
    for rule in &policy.rule {
        add_rule(file, line_of(rule.span().start), rule.get_ref(), import);
    }
    Ok(())
}

fn add_rule(file: &Path, line: usize, rule: &Rule, import: &mut Import) {
    let tools = rule.tool_name.as_ref().map_or(&[][..], OneOrMore::all);
    let shown = format!(
        "rule for {}",
        match tools {
            [] => "every tool".to_owned(),
            tools => tools.join(", "),
        }
    );
    let decision = match rule.decision.as_deref() {
        Some("allow") => Decision::Allow,
        Some("ask_user") => Decision::Ask,
        // What is not known is not allowed.
        _ => Decision::Deny,
    };
    let origin = |entry: &str| Origin::new(file, line, entry);
    let is_shell = |tool: &String| tool == SHELL || tool == "*";
    if rule.mcp_name.is_some() || !(tools.is_empty() || tools.iter().any(is_shell)) {
        return import.leave_out(origin(&shown), decision, not_shell(&tools.join(", ")));
    }
    let is_narrowed = rule.args_pattern.is_some()
        || rule.command_regex.is_some()
        || rule.tool_annotations.is_some()
        || rule.subagent.is_some();
    if is_narrowed {
        let why = "it holds for a part of the calls that no rule can name";
        return import.leave_out(origin(&shown), decision, why);
    }
    let is_conditional = rule.modes.is_some() || rule.interactive.is_some();
    if is_conditional && decision == Decision::Allow {
        let why = "it holds in some modes only, and a rule holds in all";
        return import.leave_out(origin(&shown), decision, why);
    }
    let carried = |entry: &str| Carried {
        reason: rule.deny_message.clone(),
        ..Carried::new(origin(entry), decision, Extent::Prefix)
    };
    let Some(prefixes) = &rule.command_prefix else {
        return import.add(carried(&shown));
    };
    for prefix in prefixes.all() {
        let entry = format!("commandPrefix {prefix:?}");
        let known = import.rules.len();
        import.add_text(origin(&entry), decision, prefix, Extent::Prefix);
        for added in import.rules.iter_mut().skip(known) {
            added.reason = rule.deny_message.clone();
        }
    }
}
