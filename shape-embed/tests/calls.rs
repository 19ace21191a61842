//! Functions of scripts, called from Rust.
#![allow(clippy::unwrap_used, reason = "a test")]

use shape_embed::{
    Ending, Engine, Entries, Instance, Json, Script, ScriptResult, Stdio, Value, record,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn compile(text: &str) -> Script {
    let engine = Engine::builder().stdout(Stdio::capture()).build().unwrap();
    engine
        .compile("test.shape", text)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn started(script: &Script) -> Instance {
    script.start().unwrap_or_else(|error| panic!("{error}"))
}

record! {
    #[derive(Clone, Debug, PartialEq)]
    struct Order in out {
        item: String,
        count: i64,
        price: f64,
    }
}

record! {
    #[derive(Clone, Debug, PartialEq)]
    struct Decision in out {
        total: f64,
        notes: Vec<String> = [],
    }
}

#[test]
fn arguments_and_results_of_all_kinds() {
    let script = compile(
        r#"
fn none() { print("called") }
fn half(n) { n / 2 }
fn pick(flag, a, b) { if flag { a } else { b } }
fn greet(name, times) { f"hi {name}, ".repeat(times) }
fn sum(xs) { let mut t = 0.0; for x in xs { t += x }; t }
fn words(text) { text.split(" ") }
fn find(xs, wanted) { xs.find(|x| x == wanted) }
fn pair(a, b) { [b, a] }
fn later(d) { d + 2s }
fn six(a, b, c, d, e, f) { a + b + c + d + e + f }
"#,
    );
    let none = script.function::<(), ()>("none").unwrap();
    let half = script.function::<(f64,), f64>("half").unwrap();
    let pick = script.function::<(bool, char, char), char>("pick").unwrap();
    let pick_text = script
        .function::<(bool, &str, String), String>("pick")
        .unwrap();
    let greet = script.function::<(&str, u32), String>("greet").unwrap();
    let sum = script.function::<(Vec<f64>,), f64>("sum").unwrap();
    let words = script.function::<(&str,), Vec<String>>("words").unwrap();
    let find = script
        .function::<(Vec<i64>, i64), Option<i64>>("find")
        .unwrap();
    let pair = script
        .function::<(i64, &str), (String, i64)>("pair")
        .unwrap();
    let later = script.function::<(Duration,), Duration>("later").unwrap();
    let six = script
        .function::<(i64, i64, i64, i64, i64, i64), i64>("six")
        .unwrap();
    let mut it = started(&script);
    it.call(&none, ()).unwrap();
    assert_eq!(it.take_stdout(), "called\n");
    assert_eq!(it.take_stdout(), "");
    assert_eq!(it.call(&half, (5.0,)).unwrap(), 2.5);
    assert_eq!(it.call(&pick, (true, 'a', 'b')).unwrap(), 'a');
    assert_eq!(it.call(&pick_text, (false, "a", "b".into())).unwrap(), "b");
    assert_eq!(it.call(&greet, ("Ada", 2)).unwrap(), "hi Ada, hi Ada, ");
    assert_eq!(it.call(&sum, (vec![1.0, 2.5],)).unwrap(), 3.5);
    assert_eq!(it.call(&words, ("a b",)).unwrap(), ["a", "b"]);
    assert_eq!(it.call(&find, (vec![1, 2], 2)).unwrap(), Some(2));
    assert_eq!(it.call(&find, (vec![1, 2], 3)).unwrap(), None);
    assert_eq!(it.call(&pair, (1, "x")).unwrap(), ("x".to_owned(), 1));
    let sum = it.call(&later, (Duration::from_millis(5),)).unwrap();
    assert_eq!(sum, Duration::from_millis(2005));
    assert_eq!(it.call(&six, (1, 2, 3, 4, 5, 6)).unwrap(), 21);
}

#[test]
fn maps_results_and_json_cross_too() {
    let script = compile(
        r#"
fn count(words) { let mut c = HashMap(); for w in words { c.set(w, (c.get(w) ?? 0) + 1) }; c }
fn total(counts) { let mut t = 0; for n in counts.values() { t += n }; t }
fn parse(text) { match to_int(text) { None => Err("no int"), n => Ok(n ?? 0) } }
fn same(j) { j }
"#,
    );
    let count = script
        .function::<(Vec<&str>,), Entries<String, i64>>("count")
        .unwrap();
    let total = script
        .function::<(Entries<String, i64>,), i64>("total")
        .unwrap();
    let parse = script
        .function::<(&str,), ScriptResult<i64, String>>("parse")
        .unwrap();
    let same = script.function::<(Json,), Json>("same").unwrap();
    let mut it = started(&script);
    let counts = it.call(&count, (vec!["a", "b", "a"],)).unwrap();
    assert_eq!(counts.0, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    assert_eq!(it.call(&total, (counts,)).unwrap(), 3);
    assert_eq!(it.call(&parse, ("7",)).unwrap().0, Ok(7));
    let error = it.call(&parse, ("x",)).unwrap().0;
    assert_eq!(error, Err("no int".to_owned()));
    let json = Json(Value::str("text"));
    assert_eq!(it.call(&same, (json.clone(),)).unwrap(), json);
}

#[test]
fn what_a_script_would_convert_is_converted() {
    let script = compile(
        "fn area(w: number, h: number = 2.0) { w * h }\nfn count(xs: Array<int>) { xs.len() }",
    );
    let area = script.function::<(i64,), f64>("area").unwrap();
    let both = script.function::<(f64, i64), f64>("area").unwrap();
    let wide = script.function::<(Vec<i64>,), f64>("count").unwrap();
    let mut it = started(&script);
    assert_eq!(it.call(&area, (3,)).unwrap(), 6.0);
    assert_eq!(it.call(&both, (1.5, 4)).unwrap(), 6.0);
    assert_eq!(it.call(&wide, (vec![1, 2],)).unwrap(), 2.0);
}

#[test]
fn records_go_in_and_come_out_also_of_types_that_the_script_declares() {
    let script = compile(
        r#"
type Order { item: string, count: int, price: number }
fn plain(order) { { total: order.price * order.count } }
fn typed(order: Order) { Order { item: order.item + "!", count: order.count + 1, price: 0.5 } }
fn object(order: { count: int, price: number, item: string }) { { total: 1, notes: [order.item] } }
fn many(orders) { orders.filter(|o| o.count > 1) }
"#,
    );
    let plain = script.function::<(Order,), Decision>("plain").unwrap();
    let typed = script.function::<(Order,), Order>("typed").unwrap();
    let object = script.function::<(Order,), Decision>("object").unwrap();
    let many = script
        .function::<(Vec<Order>,), Vec<Order>>("many")
        .unwrap();
    let mut it = started(&script);
    let order = |count| Order {
        item: "tea".into(),
        count,
        price: 2.5,
    };
    let decision = it.call(&plain, (order(3),)).unwrap();
    let notes = vec![];
    assert_eq!(decision, Decision { total: 7.5, notes });
    let changed = it.call(&typed, (order(3),)).unwrap();
    assert_eq!((&*changed.item, changed.count), ("tea!", 4));
    let decision = it.call(&object, (order(3),)).unwrap();
    assert_eq!(decision.notes, ["tea"]);
    let kept = it.call(&many, (vec![order(1), order(2)],)).unwrap();
    assert_eq!(kept, [order(2)]);
}

#[test]
fn variables_live_as_long_as_the_instance() {
    let script = compile(
        r#"
let mut total = 0
let mut seen = HashMap()
fn add(n: int) { total += n; total }
fn note(word) { seen.set(word, (seen.get(word) ?? 0) + 1); seen.len() }
"#,
    );
    let add = script.function::<(i64,), i64>("add").unwrap();
    // What the map holds is known from this call alone.
    let note = script.function::<(&str,), i64>("note").unwrap();
    let (mut one, mut two) = (started(&script), started(&script));
    assert_eq!(one.call(&add, (2,)).unwrap(), 2);
    assert_eq!(one.call(&add, (3,)).unwrap(), 5);
    assert_eq!(two.call(&add, (1,)).unwrap(), 1);
    assert_eq!(one.call(&note, ("a",)).unwrap(), 1);
    assert_eq!(one.call(&note, ("b",)).unwrap(), 2);
    assert_eq!(one.call(&note, ("a",)).unwrap(), 2);
}

#[test]
fn a_call_that_fails_leaves_the_instance_usable() {
    let script = compile(
        "let mut calls = 0\nfn check(n) {\n    calls += 1\n    let xs = [1, 2]\n    xs[n] + calls\n}\nfn deep(n) { if n == 0 { 0 } else { 1 + deep(n - 1) } }",
    );
    let check = script.function::<(i64,), i64>("check").unwrap();
    let deep = script.function::<(i64,), i64>("deep").unwrap();
    let mut it = started(&script);
    let error = it.call(&check, (7,)).unwrap_err();
    assert_eq!(error.kind(), Some("index"));
    assert_eq!(error.message(), "index 7 is out of range (length 2)");
    let shown = error.to_string();
    assert!(shown.contains("test.shape:5:5"), "{shown}");
    assert!(shown.contains("xs[n] + calls"), "{shown}");
    assert_eq!(it.call(&check, (0,)).unwrap(), 3);
    let error = it.call(&deep, (10_000_000,)).unwrap_err();
    assert_eq!(*error.ending(), Ending::StackOverflow);
    assert_eq!(it.call(&deep, (1000,)).unwrap(), 1000);
    assert_eq!(it.call(&check, (1,)).unwrap(), 5);
}

#[test]
fn exit_in_a_call_is_its_end() {
    let script = compile("fn stop(n) { exit(n) }");
    let stop = script.function::<(i64,), ()>("stop").unwrap();
    let mut it = started(&script);
    let error = it.call(&stop, (3,)).unwrap_err();
    assert_eq!(*error.ending(), Ending::Exit(3));
    assert_eq!(error.to_string(), "the script ended with status 3");
}

/// What is said of a look-up that fails.
macro_rules! refused {
    ($($name:ident: $text:expr, $args:ty, $ret:ty, $function:literal => $expected:expr;)*) => {
        $(#[test]
        fn $name() {
            let script = compile($text);
            let error = script.function::<$args, $ret>($function).unwrap_err();
            assert_eq!(error.to_string(), $expected);
            // The script itself is as it was.
            script.run().unwrap();
        })*
    };
}

refused! {
    an_unknown_function: "fn area(w) { w }", (f64,), f64, "aera"
        => "the script has no function `aera`; there is `area`";
    a_variable: "let f = |x| x + 1", (i64,), i64, "f"
        => "`f` is a variable; only what is declared with `fn` at the top level can be called";
    a_type: "type P { x: int }", (), (), "P"
        => "`P` is a type; only what is declared with `fn` at the top level can be called";
    too_many_arguments: "fn f(a) { a }", (i64, i64), i64, "f"
        => "`f` takes 1 argument, and is called with 2";
    too_few_arguments: "fn f(a, b, c = 1) { a }", (i64,), i64, "f"
        => "`f` takes 2 to 3 arguments, and is called with 1";
    a_parameter_of_another_type: "fn f(a: int, b: string) { b }", (i64, i64), String, "f"
        => "parameter `b` of `f` is `string` and cannot be given `int`";
    a_result_of_another_type: "fn f(a) { [a] }", (i64,), i64, "f"
        => "`f` gives `Array<int>`, and `int` is wanted";
    a_closure_as_result: "fn f(a) { |b| a + b }", (i64,), i64, "f"
        => "`f` gives a function, which cannot leave the script; `int` is wanted";
}

#[test]
fn what_does_not_work_with_the_types_is_shown_where_it_stands() {
    let script = compile("fn twice(x) {\n    x * 2\n}");
    let error = script
        .function::<(&str,), String>("twice")
        .unwrap_err()
        .to_string();
    assert!(error.contains("E0204"), "{error}");
    assert!(error.contains("test.shape:2:7"), "{error}");
    assert!(
        error.contains("the host calls `twice` with (string)"),
        "{error}"
    );
    // One that fails keeps no other from being found.
    assert!(script.function::<(i64,), i64>("twice").is_ok());
}

#[test]
fn functions_are_looked_up_before_the_start() {
    let script = compile("fn f(n) { n + 1 }");
    let mut early = started(&script);
    let f = script.function::<(i64,), i64>("f").unwrap();
    let error = early.call(&f, (1,)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`f` was looked up after this instance had been started; look functions up before, or start another instance"
    );
    assert_eq!(started(&script).call(&f, (1,)).unwrap(), 2);
    let other = compile("fn f(n) { n + 2 }");
    let error = started(&other).call(&f, (1,)).unwrap_err();
    assert_eq!(*error.ending(), Ending::Misuse);
    let expected =
        "`f` is a function of the script \"test.shape\", and this is an instance of another one";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_result_that_does_not_fit_the_rust_type_is_an_error() {
    let script = compile("fn f(n) { n - 10 }");
    let f = script.function::<(u32,), u32>("f").unwrap();
    let mut it = started(&script);
    assert_eq!(it.call(&f, (12,)).unwrap(), 2);
    let error = it.call(&f, (1,)).unwrap_err();
    assert_eq!(error.kind(), Some("invalid"));
}

#[test]
fn functions_are_kept_and_called_with_what_is_borrowed_for_less() {
    struct Host {
        length: shape_embed::Function<(&'static str,), i64>,
    }
    let script = compile("fn length(text) { text.len() }");
    let host = Host {
        length: script.function("length").unwrap(),
    };
    let mut it = started(&script);
    let text = String::from("four");
    assert_eq!(it.call(&host.length, (text.as_str(),)).unwrap(), 4);
}

#[test]
fn modules_come_from_the_host_and_stay_what_they_were() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let engine = Engine::builder()
        .importer(move |path| {
            let path = path.join("/");
            let mut log = log.lock().unwrap();
            log.push(path.clone());
            match &*path {
                // Another text each time that it is asked for.
                "shop/tax" => Ok(Some(format!("pub fn rate() {{ {} }}", log.len()))),
                "broken" => Err("the database is gone".to_owned()),
                _ => Ok(None),
            }
        })
        .build()
        .unwrap();
    let text = "use shop::tax\nfn price(net) { net * tax::rate() }\ntax::rate()";
    let script = engine.compile("test.shape", text).unwrap();
    let rate = script.run_as::<i64>().unwrap();
    let price = script.function::<(i64,), i64>("price").unwrap();
    let mut it = started(&script);
    assert_eq!(it.call(&price, (100,)).unwrap(), 100 * rate);
    let asked = asked.lock().unwrap().clone();
    let times = asked.iter().filter(|path| *path == "shop/tax").count();
    assert_eq!(times, 1);
    let error = engine.compile("test.shape", "use broken").unwrap_err();
    assert!(
        error.to_string().contains("the database is gone"),
        "{error}"
    );
    let error = engine.compile("test.shape", "use no::such").unwrap_err();
    assert_eq!(error.diagnostics()[0].code, "E0104");
}
