//! Expressions as text.
//!
//! Each expression has a level, the one of the parser; it stands in parentheses where its
//! surroundings bind more tightly.

use super::Printer;
use crate::ast::{
    Arg, BinOp, CompClause, Element, Expr, ExprKind, InterpPart, Lit, ObjectField, UnOp,
};
use crate::parser::level;

/// The level of what follows an operand: calls, fields and indexes.
const POSTFIX: u8 = level::PREFIX + 1;

impl Printer {
    /// An expression where any is allowed.
    pub(super) fn expr(&mut self, expr: &Expr) {
        self.expr_at(expr, level::ASSIGN);
    }

    /// An expression that stands alone on its line or in its arm.
    pub(super) fn standalone(&mut self, expr: &Expr) {
        let start = self.out.len();
        match &expr.kind {
            ExprKind::Block(block) => return self.block(block),
            ExprKind::Object(fields) if !fields.is_empty() => return self.expr(expr),
            _ => self.expr(expr),
        }
        let text = &self.out[start..];
        let words = ["if ", "match ", "while ", "loop ", "for ", "{"];
        if !is_block_like(&expr.kind) && words.iter().any(|word| text.starts_with(word)) {
            // It would end at its first `}`.
            self.out.insert(start, '(');
            self.push(")");
        }
    }

    pub(super) fn expr_at(&mut self, expr: &Expr, min: u8) {
        crate::deep(|| {
            let hidden = self.no_struct && has_brace(&expr.kind);
            if hidden || expr_level(&expr.kind) < min || self.question_needs_parens(&expr.kind) {
                self.parens(|printer| printer.expr_kind(expr));
            } else {
                self.expr_kind(expr);
            }
        });
    }

    fn question_needs_parens(&self, kind: &ExprKind) -> bool {
        self.colon_follows && matches!(kind, ExprKind::Question(_) | ExprKind::Cast(..))
    }

