//! Operators, by precedence climbing.

use super::{P, Parser};
use crate::ast::{BinOp, Expr, ExprKind, Lit, UnOp};
use crate::lexer::{IntLit, T, TERNARY, Token};
use crate::{Diagnostic, Span, codes};

/// How tightly an operator binds, from `=` up to the prefix operators.
pub(crate) mod level {
    pub const ASSIGN: u8 = 1;
    pub const PIPE: u8 = 2;
    pub const TERNARY: u8 = 3;
    pub const COALESCE: u8 = 4;
    pub const CONTEXT: u8 = 5;
    pub const OR: u8 = 6;
    pub const AND: u8 = 7;
    pub const BIT_OR: u8 = 8;
    pub const BIT_XOR: u8 = 9;
    pub const BIT_AND: u8 = 10;
    pub const COMPARE: u8 = 11;
    pub const RANGE: u8 = 12;
    pub const ADD: u8 = 13;
    pub const SHIFT: u8 = 14;
    pub const MUL: u8 = 15;
    pub const POW: u8 = 16;
    pub const PREFIX: u8 = 17;
}

/// The level of a binary operator.
pub(crate) fn binary_level(op: BinOp) -> u8 {
    match op {
        BinOp::Pipe => level::PIPE,
        BinOp::Coalesce => level::COALESCE,
        BinOp::Context => level::CONTEXT,
        BinOp::Or => level::OR,
        BinOp::And => level::AND,
        BinOp::BitOr => level::BIT_OR,
        BinOp::BitXor => level::BIT_XOR,
        BinOp::BitAnd => level::BIT_AND,
        BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => level::COMPARE,
        BinOp::Add | BinOp::Sub => level::ADD,
        BinOp::Shl | BinOp::Shr => level::SHIFT,
        BinOp::Mul | BinOp::Div | BinOp::Rem => level::MUL,
        BinOp::Pow => level::POW,
    }
}

fn binary_op(kind: T) -> Option<BinOp> {
    Some(match kind {
        T::Plus => BinOp::Add,
        T::Minus => BinOp::Sub,
        T::Star => BinOp::Mul,
        T::Slash => BinOp::Div,
        T::Percent => BinOp::Rem,
        T::StarStar => BinOp::Pow,
        T::Amp => BinOp::BitAnd,
        T::Pipe => BinOp::BitOr,
        T::Caret => BinOp::BitXor,
        T::LtLt => BinOp::Shl,
        T::GtGt => BinOp::Shr,
        T::EqEq => BinOp::Eq,
        T::BangEq => BinOp::Ne,
        T::Lt => BinOp::Lt,
        T::LtEq => BinOp::Le,
        T::Gt => BinOp::Gt,
        T::GtEq => BinOp::Ge,
        T::AmpAmp | T::KwAnd => BinOp::And,
        T::PipePipe | T::KwOr => BinOp::Or,
        T::QuestionQuestion => BinOp::Coalesce,
        T::BangBang => BinOp::Context,
        T::PipeGt => BinOp::Pipe,
        _ => return None,
    })
}

