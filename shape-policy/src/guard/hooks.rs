//! Who is told of a lockdown.

use super::lock;
use crate::cancel::CancelToken;
use std::sync::{Arc, Mutex, Weak};

/// The tokens that a lockdown cancels.
#[derive(Debug, Default)]
pub(super) struct Hooks(Mutex<Registered>);

#[derive(Debug, Default)]
struct Registered {
    next: u64,
    tokens: Vec<(u64, CancelToken)>,
}

/// A token that a lockdown cancels, for as long as this lives. See
/// [`Guard::on_lockdown`](crate::Guard::on_lockdown).
#[derive(Debug)]
#[must_use = "the token is forgotten when this is dropped"]
pub struct LockdownHook {
    hooks: Weak<Hooks>,
    id: u64,
}

impl Hooks {
    pub(super) fn cancel_all(&self) {
        for (_, token) in &lock(&self.0).tokens {
            token.cancel();
        }
    }
}

/// Adds `token`. Whether there is a lockdown already must be looked at afterwards, so that none falls
/// between.
pub(super) fn add(hooks: &Arc<Hooks>, token: &CancelToken) -> LockdownHook {
    let mut registered = lock(&hooks.0);
    let id = registered.next;
    registered.next += 1;
    registered.tokens.push((id, token.clone()));
    LockdownHook {
        hooks: Arc::downgrade(hooks),
        id,
    }
}

impl Drop for LockdownHook {
    fn drop(&mut self) {
        if let Some(hooks) = self.hooks.upgrade() {
            lock(&hooks.0).tokens.retain(|&(id, _)| id != self.id);
        }
    }
}
