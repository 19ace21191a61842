//! Scripts as text, from parser to value.
#![allow(clippy::unwrap_used, reason = "a test")]

use shape_embed::{Engine, Stdio};

/// The text of the value of a script, or what went wrong.
fn eval(text: &str) -> String {
    let engine = Engine::builder().stdout(Stdio::null()).build().unwrap();
    let script = match engine.compile("test.shape", text) {
        Ok(script) => script,
        Err(error) => return error.to_string(),
    };
    match script.run() {
        Ok(outcome) => outcome.value.to_string(),
        Err(error) => error.to_string(),
    }
}

macro_rules! scripts {
    ($($name:ident: $text:expr => $expected:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!(eval($text), $expected);
        })*
    };
}

scripts! {
    arithmetic: "1 + 2 * 3 - 10 / 4" => "5";
    fib: "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\nfib(20)" => "6765";
    strings: "let mut s = \"\"\nfor i in 0..5 { s = s + f\"{i},\" }\ns" => "0,1,2,3,4,";
    arrays: "let mut a = []\nfor i in 0..5 { a.push(i * i) }\na" => "[0, 1, 4, 9, 16]";
    sum: "let xs = [1, 2, 3]\nlet mut t = 0\nfor x in xs { t += x }\nt" => "6";
    map_filter: "[1, 2, 3, 4].filter(|x| x % 2 == 0).map(|x| x * 10)" => "[20, 40]";
    reduce: "[1, 2, 3, 4].reduce(|a, b| a + b, 0)" => "10";
    closures: "let mut n = 0\nlet inc = || { n = n + 1; n }\ninc()\ninc()\nn" => "2";
    maps: "let mut m = HashMap()\nm.set(\"a\", 1)\nm.set(\"b\", 2)\nm" => "{ a: 1, b: 2 }";
    objects: "let o = { a: 1, b: \"x\" }\nf\"{o.a}{o.b}\"" => "1x";
    records: "type P { x: number, y: number = 0.5 }\nlet p = P { x: 1 }\np.x + p.y" => "1.5";
    enums: "enum S { C(number), R { w: number, h: number }, D }\nfn area(s) { match s { S::C(r) => r * r, S::R { w, h } => w * h, S::D => 0.0 } }\narea(S::C(2.0)) + area(S::R { w: 2.0, h: 3.0 }) + area(S::D)" => "10.0";
    caught: "match try (1 / 0) { Ok(v) => \"ok\", Err(e) => e.kind }" => "division_by_zero";
    sorting: "[3, 1, 2].sort()" => "[1, 2, 3]";
    words: "let mut c = HashMap()\nfor w in \"a b a c a\".split(\" \") { c.set(w, (c.get(w) ?? 0) + 1) }\nc" => "{ a: 3, b: 1, c: 1 }";
    loops: "let mut i = 0\nlet r = loop { i += 1; if i > 9 { break i * 2 } }\nr" => "20";
    options: "let xs = [1]\nlet a = xs[0]\nlet b = xs[5] ?? 7\na + b" => "8";
}

scripts! {
    wildcards: "enum C { R, G, B, K }\nfn f(c) { match c { C::R => 1, C::G => 2, C::B => 3, _ => 4 } }\n[f(C::R), f(C::G), f(C::B), f(C::K)]" => "[1, 2, 3, 4]";
    variants_with_tests: "enum E { A(int), B(int), C }\nfn f(e) { match e { E::A(1) => \"a1\", E::B(n) where n > 5 => \"big\", E::A(n) => f\"a{n}\", E::B(_) => \"b\", E::C => \"c\" } }\n[f(E::A(1)), f(E::A(2)), f(E::B(9)), f(E::B(1)), f(E::C)]" => "[a1, a2, big, b, c]";
    nested_places: "let mut o = { rows: [[1, 2], [3]] }\no.rows[1][0] = 9\no.rows[0].push(5)\no" => "{ rows: [[1, 2, 5], [9]] }";
    shared_values: "let mut a = [1]\nlet b = a\na.push(2)\na[0] = 7\n[a, b]" => "[[7, 2], [1]]";
    comprehension: "[x * 2 for x in 0..5 if x > 1]" => "[4, 6, 8]";
    try_operator: "fn half(n) { if n % 2 == 1 { Err(\"odd\") } else { Ok(n / 2) } }\nfn quarter(n) { Ok(half(half(n)?)?) }\n[quarter(12), quarter(6)]" => "[Ok(3), Err(odd)]";
    generic_closures: "fn twice(f, x) { f(f(x)) }\nlet k = 3\nf\"{twice(|x| x + k, 1)} {twice(|s| s + \"!\", \"a\")}\"" => "7 a!!";
    numbers_widen: "let mut t = 0.0\nfor i in 1..=4 { t = t + i / 2.0 }\nt" => "5.0";
    string_methods: "\"a,b,c\".split(\",\").map(|s| s.toUpperCase()).join(\"-\")" => "A-B-C";
    group: "[3, 1, 2, 4].sortBy(|x| -x)" => "[4, 3, 2, 1]";
    counter: "fn counter() { let mut n = 0; || { n += 1; n } }\nlet a = counter()\nlet b = counter()\na()\na()\n[a(), b()]" => "[3, 1]";
    early_return: "fn find(xs, y) { for x in xs { if x == y { return true } }; false }\n[find([1, 2], 2), find([1, 2], 3)]" => "[true, false]";
    mutual_recursion: "fn even(n) { if n == 0 { true } else { odd(n - 1) } }\nfn odd(n) { if n == 0 { false } else { even(n - 1) } }\neven(1001)" => "false";
}
