//! All children of a run, and the one place that waits for anything.
//!
//! Whatever an operation waits for, it waits here, and while it does every child is served: its
//! output is taken in, its input is given, its limits and its ending are seen to. That is why no
//! order of calls can make host and child wait for each other.

use crate::cancel::CancelToken;
use crate::child::{Child, Part};
use crate::orders::{Key, Order, Orders};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The children of a run.
#[derive(Debug)]
pub(crate) struct Children {
    children: BTreeMap<Key, Child>,
    next_key: Key,
    orders: Arc<Orders>,
}

/// What ends the wait, other than what is waited for.
#[derive(Clone, Copy)]
pub(crate) enum Patience<'a> {
    UntilCancelled(&'a CancelToken),
    Until(Instant),
    UntilCancelledOr(&'a CancelToken, Instant),
}

/// What is waited for beside the children's output and end.
#[derive(Clone, Copy)]
pub(crate) enum Awaited<'a> {
    Nothing,
    /// That a child's standard input takes more.
    Room(Key),
    /// That something can be read from a descriptor that is not a child's.
    Input(BorrowedFd<'a>),
}

/// Why the wait ended without what was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Cancelled, or the time was up.
    Patience,
    /// The system cannot wait for so much.
    Resource(Errno),
}

impl Children {
    pub(crate) fn new(orders: Arc<Orders>) -> Self {
        Self {
            children: BTreeMap::new(),
            next_key: 0,
            orders,
        }
    }

    pub(crate) fn insert(&mut self, child: Child) -> Key {
        let key = self.next_key;
        self.next_key += 1;
        self.children.insert(key, child);
        key
    }

    pub(crate) fn get(&mut self, key: Key) -> Option<&mut Child> {
        self.children.get_mut(&key)
    }

    /// The program of a child, to be named in an error.
    pub(crate) fn program(&self, key: Key) -> OsString {
        self.children
            .get(&key)
            .map(|child| child.program.clone())
            .unwrap_or_default()
    }

    /// The longest time that a child still has between `SIGTERM` and `SIGKILL`.
    pub(crate) fn longest_grace(&self) -> Duration {
        let running = self
            .children
            .values()
            .filter(|child| !child.group.is_ended());
        running
            .map(|child| child.kill_grace)
            .max()
            .unwrap_or_default()
    }

    /// Whether every child has ended.
    pub(crate) fn are_ended(&self) -> bool {
        self.children.values().all(|child| child.group.is_ended())
    }

    /// Waits until `until` returns something, and serves all children meanwhile.
    pub(crate) fn pump<T>(
        &mut self,
        patience: Patience<'_>,
        awaited: Awaited<'_>,
        mut until: impl FnMut(&mut Self) -> Option<T>,
    ) -> Result<T, Stopped> {
        loop {
            if let Some(result) = until(self) {
                return Ok(result);
            }
            if patience.is_over() {
                return Err(Stopped::Patience);
            }
            self.turn(patience, awaited)?;
        }
    }

    /// Serves all children once without waiting.
    pub(crate) fn serve_once(&mut self) -> Result<(), Stopped> {
        if self.children.is_empty() {
            return Ok(());
        }
        self.turn(Patience::Until(Instant::now()), Awaited::Nothing)
    }

    /// Waits until something happens or is due, and does what is to be done.
    fn turn(&mut self, patience: Patience<'_>, awaited: Awaited<'_>) -> Result<(), Stopped> {
        self.obey();
        for (key, part) in self.wait(patience, awaited)? {
            self.with(key, |child| child.serve(part));
        }
        let now = Instant::now();
        self.children
            .values_mut()
            .for_each(|child| child.advance(now));
        self.forget_released();
        Ok(())
    }

    /// Does what was ordered from outside the lock.
    pub(crate) fn obey(&mut self) {
        let now = Instant::now();
        for order in self.orders.take() {
            match order {
                Order::Release(key) => self.with(key, |child| child.release(now)),
                Order::Kill(key) => self.with(key, Child::kill),
                Order::CloseAll => self
                    .children
                    .values_mut()
                    .for_each(|child| child.close(now)),
            }
        }
        self.forget_released();
    }

    fn with(&mut self, key: Key, act: impl FnOnce(&mut Child)) {
        if let Some(child) = self.children.get_mut(&key) {
            act(child);
        }
    }

    fn forget_released(&mut self) {
        self.children
            .retain(|_, child| !(child.released && child.group.is_ended()));
    }

    /// Waits until something happens or is due; returns what of which child is ready.
    fn wait(
        &self,
        patience: Patience<'_>,
        awaited: Awaited<'_>,
    ) -> Result<Vec<(Key, Part)>, Stopped> {
        let mut descriptors = vec![PollFd::new(&*self.orders, PollFlags::IN)];
        descriptors.extend(patience.descriptor());
        descriptors.extend(self.awaited_descriptor(awaited));
        let before = descriptors.len();
        let mut parts = Vec::new();
        for (&key, child) in &self.children {
            for (part, descriptor, events) in child.descriptors() {
                parts.push((key, part));
                descriptors.push(PollFd::from_borrowed_fd(descriptor, events));
            }
        }
        match poll(&mut descriptors, self.time_left(patience).as_ref()) {
            // A signal may have cancelled.
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(errno) => return Err(Stopped::Resource(errno)),
            Ok(_) => {}
        }
        let is_ready = descriptors[before..]
            .iter()
            .map(|polled| !polled.revents().is_empty());
        Ok(parts
            .into_iter()
            .zip(is_ready)
            .filter_map(|(part, ready)| ready.then_some(part))
            .collect())
    }

    fn awaited_descriptor<'a>(&'a self, awaited: Awaited<'a>) -> Option<PollFd<'a>> {
        match awaited {
            Awaited::Nothing => None,
            Awaited::Room(key) => {
                let pipe = self.children.get(&key)?.stdin.pipe()?;
                Some(PollFd::from_borrowed_fd(pipe, PollFlags::OUT))
            }
            Awaited::Input(descriptor) => Some(PollFd::from_borrowed_fd(descriptor, PollFlags::IN)),
        }
    }

    /// Until something is due, or patience is over; `None` if neither ever is.
    fn time_left(&self, patience: Patience<'_>) -> Option<Timespec> {
        let now = Instant::now();
        let timers = self
            .children
            .values()
            .filter_map(|child| child.next_timer(now));
        let next = timers.chain(patience.deadline()).min()?;
        Some(timespec(next.saturating_duration_since(now)))
    }
}

impl<'a> Patience<'a> {
    fn is_over(self) -> bool {
        match self {
            Self::UntilCancelled(token) => token.is_cancelled(),
            Self::Until(deadline) => Instant::now() >= deadline,
            Self::UntilCancelledOr(token, deadline) => {
                token.is_cancelled() || Instant::now() >= deadline
            }
        }
    }

    fn descriptor(self) -> Option<PollFd<'a>> {
        match self {
            Self::UntilCancelled(token) | Self::UntilCancelledOr(token, _) => {
                Some(PollFd::new(token, PollFlags::IN))
            }
            Self::Until(_) => None,
        }
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::UntilCancelled(_) => None,
            Self::Until(deadline) | Self::UntilCancelledOr(_, deadline) => Some(deadline),
        }
    }
}

/// A time that the system can wait; one that it cannot tell from for ever is cut.
fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: duration.as_secs().min(u64::from(u32::MAX)) as i64,
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
