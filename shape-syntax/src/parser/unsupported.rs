//! The wider language: words that are reserved, and said to be so.

use super::{Failed, P, Parser};
use crate::ast::StmtKind;
use crate::lexer::T;
use crate::{Diagnostic, codes};

impl Parser<'_> {
    /// The diagnostic for a word of the wider language.
    pub(super) fn unsupported(&mut self, word: &str) -> Failed {
        let message = match word {
            "method" => "a `method` outside of a type is not supported".to_owned(),
            _ => format!("`{word}` is not supported yet"),
        };
        let help = match word {
            "async" | "await" => "leave it out: a call waits for its result",
            "comptime" => "leave it out: the code runs with the rest of the program",
            _ => "methods stand inside of `impl Type { … }` or `extend Type { … }`",
        };
        self.fail(Diagnostic::error(codes::UNSUPPORTED, self.span(), message).help(help))
    }

    /// Reports `async`, a lone `method` and the like, and passes the whole item.
    pub(super) fn unsupported_item(&mut self) -> Failed {
        let word = self.text_of(self.token()).to_owned();
        let failed = self.unsupported(&word);
        while !matches!(self.kind(), T::Semi | T::Eof) && !self.kind().is_closer() {
            let ends = self.at(T::LBrace);
            self.skip_tree();
            if ends || self.newline_before() && !self.at(T::LBrace) {
                break;
            }
        }
        failed
    }

    /// `@name(args)`: reported and passed; the item that it stands at is kept.
    pub(super) fn annotation(&mut self) -> P<StmtKind> {
        let message = "annotations are not supported yet";
        let _ = self.fail(
            Diagnostic::error(codes::UNSUPPORTED, self.span(), message)
                .help("remove the annotation"),
        );
        self.bump();
        if self.kind().is_word() {
            self.bump();
        }
        if self.at(T::LParen) && !self.newline_before() {
            self.skip_tree();
        }
        if self.starts_item(self.kind()) {
            self.nested(Self::item)
        } else {
            Err(Failed)
        }
    }
}
