//! All ways of starting a process, held against the same tests with real processes.

#![allow(unsafe_code)]

use super::{Leads, METHODS, Method, Rlimit, SpawnError, Stage, Start, Started, Strings};
use crate::output::ExitStatus;
use crate::sys::reap::{self, Exit};
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, FdFlags};
use rustix::process::{Pid, Signal};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{PipeReader, Read as _};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, IntoRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;

/// Calls `test` with each way of starting a process. It runs in a thread that has a table of
/// descriptors of its own, with `/dev/null` as 0, 1 and 2, so that tests cannot see or disturb what
/// others have open.
fn with_each_method(test: fn(Method)) {
    for &method in METHODS {
        let thread = thread::spawn(move || {
            own_table();
            test(method);
        });
        thread.join().unwrap();
    }
}

fn own_table() {
    // SAFETY: this thread has opened nothing yet, and uses nothing that another one has opened.
    unsafe {
        rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::FILES).unwrap();
        assert_eq!(libc::close_range(0, u32::MAX, 0), 0);
    }
    for number in 0..3 {
        assert_eq!(open(Path::new("/dev/null")).into_raw_fd(), number);
    }
}

/// Opened to read and write if possible, and closed on exec.
fn open(path: &Path) -> OwnedFd {
    let open = |flags| rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty());
    open(OFlags::RDWR)
        .or_else(|_| open(OFlags::RDONLY))
        .unwrap()
}

fn strings<'a>(list: impl IntoIterator<Item = &'a str>) -> Strings {
    let mut strings = Strings::new();
    for string in list {
        strings.push(&[string.as_bytes()]).unwrap();
    }
    strings
}

/// A program to start, which can be asked for in different ways.
struct Command {
    path: CString,
    argv: Strings,
    envp: Strings,
}

impl Command {
    fn new(path: impl AsRef<Path>, args: &[&str]) -> Self {
        let path = path.as_ref();
        Self {
            path: CString::new(path.as_os_str().as_bytes()).unwrap(),
            argv: strings(["name"].into_iter().chain(args.iter().copied())),
            envp: strings(["A=1"]),
        }
    }

    fn shell(script: &str) -> Self {
        Self::new("/bin/sh", &["-c", script])
    }

    fn start(&self) -> Start<'_> {
        Start {
            file: None,
            path: &self.path,
            argv: &self.argv,
            envp: &self.envp,
            cwd: None,
            stdin: None,
            stdout: None,
            stderr: None,
            leads: Leads::Group,
            rlimits: &[],
            may_ignore_signals: true,
        }
    }
}

/// Waits for the child, and gives how it ended.
fn wait(child: Started) -> Exit {
    let mut readable = [rustix::event::PollFd::new(
        &child.pidfd,
        rustix::event::PollFlags::IN,
    )];
    rustix::io::retry_on_intr(|| rustix::event::poll(&mut readable, None)).unwrap();
    reap::reap(&child.pidfd).unwrap()
}

fn end(child: Started) {
    rustix::process::kill_process(child.pid, Signal::KILL).unwrap();
    wait(child);
}

fn exited(code: i32) -> Exit {
    Exit::Status(ExitStatus::exited(code))
}

/// What the command prints, when it has ended well.
fn output_of(method: Method, start: Start<'_>) -> String {
    let (reader, writer) = std::io::pipe().unwrap();
    let child = method(&Start {
        stdout: Some(writer.as_fd()),
        ..start
    })
    .unwrap();
    drop(writer);
    let output = read(reader);
    assert_eq!(wait(child), exited(0), "{output}");
    output
}

fn read(mut reader: PipeReader) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}

/// The children of this thread, also zombies.
fn children() -> String {
    fs::read_to_string("/proc/thread-self/children").unwrap()
}

/// The descriptors of this thread.
fn descriptors() -> usize {
    fs::read_dir("/proc/thread-self/fd").unwrap().count()
}

#[track_caller]
fn fails(method: Method, start: &Start<'_>, stage: Stage, errno: Errno) {
    let before = descriptors();
    let error = method(start).unwrap_err();
    assert_eq!(error, SpawnError { stage, errno });
    assert_eq!(children(), "");
    assert_eq!(descriptors(), before);
}

/// A directory with files in it, each with contents and mode.
fn files(list: &[(&str, &str, u32)]) -> (tempfile::TempDir, impl Fn(&str) -> PathBuf + use<>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    for (name, contents, mode) in list {
        fs::write(path.join(name), contents).unwrap();
        fs::set_permissions(path.join(name), fs::Permissions::from_mode(*mode)).unwrap();
    }
    (directory, move |name| path.join(name))
}

