//! `shape permissions`: what it says is what is done.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::Folder;
use serde_json::Value;

/// What is allowed, asked about, and denied.
const RULES: &str = "[[rule]]\n\
    id = \"sort-reads\"\n\
    program = \"sort\"\n\
    forbid_options = [\"-o\", \"--output\"]\n\
    decision = \"allow\"\n\
    reason = \"it only reads\"\n\
    match = [\"sort -r x\"]\n\
    not_match = [\"sort -o x\"]\n\
    \n\
    [[rule]]\n\
    id = \"no-echo-x\"\n\
    program = \"echo\"\n\
    args = [\"x\"]\n\
    decision = \"deny\"\n";

fn folder() -> Folder {
    let folder = Folder::with(&[]);
    folder.write("home/.config/shape/rules.toml", RULES);
    folder.write("none.toml", "");
    folder
}

#[track_caller]
fn check_decision(folder: &Folder, args: &[&str], decision: &str, rule: Option<&str>) -> Value {
    let mut words = vec!["permissions", "explain", "--output-format=json"];
    words.extend(args);
    let explained = folder.json(&words);
    assert_eq!(explained["decision"], decision, "{explained}");
    assert_eq!(explained["rule"].as_str(), rule, "{explained}");
    explained
}

#[test]
fn explain_names_the_rule_and_its_line() {
    let folder = folder();
    let allowed = check_decision(
        &folder,
        &["--", "sort", "-r", "x"],
        "allow",
        Some("sort-reads"),
    );
    let source = allowed["source"].as_str().expect("has one");
    assert!(
        source.ends_with("home/.config/shape/rules.toml:1"),
        "{source}"
    );
    assert!(
        allowed["program"]
            .as_str()
            .expect("is found")
            .ends_with("/sort")
    );
    check_decision(&folder, &["--", "sort", "-o", "x"], "ask", None);
    check_decision(&folder, &["--", "echo", "x"], "deny", Some("no-echo-x"));
    check_decision(&folder, &["--", "echo", "y"], "ask", None);
    let all = ["--allow-process", "--", "echo", "y"];
    check_decision(&folder, &all, "allow", Some("--allow-process"));
    check_decision(
        &folder,
        &["-A", "--", "echo", "x"],
        "deny",
        Some("no-echo-x"),
    );
    let denied = folder.shape(&["permissions", "explain", "--", "echo", "x"]);
    denied.check_says(&[
        "deny: no-echo-x (",
        "rules.toml:10)",
        "matches    deny  no-echo-x",
        "it is about another program",
    ]);
    let asked = folder.shape(&["permissions", "explain", "--", "echo", "y"]);
    asked.check_says(&["ask: no rule", "--allow-process=echo"]);
}

#[test]
fn explain_takes_a_command_apart() {
    let folder = folder();
    let explained = check_decision(
        &folder,
        &["--allow-process=sh", "-c", "sort a && env echo x"],
        "deny",
        Some("no-echo-x"),
    );
    let layers = explained["layers"].as_array().expect("is a list");
    let decisions: Vec<&str> = layers
        .iter()
        .filter_map(|it| it["decision"].as_str())
        .collect();
    assert_eq!(decisions, ["allow", "allow", "ask", "deny"], "{explained}");
    assert_eq!(explained["decisive"], 3);
    check_decision(
        &folder,
        &["-c", "rm -rf build"],
        "deny",
        Some("rm-recursive-force"),
    );
}

