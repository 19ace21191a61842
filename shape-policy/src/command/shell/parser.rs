//! Lists, pipelines and compound commands.

use super::lexer::{Parser, ends_word, is_name};
use super::tree::{Command, Why};
use super::words::Scanned;

/// What ends a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Parenthesis,
    /// One of these words.
    Words(&'static [&'static str]),
    /// `;;` or `esac`.
    Case,
}

/// The words that are no commands where a command may begin.
const RESERVED: &[&str] = &[
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then",
    "until", "while", "coproc", "foreach", "function", "repeat", "select", "time", "[[", "]]",
];

/// The longest of them.
const LONGEST: usize = 8;

impl Parser<'_, '_> {
    /// Reads the whole text.
    pub(super) fn whole(&mut self) {
        self.list(End::Text);
        self.close();
    }

    /// Reads commands up to what ends them, which stays. Returns whether there were any.
    fn list(&mut self, end: End) -> bool {
        let mut is_any = false;
        loop {
            self.lines();
            let Some(byte) = self.peek() else {
                break;
            };
            match byte {
                b')' if end == End::Parenthesis || self.open > 0 => break,
                b';' if end == End::Case && self.is_case_end() => break,
                b')' | b';' | b'&' | b'|' if self.ahead(b"&>").is_none() => {
                    self.fail(Why::Syntax("an operator without a command"));
                    self.at += 1;
                    continue;
                }
                _ => {}
            }
            if self.is_end(end) {
                break;
            }
            is_any = true;
            let (start, at) = (self.sink.script.commands.len(), self.at);
            let is_compound = self.and_or();
            self.blanks();
            match self.peek() {
                None | Some(b'\n' | b')') => {}
                Some(b'&') => {
                    self.at += 1;
                    self.sink
                        .each_since(start, |command| command.place.background = true);
                }
                Some(b';') if self.is_case_end() => {
                    if end != End::Case {
                        self.fail(Why::Syntax("`;;` outside of `case`"));
                        self.at += 1;
                    }
                }
                Some(b';') => self.at += 1,
                _ if is_compound && self.is_end(end) => {}
                _ => {
                    self.fail(Why::Syntax("no `;` between two commands"));
                    self.at += usize::from(self.at == at || self.peek() == Some(b'('));
                }
            }
        }
        is_any
    }

    fn is_case_end(&mut self) -> bool {
        [b";;", b";&", b";|"]
            .iter()
            .any(|end| self.ahead(*end).is_some())
    }

    fn is_end(&mut self, end: End) -> bool {
        match end {
            End::Words(words) => self
                .reserved()
                .is_some_and(|(word, _)| words.contains(&word)),
            End::Case => self.reserved().is_some_and(|(word, _)| word == "esac"),
            End::Text | End::Parenthesis => false,
        }
    }

    /// The reserved word that stands here, and where it ends.
    fn reserved(&mut self) -> Option<(&'static str, usize)> {
        let before = self.at;
        let mut word = [0u8; LONGEST];
        let mut length = 0;
        while let Some(byte) = self.peek().filter(|byte| !ends_word(Some(*byte))) {
            *word.get_mut(length)? = byte;
            length += 1;
            self.at += 1;
            if length == LONGEST && !ends_word(self.peek()) {
                self.at = before;
                return None;
            }
        }
        let end = self.at;
        self.at = before;
        RESERVED
            .iter()
            .find(|known| known.as_bytes() == &word[..length])
            .map(|known| (*known, end))
    }

    /// Steps over the reserved word `expected`, which has to come next.
    fn expect(&mut self, expected: &'static str) -> bool {
        match self.reserved() {
            Some((word, end)) if word == expected => {
                self.at = end;
                true
            }
            _ => {
                self.missing();
                false
            }
        }
    }

    fn missing(&mut self) {
        let why = match self.peek() {
            None => Why::Unterminated("a compound command"),
            Some(_) => Why::Syntax("a part of a compound command is missing"),
        };
        self.fail(why);
    }

