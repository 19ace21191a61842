//! What is kept of output beside the streams themselves: spilled files, transcripts, folded lines.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::{child, exec, exec_error, flooded, is_alive, run, spawn, stdout_line, text};
use shape_process::Stream::{Stderr, Stdout};
use shape_process::{Chunk, Error, ErrorKind, Output, Overflow, Spec, SpillFile, Stream};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::PathBuf;
use std::time::Duration;

/// The output and all of the file that it names.
#[track_caller]
fn exec_spilled(spec: Spec) -> (Output, Vec<u8>) {
    let output = exec(spec.overflow(Overflow::Spill));
    let path = output.stdout_file.clone().unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o600);
    let spilled = fs::read(&path).unwrap();
    fs::remove_file(path).unwrap();
    (output, spilled)
}

#[test]
fn what_fits_is_not_spilled() {
    let spec = child(["flood", "stdout", "1000"]).max_output(1000);
    let output = exec(spec.overflow(Overflow::Spill));
    assert!(output.stdout == flooded(1000) && !output.truncated);
    assert_eq!((output.stdout_file, output.stderr_file), (None, None));
}

#[track_caller]
fn check_spilled(bytes: usize, limit: usize) {
    let spec = child(["flood", "stdout", &bytes.to_string()]).max_output(limit as u64);
    let (output, spilled) = exec_spilled(spec);
    let whole = flooded(bytes);
    assert!(spilled == whole, "{} bytes", spilled.len());
    let (head, tail) = match limit {
        1 => (1, 0),
        _ => (limit - limit / 2, limit / 2),
    };
    assert!(output.stdout == [&whole[..head], &whole[bytes - tail..]].concat());
    assert_eq!(output.dropped_bytes, (bytes - limit) as u64);
    assert_eq!(output.stderr_file, None);
}

#[test]
fn what_does_not_fit_is_in_the_file_whole() {
    check_spilled(10_000_000, 1_000_000);
    check_spilled(1_001, 1_000);
    check_spilled(1_000_000, 1);
    check_spilled(10, 0);
}

