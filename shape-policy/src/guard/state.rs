//! What the guard remembers, and what follows from it. All times are milliseconds since 1970.

use super::limits::{Limits, Rate};
use super::{Admission, Alert, AlertKind};
use crate::command::Category;
use crate::quote::Quoted;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// How often what is over is forgotten.
const FORGET_MS: u64 = 60_000;

/// Everything, as it is written to the file that processes share.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) generation: u64,
    pub(super) lockdown: Option<Lockdown>,
    pub(super) subjects: BTreeMap<String, Subject>,
    #[serde(skip)]
    forgot: u64,
}

/// Everything is denied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lockdown {
    pub(super) reason: String,
    pub(super) since: u64,
}

/// What one subject did of late.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Subject {
    pub(super) throttle: Option<Throttle>,
    pub(super) runs: Window,
    pub(super) programs: BTreeMap<String, Window>,
    pub(super) destructive: Window,
    pub(super) network: Window,
    pub(super) file_write: Window,
    /// When it destroyed something, the oldest first.
    pub(super) removals: Vec<u64>,
    /// When it last read files, unless that was followed by an alert.
    looked: Option<u64>,
    failed: u32,
    last: u64,
}

/// A subject is held up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Throttle {
    pub(super) reason: String,
    pub(super) since: u64,
    pub(super) until: u64,
    pub(super) refused: u32,
}

/// A fixed window: it begins with the first command after the last one is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) start: u64,
    pub(super) used: u32,
}

/// One too many: until when it is, and of what.
struct Excess {
    until: u64,
    reason: String,
}

impl Window {
    /// Counts one; the end of the window if that is one too many.
    fn count(&mut self, rate: Rate, now: u64) -> Option<u64> {
        if self.is_over(rate, now) {
            *self = Self {
                start: now,
                used: 0,
            };
        }
        self.used = self.used.saturating_add(1);
        (self.used > rate.count).then(|| self.start.saturating_add(rate.window_ms()))
    }

    pub(super) fn is_over(&self, rate: Rate, now: u64) -> bool {
        now.saturating_sub(self.start) >= rate.window_ms()
    }
}

impl State {
    /// Whether a command of `subject` with these layers may go on, with the alerts that it raises. What
    /// is refused for being one too many counts, too; what is refused while the subject is held up or
    /// everything is locked down does not.
    pub(super) fn admit(
        &mut self,
        limits: &Limits,
        now: u64,
        subject: &str,
        layers: &[(&OsStr, Category)],
    ) -> (Admission, Option<Alert>) {
        if let Some(lockdown) = &self.lockdown {
            let reason = lockdown.reason.clone();
            return (Admission::Lockdown { reason }, None);
        }
        if !limits.counts_commands() {
            return (Admission::Pass, None);
        }
        self.forget(limits, now);
        let known = match self.subjects.get_mut(subject) {
            Some(known) => known,
            None => self.subjects.entry(subject.to_owned()).or_default(),
        };
        known.set_clock(now);
        if let Some(throttle) = known.throttled(now) {
            throttle.refused = throttle.refused.saturating_add(1);
            if limits
                .refusals
                .is_none_or(|most| throttle.refused < most.max(1))
            {
                return (throttle.admission(now), None);
            }
            let reason = format!(
                "{} was refused {} times while it was held up for {}",
                Quoted::new(subject),
                throttle.refused,
                throttle.reason
            );
            self.lock_down(reason.clone(), now);
            return (Admission::Lockdown { reason }, None);
        }
        match known.count(limits, now, layers) {
            Some(excess) => {
                let throttle = known.throttle.insert(Throttle {
                    reason: excess.reason,
                    since: now,
                    until: excess.until,
                    refused: 0,
                });
                (throttle.admission(now), None)
            }
            None => {
                let alert = known.follow(limits, now, subject, layers);
                (Admission::Pass, alert)
            }
        }
    }

