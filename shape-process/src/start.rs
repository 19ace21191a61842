//! From an approved spec to a running child.

use crate::capture::Capture;
use crate::child::Child;
use crate::ending::Group;
use crate::error::{Error, is_exhaustion};
use crate::inlet::Inlet;
use crate::outlet::Outlet;
use crate::spec::{Spec, Stdin};
use crate::sys::pipe::{self, Pipe};
use crate::sys::{group, reap, spawn};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};
use shape_policy::{Approved, FileId, Program, Quoted, ResolveError, Resolved};
use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;
use std::time::Instant;

/// Starts `approved`, with `default_stdin` if it does not say where its input comes from.
///
/// # Errors
/// [`Error::Resolve`] if the file or the directory is not what it was when it was approved,
/// [`Error::TooBig`], [`Error::Resource`], [`Error::Input`].
pub(crate) fn start(approved: Approved<Spec>, default_stdin: Stdin) -> Result<Child, Error> {
    let (mut spec, resolved) = approved.into_parts();
    let input = Input::open(spec.stdin.take().unwrap_or(default_stdin), &spec.program)?;
    let pipe = |what| pipe::to_host().map_err(|errno| resource(&spec.program, what, errno));
    let stdout = pipe("the pipe of its output")?;
    let stderr = match spec.merge_stderr {
        true => None,
        false => Some(pipe("the pipe of its errors")?),
    };
    let cwd = match resolved.cwd_id() {
        Some(id) => Some(open_cwd(resolved.cwd(), id)?),
        None => None,
    };
    let started = Instant::now();
    resolved.program().check_unchanged()?;
    let pid = spawn::spawn(&spawn::Start {
        path: &c_string(
            resolved.program().executed_path().as_os_str().to_owned(),
            &spec.program,
        )?,
        argv: &argv(&spec)?,
        envp: &envp(&resolved, &spec.program)?,
        cwd: cwd.as_ref().map(|directory| directory.as_fd()),
        stdin: input.theirs.as_ref().map(|input| input.as_fd()),
        stdout: stdout.theirs.as_fd(),
        stderr: stderr.as_ref().unwrap_or(&stdout).theirs.as_fd(),
    })
    .map_err(|errno| spawn_error(&spec.program, &resolved, errno))?;
    let group = watch(pid).map_err(|errno| resource(&spec.program, "watching it", errno))?;
    let outlet = |pipe| Outlet::new(pipe, Capture::new(spec.max_output, spec.overflow));
    Ok(Child {
        group,
        stdin: input.ours,
        stdout: outlet(Some(stdout.ours)),
        stderr: outlet(stderr.map(|pipe| pipe.ours)),
        started,
        timeout: spec.timeout,
        kill_grace: spec.kill_grace,
        accept: spec.accept,
        program: spec.program,
        failure: None,
        released: false,
    })
}

/// Both ends of a child's standard input.
struct Input {
    ours: Inlet,
    /// None if it is the host's own.
    theirs: Option<OwnedFd>,
}

impl Input {
    fn open(stdin: Stdin, program: &OsStr) -> Result<Self, Error> {
        let file = |path: &Path| {
            pipe::open_input(path).map_err(|errno| Error::Input {
                program: program.to_owned(),
                path: path.to_owned(),
                source: errno.into(),
            })
        };
        let pipe =
            || pipe::to_child().map_err(|errno| resource(program, "the pipe of its input", errno));
        Ok(match stdin {
            Stdin::Null => Self {
                ours: Inlet::Closed,
                theirs: Some(file(Path::new("/dev/null"))?),
            },
            Stdin::File(path) => Self {
                ours: Inlet::Closed,
                theirs: Some(file(&path)?),
            },
            Stdin::Inherit => Self {
                ours: Inlet::Closed,
                theirs: None,
            },
            Stdin::Pipe => {
                let Pipe { ours, theirs } = pipe()?;
                Self {
                    ours: Inlet::open(ours),
                    theirs: Some(theirs),
                }
            }
            Stdin::Bytes(bytes) => {
                let Pipe { ours, theirs } = pipe()?;
                Self {
                    ours: Inlet::feeding(ours, bytes),
                    theirs: Some(theirs),
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

/// The group of a process just started, which is ended again if it cannot be watched.
fn watch(pid: Pid) -> Result<Group, Errno> {
    match reap::watch(pid) {
        Ok(pidfd) => Ok(Group::new(pid, pidfd)),
        Err(errno) => {
            group::signal(pid, Signal::KILL);
            reap::wait_for(pid);
            Err(errno)
        }
    }
}

/// The program as it was asked for, and its arguments.
fn argv(spec: &Spec) -> Result<Vec<CString>, Error> {
    let strings = [&spec.program].into_iter().chain(&spec.args);
    strings
        .map(|string| c_string(string.clone(), &spec.program))
        .collect()
}

fn envp(resolved: &Resolved, program: &OsStr) -> Result<Vec<CString>, Error> {
    let join = |(name, value): &(OsString, OsString)| {
        let mut variable = OsString::with_capacity(name.len() + value.len() + 2);
        variable.push(name);
        variable.push("=");
        variable.push(value);
        c_string(variable, program)
    };
    resolved.environment().iter().map(join).collect()
}

/// Resolving has refused NUL bytes already.
fn c_string(string: OsString, program: &OsStr) -> Result<CString, Error> {
    CString::new(string.into_vec()).map_err(|_| Error::Invalid {
        program: program.to_owned(),
        reason: "a NUL byte",
    })
}

fn resource(program: &OsStr, what: &'static str, errno: Errno) -> Error {
    Error::Resource {
        program: program.to_owned(),
        what,
        source: errno.into(),
    }
}

/// What the kernel's answer to the spawn means.
fn spawn_error(program: &OsStr, resolved: &Resolved, errno: Errno) -> Error {
    match errno {
        Errno::TOOBIG => Error::TooBig {
            program: program.to_owned(),
        },
        // A file that is just being written can be executed a moment later.
        Errno::TXTBSY => resource(program, "starting it", errno),
        _ if is_exhaustion(errno) => resource(program, "starting it", errno),
        _ => not_executed(resolved.program(), errno).into(),
    }
}

/// The file may have changed since it was resolved; else it is something that only the kernel sees.
fn not_executed(program: &Program, errno: Errno) -> ResolveError {
    let path = program.executed_path();
    if let Err(error) = Program::at(path) {
        return error;
    }
    let reason = match (errno, program.interpreter()) {
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
