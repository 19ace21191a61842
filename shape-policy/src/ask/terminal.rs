//! Asking on the terminal.

use crate::ask::prompt;
use crate::ask::tty::{self, Answering};
use crate::ask::turn::Turn;
use crate::ask::wait::{Until, Waited};
use crate::ask::{Answer, Approver, Question};
use crate::cancel::CancelToken;
use rustix::event::PollFlags;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Mutex;
use std::time::Duration;

/// The longest answer that is read; a longer one is a no.
const LONGEST_ANSWER: usize = 1024;

/// Asks the person at the terminal, one question at a time, also where several processes ask.
///
/// What counts as an answer, [`Question::answer`] says; the end of the input, a terminal that is gone
/// and every error are a no. Whoever is in the background cannot ask: there is [nobody](Answer::Nobody).
///
/// What was typed before the question is thrown away, so that an answer cannot be prepared by what ran
/// earlier. Neither can the screen: the question begins on a line of its own, with the terminal's modes
/// as they have to be to see it, and to answer it. A program that runs while the question is open and
/// has the same terminal can still write on it.
#[derive(Debug)]
pub struct TerminalApprover {
    /// Held while a question is open.
    terminal: Mutex<OwnedFd>,
    limit: Option<Duration>,
}

impl TerminalApprover {
    /// An approver on the controlling terminal of this process, `/dev/tty`.
    ///
    /// # Errors
    /// There is no controlling terminal.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let terminal = rustix::fs::open("/dev/tty", flags, Mode::empty())?;
        Ok(Self::using(terminal))
    }

    /// An approver on `terminal`, which is read and written.
    pub fn on(terminal: OwnedFd) -> Self {
        // Where it cannot be opened again, a terminal that takes no output keeps us waiting.
        let own = tty::opened_again(&terminal, OFlags::RDWR);
        Self::using(own.unwrap_or(terminal))
    }

    fn using(terminal: OwnedFd) -> Self {
        Self {
            terminal: Mutex::new(terminal),
            limit: None,
        }
    }

    /// This approver, but a question without an answer for as long as `limit` is answered no.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The answer to `question`; a no as soon as one of `stops` can be read from.
    ///
    /// # Blocking
    /// Until there is an answer, or one of `stops`, or the time limit ends it.
    pub fn ask_until(&self, question: &Question<'_>, stops: &[BorrowedFd<'_>]) -> Answer {
        let until = Until::new(stops, self.limit);
        let Ok(Some(turn)) = Turn::take(&self.terminal, &until) else {
            return Answer::No;
        };
        ask_on(turn.terminal.as_fd(), question, &until).unwrap_or(Answer::No)
    }
}

impl Approver for TerminalApprover {
    fn name(&self) -> &str {
        "terminal"
    }

    fn ask(&self, question: &Question<'_>, cancel: Option<&CancelToken>) -> Answer {
        let stop = cancel.map(|cancel| cancel.as_fd());
        self.ask_until(question, stop.as_slice())
    }
}

fn ask_on(
    terminal: BorrowedFd<'_>,
    question: &Question<'_>,
    until: &Until<'_>,
) -> rustix::io::Result<Answer> {
    if tty::is_in_background(terminal) {
        return Ok(Answer::Nobody);
    }
    let answering = Answering::on(terminal)?;
    let (text, end) = prompt::texts(question);
    tcflush(terminal, QueueSelector::IFlush)?;
    write(terminal, &format!("{}{text}", prompt::RESET), until)?;
    // Nobody has read it while it was being written.
    tcflush(terminal, QueueSelector::IFlush)?;
    write(terminal, &end, until)?;
    let answer = read_answer(terminal, &answering, question, until)?;
    if answer.is_none() && !tty::is_in_background(terminal) {
        // What comes next does not begin on the line of the question; it need not be seen at once.
        let _ = rustix::io::write(terminal, b"\n");
    }
    Ok(answer.unwrap_or(Answer::No))
}

/// The answer; `None` if no whole line was given: at the end of the input, if it is too long, or if the
/// wait is over.
fn read_answer(
    terminal: BorrowedFd<'_>,
    answering: &Answering<'_>,
    question: &Question<'_>,
    until: &Until<'_>,
) -> rustix::io::Result<Option<Answer>> {
    let mut line = Vec::new();
    while line.len() <= LONGEST_ANSWER {
        let waited = until.ready(terminal, PollFlags::IN)?;
        // It may have been stopped, and be in the background now.
        if tty::is_in_background(terminal) {
            return Ok(Some(Answer::Nobody));
        }
        match waited {
            Waited::Over => return Ok(None),
            Waited::NotYet => {
                answering.renew()?;
                continue;
            }
            Waited::Ready => {}
        }
        let mut chunk = [0; LONGEST_ANSWER];
        match rustix::io::read(terminal, &mut chunk) {
            Ok(0) => return Ok(None),
            Ok(length) => line.extend_from_slice(&chunk[..length]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(errno) => return Err(errno),
        }
        if line.ends_with(b"\n") {
            return Ok(Some(question.answer(&line)));
        }
    }
    Ok(None)
}

/// Writes all of it.
///
/// # Errors
/// The terminal is gone, or [`Errno::CANCELED`]: the wait for room is over.
fn write(terminal: BorrowedFd<'_>, text: &str, until: &Until<'_>) -> rustix::io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        if until.ready(terminal, PollFlags::OUT)? == Waited::Over {
            return Err(Errno::CANCELED);
        }
        match rustix::io::write(terminal, rest) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
