//! Waiting in a run.

use crate::Raise;
use std::fmt;
use std::time::Duration;

/// How long a run waits before it looks again whether it is to end.
pub(crate) const NAP: Duration = Duration::from_millis(10);

/// What a module does while a run waits: one that has children serves them. It is installed with
/// [`HostCx::set_waiter`](crate::HostCx::set_waiter).
pub trait Waiter: fmt::Debug {
    /// Waits for `at_most`.
    ///
    /// # Errors
    /// What ends the run, or the call that waits.
    fn wait(&self, at_most: Duration) -> Result<(), Raise>;
}
