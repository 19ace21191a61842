//! A plugin does what the same functions do when they are linked.
//!
//! `tests/plugins/sample` is loaded as a library and called through the registers of the machine, and
//! so is the same crate linked into this test; what they give is compared.

use shape_abi::Ty;
use shape_runtime::{
    Bank, Buffering, ByteService, HostCx, Places, Plugin, PluginError, Raise, Registry,
    RegistryError, Stop,
};
use shape_tests::{Binaries, Ending, run};
use shape_value::{Array, ErrorValue, Key, Range, Record, Resource, Scalar, Shape, Value};
use std::cell::RefCell;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The sample's functions, linked and as a plugin.
struct Both {
    registries: [Registry; 2],
}

fn plugin() -> Plugin {
    let path = Binaries::get()
        .expect("it builds")
        .plugin("shape-sample-plugin");
    Plugin::load(&path).expect("it loads")
}

impl Both {
    fn new() -> Self {
        let mut linked = Registry::new();
        shape_sample_plugin::register(&mut linked).expect("it registers");
        let mut loaded = Registry::new();
        plugin().register(&mut loaded).expect("it registers");
        Self {
            registries: [linked, loaded],
        }
    }

    /// What a function gives in both ways, each in a run of its own.
    #[track_caller]
    fn check(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        let results = self.registries.each_ref().map(|registry| {
            let mut cx = HostCx::new().with_args(["one", "two"]);
            shown(call(registry, &mut cx, name, arguments))
        });
        let [linked, loaded] = results;
        assert_eq!(format!("{loaded:?}"), format!("{linked:?}"), "{name}");
        loaded
    }

    /// As [`check`](Self::check), for what succeeds and looks like this.
    #[track_caller]
    fn check_gives(&self, name: &str, arguments: &[Value], expected: &str) {
        let value = self.check(name, arguments).expect("it succeeds");
        assert_eq!(value.to_string(), expected, "{name}");
    }
}

