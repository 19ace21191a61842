//! What no call has reached: its names are looked up all the same, and its annotated types are checked.

use crate::body::Body;
use crate::checker::Checker;
use crate::closure::{ClosureKind, closure_id};
use crate::instance::Target;
use crate::modules::ModuleId;
use crate::types::Ty;
use rustc_hash::FxHashMap;
use shape_syntax::ast::{Binding, FnDecl, PatKind};
use std::rc::Rc;

impl Checker<'_> {
    /// Checks what nothing has called, so that its names and its annotated types are right.
    pub(crate) fn check_unused(&mut self) {
        let mut index = 0;
        while index < self.templates.len() {
            let template = &self.templates[index];
            let own = self.modules[template.module].host.is_none();
            if own && !template.used {
                let decl = Rc::clone(&template.decl);
                let module = template.module;
                let args = match self.unused_method_args(index) {
                    Some(args) => args,
                    None => self.annotated_params(&decl, module),
                };
                self.instantiate(Target::Template(index), &args, None, decl.name.span);
                self.check_defaults(&decl, module);
            }
            index += 1;
        }
        self.check_unused_closures();
        self.check_unused_types();
    }

    /// Checks the defaults of the parameters that are annotated, as no call may have used them.
    fn check_defaults(&mut self, decl: &FnDecl, module: ModuleId) {
        if !decl.generics.is_empty() {
            return;
        }
        let types = self.annotated_params(decl, module);
        let mut own = Body::new(module);
        own.scopes.push(FxHashMap::default());
        let outer = std::mem::replace(&mut self.body, own);
        for (param, ty) in decl.params.iter().zip(types) {
            if let Some(default) = &param.default {
                let value = self.expr(default, Some(ty));
                self.coerce(value, ty, "the default");
            }
            if let PatKind::Bind(name, _) = &param.pat.kind {
                self.body
                    .bind_local(&name.name, ty, Binding::Let, name.span);
            }
        }
        self.body = outer;
    }

    /// The annotated types of parameters; `Wrong`, which goes with everything, for the others.
    pub(crate) fn annotated_params(&mut self, decl: &FnDecl, module: ModuleId) -> Vec<Ty> {
        let generics: Vec<_> = decl
            .generics
            .iter()
            .map(|g| (Rc::clone(&g.name), Ty::WRONG))
            .collect();
        let outer_generics = std::mem::replace(&mut self.body.generics, generics);
        let outer_module = std::mem::replace(&mut self.body.module, module);
        let types = decl.params.iter().map(|param| match &param.ty {
            Some(ty) => self.type_expr(ty),
            None => Ty::WRONG,
        });
        let types = types.collect();
        self.body.module = outer_module;
        self.body.generics = outer_generics;
        types
    }

    /// Checks closures that nothing has called, unless another instance of the same text was.
    pub(crate) fn check_unused_closures(&mut self) {
        let mut checked: FxHashMap<*const FnDecl, ()> = FxHashMap::default();
        for info in &self.closures {
            if let ClosureKind::Decl(decl) = &info.kind
                && info.used
            {
                checked.insert(Rc::as_ptr(decl), ());
            }
        }
        let mut index = 0;
        while index < self.closures.len() {
            let info = self.closures[index].clone();
            if let ClosureKind::Decl(decl) = &info.kind
                && self.modules[info.module].host.is_none()
                && checked.insert(Rc::as_ptr(decl), ()).is_none()
            {
                let args = self.annotated_params(decl, info.module);
                self.instantiate(Target::Closure(closure_id(index)), &args, None, decl.head);
            }
            index += 1;
        }
    }
}
