//! Closures, patterns, errors and tracebacks.

mod support;
use shape_check::program::{Expr, ExprKind, FuncId, LocalId, Op, PatKind, SigId};
use shape_check::{ClosureId, Def, DefId, DefKind, Ty, TyKind, Variant};
use shape_runtime::Stop;
use shape_vm::{Failure, TraceEntry};
use std::rc::Rc;
use support::*;

fn closure(ty: Ty, id: u32, captures: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::Closure(ClosureId(id), captures))
}

fn call_dynamic(ty: Ty, callee: Expr, args: Vec<Expr>) -> Expr {
    expr(ty, ExprKind::CallDynamic(SigId(0), Box::new(callee), args))
}

#[test]
fn closures_capture_values_and_cells() {
    // let mut n = 0; let k = "k"; let inc = |by| { n = n + by; f"{k}{n}" }; inc(2); inc(3)
    let mut b = Build::new();
    let ty = b.ty(TyKind::Closure(ClosureId(0)));
    let call = |n| {
        let callee = Box::new(local(ty, 2));
        expr(
            Ty::STRING,
            ExprKind::CallClosure(FuncId(1), callee, vec![int(n)]),
        )
    };
    let body = block(
        vec![
            init(0, int(0)),
            init(1, string("k")),
            init(
                2,
                closure(ty, 0, vec![capture(Ty::INT, 0), capture(Ty::STRING, 1)]),
            ),
            call(2),
        ],
        interp(vec![call(3), string(" "), ilocal(0)]),
    );
    b.func("main", &[], &[Ty::INT, Ty::STRING, ty], Ty::STRING, body);
    b.last().locals[0].boxed = true;
    let body = block(
        vec![set(0, add(ilocal(0), ilocal(2)))],
        interp(vec![slocal(1), ilocal(0)]),
    );
    b.func(
        "closure",
        &[Ty::INT, Ty::STRING, Ty::INT],
        &[],
        Ty::STRING,
        body,
    );
    b.last().captures = 2;
    b.last().locals[0].boxed = true;
    assert_eq!(b.eval(), "k5 5");
}

#[test]
fn closures_of_unknown_identity() {
    // Two closures of one signature, with different captures, one of which gives a plain int where
    // a value is wanted.
    let mut b = Build::new();
    let any = b.ty(TyKind::Fn(Rc::new([Ty::STRING, Ty::INT]), Ty::STRING));
    let wanted = b.ty(TyKind::Union(Rc::new([Ty::INT, Ty::STRING])));
    let choose = |c: bool| {
        let first = closure(any, 10, vec![capture(Ty::STRING, 0), capture(Ty::INT, 1)]);
        if_else(boolean(c), first, closure(any, 11, vec![]))
    };
    let call = |c| call_dynamic(wanted, choose(c), vec![string("!"), int(1)]);
    let body = block(
        vec![init(0, string("k")), init(1, int(7))],
        interp(vec![call(true), string(" "), call(false)]),
    );
    b.func("main", &[], &[Ty::STRING, Ty::INT], Ty::STRING, body);
    let body = interp(vec![slocal(0), ilocal(1), slocal(2), ilocal(3)]);
    b.func(
        "first",
        &[Ty::STRING, Ty::INT, Ty::STRING, Ty::INT],
        &[],
        Ty::STRING,
        body,
    );
    b.last().captures = 2;
    b.func(
        "second",
        &[Ty::STRING, Ty::INT],
        &[],
        Ty::INT,
        add(ilocal(1), int(41)),
    );
    b.program
        .dispatch
        .push(vec![(ClosureId(10), FuncId(1)), (ClosureId(11), FuncId(2))]);
    assert_eq!(b.eval(), "k7!1 42");
}

