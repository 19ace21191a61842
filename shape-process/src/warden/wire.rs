//! What host and helper say to each other.
//!
//! A message is one packet of a `SOCK_SEQPACKET` socket, with descriptors beside it; one that is too
//! long is in a file in memory, whose descriptor comes alone ([`Request::elsewhere`]), and those that
//! would have come beside it come with the next one. Numbers are in the machine's own order: both ends are of the same release ([`VERSION`]).

use crate::keeper::{Tag, What};
use crate::orders::Key;
use crate::output::ExitStatus;
use crate::sys::reap::Exit;
use crate::sys::spawn::{Rlimit, SpawnError, Stage, Strings};
use rustix::io::Errno;
use rustix::process::Pid;
use std::ffi::{CStr, CString};
use std::time::Duration;

/// Changes with every change of what is said here.
pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "/3");
/// The longest packet.
pub(crate) const PACKET: usize = 64 << 10;
/// The most descriptors beside one: three streams, a directory and the file to execute.
pub(crate) const DESCRIPTORS: usize = 5;
/// Where among them the directory is.
pub(crate) const DIRECTORY: usize = 3;
/// Where among them the file to execute is.
pub(crate) const FILE: usize = 4;

/// What the host asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Start(Key, StartRequest),
    Terminate(Key, Duration),
    Kill(Key),
    Signal(Key, i32),
}

/// What is to be started. The descriptors come beside it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StartRequest {
    /// Which of standard input, output, error, the directory and the file have a descriptor.
    pub(crate) given: [bool; DESCRIPTORS],
    pub(crate) tag: Option<Tag>,
    pub(crate) limits: Vec<Rlimit>,
    pub(crate) path: CString,
    pub(crate) argv: Strings,
    pub(crate) envp: Strings,
}

/// What the helper tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Started(Key, Pid),
    NotStarted(Key, SpawnError),
    Became(Key, What),
}

impl Request {
    /// A packet that says that the request to start something is in the file whose descriptor comes
    /// with it.
    pub(crate) fn elsewhere(out: &mut Writer, key: Key) {
        out.u8(ELSEWHERE).u64(key);
    }

    /// What is to be started, if it is such a packet.
    pub(crate) fn read_elsewhere(packet: &[u8]) -> Option<Key> {
        let mut input = Reader(packet);
        let (kind, key) = (input.u8()?, input.u64()?);
        (kind == ELSEWHERE && input.is_at_end()).then_some(key)
    }

    /// A request to start something, put together without copies of what it is made of.
    pub(crate) fn write_start(
        out: &mut Writer,
        key: Key,
        given: [bool; DESCRIPTORS],
        tag: Option<Tag>,
        (limits, path, argv, envp): (&[Rlimit], &CStr, &Strings, &Strings),
    ) {
        out.u8(0).u64(key);
        for given in given {
            out.u8(given.into());
        }
        out.u64(tag.map_or(NO_TAG, Tag::limit)).length(limits.len());
        for limit in limits {
            out.u64(limit.resource.into())
                .u64(limit.soft)
                .u64(limit.hard);
        }
        out.bytes(path.to_bytes_with_nul());
        out.bytes(argv.bytes()).bytes(envp.bytes());
    }

    pub(crate) fn terminate(out: &mut Writer, key: Key, grace: Duration) {
        let nanos = u64::try_from(grace.as_nanos()).unwrap_or(u64::MAX);
        out.u8(1).u64(key).u64(nanos);
    }

    pub(crate) fn kill(out: &mut Writer, key: Key) {
        out.u8(2).u64(key);
    }

    pub(crate) fn signal(out: &mut Writer, key: Key, signal: i32) {
        out.u8(3).u64(key).i32(signal);
    }

    /// `None` if it is none.
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let mut input = Reader(packet);
        let (kind, key) = (input.u8()?, input.u64()?);
        let request = match kind {
            0 => Self::Start(key, StartRequest::read(&mut input)?),
            1 => Self::Terminate(key, Duration::from_nanos(input.u64()?)),
            2 => Self::Kill(key),
            3 => Self::Signal(key, input.i32()?),
            _ => return None,
        };
        input.is_at_end().then_some(request)
    }
}

/// The kind of a request that is in a file.
const ELSEWHERE: u8 = 0xff;

/// What stands for no tag: a limit that nobody could live under.
const NO_TAG: u64 = 0;

impl StartRequest {
    fn read(input: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            given: [
                input.u8()? != 0,
                input.u8()? != 0,
                input.u8()? != 0,
                input.u8()? != 0,
                input.u8()? != 0,
            ],
            tag: Some(input.u64()?)
                .filter(|&limit| limit != NO_TAG)
                .map(Tag::from_limit),
            limits: input.list(|input| {
                Some(Rlimit {
                    resource: input.u64()?.try_into().ok()?,
                    soft: input.u64()?,
                    hard: input.u64()?,
                })
            })?,
            path: CStr::from_bytes_with_nul(input.bytes()?).ok()?.to_owned(),
            argv: Strings::from_bytes(input.bytes()?.to_vec())?,
            envp: Strings::from_bytes(input.bytes()?.to_vec())?,
        })
    }
}

