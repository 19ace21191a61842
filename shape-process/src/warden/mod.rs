//! The helper that keeps a run's commands, as the host sees it.
//!
//! It is a process of its own with one thread, started by the host. It starts commands for it,
//! which is why they descend from it, and is a subreaper, which is why their orphans come to it. When
//! the host has ended, in whatever way, it ends them all and then itself. [`server`] is what it does;
//! [`wire`] is what is said.

mod server;
mod wire;

pub use server::be_warden_if_asked;

use crate::keeper::tree::{self, Orphans, Target, Toll};
use crate::keeper::{Event, Start, StartError, Stdio, Tag, Tags, What};
use crate::orders::Key;
use crate::sys::event::{is_readable, is_readable_within};
use crate::sys::proc::Processes;
use crate::sys::reap::{self, Exit};
use crate::sys::spawn::{self, Leads, Strings};
use crate::sys::{pipe, socket};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, pidfd_send_signal};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use wire::{Report, Request, Writer};

/// The first argument of a helper, after which comes the version of what is said.
const ASKED: &str = "--shape-warden";

/// How long the helper may take to end everything and itself when there is nothing left to do for it. It
/// needs a quarter of a second at most; one that has not by then is kept from it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a helper that is waited for is told to go on. A command may have stopped it.
const WAKE_EVERY: Duration = Duration::from_millis(50);

/// A helper that was started. When it is dropped, all that it still keeps is ended.
///
/// It needs a millisecond to begin its work, in which the host can do something else: what is asked of
/// it waits.
#[derive(Debug)]
pub struct Warden {
    socket: OwnedFd,
    process: OwnedFd,
    /// The host's directory at the start of the helper, which is the helper's.
    directory: Option<(u64, u64)>,
    tags: Option<Tags>,
    processes: Processes,
    /// Those that it has not told to be over.
    commands: BTreeMap<Key, Option<Tag>>,
    events: Vec<Event>,
    buffer: Vec<u8>,
    message: Writer,
    is_lost: bool,
}

impl Warden {
    /// What a helper has to speak: a program is one for the warden of its own release only.
    pub const VERSION: &str = wire::VERSION;

    /// Starts `helper`, a program that begins with [`be_warden_if_asked`].
    ///
    /// It keeps the directory, the limits, the file mode mask and the priority that the host has now, and
    /// so do the children, but for the directory: that, as their environment, is the host's of the time
    /// of their start.
    ///
    /// # Errors
    /// The program cannot be executed, or the system is out of something.
    pub fn start(helper: &Path) -> io::Result<Self> {
        let processes = Processes::open()?;
        let (ours, theirs) = socket::pair()?;
        let null = pipe::open_null()?;
        let path = CString::new(helper.as_os_str().as_bytes())?;
        let mut argv = Strings::new();
        for word in ["shape-warden", ASKED, Self::VERSION] {
            argv.push(&[word.as_bytes()]).map_err(|_| Errno::INVAL)?;
        }
        let started = spawn::spawn(&spawn::Start {
            file: None,
            path: &path,
            argv: &argv,
            envp: &Strings::new(),
            cwd: None,
            stdin: Some(theirs.as_fd()),
            stdout: Some(null.as_fd()),
            stderr: Some(null.as_fd()),
            // The keys of the terminal are for the host, which decides what they mean.
            leads: Leads::away_from_terminal(),
            rlimits: &[],
            may_ignore_signals: true,
        })
        .map_err(|error| error.errno)?;
        Ok(Self {
            socket: ours,
            process: started.pidfd,
            directory: current_directory(),
            tags: Tags::new(),
            processes,
            commands: BTreeMap::new(),
            events: Vec::new(),
            buffer: vec![0; wire::PACKET],
            message: Writer::default(),
            is_lost: false,
        })
    }

