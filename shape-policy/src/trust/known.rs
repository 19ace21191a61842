//! What a store knows of its file.

use super::document::Document;
use super::error::TrustError;
use super::grant::Grant;
use crate::resolve::program::Program;
use crate::store::{AtomicFile, Stamp};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the file is looked at for changes of other processes.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct State {
    /// What is known of the file and of this run; shared with those who look at it.
    pub(super) known: Arc<Known>,
    /// The state of the file that is known: `None` if it has to be read, `Some(None)` if there is none.
    pub(super) stamp: Option<Option<Stamp>>,
    /// When the file was looked at last.
    pub(super) looked: Option<Instant>,
    /// How many grants for the run there were.
    pub(super) runs: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) document: Document,
    /// Grants that end with the run.
    pub(super) of_run: Vec<Grant>,
}

impl State {
    /// Looks whether the file changed, unless that was done not long ago.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`]. It is looked at again the next time then.
    pub(super) fn look_at_times(&mut self, file: &AtomicFile) -> Result<(), TrustError> {
        match self.looked {
            Some(at) if at.elapsed() < LOOK_EVERY => Ok(()),
            _ => self.look(file),
        }
    }

    /// Looks whether the file changed.
    fn look(&mut self, file: &AtomicFile) -> Result<(), TrustError> {
        self.looked = None;
        let stamp = file.stamp()?;
        if self.stamp != Some(stamp) {
            self.stamp = None;
            let document = Document::parse(file.read()?.as_deref(), file.path())?;
            Arc::make_mut(&mut self.known).document = document;
            // One that was written a moment ago can be written again without looking different.
            if stamp.is_none_or(|stamp| stamp.is_settled()) {
                self.stamp = Some(stamp);
            }
        }
        self.looked = Some(Instant::now());
        Ok(())
    }
}

impl Known {
    pub(super) fn is_empty(&self) -> bool {
        self.of_run.is_empty()
            && self.document.grants.is_empty()
            && self.document.trusted_commands.is_empty()
    }

    pub(super) fn each(&self) -> impl Iterator<Item = &Grant> {
        self.document.grants.iter().chain(&self.of_run)
    }

    /// The grants that can be for `program`; those of the file are sorted by it.
    pub(super) fn of_program<'a>(
        &'a self,
        program: &'a Program,
    ) -> impl Iterator<Item = &'a Grant> {
        let of_path = |path: &'a Path| {
            let grants = &self.document.grants;
            let path = path.to_str().unwrap_or_default();
            let start = grants.partition_point(|grant| grant.program.as_str() < path);
            grants[start..]
                .iter()
                .take_while(move |grant| grant.program == path)
        };
        let is_link = program.entry() != program.canonical();
        of_path(program.entry())
            .chain(
                is_link
                    .then(|| of_path(program.canonical()))
                    .into_iter()
                    .flatten(),
            )
            .chain(&self.of_run)
    }
}
