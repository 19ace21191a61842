//! Fields of a value that is one of several objects or records.

use crate::checker::Checker;
use crate::program::{Arm, Expr, ExprKind, Pat, PatKind};
use crate::types::{Field, Ty, TyKind};
use shape_syntax::Span;
use shape_syntax::ast::Ident;

impl Checker<'_> {
    /// `base.name` where members of a union have the field. Where only some have it, it is a look-up
    /// that may find nothing. `None` where none has it, or where a member is no record.
    pub(crate) fn field_of_union(&mut self, base: &Expr, name: &Ident, span: Span) -> Option<Expr> {
        let TyKind::Union(members) = self.kind(base.ty) else {
            return None;
        };
        let mut found: Vec<(Ty, Option<(u32, Field)>)> = Vec::with_capacity(members.len());
        for member in members.iter() {
            let fields = self.record_fields(*member)?;
            let field = (0u32..)
                .zip(fields)
                .find(|(_, field)| field.name == name.name);
            found.push((*member, field));
        }
        let all = found.iter().all(|(_, field)| field.is_some());
        let joined = found
            .iter()
            .filter_map(|(_, field)| field.as_ref())
            .fold(Ty::NEVER, |ty, (_, field)| self.join(ty, field.ty));
        if joined == Ty::NEVER {
            return None;
        }
        let ty = if all { joined } else { self.maybe(joined) };
        let arms = found.into_iter().map(|(member, field)| {
            let part = self.body.temp(member);
            let bound = Pat {
                kind: PatKind::Bind(part),
                ty: member,
            };
            let body = match field {
                Some((number, field)) => Expr {
                    kind: ExprKind::Field(Box::new(self.local_expr(part, span)), number),
                    ty: field.ty,
                    span,
                },
                None => Expr {
                    kind: ExprKind::None,
                    ty,
                    span,
                },
            };
            Arm {
                pat: Pat {
                    kind: PatKind::Is(member, Box::new(bound)),
                    ty: base.ty,
                },
                guard: None,
                body: self.coerce(body, ty, "the field"),
            }
        });
        let arms = arms.collect();
        let whole = self.body.temp(base.ty);
        Some(Expr {
            kind: ExprKind::Match(whole, Box::new(base.clone()), arms),
            ty,
            span,
        })
    }
}
