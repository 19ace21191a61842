//! Whatever a file holds, `shape run` and `shape check` end with status 0, 1 or 2, and say why.
//!
//! The inputs are too big, or too broken, to be kept as files.

use shape_tests::{Binaries, Ending, Finished, run};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Generous, since the binary may be an unoptimised one; what it is against is "for ever".
const LIMIT: Duration = Duration::from_secs(60);

fn temporary() -> TempDir {
    tempfile::tempdir().expect("there is a temporary folder")
}

fn shape(folder: &TempDir, args: &[&str]) -> Finished {
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(folder.path());
    shape.args(args);
    run(shape, None, LIMIT).expect("shape starts")
}

/// The status, after making sure that it is one of those that mean "under control".
#[track_caller]
fn controlled(what: &str, done: &Finished) -> i32 {
    let stderr: String = done.stderr.chars().take(500).collect();
    let Ending::Exited(status @ 0..=2) = done.ending else {
        panic!("{what}: {:?}\n{stderr}", done.ending);
    };
    assert!(
        status == 0 || !done.stderr.is_empty(),
        "{what}: status {status} without a word"
    );
    assert!(!stderr.contains("panicked at"), "{what}: {stderr}");
    status
}

/// Checks and runs `source`; gives what the run did.
#[track_caller]
fn survives(source: impl AsRef<[u8]>) -> Finished {
    let folder = temporary();
    fs::write(folder.path().join("hostile.shape"), source).expect("is written");
    controlled("check", &shape(&folder, &["check", "hostile.shape"]));
    let done = shape(&folder, &["run", "hostile.shape"]);
    controlled("run", &done);
    done
}

/// The same, and neither starts the program.
#[track_caller]
fn is_refused(source: impl AsRef<[u8]>) {
    let done = survives(source);
    assert_eq!(done.ending, Ending::Exited(2), "{}", done.stderr);
    assert_eq!(done.stdout, "");
    assert!(
        done.stderr.len() < 100_000,
        "{} bytes of complaints",
        done.stderr.len()
    );
}

/// The same, and it prints `expected`.
#[track_caller]
fn prints(source: impl AsRef<[u8]>, expected: &str) {
    let done = survives(source);
    assert_eq!((done.stdout.as_str(), done.stderr.as_str()), (expected, ""));
}

/// `open` a million times, `middle`, `close` a million times.
fn nested(count: usize, open: &str, middle: &str, close: &str) -> String {
    open.repeat(count) + middle + &close.repeat(count)
}

#[test]
fn deep_brackets_of_every_kind() {
    for count in [100_000, 1_000_000] {
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("a[", "]")] {
            survives(nested(count, open, "1", close));
        }
    }
}

#[test]
fn brackets_that_never_close() {
    for open in [
        "(",
        "[",
        "{",
        "f(",
        "if true {",
        "|x| {",
        "match 1 { 1 => ",
        "fn f() {",
        "mod m {",
    ] {
        is_refused(open.repeat(100_000));
    }
}

#[test]
fn brackets_that_never_opened() {
    for close in [")", "]", "}", "*/", "))]}"] {
        is_refused(close.repeat(100_000));
    }
}

#[test]
fn deep_prefix_operators() {
    for prefix in [
        "-", "!", "~", "- ", "try ", "return ", "break ", "|x| ", "fn(x) ", "await ",
    ] {
        survives(prefix.repeat(1_000_000) + "1");
    }
}

#[test]
fn deep_postfix_operators() {
    for postfix in [".a", "?.a", "()", "[0]", "?", " as int", ".abs()", "[0..1]"] {
        survives("let x = 1\nprint(x".to_owned() + &postfix.repeat(100_000) + ")");
    }
}

#[test]
fn deep_statements_and_types() {
    survives(nested(100_000, "if true { ", "print(1)", " }"));
    survives(nested(100_000, "while false { ", "print(1)", " }"));
    survives(nested(100_000, "for i in 0..1 { ", "print(1)", " }"));
    survives(nested(100_000, "match 1 { _ => ", "1", " }"));
    survives(format!(
        "let x: {} = 1",
        nested(100_000, "Array<", "int", ">")
    ));
    survives(format!(
        "let x: {} = 1",
        "int".to_owned() + &"[]".repeat(100_000)
    ));
    survives(format!(
        "let x: {} = 1",
        "int".to_owned() + &"?".repeat(100_000)
    ));
    survives(format!("let {} = 1", nested(100_000, "[", "a", "]")));
    survives(format!("print({})", nested(100_000, "{ a: ", "1", " }")));
}

