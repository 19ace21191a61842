//! How tests went, in words or as JSON.

use super::cases::Case;
use super::one::Tested;
use crate::args::Format;
use crate::report::{self, Status};
use anstream::adapter::strip_str;
use serde_json::json;
use shape_syntax::visible;
use std::fmt::Write as _;
use std::time::Duration;

/// Counts tests, and tells of each.
pub(super) struct Summary {
    format: Format,
    passed: usize,
    failed: usize,
}

impl Summary {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            passed: 0,
            failed: 0,
        }
    }

    /// Tells how a test went.
    pub(super) fn add(&mut self, case: &Case, tested: Tested) -> Result<(), Status> {
        match tested.failure {
            None => self.passed += 1,
            Some(_) => self.failed += 1,
        }
        match self.format {
            Format::Text => report::print_colored(&in_words(case, &tested)),
            Format::Json => report::print(&as_json(case, &tested)),
        }
    }

    /// Tells how all went.
    ///
    /// # Errors
    /// One has failed, or nobody reads the report.
    pub(super) fn finish(&self, took: Duration) -> Result<(), Status> {
        let (passed, failed) = (self.passed, self.failed);
        let text = match self.format {
            Format::Text if failed == 0 => format!("{passed} passed in {}\n", shown(took)),
            Format::Text => format!("{failed} failed, {passed} passed in {}\n", shown(took)),
            Format::Json => {
                let took = took.as_secs_f64();
                format!(
                    "{}\n",
                    json!({ "passed": passed, "failed": failed, "duration": took })
                )
            }
        };
        report::print(&text)?;
        match failed {
            0 => Ok(()),
            _ => Err(Status::FAILED),
        }
    }
}

/// `ok    FILE NAME (1 ms)`; of one that failed also why, and what it printed.
fn in_words(case: &Case, tested: &Tested) -> String {
    let mut text = String::new();
    let (title, took) = (visible(&case.title()), shown(tested.took));
    let Some(failure) = &tested.failure else {
        return format!("\x1b[32mok\x1b[0m    {title} ({took})\n");
    };
    // Writing into a string cannot fail.
    let _ = writeln!(text, "\x1b[1m\x1b[31mFAIL\x1b[0m  {title} ({took})");
    indented(&mut text, &failure.shown);
    if !tested.output.is_empty() {
        text.push_str("      it printed:\n");
        for line in tested.output.lines() {
            let _ = writeln!(text, "      | {}", visible(line));
        }
    }
    text
}

fn indented(text: &mut String, block: &str) {
    for line in block.lines() {
        let _ = writeln!(text, "{}", format!("      {line}").trim_end());
    }
}

fn as_json(case: &Case, tested: &Tested) -> String {
    let failure = tested.failure.as_ref();
    let line = json!({
        "file": case.file.to_string_lossy(),
        "test": case.function,
        "line": case.line,
        "passed": failure.is_none(),
        "duration": tested.took.as_secs_f64(),
        "message": failure.map(|failure| &failure.message),
        "details": failure.map(|failure| strip_str(&failure.shown).to_string()),
        "output": tested.output,
    });
    format!("{line}\n")
}

fn shown(took: Duration) -> String {
    match took.as_secs() {
        0 => format!("{} ms", took.as_millis()),
        _ => format!("{:.1} s", took.as_secs_f64()),
    }
}
