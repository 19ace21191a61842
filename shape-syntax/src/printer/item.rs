//! Bindings and items as text.

use super::Printer;
use crate::ast::{
    Binding, EnumDecl, FnDecl, Ident, Let, ModDecl, Param, TypeDecl, TypeDeclKind, UseDecl,
    UseKind, VariantDecl, VariantKind,
};

impl Printer {
    pub(super) fn binding(&mut self, binding: &Let) {
        self.public(binding.public);
        self.push(match binding.binding {
            Binding::Let => "let ",
            Binding::Mut => "let mut ",
            Binding::Const => "const ",
        });
        self.single_pattern(&binding.pat);
        if let Some(ty) = &binding.ty {
            self.push(": ");
            self.ty(ty);
        }
        self.push(" = ");
        self.expr(&binding.init);
    }

    pub(super) fn public(&mut self, public: bool) {
        self.push(if public { "pub " } else { "" });
    }

    pub(super) fn doc(&mut self, doc: &Option<String>) {
        for line in doc.iter().flat_map(|doc| doc.split('\n')) {
            self.push(if line.is_empty() { "///" } else { "/// " });
            self.push(line);
            self.newline();
        }
    }

    pub(super) fn function(&mut self, decl: &FnDecl) {
        self.doc(&decl.doc);
        self.public(decl.public);
        self.push("fn ");
        self.signature(decl, &decl.params);
        self.push(" ");
        self.body(&decl.body);
    }

    pub(super) fn param(&mut self, param: &Param) {
        if param.reference {
            self.push("&");
        }
        self.single_pattern(&param.pat);
        if let Some(ty) = &param.ty {
            self.push(": ");
            self.ty(ty);
        }
        if let Some(default) = &param.default {
            self.push(" = ");
            self.expr(default);
        }
    }

    pub(super) fn type_decl(&mut self, decl: &TypeDecl) {
        self.doc(&decl.doc);
        self.public(decl.public);
        self.push("type ");
        self.push(&decl.name.name);
        self.bounded_generics(&decl.generics, &[]);
        match &decl.kind {
            TypeDeclKind::Alias(ty) => {
                self.push(" = ");
                self.ty(ty);
            }
            TypeDeclKind::Record(fields) => {
                self.push(" ");
                self.parts(fields, Self::field);
            }
        }
    }

    pub(super) fn enum_decl(&mut self, decl: &EnumDecl) {
        self.doc(&decl.doc);
        self.public(decl.public);
        self.push("enum ");
        self.push(&decl.name.name);
        self.bounded_generics(&decl.generics, &[]);
        self.push(" ");
        self.parts(&decl.variants, Self::variant);
    }

    fn parts<T>(&mut self, parts: &[T], print: impl Fn(&mut Self, &T)) {
        if parts.is_empty() {
            return self.push("{}");
        }
        self.push("{ ");
        self.list(parts, print);
        self.push(" }");
    }

    fn variant(&mut self, variant: &VariantDecl) {
        self.push(&variant.name.name);
        match &variant.kind {
            VariantKind::Unit => {}
            VariantKind::Tuple(types) => {
                self.push("(");
                self.list(types, Self::ty);
                self.push(")");
            }
            VariantKind::Record(fields) => {
                self.push(" ");
                self.inline_fields(fields);
            }
            VariantKind::Value(value) => {
                self.push(" = ");
                self.expr(value);
            }
        }
    }

    pub(super) fn module(&mut self, decl: &ModDecl) {
        self.public(decl.public);
        self.push("mod ");
        self.push(&decl.name.name);
        self.push(" ");
        self.braces(&decl.module.body);
    }

    pub(super) fn import(&mut self, decl: &UseDecl) {
        self.push("use ");
        self.path(&decl.path);
        match &decl.kind {
            UseKind::Module(alias) => self.alias(alias),
            UseKind::Names(names) => {
                self.push("::{");
                self.list(names, |printer, (name, alias)| {
                    printer.push(&name.name);
                    printer.alias(alias);
                });
                self.push("}");
            }
        }
    }

    fn alias(&mut self, alias: &Option<Ident>) {
        if let Some(alias) = alias {
            self.push(" as ");
            self.push(&alias.name);
        }
    }
}
