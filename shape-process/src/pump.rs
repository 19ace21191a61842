//! All children of a run, and the one place that waits for anything.
//!
//! Whatever an operation waits for, it waits here, and while it does every child is served: its
//! output is taken in, its input is given, its limits and its ending are seen to. That is why no
//! order of calls can make host and child wait for each other.

use crate::child::Child;
use crate::keeper::Keeper;
use crate::orders::{Key, Order, Orders};
use crate::output::Stream;
use crate::sys::poller::{Interest, Poller};
use crate::sys::spin;
use rustix::io::Errno;
use shape_policy::CancelToken;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The children of a run.
#[derive(Debug)]
pub(crate) struct Children {
    children: BTreeMap<Key, Child>,
    next_key: Key,
    pub(crate) keeper: Keeper,
    poller: Poller,
    /// When which child is to be looked at, even if nothing happens.
    timers: BTreeSet<(Instant, Key)>,
    /// Children that something may have changed for.
    touched: Vec<Key>,
    /// Grows whenever a child has ended, or has failed and is looked at.
    endings: u64,
    /// A child has closed its streams, and should end in a moment.
    expects_end: bool,
    orders: Arc<Orders>,
    cancel: CancelToken,
    /// Whether it is not watched any more, since it was cancelled.
    was_cancelled: bool,
}

/// What ends the wait, other than what is waited for.
#[derive(Clone, Copy)]
pub(crate) enum Patience {
    UntilCancelled,
    Until(Instant),
    UntilCancelledOr(Instant),
}

impl Patience {
    /// Until cancelled, or that time is up; one beyond what the clock can hold is never.
    pub(crate) fn at_most(duration: Option<Duration>) -> Self {
        let deadline = duration.and_then(|duration| Instant::now().checked_add(duration));
        deadline.map_or(Self::UntilCancelled, Self::UntilCancelledOr)
    }
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

/// Whose descriptor is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Orders,
    Cancel,
    Warden,
    /// The process itself, which has ended.
    Leader(Key),
    Stdin(Key),
    Output(Key, Stream),
}

impl Source {
    /// As the poller keeps it: what, and whose.
    fn token(self) -> u64 {
        match self {
            Self::Orders => 0,
            Self::Cancel => 1,
            Self::Warden => 2,
            Self::Leader(key) => 4 | key << 3,
            Self::Stdin(key) => 5 | key << 3,
            Self::Output(key, Stream::Stdout) => 6 | key << 3,
            Self::Output(key, Stream::Stderr) => 7 | key << 3,
        }
    }

    fn of(token: u64) -> Self {
        let key = token >> 3;
        match token & 7 {
            0 => Self::Orders,
            1 => Self::Cancel,
            4 => Self::Leader(key),
            5 => Self::Stdin(key),
            6 => Self::Output(key, Stream::Stdout),
            7 => Self::Output(key, Stream::Stderr),
            _ => Self::Warden,
        }
    }
}

impl Children {
    pub(crate) fn new(
        keeper: Keeper,
        orders: Arc<Orders>,
        cancel: CancelToken,
    ) -> io::Result<Self> {
        let poller = Poller::new()?;
        poller.watch(&*orders, Source::Orders.token(), Interest::Reading)?;
        poller.watch(&cancel, Source::Cancel.token(), Interest::Reading)?;
        if let Some(socket) = keeper.warden() {
            poller.watch(socket, Source::Warden.token(), Interest::Reading)?;
        }
        Ok(Self {
            children: BTreeMap::new(),
            next_key: 0,
            keeper,
            poller,
            timers: BTreeSet::new(),
            touched: Vec::new(),
            endings: 0,
            expects_end: false,
            orders,
            cancel,
            was_cancelled: false,
        })
    }

    /// A key for a child that is being started.
    pub(crate) fn new_key(&mut self) -> Key {
        self.next_key += 1;
        self.next_key
    }

    /// Takes in a child that was started under this key.
    ///
    /// # Errors
    /// The system cannot wait for more; the child is being ended.
    pub(crate) fn insert(&mut self, key: Key, child: Child) -> io::Result<()> {
        let watched = self.watch(key, &child);
        self.children.insert(key, child);
        self.touch(key);
        if watched.is_err() {
            self.with(key, |child| {
                child.kill();
                child.release();
            });
            self.settle();
        }
        watched
    }

    fn watch(&self, key: Key, child: &Child) -> io::Result<()> {
        self.keeper
            .watch(key, &self.poller, Source::Leader(key).token())?;
        let outputs = [
            (child.stdout.pipe(), Stream::Stdout),
            (child.stderr.pipe(), Stream::Stderr),
        ];
        for (pipe, stream) in outputs {
            if let Some(pipe) = pipe {
                let token = Source::Output(key, stream).token();
                self.poller.watch(pipe, token, Interest::Reading)?;
            }
        }
        if let Some(arrival) = child.stdin.arrival() {
            let token = Source::Stdin(key).token();
            self.poller.watch(arrival, token, Interest::Reading)?;
        }
        if let Some(pipe) = child.stdin.hungry() {
            let token = Source::Stdin(key).token();
            self.poller.watch(pipe, token, Interest::WritingOnce)?;
        }
        Ok(())
    }

