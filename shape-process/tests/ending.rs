//! The ends of processes, groups and runs.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{
    PATIENCE, approve, await_that, child, exec, is_alive, printed_pid, run, spawn, stdout_line,
    text,
};
use shape_process::Stream::Stdout;
use shape_process::{CancelToken, Closing, ErrorKind, Process, Run, Stdin};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

#[test]
fn killing_does_not_wait_and_can_be_repeated() {
    let run = run();
    let process = spawn(&run, child(["ignore-term", "60"]));
    assert_eq!(stdout_line(&process), "ready\n");
    process.kill();
    assert_eq!(process.wait().unwrap().signal, Some(9));
    process.kill();
    assert_eq!(process.wait().unwrap().code, 137);
}

#[test]
fn killing_takes_the_whole_group() {
    let run = run();
    let process = spawn(&run, child(["grandchild", "60"]));
    let grandchild = printed_pid(&process);
    assert!(is_alive(grandchild));
    process.kill();
    process.wait().unwrap();
    assert!(!is_alive(grandchild));
}

#[test]
fn a_signal_reaches_the_process() {
    let run = run();
    let process = spawn(&run, child(["graceful"]));
    assert_eq!(stdout_line(&process), "ready\n");
    process.signal(15).unwrap();
    assert_eq!(stdout_line(&process), "bye\n");
    assert_eq!(process.wait().unwrap().code, 7);
    process.signal(15).unwrap();
    for reserved in [0, 32, 33, 65, -1] {
        let error = process.signal(reserved).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    assert_eq!(process.signal(1000).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn real_time_signals_have_numbers() {
    for number in [34, 64] {
        let run = run();
        let process = spawn(&run, child(["sleep", "60"]));
        process.signal(number).unwrap();
        assert_eq!(process.wait().unwrap().signal, Some(number));
    }
}

#[test]
fn closing_lets_a_process_say_goodbye() {
    let run = run();
    let process = spawn(&run, child(["graceful"]).kill_grace(PATIENCE));
    assert_eq!(stdout_line(&process), "ready\n");
    assert_eq!(process.close(Closing::Gracefully).unwrap().code, 7);
    assert_eq!(stdout_line(&process), "bye\n");
    assert_eq!(process.close(Closing::Gracefully).unwrap().code, 7);
}

#[test]
fn closing_ends_a_process_that_will_not() {
    let run = run();
    let process = spawn(
        &run,
        child(["ignore-term", "60"]).kill_grace(Duration::from_millis(50)),
    );
    assert_eq!(stdout_line(&process), "ready\n");
    assert_eq!(process.close(Closing::Gracefully).unwrap().signal, Some(9));

    let process = spawn(&run, child(["ignore-term", "60"]).kill_grace(PATIENCE));
    assert_eq!(stdout_line(&process), "ready\n");
    assert_eq!(process.close(Closing::Forcibly).unwrap().signal, Some(9));
}

#[test]
fn closing_ends_those_who_outlive_their_leader() {
    let run = run();
    let spec = child(["leave-stubborn", "60"]).kill_grace(Duration::from_millis(50));
    let process = spawn(&run, spec);
    let left = printed_pid(&process);
    process.close(Closing::Gracefully).unwrap();
    assert!(!is_alive(left));
}

#[test]
fn a_stopped_process_can_say_goodbye() {
    let run = run();
    let process = spawn(&run, child(["graceful"]).kill_grace(PATIENCE));
    assert_eq!(stdout_line(&process), "ready\n");
    process.signal(19).unwrap();
    assert_eq!(process.close(Closing::Gracefully).unwrap().code, 7);
}

#[test]
fn capture_ends_although_something_else_holds_the_pipe() {
    let output = exec(child(["hold-pipe", "60"]));
    assert_eq!(output.status, 0);
    assert!(output.duration < PATIENCE, "{:?}", output.duration);
    let holder = text(&output.stdout).trim().parse().unwrap();
    assert!(!is_alive(holder));
    assert!(output.survivors.is_empty());
}

#[test]
fn what_is_left_in_the_group_is_ended() {
    let output = exec(child(["leave", "60"]));
    assert_eq!(output.status, 0);
    assert!(!is_alive(text(&output.stdout).trim().parse().unwrap()));
}

#[test]
fn a_dropped_process_is_told_at_once() {
    let run = run();
    let other = spawn(&run, child(["cat"]));
    let process = spawn(
        &run,
        child(["ignore-term", "60"]).kill_grace(Duration::from_millis(20)),
    );
    assert_eq!(stdout_line(&process), "ready\n");
    let pid = process.pid();
    drop(process);
    // The next operation that waits long enough brings the rest.
    let _sleeping = spawn(&run, child(["sleep", "0.3"])).wait().unwrap();
    assert!(!is_alive(pid));
    assert_eq!(other.wait().unwrap().code, 0);
}

#[test]
fn a_handle_dropped_in_another_thread_wakes_who_waits() {
    let run = run();
    let waited_for = spawn(&run, child(["upper"]));
    let graceful = spawn(&run, child(["graceful"]).kill_grace(PATIENCE));
    assert_eq!(stdout_line(&graceful), "ready\n");
    let pid = graceful.pid();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| waited_for.read_line(Stdout));
        // It holds the run from now on, until it is cancelled.
        std::thread::sleep(Duration::from_millis(50));
        drop(graceful);
        let start = Instant::now();
        while is_alive(pid) && start.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        run.cancel_token().cancel();
        assert!(waiting.join().unwrap().is_err());
        assert!(!is_alive(pid));
    });
}

