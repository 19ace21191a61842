//! What an event says. `schema/audit.schema.json` describes the lines.

use super::redact::{Redactor, redacted};
use super::ticket::End;
use crate::command::{Layer, Word};
use crate::guard::AlertKind;
use crate::rules::Decision;
use jiff::Timestamp;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

/// Bytes of one argument, or of one reason, that are written.
const SHOWN_OF_ONE: usize = 512;
/// Bytes of it that are searched for secrets.
const SEARCHED: usize = 8192;
/// Arguments of one command that are written, and programs in it.
const SHOWN: usize = 64;

/// The part of an event that is its own.
pub(super) trait Event: Serialize {}

/// One line.
#[derive(Serialize)]
pub(super) struct Line<'a, E: Event> {
    pub(super) v: u32,
    #[serde(serialize_with = "time")]
    pub(super) time: Timestamp,
    pub(super) event: &'static str,
    pub(super) run: &'a str,
    pub(super) pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    pub(super) subject: &'a str,
    #[serde(flatten)]
    pub(super) body: &'a E,
}

/// A decision on a command, and what it was made from.
#[derive(Serialize)]
pub(crate) struct DecisionEvent<'a> {
    /// The program as it was asked for.
    #[serde(serialize_with = "text")]
    pub(crate) program: &'a OsStr,
    /// The file that would be executed; `None` if there is none.
    #[serde(serialize_with = "path")]
    pub(crate) path: Option<&'a Path>,
    /// The arguments after the program.
    #[serde(skip)]
    pub(crate) args: &'a [OsString],
    /// The directory that it would start in.
    #[serde(serialize_with = "path")]
    pub(crate) cwd: Option<&'a Path>,
    /// The names of the variables that it would get and that the host has not or has otherwise.
    #[serde(serialize_with = "texts")]
    pub(crate) changed_variables: &'a [&'a OsStr],
    /// The command taken apart; the first one is the command itself.
    #[serde(skip)]
    pub(crate) layers: &'a [Layer<'a>],
    /// What becomes of it.
    pub(crate) decision: Decision,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<RuleFacts<'a>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reason")]
    pub(crate) reason: Option<&'a str>,
    /// What decided.
    pub(crate) by: DecidedBy,
    /// How long it took, without waiting for an answer.
    #[serde(rename = "duration_us", serialize_with = "microseconds")]
    pub(crate) duration: Duration,
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct RuleFacts<'a> {
    /// Its name.
    pub(crate) id: &'a str,
    /// Whose it is, for instance `user`.
    pub(crate) source: &'a str,
    /// The file that it is in.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "path")]
    pub(crate) file: Option<&'a Path>,
    /// The line in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DecidedBy {
    Rule,
    Flag,
    Trust,
    Answer,
    Guard,
    Validator,
    Default,
}

/// What somebody answered.
#[derive(Serialize)]
pub(crate) struct AskEvent<'a> {
    /// The program as it was asked for.
    #[serde(serialize_with = "text")]
    pub(crate) program: &'a OsStr,
    /// `yes`, `trust`, `no` or `nobody`.
    pub(crate) answer: &'a str,
    /// What is trusted: `program`, `subcommand` or `exact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<&'a str>,
    /// For how long it is trusted: `run`, `hour`, `file` or `always`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lifetime: Option<&'a str>,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub(crate) duration: Duration,
}

/// Something that looks ill.
#[derive(Serialize)]
pub(super) struct AlertEvent<'a> {
    pub(super) kind: AlertKind,
    #[serde(serialize_with = "said")]
    pub(super) message: &'a str,
}

/// What somebody did to a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GuardAction {
    /// Everything is denied from now on.
    Lockdown,
    /// The lockdown is over, and nothing is counted.
    Reset,
    /// The rules are loaded again.
    Reload,
}

#[derive(Serialize)]
pub(super) struct GuardEvent<'a> {
    pub(super) action: GuardAction,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reason")]
    pub(super) reason: Option<&'a str>,
}

/// A command runs.
#[derive(Serialize)]
pub(super) struct ExecStart {
    pub(super) child: u32,
}

/// A command has ended.
#[derive(Serialize)]
pub(super) struct ExecEnd<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    duration: Duration,
    timed_out: bool,
    truncated: bool,
    survivors: &'a [u32],
    enforced: &'a [&'a str],
}

impl<'a> From<&End<'a>> for ExecEnd<'a> {
    fn from(end: &End<'a>) -> Self {
        Self {
            exit_code: end.exit_code,
            signal: end.signal,
            duration: end.duration,
            timed_out: end.timed_out,
            truncated: end.truncated,
            survivors: end.survivors,
            enforced: end.enforced,
        }
    }
}

impl Event for WithArgs<'_> {}
impl Event for AskEvent<'_> {}
impl Event for AlertEvent<'_> {}
impl Event for GuardEvent<'_> {}
impl Event for ExecStart {}
impl Event for ExecEnd<'_> {}

