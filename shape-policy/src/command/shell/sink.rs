//! What is found while a script is read.

use super::tree::{Command, Script, Why, add};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

/// Functions between which circles are looked for; beyond that, only those that call themselves.
const CIRCLES: usize = 64;

/// What has been found, and what holds for the commands to come.
pub(super) struct Sink {
    pub(super) script: Script,
    pub(super) depth: usize,
    pub(super) is_stopped: bool,
    /// Bytes that may still be looked at more than once.
    pub(super) lookahead: usize,
    pub(super) state: State,
    /// What held for commands anywhere, for those that run later than they stand.
    pub(super) anywhere: State,
    functions: BTreeSet<OsString>,
    calls: Vec<Call>,
}

/// What earlier commands have changed.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) changed: Option<Why>,
    pub(super) is_moved: bool,
}

/// A function that runs another one.
struct Call {
    caller: OsString,
    callee: OsString,
    /// And goes on, or runs something else at the same time.
    is_concurrent: bool,
}

impl Sink {
    pub(super) fn new() -> Self {
        Self {
            script: Script::default(),
            depth: 0,
            is_stopped: false,
            lookahead: 4 * super::BYTES,
            state: State::default(),
            anywhere: State::default(),
            functions: BTreeSet::new(),
            calls: Vec::new(),
        }
    }

    /// Why the whole is not known.
    pub(super) fn fail(&mut self, why: Why) {
        add(&mut self.script.opaque, why);
    }

    /// Looks at nothing more.
    pub(super) fn stop(&mut self, why: Why) {
        self.is_stopped = true;
        self.fail(why);
    }

    /// Changes all commands that were found since there were `start` of them.
    pub(super) fn each_since(&mut self, start: usize, change: impl FnMut(&mut Command)) {
        self.script.commands[start..].iter_mut().for_each(change);
    }

    /// What held before a subshell, to [leave](Self::leave) it with.
    pub(super) fn enter(&self) -> State {
        self.state.clone()
    }

    /// A subshell changes nothing for what follows it.
    pub(super) fn leave(&mut self, before: State) {
        self.state = before;
    }

    /// A function whose body is what was found since `start`.
    pub(super) fn function(&mut self, name: Vec<u8>, start: usize) {
        let name = OsString::from_vec(name);
        for command in &mut self.script.commands[start..] {
            command.place.function = true;
            if let Some(callee) = command.name() {
                self.calls.push(Call {
                    caller: name.clone(),
                    callee: callee.to_owned(),
                    is_concurrent: command.place.pipeline || command.place.background,
                });
            }
        }
        self.functions.insert(name);
    }

    /// The script, with what could only be known at its end.
    pub(super) fn finish(mut self) -> Script {
        if self.is_bomb() {
            // First, so that no other reason can take its place.
            self.script.opaque.insert(0, Why::ForkBomb);
        }
        let State { changed, is_moved } = self.anywhere;
        let functions = self.functions;
        self.script.commands.retain_mut(|command| {
            if let Some(name) = command.name().filter(|name| functions.contains(*name)) {
                let why = Why::Function(name.to_owned());
                command.add(why);
            }
            if command.place.may_run_later() {
                if is_moved && command.is_relative() {
                    command.add(Why::Moved);
                }
                if let Some(why) = &changed {
                    command.add(why.clone());
                }
            }
            !command.is_empty()
        });
        self.script
    }

    /// Whether a function runs itself, perhaps by way of others, beside something else.
    fn is_bomb(&self) -> bool {
        let functions: Vec<&OsString> = self.functions.iter().collect();
        let number = |name: &OsStr| {
            functions
                .binary_search_by(|known| known.as_os_str().cmp(name))
                .ok()
        };
        let calls: Vec<(usize, usize, bool)> = self
            .calls
            .iter()
            .filter_map(|call| {
                Some((
                    number(&call.caller)?,
                    number(&call.callee)?,
                    call.is_concurrent,
                ))
            })
            .collect();
        if functions.len() > CIRCLES {
            return calls
                .iter()
                .any(|(caller, callee, is_concurrent)| caller == callee && *is_concurrent);
        }
        let mut reached = vec![0u64; functions.len()];
        for (index, itself) in reached.iter_mut().enumerate() {
            *itself = 1 << index;
        }
        for (caller, callee, _) in &calls {
            reached[*caller] |= 1 << callee;
        }
        for via in 0..functions.len() {
            let further = reached[via];
            reached
                .iter_mut()
                .filter(|from| **from & 1 << via != 0)
                .for_each(|from| *from |= further);
        }
        calls.iter().any(|(caller, callee, is_concurrent)| {
            *is_concurrent && reached[*callee] & 1 << caller != 0
        })
    }
}
