//! The file that the whole of a stream goes to when it is more than may be kept.

use super::Stream;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the names of the files of this process different.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Where a stream goes that may have to be spilled. A file that nobody was told of is removed.
#[derive(Debug)]
pub(crate) struct Spill {
    stream: Stream,
    temporary: PathBuf,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The stream fits.
    Waiting,
    Writing {
        spilled: Spilled,
        is_told: bool,
    },
    Failed(SpillFailure),
}

#[derive(Debug)]
struct Spilled {
    file: File,
    directory: OwnedFd,
    path: PathBuf,
}

/// Why a stream could not be spilled.
#[derive(Debug, Clone)]
pub(crate) struct SpillFailure {
    /// The file, or the directory it was to be in.
    pub(crate) path: PathBuf,
    pub(crate) reason: String,
}

impl Spill {
    /// A stream whose file would be in the user's own directory under `temporary`.
    pub(crate) fn under(temporary: PathBuf, stream: Stream) -> Self {
        Self {
            stream,
            temporary,
            state: State::Waiting,
        }
    }

    /// Writes what has arrived, unless the stream still fits: there is `room` for so much in
    /// memory. What was `kept` there until now is written first.
    pub(crate) fn write(&mut self, kept: &[u8], arrived: &[u8], room: usize) {
        if matches!(self.state, State::Waiting) && arrived.len() > room {
            self.state = match Spilled::create(&self.temporary, self.stream) {
                Ok(spilled) => State::Writing {
                    spilled,
                    is_told: false,
                },
                Err(failure) => State::Failed(failure),
            };
            self.add(kept);
        }
        self.add(arrived);
    }

    fn add(&mut self, bytes: &[u8]) {
        if let State::Writing { spilled, is_told } = &mut self.state
            && let Err(error) = spilled.file.write_all(bytes)
        {
            let failure = SpillFailure {
                path: spilled.path.clone(),
                reason: error.to_string(),
            };
            if !*is_told {
                spilled.remove();
            }
            self.state = State::Failed(failure);
        }
    }

    /// The file, if there is one; from now on it is the caller's.
    pub(crate) fn tell(&mut self) -> Option<PathBuf> {
        match &mut self.state {
            State::Writing { spilled, is_told } => {
                *is_told = true;
                Some(spilled.path.clone())
            }
            State::Waiting | State::Failed(_) => None,
        }
    }

    pub(crate) fn failure(&self) -> Option<&SpillFailure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            State::Waiting | State::Writing { .. } => None,
        }
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if let State::Writing {
            spilled,
            is_told: false,
        } = &self.state
        {
            spilled.remove();
        }
    }
}

impl Spilled {
    fn create(temporary: &Path, stream: Stream) -> Result<Self, SpillFailure> {
        let uid = rustix::process::geteuid();
        let path = temporary.join(format!("shape-{}", uid.as_raw()));
        // The output names the file for whoever reads it, from whatever directory.
        let path = std::path::absolute(&path).unwrap_or(path);
        let failed = |error: io::Error| SpillFailure {
            path: path.clone(),
            reason: error.to_string(),
        };
        let directory = own_directory(&path).map_err(failed)?;
        loop {
            let name = format!(
                "{}-{}.{stream}",
                std::process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            match rustix::fs::openat(&directory, &name, flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => {
                    return Ok(Self {
                        file: file.into(),
                        directory,
                        path: path.join(name),
                    });
                }
                // Left by an earlier process of our number.
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(failed(errno.into())),
            }
        }
    }

    fn remove(&self) {
        if let Some(name) = self.path.file_name() {
            // It may have been removed already.
            let _ = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
        }
    }
}

/// The directory at `path`, made if it is not there, if nobody else can have put anything into it.
fn own_directory(path: &Path) -> io::Result<OwnedFd> {
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::NOTDIR | Errno::LOOP => io::Error::other("it is not a directory"),
        other => other.into(),
    })?;
    let stat = rustix::fs::fstat(&directory)?;
    let is_open_to_others = Mode::from_raw_mode(stat.st_mode).intersects(Mode::RWXG | Mode::RWXO);
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it belongs to another user"));
    }
    if is_open_to_others || FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Err(io::Error::other("other users have access to it"));
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, metadata, read, set_permissions};
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    fn own(temporary: &Path) -> PathBuf {
        temporary.join(format!("shape-{}", rustix::process::geteuid().as_raw()))
    }

    #[track_caller]
    fn check_refused(temporary: &Path, reason: &str) {
        let mut spill = Spill::under(temporary.to_owned(), Stream::Stdout);
        spill.write(b"a", b"b", 0);
        assert_eq!(spill.tell(), None);
        let failure = spill.failure().unwrap();
        assert_eq!(failure.path, own(temporary));
        assert!(failure.reason.contains(reason), "{}", failure.reason);
    }

    #[test]
    fn what_fits_makes_no_file() {
        let temporary = tempfile::tempdir().unwrap();
        let mut spill = Spill::under(temporary.path().to_owned(), Stream::Stdout);
        spill.write(b"", b"12345", 5);
        assert_eq!(spill.tell(), None);
        assert!(!own(temporary.path()).exists());
    }

    #[test]
    fn the_file_has_everything_and_is_ours_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let mut spill = Spill::under(temporary.path().to_owned(), Stream::Stderr);
        spill.write(b"123", b"45", 1);
        spill.write(b"no more", b"67", 100);
        let path = spill.tell().unwrap();
        drop(spill);
        assert_eq!(read(&path).unwrap(), b"1234567");
        assert_eq!(metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(
            metadata(path.parent().unwrap()).unwrap().mode() & 0o777,
            0o700
        );
        assert_eq!(path.extension().unwrap(), "stderr");
    }

    #[test]
    fn a_file_that_nobody_was_told_of_is_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let mut spill = Spill::under(temporary.path().to_owned(), Stream::Stdout);
        spill.write(b"a", b"b", 0);
        assert_eq!(own(temporary.path()).read_dir().unwrap().count(), 1);
        drop(spill);
        assert_eq!(own(temporary.path()).read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_others_could_have_prepared_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), own(temporary.path())).unwrap();
        check_refused(temporary.path(), "not a directory");

        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(own(temporary.path()), "").unwrap();
        check_refused(temporary.path(), "not a directory");

        let temporary = tempfile::tempdir().unwrap();
        std::fs::create_dir(own(temporary.path())).unwrap();
        set_permissions(own(temporary.path()), Permissions::from_mode(0o770)).unwrap();
        check_refused(temporary.path(), "other users");

        check_refused(Path::new("/nonexistent"), "No such file");
    }

    #[test]
    fn a_full_disk_is_a_failure() {
        let temporary = tempfile::tempdir().unwrap();
        let mut spill = Spill::under(temporary.path().to_owned(), Stream::Stdout);
        spill.write(b"a", b"b", 0);
        let State::Writing { spilled, .. } = &mut spill.state else {
            panic!("{spill:?}");
        };
        spilled.file = File::options().write(true).open("/dev/full").unwrap();
        spill.write(b"", b"more", 0);
        assert!(spill.failure().unwrap().reason.contains("No space"));
        assert_eq!(spill.tell(), None);
        assert_eq!(own(temporary.path()).read_dir().unwrap().count(), 0);
    }
}
