//! `shape permissions list`

use crate::args::Format;
use crate::policy::Given;
use crate::policy_args::ListArgs;
use crate::report::{self, Status};
use crate::shown;
use serde_json::{Value, json};
use shape_policy::{IgnoredRule, RuleRef};
use std::fmt::Write as _;

/// Prints every rule that holds here, in the order in which they are looked at, and those that do not
/// count.
pub(crate) fn main(args: ListArgs) -> Result<(), Status> {
    let given = Given::new(args.grant).map_err(|invalid| invalid.tell())?;
    let rules = given.rules().map_err(|error| report::rule_error(&error))?;
    let mut text = String::new();
    match args.output_format {
        Format::Json => {
            let ignored: Vec<Value> = rules.ignored().iter().map(ignored_json).collect();
            let held: Vec<Value> = rules.rules().map(|rule| json!(**rule)).collect();
            let all = json!({ "rules": held, "ignored": ignored });
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{all}");
        }
        Format::Text => {
            rules
                .rules()
                .for_each(|rule| describe(&mut text, rule, None));
            for IgnoredRule { rule, why, .. } in rules.ignored() {
                describe(&mut text, rule, Some(why));
            }
        }
    }
    report::print(&text)
}

fn ignored_json(ignored: &IgnoredRule) -> Value {
    let mut rule = json!(*ignored.rule);
    rule["ignored"] = json!(ignored.why);
    rule
}

/// `deny   user     no-sudo (FILE:LINE): reason`
fn describe(text: &mut String, rule: &RuleRef, ignored: Option<&str>) {
    let (decision, source) = (rule.decision.to_string(), rule.source.to_string());
    let _ = write!(text, "{decision:<5}  {source:<7}  {rule}");
    if let Some(reason) = &rule.reason {
        let _ = write!(text, ": {}", shown::sentence(reason));
    }
    if let Some(why) = ignored {
        let _ = write!(text, " [does not count: {}]", shown::sentence(why));
    }
    text.push('\n');
}
