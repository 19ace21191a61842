//! `if`, `match`, loops and jumps.

use super::{Failed, P, Parser};
use crate::ast::{Arm, Block, Expr, ExprKind};
use crate::lexer::{NO_CLOSE, T};
use crate::{Diagnostic, Span, codes};

impl Parser<'_> {
    /// `if c { a } else if d { b } else { e }`. A loop, since such chains get long.
    pub(super) fn if_expr(&mut self) -> P<ExprKind> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        loop {
            let start = self.span();
            let word = self.bump().kind.text();
            let cond = self.condition(word)?;
            let body = self.body("if")?;
            branches.push((start, cond, body));
            self.grow()?;
            if self.at_else_if_habit() {
                continue;
            }
            if self.eat(T::KwElse) {
                if self.at(T::KwIf) {
                    continue;
                }
                otherwise = Some(self.body("else")?);
            }
            break;
        }
        let mut tree = otherwise;
        for (start, cond, body) in branches.into_iter().rev() {
            let kind = ExprKind::If(Box::new(cond), Box::new(body), tree.map(Box::new));
            tree = Some(Expr {
                kind,
                span: self.span_from(start),
            });
        }
        tree.map(|tree| tree.kind).ok_or(Failed)
    }

    /// `elif` after the `}` of an `if`; reported, and then taken as `else if`.
    fn at_else_if_habit(&mut self) -> bool {
        let habit = ["elif", "elsif", "elseif"]
            .iter()
            .any(|word| self.at_word(word));
        if !habit || matches!(self.kind_at(1), T::Eq | T::Dot) {
            return false;
        }
        let word = self.text_of(self.token());
        let message = format!("`{word}` is written `else if`");
        let _ = self.fail(
            Diagnostic::error(codes::WRONG_SPELLING, self.span(), message)
                .help("write `else if condition { … }`"),
        );
        true
    }

    /// An expression in front of a body, where `{` starts the body.
    pub(super) fn head(&mut self) -> P<Expr> {
        let start = self.span();
        let no_struct = std::mem::replace(&mut self.no_struct, true);
        let in_arm = std::mem::replace(&mut self.in_arm, false);
        let head = self.expr();
        self.no_struct = no_struct;
        self.in_arm = in_arm;
        match head {
            Err(Failed) if self.skip_to_body() => Ok(self.error_expr(self.span_from(start))),
            head => head,
        }
    }

    fn condition(&mut self, word: &str) -> P<Expr> {
        if self.at(T::LBrace) {
            let _ = self.unexpected("a condition");
            return Ok(self.error_expr(self.span()));
        }
        if self.at(T::KwLet) {
            let message = format!("`{word} let` is not supported yet");
            let _ = self.fail(
                Diagnostic::error(codes::UNSUPPORTED, self.span(), message)
                    .help("write `match value { Some(x) => …, _ => … }`"),
            );
            let span = self.span();
            return if self.skip_to_body() {
                Ok(self.error_expr(span))
            } else {
                Err(Failed)
            };
        }
        let cond = self.head()?;
        if let ExprKind::Assign(None, ..) = cond.kind {
            let message = "this assigns, where a condition is expected";
            self.report(
                Diagnostic::error(codes::ASSIGN_IN_CONDITION, cond.span, message)
                    .help("write `==` to compare"),
            );
            return Ok(self.error_expr(cond.span));
        }
        Ok(cond)
    }

    /// The braces after a head; anything else on the line is reported and taken as the body.
    pub(super) fn body(&mut self, what: &str) -> P<Expr> {
        if self.at(T::LBrace) {
            return self.block_expr();
        }
        let message = format!("the body of `{what}` needs braces");
        let diagnostic = Diagnostic::error(codes::NO_BRACES, self.gap_span(), message)
            .label("expected `{`")
            .help("put it between `{` and `}`");
        let _ = self.fail(diagnostic);
        if self.newline_before() || !self.starts_operand() || self.hints_at_then() {
            return Err(Failed);
        }
        self.expr()
    }

    fn hints_at_then(&self) -> bool {
        self.at_word("then") || self.at_word("do")
    }

    /// A block as an expression.
    pub(super) fn block_expr(&mut self) -> P<Expr> {
        let block = self.block()?;
        let span = block.span;
        Ok(Expr {
            kind: ExprKind::Block(block),
            span,
        })
    }

    /// `{ statements }`. A missing `}` is reported; the block is given nevertheless.
    pub(super) fn block(&mut self) -> P<Block> {
        let open = self.pos;
        let start = self.span();
        self.nested(|parser| {
            parser.bump();
            let stmts = parser.in_brackets(|parser| parser.statements(T::RBrace, open));
            if !parser.eat(T::RBrace) {
                let _ = parser.unclosed(open);
            }
            let span = parser.span_from(start);
            Ok(Block { stmts, span })
        })
    }

    pub(super) fn while_expr(&mut self) -> P<ExprKind> {
        self.bump();
        let cond = self.condition("while")?;
        let body = self.body("while")?;
        Ok(ExprKind::While(Box::new(cond), Box::new(body)))
    }

    pub(super) fn loop_expr(&mut self) -> P<ExprKind> {
        self.bump();
        Ok(ExprKind::Loop(Box::new(self.body("loop")?)))
    }

    /// `for pat in xs { … }`.
    pub(super) fn for_expr(&mut self) -> P<ExprKind> {
        self.bump();
        if self.at(T::LParen) && !self.in_follows_parens() {
            return self.for_of_other_languages();
        }
        let pat = self.binding_pattern()?;
        self.expect_in()?;
        let values = self.head()?;
        let body = self.body("for")?;
        Ok(ExprKind::For(
            Box::new(pat),
            Box::new(values),
            Box::new(body),
        ))
    }

    /// Whether the parentheses here hold a pattern, as in `for (a | b) in xs`.
    fn in_follows_parens(&self) -> bool {
        let close = self.token().data;
        close != NO_CLOSE
            && self
                .tokens
                .get(close as usize + 1)
                .is_some_and(|token| token.kind == T::KwIn)
    }

    /// `for (let i = 0; i < n; i += 1) { … }` and `for (x of xs) { … }`.
    fn for_of_other_languages(&mut self) -> P<ExprKind> {
        let message = "the head of a `for` has no parentheses";
        let _ = self.fail(
            Diagnostic::error(codes::WRONG_SPELLING, self.span(), message)
                .help("write `for x in xs { … }` or `for i in 0..n { … }`"),
        );
        self.skip_tree();
        self.body("for")?;
        Ok(ExprKind::Error)
    }

    /// The `in` of a loop.
    pub(super) fn expect_in(&mut self) -> P<()> {
        if self.at_word("of") {
            let _ = self.fail(
                Diagnostic::error(
                    codes::WRONG_SPELLING,
                    self.span(),
                    "expected `in`, found `of`",
                )
                .help("write `for x in xs { … }`"),
            );
            self.bump();
            return Ok(());
        }
        self.expect(T::KwIn).map(|_| ())
    }

    /// `break`, `break v`, `continue`, `return`, `return v`. The value starts on the same line.
    pub(super) fn jump(&mut self) -> P<ExprKind> {
        let kind = self.bump().kind;
        if kind == T::KwContinue {
            return Ok(ExprKind::Continue);
        }
        let value = if self.starts_operand() && !self.newline_before() {
            Some(Box::new(self.expr()?))
        } else {
            None
        };
        Ok(if kind == T::KwBreak {
            ExprKind::Break(value)
        } else {
            ExprKind::Return(value)
        })
    }

    /// `match v { pat where cond => body, … }`.
    pub(super) fn match_expr(&mut self) -> P<ExprKind> {
        self.bump();
        if self.at(T::LBrace) {
            return Err(self.unexpected("a value to match"));
        }
        let value = self.head()?;
        let open = self.pos;
        self.expect(T::LBrace)?;
        let arms = self.in_brackets(|parser| parser.arms(open))?;
        Ok(ExprKind::Match(Box::new(value), arms))
    }

    fn arms(&mut self, open: usize) -> P<Vec<Arm>> {
        let mut arms = Vec::new();
        while !self.eat(T::RBrace) {
            if self.at(T::Eof) || self.kind().is_closer() {
                return Err(self.unclosed(open));
            }
            let start = self.pos;
            match self.arm() {
                Ok(arm) => arms.push(arm),
                Err(Failed) => self.skip_arm(start),
            }
            self.arm_separator(start);
        }
        Ok(arms)
    }

    fn arm_separator(&mut self, start: usize) {
        if self.eat(T::Comma) || self.at(T::RBrace) || self.at(T::Eof) {
            return;
        }
        if self.newline_before() || self.prev().kind == T::RBrace {
            return;
        }
        if self.at(T::Semi) {
            let _ = self.unexpected("`,` or a new line");
            self.bump();
            return;
        }
        let _ = self.unexpected("`,` or a new line");
        self.skip_arm(start);
        self.eat(T::Comma);
    }

    /// Skips to the next arm: a `,` or a new line.
    fn skip_arm(&mut self, start: usize) {
        loop {
            let passed = self.pos > start;
            if self.at(T::Eof) || self.at(T::Comma) || self.kind().is_closer() && passed {
                return;
            }
            if passed && self.newline_before() {
                return;
            }
            self.skip_tree();
        }
    }

    fn arm(&mut self) -> P<Arm> {
        let pat = self.pattern()?;
        let guard = if self.at_word("where") || self.at(T::KwIf) {
            self.bump();
            Some(self.expr()?)
        } else {
            None
        };
        if self.at(T::Arrow) {
            let _ = self.unexpected("`=>`");
            self.bump();
        } else {
            self.expect(T::FatArrow)?;
        }
        self.in_arm = true;
        let body = self.statement_expr();
        self.in_arm = false;
        Ok(Arm {
            pat,
            guard,
            body: body?,
        })
    }

    /// An expression that stands alone: one that ends in a block is complete at its `}`.
    ///
    /// `if a { b }` followed by `-1` or `[0]` on any line is two statements, as in Rust; it goes on
    /// only with an operator that no statement can start with.
    pub(super) fn statement_expr(&mut self) -> P<Expr> {
        if !self.at_block_like() {
            return self.expr();
        }
        let start = self.span();
        self.nested(|parser| {
            let kind = parser.block_like()?;
            let left = Expr {
                kind,
                span: parser.span_from(start),
            };
            if !parser.continues_block() {
                return Ok(left);
            }
            let left = parser.postfix(left)?;
            parser.climb(left, super::expr::level::ASSIGN)
        })
    }

    fn at_block_like(&self) -> bool {
        match self.kind() {
            T::KwIf | T::KwMatch | T::KwWhile | T::KwLoop | T::KwFor => true,
            T::LBrace => !self.at_object(),
            _ => false,
        }
    }

    fn block_like(&mut self) -> P<ExprKind> {
        match self.kind() {
            T::KwIf => self.if_expr(),
            T::KwMatch => self.match_expr(),
            T::KwWhile => self.while_expr(),
            T::KwLoop => self.loop_expr(),
            T::KwFor => self.for_expr(),
            _ => self.block().map(ExprKind::Block),
        }
    }

    fn continues_block(&self) -> bool {
        !matches!(
            self.kind(),
            T::Minus | T::Amp | T::Pipe | T::PipePipe | T::DotDot | T::DotDotEq
        ) && !matches!(self.kind(), T::LParen | T::LBracket | T::LBrace)
    }

    /// The place between the last token and the current one.
    pub(super) fn here(&self) -> Span {
        let end = self.prev().end;
        Span::new(self.file, end, end)
    }
}
