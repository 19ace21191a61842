//! Diagnostics about unexpected tokens, and the way back to text that makes sense.

use super::{Failed, P, Parser};
use crate::ast::Ident;
use crate::lexer::{NO_CLOSE, T, Token};
use crate::{Diagnostic, Span, codes};

impl Parser<'_> {
    /// Adds a diagnostic about the current token, unless one has been made there.
    fn report_here(&mut self, diagnostic: Diagnostic) -> Failed {
        // A broken string swallows what stood behind it on its line.
        let after_bad = self.pos > 0 && self.is_bad(self.prev());
        let quiet = self.reported_at == self.pos || self.is_bad(self.token()) || after_bad;
        self.reported_at = self.pos;
        if !quiet {
            self.report(diagnostic);
        }
        Failed
    }

    /// Adds a diagnostic about something that has been parsed.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < 10_000 {
            self.diagnostics.push(diagnostic);
        }
    }

    /// As [`Self::report_here`], for a diagnostic that knows better than "expected this".
    pub(super) fn fail(&mut self, diagnostic: Diagnostic) -> Failed {
        self.report_here(diagnostic)
    }

    /// "expected …, found …" at the current token.
    pub(super) fn unexpected(&mut self, expected: &str) -> Failed {
        let diagnostic = self.unexpected_diagnostic(expected);
        self.report_here(diagnostic)
    }

    fn unexpected_diagnostic(&self, expected: &str) -> Diagnostic {
        let token = self.token();
        let span = self.gap_span();
        let found = if self.at_gap() && token.kind != T::Eof {
            "the end of the line".to_owned()
        } else {
            self.describe(token)
        };
        let message = format!("expected {expected}, found {found}");
        let diagnostic = Diagnostic::error(codes::UNEXPECTED, span, message)
            .label(format!("expected {expected}"));
        match self.hint() {
            Some(hint) => diagnostic.help(hint),
            None => diagnostic,
        }
    }

    /// Whether something is missing at the end of the last line, rather than wrong here.
    fn at_gap(&self) -> bool {
        let token = self.token();
        let complete = matches!(self.prev().kind, T::Comma | T::Semi | T::LBrace | T::RBrace);
        self.pos > 0 && (token.kind == T::Eof || token.newline_before() && !complete)
    }

    /// The current token; or just after the last one where a line or the file ends.
    pub(super) fn gap_span(&self) -> Span {
        let token = self.token();
        if self.at_gap() {
            let end = self.prev().end;
            Span::new(self.file, end, end)
        } else {
            self.span_of(token)
        }
    }

    /// A token in words, for "found …".
    pub(super) fn describe(&self, token: Token) -> String {
        let text = self.text_of(token);
        match token.kind {
            T::Eof => "the end of the file".to_owned(),
            T::Str | T::InterpOpen => "a string".to_owned(),
            T::InterpText | T::InterpClose => "the end of the value".to_owned(),
            T::HoleClose => "`}`".to_owned(),
            kind if kind.is_keyword() => format!("the keyword `{text}`"),
            _ if text.chars().count() > 30 => {
                format!("`{}…`", text.chars().take(30).collect::<String>())
            }
            _ => format!("`{text}`"),
        }
    }

    pub(super) fn expect(&mut self, kind: T) -> P<Token> {
        if self.at(kind) {
            Ok(self.bump())
        } else {
            Err(self.unexpected(&quoted(kind)))
        }
    }

    /// A name that is being declared; a reserved word is reported and taken as one.
    pub(super) fn declared_name(&mut self, what: &str) -> P<Ident> {
        let token = self.token();
        if token.kind == T::Ident {
            self.bump();
            return Ok(self.ident_of(token));
        }
        if token.kind.is_keyword() && !token.newline_before() {
            let word = token.kind.text();
            let message = format!("`{word}` is a reserved word and cannot be {what}");
            let _ = self.fail(
                Diagnostic::error(codes::RESERVED, self.span(), message).help(format!(
                    "choose another name, such as `{}_`",
                    word.to_lowercase()
                )),
            );
            self.bump();
            return Ok(self.ident_of(token));
        }
        Err(self.unexpected(what))
    }

    pub(super) fn too_deep(&mut self, limit: u32) -> Failed {
        let span = self.span();
        self.reported_at = self.pos;
        if !self.too_deep_reported {
            self.too_deep_reported = true;
            let message = format!("nested too deeply (limit {limit})");
            self.report(
                Diagnostic::error(codes::TOO_DEEP, span, message)
                    .help("give a name to a part of it with `let`"),
            );
        }
        Failed
    }

    /// `item, item, …` up to `close`, whose opening bracket is the token at `open`. Passes `close`.
    ///
    /// An item that fails is left out. `Err` means that the closing bracket is missing.
    pub(super) fn list<R>(
        &mut self,
        open: usize,
        close: T,
        mut item: impl FnMut(&mut Self) -> P<R>,
    ) -> P<Vec<R>> {
        let mut items = Vec::new();
        let mut comma_reported = false;
        self.in_brackets(|parser| {
            while !parser.at(close) {
                if parser.kind().is_closer() || parser.at(T::Eof) {
                    return Err(parser.unclosed(open));
                }
                let start = parser.pos;
                match item(parser) {
                    Ok(item) => items.push(item),
                    Err(Failed) => parser.skip_item(open)?,
                }
                if parser.at(close) {
                    break;
                }
                if parser.eat(T::Comma) {
                    continue;
                }
                if parser.kind().is_closer() || parser.at(T::Eof) {
                    return Err(parser.unclosed(open));
                }
                if !comma_reported {
                    parser.missing_comma(open, close)?;
                    comma_reported = true;
                }
                if parser.pos == start || !parser.starts_operand() {
                    parser.skip_item(open)?;
                    parser.eat(T::Comma);
                }
            }
            parser.bump();
            Ok(())
        })?;
        Ok(items)
    }

    /// Reports what stands where a `,` should. `Err` when the bracket itself lacks its end.
    fn missing_comma(&mut self, open: usize, close: T) -> P<()> {
        if self.tokens[open].data == NO_CLOSE {
            return Err(self.unclosed(open));
        }
        let _ = self.unexpected(&format!("`,` or {}", quoted(close)));
        Ok(())
    }

    /// Skips to the `,` or the end of the brackets that `open` starts.
    pub(super) fn skip_item(&mut self, open: usize) -> P<()> {
        let end = self.tokens[open].data;
        if end == NO_CLOSE || self.pos > end as usize {
            return Err(Failed);
        }
        while self.pos < end as usize && !self.at(T::Comma) {
            self.skip_tree();
        }
        Ok(())
    }

    /// Skips a token, or a whole bracketed text.
    pub(super) fn skip_tree(&mut self) {
        let token = self.token();
        if token.kind.closer().is_some() && token.data != NO_CLOSE {
            self.pos = token.data as usize;
        }
        self.bump();
    }

    /// The diagnostic for brackets that open at the token `open` and are not closed here.
    pub(super) fn unclosed(&mut self, open: usize) -> Failed {
        let opener = self.tokens[open];
        let closer = opener.kind.closer().map_or("", T::text);
        let sign = opener.kind.text();
        let span = self.span_of(opener);
        let mut diagnostic = Diagnostic::error(
            codes::UNCLOSED,
            span,
            format!("this `{sign}` is never closed"),
        )
        .help(format!("add `{closer}` where it ends"));
        if self.at(T::Eof) && self.reported_at != self.pos {
            if let Some(suspect) = self.misplaced_close(open) {
                let text = "this may be the one that lacks it: its `}` stands elsewhere";
                diagnostic = diagnostic.related(self.span_of(suspect), text);
            }
        } else if !self.at(T::Eof) {
            let here = self.gap_span();
            diagnostic = diagnostic.related(here, format!("`{closer}` expected before this"));
        }
        self.report_here(diagnostic)
    }

    /// The first `{` after `open` that ends its line and whose `}` is not indented as that line is.
    fn misplaced_close(&self, open: usize) -> Option<Token> {
        if self.tokens[open].kind != T::LBrace {
            return None;
        }
        let mut pairs = self.tokens[open + 1..].windows(2);
        let suspect = pairs.find(|pair| {
            let opens_lines = pair[0].kind == T::LBrace && pair[1].newline_before();
            let close = self.tokens.get(pair[0].data as usize);
            opens_lines
                && close.is_some_and(|close| {
                    close.newline_before() && self.indent(close) != self.indent(&pair[0])
                })
        });
        suspect.map(|pair| pair[0])
    }

    /// The blanks at the start of the line of `token`.
    fn indent(&self, token: &Token) -> usize {
        let before = &self.text[..token.start as usize];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        self.text.as_bytes()[line..]
            .iter()
            .take_while(|byte| blank(byte))
            .count()
    }

    /// Skips to the next statement: a `;`, the end of the block, or a line that starts one.
    /// `start` is where the failed statement began.
    pub(super) fn skip_statement(&mut self, start: usize) {
        loop {
            if self.pos > start && self.newline_before() && self.starts_statement() {
                return;
            }
            match self.kind() {
                T::Eof | T::RBrace => return,
                T::Semi => {
                    self.bump();
                    return;
                }
                _ => self.skip_tree(),
            }
        }
    }

    /// Skips to a `{` on this line; gives whether there is one.
    pub(super) fn skip_to_body(&mut self) -> bool {
        while !self.at(T::LBrace) {
            if self.at(T::Eof) || self.at(T::Semi) || self.kind().is_closer() {
                return false;
            }
            self.skip_tree();
            if self.newline_before() {
                return self.at(T::LBrace);
            }
        }
        true
    }

    /// Whether an expression can start here, or an element with its `...`.
    pub(super) fn starts_operand(&self) -> bool {
        match self.kind() {
            T::LBrace => !self.no_struct,
            T::DotDotDot => true,
            kind => kind.starts_operand(),
        }
    }

    /// Whether a statement can start with the current token, rather than go on with it.
    fn starts_statement(&self) -> bool {
        match self.kind() {
            T::Minus | T::Amp | T::Pipe | T::PipePipe | T::DotDot | T::DotDotEq => false,
            T::BangBang | T::DotDotDot => false,
            T::At => true,
            kind if kind.is_keyword() => !matches!(
                kind,
                T::KwAs | T::KwAnd | T::KwOr | T::KwIn | T::KwElse | T::KwMut
            ),
            _ => self.starts_operand(),
        }
    }
}

/// `kind` in backquotes where it is a sign or a word.
pub(super) fn quoted(kind: T) -> String {
    match kind {
        T::HoleClose => "`}`".to_owned(),
        T::Ident => "a name".to_owned(),
        _ => format!("`{}`", kind.text()),
    }
}
