//! Tokens to tree.
//!
//! Recursive descent with one token of lookahead, a few more where a `{` must be told apart. Every
//! function gives [`P`]: on `Err` a diagnostic has been made, and the nearest place that can go on
//! (a list element, a statement) skips to where it understands the text again. So one mistake gives
//! one diagnostic.

mod closure;
mod control;
mod expr;
mod hints;
mod import;
mod interp;
mod item;
mod literal;
mod pattern;
mod postfix;
mod primary;
mod recovery;
mod stmt;
mod traits;
mod types;
mod unsupported;

pub(crate) use expr::{binary_level, level};

use crate::ast::{Ident, Module};
use crate::lexer::{self, BAD, IntLit, Lexed, T, Tables, Token};
use crate::source::MAX_FILE_BYTES;
use crate::{Diagnostic, FileId, Span, codes};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// How deep brackets, prefix operators and bodies may nest.
pub const MAX_NESTING: u32 = 500;

/// How high a tree may become through chains such as `a + b + c` or `a.b().c()`.
pub const MAX_CHAIN: u32 = 3000;

/// How many diagnostics a file may have before the rest is cut off.
pub const MAX_DIAGNOSTICS: usize = 100;

/// A diagnostic has been made.
#[derive(Debug)]
struct Failed;

type P<R> = Result<R, Failed>;

/// The tree of a file, and what is wrong with its text.
///
/// Never fails: what could not be understood is left out of the tree, or stands in it as
/// [`Error`](crate::ast::ExprKind::Error). The diagnostics are sorted by place, at most
/// [`MAX_DIAGNOSTICS`] and one that says so. The time is linear in the length of the text.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Module, Vec<Diagnostic>) {
    if text.len() > MAX_FILE_BYTES {
        let span = Span::new(file, 0, 0);
        let diagnostic = Diagnostic::error(codes::FILE_TOO_LARGE, span, "this file is too large")
            .help("a file has less than 4 GiB; split it into modules");
        return (Module::default(), vec![diagnostic]);
    }
    let mut parser = Parser::new(file, text, lexer::lex(file, text));
    let body = parser.statements(T::Eof, 0);
    (Module { body }, finish(parser.diagnostics))
}

fn finish(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    if diagnostics.len() > MAX_DIAGNOSTICS {
        let more = diagnostics.len() - MAX_DIAGNOSTICS;
        let span = diagnostics[MAX_DIAGNOSTICS].span;
        diagnostics.truncate(MAX_DIAGNOSTICS);
        let message = format!("too many errors: the rest, at least {more}, is not shown");
        diagnostics.push(
            Diagnostic::error(codes::TOO_MANY, span, message)
                .help("correct the first ones and try again"),
        );
    }
    diagnostics
}

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    tokens: Vec<Token>,
    pos: usize,
    tables: Tables,
    names: FxHashMap<&'a str, u32>,
    docs: Vec<(u32, String)>,
    diagnostics: Vec<Diagnostic>,
    /// The token about which the last diagnostic was made; a second one there says nothing new.
    reported_at: usize,
    too_deep_reported: bool,
    depth: u32,
    /// The height of the highest tree finished since the innermost [`Self::nested`] began.
    height: u32,
    /// Inside the head of `if`, `while`, `for` or `match`, where `{` starts the body.
    no_struct: bool,
    /// Directly in the body of a match arm, where `-1 =>` on a new line starts the next arm.
    in_arm: bool,
    /// In the type of a pattern or a cast, where `=>` after `)` starts the arm's value.
    no_fn_type: bool,
}

impl<'a> Parser<'a> {
    fn new(file: FileId, text: &'a str, lexed: Lexed<'a>) -> Self {
        Self {
            file,
            text,
            tokens: lexed.tokens,
            pos: 0,
            tables: lexed.tables,
            names: lexed.names,
            docs: lexed.docs,
            diagnostics: lexed.diagnostics,
            reported_at: usize::MAX,
            too_deep_reported: false,
            depth: 0,
            height: 0,
            no_struct: false,
            in_arm: false,
            no_fn_type: false,
        }
    }

