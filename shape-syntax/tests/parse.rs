//! What each construct of the language is read as.
#![allow(missing_docs)]

use shape_syntax::ast::*;
use shape_syntax::{FileId, SourceMap, Span, parse, strip_spans};

fn tree(text: &str) -> Module {
    let (mut module, diagnostics) = parse(FileId(0), text);
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    strip_spans(&mut module);
    module
}

/// Both texts are read alike.
#[track_caller]
fn same(left: &str, right: &str) {
    assert_eq!(tree(left), tree(right), "\n{left}\n{right}");
}

#[track_caller]
fn differ(left: &str, right: &str) {
    assert_ne!(tree(left), tree(right), "\n{left}\n{right}");
}

#[track_caller]
fn count(text: &str, statements: usize) {
    assert_eq!(tree(text).body.len(), statements, "{text}");
}

/// The value of the only statement.
#[track_caller]
fn expr(text: &str) -> ExprKind {
    match tree(text).body.pop().map(|stmt| stmt.kind) {
        Some(StmtKind::Expr(expr)) => expr.kind,
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn lit(text: &str, want: Lit) {
    assert_eq!(expr(text), ExprKind::Lit(want), "{text}");
}

#[track_caller]
fn string(text: &str, want: &str) {
    lit(text, Lit::Str(want.into()));
}

/// The codes that a text gives.
#[track_caller]
fn codes(text: &str, want: &[&str]) {
    let (_, diagnostics) = parse(FileId(0), text);
    let got: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect();
    assert_eq!(got, want, "{text}\n{diagnostics:#?}");
}

#[test]
fn integers() {
    lit("42", Lit::Int(42));
    lit("0xFF", Lit::Int(255));
    lit("0b1010", Lit::Int(10));
    lit("0o17", Lit::Int(15));
    lit("7u8", Lit::Int(7));
    lit("9223372036854775807", Lit::Int(i64::MAX));
    lit("-9223372036854775808", Lit::Int(i64::MIN));
    lit("-9223372036854775808i64", Lit::Int(i64::MIN));
    same("-128i8", "-128");
    codes("9223372036854775808", &["E0009"]);
    codes("-9223372036854775808.abs()", &["E0009"]);
    codes("0xFFFFFFFFFFFFFFFFF", &["E0009"]);
    codes("300u8", &["E0009"]);
    codes("128i8", &["E0009"]);
    codes("-1u8", &["E0009"]);
    codes("1_000", &["E0010"]);
}

#[test]
fn numbers_and_durations() {
    lit("3.25", Lit::Number(3.25));
    lit("1e9", Lit::Number(1e9));
    lit("2.5e-3", Lit::Number(0.0025));
    lit("250ms", Lit::Duration(250_000_000));
    lit("5s", Lit::Duration(5_000_000_000));
    lit("10m", Lit::Duration(600_000_000_000));
    lit("2h", Lit::Duration(7_200_000_000_000));
    lit("1d", Lit::Duration(86_400_000_000_000));
    codes("1e999", &["E0009"]);
    codes("5us", &["E0011"]);
    assert!(matches!(
        expr("1..2"),
        ExprKind::Range(Some(_), Some(_), false)
    ));
    assert!(matches!(expr("1.abs()"), ExprKind::MethodCall(..)));
}

#[test]
fn other_literals() {
    lit("true", Lit::Bool(true));
    lit("None", Lit::None);
    lit("()", Lit::Unit);
    lit("'a'", Lit::Char('a'));
    lit("'\\n'", Lit::Char('\n'));
    lit("'\\''", Lit::Char('\''));
    lit("'\"'", Lit::Char('"'));
    lit("'\\u{1F600}'", Lit::Char('😀'));
}

#[test]
fn strings() {
    string(r#""text""#, "text");
    string(
        r#""\" \\ \n \t \r \0 \' \{ \} \$ \# \u{41}""#,
        "\" \\ \n \t \r \0 ' { } $ # A",
    );
    string("\"{raw} ${x}\"", "{raw} ${x}");
    string("\"\"", "");
    codes(r#""\q""#, &["E0006"]);
    codes("\"open\nlet a = 1", &["E0005"]);
}

#[test]
fn triple_quoted_strings() {
    string("\"\"\"a\"\"\"", "a");
    string("\"\"\"\"\"\"", "");
    string("\"\"\"\n    a\n      b\n    \"\"\"", "a\n  b");
    string("\"\"\"\n    a\n\n    b\n\"\"\"", "a\n\nb");
    string("\"\"\"\r\n    a\r\n    b\r\n    \"\"\"", "a\nb");
    string("\"\"\"\n\ta\n\t\tb\n\"\"\"", "a\n\tb");
    string("\"\"\"say \"hi\" \\\"\"\"\"", "say \"hi\" \"");
    string("\"\"\"\n  \\n x\n\"\"\"", "\n x");
    string("\"\"\"\n\"\"\"", "");
    string("\"\"\"\n\n\"\"\"", "");
    string("\"\"\"\n\n\n\"\"\"", "\n");
}

#[test]
fn interpolation() {
    same("f\"sum {a + b}\"", "f\"\"\"sum {a + b}\"\"\"");
    same("f$\"cost ${x}, {raw}\"", "f\"cost {x}, \\{raw\\}\"");
    same("f#\"{raw} #{x} $\"", "f\"\\{raw\\} {x} $\"");
    same("f$\"$5 ${x}\"", "f\"$5 {x}\"");
    same(
        "f\"\"\"\n    a {x}\n      b\n    \"\"\"",
        "f\"a {x}\\n  b\"",
    );
    same("f\"\"\"\n    {x}\n    {y}\n\"\"\"", "f\"{x}\\n{y}\"");
    same("f$\"\"\"\n  a ${\n x } b\n\"\"\"", "f\"a {x} b\"");
    same(
        "f\"{ \"}\" + f\"{\"{\"}\" }\"",
        "f\"{ \"}\" + (f\"{\"{\"}\") }\"",
    );
    same("f\"{ {a: 1}.a }\"", "f\"{ ({a: 1}).a }\"");
    same("f\"{c ? 1 : 2}\"", "f\"{(c ? 1 : 2)}\"");
    same("f\"{c ? 1 : 2:fixed(2)}\"", "f\"{(c ? 1 : 2):fixed(2)}\"");
    same("f\"{x?:fixed(-2)}\"", "f\"{(x?):fixed(-2)}\"");
    same("f\"\\u{41}\\{\\}\"", "f\"A\\{\\}\"");
    assert_eq!(expr("f\"\""), ExprKind::Interp(Vec::new()));
    let ExprKind::Interp(parts) = expr("f\"{price:fixed(2)}\"") else {
        panic!()
    };
    let [InterpPart::Expr(_, Some(format))] = parts.as_slice() else {
        panic!()
    };
    assert_eq!(&*format.name.name, "fixed");
    assert_eq!(format.args, [Lit::Int(2)]);
}

#[test]
fn places_inside_interpolation_are_exact() {
    let text = "print(f\"é {a + bad} {x:fixed(2)}\")";
    let (module, diagnostics) = parse(FileId(0), text);
    assert!(diagnostics.is_empty());
    let mut sources = SourceMap::new();
    sources.add("t", text);
    let StmtKind::Expr(call) = &module.body[0].kind else {
        panic!()
    };
    let ExprKind::Call(_, args) = &call.kind else {
        panic!()
    };
    let ExprKind::Interp(parts) = &args[0].value.kind else {
        panic!()
    };
    let InterpPart::Expr(sum, _) = &parts[1] else {
        panic!()
    };
    assert_eq!(sources.text(sum.span), "a + bad");
    let InterpPart::Expr(x, Some(format)) = &parts[3] else {
        panic!()
    };
    assert_eq!(sources.text(x.span), "x");
    assert_eq!(sources.text(format.name.span), "fixed");
    assert_eq!(sources.line_col(sum.span), (1, 12));
}

#[test]
fn comments_and_first_line() {
    count("#!/usr/bin/env shape\n1", 1);
    count("// a\n1 /* b /* c */ d */ // e\n2", 2);
    same("a /* c */ + b", "a + b");
    count("\u{FEFF}1", 1);
    codes("1\n#!x", &["E0004"]);
}

#[test]
fn documentation() {
    let module =
        tree("/// one\n///\n/// two\n// no doc\npub fn f() { }\n/// x\nlet a = 1\nfn g() { }");
    let StmtKind::Fn(decl) = &module.body[0].kind else {
        panic!()
    };
    assert_eq!(decl.doc.as_deref(), Some("one\n\ntwo"));
    let StmtKind::Fn(decl) = &module.body[2].kind else {
        panic!()
    };
    assert_eq!(decl.doc, None);
}

#[test]
fn keywords_are_field_names() {
    assert!(matches!(expr("x.type"), ExprKind::Field(..)));
    assert!(matches!(expr("x.match(1)"), ExprKind::MethodCall(..)));
    assert!(matches!(expr("({ from: 1, if: 2 })"), ExprKind::Object(_)));
    tree("f(type: 1)");
    tree("type T { type: int, from?: string }");
    tree("let { type: t } = x");
    codes("let { type } = x", &["E0001"]);
}

#[test]
fn newlines_between_statements() {
    count("a\n(b)", 2);
    count("a\n[b]", 2);
    count("a(1)\n(b)", 2);
    count("{ a }\n(b)", 2);
    count("a\n.b()", 1);
    count("a\n+ b", 1);
    count("a\n\n  // comment\n|> b", 1);
    count("a +\nb", 1);
    count("a; b;; c", 3);
    count("let a = 1; let b = 2", 2);
    count("x = 1\n-y", 1);
    count("fn f() { } fn g() { }", 2);
    count("if a { b } c", 2);
    codes("a b", &["E0016"]);
    codes("let a = 1 let b = 2", &["E0016"]);
}

#[test]
fn block_like_statements_end_at_their_brace() {
    count("if a { b }\n-1", 2);
    count("match a { _ => 1 }\n[1]", 2);
    count("if a { b } else { c }\n.d()", 1);
    count("if a { b } else { c } + 1", 1);
    same("if a { b } else { c } ?? d", "(if a { b } else { c }) ?? d");
    count("loop { break }\n|x| x", 2);
    same(
        "let a = if b { 1 } else { 2 } - 1",
        "let a = (if b { 1 } else { 2 }) - 1",
    );
}

#[test]
fn precedence() {
    same("a = b |> c", "a = (b |> c)");
    same("a |> b ? c : d", "a |> (b ? c : d)");
    same("a ?? b ? c : d", "(a ?? b) ? c : d");
    same("a ?? b !! c", "a ?? (b !! c)");
    same("a !! b || c", "a !! (b || c)");
    same("a || b && c", "a || (b && c)");
    same("a or b and c", "a || (b && c)");
    same("a && b | c", "a && (b | c)");
    same("a | b ^ c & d", "a | (b ^ (c & d))");
    same("a & b == c", "a & (b == c)");
    same("a == b..c", "a == (b..c)");
    same("a..b + c", "a..(b + c)");
    same("a + b << c", "a + (b << c)");
    same("a << b * c", "a << (b * c)");
    same("a * b ** c", "a * (b ** c)");
    same("a ** b ** c", "a ** (b ** c)");
    same("-a ** b", "(-a) ** b");
    same("2 ** -1", "2 ** (-1)");
    same("-a.b", "-(a.b)");
    same("!a as bool", "!(a as bool)");
    same("!!a", "!(!a)");
    same("a - b - c", "(a - b) - c");
    same("a = b = c", "a = (b = c)");
    same("a += b ** c", "a += (b ** c)");
    same("a ? b : c ? d : e", "a ? b : (c ? d : e)");
    same("a ? b ? c : d : e", "a ? (b ? c : d) : e");
    same("5 |> double |> add", "(5 |> double) |> add");
    same("a < b == c", "(a < b) == c");
}

#[test]
fn ternary_and_try() {
    assert!(matches!(expr("c ? a : b"), ExprKind::Ternary(..)));
    assert!(matches!(expr("c?"), ExprKind::Question(_)));
    assert!(matches!(expr("c? - 1"), ExprKind::Binary(..)));
    assert!(matches!(expr("c? + 1"), ExprKind::Binary(..)));
    same("a? ? b : c", "(a?) ? b : c");
    same("a ? b? : c", "a ? (b?) : c");
    same("f(a?, b: 1)", "f((a?), b: 1)");
    same("({ x: a?, y: b? })", "({ x: (a?), y: (b?) })");
    same("a?.b", "a?.b");
    differ("a?.b", "(a?).b");
    same("a?..b", "(a?)..b");
    same("xs?[0]", "(xs?)[0]");
    same("let x = c\n  ? a\n  : b", "let x = (c ? a : b)");
    same("c ? [1] : (2)", "c ? ([1]) : 2");
    same("c ? { a: 1 } : { b: 2 }", "c ? ({ a: 1 }) : ({ b: 2 })");
    same("try f() ?? b", "(try f()) ?? b");
    same("try f() !! \"c\"", "(try f()) !! \"c\"");
    same("try a + b || c !! \"c\"", "(try ((a + b) || c)) !! \"c\"");
    differ("try f() !! \"c\"", "try (f() !! \"c\")");
    same("let a = f()?\n(b)", "let a = (f()?)\n(b)");
}

#[test]
fn ranges() {
    assert!(matches!(expr("a.."), ExprKind::Range(Some(_), None, false)));
    assert!(matches!(expr("xs[..]"), ExprKind::Index(..)));
    assert!(matches!(expr("xs[1..]"), ExprKind::Index(..)));
    assert!(matches!(expr("xs[..=2]"), ExprKind::Index(..)));
    same("for i in 0.. { }", "for i in (0..) { }");
    same("for i in 0..n { }", "for i in (0..n) { }");
    count("let a = 0..\nfoo()", 2);
    codes("a..b..c", &["E0001"]);
    codes("a..=", &["E0001"]);
}

#[test]
fn blocks_and_objects() {
    let kinds = |text: &str| matches!(expr(text), ExprKind::Object(_));
    assert!(kinds("{ a: 1 }"));
    assert!(kinds("{ \"x\": 1 }"));
    assert!(kinds("{ ...p }"));
    assert!(kinds("{ x, y }"));
    assert!(!kinds("{ x }"));
    assert!(!kinds("{}"));
    assert!(!kinds("{ x; y }"));
    same("let a = {}", "let a = ({})");
    differ("let a = {}", "let a = { ; }");
    same("let a = { x }", "let a = { x; }");
    same("let a = { x, y }", "let a = { x: x, y: y }");
    same("f(|| {})", "f(|| { })");
    differ("f(|| {})", "f(|| ({}))");
    same("match a { _ => {} }", "match a { _ => { ; } }");
    same("return {}", "return ({})");
    same(
        "fn f(x, y) { { x, y } }",
        "fn f(x, y) { return_(x, y) }"
            .replace("return_(x, y)", "{ x: x, y: y }")
            .as_str(),
    );
}

#[test]
fn struct_literals() {
    assert!(matches!(expr("Point { x: 1, y }"), ExprKind::Struct(..)));
    assert!(matches!(expr("Shape::Rect { w: 1 }"), ExprKind::Struct(..)));
    assert!(matches!(expr("if a { }"), ExprKind::If(..)));
    assert!(matches!(expr("if (P { x: 1 }) == a { }"), ExprKind::If(..)));
    assert!(matches!(expr("if f(P { x: 1 }) { }"), ExprKind::If(..)));
    assert!(matches!(expr("match a { }"), ExprKind::Match(..)));
    assert!(matches!(expr("for x in xs { }"), ExprKind::For(..)));
    assert!(matches!(
        expr("while xs.any(|x| { x }) { }"),
        ExprKind::While(..)
    ));
    count("let a = b\n{ c }", 2);
}

#[test]
fn calls_and_arguments() {
    let ExprKind::Call(_, args) = expr("f(1, b: 2, c ? d : e)") else {
        panic!()
    };
    let names: Vec<_> = args
        .iter()
        .map(|arg| arg.name.as_ref().map(|n| n.name.to_string()))
        .collect();
    assert_eq!(names, [None, Some("b".to_owned()), None]);
    assert!(matches!(
        expr("a.f(1)"),
        ExprKind::MethodCall(_, _, _, false)
    ));
    assert!(matches!(
        expr("a?.f(1)"),
        ExprKind::MethodCall(_, _, _, true)
    ));
    assert!(matches!(expr("(a.f)(1)"), ExprKind::Call(..)));
    assert!(matches!(expr("Some(1)"), ExprKind::Call(..)));
    tree("f(\n  1,\n  2,\n)");
}

#[test]
fn closures() {
    for text in [
        "|x| x * 2",
        "|| { n = n + 1; n }",
        "fn(x) { x }",
        "|[a, b]| a + b",
    ] {
        assert!(matches!(expr(text), ExprKind::Closure(_)), "{text}");
    }
    same("|x| { x }", "fn(x) { x }");
    let ExprKind::Closure(decl) = expr("|x: int, y = 2| -> int { x + y }") else {
        panic!()
    };
    assert!(decl.params[0].ty.is_some() && decl.params[1].default.is_some() && decl.ret.is_some());
    same("|x| n = x", "|x| (n = x)");
    same("|x| |y| x + y", "|x| (|y| (x + y))");
    same("xs |> |x| x", "xs |> (|x| x)");
    tree("|x: int?| x");
    tree("|x: (int | string)| x");
}

#[test]
fn functions() {
    same("function f(a) { a }", "fn f(a) { a }");
    let module = tree("pub fn add<T, U>(a: T, b: int = 2) -> U? { a }");
    let StmtKind::Fn(decl) = &module.body[0].kind else {
        panic!()
    };
    assert!(decl.public);
    assert_eq!(decl.generics.len(), 2);
    assert!(decl.params[1].default.is_some());
    tree("fn f() { fn g() { 1 } g() }");
    codes("fn while() { }", &["E0015"]);
}

#[test]
fn bindings() {
    same("var x = 1", "let mut x = 1");
    tree("const C = 1");
    tree("let [a, b] = xs");
    tree("let [first, ...rest] = xs");
    tree("let { x, y: py } = p");
    tree("let x: Array<Array<int>> = []");
    tree("let x: Array<Array<Array<int>>>= []");
    codes("let x", &["E0017"]);
    codes("let x: int", &["E0017"]);
    // The name is bound nevertheless.
    let (module, _) = parse(FileId(0), "let x = 1 +\nlet y");
    assert_eq!(module.body.len(), 2);
}

#[test]
fn control_flow() {
    same(
        "if a { 1 } else if b { 2 } else { 3 }",
        "if a { 1 } else if (b) { 2 } else { 3 }",
    );
    tree("if a { 1 }\nelse { 2 }");
    tree("let x = loop { break 42 }");
    tree("for [k, v] in map { continue }");
    tree("while c { return }");
    count("fn f() {\n return\n (1)\n}", 1);
    let ExprKind::Comprehension(_, clauses) = expr("[x * y for x in xs for y in x if x > 1]")
    else {
        panic!()
    };
    assert_eq!(clauses.len(), 3);
}

#[test]
fn matches_and_patterns() {
    let text = r#"match v {
        1 | 2 => "small", -5..=-1 => "negative"
        n where n > 10 => "big"
        n if n > 9 => "nine"
        n: int => "int",
        [a, ...rest, z] => { a }
        [] => 0
        { x, y: py } => x
        Shape::Circle(r) => r,
        Shape::Rect { w, h } => w
        -1 => "minus one"
        -2.5 | 3.5 => "numbers"
        "s" | 'c' | 5s | true | () => 1
        Some(p) => p
        None => 0
        whole @ [_, _] => whole
        _ => {}
    }"#;
    let ExprKind::Match(_, arms) = expr(text) else {
        panic!()
    };
    assert_eq!(arms.len(), 17);
    assert!(matches!(arms[4].pat.kind, PatKind::Typed(..)));
    assert!(
        matches!(&arms[5].pat.kind, PatKind::Array(_, Some(Some(_)), after) if after.len() == 1)
    );
    assert!(matches!(&arms[14].pat.kind, PatKind::Variant(path, args)
        if &*path.segments[0].name == "None" && args.is_empty()));
    same(
        "match try f(\"x\") { Ok(a) => a, Err(e) => e }",
        "match (try f(\"x\")) { Ok(a) => a, Err(e) => e }",
    );
}

#[test]
fn types() {
    let ty = |text: &str| match tree(&format!("let x: {text} = 1")).body.remove(0).kind {
        StmtKind::Let(binding) => binding.ty.map(|ty| ty.kind).unwrap(),
        _ => panic!(),
    };
    assert_eq!(ty("int[]"), ty("Array<int>"));
    assert_eq!(ty("int[][]"), ty("Array<Array<int>>"));
    assert_ne!(ty("Vec<int>"), ty("Array<int>"));
    assert!(matches!(ty("int?"), TypeExprKind::Option(_)));
    assert!(
        matches!(ty("int | string | None"), TypeExprKind::Union(members) if members.len() == 3)
    );
    assert!(matches!(ty("(int, T) => U"), TypeExprKind::Fn(params, _) if params.len() == 2));
    assert!(matches!(ty("() => int"), TypeExprKind::Fn(params, _) if params.is_empty()));
    assert!(matches!(ty("[int, string]"), TypeExprKind::Tuple(_)));
    assert!(matches!(
        ty("{ x: int, y?: string }"),
        TypeExprKind::Object(_)
    ));
    assert!(matches!(ty("()"), TypeExprKind::Unit));
    assert_eq!(ty("(int | string)[]"), ty("Array<int | string>"));
    assert_eq!(ty("(a: int) => U"), ty("(int) => U"));
    assert_eq!(ty("Result<int, Error>?"), ty("(Result<int, Error>)?"));
    same("a as int < b", "(a as int) < b");
    same("a as int ? b : c", "(a as int) ? b : c");
    same("a as int?", "a as (int?)");
}

#[test]
fn items() {
    tree("type Point { x: number, y: number = 0.0 }");
    tree("type Point {\n  x: number\n  y: number = 0.0\n}");
    tree("type Box<T> { value: T }");
    tree("type V = string | int");
    tree("type V =\n  | string\n  | int");
    tree("enum Shape { Circle(number), Rect { w: number, h: number }, Point }");
    tree("enum Color {\n  Red = \"r\"\n  Green = \"g\"\n}");
    tree("mod math { pub fn add(a, b) { a + b } }");
    tree("use std::core::io");
    tree("use std::core::io as sys");
    same("from a::b use { c, d as e }", "use a::b::{c, d as e}");
}

#[test]
fn traits_and_methods() {
    tree("trait A {}");
    tree(
        "pub trait Area<T>: Show + Into<int> {\n    /// How large.\n    method area(by: int) -> T;\n    method twice() { 2 }\n    fn zero() -> Self;\n}",
    );
    same(
        "trait A { f(self): int; g(x) }",
        "trait A { method f() -> int  method g(x) }",
    );
    same("trait A { fn f(&mut self, x) }", "trait A { f(self, x) }");
    tree("impl<T: A + B<T>, U> Show for Box<T> {\n    method show<V: C>(v: V) { v }\n}");
    same("impl A for B where T: C { }", "impl A for B where T: C {}");
    same(
        "impl P { method a() { 1 } method b() { 2 } }",
        "extend P { method a() { 1 }, method b() { 2 }; }",
    );
    tree("extend Array<T> { fn new() { [] } }");
    tree("let a: Array<dyn Area<int>> = []");
    tree("fn f<T: A + m::B>(x: T) { x }");
    same(
        "fn f<T>(x: T) -> int where T: A { 1 }",
        "fn f<T: A>(x: T) -> int { 1 }",
    );
    codes("trait A { type B }", &["E0022"]);
    codes("extend int { method a() }", &["E0018"]);
    codes("extend int { a() { 1 } }\nlet b = 1", &["E0001"]);
    codes(
        "impl A for B { method f(a b) { 1 } method g() { 2 } }",
        &["E0001"],
    );
    codes("type A<T: B> { x: T }", &["E0022"]);
}

#[test]
fn not_supported_yet() {
    codes("async fn f() { 1 }\nlet a = 1", &["E0022"]);
    codes("comptime { 1 }", &["E0022"]);
    codes("@a(1)\n@b\nfn f() { 1 }", &["E0022", "E0022"]);
    let (module, _) = parse(FileId(0), "@a(1)\nfn f() { 1 }\nfn g(&x) { x }");
    assert_eq!(module.body.len(), 2);
}

#[test]
fn one_diagnostic_for_each_mistake() {
    codes(
        "let a = foo(1 2)\nlet b = 1 +\nlet c = [1, 2\nlet d = 1",
        &["E0001", "E0001", "E0002"],
    );
    codes("fn f(a, b\nlet b = 2", &["E0002"]);
    codes("let x = (1 + 2\nlet y = 3", &["E0002"]);
    codes("fn f() { if a { b }", &["E0002"]);
    codes("}", &["E0003"]);
    codes("f(a,, b)", &["E0001"]);
    codes("match a { 1 = 2, 3 => 4 }", &["E0001"]);
    codes("let a = \"x\nlet b = 'y\n", &["E0005", "E0012"]);
    codes("if x = 1 { }", &["E0019"]);
    codes("1 = x", &["E0020"]);
}

#[test]
fn statements_have_exact_places() {
    let text = "let a = (1 + 2) * 3;\nif x { y } else { z }\nfoo(1).bar";
    let (module, _) = parse(FileId(0), text);
    let mut sources = SourceMap::new();
    sources.add("t", text);
    let texts: Vec<_> = module
        .body
        .iter()
        .map(|stmt| sources.text(stmt.span))
        .collect();
    assert_eq!(
        texts,
        ["let a = (1 + 2) * 3", "if x { y } else { z }", "foo(1).bar"]
    );
    let StmtKind::Let(binding) = &module.body[0].kind else {
        panic!()
    };
    assert_eq!(sources.text(binding.init.span), "(1 + 2) * 3");
    let ExprKind::Binary(_, op, left, _) = &binding.init.kind else {
        panic!()
    };
    assert_eq!(
        (sources.text(*op), sources.text(left.span)),
        ("*", "(1 + 2)")
    );
}

#[test]
fn source_map_counts_characters() {
    let mut sources = SourceMap::new();
    let file = sources.add("a.shape", "é\nxyz\r\n");
    assert_eq!(sources.line_col(Span::new(file, 0, 2)), (1, 1));
    assert_eq!(sources.line_col(Span::new(file, 2, 2)), (1, 2));
    assert_eq!(sources.line_col(Span::new(file, 3, 4)), (2, 1));
    assert_eq!(sources.line_col(Span::new(file, 8, 8)), (3, 1));
    assert_eq!(sources.line_col(Span::new(file, 999, 999)), (3, 1));
    assert_eq!(sources.text(Span::new(file, 3, 6)), "xyz");
    assert_eq!(sources.text(Span::new(file, 1, 99)), "");
    assert_eq!(sources.name(file), "a.shape");
    assert_eq!(sources.source(FileId(9)), "");
}
