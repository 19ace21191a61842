//! Traits, and the methods that `impl` and `extend` give to types.
//!
//! A method is a template like any function, whose first parameter is `self`. What a trait has a body
//! for becomes a template of each `impl` that lacks it.

use crate::checker::Checker;
use crate::modules::{Item, ModuleId};
use crate::receiver::{Change, Known};
use crate::suggest::nearest;
use crate::types::Ty;
use rustc_hash::FxHashMap;
use shape_syntax::Diagnostic;
use shape_syntax::ast::{Ident, ImplDecl, MethodDecl, StmtKind, TraitDecl, TraitRef};
use std::rc::Rc;

/// The traits of the language.
const BUILT_IN: &str = "\
trait Display { display(self): string }
trait Eq { eq(self, other): bool }
trait Ord { cmp(self, other): int }
trait Add<R> { add(self, other: R) }
trait Sub<R> { sub(self, other: R) }
trait Mul<R> { mul(self, other: R) }
trait Div<R> { div(self, other: R) }
trait Mod<R> { mod(self, other: R) }
trait Neg { neg(self) }
trait Not { not(self) }
trait Index<R> { index(self, i: R) }
trait Drop { drop(self) }
";

/// Their names, so that others need not be looked up.
const NAMES: &[&str] = &[
    "Display", "Eq", "Ord", "Add", "Sub", "Mul", "Div", "Mod", "Neg", "Not", "Index", "Drop",
];

/// Index into [`Traits::list`].
pub(crate) type TraitId = u32;

/// Index into [`Traits::impls`].
pub(crate) type ImplId = usize;

/// A trait.
#[derive(Clone, Debug)]
pub(crate) struct TraitInfo {
    pub(crate) decl: Rc<TraitDecl>,
    pub(crate) module: ModuleId,
    /// What else a type with it must have; with `Param`s for its type parameters.
    pub(crate) supers: Rc<[(TraitId, Rc<[Ty]>)]>,
    pub(crate) built_in: bool,
}

/// An `impl` or `extend`.
#[derive(Clone, Debug)]
pub(crate) struct ImplInfo {
    pub(crate) decl: Rc<ImplDecl>,
    pub(crate) module: ModuleId,
    pub(crate) generics: Rc<[Ident]>,
    /// The type, with `Param`s for the type parameters.
    pub(crate) target: Ty,
    /// How many `Param`s there are; more than names where some were left out.
    pub(crate) params: usize,
    /// The trait and its type arguments.
    pub(crate) of: Option<(TraitId, Rc<[Ty]>)>,
    pub(crate) methods: FxHashMap<Rc<str>, usize>,
}

/// Whose method a template is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MethodOf {
    pub(crate) imp: ImplId,
    pub(crate) receiver: bool,
    pub(crate) change: Change,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Traits {
    pub(crate) list: Vec<TraitInfo>,
    pub(crate) impls: Vec<ImplInfo>,
    /// Which `impl`s have a method of this name.
    pub(crate) by_name: FxHashMap<Rc<str>, Vec<ImplId>>,
    /// Which `impl`s a trait has.
    pub(crate) by_trait: FxHashMap<TraitId, Vec<ImplId>>,
    built_in: FxHashMap<Rc<str>, TraitId>,
    /// `Drop`, where some type has it.
    pub(crate) dropped: Option<TraitId>,
    pending: Vec<(ModuleId, Rc<ImplDecl>)>,
    /// Traits whose supertraits have not been looked up.
    fresh: Vec<TraitId>,
    pub(crate) known: FxHashMap<Rc<str>, Known>,
}