/// A decision with its arguments, whose secrets only the program tells.
#[derive(Serialize)]
pub(super) struct WithArgs<'a> {
    #[serde(flatten)]
    event: &'a DecisionEvent<'a>,
    args: Arguments<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opaque: Option<&'a str>,
    #[serde(serialize_with = "each")]
    layers: &'a [Layer<'a>],
}

impl<'a> DecisionEvent<'a> {
    pub(super) fn with_args(&'a self) -> WithArgs<'a> {
        let (program, args) = (self.program, Words::Given(self.args));
        let (own, below) = self.layers.split_first().unzip();
        WithArgs {
            event: self,
            args: Arguments { program, args },
            opaque: own.and_then(|own: &Layer<'_>| own.opaque.as_deref()),
            layers: below.unwrap_or_default(),
        }
    }
}

/// Arguments without their secrets.
struct Arguments<'a> {
    program: &'a OsStr,
    args: Words<'a>,
}

#[derive(Clone, Copy)]
enum Words<'a> {
    Given(&'a [OsString]),
    TakenApart(&'a [Word<'a>]),
}

impl<'a> Words<'a> {
    fn len(self) -> usize {
        match self {
            Self::Given(args) => args.len(),
            Self::TakenApart(words) => words.len(),
        }
    }

    /// The argument at `index`; or what is known of it.
    fn get(self, index: usize) -> Result<&'a OsStr, Unknown> {
        match self {
            Self::Given(args) => Ok(&args[index]),
            Self::TakenApart(words) => match &words[index] {
                Word::Text(text) => Ok(text),
                Word::Operands => Err(Unknown {
                    unknown: "operands",
                }),
                Word::Unknown => Err(Unknown { unknown: "any" }),
            },
        }
    }
}

/// Stands for arguments that are not known.
#[derive(Serialize)]
struct Unknown {
    unknown: &'static str,
}

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut redactor = Redactor::new(&self.program.to_string_lossy());
        for index in 0..self.args.len().min(SHOWN) {
            match self.args.get(index) {
                Ok(arg) => {
                    let (searched, unsearched) = searched(arg);
                    list.serialize_element(&cut(redactor.next(&searched), unsearched))?;
                }
                Err(unknown) => list.serialize_element(&unknown)?,
            }
        }
        if let more @ 1.. = self.args.len().saturating_sub(SHOWN) {
            list.serialize_element(&format!("… {more} more arguments"))?;
        }
        list.end()
    }
}

/// A program that another one runs.
#[derive(Serialize)]
struct Below<'a> {
    #[serde(serialize_with = "text")]
    program: &'a OsStr,
    args: Arguments<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opaque: Option<&'a str>,
}

fn each<S: Serializer>(layers: &[Layer<'_>], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for layer in layers.iter().take(SHOWN) {
        let (program, args) = (&*layer.program, Words::TakenApart(&layer.args));
        list.serialize_element(&Below {
            program,
            args: Arguments { program, args },
            opaque: layer.opaque.as_deref(),
        })?;
    }
    if let more @ 1.. = layers.len().saturating_sub(SHOWN) {
        let more = format!("… {more} more programs");
        list.serialize_element(&Below {
            program: OsStr::new(&more),
            args: Arguments {
                program: OsStr::new(""),
                args: Words::Given(&[]),
            },
            opaque: None,
        })?;
    }
    list.end()
}

/// As much of `text` as is searched for secrets, and the number of bytes behind it.
fn searched(text: &OsStr) -> (Cow<'_, str>, usize) {
    let bytes = text.as_bytes();
    let searched = &bytes[..bytes.len().min(SEARCHED)];
    let unsearched = bytes.len() - searched.len();
    (String::from_utf8_lossy(searched), unsearched)
}

/// `text` as far as it is written, with the number of bytes that are not, `more` of which are behind it.
fn cut(text: Cow<'_, str>, more: usize) -> Cow<'_, str> {
    if text.len() <= SHOWN_OF_ONE && more == 0 {
        return text;
    }
    let shown = &text[..text.floor_char_boundary(SHOWN_OF_ONE)];
    let more = more + text.len() - shown.len();
    format!("{shown}… {more} more bytes").into()
}

fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

fn text<S: Serializer>(text: &OsStr, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.to_string_lossy())
}

fn texts<S: Serializer>(texts: &[&OsStr], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| text.to_string_lossy()))
}

fn path<S: Serializer>(path: &Option<&Path>, serializer: S) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => text(path.as_os_str(), serializer),
        None => serializer.serialize_none(),
    }
}

fn reason<S: Serializer>(reason: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    said(reason.unwrap_or_default(), serializer)
}

fn said<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let (searched, unsearched) = searched(OsStr::new(text));
    serializer.serialize_str(&cut(redacted(&searched), unsearched))
}

fn microseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