#[test]
fn each_round_has_a_variable_of_its_own() {
    // Closures made in a loop, each of which keeps its own boxed `i`.
    let mut b = with_host();
    let ty = b.ty(TyKind::Closure(ClosureId(0)));
    let closures = b.array_of(ty);
    let push = b.host("std::core::array", "push");
    let make = closure(ty, 0, vec![capture(Ty::INT, 1)]);
    let call = call_dynamic(Ty::INT, local(ty, 2), vec![]);
    let body = block(
        vec![
            init(0, array(closures, vec![])),
            for_range(
                0,
                1,
                int(0),
                int(3),
                false,
                stmts(vec![
                    set(1, mul(ilocal(1), int(10))),
                    mutate(Ty::UNIT, push, place(0, vec![], closures), vec![make]),
                ]),
            ),
            init(3, string("")),
            for_array(
                1,
                2,
                local(closures, 0),
                set(3, interp(vec![slocal(3), call, string(",")])),
            ),
        ],
        slocal(3),
    );
    b.func(
        "main",
        &[],
        &[closures, Ty::INT, ty, Ty::STRING],
        Ty::STRING,
        body,
    );
    b.last().locals[1].boxed = true;
    b.func("closure", &[Ty::INT], &[], Ty::INT, ilocal(0));
    b.last().captures = 1;
    b.last().locals[0].boxed = true;
    b.program.dispatch.push(vec![(ClosureId(0), FuncId(1))]);
    assert_eq!(b.eval(), "0,10,20,");
}

#[test]
fn a_parameter_that_a_closure_shares() {
    let mut b = Build::new();
    let ty = b.ty(TyKind::Closure(ClosureId(0)));
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![int(1)]));
    let inc = expr(
        Ty::UNIT,
        ExprKind::CallClosure(FuncId(2), Box::new(local(ty, 1)), vec![]),
    );
    let make = closure(ty, 0, vec![capture(Ty::INT, 0)]);
    b.func(
        "outer",
        &[Ty::INT],
        &[ty],
        Ty::INT,
        block(vec![init(1, make), inc.clone(), inc], ilocal(0)),
    );
    b.last().locals[0].boxed = true;
    b.func(
        "inc",
        &[Ty::INT],
        &[],
        Ty::UNIT,
        set(0, add(ilocal(0), int(1))),
    );
    b.last().captures = 1;
    b.last().locals[0].boxed = true;
    assert_eq!(b.eval(), "3");
}

#[test]
fn globals() {
    let mut b = Build::new();
    let (n, s) = (b.global(Ty::INT), b.global(Ty::STRING));
    let body = block(
        vec![
            set_global(n, int(5)),
            set_global(s, string("s")),
            call(Ty::UNIT, 1, vec![]),
            call(Ty::UNIT, 1, vec![]),
        ],
        interp(vec![global(Ty::INT, n), global(Ty::STRING, s)]),
    );
    b.func("main", &[], &[], Ty::STRING, body);
    let body = stmts(vec![
        set_global(n, add(global(Ty::INT, n), int(1))),
        set_global(s, concat(global(Ty::STRING, s), string("!"))),
    ]);
    b.func("step", &[], &[], Ty::UNIT, body);
    assert_eq!(b.eval(), "7s!!");
}

// Patterns.

fn shapes(b: &mut Build) -> Ty {
    let variant = |name: &str, arity| Variant {
        name: name.into(),
        fields: None,
        arity,
    };
    b.program.types.defs.push(Def {
        name: "Shape".into(),
        generics: 0,
        kind: DefKind::Enum(vec![
            variant("Circle", 1),
            variant("Rect", 2),
            variant("Dot", 0),
        ]),
    });
    b.ty(TyKind::Enum(DefId(0), Rc::new([])))
}

#[test]
fn variants() {
    let mut b = Build::new();
    let shape = shapes(&mut b);
    let make = |index, payload| expr(shape, ExprKind::Variant(DefId(0), index, payload));
    let area = |e| call(Ty::NUMBER, 1, vec![e]);
    let body = interp(vec![
        area(make(0, vec![num(2.0)])),
        string(" "),
        area(make(1, vec![num(2.0), num(3.0)])),
        string(" "),
        area(make(2, vec![])),
        string(" "),
        make(0, vec![num(5.0)]),
        make(2, vec![]),
    ]);
    b.func("main", &[], &[], Ty::STRING, body);
    let n = |id| local(Ty::NUMBER, id);
    let variant = |index, parts| pat(shape, PatKind::Variant(index, parts));
    let bind_n = |id| bind(Ty::NUMBER, id);
    let body = match_expr(
        Ty::NUMBER,
        1,
        local(shape, 0),
        vec![
            arm(variant(1, vec![lit(num(9.0)), wild(Ty::NUMBER)]), num(-1.0)),
            arm(
                variant(0, vec![bind_n(2)]),
                op(Op::MulN, Ty::NUMBER, vec![n(2), n(2)]),
            ),
            arm(
                variant(1, vec![bind_n(3), bind_n(4)]),
                op(Op::MulN, Ty::NUMBER, vec![n(3), n(4)]),
            ),
            arm(variant(2, vec![]), num(0.0)),
        ],
    );
    b.func(
        "area",
        &[shape],
        &[shape, Ty::NUMBER, Ty::NUMBER, Ty::NUMBER],
        Ty::NUMBER,
        body,
    );
    assert_eq!(b.eval(), "4.0 6.0 0.0 Circle(5.0)Dot");
}