impl Checker<'_> {
    pub(crate) fn new_trait(&mut self, decl: &Rc<TraitDecl>, module: ModuleId) -> Item {
        let names = decl.methods.iter().map(|m| &m.decl.name);
        self.no_name_twice(names);
        self.traits.list.push(TraitInfo {
            decl: Rc::clone(decl),
            module,
            supers: [].into(),
            built_in: false,
        });
        let id = self.last_trait();
        self.traits.fresh.push(id);
        Item::Trait(id)
    }

    fn last_trait(&self) -> TraitId {
        u32::try_from(self.traits.list.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn announce_impl(&mut self, decl: &Rc<ImplDecl>, module: ModuleId) {
        self.traits.pending.push((module, Rc::clone(decl)));
    }

    /// Enters what has been announced, once all names are known.
    pub(crate) fn settle_impls(&mut self) {
        let fresh = std::mem::take(&mut self.traits.fresh);
        let pending = std::mem::take(&mut self.traits.pending);
        if fresh.is_empty() && pending.is_empty() {
            return;
        }
        for id in &fresh {
            self.enter_supers(*id);
        }
        for id in fresh {
            self.check_trait(id);
        }
        self.learn_changes(&pending);
        let first = self.traits.impls.len();
        for (module, decl) in pending {
            self.enter_impl(module, &decl);
        }
        for imp in first..self.traits.impls.len() {
            self.check_impl(imp);
        }
    }

    // --- Names ------------------------------------------------------------------------------

    /// The trait of the language with this name.
    pub(crate) fn built_in_trait(&mut self, name: &str) -> Option<TraitId> {
        if !NAMES.contains(&name) {
            return None;
        }
        if self.traits.built_in.is_empty() {
            let file = self.sources.as_mut()?.add("std::core::traits", BUILT_IN);
            let module = self.new_module("std::core::traits", file);
            let (tree, _) = shape_syntax::parse(file, BUILT_IN);
            for stmt in &tree.body {
                if let StmtKind::Trait(decl) = &stmt.kind {
                    self.traits.list.push(TraitInfo {
                        decl: Rc::clone(decl),
                        module,
                        supers: [].into(),
                        built_in: true,
                    });
                    let id = self.last_trait();
                    let name = Rc::clone(&decl.name.name);
                    self.traits.built_in.insert(name, id);
                }
            }
        }
        self.traits.built_in.get(name).copied()
    }

    /// The trait that was named and its type arguments; reports when there is none.
    pub(crate) fn trait_ref(&mut self, name: &TraitRef) -> Option<(TraitId, Rc<[Ty]>)> {
        let id = self.trait_named(name)?;
        let args: Rc<[Ty]> = name.args.iter().map(|ty| self.type_expr(ty)).collect();
        let decl = Rc::clone(&self.traits.list[id as usize].decl);
        let left_out = self.traits.list[id as usize].built_in && args.is_empty();
        if args.len() != decl.generics.len() && !left_out {
            let message = format!(
                "trait `{}` takes {} type arguments, found {}",
                decl.name.name,
                decl.generics.len(),
                args.len()
            );
            self.error("E0103", name.span, message);
            return None;
        }
        Some((id, args))
    }

    fn trait_named(&mut self, name: &TraitRef) -> Option<TraitId> {
        let item = match &name.path.segments[..] {
            [one] => {
                let own = self.modules[self.body.module].names.get(&one.name);
                match own.map(|entry| entry.item.clone()) {
                    Some(item) => Some(item),
                    None => self.built_in_trait(&one.name).map(Item::Trait),
                }
            }
            path => Some(self.path_item(path)?),
        };
        match item {
            Some(Item::Trait(id)) => Some(id),
            Some(Item::Unknown) => None,
            _ => {
                self.unknown_trait(name, item.is_some());
                None
            }
        }
    }

    fn unknown_trait(&mut self, name: &TraitRef, other: bool) {
        let Some(last) = name.path.segments.last() else {
            return;
        };
        let message = match other {
            true => format!("`{}` is no trait", last.name),
            false => format!("undefined trait `{}`", last.name),
        };
        let own = self.modules[self.body.module].names.iter();
        let own = own.filter(|(_, entry)| matches!(entry.item, Item::Trait(_)));
        let mut names: Vec<Rc<str>> = own.map(|(name, _)| Rc::clone(name)).collect();
        self.built_in_trait("Display");
        names.extend(self.traits.built_in.keys().cloned());
        names.sort_unstable();
        let mut diagnostic = Diagnostic::error("E0701", name.span, message);
        diagnostic.help = match nearest(&last.name, names.iter().map(|n| &**n)) {
            Some(near) => Some(format!("there is `{near}`")),
            None => Some(format!("declare it: `trait {} {{ … }}`", last.name)),
        };
        self.report(diagnostic);
    }

    // --- Traits -----------------------------------------------------------------------------

    fn enter_supers(&mut self, id: TraitId) {
        let TraitInfo { decl, module, .. } = self.traits.list[id as usize].clone();
        let supers = self.in_declaration(module, &decl.generics, |this| {
            let named = decl.supers.iter().filter_map(|name| this.trait_ref(name));
            named.collect()
        });
        self.traits.list[id as usize].supers = supers;
    }

    /// Reports a trait above itself, and types in its methods that do not exist.
    fn check_trait(&mut self, id: TraitId) {
        let TraitInfo { decl, module, .. } = self.traits.list[id as usize].clone();
        let mut above = vec![id];
        let mut next = 0;
        while next < above.len() {
            for (one, _) in self.traits.list[above[next] as usize].supers.clone().iter() {
                if *one == id {
                    let name = &decl.name.name;
                    let message = format!("trait `{name}` is its own supertrait");
                    self.report(
                        Diagnostic::error("E0708", decl.name.span, message)
                            .help("take one of the traits after the `:` away"),
                    );
                    self.traits.list[id as usize].supers = [].into();
                    return;
                }
                if !above.contains(one) {
                    above.push(*one);
                }
            }
            next += 1;
        }
        for method in &decl.methods {
            self.signature_types(method, module, &decl.generics, Ty::WRONG);
        }
    }

    /// The written types of a method's parameters, `self` included, and of its result.
    pub(crate) fn signature_types(
        &mut self,
        method: &MethodDecl,
        module: ModuleId,
        generics: &[Ident],
        this: Ty,
    ) -> (Vec<Option<Ty>>, Option<Ty>) {
        self.in_declaration(module, generics, |cx| {
            cx.body.generics.push(("Self".into(), this));
            for name in &method.decl.generics {
                cx.body.generics.push((Rc::clone(&name.name), Ty::WRONG));
            }
            let params = method.decl.params.iter();
            let params = params
                .map(|p| p.ty.as_ref().map(|ty| cx.type_expr(ty)))
                .collect();
            (params, method.decl.ret.as_ref().map(|ty| cx.type_expr(ty)))
        })
    }

    /// What the trait says about the types of a method of `imp`: those of its parameters, `self`
    /// included, and of its result. `env` are the type parameters and `Self` where it is called.
    pub(crate) fn trait_types(
        &mut self,
        imp: ImplId,
        name: &str,
        env: &[(Rc<str>, Ty)],
    ) -> Option<(Vec<Option<Ty>>, Option<Ty>)> {
        let info = self.traits.impls[imp].clone();
        let (id, args) = info.of?;
        let owner = self.traits.list[id as usize].clone();
        let method = owner
            .decl
            .methods
            .iter()
            .find(|m| &*m.decl.name.name == name && m.decl.generics.is_empty())?;
        let this = env
            .iter()
            .find(|(name, _)| &**name == "Self")
            .map_or(Ty::WRONG, |(_, ty)| *ty);
        let own = self.impl_args(imp, this);
        let mut args: Vec<Ty> = args.iter().map(|ty| self.substitute(*ty, &own)).collect();
        while args.len() < owner.decl.generics.len() {
            args.push(self.fresh());
        }
        let (params, ret) = self.signature_types(method, owner.module, &owner.decl.generics, this);
        let params = params.into_iter();
        let params = params.map(|ty| ty.map(|ty| self.substitute(ty, &args)));
        Some((params.collect(), ret.map(|ty| self.substitute(ty, &args))))
    }
}
