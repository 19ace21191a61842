//! Waiting for a process and for something else at once.

use crate::child::Child;
use crate::error::Error;
use crate::output::{ExitStatus, Stream};
use crate::process::Process;
use crate::pump::Awaited;
use crate::sys::event::is_readable;
use std::os::fd::BorrowedFd;
use std::time::Instant;

/// What [`Process::tee_or`] has waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Teed {
    /// This arrived.
    Bytes(Stream, Vec<u8>),
    /// Everything was passed on, and the process is over.
    Over(ExitStatus),
    /// The other descriptor can be read.
    Interrupted,
}

impl Process {
    /// As [`Process::wait`], but also returns, with `None`, as soon as `interrupt` can be read.
    ///
    /// # Errors
    /// See [`Process`].
    ///
    /// # Blocking
    /// As [`Process::wait`], or until `interrupt` can be read.
    pub fn wait_or(&self, interrupt: BorrowedFd<'_>) -> Result<Option<ExitStatus>, Error> {
        let awaited = Awaited::Input(interrupt);
        let waited = self.shared.operate(self.key, awaited, |child| {
            child.stdin.close();
            if child.is_over() {
                return Some(Ok(Some(child.status())));
            }
            is_readable(interrupt).then_some(Ok(None))
        });
        waited.map_err(|error| self.with_ahead(error))
    }

    /// What has arrived on either stream and is to be passed on, for which the spec must have
    /// [`Spec::tee`](crate::Spec::tee); the stream first on which it came first. What is handed out
    /// here is still there for every other operation. The child's standard input is closed.
    ///
    /// # Errors
    /// See [`Process`]; after all that has arrived until then.
    ///
    /// # Blocking
    /// Until something arrives, the process is over, or `interrupt` can be read.
    pub fn tee_or(&self, interrupt: BorrowedFd<'_>) -> Result<Teed, Error> {
        let awaited = Awaited::Input(interrupt);
        let teed = self.shared.operate_failed(self.key, awaited, |child| {
            child.stdin.close();
            if is_readable(interrupt) {
                return Some(Ok(Teed::Interrupted));
            }
            if let Some((stream, bytes)) = take_teed(child) {
                return Some(Ok(Teed::Bytes(stream, bytes)));
            }
            match child.failure {
                Some(failure) if child.failure_is_due(Instant::now()) => {
                    Some(Err(child.error(failure)))
                }
                Some(_) => None,
                None => child.is_over().then(|| Ok(Teed::Over(child.status()))),
            }
        });
        teed.map_err(|error| self.with_ahead(error))
    }
}

/// What arrived first.
fn take_teed(child: &mut Child) -> Option<(Stream, Vec<u8>)> {
    let since = [Stream::Stdout, Stream::Stderr]
        .into_iter()
        .filter_map(|stream| Some((child.outlet(stream).teed_since()?, stream)));
    let (_, stream) = since.min()?;
    Some((stream, child.outlet(stream).take_teed()))
}