#[test]
fn literals_ranges_guards_and_alternatives() {
    let mut b = Build::new();
    let word = |n| call(Ty::STRING, 1, vec![int(n)]);
    let body = interp((0..=12).flat_map(|n| [word(n), string(" ")]).collect());
    b.func("main", &[], &[], Ty::STRING, body);
    let range = |a, z, inclusive| {
        pat(
            Ty::INT,
            PatKind::Range(Box::new(int(a)), Box::new(int(z)), inclusive),
        )
    };
    let even = op(
        Op::EqI,
        Ty::BOOL,
        vec![op(Op::RemI, Ty::INT, vec![ilocal(2), int(2)]), int(0)],
    );
    let bound = pat(
        Ty::INT,
        PatKind::At(LocalId(3), Box::new(range(8, 10, false))),
    );
    let body = match_expr(
        Ty::STRING,
        1,
        ilocal(0),
        vec![
            arm(
                pat(
                    Ty::INT,
                    PatKind::Or(vec![lit(int(0)), lit(int(100_000)), lit(int(12))]),
                ),
                string("or"),
            ),
            arm(range(1, 3, true), string("low")),
            guarded(bind(Ty::INT, 2), even, string("even")),
            arm(bound, interp(vec![string("at"), ilocal(3)])),
            arm(wild(Ty::INT), string("else")),
        ],
    );
    b.func(
        "word",
        &[Ty::INT],
        &[Ty::INT, Ty::INT, Ty::INT],
        Ty::STRING,
        body,
    );
    assert_eq!(
        b.eval(),
        "or low low low even else even else even at9 even else or "
    );
}

#[test]
fn options_tuples_arrays_and_strings() {
    let mut b = Build::new();
    let option = b.ty(TyKind::Option(Ty::STRING));
    let strings = b.array_of(Ty::STRING);
    let pair = b.tuple_of(&[option, strings]);
    let tell = |o, items| {
        call(
            Ty::STRING,
            1,
            vec![tuple(pair, vec![o, array(strings, items)])],
        )
    };
    let some = |s: &str| expr(option, ExprKind::Box(Box::new(string(s))));
    let body = interp(vec![
        tell(none(option), vec![]),
        string(" "),
        tell(none(option), vec![string("a")]),
        string(" "),
        tell(some("x"), vec![string("a"), string("b"), string("c")]),
        string(" "),
        tell(some("y"), vec![string("b"), string("c"), string("d")]),
    ]);
    b.func("main", &[], &[], Ty::STRING, body);
    let of = |o, a| pat(pair, PatKind::Fields(vec![(0, o), (1, a)]));
    let items = |first, rest, last| pat(strings, PatKind::Array(first, rest, last));
    let text = |s: &str| lit(string(s));
    let some = |p| pat(option, PatKind::Some(Box::new(p)));
    let body = match_expr(
        Ty::STRING,
        1,
        local(pair, 0),
        vec![
            arm(
                of(pat(option, PatKind::None), items(vec![], None, vec![])),
                string("empty"),
            ),
            arm(
                of(
                    pat(option, PatKind::None),
                    items(vec![bind(Ty::STRING, 2)], None, vec![]),
                ),
                slocal(2),
            ),
            arm(
                of(
                    some(bind(Ty::STRING, 3)),
                    items(
                        vec![text("a")],
                        Some(Some(LocalId(4))),
                        vec![bind(Ty::STRING, 5)],
                    ),
                ),
                interp(vec![slocal(3), local(strings, 4), slocal(5)]),
            ),
            arm(of(some(text("x")), wild(strings)), string("never")),
            arm(
                of(
                    some(text("y")),
                    items(vec![], Some(None), vec![wild(Ty::STRING), text("d")]),
                ),
                string("y"),
            ),
        ],
    );
    let locals = [pair, Ty::STRING, Ty::STRING, strings, Ty::STRING];
    b.func("tell", &[pair], &locals, Ty::STRING, body);
    assert_eq!(b.eval(), "empty a x[b]c y");
}

