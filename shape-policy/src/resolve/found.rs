//! What a resolver found, to be compared with what another one finds.

use super::Resolved;
use super::program::{FileId, Program, Version};
use crate::remote::os_text;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;

/// All of a [`Resolved`] but its environment. Of two that are equal the same would run, in the same
/// place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    program: FoundProgram,
    #[serde(with = "os_text")]
    cwd: PathBuf,
    cwd_id: Option<FileId>,
    has_own_path: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FoundProgram {
    #[serde(with = "os_text")]
    path: PathBuf,
    #[serde(with = "os_text")]
    entry: PathBuf,
    #[serde(with = "os_text")]
    canonical: PathBuf,
    version: Version,
    interpreter: Option<Box<FoundInterpreter>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FoundInterpreter {
    #[serde(with = "os_text")]
    written: OsString,
    #[serde(with = "os_text")]
    argument: Option<OsString>,
    program: Option<FoundProgram>,
}

impl From<&Resolved> for Found {
    fn from(resolved: &Resolved) -> Self {
        Self {
            program: resolved.program().into(),
            cwd: resolved.cwd().to_owned(),
            cwd_id: resolved.cwd_id(),
            has_own_path: resolved.has_own_path(),
        }
    }
}

impl From<&Program> for FoundProgram {
    fn from(program: &Program) -> Self {
        let interpreter = program.interpreter().map(|interpreter| FoundInterpreter {
            written: interpreter.written().into(),
            argument: interpreter.argument().map(Into::into),
            program: interpreter.program().map(Self::from),
        });
        Self {
            path: program.path().to_owned(),
            entry: program.entry().to_owned(),
            canonical: program.canonical().to_owned(),
            version: program.version().clone(),
            interpreter: interpreter.map(Box::new),
        }
    }
}
