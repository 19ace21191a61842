//! Scripts that use plugins, also in ways that were not meant: the library is really loaded, by `shape`.

use shape_tests::{Binaries, Ending, Finished, run, workspace};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(60);
const BOTH: [&str; 2] = ["shape-watch", "shape-sample-plugin"];

fn folder() -> TempDir {
    tempfile::tempdir().expect("there is a temporary folder")
}

/// `shape COMMAND --plugin=… FLAGS ARGS` with these plugins.
fn shape(folder: &TempDir, command: &str, plugins: &[&str], args: &[&str]) -> Finished {
    let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
    let mut shape = binaries.shape(folder.path());
    shape.arg(command);
    for plugin in plugins {
        let path = binaries.plugin(plugin);
        shape.arg(format!("--plugin={}", path.display()));
    }
    shape.args(args);
    run(shape, None, LIMIT).expect("shape starts")
}

/// A script that may do everything, with both plugins, does not end otherwise, and prints this.
#[track_caller]
fn check_prints(folder: &TempDir, script: &str, printed: &str) {
    let done = shape(folder, "eval", &BOTH, &["-A", "--", script]);
    assert_eq!(done.ending, Ending::Exited(0), "{}", done.stderr);
    assert_eq!(done.stdout, printed, "{}", done.stderr);
}

#[track_caller]
fn check_refused(done: &Finished, why: &str) {
    assert_eq!(done.ending, Ending::Exited(2), "{}", done.stdout);
    assert!(done.stderr.contains(why), "{}", done.stderr);
}

#[test]
fn changes_are_told_as_records() {
    let script = r#"
        use watch
        let watcher = watch.open("w", { kinds: ["create", "moved_from", "moved_to", "remove"] })
        print(watcher, watch.events(watcher, 0s).len())
        fn run(words) { io.exec(words[0], words.drop(1), { accept: [0] }) }
        run(["touch", "w/a"])
        run(["mv", "w/a", "w/b"])
        run(["rm", "w/b"])
        let mut changes = []
        while changes.len() < 4 { changes = changes.concat(watch.events(watcher, 1m)) }
        for change in changes { print(change.kind, change.path) }
    "#;
    let folder = folder();
    let at = folder.path().canonicalize().expect("is there").join("w");
    fs::create_dir(&at).expect("is made");
    let at = at.display();
    let printed = format!(
        "<io_handle:watcher of \"w\":open> 0\n\
         create {at}/a\nmoved_from {at}/a\nmoved_to {at}/b\nremove {at}/b\n"
    );
    check_prints(&folder, script, &printed);
}

#[test]
fn a_result_that_says_nothing_changes_no_variable() {
    let script = r#"
        use sample
        fn count() {
            let mut n = 0
            for i in 0..5 {
                sample.nothing()
                n = n + 1
                if n > 5 { exit(1) }
            }
            let left = 7
            for i in 0..2 { sample.pause(1ms) }
            sample.say("", "")
            print(n, left)
        }
        count()
        let mut n = 0
        for i in 0..5 {
            n = n + 1
            if n > 5 { exit(1) }
            sample.nothing()
        }
        print(n)
    "#;
    check_prints(&folder(), script, "5 7\n5\n");
}

#[test]
fn a_program_of_the_example_is_run_again_until_it_fails() {
    let folder = folder();
    fs::create_dir(folder.path().join("src")).expect("is made");
    // Each run is a change, and so leads to the next one.
    let step = "echo x >> src/log; wc -l < src/log; test $(wc -l < src/log) -lt 3";
    let example = workspace().join("examples/plugins/watch/rerun.shape");
    let example = example.to_str().expect("is text");
    let flags = ["--allow-plugin", "--allow-read", "--allow-process", example];
    let args: Vec<&str> = flags.into_iter().chain(["src", "sh", "-c", step]).collect();
    let done = shape(&folder, "run", &["shape-watch"], &args);
    assert_eq!(done.ending, Ending::Exited(1), "{}", done.stderr);
    assert!(done.stdout.starts_with("1\n   create /"), "{}", done.stdout);
    assert!(done.stdout.ends_with("\n3\n"), "{}", done.stdout);
}

#[test]
fn a_path_that_is_no_text_comes_as_bytes() {
    let script = r#"
        use watch
        let watcher = watch.open("w", { kinds: ["create"] })
        io.exec("sh", ["make.sh"], { accept: [0] })
        let change = watch.events(watcher, 1m)[0]
        print(change.path.endsWith("/a\u{fffd}"), change.bytes.slice(-2).to_array())
    "#;
    let folder = folder();
    fs::create_dir(folder.path().join("w")).expect("is made");
    fs::write(
        folder.path().join("make.sh"),
        "touch \"$(printf 'w/a\\377')\"\n",
    )
    .expect("is written");
    check_prints(&folder, script, "true [97, 255]\n");
}

