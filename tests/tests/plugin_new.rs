//! What `shape plugin new` makes is a plugin that works.

use shape_tests::{Binaries, Ending, Finished, cargo_apart, run, workspace};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// `shape plugin new ARGS` in `folder`.
fn new<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Finished {
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(folder);
    shape.args(["plugin", "new"]).args(args);
    run(shape, None, LIMIT).expect("shape starts")
}

#[test]
fn what_it_makes_builds_and_its_tests_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let shape = workspace().as_os_str();
    let flags = [OsStr::new("my-counters"), OsStr::new("--shape"), shape];
    let made = new(folder.path(), flags);
    assert_eq!(made.ending, Ending::Exited(0), "{}", made.stderr);
    assert!(made.stdout.contains("`my_counters`"), "{}", made.stdout);
    let crate_folder = folder.path().join("my-counters");
    // The versions that are known to be at hand here.
    let lock = crate_folder.join("Cargo.lock");
    fs::copy(workspace().join("Cargo.lock"), lock).expect("is copied");
    let done = cargo_apart(&crate_folder, &["test"]).unwrap_or_else(|why| panic!("{why}"));
    let [out, errors] =
        [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(done.status.success(), "{out}\n{errors}");
    assert!(out.contains("test counters ... ok"), "{out}");
    assert!(!errors.contains("warning"), "{errors}");
}

#[test]
fn nothing_is_made_where_something_is() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("there")).expect("is made");
    for (args, why) in [
        (&["there"][..], "\"there\" is there already"),
        (&["x", "--path", "there"], "\"there\" is there already"),
        (&["x", "--path", "no/such"], "cannot make \"no/such\""),
        (&["Bad"], "a plugin cannot be called \"Bad\""),
        (&["x", "--shape", "there"], "is no version, and no folder"),
    ] {
        let refused = new(folder.path(), args);
        assert_eq!(refused.ending, Ending::Exited(2), "{args:?}");
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }
    let left: Vec<_> = fs::read_dir(folder.path()).expect("is there").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_page_about_plugins_shows_what_is_in_the_crates() {
    let read = |path: &str| fs::read_to_string(workspace().join(path)).expect("is there");
    let page = read("docs/plugins.md");
    let crates = [
        "shape-plugin-template/src/lib.rs",
        "examples/plugins/watch/src/lib.rs",
    ]
    .map(read);
    let blocks = page.split("```rust\n").skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        assert!(crates.iter().any(|text| text.contains(block)), "{block}");
    }
}
