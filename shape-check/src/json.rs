//! JSON of no declared type: where another type is wanted, the value is read as it at run time.

use crate::checker::Checker;
use crate::modules::Item;
use crate::program::Expr;
use crate::types::{Ty, TyKind};
use shape_syntax::Span;
use shape_syntax::ast::BinOp;

impl Checker<'_> {
    /// JSON as a value of type `to`; `None` for types that JSON cannot hold.
    pub(crate) fn json_as(&mut self, value: &Expr, to: Ty) -> Option<Expr> {
        if self.shallow(value.ty) != Ty::JSON || !self.is_readable(to, 0) {
            return None;
        }
        match self.core_member("json", "to") {
            Some(Item::HostFn(host)) => {
                Some(self.call_host_as(host, value.clone(), to, value.span))
            }
            _ => None,
        }
    }

    /// Whether JSON can be read as a `ty`.
    fn is_readable(&self, ty: Ty, depth: u32) -> bool {
        let part = |ty: Ty| depth < 8 && self.is_readable(ty, depth + 1);
        match self.kind(ty) {
            TyKind::Int | TyKind::Number | TyKind::String | TyKind::Bool => true,
            TyKind::Struct(..) | TyKind::Object(_) | TyKind::Json => true,
            TyKind::Array(inner) | TyKind::Option(inner) => part(inner),
            TyKind::Map(key, inner) => self.shallow(key) == Ty::STRING && part(inner),
            TyKind::Tuple(items) => items.iter().all(|item| part(*item)),
            _ => false,
        }
    }

    /// JSON as the type that has a method of this name, where only one can be meant.
    pub(crate) fn json_receiver(&mut self, receiver: &Expr, name: &str) -> Option<Expr> {
        let mut has = |module| self.has_core_method(module, name);
        let to = match (has("array"), has("string"), has("number")) {
            (true, false, _) => self.array(Ty::JSON),
            (false, true, _) => Ty::STRING,
            (false, false, true) => Ty::NUMBER,
            _ => return None,
        };
        self.json_as(receiver, to)
    }

    /// An operator where a side is JSON: what the values are is found out at run time.
    pub(crate) fn json_operator(
        &mut self,
        op: BinOp,
        a: Expr,
        b: Expr,
        span: Span,
    ) -> Option<Expr> {
        let fits = |this: &Self, ty: Ty| {
            matches!(
                this.kind(ty),
                TyKind::Json | TyKind::Int | TyKind::Number | TyKind::String
            )
        };
        if !fits(self, a.ty) || !fits(self, b.ty) {
            return None;
        }
        let name = match op {
            BinOp::Add => "plus",
            BinOp::Sub => "minus",
            BinOp::Mul => "times",
            BinOp::Div => "divided_by",
            BinOp::Rem => "remainder",
            BinOp::Lt => "is_less",
            BinOp::Gt => return self.json_operator(BinOp::Lt, b, a, span),
            BinOp::Le | BinOp::Ge => {
                let opposite = if op == BinOp::Le {
                    BinOp::Gt
                } else {
                    BinOp::Lt
                };
                let test = self.json_operator(opposite, a, b, span)?;
                return Some(crate::ops::op_expr(
                    crate::program::Op::Not,
                    vec![test],
                    Ty::BOOL,
                    span,
                ));
            }
            _ => return None,
        };
        let a = self.coerce(a, Ty::JSON, "");
        let b = self.coerce(b, Ty::JSON, "");
        Some(self.call_core("json", name, vec![a, b], span))
    }
}
