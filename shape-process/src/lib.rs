//! The process engine: the only crate that starts a process.
//!
//! A [`Spec`] says what to run and how. A policy turns it into an
//! [`Approved`](shape_policy::Approved) one, and a [`Run`] takes nothing else. [`Run::exec`] runs it
//! to its end; [`Run::spawn`] returns a [`Process`] to talk to.
//!
//! ```
//! use shape_policy::{Policy, ProcessGrant};
//! use shape_process::{CancelToken, Run, Spec, Stream};
//!
//! let policy = Policy::new(ProcessGrant::none().allow_programs("cat,sh".parse()?));
//! let run = Run::new(CancelToken::new()?)?;
//!
//! let output = run.exec(policy.approve(Spec::new("sh").args(["-c", "echo out; exit 3"]))?)?;
//! assert_eq!((output.status, output.stdout.as_slice()), (3, &b"out\n"[..]));
//!
//! let cat = run.spawn(policy.approve(Spec::new("cat"))?)?;
//! cat.write(b"one\ntwo\n")?;
//! assert_eq!(cat.read_line(Stream::Stdout)?, "one\n");
//! assert_eq!(cat.wait()?.code, 0);
//! assert_eq!(cat.read_line(Stream::Stdout)?, "two\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it promises:
//! - No order of calls can deadlock: whatever waits serves all children of the run meanwhile.
//! - Timed out means over: a quarter of a second after its time was up the process and its group
//!   have ended, or are listed as survivors.
//! - The end of the run is the end of its children; no zombie and no descriptor stays behind.
//! - Bytes are neither lost nor invented; what does not fit is counted, or an error.
//! - A child has descriptors 0, 1 and 2, its signals at their defaults, a process group of its own
//!   and no controlling terminal.
//!
//! It decides nothing about what may run, knows no script values, and prints nothing. A process that
//! leaves its group is out of its reach, and when the host is ended with `SIGKILL` nobody is left to
//! end the children.

mod buffer;
mod cancel;
mod capture;
mod child;
mod ending;
mod error;
mod host_input;
mod inlet;
mod orders;
mod outlet;
mod output;
mod process;
mod pump;
mod run;
mod spec;
mod start;
mod sys;

pub use cancel::CancelToken;
pub use error::{Error, ErrorKind};
pub use host_input::HostInput;
pub use output::{ExitStatus, Output, Stream};
pub use process::{Closing, Process, Status};
pub use run::Run;
pub use spec::{DEFAULT_KILL_GRACE, DEFAULT_MAX_OUTPUT, Overflow, Spec, Stdin};
