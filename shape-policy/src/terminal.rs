//! Asking on the terminal.

use crate::ask::{Answer, Approver, Question};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

/// The longest answer that is read; a longer one is a no.
const LONGEST_ANSWER: usize = 1024;

/// Asks the person at the terminal, one question at a time.
///
/// Exactly `yes` and `no` are answers, in any case and with spaces around; everything else, the end
/// of the input and every error are a no. Where the question [is cut](Question::is_cut), the yes is
/// `yes unseen`, and a plain one is a no. What was typed before the question is thrown away, so that
/// an answer cannot be prepared by what ran earlier.
#[derive(Debug)]
pub struct TerminalApprover {
    /// Held while a question is open.
    terminal: Mutex<OwnedFd>,
    cancel: Option<OwnedFd>,
}

impl TerminalApprover {
    /// An approver on the controlling terminal of this process, `/dev/tty`.
    ///
    /// # Errors
    /// There is no controlling terminal.
    pub fn open() -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
        Ok(Self::on(rustix::fs::open(
            "/dev/tty",
            flags,
            Mode::empty(),
        )?))
    }

    /// An approver on `terminal`, which is read and written.
    pub fn on(terminal: OwnedFd) -> Self {
        Self {
            terminal: Mutex::new(terminal),
            cancel: None,
        }
    }

    /// This approver, but an open question is answered no as soon as `cancel` can be read from.
    #[must_use]
    pub fn cancelled_by(mut self, cancel: OwnedFd) -> Self {
        self.cancel = Some(cancel);
        self
    }

    fn ask_on(&self, terminal: &OwnedFd, question: &Question<'_>) -> rustix::io::Result<Answer> {
        tcflush(terminal, QueueSelector::IFlush)?;
        let (yes, prompt): (&[&str], _) = match question.is_cut() {
            false => (&["yes"], "[yes/no] "),
            true => (
                &["yes", "unseen"],
                "A part is not shown: answer `yes unseen` to run it all the same.\n[yes unseen/no] ",
            ),
        };
        write_all(
            terminal,
            &format!("May this program run?\n{question}\n{prompt}"),
        )?;
        Ok(match self.read_line(terminal)? {
            Some(line) if is_answer(&line, yes) => Answer::Yes,
            _ => Answer::No,
        })
    }

    /// A whole line; `None` at the end of the input, if it is too long, or when cancelled.
    fn read_line(&self, terminal: &OwnedFd) -> rustix::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        while line.len() <= LONGEST_ANSWER {
            let mut chunk = [0; LONGEST_ANSWER];
            if !self.await_input(terminal)? {
                return Ok(None);
            }
            match rustix::io::read(terminal, &mut chunk) {
                Ok(0) => return Ok(None),
                Ok(length) => line.extend_from_slice(&chunk[..length]),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
            if line.ends_with(b"\n") {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Whether there is something to read, and not a reason to stop.
    fn await_input(&self, terminal: &OwnedFd) -> rustix::io::Result<bool> {
        let mut descriptors = vec![PollFd::new(terminal, PollFlags::IN)];
        descriptors.extend(
            self.cancel
                .as_ref()
                .map(|cancel| PollFd::new(cancel, PollFlags::IN)),
        );
        rustix::io::retry_on_intr(|| poll(&mut descriptors, None))?;
        Ok(descriptors
            .get(1)
            .is_none_or(|cancel| cancel.revents().is_empty()))
    }
}

impl Approver for TerminalApprover {
    fn ask(&self, question: &Question<'_>) -> Answer {
        let terminal = self.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        self.ask_on(&terminal, question).unwrap_or(Answer::No)
    }
}

/// Whether `line` has these words and no other, in any case.
fn is_answer(line: &[u8], words: &[&str]) -> bool {
    let said = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    said.map(<[u8]>::to_ascii_lowercase)
        .eq(words.iter().map(|word| word.as_bytes()))
}

fn write_all(terminal: &OwnedFd, text: &str) -> rustix::io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(terminal, rest) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