impl Report {
    pub(crate) fn write(&self, out: &mut Writer) {
        match self {
            Self::Started(key, pid) => out.u8(0).u64(*key).i32(pid.as_raw_nonzero().get()),
            Self::NotStarted(key, SpawnError { stage, errno }) => out
                .u8(1)
                .u64(*key)
                .u8(*stage as u8)
                .i32(errno.raw_os_error()),
            Self::Became(key, What::Exited { exit, left }) => {
                out.u8(2).u64(*key).u8((*left).into());
                match exit {
                    Exit::Status(ExitStatus { code, signal }) => {
                        out.u8(1).i32(*code).i32(signal.unwrap_or(0))
                    }
                    Exit::Lost => out.u8(0),
                }
            }
            Self::Became(key, What::Over { ended, survivors }) => {
                out.u8(3).u64(*key).numbers(ended).numbers(survivors)
            }
        };
    }

    /// `None` if it is none.
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let mut input = Reader(packet);
        let (kind, key) = (input.u8()?, input.u64()?);
        let report = match kind {
            0 => Self::Started(key, Pid::from_raw(input.i32()?)?),
            1 => {
                let stage = Stage::from_u8(input.u8()?)?;
                let errno = Errno::from_raw_os_error(input.i32()?);
                Self::NotStarted(key, SpawnError { stage, errno })
            }
            2 => {
                let left = input.u8()? != 0;
                let exit = match input.u8()? {
                    0 => Exit::Lost,
                    _ => Exit::Status(ExitStatus {
                        code: input.i32()?,
                        signal: Some(input.i32()?).filter(|&signal| signal != 0),
                    }),
                };
                Self::Became(key, What::Exited { exit, left })
            }
            3 => {
                let (ended, survivors) = (input.numbers()?, input.numbers()?);
                Self::Became(key, What::Over { ended, survivors })
            }
            _ => return None,
        };
        input.is_at_end().then_some(report)
    }
}

/// A message being put together.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    fn i32(&mut self, value: i32) -> &mut Self {
        self.0.extend_from_slice(&value.to_ne_bytes());
        self
    }

    fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_ne_bytes());
        self
    }

    fn length(&mut self, length: usize) -> &mut Self {
        self.u64(length as u64)
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.length(bytes.len()).0.extend_from_slice(bytes);
        self
    }

    fn numbers(&mut self, numbers: &[u32]) -> &mut Self {
        self.length(numbers.len());
        for &number in numbers {
            self.0.extend_from_slice(&number.to_ne_bytes());
        }
        self
    }
}

/// What is left of a message.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn i32(&mut self) -> Option<i32> {
        Some(i32::from_ne_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_ne_bytes(self.take(8)?.try_into().ok()?))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?.try_into().ok()?;
        self.take(length)
    }

    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.u64()?;
        (0..length).map(|_| one(self)).collect()
    }

    fn numbers(&mut self) -> Option<Vec<u32>> {
        self.list(|input| Some(u32::from_ne_bytes(input.take(4)?.try_into().ok()?)))
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let strings = |list: &[&str]| {
            let mut strings = Strings::new();
            for string in list {
                strings.push(&[string.as_bytes()]).unwrap();
            }
            strings
        };
        let limits = [Rlimit {
            resource: 7,
            soft: 1,
            hard: u64::MAX,
        }];
        let (argv, envp) = (strings(&["git", "", "é"]), strings(&[]));
        let mut out = Writer::default();
        let given = [true, false, true, false, true];
        let tag = Some(Tag::from_limit(5));
        Request::write_start(
            &mut out,
            9,
            given,
            tag,
            (&limits, c"/bin/git", &argv, &envp),
        );
        let expected = StartRequest {
            given,
            tag,
            limits: limits.to_vec(),
            path: c"/bin/git".to_owned(),
            argv,
            envp,
        };
        assert_eq!(Request::read(&out.0), Some(Request::Start(9, expected)));
        for cut in 0..out.0.len() {
            assert_eq!(Request::read(&out.0[..cut]), None);
        }
        out.0.push(0);
        assert_eq!(Request::read(&out.0), None);
    }

    #[test]
    fn a_request_may_be_elsewhere() {
        let mut out = Writer::default();
        Request::elsewhere(&mut out, 7);
        assert_eq!(Request::read_elsewhere(&out.0), Some(7));
        assert_eq!(Request::read(&out.0), None);
        out.0.clear();
        Request::kill(&mut out, 7);
        assert_eq!(Request::read_elsewhere(&out.0), None);
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let status = ExitStatus::signalled(9);
        let reports = [
            Report::Started(1, Pid::from_raw(77).unwrap()),
            Report::NotStarted(
                2,
                SpawnError {
                    stage: Stage::Exec,
                    errno: Errno::NOENT,
                },
            ),
            Report::Became(
                3,
                What::Exited {
                    exit: Exit::Status(status),
                    left: true,
                },
            ),
            Report::Became(
                4,
                What::Exited {
                    exit: Exit::Lost,
                    left: false,
                },
            ),
            Report::Became(
                5,
                What::Over {
                    ended: vec![1, 2],
                    survivors: vec![3],
                },
            ),
        ];
        for report in reports {
            let mut out = Writer::default();
            report.write(&mut out);
            assert_eq!(Report::read(&out.0), Some(report));
            assert_eq!(Report::read(&out.0[..out.0.len() - 1]), None);
        }
        // A list cannot be longer than the message that it is in.
        assert_eq!(
            Report::read(&[&[3][..], &[0; 8], &[0xff; 8]].concat()),
            None
        );
    }
}
