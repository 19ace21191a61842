//! Assignment: variables, and parts of them.

use crate::body::Name;
use crate::checker::Checker;
use crate::free::root_of;
use crate::program::{Expr, ExprKind, Place, Root, Step};
use crate::suggest::nearest;
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, BinOp, Binding, ExprKind as Ast, Ident};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// A variable that may or may not be assigned to.
pub(crate) struct Target {
    root: Root,
    ty: Ty,
    pub(crate) binding: Binding,
    pub(crate) declared: Span,
}

impl Checker<'_> {
    /// `target = value`, `target += value`. Its value is what was assigned.
    pub(crate) fn assign(
        &mut self,
        op: Option<BinOp>,
        target: &ast::Expr,
        value: &ast::Expr,
        span: Span,
        unused: bool,
    ) -> Expr {
        if let Ast::Field(base, name, false) = &target.kind
            && op.is_none()
            && let Some(expr) = self.change_shape(base, name, value, span)
        {
            return expr;
        }
        if let Ast::Path(path) = &target.kind
            && let [name] = &path.segments[..]
            && !self.is_variable(name)
        {
            let value = self.expr(value, None);
            self.undefined_target(name);
            return self.wrong_as(value.ty, span);
        }
        if let (Ast::Array(targets), None) = (&target.kind, op) {
            return self.assign_each(targets, value, span);
        }
        let errors = self.diags.len();
        let Some(place) = self.place(target) else {
            self.expr(value, None);
            return self.wrong(span);
        };
        if place.ty == Ty::WRONG {
            self.expr(value, None);
            return self.wrong(span);
        }
        let mut before = Vec::new();
        let value = match op {
            None => self.expr(value, Some(place.ty)),
            Some(op) => {
                let place = self.steady(&place, &mut before);
                let current = self.read_place(&place);
                let current = self.as_shown(current, target);
                let value = self.operand(op, current, value, span);
                return self.finish_assign(place, value, before, span, unused);
            }
        };
        let assigned = self.finish_assign(place, value, before, span, unused);
        if let Ast::Field(base, ..) = &target.kind
            && let Some(root) = root_of(base)
        {
            self.note_shared(&root.name, errors);
        }
        assigned
    }

    /// `[a, b] = [b, a]`: all values first, then each is assigned.
    fn assign_each(&mut self, targets: &[ast::Element], value: &ast::Expr, span: Span) -> Expr {
        let value = self.expr(value, None);
        let (temp, init) = self.keep(value);
        let mut statements = vec![init];
        for (at, target) in (0i64..).zip(targets) {
            let ast::Element::Item(target) = target else {
                self.error("E0112", span, "the rest of an array cannot be assigned to");
                continue;
            };
            let Some(place) = self.place(target) else {
                continue;
            };
            let index = self.int(at, target.span);
            let source = self.local_expr(temp, target.span);
            let part = self.index_typed(source, index, target.span);
            let part = self.coerce(part, place.ty, "the assigned value");
            statements.push(self.store(&place, part, span));
        }
        Expr {
            kind: ExprKind::Block(statements, None),
            ty: Ty::UNIT,
            span,
        }
    }

    fn operand(&mut self, op: BinOp, current: Expr, value: &ast::Expr, span: Span) -> Expr {
        match op {
            BinOp::And | BinOp::Or | BinOp::Coalesce | BinOp::Context | BinOp::Pipe => {
                self.wrong(span)
            }
            _ => {
                let value = self.expr(value, None);
                self.binary_typed(op, span, current, value, span)
            }
        }
    }

    pub(crate) fn finish_assign(
        &mut self,
        place: Place,
        value: Expr,
        mut before: Vec<Expr>,
        span: Span,
        unused: bool,
    ) -> Expr {
        let given = value.ty;
        self.note_width(&place, given);
        let value = self.coerce(value, place.ty, "the assigned value");
        let ty = value.ty;
        let old = match ty != Ty::NEVER && self.ends_seen(place.ty) {
            true => {
                let steady = self.steady(&place, &mut before);
                let old = self.read_place(&steady);
                Some(self.replaced_ends(old, span))
            }
            false => None,
        };
        if unused || ty == Ty::NEVER {
            let store = self.store(&place, value, span);
            self.learn_assigned(&place, given);
            match old {
                None => before.push(store),
                Some((keep, end)) => {
                    before.extend([keep, store]);
                    before.extend(end);
                }
            }
            return match before.len() {
                1 => before.remove(0),
                _ => Expr {
                    kind: ExprKind::Block(before, None),
                    ty: Ty::UNIT,
                    span,
                },
            };
        }
        let (temp, init) = self.keep(value);
        let assigned = self.local_expr(temp, span);
        let store = self.store(&place, assigned.clone(), span);
        self.learn_assigned(&place, given);
        match old {
            None => before.extend([init, store]),
            Some((keep, end)) => {
                before.extend([init, keep, store]);
                before.extend(end);
            }
        }
        self.sequence(before, assigned)
    }

    /// Stores a value of the place's type.
    pub(crate) fn store(&mut self, place: &Place, value: Expr, span: Span) -> Expr {
        self.forget_place(place);
        let value = Box::new(value);
        let kind = match (&place.steps[..], place.root) {
            ([], Root::Local(id)) => ExprKind::SetLocal(id, value),
            ([], Root::Global(id)) => ExprKind::SetGlobal(id, value),
            _ => ExprKind::SetPlace(place.clone(), value),
        };
        Expr {
            kind,
            ty: Ty::UNIT,
            span,
        }
    }

    /// The value at a place. The steps are evaluated again, so they must be steady where that
    /// would show.
    pub(crate) fn read_place(&mut self, place: &Place) -> Expr {
        let span = place.span;
        let root = match place.root {
            Root::Local(id) => self.local_expr(id, span),
            Root::Global(id) => Expr {
                kind: ExprKind::Global(id),
                ty: self.globals[id.0 as usize].ty,
                span,
            },
        };
        let inner = |this: &Self, value: Expr| match this.kind(value.ty) {
            // An option that is looked into is known to be there.
            TyKind::Option(inner) => crate::ops::unboxed(value, inner),
            _ => value,
        };
        let value = place.steps.iter().fold(root, |base, step| {
            let base = inner(self, base);
            let base = self.settled(base);
            match step {
                Step::Field(number) => {
                    let ty = self.field_type(base.ty, *number);
                    Expr {
                        kind: ExprKind::Field(Box::new(base), *number),
                        ty,
                        span,
                    }
                }
                Step::Index(index) | Step::Key(index) => {
                    self.index_typed(base, index.clone(), span)
                }
            }
        });
        if matches!(self.kind(value.ty), TyKind::Option(t) if t == place.ty) {
            inner(self, value)
        } else {
            value
        }
    }

    fn field_type(&mut self, ty: Ty, number: u32) -> Ty {
        if let TyKind::Tuple(items) = self.kind(ty) {
            return items.get(number as usize).copied().unwrap_or(Ty::WRONG);
        }
        let fields = self.record_fields(ty).unwrap_or_default();
        fields
            .get(number as usize)
            .map_or(Ty::WRONG, |field| field.ty)
    }

    /// The same place with its indices kept in variables, so that they are evaluated once.
    pub(crate) fn steady(&mut self, place: &Place, before: &mut Vec<Expr>) -> Place {
        let mut place = place.clone();
        for step in &mut place.steps {
            if let Step::Index(index) | Step::Key(index) = step
                && !matches!(
                    index.kind,
                    ExprKind::Int(_) | ExprKind::Str(_) | ExprKind::Local(_)
                )
            {
                let (temp, init) = self.keep(index.clone());
                before.push(init);
                *index = self.local_expr(temp, index.span);
            }
        }
        place
    }

    pub(crate) fn is_variable(&self, name: &Ident) -> bool {
        self.body.find(&name.name).is_some()
            || self.modules[self.body.module].vars.contains_key(&name.name)
    }

    fn undefined_target(&mut self, name: &Ident) {
        let known: Vec<Rc<str>> = self
            .body
            .scopes
            .iter()
            .flat_map(|s| s.keys().cloned())
            .collect();
        let mut diagnostic = Diagnostic::error(
            "E0101",
            name.span,
            format!("undefined variable `{}`", name.name),
        );
        diagnostic.help = Some(match nearest(&name.name, known.iter().map(|n| &**n)) {
            Some(near) => format!("there is `{near}`"),
            None => format!("declare it: `let mut {} = …`", name.name),
        });
        self.report(diagnostic);
    }

    /// The place that `target` names, which must be one that can be assigned to.
    fn place(&mut self, target: &ast::Expr) -> Option<Place> {
        let (place, found) = match self.find_place(target) {
            Some(found) => found,
            None => {
                // The parser has refused what can never be a place.
                if matches!(
                    target.kind,
                    Ast::Path(_) | Ast::Field(..) | Ast::Index(..) | Ast::Object(_)
                ) {
                    self.error(
                        "E0112",
                        target.span,
                        "this cannot be assigned to: it is no variable, field or element",
                    );
                }
                return None;
            }
        };
        // Why there is no such place has been said.
        if found.binding == Binding::Mut || place.ty == Ty::WRONG {
            return Some(place);
        }
        let name = self.root_name(found.root);
        self.report_immutable(&name, found.binding, found.declared, target.span);
        None
    }

    pub(crate) fn root_name(&self, root: Root) -> Rc<str> {
        match root {
            Root::Local(id) => Rc::clone(&self.body.locals[id.0 as usize].name),
            Root::Global(id) => Rc::clone(&self.globals[id.0 as usize].name),
        }
    }

    /// The place that an expression names, when its variable may change.
    pub(crate) fn mutable_place(&mut self, expr: &ast::Expr) -> Option<Place> {
        let root = root_of(expr)?;
        if !self.is_variable(root) {
            return None;
        }
        let (place, found) = self.base_place(expr)?;
        (found.binding == Binding::Mut).then_some(place)
    }

    /// The place of something that is looked into: what is known to be there counts as what is in it.
    fn base_place(&mut self, expr: &ast::Expr) -> Option<(Place, Target)> {
        let (mut place, found) = self.find_place(expr)?;
        place.ty = self.shown_ty(place.ty, expr);
        Some((place, found))
    }

    pub(crate) fn find_place(&mut self, expr: &ast::Expr) -> Option<(Place, Target)> {
        let span = expr.span;
        match &expr.kind {
            Ast::Path(path) => {
                let [name] = &path.segments[..] else {
                    return None;
                };
                let found = self.variable(name)?;
                let place = Place {
                    root: found.root,
                    steps: Vec::new(),
                    ty: found.ty,
                    span,
                };
                Some((place, found))
            }
            Ast::Field(base, name, false) => {
                let (mut place, found) = self.base_place(base)?;
                let inner = self.settled_ty(place.ty);
                let fields = self.record_fields(inner).unwrap_or_default();
                let Some((number, field)) =
                    (0u32..).zip(&fields).find(|(_, f)| f.name == name.name)
                else {
                    if inner != Ty::WRONG {
                        let base = self.wrong_as(inner, base.span);
                        self.no_field(&base, name);
                    }
                    place.ty = Ty::WRONG;
                    return Some((place, found));
                };
                place.steps.push(Step::Field(number));
                place.ty = field.ty;
                place.span = span;
                Some((place, found))
            }
            Ast::Index(base, index) => {
                self.used_as_map(base);
                let (mut place, found) = self.base_place(base)?;
                let inner = self.settled_ty(place.ty);
                let (step, ty) = self.index_step(inner, index, span);
                place.steps.extend(step);
                place.ty = ty;
                place.span = span;
                Some((place, found))
            }
            _ => None,
        }
    }

    fn settled_ty(&self, ty: Ty) -> Ty {
        match self.kind(ty) {
            TyKind::Maybe(inner) => inner,
            _ => self.shallow(ty),
        }
    }

    fn index_step(&mut self, base: Ty, index: &ast::Expr, span: Span) -> (Option<Step>, Ty) {
        match self.kind(base) {
            TyKind::Array(element) => {
                let index = self.expr(index, Some(Ty::INT));
                let index = self.coerce(index, Ty::INT, "the index");
                (Some(Step::Index(index)), element)
            }
            TyKind::Map(key, value) => {
                let index = self.expr(index, Some(key));
                let index = self.coerce(index, key, "the key");
                (Some(Step::Key(index)), value)
            }
            TyKind::Tuple(items) => {
                let index = self.expr(index, Some(Ty::INT));
                match index.kind {
                    ExprKind::Int(at) if usize::try_from(at).is_ok_and(|at| at < items.len()) => {
                        let number = u32::try_from(at).unwrap_or(0);
                        (Some(Step::Field(number)), items[number as usize])
                    }
                    _ => {
                        self.error(
                            "E0211",
                            span,
                            "an element of a tuple is assigned to by a literal index",
                        );
                        (None, Ty::WRONG)
                    }
                }
            }
            TyKind::Object(_) | TyKind::Struct(..) => {
                let index = self.expr(index, None);
                let fields = self.record_fields(base).unwrap_or_default();
                let ExprKind::Str(name) = &index.kind else {
                    self.error("E0211", span, "a field is assigned to by its name");
                    return (None, Ty::WRONG);
                };
                match (0u32..).zip(&fields).find(|(_, f)| f.name == *name) {
                    Some((number, field)) => (Some(Step::Field(number)), field.ty),
                    None => {
                        let base = self.wrong_as(base, span);
                        self.no_field(
                            &base,
                            &Ident {
                                name: Rc::clone(name),
                                span: index.span,
                            },
                        );
                        (None, Ty::WRONG)
                    }
                }
            }
            TyKind::Wrong => {
                self.expr(index, None);
                (None, Ty::WRONG)
            }
            TyKind::Var(_) => {
                let element = self.fresh();
                let array = self.array(element);
                self.unify(base, array);
                self.index_step(array, index, span)
            }
            _ => {
                let ty = self.show(base);
                self.error(
                    "E0211",
                    span,
                    format!("elements of `{ty}` cannot be assigned to"),
                );
                (None, Ty::WRONG)
            }
        }
    }

    /// The type of a variable, and where it is declared.
    pub(crate) fn variable_type(&mut self, name: &Ident) -> Option<(Ty, Span)> {
        self.variable(name).map(|found| (found.ty, found.declared))
    }

    fn variable(&mut self, name: &Ident) -> Option<Target> {
        let global = match self.body.find(&name.name) {
            Some(Name::Local(var)) => {
                return Some(Target {
                    root: Root::Local(var.id),
                    ty: self.body.local_ty(var.id),
                    binding: var.binding,
                    declared: var.span,
                });
            }
            Some(Name::Global(var)) => *var,
            Some(_) => return None,
            None => self
                .module_var(self.body.module, &name.name, name.span)?
                .ok()?,
        };
        Some(Target {
            root: Root::Global(global.id),
            ty: self.globals[global.id.0 as usize].ty,
            binding: global.binding,
            declared: global.span,
        })
    }
}
