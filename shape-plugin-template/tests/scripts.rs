//! Scripts that use the plugin, as its users would: `shape` loads the library and runs them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The library. Cargo puts it beside this test.
fn plugin() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let name = env!("CARGO_PKG_NAME").replace('-', "_");
    test.with_file_name(format!("lib{name}.so"))
}

/// What the script prints. The `shape` that runs it is the one on the PATH, or `$SHAPE`.
fn run(script: &str) -> String {
    let shape = std::env::var_os("SHAPE").unwrap_or_else(|| "shape".into());
    let flag = |name: &str| {
        let mut flag = OsString::from(name);
        flag.push(plugin());
        flag
    };
    let done = Command::new(&shape)
        .args(["run".into(), flag("--plugin="), flag("--allow-plugin=")])
        .arg(script)
        .output()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", shape.display()));
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{script}: {errors}");
    String::from_utf8(done.stdout).expect("the script prints text")
}

#[test]
fn counters() {
    assert_eq!(run("tests/counters.shape"), "42\ninvalid\n");
}
