//! Runs that are ended: cancelled, too long, too large, and those that would harm their host.
#![allow(clippy::unwrap_used, reason = "a test")]

use shape_embed::{
    Answer, Approver, BuildError, CancelToken, CountingAllocator, Ending, Engine, FnSpec, HostCx,
    Limits, Module, Permission, PermissionSet, ProcessGrant, Question, Raise, RunError, Script,
    Stdio,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::system();

const ENDLESS: &str = "let mut n = 0\nwhile true { n += 1; if n > 1000 { n = 0 } }";

fn engine() -> Engine {
    Engine::builder().stdout(Stdio::capture()).build().unwrap()
}

fn limited(limits: Limits, text: &str) -> RunError {
    let engine = Engine::builder()
        .stdout(Stdio::capture())
        .grant(ProcessGrant::all())
        .limits(limits)
        .build()
        .unwrap();
    let script = engine.compile("test.shape", text);
    let script = script.unwrap_or_else(|error| panic!("{error}"));
    script.run().unwrap_err()
}

/// The module `test`, whose `ready` says that the script has got there.
fn ready() -> (Module, mpsc::Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    let mut module = Module::new("test", "Tests.");
    let spec = FnSpec {
        name: "ready",
        params: [],
        needs: PermissionSet::pure(),
        doc: "Says so.",
    };
    module
        .register_typed_fn(spec, move |_: &mut HostCx| sender.send(()).is_ok())
        .unwrap();
    (module, receiver)
}

/// How a script ends that is cancelled when it has called `ready`, and how long that took.
fn cancelled(text: &str) -> (RunError, Duration) {
    let (module, is_ready) = ready();
    let engine = Engine::builder()
        .module(module)
        .grant(ProcessGrant::all())
        .build()
        .unwrap();
    let script = engine
        .compile("test.shape", &format!("use test::ready\n{text}"))
        .unwrap_or_else(|error| panic!("{error}"));
    let run = script.prepare();
    let canceller = run.canceller();
    let other = thread::spawn(move || {
        is_ready.recv().unwrap();
        canceller.cancel();
        Instant::now()
    });
    let error = run.run().unwrap_err();
    (error, other.join().unwrap().elapsed())
}

#[test]
fn another_thread_cancels_what_computes_waits_and_runs_programs() {
    for text in [
        "ready()\nlet mut n = 0\nwhile true { n += 1; if n > 9 { n = 0 } }",
        "ready()\nsleep(1h)",
        "let p = io.spawn(\"sleep\", [\"3600\"])\nready()\nio.process_wait(p)",
        "fn f() { f() }\nready()\nio.exec(\"sleep\", [\"3600\"])",
    ] {
        let (error, took) = cancelled(text);
        assert_eq!(*error.ending(), Ending::Cancelled, "{text}: {error}");
        assert!(took < Duration::from_secs(10), "{text}: {took:?}");
    }
}

#[test]
fn a_run_that_was_cancelled_before_ends_at_once() {
    let run = engine().compile("test.shape", ENDLESS).unwrap().prepare();
    run.canceller().cancel();
    let error = run.run().unwrap_err();
    assert_eq!(error.to_string(), "the run was cancelled");
}

#[test]
fn a_run_that_takes_too_long_ends_and_says_so() {
    let limits = Limits::none().time(Duration::from_millis(50));
    for text in [
        ENDLESS,
        "sleep(1h)",
        "io.exec(\"sleep\", [\"3600\"])",
        "match try io.exec(\"sleep\", [\"3600\"]) { Ok(o) => 1, Err(e) => 2 }\nwhile true { }",
    ] {
        let begun = Instant::now();
        let error = limited(limits, text);
        let limit = Duration::from_millis(50);
        assert_eq!(*error.ending(), Ending::TimeLimit(limit), "{text}: {error}");
        assert_eq!(
            error.message(),
            "the run took longer than its limit of 50ms"
        );
        assert!(error.to_string().contains("test.shape:"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{text}");
    }
}

#[test]
fn each_call_has_its_own_time_and_one_that_passes_it_ends_the_instance() {
    let limits = Limits::none().time(Duration::from_millis(300));
    let engine = Engine::builder().limits(limits).build().unwrap();
    let text = "fn nap(d) { sleep(d); d }";
    let script = engine.compile("test.shape", text).unwrap();
    let nap = script.function::<(Duration,), Duration>("nap").unwrap();
    let mut instance = script.start().unwrap();
    let short = Duration::from_millis(120);
    for _ in 0..4 {
        assert_eq!(instance.call(&nap, (short,)).unwrap(), short);
    }
    let hour = Duration::from_secs(3600);
    for (time, _) in [(hour, ()), (short, ())] {
        let error = instance.call(&nap, (time,)).unwrap_err();
        assert!(matches!(error.ending(), Ending::TimeLimit(_)), "{error}");
    }
}

#[test]
fn there_is_one_thread_for_all_time_limits() {
    let threads = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks
            .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
        names.filter(|name| name.trim() == "shape-watchdog").count()
    };
    let limits = Limits::none().time(Duration::from_secs(60));
    let engine = Engine::builder().limits(limits).build().unwrap();
    let script = engine.compile("test.shape", "1").unwrap();
    let kept: Vec<_> = (0..8).map(|_| script.start().unwrap()).collect();
    assert_eq!(threads(), 1);
    drop(kept);
}

#[test]
fn a_run_that_takes_too_much_memory_ends_and_says_how_much() {
    let limits = Limits::none().memory(8 << 20);
    for text in [
        "let mut xs = []\nwhile true { xs.push(\"some text of more than twenty-two bytes\") }",
        "let mut s = \"x\"\nwhile true { s = s + s }",
        "let mut m = HashMap()\nlet mut n = 0\nwhile true { m.set(f\"key {n}\", n); n += 1 }",
        "fn grow(xs) { let mut ys = xs\nys.push([1, 2, 3])\ngrow(ys) }\ngrow([[1]])",
    ] {
        let error = limited(limits, text);
        let Ending::MemoryLimit { limit, used } = *error.ending() else {
            panic!("{text}: {error}");
        };
        assert_eq!(limit, 8 << 20);
        assert!(used > limit && used < 4 * limit, "{text}: {used}");
        let expected =
            format!("the run took {used} bytes of memory, more than its limit of 8388608");
        assert_eq!(error.message(), expected);
    }
}

#[test]
fn one_huge_thing_is_not_made() {
    let limits = Limits::none().memory(8 << 20);
    for text in [
        "\"x\".repeat(1000000000)",
        "range(0, 100000000)",
        "let t = \"y\".repeat(5000)\nt.replace(\"y\", t)",
        "\"y\".pad_start(100000000)",
        "\"y\".repeat(4000000).split(\"\")",
    ] {
        let error = limited(limits, text);
        match error.ending() {
            Ending::Raised(kind) => {
                assert_eq!(kind, "resource", "{text}: {error}");
                let expected = "bytes more would pass the memory limit of 8388608 bytes";
                assert!(error.message().ends_with(expected), "{text}: {error}");
            }
            Ending::MemoryLimit { used, .. } => assert!(*used < 32 << 20, "{text}: {used}"),
            other => panic!("{text}: {other:?}: {error}"),
        }
    }
}

#[test]
fn memory_that_is_given_back_does_not_count() {
    let limits = Limits::none().memory(8 << 20);
    let engine = Engine::builder().limits(limits).build().unwrap();
    let text = "let mut n = 0\nfor i in 0..40 { let s = \"x\".repeat(1000000); n += s.len() }\nn";
    let script = engine.compile("test.shape", text).unwrap();
    assert_eq!(script.run_as::<i64>().unwrap(), 40_000_000);
}

#[test]
fn what_an_instance_keeps_counts_in_its_later_calls() {
    let limits = Limits::none().memory(4 << 20);
    let engine = Engine::builder().limits(limits).build().unwrap();
    let text = "let mut kept = []\nfn keep(n: int) { kept.push(\"x\".repeat(n)); kept.len() }";
    let script = engine.compile("test.shape", text).unwrap();
    let keep = script.function::<(i64,), i64>("keep").unwrap();
    let mut instance = script.start().unwrap();
    let mut calls = 0;
    let error = loop {
        match instance.call(&keep, (100_000,)) {
            Ok(_) => calls += 1,
            Err(error) => break error,
        }
    };
    assert!((35..45).contains(&calls), "{calls}");
    assert!(
        error.message().contains("memory limit of 4194304 bytes"),
        "{error}"
    );
    // Another one of the same script has all of its own.
    assert_eq!(script.start().unwrap().call(&keep, (9,)).unwrap(), 1);
}

#[test]
fn what_crosses_the_border_counts_for_who_keeps_it() {
    let limits = Limits::none().memory(4 << 20);
    let engine = Engine::builder()
        .limits(limits)
        .stdout(Stdio::capture())
        .build()
        .unwrap();
    let text = "let mut kept = []\nfn keep(t: string) { kept.push(t + \"x\"); kept.len() }\nfn hold(t: string) { kept.push(t); kept.len() }\nfn give(n) { \"y\".repeat(n) }\nfn say(n) { print(\"z\".repeat(n)) }";
    let script = engine.compile("test.shape", text).unwrap();
    let keep = script.function::<(String,), i64>("keep").unwrap();
    let hold = script.function::<(String,), i64>("hold").unwrap();
    let give = script.function::<(i64,), String>("give").unwrap();
    let say = script.function::<(i64,), ()>("say").unwrap();
    // What the host gets is not the script's any more.
    let mut instance = script.start().unwrap();
    for _ in 0..60 {
        assert_eq!(instance.call(&give, (100_000,)).unwrap().len(), 100_000);
        instance.call(&say, (100_000,)).unwrap();
        assert_eq!(instance.take_stdout().len(), 100_001);
    }
    // What the script gets, or makes of it, is the script's.
    for function in [keep, hold] {
        let mut instance = script.start().unwrap();
        let text = || "t".repeat(100_000);
        let kept = (0..200)
            .take_while(|_| instance.call(&function, (text(),)).is_ok())
            .count();
        assert!((30..50).contains(&kept), "{kept}");
    }
}

/// A host that cannot be harmed by one script.
fn runs(script: &Script) -> RunError {
    script.run().unwrap_err()
}

#[test]
fn recursion_output_and_panics_end_the_run_alone() {
    let mut module = Module::new("test", "Tests.");
    let spec = |name| FnSpec {
        name,
        params: [],
        needs: PermissionSet::pure(),
        doc: "Panics.",
    };
    let panics = |_: &mut HostCx| -> i64 { panic!("on purpose") };
    module.register_typed_fn(spec("panics"), panics).unwrap();
    let engine = Engine::builder()
        .stdout(Stdio::capture_up_to(1 << 20))
        .module(module)
        .build()
        .unwrap();
    let compile = |text| engine.compile("test.shape", text).unwrap();
    let error = runs(&compile("fn f(n) { 1 + f(n + 1) }\nf(0)"));
    assert_eq!(*error.ending(), Ending::StackOverflow);
    let error = runs(&compile("while true { print(\"all work and no play\") }"));
    assert_eq!(error.kind(), Some("resource"));
    let expected =
        "cannot write to standard output: it would be more than the 1048576 bytes to capture";
    assert_eq!(error.message(), expected);
    assert!(error.stdout().len() <= 1 << 20 && error.stdout().len() > 1 << 19);
    let error = runs(&compile("use test::panics\npanics()"));
    assert_eq!(error.kind(), Some("internal"));
    assert_eq!(error.message(), "`panics` panicked: on purpose");
    let deep = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(engine.compile("deep.shape", &deep).is_err());
}

#[test]
fn a_host_that_does_not_count_is_told_what_to_add() {
    let said = BuildError::NothingCounts.to_string();
    assert!(said.contains("#[global_allocator] static"), "{said}");
}

/// Counts the questions, and allows what is asked about `true`.
struct OnlyTrue(AtomicUsize);

impl Approver for OnlyTrue {
    fn ask(&self, question: &Question<'_>, _: Option<&CancelToken>) -> Answer {
        self.0.fetch_add(1, Ordering::Relaxed);
        match question.program() == "true" {
            true => Answer::Yes,
            false => Answer::No,
        }
    }
}

#[test]
fn nothing_is_allowed_that_was_not_granted() {
    let text = "io.exec(\"true\").status";
    let error = engine().compile("test.shape", text).unwrap_err();
    assert_eq!(error.diagnostics()[0].code, "E0501");
    let shown = error.to_string();
    assert!(shown.contains("test.shape:1:1"), "{shown}");
    assert!(shown.contains("Engine::builder().grant(…)"), "{shown}");
    // Also in a function that only the host calls.
    let script = engine()
        .compile("test.shape", "fn f() { io.exec(\"true\").status }")
        .unwrap();
    let error = script.function::<(), i64>("f").unwrap_err();
    assert!(error.to_string().contains("sys.process"), "{error}");

    // The permission alone allows no program.
    let engine = Engine::builder()
        .grant(Permission::Process)
        .build()
        .unwrap();
    let script = engine.compile("test.shape", text).unwrap();
    assert_eq!(script.run().unwrap_err().kind(), Some("permission_denied"));

    let approver = Arc::new(OnlyTrue(AtomicUsize::new(0)));
    let engine = Engine::builder()
        .approver(approver.clone())
        .build()
        .unwrap();
    let script = engine.compile("test.shape", text).unwrap();
    assert_eq!(script.run_as::<i64>().unwrap(), 0);
    assert_eq!(approver.0.load(Ordering::Relaxed), 1);
    let script = engine
        .compile("test.shape", "io.exec(\"false\").status")
        .unwrap();
    assert_eq!(script.run().unwrap_err().kind(), Some("permission_denied"));
}

/// Never answers.
struct Absent(mpsc::Sender<()>);

impl Approver for Absent {
    fn ask(&self, _: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        self.0.send(()).unwrap();
        let cancel = cancel.unwrap();
        while !cancel.is_cancelled() {
            thread::yield_now();
        }
        Answer::Nobody
    }
}

#[test]
fn a_question_ends_with_its_run() {
    let (sender, is_asked) = mpsc::channel();
    let engine = Engine::builder()
        .approver(Arc::new(Absent(sender)))
        .build()
        .unwrap();
    let text = "match try io.exec(\"true\") { Ok(o) => 1, Err(e) => 2 }";
    let run = engine.compile("test.shape", text).unwrap().prepare();
    let canceller = run.canceller();
    let other = thread::spawn(move || {
        is_asked.recv().unwrap();
        canceller.cancel();
    });
    assert_eq!(*run.run().unwrap_err().ending(), Ending::Cancelled);
    other.join().unwrap();
}

#[test]
fn scripts_read_nothing_of_what_the_host_reads() {
    let engine = Engine::builder()
        .grant(ProcessGrant::all())
        .build()
        .unwrap();
    let script = engine
        .compile("test.shape", "io.read_line(io.stdin()).len()")
        .unwrap();
    assert_eq!(script.run_as::<i64>().unwrap(), 0);
    let text = "io.exec(\"cat\", [], { stdin_from: \"inherit\" })";
    let error = engine
        .compile("test.shape", text)
        .unwrap()
        .run()
        .unwrap_err();
    assert_eq!(error.kind(), Some("invalid"));
    assert!(
        error
            .message()
            .ends_with("the host keeps its standard input to itself"),
        "{error}"
    );
}

#[test]
fn a_closure_of_the_host_may_fail() {
    let mut module = Module::new("test", "Tests.");
    let spec = FnSpec {
        name: "check",
        params: ["n"],
        needs: PermissionSet::pure(),
        doc: "Not more than ten.",
    };
    let check = |_: &mut HostCx, n: i64| match n {
        ..=10 => Ok(n),
        _ => Err(Raise::error("too_much", format!("{n} is too much"))),
    };
    module.register_typed_fn(spec, check).unwrap();
    let engine = Engine::builder().module(module).build().unwrap();
    let script = engine
        .compile("test.shape", "use test::check\ncheck(5) + check(50)")
        .unwrap();
    let error = script.run().unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (Some("too_much"), "50 is too much")
    );
}
