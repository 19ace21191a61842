//! Whole sets of rules, held against commands.

use super::builder::{builtin_pack, builtin_text};
use super::*;
use crate::command::Word;
use crate::resolve::Resolver;
use proptest::prelude::*;
use std::borrow::Cow;
use std::path::Path;

/// A layer of plain words; `?` is a word that is not known, and `./*` some operands.
fn layer(line: &str) -> Layer<'_> {
    let mut words = line.split_whitespace();
    Layer {
        program: Cow::Borrowed(OsStr::new(words.next().unwrap_or_default())),
        args: words
            .map(|word| match word {
                "?" => Word::Unknown,
                "./*" => Word::Operands,
                text => Word::Text(Cow::Borrowed(OsStr::new(text))),
            })
            .collect(),
        by: None,
        path: None,
        sets: Vec::new(),
        writes: Vec::new(),
        is_builtin: false,
        opaque: None,
        is_wrapper: false,
    }
}

fn user(text: &str) -> RuleSetBuilder {
    RuleSet::builder().text(RuleSource::User, Path::new("/u/rules.toml"), text)
}

/// A rule in TOML.
fn rule(id: &str, decision: &str, rest: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\ndecision = \"{decision}\"\n{rest}\n")
}

/// The program that the host has for the layer, if it has one.
impl Judgement {
    /// The strongest decision; what could match asks.
    fn decision(&self) -> Option<Decision> {
        let certain = self.certain.as_ref().map(|rule| rule.decision);
        certain.max(self.doubt.as_ref().map(|_| Decision::Ask))
    }
}

fn judge(rules: &RuleSet, layer: &Layer<'_>) -> Judgement {
    let resolver = Resolver::new();
    let name = Path::new(&*layer.program).file_name().unwrap_or_default();
    let program = resolver.find_on_host(name);
    let subject = Subject {
        layer,
        program: program.as_deref(),
        names: &[],
        is_from_hosts_path: false,
        resolver: &resolver,
    };
    let judgement = rules.judge(&subject);
    let mut count = 0;
    assert_eq!(rules.judge_all(&subject, &mut |_, _| count += 1), judgement);
    assert_eq!(count, rules.rules().count());
    judgement
}

#[track_caller]
fn check(rules: &str, line: &str, expected: Option<Decision>) {
    let rules = user(rules).build().unwrap();
    let judgement = judge(&rules, &layer(line));
    assert_eq!(judgement.decision(), expected, "{line} {judgement:?}");
}

