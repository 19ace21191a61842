//! Talking to a process: no order of calls deadlocks, no byte is lost.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{child, flooded, run, spawn, stdout_line};
use shape_process::Stream::{Stderr, Stdout};
use shape_process::{Error, ErrorKind, Process, Stdin};

const MIB: usize = 1 << 20;

/// Everything that a stream still has.
#[track_caller]
fn read_to_end(process: &Process) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match process.read(Stdout, 1 << 20).unwrap() {
            bytes if bytes.is_empty() => return all,
            bytes => all.extend(bytes),
        }
    }
}

#[test]
fn lines_go_back_and_forth() {
    let run = run();
    let upper = spawn(&run, child(["upper"]));
    for (line, answer) in [("one\n", "ONE\n"), ("zwölf\n", "ZWÖLF\n"), ("\n", "\n")] {
        upper.write(line.as_bytes()).unwrap();
        assert_eq!(stdout_line(&upper), answer);
    }
    assert_eq!(upper.wait().unwrap().code, 0);
}

#[test]
fn sixty_four_mib_are_written_before_any_is_read() {
    let run = run();
    let cat = spawn(&run, child(["cat"]));
    let data = flooded(64 * MIB);
    cat.write(&data).unwrap();
    cat.close_stdin();
    assert!(read_to_end(&cat) == data);
    assert_eq!(cat.wait().unwrap().code, 0);
}

#[test]
fn stderr_may_fill_while_stdout_is_read() {
    let run = run();
    let flood = spawn(&run, child(["flood-both", "4000000"]));
    assert_eq!(read_to_end(&flood).len(), 4_000_000);
    flood.wait().unwrap();
    assert_eq!(flood.read(Stderr, usize::MAX).unwrap().len(), 4_000_000);
}

#[test]
fn waiting_drains_and_what_was_drained_is_read_later() {
    let run = run();
    let flood = spawn(&run, child(["flood", "stdout", "20000000"]));
    assert_eq!(flood.wait().unwrap().code, 0);
    assert!(read_to_end(&flood) == flooded(20_000_000));
    assert_eq!(flood.read(Stdout, 1).unwrap(), b"");
}

#[test]
fn all_children_are_served_while_one_is_waited_for() {
    let run = run();
    let flood = spawn(&run, child(["flood", "stdout", "3000000"]));
    let cat = spawn(
        &run,
        child(["cat"]).stdin(Stdin::Bytes(vec![b'x'; 3 * MIB])),
    );
    assert_eq!(spawn(&run, child(["sleep", "0.2"])).wait().unwrap().code, 0);
    // Both have come to their ends meanwhile or do now, in the wrong order.
    assert_eq!(read_to_end(&cat).len(), 3 * MIB);
    assert_eq!(read_to_end(&flood).len(), 3_000_000);
}

#[test]
fn wait_closes_the_input_and_can_be_repeated() {
    let run = run();
    let cat = spawn(&run, child(["cat"]));
    cat.write(b"rest").unwrap();
    assert_eq!(cat.wait().unwrap().code, 0);
    assert_eq!(cat.wait().unwrap().code, 0);
    assert_eq!(cat.read_text(Stdout, 100).unwrap(), "rest");
    let error = cat.write(b"more").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}

#[test]
fn output_is_what_was_not_read_before() {
    let run = run();
    let lines = spawn(&run, child(["lines", "3"]));
    assert_eq!(stdout_line(&lines), "line 1\n");
    let output = lines.output().unwrap();
    assert_eq!(output.stdout, b"line 2\nline 3\n");
    assert_eq!(stdout_line(&lines), "");
}

#[test]
fn writing_to_a_child_that_stopped_reading_fails() {
    let run = run();
    let deaf = spawn(&run, child(["close-stdin-early", "60"]));
    assert_eq!(stdout_line(&deaf), "closed\n");
    assert_eq!(deaf.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);

    let short = spawn(&run, child(["read-one-line"]));
    match short.write(&vec![b'\n'; 8 * MIB]).unwrap_err() {
        Error::BrokenPipe { written, .. } => assert!(written > 0 && written < 8 * MIB),
        other => panic!("{other}"),
    }
    assert_eq!(stdout_line(&short), "\n");
    assert_eq!(short.wait().unwrap().code, 0);
}

