//! Strings, arrays, maps, records, and changing them in place.

mod support;
use shape_check::program::{Conversion, ExprKind, FieldSource, Op, Root, Step};
use shape_check::{Def, DefField, DefId, DefKind, Field, Ty, TyKind};
use std::rc::Rc;
use support::*;

#[test]
fn strings() {
    assert_eq!(
        eval(
            Ty::STRING,
            &[],
            concat(string("a"), concat(string("b"), string("c")))
        ),
        "abc"
    );
    let parts = vec![
        string("i"),
        int(-5),
        num(4.0),
        boolean(true),
        unit(),
        string("!"),
    ];
    assert_eq!(eval(Ty::STRING, &[], interp(parts)), "i-54.0true()!");
    // Appending to itself, and to a string that somebody else holds too.
    let body = block(
        vec![
            init(0, string("ab")),
            init(1, slocal(0)),
            set(0, concat(slocal(0), slocal(0))),
            set(0, interp(vec![slocal(0), int(1), slocal(0)])),
        ],
        interp(vec![slocal(0), string(" "), slocal(1)]),
    );
    assert_eq!(
        eval(Ty::STRING, &[Ty::STRING, Ty::STRING], body),
        "abab1abab ab"
    );
}

#[test]
fn appending_is_linear_for_every_kind_of_variable() {
    let grow =
        |append: shape_check::program::Expr| for_range(0, 1, int(0), int(300_000), false, append);
    let text = |s: shape_check::program::Expr| interp(vec![s, string("0123456789")]);
    // A global.
    let mut b = Build::new();
    let g = b.global(Ty::STRING);
    let body = block(
        vec![
            set_global(g, string("")),
            grow(set_global(g, text(global(Ty::STRING, g)))),
        ],
        op(Op::EqS, Ty::BOOL, vec![global(Ty::STRING, g), string("")]),
    );
    b.func("main", &[], &[Ty::INT, Ty::INT], Ty::BOOL, body);
    assert_eq!(b.eval(), "false");
    // A variable in a cell.
    let mut b = Build::new();
    let body = block(
        vec![init(0, string("")), grow(set(0, text(slocal(0))))],
        op(Op::EqS, Ty::BOOL, vec![slocal(0), string("")]),
    );
    b.func("main", &[], &[Ty::STRING, Ty::INT], Ty::BOOL, body);
    b.last().locals[0].boxed = true;
    assert_eq!(b.eval(), "false");
}

#[test]
fn arrays_of_every_form() {
    let mut b = Build::new();
    let strings = b.array_of(Ty::STRING);
    let items = |n: usize| {
        (0..n)
            .map(|i| interp(vec![string("s"), int(i as i64)]))
            .collect()
    };
    b.func("main", &[], &[], strings, array(strings, items(3)));
    assert_eq!(b.eval(), "[s0, s1, s2]");
    let mut b = Build::new();
    let ints = b.array_of(Ty::INT);
    let chars = b.array_of(Ty::CHAR);
    let many = array(ints, (0..1000).map(int).collect());
    let letter = element(&mut b, Ty::CHAR, local(chars, 1), int(-1));
    let last = element(&mut b, Ty::INT, local(ints, 0), int(-1));
    let literal = |c| expr(Ty::CHAR, ExprKind::Char(c));
    let body = block(
        vec![
            init(0, many),
            init(1, array(chars, vec![literal('x'), literal('y')])),
        ],
        interp(vec![last, letter, len(local(ints, 0))]),
    );
    b.func("main", &[], &[ints, chars], Ty::STRING, body);
    assert_eq!(b.eval(), "999y1000");
}

#[test]
fn elements_out_of_range() {
    let get = |i| {
        let mut b = Build::new();
        let ints = b.array_of(Ty::INT);
        let item = element(
            &mut b,
            Ty::INT,
            array(ints, vec![int(1), int(2), int(3)]),
            int(i),
        );
        b.func("main", &[], &[], Ty::INT, item);
        b
    };
    assert_eq!(get(0).eval(), "1");
    assert_eq!(get(-3).eval(), "1");
    assert_eq!(get(5).error(), "index: index 5 is out of range (length 3)");
    assert_eq!(
        get(-4).error(),
        "index: index -4 is out of range (length 3)"
    );
    let mut b = Build::new();
    let ints = b.array_of(Ty::INT);
    let maybe = b.maybe(Ty::INT);
    let index = |i| {
        let array = array(ints, vec![int(7)]);
        expr(maybe, ExprKind::Index(Box::new(array), Box::new(int(i))))
    };
    b.func(
        "main",
        &[],
        &[],
        Ty::STRING,
        interp(vec![index(0), index(1)]),
    );
    assert_eq!(b.eval(), "7None");
}

