//! The rules in force, and reading them again.

use crate::command::WRAPPERS;
use crate::guard::Guard;
use crate::resolve::Resolver;
use crate::resolve::identity::Identities;
use crate::rules::{RuleError, RuleSet};
use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes the rules anew, from files that may have changed.
pub(crate) type Loader = dyn Fn() -> Result<RuleSet, RuleError> + Send + Sync;

/// Rules, and how to read them again when the guard says so.
pub(crate) struct RuleBook {
    /// The rules of flags, which stay as they are.
    flags: RuleSet,
    loader: Option<Box<Loader>>,
    current: Mutex<Edition>,
}

/// The rules as they were read at some generation of the guard.
#[derive(Clone)]
pub(crate) struct Edition {
    generation: u64,
    /// The error if they are wrong.
    pub(crate) rules: Result<Arc<RuleSet>, RuleError>,
    /// What tells programs that rules and flags are about by any name.
    pub(crate) identities: Arc<Identities>,
}

impl RuleBook {
    /// These rules, which are read again by `loader` if there is one.
    pub(crate) fn new(
        flags: RuleSet,
        rules: Arc<RuleSet>,
        loader: Option<Box<Loader>>,
        generation: u64,
        resolver: &Resolver,
    ) -> Self {
        let identities = identities([&flags, &rules], resolver);
        Self {
            flags,
            loader,
            current: Mutex::new(Edition {
                generation,
                rules: Ok(rules),
                identities,
            }),
        }
    }

    pub(crate) fn flags(&self) -> &RuleSet {
        &self.flags
    }

    /// The rules, read again if `guard` was told to reload since.
    ///
    /// # Blocking
    /// As long as it takes to read them, if they have to be read again. Nobody else goes on by the old
    /// ones meanwhile.
    pub(crate) fn current(&self, guard: Option<&Guard>, resolver: &Resolver) -> Edition {
        let mut edition = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(guard), Some(loader)) = (guard, &self.loader) {
            let generation = guard.generation();
            if generation != edition.generation {
                let rules = loader().map(Arc::new);
                if let Ok(rules) = &rules {
                    edition.identities = identities([&self.flags, rules], resolver);
                }
                edition.generation = generation;
                edition.rules = rules;
            }
        }
        edition.clone()
    }
}

/// What watches the programs that these rules deny or ask about, and those that run others.
fn identities(rules: [&RuleSet; 2], resolver: &Resolver) -> Arc<Identities> {
    let names = rules.into_iter().flat_map(RuleSet::watched_names);
    let watched = names
        .map(OsStr::to_owned)
        .chain(WRAPPERS.iter().map(OsString::from));
    Arc::new(Identities::new(resolver, watched))
}