#[test]
fn an_input_that_is_no_pipe_cannot_be_written() {
    let run = run();
    let sleeping = spawn(&run, child(["sleep", "60"]).stdin(Stdin::Null));
    assert_eq!(sleeping.write(b"x").unwrap_err().kind(), ErrorKind::Invalid);
    let fed = spawn(
        &run,
        child(["sleep", "60"]).stdin(Stdin::Bytes(vec![0; 8 * MIB])),
    );
    assert_eq!(fed.write(b"x").unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_prompt_can_be_answered() {
    let run = run();
    let prompt = spawn(&run, child(["prompt"]));
    assert_eq!(prompt.read_text(Stdout, 100).unwrap(), "Continue? ");
    prompt.write(b"yes\n").unwrap();
    assert_eq!(stdout_line(&prompt), "yes\n");
}

#[test]
fn a_character_is_not_cut() {
    let run = run();
    let slow = spawn(&run, child(["utf8-slow"]));
    assert_eq!(slow.read_text(Stdout, 1).unwrap(), "é");
    assert_eq!(slow.read_text(Stdout, 1).unwrap(), "");

    let fast = spawn(&run, child(["echo", "aéb"]));
    fast.wait().unwrap();
    let pieces: Vec<String> = (0..5).map(|_| fast.read_text(Stdout, 2).unwrap()).collect();
    assert_eq!(pieces, ["a", "é", "b\n", "", ""]);
}

#[test]
fn bytes_that_are_not_utf8_are_not_consumed() {
    let run = run();
    let process = spawn(&run, child(["bytes", "61ff0a620a"]));
    process.wait().unwrap();
    for _ in 0..2 {
        let error = process.read_line(Stdout).unwrap_err();
        assert!(
            matches!(error, Error::InvalidUtf8 { valid_up_to: 1, .. }),
            "{error:?}"
        );
    }
    assert_eq!(process.read_text(Stdout, 10).unwrap(), "a");
    assert_eq!(
        process.read_text(Stdout, 10).unwrap_err().kind(),
        ErrorKind::InvalidUtf8
    );
    assert_eq!(process.read(Stdout, 1).unwrap(), b"\xff");
    assert_eq!(stdout_line(&process), "\n");
    assert_eq!(stdout_line(&process), "b\n");
}

#[test]
fn a_character_that_never_ends_is_an_error() {
    let run = run();
    let process = spawn(&run, child(["bytes", "78c3"]));
    assert_eq!(process.read_text(Stdout, 10).unwrap(), "x");
    assert_eq!(
        process.read_text(Stdout, 10).unwrap_err().kind(),
        ErrorKind::InvalidUtf8
    );
    assert_eq!(process.read(Stdout, 10).unwrap(), b"\xc3");
    assert_eq!(process.read_text(Stdout, 10).unwrap(), "");
}

#[test]
fn the_last_line_may_lack_its_newline() {
    let run = run();
    let process = spawn(&run, child(["bytes", "610a62"]));
    let lines: Vec<String> = (0..4).map(|_| stdout_line(&process)).collect();
    assert_eq!(lines, ["a\n", "b", "", ""]);
}

#[test]
fn a_read_of_nothing_is_refused() {
    let run = run();
    let process = spawn(&run, child(["echo"]));
    assert_eq!(
        process.read(Stdout, 0).unwrap_err().kind(),
        ErrorKind::Invalid
    );
    assert_eq!(
        process.read_text(Stdout, 0).unwrap_err().kind(),
        ErrorKind::Invalid
    );
}

#[test]
fn a_merged_stderr_is_at_its_end() {
    let run = run();
    let process = spawn(&run, child(["fail", "0", "text"]).merge_stderr());
    assert_eq!(process.read_line(Stderr).unwrap(), "");
    assert_eq!(process.read_line(Stdout).unwrap(), "text\n");
}

#[test]
fn the_status_is_known_without_waiting() {
    let run = run();
    let process = spawn(&run, child(["cat"]));
    assert_eq!(process.status().unwrap().exit, None);
    process.wait().unwrap();
    assert_eq!(
        process.status().unwrap().exit.map(|exit| exit.code),
        Some(0)
    );
}

#[test]
fn a_handle_can_be_used_from_another_thread() {
    let run = run();
    let upper = spawn(&run, child(["upper"]));
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| upper.write(b"x\n").and_then(|()| upper.read_line(Stdout)));
        asked.join().unwrap().unwrap()
    });
    assert_eq!(answer, "X\n");
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
