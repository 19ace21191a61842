//! What the helper does.

use super::ASKED;
use super::wire::{PACKET, Report, Request, StartRequest, VERSION, Writer};
use crate::keeper::{Local, Start, Stdio};
use crate::orders::Key;
use crate::sys::event::is_readable;
use crate::sys::spawn::{SpawnError, Stage};
use crate::sys::{pipe, signals, socket, spin};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{
    PidfdFlags, Signal, getppid, pidfd_open, set_child_subreaper, set_parent_process_death_signal,
};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

/// What commands are given to end by themselves when the host has gone.
const LAST_GRACE: Duration = Duration::from_millis(60);

/// Does nothing, unless this process was started to be a warden: then it is one, and does not return.
///
/// To be called at the very beginning of a program that is to be a helper of
/// [`Launcher::Warden`](crate::Launcher::Warden), before it starts a thread, opens anything or reads
/// its arguments.
///
/// ```no_run
/// shape_process::be_warden_if_asked();
/// // What the program does otherwise.
/// ```
pub fn be_warden_if_asked() {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_none_or(|first| first != ASKED) {
        return;
    }
    // Of another release, or started by hand: there is nobody to be told.
    let is_understood = args.next().is_some_and(|version| version == VERSION);
    let status = match is_understood.then(Server::new) {
        Some(Ok(mut server)) => server.serve(),
        Some(Err(_)) | None => 125,
    };
    std::process::exit(status)
}

struct Server {
    socket: OwnedFd,
    /// Readable when the host has ended. A process that the host forked may hold the socket.
    host: Option<OwnedFd>,
    /// Readable when a child of ours has ended.
    ended: OwnedFd,
    local: Local,
    buffer: Vec<u8>,
    outbox: Outbox,
    expects_request: bool,
}

/// There is nobody left to work for.
struct HostGone;

impl Server {
    fn new() -> io::Result<Self> {
        set_child_subreaper(Some(rustix::process::getpid()))?;
        // A command may have stopped us by then.
        set_parent_process_death_signal(Some(Signal::CONT))?;
        let ended = signals::block_all_and_watch_children()?;
        // Our own streams are those of a command that is to have none.
        let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        rustix::stdio::dup2_stdin(pipe::open_null()?)?;
        let host = getppid().and_then(|host| pidfd_open(host, PidfdFlags::empty()).ok());
        Ok(Self {
            socket,
            host,
            ended,
            local: Local::of_warden()?,
            buffer: vec![0; PACKET],
            outbox: Outbox::default(),
            expects_request: false,
        })
    }

    /// Until the host has gone, and everything is over.
    fn serve(&mut self) -> i32 {
        loop {
            let is_host_there = self.wait().and_then(|()| self.go_on());
            match is_host_there {
                Ok(has_reported) => self.expects_request = has_reported,
                Err(HostGone) => break,
            }
        }
        let now = Instant::now();
        self.local.terminate_all(LAST_GRACE, now);
        while !self.local.is_idle() {
            self.await_children();
            // There is nobody to be told.
            let _ = self.go_on();
        }
        self.local.end_orphans();
        0
    }

    /// Whether there was something to report.
    fn go_on(&mut self) -> Result<bool, HostGone> {
        let now = Instant::now();
        self.local.collect();
        self.local.advance(now);
        let events = self.local.take_events();
        let has_news = !events.is_empty();
        for event in events {
            self.outbox.push(&Report::Became(event.key, event.what));
        }
        self.outbox.flush(&self.socket)?;
        Ok(has_news)
    }

    /// Waits until something happens or is due, and does what the host asks.
    fn wait(&mut self) -> Result<(), HostGone> {
        // A host that was told of an end often asks for the next start at once.
        if self.expects_request && spin::until(|| is_readable(&self.socket)) {
            return self.obey();
        }
        let mut interest = PollFlags::IN;
        if !self.outbox.is_empty() {
            interest |= PollFlags::OUT;
        }
        let mut descriptors = vec![
            PollFd::new(&self.socket, interest),
            PollFd::new(&self.ended, PollFlags::IN),
        ];
        descriptors.extend(self.host.as_ref().map(|it| PollFd::new(it, PollFlags::IN)));
        let is_ready = match poll(&mut descriptors, self.time_left().as_ref()) {
            // Nothing is interrupted here, so the memory is short; there may be some in a moment.
            Err(_) => return Ok(()),
            Ok(_) => descriptors.iter().map(|it| !it.revents().is_empty()),
        };
        let is_ready: Vec<bool> = is_ready.collect();
        let has_request = descriptors[0]
            .revents()
            .intersects(PollFlags::IN | PollFlags::HUP);
        if is_ready[1] {
            signals::take_child_signal(&self.ended);
        }
        if has_request {
            self.obey()?;
        }
        match is_ready.get(2) {
            Some(true) => Err(HostGone),
            _ => Ok(()),
        }
    }

