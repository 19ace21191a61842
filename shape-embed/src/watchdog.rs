//! Time limits: one thread for all runs of the process, started with the first limit.

use crate::control::{Control, Reason};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

static ALARMS: Mutex<Alarms> = Mutex::new(Alarms::new());
static CHANGED: Condvar = Condvar::new();

struct Alarms {
    /// By time, and in the order in which they were set.
    pending: BTreeMap<(Instant, u64), Arc<Control>>,
    next: u64,
    is_running: bool,
    /// Until when the thread sleeps; none while it waits for the first alarm.
    sleeps_until: Option<Instant>,
}

impl Alarms {
    const fn new() -> Self {
        Self {
            pending: BTreeMap::new(),
            next: 0,
            is_running: false,
            sleeps_until: None,
        }
    }
}

fn alarms() -> MutexGuard<'static, Alarms> {
    ALARMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An alarm that is set; dropping it takes it back.
#[derive(Debug)]
pub(crate) struct Alarm((Instant, u64));

/// Ends the run of `control` after `limit`, unless the alarm is dropped before.
///
/// # Errors
/// The thread cannot be started.
pub(crate) fn watch(control: &Arc<Control>, limit: Duration) -> io::Result<Option<Alarm>> {
    // A time beyond what the clock can hold is never.
    let Some(deadline) = Instant::now().checked_add(limit) else {
        return Ok(None);
    };
    let mut alarms = alarms();
    if !alarms.is_running {
        let builder = thread::Builder::new().name("shape-watchdog".to_owned());
        builder.spawn(keep_watch)?;
        alarms.is_running = true;
    }
    let key = (deadline, alarms.next);
    alarms.next += 1;
    alarms.pending.insert(key, Arc::clone(control));
    if alarms.sleeps_until.is_none_or(|until| deadline < until) {
        CHANGED.notify_one();
    }
    Ok(Some(Alarm(key)))
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // The thread may wake for an alarm that is gone; then it goes back to sleep.
        alarms().pending.remove(&self.0);
    }
}

fn keep_watch() {
    let mut alarms = alarms();
    loop {
        let now = Instant::now();
        while let Some(first) = alarms.pending.first_entry() {
            if first.key().0 > now {
                break;
            }
            // Under the lock, so that an alarm that has been taken back ends nothing.
            first.remove().end(Reason::Time);
        }
        let first = alarms.pending.first_key_value();
        alarms.sleeps_until = first.map(|(key, _)| key.0);
        alarms = match alarms.sleeps_until {
            None => CHANGED.wait(alarms).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let woken = CHANGED.wait_timeout(alarms, until.saturating_duration_since(now));
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
}
