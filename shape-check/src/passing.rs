//! How each parameter takes its argument: as a value, or as a reference.
//!
//! That is read off the text, before any type is known. A parameter written `&x` is a reference, which
//! is exclusive if the function changes it. One without a type and without a `&` is an exclusive
//! reference if the function assigns to a part of it, or passes it on to such a parameter. Who calls
//! whom may go in circles, so the search keeps what it has seen.

use crate::checker::Checker;
use crate::free::{Passed, Use, Uses, uses};
use crate::method::{SYNONYMS, snake_case};
use crate::modules::{Item, ModuleId};
use rustc_hash::{FxHashMap, FxHashSet};
use shape_syntax::ast::{FnDecl, Param, PatKind};
use std::rc::Rc;

/// Methods written in Shape that change their receiver.
const CHANGING: &[&str] = &["sort", "sort_by"];

/// How a parameter takes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    /// As a value of its own.
    Value,
    /// As a reference that is only read, so that a value does as well.
    Shared,
    /// As a reference that the function may change.
    Exclusive,
}

/// What tells a parameter from all others.
type ParamId = (*const FnDecl, usize);

/// What is known so far.
#[derive(Debug, Default)]
pub(crate) struct Passings {
    known: FxHashMap<*const FnDecl, Rc<[Passing]>>,
    /// Of parameters that are exclusive, or that nothing makes so.
    exclusive: FxHashMap<ParamId, bool>,
    /// What each function does. It holds the function, so that its address stays its own.
    uses: FxHashMap<*const FnDecl, (Rc<FnDecl>, Rc<Uses>)>,
    /// What is around each nested function.
    beside: FxHashMap<*const FnDecl, Surroundings>,
}

/// What is around a nested function.
#[derive(Debug)]
struct Surroundings {
    /// The functions that are declared beside it.
    decls: Rc<[Rc<FnDecl>]>,
    /// The function that it is declared in, where that is known.
    function: Option<*const FnDecl>,
}

impl Passings {
    /// Says that these functions see each other.
    pub(crate) fn declared_together(&mut self, decls: &Rc<[Rc<FnDecl>]>) {
        for decl in decls.iter() {
            self.beside
                .entry(Rc::as_ptr(decl))
                .or_insert_with(|| Surroundings {
                    decls: Rc::clone(decls),
                    function: None,
                });
        }
    }

    fn uses_of(&mut self, decl: &Rc<FnDecl>) -> Rc<Uses> {
        let key = Rc::as_ptr(decl);
        if let Some((_, known)) = self.uses.get(&key) {
            return Rc::clone(known);
        }
        let found = Rc::new(uses(decl));
        self.uses.insert(key, (Rc::clone(decl), Rc::clone(&found)));
        let inner: Rc<[Rc<FnDecl>]> = found.nested.as_slice().into();
        for decl in inner.iter() {
            let around = Surroundings {
                decls: Rc::clone(&inner),
                function: Some(key),
            };
            self.beside.insert(Rc::as_ptr(decl), around);
        }
        found
    }

    /// The nested function that `name` means inside `decl`.
    fn nested(&mut self, decl: &Rc<FnDecl>, name: &str) -> Option<Rc<FnDecl>> {
        let named = |decls: &[Rc<FnDecl>]| decls.iter().find(|d| &*d.name.name == name).cloned();
        if let Some(found) = named(&self.uses_of(decl).nested) {
            return Some(found);
        }
        let mut at = Some(Rc::as_ptr(decl));
        while let Some(around) = at.and_then(|key| self.beside.get(&key)) {
            if let Some(found) = named(&around.decls) {
                return Some(found);
            }
            at = around.function;
        }
        None
    }
}

/// Whether a parameter without a `&` may turn out to be a reference.
fn is_open(param: &Param) -> bool {
    let named = matches!(&param.pat.kind, PatKind::Bind(name, false) if &*name.name != "self");
    !param.reference && param.ty.is_none() && named
}

fn name_of(param: &Param) -> Option<&str> {
    match &param.pat.kind {
        PatKind::Bind(name, _) => Some(&name.name),
        _ => None,
    }
}

