//! Operators on types that have a trait for them.

use crate::checker::Checker;
use crate::has_trait::Found;
use crate::ops::op_expr;
use crate::program::{Expr, Op};
use crate::types::{Ty, TyKind};
use shape_syntax::Span;
use shape_syntax::ast::{self, Arg, BinOp, Ident};

/// The trait of an operator and its method.
fn trait_of(op: BinOp) -> Option<(&'static str, &'static str)> {
    Some(match op {
        BinOp::Add => ("Add", "add"),
        BinOp::Sub => ("Sub", "sub"),
        BinOp::Mul => ("Mul", "mul"),
        BinOp::Div => ("Div", "div"),
        BinOp::Rem => ("Mod", "mod"),
        BinOp::Eq | BinOp::Ne => ("Eq", "eq"),
        BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => ("Ord", "cmp"),
        _ => return None,
    })
}

impl Checker<'_> {
    /// `a op b` where a type of the script's own has the operator's trait.
    pub(crate) fn own_operator(
        &mut self,
        op: BinOp,
        a: &Expr,
        b: &Expr,
        span: Span,
    ) -> Option<Expr> {
        if self.traits.impls.is_empty() {
            return None;
        }
        let (name, method) = trait_of(op)?;
        let (x, y) = (self.found_ty(a.ty), self.found_ty(b.ty));
        let text = op == BinOp::Add && self.kind(x) == TyKind::String;
        if text || !self.is_own(x) && !self.is_own(y) {
            return None;
        }
        let found = self.operator_of(x, name, method, Some(y))?;
        let (a, b) = (self.settled(a.clone()), self.settled(b.clone()));
        let call = self.call_typed(found, vec![a, b], span);
        if call.ty == Ty::WRONG {
            return Some(call);
        }
        let order = match op {
            BinOp::Eq => return Some(call),
            BinOp::Ne => return Some(op_expr(Op::Not, vec![call], Ty::BOOL, span)),
            BinOp::Lt => Op::LtI,
            BinOp::Le => Op::LeI,
            BinOp::Gt => Op::GtI,
            BinOp::Ge => Op::GeI,
            _ => return Some(call),
        };
        let zero = self.int(0, span);
        Some(op_expr(order, vec![call, zero], Ty::BOOL, span))
    }

    /// `-a`, `!a`.
    pub(crate) fn own_prefix(&mut self, name: &str, operand: &Expr, span: Span) -> Option<Expr> {
        let method = if name == "Neg" { "neg" } else { "not" };
        let ty = self.found_ty(operand.ty);
        if self.traits.impls.is_empty() || !self.is_own(ty) {
            return None;
        }
        let found = self.operator_of(ty, name, method, None)?;
        let operand = self.settled(operand.clone());
        Some(self.call_typed(found, vec![operand], span))
    }

    /// `a[i]`.
    pub(crate) fn own_index(&mut self, base: &Expr, index: &Expr, span: Span) -> Option<Expr> {
        let ty = self.found_ty(base.ty);
        if self.traits.impls.is_empty() || !self.is_own(ty) {
            return None;
        }
        let found = self.operator_of(ty, "Index", "index", Some(index.ty))?;
        let base = self.settled(base.clone());
        Some(self.call_typed(found, vec![base, index.clone()], span))
    }

    fn found_ty(&self, ty: Ty) -> Ty {
        match self.kind(ty) {
            TyKind::Maybe(inner) => self.shallow(inner),
            _ => self.shallow(ty),
        }
    }

    /// Whether the language itself has no operators for `ty`.
    fn is_own(&self, ty: Ty) -> bool {
        matches!(
            self.kind(ty),
            TyKind::Struct(..) | TyKind::Enum(..) | TyKind::Dyn(..) | TyKind::Object(_)
        )
    }

    /// The operator's method for this right side; the first one where none is for it.
    fn operator_of(
        &mut self,
        ty: Ty,
        name: &str,
        method: &str,
        right: Option<Ty>,
    ) -> Option<Found> {
        let of = self.built_in_trait(name)?;
        let first = match self.method_of_trait(ty, of, method) {
            Some(first) => first,
            None if self.shallow(ty) == Ty::INT => {
                return self.operator_of(Ty::NUMBER, name, method, right);
            }
            None => return None,
        };
        let Some(right) = right else {
            return Some(first);
        };
        let impls = self.traits.by_trait.get(&of).cloned().unwrap_or_default();
        for exact in [true, false] {
            for imp in impls.iter().copied() {
                let Some(&template) = self.traits.impls[imp].methods.get(method) else {
                    continue;
                };
                if !self.is_target(imp, ty) {
                    continue;
                }
                let env = self.impl_env(imp, Some(ty));
                let types = self.trait_types(imp, method, &env);
                let wanted = types.and_then(|(params, _)| params.get(1).copied().flatten());
                let fits = match wanted.map(|ty| self.resolve(ty)) {
                    None => true,
                    Some(wanted) if exact => wanted == self.resolve(right),
                    Some(wanted) => self.is_open(wanted) || self.how(right, wanted).is_some(),
                };
                if fits {
                    return Some(Found { imp, template });
                }
            }
        }
        Some(first)
    }

    /// `xs.sort()`, `xs.min()` and `xs.max()` where the elements have their own order.
    pub(crate) fn own_order(
        &mut self,
        base: &ast::Expr,
        receiver: &Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Option<Expr> {
        let (method, closure) = match &*name.name {
            "sort" => ("sort", "|a, b| Ord::cmp(a, b)"),
            "min" => ("reduce", "|a, b| if Ord::cmp(b, a) < 0 { b } else { a }"),
            "max" => ("reduce", "|a, b| if Ord::cmp(b, a) > 0 { b } else { a }"),
            _ => return None,
        };
        let TyKind::Array(element) = self.kind(self.found_ty(receiver.ty)) else {
            return None;
        };
        if !args.is_empty() || self.traits.impls.is_empty() || !self.is_own(element) {
            return None;
        }
        let of = self.built_in_trait("Ord")?;
        self.method_of_trait(element, of, "cmp")?;
        let (tree, _) = shape_syntax::parse(name.span.file, closure);
        let Some(ast::StmtKind::Expr(compare)) = tree.body.into_iter().next().map(|s| s.kind)
        else {
            return None;
        };
        let method = Ident {
            name: method.into(),
            span: name.span,
        };
        let args = [Arg {
            name: None,
            value: *compare,
        }];
        Some(self.method_call(base, &method, &args, span, None, unused))
    }
}
