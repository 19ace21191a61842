//! Patterns.

use super::{P, Parser};
use crate::ast::{Ident, Lit, Pat, PatKind, Path};
use crate::lexer::T;
use crate::{Diagnostic, Span, codes};

impl Parser<'_> {
    /// A pattern of a match arm: alternatives, each with an optional type.
    pub(super) fn pattern(&mut self) -> P<Pat> {
        self.nested(|parser| {
            let start = parser.span();
            // A leading `|`, as rustfmt aligns alternatives.
            parser.eat(T::Pipe);
            let first = parser.typed_pattern()?;
            if !parser.at(T::Pipe) {
                return Ok(first);
            }
            let mut alternatives = vec![first];
            while parser.eat(T::Pipe) {
                alternatives.push(parser.typed_pattern()?);
            }
            let span = parser.span_from(start);
            Ok(Pat {
                kind: PatKind::Or(alternatives),
                span,
            })
        })
    }

    fn typed_pattern(&mut self) -> P<Pat> {
        let pat = self.single_pattern()?;
        if !self.at(T::Colon) {
            return Ok(pat);
        }
        self.bump();
        let ty = self.type_before_arrow()?;
        let span = self.span_from(pat.span);
        Ok(Pat {
            kind: PatKind::Typed(Box::new(pat), ty),
            span,
        })
    }

    /// A pattern without alternatives and type: in `let`, `for` and parameters.
    pub(super) fn binding_pattern(&mut self) -> P<Pat> {
        self.nested(Self::single_pattern)
    }

    fn single_pattern(&mut self) -> P<Pat> {
        let start = self.span();
        let kind = match self.kind() {
            T::Int | T::Number | T::Duration | T::Char | T::Str | T::Minus => {
                self.literal_pattern()?
            }
            T::KwTrue | T::KwFalse => PatKind::Lit(self.literal()?),
            T::KwNone => PatKind::Variant(self.word_path(), Vec::new()),
            T::KwSome => self.variant_pattern()?,
            T::LParen => return self.paren_pattern(),
            T::LBracket => self.array_pattern()?,
            T::LBrace => PatKind::Object(self.pattern_fields()?),
            T::KwMut => self.mut_pattern()?,
            T::Ident => self.name_pattern()?,
            T::InterpOpen => {
                return Err(self.fail(
                    Diagnostic::error(
                        codes::BAD_PATTERN,
                        self.span(),
                        "an interpolated string cannot be a pattern",
                    )
                    .help("match a name and compare in a guard: `s where s == f\"…\" => …`"),
                ));
            }
            T::Amp => {
                let message = "a pattern takes no `&`";
                return Err(self.fail(
                    Diagnostic::error(codes::BAD_PATTERN, self.span(), message)
                        .help("remove the `&`"),
                ));
            }
            kind if kind.is_keyword() && !self.newline_before() => {
                PatKind::Bind(self.declared_name("a name")?, false)
            }
            _ => return Err(self.unexpected("a pattern")),
        };
        Ok(Pat {
            kind,
            span: self.span_from(start),
        })
    }

    fn literal_pattern(&mut self) -> P<PatKind> {
        let low = self.signed_literal()?;
        let inclusive = match self.kind() {
            T::DotDot => false,
            T::DotDotEq => true,
            _ => return Ok(PatKind::Lit(low)),
        };
        self.bump();
        if matches!(
            self.kind(),
            T::Int | T::Number | T::Duration | T::Char | T::Minus
        ) {
            let high = self.signed_literal()?;
            return Ok(PatKind::Range(low, high, inclusive));
        }
        Err(self.fail(
            Diagnostic::error(
                codes::BAD_PATTERN,
                self.here(),
                "a range in a pattern needs both ends",
            )
            .help("compare in a guard: `n where n >= 5 => …`"),
        ))
    }

    fn mut_pattern(&mut self) -> P<PatKind> {
        self.bump();
        Ok(PatKind::Bind(self.declared_name("a name")?, true))
    }

    /// `_`, `name`, `name @ pat`, or a variant.
    fn name_pattern(&mut self) -> P<PatKind> {
        if self.text_of(self.token()) == "_" {
            self.bump();
            return Ok(PatKind::Wild);
        }
        if self.kind_at(1) == T::ColonColon || self.opens_variant() {
            return self.variant_pattern();
        }
        let token = self.bump();
        let name = self.ident_of(token);
        if self.eat(T::At) {
            let inner = self.binding_pattern()?;
            return Ok(PatKind::At(name, Box::new(inner)));
        }
        Ok(PatKind::Bind(name, false))
    }

    /// Whether the name here is followed by `(` or `{` on its line.
    fn opens_variant(&self) -> bool {
        matches!(self.kind_at(1), T::LParen | T::LBrace) && self.same_line(1)
    }

    /// `Some(p)`, `A::B`, `A::B(p)`, `A::B { x }`.
    fn variant_pattern(&mut self) -> P<PatKind> {
        let path = if self.at(T::KwSome) {
            self.word_path()
        } else {
            self.path()?
        };
        match self.kind() {
            T::LParen if !self.newline_before() => {
                let open = self.pos;
                self.bump();
                let fields = self.nested(|parser| parser.list(open, T::RParen, Self::pattern))?;
                if fields.is_empty() {
                    return Err(self.empty_variant(&path));
                }
                Ok(PatKind::Variant(path, fields))
            }
            T::LBrace if !self.newline_before() => {
                Ok(PatKind::Struct(path, self.pattern_fields()?))
            }
            _ => Ok(PatKind::Variant(path, Vec::new())),
        }
    }

    fn empty_variant(&mut self, path: &Path) -> super::Failed {
        let name = path.segments.last().map_or("", |segment| &segment.name);
        let span = self.span_from(path.span);
        let message = format!("`{name}()` matches nothing");
        self.report(
            Diagnostic::error(codes::BAD_PATTERN, span, message).help(format!(
                "write `{name}(_)`, or `{name}` for a variant without values"
            )),
        );
        super::Failed
    }

    /// `()` or `(pat)`.
    fn paren_pattern(&mut self) -> P<Pat> {
        let open = self.pos;
        let start = self.span();
        self.bump();
        let mut items = self.list(open, T::RParen, Self::pattern)?;
        let span = self.span_from(start);
        match (items.pop(), items.is_empty()) {
            (None, _) => Ok(Pat {
                kind: PatKind::Lit(Lit::Unit),
                span,
            }),
            (Some(pat), true) => Ok(Pat {
                kind: pat.kind,
                span,
            }),
            (Some(_), false) => {
                let message = "the pattern of a tuple is written with `[` and `]`";
                self.report(
                    Diagnostic::error(codes::WRONG_SPELLING, span, message).help("write `[a, b]`"),
                );
                Ok(Pat {
                    kind: PatKind::Error,
                    span,
                })
            }
        }
    }

    /// `[a, ...rest, z]`.
    fn array_pattern(&mut self) -> P<PatKind> {
        let open = self.pos;
        self.bump();
        let mut before = Vec::new();
        let mut after = Vec::new();
        let mut rest: Option<Option<Ident>> = None;
        self.list(open, T::RBracket, |parser| {
            if matches!(parser.kind(), T::DotDotDot | T::DotDot) {
                let span = parser.span();
                let name = parser.rest_name()?;
                if rest.is_some() {
                    parser.second_rest(span);
                }
                rest = Some(name);
            } else if rest.is_some() {
                after.push(parser.pattern()?);
            } else {
                before.push(parser.pattern()?);
            }
            Ok(())
        })?;
        Ok(PatKind::Array(before, rest, after))
    }

    fn rest_name(&mut self) -> P<Option<Ident>> {
        self.bump();
        if self.at_word("_") {
            self.bump();
            return Ok(None);
        }
        if self.kind().is_word() {
            self.declared_name("a name").map(Some)
        } else {
            Ok(None)
        }
    }

    fn second_rest(&mut self, span: Span) {
        let message = "a pattern has one `...` at most";
        self.report(
            Diagnostic::error(codes::BAD_PATTERN, span, message).help("remove one of them"),
        );
    }

    /// `{ x, y: px }`. A bare `...` or `..` at the end says what holds anyway.
    fn pattern_fields(&mut self) -> P<Vec<(Ident, Pat)>> {
        let open = self.pos;
        self.bump();
        let mut fields = Vec::new();
        self.list(open, T::RBrace, |parser| {
            if matches!(parser.kind(), T::DotDot | T::DotDotDot) {
                return parser.rest_of_fields();
            }
            fields.push(parser.pattern_field()?);
            Ok(())
        })?;
        Ok(fields)
    }

    fn rest_of_fields(&mut self) -> P<()> {
        self.bump();
        if !self.kind().is_word() {
            return Ok(());
        }
        let message = "a name for the remaining fields is not supported yet";
        Err(self.fail(
            Diagnostic::error(codes::UNSUPPORTED, self.span(), message)
                .help("name the fields that are needed; the others are ignored"),
        ))
    }

    fn pattern_field(&mut self) -> P<(Ident, Pat)> {
        let mutable = self.at(T::KwMut) && self.kind_at(1) != T::Colon && self.eat(T::KwMut);
        let token = self.token();
        let name = self.field_name()?;
        if !mutable && self.eat(T::Colon) {
            return Ok((name, self.pattern()?));
        }
        if token.kind != T::Ident {
            return Err(self.unexpected("`:`"));
        }
        let pat = Pat {
            kind: PatKind::Bind(name.clone(), mutable),
            span: name.span,
        };
        Ok((name, pat))
    }
}
