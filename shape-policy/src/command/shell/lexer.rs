//! Bytes, blanks, operators and here-documents.
//!
//! A shell has no tokens that could be cut off before the grammar is known: what `)` or `#` mean depends
//! on where they stand. So the parser reads bytes, and this is the lowest part of it.

use super::sink::Sink;
use super::tree::{Command, Why};
use super::words::Scanned;

/// Reads one text. Texts within texts (backquotes, `eval`) have a parser each, over the same sink.
pub(super) struct Parser<'t, 's> {
    pub(super) text: &'t [u8],
    pub(super) at: usize,
    pub(super) sink: &'s mut Sink,
    /// Here-documents whose bodies begin after the next newline.
    pending: Vec<HereDocument>,
    /// Parentheses of this text that are open.
    pub(super) open: usize,
}

struct HereDocument {
    delimiter: Vec<u8>,
    is_literal: bool,
    strips_tabs: bool,
    /// The command that it belongs to, by index.
    command: usize,
}

impl<'t, 's> Parser<'t, 's> {
    pub(super) fn new(text: &'t [u8], sink: &'s mut Sink) -> Self {
        Self {
            text,
            at: 0,
            sink,
            pending: Vec::new(),
            open: 0,
        }
    }

    /// The next byte. A backslash before a newline joins two lines, wherever it is not quoted, and is
    /// stepped over.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            if byte != b'\\' || self.text.get(self.at + 1) != Some(&b'\n') {
                return Some(byte);
            }
            self.at += 2;
        }
    }

    /// Where the text ends that `expected` stands in at the current place, if it does.
    pub(super) fn ahead(&mut self, expected: &[u8]) -> Option<usize> {
        let before = self.at;
        let mut is_there = true;
        for byte in expected {
            is_there = is_there && self.peek() == Some(*byte);
            self.at += 1;
        }
        let end = self.at;
        self.at = before;
        is_there.then_some(end)
    }

    /// Steps over `expected` if it comes next.
    pub(super) fn eat(&mut self, expected: &[u8]) -> bool {
        match self.ahead(expected) {
            Some(end) => {
                self.at = end;
                true
            }
            None => false,
        }
    }

    /// Steps over blanks and a comment, to the next token or newline. Only the blanks of ASCII separate.
    pub(super) fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'#' => return self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        let length = rest
            .split(|byte| *byte == b'\n')
            .next()
            .map_or(0, <[u8]>::len);
        self.at += length;
    }

    /// Steps over blanks, comments and newlines.
    pub(super) fn lines(&mut self) {
        self.blanks();
        while self.peek() == Some(b'\n') {
            self.newline();
            self.blanks();
        }
    }

    /// Steps over a newline and the here-documents that begin after it.
    pub(super) fn newline(&mut self) {
        self.at += 1;
        for document in std::mem::take(&mut self.pending) {
            self.here_document(&document);
        }
    }

    /// The text is over: what is still expected is missing.
    pub(super) fn close(&mut self) {
        if !self.pending.is_empty() {
            self.fail(Why::Unterminated("a here-document"));
        }
    }

    /// What is wrong with the whole script.
    pub(super) fn fail(&mut self, why: Why) {
        self.sink.fail(why);
    }

    /// Reads the delimiter of a here-document of the command at `command`; its body comes later.
    pub(super) fn announce(&mut self, strips_tabs: bool, command: usize) {
        self.blanks();
        let start = self.at;
        let Some(word) = self.target("a here-document without a delimiter") else {
            return;
        };
        let raw = &self.text[start..self.at];
        if raw.iter().any(|byte| matches!(byte, b'$' | b'`' | b'\n')) {
            self.fail(Why::Dialect("such a delimiter of a here-document"));
        }
        self.pending.push(HereDocument {
            is_literal: word.plain.is_some(),
            delimiter: word.text,
            strips_tabs,
            command,
        });
    }

    fn here_document(&mut self, document: &HereDocument) {
        let start = self.at;
        let mut continues = false;
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or(rest);
            let end = self.at;
            self.at = (self.at + line.len() + 1).min(self.text.len());
            let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
            let shown = if document.strips_tabs {
                &line[tabs..]
            } else {
                line
            };
            if !continues && shown == document.delimiter {
                return self.document_body(document, start, end);
            }
            let slashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
            continues = !document.is_literal && slashes % 2 == 1;
            if continues {
                self.fail(Why::Dialect("a continued line in a here-document"));
            }
        }
        self.fail(Why::Unterminated("a here-document"));
        self.document_body(document, start, self.text.len());
    }

    /// Looks for expansions in the body of a here-document.
    fn document_body(&mut self, document: &HereDocument, start: usize, end: usize) {
        if document.is_literal {
            return;
        }
        let found = self.expansions(start, end);
        match self.sink.script.commands.get_mut(document.command) {
            Some(command) => found.why.into_iter().for_each(|why| command.add(why)),
            None => found.why.into_iter().for_each(|why| self.sink.fail(why)),
        }
    }

    /// What `$` and backquotes in a part of the text stand for.
    pub(super) fn expansions(&mut self, start: usize, end: usize) -> Scanned {
        let mut found = Scanned::default();
        let mut part = Parser::new(&self.text[start..end], self.sink);
        part.quoted(&mut found, None);
        part.close();
        self.stop_if_over();
        found
    }

    /// Reads `text` as commands, one level deeper.
    pub(super) fn nested(&mut self, text: &[u8]) {
        match self.sink.lookahead.checked_sub(text.len()) {
            Some(left) => self.sink.lookahead = left,
            None => self.sink.stop(Why::TooLong),
        }
        self.deeper(|this| {
            let mut inner = Parser::new(text, this.sink);
            inner.whole();
        });
        self.stop_if_over();
    }

    /// Goes one level deeper, unless that is too deep: then the rest is not looked at.
    pub(super) fn deeper(&mut self, read: impl FnOnce(&mut Self)) {
        if self.sink.depth >= super::DEPTH {
            self.sink.stop(Why::TooDeep);
        } else if !self.sink.is_stopped {
            self.sink.depth += 1;
            read(self);
            self.sink.depth -= 1;
        }
        self.stop_if_over();
    }

    pub(super) fn stop_if_over(&mut self) {
        if self.sink.is_stopped {
            self.at = self.text.len();
            self.pending.clear();
        }
    }

    /// A place in the list for a command that begins here; those inside it come after it.
    pub(super) fn reserve(&mut self) -> usize {
        let at = self.sink.script.commands.len();
        if at >= super::COMMANDS {
            self.sink.stop(Why::TooLong);
            self.stop_if_over();
        }
        self.sink.script.commands.push(Command::default());
        at
    }
}

/// Whether a word ends before this byte.
pub(super) fn ends_word(byte: Option<u8>) -> bool {
    matches!(
        byte,
        None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
    )
}

/// Whether it is the name of a variable.
pub(super) fn is_name(text: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    !text.is_empty() && text.iter().all(is_letter) && !text[0].is_ascii_digit()
}