#[test]
fn unions_and_results() {
    let mut b = Build::new();
    let union = b.ty(TyKind::Union(Rc::new([Ty::INT, Ty::STRING])));
    let result = b.ty(TyKind::Result(union, Ty::STRING));
    let wide = |e| expr(union, ExprKind::Box(Box::new(e)));
    let tell = |e| call(Ty::STRING, 1, vec![e]);
    let ok = |e| expr(result, ExprKind::Ok(Box::new(wide(e))));
    let body = interp(vec![
        tell(ok(int(4))),
        tell(ok(string("s"))),
        tell(expr(result, ExprKind::Err(Box::new(string("e"))))),
    ]);
    b.func("main", &[], &[], Ty::STRING, body);
    let is = |ty, p| pat(union, PatKind::Is(ty, Box::new(p)));
    let okp = |p| pat(result, PatKind::Ok(Box::new(p)));
    let body = match_expr(
        Ty::STRING,
        1,
        local(result, 0),
        vec![
            arm(
                okp(is(Ty::INT, bind(Ty::INT, 2))),
                interp(vec![add(ilocal(2), int(1))]),
            ),
            arm(okp(is(Ty::STRING, bind(Ty::STRING, 3))), slocal(3)),
            arm(
                pat(result, PatKind::Err(Box::new(bind(Ty::STRING, 4)))),
                slocal(4),
            ),
        ],
    );
    b.func(
        "tell",
        &[result],
        &[result, Ty::INT, Ty::STRING, Ty::STRING],
        Ty::STRING,
        body,
    );
    assert_eq!(b.eval(), "5se");
}

#[test]
fn no_arm_matches() {
    let mut b = Build::new();
    let body = match_expr(Ty::INT, 0, int(3), vec![arm(lit(int(1)), int(1))]);
    b.func("main", &[], &[Ty::INT], Ty::INT, body);
    assert_eq!(b.error(), "no_match: no match arm matched the value");
}

#[test]
fn destructuring() {
    let mut b = Build::new();
    let pair = b.tuple_of(&[Ty::INT, Ty::STRING]);
    let pattern = pat(
        pair,
        PatKind::Fields(vec![(0, bind(Ty::INT, 0)), (1, bind(Ty::STRING, 1))]),
    );
    let make = tuple(pair, vec![int(1), string("x")]);
    let take = expr(Ty::UNIT, ExprKind::Destructure(pattern, Box::new(make)));
    let body = block(vec![take], interp(vec![ilocal(0), slocal(1)]));
    b.func("main", &[], &[Ty::INT, Ty::STRING], Ty::STRING, body);
    assert_eq!(b.eval(), "1x");
    let mut b = Build::new();
    let ints = b.array_of(Ty::INT);
    let pattern = pat(
        ints,
        PatKind::Array(vec![bind(Ty::INT, 0), bind(Ty::INT, 1)], None, vec![]),
    );
    let take = expr(
        Ty::UNIT,
        ExprKind::Destructure(pattern, Box::new(array(ints, vec![int(1)]))),
    );
    b.func(
        "main",
        &[],
        &[Ty::INT, Ty::INT],
        Ty::INT,
        block(vec![take], ilocal(0)),
    );
    assert_eq!(
        b.error(),
        "no_match: the pattern wants 2 elements, the array has 1"
    );
}

// Errors.

fn kind_of(result: Ty, var: u32, e: Expr) -> Expr {
    let caught = pat(result, PatKind::Err(Box::new(bind(Ty::ERROR, var + 1))));
    let fine = pat(result, PatKind::Ok(Box::new(wild(Ty::INT))));
    match_expr(
        Ty::STRING,
        var,
        try_expr(result, e),
        vec![
            arm(fine, string("fine")),
            arm(caught, interp(vec![local(Ty::ERROR, var + 1)])),
        ],
    )
}

