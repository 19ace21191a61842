//! `shape permissions explain`

use crate::args::Format;
use crate::policy::Given;
use crate::policy_args::ExplainArgs;
use crate::report::{self, Status};
use crate::shown;
use serde_json::json;
use shape_policy::{Explanation, LayerExplanation, RuleExplanation};
use shape_process::Spec;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;

/// Says what would be decided about a command and why. Nothing runs, and nobody is asked.
pub(crate) fn main(args: ExplainArgs) -> Result<(), Status> {
    let given = Given::new(args.grant).map_err(|invalid| invalid.tell())?;
    let ready = given.policy(None).map_err(|unusable| unusable.tell())?;
    let mut words = match args.string {
        Some(string) => vec!["sh".into(), "-c".into(), string],
        None => args.command,
    }
    .into_iter();
    let program: OsString = words.next().unwrap_or_default();
    let mut spec = Spec::new(program).args(words);
    if let Some(directory) = args.cwd {
        spec = spec.cwd(directory);
    }
    let explained = ready.policy.explain(&spec);
    let explanation = explained.map_err(|refusal| report::usage(&refusal.to_string()))?;
    report::print(&match args.output_format {
        Format::Json => format!("{}\n", json!(explanation)),
        Format::Text => in_words(&explanation),
    })
}

fn in_words(explanation: &Explanation) -> String {
    let mut text = format!(
        "{}: {}\n",
        explanation.decision,
        shown::sentence(&explanation.reason)
    );
    let mut add = |name: &str, fact: &str| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "  {name:<9}  {fact}");
    };
    match &explanation.program {
        Some(program) => add("program", &shown::word(program)),
        None => add("program", "there is none"),
    }
    add("directory", &shown::word(&explanation.cwd));
    if let Some(error) = &explanation.error {
        add("error", &shown::sentence(error));
    }
    if let Some(help) = &explanation.help {
        add("help", &shown::sentence(help));
    }
    for (at, layer) in explanation.layers.iter().enumerate() {
        text.push('\n');
        add_layer(&mut text, at, layer);
    }
    text
}

/// A program that would run, and what the rules say of it.
fn add_layer(text: &mut String, at: usize, layer: &LayerExplanation) {
    let runs = match layer.by {
        Some(by) => format!(" (run by {})", by + 1),
        None => String::new(),
    };
    let (decision, reason) = (layer.decision, shown::sentence(&layer.reason));
    let _ = writeln!(text, "{}. {}{runs}", at + 1, layer.command);
    let _ = writeln!(text, "   {decision}: {reason}");
    if let Some(program) = &layer.program {
        let _ = writeln!(text, "   file       {}", shown::word(program));
    }
    if let Some(why) = &layer.opaque {
        let _ = writeln!(text, "   unknown    {}", shown::sentence(why));
    }
    for file in &layer.writes {
        let _ = writeln!(text, "   writes     {}", shown::sentence(file));
    }
    let mut others: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in &layer.rules {
        match rule.outcome {
            "no" => others.entry(&rule.why).or_default().push(&rule.id),
            _ => add_rule(text, rule),
        }
    }
    for (why, ids) in others {
        let _ = writeln!(
            text,
            "   no         {}: {}",
            shown::sentence(why),
            ids.join(", ")
        );
    }
}

fn add_rule(text: &mut String, rule: &RuleExplanation) {
    let RuleExplanation {
        id,
        source,
        decision,
        outcome,
        why,
        ..
    } = rule;
    let decision = decision.to_string();
    let _ = writeln!(
        text,
        "   {outcome:<10} {decision:<5} {} ({}): {}",
        shown::sentence(id),
        shown::sentence(source),
        shown::sentence(why)
    );
}
