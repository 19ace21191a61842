//! What a module author writes, and what the machine then calls.

use shape_abi::{Const, Permission, PermissionSet, Ty};
use shape_runtime::{
    Any, ArrayRef, FnSpec, HostCx, List, MapView, Maybe, Module, Nanos, Places, Raise, Registry,
    RegistryError, ScriptResult, TypeArg,
};
use shape_value::{Array, Key, Map, Resource, Str, Value};
use std::convert::Infallible;
use std::time::Duration;

fn spec<const N: usize>(name: &'static str, params: [&'static str; N]) -> FnSpec<N, PermissionSet> {
    FnSpec {
        name,
        params,
        needs: PermissionSet::pure(),
        doc: "A test.",
    }
}

fn module() -> Module {
    Module::new("test", "Tests.")
}

/// Calls the only function of a module; the registers come back.
fn call(
    module: Module,
    mut s: Vec<u64>,
    mut v: Vec<Value>,
) -> Result<(Vec<u64>, Vec<Value>), Raise> {
    let mut registry = Registry::new();
    registry.add(module).expect("one module");
    run(&registry, &mut HostCx::new(), &mut s, &mut v)?;
    Ok((s, v))
}

/// Calls the first function: with the arguments from the first registers on, where its result goes
/// too. A receiver is the first value, and a result that is a value then goes to the second register.
fn run(registry: &Registry, cx: &mut HostCx, s: &mut [u64], v: &mut [Value]) -> Result<(), Raise> {
    let decl = &registry.decls()[0].fns[0];
    let receiver = u8::from(decl.mutates);
    let at = Places {
        scalars: 0,
        values: receiver,
        result: if decl.ret.is_scalar() { 0 } else { receiver },
        receiver: 0,
    };
    let mut scalars = [0; 256];
    let mut values = [const { Value::None }; 256];
    scalars[..s.len()].copy_from_slice(s);
    values[..v.len()].clone_from_slice(v);
    v.fill(Value::None);
    let result = registry.trampoline(0, 0)(cx, &mut scalars, &mut values, at);
    s.copy_from_slice(&scalars[..s.len()]);
    v.clone_from_slice(&values[..v.len()]);
    result.map_err(|raise| *raise)
}

fn message(result: Result<(Vec<u64>, Vec<Value>), Raise>) -> String {
    match result {
        Err(Raise::Error(error)) => format!("{}: {}", error.kind, error.message),
        other => panic!("no error: {other:?}"),
    }
}

#[test]
fn arguments_come_from_both_banks_in_order() {
    fn f(_: &mut HostCx, a: i64, text: &str, b: f64, list: List<'_, Str>, yes: bool) -> Str {
        let list: Vec<&str> = list.iter().collect();
        format!("{a} {text} {b} {list:?} {yes}").into()
    }
    let mut m = module();
    m.register_typed_fn(spec("f", ["a", "text", "b", "list", "yes"]), f)
        .unwrap();
    let list = Value::array(Array::Values(vec!["x".into(), "y".into()]));
    let (_, v) = call(m, vec![7, 1.5f64.to_bits(), 1], vec!["t".into(), list]).unwrap();
    assert_eq!(v[0], "7 t 1.5 [\"x\", \"y\"] true".into());
}

#[test]
fn scalar_results_leave_the_values_alone_and_unit_writes_nothing() {
    let mut m = module();
    m.register_typed_fn(spec("len", ["text"]), |_: &mut HostCx, text: &str| {
        text.len()
    })
    .unwrap();
    let (s, v) = call(m, vec![0], vec!["abc".into()]).unwrap();
    assert_eq!((s[0], &v[0]), (3, &"abc".into()));

    let mut m = module();
    m.register_typed_fn(spec("unit", []), |_: &mut HostCx| ())
        .unwrap();
    assert_eq!(call(m, vec![9], vec![]).unwrap().0, [9]);
}

