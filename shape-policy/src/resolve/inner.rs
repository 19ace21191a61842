//! Looking up what a command runs in turn, as the command itself would.

use super::{DEFAULT_PATH, Resolver, has_slash};
use crate::resolve::program::Program;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

/// What a process finds that runs another one.
#[derive(Default)]
pub(crate) struct Inner {
    /// The file, if there is one.
    pub(crate) file: Option<Arc<Program>>,
    /// Whether `PATH` has it looked for in a directory that is relative to the current one: in another
    /// one, another file is found.
    pub(crate) depends_on_cwd: bool,
}

impl Resolver {
    /// The program that a process in the directory `cwd` finds on `path`: unlike what is asked for
    /// directly, also in directories that are relative to it.
    ///
    /// # Source
    /// execvp(3)
    pub(crate) fn find_inner(&self, program: &OsStr, path: Option<&OsStr>, cwd: &Path) -> Inner {
        let mut inner = Inner::default();
        if program.is_empty() {
            return inner;
        }
        let found = |file: &Path| {
            let stat = rustix::fs::stat(file).ok()?;
            self.examine(file, &stat).ok()
        };
        if has_slash(program) {
            inner.file = found(&cwd.join(program));
            return inner;
        }
        for directory in std::env::split_paths(path.unwrap_or(OsStr::new(DEFAULT_PATH))) {
            inner.depends_on_cwd |= directory.is_relative();
            inner.file = found(&cwd.join(directory).join(program));
            if inner.file.is_some() {
                break;
            }
        }
        inner
    }
}
