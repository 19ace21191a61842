//! The process engine: the only crate that starts a process.
//!
//! It runs programs as [`std::process`] does, and takes over what is left to do there: it reads what
//! they write while it waits, bounds what it keeps, and ends them when their time is up, with all
//! that they started.
//!
//! ```
//! use shape_process::{Error, Spec};
//! use std::time::Duration;
//!
//! let sorted = Spec::new("sort").stdin_bytes("b\na\n").run()?;
//! assert_eq!((sorted.status, sorted.stdout.as_slice()), (0, &b"a\nb\n"[..]));
//!
//! // Neither the shell nor what it left in the background is alive when this is back.
//! let script = Spec::new("sh").args(["-c", "echo begun; sleep 60 & sleep 60"]);
//! match script.timeout(Duration::from_millis(200)).run() {
//!     Err(Error::Timeout { output, .. }) => assert_eq!(output.stdout, b"begun\n"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), Error>(())
//! ```
//!
//! # Runs and approval
//!
//! A [`Spec`] says what to run and how. [`Spec::run`] and [`Spec::spawn`] run it with the authority of
//! the calling program. To decide what may run, let a policy turn it into an
//! [`Approved`](shape_policy::Approved) one, and give that to a [`Run`], which takes nothing else and
//! owns all processes that it starts: [`Run::exec`] runs one to its end, [`Run::spawn`] returns a
//! [`Process`] to talk to, [`Run::pipeline`] connects several, [`Run::exec_all`] runs many at once.
//!
//! ```
//! use shape_policy::{Policy, ProcessGrant};
//! use shape_process::{CancelToken, Run, Spec, Stream};
//!
//! let policy = Policy::new(ProcessGrant::none().allow_programs("cat,seq".parse()?));
//! let run = Run::new(CancelToken::new()?)?;
//! assert!(policy.approve(Spec::new("sh")).is_err());
//!
//! // A talk.
//! let cat = run.spawn(policy.approve(Spec::new("cat"))?)?;
//! cat.write(b"one\n")?;
//! assert_eq!(cat.read_line(Stream::Stdout)?, "one\n");
//! assert_eq!(cat.wait()?.code, 0);
//!
//! // The lines of a program that runs, none of them kept.
//! let mut seq = run.spawn(policy.approve(Spec::new("seq").arg("1000"))?)?;
//! let mut bytes = 0;
//! loop {
//!     match seq.next_line(Stream::Stdout)? {
//!         "" => break,
//!         line => bytes += line.len(),
//!     }
//! }
//! assert_eq!(bytes, 3893);
//!
//! // Two at a time, the results in the order of the commands.
//! let counts = ["1", "2", "3"].map(|n| policy.approve(Spec::new("seq").arg(n)));
//! let counts = counts.into_iter().collect::<Result<Vec<_>, _>>()?;
//! for (result, bytes) in run.exec_all(counts, 2).into_iter().zip([2, 4, 6]) {
//!     assert_eq!(result?.stdout.len(), bytes);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which launcher
//!
//! [`Launcher::Direct`], the default, needs nothing. Take [`Launcher::Warden`] if nothing may stay when
//! the host itself is ended with `SIGKILL`, or if what it runs may try to get away. It costs a helper
//! process per run and 25 µs per start, up to 100 µs on a busy machine. A host is its own
//! helper when its `main` begins with [`be_warden_if_asked`].
//!
//! # What it promises
//!
//! - **No order of calls can deadlock**: whatever waits serves all children of the run meanwhile.
//! - **Timed out means over**: a quarter of a second after its time was up a process and all its
//!   descendants have ended, also those that called `setsid` or made themselves daemons, or are listed
//!   in [`Output::survivors`]. From a direct launcher a storm of forks takes up to a second.
//! - **The end of the run is the end of its children**; no zombie and no descriptor stays behind.
//! - **Bytes are neither lost nor invented**; what does not fit is counted, or an error.
//! - **A child gets nothing unasked**: it has descriptors 0, 1 and 2, its signals at their defaults, a
//!   process group of its own and no controlling terminal.
//! - **The size of the host does not matter**: its page tables are not copied for a start.
//!
//! What it cannot do: end what a service (`systemd-run`, `docker`, `cron`) starts for a child, or what
//! runs as another user; end what the kernel does not let go; find, without a warden, an orphan that
//! took off the mark by which descendants are known; end anything if host and warden are killed at
//! the same moment. It serves children only while an operation waits: a host that computes for long
//! calls [`Process::status`] now and then. It decides nothing about what may run, knows no script
//! values, and prints nothing.
//!
//! # Beside others
//!
//! | | this | `std` 1.95 | `duct` 1.1 | `process-wrap` 10 | `subprocess` 1.2 |
//! | --- | --- | --- | --- | --- | --- |
//! | waiting drains both streams | always | `output` | what it captures | `wait_with_output` | `join`, `capture`; not `wait` |
//! | timeout | ends all | – | of the wait; nothing is ended | – | of the wait; nothing is ended |
//! | idle timeout | yes | – | – | – | – |
//! | killing reaches grandchildren | yes | – | – | its group, session or job | its group, on request |
//! | … that called `setsid` | yes | – | – | – | – |
//! | nothing stays after `SIGKILL` of the host | with a warden | – | – | – | – |
//! | bounded capture | yes | – | – | – | `limit_size`, per read |
//! | a start from a host of 2 GiB takes | no longer | no longer | 100 times as long for a bare name | 100 times as long in a session | 100 times as long |
//! | pipelines | yes | by hand | yes | by hand | yes |
//! | `async` | – | – | – | Tokio | – |
//! | Windows, macOS | – | yes | yes | yes | yes |
//! | needs a policy's approval | in a `Run` | – | – | – | – |
//!
//! As found in their sources and by trying them on Linux; "100 times" is the order of magnitude. The
//! others are simpler, more portable, and enough where programs behave.

mod attend;
mod child;
mod error;
mod host_input;
mod inlet;
mod keeper;
mod limits;
mod many;
mod orders;
mod output;
mod own;
mod pipeline;
mod process;
mod pump;
mod reading;
mod run;
mod spec;
mod start;
mod sys;
mod waiting;
mod warden;

pub use attend::Teed;
pub use error::{Error, ErrorKind};
pub use host_input::HostInput;
pub use keeper::Launcher;
pub use output::{Chunk, Enforced, ExitStatus, Output, SpillFile, Stream};
pub use own::OwnProcess;
pub use pipeline::{PipelineOutput, StageStatus};
pub use process::{Closing, Process, Status};
pub use reading::{Chunks, Lines};
pub use run::Run;
pub use shape_policy::CancelToken;
pub use spec::{DEFAULT_KILL_GRACE, DEFAULT_MAX_OUTPUT, Limits, Overflow, Sink, Spec, Stdin};
pub use warden::{Warden, be_warden_if_asked};
