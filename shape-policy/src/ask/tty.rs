//! A terminal as it has to be for an answer.

use rustix::fs::{Mode, OFlags};
use rustix::process::getpgrp;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr,
    tcgetpgrp, tcsetattr,
};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

/// The keys that an answer may be edited and ended with, and what they are where there is none.
const KEYS: [(SpecialCodeIndex, u8); 7] = [
    (SpecialCodeIndex::VINTR, 0x03),
    (SpecialCodeIndex::VQUIT, 0x1c),
    (SpecialCodeIndex::VERASE, 0x7f),
    (SpecialCodeIndex::VKILL, 0x15),
    (SpecialCodeIndex::VEOF, 0x04),
    (SpecialCodeIndex::VSUSP, 0x1a),
    (SpecialCodeIndex::VWERASE, 0x17),
];

/// Whether another job is in the foreground: reading, and changing the modes, would stop this process
/// (`SIGTTIN`, `SIGTTOU`), perhaps for ever.
pub(super) fn is_in_background(terminal: impl AsFd) -> bool {
    // What is not the controlling terminal has no jobs of ours.
    matches!(tcgetpgrp(terminal), Ok(group) if group != getpgrp())
}

/// `terminal` once more, so that it can be written without waiting and no other process is affected.
pub(super) fn opened_again(terminal: &OwnedFd, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", terminal.as_raw_fd());
    let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    rustix::fs::open(path, flags, Mode::empty())
}

/// Lines are read whole, seen while they are typed, and can be interrupted, as long as this is there.
/// Then the terminal is as it was.
pub(super) struct Answering<'a> {
    terminal: BorrowedFd<'a>,
    before: Termios,
}

impl<'a> Answering<'a> {
    pub(super) fn on(terminal: BorrowedFd<'a>) -> rustix::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let answering = Self { terminal, before };
        answering.renew()?;
        Ok(answering)
    }

    /// Has it so again, after somebody may have changed it.
    pub(super) fn renew(&self) -> rustix::io::Result<()> {
        tcsetattr(
            self.terminal,
            OptionalActions::Now,
            &for_lines(self.before.clone()),
        )
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        if !is_in_background(self.terminal) {
            // A terminal that is gone needs no modes.
            let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
        }
    }
}

fn for_lines(mut modes: Termios) -> Termios {
    modes.input_modes |= InputModes::ICRNL;
    modes.input_modes -= InputModes::IGNCR | InputModes::INLCR | InputModes::ISTRIP;
    modes.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
    modes.local_modes |= LocalModes::ICANON
        | LocalModes::ISIG
        | LocalModes::IEXTEN
        | LocalModes::ECHO
        | LocalModes::ECHOE
        | LocalModes::ECHOK;
    // With EXTPROC the line is left to somebody else, whatever the others say.
    modes.local_modes -= LocalModes::EXTPROC | LocalModes::ECHONL | LocalModes::NOFLSH;
    for (key, usual) in KEYS {
        let is_control = matches!(modes.special_codes[key], 1..=0x1f | 0x7f);
        if !is_control {
            modes.special_codes[key] = usual;
        }
    }
    // Only the end of a line ends an answer.
    modes.special_codes[SpecialCodeIndex::VEOL] = 0;
    modes.special_codes[SpecialCodeIndex::VEOL2] = 0;
    modes
}