    /// Counts how a command of `subject` ended.
    pub(super) fn note_end(
        &mut self,
        limits: &Limits,
        now: u64,
        subject: &str,
        failed: bool,
    ) -> Option<Alert> {
        let most = limits.failures?.max(1);
        let Some(known) = self.subjects.get_mut(subject) else {
            if failed {
                let known = self.subjects.entry(subject.to_owned()).or_default();
                (known.failed, known.last) = (1, now);
            }
            return None;
        };
        known.set_clock(now);
        known.failed = if failed { known.failed + 1 } else { 0 };
        if known.failed < most {
            return None;
        }
        known.failed = 0;
        Some(Alert {
            kind: AlertKind::RepeatedFailures,
            subject: subject.to_owned(),
            message: format!("{most} commands in a row have failed"),
        })
    }

    /// Whether `note_end` would change anything: a success after a success does not.
    pub(super) fn counts_end(&self, limits: &Limits, subject: &str, failed: bool) -> bool {
        let has_failed = || self.subjects.get(subject).is_some_and(|s| s.failed > 0);
        limits.failures.is_some() && (failed || has_failed())
    }

    /// Denies everything from now on. A lockdown that there is already stays, with its reason.
    pub(super) fn lock_down(&mut self, reason: String, now: u64) {
        let since = now;
        self.lockdown.get_or_insert(Lockdown { reason, since });
    }

    /// Ends a lockdown and forgets what was counted.
    pub(super) fn reset(&mut self) {
        self.lockdown = None;
        self.subjects.clear();
    }

    /// Drops what has no effect any more, so that neither many subjects nor many programs add up.
    fn forget(&mut self, limits: &Limits, now: u64) {
        if now.abs_diff(self.forgot) < FORGET_MS {
            return;
        }
        self.forgot = now;
        let longest = limits.longest_ms();
        self.subjects.retain(|_, known| {
            if let Some(rate) = limits.per_program {
                known
                    .programs
                    .retain(|_, window| !window.is_over(rate, now));
            }
            let is_old = now.saturating_sub(known.last) >= longest;
            !is_old || known.throttled(now).is_some()
        });
    }
}

impl Subject {
    /// Notes the time. If the clock was set back, all that is remembered moves with it, so that nothing
    /// holds for longer than was said.
    fn set_clock(&mut self, now: u64) {
        let back = self.last.saturating_sub(now);
        self.last = now;
        if back == 0 {
            return;
        }
        let windows = [
            &mut self.runs,
            &mut self.destructive,
            &mut self.network,
            &mut self.file_write,
        ];
        let starts = windows.into_iter().chain(self.programs.values_mut());
        let starts = starts.map(|window| &mut window.start);
        let held = self.throttle.as_mut();
        let held = held.map(|held| [&mut held.since, &mut held.until]);
        starts
            .chain(&mut self.removals)
            .chain(&mut self.looked)
            .chain(held.into_iter().flatten())
            .for_each(|time| *time = time.saturating_sub(back));
    }

    /// What holds it up, if something does.
    fn throttled(&mut self, now: u64) -> Option<&mut Throttle> {
        self.throttle = self.throttle.take().filter(|held| held.until > now);
        self.throttle.as_mut()
    }