#[test]
fn the_pack_does_what_it_says() {
    let text = error::Text::new(Path::new("builtin.toml"), builtin_text());
    let mut failed = Vec::new();
    for file_rule in &builtin_pack().unwrap() {
        assert!(!file_rule.tests.is_empty());
        for test in &file_rule.tests {
            failed.extend(test.check(&file_rule.rule, &text).err());
        }
    }
    let failed: Vec<String> = failed.iter().map(RuleError::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn deny_beats_ask_beats_allow_whatever_says_more() {
    let allow = rule("a", "allow", "program = \"sh\"\nargs = [\"x\", \"y\"]");
    let ask = rule("b", "ask", "program = \"sh\"\nargs = [\"x\"]");
    let deny = rule("c", "deny", "program = \"*\"");
    check(&allow, "sh x y", Some(Decision::Allow));
    check(&format!("{allow}{ask}"), "sh x y", Some(Decision::Ask));
    check(
        &format!("{allow}{ask}{deny}"),
        "sh x y",
        Some(Decision::Deny),
    );
    check(&format!("{allow}{ask}"), "sh y", None);
    check("", "sh", None);
}

#[test]
fn the_first_of_the_strongest_is_named_by_its_source_and_line() {
    let two = rule("one", "deny", "program = \"sh\"") + &rule("two", "deny", "program = \"s*\"");
    let rules = RuleSet::builder()
        .builtin()
        .text(RuleSource::User, Path::new("/u/r.toml"), &two)
        .text(
            RuleSource::Managed,
            Path::new("/etc/r.toml"),
            &rule("m", "ask", "program = \"sh\""),
        )
        .allow("sh")
        .build()
        .unwrap();
    let named = judge(&rules, &layer("sh")).certain.unwrap();
    assert_eq!(named.to_string(), "one (/u/r.toml:1)");
    assert_eq!(
        (named.line, named.source, named.decision),
        (Some(1), RuleSource::User, Decision::Deny)
    );
    let order: Vec<RuleSource> = rules.rules().map(|rule| rule.source).collect();
    assert!(order.is_sorted() && order.len() > 10, "{order:?}");
    let builtin = judge(&rules, &layer("rm -rf x")).certain.unwrap();
    assert_eq!(builtin.to_string(), "rm-recursive-force (built in)");
}

#[test]
fn a_rule_for_a_subcommand_understands_options() {
    let readonly = rule(
        "git-readonly",
        "allow",
        "program = \"git\"\nargs = [[\"status\", \"log\", \"diff\"]]\n\
         forbid_options = [\"--output\", \"-c\"]\n\
         match = [\"git status -s\", \"git -C . log -p\", [\"git\", \"diff\", \"a b\"]]\n\
         not_match = [\"git push\", \"git log --output=/tmp/x\", \"git -c a=b log\", \"git\", \
         \"git log --outp /tmp/x\", \"hg log\"]",
    );
    user(&readonly).build().unwrap();
    let no_force = rule(
        "no-force-push",
        "deny",
        "program = \"git\"\nargs = [\"push\"]\nrequire_options = [[\"-f\", \"--force\"]]\n\
         match = [\"git push -f\", \"git push origin x --force\", \"git -C /x push -uf\"]\n\
         not_match = [\"git push\", \"git push -- -f\", \"git status -f\", \"git log push -f\"]",
    );
    user(&no_force).build().unwrap();
}

#[test]
fn what_is_not_known_counts_against_the_command() {
    let deny = rule(
        "d",
        "deny",
        "program = \"rm\"\nargs = [\"x\"]\nrequire_options = [\"-f\"]",
    );
    check(&deny, "rm -f x", Some(Decision::Deny));
    check(&deny, "rm x", None);
    check(&deny, "rm ?", Some(Decision::Ask));
    check(&deny, "rm x ?", Some(Decision::Ask));
    check(&deny, "rm -f ./*", Some(Decision::Ask));
    check(&deny, "rm ./*", None);
    check(&deny, "rm -f x ?", Some(Decision::Deny));
    check(&deny, "rm -f x ./*", Some(Decision::Deny));
    let allow = rule(
        "a",
        "allow",
        "program = \"rm\"\nargs = [\"x\"]\nforbid_options = [\"-f\"]",
    );
    check(&allow, "rm x", Some(Decision::Allow));
    check(&allow, "rm x ./*", Some(Decision::Allow));
    check(&allow, "rm x ?", None);
    check(&allow, "rm ./* x", None);
    check(&allow, "rm -f x", None);
    // Of a tool that is not known, what follows an option may be its value.
    let allow = rule("a", "allow", "program = \"env\"\nargs = [\"x\"]");
    check(&allow, "env x", Some(Decision::Allow));
    let strange = rule(
        "s",
        "deny",
        "program = \"shape-strange\"\nargs = [\"push\"]",
    );
    check(&strange, "shape-strange push", Some(Decision::Deny));
    check(&strange, "shape-strange --what push", Some(Decision::Ask));
    check(
        &strange,
        "shape-strange --what=x push",
        Some(Decision::Deny),
    );
    check(&strange, "shape-strange pull", None);
}

#[test]
fn a_doubt_is_explained() {
    let deny = rule("d", "deny", "program = \"rm\"\nrequire_options = [\"-f\"]");
    let doubt = judge(&user(&deny).build().unwrap(), &layer("rm ?"))
        .doubt
        .unwrap();
    assert_eq!(doubt.why, "`-f` could be there");
    assert_eq!(doubt.rule.id, "d");
}

#[test]
fn an_opaque_layer_is_allowed_by_no_rule_but_one_with_a_mark() {
    let mut opaque = layer("sh x");
    opaque.opaque = Some("it reads commands".into());
    let decision = |rules: RuleSetBuilder, layer: &Layer<'_>| {
        let judgement = judge(&rules.build().unwrap(), layer);
        (judgement.decision(), judgement.covers_below.is_some())
    };
    let allow = rule("a", "allow", "program = \"sh\"");
    let deny = rule("d", "deny", "program = \"sh\"");
    assert_eq!(decision(user(&allow), &opaque), (None, false));
    let reads = rule("o", "deny", "program = \"*\"\nopaque = [\"it reads*\"]");
    assert_eq!(
        decision(user(&reads), &opaque),
        (Some(Decision::Deny), false)
    );
    assert_eq!(decision(user(&reads), &layer("sh x")), (None, false));
    assert_eq!(
        decision(user(&deny), &opaque),
        (Some(Decision::Deny), false)
    );
    let marked = || RuleSet::builder().allow("sh!");
    assert_eq!(decision(marked(), &opaque), (Some(Decision::Allow), true));
    assert_eq!(
        decision(marked(), &layer("sh x")),
        (Some(Decision::Allow), true)
    );
    assert_eq!(decision(marked(), &layer("env")), (None, false));
    let plain = RuleSet::builder().allow("sh");
    assert_eq!(
        decision(plain, &layer("sh")),
        (Some(Decision::Allow), false)
    );
    let narrower = RuleSet::builder().allow("sh:x!");
    assert_eq!(decision(narrower, &layer("sh y")), (None, false));
    let denied = marked().deny("sh");
    assert_eq!(decision(denied, &opaque).0, Some(Decision::Deny));
}

#[test]
fn flags_are_rules() {
    let allows = |entry: &str, line: &str| {
        let rules = RuleSet::builder().allow(entry).build().unwrap();
        judge(&rules, &layer(line)).decision() == Some(Decision::Allow)
    };
    // `env` stands in for any tool that is there: subcommands are operands.
    assert!(allows("env", "env a b"));
    assert!(allows("env:a", "env a b"));
    assert!(allows("env:a:b", "env a b c"));
    assert!(!allows("env:b", "env a b"));
    assert!(!allows("env:a:b", "env a"));
    assert!(allows("rm:a!-f", "rm -v a"));
    assert!(!allows("rm:a!-f", "rm a -vf"));
    assert!(!allows("rm:a!-f", "rm a --force"));
    assert!(!allows("rm!-r!-f", "rm a --force"));
    let rules = RuleSet::builder().deny("env:a").build().unwrap();
    assert_eq!(
        judge(&rules, &layer("env a b")).decision(),
        Some(Decision::Deny)
    );
    assert_eq!(judge(&rules, &layer("env b")).decision(), None);
    let named = judge(&rules, &layer("env a")).certain.unwrap().to_string();
    assert_eq!(named, "--deny-process=env:a");
    let error = RuleSet::builder()
        .allow("./x")
        .build()
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("--allow-process: "), "{error}");
    assert!(RuleSet::builder().deny("sh!").build().is_err());
}

