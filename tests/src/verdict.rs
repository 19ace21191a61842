//! Runs a script and compares.

use crate::diagnostics::{Rendered, rendered};
use crate::run::{Ending, Finished, run};
use crate::script::{ExpectedError, Script, Where};
use crate::{Binaries, diff};
use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The time that a script may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs `script` in an empty folder; returns what it did, if that is as expected.
///
/// # Errors
/// What is not as expected, for people.
pub fn run_script(script: &Script) -> Result<Finished, String> {
    let binaries = Binaries::get()?;
    let folder = tempfile::tempdir().map_err(|e| format!("no temporary folder: {e}"))?;
    let command = run_command(&binaries, folder.path(), script);
    let done = start(command, script)?;
    let mut problems = outcome(script, &done);
    if !script.errors.is_empty() {
        problems += &diagnostics(script, &done.stderr);
        let mut check = binaries.shape(folder.path());
        check.arg("check").arg(&script.path);
        let checked = start(check, script)?;
        let wrong = ending(2, checked.ending) + &diagnostics(script, &checked.stderr);
        if !wrong.is_empty() {
            let _ = write!(
                problems,
                "`shape check`:\n{wrong}its output:\n{}",
                checked.stderr
            );
        }
    }
    if problems.is_empty() {
        return Ok(done);
    }
    Err(format!(
        "{}\n{problems}{}",
        script.path.display(),
        stderr_of(&done)
    ))
}

/// Whether two runs of one script wrote the same, but for numbers, which may be times and those of processes.
///
/// # Errors
/// The difference, for people.
pub fn same_output(one: &Finished, other: &Finished) -> Result<(), String> {
    let mask = |text: &str| {
        let mut masked = String::with_capacity(text.len());
        for character in text.chars() {
            match character.is_ascii_digit() {
                true if masked.ends_with('#') => {}
                true => masked.push('#'),
                false => masked.push(character),
            }
        }
        masked
    };
    for (stream, one, other) in [
        ("stdout", &one.stdout, &other.stdout),
        ("stderr", &one.stderr, &other.stderr),
    ] {
        let (one, other) = (mask(one), mask(other));
        if one != other {
            return Err(format!("{stream} differs:\n{}", diff(&one, &other)));
        }
    }
    Ok(())
}

/// `shape run FLAGS FILE ARGS`
fn run_command(binaries: &Binaries, cwd: &Path, script: &Script) -> Command {
    let mut words: Vec<OsString> = vec!["run".into()];
    words.extend(script.flags.iter().flatten().map(OsString::from));
    words.push(script.path.clone().into());
    words.extend(script.args.iter().map(OsString::from));
    let mut command = binaries.shape(cwd);
    command.args(words);
    command
}

fn start(command: Command, script: &Script) -> Result<Finished, String> {
    let shown = format!("{command:?}");
    let stdin = script.stdin.clone().map(String::into_bytes);
    run(command, stdin, LIMIT).map_err(|e| format!("{shown}: {e}"))
}

/// What is wrong with status, stdout and stderr; empty when nothing is.
fn outcome(script: &Script, done: &Finished) -> String {
    let mut problems = ending(script.expected_status(), done.ending);
    let expected: String = script
        .stdout
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    if done.stdout != expected {
        let _ = write!(
            problems,
            "stdout is not as expected (- expected, + actual):\n{}",
            diff(&expected, &done.stdout)
        );
    }
    for part in script.stderr.iter().chain(&script.trap) {
        if !done.stderr.contains(part.as_str()) {
            let _ = writeln!(problems, "stderr does not contain: {part}");
        }
    }
    problems
}

fn ending(expected: i32, actual: Ending) -> String {
    match actual {
        Ending::Exited(status) if status == expected => String::new(),
        Ending::Exited(status) => format!("exit status: expected {expected}, actual {status}\n"),
        Ending::Signalled(signal) => format!("ended by signal {signal}\n"),
        Ending::TimedOut => format!("still running after {} s\n", LIMIT.as_secs()),
        Ending::LeftSomethingRunning => "left something running that holds its output\n".to_owned(),
    }
}

/// Every expected diagnostic must be there, and no other one.
fn diagnostics(script: &Script, stderr: &str) -> String {
    let found = rendered(stderr);
    let name = script
        .path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let is = |wanted: &ExpectedError, found: &Rendered| {
        let in_place = match &wanted.place {
            Where::Line(line) => found.is_in(&name) && found.line() == *line,
            Where::File(file, line) => found.is_in(file) && found.line() == *line,
            Where::Anywhere => true,
        };
        let has_code = wanted.code.is_none() || wanted.code == found.code;
        in_place && has_code && found.text.contains(&wanted.text)
    };
    let mut problems = String::new();
    for wanted in &script.errors {
        if !found.iter().any(|found| is(wanted, found)) {
            let _ = writeln!(
                problems,
                "no diagnostic {:?}: {}",
                wanted.place, wanted.text
            );
        }
    }
    for extra in found.iter().filter(|found| found.place.is_some()) {
        if !script.errors.iter().any(|wanted| is(wanted, extra)) {
            let message = extra.text.lines().next().unwrap_or_default();
            let _ = writeln!(
                problems,
                "unexpected diagnostic in line {}: {message}",
                extra.line()
            );
        }
    }
    problems
}

fn stderr_of(done: &Finished) -> String {
    if done.stderr.is_empty() {
        return "stderr was empty\n".to_owned();
    }
    let shown: String = done.stderr.chars().take(4000).collect();
    format!("stderr was:\n{shown}\n")
}