#[test]
fn stages_have_numbers() {
    assert_eq!(Stage::from_u8(Stage::Clone as u8), Some(Stage::Clone));
    assert_eq!(Stage::from_u8(Stage::Exec as u8), Some(Stage::Exec));
    assert_eq!(Stage::from_u8(Stage::Exec as u8 + 1), None);
}

#[test]
fn what_cannot_be_executed() {
    with_each_method(|method| {
        let (_directory, file) = files(&[
            ("plain", "#!/bin/sh\n", 0o644),
            ("garbage", "\x01\x02\x03", 0o755),
            ("interpreter", "#!/nonexistent\n", 0o755),
        ]);
        let exec = |path: PathBuf, args: &[&str], errno| {
            fails(
                method,
                &Command::new(path, args).start(),
                Stage::Exec,
                errno,
            );
        };
        exec("/nonexistent".into(), &[], Errno::NOENT);
        exec("/bin/sh/x".into(), &[], Errno::NOTDIR);
        exec(file("plain"), &[], Errno::ACCESS);
        exec(file("garbage"), &[], Errno::NOEXEC);
        exec(file("interpreter"), &[], Errno::NOENT);
        exec("/bin/sh".into(), &[&"x".repeat(4 << 20)], Errno::TOOBIG);
        let busy = file("plain");
        fs::set_permissions(&busy, fs::Permissions::from_mode(0o755)).unwrap();
        let _writer = File::options().write(true).open(&busy).unwrap();
        exec(busy, &[], Errno::TXTBSY);
    });
}

#[test]
fn an_open_file_is_what_is_executed() {
    with_each_method(|method| {
        let (_directory, file) = files(&[
            ("open", "old", 0o755),
            ("other", "#!/bin/sh\nexit 9\n", 0o755),
        ]);
        fs::copy("/bin/sh", file("open")).unwrap();
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let opened = rustix::fs::open(file("open"), flags, Mode::empty()).unwrap();
        // It may have any number, and is open in no child.
        for number in [3, 4, 5, 700] {
            let opened = rustix::io::fcntl_dupfd_cloexec(&opened, number).unwrap();
            let command = Command::new(file("open"), &["-c", "echo $0 /proc/self/fd/*"]);
            let start = Start {
                file: Some(opened.as_fd()),
                ..command.start()
            };
            let said = output_of(method, start);
            let expected = "name /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2";
            // The last one is the directory that the shell reads.
            assert_eq!(
                said.trim_end().trim_end_matches(" /proc/self/fd/3"),
                expected
            );
        }
        fs::rename(file("other"), file("open")).unwrap();
        let command = Command::new(file("open"), &["-c", "exit 3"]);
        let start = Start {
            file: Some(opened.as_fd()),
            ..command.start()
        };
        match method(&start) {
            Ok(child) => assert_eq!(wait(child), exited(3)),
            // It executes paths only, and looks before.
            Err(SpawnError { stage, errno }) => {
                assert_eq!((stage, errno), (Stage::Exec, Errno::STALE));
                assert_eq!(method as usize, METHODS[METHODS.len() - 1] as usize);
            }
        }
    });
}

#[test]
fn a_directory_that_is_none() {
    with_each_method(|method| {
        let command = Command::shell("exit 0");
        let file = open(Path::new("/dev/null"));
        let start = Start {
            cwd: Some(file.as_fd()),
            ..command.start()
        };
        fails(method, &start, Stage::Directory, Errno::NOTDIR);
    });
}

#[test]
fn limits_that_are_none() {
    with_each_method(|method| {
        let command = Command::shell("exit 0");
        let refused = |resource, soft, hard| {
            let rlimits = [Rlimit {
                resource,
                soft,
                hard,
            }];
            let start = Start {
                rlimits: &rlimits,
                ..command.start()
            };
            fails(method, &start, Stage::Limits, Errno::INVAL);
        };
        refused(libc::RLIMIT_CPU, 2, 1);
        refused(1000, 1, 1);
    });
}

#[test]
fn a_stream_that_is_not_open() {
    with_each_method(|method| {
        let command = Command::shell("exit 0");
        for number in [2, 500] {
            // SAFETY: the number is nobody's in this table.
            unsafe { libc::close(number) };
            let start = Start {
                // SAFETY: it is not open, against the rules; the kernel is only asked for its number.
                stdout: Some(unsafe { BorrowedFd::borrow_raw(number) }),
                ..command.start()
            };
            fails(method, &start, Stage::Stdio, Errno::BADF);
        }
    });
}

#[test]
fn a_full_table_of_descriptors() {
    with_each_method(|method| {
        let command = Command::shell("exit 0");
        let null = open(Path::new("/dev/null"));
        // One for looking at what is there.
        let spare = rustix::io::dup(&null).unwrap();
        let mut all = Vec::new();
        while let Ok(descriptor) = rustix::io::dup(&null) {
            all.push(descriptor);
        }
        let error = method(&command.start()).unwrap_err();
        let (stage, errno) = (Stage::Clone, Errno::MFILE);
        assert_eq!(error, SpawnError { stage, errno });
        drop(spare);
        assert_eq!(children(), "");
    });
}

