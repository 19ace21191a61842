//! From a path to a file that can be executed.

use super::digest::Digest;
use super::known::Known;
use super::open::{self, unreachable_file};
use super::script::{FirstLine, first_line};
use crate::error::ResolveError;
use rustix::fs::Stat;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Directories in which only the system's administrator puts programs.
const SYSTEM_DIRECTORIES: [&str; 4] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];

/// Which file something is, whatever it is called: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file at `path`, links followed; `None` if there is none to be seen.
    pub fn of(path: &Path) -> Option<Self> {
        rustix::fs::stat(path).ok().map(|stat| Self::from(&stat))
    }
}

impl From<&Stat> for FileId {
    fn from(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
        }
    }
}

/// A file that can be executed, and where it is. It is held open, so that what was looked at can be
/// executed whatever stands at its path by then.
///
/// Its descriptor ([`AsFd`]) can be executed and asked about; it cannot be read or written, and is
/// closed on exec.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    entry: PathBuf,
    canonical: PathBuf,
    interpreter: Option<Interpreter>,
    version: Version,
    file: OwnedFd,
    digest: OnceLock<Digest>,
    is_in_system_directory: bool,
}

/// What a script names after its `#!`.
#[derive(Debug)]
pub struct Interpreter {
    line: FirstLine,
    program: Option<Arc<Program>>,
}

impl Interpreter {
    /// The interpreter as it is written.
    pub fn written(&self) -> &Path {
        Path::new(&self.line.interpreter)
    }

    /// The rest of the line, which the interpreter gets as one argument.
    pub fn argument(&self) -> Option<&OsStr> {
        self.line.argument.as_deref()
    }

    /// The file that it is. `None` for a relative path: which file that is depends on where the child
    /// starts.
    pub fn program(&self) -> Option<&Program> {
        self.program.as_deref()
    }
}

/// Which file it was when it was looked at, and in which state: a cached answer holds while this does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: FileId,
    pub(crate) size: u64,
    mode: u32,
    /// Seconds and nanoseconds of the last change, of whatever kind.
    pub(crate) changed: (i64, u64),
}

