//! What somebody said they trust, kept in a file.

mod covering;
mod digests;
mod document;
mod error;
mod grant;
mod known;
mod pending;
mod revoke;
mod scope;

pub(crate) use covering::Asked;
pub use error::TrustError;
pub use grant::{Grant, GrantId, NewGrant};
pub use pending::{Pending, Question as PendingQuestion};
pub use revoke::Revoke;
pub use scope::{Lifetime, Trust, TrustScope};

use crate::resolve::digest::Digest;
use crate::store::AtomicFile;
use covering::is_command;
use digests::Digests;
use document::{Document, later};
use jiff::Timestamp;
use known::{Known, State};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What somebody said they trust: programs, subcommands, exact commands, files of rules. It can be shared
/// between threads, and its file between processes: none undoes what another one wrote, and what another
/// one wrote or took away counts a tenth of a second later at the latest.
///
/// The file is JSON. Fields that are not known stay as they are.
///
/// ```json
/// {
///   "fs_directories": ["/home/me/project"],
///   "trusted_commands": ["git"],
///   "grants": [
///     {"id": "5f0c21d9", "program": "/usr/bin/cargo", "args": ["test"], "scope": "subcommand"}
///   ]
/// }
/// ```
///
/// A bare name in `trusted_commands` means the file that the host's own `PATH` has under that name, an
/// absolute path the file there. A relative path in it covers nothing: what it means depends on where the
/// host was started.
#[derive(Debug)]
pub struct TrustStore {
    /// `None` if nothing is kept.
    file: Option<AtomicFile>,
    state: Mutex<State>,
    digests: Digests,
}

