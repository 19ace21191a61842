//! The live children of one run.

use crate::child::Child;
use crate::error::Error;
use crate::host_input::HostInput;
use crate::keeper::{Keeper, Launcher};
use crate::orders::{Key, Order, Orders};
use crate::output::Output;
use crate::process::Process;
use crate::pump::{Awaited, Children, Patience, Stopped};
use crate::spec::{Spec, Stdin};
use crate::start::{Wiring, start};
use crate::sys::event::is_readable;
use crate::sys::signals::await_children;
use crate::warden::Warden;
use shape_policy::Approved;
use shape_policy::CancelToken;
use std::ffi::OsString;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// How much longer than the longest grace the end of a run waits for its children: what was sent
/// `SIGKILL` and is still there then is held by the kernel.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// One run of something: the owner of all processes that it starts.
///
/// When it is dropped its processes are ended as by [`Run::shutdown`].
///
/// Every operation that waits, on the run, a [`Process`] or a [`HostInput`], serves all processes of
/// the run while it does. One operation is under way at a time; others wait for their turn. What
/// wants to wait for several things at once takes several runs.
///
/// # Platform
/// Linux with glibc. The host must ignore `SIGPIPE`, as every Rust program does that does not ask
/// for something else, or writing to a child that stopped reading ends the host.
#[derive(Debug)]
pub struct Run {
    pub(crate) shared: Arc<Shared>,
}

/// What a run shares with the handles of its processes.
#[derive(Debug)]
pub(crate) struct Shared {
    children: Mutex<Children>,
    orders: Arc<Orders>,
    cancel: CancelToken,
}

