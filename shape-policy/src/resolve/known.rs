//! What is remembered of files that can be executed.

use super::program::{Program, without_number};
use crate::error::ResolveError;
use crate::quote::Quoted;
use rustix::fs::Stat;
use rustix::io::Errno;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Programs that are remembered before all are forgotten again. Each holds its file open.
const REMEMBERED: usize = 256;
/// How many interpreters there may be between a script and a binary, and that one, as the kernel has
/// it.
const INTERPRETERS: usize = 5;

/// Programs by the paths that they were found under, as they were when they were looked at.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<PathBuf, Arc<Program>>);

impl Known {
    /// What is known of the file at `path`, of which `stat` was just told, or can be found out.
    ///
    /// # Errors
    /// Those of [`Program::at`].
    pub(crate) fn examine(
        &mut self,
        path: &Path,
        stat: &Stat,
    ) -> Result<Arc<Program>, ResolveError> {
        match self.look(path, stat, INTERPRETERS) {
            // What is remembered takes descriptors.
            Err(ResolveError::Resource { .. }) if !self.0.is_empty() => {
                self.0.clear();
                self.look(path, stat, INTERPRETERS)
            }
            found => found,
        }
    }

    /// As [`Known::examine`], with at most so many interpreters of interpreters.
    fn look(
        &mut self,
        path: &Path,
        stat: &Stat,
        interpreters: usize,
    ) -> Result<Arc<Program>, ResolveError> {
        let known = self.0.get(path);
        if let Some(program) = known.filter(|known| is_as_it_was(known, stat, interpreters)) {
            return Ok(Arc::clone(program));
        }
        self.0.remove(path);
        let find = |interpreter: &Path| self.interpreter(path, interpreter, interpreters);
        let program = Arc::new(Program::examine(path, find)?);
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(path.to_owned(), Arc::clone(&program));
        Ok(program)
    }

    /// The interpreter at an absolute path that `script` names.
    fn interpreter(
        &mut self,
        script: &Path,
        interpreter: &Path,
        interpreters: usize,
    ) -> Result<Arc<Program>, ResolveError> {
        let cannot = |reason: String| ResolveError::NotExecutable {
            path: script.to_owned(),
            reason: format!("its interpreter {}: {reason}", Quoted::new(interpreter)),
        };
        let Some(left) = interpreters.checked_sub(1) else {
            return Err(cannot(format!(
                "there are more than {INTERPRETERS} interpreters that are scripts with interpreters"
            )));
        };
        let missing = || ResolveError::BadInterpreter {
            path: script.to_owned(),
            interpreter: interpreter.to_owned(),
        };
        match rustix::fs::stat(interpreter) {
            Ok(stat) => self
                .look(interpreter, &stat, left)
                .map_err(|error| match error {
                    ResolveError::NotFound { .. } => missing(),
                    ResolveError::NotExecutable { reason, .. } => cannot(reason),
                    other => other,
                }),
            Err(Errno::NOENT | Errno::NOTDIR) => Err(missing()),
            Err(errno) => Err(cannot(without_number(&errno.into()))),
        }
    }
}

/// Whether `known` is what is there, and so are its interpreters, of which there are no more than that.
fn is_as_it_was(known: &Program, stat: &Stat, interpreters: usize) -> bool {
    if !known.is_current(stat) {
        return false;
    }
    let Some(interpreter) = known.interpreter().and_then(|it| it.program()) else {
        return true;
    };
    let stat = rustix::fs::stat(interpreter.path());
    match (stat, interpreters.checked_sub(1)) {
        (Ok(stat), Some(left)) => is_as_it_was(interpreter, &stat, left),
        _ => false,
    }
}
