//! Opening a file that is to be executed, and looking at what was opened.

use super::program::{FileId, without_number};
use super::script::LOOKED_AT;
use crate::error::ResolveError;
use rustix::fs::{Access, AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

/// The lowest number that is none of the standard streams'.
const ABOVE_STDIO: i32 = 3;

/// Opens the file at `path` without the right to read it, which executing it does not need. The
/// descriptor is closed on exec, and none of the standard ones, which a child has replaced.
///
/// # Errors
/// [`ResolveError::NotFound`], [`ResolveError::NotExecutable`], [`ResolveError::Resource`].
pub(crate) fn open(path: &Path) -> Result<(OwnedFd, Stat), ResolveError> {
    let open = || {
        let mut file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
        if file.as_raw_fd() < ABOVE_STDIO {
            file = rustix::io::fcntl_dupfd_cloexec(&file, ABOVE_STDIO)?;
        }
        let stat = rustix::fs::fstat(&file)?;
        Ok((file, stat))
    };
    open().map_err(|errno| unreachable_file(path, errno))
}

/// Why nothing is known of the file at `path`.
pub(crate) fn unreachable_file(path: &Path, errno: Errno) -> ResolveError {
    let reason = || without_number(&errno.into());
    match errno {
        Errno::NOENT | Errno::NOTDIR => ResolveError::NotFound {
            program: path.into(),
            searched: Vec::new(),
            nearest: None,
        },
        Errno::MFILE | Errno::NFILE | Errno::NOMEM => ResolveError::Resource {
            path: path.to_owned(),
            reason: reason(),
        },
        _ => ResolveError::NotExecutable {
            path: path.to_owned(),
            reason: reason(),
        },
    }
}

/// What is in the way of executing the file, if anything is.
pub(crate) fn check_executable(file: &OwnedFd, path: &Path, stat: &Stat) -> Result<(), String> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err("it is a directory".to_owned()),
        _ => return Err("it is not a regular file".to_owned()),
    }
    let flags = AtFlags::EACCESS | AtFlags::EMPTY_PATH;
    let access = match rustix::fs::accessat(file, "", Access::EXEC_OK, flags) {
        // Older kernels and filters do not know the call; the kernel decides in the end.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {
            rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS)
        }
        access => access,
    };
    access.map_err(|errno| match errno {
        Errno::ACCESS => "it has no execute permission".to_owned(),
        _ => without_number(&errno.into()),
    })
}

/// The first bytes of the file, zeros after its end, and nothing but zeros if it may not be read.
///
/// # Errors
/// [`ResolveError::Resource`] if there are too few descriptors to look.
pub(crate) fn first_bytes(file: &OwnedFd, path: &Path) -> Result<[u8; LOOKED_AT], ResolveError> {
    let mut start = [0; LOOKED_AT];
    match to_read(file, path) {
        Ok(file) => {
            let mut length = 0;
            while let Ok(read @ 1..) = rustix::io::read(&file, &mut start[length..]) {
                length += read;
            }
            Ok(start)
        }
        Err(errno @ (Errno::MFILE | Errno::NFILE | Errno::NOMEM)) => {
            Err(unreachable_file(path, errno))
        }
        Err(_) => Ok(start),
    }
}

/// The same file, to be read.
///
/// # Errors
/// It may not be read; or there is no `/proc` and another file is at `path` by now.
pub(crate) fn to_read(file: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let same = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    match rustix::fs::open(&same, flags, Mode::empty()) {
        Err(Errno::NOENT) => {
            let opened = rustix::fs::open(path, flags, Mode::empty())?;
            let ids =
                [&opened, file].map(|file| rustix::fs::fstat(file).map(|it| FileId::from(&it)));
            match ids {
                [Ok(opened_id), Ok(id)] if opened_id == id => Ok(opened),
                _ => Err(Errno::STALE),
            }
        }
        opened => opened,
    }
}
