//! A decision laid open: every rule that was looked at, and what would change the answer.

use super::ground::Ground;
use super::help::{self, command_line};
use super::local::Local;
use super::{Decider, Policy};
use crate::command::Word;
use crate::error::{DenialReason, Refusal, ResolveError};
use crate::request::{Ask, Request};
use crate::rules::{Decision, RuleRef};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why something may run, has to be asked about, or may not run. It serialises as `shape permissions
/// explain` prints it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The decision, before anybody is asked.
    pub decision: Decision,
    /// The id of the rule that decides; `None` if none does.
    pub rule: Option<String>,
    /// Where that rule stands: `FILE:LINE`, or what it comes from.
    pub source: Option<String>,
    /// What the decision rests on, in words.
    pub reason: String,
    /// The file that would be executed; `None` if there is none.
    pub program: Option<PathBuf>,
    /// The directory that it would start in.
    pub cwd: PathBuf,
    /// Why nothing would run, whatever the decision.
    pub error: Option<String>,
    /// The programs that would run: the one that is asked for, and what it would run in turn.
    pub layers: Vec<LayerExplanation>,
    /// The layer that decides, by its index.
    pub decisive: usize,
    /// What would have it allowed; `None` if it is.
    pub help: Option<String>,
}

/// What is decided about one of the programs of a command.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LayerExplanation {
    /// Its command, each word quoted; what is not known is `…`.
    pub command: String,
    /// The layer that would run it, by its index; `None` for the first.
    pub by: Option<usize>,
    /// The file; `None` if there is none, or if it is a part of the shell.
    pub program: Option<PathBuf>,
    /// The names that it goes by.
    pub names: Vec<String>,
    /// The decision about it.
    pub decision: Decision,
    /// The id of the rule that decides about it.
    pub rule: Option<String>,
    /// Where that rule stands.
    pub source: Option<String>,
    /// What the decision rests on, in words.
    pub reason: String,
    /// Why it cannot be known what it does.
    pub opaque: Option<String>,
    /// Files that the shell would open for writing for it.
    pub writes: Vec<String>,
    /// Every rule, in the order in which they are looked at.
    pub rules: Vec<RuleExplanation>,
    /// What the decision rests on.
    #[serde(skip)]
    pub ground: Ground,
}

/// Whether a rule matches a program and its arguments.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RuleExplanation {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub source: String,
    /// What it decides where it matches.
    pub decision: Decision,
    /// `matches`, `could match` or `no`.
    pub outcome: &'static str,
    /// Why.
    pub why: String,
}

impl Policy {
    /// What [`Policy::approve`] would decide about `spec` before it asks anybody, and why. Nothing is run,
    /// asked, counted or written down. What cannot run since there is no such program is explained all
    /// the same, by its name.
    ///
    /// # Errors
    /// [`Refusal::Resolve`] if the request itself is wrong: its directory, or a NUL in it.
    /// [`Refusal::Denied`] if the decision cannot be made, as when the trust store is broken, or is made
    /// elsewhere ([`Policy::remote`]).
    pub fn explain<T: Ask>(&self, spec: &T) -> Result<Explanation, Refusal> {
        match &self.0 {
            Decider::Local(local) => local.explain(&spec.request(), spec.is_detached()),
            Decider::Remote(_) => {
                let program = spec.request().program;
                let why = "it can be explained where it is decided";
                Err(help::broken(program, Path::new(program), &why).into())
            }
        }
    }
}

impl Local {
    fn explain(&self, request: &Request<'_>, is_detached: bool) -> Result<Explanation, Refusal> {
        let (resolved, error) = match self.resolver.resolve(request) {
            Ok(resolved) => (Some(resolved), None),
            Err(error @ (ResolveError::Invalid { .. } | ResolveError::BadCwd { .. })) => {
                return Err(error.into());
            }
            Err(error) => (None, Some(error.to_string())),
        };
        let cwd = self.resolver.cwd_of(request)?;
        let edition = self.edition();
        let case = self.case(request, resolved.as_ref(), &cwd, &edition);
        let rules = edition.rules.as_ref();
        let path = resolved.as_ref().map(|resolved| resolved.program().path());
        let path = path.unwrap_or(Path::new(request.program));
        let broken = |what: &dyn fmt::Display| help::broken(request.program, path, what);
        let rules = rules.map_err(|error| broken(error))?;
        let law = self.law(rules);
        let findings = self.find(&law, &case, resolved.as_ref(), is_detached);
        let findings = findings.map_err(|error| broken(&error))?;
        let decisive = findings.decisive();
        let decision = findings.decision();
        let layers: Vec<_> = (0..case.layers.len())
            .map(|at| {
                let mut looked_at = Vec::new();
                law.judge_all(
                    &case.layers[at],
                    &case.programs[at],
                    &mut |rule, outcome| {
                        looked_at.push(RuleExplanation::new(rule, outcome));
                    },
                );
                let (layer, known) = (&case.layers[at], &case.programs[at]);
                let finding = &findings.0[at];
                let rule = finding.ground.rule();
                LayerExplanation {
                    command: command_line(layer),
                    by: layer.by,
                    program: known.file.as_ref().map(|file| file.path().to_owned()),
                    names: known
                        .names
                        .iter()
                        .map(|name| name.to_string_lossy().into())
                        .collect(),
                    decision: finding.decision,
                    rule: rule.map(|rule| rule.id.clone()),
                    source: rule.map(|rule| rule.place()),
                    reason: finding.ground.to_string(),
                    opaque: layer.opaque.as_ref().map(|why| why.clone().into_owned()),
                    writes: layer.writes.iter().map(shown).collect(),
                    rules: looked_at,
                    ground: finding.ground.clone(),
                }
            })
            .collect();
        let help = (decision != Decision::Allow).then(|| self.help(&law, &case, &findings));
        let first = &layers[decisive];
        let explanation = Explanation {
            decision,
            rule: first.rule.clone(),
            source: first.source.clone(),
            reason: first.reason.clone(),
            program: resolved
                .as_ref()
                .map(|resolved| resolved.program().path().to_owned()),
            cwd: cwd.clone(),
            error,
            decisive,
            help,
            layers,
        };
        match self.lockdown() {
            Some(reason @ DenialReason::Broken(_)) => Err(broken(&reason).into()),
            Some(reason) => Ok(Explanation {
                decision: Decision::Deny,
                rule: None,
                source: None,
                reason: reason.to_string(),
                help: Some(help::END_LOCKDOWN.to_owned()),
                ..explanation
            }),
            None => Ok(explanation),
        }
    }
}

impl RuleExplanation {
    fn new(rule: &Arc<RuleRef>, outcome: crate::rules::Outcome<'_>) -> Self {
        Self {
            id: rule.id.clone(),
            source: rule.place(),
            decision: rule.decision,
            outcome: outcome.word(),
            why: outcome.to_string(),
        }
    }
}

fn shown(word: &Word<'_>) -> String {
    match word {
        Word::Text(text) => text.to_string_lossy().into_owned(),
        Word::Operands | Word::Unknown => "…".to_owned(),
    }
}
