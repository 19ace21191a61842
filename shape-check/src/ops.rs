//! Operators.

use crate::checker::Checker;
use crate::program::{Expr, ExprKind, Op};
use crate::shown::{is_none, narrowings};
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, BinOp, UnOp};
use shape_syntax::{Diagnostic, Span};

/// The operators on two ints, two numbers, two strings and two boxed values.
struct Ops {
    int: Option<Op>,
    number: Option<Op>,
    string: Option<Op>,
    value: Option<Op>,
}

fn ops(op: BinOp) -> Ops {
    let arithmetic = |int, number| Ops {
        int: Some(int),
        number: Some(number),
        string: None,
        value: None,
    };
    let bits = |int| Ops {
        int: Some(int),
        number: None,
        string: None,
        value: None,
    };
    let order = |int, number, string, value| Ops {
        int: Some(int),
        number: Some(number),
        string: Some(string),
        value: Some(value),
    };
    match op {
        BinOp::Add => Ops {
            string: Some(Op::Concat),
            ..arithmetic(Op::AddI, Op::AddN)
        },
        BinOp::Sub => arithmetic(Op::SubI, Op::SubN),
        BinOp::Mul => arithmetic(Op::MulI, Op::MulN),
        BinOp::Div => arithmetic(Op::DivI, Op::DivN),
        BinOp::Rem => arithmetic(Op::RemI, Op::RemN),
        BinOp::Pow => arithmetic(Op::PowI, Op::PowN),
        BinOp::BitAnd => bits(Op::AndI),
        BinOp::BitOr => bits(Op::OrI),
        BinOp::BitXor => bits(Op::XorI),
        BinOp::Shl => bits(Op::ShlI),
        BinOp::Shr => bits(Op::ShrI),
        BinOp::Eq => order(Op::EqI, Op::EqN, Op::EqS, Op::EqV),
        BinOp::Ne => order(Op::NeI, Op::NeN, Op::NeS, Op::NeV),
        BinOp::Lt => order(Op::LtI, Op::LtN, Op::LtS, Op::LtV),
        BinOp::Le => order(Op::LeI, Op::LeN, Op::LeS, Op::LeV),
        BinOp::Gt => order(Op::GtI, Op::GtN, Op::GtS, Op::GtV),
        BinOp::Ge => order(Op::GeI, Op::GeN, Op::GeS, Op::GeV),
        BinOp::And | BinOp::Or | BinOp::Coalesce | BinOp::Context | BinOp::Pipe => Ops {
            int: None,
            number: None,
            string: None,
            value: None,
        },
    }
}

fn is_comparison(op: BinOp) -> bool {
    matches!(
        op,
        BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge
    )
}

