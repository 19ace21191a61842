//! The digests of programs, which are dear to make.

use crate::resolve::digest::Digest;
use crate::store::Stamp;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Digests that are remembered before all are forgotten again.
const REMEMBERED: usize = 256;

/// Remembers the digest of a file for as long as the file stays as it was.
#[derive(Debug, Default)]
pub(super) struct Digests(Mutex<HashMap<PathBuf, (Stamp, Digest)>>);

impl Digests {
    /// What the file at `path` holds now; `None` if it cannot be read, or changes meanwhile.
    pub(super) fn of(&self, path: &Path) -> Option<Digest> {
        let before = Stamp::of(path)?;
        if let Some((stamp, digest)) = self.known().get(path)
            && *stamp == before
        {
            return Some(*digest);
        }
        let digest = Digest::of_file(path).ok()?;
        if Stamp::of(path)? != before {
            return None;
        }
        // One that was written a moment ago can be written again without looking different.
        if before.is_settled() {
            let mut known = self.known();
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(path.to_owned(), (before, digest));
        }
        Some(digest)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, (Stamp, Digest)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
