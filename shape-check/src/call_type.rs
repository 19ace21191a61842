//! `Type::name(args)` and `Trait::name(value, args)`.

use crate::checker::Checker;
use crate::closure::ClosureKind;
use crate::has_trait::{Found, Search};
use crate::modules::Item;
use crate::program::Expr;
use crate::receiver::Change;
use crate::traits::TraitId;
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, Arg, ExprKind as Ast, Ident};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

impl Checker<'_> {
    /// `parents::name(args)` where `parents` is a type with such a function or method, or a trait.
    pub(crate) fn call_of_type(
        &mut self,
        parents: &[Ident],
        name: &Ident,
        args: &[Arg],
        span: Span,
    ) -> Option<Expr> {
        if let [one] = parents
            && let Some(of) = self.quiet_trait(one)
        {
            return Some(self.call_of_trait(of, name, args, span));
        }
        if !self.traits.by_name.contains_key(&name.name) {
            return None;
        }
        let ty = self.quiet_type(parents)?;
        if let Search::Found(found) = self.search(ty, &name.name, false) {
            let env = self.impl_env(found.imp, Some(ty));
            return Some(self.call_in_env(found, env, Vec::new(), args, span, None));
        }
        let Search::Found(found) = self.search(ty, &name.name, true) else {
            return None;
        };
        Some(self.call_on_first(found, Some(ty), args, span))
    }

    /// `Type::name` as a function value.
    pub(crate) fn method_value(&mut self, parents: &[Ident], name: &Ident) -> Option<Expr> {
        if !self.traits.by_name.contains_key(&name.name) {
            return None;
        }
        let ty = self.quiet_type(parents)?;
        let found = match self.search(ty, &name.name, false) {
            Search::Found(found) => found,
            _ => match self.search(ty, &name.name, true) {
                Search::Found(found) if self.change_of(found) == Change::No => found,
                _ => return None,
            },
        };
        self.templates[found.template].used = true;
        let kind = ClosureKind::Fns([found.template].into());
        Some(self.function_value(kind, name.span))
    }

    /// The names that mean types in the parameters of a function, for a call with these arguments.
    pub(crate) fn template_env(&mut self, template: usize, first: &[Expr]) -> Vec<(Rc<str>, Ty)> {
        let Some(method) = self.templates[template].method else {
            return Vec::new();
        };
        let this = first.first().filter(|_| method.receiver);
        let this = this.map(|value| value.ty);
        self.impl_env(method.imp, this)
    }

    /// A method with its receiver as the first argument.
    fn call_on_first(&mut self, found: Found, ty: Option<Ty>, args: &[Arg], span: Span) -> Expr {
        let Some((first, rest)) = args.split_first() else {
            let name = &self.templates[found.template].decl.name.name;
            let message = format!("`{name}` is a method: its first argument is the value");
            self.error("E0202", span, message);
            return self.wrong(span);
        };
        let mut receiver = self.expr(&first.value, ty);
        if let Some(ty) = ty {
            receiver = self.coerce(receiver, ty, "the value");
        }
        self.call_found(found, Some(&first.value), receiver, rest, span, false)
    }

    fn call_of_trait(&mut self, of: TraitId, name: &Ident, args: &[Arg], span: Span) -> Expr {
        let decl = Rc::clone(&self.traits.list[of as usize].decl);
        if !decl.methods.iter().any(|m| m.decl.name.name == name.name) {
            let message = format!("trait `{}` has no method `{}`", decl.name.name, name.name);
            let names = decl.methods.iter().map(|m| &*m.decl.name.name);
            let mut diagnostic = Diagnostic::error("E0703", name.span, message);
            if let Some(near) = crate::suggest::nearest(&name.name, names) {
                diagnostic = diagnostic.help(format!("there is `{near}`"));
            }
            self.report(diagnostic);
            self.args_unused(args);
            return self.wrong(span);
        }
        let Some((first, rest)) = args.split_first() else {
            let message = format!("`{}` needs a value as its first argument", name.name);
            self.error("E0202", span, message);
            return self.wrong(span);
        };
        let receiver = self.expr(&first.value, None);
        let receiver = self.settled(receiver);
        if matches!(self.kind(receiver.ty), TyKind::Wrong | TyKind::Never) {
            self.args_unused(rest);
            return self.wrong(span);
        }
        match self.method_of_trait(receiver.ty, of, &name.name) {
            Some(found) => self.call_found(found, Some(&first.value), receiver, rest, span, false),
            None => {
                let ty = self.show(receiver.ty);
                let message = format!("`{ty}` does not have trait `{}`", decl.name.name);
                self.error("E0706", first.value.span, message);
                self.args_unused(rest);
                self.wrong(span)
            }
        }
    }

    fn quiet_trait(&mut self, name: &Ident) -> Option<TraitId> {
        let own = self.modules[self.body.module].names.get(&name.name);
        match own.map(|entry| entry.item.clone()) {
            Some(Item::Trait(id)) => Some(id),
            Some(_) => None,
            None => self.built_in_trait(&name.name),
        }
    }

    /// The type that a path names, if it names one.
    fn quiet_type(&mut self, path: &[Ident]) -> Option<Ty> {
        if let [name] = path {
            let own = self.body.generics.iter().rev();
            if let Some((_, ty)) = own.clone().find(|(known, _)| *known == name.name) {
                return Some(*ty);
            }
            if !self.modules[self.body.module]
                .names
                .contains_key(&name.name)
            {
                return self.nature(&name.name);
            }
        }
        let item = self.quiet_item(path)?;
        matches!(item, Item::Def(_) | Item::Alias(_)).then(|| self.bare_type(&item, path))
    }

    /// The path of a call, where it is written with dots or colons.
    pub(crate) fn call_of_named(
        &mut self,
        base: &ast::Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
    ) -> Option<Expr> {
        let Ast::Path(path) = &base.kind else {
            return None;
        };
        let variable = path.segments.first().is_some_and(|first| {
            path.segments.len() == 1
                && (self.body.find(&first.name).is_some()
                    || self.modules[self.body.module]
                        .vars
                        .contains_key(&first.name))
        });
        match variable {
            true => None,
            false => self.call_of_type(&path.segments, name, args, span),
        }
    }
}
