//! Why trust cannot be read, given or taken away.

use crate::error::ResolveError;
use crate::quote::Quoted;
use crate::store::StoreError;
use std::path::PathBuf;
use thiserror::Error;

/// Why the trust store or the pending questions cannot be read or changed. The file is as it was, but
/// for [`StoreError::NotDurable`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is not what is kept in it.
    #[error("{}:{line}:{column}: {reason}; mend the file or move it away", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in bytes.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A program or an argument that cannot be written to the file.
    #[error("{text} is not UTF-8 and cannot be kept; it can only be allowed for one call")]
    NotText {
        /// The program or the argument, quoted.
        text: String,
    },
    /// Trust that means nothing, or more than it says.
    #[error("{} cannot be trusted like this: {reason}", Quoted::new(program))]
    Meaningless {
        /// The program.
        program: PathBuf,
        /// What is wrong, and what to ask for instead.
        reason: &'static str,
    },
    /// The program of a grant cannot be looked at.
    #[error(transparent)]
    Program(#[from] ResolveError),
    /// The program can be executed and not read, so that a change of it would not be noticed.
    #[error(
        "{} cannot be read: {reason}; trust it for an hour or always instead",
        Quoted::new(path)
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is no pending question of this name.
    #[error(
        "there is no pending question {}; it was answered, or dropped for newer ones",
        Quoted::new(id)
    )]
    NoSuchQuestion {
        /// The name.
        id: String,
    },
    /// The system gives no random bytes.
    #[error("no name could be made for it: {reason}")]
    NoRandomness {
        /// What the system said.
        reason: String,
    },
}
