//! Files of state that are replaced as a whole, so that a reader sees the old content or the new, and
//! no writer undoes what another one wrote.

mod error;
mod lock;

pub use error::StoreError;

use lock::Lock;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes that a file may have.
const LIMIT: u64 = 16 << 20;
/// How long another writer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after a change a file can change again without looking different. The times of files are
/// coarse; this is much more than the coarsest.
const UNSETTLED: Duration = Duration::from_secs(1);
/// Links that are followed, as the kernel does.
const LINKS: usize = 40;

/// A file that is read whole and replaced whole. Nothing of it is remembered: it is a path, and every
/// call looks at what is there now.
#[derive(Debug, Clone)]
pub(crate) struct AtomicFile {
    path: PathBuf,
}

/// Which file it was and in which state, to notice a change without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    file: (u64, u64),
    size: i64,
    modified: (i64, u64),
    changed: (i64, u64),
}

impl From<&Stat> for Stamp {
    fn from(stat: &Stat) -> Self {
        Self {
            file: (stat.st_dev, stat.st_ino),
            size: stat.st_size,
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            changed: (stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

impl Stamp {
    /// The state of the file at `path`, links followed; `None` if there is none to be seen.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        rustix::fs::stat(path).ok().map(|stat| Self::from(&stat))
    }

    /// Whether the last change is so long ago that the next one will be seen. One that is not settled does
    /// not prove that a file is as it was.
    pub(crate) fn is_settled(&self) -> bool {
        let (seconds, nanoseconds) = self.changed;
        let changed = Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
            + Duration::from_nanos(nanoseconds);
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .is_ok_and(|now| now >= changed + UNSETTLED)
    }
}

impl AtomicFile {
    /// The file at `path`, which need not be there; a relative path is one from where the process is now.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            path: std::path::absolute(&path).unwrap_or(path),
        }
    }

    /// Its absolute path, links not followed.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds; `None` if it is not there.
    ///
    /// # Errors
    /// [`StoreError::NotAFile`], [`StoreError::TooLarge`] with more than 16 MiB, [`StoreError::Io`].
    pub(crate) fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        read(CWD, self.path.as_os_str(), &self.path)
    }

    /// Its state; `None` if it is not there. One system call. Take it before reading, so that what is
    /// read is at least as new.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn stamp(&self) -> Result<Option<Stamp>, StoreError> {
        match rustix::fs::stat(&self.path) {
            Ok(stat) => Ok(Some(Stamp::from(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(StoreError::io(&self.path, "read", errno)),
        }
    }

    /// Replaces what it holds by what `change` makes of it, and returns what `change` returns beside.
    /// Other writers wait meanwhile, in this process and in others. The file gets the mode 0600, a
    /// directory that is missing 0700. If the file is a link, the file behind it is replaced. If the
    /// content stays as it is, nothing is written.
    ///
    /// # Errors
    /// That of `change`; [`StoreError::Locked`] if another writer takes longer than 5 seconds, and those
    /// of [`AtomicFile::read`]. The file is as it was then, but for [`StoreError::NotDurable`].
    ///
    /// # Blocking
    /// Until other writers are done, up to 5 seconds, and until the disk has it.
    pub(crate) fn update<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(Option<&[u8]>) -> Result<(Vec<u8>, T), E>,
    ) -> Result<T, E> {
        let place = Place::open(&self.path)?;
        let _lock = Lock::take(
            &place.directory,
            &place.beside(".lock"),
            &place.path,
            PATIENCE,
        )?;
        let old = read(place.directory.as_fd(), &place.name, &place.path)?;
        let (new, result) = change(old.as_deref())?;
        if old.as_ref() != Some(&new) {
            place.replace(&new)?;
        }
        Ok(result)
    }
}

/// Where a file is that is to be replaced, links followed.
struct Place {
    path: PathBuf,
    directory: OwnedFd,
    name: OsString,
}

impl Place {
    /// Makes the directory if it is missing.
    fn open(path: &Path) -> Result<Self, StoreError> {
        let path = behind_links(path)?;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(StoreError::NotAFile { path });
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || rustix::fs::open(parent, flags, Mode::empty());
        let directory = match open() {
            Err(Errno::NOENT) => {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(parent)
                    .map_err(|error| StoreError::io(parent, "created", error))?;
                open()
            }
            opened => opened,
        };
        Ok(Self {
            directory: directory.map_err(|errno| StoreError::io(parent, "opened", errno))?,
            name: name.to_owned(),
            path,
        })
    }

