//! Interpolated strings.

use super::{Failed, P, Parser};
use crate::ast::{Expr, ExprKind, Format, InterpPart};
use crate::lexer::T;
use crate::{Diagnostic, codes};

impl Parser<'_> {
    /// `f"text {value} {value:format}"`.
    pub(super) fn interp(&mut self) -> P<ExprKind> {
        self.bump();
        let mut parts = Vec::new();
        loop {
            let token = self.token();
            match token.kind {
                T::InterpText => {
                    self.bump();
                    let text = self.tables.strings[token.data as usize].clone();
                    if !text.is_empty() {
                        parts.push(InterpPart::Text(text));
                    }
                }
                T::HoleOpen => parts.push(self.hole()),
                T::InterpClose => {
                    self.bump();
                    return Ok(ExprKind::Interp(parts));
                }
                _ => return Err(self.unexpected("the end of the string")),
            }
        }
    }

    fn hole(&mut self) -> InterpPart {
        let open = self.pos;
        let span = self.span();
        // Every hole has an end: the lexer adds a missing one.
        let end = self.tokens[open].data as usize;
        self.bump();
        let part = self.in_brackets(Self::hole_content);
        let part = part.and_then(|part| {
            if self.at(T::HoleClose) {
                Ok(part)
            } else {
                Err(self.unexpected("`}`"))
            }
        });
        self.pos = end.max(self.pos);
        self.eat(T::HoleClose);
        part.unwrap_or_else(|Failed| {
            let span = self.span_from(span);
            let expr = Expr {
                kind: ExprKind::Error,
                span,
            };
            InterpPart::Expr(Box::new(expr), None)
        })
    }

    fn hole_content(&mut self) -> P<InterpPart> {
        if self.at(T::HoleClose) {
            let message = "this interpolation holds no value";
            let span = self.span_of(self.prev()).to(self.span());
            return Err(self.fail(
                Diagnostic::error(codes::BAD_INTERPOLATION, span, message)
                    .help("write a value between the braces, or `\\{\\}` for braces in the text"),
            ));
        }
        let value = self.expr()?;
        let format = if self.eat(T::Colon) {
            Some(self.format()?)
        } else {
            None
        };
        Ok(InterpPart::Expr(Box::new(value), format))
    }

    fn format(&mut self) -> P<Format> {
        if !self.kind().is_word() {
            return Err(self.fail(
                Diagnostic::error(codes::BAD_INTERPOLATION, self.span(), "unknown format")
                    .help("a format is a name with arguments, as in `{price:fixed(2)}`"),
            ));
        }
        let name = self.member_name()?;
        let mut args = Vec::new();
        if self.at(T::LParen) {
            let open = self.pos;
            self.bump();
            args = self.list(open, T::RParen, Self::signed_literal)?;
        }
        Ok(Format { name, args })
    }
}