#[test]
fn programs_are_globs_and_lists() {
    let of = |program: &str| rule("r", "deny", &format!("program = {program}"));
    for matching in [
        "\"{cat,sh,ls}\"",
        "\"s?\"",
        "[\"cat\", \"sh\"]",
        "\"*\"",
        "\"**/sh\"",
    ] {
        let rules = user(&of(matching)).build();
        match matching {
            "\"**/sh\"" => assert!(rules.unwrap_err().message.contains("absolute")),
            _ => check(&of(matching), "sh", Some(Decision::Deny)),
        }
    }
    let resolver = Resolver::new();
    let sh = resolver.find_on_host(OsStr::new("sh")).unwrap();
    let directory = sh.entry().parent().unwrap().display();
    check(
        &of(&format!("\"{directory}/*\"")),
        "sh",
        Some(Decision::Deny),
    );
    check(
        &of(&format!("\"{directory}/sh\"")),
        "sh",
        Some(Decision::Deny),
    );
    check(&of("\"/nowhere/*\""), "sh", None);
    let allow = rule("r", "allow", &format!("program = \"{directory}/s*\""));
    check(&allow, "sh", Some(Decision::Allow));
    check(&allow, "env", None);
    check(
        &rule("r", "allow", "program = \"{env,s?}\""),
        "sh",
        Some(Decision::Allow),
    );
}