impl Checker<'_> {
    /// How each parameter of a function of `module` takes its argument.
    pub(crate) fn passing(&mut self, decl: &Rc<FnDecl>, module: ModuleId) -> Rc<[Passing]> {
        let key = Rc::as_ptr(decl);
        if let Some(known) = self.passings.known.get(&key) {
            return Rc::clone(known);
        }
        let host = self.modules[module].host.is_some();
        let found: Rc<[Passing]> = (0..decl.params.len())
            .map(|at| {
                let param = &decl.params[at];
                let candidate = param.reference || is_open(param);
                match (candidate && !host, param.reference) {
                    (false, _) => Passing::Value,
                    (true, _) if self.is_exclusive(decl, module, at) => Passing::Exclusive,
                    (true, true) => Passing::Shared,
                    (true, false) => Passing::Value,
                }
            })
            .collect();
        // The use keeps the declaration, and with it the address.
        self.passings.uses_of(decl);
        self.passings.known.insert(key, Rc::clone(&found));
        found
    }

    fn is_exclusive(&mut self, decl: &Rc<FnDecl>, module: ModuleId, at: usize) -> bool {
        let mut seen = FxHashSet::default();
        let found = self.is_changed(decl, module, at, &mut seen);
        if !found {
            // Nothing that was reached is exclusive.
            let all = seen.into_iter().map(|id| (id, false));
            self.passings.exclusive.extend(all);
        }
        found
    }

    /// Whether parameter `at` is changed, here or by a function that it is passed on to.
    fn is_changed(
        &mut self,
        decl: &Rc<FnDecl>,
        module: ModuleId,
        at: usize,
        seen: &mut FxHashSet<ParamId>,
    ) -> bool {
        let id = (Rc::as_ptr(decl), at);
        if let Some(&known) = self.passings.exclusive.get(&id) {
            return known;
        }
        let Some(param) = decl.params.get(at).filter(|_| seen.insert(id)) else {
            return false;
        };
        let Some(name) = name_of(param) else {
            return false;
        };
        let uses = self.passings.uses_of(decl);
        let of_param = uses.of.iter().filter(|(used, _)| &**used == name);
        for (_, what) in of_param {
            let exclusive = match what {
                Use::PartAssigned => true,
                Use::Assigned => param.reference,
                Use::Method(method) => param.reference && self.changes_receiver(method),
                Use::Passed(passed) => self.is_changed_by(decl, module, param, passed, seen),
            };
            if exclusive {
                self.passings.exclusive.insert(id, true);
                return true;
            }
        }
        false
    }

    /// Whether the function that a parameter is passed on to changes it.
    fn is_changed_by(
        &mut self,
        decl: &Rc<FnDecl>,
        module: ModuleId,
        param: &Param,
        passed: &Passed,
        seen: &mut FxHashSet<ParamId>,
    ) -> bool {
        let callee = passed.callee.as_ref();
        let Some((to, module)) = callee.and_then(|name| self.named_fn(decl, module, name)) else {
            // A function that is not known before types are.
            return passed.explicit && (param.reference || passed.part);
        };
        let named = passed.name.as_ref().and_then(|name| {
            let is = |p: &Param| name_of(p) == Some(&**name);
            to.params.iter().position(is)
        });
        let at = named.unwrap_or(passed.at);
        // A variable that is given with a `&` is a local one, whose caller's stays as it is.
        let counts = |p: &Param| match param.reference || passed.part {
            true => p.reference || is_open(p),
            false => !passed.explicit && is_open(p),
        };
        to.params.get(at).is_some_and(counts)
            && shape_syntax::deep(|| self.is_changed(&to, module, at, seen))
    }

    /// The function that `name` means inside `decl`.
    fn named_fn(
        &mut self,
        decl: &Rc<FnDecl>,
        module: ModuleId,
        name: &str,
    ) -> Option<(Rc<FnDecl>, ModuleId)> {
        if decl.params.iter().any(|param| name_of(param) == Some(name)) {
            return None;
        }
        if let Some(found) = self.passings.nested(decl, name) {
            return Some((found, module));
        }
        match &self.modules[module].names.get(name)?.item {
            Item::Fns(templates) => {
                let template = &self.templates[*templates.first()?];
                let own = self.modules[template.module].host.is_none();
                own.then(|| (Rc::clone(&template.decl), template.module))
            }
            _ => None,
        }
    }

    /// Whether a method of this name may change its receiver.
    fn changes_receiver(&self, name: &str) -> bool {
        if self.may_change(name) {
            return true;
        }
        let name = snake_case(name);
        let synonyms = SYNONYMS.iter().filter(|(from, _)| *from == name);
        let names: Vec<&str> = synonyms.map(|(_, to)| *to).chain([name.as_str()]).collect();
        let mut fns = self.host.iter().flat_map(|module| &module.fns);
        names.iter().any(|name| CHANGING.contains(name))
            || fns.any(|f| f.mutates && names.contains(&&*f.name))
    }
}