    pub(crate) fn get(&mut self, key: Key) -> Option<&mut Child> {
        self.children.get_mut(&key)
    }

    pub(crate) fn look_at(&self, key: Key) -> Option<&Child> {
        self.children.get(&key)
    }

    /// A number that is another one whenever a child may have ended, or is to be told to have failed.
    pub(crate) fn endings(&self) -> u64 {
        self.endings
    }

    /// Ends these children because one that they belong with has failed.
    pub(crate) fn end_with_others(&mut self, keys: &[Key]) {
        for &key in keys {
            self.with(key, Child::end_with_others);
        }
    }

    /// Has a child looked at before anything is waited for: something was done to it.
    pub(crate) fn touch(&mut self, key: Key) {
        self.touched.push(key);
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
        let running = self.ours().filter(|child| !child.is_over());
        running
            .map(|child| child.kill_grace)
            .max()
            .unwrap_or_default()
    }

    /// Whether every child has ended that is not detached.
    pub(crate) fn are_over(&self) -> bool {
        self.ours().all(Child::is_over)
    }

    fn ours(&self) -> impl Iterator<Item = &Child> {
        self.children.values().filter(|child| !child.is_detached)
    }

    /// Waits until `until` returns something, and serves all children meanwhile.
    pub(crate) fn pump<T>(
        &mut self,
        patience: Patience,
        awaited: Awaited<'_>,
        mut until: impl FnMut(&mut Self) -> Option<T>,
    ) -> Result<T, Stopped> {
        loop {
            if let Some(result) = until(self) {
                return Ok(result);
            }
            if self.is_over(patience) {
                return Err(Stopped::Patience);
            }
            self.turn(patience, awaited)?;
        }
    }

    fn is_over(&self, patience: Patience) -> bool {
        match patience {
            Patience::UntilCancelled => self.cancel.is_cancelled(),
            Patience::Until(deadline) => Instant::now() >= deadline,
            Patience::UntilCancelledOr(deadline) => {
                self.cancel.is_cancelled() || Instant::now() >= deadline
            }
        }
    }

    /// Serves all children once without waiting.
    pub(crate) fn serve_once(&mut self) -> Result<(), Stopped> {
        // What is detached is to be collected even if nobody asks for it any more.
        if self.children.is_empty() && self.keeper.is_idle() {
            return Ok(());
        }
        self.turn(Patience::Until(Instant::now()), Awaited::Nothing)
    }

    /// Waits until something happens or is due, and does what is to be done.
    fn turn(&mut self, patience: Patience, awaited: Awaited<'_>) -> Result<(), Stopped> {
        // What was ordered may be what is waited for.
        if !self.obey() {
            self.wait(patience, awaited).map_err(Stopped::Resource)?;
            self.settle();
        }
        Ok(())
    }

    /// Does what was ordered from outside the lock, and what was asked of children; whether one has
    /// ended by it.
    pub(crate) fn obey(&mut self) -> bool {
        for order in self.orders.take() {
            self.carry_out(order);
        }
        self.settle()
    }

