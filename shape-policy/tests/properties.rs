//! What holds for all commands, rules and grants.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::Command;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use shape_policy::{
    Decision, DenialReason, Explanation, Ground, LayerExplanation, Lifetime, NewGrant, Policy,
    ProcessGrant, Program, Refusal, RuleSet, RuleSource, Trust, TrustScope, TrustStore,
};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Programs that every machine has.
const PROGRAMS: [&str; 10] = [
    "cat", "cp", "echo", "env", "find", "ls", "nice", "rm", "sh", "/bin/rm",
];

const WORDS: [&str; 34] = [
    "-",
    "--",
    "-c",
    "-delete",
    "-exec",
    "-f",
    "-i",
    "-n",
    "-r",
    "-rf",
    "-u",
    "-v",
    "--force",
    "--fo",
    "--opt=x",
    "--recursive",
    "+",
    ";",
    "{}",
    "*",
    "./*",
    ".",
    "..",
    "/",
    "/etc/passwd",
    "5",
    "A",
    "A=b",
    "LD_PRELOAD=x",
    "PATH=/tmp",
    "PATH=.:/bin",
    "push",
    "status",
    "$x",
];

/// A command line: words, of which the first is a program.
fn line() -> impl Strategy<Value = Vec<String>> {
    let words = prop::collection::vec(select(&WORDS[..]), 0..4);
    let simple = (select(&PROGRAMS[..]), words).prop_map(|(program, words)| {
        let words = words.into_iter().map(str::to_owned);
        std::iter::once(program.to_owned())
            .chain(words)
            .collect::<Vec<_>>()
    });
    simple.prop_recursive(3, 12, 2, |inner| {
        let before = |words: &[&str], line: Vec<String>| {
            let words = words.iter().map(|word| (*word).to_owned());
            words.chain(line).collect::<Vec<_>>()
        };
        let script = (
            inner.clone(),
            inner.clone(),
            select(&["&&", "|", ">", ";", "& cd /;"][..]),
        );
        prop_oneof![
            inner
                .clone()
                .prop_map(move |line| before(&["env", "B=c"], line)),
            inner
                .clone()
                .prop_map(move |line| before(&["nice", "-n", "5"], line)),
            inner
                .clone()
                .prop_map(move |line| before(&["xargs", "-n1"], line)),
            inner.prop_map(move |mut line| {
                line.push(";".to_owned());
                before(&["find", ".", "-exec"], line)
            }),
            script.prop_map(move |(one, other, between)| {
                let text = format!("{} {between} {}", one.join(" "), other.join(" "));
                before(&["sh", "-c"], vec![text])
            }),
        ]
    })
}

fn command() -> impl Strategy<Value = Command> {
    let env = prop::option::weighted(
        0.2,
        select(&[("X", "y"), ("LD_PRELOAD", "/x.so"), ("PATH", "/tmp:/bin")][..]),
    );
    (line(), env).prop_map(|(line, env)| {
        let command = of_line(&line);
        match env {
            Some((name, value)) => command.env(name, value),
            None => command,
        }
    })
}

fn of_line(line: &[String]) -> Command {
    let (program, args) = line.split_first().unwrap();
    args.iter().fold(Command::new(program), Command::arg)
}

/// A rule of a file without its id.
fn rule(decisions: &'static [&'static str]) -> impl Strategy<Value = String> {
    const NAMES: [&str; 14] = [
        "cat", "cp", "echo", "env", "find", "ls", "nice", "rm", "sh", "xargs", "*", "r*",
        "{cat,ls}", "/bin/*",
    ];
    const CONDITIONS: [&str; 12] = [
        "args = [\"status\"]",
        "args = [\"**\", \"/*\"]",
        "args = [[\"push\", \"/\"]]",
        "words = [\"-rf\"]",
        "words = []\nexact = true",
        "require_options = [[\"-f\", \"--force\"]]",
        "require_options = [\"-r\"]",
        "forbid_options = [\"-c\"]",
        "forbid_options = [\"--force\"]",
        "sets = [\"A\"]",
        "writes = [\"/etc/*\"]",
        "opaque = [\"*\"]",
    ];
    let condition = prop::option::of(select(&CONDITIONS[..]));
    (select(&NAMES[..]), condition, select(decisions)).prop_map(|(program, condition, decision)| {
        let condition = condition.unwrap_or_default();
        format!("program = \"{program}\"\ndecision = \"{decision}\"\n{condition}\n")
    })
}

const ANY: &[&str] = &["allow", "ask", "deny"];

fn rules() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(rule(ANY), 0..5)
}

/// The text of a rules file, and where each rule of it begins.
fn text_of(rules: &[String]) -> (String, Vec<usize>) {
    let (mut text, mut starts) = (String::new(), Vec::new());
    for (at, rule) in rules.iter().enumerate() {
        starts.push(text.len());
        write!(text, "[[rule]]\nid = \"rule-{at}\"\n{rule}").unwrap();
    }
    (text, starts)
}