#[test]
fn both_streams_are_spilled() {
    let spec = child(["flood-both", "100000"]).max_output(1000);
    let output = exec(spec.overflow(Overflow::Spill));
    for path in [output.stdout_file.unwrap(), output.stderr_file.unwrap()] {
        assert_eq!(SpillFile::open(&path).unwrap().len().unwrap(), 100_000);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_spilled_file_is_looked_at_in_parts() {
    let spec = child(["lines", "200000"]).max_output(1000);
    let output = exec(spec.overflow(Overflow::Spill));
    let path = output.stdout_file.unwrap();
    let mut file = SpillFile::open(&path).unwrap();
    assert_eq!(file.find("line 123456", 0).unwrap(), Some(123_455));
    assert_eq!(file.lines(1000, 1).unwrap(), ["line 1001"]);
    assert_eq!(file.tail(2).unwrap(), ["line 199999", "line 200000"]);
    fs::remove_file(path).unwrap();
}

#[test]
fn what_was_read_before_is_not_in_the_file() {
    let run = run();
    let spec = child(["route"]).max_output(10).overflow(Overflow::Spill);
    let route = spawn(&run, spec);
    route.write(b"oread\n").unwrap();
    assert_eq!(stdout_line(&route), "read\n");
    route.write(b"o123456789\no123456789\n").unwrap();
    let output = route.output().unwrap();
    let path = output.stdout_file.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"123456789\n123456789\n");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_file_that_cannot_be_made_ends_the_process() {
    const REFUSED: &str = "SHAPE_TEST_REFUSED";
    if std::env::var_os(REFUSED).is_none() {
        // Again, in a process with another temporary directory.
        let temporary = tempfile::tempdir().unwrap();
        let uid = fs::metadata(temporary.path()).unwrap().uid();
        let own = temporary.path().join(format!("shape-{uid}"));
        symlink("/", &own).unwrap();
        let itself = Spec::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_file_that_cannot_be_made_ends_the_process"])
            .env("TMPDIR", temporary.path())
            .env(REFUSED, own);
        let output = exec(itself);
        assert_eq!(output.status, 0, "{}", text(&output.stdout));
        return;
    }
    let spec = child(["flood", "stderr", "1000000000000"]).max_output(1000);
    match exec_error(spec.overflow(Overflow::Spill)) {
        error @ Error::Spill { .. } => {
            assert_eq!(error.kind(), ErrorKind::Resource);
            assert!(!is_alive(error.output().unwrap().pid));
            let Error::Spill { stream, path, .. } = error else {
                return;
            };
            let refused = PathBuf::from(std::env::var_os(REFUSED).unwrap());
            assert_eq!((stream, path), (Stderr, refused));
        }
        other => panic!("{other}"),
    }
}

#[track_caller]
fn pieces(transcript: &[Chunk]) -> Vec<(Stream, &str)> {
    assert!(transcript.is_sorted_by_key(|chunk| chunk.at));
    transcript
        .iter()
        .map(|chunk| (chunk.stream, text(&chunk.bytes)))
        .collect()
}

#[test]
fn a_transcript_has_every_piece_in_order_also_what_was_read() {
    let run = run();
    let route = spawn(&run, child(["route"]).transcript());
    route.write(b"oone\n").unwrap();
    assert_eq!(stdout_line(&route), "one\n");
    route.write(b"etwo\n").unwrap();
    assert_eq!(route.read_line(Stderr).unwrap(), "two\n");
    route.write(b"othree\n").unwrap();
    let output = route.output().unwrap();
    assert_eq!(text(&output.stdout), "three\n");
    assert_eq!(
        pieces(&output.transcript),
        [(Stdout, "one\n"), (Stderr, "two\n"), (Stdout, "three\n")]
    );
    let first = &output.transcript[0];
    assert!(first.at > Duration::ZERO && first.at <= output.duration);
}

#[test]
fn there_is_no_transcript_unless_asked_for() {
    assert_eq!(exec(child(["echo", "x"])).transcript, []);
    let output = exec(child(["echo", "x"]).transcript());
    assert_eq!(pieces(&output.transcript), [(Stdout, "x\n")]);
}

#[test]
fn a_long_transcript_has_its_head_and_tail() {
    let spec = child(["flood", "stdout", "1000000"])
        .max_output(100_000)
        .overflow(Overflow::Truncate)
        .transcript();
    let output = exec(spec);
    let whole = flooded(1_000_000);
    let (mut at, mut kept) = (0, 0);
    for chunk in &output.transcript {
        at += chunk.dropped_before as usize;
        assert!(whole[at..].starts_with(&chunk.bytes));
        at += chunk.bytes.len();
        kept += chunk.bytes.len();
    }
    assert_eq!(at, whole.len());
    assert!((90_000..=100_000).contains(&kept), "{kept}");
}

#[test]
fn a_line_that_is_written_over_is_folded() {
    let hex = |text: &str| -> String { text.bytes().map(|byte| format!("{byte:02x}")).collect() };
    let progress = "start\r\n 10%\r 20%\r100%\r\nlonger\rX\nabc\r\x1b[Kend\rE";
    let spec = child(["bytes", &hex(progress)]);
    let output = exec(spec.clone().fold_progress().transcript());
    let folded = "start\r\n100%\r\nXonger\nEnd";
    assert_eq!(text(&output.stdout), folded);
    let transcribed: String = pieces(&output.transcript)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(transcribed, folded);
    assert_eq!(text(&exec(spec).stdout), progress);
}

#[test]
fn folded_output_counts_for_the_limit() {
    let spinner = "2d0d".repeat(10_000) + "2b0a";
    let output = exec(child(["bytes", &spinner]).fold_progress().max_output(2));
    assert_eq!(text(&output.stdout), "+\n");
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
