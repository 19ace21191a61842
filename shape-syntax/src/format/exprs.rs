//! What the tree says about expressions.

use super::atoms::Role;
use super::groups::{Break, Group, Kind};
use super::marks::Marks;
use crate::ast::{
    Arg, Arm, BinOp, CompClause, Element, Expr, ExprKind, FnDecl, InterpPart, ObjectField,
};
use crate::lexer::T;

impl Marks<'_, '_> {
    pub(super) fn expr(&mut self, expr: &Expr) {
        crate::deep(|| self.expr_kind(expr));
    }

    fn expr_kind(&mut self, expr: &Expr) {
        match &expr.kind {
            // What is in the holes of a text is one atom with it.
            ExprKind::Interp(parts) => parts.iter().for_each(|part| match part {
                InterpPart::Text(_) | InterpPart::Expr(..) => {}
            }),
            ExprKind::Lit(_) | ExprKind::Path(_) | ExprKind::Continue | ExprKind::Error => {}
            ExprKind::Array(elements) => {
                for Element::Item(item) | Element::Spread(item) in elements {
                    self.expr(item);
                }
            }
            ExprKind::Comprehension(body, clauses) => self.comprehension(expr, body, clauses),
            ExprKind::Object(fields) | ExprKind::Struct(_, fields) => {
                for field in fields {
                    match field {
                        ObjectField::Field(_, value) | ObjectField::Spread(value) => {
                            self.expr(value);
                        }
                    }
                }
            }
            ExprKind::Unary(_, inner) | ExprKind::Try(inner) | ExprKind::Ref(inner) => {
                self.expr(inner);
            }
            ExprKind::Binary(..) => self.binary(expr),
            ExprKind::Assign(_, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Ternary(cond, yes, no) => self.ternary(expr, cond, yes, no),
            ExprKind::Range(low, high, _) => {
                low.iter().chain(high).for_each(|end| self.expr(end));
            }
            ExprKind::Field(..)
            | ExprKind::MethodCall(..)
            | ExprKind::Index(..)
            | ExprKind::Call(..)
            | ExprKind::Question(_) => self.chain(expr),
            ExprKind::Cast(inner, ty) => {
                self.expr(inner);
                self.ty(ty);
            }
            ExprKind::If(cond, body, otherwise) => {
                let mut opens = Vec::new();
                self.if_chain(cond, body, otherwise.as_deref(), &mut opens);
                let range = self.range(expr.span);
                self.branches.push((range, opens));
            }
            ExprKind::Match(value, arms) => self.match_arms(value, arms),
            ExprKind::While(cond, body) => {
                self.expr(cond);
                self.expr(body);
            }
            ExprKind::Loop(body) => self.expr(body),
            ExprKind::For(pat, values, body) => {
                self.pat(pat);
                self.expr(values);
                self.expr(body);
            }
            ExprKind::Block(block) => self.block(block),
            ExprKind::Break(value) | ExprKind::Return(value) => {
                value.iter().for_each(|value| self.expr(value));
            }
            ExprKind::Closure(decl) => self.closure(decl),
        }
    }

    fn if_chain(
        &mut self,
        cond: &Expr,
        body: &Expr,
        otherwise: Option<&Expr>,
        opens: &mut Vec<usize>,
    ) {
        self.expr(cond);
        self.branch(body, opens);
        let mut rest = otherwise;
        while let Some(next) = rest {
            let ExprKind::If(cond, body, otherwise) = &next.kind else {
                return self.branch(next, opens);
            };
            self.expr(cond);
            self.branch(body, opens);
            rest = otherwise.as_deref();
        }
    }

    fn branch(&mut self, body: &Expr, opens: &mut Vec<usize>) {
        self.expr(body);
        let open = self.at(body.span.start);
        if self.atoms[open].role == Role::Block {
            opens.push(open);
        }
    }

    fn match_arms(&mut self, value: &Expr, arms: &[Arm]) {
        self.expr(value);
        let open = self.whole(value.span).1 + 1;
        if self.atoms[open].kind == T::LBrace {
            let ends_in_block = arms.last().is_some_and(|arm| is_block_like(&arm.body));
            self.atoms[open].role = match ends_in_block {
                true => Role::Arms,
                false => Role::Parts,
            };
        }
        for (index, arm) in arms.iter().enumerate() {
            let start = self.at(arm.pat.span.start);
            self.atoms[start].begins = true;
            if index > 0 && !is_block_like(&arms[index - 1].body) {
                self.separate(start);
            }
            self.pat(&arm.pat);
            if let Some(guard) = &arm.guard {
                let word = self.at(guard.span.start) - 1;
                self.atoms[word].role = Role::Keyword;
                self.expr(guard);
            }
            self.expr(&arm.body);
        }
    }

    fn closure(&mut self, decl: &FnDecl) {
        let first = self.at(decl.head.start);
        match self.atoms[first].kind {
            T::PipePipe => self.atoms[first].role = Role::BarClose,
            T::Pipe => {
                self.atoms[first].role = Role::BarOpen;
                let end = decl
                    .ret
                    .as_ref()
                    .map_or(decl.head.end, |ret| ret.span.start);
                let end = self.at(end);
                let bar = (first + 1..end).rev();
                let mut bar = bar.filter(|&at| self.atoms[at].kind == T::Pipe);
                if let Some(bar) = bar.next() {
                    self.atoms[bar].role = Role::BarClose;
                }
            }
            _ => {}
        }
        self.function(decl);
    }

    fn comprehension(&mut self, expr: &Expr, body: &Expr, clauses: &[CompClause]) {
        let (open, close) = self.range(expr.span);
        self.atoms[open].role = Role::Comprehension;
        self.expr(body);
        for clause in clauses {
            let word = match clause {
                CompClause::For(pat, values) => {
                    self.pat(pat);
                    self.expr(values);
                    let end = self.at(pat.span.start);
                    (open..end)
                        .rev()
                        .find(|&at| self.atoms[at].kind == T::KwFor)
                }
                CompClause::If(cond) => {
                    self.expr(cond);
                    Some(self.at(cond.span.start) - 1)
                }
            };
            if let Some(word) = word.filter(|word| (open..close).contains(word)) {
                self.atoms[word].begins = true;
            }
        }
    }

    fn ternary(&mut self, expr: &Expr, cond: &Expr, yes: &Expr, no: &Expr) {
        let (question, colon) = (self.at(yes.span.start) - 1, self.at(no.span.start) - 1);
        self.atoms[colon].role = Role::TernaryColon;
        let is_forced = self.atoms[question].on_new_line();
        self.going_on(expr, Kind::Ternary, is_forced, &[question, colon]);
        [cond, yes, no].into_iter().for_each(|part| self.expr(part));
    }

    /// An expression that goes on with these atoms, in lines of their own if it does not fit.
    fn going_on(&mut self, expr: &Expr, kind: Kind, forced: bool, at: &[usize]) {
        let (first, last) = self.range(expr.span);
        let Some(&from) = at.first().filter(|&&from| first < from) else {
            return;
        };
        let group = self.groups.len();
        self.groups.push(Group {
            first,
            last,
            indent: (from, last + 1),
            kind,
            forced,
            hug: None,
            trailing: None,
            leader: None,
        });
        for &at in at {
            let place = Break {
                group: Some(group),
                space: kind != Kind::Chain,
                keeps_blank: false,
            };
            self.breaks[at].get_or_insert(place);
        }
    }

    /// Operators of one level in a row.
    fn binary(&mut self, expr: &Expr) {
        let mut ops = Vec::new();
        let mut operands = Vec::new();
        let mut is_forced = false;
        let mut rest = vec![expr];
        let level = level_of(expr);
        while let Some(next) = rest.pop() {
            let is_first = std::ptr::eq(next, expr);
            match &next.kind {
                ExprKind::Binary(op, span, left, right)
                    if is_first || (level_of(next) == level && !self.is_in_parens(next)) =>
                {
                    let at = self.at(span.start);
                    is_forced |= *op == BinOp::Pipe && self.atoms[at].on_new_line();
                    ops.push(at + usize::from(self.must_end_line(at)));
                    rest.push(right);
                    rest.push(left);
                }
                _ => operands.push(next),
            }
        }
        ops.sort_unstable();
        self.going_on(expr, Kind::Binary, is_forced, &ops);
        operands.into_iter().for_each(|operand| self.expr(operand));
    }

    /// Whether a line that began with this operator could be read as something new: a closure, or the pattern
    /// of the next arm.
    fn must_end_line(&self, at: usize) -> bool {
        let kind = |ahead: usize| self.atoms.get(at + ahead).map_or(T::Eof, |atom| atom.kind);
        match kind(0) {
            T::Pipe => true,
            T::PipePipe => kind(1) == T::LBrace,
            T::Minus => matches!(
                kind(2),
                T::FatArrow | T::Pipe | T::DotDot | T::DotDotEq | T::KwIf
            ),
            _ => false,
        }
    }

    fn is_in_parens(&self, expr: &Expr) -> bool {
        let at = self.at(expr.span.start);
        self.range(expr.span).0 != at
    }

    /// Calls, fields and indexes in a row.
    fn chain(&mut self, expr: &Expr) {
        let mut dots = Vec::new();
        let mut calls = 0;
        let mut rest = expr;
        loop {
            let (inner, dot) = match &rest.kind {
                ExprKind::MethodCall(inner, name, args, _) => {
                    self.args(args);
                    (inner, Some((self.at(name.span.start) - 1, true)))
                }
                ExprKind::Field(inner, name, _) => {
                    (inner, Some((self.at(name.span.start) - 1, false)))
                }
                ExprKind::Index(inner, index) => {
                    self.expr(index);
                    (inner, None)
                }
                ExprKind::Call(inner, args) => {
                    self.args(args);
                    (inner, None)
                }
                ExprKind::Question(inner) => (inner, None),
                _ => break,
            };
            if let Some((at, is_call)) = dot {
                calls += usize::from(is_call);
                if is_call || self.atoms[at].on_new_line() {
                    dots.push(at);
                }
            }
            rest = inner;
            if self.is_in_parens(rest) {
                break;
            }
        }
        self.expr(rest);
        dots.sort_unstable();
        let is_forced = dots.iter().any(|&at| self.atoms[at].on_new_line());
        let (root, last_of_root) = self.whole(rest.span);
        let is_short = root == last_of_root && self.atoms[root].text.chars().count() <= 4;
        // `io.exec(…)`, and what is no longer than the indentation.
        if is_short && dots.first() == Some(&(root + 1)) && !self.atoms[root + 1].on_new_line() {
            dots.remove(0);
        }
        if calls > 1 || is_forced {
            self.going_on(expr, Kind::Chain, is_forced, &dots);
        }
    }

    fn args(&mut self, args: &[Arg]) {
        args.iter().for_each(|arg| self.expr(&arg.value));
    }
}

/// Whether the expression ends in a `}` of its own, which separates as a `,` does.
fn is_block_like(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Block(_)
            | ExprKind::If(..)
            | ExprKind::Match(..)
            | ExprKind::While(..)
            | ExprKind::Loop(_)
            | ExprKind::For(..)
    )
}

fn level_of(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::Binary(op, ..) => crate::parser::binary_level(*op),
        _ => 0,
    }
}
