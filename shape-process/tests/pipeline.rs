//! Processes connected to each other.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod common;

use common::trees::slack;
use common::{PATIENCE, approve, child, is_alive, run, text};
use shape_process::{CancelToken, Error, ErrorKind, PipelineOutput, Run, Spec, Stdin, Stream};
use std::time::{Duration, Instant};

fn sh(script: &str) -> Spec {
    Spec::new("sh").args(["-c", script]).timeout(PATIENCE)
}

fn pipeline(stages: impl IntoIterator<Item = Spec>) -> Result<PipelineOutput, Error> {
    run().pipeline(stages.into_iter().map(approve))
}

/// The stage that failed, by its place, and with what.
#[track_caller]
fn stage_error(error: Error) -> (usize, ErrorKind, Error) {
    match error {
        Error::Stage { stage, error } => (stage, error.kind(), *error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_stage_reads_what_the_one_before_it_writes() {
    let stages = [
        child(["cat"]).stdin(Stdin::Bytes(b"b\na\n".to_vec())),
        child(["upper"]),
        sh("sort"),
    ];
    let done = pipeline(stages).unwrap();
    assert_eq!(text(&done.output.stdout), "A\nB\n");
    assert_eq!((done.output.status, done.failed), (0, None));
    assert_eq!(done.stages.len(), 3);
    assert_eq!(done.stages[2].program, "sh");
    assert!(done.stages.iter().all(|stage| stage.status == 0));
}

#[test]
fn one_stage_is_a_pipeline_and_none_is_not() {
    let done = pipeline([child(["fail", "3", "it broke"])]).unwrap();
    assert_eq!((done.output.status, done.failed), (3, Some(0)));
    assert_eq!(text(&done.output.stderr), "it broke\n");
    let error = pipeline([]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn much_goes_through_and_arrives_whole() {
    let bytes = 64 << 20;
    let count = (64 << 20).to_string();
    let stages = [
        child(["flood", "stdout", &count]),
        child(["cat"]),
        child(["cat"]),
    ];
    let done = pipeline(stages.map(|spec| spec.max_output(bytes))).unwrap();
    assert!(done.output.stdout == common::flooded(64 << 20));
}

#[test]
fn a_writer_whose_reader_has_had_enough_does_not_fail() {
    let done = pipeline([Spec::new("yes"), sh("cat"), Spec::new("head").arg("-n1")]).unwrap();
    assert_eq!((text(&done.output.stdout), done.failed), ("y\n", None));
    assert_eq!((done.output.status, done.output.signal), (0, None));
    assert_eq!(done.stages[0].signal, Some(13));
}

#[test]
fn a_reader_that_failed_is_named_and_not_its_writer() {
    let done = pipeline([Spec::new("yes"), sh("cat"), sh("exit 3")]).unwrap();
    assert_eq!(done.failed, Some(2));
    assert_eq!((done.output.status, done.output.signal), (3, None));
    assert_eq!(done.stages[0].signal, Some(13));
}

#[test]
fn the_last_stage_has_no_reader() {
    let done = pipeline([sh("exit 0"), sh("kill -PIPE $$")]).unwrap();
    assert_eq!((done.failed, done.output.signal), (Some(1), Some(13)));
}

#[test]
fn the_first_stage_that_failed_is_named() {
    let stages = [
        sh("exit 0"),
        sh("cat; exit 4"),
        sh("cat; exit 5"),
        sh("cat"),
    ];
    let done = pipeline(stages).unwrap();
    assert_eq!((done.failed, done.output.status), (Some(1), 4));
    assert_eq!(done.stages[2].status, 5);
}

#[test]
fn a_stage_may_say_which_codes_it_succeeds_with() {
    let stages = || [sh("echo x; exit 1"), sh("cat; echo why >&2; exit 2")];
    let [first, last] = stages();
    let done = pipeline([first.accept([0, 1]), last.accept([2])]).unwrap();
    assert_eq!((done.failed, done.output.status), (None, 2));
    let [first, last] = stages();
    let error = pipeline([first.accept([1]), last.accept([0])]).unwrap_err();
    let message = error.to_string();
    assert_eq!(message, "stages[1], \"sh\": exit code 2\nwhy");
    let (stage, kind, error) = stage_error(error);
    assert_eq!((stage, kind), (1, ErrorKind::ExitStatus));
    assert_eq!(text(&error.output().unwrap().stdout), "x\n");
}

#[test]
fn standard_error_is_one_stream_in_true_order() {
    let stages = [
        sh("echo 1 >&2; echo go; sleep 0.05; echo 3 >&2; echo go"),
        sh("read a; sleep 0.02; echo 2 >&2; read a; echo 4 >&2"),
        sh("cat; echo 5 >&2"),
    ];
    let done = pipeline(stages).unwrap();
    assert_eq!(text(&done.output.stderr), "1\n2\n3\n4\n5\n");
}

#[test]
fn standard_error_is_taken_in_also_after_the_last_stage_has_ended() {
    let stages = [
        sh("exec >&-; sleep 0.4; echo late >&2"),
        child(["exit", "0"]),
    ];
    let done = pipeline(stages).unwrap();
    assert_eq!(text(&done.output.stderr), "late\n");
    let flood = sh("exec >&-; sleep 0.2; yes >&2");
    let stages = [flood, child(["exit", "0"]).max_output(100)];
    let (stage, kind, _) = stage_error(pipeline(stages).unwrap_err());
    assert_eq!((stage, kind), (1, ErrorKind::OutputLimit));
}

#[test]
fn merged_errors_go_on_to_the_next_stage() {
    let stages = [sh("echo out; echo err >&2").merge_stderr(), sh("sort")];
    let done = pipeline(stages).unwrap();
    assert_eq!(text(&done.output.stdout), "err\nout\n");
    assert_eq!(text(&done.output.stderr), "");
}

#[test]
fn a_stage_whose_time_is_up_ends_all() {
    let start = Instant::now();
    let stages = [
        sh("echo $$ >&2; while :; do sleep 1; done"),
        sh("echo $$ >&2; exec sleep 60").timeout(Duration::from_millis(300)),
        sh("echo part; cat"),
    ];
    let (stage, kind, error) = stage_error(pipeline(stages).unwrap_err());
    assert_eq!((stage, kind), (1, ErrorKind::Timeout));
    assert!(start.elapsed() < Duration::from_millis(300 + 250) + slack());
    let output = error.output().unwrap();
    assert_eq!(text(&output.stdout), "part\n");
    for pid in text(&output.stderr).lines() {
        assert!(!is_alive(pid.parse().unwrap()));
    }
    assert!(output.survivors.is_empty());
}

#[test]
fn too_much_output_ends_all() {
    let stages = [Spec::new("yes"), sh("cat").max_output(1000)];
    let (stage, kind, error) = stage_error(pipeline(stages).unwrap_err());
    assert_eq!((stage, kind), (1, ErrorKind::OutputLimit));
    assert_eq!(error.output().unwrap().stdout.len(), 1000);
}

#[test]
fn silence_ends_all() {
    let idle = Duration::from_millis(200);
    let stages = [
        sh("for i in 1 2 3 4 5; do sleep 0.1; echo $i >&2; done; sleep 60"),
        sh("cat").idle_timeout(idle),
    ];
    let (stage, kind, error) = stage_error(pipeline(stages).unwrap_err());
    assert_eq!((stage, kind), (1, ErrorKind::IdleTimeout));
    assert_eq!(text(&error.output().unwrap().stderr), "1\n2\n3\n4\n5\n");
}

#[test]
fn a_stage_that_cannot_be_started_ends_those_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::copy("/bin/true", &program).unwrap();
    let first = approve(sh("sleep 60"));
    let second = approve(Spec::new(&program));
    std::fs::remove_file(&program).unwrap();
    let run = run();
    let (stage, kind, _) = stage_error(run.pipeline([first, second]).unwrap_err());
    assert_eq!((stage, kind), (1, ErrorKind::NotFound));
}

#[test]
fn what_a_stage_leaves_behind_does_not_hold_the_others_up() {
    let start = Instant::now();
    let stages = [sh("setsid sleep 60 & echo first"), sh("cat")];
    let done = pipeline(stages).unwrap();
    assert_eq!((text(&done.output.stdout), done.failed), ("first\n", None));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(done.output.leftovers.len(), 1);
}

#[test]
fn cancelling_ends_all() {
    let token = CancelToken::new().unwrap();
    let run = Run::with_launcher(token.clone(), &common::launcher()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let stages = [sh("sleep 60"), sh("cat")].map(approve);
            assert_eq!(
                run.pipeline(stages).unwrap_err().kind(),
                ErrorKind::Cancelled
            );
        });
        token.cancel();
    });
}

#[test]
fn a_pipeline_serves_the_other_children() {
    let run = run();
    let other = common::spawn(&run, child(["flood", "stdout", "1000000"]));
    // It ends when the other has been served.
    let waits =
        sh("while kill -0 $0 2>&-; do sleep 0.01; done; echo x").arg(other.pid().to_string());
    let done = run.pipeline([waits, child(["cat"])].map(approve)).unwrap();
    assert_eq!(text(&done.output.stdout), "x\n");
    let bytes = other.read(Stream::Stdout, 2_000_000).unwrap();
    assert_eq!(bytes.len(), 1_000_000);
}

#[test]
fn a_detached_stage_is_refused() {
    let (stage, kind, _) = stage_error(pipeline([sh("true"), sh("true").detached()]).unwrap_err());
    assert_eq!((stage, kind), (1, ErrorKind::Invalid));
}

#[test]
fn all_of_it_by_a_warden() {
    common::run_again_by_warden("all_of_it_by_a_warden");
}
