//! Plugins in a host program: the libraries are really loaded, by an engine.

use shape_embed::{Ending, Engine, EngineBuilder, Limits, Plugin, ProcessGrant, Stdio};
use shape_tests::Binaries;
use std::thread;
use std::time::Duration;

const IO: &str = "stdlib-io-plugin";
const SAMPLE: &str = "shape-sample-plugin";

fn plugin(package: &str) -> Plugin {
    let path = Binaries::get().expect("it builds").plugin(package);
    Plugin::load(&path).expect("it loads")
}

fn engine(builder: EngineBuilder) -> Engine {
    builder
        .stdout(Stdio::capture())
        .build()
        .expect("the engine can be built")
}

/// An engine whose io module is a plugin's.
fn with_io() -> EngineBuilder {
    Engine::builder().plugin(plugin(IO))
}

/// What a script gives, or how it ended.
fn outcome(engine: &Engine, script: &str) -> Result<String, Ending> {
    let script = engine
        .compile("test.shape", script)
        .unwrap_or_else(|error| panic!("{error}"));
    script.run_as().map_err(|error| error.ending().clone())
}

#[test]
fn modules_of_a_plugin_are_offered_like_those_of_the_host() {
    let loaded = plugin(SAMPLE);
    let (one, other) = (
        engine(Engine::builder().plugin(loaded.clone())),
        engine(Engine::builder().plugin(loaded)),
    );
    let greet = "use sample\nsample.greet(\"Ada\")";
    for engine in [&one, &other] {
        assert_eq!(outcome(engine, greet), Ok("hello Ada".to_owned()));
    }
    let error = one
        .compile("wrong.shape", "use sample\nsample.greet(5)")
        .expect_err("it is checked against the plugin's types");
    assert!(error.to_string().contains("E0201"), "{error}");
    let twice = Engine::builder()
        .plugin(plugin(SAMPLE))
        .plugin(plugin(SAMPLE))
        .build()
        .expect_err("there cannot be two modules of one name");
    assert!(twice.to_string().contains("sample"), "{twice}");
}

#[test]
fn a_loaded_io_module_is_bound_by_the_engine() {
    let run = r#"match try io.exec("echo", ["hi"]) { Ok(done) => done.stdout, Err(e) => e.kind }"#;
    let granted = ProcessGrant::none().allow("echo".parse().expect("a rule"));
    let may = engine(with_io().grant(granted));
    assert_eq!(outcome(&may, run), Ok("hi\n".to_owned()));

    let error = engine(with_io())
        .compile("test.shape", run)
        .expect_err("nothing has been granted");
    assert!(error.to_string().contains("sys.process"), "{error}");

    let other = ProcessGrant::none().allow("true".parse().expect("a rule"));
    let may_not = engine(with_io().grant(other));
    assert_eq!(outcome(&may_not, run), Ok("permission_denied".to_owned()));
}

#[test]
fn a_loaded_io_module_reads_an_empty_input() {
    let engine = engine(with_io().grant(ProcessGrant::all()));
    let read = r#"
        match try io.exec("true", [], { stdin_from: "inherit" }) {
            Ok(_) => "it may read the input of the host",
            Err(e) => e.kind,
        }"#;
    assert_eq!(outcome(&engine, read), Ok("invalid".to_owned()));
}

#[test]
fn a_loaded_io_module_ends_with_the_run() {
    let wait = "io.exec(\"sleep\", [\"1000\"]).stdout";
    let limit = Duration::from_millis(200);
    let limited = engine(
        with_io()
            .grant(ProcessGrant::all())
            .limits(Limits::none().time(limit)),
    );
    assert_eq!(outcome(&limited, wait), Err(Ending::TimeLimit(limit)));

    let engine = engine(with_io().grant(ProcessGrant::all()));
    let script = engine
        .compile("test.shape", wait)
        .unwrap_or_else(|error| panic!("{error}"));
    let run = script.prepare();
    let canceller = run.canceller();
    let other = thread::spawn(move || canceller.cancel());
    let error = run.run().expect_err("it was cancelled");
    assert_eq!(*error.ending(), Ending::Cancelled);
    other.join().expect("it does not panic");
}
