//! Shells, and programs that give a string to one.

use super::{
    Apart, Change, HIDDEN, Word, anywhere, has_any, in_front, is, is_doubtful, is_input, owned,
    text,
};
use crate::command::options::{Syntax, Value, scan};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

const INPUT: &str = "it reads commands from its input";

/// What the options of a shell say.
#[derive(Default)]
struct Invocation {
    /// `-c`: the first operand is a script.
    is_command: bool,
    /// `-s`: it reads its input whatever the operands.
    is_input: bool,
    /// It only prints something.
    is_idle: bool,
    /// The index of the first operand.
    operand: usize,
}

/// A shell that reads commands as POSIX has them.
///
/// # Source
/// sh(1p), bash(1), dash(1), zshmisc(1).
pub(super) fn shell<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let Some(invocation) = invocation(args) else {
        return apart.opaque(at, HIDDEN);
    };
    let operand = args.get(invocation.operand);
    match operand {
        _ if invocation.is_idle => {}
        Some(Word::Text(script)) if invocation.is_command => {
            apart.script(at, script, &Change::default());
        }
        Some(_) if invocation.is_command => apart.opaque(at, "its commands are not written out"),
        // It complains about the missing string.
        None if invocation.is_command => {}
        Some(Word::Text(file)) if !invocation.is_input && !is_input(Value::Text(file)) => {}
        Some(Word::Operands) if !invocation.is_input => {}
        Some(Word::Unknown) => apart.opaque(at, HIDDEN),
        _ => apart.opaque(at, INPUT),
    }
}

/// Reads the options; `None` if they are not known.
fn invocation(args: &[Word<'_>]) -> Option<Invocation> {
    let mut found = Invocation::default();
    while let Some(word) = args.get(found.operand) {
        let option = match word {
            Word::Text(option) => option.as_bytes(),
            Word::Operands => break,
            Word::Unknown => return None,
        };
        found.operand += 1;
        match option {
            b"-" | b"--" => break,
            b"--norc" | b"--noprofile" | b"--posix" | b"--login" | b"--restricted"
            | b"--verbose" | b"--noediting" | b"--noenvironment" | b"--no-rcs"
            | b"--no-globalrcs" => {}
            b"--help" | b"--version" => found.is_idle = true,
            [b'-', b'-', ..] => return None,
            [sign @ (b'-' | b'+'), letters @ ..] if !letters.is_empty() => {
                for (index, letter) in letters.iter().enumerate() {
                    match (letter, sign) {
                        (b'c', b'-') => found.is_command = true,
                        (b's', b'-') => found.is_input = true,
                        // Some shells take the rest of the word for its value.
                        (b'o' | b'O', _) if index + 1 < letters.len() => return None,
                        // The name of an option is the next word.
                        (b'o' | b'O', _) => match args.get(found.operand) {
                            Some(Word::Text(_)) => found.operand += 1,
                            _ => return None,
                        },
                        (b'c' | b's', _) => return None,
                        (letter, _) if b"abefhiklmnprtuvxBCEHP".contains(letter) => {}
                        _ => return None,
                    }
                }
            }
            _ => {
                found.operand -= 1;
                break;
            }
        }
    }
    Some(found)
}

/// A shell with a language of its own: what it is given cannot be read.
pub(super) fn foreign<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    match args.first() {
        Some(Word::Text(first)) if matches!(first.as_bytes(), b"--version" | b"--help") => {}
        Some(Word::Text(first))
            if !first.as_bytes().starts_with(b"-") && !is_input(Value::Text(first)) => {}
        Some(Word::Operands) => {}
        None => apart.opaque(at, INPUT),
        _ => apart.opaque(at, "its commands are in a language that is not read"),
    }
}

static WATCH: Syntax = in_front(
    "b|beep c|color C|no-color d|differences? e|errexit f|follow g|chgexit n|interval= p|precise \
     q|equexit= r|no-rerun s|shotsdir= t|no-title w|no-wrap x|exec h|help v|version",
);

/// `watch` gives its words to a shell, with blanks between them.
pub(super) fn watch<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&WATCH), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    let Some(command) = line.rest else {
        return;
    };
    if has_any(&line, "-x") {
        return apart.command(at, args, command, Change::default());
    }
    match joined(&args[command..]) {
        Some(script) => apart.script(at, &script, &Change::default()),
        None => apart.opaque(at, "its commands are not written out"),
    }
}

/// The words with blanks between them, if all are known.
pub(super) fn joined(words: &[Word<'_>]) -> Option<OsString> {
    let words: Option<Vec<&OsStr>> = words.iter().map(text).collect();
    Some(words?.join(OsStr::new(" ")))
}

static FLOCK: Syntax = in_front(
    "s|shared x|e|exclusive u|unlock n|nb|nonblock w|timeout|wait= o|close \
     E|conflict-exit-code= F|no-fork verbose fcntl h|help V|version",
);

/// `flock FILE COMMAND…`, or `flock FILE -c STRING`.
pub(super) fn flock<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&FLOCK), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    let Some(file) = line.rest else {
        return;
    };
    let Some(command) = args.get(file + 1) else {
        return;
    };
    match &args[file] {
        Word::Text(_) => apart.writes(at, args[file].clone()),
        _ => return apart.opaque(at, HIDDEN),
    }
    if is(command, "-c") || is(command, "--command") {
        match args.get(file + 2) {
            Some(Word::Text(script)) => apart.script(at, script, &Change::default()),
            Some(_) => apart.opaque(at, "its commands are not written out"),
            None => {}
        }
    } else {
        apart.command(at, args, file + 1, Change::default());
    }
}

static SCRIPT: Syntax = anywhere(
    "a|append B|log-io= c|command= e|return E|echo= f|flush force I|log-in= O|log-out= \
     T|log-timing= m|logging-format= o|output-limit= q|quiet t? timing? h|help V|version",
);

/// `script -c STRING FILE` writes to files what the command shows.
pub(super) fn script<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&SCRIPT), args);
    if is_doubtful(&line) || line.operands.len() > 1 {
        return apart.opaque(at, HIDDEN);
    }
    if has_any(&line, "--help --version") {
        return;
    }
    let mut script = None;
    let mut writes = Vec::new();
    for found in &line.options {
        match found.name() {
            "c" => script = Some(found.value),
            "B" | "I" | "O" | "T" => writes.push(owned(found.value)),
            "t" | "timing" if found.value != Value::None => writes.push(owned(found.value)),
            _ => {}
        }
    }
    match line.operands.first() {
        Some(file) => writes.push(args[file.at].clone()),
        None if writes.is_empty() => writes.push(owned(Value::Text(OsStr::new("typescript")))),
        None => {}
    }
    writes.into_iter().for_each(|file| apart.writes(at, file));
    match script {
        Some(Value::Text(script)) => apart.script(at, script, &Change::default()),
        Some(_) => apart.opaque(at, "its commands are not written out"),
        None => apart.opaque(at, "it starts a shell, which reads commands from its input"),
    }
}