    fn expr_kind(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Lit(lit) => self.literal(lit),
            ExprKind::Interp(parts) => self.interp(parts),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Array(elements) => {
                self.push("[");
                self.list(elements, |printer, element| match element {
                    Element::Item(item) => printer.expr(item),
                    Element::Spread(item) => {
                        printer.push("...");
                        printer.expr(item);
                    }
                });
                self.push("]");
            }
            ExprKind::Comprehension(body, clauses) => self.comprehension(body, clauses),
            ExprKind::Object(fields) => self.object(fields),
            ExprKind::Struct(path, fields) => {
                self.path(path);
                self.push(" ");
                self.object(fields);
            }
            ExprKind::Unary(op, inner) => self.unary(*op, inner),
            ExprKind::Binary(op, _, left, right) => self.binary(*op, left, right),
            ExprKind::Assign(op, left, right) => {
                self.with_colon(|printer| printer.expr_at(left, POSTFIX));
                self.push(" ");
                self.push(op.map_or("", BinOp::as_str));
                self.push("= ");
                self.expr(right);
            }
            ExprKind::Ternary(cond, yes, no) => self.ternary(cond, yes, no),
            ExprKind::Range(low, high, inclusive) => self.range(low, high, *inclusive),
            ExprKind::Field(inner, name, optional) => {
                self.receiver(inner);
                self.push(if *optional { "?." } else { "." });
                self.push(&name.name);
            }
            ExprKind::MethodCall(inner, name, args, optional) => {
                self.receiver(inner);
                self.push(if *optional { "?." } else { "." });
                self.push(&name.name);
                self.args(args);
            }
            ExprKind::Index(inner, index) => {
                self.expr_at(inner, POSTFIX);
                self.push("[");
                self.in_brackets(|printer| printer.expr(index));
                self.push("]");
            }
            ExprKind::Call(callee, args) => self.call(callee, args),
            ExprKind::Question(inner) => {
                self.receiver(inner);
                self.push("?");
            }
            ExprKind::Try(inner) => {
                self.push("try ");
                self.expr_at(inner, level::OR);
            }
            ExprKind::Cast(inner, ty) => {
                self.expr_at(inner, POSTFIX);
                self.push(" as ");
                self.narrow_ty(ty);
            }
            ExprKind::Ref(inner) => {
                self.push("&");
                let nested = matches!(inner.kind, ExprKind::Ref(_));
                self.expr_at(inner, if nested { POSTFIX } else { level::PREFIX });
            }
            _ => self.control(expr),
        }
    }

    pub(super) fn with_colon(&mut self, print: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.colon_follows, true);
        print(self);
        self.colon_follows = outer;
    }

    fn interp(&mut self, parts: &[InterpPart]) {
        self.push("f\"");
        for part in parts {
            match part {
                InterpPart::Text(text) => self.interp_text(text),
                InterpPart::Expr(value, format) => {
                    self.push("{");
                    self.in_brackets(|printer| {
                        printer.colon_follows = format.is_some();
                        printer.expr(value);
                    });
                    if let Some(format) = format {
                        self.push(":");
                        self.push(&format.name.name);
                        self.format_args(&format.args);
                    }
                    self.push("}");
                }
            }
        }
        self.push("\"");
    }

    fn format_args(&mut self, args: &[Lit]) {
        if !args.is_empty() {
            self.push("(");
            self.list(args, Self::literal);
            self.push(")");
        }
    }

    fn comprehension(&mut self, body: &Expr, clauses: &[CompClause]) {
        // One level up: an open range or a `return` would take the next clause as its value.
        self.push("[");
        self.in_brackets(|printer| {
            printer.expr_at(body, level::PIPE);
            for clause in clauses {
                match clause {
                    CompClause::For(pat, values) => {
                        printer.push(" for ");
                        printer.single_pattern(pat);
                        printer.push(" in ");
                        printer.expr_at(values, level::PIPE);
                    }
                    CompClause::If(cond) => {
                        printer.push(" if ");
                        printer.expr_at(cond, level::PIPE);
                    }
                }
            }
        });
        self.push("]");
    }

    fn object(&mut self, fields: &[ObjectField]) {
        if fields.is_empty() {
            return self.push("{}");
        }
        self.push("{ ");
        self.list(fields, |printer, field| match field {
            ObjectField::Field(name, value) => {
                printer.field_name(name);
                printer.push(": ");
                printer.expr(value);
            }
            ObjectField::Spread(value) => {
                printer.push("...");
                printer.expr(value);
            }
        });
        self.push(" }");
    }

    fn unary(&mut self, op: UnOp, inner: &Expr) {
        self.push(match op {
            UnOp::Neg => "-",
            UnOp::Not => "!",
            UnOp::BitNot => "~",
        });
        self.expr_at(inner, level::PREFIX);
    }

    fn binary(&mut self, op: BinOp, left: &Expr, right: &Expr) {
        let own = crate::parser::binary_level(op);
        let (left_min, right_min) = if op == BinOp::Pow {
            (own + 1, own)
        } else {
            (own, own + 1)
        };
        self.expr_at(left, left_min);
        self.push(" ");
        self.push(op.as_str());
        self.push(" ");
        self.expr_at(right, right_min);
    }

    /// `c ? a : b` on one line; over several lines `?` and `:` start lines of their own.
    fn ternary(&mut self, cond: &Expr, yes: &Expr, no: &Expr) {
        let start = self.out.len();
        let (mut question, mut colon) = (0, 0);
        self.with_colon(|printer| {
            printer.expr_at(cond, level::TERNARY + 1);
            question = printer.out.len();
            printer.push(" ? ");
            printer.expr_at(yes, level::TERNARY);
            colon = printer.out.len();
            printer.push(" : ");
            printer.expr_at(no, level::TERNARY);
        });
        if self.out[start..].contains('\n') {
            self.push(")");
            for at in [colon, question] {
                self.out.insert(at, '\n');
            }
            self.out.insert(start, '(');
        }
    }

    fn range(&mut self, low: &Option<Box<Expr>>, high: &Option<Box<Expr>>, inclusive: bool) {
        if let Some(low) = low {
            self.expr_at(low, level::ADD);
        }
        self.push(if inclusive { "..=" } else { ".." });
        if let Some(high) = high {
            self.expr_at(high, level::ADD);
        }
    }

    /// What stands before `.` or `?`, where a `?` of its own would merge with them.
    fn receiver(&mut self, inner: &Expr) {
        if matches!(inner.kind, ExprKind::Question(_)) {
            self.parens(|printer| printer.expr(inner));
        } else {
            self.expr_at(inner, POSTFIX);
        }
    }

    fn call(&mut self, callee: &Expr, args: &[Arg]) {
        if matches!(callee.kind, ExprKind::Field(..)) {
            // Without parentheses it would be a method call.
            self.parens(|printer| printer.expr(callee));
        } else {
            self.expr_at(callee, POSTFIX);
        }
        self.args(args);
    }

    fn args(&mut self, args: &[Arg]) {
        self.push("(");
        self.list(args, |printer, arg| {
            if let Some(name) = &arg.name {
                printer.push(&name.name);
                printer.push(": ");
            }
            printer.expr(&arg.value);
        });
        self.push(")");
    }
}

fn expr_level(kind: &ExprKind) -> u8 {
    match kind {
        // These reach as far to the right as they can, or end in a type that would.
        ExprKind::Assign(..)
        | ExprKind::Closure(_)
        | ExprKind::Break(_)
        | ExprKind::Return(_)
        | ExprKind::Cast(..)
        | ExprKind::Range(_, None, _) => level::ASSIGN,
        ExprKind::Ternary(..) => level::TERNARY,
        // It takes in all that binds tighter.
        ExprKind::Try(_) => level::CONTEXT,
        ExprKind::Range(..) => level::RANGE,
        ExprKind::Binary(op, ..) => crate::parser::binary_level(*op),
        ExprKind::Unary(..) | ExprKind::Ref(_) => level::PREFIX,
        ExprKind::Lit(Lit::Int(value)) if *value < 0 => level::PREFIX,
        ExprKind::Lit(Lit::Number(value)) if *value < 0.0 => level::PREFIX,
        kind if is_block_like(kind) => level::PREFIX,
        _ => POSTFIX,
    }
}

fn is_block_like(kind: &ExprKind) -> bool {
    matches!(
        kind,
        ExprKind::If(..)
            | ExprKind::Match(..)
            | ExprKind::While(..)
            | ExprKind::Loop(_)
            | ExprKind::For(..)
            | ExprKind::Block(_)
    )
}

/// Whether the text of the expression has a `{` outside of other brackets.
fn has_brace(kind: &ExprKind) -> bool {
    is_block_like(kind)
        || matches!(
            kind,
            ExprKind::Object(_) | ExprKind::Struct(..) | ExprKind::Closure(_)
        )
}