#[test]
fn long_chains() {
    survives("if false { print(0) } ".to_owned() + &"else if false { print(1) } ".repeat(100_000));
    survives("print(".to_owned() + &"true ? 1 : ".repeat(100_000) + "2)");
    survives("let a: int? = None\nprint(".to_owned() + &"a ?? ".repeat(100_000) + "2)");
    survives("print(".to_owned() + &"2 ** ".repeat(100_000) + "1)");
    survives("fn f(x) { x }\nprint(1".to_owned() + &" |> f".repeat(100_000) + ")");
    survives("let mut a = 1\n".to_owned() + &"a = ".repeat(100_000) + "1");
    survives("use ".to_owned() + &"a::".repeat(100_000) + "b");
    survives("type A = int".to_owned() + &" | string".repeat(100_000));
}

#[test]
fn sum_of_a_hundred_thousand_terms() {
    let done = survives(format!("print(0{})", " + 1".repeat(100_000)));
    if done.ending == Ending::Exited(0) {
        assert_eq!(done.stdout, "100000\n");
    }
}

#[test]
fn concatenation_of_a_hundred_thousand_strings() {
    let done = survives(format!(
        "print((\"\"{}).len())",
        " + \"ab\"".repeat(100_000)
    ));
    if done.ending == Ending::Exited(0) {
        assert_eq!(done.stdout, "200000\n");
    }
}

#[test]
fn array_of_a_hundred_thousand_elements() {
    prints(
        format!(
            "let xs = [{}]\nprint(xs.len(), xs.sum())",
            "1, ".repeat(100_000)
        ),
        "100000 100000\n",
    );
}

#[test]
fn a_hundred_thousand_statements() {
    let source = "let mut a = 0\n".to_owned() + &"a += 1\n".repeat(100_000) + "print(a)";
    prints(source, "100000\n");
}

#[test]
fn ten_thousand_functions() {
    let mut source: String = (0..10_000)
        .map(|i| format!("fn f{i}(x) {{ x + {i} }}\n"))
        .collect();
    source += "print(f9999(1))";
    prints(source, "10000\n");
}

#[test]
fn chain_of_two_thousand_calls() {
    let mut source = "fn f0(x) { x }\n".to_owned();
    for i in 1..2000 {
        source += &format!("fn f{i}(x) {{ f{}(x) + 1 }}\n", i - 1);
    }
    let done = survives(source + "print(f1999(0))");
    if done.ending == Ending::Exited(0) {
        assert_eq!(done.stdout, "1999\n");
    }
}

#[test]
fn call_with_a_thousand_arguments() {
    survives(format!("print({})", "1, ".repeat(1000)));
    let params: String = (0..1000).map(|i| format!("a{i}, ")).collect();
    survives(format!(
        "fn f({params}) {{ a0 + a999 }}\nprint(f({}))",
        "1, ".repeat(1000)
    ));
}

#[test]
fn a_thousand_nested_closures_and_functions() {
    survives("let f = ".to_owned() + &"|x| ".repeat(1000) + "1\nprint(1)");
    survives(nested(1000, "fn f() { ", "1", " }") + "\nprint(1)");
}

#[test]
fn types_that_contain_themselves() {
    is_refused("type A = A\nlet x: A = 1");
    is_refused("type A = B\ntype B = A\nlet x: A = 1");
    survives("type A = Array<A>\nlet x: A = []\nprint(1)");
    survives("type A { a: A }\nprint(1)");
    survives("type A<T> { a: A<A<T>>? }\nlet x = A { a: None }\nprint(1)");
    survives("fn f(x) { f(|y| x) }\nf(1)");
    survives("fn f(x) { f({ a: x }) }\nf(1)");
    survives("let mut f = |x| x\nf = |x| f\nprint(1)");
}

#[test]
fn modules_that_import_each_other() {
    let folder = temporary();
    for (name, text) in [
        ("main.shape", "use a\nprint(a::f())"),
        ("a.shape", "use b\npub fn f() { b::g() }"),
        ("b.shape", "use a\npub fn g() { a::f() }"),
        ("self.shape", "use self\nprint(1)"),
    ] {
        fs::write(folder.path().join(name), text).expect("is written");
    }
    for name in ["main.shape", "a.shape", "self.shape"] {
        controlled(name, &shape(&folder, &["check", name]));
        controlled(name, &shape(&folder, &["run", name]));
    }
}

