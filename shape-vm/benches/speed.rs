//! How fast the interpreter is, on programs built by hand: `cargo bench -p shape-vm --bench speed`.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use shape_abi::PermissionSet;
use shape_check::program::{ExprKind, Op};
use shape_check::{Ty, TyKind};
use shape_runtime::{FnSpec, HostCx, Module};
use support::*;

fn main() {
    let only = std::env::args().nth(1).filter(|a| !a.starts_with('-'));
    let bench = |name: &str, build: fn() -> Build| {
        if only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            return;
        }
        let b = build();
        let code = b.code();
        if std::env::var_os("LIST").is_some() {
            println!("{code}");
        }
        let mut best = f64::INFINITY;
        let mut value = String::new();
        for _ in 0..5 {
            let mut cx = HostCx::new();
            let start = cpu_time();
            let outcome = shape_vm::run(&code, &b.registry, &mut cx).unwrap();
            best = best.min(cpu_time() - start);
            value = outcome.value.to_string();
        }
        println!("{name:16} {:8.1} ms   {value}", best * 1e3);
    };
    bench("fib(32)", fib_bench);
    bench("loop 50M", loop_bench);
    bench("while 50M", while_bench);
    bench("host 10M", host_bench);
    bench("host empty 10M", empty_bench);
    bench("array 5M", array_bench);
    bench("string 1M", string_bench);
    bench("append 1M", append_bench);
    bench("closure 10M", closure_bench);
    bench("field 10M", field_bench);
    bench("number 20M", number_bench);
    bench("lcg 10M", lcg_bench);
    bench("words 1M", words_bench);
}

/// Seconds that this thread was on a processor: the machine has other work to do.
fn cpu_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn fib_bench() -> Build {
    let mut b = Build::new();
    b.func("main", &[], &[], Ty::INT, call(Ty::INT, 1, vec![int(32)]));
    b.func("fib", &[Ty::INT], &[], Ty::INT, fib(1));
    b
}

fn counted(n: i64, step: fn(&mut Build) -> shape_check::program::Expr) -> Build {
    let mut b = Build::new();
    let body = block(
        vec![
            init(0, int(0)),
            for_range(0, 1, int(0), int(n), false, step(&mut b)),
        ],
        ilocal(0),
    );
    b.func("main", &[], &[Ty::INT, Ty::INT], Ty::INT, body);
    b
}

fn loop_bench() -> Build {
    counted(50_000_000, |_| set(0, add(ilocal(0), ilocal(1))))
}

fn while_bench() -> Build {
    let mut b = Build::new();
    let body = block(
        vec![
            init(0, int(0)),
            init(1, int(0)),
            while_loop(
                0,
                lt(ilocal(1), int(50_000_000)),
                stmts(vec![
                    set(0, add(ilocal(0), ilocal(1))),
                    set(1, add(ilocal(1), int(1))),
                ]),
            ),
        ],
        ilocal(0),
    );
    b.func("main", &[], &[Ty::INT, Ty::INT], Ty::INT, body);
    b
}

fn host_bench() -> Build {
    counted(10_000_000, |b| {
        let mut module = Module::new("std::test", "For the bench.");
        let spec = FnSpec {
            name: "next",
            params: ["n"],
            needs: PermissionSet::pure(),
            doc: "One more.",
        };
        module
            .register_typed_fn(spec, |_: &mut HostCx, n: i64| n.wrapping_add(1))
            .unwrap();
        b.registry.add(module).unwrap();
        let host = b.host("std::test", "next");
        set(0, call_host(Ty::INT, host, vec![ilocal(0)]))
    })
}

fn empty_bench() -> Build {
    counted(10_000_000, |_| set(0, ilocal(1)))
}

