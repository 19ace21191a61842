//! Inputs that come one after the other.
#![allow(clippy::unwrap_used, reason = "a test")]

use shape_embed::{Engine, HostCx, Session};
use shape_syntax::{SourceMap, Style, render};

/// A session with its sources.
struct Talk {
    session: Session,
    sources: SourceMap,
}

impl Talk {
    fn new() -> Self {
        let engine = Engine::new().unwrap();
        Self {
            session: engine.session(HostCx::new()),
            sources: SourceMap::new(),
        }
    }

    /// The value of an input and its type, or what went wrong.
    fn say(&mut self, text: &str) -> String {
        let file = self.sources.add("input", text);
        let input = match self.session.compile(file, text, &mut self.sources) {
            Ok(input) => input,
            Err(found) => return render(&self.sources, &found, Style::Plain),
        };
        let ty = input.ty().to_owned();
        match self.session.run(input) {
            Ok(value) => format!("{value}: {ty}"),
            Err(error) => error.to_string(),
        }
    }

    fn members(&mut self, text: &str) -> Vec<String> {
        let file = self.sources.add("input", text);
        self.session.members(file, text, &mut self.sources)
    }
}

/// Says one input after the other; each answer must contain what stands beside it.
#[track_caller]
fn check(talk: &[(&str, &str)]) {
    let mut session = Talk::new();
    for (input, expected) in talk {
        let answer = session.say(input);
        assert!(answer.contains(expected), "{input}: {answer}");
    }
}

#[test]
fn variables_keep_their_values() {
    check(&[
        ("let a = 40", "(): ()"),
        ("let mut b = 1", "(): ()"),
        ("b += 1", ""),
        ("let s = \"x\"; let f = 1.5", ""),
        ("a + b", "42: int"),
        ("f\"{s}{f}\"", "x1.5: string"),
        ("let [c, ...d] = [1, 2, 3]", ""),
        ("d.map(|x| x * c * b)", "[4, 6]: Array<int>"),
    ]);
}

#[test]
fn what_is_left_open_is_decided_later() {
    check(&[
        (
            "let mut xs = []; let mut m = HashMap(); let mut best = None",
            "",
        ),
        ("xs.push(\"a\")", "[a]: Array<string>"),
        ("m.set(\"k\", 2.5)", "{ k: 2.5 }: HashMap<string, number>"),
        ("best = Some(3)", ""),
        ("best", "3: int?"),
        ("xs.push(1)", "error[E0"),
        ("let mut ys = []", ""),
        ("for i in 0..3 { ys.push(i) }", ""),
        ("ys", "[0, 1, 2]: Array<int>"),
    ]);
}

#[test]
fn functions_and_types_can_be_defined_anew() {
    check(&[
        ("fn scale() { 2 }", ""),
        ("fn area(x) { x * scale() }", ""),
        ("area(10)", "20: int"),
        ("fn scale() { 0.5 }", ""),
        ("area(10)", "5.0: number"),
        ("type P { x: int }", ""),
        ("let p = P { x: 1 }", ""),
        ("type P { y: string }", ""),
        ("P { y: \"new\" }", "P"),
        ("p.x", "1: int"),
        ("let area = \"hidden\"", ""),
        ("area", "hidden: string"),
        ("fn area() { 7 }", ""),
        ("area()", "7: int"),
    ]);
}

#[test]
fn a_name_means_what_it_meant_where_it_was_read() {
    check(&[
        ("let n = 1", ""),
        ("fn get() { n }", ""),
        ("let again = || n + 1", ""),
        ("let n = \"text\"", ""),
        ("get()", "1: int"),
        ("again()", "2: int"),
        ("n", "text: string"),
    ]);
}

#[test]
fn closures_live_on() {
    check(&[
        ("let mut n = 0", ""),
        ("let inc = |by| { n = n + by; n }", ""),
        ("inc(2)", "2: int"),
        ("inc(3)", "5: int"),
        ("n", "5: int"),
        ("let op: (int) => int = |x| x + n", ""),
        ("let ops = [|x| x + 1, |x| x * 2]", ""),
        ("op(1)", "6: int"),
        ("ops[1](21)", "42: int"),
        ("let mut f = |x| x + 1", ""),
        ("f = |x| x * 100", ""),
        ("f(2)", "200: int"),
        ("fn make(k) { let mut c = k; || { c = c + 1; c } }", ""),
        ("let next = make(10)", ""),
        ("next()", "11: int"),
        ("next()", "12: int"),
        ("let table = HashMap().set(\"a\", op)", ""),
        ("table.get(\"a\").unwrap()(1)", "6: int"),
    ]);
}

