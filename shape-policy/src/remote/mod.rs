//! A policy in one place that decides for another, with bytes between them.
//!
//! Code that was compiled by itself, such as a plugin in the same process, has a copy of this crate, and
//! the types of two copies are not each other's. So the one side has a
//! [`Policy::remote`](crate::Policy::remote), which knows no rules and asks nobody, and the other a
//! [`PolicyServer`] with the policy that decides. What goes between them is JSON (`message.rs`): an object
//! with a version, in which fields that are not known are passed over.
//!
//! Both sides resolve what is asked for, each to a file that it holds open. The one that is to start it
//! says what it has found, and the one that decides refuses what it finds otherwise. Whatever cannot be
//! understood, on either side, is a denial.
//!
//! The two sides trust each other. A request holds the values of the variables that a command is given.

mod client;
mod message;
pub mod os_text;
mod server;

pub(crate) use client::Remote;
pub use server::PolicyServer;

use std::io;

/// Why what both sides have found is not the same.
pub(crate) const CHANGED: &str = "what would be started is not what was decided on: a file or a directory was replaced meanwhile";

/// The way to a [`PolicyServer`].
pub trait Channel: Send + Sync {
    /// What [`PolicyServer::answer`] answers to `request`.
    ///
    /// # Errors
    /// It cannot be reached. Then nothing is approved.
    ///
    /// # Blocking
    /// Until there is an answer: as long as a person takes who is asked.
    fn call(&self, request: &[u8]) -> io::Result<Vec<u8>>;
}

impl<F: Fn(&[u8]) -> io::Result<Vec<u8>> + Send + Sync> Channel for F {
    fn call(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        self(request)
    }
}
