//! Hundreds of command lines and the verdict that each must get.
//!
//! They stand in the files under `verdicts/`; see `common/table.rs`. Each line is explained, and also decided
//! on where its program exists, and both must come to the same.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use common::table::{Table, command, lair};
use shape_policy::{Decision, DenialReason, Policy, ProcessGrant, Refusal, RuleSet, RuleSource};
use std::path::Path;

/// What a decision comes to when nobody can be asked.
fn decided(policy: &Policy, command: &Command) -> Option<Decision> {
    match policy.approve(command.clone()) {
        Ok(_) => Some(Decision::Allow),
        Err(Refusal::Denied(denial)) => Some(match denial.reason() {
            DenialReason::NobodyToAsk(_) => Decision::Ask,
            _ => Decision::Deny,
        }),
        // Nothing to run.
        Err(Refusal::Resolve(_)) => None,
        Err(other) => panic!("{other}"),
    }
}

/// Looks whether each line of a file gets its verdict; returns how many there are.
fn check(file: &'static str) -> usize {
    let table = Table::read(file);
    let policy = Policy::builder(ProcessGrant::none())
        .rules(table.rules())
        .build();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (line, verdict, command) in table.lines() {
        let explanation = policy.explain(&command).unwrap();
        let expected = match verdict {
            "allow" => Decision::Allow,
            "ask" => Decision::Ask,
            "deny" => Decision::Deny,
            other => panic!("{other}"),
        };
        count += 1;
        if explanation.decision != expected {
            let layers = explanation.layers.iter().map(|layer| {
                format!(
                    "\n    {} {}: {}",
                    layer.decision, layer.command, layer.reason
                )
            });
            wrong.push(format!("{line}{}", layers.collect::<String>()));
        }
        if let Some(decision) = decided(&policy, &command)
            && decision != explanation.decision
        {
            wrong.push(format!(
                "{line}\n    is explained otherwise than {decision:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    count
}

#[test]
fn a_denied_program_is_denied_however_it_is_run() {
    assert!(check("denied_program.txt") > 200);
}

#[test]
fn the_built_in_rules_know_every_spelling() {
    assert!(check("builtin.txt") > 100);
}

#[test]
fn options_stand_anywhere() {
    assert!(check("options.txt") > 80);
}

#[test]
fn harmless_commands_are_not_refused() {
    assert!(check("harmless.txt") > 100);
}

#[test]
fn what_cannot_be_known_runs_for_who_may_run_everything() {
    let rules = RuleSet::builder().builtin().build().unwrap();
    let policy = Policy::builder(ProcessGrant::all()).rules(rules).build();
    let check = |line: &str, decision| {
        let explanation = policy.explain(&command(line)).unwrap();
        assert_eq!(explanation.decision, decision, "{line}: {explanation:?}");
    };
    check("sh -c 'rm $X'", Decision::Allow);
    check("xargs rm", Decision::Allow);
    check("sh -c '$X'", Decision::Allow);
    check("sh -c 'rm -rf $X'", Decision::Deny);
    check("rm -rf x", Decision::Deny);
}

#[test]
fn a_path_that_is_denied_is_denied_as_an_interpreter() {
    let lair = lair();
    let path = lair.path().join("link2");
    let text = format!(
        "[[rule]]\nid = \"no\"\nprogram = \"{}\"\ndecision = \"deny\"\n",
        path.display()
    );
    let rules = RuleSet::builder().text(RuleSource::User, Path::new("rules.toml"), &text);
    let policy = Policy::builder(ProcessGrant::all())
        .rules(rules.build().unwrap())
        .build();
    let script = lair.path().join("on-link");
    let explanation = policy.explain(&Command::new(script)).unwrap();
    assert_eq!(explanation.decision, Decision::Deny, "{explanation:?}");
}
