//! Which type has which trait, and which method.

use crate::checker::Checker;
use crate::infer::parts;
use crate::traits::{ImplId, TraitId};
use crate::types::{Ty, TyKind};
use shape_syntax::Diagnostic;
use shape_syntax::ast::{Bound, FnDecl};
use std::rc::Rc;

/// How many questions one question may lead to. Bounds that ask for each other have no end.
const MAX_QUESTIONS: u32 = 1000;

/// A method that was found: the `impl`, and the template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) imp: ImplId,
    pub(crate) template: usize,
}

/// What looking for a method of the script's own gave.
pub(crate) enum Search {
    Found(Found),
    /// Several traits have one of this name.
    Several(Vec<Found>),
    None,
}

impl Checker<'_> {
    /// What the type parameters of an `impl` stand for where its target is `ty`; variables for what
    /// that does not say.
    pub(crate) fn impl_args(&mut self, imp: ImplId, ty: Ty) -> Vec<Ty> {
        let (target, count) = (self.traits.impls[imp].target, self.traits.impls[imp].params);
        let mut args = vec![None; count];
        self.matches(target, ty, &mut args);
        args.into_iter()
            .map(|arg| arg.unwrap_or_else(|| self.fresh()))
            .collect()
    }

    /// The names that mean types inside the methods of `imp`, for a receiver of type `this`.
    pub(crate) fn impl_env(&mut self, imp: ImplId, this: Option<Ty>) -> Vec<(Rc<str>, Ty)> {
        let info = self.traits.impls[imp].clone();
        let args = match this {
            Some(ty) => self.impl_args(imp, ty),
            None => (0..info.params).map(|_| self.fresh()).collect(),
        };
        let target = self.substitute(info.target, &args);
        let this = match this {
            Some(ty) => {
                self.unify(target, ty);
                ty
            }
            None => target,
        };
        let mut env: Vec<(Rc<str>, Ty)> = Vec::new();
        if let Some((of, of_args)) = &info.of {
            let names = self.traits.list[*of as usize].decl.generics.clone();
            for (at, name) in names.iter().enumerate() {
                let ty = match of_args.get(at) {
                    Some(ty) => self.substitute(*ty, &args),
                    None => self.fresh(),
                };
                env.push((Rc::clone(&name.name), ty));
            }
        }
        let own = info.generics.iter().zip(&args);
        env.extend(own.map(|(name, ty)| (Rc::clone(&name.name), *ty)));
        env.push(("Self".into(), this));
        env
    }

    /// Whether `ty` has the form of `pattern`; what its `Param`s stand for goes to `args`.
    fn matches(&mut self, pattern: Ty, ty: Ty, args: &mut [Option<Ty>]) -> bool {
        let (pattern, ty) = (self.shallow(pattern), self.shallow(ty));
        if let TyKind::Param(n) = self.types.kind(pattern) {
            return match args.get_mut(*n as usize) {
                Some(Some(known)) => {
                    let known = *known;
                    self.resolve(known) == self.resolve(ty)
                }
                Some(slot) => {
                    *slot = Some(ty);
                    true
                }
                None => false,
            };
        }
        if pattern == ty {
            return true;
        }
        let (a, b) = (
            self.types.kind(pattern).clone(),
            self.types.kind(ty).clone(),
        );
        if matches!(b, TyKind::Var(_)) {
            return true;
        }
        let same_head = match (&a, &b) {
            (TyKind::Struct(d, _), TyKind::Struct(e, _))
            | (TyKind::Enum(d, _), TyKind::Enum(e, _)) => d == e,
            (TyKind::Dyn(d, _), TyKind::Dyn(e, _)) => d == e,
            (TyKind::Object(x), TyKind::Object(y)) => {
                x.len() == y.len() && x.iter().zip(y.iter()).all(|(x, y)| x.name == y.name)
            }
            (TyKind::Resource(x), TyKind::Resource(y)) => x == y,
            _ => std::mem::discriminant(&a) == std::mem::discriminant(&b),
        };
        let (mut in_a, mut in_b) = (Vec::new(), Vec::new());
        parts(&a, &mut |ty| in_a.push(ty));
        parts(&b, &mut |ty| in_b.push(ty));
        let leaf = in_a.is_empty() && !matches!(a, TyKind::Tuple(_) | TyKind::Object(_));
        let plain = matches!(a, TyKind::Struct(..) | TyKind::Enum(..) | TyKind::Dyn(..));
        same_head
            && in_a.len() == in_b.len()
            && (!leaf || plain || matches!(a, TyKind::Resource(_)))
            && in_a
                .into_iter()
                .zip(in_b)
                .all(|(a, b)| self.matches(a, b, args))
    }

    /// Whether the methods of `imp` are methods of `ty`, without looking at its bounds.
    pub(crate) fn is_target(&mut self, imp: ImplId, ty: Ty) -> bool {
        let (target, count) = (self.traits.impls[imp].target, self.traits.impls[imp].params);
        let open = matches!(self.kind(ty), TyKind::Var(_));
        !open && self.matches(target, ty, &mut vec![None; count])
    }

    fn bounds_of_impl_hold(&mut self, imp: ImplId, ty: Ty) -> bool {
        let decl = Rc::clone(&self.traits.impls[imp].decl);
        if decl.bounds.is_empty() {
            return true;
        }
        let module = self.traits.impls[imp].module;
        let env = self.impl_env(imp, Some(ty));
        self.unmet(&decl.bounds, &env, module).is_none()
    }

    /// Whether `ty` has the trait.
    pub(crate) fn has_trait(&mut self, ty: Ty, of: TraitId, args: &[Ty]) -> bool {
        let ty = self.resolve(ty);
        match self.kind(ty) {
            TyKind::Wrong | TyKind::Never | TyKind::Var(_) => return true,
            TyKind::Dyn(own, _) if self.is_above(of, own) => return true,
            TyKind::Param(_) => return true,
            _ => {}
        }
        if self.traits.list[of as usize].built_in {
            let name = Rc::clone(&self.traits.list[of as usize].decl.name.name);
            if self.has_by_nature(ty, &name) {
                return true;
            }
        }
        if self.questions > MAX_QUESTIONS {
            return false;
        }
        let outer = self.questions;
        self.questions += 1;
        let impls = self.traits.by_trait.get(&of).cloned().unwrap_or_default();
        let found = impls.into_iter().any(|imp| {
            self.is_target(imp, ty) && self.trait_args_fit(imp, ty, args) && {
                self.bounds_of_impl_hold(imp, ty)
            }
        });
        if outer == 0 {
            self.questions = 0;
        }
        found
    }

    fn trait_args_fit(&mut self, imp: ImplId, ty: Ty, args: &[Ty]) -> bool {
        let Some((_, own)) = self.traits.impls[imp].of.clone() else {
            return true;
        };
        let params = self.impl_args(imp, ty);
        own.iter().zip(args).all(|(own, arg)| {
            let own = self.substitute(*own, &params);
            let (own, arg) = (self.resolve(own), self.resolve(*arg));
            own == arg || self.is_open(own) || self.is_open(arg)
        })
    }

    /// Whether `above` is `id` or one of its supertraits.
    pub(crate) fn is_above(&self, above: TraitId, id: TraitId) -> bool {
        let mut seen = vec![id];
        let mut next = 0;
        while next < seen.len() {
            if seen[next] == above {
                return true;
            }
            for (one, _) in self.traits.list[seen[next] as usize].supers.iter() {
                if !seen.contains(one) {
                    seen.push(*one);
                }
            }
            next += 1;
        }
        false
    }

    /// The traits of the language that types of the language have.
    fn has_by_nature(&mut self, ty: Ty, name: &str) -> bool {
        let kind = self.kind(ty);
        let number = matches!(kind, TyKind::Int | TyKind::Number);
        let own = matches!(
            kind,
            TyKind::Struct(..) | TyKind::Enum(..) | TyKind::Dyn(..)
        );
        match name {
            "Display" => {
                !own && !matches!(kind, TyKind::Closure(_) | TyKind::Group(_) | TyKind::Fn(..))
            }
            "Eq" => !own && !matches!(kind, TyKind::Closure(_) | TyKind::Group(_) | TyKind::Fn(..)),
            "Ord" => match kind {
                TyKind::String | TyKind::Char | TyKind::Duration => true,
                TyKind::Array(item) => self.has_by_nature(item, name),
                TyKind::Tuple(items) => items.iter().all(|item| self.has_by_nature(*item, name)),
                _ => number,
            },
            "Add" => number || matches!(kind, TyKind::String | TyKind::Duration | TyKind::Array(_)),
            "Sub" | "Neg" | "Mod" | "Div" => number || kind == TyKind::Duration,
            "Mul" => number,
            "Not" => kind == TyKind::Bool,
            "Index" => matches!(kind, TyKind::Array(_) | TyKind::Map(..) | TyKind::String),
            _ => false,
        }
    }

    // --- Methods ----------------------------------------------------------------------------

    /// The method `name` of the script's own that values of `ty` have: of the type itself, else of
    /// one of its traits.
    pub(crate) fn search(&mut self, ty: Ty, name: &str, receiver: bool) -> Search {
        let Some(impls) = self.traits.by_name.get(name).cloned() else {
            return Search::None;
        };
        let mut found: Vec<Found> = Vec::new();
        for imp in impls {
            let Some(&template) = self.traits.impls[imp].methods.get(name) else {
                continue;
            };
            let method = self.templates[template].method;
            if method.is_some_and(|m| m.receiver == receiver)
                && self.is_target(imp, ty)
                && self.bounds_of_impl_hold(imp, ty)
            {
                found.push(Found { imp, template });
            }
        }
        if let Some(own) = found.iter().find(|f| self.traits.impls[f.imp].of.is_none()) {
            return Search::Found(*own);
        }
        let trait_of = |this: &Self, f: &Found| this.traits.impls[f.imp].of.as_ref().map(|o| o.0);
        match &found[..] {
            [] => Search::None,
            [first, rest @ ..] => {
                let one = trait_of(self, first);
                match rest.iter().all(|f| trait_of(self, f) == one) {
                    true => Search::Found(*first),
                    false => Search::Several(found),
                }
            }
        }
    }

    /// The method that `ty` has through the trait.
    pub(crate) fn method_of_trait(&mut self, ty: Ty, of: TraitId, name: &str) -> Option<Found> {
        let impls = self.traits.by_trait.get(&of)?.clone();
        impls.into_iter().find_map(|imp| {
            let template = *self.traits.impls[imp].methods.get(name)?;
            let fits = self.is_target(imp, ty) && self.bounds_of_impl_hold(imp, ty);
            fits.then_some(Found { imp, template })
        })
    }

    /// Whether one of the traits of `ty` has a method of this name, which the type then lacks. That has
    /// been reported.
    pub(crate) fn lacks_promised(&mut self, ty: Ty, name: &str) -> bool {
        (0..self.traits.impls.len()).any(|imp| {
            let Some((of, _)) = self.traits.impls[imp].of.clone() else {
                return false;
            };
            let decl = Rc::clone(&self.traits.list[of as usize].decl);
            decl.methods
                .iter()
                .any(|m| &*m.decl.name.name == name && m.receiver)
                && !self.traits.impls[imp].methods.contains_key(name)
                && self.is_target(imp, ty)
        })
    }

    /// The names of the script's own methods that values of `ty` have.
    pub(crate) fn own_method_names(&mut self, ty: Ty) -> Vec<Rc<str>> {
        let all = 0..self.traits.impls.len();
        let mut names: Vec<Rc<str>> = Vec::new();
        for imp in all {
            if self.is_target(imp, ty) {
                names.extend(self.traits.impls[imp].methods.keys().cloned());
            }
        }
        names.sort_unstable();
        names
    }

    // --- Bounds -----------------------------------------------------------------------------

    /// The first type and trait of `bounds` that do not go together.
    fn unmet(
        &mut self,
        bounds: &[Bound],
        env: &[(Rc<str>, Ty)],
        module: usize,
    ) -> Option<(Ty, TraitId, Bound)> {
        for bound in bounds {
            let Some((_, ty)) = env.iter().rev().find(|(n, _)| *n == bound.param.name) else {
                let name = &bound.param.name;
                let message = format!("undefined type `{name}`");
                self.error("E0103", bound.param.span, message);
                continue;
            };
            for name in &bound.traits {
                let outer = std::mem::replace(&mut self.body.generics, env.to_vec());
                let outer_module = std::mem::replace(&mut self.body.module, module);
                let found = self.trait_ref(name);
                self.body.module = outer_module;
                self.body.generics = outer;
                if let Some((of, args)) = found
                    && !self.has_trait(*ty, of, &args)
                {
                    return Some((*ty, of, bound.clone()));
                }
            }
        }
        None
    }

    /// Whether the type parameters of the instance that is being checked can do what they must;
    /// reports when they cannot. `call` is where the instance is asked for.
    pub(crate) fn bounds_hold(&mut self, decl: &FnDecl, call: shape_syntax::Span) -> bool {
        if decl.bounds.is_empty() {
            return true;
        }
        let env = self.body.generics.clone();
        let Some((ty, of, bound)) = self.unmet(&decl.bounds, &env, self.body.module) else {
            return true;
        };
        let shown = self.show(ty);
        let info = self.traits.list[of as usize].clone();
        let name = &info.decl.name.name;
        let message = format!(
            "`{shown}` does not have trait `{name}`, which `{}` asks for",
            decl.name.name
        );
        let wanted: Vec<String> = info
            .decl
            .methods
            .iter()
            .filter(|m| !m.body)
            .map(|m| format!("`{}`", m.decl.name.name))
            .collect();
        let mut diagnostic =
            Diagnostic::error("E0706", call, message).related(bound.param.span, "asked for here");
        diagnostic.help = Some(match &wanted[..] {
            [] => format!("add `impl {name} for {shown} {{}}`"),
            names => format!(
                "add `impl {name} for {shown} {{ … }}` with {}",
                names.join(", ")
            ),
        });
        self.report(diagnostic);
        false
    }
}
