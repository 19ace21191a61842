//! The side that decides.

use super::message::{Answer, Call, Decide, Head, Outcome, Request, VERSION};
use crate::audit::Ticket;
use crate::cancel::CancelToken;
use crate::decide::{Policy, Wanted};
use crate::request;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Decides for a [`Policy::remote`] on the other side of a channel: one for each run.
///
/// It holds the tickets of what it has allowed and what is not over yet. When it is dropped, they are, and
/// who follows them is told that nothing more is known.
///
/// ```
/// use shape_policy::{Ask, EnvChanges, Policy, PolicyServer, ProcessGrant, Request};
/// # struct Command(EnvChanges);
/// # impl Ask for Command {
/// #     fn request(&self) -> Request<'_> {
/// #         Request { program: "cat".as_ref(), args: &[], cwd: None, env: &self.0 }
/// #     }
/// # }
/// # let command = || Command(EnvChanges::default());
/// use std::sync::Arc;
///
/// let grant = ProcessGrant::none().allow("cat".parse()?);
/// let server = PolicyServer::new(Arc::new(Policy::new(grant)));
/// let policy = Policy::remote(Arc::new(move |request: &[u8]| Ok(server.answer(request))));
/// assert!(policy.approve(command()).is_ok());
/// # Ok::<(), shape_policy::PatternError>(())
/// ```
pub struct PolicyServer {
    policy: Arc<Policy>,
    token: Option<CancelToken>,
    tickets: Mutex<HashMap<u64, Ticket>>,
    next: AtomicU64,
}

impl PolicyServer {
    /// Decides by `policy`.
    pub fn new(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            token: None,
            tickets: Mutex::default(),
            next: AtomicU64::new(1),
        }
    }

    /// Waits for nobody any longer once `token` is cancelled, where the other side has a token for its
    /// request too. The two are to be cancelled together; see [`CancelToken::of_fd`].
    #[must_use]
    pub fn cancelled_by(mut self, token: CancelToken) -> Self {
        self.token = Some(token);
        self
    }

    /// The answer to a request, whatever it is. It may be called by several threads at once.
    ///
    /// # Blocking
    /// As [`Policy::approve_until`].
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        let (number, result) = match serde_json::from_slice(request) {
            Ok(Request {
                version: VERSION,
                number,
                call,
            }) => (number, self.carry_out(call)),
            _ => not_understood(request),
        };
        let answer = Answer {
            version: VERSION,
            number,
            result,
        };
        // It cannot fail: no key of a map is anything but text. If it did, nothing is no answer.
        serde_json::to_vec(&answer).unwrap_or_default()
    }

    fn carry_out(&self, call: Call) -> Outcome {
        // The approver, the validator and those who follow what runs are not ours, and who asks may be
        // unable to let a panic pass.
        catch_unwind(AssertUnwindSafe(|| match call {
            Call::Environment => match self.policy.environment() {
                Ok(environment) => Outcome::Environment(environment.to_vec()),
                Err(why) => Outcome::Failed(why),
            },
            Call::Decide(wanted) => self.decide(&wanted),
            Call::Started { ticket, pid } => {
                let taken = self.tickets().remove(&ticket);
                if let Some(mut told) = taken {
                    told.started(pid);
                    self.tickets().insert(ticket, told);
                }
                Outcome::Noted
            }
            Call::Ended { ticket, end } => {
                let taken = self.tickets().remove(&ticket);
                if let Some(mut told) = taken {
                    end.with(|end| told.ended(end));
                }
                Outcome::Noted
            }
            Call::Dropped { ticket } => {
                let taken = self.tickets().remove(&ticket);
                drop(taken);
                Outcome::Noted
            }
        }))
        .unwrap_or_else(|_| Outcome::Failed("whoever decides it has panicked".to_owned()))
    }

    fn decide(&self, decide: &Decide) -> Outcome {
        let wanted = Wanted {
            request: request::Request {
                program: &decide.program,
                args: &decide.args,
                cwd: decide.cwd.as_deref(),
                env: &decide.env,
            },
            is_detached: decide.is_detached,
            found: Some(&decide.found),
        };
        let token = self.token.as_ref().filter(|_| decide.until_cancelled);
        match self.policy.decide(&wanted, token) {
            Ok((_, ticket)) if !ticket.is_awaited() => Outcome::Allowed { ticket: None },
            Ok((_, ticket)) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                self.tickets().insert(number, ticket);
                Outcome::Allowed {
                    ticket: Some(number),
                }
            }
            Err(refusal) => Outcome::Refused(refusal),
        }
    }

    fn tickets(&self) -> MutexGuard<'_, HashMap<u64, Ticket>> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for PolicyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyServer")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// The number and the answer for what is no request.
fn not_understood(request: &[u8]) -> (u64, Outcome) {
    match serde_json::from_slice(request) {
        Ok(Head { version, number }) if version != VERSION => {
            let why = format!("it was asked in version {version} and not {VERSION}");
            (number, Outcome::Failed(why))
        }
        // What it says is not shown: it may hold a value of the environment.
        read => {
            let number = read.map_or(0, |head| head.number);
            let why = "what was asked cannot be understood".to_owned();
            (number, Outcome::Failed(why))
        }
    }
}
