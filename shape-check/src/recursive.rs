//! `let f = |n| … f(n - 1) …`: a closure that calls itself by the name that it is given.

use crate::body::Name;
use crate::checker::Checker;
use crate::free::free_names;
use crate::program::Expr;
use rustc_hash::FxHashMap;
use shape_syntax::ast::{self, ExprKind as Ast, FnDecl, Let, PatKind};
use std::rc::Rc;

impl Checker<'_> {
    /// The value of such a closure: that of a function declared in its place. `None` where the
    /// closure does not name itself, or where the name stands for something else already.
    pub(crate) fn recursive_closure(&mut self, let_: &Let) -> Option<Expr> {
        let PatKind::Bind(name, _) = &let_.pat.kind else {
            return None;
        };
        let Ast::Closure(decl) = &let_.init.kind else {
            return None;
        };
        let module = self.body.module;
        let known = self.body.find(&name.name).is_some()
            || self.modules[module].names.contains_key(&name.name)
            || matches!(self.module_var(module, &name.name, name.span), Some(Ok(_)));
        if let_.ty.is_some() || known || !free_names(decl).contains(&name.name) {
            return None;
        }
        let decl = Rc::new(FnDecl {
            name: name.clone(),
            ..(**decl).clone()
        });
        self.body.scopes.push(FxHashMap::default());
        let group = self.new_nested([decl].into());
        self.body.bind(&name.name, Name::Nested(group));
        let span = let_.init.span;
        let path = ast::Path {
            segments: vec![name.clone()],
            span,
        };
        let kind = Ast::Path(path);
        let value = self.expr(&ast::Expr { kind, span }, None);
        self.body.scopes.pop();
        Some(value)
    }
}
