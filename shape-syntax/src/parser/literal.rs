//! Literals, in expressions and in patterns.

use super::{P, Parser};
use crate::ast::Lit;
use crate::lexer::{self, T};

impl Parser<'_> {
    /// The literal at the current token, which is one.
    pub(super) fn literal(&mut self) -> P<Lit> {
        let token = self.token();
        let index = token.data as usize;
        let literal = match token.kind {
            T::Int => Lit::Int(self.int_value(false)),
            T::Number => Lit::Number(self.tables.numbers[index]),
            T::Duration => Lit::Duration(self.tables.durations[index]),
            T::Char => Lit::Char(char::from_u32(token.data).unwrap_or('?')),
            T::Str => Lit::Str(self.tables.strings[index].clone()),
            T::KwTrue => Lit::Bool(true),
            T::KwFalse => Lit::Bool(false),
            T::KwNone => Lit::None,
            _ => return Err(self.unexpected("a literal")),
        };
        self.bump();
        Ok(literal)
    }

    /// A literal that may have a `-` in front: in patterns and formats.
    pub(super) fn signed_literal(&mut self) -> P<Lit> {
        if !self.at(T::Minus) {
            return self.literal();
        }
        self.bump();
        let index = self.token().data as usize;
        let literal = match self.kind() {
            T::Int => Lit::Int(self.int_value(true)),
            T::Number => Lit::Number(-self.tables.numbers[index]),
            T::Duration => Lit::Duration(-self.tables.durations[index]),
            _ => return Err(self.unexpected("a number")),
        };
        self.bump();
        Ok(literal)
    }

    /// The value of the integer at the current token, which is reported when it does not fit.
    fn int_value(&mut self, negative: bool) -> i64 {
        let token = self.token();
        let literal = self.int_of(token);
        let magnitude = i128::from(literal.magnitude);
        let value = if negative { -magnitude } else { magnitude };
        let (min, max) = literal
            .suffix
            .map_or((i64::MIN, i64::MAX), |suffix| (suffix.min, suffix.max));
        if value < i128::from(min) || value > i128::from(max) {
            let span = self.span_of(token);
            let text = self.text_of(token);
            self.report(lexer::int_range(span, text, literal.suffix));
            return 0;
        }
        value as i64
    }
}
