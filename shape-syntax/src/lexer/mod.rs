//! Text to tokens.
//!
//! The lexer runs once over the bytes of a file. Interpolated strings become flat runs of tokens
//! (`InterpOpen`, `InterpText`, `HoleOpen` … `HoleClose`, `InterpClose`), so nothing here recurses.

mod chars;
mod layout;
mod number;
mod sign;
mod string;
mod token;
mod triple;
mod trivia;

pub(crate) use number::int_range;
pub(crate) use token::{BAD, IntLit, NEWLINE_BEFORE, NO_CLOSE, T, TERNARY, Tables, Token};

use crate::{Diagnostic, FileId, Span};
use rustc_hash::FxHashMap;
use std::rc::Rc;
use string::Open;

/// The result of lexing a file.
pub(crate) struct Lexed<'a> {
    pub tokens: Vec<Token>,
    pub tables: Tables,
    pub names: FxHashMap<&'a str, u32>,
    /// Text of `///` comments with the index of the token that follows them.
    pub docs: Vec<(u32, String)>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits `text`, which is shorter than 4 GiB, into tokens; the last one is `Eof`.
pub(crate) fn lex(file: FileId, text: &str) -> Lexed<'_> {
    let mut lexer = Lexer::new(file, text);
    lexer.run();
    layout::link_brackets(&mut lexer.out.tokens);
    layout::mark_ternaries(&mut lexer.out.tokens);
    lexer.out
}

struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    /// Whether a newline has been passed since the last token.
    newline: bool,
    /// The interpolated strings around `pos`, innermost last.
    open: Vec<Open>,
    out: Lexed<'a>,
}

impl<'a> Lexer<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        Self {
            file,
            text,
            bytes: text.as_bytes(),
            pos: 0,
            newline: true,
            open: Vec::new(),
            out: Lexed {
                tokens: Vec::with_capacity(text.len() / 4 + 8),
                tables: Tables::default(),
                names: FxHashMap::default(),
                docs: Vec::new(),
                diagnostics: Vec::new(),
            },
        }
    }

    fn run(&mut self) {
        self.skip_file_start();
        while self.pos < self.bytes.len() {
            if self.open.last().is_some_and(|open| open.in_text) {
                self.interp_text();
            } else {
                self.trivia();
                if self.pos < self.bytes.len() {
                    self.token();
                }
            }
        }
        self.close_strings_at_end();
        let end = self.pos;
        self.push(T::Eof, end, 0);
    }

    fn token(&mut self) {
        match self.bytes[self.pos] {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'\'' => self.char_literal(),
            _ => self.sign(),
        }
    }

    fn word(&mut self) {
        let start = self.pos;
        if self.bytes[start] == b'f' && self.interp_open() {
            return;
        }
        while is_word_byte(self.peek(0)) {
            self.pos += 1;
        }
        let text = &self.text[start..self.pos];
        match T::keyword(text) {
            Some(keyword) => self.push(keyword, start, 0),
            None => {
                let name = intern(&mut self.out.names, &mut self.out.tables.names, text);
                self.push(T::Ident, start, name);
            }
        }
    }

    /// The byte `ahead` of the current one; 0 past the end.
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.pos + ahead).copied().unwrap_or(0)
    }

    /// The character at the current place.
    fn peek_char(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    fn push(&mut self, kind: T, start: usize, data: u32) {
        let flags = if self.newline { NEWLINE_BEFORE } else { 0 };
        self.newline = false;
        self.out.tokens.push(Token {
            kind,
            flags,
            start: start as u32,
            end: self.pos as u32,
            data,
        });
    }

    /// Pushes a token about which a diagnostic has been made.
    fn push_bad(&mut self, kind: T, start: usize, data: u32) {
        self.push(kind, start, data);
        if let Some(last) = self.out.tokens.last_mut() {
            last.flags |= BAD;
        }
    }

    fn push_string(&mut self, start: usize, text: Rc<str>) {
        let index = self.out.tables.strings.len() as u32;
        self.out.tables.strings.push(text);
        self.push(T::Str, start, index);
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start as u32, end as u32)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        // The parser cuts the list to its limit; this bound only keeps memory small.
        if self.out.diagnostics.len() < 10_000 {
            self.out.diagnostics.push(diagnostic);
        }
    }
}

/// The number of `name` in `list`, which gets it when it is new.
pub(crate) fn intern<'a>(
    names: &mut FxHashMap<&'a str, u32>,
    list: &mut Vec<Rc<str>>,
    name: &'a str,
) -> u32 {
    *names.entry(name).or_insert_with(|| {
        list.push(Rc::from(name));
        (list.len() - 1) as u32
    })
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
