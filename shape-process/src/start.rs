//! From an approved spec to a running child.

use crate::child::{Child, Ending, Life};
use crate::error::{Error, is_exhaustion};
use crate::inlet::Inlet;
use crate::keeper::{Keeper, Start, StartError, Stdio, number};
use crate::limits;
use crate::orders::Key;
use crate::output::outlet::Outlet;
use crate::output::{Enforced, Stream};
use crate::spec::{Sink, Spec, Stdin};
use crate::sys::pipe::{self, Pipe};
use crate::sys::spawn::{HasNul, SpawnError, Stage, Strings};
use rustix::io::Errno;
use rustix::process::Pid;
use shape_policy::{Approved, FileId, Interpreter, Program, Quoted, ResolveError, Resolved};
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Instant;

/// Starts what was approved under `key`, with `default_stdin` if it does not say where its input comes
/// from, and with the streams of `wiring` instead of its own.
///
/// # Errors
/// [`Error::Resolve`] if the file or the directory is not what it was when it was approved,
/// [`Error::TooBig`], [`Error::Resource`], [`Error::Input`], [`Error::Invalid`].
pub(crate) fn start(
    keeper: &mut Keeper,
    key: Key,
    approved: &Approved<Spec>,
    default_stdin: &Stdin,
    wiring: Wiring,
) -> Result<Started, Error> {
    let (spec, resolved) = (approved.spec(), approved.resolved());
    let stdin = spec.stdin.as_ref().unwrap_or(default_stdin);
    let in_company = wiring.in_company;
    let streams = Streams::open(spec, stdin, wiring)?;
    let cwd = match resolved.cwd_id() {
        Some(id) => Some(open_cwd(resolved.cwd(), id)?),
        None => None,
    };
    let (limits, enforced) = limits::of(&spec.limits);
    let at = Instant::now();
    let image = Image::open(spec, resolved.program())?;
    let envp = envp(resolved, &spec.program)?;
    let mut execute = |image: Image<'_>, envp| {
        let start = Start {
            file: image.file.map(|program| program.as_fd()),
            path: &image.path,
            argv: image.argv,
            envp,
            cwd: cwd.as_ref().map(|directory| directory.as_fd()),
            streams: streams.theirs(),
            limits: limits.clone(),
            is_detached: spec.detached,
        };
        keeper.start(key, start)
    };
    let pid = match execute(image, envp) {
        // An interpreter that the kernel adds (binfmt_misc, or of a script that may not be read) cannot
        // open a descriptor that is closed by then; and filters may know `execve` only.
        Err(StartError::Kernel(SpawnError {
            stage: Stage::Exec,
            errno: Errno::NOENT | Errno::NOSYS | Errno::PERM,
        })) => execute(
            Image::at_path(spec, resolved.program())?,
            self::envp(resolved, &spec.program)?,
        ),
        started => started,
    };
    let pid = pid.map_err(|error| start_error(&spec.program, resolved, error))?;
    Ok(Started {
        pid,
        at,
        stdin: streams.stdin.ours,
        stdout: streams.stdout.ours,
        stderr: streams.stderr.ours,
        enforced,
        in_company,
    })
}

/// What is executed, and with what arguments.
struct Image<'a> {
    /// Executed by its descriptor, if that can be.
    file: Option<&'a Program>,
    path: CString,
    argv: Strings,
}

impl<'a> Image<'a> {
    /// The file that was decided on, or for a script the interpreter that was. What is at their paths by
    /// now does not matter; only a script is opened by its path, by its interpreter, a moment later.
    ///
    /// # Errors
    /// [`ResolveError::Changed`] and others if it is not as it was.
    fn open(spec: &Spec, program: &'a Program) -> Result<Self, Error> {
        let Some(executed) = program.executed() else {
            return Self::at_path(spec, program);
        };
        let mut argv = Strings::new();
        let mut words = program.words_before_arguments();
        if words.is_empty() {
            words.push(&spec.program);
        }
        let args = spec.args.iter().map(|arg| arg.as_os_str());
        for word in words.into_iter().chain(args) {
            argv.push(&[word.as_bytes()])
                .map_err(|HasNul| has_nul(&spec.program))?;
        }
        let path = c_string(executed.canonical().as_os_str(), &spec.program)?;
        program.check_unchanged()?;
        Ok(Self {
            file: Some(executed),
            path,
            argv,
        })
    }

