//! The part of Starlark that rules files are written in: calls at the top level, whose arguments are
//! texts, lists and names.
//!
//! # Source
//! <https://github.com/bazelbuild/starlark/blob/master/spec.md>

/// Values nested deeper than this are not read.
const MAX_DEPTH: usize = 32;

/// A call at the top level of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// The line it starts in, from 1.
    pub(super) line: usize,
    pub(super) function: String,
    /// The arguments with a name, in order.
    pub(super) named: Vec<(String, Value)>,
    /// Whether there are arguments without.
    pub(super) has_others: bool,
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    List(Vec<Value>),
    /// `True`, a number, or another name.
    Other(String),
}

/// A statement that is no call with literals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotRead {
    pub(super) line: usize,
    /// How it begins.
    pub(super) text: String,
}

impl Call {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let mut found = self.named.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value)
    }
}

/// The statements of a file, in order.
pub(super) fn statements(text: &str) -> Vec<Result<Call, NotRead>> {
    let mut parser = Parser { text, at: 0 };
    let mut found = Vec::new();
    let (mut counted, mut line) = (0, 1);
    loop {
        parser.skip_blanks();
        if parser.rest().is_empty() {
            return found;
        }
        let start = parser.at;
        line += text[counted..start].matches('\n').count();
        counted = start;
        let call = parser.call(line).filter(|_| parser.ends_statement());
        found.push(call.ok_or_else(|| {
            parser.at = start;
            parser.skip_statement();
            NotRead {
                line,
                text: text[start..].lines().next().unwrap_or("").to_owned(),
            }
        }));
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.at += text.len();
        }
        is_there
    }

    /// Blanks, ends of lines and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.trim_start();
            self.at += rest.len() - blanks.len();
            if !blanks.starts_with('#') {
                return;
            }
            self.at += blanks.find('\n').unwrap_or(blanks.len());
        }
    }

    /// Whether nothing but a comment follows in this line.
    fn ends_statement(&self) -> bool {
        let line = self.rest().lines().next().unwrap_or("").trim_start();
        line.is_empty() || line.starts_with(['#', ';'])
    }

    /// To the next line that begins at its first column. What brackets and texts hold is not looked at:
    /// what follows would be read as a statement too many, and left out.
    fn skip_statement(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.find('\n').map_or(rest.len(), |at| at + 1);
            match self.peek() {
                Some(' ' | '\t' | '\n' | '\r' | ')' | ']' | '}' | '#') => {}
                _ => return,
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| rest[..end].to_owned())
    }

    fn call(&mut self, line: usize) -> Option<Call> {
        self.eat(";");
        self.skip_blanks();
        let function = self.name()?;
        self.skip_blanks();
        if !self.eat("(") {
            return None;
        }
        let (mut named, mut has_others) = (Vec::new(), false);
        loop {
            self.skip_blanks();
            if self.eat(")") {
                break;
            }
            match self.argument_name() {
                Some(name) => named.push((name, self.value(0)?)),
                None => {
                    self.value(0)?;
                    has_others = true;
                }
            }
            self.skip_blanks();
            if !self.eat(",") {
                self.eat(")").then_some(())?;
                break;
            }
        }
        Some(Call {
            line,
            function,
            named,
            has_others,
        })
    }

    /// `name =`, if that stands here.
    fn argument_name(&mut self) -> Option<String> {
        let start = self.at;
        let name = self.name();
        self.skip_blanks();
        if name.is_some() && !self.rest().starts_with("==") && self.eat("=") {
            return name;
        }
        self.at = start;
        None
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blanks();
        match self.peek()? {
            _ if depth > MAX_DEPTH => None,
            '[' => self.list(']', depth),
            '(' => self.list(')', depth),
            '"' | '\'' => self.text(false).map(Value::Text),
            'r' if self.rest().starts_with("r\"") || self.rest().starts_with("r'") => {
                self.at += 1;
                self.text(true).map(Value::Text)
            }
            _ => self.name().map(Value::Other),
        }
        .filter(|_| self.is_whole())
    }

    /// Whether the value ends here: it is no operand of something.
    fn is_whole(&mut self) -> bool {
        self.skip_blanks();
        matches!(self.peek(), Some(',' | ')' | ']'))
    }

    fn list(&mut self, close: char, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blanks();
            if self.peek()? == close {
                self.at += 1;
                return Some(Value::List(items));
            }
            items.push(self.value(depth + 1)?);
            self.skip_blanks();
            if !self.eat(",") && self.peek()? != close {
                return None;
            }
        }
    }

    fn text(&mut self, is_raw: bool) -> Option<String> {
        let quote = self.peek()?;
        let triple = quote.to_string().repeat(3);
        let is_triple = self.eat(&triple);
        if !is_triple {
            self.at += 1;
        }
        let mut text = String::new();
        loop {
            if is_triple && self.eat(&triple) {
                return Some(text);
            }
            let c = self.peek()?;
            self.at += c.len_utf8();
            match c {
                '\\' if is_raw => {
                    text.push(c);
                    text.push(self.peek()?);
                    self.at += self.peek()?.len_utf8();
                }
                '\\' => text.extend(self.escape()?),
                '\n' if !is_triple => return None,
                c if c == quote && !is_triple => return Some(text),
                c => text.push(c),
            }
        }
    }

    /// What an escape stands for; nothing for an escaped end of line.
    fn escape(&mut self) -> Option<Option<char>> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(match c {
            '\n' => None,
            'n' => Some('\n'),
            't' => Some('\t'),
            '\\' | '\'' | '"' => Some(c),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Value {
        Value::List(
            values
                .iter()
                .map(|it| Value::Text((*it).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn calls_with_literals_are_read() {
        let text = "# rules\nprefix_rule(\n    pattern = [\"git\", ['status', \"log\"],],  # two\n    decision = \"allow\",\n)\n\nf(\"x\", on=True)\n";
        let found = statements(text);
        let Ok(rule) = &found[0] else {
            panic!("{found:?}")
        };
        assert_eq!((rule.line, &*rule.function), (2, "prefix_rule"));
        let git = Value::Text("git".to_owned());
        let pattern = Value::List(vec![git, texts(&["status", "log"])]);
        assert_eq!(rule.get("pattern"), Some(&pattern));
        assert_eq!(rule.get("decision"), Some(&Value::Text("allow".to_owned())));
        let Ok(other) = &found[1] else {
            panic!("{found:?}")
        };
        assert!(other.has_others && other.line == 7);
        assert_eq!(other.get("on"), Some(&Value::Other("True".to_owned())));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn texts_are_unescaped() {
        let check = |literal: &str, expected: Option<&str>| {
            let found = statements(&format!("f(a={literal})\n"));
            let text = found[0].as_ref().ok().and_then(|call| call.get("a"));
            let expected = expected.map(|text| Value::Text(text.to_owned()));
            assert_eq!(text, expected.as_ref(), "{literal}");
        };
        check("\"a\\\"b\\n\\\\\"", Some("a\"b\n\\"));
        check("r'a\\d'", Some("a\\d"));
        check("\"\"\"a\n\"b\"\"\"\"", None);
        check("'''a\nb'''", Some("a\nb"));
        check("'a' + 'b'", None);
        check("'a' 'b'", None);
        check("\"a", None);
    }

    #[test]
    fn what_is_more_is_passed_over_as_a_whole() {
        let text = "names = [\n  \"a\",\n]\nfor name in names:\n    prefix_rule(pattern=[name])\nprefix_rule(pattern=[\"b\"])\nprefix_rule(pattern=[x])\nif f(a) == 1:\n    g()\n";
        let found = statements(text);
        let lines: Vec<(bool, usize)> = found
            .iter()
            .map(|it| match it {
                Ok(call) => (true, call.line),
                Err(skipped) => (false, skipped.line),
            })
            .collect();
        let expected = [(false, 1), (false, 4), (true, 6), (true, 7), (false, 8)];
        assert_eq!(lines, expected);
        assert!(statements("f(").len() == 1 && statements("").is_empty());
    }
}