#[test]
fn a_path_in_an_argument_is_meant_without_its_detours() {
    let allow = rule("a", "allow", "program = \"env\"\nargs = [\"/data/*\"]");
    check(&allow, "env /data/x", Some(Decision::Allow));
    check(&allow, "env /data/./x", Some(Decision::Allow));
    check(&allow, "env /data/../etc/x", None);
    let deny = rule("d", "deny", "program = \"env\"\nargs = [\"/etc/*\"]");
    check(&deny, "env /etc/x", Some(Decision::Deny));
    check(&deny, "env /data/../etc//x", Some(Decision::Deny));
    check(&deny, "env /data/x", None);
}

#[test]
fn variables_and_written_files_are_facts() {
    let sets = rule("s", "deny", "program = \"*\"\nsets = [\"LD_*\"]");
    let rules = user(&sets).build().unwrap();
    let mut with = layer("sh");
    assert_eq!(judge(&rules, &with).decision(), None);
    with.sets = vec![(Cow::Borrowed(OsStr::new("LD_X")), Word::Unknown)];
    assert_eq!(judge(&rules, &with).decision(), Some(Decision::Deny));
    let rules = RuleSet::builder().builtin().build().unwrap();
    let mut with = layer("echo x");
    let text = |text| Word::Text(Cow::Borrowed(OsStr::new(text)));
    for (target, decision) in [
        (text("/dev/sda"), Some(Decision::Deny)),
        (text("//dev/disk/by-id/x"), Some(Decision::Deny)),
        (text("/dev/null"), None),
        (text("/tmp/x"), None),
        (Word::Unknown, Some(Decision::Ask)),
    ] {
        with.writes = vec![text("/tmp/y"), target];
        assert_eq!(judge(&rules, &with).decision(), decision, "{with:?}");
    }
}

#[test]
fn a_project_only_narrows_until_it_is_trusted() {
    let text = "disable = [\"shutdown\"]\n".to_owned()
        + &rule("a", "allow", "program = \"sh\"")
        + &rule("d", "deny", "program = \"env\"");
    let path = Path::new("/p/.shape/rules.toml");
    let project = || {
        RuleSet::builder()
            .builtin()
            .text(RuleSource::Project, path, &text)
    };
    let rules = project().build().unwrap();
    assert_eq!(judge(&rules, &layer("sh")).decision(), None);
    assert_eq!(
        judge(&rules, &layer("env")).decision(),
        Some(Decision::Deny)
    );
    assert_eq!(
        judge(&rules, &layer("reboot")).decision(),
        Some(Decision::Deny)
    );
    let ignored: Vec<&str> = rules.ignored().iter().map(|i| i.rule.id.as_str()).collect();
    assert_eq!(ignored, ["a"]);
    assert!(rules.ignored()[0].why.contains("not trusted"));
    assert_eq!(rules.ignored_switches(), ["shutdown"]);
    let rules = project().trust_project().build().unwrap();
    assert_eq!(
        judge(&rules, &layer("sh")).decision(),
        Some(Decision::Allow)
    );
    assert_eq!(judge(&rules, &layer("reboot")).decision(), None);
    assert!(
        rules.ignored()[0].why.contains("rules.toml\":1"),
        "{:?}",
        rules.ignored()
    );
}

