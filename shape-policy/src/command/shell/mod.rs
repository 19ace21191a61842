//! The grammar of command strings: what `sh -c STRING` would run.
//!
//! [`parse`] reads a string as the shells do that take POSIX as their base (dash, bash, ksh, zsh, busybox)
//! and lists its simple commands. It runs nothing and looks at nothing but the string. Whatever depends
//! on the moment it runs in, and whatever those shells read differently or refuse, is opaque: it is listed as far
//! as it can be read, with the reason. Shells of another family (csh, fish) are not understood.
//!
//! # Source
//! POSIX.1-2024, XCU chapter 2; dash(1), bash(1), zshall(1).

mod builtins;
mod effects;
mod lexer;
mod parser;
mod simple;
mod sink;
mod tree;
mod words;

#[cfg(test)]
mod tests;

use lexer::Parser;
use sink::Sink;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

pub(crate) use builtins::{Kind, kind};
pub(crate) use tree::{Command, Script, Why};

/// Levels of commands in commands that are looked at.
const DEPTH: usize = 64;
/// Bytes that are looked at. Linux hands a program no longer argument, where pages have 4 KiB.
const BYTES: usize = 128 * 1024;
/// Commands that are looked at: each of them is decided on.
const COMMANDS: usize = 10_000;

/// What `text` says as a script of a shell. Every text has an answer: what is not understood is
/// [opaque](Script::opaque).
pub(crate) fn parse(text: &OsStr) -> Script {
    let bytes = text.as_bytes();
    let looked_at = &bytes[..bytes.len().min(BYTES)];
    let mut sink = Sink::new();
    if looked_at.len() < bytes.len() {
        sink.fail(Why::TooLong);
    }
    if looked_at.contains(&0) {
        sink.fail(Why::Nul);
    }
    Parser::new(looked_at, &mut sink).whole();
    sink.finish()
}
