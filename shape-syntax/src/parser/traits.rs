//! Traits, `impl` and `extend`.

use super::{Failed, P, Parser};
use crate::ast::{
    Block, Bound, Expr, ExprKind, FnDecl, Ident, ImplDecl, MethodDecl, Param, Pat, PatKind,
    StmtKind, TraitDecl, TraitRef, TypeExpr,
};
use crate::lexer::T;
use crate::{Diagnostic, codes};
use std::rc::Rc;

/// Whose methods they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Trait,
    Type,
}

impl Parser<'_> {
    /// `trait Name<T>: A + B { … }`.
    pub(super) fn trait_item(&mut self, doc: Option<String>, public: bool) -> P<StmtKind> {
        self.bump();
        let name = self.declared_name("the name of a trait")?;
        let (generics, bounds) = self.bounded_generics()?;
        self.refuse_bounds(&bounds);
        let supers = if self.eat(T::Colon) {
            self.trait_refs()?
        } else {
            Vec::new()
        };
        let methods = self.methods(Owner::Trait)?;
        Ok(StmtKind::Trait(Rc::new(TraitDecl {
            name,
            doc,
            public,
            generics,
            supers,
            methods,
        })))
    }

    /// `impl<T> Trait for Type { … }`, `impl Type { … }`, `extend Type { … }`.
    pub(super) fn impl_item(&mut self) -> P<StmtKind> {
        let start = self.span();
        let may_have_trait = self.bump().kind == T::KwImpl;
        let (generics, mut bounds) = self.bounded_generics()?;
        let first = self.type_expr()?;
        let (of, target) = if may_have_trait && self.eat(T::KwFor) {
            let of = self.as_trait_ref(first)?;
            (Some(of), self.type_expr()?)
        } else {
            (None, first)
        };
        self.where_clause(&mut bounds)?;
        let head = self.span_from(start);
        let methods = self.methods(Owner::Type)?;
        Ok(StmtKind::Impl(Rc::new(ImplDecl {
            generics,
            bounds,
            of,
            target,
            methods,
            head,
        })))
    }

    fn as_trait_ref(&mut self, ty: TypeExpr) -> P<TraitRef> {
        match ty.kind {
            crate::ast::TypeExprKind::Named(path, args) => Ok(TraitRef {
                path,
                args,
                span: ty.span,
            }),
            _ => {
                let message = "expected the name of a trait in front of `for`";
                Err(self.fail(Diagnostic::error(codes::UNEXPECTED, ty.span, message)))
            }
        }
    }

    /// `A + B<int>`.
    fn trait_refs(&mut self) -> P<Vec<TraitRef>> {
        let mut all = vec![self.trait_ref()?];
        while self.eat(T::Plus) {
            all.push(self.trait_ref()?);
        }
        Ok(all)
    }

    /// `Into<int>`.
    pub(super) fn trait_ref(&mut self) -> P<TraitRef> {
        let ty = self.named_type_expr()?;
        self.as_trait_ref(ty)
    }

    /// `<T: A + B, U>`.
    pub(super) fn bounded_generics(&mut self) -> P<(Vec<Ident>, Vec<Bound>)> {
        let (mut names, mut bounds) = (Vec::new(), Vec::new());
        if !self.eat(T::Lt) {
            return Ok((names, bounds));
        }
        while !self.at(T::Gt) {
            let name = self.declared_name("the name of a type parameter")?;
            if self.eat(T::Colon) {
                let traits = self.trait_refs()?;
                let param = name.clone();
                bounds.push(Bound { param, traits });
            }
            names.push(name);
            if !self.at(T::Gt) && !self.eat(T::Comma) {
                return Err(self.unexpected("`,` or `>`"));
            }
        }
        self.bump();
        Ok((names, bounds))
    }

    /// Bounds where they would say nothing, as nothing is called there.
    pub(super) fn refuse_bounds(&mut self, bounds: &[Bound]) {
        if let Some(bound) = bounds.first() {
            let message = "bounds stand at functions, `impl` and `extend`";
            let _ = self.fail(
                Diagnostic::error(codes::UNSUPPORTED, bound.param.span, message)
                    .help("remove the bound here, and write it where the methods are used"),
            );
        }
    }

    /// `where T: A + B, U: C`.
    pub(super) fn where_clause(&mut self, bounds: &mut Vec<Bound>) -> P<()> {
        if !self.at_word("where") {
            return Ok(());
        }
        self.bump();
        while self.at(T::Ident) {
            let param = self.declared_name("the name of a type parameter")?;
            self.expect(T::Colon)?;
            let traits = self.trait_refs()?;
            bounds.push(Bound { param, traits });
            if !self.eat(T::Comma) {
                break;
            }
        }
        Ok(())
    }

    /// `{ … }` with methods. `;`, `,`, a new line or the `}` of a body separates.
    fn methods(&mut self, owner: Owner) -> P<Vec<MethodDecl>> {
        let open = self.pos;
        if !self.at(T::LBrace) {
            return Err(self.unexpected("`{`"));
        }
        self.bump();
        self.in_brackets(|parser| {
            let mut methods = Vec::new();
            loop {
                while parser.eat(T::Semi) || parser.eat(T::Comma) {}
                if parser.eat(T::RBrace) {
                    return Ok(methods);
                }
                if parser.at(T::Eof) || parser.kind().is_closer() {
                    return Err(parser.unclosed(open));
                }
                match parser.nested(|parser| parser.method(owner)) {
                    Ok(method) => methods.push(method),
                    Err(Failed) => parser.skip_method(),
                }
            }
        })
    }

    /// Skips to what may be the next method.
    fn skip_method(&mut self) {
        while !self.at(T::Eof) && !self.kind().is_closer() {
            let ends = self.at(T::LBrace);
            self.skip_tree();
            let starts = matches!(self.kind(), T::KwMethod | T::KwFn | T::KwFunction);
            if ends || starts && self.newline_before() {
                break;
            }
        }
    }

    /// `method name(params) -> R { … }`, `fn name(self) { … }`; in a trait also `name(self): R`.
    fn method(&mut self, owner: Owner) -> P<MethodDecl> {
        let doc = self.take_doc();
        let start = self.span();
        let public = self.eat(T::KwPub);
        let word = self.kind();
        let is_fn = matches!(word, T::KwFn | T::KwFunction);
        if is_fn || word == T::KwMethod {
            self.bump();
        } else if owner == Owner::Type || !matches!(self.kind_at(1), T::LParen | T::Lt) {
            return Err(self.not_a_method());
        }
        let token = self.token();
        if !token.kind.is_word() {
            return Err(self.unexpected("the name of a method"));
        }
        self.bump();
        let name = self.ident_of(token);
        let (generics, mut bounds) = self.bounded_generics()?;
        let (written, mut params) = self.method_params()?;
        let receiver = written || !is_fn;
        if receiver {
            let this = Ident {
                name: self.intern("self"),
                span: name.span,
            };
            let pat = Pat {
                span: this.span,
                kind: PatKind::Bind(this, false),
            };
            let this = Param {
                pat,
                reference: false,
                ty: None,
                default: None,
            };
            params.insert(0, this);
        }
        let ret = if self.eat(T::Colon) || self.eat(T::Arrow) {
            Some(self.type_expr()?)
        } else {
            None
        };
        self.where_clause(&mut bounds)?;
        let head = self.span_from(start);
        let body = match self.at(T::LBrace) {
            true => Some(self.fn_body()?),
            false if owner == Owner::Type => return Err(self.no_method_body(&name)),
            false => None,
        };
        let has_body = body.is_some();
        let empty = Block {
            stmts: Vec::new(),
            span: head,
        };
        let decl = FnDecl {
            name,
            doc,
            public,
            generics,
            bounds,
            params,
            ret,
            body: body.unwrap_or(Expr {
                kind: ExprKind::Block(empty),
                span: head,
            }),
            head,
        };
        Ok(MethodDecl {
            decl: Rc::new(decl),
            receiver,
            body: has_body,
        })
    }

    fn not_a_method(&mut self) -> Failed {
        if self.at(T::KwType) {
            let message = "types inside of traits and `impl` are not supported yet";
            return self.fail(
                Diagnostic::error(codes::UNSUPPORTED, self.span(), message)
                    .help("give the trait a type parameter: `trait Name<T> { … }`"),
            );
        }
        if self.kind().is_word() && self.kind_at(1) == T::LParen {
            let name = self.text_of(self.token());
            let message = format!("expected `method` or `fn`, found `{name}`");
            let help = format!("write `method {name}(…) {{ … }}`");
            return self
                .fail(Diagnostic::error(codes::UNEXPECTED, self.span(), message).help(help));
        }
        self.unexpected("`method` or `fn`")
    }

    fn no_method_body(&mut self, name: &Ident) -> Failed {
        let message = format!("the body of `{}` is missing", name.name);
        let help = format!("write `method {}(…) {{ … }}`", name.name);
        self.fail(Diagnostic::error(codes::NO_BRACES, self.here(), message).help(help))
    }

    /// `(self, a, b: int = 2)`, and whether `self` was written.
    fn method_params(&mut self) -> P<(bool, Vec<Param>)> {
        let open = self.pos;
        self.expect(T::LParen)?;
        let written = self.self_param()?;
        if written && !self.at(T::RParen) && !self.eat(T::Comma) {
            return Err(self.unexpected("`,` or `)`"));
        }
        let params = self.list(open, T::RParen, Self::paren_param)?;
        Ok((written, params))
    }

    /// `self`, also as other languages write it: `&self`, `mut self`, `self: T`.
    fn self_param(&mut self) -> P<bool> {
        let mut ahead = 0;
        while matches!(self.kind_at(ahead), T::Amp | T::KwMut) {
            ahead += 1;
        }
        let token = self.tokens.get(self.pos + ahead).copied();
        if !token.is_some_and(|t| t.kind == T::Ident && self.text_of(t) == "self") {
            return Ok(false);
        }
        self.pos += ahead + 1;
        if self.eat(T::Colon) {
            self.type_expr()?;
        }
        Ok(true)
    }
}
