//! Statements and where they end.

use super::{Failed, P, Parser};
use crate::ast::{Binding, Expr, ExprKind, Let, Pat, Stmt, StmtKind, TypeExpr, TypeExprKind};
use crate::lexer::{NO_CLOSE, T, TERNARY};
use crate::{Diagnostic, codes};

impl Parser<'_> {
    /// Statements up to `close`, which stays. `open` is the bracket that `close` belongs to.
    pub(super) fn statements(&mut self, close: T, open: usize) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        loop {
            while self.eat(T::Semi) {}
            if self.at(close) || self.at(T::Eof) {
                return stmts;
            }
            if self.kind().is_closer() {
                if close == T::RBrace && self.tokens[open].data == NO_CLOSE
                    || matches!(self.kind(), T::HoleClose | T::InterpClose)
                {
                    return stmts;
                }
                self.stray_closer();
                continue;
            }
            let start = self.pos;
            match self.stmt() {
                Ok(stmt) => {
                    let complete = ends_in_block(&stmt);
                    stmts.push(stmt);
                    self.end_of_statement(complete, start);
                }
                Err(Failed) => self.skip_statement(start),
            }
            if self.pos == start {
                // Whatever went wrong, the text must be passed.
                self.bump();
            }
        }
    }

    fn stray_closer(&mut self) {
        let sign = self.kind().text();
        let message = format!("this `{sign}` closes nothing");
        let _ = self.fail(
            Diagnostic::error(codes::STRAY_CLOSE, self.span(), message).help(format!(
                "remove it, or add the opening bracket of this `{sign}`"
            )),
        );
        self.bump();
    }

    /// Complains when the next statement starts on the same line.
    fn end_of_statement(&mut self, complete: bool, start: usize) {
        if complete || self.newline_before() {
            return;
        }
        match self.kind() {
            T::Semi | T::Eof => {}
            kind if kind.is_closer() => {}
            kind => {
                self.missing_separator(start);
                let starts_clearly =
                    kind.is_keyword() && !self.at(T::KwElse) && self.starts_clearly();
                if !starts_clearly {
                    self.skip_statement(start);
                }
            }
        }
    }

    fn starts_clearly(&self) -> bool {
        matches!(
            self.kind(),
            T::KwLet
                | T::KwVar
                | T::KwConst
                | T::KwFn
                | T::KwFunction
                | T::KwType
                | T::KwEnum
                | T::KwReturn
                | T::KwFor
                | T::KwWhile
                | T::KwIf
                | T::KwMatch
                | T::KwLoop
                | T::KwPub
                | T::KwUse
                | T::KwMod
        )
    }

    fn missing_separator(&mut self, start: usize) {
        let found = self.describe(self.token());
        let ternary_like = self.tokens[start..self.pos]
            .iter()
            .rev()
            .take(64)
            .any(|token| token.kind == T::Question && token.flags & TERNARY == 0);
        let message = format!("expected a new line or `;`, found {found}");
        let diagnostic = Diagnostic::error(codes::SEPARATOR, self.span(), message);
        let help = if let Some(hint) = self.hint() {
            hint
        } else if ternary_like {
            "the `:` of `c ? a : b` stands on the line of its `?`".to_owned()
        } else {
            "write each statement on its own line, or put `;` between them".to_owned()
        };
        let _ = self.fail(diagnostic.help(help));
    }

    fn stmt(&mut self) -> P<Stmt> {
        let start = self.span();
        let kind = match self.kind() {
            T::KwLet | T::KwVar | T::KwConst => self.binding(false)?,
            kind if self.starts_item(kind) => self.nested(Self::item)?,
            _ => StmtKind::Expr(Box::new(self.statement_expr()?)),
        };
        Ok(Stmt {
            kind,
            span: self.span_from(start),
        })
    }

    /// `let pat: T = value`, `let mut`, `var`, `const`.
    pub(super) fn binding(&mut self, public: bool) -> P<StmtKind> {
        let word = self.bump().kind;
        let binding = match word {
            T::KwVar => Binding::Mut,
            T::KwConst => Binding::Const,
            _ if self.eat(T::KwMut) => Binding::Mut,
            _ => Binding::Let,
        };
        let pat = self.binding_pattern()?;
        let ty = if self.eat(T::Colon) {
            Some(self.type_or_skip())
        } else {
            None
        };
        let init = self.initializer(&pat, word)?;
        Ok(StmtKind::Let(Box::new(Let {
            binding,
            pat,
            ty,
            init,
            public,
        })))
    }

    /// A type; when it makes no sense, what stands in front of the `=` is skipped.
    fn type_or_skip(&mut self) -> TypeExpr {
        let start = self.span();
        self.type_expr().unwrap_or_else(|Failed| {
            while !matches!(self.kind(), T::Eq | T::Semi | T::Eof)
                && !self.kind().is_closer()
                && !self.newline_before()
            {
                self.skip_tree();
            }
            TypeExpr {
                kind: TypeExprKind::Error,
                span: self.span_from(start),
            }
        })
    }

    /// `= value`. The name stays bound when the value makes no sense, so that its uses are quiet.
    fn initializer(&mut self, pat: &Pat, word: T) -> P<Expr> {
        let start = self.pos;
        if !self.eat(T::Eq) {
            self.no_value(pat, word);
            return Ok(self.error_expr(self.here()));
        }
        match self.expr() {
            Ok(init) => Ok(init),
            Err(Failed) => {
                let span = self.here();
                self.skip_statement(start);
                // What is skipped ends the statement.
                self.reported_at = self.pos;
                Ok(Expr {
                    kind: ExprKind::Error,
                    span,
                })
            }
        }
    }

    fn no_value(&mut self, pat: &Pat, word: T) {
        let ends = self.newline_before()
            || matches!(self.kind(), T::Semi | T::Eof)
            || self.kind().is_closer();
        if !ends {
            let _ = self.unexpected("`=`");
            let start = self.pos;
            self.skip_statement(start);
            self.reported_at = self.pos;
            return;
        }
        let word = word.text();
        let name = &self.text[pat.span.start as usize..pat.span.end as usize];
        let message = format!("`{word}` needs a value");
        let diagnostic = Diagnostic::error(codes::NO_VALUE, pat.span, message).help(format!(
            "write `{word} {name} = value`; `None` stands for no value yet"
        ));
        let _ = self.fail(diagnostic);
    }
}

/// Whether the statement ends in a `}` of its own, so that another one may follow on the line.
fn ends_in_block(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Fn(_)
        | StmtKind::Enum(_)
        | StmtKind::Trait(_)
        | StmtKind::Impl(_)
        | StmtKind::Mod(_) => true,
        StmtKind::Type(decl) => matches!(decl.kind, crate::ast::TypeDeclKind::Record(_)),
        StmtKind::Let(_) | StmtKind::Use(_) => false,
        StmtKind::Expr(expr) => matches!(
            expr.kind,
            ExprKind::If(..)
                | ExprKind::Match(..)
                | ExprKind::While(..)
                | ExprKind::Loop(_)
                | ExprKind::For(..)
                | ExprKind::Block(_)
                | ExprKind::Error
        ),
    }
}
