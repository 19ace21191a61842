//! Formatting keeps meaning and comments, and what is formatted stays as it is.
#![allow(missing_docs)]

use shape_syntax::{FileId, FormatError, SourceMap, Style, format, parse, render};
use std::path::Path;

#[track_caller]
fn formatted(text: &str) -> String {
    match format(FileId(0), text) {
        Ok(formatted) => formatted,
        Err(FormatError::Syntax(diagnostics)) => {
            let mut sources = SourceMap::new();
            sources.add("text", text);
            panic!("{}", render(&sources, &diagnostics, Style::Plain))
        }
        Err(error) => panic!("{error:?}:\n{text}"),
    }
}

/// The comments of a text, without the blanks around them. Good enough for texts whose strings hold none.
fn comments(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.split_once("//"));
    lines
        .map(|(_, comment)| comment.trim().to_owned())
        .collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let first = formatted(text);
    assert_eq!(first, expected, "\n{first}");
    assert_eq!(formatted(&first), first, "changes when formatted again");
}

fn each_script(folder: &Path, check: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).expect("is a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            each_script(&path, check);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "shape")
        {
            check(&path, &std::fs::read_to_string(&path).expect("is text"));
        }
    }
}

#[test]
fn all_scripts_can_be_formatted() {
    let mut count = 0;
    let mut failed = Vec::new();
    for folder in [
        "../tests/spec",
        "../examples",
        "../stdlib-core/src",
        "../benches",
        "tests",
    ] {
        each_script(Path::new(folder), &mut |path, text| {
            if !parse(FileId(0), text).1.is_empty() {
                return;
            }
            count += 1;
            match format(FileId(0), text) {
                Ok(first) => {
                    let second = format(FileId(0), &first).unwrap_or_default();
                    if first != second {
                        failed.push(format!("{}: not stable", path.display()));
                    }
                    if comments(text) != comments(&first) {
                        failed.push(format!("{}: comments", path.display()));
                    }
                }
                Err(error) => failed.push(format!("{}: {error:?}", path.display())),
            }
        });
    }
    assert!(count > 50, "{count}");
    assert!(failed.is_empty(), "{count}: {failed:#?}");
}

#[test]
fn examples_are_formatted() {
    each_script(Path::new("../examples"), &mut |path, text| {
        assert_eq!(formatted(text), text, "{}", path.display());
    });
}

