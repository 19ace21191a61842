//! Programs that run a command for what they find or read: `find`, `xargs`.

use super::{Apart, Change, HIDDEN, Word, in_front, is, is_doubtful, owned, text};
use crate::command::options::{Syntax, Value, scan};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

pub(super) fn find<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(OsStr::new("find")), args);
    if line.doubt.is_some() {
        apart.opaque(at, HIDDEN);
    }
    for found in &line.options {
        match (found.name(), found.value) {
            ("fprint" | "fprint0" | "fls", value) => apart.writes(at, owned(value)),
            // The format is the word after the file.
            ("fprintf", value) => apart.writes(at, owned(value)),
            (name @ ("exec" | "execdir" | "ok" | "okdir"), Value::Words(start, end)) => {
                let mut change = Change::default();
                if name.ends_with("dir") {
                    change.moves =
                        Some("it is a relative path, and the directory is changed before");
                }
                let command: Vec<Word<'a>> = args[start..end].iter().map(filled).collect();
                match command.split_first() {
                    Some((program, args)) => apart.run(at, program, args.to_vec(), change),
                    None => apart.opaque(at, HIDDEN),
                }
            }
            _ => {}
        }
    }
}

/// A word of a command of `find`, in which `{}` stands for a path. No path it makes begins with `-`.
fn filled<'a>(word: &Word<'a>) -> Word<'a> {
    let Some(at) = text(word).and_then(|text| position(text.as_bytes(), b"{}")) else {
        return word.clone();
    };
    match text(word).is_some_and(|text| text.as_bytes().starts_with(b"-") && at > 0) {
        true => Word::Unknown,
        false => Word::Operands,
    }
}

/// Where `part` begins in `text`.
fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    text.windows(part.len()).position(|window| window == part)
}

/// `fd … -x COMMAND… ;`: the paths that it finds are in place of `{}`, or at the end.
pub(super) fn fd<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let mut next = 0;
    while let Some(word) = args.get(next) {
        next += 1;
        let option = match word {
            Word::Text(option) => option.as_bytes(),
            Word::Operands => continue,
            Word::Unknown => return apart.opaque(at, HIDDEN),
        };
        match option {
            b"--" => return,
            b"-x" | b"-X" | b"--exec" | b"--exec-batch" => {
                let rest = &args[next..];
                let end = rest
                    .iter()
                    .position(|word| is(word, ";"))
                    .unwrap_or(rest.len());
                fd_command(apart, at, &rest[..end]);
                next += end + 1;
            }
            _ if option.starts_with(b"--exec") => return apart.opaque(at, HIDDEN),
            [b'-', letters @ ..]
                if !letters.starts_with(b"-")
                    && (letters.contains(&b'x') || letters.contains(&b'X')) =>
            {
                return apart.opaque(at, HIDDEN);
            }
            _ => {}
        }
    }
}

fn fd_command<'a>(apart: &mut Apart<'a, '_>, at: usize, command: &[Word<'a>]) {
    let has_braces =
        |word: &Word<'_>| text(word).is_some_and(|text| text.as_bytes().contains(&b'{'));
    let Some((program, args)) = command.split_first() else {
        return apart.opaque(at, HIDDEN);
    };
    if has_braces(program) {
        return apart.opaque(at, "the program that it runs is not written out");
    }
    let is_filled = args.iter().any(has_braces);
    let fill = |word: &Word<'a>| {
        if has_braces(word) {
            Word::Unknown
        } else {
            word.clone()
        }
    };
    let mut args: Vec<Word<'a>> = args.iter().map(fill).collect();
    if !is_filled {
        args.push(Word::Unknown);
    }
    apart.run(at, program, args, Change::default());
}

static XARGS: Syntax = in_front(
    "-0oprtx :adEIJLnPRsS i? e? l? 0|null arg-file= delimiter= eof? replace? max-lines? max-args= \
     max-procs= interactive no-run-if-empty max-chars= verbose exit process-slot-var= open-tty \
     show-limits help version",
);

/// `xargs`: what it reads is at the end of the command, or in place of what `-I` says.
pub(super) fn xargs<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&XARGS), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    let mut replaced: Option<&OsStr> = None;
    for found in &line.options {
        replaced = match (found.name(), found.value) {
            ("I" | "J" | "i" | "replace", Value::Text(text)) => Some(text),
            ("i" | "replace", _) => Some(OsStr::new("{}")),
            ("help" | "version", _) => return,
            _ => continue,
        };
    }
    let Some(command) = line.rest else {
        let echo = owned(Value::Text(OsStr::new("echo")));
        return apart.run(at, &echo, vec![Word::Unknown], Change::default());
    };
    let is_replaced = |word: &Word<'_>| match (replaced, word) {
        (Some(replaced), Word::Text(text)) => position(text.as_bytes(), replaced.as_bytes()),
        _ => None,
    };
    if is_replaced(&args[command]).is_some() {
        return apart.opaque(at, "the program that it runs is not written out");
    }
    let fill = |word: &Word<'a>| match is_replaced(word) {
        // What is read may begin with a dash, but not the word that it is a later part of.
        Some(start) if start > 0 && text(word).is_none_or(|text| text.as_bytes()[0] != b'-') => {
            Word::Operands
        }
        Some(_) => Word::Unknown,
        None => word.clone(),
    };
    let mut words: Vec<Word<'a>> = args[command + 1..].iter().map(fill).collect();
    // The last of these options counts, so that what is read may be at the end all the same.
    if replaced.is_none() || super::has_any(&line, "-L -l -n --max-lines --max-args") {
        words.push(Word::Unknown);
    }
    apart.run(at, &args[command], words, Change::default());
}

static PARALLEL: Syntax = in_front(
    "-0kXmt j|jobs= N|max-replace-args= n|max-args= L= P|max-procs= a|arg-file= d|delimiter= \
     C|colsep= keep-order null verbose v dry-run bar eta progress halt= joblog= load= memfree= \
     nice= retries= timeout= delay= tag line-buffer lb ungroup u group no-run-if-empty r xargs will-cite \
     citation no-notice",
);

/// `parallel` gives each command to a shell. It is read where nothing in it means anything to one.
pub(super) fn parallel<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&PARALLEL), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    let command = &args[line.rest.unwrap_or(args.len())..];
    let is_source =
        |word: &Word<'_>| text(word).is_some_and(|text| text.as_bytes().starts_with(b":::"));
    let end = command.iter().position(is_source).unwrap_or(command.len());
    let Some((program, words)) = command[..end].split_first() else {
        return apart.opaque(at, "it reads commands from its input");
    };
    let is_braces = |word: &Word<'_>| is(word, "{}");
    if !is_plain(program) || !words.iter().all(|word| is_plain(word) || is_braces(word)) {
        return apart.opaque(
            at,
            "a shell reads its commands, and they are not plain words",
        );
    }
    let fill = |word: &Word<'a>| {
        if is_braces(word) {
            Word::Unknown
        } else {
            word.clone()
        }
    };
    let is_filled = words.iter().any(is_braces);
    let mut words: Vec<Word<'a>> = words.iter().map(fill).collect();
    if !is_filled {
        words.push(Word::Unknown);
    }
    apart.run(at, program, words, Change::default());
}

/// Whether a shell takes this word for itself.
fn is_plain(word: &Word<'_>) -> bool {
    text(word).is_some_and(|text| {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./,:+@-".contains(byte);
        !text.is_empty() && text.as_bytes().iter().all(plain)
    })
}
