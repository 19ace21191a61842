//! `env`.
//!
//! # Source
//! env(1) of GNU coreutils, "env invocation" in its manual for `-S`.

use super::{Apart, Change, HIDDEN, Word, in_front, is, is_doubtful, text};
use crate::command::options::{CommandLine, Syntax, Value, scan};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// Times that `-S` is followed into what it holds.
const MAX_SPLITS: usize = 16;

static ENV: Syntax = in_front(
    "i|ignore-environment 0|null a|argv0= u|unset= C|chdir= S|split-string= block-signal? \
     default-signal? ignore-signal? list-signal-handling v|debug P= help version",
);

pub(super) fn env<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let mut args = Cow::Borrowed(args);
    for _ in 0..MAX_SPLITS {
        match split(&args) {
            Ok(None) => return command(apart, at, &args),
            Ok(Some(split)) => args = Cow::Owned(split),
            Err(why) => return apart.opaque(at, why),
        }
    }
    apart.opaque(at, "it is nested too deeply");
}

/// The arguments with the first `-S` replaced by what it holds, if there is one.
fn split<'a>(args: &[Word<'a>]) -> Result<Option<Vec<Word<'a>>>, &'static str> {
    let line = scan(Some(&ENV), args);
    let split = line.options.iter().find(|found| found.name() == "S");
    // What stands after it is read again, behind what it holds.
    let end = split.map_or(usize::MAX, |found| found.at);
    if line.doubt.is_some_and(|doubt| doubt <= end) && is_doubtful(&line) {
        return Err(HIDDEN);
    }
    let Some(found) = split else {
        return Ok(None);
    };
    let Value::Text(string) = found.value else {
        return Err(HIDDEN);
    };
    let mut replaced = args[..found.at].to_vec();
    let word = text(&args[found.at]).ok_or(HIDDEN)?.as_bytes();
    let letter = word.iter().position(|byte| *byte == b'S').unwrap_or(0);
    let is_attached = match word.starts_with(b"--") {
        true => word.contains(&b'='),
        false => letter + 1 < word.len(),
    };
    // The letters in front of the `S` stay.
    if letter > 1 && !word.starts_with(b"--") {
        let letters = OsStr::from_bytes(&word[..letter]).to_owned();
        replaced.push(Word::Text(letters.into()));
    }
    let next = found.at + if is_attached { 1 } else { 2 };
    replaced.extend(split_string(string.as_bytes())?);
    replaced.extend_from_slice(&args[next.min(args.len())..]);
    Ok(Some(replaced))
}

/// The words of a string of `-S`.
fn split_string<'a>(string: &[u8]) -> Result<Vec<Word<'a>>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = string.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\'' | b'"', None) => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (_, Some(open)) if byte == open => quote = None,
            (b'\\', Some(b'\'')) => match bytes.next() {
                Some(escaped @ (b'\\' | b'\'')) => word.get_or_insert_default().push(escaped),
                Some(other) => word.get_or_insert_default().extend([b'\\', other]),
                None => return Err(UNREAD),
            },
            (b'\\', _) => match (bytes.next(), quote) {
                (Some(b'_'), None) => words.extend(word.take().map(finish)),
                (Some(b'_'), Some(_)) => word.get_or_insert_default().push(b' '),
                (Some(b'c'), None) => break,
                (Some(escape), _) => {
                    let escaped = escaped(escape).ok_or(UNREAD)?;
                    word.get_or_insert_default().push(escaped);
                }
                (None, _) => return Err(UNREAD),
            },
            (b'$', None | Some(b'"')) => return Err("it holds the value of a variable"),
            (b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, None) => {
                words.extend(word.take().map(finish))
            }
            (b'#', None) if word.is_none() => break,
            _ => word.get_or_insert_default().push(byte),
        }
    }
    if quote.is_some() {
        return Err(UNREAD);
    }
    words.extend(word.map(finish));
    Ok(words)
}

const UNREAD: &str = "the string of `-S` cannot be read";

fn finish<'a>(word: Vec<u8>) -> Word<'a> {
    Word::Text(OsString::from_vec(word).into())
}

fn escaped(escape: u8) -> Option<u8> {
    Some(match escape {
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'#' | b'$' | b'"' | b'\'' | b'\\' => escape,
        _ => return None,
    })
}

/// What `env` runs; `-S` is replaced.
fn command<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&ENV), args);
    let Ok(mut change) = changes(&line) else {
        return apart.opaque(at, HIDDEN);
    };
    let Some(mut next) = line.rest else {
        return;
    };
    if args.get(next).is_some_and(|word| is(word, "-")) {
        change.drops_path = true;
        next += 1;
    }
    while let Some(word) = args.get(next) {
        let Some(assignment) = text(word) else {
            return apart.opaque(at, "the program that it runs is not written out");
        };
        if !assignment.as_bytes().contains(&b'=') {
            return apart.command(at, args, next, change);
        }
        super::prefix::sets(&mut change, assignment);
        next += 1;
    }
}

fn changes<'a>(line: &CommandLine<'_>) -> Result<Change<'a>, ()> {
    let mut change = Change::default();
    for found in &line.options {
        match (found.name(), found.value) {
            ("i", _) => change.drops_path = true,
            ("u", Value::Text(name)) => change.drops_path |= name == "PATH",
            ("C", _) => {
                change.moves = Some("it is a relative path, and the directory is changed before");
            }
            // Another name for the program to see: many are many programs.
            ("a", _) => change.elsewhere = Some("it is called by another name than its own"),
            ("P", Value::Text(path)) => change.sets.push((
                OsString::from("PATH").into(),
                Word::Text(path.to_owned().into()),
            )),
            ("u" | "P", _) => return Err(()),
            _ => {}
        }
    }
    Ok(change)
}