#[test]
fn what_is_explained_is_what_is_done() {
    let folder = folder();
    for (words, flags) in [
        (&["sort", "/dev/null"][..], &[][..]),
        (&["sort", "-o", "/dev/null", "/dev/null"], &[]),
        (&["echo", "x"], &["-A"]),
        (&["echo", "y"], &["-A"]),
        (&["echo", "y"], &["--allow-process=echo:z"]),
        (&["echo", "z"], &["--allow-process=echo:z"]),
        (&["env", "echo", "z"], &["--allow-process=echo"]),
        (&["env", "echo", "z"], &["--allow-process=echo,env"]),
        (&["sh", "-c", "$X"], &["--allow-process=sh"]),
        (&["sh", "-c", "true $X"], &["--allow-process=sh!"]),
        (&["sort", "/dev/null"], &["--rules=none.toml"]),
    ] {
        let of =
            |command: &[&'static str]| [command, flags, &["--no-prompt", "--"], words].concat();
        let explained = folder.json(&of(&["permissions", "explain", "--output-format=json"]));
        let done = folder.shape(&of(&["exec"]));
        let expected = match explained["decision"].as_str() {
            Some("allow") => Some(0),
            _ => Some(126),
        };
        assert_eq!(
            done.status, expected,
            "{words:?} {flags:?}: {done:?} {explained}"
        );
    }
}

#[test]
fn explaining_leaves_nothing_behind() {
    let folder = folder();
    check_decision(&folder, &["--", "echo", "y"], "ask", None);
    for name in ["pending.json", "audit.jsonl", "trust.json", "guard.json"] {
        assert!(!folder.state(name).exists(), "{name}");
    }
}

#[test]
fn a_program_that_is_not_there_is_explained() {
    let folder = folder();
    let explained = check_decision(&folder, &["--", "no-such-program"], "ask", None);
    assert!(
        explained["error"]
            .as_str()
            .expect("has one")
            .contains("not found"),
        "{explained}"
    );
    folder
        .shape(&["permissions", "explain", "-C", "no-dir", "--", "sort"])
        .check_refused(2, "no-dir");
    folder
        .shape(&["permissions", "explain"])
        .check_refused(2, "PROGRAM");
}

#[test]
fn rules_of_a_project_narrow_until_they_are_trusted() {
    let folder = Folder::with(&[]);
    folder.write(
        ".shape/rules.toml",
        "[[rule]]\nid = \"p-allow\"\nprogram = \"true\"\ndecision = \"allow\"\n\
         [[rule]]\nid = \"p-deny\"\nprogram = \"false\"\ndecision = \"deny\"\n",
    );
    let exec = |program: &str| folder.shape(&["exec", "--no-prompt", "--", program]);
    exec("true").check_refused(126, "no rule allows it");
    let denied = folder.shape(&["exec", "-A", "--", "false"]);
    denied.check_refused(126, "denied by p-deny (");
    denied.check_refused(126, ".shape/rules.toml:5)");
    let listed = folder.shape(&["permissions", "list"]);
    listed.check_says(&[
        "deny   project  p-deny",
        "allow  project  p-allow",
        "[does not count: ",
    ]);
    folder
        .shape(&["trust", "add", "--file", ".shape/rules.toml"])
        .check_says(&["trusted: ", "the rules file"]);
    exec("true").check(0, "", "");
    folder.write(
        ".shape/rules.toml",
        "[[rule]]\nid = \"p-allow\"\nprogram = \"t{rue,est}\"\ndecision = \"allow\"\n",
    );
    exec("true").check_refused(126, "no rule allows it");
}

#[test]
fn scripts_run_what_rules_allow() {
    let folder = folder();
    folder.write(
        "a.shape",
        "print(io.exec(\"sort\", [], { stdin: \"b\\na\\n\" }).stdout.lines())\n",
    );
    folder.write("b.shape", "io.exec(\"echo\", [\"x\"])\n");
    folder.shape(&["run", "a.shape"]).check(0, "[a, b]\n", "");
    folder
        .shape(&["run", "--rules=none.toml", "a.shape"])
        .check_refused(2, "sys.process");
    let denied = folder.shape(&["run", "-A", "b.shape"]);
    denied.check_refused(1, "denied by no-echo-x (");
    denied.check_refused(1, "b.shape:1:1");
}

#[test]
fn broken_rules_stop_everything_with_their_place() {
    let folder = Folder::with(&[("a.shape", "io.exec(\"true\")\n")]);
    folder.write(
        "bad.toml",
        "[[rule]]\nid = \"x\"\nprogam = \"git\"\ndecision = \"deny\"\n",
    );
    for (args, status) in [
        (&["permissions", "check", "bad.toml"][..], 2),
        (
            &["permissions", "explain", "--rules=bad.toml", "--", "true"],
            2,
        ),
        (&["permissions", "list", "--rules", "bad.toml"], 2),
        (&["run", "-A", "--rules", "bad.toml", "a.shape"], 2),
        (&["exec", "-A", "--rules=bad.toml", "--", "true"], 125),
    ] {
        let done = folder.shape(args);
        done.check_refused(status, "bad.toml:3:1");
        done.check_refused(status, "did you mean `program`?");
    }
    folder
        .shape(&["exec", "-A", "--rules=missing.toml", "--", "true"])
        .check_refused(125, "missing.toml");
    folder
        .shape(&["eval", "--rules=bad.toml", "1 + 1"])
        .check(0, "2\n", "");
}

#[test]
fn check_runs_the_tests_in_rules() {
    let folder = Folder::with(&[]);
    folder.write("good.toml", RULES);
    folder.write("bad.toml", &RULES.replace("sort -r x", "sort --output=x"));
    let done = folder.shape(&[
        "permissions",
        "check",
        "bad.toml",
        "good.toml",
        "missing.toml",
    ]);
    assert_eq!(
        (done.status, &*done.stdout),
        (Some(2), "good.toml: 2 rules\n")
    );
    for part in ["bad.toml:7:10", "missing.toml"] {
        assert!(done.stderr.contains(part), "{done:?}");
    }
    folder
        .shape(&["permissions", "check"])
        .check_says(&["rules hold here"]);
}

#[test]
fn the_list_has_every_rule_with_its_place() {
    let folder = folder();
    let all = folder.json(&[
        "permissions",
        "list",
        "--deny-process=rm",
        "--output-format=json",
    ]);
    let rules = all["rules"].as_array().expect("is a list");
    let found = |id: &str| rules.iter().find(|rule| rule["id"] == id).expect(id);
    assert_eq!(found("no-echo-x")["line"], 10);
    assert_eq!(found("sort-reads")["source"], "user");
    assert_eq!(found("--deny-process=rm")["source"], "flag");
    assert_eq!(found("rm-recursive-force")["source"], "builtin");
    assert_eq!(all["ignored"], Value::Array(Vec::new()));
    folder.shape(&["permissions", "list"]).check_says(&[
        "allow  user     sort-reads (",
        "rules.toml:1): it only reads",
    ]);
}

#[test]
fn words_and_exact_go_together() {
    let folder = Folder::with(&[]);
    let check = |keys: &str, place: &str, message: &str| {
        let rule = format!("[[rule]]\nid = \"a\"\nprogram = \"x\"\ndecision = \"ask\"\n{keys}\n");
        folder.write("rules.toml", &rule);
        let done = folder.shape(&["permissions", "check", "rules.toml"]);
        done.check_refused(2, place);
        done.check_refused(2, message);
    };
    check("exact = true", "rules.toml:5:9", "there are none");
    check("words = \"a\"", "rules.toml:5:9", "a list");
    check("words = [[]]", "rules.toml:5:10", "no alternatives");
    check(
        "words = [\"a\"]\nexact = 1",
        "rules.toml:6:9",
        "true or false",
    );
    check("args = [\"-a\"]", "rules.toml:5:9", "`words`");
    folder.write(
        "rules.toml",
        "[[rule]]\nid = \"a\"\nprogram = \"echo\"\nwords = []\nexact = true\ndecision = \"allow\"\n\
         match = [\"echo\"]\nnot_match = [\"echo a\"]\n",
    );
    folder
        .shape(&["permissions", "check", "rules.toml"])
        .check(0, "rules.toml: 1 rule\n", "");
}