#[test]
fn an_input_that_fails_changes_nothing() {
    check(&[
        ("let mut xs = [1]", ""),
        ("xs.push(2); let q = 1; 1 / 0", "division by zero"),
        ("xs", "[1]: Array<int>"),
        ("q", "undefined variable"),
        ("fn f() { 1 }", ""),
        ("fn f() { 2 }; xs[9] + 1", "out of range"),
        ("f()", "1: int"),
        ("fn f() { nothing }", "undefined variable"),
        ("f()", "1: int"),
    ]);
}

#[test]
fn each_input_runs_once() {
    check(&[
        ("let mut runs = 0", ""),
        ("fn count() { runs = runs + 1; runs }", ""),
        ("let first = count()", ""),
        ("let second = count()", ""),
        ("[first, second, runs]", "[1, 2, 2]"),
    ]);
}

#[test]
fn objects_grow_and_enums_match() {
    check(&[
        ("enum S { Circle(number), Dot }", ""),
        ("let s = S::Circle(2.0)", ""),
        (
            "match s { S::Circle(r) => r, S::Dot => 0.0 }",
            "2.0: number",
        ),
        ("mod m { pub fn twice(x) { x * 2 }; pub let base = 4 }", ""),
        ("m::twice(m::base)", "8: int"),
        ("m::twice(m::base)", "8: int"),
        ("let v: string | int = 3", ""),
        ("match v { n: int => n + 1, t: string => 0 }", "4: int"),
        ("let r: Result<int> = Ok(3)", ""),
        ("r.unwrap()", "3: int"),
    ]);
}

#[test]
fn variables_can_be_given_by_reference() {
    check(&[
        ("let mut n = 1; let mut xs = [1]; let mut f = 1.5", ""),
        ("fn inc(&x) { x = x + 1 }", ""),
        ("inc(&n)", ""),
        ("n", "2: int"),
        ("inc(&f)", ""),
        ("f", "2.5: number"),
        ("inc(&xs[0])", ""),
        ("xs", "[2]: Array<int>"),
        ("inc(&n); 1 / 0", "division by zero"),
        ("n", "2: int"),
    ]);
}

#[test]
fn traits_go_on() {
    check(&[
        ("trait Area { area(self): number }", ""),
        ("type Rect { w: number, h: number }", ""),
        (
            "impl Area for Rect { method area() { self.w * self.h } }",
            "",
        ),
        ("type Dot { x: int }", ""),
        ("impl Area for Dot { method area() { 0.0 } }", ""),
        ("let r = Rect { w: 2, h: 3 }", ""),
        ("r.area()", "6.0: number"),
        ("let shapes: Array<dyn Area> = [r, Dot { x: 1 }]", ""),
        ("shapes[0].area()", "6.0: number"),
        ("shapes.map(|s| s.area())", "[6.0, 0.0]"),
        ("extend int { method doubled() { self * 2 } }", ""),
        ("21.doubled()", "42: int"),
        ("fn total(x) { x.area() + 1 }", ""),
        ("total(r)", "7.0: number"),
    ]);
}

#[test]
fn what_variables_hold_does_not_end_with_an_input() {
    check(&[
        ("let mut ended = 0", ""),
        ("type Guard { n: int }", ""),
        (
            "impl Drop for Guard { method drop() { ended = ended + self.n } }",
            "",
        ),
        ("let g = Guard { n: 5 }", ""),
        ("{ let h = Guard { n: 1 }; h.n }", "1: int"),
        ("ended", "1: int"),
        ("g.n", "5: int"),
        ("ended", "1: int"),
    ]);
}

#[test]
fn what_may_follow_is_known() {
    let mut talk = Talk::new();
    talk.say("type P { name: string, age: int }");
    talk.say("let p = P { name: \"a\", age: 1 }; let xs = [1]");
    talk.say("enum Color { Red, Green }");
    let names = talk.session.names();
    for name in ["p", "xs", "P", "print"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    let members = |talk: &mut Talk, text: &str, some: &[&str]| {
        let members = talk.members(text);
        for name in some {
            assert!(members.iter().any(|m| m == name), "{text}: {members:?}");
        }
    };
    members(&mut talk, "p", &["name", "age"]);
    members(&mut talk, "p.name", &["trim", "starts_with"]);
    members(&mut talk, "xs", &["map", "push"]);
    members(&mut talk, "Color", &["Red", "Green"]);
    members(&mut talk, "xs.map(|x| x * 1.5)", &["sum"]);
    assert_eq!(talk.members("unknown"), Vec::<String>::new());
}
