//! What is trusted no more.

use super::grant::Grant;
use crate::resolve::program::entry_path;
use std::ffi::OsStr;
use std::path::Path;

/// What to take back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revoke {
    /// The grant that is called this.
    Id(String),
    /// Every grant for this program: the last part of its path, or the whole path.
    Program(String),
    /// Every grant. Directories and domains stay.
    All,
}

impl Revoke {
    pub(super) fn has(&self, grant: &Grant) -> bool {
        match self {
            Self::Id(id) => grant.id.as_str() == id,
            Self::Program(program) => {
                let path = Path::new(&grant.program);
                grant.program == *program
                    || path.file_name() == Some(OsStr::new(program))
                    || (program.contains('/')
                        && entry_path(Path::new(program)).is_some_and(|entry| entry == path))
            }
            Self::All => true,
        }
    }
}
