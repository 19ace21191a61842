//! A system without descriptors. One test: it takes them from the whole program.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{child, is_alive, run, spawn};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use shape_policy::{Policy, ProcessGrant};
use shape_process::{Closing, ErrorKind, Run, Spec, Stdin};
use std::fs::File;

#[test]
fn running_out_of_descriptors_is_told_and_leaks_nothing() {
    let _alone = common::alone();
    let run = run();
    // Each of these takes descriptors in another way.
    let specs = [
        child(["echo", "x"]),
        child(["echo", "x"]).cwd("/"),
        child(["echo", "x"]).stdin(Stdin::File("/dev/zero".into())),
        child(["echo", "x"]).stdin(Stdin::Bytes(Vec::new())),
    ];
    for spec in specs {
        check(&run, &spec);
    }
    ending_takes_none(&run);
}

fn ending_takes_none(run: &Run) {
    let process = spawn(run, child(["sleep", "60"]));
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64 - 1;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current: Some(open),
        maximum,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    // There may be free numbers below.
    let taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    let closed = process.close(Closing::Forcibly);
    drop(taken);
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    assert!(!is_alive(process.pid()));
    assert_eq!(closed.unwrap().signal, Some(Signal::KILL.as_raw()));
}

fn check(run: &Run, spec: &Spec) {
    // What is approved holds its program open: all of it the same.
    let policy = Policy::new(ProcessGrant::all());
    let echo = || policy.approve(spec.clone()).unwrap();
    assert_eq!(run.exec(echo()).unwrap().stdout, b"x\n");
    let approved: Vec<_> = (0..12).map(|_| echo()).collect();
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64 - 1;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let mut succeeded = 0;
    for (spare, approved) in approved.into_iter().enumerate() {
        let limit = Some(open + spare as u64);
        setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit,
                maximum,
            },
        )
        .unwrap();
        match run.exec(approved) {
            Ok(output) => {
                assert_eq!(output.stdout, b"x\n");
                succeeded += 1;
            }
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.retryable()),
                    (ErrorKind::Resource, true),
                    "{error}"
                );
                assert_eq!(succeeded, 0, "more descriptors cannot be worse");
            }
        }
    }
    assert!(succeeded > 0);
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    assert_eq!(run.exec(echo()).unwrap().stdout, b"x\n");
    assert_eq!(
        std::fs::read_dir("/proc/self/fd").unwrap().count() as u64 - 1,
        open
    );
}

#[test]
fn all_of_it_by_a_warden() {
    let _alone = common::alone();
    common::run_again_by_warden("all_of_it_by_a_warden");
}
