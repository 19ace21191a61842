//! Decides what may run: resolve, decide, ask, approve.
//!
//! A front door builds what it wants to start (anything that implements [`Ask`]) and hands it to a
//! [`Policy`]. The policy resolves it to a file ([`Resolver`]), holds that against what the run was
//! given ([`ProcessGrant`]), asks somebody when the grant leaves it open ([`Approver`]), and returns
//! an [`Approved`] value. Only this crate can make one, and the process engine takes nothing else,
//! so that a forgotten check does not compile.
//!
//! ```
//! use shape_policy::{Ask, EnvChanges, Policy, ProcessGrant, Request};
//! use std::ffi::{OsStr, OsString};
//!
//! struct Command {
//!     args: Vec<OsString>,
//!     env: EnvChanges,
//! }
//!
//! impl Ask for Command {
//!     fn request(&self) -> Request<'_> {
//!         Request { program: OsStr::new("sh"), args: &self.args, cwd: None, env: &self.env }
//!     }
//! }
//!
//! let command = || Command { args: Vec::new(), env: EnvChanges::default() };
//! let grant = ProcessGrant::none().allow("sh".parse()?);
//! assert!(Policy::new(grant).approve(command()).is_ok());
//! assert!(Policy::new(ProcessGrant::none()).approve(command()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate starts nothing and knows no script values. It looks at the file system and at the
//! environment of its own process; the only thing it ever writes to is the terminal that it asks on.

mod approve;
mod ask;
mod environment;
mod error;
mod grant;
mod lookup;
mod nearest;
mod pattern;
mod quote;
mod request;
mod resolve;
mod terminal;

pub use approve::{Approved, Policy};
pub use ask::{Answer, Approver, DenyAll, Question};
pub use error::{Denial, DenialReason, PatternError, Refusal, ResolveError};
pub use grant::{ProcessGrant, Programs};
pub use lookup::{FileId, Program};
pub use pattern::ProgramPattern;
pub use quote::Quoted;
pub use request::{Ask, EnvChanges, Request};
pub use resolve::{Resolved, Resolver};
pub use terminal::TerminalApprover;