    /// Waits until a child ends or something is due.
    fn await_children(&mut self) {
        let mut descriptors = [PollFd::new(&self.ended, PollFlags::IN)];
        if poll(&mut descriptors, self.time_left().as_ref()).is_ok() {
            signals::take_child_signal(&self.ended);
        }
    }

    fn time_left(&self) -> Option<Timespec> {
        let left = self
            .local
            .next_timer()?
            .saturating_duration_since(Instant::now());
        Some(Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        })
    }

    /// Does what one message of the host asks.
    fn obey(&mut self) -> Result<(), HostGone> {
        let received = match socket::receive(&self.socket, &mut self.buffer, false) {
            Ok(received) if received.length > 0 => received,
            Err(Errno::AGAIN) => return Ok(()),
            Ok(_) | Err(_) => return Err(HostGone),
        };
        let packet = &self.buffer[..received.length];
        let (request, beside) = match Request::read_elsewhere(packet) {
            None => (Request::read(packet), received),
            Some(key) => {
                let message = received.descriptors.into_iter().next();
                let message = message.map(|file| pipe::whole(&file));
                let beside = socket::receive(&self.socket, &mut [0; 1], true);
                let beside = beside.map_err(|_| HostGone)?;
                match message {
                    None => return self.refuse(key),
                    Some(message) => (Request::read(&message.map_err(|_| HostGone)?), beside),
                }
            }
        };
        let now = Instant::now();
        match request.ok_or(HostGone)? {
            Request::Start(key, _) if beside.are_cut => return self.refuse(key),
            Request::Start(key, start) => {
                let report = self.start(key, start, &beside.descriptors);
                // Whoever is told of the start may look at once at what is open here.
                drop(beside);
                return self.report(&report);
            }
            Request::Terminate(key, grace) => self.local.terminate(key, grace, now),
            Request::Kill(key) => self.local.kill(key, now),
            Request::Signal(key, signal) => self.local.signal(key, signal),
        }
        Ok(())
    }

    fn start(&mut self, key: Key, request: StartRequest, descriptors: &[OwnedFd]) -> Report {
        let mut descriptors = descriptors.iter().map(OwnedFd::as_fd);
        let mut next = |is_given: bool| is_given.then(|| descriptors.next()).flatten();
        let [stdin, stdout, stderr, cwd, file] = request.given.map(&mut next);
        let stream = |descriptor: Option<_>| descriptor.map_or(Stdio::Null, Stdio::Descriptor);
        let start = Start {
            file,
            path: &request.path,
            argv: request.argv,
            envp: request.envp,
            cwd,
            streams: [stream(stdin), stream(stdout), stream(stderr)],
            limits: request.limits,
            is_detached: false,
        };
        match self.local.start(key, start, request.tag) {
            Ok(pid) => Report::Started(key, pid),
            Err(error) => Report::NotStarted(key, error),
        }
    }

    /// There were not enough descriptors left to take those that came with a request.
    fn refuse(&mut self, key: Key) -> Result<(), HostGone> {
        let (stage, errno) = (Stage::Stdio, Errno::MFILE);
        self.report(&Report::NotStarted(key, SpawnError { stage, errno }))
    }

    fn report(&mut self, report: &Report) -> Result<(), HostGone> {
        self.outbox.push(report);
        self.outbox.flush(&self.socket)
    }
}

/// Reports that the host has not taken yet. Waiting for it could be waiting for one who waits for us.
#[derive(Default)]
struct Outbox(VecDeque<Writer>);

impl Outbox {
    fn push(&mut self, report: &Report) {
        let mut message = Writer::default();
        report.write(&mut message);
        self.0.push_back(message);
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn flush(&mut self, socket: &OwnedFd) -> Result<(), HostGone> {
        while let Some(message) = self.0.front() {
            match socket::send(socket, &message.0, &[], false) {
                Ok(()) => drop(self.0.pop_front()),
                // It is tried again.
                Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM) => return Ok(()),
                Err(_) => return Err(HostGone),
            }
        }
        Ok(())
    }
}
