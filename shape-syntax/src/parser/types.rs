//! Types.

use super::{P, Parser};
use crate::ast::{Ident, Path, TypeExpr, TypeExprKind};
use crate::lexer::{T, TERNARY};
use crate::{Diagnostic, Span, codes};

impl Parser<'_> {
    /// A type, unions included.
    pub(super) fn type_expr(&mut self) -> P<TypeExpr> {
        self.nested(|parser| {
            let start = parser.span();
            // A leading `|` lets the members of a long union stand below each other.
            parser.eat(T::Pipe);
            let first = parser.member_type()?;
            if !parser.at(T::Pipe) {
                return Ok(first);
            }
            let mut members = vec![first];
            while parser.eat(T::Pipe) {
                members.push(parser.member_type()?);
            }
            let span = parser.span_from(start);
            Ok(TypeExpr {
                kind: TypeExprKind::Union(members),
                span,
            })
        })
    }

    /// A type in front of a `=>` that is not its own; function types stand in parentheses there.
    pub(super) fn type_before_arrow(&mut self) -> P<TypeExpr> {
        let outer = std::mem::replace(&mut self.no_fn_type, true);
        let ty = self.type_expr();
        self.no_fn_type = outer;
        ty
    }

    /// A type without `|` at its top: between the bars of a closure.
    pub(super) fn narrow_type(&mut self) -> P<TypeExpr> {
        self.nested(Self::member_type)
    }

    /// The type after `as`, where `<` compares unless the name before it takes types.
    pub(super) fn cast_type(&mut self) -> P<TypeExpr> {
        let plain = matches!(
            self.text_of(self.token()),
            "int"
                | "number"
                | "string"
                | "bool"
                | "char"
                | "bytes"
                | "duration"
                | "integer"
                | "i64"
                | "float"
                | "f64"
                | "f32"
                | "boolean"
                | "String"
        );
        if plain && self.at(T::Ident) && self.kind_at(1) != T::ColonColon {
            let path = self.word_path();
            let span = path.span;
            let ty = TypeExpr {
                kind: TypeExprKind::Named(path, Vec::new()),
                span,
            };
            return self.cast_suffixes(ty);
        }
        let outer = std::mem::replace(&mut self.no_fn_type, true);
        let base = self.nested(Self::base_type);
        self.no_fn_type = outer;
        self.cast_suffixes(base?)
    }

    /// As [`Self::type_suffixes`], but the `?` of `x as int ? a : b` belongs to the expression.
    fn cast_suffixes(&mut self, ty: TypeExpr) -> P<TypeExpr> {
        if self.at(T::Question) && self.token().flags & TERNARY != 0 {
            return Ok(ty);
        }
        self.type_suffixes(ty)
    }

    fn member_type(&mut self) -> P<TypeExpr> {
        let base = self.base_type()?;
        self.type_suffixes(base)
    }

    /// `T[]` and `T?`.
    fn type_suffixes(&mut self, mut ty: TypeExpr) -> P<TypeExpr> {
        loop {
            let start = ty.span;
            let kind = match self.kind() {
                T::LBracket if self.kind_at(1) == T::RBracket && !self.newline_before() => {
                    self.bump();
                    self.bump();
                    let name = Ident {
                        name: self.intern("Array"),
                        span: start,
                    };
                    let path = Path {
                        segments: vec![name],
                        span: start,
                    };
                    TypeExprKind::Named(path, vec![ty])
                }
                T::Question => {
                    self.bump();
                    TypeExprKind::Option(Box::new(ty))
                }
                T::QuestionQuestion if self.no_operand_after() => {
                    self.bump();
                    TypeExprKind::Option(Box::new(ty))
                }
                _ => return Ok(ty),
            };
            self.grow()?;
            ty = TypeExpr {
                kind,
                span: self.span_from(start),
            };
        }
    }

    /// `T??`: options do not nest, so it is `T?`; before an operand it is the operator.
    fn no_operand_after(&self) -> bool {
        matches!(
            self.kind_at(1),
            T::Eq | T::Comma | T::RParen | T::RBracket | T::RBrace | T::Gt | T::Eof
        )
    }

    fn base_type(&mut self) -> P<TypeExpr> {
        let start = self.span();
        let kind = match self.kind() {
            T::Ident if self.at_dyn() => {
                self.bump();
                TypeExprKind::Dyn(self.trait_ref()?)
            }
            T::Ident => self.named_type()?,
            T::KwNone => {
                self.bump();
                TypeExprKind::None
            }
            T::LBracket => {
                let open = self.pos;
                self.bump();
                TypeExprKind::Tuple(self.list(open, T::RBracket, Self::type_expr)?)
            }
            T::LBrace => TypeExprKind::Object(self.fields()?),
            T::LParen => return self.paren_type(),
            T::KwFn | T::KwFunction => return Err(self.fn_type_habit()),
            T::Amp => {
                self.bump();
                self.eat(T::KwMut);
                TypeExprKind::Ref(Box::new(self.nested(Self::narrow_type)?))
            }
            _ => return Err(self.unexpected("a type")),
        };
        Ok(TypeExpr {
            kind,
            span: self.span_from(start),
        })
    }

    /// A name with its type arguments.
    pub(super) fn named_type_expr(&mut self) -> P<TypeExpr> {
        let start = self.span();
        let kind = self.named_type()?;
        Ok(TypeExpr {
            kind,
            span: self.span_from(start),
        })
    }

    fn at_dyn(&self) -> bool {
        self.at_word("dyn") && self.kind_at(1) == T::Ident && self.same_line(1)
    }

    fn fn_type_habit(&mut self) -> super::Failed {
        let message = "the type of a function is written with `=>`";
        self.fail(
            Diagnostic::error(codes::WRONG_SPELLING, self.span(), message)
                .help("write `(int, string) => bool`"),
        )
    }

    /// `int`, `Array<T>`, `math::Point`.
    fn named_type(&mut self) -> P<TypeExprKind> {
        let path = self.path()?;
        let mut args = Vec::new();
        if self.at(T::Lt) && !self.newline_before() {
            self.bump();
            let no_fn_type = std::mem::replace(&mut self.no_fn_type, false);
            loop {
                args.push(self.type_expr()?);
                if self.eat(T::Comma) && !self.at_type_close() {
                    continue;
                }
                self.close_type_args()?;
                break;
            }
            self.no_fn_type = no_fn_type;
        }
        Ok(TypeExprKind::Named(path, args))
    }

    fn at_type_close(&self) -> bool {
        matches!(self.kind(), T::Gt | T::GtGt | T::GtEq | T::GtGtEq)
    }

    /// Passes one `>`, which may be the first half of `>>`, `>=` or `>>=`.
    fn close_type_args(&mut self) -> P<()> {
        let rest = match self.kind() {
            T::Gt => {
                self.bump();
                return Ok(());
            }
            T::GtGt => T::Gt,
            T::GtEq => T::Eq,
            T::GtGtEq => T::GtEq,
            _ => return Err(self.unexpected("`,` or `>`")),
        };
        let token = &mut self.tokens[self.pos];
        token.kind = rest;
        token.start += 1;
        token.flags = 0;
        Ok(())
    }

    /// `()`, `(T)`, `(A, B) => R`. Names in front of the types of parameters are allowed.
    fn paren_type(&mut self) -> P<TypeExpr> {
        let open = self.pos;
        let start = self.span();
        self.bump();
        let mut params = self.list(open, T::RParen, |parser| {
            if parser.kind().is_word() && parser.kind_at(1) == T::Colon {
                parser.bump();
                parser.bump();
            }
            parser.type_expr()
        })?;
        if self.at(T::Arrow) {
            let _ = self.fn_type_habit();
            self.bump();
            let result = self.type_expr()?;
            let kind = TypeExprKind::Fn(params, Box::new(result));
            return Ok(TypeExpr {
                kind,
                span: self.span_from(start),
            });
        }
        if !self.no_fn_type && self.eat(T::FatArrow) {
            let result = self.type_expr()?;
            let kind = TypeExprKind::Fn(params, Box::new(result));
            return Ok(TypeExpr {
                kind,
                span: self.span_from(start),
            });
        }
        let span = self.span_from(start);
        match (params.pop(), params.is_empty()) {
            (None, _) => Ok(TypeExpr {
                kind: TypeExprKind::Unit,
                span,
            }),
            (Some(ty), true) => Ok(TypeExpr {
                kind: ty.kind,
                span,
            }),
            (Some(_), false) => Err(self.tuple_habit(span)),
        }
    }

    fn tuple_habit(&mut self, span: Span) -> super::Failed {
        let message = "the type of a tuple is written with `[` and `]`";
        self.report(Diagnostic::error(codes::WRONG_SPELLING, span, message).help("write `[A, B]`"));
        super::Failed
    }
}