/// Waits for a process in another thread, and ends it meanwhile.
#[track_caller]
fn check_ended_meanwhile(end: impl FnOnce(Run, &Process)) {
    let run = run();
    let process = spawn(
        &run,
        child(["ignore-term", "60"]).kill_grace(Duration::ZERO),
    );
    assert_eq!(stdout_line(&process), "ready\n");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| process.wait());
        std::thread::sleep(Duration::from_millis(50));
        end(run, &process);
        assert_eq!(waiting.join().unwrap().unwrap().signal, Some(9));
    });
}

#[test]
fn what_is_waited_for_can_be_ended_from_another_thread() {
    check_ended_meanwhile(|run, process| {
        process.kill();
        assert!(process.wait().is_ok());
        drop(run);
    });
    check_ended_meanwhile(|run, _| run.shutdown());
    check_ended_meanwhile(|run, _| drop(run));
}

#[test]
fn what_holds_the_pipe_is_ended_and_told() {
    let run = run();
    let process = spawn(&run, child(["hold-pipe", "60"]));
    let holder = printed_pid(&process);
    await_that(|| process.status().unwrap().exit.is_some());
    assert!(is_alive(holder));
    let output = process.output().unwrap();
    assert_eq!((output.status, output.leftovers), (0, vec![holder]));
    assert!(!is_alive(holder));
}

#[test]
fn those_who_outlive_their_leader_have_their_grace_too() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    let run = run();
    let process = spawn(
        &run,
        child(["untidy", file.to_str().unwrap()]).kill_grace(PATIENCE),
    );
    await_that(|| file.exists());
    assert_eq!(process.close(Closing::Gracefully).unwrap().signal, Some(15));
    assert!(!file.exists());
}

#[test]
fn serving_ends_those_whose_time_is_up_and_those_who_were_dropped() {
    let run = run();
    let late = spawn(
        &run,
        child(["sleep", "60"]).timeout(Duration::from_millis(50)),
    );
    let (late_pid, dropped) = (late.pid(), spawn(&run, child(["sleep", "60"])));
    let dropped_pid = dropped.pid();
    drop(dropped);
    run.serve_for(Duration::from_millis(500)).unwrap();
    assert!(!Path::new("/proc").join(late_pid.to_string()).exists());
    assert!(!Path::new("/proc").join(dropped_pid.to_string()).exists());
    run.cancel_token().cancel();
    let cancelled = run.serve_for(PATIENCE).unwrap_err();
    assert_eq!(cancelled.kind(), ErrorKind::Cancelled);
}

