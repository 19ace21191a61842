//! `shape permissions import`: what other tools allow and deny, as rules.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command that is tested"
)]

mod common;

use common::{Done, Folder};

/// What importing `text` from a file of this name prints.
fn import(tool: &str, name: &str, text: &str) -> Done {
    let folder = Folder::with(&[(name, text)]);
    let flag = format!("--from={tool}");
    folder.shape(&["permissions", "import", &flag, name])
}

/// The rules that were printed: each without its id, its keys in one line.
fn rules(done: &Done) -> Vec<String> {
    assert_eq!(done.status, Some(0), "{done:?}");
    let file: toml::Table = done.stdout.parse().expect("it prints TOML");
    let rules = file.get("rule").and_then(|rules| rules.as_array());
    let rules = rules
        .into_iter()
        .flatten()
        .filter_map(|rule| rule.as_table());
    rules
        .map(|rule| {
            let keys = rule.iter().filter(|(key, _)| *key != "id");
            let keys: Vec<String> = keys.map(|(key, value)| format!("{key}={value}")).collect();
            keys.join(" ")
        })
        .collect()
}

#[track_caller]
fn check(done: &Done, expected: &[&str]) {
    let folder = Folder::with(&[("rules.toml", &done.stdout)]);
    let loaded = folder.shape(&["permissions", "check", "rules.toml"]);
    assert_eq!(loaded.status, Some(0), "{loaded:?} {}", done.stdout);
    assert_eq!(rules(done), expected, "{}", done.stdout);
}

/// Every part stands in the comments.
#[track_caller]
fn check_says(done: &Done, parts: &[&str]) {
    for part in parts {
        let comments = done.stdout.lines().filter(|line| line.starts_with('#'));
        let mut comments = comments.collect::<Vec<_>>().into_iter();
        assert!(
            comments.any(|line| line.contains(part)),
            "{part:?} is not in {}",
            done.stdout
        );
    }
}

const CLAUDE: &str = r#"{
  "permissions": {
    "allow": [
      "Bash(npm run test:*)",
      "Bash(git diff *)",
      "Bash(git status)",
      "Bash(ls*)",
      "Bash",
      "Bash(git * main)",
      "Bash(cd src && make)",
      "Read(~/.zshrc)",
      "WebFetch(domain:docs.rs)",
      "mcp__github__get_issue",
      "Bash(echo \"a b\" [x]:*)",
      "Bash(./scripts/test.sh:*)"
    ],
    "ask": ["Bash(git push:*)", "Bash(git log)"],
    "deny": [
      "Bash(curl:*)",
      "Bash(rm*)",
      "Bash(git push * --force)",
      "Bash(* --force)",
      "Bash(./deploy.sh:*)",
      "Read(./.env)"
    ],
    "defaultMode": "bypassPermissions"
  },
  "env": { "FOO": "bar" }
}
"#;

#[test]
fn claude() {
    let done = import("claude", "settings.json", CLAUDE);
    check(
        &done,
        &[
            "decision=\"allow\" program=\"npm\" words=[\"run\", \"test\"]",
            "decision=\"allow\" program=\"git\" words=[\"diff\"]",
            "decision=\"allow\" exact=true program=\"git\" words=[\"status\"]",
            "decision=\"allow\" program=\"ls\"",
            "decision=\"allow\" program=\"echo\" words=[\"a b\", '\\[x\\]']",
            "args=[\"push\"] decision=\"ask\" program=\"git\"",
            "args=[\"log\"] decision=\"ask\" program=\"git\"",
            "decision=\"deny\" program=\"curl\"",
            "decision=\"deny\" program=\"rm*\"",
            "args=[\"push\"] decision=\"ask\" program=\"git\"",
            "decision=\"ask\" program=\"*\"",
            "decision=\"deny\" program=\"deploy.sh\"",
        ],
    );
    check_says(
        &done,
        &[
            "settings.json:4: Bash(npm run test:*)",
            "settings.json:8: Bash (allow)",
            "it allows every command",
            "settings.json:9: Bash(git * main) (allow)",
            "it is more than one command",
            "Read is a tool of its own",
            "settings.json:13: mcp__github__get_issue (allow)",
            "to deny some of these is not possible",
            "settings.json:22: Bash(* --force)",
            "bypassPermissions",
            "its program is a relative path; write the absolute path",
            "wider: it is about every file of that name",
        ],
    );
    assert_eq!(
        done.stderr,
        "note: 12 rules; 9 entries were left out, see the comments at the end\n"
    );
}

#[test]
fn a_text_cannot_get_out_of_its_place() {
    let text = r#"{"permissions": {"allow": ["Read(x)\n[[rule]]\nprogram = \"*\"", "Bash(a \"q\\\\\"\n:*)", "Bash(a\u2028b:*)"]}}"#;
    let done = import("claude", "settings.json", text);
    check(&done, &[]);
    check_says(
        &done,
        &["it makes no rule: ", "\\u{2028}", "\\u{a}[[rule]]"],
    );
    assert!(!done.stdout.contains('\u{2028}'), "{}", done.stdout);
}

