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

/// Names that `expr` uses from around it.
pub(crate) fn free_in(expr: &Expr) -> BTreeSet<Rc<str>> {
    let mut walk = Walk::default();
    walk.expr(expr);
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
    /// What is done with variables from around, where that is asked for.
    uses: Option<Uses>,
}

/// What a function does with variables that it does not declare, and the functions declared in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses {
    pub(crate) of: Vec<(Rc<str>, Use)>,
    pub(crate) nested: Vec<Rc<FnDecl>>,
}

/// One use of a variable, or of a part of it.
#[derive(Clone, Debug)]
pub(crate) enum Use {
    /// The variable is assigned to.
    Assigned,
    /// A field or element is assigned to.
    PartAssigned,
    /// A method of this name is called.
    Method(Rc<str>),
    /// It is an argument.
    Passed(Passed),
}

/// A variable, or a part of it, as an argument.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    /// The function that is called, where that is named.
    pub(crate) callee: Option<Rc<str>>,
    /// The position of the argument.
    pub(crate) at: usize,
    /// Its name.
    pub(crate) name: Option<Rc<str>>,
    /// Whether there is a `&` in front.
    pub(crate) explicit: bool,
    /// Whether it is a part of the variable.
    pub(crate) part: bool,
}

/// What the body of `decl` does with its parameters and with variables from around.
pub(crate) fn uses(decl: &FnDecl) -> Uses {
    let mut walk = Walk {
        uses: Some(Uses::default()),
        ..Walk::default()
    };
    walk.expr(&decl.body);
    walk.uses.unwrap_or_default()
}

/// The variable at the start of a place expression.
pub(crate) fn root_of(expr: &Expr) -> Option<&Ident> {
    match &expr.kind {
        ExprKind::Path(path) => match &path.segments[..] {
            [name] => Some(name),
            _ => None,
        },
        ExprKind::Field(base, _, false) | ExprKind::Index(base, _) => root_of(base),
        _ => None,
    }
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
        if counts && !self.is_bound(&name.name) {
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
                    if let Some(uses) = &mut w.uses {
                        uses.nested.push(Rc::clone(decl));
                    }
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
            StmtKind::Trait(decl) => self.methods(&decl.methods),
            StmtKind::Impl(decl) => self.methods(&decl.methods),
            StmtKind::Type(_) | StmtKind::Enum(_) | StmtKind::Use(_) => {}
        }
    }

    fn methods(&mut self, methods: &[MethodDecl]) {
        methods
            .iter()
            .for_each(|method| self.function(&method.decl));
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

    /// Notes what `expr` does with a variable.
    fn note(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Assign(_, target, _) => match &target.kind {
                ExprKind::Array(targets) => {
                    for target in targets {
                        if let Element::Item(target) = target {
                            self.note_target(target);
                        }
                    }
                }
                _ => self.note_target(target),
            },
            ExprKind::MethodCall(receiver, name, args, _) => {
                self.note_use(receiver, Use::Method(Rc::clone(&name.name)));
                self.note_args(None, args);
            }
            ExprKind::Call(callee, args) => {
                let name = match &callee.kind {
                    ExprKind::Path(path) => match &path.segments[..] {
                        [name] if self.is_function(&name.name) => Some(Rc::clone(&name.name)),
                        _ => None,
                    },
                    _ => None,
                };
                self.note_args(name.as_ref(), args);
            }
            _ => {}
        }
    }

    fn note_target(&mut self, target: &Expr) {
        let whole = matches!(target.kind, ExprKind::Path(_));
        self.note_use(
            target,
            if whole {
                Use::Assigned
            } else {
                Use::PartAssigned
            },
        );
    }

    fn note_args(&mut self, callee: Option<&Rc<str>>, args: &[Arg]) {
        for (at, arg) in args.iter().enumerate() {
            let name = arg.name.as_ref().map(|name| Rc::clone(&name.name));
            let (place, explicit) = match &arg.value.kind {
                ExprKind::Ref(place) => (&**place, true),
                _ => (&arg.value, false),
            };
            let passed = Passed {
                callee: callee.cloned(),
                at,
                name,
                explicit,
                part: !matches!(place.kind, ExprKind::Path(_)),
            };
            self.note_use(place, Use::Passed(passed));
        }
    }

    fn note_use(&mut self, place: &Expr, what: Use) {
        let Some(root) = root_of(place) else { return };
        if !self.is_bound(&root.name)
            && let Some(uses) = &mut self.uses
        {
            uses.of.push((Rc::clone(&root.name), what));
        }
    }

    /// Whether `name` may be that of a function, as far as can be seen here.
    fn is_function(&self, name: &str) -> bool {
        let nested = self.uses.iter().flat_map(|uses| &uses.nested);
        !self.is_bound(name) || nested.into_iter().any(|decl| &*decl.name.name == name)
    }

    fn is_bound(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn expr(&mut self, expr: &Expr) {
        if self.uses.is_some() {
            self.note(expr);
        }
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
