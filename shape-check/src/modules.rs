//! Modules: what names they hold, and how a path leads to one.

use crate::body::{BodyKind, GlobalVar};
use crate::checker::Checker;
use crate::program::HostRef;
use crate::script::Imported;
use crate::suggest::nearest;
use crate::types::DefId;
use rustc_hash::FxHashMap;
use shape_syntax::ast::{Ident, Module, Path, StmtKind, UseDecl, UseKind};
use shape_syntax::{Diagnostic, FileId, Span};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The most files that are imported: what a host makes up when it is asked for it may have no end.
const MAX_FILES: usize = 10_000;

/// Index into [`Checker::modules`].
pub(crate) type ModuleId = usize;

/// What a name at module level stands for.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A function; in the host's own modules several, one per number of parameters.
    Fns(Rc<[usize]>),
    /// A record type or enum.
    Def(DefId),
    /// A type alias.
    Alias(usize),
    /// A trait.
    Trait(crate::traits::TraitId),
    /// A module written in Shape.
    Module(ModuleId),
    /// A module of the host.
    Host(u32),
    /// A function of the host.
    HostFn(HostRef),
    /// A variable of a module.
    Var(ModuleId, Rc<str>),
    /// What an import could not find, which has been reported.
    Unknown,
}

/// A name of a module.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) item: Item,
    pub(crate) public: bool,
    pub(crate) span: Span,
}

/// A variable at module level: where it is declared, and what it is once that has been checked.
#[derive(Clone, Debug)]
pub(crate) struct ModuleVar {
    pub(crate) declared: Span,
    pub(crate) public: bool,
    pub(crate) var: Option<GlobalVar>,
}

/// The names of a module.
#[derive(Clone, Debug)]
pub(crate) struct ModuleScope {
    pub(crate) name: Rc<str>,
    pub(crate) file: FileId,
    pub(crate) names: FxHashMap<Rc<str>, Entry>,
    pub(crate) vars: FxHashMap<Rc<str>, Vec<ModuleVar>>,
    /// Names that functions of the module use from around them.
    pub(crate) shared: BTreeSet<Rc<str>>,
    /// Set for the source of a host module.
    pub(crate) host: Option<u32>,
}

impl ModuleScope {
    pub(crate) fn new(name: &str, file: FileId) -> Self {
        Self {
            name: name.into(),
            file,
            names: FxHashMap::default(),
            vars: FxHashMap::default(),
            shared: BTreeSet::new(),
            host: None,
        }
    }
}

/// The module of the host whose functions need no prefix.
pub(crate) const PRELUDE: &str = "std::core::prelude";