#[test]
fn declarations_are_read_off_the_signature() {
    fn f(
        _: &mut HostCx,
        _: &str,
        _: MapView<'_, Str, Str>,
        _: Vec<Option<Str>>,
        _: Option<Duration>,
    ) -> Result<ScriptResult<Any<0>>, Raise> {
        Err(Raise::invalid("no"))
    }
    let mut m = module();
    let needs = Permission::Process;
    let params = ["cmd", "env = {}", "args=[]", "timeout"];
    m.register_typed_fn(
        FnSpec {
            name: "f",
            params,
            needs,
            doc: "Doc.",
        },
        f,
    )
    .unwrap();
    let decl = &m.decl().fns[0];
    let shown: Vec<_> = decl
        .params
        .iter()
        .map(|p| (&*p.name, p.ty.to_string(), p.default.clone()))
        .collect();
    assert_eq!(
        shown,
        [
            ("cmd", "string".to_owned(), None),
            (
                "env",
                "HashMap<string, string>".to_owned(),
                Some(Const::EmptyMap)
            ),
            ("args", "Array<string?>".to_owned(), Some(Const::EmptyArray)),
            ("timeout", "duration?".to_owned(), Some(Const::None)),
        ]
    );
    assert_eq!(decl.ret.to_string(), "Result<T>");
    assert_eq!(decl.needs, PermissionSet::only(Permission::Process));
    assert!(!decl.mutates);
}

#[test]
fn an_option_before_a_required_parameter_has_no_default() {
    let mut m = module();
    m.register_typed_fn(
        spec("f", ["a", "b"]),
        |_: &mut HostCx, _: Option<Str>, _: i64| (),
    )
    .unwrap();
    assert_eq!(m.decl().fns[0].params[0].default, None);
}

#[test]
fn receivers_are_changed_in_place() {
    let mut m = module();
    let push = |_: &mut HostCx, array: &mut Array, value: Any<0>| {
        array.push(value.0);
        array.len()
    };
    m.register_mutating_fn(spec("push", ["self", "value"]), push)
        .unwrap();
    let decl = &m.decl().fns[0];
    assert!(decl.mutates);
    assert_eq!(decl.params[0].ty, Ty::array(Ty::Param(0)));
    let values = vec![Value::array(Array::Ints(vec![1])), Value::Int(2)];
    let (s, v) = call(m, vec![0], values).unwrap();
    assert_eq!((s[0], &v[0]), (2, &Value::array(Array::Ints(vec![1, 2]))));

    let mut m = module();
    let pop = |_: &mut HostCx, array: &mut Array| Maybe(array.pop().map(Any::<0>));
    m.register_mutating_fn(spec("pop", ["self"]), pop).unwrap();
    let values = vec![Value::array(Array::Ints(vec![1, 2])), Value::None];
    let (_, v) = call(m, vec![], values).unwrap();
    assert_eq!(v, [Value::array(Array::Ints(vec![1])), Value::Int(2)]);
}

#[test]
fn panics_become_errors_that_name_the_function() {
    let mut m = module();
    let f = |_: &mut HostCx, n: i64| -> i64 { [1, 2][usize::try_from(n).unwrap()] };
    m.register_typed_fn(spec("at", ["n"]), f).unwrap();
    let text = message(call(m, vec![5], vec![]));
    assert!(
        text.starts_with("internal: `at` panicked: index out of bounds"),
        "{text}"
    );
}

#[test]
fn mistyped_values_are_internal_errors_and_bad_ones_invalid() {
    let mut m = module();
    m.register_typed_fn(spec("f", ["text"]), |_: &mut HostCx, _: &str| ())
        .unwrap();
    let text = message(call(m, vec![], vec![Value::Int(1)]));
    assert_eq!(text, "internal: expected a value of type string, found int");

    let mut m = module();
    m.register_typed_fn(spec("f", ["d"]), |_: &mut HostCx, _: Duration| ())
        .unwrap();
    let text = message(call(m, vec![(-5_000_000_000i64).cast_unsigned()], vec![]));
    assert_eq!(text, "invalid: a duration of -5s is negative");

    let mut m = module();
    m.register_typed_fn(spec("f", ["n"]), |_: &mut HostCx, _: u32| ())
        .unwrap();
    let text = message(call(m, vec![u64::MAX], vec![]));
    assert_eq!(
        text,
        "invalid: -1 is out of range: expected 0 to 4294967295"
    );
}

#[test]
fn mistakes_of_the_author_are_registry_errors() {
    let mut m = module();
    m.register_typed_fn(spec("f", []), |_: &mut HostCx| ())
        .unwrap();
    let twice = m
        .register_typed_fn(spec("f", []), |_: &mut HostCx| ())
        .unwrap_err();
    assert_eq!(
        twice.to_string(),
        "the module `test` has two functions called `f`"
    );
    let bad = m
        .register_typed_fn(spec("g", ["n = []"]), |_: &mut HostCx, _: i64| ())
        .unwrap_err();
    assert_eq!(
        bad.to_string(),
        "`test::g`: `n = []` is no default for a parameter of type int"
    );
    let mut registry = Registry::new();
    registry.add(m).unwrap();
    assert_eq!(
        registry.add(module()),
        Err(RegistryError::DuplicateModule("test".into()))
    );
    assert_eq!(registry.find("test", "f"), Some((0, 0)));
}