#[test]
fn nothing_that_allows_becomes_wider() {
    for entry in [
        "*", ":*", " *", "", "* *", "*:*", "sudo *x", "a;b:*", "$X:*", "A=1 b:*", "a > b:*",
    ] {
        let text = format!("{{\"permissions\": {{\"allow\": [\"Bash({entry})\"]}}}}");
        let done = import("claude", "settings.json", &text);
        check(&done, &[]);
    }
    let denied = "{\"permissions\": {\"deny\": [\"Bash\", \"Bash(*)\"]}}";
    let any = "decision=\"deny\" program=\"*\"";
    check(&import("claude", "settings.json", denied), &[any, any]);
}

#[test]
fn codex() {
    let text = "# House rules.\n\
        prefix_rule(\n    pattern = [\"gh\", \"pr\", [\"view\", \"list\"]],\n    decision = \"allow\",\n\
        \x20   justification = 'reading is fine',\n    match = [\"gh pr view 7888\", [\"gh\", \"pr\", \"list\"]],\n\
        \x20   not_match = [\"gh pr close 1\"],\n)\n\
        prefix_rule(pattern=[\"cargo\", \"publish\"], decision=\"prompt\")\n\
        prefix_rule(pattern=[[\"rm\", \"shred\"]], decision=\"forbidden\")\n\
        prefix_rule(pattern=[\"make\"])\n\
        host_executable(name=\"git\", paths=[\"/usr/bin/git\"])\n\
        TOOLS = [\"a\"]\n\
        prefix_rule(pattern=TOOLS)\n\
        prefix_rule(pattern=[\"x\"], decision=\"maybe\")\n";
    let done = import("codex", "default.rules", text);
    check(
        &done,
        &[
            "decision=\"allow\" match=[[\"gh\", \"pr\", \"view\", \"7888\"], [\"gh\", \"pr\", \"list\"]] \
             not_match=[[\"gh\", \"pr\", \"close\", \"1\"]] program=\"gh\" reason=\"reading is fine\" \
             words=[\"pr\", [\"view\", \"list\"]]",
            "args=[\"publish\"] decision=\"ask\" program=\"cargo\"",
            "decision=\"deny\" program=[\"rm\", \"shred\"]",
            "decision=\"allow\" program=\"make\"",
        ],
    );
    check_says(
        &done,
        &[
            "default.rules:2: gh pr view|list",
            "default.rules:12: host_executable(…)",
            "default.rules:13: TOOLS = [\"a\"]",
            "its pattern is not a list of texts",
            "its decision is not known",
        ],
    );
    assert!(
        done.stderr.contains("4 rules; 4 entries"),
        "{}",
        done.stderr
    );
}

#[test]
fn gemini_settings() {
    let text = r#"{
  // what runs without being asked about
  "tools": {
    "allowed": ["run_shell_command(git status)", "run_shell_command", "read_file"],
    "exclude": ["run_shell_command(rm -rf)", "ShellTool(git push)", "run_shell_command"],
    "core": ["run_shell_command(git)"]
  },
  "excludeTools": ["run_shell_command(curl)"]
}"#;
    let done = import("gemini", "settings.json", text);
    check(
        &done,
        &[
            "decision=\"allow\" program=\"git\" words=[\"status\"]",
            "decision=\"deny\" program=\"rm\" words=[\"-rf\"]",
            "args=[\"push\"] decision=\"deny\" program=\"git\"",
            "decision=\"deny\" program=\"*\"",
            "decision=\"deny\" program=\"curl\"",
        ],
    );
    check_says(
        &done,
        &[
            "settings.json:4: run_shell_command in tools.allowed (allow)",
            "read_file is a tool",
        ],
    );
}

#[test]
fn gemini_policies() {
    let text = r#"
[[rule]]
toolName = "run_shell_command"
commandPrefix = ["git log ", "git diff"]
decision = "allow"
priority = 100

[[rule]]
toolName = "run_shell_command"
commandPrefix = "git push"
decision = "ask_user"
priority = 10

[[rule]]
toolName = ["run_shell_command", "write_file"]
commandPrefix = "sudo"
decision = "deny"
denyMessage = "ask the admin"
priority = 999

[[rule]]
toolName = "run_shell_command"
commandPrefix = "make"
decision = "allow"
modes = ["yolo"]
priority = 1

[[rule]]
toolName = "run_shell_command"
commandRegex = "git .*"
decision = "allow"
priority = 1

[[rule]]
toolName = "read_file"
decision = "allow"
priority = 1
"#;
    let done = import("gemini", "team.toml", text);
    check(
        &done,
        &[
            "decision=\"allow\" program=\"git\" words=[\"log\"]",
            "decision=\"allow\" program=\"git\" words=[\"diff\"]",
            "args=[\"push\"] decision=\"ask\" program=\"git\"",
            "decision=\"deny\" program=\"sudo\" reason=\"ask the admin\"",
        ],
    );
    check_says(
        &done,
        &[
            "in some modes only",
            "no rule can name",
            "read_file is a tool",
        ],
    );
}

