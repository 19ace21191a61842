//! The value that proves a decision.

use crate::audit::{Ticket, TicketSink};
use crate::resolve::Resolved;

/// Something that may run: what was asked, and what it was resolved to.
///
/// Only [`Policy::approve`](crate::Policy::approve) makes one.
///
/// ```compile_fail,E0451
/// let approved = shape_policy::Approved { spec: (), resolved: todo!(), ticket: todo!() };
/// ```
/// ```compile_fail,E0599
/// fn approve<T>(spec: T, resolved: shape_policy::Resolved) -> shape_policy::Approved<T> {
///     shape_policy::Approved::new(spec, resolved)
/// }
/// ```
#[derive(Debug)]
pub struct Approved<T> {
    pub(super) spec: T,
    pub(super) resolved: Resolved,
    pub(super) ticket: Ticket,
}

impl<T> Approved<T> {
    /// What was asked for.
    pub fn spec(&self) -> &T {
        &self.spec
    }

    /// The file, directory and environment that were decided on.
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// The same, of whose start and end `sink` is told, too.
    #[must_use]
    pub fn telling(mut self, sink: Box<dyn TicketSink>) -> Self {
        self.ticket = self.ticket.and(sink);
        self
    }

    /// All of it, to be used up: what is taken apart is approved no more. Who starts the command tells
    /// the ticket what becomes of it.
    pub fn into_parts(self) -> (T, Resolved, Ticket) {
        (self.spec, self.resolved, self.ticket)
    }
}
