//! References: arguments that are places of the caller.
//!
//! A place is lent for the time of a call ([`ExprKind::Lend`]): its value is in a cell, which the callee
//! gets and works on as on a variable of its own. All other arguments are evaluated before, so nothing
//! looks at the place meanwhile.

use crate::checker::Checker;
use crate::free::root_of;
use crate::passing::Passing;
use crate::program::{Expr, ExprKind, LocalId, Place, Root};
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, Binding, Element, ExprKind as Ast, Lit};
use shape_syntax::{Diagnostic, Span};

/// Where a `&` stands that is no argument for a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misplaced {
    Argument,
    Element,
}

/// The places that a call lends.
#[derive(Debug, Default)]
pub(crate) struct Lends {
    /// What is evaluated before.
    before: Vec<Expr>,
    /// Each with the variable that has its value meanwhile, and what reads it.
    places: Vec<(Place, LocalId, Expr)>,
    /// The references as written, and whether each is exclusive.
    written: Vec<(ast::Expr, bool)>,
}

impl Lends {
    /// The call, with what must be done around it.
    pub(crate) fn around(self, call: Expr) -> Expr {
        let (ty, span) = (call.ty, call.span);
        let mut result = call;
        for (place, cell, value) in self.places.into_iter().rev() {
            result = Expr {
                kind: ExprKind::Lend(place, cell, Box::new(value), Box::new(result)),
                ty,
                span,
            };
        }
        if self.before.is_empty() {
            return result;
        }
        Expr {
            kind: ExprKind::Block(self.before, Some(Box::new(result))),
            ty,
            span,
        }
    }
}

