//! The operands of a command, position by position.

use super::glob::Pattern;
use super::program::normalised;
use crate::command::Word;
use crate::command::options::{Operand, Presence};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

/// Positions that a rule may have.
pub(super) const MAX_ARGS: usize = 60;

/// What a rule says of one position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ArgPattern {
    /// One argument that one of these fits.
    OneOf(Vec<Pattern>),
    /// Any number of arguments: `**`.
    Any,
}

/// What has to be so for a text with a path in it to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// It fits as it is written and also without `.` and `..`: for what allows.
    Proven,
    /// It fits in one of the two ways: for what denies.
    Suspected,
}

/// Whether the operands begin with what the pattern says; more may follow.
///
/// The pattern is a small machine whose states are its positions. It is run twice: once over what could
/// be there, and once over what is certain. In that one an operand that may be something else only
/// counts where the pattern takes any number of them, so that it holds however the line is read.
pub(super) fn holds(
    pattern: &[ArgPattern],
    operands: &[Operand<'_>],
    certainty: Certainty,
) -> Presence {
    let accepted = 1_u64 << pattern.len();
    let start = opened(pattern, 1);
    let (mut certain, mut possible) = (start, start);
    for operand in operands {
        if certain & accepted != 0 {
            return Presence::Present;
        }
        let is_proven = operand.presence == Presence::Present;
        let stays = stays(pattern, certain);
        match operand.word {
            Word::Text(text) => {
                if is_proven {
                    certain = stays | moved(pattern, certain, text, certainty);
                    possible =
                        self::stays(pattern, possible) | moved(pattern, possible, text, certainty);
                } else {
                    certain = stays;
                    possible |= moved(pattern, possible, text, certainty);
                }
            }
            Word::Operands | Word::Unknown => {
                certain = stays;
                // It may be as many as are missing.
                possible = everything_from(possible, pattern.len());
            }
        }
        certain = opened(pattern, certain);
        possible = opened(pattern, possible);
        if possible == 0 {
            return Presence::Absent;
        }
    }
    match (certain & accepted != 0, possible & accepted != 0) {
        (true, _) => Presence::Present,
        (false, true) => Presence::Possible,
        (false, false) => Presence::Absent,
    }
}

/// The states that can also be reached by taking no argument at an `Any`.
fn opened(pattern: &[ArgPattern], mut states: u64) -> u64 {
    for (at, arg) in pattern.iter().enumerate() {
        if *arg == ArgPattern::Any && states & (1 << at) != 0 {
            states |= 1 << (at + 1);
        }
    }
    states
}

/// The states that take an argument of which nothing is known, and stay.
fn stays(pattern: &[ArgPattern], states: u64) -> u64 {
    let accepted = states & (1 << pattern.len());
    pattern
        .iter()
        .enumerate()
        .filter(|(at, arg)| **arg == ArgPattern::Any && states & (1 << at) != 0)
        .fold(accepted, |kept, (at, _)| kept | 1 << at)
}

/// The states that `text` leads to.
fn moved(pattern: &[ArgPattern], states: u64, text: &OsStr, certainty: Certainty) -> u64 {
    pattern
        .iter()
        .enumerate()
        .filter(|(at, _)| states & (1 << at) != 0)
        .filter(|(_, arg)| match arg {
            ArgPattern::Any => false,
            ArgPattern::OneOf(patterns) => patterns
                .iter()
                .any(|pattern| path_fits(pattern, text, certainty)),
        })
        .fold(0, |reached, (at, _)| reached | 1 << (at + 1))
}

/// The states from the lowest of `states` on.
fn everything_from(states: u64, last: usize) -> u64 {
    let all = (2_u64 << last) - 1;
    match states {
        0 => 0,
        states => all & (u64::MAX << states.trailing_zeros()),
    }
}

/// Whether `text` fits, and, if there is an absolute path in it, whether it does so without `.`, `..` and
/// doubled `/`: `/data/../etc/x` is no file below `/data`, and `of=//dev/sda` is `of=/dev/sda`.
pub(super) fn path_fits(pattern: &Pattern, text: &OsStr, certainty: Certainty) -> bool {
    let as_written = pattern.matches(text);
    let decided = match certainty {
        Certainty::Proven => false,
        Certainty::Suspected => true,
    };
    if as_written == decided || pattern.is_everything() {
        return as_written;
    }
    match cleaned(text) {
        Some(clean) => pattern.matches(&clean),
        None => as_written,
    }
}

/// `text` with the absolute path that it is, or that follows its first `=`, normalised; `None` if it has
/// none or that is normal already.
fn cleaned(text: &OsStr) -> Option<OsString> {
    let bytes = text.as_bytes();
    let start = match bytes.first()? {
        b'/' => 0,
        _ => bytes.iter().position(|byte| *byte == b'=')? + 1,
    };
    let (front, path) = bytes.split_at(start);
    if path.first() != Some(&b'/') || !needs_cleaning(path) {
        return None;
    }
    let path = normalised(Path::new(OsStr::from_bytes(path)));
    let mut clean = front.to_vec();
    clean.extend(path.as_os_str().as_bytes());
    Some(OsString::from_vec(clean))
}

fn needs_cleaning(path: &[u8]) -> bool {
    let mut parts = path[1..].split(|byte| *byte == b'/');
    path.len() > 1 && parts.any(|part| matches!(part, b"" | b"." | b".."))
}
