//! What rules, flags and trust say about a case. It asks nobody and writes nothing, so that explaining a
//! decision and making it are the same.

use super::case::{Case, Known};
use super::ground::Ground;
use super::protected::Protected;
use crate::command::Layer;
use crate::resolve::{Resolver, environment};
use crate::rules::{Decision, Judgement, Outcome, ProcessGrant, RuleRef, RuleSet, Subject};
use crate::trust::{Asked, GrantId, TrustError, TrustScope, TrustStore};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

/// All that a decision is made by.
#[derive(Clone, Copy)]
pub(crate) struct Law<'a> {
    pub(crate) grant: &'a ProcessGrant,
    pub(crate) flags: &'a RuleSet,
    pub(crate) rules: &'a RuleSet,
    pub(crate) trust: &'a TrustStore,
    pub(crate) protected: &'a Protected,
    pub(crate) resolver: &'a Resolver,
}

/// What was found about each layer of a case, in the same order.
#[derive(Debug)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

/// The decision about one layer, and what it rests on.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) decision: Decision,
    pub(crate) ground: Ground,
}

impl Finding {
    pub(crate) fn new(decision: Decision, ground: Ground) -> Self {
        Self { decision, ground }
    }
}

impl Findings {
    /// The layer that decides: the first one of the strongest decision.
    pub(crate) fn decisive(&self) -> usize {
        let strongest = self.decision();
        let is_it = |finding: &Finding| finding.decision == strongest;
        self.0.iter().position(is_it).unwrap_or(0)
    }

    /// The decision about the whole.
    pub(crate) fn decision(&self) -> Decision {
        let decisions = self.0.iter().map(|finding| finding.decision);
        decisions.max().unwrap_or(Decision::Deny)
    }
}