#[test]
fn try_catches_errors_of_the_language_and_the_host() {
    let mut b = with_host();
    let result = b.result_of(Ty::INT);
    let fail = b.host("std::test", "fail");
    let locals = [
        result,
        Ty::ERROR,
        result,
        Ty::ERROR,
        result,
        Ty::ERROR,
        result,
        Ty::ERROR,
    ];
    let body = interp(vec![
        kind_of(result, 0, op(Op::DivI, Ty::INT, vec![int(1), int(0)])),
        string(" | "),
        kind_of(result, 2, call_host(Ty::INT, fail, vec![string("nope")])),
        string(" | "),
        kind_of(result, 4, add(int(1), call(Ty::INT, 1, vec![int(100)]))),
        string(" | "),
        kind_of(result, 6, int(1)),
    ]);
    b.func("main", &[], &locals, Ty::STRING, body);
    let deeper = interp(vec![string("held"), ilocal(0)]);
    let down = if_else(
        lt(ilocal(0), int(1)),
        op(Op::RemI, Ty::INT, vec![int(1), ilocal(0)]),
        block(
            vec![init(1, deeper)],
            call(Ty::INT, 1, vec![sub(ilocal(0), int(1))]),
        ),
    );
    b.func("down", &[Ty::INT], &[Ty::STRING], Ty::INT, down);
    let text = b.eval();
    assert_eq!(text.matches("division by zero").count(), 2, "{text}");
    assert!(text.contains("nope") && text.ends_with("fine"), "{text}");
}

#[test]
fn nested_try_and_raise() {
    let mut b = with_host();
    let result = b.result_of(Ty::INT);
    let outer = b.result_of(result);
    let raise = |e| expr(Ty::NEVER, ExprKind::Raise(Box::new(e)));
    // The inner handler catches the division; what is raised in its arm goes to the outer one.
    let inner = match_expr(
        result,
        1,
        try_expr(result, op(Op::DivI, Ty::INT, vec![int(1), int(0)])),
        vec![
            arm(
                pat(result, PatKind::Err(Box::new(bind(Ty::ERROR, 2)))),
                raise(local(Ty::ERROR, 2)),
            ),
            arm(wild(result), local(result, 1)),
        ],
    );
    let body = block(
        vec![init(0, try_expr(outer, inner))],
        op(Op::IsErr, Ty::BOOL, vec![local(outer, 0)]),
    );
    b.func("main", &[], &[outer, result, Ty::ERROR], Ty::BOOL, body);
    assert_eq!(b.eval(), "true");
}

#[test]
fn exit_is_not_caught() {
    let mut b = with_host();
    let result = b.result_of(Ty::INT);
    let exit = b.host("std::test", "exit");
    let print = b.host("std::test", "print");
    let body = stmts(vec![
        call_host(Ty::UNIT, print, vec![string("before")]),
        init(
            0,
            try_expr(result, call_host(Ty::NEVER, exit, vec![int(3)])),
        ),
        call_host(Ty::UNIT, print, vec![string("after")]),
    ]);
    b.func("main", &[], &[result], Ty::UNIT, body);
    let ran = b.run();
    assert_eq!(ran.printed, "before\n");
    assert!(matches!(
        ran.result.unwrap_err().failure,
        Failure::Stopped(Stop::Exit(3))
    ));
}

#[test]
fn an_error_in_an_argument_leaves_nothing_behind() {
    // f(xs, try g(xs, 1 / 0)): the arguments that were ready stay, those of the failed call go.
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let result = b.result_of(Ty::INT);
    let holders = b.host("std::test", "holders");
    let failing = call(
        Ty::INT,
        1,
        vec![local(ints, 0), op(Op::DivI, Ty::INT, vec![int(1), int(0)])],
    );
    let body = block(
        vec![
            init(0, array(ints, vec![int(1)])),
            init(1, try_expr(result, failing)),
        ],
        interp(vec![
            call_host(Ty::INT, holders, vec![local(ints, 0)]),
            op(Op::IsErr, Ty::BOOL, vec![local(result, 1)]),
            len(local(ints, 0)),
        ]),
    );
    b.func("main", &[], &[ints, result], Ty::STRING, body);
    b.func("f", &[ints, Ty::INT], &[], Ty::INT, ilocal(1));
    assert_eq!(b.eval(), "1true1");
}

