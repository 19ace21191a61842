//! What the guard says about itself.

use super::limits::{Limits, Rate};
use super::state::{State, Subject, Window};
use jiff::Timestamp;
use serde::Serialize;

/// What [`Guard::status`](crate::Guard::status) returns. Serialised it is what
/// `schema/guard.schema.json` describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GuardStatus {
    /// The version of the format: 1.
    pub v: u32,
    /// Whether commands run.
    pub state: GuardMode,
    /// Why there is a lockdown.
    pub reason: Option<String>,
    /// Since when there is a lockdown: RFC 3339, UTC, with milliseconds.
    pub since: Option<String>,
    /// How often the rules were to be loaded again.
    pub generation: u64,
    /// Who did something of late, by name.
    pub subjects: Vec<SubjectStatus>,
}

/// Whether commands run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GuardMode {
    /// They do.
    Active,
    /// At least one subject is held up.
    Throttle,
    /// None does.
    Lockdown,
}

/// What one subject has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SubjectStatus {
    /// Who.
    pub subject: String,
    /// What holds it up, if something does.
    pub throttled: Option<Throttled>,
    /// Every window that is not over, programs last.
    pub windows: Vec<WindowStatus>,
}

/// Why and for how long a subject is held up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Throttled {
    /// Of what there was too much.
    pub reason: String,
    /// Since when: RFC 3339, UTC, with milliseconds.
    pub since: String,
    /// Milliseconds until it is over.
    pub left_ms: u64,
    /// Commands that were refused meanwhile.
    pub refused: u32,
}

/// One window of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WindowStatus {
    /// What is counted.
    pub of: WindowOf,
    /// The program, if those with one program are counted.
    pub program: Option<String>,
    /// How many there were.
    pub used: u32,
    /// How many there may be.
    pub limit: u32,
    /// How many are left.
    pub left: u32,
    /// Milliseconds until the window is over.
    pub left_ms: u64,
}

/// What a window counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WindowOf {
    /// Commands.
    Runs,
    /// Commands with one program.
    Program,
    /// Commands that destroy.
    Destructive,
    /// Commands that use the network.
    Network,
    /// Commands that write files.
    FileWrite,
    /// Commands that destroy, of the last seconds.
    Removals,
}

pub(super) fn of(state: &State, limits: &Limits, now: u64) -> GuardStatus {
    let subjects: Vec<SubjectStatus> = state
        .subjects
        .iter()
        .map(|(name, subject)| of_subject(name, subject, limits, now))
        .filter(|subject| subject.throttled.is_some() || !subject.windows.is_empty())
        .collect();
    let is_throttled = subjects.iter().any(|subject| subject.throttled.is_some());
    let lockdown = state.lockdown.as_ref();
    GuardStatus {
        v: 1,
        state: match (lockdown, is_throttled) {
            (Some(_), _) => GuardMode::Lockdown,
            (None, true) => GuardMode::Throttle,
            (None, false) => GuardMode::Active,
        },
        reason: lockdown.map(|lockdown| lockdown.reason.clone()),
        since: lockdown.map(|lockdown| time(lockdown.since)),
        generation: state.generation,
        subjects,
    }
}

fn of_subject(name: &str, subject: &Subject, limits: &Limits, now: u64) -> SubjectStatus {
    let held = subject.throttle.as_ref().filter(|held| held.until > now);
    let windows = [
        (WindowOf::Runs, limits.runs, subject.runs),
        (
            WindowOf::Destructive,
            limits.destructive,
            subject.destructive,
        ),
        (WindowOf::Network, limits.network, subject.network),
        (WindowOf::FileWrite, limits.file_write, subject.file_write),
    ];
    let windows = windows
        .into_iter()
        .filter_map(|(of, rate, window)| of_window(of, None, rate?, window, now));
    let removals = limits.removals.and_then(|rate| {
        let is_recent = |&removal: &u64| now.saturating_sub(removal) < rate.window_ms();
        let mut recent = subject.removals.iter().copied().filter(is_recent);
        let start = recent.next()?;
        let used = u32::try_from(1 + recent.count()).unwrap_or(u32::MAX);
        of_window(WindowOf::Removals, None, rate, Window { start, used }, now)
    });
    let programs = subject.programs.iter().filter_map(|(program, window)| {
        let program = Some(program.clone());
        of_window(
            WindowOf::Program,
            program,
            limits.per_program?,
            *window,
            now,
        )
    });
    SubjectStatus {
        subject: name.to_owned(),
        throttled: held.map(|held| Throttled {
            reason: held.reason.clone(),
            since: time(held.since),
            left_ms: held.until - now,
            refused: held.refused,
        }),
        windows: windows.chain(removals).chain(programs).collect(),
    }
}

fn of_window(
    of: WindowOf,
    program: Option<String>,
    rate: Rate,
    window: Window,
    now: u64,
) -> Option<WindowStatus> {
    (window.used > 0 && !window.is_over(rate, now)).then(|| WindowStatus {
        of,
        program,
        used: window.used,
        limit: rate.count,
        left: rate.count.saturating_sub(window.used),
        left_ms: rate.window_ms() - now.saturating_sub(window.start),
    })
}

fn time(ms: u64) -> String {
    let time = i64::try_from(ms).map(Timestamp::from_millisecond);
    let time = time.ok().and_then(Result::ok).unwrap_or(Timestamp::MAX);
    format!("{time:.3}")
}
