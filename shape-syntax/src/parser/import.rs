//! Imports.

use super::{Failed, P, Parser};
use crate::ast::{Ident, Path, StmtKind, UseDecl, UseKind};
use crate::lexer::T;
use crate::{Diagnostic, codes};

impl Parser<'_> {
    /// `use a::b as c`, `use a::b::{c, d as e}`, `from a::b use { c }`.
    pub(super) fn import(&mut self) -> P<StmtKind> {
        let word = self.token();
        if word.kind == T::KwImport {
            return self.import_of_other_languages();
        }
        self.bump();
        let path = self.import_path()?;
        if word.kind == T::KwFrom {
            if self.at(T::KwImport) {
                let _ = self.fail(
                    Diagnostic::error(
                        codes::WRONG_SPELLING,
                        self.span(),
                        "expected `use`, found `import`",
                    )
                    .help("write `from a::b use { c }`"),
                );
                self.bump();
            } else {
                self.expect(T::KwUse)?;
            }
            let kind = UseKind::Names(self.import_names()?);
            return Ok(StmtKind::Use(UseDecl { path, kind }));
        }
        let kind = if self.at(T::ColonColon) && self.kind_at(1) == T::LBrace {
            self.bump();
            UseKind::Names(self.import_names()?)
        } else {
            UseKind::Module(self.alias()?)
        };
        Ok(StmtKind::Use(UseDecl { path, kind }))
    }

    fn import_path(&mut self) -> P<Path> {
        let token = self.token();
        if token.kind == T::Str {
            return Err(self.fail(
                Diagnostic::error(
                    codes::UNEXPECTED,
                    self.span(),
                    "expected a module, found a string",
                )
                .help("write `use name` for the file `name.shape` next to this one"),
            ));
        }
        if token.kind != T::Ident {
            return Err(self.unexpected("a module"));
        }
        self.bump();
        let mut segments = vec![self.ident_of(token)];
        let start = self.span_of(token);
        while self.at(T::ColonColon) && self.kind_at(1).is_word() {
            self.bump();
            segments.push(self.member_name()?);
        }
        let span = self.span_from(start);
        if matches!(self.kind(), T::Dot | T::Slash) {
            let _ = self.fail(
                Diagnostic::error(
                    codes::WRONG_SPELLING,
                    self.span(),
                    "the parts of a module path stand between `::`",
                )
                .help("write `use a::b`"),
            );
            return Err(Failed);
        }
        Ok(Path { segments, span })
    }

    fn import_names(&mut self) -> P<Vec<(Ident, Option<Ident>)>> {
        let open = self.pos;
        self.expect(T::LBrace)?;
        self.list(open, T::RBrace, |parser| {
            let name = parser.member_name()?;
            let alias = parser.alias()?;
            Ok((name, alias))
        })
    }

    fn alias(&mut self) -> P<Option<Ident>> {
        if self.eat(T::KwAs) {
            self.declared_name("a name").map(Some)
        } else {
            Ok(None)
        }
    }

    /// `import …` in its many forms.
    fn import_of_other_languages(&mut self) -> P<StmtKind> {
        let message = "an import is written with `use`";
        Err(self.fail(
            Diagnostic::error(codes::WRONG_SPELLING, self.span(), message)
                .help("write `use a::b`, or `from a::b use { c }` for single names"),
        ))
    }
}
