//! What happens when the system refuses: whichever call fails, the outcome is success or an error, never
//! a panic or a hang, and neither a process nor a descriptor is left behind.
//!
//! strace(1) makes calls fail, in a host, which is this test program again, or in its warden. Where
//! there is no strace, or it is not allowed to trace, nothing is tested.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::print_stdout, reason = "it tells what was not tested")]

mod common;

use common::trees::{Marker, children_of, run_by, warden};
use common::{approve, is_alive};
use libtest_mimic::{Arguments, Failed, Trial};
use shape_process::Stream::Stdout;
use shape_process::{ErrorKind, Launcher, Limits, Run, Spec, Stdin};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// A host is done long before.
const HANGS: Duration = Duration::from_secs(10);
/// How soon the warden has closed what a command needed.
const SOON: Duration = Duration::from_secs(1);
/// Which calls of a kind are made to fail, one at a time, unless `SHAPE_TEST_FAULTS` says another number.
const DEFAULT_DEPTH: usize = 2;

/// A call, what it fails with, and whether it is one that a new process makes before it executes its
/// program.
const FAULTS: [(&str, &str, Process); 38] = [
    ("pipe2", "EMFILE", Process::Itself),
    ("openat", "EMFILE", Process::Itself),
    ("openat", "ENOENT", Process::Itself),
    ("read", "EIO", Process::Itself),
    ("read", "EINTR", Process::Itself),
    ("read", "EAGAIN", Process::Itself),
    ("write", "EIO", Process::Itself),
    ("write", "EAGAIN", Process::Itself),
    ("poll", "ENOMEM", Process::Itself),
    ("poll", "EINTR", Process::Itself),
    ("ppoll", "ENOMEM", Process::Itself),
    ("epoll_create1", "EMFILE", Process::Itself),
    ("epoll_ctl", "ENOMEM", Process::Itself),
    ("epoll_ctl", "ENOSPC", Process::Itself),
    ("epoll_wait", "EINTR", Process::Itself),
    ("epoll_pwait2", "ENOMEM", Process::Itself),
    ("eventfd2", "EMFILE", Process::Itself),
    ("socketpair", "EMFILE", Process::Itself),
    ("sendmsg", "ENOBUFS", Process::Itself),
    ("sendmsg", "EPIPE", Process::Itself),
    ("recvmsg", "ENOMEM", Process::Itself),
    ("recvmsg", "EINTR", Process::Itself),
    ("mmap", "ENOMEM", Process::Itself),
    ("mprotect", "ENOMEM", Process::Itself),
    ("fcntl", "EMFILE", Process::Itself),
    ("clone3", "EAGAIN", Process::Itself),
    ("clone3", "ENOSYS", Process::Itself),
    ("clone", "ENOMEM", Process::Itself),
    ("waitid", "EINTR", Process::Itself),
    ("waitid", "ECHILD", Process::Itself),
    ("pidfd_open", "EMFILE", Process::Itself),
    ("getdents64", "ENOMEM", Process::Itself),
    ("prlimit64", "EPERM", Process::AndNewOnes),
    ("dup3", "EBUSY", Process::AndNewOnes),
    ("close_range", "ENOMEM", Process::AndNewOnes),
    ("execve", "ENOMEM", Process::AndNewOnes),
    ("execveat", "ENOMEM", Process::AndNewOnes),
    ("execveat", "ENOSYS", Process::AndNewOnes),
];