impl Checker<'_> {
    /// Notes where a `&` among the operands of `expr` would be misplaced.
    pub(crate) fn note_references(&mut self, expr: &ast::Expr) {
        let is_ref = |e: &ast::Expr| matches!(e.kind, Ast::Ref(_));
        match &expr.kind {
            Ast::Call(_, args) | Ast::MethodCall(_, _, args, _) => {
                for arg in args.iter().filter(|arg| is_ref(&arg.value)) {
                    self.misplaced.insert(arg.value.span, Misplaced::Argument);
                }
            }
            Ast::Array(items) => {
                for item in items {
                    let (Element::Item(item) | Element::Spread(item)) = item;
                    if is_ref(item) {
                        self.misplaced.insert(item.span, Misplaced::Element);
                    }
                }
            }
            _ => {}
        }
    }

    /// A `&` that is not the argument for a reference.
    pub(crate) fn stray_reference(&mut self, inner: &ast::Expr, span: Span) -> Expr {
        let Some(root) = root_of(inner) else {
            self.not_a_place(inner);
            return self.wrong(span);
        };
        if !self.is_variable(root) {
            self.expr(inner, None);
            return self.wrong(span);
        }
        match self.misplaced.get(&span) {
            None => self.stored_reference(span),
            Some(Misplaced::Argument) => self.unwanted_reference(span),
            Some(Misplaced::Element) => self.report(
                Diagnostic::error("B0003", span, "cannot store a reference in an array")
                    .help("leave out the `&`: the array then holds the value"),
            ),
        }
        self.wrong(span)
    }

    /// Reports a reference that would outlive its call.
    pub(crate) fn stored_reference(&mut self, span: Span) {
        self.report(
            Diagnostic::error("B0003", span, "cannot return or store a reference")
                .note("a reference is an argument of a call, and ends with it")
                .help("leave out the `&`: what is kept is then the value"),
        );
    }

    /// Reports a `&` in front of an argument for a parameter that takes a value.
    pub(crate) fn unwanted_reference(&mut self, span: Span) {
        self.report(
            Diagnostic::error("B0004", span, "the parameter is not a reference")
                .help("leave out the `&`, or declare the parameter with one: `fn f(&x)`"),
        );
    }

    fn not_a_place(&mut self, inner: &ast::Expr) {
        self.report(
            Diagnostic::error(
                "E0113",
                inner.span,
                "a reference needs a place expression: a variable, a field or an element",
            )
            .help("put the value into a variable, and give that"),
        );
    }

    /// An argument for a parameter that takes it in the way of `passing`, and has type `ty` where that
    /// is annotated. `None` where it is an ordinary value.
    pub(crate) fn reference_arg(
        &mut self,
        arg: &ast::Expr,
        passing: Passing,
        ty: Option<Ty>,
        lends: &mut Lends,
    ) -> Option<Expr> {
        let (inner, explicit) = match &arg.kind {
            Ast::Ref(inner) => (&**inner, true),
            _ => (arg, false),
        };
        match (passing, explicit) {
            (Passing::Value, false) | (Passing::Shared, false) => return None,
            (Passing::Value, true) => return Some(self.stray_reference(inner, arg.span)),
            _ => {}
        }
        let is_place = is_place(inner) && root_of(inner).is_some_and(|root| self.is_variable(root));
        if !is_place {
            if !explicit {
                return None;
            }
            return Some(self.stray_reference(inner, arg.span));
        }
        let exclusive = passing == Passing::Exclusive;
        if !self.no_overlap(inner, exclusive, lends) {
            return Some(self.wrong(arg.span));
        }
        let (place, found) = self.find_place(inner)?;
        if found.binding == Binding::Const {
            let name = self.root_name(place.root);
            let message = format!("cannot give `{name}` by reference: it is const");
            let help = format!("give a variable: `let mut copy = {name}`");
            let mut diagnostic = Diagnostic::error("E0111", arg.span, message).help(help);
            if found.declared != Span::default() {
                diagnostic = diagnostic.related(found.declared, "declared here");
            }
            self.report(diagnostic);
            return Some(self.wrong(arg.span));
        }
        if place.ty == Ty::WRONG {
            return Some(self.wrong(arg.span));
        }
        if !exclusive {
            return Some(self.expr(inner, ty));
        }
        if let Some(ty) = ty
            && !self.unify(ty, place.ty)
        {
            self.other_type(ty, place.ty, arg.span);
            return Some(self.wrong(arg.span));
        }
        Some(self.lend(place, arg.span, lends))
    }

    /// A reference to a place.
    fn lend(&mut self, place: Place, span: Span, lends: &mut Lends) -> Expr {
        let ty = self.types.intern(TyKind::Ref(place.ty));
        self.forget_place(&place);
        if let (Root::Local(id), []) = (place.root, &place.steps[..])
            && self.body.locals[id.0 as usize].by_ref
        {
            return Expr {
                kind: ExprKind::Capture(id),
                ty,
                span,
            };
        }
        if let (Root::Global(id), []) = (place.root, &place.steps[..]) {
            self.globals[id.0 as usize].boxed = true;
        }
        let cell = self.body.temp(place.ty);
        self.body.locals[cell.0 as usize].boxed = true;
        let mut before = Vec::new();
        let place = self.steady(&place, &mut before);
        lends.before.extend(before);
        let value = self.read_place(&place);
        let value = self.coerce(value, place.ty, "the reference");
        lends.places.push((place, cell, value));
        Expr {
            kind: ExprKind::Capture(cell),
            ty,
            span,
        }
    }

    /// Two references to one place are only allowed where both are only read.
    fn no_overlap(&mut self, place: &ast::Expr, exclusive: bool, lends: &mut Lends) -> bool {
        let clash = lends
            .written
            .iter()
            .find(|(other, other_exclusive)| (exclusive || *other_exclusive) && meet(other, place))
            .map(|(other, _)| other.span);
        lends.written.push((place.clone(), exclusive));
        if let Some(other) = clash {
            self.report(
                Diagnostic::error(
                    "B0013",
                    place.span,
                    "two references to one place, of which the function changes one",
                )
                .related(other, "the other reference")
                .help("give one of them a copy: `let mut copy = …`"),
            );
        }
        clash.is_none()
    }

    /// A variable with the value of the place that a reference is to, before the call.
    pub(crate) fn copy_of_place(&mut self, arg: &Expr, lends: &mut Lends) -> Option<LocalId> {
        let (TyKind::Ref(_), ExprKind::Capture(id)) = (self.kind(arg.ty), &arg.kind) else {
            return None;
        };
        let lent = lends.places.iter().find(|(_, cell, _)| cell == id);
        let value = match lent {
            Some((_, _, value)) => value.clone(),
            None => self.local_expr(*id, arg.span),
        };
        let (copy, init) = self.keep(value);
        lends.before.push(init);
        Some(copy)
    }

    /// Evaluates the arguments before anything is lent.
    pub(crate) fn evaluate_first(&mut self, args: Vec<Expr>, lends: &mut Lends) -> Vec<Expr> {
        if lends.places.is_empty() {
            return args;
        }
        args.into_iter()
            .map(|arg| self.evaluated_first(arg, lends))
            .collect()
    }

    /// The same for one argument, or for the function that is called.
    pub(crate) fn evaluated_first(&mut self, arg: Expr, lends: &mut Lends) -> Expr {
        let steady = matches!(
            arg.kind,
            ExprKind::Capture(_)
                | ExprKind::Int(_)
                | ExprKind::Number(_)
                | ExprKind::Bool(_)
                | ExprKind::Char(_)
                | ExprKind::Str(_)
                | ExprKind::Unit
        );
        if steady || lends.places.is_empty() {
            return arg;
        }
        let span = arg.span;
        let (temp, init) = self.keep(arg);
        lends.before.push(init);
        self.local_expr(temp, span)
    }

    /// A parameter of a function that passes its arguments on, as an argument.
    pub(crate) fn forwarded(&mut self, ty: Ty, span: Span) -> Expr {
        let TyKind::Ref(inner) = self.kind(ty) else {
            let id = self.body.temp(ty);
            return self.local_expr(id, span);
        };
        let id = self.body.temp(inner);
        let variable = &mut self.body.locals[id.0 as usize];
        (variable.boxed, variable.by_ref) = (true, true);
        Expr {
            kind: ExprKind::Capture(id),
            ty,
            span,
        }
    }

    /// A reference that a function passes on. `None` where the argument is a value.
    pub(crate) fn passed_on(
        &mut self,
        arg: &Expr,
        passing: Passing,
        ty: Option<Ty>,
    ) -> Option<Expr> {
        let (TyKind::Ref(inner), ExprKind::Capture(id)) = (self.kind(arg.ty), &arg.kind) else {
            return None;
        };
        match passing {
            Passing::Value => {
                self.unwanted_reference(arg.span);
                return Some(self.wrong(arg.span));
            }
            Passing::Shared => return Some(self.local_expr(*id, arg.span)),
            Passing::Exclusive => {}
        }
        if let Some(ty) = ty
            && !self.unify(ty, inner)
        {
            self.other_type(ty, inner, arg.span);
            return Some(self.wrong(arg.span));
        }
        Some(arg.clone())
    }

    /// How an argument is taken where only the type of the parameter is known, or nothing; and the type
    /// of what is referred to.
    pub(crate) fn passing_by_type(&self, arg: &ast::Expr, ty: Option<Ty>) -> (Passing, Option<Ty>) {
        match ty.map(|ty| self.kind(ty)) {
            Some(TyKind::Ref(inner)) => (Passing::Exclusive, Some(inner)),
            None if matches!(arg.kind, Ast::Ref(_)) => (Passing::Exclusive, None),
            _ => (Passing::Value, ty),
        }
    }

    /// How a written argument is taken: nobody sees what becomes of the variables of the host's own
    /// functions, so those pass values.
    pub(crate) fn passing_here(&self, passing: Passing, arg: &ast::Expr) -> Passing {
        let host = self.modules[self.body.module].host.is_some();
        match passing {
            Passing::Exclusive if host && !matches!(arg.kind, Ast::Ref(_)) => Passing::Value,
            _ => passing,
        }
    }

    /// Reports a value where a function type asks for a reference.
    pub(crate) fn needs_reference(&mut self, arg: &ast::Expr) {
        self.not_a_place(arg);
    }

    fn other_type(&mut self, expected: Ty, found: Ty, span: Span) {
        let (expected, found) = (self.show(expected), self.show(found));
        let message = format!("expected a reference to `{expected}`, found one to `{found}`");
        self.report(
            Diagnostic::error("E0201", span, message)
                .help("what is given by reference must have just the type of the parameter"),
        );
    }
}

