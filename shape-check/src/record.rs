//! Literals of objects, maps and records.

use crate::checker::Checker;
use crate::defs::{FieldDefault, FieldInfo};
use crate::modules::Item;
use crate::program::{Expr, ExprKind};
use crate::suggest::nearest;
use crate::types::{Field, Ty, TyKind};
use shape_syntax::ast::{self, Ident, ObjectField, Path};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

impl Checker<'_> {
    pub(crate) fn object_literal(
        &mut self,
        fields: &[ObjectField],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        if let Some(ty) = expected {
            match self.kind(ty) {
                TyKind::Struct(..) => return self.record_literal(ty, fields, span),
                TyKind::Option(inner) => return self.object_literal(fields, span, Some(inner)),
                TyKind::Map(k, v) if self.shallow(k) == Ty::STRING => {
                    return self.map_literal(v, fields, span);
                }
                _ => {}
            }
        }
        let hints = expected
            .and_then(|ty| self.record_fields(ty))
            .unwrap_or_default();
        let mut before = Vec::new();
        let mut built: Vec<(Rc<str>, Expr)> = Vec::new();
        self.no_field_twice(fields);
        for field in fields {
            match field {
                ObjectField::Field(name, value) => {
                    let hint = hints.iter().find(|f| f.name == name.name).map(|f| f.ty);
                    let value = self.expr(value, hint);
                    let value = self.settled(value);
                    put(&mut built, &name.name, value);
                }
                ObjectField::Spread(source) => self.spread_fields(source, &mut before, &mut built),
            }
        }
        let types: Rc<[Field]> = built
            .iter()
            .map(|(name, value)| Field {
                name: Rc::clone(name),
                ty: value.ty,
                optional: false,
            })
            .collect();
        let ty = self.types.intern(TyKind::Object(types));
        let ends = before.iter().any(|e| e.ty == Ty::NEVER);
        let ty = if ends { Ty::NEVER } else { ty };
        let values = built.into_iter().map(|(_, value)| value).collect();
        let object = Expr {
            kind: ExprKind::Record(values),
            ty,
            span,
        };
        if before.is_empty() {
            object
        } else {
            self.sequence(before, object)
        }
    }

    fn no_field_twice(&mut self, fields: &[ObjectField]) {
        let mut seen: Vec<&str> = Vec::new();
        for field in fields {
            let ObjectField::Field(name, _) = field else {
                continue;
            };
            if seen.contains(&&*name.name) {
                self.error(
                    "E0304",
                    name.span,
                    format!("field `{}` is given twice", name.name),
                );
            }
            seen.push(&name.name);
        }
    }

    /// `...source` in an object: its fields, read from a temporary.
    fn spread_fields(
        &mut self,
        source: &ast::Expr,
        before: &mut Vec<Expr>,
        built: &mut Vec<(Rc<str>, Expr)>,
    ) {
        let value = self.expr(source, None);
        let value = self.settled(value);
        let span = value.span;
        let Some(fields) = self.record_fields(value.ty) else {
            if value.ty == Ty::NEVER {
                before.push(value);
            } else if self.shallow(value.ty) != Ty::WRONG {
                let ty = self.show(value.ty);
                self.error(
                    "E0304",
                    span,
                    format!("`...` needs an object here, found `{ty}`"),
                );
            }
            return;
        };
        let (temp, init) = self.keep(value);
        before.push(init);
        for (number, field) in (0u32..).zip(&fields) {
            let base = Box::new(self.local_expr(temp, span));
            let value = Expr {
                kind: ExprKind::Field(base, number),
                ty: field.ty,
                span,
            };
            put(built, &field.name, value);
        }
    }

    /// `{ key: value }` where a map from strings is expected.
    fn map_literal(&mut self, value_ty: Ty, fields: &[ObjectField], span: Span) -> Expr {
        let ty = self.types.intern(TyKind::Map(Ty::STRING, value_ty));
        let empty = Expr {
            kind: ExprKind::EmptyMap,
            ty,
            span,
        };
        fields.iter().fold(empty, |map, field| match field {
            ObjectField::Field(name, value) => {
                let value = self.expr(value, Some(value_ty));
                let value = self.coerce(value, value_ty, &format!("field `{}`", name.name));
                let key = self.text(&name.name, name.span);
                self.call_core("map", "set", vec![map, key, value], span)
            }
            ObjectField::Spread(source) => {
                let more = self.expr(source, Some(ty));
                let more = self.coerce(more, ty, "`...`");
                self.call_core("map", "merge", vec![map, more], span)
            }
        })
    }

    /// `Point { x: 1 }`, `Shape::Rect { w: 1, h: 2 }`.
    pub(crate) fn struct_literal(
        &mut self,
        path: &Path,
        fields: &[ObjectField],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        if let [parents @ .., name] = &path.segments[..]
            && !parents.is_empty()
            && let Some(Item::Def(def)) = self.quiet_item(parents)
        {
            return self.record_variant(def, name, fields, span, expected);
        }
        let named = ast::TypeExpr {
            kind: ast::TypeExprKind::Named(path.clone(), Vec::new()),
            span: path.span,
        };
        let ty = self.type_expr(&named);
        if let Some(expected) = expected {
            self.guide(ty, expected);
        }
        match self.kind(ty) {
            TyKind::Struct(..) => self.record_literal(ty, fields, span),
            TyKind::Object(_) => {
                let value = self.object_literal(fields, span, Some(ty));
                self.coerce(value, ty, "the literal")
            }
            TyKind::Wrong => {
                self.object_literal(fields, span, None);
                self.wrong(span)
            }
            _ => {
                let ty = self.show(ty);
                self.error("E0304", path.span, format!("`{ty}` has no fields"));
                self.wrong(span)
            }
        }
    }

    /// An item by path, without a report when there is none.
    pub(crate) fn quiet_item(&mut self, path: &[Ident]) -> Option<Item> {
        let (first, rest) = path.split_first()?;
        let item = self.item(&first.name)?;
        rest.iter().try_fold(item, |item, name| match &item {
            Item::Module(id) => {
                let entry = self.modules[*id].names.get(&name.name)?;
                entry.public.then(|| entry.item.clone())
            }
            _ => None,
        })
    }

    fn record_literal(&mut self, ty: Ty, fields: &[ObjectField], span: Span) -> Expr {
        let TyKind::Struct(def, args) = self.kind(ty) else {
            return self.wrong(span);
        };
        let infos = self.fields_of(def, 0);
        let module = self.defs[def.0 as usize].module;
        let name = Rc::clone(&self.types.def(def).name);
        let (before, values) = self.fill_fields(&name, &infos, &args, fields, module, span);
        let record = Expr {
            kind: ExprKind::Record(values),
            ty,
            span,
        };
        if before.is_empty() {
            record
        } else {
            self.sequence(before, record)
        }
    }

    /// A value for each field: written, spread, or the default. Gives statements to run before.
    pub(crate) fn fill_fields(
        &mut self,
        name: &str,
        infos: &[FieldInfo],
        args: &[Ty],
        fields: &[ObjectField],
        module: usize,
        span: Span,
    ) -> (Vec<Expr>, Vec<Expr>) {
        let mut before = Vec::new();
        let mut built: Vec<(Rc<str>, Expr)> = Vec::new();
        self.no_field_twice(fields);
        for field in fields {
            match field {
                ObjectField::Field(field_name, value) => {
                    let Some(info) = infos.iter().find(|info| info.name == field_name.name) else {
                        self.unknown_literal_field(name, infos, field_name);
                        self.expr(value, None);
                        continue;
                    };
                    let ty = self.substitute(info.ty, args);
                    let value = self.expr(value, Some(ty));
                    let value = self.coerce(
                        value,
                        ty,
                        &format!("field `{}` of `{name}`", field_name.name),
                    );
                    put(&mut built, &field_name.name, value);
                }
                ObjectField::Spread(source) => self.spread_fields(source, &mut before, &mut built),
            }
        }
        let mut missing: Vec<&str> = Vec::new();
        let mut values = Vec::with_capacity(infos.len());
        for info in infos {
            let ty = self.substitute(info.ty, args);
            let value = match built.iter().position(|(built, _)| *built == info.name) {
                Some(at) => {
                    let value = built[at].1.clone();
                    self.coerce(value, ty, &format!("field `{}` of `{name}`", info.name))
                }
                None => match &info.default {
                    FieldDefault::Required => {
                        missing.push(&info.name);
                        self.wrong(span)
                    }
                    FieldDefault::None => Expr {
                        kind: ExprKind::None,
                        ty,
                        span,
                    },
                    FieldDefault::Const(constant) => self.constant(constant, ty, span),
                    FieldDefault::Expr(default) => self.field_default(module, default, ty),
                },
            };
            values.push(value);
        }
        if !missing.is_empty() {
            let message = format!("missing field `{}` of `{name}`", missing.join("`, `"));
            self.error("E0304", span, message);
        }
        (before, values)
    }

    fn unknown_literal_field(&mut self, name: &str, infos: &[FieldInfo], field: &Ident) {
        let mut diagnostic = Diagnostic::error(
            "E0304",
            field.span,
            format!("`{name}` has no field `{}`", field.name),
        );
        let names = infos.iter().map(|info| &*info.name);
        diagnostic.help = match nearest(&field.name, names.clone()) {
            Some(near) => Some(format!("there is `{near}`")),
            None => Some(format!(
                "its fields are {}",
                names.collect::<Vec<_>>().join(", ")
            )),
        };
        self.report(diagnostic);
    }
}

fn put(built: &mut Vec<(Rc<str>, Expr)>, name: &Rc<str>, value: Expr) {
    match built.iter_mut().find(|(own, _)| own == name) {
        Some(slot) => slot.1 = value,
        None => built.push((Rc::clone(name), value)),
    }
}
