//! Types as text.

use super::Printer;
use crate::ast::{FieldDecl, Path, TypeExpr, TypeExprKind};

impl Printer {
    pub(super) fn path(&mut self, path: &Path) {
        for (index, segment) in path.segments.iter().enumerate() {
            if index > 0 {
                self.push("::");
            }
            self.push(&segment.name);
        }
    }

    pub(super) fn ty(&mut self, ty: &TypeExpr) {
        crate::deep(|| self.ty_kind(&ty.kind));
    }

    fn ty_kind(&mut self, kind: &TypeExprKind) {
        match kind {
            TypeExprKind::Named(path, args) => {
                self.path(path);
                if !args.is_empty() {
                    self.push("<");
                    self.list(args, Self::ty);
                    self.push(">");
                }
            }
            TypeExprKind::Option(inner) => {
                if matches!(inner.kind, TypeExprKind::Option(_)) {
                    self.parens(|printer| printer.ty(inner));
                } else {
                    self.narrow_ty(inner);
                }
                self.push("?");
            }
            TypeExprKind::Tuple(items) => {
                self.push("[");
                self.list(items, Self::ty);
                self.push("]");
            }
            TypeExprKind::Object(fields) => self.inline_fields(fields),
            TypeExprKind::Fn(params, result) => {
                self.push("(");
                self.list(params, Self::ty);
                self.push(") => ");
                self.ty(result);
            }
            TypeExprKind::Union(members) => {
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        self.push(" | ");
                    }
                    self.narrow_ty(member);
                }
            }
            TypeExprKind::Ref(inner) => {
                self.push("&");
                self.narrow_ty(inner);
            }
            TypeExprKind::Dyn(name) => {
                self.push("dyn ");
                self.trait_ref(name);
            }
            TypeExprKind::Unit => self.push("()"),
            TypeExprKind::None => self.push("None"),
            TypeExprKind::Error => self.push("<error>"),
        }
    }

    /// A type where `|` and `=>` would reach too far.
    pub(super) fn narrow_ty(&mut self, ty: &TypeExpr) {
        if matches!(ty.kind, TypeExprKind::Union(_) | TypeExprKind::Fn(..)) {
            self.parens(|printer| printer.ty(ty));
        } else {
            self.ty(ty);
        }
    }

    /// A type in front of a `=>`.
    pub(super) fn ty_before_arrow(&mut self, ty: &TypeExpr) {
        if matches!(ty.kind, TypeExprKind::Fn(..)) {
            self.parens(|printer| printer.ty(ty));
        } else {
            self.ty(ty);
        }
    }

    pub(super) fn inline_fields(&mut self, fields: &[FieldDecl]) {
        if fields.is_empty() {
            return self.push("{}");
        }
        self.push("{ ");
        self.list(fields, Self::field);
        self.push(" }");
    }

    pub(super) fn field(&mut self, field: &FieldDecl) {
        self.field_name(&field.name);
        self.push(if field.optional { "?: " } else { ": " });
        self.ty(&field.ty);
        if let Some(default) = &field.default {
            self.push(" = ");
            self.expr(default);
        }
    }
}
