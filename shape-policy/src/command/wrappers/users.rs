//! Programs that run a command as another user.

use super::{
    Apart, Change, HIDDEN, Word, anywhere, has_any, in_front, is, is_doubtful, owned, text,
};
use crate::command::options::{CommandLine, Syntax, Value, scan};
use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;

const SHELL: &str = "it starts a shell, which reads commands from its input";

// `-h` is left out: it takes a value or none.
static SUDO: Syntax = in_front(
    "A|askpass b|background B|bell C|close-from= D|chdir= E preserve-env? e|edit g|group= \
     H|set-home host= help i|login k|reset-timestamp K|remove-timestamp l|list n|non-interactive \
     P|preserve-groups p|prompt= R|chroot= r|role= S|stdin s|shell T|command-timeout= t|type= \
     U|other-user= u|user= V|version v|validate N|no-update",
);

/// Times that options may stand behind assignments again.
const MAX_TURNS: usize = 16;

/// `sudo`, which goes on reading options behind assignments: `sudo A=1 -u user command`.
pub(super) fn sudo<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let mut args = args.to_vec();
    let mut change = Change::default();
    for _ in 0..MAX_TURNS {
        let Some(assignments) = assignments_before_options(&args) else {
            return sudo_command(apart, at, &args, change);
        };
        for assignment in args.drain(assignments) {
            if let Word::Text(assignment) = assignment {
                super::prefix::sets(&mut change, &assignment);
            }
        }
    }
    apart.opaque(at, HIDDEN);
}

/// The assignments behind the first options that have options behind them, if there are such.
fn assignments_before_options(args: &[Word<'_>]) -> Option<Range<usize>> {
    let line = scan(Some(&SUDO), args);
    if is_doubtful(&line) {
        return None;
    }
    let start = line.rest?;
    let is_assignment =
        |word: &&Word<'_>| text(word).is_some_and(|text| text.as_bytes().contains(&b'='));
    let end = start + args[start..].iter().take_while(is_assignment).count();
    let next = args.get(end).and_then(text)?;
    (end > start && next.as_bytes().starts_with(b"-")).then_some(start..end)
}

fn sudo_command<'a>(
    apart: &mut Apart<'a, '_>,
    at: usize,
    args: &[Word<'a>],
    mut change: Change<'a>,
) {
    let line = scan(Some(&SUDO), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    let is_edit = has_any(&line, "-e") || apart.name(at).as_bytes().ends_with(b"edit");
    if is_edit {
        for file in &args[line.rest.unwrap_or(args.len())..] {
            apart.writes(at, file.clone());
        }
        return apart.opaque(at, "an editor runs what it is told");
    }
    if has_any(&line, "-D") {
        change.moves = Some("it is a relative path, and the directory is changed before");
    }
    if has_any(&line, "-R -i") {
        change.elsewhere = Some("it is looked up in another environment than the one seen here");
    }
    let mut next = line.rest.unwrap_or(args.len());
    while let Some(word) = args.get(next) {
        let Some(assignment) = text(word) else {
            return apart.opaque(at, "the program that it runs is not written out");
        };
        if !assignment.as_bytes().contains(&b'=') {
            // `sudo -l command` tells whether it may run.
            if !has_any(&line, "-l") {
                apart.command(at, args, next, change);
            }
            return;
        }
        super::prefix::sets(&mut change, assignment);
        next += 1;
    }
    if has_any(&line, "-s -i") {
        apart.opaque(at, SHELL);
    }
}

const SU_OPTIONS: &str = "c|command= session-command= f|fast g|group= G|supp-group= l|login \
     m|p|preserve-environment P|pty s|shell= w|whitelist-environment= T|no-pty u|user= h|help \
     V|version";

static SU: Syntax = anywhere(SU_OPTIONS);
static RUNUSER: Syntax = in_front(SU_OPTIONS);

pub(super) fn su<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&SU), args);
    su_command(&line, apart, at);
}

/// `runuser -u user command`, or as `su`.
pub(super) fn runuser<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Some(&RUNUSER), args);
    if is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    if !has_any(&line, "-u") {
        return su(apart, at, args);
    }
    match line.rest {
        Some(command) => apart.command(at, args, command, Change::default()),
        None => apart.opaque(at, SHELL),
    }
}

fn su_command(line: &CommandLine<'_>, apart: &mut Apart<'_, '_>, at: usize) {
    let operands = line
        .operands
        .iter()
        .filter(|operand| !is(operand.word, "-"));
    // What follows the user is given to the shell.
    if is_doubtful(line) || operands.count() > 1 || has_any(line, "-s") {
        return apart.opaque(at, HIDDEN);
    }
    if has_any(line, "--help --version") {
        return;
    }
    // The user has a shell of its own, which is taken for one that reads as sh does.
    let mut commands = line
        .options
        .iter()
        .filter(|found| matches!(found.name(), "c" | "session-command"));
    match (commands.next(), commands.next()) {
        (Some(found), None) => {
            let Value::Text(command) = found.value else {
                return apart.opaque(at, HIDDEN);
            };
            let mut change = Change::default();
            let is_login =
                has_any(line, "-l") || line.operands.iter().any(|word| is(word.word, "-"));
            if is_login {
                change.elsewhere =
                    Some("it is looked up in another environment than the one seen here");
            }
            apart.script(at, command, &change);
        }
        (Some(_), Some(_)) => apart.opaque(at, HIDDEN),
        (None, _) => apart.opaque(at, SHELL),
    }
}

/// `capsh … -- arguments of bash`; its own options never take the next word.
pub(super) fn capsh<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    for (index, word) in args.iter().enumerate() {
        let Some(option) = text(word) else {
            return apart.opaque(at, HIDDEN);
        };
        match option.as_bytes() {
            b"--" => {
                let shell = owned(Value::Text(OsStr::new("/bin/bash")));
                return apart.run(at, &shell, args[index + 1..].to_vec(), Change::default());
            }
            b"==" | b"-+" | b"=+" => return apart.opaque(at, HIDDEN),
            option if option.starts_with(b"--shell") || option.starts_with(b"--chroot") => {
                return apart.opaque(at, HIDDEN);
            }
            _ => {}
        }
    }
}
