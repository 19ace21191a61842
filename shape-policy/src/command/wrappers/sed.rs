//! `sed`, whose scripts can run commands and write files.
//!
//! # Source
//! sed(1p), sed(1) of GNU.

use super::{Apart, HIDDEN, Word};
use crate::command::options::{Syntax, Value, scan};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

pub(super) fn sed<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(OsStr::new("sed")), args);
    // A word that is not known may be an option that brings a script.
    if line.doubt.is_some() {
        return apart.opaque(at, HIDDEN);
    }
    let mut has_script = false;
    for found in &line.options {
        match (found.name(), found.value) {
            ("f", value) => {
                has_script = true;
                if super::is_input(value) {
                    apart.opaque(at, "it reads its script from its input");
                }
            }
            ("e", Value::Text(script)) => {
                has_script = true;
                take_script(apart, at, script);
            }
            ("e", _) => return apart.opaque(at, HIDDEN),
            _ => {}
        }
    }
    match line.operands.first() {
        _ if has_script => {}
        Some(operand) => match operand.word {
            Word::Text(script) => take_script(apart, at, script),
            _ => apart.opaque(at, "its script is not written out"),
        },
        None => {}
    }
}

fn take_script(apart: &mut Apart<'_, '_>, at: usize, script: &OsStr) {
    let mut reader = Reader {
        bytes: script.as_bytes(),
        writes: Vec::new(),
    };
    if reader.script().is_none() {
        apart.opaque(at, "its script may run commands, or cannot be read");
    }
    for file in reader.writes {
        apart.writes(at, Word::Text(file.into()));
    }
}

struct Reader<'s> {
    /// What is not read yet.
    bytes: &'s [u8],
    /// Files that the script writes to.
    writes: Vec<OsString>,
}

impl<'s> Reader<'s> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// Takes what is at the start as long as `is_it`.
    fn skip(&mut self, is_it: impl Fn(u8) -> bool) -> &'s [u8] {
        let length = self.bytes.iter().take_while(|byte| is_it(**byte)).count();
        let (taken, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        taken
    }

    fn blanks(&mut self) {
        self.skip(|byte| byte.is_ascii_whitespace());
    }

    /// The rest of the line.
    fn line(&mut self) -> &'s [u8] {
        self.skip(|byte| byte != b'\n')
    }

    /// All commands; `None` if one may run something or is not understood.
    fn script(&mut self) -> Option<()> {
        loop {
            self.skip(|byte| byte.is_ascii_whitespace() || byte == b';');
            if self.bytes.is_empty() {
                return Some(());
            }
            self.address()?;
            self.blanks();
            if self.bytes.first() == Some(&b',') {
                self.next();
                self.blanks();
                self.address()?;
            }
            self.skip(|byte| byte.is_ascii_whitespace() || byte == b'!');
            self.command()?;
        }
    }

    /// A line number, `$` or a pattern, if there is one.
    fn address(&mut self) -> Option<()> {
        match self.bytes.first() {
            Some(b'$') => drop(self.next()),
            Some(b'0'..=b'9' | b'+' | b'~') => {
                self.skip(|byte| byte.is_ascii_digit() || matches!(byte, b'~' | b'+'));
            }
            Some(b'/') => {
                self.next();
                self.until(b'/')?;
                self.skip(|byte| matches!(byte, b'I' | b'M'));
            }
            Some(b'\\') => {
                self.next();
                let delimiter = self.delimiter()?;
                self.until(delimiter)?;
                self.skip(|byte| matches!(byte, b'I' | b'M'));
            }
            _ => {}
        }
        Some(())
    }

    fn delimiter(&mut self) -> Option<u8> {
        // In a text of more bytes than letters, GNU sed takes a whole letter.
        self.next()
            .filter(|byte| byte.is_ascii() && !matches!(byte, b'\n' | b'\\'))
    }

    /// Reads up to `delimiter`, which counts as a letter after a backslash.
    fn until(&mut self, delimiter: u8) -> Option<()> {
        // In brackets sed may take it for a letter, and read on: what follows is then in doubt.
        let mut brackets = false;
        loop {
            match self.next()? {
                b'\\' => drop(self.next()?),
                byte if byte == delimiter => return (!brackets).then_some(()),
                b'[' => brackets = true,
                b']' => brackets = false,
                _ => {}
            }
        }
    }

    fn command(&mut self) -> Option<()> {
        match self.next()? {
            b'{' => return Some(()),
            b'}' | b'=' | b'd' | b'D' | b'g' | b'G' | b'h' | b'H' | b'n' | b'N' | b'p' | b'P'
            | b'x' | b'z' | b'F' => {}
            b'q' | b'Q' | b'l' | b'L' => {
                self.skip(|byte| byte.is_ascii_digit() || byte == b' ');
            }
            b'b' | b't' | b'T' | b':' => {
                self.skip(|byte| byte == b' ');
                self.skip(|byte| !byte.is_ascii_whitespace() && byte != b';' && byte != b'}');
            }
            b'#' => {
                self.line();
            }
            // The text of these goes on over lines that end with a backslash.
            b'a' | b'i' | b'c' => loop {
                let line = self.line();
                let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
                if self.next().is_none() || backslashes % 2 == 0 {
                    return Some(());
                }
            },
            b'r' | b'R' => {
                self.line();
            }
            b'w' | b'W' => self.file(),
            b'y' => {
                let delimiter = self.delimiter()?;
                self.until(delimiter)?;
                self.until(delimiter)?;
            }
            b's' => self.substitution()?,
            _ => return None,
        }
        self.skip(|byte| byte == b' ' || byte == b'\t');
        match self.bytes.first() {
            None | Some(b';' | b'\n' | b'}' | b'#') => Some(()),
            Some(_) => None,
        }
    }

    fn substitution(&mut self) -> Option<()> {
        let delimiter = self.delimiter()?;
        self.until(delimiter)?;
        self.until(delimiter)?;
        loop {
            match self.bytes.first() {
                Some(b'g' | b'p' | b'i' | b'I' | b'm' | b'M' | b'0'..=b'9') => drop(self.next()),
                Some(b'w') => {
                    self.next();
                    self.file();
                    return Some(());
                }
                Some(b'e') => return None,
                _ => return Some(()),
            }
        }
    }

    /// The file that the rest of the line names.
    fn file(&mut self) {
        self.skip(|byte| byte == b' ' || byte == b'\t');
        let name = self.line();
        self.writes.push(OsString::from_vec(name.to_vec()));
    }
}