/// What `number` of the process is.
fn link(process: &str, number: usize) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/fd/{number}")).ok()
}

#[test]
fn every_arrangement_of_streams() {
    with_each_method(|method| {
        let (_directory, file) = files(&["0", "1", "2", "3", "4"].map(|name| (name, "", 0o644)));
        let command = Command::new("/bin/sleep", &["60"]);
        // Descriptors 0 to 4 are files of these names.
        for number in 0..5 {
            let descriptor = open(&file(&number.to_string()));
            let placed = if descriptor.as_raw_fd() == number {
                descriptor.into_raw_fd()
            } else {
                // SAFETY: 0 to 2 are nobody's in this table, and other numbers are got in order.
                unsafe { libc::dup3(descriptor.as_raw_fd(), number, libc::O_CLOEXEC) }
            };
            assert_eq!(placed, number);
        }
        let sources = [None, Some(0), Some(1), Some(2), Some(3), Some(4)];
        let source = |number: Option<i32>| {
            // SAFETY: it stays open.
            number.map(|number| unsafe { BorrowedFd::borrow_raw(number) })
        };
        for stdin in sources {
            for stdout in sources {
                for stderr in sources {
                    let child = method(&Start {
                        stdin: source(stdin),
                        stdout: source(stdout),
                        stderr: source(stderr),
                        ..command.start()
                    })
                    .unwrap();
                    for (place, source) in [stdin, stdout, stderr].into_iter().enumerate() {
                        let expected = file(&source.unwrap_or(place as i32).to_string());
                        let is = link(&child.pid.to_string(), place);
                        assert_eq!(
                            is,
                            Some(expected),
                            "{place} of {stdin:?} {stdout:?} {stderr:?}"
                        );
                    }
                    end(child);
                }
            }
        }
    });
}

#[test]
fn a_stream_that_the_host_has_closed_stays_closed() {
    with_each_method(|method| {
        // SAFETY: it is nobody's in this table.
        assert_eq!(unsafe { libc::close(0) }, 0);
        let child = method(&Command::new("/bin/sleep", &["60"]).start()).unwrap();
        assert_eq!(link(&child.pid.to_string(), 0), None);
        assert_eq!(link(&child.pid.to_string(), 1), Some("/dev/null".into()));
        end(child);
    });
}

#[test]
fn nothing_else_is_open_and_the_directory_is_entered() {
    // Built before there is a table without what building needs.
    let _ = shape_testchild::path();
    with_each_method(|method| {
        let directory = tempfile::tempdir().unwrap();
        let null = File::open("/dev/null").unwrap();
        for _ in 0..10 {
            // Not closed on exec.
            let left_open = rustix::io::dup(&null).unwrap();
            assert!(
                !rustix::io::fcntl_getfd(&left_open)
                    .unwrap()
                    .contains(FdFlags::CLOEXEC)
            );
            let _ = left_open.into_raw_fd();
        }
        let fds = Command::new(shape_testchild::path(), &["fds"]);
        let lines = output_of(method, fds.start());
        assert_eq!(lines, "[0, 1, 2]\n");
        // The directory has a number that is overwritten.
        let descriptor = open(directory.path());
        // SAFETY: 0 is nobody's in this table.
        assert_eq!(unsafe { libc::dup2(descriptor.as_raw_fd(), 0) }, 0);
        let pwd = Command::shell("pwd -P");
        let start = Start {
            // SAFETY: it stays open.
            cwd: Some(unsafe { BorrowedFd::borrow_raw(0) }),
            stdin: Some(null.as_fd()),
            ..pwd.start()
        };
        let real = directory.path().canonicalize().unwrap();
        assert_eq!(output_of(method, start), format!("{}\n", real.display()));
    });
}

