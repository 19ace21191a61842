//! Hostile and broken text: no panic, no overflow, linear time, places inside the text.
#![allow(missing_docs)]

use proptest::prelude::*;
use shape_syntax::{
    Diagnostic, FileId, MAX_CHAIN, MAX_DIAGNOSTICS, SourceMap, Style, format, parse, print, render,
    strip_spans,
};

/// Parses, and checks what holds for every text.
fn check(text: &str) -> Vec<Diagnostic> {
    let (module, diagnostics) = parse(FileId(0), text);
    assert!(diagnostics.len() <= MAX_DIAGNOSTICS + 1);
    for diagnostic in &diagnostics {
        let related = diagnostic.related.iter().map(|(span, _)| *span);
        for span in related.chain([diagnostic.span]) {
            let place = span.start as usize..span.end as usize;
            assert!(
                text.get(place).is_some(),
                "{diagnostic:?} outside of {text:?}"
            );
        }
    }
    if diagnostics.is_empty() {
        let (mut module, printed) = (module, print_of(text));
        let (mut again, more) = parse(FileId(0), &printed);
        assert!(more.is_empty(), "{more:?}\n{text}\n----\n{printed}");
        strip_spans(&mut module);
        strip_spans(&mut again);
        // The derived comparison takes 1 KiB of stack for each level of a debug build.
        let equal = stacker::grow(16 * 1024 * 1024, || module == again);
        assert!(equal, "{text}\n----\n{printed}");
        let first = format(FileId(0), text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let second = format(FileId(0), &first).unwrap_or_else(|e| panic!("{e}\n{first}"));
        assert!(first == second, "{text}\n----\n{first}\n----\n{second}");
    }
    diagnostics
}

fn print_of(text: &str) -> String {
    print(&parse(FileId(0), text).0)
}

fn rendered(text: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add("test.shape", text);
    let (_, diagnostics) = parse(file, text);
    render(&sources, &diagnostics, Style::Plain)
}

/// Pieces of the language, so that random texts are not refused at their first character.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "let ", "x", "y", " = ", "1", "2.5", "5s", "\"s\"", "'c'", "f\"", "f$\"", "\"", "\"\"\"",
        "{", "}", "(", ")", "[", "]", ",", ":", "::", ";", "\n", " ", "|", "||", "&", "?", "?.",
        "??", "!", "!!", "..", "..=", "...", ".", "+", "-", "*", "**", "<", ">", ">>", "=>", "->",
        "|>", "as ", "if ", "else ", "match ", "for ", "in ", "while ", "loop ", "fn ", "return ",
        "break ", "try ", "mut ", "pub ", "type ", "enum ", "mod ", "use ", "from ", "None",
        "Some", "true", "where ", "@", "//c\n", "/*", "*/", "///d\n", "\\", "${", "#{", "é", "$",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
        rendered(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_tokens(text in pieces()) {
        check(&text);
        rendered(&text);
    }

    #[test]
    fn cut_scripts(from in 0..3000_usize, len in 0..3000_usize) {
        let text = include_str!("tour.shape");
        let mut cut = text.chars().skip(from).take(len).collect::<String>();
        check(&cut);
        cut.push_str(text);
        check(&cut);
    }
}

#[test]
fn deep_nesting_gives_one_diagnostic() {
    let n = 100_000;
    let shapes = [
        "[".repeat(n),
        "(".repeat(n),
        "{".repeat(n),
        "-".repeat(n),
        "!".repeat(n),
        "..".repeat(n),
        "& ".repeat(n),
        "try ".repeat(n),
        "return ".repeat(n),
        "|x| ".repeat(n),
        "a = ".repeat(n),
        "a ** ".repeat(n) + "a",
        "[".repeat(n) + &"]".repeat(n),
        "if a { ".repeat(n) + &"}".repeat(n),
        "match a { b => ".repeat(n),
        "f(".repeat(n) + &")".repeat(n),
        "a[".repeat(n) + &"]".repeat(n),
        "fn f() { ".repeat(n),
        "mod a { ".repeat(n),
        "for x in ".repeat(n),
        "if ".repeat(n),
        "let x: ".to_owned() + &"Array<".repeat(n),
        "let x: ".to_owned() + &"() => ".repeat(n) + "int = 1",
        "let ".to_owned() + &"[".repeat(n),
        "match a { ".to_owned() + &"Some(".repeat(n),
        "match a { ".to_owned() + &"a @ ".repeat(n),
        "f\"{".repeat(n),
        "a ? b : ".repeat(n) + "c",
        "{ a: ".repeat(n),
        "a |> |x| ".repeat(n),
    ];
    for text in shapes {
        let diagnostics = check(&text);
        let deep = diagnostics.iter().filter(|d| d.code == "E0021").count();
        let start: String = text.chars().take(20).collect();
        assert!(deep <= 1, "{start}: {deep}");
        assert!(!diagnostics.is_empty(), "{start}");
        assert!(
            diagnostics.len() <= 3,
            "{start}: {:?}",
            &diagnostics[..4.min(diagnostics.len())]
        );
    }
}

#[test]
fn long_chains_are_bounded() {
    let n = MAX_CHAIN as usize;
    let fits = [
        "a + ".repeat(n - 10) + "a",
        "a".to_owned() + &".b()".repeat(n - 10),
    ];
    for text in fits {
        assert!(check(&text).is_empty());
    }
    let long = n * 40;
    let too_long = [
        "a + ".repeat(long) + "a",
        "a".to_owned() + &".b".repeat(long),
        "a".to_owned() + &"? ".repeat(long),
        "a".to_owned() + &"[0]".repeat(long),
        "a".to_owned() + &"(0)".repeat(long),
        "a".to_owned() + &" as int".repeat(long),
        "let a: int".to_owned() + &"[]".repeat(long) + " = 1",
        "if a { } else ".repeat(long) + "{ }",
        "[a ".to_owned() + &"for a in b ".repeat(long) + "]",
    ];
    for text in too_long {
        let codes: Vec<_> = check(&text)
            .iter()
            .map(|diagnostic| diagnostic.code)
            .collect();
        assert_eq!(codes, ["E0021"], "{}", &text[..20]);
    }
}

#[test]
fn chains_of_nested_chains_are_bounded() {
    // Each level of brackets holds a chain; the tree must stay within the limit as a whole.
    let mut text = "a".to_owned();
    for _ in 0..100 {
        text = format!("({text}){}", " + a".repeat(100));
    }
    let codes: Vec<_> = check(&text)
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect();
    assert_eq!(codes, ["E0021"]);
}

#[test]
fn errors_are_capped() {
    let diagnostics = check(&"let = 1\n".repeat(5000));
    assert_eq!(diagnostics.len(), MAX_DIAGNOSTICS + 1);
    let last = &diagnostics[MAX_DIAGNOSTICS];
    assert_eq!(last.code, "E0024");
    assert!(last.message.contains("too many errors"));
}

#[test]
fn rendering_cuts_long_lines() {
    let text = format!(
        "let a = \"{}\" $ \"{}\"",
        "x".repeat(500_000),
        "y".repeat(500_000)
    );
    let out = rendered(&text);
    assert!(out.len() < 1000, "{}", out.len());
    assert!(out.contains("test.shape:1:500012"), "{out}");
    assert!(out.contains("xxx\" $ \"yyy"), "{out}");
}

#[test]
fn rendering_shows_no_control_characters() {
    let out = rendered("let a = \"\u{1b}[2J\u{202e}\u{7}\u{e000}\" $\r\nlet \u{1b} = 1\n");
    assert!(out.contains("\\u{1b}[2J\\u{202e}\\u{7}\\u{e000}"), "{out}");
    assert!(out.chars().all(|c| c == '\n' || !c.is_control()), "{out:?}");
}

#[test]
fn rendering_points_past_the_end() {
    let out = rendered("let a =");
    assert!(
        out.contains(" --> test.shape:1:8\n  |\n1 | let a =\n  |        ^"),
        "{out}"
    );
    let mut sources = SourceMap::new();
    let file = sources.add("empty.shape", "");
    let span = shape_syntax::Span::new(file, 0, 0);
    let diagnostic = Diagnostic::error("E9999", span, "nothing here");
    let out = render(&sources, std::slice::from_ref(&diagnostic), Style::Plain);
    assert!(
        out.contains("error[E9999]: nothing here\n --> empty.shape:1:1"),
        "{out}"
    );
    // A place outside of every file is shown without a panic.
    let far = shape_syntax::Span::new(FileId(7), 100, 200);
    let lost = Diagnostic::error("E9999", far, "lost").related(span, "here");
    assert!(render(&sources, &[lost], Style::Plain).contains("lost"));
}

#[test]
fn rendering_in_color_has_the_same_text() {
    let text = "let a = foo(1 2)\n";
    let mut sources = SourceMap::new();
    let file = sources.add("test.shape", text);
    let (_, diagnostics) = parse(file, text);
    let color = render(&sources, &diagnostics, Style::Color);
    let mut plain = String::new();
    let mut rest = color.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    let trimmed = |text: &str| {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        trimmed(&plain),
        trimmed(&render(&sources, &diagnostics, Style::Plain))
    );
}

#[test]
fn related_places_in_two_files() {
    let mut sources = SourceMap::new();
    let a = sources.add("a.shape", "let x = 1\nlet y = 2\n");
    let b = sources.add("b.shape", "use a\na::z()\n");
    let diagnostic = Diagnostic::error("E9999", shape_syntax::Span::new(b, 9, 10), "no `z`")
        .label("not found")
        .related(shape_syntax::Span::new(a, 4, 5), "a name")
        .related(shape_syntax::Span::new(b, 4, 5), "the module")
        .note("a note")
        .help("a help");
    insta::assert_snapshot!(render(&sources, &[diagnostic], Style::Plain), @r"
    error[E9999]: no `z`
     --> b.shape:2:4
      |
    1 | use a
      |     - the module
    2 | a::z()
      |    ^ not found
      |
     ::: a.shape:1:5
      |
    1 | let x = 1
      |     - a name
      |
      = note: a note
      = help: a help
    ");
}
