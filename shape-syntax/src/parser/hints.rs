//! Help for the spellings of other languages.

use super::Parser;
use crate::lexer::T;

impl Parser<'_> {
    /// What to write instead, where the tokens around the current one look like a known habit.
    pub(super) fn hint(&self) -> Option<String> {
        let before = if self.pos > 0 {
            self.prev().kind
        } else {
            T::Eof
        };
        let here = self.kind();
        let adjacent = self.pos > 0 && self.prev().end == self.token().start;
        let text = match (before, here) {
            (T::EqEq | T::BangEq, T::Eq) if adjacent => {
                format!("write `{}`", before.text())
            }
            (_, T::Colon) if self.kind_at(1) == T::Eq => "write `let x = …`".to_owned(),
            (T::Plus, T::Plus) if adjacent => "there is no `++`: write `x += 1`".to_owned(),
            (T::Plus | T::Minus, _) if self.doubled_before() => {
                let sign = before.text();
                format!("there is no `{sign}{sign}`: write `x {sign}= 1`")
            }
            (T::Ident | T::RParen, T::FatArrow) if !self.newline_before() => {
                "a closure is written `|x| …`".to_owned()
            }
            (_, T::Arrow) if !self.newline_before() => {
                "an arm of a `match` is written `pattern => value`".to_owned()
            }
            (T::Lt, T::Gt) => "write `!=`".to_owned(),
            (T::Dot, T::Int) => {
                format!(
                    "the elements of a tuple are `x[{}]`",
                    self.text_of(self.token())
                )
            }
            (_, T::DotDotDot) => "`...` spreads into an array or an object only".to_owned(),
            _ => return self.word_hint(),
        };
        Some(text)
    }

    fn doubled_before(&self) -> bool {
        let Some(first) = self.pos.checked_sub(2).map(|index| self.tokens[index]) else {
            return false;
        };
        let second = self.prev();
        first.kind == second.kind && first.end == second.start
    }

    /// For two names in a row: the first one may be a keyword elsewhere.
    pub(super) fn word_hint(&self) -> Option<String> {
        if self.pos == 0 || self.prev().kind != T::Ident {
            return None;
        }
        let help = match self.text_of(self.prev()) {
            "def" | "func" | "fun" | "proc" | "sub" => "a function is written `fn name(x) { … }`",
            "struct" | "class" | "interface" | "record" => {
                "a type is written `type Name { field: int }`"
            }
            "switch" | "case" | "when" => "write `match value { pattern => …, _ => … }`",
            "not" => "write `!x`",
            "unless" => "write `if !condition { … }`",
            "until" => "write `while !condition { … }`",
            "foreach" => "write `for x in xs { … }`",
            "do" | "repeat" => "write `loop { … }`",
            "elif" | "elsif" | "elseif" => "write `else if`",
            "print" | "println" | "echo" | "puts" => "write `print(…)`",
            "throw" | "raise" => "write `return Err(…)`",
            "require" | "include" | "using" | "package" => "write `use a::b`",
            "val" | "auto" | "my" | "local" => "write `let x = …`",
            "static" | "final" | "define" => "write `const X = …`",
            "new" => "write `Name { field: value }`",
            _ => return None,
        };
        Some(help.to_owned())
    }
}
