//! What tests have shown: that an option is there.
//!
//! After `x != None`, and where `x.next != None` is known, the place is used as what is in it. A fact
//! is about a local variable, or about fields of it; it ends when the variable, or that part of it, is
//! assigned to. A variable that closures or functions share can change at any call, so what is known
//! about it ends with the next one, and its use as what is in it is a test at run time all the same.

use crate::body::Name;
use crate::checker::Checker;
use crate::ops::unboxed;
use crate::program::{Expr, ExprKind, Place, Root, Step};
use crate::types::{Ty, TyKind};
use shape_syntax::ast::{self, BinOp, Binding, ExprKind as Ast, Ident, Lit, UnOp};
use std::rc::Rc;

/// A place that holds something: a variable and the fields that lead to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub(crate) root: Root,
    pub(crate) path: Vec<Rc<str>>,
    /// Whether others can change the variable.
    pub(crate) shared: bool,
}

/// Facts that hold together.
pub(crate) type Facts = Vec<Fact>;

/// A variable and fields of it, as written in a condition.
pub(crate) type Shown<'e> = Vec<&'e Ident>;

impl Checker<'_> {
    /// Runs `f` in a scope of its own where the options named are there as well. Gives what is known
    /// at its end; what was known before holds again.
    pub(crate) fn branch<R>(
        &mut self,
        shown: &[Shown<'_>],
        f: impl FnOnce(&mut Self) -> R,
    ) -> (R, Facts) {
        let before = self.body.facts.clone();
        self.learn(shown);
        let result = self.scoped(f);
        (result, std::mem::replace(&mut self.body.facts, before))
    }

    /// From here on the options named are there.
    pub(crate) fn learn(&mut self, shown: &[Shown<'_>]) {
        for names in shown {
            if let Some(fact) = self.fact(names) {
                self.body.facts.push(fact);
            }
        }
    }

    fn fact(&self, names: &[&Ident]) -> Option<Fact> {
        let (first, rest) = names.split_first()?;
        let global = match self.body.find(&first.name) {
            Some(Name::Local(_)) => None,
            Some(Name::Global(var)) => Some(*var),
            Some(_) => return None,
            None => {
                let var = self.module_var(self.body.module, &first.name, first.span)?;
                Some(var.ok()?)
            }
        };
        let (root, shared) = match (global, self.body.find(&first.name)) {
            (Some(var), _) => (Root::Global(var.id), var.binding == Binding::Mut),
            (None, Some(Name::Local(var))) => {
                let local = &self.body.locals[var.id.0 as usize];
                (Root::Local(var.id), local.boxed)
            }
            _ => return None,
        };
        let path = rest.iter().map(|name| Rc::clone(&name.name)).collect();
        Some(Fact { root, path, shared })
    }

    /// After a call: variables that are shared may have changed.
    pub(crate) fn forget_shared_after(&mut self, call: &Expr) {
        let closures = |args: &[Expr]| args.iter().any(|arg| self.types.may_hold_closure(arg.ty));
        match &call.kind {
            ExprKind::CallHost(_, args) | ExprKind::MutateHost(_, _, args) if !closures(args) => {}
            ExprKind::Variant(..) | ExprKind::Ok(_) | ExprKind::Err(_) | ExprKind::Op(..) => {}
            ExprKind::Unwrap(inner) | ExprKind::Unbox(inner) | ExprKind::Box(inner) => {
                self.forget_shared_after(inner);
            }
            _ => self.forget_shared(),
        }
    }

    /// Ends what is known about variables that others can change.
    fn forget_shared(&mut self) {
        let locals = &self.body.locals;
        self.body.facts.retain(|fact| match fact.root {
            Root::Local(id) => !fact.shared && !locals[id.0 as usize].boxed,
            Root::Global(_) => !fact.shared,
        });
    }

    /// A side of a comparison with `None`, for which a shared variable is looked at again.
    pub(crate) fn with_nothing_shared<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.body.facts.clone();
        self.forget_shared();
        let result = f(self);
        self.body.facts = before;
        result
    }

    /// The value of a place as what is in it, where it is known to hold something.
    pub(crate) fn as_shown(&mut self, value: Expr, place: &ast::Expr) -> Expr {
        let inner = match self.kind(value.ty) {
            TyKind::Option(inner) | TyKind::Maybe(inner) => inner,
            _ => return value,
        };
        let mut names = Vec::new();
        let fact = path_of(place, &mut names).then(|| self.fact(&names));
        match fact.flatten() {
            Some(fact) if !self.body.facts.contains(&fact) => value,
            Some(fact) if fact.shared => self.unwrap(value, inner),
            Some(_) => unboxed(value, inner),
            None => value,
        }
    }

    /// The type of a place, where it is known to hold something.
    pub(crate) fn shown_ty(&mut self, ty: Ty, place: &ast::Expr) -> Ty {
        let at = Expr {
            kind: crate::program::ExprKind::Unit,
            ty,
            span: place.span,
        };
        self.as_shown(at, place).ty
    }

    /// Ends what was known of a place that is assigned to.
    pub(crate) fn forget_place(&mut self, place: &Place) {
        let whole = !matches!(place.steps.first(), Some(Step::Field(_)));
        self.body
            .facts
            .retain(|fact| fact.root != place.root || (!whole && fact.path.is_empty()));
    }

    /// A variable whose new value is no option holds something.
    pub(crate) fn learn_assigned(&mut self, place: &Place, value: Ty) {
        let option = matches!(
            self.kind(value),
            TyKind::Option(_) | TyKind::Maybe(_) | TyKind::Never | TyKind::Json
        );
        if place.steps.is_empty() && !option {
            let shared = match place.root {
                Root::Local(root) => self.body.locals[root.0 as usize].boxed,
                Root::Global(_) => true,
            };
            self.body.facts.push(Fact {
                root: place.root,
                path: Vec::new(),
                shared,
            });
        }
    }

    /// A loop body may run again after an assignment in it, so nothing that was known about a
    /// variable assigned there holds at its start.
    pub(crate) fn forget_assigned(&mut self, parts: &[&ast::Expr]) {
        self.forget_shared();
        let facts = std::mem::take(&mut self.body.facts);
        let kept = facts.into_iter().filter(|fact| {
            let Root::Local(root) = fact.root else {
                return true;
            };
            let name = &self.body.locals[root.0 as usize].name;
            !parts.iter().any(|part| crate::free::assigns(part, name))
        });
        let kept = kept.collect();
        self.body.facts = kept;
    }
}