fn read(text: &str) -> Option<RuleSet> {
    let rules = RuleSet::builder().builtin();
    rules
        .text(RuleSource::User, Path::new("rules.toml"), text)
        .build()
        .ok()
}

const ENTRIES: [&str; 14] = [
    "cat",
    "cp",
    "echo",
    "env",
    "find",
    "ls",
    "nice",
    "rm",
    "sh",
    "sh!",
    "env!",
    "rm!-r",
    "cat:status",
    "/bin/rm",
];

/// The entries of an allow list, if there is one, and of a deny list.
type Flags = (Option<Vec<&'static str>>, Vec<&'static str>);

fn flags() -> impl Strategy<Value = Flags> {
    let entries = |count| prop::collection::vec(select(&ENTRIES[..]), 0..count);
    let deny = entries(3).prop_map(|entries| {
        // Only what a deny list takes.
        entries
            .into_iter()
            .filter(|entry| !entry.contains('!'))
            .collect()
    });
    (prop::option::of(entries(6)), deny)
}

fn grant((allow, deny): &Flags) -> ProcessGrant {
    let parse = |entry: &&str| entry.parse().unwrap();
    let grant = match allow {
        None => ProcessGrant::all(),
        Some(entries) => entries
            .iter()
            .map(parse)
            .fold(ProcessGrant::none(), ProcessGrant::allow),
    };
    deny.iter().map(parse).fold(grant, ProcessGrant::deny)
}

fn policy(rules: &[String], flags: &Flags) -> Policy {
    let rules = read(&text_of(rules).0).unwrap();
    Policy::builder(grant(flags)).rules(rules).build()
}

/// Trust in a program, or in a command exactly.
fn trusting(
    rules: &[String],
    flags: &Flags,
    trusted: &Command,
    scope: TrustScope,
) -> Option<Policy> {
    let trust = Trust {
        scope,
        lifetime: Lifetime::Run,
    };
    let name = Path::new(&trusted.program).file_name().unwrap();
    let path = Path::new("/usr/bin").join(name);
    let program = Program::at(&path).ok()?;
    let store = TrustStore::in_memory();
    store
        .add(NewGrant::command(&program, &trusted.args, trust, "test").unwrap())
        .unwrap();
    let rules = read(&text_of(rules).0).unwrap();
    let policy = Policy::builder(grant(flags)).rules(rules);
    Some(policy.trust(Arc::new(store)).build())
}

/// Whether what decides is a rule, and not what follows from the rest.
fn is_by_rule(explained: &Explanation) -> bool {
    matches!(explained.layers[explained.decisive].ground, Ground::Rule(_))
}

/// Everything about a layer but its place.
fn without_place(layer: &LayerExplanation) -> String {
    let mut layer = layer.clone();
    layer.by = None;
    layer.rules.retain(|rule| rule.outcome != "no");
    format!("{layer:?}")
}

