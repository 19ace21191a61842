//! Variants of enums: as values, as functions, with their payload.

use crate::checker::Checker;
use crate::closure::ClosureKind;
use crate::program::{Expr, ExprKind};
use crate::suggest::nearest;
use crate::types::{DefId, DefKind, Ty, TyKind};
use shape_syntax::ast::{Arg, Ident, ObjectField};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

impl Checker<'_> {
    /// The variant `name` of an enum; reports when there is none.
    pub(crate) fn find_variant(&mut self, def: DefId, name: &Ident) -> Option<u32> {
        let definition = self.types.def(def).clone();
        let DefKind::Enum(variants) = &definition.kind else {
            let message = format!("type `{}` has no member `{}`", definition.name, name.name);
            self.error("E0303", name.span, message);
            return None;
        };
        if let Some(at) = variants.iter().position(|v| v.name == name.name) {
            return u32::try_from(at).ok();
        }
        let mut diagnostic = Diagnostic::error(
            "E0303",
            name.span,
            format!("enum `{}` has no variant `{}`", definition.name, name.name),
        );
        let names = variants.iter().map(|v| &*v.name);
        diagnostic.help = match nearest(&name.name, names.clone()) {
            Some(near) => Some(format!("there is `{near}`")),
            None => Some(format!(
                "its variants are {}",
                names.collect::<Vec<_>>().join(", ")
            )),
        };
        self.report(diagnostic);
        None
    }

    fn enum_ty(&mut self, def: DefId, expected: Option<Ty>) -> (Ty, Rc<[Ty]>) {
        let count = self.types.def(def).generics;
        let args: Rc<[Ty]> = (0..count).map(|_| self.fresh()).collect();
        let ty = self.types.intern(TyKind::Enum(def, Rc::clone(&args)));
        if let Some(expected) = expected {
            self.guide(ty, expected);
        }
        (ty, args)
    }

    pub(crate) fn variant_name(&self, def: DefId, variant: u32) -> Rc<str> {
        match &self.types.def(def).kind {
            DefKind::Enum(variants) => Rc::clone(&variants[variant as usize].name),
            DefKind::Struct(_) => "".into(),
        }
    }

    pub(crate) fn variant_arity(&self, def: DefId, variant: u32) -> usize {
        match &self.types.def(def).kind {
            DefKind::Enum(variants) => variants[variant as usize].arity as usize,
            DefKind::Struct(_) => 0,
        }
    }

    /// `Shape::Point`, or `Shape::Circle` as a function.
    pub(crate) fn variant_value(
        &mut self,
        def: DefId,
        name: &Ident,
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let Some(variant) = self.find_variant(def, name) else {
            return self.wrong(span);
        };
        if self.variant_arity(def, variant) > 0 {
            return self.function_value(ClosureKind::Variant(def, variant), span);
        }
        let (ty, _) = self.enum_ty(def, expected);
        Expr {
            kind: ExprKind::Variant(def, variant, Vec::new()),
            ty,
            span,
        }
    }

    /// `Shape::Circle(r)`.
    pub(crate) fn call_variant(
        &mut self,
        def: DefId,
        name: &Ident,
        args: &[Arg],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let Some(variant) = self.find_variant(def, name) else {
            self.args_unused(args);
            return self.wrong(span);
        };
        let (ty, type_args) = self.enum_ty(def, expected);
        let infos = self.fields_of(def, variant);
        if infos.len() != args.len() {
            let message = format!(
                "`{}` carries {} values, found {}",
                name.name,
                infos.len(),
                args.len()
            );
            self.error("E0202", span, message);
            self.args_unused(args);
            return self.wrong(span);
        }
        let mut payload = Vec::with_capacity(args.len());
        for (arg, info) in args.iter().zip(infos.iter()) {
            let want = self.substitute(info.ty, &type_args);
            let value = self.expr(&arg.value, Some(want));
            payload.push(self.coerce(value, want, &format!("the value of `{}`", name.name)));
        }
        Expr {
            kind: ExprKind::Variant(def, variant, payload),
            ty,
            span,
        }
    }

    pub(crate) fn variant_typed(
        &mut self,
        def: DefId,
        variant: u32,
        args: Vec<Expr>,
        span: Span,
    ) -> Expr {
        let (ty, type_args) = self.enum_ty(def, None);
        let infos = self.fields_of(def, variant);
        let payload = args.into_iter().zip(infos.iter()).map(|(arg, info)| {
            let want = self.substitute(info.ty, &type_args);
            self.coerce(arg, want, "the value of the variant")
        });
        let payload = payload.collect();
        Expr {
            kind: ExprKind::Variant(def, variant, payload),
            ty,
            span,
        }
    }

    pub(crate) fn record_variant(
        &mut self,
        def: DefId,
        name: &Ident,
        fields: &[ObjectField],
        span: Span,
        expected: Option<Ty>,
    ) -> Expr {
        let Some(variant) = self.find_variant(def, name) else {
            return self.wrong(span);
        };
        let (ty, type_args) = self.enum_ty(def, expected);
        let infos = self.fields_of(def, variant);
        let module = self.defs[def.0 as usize].module;
        let (before, payload) =
            self.fill_fields(&name.name, &infos, &type_args, fields, module, span);
        let value = Expr {
            kind: ExprKind::Variant(def, variant, payload),
            ty,
            span,
        };
        if before.is_empty() {
            value
        } else {
            self.sequence(before, value)
        }
    }
}