#[test]
fn what_fails_is_an_error_of_the_script() {
    let script = r#"
        use watch
        use sample
        fn show(result) {
            match result { Ok(x) => print("ok", x), Err(e) => print(e.kind, "-", e.message) }
        }
        show(try watch.open("no/such/folder"))
        show(try watch.open(".", { kinds: ["creation"] }))
        show(try sample.fail("panic"))
        show(try sample.add(1, 2))
    "#;
    check_prints(
        &folder(),
        script,
        "not_found - cannot watch \"no/such/folder\": there is no such file or folder\n\
         invalid - \"creation\" is no kind of change; known are create, change, remove, moved_from, moved_to\n\
         internal - `fail` panicked: what now?\n\
         ok 3\n",
    );
}

#[test]
fn a_handle_is_good_for_its_own_plugin_and_until_it_is_closed() {
    let script = r#"
        use watch
        use sample
        fn kind(result) { match result { Ok(_) => "ok", Err(e) => e.kind } }
        let watcher = watch.open(".")
        let counter = sample.counter("c")
        print(kind(try sample.bump(watcher)), kind(try watch.events(counter, 0s)))
        print(kind(try watch.close(counter)), kind(try watch.close(io.stdin())))
        print(sample.bump(counter), watcher != counter)
        print(watch.close(watcher), watch.close(watcher), watcher)
        print(kind(try watch.events(watcher, 0s)))
        let same = watch.open(".")
        print(kind(try watch.events(watcher, 0s)), watch.events(same, 0s))
    "#;
    check_prints(
        &folder(),
        script,
        "invalid invalid\ninvalid invalid\n1 true\ntrue false <io_handle:watcher of \".\":closed>\ninvalid\n\
         invalid []\n",
    );
}

#[test]
fn handles_that_are_open_at_the_end_are_closed_with_the_run() {
    let script = r#"
        use watch
        use sample
        let mut held = []
        for i in 0..100 { held.push(watch.open(".")) }
        let counters = (0..100).map(|i| sample.counter(i.toString()))
        print(held.len() + counters.len())
    "#;
    check_prints(&folder(), script, "200\n");
    for (ending, status) in [("exit(3)", 3), ("watch.open(\"/no/such\")", 1)] {
        let script = format!("{script}\n{ending}");
        let done = shape(&folder(), "eval", &BOTH, &["-A", "--", &script]);
        assert_eq!(done.ending, Ending::Exited(status), "{}", done.stderr);
        assert_eq!(done.stdout, "200\n");
    }
}

#[test]
fn a_million_elements_cross_in_both_directions() {
    let script = r#"
        use sample
        let many = (0..1000000).map(|i| i)
        print(sample.sum(many))
        let numbers = sample.doubled(many.map(|i| i.toNumber()))
        print(numbers.len(), numbers[999999])
        let words = many.map(|i| "w")
        print(sample.join(words, "").len())
    "#;
    check_prints(
        &folder(),
        script,
        "499999500000\n1000000 1999998.0\n1000000\n",
    );
}

#[test]
fn a_plugin_is_loaded_only_where_that_was_allowed() {
    let folder = folder();
    fs::write(folder.path().join("a.shape"), "use watch\n").expect("is written");
    for command in ["run", "check"] {
        let refused = shape(&folder, command, &["shape-watch"], &["a.shape"]);
        check_refused(&refused, "may not be loaded");
        let other = ["--allow-plugin=other.so", "a.shape"];
        let refused = shape(&folder, command, &["shape-watch"], &other);
        check_refused(&refused, "may not be loaded");
        let binaries = Binaries::get().unwrap_or_else(|why| panic!("{why}"));
        let this = binaries.plugin("shape-watch");
        let allow = format!("--allow-plugin=other.so,{}", this.display());
        let done = shape(&folder, command, &["shape-watch"], &[&allow, "a.shape"]);
        assert_eq!(done.ending, Ending::Exited(0), "{}", done.stderr);
    }
}

#[test]
fn what_its_functions_need_is_known_before_anything_runs() {
    let folder = folder();
    let text = "use watch\nprint(1)\nwatch.open(\".\")\n";
    fs::write(folder.path().join("a.shape"), text).expect("is written");
    let flags = ["--allow-plugin", "a.shape"];
    let refused = shape(&folder, "run", &["shape-watch"], &flags);
    check_refused(&refused, "needs `fs.read`");
    assert_eq!(refused.stdout, "");
    let needs = ["--allow-plugin", "--needs", "a.shape"];
    let done = shape(&folder, "check", &["shape-watch"], &needs);
    assert_eq!(
        (done.ending, &*done.stdout),
        (Ending::Exited(0), "fs.read\n")
    );
}

#[test]
fn a_plugin_is_loaded_once() {
    let twice = ["shape-watch", "shape-watch"];
    let refused = shape(&folder(), "eval", &twice, &["-A", "1"]);
    check_refused(&refused, "there are two modules called `watch`");
}

#[test]
fn what_comes_with_the_language_is_not_for_plugins() {
    let refused = shape(&folder(), "eval", &["stdlib-io-plugin"], &["-A", "1"]);
    check_refused(&refused, "`std` is for what comes with Shape");
}
