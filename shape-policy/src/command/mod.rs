//! A command taken apart: the program that is asked for, and all that it runs in turn.
//!
//! `env nice rm -rf x` is three programs, and each is decided on. So are `sh -c 'a && b'`,
//! `find . -exec rm {} +` and `git ls-files | xargs rm`. What a command says is known before it runs as
//! far as it is written out; where it is not (`$(…)`, an unknown option of a wrapper) the layer is
//! [opaque](Layer::opaque).

mod apart;
mod category;
pub(crate) mod options;
pub(crate) mod shell;
mod wrappers;

use std::borrow::Cow;
use std::ffi::OsStr;

pub(crate) use apart::take_apart;
pub use category::{Category, categorize};
pub(crate) use wrappers::NAMES as WRAPPERS;

/// A program that would run, because it is asked for or because another one runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer<'a> {
    /// The program as it is written.
    pub(crate) program: Cow<'a, OsStr>,
    /// The arguments after the program.
    pub(crate) args: Vec<Word<'a>>,
    /// The layer that runs this one, by index; `None` for the command that is asked for.
    pub(crate) by: Option<usize>,
    /// The `PATH` that it is looked up on, if one was set on the way.
    pub(crate) path: Option<Cow<'a, OsStr>>,
    /// Variables that are set on the way: assignments in front, and what `env` sets.
    pub(crate) sets: Vec<(Cow<'a, OsStr>, Word<'a>)>,
    /// Files that the shell opens for writing for it.
    pub(crate) writes: Vec<Word<'a>>,
    /// A part of the shell itself, such as `cd`; no file is executed.
    pub(crate) is_builtin: bool,
    /// Why it cannot be known what it is given or what it runs.
    pub(crate) opaque: Option<Cow<'static, str>>,
    /// It runs other programs, which are layers of their own as far as they are known.
    pub(crate) is_wrapper: bool,
}

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// This text.
    Text(Cow<'a, OsStr>),
    /// One or more arguments that are not known, none of which can be an option: `./*`, or the `{}` of
    /// `find -exec`.
    Operands,
    /// Any number of arguments that are not known: what `xargs` reads, or `$x`.
    Unknown,
}

impl Word<'_> {
    /// The text, if it is known.
    pub(crate) fn text(&self) -> Option<&OsStr> {
        match self {
            Self::Text(text) => Some(text),
            Self::Operands | Self::Unknown => None,
        }
    }
}

/// Tells what a program is, whatever it is called.
pub(crate) trait Names {
    /// Calls `each` with every name that the program of `layer` goes by: the last part of what is
    /// written, that of the file behind all links, and that of a well-known program that the file is a
    /// copy or a link of.
    fn each_name(&self, layer: &Layer<'_>, each: &mut dyn FnMut(&OsStr));
}

#[cfg(test)]
mod tests;