    /// What is at the path of the file that was decided on.
    ///
    /// # Errors
    /// [`ResolveError::Changed`] and others if that is not the file, as it was.
    fn at_path(spec: &Spec, program: &Program) -> Result<Self, Error> {
        let path = c_string(program.executed_path().as_os_str(), &spec.program)?;
        let argv = argv(spec)?;
        program.check_unchanged()?;
        program.check_path()?;
        Ok(Self {
            file: None,
            path,
            argv,
        })
    }
}

/// A process that has been started, and the host's ends of its streams.
pub(crate) struct Started {
    pid: Pid,
    at: Instant,
    stdin: Inlet,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
    enforced: Enforced,
    in_company: bool,
}

impl Started {
    /// The child, by the spec that it was started by.
    pub(crate) fn into_child(self, approved: Approved<Spec>) -> Child {
        let (spec, _, mut ticket) = approved.into_parts();
        ticket.started(number(self.pid));
        // Of what nobody captures nobody can say that nothing comes.
        let is_captured = self.stdout.is_some() || self.stderr.is_some();
        let outlet = |pipe, stream| Outlet::new(pipe, stream, &spec, self.at);
        let stdout = outlet(self.stdout, Stream::Stdout);
        let stderr = outlet(self.stderr, Stream::Stderr);
        let mut stdin = self.stdin;
        if let Some(Stdin::Bytes(bytes)) = spec.stdin {
            stdin.give(bytes);
        }
        Child {
            pid: self.pid,
            stdin,
            stdout,
            stderr,
            started: self.at,
            timeout: spec.timeout,
            idle_timeout: spec.idle_timeout.filter(|_| is_captured),
            kill_grace: spec.kill_grace,
            limit_grace: spec.limit_grace,
            accept: spec.accept,
            require_stdin: spec.require_stdin,
            enforced: self.enforced,
            is_detached: spec.detached,
            program: spec.program,
            life: Life::Running,
            ending: Ending::Natural,
            failure: None,
            last_byte: self.at,
            waiting_for_input: false,
            leftovers: Vec::new(),
            survivors: Vec::new(),
            released: false,
            in_company: self.in_company,
            timer: None,
            ticket,
        }
    }
}

/// Streams that a child shares with others, in place of those that its spec asks for.
#[derive(Debug, Default)]
pub(crate) struct Wiring {
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) stdout: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
    /// The host's end of a standard error that others write too.
    pub(crate) joint_stderr: Option<OwnedFd>,
    /// It belongs with others; see [`Child::in_company`].
    pub(crate) in_company: bool,
}

/// The standard streams of a child, our ends and its own.
struct Streams {
    stdin: Input,
    stdout: OutputEnds,
    stderr: OutputEnds,
}

/// Both ends of a stream that a child writes.
struct OutputEnds {
    ours: Option<OwnedFd>,
    theirs: Theirs,
}

/// A stream as the child gets it.
enum Theirs {
    Null,
    /// The host's own.
    Own,
    Descriptor(OwnedFd),
    /// Where standard output goes.
    AsStdout,
}

impl Streams {
    fn open(spec: &Spec, stdin: &Stdin, wiring: Wiring) -> Result<Self, Error> {
        let stdin = match wiring.stdin {
            Some(theirs) => Input {
                ours: Inlet::Closed,
                theirs: Theirs::Descriptor(theirs),
            },
            None if spec.detached => Input::null(),
            None => Input::open(stdin, &spec.program)?,
        };
        let stdout = OutputEnds::open(spec, wiring.stdout, spec.stdout, "the pipe of its output")?;
        let mut stderr = match wiring.stderr {
            None if spec.merge_stderr => OutputEnds {
                ours: None,
                theirs: Theirs::AsStdout,
            },
            wired => OutputEnds::open(spec, wired, spec.stderr, "the pipe of its errors")?,
        };
        if wiring.joint_stderr.is_some() {
            stderr.ours = wiring.joint_stderr;
        }
        Ok(Self {
            stdin,
            stdout,
            stderr,
        })
    }