impl Checker<'_> {
    pub(crate) fn binary(
        &mut self,
        op: BinOp,
        op_span: Span,
        a: &ast::Expr,
        b: &ast::Expr,
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        match op {
            BinOp::And | BinOp::Or => self.logical(op, a, b, span),
            BinOp::Coalesce => self.coalesce(a, b, span, expected),
            BinOp::Context => self.context(a, b, span),
            BinOp::Pipe => self.pipe(a, b, span, expected),
            BinOp::Eq | BinOp::Ne if is_none(a) || is_none(b) => self.with_nothing_shared(|this| {
                let a = this.expr(a, None);
                let b = this.expr(b, Some(a.ty));
                this.binary_typed(op, op_span, a, b, span)
            }),
            _ => {
                let a = self.expr(a, None);
                let b = self.expr(
                    b,
                    Some(a.ty).filter(|_| matches!(op, BinOp::Eq | BinOp::Ne)),
                );
                self.binary_typed(op, op_span, a, b, span)
            }
        }
    }

    /// An operator on operands that are typed already.
    pub(crate) fn binary_typed(
        &mut self,
        op: BinOp,
        op_span: Span,
        a: Expr,
        b: Expr,
        span: Span,
    ) -> Expr {
        if let Some(call) = self.own_operator(op, &a, &b, span) {
            return call;
        }
        if matches!(op, BinOp::Eq | BinOp::Ne) {
            return self.equality(op, op_span, a, b, span);
        }
        let (a, b) = (self.settled(a), self.settled(b));
        let (x, y) = (self.present(a.ty), self.present(b.ty));
        if x == Ty::WRONG || y == Ty::WRONG {
            return if is_comparison(op) {
                self.wrong_as(Ty::BOOL, span)
            } else {
                self.wrong(span)
            };
        }
        if x == Ty::NEVER || y == Ty::NEVER {
            return Expr {
                kind: ExprKind::Block(vec![a, b], None),
                ty: Ty::NEVER,
                span,
            };
        }
        if let (TyKind::Char, TyKind::String) = (self.kind(x), self.kind(y)) {
            let a = self.coerce(a, Ty::STRING, "");
            return self.binary_typed(op, op_span, a, b, span);
        }
        if (self.shallow(x) == Ty::JSON || self.shallow(y) == Ty::JSON)
            && !(op == BinOp::Add && self.shallow(x) == Ty::STRING)
            && let Some(value) = self.json_operator(op, a.clone(), b.clone(), span)
        {
            return value;
        }
        let table = ops(op);
        let result = |ty| if is_comparison(op) { Ty::BOOL } else { ty };
        let (chosen, ty) = match (self.kind(x), self.kind(y)) {
            (TyKind::Var(_), TyKind::Var(_)) => (None, Ty::WRONG),
            (TyKind::Var(_), _) if self.unify(x, y) => {
                return self.binary_typed(op, op_span, a, b, span);
            }
            (_, TyKind::Var(_)) if self.unify(x, y) => {
                return self.binary_typed(op, op_span, a, b, span);
            }
            (TyKind::Int, TyKind::Int) => (table.int, Ty::INT),
            (TyKind::Int | TyKind::Number, TyKind::Int | TyKind::Number) => {
                let a = self.coerce(a, Ty::NUMBER, "");
                let b = self.coerce(b, Ty::NUMBER, "");
                return match table.number {
                    Some(number) => op_expr(number, vec![a, b], result(Ty::NUMBER), span),
                    None => self.no_operator(op, op_span, x, y, span),
                };
            }
            (TyKind::String, TyKind::String) => (table.string, Ty::STRING),
            // Whatever is added to a string is added as text.
            (TyKind::String, _) if op == BinOp::Add => {
                let b = self.shown(b);
                let text = Expr {
                    kind: ExprKind::Interp(vec![b]),
                    ty: Ty::STRING,
                    span,
                };
                return op_expr(Op::Concat, vec![a, text], Ty::STRING, span);
            }
            (TyKind::Duration, TyKind::Duration) => match op {
                BinOp::Add | BinOp::Sub | BinOp::Rem => (table.int, Ty::DURATION),
                BinOp::Div => (table.int, Ty::INT),
                _ if is_comparison(op) => (table.int, Ty::BOOL),
                _ => (None, Ty::WRONG),
            },
            (TyKind::Duration, TyKind::Int) if matches!(op, BinOp::Mul | BinOp::Div) => {
                (table.int, Ty::DURATION)
            }
            (TyKind::Int, TyKind::Duration) if op == BinOp::Mul => (table.int, Ty::DURATION),
            (TyKind::Duration, TyKind::Number) if op == BinOp::Mul => {
                (Some(Op::MulDurationN), Ty::DURATION)
            }
            (TyKind::Char, TyKind::Char) if is_comparison(op) => (table.int, Ty::BOOL),
            (TyKind::Bool, TyKind::Bool)
                if matches!(op, BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor) =>
            {
                (table.int, Ty::BOOL)
            }
            (TyKind::Array(_), TyKind::Array(_)) if op == BinOp::Add => {
                let joined = self.join(x, y);
                let a = self.coerce(a, joined, "");
                let b = self.coerce(b, joined, "");
                return self.call_core("array", "concat", vec![a, b], span);
            }
            (TyKind::Array(_) | TyKind::Tuple(_), _)
                if is_comparison(op) && self.comparable(x, y) =>
            {
                (table.value, Ty::BOOL)
            }
            _ => (None, Ty::WRONG),
        };
        match chosen {
            Some(chosen) => op_expr(chosen, vec![a, b], result(ty), span),
            None => self.no_operator(op, op_span, x, y, span),
        }
    }

    fn comparable(&mut self, a: Ty, b: Ty) -> bool {
        self.resolve(a) == self.resolve(b)
    }

    fn no_operator(&mut self, op: BinOp, op_span: Span, a: Ty, b: Ty, span: Span) -> Expr {
        let (x, y) = (self.show(a), self.show(b));
        let sign = op.as_str();
        let mut diagnostic = Diagnostic::error(
            "E0204",
            op_span,
            format!("type mismatch: operator `{sign}` cannot be used on `{x}` and `{y}`"),
        );
        diagnostic.help = match (self.kind(a), self.kind(b)) {
            (TyKind::Option(_), _) | (_, TyKind::Option(_)) => {
                Some("give a value for `None`: `… ?? default`".to_owned())
            }
            (TyKind::Result(..), _) | (_, TyKind::Result(..)) => {
                Some("take the value out: `…?`".to_owned())
            }
            (_, TyKind::String) if op == BinOp::Add => Some(
                "put the text first, or turn the left side into text: `to_string(…)`".to_owned(),
            ),
            (TyKind::String, TyKind::Int) if op == BinOp::Mul => {
                Some("repeat the text: `….repeat(…)`".to_owned())
            }
            (TyKind::String, TyKind::Int | TyKind::Number) => {
                Some("read the text as a number: `to_number(…)`".to_owned())
            }
            _ => None,
        };
        self.report(diagnostic);
        if is_comparison(op) {
            self.wrong_as(Ty::BOOL, span)
        } else {
            self.wrong(span)
        }
    }

    fn equality(&mut self, op: BinOp, op_span: Span, a: Expr, b: Expr, span: Span) -> Expr {
        let (x, y) = (self.shallow(a.ty), self.shallow(b.ty));
        if x == Ty::NEVER || y == Ty::NEVER {
            return Expr {
                kind: ExprKind::Block(vec![a, b], None),
                ty: Ty::NEVER,
                span,
            };
        }
        if self.is_char_and_string(x, y) {
            let (a, b) = (self.settled(a), self.settled(b));
            let (a, b) = (
                self.coerce(a, Ty::STRING, ""),
                self.coerce(b, Ty::STRING, ""),
            );
            return self.equality(op, op_span, a, b, span);
        }
        let table = ops(op);
        let chosen = match (self.kind(x), self.kind(y)) {
            (TyKind::Wrong, _) | (_, TyKind::Wrong) => return self.wrong_as(Ty::BOOL, span),
            (TyKind::Int, TyKind::Int)
            | (TyKind::Bool, TyKind::Bool)
            | (TyKind::Char, TyKind::Char)
            | (TyKind::Duration, TyKind::Duration) => table.int,
            (TyKind::Int | TyKind::Number, TyKind::Int | TyKind::Number) => {
                let a = self.coerce(a, Ty::NUMBER, "");
                let b = self.coerce(b, Ty::NUMBER, "");
                return op_expr(table.number.unwrap_or(Op::EqN), vec![a, b], Ty::BOOL, span);
            }
            (TyKind::String, TyKind::String) => table.string,
            // A test for `None` needs no boxing.
            (TyKind::Option(_) | TyKind::Maybe(_) | TyKind::Json, _)
                if matches!(b.kind, ExprKind::None) =>
            {
                let test = op_expr(Op::IsNone, vec![a], Ty::BOOL, span);
                return if op == BinOp::Eq {
                    test
                } else {
                    op_expr(Op::Not, vec![test], Ty::BOOL, span)
                };
            }
            _ if self.may_be_equal(x, y) => table.value,
            _ => None,
        };
        match chosen {
            Some(chosen) => op_expr(chosen, vec![a, b], Ty::BOOL, span),
            None => self.no_operator(op, op_span, x, y, span),
        }
    }

    fn is_char_and_string(&self, a: Ty, b: Ty) -> bool {
        let settled = |ty| match self.kind(ty) {
            TyKind::Maybe(inner) => self.shallow(inner),
            _ => ty,
        };
        matches!(
            (settled(a), settled(b)),
            (Ty::CHAR, Ty::STRING) | (Ty::STRING, Ty::CHAR)
        )
    }

    /// Whether values of the two types can be equal, so that a comparison makes sense.
    fn may_be_equal(&mut self, a: Ty, b: Ty) -> bool {
        if a == b {
            return true;
        }
        if self.types.alias(a).is_some() && self.types.alias(b).is_some() {
            return false;
        }
        match (self.kind(a), self.kind(b)) {
            (TyKind::Option(a) | TyKind::Maybe(a), TyKind::Option(b) | TyKind::Maybe(b)) => {
                a == b || self.may_be_equal(a, b)
            }
            (TyKind::Option(inner) | TyKind::Maybe(inner), _) => self.may_be_equal(inner, b),
            (_, TyKind::Option(inner) | TyKind::Maybe(inner)) => self.may_be_equal(a, inner),
            (TyKind::Json, _) | (_, TyKind::Json) => true,
            (TyKind::Unit, TyKind::Unit) => true,
            (TyKind::Int | TyKind::Number, TyKind::Int | TyKind::Number) => true,
            (TyKind::Union(members), _) => members.iter().any(|m| self.may_be_equal(*m, b)),
            (_, TyKind::Union(members)) => members.iter().any(|m| self.may_be_equal(a, *m)),
            (TyKind::Array(x), TyKind::Array(y)) => self.may_be_equal(x, y),
            (TyKind::Array(x), TyKind::Tuple(items)) | (TyKind::Tuple(items), TyKind::Array(x)) => {
                items.iter().all(|item| self.may_be_equal(x, *item))
            }
            (TyKind::Tuple(x), TyKind::Tuple(y)) => {
                x.len() == y.len()
                    && x.iter()
                        .zip(y.iter())
                        .all(|(x, y)| self.may_be_equal(*x, *y))
            }
            (TyKind::Object(_) | TyKind::Struct(..), TyKind::Object(_) | TyKind::Struct(..)) => {
                self.how(a, b).is_some() || self.how(b, a).is_some()
            }
            (TyKind::Result(t, e), TyKind::Result(u, f)) => {
                self.may_be_equal(t, u) && self.may_be_equal(e, f)
            }
            _ => self.unify(a, b),
        }
    }

    fn logical(&mut self, op: BinOp, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        let shown = narrowings(a, op == BinOp::And);
        let a = self.condition(a);
        let (b, after) = self.branch(&shown, |this| this.condition(b));
        self.may_have_run(after);
        let constant = |value| Expr {
            kind: ExprKind::Bool(value),
            ty: Ty::BOOL,
            span,
        };
        let kind = if op == BinOp::And {
            ExprKind::If(Box::new(a), Box::new(b), Some(Box::new(constant(false))))
        } else {
            ExprKind::If(Box::new(a), Box::new(constant(true)), Some(Box::new(b)))
        };
        Expr {
            kind,
            ty: Ty::BOOL,
            span,
        }
    }

    /// `a ?? b`.
    fn coalesce(&mut self, a: &ast::Expr, b: &ast::Expr, span: Span, expected: Option<Ty>) -> Expr {
        let optional = expected.map(|ty| self.option(ty));
        let a = self.expr(a, optional);
        let inner = match self.kind(a.ty) {
            TyKind::Option(inner) | TyKind::Maybe(inner) => inner,
            TyKind::Json => Ty::JSON,
            TyKind::Result(ok, _) => return self.coalesce_result(a, ok, b, span),
            _ => {
                // Nothing to choose: `a` is always there.
                self.expr(b, Some(a.ty));
                return a;
            }
        };
        let (b, after) = self.branch(&[], |this| this.expr(b, Some(inner)));
        self.may_have_run(after);
        let ty = self.join(inner, b.ty);
        let (temp, init) = self.keep(a);
        let test = op_expr(
            Op::IsNone,
            vec![self.local_expr(temp, span)],
            Ty::BOOL,
            span,
        );
        let found = self.local_expr(temp, span);
        let found = if inner == Ty::JSON {
            found
        } else {
            unboxed(found, inner)
        };
        let (found, b) = (self.coerce(found, ty, ""), self.coerce(b, ty, ""));
        let choice = Expr {
            kind: ExprKind::If(Box::new(test), Box::new(b), Some(Box::new(found))),
            ty,
            span,
        };
        self.sequence(vec![init], choice)
    }

    fn coalesce_result(&mut self, a: Expr, ok: Ty, b: &ast::Expr, span: Span) -> Expr {
        let (b, after) = self.branch(&[], |this| this.expr(b, Some(ok)));
        self.may_have_run(after);
        let ty = self.join(ok, b.ty);
        let (temp, init) = self.keep(a);
        let test = op_expr(Op::IsErr, vec![self.local_expr(temp, span)], Ty::BOOL, span);
        let found = op_expr(Op::OkValue, vec![self.local_expr(temp, span)], ok, span);
        let (found, b) = (self.coerce(found, ty, ""), self.coerce(b, ty, ""));
        let choice = Expr {
            kind: ExprKind::If(Box::new(test), Box::new(b), Some(Box::new(found))),
            ty,
            span,
        };
        self.sequence(vec![init], choice)
    }

    /// `!operand` where its type has its own; else the operand as a condition.
    fn negated(&mut self, operand: &ast::Expr, span: Span) -> Result<Expr, Expr> {
        let value = self.expr(operand, Some(Ty::BOOL));
        match self.own_prefix("Not", &value, span) {
            Some(call) => Ok(call),
            None => Err(self.as_condition(value)),
        }
    }

    pub(crate) fn unary(&mut self, op: UnOp, operand: &ast::Expr, span: Span) -> Expr {
        if op == UnOp::Not {
            let operand = match self.negated(operand, span) {
                Ok(own) => return own,
                Err(operand) => operand,
            };
            return op_expr(Op::Not, vec![operand], Ty::BOOL, span);
        }
        let operand = self.expr(operand, None);
        if op == UnOp::Neg
            && let Some(call) = self.own_prefix("Neg", &operand, span)
        {
            return call;
        }
        let operand = self.settled(operand);
        let chosen = match (op, self.kind(operand.ty)) {
            (_, TyKind::Wrong | TyKind::Never) => return operand,
            (UnOp::Neg, TyKind::Int) => Some((Op::NegI, Ty::INT)),
            (UnOp::Neg, TyKind::Duration) => Some((Op::NegI, Ty::DURATION)),
            (UnOp::Neg, TyKind::Number) => Some((Op::NegN, Ty::NUMBER)),
            (UnOp::BitNot, TyKind::Int) => Some((Op::NotI, Ty::INT)),
            _ => None,
        };
        match (chosen, &operand.kind) {
            // Literals are negated here and now; this is also how the least int is written.
            (Some((Op::NegI, ty)), ExprKind::Int(int)) if *int != i64::MIN => Expr {
                kind: ExprKind::Int(-int),
                ty,
                span,
            },
            (Some((Op::NegN, ty)), ExprKind::Number(number)) => Expr {
                kind: ExprKind::Number(-number),
                ty,
                span,
            },
            (Some((op, ty)), _) => op_expr(op, vec![operand], ty, span),
            (None, _) => {
                let sign = if op == UnOp::Neg { "-" } else { "~" };
                let ty = self.show(operand.ty);
                self.error(
                    "E0204",
                    span,
                    format!("type mismatch: operator `{sign}` cannot be used on `{ty}`"),
                );
                self.wrong(span)
            }
        }
    }
}

/// An operator with its operands.
pub(crate) fn op_expr(op: Op, operands: Vec<Expr>, ty: Ty, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Op(op, operands),
        ty,
        span,
    }
}

/// A boxed value that is known to be an `inner`.
pub(crate) fn unboxed(value: Expr, inner: Ty) -> Expr {
    let span = value.span;
    Expr {
        kind: ExprKind::Unbox(Box::new(value)),
        ty: inner,
        span,
    }
}
