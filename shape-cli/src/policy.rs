//! The one policy of `run`, `eval`, `exec` and `permissions explain`, so that what is explained is what is
//! decided.

use crate::config::{AuditTable, Config, GuardTable, Invalid};
use crate::flags::{Grant, GrantFlags, Standing};
use crate::places::{self, Places};
use crate::plain;
use crate::report::{self, Status};
use shape_policy::{
    Approver, Audit, Decision, Digest, Guard, GuardError, Limits, Pending, Policy, Rate, RuleError,
    RuleSet, RuleSetBuilder, RuleSource, TrustError, TrustStore,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// On whose behalf commands run that are started here.
const SUBJECT: &str = "shape";

/// What a run was given: the flags and the set that they name, what the project says, and the rules that
/// stand where rules are looked for.
pub(crate) struct Given {
    pub(crate) grant: Grant,
    rules: RuleFiles,
    places: Places,
    /// The `shape.toml` that there is.
    project: Option<PathBuf>,
    guard: Option<GuardTable>,
    audit: AuditTable,
}

/// A policy, and what has to be seen to while it is in use.
pub(crate) struct Ready {
    pub(crate) policy: Policy,
    pub(crate) guard: Option<Guard>,
    pub(crate) audit: Option<Audit>,
}

/// Why there can be no policy. Then nothing runs.
#[derive(Debug)]
pub(crate) enum Unusable {
    Rules(RuleError),
    Trust(TrustError),
    Guard(GuardError),
}

impl From<RuleError> for Unusable {
    fn from(error: RuleError) -> Self {
        Self::Rules(error)
    }
}

impl From<TrustError> for Unusable {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

impl From<GuardError> for Unusable {
    fn from(error: GuardError) -> Self {
        Self::Guard(error)
    }
}

impl Unusable {
    /// Says so; returns the status to end with.
    pub(crate) fn tell(&self) -> Status {
        match self {
            Self::Rules(error) => return report::rule_error(error),
            Self::Trust(error) => report::failure(&error.to_string(), None),
            Self::Guard(error) => report::failure(&error.to_string(), None),
        }
        Status::REFUSED
    }

    /// It in a line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Rules(error) => error.to_string(),
            Self::Trust(error) => error.to_string(),
            Self::Guard(error) => error.to_string(),
        }
    }
}

impl Given {
    /// What these flags give in the current directory.
    ///
    /// # Errors
    /// `shape.toml` cannot be used, or has no such set.
    pub(crate) fn new(flags: GrantFlags) -> Result<Self, Invalid> {
        // A directory that is gone is in no project.
        let directory = std::env::current_dir().ok();
        let (flags, config) = flags.with_project(directory.as_deref())?;
        let places = Places::of_this_process();
        let rules = RuleFiles::new(&flags, &places, directory.as_deref());
        // What rules or trust may allow is decided at each program, and linking lets it pass.
        let grant = flags.grant(rules.standing());
        let project = config.as_ref().map(|config| config.path().to_owned());
        let (guard, audit) = config.map_or_else(Default::default, Config::into_tables);
        Ok(Self {
            grant,
            rules,
            places,
            project,
            guard,
            audit,
        })
    }

    /// The rules that hold, those of the flags among them.
    ///
    /// # Errors
    /// A file of them cannot be read or understood.
    pub(crate) fn rules(&self) -> Result<RuleSet, RuleError> {
        self.rules.builder().grant(&self.grant.process).build()
    }

    /// The policy that asks `approver`, or nobody.
    ///
    /// # Errors
    /// The rules, what is trusted or the state of the guard cannot be read.
    pub(crate) fn policy(&self, approver: Option<Arc<dyn Approver>>) -> Result<Ready, Unusable> {
        let grant = self.grant.process.clone();
        let rules = self.rules.clone();
        let mut builder = Policy::builder(grant).rules_by(move || rules.load())?;
        builder = builder.protect(self.protected());
        if let Some(trust) = self.rules.trust()? {
            builder = builder.trust(trust);
        }
        if let Some(path) = self.places.pending() {
            builder = builder.pending(Pending::new(path));
        }
        let guard = self.guard()?;
        if let Some(guard) = &guard {
            builder = builder.guard(guard.clone(), SUBJECT);
        }
        let audit = self.audit();
        if let Some(audit) = &audit {
            builder = builder.audit(audit.clone());
        }
        if let Some(approver) = approver {
            builder = builder.approver(approver);
        }
        Ok(Ready {
            policy: builder.build(),
            guard,
            audit,
        })
    }

    /// Without limits it only obeys a lockdown.
    fn guard(&self) -> Result<Option<Guard>, GuardError> {
        let limits = self.guard.as_ref().map_or(Limits::none(), limits);
        match (self.places.guard(), &self.guard) {
            (Some(path), _) => Guard::shared(limits, path).map(Some),
            (None, Some(_)) => Ok(Some(Guard::new(limits))),
            (None, None) => Ok(None),
        }
    }