#[test]
fn deno() {
    let text = r#"{
  "tasks": { "start": "deno run -P main.ts" },
  "permissions": {
    "default": {
      "read": ["./data"],
      "run": { "allow": ["git", "./bin/tool"], "deny": ["sh"], }, // no shell
    },
    "ci": { "run": ["make"] },
    "all": { "run": true },
  },
}"#;
    let folder = Folder::with(&[("deno.json", text)]);
    let done = folder.shape(&["permissions", "import", "--from", "deno"]);
    let folder = folder.path().canonicalize().expect("is there");
    let tool = format!(
        "decision=\"allow\" program=\"{}/bin/tool\"",
        folder.display()
    );
    check(
        &done,
        &[
            "decision=\"allow\" program=\"git\"",
            &tool,
            "decision=\"deny\" program=\"sh\"",
        ],
    );
    check_says(
        &done,
        &[
            "default.read",
            "[permissions.ci] allow-process = [\"make\"]",
            "[permissions.all] allow-process = true",
        ],
    );
    let all = "{\"permissions\": {\"default\": {\"run\": true}}}";
    check(&import("deno", "deno.json", all), &[]);
}

#[test]
fn settings_are_found_where_the_tool_looks() {
    let folder = Folder::with(&[]);
    let write = |path: &str, text: &str| folder.write(path, text);
    let allow =
        |command: &str| format!("{{\"permissions\": {{\"allow\": [\"Bash({command}:*)\"]}}}}");
    write(".claude/settings.json", &allow("a"));
    write(".claude/settings.local.json", &allow("b"));
    write("home/.claude/settings.json", &allow("c"));
    write(
        "home/.codex/rules/b.rules",
        "prefix_rule(pattern=[\"e\"])\n",
    );
    write(
        "home/.codex/rules/a.rules",
        "prefix_rule(pattern=[\"d\"])\n",
    );
    write("home/.codex/rules/a.txt", "prefix_rule(pattern=[\"f\"])\n");
    let import = |tool: &str| folder.shape(&["permissions", "import", "--from", tool]);
    let allowed = |program: &str| format!("decision=\"allow\" program=\"{program}\"");
    assert_eq!(rules(&import("claude")), ["a", "b", "c"].map(allowed));
    assert_eq!(rules(&import("codex")), ["d", "e"].map(allowed));
    let none = import("gemini");
    none.check_refused(2, "there are no settings of gemini here");
    none.check_refused(2, "home/.gemini/settings.json");
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_place() {
    import("claude", "a.json", "{\n  \"permissions\" 1\n}")
        .check_refused(2, "a.json:2:17: expected `:`");
    import("claude", "a.json", "{} // comment").check_refused(2, "a.json:1:4");
    import("gemini", "a.toml", "[[rule]]\ntoolName = 1\n").check_refused(2, "a.toml:2");
    let folder = Folder::with(&[]);
    let missing = folder.shape(&["permissions", "import", "--from=codex", "no.rules"]);
    missing.check_refused(2, "cannot read \"no.rules\"");
    folder
        .shape(&["permissions", "import", "--from=other"])
        .check_refused(2, "claude, codex, gemini, deno");
}

#[test]
fn what_is_carried_over_decides_as_it_did() {
    let settings = r#"{"permissions": {
        "allow": ["Bash(echo a)", "Bash(git log:*)", "Bash(sort -r:*)"],
        "deny": ["Bash(git log --all:*)"]
    }}"#;
    let rules = import("claude", "settings.json", settings).stdout;
    let folder = Folder::with(&[("rules.toml", &rules)]);
    for (words, decision) in [
        (&["echo", "a"][..], "allow"),
        (&["echo", "a", "b"], "ask"),
        (&["echo"], "ask"),
        (&["git", "log", "-p"], "allow"),
        (&["git", "-c", "alias.log=!id", "log"], "ask"),
        (&["git", "log", "--all", "-p"], "deny"),
        (&["sort", "-r", "x"], "allow"),
        (&["sort", "-o", "x"], "ask"),
    ] {
        let explain = [
            "permissions",
            "explain",
            "--rules=rules.toml",
            "--output-format=json",
            "--",
        ];
        let explained = folder.json(&[&explain, words].concat());
        assert_eq!(explained["decision"], decision, "{words:?} {explained}");
    }
}
