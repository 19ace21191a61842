//! The guard: how much may run, whatever the rules say, and the switch that stops everything.
//!
//! Every command of a subject (an agent, a session, a user) is counted in fixed windows. One too many is
//! held up until the window is over; who goes on regardless locks everything down, until somebody resets
//! the guard. Alerts tell of what looks ill and hold up nothing.

mod hooks;
mod limits;
mod state;
mod status;
mod validator;
mod watch;

pub use hooks::LockdownHook;
pub use limits::{Limits, Rate};
pub use status::{GuardMode, GuardStatus, SubjectStatus, Throttled, WindowOf, WindowStatus};
pub use validator::{Context, ContextLayer, Execution, HistoryEntry, Narrowing, Validator};
pub(crate) use validator::{History, report_execution, validated};
pub use watch::GuardWatch;

use crate::cancel::CancelToken;
use crate::command::Category;
use crate::quote::Quoted;
use crate::store::{AtomicFile, Stamp, StoreError};
use hooks::Hooks;
use serde::{Deserialize, Serialize};
use state::{Lockdown, State};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use thiserror::Error;

/// How old what is known of a shared file may be.
const FRESH_MS: u64 = 20;
/// The format of the shared file.
const VERSION: u32 = 1;

/// Whether a command may go on to the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It may.
    Pass,
    /// Its subject is held up.
    Throttle {
        /// Milliseconds until it is worth trying again; at least one.
        retry_ms: u64,
        /// Of what there was too much.
        reason: String,
    },
    /// Nothing may run until the guard is reset.
    Lockdown {
        /// Why.
        reason: String,
    },
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With the exit code 0.
    Succeeded,
    /// With another exit code, by a signal, or by running out of time.
    Failed,
}

/// Something that looks ill. It displays as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// Who did it.
    pub subject: String,
    /// What happened.
    pub message: String,
}

/// What an [`Alert`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertKind {
    /// A command that reads files was followed by one that destroys.
    LookThenDestroy,
    /// Several commands in a row have failed.
    RepeatedFailures,
    /// A validator panicked when it was told of an end.
    ValidatorPanicked,
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Quoted::new(&self.subject), self.message)
    }
}