#[test]
fn disable_is_about_built_in_rules() {
    let error = |text: &str| user(text).build().unwrap_err().to_string();
    let unknown = error("disable = [\"mkfs\", \"chmod-777-rot\"]");
    let said = "/u/rules.toml:1:20: no built-in rule has the id \"chmod-777-rot\"; did you mean \
                `chmod-777-root`?";
    assert_eq!(unknown, said);
    let twice = user("disable = [\"mkfs\", \"mkfs\"]")
        .builtin()
        .build()
        .unwrap();
    assert_eq!(twice.ignored().len(), 1);
    assert!(error("disable = [\"mine\"]").contains("built-in rules; take others out"));
}

#[test]
fn managed_rules_do_not_allow() {
    let managed = |text: &str| {
        let path = Path::new("/etc/shape/rules.toml");
        let rules = RuleSet::builder().text(RuleSource::Managed, path, text);
        rules.build().map(|rules| rules.rules().count())
    };
    assert_eq!(managed(&rule("d", "deny", "program = \"sh\"")), Ok(1));
    let error = managed(&rule("d", "allow", "program = \"sh\""))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("/etc/shape/rules.toml:3:12: managed rules deny and ask"),
        "{error}"
    );
    assert!(managed("disable = [\"mkfs\"]").is_err());
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    let error = user(text).build().unwrap_err();
    assert_eq!(error.to_string(), format!("/u/rules.toml:{expected}"));
    let span = error.span.unwrap();
    assert!(text.get(span.clone()).is_some(), "{span:?}");
}

#[test]
fn errors_name_the_place_and_the_way_out() {
    let sh = "program = \"sh\"\ndecision = \"deny\"\n";
    let whole = |rest: &str| format!("[[rule]]\nid = \"x\"\n{sh}{rest}");
    check_error(
        &whole("forbid_option = [\"-c\"]"),
        "5:1: a rule has no `forbid_option`; did you mean `forbid_options`?",
    );
    check_error(
        &whole("colour = 1"),
        "5:1: a rule has no `colour`; it has `id`, `program`, `args`, `words`, `exact`, `require_options`, \
         `forbid_options`, `sets`, `writes`, `opaque`, `decision`, `reason`, `match`, `not_match`",
    );
    check_error(
        "rules = []",
        "1:1: a rules file has no `rules`; did you mean `rule`?",
    );
    check_error(
        &whole("args = 1"),
        "5:8: `args` is a list, not a number; write `args = [[\"status\", \"log\"], \"*\"]`",
    );
    check_error(
        &whole("args = [\"-x\"]"),
        "5:9: `-x` is an option, and `args` is about what is none; write it into `require_options`, \
         which finds it anywhere and in every spelling, or use `words`, which is about the \
         arguments as they are written",
    );
    check_error(
        &whole("args = [[\"a\", \"{b\"]]"),
        "5:15: `{b` is not understood: a `{` has no `}`; write `\\\\{` for the character",
    );
    check_error(
        &whole("forbid_options = [\"output\"]"),
        "5:19: `output` is no option, for it does not begin with `-`; write for instance `-c` or \
         `--output`",
    );
    check_error(
        &whole("writes = []"),
        "5:10: `writes` is empty; leave it out, or write for instance `writes = [\"/etc/**\"]`",
    );
    check_error(
        &format!("{}{}", whole(""), whole("")),
        "6:6: there is another rule with the id `x`, at line 1; give each rule an id of its own",
    );
    check_error(
        "[[rule]]\nid = \"x\"\nprogram = \"\"\ndecision = \"deny\"",
        "3:11: `` is not understood: it is empty; write a bare name such as `git`, or an absolute path",
    );
    check_error(
        "[[rule]]\nid = \"x\"\nprogram = \"sh\"\ndecision = \"denny\"",
        "4:12: `denny` is no decision; did you mean `deny`?",
    );
    check_error(
        "\n[[rule]]\nid = \"x\"\nprogram = \"sh\"",
        "2:1: the rule has no `decision`; write `decision = \"deny\"`, or `ask` or `allow`",
    );
    check_error(
        "[[rule]]\nprogram = \"sh\"",
        "1:1: the rule has no `id`; write `id = \"a-name\"`",
    );
    check_error(
        "rule = 1",
        "1:8: `rule` is a list, not a number; write `[[rule]]` with its keys below",
    );
    let broken = user("# ü\nrule = [").build().unwrap_err();
    assert_eq!((broken.line, broken.column.is_some()), (Some(2), true));
    assert!(broken.help.unwrap().contains("TOML"));
    // A column counts characters.
    check_error(
        "disable = [\"ü\", 1]",
        "1:17: an entry of `disable` is a string, not a number; write `disable = [\"id\"]`",
    );
}

