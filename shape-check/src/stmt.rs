//! Statements.

use crate::body::{GlobalVar, Name};
use crate::checker::Checker;
use crate::modules::Item;
use crate::pattern::bound_names;
use crate::program::{Expr, ExprKind, GlobalId, Root, Variable};
use crate::types::{Ty, TyKind};
use shape_syntax::Span;
use shape_syntax::ast::{Binding, Ident, Let, PatKind, Stmt, StmtKind};
use std::rc::Rc;

impl Checker<'_> {
    /// A statement; `None` for an item, which has been dealt with.
    pub(crate) fn stmt(&mut self, stmt: &Stmt) -> Option<Expr> {
        match &stmt.kind {
            StmtKind::Let(let_) => Some(self.let_(let_, stmt.span)),
            StmtKind::Expr(expr) => {
                let value = self.expr_unused(expr);
                Some(self.unused_ends(value))
            }
            StmtKind::Mod(_) | StmtKind::Use(_) if self.body.scopes.len() > 1 => {
                self.error(
                    "E0601",
                    stmt.span,
                    "modules and imports stand at the top level",
                );
                None
            }
            StmtKind::Fn(_)
            | StmtKind::Type(_)
            | StmtKind::Enum(_)
            | StmtKind::Trait(_)
            | StmtKind::Impl(_)
            | StmtKind::Mod(_)
            | StmtKind::Use(_) => None,
        }
    }

    /// Types and traits declared inside a block are known in the whole module.
    pub(crate) fn declare_types(&mut self, stmts: &[Stmt]) {
        let module = self.body.module;
        for stmt in stmts {
            let (name, item) = match &stmt.kind {
                StmtKind::Type(decl) if !self.declared_here(&decl.name) => {
                    (&decl.name, self.new_type(decl, module))
                }
                StmtKind::Enum(decl) if !self.declared_here(&decl.name) => {
                    (&decl.name, self.new_enum(decl, module))
                }
                StmtKind::Trait(decl) if !self.declared_here(&decl.name) => {
                    (&decl.name, self.new_trait(decl, module))
                }
                StmtKind::Impl(decl) => {
                    self.announce_impl(decl, module);
                    continue;
                }
                _ => continue,
            };
            self.enter_item(module, name, item);
        }
        self.settle_impls();
    }

    fn declared_here(&self, name: &Ident) -> bool {
        let known = self.modules[self.body.module].names.get(&name.name);
        known.is_some_and(|entry| entry.span == name.span)
    }

    fn enter_item(&mut self, module: usize, name: &Ident, item: Item) {
        let entry = crate::modules::Entry {
            item,
            public: false,
            span: name.span,
        };
        self.modules[module]
            .names
            .insert(Rc::clone(&name.name), entry);
    }

    fn let_(&mut self, let_: &Let, span: Span) -> Expr {
        let written = let_.ty.as_ref().map(|ty| self.type_expr(ty));
        let special = self
            .empty_map_of(let_)
            .or_else(|| self.recursive_closure(let_));
        let value = match special {
            Some(value) => value,
            None => self.expr(&let_.init, written),
        };
        let value = match written {
            Some(ty) => self.coerce(value, ty, "the value"),
            None if let_.binding == Binding::Mut => {
                let value = self.widened(let_, value);
                self.open_closure(value)
            }
            None => value,
        };
        let ty = match written {
            Some(ty) => ty,
            None => value.ty,
        };
        match &let_.pat.kind {
            PatKind::Bind(name, _) => self.bind_variable(name, ty, let_.binding, value, span),
            _ => self.bind_pattern(let_, value, span),
        }
    }

    /// A variable that may get another closure later.
    fn open_closure(&mut self, value: Expr) -> Expr {
        match self.kind(value.ty) {
            TyKind::Closure(id) => {
                let ty = self.new_group(id);
                Expr { ty, ..value }
            }
            _ => value,
        }
    }

    fn bind_variable(
        &mut self,
        name: &Ident,
        ty: Ty,
        binding: Binding,
        value: Expr,
        span: Span,
    ) -> Expr {
        let value = Box::new(value);
        if self.is_shared(&name.name) {
            let id = self.new_global(name, ty, binding);
            self.guard(Root::Global(id), ty);
            return Expr {
                kind: ExprKind::SetGlobal(id, value),
                ty: Ty::UNIT,
                span,
            };
        }
        let id = self.body.bind_local(&name.name, ty, binding, name.span);
        self.guard(Root::Local(id), ty);
        Expr {
            kind: ExprKind::Init(id, value),
            ty: Ty::UNIT,
            span,
        }
    }

    fn new_global(&mut self, name: &Ident, ty: Ty, binding: Binding) -> GlobalId {
        let id = GlobalId(u32::try_from(self.globals.len()).unwrap_or(u32::MAX));
        self.globals.push(Variable {
            name: Rc::clone(&name.name),
            ty,
            // Later programs may give it by reference, and it must not move.
            boxed: self.carried.is_some(),
            by_ref: false,
        });
        let var = GlobalVar {
            id,
            binding,
            span: name.span,
        };
        let module = self.body.module;
        if let Some(known) = self.modules[module].vars.get_mut(&name.name)
            && let Some(own) = known.iter_mut().find(|own| own.declared == name.span)
        {
            own.var = Some(var);
        }
        self.body.bind(&name.name, Name::Global(var));
        id
    }

    /// Takes a value apart; names that functions use then move to global slots.
    fn bind_pattern(&mut self, let_: &Let, value: Expr, span: Span) -> Expr {
        let mut statements = vec![self.destructure(&let_.pat, value, let_.binding)];
        let mut names = Vec::new();
        bound_names(&let_.pat, &mut names);
        for name in names {
            let Some(Name::Local(var)) = self.body.find(&name.name).cloned() else {
                continue;
            };
            if !self.is_shared(&name.name) {
                let ty = self.body.local_ty(var.id);
                self.guard(Root::Local(var.id), ty);
                continue;
            }
            let value = Box::new(self.local_expr(var.id, name.span));
            let id = self.new_global(&name, value.ty, let_.binding);
            statements.push(Expr {
                kind: ExprKind::SetGlobal(id, value),
                ty: Ty::UNIT,
                span,
            });
        }
        match statements.len() {
            1 => statements.remove(0),
            _ => Expr {
                kind: ExprKind::Block(statements, None),
                ty: Ty::UNIT,
                span,
            },
        }
    }
}