fn array_bench() -> Build {
    let mut b = Build::new();
    let mut module = Module::new("std::core::array", "Arrays.");
    let push = shape_abi::FnDecl {
        name: "push".into(),
        params: vec![
            shape_abi::ParamDecl {
                name: "self".into(),
                ty: shape_abi::Ty::array(shape_abi::Ty::Param(0)),
                default: None,
            },
            shape_abi::ParamDecl {
                name: "value".into(),
                ty: shape_abi::Ty::Param(0),
                default: None,
            },
        ],
        ret: shape_abi::Ty::Unit,
        needs: PermissionSet::pure(),
        mutates: true,
        doc: "Appends.".into(),
    };
    module
        .register_raw(push, Box::new(|_, _, _| Ok(())))
        .unwrap();
    b.registry.add(module).unwrap();
    let host = b.host("std::core::array", "push");
    let ints = b.array_of(Ty::INT);
    let item = element(&mut b, Ty::INT, local(ints, 0), ilocal(1));
    let body = block(
        vec![
            init(0, array(ints, vec![])),
            for_range(
                0,
                1,
                int(0),
                int(5_000_000),
                false,
                mutate(Ty::UNIT, host, place(0, vec![], ints), vec![ilocal(1)]),
            ),
            init(2, int(0)),
            for_range(
                1,
                1,
                int(0),
                len(local(ints, 0)),
                false,
                set(2, add(ilocal(2), item)),
            ),
        ],
        ilocal(2),
    );
    b.func("main", &[], &[ints, Ty::INT, Ty::INT], Ty::INT, body);
    b
}

fn string_bench() -> Build {
    counted(1_000_000, |b| {
        b.ty(TyKind::String);
        let text = interp(vec![string("item"), ilocal(1), string(",")]);
        let eq = op(Op::EqS, Ty::BOOL, vec![text, string("item7,")]);
        when(eq, set(0, add(ilocal(0), int(1))))
    })
}

fn append_bench() -> Build {
    let mut b = Build::new();
    let more = interp(vec![slocal(0), string("item"), ilocal(1), string(",")]);
    let body = block(
        vec![
            init(0, string("")),
            for_range(0, 1, int(0), int(1_000_000), false, set(0, more)),
        ],
        op(Op::EqS, Ty::BOOL, vec![slocal(0), string("x")]),
    );
    b.func("main", &[], &[Ty::STRING, Ty::INT], Ty::BOOL, body);
    b
}

fn closure_bench() -> Build {
    let mut b = Build::new();
    let closure = b.ty(TyKind::Closure(shape_check::ClosureId(0)));
    let make = expr(
        closure,
        ExprKind::Closure(shape_check::ClosureId(0), vec![capture(Ty::INT, 2)]),
    );
    let call = expr(
        Ty::INT,
        ExprKind::CallDynamic(
            shape_check::program::SigId(0),
            Box::new(local(closure, 3)),
            vec![ilocal(0)],
        ),
    );
    let body = block(
        vec![
            init(0, int(0)),
            init(2, int(3)),
            init(3, make),
            for_range(0, 1, int(0), int(10_000_000), false, set(0, call)),
        ],
        ilocal(0),
    );
    b.func(
        "main",
        &[],
        &[Ty::INT, Ty::INT, Ty::INT, closure],
        Ty::INT,
        body,
    );
    b.func(
        "closure",
        &[Ty::INT, Ty::INT],
        &[],
        Ty::INT,
        add(ilocal(0), ilocal(1)),
    );
    b.last().captures = 1;
    b.program.dispatch.push(vec![(
        shape_check::ClosureId(0),
        shape_check::program::FuncId(1),
    )]);
    b
}

fn field_bench() -> Build {
    let mut b = Build::new();
    let point = b.tuple_of(&[Ty::NUMBER, Ty::NUMBER]);
    let x = |i| field(Ty::NUMBER, local(point, 0), i);
    let sum = op(Op::AddN, Ty::NUMBER, vec![x(0), x(1)]);
    let step = support::place(0, vec![shape_check::program::Step::Field(0)], Ty::NUMBER);
    let body = block(
        vec![
            init(0, tuple(point, vec![num(1.0), num(0.5)])),
            for_range(0, 1, int(0), int(10_000_000), false, set_place(step, sum)),
        ],
        x(0),
    );
    b.func("main", &[], &[point, Ty::INT], Ty::NUMBER, body);
    b
}