/// A rule that could match, and stops nobody who may run everything, stood before one that does.
#[test]
fn a_rule_that_could_match_hides_none_that_does() {
    let ask = "program = \"rm\"\ndecision = \"ask\"\n";
    let open = "program = \"*\"\ndecision = \"ask\"\nargs = [\"status\"]\n";
    let rules = [open.to_owned(), ask.to_owned()];
    let command = of_line(&["xargs", "rm"].map(str::to_owned));
    let explained = policy(&rules, &(None, Vec::new()))
        .explain(&command)
        .unwrap();
    assert_eq!(explained.decision, Decision::Ask);
    assert_eq!(explained.rule.as_deref(), Some("rule-1"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_more_rule_that_denies_or_asks_widens_nothing(
        command in command(), mut rules in rules(), flags in flags(), more in rule(&["ask", "deny"]), at: Index,
    ) {
        let before = policy(&rules, &flags);
        rules.insert(at.index(rules.len() + 1), more);
        let after = policy(&rules, &flags);
        let (before, after) = (before.explain(&command).unwrap(), after.explain(&command).unwrap());
        prop_assert!(after.decision >= before.decision, "{before:#?}\n{after:#?}");
    }

    #[test]
    fn one_more_denied_entry_widens_nothing(
        command in command(), rules in rules(), flags in flags(), more in select(&["rm", "cat", "/bin/ls", "sh"][..]),
    ) {
        let before = policy(&rules, &flags);
        let (allow, mut deny) = flags;
        deny.push(more);
        let after = policy(&rules, &(allow, deny));
        let (before, after) = (before.explain(&command).unwrap(), after.explain(&command).unwrap());
        prop_assert!(after.decision >= before.decision, "{before:#?}\n{after:#?}");
    }

    #[test]
    fn what_a_rule_denies_stays_denied_whatever_rule_is_added(
        command in command(), mut rules in rules(), flags in flags(), more in rule(ANY), at: Index,
        entry in select(&ENTRIES[..]),
    ) {
        let before = policy(&rules, &flags);
        let before = before.explain(&command).unwrap();
        rules.insert(at.index(rules.len() + 1), more);
        if before.decision == Decision::Deny {
            let after = policy(&rules, &flags).explain(&command).unwrap();
            prop_assert_eq!(after.decision, Decision::Deny);
        }
        if before.decision == Decision::Deny && is_by_rule(&before) {
            let (allow, deny) = flags;
            let allow = allow.map(|mut entries| { entries.push(entry); entries });
            let after = policy(&rules, &(allow, deny)).explain(&command).unwrap();
            prop_assert_eq!(after.decision, Decision::Deny);
        }
    }

    #[test]
    fn what_a_wrapper_runs_is_decided_on_as_it_is_alone(
        line in line(), rules in rules(), flags in flags(),
    ) {
        let policy = policy(&rules, &flags);
        // By that entry what `env` runs is allowed.
        prop_assume!(!flags.0.iter().flatten().any(|entry| *entry == "env!"));
        let alone = policy.explain(&of_line(&line)).unwrap();
        let wrapped = Command::new("env");
        let wrapped = line.iter().fold(wrapped, Command::arg);
        let wrapped = policy.explain(&wrapped).unwrap();
        let alone: Vec<_> = alone.layers.iter().map(without_place).collect();
        let inner: Vec<_> = wrapped.layers[1..].iter().map(without_place).collect();
        prop_assert_eq!(alone, inner);
    }

    #[test]
    fn explaining_and_deciding_agree(
        command in command(), rules in rules(), flags in flags(), trusted in command(),
        scope in select(&[TrustScope::Program, TrustScope::Exact][..]), is_same: bool,
    ) {
        let trusted = if is_same { &command } else { &trusted };
        let policy = trusting(&rules, &flags, trusted, scope);
        let policy = policy.unwrap_or_else(|| self::policy(&rules, &flags));
        let explained = policy.explain(&command).unwrap();
        let decisive = &explained.layers[explained.decisive];
        match policy.approve(command) {
            Ok(_) => prop_assert_eq!(explained.decision, Decision::Allow),
            Err(Refusal::Resolve(error)) => prop_assert_eq!(explained.error, Some(error.to_string())),
            Err(Refusal::Denied(denial)) => {
                prop_assert_eq!(explained.help.as_deref(), Some(denial.help()));
                let inner = (explained.decisive > 0).then_some(decisive.command.as_str());
                prop_assert_eq!(denial.inner(), inner);
                match denial.reason() {
                    DenialReason::Ground(ground) => {
                        prop_assert_eq!(explained.decision, Decision::Deny);
                        prop_assert_eq!(ground, &decisive.ground);
                    }
                    DenialReason::NobodyToAsk(ground) => {
                        prop_assert_eq!(explained.decision, Decision::Ask);
                        prop_assert_eq!(ground, &decisive.ground);
                    }
                    DenialReason::NotOnAllowList(_) => {
                        prop_assert_eq!(explained.decision, Decision::Ask);
                        prop_assert_eq!(&decisive.ground, &Ground::NoRule);
                    }
                    other => prop_assert!(false, "{other}"),
                }
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    /// One byte of one rule is changed: the file is refused, or the other rules deny what they did.
    #[test]
    fn a_slip_in_one_rule_takes_nothing_from_the_others(
        commands in prop::collection::vec(command(), 4), rules in prop::collection::vec(rule(ANY), 1..5),
        at: Index, in_rule: Index, slip in select(&["", "\"", "'", "#", "\n", "[", "]", "=", " ", "x", "\\", ",", "*"][..]),
        replaces: bool,
    ) {
        let (text, starts) = text_of(&rules);
        let whole = read(&text).unwrap();
        let changed = in_rule.index(rules.len());
        let end = starts.get(changed + 1).copied().unwrap_or(text.len());
        let at = starts[changed] + at.index(end - starts[changed]);
        let mut slipped = text.clone();
        slipped.replace_range(at..at + usize::from(replaces || slip.is_empty()), slip);
        let Some(slipped) = read(&slipped) else { return Ok(()) };
        let policy = |rules| Policy::builder(ProcessGrant::all()).rules(rules).build();
        let (whole, slipped) = (policy(whole), policy(slipped));
        for command in commands {
            let before = whole.explain(&command).unwrap();
            let by_another = before.layers.iter().flat_map(|layer| &layer.rules).any(|rule| {
                rule.decision == Decision::Deny && rule.outcome == "matches" && rule.id != format!("rule-{changed}")
            });
            if by_another {
                let after = slipped.explain(&command).unwrap();
                prop_assert_eq!(after.decision, Decision::Deny, "{:#?}", after);
            }
        }
    }
}
