//! Several processes at once.

use crate::error::Error;
use crate::orders::Key;
use crate::output::Output;
use crate::process::Process;
use crate::pump::{Awaited, Children, Patience, Stopped};
use crate::run::{Run, stopped};
use crate::spec::{Spec, Stdin};
use crate::start::Wiring;
use shape_policy::Approved;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long what is ended with others is waited for.
const LAST_WAIT: Duration = Duration::from_millis(235);

impl Run {
    /// Waits for the first of these processes that has ended, or was ended for a limit, and says which
    /// it is: the first in the list if there are several. `None` when `timeout` is up, and at once if
    /// there are none.
    ///
    /// No standard input is closed: a process that reads its input to the end does not end by being
    /// waited for here. What they write meanwhile is kept to be read.
    ///
    /// # Errors
    /// [`Error::Invalid`] if another run started one of them; [`Error::Cancelled`],
    /// [`Error::Resource`]. What a process has failed with, its own operations tell.
    ///
    /// # Blocking
    /// Until one has ended, at most for `timeout`.
    pub fn wait_any(
        &self,
        processes: &[&Process],
        timeout: Option<Duration>,
    ) -> Result<Option<usize>, Error> {
        if processes.iter().any(|it| !it.is_of(&self.shared)) {
            return Err(Error::Invalid {
                program: "wait_any".into(),
                reason: "another run has started one of the processes",
            });
        }
        if processes.is_empty() {
            return Ok(None);
        }
        let keys: Vec<Key> = processes.iter().map(|process| process.key()).collect();
        let patience = Patience::at_most(timeout);
        let ended = self.shared.locked(|children| {
            children.serve_once()?;
            children.pump(patience, Awaited::Nothing, |children| {
                keys.iter().position(|&key| has_ended(children, key))
            })
        });
        match ended {
            Ok(index) => Ok(Some(index)),
            Err(Stopped::Patience) if !self.cancel_token().is_cancelled() => Ok(None),
            Err(why) => Err(stopped(why, "wait_any".into())),
        }
    }

    /// Runs commands to their ends, as [`Run::exec`] does, at most `concurrency` of them at a time and
    /// at least one, and returns what each left behind or failed with, in their order.
    ///
    /// When the system has no descriptors or processes left for another one, the next is started
    /// when one has ended. What a command fails with does not concern the others. If the run is
    /// cancelled all that are left fail with [`Error::Cancelled`].
    ///
    /// # Blocking
    /// Until all have ended.
    pub fn exec_all(
        &self,
        commands: impl IntoIterator<Item = Approved<Spec>>,
        concurrency: usize,
    ) -> Vec<Result<Output, Error>> {
        let mut results = Vec::new();
        let all = self.exec_each(commands, concurrency, |index, result| {
            results.push((index, result));
            ControlFlow::<Infallible>::Continue(())
        });
        match all {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(never) => match never {},
        }
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// As [`Run::exec_all`], and tells each result, with the index of its command, as soon as it is
    /// there. When `told` breaks, no more are started, and those that run are ended.
    ///
    /// # Blocking
    /// Until all have ended; a quarter of a second after `told` has broken.
    pub fn exec_each<B>(
        &self,
        commands: impl IntoIterator<Item = Approved<Spec>>,
        concurrency: usize,
        mut told: impl FnMut(usize, Result<Output, Error>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let mut commands = commands.into_iter().enumerate();
        let mut held_back = None;
        let mut running = Running::default();
        loop {
            while running.0.len() < concurrency.max(1)
                && let Some((index, command)) = held_back.take().or_else(|| commands.next())
            {
                match self.start_wired(command, &Stdin::Null, Wiring::default()) {
                    Ok(process) => running.add(index, process),
                    Err(unstarted) => match (unstarted.error, unstarted.approved) {
                        (error, Some(command)) if error.retryable() && !running.0.is_empty() => {
                            held_back = Some((index, command));
                            break;
                        }
                        (error, _) => self.tell(&running, told(index, Err(error)))?,
                    },
                }
            }
            if running.0.is_empty() {
                return ControlFlow::Continue(());
            }
            for (index, process) in self.await_some(&mut running) {
                self.tell(&running, told(index, process.output()))?;
            }
        }
    }

    /// Goes on, or ends those that run.
    fn tell<B>(&self, running: &Running, answer: ControlFlow<B>) -> ControlFlow<B> {
        if answer.is_break() {
            self.end_all(&running.keys());
        }
        answer
    }

    /// Waits until some have ended, and takes them out. When that cannot be waited for it is all of
    /// them: their own operations tell why.
    fn await_some(&self, running: &mut Running) -> Vec<(usize, Process)> {
        let mut seen = None;
        let ended = self.shared.locked(|children| {
            children.pump(Patience::UntilCancelled, Awaited::Nothing, |children| {
                if seen.replace(children.endings()) == Some(children.endings()) {
                    return None;
                }
                let ended =
                    |(_, process): &mut (usize, Process)| has_ended(children, process.key());
                let ended: Vec<_> = running.0.extract_if(.., ended).collect();
                (!ended.is_empty()).then_some(ended)
            })
        });
        ended.unwrap_or_else(|_| std::mem::take(&mut running.0))
    }

    /// Ends these processes, and waits until they have ended.
    pub(crate) fn end_all(&self, keys: &[Key]) {
        self.shared.locked(|children| {
            children.end_with_others(keys);
            let is_over = |children: &Children| {
                let mut them = keys.iter().filter_map(|&key| children.look_at(key));
                them.all(|child| child.is_over())
            };
            // What is still there then is ended with the run.
            let _ = children.pump(
                Patience::Until(Instant::now() + LAST_WAIT),
                Awaited::Nothing,
                |children| is_over(children).then_some(()),
            );
        });
    }
}

/// The commands that run, each with its place among all.
#[derive(Default)]
struct Running(Vec<(usize, Process)>);

impl Running {
    fn add(&mut self, index: usize, process: Process) {
        process.close_stdin();
        self.0.push((index, process));
    }

    fn keys(&self) -> Vec<Key> {
        self.0.iter().map(|(_, process)| process.key()).collect()
    }
}

/// Whether a child has ended, or has failed and does not end.
fn has_ended(children: &Children, key: Key) -> bool {
    children
        .look_at(key)
        .is_none_or(|child| child.is_over() || child.failure_is_late(Instant::now()))
}
