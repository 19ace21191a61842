//! Tree to text.
//!
//! `parse(print(tree))` gives `tree` back, up to the places. Comments are not in the tree, so they
//! are lost; documentation is kept.

mod control;
mod expr;
mod item;
mod literal;
mod pattern;
mod traits;
mod types;

pub(crate) use literal::is_invisible;

use crate::ast::{Block, Module, Stmt, StmtKind};

/// The text of `module`, a statement to a line. It is for trees that come from no text;
/// [`format`](crate::format) lays a text out.
#[must_use]
pub fn print(module: &Module) -> String {
    let mut printer = Printer::default();
    printer.statements(&module.body);
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

#[derive(Default)]
struct Printer {
    out: String,
    indent: usize,
    /// In a head, where `{` would start the body.
    no_struct: bool,
    /// A `:` may follow on the line, so that `e?` needs parentheses.
    colon_follows: bool,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn newline(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
    }

    /// Runs `print` with the restrictions of the place lifted: inside brackets.
    fn in_brackets(&mut self, print: impl FnOnce(&mut Self)) {
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let colon_follows = std::mem::replace(&mut self.colon_follows, false);
        print(self);
        self.no_struct = no_struct;
        self.colon_follows = colon_follows;
    }

    fn parens(&mut self, print: impl FnOnce(&mut Self)) {
        self.push("(");
        self.in_brackets(print);
        self.push(")");
    }

    fn list<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        self.in_brackets(|printer| {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    printer.push(", ");
                }
                print(printer, item);
            }
        });
    }

    fn statements(&mut self, stmts: &[Stmt]) {
        for (index, stmt) in stmts.iter().enumerate() {
            if index > 0 {
                self.newline();
            }
            let line = self.out.len();
            self.statement(stmt);
            if index > 0 && goes_on(&self.out[line..]) {
                // The line would be read as the rest of the one before it.
                let before = self.out[..line].trim_end().len();
                self.out.insert(before, ';');
            }
        }
    }

    fn statement(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(binding) => self.binding(binding),
            StmtKind::Expr(expr) => self.standalone(expr),
            StmtKind::Fn(decl) => self.function(decl),
            StmtKind::Type(decl) => self.type_decl(decl),
            StmtKind::Enum(decl) => self.enum_decl(decl),
            StmtKind::Trait(decl) => self.trait_decl(decl),
            StmtKind::Impl(decl) => self.impl_decl(decl),
            StmtKind::Mod(decl) => self.module(decl),
            StmtKind::Use(decl) => self.import(decl),
        }
    }

    fn block(&mut self, block: &Block) {
        self.braces(&block.stmts);
    }

    fn braces(&mut self, stmts: &[Stmt]) {
        if stmts.is_empty() {
            return self.push("{}");
        }
        self.push("{");
        self.in_brackets(|printer| {
            printer.indent += 1;
            printer.newline();
            printer.statements(stmts);
            printer.indent -= 1;
            printer.newline();
        });
        self.push("}");
    }
}

/// Whether a line that starts with `text` goes on with the statement before it.
fn goes_on(text: &str) -> bool {
    text.starts_with(['-', '|', '&', '.']) || text.starts_with("!!")
}
