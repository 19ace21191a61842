//! What a run was given about programs.

use super::Decision;
use super::entry::{ProgramEntry, flag_rule};
use super::program::ProgramPattern;
use super::rule::Rule;
use crate::decide::Ground;
use crate::error::{DenialReason, PatternError};
use std::fmt;
use std::str::FromStr;

/// What a run was given about programs: which it may start, and which it may not in any case.
///
/// ```
/// use shape_policy::{ProcessGrant, Programs};
/// // --allow-process=git,/usr/bin/rsync --deny-process=sh
/// let grant = ProcessGrant::none().allow_programs("git,/usr/bin/rsync".parse()?).deny("sh".parse()?);
/// // --allow-process
/// let grant = ProcessGrant::none().allow_programs(Programs::All);
/// # Ok::<(), shape_policy::PatternError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessGrant {
    allow: Programs,
    deny: Programs,
    detached: bool,
}

/// A set of programs, as the value of a flag gives it: `git,/usr/bin/rsync`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Programs {
    /// Every program.
    All,
    /// The listed ones; none if the list is empty.
    Listed(Vec<ProgramEntry>),
}

impl Default for Programs {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl FromStr for Programs {
    type Err = PatternError;

    /// The programs of a list with commas.
    ///
    /// # Errors
    /// An entry that is not understood.
    fn from_str(list: &str) -> Result<Self, PatternError> {
        list.split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self::Listed)
    }
}

impl fmt::Display for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Listed(entries) = self else {
            return f.write_str("*");
        };
        for (index, entry) in entries.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{entry}")?;
        }
        Ok(())
    }
}

impl Programs {
    /// The programs of an allow list. As parsing it, and refuses what is not there.
    ///
    /// # Errors
    /// An entry that is not understood, and a path at which there is no file.
    pub fn allow_list(list: &str) -> Result<Self, PatternError> {
        Self::checked(list, ProgramEntry::check_can_allow)
    }

    /// The programs of a deny list. As parsing it, and refuses what could not match. What is not there
    /// can be denied all the same.
    ///
    /// # Errors
    /// An entry that is not understood, a path at which there is a directory,
    /// and one below a file.
    pub fn deny_list(list: &str) -> Result<Self, PatternError> {
        Self::checked(list, ProgramEntry::check_can_deny)
    }

    fn checked(
        list: &str,
        check: impl Fn(&ProgramEntry) -> Result<(), PatternError>,
    ) -> Result<Self, PatternError> {
        let programs = list.parse()?;
        if let Self::Listed(entries) = &programs {
            entries.iter().try_for_each(check)?;
        }
        Ok(programs)
    }

    /// This set and `entry`.
    fn with(mut self, entry: ProgramEntry) -> Self {
        if let Self::Listed(entries) = &mut self {
            entries.push(entry);
        }
        self
    }

    /// The rules of a list that decides so.
    fn rules(&self, decision: Decision) -> impl Iterator<Item = Rule> {
        let (all, entries) = match self {
            Self::All => (
                Some(flag_rule(decision, None, ProgramPattern::Every)),
                &[][..],
            ),
            Self::Listed(entries) => (None, entries.as_slice()),
        };
        let listed = entries.iter().map(move |entry| entry.rule(decision));
        all.into_iter().chain(listed)
    }

    /// This set and `other`.
    fn with_all(self, other: Self) -> Self {
        match other {
            Self::All => Self::All,
            Self::Listed(entries) => entries.into_iter().fold(self, Self::with),
        }
    }
}

impl ProcessGrant {
    /// No program is allowed and none is denied: every one has to be asked for.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every program is allowed, also to outlive the run.
    pub fn all() -> Self {
        Self {
            allow: Programs::All,
            deny: Programs::default(),
            detached: true,
        }
    }

    /// This grant, with what is allowed to run also allowed to outlive the run.
    #[must_use]
    pub fn allow_detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// This grant with one more program allowed.
    #[must_use]
    pub fn allow(mut self, entry: ProgramEntry) -> Self {
        self.allow = self.allow.with(entry);
        self
    }

    /// This grant with more programs allowed.
    #[must_use]
    pub fn allow_programs(mut self, programs: Programs) -> Self {
        self.allow = self.allow.with_all(programs);
        self
    }

    /// This grant with one more program denied. What is denied stays so, whatever is allowed.
    #[must_use]
    pub fn deny(mut self, entry: ProgramEntry) -> Self {
        self.deny = self.deny.with(entry);
        self
    }

    /// This grant with more programs denied.
    #[must_use]
    pub fn deny_programs(mut self, programs: Programs) -> Self {
        self.deny = self.deny.with_all(programs);
        self
    }

    /// The rules that the two lists are.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        let of_deny = self.deny.rules(Decision::Deny);
        of_deny.chain(self.allow.rules(Decision::Allow))
    }

    /// Whether what is allowed to run may outlive the run.
    pub(crate) fn allows_detached(&self) -> bool {
        self.detached
    }

    /// What is decided about a program that is given a variable which makes programs run other code: who
    /// wrote a list of programs did not mean others.
    pub(crate) fn about_code(&self) -> Decision {
        match self.has_allow_list() {
            true => Decision::Deny,
            false => Decision::Ask,
        }
    }

    /// Why a program that has to be asked about on this ground does not run when nobody can be asked.
    pub(crate) fn unasked(&self, ground: Ground) -> DenialReason {
        match ground {
            Ground::NoRule if self.has_allow_list() => {
                DenialReason::NotOnAllowList(self.allow.to_string())
            }
            ground => DenialReason::NobodyToAsk(ground),
        }
    }

    fn has_allow_list(&self) -> bool {
        matches!(&self.allow, Programs::Listed(entries) if !entries.is_empty())
    }
}
