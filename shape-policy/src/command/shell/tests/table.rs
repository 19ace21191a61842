//! Scripts, and what is known of each.

use super::*;
use std::fmt::Write as _;

/// Everything that was found, on a line for each command.
fn shown(script: &Script) -> Vec<String> {
    let mut lines: Vec<String> = script.commands.iter().map(command).collect();
    lines.extend(script.opaque.iter().map(|why| format!("opaque: {why:?}")));
    lines
}

fn command(command: &Command) -> String {
    let mut line = String::new();
    let mut part = |text: String| {
        let space = if line.is_empty() { "" } else { " " };
        write!(line, "{space}{text}").unwrap();
    };
    for through in &command.through {
        part(format!("{through}:"));
    }
    for (name, value) in &command.assignments {
        part(format!("{}={}", name.display(), word(value)));
    }
    for each in &command.words {
        part(word(each));
    }
    for each in &command.writes {
        part(format!(">{}", word(each)));
    }
    for each in &command.reads {
        part(format!("<{}", word(each)));
    }
    let Place {
        function,
        pipeline,
        background,
        repeated,
        substituted,
        trapped,
    } = command.place;
    let places = [
        (function, "function"),
        (pipeline, "pipeline"),
        (background, "background"),
        (repeated, "repeated"),
        (substituted, "substituted"),
        (trapped, "trapped"),
    ];
    for (_, place) in places.iter().filter(|(is_there, _)| *is_there) {
        part(format!("({place})"));
    }
    for why in &command.opaque {
        part(format!("[{why:?}]"));
    }
    line
}

/// Text as it is if nothing in it is special, else quoted; `…` for what is unknown.
fn word(word: &Word<'_>) -> String {
    match word {
        Word::Text(text) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%[]!{}".contains(c);
            match text.to_str() {
                Some(text) if !text.is_empty() && text.chars().all(plain) => text.to_owned(),
                _ => format!("{text:?}"),
            }
        }
        Word::Operands => "…operands".to_owned(),
        Word::Unknown => "…".to_owned(),
    }
}

#[test]
fn what_is_known_of_a_script() {
    for (text, expected) in TABLE {
        assert_eq!(shown(&parse(OsStr::new(text))), *expected, "{text:?}");
    }
}

#[test]
fn a_script_of_known_words_is_literal() {
    let is_literal = |text: &str| parse(OsStr::new(text)).is_literal();
    assert!(is_literal("cd /x && A=1 make -j2 2>&1 | tee 'a b'; # done"));
    assert!(!is_literal("make $x"));
    assert!(!is_literal("make; ("));
}

#[test]
fn a_fork_bomb_is_one_however_it_is_written() {
    let is_bomb = |text: &str| parse(OsStr::new(text)).opaque.contains(&Why::ForkBomb);
    for bomb in [
        ":(){ :|:& };:",
        ":() { : | : & }; :",
        ":()\n{\n  :|:&\n}\n:",
        "f(){ f|f& };f",
        "f() { f & f; }; f",
        "function f { f | f; }; f",
        "f() { { f; } & }; f",
        "f() { \"f\" | \\f; }",
        "f() (f|f); f",
        "f() { g | a; }; g() { f; }; g",
        "sh -c x; eval 'f() { f|f; }; f'",
        "echo \"$(f() { f & }; f)\"",
        "f() { f|f; }; f |& a; ((b)); time (c); foreach d; echo $(; in; ;; ) ; g() h; e |",
    ] {
        assert!(is_bomb(bomb), "{bomb:?}");
    }
    for no_bomb in [
        "f() { f; }; f",
        "f() { a | b & }; f",
        "(f() { f; }; f) &",
        "f | f &",
        "echo ':(){ :|:& };:'",
    ] {
        assert!(!is_bomb(no_bomb), "{no_bomb:?}");
    }
}

