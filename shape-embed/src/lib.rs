//! Runs Shape scripts from a Rust program: text in, values out.
//!
//! [`Engine`] says what scripts may do and what functions of the host they see. It compiles a
//! [`Script`] once; that is run as often as one likes, on any thread. [`Script::start`] gives an
//! [`Instance`], whose functions are called from Rust with typed arguments and results.
//!
//! ```
//! use shape_embed::{Engine, Stdio};
//!
//! let engine = Engine::builder().stdout(Stdio::capture()).build()?;
//! let script = engine.compile("area.shape", "fn area(w, h) { w * h }\nprint(\"ready\")")?;
//!
//! let area = script.function::<(f64, f64), f64>("area")?;
//! let mut instance = script.start()?;
//! assert_eq!(instance.take_stdout(), "ready\n");
//! assert_eq!(instance.call(&area, (2.0, 3.5))?, 7.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a script can do to its host
//! Nothing that has not been granted: to begin with it computes and prints. A panic in a function of
//! the host becomes an error of the script; calls that nest too deeply end the run; a value has a
//! largest size. [`Limits`] bound time and memory, and a [`Canceller`] ends a run from another thread.
//!
//! This crate wires the others together. It knows no terminal and no flags.

mod alloc;
mod builder;
mod compiled;
mod control;
mod difference;
mod engine;
mod error;
mod function;
mod grant;
mod instance;
mod limits;
mod output;
mod report;
mod script;
mod session;
mod sources;
mod watchdog;

pub use alloc::CountingAllocator;
pub use builder::EngineBuilder;
pub use compiled::Compiled;
pub use control::Canceller;
pub use difference::render_diff;
pub use engine::Engine;
pub use error::{BuildError, CompileError, Ending, LookupError, RunError};
pub use function::{Arguments, FromScript, Function, ValueError};
pub use grant::Grant;
pub use instance::Instance;
pub use limits::Limits;
pub use output::Stdio;
pub use report::{render_run_error, render_run_error_as};
pub use script::{Outcome, Prepared, Script};
pub use session::{Input, Session};

pub use shape_abi::{Permission, PermissionSet};
pub use shape_check::{EntryError, Sources};
pub use shape_policy::{Answer, Approver, Policy, ProcessGrant, Programs, Question, RuleSet};
pub use shape_process::{CancelToken, Launcher};
pub use shape_runtime::{
    Bytes, Entries, FnSpec, HostCx, Json, Module, Nanos, Plugin, PluginError, Raise, Registry,
    RegistryError, ScriptResult, record, union,
};
pub use shape_syntax::{Diagnostic, FileId, SourceMap, Style};
pub use shape_value::{IoHandle, Resource, Str, Value};