impl From<&Stat> for Version {
    fn from(stat: &Stat) -> Self {
        Self {
            id: stat.into(),
            size: stat.st_size.unsigned_abs(),
            mode: stat.st_mode,
            changed: (stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

impl Program {
    /// Looks at the file at the absolute `path`.
    ///
    /// # Errors
    /// [`ResolveError::NotFound`], [`ResolveError::NotExecutable`], [`ResolveError::BadInterpreter`],
    /// [`ResolveError::Resource`].
    pub fn at(path: &Path) -> Result<Arc<Self>, ResolveError> {
        let stat = rustix::fs::stat(path).map_err(|errno| unreachable_file(path, errno))?;
        Known::default().examine(path, &stat)
    }

    /// As [`Program::at`]; `find` finds an interpreter by its absolute path.
    pub(crate) fn examine(
        path: &Path,
        find: impl FnOnce(&Path) -> Result<Arc<Self>, ResolveError>,
    ) -> Result<Self, ResolveError> {
        let not_executable = |reason: String| ResolveError::NotExecutable {
            path: path.to_owned(),
            reason,
        };
        // It is opened once, and everything is found out about what was opened.
        let (file, stat) = open::open(path)?;
        open::check_executable(&file, path, &stat).map_err(not_executable)?;
        let line = first_line(&open::first_bytes(&file, path)?);
        let interpreter = line.map(|line| Interpreter::of(line, find)).transpose()?;
        let canonical = path
            .canonicalize()
            .map_err(|error| not_executable(without_number(&error)))?;
        let entry = entry_path(path).unwrap_or_else(|| canonical.clone());
        let program = Self {
            path: path.to_owned(),
            is_in_system_directory: is_in_system_directory(&entry, &canonical),
            entry,
            canonical,
            interpreter,
            version: (&stat).into(),
            file,
            digest: OnceLock::new(),
        };
        // Each of the paths was found by a look of its own: they must not be of different files.
        match [&program.entry, &program.canonical].map(rustix::fs::stat) {
            [Ok(entry), Ok(canonical)]
                if program.is_current(&entry) && program.is_current(&canonical) =>
            {
                Ok(program)
            }
            _ => Err(not_executable(
                "it changed while it was looked at".to_owned(),
            )),
        }
    }

    /// The absolute path that it was found under; its last part may be a link.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path that it was found under, its directory canonical: where the name stands.
    pub fn entry(&self) -> &Path {
        &self.entry
    }

    /// The path of the file itself, all links followed.
    pub fn canonical(&self) -> &Path {
        &self.canonical
    }

    /// What a script names after its `#!`; `None` for a binary, and for a file that may be executed and
    /// not read, of which that cannot be known.
    pub fn interpreter(&self) -> Option<&Interpreter> {
        self.interpreter.as_ref()
    }

    /// Whether both its name and its file are in `/bin`, `/sbin`, `/usr/bin` or `/usr/sbin`.
    pub fn is_in_system_directory(&self) -> bool {
        self.is_in_system_directory
    }

    /// The file that the kernel is to execute: this one, or for a script the interpreter, or the one of
    /// that. `None` if which one it is depends on where the child starts.
    pub fn executed(&self) -> Option<&Self> {
        match &self.interpreter {
            Some(interpreter) => interpreter.program()?.executed(),
            None => Some(self),
        }
    }

    /// What the interpreter of a script gets before the script's own arguments, its own name first: what
    /// the kernel would put there. Nothing for a binary.
    pub fn words_before_arguments(&self) -> Vec<&OsStr> {
        let mut words = self.interpreter_words();
        if !words.is_empty() {
            words.push(self.path.as_os_str());
        }
        words
    }

    fn interpreter_words(&self) -> Vec<&OsStr> {
        let Some(interpreter) = &self.interpreter else {
            return Vec::new();
        };
        let mut words = interpreter
            .program()
            .map_or(Vec::new(), Self::interpreter_words);
        words.push(interpreter.written().as_os_str());
        words.extend(interpreter.argument());
        words
    }

    /// The path to execute it by where its descriptor cannot be executed: of the file itself, or, for a
    /// script, which is told the path, as it was found.
    pub fn executed_path(&self) -> &Path {
        match self.interpreter {
            Some(_) => &self.path,
            None => &self.canonical,
        }
    }

    /// Looks whether the file that is held open, and the interpreter of a script, still are as they
    /// were, and whether a script, which its interpreter opens by its path, is still there.
    ///
    /// # Errors
    /// [`ResolveError::Changed`], or [`ResolveError::NotFound`] and the others of [`Program::at`] if
    /// it cannot be executed any more.
    pub fn check_unchanged(&self) -> Result<(), ResolveError> {
        let Some(interpreter) = &self.interpreter else {
            return match rustix::fs::fstat(&self.file) {
                Ok(stat) if self.is_current(&stat) => Ok(()),
                // Changed in place, or taken from its place.
                _ => self.check_path(),
            };
        };
        self.check_path()?;
        interpreter.program().map_or(Ok(()), Self::check_unchanged)
    }

    /// Looks whether the file at [`executed_path`](Self::executed_path) still is the one that is held
    /// open, as it was.
    ///
    /// # Errors
    /// As [`Program::check_unchanged`].
    pub fn check_path(&self) -> Result<(), ResolveError> {
        let path = self.executed_path();
        let stat = rustix::fs::stat(path).map_err(|errno| unreachable_file(path, errno))?;
        match self.is_current(&stat) {
            true => Ok(()),
            false => Err(ResolveError::Changed {
                path: path.to_owned(),
            }),
        }
    }

    /// Which file it is.
    pub fn id(&self) -> FileId {
        self.version.id
    }

    /// The digest of the file that is held open. It is read once.
    ///
    /// # Errors
    /// It may not be read, or has changed since it was looked at.
    ///
    /// # Blocking
    /// As long as it takes to read the file.
    pub fn digest(&self) -> io::Result<Digest> {
        self.check_open_file()?;
        if let Some(digest) = self.digest.get() {
            return Ok(*digest);
        }
        let digest = Digest::of_open(File::from(open::to_read(&self.file, &self.canonical)?))?;
        // It may have changed while it was read.
        self.check_open_file()?;
        Ok(*self.digest.get_or_init(|| digest))
    }

    fn check_open_file(&self) -> io::Result<()> {
        match self.is_current(&rustix::fs::fstat(&self.file)?) {
            true => Ok(()),
            false => Err(io::Error::other("it changed after it was looked at")),
        }
    }

    /// The state that it was looked at in.
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }

    /// Whether what was found out still holds for a file of which `stat` says this.
    pub(crate) fn is_current(&self, stat: &Stat) -> bool {
        self.version == Version::from(stat)
    }
}

impl AsFd for Program {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Interpreter {
    fn of(
        line: FirstLine,
        find: impl FnOnce(&Path) -> Result<Arc<Program>, ResolveError>,
    ) -> Result<Self, ResolveError> {
        let path = Path::new(&line.interpreter);
        let program = path.is_absolute().then(|| find(path)).transpose()?;
        Ok(Self { line, program })
    }
}

/// `path` with its directory canonical and its last part as it is.
pub(crate) fn entry_path(path: &Path) -> Option<PathBuf> {
    let (directory, name) = (path.parent()?, path.file_name()?);
    Some(directory.canonicalize().ok()?.join(name))
}

fn is_in_system_directory(entry: &Path, canonical: &Path) -> bool {
    [entry, canonical].into_iter().all(|path| {
        let directory = path.parent();
        SYSTEM_DIRECTORIES
            .iter()
            .any(|system| directory == Some(Path::new(system)))
    })
}

/// What the system says about an error, without the number.
pub(crate) fn without_number(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
