//! How much is trusted, and for how long.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How much of what was asked is trusted from now on.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TrustScope {
    /// The program, with any arguments.
    #[default]
    Program,
    /// The program, with arguments that begin with the ones given.
    Subcommand,
    /// The program, with exactly the arguments given.
    Exact,
    /// A file of rules, by its digest.
    File,
}

impl TrustScope {
    /// The word that stands for it in an answer.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Subcommand => "subcommand",
            Self::Exact => "exact",
            Self::File => "file",
        }
    }
}

impl fmt::Display for TrustScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How long something is trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Lifetime {
    /// As long as the run lasts; it is written nowhere.
    Run,
    /// For an hour.
    Hour,
    /// Until the file of the program changes.
    File,
    /// Until it is revoked.
    #[default]
    Always,
}

impl Lifetime {
    pub(crate) const ALL: [Self; 4] = [Self::Run, Self::Hour, Self::File, Self::Always];

    /// The word that stands for it in an answer.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Hour => "hour",
            Self::File => "file",
            Self::Always => "always",
        }
    }
}

/// How much is trusted, and for how long. The default is the whole program, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trust {
    /// How much.
    pub scope: TrustScope,
    /// How long.
    pub lifetime: Lifetime,
}
