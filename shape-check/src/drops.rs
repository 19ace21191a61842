//! `Drop`: what runs when a value's last variable ends.
//!
//! Values are shared and not seen to be, so the end of a variable is the end of its value only if
//! nothing else holds it. That is asked at run time: the scope of a variable whose type may have
//! something to do at its end is followed by code that takes the value out of the variable and looks
//! whether it is the only holder. Variables of types that have nothing to do cost nothing.
//!
//! The scope is put into a `try`, so that an error runs that code, too; `return`, `break` and
//! `continue` run it on their way out.

use crate::checker::Checker;
use crate::instance::Target;
use crate::ops::op_expr;
use crate::program::{Expr, ExprKind, LocalId, Op, Root};
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;
use shape_syntax::Span;

/// A variable with something to do at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    root: Root,
    /// How many variables there were before: those after it end with it, or before it.
    pub(crate) first: usize,
    /// How many loops are around it.
    loops: usize,
}

/// Which types have something to do.
#[derive(Debug, Default)]
pub(crate) struct Drops {
    known: FxHashMap<Ty, bool>,
}

impl Checker<'_> {
    // --- Types ------------------------------------------------------------------------------

    /// Whether the end of a value of `ty` may be seen.
    pub(crate) fn ends_seen(&mut self, ty: Ty) -> bool {
        let Some(of) = self.traits.dropped else {
            return false;
        };
        let ty = self.resolve(ty);
        if let Some(&known) = self.drops.known.get(&ty) {
            return known;
        }
        let mut seen = vec![ty];
        let mut next = 0;
        let mut found = false;
        while next < seen.len() && !found {
            let one = seen[next];
            next += 1;
            found = match self.kind(one) {
                TyKind::Dyn(..) | TyKind::Fn(..) => true,
                TyKind::Closure(_) | TyKind::Group(_) => true,
                TyKind::Struct(..) | TyKind::Enum(..) => {
                    self.method_of_trait(one, of, "drop").is_some()
                }
                _ => false,
            };
            for part in self.parts_of(one) {
                let part = self.resolve(part);
                if !seen.contains(&part) && seen.len() < 200 {
                    seen.push(part);
                }
            }
        }
        if !self.is_open(ty) {
            self.drops.known.insert(ty, found);
        }
        found
    }

    // --- Scopes -----------------------------------------------------------------------------

    /// Notes a variable that has just got its value.
    pub(crate) fn guard(&mut self, root: Root, ty: Ty) {
        // What is open yet may turn out to have something to do.
        if self.traits.dropped.is_none() || !self.is_open(ty) && !self.ends_seen(ty) {
            return;
        }
        // Later inputs, or calls from the host, may read it.
        let goes_on = self.carried.is_some() || !self.wanted.is_empty();
        if goes_on && matches!(root, Root::Global(_)) {
            return;
        }
        let first = match root {
            Root::Local(id) => id.0 as usize + 1,
            Root::Global(_) => self.body.locals.len(),
        };
        let loops = self.body.loops.len();
        self.body.guards.push(Guard { root, first, loops });
    }

    /// The statements of a block and its value, where the variables noted at these positions end.
    pub(crate) fn guarded(
        &mut self,
        mut before: Vec<Expr>,
        mut value: Option<Expr>,
        starts: &[(usize, Guard)],
        span: Span,
    ) -> (Vec<Expr>, Option<Expr>) {
        for (at, guard) in starts.iter().rev() {
            if !self.guard_ends(*guard) {
                continue;
            }
            let rest = before.split_off(*at);
            let diverges = rest.iter().any(|e| e.ty == Ty::NEVER);
            let ty = match &value {
                _ if diverges => Ty::NEVER,
                Some(value) => value.ty,
                None => Ty::UNIT,
            };
            let inner = Expr {
                kind: ExprKind::Block(rest, value.map(Box::new)),
                ty,
                span,
            };
            value = Some(self.ended(inner, *guard));
        }
        (before, value)
    }

    fn guard_ends(&mut self, guard: Guard) -> bool {
        let ty = match guard.root {
            Root::Local(id) => self.body.local_ty(id),
            Root::Global(id) => self.globals[id.0 as usize].ty,
        };
        self.ends_seen(ty)
    }

    /// `inner`, then the end of a variable, whatever comes of `inner`.
    pub(crate) fn ended(&mut self, inner: Expr, guard: Guard) -> Expr {
        let (ty, span) = (inner.ty, inner.span);
        let ok = match self.shallow(ty) {
            Ty::NEVER => Ty::UNIT,
            Ty::WRONG => return inner,
            ty => ty,
        };
        let mut statements = Vec::new();
        let outcome = self.result(ok, Ty::ERROR);
        let caught = Expr {
            kind: ExprKind::Try(Box::new(inner)),
            ty: outcome,
            span,
        };
        let end = self.end_of(guard, span);
        let (outcome, init) = self.keep(caught);
        let kept = self.local_expr(outcome, span);
        statements.push(init);
        statements.extend(end);
        let failed = op_expr(Op::IsErr, vec![kept.clone()], Ty::BOOL, span);
        let error = op_expr(Op::ErrValue, vec![kept.clone()], Ty::ERROR, span);
        let raise = Expr {
            kind: ExprKind::Raise(Box::new(error)),
            ty: Ty::NEVER,
            span,
        };
        let test = Expr {
            kind: ExprKind::If(Box::new(failed), Box::new(raise), None),
            ty: Ty::UNIT,
            span,
        };
        statements.push(test);
        if ty == Ty::NEVER {
            return Expr {
                kind: ExprKind::Block(statements, None),
                ty: Ty::NEVER,
                span,
            };
        }
        let value = match ok {
            Ty::UNIT => self.unit(span),
            ok => op_expr(Op::OkValue, vec![kept], ok, span),
        };
        self.sequence(statements, value)
    }

    /// Takes the value out of a variable, and runs what belongs to its end if nothing else holds it.
    /// The variables after it have ended, too, and hold nothing from here on.
    fn end_of(&mut self, guard: Guard, span: Span) -> Vec<Expr> {
        let mut statements = Vec::new();
        for at in guard.first..self.body.locals.len() {
            let id = LocalId(u32::try_from(at).unwrap_or(u32::MAX));
            let ty = self.body.local_ty(id);
            if !self.body.kept.contains(&id) && self.ends_seen(ty) {
                statements.push(self.cleared(Root::Local(id), ty, true, span));
            }
        }
        let (value, ty) = match guard.root {
            Root::Local(id) => (self.local_expr(id, span), self.body.local_ty(id)),
            Root::Global(id) => {
                let ty = self.globals[id.0 as usize].ty;
                let kind = ExprKind::Global(id);
                (Expr { kind, ty, span }, ty)
            }
        };
        let (taken, init) = self.keep(value);
        statements.push(init);
        statements.push(self.cleared(guard.root, ty, false, span));
        statements.extend(self.end_if_held(taken, 1, span));
        statements
    }

    /// Ends the value of a variable of the checker's own if `holders` hold it, itself among them.
    pub(crate) fn end_if_held(&mut self, taken: LocalId, holders: i64, span: Span) -> Vec<Expr> {
        let ty = self.body.local_ty(taken);
        let ty = self.resolve(ty);
        let value = self.local_expr(taken, span);
        let mut statements = Vec::new();
        if !matches!(
            self.kind(ty),
            TyKind::Closure(_) | TyKind::Group(_) | TyKind::Fn(..)
        ) {
            let count = op_expr(Op::Holders, vec![value.clone()], Ty::INT, span);
            let limit = self.int(holders, span);
            let test = op_expr(Op::LeI, vec![count, limit], Ty::BOOL, span);
            let end = self.end_call(value, ty, span);
            statements.push(Expr {
                kind: ExprKind::If(Box::new(test), Box::new(end), None),
                ty: Ty::UNIT,
                span,
            });
        }
        statements.push(self.cleared(Root::Local(taken), ty, false, span));
        statements
    }

    fn end_call(&mut self, value: Expr, ty: Ty, span: Span) -> Expr {
        if let TyKind::Dyn(..) = self.kind(ty) {
            return self.call_dyn_end(value, span);
        }
        let (instance, _) = self.instantiate(Target::End, &[ty], Some(Ty::UNIT), span);
        Expr {
            kind: ExprKind::Call(Self::func_id(instance), vec![value]),
            ty: Ty::UNIT,
            span,
        }
    }

    fn cleared(&mut self, root: Root, ty: Ty, anew: bool, span: Span) -> Expr {
        let nothing = Box::new(Expr {
            kind: ExprKind::None,
            ty,
            span,
        });
        let kind = match root {
            Root::Local(id) if anew => ExprKind::Init(id, nothing),
            Root::Local(id) => ExprKind::SetLocal(id, nothing),
            Root::Global(id) => ExprKind::SetGlobal(id, nothing),
        };
        Expr {
            kind,
            ty: Ty::UNIT,
            span,
        }
    }

    // --- Leaving ----------------------------------------------------------------------------

    /// What runs before leaving the function with `value`.
    pub(crate) fn end_all(&mut self, value: Expr, span: Span) -> (Vec<Expr>, Expr) {
        let guards = self.body.guards.clone();
        self.end_some(&guards, Some(value), span)
    }

    /// What runs before leaving the innermost loop, or its round, with `value`.
    pub(crate) fn end_in_loop(
        &mut self,
        value: Option<Expr>,
        span: Span,
    ) -> (Vec<Expr>, Option<Expr>) {
        let loops = self.body.loops.len();
        let inside: Vec<Guard> = self
            .body
            .guards
            .iter()
            .filter(|guard| guard.loops >= loops)
            .copied()
            .collect();
        let none = value.is_none();
        let value = value.unwrap_or_else(|| self.unit(span));
        let (before, value) = self.end_some(&inside, Some(value), span);
        (before, Some(value).filter(|_| !none))
    }

    fn end_some(&mut self, guards: &[Guard], value: Option<Expr>, span: Span) -> (Vec<Expr>, Expr) {
        let value = value.unwrap_or_else(|| self.unit(span));
        let all = guards.iter().copied();
        let guards: Vec<Guard> = all.filter(|guard| self.guard_ends(*guard)).collect();
        if guards.is_empty() || value.ty == Ty::NEVER {
            return (Vec::new(), value);
        }
        let (kept, init) = self.keep(value);
        self.body.kept.push(kept);
        let mut statements = vec![init];
        for guard in guards.iter().rev() {
            statements.extend(self.end_of(*guard, span));
        }
        (statements, self.local_expr(kept, span))
    }

    /// A value that nobody uses ends here.
    pub(crate) fn unused_ends(&mut self, value: Expr) -> Expr {
        let made = matches!(
            value.kind,
            ExprKind::Call(..)
                | ExprKind::CallClosure(..)
                | ExprKind::CallDynamic(..)
                | ExprKind::Record(_)
                | ExprKind::Variant(..)
        );
        if !made || value.ty == Ty::NEVER || !self.ends_seen(value.ty) {
            return value;
        }
        let span = value.span;
        let (taken, init) = self.keep(value);
        let mut statements = vec![init];
        statements.extend(self.end_if_held(taken, 1, span));
        Expr {
            kind: ExprKind::Block(statements, None),
            ty: Ty::UNIT,
            span,
        }
    }

    /// The value that an assignment replaces ends after it.
    pub(crate) fn replaced_ends(&mut self, old: Expr, span: Span) -> (Expr, Vec<Expr>) {
        let (taken, init) = self.keep(old);
        (init, self.end_if_held(taken, 1, span))
    }
}
