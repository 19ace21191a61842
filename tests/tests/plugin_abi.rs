//! Plugins of other versions of the border, and files that are none.
//!
//! `tests/plugins/old` is written against version 1.0, with the declarations of that version written out
//! in it. They never change, so what no longer fits here fails there.

#![allow(
    clippy::disallowed_methods,
    reason = "a test makes a FIFO by the program for it"
)]

use shape_runtime::Plugin;
use shape_tests::{Binaries, Ending, cargo_apart, library_apart, run, workspace};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

const SCRIPT: &str = r#"
use old
print(old.add(2, 3), old.add(2), old.twice(4))
print(old.greet(""), old.greet("you"))
print(old.longest(["a", "bcd", "ef", "ghi", "j"]))
old.say("said\n")
let light = old.light()
print(light, old.is_on(light), light == old.light())
old.off(light)
print(light)
match try old.fail() {
    Ok(_) => print("fine"),
    Err(e) => print(e.kind, "-", e.message),
}
"#;

const PRINTED: &str = "\
5 3 8
hello  hello you
{ word: bcd, sizes: [1, 3, 2, 3, 1] }
said
<io_handle:a light:open> true false
<io_handle:a light:closed>
old - it is too old
";

/// The old plugin, built with this feature.
fn build(feature: &str, to: &Path) -> PathBuf {
    let folder = workspace().join("tests/plugins/old");
    let args = ["build", "--locked", "--features", feature];
    let done = cargo_apart(&folder, &args).unwrap_or_else(|why| panic!("{why}"));
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
    let built = library_apart("old_plugin").unwrap_or_else(|why| panic!("{why}"));
    let path = to.join(format!("old{feature}.so"));
    fs::copy(built, &path).expect("is copied");
    path
}

#[track_caller]
fn check_refused(path: &Path, reasons: &[&str]) {
    let error = Plugin::load(path).expect_err("it is refused").to_string();
    for why in reasons {
        assert!(error.contains(why), "{error}");
    }
}

/// One test, since cargo gives all of them one name.
#[test]
fn a_plugin_of_an_older_minor_version_works_and_others_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = build("", folder.path());
    let plugin = Plugin::load(&old).expect("it loads");
    assert_eq!((plugin.name(), plugin.runtime()), ("old-plugin", None));
    let script = folder.path().join("a.shape");
    fs::write(&script, SCRIPT).expect("is written");
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(folder.path());
    shape
        .args(["run", "-A"])
        .arg(format!("--plugin={}", old.display()));
    shape.arg(script);
    let done = run(shape, None, LIMIT).expect("shape starts");
    assert_eq!(done.ending, Ending::Exited(0), "{}", done.stderr);
    assert_eq!(done.stdout, PRINTED);

    let newer = build("future-minor", folder.path());
    check_refused(
        &newer,
        &["plugin ABI 1.999; this host has 1.", "use a newer host"],
    );
    let other = build("other-major", folder.path());
    check_refused(&other, &["plugin ABI 2.0; this host has 1.", "rebuild it"]);
    let other = build("other-layout", folder.path());
    check_refused(
        &other,
        &["laid out differently in it (View: ", "rebuild it"],
    );
}

#[test]
fn a_plugin_says_what_it_was_built_with() {
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let plugin = Plugin::load(&binaries.plugin("shape-watch")).expect("it loads");
    assert_eq!(plugin.runtime(), Some(env!("CARGO_PKG_VERSION")));
}

/// `shape plugin check` of this file, in a process of its own, since the wrong answer is a crash.
#[track_caller]
fn check_is_refused(file: &Path, why: &str) {
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(Path::new("/"));
    shape.args(["plugin", "check"]).arg(file);
    let done = run(shape, None, LIMIT).expect("shape starts");
    assert_eq!(done.ending, Ending::Exited(1), "{}", done.stderr);
    assert!(done.stderr.contains(why), "{}", done.stderr);
}

#[test]
fn a_plugin_that_was_cut_short_is_refused_and_crashes_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let whole = fs::read(binaries.plugin("shape-watch")).expect("is there");
    let cut = folder.path().join("cut.so");
    // What is loaded takes up more than this: the rest of such a file is for debuggers.
    let part = whole.len() / 20;
    for len in [0, 3, 4, 16, 63, 64, 200, 4096, part / 2, part] {
        fs::write(&cut, &whole[..len]).expect("is written");
        check_is_refused(&cut, "no shared library for this system");
    }
}

#[test]
fn what_is_no_library_of_a_plugin_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    check_is_refused(&path("none.so"), "No such file");
    // What would turn the rest of the line around is not shown as it is.
    check_is_refused(&path("no\u{202e}ne.so"), "no\\u{202e}ne.so");
    check_is_refused(folder.path(), "it is a directory");
    check_is_refused(Path::new("/dev/zero"), "it is no regular file");
    let made = Command::new("mkfifo").arg(path("fifo.so")).status();
    assert!(made.expect("mkfifo starts").success());
    check_is_refused(&path("fifo.so"), "it is no regular file");
    fs::write(path("text.so"), "#!/bin/sh\n").expect("is written");
    check_is_refused(&path("text.so"), "no ELF header");
    let program = std::env::current_exe().expect("this is a program");
    check_is_refused(&program, "no shared library for this system");
    // A library of another processor: the number of a processor that there is none of.
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut other = fs::read(binaries.plugin("shape-watch")).expect("is there");
    other[18..20].copy_from_slice(&[0xee, 0xee]);
    fs::write(path("other.so"), other).expect("is written");
    check_is_refused(&path("other.so"), "no shared library for this system");
}

#[test]
fn a_plugin_is_found_by_any_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let odd = folder
        .path()
        .join(std::ffi::OsStr::from_bytes(b"a \xff\n.so"));
    fs::copy(binaries.plugin("shape-watch"), &odd).expect("is copied");
    for path in [odd.as_path(), Path::new(odd.file_name().expect("has one"))] {
        let mut shape = binaries.shape(folder.path());
        shape.args(["plugin", "list"]).arg(path);
        let done = run(shape, None, LIMIT).expect("shape starts");
        assert_eq!(done.ending, Ending::Exited(0), "{}", done.stderr);
        let line = "  events(watcher: IoHandle, timeout: duration = 1s) -> Array<WatchChange>   needs fs.read";
        assert!(done.stdout.lines().any(|it| it == line), "{}", done.stdout);
    }
}
