//! What a run was given about programs.

use crate::environment;
use crate::error::{DenialReason, PatternError};
use crate::lookup::Program;
use crate::pattern::ProgramPattern;
use crate::request::Request;
use crate::resolve::Resolver;
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
    Listed(Vec<ProgramPattern>),
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
    /// An entry that is neither a bare name nor an absolute path.
    fn from_str(list: &str) -> Result<Self, PatternError> {
        list.split(',')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self::Listed)
    }
}

impl fmt::Display for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Listed(patterns) = self else {
            return f.write_str("*");
        };
        for (index, pattern) in patterns.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{pattern}")?;
        }
        Ok(())
    }
}

impl Programs {
    /// The programs of an allow list. As parsing it, and refuses what is not there.
    ///
    /// # Errors
    /// An entry that is neither a bare name nor an absolute path, and a path at which there is no file.
    pub fn allow_list(list: &str) -> Result<Self, PatternError> {
        Self::checked(list, ProgramPattern::check_can_allow)
    }

    /// The programs of a deny list. As parsing it, and refuses what could not match. What is not there
    /// can be denied all the same.
    ///
    /// # Errors
    /// An entry that is neither a bare name nor an absolute path, a path at which there is a directory,
    /// and one below a file.
    pub fn deny_list(list: &str) -> Result<Self, PatternError> {
        Self::checked(list, ProgramPattern::check_can_deny)
    }

    fn checked(
        list: &str,
        check: impl Fn(&ProgramPattern) -> Result<(), PatternError>,
    ) -> Result<Self, PatternError> {
        let programs = list.parse()?;
        if let Self::Listed(patterns) = &programs {
            patterns.iter().try_for_each(check)?;
        }
        Ok(programs)
    }

    /// This set and `pattern`.
    fn with(mut self, pattern: ProgramPattern) -> Self {
        if let Self::Listed(patterns) = &mut self {
            patterns.push(pattern);
        }
        self
    }

    /// This set and `other`.
    fn with_all(self, other: Self) -> Self {
        match other {
            Self::All => Self::All,
            Self::Listed(patterns) => patterns.into_iter().fold(self, Self::with),
        }
    }
}

/// What a grant says about one program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    Denied(DenialReason),
    /// Neither allowed nor denied: somebody has to be asked.
    Open,
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
    pub fn allow(mut self, pattern: ProgramPattern) -> Self {
        self.allow = self.allow.with(pattern);
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
    pub fn deny(mut self, pattern: ProgramPattern) -> Self {
        self.deny = self.deny.with(pattern);
        self
    }

    /// This grant with more programs denied.
    #[must_use]
    pub fn deny_programs(mut self, programs: Programs) -> Self {
        self.deny = self.deny.with_all(programs);
        self
    }

    /// Denied, else allowed, else open.
    pub(crate) fn decide(
        &self,
        request: &Request<'_>,
        program: &Program,
        resolver: &Resolver,
    ) -> Verdict {
        match &self.deny {
            Programs::All => return Verdict::Denied(DenialReason::AllDenied),
            Programs::Listed(patterns) => {
                if let Some(entry) = patterns
                    .iter()
                    .find(|entry| entry.denies(request.program, program, resolver))
                {
                    return Verdict::Denied(DenialReason::OnDenyList(entry.to_string()));
                }
            }
        }
        match &self.allow {
            Programs::All => Verdict::Allowed,
            Programs::Listed(patterns) if patterns.is_empty() => Verdict::Open,
            Programs::Listed(patterns) => {
                if let Some((variable, how)) = environment::changed_code(request.env) {
                    let variable = variable.to_owned();
                    return Verdict::Denied(DenialReason::SetsCode { variable, how });
                }
                match patterns.iter().any(|entry| entry.allows(program, resolver)) {
                    true => Verdict::Allowed,
                    false => Verdict::Open,
                }
            }
        }
    }

    /// Whether what is allowed to run may outlive the run.
    pub(crate) fn allows_detached(&self) -> bool {
        self.detached
    }

    /// Why a program that the grant leaves open does not run when nobody can be asked.
    pub(crate) fn unasked(&self) -> DenialReason {
        match &self.allow {
            Programs::Listed(patterns) if !patterns.is_empty() => {
                DenialReason::NotOnAllowList(self.allow.to_string())
            }
            _ => DenialReason::NobodyToAsk,
        }
    }
}
