//! Decides what may run: resolve, decide, ask, approve.
//!
//! A front door builds what it wants to start (anything that implements [`Ask`]) and hands it to a
//! [`Policy`]. The policy resolves it to a file ([`Resolver`]), takes it apart into all that it would run,
//! holds each part against what the run was given ([`ProcessGrant`]), rules ([`RuleSet`]) and what people
//! trust ([`TrustStore`]), asks somebody about what that leaves open ([`Approver`]), writes down what it
//! decided ([`Audit`]), and returns an [`Approved`] value. Only this crate can make one, and the process
//! engine takes nothing else, so that a forgotten check does not compile.
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
//!         Request { program: OsStr::new("cat"), args: &self.args, cwd: None, env: &self.env }
//!     }
//! }
//!
//! let command = || Command { args: Vec::new(), env: EnvChanges::default() };
//! let grant = ProcessGrant::none().allow("cat".parse()?);
//! assert!(Policy::new(grant).approve(command()).is_ok());
//! assert!(Policy::new(ProcessGrant::none()).approve(command()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate starts nothing and knows no script values. It looks at the file system and at the
//! environment of its own process; it writes to nothing but the terminal that it asks on and the files of
//! state that it is told of, such as that of a [`TrustStore`].

mod ask;
mod audit;
mod cancel;
mod command;
mod decide;
mod error;
mod guard;
mod quote;
mod remote;
mod request;
mod resolve;
mod rules;
mod store;
mod trust;

pub use ask::{Answer, Approver, Broker, DenyAll, Question, Recorded, TerminalApprover};
pub use audit::{
    Audit, AuditError, AuditFilter, AuditFollow, AuditLog, AuditPage, AuditRecord, End,
    GuardAction, Ticket, TicketSink, TornLine,
};
pub use cancel::CancelToken;
pub use command::{Category, categorize};
pub use decide::{
    Approved, Explanation, Ground, LayerExplanation, Policy, PolicyBuilder, RuleExplanation,
};
pub use error::{Denial, DenialReason, PatternError, Refusal, ResolveError};
pub use guard::{
    Alert, AlertKind, Context, ContextLayer, Ended, Execution, Guard, GuardError, GuardMode,
    GuardStatus, GuardWatch, HistoryEntry, Limits, LockdownHook, Narrowing, Rate, SubjectStatus,
    Throttled, Validator, WindowOf, WindowStatus,
};
pub use quote::Quoted;
pub use remote::{Channel, PolicyServer, os_text};
pub use request::{Ask, EnvChanges, Request};
pub use resolve::digest::{Digest, DigestError};
pub use resolve::program::{FileId, Interpreter, Program};
pub use resolve::{Resolved, Resolver};
pub use rules::{
    Decision, IgnoredRule, ProcessGrant, ProgramEntry, Programs, RuleError, RuleRef, RuleSet,
    RuleSetBuilder, RuleSource,
};
pub use store::StoreError;
pub use trust::{
    Grant, GrantId, Lifetime, NewGrant, Pending, PendingQuestion, Revoke, Trust, TrustError,
    TrustScope, TrustStore,
};
