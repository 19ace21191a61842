//! What a decision rests on.

use crate::quote::{Quoted, Sentence};
use crate::remote::os_text;
use crate::rules::RuleRef;
use crate::trust::GrantId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What the decision about one program rests on. It displays as the end of "it is allowed (asked about,
/// denied): …".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ground {
    /// This rule, which matches.
    Rule(Arc<RuleRef>),
    /// This rule, which matches or not depending on what is not known before it runs, and what that is.
    CouldMatch(Arc<RuleRef>, String),
    /// This rule, which lets the program that runs this one run anything.
    RunsAnything(Arc<RuleRef>),
    /// Somebody trusted it, by the grant of this id.
    Trusted(GrantId),
    /// It is a part of the shell that runs it, and does nothing outside of that.
    ShellBuiltin,
    /// What it runs or is given cannot be known before it runs, for this reason; no rule allows that.
    Opaque(String),
    /// It is given a variable that makes programs run other code.
    SetsCode {
        /// The name of the variable.
        #[serde(with = "os_text")]
        variable: OsString,
        /// How it does that.
        how: Cow<'static, str>,
    },
    /// It is to outlive the run.
    Detached,
    /// It would write to this file, which the policy rests on.
    Protected(#[serde(with = "os_text")] PathBuf),
    /// A [`Validator`](crate::Validator) wants it so, for this reason.
    Validator(String),
    /// No rule says anything.
    NoRule,
}

impl Ground {
    /// The rule, if it is one.
    pub fn rule(&self) -> Option<&Arc<RuleRef>> {
        match self {
            Self::Rule(rule) | Self::CouldMatch(rule, _) | Self::RunsAnything(rule) => Some(rule),
            _ => None,
        }
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => match &rule.reason {
                Some(reason) => write!(f, "{rule}: {}", Sentence(reason)),
                None => rule.fmt(f),
            },
            Self::CouldMatch(rule, why) => write!(f, "{rule} could match: {why}"),
            Self::RunsAnything(rule) => write!(f, "what runs it may run anything by {rule}"),
            Self::Trusted(id) => write!(f, "trusted by the grant {id}"),
            Self::ShellBuiltin => f.write_str("a part of the shell"),
            Self::Opaque(why) => write!(f, "what it does cannot be known before it runs: {why}"),
            Self::SetsCode { variable, how } => write!(
                f,
                "it sets {}, {how}; that needs --allow-process without a list",
                Quoted::new(variable)
            ),
            Self::Detached => f.write_str("it is to outlive the run; that needs --allow-detach"),
            Self::Protected(path) => write!(
                f,
                "it would write to {}, which holds what may run",
                Quoted::new(path)
            ),
            Self::Validator(why) => f.write_str(why),
            Self::NoRule => f.write_str("no rule"),
        }
    }
}
