//! The side that asks.

use super::Channel;
use super::message::{Answer, Call, Decide, Ended, Head, Outcome, Request, VERSION};
use crate::audit::{End, Ticket, TicketSink};
use crate::cancel::CancelToken;
use crate::decide::{Wanted, broken};
use crate::error::Refusal;
use crate::resolve::found::Found;
use crate::resolve::{Resolved, Resolver};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Has a policy on the other side of a channel decide.
pub(crate) struct Remote {
    line: Arc<Line>,
    /// Finds programs in the environment that the other side has.
    resolver: OnceLock<Resolver>,
}

impl Remote {
    pub(crate) fn new(channel: Arc<dyn Channel>) -> Self {
        let next = AtomicU64::new(1);
        Self {
            line: Arc::new(Line { channel, next }),
            resolver: OnceLock::new(),
        }
    }

    /// What `wanted` was resolved to, once the other side has allowed it.
    ///
    /// # Errors
    /// Those of the other side; [`Refusal::Denied`] if it cannot be reached or understood, or finds
    /// another file than is found here.
    pub(crate) fn decide(
        &self,
        wanted: &Wanted<'_>,
        cancel: Option<&CancelToken>,
    ) -> Result<(Resolved, Ticket), Refusal> {
        let request = &wanted.request;
        let denied = |path: &Path, why: String| Refusal::from(broken(request.program, path, &why));
        let resolver = self.resolver();
        let resolver = resolver.map_err(|why| denied(Path::new(request.program), why))?;
        let resolved = resolver.resolve(request)?;
        let found = Found::from(&resolved);
        let denied = |why| denied(resolved.program().path(), why);
        if wanted.found.is_some_and(|theirs| *theirs != found) {
            return Err(denied(super::CHANGED.to_owned()));
        }
        let call = Call::Decide(Box::new(Decide {
            program: request.program.to_owned(),
            args: request.args.to_owned(),
            cwd: request.cwd.map(Path::to_owned),
            env: request.env.clone(),
            is_detached: wanted.is_detached,
            until_cancelled: cancel.is_some(),
            found,
        }));
        let ticket = match self.line.call(call).map_err(denied)? {
            Outcome::Allowed { ticket: None } => Ticket::none(),
            Outcome::Allowed {
                ticket: Some(ticket),
            } => Ticket::new(Box::new(Forward {
                line: Arc::clone(&self.line),
                ticket,
                is_over: false,
            })),
            Outcome::Refused(refusal) => return Err(refusal),
            _ => return Err(denied(Misunderstood.to_string())),
        };
        Ok((resolved, ticket))
    }

    /// Finds programs in the environment that the other side has.
    ///
    /// # Errors
    /// Why the environment is not known.
    pub(crate) fn resolver(&self) -> Result<&Resolver, String> {
        if let Some(resolver) = self.resolver.get() {
            return Ok(resolver);
        }
        let Outcome::Environment(environment) = self.line.call(Call::Environment)? else {
            return Err(Misunderstood.to_string());
        };
        let new = || Resolver::with_environment(environment.into());
        Ok(self.resolver.get_or_init(new))
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").finish_non_exhaustive()
    }
}

/// The channel, and how many requests went through it.
struct Line {
    channel: Arc<dyn Channel>,
    next: AtomicU64,
}

impl Line {
    /// What came of `call`.
    ///
    /// # Errors
    /// Why nothing did.
    fn call(&self, call: Call) -> Result<Outcome, String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let request = Request {
            version: VERSION,
            number,
            call,
        };
        let request = serde_json::to_vec(&request).map_err(|error| error.to_string())?;
        let answer = self.channel.call(&request);
        let answer = answer
            .map_err(|error| format!("whoever decides what may run cannot be asked: {error}"))?;
        match serde_json::from_slice(&answer) {
            Ok(Answer {
                version: VERSION,
                number: answered,
                result,
            }) if answered == number => match result {
                Outcome::Failed(why) => Err(format!("it cannot be decided on: {why}")),
                result => Ok(result),
            },
            // What it says is not shown: it may hold a value of the environment.
            _ => Err(match serde_json::from_slice(&answer) {
                Ok(Head { version, .. }) if version != VERSION => format!(
                    "whoever decides what may run speaks version {version} and not {VERSION}"
                ),
                _ => Misunderstood.to_string(),
            }),
        }
    }
}

/// The answer is none to what was asked.
struct Misunderstood;

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was answered by whoever decides what may run cannot be understood")
    }
}

/// Tells the other side what becomes of what it allowed. If it cannot be reached any more, there is nobody
/// to tell.
struct Forward {
    line: Arc<Line>,
    ticket: u64,
    is_over: bool,
}

impl TicketSink for Forward {
    fn started(&mut self, pid: u32) {
        let ticket = self.ticket;
        drop(self.line.call(Call::Started { ticket, pid }));
    }

    fn ended(&mut self, end: &End<'_>) {
        self.is_over = true;
        let (ticket, end) = (self.ticket, Ended::from(end));
        drop(self.line.call(Call::Ended { ticket, end }));
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        if !self.is_over {
            let ticket = self.ticket;
            drop(self.line.call(Call::Dropped { ticket }));
        }
    }
}