impl Checker<'_> {
    /// Enters all names of `module` into scope `id`, so that order does not matter.
    pub(crate) fn collect(&mut self, id: ModuleId, module: &Module) {
        self.modules[id].shared = crate::free::names_used_by_functions(module);
        for stmt in &module.body {
            match &stmt.kind {
                StmtKind::Fn(decl) => {
                    let template = self.new_template(decl, id);
                    self.define_fn(id, &decl.name, template, decl.public);
                }
                StmtKind::Type(decl) => {
                    let item = self.new_type(decl, id);
                    self.define(id, &decl.name, item, decl.public);
                }
                StmtKind::Enum(decl) => {
                    let item = self.new_enum(decl, id);
                    self.define(id, &decl.name, item, decl.public);
                }
                StmtKind::Trait(decl) => {
                    let item = self.new_trait(decl, id);
                    self.define(id, &decl.name, item, decl.public);
                }
                StmtKind::Impl(decl) => self.announce_impl(decl, id),
                StmtKind::Mod(decl) => {
                    let file = self.modules[id].file;
                    let inner = self.new_module(&decl.name.name, file);
                    self.define(id, &decl.name, Item::Module(inner), decl.public);
                    self.collect(inner, &decl.module);
                    self.imported
                        .push((inner, Imported::Inline(Rc::clone(decl))));
                }
                StmtKind::Let(let_) => self.announce_var(id, let_),
                StmtKind::Use(_) | StmtKind::Expr(_) => {}
            }
        }
        for stmt in &module.body {
            if let StmtKind::Use(decl) = &stmt.kind {
                self.import(id, decl);
            }
        }
    }

    fn announce_var(&mut self, id: ModuleId, let_: &shape_syntax::ast::Let) {
        let mut names = Vec::new();
        crate::pattern::bound_names(&let_.pat, &mut names);
        for name in names {
            let var = ModuleVar {
                declared: name.span,
                public: let_.public,
                var: None,
            };
            self.modules[id]
                .vars
                .entry(Rc::clone(&name.name))
                .or_default()
                .push(var);
        }
    }

    pub(crate) fn new_module(&mut self, name: &str, file: FileId) -> ModuleId {
        self.modules.push(ModuleScope::new(name, file));
        self.modules.len() - 1
    }

    fn define(&mut self, id: ModuleId, name: &Ident, item: Item, public: bool) {
        let entry = Entry {
            item,
            public,
            span: name.span,
        };
        // What an earlier input of a session defined is replaced.
        if let Some(old) = self.modules[id].names.insert(Rc::clone(&name.name), entry)
            && old.span.file == name.span.file
        {
            self.report(
                Diagnostic::error(
                    "E0106",
                    name.span,
                    format!("`{}` is defined twice", name.name),
                )
                .related(old.span, "first defined here"),
            );
        }
    }

    fn define_fn(&mut self, id: ModuleId, name: &Ident, template: usize, public: bool) {
        if self.modules[id].host.is_some()
            && let Some(entry) = self.modules[id].names.get_mut(&name.name)
            && let Item::Fns(overloads) = &mut entry.item
        {
            *overloads = overloads.iter().copied().chain([template]).collect();
            return;
        }
        self.define(id, name, Item::Fns([template].into()), public);
    }

    fn import(&mut self, id: ModuleId, decl: &UseDecl) {
        match &decl.kind {
            UseKind::Module(alias) => {
                let Some(last) = decl.path.segments.last() else {
                    return;
                };
                let bound = alias.as_ref().unwrap_or(last);
                let item = self.import_path(id, &decl.path).unwrap_or(Item::Unknown);
                self.define(id, bound, item, false);
            }
            UseKind::Names(names) => {
                let module = self.import_path(id, &decl.path).unwrap_or(Item::Unknown);
                for (name, alias) in names {
                    let item = self.member(&module, name).unwrap_or(Item::Unknown);
                    self.define(id, alias.as_ref().unwrap_or(name), item, false);
                }
            }
        }
    }

    /// What a `use` path names: a module of the host, a `mod` beside it, a file, or a member of one
    /// of these.
    fn import_path(&mut self, id: ModuleId, path: &Path) -> Option<Item> {
        let segments: Vec<&str> = path.segments.iter().map(|s| &*s.name).collect();
        if let Some(host) = self.host_module(&segments.join("::")) {
            return Some(Item::Host(host));
        }
        if let Some(entry) = self.modules[id].names.get(segments[0]) {
            let first = entry.item.clone();
            return path.segments[1..]
                .iter()
                .try_fold(first, |item, name| self.member(&item, name));
        }
        if let Some(module) = self.load_file(id, &segments, path.span) {
            return Some(Item::Module(module));
        }
        if let [parent @ .., _] = &path.segments[..]
            && !parent.is_empty()
        {
            let span = parent[0].span.to(parent[parent.len() - 1].span);
            let names: Vec<&str> = segments[..parent.len()].to_vec();
            let module = match self.host_module(&names.join("::")) {
                Some(host) => Some(Item::Host(host)),
                None => self.load_file(id, &names, span).map(Item::Module),
            };
            if let Some(module) = module {
                return self.member(&module, &path.segments[parent.len()]);
            }
        }
        self.unknown_module(&segments.join("::"), path.span);
        None
    }

    fn load_file(&mut self, from: ModuleId, path: &[&str], span: Span) -> Option<ModuleId> {
        let from = self.modules[from].file;
        let sources = self.sources.as_mut()?;
        let (file, text) = match sources.load(from, path) {
            Ok(found) => found?,
            Err(message) => {
                self.error("E0104", span, message);
                return None;
            }
        };
        if let Some(&module) = self.files.get(&file) {
            return Some(module);
        }
        if self.files.len() >= MAX_FILES {
            let message = format!("more than {MAX_FILES} files are imported");
            self.error("E0104", span, message);
            return None;
        }
        let module = self.new_module(path[path.len() - 1], file);
        self.files.insert(file, module);
        let (tree, diags) = shape_syntax::parse(file, &text);
        self.diags.extend(diags);
        // A file imports others, and so on.
        shape_syntax::deep(|| self.collect(module, &tree));
        self.imported.push((module, Imported::File(Rc::new(tree))));
        Some(module)
    }

    /// The module of the host with this full name.
    pub(crate) fn host_module(&self, name: &str) -> Option<u32> {
        let index = self.host.iter().position(|module| module.name == name)?;
        u32::try_from(index).ok()
    }

    /// The functions that a host module has in Shape, parsed on first use.
    pub(crate) fn host_source(&mut self, host: u32) -> Option<ModuleId> {
        if let Some(&known) = self.host_sources.get(&host) {
            return known;
        }
        let decl = &self.host[host as usize];
        let module = decl.source.as_deref().and_then(|text| {
            let file = self.sources.as_mut()?.add(&decl.name, text);
            let module = self.new_module(&decl.name, file);
            self.modules[module].host = Some(host);
            let (tree, diags) = shape_syntax::parse(file, text);
            self.diags.extend(diags);
            self.collect(module, &tree);
            Some(module)
        });
        self.host_sources.insert(host, module);
        module
    }

    /// The function of a host module with this name, in Rust or in Shape.
    pub(crate) fn host_member(&mut self, host: u32, name: &str) -> Option<Item> {
        let index = &mut self.host_index[host as usize];
        if index.is_empty() {
            let fns = &self.host[host as usize].fns;
            index.extend((0u32..).zip(fns).map(|(i, f)| (Rc::from(&*f.name), i)));
        }
        if let Some(&func) = index.get(name) {
            return Some(Item::HostFn(HostRef { module: host, func }));
        }
        let source = self.host_source(host)?;
        let entry = self.modules[source].names.get(name)?;
        entry.public.then(|| entry.item.clone())
    }

    /// The function of the module `std::core::{module}` with this name.
    pub(crate) fn core_member(&mut self, module: &str, name: &str) -> Option<Item> {
        let host = self.host_module(&format!("std::core::{module}"))?;
        self.host_member(host, name)
    }

    /// The item that `name` of `module` is; reports when there is none, or when it is private.
    pub(crate) fn member(&mut self, module: &Item, name: &Ident) -> Option<Item> {
        let (found, module_name, names) = match module {
            Item::Host(host) => {
                let decl = &self.host[*host as usize];
                let names: Vec<String> = decl.fns.iter().map(|f| f.name.to_string()).collect();
                (
                    self.host_member(*host, &name.name),
                    decl.name.to_string(),
                    names,
                )
            }
            Item::Module(id) => {
                let scope = &self.modules[*id];
                let entry = scope.names.get(&name.name).filter(|entry| entry.public);
                let public = scope.names.iter().filter(|(_, e)| e.public);
                let names = public.map(|(name, _)| name.to_string()).collect();
                let var = scope
                    .vars
                    .get(&name.name)
                    .is_some_and(|v| v.iter().any(|v| v.public));
                let var = var.then(|| Item::Var(*id, Rc::clone(&name.name)));
                (
                    entry.map(|entry| entry.item.clone()).or(var),
                    scope.name.to_string(),
                    names,
                )
            }
            Item::Unknown => return None,
            _ => {
                self.error(
                    "E0104",
                    name.span,
                    format!("there is no module that holds `{}`", name.name),
                );
                return None;
            }
        };
        if found.is_none() {
            self.no_export(&module_name, name, &names, module);
        }
        found
    }

    fn no_export(&mut self, module: &str, name: &Ident, names: &[String], item: &Item) {
        let private = matches!(item, Item::Module(id) if self.modules[*id].names.contains_key(&name.name)
            || self.modules[*id].vars.contains_key(&name.name));
        let mut diagnostic = Diagnostic::error(
            "E0105",
            name.span,
            format!("module `{module}` has no export `{}`", name.name),
        );
        if private {
            diagnostic = diagnostic.label("private").help(format!(
                "write `pub` in front of `{}` in `{module}`",
                name.name
            ));
        } else if let Some(near) = nearest(&name.name, names.iter().map(String::as_str)) {
            diagnostic = diagnostic.help(format!("there is `{near}`"));
        }
        self.report(diagnostic);
    }

    /// Reports an unknown module.
    pub(crate) fn unknown_module(&mut self, name: &str, span: Span) {
        let host = self.host.iter().map(|module| &*module.name);
        let near = nearest(name, host.chain(["io"])).map(str::to_owned);
        let mut diagnostic = Diagnostic::error("E0104", span, format!("undefined module `{name}`"));
        diagnostic.help = Some(match near {
            Some(near) => format!("there is `{near}`"),
            None => format!(
                "a file module stands beside the script, as `{}.shape`",
                name.replace("::", "/")
            ),
        });
        self.report(diagnostic);
    }

    /// What a plain name means at module level: an item of the current module, else of the host.
    pub(crate) fn item(&mut self, name: &str) -> Option<Item> {
        let module = self.body.module;
        if let Some(entry) = self.modules[module].names.get(name) {
            return Some(entry.item.clone());
        }
        if name == "Self" {
            return self.self_item();
        }
        if let Some(host) = self.modules[module].host
            && let Some(item) = self.host_member(host, name)
        {
            return Some(item);
        }
        if name == "io" {
            return self.host_module("std::core::io").map(Item::Host);
        }
        let prelude = self.host_module(PRELUDE)?;
        self.host_member(prelude, name)
    }

    /// The item that a path of several names leads to, without its last `keep` names. Reports what
    /// is unknown on the way.
    pub(crate) fn path_item(&mut self, path: &[Ident]) -> Option<Item> {
        let (first, rest) = path.split_first()?;
        let all: Vec<&str> = path.iter().map(|s| &*s.name).collect();
        if &*first.name == "std" {
            if let Some(host) = self.host_module(&all.join("::")) {
                return Some(Item::Host(host));
            }
            let (last, parents) = path.split_last()?;
            let names: Vec<&str> = parents.iter().map(|s| &*s.name).collect();
            if let Some(host) = self.host_module(&names.join("::")) {
                return self.member(&Item::Host(host), last);
            }
            self.unknown_module(&all.join("::"), first.span.to(last.span));
            return None;
        }
        let Some(item) = self.item(&first.name) else {
            self.unknown_path_start(first);
            return None;
        };
        rest.iter()
            .try_fold(item, |item, name| self.member(&item, name))
    }

    fn unknown_path_start(&mut self, first: &Ident) {
        let names: Vec<Rc<str>> = self.modules[self.body.module]
            .names
            .keys()
            .cloned()
            .collect();
        let mut diagnostic = Diagnostic::error(
            "E0104",
            first.span,
            format!("undefined module `{}`", first.name),
        );
        if let Some(near) = nearest(&first.name, names.iter().map(|n| &**n).chain(["io"])) {
            diagnostic = diagnostic.help(format!("there is `{near}`"));
        }
        self.report(diagnostic);
    }

    /// The variable at module level that `name` means for code at `at`: the last one declared
    /// before it, else the first one after it. `Err` when it has not been given a value yet.
    pub(crate) fn module_var(
        &self,
        module: ModuleId,
        name: &str,
        at: Span,
    ) -> Option<Result<GlobalVar, Span>> {
        let vars = self.modules[module].vars.get(name)?;
        // The inputs of a session are files of one module, numbered in their order.
        let place = |span: Span| (span.file, span.start);
        let before = vars
            .iter()
            .rev()
            .find(|var| place(var.declared) < place(at));
        let var = before.or(vars.first())?;
        Some(var.var.ok_or(var.declared))
    }

    /// Whether a top-level variable of this name must live in a global slot.
    pub(crate) fn is_shared(&self, name: &str) -> bool {
        self.body.kind == BodyKind::Main
            && self.body.scopes.len() == 1
            && (self.body.module != 0 || self.modules[0].shared.contains(name))
    }
}
