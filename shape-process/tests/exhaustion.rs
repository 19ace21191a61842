//! A system without descriptors. One test: it takes them from the whole program.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{approve, child, run};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shape_process::{ErrorKind, Run, Spec, Stdin};

#[test]
fn running_out_of_descriptors_is_told_and_leaks_nothing() {
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
}

fn check(run: &Run, spec: &Spec) {
    let echo = || approve(spec.clone());
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
