//! Inputs that come one after the other, each of which goes on where the last one ended.
//!
//! An input is checked like a script whose earlier part has run already: it is a file of the same
//! module, numbered after those before it, and all variables at its top level live in global slots, each
//! in a cell, whose order never changes. What an input defines hides what had the name before. A function is
//! looked up where it is called, so that all callers see its latest definition; a variable is the one
//! that was there where its name was read, as in a script.
//!
//! Instances are made anew for each input, as what a function calls may have been defined anew.
//! Closures keep their numbers, since values may hold them.

use crate::body::{Body, Name};
use crate::checker::{CheckInput, Checked, Checker, Sources};
use crate::modules::{Item, ModuleScope, PRELUDE};
use crate::pattern::bound_names;
use crate::program::SigId;
use crate::script::has_error;
use crate::types::{DefKind, Ty};
use rustc_hash::FxHashMap;
use shape_abi::ModuleDecl;
use shape_syntax::FileId;
use shape_syntax::ast::{ExprKind as Ast, Module, StmtKind};
use std::fmt;
use std::rc::Rc;

/// What the inputs so far have defined. Nothing of it ever changes: an input gives a further state, and
/// who does not want that one goes on with this.
pub struct Session(Checker<'static>);

/// What came of a check of one more input.
pub struct Continued {
    /// The program, whose top level is this input alone, and what is wrong or looks wrong. The global
    /// variables of the program begin with those of the earlier inputs, in the same order and of the
    /// same form.
    pub checked: Checked,
    /// The type of the input's value, as a script would write it.
    pub ty: String,
    /// The state after the input, if it can run.
    pub next: Option<Session>,
}

impl Session {
    /// Nothing has been defined; the inputs will be checked against the modules of `host`.
    #[must_use]
    pub fn new(host: &[ModuleDecl]) -> Self {
        Self(Checker {
            modules: vec![ModuleScope::new("", FileId::default())],
            host_index: vec![FxHashMap::default(); host.len()],
            ..Checker::empty(&[])
        })
    }

    /// Checks one more input. `input.host` is what the session began with, and `input.file` has a
    /// higher number than the files of earlier inputs.
    #[must_use]
    pub fn check(&self, input: CheckInput<'_>) -> Continued {
        let checker = self.input(input.script, input.file, input.host, input.sources);
        let is_wrong = has_error(&checker.diags);
        let ty = checker.main.as_ref().map(|main| main.ret);
        let ty = ty.map(|ty| checker.show(ty)).unwrap_or_default();
        // What types leave open here, later inputs may decide: nothing of that type is there yet.
        let next = (!is_wrong).then(|| Self(checker.successor(&[], None)));
        let checked = checker.finish();
        Continued {
            next: next.filter(|_| checked.program.is_some()),
            checked,
            ty,
        }
    }

    /// The names that an input can use without a path, in alphabetical order.
    #[must_use]
    pub fn names(&self, host: &[ModuleDecl]) -> Vec<String> {
        let scope = self.0.body.scopes.first();
        let variables = scope.into_iter().flat_map(|scope| scope.keys());
        let items = self.0.modules[0].names.keys();
        let prelude = host.iter().filter(|module| module.name == PRELUDE);
        let prelude = prelude.flat_map(|module| &module.fns);
        let io = host.iter().any(|module| module.name == "std::core::io");
        let mut names: Vec<String> = variables
            .chain(items)
            .map(|name| name.to_string())
            .chain(prelude.map(|func| func.name.to_string()))
            .chain(io.then(|| "io".to_owned()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What may stand behind a dot after the expression that `input` consists of, in alphabetical
    /// order: members of a module or enum, fields, methods. Nothing if it is wrong.
    #[must_use]
    pub fn members(&self, input: CheckInput<'_>) -> Vec<String> {
        let mut checker = self.input(input.script, input.file, input.host, input.sources);
        let mut names = checker.members_of(input.script);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// A checker that has been over an input.
    fn input<'a>(
        &self,
        script: &Module,
        file: FileId,
        host: &'a [ModuleDecl],
        sources: &'a mut dyn Sources,
    ) -> Checker<'a> {
        let mut checker = self.0.successor(host, Some(sources));
        checker.take_input(script, file, &self.0);
        let learned = checker.known_maps() + checker.widened.len() > 0;
        if !has_error(&checker.diags) || !(checker.learn_literals() || learned) {
            return checker;
        }
        let sources = checker.sources.take();
        let literals = std::mem::take(&mut checker.literals);
        let empty_literals = std::mem::take(&mut checker.empty_literals);
        let widened = std::mem::take(&mut checker.widened);
        let mut checker = self.0.successor(host, sources);
        checker.literals = literals;
        checker.empty_literals = empty_literals;
        checker.widened = widened;
        checker.take_input(script, file, &self.0);
        checker
    }
}

impl Checker<'_> {
    /// A checker that knows what this one knows of names, types and closures, and has checked nothing.
    fn successor<'b>(
        &self,
        host: &'b [ModuleDecl],
        sources: Option<&'b mut dyn Sources>,
    ) -> Checker<'b> {
        let mut body = Body::new(0);
        if let (Some(own), Some(scope)) = (body.scopes.first_mut(), self.body.scopes.first()) {
            let globals = scope
                .iter()
                .filter(|(_, what)| matches!(what, Name::Global(_)));
            own.extend(globals.map(|(name, what)| (Rc::clone(name), what.clone())));
        }
        let mut checker = Checker {
            types: self.types.clone(),
            vars: self.vars.clone(),
            sources,
            modules: self.modules.clone(),
            files: self.files.clone(),
            host_sources: self.host_sources.clone(),
            host_index: self.host_index.clone(),
            host_defs: self.host_defs.clone(),
            defs: self.defs.clone(),
            aliases: self.aliases.clone(),
            templates: self.templates.clone(),
            closures: self.closures.clone(),
            groups: self.groups.clone(),
            globals: self.globals.clone(),
            sigs: self.sigs.clone(),
            dispatch: self.dispatch.clone(),
            traits: self.traits.clone(),
            dyns: self.dyns.clone(),
            carried: Some(self.globals.len()),
            body,
            ..Checker::empty(host)
        };
        // What was there before has been checked.
        for template in &mut checker.templates {
            template.used = true;
        }
        for closure in &mut checker.closures {
            closure.used = true;
        }
        checker
    }

    fn take_input(&mut self, script: &Module, file: FileId, before: &Checker<'_>) {
        self.modules[0].file = file;
        self.files.insert(file, 0);
        self.collect(0, script);
        self.settle_impls();
        self.hide_variables(file);
        for stmt in &script.body {
            if let StmtKind::Let(let_) = &stmt.kind {
                let mut names = Vec::new();
                bound_names(&let_.pat, &mut names);
                let names = names.into_iter().map(|name| name.name);
                self.modules[0].shared.extend(names);
            }
        }
        let collected = std::mem::take(&mut self.diags);
        self.dispatch_again(before);
        self.pass(script);
        self.diags.splice(0..0, collected);
    }

    /// A function or type hides the variable that had its name.
    fn hide_variables(&mut self, file: FileId) {
        let names = self.modules[0].names.iter();
        let new = names.filter(|(_, entry)| entry.span.file == file);
        let new: Vec<Rc<str>> = new.map(|(name, _)| Rc::clone(name)).collect();
        for name in new {
            if let Some(scope) = self.body.scopes.first_mut() {
                scope.remove(&name);
            }
            if let Some(vars) = self.modules[0].vars.get_mut(&name) {
                vars.retain(|var| var.declared.file == file);
            }
            self.modules[0]
                .vars
                .retain(|_, declared| !declared.is_empty());
        }
    }

    /// Closures that values of earlier inputs hold can be called as before.
    fn dispatch_again(&mut self, before: &Checker<'_>) {
        let mut sigs: Vec<_> = before.sigs.iter().map(|(key, sig)| (*sig, key)).collect();
        sigs.sort_unstable_by_key(|(sig, _)| *sig);
        self.dispatch.iter_mut().for_each(Vec::clear);
        for (sig, (params, ret)) in sigs {
            for (closure, _) in &before.dispatch[sig as usize] {
                let span = self.closure_span(*closure);
                self.dispatch_to(SigId(sig), *closure, params, *ret, span);
            }
        }
        self.enter_tables_again();
    }

    fn members_of(&mut self, script: &Module) -> Vec<String> {
        let Some(StmtKind::Expr(expr)) = script.body.last().map(|stmt| &stmt.kind) else {
            return Vec::new();
        };
        let item = match &expr.kind {
            Ast::Path(_) => self.named_item(expr),
            _ => None,
        };
        match item {
            Some(item) => self.members_of_item(&item),
            None if has_error(&self.diags) => Vec::new(),
            None => {
                let ty = self.main.as_ref().map_or(Ty::UNIT, |main| main.ret);
                let fields = self.record_fields(ty).unwrap_or_default();
                let fields = fields.into_iter().map(|field| field.name.to_string());
                fields.chain(self.method_names(ty)).collect()
            }
        }
    }

    fn members_of_item(&mut self, item: &Item) -> Vec<String> {
        match item {
            Item::Host(host) => {
                let own = self.host[*host as usize].fns.iter();
                let mut names: Vec<String> = own.map(|func| func.name.to_string()).collect();
                if let Some(source) = self.host_source(*host) {
                    names.extend(self.public_names(source));
                }
                names
            }
            Item::Module(module) => self.public_names(*module),
            Item::Def(def) => match &self.types.def(*def).kind {
                DefKind::Enum(variants) => variants.iter().map(|v| v.name.to_string()).collect(),
                DefKind::Struct(_) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn public_names(&self, module: usize) -> Vec<String> {
        let scope = &self.modules[module];
        let items = scope.names.iter().filter(|(_, entry)| entry.public);
        let items = items.map(|(name, _)| name.to_string());
        let vars = scope.vars.iter();
        let vars = vars.filter(|(_, vars)| vars.iter().any(|var| var.public));
        items
            .chain(vars.map(|(name, _)| name.to_string()))
            .collect()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("globals", &self.0.globals.len())
            .finish_non_exhaustive()
    }
}