/// What holds after one of two ways was taken; a way that never ends says nothing.
pub(crate) fn merge((a, a_ty): (Facts, Ty), (b, b_ty): (Facts, Ty)) -> Facts {
    match (a_ty, b_ty) {
        (Ty::NEVER, _) => b,
        (_, Ty::NEVER) => a,
        _ => a.into_iter().filter(|fact| b.contains(fact)).collect(),
    }
}

/// The places that a condition shows to hold something (`x != None`) when it is `outcome`.
pub(crate) fn narrowings(cond: &ast::Expr, outcome: bool) -> Vec<Shown<'_>> {
    match &cond.kind {
        Ast::Binary(BinOp::And, _, a, b) if outcome => both(a, b, outcome),
        Ast::Binary(BinOp::Or, _, a, b) if !outcome => both(a, b, outcome),
        Ast::Unary(UnOp::Not, inner) => narrowings(inner, !outcome),
        Ast::Binary(op @ (BinOp::Eq | BinOp::Ne), _, a, b) if (*op == BinOp::Ne) == outcome => {
            match (is_none(a), is_none(b)) {
                (false, true) => place_shown(a),
                (true, false) => place_shown(b),
                _ => Vec::new(),
            }
        }
        Ast::MethodCall(base, method, args, false) if args.is_empty() => {
            let shows = match &*method.name {
                "isSome" | "is_some" => outcome,
                "isNone" | "is_none" => !outcome,
                _ => false,
            };
            if shows { place_shown(base) } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// Whether an expression is `None`.
pub(crate) fn is_none(expr: &ast::Expr) -> bool {
    matches!(expr.kind, Ast::Lit(Lit::None))
}

fn both<'e>(a: &'e ast::Expr, b: &'e ast::Expr, outcome: bool) -> Vec<Shown<'e>> {
    let mut shown = narrowings(a, outcome);
    shown.extend(narrowings(b, outcome));
    shown
}

/// The place that an expression names, if it names one.
pub(crate) fn place_shown(expr: &ast::Expr) -> Vec<Shown<'_>> {
    let mut names = Vec::new();
    if path_of(expr, &mut names) {
        vec![names]
    } else {
        Vec::new()
    }
}

/// The names of `a.b.c`; whether the expression has that form.
fn path_of<'e>(expr: &'e ast::Expr, names: &mut Vec<&'e Ident>) -> bool {
    match &expr.kind {
        Ast::Path(path) => match &path.segments[..] {
            [name] => {
                names.push(name);
                true
            }
            _ => false,
        },
        Ast::Field(base, name, false) => {
            let is_path = path_of(base, names);
            names.push(name);
            is_path
        }
        _ => false,
    }
}
