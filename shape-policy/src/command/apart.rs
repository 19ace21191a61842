//! From a request to its layers.

use super::wrappers::{self, Wrapper};
use super::{Layer, Names, Word, shell};
use crate::request::Request;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// Programs that run each other, before no more is looked for.
const MAX_DEPTH: usize = 32;
/// Commands of one request, before no more is looked for: each is decided on, which takes time.
const MAX_LAYERS: usize = 4096;
/// Variables that are set for all of them together, as each has a list of its own.
const MAX_SETS: usize = 100_000;
/// Where programs are looked up when `PATH` is not set, as glibc has it.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Everything that `request` would run, as far as it is written out. `layers[0]` is the request itself.
pub(crate) fn take_apart<'a>(request: &Request<'a>, names: &dyn Names) -> Vec<Layer<'a>> {
    let text = |arg: &'a OsString| Word::Text(Cow::Borrowed(arg.as_os_str()));
    let mut apart = Apart {
        layers: Vec::with_capacity(1),
        sets: 0,
        names,
    };
    apart.add(Layer {
        program: Cow::Borrowed(request.program),
        args: request.args.iter().map(text).collect(),
        by: None,
        path: None,
        sets: Vec::new(),
        writes: Vec::new(),
        is_builtin: false,
        opaque: None,
        is_wrapper: false,
    });
    apart.layers
}

/// What has been taken apart so far.
pub(super) struct Apart<'a, 'n> {
    layers: Vec<Layer<'a>>,
    /// Variables that are set for the layers together.
    sets: usize,
    names: &'n dyn Names,
}

/// What a wrapper changes for the command that it runs.
#[derive(Clone, Default)]
pub(super) struct Change<'a> {
    pub(super) sets: Vec<(Cow<'a, OsStr>, Word<'a>)>,
    /// The whole environment is dropped, or `PATH` is, so that programs are looked up elsewhere.
    pub(super) drops_path: bool,
    /// Why a program that is written with a relative path is another file than here.
    pub(super) moves: Option<&'static str>,
    /// Why the program is not the file that it is here.
    pub(super) elsewhere: Option<&'static str>,
}