    /// A list that has to hold a command.
    fn body(&mut self, words: &'static [&'static str]) {
        if !self.list(End::Words(words)) {
            self.missing();
        }
    }

    /// Pipelines with `&&` and `||` between them. Returns whether the last one was a compound command.
    fn and_or(&mut self) -> bool {
        loop {
            let is_compound = self.pipeline();
            self.blanks();
            if !self.eat(b"&&") && !self.eat(b"||") {
                return is_compound;
            }
            self.operand();
        }
    }

    /// After `&&`, `||` and `|` there is a command, perhaps on a later line.
    fn operand(&mut self) {
        self.lines();
        if matches!(self.peek(), None | Some(b')' | b';' | b'&' | b'|'))
            && self.ahead(b"&>").is_none()
        {
            self.fail(Why::Syntax("an operator without a command"));
        }
    }

    fn pipeline(&mut self) -> bool {
        let start = self.sink.script.commands.len();
        self.prefixes();
        let mut is_pipeline = false;
        loop {
            let is_compound = self.command();
            self.blanks();
            let is_pipe = self.ahead(b"||").is_none() && self.eat(b"|");
            if !is_pipe {
                if is_pipeline {
                    self.sink
                        .each_since(start, |command| command.place.pipeline = true);
                }
                return is_compound;
            }
            is_pipeline = true;
            if self.eat(b"&") {
                self.fail(Why::Dialect("`|&`"));
            }
            self.operand();
            if matches!(self.reserved(), Some(("!", _))) {
                self.fail(Why::Dialect("`!` inside a pipeline"));
                self.prefixes();
            }
        }
    }

    /// `!` in front of a pipeline.
    fn prefixes(&mut self) {
        let mut is_first = true;
        while let Some(("!", end)) = self.reserved() {
            self.at = end;
            if self.peek() == Some(b'(') || !is_first {
                self.fail(Why::Dialect("this `!`"));
            }
            is_first = false;
            self.blanks();
            if ends_word(self.peek()) && !matches!(self.peek(), Some(b'(' | b'<' | b'>')) {
                self.fail(Why::Syntax("`!` without a command"));
            }
        }
    }

    /// One command. Returns whether it is a compound one, after which no `;` is needed.
    fn command(&mut self) -> bool {
        if self.peek() == Some(b'(') {
            if self.ahead(b"((").is_some() {
                self.fail(Why::Dialect("`((`"));
            }
            return self.compound(|this| this.parentheses("a subshell"));
        }
        let Some((word, end)) = self.reserved() else {
            return self.simple();
        };
        match word {
            "{" => self.keyword(end, |this| {
                this.body(&["}"]);
                this.expect("}");
            }),
            "if" => self.keyword(end, Self::conditional),
            "while" | "until" => self.keyword(end, |this| {
                this.repeated(|this| {
                    this.body(&["do"]);
                    this.loop_body();
                });
            }),
            "for" => self.keyword(end, Self::for_loop),
            "select" | "foreach" => {
                self.fail(Why::Dialect("`select` and `foreach`"));
                self.keyword(end, Self::for_loop)
            }
            "case" => self.keyword(end, Self::case),
            "function" => {
                self.fail(Why::Dialect("`function`"));
                self.keyword(end, |this| {
                    this.blanks();
                    let Some(name) = this.word() else {
                        return this.missing();
                    };
                    this.blanks();
                    if this.eat(b"(") {
                        this.blanks();
                        this.eat(b")");
                    }
                    this.function(name);
                })
            }
            "time" | "coproc" => {
                let before = self.at;
                self.at = end;
                self.blanks();
                let is_compound = self.peek() == Some(b'(') || self.reserved().is_some();
                if !is_compound {
                    self.at = before;
                    return self.simple();
                }
                self.fail(Why::Dialect("`time` and `coproc`"));
                self.compound(|this| {
                    this.prefixes();
                    this.command();
                })
            }
            "repeat" | "[[" => self.simple(),
            _ => {
                self.fail(Why::Syntax("a reserved word out of place"));
                self.at = end;
                true
            }
        }
    }

    fn keyword(&mut self, end: usize, read: impl FnOnce(&mut Self)) -> bool {
        self.at = end;
        self.compound(read)
    }

    /// A compound command and the redirections after it, which make a command without words.
    fn compound(&mut self, read: impl FnOnce(&mut Self)) -> bool {
        self.deeper(read);
        let mut command = Command::default();
        let mut at = None;
        loop {
            self.blanks();
            let start = self.at;
            let mut digits = self.at;
            while self.text.get(digits).is_some_and(u8::is_ascii_digit) {
                digits += 1;
            }
            if !matches!(self.text.get(digits), Some(b'<' | b'>')) {
                break;
            }
            let descriptor = self.text[start..digits].to_vec();
            self.at = digits;
            let at = *at.get_or_insert_with(|| self.reserve());
            self.redirection(&mut command, &descriptor, at);
        }
        if self.eat(b"&>") {
            self.fail(Why::Dialect("`&>` after a compound command"));
            self.file(&mut command.writes, &mut command.opaque);
        }
        match at {
            Some(at) => self.place(at, command),
            None if !command.is_empty() => self.sink.script.commands.push(command),
            None => {}
        }
        true
    }

    /// Puts what was read where it was reserved for; here-documents may have left a reason there.
    pub(super) fn place(&mut self, at: usize, mut command: Command) {
        if let Some(reserved) = self.sink.script.commands.get_mut(at) {
            reserved.opaque.drain(..).for_each(|why| command.add(why));
            *reserved = command;
        }
    }

    /// `( … )`, of which the first one comes next.
    pub(super) fn parentheses(&mut self, what: &'static str) {
        self.at += 1;
        self.open += 1;
        let before = self.sink.enter();
        let is_any = self.list(End::Parenthesis);
        self.sink.leave(before);
        self.open -= 1;
        if !self.eat(b")") {
            self.fail(Why::Unterminated(what));
        } else if !is_any && what == "a subshell" {
            self.fail(Why::Syntax("an empty subshell"));
        }
    }

    fn conditional(&mut self) {
        self.body(&["then"]);
        loop {
            self.expect("then");
            self.body(&["elif", "else", "fi"]);
            match self.reserved() {
                Some(("elif", end)) => {
                    self.at = end;
                    self.body(&["then"]);
                }
                Some(("else", end)) => {
                    self.at = end;
                    self.body(&["fi"]);
                    break;
                }
                _ => break,
            }
        }
        self.expect("fi");
    }

    fn repeated(&mut self, read: impl FnOnce(&mut Self)) {
        let start = self.sink.script.commands.len();
        read(self);
        self.sink
            .each_since(start, |command| command.place.repeated = true);
    }

    fn loop_body(&mut self) {
        self.lines();
        if self.expect("do") {
            self.body(&["done"]);
            self.expect("done");
        }
    }

    fn for_loop(&mut self) {
        self.blanks();
        let Some(name) = self.word() else {
            return self.fail(Why::Syntax("`for` without a name"));
        };
        if name.plain.is_some() || !is_name(&name.text) {
            self.fail(Why::Syntax("`for` without a name"));
        }
        self.sets_variable(&name.text);
        self.blanks();
        let has_semicolon = self.eat(b";");
        self.lines();
        if let Some((word @ "in", end)) = self.reserved() {
            if has_semicolon {
                self.fail(Why::Syntax(word));
            }
            self.at = end;
            self.for_words();
        }
        self.repeated(Self::loop_body);
    }

    fn for_words(&mut self) {
        loop {
            self.blanks();
            match self.word() {
                Some(word) => self.heed(word),
                None => break,
            }
        }
        match self.peek() {
            Some(b';') => self.at += 1,
            Some(b'\n') => {}
            _ => self.fail(Why::Syntax("`for` without a `do`")),
        }
    }

    /// A word that is no argument: only what it expands counts.
    fn heed(&mut self, word: Scanned) {
        word.why.into_iter().for_each(|why| self.fail(why));
    }

    fn case(&mut self) {
        self.blanks();
        match self.word() {
            Some(word) => self.heed(word),
            None => return self.missing(),
        }
        self.lines();
        if !self.expect("in") {
            return;
        }
        loop {
            self.lines();
            if self.peek().is_none() || matches!(self.reserved(), Some(("esac", _))) {
                break;
            }
            if !self.case_patterns() {
                return self.fail(Why::Syntax("a pattern of `case`"));
            }
            self.list(End::Case);
            if !self.case_item_end() {
                break;
            }
        }
        self.expect("esac");
    }

    /// The patterns of an item and the `)` after them.
    fn case_patterns(&mut self) -> bool {
        self.eat(b"(");
        loop {
            self.blanks();
            match self.word() {
                Some(word) => self.heed(word),
                None => return false,
            }
            self.blanks();
            if self.eat(b")") {
                return true;
            }
            if !self.eat(b"|") {
                return false;
            }
        }
    }

    /// Steps over `;;`; false if there is none, after the last item.
    fn case_item_end(&mut self) -> bool {
        if self.eat(b";;") {
            if self.eat(b"&") {
                self.fail(Why::Dialect("`;;&`"));
            }
            return true;
        }
        let falls_through = self.eat(b";&") || self.eat(b";|");
        if falls_through {
            self.fail(Why::Dialect("`;&`"));
        }
        falls_through
    }

    /// The body of a function whose name was read.
    pub(super) fn function(&mut self, name: Scanned) {
        if name.plain.is_some() || !is_name(&name.text) {
            self.fail(Why::Dialect("such a name of a function"));
        }
        if super::kind(&name.text) == super::Kind::SpecialBuiltin {
            self.fail(Why::Dialect(
                "a function with the name of a special builtin",
            ));
        }
        name.why.iter().for_each(|why| self.fail(why.clone()));
        self.lines();
        let start = self.sink.script.commands.len();
        let is_compound = self.peek() == Some(b'(') || self.reserved().is_some();
        if !is_compound {
            self.fail(Why::Dialect("a function without braces"));
        }
        if ends_word(self.peek()) && self.peek() != Some(b'(') {
            return self.missing();
        }
        let before = self.sink.enter();
        self.deeper(|this| {
            this.command();
        });
        self.sink.leave(before);
        self.sink.function(name.text, start);
    }
}