#[test]
fn string_literal_of_a_hundred_megabytes() {
    let done = survives(format!("print(\"{}\".len())", "x".repeat(100_000_000)));
    if done.ending == Ending::Exited(0) {
        assert_eq!(done.stdout, "100000000\n");
    }
}

#[test]
fn identifier_of_a_megabyte() {
    let name = "x".repeat(1_000_000);
    survives(format!("let {name} = 1\nprint({name})"));
    is_refused(format!("print({name})"));
    is_refused(format!("let {name}y = 1\nprint({name}z)"));
}

#[test]
fn number_of_a_megabyte() {
    let digits = "9".repeat(1_000_000);
    is_refused(format!("print({digits})"));
    survives(format!("print({digits}.0)"));
    survives(format!("print(1e{digits})"));
    survives(format!("print(0.{digits})"));
    is_refused(format!("print({digits}s)"));
}

#[test]
fn line_and_comment_of_ten_megabytes() {
    prints(" ".repeat(10_000_000) + "print(1)", "1\n");
    prints("\n".repeat(10_000_000) + "print(1)", "1\n");
    prints(format!("// {}\nprint(1)", "x".repeat(10_000_000)), "1\n");
    prints(format!("/* {} */ print(1)", "x".repeat(10_000_000)), "1\n");
}

#[test]
fn a_million_nested_comments() {
    prints(nested(1_000_000, "/*", "x", "*/") + "print(1)", "1\n");
    is_refused("/*".repeat(1_000_000));
}

#[test]
fn things_that_never_end() {
    for source in [
        "\"abc",
        "print(\"abc",
        "\"\"\"abc",
        "f\"a {1",
        "f\"a {",
        "f\"",
        "'a",
        "'",
        "/* abc",
        "\"\\",
        "\"\\u{",
        "f\"{\"",
        "1 +",
    ] {
        is_refused(source);
    }
}

#[test]
fn deep_interpolation() {
    survives(nested(10_000, "f\"{", "1", "}\""));
    survives("f\"{".repeat(10_000));
    survives(format!("print(f\"{}\")", "{1}".repeat(100_000)));
}

#[test]
fn invalid_utf8() {
    for source in [
        &b"\xff\xfe"[..],
        b"print(\"\xff\")",
        b"// \xc3\nprint(1)",
        b"print(1)\xf0\x9f",
        b"\xed\xa0\x80",
    ] {
        is_refused(source);
    }
}

#[test]
fn odd_characters() {
    prints("print(1)\r\nprint(2)\r\n", "1\n2\n");
    prints("\u{feff}print(1)\n", "1\n");
    for source in [
        "\0",
        "print(\0)",
        "\u{202e}print(1)",
        "print(“a”)",
        "é = 1",
        "let x = 1\u{a0}",
        "\u{7f}",
        "\r",
        "😀",
    ] {
        survives(source);
    }
}

#[test]
fn nothing_at_all() {
    for source in [
        "",
        "\n",
        "   \t\n\n",
        "// only a comment",
        "#!/usr/bin/env shape",
        "#!",
        ";;;;",
    ] {
        prints(source, "");
    }
}

#[test]
fn files_that_are_no_scripts() {
    let folder = temporary();
    for name in [
        "no_such_file.shape",
        ".",
        "/",
        "",
        "/dev/null/x",
        "/proc/self/mem",
    ] {
        for command in ["run", "check"] {
            let status = controlled(name, &shape(&folder, &[command, name]));
            assert_ne!(status, 0, "{command} {name:?}");
        }
    }
    let done = shape(&folder, &["run", "no_such_file.shape"]);
    assert!(
        done.stderr.contains("no_such_file.shape"),
        "{}",
        done.stderr
    );
}

#[test]
fn file_with_an_odd_name() {
    let folder = temporary();
    let name = std::ffi::OsStr::from_bytes(b"odd \xff\n name");
    let path = folder.path().join(Path::new(name));
    fs::write(&path, "print(1)").expect("is written");
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(folder.path());
    shape.arg("run").arg(&path);
    controlled("odd name", &run(shape, None, LIMIT).expect("shape starts"));
}

#[test]
fn command_lines_that_make_no_sense() {
    let folder = temporary();
    for args in [
        &["nonsense"][..],
        &["run"],
        &["check"],
        &["run", "--no-such-flag"],
        &["--no-such-flag"],
    ] {
        let status = controlled(&format!("{args:?}"), &shape(&folder, args));
        assert_eq!(status, 2, "{args:?}");
    }
}

