//! From a request to the file, directory and environment that it means.

pub(crate) mod digest;
pub(crate) mod environment;
pub(crate) mod found;
pub(crate) mod identity;
pub(crate) mod inner;
mod known;
pub(crate) mod nearest;
mod open;
pub(crate) mod program;
mod script;

use crate::error::ResolveError;
use known::Known;
use open::unreachable_file;
use program::{FileId, Program, without_number};

use crate::quote::Quoted;
use crate::request::{EnvChanges, Environment, Request};
use rustix::fs::{Access, AtFlags, CWD, FileType, Stat};
use rustix::io::Errno;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Where programs are when the environment has no `PATH`, as glibc has it.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// A request of which everything is known that a decision needs.
#[derive(Clone)]
pub struct Resolved {
    program: Arc<Program>,
    cwd: PathBuf,
    cwd_id: Option<FileId>,
    environment: Arc<Environment>,
    has_own_path: bool,
}

impl Resolved {
    /// The file that would run, to be kept.
    pub(crate) fn shared_program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The value of a variable of the child.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        let variable = self.environment.iter().find(|(known, _)| known == name);
        variable.map(|(_, value)| value.as_os_str())
    }

    /// The file that would run.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The canonical directory that it would start in.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// Which directory that is; `None` if it is the host's own.
    pub fn cwd_id(&self) -> Option<FileId> {
        self.cwd_id
    }

    /// Whether its `PATH` is another one than the host's. What a bare name means to it, and to whatever
    /// it starts, may differ then.
    pub fn has_own_path(&self) -> bool {
        self.has_own_path
    }

    /// Its whole environment.
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }
}

/// Without the environment: a value may be a secret.
impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolved")
            .field("program", &self.program)
            .field("cwd", &self.cwd)
            .finish_non_exhaustive()
    }
}

/// Finds what requests mean, and remembers what it found out about a file for as long as the file
/// stays as it was. The host's environment is taken once, when the resolver is made.
///
/// Every look-up walks the `PATH` again, one `stat` a directory, so that a program that appears or
/// disappears is noticed; what is remembered is only what is dear: the open file, links, permission,
/// interpreter. What is remembered is bounded, and closed with the resolver; a file system cannot be
/// unmounted while a file of it is held.
pub struct Resolver {
    environment: Arc<Environment>,
    /// The directories of the host's own `PATH`.
    directories: Vec<PathBuf>,
    made: SystemTime,
    known: Mutex<Known>,
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new()
    }
}

/// Without the environment: a value may be a secret.
impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

impl Resolver {
    /// A resolver that remembers nothing yet, for children with the environment that the host has now.
    pub fn new() -> Self {
        Self::with_environment(hosts_environment())
    }

    /// As [`Resolver::new`], for children with this environment instead of the one that the host has.
    pub(crate) fn with_environment(environment: Arc<Environment>) -> Self {
        let path = environment.iter().find(|(name, _)| name == "PATH");
        let path = path.map_or(OsStr::new(DEFAULT_PATH), |(_, value)| value);
        Self {
            directories: directories(path).collect(),
            environment,
            made: SystemTime::now(),
            known: Mutex::default(),
        }
    }

    /// The environment that was taken.
    pub(crate) fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    /// The directories of the host's own `PATH`, in order.
    pub(crate) fn host_directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// The file, directory and environment that `request` means now.
    ///
    /// The program is looked up on the `PATH` of the *child's* environment. Directories of that
    /// `PATH` that are not absolute are passed over: what they would find depends on where the child
    /// starts.
    ///
    /// # Errors
    /// [`ResolveError::BadCwd`] before anything else, then [`ResolveError::Invalid`],
    /// [`ResolveError::NotFound`], [`ResolveError::NotExecutable`], [`ResolveError::BadInterpreter`],
    /// [`ResolveError::Resource`].
    pub fn resolve(&self, request: &Request<'_>) -> Result<Resolved, ResolveError> {
        let (cwd, cwd_id) = match request.cwd {
            Some(cwd) => resolve_cwd(cwd).map(|(cwd, id)| (cwd, Some(id)))?,
            None => (own_directory(), None),
        };
        check_text(request)?;
        let environment = request.env.apply(&self.environment);
        let path = path_of(&environment);
        let program = if has_slash(request.program) {
            self.locate(request.program)?
        } else {
            self.search_path(request.program, path)?
        };
        let has_own_path = path != path_of(&self.environment);
        Ok(Resolved {
            program,
            cwd,
            cwd_id,
            environment,
            has_own_path,
        })
    }

    /// The directory that `request` would start in, canonical.
    ///
    /// # Errors
    /// [`ResolveError::BadCwd`].
    pub(crate) fn cwd_of(&self, request: &Request<'_>) -> Result<PathBuf, ResolveError> {
        match request.cwd {
            Some(cwd) => resolve_cwd(cwd).map(|(cwd, _)| cwd),
            None => Ok(own_directory()),
        }
    }

    /// The program at a path, which is relative to the host's current directory.
    fn locate(&self, program: &OsStr) -> Result<Arc<Program>, ResolveError> {
        let directory = match Path::new(program).is_relative() {
            true => Some(current_dir()?),
            false => None,
        };
        let path = directory.as_deref().unwrap_or(Path::new("/")).join(program);
        match rustix::fs::stat(&path) {
            Ok(stat) => self.examine(&path, &stat),
            Err(Errno::NOENT | Errno::NOTDIR) => Err(ResolveError::NotFound {
                program: program.to_owned(),
                searched: directory.into_iter().collect(),
                nearest: None,
            }),
            Err(errno) => Err(unreachable_file(&path, errno)),
        }
    }

