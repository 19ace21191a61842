//! What the kernel tells of processes that are not our children.

use super::{limits, reap};
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd;

/// The numbers of the calls that read from one descriptor, the first argument.
///
/// # Source
/// read(2), readv(2)
pub(crate) const READING: [i64; 2] = [libc::SYS_read, libc::SYS_readv];

/// The children of a process, of all its threads; zombies too.
///
/// # Source
/// `/proc/PID/task/TID/children`, proc_tid_children(5)
pub(crate) fn children(parent: Pid) -> Vec<Pid> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", parent.as_raw_nonzero())) else {
        return Vec::new();
    };
    let mut children = Vec::new();
    let mut text = String::new();
    for task in tasks.flatten() {
        text.clear();
        let Ok(mut file) = fs::File::open(task.path().join("children")) else {
            continue;
        };
        // A task may end while it is read; what it had then has another parent.
        let _ = file.read_to_string(&mut text);
        children.extend(text.split_ascii_whitespace().filter_map(parse));
    }
    children
}

/// The children of this thread, zombies too: all of this process's, if it is the only one.
///
/// # Source
/// `/proc/thread-self/children`
#[derive(Debug)]
pub(crate) struct OwnChildren(OwnedFd);

impl OwnChildren {
    pub(crate) fn open() -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::open("/proc/thread-self/children", flags, Mode::empty())?;
        Ok(Self(file))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> Result<usize, Errno> {
        let mut count = 0;
        // A space follows every number.
        self.read(|text| count += memchr::memchr_iter(b' ', text).count())?;
        Ok(count)
    }

    /// All of them. It takes no descriptor.
    pub(crate) fn list(&self) -> Result<Vec<Pid>, Errno> {
        let mut all = Vec::new();
        self.read(|text| all.extend_from_slice(text))?;
        let all = String::from_utf8_lossy(&all);
        Ok(all.split_ascii_whitespace().filter_map(parse).collect())
    }

    fn read(&self, mut take: impl FnMut(&[u8])) -> Result<(), Errno> {
        let mut buffer = [0; 4096];
        let mut from = 0;
        loop {
            match rustix::io::pread(&self.0, &mut buffer, from)? {
                0 => return Ok(()),
                read => {
                    take(&buffer[..read]);
                    from += read as u64;
                }
            }
        }
    }
}

/// The list of all processes, which can be read when there is no descriptor left.
#[derive(Debug)]
pub(crate) struct Processes(OwnedFd);

impl Processes {
    pub(crate) fn open() -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open("/proc", flags, Mode::empty())?))
    }

    /// All that there are, zombies too, by ascending numbers.
    pub(crate) fn list(&self) -> Result<Vec<Pid>, Errno> {
        rustix::fs::seek(&self.0, SeekFrom::Start(0))?;
        let mut buffer = Vec::with_capacity(16 << 10);
        let mut entries = RawDir::new(&self.0, buffer.spare_capacity_mut());
        let mut processes = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry?;
            processes.extend(entry.file_name().to_str().ok().and_then(parse));
        }
        Ok(processes)
    }
}

/// The parent of a process, if it is there.
pub(crate) fn parent(pid: Pid) -> Option<Pid> {
    let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    parse(&field(&stat, 1)?)
}

/// Whether there is a process of that number, be it a zombie.
pub(crate) fn is_there(pid: Pid) -> bool {
    test_kill_process(pid) != Err(Errno::SRCH)
}

/// Whether a process is there, and not a zombie. One whose first thread has ended before the others
/// looks like one. Without a descriptor to look with, a zombie that is not our child counts as alive.
pub(crate) fn is_alive(pid: Pid) -> bool {
    match fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())) {
        Ok(stat) => {
            let is_zombie = matches!(field(&stat, 0).as_deref(), None | Some("Z" | "X"));
            let threads = || field(&stat, 17).and_then(|threads| threads.parse().ok());
            !is_zombie || threads().is_some_and(|threads: u32| threads > 1)
        }
        Err(_) => match reap::has_ended(pid) {
            Some(has_ended) => !has_ended,
            None => is_there(pid),
        },
    }
}

/// A field of a process, counted from its state.
///
/// # Source
/// proc_pid_stat(5)
fn field(stat: &[u8], field: usize) -> Option<String> {
    // The name in brackets may hold anything, also brackets: what follows the last one is fixed.
    let end = memchr::memrchr(b')', stat)?;
    let rest = std::str::from_utf8(&stat[end + 1..]).ok()?;
    Some(rest.split_ascii_whitespace().nth(field)?.to_owned())
}

/// The soft limit of real time of a process, which we use as a mark; see [`Tag`](crate::keeper::Tag).
/// None if the process is not there; 0 if it is one that we may not signal anyway.
pub(crate) fn realtime_limit(pid: Pid) -> Option<u64> {
    match limits::realtime(pid) {
        Ok(limit) => Some(limit),
        Err(Errno::PERM) => match test_kill_process(pid) {
            Err(Errno::PERM) => Some(0),
            _ => realtime_limit_by_name(pid),
        },
        Err(_) => None,
    }
}

/// The same of a process of another user, which anybody may read.
///
/// # Source
/// proc_pid_limits(5)
fn realtime_limit_by_name(pid: Pid) -> Option<u64> {
    let limits = fs::read_to_string(format!("/proc/{}/limits", pid.as_raw_nonzero())).ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max realtime timeout"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn parse(number: &str) -> Option<Pid> {
    Pid::from_raw(number.parse().ok()?)
}
