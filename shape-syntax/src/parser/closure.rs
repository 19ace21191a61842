//! Parameters, and functions without a name.

use super::expr::level;
use super::{P, Parser};
use crate::ast::{Expr, ExprKind, FnDecl, Ident, Param, Pat, PatKind, TypeExpr, TypeExprKind};
use crate::lexer::T;
use crate::{Diagnostic, Span, codes};
use std::rc::Rc;

/// Where a parameter stands: between bars, `|` ends it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Bars,
    Parens,
}

impl Parser<'_> {
    /// `|a, b: int = 2| body`, `|| body`, `|x| -> int { body }`.
    pub(super) fn bar_closure(&mut self) -> P<ExprKind> {
        let start = self.span();
        let params = if self.eat(T::PipePipe) {
            Vec::new()
        } else {
            self.bar_params()?
        };
        let ret = self.return_type()?;
        let head = self.span_from(start);
        let empty_block = self.at(T::LBrace) && self.kind_at(1) == T::RBrace;
        let body = if ret.is_some() {
            self.body("closure")?
        } else if empty_block && !self.no_struct {
            // `|| {}` does nothing; the empty object is `|| ({})`.
            self.block_expr()?
        } else {
            self.expr()?
        };
        Ok(self.closure(head, params, ret, body))
    }

    fn bar_params(&mut self) -> P<Vec<Param>> {
        self.bump();
        let mut params = Vec::new();
        while !self.at(T::Pipe) {
            params.push(self.param(Place::Bars)?);
            if !self.at(T::Pipe) && !self.eat(T::Comma) {
                return Err(self.unexpected("`,` or `|`"));
            }
        }
        self.bump();
        Ok(params)
    }

    /// `fn(x) { body }`.
    pub(super) fn fn_closure(&mut self) -> P<ExprKind> {
        let start = self.span();
        self.bump();
        if self.kind().is_word() {
            let message = "a function with a name cannot stand here";
            return Err(self.fail(
                Diagnostic::error(codes::UNEXPECTED, self.span(), message)
                    .help("leave the name out, or declare the function on a line of its own"),
            ));
        }
        let params = self.params()?;
        let ret = self.return_type()?;
        let head = self.span_from(start);
        let body = self.body("fn")?;
        Ok(self.closure(head, params, ret, body))
    }

    fn closure(
        &mut self,
        head: Span,
        params: Vec<Param>,
        ret: Option<TypeExpr>,
        body: Expr,
    ) -> ExprKind {
        ExprKind::Closure(Rc::new(FnDecl {
            name: Ident {
                name: self.intern("closure"),
                span: head,
            },
            doc: None,
            public: false,
            generics: Vec::new(),
            bounds: Vec::new(),
            params,
            ret,
            body,
            head,
        }))
    }

    /// `(a, b: int = 2)`.
    pub(super) fn params(&mut self) -> P<Vec<Param>> {
        let open = self.pos;
        self.expect(T::LParen)?;
        self.list(open, T::RParen, Self::paren_param)
    }

    /// A parameter between parentheses.
    pub(super) fn paren_param(&mut self) -> P<Param> {
        self.param(Place::Parens)
    }

    fn param(&mut self, place: Place) -> P<Param> {
        let mut reference = self.eat(T::Amp);
        if reference {
            self.eat(T::KwMut);
        }
        let mut remaining = false;
        if self.at(T::DotDotDot) {
            let message = "a parameter that takes the remaining arguments is not supported yet";
            self.report(
                Diagnostic::error(codes::UNSUPPORTED, self.span(), message)
                    .help("take an array: `f([1, 2, 3])`"),
            );
            self.bump();
            remaining = true;
        }
        let mut pat = self.binding_pattern()?;
        if remaining && let PatKind::Bind(name, _) = &pat.kind {
            // It has its name, and is no parameter that a call could give.
            let error = Pat {
                kind: PatKind::Error,
                span: pat.span,
            };
            pat.kind = PatKind::At(name.clone(), Box::new(error));
        }
        let mut ty = match self.eat(T::Colon) {
            false => None,
            true if place == Place::Bars => Some(self.narrow_type()?),
            true => Some(self.type_expr()?),
        };
        let default = match self.eat(T::Eq) {
            false => None,
            true if place == Place::Bars => Some(self.expr_at(level::BIT_XOR)?),
            true => Some(self.expr()?),
        };
        // `x: &T` is `&x: T`.
        while let Some(TypeExpr {
            kind: TypeExprKind::Ref(inner),
            ..
        }) = ty
        {
            reference = true;
            ty = Some(*inner);
        }
        Ok(Param {
            pat,
            reference,
            ty,
            default,
        })
    }

    /// `-> T`; the `: T` of TypeScript is reported and taken as one.
    pub(super) fn return_type(&mut self) -> P<Option<TypeExpr>> {
        if self.at(T::Colon) {
            let message = "the type of the result stands after `->`";
            let _ = self.fail(
                Diagnostic::error(codes::WRONG_SPELLING, self.span(), message)
                    .help("write `-> T` in place of `: T`"),
            );
            self.bump();
            return self.type_expr().map(Some);
        }
        if self.eat(T::Arrow) {
            self.type_expr().map(Some)
        } else {
            Ok(None)
        }
    }
}
