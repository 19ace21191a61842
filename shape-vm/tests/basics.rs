//! Arithmetic, variables, control flow and functions.

mod support;
use shape_check::Ty;
use shape_check::program::{Expr, ExprKind, Op};
use support::*;

#[test]
fn fib_of_20() {
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![int(20)]));
    b.func("fib", &[Ty::INT], &[], Ty::INT, fib(1));
    assert_eq!(b.eval(), "6765");
}

#[test]
fn a_loop_adds_up() {
    let body = block(
        vec![
            init(0, int(0)),
            for_range(
                0,
                1,
                int(0),
                int(10),
                false,
                set(0, add(ilocal(0), ilocal(1))),
            ),
            for_range(
                1,
                1,
                int(0),
                int(10),
                true,
                set(0, add(ilocal(0), ilocal(1))),
            ),
        ],
        ilocal(0),
    );
    assert_eq!(eval(Ty::INT, &[Ty::INT, Ty::INT], body), "100");
}

#[test]
fn ranges_at_the_limits_end() {
    let count = |a, b, inclusive| {
        let body = block(
            vec![
                init(0, int(0)),
                for_range(
                    0,
                    1,
                    int(a),
                    int(b),
                    inclusive,
                    set(0, add(ilocal(0), int(1))),
                ),
            ],
            ilocal(0),
        );
        eval(Ty::INT, &[Ty::INT, Ty::INT], body)
    };
    assert_eq!(count(i64::MAX - 2, i64::MAX, true), "3");
    assert_eq!(count(i64::MAX - 2, i64::MAX, false), "2");
    assert_eq!(count(5, 5, false), "0");
    assert_eq!(count(5, 4, true), "0");
}

#[test]
fn while_break_and_continue() {
    // The sum of the odd numbers below 10, by a loop that continues and breaks.
    let even = op(
        Op::EqI,
        Ty::BOOL,
        vec![op(Op::RemI, Ty::INT, vec![ilocal(1), int(2)]), int(0)],
    );
    let body = block(
        vec![
            init(0, int(0)),
            init(1, int(-1)),
            while_loop(
                0,
                lt(ilocal(1), int(1000)),
                stmts(vec![
                    set(1, add(ilocal(1), int(1))),
                    when(even, continue_loop(0)),
                    when(not(lt(ilocal(1), int(10))), break_with(0, None)),
                    set(0, add(ilocal(0), ilocal(1))),
                ]),
            ),
        ],
        ilocal(0),
    );
    assert_eq!(eval(Ty::INT, &[Ty::INT, Ty::INT], body), "25");
}

#[test]
fn a_loop_has_a_value() {
    let body = block(
        vec![init(0, int(0))],
        add(
            int(1),
            endless(
                0,
                Ty::INT,
                stmts(vec![
                    set(0, add(ilocal(0), int(7))),
                    when(lt(int(40), ilocal(0)), break_with(0, Some(ilocal(0)))),
                ]),
            ),
        ),
    );
    assert_eq!(eval(Ty::INT, &[Ty::INT], body), "43");
}

#[test]
fn operands_keep_their_value_while_later_ones_assign() {
    let assign = block(vec![set(0, int(10))], int(1));
    let body = block(vec![init(0, int(5))], add(ilocal(0), assign));
    assert_eq!(eval(Ty::INT, &[Ty::INT], body), "6");
    let assign = block(vec![set(0, string("new"))], string("!"));
    let body = block(
        vec![init(0, string("old"))],
        interp(vec![slocal(0), assign, slocal(0)]),
    );
    assert_eq!(eval(Ty::STRING, &[Ty::STRING], body), "old!new");
}