impl Run {
    /// A run without children, whose operations end when `cancel` is cancelled, and that starts its
    /// processes itself ([`Launcher::Direct`]).
    ///
    /// If the host was started with `SIGCHLD` ignored, which would lose the status of every child,
    /// the signal is set to its default.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub fn new(cancel: CancelToken) -> io::Result<Self> {
        Self::kept_by(cancel, Keeper::new(None)?)
    }

    /// As [`Run::new`], with a launcher.
    ///
    /// # Errors
    /// No descriptor is to be had, or the helper cannot be started.
    pub fn with_launcher(cancel: CancelToken, launcher: &Launcher) -> io::Result<Self> {
        match launcher {
            Launcher::Direct => Self::new(cancel),
            Launcher::Warden { helper } => Self::with_warden(cancel, Warden::start(helper)?),
        }
    }

    /// As [`Run::with_launcher`], with a helper that was started before.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub fn with_warden(cancel: CancelToken, warden: Warden) -> io::Result<Self> {
        Self::kept_by(cancel, Keeper::new(Some(warden))?)
    }

    fn kept_by(cancel: CancelToken, keeper: Keeper) -> io::Result<Self> {
        await_children();
        let orders = Arc::new(Orders::new()?);
        let children = Children::new(keeper, Arc::clone(&orders), cancel.clone())?;
        Ok(Self {
            shared: Arc::new(Shared {
                children: Mutex::new(children),
                orders,
                cancel,
            }),
        })
    }

    /// Starts a process and does not wait for it. Its standard input is a pipe, unless the spec says
    /// otherwise.
    ///
    /// # Errors
    /// [`Error::Resolve`] if the program or the directory has gone since the approval, or the kernel
    /// does not execute the file; [`Error::TooBig`], [`Error::Resource`], [`Error::Input`].
    pub fn spawn(&self, approved: Approved<Spec>) -> Result<Process, Error> {
        self.start(approved, Stdin::Pipe)
    }

    /// Runs a process to its end and returns what it left behind. Its standard input is empty,
    /// unless the spec says otherwise.
    ///
    /// What it leaves behind is ended: at once if that holds none of its streams, else after 100 ms.
    ///
    /// # Errors
    /// Those of [`Run::spawn`] and of [`Process::output`].
    ///
    /// # Blocking
    /// Until the process ends, its time is up, a stream has more than may be kept, or the run is
    /// cancelled; then the process is asked to end and not waited for.
    pub fn exec(&self, approved: Approved<Spec>) -> Result<Output, Error> {
        self.start(approved, Stdin::Null)?.output()
    }

    fn start(&self, approved: Approved<Spec>, default_stdin: Stdin) -> Result<Process, Error> {
        self.start_wired(approved, &default_stdin, Wiring::default())
            .map_err(|unstarted| unstarted.error)
    }

    /// Starts a process with streams that it shares with others. If it cannot be started, what was
    /// approved comes back.
    pub(crate) fn start_wired(
        &self,
        approved: Approved<Spec>,
        default_stdin: &Stdin,
        wiring: Wiring,
    ) -> Result<Process, Box<Unstarted>> {
        if self.shared.cancel.is_cancelled() {
            let program = approved.spec().program.clone();
            return Err(Unstarted::new(Error::Cancelled { program }, Some(approved)));
        }
        self.shared.locked(|children| {
            // Those who have ended make room for this one.
            let _ = children.serve_once();
            let key = children.new_key();
            let started = start(&mut children.keeper, key, &approved, default_stdin, wiring);
            let mut child = match started {
                Ok(started) => started.into_child(approved),
                Err(error) => return Err(Unstarted::new(error, Some(approved))),
            };
            // Most inputs fit into the pipe, and are then out of the way.
            child.stdin.feed();
            let (pid, program) = (child.pid, child.program.clone());
            children.insert(key, child).map_err(|source| {
                let what = "serving it";
                let error = Error::Resource {
                    program,
                    what,
                    source,
                };
                Unstarted::new(error, None)
            })?;
            Ok(Process::new(Arc::clone(&self.shared), key, pid))
        })
    }

    /// Serves the processes of the run for as long as that, or until the run is cancelled.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; [`Error::Resource`] if the system cannot wait for so many streams.
    ///
    /// # Blocking
    /// For `duration`.
    pub fn serve_for(&self, duration: Duration) -> Result<(), Error> {
        let token = &self.shared.cancel;
        let patience = Patience::at_most(Some(duration));
        let never = |_: &mut Children| None::<()>;
        let served = self
            .shared
            .locked(|children| children.pump(patience, Awaited::Nothing, never));
        match served {
            Err(Stopped::Patience) if !token.is_cancelled() => Ok(()),
            Ok(()) => Ok(()),
            Err(why) => Err(stopped(why, "waiting".into())),
        }
    }

    /// The host's own standard input, to be read while the children are served. There should be one
    /// per run: it holds what has arrived and was not read.
    ///
    /// # Errors
    /// No descriptor is to be had.
    pub fn host_input(&self) -> io::Result<HostInput> {
        let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        Ok(self.input_from(stdin))
    }

    /// As [`Run::host_input`], from another descriptor.
    pub fn input_from(&self, descriptor: OwnedFd) -> HostInput {
        HostInput::new(Arc::clone(&self.shared), descriptor)
    }

    /// The token that cancels this run's operations.
    pub fn cancel_token(&self) -> &CancelToken {
        &self.shared.cancel
    }

    /// Ends all processes of this run: `SIGTERM` to every group, up to the grace that each has, and
    /// `SIGKILL` to every group that is still there. Handles stay good for what was captured.
    ///
    /// # Blocking
    /// Until all have ended, at most one second longer than the longest grace. It works in a
    /// cancelled run; one that reads a [`HostInput`] in another thread has to be cancelled first.
    pub fn shutdown(&self) {
        // An operation that waits in another thread begins with it, and makes way.
        self.shared.order(Order::CloseAll);
        self.shared.locked(|children| {
            let longest = children.longest_grace() + LAST_WAIT;
            // What is still there then cannot be ended, and nobody is left who could be told.
            let _ = children.pump(
                Patience::Until(Instant::now() + longest),
                Awaited::Nothing,
                |children| children.are_over().then_some(()),
            );
        });
    }
}

/// Why a process could not be started, and what may be tried again.
pub(crate) struct Unstarted {
    pub(crate) error: Error,
    pub(crate) approved: Option<Approved<Spec>>,
}

