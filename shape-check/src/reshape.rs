//! Assignments that change the type of an object: a field is added, or gets another type.

use crate::body::{LocalVar, Name};
use crate::checker::Checker;
use crate::program::{Expr, ExprKind, Place, Root, Step};
use crate::types::{Field, Ty, TyKind};
use shape_syntax::ast::{self, Binding, ExprKind as Ast, Ident};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// The field that is assigned to.
struct Target<'e> {
    name: &'e Ident,
    /// The numbers of the fields that lead to that object.
    path: Vec<u32>,
}

impl Checker<'_> {
    /// `object.name = value` where the object has no such field, or one of another type: from here
    /// on the name is a variable of the changed type. `None` for every other assignment.
    pub(crate) fn change_shape(
        &mut self,
        base: &ast::Expr,
        name: &Ident,
        value: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let (root, steps) = object_path(base)?;
        let Some(Name::Local(var)) = self.body.find(&root.name).cloned() else {
            return None;
        };
        let (path, fields) = self.object_at(self.body.local_ty(var.id), &steps)?;
        let known = fields.iter().position(|f| f.name == name.name);
        if var.binding != Binding::Mut {
            if known.is_none() {
                let target = base.span.to(name.span);
                self.report_immutable(&root.name, var.binding, var.span, target);
                self.expr(value, None);
                return Some(self.wrong(span));
            }
            return None;
        }
        let here = self
            .body
            .scopes
            .last()
            .is_some_and(|scope| scope.contains_key(&root.name));
        let fixed = !here || self.body.locals[var.id.0 as usize].boxed;
        if known.is_some() && fixed {
            return None;
        }
        if fixed {
            self.cannot_add(root, name, var.span);
            self.expr(value, None);
            return Some(self.wrong(span));
        }
        let value = self.expr(value, known.map(|at| fields[at].ty));
        let value = self.settled(value);
        if let Some(at) = known
            && self.how(value.ty, fields[at].ty).is_some()
        {
            let number = u32::try_from(at).unwrap_or(u32::MAX);
            let steps = path.into_iter().chain([number]).map(Step::Field);
            let place = Place {
                root: Root::Local(var.id),
                steps: steps.collect(),
                ty: fields[at].ty,
                span,
            };
            return Some(self.finish_assign(place, value, Vec::new(), span, true));
        }
        let target = Target { name, path };
        Some(self.rebuilt(root, var, &target, value, span))
    }

    fn cannot_add(&mut self, root: &Ident, name: &Ident, declared: Span) {
        let message = format!(
            "`{}` has no field `{}`, and it cannot be added here",
            root.name, name.name
        );
        let help = format!("give `{}` the field where it is declared", root.name);
        self.report(
            Diagnostic::error("E0206", name.span, message)
                .help(help)
                .related(declared, "declared here"),
        );
    }

    /// The object that `steps` lead to: the numbers of the fields on the way, and its own fields.
    fn object_at(&self, ty: Ty, steps: &[&Ident]) -> Option<(Vec<u32>, Rc<[Field]>)> {
        let TyKind::Object(mut fields) = self.kind(ty) else {
            return None;
        };
        let mut path = Vec::new();
        for step in steps {
            let (number, field) = (0u32..)
                .zip(fields.iter())
                .find(|(_, field)| field.name == step.name)?;
            path.push(number);
            let TyKind::Object(inner) = self.kind(field.ty) else {
                return None;
            };
            fields = inner;
        }
        Some((path, fields))
    }

    /// The object with one field added or replaced, in a new variable of the same name.
    fn rebuilt(
        &mut self,
        root: &Ident,
        var: LocalVar,
        target: &Target<'_>,
        value: Expr,
        span: Span,
    ) -> Expr {
        // The value comes first: it may read the object.
        let (temp, init) = self.keep(value);
        let value = self.local_expr(temp, span);
        let object = self.local_expr(var.id, span);
        let object = self.with_field(&object, &target.path, target, value);
        let ty = object.ty;
        let id = self.body.bind_local(&root.name, ty, Binding::Mut, var.span);
        let changed = Expr {
            kind: ExprKind::Init(id, Box::new(object)),
            ty: Ty::UNIT,
            span,
        };
        Expr {
            kind: ExprKind::Block(vec![init, changed], None),
            ty: Ty::UNIT,
            span,
        }
    }

    /// `object` with the field set that `path` leads to.
    fn with_field(
        &mut self,
        object: &Expr,
        path: &[u32],
        target: &Target<'_>,
        value: Expr,
    ) -> Expr {
        let span = object.span;
        let TyKind::Object(own) = self.kind(object.ty) else {
            return self.wrong(span);
        };
        let mut fields: Vec<Field> = Vec::with_capacity(own.len() + 1);
        let mut values = Vec::with_capacity(own.len() + 1);
        let mut given = Some(value);
        for (number, field) in (0u32..).zip(own.iter()) {
            let part = Expr {
                kind: ExprKind::Field(Box::new(object.clone()), number),
                ty: field.ty,
                span,
            };
            let changed = match path.split_first() {
                Some((first, rest)) if *first == number => {
                    let value = given.take();
                    value.map(|value| self.with_field(&part, rest, target, value))
                }
                None if field.name == target.name.name => given.take(),
                _ => None,
            };
            let is_changed = changed.is_some();
            let value = changed.unwrap_or(part);
            fields.push(Field {
                name: Rc::clone(&field.name),
                ty: value.ty,
                optional: field.optional && !is_changed,
            });
            values.push(value);
        }
        if let Some(value) = given {
            fields.push(Field {
                name: Rc::clone(&target.name.name),
                ty: value.ty,
                optional: false,
            });
            values.push(value);
        }
        let ty = self.types.intern(TyKind::Object(fields.into()));
        Expr {
            kind: ExprKind::Record(values),
            ty,
            span,
        }
    }
}

/// The variable and the fields of `a.b.c`.
fn object_path(expr: &ast::Expr) -> Option<(&Ident, Vec<&Ident>)> {
    match &expr.kind {
        Ast::Path(path) => match &path.segments[..] {
            [root] => Some((root, Vec::new())),
            _ => None,
        },
        Ast::Field(base, name, false) => {
            let (root, mut steps) = object_path(base)?;
            steps.push(name);
            Some((root, steps))
        }
        _ => None,
    }
}