#[test]
fn a_failing_self_test_says_what_is() {
    let sh = |rest: &str| {
        rule(
            "x",
            "deny",
            &format!("program = \"sh\"\nargs = [\"a\"]\n{rest}"),
        )
    };
    check_error(
        &sh("match = [\"sh a\", \"sh b\"]"),
        "6:18: `x` is to match this and does not: the arguments are others; change the rule, or write \
         the line into `not_match`",
    );
    check_error(
        &sh("not_match = [[\"sh\", \"a\"]]"),
        "6:14: `x` is not to match this: it matches; change the rule, or write the line into `match`",
    );
    check_error(
        &sh("not_match = [\"sh --what a\"]"),
        "6:14: `x` is not to match this: not all arguments are known; change the rule, or write the \
         line into `match`",
    );
    check_error(
        &sh("match = [\"\"]"),
        "6:10: the command line is empty; write a command, or take the entry out",
    );
    assert!(user(&sh("match = [\"sh 'a\"]")).build().is_err());
    // What does not count is held against its self-tests all the same.
    let path = Path::new("/p");
    let allow = rule("x", "allow", "program = \"sh\"\nmatch = [\"env\"]");
    assert!(
        RuleSet::builder()
            .text(RuleSource::Project, path, &allow)
            .build()
            .is_err()
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("rules.toml");
    let error = |path: &Path| {
        let rules = RuleSet::builder().file(RuleSource::User, path).build();
        rules.unwrap_err().to_string()
    };
    assert!(
        error(&path).contains("cannot be read: No such file"),
        "{}",
        error(&path)
    );
    assert!(error(directory.path()).contains("no plain file"));
    assert!(error(Path::new("/dev/null")).contains("no plain file"));
    std::fs::write(&path, b"# a\n# \xff").unwrap();
    assert!(
        error(&path).contains(":2:3: the byte here is not UTF-8"),
        "{}",
        error(&path)
    );
    std::fs::write(&path, " ".repeat((1 << 20) + 1)).unwrap();
    assert!(error(&path).contains("more than 1 MiB"));
    std::fs::write(&path, " ".repeat(1 << 20)).unwrap();
    assert_eq!(
        user("")
            .file(RuleSource::User, &path)
            .build()
            .unwrap()
            .rules()
            .count(),
        0
    );
    std::fs::write(&path, rule("a", "deny", "program = \"sh\"")).unwrap();
    let rules = RuleSet::builder()
        .file(RuleSource::User, &path)
        .build()
        .unwrap();
    assert_eq!(
        rules.rules().next().unwrap().file.as_deref(),
        Some(path.as_path())
    );
}

/// Rules about a few programs and arguments, so that they meet.
fn any_rule() -> impl Strategy<Value = (String, String)> {
    let program = prop_oneof![
        Just("\"sh\""),
        Just("\"env\""),
        Just("\"{sh,env}\""),
        Just("\"[es]*\""),
        Just("\"*\""),
        Just("[\"/bin/sh\", \"env\"]"),
        Just("\"/bin/*\""),
        Just("\"rm\""),
    ];
    let args = prop_oneof![
        Just(""),
        Just("args = [\"a\"]"),
        Just("args = [\"**\", \"a\"]"),
        Just("args = [\"*\", [\"a\", \"b\"]]"),
    ];
    let options = prop_oneof![
        Just(""),
        Just("require_options = [[\"-f\", \"--force\"]]"),
        Just("forbid_options = [\"-f\"]"),
        Just("require_options = [\"-r\"]\nforbid_options = [\"--force\"]"),
    ];
    let decision = prop_oneof![Just("allow"), Just("ask"), Just("deny")];
    (program, args, options, decision).prop_map(|(program, args, options, decision)| {
        let rest = format!("program = {program}\n{args}\n{options}");
        (decision.to_owned(), rest)
    })
}

fn any_line() -> impl Strategy<Value = String> {
    let program = prop_oneof![
        Just("sh"),
        Just("env"),
        Just("/bin/sh"),
        Just("rm"),
        Just("none")
    ];
    let word = prop_oneof![
        Just("a"),
        Just("b"),
        Just("-f"),
        Just("-r"),
        Just("-rf"),
        Just("--fo"),
        Just("--force"),
        Just("--"),
        Just("?"),
        Just("./*"),
    ];
    (program, proptest::collection::vec(word, 0..5))
        .prop_map(|(program, words)| format!("{program} {}", words.join(" ")))
}

fn text_of(rules: &[(String, String)]) -> String {
    let numbered = rules.iter().enumerate();
    numbered
        .map(|(at, (decision, rest))| rule(&format!("r{at}"), decision, rest))
        .collect()
}

proptest! {
    #[test]
    fn one_more_rule_never_weakens_a_denial(
        rules in proptest::collection::vec(any_rule(), 0..6),
        more in any_rule(),
        line in any_line(),
    ) {
        let decide = |rules: &[(String, String)]| {
            judge(&user(&text_of(rules)).build().unwrap(), &layer(&line)).decision()
        };
        let before = decide(&rules);
        let with = |more: (String, String)| [rules.clone(), vec![more]].concat();
        let after = decide(&with(more.clone()));
        prop_assert!(after >= before, "{before:?} {after:?}");
        let denying = decide(&with(("deny".to_owned(), more.1)));
        prop_assert!(before == Some(Decision::Allow) || denying != Some(Decision::Allow));
    }

    #[test]
    fn no_text_is_too_strange(text in any::<String>(), at in 0..400_usize, more in any::<char>()) {
        let _ = user(&text).build();
        // Near a text that means something, too.
        let mut near = text_of(&[("deny".to_owned(), "program = [\"sh\"]\nargs = [\"**\"]".to_owned())]);
        let at = at.min(near.len());
        near.insert(at, more);
        if let Err(error) = user(&near).build() {
            prop_assert!(error.to_string().starts_with("/u/rules.toml:"));
        }
    }

    #[test]
    fn a_broken_file_gives_no_rules(rules in proptest::collection::vec(any_rule(), 1..4)) {
        let text = text_of(&rules) + "[[rule]]\nid = \"broken\"\n";
        prop_assert!(user(&text).build().is_err());
    }
}

#[test]
fn what_the_manual_shows_is_so() {
    let manual = include_str!("../../../docs/rules.md");
    let examples: Vec<&str> = manual.split("```toml\n").skip(1).collect();
    for example in &examples {
        let text = example.split("```").next().unwrap();
        user(text).build().unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(!examples.is_empty());
    let pack = RuleSet::builder().builtin().build().unwrap();
    for rule in pack.rules() {
        assert!(manual.contains(&format!("| `{}` |", rule.id)), "{rule}");
    }
}
