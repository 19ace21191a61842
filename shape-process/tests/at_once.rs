//! Many processes at once, and programs that are run with the caller's own authority.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{PATIENCE, approve, child, is_alive, printed_pid, run, spawn, stdout_line, text};
use shape_process::{CancelToken, ErrorKind, Run, Spec, Stream};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

#[test]
fn results_come_in_the_order_of_the_commands() {
    let commands = (0..20).map(|n| {
        let delay = if n % 3 == 0 { "0.05" } else { "0" };
        Spec::new("sh").args(["-c", &format!("sleep {delay}; echo {n}; exit {}", n % 2)])
    });
    let results = run().exec_all(commands.map(approve), 4);
    for (n, result) in results.into_iter().enumerate() {
        let output = result.unwrap();
        assert_eq!(text(&output.stdout), format!("{n}\n"));
        assert_eq!(output.status, n as i32 % 2);
    }
}

#[test]
fn no_more_run_at_once_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let script = "touch $$; ls | wc -l; sleep 0.02; rm $$";
    let commands = (0..12).map(|_| {
        let spec = Spec::new("sh").args(["-c", script]);
        approve(spec.cwd(folder.path()))
    });
    let most = run().exec_all(commands, 3).into_iter().map(|result| {
        let stdout = result.unwrap().stdout;
        text(&stdout).trim().parse::<usize>().unwrap()
    });
    let most = most.max().unwrap();
    assert!((2..=3).contains(&most), "{most}");
}

#[test]
fn one_that_fails_does_not_concern_the_others() {
    let commands = [
        child(["echo", "a"]),
        child(["sleep", "60"]).timeout(Duration::from_millis(100)),
        child(["exit", "3"]).accept([0]),
        child(["echo", "b"]),
    ];
    let results = run().exec_all(commands.map(approve), 4);
    let kinds: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().map(|output| text(&output.stdout)))
        .map(|result| result.map_err(|error| error.kind()))
        .collect();
    let (timeout, status) = (ErrorKind::Timeout, ErrorKind::ExitStatus);
    assert_eq!(kinds, [Ok("a\n"), Err(timeout), Err(status), Ok("b\n")]);
}

#[test]
fn a_thousand_at_once() {
    let commands = (0..1000).map(|n| approve(child(["echo", &n.to_string()])));
    let results = run().exec_all(commands, 1000);
    assert_eq!(results.len(), 1000);
    for (n, result) in results.into_iter().enumerate() {
        assert_eq!(text(&result.unwrap().stdout), format!("{n}\n"));
    }
}

#[test]
fn breaking_ends_those_that_run_and_starts_no_more() {
    let run = run();
    let folder = tempfile::tempdir().unwrap();
    let commands = ["echo $$ > a; exec sleep 60", "exit 3", "touch c"];
    let commands = commands.map(|script| {
        let wait = "while [ ! -s a ]; do sleep 0.01; done; ";
        let wait = if script == "exit 3" { wait } else { "" };
        let spec = Spec::new("sh").args(["-c".to_owned(), format!("{wait}{script}")]);
        approve(spec.cwd(folder.path()).timeout(PATIENCE))
    });
    let broken = run.exec_each(commands, 2, |index, result| {
        ControlFlow::Break((index, result.unwrap().status))
    });
    assert_eq!(broken, ControlFlow::Break((1, 3)));
    let pid = std::fs::read_to_string(folder.path().join("a")).unwrap();
    assert!(!is_alive(pid.trim().parse().unwrap()));
    assert!(!folder.path().join("c").exists());
}

#[test]
fn cancelling_ends_all() {
    let token = CancelToken::new().unwrap();
    let run = Run::with_launcher(token.clone(), &common::launcher()).unwrap();
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let results = run.exec_all((0..6).map(|_| approve(child(["sleep", "60"]))), 2);
            assert_eq!(results.len(), 6);
            for result in results {
                assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
            }
        });
        token.cancel();
    });
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn the_first_that_ends_is_told() {
    let run = run();
    let slow = spawn(&run, child(["cat"]));
    let quick = spawn(&run, child(["read-one-line"]));
    let both = [&slow, &quick];
    let soon = Some(Duration::from_millis(50));
    assert_eq!(run.wait_any(&both, soon).unwrap(), None);
    quick.write(b"x\n").unwrap();
    assert_eq!(run.wait_any(&both, None).unwrap(), Some(1));
    // It can be asked again, and the output is still there.
    assert_eq!(run.wait_any(&both, Some(Duration::ZERO)).unwrap(), Some(1));
    assert_eq!(stdout_line(&quick), "x\n");
    // Its input was left open.
    slow.write(b"y\n").unwrap();
    assert_eq!(stdout_line(&slow), "y\n");
    slow.wait().unwrap();
    assert_eq!(run.wait_any(&both, None).unwrap(), Some(0));
    assert_eq!(run.wait_any(&[], None).unwrap(), None);
}

#[test]
fn waiting_for_any_serves_all() {
    let run = run();
    let flood = spawn(&run, child(["flood-both", "3000000"]));
    assert_eq!(run.wait_any(&[&flood], None).unwrap(), Some(0));
    assert_eq!(flood.output().unwrap().stderr.len(), 3_000_000);
    let late = spawn(
        &run,
        child(["sleep", "60"]).timeout(Duration::from_millis(100)),
    );
    assert_eq!(run.wait_any(&[&late], None).unwrap(), Some(0));
    assert_eq!(late.wait().unwrap_err().kind(), ErrorKind::Timeout);
}

#[test]
fn a_process_of_another_run_cannot_be_waited_for() {
    let (run, other) = (run(), common::run());
    let process = spawn(&other, child(["exit", "0"]));
    let error = run.wait_any(&[&process], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn a_spec_runs_by_itself() {
    let output = child(["cat"]).stdin_bytes("x").run().unwrap();
    assert_eq!(text(&output.stdout), "x");
    let error = Spec::new("no-such-program").run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let cat = child(["cat"]).spawn().unwrap();
    cat.write(b"line\n").unwrap();
    assert_eq!(cat.read_line(Stream::Stdout).unwrap(), "line\n");
}

#[test]
fn a_dropped_process_of_its_own_has_ended() {
    let process = Spec::new("sh")
        .args(["-c", "echo $$; exec sleep 60"])
        .spawn()
        .unwrap();
    let pid = printed_pid(&process);
    drop(process);
    assert!(!is_alive(pid));
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
