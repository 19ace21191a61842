//! The pipeline: what is asked for is resolved, taken apart, held against rules and trust, asked about,
//! and approved or denied.

mod approved;
mod builder;
mod case;
mod deliberate;
mod explain;
mod ground;
mod help;
mod local;
mod person;
mod protected;
mod record;
mod rulebook;

pub use approved::Approved;
pub use builder::PolicyBuilder;
pub use explain::{Explanation, LayerExplanation, RuleExplanation};
pub use ground::Ground;
pub(crate) use help::broken;

use crate::ask::Approver;
use crate::audit::{Audit, Ticket};
use crate::cancel::CancelToken;
use crate::error::Refusal;
use crate::guard::Guard;
use crate::remote::{Channel, Remote};
use crate::request::{Ask, Environment, Request};
use crate::resolve::Resolved;
use crate::resolve::found::Found;
use crate::rules::ProcessGrant;
use local::Local;
use std::fmt;
use std::sync::Arc;

/// Decides what may run. It can be shared between threads; one per run is the custom.
pub struct Policy(Decider);

/// Who decides.
enum Decider {
    Local(Box<Local>),
    Remote(Remote),
}

/// What is to be decided.
pub(crate) struct Wanted<'a> {
    pub(crate) request: Request<'a>,
    pub(crate) is_detached: bool,
    /// What whoever is to start it has found, if that is not who decides.
    pub(crate) found: Option<&'a Found>,
}

impl Policy {
    /// A policy that asks nobody and knows no rules: what `grant` does not allow is denied.
    pub fn new(grant: ProcessGrant) -> Self {
        Self::builder(grant).build()
    }

    /// A policy that asks `approver` about what `grant` leaves open, and knows no rules.
    pub fn asking(grant: ProcessGrant, approver: Arc<dyn Approver>) -> Self {
        Self::builder(grant).approver(approver).build()
    }

    /// A policy under construction, which begins with what a run was given.
    pub fn builder(grant: ProcessGrant) -> PolicyBuilder {
        PolicyBuilder::new(grant)
    }

    /// A policy whose every decision is made by the one of a [`PolicyServer`](crate::PolicyServer) behind
    /// `channel`, which also asks, counts and writes down. It denies all as long as that cannot be reached.
    ///
    /// Programs are looked for in the environment that the other policy has.
    pub fn remote(channel: Arc<dyn Channel>) -> Self {
        Self(Decider::Remote(Remote::new(channel)))
    }

    /// `spec`, approved.
    ///
    /// It is resolved to a file and taken apart into all that it would run. Each part is held against
    /// the rules: one that is denied denies the whole; else one that has to be asked about has the
    /// whole asked about, unless it is trusted; else it is approved. When there is nobody to ask, it is
    /// denied.
    ///
    /// # Errors
    /// [`Refusal::Resolve`] if there is nothing to run, [`Refusal::Denied`] if it may not.
    ///
    /// # Blocking
    /// As long as the approver takes, if it is asked.
    pub fn approve<T: Ask>(&self, spec: T) -> Result<Approved<T>, Refusal> {
        self.approve_until(spec, None)
    }

    /// As [`Policy::approve`], but nobody is waited for any longer once `cancel` is cancelled.
    ///
    /// # Errors
    /// As [`Policy::approve`], and [`Refusal::Cancelled`].
    ///
    /// # Blocking
    /// As long as the approver takes, if it is asked, or until `cancel` is cancelled.
    pub fn approve_until<T: Ask>(
        &self,
        spec: T,
        cancel: Option<&CancelToken>,
    ) -> Result<Approved<T>, Refusal> {
        let wanted = Wanted {
            request: spec.request(),
            is_detached: spec.is_detached(),
            found: None,
        };
        let (resolved, ticket) = self.decide(&wanted, cancel)?;
        Ok(Approved {
            spec,
            resolved,
            ticket,
        })
    }

    /// What `wanted` was resolved to, if it may run, and who is told what becomes of it.
    pub(crate) fn decide(
        &self,
        wanted: &Wanted<'_>,
        cancel: Option<&CancelToken>,
    ) -> Result<(Resolved, Ticket), Refusal> {
        match &self.0 {
            Decider::Local(local) => local.decide(wanted, cancel),
            Decider::Remote(remote) => remote.decide(wanted, cancel),
        }
    }

    /// The environment that children start with.
    ///
    /// # Errors
    /// Why it is not known.
    pub(crate) fn environment(&self) -> Result<&Environment, String> {
        match &self.0 {
            Decider::Local(local) => Ok(local.resolver.environment()),
            Decider::Remote(remote) => Ok(remote.resolver()?.environment()),
        }
    }

    /// The guard, if there is one; `None` for a [`Policy::remote`].
    pub fn guard(&self) -> Option<&Guard> {
        match &self.0 {
            Decider::Local(local) => local.guard.as_ref(),
            Decider::Remote(_) => None,
        }
    }

    /// The audit, if there is one; `None` for a [`Policy::remote`].
    pub fn audit(&self) -> Option<&Audit> {
        match &self.0 {
            Decider::Local(local) => local.audit.as_ref(),
            Decider::Remote(_) => None,
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Decider::Local(local) => local.fmt(f),
            Decider::Remote(remote) => remote.fmt(f),
        }
    }
}
