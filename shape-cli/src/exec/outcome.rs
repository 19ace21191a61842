//! What came of a command, and how that is told.

use crate::config::Invalid;
use crate::lockdown;
use crate::policy::Unusable;
use crate::report::{self, Status};
use serde_json::{Map, Value, json};
use shape_policy::{Audit, Denial, Quoted, ResolveError};
use shape_process::{Enforced, Error, ErrorKind, Output, Stream};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The exit code when the time was up.
const TIMED_OUT: u8 = 124;
/// When it is this command that failed.
pub(crate) const FAILED: u8 = 125;
/// When the program may not be run, or cannot be executed.
const NOT_EXECUTED: u8 = 126;
/// When there is no such program.
const NOT_FOUND: u8 = 127;
/// `SIGPIPE`
const CLOSED_PIPE: i32 = 13;

/// What came of a command.
pub(super) struct Outcome {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    /// The file that was executed, or would have been.
    pub(super) path: Option<PathBuf>,
    pub(super) result: Result<Output, Failure>,
    pub(super) cut: Option<Cut>,
    /// What may have a warning about itself.
    pub(super) audit: Option<Audit>,
    /// Whether what was dropped of the output is missing from what was shown of it.
    pub(super) shows_part: bool,
}

/// Why a command was not run to its end.
pub(super) enum Failure {
    Engine(Error),
    /// What this command needs itself is not to be had.
    Own(String),
    /// `shape.toml` cannot be used.
    Project(Invalid),
    /// There can be no policy.
    Policy(Unusable),
}

/// What ended a command beside its own limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cut {
    /// A signal that was sent to us.
    Signal(i32),
    /// Nobody reads its output any more.
    ClosedPipe,
    /// Its output cannot be passed on.
    CannotWrite(String),
    /// Everything is ended, for this reason.
    Lockdown(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl Failure {
    fn kind(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.kind().as_str(),
            Self::Own(_) => ErrorKind::Resource.as_str(),
            Self::Project(_) | Self::Policy(_) => ErrorKind::PermissionDenied.as_str(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Engine(error) => error.to_string(),
            Self::Own(message) => message.clone(),
            Self::Project(invalid) => invalid.message(),
            Self::Policy(unusable) => unusable.message(),
        }
    }

    fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Engine(Error::Denied(denial)) => Some(denial),
            _ => None,
        }
    }

    /// What would help, in words for a person.
    fn help(&self) -> Option<String> {
        let denial = self.denial()?;
        let help = denial.help();
        Some(match denial.pending() {
            Some(id) => format!("{help}, or with `shape trust approve {id}`"),
            None => help.to_owned(),
        })
    }

    /// Says on standard error what went wrong.
    fn tell(&self) {
        match self {
            Self::Project(invalid) => drop(invalid.tell()),
            Self::Policy(unusable) => drop(unusable.tell()),
            Self::Engine(_) | Self::Own(_) => {
                report::failure(&self.message(), self.help().as_deref());
            }
        }
    }

    fn exit_code(&self) -> u8 {
        let Self::Engine(error) = self else {
            return FAILED;
        };
        match (error, error.kind()) {
            // The file for its input is none of the program's.
            (Error::Input { .. }, _) => FAILED,
            (_, ErrorKind::Timeout | ErrorKind::IdleTimeout) => TIMED_OUT,
            (
                _,
                ErrorKind::PermissionDenied
                | ErrorKind::RateLimited
                | ErrorKind::NotExecutable
                | ErrorKind::BadInterpreter
                | ErrorKind::TooBig,
            ) => NOT_EXECUTED,
            (_, ErrorKind::NotFound) => NOT_FOUND,
            _ => FAILED,
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Engine(Error::Denied(denial)) => Some(denial.path()),
            Self::Engine(Error::Resolve(
                ResolveError::NotExecutable { path, .. }
                | ResolveError::BadInterpreter { path, .. },
            )) => Some(path),
            _ => None,
        }
    }
}

impl Cut {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Signal(signal) => of_signal(*signal),
            Self::ClosedPipe => of_signal(CLOSED_PIPE),
            Self::CannotWrite(_) => FAILED,
            Self::Lockdown(_) => NOT_EXECUTED,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Signal(_) => ErrorKind::Cancelled.as_str(),
            Self::ClosedPipe => ErrorKind::BrokenPipe.as_str(),
            Self::CannotWrite(_) => ErrorKind::Resource.as_str(),
            Self::Lockdown(_) => ErrorKind::PermissionDenied.as_str(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Signal(signal) => format!("ended because signal {signal} came"),
            Self::ClosedPipe => "ended because nobody reads its output any more".to_owned(),
            Self::CannotWrite(message) => message.clone(),
            Self::Lockdown(reason) => format!("ended by a lockdown: {reason}"),
        }
    }
}

fn of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

impl Outcome {
    /// What the command ends with.
    pub(super) fn status(&self) -> Status {
        Status(match (&self.cut, &self.result) {
            (Some(cut), _) => cut.exit_code(),
            (None, Ok(output)) => u8::try_from(output.status).unwrap_or(u8::MAX),
            (None, Err(failure)) => failure.exit_code(),
        })
    }