#[test]
fn none_where_a_value_is_expected() {
    let mut b = Build::new();
    let maybe = b.maybe(Ty::INT);
    let unwrap = expr(Ty::INT, ExprKind::Unwrap(Box::new(local(maybe, 0))));
    b.func(
        "main",
        &[],
        &[maybe],
        Ty::INT,
        block(vec![init(0, none(maybe))], unwrap),
    );
    assert_eq!(b.error(), "none: expected int, found None");
    let mut b = Build::new();
    let maybe = b.maybe(Ty::STRING);
    let unwrap = expr(Ty::STRING, ExprKind::Unwrap(Box::new(local(maybe, 0))));
    b.func(
        "main",
        &[],
        &[maybe],
        Ty::STRING,
        block(vec![init(0, none(maybe))], unwrap),
    );
    assert_eq!(b.error(), "none: expected string, found None");
}

#[test]
fn pushing_changes_only_the_variable() {
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let maybe = b.maybe(Ty::INT);
    let (push, pop) = (
        b.host("std::core::array", "push"),
        b.host("std::core::array", "pop"),
    );
    let push_to = |id, n| mutate(Ty::UNIT, push, place(id, vec![], ints), vec![int(n)]);
    let body = block(
        vec![
            init(0, array(ints, vec![int(1)])),
            init(1, local(ints, 0)),
            push_to(0, 2),
            push_to(0, 3),
            init(2, mutate(maybe, pop, place(0, vec![], ints), vec![])),
            // The value of a push is the changed array.
            init(3, mutate(ints, push, place(1, vec![], ints), vec![int(9)])),
            // On a temporary.
            init(4, call_host(ints, push, vec![local(ints, 0), int(5)])),
        ],
        interp(vec![
            local(ints, 0),
            local(ints, 1),
            local(maybe, 2),
            local(ints, 3),
            local(ints, 4),
        ]),
    );
    b.func(
        "main",
        &[],
        &[ints, ints, maybe, ints, ints],
        Ty::STRING,
        body,
    );
    assert_eq!(b.eval(), "[1, 2][1, 9]3[1, 9][1, 2, 5]");
}

#[test]
fn a_failed_change_leaves_the_variable() {
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let pair = b.tuple_of(&[ints, Ty::INT]);
    let result = b.result_of(Ty::UNIT);
    let refuse = b.host("std::core::array", "refuse");
    let whole = mutate(Ty::UNIT, refuse, place(0, vec![], ints), vec![]);
    let part = mutate(
        Ty::UNIT,
        refuse,
        place(1, vec![Step::Field(0)], ints),
        vec![],
    );
    let body = block(
        vec![
            init(0, array(ints, vec![int(1)])),
            init(1, tuple(pair, vec![array(ints, vec![int(2)]), int(0)])),
            init(2, try_expr(result, whole)),
            init(3, try_expr(result, part)),
        ],
        interp(vec![local(ints, 0), local(pair, 1)]),
    );
    b.func("main", &[], &[ints, pair, result, result], Ty::STRING, body);
    assert_eq!(b.eval(), "[1][[2], 0]");
}

#[test]
fn last_uses_move() {
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let holders = b.host("std::test", "holders");
    let count = || call(Ty::INT, 1, vec![local(ints, 0)]);
    let body = block(
        vec![init(0, array(ints, vec![int(1)]))],
        // The first is not the last use; the second is.
        interp(vec![count(), count()]),
    );
    b.func("main", &[], &[ints], Ty::STRING, body);
    let held = call_host(Ty::INT, holders, vec![local(ints, 0)]);
    b.func("f", &[ints], &[], Ty::INT, held);
    assert_eq!(b.eval(), "21");
}

#[test]
fn host_functions_read_variables_in_place() {
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let holders = b.host("std::test", "holders");
    let count = || call_host(Ty::INT, holders, vec![local(ints, 0)]);
    let body = block(
        vec![init(0, array(ints, vec![int(1)]))],
        interp(vec![count(), count()]),
    );
    b.func("main", &[], &[ints], Ty::STRING, body);
    assert_eq!(b.eval(), "11");
}

