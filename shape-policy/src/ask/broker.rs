//! Asking whoever listens at a Unix socket.

use crate::ask::answer;
use crate::ask::wait::{Until, Waited};
use crate::ask::{Answer, Approver, Question};
use crate::cancel::CancelToken;
use crate::trust::{Lifetime, Trust, TrustScope};
use rustix::event::PollFlags;
use rustix::fs::{FileType, Mode, OFlags, fstat};
use rustix::io::Errno;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, send, socket_with,
};
use rustix::process::{Uid, geteuid};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a question waits for its answer, unless another limit is set.
const TIME_LIMIT: Duration = Duration::from_secs(5 * 60);
/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;
/// How long until a broker that has no room for one more connection is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks a broker: a program that listens at a Unix socket and answers for somebody.
///
/// There is a connection for each question, so that a broker may come and go, and no answer can be
/// taken for that of another question. A line of JSON goes there, and a line comes back; both are
/// described by `schema/broker.schema.json` of this crate. A question says all of what is asked, and
/// of environment variables the names.
///
/// Only a broker of this user or of root is asked: the socket must be owned by one of the two, and the
/// process that listens must run as one of the two. Where nobody listens there is
/// [nobody](Answer::Nobody). Everything that is not the answer to the question is a no: another id,
/// words that are not known, a line of more than 64 KiB, a closed connection, and none within five
/// minutes.
#[derive(Debug)]
pub struct Broker {
    socket: PathBuf,
    limit: Duration,
    asked: AtomicU64,
}

impl Broker {
    /// An approver that asks at `socket`. Nothing is connected before there is a question.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            limit: TIME_LIMIT,
            asked: AtomicU64::new(0),
        }
    }

    /// This approver, waiting as long as `limit` for an answer.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// A connection to the broker; `None` if there is nobody who may answer.
    fn connect(&self, until: &Until<'_>) -> rustix::io::Result<Option<OwnedFd>> {
        // What is looked at is what is connected to, whatever the path is of a moment later.
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let Ok(socket) = rustix::fs::open(&self.socket, flags, Mode::empty()) else {
            return Ok(None);
        };
        let stat = fstat(&socket)?;
        let is_socket = FileType::from_raw_mode(stat.st_mode) == FileType::Socket;
        if !is_socket || !is_trusted(Uid::from_raw(stat.st_uid)) {
            return Ok(None);
        }
        let address = SocketAddrUnix::new(format!("/proc/self/fd/{}", socket.as_raw_fd()))?;
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let connection = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        loop {
            match connect(&connection, &address) {
                Ok(()) => break,
                Err(Errno::AGAIN) if until.pause(PAUSE)? == Waited::Over => {
                    return Err(Errno::CANCELED);
                }
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(_) => return Ok(None),
            }
        }
        let peer = socket_peercred(&connection)?;
        Ok(is_trusted(peer.uid).then_some(connection))
    }

    fn ask_at(&self, question: &Question<'_>, until: &Until<'_>) -> rustix::io::Result<Answer> {
        let Some(connection) = self.connect(until)? else {
            return Ok(Answer::Nobody);
        };
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let own_id = format!("q-{}-{number}", std::process::id());
        let id = question.id().unwrap_or(&own_id);
        let Ok(mut line) = serde_json::to_vec(&Asked::new(id, question)) else {
            return Ok(Answer::No);
        };
        line.push(b'\n');
        send_all(&connection, &line, until)?;
        let answer = receive_line(&connection, until)?;
        Ok(answer.map_or(Answer::No, |line| understand(&line, id, question.scopes())))
    }
}

impl Approver for Broker {
    fn name(&self) -> &str {
        "broker"
    }

    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        let stop = cancel.map(|cancel| cancel.as_fd());
        let until = Until::new(stop.as_slice(), Some(self.limit));
        self.ask_at(question, &until).unwrap_or(Answer::No)
    }
}

fn is_trusted(user: Uid) -> bool {
    user.is_root() || user == geteuid()
}

