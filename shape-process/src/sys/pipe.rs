//! Pipes and the other descriptors that a child starts with.

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
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

/// Makes a pipe hold more, if the system lets us; the budget of a user is limited and going on with
/// a small pipe is normal.
pub(crate) fn grow(pipe: impl AsFd) {
    let _ = fcntl_setpipe_size(pipe, GROWN_SIZE);
}

/// The file at `path`, to be a child's standard input. A FIFO without a writer does not hold us up,
/// and a terminal does not become our controlling one.
pub(crate) fn open_input(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, Mode::empty())?;
    rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
    above_standard(file)
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
