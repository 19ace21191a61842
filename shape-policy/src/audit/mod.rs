//! The audit: one line of JSON for every decision, question, start and end.
//!
//! It holds no value of an environment variable, and no secret that can be told from an argument.

mod event;
mod file;
mod read;
mod redact;
mod ticket;

#[cfg(test)]
mod tests;

pub use event::GuardAction;
pub(crate) use event::{AskEvent, DecidedBy, DecisionEvent, RuleFacts};
pub use read::{AuditFilter, AuditFollow, AuditLog, AuditPage, AuditRecord, TornLine};
pub use ticket::{End, Ticket, TicketSink};

use crate::guard::{Alert, AlertKind};
use crate::quote::Quoted;
use event::{AlertEvent, Event, ExecEnd, ExecStart, GuardEvent, Line};
use file::Log;
use jiff::Timestamp;
use std::cell::RefCell;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

/// Bytes after which the file is moved aside.
const LIMIT: u64 = 64 << 20;
/// Bytes of the buffer that a thread keeps for the next event.
const KEPT: usize = 64 << 10;

/// Why an event is not in the audit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the audit file {} cannot be {task}: {reason}", Quoted::new(path))]
pub struct AuditError {
    /// The file, or the directory that it is in.
    pub path: PathBuf,
    /// What was to be done with it, for instance `written`.
    pub task: &'static str,
    /// What the system said.
    pub reason: String,
}

impl AuditError {
    fn new(path: &Path, task: &'static str, error: impl Into<io::Error>) -> Self {
        Self {
            path: path.to_owned(),
            task,
            reason: crate::resolve::program::without_number(&error.into()),
        }
    }
}

/// A file that every event is appended to, as one line. Clones write to the same file and are the same
/// run; several processes may write to one file.
///
/// The file is made at the first event, with the mode 0600 in a directory of the mode 0700. At 64 MiB it
/// is moved to the same name with `.1`, in place of the one before.
#[derive(Clone)]
pub struct Audit {
    inner: Arc<Inner>,
    is_required: bool,
}

struct Inner {
    log: Log,
    /// What all events of this process have: it is random.
    run: String,
    pid: u32,
    next_id: AtomicU64,
    has_warned: AtomicBool,
    warning: Mutex<Option<AuditError>>,
}

impl Audit {
    /// An audit that goes to the file at `path`. It is not looked at before the first event.
    pub fn to_file(path: impl Into<PathBuf>) -> Self {
        Self::with_limit(path.into(), LIMIT)
    }

    fn with_limit(path: PathBuf, limit: u64) -> Self {
        let inner = Inner {
            log: Log::new(path, limit),
            run: format!("{:016x}", RandomState::new().build_hasher().finish()),
            pid: std::process::id(),
            next_id: AtomicU64::new(1),
            has_warned: AtomicBool::new(false),
            warning: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
            is_required: false,
        }
    }

    /// The same, but that an event that cannot be written is an error, so that nothing runs unseen.
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// What the events of this process have as `run`: 16 hexadecimal digits.
    pub fn run(&self) -> &str {
        &self.inner.run
    }

    /// Where it is written.
    pub fn path(&self) -> &Path {
        self.inner.log.path()
    }

    /// Why an event could not be written, the first time that this happens; once. Ask after every run.
    pub fn take_warning(&self) -> Option<AuditError> {
        lock(&self.inner.warning).take()
    }

    /// A number for one command of this run, which its events have in common.
    pub(crate) fn next_id(&self) -> u64 {
        self.inner.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether, why and by whom the command `id` may run.
    ///
    /// # Errors
    /// It cannot be written, and it must be.
    pub(crate) fn decision(
        &self,
        id: u64,
        subject: &str,
        event: &DecisionEvent<'_>,
    ) -> Result<(), AuditError> {
        self.write(Some(id), subject, "decision", &event.with_args())
    }

    /// What somebody answered about the command `id`.
    ///
    /// # Errors
    /// As [`Audit::decision`].
    pub(crate) fn ask(
        &self,
        id: u64,
        subject: &str,
        event: &AskEvent<'_>,
    ) -> Result<(), AuditError> {
        self.write(Some(id), subject, "ask", event)
    }

    /// Something that looks ill.
    ///
    /// # Errors
    /// As [`Audit::decision`].
    pub(crate) fn alert(&self, alert: &Alert) -> Result<(), AuditError> {
        let (kind, message) = (alert.kind, alert.message.as_str());
        let event = AlertEvent { kind, message };
        self.write(None, &alert.subject, "alert", &event)
    }

    /// What somebody did to the guard, and why.
    ///
    /// # Errors
    /// It cannot be written, and it must be.
    pub fn guard(
        &self,
        subject: &str,
        action: GuardAction,
        reason: Option<&str>,
    ) -> Result<(), AuditError> {
        self.write(None, subject, "guard", &GuardEvent { action, reason })
    }

    /// The command `id` runs as the process `child`. It is too late to refuse it: what cannot be written
    /// from here on is what [`Audit::take_warning`] tells, even of a [required](Audit::required) audit.
    pub(crate) fn started(&self, id: u64, subject: &str, child: u32) {
        self.note(id, subject, "exec_start", &ExecStart { child });
    }

    /// How the command `id` ended.
    pub(crate) fn ended(&self, id: u64, subject: &str, end: &End<'_>) {
        self.note(id, subject, "exec_end", &ExecEnd::from(end));
    }

    /// That the validator panicked when it was told how the command `id` ended.
    pub(crate) fn note_validator(&self, id: u64, subject: &str, panic: &str) {
        let (kind, message) = (AlertKind::ValidatorPanicked, panic);
        self.note(id, subject, "alert", &AlertEvent { kind, message });
    }

    fn write(
        &self,
        id: Option<u64>,
        subject: &str,
        event: &'static str,
        body: &impl Event,
    ) -> Result<(), AuditError> {
        let line = Line {
            v: 1,
            time: Timestamp::now(),
            event,
            run: &self.inner.run,
            pid: self.inner.pid,
            id,
            subject,
            body,
        };
        match with_buffer(|buffer| self.append(&line, buffer)) {
            Err(error) if self.is_required => Err(error),
            Err(error) => {
                self.warn(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Writes an event of a command that runs already, so that it is too late for an error.
    fn note(&self, id: u64, subject: &str, event: &'static str, body: &impl Event) {
        if let Err(error) = self.write(Some(id), subject, event, body) {
            self.warn(error);
        }
    }

    fn warn(&self, error: AuditError) {
        if !self.inner.has_warned.swap(true, Ordering::AcqRel) {
            *lock(&self.inner.warning) = Some(error);
        }
    }

    fn append(&self, line: &Line<'_, impl Event>, buffer: &mut Vec<u8>) -> Result<(), AuditError> {
        buffer.clear();
        // Room for ending a line that another writer could not.
        buffer.push(b'\n');
        serde_json::to_writer(&mut *buffer, line)
            .map_err(|error| AuditError::new(self.path(), "written", io::Error::from(error)))?;
        buffer.push(b'\n');
        if let Some(stuck) = self.inner.log.append(buffer)? {
            self.warn(stuck);
        }
        Ok(())
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("path", &self.path())
            .field("run", &self.run())
            .field("required", &self.is_required)
            .finish_non_exhaustive()
    }
}

/// Calls `write` with the buffer of this thread.
fn with_buffer<T>(write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let mut buffer = BUFFER.take();
    let result = write(&mut buffer);
    if buffer.capacity() <= KEPT {
        BUFFER.set(buffer);
    }
    result
}

/// What a thread that panicked held is whole: every change is made in one piece.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
