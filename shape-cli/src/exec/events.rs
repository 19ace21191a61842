//! What a command is interrupted by while it waits: signals, and room for output.
//!
//! Everything is behind one descriptor, which the engine waits for beside its own. There is no thread.

use crate::lockdown::Watcher;
use crate::signals::{ENDING, ignored};
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use shape_policy::Guard;
use signal_hook::consts::{SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::{flag, low_level};
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The signals that mean the program rather than this command.
const PASSED_ON: [i32; 4] = [SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP];

/// Signals that have come, and descriptors that take output again.
pub(super) struct Events {
    epoll: OwnedFd,
    /// A byte for each signal.
    signals: UnixStream,
    signalled: UnixStream,
    ignored: u64,
    handled: Vec<(i32, Arc<AtomicBool>)>,
    /// What tells of a lockdown.
    watcher: Option<Watcher>,
}

impl Events {
    /// Handles the signals that end a command, but for those that whoever started this process wants
    /// ignored.
    ///
    /// # Errors
    /// The system has no descriptor left, or refuses a handler.
    pub(super) fn new() -> io::Result<Self> {
        let (signals, signalled) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let data = EventData::new_u64(0);
        epoll::add(&epoll, &signals, data, EventFlags::IN)?;
        let mut events = Self {
            epoll,
            signals,
            signalled,
            ignored: ignored(),
            handled: Vec::new(),
            watcher: None,
        };
        events.handle(&ENDING)?;
        Ok(events)
    }

    /// From here on the signals are handled too that mean the program.
    ///
    /// # Errors
    /// The system refuses a handler.
    pub(super) fn handle_passed_on(&mut self) -> io::Result<()> {
        self.handle(&PASSED_ON)
    }

    fn handle(&mut self, signals: &[i32]) -> io::Result<()> {
        for &signal in signals {
            if self.ignored & 1 << (signal - 1) == 0 {
                let has_come = Arc::new(AtomicBool::new(false));
                // Before the byte by which it is found.
                flag::register(signal, Arc::clone(&has_come))?;
                low_level::pipe::register(signal, self.signalled.try_clone()?)?;
                self.handled.push((signal, has_come));
            }
        }
        Ok(())
    }

    /// From here on a lockdown is an event.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub(super) fn watch(&mut self, guard: Guard) -> io::Result<()> {
        if let Some(watcher) = Watcher::new(guard)? {
            let data = EventData::new_u64(2);
            // Told once each time: who is past looking must not be woken for ever.
            let flags = EventFlags::IN | EventFlags::ET;
            epoll::add(&self.epoll, &watcher, data, flags)?;
            self.watcher = Some(watcher);
        }
        Ok(())
    }

    /// Why there is a lockdown, if there is one; said once.
    pub(super) fn take_lockdown(&mut self) -> Option<String> {
        let reason = self.watcher.as_mut()?.look()?;
        // What comes after is of no interest, and closing it takes it out of what is waited for.
        self.watcher = None;
        Some(reason)
    }

    /// What can be read as soon as a signal has come.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub(super) fn signals(&self) -> io::Result<OwnedFd> {
        Ok(self.signals.try_clone()?.into())
    }

    /// Has it noticed when `output` can be written, once.
    pub(super) fn await_room(&self, output: BorrowedFd<'_>) -> Result<(), Errno> {
        let flags = EventFlags::OUT | EventFlags::ONESHOT;
        match epoll::add(&self.epoll, output, EventData::new_u64(1), flags) {
            Err(Errno::EXIST) => epoll::modify(&self.epoll, output, EventData::new_u64(1), flags),
            result => result,
        }
    }

    /// Waits until there is an event, or for that long.
    pub(super) fn wait(&self, at_most: Option<&Timespec>) {
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); 4];
        // A signal that interrupts it is an event, and what fails is tried again.
        let _ = epoll::wait(&self.epoll, &mut events, at_most);
    }

    /// The signals that have come since the last time. The descriptor can be read again when there is
    /// another event.
    pub(super) fn take_signals(&mut self) -> Vec<i32> {
        self.wait(Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }));
        // There may be none, and what is more is read the next time.
        let _ = self.signals.read(&mut [0; 256]);
        let come = self.handled.iter();
        come.filter(|(_, has_come)| has_come.swap(false, Ordering::SeqCst))
            .map(|(signal, _)| *signal)
            .collect()
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}
