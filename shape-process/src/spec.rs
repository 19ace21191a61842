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
    pub(crate) require_stdin: bool,
    pub(crate) stdout: Sink,
    pub(crate) stderr: Sink,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) kill_grace: Duration,
    pub(crate) limit_grace: Option<Duration>,
    pub(crate) max_output: u64,
    pub(crate) overflow: Overflow,
    pub(crate) merge_stderr: bool,
    pub(crate) transcript: bool,
    pub(crate) fold_progress: bool,
    pub(crate) tee: bool,
    pub(crate) accept: Option<Vec<i32>>,
    pub(crate) limits: Limits,
    pub(crate) detached: bool,
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

/// Where what a child writes to a stream goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sink {
    /// To the host, which captures it.
    #[default]
    Capture,
    /// To where the host's own stream of that name goes. Nothing of it is seen by the host.
    Inherit,
    /// Nowhere.
    Null,
}

/// What the kernel lets every single process of a command use; unlimited where absent.
///
/// # Source
/// setrlimit(2)
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Time on the processor, in whole seconds, rounded up. A process that needs more is sent
    /// `SIGXCPU`, and `SIGKILL` a second later. `RLIMIT_CPU`.
    pub cpu: Option<Duration>,
    /// Bytes of address space. Allocations beyond fail. `RLIMIT_AS`.
    pub memory: Option<u64>,
    /// Open descriptors. `RLIMIT_NOFILE`.
    pub files: Option<u64>,
    /// Processes and threads of the user, whoever started them. A privileged user is not held to it,
    /// which [`Output::enforced`](crate::Output::enforced) tells. `RLIMIT_NPROC`.
    pub processes: Option<u64>,
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
    /// As `Truncate`, and the whole stream, from the first byte that was not read then, goes to a
    /// file, which [`Output::stdout_file`](crate::Output::stdout_file) names: in a directory
    /// `shape-UID` of the user's own under the temporary directory. It can be looked at with
    /// [`SpillFile`](crate::SpillFile), and is kept until somebody removes it. A stream that fits
    /// makes no file. If the file cannot be made or written, the process is ended, and the operation
    /// fails with [`Error::Spill`](crate::Error::Spill).
    Spill,
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
            require_stdin: false,
            stdout: Sink::default(),
            stderr: Sink::default(),
            timeout: None,
            idle_timeout: None,
            kill_grace: DEFAULT_KILL_GRACE,
            limit_grace: None,
            max_output: DEFAULT_MAX_OUTPUT,
            overflow: Overflow::default(),
            merge_stderr: false,
            transcript: false,
            fold_progress: false,
            tee: false,
            accept: None,
            limits: Limits::default(),
            detached: false,
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

    /// Gives the program these bytes as its standard input, and then its end.
    #[must_use]
    pub fn stdin_bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin(Stdin::Bytes(bytes.into()))
    }

    /// Makes it an error, [`Error::BrokenPipe`](crate::Error::BrokenPipe), if the process ends or
    /// closes its standard input before it was given all of [`Stdin::Bytes`].
    #[must_use]
    pub fn require_stdin(mut self) -> Self {
        self.require_stdin = true;
        self
    }

    /// Says where standard output goes; it is captured if not said.
    #[must_use]
    pub fn stdout(mut self, sink: Sink) -> Self {
        self.stdout = sink;
        self
    }

    /// Says where standard error goes; it is captured if not said.
    #[must_use]
    pub fn stderr(mut self, sink: Sink) -> Self {
        self.stderr = sink;
        self
    }

    /// Ends the process and all its descendants when it has run this long by the wall clock.
    ///
    /// The group gets `SIGTERM`, at most 60 ms for it (less if [`Spec::kill_grace`] is less), and
    /// what is left `SIGKILL`, so that the operation is back a quarter of a second after the time
    /// was up. [`Spec::limit_grace`] gives it more.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// As [`Spec::timeout`], when no byte has come on either captured stream for this long.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// The time between `SIGTERM` and `SIGKILL` when the process is closed, dropped, or ended with
    /// the run; [`DEFAULT_KILL_GRACE`] if not said, and never more than an hour.
    #[must_use]
    pub fn kill_grace(mut self, grace: Duration) -> Self {
        self.kill_grace = grace.min(LONGEST_KILL_GRACE);
        self
    }

    /// The time between `SIGTERM` and `SIGKILL` when a limit was hit, such as [`Spec::timeout`]; if not
    /// said 60 ms, or [`Spec::kill_grace`] if that is less. Never more than an hour.
    #[must_use]
    pub fn limit_grace(mut self, grace: Duration) -> Self {
        self.limit_grace = Some(grace.min(LONGEST_KILL_GRACE));
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

    /// Keeps every piece of output with its stream and its time, in
    /// [`Output::transcript`](crate::Output::transcript).
    #[must_use]
    pub fn transcript(mut self) -> Self {
        self.transcript = true;
        self
    }

    /// Keeps of a line that is written over with carriage returns, as by a progress bar, only what a
    /// terminal would show in the end: `10%\r20%\r100%\n` becomes `100%\n`. Erasing to the end of the
    /// line (`ESC [ K`) is understood too. Every character is one column wide.
    ///
    /// A line arrives when it has ended, also a prompt; one of more than 64 KiB arrives as it stands.
    #[must_use]
    pub fn fold_progress(mut self) -> Self {
        self.fold_progress = true;
        self
    }

    /// Keeps a second copy of what arrives on captured streams, to be passed on by
    /// [`Process::tee_or`](crate::Process::tee_or). A stream of which 256 KiB were not taken is not
    /// read until they are: the process waits, as one waits whose output nobody reads, and meanwhile
    /// [`Spec::idle_timeout`] does not run.
    #[must_use]
    pub fn tee(mut self) -> Self {
        self.tee = true;
        self
    }

    /// Limits what every single process of the command may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets the process outlive the run, and the host. It is started in a session of its own, without
    /// streams, and is ended by nobody unless it is asked for. The policy has to allow it:
    /// [`ProcessGrant::allow_detached`](shape_policy::ProcessGrant::allow_detached).
    #[must_use]
    pub fn detached(mut self) -> Self {
        self.detached = true;
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

    fn is_detached(&self) -> bool {
        self.detached
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