    /// What the program left behind, if it was started.
    pub(super) fn output(&self) -> Option<&Output> {
        match &self.result {
            Ok(output) => Some(output),
            Err(Failure::Engine(error)) => error.output(),
            Err(Failure::Own(_) | Failure::Project(_) | Failure::Policy(_)) => None,
        }
    }

    /// Says on standard error what went wrong and what is left.
    pub(super) fn tell(&self) {
        match (&self.cut, &self.result) {
            // Who sent the signal, or closed the pipe, knows.
            (Some(Cut::Signal(_) | Cut::ClosedPipe), _) | (None, Ok(_)) => {}
            (Some(cut @ Cut::CannotWrite(_)), _) => report::failure(&cut.message(), None),
            (Some(cut @ Cut::Lockdown(_)), _) => {
                report::failure(&cut.message(), Some(lockdown::HELP));
            }
            (None, Err(failure)) => failure.tell(),
        }
        if let Some(warning) = self.audit.as_ref().and_then(|audit| audit.take_warning()) {
            report::note(&warning.to_string());
        }
        let Some(output) = self.output() else { return };
        if self.shows_part && output.truncated {
            let missing = output.dropped_bytes;
            report::note(&format!("{missing} bytes of the output were left out"));
        }
        for (stream, file) in [
            (Stream::Stdout, &output.stdout_file),
            (Stream::Stderr, &output.stderr_file),
        ] {
            if let Some(file) = file {
                report::note(&format!("all of {stream} is in {}", Quoted::new(file)));
            }
        }
        if !output.survivors.is_empty() {
            let survivors: Vec<String> = output.survivors.iter().map(u32::to_string).collect();
            report::failure(
                &format!("could not be ended: {}", survivors.join(", ")),
                None,
            );
        }
    }

    /// All of it as a line of JSON.
    pub(super) fn json(&self) -> String {
        let mut facts = Map::new();
        let mut add = |name: &str, fact: Value| drop(facts.insert(name.to_owned(), fact));
        let failure = self.result.as_ref().err();
        let output = self.output();
        let kind = match &self.cut {
            Some(cut) => Some(cut.kind()),
            None => failure.map(Failure::kind),
        };
        let message = match &self.cut {
            Some(cut) => Some(cut.message()),
            None => failure.map(Failure::message),
        };
        let path = self.path.as_deref();
        let path = path.or_else(|| failure.and_then(Failure::path));
        let args: Vec<_> = self.args.iter().map(|arg| arg.to_string_lossy()).collect();
        add("program", json!(self.program.to_string_lossy()));
        add("path", json!(path.map(Path::to_string_lossy)));
        add("args", json!(args));
        add("exit_code", json!(self.status().0));
        add("pid", json!(output.map(|it| it.pid)));
        add("status", json!(output.map(|it| it.status)));
        add("signal", json!(output.and_then(|it| it.signal)));
        add("kind", json!(kind));
        add("message", json!(message));
        let denial = failure.and_then(Failure::denial);
        add("help", json!(denial.map(Denial::help)));
        add("pending", json!(denial.and_then(Denial::pending)));
        add("timed_out", json!(output.is_some_and(|it| it.timed_out)));
        let is_idle = kind == Some(ErrorKind::IdleTimeout.as_str());
        add("idle", json!(is_idle));
        let is_waiting = output.is_some_and(|it| it.waiting_for_input);
        add("waiting_for_input", json!(is_waiting));
        let mut lossy = false;
        let milliseconds = output.map(|it| it.duration.as_micros() as f64 / 1000.0);
        add("duration_ms", json!(milliseconds));
        for (name, bytes, file) in [
            (
                "stdout",
                output.map(|it| &*it.stdout),
                output.and_then(|it| it.stdout_file.as_deref()),
            ),
            (
                "stderr",
                output.map(|it| &*it.stderr),
                output.and_then(|it| it.stderr_file.as_deref()),
            ),
        ] {
            let bytes = bytes.unwrap_or_default();
            let text = String::from_utf8_lossy(bytes);
            let is_lossy = matches!(text, Cow::Owned(_));
            lossy |= is_lossy;
            add(name, json!(text));
            let encoded = is_lossy.then(|| base64(bytes));
            add(&format!("{name}_base64"), json!(encoded));
            let file = file.map(|path| OsStr::to_string_lossy(path.as_os_str()));
            add(&format!("{name}_file"), json!(file));
        }
        add("lossy", json!(lossy));
        add("truncated", json!(output.is_some_and(|it| it.truncated)));
        add(
            "dropped_bytes",
            json!(output.map_or(0, |it| it.dropped_bytes)),
        );
        add(
            "leftovers",
            json!(output.map_or(&[][..], |it| &it.leftovers)),
        );
        add(
            "survivors",
            json!(output.map_or(&[][..], |it| &it.survivors)),
        );
        add("enforced", enforced(output.map(|it| it.enforced)));
        add("launcher", json!("warden"));
        Value::Object(facts).to_string()
    }
}

fn enforced(limits: Option<Enforced>) -> Value {
    let limits = limits.unwrap_or_default();
    json!({
        "cpu": limits.cpu,
        "memory": limits.memory,
        "files": limits.files,
        "processes": limits.processes,
    })
}

/// # Source
/// RFC 4648, section 4
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            text.push(match digit <= three.len() {
                true => char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }
}
