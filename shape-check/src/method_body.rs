//! The bodies of methods: what `Self` means there, and how a changed `self` gets out.

use crate::checker::Checker;
use crate::instance::Target;
use crate::modules::Item;
use crate::program::{Expr, ExprKind, LocalId};
use crate::receiver::Change;
use crate::returns::map_returns;
use crate::types::{Ty, TyKind};
use std::rc::Rc;

impl Checker<'_> {
    /// Makes the names known that mean types inside a method.
    pub(crate) fn enter_method(&mut self, template: usize, args: &[Ty]) {
        let Some(method) = self.templates[template].method else {
            return;
        };
        let this = args.first().copied().filter(|_| method.receiver);
        let env = self.impl_env(method.imp, this);
        self.body.generics.extend(env);
    }

    /// What the trait says a method gives, where the method itself does not.
    pub(crate) fn method_result(&mut self, target: Target, firm: bool) -> Option<Ty> {
        let Target::Template(template) = target else {
            return None;
        };
        let method = self.templates[template].method.filter(|_| !firm)?;
        let name = Rc::clone(&self.templates[template].decl.name.name);
        let env = self.body.generics.clone();
        self.trait_types(method.imp, &name, &env)?.1
    }

    /// The body of a method that changes `self` gives its result and then `self`; only `self` where
    /// the result is `()`. With the type of what it gives.
    pub(crate) fn with_changed_self(
        &mut self,
        target: Target,
        args: &[Ty],
        mut value: Expr,
        ret: Ty,
    ) -> (Expr, Ty) {
        let method = match target {
            Target::Template(template) => self.templates[template].method,
            _ => None,
        };
        let changes = method.is_some_and(|method| method.change != Change::No);
        let (Some(&this), true) = (args.first(), changes) else {
            return (value, ret);
        };
        if matches!(ret, Ty::NEVER | Ty::WRONG) {
            return (value, ret);
        }
        let whole = match ret {
            Ty::UNIT => this,
            _ => self.tuple(&[ret, this]),
        };
        let with_self = |value: Expr| {
            let span = value.span;
            let changed = Expr {
                kind: ExprKind::Local(LocalId(0)),
                ty: this,
                span,
            };
            let kind = match ret {
                Ty::UNIT => ExprKind::Block(vec![value], Some(Box::new(changed))),
                _ => ExprKind::Tuple(vec![value, changed]),
            };
            let ty = whole;
            Expr { kind, ty, span }
        };
        map_returns(&mut value, &with_self);
        if value.ty != Ty::NEVER {
            value = with_self(value);
        }
        (value, whole)
    }

    /// What `Self` names where it is written in front of `::` or `{`.
    pub(crate) fn self_item(&mut self) -> Option<Item> {
        let own = self.body.generics.iter().rev();
        let this = own.clone().find(|(name, _)| &**name == "Self")?.1;
        match self.kind(this) {
            TyKind::Struct(def, _) | TyKind::Enum(def, _) => Some(Item::Def(def)),
            _ => None,
        }
    }

    /// The types of the arguments of a method that nothing calls, `self` included.
    pub(crate) fn unused_method_args(&mut self, template: usize) -> Option<Vec<Ty>> {
        let method = self.templates[template].method?;
        let info = self.templates[template].clone();
        let params = vec![Ty::WRONG; self.traits.impls[method.imp].params];
        let target = self.traits.impls[method.imp].target;
        let this = self.substitute(target, &params);
        let mut env = self.impl_env(method.imp, Some(this));
        let types = self.trait_types(method.imp, &info.decl.name.name, &env);
        let hints = types.map(|(params, _)| params).unwrap_or_default();
        for name in &info.decl.generics {
            env.push((Rc::clone(&name.name), Ty::WRONG));
        }
        let outer_generics = std::mem::replace(&mut self.body.generics, env);
        let outer_module = std::mem::replace(&mut self.body.module, info.module);
        let params = info.decl.params.iter().enumerate();
        let types = params.map(|(at, param)| match &param.ty {
            _ if at == 0 && method.receiver => this,
            Some(ty) => self.type_expr(ty),
            None => hints.get(at).copied().flatten().unwrap_or(Ty::WRONG),
        });
        let types: Vec<Ty> = types.collect();
        self.body.module = outer_module;
        self.body.generics = outer_generics;
        let types = types.into_iter().map(|ty| self.resolve(ty));
        let types: Vec<Ty> = types.collect();
        Some(
            types
                .into_iter()
                .map(|ty| if self.is_open(ty) { Ty::WRONG } else { ty })
                .collect(),
        )
    }
}
