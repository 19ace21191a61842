//! Operands: names, brackets, and what starts with a keyword.

use super::{P, Parser};
use crate::ast::{CompClause, Element, Expr, ExprKind, Ident, Lit, ObjectField, Path};
use crate::lexer::T;
use crate::{Diagnostic, Span, codes};
use std::rc::Rc;

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> P<Expr> {
        let start = self.span();
        let kind = match self.kind() {
            T::Ident => return self.name(),
            T::Int
            | T::Number
            | T::Duration
            | T::Char
            | T::Str
            | T::KwTrue
            | T::KwFalse
            | T::KwNone => ExprKind::Lit(self.literal()?),
            T::InterpOpen => self.nested(Self::interp)?,
            T::LParen => return self.paren(),
            T::LBracket => self.nested(Self::array)?,
            T::LBrace => return self.brace(),
            T::Pipe | T::PipePipe => self.nested(Self::bar_closure)?,
            T::KwFn | T::KwFunction => self.nested(Self::fn_closure)?,
            T::KwSome => ExprKind::Path(self.word_path()),
            T::KwIf => self.nested(Self::if_expr)?,
            T::KwMatch => self.nested(Self::match_expr)?,
            T::KwWhile => self.nested(Self::while_expr)?,
            T::KwLoop => self.nested(Self::loop_expr)?,
            T::KwFor => self.nested(Self::for_expr)?,
            T::KwBreak | T::KwContinue | T::KwReturn => self.nested(Self::jump)?,
            T::Error => {
                // Reported by the lexer; passing it here keeps the rest of the expression.
                self.bump();
                ExprKind::Error
            }
            T::Dot if self.kind_at(1) == T::Int && self.same_line(1) => {
                return Err(self.fail(
                    Diagnostic::error(
                        codes::BAD_NUMBER,
                        self.span(),
                        "a number starts with a digit",
                    )
                    .help(format!(
                        "write `0.{}`",
                        self.text_of(self.tokens[self.pos + 1])
                    )),
                ));
            }
            T::KwElse => return Err(self.stray_else()),
            kind if kind.is_keyword() => return Err(self.keyword_operand()),
            _ => return Err(self.unexpected("an expression")),
        };
        Ok(Expr {
            kind,
            span: self.span_from(start),
        })
    }

    fn stray_else(&mut self) -> super::Failed {
        let message = "this `else` belongs to no `if`";
        self.fail(
            Diagnostic::error(codes::UNEXPECTED, self.span(), message)
                .help("`else` follows the `}` of an `if`"),
        )
    }

    /// A reserved word where a value should stand.
    fn keyword_operand(&mut self) -> super::Failed {
        let token = self.token();
        if token.newline_before() {
            return self.unexpected("an expression");
        }
        let word = token.kind.text();
        let message = format!("expected an expression, found the keyword `{word}`");
        self.fail(
            Diagnostic::error(codes::UNEXPECTED, self.span(), message)
                .label("expected an expression")
                .note(format!(
                    "`{word}` is a reserved word; it can be the name of a field only"
                )),
        )
    }

    /// A path, or a struct literal.
    fn name(&mut self) -> P<Expr> {
        let path = self.path()?;
        let span = path.span;
        if self.at(T::LBrace) && !self.newline_before() && !self.no_struct {
            let fields = self.nested(Self::object_fields)?;
            let span = self.span_from(span);
            return Ok(Expr {
                kind: ExprKind::Struct(path, fields),
                span,
            });
        }
        Ok(Expr {
            kind: ExprKind::Path(path),
            span,
        })
    }

    /// `a::b::c`.
    pub(super) fn path(&mut self) -> P<Path> {
        let token = self.expect(T::Ident)?;
        let mut span = self.span_of(token);
        let mut segments = vec![self.ident_of(token)];
        while self.at(T::ColonColon) && self.kind_at(1).is_word() {
            self.bump();
            segments.push(self.member_name()?);
            span = self.span_from(span);
        }
        if self.at(T::ColonColon) {
            self.bump();
            return Err(self.unexpected("a name"));
        }
        Ok(Path { segments, span })
    }

    /// The current word as a path of one.
    pub(super) fn word_path(&mut self) -> Path {
        let token = self.bump();
        let name = self.ident_of(token);
        let span = name.span;
        Path {
            segments: vec![name],
            span,
        }
    }

    /// `()` or `(e)`.
    fn paren(&mut self) -> P<Expr> {
        let open = self.pos;
        let start = self.span();
        self.bump();
        if self.at(T::RParen) {
            self.bump();
            let span = self.span_from(start);
            return Ok(Expr {
                kind: ExprKind::Lit(Lit::Unit),
                span,
            });
        }
        let inner = self.in_brackets(Self::expr);
        if inner.is_ok() && self.at(T::Comma) {
            let message = "a tuple is written with `[` and `]`";
            let _ = self.fail(
                Diagnostic::error(codes::WRONG_SPELLING, self.span(), message)
                    .help("write `[a, b]`"),
            );
        }
        let mut inner = self.close_after(open, T::RParen, inner)?;
        inner.span = self.span_from(start);
        Ok(inner)
    }

    /// `[a, ...b]` or `[body for x in xs if cond]`.
    fn array(&mut self) -> P<ExprKind> {
        let open = self.pos;
        self.bump();
        let mut clauses = Vec::new();
        let mut elements = self.list(open, T::RBracket, |parser| {
            let element = parser.element()?;
            if parser.at(T::KwFor) {
                parser.comprehension(&mut clauses)?;
            }
            Ok(element)
        })?;
        if clauses.is_empty() {
            return Ok(ExprKind::Array(elements));
        }
        match elements.pop() {
            Some(Element::Item(body)) if elements.is_empty() => {
                Ok(ExprKind::Comprehension(Box::new(body), clauses))
            }
            // The value has been reported.
            None => Ok(ExprKind::Error),
            _ => {
                let message = "a comprehension has one value in front of its `for`";
                let span = self.span_from(self.span_of(self.tokens[open]));
                self.report(
                    Diagnostic::error(codes::UNEXPECTED, span, message)
                        .help("write `[value for x in xs if condition]`"),
                );
                Ok(ExprKind::Error)
            }
        }
    }

    fn element(&mut self) -> P<Element> {
        if self.eat(T::DotDotDot) {
            return Ok(Element::Spread(self.expr()?));
        }
        Ok(Element::Item(self.expr()?))
    }

    fn comprehension(&mut self, clauses: &mut Vec<CompClause>) -> P<()> {
        loop {
            if self.eat(T::KwFor) {
                let pat = self.binding_pattern()?;
                self.expect_in()?;
                clauses.push(CompClause::For(pat, self.expr()?));
            } else if self.eat(T::KwIf) {
                clauses.push(CompClause::If(self.expr()?));
            } else {
                return Ok(());
            }
            self.grow()?;
        }
    }

    /// A `{` where a value should stand: an object or a block.
    fn brace(&mut self) -> P<Expr> {
        let start = self.span();
        if self.no_struct {
            return Err(self.unexpected("an expression"));
        }
        let kind = if self.at_object() || self.kind_at(1) == T::RBrace {
            ExprKind::Object(self.nested(Self::object_fields)?)
        } else {
            ExprKind::Block(self.block()?)
        };
        Ok(Expr {
            kind,
            span: self.span_from(start),
        })
    }

    /// Whether the `{` here starts an object, by what follows it.
    pub(super) fn at_object(&self) -> bool {
        match self.kind_at(1) {
            T::DotDotDot => true,
            T::Str | T::Int => self.kind_at(2) == T::Colon,
            T::LBracket => false,
            T::Ident => matches!(self.kind_at(2), T::Colon | T::Comma),
            kind => kind.is_keyword() && self.kind_at(2) == T::Colon,
        }
    }

    /// `{ a: 1, "b c": 2, ...rest, short }`.
    pub(super) fn object_fields(&mut self) -> P<Vec<ObjectField>> {
        let open = self.pos;
        self.bump();
        self.list(open, T::RBrace, Self::object_field)
    }

    fn object_field(&mut self) -> P<ObjectField> {
        if self.eat(T::DotDotDot) {
            return Ok(ObjectField::Spread(self.expr()?));
        }
        let token = self.token();
        let name = self.field_name()?;
        if self.eat(T::Colon) {
            return Ok(ObjectField::Field(name, self.expr()?));
        }
        if token.kind != T::Ident {
            return Err(self.unexpected("`:`"));
        }
        if self.at(T::Eq) {
            let _ = self.fail(
                Diagnostic::error(codes::UNEXPECTED, self.span(), "expected `:`, found `=`")
                    .help(format!("write `{}: value`", name.name)),
            );
            self.bump();
            return Ok(ObjectField::Field(name, self.expr()?));
        }
        let path = Path {
            segments: vec![name.clone()],
            span: name.span,
        };
        let value = Expr {
            kind: ExprKind::Path(path),
            span: name.span,
        };
        Ok(ObjectField::Field(name, value))
    }

    /// The name of a field where it is written: a word or a string.
    pub(super) fn field_name(&mut self) -> P<Ident> {
        let token = self.token();
        match token.kind {
            T::Str => {
                self.bump();
                let name: Rc<str> = self.tables.strings[token.data as usize].clone();
                Ok(Ident {
                    name,
                    span: self.span_of(token),
                })
            }
            T::Int => {
                let text = self.text_of(token);
                let help = format!("write `\"{text}\": …`, or use a `HashMap`");
                let message = "the name of a field is a word or a string";
                Err(self
                    .fail(Diagnostic::error(codes::UNEXPECTED, self.span(), message).help(help)))
            }
            kind if kind.is_word() => {
                self.bump();
                Ok(self.ident_of(token))
            }
            _ => Err(self.unexpected("the name of a field")),
        }
    }

    /// An expression that stands for text that could not be parsed.
    pub(super) fn error_expr(&self, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Error,
            span,
        }
    }
}
