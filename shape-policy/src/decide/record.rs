//! Writing down what was decided, and following what becomes of it.

use super::case::Case;
use super::deliberate::Findings;
use super::ground::Ground;
use super::local::Local;
use crate::ask::Answer;
use crate::audit::{
    Audit, AuditError, DecidedBy, DecisionEvent, End, RuleFacts, Ticket, TicketSink,
};
use crate::error::{Denial, DenialReason, Refusal};
use crate::guard::{Ended, Execution, Guard, Validator, report_execution};
use crate::resolve::{Resolved, environment};
use crate::rules::{Decision, RuleRef, RuleSource};
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

/// What came of judging a case.
pub(super) enum Verdict {
    /// It may run, by what was found or by what somebody says.
    Allowed(Findings, Option<Opinion>),
    /// It may not run.
    Denied(Denial),
    /// Nobody waits for the decision any more.
    Cancelled,
}

/// What somebody says who was asked.
pub(super) enum Opinion {
    /// This, now.
    Answered(Answer),
    /// That it is trusted, while this one waited to ask.
    Trusted,
}

impl Local {
    /// Writes `verdict` down, and gives what is to follow what was allowed.
    ///
    /// # Errors
    /// The refusal, if it is one; a denial if what is allowed cannot be written down and has to be.
    pub(super) fn record(
        &self,
        case: &Case<'_>,
        resolved: &Resolved,
        id: u64,
        verdict: Verdict,
        took: Duration,
    ) -> Result<Ticket, Refusal> {
        let program = || case.request.program.to_owned();
        let facts = match &verdict {
            Verdict::Cancelled => return Err(Refusal::Cancelled { program: program() }),
            Verdict::Allowed(findings, opinion) => Facts::of_allowed(findings, opinion.as_ref()),
            Verdict::Denied(denial) => Facts::of_denial(denial),
        };
        if let Some(audit) = &self.audit
            && let Err(error) = self.write(audit, case, resolved, id, &facts, took)
        {
            let reason = DenialReason::Broken(error.to_string());
            return Err(self.denial_of_all(case, resolved, reason).into());
        }
        if self.validator.is_some() {
            self.history
                .note(&self.subject, case.request.program, facts.decision);
        }
        match verdict {
            Verdict::Denied(denial) => Err(denial.into()),
            _ if self.is_followed() => Ok(Ticket::new(Box::new(Follower {
                audit: self.audit.clone(),
                guard: self.guard.clone(),
                validator: self.validator.clone(),
                subject: Arc::clone(&self.subject),
                program: program(),
                id,
            }))),
            _ => Ok(Ticket::none()),
        }
    }

    fn is_followed(&self) -> bool {
        let counts_ends = self.guard.as_ref().is_some_and(Guard::counts_ends);
        self.audit.is_some() || self.validator.is_some() || counts_ends
    }

    fn write(
        &self,
        audit: &Audit,
        case: &Case<'_>,
        resolved: &Resolved,
        id: u64,
        facts: &Facts,
        took: Duration,
    ) -> Result<(), AuditError> {
        let source = facts.rule.as_ref().map(|rule| rule.source.to_string());
        let rule = facts.rule.as_ref().zip(source.as_ref());
        let event = DecisionEvent {
            program: case.request.program,
            path: Some(resolved.program().path()),
            args: case.request.args,
            cwd: Some(resolved.cwd()),
            changed_variables: &environment::changed(case.request.env),
            layers: &case.layers,
            decision: facts.decision,
            rule: rule.map(|(rule, source)| RuleFacts {
                id: &rule.id,
                source,
                file: rule.file.as_deref(),
                line: rule.line,
            }),
            reason: Some(&facts.reason),
            by: facts.by,
            duration: took,
        };
        audit.decision(id, &self.subject, &event)
    }
}

/// What is written about a verdict.
struct Facts {
    decision: Decision,
    by: DecidedBy,
    rule: Option<Arc<RuleRef>>,
    reason: String,
}

impl Facts {
    fn of_allowed(findings: &Findings, opinion: Option<&Opinion>) -> Self {
        let (by, rule, reason) = match opinion {
            Some(Opinion::Answered(Answer::Trust(_))) => {
                (DecidedBy::Answer, None, "somebody trusts it".to_owned())
            }
            Some(Opinion::Answered(_)) => (DecidedBy::Answer, None, "somebody said yes".to_owned()),
            Some(Opinion::Trusted) => (DecidedBy::Trust, None, "somebody trusts it".to_owned()),
            None => {
                let ground = &findings.0[0].ground;
                (
                    decided_by(ground),
                    ground.rule().cloned(),
                    ground.to_string(),
                )
            }
        };
        Self {
            decision: Decision::Allow,
            by,
            rule,
            reason,
        }
    }

    fn of_denial(denial: &Denial) -> Self {
        let ground = match denial.reason() {
            DenialReason::Ground(ground) | DenialReason::NobodyToAsk(ground) => Some(ground),
            _ => None,
        };
        let by = match denial.reason() {
            DenialReason::UserSaidNo => DecidedBy::Answer,
            DenialReason::Lockdown(_) | DenialReason::Throttled { .. } => DecidedBy::Guard,
            DenialReason::NotOnAllowList(_) => DecidedBy::Flag,
            DenialReason::Broken(_) => DecidedBy::Default,
            _ => ground.map_or(DecidedBy::Default, decided_by),
        };
        Self {
            decision: Decision::Deny,
            by,
            rule: ground.and_then(Ground::rule).cloned(),
            reason: denial.why(),
        }
    }
}

fn decided_by(ground: &Ground) -> DecidedBy {
    match ground {
        Ground::Trusted(_) => DecidedBy::Trust,
        Ground::Validator(_) => DecidedBy::Validator,
        _ => match ground.rule() {
            Some(rule) if rule.source == RuleSource::Flag => DecidedBy::Flag,
            Some(_) => DecidedBy::Rule,
            None => DecidedBy::Default,
        },
    }
}

/// Follows one command from its start to its end.
struct Follower {
    audit: Option<Audit>,
    guard: Option<Guard>,
    validator: Option<Arc<dyn Validator>>,
    subject: Arc<str>,
    program: OsString,
    id: u64,
}

impl TicketSink for Follower {
    fn started(&mut self, pid: u32) {
        if let Some(audit) = &self.audit {
            audit.started(self.id, &self.subject, pid);
        }
    }

    fn ended(&mut self, end: &End<'_>) {
        if let Some(audit) = &self.audit {
            audit.ended(self.id, &self.subject, end);
        }
        if let Some(guard) = &self.guard {
            let ended = match end.exit_code {
                Some(0) => Ended::Succeeded,
                _ => Ended::Failed,
            };
            // The command is over; what cannot be counted raises no alert.
            let _ = guard.note_end(&self.subject, ended);
        }
        if let Some(validator) = &self.validator {
            let execution = Execution {
                subject: &self.subject,
                program: &self.program,
                exit_code: end.exit_code,
                signal: end.signal,
                duration: end.duration,
            };
            if let (Err(panic), Some(audit)) =
                (report_execution(&**validator, &execution), &self.audit)
            {
                audit.note_validator(self.id, &self.subject, &panic);
            }
        }
    }
}
