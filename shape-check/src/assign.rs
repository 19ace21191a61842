//! Assignment: variables, and parts of them.

use crate::body::{LocalVar, Name};
use crate::checker::Checker;
use crate::program::{Expr, ExprKind, Place, Root, Step};
use crate::suggest::nearest;
use crate::types::{Field, Ty, TyKind};
use shape_syntax::ast::{self, BinOp, Binding, ExprKind as Ast, Ident};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// A variable that may or may not be assigned to.
struct Target {
    root: Root,
    ty: Ty,
    binding: Binding,
    declared: Span,
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
        self.finish_assign(place, value, before, span, unused)
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

    fn finish_assign(
        &mut self,
        place: Place,
        value: Expr,
        mut before: Vec<Expr>,
        span: Span,
        unused: bool,
    ) -> Expr {
        let given = value.ty;
        let value = self.coerce(value, place.ty, "the assigned value");
        let ty = value.ty;
        if unused || ty == Ty::NEVER {
            let store = self.store(&place, value, span);
            self.learn_assigned(&place, given);
            before.push(store);
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
        before.extend([init, store]);
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
    fn steady(&mut self, place: &Place, before: &mut Vec<Expr>) -> Place {
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

    fn is_variable(&self, name: &Ident) -> bool {
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
        if found.binding == Binding::Mut {
            return Some(place);
        }
        let name = self.root_name(found.root);
        let (code, what, help) = match found.binding {
            Binding::Const => ("E0111", "const", "a const never changes; use `let mut`"),
            _ => ("E0110", "immutable", "declare it with `let mut`"),
        };
        let message = format!("cannot assign to `{name}`: it is {what}");
        let mut diagnostic = Diagnostic::error(code, target.span, message).help(help);
        if found.declared != Span::default() {
            diagnostic = diagnostic.related(found.declared, "declared here");
        }
        self.report(diagnostic);
        None
    }

    fn root_name(&self, root: Root) -> Rc<str> {
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

    fn find_place(&mut self, expr: &ast::Expr) -> Option<(Place, Target)> {
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

    /// `object.name = value` where the object has no such field, or one of another type: from here
    /// on the name is a variable of the changed type. `None` for every other assignment.
    fn change_shape(
        &mut self,
        base: &ast::Expr,
        name: &Ident,
        value: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let Ast::Path(path) = &base.kind else {
            return None;
        };
        let [root] = &path.segments[..] else {
            return None;
        };
        let Some(Name::Local(var)) = self.body.find(&root.name).cloned() else {
            return None;
        };
        let TyKind::Object(fields) = self.kind(self.body.local_ty(var.id)) else {
            return None;
        };
        if var.binding != Binding::Mut {
            return None;
        }
        let known = fields.iter().position(|f| f.name == name.name);
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
            self.report(
                Diagnostic::error(
                    "E0206",
                    name.span,
                    format!(
                        "`{}` has no field `{}`, and it cannot be added here",
                        root.name, name.name
                    ),
                )
                .help(format!(
                    "give `{}` the field where it is declared",
                    root.name
                ))
                .related(var.span, "declared here"),
            );
            self.expr(value, None);
            return Some(self.wrong(span));
        }
        let value = self.expr(value, known.map(|at| fields[at].ty));
        let value = self.settled(value);
        if let Some(at) = known
            && self.how(value.ty, fields[at].ty).is_some()
        {
            let number = u32::try_from(at).unwrap_or(u32::MAX);
            let place = Place {
                root: Root::Local(var.id),
                steps: vec![Step::Field(number)],
                ty: fields[at].ty,
                span,
            };
            return Some(self.finish_assign(place, value, Vec::new(), span, true));
        }
        Some(self.rebuilt(root, var, &fields, (name, value), span))
    }

    /// The object with one field added or replaced, in a new variable of the same name.
    fn rebuilt(
        &mut self,
        root: &Ident,
        var: LocalVar,
        fields: &[Field],
        (name, value): (&Ident, Expr),
        span: Span,
    ) -> Expr {
        let mut types = Vec::with_capacity(fields.len() + 1);
        let mut values = Vec::with_capacity(fields.len() + 1);
        let mut given = Some(value);
        for (number, field) in (0u32..).zip(fields) {
            let own = if field.name == name.name {
                given.take()
            } else {
                None
            };
            let value = own.unwrap_or_else(|| Expr {
                kind: ExprKind::Field(Box::new(self.local_expr(var.id, span)), number),
                ty: field.ty,
                span,
            });
            types.push(Field {
                name: Rc::clone(&field.name),
                ty: value.ty,
                optional: false,
            });
            values.push(value);
        }
        if let Some(value) = given {
            types.push(Field {
                name: Rc::clone(&name.name),
                ty: value.ty,
                optional: false,
            });
            values.push(value);
        }
        let ty = self.types.intern(TyKind::Object(types.into()));
        let object = Expr {
            kind: ExprKind::Record(values),
            ty,
            span,
        };
        let id = self.body.bind_local(&root.name, ty, Binding::Mut, var.span);
        Expr {
            kind: ExprKind::Init(id, Box::new(object)),
            ty: Ty::UNIT,
            span,
        }
    }
}

/// The variable at the start of a place expression.
fn root_of(expr: &ast::Expr) -> Option<&Ident> {
    match &expr.kind {
        Ast::Path(path) => match &path.segments[..] {
            [name] => Some(name),
            _ => None,
        },
        Ast::Field(base, _, false) | Ast::Index(base, _) => root_of(base),
        _ => None,
    }
}
