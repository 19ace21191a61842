//! The pipeline: what is asked for is resolved, taken apart, held against rules and trust, asked about,
//! and approved or denied.

mod approved;
mod builder;
mod case;
mod deliberate;
mod explain;
mod ground;
mod help;
mod person;
mod protected;
mod record;
mod rulebook;

pub use approved::Approved;
pub use builder::PolicyBuilder;
pub use explain::{Explanation, LayerExplanation, RuleExplanation};
pub use ground::Ground;

use crate::ask::Approver;
use crate::ask::queue::Queue;
use crate::audit::Audit;
use crate::cancel::CancelToken;
use crate::command::categorize;
use crate::error::{Denial, DenialReason, Refusal};
use crate::guard::{
    Admission, Context, Guard, GuardError, History, HistoryEntry, Validator, validated,
};
use crate::request::{Ask, Request};
use crate::resolve::{Resolved, Resolver, environment};
use crate::rules::{Decision, ProcessGrant, RuleSet};
use crate::trust::{Pending, TrustError, TrustStore};
use case::Case;
use deliberate::{Finding, Findings, Law};
use protected::Protected;
use record::Verdict;
use rulebook::{Edition, RuleBook};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Decides what may run. It can be shared between threads; one per run is the custom.
pub struct Policy {
    grant: ProcessGrant,
    rules: RuleBook,
    trust: Arc<TrustStore>,
    pending: Option<Pending>,
    guard: Option<Guard>,
    validator: Option<Arc<dyn Validator>>,
    history: History,
    audit: Option<Audit>,
    approver: Arc<dyn Approver>,
    protected: Protected,
    subject: Arc<str>,
    resolver: Resolver,
    queue: Queue,
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
        let request = spec.request();
        let resolved = self.resolver.resolve(&request)?;
        let edition = self.edition();
        let case = self.case(&request, Some(&resolved), resolved.cwd(), &edition);
        let (id, begun) = match &self.audit {
            Some(audit) => (audit.next_id(), Some(Instant::now())),
            None => (0, None),
        };
        let verdict = self.judge(&case, &edition, &resolved, spec.is_detached(), id, cancel);
        let took = begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        let ticket = self.record(&case, &resolved, id, verdict, took)?;
        drop(case);
        Ok(Approved {
            spec,
            resolved,
            ticket,
        })
    }

    /// The guard, if there is one.
    pub fn guard(&self) -> Option<&Guard> {
        self.guard.as_ref()
    }

    /// The audit, if there is one.
    pub fn audit(&self) -> Option<&Audit> {
        self.audit.as_ref()
    }

    fn case<'a>(
        &self,
        request: &'a Request<'a>,
        resolved: Option<&'a Resolved>,
        cwd: &'a Path,
        edition: &Edition,
    ) -> Case<'a> {
        Case::new(request, resolved, cwd, &self.resolver, &edition.identities)
    }

    /// The rules in force now.
    fn edition(&self) -> Edition {
        self.rules.current(self.guard.as_ref(), &self.resolver)
    }

    /// The decision about `case`, with somebody asked if it takes that.
    fn judge(
        &self,
        case: &Case<'_>,
        edition: &Edition,
        resolved: &Resolved,
        is_detached: bool,
        id: u64,
        cancel: Option<&CancelToken>,
    ) -> Verdict {
        let denied = |reason| Verdict::Denied(self.denial_of_all(case, resolved, reason));
        let broken = |what: &dyn fmt::Display| denied(DenialReason::Broken(what.to_string()));
        match self.admit(case) {
            Ok(None) => {}
            Ok(Some(reason)) => return denied(reason),
            Err(error) => return broken(&error),
        }
        let law = match &edition.rules {
            Ok(rules) => self.law(rules),
            Err(error) => return broken(error),
        };
        let findings = match self.find(&law, case, Some(resolved), is_detached) {
            Ok(findings) => findings,
            Err(error) => return broken(&error),
        };
        match findings.decision() {
            Decision::Allow => Verdict::Allowed(findings, None),
            Decision::Deny => {
                let ground = findings.0[findings.decisive()].ground.clone();
                let reason = DenialReason::Ground(ground);
                Verdict::Denied(self.denial(&law, case, resolved, &findings, reason))
            }
            Decision::Ask => self.ask_person(&law, case, resolved, findings, id, cancel),
        }
    }

    /// What the law says of `case`, narrowed by what it does not know of.
    fn find(
        &self,
        law: &Law<'_>,
        case: &Case<'_>,
        resolved: Option<&Resolved>,
        is_detached: bool,
    ) -> Result<Findings, TrustError> {
        let mut findings = law.find(case)?;
        if is_detached && !self.grant.allows_detached() {
            findings.0[0] = Finding::new(Decision::Deny, Ground::Detached);
        }
        if let (Some(validator), Some(resolved)) = (&self.validator, resolved) {
            let history: Vec<HistoryEntry> = self.history.of(&self.subject);
            let context = Context {
                program: case.request.program,
                args: case.request.args,
                path: resolved.program().path(),
                cwd: case.cwd,
                changed_variables: &environment::changed(case.request.env),
                layers: &case.layers,
                decision: findings.decision(),
                subject: &self.subject,
                history: &history,
            };
            if let (decision, Some(reason)) = validated(&**validator, &context) {
                findings.0[0] = Finding::new(decision, Ground::Validator(reason));
            }
        }
        Ok(findings)
    }

    fn law<'a>(&'a self, rules: &'a RuleSet) -> Law<'a> {
        Law {
            grant: &self.grant,
            flags: self.rules.flags(),
            rules,
            trust: &self.trust,
            protected: &self.protected,
            resolver: &self.resolver,
        }
    }

    /// Why the guard does not let `case` pass; `None` if it does.
    fn admit(&self, case: &Case<'_>) -> Result<Option<DenialReason>, GuardError> {
        let Some(guard) = &self.guard else {
            return Ok(None);
        };
        let layers = case.layers.iter().zip(&case.programs);
        let programs = layers.filter(|(layer, _)| !layer.is_builtin);
        let programs: Vec<_> = programs
            .map(|(layer, known)| {
                let name = known
                    .names
                    .first()
                    .map_or(&*layer.program, |name| name.as_os_str());
                (name, categorize(name))
            })
            .collect();
        Ok(match guard.admit(&self.subject, &programs)? {
            Admission::Pass => None,
            Admission::Throttle { retry_ms, reason } => Some(DenialReason::Throttled {
                limit: reason,
                retry_after: Duration::from_millis(retry_ms),
            }),
            Admission::Lockdown { reason } => Some(DenialReason::Lockdown(reason)),
        })
    }

    /// The lockdown, if there is one; or why nobody knows.
    fn lockdown(&self) -> Option<DenialReason> {
        match self.guard.as_ref()?.lockdown_reason() {
            Ok(reason) => reason.map(DenialReason::Lockdown),
            Err(error) => Some(DenialReason::Broken(error.to_string())),
        }
    }

    /// The denial of a request that cannot be decided on.
    fn broken(
        &self,
        request: &Request<'_>,
        resolved: Option<&Resolved>,
        what: &dyn fmt::Display,
    ) -> Refusal {
        let path = resolved.map_or(Path::new(request.program), |resolved| {
            resolved.program().path()
        });
        let reason = DenialReason::Broken(what.to_string());
        Denial::new(request.program, path, reason, help::MEND.to_owned()).into()
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}