fn send_all(connection: &OwnedFd, line: &[u8], until: &Until<'_>) -> rustix::io::Result<()> {
    let mut rest = line;
    while !rest.is_empty() {
        if until.ready(connection.as_fd(), PollFlags::OUT)? == Waited::Over {
            return Err(Errno::CANCELED);
        }
        match send(connection, rest, SendFlags::NOSIGNAL) {
            Ok(sent) => rest = &rest[sent..],
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// A line without its end; `None` if the connection is closed first, or the line is too long.
fn receive_line(connection: &OwnedFd, until: &Until<'_>) -> rustix::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    while line.len() <= LONGEST_ANSWER {
        if until.ready(connection.as_fd(), PollFlags::IN)? == Waited::Over {
            return Err(Errno::CANCELED);
        }
        let mut chunk = [0; 4096];
        let chunk = match rustix::io::read(connection, &mut chunk) {
            Ok(0) => return Ok(None),
            Ok(length) => &chunk[..length],
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Err(errno) => return Err(errno),
        };
        let end = chunk.iter().position(|&byte| byte == b'\n');
        line.extend_from_slice(&chunk[..end.unwrap_or(chunk.len())]);
        if end.is_some() {
            return Ok((line.len() <= LONGEST_ANSWER).then_some(line));
        }
    }
    Ok(None)
}

/// The question, as a broker is sent it.
#[derive(Serialize)]
struct Asked<'a> {
    v: u32,
    id: &'a str,
    program: Text<'a>,
    path: Text<'a>,
    canonical: Text<'a>,
    args: Vec<Text<'a>>,
    cwd: Text<'a>,
    /// Names only.
    variables: Vec<Text<'a>>,
    removed_variables: Vec<Text<'a>>,
    clears_variables: bool,
    layers: &'a [String],
    reason: Option<&'a str>,
    rule: Option<&'a str>,
    options: &'static [&'static str],
    scopes: &'a [TrustScope],
}

impl<'a> Asked<'a> {
    fn new(id: &'a str, question: &'a Question<'_>) -> Self {
        let texts = |texts: Vec<&'a OsStr>| texts.into_iter().map(Text::of).collect();
        Self {
            v: 1,
            id,
            program: Text::of(question.program()),
            path: Text::of(question.path().as_os_str()),
            canonical: Text::of(question.canonical().as_os_str()),
            args: question.args().iter().map(|arg| Text::of(arg)).collect(),
            cwd: Text::of(question.cwd().as_os_str()),
            variables: texts(question.changed_variables()),
            removed_variables: texts(question.removed_variables()),
            clears_variables: question.clears_variables(),
            layers: question.runs(),
            reason: question.reason(),
            rule: question.rule(),
            options: match question.scopes() {
                [] => &["yes", "no"],
                _ => &["yes", "trust", "no"],
            },
            scopes: question.scopes(),
        }
    }
}

/// A text, or its bytes where they are no text: what is approved must be what runs.
#[derive(Serialize)]
#[serde(untagged)]
enum Text<'a> {
    Utf8(&'a str),
    Other { bytes: &'a [u8] },
}

impl<'a> Text<'a> {
    fn of(text: &'a OsStr) -> Self {
        let bytes = text.as_bytes();
        str::from_utf8(bytes).map_or(Self::Other { bytes }, Self::Utf8)
    }
}

/// The answer of a broker. What it says that we do not know may be a condition.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    id: String,
    answer: String,
    scope: Option<TrustScope>,
    lifetime: Option<Lifetime>,
}

fn understand(line: &[u8], id: &str, scopes: &[TrustScope]) -> Answer {
    match serde_json::from_slice::<Answered>(line) {
        Ok(said) if said.id == id => said.meaning(scopes),
        _ => Answer::No,
    }
}

impl Answered {
    fn meaning(&self, scopes: &[TrustScope]) -> Answer {
        let is_word = self.answer.split_ascii_whitespace().count() == 1;
        let said = answer::parse(self.answer.as_bytes(), &["yes"], scopes);
        match (said, self.scope, self.lifetime) {
            (Answer::Trust(widest), scope, lifetime) if is_word => {
                let scope = scope.unwrap_or(widest.scope);
                let lifetime = lifetime.unwrap_or(widest.lifetime);
                match scopes.contains(&scope) {
                    true => Answer::Trust(Trust { scope, lifetime }),
                    false => Answer::No,
                }
            }
            (Answer::Yes, None, None) => Answer::Yes,
            _ => Answer::No,
        }
    }
}
