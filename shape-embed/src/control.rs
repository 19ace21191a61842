//! Ending a run from outside.

use shape_process::CancelToken;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Ends a run, from any thread: what computes, what waits, and all programs that it has started.
///
/// A run that has been cancelled stays so. One that is cancelled before it starts ends at once.
/// Clones cancel the same run.
#[derive(Clone, Debug)]
pub struct Canceller(pub(crate) Arc<Control>);

impl Canceller {
    /// Ends the run. It does not wait for the end.
    pub fn cancel(&self) {
        self.0.end(Reason::Cancelled);
    }

    /// Whether the run has been cancelled, or ended for having taken too long.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.reason().is_some()
    }
}

/// Why a run was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Cancelled = 1,
    Time = 2,
}

/// What a run and those who may end it share.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// Looked at by the machine at every loop and call.
    interrupt: Arc<AtomicBool>,
    /// The first [`Reason`], 0 for none.
    reason: AtomicU8,
    /// Wakes what waits for programs; made when the first one is started.
    token: Mutex<Option<CancelToken>>,
}

impl Control {
    pub(crate) fn interrupt(&self) -> &Arc<AtomicBool> {
        &self.interrupt
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.reason.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(Reason::Cancelled),
            _ => Some(Reason::Time),
        }
    }

    /// Ends the run; the first reason counts.
    pub(crate) fn end(&self, reason: Reason) {
        let order = Ordering::SeqCst;
        let _ = self.reason.compare_exchange(0, reason as u8, order, order);
        self.interrupt.store(true, Ordering::SeqCst);
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = &*token {
            token.cancel();
        }
    }

    /// The token of the run's process engine.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub(crate) fn token(&self) -> io::Result<CancelToken> {
        let mut own = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let token = match &*own {
            Some(token) => token.clone(),
            None => own.insert(CancelToken::new()?).clone(),
        };
        if self.reason().is_some() {
            token.cancel();
        }
        Ok(token)
    }
}
