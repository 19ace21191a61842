//! Questions that could not be asked, kept for somebody to answer later.

use super::TrustStore;
use super::document::{self, list_or_null, new_id};
use super::error::TrustError;
use super::grant::{Grant, NewGrant, now};
use super::scope::{Trust, TrustScope};
use crate::resolve::program::Program;
use crate::store::AtomicFile;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Questions that are kept; older ones make room.
const KEPT: usize = 100;
/// Bytes of the arguments of a question that are kept.
const ARGUMENTS: usize = 8 << 10;
/// Bytes of a reason that are kept.
const REASON: usize = 1 << 10;

/// The questions that runs left when nobody could be asked. They are in a file, which processes share.
#[derive(Debug, Clone)]
pub struct Pending {
    file: AtomicFile,
}

/// A program that somebody would have been asked about. It is serialised as it stands in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Question {
    /// What it is called: eight hexadecimal digits.
    pub id: String,
    /// The absolute path of the program, as [`Program::entry`] has it.
    pub program: String,
    /// The arguments after the program.
    pub args: Vec<String>,
    /// The directory that it was to start in.
    pub cwd: String,
    /// When it was asked first; `None` if that was not written down.
    #[serde(
        default,
        with = "document::time",
        skip_serializing_if = "Option::is_none"
    )]
    pub asked_at: Option<Timestamp>,
    /// Why it did not run.
    pub reason: String,
    /// Why it can be read and not be approved: what stands here is not the whole command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// What else stands in the file.
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// The whole file. What is not known is kept as it is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Questions {
    #[serde(default, deserialize_with = "list_or_null")]
    pending: Vec<Question>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

impl Pending {
    /// The questions in the file at `path`, which need not be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            file: AtomicFile::new(path),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The questions, oldest first.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`].
    pub fn list(&self) -> Result<Vec<Question>, TrustError> {
        Ok(self.parse(self.file.read()?.as_deref())?.pending)
    }

    /// Leaves a question, and returns what it is called. If the same was asked already, it is that one. Of
    /// more than 100 the oldest are dropped; arguments are cut after 8 KiB.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`]; then nothing is left.
    ///
    /// # Blocking
    /// As [`TrustStore::add`].
    pub(crate) fn leave(
        &self,
        program: &Program,
        args: &[OsString],
        cwd: &Path,
        reason: &str,
    ) -> Result<String, TrustError> {
        let question = Question::new(program, args, cwd, reason);
        // A loop that asks the same again and again does not make others wait.
        let known = self.list()?;
        if let Some(known) = known.iter().find(|known| known.is_same(&question)) {
            return Ok(known.id.clone());
        }
        self.change(|questions| questions.leave(question))
    }

    /// Whether a question about this would hold all of it, so that it can be approved.
    pub(crate) fn holds_whole(program: &Program, args: &[OsString], cwd: &Path) -> bool {
        Question::new(program, args, cwd, "").incomplete.is_none()
    }

    /// Trusts what a question was about, in `store`, and takes the question away. With
    /// [`TrustScope::Subcommand`] the first argument is what is trusted. `granted_by` says who approves.
    ///
    /// # Errors
    /// [`TrustError::NoSuchQuestion`]; [`TrustError::Meaningless`] if the question does not hold the whole
    /// command, for a subcommand if the first argument is an option, and for [`TrustScope::File`];
    /// [`TrustError::Program`] if the program is not there any more; and those of [`NewGrant::command`]
    /// and [`TrustStore::add`].
    ///
    /// # Blocking
    /// As [`TrustStore::add`].
    pub fn approve(
        &self,
        id: &str,
        trust: Trust,
        store: &TrustStore,
        granted_by: impl Into<String>,
    ) -> Result<Grant, TrustError> {
        let questions = self.list()?;
        let question = questions.iter().find(|question| question.id == id);
        let question = question.ok_or_else(|| TrustError::NoSuchQuestion { id: id.to_owned() })?;
        let meaningless = |reason| TrustError::Meaningless {
            program: PathBuf::from(&question.program),
            reason,
        };
        if question.incomplete.is_some() {
            return Err(meaningless(
                "the question does not hold the whole command; run it where somebody can be asked",
            ));
        }
        let args = match trust.scope {
            TrustScope::Subcommand => NewGrant::subcommand(&question.args).ok_or_else(|| {
                meaningless(
                    "its first argument names no subcommand; trust the exact command instead",
                )
            })?,
            _ => &question.args,
        };
        let program = Program::at(Path::new(&question.program))?;
        let mut grant = NewGrant::command(&program, args, trust, granted_by)?;
        if trust.scope == TrustScope::Exact {
            grant = grant.in_directory(Path::new(&question.cwd))?;
        }
        let grant = store.add(grant)?;
        // What is trusted and still asked for does less harm than what is neither.
        self.dismiss(id)?;
        Ok(grant)
    }