    /// Runs `parse` one level deeper in the tree, on a stack that is large enough.
    fn nested<R>(&mut self, parse: impl FnOnce(&mut Self) -> P<R>) -> P<R> {
        if self.depth >= MAX_NESTING {
            return Err(self.too_deep(MAX_NESTING));
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.height, 0);
        let result = crate::deep(|| parse(self));
        self.depth -= 1;
        self.height = outer.max(self.height + 1);
        result
    }

    /// Counts one more node on top of what was parsed since [`Self::nested`].
    fn grow(&mut self) -> P<()> {
        self.height += 1;
        if self.height > MAX_CHAIN {
            return Err(self.too_deep(MAX_CHAIN));
        }
        Ok(())
    }

    /// Runs `parse` inside brackets, where the restrictions of a head or an arm do not hold.
    fn in_brackets<R>(&mut self, parse: impl FnOnce(&mut Self) -> R) -> R {
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let in_arm = std::mem::replace(&mut self.in_arm, false);
        let no_fn_type = std::mem::replace(&mut self.no_fn_type, false);
        let result = parse(self);
        self.no_struct = no_struct;
        self.in_arm = in_arm;
        self.no_fn_type = no_fn_type;
        result
    }

    fn token(&self) -> Token {
        self.tokens[self.pos]
    }

    fn kind(&self) -> T {
        self.tokens[self.pos].kind
    }

    /// The kind of the token `ahead` of the current one.
    fn kind_at(&self, ahead: usize) -> T {
        self.tokens
            .get(self.pos + ahead)
            .map_or(T::Eof, |token| token.kind)
    }

    fn at(&self, kind: T) -> bool {
        self.kind() == kind
    }

    fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind != T::Eof {
            self.pos += 1;
        }
        token
    }

    fn eat(&mut self, kind: T) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn newline_before(&self) -> bool {
        self.token().newline_before()
    }

    /// Whether the token `ahead` of the current one stands on the line of the one before it.
    fn same_line(&self, ahead: usize) -> bool {
        self.tokens
            .get(self.pos + ahead)
            .is_some_and(|token| !token.newline_before())
    }

    fn span_of(&self, token: Token) -> Span {
        Span::new(self.file, token.start, token.end)
    }

    fn span(&self) -> Span {
        self.span_of(self.token())
    }

    /// The last token that was passed.
    fn prev(&self) -> Token {
        self.tokens[self.pos.saturating_sub(1)]
    }

    /// From the start of `from` to the end of the last token passed.
    fn span_from(&self, from: Span) -> Span {
        let end = self.prev().end.max(from.end);
        Span::new(self.file, from.start, end)
    }

    fn text_of(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    /// The word of `token`, which is a name or a keyword.
    fn ident_of(&mut self, token: Token) -> Ident {
        let name = if token.kind == T::Ident {
            self.tables.names[token.data as usize].clone()
        } else {
            self.intern(self.text_of(token))
        };
        Ident {
            name,
            span: self.span_of(token),
        }
    }

    fn intern(&mut self, word: &'a str) -> Rc<str> {
        let index = lexer::intern(&mut self.names, &mut self.tables.names, word);
        self.tables.names[index as usize].clone()
    }

    fn int_of(&self, token: Token) -> IntLit {
        self.tables.ints[token.data as usize]
    }

    fn is_bad(&self, token: Token) -> bool {
        token.flags & BAD != 0 || token.kind == T::Error
    }

    /// Whether the current token is the name `word`, which is no reserved word.
    fn at_word(&self, word: &str) -> bool {
        self.at(T::Ident) && self.text_of(self.token()) == word
    }

    /// The `///` text that stands before the current token.
    fn take_doc(&mut self) -> Option<String> {
        let pos = self.pos as u32;
        let index = self
            .docs
            .binary_search_by_key(&pos, |(token, _)| *token)
            .ok()?;
        Some(std::mem::take(&mut self.docs[index].1))
    }
}
