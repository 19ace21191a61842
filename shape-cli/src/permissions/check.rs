//! `shape permissions check`

use crate::places;
use crate::policy::Given;
use crate::policy_args::CheckRulesArgs;
use crate::report::{self, Status};
use crate::shown;
use shape_policy::{RuleSet, RuleSource};
use std::path::Path;

/// Loads rules files as a host would, and runs the tests in them.
pub(crate) fn main(args: &CheckRulesArgs) -> Result<(), Status> {
    if args.files.is_empty() {
        let given = Given::new(Default::default()).map_err(|invalid| invalid.tell())?;
        let rules = given.rules().map_err(|error| report::rule_error(&error))?;
        return report::print(&format!("{} hold here\n", count(&rules)));
    }
    let mut result = Ok(());
    for file in &args.files {
        match load(file) {
            Ok(rules) => {
                report::print(&format!("{}: {}\n", shown::word(file), count(&rules)))?;
            }
            Err(status) => result = Err(status),
        }
    }
    result
}

fn load(file: &Path) -> Result<RuleSet, Status> {
    // Project rules are not trusted here, and so what they allow would not be counted.
    let source = match file == Path::new(places::MANAGED_RULES) {
        true => RuleSource::Managed,
        false => RuleSource::User,
    };
    let rules = RuleSet::builder().file(source, file).build();
    rules.map_err(|error| report::rule_error(&error))
}

fn count(rules: &RuleSet) -> String {
    match rules.rules().count() {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    }
}