/// Calls a function as the machine does.
fn call(
    registry: &Registry,
    cx: &mut HostCx,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Raise> {
    let (module, function) = registry.find("sample", name).expect("there is one");
    let decl = &registry.decls()[module as usize].fns[function as usize];
    let mut scalars: Bank<u64> = [0; 256];
    let mut values: Bank<Value> = std::array::from_fn(|_| Value::None);
    let (mut scalar_slots, mut value_slots) = (scalars.iter_mut(), values.iter_mut());
    for (param, argument) in decl.params.iter().zip(arguments) {
        match Scalar::of(&param.ty) {
            Some(scalar) => {
                let bits = argument.to_bits(scalar).expect("is a scalar");
                *scalar_slots.next().expect("there is room") = bits;
            }
            None => *value_slots.next().expect("there is room") = argument.clone(),
        }
    }
    let places = Places::default();
    registry.trampoline(module, function)(cx, &mut scalars, &mut values, places)
        .map_err(|raise| *raise)?;
    Ok(match Scalar::of(&decl.ret) {
        Some(scalar) => Value::from_bits(scalar, scalars[0]),
        None if decl.ret == Ty::Never => Value::Unit,
        None => std::mem::take(&mut values[0]),
    })
}

/// A result whose failure shows all that there is to it.
fn shown(result: Result<Value, Raise>) -> Result<Value, String> {
    result.map_err(|raise| match raise {
        Raise::Error(error) => error
            .chain()
            .map(|error| {
                let ErrorValue { kind, message, .. } = error;
                format!("{kind}: {message} {} {}", error.retryable, error.details)
            })
            .collect::<Vec<_>>()
            .join(" <- "),
        Raise::Stop(stop) => format!("{stop:?}"),
    })
}

fn strings(words: &[&str]) -> Value {
    Value::array(Array::Values(words.iter().map(|&it| it.into()).collect()))
}

fn ints(numbers: &[i64]) -> Value {
    Value::array(Array::Ints(numbers.to_vec()))
}

fn int(n: i64) -> Value {
    Value::Int(n)
}

#[test]
fn the_description_is_what_is_registered() {
    let mut linked = Registry::new();
    shape_sample_plugin::register(&mut linked).expect("it registers");
    let plugin = plugin();
    assert_eq!(plugin.modules(), linked.decls());
    assert_eq!(plugin.name(), "shape-sample-plugin");
    assert_eq!(plugin.version(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn values_cross_in_both_directions() {
    let both = Both::new();
    both.check_gives("nothing", &[], "()");
    both.check_gives("add", &[int(2), int(-5)], "-3");
    let scalars = [
        Value::Number(0.5),
        Value::Bool(true),
        Value::Char('é'),
        Value::Duration(-3),
        int(7),
    ];
    both.check_gives("scalars", &scalars, "0.5 true é -3 7");
    both.check_gives("length", &["é".into()], "2");
    both.check_gives("length", &["".into()], "0");
    both.check_gives("greet", &["you".into()], "hello you");
    both.check_gives("upper", &["".into()], "");
    let words: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let many: Vec<&str> = words.iter().map(String::as_str).collect();
    both.check_gives("join", &[strings(&many), "".into()], &many.concat());
    both.check_gives("join", &[strings(&[]), ",".into()], "");
    both.check_gives("join", &[ints(&[]), ",".into()], "");
    both.check_gives("pick", &[strings(&many), int(17)], "17");
    both.check_gives("pick", &[strings(&many), int(20)], "None");
    both.check_gives("sum", &[ints(&[1, 2, 3])], "6");
    both.check_gives("sum", &[strings(&[])], "0");
    let numbers = Value::array(Array::Numbers(vec![1.5, 2.0]));
    both.check_gives("doubled", &[numbers], "[3.0, 4.0]");
    let flags = Value::array(Array::Bools(vec![true, false]));
    both.check_gives("flipped", &[flags], "[false, true]");
    let rows = Value::array(Array::Values(vec![strings(&["a", "b"]), strings(&[])]));
    both.check_gives("nested", &[rows], "[[b, a], []]");
    both.check_gives("reversed", &[Value::bytes(vec![1, 2])], "b\"\\x02\\x01\"");
    both.check_gives("same_bytes", &[Value::bytes(vec![])], "b\"\"");
    let map: shape_value::Map = (0..10)
        .map(|n| (Key::from(n.to_string()), int(n)))
        .collect();
    both.check_gives(
        "keys",
        &[Value::map(map.clone())],
        "[0=0, 1=1, 2=2, 3=3, 4=4, 5=5, 6=6, 7=7, 8=8, 9=9]",
    );
    let swapped = both
        .check("swapped", &[Value::map(map)])
        .expect("it succeeds");
    assert_eq!(swapped.as_map().expect("is a map").len(), 10);
    let pair = Value::tuple(vec![int(1), "a".into()]);
    both.check_gives("turned", &[pair], "[a, 1]");
    both.check_gives("maybe", &[Value::None], "None");
    both.check_gives("maybe", &[int(1)], "2");
    both.check_gives("either", &[int(12)], "12");
    both.check_gives("either", &["four".into()], "4");
    both.check_gives("checked", &[Value::ok(int(1))], "Ok(2)");
    let error = Value::error(ErrorValue::new("a", "b"));
    both.check("checked", &[Value::err(error.clone())])
        .expect("it succeeds");
    both.check("message", &[error]).expect("it succeeds");
    let range = Range {
        start: 1,
        end: i64::MAX,
        inclusive: true,
    };
    both.check_gives("range", &[Value::range(range)], "9223372036854775807..1");
}

#[test]
fn arrays_of_results_have_the_form_of_their_type() {
    let both = Both::new();
    let empty = both.check("doubled", &[strings(&[])]).expect("it succeeds");
    assert!(matches!(
        &**empty.as_array().expect("is an array"),
        Array::Numbers(_)
    ));
}

#[test]
fn json_crosses_as_it_is() {
    let both = Both::new();
    let map = [
        (Key::from("a"), Value::None),
        (Key::from("b"), ints(&[1, 2])),
        (Key::from("c"), strings(&["x"])),
        (Key::from("d"), Value::Number(f64::INFINITY)),
    ];
    let map = Value::map(map.into_iter().collect());
    both.check("json", &[map]).expect("it succeeds");
}

#[test]
fn what_is_nested_too_deep_is_an_error_and_no_crash() {
    let mut deep = int(1);
    for _ in 0..100_000 {
        deep = Value::array(Array::Values(vec![deep]));
    }
    let both = Both::new();
    let mut cx = HostCx::new();
    let error = shown(call(&both.registries[1], &mut cx, "json", &[deep]));
    assert!(error.expect_err("it fails").contains("256 levels"));
}

#[test]
fn records_cross_with_their_names() {
    let both = Both::new();
    let shape = Shape::new(Some("SampleOptions"), ["name", "limit", "tags"]);
    let fields = vec!["n".into(), int(3), strings(&["x", "y"])];
    let options = Value::record(Record { shape, fields });
    let found = both.check("find", &[options]).expect("it succeeds");
    assert_eq!(
        found.to_string(),
        "{ count: 2, share: 0.5, text: xy, options: { name: n, limit: 3, tags: [x, y] }, \
         missing: 3 more }"
    );
    let name = found.as_record().expect("is a record").shape.name.clone();
    assert_eq!(name.as_deref(), Some("SampleFound"));
}

#[test]
fn members_of_a_union_are_not_taken_for_one_another() {
    let both = Both::new();
    let alike = |which: &str| both.check("alike", &[which.into()]).expect("it succeeds");
    assert_eq!(alike("whole"), int(1));
    assert_eq!(alike("real").to_string(), "1.0");
    for which in ["point", "words", "points"] {
        alike(which);
    }
    let length = alike("length");
    let name = &length.as_record().expect("is a record").shape.name;
    assert_eq!(name.as_deref(), Some("SampleLength"));
    let lengths = alike("lengths");
    let Array::Values(lengths) = &**lengths.as_array().expect("is an array") else {
        panic!("they are no scalars");
    };
    let name = &lengths[0].as_record().expect("is a record").shape.name;
    assert_eq!(name.as_deref(), Some("SampleLength"));
    let numbers = alike("numbers");
    let numbers = numbers.as_array().expect("is an array");
    assert!(matches!(&**numbers, Array::Ints(_)), "{numbers:?}");
}

#[test]
fn a_long_chain_of_causes_crosses_whole() {
    let both = Both::new();
    let error = both.check("blame", &[int(100_000)]).expect_err("it fails");
    assert!(error.starts_with("next: cause 100000 false None <- "));
    assert!(error.ends_with(" <- first: cause 0 false None"));
}

#[test]
fn what_a_panic_carries_may_panic() {
    let both = Both::new();
    for _ in 0..2 {
        let error = both.check("burst", &[]).expect_err("it fails");
        assert_eq!(error, "internal: `burst` panicked: no message false None");
    }
}

#[test]
fn a_context_that_was_taken_has_no_host_after_its_run() {
    let [_, registry] = Both::new().registries;
    call(&registry, &mut HostCx::new(), "keep_run", &[]).expect("it succeeds");
    let facts = call(&registry, &mut HostCx::new(), "use_kept_run", &[]).expect("it succeeds");
    let facts = facts.to_string();
    assert!(facts.starts_with("false false false 0; "), "{facts}");
    assert!(facts.ends_with("no call of it was going on"), "{facts}");
}

#[test]
fn errors_and_stops_cross_whole() {
    let both = Both::new();
    let fail = |kind: &str| both.check("fail", &[kind.into()]);
    assert_eq!(fail("none").map(|it| it.to_string()), Ok("1".to_owned()));
    let full = fail("full").expect_err("it fails");
    assert_eq!(
        full,
        "full: no room true [a, 1] <- below: the ground false None"
    );
    assert!(fail("invalid").is_err());
    let panic = fail("panic").expect_err("it fails");
    assert!(
        panic.starts_with("internal: `fail` panicked: what now?"),
        "{panic}"
    );
    for stop in ["exit", "cancelled", "closed"] {
        assert!(fail(stop).is_err(), "{stop}");
    }
    assert_eq!(both.check("leave", &[int(3)]), Err("Exit(3)".to_owned()));
}

/// Keeps what is written, in order.
#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn output_goes_through_the_buffers_of_the_host() {
    for registry in Both::new().registries {
        let kept = Kept::default();
        let mut cx = HostCx::new()
            .with_stdout(kept.clone(), Buffering::Block)
            .with_stderr(kept.clone(), Buffering::Line);
        cx.print("1 ").expect("it is kept");
        call(&registry, &mut cx, "say", &["2 ".into(), "3\n".into()]).expect("it prints");
        assert_eq!(&*kept.0.borrow(), b"1 2 3\n");
        let mut cx = HostCx::new().with_stdout(Closed, Buffering::Line);
        let closed = call(&registry, &mut cx, "say", &["\n".into(), "".into()]);
        assert!(matches!(closed, Err(Raise::Stop(Stop::ClosedPipe))));
    }
}

#[test]
fn a_run_has_its_arguments_its_state_and_its_flag() {
    for registry in Both::new().registries {
        let interrupt = Arc::new(AtomicBool::new(false));
        let mut cx = HostCx::new()
            .with_args(["x", "y"])
            .with_interrupt(Arc::clone(&interrupt));
        let mut facts = || {
            let facts = call(&registry, &mut cx, "facts", &[]).expect("it succeeds");
            facts.to_string()
        };
        let first = "call 1, args [\"x\", \"y\"], interrupted false, cancel_fd false";
        assert_eq!(facts(), first);
        interrupt.store(true, Ordering::Relaxed);
        assert_eq!(
            facts(),
            first.replace("1,", "2,").replace("false,", "true,")
        );
        let long = [Value::Duration(3_600_000_000_000)];
        let waited = call(&registry, &mut cx, "pause", &long);
        assert!(matches!(waited, Err(Raise::Stop(Stop::Cancelled))));
    }
}

#[test]
fn a_plugin_serves_while_the_host_waits() {
    for registry in Both::new().registries {
        let mut cx = HostCx::new();
        call(&registry, &mut cx, "serve", &[]).expect("it succeeds");
        let waited = cx.wait(Duration::from_secs(3600)).map(|()| Value::Unit);
        assert_eq!(
            shown(waited).expect_err("it fails"),
            "tired: waited often enough false None"
        );
    }
}

#[test]
fn services_take_and_give_bytes() {
    for registry in Both::new().registries {
        let mut cx = HostCx::new();
        cx.set_byte_service("echo", ByteService::new(|request| [request, b"!"].concat()));
        let mut ask = |service: &str| {
            let asked = call(&registry, &mut cx, "ask", &[service.into(), "hi".into()]);
            asked.expect("it succeeds").to_string()
        };
        assert_eq!(ask("echo"), "hi!");
        assert_eq!(ask("other"), "None");
    }
}

#[test]
fn handles_stay_the_same_and_are_let_go_of() {
    for registry in Both::new().registries {
        let mut cx = HostCx::new();
        let mut run = |name: &str, arguments: &[Value]| {
            call(&registry, &mut cx, name, arguments).map_err(|raise| raise.to_string())
        };
        let before = run("dropped", &[]).expect("it succeeds");
        let before = before.as_int().expect("is a number");
        let dropped = |count: i64| Ok(int(before + count));
        let handle = run("counter", &["c".into()]).expect("it succeeds");
        assert_eq!(handle.to_string(), "<io_handle:c:open>");
        assert_eq!(run("bump", std::slice::from_ref(&handle)), Ok(int(1)));
        assert_eq!(run("first", &[]).as_ref(), Ok(&handle));
        let other = run("counter", &["d".into()]).expect("it succeeds");
        assert_ne!(other, handle);
        let list = Value::array(Array::Values(vec![handle.clone(), other.clone()]));
        assert_eq!(run("both", std::slice::from_ref(&list)), Ok(list));
        assert_eq!(run("bump", std::slice::from_ref(&handle)), Ok(int(12)));
        drop(other);
        assert_eq!(run("dropped", &[]), dropped(1));
        assert_eq!(
            run("close", std::slice::from_ref(&handle)),
            Ok(Value::Bool(true))
        );
        assert_eq!(run("dropped", &[]), dropped(2));
        assert_eq!(handle.to_string(), "<io_handle:c:closed>");
        assert_eq!(
            run("bump", std::slice::from_ref(&handle)),
            Err("the handle of c is closed".to_owned())
        );
        // What is left is closed with the run, and its handle can still be printed and dropped.
        let left = run("counter", &["e".into()]).expect("it succeeds");
        cx = HostCx::new();
        assert_eq!(left.to_string(), "<io_handle:e:closed>");
        let after = call(&registry, &mut cx, "dropped", &[]).expect("it succeeds");
        assert_eq!(after, int(before + 3));
        drop((left, handle));
    }
}

#[test]
fn a_handle_of_another_run_stays_that_handle() {
    for registry in Both::new().registries {
        let mut cx = [HostCx::new(), HostCx::new()];
        let [first, second] = cx.each_mut().map(|cx| {
            let handle = call(&registry, cx, "counter", &["c".into()]);
            handle.expect("it succeeds")
        });
        let both = |cx: &mut HostCx, handle: &Value| {
            let list = Value::array(Array::Values(vec![handle.clone()]));
            call(&registry, cx, "both", &[list]).expect("it succeeds")
        };
        both(&mut cx[1], &second);
        let given = both(&mut cx[1], &first);
        let Array::Values(given) = &**given.as_array().expect("is an array") else {
            panic!("they are handles");
        };
        let mut bump = |handle: &Value| {
            let count = call(&registry, &mut cx[1], "bump", std::slice::from_ref(handle));
            count.expect("it succeeds")
        };
        assert_eq!(bump(&given[0]), int(11));
        assert_eq!(bump(&first), int(12));
        assert_eq!(bump(&second), int(11));
    }
}

struct Other;

impl Resource for Other {
    fn type_name(&self) -> &'static str {
        "IoHandle"
    }

    fn describe(&self) -> String {
        "other".to_owned()
    }
}

#[test]
fn a_handle_of_another_module_is_invalid() {
    let [_, registry] = Both::new().registries;
    let [_, second] = Both::new().registries;
    let mut cx = HostCx::new();
    let own = Value::handle(cx.resources().insert(Other));
    let foreign = call(&second, &mut cx, "counter", &["c".into()]).expect("it succeeds");
    for handle in [own, foreign] {
        let error = shown(call(&registry, &mut cx, "bump", &[handle])).expect_err("it fails");
        assert!(error.starts_with("invalid: "), "{error}");
    }
}

#[test]
fn runs_on_two_threads_keep_to_themselves() {
    let [_, registry] = Both::new().registries;
    let run = || {
        let mut cx = HostCx::new();
        let mut run = |name: &str, arguments: &[Value]| {
            call(&registry, &mut cx, name, arguments).expect("it succeeds")
        };
        let handle = run("counter", &["c".into()]);
        for count in 1..=10_000 {
            assert_eq!(run("bump", std::slice::from_ref(&handle)), int(count));
        }
        assert_eq!(run("first", &[]), handle);
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(run), scope.spawn(run)];
        for thread in threads {
            thread.join().expect("it ends well");
        }
    });
}