    /// Takes a question away, and returns it; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`]; then it is still there.
    ///
    /// # Blocking
    /// As [`TrustStore::add`].
    pub fn dismiss(&self, id: &str) -> Result<Option<Question>, TrustError> {
        if self.file.stamp()?.is_none() {
            return Ok(None);
        }
        self.change(|questions| {
            let mut taken = questions
                .pending
                .extract_if(.., |question| question.id == id);
            let first = taken.next();
            taken.for_each(drop);
            Ok(first)
        })
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Questions) -> Result<T, TrustError>,
    ) -> Result<T, TrustError> {
        self.file.update(|content| {
            let mut questions = self.parse(content)?;
            let result = change(&mut questions)?;
            let content = document::print(&questions, self.file.path())?;
            Ok((content, result))
        })
    }

    fn parse(&self, content: Option<&[u8]>) -> Result<Questions, TrustError> {
        let content = content.unwrap_or_default();
        match content.trim_ascii().is_empty() {
            true => Ok(Questions::default()),
            false => document::parse(content, self.file.path()),
        }
    }
}

impl Questions {
    fn leave(&mut self, mut question: Question) -> Result<String, TrustError> {
        if let Some(known) = self.pending.iter().find(|known| known.is_same(&question)) {
            return Ok(known.id.clone());
        }
        question.id = new_id(|id| self.pending.iter().any(|question| question.id == id))?;
        let id = question.id.clone();
        self.pending.push(question);
        let too_many = self.pending.len().saturating_sub(KEPT);
        self.pending.drain(..too_many);
        Ok(id)
    }
}

impl Question {
    fn new(program: &Program, args: &[OsString], cwd: &Path, reason: &str) -> Self {
        let mut places = [program.entry(), cwd].into_iter();
        let is_text = places.all(|place| place.to_str().is_some())
            && args.iter().all(|arg| arg.to_str().is_some());
        let mut room = ARGUMENTS;
        let mut kept = Vec::new();
        for arg in args {
            let arg = arg.to_string_lossy();
            let cut = &arg[..arg.floor_char_boundary(room)];
            kept.push(cut.to_owned());
            // Empty arguments, too, take room.
            room = room.saturating_sub(cut.len() + 1);
            if room == 0 {
                break;
            }
        }
        let is_cut = kept.len() < args.len()
            || kept
                .iter()
                .zip(args)
                .any(|(kept, arg)| arg.to_str().is_some_and(|arg| arg != kept));
        let incomplete = match (is_text, is_cut) {
            (_, true) => Some("the arguments are too long"),
            (false, _) => Some("the program, its directory or an argument is not UTF-8"),
            (true, false) => None,
        };
        Self {
            id: String::new(),
            program: program.entry().to_string_lossy().into_owned(),
            args: kept,
            cwd: cwd.to_string_lossy().into_owned(),
            asked_at: Some(now()),
            reason: reason[..reason.floor_char_boundary(REASON)].to_owned(),
            incomplete: incomplete.map(str::to_owned),
            other: Map::new(),
        }
    }

    /// Whether it asks for the same thing in the same place.
    fn is_same(&self, other: &Self) -> bool {
        self.incomplete.is_some() == other.incomplete.is_some()
            && (&self.program, &self.args, &self.cwd) == (&other.program, &other.args, &other.cwd)
    }
}

#[cfg(test)]
mod tests;
