//! What to run, and how.

use shape_policy::{Ask, EnvChanges, Quoted, Request};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What a process is given to end by itself after `SIGTERM`, unless the [`Spec`] says otherwise.
pub const DEFAULT_KILL_GRACE: Duration = Duration::from_secs(2);
/// No grace is longer.
const LONGEST_KILL_GRACE: Duration = Duration::from_secs(60 * 60);
/// The bytes of each stream that are kept unread, unless the [`Spec`] says otherwise: 64 MiB.
pub const DEFAULT_MAX_OUTPUT: u64 = 64 << 20;

/// A program to run, with everything that belongs to it.
///
/// ```
/// use shape_process::Spec;
/// use std::time::Duration;
///
/// let spec = Spec::new("git").arg("status").cwd("/srv/site").timeout(Duration::from_secs(10));
/// ```
#[derive(Clone)]
pub struct Spec {
    pub(crate) program: OsString,
    pub(crate) args: Vec<OsString>,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) env: EnvChanges,
    pub(crate) stdin: Option<Stdin>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) kill_grace: Duration,
    pub(crate) max_output: u64,
    pub(crate) overflow: Overflow,
    pub(crate) merge_stderr: bool,
    pub(crate) accept: Option<Vec<i32>>,
}

/// Where a child's standard input comes from.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stdin {
    /// Nothing: the child reads the end of its input. What [`Run::exec`](crate::Run::exec) gives
    /// when nothing else is asked for.
    Null,
    /// A pipe that the host writes to. What [`Run::spawn`](crate::Run::spawn) gives when nothing
    /// else is asked for.
    Pipe,
    /// The host's own standard input.
    Inherit,
    /// A file, given as the descriptor itself. A relative path is relative to the current directory
    /// of the host.
    File(PathBuf),
    /// These bytes, then the end of input.
    Bytes(Vec<u8>),
}

/// What happens when a stream has more unread bytes than [`Spec::max_output`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// The process is ended, and the operation fails with
    /// [`Error::OutputLimit`](crate::Error::OutputLimit).
    #[default]
    Error,
    /// The process runs on. The first and the last half are kept, the middle is counted and dropped.
    /// A character that the cut would go through is dropped whole.
    Truncate,
}

impl Spec {
    /// `program` without arguments, in the host's directory and environment, without limits of time.
    ///
    /// A bare name is looked up on the `PATH` of the child's environment; a name with a `/` is
    /// relative to the current directory of the host, whatever [`Spec::cwd`] says.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            cwd: None,
            env: EnvChanges::default(),
            stdin: None,
            timeout: None,
            kill_grace: DEFAULT_KILL_GRACE,
            max_output: DEFAULT_MAX_OUTPUT,
            overflow: Overflow::default(),
            merge_stderr: false,
            accept: None,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Starts the program in `directory`.
    #[must_use]
    pub fn cwd(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cwd = Some(directory.into());
        self
    }

    /// Adds or replaces one environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.set.push((name.into(), value.into()));
        self
    }

    /// Leaves out one of the host's environment variables.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.env.remove.push(name.into());
        self
    }

    /// Leaves out all of the host's environment variables.
    #[must_use]
    pub fn env_clear(mut self) -> Self {
        self.env.clear = true;
        self
    }

    /// Says where standard input comes from.
    #[must_use]
    pub fn stdin(mut self, stdin: Stdin) -> Self {
        self.stdin = Some(stdin);
        self
    }

    /// Ends the process and everything in its group when it has run this long by the wall clock.
    ///
    /// The group gets `SIGTERM`, at most 100 ms for it (less if [`Spec::kill_grace`] is less), and
    /// `SIGKILL`, so that the operation is back a quarter of a second after the time was up.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The time between `SIGTERM` and `SIGKILL` when the process is closed, dropped, or ended with
    /// the run; [`DEFAULT_KILL_GRACE`] if not said, and never more than an hour.
    #[must_use]
    pub fn kill_grace(mut self, grace: Duration) -> Self {
        self.kill_grace = grace.min(LONGEST_KILL_GRACE);
        self
    }

    /// The bytes of each stream that are kept unread; [`DEFAULT_MAX_OUTPUT`] if not said.
    #[must_use]
    pub fn max_output(mut self, bytes: u64) -> Self {
        self.max_output = bytes;
        self
    }

    /// What happens when there are more.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Sends standard error into standard output, in the order in which they are written.
    #[must_use]
    pub fn merge_stderr(mut self) -> Self {
        self.merge_stderr = true;
        self
    }

    /// The exit codes that count as success for [`Run::exec`](crate::Run::exec) and
    /// [`Process::output`](crate::Process::output), 128 + n for signal n; any, if not said.
    #[must_use]
    pub fn accept(mut self, codes: impl IntoIterator<Item = i32>) -> Self {
        self.accept = Some(codes.into_iter().collect());
        self
    }
}

impl Ask for Spec {
    fn request(&self) -> Request<'_> {
        Request {
            program: &self.program,
            args: &self.args,
            cwd: self.cwd.as_deref(),
            env: &self.env,
        }
    }
}

/// Without the values of the environment and the bytes of the input: they may be secret.
impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("program", &Quoted::new(&self.program))
            .field("args", &self.args)
            .field("cwd", &self.cwd)
            .field("env", &self.env)
            .field("stdin", &self.stdin)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Pipe => f.write_str("Pipe"),
            Self::Inherit => f.write_str("Inherit"),
            Self::File(path) => write!(f, "File({})", Quoted::new(path)),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}