    /// When it was made.
    pub(crate) fn made(&self) -> SystemTime {
        self.made
    }

    /// What the host's own `PATH` has under `name`.
    pub(crate) fn find_on_host(&self, name: &OsStr) -> Option<Arc<Program>> {
        self.search(name, &self.directories).ok()
    }

    /// As [`Self::search`] in the absolute directories of `path`; says what was searched, and what is
    /// called alike, if nothing is found.
    fn search_path(
        &self,
        name: &OsStr,
        path: Option<&OsStr>,
    ) -> Result<Arc<Program>, ResolveError> {
        let searched: Cow<'_, [PathBuf]> = match path == path_of(&self.environment) {
            true => Cow::Borrowed(&self.directories),
            false => directories(path.unwrap_or(OsStr::new(DEFAULT_PATH))).collect(),
        };
        self.search(name, &searched).map_err(|in_the_way| {
            in_the_way.unwrap_or_else(|| ResolveError::NotFound {
                program: name.to_owned(),
                nearest: nearest::program_like(name, &searched),
                searched: searched.into_owned(),
            })
        })
    }

    /// The first program called `name` in `directories`. What cannot be seen is not there; what cannot
    /// be executed is passed over.
    ///
    /// # Errors
    /// What is wrong with the first one that was passed over.
    fn search(
        &self,
        name: &OsStr,
        directories: &[PathBuf],
    ) -> Result<Arc<Program>, Option<ResolveError>> {
        let mut in_the_way = None;
        for directory in directories {
            let candidate = directory.join(name);
            let Ok(stat) = rustix::fs::stat(&candidate) else {
                continue;
            };
            match self.examine(&candidate, &stat) {
                Ok(program) => return Ok(program),
                Err(error) => in_the_way = in_the_way.or(Some(error)),
            }
        }
        Err(in_the_way)
    }

    /// What is known of the file at `path`, of which `stat` was just told, or can be found out.
    fn examine(&self, path: &Path, stat: &Stat) -> Result<Arc<Program>, ResolveError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.examine(path, stat)
    }
}

/// The variables of the host. Of those that it has twice, which a program can see differently, the first
/// counts, as for the C library.
fn hosts_environment() -> Arc<Environment> {
    let mut names = HashSet::new();
    std::env::vars_os()
        .filter(|(name, _)| names.insert(name.clone()))
        .collect()
}

fn path_of(environment: &Environment) -> Option<&OsStr> {
    let path = environment.iter().find(|(name, _)| name == "PATH");
    path.map(|(_, value)| value.as_os_str())
}

/// The absolute directories of a `PATH`, in order.
fn directories(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(path).filter(|directory| directory.is_absolute())
}

fn has_slash(program: &OsStr) -> bool {
    program.as_bytes().contains(&b'/')
}

fn current_dir() -> Result<PathBuf, ResolveError> {
    std::env::current_dir().map_err(|error| bad_cwd(Path::new("."), without_number(&error)))
}

/// The current directory of the host, to be shown: a child starts there also if it has no path any
/// more.
fn own_directory() -> PathBuf {
    std::env::current_dir()
        .or_else(|_| std::fs::read_link("/proc/self/cwd"))
        .unwrap_or_else(|_| PathBuf::from("."))
}

fn resolve_cwd(cwd: &Path) -> Result<(PathBuf, FileId), ResolveError> {
    let failed = |error: std::io::Error| bad_cwd(cwd, without_number(&error));
    let canonical = cwd.canonicalize().map_err(failed)?;
    let stat = rustix::fs::stat(&canonical).map_err(|errno| failed(errno.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Err(bad_cwd(cwd, "it is not a directory".to_owned()));
    }
    rustix::fs::accessat(CWD, &canonical, Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|errno| failed(errno.into()))?;
    Ok((canonical, FileId::from(&stat)))
}

fn bad_cwd(path: &Path, reason: String) -> ResolveError {
    let path = path.to_owned();
    ResolveError::BadCwd { path, reason }
}

/// # Errors
/// [`ResolveError::Invalid`] for what the system call could not carry.
fn check_text(request: &Request<'_>) -> Result<(), ResolveError> {
    const NUL: &str = "contains a NUL byte";
    let invalid = |part: String, reason: &'static str| {
        let reason = reason.into();
        Err(ResolveError::Invalid { part, reason })
    };
    let has_nul = |text: &OsStr| text.as_bytes().contains(&0);
    let program = Quoted::new(request.program);
    if request.program.is_empty() {
        return invalid("the program name".to_owned(), "is empty");
    }
    if has_nul(request.program) {
        return invalid(format!("the program name {program}"), NUL);
    }
    if request.args.iter().any(|arg| has_nul(arg)) {
        return invalid(format!("an argument of {program}"), NUL);
    }
    let EnvChanges { set, remove, .. } = request.env;
    for name in set.iter().map(|(name, _)| name).chain(remove) {
        let part = || format!("the environment variable {}", Quoted::new(name));
        if name.is_empty() {
            return invalid("the name of an environment variable".to_owned(), "is empty");
        }
        if name.as_bytes().contains(&b'=') {
            return invalid(part(), "contains `=` in its name");
        }
        if has_nul(name) {
            return invalid(part(), NUL);
        }
    }
    match set.iter().find(|(_, value)| has_nul(value)) {
        Some((name, _)) => invalid(
            format!(
                "the value of the environment variable {}",
                Quoted::new(name)
            ),
            NUL,
        ),
        None => Ok(()),
    }
}
