//! Array and tuple literals, and what can be iterated over.

use crate::checker::Checker;
use crate::program::{Expr, ExprKind};
use crate::types::{Ty, TyKind};
use shape_syntax::ast::Element;
use shape_syntax::{Diagnostic, Span};

impl Checker<'_> {
    pub(crate) fn array_literal(
        &mut self,
        items: &[Element],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        if items.iter().any(|item| matches!(item, Element::Spread(_))) {
            return self.spread_literal(items, span, expected);
        }
        let expected = expected.map(|ty| self.kind(ty));
        let (element, tuple) = match expected {
            Some(TyKind::Tuple(types)) if types.len() == items.len() => (None, Some(types)),
            Some(TyKind::Array(element)) => (Some(element), None),
            Some(TyKind::Option(inner)) => return self.array_literal(items, span, Some(inner)),
            Some(TyKind::Union(members)) => {
                // The one array that it can be; a tuple may be meant where there are several.
                let kinds = members.iter().map(|member| self.kind(*member));
                let mut fitting = kinds.filter(|kind| match kind {
                    TyKind::Tuple(types) => types.len() == items.len(),
                    kind => matches!(kind, TyKind::Array(_)),
                });
                match (fitting.next(), fitting.next()) {
                    (Some(TyKind::Array(element)), None) => (Some(element), None),
                    (Some(TyKind::Tuple(types)), None) => (None, Some(types)),
                    _ => (None, None),
                }
            }
            _ => (None, None),
        };
        let mut values = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let Element::Item(item) = item else { continue };
            let hint = element.or_else(|| tuple.as_ref().map(|types| types[at]));
            let value = self.expr(item, hint);
            values.push(self.settled(value));
        }
        if let Some(types) = tuple {
            let values = values
                .into_iter()
                .zip(types.iter())
                .map(|(v, ty)| self.coerce(v, *ty, "the element"));
            let values: Vec<Expr> = values.collect();
            let ty = self.tuple(&types);
            return Expr {
                kind: ExprKind::Tuple(values),
                ty,
                span,
            };
        }
        if let Some(element) = element {
            // A wish that is not firm gives way to what is there.
            let fits = values.iter().all(|v| self.how(v.ty, element).is_some());
            if fits || !self.is_open(element) {
                let values = values
                    .into_iter()
                    .map(|v| self.coerce(v, element, "the element"))
                    .collect();
                let ty = self.array(element);
                return Expr {
                    kind: ExprKind::Array(values),
                    ty,
                    span,
                };
            }
        }
        self.free_array(values, span)
    }

    /// A literal of which nothing is expected: an array where its elements have a type in common,
    /// else a tuple.
    fn free_array(&mut self, values: Vec<Expr>, span: Span) -> Expr {
        if values.is_empty() {
            let element = self.open_literal(span);
            let ty = self.array(element);
            return Expr {
                kind: ExprKind::Array(values),
                ty,
                span,
            };
        }
        let mut joined = Ty::NEVER;
        let mut mixed = false;
        for value in &values {
            joined = self.join(joined, value.ty);
            mixed |= self.holds_union(value.ty);
        }
        if !mixed && self.holds_union(joined) {
            let types: Vec<Ty> = values.iter().map(|value| value.ty).collect();
            let ty = self.tuple(&types);
            return Expr {
                kind: ExprKind::Tuple(values),
                ty,
                span,
            };
        }
        let values = values
            .into_iter()
            .map(|v| self.coerce(v, joined, "the element"))
            .collect();
        let ty = self.array(joined);
        Expr {
            kind: ExprKind::Array(values),
            ty,
            span,
        }
    }

    /// Whether a type is a union, or one of collections of them.
    fn holds_union(&self, ty: Ty) -> bool {
        if self.types.alias(ty).is_some() {
            return true;
        }
        match self.kind(ty) {
            TyKind::Union(_) => true,
            TyKind::Option(inner) | TyKind::Array(inner) | TyKind::Set(inner) => {
                self.holds_union(inner)
            }
            TyKind::Map(key, inner) => self.holds_union(key) || self.holds_union(inner),
            _ => false,
        }
    }

    /// `[a, ...xs, b]`: pieces put together.
    fn spread_literal(&mut self, items: &[Element], span: Span, expected: Option<Ty>) -> Expr {
        let hint = expected.and_then(|ty| match self.kind(ty) {
            TyKind::Array(element) => Some(element),
            _ => None,
        });
        let mut pieces: Vec<Expr> = Vec::new();
        let mut element = hint.unwrap_or(Ty::NEVER);
        for item in items {
            match item {
                Element::Item(item) => {
                    let value = self.expr(item, hint);
                    let value = self.settled(value);
                    element = self.join(element, value.ty);
                    let ty = self.array(value.ty);
                    let span = value.span;
                    pieces.push(Expr {
                        kind: ExprKind::Array(vec![value]),
                        ty,
                        span,
                    });
                }
                Element::Spread(source) => {
                    let value = self.expr(source, expected);
                    if let Some((array, ty)) = self.as_array(value) {
                        element = self.join(element, ty);
                        pieces.push(array);
                    }
                }
            }
        }
        let ty = self.array(element);
        let mut pieces = pieces
            .into_iter()
            .map(|piece| self.coerce(piece, ty, "the element"))
            .collect::<Vec<_>>()
            .into_iter();
        let first = pieces.next().unwrap_or(Expr {
            kind: ExprKind::Array(Vec::new()),
            ty,
            span,
        });
        pieces.fold(first, |joined, piece| {
            let mut joined = self.call_core("array", "concat", vec![joined, piece], span);
            joined.ty = ty;
            joined
        })
    }

    /// Anything that can be iterated over as an array, with its element type.
    pub(crate) fn as_array(&mut self, value: Expr) -> Option<(Expr, Ty)> {
        let span = value.span;
        let value = self.settled(value);
        let value = self.as_present(value);
        match self.kind(value.ty) {
            TyKind::Array(element) => Some((value, element)),
            TyKind::Tuple(items) => {
                let element = items
                    .iter()
                    .fold(Ty::NEVER, |joined, item| self.join(joined, *item));
                let ty = self.array(element);
                Some((self.coerce(value, ty, ""), element))
            }
            TyKind::Range => Some((
                self.call_core("range", "to_array", vec![value], span),
                Ty::INT,
            )),
            TyKind::Set(element) => Some((
                self.call_core("set", "to_array", vec![value], span),
                element,
            )),
            TyKind::String => Some((
                self.call_core("string", "chars", vec![value], span),
                Ty::CHAR,
            )),
            TyKind::Map(k, v) => {
                let pair = self.tuple(&[k, v]);
                Some((self.call_core("map", "entries", vec![value], span), pair))
            }
            TyKind::Json => {
                let array = self.call_core("json", "items", vec![value], span);
                match self.kind(array.ty) {
                    TyKind::Array(element) => Some((array, element)),
                    _ => None,
                }
            }
            TyKind::Struct(def, _) if self.is_iter(def) => {
                let array = self.call_core("iter", "collect", vec![value], span);
                match self.kind(array.ty) {
                    TyKind::Array(element) => Some((array, element)),
                    _ => None,
                }
            }
            TyKind::Wrong => Some((self.wrong(span), Ty::WRONG)),
            TyKind::Never => Some((value, Ty::NEVER)),
            TyKind::Var(_) => {
                let element = self.fresh();
                let array = self.array(element);
                self.unify(value.ty, array);
                Some((value, element))
            }
            _ => {
                let ty = self.show(value.ty);
                self.report(
                    Diagnostic::error(
                        "E0209",
                        span,
                        format!("expected something to iterate over, found `{ty}`"),
                    )
                    .help("arrays, ranges, strings, maps and sets can be iterated over"),
                );
                None
            }
        }
    }
}
