//! Errors: `?`, `try`, `!!` and `as`.

use crate::body::BodyKind;
use crate::checker::Checker;
use crate::ops::{op_expr, unboxed};
use crate::program::{Expr, ExprKind, Op};
use crate::types::{Ty, TyKind};
use shape_syntax::ast;
use shape_syntax::{Diagnostic, Span};

impl Checker<'_> {
    /// `e?`: the value, or an early return of the error or of `None`.
    pub(crate) fn question(&mut self, inner: &ast::Expr, span: Span, expected: Option<Ty>) -> Expr {
        let hint = expected.map(|ty| {
            let open = self.fresh();
            self.result(ty, open)
        });
        let value = self.expr(inner, hint);
        self.question_on(value, span)
    }

    /// `?` on a value that is typed already.
    pub(crate) fn question_on(&mut self, value: Expr, span: Span) -> Expr {
        match self.kind(value.ty) {
            TyKind::Result(ok, err) => {
                let (temp, init) = self.keep(value);
                let test = op_expr(Op::IsErr, vec![self.local_expr(temp, span)], Ty::BOOL, span);
                let error = op_expr(Op::ErrValue, vec![self.local_expr(temp, span)], err, span);
                let leave = self.leave_with_error(error, span);
                let found = op_expr(Op::OkValue, vec![self.local_expr(temp, span)], ok, span);
                self.branch_out(init, test, leave, found, span)
            }
            TyKind::Option(inner) | TyKind::Maybe(inner) => {
                let (temp, init) = self.keep(value);
                let test = op_expr(
                    Op::IsNone,
                    vec![self.local_expr(temp, span)],
                    Ty::BOOL,
                    span,
                );
                let leave = self.leave_with_none(span);
                let found = unboxed(self.local_expr(temp, span), inner);
                self.branch_out(init, test, leave, found, span)
            }
            TyKind::Wrong | TyKind::Never => value,
            _ => {
                let ty = self.show(value.ty);
                self.report(
                    Diagnostic::error(
                        "E0403",
                        span,
                        format!("`?` needs a `Result` or an option, found `{ty}`"),
                    )
                    .help("leave the `?` out; a host function that fails raises by itself"),
                );
                self.wrong(span)
            }
        }
    }

    fn branch_out(&mut self, init: Expr, test: Expr, leave: Expr, found: Expr, span: Span) -> Expr {
        let ty = found.ty;
        let choice = Expr {
            kind: ExprKind::If(Box::new(test), Box::new(leave), Some(Box::new(found))),
            ty,
            span,
        };
        self.sequence(vec![init], choice)
    }

    /// Inside a function the error is returned; at the top level it ends the program, and inside a
    /// `try` that catches it.
    fn leave_with_error(&mut self, error: Expr, span: Span) -> Expr {
        if self.body.kind == BodyKind::Main || self.body.in_try {
            let error = self.as_error(error, span);
            return Expr {
                kind: ExprKind::Raise(Box::new(error)),
                ty: Ty::NEVER,
                span,
            };
        }
        let open = self.fresh();
        let ty = self.result(open, error.ty);
        let value = Expr {
            kind: ExprKind::Err(Box::new(error)),
            ty,
            span,
        };
        self.return_value(value, span)
    }

    fn leave_with_none(&mut self, span: Span) -> Expr {
        if self.body.kind == BodyKind::Main || self.body.in_try {
            let text = self.text("expected a value, found None", span);
            let error = self.call_core("error", "new", vec![text], span);
            return Expr {
                kind: ExprKind::Raise(Box::new(error)),
                ty: Ty::NEVER,
                span,
            };
        }
        let inner = self.fresh();
        let ty = self.option(inner);
        let value = Expr {
            kind: ExprKind::None,
            ty,
            span,
        };
        self.return_value(value, span)
    }

    /// Any value as an `Error`; what is none becomes the message of one.
    fn as_error(&mut self, value: Expr, span: Span) -> Expr {
        if self.shallow(value.ty) == Ty::ERROR {
            return value;
        }
        let value = self.shown(value);
        let text = Expr {
            kind: ExprKind::Interp(vec![value]),
            ty: Ty::STRING,
            span,
        };
        self.call_core("error", "new", vec![text], span)
    }

    /// `try e`.
    pub(crate) fn try_(&mut self, inner: &ast::Expr, span: Span) -> Expr {
        // Nobody knows how far it got.
        self.forget_assigned(&[inner]);
        let outer = std::mem::replace(&mut self.body.in_try, true);
        let (value, after) = self.branch(&[], |this| this.expr(inner, None));
        self.body.in_try = outer;
        self.may_have_run(after);
        let ok = match self.kind(value.ty) {
            // What raises only is still a result; nothing says of what.
            TyKind::Never => Ty::UNIT,
            TyKind::Wrong => return value,
            // A look-up that finds nothing does not fail.
            TyKind::Maybe(inner) => self.option(inner),
            _ => value.ty,
        };
        let ty = self.result(ok, Ty::ERROR);
        Expr {
            kind: ExprKind::Try(Box::new(value)),
            ty,
            span,
        }
    }

    /// `x !! "context"`: an error, or a missing value, with the context in front and the cause
    /// kept.
    pub(crate) fn context(&mut self, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        let value = self.expr(a, None);
        let (context, after) = self.branch(&[], |this| this.expr(b, Some(Ty::STRING)));
        self.may_have_run(after);
        let context = self.coerce(context, Ty::STRING, "the context");
        let (ok, test, cause_from) = match self.kind(value.ty) {
            TyKind::Result(ok, err) => (ok, Op::IsErr, Some(err)),
            TyKind::Option(inner) | TyKind::Maybe(inner) => (inner, Op::IsNone, None),
            TyKind::Wrong | TyKind::Never => return value,
            _ => {
                let ty = self.show(value.ty);
                self.report(
                    Diagnostic::error(
                        "E0403",
                        span,
                        format!("`!!` needs a `Result` or an option, found `{ty}`"),
                    )
                    .help("write `try` in front to catch what the left side raises"),
                );
                return self.wrong(span);
            }
        };
        let (temp, init) = self.keep(value);
        let test = op_expr(test, vec![self.local_expr(temp, span)], Ty::BOOL, span);
        let (error, found) = match cause_from {
            Some(err) => {
                let cause = op_expr(Op::ErrValue, vec![self.local_expr(temp, span)], err, span);
                let cause = self.as_error(cause, span);
                let error = self.call_core("error", "context", vec![cause, context], span);
                (
                    error,
                    op_expr(Op::OkValue, vec![self.local_expr(temp, span)], ok, span),
                )
            }
            None => {
                let error = self.call_core("error", "new", vec![context], span);
                (error, unboxed(self.local_expr(temp, span), ok))
            }
        };
        let ty = self.result(ok, Ty::ERROR);
        let failed = Expr {
            kind: ExprKind::Err(Box::new(error)),
            ty,
            span,
        };
        let passed = Expr {
            kind: ExprKind::Ok(Box::new(found)),
            ty,
            span,
        };
        let choice = Expr {
            kind: ExprKind::If(Box::new(test), Box::new(failed), Some(Box::new(passed))),
            ty,
            span,
        };
        self.sequence(vec![init], choice)
    }

    /// `e as T`.
    pub(crate) fn cast(&mut self, inner: &ast::Expr, ty: &ast::TypeExpr, span: Span) -> Expr {
        let to = self.type_expr(ty);
        let value = self.expr(inner, Some(to));
        let value = match self.kind(to) {
            TyKind::Option(_) => value,
            _ => self.settled(value),
        };
        let name = match (self.kind(value.ty), self.kind(to)) {
            (TyKind::Number, TyKind::Int) => Some(("number", "truncate")),
            (TyKind::Bool, TyKind::Int) => Some(("bool", "to_int")),
            (TyKind::Char, TyKind::Int) => Some(("char", "code_point")),
            (TyKind::Int, TyKind::Char) => return self.char_of(value, span),
            (from, TyKind::String) if !matches!(from, TyKind::String | TyKind::Wrong) => {
                let value = self.shown(value);
                return Expr {
                    kind: ExprKind::Interp(vec![value]),
                    ty: Ty::STRING,
                    span,
                };
            }
            _ => None,
        };
        if let Some((module, name)) = name {
            let value = self.call_core(module, name, vec![value], span);
            return self.settled(value);
        }
        if let Some(how) = self.how(value.ty, to) {
            return self.apply(value, to, how);
        }
        if let Some(narrow) = self.narrow(value.clone(), to, span) {
            return narrow;
        }
        let (from, to) = (self.show(value.ty), self.show(to));
        self.error(
            "E0212",
            span,
            format!("`{from}` cannot be converted to `{to}`"),
        );
        self.wrong(span)
    }

    /// The char with this number; a run-time error that names the number where there is none.
    fn char_of(&mut self, number: Expr, span: Span) -> Expr {
        let (number, init) = self.keep(number);
        let given = self.local_expr(number, span);
        let found = self.call_core("int", "to_char", vec![given], span);
        let (found, search) = self.keep(found);
        let look = self.local_expr(found, span);
        let test = op_expr(Op::IsNone, vec![look.clone()], Ty::BOOL, span);
        let shown = self.local_expr(number, span);
        let ends = self.text(" is no character: it is no Unicode scalar value", span);
        let text = Expr {
            kind: ExprKind::Interp(vec![shown, ends]),
            ty: Ty::STRING,
            span,
        };
        let error = self.call_core("error", "new", vec![text], span);
        let raised = Expr {
            kind: ExprKind::Raise(Box::new(error)),
            ty: Ty::NEVER,
            span,
        };
        let value = unboxed(look, Ty::CHAR);
        let choice = self.branch_out(search, test, raised, value, span);
        self.sequence(vec![init], choice)
    }

    /// A member of a union by its type: the value, or a run-time error.
    fn narrow(&mut self, value: Expr, to: Ty, span: Span) -> Option<Expr> {
        let fits = match self.kind(value.ty) {
            TyKind::Union(members) => members.contains(&to),
            TyKind::Json => true,
            _ => false,
        };
        if !fits {
            return None;
        }
        use crate::program::{Arm, Pat, PatKind};
        let from = value.ty;
        let whole = self.body.temp(from);
        let part = self.body.temp(to);
        let inner = Pat {
            kind: PatKind::Bind(part),
            ty: to,
        };
        let pat = Pat {
            kind: PatKind::Is(to, Box::new(inner)),
            ty: from,
        };
        let body = self.local_expr(part, span);
        let arms = vec![Arm {
            pat,
            guard: None,
            body,
        }];
        Some(Expr {
            kind: ExprKind::Match(whole, Box::new(value), arms),
            ty: to,
            span,
        })
    }
}