/// A call, with what is around it, as one that gives another type.
pub(crate) fn retyped(call: Expr, ty: Ty) -> Expr {
    let kind = match call.kind {
        ExprKind::Lend(place, cell, value, body) => {
            ExprKind::Lend(place, cell, value, Box::new(retyped(*body, ty)))
        }
        ExprKind::Block(before, Some(value)) => {
            ExprKind::Block(before, Some(Box::new(retyped(*value, ty))))
        }
        kind => kind,
    };
    Expr { kind, ty, ..call }
}

/// Whether an expression has the form of a place.
fn is_place(expr: &ast::Expr) -> bool {
    match &expr.kind {
        Ast::Path(path) => path.segments.len() == 1,
        Ast::Field(base, _, false) => is_place(base),
        Ast::Index(base, index) => is_place(base) && !matches!(index.kind, Ast::Range(..)),
        _ => false,
    }
}

/// Whether two places may be the same, or one a part of the other, as far as their texts say.
fn meet(a: &ast::Expr, b: &ast::Expr) -> bool {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    flatten(a, &mut of_a);
    flatten(b, &mut of_b);
    of_a.iter().zip(&of_b).all(|(a, b)| match (a, b) {
        (Part::Name(a), Part::Name(b)) => a == b,
        (Part::Index(a), Part::Index(b)) => same_index(a, b),
        (Part::Name(name), Part::Index(index)) | (Part::Index(index), Part::Name(name)) => {
            matches!(&index.kind, Ast::Lit(Lit::Str(text)) if &**text == *name)
        }
    })
}

enum Part<'e> {
    Name(&'e str),
    Index(&'e ast::Expr),
}

/// The variable, and the steps from it to the part.
fn flatten<'e>(expr: &'e ast::Expr, parts: &mut Vec<Part<'e>>) {
    match &expr.kind {
        Ast::Path(path) => parts.extend(path.segments.iter().map(|s| Part::Name(&s.name))),
        Ast::Field(base, name, _) => {
            flatten(base, parts);
            parts.push(Part::Name(&name.name));
        }
        Ast::Index(base, index) => {
            flatten(base, parts);
            parts.push(Part::Index(index));
        }
        _ => {}
    }
}

fn same_index(a: &ast::Expr, b: &ast::Expr) -> bool {
    match (&a.kind, &b.kind) {
        (Ast::Lit(a), Ast::Lit(b)) => a == b,
        (Ast::Path(a), Ast::Path(b)) => {
            a.segments.len() == b.segments.len()
                && a.segments
                    .iter()
                    .zip(&b.segments)
                    .all(|(a, b)| a.name == b.name)
        }
        (Ast::Binary(op_a, _, a, x), Ast::Binary(op_b, _, b, y)) => {
            op_a == op_b && same_index(a, b) && same_index(x, y)
        }
        _ => false,
    }
}