impl Unstarted {
    fn new(error: Error, approved: Option<Approved<Spec>>) -> Box<Self> {
        Box::new(Self { error, approved })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Shared {
    /// Does something with the children when it is this operation's turn.
    pub(crate) fn locked<T>(&self, act: impl FnOnce(&mut Children) -> T) -> T {
        let result = act(&mut self.children.lock().unwrap_or_else(PoisonError::into_inner));
        // An order may have come too late for `act`, and too early to find the lock free.
        if self.orders.are_given() {
            self.if_free(Children::obey);
        }
        result
    }

    /// Has something done to the children without waiting for whoever waits.
    pub(crate) fn order(&self, order: Order) {
        let followed = self.if_free(|children| children.follow(order));
        if followed.is_none() {
            self.orders.give(order);
            // Whoever had the lock may have left without seeing it.
            self.if_free(Children::obey);
        }
    }

    /// Serves all children once, without waiting for anything, so that those who have ended are
    /// buried also where nothing ever waits.
    pub(crate) fn serve(&self) {
        // Whoever has something to wait for will be told that it cannot be waited for.
        self.if_free(Children::serve_once);
    }

    /// Does something with the children, unless somebody holds the lock, who does it otherwise.
    fn if_free<T>(&self, act: impl FnOnce(&mut Children) -> T) -> Option<T> {
        match self.children.try_lock() {
            Ok(mut children) => Some(act(&mut children)),
            Err(TryLockError::Poisoned(poisoned)) => Some(act(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits until `attempt` on the child returns something. A failure of the child comes first.
    pub(crate) fn operate<T>(
        &self,
        key: Key,
        awaited: Awaited<'_>,
        mut attempt: impl FnMut(&mut Child) -> Option<Result<T, Error>>,
    ) -> Result<T, Error> {
        self.operate_failed(key, awaited, |child| match child.failure {
            Some(failure) if child.failure_is_due(Instant::now()) => {
                Some(Err(child.error(failure)))
            }
            Some(_) => None,
            None => attempt(child),
        })
    }

    /// As [`Shared::operate`], also on a child that has failed.
    pub(crate) fn operate_failed<T>(
        &self,
        key: Key,
        awaited: Awaited<'_>,
        mut attempt: impl FnMut(&mut Child) -> Option<Result<T, Error>>,
    ) -> Result<T, Error> {
        let patience = Patience::UntilCancelled;
        self.locked(|children| {
            let attempted = children.pump(patience, awaited, |children| {
                let attempted = match children.get(key) {
                    Some(child) => attempt(child),
                    None => Some(Err(gone())),
                };
                // It may have been asked to end.
                if attempted.is_none() {
                    children.touch(key);
                }
                attempted
            });
            attempted.unwrap_or_else(|why| Err(stopped(why, children.program(key))))
        })
    }

    /// Waits until `descriptor`, which is not a child's, can be read.
    pub(crate) fn await_input(&self, descriptor: BorrowedFd<'_>) -> Result<(), Error> {
        let patience = Patience::UntilCancelled;
        let awaited = Awaited::Input(descriptor);
        self.locked(|children| {
            children.pump(patience, awaited, |_| is_readable(descriptor).then_some(()))
        })
        .map_err(|why| stopped(why, "stdin".into()))
    }

    /// Serves all children once, without waiting, and looks at one.
    pub(crate) fn look<T>(&self, key: Key, look: impl FnOnce(&Child) -> T) -> Result<T, Error> {
        self.locked(|children| {
            children
                .serve_once()
                .map_err(|why| stopped(why, children.program(key)))?;
            children.get(key).map(|child| look(child)).ok_or_else(gone)
        })
    }

    /// Does something with a child that needs no waiting.
    pub(crate) fn with_child<T>(&self, key: Key, act: impl FnOnce(&mut Child) -> T) -> Option<T> {
        let result = self.locked(|children| children.get(key).map(act));
        self.serve();
        result
    }

    /// Sends a signal to the group of a child.
    pub(crate) fn signal(&self, key: Key, signal: i32) {
        self.locked(|children| children.signal(key, signal));
        self.serve();
    }
}

pub(crate) fn stopped(why: Stopped, program: OsString) -> Error {
    match why {
        Stopped::Patience => Error::Cancelled { program },
        Stopped::Resource(errno) => Error::Resource {
            program,
            what: "serving it",
            source: errno.into(),
        },
    }
}

/// A handle keeps its child; this would be a bug.
fn gone() -> Error {
    Error::Internal {
        program: OsString::new(),
        reason: "the process is not known".to_owned(),
    }
}
