//! Having somebody decide what rules leave open.

use super::case::Case;
use super::deliberate::{Finding, Findings, Law};
use super::ground::Ground;
use super::help::command_line;
use super::local::Local;
use super::record::{Opinion, Verdict};
use crate::ask::queue::Outcome;
use crate::ask::{Answer, Details, Question};
use crate::audit::AskEvent;
use crate::cancel::CancelToken;
use crate::error::DenialReason;
use crate::resolve::Resolved;
use crate::resolve::program::Program;
use crate::rules::Decision;
use crate::trust::{NewGrant, Trust, TrustError, TrustScope};
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

impl Local {
    /// The decision of a person, or of nobody.
    pub(super) fn ask_person(
        &self,
        law: &Law<'_>,
        case: &Case<'_>,
        resolved: &Resolved,
        findings: Findings,
        id: u64,
        cancel: Option<&CancelToken>,
    ) -> Verdict {
        let open = Open::new(law, case, resolved, &findings);
        let details = open.details(case, &findings, id);
        let question = Question::new(case.request, resolved).with(details);
        let mut not_kept = None;
        // What is trusted is kept before those who wait look for it.
        let mut ask = || {
            let begun = Instant::now();
            let answer = self.approver.ask(&question, cancel);
            self.write_answer(case, id, answer, begun.elapsed());
            match answer {
                Answer::Trust(trust) => self.keep(&open, trust).map_or_else(
                    |error| {
                        not_kept = Some(error);
                        // The only answer that is shared with nobody.
                        Answer::Yes
                    },
                    |()| answer,
                ),
                answer => answer,
            }
        };
        let is_validator = |finding: &Finding| matches!(finding.ground, Ground::Validator(_));
        let can_be_trusted = !findings.0.iter().any(is_validator);
        let mut is_trusted = || {
            let is_allowed = |findings: Findings| findings.decision() == Decision::Allow;
            can_be_trusted && law.find(case).is_ok_and(is_allowed)
        };
        let key = resolved.program().canonical().as_os_str();
        let outcome = self.queue.ask(key, cancel, &mut is_trusted, &mut ask);
        if let Some(error) = not_kept {
            let reason = DenialReason::Broken(format!("what is trusted cannot be kept: {error}"));
            return Verdict::Denied(self.denial_of_all(case, resolved, reason));
        }
        // It may have been a long wait.
        if let Some(reason) = self.lockdown() {
            return Verdict::Denied(self.denial_of_all(case, resolved, reason));
        }
        let answer = match outcome {
            Outcome::AlreadyTrusted => return Verdict::Allowed(findings, Some(Opinion::Trusted)),
            Outcome::Cancelled => return Verdict::Cancelled,
            Outcome::Answered(answer) | Outcome::SharedNo(answer) => answer,
        };
        match answer {
            Answer::Yes | Answer::Trust(_) => {
                Verdict::Allowed(findings, Some(Opinion::Answered(answer)))
            }
            _ if cancel.is_some_and(CancelToken::is_cancelled) => Verdict::Cancelled,
            Answer::No => {
                let denial = self.denial_of_all(case, resolved, DenialReason::UserSaidNo);
                Verdict::Denied(denial)
            }
            Answer::Nobody => {
                let ground = findings.0[findings.decisive()].ground.clone();
                let reason = self.grant.unasked(ground);
                let denial = self.denial(law, case, resolved, &findings, reason);
                // What could not be trusted would be asked again.
                Verdict::Denied(match open.scopes.is_empty() {
                    true => denial,
                    false => self.left_pending(denial, case, resolved),
                })
            }
        }
    }

    /// Writes down what was answered. What comes of it is written by itself, and refused there if it has to
    /// be written and cannot.
    fn write_answer(&self, case: &Case<'_>, id: u64, answer: Answer, duration: Duration) {
        let Some(audit) = &self.audit else { return };
        let (word, trust) = match answer {
            Answer::Yes => ("yes", None),
            Answer::Trust(trust) => ("trust", Some(trust)),
            Answer::No => ("no", None),
            Answer::Nobody => return,
        };
        let event = AskEvent {
            program: case.request.program,
            answer: word,
            scope: trust.map(|trust| trust.scope.word()),
            lifetime: trust.map(|trust| trust.lifetime.word()),
            duration,
        };
        drop(audit.ask(id, &self.subject, &event));
    }

    /// Trusts what was asked about.
    fn keep(&self, open: &Open<'_>, trust: Trust) -> Result<(), TrustError> {
        let args = match trust.scope {
            TrustScope::Subcommand => NewGrant::subcommand(open.args).unwrap_or(open.args),
            _ => open.args,
        };
        let mut grant = NewGrant::command(open.program, args, trust, self.approver.name())?;
        if trust.scope == TrustScope::Exact {
            grant = grant.in_directory(open.cwd)?.running(&open.runs)?;
        }
        self.trust.add(grant).map(drop)
    }
}

/// A command that is open, and how it can be trusted.
struct Open<'a> {
    program: &'a Program,
    args: &'a [OsString],
    cwd: &'a Path,
    runs: Vec<&'a Path>,
    scopes: Vec<TrustScope>,
}

impl<'a> Open<'a> {
    fn new(law: &Law<'_>, case: &'a Case<'_>, resolved: &'a Resolved, findings: &Findings) -> Self {
        let args = case.request.args;
        // Who trusts a program has seen that one, and means neither what it runs in turn nor what is not
        // known.
        let mut can_trust_program = true;
        let mut can_trust = args.iter().all(|arg| arg.to_str().is_some());
        let runs = case.runs();
        let mut can_trust_exactly =
            case.cwd.to_str().is_some() && runs.iter().all(|file| file.to_str().is_some());
        for (at, finding) in findings.0.iter().enumerate() {
            if finding.decision != Decision::Ask {
                continue;
            }
            can_trust_exactly &= law.is_fixed(case, at);
            match finding.ground {
                Ground::SetsCode { .. } | Ground::Validator(_) => can_trust = false,
                Ground::NoRule | Ground::Rule(_) => {
                    can_trust_program &= at == 0 && case.layers[at].opaque.is_none();
                }
                _ => can_trust_program = false,
            }
        }
        let mut scopes = Vec::new();
        if can_trust && can_trust_program {
            scopes.push(TrustScope::Program);
            if NewGrant::subcommand(args).is_some() {
                scopes.push(TrustScope::Subcommand);
            }
        }
        if can_trust && can_trust_exactly {
            scopes.push(TrustScope::Exact);
        }
        Self {
            program: resolved.program(),
            args,
            cwd: case.cwd,
            runs,
            scopes,
        }
    }

    fn details(&self, case: &Case<'_>, findings: &Findings, id: u64) -> Details {
        let is_open =
            |(at, finding): &(usize, &Finding)| *at > 0 && finding.decision == Decision::Ask;
        let runs = findings.0.iter().enumerate().filter(is_open);
        let ground = &findings.0[findings.decisive()].ground;
        Details {
            id: Some(id.to_string()),
            runs: runs.map(|(at, _)| command_line(&case.layers[at])).collect(),
            reason: match ground {
                Ground::NoRule => None,
                Ground::Rule(rule) => rule.reason.clone(),
                other => Some(other.to_string()),
            },
            rule: ground.rule().map(ToString::to_string),
            scopes: self.scopes.clone(),
        }
    }
}