impl Law<'_> {
    /// The findings about `case`.
    ///
    /// # Errors
    /// The trust store cannot be read.
    pub(crate) fn find(&self, case: &Case<'_>) -> Result<Findings, TrustError> {
        let mut findings: Vec<Finding> = Vec::with_capacity(case.layers.len());
        // The rule, per layer, by which it may run anything.
        let mut covered: Vec<Option<Arc<RuleRef>>> = Vec::with_capacity(case.layers.len());
        for (layer, known) in case.layers.iter().zip(&case.programs) {
            let judgement = self.judge(layer, known);
            let above = layer.by.and_then(|by| covered.get(by).cloned().flatten());
            let covering = above.or_else(|| judgement.covers_below.clone());
            findings.push(self.find_one(case, layer, known, judgement, covering.as_ref())?);
            covered.push(covering);
        }
        self.trust_whole(case, &mut findings)?;
        Ok(Findings(findings))
    }

    /// What flags and rules say of a layer.
    fn judge(&self, layer: &Layer<'_>, known: &Known) -> Judgement {
        let subject = self.subject(layer, known);
        self.rules.judge(&subject).or(self.flags.judge(&subject))
    }

    /// What each flag and rule says of a layer, in the order in which they are looked at.
    pub(crate) fn judge_all(
        &self,
        layer: &Layer<'_>,
        known: &Known,
        each: &mut dyn FnMut(&Arc<RuleRef>, Outcome<'_>),
    ) {
        let subject = self.subject(layer, known);
        self.flags.judge_all(&subject, each);
        self.rules.judge_all(&subject, each);
    }

    pub(crate) fn subject<'a>(&self, layer: &'a Layer<'a>, known: &'a Known) -> Subject<'a>
    where
        Self: 'a,
    {
        Subject {
            layer,
            program: known.file.as_deref(),
            names: &known.names,
            is_from_hosts_path: known.is_from_hosts_path,
            resolver: self.resolver,
        }
    }

    fn find_one(
        &self,
        case: &Case<'_>,
        layer: &Layer<'_>,
        known: &Known,
        judgement: Judgement,
        covering: Option<&Arc<RuleRef>>,
    ) -> Result<Finding, TrustError> {
        let found = |decision, ground| Ok(Finding::new(decision, ground));
        if let Some(file) = self.protected.written_by(layer, &known.names, case.cwd) {
            return found(Decision::Deny, Ground::Protected(file.to_owned()));
        }
        let code = self
            .code_variable(case, layer)
            .filter(|_| covering.is_none());
        let certain = judgement.certain;
        if let Some(rule) = certain
            .as_ref()
            .filter(|rule| rule.decision == Decision::Deny)
        {
            return found(Decision::Deny, Ground::Rule(Arc::clone(rule)));
        }
        if let Some(code) = code {
            return found(self.grant.about_code(), code);
        }
        // Who may run anything is stopped by what is certain alone.
        if let Some(doubt) = judgement.doubt.filter(|_| covering.is_none()) {
            return found(Decision::Ask, Ground::CouldMatch(doubt.rule, doubt.why));
        }
        match certain {
            Some(rule) if rule.decision == Decision::Ask => {
                return self.unless_trusted(case, layer, known, Ground::Rule(rule));
            }
            Some(rule) => return found(Decision::Allow, Ground::Rule(rule)),
            None => {}
        }
        if let Some(rule) = covering {
            return found(Decision::Allow, Ground::RunsAnything(Arc::clone(rule)));
        }
        if let Some(why) = &layer.opaque {
            return found(Decision::Ask, Ground::Opaque(why.clone().into_owned()));
        }
        if layer.is_builtin {
            return found(Decision::Allow, Ground::ShellBuiltin);
        }
        self.unless_trusted(case, layer, known, Ground::NoRule)
    }

    /// Ask, unless the program of the layer has been trusted.
    fn unless_trusted(
        &self,
        case: &Case<'_>,
        layer: &Layer<'_>,
        known: &Known,
        ground: Ground,
    ) -> Result<Finding, TrustError> {
        let ask = Finding::new(Decision::Ask, ground);
        if layer.opaque.is_some() {
            return Ok(ask);
        }
        let grant = self.trusted(case, layer, known)?;
        Ok(grant.map_or(ask, |(id, _)| {
            Finding::new(Decision::Allow, Ground::Trusted(id))
        }))
    }

    /// Where exactly this command was trusted, so is all that it says it runs.
    fn trust_whole(&self, case: &Case<'_>, findings: &mut [Finding]) -> Result<(), TrustError> {
        if !findings
            .iter()
            .any(|finding| finding.decision == Decision::Ask)
        {
            return Ok(());
        }
        let (Some(layer), Some(known)) = (case.layers.first(), case.programs.first()) else {
            return Ok(());
        };
        let Some((id, TrustScope::Exact)) = self.trusted(case, layer, known)? else {
            return Ok(());
        };
        for (at, finding) in findings.iter_mut().enumerate() {
            // A person who trusted the command saw the names of its variables, and not their values.
            let is_open = !matches!(finding.ground, Ground::SetsCode { .. });
            if finding.decision == Decision::Ask && is_open && self.is_fixed(case, at) {
                *finding = Finding::new(Decision::Allow, Ground::Trusted(id.clone()));
            }
        }
        Ok(())
    }

    /// Whether the text of the command and the directory fix what the layer at `at` is. They do not where
    /// the request sets a variable that what is not known could hold, or has another file found for a
    /// name than the host has.
    pub(super) fn is_fixed(&self, case: &Case<'_>, at: usize) -> bool {
        let (Some(layer), Some(known)) = (case.layers.get(at), case.programs.get(at)) else {
            return false;
        };
        let is_known = layer.opaque.is_none() && layer.args.iter().all(|arg| arg.text().is_some());
        if !is_known && environment::is_changed(case.request.env) {
            return false;
        }
        // The grant names the file of the command itself.
        let is_written =
            layer.by.is_none() || layer.path.is_some() || layer.program.as_bytes().contains(&b'/');
        is_written || {
            let on_host = self.resolver.find_on_host(&layer.program);
            on_host.as_ref().map(|file| file.entry())
                == known.file.as_ref().map(|file| file.entry())
        }
    }

    fn trusted(
        &self,
        case: &Case<'_>,
        layer: &Layer<'_>,
        known: &Known,
    ) -> Result<Option<(GrantId, TrustScope)>, TrustError> {
        let Some(file) = &known.file else {
            return Ok(None);
        };
        let runs = match layer.by {
            None => case.runs(),
            Some(_) => Vec::new(),
        };
        self.trust.covering(&Asked {
            program: &layer.program,
            file,
            args: &layer.args,
            cwd: case.cwd,
            runs: &runs,
            resolver: self.resolver,
        })
    }

    /// The first variable that the layer is given and that makes programs run other code.
    fn code_variable(&self, case: &Case<'_>, layer: &Layer<'_>) -> Option<Ground> {
        let ground = |(variable, how): (&OsStr, &'static str)| Ground::SetsCode {
            variable: variable.to_owned(),
            how: how.into(),
        };
        if layer.by.is_none() {
            return environment::changed_code(case.request.env).map(ground);
        }
        let set = layer
            .sets
            .iter()
            .find_map(|(name, _)| Some((name.as_ref(), environment::brings_code(name)?)));
        set.map(ground)
    }
}
