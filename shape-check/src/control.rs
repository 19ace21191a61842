//! Blocks, conditions and branches.

use crate::checker::Checker;
use crate::ops::op_expr;
use crate::program::{Arm, Expr, ExprKind, Op};
use crate::shown::{merge, narrowings, place_shown};
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;
use shape_syntax::ast::{self, Block, Element, StmtKind};
use shape_syntax::{Diagnostic, Span};

impl Checker<'_> {
    // --- Blocks -----------------------------------------------------------------------------

    pub(crate) fn block(&mut self, block: &Block, expected: Option<Ty>, unused: bool) -> Expr {
        self.scoped(|this| {
            this.hoist(&block.stmts);
            this.declare_types(&block.stmts);
            this.stmts(&block.stmts, block.span, expected, unused)
        })
    }

    /// Statements whose last one may be the value. A `;` after it makes no difference.
    pub(crate) fn stmts(
        &mut self,
        stmts: &[ast::Stmt],
        span: Span,
        expected: Option<Ty>,
        unused: bool,
    ) -> Expr {
        let mut before = Vec::new();
        let mut diverges = false;
        let (tail, rest) = match stmts.split_last() {
            Some((last, rest)) => match &last.kind {
                StmtKind::Expr(expr) => (Some(expr), rest),
                _ => (None, stmts),
            },
            None => (None, stmts),
        };
        let outer = self.body.guards.len();
        let mut starts = Vec::new();
        for stmt in rest {
            let known = self.body.guards.len();
            if let Some(expr) = self.stmt(stmt) {
                diverges |= expr.ty == Ty::NEVER;
                before.push(expr);
            }
            let at = before.len();
            starts.extend(self.body.guards[known..].iter().map(|guard| (at, *guard)));
        }
        let value = match tail {
            Some(expr) if unused => {
                let value = self.expr_unused(expr);
                diverges |= value.ty == Ty::NEVER;
                let value = self.unused_ends(value);
                before.push(value);
                None
            }
            Some(expr) => Some(self.expr(expr, expected)),
            None => None,
        };
        self.body.guards.truncate(outer);
        let ty = match &value {
            _ if diverges => Ty::NEVER,
            Some(value) => value.ty,
            None => Ty::UNIT,
        };
        let (before, value) = self.guarded(before, value, &starts, span);
        Expr {
            kind: ExprKind::Block(before, value.map(Box::new)),
            ty,
            span,
        }
    }

    pub(crate) fn scoped<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        self.body.scopes.push(FxHashMap::default());
        let result = f(self);
        self.body.scopes.pop();
        result
    }

    // --- Conditions -------------------------------------------------------------------------

    /// A condition as a `bool`; numbers are false where they are zero.
    pub(crate) fn condition(&mut self, expr: &ast::Expr) -> Expr {
        let value = self.expr(expr, Some(Ty::BOOL));
        self.as_condition(value)
    }

    /// A typed value as a condition.
    pub(crate) fn as_condition(&mut self, value: Expr) -> Expr {
        let value = self.settled(value);
        let span = value.span;
        match self.kind(value.ty) {
            TyKind::Bool | TyKind::Wrong | TyKind::Never => value,
            TyKind::Int => {
                let zero = self.int(0, span);
                op_expr(Op::NeI, vec![value, zero], Ty::BOOL, span)
            }
            TyKind::Number => {
                let zero = Expr {
                    kind: ExprKind::Number(0.0),
                    ty: Ty::NUMBER,
                    span,
                };
                op_expr(Op::NeN, vec![value, zero], Ty::BOOL, span)
            }
            TyKind::Json => self.coerce(value, Ty::BOOL, ""),
            _ => {
                let ty = self.show(value.ty);
                let mut diagnostic = Diagnostic::error(
                    "E0210",
                    span,
                    format!("a condition is a `bool`, found `{ty}`"),
                );
                diagnostic.help = match self.kind(value.ty) {
                    TyKind::Option(_) => Some("compare it: `… != None`".to_owned()),
                    TyKind::String => Some("compare it: `… != \"\"`".to_owned()),
                    TyKind::Array(_) | TyKind::Map(..) | TyKind::Set(_) => {
                        Some("ask for its length: `….len() > 0`".to_owned())
                    }
                    TyKind::Result(..) => Some("ask whether it is ok: `….is_ok()`".to_owned()),
                    _ => None,
                };
                self.report(diagnostic);
                self.wrong_as(Ty::BOOL, span)
            }
        }
    }

    // --- Branches ---------------------------------------------------------------------------

    pub(crate) fn if_(
        &mut self,
        cond: &ast::Expr,
        then: &ast::Expr,
        other: Option<&ast::Expr>,
        span: Span,
        expected: Option<Ty>,
        unused: bool,
    ) -> Expr {
        let when_true = narrowings(cond, true);
        let when_false = narrowings(cond, false);
        let cond = self.condition(cond);
        let Some(other) = other else {
            let (then, after) = self.branch(&when_true, |this| this.expr_unused(then));
            let ((), without) = self.branch(&when_false, |_| ());
            self.body.facts = merge((after, then.ty), (without, Ty::UNIT));
            return Expr {
                kind: ExprKind::If(Box::new(cond), Box::new(then), None),
                ty: Ty::UNIT,
                span,
            };
        };
        if unused {
            let (a, after_a) = self.branch(&when_true, |this| this.expr_unused(then));
            let (b, after_b) = self.branch(&when_false, |this| this.expr_unused(other));
            self.body.facts = merge((after_a, a.ty), (after_b, b.ty));
            let ty = if a.ty == Ty::NEVER && b.ty == Ty::NEVER {
                Ty::NEVER
            } else {
                Ty::UNIT
            };
            return Expr {
                kind: ExprKind::If(Box::new(cond), Box::new(a), Some(Box::new(b))),
                ty,
                span,
            };
        }
        let (a, after_a) = self.branch(&when_true, |this| this.expr(then, expected));
        let (b, after_b) = self.branch(&when_false, |this| this.expr(other, expected));
        self.body.facts = merge((after_a, a.ty), (after_b, b.ty));
        let mut both = [a, b];
        self.literals_as_tuples(&mut both);
        let [a, b] = both;
        let ty = self.join(a.ty, b.ty);
        let (a, b) = (
            self.coerce(a, ty, "the branch"),
            self.coerce(b, ty, "the branch"),
        );
        Expr {
            kind: ExprKind::If(Box::new(cond), Box::new(a), Some(Box::new(b))),
            ty,
            span,
        }
    }

    /// The values of `match [a, b] { … }`, each with its own type.
    fn several(&mut self, items: &[Element], span: Span) -> Expr {
        let single = |item: &Element| match item {
            Element::Item(item) => Some(item.clone()),
            Element::Spread(_) => None,
        };
        let Some(items) = items.iter().map(single).collect::<Option<Vec<_>>>() else {
            return self.array_literal(items, span, None);
        };
        let values: Vec<Expr> = items.iter().map(|item| self.expr(item, None)).collect();
        let types: Vec<Ty> = values.iter().map(|value| value.ty).collect();
        let ty = self.tuple(&types);
        Expr {
            kind: ExprKind::Tuple(values),
            ty,
            span,
        }
    }

    pub(crate) fn match_(
        &mut self,
        value: &ast::Expr,
        arms: &[ast::Arm],
        span: Span,
        expected: Option<Ty>,
        unused: bool,
    ) -> Expr {
        let there = place_shown(value);
        let value = match &value.kind {
            ast::ExprKind::Array(items) if arms.iter().all(|arm| has_no_rest(&arm.pat)) => {
                self.several(items, span)
            }
            _ => self.expr(value, None),
        };
        let scrutinee = value.ty;
        let temp = self.body.temp(scrutinee);
        let mut typed = Vec::with_capacity(arms.len());
        let mut none_taken = false;
        let mut facts = None;
        for arm in arms {
            let locals = self.body.locals.len();
            let shown = if none_taken {
                there.clone()
            } else {
                Vec::new()
            };
            let (arm_typed, after) = self.branch(&shown, |this| {
                this.body.dead_pattern = false;
                let pat = this.arm_pattern(&arm.pat, scrutinee, none_taken);
                if std::mem::take(&mut this.body.dead_pattern) {
                    return None;
                }
                let guard = arm.guard.as_ref().map(|guard| this.condition(guard));
                let body = if unused {
                    this.expr_unused(&arm.body)
                } else {
                    this.expr(&arm.body, expected)
                };
                Some(Arm { pat, guard, body })
            });
            let Some(arm_typed) = arm_typed else {
                // Nothing is ever in the variables of an arm that is left out.
                for local in &mut self.body.locals[locals..] {
                    local.ty = Ty::NEVER;
                }
                continue;
            };
            let total =
                self.body.template && arm_typed.guard.is_none() && self.is_total(&arm_typed.pat);
            none_taken |= arm_typed.guard.is_none()
                && matches!(arm_typed.pat.kind, crate::program::PatKind::None);
            facts = Some(match facts {
                None => (after, arm_typed.body.ty),
                Some(known) => (merge(known, (after, arm_typed.body.ty)), Ty::UNIT),
            });
            typed.push(arm_typed);
            if total {
                // What comes after it is for other types of the template.
                break;
            }
        }
        if let Some((known, _)) = facts {
            self.body.facts = known;
        }
        let joined = match unused {
            true => Ty::UNIT,
            false => self.joined_arms(&mut typed),
        };
        let all_leave = !typed.is_empty() && typed.iter().all(|arm| arm.body.ty == Ty::NEVER);
        let ty = match (all_leave, unused) {
            (true, _) => Ty::NEVER,
            (false, true) => Ty::UNIT,
            (false, false) => joined,
        };
        if !unused {
            for arm in &mut typed {
                let body = std::mem::replace(&mut arm.body, self.wrong(span));
                arm.body = self.coerce(body, ty, "the arm");
            }
        }
        self.check_exhaustive(scrutinee, &typed, span);
        Expr {
            kind: ExprKind::Match(temp, Box::new(value), typed),
            ty,
            span,
        }
    }
}

