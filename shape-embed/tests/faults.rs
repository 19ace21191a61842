//! Hosts with faults of their own: they are told, and nothing else comes of them.
#![allow(clippy::unwrap_used, reason = "a test")]

use shape_embed::{Engine, FnSpec, HostCx, Module, PermissionSet, Resource, Stdio};
use std::io::{self, Write};

/// It cannot be dropped.
struct Stubborn;

impl Resource for Stubborn {
    fn type_name(&self) -> &'static str {
        "Stubborn"
    }

    fn describe(&self) -> String {
        "stubborn".to_owned()
    }
}

impl Drop for Stubborn {
    fn drop(&mut self) {
        panic!("it is still needed");
    }
}

fn stubborn() -> Module {
    let mut module = Module::new("stubborn", "Resources that cannot be dropped.");
    let spec = FnSpec {
        name: "open",
        params: [],
        needs: PermissionSet::pure(),
        doc: "One.",
    };
    let open = |cx: &mut HostCx| cx.resources().insert(Stubborn);
    module.register_typed_fn(spec, open).unwrap();
    module
}

#[test]
fn resources_whose_drop_panics_do_not_end_the_host() {
    let engine = Engine::builder().module(stubborn()).build().unwrap();
    for text in [
        "stubborn.open()\n1",
        "let both = [stubborn.open(), stubborn.open()]\n1",
        "fn one() { let it = stubborn.open(); 0 }\none() + one() + 1",
    ] {
        let script = engine
            .compile("test.shape", &format!("use stubborn\n{text}"))
            .unwrap();
        assert_eq!(script.run_as::<i64>().unwrap(), 1, "{text}");
    }
}

/// It cannot write.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("it is broken");
    }

    fn flush(&mut self) -> io::Result<()> {
        panic!("it is broken");
    }
}

#[test]
fn a_writer_that_panics_is_one_that_fails() {
    let engine = Engine::builder()
        .stdout(Stdio::writer(Broken))
        .build()
        .unwrap();
    // Written out when the run is over, and while it prints.
    for text in ["print(1)", "print(\"x\".repeat(1000000))"] {
        let error = engine
            .compile("test.shape", text)
            .unwrap()
            .run()
            .unwrap_err();
        assert_eq!(error.kind(), Some("resource"), "{error}");
        assert!(error.message().contains("the writer panicked"), "{error}");
    }
}

/// Modules of which each imports the next one, up to the last.
fn chain(last: u64) -> Engine {
    let load = move |path: &[&str]| {
        let number: u64 = path[0][1..].parse().map_err(|_| "no number")?;
        Ok(Some(match number < last {
            true => format!(
                "use m{next}\npub fn f() {{ m{next}.f() }}",
                next = number + 1
            ),
            false => "pub fn f() { 7 }".to_owned(),
        }))
    };
    Engine::builder().importer(load).build().unwrap()
}

#[test]
fn modules_may_import_each_other_in_a_long_chain_but_not_without_end() {
    let text = "use m0\nm0.f()";
    let script = chain(3000).compile("test.shape", text).unwrap();
    assert_eq!(script.run_as::<i64>().unwrap(), 7);
    let error = chain(u64::MAX).compile("test.shape", text).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("more than 10000 files"), "{error}");
}
