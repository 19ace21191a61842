//! Looking into values: fields and elements.

use crate::checker::Checker;
use crate::modules::Item;
use crate::ops::{op_expr, unboxed};
use crate::program::{Expr, ExprKind, Op};
use crate::suggest::nearest;
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, ExprKind as Ast, Ident};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

impl Checker<'_> {
    /// The module or enum that an expression in front of a dot names, unless a variable of that
    /// name hides it.
    pub(crate) fn named_item(&mut self, base: &ast::Expr) -> Option<Item> {
        let Ast::Path(path) = &base.kind else {
            return None;
        };
        let first = path.segments.first()?;
        let variable = self.body.find(&first.name).is_some()
            || self.modules[self.body.module]
                .vars
                .contains_key(&first.name);
        if variable && path.segments.len() == 1 {
            return None;
        }
        let item = self.quiet_item(&path.segments)?;
        matches!(
            item,
            Item::Module(_) | Item::Host(_) | Item::Def(_) | Item::Unknown
        )
        .then_some(item)
    }

    pub(crate) fn field(
        &mut self,
        base: &ast::Expr,
        name: &Ident,
        optional: bool,
        span: Span,
    ) -> Expr {
        if let Some(item) = self.named_item(base) {
            return self.member_value(&item, name, span, None);
        }
        let base = self.expr(base, None);
        if optional {
            return self.optional(base, span, |this, base| this.field_of(base, name, span));
        }
        self.field_of(base, name, span)
    }

    pub(crate) fn field_of(&mut self, base: Expr, name: &Ident, span: Span) -> Expr {
        let base = self.settled(base);
        let base = self.as_present(base);
        if let Some(fields) = self.record_fields(base.ty)
            && let Some((number, field)) = (0u32..).zip(&fields).find(|(_, f)| f.name == name.name)
        {
            return Expr {
                kind: ExprKind::Field(Box::new(base), number),
                ty: field.ty,
                span,
            };
        }
        match (self.kind(base.ty), &*name.name) {
            (TyKind::Wrong, _) => self.wrong(span),
            (TyKind::Never, _) => Expr {
                ty: Ty::NEVER,
                ..base
            },
            (TyKind::Error, "kind" | "message" | "retryable" | "details" | "cause") => {
                self.call_core("error", &name.name.clone(), vec![base], span)
            }
            (TyKind::Json, _) => {
                let key = self.text(&name.name, name.span);
                self.call_core("json", "get", vec![base, key], span)
            }
            (_, "length") => self.method_on(base, name, &[], span, None),
            (TyKind::Tuple(items), number)
                if number.parse::<usize>().is_ok_and(|n| n < items.len()) =>
            {
                let number: usize = number.parse().unwrap_or(0);
                let index = u32::try_from(number).unwrap_or(u32::MAX);
                Expr {
                    kind: ExprKind::Field(Box::new(base), index),
                    ty: items[number],
                    span,
                }
            }
            _ => match self.field_of_union(&base, name, span) {
                Some(field) => field,
                None => self.no_field(&base, name),
            },
        }
    }

    pub(crate) fn no_field(&mut self, base: &Expr, name: &Ident) -> Expr {
        let ty = self.show(base.ty);
        let mut diagnostic = Diagnostic::error(
            "E0206",
            name.span,
            format!("`{ty}` has no field `{}`", name.name),
        );
        let fields = self.record_fields(base.ty).unwrap_or_default();
        diagnostic.help = match self.kind(base.ty) {
            TyKind::Option(_) => Some(format!(
                "give a value for `None` first, or write `?.{}`",
                name.name
            )),
            TyKind::Result(..) => Some(format!("take the value out first: `…?.{}`", name.name)),
            _ if self.has_method(base.ty, &name.name) => {
                Some(format!("it is a method: `.{}()`", name.name))
            }
            _ => match nearest(&name.name, fields.iter().map(|f| &*f.name)) {
                Some(near) => Some(format!("there is `{near}`")),
                None if fields.is_empty() => None,
                None => {
                    let names: Vec<&str> = fields.iter().map(|f| &*f.name).collect();
                    Some(format!("its fields are {}", names.join(", ")))
                }
            },
        };
        self.report(diagnostic);
        self.wrong(name.span)
    }

    /// `base?.…`: `None` where the base is, else what `f` makes of its value.
    pub(crate) fn optional(
        &mut self,
        base: Expr,
        span: Span,
        f: impl FnOnce(&mut Self, Expr) -> Expr,
    ) -> Expr {
        let inner = match self.kind(base.ty) {
            TyKind::Option(inner) | TyKind::Maybe(inner) => inner,
            // On a result it is the operator `?` and then the dot.
            TyKind::Result(..) => {
                let base = self.question_on(base, span);
                return f(self, base);
            }
            _ => return f(self, base),
        };
        let (temp, init) = self.keep(base);
        let test = op_expr(
            Op::IsNone,
            vec![self.local_expr(temp, span)],
            Ty::BOOL,
            span,
        );
        let there = unboxed(self.local_expr(temp, span), inner);
        let (value, after) = self.branch(&[], |this| f(this, there));
        self.may_have_run(after);
        let ty = self.option(value.ty);
        let value = self.coerce(value, ty, "");
        let none = Expr {
            kind: ExprKind::None,
            ty,
            span,
        };
        let choice = Expr {
            kind: ExprKind::If(Box::new(test), Box::new(none), Some(Box::new(value))),
            ty,
            span,
        };
        self.sequence(vec![init], choice)
    }

    /// `base[index]`.
    pub(crate) fn index(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span) -> Expr {
        self.used_as_map(base);
        let base = self.expr(base, None);
        let base = self.settled(base);
        let hint = match self.kind(base.ty) {
            TyKind::Map(key, _) => Some(key),
            _ => None,
        };
        let index = self.expr(index, hint);
        self.index_typed(base, index, span)
    }

    pub(crate) fn index_typed(&mut self, base: Expr, index: Expr, span: Span) -> Expr {
        let index = self.settled(index);
        if let Some(call) = self.own_index(&base, &index, span) {
            return call;
        }
        match (self.kind(base.ty), self.kind(index.ty)) {
            (TyKind::Wrong, _) | (_, TyKind::Wrong) => self.wrong(span),
            (TyKind::Never, _) | (_, TyKind::Never) => Expr {
                kind: ExprKind::Block(vec![base, index], None),
                ty: Ty::NEVER,
                span,
            },
            (TyKind::Array(_), TyKind::Range) => {
                self.call_core("array", "slice_range", vec![base, index], span)
            }
            (TyKind::String, TyKind::Range) => {
                self.call_core("string", "slice_range", vec![base, index], span)
            }
            (TyKind::Array(element), _) => {
                let index = self.coerce(index, Ty::INT, "the index");
                let ty = self.maybe(element);
                Expr {
                    kind: ExprKind::Index(Box::new(base), Box::new(index)),
                    ty,
                    span,
                }
            }
            (TyKind::Tuple(items), _) => match &index.kind {
                ExprKind::Int(at) => match tuple_index(*at, items.len()) {
                    Some(number) => {
                        let ty = items[number as usize];
                        Expr {
                            kind: ExprKind::Field(Box::new(base), number),
                            ty,
                            span,
                        }
                    }
                    None => {
                        let inner = self.fresh();
                        let ty = self.maybe(inner);
                        Expr {
                            kind: ExprKind::None,
                            ty,
                            span,
                        }
                    }
                },
                _ => match self.as_array(base) {
                    Some((array, _)) => self.index_typed(array, index, span),
                    None => self.wrong(span),
                },
            },
            (TyKind::Map(key, _), _) => {
                let index = self.coerce(index, key, "the key");
                self.call_core("map", "get", vec![base, index], span)
            }
            (TyKind::String, _) => {
                let index = self.coerce(index, Ty::INT, "the index");
                self.call_core("string", "char_at", vec![base, index], span)
            }
            (TyKind::Json, TyKind::String) => {
                self.call_core("json", "get", vec![base, index], span)
            }
            (TyKind::Json, _) => {
                let index = self.coerce(index, Ty::INT, "the index");
                self.call_core("json", "at", vec![base, index], span)
            }
            (TyKind::Object(_) | TyKind::Struct(..), TyKind::String | TyKind::Char) => {
                match &index.kind {
                    ExprKind::Str(name) => {
                        let name = Ident {
                            name: Rc::clone(name),
                            span: index.span,
                        };
                        self.field_of(base, &name, span)
                    }
                    _ => self.field_by_value(base, index, span),
                }
            }
            (TyKind::Range, _) => match self.as_array(base) {
                Some((array, _)) => self.index_typed(array, index, span),
                None => self.wrong(span),
            },
            _ => self.cannot_index(&base, span),
        }
    }

    /// `object[name]` with a name that is found out at run time: the fields as a map.
    fn field_by_value(&mut self, base: Expr, index: Expr, span: Span) -> Expr {
        let fields = self.record_fields(base.ty).unwrap_or_default();
        let joined = fields
            .iter()
            .fold(Ty::NEVER, |joined, field| self.join(joined, field.ty));
        let map = self.types.intern(TyKind::Map(Ty::STRING, joined));
        match self.how(base.ty, map) {
            Some(how) if !fields.is_empty() => {
                let base = self.apply(base, map, how);
                self.index_typed(base, index, span)
            }
            _ => self.cannot_index(&base, span),
        }
    }

    fn cannot_index(&mut self, base: &Expr, span: Span) -> Expr {
        let ty = self.show(base.ty);
        self.error("E0211", span, format!("`{ty}` cannot be indexed"));
        self.wrong(span)
    }
}

/// A constant index into a tuple, from the end where negative.
fn tuple_index(at: i64, len: usize) -> Option<u32> {
    let len = i64::try_from(len).ok()?;
    let at = if at < 0 { at + len } else { at };
    if (0..len).contains(&at) {
        u32::try_from(at).ok()
    } else {
        None
    }
}
