//! A plugin with a function of each kind, for tests.

use shape_abi::PermissionSet;
use shape_runtime::{
    Bytes, Convention, Entries, FnSpec, HostCx, Json, List, MapView, Nanos, Raise, Registry,
    RegistryError, ScriptResult, Stop, Waiter, record, union,
};
use shape_value::{Array, ErrorValue, IoHandle, Range, Resource, Str, Value};
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

record! {
    /// What is counted.
    #[derive(Clone, Debug)]
    pub struct Options in out named "SampleOptions" {
        /// A name.
        pub name: Str,
        /// A limit.
        pub limit: Option<i64> = None,
        /// Words.
        pub tags: Vec<Str> = [],
    }
}

record! {
    /// What was found.
    pub struct Found out named "SampleFound" {
        /// How many.
        pub count: i64,
        /// Of all.
        pub share: f64,
        /// The text.
        pub text: String,
        /// The options.
        pub options: Options,
        /// What is missing.
        pub missing: Option<String>,
    }
}

union! {
    /// A number or a text.
    #[derive(Clone, Debug)]
    pub enum Either {
        /// A number.
        Number(i64),
        /// A text.
        Text(Str),
    }
}

record! {
    /// A point.
    #[derive(Clone, Debug)]
    pub struct Point in out named "SamplePoint" {
        /// Its place.
        pub place: i64,
    }
}

record! {
    /// What looks like a point.
    #[derive(Clone, Debug)]
    pub struct Length in out named "SampleLength" {
        /// How long.
        pub long: i64,
    }
}

union! {
    /// Members that are easily taken for one another.
    #[derive(Clone, Debug)]
    pub enum Alike {
        /// A number with a fraction.
        Real(f64),
        /// One without.
        Whole(i64),
        /// A point.
        Point(Point),
        /// A length.
        Length(Length),
        /// Texts.
        Words(Vec<Str>),
        /// Numbers.
        Numbers(Vec<i64>),
        /// Points.
        Points(Vec<Point>),
        /// Lengths.
        Lengths(Vec<Length>),
    }
}

/// A resource that counts.
struct Counter {
    name: String,
    count: i64,
}

impl Resource for Counter {
    fn type_name(&self) -> &'static str {
        "IoHandle"
    }

    fn describe(&self) -> String {
        self.name.clone()
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        DROPPED.with(|dropped| dropped.set(dropped.get() + 1));
    }
}