    /// What becomes readable when there is something to listen to.
    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Has a command started.
    ///
    /// # Blocking
    /// Until it has been executed, or cannot be.
    pub(crate) fn start_command(&mut self, key: Key, start: Start<'_>) -> Result<Pid, StartError> {
        let tag = self.tags.as_mut().map(Tags::next);
        let directory = self.directory_for(&start)?;
        let own = [
            rustix::stdio::stdin(),
            rustix::stdio::stdout(),
            rustix::stdio::stderr(),
        ];
        let mut descriptors = Vec::with_capacity(wire::DESCRIPTORS);
        let mut given = [false; wire::DESCRIPTORS];
        for (at, stream) in start.streams.iter().enumerate() {
            let descriptor = match stream {
                Stdio::Null => continue,
                Stdio::Own => own[at],
                Stdio::Descriptor(descriptor) => *descriptor,
            };
            // The host may have closed its own.
            if matches!(stream, Stdio::Own) && rustix::io::fcntl_getfd(descriptor).is_err() {
                continue;
            }
            given[at] = true;
            descriptors.push(descriptor);
        }
        if let Some(directory) = start.cwd.or(directory.as_ref().map(OwnedFd::as_fd)) {
            given[wire::DIRECTORY] = true;
            descriptors.push(directory);
        }
        if let Some(file) = start.file {
            given[wire::FILE] = true;
            descriptors.push(file);
        }
        self.message.0.clear();
        let parts = (&*start.limits, start.path, &start.argv, &start.envp);
        Request::write_start(&mut self.message, key, given, tag, parts);
        self.send_start(key, &descriptors).map_err(lost)?;
        self.commands.insert(key, tag);
        let answer = self.answer(key);
        if answer.is_err() {
            self.commands.remove(&key);
        }
        answer
    }

    /// The host's directory, if it is not the helper's.
    fn directory_for(&self, start: &Start<'_>) -> Result<Option<OwnedFd>, StartError> {
        if start.cwd.is_some() || current_directory() == self.directory {
            return Ok(None);
        }
        let directory = pipe::open_directory(Path::new("."));
        Ok(Some(
            directory.map_err(|errno| StartError::Warden(errno.into()))?,
        ))
    }

    /// Has the helper go on if a command has stopped it.
    fn wake(&self) {
        // It may have ended, which is noticed elsewhere.
        let _ = pidfd_send_signal(&self.process, Signal::CONT);
    }

    /// What came of asking for the start of `key`.
    fn answer(&mut self, key: Key) -> Result<Pid, StartError> {
        loop {
            while !is_readable_within(&self.socket, WAKE_EVERY) {
                self.wake();
            }
            match self.receive() {
                Ok(Some(Report::Started(started, pid))) if started == key => return Ok(pid),
                Ok(Some(Report::NotStarted(failed, error))) if failed == key => {
                    return Err(StartError::Kernel(error));
                }
                Ok(Some(report)) => self.note(report),
                Ok(None) => {}
                Err(errno) => {
                    // It may have been started.
                    self.lose();
                    return Err(lost(errno));
                }
            }
        }
    }

    pub(crate) fn terminate(&mut self, key: Key, grace: Duration) {
        self.expect_end(key);
        self.tell(|message| Request::terminate(message, key, grace));
    }

    pub(crate) fn kill(&mut self, key: Key) {
        self.expect_end(key);
        self.tell(|message| Request::kill(message, key));
    }

    /// The end of that command will be told, be it by the helper or for it, even if it has left nothing.
    fn expect_end(&mut self, key: Key) {
        self.commands.entry(key).or_default();
    }

    pub(crate) fn signal(&mut self, key: Key, signal: i32) {
        self.tell(|message| Request::signal(message, key, signal));
    }

    fn tell(&mut self, write: impl FnOnce(&mut Writer)) {
        self.message.0.clear();
        write(&mut self.message);
        if self.is_lost || socket::send(&self.socket, &self.message.0, &[], true).is_err() {
            self.lose();
        }
    }

