//! Engines and scripts that threads share.
#![allow(clippy::unwrap_used, reason = "a test")]

use shape_embed::{
    CompileError, Engine, EngineBuilder, Function, LookupError, Prepared, ProcessGrant, RunError,
    Script, Stdio,
};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;

#[test]
fn what_may_cross_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    shared::<Engine>();
    shared::<Script>();
    shared::<Function<(&'static str,), i64>>();
    sent::<EngineBuilder>();
    sent::<Prepared>();
    error::<CompileError>();
    error::<LookupError>();
    error::<RunError>();
}

#[test]
fn many_threads_run_and_call_one_script() {
    let engine = Engine::builder().stdout(Stdio::capture()).build().unwrap();
    let text = "let mut n = 0\nfn add(k: int) { n += k; n }\nprint(args().join(\",\"))\nlet mut s = 0\nfor i in 0..1000 { s += i }\ns";
    let script = engine.compile("test.shape", text).unwrap();
    thread::scope(|scope| {
        for number in 0..32 {
            let script = &script;
            scope.spawn(move || {
                // Some look it up when others have started already.
                let add = script.function::<(i64,), i64>("add").unwrap();
                let mut instance = script.start().unwrap();
                for round in 0..20 {
                    let run = script
                        .prepare()
                        .args([format!("{number}"), format!("{round}")]);
                    let outcome = run.run().unwrap();
                    assert_eq!(outcome.get::<i64>().unwrap(), 499_500);
                    assert_eq!(outcome.stdout, format!("{number},{round}\n"));
                    let sum = instance.call(&add, (number,)).unwrap();
                    assert_eq!(sum, number * (round + 1));
                }
            });
        }
    });
}

#[test]
fn engines_of_one_process_know_nothing_of_each_other() {
    let strict = Engine::new().unwrap();
    let open = Engine::builder()
        .grant(ProcessGrant::none().allow("true".parse().unwrap()))
        .build()
        .unwrap();
    let text = "io.exec(\"true\").status";
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert!(strict.compile("test.shape", text).is_err());
                let script = open.compile("test.shape", text).unwrap();
                assert_eq!(script.run_as::<i64>().unwrap(), 0);
                let denied = open.compile("test.shape", "io.exec(\"false\")").unwrap();
                assert_eq!(denied.run().unwrap_err().kind(), Some("permission_denied"));
            });
        }
    });
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn runs_share_a_writer_and_nothing_of_a_line_is_lost() {
    let log = Log::default();
    let engine = Engine::builder()
        .stdout(Stdio::writer(log.clone()))
        .stderr(Stdio::writer(log.clone()))
        .build()
        .unwrap();
    let text = "for i in 0..50 { print(\"a line of text\") }\neprint(\"and an error\")";
    let script = engine.compile("test.shape", text).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                script.run().unwrap();
            });
        }
    });
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = |text| written.lines().filter(|line| *line == text).count();
    assert_eq!((lines("a line of text"), lines("and an error")), (400, 8));
    assert_eq!(written.lines().count(), 408);
}