#[test]
fn a_registry_serves_many_threads() {
    fn check<T: Send + Sync>() {}
    check::<Registry>();
}

#[test]
fn type_arguments_come_from_the_context() {
    let mut m = module();
    let f = |cx: &mut HostCx, t: TypeArg<0>| t.ty(cx).to_string();
    m.register_typed_fn(spec("f", ["T"]), f).unwrap();
    assert_eq!(m.decl().fns[0].params[0].ty, Ty::TypeArg(0));
    let mut registry = Registry::new();
    registry.add(m).unwrap();
    let mut cx = HostCx::new();
    cx.set_type_args([Ty::Int, Ty::array(Ty::Bool)].into());
    let mut v = [Value::None];
    run(&registry, &mut cx, &mut [1], &mut v).unwrap();
    assert_eq!(v[0], "Array<bool>".into());
}

#[test]
fn handles_are_borrowed_beside_the_context() {
    struct Counter(i64);
    impl Resource for Counter {
        fn type_name(&self) -> &'static str {
            "IoHandle"
        }
        fn describe(&self) -> String {
            "counter".into()
        }
    }
    fn next(cx: &mut HostCx, handle: &shape_value::IoHandle) -> Result<i64, Raise> {
        let mut counter = handle.get_mut::<Counter>()?;
        cx.check_interrupt()?;
        counter.0 += 1;
        Ok(counter.0)
    }
    let mut m = module();
    m.register_typed_fn(spec("next", ["handle"]), next).unwrap();
    let mut registry = Registry::new();
    registry.add(m).unwrap();
    let mut cx = HostCx::new();
    let handle = cx.resources().insert(Counter(4));
    let (mut s, mut v) = ([0], [Value::handle(handle.clone())]);
    run(&registry, &mut cx, &mut s, &mut v).unwrap();
    assert_eq!(s[0], 5);
    handle.close().unwrap();
    let text = message(run(&registry, &mut cx, &mut s, &mut v).map(|()| (Vec::new(), Vec::new())));
    assert_eq!(text, "invalid: the handle of counter is closed");
}

#[test]
fn maps_and_vectors_cross_both_ways() {
    let mut m = module();
    let f = |_: &mut HostCx, map: MapView<'_, Str, i64>, more: Vec<&str>| -> Vec<i64> {
        map.iter()
            .map(|(_, n)| n)
            .chain(more.iter().map(|t| t.len() as i64))
            .collect()
    };
    m.register_typed_fn(spec("f", ["map", "more"]), f).unwrap();
    let map: Map = [(Key::from("a"), Value::Int(5))].into_iter().collect();
    let more = Value::array(Array::Values(vec!["abc".into()]));
    let (_, v) = call(m, vec![], vec![map.into(), more]).unwrap();
    assert!(matches!(&**v[0].as_array().unwrap(), Array::Ints(items) if items[..] == [5, 3]));
}

#[test]
fn never_and_negative_durations_are_types_too() {
    let mut m = module();
    let exit = |_: &mut HostCx, _: i32| -> Result<Infallible, Raise> {
        Err(shape_runtime::Stop::Exit(3).into())
    };
    m.register_typed_fn(spec("exit", ["code"]), exit).unwrap();
    assert_eq!(m.decl().fns[0].ret, Ty::Never);
    assert!(matches!(call(m, vec![3], vec![]), Err(Raise::Stop(_))));

    let mut m = module();
    m.register_typed_fn(spec("neg", ["d"]), |_: &mut HostCx, d: Nanos| Nanos(-d.0))
        .unwrap();
    assert_eq!(call(m, vec![5], vec![]).unwrap().0[0].cast_signed(), -5);
}

#[test]
fn views_of_any_array() {
    let mut m = module();
    let f = |_: &mut HostCx, array: ArrayRef<'_, 0>, n: i64| -> Maybe<Any<0>> {
        Maybe(array.position(n).and_then(|i| array.get(i)).map(Any))
    };
    m.register_typed_fn(spec("at", ["self", "n"]), f).unwrap();
    assert_eq!(m.decl().fns[0].ret.to_string(), "T?");
    let array = Value::array(Array::Numbers(vec![1.0, 2.0]));
    let (_, v) = call(m, vec![(-1i64).cast_unsigned()], vec![array]).unwrap();
    assert_eq!(v[0], Value::Number(2.0));
}