#[test]
fn conditions() {
    // As a value, as a jump, and turned round.
    let check = |c: fn() -> Expr, expected: &str| {
        let turned = if expected == "true" { "false" } else { "true" };
        let by_jump = |c| if_else(c, string("true"), string("false"));
        assert_eq!(eval(Ty::BOOL, &[], c()), expected);
        assert_eq!(eval(Ty::STRING, &[], by_jump(c())), expected);
        assert_eq!(eval(Ty::STRING, &[], by_jump(not(c()))), turned);
    };
    check(|| and(lt(int(1), int(2)), lt(int(3), int(2))), "false");
    check(|| or(lt(int(3), int(2)), lt(int(1), int(2))), "true");
    check(
        || and(or(boolean(false), boolean(true)), not(boolean(false))),
        "true",
    );
    check(
        || {
            or(
                and(boolean(true), boolean(false)),
                and(boolean(true), lt(int(4), int(4))),
            )
        },
        "false",
    );
    check(|| op(Op::GeI, Ty::BOOL, vec![int(4), int(4)]), "true");
    check(|| op(Op::GtI, Ty::BOOL, vec![int(100_000), int(4)]), "true");
    check(
        || op(Op::LtN, Ty::BOOL, vec![num(f64::NAN), num(1.0)]),
        "false",
    );
    check(
        || op(Op::GeN, Ty::BOOL, vec![num(f64::NAN), num(1.0)]),
        "false",
    );
    check(
        || op(Op::NeN, Ty::BOOL, vec![num(f64::NAN), num(f64::NAN)]),
        "true",
    );
    check(|| op(Op::GtN, Ty::BOOL, vec![num(2.5), num(1.0)]), "true");
    check(
        || {
            op(
                Op::EqS,
                Ty::BOOL,
                vec![string("a"), concat(string("a"), string(""))],
            )
        },
        "true",
    );
    check(
        || op(Op::NeS, Ty::BOOL, vec![string("a"), string("b")]),
        "true",
    );
    check(
        || op(Op::GtS, Ty::BOOL, vec![string("b"), string("a")]),
        "true",
    );
}

#[test]
fn int_arithmetic() {
    let two = |o, a, b| {
        let mut build = Build::new();
        build.func(
            "main",
            &[],
            &[],
            Ty::INT,
            op(o, Ty::INT, vec![int(a), int(b)]),
        );
        build
    };
    assert_eq!(two(Op::DivI, -7, 2).eval(), "-3");
    assert_eq!(two(Op::RemI, -7, 2).eval(), "-1");
    assert_eq!(two(Op::RemI, i64::MIN, -1).eval(), "0");
    assert_eq!(two(Op::PowI, 2, 62).eval(), "4611686018427387904");
    assert_eq!(two(Op::PowI, -1, i64::MAX).eval(), "-1");
    assert_eq!(two(Op::PowI, 0, 0).eval(), "1");
    assert_eq!(two(Op::PowI, 0, 5).eval(), "0");
    assert_eq!(two(Op::ShrI, -8, 1).eval(), "-4");
    assert_eq!(two(Op::ShlI, 1, 62).eval(), "4611686018427387904");
    assert_eq!(
        two(Op::AddI, i64::MAX, 1).error(),
        "overflow: int overflow in `+`"
    );
    assert_eq!(
        two(Op::SubI, i64::MIN, 1).error(),
        "overflow: int overflow in `-`"
    );
    assert_eq!(
        two(Op::MulI, i64::MAX, 2).error(),
        "overflow: int overflow in `*`"
    );
    assert_eq!(
        two(Op::DivI, i64::MIN, -1).error(),
        "overflow: int overflow in `/`"
    );
    assert_eq!(
        two(Op::PowI, 3, 60).error(),
        "overflow: int overflow in `**`"
    );
    assert_eq!(
        two(Op::PowI, 3, -1).error(),
        "range: exponent -1 is negative"
    );
    assert_eq!(
        two(Op::DivI, 1, 0).error(),
        "division_by_zero: division by zero"
    );
    assert_eq!(
        two(Op::RemI, 1, 0).error(),
        "division_by_zero: division by zero"
    );
    assert_eq!(
        two(Op::ShlI, 1, 64).error(),
        "range: shift by 64 is out of range (0 to 63)"
    );
}

#[test]
fn number_arithmetic() {
    let two = |o, a, b| {
        let mut build = Build::new();
        build.func(
            "main",
            &[],
            &[],
            Ty::NUMBER,
            op(o, Ty::NUMBER, vec![num(a), num(b)]),
        );
        build
    };
    assert_eq!(two(Op::AddN, 1.5, 2.5).eval(), "4.0");
    assert_eq!(two(Op::PowN, 2.0, 0.5).eval(), "1.4142135623730951");
    assert_eq!(
        two(Op::DivN, 1.0, 0.0).error(),
        "division_by_zero: division by zero"
    );
    assert_eq!(
        two(Op::RemN, 1.0, 0.0).error(),
        "division_by_zero: division by zero"
    );
}

