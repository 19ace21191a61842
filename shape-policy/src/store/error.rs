//! Why a file of state cannot be read or written.

use crate::quote::Quoted;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Why a file that holds state, such as the trust store, cannot be read or written. Unless it says
/// otherwise the file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused.
    #[error("{} cannot be {task}: {reason}", Quoted::new(path))]
    Io {
        /// The file, the directory it is in, or its lock file.
        path: PathBuf,
        /// What was to be done with it, for instance `read`.
        task: &'static str,
        /// What the system said.
        reason: String,
    },
    /// The new content stands, and the system could not say that it will after a power failure.
    #[error(
        "{} was written, and may be lost at a power failure: {reason}",
        Quoted::new(path)
    )]
    NotDurable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Something else than a regular file is there.
    #[error("{} is not a regular file; move it away", Quoted::new(path))]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// The file holds, or would hold, more than is ever read.
    #[error(
        "{} has more than {limit} bytes; move it away, or take out what is not needed",
        Quoted::new(path)
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes it may have.
        limit: u64,
    },
    /// Another process is writing the file, and does not come to an end.
    #[error(
        "{} is being changed by another process, which has held {} for {} seconds; end that process, \
         or try again",
        Quoted::new(path),
        Quoted::new(lock),
        waited.as_secs()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// The file that the other process holds locked.
        lock: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
}

impl StoreError {
    pub(super) fn io(path: &Path, task: &'static str, error: impl Into<io::Error>) -> Self {
        Self::Io {
            path: path.to_owned(),
            task,
            reason: crate::resolve::program::without_number(&error.into()),
        }
    }
}