#[test]
fn two_modules_of_one_name_are_refused() {
    let mut registry = Registry::new();
    plugin().register(&mut registry).expect("it registers");
    assert!(matches!(
        plugin().register(&mut registry),
        Err(RegistryError::DuplicateModule(name)) if name == "sample"
    ));
}

#[track_caller]
fn check_refused(path: &Path, why: &str) {
    let error: PluginError = Plugin::load(path).expect_err("it is refused");
    assert!(error.to_string().contains(why), "{error}");
}

#[test]
fn what_is_no_plugin_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    check_refused(&folder.path().join("none.so"), "No such file");
    check_refused(folder.path(), "directory");
    let text = folder.path().join("text.so");
    fs::write(&text, "hello").expect("it is written");
    check_refused(&text, "no ELF header");
    let cut = folder.path().join("cut.so");
    fs::write(&cut, b"\x7fELF\x02\x01\x01").expect("it is written");
    check_refused(&cut, "no shared library for this system");
    let libc = [
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib/libm.so.6",
        "/lib64/libm.so.6",
    ];
    let libc = libc.iter().map(Path::new).find(|path| path.exists());
    check_refused(libc.expect("a library"), "no Shape plugin");
}

/// `shape` with these words in an empty folder: its status, what it printed, and what it said.
fn shape(words: &[&str]) -> (Ending, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Binaries::get().expect("it builds").shape(folder.path());
    command.args(words);
    let done = run(command, None, Duration::from_secs(20)).expect("it starts");
    (done.ending, done.stdout, done.stderr)
}

