//! The `#!` line of a script, read as the kernel reads it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// The bytes of a file that the kernel looks at.
pub(crate) const LOOKED_AT: usize = 256;

/// What a script says after its `#!`: an interpreter, and the rest of the line as one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FirstLine {
    pub(crate) interpreter: OsString,
    pub(crate) argument: Option<OsString>,
}

/// The `#!` line of a file that starts with these bytes, zeros after its end. `None` if it has none
/// that the kernel would follow: one without an interpreter, or with one that is cut off.
///
/// # Source
/// execve(2), and `fs/binfmt_script.c` for what that leaves open
pub(crate) fn first_line(start: &[u8; LOOKED_AT]) -> Option<FirstLine> {
    let text = start.strip_prefix(b"#!")?;
    // The kernel puts a zero in place of the last byte that it has.
    let (_, room) = text.split_last()?;
    let line_end = text.iter().position(|&byte| matches!(byte, b'\n' | 0));
    let line = match line_end {
        Some(at) if text[at] == b'\n' => trimmed(&text[..at]),
        // The zeros after a short file count as its text.
        _ => {
            let name = text.iter().position(|&byte| !is_blank(byte))?;
            text[name..].iter().find(|&&byte| is_separator(byte))?;
            trimmed(room)
        }
    };
    let line = &line[line.iter().position(|&byte| !is_blank(byte))?..];
    let separator = line.iter().position(|&byte| is_separator(byte));
    let (interpreter, rest) = line.split_at(separator.unwrap_or(line.len()));
    if interpreter.is_empty() {
        return None;
    }
    let argument = rest.iter().position(|&byte| !is_blank(byte));
    let argument = argument.filter(|_| rest.first() != Some(&0));
    Some(FirstLine {
        interpreter: to_zero(interpreter),
        argument: argument.map(|at| to_zero(&rest[at..])),
    })
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_separator(byte: u8) -> bool {
    is_blank(byte) || byte == 0
}

fn trimmed(line: &[u8]) -> &[u8] {
    let length = line.iter().rposition(|&byte| !is_blank(byte));
    &line[..length.map_or(0, |last| last + 1)]
}

fn to_zero(bytes: &[u8]) -> OsString {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    OsStr::from_bytes(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of a file that holds `text`, as `interpreter|argument`.
    fn line(text: &[u8]) -> Option<String> {
        let mut start = [0; LOOKED_AT];
        let length = text.len().min(LOOKED_AT);
        start[..length].copy_from_slice(&text[..length]);
        let FirstLine {
            interpreter,
            argument,
        } = first_line(&start)?;
        let interpreter = interpreter.into_string().unwrap();
        Some(match argument {
            Some(argument) => format!("{interpreter}|{}", argument.into_string().unwrap()),
            None => interpreter,
        })
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(line(text.as_bytes()).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn an_interpreter_and_the_rest_as_one_argument() {
        check("#!/bin/sh\n", Some("/bin/sh"));
        check("#! \t/bin/sh  \nx", Some("/bin/sh"));
        check("#!/usr/bin/env -S a  b\t \n", Some("/usr/bin/env|-S a  b"));
        check("#!/bin/sh\r\n", Some("/bin/sh\r"));
        check("#!sh x\n", Some("sh|x"));
    }

    #[test]
    fn what_the_kernel_does_not_follow() {
        for text in ["", "#", "#!", "#!\n", "#!  \t\n", " #!/bin/sh\n", "\x7fELF"] {
            check(text, None);
        }
        check(&format!("#!/{}\n", "a".repeat(300)), None);
        check(&format!("#!{}/bin/sh\n", " ".repeat(300)), None);
    }

    #[test]
    fn a_line_that_does_not_end() {
        check("#!/bin/sh", Some("/bin/sh"));
        check("#!/bin/sh -x ", Some("/bin/sh|-x "));
        check("#!/bin/sh ", Some("/bin/sh|"));
        check("#!/bin/sh\0-x\n", Some("/bin/sh"));
        check("#!/bin/sh -x\0y\n", Some("/bin/sh|-x"));
        let long = format!("#!/bin/sh {}\n", "a".repeat(300));
        check(&long, Some(&format!("/bin/sh|{}", "a".repeat(245))));
    }
}