/// Why the guard can say nothing; then nothing may run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GuardError {
    /// The file that processes share cannot be read or written.
    #[error("the guard: {0}")]
    Store(#[from] StoreError),
    /// The file that processes share holds something else.
    #[error(
        "the guard: {} does not hold the state of a guard: {reason}; reset the guard to write it anew",
        Quoted::new(path)
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file that processes share cannot be watched.
    #[error("the guard: {} cannot be watched: {reason}", Quoted::new(path))]
    Watch {
        /// The directory of the file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// Counts what runs, holds up who runs too much, and can stop everything. Clones are the same guard.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

type OnAlert = Arc<dyn Fn(&Alert) + Send + Sync>;

struct Inner {
    limits: Limits,
    file: Option<AtomicFile>,
    known: Mutex<Known>,
    /// The same as in `known`, to be looked at without waiting.
    locked: AtomicBool,
    generation: AtomicU64,
    /// When the file was looked at, in milliseconds after `origin`, and one more; 0 is never.
    looked: AtomicU64,
    origin: Instant,
    /// Milliseconds from 1970 to `origin`.
    origin_ms: u64,
    hooks: Arc<Hooks>,
    on_alert: Mutex<Vec<OnAlert>>,
}

#[derive(Default)]
struct Known {
    state: State,
    stamp: Option<Stamp>,
    /// A lockdown that could not be written: it holds whatever the file says.
    unwritten: Option<Lockdown>,
}

/// What the shared file holds.
#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    #[serde(flatten)]
    state: State,
}

impl Guard {
    /// A guard for this process alone.
    pub fn new(limits: Limits) -> Self {
        Self::with(limits, None)
    }

    /// A guard whose counts and lockdown hold for all processes that share the file at `path`. It need
    /// not be there yet. If it vanishes, what is known of it holds on.
    ///
    /// With [`Limits::none`] nothing is ever written for a command: the guard only obeys a lockdown, of
    /// which it learns within 20 milliseconds.
    ///
    /// # Errors
    /// The file is there and cannot be read, or holds something else; see [`Guard::replace`].
    pub fn shared(limits: Limits, path: impl Into<PathBuf>) -> Result<Self, GuardError> {
        let guard = Self::with(limits, Some(AtomicFile::new(path)));
        guard.look()?;
        Ok(guard)
    }

    /// Writes a new file at `path` in place of whatever is there: no lockdown, nothing counted. It is
    /// the way out when [`Guard::shared`] finds a file that it cannot understand.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn replace(limits: Limits, path: impl Into<PathBuf>) -> Result<Self, GuardError> {
        let guard = Self::with(limits, Some(AtomicFile::new(path)));
        guard.reset()?;
        Ok(guard)
    }

    fn with(limits: Limits, file: Option<AtomicFile>) -> Self {
        Self(Arc::new(Inner {
            limits,
            file,
            known: Mutex::default(),
            locked: AtomicBool::new(false),
            generation: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            origin: Instant::now(),
            origin_ms: wall_ms(),
            hooks: Arc::default(),
            on_alert: Mutex::default(),
        }))
    }

    /// Whether a command of `subject` may go on; `layers` are all programs in it. It is counted whether
    /// or not it may.
    ///
    /// # Errors
    /// The shared file cannot be read or written. Then the command must not run.
    ///
    /// # Blocking
    /// With a shared file and limits until other processes have written it, and until the disk has it.
    pub(crate) fn admit(
        &self,
        subject: &str,
        layers: &[(&OsStr, Category)],
    ) -> Result<Admission, GuardError> {
        self.look_if_old()?;
        if !self.is_locked() && !self.0.limits.counts_commands() {
            return Ok(Admission::Pass);
        }
        self.admit_at(self.now(), subject, layers)
    }

    fn admit_at(
        &self,
        now: u64,
        subject: &str,
        layers: &[(&OsStr, Category)],
    ) -> Result<Admission, GuardError> {
        if let Some(Lockdown { reason, .. }) = self.known().state.lockdown.clone() {
            return Ok(Admission::Lockdown { reason });
        }
        let limits = &self.0.limits;
        let (admission, alert) = self.change(|state| state.admit(limits, now, subject, layers))?;
        self.raise(alert);
        Ok(admission)
    }

    /// Why everything is denied, if it is: what was admitted may have waited since.
    ///
    /// # Errors
    /// The shared file cannot be read.
    pub(crate) fn lockdown_reason(&self) -> Result<Option<String>, GuardError> {
        self.look_if_old()?;
        let lockdown = self.known().state.lockdown.clone();
        Ok(lockdown.map(|lockdown| lockdown.reason))
    }

    /// Whether it makes a difference how commands end: [`Guard::note_end`] does nothing otherwise.
    pub fn counts_ends(&self) -> bool {
        self.0.limits.failures.is_some()
    }

    /// Notes how a command of `subject` ended, which may raise an alert.
    ///
    /// # Errors
    /// The shared file cannot be read or written.
    ///
    /// # Blocking
    /// As [`Guard::reset`], if the command failed or the one before it did.
    pub fn note_end(&self, subject: &str, ended: Ended) -> Result<(), GuardError> {
        let (limits, failed) = (&self.0.limits, ended == Ended::Failed);
        if !self.counts_ends() {
            return Ok(());
        }
        self.look_if_old()?;
        if !self.known().state.counts_end(limits, subject, failed) {
            return Ok(());
        }
        let now = self.now();
        let alert = self.change(|state| state.note_end(limits, now, subject, failed))?;
        self.raise(alert);
        Ok(())
    }

    /// Denies everything and ends what runs, until [`Guard::reset`]. A lockdown that there is already
    /// keeps its reason.
    ///
    /// # Errors
    /// The shared file cannot be written. In this process it holds nevertheless.
    ///
    /// # Blocking
    /// As [`Guard::reset`].
    pub fn lockdown(&self, reason: &str) -> Result<(), GuardError> {
        let now = self.now();
        {
            let mut known = self.known();
            known.state.lock_down(reason.to_owned(), now);
            known.unwritten = known.state.lockdown.clone();
            self.publish(&known.state);
        }
        self.change(|state| state.lock_down(reason.to_owned(), now))
    }

    /// Ends a lockdown and forgets everything that was counted.
    ///
    /// # Errors
    /// The shared file cannot be written.
    ///
    /// # Blocking
    /// With a shared file until other processes have written it, and until the disk has it.
    pub fn reset(&self) -> Result<(), GuardError> {
        let mut known = self.known();
        let mut state = known.state.clone();
        if let Some(file) = &self.0.file {
            state = file.update(|old| {
                // One that cannot be understood is what this is the way out of.
                let mut state = old
                    .and_then(|old| parse(file.path(), old).ok())
                    .unwrap_or(state);
                state.reset();
                Ok::<_, GuardError>((written(file.path(), &state)?, state))
            })?;
        }
        state.reset();
        known.unwritten = None;
        known.state = state;
        self.publish(&known.state);
        Ok(())
    }

    /// Raises [`Guard::generation`], so that whoever holds rules loads them again before the next call.
    ///
    /// # Errors
    /// The shared file cannot be read or written.
    ///
    /// # Blocking
    /// As [`Guard::reset`].
    pub fn reload(&self) -> Result<(), GuardError> {
        self.change(|state| state.generation = state.generation.saturating_add(1))
    }

    /// How often [`Guard::reload`] was called, as far as this process knows: it learns of others within
    /// 20 milliseconds. What it knew before if the shared file cannot be read, which `admit` reports.
    pub fn generation(&self) -> u64 {
        let _ = self.look_if_old();
        self.0.generation.load(Ordering::Acquire)
    }

    /// What there is: the mode, and for every subject what is left of each window.
    ///
    /// # Errors
    /// The shared file cannot be read.
    pub fn status(&self) -> Result<GuardStatus, GuardError> {
        self.look()?;
        Ok(self.status_at(self.now()))
    }

    fn status_at(&self, now: u64) -> GuardStatus {
        status::of(&self.known().state, &self.0.limits, now)
    }

    /// Cancels `token` at a lockdown that this process learns of, at once if there is one already. Until
    /// the hook is dropped.
    pub fn on_lockdown(&self, token: &CancelToken) -> LockdownHook {
        let hook = hooks::add(&self.0.hooks, token);
        if self.is_locked() {
            token.cancel();
        }
        hook
    }

    /// Calls `each` with every alert that this process raises, in the thread that raises it.
    pub fn on_alert(&self, each: impl Fn(&Alert) + Send + Sync + 'static) {
        lock(&self.0.on_alert).push(Arc::new(each));
    }

    /// Something to wait on for a lockdown that another process declares. `None` if no file is shared;
    /// [`Guard::on_lockdown`] is for this process.
    ///
    /// # Errors
    /// The directory of the file cannot be made or watched.
    pub fn watch(&self) -> Result<Option<GuardWatch>, GuardError> {
        let file = self.0.file.as_ref();
        file.map(|file| GuardWatch::new(self.clone(), file.path()))
            .transpose()
    }

    /// The file that processes share, if they do.
    pub fn path(&self) -> Option<&Path> {
        self.0.file.as_ref().map(AtomicFile::path)
    }

    fn is_locked(&self) -> bool {
        self.0.locked.load(Ordering::Acquire)
    }

    fn look_if_old(&self) -> Result<(), GuardError> {
        if self.0.file.is_none() {
            return Ok(());
        }
        let looked = self.0.looked.load(Ordering::Acquire);
        match looked == 0 || self.since_origin_ms() + 1 >= looked + FRESH_MS {
            true => self.look(),
            false => Ok(()),
        }
    }

    /// Reads the shared file if it is another one than before.
    fn look(&self) -> Result<(), GuardError> {
        let Some(file) = &self.0.file else {
            return Ok(());
        };
        let mut known = self.known();
        let looked = self.since_origin_ms() + 1;
        let stamp = file.stamp()?;
        if stamp.is_some() && stamp != known.stamp {
            if let Some(content) = file.read()? {
                known.learn(parse(file.path(), &content)?);
            }
            known.stamp = stamp;
            self.publish(&known.state);
        }
        self.0.looked.store(looked, Ordering::Release);
        Ok(())
    }

    /// Changes the state, in the shared file as well. If that fails, nothing has changed.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T, GuardError> {
        let mut known = self.known();
        let result = match &self.0.file {
            None => change(&mut known.state),
            Some(file) => {
                let (state, result) = file.update(|old| {
                    let mut state = match old {
                        Some(old) => parse(file.path(), old)?,
                        None => known.state.clone(),
                    };
                    if let Some(lockdown) = &known.unwritten {
                        state.lockdown.get_or_insert_with(|| lockdown.clone());
                    }
                    let result = change(&mut state);
                    Ok::<_, GuardError>((written(file.path(), &state)?, (state, result)))
                })?;
                known.state = state;
                result
            }
        };
        known.unwritten = None;
        self.publish(&known.state);
        Ok(result)
    }

    /// Lets those know who look without waiting, and ends what runs at a lockdown.
    fn publish(&self, state: &State) {
        let locked = state.lockdown.is_some();
        self.0.generation.store(state.generation, Ordering::Release);
        let was_locked = self.0.locked.swap(locked, Ordering::AcqRel);
        if locked && !was_locked {
            self.0.hooks.cancel_all();
        }
    }

    fn raise(&self, alert: Option<Alert>) {
        if let Some(alert) = alert {
            let all = lock(&self.0.on_alert).clone();
            all.iter().for_each(|each| each(&alert));
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.0.known)
    }

    fn since_origin_ms(&self) -> u64 {
        u64::try_from(self.0.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Milliseconds since 1970: by a clock that nobody sets in a guard of one process, and by the one
    /// that all processes have in a shared one.
    fn now(&self) -> u64 {
        match self.0.file {
            None => self.0.origin_ms + self.since_origin_ms(),
            Some(_) => wall_ms(),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("limits", &self.0.limits)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

impl Known {
    fn learn(&mut self, state: State) {
        self.state = state;
        if let Some(lockdown) = &self.unwritten {
            self.state.lockdown.get_or_insert_with(|| lockdown.clone());
        }
    }
}

fn parse(path: &Path, content: &[u8]) -> Result<State, GuardError> {
    let malformed = |reason: String| GuardError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let Written { v, state } =
        serde_json::from_slice(content).map_err(|error| malformed(error.to_string()))?;
    match v {
        VERSION => Ok(state),
        _ => Err(malformed(format!("it has the version {v}, not {VERSION}"))),
    }
}

fn written(path: &Path, state: &State) -> Result<Vec<u8>, GuardError> {
    let state = state.clone();
    serde_json::to_vec(&Written { v: VERSION, state }).map_err(|error| GuardError::Malformed {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.unwrap_or(Duration::ZERO).as_millis();
    u64::try_from(ms).unwrap_or(u64::MAX)
}

/// What a thread that panicked held is whole: every change is made in one piece.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
