//! Programs that run code in a language of their own.

use super::{Apart, HIDDEN, Word, Wrapper};
use crate::command::options::{Syntax, Value, scan};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

const PROGRAM: &str = "what it is given is a program, which may run anything";

/// Modules of Python that are tools, and run no code that they are given.
const MODULES: &[&str] = &[
    "black",
    "build",
    "ensurepip",
    "http.server",
    "json.tool",
    "mypy",
    "pip",
    "pytest",
    "ruff",
    "unittest",
    "venv",
];

/// The interpreter that is called `name`, a version at the end of the name apart.
pub(super) fn find(name: &[u8]) -> Option<Wrapper> {
    let end = name
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    let name = match name {
        b"m4" => name,
        _ => &name[..=end],
    };
    let harmless = match name {
        b"python" | b"pypy" => "-u -B -E -I -s -S -O -OO -b -q -v -V --version -h --help",
        b"perl" => "-w -W -t -T -v -V --version -h --help",
        b"ruby" | b"jruby" => "-w -W -v --version -h --help",
        b"node" | b"nodejs" => "--no-warnings --enable-source-maps -v --version -h --help",
        b"bun" | b"deno" => "-v -V --version -h --help",
        b"php" => "-q -n -v --version -h --help -i",
        b"lua" | b"luajit" => "-v -E",
        b"tclsh" | b"wish" | b"Rscript" | b"guile" | b"racket" | b"julia" | b"groovy"
        | b"osascript" | b"dc" | b"m4" | b"sbcl" | b"ocaml" | b"elixir" | b"swipl" | b"jshell"
        | b"raku" | b"ts-node" | b"tsx" | b"qjs" | b"gjs" | b"pike" => "--version --help",
        _ => return None,
    };
    Some(Wrapper::Interpreter(harmless))
}

/// Whether an interpreter with these arguments only prints something about itself.
fn is_question(option: &[u8]) -> bool {
    matches!(option, b"-V" | b"--version" | b"-h" | b"--help")
}

/// An interpreter runs a file, or what it is given in other ways.
pub(super) fn interpreter<'a>(
    harmless: &'static str,
    apart: &mut Apart<'a, '_>,
    at: usize,
    args: &[Word<'a>],
) {
    if let [only] = args
        && super::is(only, "-v")
        && !harmless.starts_with("-u")
    {
        return;
    }
    let is_subcommand = matches!(apart.name(at).as_bytes(), b"deno" | b"bun");
    for (index, word) in args.iter().enumerate() {
        let argument = match word {
            Word::Text(argument) => argument.as_bytes(),
            // A file, whichever.
            Word::Operands => return,
            Word::Unknown => return apart.opaque(at, HIDDEN),
        };
        match argument {
            b"-m" if harmless.starts_with("-u") => match args.get(index + 1) {
                Some(module) if MODULES.iter().any(|known| super::is(module, known)) => return,
                _ => return apart.opaque(at, PROGRAM),
            },
            b"-" => break,
            b"eval" | b"repl" if is_subcommand => return apart.opaque(at, PROGRAM),
            option if !option.starts_with(b"-") => {
                if option.starts_with(b"/dev/") || option.starts_with(b"/proc/") {
                    break;
                }
                return;
            }
            option if is_question(option) => return,
            option if harmless.split(' ').any(|known| known.as_bytes() == option) => {}
            _ => return apart.opaque(at, PROGRAM),
        }
    }
    apart.opaque(at, "it reads a program from its input");
}

/// `awk` runs what its program says: opaque where that may be a command.
pub(super) fn awk<'a>(apart: &mut Apart<'a, '_>, at: usize, args: &[Word<'a>]) {
    let line = scan(Syntax::of(OsStr::new("awk")), args);
    if super::is_doubtful(&line) {
        return apart.opaque(at, HIDDEN);
    }
    let mut has_program = false;
    for found in &line.options {
        match (found.name(), found.value) {
            ("f" | "E", value) => {
                has_program = true;
                if super::is_input(value) {
                    apart.opaque(at, "it reads its program from its input");
                }
            }
            ("e", Value::Text(program)) => {
                has_program = true;
                awk_program(apart, at, program);
            }
            ("i" | "l" | "e" | "d" | "D" | "o" | "p", _) => apart.opaque(at, PROGRAM),
            _ => {}
        }
    }
    match line.rest.and_then(|operand| args.get(operand)) {
        _ if has_program => {}
        Some(Word::Text(program)) => awk_program(apart, at, program),
        Some(_) => apart.opaque(at, "its program is not written out"),
        None => {}
    }
}

/// Commands, files and code that is loaded all need one of a few words or signs.
fn awk_program(apart: &mut Apart<'_, '_>, at: usize, program: &OsStr) {
    let program = program.as_bytes();
    let has = |part: &[u8]| program.windows(part.len()).any(|window| window == part);
    let pipes = program
        .split(|byte| *byte != b'|')
        .any(|run| run.len() % 2 == 1);
    let is_code = pipes || has(b"system") || has(b"getline") || program.contains(&b'@');
    let writes = program.contains(&b'>') && has(b"print");
    if is_code || writes {
        apart.opaque(at, "its program may run commands or write files");
    }
}
