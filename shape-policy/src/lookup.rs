//! From a path to a file that can be executed.

use crate::error::ResolveError;
use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The bytes of a file that the kernel looks at for a `#!` line.
const FIRST_LINE: usize = 256;

/// Which file something is, whatever it is called: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A file that can be executed, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    path: PathBuf,
    entry: PathBuf,
    canonical: PathBuf,
    interpreter: Option<PathBuf>,
    version: Version,
}

/// Which file it was when it was looked at, and in which state: a cached answer holds while this does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    id: FileId,
    mode: u32,
    changed: (i64, u64),
}

impl From<&Stat> for Version {
    fn from(stat: &Stat) -> Self {
        Self {
            id: stat.into(),
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
    pub fn at(path: &Path) -> Result<Self, ResolveError> {
        let stat = rustix::fs::stat(path).map_err(|errno| unreachable_file(path, errno))?;
        Self::examine(path, &stat)
    }

    /// As [`Program::at`], with what `stat` said about the path.
    pub(crate) fn examine(path: &Path, stat: &Stat) -> Result<Self, ResolveError> {
        let not_executable = |reason: String| ResolveError::NotExecutable {
            path: path.to_owned(),
            reason,
        };
        check_executable(path, stat).map_err(not_executable)?;
        let interpreter = interpreter_of(path)?;
        check_interpreter(path, interpreter.as_deref())?;
        let canonical = path
            .canonicalize()
            .map_err(|error| not_executable(without_number(&error)))?;
        let entry = entry_path(path).unwrap_or_else(|| canonical.clone());
        let program = Self {
            path: path.to_owned(),
            entry,
            canonical,
            interpreter,
            version: stat.into(),
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

    /// What a script names after its `#!`; `None` for a binary.
    pub fn interpreter(&self) -> Option<&Path> {
        self.interpreter.as_deref()
    }

    /// The path to execute it by: of the file itself, or, for a script, which is told the path, as it
    /// was found.
    pub fn executed_path(&self) -> &Path {
        match self.interpreter {
            Some(_) => &self.path,
            None => &self.canonical,
        }
    }

    /// Looks whether the file at [`executed_path`](Self::executed_path) still is what it was.
    ///
    /// # Errors
    /// [`ResolveError::Changed`], or [`ResolveError::NotFound`] and the others of [`Program::at`] if
    /// it cannot be executed any more.
    pub fn check_unchanged(&self) -> Result<(), ResolveError> {
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

    /// Whether what was found out still holds for a file of which `stat` says this.
    pub(crate) fn is_current(&self, stat: &Stat) -> bool {
        self.version == Version::from(stat)
    }
}

/// `path` with its directory canonical and its last part as it is.
pub(crate) fn entry_path(path: &Path) -> Option<PathBuf> {
    let (directory, name) = (path.parent()?, path.file_name()?);
    Some(directory.canonicalize().ok()?.join(name))
}

fn unreachable_file(path: &Path, errno: Errno) -> ResolveError {
    match errno {
        Errno::NOENT | Errno::NOTDIR => ResolveError::NotFound {
            program: path.into(),
            searched: Vec::new(),
            nearest: None,
        },
        _ => ResolveError::NotExecutable {
            path: path.to_owned(),
            reason: without_number(&errno.into()),
        },
    }
}

/// What is in the way of executing the file, if anything is.
fn check_executable(path: &Path, stat: &Stat) -> Result<(), String> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err("it is a directory".to_owned()),
        _ => return Err("it is not a regular file".to_owned()),
    }
    rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).map_err(
        |errno| match errno {
            Errno::ACCESS => "it has no execute permission".to_owned(),
            _ => without_number(&errno.into()),
        },
    )
}

/// # Errors
/// [`ResolveError::BadInterpreter`] if the interpreter of a script is not there. Whether a relative one
/// is depends on where the child starts.
fn check_interpreter(path: &Path, interpreter: Option<&Path>) -> Result<(), ResolveError> {
    let Some(interpreter) = interpreter.filter(|path| path.is_absolute()) else {
        return Ok(());
    };
    match rustix::fs::stat(interpreter) {
        Err(Errno::NOENT | Errno::NOTDIR) => Err(ResolveError::BadInterpreter {
            path: path.to_owned(),
            interpreter: interpreter.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// What stands after `#!`. A file that may be executed and not read has nothing that we can know.
///
/// # Errors
/// [`ResolveError::Resource`] if there are too few descriptors to look.
fn interpreter_of(path: &Path) -> Result<Option<PathBuf>, ResolveError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => {
            let mut start = [0; FIRST_LINE];
            let length = rustix::io::read(&file, &mut start).unwrap_or(0);
            Ok(interpreter_in(&start[..length]))
        }
        Err(errno @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => Err(ResolveError::Resource {
            path: path.to_owned(),
            reason: without_number(&errno.into()),
        }),
        Err(_) => Ok(None),
    }
}

fn interpreter_in(start: &[u8]) -> Option<PathBuf> {
    let interpreter = start
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .find(|word| !word.is_empty())?;
    Some(PathBuf::from(OsStr::from_bytes(interpreter)))
}

/// What the system says about an error, without the number.
pub(crate) fn without_number(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