impl<'a> Apart<'a, '_> {
    /// Adds a layer, and all that it runs.
    fn add(&mut self, layer: Layer<'a>) {
        let at = self.layers.len();
        self.sets += layer.sets.len();
        self.layers.push(layer);
        if self.layers[at].is_builtin {
            return;
        }
        let found = self.wrappers(at);
        if found.is_empty() {
            return;
        }
        if self.depth(at) > MAX_DEPTH {
            self.opaque(at, "it is nested too deeply");
            return;
        }
        for wrapper in found {
            let args = std::mem::take(&mut self.layers[at].args);
            wrappers::take_apart(wrapper, self, at, &args);
            self.layers[at].args = args;
        }
    }

    /// What the program of a layer is known to be, by any of its names.
    fn wrappers(&self, at: usize) -> Vec<Wrapper> {
        let layer = &self.layers[at];
        let mut found = Vec::new();
        let written = last_part(&layer.program);
        let mut note = |name: &OsStr| {
            let Some(wrapper) = wrappers::find(name.as_bytes()) else {
                return;
            };
            // A program of many names is the one that it is called by.
            if wrapper == Wrapper::MultiCall && !wrappers::is_multi_call(written) {
                return;
            }
            if !found.contains(&wrapper) {
                found.push(wrapper);
            }
        };
        note(OsStr::from_bytes(written));
        self.names.each_name(layer, &mut note);
        found
    }

    /// How many programs stand between this layer and the request.
    fn depth(&self, at: usize) -> usize {
        std::iter::successors(Some(at), |at| self.layers[*at].by).count() - 1
    }

    /// The layer cannot be known whole; the first reason stays.
    pub(super) fn opaque(&mut self, at: usize, why: &'static str) {
        self.layers[at].opaque.get_or_insert(Cow::Borrowed(why));
    }

    /// The program as it is written.
    pub(super) fn name(&self, at: usize) -> OsString {
        OsStr::from_bytes(last_part(&self.layers[at].program)).to_owned()
    }

    /// The layer writes to a file.
    pub(super) fn writes(&mut self, at: usize, file: Word<'a>) {
        self.layers[at].writes.push(file);
    }

    /// The words from `from` on are a command that the layer runs. Without any, it runs nothing.
    pub(super) fn command(
        &mut self,
        by: usize,
        args: &[Word<'a>],
        from: usize,
        change: Change<'a>,
    ) {
        if let Some((program, args)) = args.get(from..).and_then(<[_]>::split_first) {
            self.run(by, program, args.to_vec(), change);
        }
    }

    /// The layer runs `program` with `args`.
    pub(super) fn run(
        &mut self,
        by: usize,
        program: &Word<'a>,
        args: Vec<Word<'a>>,
        change: Change<'a>,
    ) {
        self.layers[by].is_wrapper = true;
        let Word::Text(program) = program else {
            self.opaque(by, "the program that it runs is not written out");
            return;
        };
        if self.is_full(by) {
            return;
        }
        let layer = self.changed(by, program.clone(), args, change);
        self.add(layer);
    }

    /// A layer of what `by` runs, in what it leaves of the environment.
    fn changed(
        &self,
        by: usize,
        program: Cow<'a, OsStr>,
        args: Vec<Word<'a>>,
        change: Change<'a>,
    ) -> Layer<'a> {
        let outer = &self.layers[by];
        let mut path = match change.drops_path {
            true => Some(Cow::Borrowed(OsStr::new(DEFAULT_PATH))),
            false => outer.path.clone(),
        };
        let mut opaque = change.elsewhere;
        for (name, value) in &change.sets {
            match value {
                _ if **name != *"PATH" => {}
                Word::Text(value) => path = Some(value.clone()),
                _ => opaque = Some("the `PATH` that it is looked up on is not written out"),
            }
        }
        let bytes = program.as_bytes();
        if bytes.contains(&b'/') && bytes[0] != b'/' {
            opaque = opaque.or(change.moves);
        }
        let mut sets = outer.sets.clone();
        sets.extend(change.sets);
        Layer {
            program,
            args,
            by: Some(by),
            path,
            sets,
            writes: Vec::new(),
            is_builtin: false,
            opaque: opaque.map(Cow::Borrowed),
            is_wrapper: false,
        }
    }

    /// Whether there are so many commands that no more is looked at, which makes the layer opaque.
    fn is_full(&mut self, by: usize) -> bool {
        let is_full = self.layers.len() >= MAX_LAYERS || self.sets >= MAX_SETS;
        if is_full {
            self.opaque(by, "it runs more commands than are looked at");
        }
        is_full
    }

    /// The layer gives `text` to a shell.
    pub(super) fn script(&mut self, by: usize, text: &OsStr, change: &Change<'a>) {
        self.layers[by].is_wrapper = true;
        if self.depth(by) > MAX_DEPTH {
            self.opaque(by, "it is nested too deeply");
            return;
        }
        if self.is_full(by) {
            return;
        }
        let script = shell::parse(text);
        // Rules know this one by its words.
        let bomb = script
            .opaque
            .iter()
            .find(|why| **why == shell::Why::ForkBomb);
        if let Some(why) = bomb.or(script.opaque.first()) {
            self.layers[by].opaque.get_or_insert(why.text());
        }
        for command in script.commands {
            if self.is_full(by) {
                return;
            }
            self.shell_command(by, command, change);
        }
    }

    /// A simple command of a shell that is the layer `by`.
    fn shell_command(&mut self, by: usize, command: shell::Command, change: &Change<'a>) {
        let opaque = command.opaque.first().map(shell::Why::text);
        let Some(Word::Text(program)) = command.words.first() else {
            // Only redirections, or a command word that is not known: the shell's own doing.
            self.layers[by].writes.extend(command.writes);
            if let Some(why) = opaque {
                self.layers[by].opaque.get_or_insert(why);
            }
            return;
        };
        let is_file = command.kind == shell::Kind::Program || command.through.contains(&"exec");
        let mut change = change.clone();
        let set = |(name, value)| (Cow::Owned(name), value);
        change.sets.extend(command.assignments.into_iter().map(set));
        let program = program.clone();
        let args = command.words.into_iter().skip(1).collect();
        let mut layer = self.changed(by, program, args, change);
        layer.writes = command.writes;
        layer.is_builtin = !is_file;
        layer.opaque = opaque.or(layer.opaque);
        if layer.is_builtin && command.kind == shell::Kind::BuiltinOfSome {
            let why = Cow::Borrowed("it is a part of some shells, and a program for others");
            layer.opaque.get_or_insert(why);
        }
        self.add(layer);
    }
}

/// What a path ends with.
fn last_part(path: &OsStr) -> &[u8] {
    let bytes = path.as_bytes();
    bytes.rsplit(|byte| *byte == b'/').next().unwrap_or(bytes)
}
