//! The free names of a function: what its body uses and does not bind itself.

use shape_syntax::ast::*;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Names that `decl` uses from around it, sorted. Functions declared inside are looked into.
pub(crate) fn free_names(decl: &FnDecl) -> BTreeSet<Rc<str>> {
    let mut walk = Walk::default();
    walk.function(decl);
    walk.free
}

/// Names that the functions and closures inside `module` use from around them.
pub(crate) fn names_used_by_functions(module: &Module) -> BTreeSet<Rc<str>> {
    let mut walk = Walk {
        only_functions: true,
        ..Walk::default()
    };
    walk.stmts(&module.body);
    walk.free
}

#[derive(Default)]
struct Walk {
    free: BTreeSet<Rc<str>>,
    scopes: Vec<BTreeSet<Rc<str>>>,
    /// Count only what is used inside a function.
    only_functions: bool,
    depth: u32,
    /// Count only what is assigned to.
    only_targets: bool,
    in_target: bool,
}

impl Walk {
    fn scoped(&mut self, f: impl FnOnce(&mut Self)) {
        self.scopes.push(BTreeSet::new());
        f(self);
        self.scopes.pop();
    }

    fn bind(&mut self, name: &Ident) {
        // Names bound outside of any function are what a function may capture.
        if self.only_functions && self.depth == 0 {
            return;
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(Rc::clone(&name.name));
        }
    }

    fn mention(&mut self, name: &Ident) {
        let counts =
            (!self.only_functions || self.depth > 0) && (!self.only_targets || self.in_target);
        if counts && !self.scopes.iter().any(|scope| scope.contains(&name.name)) {
            self.free.insert(Rc::clone(&name.name));
        }
    }

    fn function(&mut self, decl: &FnDecl) {
        self.depth += 1;
        self.scoped(|w| {
            for param in &decl.params {
                w.pat(&param.pat);
                if let Some(default) = &param.default {
                    w.expr(default);
                }
            }
            w.expr(&decl.body);
        });
        self.depth -= 1;
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        self.scoped(|w| {
            for stmt in stmts {
                if let StmtKind::Fn(decl) = &stmt.kind {
                    w.bind(&decl.name);
                }
            }
            stmts.iter().for_each(|stmt| w.stmt(stmt));
        });
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(let_) => {
                self.expr(&let_.init);
                self.pat(&let_.pat);
            }
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Fn(decl) => self.function(decl),
            StmtKind::Mod(decl) => self.stmts(&decl.module.body),
            StmtKind::Type(_) | StmtKind::Enum(_) | StmtKind::Use(_) => {}
        }
    }

    fn pat(&mut self, pat: &Pat) {
        match &pat.kind {
            PatKind::Bind(name, _) => {
                // It may be a constant from around.
                if name.name.starts_with(char::is_uppercase) {
                    self.mention(name);
                }
                self.bind(name);
            }
            PatKind::Typed(inner, _) => self.pat(inner),
            PatKind::Array(before, rest, after) => {
                before.iter().chain(after).for_each(|p| self.pat(p));
                if let Some(Some(name)) = rest {
                    self.bind(name);
                }
            }
            PatKind::Object(fields) | PatKind::Struct(_, fields) => {
                fields.iter().for_each(|(_, p)| self.pat(p));
            }
            PatKind::Variant(_, items) | PatKind::Or(items) => {
                items.iter().for_each(|p| self.pat(p));
            }
            PatKind::At(name, inner) => {
                self.bind(name);
                self.pat(inner);
            }
            PatKind::Wild | PatKind::Lit(_) | PatKind::Range(..) | PatKind::Error => {}
        }
    }

    fn fields(&mut self, fields: &[ObjectField]) {
        for field in fields {
            match field {
                ObjectField::Field(_, value) | ObjectField::Spread(value) => self.expr(value),
            }
        }
    }

    fn args(&mut self, args: &[Arg]) {
        args.iter().for_each(|arg| self.expr(&arg.value));
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Lit(_) | ExprKind::Continue | ExprKind::Error => {}
            ExprKind::Path(path) => {
                if let Some(first) = path.segments.first() {
                    self.mention(first);
                }
            }
            ExprKind::Interp(parts) => {
                for part in parts {
                    if let InterpPart::Expr(inner, _) = part {
                        self.expr(inner);
                    }
                }
            }
            ExprKind::Array(items) => {
                for item in items {
                    match item {
                        Element::Item(e) | Element::Spread(e) => self.expr(e),
                    }
                }
            }
            ExprKind::Comprehension(body, clauses) => self.scoped(|w| {
                for clause in clauses {
                    match clause {
                        CompClause::For(pat, source) => {
                            w.expr(source);
                            w.pat(pat);
                        }
                        CompClause::If(cond) => w.expr(cond),
                    }
                }
                w.expr(body);
            }),
            ExprKind::Object(fields) | ExprKind::Struct(_, fields) => self.fields(fields),
            ExprKind::Unary(_, a)
            | ExprKind::Field(a, ..)
            | ExprKind::Question(a)
            | ExprKind::Try(a)
            | ExprKind::Cast(a, _)
            | ExprKind::Ref(a)
            | ExprKind::Loop(a) => self.expr(a),
            ExprKind::Assign(_, target, value) => {
                let outer = std::mem::replace(&mut self.in_target, true);
                self.expr(target);
                self.in_target = outer;
                self.expr(value);
            }
            ExprKind::Binary(_, _, a, b) | ExprKind::Index(a, b) | ExprKind::While(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Ternary(a, b, c) => {
                self.expr(a);
                self.expr(b);
                self.expr(c);
            }
            ExprKind::If(c, a, b) => {
                self.expr(c);
                self.expr(a);
                b.iter().for_each(|b| self.expr(b));
            }
            ExprKind::Range(a, b, _) => {
                a.iter().chain(b).for_each(|e| self.expr(e));
            }
            ExprKind::MethodCall(receiver, _, args, _) => {
                self.expr(receiver);
                self.args(args);
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.args(args);
            }
            ExprKind::Match(value, arms) => {
                self.expr(value);
                for arm in arms {
                    self.scoped(|w| {
                        w.pat(&arm.pat);
                        arm.guard.iter().for_each(|guard| w.expr(guard));
                        w.expr(&arm.body);
                    });
                }
            }
            ExprKind::For(pat, source, body) => {
                self.expr(source);
                self.scoped(|w| {
                    w.pat(pat);
                    w.expr(body);
                });
            }
            ExprKind::Block(block) => self.stmts(&block.stmts),
            ExprKind::Break(value) | ExprKind::Return(value) => {
                value.iter().for_each(|value| self.expr(value));
            }
            ExprKind::Closure(decl) => self.function(decl),
        }
    }
}

/// Whether `expr` assigns to the variable `name` around it, or to a part of it.
pub(crate) fn assigns(expr: &Expr, name: &str) -> bool {
    let mut walk = Walk {
        only_targets: true,
        ..Walk::default()
    };
    walk.expr(expr);
    walk.free.contains(name)
}