fn number_bench() -> Build {
    let mut b = Build::new();
    let n = |id| local(Ty::NUMBER, id);
    let step = op(
        Op::AddN,
        Ty::NUMBER,
        vec![op(Op::MulN, Ty::NUMBER, vec![n(0), num(0.999)]), num(1.5)],
    );
    let body = block(
        vec![
            init(0, num(0.0)),
            for_range(0, 1, int(0), int(20_000_000), false, set(0, step)),
        ],
        n(0),
    );
    b.func("main", &[], &[Ty::NUMBER, Ty::INT], Ty::NUMBER, body);
    b
}

fn lcg_bench() -> Build {
    counted(10_000_000, |_| {
        set(
            0,
            op(
                Op::RemI,
                Ty::INT,
                vec![mul(add(ilocal(0), int(1)), int(16807)), int(2_147_483_647)],
            ),
        )
    })
}

fn words_bench() -> Build {
    let mut b = Build::new();
    let decl =
        |name: &str, params: &[shape_abi::Ty], ret: shape_abi::Ty, mutates| shape_abi::FnDecl {
            name: name.to_owned().into(),
            params: params
                .iter()
                .map(|ty| shape_abi::ParamDecl {
                    name: "p".into(),
                    ty: ty.clone(),
                    default: None,
                })
                .collect(),
            ret,
            needs: PermissionSet::pure(),
            mutates,
            doc: "For the bench.".into(),
        };
    let (k, v) = (shape_abi::Ty::Param(0), shape_abi::Ty::Param(1));
    let map = shape_abi::Ty::Map(k.clone().into(), v.clone().into());
    let mut module = Module::new("std::core::map", "Maps.");
    let get = decl(
        "get",
        &[map.clone(), k.clone()],
        shape_abi::Ty::Maybe(v.clone().into()),
        false,
    );
    module
        .register_raw(get, Box::new(|_, _, _| Ok(())))
        .unwrap();
    let set_decl = decl("set", &[map, k, v], shape_abi::Ty::Unit, true);
    module
        .register_raw(set_decl, Box::new(|_, _, _| Ok(())))
        .unwrap();
    b.registry.add(module).unwrap();
    let (get, put) = (
        b.host("std::core::map", "get"),
        b.host("std::core::map", "set"),
    );
    let map = b.ty(TyKind::Map(Ty::STRING, Ty::INT));
    let maybe = b.maybe(Ty::INT);
    let next = op(
        Op::RemI,
        Ty::INT,
        vec![mul(ilocal(0), int(16807)), int(2_147_483_647)],
    );
    let word = interp(vec![
        string("w"),
        op(Op::RemI, Ty::INT, vec![ilocal(0), int(5000)]),
    ]);
    let found = if_else(
        op(Op::IsNone, Ty::BOOL, vec![local(maybe, 4)]),
        int(0),
        expr(Ty::INT, ExprKind::Unbox(Box::new(local(maybe, 4)))),
    );
    let body = block(
        vec![
            init(0, int(42)),
            init(2, expr(map, ExprKind::EmptyMap)),
            for_range(
                0,
                1,
                int(0),
                int(1_000_000),
                false,
                stmts(vec![
                    set(0, next),
                    init(3, word),
                    init(4, call_host(maybe, get, vec![local(map, 2), slocal(3)])),
                    mutate(
                        Ty::UNIT,
                        put,
                        place(2, vec![], map),
                        vec![slocal(3), add(found, int(1))],
                    ),
                ]),
            ),
        ],
        ilocal(0),
    );
    b.func(
        "main",
        &[],
        &[Ty::INT, Ty::INT, map, Ty::STRING, maybe],
        Ty::INT,
        body,
    );
    b
}
