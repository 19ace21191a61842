//! What a run may take: `--max-time` and `--max-memory`.

use crate::exec::units;
use crate::signals::Signals;
use clap::Args;
use shape_policy::CancelToken;
use shape_value::memory::Metered;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The limits of a run.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitFlags {
    /// End the run, and the programs that it has started, after this time
    #[arg(long, value_name = "DURATION", value_parser = units::duration)]
    max_time: Option<Duration>,
    /// End the run when its values take more memory than this
    #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
    max_memory: Option<u64>,
}

/// The limits of a run that has begun. They hold until this is dropped.
pub(crate) struct Limited {
    alarm: Option<Alarm>,
    memory: Option<(Metered, u64)>,
}

impl LimitFlags {
    /// From here on the run on this thread is told to end when it passes a limit.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn begin(&self, signals: &Signals) -> io::Result<Limited> {
        // As for `shape exec`, no time is no limit.
        let time = self.max_time.filter(|time| !time.is_zero());
        let alarm = time.map(|time| Alarm::set(time, signals)).transpose()?;
        let memory = self.max_memory.map(|limit| {
            let bytes = usize::try_from(limit).unwrap_or(usize::MAX);
            (Metered::start(bytes, 0, signals.interrupt()), limit)
        });
        Ok(Limited { alarm, memory })
    }
}

impl Limited {
    /// What to say of the limit that the run has passed.
    pub(crate) fn passed(&self) -> Option<String> {
        if let Some(alarm) = self.alarm.as_ref().filter(|alarm| alarm.has_rung()) {
            let nanos = i64::try_from(alarm.limit.as_nanos()).unwrap_or(i64::MAX);
            let mut shown = String::new();
            shape_value::fmt_duration(nanos, &mut shown);
            return Some(format!("the run took longer than its limit of {shown}"));
        }
        let (metered, limit) = self.memory.as_ref()?;
        let used = metered.passed()?;
        Some(format!(
            "the run took {used} bytes of memory, more than its limit of {limit}"
        ))
    }
}

/// What ends a run after some time, unless it is dropped before.
struct Alarm {
    limit: Duration,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    has_rung: AtomicBool,
    is_over: Mutex<bool>,
    changed: Condvar,
}

impl Alarm {
    fn set(limit: Duration, signals: &Signals) -> io::Result<Self> {
        let (interrupt, token) = (signals.interrupt(), signals.token()?);
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("max-time".to_owned())
            .stack_size(256 << 10)
            .spawn(move || own.wait(limit, &interrupt, &token))?;
        Ok(Self { limit, shared })
    }

    fn has_rung(&self) -> bool {
        self.shared.has_rung.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn wait(&self, limit: Duration, interrupt: &AtomicBool, token: &CancelToken) {
        let over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(over, limit, |is_over| !*is_over);
        let (over, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !*over {
            self.has_rung.store(true, Ordering::SeqCst);
            interrupt.store(true, Ordering::SeqCst);
            token.cancel();
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let over = &self.shared.is_over;
        *over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.changed.notify_all();
    }
}