#[test]
fn tracebacks_leave_out_what_the_host_wrote() {
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, at(10, call(Ty::INT, 1, vec![])));
    b.func("user", &[], &[], Ty::INT, at(20, call(Ty::INT, 2, vec![])));
    b.func(
        "library",
        &[],
        &[],
        Ty::INT,
        at(30, op(Op::DivI, Ty::INT, vec![int(1), int(0)])),
    );
    b.last().internal = true;
    let error = b.run().result.unwrap_err();
    assert_eq!(error.span.start, 20);
    let calls: Vec<(String, u32)> = error
        .traceback
        .iter()
        .filter_map(|entry| match entry {
            TraceEntry::Call { function, span } => Some((function.to_string(), span.start)),
            TraceEntry::LeftOut(_) => None,
        })
        .collect();
    assert_eq!(calls, [("user".to_owned(), 20), ("main".to_owned(), 10)]);
}

#[test]
fn code_is_shared_by_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![int(10)]));
    b.func("fib", &[Ty::INT], &[], Ty::INT, fib(1));
    let code = b.code();
    shared(&code);
    let registry = &b.registry;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut cx = shape_runtime::HostCx::new();
                assert_eq!(
                    shape_vm::run(&code, registry, &mut cx)
                        .unwrap()
                        .value
                        .to_string(),
                    "55"
                );
            });
        }
    });
}

#[test]
fn a_listing() {
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![int(10)]));
    b.func("fib", &[Ty::INT], &[], Ty::INT, fib(1));
    let expected = "\
fn 1 fib (1 scalars, 0 values) -> Int
    0  RetLtImm a: 0 x: 0 imm: 2
    1  RetPlain a: 0
    2  CallSub s: 1 a: 0 imm: 1 i: 1
    3  CallS s: 1 i: 1
    4  CallSub s: 2 a: 0 imm: 2 i: 1
    5  CallS s: 2 i: 1
    6  RetAdd a: 1 b: 2
    7  RetPlain a: 1
";
    let listing = b.code().to_string();
    assert!(listing.contains(expected), "{listing}");
}

#[test]
fn a_call_between_the_reading_of_a_variable_and_its_change_counts() {
    // s = s + f(), where f changes s: the old s counts.
    let mut b = Build::new();
    let s = b.global(Ty::STRING);
    let append = |more| set_global(s, concat(global(Ty::STRING, s), more));
    let body = block(
        vec![
            set_global(s, string("a")),
            append(call(Ty::STRING, 1, vec![])),
            append(string("c")),
        ],
        global(Ty::STRING, s),
    );
    b.func("main", &[], &[], Ty::STRING, body);
    let f = block(vec![set_global(s, string("lost"))], string("b"));
    b.func("f", &[], &[], Ty::STRING, f);
    assert_eq!(b.eval(), "abc");
}

#[test]
fn an_error_drops_what_the_functions_in_between_held() {
    // main: try f(xs); f holds xs and calls g, which has no value registers and fails.
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let result = b.result_of(Ty::INT);
    let holders = b.host("std::test", "holders");
    let body = block(
        vec![
            init(0, array(ints, vec![int(1)])),
            init(1, try_expr(result, call(Ty::INT, 1, vec![local(ints, 0)]))),
        ],
        interp(vec![
            call_host(Ty::INT, holders, vec![local(ints, 0)]),
            len(local(ints, 0)),
        ]),
    );
    b.func("main", &[], &[ints, result], Ty::STRING, body);
    b.func(
        "f",
        &[ints],
        &[],
        Ty::INT,
        add(call(Ty::INT, 2, vec![int(0)]), len(local(ints, 0))),
    );
    let g = op(Op::DivI, Ty::INT, vec![int(1), ilocal(0)]);
    b.func("g", &[Ty::INT], &[], Ty::INT, g);
    assert_eq!(b.eval(), "11");
}

#[test]
fn broken_programs_end_cleanly() {
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, ilocal(7));
    assert_eq!(b.error(), "internal error: a variable does not exist");
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 9, vec![]));
    assert_eq!(b.error(), "internal error: a function is missing");
}
