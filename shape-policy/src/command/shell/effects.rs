//! What builtins do to the commands after them, and what they run.

use super::builtins::{Kind, assigning, is_shell_variable, kind, unseen};
use super::lexer::Parser;
use super::tree::{Command, Why, add};
use crate::command::Word;
use crate::resolve::environment;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Flags of `set` that change nothing about how commands are read.
const FLAGS_OF_SET: &[u8] = b"abCefhmnuvxET";
/// The same of `set -o`.
const OPTIONS_OF_SET: &[&str] = &[
    "allexport",
    "errexit",
    "errtrace",
    "functrace",
    "ignoreeof",
    "monitor",
    "noclobber",
    "noexec",
    "noglob",
    "notify",
    "nounset",
    "pipefail",
    "verbose",
    "xtrace",
];

impl Command {
    /// Whether its command word is a path that the current directory counts for.
    pub(super) fn is_relative(&self) -> bool {
        self.name().is_some_and(|name| {
            let name = name.as_bytes();
            name.contains(&b'/') && !name.starts_with(b"/")
        })
    }

    /// The text of the word at `index`, if there is such a word and it is known.
    fn text(&self, index: usize) -> Option<&[u8]> {
        match self.words.get(index)? {
            Word::Text(text) => Some(text.as_bytes()),
            Word::Operands | Word::Unknown => None,
        }
    }
}

impl Parser<'_, '_> {
    /// Puts a command that was read in its place, and heeds what it does to those after it.
    pub(super) fn finish(&mut self, at: usize, mut command: Command, is_ordinary: bool) {
        unwrap(&mut command, is_ordinary);
        self.heed_state(&mut command);
        for (name, value) in &command.assignments {
            if let Some(why) = code_variable(name.as_bytes()) {
                self.change(why.clone());
                add(&mut command.opaque, why);
            }
            if is_subscript(value) {
                add(&mut command.opaque, Why::Arithmetic);
            }
        }
        let name = command.text(0).map(<[u8]>::to_vec);
        match name {
            Some(name) => {
                command.kind = kind(&name);
                let text = self.builtin(&name, &mut command);
                self.place(at, command);
                if let Some((text, is_trap)) = text {
                    self.run_text(&text, is_trap);
                }
            }
            None => {
                if !command.words.is_empty() {
                    command.add(Why::CommandWord);
                }
                self.place(at, command);
            }
        }
    }

    fn heed_state(&mut self, command: &mut Command) {
        if command.words.is_empty() {
            return;
        }
        if let Some(why) = &self.sink.state.changed {
            command.add(why.clone());
        }
        if self.sink.state.is_moved && command.is_relative() {
            command.add(Why::Moved);
        }
    }

    fn change(&mut self, why: Why) {
        self.sink.state.changed.get_or_insert(why.clone());
        self.sink.anywhere.changed.get_or_insert(why);
    }

    /// The script sets this variable.
    pub(super) fn sets_variable(&mut self, name: &[u8]) {
        if let Some(why) = code_variable(name) {
            self.change(why);
        }
    }

    /// Reads what `eval` or `trap` is given.
    fn run_text(&mut self, text: &[u8], is_trap: bool) {
        let start = self.sink.script.commands.len();
        self.nested(text);
        if is_trap {
            self.sink
                .each_since(start, |command| command.place.trapped = true);
        }
    }

    /// What a builtin does. Returns the text that it runs as commands, and whether it runs it later.
    fn builtin(&mut self, name: &[u8], command: &mut Command) -> Option<(Vec<u8>, bool)> {
        if command.kind == Kind::Program {
            return None;
        }
        match name {
            b"cd" | b"chdir" | b"pushd" | b"popd" => {
                self.sink.state.is_moved = true;
                self.sink.anywhere.is_moved = true;
            }
            b"eval" => match eval_text(command) {
                Some(text) => return Some((text, false)),
                None => self.hides(command, "eval"),
            },
            b"trap" => match trap_text(command) {
                Ok(text) => return text.map(|text| (text, true)),
                Err(()) => self.hides(command, "trap"),
            },
            b"set" if !is_harmless_set(command) => self.hides(command, "set"),
            b"hash" if command.words.len() > 1 && command.text(1) != Some(b"-r") => {
                self.hides(command, "hash");
            }
            b"jobs" if command.words.len() > 1 => self.hides(command, "jobs"),
            b"[[" => command.add(Why::Dialect("`[[`")),
            _ => {}
        }
        if let Some(name) = unseen(name) {
            self.hides(command, name);
        }
        if let Some(name) = assigning(name) {
            self.assigning(name, command);
        }
        if name != b"echo"
            && name != b":"
            && name != b"trap"
            && command.words.iter().any(is_subscript)
        {
            command.add(Why::Arithmetic);
        }
        None
    }

    /// A builtin that does what cannot be seen, so that nothing after it is certain.
    fn hides(&mut self, command: &mut Command, name: &'static str) {
        command.add(Why::Builtin(name));
        self.change(Why::After(name));
    }