    fn audit(&self) -> Option<Audit> {
        let audit = match (self.places.audit(), self.audit.required) {
            (Some(path), _) => Audit::to_file(path),
            // It cannot be written without a place, and so nothing runs.
            (None, true) => Audit::to_file(""),
            (None, false) => return None,
        };
        Some(match self.audit.required {
            true => audit.required(),
            false => audit,
        })
    }

    /// The files that no command may write to.
    fn protected(&self) -> Vec<PathBuf> {
        let state = [
            self.places.trust(),
            self.places.pending(),
            self.places.audit(),
            self.places.guard(),
            self.project.clone(),
        ];
        let files = self.rules.files.iter().map(|(_, path)| path.clone());
        state.into_iter().flatten().chain(files).collect()
    }
}

/// The limits that a table gives; what it does not speak of is as usual.
fn limits(table: &GuardTable) -> Limits {
    let mut limits = Limits::default();
    let set = |limit: &mut Option<Rate>, given: Option<u32>| {
        if let Some(count) = given {
            *limit = (count > 0).then(|| Rate::per_minute(count));
        }
    };
    set(&mut limits.runs, table.runs);
    set(&mut limits.per_program, table.per_program);
    set(&mut limits.destructive, table.destructive);
    set(&mut limits.network, table.network);
    set(&mut limits.file_write, table.file_write);
    limits
}

/// Where the rules of a run come from.
#[derive(Clone)]
struct RuleFiles {
    /// All that there may be, in the order in which they count.
    files: Vec<(RuleSource, PathBuf)>,
    /// Whether the files of the user have been named by a flag, and so have to be there.
    named: Named,
    trust: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    ByFlags,
    ByCustom,
}

impl RuleFiles {
    fn new(flags: &GrantFlags, places: &Places, directory: Option<&Path>) -> Self {
        let mut files = vec![(RuleSource::Managed, places.managed_rules())];
        let named = match flags.rules.is_empty() {
            true => Named::ByCustom,
            false => Named::ByFlags,
        };
        match named {
            Named::ByFlags => {
                let given = flags.rules.iter().cloned();
                files.extend(given.map(|path| (RuleSource::User, path)));
            }
            Named::ByCustom => {
                files.extend(places.user_rules().map(|path| (RuleSource::User, path)));
                let project = directory.and_then(places::project_rules);
                files.extend(project.map(|path| (RuleSource::Project, path)));
            }
        }
        Self {
            files,
            named,
            trust: places.trust(),
        }
    }

    fn load(&self) -> Result<RuleSet, RuleError> {
        self.builder().build()
    }

    fn builder(&self) -> RuleSetBuilder {
        let mut builder = RuleSet::builder().builtin();
        for (source, path) in &self.files {
            let is_needed = *source == RuleSource::User && self.named == Named::ByFlags;
            if !is_needed && !is_there(path) {
                continue;
            }
            builder = match (*source, plain::read(path)) {
                (RuleSource::Project, Ok(text)) => {
                    // What was held against the digest is what counts.
                    let builder = match self.trusts(&text) {
                        true => builder.trust_project(),
                        false => builder,
                    };
                    builder.text(RuleSource::Project, path, &text)
                }
                // What cannot be read is said when the rules are built.
                (source, _) => builder.file(source, path),
            };
        }
        builder
    }

    /// Whether the user trusts rules with this text. In doubt they do not.
    fn trusts(&self, text: &str) -> bool {
        let store = self.trust().ok().flatten();
        let digest = Digest::of(text.as_bytes());
        store.is_some_and(|store| store.trusts_file(&digest).unwrap_or(false))
    }

    fn trust(&self) -> Result<Option<Arc<TrustStore>>, TrustError> {
        let store = self.trust.clone().map(TrustStore::open).transpose()?;
        Ok(store.map(Arc::new))
    }

    /// Whether a program may be allowed by what is there, whatever the flags say. What cannot be read
    /// may, and is said when a program is to start.
    fn standing(&self) -> Standing {
        match self.may_allow() {
            true => Standing::MayAllow,
            false => Standing::AllowsNothing,
        }
    }

    fn may_allow(&self) -> bool {
        let is_trusted = match self.trust() {
            Ok(store) => {
                store.is_some_and(|store| store.grants().map_or(true, |all| !all.is_empty()))
            }
            Err(_) => true,
        };
        let may_hold_rules = |(source, path): &(RuleSource, PathBuf)| {
            *source != RuleSource::Managed && is_there(path)
        };
        is_trusted
            || self.files.iter().any(may_hold_rules)
                && self.load().map_or(true, |rules| {
                    rules.rules().any(|rule| rule.decision == Decision::Allow)
                })
    }
}

/// What is there and cannot be looked at counts as there, so that it is said and not passed over.
fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}