#[test]
fn arguments_and_environment_arrive() {
    with_each_method(|method| {
        let mut command = Command::shell(r#"echo "$0,$1,$2,$A,$B""#);
        command.argv.push(&[b"zero"]).unwrap();
        command.argv.push(&[]).unwrap();
        command.argv.push(&[b"t", b"wo"]).unwrap();
        command.envp.push(&[b"B", b"=", b"x y"]).unwrap();
        assert_eq!(output_of(method, command.start()), "zero,,two,1,x y\n");
        let bare = Command {
            envp: Strings::new(),
            ..Command::new("/usr/bin/env", &[])
        };
        assert_eq!(output_of(method, bare.start()), "");
    });
}

/// The fields of /proc/PID/status, as `cat` sees its own.
fn status(method: Method) -> BTreeMap<String, String> {
    let cat = Command::new("/bin/cat", &["/proc/self/status"]);
    let text = output_of(method, cat.start());
    text.lines()
        .filter_map(|line| line.split_once(":\t"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

extern "C" fn handler(_: libc::c_int) {}

#[test]
fn signals_are_at_their_defaults_and_none_is_blocked() {
    with_each_method(|method| {
        let handler: extern "C" fn(libc::c_int) = handler;
        // SAFETY: the handler does nothing, and nobody else in this program uses these signals.
        unsafe {
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            libc::signal(libc::SIGUSR2, libc::SIG_IGN);
            libc::signal(libc::SIGRTMAX(), libc::SIG_IGN);
            libc::signal(libc::SIGUSR1, handler as libc::sighandler_t);
            let mut set = std::mem::zeroed();
            libc::sigaddset(&mut set, libc::SIGTERM);
            libc::sigaddset(&mut set, libc::SIGRTMAX());
            libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
        }
        let own = |name| {
            let own = fs::read_to_string("/proc/thread-self/status").unwrap();
            let line = own.lines().find(|line| line.starts_with(name)).unwrap();
            line.to_owned()
        };
        let before = ["SigBlk", "SigIgn", "SigCgt"].map(own);
        let status = status(method);
        for name in ["SigBlk", "SigIgn", "SigCgt"] {
            assert_eq!(status[name], "0000000000000000", "{name}");
        }
        assert_eq!(["SigBlk", "SigIgn", "SigCgt"].map(own), before);
    });
}

#[test]
fn limits_are_set() {
    with_each_method(|method| {
        let rlimits = [
            Rlimit {
                resource: libc::RLIMIT_NOFILE,
                soft: 5,
                hard: 7,
            },
            Rlimit {
                resource: libc::RLIMIT_CORE,
                soft: 0,
                hard: 0,
            },
            Rlimit {
                resource: libc::RLIMIT_CPU,
                soft: 60,
                hard: u64::MAX,
            },
        ];
        // It asks once the parent has set what it sets.
        let ask =
            Command::shell("read go; ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -St; ulimit -Ht");
        let (input, go) = std::io::pipe().unwrap();
        let (reader, output) = std::io::pipe().unwrap();
        let child = method(&Start {
            stdin: Some(input.as_fd()),
            stdout: Some(output.as_fd()),
            rlimits: &rlimits,
            ..ask.start()
        })
        .unwrap();
        drop((output, go));
        assert_eq!(read(reader), "5\n7\n0\n60\nunlimited\n");
        assert_eq!(wait(child), exited(0));
        assert_eq!(
            rustix::process::getrlimit(rustix::process::Resource::Cpu).current,
            None
        );
    });
}

/// The process group and the session of a process, as proc_pid_stat(5) gives
/// them: 0 is one that is led from outside of this pid namespace, as in a
/// container, which getsid(2) of rustix does not take.
fn group_and_session(pid: Pid) -> (i32, i32) {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let mut fields = rest.split_whitespace().skip(2);
    let mut field = || fields.next().unwrap().parse().unwrap();
    (field(), field())
}

#[test]
fn it_leads_what_it_is_to_lead() {
    with_each_method(|method| {
        let command = Command::new("/bin/sleep", &["60"]);
        for leads in [Leads::Group, Leads::Session] {
            let child = method(&Start {
                leads,
                ..command.start()
            })
            .unwrap();
            let (group, session) = group_and_session(child.pid);
            assert_eq!(group, child.pid.as_raw_nonzero().get());
            assert_eq!(session == group, leads == Leads::Session);
            end(child);
        }
    });
}

#[test]
fn the_pidfd_is_the_childs_and_is_closed_on_exec() {
    with_each_method(|method| {
        let child = method(&Command::new("/bin/sleep", &["60"]).start()).unwrap();
        assert!(
            rustix::io::fcntl_getfd(&child.pidfd)
                .unwrap()
                .contains(FdFlags::CLOEXEC)
        );
        rustix::process::pidfd_send_signal(&child.pidfd, Signal::TERM).unwrap();
        let terminated = Exit::Status(ExitStatus::signalled(libc::SIGTERM));
        assert_eq!(wait(child), terminated);
        assert_eq!(children(), "");
    });
}

#[test]
fn eight_threads_at_once() {
    with_each_method(|method| {
        thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    own_table();
                    let before = descriptors();
                    for round in 0..200 {
                        let code = (thread * 31 + round) % 256;
                        let exit = Command::shell(&format!("exit {code}"));
                        assert_eq!(wait(method(&exit.start()).unwrap()), exited(code));
                        if round % 8 == thread {
                            let none = Command::new("/nonexistent", &[]);
                            fails(method, &none.start(), Stage::Exec, Errno::NOENT);
                        }
                    }
                    assert_eq!((children().as_str(), descriptors()), ("", before));
                });
            }
        });
    });
}
