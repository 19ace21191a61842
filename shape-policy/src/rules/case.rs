//! What rules are held against: one layer of a command, with what is found out about it on demand.

use super::Subject;
use super::program::normalised;
use crate::command::options::{CommandLine, Syntax, scan};
use crate::command::{Layer, Word};
use crate::resolve::Resolver;
use crate::resolve::program::Program;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The program that a script names behind `#!/usr/bin/env`.
///
/// # Source
/// env(1), `-S` and "Scripts"
fn named_by_env(script: &Program) -> Option<&OsStr> {
    let interpreter = script.interpreter()?;
    if Path::new(interpreter.written()).file_name()? != "env" {
        return None;
    }
    let words = interpreter
        .argument()?
        .as_bytes()
        .split(u8::is_ascii_whitespace);
    let program = words
        .map(|word| word.strip_prefix(b"-S").unwrap_or(word))
        .find(|word| !word.is_empty() && !word.starts_with(b"-") && !word.contains(&b'='))?;
    Path::new(OsStr::from_bytes(program)).file_name()
}

/// A layer that is judged. Each thing that is dear to find out is found out once, and only if a rule
/// comes so far as to need it.
pub(super) struct Case<'a> {
    pub(super) layer: &'a Layer<'a>,
    pub(super) file: File<'a>,
    /// Every name that the program goes by; what it was asked for by is the first.
    pub(super) names: Vec<&'a OsStr>,
    /// The rules that name this file by a path, or by what the host's own `PATH` has; in order.
    pub(super) linked: Vec<u32>,
    resolver: Option<&'a Resolver>,
    is_what_the_host_has: OnceCell<bool>,
    /// The arguments as the program of each name reads them.
    lines: OnceCell<Box<[OnceCell<CommandLine<'a>>]>>,
}

/// What would be executed.
#[derive(Clone, Copy)]
pub(super) enum File<'a> {
    Found(&'a Program),
    /// A part of the shell.
    Builtin,
    /// There is no such program.
    Missing,
    /// The one that is meant by its name: nothing was looked up.
    Supposed,
}

impl<'a> Case<'a> {
    pub(super) fn new(subject: &Subject<'a>, linked: Vec<u32>) -> Self {
        let (layer, program) = (subject.layer, subject.program);
        let file = match program {
            Some(program) => File::Found(program),
            None if layer.is_builtin => File::Builtin,
            None => File::Missing,
        };
        let mut names = vec![last_part(&layer.program)];
        // For a script the kernel executes the program behind its `#!`, perhaps by way of others.
        let executed = std::iter::successors(program, |program| program.interpreter()?.program());
        let of_file = executed
            .flat_map(|program| [program.path(), program.canonical()].map(|path| path.file_name()));
        let others = of_file
            .flatten()
            .chain(program.and_then(named_by_env))
            .chain(subject.names.iter().map(|name| name.as_os_str()));
        for name in others {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self {
            layer,
            file,
            names,
            linked,
            resolver: Some(subject.resolver),
            is_what_the_host_has: match subject.is_from_hosts_path {
                true => OnceCell::from(true),
                false => OnceCell::new(),
            },
            lines: OnceCell::new(),
        }
    }

    /// A case of which nothing is looked up: the program is the one that its name says.
    pub(super) fn supposed(layer: &'a Layer<'a>) -> Self {
        Self {
            layer,
            file: match layer.is_builtin {
                true => File::Builtin,
                false => File::Supposed,
            },
            names: vec![last_part(&layer.program)],
            linked: Vec::new(),
            resolver: None,
            is_what_the_host_has: OnceCell::new(),
            lines: OnceCell::new(),
        }
    }

    /// The program as it was asked for.
    pub(super) fn asked(&self) -> &'a OsStr {
        &self.layer.program
    }

    /// Every path that the program has: those of its file, and the one that is asked for if there is none.
    pub(super) fn paths(&self) -> impl Iterator<Item = Cow<'a, Path>> {
        let asked = Path::new(self.asked());
        let (paths, written) = match self.file {
            File::Found(program) => (
                Some([program.path(), program.entry(), program.canonical()]),
                program.path(),
            ),
            _ => (None, asked),
        };
        let normal = written
            .is_absolute()
            .then(|| Cow::Owned(normalised(written)));
        let paths = paths.into_iter().flatten().map(Cow::Borrowed);
        let of_interpreters = self
            .interpreters()
            .flat_map(|program| [program.path(), program.entry(), program.canonical()]);
        paths
            .chain(normal)
            .chain(of_interpreters.map(Cow::Borrowed))
    }

    /// The programs that the kernel executes for a script, the one behind its `#!` first.
    fn interpreters(&self) -> impl Iterator<Item = &'a Program> {
        let first = match self.file {
            File::Found(program) => program.interpreter().and_then(|it| it.program()),
            _ => None,
        };
        std::iter::successors(first, |program| program.interpreter()?.program())
    }

    /// Whether the host's own `PATH` has `program`, the one of this case, under the name that it was
    /// found by.
    pub(super) fn is_what_the_host_has(&self, program: &Program) -> bool {
        *self.is_what_the_host_has.get_or_init(|| {
            let host = self
                .resolver
                .zip(program.path().file_name())
                .and_then(|(resolver, name)| resolver.find_on_host(name));
            host.is_some_and(|host| host.entry() == program.entry())
        })
    }

    /// The arguments as the program reads them that has the name at `name` of [`Self::names`].
    pub(super) fn line(&self, name: usize) -> &CommandLine<'a> {
        let lines = self
            .lines
            .get_or_init(|| self.names.iter().map(|_| OnceCell::new()).collect());
        lines[name].get_or_init(|| scan(Syntax::of(self.names[name]), self.args()))
    }

    fn args(&self) -> &'a [Word<'a>] {
        &self.layer.args
    }
}

/// The name at the end of a path; the whole text if it has none.
fn last_part(program: &OsStr) -> &OsStr {
    Path::new(program).file_name().unwrap_or(program)
}