#[test]
fn the_end_of_the_run_is_the_end_of_its_children() {
    let run = run();
    let grace = Duration::from_millis(100);
    let stubborn = spawn(&run, child(["ignore-term", "60"]).kill_grace(grace));
    assert_eq!(stdout_line(&stubborn), "ready\n");
    let parent = spawn(&run, child(["grandchild", "60"]));
    let grandchild = printed_pid(&parent);
    drop(run);
    for pid in [stubborn.pid(), parent.pid(), grandchild] {
        assert!(!is_alive(pid));
    }
    assert_eq!(stubborn.wait().unwrap().signal, Some(9));
    assert_eq!(parent.wait().unwrap().signal, Some(15));
}

#[test]
fn shutting_down_is_graceful_and_keeps_what_was_captured() {
    let run = run();
    let process = spawn(&run, child(["graceful"]).kill_grace(PATIENCE));
    assert_eq!(stdout_line(&process), "ready\n");
    run.cancel_token().cancel();
    assert_eq!(process.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    run.shutdown();
    assert_eq!(process.wait().unwrap().code, 7);
    assert_eq!(stdout_line(&process), "bye\n");
}

#[test]
fn a_status_that_was_taken_from_us_is_no_success() {
    // The children of a warden are nobody else's to wait for.
    let run = Run::new(CancelToken::new().unwrap()).unwrap();
    let process = spawn(&run, child(["cat"]));
    let pid = rustix::process::Pid::from_raw(process.pid() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).unwrap();
    let error = process.wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
}

/// Cancels while `operation` waits in another thread.
#[track_caller]
fn check_cancelled(operation: impl Fn(&Run) -> Result<(), shape_process::Error> + Sync) {
    let check = |token: CancelToken, cancel: &dyn Fn()| {
        let run = Run::new(token).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| operation(&run));
            std::thread::sleep(Duration::from_millis(50));
            cancel();
            let error = waiting.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        });
        assert!(run.cancel_token().is_cancelled());
    };
    let token = CancelToken::new().unwrap();
    check(token.clone(), &|| token.cancel());
    // By a descriptor of a token that others hold.
    let token = CancelToken::new().unwrap();
    let descriptor = token.as_fd().try_clone_to_owned().unwrap();
    check(CancelToken::of_fd(descriptor).unwrap(), &|| token.cancel());
}

#[test]
fn every_operation_that_waits_can_be_cancelled() {
    check_cancelled(|run| run.exec(approve(child(["sleep", "60"]))).map(drop));
    check_cancelled(|run| spawn(run, child(["sleep", "60"])).wait().map(drop));
    check_cancelled(|run| spawn(run, child(["sleep", "60"])).read(Stdout, 1).map(drop));
    check_cancelled(|run| {
        spawn(run, child(["sleep", "60"]))
            .read_line(Stdout)
            .map(drop)
    });
    check_cancelled(|run| spawn(run, child(["sleep", "60"])).write(&vec![0; 4 << 20]));
    check_cancelled(|run| {
        let spec = child(["ignore-term", "60"]).kill_grace(Duration::from_secs(1));
        let process = spawn(run, spec);
        process.read_line(Stdout)?;
        process.close(Closing::Gracefully).map(drop)
    });
}

#[test]
fn an_exec_that_is_cancelled_leaves_nothing_behind() {
    let token = CancelToken::new().unwrap();
    let run = Run::new(token.clone()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let fifo = directory.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    std::thread::scope(|scope| {
        let spec = child(["cat"]).stdin(Stdin::File(fifo.clone()));
        let waiting = scope.spawn(|| run.exec(approve(spec)));
        // It has opened the FIFO when there is a reader, which is when it is about to start.
        let writer = std::fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        token.cancel();
        assert_eq!(
            waiting.join().unwrap().unwrap_err().kind(),
            ErrorKind::Cancelled
        );
        run.shutdown();
        // Without a reader a write fails: the child is gone.
        assert_eq!(
            rustix::io::write(&writer, b"x"),
            Err(rustix::io::Errno::PIPE)
        );
    });
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