thread_local! {
    static DROPPED: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

/// What the module keeps for a run.
#[derive(Default)]
struct State {
    calls: i64,
    first: Option<IoHandle>,
}

/// Counts how often the host waited.
#[derive(Debug)]
struct Counting(Rc<std::cell::Cell<i64>>);

impl Waiter for Counting {
    fn wait(&self, _: Duration) -> Result<(), Raise> {
        self.0.set(self.0.get() + 1);
        match self.0.get() {
            3 => Err(Raise::error("tired", "waited often enough")),
            _ => Ok(()),
        }
    }
}

fn nothing(_: &mut HostCx) {}

fn add(_: &mut HostCx, a: i64, b: i64) -> i64 {
    a.wrapping_add(b)
}

fn scalars(_: &mut HostCx, n: f64, yes: bool, c: char, time: Nanos, small: u32) -> String {
    format!("{n} {yes} {c} {} {small}", time.0)
}

fn length(_: &mut HostCx, text: &str) -> usize {
    text.len()
}

fn greet(_: &mut HostCx, name: &str) -> String {
    format!("hello {name}")
}

fn upper(_: &mut HostCx, text: Str) -> Str {
    text.to_uppercase().into()
}

fn join(_: &mut HostCx, words: List<'_, Str>, between: &str) -> String {
    words.iter().collect::<Vec<_>>().join(between)
}

fn pick(_: &mut HostCx, words: List<'_, Str>, index: usize) -> Option<Str> {
    words.get(index).map(Str::from)
}

fn sum(_: &mut HostCx, numbers: List<'_, i64>) -> i64 {
    numbers.iter().sum()
}

fn doubled(_: &mut HostCx, numbers: Vec<f64>) -> Vec<f64> {
    numbers.into_iter().map(|n| n * 2.0).collect()
}

fn flipped(_: &mut HostCx, flags: Vec<bool>) -> Vec<bool> {
    flags.into_iter().map(|flag| !flag).collect()
}

fn nested(_: &mut HostCx, rows: Vec<Vec<Str>>) -> Vec<Vec<Str>> {
    rows.into_iter()
        .map(|row| row.into_iter().rev().collect())
        .collect()
}

fn reversed(_: &mut HostCx, bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

fn same_bytes(_: &mut HostCx, bytes: Bytes) -> Bytes {
    bytes
}

fn keys(_: &mut HostCx, map: MapView<'_, Str, i64>) -> Vec<String> {
    map.iter().map(|(key, n)| format!("{key}={n}")).collect()
}

fn swapped(_: &mut HostCx, map: Entries<Str, i64>) -> Entries<i64, Str> {
    Entries(map.0.into_iter().map(|(key, n)| (n, key)).collect())
}

fn turned(_: &mut HostCx, pair: (i64, Str)) -> (Str, i64) {
    (pair.1, pair.0)
}

fn maybe(_: &mut HostCx, n: Option<i64>) -> Option<i64> {
    n.map(|n| n + 1)
}

fn either(_: &mut HostCx, either: Either) -> Either {
    match either {
        Either::Number(n) => Either::Text(n.to_string().into()),
        Either::Text(text) => Either::Number(text.len() as i64),
    }
}

fn alike(_: &mut HostCx, which: &str) -> Result<Alike, Raise> {
    Ok(match which {
        "real" => Alike::Real(1.0),
        "whole" => Alike::Whole(1),
        "point" => Alike::Point(Point { place: 1 }),
        "length" => Alike::Length(Length { long: 1 }),
        "words" => Alike::Words(vec![]),
        "numbers" => Alike::Numbers(vec![]),
        "points" => Alike::Points(vec![Point { place: 1 }]),
        "lengths" => Alike::Lengths(vec![Length { long: 1 }]),
        _ => return Err(Raise::invalid("there is no such member")),
    })
}

fn checked(_: &mut HostCx, result: ScriptResult<i64>) -> ScriptResult<i64> {
    ScriptResult(result.0.map(|n| n + 1))
}

fn range(_: &mut HostCx, range: Range) -> Range {
    Range {
        start: range.end,
        end: range.start,
        inclusive: !range.inclusive,
    }
}

fn json(_: &mut HostCx, value: Json) -> Json {
    value
}

fn find(_: &mut HostCx, options: Options) -> Found {
    Found {
        count: options.tags.len() as i64,
        share: 0.5,
        text: options.tags.iter().map(|tag| tag.as_str()).collect(),
        missing: options.limit.map(|limit| format!("{limit} more")),
        options,
    }
}

fn fail(_: &mut HostCx, kind: &str) -> Result<i64, Raise> {
    let cause = Rc::new(ErrorValue::new("below", "the ground"));
    match kind {
        "invalid" => Err(Raise::invalid("not this one")),
        "full" => Err(Raise::error("full", "no room")
            .retryable()
            .with_details(Value::array(Array::Values(vec!["a".into(), Value::Int(1)])))
            .caused_by(cause)),
        "panic" => panic!("what now?"),
        "exit" => Err(Stop::Exit(-7).into()),
        "cancelled" => Err(Stop::Cancelled.into()),
        "closed" => Err(Stop::ClosedPipe.into()),
        _ => Ok(1),
    }
}

fn blame(_: &mut HostCx, causes: i64) -> Result<(), Raise> {
    let mut error = ErrorValue::new("first", "cause 0");
    for cause in 1..=causes {
        let mut next = ErrorValue::new("next", format!("cause {cause}"));
        next.cause = Some(Rc::new(error));
        error = next;
    }
    Err(error.into())
}

/// What a panic may carry: it panics again when it is dropped, and so does what that carries.
struct Charge(u32);

impl Drop for Charge {
    fn drop(&mut self) {
        if self.0 > 0 {
            std::panic::panic_any(Charge(self.0 - 1));
        }
    }
}

fn burst(_: &mut HostCx) {
    std::panic::panic_any(Charge(1));
}

thread_local! {
    static KEPT: std::cell::RefCell<Option<HostCx>> = const { std::cell::RefCell::new(None) };
}

fn keep_run(cx: &mut HostCx) {
    KEPT.set(Some(std::mem::take(cx)));
}

fn use_kept_run(_: &mut HostCx) -> Result<String, Raise> {
    let mut cx = KEPT.take().ok_or_else(|| Raise::invalid("none is kept"))?;
    let facts = format!(
        "{} {} {} {}",
        cx.interrupted(),
        cx.cancel_fd().is_ok_and(|fd| fd.is_some()),
        cx.byte_service("echo").is_some(),
        cx.args().len()
    );
    cx.set_waiter(Rc::new(Counting(Rc::default())));
    cx.wait(Duration::ZERO)
        .and_then(|()| cx.print("never"))
        .map_or_else(
            |raise| Ok(format!("{facts}; {raise}")),
            |()| Ok(facts.clone()),
        )
}

fn message(_: &mut HostCx, error: Rc<ErrorValue>) -> Rc<ErrorValue> {
    let mut outer = ErrorValue::new("outer", error.message.clone());
    outer.cause = Some(error);
    Rc::new(outer)
}

fn leave(_: &mut HostCx, code: i64) -> Result<Infallible, Raise> {
    Err(Stop::Exit(i32::try_from(code).unwrap_or(1)).into())
}

fn say(cx: &mut HostCx, out: &str, err: &str) -> Result<(), Raise> {
    cx.print(out)?;
    cx.eprint(err)?;
    cx.flush()
}

fn facts(cx: &mut HostCx) -> String {
    let calls = {
        let state = cx.state::<State>();
        state.calls += 1;
        state.calls
    };
    let args: Vec<&str> = cx.args().iter().map(|arg| arg.as_str()).collect();
    format!(
        "call {calls}, args {args:?}, interrupted {}, cancel_fd {}",
        cx.interrupted(),
        cx.cancel_fd().is_ok_and(|fd| fd.is_some())
    )
}

fn ask(cx: &mut HostCx, service: &str, request: &str) -> Option<String> {
    let answer = cx.byte_service(service)?.call(request.as_bytes());
    Some(String::from_utf8_lossy(&answer).into_owned())
}

fn pause(cx: &mut HostCx, time: Duration) -> Result<(), Raise> {
    cx.wait(time)
}

fn serve(cx: &mut HostCx) {
    cx.set_waiter(Rc::new(Counting(Rc::default())));
}

fn counter(cx: &mut HostCx, name: &str) -> IoHandle {
    let name = name.to_owned();
    let handle = cx.resources().insert(Counter { name, count: 0 });
    cx.state::<State>().first.get_or_insert(handle.clone());
    handle
}

fn first(cx: &mut HostCx) -> Option<IoHandle> {
    cx.state::<State>().first.clone()
}

fn bump(_: &mut HostCx, handle: &IoHandle) -> Result<i64, Raise> {
    let mut counter = handle.get_mut::<Counter>()?;
    counter.count += 1;
    Ok(counter.count)
}

fn both(_: &mut HostCx, handles: Vec<IoHandle>) -> Result<Vec<IoHandle>, Raise> {
    for handle in &handles {
        handle.get_mut::<Counter>()?.count += 10;
    }
    Ok(handles)
}

fn close(_: &mut HostCx, handle: &IoHandle) -> Result<bool, Raise> {
    Ok(handle.close()?)
}

fn dropped(_: &mut HostCx) -> i64 {
    DROPPED.with(std::cell::Cell::get)
}

/// Registers functions under their own names.
macro_rules! functions {
    ($module:ident; $($name:ident($($param:literal),*);)*) => {
        $($module.register_typed_fn(
            FnSpec {
                name: stringify!($name),
                params: [$($param),*],
                needs: PermissionSet::pure(),
                doc: "For tests.",
            },
            $name,
        )?;)*
    };
}

/// Adds the module `sample`.
///
/// # Errors
/// When the registry has a module of this name.
pub fn register<C: Convention>(registry: &mut Registry<C>) -> Result<(), RegistryError> {
    let mut module = registry.module("sample", "For tests.");
    functions! { module;
        nothing();
        add("a", "b");
        scalars("n", "yes", "c", "time", "small = 1");
        length("text");
        greet("name");
        upper("text");
        join("words", "between = \", \"");
        pick("words", "index");
        sum("numbers");
        doubled("numbers");
        flipped("flags");
        nested("rows");
        reversed("bytes");
        same_bytes("bytes");
        keys("map");
        swapped("map");
        turned("pair");
        maybe("n");
        either("either");
        alike("which");
        checked("result");
        range("range");
        json("value");
        find("options");
        fail("kind");
        blame("causes");
        burst();
        keep_run();
        use_kept_run();
        message("error");
        leave("code");
        say("out", "err");
        facts();
        ask("service", "request");
        pause("time");
        serve();
        counter("name");
        first();
        bump("handle");
        both("handles");
        close("handle");
        dropped();
    }
    module.source("pub fn twice(n: int) -> int { n * 2 }");
    registry.add(module)
}

shape_runtime::plugin! { register }