/// The scripts in the pages of the documentation.
#[test]
fn examples_of_pages_can_be_formatted() {
    let mut folders = vec![Path::new("../docs").to_owned()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("is a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(page) = std::fs::read_to_string(&path) else {
                continue;
            };
            let blocks = page.split("\n```shape").skip(1);
            let texts = blocks.filter_map(|b| b.split_once('\n')?.1.split("\n```").next());
            for text in texts.filter(|text| parse(FileId(0), text).1.is_empty()) {
                count += 1;
                let first = formatted(text);
                assert_eq!(formatted(&first), first, "{}\n{text}", path.display());
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// Comments are put between the words of every script, where a script with them can still be read.
#[test]
fn comments_in_odd_places_stay() {
    let mut seed = 7_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap_or(0) % below
    };
    let mut count = 0;
    let mut failed = Vec::new();
    each_script(Path::new("../tests/spec/lang"), &mut |path, text| {
        for _ in 0..4 {
            let mut changed = String::new();
            let one_in = text.split(' ').count() / 3 + 1;
            for (index, word) in text.split_inclusive(' ').enumerate() {
                changed.push_str(word);
                match random(3 * one_in) {
                    0 => changed.push_str(&format!("/* c{index} */ ")),
                    1 => changed.push_str(&format!("// l{index}\n")),
                    2 => changed.push_str(&format!("\n// o{index}\n")),
                    _ => {}
                }
            }
            if !parse(FileId(0), &changed).1.is_empty() {
                continue;
            }
            count += 1;
            match format(FileId(0), &changed) {
                Ok(first) => {
                    let second = format(FileId(0), &first).unwrap_or_default();
                    if first != second || marks(&changed) != marks(&first) {
                        failed.push(format!(
                            "{}\n{changed}\n----\n{first}\n----\n{second}",
                            path.display()
                        ));
                    }
                }
                Err(error) => failed.push(format!("{}: {error:?}\n{changed}", path.display())),
            }
        }
    });
    let shown = failed.iter().take(3);
    assert!(
        failed.is_empty(),
        "{} of {count}: {}",
        failed.len(),
        shown.cloned().collect::<String>()
    );
    assert!(count > 100, "{count}");
}

/// The words `c1`, `l1`, `o1` and so on.
fn marks(text: &str) -> Vec<&str> {
    let is_mark = |word: &&str| {
        let digits = word.strip_prefix(['c', 'l', 'o']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split_whitespace().filter(is_mark).collect()
}

#[test]
fn statements_and_items() {
    check(
        "use   std::core::io as sys\nfrom a use {exec,spawn as start}\n\n\n\nfn  add( a:int,b : int=2 )->int{ return a+b }\nfn id<T>(x:T)->T{x}\nlet a=1;let b = 2 ;\n",
        "use std::core::io as sys\nfrom a use { exec, spawn as start }\n\nfn add(a: int, b: int = 2) -> int { return a + b }\nfn id<T>(x: T) -> T { x }\nlet a = 1\nlet b = 2\n",
    );
    check(
        "type P{\nx:number // why\ny?:string;z:Array<Array<int>>}\nenum E{A(number),B{w:int},C=\"c\"}",
        "type P {\n    x: number, // why\n    y?: string,\n    z: Array<Array<int>>,\n}\nenum E { A(number), B { w: int }, C = \"c\" }\n",
    );
}

#[test]
fn traits_and_methods() {
    check(
        "pub trait Area<T>:A+B<int>{area(self):number,  method describe(){\"a\"};\nfn new ( ) -> T }",
        "pub trait Area<T>: A + B<int> {\n    area(self): number;\n    method describe() { \"a\" }\n    fn new() -> T;\n}\n",
    );
    check(
        "impl < T:Eq > Area<T> for Box < T > where T:Ord{method match(&self, x:dyn Area<int>){self.x}}",
        "impl<T: Eq> Area<T> for Box<T> where T: Ord { method match(&self, x: dyn Area<int>) { self.x } }\n",
    );
    check(
        "extend int {\n\n// doubles\nmethod doubled(){ self*2 }\n}",
        "extend int {\n    // doubles\n    method doubled() { self * 2 }\n}\n",
    );
    check(
        "fn f<T:A+B>(x:T)where T:C<int>{x}",
        "fn f<T: A + B>(x: T) where T: C<int> { x }\n",
    );
}

#[test]
fn references() {
    check(
        "fn inc(& x,y:&mut int){x=x+y}\ninc( & a , &mut b[0] )\nlet f=|&x|{ x&y }\n",
        "fn inc(&x, y: &mut int) { x = x + y }\ninc(&a, &mut b[0])\nlet f = |&x| { x & y }\n",
    );
}

#[test]
fn a_semicolon_stays_where_lines_would_join() {
    check("let a = 1; -2; (3); x", "let a = 1;\n-2\n(3)\nx\n");
    check("let f = || { ; }\nf();", "let f = || { ; }\nf()\n");
}

#[test]
fn comments_stay_where_they_are() {
    check(
        "#!/usr/bin/env shape\n\n\n// a\n\n\n// b\n/// doc\nfn f() { // c\n1 /* d */ + 2 // e\n\n// f\n}\n/* g /* h */\n */ print(1, // i\n2)\n// end",
        "#!/usr/bin/env shape\n\n// a\n\n// b\n/// doc\nfn f() { // c\n    1 /* d */ + 2 // e\n\n    // f\n}\n/* g /* h */\n */\nprint(\n    1, // i\n    2,\n)\n// end\n",
    );
    check("// only a comment", "// only a comment\n");
    check("", "");
}

#[test]
fn long_lists_get_a_line_for_each_part() {
    let name = "a".repeat(31);
    check(
        &format!("f({name}, {name}, {name}, 1)"),
        &format!("f(\n    {name},\n    {name},\n    {name},\n    1,\n)\n"),
    );
    check(
        &format!("f({name}, {name}, {{ a: {name}, b: 2 }})"),
        &format!("f({name}, {name}, {{\n    a: {name},\n    b: 2,\n}})\n"),
    );
    check("f(a,\n  b,\n)", "f(a, b)\n");
    check(
        "let o = {\na: 1, b: 2 }",
        "let o = {\n    a: 1,\n    b: 2,\n}\n",
    );
    check(
        "xs.map(|x| { let y = x; y })",
        "xs.map(|x| {\n    let y = x\n    y\n})\n",
    );
}

#[test]
fn long_expressions_go_on_in_further_lines() {
    let name = "a".repeat(40);
    check(
        &format!("let x = {name} && {name} * 2 && {name}"),
        &format!("let x = {name}\n    && {name} * 2\n    && {name}\n"),
    );
    check(
        &format!("let x = {name}.map({name}).filter({name})"),
        &format!("let x = {name}\n    .map({name})\n    .filter({name})\n"),
    );
    check(
        &format!("let x = {name} ? {name} : {name}"),
        &format!("let x = {name}\n    ? {name}\n    : {name}\n"),
    );
    check(
        &format!("let x = {name} || {name} || {{ a: {name} }}"),
        &format!("let x = {name}\n    || {name} ||\n    {{ a: {name} }}\n"),
    );
    check("let x = a.b().c()", "let x = a.b().c()\n");
    check("let x = a\n  .b()", "let x = a\n    .b()\n");
}

#[test]
fn blocks_of_one_statement_stay_on_their_line() {
    check(
        "if a{b}else if c{d}else{e}",
        "if a { b } else if c { d } else { e }\n",
    );
    check(
        "if a { b } else {\ne }",
        "if a {\n    b\n} else {\n    e\n}\n",
    );
    check(
        "match v { 1=>a, n where (n>1) => { b }\n-1 => c\n}",
        "match v {\n    1 => a,\n    n where (n > 1) => { b }\n    -1 => c,\n}\n",
    );
    check("match v { 1=>a,_=>b, }", "match v { 1 => a, _ => b }\n");
}

#[test]
fn what_is_written_in_literals_stays() {
    let text = "let a = [0xFF, 0b1, 1e9, 250ms, 7u8]\nlet b = f$\"${ x }\" + \"\"\"\n  a\n    b\n  \"\"\"\nvar c = '\\u{41}'\n";
    check(text, text);
}

#[test]
fn signs_keep_their_meaning() {
    check("let a = b - -c", "let a = b - -c\n");
    check("let a = - - c", "let a = - -c\n");
    check("let a = f(x)?.y ?? z?", "let a = f(x)?.y ?? z?\n");
    check("let a = (x? ? y : z)", "let a = (x? ? y : z)\n");
    check("for i in 0 .. n+1 { }", "for i in 0..n + 1 {}\n");
    check("let f = |a:int,b| a|b", "let f = |a: int, b| a | b\n");
    check("let f = || -1", "let f = || -1\n");
    check("let [a, ...b] = xs [1 .. ]", "let [a, ...b] = xs[1..]\n");
}

#[test]
fn syntax_errors_are_refused() {
    assert!(matches!(
        format(FileId(0), "let x ="),
        Err(FormatError::Syntax(_))
    ));
}
