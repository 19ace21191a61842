//! Control flow and closures as text.

use super::Printer;
use crate::ast::{Arm, Expr, ExprKind, FnDecl, Param};
use crate::parser::level;

impl Printer {
    pub(super) fn control(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::If(cond, body, otherwise) => self.if_chain(cond, body, otherwise),
            ExprKind::Match(value, arms) => self.match_arms(value, arms),
            ExprKind::While(cond, body) => {
                self.push("while ");
                self.head(cond);
                self.body(body);
            }
            ExprKind::Loop(body) => {
                self.push("loop ");
                self.body(body);
            }
            ExprKind::For(pat, values, body) => {
                self.push("for ");
                self.single_pattern(pat);
                self.push(" in ");
                self.head(values);
                self.body(body);
            }
            // `{}` would be an empty object here.
            ExprKind::Block(block) if block.stmts.is_empty() => self.push("{ ; }"),
            ExprKind::Block(block) => self.block(block),
            ExprKind::Break(value) => self.jump("break", value),
            ExprKind::Continue => self.push("continue"),
            ExprKind::Return(value) => self.jump("return", value),
            ExprKind::Closure(decl) => self.closure(decl),
            _ => self.push("<error>"),
        }
    }

    fn head(&mut self, expr: &Expr) {
        let no_struct = std::mem::replace(&mut self.no_struct, true);
        self.expr(expr);
        self.no_struct = no_struct;
        self.push(" ");
    }

    /// The braces of a body.
    pub(super) fn body(&mut self, body: &Expr) {
        match &body.kind {
            ExprKind::Block(block) => self.block(block),
            _ => self.expr(body),
        }
    }

    fn if_chain(&mut self, cond: &Expr, body: &Expr, otherwise: &Option<Box<Expr>>) {
        self.push("if ");
        self.head(cond);
        self.body(body);
        let mut rest = otherwise;
        while let Some(next) = rest {
            self.push(" else ");
            let ExprKind::If(cond, body, otherwise) = &next.kind else {
                return self.body(next);
            };
            self.push("if ");
            self.head(cond);
            self.body(body);
            rest = otherwise;
        }
    }

    fn match_arms(&mut self, value: &Expr, arms: &[Arm]) {
        self.push("match ");
        self.head(value);
        if arms.is_empty() {
            return self.push("{}");
        }
        self.push("{");
        self.in_brackets(|printer| {
            printer.indent += 1;
            for arm in arms {
                printer.newline();
                printer.arm(arm);
            }
            printer.indent -= 1;
            printer.newline();
        });
        self.push("}");
    }

    fn arm(&mut self, arm: &Arm) {
        self.pattern(&arm.pat);
        if let Some(guard) = &arm.guard {
            self.push(" where ");
            self.expr(guard);
        }
        self.push(" => ");
        self.standalone(&arm.body);
        self.push(",");
    }

    fn jump(&mut self, word: &str, value: &Option<Box<Expr>>) {
        self.push(word);
        if let Some(value) = value {
            self.push(" ");
            self.expr(value);
        }
    }

    fn closure(&mut self, decl: &FnDecl) {
        self.push("|");
        for (index, param) in decl.params.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bar_param(param);
        }
        self.push("| ");
        if let Some(ret) = &decl.ret {
            self.push("-> ");
            self.ty(ret);
            self.push(" ");
        }
        match &decl.body.kind {
            ExprKind::Block(block) => self.block(block),
            _ => {
                let start = self.out.len();
                self.expr(&decl.body);
                if self.out[start..].starts_with("{}") {
                    // As a body this would be a block.
                    self.out.insert(start, '(');
                    self.push(")");
                }
            }
        }
    }

    fn bar_param(&mut self, param: &Param) {
        if param.reference {
            self.push("&");
        }
        self.single_pattern(&param.pat);
        if let Some(ty) = &param.ty {
            self.push(": ");
            self.narrow_ty(ty);
        }
        if let Some(default) = &param.default {
            self.push(" = ");
            self.with_colon(|printer| printer.expr_at(default, level::BIT_XOR));
        }
    }
}
