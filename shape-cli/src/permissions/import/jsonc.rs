//! JSON as settings files have it: with line numbers, and where the tool takes them, with comments and
//! commas after the last item.
//!
//! # Source
//! RFC 8259; for comments and commas the JSON of the settings of Visual Studio Code.

use std::fmt;

/// Values nested deeper than this are refused.
const MAX_DEPTH: usize = 128;

/// What a tool takes beyond RFC 8259.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Nothing.
    Json,
    /// `//` and `/* */`.
    Comments,
    /// The same, and a comma after the last item.
    CommentsAndCommas,
}

/// A value and the line it starts in, from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A value. Numbers are of no interest here and are kept as they are written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// What `key` stands for, if this is a map that has it. Of a key that stands there twice it is the
    /// last one, as for the tools.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        let mut found = entries.iter().rev().filter(|(name, _)| name == key);
        found.next().map(|(_, node)| node)
    }

    /// What stands at the end of this way of keys.
    pub(super) fn at(&self, way: &[&str]) -> Option<&Node> {
        way.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The items; none if this is no list.
    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ParseError {
    line: usize,
    column: usize,
    expected: &'static str,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        write!(f, "{line}:{column}: expected {}", self.expected)
    }
}

/// Reads a whole text.
///
/// # Errors
/// It is not JSON of this dialect; where, and what should stand there.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Node, ParseError> {
    let mut parser = Parser {
        text,
        at: 0,
        dialect,
        counted: (0, 1),
    };
    // As Windows editors begin a file.
    parser.eat("\u{feff}");
    let node = parser.value(0)?;
    parser.skip_blanks()?;
    match parser.rest().is_empty() {
        true => Ok(node),
        false => Err(parser.expected("the end of the file")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
    /// A place that has been passed, and its line.
    counted: (usize, usize),
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

    fn line(&mut self) -> usize {
        let (from, line) = self.counted;
        self.counted = (
            self.at,
            line + self.text[from..self.at].matches('\n').count(),
        );
        self.counted.1
    }

    fn expected(&self, expected: &'static str) -> ParseError {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        ParseError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            expected,
        }
    }

    fn skip_blanks(&mut self) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            let blanks = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - blanks.len();
            if self.dialect == Dialect::Json {
                return Ok(());
            }
            if blanks.starts_with("//") {
                self.at += blanks.find('\n').unwrap_or(blanks.len());
            } else if blanks.starts_with("/*") {
                match blanks.get(2..).and_then(|rest| rest.find("*/")) {
                    Some(end) => self.at += 2 + end + 2,
                    None => return Err(self.expected("a `*/` that ends this comment")),
                }
            } else {
                return Ok(());
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, ParseError> {
        self.skip_blanks()?;
        if depth > MAX_DEPTH {
            return Err(self.expected("less nesting"));
        }
        let line = self.line();
        let value = match self.peek() {
            Some('{') => self.map(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Value::Text(self.string()?),
            Some('-' | '0'..='9') => self.number(),
            _ if self.eat("true") => Value::Bool(true),
            _ if self.eat("false") => Value::Bool(false),
            _ if self.eat("null") => Value::Null,
            _ => return Err(self.expected("a value")),
        };
        Ok(Node { line, value })
    }

    fn number(&mut self) -> Value {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += end;
        Value::Number(rest[..end].to_owned())
    }

    fn map(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut entries = Vec::new();
        self.sequence('}', |parser| {
            if parser.peek() != Some('"') {
                return Err(parser.expected("a key in double quotes, or `}`"));
            }
            let key = parser.string()?;
            parser.skip_blanks()?;
            if !parser.eat(":") {
                return Err(parser.expected("`:`"));
            }
            entries.push((key, parser.value(depth + 1)?));
            Ok(())
        })?;
        Ok(Value::Map(entries))
    }

    fn list(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut items = Vec::new();
        self.sequence(']', |parser| {
            items.push(parser.value(depth + 1)?);
            Ok(())
        })?;
        Ok(Value::List(items))
    }

    /// From the opening bracket to `close`, with commas between.
    fn sequence(
        &mut self,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        self.at += 1;
        let mut is_first = true;
        loop {
            self.skip_blanks()?;
            if self.peek() == Some(close)
                && (is_first || self.dialect == Dialect::CommentsAndCommas)
            {
                self.at += 1;
                return Ok(());
            }
            item(self)?;
            is_first = false;
            self.skip_blanks()?;
            if self.eat(",") {
                continue;
            }
            return match self.peek() == Some(close) {
                true => {
                    self.at += 1;
                    Ok(())
                }
                false => Err(self.expected("`,` or the closing bracket")),
            };
        }
    }

    fn string(&mut self) -> Result<String, ParseError> {
        let unclosed = self.expected("a closing `\"` for this text");
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(unclosed);
            };
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => text.push(self.escape()?),
                '\n' => return Err(unclosed),
                c => {
                    self.at += c.len_utf8();
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let wrong = self.expected("an escape such as `\\n` or `\\u00e4`");
        let Some(c) = self.rest().chars().nth(1) else {
            return Err(wrong);
        };
        self.at += 1 + c.len_utf8();
        Ok(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode().ok_or(wrong),
            _ => return Err(wrong),
        })
    }

    /// The digits after `\u`, and those of a second half where one is needed.
    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        let low = self.eat("\\u").then(|| self.hex()).flatten()?;
        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = is_hex
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten();
        self.at += 4;
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let text = "{\n \"a\": [\n\"x\", \"\\u00e4\\ud83d\\ude00\\n\"],\n \"b\": {\"c\": true, \"n\": -1.5e3}}";
        let node = parse(text, Dialect::Json).unwrap();
        let items = node.get("a").unwrap().items();
        assert_eq!((items[0].line, items[0].text()), (3, Some("x")));
        assert_eq!(items[1].text(), Some("ä😀\n"));
        let c = node.at(&["b", "c"]).unwrap();
        assert_eq!((c.line, &c.value), (4, &Value::Bool(true)));
    }

    #[test]
    fn each_dialect_takes_what_its_tool_takes() {
        let check = |text: &str, takers: &[Dialect]| {
            for dialect in [Dialect::Json, Dialect::Comments, Dialect::CommentsAndCommas] {
                let is_taken = parse(text, dialect).is_ok();
                assert_eq!(is_taken, takers.contains(&dialect), "{text} {dialect:?}");
            }
        };
        let with_comments = [Dialect::Comments, Dialect::CommentsAndCommas];
        check("{\"a\": 1} // end", &with_comments);
        check("/* a */ [1, /* b */ 2]", &with_comments);
        check("[1, 2,]", &[Dialect::CommentsAndCommas]);
        check("{\"a\": 1,\n}", &[Dialect::CommentsAndCommas]);
        check("[,]", &[]);
        check(
            "{\"a\": \"// no comment\"}",
            &[Dialect::Json, Dialect::Comments, Dialect::CommentsAndCommas],
        );
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let check = |text: &str, expected: &str| {
            let error = parse(text, Dialect::CommentsAndCommas).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        };
        check("{\n  \"a\" 1}", "2:7: expected `:`");
        check("", "1:1: expected a value");
        check("[1 2]", "1:4: expected `,` or the closing bracket");
        check("\"abc", "1:1: expected a closing `\"` for this text");
        check("{} x", "1:4: expected the end of the file");
        check("/* x", "1:1: expected a `*/` that ends this comment");
        check(
            "\"\\ud800\"",
            "1:2: expected an escape such as `\\n` or `\\u00e4`",
        );
        let deep = "[".repeat(100_000);
        assert!(parse(&deep, Dialect::Json).is_err());
    }
}
