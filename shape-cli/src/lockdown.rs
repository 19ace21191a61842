//! Ending a run when somebody locks everything down.

use crate::shown;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use shape_policy::{CancelToken, Guard, GuardError, GuardMode, GuardWatch};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// What ends a lockdown.
pub(crate) const HELP: &str =
    "`shape guard status` says more; `shape guard reset` ends the lockdown";

/// How often is looked, as long as a run may be over soon.
const TICK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};
const NOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};
/// After so many ticks the system is asked to tell.
const TICKS: u32 = 20;

/// Tells of a lockdown that another process declares. When its descriptor can be read, look.
///
/// To have the kernel tell costs nothing while it waits and, when it is closed, more than ten milliseconds.
/// Most runs are over before that is worth it.
///
/// # Source
/// timerfd_create(2), inotify(7)
pub(crate) struct Watcher {
    guard: Guard,
    /// Behind it is the timer, and later the watch.
    epoll: OwnedFd,
    timer: Option<OwnedFd>,
    ticks: u32,
    watch: Option<GuardWatch>,
    /// There was a lockdown from the beginning. It lets nothing start, so that there is nothing to end, and
    /// whether a run is told of it or ended must not depend on who is the faster.
    was_there: bool,
}

impl Watcher {
    /// Watches the state that processes share; nothing if they share none.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub(crate) fn new(guard: Guard) -> io::Result<Option<Self>> {
        if guard.path().is_none() {
            return Ok(None);
        }
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let every = Itimerspec {
            it_interval: TICK,
            it_value: TICK,
        };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &every)?;
        epoll::add(&epoll, &timer, EventData::new_u64(0), EventFlags::IN)?;
        let was_there =
            !matches!(guard.status(), Ok(status) if status.state != GuardMode::Lockdown);
        Ok(Some(Self {
            was_there,
            guard,
            epoll,
            timer: Some(timer),
            ticks: 0,
            watch: None,
        }))
    }

    /// Why there is a lockdown, if it is time to look and there is one since this watches. A state that cannot be read is one.
    /// The descriptor is not readable afterwards, until it is time to look again.
    pub(crate) fn look(&mut self) -> Option<String> {
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); 1];
        let ready = epoll::wait(&self.epoll, &mut events, Some(&NOW));
        if ready.is_ok_and(|(ready, _)| ready.is_empty()) {
            return None;
        }
        if let Some(timer) = &self.timer {
            // What it says is how often it has ticked.
            let _ = rustix::io::read(timer, &mut [0; 8]);
            self.ticks += 1;
            if self.ticks >= TICKS {
                self.have_it_told();
            }
        }
        let is_locked = match &self.watch {
            Some(watch) => watch.is_locked_down(),
            None => self.status().map(|(is_locked, _)| is_locked),
        };
        match is_locked {
            Ok(false) => {
                self.was_there = false;
                None
            }
            _ if self.was_there => None,
            Ok(true) => {
                let reason = self.status().ok().and_then(|(_, reason)| reason);
                Some(reason.map_or_else(
                    || "no reason is known".to_owned(),
                    |reason| shown::sentence(&reason),
                ))
            }
            Err(error) => Some(error.to_string()),
        }
    }

    fn status(&self) -> Result<(bool, Option<String>), GuardError> {
        let status = self.guard.status()?;
        Ok((status.state == GuardMode::Lockdown, status.reason))
    }

    /// Changes from the timer to the watch. If the system has none left, the timer ticks on.
    fn have_it_told(&mut self) {
        let Ok(Some(watch)) = self.guard.watch() else {
            return;
        };
        let data = EventData::new_u64(0);
        if epoll::add(&self.epoll, &watch, data, EventFlags::IN).is_ok() {
            self.watch = Some(watch);
            self.timer = None;
        }
    }
}

impl AsFd for Watcher {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// Why everything was ended, once it was.
#[derive(Debug, Default)]
pub(crate) struct Lockdown {
    reason: Arc<OnceLock<String>>,
}

impl Lockdown {
    /// The reason, if there was a lockdown since this watches.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }

    /// From here on `token` is cancelled, and `interrupt` set, when another process declares a lockdown.
    ///
    /// # Errors
    /// The system has no descriptor or no thread left.
    pub(crate) fn watch(
        &self,
        guard: Option<&Guard>,
        token: &CancelToken,
        interrupt: &Arc<AtomicBool>,
    ) -> io::Result<()> {
        let Some(mut watcher) = guard.cloned().map_or(Ok(None), Watcher::new)? else {
            return Ok(());
        };
        let (reason, token) = (Arc::clone(&self.reason), token.clone());
        let interrupt = Arc::clone(interrupt);
        let watching = move || {
            let _ = reason.set(await_lockdown(&mut watcher));
            interrupt.store(true, Ordering::SeqCst);
            token.cancel();
        };
        std::thread::Builder::new()
            .name("lockdown".to_owned())
            .stack_size(256 << 10)
            .spawn(watching)?;
        Ok(())
    }
}

/// Waits until there is a lockdown; returns why.
fn await_lockdown(watcher: &mut Watcher) -> String {
    loop {
        let mut polled = [PollFd::from_borrowed_fd(watcher.as_fd(), PollFlags::IN)];
        // What fails is looked at again.
        let _ = poll(&mut polled, None);
        if let Some(reason) = watcher.look() {
            return reason;
        }
    }
}
