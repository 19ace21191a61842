//! What was read, as a rules file.

use super::Tool;
use super::rule::{Carried, Decision, Extent, Import, LeftOut};
use shape_policy::{RuleError, RuleSet, RuleSource};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The longest id that is made of the words of a command.
const LONGEST_ID: usize = 48;

/// Leaves out what is no rule as it would be written, so that the whole can be loaded.
pub(super) fn check(import: &mut Import) {
    let rules = std::mem::take(&mut import.rules);
    for mut rule in rules {
        let mut loaded = load(&rule);
        if loaded.is_err() && !(rule.matches.is_empty() && rule.not_matches.is_empty()) {
            rule.matches.clear();
            rule.not_matches.clear();
            loaded = load(&rule);
            rule.note = Some("without its examples, which do not hold here".to_owned());
        }
        match loaded {
            Ok(()) => import.rules.push(rule),
            Err(error) => {
                let why = format!("it makes no rule: {}", error.message);
                import.leave_out(rule.origin, rule.decision, why);
            }
        }
    }
}

/// Whether a rule can be loaded.
fn load(rule: &Carried) -> Result<(), RuleError> {
    let mut text = String::new();
    add_rule(&mut text, "a", rule);
    let rules = RuleSet::builder().text(RuleSource::User, Path::new("rules.toml"), &text);
    rules.build().map(drop)
}

/// The rules file.
pub(super) fn rules(tool: Tool, files: &[PathBuf], import: &Import) -> String {
    let mut text = format!("# Carried over from the settings of {}:\n", tool.name());
    for file in files {
        comment(&mut text, &format!("  {}", shown(file)));
    }
    let mut ids = HashMap::new();
    for rule in &import.rules {
        text.push('\n');
        let id = unique(&format!("{}-{}", tool.name(), slug(&rule.words)), &mut ids);
        add_rule(&mut text, &id, rule);
    }
    if !import.left_out.is_empty() {
        text.push_str("\n# Not carried over:\n");
        for entry in &import.left_out {
            add_left_out(&mut text, entry);
        }
    }
    text
}

/// How much was carried over.
pub(super) fn summary(import: &Import) -> String {
    let rules = match import.rules.len() {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    match import.left_out.len() {
        0 => format!("{rules}; nothing was left out"),
        1 => format!("{rules}; 1 entry was left out, see the comment at the end"),
        count => format!("{rules}; {count} entries were left out, see the comments at the end"),
    }
}

fn add_rule(text: &mut String, id: &str, rule: &Carried) {
    comment(text, &rule.origin.to_string());
    if let Some(note) = &rule.note {
        comment(text, note);
    }
    text.push_str("[[rule]]\n");
    let mut set = |key: &str, value: &str| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{key} = {value}");
    };
    set("id", &quoted(id));
    for (key, value) in command(rule) {
        set(key, &value);
    }
    set("decision", &quoted(rule.decision.name()));
    if let Some(reason) = &rule.reason {
        set("reason", &quoted(reason));
    }
    for (key, examples) in [("match", &rule.matches), ("not_match", &rule.not_matches)] {
        if !examples.is_empty() {
            let examples: Vec<String> = examples.iter().map(|words| list(words)).collect();
            set(key, &format!("[{}]", examples.join(", ")));
        }
    }
}

/// What says of a rule which commands it is about.
fn command(rule: &Carried) -> Vec<(&'static str, String)> {
    let is_stem = rule.extent == Extent::Stem;
    let last = rule.words.len().saturating_sub(1);
    let mut words = rule.words.iter().enumerate().map(|(at, alternatives)| {
        let end = if is_stem && at == last { "*" } else { "" };
        let patterns: Vec<String> = alternatives
            .iter()
            .map(|word| format!("{}{end}", literal(word)))
            .collect();
        match patterns.as_slice() {
            [one] => quoted(one),
            more => list(more),
        }
    });
    let program = words.next().unwrap_or_else(|| quoted("*"));
    let args: Vec<String> = words.collect();
    let mut keys = vec![("program", program)];
    let is_exact = rule.decision == Decision::Allow && rule.extent == Extent::Exact;
    if is_exact || !args.is_empty() {
        keys.push((words_key(rule), format!("[{}]", args.join(", "))));
    }
    if is_exact {
        keys.push(("exact", "true".to_owned()));
    }
    keys
}

/// How the arguments are meant. What allows means them as they are written: `git log` is not
/// `git -c alias.log=… log`. What denies or asks means them wherever options stand around them.
fn words_key(rule: &Carried) -> &'static str {
    let mut args = rule.words.iter().skip(1).flatten();
    match rule.decision {
        Decision::Ask | Decision::Deny if !args.any(|arg| arg.starts_with('-')) => "args",
        _ => "words",
    }
}

fn add_left_out(text: &mut String, entry: &LeftOut) {
    text.push_str("#\n");
    let decision = entry.decision.map(|it| format!(" ({})", it.name()));
    comment(
        text,
        &format!("{}{}", entry.origin, decision.unwrap_or_default()),
    );
    comment(text, &format!("  {}", entry.why));
    if let Some(instead) = &entry.instead {
        comment(text, &format!("  if it is wanted: {instead}"));
    }
}

/// A line that begins with `#`; what would end it is escaped.
fn comment(text: &mut String, line: &str) {
    text.push_str("# ");
    for c in line.chars() {
        match is_hidden(c) {
            true => text.extend(c.escape_unicode()),
            false => text.push(c),
        }
    }
    text.push('\n');
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Whether a character could make a line look like something else.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A pattern that stands for `word` alone.
fn literal(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len());
    for c in word.chars() {
        if "*?[]{}\\".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// # Source
/// TOML 1.0, basic strings
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_hidden(c) => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// The letters and digits of the words, of alternatives the first.
fn slug(words: &[Vec<String>]) -> String {
    let mut slug = String::new();
    for word in words.iter().filter_map(|word| word.first()) {
        let parts = word.split(|c: char| !c.is_ascii_alphanumeric());
        for part in parts.filter(|part| !part.is_empty()) {
            if slug.len() + part.len() < LONGEST_ID {
                slug.push_str(if slug.is_empty() { "" } else { "-" });
                slug.push_str(part);
            }
        }
    }
    match slug.is_empty() {
        true => "any".to_owned(),
        false => slug,
    }
}

/// `id`, with a number where it is taken.
fn unique(id: &str, taken: &mut HashMap<String, usize>) -> String {
    loop {
        let count = taken.entry(id.to_owned()).or_insert(0);
        *count += 1;
        if *count == 1 {
            return id.to_owned();
        }
        let numbered = format!("{id}-{count}");
        if !taken.contains_key(&numbered) {
            taken.insert(numbered.clone(), 1);
            return numbered;
        }
    }
}
