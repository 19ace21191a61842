//! The functions that end values: one for each type, see [`crate::drops`].

use crate::checker::Checker;
use crate::drops::Guard;
use crate::instance::Target;
use crate::ops::{op_expr, unboxed};
use crate::program::{Arm, Expr, ExprKind, Func, LocalId, Op, Pat, PatKind, Root};
use crate::receiver::Change;
use crate::types::{DefId, Ty, TyKind};
use shape_syntax::Span;

impl Checker<'_> {
    /// The function that ends a value of `ty`: its own `drop`, then its parts in order.
    pub(crate) fn end_func(&mut self, ty: Ty, span: Span) -> (Func, Ty, bool) {
        let outer = std::mem::replace(&mut self.body, crate::body::Body::new(0));
        let whole = self.body.temp(ty);
        let mut statements = self.own_end(whole, ty, span);
        statements.extend(self.end_parts(whole, ty, span));
        let body = std::mem::replace(&mut self.body, outer);
        let func = Func {
            name: "drop".into(),
            span,
            internal: true,
            locals: body.locals,
            params: 1,
            captures: 0,
            ret: Ty::UNIT,
            body: Expr {
                kind: ExprKind::Block(statements, None),
                ty: Ty::UNIT,
                span,
            },
        };
        (func, Ty::UNIT, true)
    }

    fn own_end(&mut self, whole: LocalId, ty: Ty, span: Span) -> Vec<Expr> {
        let Some(of) = self.traits.dropped else {
            return Vec::new();
        };
        let Some(found) = self.method_of_trait(ty, of, "drop") else {
            return Vec::new();
        };
        let this = self.local_expr(whole, span);
        if self.change_of(found) == Change::No {
            let call = self.call_typed(found, vec![this.clone()], span);
            // Looked at once more, so that it is held while `drop` hands it to others.
            let count = op_expr(Op::Holders, vec![this], Ty::INT, span);
            let none = self.int(0, span);
            let held = op_expr(Op::LeI, vec![count, none], Ty::BOOL, span);
            return vec![call, when(held, Vec::new(), span)];
        }
        let (_, changed, init) = self.call_changing(found, vec![this], span);
        let mut statements: Vec<Expr> = init.into_iter().collect();
        statements.push(Expr {
            kind: ExprKind::SetLocal(whole, Box::new(changed)),
            ty: Ty::UNIT,
            span,
        });
        statements
    }

    fn end_parts(&mut self, whole: LocalId, ty: Ty, span: Span) -> Vec<Expr> {
        let value = self.local_expr(whole, span);
        match self.kind(ty) {
            TyKind::Array(element) if self.ends_seen(element) => {
                let item = self.body.temp(element);
                let end = self.end_if_held(item, 2, span);
                let body = Expr {
                    kind: ExprKind::Block(end, None),
                    ty: Ty::UNIT,
                    span,
                };
                let id = self.body.new_loop();
                vec![Expr {
                    kind: ExprKind::ForArray(id, item, Box::new(value), Box::new(body)),
                    ty: Ty::UNIT,
                    span,
                }]
            }
            TyKind::Map(key, item) if self.ends_seen(item) => {
                let pair = self.tuple(&[key, item]);
                let pairs = self.call_core("map", "entries", vec![value], span);
                let entry = self.body.temp(pair);
                let part = Expr {
                    kind: ExprKind::Field(Box::new(self.local_expr(entry, span)), 1),
                    ty: item,
                    span,
                };
                let end = self.end_part(part, 3, span);
                let body = Expr {
                    kind: ExprKind::Block(end, None),
                    ty: Ty::UNIT,
                    span,
                };
                let id = self.body.new_loop();
                vec![Expr {
                    kind: ExprKind::ForArray(id, entry, Box::new(pairs), Box::new(body)),
                    ty: Ty::UNIT,
                    span,
                }]
            }
            TyKind::Option(inner) | TyKind::Maybe(inner) if self.ends_seen(inner) => {
                let absent = op_expr(Op::IsNone, vec![value.clone()], Ty::BOOL, span);
                let present = op_expr(Op::Not, vec![absent], Ty::BOOL, span);
                // The option is the value itself.
                let end = self.end_part(unboxed(value, inner), 2, span);
                vec![when(present, end, span)]
            }
            TyKind::Result(ok, err) => {
                let failed = op_expr(Op::IsErr, vec![value.clone()], Ty::BOOL, span);
                let passed = op_expr(Op::Not, vec![failed.clone()], Ty::BOOL, span);
                let mut statements = Vec::new();
                if self.ends_seen(ok) {
                    let part = op_expr(Op::OkValue, vec![value.clone()], ok, span);
                    let end = self.end_part(part, 2, span);
                    statements.push(when(passed, end, span));
                }
                if self.ends_seen(err) {
                    let part = op_expr(Op::ErrValue, vec![value], err, span);
                    let end = self.end_part(part, 2, span);
                    statements.push(when(failed, end, span));
                }
                statements
            }
            TyKind::Tuple(items) => self.end_fields(&value, &items, span),
            TyKind::Enum(def, args) => self.end_variants(value, def, &args, span),
            _ => match self.record_fields(ty) {
                Some(fields) => {
                    let types: Vec<Ty> = fields.iter().map(|f| f.ty).collect();
                    self.end_fields(&value, &types, span)
                }
                None => Vec::new(),
            },
        }
    }

    fn end_part(&mut self, part: Expr, holders: i64, span: Span) -> Vec<Expr> {
        let (taken, init) = self.keep(part);
        let mut statements = vec![init];
        statements.extend(self.end_if_held(taken, holders, span));
        statements
    }

    fn end_fields(&mut self, value: &Expr, types: &[Ty], span: Span) -> Vec<Expr> {
        let mut statements = Vec::new();
        for (number, ty) in (0u32..).zip(types) {
            if self.ends_seen(*ty) {
                let part = Expr {
                    kind: ExprKind::Field(Box::new(value.clone()), number),
                    ty: *ty,
                    span,
                };
                statements.extend(self.end_part(part, 2, span));
            }
        }
        statements
    }

    fn end_variants(&mut self, value: Expr, def: DefId, args: &[Ty], span: Span) -> Vec<Expr> {
        let ty = value.ty;
        let mut arms = Vec::new();
        for variant in 0..self.variant_count(def) {
            let fields = self.fields_of(def, variant);
            let mut payload = Vec::new();
            let mut statements = Vec::new();
            for field in fields.iter() {
                let ty = self.substitute(field.ty, args);
                let local = self.body.temp(ty);
                payload.push(Pat {
                    kind: PatKind::Bind(local),
                    ty,
                });
                if self.ends_seen(ty) {
                    statements.extend(self.end_if_held(local, 2, span));
                }
            }
            arms.push(Arm {
                pat: Pat {
                    kind: PatKind::Variant(variant, payload),
                    ty,
                },
                guard: None,
                body: Expr {
                    kind: ExprKind::Block(statements, None),
                    ty: Ty::UNIT,
                    span,
                },
            });
        }
        let whole = self.body.temp(ty);
        let matched = Expr {
            kind: ExprKind::Match(whole, Box::new(value), arms),
            ty: Ty::UNIT,
            span,
        };
        vec![matched]
    }

    /// Ends a value of which a `dyn` holds the only reference.
    pub(crate) fn end_captured(&mut self, this: LocalId, ty: Ty, span: Span) -> Expr {
        let statements = match self.ends_seen(ty) {
            true => self.end_if_held(this, 2, span),
            false => Vec::new(),
        };
        Expr {
            kind: ExprKind::Block(statements, None),
            ty: Ty::UNIT,
            span,
        }
    }

    /// Notes the parameters of the function that is being checked, but what it has captured, which its
    /// closure holds, and the `self` of a method that
    /// gives it back or ends it.
    pub(crate) fn guard_params(
        &mut self,
        target: Target,
        captures: u32,
        params: u32,
    ) -> Vec<(usize, Guard)> {
        if self.traits.dropped.is_none() {
            return Vec::new();
        }
        let method = match target {
            Target::Template(template) => self.templates[template].method,
            _ => None,
        };
        let own = method.filter(|method| method.receiver);
        let first = u32::from(own.is_some_and(|method| {
            let of = self.traits.impls[method.imp].of.as_ref();
            let ends = of.is_some_and(|(of, _)| Some(*of) == self.traits.dropped);
            method.change != Change::No || ends
        }));
        for number in captures + first..params {
            let id = LocalId(number);
            let variable = &self.body.locals[number as usize];
            // What a reference leads to is the caller's.
            if !variable.name.is_empty() && !variable.by_ref {
                let ty = self.body.local_ty(id);
                self.guard(Root::Local(id), ty);
            }
        }
        // All of them are there from the start.
        let all = params as usize;
        for guard in &mut self.body.guards {
            guard.first = guard.first.max(all);
        }
        self.body.guards.iter().map(|guard| (0, *guard)).collect()
    }
}

fn when(test: Expr, then: Vec<Expr>, span: Span) -> Expr {
    let then = Expr {
        kind: ExprKind::Block(then, None),
        ty: Ty::UNIT,
        span,
    };
    Expr {
        kind: ExprKind::If(Box::new(test), Box::new(then), None),
        ty: Ty::UNIT,
        span,
    }
}