    /// The name of a hidden file beside it: `.NAME` and `ending`.
    fn beside(&self, ending: &str) -> OsString {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(ending);
        name
    }

    /// Puts a file with `content` in its place. The lock must be held.
    fn replace(&self, content: &[u8]) -> Result<(), StoreError> {
        if content.len() as u64 > LIMIT {
            let path = self.path.clone();
            return Err(StoreError::TooLarge { path, limit: LIMIT });
        }
        // Under the lock there is no other writer: the name needs not be unique, and what is already
        // there is of a writer that was killed.
        let temporary = self.beside(".tmp");
        let written = self.write(&temporary, content).and_then(|()| {
            rustix::fs::renameat(&self.directory, &temporary, &self.directory, &self.name)
                .map_err(|errno| StoreError::io(&self.path, "replaced", errno))
        });
        if let Err(error) = written {
            let _ = rustix::fs::unlinkat(&self.directory, &temporary, AtFlags::empty());
            return Err(error);
        }
        match rustix::fs::fsync(&self.directory) {
            // A file system that does not know this for directories has done it already, or never will.
            Ok(()) | Err(Errno::INVAL) => Ok(()),
            Err(errno) => Err(StoreError::NotDurable {
                path: self.path.clone(),
                reason: crate::resolve::program::without_number(&errno.into()),
            }),
        }
    }

    fn write(&self, name: &OsStr, content: &[u8]) -> Result<(), StoreError> {
        let path = self.path.with_file_name(name);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let create = || rustix::fs::openat(&self.directory, name, flags, Mode::RUSR | Mode::WUSR);
        let file = match create() {
            Err(Errno::EXIST) => {
                rustix::fs::unlinkat(&self.directory, name, AtFlags::empty())
                    .map_err(|errno| StoreError::io(&path, "removed", errno))?;
                create()
            }
            created => created,
        };
        let mut file = File::from(file.map_err(|errno| StoreError::io(&path, "created", errno))?);
        file.write_all(content)
            .and_then(|()| file.sync_all())
            .map_err(|error| StoreError::io(&path, "written", error))
    }
}

/// The path behind all links, of which the last one may lead to nothing.
fn behind_links(path: &Path) -> Result<PathBuf, StoreError> {
    let mut behind = path.to_owned();
    for _ in 0..LINKS {
        match rustix::fs::readlink(&behind, Vec::new()) {
            Ok(target) => {
                let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                behind = behind.parent().unwrap_or(Path::new("/")).join(target);
            }
            Err(Errno::INVAL | Errno::NOENT) => return Ok(behind),
            Err(errno) => return Err(StoreError::io(path, "opened", errno)),
        }
    }
    Err(StoreError::io(path, "opened", Errno::LOOP))
}

/// What the file `name` in `directory` holds; `path` is what errors call it.
fn read(directory: impl AsFd, name: &OsStr, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    // Without waiting, so that a pipe is an error and no end of everything.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::openat(directory, name, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(StoreError::io(path, "read", errno)),
    };
    let stat = rustix::fs::fstat(&file).map_err(|errno| StoreError::io(path, "read", errno))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        let path = path.to_owned();
        return Err(StoreError::NotAFile { path });
    }
    let mut content = Vec::new();
    File::from(file)
        .take(LIMIT + 1)
        .read_to_end(&mut content)
        .map_err(|error| StoreError::io(path, "read", error))?;
    match content.len() as u64 > LIMIT {
        true => Err(StoreError::TooLarge {
            path: path.to_owned(),
            limit: LIMIT,
        }),
        false => Ok(Some(content)),
    }
}

#[cfg(test)]
mod tests;
