//! Loops, comprehensions, and what leaves them.

use crate::body::{BodyKind, LoopCx};
use crate::checker::Checker;
use crate::program::{Expr, ExprKind, LocalId, LoopId, Place, Root};
use crate::shown::{Facts, merge, narrowings};
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, Binding, CompClause, ExprKind as Ast, Pat, PatKind};
use shape_syntax::{Diagnostic, Span};

impl Checker<'_> {
    pub(crate) fn while_(&mut self, cond: &ast::Expr, body: &ast::Expr, span: Span) -> Expr {
        self.forget_assigned(&[cond, body]);
        let shown = narrowings(cond, true);
        let cond = self.condition(cond);
        let id = self.body.new_loop();
        let (body, after) = self.branch(&shown, |this| this.loop_body(id, None, body));
        self.may_have_run(after);
        Expr {
            kind: ExprKind::While(id, Box::new(cond), Box::new(body)),
            ty: Ty::UNIT,
            span,
        }
    }

    fn loop_body(&mut self, id: LoopId, values: Option<Vec<Ty>>, body: &ast::Expr) -> Expr {
        self.body.loops.push(LoopCx {
            id,
            values,
            hint: None,
        });
        let body = self.expr_unused(body);
        self.body.loops.pop();
        body
    }

    /// After code that may not have run only that holds which it did not end.
    pub(crate) fn may_have_run(&mut self, after: Facts) {
        let before = std::mem::take(&mut self.body.facts);
        self.body.facts = merge((before, Ty::UNIT), (after, Ty::UNIT));
    }

    /// `loop`: its value is what its breaks have in common. When they differ, the body is checked
    /// once more, now that it is known what to convert them to.
    pub(crate) fn loop_(&mut self, body: &ast::Expr, span: Span, expected: Option<Ty>) -> Expr {
        self.forget_assigned(&[body]);
        let reported = self.diags.len();
        let mut hint = expected.filter(|ty| !self.is_open(*ty));
        for last in [false, true] {
            let id = self.body.new_loop();
            self.body.loops.push(LoopCx {
                id,
                values: Some(Vec::new()),
                hint,
            });
            let (typed, after) = self.branch(&[], |this| this.expr_unused(body));
            self.may_have_run(after);
            let values = self
                .body
                .loops
                .pop()
                .and_then(|cx| cx.values)
                .unwrap_or_default();
            let ty = values
                .iter()
                .fold(Ty::NEVER, |joined, ty| self.join(joined, *ty));
            let alike = values.iter().all(|v| self.resolve(*v) == self.resolve(ty));
            if alike || last {
                return Expr {
                    kind: ExprKind::Loop(id, Box::new(typed)),
                    ty,
                    span,
                };
            }
            self.diags.truncate(reported);
            hint = Some(ty);
        }
        self.wrong(span)
    }

    pub(crate) fn for_(
        &mut self,
        pat: &Pat,
        source: &ast::Expr,
        body: &ast::Expr,
        span: Span,
    ) -> Expr {
        self.forget_assigned(&[body]);
        self.for_each(pat, source, span, |this, id| this.loop_body(id, None, body))
    }

    /// A loop over `source` whose body `f` makes.
    fn for_each(
        &mut self,
        pat: &Pat,
        source: &ast::Expr,
        span: Span,
        f: impl FnOnce(&mut Self, LoopId) -> Expr,
    ) -> Expr {
        let id = self.body.new_loop();
        if let Some((start, end, inclusive)) = self.counted(source) {
            let ((var, body), after) = self.branch(&[], |this| {
                let (var, before) = this.loop_var(pat, Ty::INT);
                let body = f(this, id);
                (var, this.after(before, body))
            });
            self.may_have_run(after);
            let kind = ExprKind::ForRange(
                id,
                var,
                Box::new(start),
                Box::new(end),
                inclusive,
                Box::new(body),
            );
            return Expr {
                kind,
                ty: Ty::UNIT,
                span,
            };
        }
        let source = self.expr(source, None);
        let Some((array, element)) = self.as_array(source) else {
            self.scoped(|this| {
                this.loop_var(pat, Ty::WRONG);
                f(this, id)
            });
            return self.wrong_as(Ty::UNIT, span);
        };
        let ((var, body), after) = self.branch(&[], |this| {
            let (var, before) = this.loop_var(pat, element);
            let body = f(this, id);
            (var, this.after(before, body))
        });
        self.may_have_run(after);
        let kind = ExprKind::ForArray(id, var, Box::new(array), Box::new(body));
        Expr {
            kind,
            ty: Ty::UNIT,
            span,
        }
    }

    fn after(&self, before: Option<Expr>, body: Expr) -> Expr {
        match before {
            Some(before) => self.sequence(vec![before], body),
            None => body,
        }
    }

    /// The variable of a loop, and the statement that takes it apart.
    fn loop_var(&mut self, pat: &Pat, ty: Ty) -> (LocalId, Option<Expr>) {
        if let PatKind::Bind(name, mutable) = &pat.kind {
            let binding = if *mutable { Binding::Mut } else { Binding::Let };
            return (
                self.body.bind_local(&name.name, ty, binding, name.span),
                None,
            );
        }
        let temp = self.body.temp(ty);
        let value = self.local_expr(temp, pat.span);
        let statement = self.destructure(pat, value, Binding::Let);
        (temp, Some(statement))
    }

    /// The bounds of a loop that counts: over `a..b`, `range(n)` or `range(a, b)`.
    fn counted(&mut self, source: &ast::Expr) -> Option<(Expr, Expr, bool)> {
        let (start, end, inclusive) = match &source.kind {
            Ast::Range(Some(a), Some(b), inclusive) => (Some(&**a), &**b, *inclusive),
            Ast::Call(callee, args) => {
                let Ast::Path(path) = &callee.kind else {
                    return None;
                };
                let [name] = &path.segments[..] else {
                    return None;
                };
                let own = self.body.find("range").is_some()
                    || self.modules[self.body.module].names.contains_key("range");
                if &*name.name != "range" || own || args.iter().any(|arg| arg.name.is_some()) {
                    return None;
                }
                match &args[..] {
                    [end] => (None, &end.value, false),
                    [start, end] => (Some(&start.value), &end.value, false),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let span = source.span;
        let start = match start {
            Some(start) => self.expr(start, Some(Ty::INT)),
            None => self.int(0, span),
        };
        let start = self.coerce(start, Ty::INT, "a bound of a range");
        let end = self.expr(end, Some(Ty::INT));
        let end = self.coerce(end, Ty::INT, "a bound of a range");
        Some((start, end, inclusive))
    }

    /// `[body for x in xs if cond]`: loops around a push.
    pub(crate) fn comprehension(
        &mut self,
        body: &ast::Expr,
        clauses: &[CompClause],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let element = match expected.map(|ty| self.kind(ty)) {
            Some(TyKind::Array(element)) => element,
            _ => self.open_literal(span),
        };
        let ty = self.array(element);
        let out = self.body.temp(ty);
        let empty = Expr {
            kind: ExprKind::Array(Vec::new()),
            ty,
            span,
        };
        let init = Expr {
            kind: ExprKind::Init(out, Box::new(empty)),
            ty: Ty::UNIT,
            span,
        };
        let fill = self.comprehension_part(out, element, body, clauses, span);
        let result = self.local_expr(out, span);
        self.sequence(vec![init, fill], result)
    }

    fn comprehension_part(
        &mut self,
        out: LocalId,
        element: Ty,
        body: &ast::Expr,
        clauses: &[CompClause],
        span: Span,
    ) -> Expr {
        match clauses.split_first() {
            None => {
                let value = self.expr(body, Some(element));
                let value = self.coerce(value, element, "the element");
                let place = Place {
                    root: Root::Local(out),
                    steps: Vec::new(),
                    ty: self.body.local_ty(out),
                    span,
                };
                self.push(place, value, span)
            }
            Some((CompClause::If(cond), rest)) => {
                let shown = narrowings(cond, true);
                let cond = self.condition(cond);
                let (then, _) = self.branch(&shown, |this| {
                    this.comprehension_part(out, element, body, rest, span)
                });
                Expr {
                    kind: ExprKind::If(Box::new(cond), Box::new(then), None),
                    ty: Ty::UNIT,
                    span,
                }
            }
            Some((CompClause::For(pat, source), rest)) => {
                self.for_each(pat, source, span, |this, _| {
                    this.comprehension_part(out, element, body, rest, span)
                })
            }
        }
    }

    pub(crate) fn push(&mut self, place: Place, value: Expr, span: Span) -> Expr {
        match self.core_member("array", "push") {
            Some(crate::modules::Item::HostFn(host)) => Expr {
                kind: ExprKind::MutateHost(host, place, vec![value]),
                ty: Ty::UNIT,
                span,
            },
            _ => self.wrong(span),
        }
    }

    // --- Leaving ----------------------------------------------------------------------------

    pub(crate) fn break_(&mut self, value: Option<&ast::Expr>, span: Span) -> Expr {
        let Some(cx) = self.body.loops.last() else {
            self.error("E0401", span, "`break` outside of a loop");
            return self.wrong(span);
        };
        let (id, takes_values, hint) = (cx.id, cx.values.is_some(), cx.hint);
        let value = match value {
            Some(value) if takes_values => {
                let value = self.expr(value, hint);
                Some(match hint {
                    Some(ty) => self.coerce(value, ty, "the value of the loop"),
                    None => value,
                })
            }
            Some(value) => {
                self.expr(value, None);
                self.error("E0401", span, "only `loop` can be left with a value");
                None
            }
            None => None,
        };
        let ty = value.as_ref().map_or(Ty::UNIT, |value| value.ty);
        if let Some(values) = self.body.loops.last_mut().and_then(|cx| cx.values.as_mut()) {
            values.push(ty);
        }
        self.left_loop(value, span, |value| {
            ExprKind::Break(id, value.map(Box::new))
        })
    }

    /// Leaves the innermost loop, or its round.
    fn left_loop(
        &mut self,
        value: Option<Expr>,
        span: Span,
        leave: impl FnOnce(Option<Expr>) -> ExprKind,
    ) -> Expr {
        let (mut before, value) = self.end_in_loop(value, span);
        let leave = Expr {
            kind: leave(value),
            ty: Ty::NEVER,
            span,
        };
        if before.is_empty() {
            return leave;
        }
        before.push(leave);
        Expr {
            kind: ExprKind::Block(before, None),
            ty: Ty::NEVER,
            span,
        }
    }

    pub(crate) fn continue_(&mut self, span: Span) -> Expr {
        match self.body.loops.last() {
            Some(cx) => {
                let id = cx.id;
                self.left_loop(None, span, |_| ExprKind::Continue(id))
            }
            None => {
                self.error("E0401", span, "`continue` outside of a loop");
                self.wrong(span)
            }
        }
    }

    pub(crate) fn return_(&mut self, value: Option<&ast::Expr>, span: Span) -> Expr {
        if self.body.kind == BodyKind::Main {
            self.report(
                Diagnostic::error("E0402", span, "`return` outside of a function")
                    .help("to end the program, call `exit(0)`"),
            );
            return self.wrong(span);
        }
        let want = self.body.ret;
        let value = match value {
            Some(value) => self.expr(value, want),
            None => self.unit(span),
        };
        self.return_value(value, span)
    }

    /// Returns a typed value from the function.
    pub(crate) fn return_value(&mut self, value: Expr, span: Span) -> Expr {
        let own = self.shallow(value.ty);
        let value = match self.body.ret {
            Some(Ty::UNIT) if own != Ty::UNIT => {
                let unit = self.unit(span);
                self.sequence(vec![value], unit)
            }
            Some(ty) => self.as_result(value, ty),
            None => value,
        };
        self.body.returns.push(value.ty);
        let (mut before, value) = self.end_all(value, span);
        let leave = Expr {
            kind: ExprKind::Return(Some(Box::new(value))),
            ty: Ty::NEVER,
            span,
        };
        if before.is_empty() {
            return leave;
        }
        before.push(leave);
        Expr {
            kind: ExprKind::Block(before, None),
            ty: Ty::NEVER,
            span,
        }
    }
}