/// The operator of a compound assignment; `Some(None)` for `=`.
fn assign_op(kind: T) -> Option<Option<BinOp>> {
    Some(match kind {
        T::Eq => None,
        T::PlusEq => Some(BinOp::Add),
        T::MinusEq => Some(BinOp::Sub),
        T::StarEq => Some(BinOp::Mul),
        T::SlashEq => Some(BinOp::Div),
        T::PercentEq => Some(BinOp::Rem),
        T::StarStarEq => Some(BinOp::Pow),
        T::AmpEq => Some(BinOp::BitAnd),
        T::PipeEq => Some(BinOp::BitOr),
        T::CaretEq => Some(BinOp::BitXor),
        T::LtLtEq => Some(BinOp::Shl),
        T::GtGtEq => Some(BinOp::Shr),
        _ => return None,
    })
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> P<Expr> {
        self.expr_at(level::ASSIGN)
    }

    /// An expression whose operators bind at least as tightly as `min`.
    pub(super) fn expr_at(&mut self, min: u8) -> P<Expr> {
        self.nested(|parser| {
            let left = parser.prefix()?;
            parser.climb(left, min)
        })
    }

    /// Adds the operators that follow `left`.
    pub(super) fn climb(&mut self, mut left: Expr, min: u8) -> P<Expr> {
        loop {
            let token = self.token();
            let kind = token.kind;
            if let Some(op) = binary_op(kind) {
                let op_level = binary_level(op);
                if op_level < min || self.starts_next_arm() || self.starts_closure() {
                    return Ok(left);
                }
                left = self.binary(left, op, op_level)?;
            } else if let Some(op) = assign_op(kind) {
                if level::ASSIGN < min {
                    return Ok(left);
                }
                left = self.assign(left, op)?;
            } else if kind == T::Question && token.flags & TERNARY != 0 && level::TERNARY >= min {
                left = self.ternary(left)?;
            } else if matches!(kind, T::DotDot | T::DotDotEq) && level::RANGE >= min {
                left = self.range(left)?;
            } else {
                return Ok(left);
            }
        }
    }

    fn binary(&mut self, left: Expr, op: BinOp, op_level: u8) -> P<Expr> {
        let op_span = self.span();
        self.bump();
        let right = if op == BinOp::Pow {
            self.expr_at(op_level)?
        } else {
            let right = self.prefix()?;
            self.climb(right, op_level + 1)?
        };
        self.grow()?;
        let span = left.span.to(right.span);
        let kind = ExprKind::Binary(op, op_span, Box::new(left), Box::new(right));
        Ok(Expr { kind, span })
    }

    fn assign(&mut self, left: Expr, op: Option<BinOp>) -> P<Expr> {
        self.bump();
        if !is_assignable(&left.kind) {
            let message = "the left side of this assignment cannot be assigned to";
            let diagnostic = Diagnostic::error(codes::NOT_ASSIGNABLE, left.span, message);
            self.report(match op {
                None => diagnostic.help("write `==` to compare"),
                Some(_) => diagnostic.help("assign to a variable, a field or an element"),
            });
        }
        let right = self.expr_at(level::ASSIGN)?;
        self.grow()?;
        let span = left.span.to(right.span);
        Ok(Expr {
            kind: ExprKind::Assign(op, Box::new(left), Box::new(right)),
            span,
        })
    }

    fn ternary(&mut self, cond: Expr) -> P<Expr> {
        self.bump();
        // Both branches are as wide as they can be: `c ? a : b |> f` pipes the whole.
        let yes = self.expr_at(level::TERNARY)?;
        self.expect(T::Colon)?;
        let no = self.expr_at(level::TERNARY)?;
        self.grow()?;
        let span = cond.span.to(no.span);
        let kind = ExprKind::Ternary(Box::new(cond), Box::new(yes), Box::new(no));
        Ok(Expr { kind, span })
    }

    /// `left..`, `left..right`, `left..=right`.
    fn range(&mut self, left: Expr) -> P<Expr> {
        let start = left.span;
        let inclusive = self.bump().kind == T::DotDotEq;
        let right = self.range_end(inclusive)?;
        self.grow()?;
        let kind = ExprKind::Range(Some(Box::new(left)), right.map(Box::new), inclusive);
        let range = Expr {
            kind,
            span: self.span_from(start),
        };
        if matches!(self.kind(), T::DotDot | T::DotDotEq) {
            return Err(self.unexpected("the end of the range"));
        }
        Ok(range)
    }

    fn range_end(&mut self, required: bool) -> P<Option<Expr>> {
        let follows = self.starts_operand() && !self.newline_before();
        if !follows && !required {
            return Ok(None);
        }
        self.expr_at(level::ADD).map(Some)
    }

    /// A prefix operator with its operand, or a postfix expression.
    pub(super) fn prefix(&mut self) -> P<Expr> {
        let start = self.span();
        match self.kind() {
            T::Minus => self.negation(start),
            T::Bang => self.unary(UnOp::Not, start),
            T::Tilde => self.unary(UnOp::BitNot, start),
            T::BangBang => {
                let token = self.bump();
                let inner_start = Span::new(self.file, token.start + 1, token.end);
                let inner = self.operand(UnOp::Not, inner_start)?;
                self.grow()?;
                let span = self.span_from(start);
                Ok(Expr {
                    kind: ExprKind::Unary(UnOp::Not, Box::new(inner)),
                    span,
                })
            }
            T::Amp => {
                self.bump();
                self.eat(T::KwMut);
                let inner = self.nested(Self::prefix)?;
                let span = self.span_from(start);
                Ok(Expr {
                    kind: ExprKind::Ref(Box::new(inner)),
                    span,
                })
            }
            T::DotDot | T::DotDotEq => {
                let inclusive = self.bump().kind == T::DotDotEq;
                let right = self.range_end(inclusive)?;
                let kind = ExprKind::Range(None, right.map(Box::new), inclusive);
                Ok(Expr {
                    kind,
                    span: self.span_from(start),
                })
            }
            T::KwTry => {
                self.bump();
                // What it catches ends where the context of the caught error begins.
                let inner = self.expr_at(level::OR)?;
                let span = self.span_from(start);
                Ok(Expr {
                    kind: ExprKind::Try(Box::new(inner)),
                    span,
                })
            }
            T::KwAwait | T::KwAsync => Err(self.unsupported(self.kind().text())),
            _ => {
                let primary = self.primary()?;
                self.postfix(primary)
            }
        }
    }

    fn unary(&mut self, op: UnOp, start: Span) -> P<Expr> {
        self.bump();
        self.operand(op, start)
    }

    fn operand(&mut self, op: UnOp, start: Span) -> P<Expr> {
        let inner = self.nested(Self::prefix)?;
        let span = self.span_from(start);
        Ok(Expr {
            kind: ExprKind::Unary(op, Box::new(inner)),
            span,
        })
    }

    fn negation(&mut self, start: Span) -> P<Expr> {
        self.bump();
        if self.at(T::Int) {
            let literal = self.int_of(self.token());
            if literal.magnitude == 1 << 63 && literal.suffix.is_none() && !self.postfix_follows(1)
            {
                // `9223372036854775808` alone is no `int`, so this is one literal.
                self.bump();
                let span = self.span_from(start);
                return Ok(Expr {
                    kind: ExprKind::Lit(Lit::Int(i64::MIN)),
                    span,
                });
            }
            if literal.suffix.is_some() {
                return self.negated_suffix(start, literal);
            }
        }
        self.operand(UnOp::Neg, start)
    }

    /// `-128i8`: the range check sees the sign.
    fn negated_suffix(&mut self, start: Span, literal: IntLit) -> P<Expr> {
        let index = self.token().data as usize;
        if let Some(suffix) = literal.suffix {
            let value = (literal.magnitude as i64).wrapping_neg();
            if value < suffix.min || literal.magnitude > 1 << 63 {
                let span = start.to(self.span());
                let text = &self.text[span.start as usize..span.end as usize];
                self.report(crate::lexer::int_range(span, text, Some(suffix)));
                self.tables.ints[index].magnitude = 0;
            } else if literal.magnitude == 1 << 63 && !self.postfix_follows(1) {
                self.bump();
                let span = self.span_from(start);
                return Ok(Expr {
                    kind: ExprKind::Lit(Lit::Int(i64::MIN)),
                    span,
                });
            }
        }
        self.tables.ints[index].suffix = None;
        self.operand(UnOp::Neg, start)
    }

    fn postfix_follows(&self, ahead: usize) -> bool {
        match self.kind_at(ahead) {
            T::Dot | T::QuestionDot | T::KwAs => true,
            T::LParen | T::LBracket => self.same_line(ahead),
            _ => false,
        }
    }

    /// Whether a new line starts a closure as a statement of its own: `|| {` or `|x|`. Other lines
    /// that begin with these signs go on with the expression before them.
    fn starts_closure(&self) -> bool {
        self.newline_before()
            && match self.kind() {
                T::PipePipe => self.kind_at(1) == T::LBrace && self.same_line(1),
                T::Pipe => {
                    self.kind_at(1) == T::Ident
                        && matches!(self.kind_at(2), T::Pipe | T::Comma | T::Colon)
                }
                _ => false,
            }
    }

    /// Inside a match arm, whether a new line starts the pattern `-1`.
    fn starts_next_arm(&self) -> bool {
        self.in_arm
            && self.at(T::Minus)
            && self.newline_before()
            && matches!(self.kind_at(1), T::Int | T::Number | T::Duration)
            && (matches!(
                self.kind_at(2),
                T::FatArrow | T::Pipe | T::DotDot | T::DotDotEq | T::KwIf
            ) || self.tokens.get(self.pos + 2).is_some_and(|token: &Token| {
                token.kind == T::Ident && self.text_of(*token) == "where"
            }))
    }
}

fn is_assignable(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::Path(_)
            | ExprKind::Field(..)
            | ExprKind::Index(..)
            | ExprKind::Array(_)
            | ExprKind::Object(_)
            | ExprKind::Error
    )
}