#[test]
fn a_plugin_is_loaded_for_a_script_where_it_was_granted() {
    let path = Binaries::get()
        .expect("it builds")
        .plugin("shape-sample-plugin");
    let path = path.to_str().expect("is text");
    let (load, granted) = (format!("--plugin={path}"), format!("--allow-plugin={path}"));
    let code = "use sample\nprint(sample::add(1, sample::twice(3)))";
    let (ending, stdout, stderr) = shape(&["eval", &granted, &load, code]);
    assert_eq!((ending, &*stdout), (Ending::Exited(0), "7\n"), "{stderr}");
    let (ending, stdout, stderr) = shape(&["eval", "--no-prompt", &load, code]);
    assert_eq!((ending, &*stdout), (Ending::Exited(2), ""));
    assert!(stderr.contains("--allow-plugin="), "{stderr}");
    let io = format!("--io=plugin:{path}");
    let (ending, _, stderr) = shape(&["eval", "-A", &io, "1"]);
    assert_eq!(ending, Ending::Exited(2));
    assert!(stderr.contains("has no module"), "{stderr}");
}

#[test]
fn plugins_are_listed_and_checked() {
    let path = Binaries::get()
        .expect("it builds")
        .plugin("stdlib-io-plugin");
    let path = path.to_str().expect("is text");
    let (ending, stdout, stderr) = shape(&["plugin", "list", path]);
    assert_eq!(ending, Ending::Exited(0), "{stderr}");
    let line = "  which(cmd: string) -> string?   needs sys.process\n";
    assert!(stdout.contains(line), "{stdout}");
    let (ending, stdout, _) = shape(&["plugin", "check", path]);
    let version = env!("CARGO_PKG_VERSION");
    let version = format!("stdlib-io-plugin {version}, built with Shape {version}\n");
    assert_eq!((ending, stdout), (Ending::Exited(0), version));
    let (ending, _, stderr) = shape(&["plugin", "check", "/dev/null"]);
    assert_eq!(ending, Ending::Exited(1));
    assert!(stderr.contains("no regular file"), "{stderr}");
}
