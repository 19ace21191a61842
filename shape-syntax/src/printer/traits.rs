//! Traits, `impl` and `extend` as text.

use super::Printer;
use crate::ast::{Bound, FnDecl, Ident, ImplDecl, MethodDecl, Param, TraitDecl, TraitRef};

impl Printer {
    pub(super) fn trait_decl(&mut self, decl: &TraitDecl) {
        self.doc(&decl.doc);
        self.public(decl.public);
        self.push("trait ");
        self.push(&decl.name.name);
        self.bounded_generics(&decl.generics, &[]);
        if !decl.supers.is_empty() {
            self.push(": ");
            self.trait_refs(&decl.supers);
        }
        self.push(" ");
        self.methods(&decl.methods);
    }

    pub(super) fn impl_decl(&mut self, decl: &ImplDecl) {
        self.push(if decl.of.is_some() { "impl" } else { "extend" });
        self.bounded_generics(&decl.generics, &decl.bounds);
        self.push(" ");
        if let Some(of) = &decl.of {
            self.trait_ref(of);
            self.push(" for ");
        }
        self.ty(&decl.target);
        self.where_clause(&decl.generics, &decl.bounds);
        self.push(" ");
        self.methods(&decl.methods);
    }

    fn methods(&mut self, methods: &[MethodDecl]) {
        if methods.is_empty() {
            return self.push("{}");
        }
        self.push("{");
        self.in_brackets(|printer| {
            printer.indent += 1;
            for method in methods {
                printer.newline();
                printer.method(method);
            }
            printer.indent -= 1;
            printer.newline();
        });
        self.push("}");
    }

    fn method(&mut self, method: &MethodDecl) {
        let decl = &method.decl;
        self.doc(&decl.doc);
        self.public(decl.public);
        self.push(if method.receiver { "method " } else { "fn " });
        let params = if method.receiver { 1 } else { 0 };
        self.signature(decl, &decl.params[params..]);
        if method.body {
            self.push(" ");
            self.body(&decl.body);
        } else {
            self.push(";");
        }
    }

    /// `name<T>(a, b) -> R`.
    pub(super) fn signature(&mut self, decl: &FnDecl, params: &[Param]) {
        self.push(&decl.name.name);
        self.bounded_generics(&decl.generics, &decl.bounds);
        self.push("(");
        self.list(params, Self::param);
        self.push(")");
        if let Some(ret) = &decl.ret {
            self.push(" -> ");
            self.ty(ret);
        }
        self.where_clause(&decl.generics, &decl.bounds);
    }

    /// The bounds of what is no type parameter of the declaration itself.
    fn where_clause(&mut self, names: &[Ident], bounds: &[Bound]) {
        let others = bounds
            .iter()
            .filter(|bound| !names.iter().any(|name| name.name == bound.param.name));
        for (at, bound) in others.enumerate() {
            self.push(if at == 0 { " where " } else { ", " });
            self.push(&bound.param.name);
            self.push(": ");
            self.trait_refs(&bound.traits);
        }
    }

    /// `<T: A + B, U>`.
    pub(super) fn bounded_generics(&mut self, names: &[Ident], bounds: &[Bound]) {
        if names.is_empty() {
            return;
        }
        self.push("<");
        self.list(names, |printer, name| {
            printer.push(&name.name);
            let own = bounds.iter().filter(|b| b.param.name == name.name);
            for (at, one) in own.flat_map(|b| &b.traits).enumerate() {
                printer.push(if at == 0 { ": " } else { " + " });
                printer.trait_ref(one);
            }
        });
        self.push(">");
    }

    fn trait_refs(&mut self, all: &[TraitRef]) {
        for (at, one) in all.iter().enumerate() {
            self.push(if at == 0 { "" } else { " + " });
            self.trait_ref(one);
        }
    }

    pub(super) fn trait_ref(&mut self, one: &TraitRef) {
        self.path(&one.path);
        if !one.args.is_empty() {
            self.push("<");
            self.list(&one.args, Self::ty);
            self.push(">");
        }
    }
}