#[test]
fn a_variable_that_a_handler_needs_is_not_moved() {
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let result = b.result_of(Ty::UNIT);
    let call = set(0, call(ints, 1, vec![local(ints, 0)]));
    let body = block(
        vec![
            init(0, array(ints, vec![int(1)])),
            init(1, try_expr(result, call)),
        ],
        interp(vec![local(ints, 0), local(result, 1)]),
    );
    b.func("main", &[], &[ints, result], Ty::STRING, body);
    let fail = b.host("std::test", "fail");
    let failing = block(
        vec![call_host(Ty::INT, fail, vec![string("gone")])],
        local(ints, 0),
    );
    b.func("fails", &[ints], &[], ints, failing);
    assert!(b.eval().starts_with("[1]Err("), "{}", b.eval());
}

#[test]
fn a_loop_through_a_function_stays_linear() {
    // xs = f(xs), f pushes: with copies it would take minutes.
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let push = b.host("std::core::array", "push");
    let body = block(
        vec![
            init(0, array(ints, vec![])),
            for_range(
                0,
                1,
                int(0),
                int(300_000),
                false,
                set(0, call(ints, 1, vec![local(ints, 0), ilocal(1)])),
            ),
        ],
        len(local(ints, 0)),
    );
    b.func("main", &[], &[ints, Ty::INT], Ty::INT, body);
    let push = mutate(Ty::UNIT, push, place(0, vec![], ints), vec![ilocal(1)]);
    b.func(
        "pushed",
        &[ints, Ty::INT],
        &[],
        ints,
        block(vec![push], local(ints, 0)),
    );
    assert_eq!(b.eval(), "300000");
}

#[test]
fn places() {
    // o = { rows: [[1, 2], [3]], names: {} }
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let rows = b.array_of(ints);
    let map = b.ty(TyKind::Map(Ty::STRING, ints));
    let field_of = |name: &str, ty| Field {
        name: name.into(),
        ty,
        optional: false,
    };
    let object = b.ty(TyKind::Object(Rc::new([
        field_of("rows", rows),
        field_of("names", map),
    ])));
    let push = b.host("std::core::array", "push");
    let row = |ns: &[i64]| array(ints, ns.iter().map(|n| int(*n)).collect());
    let make = expr(
        object,
        ExprKind::Record(vec![
            array(rows, vec![row(&[1, 2]), row(&[3])]),
            expr(map, ExprKind::EmptyMap),
        ]),
    );
    let at = |row, column| {
        vec![
            Step::Field(0),
            Step::Index(int(row)),
            Step::Index(int(column)),
        ]
    };
    let key = |k: &str| vec![Step::Field(1), Step::Key(string(k))];
    let body = block(
        vec![
            init(0, make),
            init(1, local(object, 0)),
            set_place(place(0, at(0, 1), Ty::INT), int(20)),
            set_place(place(0, at(-1, 0), Ty::INT), int(30)),
            set_place(place(0, key("a"), ints), row(&[5])),
            mutate(Ty::UNIT, push, place(0, key("a"), ints), vec![int(6)]),
            mutate(
                Ty::UNIT,
                push,
                place(0, vec![Step::Field(0), Step::Index(int(1))], ints),
                vec![int(31)],
            ),
        ],
        interp(vec![local(object, 0), string(" "), local(object, 1)]),
    );
    b.func("main", &[], &[object, object], Ty::STRING, body);
    let expected =
        "{ rows: [[1, 20], [30, 31]], names: { a: [5, 6] } } { rows: [[1, 2], [3]], names: {} }";
    let got = b.eval();
    assert_eq!(got.replace("{  }", "{}"), expected);
}

