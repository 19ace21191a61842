//! From what the engine says to what a script catches.
//!
//! A message starts with the function and the program, `io.exec("git"): …`. The facts behind it
//! are in `details`, which is a JSON object, so that a script can read any of them without knowing
//! the kind first.

use shape_policy::{Decision, Denial, Quoted, ResolveError};
use shape_process::{Error, Output};
use shape_runtime::{Raise, Stop};
use shape_value::{Array, Key, Map, Value};
use std::ffi::OsStr;
use std::path::Path;

/// The error of `function` on `program`, as a script catches it. That the run was cancelled is none:
/// it ends the script.
#[cold]
pub(crate) fn raise(function: &str, program: &str, error: Error) -> Raise {
    raise_with(function, program, None, error)
}

/// As [`raise`], for one program of several: which list it stands in, and where.
#[cold]
pub(crate) fn raise_at(
    function: &str,
    program: &str,
    at: (&'static str, usize),
    error: Error,
) -> Raise {
    raise_with(function, program, Some(at), error)
}

fn raise_with(
    function: &str,
    program: &str,
    at: Option<(&'static str, usize)>,
    error: Error,
) -> Raise {
    if matches!(error, Error::Cancelled { .. }) {
        return Stop::Cancelled.into();
    }
    let reason = match at {
        Some((list, index)) => format!("{list}[{index}]: {}", reason(&error)),
        None => reason(&error),
    };
    let message = format!("{}: {reason}", place(function, Some(program)));
    let raise = Raise::error(error.kind().as_str(), message);
    let raise = if error.retryable() {
        raise.retryable()
    } else {
        raise
    };
    let mut facts = details(&error);
    if let Some((_, index)) = at {
        facts.add("index", index as u64);
    }
    match facts.0.is_empty() {
        true => raise,
        false => raise.with_details(Value::map(facts.0)),
    }
}

/// The error of kind `invalid` of an argument that the engine does not get to see.
#[cold]
pub(crate) fn invalid(function: &str, program: Option<&str>, reason: &str) -> Raise {
    Raise::invalid(format!("{}: {reason}", place(function, program)))
}

/// `io.exec("git")`
fn place(function: &str, program: Option<&str>) -> String {
    match program {
        Some(program) => format!("io.{function}({})", Quoted::new(program)),
        None => format!("io.{function}"),
    }
}

/// The message without the program in front.
fn reason(error: &Error) -> String {
    match error {
        Error::Resolve(ResolveError::NotFound {
            program, nearest, ..
        }) => not_found(program, nearest.as_deref()),
        Error::Denied(denial) => {
            let path = Quoted::new(denial.path());
            format!("permission denied: {path} may not run: {}", denial.why())
        }
        other => {
            // The engine starts with the program in quotes; the function's name stands there already.
            let text = other.to_string();
            let rest = after_quotation(&text).and_then(|rest| rest.strip_prefix(": "));
            rest.map_or_else(|| text.clone(), str::to_owned)
        }
    }
}

/// What follows the quotation that `text` starts with.
fn after_quotation(text: &str) -> Option<&str> {
    let mut chars = text.strip_prefix('"')?.chars();
    loop {
        match chars.next()? {
            '"' => return Some(chars.as_str()),
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
}

/// Where it was looked for is in the details: a `PATH` is long.
fn not_found(program: &OsStr, nearest: Option<&str>) -> String {
    let has_slash = program.as_encoded_bytes().contains(&b'/');
    let reason = if has_slash {
        "no such file"
    } else {
        "not found on PATH"
    };
    match nearest {
        Some(nearest) => format!("{reason}; did you mean {}?", Quoted::new(nearest)),
        None => reason.to_owned(),
    }
}

/// The facts behind an error.
fn details(error: &Error) -> Facts {
    let mut facts = Facts::default();
    match error {
        Error::Resolve(error) => resolve_details(error, &mut facts),
        Error::Denied(denial) => denial_details(denial, &mut facts),
        Error::Timeout { after, .. } => {
            facts.add(
                "timeout_ms",
                u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            );
        }
        Error::IdleTimeout { after, .. } => {
            facts.add(
                "idle_timeout_ms",
                u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            );
        }
        Error::Spill {
            stream,
            path,
            reason,
            ..
        } => {
            facts.add("stream", stream.to_string());
            facts.add("path", path.as_path());
            facts.add("reason", reason.to_string());
        }
        Error::OutputLimit { stream, limit, .. } => {
            facts.add("stream", stream.to_string());
            facts.add("limit", *limit);
        }
        Error::LineLimit { limit } => facts.add("limit", *limit as u64),
        Error::BrokenPipe { written, .. } => facts.add("written", *written as u64),
        Error::InvalidUtf8 { valid_up_to, .. } => facts.add("valid_up_to", *valid_up_to as u64),
        Error::Input { path, .. } => facts.add("path", path.as_path()),
        _ => {}
    }
    if let Some(output) = error.output() {
        output_details(output, &mut facts);
    }
    facts
}

fn resolve_details(error: &ResolveError, facts: &mut Facts) {
    match error {
        ResolveError::BadCwd { path, reason }
        | ResolveError::NotExecutable { path, reason }
        | ResolveError::Resource { path, reason } => {
            facts.add("path", path.as_path());
            facts.add("reason", reason.as_str());
        }
        ResolveError::NotFound {
            program,
            searched,
            nearest,
        } => {
            facts.add("program", Path::new(program));
            facts.list(
                "searched",
                searched.iter().map(|path| path.as_path().into()),
            );
            if let Some(nearest) = nearest {
                facts.add("nearest", nearest.as_str());
            }
        }
        ResolveError::BadInterpreter { path, interpreter } => {
            facts.add("path", path.as_path());
            facts.add("interpreter", interpreter.as_path());
        }
        ResolveError::Changed { path } => facts.add("path", path.as_path()),
        _ => {}
    }
}

fn denial_details(denial: &Denial, facts: &mut Facts) {
    facts.add("program", Path::new(denial.program()));
    facts.add("path", denial.path());
    facts.add("decision", Decision::Deny.to_string());
    facts.add("reason", denial.reason().to_string());
    facts.add("help", denial.help());
    if let Some(command) = denial.inner() {
        facts.add("runs", command);
    }
    if let Some(rule) = denial.rule() {
        facts.add("rule", rule.id.as_str());
        facts.add("source", rule.place());
    }
    if let Some(id) = denial.pending() {
        facts.add("pending", id);
    }
    if let Some(time) = denial.retry_after() {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        facts.add("retry_ms", millis);
    }
}

fn output_details(output: &Output, facts: &mut Facts) {
    facts.add("status", i64::from(output.status));
    facts.0.insert(
        Key::from("signal"),
        output
            .signal
            .map_or(Value::None, |signal| Value::Int(signal.into())),
    );
    facts.add("stdout", &*String::from_utf8_lossy(&output.stdout));
    facts.add("stderr", &*String::from_utf8_lossy(&output.stderr));
    facts
        .0
        .insert(Key::from("truncated"), Value::Bool(output.truncated));
    facts.add("dropped_bytes", output.dropped_bytes);
    let pids = |pids: &[u32]| {
        pids.iter()
            .map(|&pid| u64::from(pid).into())
            .collect::<Vec<_>>()
    };
    facts.list("survivors", pids(&output.survivors).into_iter());
    facts.list("leftovers", pids(&output.leftovers).into_iter());
    let waiting = Value::Bool(output.waiting_for_input);
    facts.0.insert(Key::from("waiting_for_input"), waiting);
    for (name, file) in [
        ("stdout_file", &output.stdout_file),
        ("stderr_file", &output.stderr_file),
    ] {
        if let Some(path) = file {
            facts.add(name, path.as_path());
        }
    }
}

/// A JSON object under construction.
#[derive(Default)]
struct Facts(Map);

impl Facts {
    fn add(&mut self, name: &str, fact: impl Into<Fact>) {
        self.0.insert(Key::from(name), fact.into().0);
    }

    fn list(&mut self, name: &str, facts: impl Iterator<Item = Fact>) {
        let values = facts.map(|fact| fact.0).collect();
        self.0
            .insert(Key::from(name), Value::array(Array::Values(values)));
    }
}

/// A JSON value.
struct Fact(Value);

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&Path> for Fact {
    fn from(path: &Path) -> Self {
        path.to_string_lossy().into_owned().into()
    }
}

impl From<i64> for Fact {
    fn from(number: i64) -> Self {
        Self(Value::Int(number))
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Self {
        i64::try_from(number).unwrap_or(i64::MAX).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shape_policy::{Policy, ProcessGrant};
    use shape_process::{CancelToken, ErrorKind, Run, Spec};
    use shape_value::ErrorValue;
    use std::rc::Rc;
    use std::time::Duration;

    fn error(error: Error) -> Rc<ErrorValue> {
        match raise("exec", "git", error) {
            Raise::Error(error) => error,
            Raise::Stop(stop) => panic!("{stop:?}"),
        }
    }

    /// What `spec` fails with when everything is allowed.
    fn failure(grant: ProcessGrant, spec: Spec) -> Rc<ErrorValue> {
        let run = Run::new(CancelToken::new().unwrap()).unwrap();
        let approved = Policy::new(grant).approve(spec).map_err(Error::from);
        error(approved.and_then(|spec| run.exec(spec)).unwrap_err())
    }

    fn detail(error: &ErrorValue, name: &str) -> String {
        let found = error
            .details
            .as_map()
            .and_then(|map| map.get(&Key::from(name)));
        found.map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn an_unknown_program_is_not_found() {
        let spec = Spec::new("no-such-program").env("PATH", "/usr/bin:/nowhere");
        let error = failure(ProcessGrant::all(), spec);
        assert_eq!(&*error.kind, "not_found");
        assert_eq!(&*error.message, "io.exec(\"git\"): not found on PATH");
        assert_eq!(detail(&error, "searched"), "[/usr/bin, /nowhere]");
        assert!(!error.retryable);
        let error = failure(ProcessGrant::all(), Spec::new("/no/such/program"));
        assert_eq!(&*error.message, "io.exec(\"git\"): no such file");
    }

    #[test]
    fn a_denial_says_how_to_allow_it() {
        let error = failure(ProcessGrant::none(), Spec::new("cat"));
        assert_eq!(&*error.kind, "permission_denied");
        assert!(
            error
                .message
                .ends_with("may not run: no rule allows it, and there is nobody to ask"),
            "{}",
            error.message
        );
        assert!(
            detail(&error, "help").contains("--allow-process"),
            "{:?}",
            error.details
        );
    }

    #[test]
    fn a_timeout_keeps_what_there_was() {
        let spec = Spec::new("sh").args(["-c", "echo partial; sleep 60"]);
        let error = failure(
            ProcessGrant::all(),
            spec.timeout(Duration::from_millis(300)),
        );
        assert_eq!(&*error.kind, "timeout");
        assert_eq!(&*error.message, "io.exec(\"git\"): timed out after 300ms");
        assert_eq!(detail(&error, "stdout"), "partial\n");
        assert_eq!(detail(&error, "timeout_ms"), "300");
        assert_eq!(detail(&error, "survivors"), "[]");
    }

    #[test]
    fn a_limit_names_its_stream() {
        let spec = Spec::new("sh").args(["-c", "echo 123456789"]).max_output(4);
        let error = failure(ProcessGrant::all(), spec);
        assert_eq!(&*error.kind, "output_limit");
        assert_eq!(
            (&*detail(&error, "stream"), &*detail(&error, "limit")),
            ("stdout", "4")
        );
    }

    #[test]
    fn a_refused_exit_code_shows_what_was_said() {
        let spec = Spec::new("sh")
            .args(["-c", "echo 'why: \"x\": y' >&2; exit 3"])
            .accept([0]);
        let error = failure(ProcessGrant::all(), spec);
        assert_eq!(&*error.kind, "exit_status");
        assert_eq!(
            &*error.message,
            "io.exec(\"git\"): exit code 3\nwhy: \"x\": y"
        );
        assert_eq!(
            (&*detail(&error, "status"), &*detail(&error, "signal")),
            ("3", "None")
        );
    }

    #[test]
    fn what_may_go_away_is_retryable() {
        let source = std::io::Error::from_raw_os_error(11);
        let error = error(Error::Resource {
            program: "git".into(),
            what: "starting it",
            source,
        });
        assert!(error.retryable && &*error.kind == ErrorKind::Resource.as_str());
        assert!(
            error
                .message
                .starts_with("io.exec(\"git\"): the system is out"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_program_with_an_odd_name_is_named_once() {
        let program = "a\": b\n".into();
        let error = error(Error::TooBig { program });
        assert!(
            error.message.starts_with("io.exec(\"git\"): the arguments"),
            "{}",
            error.message
        );
    }

    #[test]
    fn cancelling_is_no_error() {
        let raised = raise(
            "exec",
            "git",
            Error::Cancelled {
                program: "git".into(),
            },
        );
        assert!(matches!(raised, Raise::Stop(Stop::Cancelled)));
    }
}
