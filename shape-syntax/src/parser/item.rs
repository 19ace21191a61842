//! Items: functions, types, modules and imports.

use super::{Failed, P, Parser};
use crate::ast::{
    EnumDecl, FieldDecl, FnDecl, Ident, ModDecl, Module, StmtKind, TypeDecl, TypeDeclKind,
    VariantDecl, VariantKind,
};
use crate::lexer::T;
use crate::{Diagnostic, codes};
use std::rc::Rc;

impl Parser<'_> {
    /// Whether an item starts here, rather than an expression.
    pub(super) fn starts_item(&self, kind: T) -> bool {
        match kind {
            T::KwFn | T::KwFunction => self.kind_at(1) != T::LParen,
            T::KwPub | T::KwType | T::KwEnum | T::KwMod | T::KwUse | T::KwFrom | T::KwImport => {
                true
            }
            T::KwTrait | T::KwImpl | T::KwExtend | T::KwMethod | T::KwAsync | T::At => true,
            T::Ident => {
                self.at_word("comptime") && self.same_line(1) && self.kind_at(1) == T::LBrace
            }
            _ => false,
        }
    }

    pub(super) fn item(&mut self) -> P<StmtKind> {
        let doc = self.take_doc();
        let pub_token = self.token();
        let public = self.eat(T::KwPub);
        if public && self.at(T::LParen) {
            // `pub(crate)`: there is one kind of `pub`.
            let _ = self.unexpected("an item");
            self.skip_tree();
        }
        match self.kind() {
            T::KwFn | T::KwFunction => self.fn_item(doc, public),
            T::KwType => self.type_item(doc, public),
            T::KwEnum => self.enum_item(doc, public),
            T::KwMod => self.mod_item(public),
            T::KwLet | T::KwVar | T::KwConst => self.binding(public),
            T::KwUse | T::KwFrom | T::KwImport => {
                if public {
                    self.report(
                        Diagnostic::error(
                            codes::UNSUPPORTED,
                            self.span_of(pub_token),
                            "`pub` in front of an import is not supported yet",
                        )
                        .help("remove `pub`"),
                    );
                }
                self.import()
            }
            T::KwTrait => self.trait_item(doc, public),
            T::KwImpl | T::KwExtend if !public => self.impl_item(),
            T::KwMethod | T::KwAsync => Err(self.unsupported_item()),
            T::At => self.annotation(),
            T::Ident if !public => Err(self.unsupported_item()),
            _ => Err(self.fail(
                Diagnostic::error(
                    codes::BAD_PUB,
                    self.span_of(pub_token),
                    "`pub` stands in front of nothing that can be public",
                )
                .help("`pub` goes with `fn`, `type`, `enum`, `trait`, `mod`, `let`, `var` and `const`"),
            )),
        }
    }

    /// `fn name<T>(params) -> R { body }`.
    fn fn_item(&mut self, doc: Option<String>, public: bool) -> P<StmtKind> {
        let start = self.span();
        self.bump();
        let name = self.declared_name("the name of a function")?;
        let (generics, mut bounds) = self.bounded_generics()?;
        if !self.at(T::LParen) {
            return Err(self.unexpected("`(`"));
        }
        let params = self.params()?;
        let ret = self.return_type()?;
        self.where_clause(&mut bounds)?;
        let head = self.span_from(start);
        let body = self.fn_body()?;
        let decl = FnDecl {
            name,
            doc,
            public,
            generics,
            bounds,
            params,
            ret,
            body,
            head,
        };
        Ok(StmtKind::Fn(Rc::new(decl)))
    }

    /// The braces of a function; `= value` and `=> value` are reported and taken as the body.
    pub(super) fn fn_body(&mut self) -> P<crate::ast::Expr> {
        if matches!(self.kind(), T::Eq | T::FatArrow) && !self.newline_before() {
            let message = "the body of a function needs braces";
            let _ = self.fail(
                Diagnostic::error(codes::NO_BRACES, self.span(), message)
                    .help("write `fn name(x) { value }`"),
            );
            self.bump();
            return self.expr();
        }
        self.body("fn")
    }

    /// `<T, U>` of a type.
    fn generics(&mut self) -> P<Vec<Ident>> {
        let (names, bounds) = self.bounded_generics()?;
        self.refuse_bounds(&bounds);
        Ok(names)
    }

    /// `type Name<T> = U` or `type Name<T> { x: U }`.
    fn type_item(&mut self, doc: Option<String>, public: bool) -> P<StmtKind> {
        self.bump();
        let name = self.declared_name("the name of a type")?;
        let generics = self.generics()?;
        let kind = if self.at(T::LBrace) {
            TypeDeclKind::Record(self.fields()?)
        } else if self.eat(T::Eq) {
            TypeDeclKind::Alias(self.type_expr()?)
        } else {
            return Err(self.unexpected("`{` or `=`"));
        };
        Ok(StmtKind::Type(Rc::new(TypeDecl {
            name,
            doc,
            public,
            generics,
            kind,
        })))
    }

    /// `{ x: int, y?: string = "" }`; a new line separates as a `,` does.
    pub(super) fn fields(&mut self) -> P<Vec<FieldDecl>> {
        self.declarations(Self::field)
    }

    fn field(&mut self) -> P<FieldDecl> {
        if self.at(T::KwPub) && self.kind_at(1) != T::Colon {
            let message = "every field is public";
            let _ = self
                .fail(Diagnostic::error(codes::BAD_PUB, self.span(), message).help("remove `pub`"));
            self.bump();
        }
        let name = self.field_name()?;
        let optional = self.eat(T::Question);
        self.expect(T::Colon)?;
        let ty = self.type_expr()?;
        let default = if self.eat(T::Eq) {
            Some(self.expr()?)
        } else {
            None
        };
        Ok(FieldDecl {
            name,
            ty,
            optional,
            default,
        })
    }

    /// `{ a, b }` with `,`, `;` or a new line in between.
    fn declarations<R>(&mut self, mut item: impl FnMut(&mut Self) -> P<R>) -> P<Vec<R>> {
        let open = self.pos;
        self.expect(T::LBrace)?;
        self.in_brackets(|parser| {
            let mut items = Vec::new();
            while !parser.eat(T::RBrace) {
                if parser.at(T::Eof) || parser.kind().is_closer() {
                    return Err(parser.unclosed(open));
                }
                match item(parser) {
                    Ok(item) => items.push(item),
                    Err(Failed) => parser.skip_item(open)?,
                }
                let separated = parser.eat(T::Comma)
                    || parser.eat(T::Semi)
                    || parser.at(T::RBrace)
                    || parser.newline_before();
                if !separated {
                    let _ = parser.unexpected("`,` or `}`");
                    parser.skip_item(open)?;
                    parser.eat(T::Comma);
                }
            }
            Ok(items)
        })
    }

    /// `enum Name<T> { A, B(int), C { x: int }, D = "d" }`.
    fn enum_item(&mut self, doc: Option<String>, public: bool) -> P<StmtKind> {
        self.bump();
        let name = self.declared_name("the name of an enum")?;
        let generics = self.generics()?;
        if !self.at(T::LBrace) {
            return Err(self.unexpected("`{`"));
        }
        let variants = self.declarations(Self::variant)?;
        Ok(StmtKind::Enum(Rc::new(EnumDecl {
            name,
            doc,
            public,
            generics,
            variants,
        })))
    }

    fn variant(&mut self) -> P<VariantDecl> {
        let token = self.token();
        let name = if matches!(token.kind, T::KwNone | T::KwSome) {
            self.bump();
            self.ident_of(token)
        } else if token.kind.is_keyword() {
            let word = token.kind.text();
            let message = format!("`{word}` is a reserved word and cannot be a variant");
            let _ = self.fail(
                Diagnostic::error(codes::RESERVED, self.span(), message)
                    .help("choose another name"),
            );
            self.bump();
            self.ident_of(token)
        } else {
            self.declared_name("the name of a variant")?
        };
        let kind = match self.kind() {
            T::LParen => {
                let open = self.pos;
                self.bump();
                VariantKind::Tuple(self.list(open, T::RParen, Self::type_expr)?)
            }
            T::LBrace => VariantKind::Record(self.fields()?),
            T::Eq => {
                self.bump();
                VariantKind::Value(self.expr()?)
            }
            _ => VariantKind::Unit,
        };
        Ok(VariantDecl { name, kind })
    }

    /// `mod name { … }`.
    fn mod_item(&mut self, public: bool) -> P<StmtKind> {
        self.bump();
        let name = self.declared_name("the name of a module")?;
        if !self.at(T::LBrace) {
            let diagnostic = Diagnostic::error(
                codes::NO_BRACES,
                self.here(),
                format!("the body of `mod {}` is missing", name.name),
            );
            let help = format!(
                "write `mod {name} {{ … }}`, or `use {name}` for the file `{name}.shape`",
                name = name.name
            );
            return Err(self.fail(diagnostic.help(help)));
        }
        let block = self.block()?;
        let module = Module { body: block.stmts };
        Ok(StmtKind::Mod(Rc::new(ModDecl {
            name,
            public,
            module,
        })))
    }
}