#[test]
fn places_in_cells_globals_and_far_variables() {
    let mut b = Build::new();
    let ints = b.array_of(Ty::INT);
    let g = b.global(ints);
    let mut body = vec![
        init(0, array(ints, vec![int(1), int(2)])),
        set_global(g, array(ints, vec![int(1), int(2)])),
    ];
    let mut types = vec![ints; 400];
    types[1] = Ty::INT;
    for id in 2..400 {
        body.push(init(id, array(ints, vec![int(1), int(2)])));
    }
    body.push(set_place(
        place(0, vec![Step::Index(int(0))], Ty::INT),
        int(8),
    ));
    body.push(set_place(
        place(399, vec![Step::Index(int(1))], Ty::INT),
        int(9),
    ));
    let mut in_global = place(0, vec![Step::Index(int(-1))], Ty::INT);
    in_global.root = Root::Global(g);
    body.push(set_place(in_global, int(7)));
    let text = interp(vec![
        local(ints, 0),
        local(ints, 399),
        local(ints, 398),
        global(ints, g),
    ]);
    b.func("main", &[], &types, Ty::STRING, block(body, text));
    b.last().locals[0].boxed = true;
    assert_eq!(b.eval(), "[8, 2][1, 9][1, 2][1, 7]");
}

#[test]
fn errors_in_places() {
    let bad = |steps: fn() -> Vec<Step>| {
        let mut b = Build::new();
        let ints = b.array_of(Ty::INT);
        let rows = b.array_of(ints);
        let map = b.ty(TyKind::Map(Ty::STRING, rows));
        let make = array(rows, vec![array(ints, vec![int(1)])]);
        let body = stmts(vec![
            init(0, expr(map, ExprKind::EmptyMap)),
            set_place(place(0, vec![Step::Key(string("k"))], rows), make),
            set_place(place(0, steps(), Ty::INT), int(5)),
        ]);
        b.func("main", &[], &[map], Ty::UNIT, body);
        b.error()
    };
    assert_eq!(
        bad(|| vec![
            Step::Key(string("k")),
            Step::Index(int(1)),
            Step::Index(int(0))
        ]),
        "index: index 1 is out of range (length 1)"
    );
    assert_eq!(
        bad(|| vec![
            Step::Key(string("k")),
            Step::Index(int(0)),
            Step::Index(int(3))
        ]),
        "index: index 3 is out of range (length 1)"
    );
    assert_eq!(
        bad(|| vec![
            Step::Key(string("x")),
            Step::Index(int(0)),
            Step::Index(int(0))
        ]),
        "index: key \"x\" is not in the map"
    );
}

#[test]
fn maps() {
    let mut b = with_host();
    let map = b.ty(TyKind::Map(Ty::STRING, Ty::INT));
    let maybe = b.maybe(Ty::INT);
    let (get, put) = (
        b.host("std::core::map", "get"),
        b.host("std::core::map", "set"),
    );
    let look = |k: &str| call_host(maybe, get, vec![local(map, 0), string(k)]);
    let sure = expr(Ty::INT, ExprKind::Unwrap(Box::new(look("b"))));
    let body = block(
        vec![
            init(0, expr(map, ExprKind::EmptyMap)),
            mutate(
                Ty::UNIT,
                put,
                place(0, vec![], map),
                vec![string("a"), int(1)],
            ),
            set(
                0,
                call_host(map, put, vec![local(map, 0), string("b"), int(2)]),
            ),
        ],
        interp(vec![local(map, 0), look("a"), look("z"), sure]),
    );
    b.func("main", &[], &[map], Ty::STRING, body);
    assert_eq!(b.eval(), "{ a: 1, b: 2 }1None2");
}

#[test]
fn records_and_fields() {
    let mut b = Build::new();
    let field_def = |name: &str| DefField {
        name: name.into(),
        default: None,
    };
    b.program.types.defs.push(Def {
        name: "Point".into(),
        generics: 0,
        kind: DefKind::Struct(vec![field_def("x"), field_def("y")]),
    });
    let point = b.ty(TyKind::Struct(DefId(0), Rc::new([])));
    let sum = op(
        Op::AddN,
        Ty::NUMBER,
        vec![
            field(Ty::NUMBER, local(point, 0), 0),
            field(Ty::NUMBER, local(point, 0), 1),
        ],
    );
    let body = block(
        vec![
            init(0, expr(point, ExprKind::Record(vec![num(1.0), num(2.5)]))),
            set_place(place(0, vec![Step::Field(1)], Ty::NUMBER), num(4.5)),
        ],
        interp(vec![sum, string(" "), local(point, 0)]),
    );
    b.func("main", &[], &[point], Ty::STRING, body);
    let text = b.eval();
    assert!(
        text.starts_with("5.5 ") && text.contains("x: 1.0, y: 4.5"),
        "{text}"
    );
}

