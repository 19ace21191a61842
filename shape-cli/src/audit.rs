//! `shape audit`

use crate::args::Format;
use crate::places::{NO_HOME, Places};
use crate::policy_args::{AuditCommand, AuditFile, AuditShowArgs, AuditTailArgs};
use crate::report::{self, Status};
use crate::shown;
use rustix::event::{PollFd, PollFlags, poll};
use serde_json::Value;
use shape_policy::{AuditFilter, AuditLog, AuditPage, AuditRecord, Quoted};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

/// Digits of the name of a run that are shown.
const SHOWN_OF_RUN: usize = 8;

/// Prints what was written down.
pub(crate) fn main(command: AuditCommand) -> Result<(), Status> {
    match command {
        AuditCommand::Tail(args) => tail(&args),
        AuditCommand::Show(args) => show(&args),
    }
}

fn path(file: &AuditFile) -> Result<PathBuf, Status> {
    let usual = || Places::of_this_process().audit();
    let path = file.path.clone().or_else(usual);
    path.ok_or_else(|| report::usage(NO_HOME))
}

fn tail(args: &AuditTailArgs) -> Result<(), Status> {
    let path = path(&args.file)?;
    let log = AuditLog::at(&path);
    let failed = |error: io::Error| {
        report::failure(
            &format!("cannot read {}: {error}", Quoted::new(&path)),
            None,
        );
        Status::FAILED
    };
    let all = AuditFilter::default();
    // What is written meanwhile comes with what follows.
    let follow = args
        .follow
        .then(|| log.follow(all.clone()))
        .transpose()
        .map_err(failed)?;
    let page = log.last(args.lines, &all).map_err(failed)?;
    if page.records.is_empty() && follow.is_none() {
        report::note(&format!("nothing is written in {}", Quoted::new(&path)));
    }
    print(&page, args.output_format)?;
    let Some(mut follow) = follow else {
        return Ok(());
    };
    loop {
        print(&follow.read().map_err(failed)?, args.output_format)?;
        let mut polled = [PollFd::from_borrowed_fd(follow.as_fd(), PollFlags::IN)];
        rustix::io::retry_on_intr(|| poll(&mut polled, None))
            .map_err(|errno| failed(errno.into()))?;
    }
}

fn show(args: &AuditShowArgs) -> Result<(), Status> {
    let path = path(&args.file)?;
    let log = AuditLog::at(&path);
    for filter in filters(&args.id) {
        let page = log.last(usize::MAX, &filter).map_err(|error| {
            report::failure(
                &format!("cannot read {}: {error}", Quoted::new(&path)),
                None,
            );
            Status::FAILED
        })?;
        if !page.records.is_empty() {
            return print(&page, args.output_format);
        }
    }
    let message = format!(
        "{} has no event of {}",
        Quoted::new(&path),
        Quoted::new(&args.id)
    );
    let help = "`shape audit tail` shows the last ones, each with RUN/ID";
    report::failure(&message, Some(help));
    Err(Status::FAILED)
}

/// What `RUN/ID`, `RUN` or `ID` may mean, the likeliest first.
fn filters(name: &str) -> Vec<AuditFilter> {
    let of_run = |run: &str| AuditFilter {
        run: Some(run.to_owned()),
        ..AuditFilter::default()
    };
    let number = |id: &str| id.parse::<u64>().ok();
    if let Some((run, id)) = name.split_once('/') {
        let both = |id| AuditFilter {
            id: Some(id),
            ..of_run(run)
        };
        return number(id).map(both).into_iter().collect();
    }
    let of_command = |id| AuditFilter {
        id: Some(id),
        ..AuditFilter::default()
    };
    let run = (!name.is_empty()).then(|| of_run(name));
    run.into_iter()
        .chain(number(name).map(of_command))
        .collect()
}

fn print(page: &AuditPage, format: Format) -> Result<(), Status> {
    let mut text = String::new();
    for record in &page.records {
        match format {
            Format::Json => {
                text.push_str(record.line());
                text.push('\n');
            }
            Format::Text => describe(&mut text, record),
        }
    }
    report::print(&text)?;
    for torn in &page.torn {
        report::note(&format!(
            "{} holds {} bytes at {} that are no event",
            Quoted::new(&torn.path),
            torn.length,
            torn.offset
        ));
    }
    Ok(())
}

/// `TIME RUN/ID EVENT: WHAT`
fn describe(text: &mut String, record: &AuditRecord) {
    let event = record.value();
    let run = event["run"].as_str().unwrap_or("?");
    let run = run.get(..SHOWN_OF_RUN).unwrap_or(run);
    let id = event["id"].as_u64().map(|id| format!("/{id}"));
    let kind = word(&event["event"]);
    // Writing into a string cannot fail.
    let _ = writeln!(
        text,
        "{} {}{} {kind:<10} {}",
        word(&event["time"]),
        shown::word(run),
        id.unwrap_or_default(),
        match kind.as_str() {
            "decision" => decision(event),
            "ask" => words(event, &["answer", "scope", "lifetime"]),
            "exec_start" => format!("process {}", word(&event["child"])),
            "exec_end" => end(event),
            "alert" => format!("{}: {}", word(&event["kind"]), sentence(&event["message"])),
            "guard" => format!("{} {}", word(&event["action"]), sentence(&event["reason"])),
            _ => shown::sentence(record.line()),
        }
        .trim_end()
    );
}

/// `allow git status (rule git-readonly, FILE:LINE)`
fn decision(event: &Value) -> String {
    let args = event["args"].as_array().into_iter().flatten();
    let words = std::iter::once(&event["program"]).chain(args);
    let command: Vec<String> = words.map(word).collect();
    let mut why = vec![word(&event["by"])];
    let rule = &event["rule"];
    if rule.is_object() {
        why.push(word(&rule["id"]));
        let line = rule["line"].as_u64().map(|line| format!(":{line}"));
        if rule["file"].is_string() {
            why.push(word(&rule["file"]) + &line.unwrap_or_default());
        }
    }
    if event["reason"].is_string() {
        why.push(sentence(&event["reason"]));
    }
    format!(
        "{} {} ({})",
        word(&event["decision"]),
        command.join(" "),
        why.join(", ")
    )
}

/// `exit code 0 after 3 ms`
fn end(event: &Value) -> String {
    let mut text = match (event["exit_code"].as_i64(), event["signal"].as_i64()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "its end is not known".to_owned(),
    };
    let _ = write!(text, " after {} ms", word(&event["duration_ms"]));
    for (key, what) in [
        ("timed_out", ", its time was up"),
        ("truncated", ", output was cut"),
    ] {
        if event[key] == true {
            text.push_str(what);
        }
    }
    let survivors = event["survivors"].as_array().into_iter().flatten();
    let survivors: Vec<String> = survivors.map(word).collect();
    if !survivors.is_empty() {
        let _ = write!(text, ", could not be ended: {}", survivors.join(", "));
    }
    text
}

/// The values of these keys, with blanks between.
fn words(event: &Value, keys: &[&str]) -> String {
    let known = keys
        .iter()
        .map(|key| &event[*key])
        .filter(|value| !value.is_null());
    known.map(word).collect::<Vec<_>>().join(" ")
}

/// A value as a word.
fn word(value: &Value) -> String {
    match value {
        Value::Null => "?".to_owned(),
        Value::String(text) => shown::word(OsStr::new(text)),
        other => shown::sentence(&other.to_string()),
    }
}

/// A value as a sentence; nothing if there is none.
fn sentence(value: &Value) -> String {
    value.as_str().map(shown::sentence).unwrap_or_default()
}
