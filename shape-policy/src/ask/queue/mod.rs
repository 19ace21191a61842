//! One question at a time about one program.

#[cfg(test)]
mod crowd;
#[cfg(test)]
mod model;
mod sys;

use crate::ask::Answer;
use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use sys::System;

/// Lets one at a time ask about a program, and has those who wait profit from the answer.
///
/// - `trust` releases everyone who waits: each looks whether what it wants is trusted now, and asks only
///   if it is not.
/// - `no`, and that there is nobody, is the answer of everyone who waited when it was given, and of
///   nobody who comes later.
/// - `yes` is for the one who asked. The next one looks whether it is trusted, and asks.
/// - Who is cancelled while it waits leaves alone; who is cancelled, or panics, while it asks hands over.
pub(crate) type Queue = Coalescing<System>;

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This caller asked, and that is the answer.
    Answered(Answer),
    /// There was no need to ask: it is trusted.
    AlreadyTrusted,
    /// Another caller was told this while this one waited.
    SharedNo(Answer),
    /// This caller was cancelled, or cannot wait.
    Cancelled,
}

/// What the queue is built of: the system's means, or those of a model in which every order of events
/// can be tried.
pub(crate) trait Means {
    /// Keeps a value that several threads change.
    type Lock<T: Send>: Lock<T>;
    /// Wakes one who waits.
    type Bell: Bell<Self::Cancel>;
    /// Ends the wait of one.
    type Cancel;

    fn bell() -> Option<Self::Bell>;
    fn is_cancelled(cancel: &Self::Cancel) -> bool;
}

pub(crate) trait Lock<T> {
    fn new(value: T) -> Self;
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R;
}

pub(crate) trait Bell<C>: Send + Sync {
    /// Wakes who waits, now or later.
    fn ring(&self);
    /// Waits until it has been rung, or `cancel` is cancelled, or waiting fails.
    fn wait(&self, cancel: Option<&C>);
}

/// See [`Queue`].
pub(crate) struct Coalescing<M: Means> {
    state: M::Lock<State<M::Bell>>,
}

struct State<B> {
    /// Those who wait, for each program that somebody asks about at the moment.
    open: HashMap<OsString, VecDeque<Waiter<B>>>,
    /// What those are to do who have been called and have not heard yet.
    called: HashMap<u64, Call>,
    next: u64,
}

struct Waiter<B> {
    number: u64,
    bell: Arc<B>,
}

/// What one who waited is called for.
#[derive(Clone, Copy)]
enum Call {
    /// It is the one to ask now.
    Lead,
    /// Something is trusted since: from the beginning.
    Again,
    /// This is the answer.
    No(Answer),
}

/// What one is who wants to ask.
enum Role<B> {
    Leader,
    Waiter(Waiter<B>),
}

impl<M: Means> Default for Coalescing<M> {
    fn default() -> Self {
        Self {
            state: M::Lock::new(State {
                open: HashMap::new(),
                called: HashMap::new(),
                next: 0,
            }),
        }
    }
}

impl<M: Means> Coalescing<M> {
    /// Asks about the program `key`, unless it turns out that there is no need to.
    ///
    /// `is_trusted` is called before each question, without a lock. `ask` gets the answer and, if this
    /// is `trust`, has it written down before it returns: those who wait look for it then. It is to
    /// return when `cancel` is cancelled.
    ///
    /// # Blocking
    /// As long as others ask about the same program, and as long as `ask` takes; until `cancel` is
    /// cancelled.
    pub(crate) fn ask(
        &self,
        key: &OsStr,
        cancel: Option<&M::Cancel>,
        is_trusted: &mut dyn FnMut() -> bool,
        ask: &mut dyn FnMut() -> Answer,
    ) -> Outcome {
        loop {
            match self.enter(key) {
                Some(Role::Leader) => return self.lead(key, cancel, is_trusted, ask),
                Some(Role::Waiter(waiter)) => match self.wait(key, &waiter, cancel) {
                    Some(Call::Lead) => return self.lead(key, cancel, is_trusted, ask),
                    Some(Call::No(answer)) => return Outcome::SharedNo(answer),
                    Some(Call::Again) => {}
                    None => return Outcome::Cancelled,
                },
                None => return Outcome::Cancelled,
            }
            if cancel.is_some_and(M::is_cancelled) {
                return Outcome::Cancelled;
            }
            if is_trusted() {
                return Outcome::AlreadyTrusted;
            }
        }
    }

    /// Whether it is the first, or behind whom it waits; `None` if there is nothing to wait by.
    fn enter(&self, key: &OsStr) -> Option<Role<M::Bell>> {
        let is_leader = self.state.with(|state| {
            let is_free = !state.open.contains_key(key);
            if is_free {
                state.open.insert(key.to_owned(), VecDeque::new());
            }
            is_free
        });
        if is_leader {
            return Some(Role::Leader);
        }
        let bell = Arc::new(M::bell()?);
        Some(self.state.with(|state| {
            // The one before may have left in the meantime.
            let Some(waiters) = state.open.get_mut(key) else {
                state.open.insert(key.to_owned(), VecDeque::new());
                return Role::Leader;
            };
            let number = state.next;
            state.next += 1;
            waiters.push_back(Waiter {
                number,
                bell: Arc::clone(&bell),
            });
            Role::Waiter(Waiter { number, bell })
        }))
    }

    /// What it is called for; `None` if it leaves without.
    fn wait(
        &self,
        key: &OsStr,
        waiter: &Waiter<M::Bell>,
        cancel: Option<&M::Cancel>,
    ) -> Option<Call> {
        waiter.bell.wait(cancel);
        self.state.with(|state| {
            let call = state.called.remove(&waiter.number);
            if call.is_none()
                && let Some(waiters) = state.open.get_mut(key)
            {
                waiters.retain(|other| other.number != waiter.number);
            }
            call
        })
    }

    /// Asks, as the only one, and calls others for what comes of it.
    fn lead(
        &self,
        key: &OsStr,
        cancel: Option<&M::Cancel>,
        is_trusted: &mut dyn FnMut() -> bool,
        ask: &mut dyn FnMut() -> Answer,
    ) -> Outcome {
        let is_cancelled = || cancel.is_some_and(M::is_cancelled);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if is_cancelled() {
                return Outcome::Cancelled;
            }
            if is_trusted() {
                return Outcome::AlreadyTrusted;
            }
            match ask() {
                // It may have been said because of that.
                Answer::No | Answer::Nobody if is_cancelled() => Outcome::Cancelled,
                answer => Outcome::Answered(answer),
            }
        }));
        match &outcome {
            Ok(Outcome::Answered(Answer::Trust(_))) => self.call_all(key, Call::Again),
            Ok(Outcome::Answered(no @ (Answer::No | Answer::Nobody))) => {
                self.call_all(key, Call::No(*no));
            }
            _ => self.hand_over(key),
        }
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Calls everyone who waits; nobody leads then.
    fn call_all(&self, key: &OsStr, call: Call) {
        self.state.with(|state| {
            for waiter in state.open.remove(key).unwrap_or_default() {
                state.called.insert(waiter.number, call);
                waiter.bell.ring();
            }
        });
    }

    /// Calls the first one who waits to lead.
    fn hand_over(&self, key: &OsStr) {
        self.state.with(
            |state| match state.open.get_mut(key).and_then(VecDeque::pop_front) {
                Some(waiter) => {
                    state.called.insert(waiter.number, Call::Lead);
                    waiter.bell.ring();
                }
                None => drop(state.open.remove(key)),
            },
        );
    }
}