    /// Does what was ordered by whoever holds the lock.
    pub(crate) fn follow(&mut self, order: Order) {
        self.carry_out(order);
        self.settle();
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Release(key) => self.with(key, Child::release),
            Order::Terminate(key) => self.with(key, Child::close),
            Order::Kill(key) => self.with(key, Child::kill),
            Order::CloseAll => {
                let ours = self.children.iter().filter(|(_, child)| !child.is_detached);
                let keys: Vec<Key> = ours.map(|(&key, _)| key).collect();
                keys.into_iter()
                    .for_each(|key| self.with(key, Child::close));
            }
        }
    }

    /// Sends a signal to the group of a child.
    pub(crate) fn signal(&mut self, key: Key, signal: i32) {
        self.keeper.signal(key, signal);
    }

    fn with(&mut self, key: Key, act: impl FnOnce(&mut Child)) {
        if let Some(child) = self.children.get_mut(&key) {
            act(child);
            self.touch(key);
        }
    }

    /// Goes on with whatever is due or was touched, until there is nothing left to do now. Whether
    /// something has ended.
    fn settle(&mut self) -> bool {
        let mut has_ended = false;
        let now = Instant::now();
        while let Some(&(at, key)) = self.timers.first()
            && at <= now
        {
            self.timers.pop_first();
            self.with(key, |child| child.timer = None);
        }
        loop {
            self.keeper.advance(now);
            for event in self.keeper.take_events() {
                has_ended = true;
                self.with(event.key, |child| child.became(event.what, now));
            }
            let touched = std::mem::take(&mut self.touched);
            if touched.is_empty() {
                return has_ended;
            }
            for key in touched {
                has_ended |= self.advance(key, now);
            }
        }
    }

    /// Goes on with a child; whether it is over by that.
    fn advance(&mut self, key: Key, now: Instant) -> bool {
        self.resume_if_taken(key, now);
        let Some(child) = self.children.get_mut(&key) else {
            return false;
        };
        let was_over = child.is_over();
        child.advance(now, key, &mut self.keeper);
        child.report_end();
        let has_ended = child.is_over() && !was_over;
        self.endings += u64::from(has_ended || child.failure.is_some());
        let timer = child.next_timer(now);
        let before = std::mem::replace(&mut child.timer, timer);
        if before != timer {
            self.timers.extend(timer.map(|at| (at, key)));
            before.map(|at| self.timers.remove(&(at, key)));
        }
        if child.is_done_with() {
            timer.map(|at| self.timers.remove(&(at, key)));
            self.children.remove(&key);
        }
        has_ended
    }

    /// Waits until something happens or is due, and serves who is ready.
    fn wait(&mut self, patience: Patience, awaited: Awaited<'_>) -> Result<(), Errno> {
        if self.was_cancelled && !self.cancel.is_cancelled() {
            // It was renewed.
            let token = Source::Cancel.token();
            self.poller.watch(&self.cancel, token, Interest::Reading)?;
            self.was_cancelled = false;
        }
        if std::mem::take(&mut self.expects_end) {
            spin::until(|| self.poller.is_ready());
        }
        let time_left = self.time_left(patience);
        match awaited {
            Awaited::Nothing => self.poller.wait(time_left)?,
            Awaited::Room(key) => {
                self.await_room(key)?;
                self.poller.wait(time_left)?;
            }
            Awaited::Input(input) => self.poller.wait_with(input, time_left)?,
        }
        while let Some(token) = self.poller.next_ready() {
            self.serve(Source::of(token))?;
        }
        Ok(())
    }

    fn await_room(&self, key: Key) -> Result<(), Errno> {
        let child = self.children.get(&key);
        match child.and_then(|child| child.stdin.pipe()) {
            Some(pipe) => {
                self.poller
                    .watch(pipe, Source::Stdin(key).token(), Interest::WritingOnce)
            }
            None => Ok(()),
        }
    }

    /// Does what a descriptor that is ready asks for.
    fn serve(&mut self, source: Source) -> Result<(), Errno> {
        match source {
            // Orders are taken at the next turn.
            Source::Orders => {}
            // As long as it stays cancelled it would be ready, and whoever waits has been woken.
            Source::Cancel => {
                self.poller.forget(&self.cancel);
                self.was_cancelled = true;
            }
            Source::Warden => {
                self.keeper.listen();
                if let (true, Some(socket)) = (self.keeper.has_lost_warden(), self.keeper.warden())
                {
                    // It would be ready for ever.
                    self.poller.forget(socket);
                }
            }
            Source::Leader(key) => {
                self.keeper.look_at(key);
            }
            Source::Stdin(key) => {
                self.with(key, |child| {
                    child.stdin.let_go();
                    child.stdin.feed();
                });
                let child = self.children.get(&key);
                if let Some(pipe) = child.and_then(|child| child.stdin.hungry()) {
                    self.poller
                        .watch(pipe, source.token(), Interest::WritingOnce)?;
                }
            }
            Source::Output(key, stream) => self.take_output(key, stream)?,
        }
        Ok(())
    }

    fn take_output(&mut self, key: Key, stream: Stream) -> Result<(), Errno> {
        let mut is_drained = false;
        self.with(key, |child| {
            let is_watched = child.idle_timeout.is_some();
            let outlet = child.outlet(stream);
            // It is told once more after it was paused.
            if !outlet.is_paused() && outlet.fill() > 0 && is_watched {
                child.last_byte = Instant::now();
            }
            is_drained = child.is_drained();
        });
        self.expects_end |= is_drained;
        self.pause_if_not_taken(key, stream)
    }

    /// Stops reading a stream that is to be passed on, and is not.
    fn pause_if_not_taken(&mut self, key: Key, stream: Stream) -> Result<(), Errno> {
        let child = self.children.get_mut(&key);
        match child.and_then(|child| child.outlet(stream).pause_if_not_taken()) {
            Some(pipe) => {
                let token = Source::Output(key, stream).token();
                self.poller.watch(pipe, token, Interest::ReadingOnce)
            }
            None => Ok(()),
        }
    }

    /// Goes on reading what was taken meanwhile.
    fn resume_if_taken(&mut self, key: Key, now: Instant) {
        let Some(child) = self.children.get_mut(&key) else {
            return;
        };
        for stream in [Stream::Stdout, Stream::Stderr] {
            let token = Source::Output(key, stream).token();
            if let Some(pipe) = child.outlet(stream).resume_if_taken() {
                // It is known to the poller already, which needs no memory to change what it awaits.
                let _ = self.poller.watch(pipe, token, Interest::Reading);
                child.last_byte = now;
            }
        }
    }

    /// Until something is due, or patience is over; `None` if neither ever is.
    fn time_left(&self, patience: Patience) -> Option<Duration> {
        let deadline = match patience {
            Patience::UntilCancelled => None,
            Patience::Until(deadline) | Patience::UntilCancelledOr(deadline) => Some(deadline),
        };
        let timer = self.timers.first().map(|(at, _)| *at);
        let timers = [timer, self.keeper.next_timer(), deadline];
        let next = timers.into_iter().flatten().min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }
}
