//! Calls of the methods that a script gives to types.

use crate::args::Callee;
use crate::checker::Checker;
use crate::has_trait::{Found, Search};
use crate::program::{Expr, ExprKind};
use crate::receiver::Change;
use crate::refs::retyped;
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, Arg, Ident};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

impl Checker<'_> {
    /// `base.name(args)` where the script has given the type of `base` such a method. `None` where it
    /// has not; then `receiver` is as it was.
    pub(crate) fn own_method_call(
        &mut self,
        base: Option<&ast::Expr>,
        receiver: &Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Option<Expr> {
        if self.traits.list.is_empty() && self.traits.impls.is_empty() {
            return None;
        }
        if self.modules[self.body.module].host.is_some() {
            return None;
        }
        let own = self.traits.by_name.contains_key(&name.name);
        if own && let Some(call) = self.call_own(base, receiver, name, args, span, unused) {
            return Some(call);
        }
        if let Some(call) = self.call_dyn(base, receiver, name, args, span, unused) {
            return Some(call);
        }
        if let Some(base) = base
            && let Some(call) = self.own_order(base, receiver, name, args, span, unused)
        {
            return Some(call);
        }
        self.own_text(receiver, name, args, span)
    }

    /// `to_string` and `display` where a type says how it is shown, and `display` of any other.
    fn own_text(
        &mut self,
        receiver: &Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
    ) -> Option<Expr> {
        let to_string = matches!(&*name.name, "to_string" | "toString");
        if !args.is_empty() || !to_string && &*name.name != "display" {
            return None;
        }
        let ty = receiver.ty;
        if matches!(
            self.kind(ty),
            TyKind::Wrong | TyKind::Never | TyKind::Var(_)
        ) {
            return None;
        }
        if !to_string {
            let of = self.built_in_trait("Display")?;
            if !self.has_trait(ty, of, &[]) {
                return None;
            }
        }
        let receiver = self.settled(receiver.clone());
        let shown = self.shown(receiver);
        Some(Expr {
            kind: ExprKind::Interp(vec![shown]),
            ty: Ty::STRING,
            span,
        })
    }

    fn call_own(
        &mut self,
        base: Option<&ast::Expr>,
        receiver: &Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Option<Expr> {
        let (found, receiver) = self.own_method(receiver, name)?;
        Some(match found {
            Ok(found) => self.call_found(found, base, receiver, args, span, unused),
            Err(several) => {
                self.several_traits(&receiver, name, &several);
                self.args_unused(args);
                self.wrong(span)
            }
        })
    }

    /// The method, and the receiver as the type that has it.
    fn own_method(
        &mut self,
        receiver: &Expr,
        name: &Ident,
    ) -> Option<(Result<Found, Vec<Found>>, Expr)> {
        let receiver = self.as_present(receiver.clone());
        let ty = receiver.ty;
        match self.search(ty, &name.name, true) {
            Search::Found(found) => return Some((Ok(found), receiver)),
            Search::Several(all) => return Some((Err(all), receiver)),
            Search::None => {}
        }
        let receiver = match self.kind(ty) {
            TyKind::Maybe(inner) => self.unwrap(receiver, inner),
            TyKind::Int => self.coerce(receiver, Ty::NUMBER, ""),
            TyKind::Char => self.coerce(receiver, Ty::STRING, ""),
            TyKind::Tuple(_) => match self.as_array(receiver) {
                Some((array, _)) => array,
                None => return None,
            },
            TyKind::Var(_) | TyKind::Option(_) => return None,
            _ => {
                let option = self.option(ty);
                if self.search_finds(option, &name.name) {
                    self.coerce(receiver, option, "")
                } else {
                    return None;
                }
            }
        };
        match self.search(receiver.ty, &name.name, true) {
            Search::Found(found) => Some((Ok(found), receiver)),
            Search::Several(all) => Some((Err(all), receiver)),
            Search::None => None,
        }
    }

    fn search_finds(&mut self, ty: Ty, name: &str) -> bool {
        matches!(self.search(ty, name, true), Search::Found(_))
    }

    fn several_traits(&mut self, receiver: &Expr, name: &Ident, several: &[Found]) {
        let ty = self.show(receiver.ty);
        let mut traits: Vec<Rc<str>> = several
            .iter()
            .filter_map(|found| self.traits.impls[found.imp].of.as_ref())
            .map(|(of, _)| Rc::clone(&self.traits.list[*of as usize].decl.name.name))
            .collect();
        traits.dedup();
        let message = format!(
            "`{ty}` has a method `{}` from each of the traits {}",
            name.name,
            traits.join(", ")
        );
        self.report(Diagnostic::error("E0707", name.span, message).help(format!(
            "say which one: `{}::{}(…)` with the value as the first argument",
            traits[0], name.name
        )));
    }

    /// Calls a method on a value. A method that changes `self` changes what `base` names.
    pub(crate) fn call_found(
        &mut self,
        found: Found,
        base: Option<&ast::Expr>,
        receiver: Expr,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Expr {
        let change = self.change_of(found);
        let this = receiver.ty;
        if change == Change::No {
            return self.call_with_self(found, receiver, args, span, None);
        }
        let place = base.and_then(|base| self.mutable_place(base));
        let Some(place) = place else {
            return self.call_on_copy(found, base, receiver, args, span, unused);
        };
        let mut before = Vec::new();
        let place = self.steady(&place, &mut before);
        let current = self.read_place(&place);
        let current = self.settled(current);
        let want = unused.then_some(Ty::UNIT);
        let call = self.call_with_self(found, current, args, span, want);
        if call.ty == Ty::WRONG || call.ty == Ty::NEVER {
            return call;
        }
        let (result, changed, init) = self.taken_apart(call, this, span);
        before.extend(init);
        let changed = self.coerce(changed, place.ty, "the changed value");
        before.push(self.store(&place, changed, span));
        match result {
            Some(result) => self.sequence(before, result),
            None => Expr {
                kind: ExprKind::Block(before, None),
                ty: Ty::UNIT,
                span,
            },
        }
    }

    /// A method that changes `self`, called on something that cannot change.
    fn call_on_copy(
        &mut self,
        found: Found,
        base: Option<&ast::Expr>,
        receiver: Expr,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Expr {
        let this = receiver.ty;
        let call = self.call_with_self(found, receiver, args, span, None);
        if call.ty == Ty::WRONG || call.ty == Ty::NEVER {
            return call;
        }
        let gives_nothing = self.shallow(call.ty) == Ty::UNIT;
        if self.change_of(found) == Change::Does
            && (unused || !gives_nothing)
            && let Some(root) = base.and_then(crate::free::root_of)
        {
            let name = &self.templates[found.template].decl.name.name;
            let message = format!(
                "cannot call `{name}` on `{}`: it changes its receiver, which is immutable",
                root.name
            );
            let help = self.mutable_help(&root.name);
            self.report(Diagnostic::error("E0110", span, message).help(help));
            return self.wrong(span);
        }
        let (result, changed, init) = self.taken_apart(call, this, span);
        match result {
            Some(result) => self.sequence(init.into_iter().collect(), result),
            None => changed,
        }
    }

    /// The result of a call of a method that changes `self`, if it has one, then `self`.
    fn taken_apart(
        &mut self,
        call: Expr,
        this: Ty,
        span: Span,
    ) -> (Option<Expr>, Expr, Option<Expr>) {
        let result = call.ty;
        if self.shallow(result) == Ty::UNIT {
            return (None, retyped(call, this), None);
        }
        let both = self.tuple(&[result, this]);
        let (temp, init) = self.keep(retyped(call, both));
        let part = |cx: &Self, number, ty| Expr {
            kind: ExprKind::Field(Box::new(cx.local_expr(temp, span)), number),
            ty,
            span,
        };
        (Some(part(self, 0, result)), part(self, 1, this), Some(init))
    }

    pub(crate) fn change_of(&self, found: Found) -> Change {
        let method = self.templates[found.template].method;
        method.map_or(Change::No, |method| method.change)
    }

    /// The call alone; of a method that changes `self`, it has the type of the result only.
    fn call_with_self(
        &mut self,
        found: Found,
        receiver: Expr,
        args: &[Arg],
        span: Span,
        want: Option<Ty>,
    ) -> Expr {
        let env = self.impl_env(found.imp, Some(receiver.ty));
        self.call_in_env(found, env, vec![receiver], args, span, want)
    }

    pub(crate) fn call_in_env(
        &mut self,
        found: Found,
        env: Vec<(Rc<str>, Ty)>,
        first: Vec<Expr>,
        args: &[Arg],
        span: Span,
        want: Option<Ty>,
    ) -> Expr {
        let template = &self.templates[found.template];
        let (decl, module) = (Rc::clone(&template.decl), template.module);
        let types = self.trait_types(found.imp, &decl.name.name, &env);
        let callee = Callee {
            decl,
            module,
            generics: env,
            hints: types.map(|(params, _)| params).unwrap_or_default(),
        };
        self.templates[found.template].used = true;
        match self.shape_args(&callee, first, args, span) {
            Some((args, lends)) => {
                let call = self.call_template(found.template, args, span, want);
                lends.around(call)
            }
            None => self.wrong(span),
        }
    }

    /// Calls a method with operands that are typed already.
    pub(crate) fn call_typed(&mut self, found: Found, mut operands: Vec<Expr>, span: Span) -> Expr {
        let env = match operands.first() {
            Some(first) => self.impl_env(found.imp, Some(first.ty)),
            None => Vec::new(),
        };
        let name = Rc::clone(&self.templates[found.template].decl.name.name);
        if let Some((params, _)) = self.trait_types(found.imp, &name, &env) {
            for (operand, ty) in operands.iter_mut().zip(params) {
                if let Some(ty) = ty
                    && self.how(operand.ty, ty).is_some()
                {
                    *operand = self.coerce(operand.clone(), ty, "the operand");
                }
            }
        }
        let this = operands.first().map_or(Ty::WRONG, |first| first.ty);
        let call = self.call_in_env(found, env, operands, &[], span, None);
        if self.change_of(found) == Change::No || call.ty == Ty::WRONG || call.ty == Ty::NEVER {
            return call;
        }
        let (result, changed, init) = self.taken_apart(call, this, span);
        match result {
            Some(result) => self.sequence(init.into_iter().collect(), result),
            None => changed,
        }
    }

    /// A call of a method that changes `self`: its result if it has one, then `self`.
    pub(crate) fn call_changing(
        &mut self,
        found: Found,
        operands: Vec<Expr>,
        span: Span,
    ) -> (Option<Expr>, Expr, Option<Expr>) {
        let this = operands.first().map_or(Ty::WRONG, |first| first.ty);
        let env = self.impl_env(found.imp, Some(this));
        let call = self.call_in_env(found, env, operands, &[], span, None);
        self.taken_apart(call, this, span)
    }
}
