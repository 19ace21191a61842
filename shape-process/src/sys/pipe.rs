//! Pipes and the other descriptors that a child starts with.

use rustix::fs::{FileType, MemfdFlags, Mode, OFlags, inotify, memfd_create};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

/// What a pipe holds when it is made.
pub(crate) const DEFAULT_SIZE: usize = 64 << 10;
/// What a pipe holds that has been found full; every user may have it without privileges.
const GROWN_SIZE: usize = 1 << 20;

/// A pipe between the host and a child.
pub(crate) struct Pipe {
    /// The host's end: never blocks.
    pub(crate) ours: OwnedFd,
    /// The child's end: blocks, as programs expect.
    pub(crate) theirs: OwnedFd,
}

/// A pipe that the host reads.
pub(crate) fn to_host() -> Result<Pipe, Errno> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    never_block(&reader)?;
    Ok(Pipe {
        ours: reader,
        theirs: above_standard(writer)?,
    })
}

/// A pipe that the host writes.
pub(crate) fn to_child() -> Result<Pipe, Errno> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    never_block(&writer)?;
    Ok(Pipe {
        ours: writer,
        theirs: above_standard(reader)?,
    })
}

/// A pipe between two children, as large as the system lets us make it: the end to be read, and the
/// one to be written.
pub(crate) fn between() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    grow(&writer);
    Ok((above_standard(reader)?, above_standard(writer)?))
}

/// The same end of a pipe once more.
pub(crate) fn again(descriptor: &OwnedFd) -> Result<OwnedFd, Errno> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, 3)
}

/// Makes a pipe hold more, if the system lets us; the budget of a user is limited and going on with
/// a small pipe is normal.
pub(crate) fn grow(pipe: impl AsFd) {
    let _ = fcntl_setpipe_size(pipe, GROWN_SIZE);
}

/// A FIFO whose writer may be still to come. As long as it is held open, whoever reads it waits for
/// the writer instead of finding the end.
#[derive(Debug)]
pub(crate) struct HeldOpen {
    _writer: OwnedFd,
    arrival: OwnedFd,
}

impl HeldOpen {
    /// Becomes readable when a writer has come: when it has written, or has closed the FIFO again.
    pub(crate) fn arrival(&self) -> BorrowedFd<'_> {
        self.arrival.as_fd()
    }
}

/// The file at `path`, to be a child's standard input. A FIFO without a writer does not hold us up,
/// and a terminal does not become our controlling one.
///
/// # Source
/// fifo(7), inotify(7)
pub(crate) fn open_input(path: &Path) -> Result<(OwnedFd, Option<HeldOpen>), Errno> {
    let is_fifo = FileType::from_raw_mode(rustix::fs::stat(path)?.st_mode) == FileType::Fifo;
    // Before there is a reader, which is what a writer waits for: it cannot be missed.
    let arrival = is_fifo.then(|| watch_writers(path)).transpose()?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = above_standard(rustix::fs::open(path, flags, Mode::empty())?)?;
    rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
    let held_open = match arrival {
        // One has been there already.
        Some(_) if rustix::io::ioctl_fionread(&file)? > 0 => None,
        Some(arrival) => {
            let same = format!("/proc/self/fd/{}", file.as_raw_fd());
            let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
            match rustix::fs::open(same, flags, Mode::empty()) {
                // Then its writer has to come first.
                Err(Errno::ACCESS) => None,
                writer => Some(HeldOpen {
                    _writer: writer?,
                    arrival,
                }),
            }
        }
        None => None,
    };
    Ok((file, held_open))
}

fn watch_writers(path: &Path) -> Result<OwnedFd, Errno> {
    let arrival = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
    let events = inotify::WatchFlags::MODIFY | inotify::WatchFlags::CLOSE_WRITE;
    inotify::add_watch(&arrival, path, events)?;
    Ok(arrival)
}

/// What reads as empty and swallows what is written.
pub(crate) fn open_null() -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    above_standard(rustix::fs::open("/dev/null", flags, Mode::empty())?)
}

/// A file that is nowhere but in memory, with that in it.
///
/// # Source
/// memfd_create(2)
pub(crate) fn in_memory(content: &[u8]) -> Result<OwnedFd, Errno> {
    let file = memfd_create("shape", MemfdFlags::CLOEXEC)?;
    let mut left = content;
    while !left.is_empty() {
        left = &left[rustix::io::write(&file, left)?..];
    }
    Ok(file)
}

/// All that is in a file, from its start.
pub(crate) fn whole(file: &OwnedFd) -> Result<Vec<u8>, Errno> {
    let size = usize::try_from(rustix::fs::fstat(file)?.st_size).unwrap_or(0);
    let mut content = vec![0; size];
    let mut read = 0;
    while read < size {
        match rustix::io::pread(file, &mut content[read..], read as u64)? {
            0 => break,
            length => read += length,
        }
    }
    content.truncate(read);
    Ok(content)
}

/// A directory, to start a child in.
pub(crate) fn open_directory(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}

fn never_block(descriptor: impl AsFd) -> Result<(), Errno> {
    rustix::fs::fcntl_setfl(descriptor, OFlags::NONBLOCK)
}

/// The same descriptor with a number above 2. In a host that closed its standard streams a pipe can
/// get one of their numbers, and would be overwritten in the child before it was put in its place.
fn above_standard(descriptor: OwnedFd) -> Result<OwnedFd, Errno> {
    if descriptor.as_raw_fd() > 2 {
        return Ok(descriptor);
    }
    rustix::io::fcntl_dupfd_cloexec(&descriptor, 3)
}