#[derive(Debug, Clone, Copy)]
enum Process {
    Itself,
    AndNewOnes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    Direct,
    HostOfWarden,
    Warden,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [role, setting, marker, directory] = args.as_slice()
        && role == "host"
    {
        return host(setting, &Marker::named(marker), Path::new(directory));
    }
    let arguments = Arguments::from_args();
    if !can_trace() {
        println!("strace is not there, or not allowed: nothing is tested");
        return ExitCode::SUCCESS;
    }
    // Builds the test child.
    let _ = shape_testchild::path();
    let settings = [Setting::Direct, Setting::HostOfWarden, Setting::Warden];
    let trials = settings
        .into_iter()
        .flat_map(|setting| FAULTS.map(|fault| trial(setting, fault)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(setting: Setting, (call, errno, process): (&'static str, &str, Process)) -> Trial {
    let errno = errno.to_owned();
    let name = format!("{setting:?} {call} {errno}");
    Trial::test(name, move || {
        let depth = std::env::var("SHAPE_TEST_FAULTS")
            .map_or(DEFAULT_DEPTH, |depth| depth.parse().unwrap());
        let failures: Vec<String> = (1..=depth)
            .filter_map(|nth| {
                let fault = format!("{call}:error={errno}:when={nth}");
                check(setting, call, &fault, process)
                    .err()
                    .map(|failure| format!("{fault}: {failure}"))
            })
            .collect();
        match failures.is_empty() {
            true => Ok(()),
            false => Err(Failed::from(failures.join("\n"))),
        }
    })
}

#[allow(clippy::disallowed_methods, reason = "it traces the engine")]
fn strace() -> Command {
    let mut strace = Command::new("strace");
    strace
        .args(["-qq", "-o", "/dev/null"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    strace
}

fn can_trace() -> bool {
    let victim = match command(shape_testchild::path(), &["sleep", "60"]).spawn() {
        Ok(victim) => victim,
        Err(_) => return false,
    };
    let tracer = attach(
        victim.id(),
        "read",
        "read:error=EIO:when=100",
        Process::Itself,
    );
    let can = tracer.is_ok();
    let _ = tracer.map(end);
    end(victim);
    can
}

#[allow(clippy::disallowed_methods, reason = "the engine is what is tested")]
fn command(program: impl AsRef<Path>, args: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(args).stdin(Stdio::null());
    command
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Has a process traced, and returns when it is.
fn attach(pid: u32, call: &str, fault: &str, process: Process) -> Result<Child, String> {
    let mut strace = strace();
    if let Process::AndNewOnes = process {
        strace.arg("-f");
    }
    let mut tracer = strace
        .arg(format!("--trace={call}"))
        .arg(format!("--inject={fault}"))
        .arg(format!("--attach={pid}"))
        .spawn()
        .map_err(|error| error.to_string())?;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let is_traced = status
            .lines()
            .any(|line| line.starts_with("TracerPid:") && line != "TracerPid:\t0");
        if is_traced {
            return Ok(tracer);
        }
        if let Ok(Some(status)) = tracer.try_wait() {
            return Err(format!("strace: {status}"));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A host that waits to be told.
struct Host {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    directory: tempfile::TempDir,
}

impl Host {
    fn start(setting: Setting, marker: &Marker) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let setting = match setting {
            Setting::Direct => "direct",
            Setting::HostOfWarden | Setting::Warden => "warden",
        };
        let path = directory.path().to_str().unwrap();
        let mut child = command(
            std::env::current_exe().unwrap(),
            &["host", setting, marker.as_str(), path],
        )
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Self {
            child,
            lines,
            directory,
        }
    }

    fn next_line(&self) -> Result<String, String> {
        self.lines
            .recv_timeout(HANGS)
            .map_err(|error| format!("the host says nothing: {error}"))
    }

    fn tell(&self, what: &str) {
        std::fs::write(self.directory.path().join(what), "").unwrap();
    }

    fn wardens(&self) -> Vec<i32> {
        children_of(&self.child.id().to_string())
    }

    /// The descriptors of the host and its wardens.
    fn descriptors(&self) -> Vec<usize> {
        let host = self.child.id().cast_signed();
        [host]
            .into_iter()
            .chain(self.wardens())
            // A child that nobody could collect because it was hidden is no other process.
            .filter(|pid| is_alive(pid.cast_unsigned()))
            .filter_map(|pid| Some(std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count()))
            .collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is wrong when a call fails in a host or its warden.
fn check(setting: Setting, call: &str, fault: &str, process: Process) -> Result<(), String> {
    let marker = Marker::new();
    let mut host = Host::start(setting, &marker);
    let up = host.next_line()?;
    if up != "up" {
        return Err(format!("not up: {up}"));
    }
    let wardens = host.wardens();
    let victim = match (setting, wardens.first()) {
        (Setting::Direct | Setting::HostOfWarden, _) => host.child.id(),
        (Setting::Warden, Some(warden)) => warden.cast_unsigned(),
        (Setting::Warden, None) => return Err("there is no warden".to_owned()),
    };
    let before = host.descriptors();
    let tracer = attach(victim, call, fault, process)?;
    host.tell("go");
    let checked = host.next_line().and_then(|outcome| {
        check_left(&host, &marker, &before, &wardens)
            .map_err(|failure| format!("{failure}\n  the outcome was {outcome}"))
    });
    end(tracer);
    checked?;
    host.tell("end");
    let start = Instant::now();
    loop {
        match host.child.try_wait().unwrap() {
            Some(status) if matches!(status.code(), Some(0 | 1)) => return Ok(()),
            Some(status) => return Err(format!("the host ended with {status}")),
            None if start.elapsed() > HANGS => return Err("the host hangs at its end".to_owned()),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// What is wrong with what is there after all has been done.
fn check_left(
    host: &Host,
    marker: &Marker,
    before: &[usize],
    wardens: &[i32],
) -> Result<(), String> {
    let start = Instant::now();
    loop {
        let (alive, now) = (marker.alive(), host.descriptors());
        let warden_is_lost = wardens.iter().any(|pid| !is_alive(pid.cast_unsigned()));
        if alive.is_empty() && (now == before || warden_is_lost) {
            return Ok(());
        }
        if start.elapsed() > SOON {
            return Err(format!(
                "alive: {alive:?}; descriptors: {before:?} before, {now:?} now"
            ));
        }
    }
}

/// Brings a run up, waits until it is told to go, does all kinds of things, says what came of it, and
/// waits until it is told to end. Ends with 1 if something failed.
fn host(setting: &str, marker: &Marker, directory: &Path) -> ExitCode {
    let launcher = match setting {
        "direct" => Launcher::Direct,
        _ => warden(),
    };
    let run = run_by(&launcher);
    run.exec(approve(marker.child(&["echo", "x"]))).unwrap();
    say("up");
    await_file(&directory.join("go"));
    let result = work(&run, marker).and_then(|()| {
        let cancel = shape_process::CancelToken::new().map_err(|error| error.to_string())?;
        let run = Run::with_launcher(cancel, &launcher).map_err(|error| error.to_string())?;
        work(&run, marker)
    });
    // Whatever has failed, the run serves on, unless its warden is lost.
    let again = run.exec(approve(marker.child(&["echo", "x"])));
    let again = again.map(|output| output.status);
    // What was dropped has ended by then.
    let _ = run.serve_for(Duration::from_millis(20));
    say(&format!("{result:?}, then {again:?}").replace('\n', " "));
    await_file(&directory.join("end"));
    ExitCode::from(u8::from(result.is_err()))
}

/// Says a line, also if the first attempts are made to fail.
fn say(line: &str) {
    let line = format!("{line}\n");
    while std::io::stdout().write_all(line.as_bytes()).is_err() {}
}

/// Waits for a file without calls that are made to fail.
fn await_file(path: &Path) {
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What failed first of all that a run can do.
fn work(run: &Run, marker: &Marker) -> Result<(), String> {
    expect_status(run, marker.child(&["tree", "daemon-holding", "leave"]))?;
    expect_status(
        run,
        marker.child(&["fail", "0", "text"]).cwd("/").merge_stderr(),
    )?;
    let limits = Limits {
        files: Some(20),
        ..Limits::default()
    };
    expect_status(run, marker.child(&["echo", "x"]).limits(limits))?;
    let input = Stdin::Bytes(vec![b'x'; 200_000]);
    expect_status(run, marker.child(&["cat"]).stdin(input))?;
    expect_status(
        run,
        marker
            .child(&["cat"])
            .stdin(Stdin::File("/etc/passwd".into())),
    )?;
    talk(run, marker).map_err(|error| error.to_string())?;
    let late = marker
        .child(&["tree", "own-session", "stay"])
        .timeout(Duration::from_millis(50));
    match run.exec(approve(late)) {
        Err(error) if error.kind() == ErrorKind::Timeout => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(output) => Err(format!("no timeout, but {}", output.status)),
    }
}

fn expect_status(run: &Run, spec: Spec) -> Result<(), String> {
    match run.exec(approve(spec)).map(|output| output.status) {
        Ok(0) => Ok(()),
        Ok(status) => Err(format!("status {status}")),
        Err(error) => Err(error.to_string()),
    }
}

fn talk(run: &Run, marker: &Marker) -> Result<(), shape_process::Error> {
    let process = run.spawn(approve(marker.child(&["upper"])))?;
    process.write(b"line\n")?;
    process.read_line(Stdout)?;
    process.wait()?;
    // Dropped while it runs.
    run.spawn(approve(marker.child(&["sleep", "60"]))).map(drop)
}