impl TrustStore {
    /// The store in the file at `path`. It is empty if the file is not there or blank; nothing is written
    /// before something is trusted.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], which leaves the file as it is, and [`TrustError::Store`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, TrustError> {
        let store = Self {
            file: Some(AtomicFile::new(path)),
            ..Self::in_memory()
        };
        store.known()?;
        Ok(store)
    }

    /// An empty store that ends with the run.
    pub fn in_memory() -> Self {
        Self {
            file: None,
            state: Mutex::default(),
            digests: Digests::default(),
        }
    }

    /// Where the file is.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(AtomicFile::path)
    }

    /// Everything that is trusted now: what the file has, then what is trusted for this run. Names in
    /// `trusted_commands` come as grants, and are called `command:NAME`.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`].
    pub fn grants(&self) -> Result<Vec<Grant>, TrustError> {
        let known = self.known_now()?;
        let now = Timestamp::now();
        let commands = known.document.trusted_commands.iter();
        Ok(commands
            .map(|name| Grant::of_command(name))
            .chain(known.each().filter(|grant| !grant.is_expired(now)).cloned())
            .collect())
    }

    /// Trusts something, and returns it as it is kept. If the same is trusted already, that one is
    /// returned, and ends with the later of the two.
    ///
    /// # Errors
    /// [`TrustError::Store`] and [`TrustError::Malformed`]; then it is not trusted, in memory neither,
    /// but for [`StoreError::NotDurable`](crate::StoreError::NotDurable).
    ///
    /// # Blocking
    /// Until other writers are done, up to 5 seconds, and until the disk has it.
    pub fn add(&self, new: NewGrant) -> Result<Grant, TrustError> {
        let NewGrant { grant, lifetime } = new;
        match &self.file {
            Some(file) if lifetime != Lifetime::Run => {
                let added = file.update(|content| {
                    let mut document = Document::parse(content, file.path())?;
                    document.drop_expired();
                    let added = document.add(grant)?;
                    Ok::<_, TrustError>((document.print(file.path())?, added))
                });
                self.forget();
                added
            }
            _ => Ok(self.add_to_run(grant)),
        }
    }

    fn add_to_run(&self, mut grant: Grant) -> Grant {
        let mut state = self.state();
        let known = &state.known.of_run;
        if let Some(at) = known.iter().position(|known| known.is_same_thing(&grant)) {
            let known = &mut Arc::make_mut(&mut state.known).of_run[at];
            known.expires = later(known.expires, grant.expires);
            return known.clone();
        }
        state.runs += 1;
        grant.id = GrantId::of_run(state.runs);
        let known = Arc::make_mut(&mut state.known);
        known.of_run.push(grant.clone());
        grant
    }

    /// Takes trust back, and returns what was trusted; nothing if there was no such thing.
    ///
    /// # Errors
    /// [`TrustError::Store`] and [`TrustError::Malformed`]; then everything is trusted as before.
    ///
    /// # Blocking
    /// As [`TrustStore::add`].
    pub fn revoke(&self, what: &Revoke) -> Result<Vec<Grant>, TrustError> {
        let mut revoked = Vec::new();
        if let Some(file) = &self.file
            && file.stamp()?.is_some()
        {
            let taken = file.update(|content| {
                let mut document = Document::parse(content, file.path())?;
                let taken = document.take(what);
                let content = match taken.is_empty() {
                    true => content.unwrap_or_default().to_vec(),
                    false => {
                        document.drop_expired();
                        document.print(file.path())?
                    }
                };
                Ok::<_, TrustError>((content, taken))
            });
            self.forget();
            revoked = taken?;
        }
        let mut state = self.state();
        if state.known.of_run.iter().any(|grant| what.has(grant)) {
            let of_run = &mut Arc::make_mut(&mut state.known).of_run;
            revoked.extend(of_run.extract_if(.., |grant| what.has(grant)));
        }
        Ok(revoked)
    }

    /// The grant that covers `asked`, if one does. One that has ended, and one for a file that holds
    /// something else now, do not. Whether the command is opaque is for the caller to look at.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`].
    ///
    /// # Blocking
    /// As long as it takes to read the program, once, if a grant depends on what that holds.
    pub(crate) fn covering(
        &self,
        asked: &Asked<'_>,
    ) -> Result<Option<(GrantId, TrustScope)>, TrustError> {
        let known = self.known()?;
        if known.is_empty() {
            return Ok(None);
        }
        let program = asked.file;
        let covers = |grant: &&Grant| {
            grant.is_for(asked)
                && !grant.is_expired(Timestamp::now())
                && grant.file_sha256.is_none()
                && grant
                    .exe_sha256
                    .is_none_or(|digest| self.digests.of(program.canonical()) == Some(digest))
        };
        let covering = known.of_program(program).filter(covers);
        // Trust in the whole command covers what it runs, too.
        if let Some(grant) = covering.max_by_key(|grant| grant.scope == TrustScope::Exact) {
            return Ok(Some((grant.id.clone(), grant.scope)));
        }
        let mut names = known.document.trusted_commands.iter();
        let name = names.find(|name| is_command(name, asked));
        Ok(name.map(|name| (GrantId::of_command(name), TrustScope::Program)))
    }

    /// Whether a file of rules that holds this is trusted.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`].
    pub fn trusts_file(&self, digest: &Digest) -> Result<bool, TrustError> {
        let now = Timestamp::now();
        Ok(self.known()?.each().any(|grant| {
            grant.scope == TrustScope::File
                && grant.file_sha256 == Some(*digest)
                && !grant.is_expired(now)
        }))
    }

    /// The directories that are trusted, with all that is below them.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`].
    pub fn directories(&self) -> Result<Vec<String>, TrustError> {
        Ok(self.known_now()?.document.fs_directories.clone())
    }

    /// The domains that are trusted.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`].
    pub fn domains(&self) -> Result<Vec<String>, TrustError> {
        Ok(self.known_now()?.document.trusted_domains.clone())
    }

    /// Whether the canonical `path` is, or is below, a directory that is trusted. One with `..` in it, and
    /// a relative one, never is.
    ///
    /// # Errors
    /// [`TrustError::Malformed`], [`TrustError::Store`].
    pub fn trusts_path(&self, path: &Path) -> Result<bool, TrustError> {
        Ok(is_plain(path)
            && self
                .known()?
                .document
                .fs_directories
                .iter()
                .any(|directory| is_plain(Path::new(directory)) && path.starts_with(directory)))
    }

    /// Trusts the canonical `directory` and all that is below it, until somebody edits the file.
    ///
    /// # Errors
    /// [`TrustError::Meaningless`] if it is relative or has `..` in it, [`TrustError::NotText`], and those
    /// of [`TrustStore::add`].
    ///
    /// # Blocking
    /// As [`TrustStore::add`].
    pub fn trust_directory(&self, directory: &Path) -> Result<(), TrustError> {
        if !is_plain(directory) {
            return Err(TrustError::Meaningless {
                program: directory.to_owned(),
                reason: "only a directory from the root, without `..`",
            });
        }
        let directory = grant::text(directory.as_os_str())?;
        let Some(file) = &self.file else {
            let mut state = self.state();
            Arc::make_mut(&mut state.known)
                .document
                .fs_directories
                .push(directory);
            return Ok(());
        };
        let added = file.update(|content| {
            let mut document = Document::parse(content, file.path())?;
            document.drop_expired();
            document.fs_directories.push(directory);
            Ok::<_, TrustError>((document.print(file.path())?, ()))
        });
        self.forget();
        added
    }

    /// What is known, having looked at the file not long ago.
    fn known(&self) -> Result<Arc<Known>, TrustError> {
        let mut state = self.state();
        if let Some(file) = &self.file {
            state.look_at_times(file)?;
        }
        Ok(Arc::clone(&state.known))
    }

    /// What is known, having looked at the file just now.
    fn known_now(&self) -> Result<Arc<Known>, TrustError> {
        self.state().looked = None;
        self.known()
    }

    /// Reads the file again at the next look: it was written, or was to be.
    fn forget(&self) {
        let mut state = self.state();
        state.looked = None;
        state.stamp = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `path` is one from the root, without `..`.
fn is_plain(path: &Path) -> bool {
    path.is_absolute() && !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
mod tests;