    fn theirs(&self) -> [Stdio<'_>; 3] {
        let stdout = self.stdout.theirs.stdio(Stdio::Null);
        [
            self.stdin.theirs.stdio(Stdio::Null),
            stdout,
            self.stderr.theirs.stdio(match self.stdout.theirs {
                // Its number is another one here.
                Theirs::Own => Stdio::Descriptor(rustix::stdio::stdout()),
                _ => stdout,
            }),
        ]
    }
}

impl OutputEnds {
    fn open(
        spec: &Spec,
        wired: Option<OwnedFd>,
        sink: Sink,
        what: &'static str,
    ) -> Result<Self, Error> {
        let theirs = match (wired, sink) {
            (Some(theirs), _) => Theirs::Descriptor(theirs),
            (None, Sink::Inherit) => Theirs::Own,
            (None, Sink::Null) => Theirs::Null,
            (None, Sink::Capture) if spec.detached => Theirs::Null,
            (None, Sink::Capture) => {
                let Pipe { ours, theirs } =
                    pipe::to_host().map_err(|errno| resource(&spec.program, what, errno))?;
                return Ok(Self {
                    ours: Some(ours),
                    theirs: Theirs::Descriptor(theirs),
                });
            }
        };
        Ok(Self { ours: None, theirs })
    }
}

impl Theirs {
    fn stdio<'a>(&'a self, stdout: Stdio<'a>) -> Stdio<'a> {
        match self {
            Self::Null => Stdio::Null,
            Self::Own => Stdio::Own,
            Self::Descriptor(descriptor) => Stdio::Descriptor(descriptor.as_fd()),
            Self::AsStdout => stdout,
        }
    }
}

/// Both ends of a child's standard input.
struct Input {
    ours: Inlet,
    theirs: Theirs,
}

impl Input {
    fn null() -> Self {
        Self {
            ours: Inlet::Closed,
            theirs: Theirs::Null,
        }
    }

    fn open(stdin: &Stdin, program: &OsStr) -> Result<Self, Error> {
        let pipe =
            || pipe::to_child().map_err(|errno| resource(program, "the pipe of its input", errno));
        Ok(match stdin {
            Stdin::Null => Self::null(),
            Stdin::File(path) => {
                let (file, held_open) = pipe::open_input(path).map_err(|errno| Error::Input {
                    program: program.to_owned(),
                    path: path.clone(),
                    source: errno.into(),
                })?;
                Self {
                    ours: held_open.map_or(Inlet::Closed, Inlet::HeldOpen),
                    theirs: Theirs::Descriptor(file),
                }
            }
            Stdin::Inherit => Self {
                ours: Inlet::Closed,
                theirs: Theirs::Own,
            },
            Stdin::Pipe => {
                let Pipe { ours, theirs } = pipe()?;
                Self {
                    ours: Inlet::open(ours),
                    theirs: Theirs::Descriptor(theirs),
                }
            }
            Stdin::Bytes(_) => {
                let Pipe { ours, theirs } = pipe()?;
                Self {
                    ours: Inlet::open(ours),
                    theirs: Theirs::Descriptor(theirs),
                }
            }
        })
    }
}