impl Checker<'_> {
    /// The type that holds the values of all arms.
    fn joined_arms(&mut self, arms: &mut [Arm]) -> Ty {
        let wrong = self.wrong(Span::default());
        let bodies = arms
            .iter_mut()
            .map(|arm| std::mem::replace(&mut arm.body, wrong.clone()));
        let mut bodies: Vec<Expr> = bodies.collect();
        self.literals_as_tuples(&mut bodies);
        let mut joined = Ty::NEVER;
        for (arm, body) in arms.iter_mut().zip(bodies) {
            joined = self.join(joined, body.ty);
            arm.body = body;
        }
        joined
    }

    /// Where a branch is a tuple, array literals of its length in other branches are tuples as well:
    /// `[None, 1]` beside `["a", 2]`.
    fn literals_as_tuples(&mut self, branches: &mut [Expr]) {
        let mut lens = branches.iter().filter_map(|e| match self.kind(e.ty) {
            TyKind::Tuple(items) => Some(items.len()),
            _ => None,
        });
        let Some(len) = lens.next() else {
            return;
        };
        for branch in branches {
            if matches!(self.kind(branch.ty), TyKind::Array(_)) {
                self.literal_as_tuple(branch, len);
            }
        }
    }

    fn literal_as_tuple(&mut self, expr: &mut Expr, len: usize) {
        match &mut expr.kind {
            ExprKind::Block(_, Some(last)) => {
                self.literal_as_tuple(last, len);
                expr.ty = last.ty;
            }
            ExprKind::Array(items) if items.len() == len => {
                let items = std::mem::take(items);
                let items: Vec<Expr> = items
                    .into_iter()
                    .map(|item| self.unconverted(item))
                    .collect();
                let types: Vec<Ty> = items.iter().map(|item| item.ty).collect();
                expr.ty = self.tuple(&types);
                expr.kind = ExprKind::Tuple(items);
            }
            _ => {}
        }
    }

    /// An element before it was made to fit beside the others.
    fn unconverted(&mut self, item: Expr) -> Expr {
        match item.kind {
            ExprKind::Box(inner) => *inner,
            ExprKind::None => {
                let ty = self.option(Ty::NEVER);
                Expr { ty, ..item }
            }
            _ => item,
        }
    }
}

/// Whether a pattern takes several values one by one.
fn has_no_rest(pat: &ast::Pat) -> bool {
    match &pat.kind {
        ast::PatKind::Array(_, rest, _) => rest.is_none(),
        ast::PatKind::Or(items) => items.iter().all(has_no_rest),
        ast::PatKind::Wild => true,
        _ => false,
    }
}
