//! What follows an operand: fields, calls, indexes, `?` and `as`.

use super::recovery::quoted;
use super::{Failed, P, Parser};
use crate::ast::{Arg, Expr, ExprKind, Ident};
use crate::lexer::{NO_CLOSE, T, TERNARY};
use crate::{Diagnostic, codes};

impl Parser<'_> {
    /// Adds the postfix operators that follow `left`.
    pub(super) fn postfix(&mut self, mut left: Expr) -> P<Expr> {
        loop {
            let start = left.span;
            let kind = match self.kind() {
                T::Dot | T::QuestionDot => self.member(left)?,
                T::LParen if !self.newline_before() => {
                    let args = self.nested(Self::args)?;
                    ExprKind::Call(Box::new(left), args)
                }
                T::LBracket if !self.newline_before() => {
                    let index = self.index()?;
                    ExprKind::Index(Box::new(left), Box::new(index))
                }
                T::Question if self.token().flags & TERNARY == 0 => {
                    self.bump();
                    ExprKind::Question(Box::new(left))
                }
                T::KwAs => {
                    self.bump();
                    let ty = self.cast_type()?;
                    ExprKind::Cast(Box::new(left), ty)
                }
                _ => return Ok(left),
            };
            self.grow()?;
            left = Expr {
                kind,
                span: self.span_from(start),
            };
        }
    }

    fn member(&mut self, left: Expr) -> P<ExprKind> {
        let optional = self.bump().kind == T::QuestionDot;
        let name = self.member_name()?;
        if self.at(T::LParen) && !self.newline_before() {
            let args = self.nested(Self::args)?;
            return Ok(ExprKind::MethodCall(Box::new(left), name, args, optional));
        }
        Ok(ExprKind::Field(Box::new(left), name, optional))
    }

    /// A name after `.` or `::`, where reserved words are names too.
    pub(super) fn member_name(&mut self) -> P<Ident> {
        let token = self.token();
        // A keyword on a new line starts a statement.
        let starts_statement = token.kind.is_keyword() && token.newline_before();
        if !token.kind.is_word() || starts_statement {
            return Err(self.unexpected("a name"));
        }
        self.bump();
        Ok(self.ident_of(token))
    }

    fn index(&mut self) -> P<Expr> {
        let open = self.pos;
        self.bump();
        let index = if self.at(T::RBracket) {
            Err(self.unexpected("an index"))
        } else {
            self.in_brackets(Self::expr)
        };
        self.close_after(open, T::RBracket, index)
    }

    /// Passes the end of the brackets that `open` starts, after the one thing `inner` in them.
    pub(super) fn close_after(&mut self, open: usize, close: T, inner: P<Expr>) -> P<Expr> {
        let inner = match inner {
            Ok(inner) if self.eat(close) => return Ok(inner),
            Ok(inner) => {
                if self.tokens[open].data == NO_CLOSE {
                    return Err(self.unclosed(open));
                }
                let _ = self.unexpected(&quoted(close));
                inner
            }
            Err(Failed) => Expr {
                kind: ExprKind::Error,
                span: self.span_of(self.tokens[open]),
            },
        };
        let end = self.tokens[open].data;
        if end == NO_CLOSE || self.pos > end as usize {
            return Err(Failed);
        }
        self.pos = end as usize + 1;
        Ok(inner)
    }

    /// `(a, b: 2)`.
    pub(super) fn args(&mut self) -> P<Vec<Arg>> {
        let open = self.pos;
        self.bump();
        self.list(open, T::RParen, Self::arg)
    }

    fn arg(&mut self) -> P<Arg> {
        if self.at(T::DotDotDot) {
            let message = "`...` in the arguments of a call is not supported yet";
            return Err(self.fail(
                Diagnostic::error(codes::UNSUPPORTED, self.span(), message)
                    .help("give the elements one by one, or change the function to take an array"),
            ));
        }
        let name = if self.kind().is_word() && self.kind_at(1) == T::Colon {
            let token = self.bump();
            self.bump();
            Some(self.ident_of(token))
        } else {
            None
        };
        let value = self.expr()?;
        Ok(Arg { name, value })
    }
}
