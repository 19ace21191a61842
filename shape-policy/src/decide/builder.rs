//! A policy under construction.

use super::local::Local;
use super::protected::Protected;
use super::rulebook::{Loader, RuleBook};
use super::{Decider, Policy};
use crate::ask::queue::Queue;
use crate::ask::{Approver, DenyAll};
use crate::audit::Audit;
use crate::guard::{Guard, History, Validator};
use crate::resolve::Resolver;
use crate::rules::{ProcessGrant, RuleError, RuleSet};
use crate::trust::{Pending, TrustStore};
use std::path::PathBuf;
use std::sync::Arc;

/// A [`Policy`] under construction.
///
/// ```
/// use shape_policy::{Policy, ProcessGrant, RuleSet, RuleSource};
/// use std::path::Path;
///
/// let text = r#"
///     [[rule]]
///     id = "git-readonly"
///     program = "git"
///     args = [["status", "log"]]
///     decision = "allow"
/// "#;
/// let rules = RuleSet::builder().builtin().text(RuleSource::User, Path::new("rules.toml"), text).build()?;
/// let policy = Policy::builder(ProcessGrant::none()).rules(rules).build();
/// # Ok::<(), shape_policy::RuleError>(())
/// ```
#[must_use]
pub struct PolicyBuilder {
    grant: ProcessGrant,
    rules: Arc<RuleSet>,
    loader: Option<Box<Loader>>,
    trust: Arc<TrustStore>,
    pending: Option<Pending>,
    guard: Option<Guard>,
    validator: Option<Arc<dyn Validator>>,
    audit: Option<Audit>,
    approver: Arc<dyn Approver>,
    protected: Vec<PathBuf>,
    subject: String,
}

impl PolicyBuilder {
    pub(super) fn new(grant: ProcessGrant) -> Self {
        Self {
            grant,
            rules: Arc::new(RuleSet::none()),
            loader: None,
            trust: Arc::new(TrustStore::in_memory()),
            pending: None,
            guard: None,
            validator: None,
            audit: None,
            approver: Arc::new(DenyAll),
            protected: Vec::new(),
            subject: "host".to_owned(),
        }
    }

    /// With these rules.
    pub fn rules(mut self, rules: RuleSet) -> Self {
        self.rules = Arc::new(rules);
        self
    }

    /// With the rules that `load` makes: now, and again whenever the guard is told to
    /// [reload](Guard::reload). While they are wrong, everything is denied.
    ///
    /// # Errors
    /// Those of `load` now.
    pub fn rules_by(
        mut self,
        load: impl Fn() -> Result<RuleSet, RuleError> + Send + Sync + 'static,
    ) -> Result<Self, RuleError> {
        self.rules = Arc::new(load()?);
        self.loader = Some(Box::new(load));
        Ok(self)
    }

    /// With what people trust. Without it what is trusted ends with the policy.
    pub fn trust(mut self, trust: Arc<TrustStore>) -> Self {
        self.trust = trust;
        self
    }

    /// With a place where a question that nobody could be asked waits for an answer.
    pub fn pending(mut self, pending: Pending) -> Self {
        self.pending = Some(pending);
        self
    }

    /// With a guard, for what is run on behalf of `subject`.
    pub fn guard(mut self, guard: Guard, subject: impl Into<String>) -> Self {
        self.guard = Some(guard);
        self.subject = subject.into();
        self
    }

    /// With somebody who sees every decision and may make it narrower.
    pub fn validator(mut self, validator: Arc<dyn Validator>) -> Self {
        self.validator = Some(validator);
        self
    }

    /// With everything written down.
    pub fn audit(mut self, audit: Audit) -> Self {
        self.audit = Some(audit);
        self
    }

    /// With somebody to ask.
    pub fn approver(mut self, approver: Arc<dyn Approver>) -> Self {
        self.approver = approver;
        self
    }

    /// With files that no command may be seen to write to: those that hold rules, trust and audit. The
    /// text of a command is all that is looked at; what a program does by itself is not seen.
    pub fn protect(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.protected.extend(files);
        self
    }

    /// The policy. The environment of the host is taken now.
    pub fn build(self) -> Policy {
        if let (Some(guard), Some(audit)) = (&self.guard, self.audit.clone()) {
            // An alert refuses nothing, and so does one that cannot be written.
            guard.on_alert(move |alert| drop(audit.alert(alert)));
        }
        let generation = self.guard.as_ref().map_or(0, Guard::generation);
        let resolver = Resolver::new();
        let flags = RuleSet::of_grant(&self.grant);
        let rules = RuleBook::new(flags, self.rules, self.loader, generation, &resolver);
        Policy(Decider::Local(Box::new(Local {
            grant: self.grant,
            rules,
            trust: self.trust,
            pending: self.pending,
            guard: self.guard,
            validator: self.validator,
            history: History::default(),
            audit: self.audit,
            approver: self.approver,
            protected: Protected::new(self.protected),
            subject: self.subject.into(),
            resolver,
            queue: Queue::default(),
        })))
    }
}