    /// A builtin that sets the variables it is given the names of.
    fn assigning(&mut self, builtin: &'static str, command: &mut Command) {
        let is_declaring = matches!(builtin, "declare" | "typeset" | "local");
        for index in 1..command.words.len() {
            let Some(word) = command.text(index) else {
                continue;
            };
            let option = word.strip_prefix(b"-").or(word.strip_prefix(b"+"));
            let is_code = match option {
                Some(letters) if is_declaring => {
                    letters.iter().any(|letter| !b"rxgpt-".contains(letter))
                }
                Some(letters) => {
                    matches!(builtin, "mapfile" | "readarray") && letters.contains(&b'C')
                }
                None => false,
            };
            // `-vNAME` of `printf` as well as `NAME=value`.
            let word = word.strip_prefix(b"-v").unwrap_or(word);
            let end = word
                .iter()
                .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
            let variable = code_variable(&word[..end.unwrap_or(word.len())]);
            if is_code {
                self.hides(command, builtin);
            } else if let Some(why) = variable {
                self.change(why.clone());
                command.add(why);
            }
        }
    }
}

/// Takes off the front what only starts the rest. The reserved words among it are none when they are
/// quoted, or behind something else.
fn unwrap(command: &mut Command, is_ordinary: bool) {
    loop {
        let Some(name) = command.text(0) else {
            return;
        };
        let is_reserved = !is_ordinary && command.through.is_empty();
        let (prefix, skipped) = match name {
            b"command" => ("command", options_but_p(command)),
            b"exec" => ("exec", exec_options(command)),
            b"builtin" => ("builtin", Some(1)),
            b"time" if is_reserved => ("time", options_but_p(command)),
            b"coproc" if is_reserved => ("coproc", Some(1)),
            b"noglob" => ("noglob", Some(1)),
            b"nocorrect" => ("nocorrect", Some(1)),
            b"-" => ("-", Some(1)),
            b"repeat" if is_reserved => ("repeat", Some(2)),
            _ => return,
        };
        let Some(skipped) = skipped.filter(|skipped| *skipped < command.words.len()) else {
            if is_reserved && prefix == "time" && command.words.len() == 1 {
                command.add(Why::Dialect("`time` alone"));
            }
            return;
        };
        let is_plain = match prefix {
            "time" => true,
            "command" | "exec" => skipped == 1,
            _ => false,
        };
        if !is_plain {
            command.add(Why::Dialect(prefix));
        }
        // One prefix after the other would take quadratic time.
        if command.through.len() == super::DEPTH {
            return command.add(Why::TooDeep);
        }
        command.through.push(prefix);
        command.words.drain(..skipped);
    }
}

/// How many words `command`, or the reserved word `time`, takes before its operand; `None` if it has another
/// option than `-p`: then it only tells what the operand is, or is the program of that name.
fn options_but_p(command: &Command) -> Option<usize> {
    let mut index = 1;
    while let Some(option) = command.text(index).and_then(|word| word.strip_prefix(b"-")) {
        index += 1;
        match option {
            b"-" => break,
            b"p" => {}
            _ => return None,
        }
    }
    Some(index)
}

/// How many words `exec` takes before its operand.
fn exec_options(command: &Command) -> Option<usize> {
    let mut index = 1;
    while let Some(option) = command.text(index).and_then(|word| word.strip_prefix(b"-")) {
        index += 1;
        match option {
            b"-" => break,
            _ if option.ends_with(b"a") => index += 1,
            _ => {}
        }
    }
    Some(index)
}

/// The text that `eval` runs, if it is known.
fn eval_text(command: &Command) -> Option<Vec<u8>> {
    let start = if command.text(1) == Some(b"--") { 2 } else { 1 };
    let words: Option<Vec<&[u8]>> = (start..command.words.len())
        .map(|index| command.text(index))
        .collect();
    Some(words?.join(&b' '))
}

/// The text that `trap` runs later, if it runs one; an error if that is not known.
fn trap_text(command: &Command) -> Result<Option<Vec<u8>>, ()> {
    let start = if command.text(1) == Some(b"--") { 2 } else { 1 };
    // Conditions alone are set back to what they were.
    if command.words.len() <= start {
        return Ok(None);
    }
    let is_alone = command.words.len() == start + 1;
    match command.text(start).ok_or(())? {
        b"-" | b"" | b"-l" | b"-p" => Ok(None),
        _ if is_alone => Ok(None),
        number if number.iter().all(u8::is_ascii_digit) => Ok(None),
        option if option.starts_with(b"-") => Err(()),
        text => Ok(Some(text.to_vec())),
    }
}

fn is_harmless_set(command: &Command) -> bool {
    let mut index = 1;
    while let Some(word) = command.text(index) {
        index += 1;
        match word {
            b"--" | b"-" | b"+" => return true,
            [b'-' | b'+', letters @ .., last]
                if letters.iter().all(|letter| FLAGS_OF_SET.contains(letter)) =>
            {
                if *last == b'o' {
                    let option = command.text(index);
                    let is_known = |known: &&str| Some(known.as_bytes()) == option;
                    if !OPTIONS_OF_SET.iter().any(is_known) {
                        return false;
                    }
                    index += 1;
                } else if !FLAGS_OF_SET.contains(last) {
                    return false;
                }
            }
            [b'-' | b'+', ..] => return false,
            // The operands: the arguments of the script.
            _ => return true,
        }
    }
    index >= command.words.len()
}

/// Whether a shell that takes this for the name of a variable computes what is in it: `a[$(reboot)]`.
fn is_subscript(word: &Word<'_>) -> bool {
    let Word::Text(text) = word else {
        return false;
    };
    let text = text.as_bytes();
    let has = |bytes: &[u8]| text.iter().any(|byte| bytes.contains(byte));
    has(b"$`") && has(b"[(")
}

fn code_variable(name: &[u8]) -> Option<Why> {
    let name_os = OsStr::from_bytes(name);
    (is_shell_variable(name) || environment::brings_code(name_os).is_some())
        .then(|| Why::Variable(name_os.to_owned()))
}