/// The directory at `path`, if it is the approved one.
fn open_cwd(path: &Path, approved: FileId) -> Result<OwnedFd, ResolveError> {
    let failed = |errno: Errno| {
        let path = path.to_owned();
        let reason = io::Error::from(errno).to_string();
        match is_exhaustion(errno) {
            true => ResolveError::Resource { path, reason },
            false => ResolveError::BadCwd { path, reason },
        }
    };
    let directory = pipe::open_directory(path).map_err(failed)?;
    let stat = rustix::fs::fstat(&directory).map_err(failed)?;
    if FileId::from(&stat) != approved {
        let path = path.to_owned();
        return Err(ResolveError::Changed { path });
    }
    Ok(directory)
}

/// The program as it was asked for, and its arguments.
fn argv(spec: &Spec) -> Result<Strings, Error> {
    let mut argv = Strings::new();
    for string in [&spec.program].into_iter().chain(&spec.args) {
        argv.push(&[string.as_bytes()])
            .map_err(|HasNul| has_nul(&spec.program))?;
    }
    Ok(argv)
}

fn envp(resolved: &Resolved, program: &OsStr) -> Result<Strings, Error> {
    let environment = resolved.environment();
    let bytes = environment
        .iter()
        .map(|(name, value)| name.len() + value.len() + 2);
    let mut envp = Strings::with_capacity(bytes.sum());
    for (name, value) in environment {
        envp.push(&[name.as_bytes(), b"=", value.as_bytes()])
            .map_err(|HasNul| has_nul(program))?;
    }
    Ok(envp)
}

fn c_string(string: &OsStr, program: &OsStr) -> Result<CString, Error> {
    CString::new(string.as_bytes()).map_err(|_| has_nul(program))
}

/// Resolving has refused NUL bytes already.
fn has_nul(program: &OsStr) -> Error {
    Error::Invalid {
        program: program.to_owned(),
        reason: "a NUL byte",
    }
}

fn resource(program: &OsStr, what: &'static str, errno: Errno) -> Error {
    Error::Resource {
        program: program.to_owned(),
        what,
        source: errno.into(),
    }
}

/// What went wrong, in the words of whoever asked.
fn start_error(program: &OsStr, resolved: &Resolved, error: StartError) -> Error {
    match error {
        StartError::Kernel(error) => spawn_error(program, resolved, error),
        StartError::Warden(source) => Error::Resource {
            program: program.to_owned(),
            what: "starting it: the helper that starts processes cannot be reached",
            source,
        },
    }
}

/// What the kernel's answer to the spawn means.
fn spawn_error(program: &OsStr, resolved: &Resolved, error: SpawnError) -> Error {
    match (error.stage, error.errno) {
        (Stage::Exec, Errno::TOOBIG) => Error::TooBig {
            program: program.to_owned(),
        },
        // A file that is just being written can be executed a moment later.
        (Stage::Exec, errno) if errno != Errno::TXTBSY && !is_exhaustion(errno) => {
            not_executed(resolved.program(), errno).into()
        }
        (_, errno) => resource(program, "starting it", errno),
    }
}

/// The file may have changed since it was resolved; else it is something that only the kernel sees.
fn not_executed(program: &Program, errno: Errno) -> ResolveError {
    let path = program.executed_path();
    if let Err(error) = Program::at(path) {
        return error;
    }
    if errno == Errno::STALE {
        let path = path.to_owned();
        return ResolveError::Changed { path };
    }
    let interpreter = program.interpreter().map(Interpreter::written);
    let reason = match (errno, interpreter) {
        (Errno::NOENT | Errno::NOTDIR, Some(interpreter)) => {
            return ResolveError::BadInterpreter {
                path: path.to_owned(),
                interpreter: interpreter.to_owned(),
            };
        }
        (_, Some(interpreter)) => {
            let interpreter = Quoted::new(interpreter);
            format!("its interpreter {interpreter}: {}", io::Error::from(errno))
        }
        (Errno::NOEXEC, None) => "it is neither a binary nor a script with a `#!` line".to_owned(),
        (Errno::NOENT, None) => "the loader that it names does not exist".to_owned(),
        (_, None) => io::Error::from(errno).to_string(),
    };
    ResolveError::NotExecutable {
        path: path.to_owned(),
        reason,
    }
}