    /// Counts a command: once for every program, and once for every category, in it.
    fn count(
        &mut self,
        limits: &Limits,
        now: u64,
        layers: &[(&OsStr, Category)],
    ) -> Option<Excess> {
        let mut longest: Option<Excess> = None;
        let mut note = |until: Option<u64>, rate: Rate, what: &dyn Fn() -> String| {
            let until = until.filter(|&until| longest.as_ref().is_none_or(|e| e.until < until));
            if let Some(until) = until {
                let reason = format!("more {} than {} within {}", what(), rate.count, span(rate));
                longest = Some(Excess { until, reason });
            }
        };
        if let Some(rate) = limits.runs {
            note(self.runs.count(rate, now), rate, &|| "commands".to_owned());
        }
        if let Some(rate) = limits.per_program {
            for (index, (program, _)) in layers.iter().enumerate() {
                let name = program_name(program);
                let is_first = layers[..index]
                    .iter()
                    .all(|(earlier, _)| program_name(earlier) != name);
                if is_first {
                    let window = self.program(&name);
                    let what = || format!("commands with {}", Quoted::new(&*name));
                    note(window.count(rate, now), rate, &what);
                }
            }
        }
        let has = |category| layers.iter().any(|&(_, layer)| layer == category);
        let categories = [
            (
                Category::Destructive,
                limits.destructive,
                &mut self.destructive,
                "commands that destroy",
            ),
            (
                Category::Network,
                limits.network,
                &mut self.network,
                "commands that use the network",
            ),
            (
                Category::FileWrite,
                limits.file_write,
                &mut self.file_write,
                "commands that write files",
            ),
        ];
        for (category, rate, window, what) in categories {
            if let Some(rate) = rate.filter(|_| has(category)) {
                note(window.count(rate, now), rate, &|| what.to_owned());
            }
        }
        if let Some(rate) = limits.removals.filter(|_| has(Category::Destructive)) {
            let until = self.removal(rate, now);
            note(until, rate, &|| "removals".to_owned());
        }
        longest
    }

    fn program(&mut self, name: &str) -> &mut Window {
        if !self.programs.contains_key(name) {
            self.programs.insert(name.to_owned(), Window::default());
        }
        self.programs.entry(name.to_owned()).or_default()
    }

    /// Notes a removal; when there is room for the next one, if there is none for this one.
    fn removal(&mut self, rate: Rate, now: u64) -> Option<u64> {
        let window = rate.window_ms();
        self.removals
            .retain(|&removal| now.saturating_sub(removal) < window);
        if self.removals.len() < rate.count as usize {
            self.removals.push(now);
            return None;
        }
        let oldest = self.removals.first().copied().unwrap_or(now);
        Some(oldest.saturating_add(window))
    }

    /// Notes what a command that passes does, and tells when it follows ill on what was before.
    fn follow(
        &mut self,
        limits: &Limits,
        now: u64,
        subject: &str,
        layers: &[(&OsStr, Category)],
    ) -> Option<Alert> {
        let window = u64::try_from(limits.look_then_destroy?.as_millis()).unwrap_or(u64::MAX);
        let of = |category| layers.iter().find(|(_, layer)| *layer == category);
        let destroys = of(Category::Destructive)
            .filter(|_| {
                self.looked
                    .is_some_and(|looked| now.saturating_sub(looked) < window)
            })
            .map(|(program, _)| program_name(program));
        if destroys.is_some() {
            self.looked = None;
        } else if of(Category::FileRead).is_some() {
            self.looked = Some(now);
        }
        Some(Alert {
            kind: AlertKind::LookThenDestroy,
            subject: subject.to_owned(),
            message: format!(
                "{} follows a command that reads files",
                Quoted::new(&*destroys?)
            ),
        })
    }
}

impl Throttle {
    fn admission(&self, now: u64) -> Admission {
        Admission::Throttle {
            retry_ms: self.until.saturating_sub(now).max(1),
            reason: self.reason.clone(),
        }
    }
}

/// The last part of a program's path.
fn program_name<'a>(program: &&'a OsStr) -> Cow<'a, str> {
    let bytes = program.as_bytes();
    let start = bytes
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |at| at + 1);
    String::from_utf8_lossy(&bytes[start..])
}

/// The length of a window, for a person.
fn span(rate: Rate) -> String {
    match rate.window_ms() {
        1000 => "a second".to_owned(),
        60_000 => "a minute".to_owned(),
        ms if ms.is_multiple_of(1000) => format!("{} seconds", ms / 1000),
        ms => format!("{ms} milliseconds"),
    }
}
