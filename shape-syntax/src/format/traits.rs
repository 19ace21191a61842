//! What the tree says about traits and their methods.

use super::atoms::Role;
use super::marks::{Marks, drop_atom};
use crate::ast::{ImplDecl, MethodDecl, TraitDecl, TraitRef};
use crate::lexer::T;

impl Marks<'_, '_> {
    pub(super) fn trait_decl(&mut self, decl: &TraitDecl) {
        self.generics(&decl.name);
        decl.supers.iter().for_each(|of| self.trait_ref(of));
        let open = self.next(self.at(decl.name.span.end), T::LBrace);
        self.methods(open, &decl.methods);
    }

    pub(super) fn impl_decl(&mut self, decl: &ImplDecl) {
        // Behind `impl` or `extend`.
        self.generics_at(self.at(decl.head.start) + 1);
        for bound in &decl.bounds {
            bound.traits.iter().for_each(|of| self.trait_ref(of));
        }
        decl.of.iter().for_each(|of| self.trait_ref(of));
        self.ty(&decl.target);
        let open = self.next(self.at(decl.head.end), T::LBrace);
        self.methods(open, &decl.methods);
    }

    pub(super) fn trait_ref(&mut self, of: &TraitRef) {
        self.type_args(&of.path, &of.args, of.span);
    }

    /// Methods between braces: a `;` stands behind those without a body, and nothing behind the others.
    fn methods(&mut self, open: Option<usize>, methods: &[MethodDecl]) {
        let Some((open, close)) = open.and_then(|open| Some((open, self.atoms[open].close?)))
        else {
            return;
        };
        self.atoms[open].role = Role::Block;
        for (index, method) in methods.iter().enumerate() {
            let start = self.at(method.decl.head.start);
            self.atoms[start].begins = true;
            let name = self.at(method.decl.name.span.start);
            self.atoms[name].role = Role::Name;
            self.generics(&method.decl.name);
            match method.body {
                true => self.function(&method.decl),
                false => self.signature(&method.decl),
            }
            let next = methods.get(index + 1);
            let next = next.map_or(close, |next| self.at(next.decl.head.start));
            self.end_method(next, method.body);
        }
    }

    /// Puts what is needed between a method and what begins at `next`.
    fn end_method(&mut self, next: usize, has_body: bool) {
        let is_separator = |kind| matches!(kind, T::Semi | T::Comma);
        let mut first = next;
        while is_separator(self.atoms[first - 1].kind) {
            first -= 1;
        }
        let keep = usize::from(!has_body && first < next);
        for at in first + keep..next {
            drop_atom(self.atoms, at);
        }
        if has_body {
            return;
        }
        match keep {
            0 => self.atoms[next - 1].suffix = ";",
            _ => (self.atoms[first].kind, self.atoms[first].text) = (T::Semi, ";"),
        }
    }
}
