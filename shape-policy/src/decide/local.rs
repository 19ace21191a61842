//! A decision that is made here.

use super::Wanted;
use super::case::Case;
use super::deliberate::{Finding, Findings, Law};
use super::ground::Ground;
use super::protected::Protected;
use super::record::Verdict;
use super::rulebook::{Edition, RuleBook};
use crate::ask::Approver;
use crate::ask::queue::Queue;
use crate::audit::{Audit, Ticket};
use crate::cancel::CancelToken;
use crate::command::categorize;
use crate::error::{DenialReason, Refusal};
use crate::guard::{
    Admission, Context, Guard, GuardError, History, HistoryEntry, Validator, validated,
};
use crate::remote::CHANGED;
use crate::request::Request;
use crate::resolve::found::Found;
use crate::resolve::{Resolved, Resolver, environment};
use crate::rules::{Decision, ProcessGrant, RuleSet};
use crate::trust::{Pending, TrustError, TrustStore};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// All that decides.
pub(crate) struct Local {
    pub(super) grant: ProcessGrant,
    pub(super) rules: RuleBook,
    pub(super) trust: Arc<TrustStore>,
    pub(super) pending: Option<Pending>,
    pub(super) guard: Option<Guard>,
    pub(super) validator: Option<Arc<dyn Validator>>,
    pub(super) history: History,
    pub(super) audit: Option<Audit>,
    pub(super) approver: Arc<dyn Approver>,
    pub(super) protected: Protected,
    pub(super) subject: Arc<str>,
    pub(super) resolver: Resolver,
    pub(super) queue: Queue,
}

impl Local {
    /// What `wanted` was resolved to, if it may run, and who is told what becomes of it.
    pub(super) fn decide(
        &self,
        wanted: &Wanted<'_>,
        cancel: Option<&CancelToken>,
    ) -> Result<(Resolved, Ticket), Refusal> {
        let request = &wanted.request;
        let resolved = self.resolver.resolve(request)?;
        let edition = self.edition();
        let case = self.case(request, Some(&resolved), resolved.cwd(), &edition);
        let (id, begun) = match &self.audit {
            Some(audit) => (audit.next_id(), Some(Instant::now())),
            None => (0, None),
        };
        let is_other = |found: &Found| *found != Found::from(&resolved);
        let verdict = match wanted.found.is_some_and(is_other) {
            true => {
                let reason = DenialReason::Broken(CHANGED.to_owned());
                Verdict::Denied(self.denial_of_all(&case, &resolved, reason))
            }
            false => self.judge(&case, &edition, &resolved, wanted.is_detached, id, cancel),
        };
        let took = begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        let ticket = self.record(&case, &resolved, id, verdict, took)?;
        drop(case);
        Ok((resolved, ticket))
    }

    pub(super) fn case<'a>(
        &self,
        request: &'a Request<'a>,
        resolved: Option<&'a Resolved>,
        cwd: &'a Path,
        edition: &Edition,
    ) -> Case<'a> {
        Case::new(request, resolved, cwd, &self.resolver, &edition.identities)
    }

    /// The rules in force now.
    pub(super) fn edition(&self) -> Edition {
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
    pub(super) fn find(
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

    pub(super) fn law<'a>(&'a self, rules: &'a RuleSet) -> Law<'a> {
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
    pub(super) fn lockdown(&self) -> Option<DenialReason> {
        match self.guard.as_ref()?.lockdown_reason() {
            Ok(reason) => reason.map(DenialReason::Lockdown),
            Err(error) => Some(DenialReason::Broken(error.to_string())),
        }
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}
