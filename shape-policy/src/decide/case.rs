//! A request with all that a decision needs to know: its layers, and the file of each.

use crate::command::{Layer, Names, take_apart};
use crate::request::Request;
use crate::resolve::identity::Identities;
use crate::resolve::inner::Inner;
use crate::resolve::program::Program;
use crate::resolve::{Resolved, Resolver};
use std::cell::{OnceCell, RefCell};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

/// A request taken apart.
pub(crate) struct Case<'a> {
    pub(crate) request: &'a Request<'a>,
    /// The directory that it would start in.
    pub(crate) cwd: &'a Path,
    pub(crate) layers: Vec<Layer<'a>>,
    /// What is known of the program of each layer, in the same order.
    pub(crate) programs: Vec<Arc<Known>>,
}

/// What is known of a program that a command names.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The file, if there is one.
    pub(crate) file: Option<Arc<Program>>,
    /// Every name that it goes by.
    pub(crate) names: Vec<OsString>,
    /// Whether another file may be found in another current directory.
    depends_on_cwd: bool,
    /// Whether it was looked up by its bare name on the `PATH` of the host: it need not be looked up
    /// again to know that it is what the host has under that name.
    pub(crate) is_from_hosts_path: bool,
}

const DEPENDS_ON_CWD: &str =
    "it is looked for in a directory of `PATH` that is relative to the current one";

impl<'a> Case<'a> {
    /// `request`, which was resolved to `resolved` if there is something to run.
    pub(crate) fn new(
        request: &'a Request<'a>,
        resolved: Option<&'a Resolved>,
        cwd: &'a Path,
        resolver: &Resolver,
        identities: &Identities,
    ) -> Self {
        let lookup = LookUp {
            resolved,
            cwd,
            resolver,
            identities,
            outermost: OnceCell::new(),
            known: RefCell::default(),
        };
        let mut layers = take_apart(request, &lookup);
        let know = |layer: &mut Layer<'a>| {
            if layer.is_builtin {
                return Arc::new(Known {
                    names: vec![layer.program.clone().into_owned()],
                    ..Known::default()
                });
            }
            let known = lookup.know(layer);
            if known.depends_on_cwd {
                layer.opaque.get_or_insert(DEPENDS_ON_CWD.into());
            }
            known
        };
        let programs = layers.iter_mut().map(know).collect();
        Self {
            request,
            cwd,
            layers,
            programs,
        }
    }
}

impl Case<'_> {
    /// The files of the programs that the command runs in turn, as far as there are any.
    pub(crate) fn runs(&self) -> Vec<&Path> {
        let inner = self.programs.iter().skip(1);
        inner
            .filter_map(|known| known.file.as_ref().map(|file| file.entry()))
            .collect()
    }
}

/// Finds the programs that a command names.
struct LookUp<'a> {
    resolved: Option<&'a Resolved>,
    cwd: &'a Path,
    resolver: &'a Resolver,
    identities: &'a Identities,
    /// The program that is asked for. What it runs is looked up anew, even what is written the same: in
    /// another directory, that is another file.
    outermost: OnceCell<Arc<Known>>,
    /// What it runs: a program is asked for while a command is taken apart, and again to be decided on.
    known: RefCell<Vec<Entry>>,
}

/// A program as it is written, the `PATH` that it is looked up on, and what was found.
type Entry = (OsString, Option<OsString>, Arc<Known>);

impl LookUp<'_> {
    fn know(&self, layer: &Layer<'_>) -> Arc<Known> {
        if layer.by.is_none() {
            let find = || Arc::new(self.named(&layer.program, None, self.find_outermost()));
            return Arc::clone(self.outermost.get_or_init(find));
        }
        let (program, path) = (&*layer.program, layer.path.as_deref());
        let is_it = |entry: &&Entry| entry.0 == program && entry.1.as_deref() == path;
        if let Some(entry) = self.known.borrow().iter().find(is_it) {
            return Arc::clone(&entry.2);
        }
        let known = Arc::new(self.named(program, path, self.find_inner(program, path)));
        let entry = (program.to_owned(), path.map(OsStr::to_owned), known.clone());
        self.known.borrow_mut().push(entry);
        known
    }

    /// What was found, with the names that it goes by.
    fn named(&self, program: &OsStr, path: Option<&OsStr>, found: Inner) -> Known {
        let mut names = Vec::with_capacity(1);
        let mut add = |name: &OsStr| {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        };
        match &found.file {
            Some(file) => self.identities.names_of(program, file, &mut add),
            None => add(Path::new(program).file_name().unwrap_or(program)),
        }
        Known {
            is_from_hosts_path: path.is_none()
                && !found.depends_on_cwd
                && !program.as_bytes().contains(&b'/')
                && self.resolved.is_some_and(|it| !it.has_own_path()),
            file: found.file,
            names,
            depends_on_cwd: found.depends_on_cwd,
        }
    }

    fn find_outermost(&self) -> Inner {
        let file = self
            .resolved
            .map(|resolved| Arc::clone(resolved.shared_program()));
        Inner {
            file,
            depends_on_cwd: false,
        }
    }

    fn find_inner(&self, program: &OsStr, path: Option<&OsStr>) -> Inner {
        let own = || self.resolved.and_then(|resolved| resolved.variable("PATH"));
        self.resolver
            .find_inner(program, path.or_else(own), self.cwd)
    }
}

impl Names for LookUp<'_> {
    fn each_name(&self, layer: &Layer<'_>, each: &mut dyn FnMut(&OsStr)) {
        self.know(layer).names.iter().for_each(|name| each(name));
    }
}