#[test]
fn nesting_ends() {
    for (open, inside, close) in [
        ("(", "a", ")"),
        ("{ ", "a", "; }"),
        ("$(", "a", ")"),
        ("\"$(", "a", ")\""),
        ("${a:-", "a", "}"),
        ("<(", "a", ")"),
        ("eval ", "a", ""),
        ("if ", "a", "; then b; fi"),
        ("$((", "1", "))"),
        ("f() { ", "a", "; }"),
    ] {
        let nested =
            |levels: usize| format!("{}{inside}{}", open.repeat(levels), close.repeat(levels));
        let is_too_deep = |text: &str| {
            let script = parse(OsStr::new(text));
            script.opaque.contains(&Why::TooDeep) || script.opaque.contains(&Why::TooLong)
        };
        assert!(!is_too_deep(&nested(20)), "{open}");
        assert!(is_too_deep(&nested(100)), "{open}");
        assert!(is_too_deep(&nested(10_000)), "{open}");
        assert!(is_too_deep(&open.repeat(10_000)), "{open}");
    }
}

#[test]
fn length_ends() {
    let is_too_long = |text: &str| parse(OsStr::new(text)).opaque.contains(&Why::TooLong);
    assert!(is_too_long(&"a".repeat(BYTES + 1)));
    assert!(!is_too_long(&"a".repeat(BYTES)));
    assert!(is_too_long(&"a;".repeat(COMMANDS + 1)));
    assert!(!is_too_long(&"a;".repeat(COMMANDS)));
    assert_eq!(
        parse(OsStr::new(&"a;".repeat(COMMANDS + 1))).commands[0].name(),
        Some(OsStr::new("a"))
    );
}

#[test]
fn a_reason_is_one_line() {
    let script = parse(OsStr::new("f\u{1b}[2K\n() { a; }; $x"));
    let reasons = script
        .commands
        .iter()
        .flat_map(|command| &command.opaque)
        .chain(&script.opaque);
    for why in reasons {
        assert!(!why.text().contains(char::is_control), "{why:?}");
    }
}