#[test]
fn full_disk_behind_stdout() {
    let folder = temporary();
    let script = folder.path().join("a.shape");
    fs::write(&script, "for i in 0..100000 { print(i) }").expect("is written");
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("Linux has /dev/full");
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(folder.path());
    let done = shape
        .arg("run")
        .arg(script)
        .stdout(full)
        .output()
        .expect("shape starts");
    assert_eq!(
        done.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(!String::from_utf8_lossy(&done.stderr).contains("panicked at"));
    assert!(!done.stderr.is_empty());
}

#[test]
fn huge_sizes_from_a_script() {
    const HUGE: &str = "4611686018427387904";
    for expression in [
        "[1, 2].take(N)",
        "[1, 2].drop(N)",
        "[1, 2].skip(N)",
        "[1, 2].slice(N, N)",
        "[1, 2].slice(0, N)",
        "[1, 2].chunk(N)",
        "[1, 2].insert(N, 3)",
        "[1, 2].remove(N)",
        "[1, 2][N]",
        "[1, 2][-N]",
        "[1, 2][N..N]",
        "[1, 2][0..N]",
        "\"ab\".repeat(N)",
        "\"ab\".padStart(N)",
        "\"ab\".padEnd(N, \"x\")",
        "\"ab\".charAt(N)",
        "\"ab\".substring(N, N)",
        "\"ab\".slice(0, N)",
        "\"ab\".codePointAt(N)",
        "1 << N",
        "2 ** N",
        "gcd(N, N)",
        "lcm(N, N - 1)",
        "range(N).len()",
        "1.5.toFixed(N)",
        "1.0 * N",
        "abs(-N)",
        "clamp(N, N, 0)",
        "f\"{1.5:fixed(4611686018427387904)}\"",
    ] {
        for sign in ["", "-"] {
            survives(format!(
                "let n = {sign}{HUGE}\nprint({})",
                expression.replace('N', "n")
            ));
        }
    }
    for loops in ["[i for i in 0..n].len()", "range(n).map(|x| x).take(1)"] {
        // Too much to hold, but it must not be asked for at once.
        survives(format!("let n = 3\nprint({loops})"));
    }
}

#[test]
fn hostile_json() {
    for text in [
        "\"[\".repeat(1000000)",
        "\"[\".repeat(1000000) + \"]\".repeat(1000000)",
        "\"{\\\"a\\\":\".repeat(100000)",
        "\"\"",
        "\"nul\"",
        "\"1e999999\"",
        "\"\\\"\\\\ud800\\\"\"",
        "\"9\".repeat(100000)",
    ] {
        let done = survives(format!(
            "match parse_json({text}) {{ Ok(v) => print(\"ok\"), Err(e) => print(\"err\") }}"
        ));
        assert_eq!(done.ending, Ending::Exited(0), "{text}: {}", done.stderr);
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % sides
    }
}

#[test]
fn soup_of_tokens() {
    const TOKENS: &[&str] = &[
        "let", "mut", "fn", "if", "else", "match", "for", "in", "while", "loop", "break", "return",
        "try", "use", "mod", "type", "enum", "pub", "None", "Some", "(", ")", "[", "]", "{", "}",
        ",", ";", ":", "::", ".", "..", "...", "?", "??", "?.", "!", "!!", "=", "==", "=>", "->",
        "+", "-", "*", "**", "/", "|", "||", "|>", "&", "&&", "<", ">", "<<", "1", "2.5", "\"s\"",
        "'c'", "f\"{x}\"", "5s", "x", "y", "print", "int", "\n", "\n",
    ];
    let mut dice = Dice(1);
    for _ in 0..150 {
        let source: Vec<&str> = (0..60).map(|_| TOKENS[dice.roll(TOKENS.len())]).collect();
        survives(source.join(" "));
    }
}

#[test]
fn soup_of_bytes() {
    let mut dice = Dice(2);
    for _ in 0..50 {
        let source: Vec<u8> = (0..300)
            .map(|_| u8::try_from(dice.roll(256)).expect("is below 256"))
            .collect();
        survives(source);
    }
}

/// What an editor sends while somebody is typing.
#[test]
fn every_beginning_of_a_program() {
    let example = shape_tests::workspace().join("examples/json_report.shape");
    let text = fs::read_to_string(example).expect("is readable");
    let folder = temporary();
    let ends = text.char_indices().map(|(at, _)| at);
    for end in ends.step_by(3) {
        fs::write(folder.path().join("a.shape"), &text[..end]).expect("is written");
        controlled(&text[..end], &shape(&folder, &["check", "a.shape"]));
    }
}