    /// Takes in one report, if there is one.
    pub(crate) fn listen(&mut self) {
        match self.receive() {
            Ok(Some(report)) => self.note(report),
            Ok(None) => {}
            Err(_) => self.lose(),
        }
    }

    /// Whether the helper has ended, or speaks another language.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// What became of commands since the last time.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn send_start(&mut self, key: Key, descriptors: &[BorrowedFd<'_>]) -> Result<(), Errno> {
        if self.is_lost {
            return Err(Errno::PIPE);
        }
        self.wake();
        let message = &self.message.0;
        if message.len() <= wire::PACKET {
            return socket::send(&self.socket, message, descriptors, true);
        }
        let file = pipe::in_memory(message)?;
        let mut notice = Writer::default();
        Request::elsewhere(&mut notice, key);
        socket::send(&self.socket, &notice.0, &[file.as_fd()], true)?;
        // Without it the helper would take the next request for it.
        socket::send(&self.socket, &[0], descriptors, true).inspect_err(|_| self.lose())
    }

    /// The next report, if there is one.
    fn receive(&mut self) -> Result<Option<Report>, Errno> {
        if self.is_lost {
            return Err(Errno::PIPE);
        }
        match socket::receive(&self.socket, &mut self.buffer, false) {
            Ok(received) if received.length == 0 => Err(Errno::PIPE),
            Ok(received) => {
                let report = Report::read(&self.buffer[..received.length]);
                report.ok_or(Errno::PROTO).map(Some)
            }
            // Memory may be there in a moment.
            Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    fn note(&mut self, report: Report) {
        let Report::Became(key, what) = report else {
            return;
        };
        // The helper forgets a command that has left nothing, or is over.
        if !matches!(what, What::Exited { left: true, .. }) {
            self.commands.remove(&key);
        }
        self.events.push(Event { key, what });
    }

    /// The helper has ended, or speaks another language. What it kept is known by its tags, and ended
    /// from here.
    fn lose(&mut self) {
        self.is_lost = true;
        if self.commands.is_empty() {
            return;
        }
        // If it is there after all, it ends what changed its tag.
        self.leave_alone();
        for (key, Toll { ended, survivors }) in self.end_commands() {
            let exit = Exit::Lost;
            let exited = What::Exited { exit, left: true };
            self.events.push(Event { key, what: exited });
            let over = What::Over { ended, survivors };
            self.events.push(Event { key, what: over });
        }
    }

    /// Tells the helper that nothing will be asked of it any more: it ends what there is, and then itself.
    fn leave_alone(&self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        self.wake();
    }

    /// Ends from here, by their tags, all commands that the helper has not told to be over.
    fn end_commands(&mut self) -> impl Iterator<Item = (Key, Toll)> + use<> {
        let commands = std::mem::take(&mut self.commands);
        let targets: Vec<Target> = commands
            .values()
            .map(|&tag| Target { leader: None, tag })
            .collect();
        let tolls = tree::end(&targets, Orphans::Anywhere(&self.processes));
        commands.into_keys().zip(tolls)
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        self.leave_alone();
        let deadline = Instant::now() + PATIENCE;
        while !is_readable_within(&self.process, WAKE_EVERY) && Instant::now() < deadline {
            self.wake();
        }
        if !is_readable(&self.process) {
            // A command stops it whenever it goes on, or one that it keeps does not end.
            let _ = pidfd_send_signal(&self.process, Signal::KILL);
            drop(self.end_commands());
        }
        // Also for the time on the processor that it and its children had to count as ours.
        reap::wait_for(WaitId::PidFd(self.process.as_fd()));
    }
}

/// The device and the number of the current directory, if there is one.
fn current_directory() -> Option<(u64, u64)> {
    let stat = rustix::fs::stat(".").ok()?;
    Some((stat.st_dev, stat.st_ino))
}

fn lost(errno: Errno) -> StartError {
    StartError::Warden(errno.into())
}