/// A script, and what is [shown] of it.
#[rustfmt::skip]
const TABLE: &[(&str, &[&str])] = &[
    ("", &[]),
    (" \n", &[]),
    ("ls", &["ls"]),
    ("ls -l /tmp", &["ls -l /tmp"]),
    ("  ls\t-l  ", &["ls -l"]),
    ("ls\nreboot", &["ls", "reboot"]),
    ("ls; reboot", &["ls", "reboot"]),
    ("ls & reboot", &["ls (background)", "reboot"]),
    ("ls && reboot", &["ls", "reboot"]),
    ("ls || reboot", &["ls", "reboot"]),
    ("ls | wc -l", &["ls (pipeline)", "wc -l (pipeline)"]),
    ("ls |& wc", &["ls (pipeline)", "wc (pipeline)", "opaque: Dialect(\"`|&`\")"]),
    ("ls;", &["ls"]),
    ("ls &", &["ls (background)"]),
    ("ls\r\nreboot\r\n", &["\"ls\\r\"", "\"reboot\\r\""]),
    ("ls\u{a0}-l", &["\"ls\\u{a0}-l\""]),
    ("ls\u{2028}reboot", &["\"ls\\u{2028}reboot\""]),
    ("ls\u{b}reboot\u{c}x", &["\"ls\\u{b}reboot\\u{c}x\""]),
    ("r\\m -rf x", &["rm -rf x"]),
    ("r''m x", &["rm x"]),
    ("r\"\"m x", &["rm x"]),
    ("'rm' x", &["rm x"]),
    ("\"rm\" x", &["rm x"]),
    ("\\rm x", &["rm x"]),
    ("r\\\nm x", &["rm x"]),
    ("ls \\\n -l", &["ls -l"]),
    ("ls &\\\n& rm", &["ls", "rm"]),
    ("echo 'a b' \"c d\" e\\ f", &["echo \"a b\" \"c d\" \"e f\""]),
    ("echo \"a\\\"b\" \"a\\$b\" \"a\\nb\"", &["echo \"a\\\"b\" \"a$b\" \"a\\\\nb\""]),
    ("echo ''", &["echo \"\""]),
    ("echo \"it's\" 'say \"hi\"'", &["echo \"it's\" \"say \\\"hi\\\"\""]),
    ("$'rm' x", &["rm x [AnsiQuotes]"]),
    ("$'\\x72\\155' $'\\u0061\\n\\t\\''", &["rm \"a\\n\\t'\" [AnsiQuotes]"]),
    ("echo $\"a\"", &["echo a [Dialect(\"`$\\\"…\\\"`\")]"]),
    ("echo $x", &["echo … [Parameter(\"x\")]"]),
    ("$x", &["… [Parameter(\"x\")] [CommandWord]"]),
    ("\"$x\"", &["… [Parameter(\"x\")] [CommandWord]"]),
    ("echo \"$x y\"", &["echo … [Parameter(\"x\")]"]),
    ("echo ${x}", &["echo … [Parameter(\"x\")]"]),
    ("echo ${x:-$(reboot)}", &["echo … [Parameter(\"x\")] [CommandSubstitution]", "reboot (substituted)"]),
    ("echo \"${x:-`reboot`}\"", &["echo … [Parameter(\"x\")] [CommandSubstitution]", "reboot (substituted)"]),
    ("rm$IFS-rf", &["… [Parameter(\"IFS\")] [CommandWord]"]),
    ("rm${IFS}-rf", &["… [Parameter(\"IFS\")] [CommandWord]"]),
    ("echo $(reboot)", &["echo … [CommandSubstitution]", "reboot (substituted)"]),
    ("echo \"$(reboot)\"", &["echo … [CommandSubstitution]", "reboot (substituted)"]),
    ("echo \"a $(b \"$(c)\") d\"", &[
        "echo … [CommandSubstitution]",
        "b … (substituted) [CommandSubstitution]",
        "c (substituted)",
    ]),
    ("echo `reboot`", &["echo … [CommandSubstitution]", "reboot (substituted)"]),
    ("echo \"`echo \\`reboot\\``\"", &[
        "echo … [CommandSubstitution]",
        "echo … (substituted) [CommandSubstitution]",
        "reboot (substituted)",
    ]),
    ("echo '$(reboot)'", &["echo \"$(reboot)\""]),
    ("echo \\$(reboot)", &[
        "echo \"$\"",
        "reboot",
        "opaque: Syntax(\"no `;` between two commands\")",
        "opaque: Syntax(\"an operator without a command\")",
    ]),
    ("echo \"\\$(reboot)\"", &["echo \"$(reboot)\""]),
    ("echo $((1 + 2))", &["echo … [Arithmetic]"]),
    ("echo $((1 + $(reboot)))", &["echo … [Arithmetic] [CommandSubstitution]", "reboot (substituted)"]),
    ("echo $((reboot) )", &["echo … [CommandSubstitution]", "reboot (substituted)"]),
    ("echo $[1+1]", &["echo … [Arithmetic]"]),
    ("diff <(ls) >(cat)", &["diff … … [ProcessSubstitution]", "ls (substituted)", "cat (substituted)"]),
    ("echo $", &["echo \"$\""]),
    ("echo \"$\" a$", &["echo \"$\" \"a$\""]),
    ("$(reboot)", &["… [CommandSubstitution] [CommandWord]", "reboot (substituted)"]),
    ("x=$(reboot)", &["x=… [CommandSubstitution]", "reboot (substituted)"]),
    ("A=1", &["A=1"]),
    ("A=1 B='2 3' cmd x", &["A=1 B=\"2 3\" cmd x"]),
    ("A=$x cmd", &["A=… cmd [Parameter(\"x\")]"]),
    ("A=1 2", &["A=1 2"]),
    ("A+=1 cmd", &["A=1 cmd [Dialect(\"this assignment\")]"]),
    ("A=(1 2)", &[
        "A=\"\" [Dialect(\"an array\")]",
        "1 2",
        "opaque: Syntax(\"no `;` between two commands\")",
        "opaque: Syntax(\"an operator without a command\")",
    ]),
    ("a[1]=2 cmd", &["a=2 cmd [Dialect(\"this assignment\")]"]),
    ("a[ 1 ]=2", &["a[ 1 ]=2 [Dialect(\"`[` after a name\")]"]),
    ("cmd A=1", &["cmd A=1"]),
    ("'A'=1 cmd", &["A=1 cmd"]),
    ("PATH=/x ls", &["PATH=/x ls [Variable(\"PATH\")]"]),
    ("PATH=/x; ls", &["PATH=/x [Variable(\"PATH\")]", "ls [Variable(\"PATH\")]"]),
    ("export PATH=/x; ls", &["export PATH=/x [Variable(\"PATH\")]", "ls [Variable(\"PATH\")]"]),
    ("export A=1; ls", &["export A=1", "ls"]),
    ("LD_PRELOAD=/x.so ls", &["LD_PRELOAD=/x.so ls [Variable(\"LD_PRELOAD\")]"]),
    ("IFS=x; ls", &["IFS=x [Variable(\"IFS\")]", "ls [Variable(\"IFS\")]"]),
    ("read PATH; ls", &["read PATH [Variable(\"PATH\")]", "ls [Variable(\"PATH\")]"]),
    ("unset IFS; ls", &["unset IFS [Variable(\"IFS\")]", "ls [Variable(\"IFS\")]"]),
    ("printf -v PATH x; ls", &["printf -v PATH x [Variable(\"PATH\")]", "ls [Variable(\"PATH\")]"]),
    ("for PATH in /x; do ls; done", &["ls (repeated) [Variable(\"PATH\")]"]),
    ("(PATH=/x; ls); ls", &["PATH=/x [Variable(\"PATH\")]", "ls [Variable(\"PATH\")]", "ls"]),
    ("echo a > f", &["echo a >f"]),
    ("echo a >> f", &["echo a >f"]),
    ("echo a >| f", &["echo a >f"]),
    ("echo a>f 2>g", &["echo a >f >g"]),
    ("echo a 2>&1", &["echo a"]),
    ("echo a >&2 <&-", &["echo a"]),
    ("echo a &> f", &["echo a >f"]),
    ("echo a &>> f", &["echo a >f"]),
    ("echo a &>f reboot", &[
        "echo a reboot >f [Dialect(\"words after `&>`\")]",
        "reboot [Dialect(\"words after `&>`\")]",
    ]),
    ("echo a >&f", &["echo a >f [Dialect(\"`>&` with a file\")]"]),
    ("echo a <> f", &["echo a >f <f"]),
    ("cat < f", &["cat <f"]),
    ("> f", &[">f"]),
    (">f ls x", &["ls x >f"]),
    ("ls > 'a b'", &["ls >\"a b\""]),
    ("ls > $x", &["ls >… [Parameter(\"x\")]"]),
    ("ls > *.c", &["ls >… [Pattern]"]),
    ("ls > ~/x", &["ls >… [Tilde]"]),
    ("ls 12>f", &["ls >f [Dialect(\"a descriptor of more than one digit\")]"]),
    ("ls {fd}>f", &["ls {fd} >f [Dialect(\"`{name}` in front of a redirection\")]"]),
    ("ls >", &["ls", "opaque: Syntax(\"a redirection without a file\")"]),
    ("ls > /dev/tcp/h/1", &["ls >/dev/tcp/h/1 [Network]"]),
    ("ls >! f", &["ls f >! [Dialect(\"`!` after a redirection\")]"]),
    ("2>f", &[">f"]),
    ("a2>f", &["a2 >f"]),
    ("cat <<E\nhi\nE\nls", &["cat", "ls"]),
    ("cat <<E\n$(reboot) $x\nE", &["cat [CommandSubstitution] [Parameter(\"x\")]", "reboot (substituted)"]),
    ("cat <<'E'\n$(reboot)\nE\nls", &["cat", "ls"]),
    ("cat <<\\E\n`reboot`\nE", &["cat"]),
    ("cat <<-E\n\thi\n\tE\nls", &["cat", "ls"]),
    ("cat <<E; ls\nhi\nE\npwd", &["cat", "ls", "pwd"]),
    ("cat <<A <<B\n1\nA\n2\nB\nls", &["cat", "ls"]),
    ("cat <<E\nhi", &["cat", "opaque: Unterminated(\"a here-document\")"]),
    ("cat <<E\nhi\\\nE\nE", &["cat", "opaque: Dialect(\"a continued line in a here-document\")"]),
    ("cat <<< hi", &["cat [Dialect(\"`<<<`\")]"]),
    ("(ls; pwd)", &["ls", "pwd"]),
    ("(ls)", &["ls"]),
    ("{ ls; pwd; }", &["ls", "pwd"]),
    ("{ ls; } > f", &["ls", ">f"]),
    ("(ls) 2>f <g", &["ls", ">f <g"]),
    ("{ls}", &["{ls}"]),
    ("! ls", &["ls"]),
    ("! ! ls", &["ls", "opaque: Dialect(\"this `!`\")"]),
    ("time ls", &["time: ls"]),
    ("time -p ls -l", &["time: ls -l"]),
    ("time -o f ls", &["time -o f ls"]),
    ("time (ls)", &["ls", "opaque: Dialect(\"`time` and `coproc`\")"]),
    ("'time' ls", &["time ls"]),
    ("ls | time wc", &["ls (pipeline)", "time: wc (pipeline)"]),
    ("if a; then b; elif c; then d; else e; fi", &["a", "b", "c", "d", "e"]),
    ("if a\nthen b\nfi > f", &["a", "b", ">f"]),
    ("while a; do b; done", &["a (repeated)", "b (repeated)"]),
    ("until a; do b; done", &["a (repeated)", "b (repeated)"]),
    ("for i in 1 2 3; do echo hi; done", &["echo hi (repeated)"]),
    ("for i in $x; do echo \"$i\"; done", &[
        "echo … (repeated) [Parameter(\"i\")]",
        "opaque: Parameter(\"x\")",
    ]),
    ("for i do a; done", &["a (repeated)"]),
    ("for i in *; do a; done", &["a (repeated)"]),
    ("case x in a) b;; (c|d) e;; esac", &["b", "e"]),
    ("case $x in $(y)) b ;; esac", &[
        "y (substituted)",
        "b",
        "opaque: Parameter(\"x\")",
        "opaque: CommandSubstitution",
    ]),
    ("case x in a) b ;& c) d ;; esac", &["b", "d", "opaque: Dialect(\"`;&`\")"]),
    ("select x in a b; do c; done", &["c (repeated)", "opaque: Dialect(\"`select` and `foreach`\")"]),
    ("function f { a; }", &["a (function)", "opaque: Dialect(\"`function`\")"]),
    ("f() { a; }; f", &["a (function)", "f [Function(\"f\")]"]),
    ("f() (a)", &["a (function)"]),
    ("f() a", &["a (function)", "opaque: Dialect(\"a function without braces\")"]),
    ("rm() { ls; }; rm x", &["ls (function)", "rm x [Function(\"rm\")]"]),
    (":(){ :|:& };:", &[
        ": (function) (pipeline) (background) [Function(\":\")]",
        ": (function) (pipeline) (background) [Function(\":\")]",
        ": [Function(\":\")]",
        "opaque: ForkBomb",
        "opaque: Dialect(\"such a name of a function\")",
        "opaque: Dialect(\"a function with the name of a special builtin\")",
    ]),
    (":(){ : & : & };:", &[
        ": (function) (background) [Function(\":\")]",
        ": (function) (background) [Function(\":\")]",
        ": [Function(\":\")]",
        "opaque: ForkBomb",
        "opaque: Dialect(\"such a name of a function\")",
        "opaque: Dialect(\"a function with the name of a special builtin\")",
    ]),
    ("f(){ f|f; };f", &[
        "f (function) (pipeline) [Function(\"f\")]",
        "f (function) (pipeline) [Function(\"f\")]",
        "f [Function(\"f\")]",
        "opaque: ForkBomb",
    ]),
    ("f(){ g & }; g() { f; }; f", &[
        "g (function) (background) [Function(\"g\")]",
        "f (function) [Function(\"f\")]",
        "f [Function(\"f\")]",
        "opaque: ForkBomb",
    ]),
    ("f(){ f; };f", &["f (function) [Function(\"f\")]", "f [Function(\"f\")]"]),
    ("bomb() { bomb | bomb & }; bomb", &[
        "bomb (function) (pipeline) (background) [Function(\"bomb\")]",
        "bomb (function) (pipeline) (background) [Function(\"bomb\")]",
        "bomb [Function(\"bomb\")]",
        "opaque: ForkBomb",
    ]),
    ("f() { a | b & }; f", &[
        "a (function) (pipeline) (background)",
        "b (function) (pipeline) (background)",
        "f [Function(\"f\")]",
    ]),
    ("[ -f x ]", &["[ -f x ]"]),
    ("[[ a > b ]]", &["[[ a ]] >b [Dialect(\"`[[`\")]"]),
    ("((a))", &["a", "opaque: Dialect(\"`((`\")"]),
    ("[ ! -f x ] && ls", &["[ ! -f x ]", "ls"]),
    ("a &", &["a (background)"]),
    ("a & b &", &["a (background)", "b (background)"]),
    ("a | b | c", &["a (pipeline)", "b (pipeline)", "c (pipeline)"]),
    ("a && b | c &", &["a (background)", "b (pipeline) (background)", "c (pipeline) (background)"]),
    ("echo *", &["echo … [Pattern]"]),
    ("echo ./*", &["echo …operands"]),
    ("echo a*.c", &["echo …operands"]),
    ("echo -*", &["echo … [Pattern]"]),
    ("echo \"*\" \\* '?'", &["echo \"*\" \"*\" \"?\""]),
    ("echo [a]*", &["echo … [Pattern]"]),
    ("echo x[!a]", &["echo …operands"]),
    ("rm?", &["…operands [CommandWord]"]),
    ("echo ~ ~/x ~root", &["echo … … … [Tilde]"]),
    ("echo a~ a:~/b HEAD~1", &["echo \"a~\" … \"HEAD~1\" [Tilde]"]),
    ("echo {a,b} x{1..3}", &["echo … … [Braces]"]),
    ("echo {} HEAD@{1} {a}", &["echo {} HEAD@{1} {a}"]),
    ("echo {{a},b}", &["echo … [Braces]"]),
    ("echo \"{a,b}\" {'a,b'}", &["echo {a,b} {a,b}"]),
    ("find . -exec rm {} \\;", &["find . -exec rm {} \";\""]),
    ("echo hi!", &["echo hi!"]),
    ("echo !x", &["echo !x [History]"]),
    ("echo '!x'", &["echo !x"]),
    ("echo =ls =", &["echo =ls = [Dialect(\"`=` in front of a word\")]"]),
    ("# reboot", &[]),
    ("ls # reboot", &["ls"]),
    ("ls#x", &["\"ls#x\""]),
    ("echo \"# x\" \\# y", &["echo \"# x\" \"#\" y"]),
    ("eval ls", &["eval ls", "ls"]),
    ("eval 'rm -rf' x", &["eval \"rm -rf\" x", "rm -rf x"]),
    ("eval \"$x\"", &["eval … [Parameter(\"x\")] [Builtin(\"eval\")]"]),
    ("eval 'eval reboot'", &["eval \"eval reboot\"", "eval reboot", "reboot"]),
    ("eval \"ls; cd /x\"; ./y", &["eval \"ls; cd /x\"", "ls", "cd /x", "./y [Moved]"]),
    ("exec ls", &["exec: ls"]),
    ("exec > f", &["exec >f"]),
    ("exec -a x ls", &["exec: ls [Dialect(\"exec\")]"]),
    ("command ls", &["command: ls"]),
    ("command -v ls", &["command -v ls"]),
    ("command -p ls", &["command: ls [Dialect(\"command\")]"]),
    ("command -- ls", &["command: ls [Dialect(\"command\")]"]),
    ("command command exec ls", &["command: command: exec: ls"]),
    ("builtin cd x", &["builtin: cd x [Dialect(\"builtin\")]"]),
    ("trap 'rm x' EXIT", &["trap \"rm x\" EXIT", "rm x (trapped)"]),
    ("trap - INT", &["trap - INT"]),
    ("trap '' INT", &["trap \"\" INT"]),
    ("trap \"$x\" EXIT", &["trap … EXIT [Parameter(\"x\")] [Builtin(\"trap\")]"]),
    (". ./f; ls", &[". ./f [Builtin(\".\")]", "ls [After(\".\")]"]),
    ("source f", &["source f [Builtin(\"source\")]"]),
    ("alias ls=reboot\nls", &["alias ls=reboot [Builtin(\"alias\")]", "ls [After(\"alias\")]"]),
    ("enable -f x y; ls", &["enable -f x y [Builtin(\"enable\")]", "ls [After(\"enable\")]"]),
    ("hash -p /x ls; ls", &["hash -p /x ls [Builtin(\"hash\")]", "ls [After(\"hash\")]"]),
    ("hash -r; ls", &["hash -r", "ls"]),
    ("cd /x; ./y", &["cd /x", "./y [Moved]"]),
    ("cd /x; /y; y", &["cd /x", "/y", "y"]),
    ("cd /x && make", &["cd /x", "make"]),
    ("(cd x; ./y); ./z", &["cd x", "./y [Moved]", "./z"]),
    ("pushd x; a/b", &["pushd x", "a/b [Moved]"]),
    ("while a; do ./y; cd ..; done", &["a (repeated)", "./y (repeated) [Moved]", "cd .. (repeated)"]),
    ("set -e; ls", &["set -e", "ls"]),
    ("set -euo pipefail; ls", &["set -euo pipefail", "ls"]),
    ("set -k; ls", &["set -k [Builtin(\"set\")]", "ls [After(\"set\")]"]),
    ("set -o histexpand; ls", &["set -o histexpand [Builtin(\"set\")]", "ls [After(\"set\")]"]),
    ("set -- a b; ls", &["set -- a b", "ls"]),
    ("shopt -s nullglob; ls", &["shopt -s nullglob [Builtin(\"shopt\")]", "ls [After(\"shopt\")]"]),
    ("let x=1", &["let x=1 [Builtin(\"let\")]"]),
    ("test -v 'a[$(reboot)]'", &["test -v \"a[$(reboot)]\" [Arithmetic]"]),
    ("printf '%s' 'a b'", &["printf %s \"a b\""]),
    ("jobs -x ls", &["jobs -x ls [Builtin(\"jobs\")]"]),
    ("coproc ls", &["coproc: ls [Dialect(\"coproc\")]"]),
    ("noglob ls", &["noglob: ls [Dialect(\"noglob\")]"]),
    ("- ls", &["-: ls [Dialect(\"-\")]"]),
    ("repeat 3 reboot", &["repeat: reboot [Dialect(\"repeat\")]"]),
    ("umask 022; ulimit -n 5", &["umask 022", "ulimit -n 5"]),
    ("kill -9 1", &["kill -9 1"]),
    ("local -n r=PATH; r=x ls", &["local -n r=PATH [Builtin(\"local\")]", "r=x ls [After(\"local\")]"]),
    ("echo 'a", &["echo a [Unterminated(\"a quoted text\")]"]),
    ("echo \"a", &["echo a [Unterminated(\"a quoted text\")]"]),
    ("echo $(a", &[
        "echo … [CommandSubstitution]",
        "a (substituted)",
        "opaque: Unterminated(\"a substitution\")",
    ]),
    ("echo `a", &[
        "echo … [CommandSubstitution]",
        "a (substituted)",
        "opaque: Unterminated(\"a substitution\")",
    ]),
    ("echo ${a", &["echo … [Parameter(\"a\")] [Unterminated(\"an expansion\")]"]),
    ("(a", &["a", "opaque: Unterminated(\"a subshell\")"]),
    ("{ a", &["a", "opaque: Unterminated(\"a compound command\")"]),
    ("if a", &["a", "opaque: Unterminated(\"a compound command\")"]),
    ("ls)", &["ls", "opaque: Syntax(\"an operator without a command\")"]),
    ("ls ;; x", &[
        "ls",
        "x",
        "opaque: Syntax(\"`;;` outside of `case`\")",
        "opaque: Syntax(\"an operator without a command\")",
    ]),
    ("; ls", &["ls", "opaque: Syntax(\"an operator without a command\")"]),
    ("a && ", &["a", "opaque: Syntax(\"an operator without a command\")"]),
    ("| a", &["a", "opaque: Syntax(\"an operator without a command\")"]),
    ("a | | b", &["a (pipeline)", "b (pipeline)", "opaque: Syntax(\"an operator without a command\")"]),
    ("( )", &["opaque: Syntax(\"an empty subshell\")"]),
    ("done", &["opaque: Syntax(\"a reserved word out of place\")"]),
    ("echo (a)", &[
        "echo",
        "a",
        "opaque: Syntax(\"no `;` between two commands\")",
        "opaque: Syntax(\"an operator without a command\")",
    ]),
    ("a b()", &[
        "a b",
        "opaque: Syntax(\"no `;` between two commands\")",
        "opaque: Syntax(\"an operator without a command\")",
    ]),
    ("ls \\", &["ls \"\\\\\" [Unterminated(\"an escape\")]"]),
    ("if a then b fi", &["a then b fi", "opaque: Unterminated(\"a compound command\")"]),
    ("\0", &["\"\\0\"", "opaque: Nul"]),
    ("ls\0x", &["\"ls\\0x\"", "opaque: Nul"]),
    ("time A=1 ls", &["time: A=1 ls [Dialect(\"an assignment after `time`\")]"]),
    ("A=1 time ls", &["A=1 time ls"]),
    ("time", &["time [Dialect(\"`time` alone\")]"]),
    ("fi[ a; reboot ]", &["fi[ a [Dialect(\"`[` after a name\")]", "reboot ]"]),
    ("{1},}", &["… [Braces] [CommandWord]"]),
    ("RANDOM='a[$(reboot)]'", &["RANDOM=\"a[$(reboot)]\" [Variable(\"RANDOM\")] [Arithmetic]"]),
    ("RANDOM=1", &["RANDOM=1 [Variable(\"RANDOM\")]"]),
    ("trap EXIT", &["trap EXIT"]),
    ("echo {a.\\\n.b}", &["echo … [Braces]"]),
    ("a | ! b", &["a (pipeline)", "b (pipeline)", "opaque: Dialect(\"`!` inside a pipeline\")"]),
    ("time ! a", &["a", "opaque: Dialect(\"`time` and `coproc`\")"]),
    ("case x in a) b", &["b", "opaque: Unterminated(\"a compound command\")"]),
    ("for i in a b\ndo c\ndone", &["c (repeated)"]),
    ("! (a)", &["a"]),
    ("!(a)", &["a", "opaque: Dialect(\"this `!`\")"]),
    ("if a; then\nfi", &["a", "opaque: Syntax(\"a part of a compound command is missing\")"]),
    ("f() { reboot; } > g", &["reboot (function)", ">g (function)"]),
    ("echo \"$(cat <<E\nhi\nE\n)\"", &["echo … [CommandSubstitution]", "cat (substituted)"]),
    ("echo 'a\nb'", &["echo \"a\\nb\""]),
    ("git commit -m \"rm -rf /\"", &["git commit -m \"rm -rf /\""]),
    ("grep \"rm -rf\" x", &["grep \"rm -rf\" x"]),
    ("rm -rf / # no", &["rm -rf /"]),
    ("sh -c 'rm x'", &["sh -c \"rm x\""]),
    ("A='b c' B=d\\ e export C", &["A=\"b c\" B=\"d e\" export C"]),
    ("echo a\\ b'c d'\"e f\"", &["echo \"a bc de f\""]),
    ("echo ${x+\"$(a)\"'$(b)'}", &["echo … [Parameter(\"x\")] [CommandSubstitution]", "a (substituted)"]),
    ("echo ${#x} $# $? $1", &[
        "echo … … … … [Parameter(\"x\")] [Parameter(\"#\")] [Parameter(\"?\")] [Parameter(\"1\")]",
    ]),
    ("cmd1 <in | cmd2 >out 2>&1 &", &[
        "cmd1 <in (pipeline) (background)",
        "cmd2 >out (pipeline) (background)",
    ]),
    ("$'eval' ls", &["eval ls [AnsiQuotes]", "ls"]),
    ("ls 2>&1 >&- <&3", &["ls"]),
    ("ls 2>&12", &["ls [Dialect(\"such a descriptor\")]"]),
    ("{ a; } 2>&1 | b", &["a (pipeline)", "b (pipeline)"]),
    ("foreach x (a b) c; end", &[
        "a b",
        "c",
        "end",
        "opaque: Dialect(\"`select` and `foreach`\")",
        "opaque: Syntax(\"a part of a compound command is missing\")",
        "opaque: Syntax(\"no `;` between two commands\")",
        "opaque: Syntax(\"an operator without a command\")",
    ]),
    ("a &! b", &["a (background)", "b"]),
    ("a ;| b", &[
        "a",
        "b",
        "opaque: Syntax(\"`;;` outside of `case`\")",
        "opaque: Syntax(\"an operator without a command\")",
    ]),
    ("\u{feff}ls", &["\"\\u{feff}ls\""]),
];

#[test]
fn digits_in_front_of_an_operator_are_a_descriptor() {
    let is_literal = |text: &str| parse(OsStr::new(text)).is_literal();
    for script in [
        "echo a >1<x",
        "echo a >1>x",
        ">1<if ",
        "echo a >&1</dev/null",
        "cat <<1<x\n1\n",
        "cat <<1>x\n1\n",
    ] {
        assert!(!is_literal(script), "{script}");
    }
    assert!(is_literal("echo a > 1 <x"));
    assert!(is_literal("echo a >'1'<x"));
}