#[test]
fn an_early_return_leaves_nested_blocks() {
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![int(3)]));
    let body = block(
        vec![for_range(
            0,
            1,
            int(0),
            int(10),
            false,
            stmts(vec![
                init(2, interp(vec![string("x"), ilocal(1)])),
                when(
                    op(Op::EqI, Ty::BOOL, vec![ilocal(1), ilocal(0)]),
                    ret(mul(ilocal(1), int(100))),
                ),
            ]),
        )],
        int(-1),
    );
    b.func("find", &[Ty::INT], &[Ty::INT, Ty::STRING], Ty::INT, body);
    assert_eq!(b.eval(), "300");
}

#[test]
fn recursion_is_deep_but_not_endless() {
    let down = |n| {
        let mut b = Build::new();
        b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![int(n)]));
        let again = add(
            int(1),
            at(7, call(Ty::INT, 1, vec![sub(ilocal(0), int(1))])),
        );
        let body = if_else(lt(ilocal(0), int(1)), int(0), again);
        b.func("down", &[Ty::INT], &[], Ty::INT, body);
        b
    };
    assert_eq!(down(90_000).eval(), "90000");
    let error = down(200_000).run().result.unwrap_err();
    assert_eq!(error.to_string(), "stack overflow");
    assert!(error.traceback.len() < 30);
    assert_eq!(error.span.start, 7);
    assert!(
        error
            .traceback
            .iter()
            .any(|e| matches!(e, shape_vm::TraceEntry::LeftOut(n) if *n > 90_000))
    );
}

#[test]
fn many_variables_and_many_operands() {
    // 600 ints and 600 strings, all alive.
    let count = 600;
    let mut types = vec![Ty::INT; count];
    types.extend(vec![Ty::STRING; count]);
    let mut body = Vec::new();
    for i in 0..count as u32 {
        body.push(init(i, int(i64::from(i))));
        let text = interp(vec![string("s"), ilocal(i)]);
        body.push(init(count as u32 + i, text));
        body.push(set(i, add(ilocal(i), int(1))));
        body.push(set(
            count as u32 + i,
            concat(slocal(count as u32 + i), string("!")),
        ));
    }
    let sum = (1..count as u32).fold(ilocal(0), |sum, i| add(sum, ilocal(i)));
    let texts = (0..count as u32)
        .map(|i| slocal(count as u32 + i))
        .collect();
    let length = interp(vec![sum, string(" "), interp(texts)]);
    let text = eval(Ty::STRING, &types, block(body, length));
    assert!(text.starts_with("180300 s0!s1!s2!"), "{text}");
    assert!(text.ends_with("s598!s599!"), "{text}");
}

#[test]
fn deep_nesting_is_an_error_not_a_crash() {
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![]));
    let one = || call(Ty::INT, 2, vec![]);
    let deep = (0..400).fold(int(1), |inner, _| add(one(), inner));
    b.func("deep", &[], &[], Ty::INT, deep);
    b.func("one", &[], &[], Ty::INT, int(1));
    assert_eq!(b.error(), "internal error: an expression nests too deeply");
    // To the left there is no limit.
    let long = (0..2_000).fold(int(1), |inner, _| add(inner, int(1)));
    assert_eq!(eval(Ty::INT, &[], long), "2001");
}

#[test]
fn a_cancelled_run_ends() {
    let mut b = Build::new();
    let body = endless(0, Ty::NEVER, unit());
    b.func("main", &[], &[], Ty::UNIT, body);
    let mut cx = shape_runtime::HostCx::new();
    cx.interrupt()
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let error = shape_vm::run(&b.code(), &b.registry, &mut cx).unwrap_err();
    assert_eq!(error.to_string(), "the run was cancelled");
}

#[test]
fn unit_values() {
    let mut b = Build::new();
    b.func(
        "main",
        &[],
        &[Ty::UNIT],
        Ty::UNIT,
        stmts(vec![init(0, call(Ty::UNIT, 1, vec![]))]),
    );
    b.func(
        "nothing",
        &[],
        &[],
        Ty::UNIT,
        expr(Ty::UNIT, ExprKind::Unit),
    );
    assert_eq!(b.eval(), "()");
}