#[test]
fn large_literals() {
    let mut b = Build::new();
    let big = b.tuple_of(&[Ty::INT; 300]);
    let make = tuple(big, (0..300).map(int).collect());
    let body = block(vec![init(0, make)], field(Ty::INT, local(big, 0), 299));
    b.func("main", &[], &[big], Ty::INT, body);
    assert_eq!(b.eval(), "299");
}

#[test]
fn conversions() {
    let mut b = Build::new();
    let ints = b.array_of(Ty::INT);
    let numbers = b.array_of(Ty::NUMBER);
    let pair = b.tuple_of(&[Ty::INT, Ty::INT]);
    let small = b.ty(TyKind::Object(Rc::new([Field {
        name: "a".into(),
        ty: Ty::INT,
        optional: false,
    }])));
    let wide = b.ty(TyKind::Object(Rc::new([
        Field {
            name: "z".into(),
            ty: Ty::STRING,
            optional: false,
        },
        Field {
            name: "a".into(),
            ty: Ty::NUMBER,
            optional: false,
        },
    ])));
    let convert = |ty, c, e| expr(ty, ExprKind::Convert(Rc::new(c), Box::new(e)));
    let widen = || Rc::new(Conversion::IntToNumber);
    let array_of = convert(
        numbers,
        Conversion::Array(Ty::NUMBER, widen()),
        array(ints, vec![int(1), int(2)]),
    );
    let from_tuple = convert(
        numbers,
        Conversion::TupleToArray(
            Ty::NUMBER,
            vec![Conversion::IntToNumber, Conversion::IntToNumber],
        ),
        tuple(pair, vec![int(3), int(4)]),
    );
    let record = convert(
        wide,
        Conversion::Record(
            wide,
            vec![
                FieldSource::Const(shape_abi::Const::String("c".into())),
                FieldSource::Field(0, Conversion::IntToNumber),
            ],
        ),
        expr(small, ExprKind::Record(vec![int(5)])),
    );
    let scalar = convert(Ty::NUMBER, Conversion::IntToNumber, int(6));
    let body = interp(vec![array_of, from_tuple, record, scalar]);
    b.func("main", &[], &[], Ty::STRING, body);
    assert_eq!(b.eval(), "[1.0, 2.0][3.0, 4.0]{ z: c, a: 5.0 }6.0");
}

#[test]
fn loops_over_arrays() {
    let mut b = with_host();
    let ints = b.array_of(Ty::INT);
    let strings = b.array_of(Ty::STRING);
    let push = b.host("std::core::array", "push");
    // The loop sees the elements that the array had when it started.
    let grow = mutate(Ty::UNIT, push, place(0, vec![], ints), vec![ilocal(1)]);
    let body = block(
        vec![
            init(0, array(ints, vec![int(1), int(2)])),
            init(2, string("")),
            for_array(
                0,
                1,
                local(ints, 0),
                stmts(vec![grow, set(2, interp(vec![slocal(2), ilocal(1)]))]),
            ),
            for_array(
                1,
                3,
                array(strings, vec![string("x"), string("y")]),
                set(2, concat(slocal(2), slocal(3))),
            ),
        ],
        interp(vec![slocal(2), local(ints, 0)]),
    );
    b.func(
        "main",
        &[],
        &[ints, Ty::INT, Ty::STRING, Ty::STRING],
        Ty::STRING,
        body,
    );
    assert_eq!(b.eval(), "12xy[1, 2, 1, 2]");
}

#[test]
fn comparisons_of_values() {
    let mut b = Build::new();
    let pair = b.tuple_of(&[Ty::INT, Ty::STRING]);
    let make = |n, s: &str| tuple(pair, vec![int(n), string(s)]);
    let cmp = |o, a, b| op(o, Ty::BOOL, vec![a, b]);
    let body = interp(vec![
        cmp(Op::EqV, make(1, "a"), make(1, "a")),
        cmp(Op::NeV, make(1, "a"), make(1, "b")),
        cmp(Op::LtV, make(1, "a"), make(1, "b")),
        cmp(Op::GeV, make(1, "a"), make(2, "a")),
    ]);
    b.func("main", &[], &[], Ty::STRING, body);
    assert_eq!(b.eval(), "truetruetruefalse");
}
