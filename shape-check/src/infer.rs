//! Types that are not known yet.
//!
//! An empty array, `None`, `Ok(1)` and the like leave a part of their type open. The part is a
//! variable, and the first use that says more binds it.

use crate::checker::Checker;
use crate::program::Expr;
use crate::types::{Field, Ty, TyKind, Types};
use std::rc::Rc;

/// Bindings of inference variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars {
    bound: Vec<Option<Ty>>,
}

impl Checker<'_> {
    /// A new variable.
    pub(crate) fn fresh(&mut self) -> Ty {
        let number = u32::try_from(self.vars.bound.len()).unwrap_or(u32::MAX);
        self.vars.bound.push(None);
        self.types.intern(TyKind::Var(number))
    }

    /// `ty` with a variable at its head replaced by what it is bound to.
    pub(crate) fn shallow(&self, mut ty: Ty) -> Ty {
        while let TyKind::Var(number) = self.types.kind(ty) {
            match self.vars.bound[*number as usize] {
                Some(bound) => ty = bound,
                None => return ty,
            }
        }
        self.types.unrolled(ty)
    }

    /// The kind of `ty`, variables at its head followed.
    pub(crate) fn kind(&self, ty: Ty) -> TyKind {
        self.types.kind(self.shallow(ty)).clone()
    }

    /// `ty` with every bound variable replaced.
    pub(crate) fn resolve(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        if !self.types.may_be_open(ty) || is_leaf(self.types.kind(ty)) {
            return ty;
        }
        let mut map = |this: &mut Self, part: Ty| this.resolve(part);
        rebuild(self, ty, &mut map)
    }

    /// `ty` with its `Param`s replaced by `args`.
    pub(crate) fn substitute(&mut self, ty: Ty, args: &[Ty]) -> Ty {
        if args.is_empty() {
            return ty;
        }
        if let TyKind::Param(number) = self.types.kind(ty) {
            return args.get(*number as usize).copied().unwrap_or(Ty::WRONG);
        }
        if !self.types.may_hold_param(ty) || is_leaf(self.types.kind(ty)) {
            return ty;
        }
        let mut map = |this: &mut Self, part: Ty| this.substitute(part, args);
        rebuild(self, ty, &mut map)
    }

    /// `ty`, or `Never` where it is something that the arguments leave open: elements of an empty
    /// array, say, which no code will meet.
    pub(crate) fn present(&self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        let absent = self
            .body
            .absent
            .iter()
            .any(|open| self.shallow(*open) == ty);
        if absent && matches!(self.types.kind(ty), TyKind::Var(_)) {
            Ty::NEVER
        } else {
            ty
        }
    }

    /// A value with the type that [`Checker::present`] gives.
    pub(crate) fn as_present(&self, value: Expr) -> Expr {
        let ty = self.present(value.ty);
        if ty == Ty::NEVER {
            Expr { ty, ..value }
        } else {
            value
        }
    }

    /// The variables in `ty` that nothing has bound.
    pub(crate) fn open_vars(&self, ty: Ty, open: &mut Vec<Ty>) {
        let ty = self.shallow(ty);
        if !self.types.may_be_open(ty) {
            return;
        }
        if matches!(self.types.kind(ty), TyKind::Var(_)) && !open.contains(&ty) {
            open.push(ty);
        }
        parts(self.types.kind(ty), &mut |part| self.open_vars(part, open));
    }

    /// `ty` with some of its variables replaced by others.
    pub(crate) fn replace(&mut self, ty: Ty, pairs: &[(Ty, Ty)]) -> Ty {
        let ty = self.shallow(ty);
        if let Some((_, new)) = pairs.iter().find(|(old, _)| *old == ty) {
            return *new;
        }
        if pairs.is_empty() || !self.types.may_be_open(ty) {
            return ty;
        }
        let mut map = |this: &mut Self, part: Ty| this.replace(part, pairs);
        rebuild(self, ty, &mut map)
    }

    /// `ty` with each lone closure inside it made a group, so that others may stand in its place.
    fn grouped(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        if let TyKind::Closure(id) = self.types.kind(ty) {
            return self.new_group(*id);
        }
        if is_leaf(self.types.kind(ty)) {
            return ty;
        }
        let mut map = |this: &mut Self, part: Ty| this.grouped(part);
        rebuild(self, ty, &mut map)
    }

    /// Makes `a` and `b` the same type by binding variables; whether that was possible.
    pub(crate) fn unify(&mut self, a: Ty, b: Ty) -> bool {
        if self.types.alias(a).is_some() && self.types.alias(b).is_some() {
            return a == b;
        }
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b || a == Ty::WRONG || b == Ty::WRONG {
            return true;
        }
        match (self.kind(a), self.kind(b)) {
            (TyKind::Var(number), _) => self.bind(number, b),
            (_, TyKind::Var(number)) => self.bind(number, a),
            (TyKind::Array(a), TyKind::Array(b))
            | (TyKind::Set(a), TyKind::Set(b))
            | (TyKind::Option(a), TyKind::Option(b))
            | (TyKind::Ref(a), TyKind::Ref(b))
            | (TyKind::Maybe(a), TyKind::Maybe(b)) => self.unify(a, b),
            (TyKind::Map(a, c), TyKind::Map(b, d))
            | (TyKind::Result(a, c), TyKind::Result(b, d)) => self.unify(a, b) && self.unify(c, d),
            (TyKind::Tuple(a), TyKind::Tuple(b)) => self.unify_all(&a, &b),
            (TyKind::Struct(d, a), TyKind::Struct(e, b))
            | (TyKind::Enum(d, a), TyKind::Enum(e, b)) => d == e && self.unify_all(&a, &b),
            (TyKind::Dyn(d, a), TyKind::Dyn(e, b)) => d == e && self.unify_all(&a, &b),
            (TyKind::Fn(a, r), TyKind::Fn(b, q)) => self.unify_all(&a, &b) && self.unify(r, q),
            (TyKind::Object(a), TyKind::Object(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b.iter()).all(|(x, y)| {
                        x.name == y.name && x.optional == y.optional && self.unify(x.ty, y.ty)
                    })
            }
            (TyKind::Union(a), TyKind::Union(b)) => self.unify_all(&a, &b),
            (TyKind::Group(group), TyKind::Closure(id))
            | (TyKind::Closure(id), TyKind::Group(group)) => {
                self.add_to_group(group, id);
                true
            }
            _ => false,
        }
    }

    fn unify_all(&mut self, a: &[Ty], b: &[Ty]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.unify(*a, *b))
    }

    /// Binds a variable, unless that would make an infinite type. A lone closure becomes a group, so
    /// that others may join it; an option that is only sometimes there becomes a plain option.
    fn bind(&mut self, number: u32, ty: Ty) -> bool {
        if self.occurs(number, ty) {
            return false;
        }
        let ty = if self.types.may_hold_closure(ty) {
            self.grouped(ty)
        } else {
            ty
        };
        self.vars.bound[number as usize] = Some(ty);
        true
    }

    fn occurs(&self, number: u32, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        if !self.types.may_be_open(ty) {
            return false;
        }
        let mut found = matches!(self.types.kind(ty), TyKind::Var(n) if *n == number);
        parts(self.types.kind(ty), &mut |part| {
            found = found || self.occurs(number, part);
        });
        found
    }

    /// Whether `ty` still has an unbound variable in it.
    pub(crate) fn is_open(&self, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        if !self.types.may_be_open(ty) {
            return false;
        }
        let mut open = matches!(self.types.kind(ty), TyKind::Var(_));
        parts(self.types.kind(ty), &mut |part| {
            open = open || self.is_open(part);
        });
        open
    }

    /// Whether `ty` is, or has in it, what is not known because of a mistake.
    pub(crate) fn holds_wrong(&self, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        let mut found = ty == Ty::WRONG;
        parts(self.types.kind(ty), &mut |part| {
            found = found || self.holds_wrong(part);
        });
        found
    }
}

fn is_leaf(kind: &TyKind) -> bool {
    let mut leaf = true;
    parts(kind, &mut |_| leaf = false);
    leaf
}

/// Calls `f` with each type directly inside `kind`.
pub(crate) fn parts(kind: &TyKind, f: &mut dyn FnMut(Ty)) {
    match kind {
        TyKind::Array(t)
        | TyKind::Set(t)
        | TyKind::Option(t)
        | TyKind::Maybe(t)
        | TyKind::Ref(t) => f(*t),
        TyKind::Map(a, b) | TyKind::Result(a, b) => {
            f(*a);
            f(*b);
        }
        TyKind::Tuple(items)
        | TyKind::Union(items)
        | TyKind::Struct(_, items)
        | TyKind::Enum(_, items)
        | TyKind::Dyn(_, items) => {
            items.iter().for_each(|t| f(*t));
        }
        TyKind::Object(fields) => fields.iter().for_each(|field| f(field.ty)),
        TyKind::Fn(params, ret) => {
            params.iter().for_each(|t| f(*t));
            f(*ret);
        }
        _ => {}
    }
}

/// `ty` with each type directly inside it mapped.
fn rebuild<'a>(
    this: &mut Checker<'a>,
    ty: Ty,
    map: &mut dyn FnMut(&mut Checker<'a>, Ty) -> Ty,
) -> Ty {
    let kind = this.types.kind(ty).clone();
    match with_parts(kind, &mut |part| map(this, part)) {
        TyKind::Option(t) => this.option(t),
        TyKind::Maybe(t) => this.maybe(t),
        TyKind::Union(items) => this.union(items.iter().copied()),
        kind => this.types.intern(kind),
    }
}

/// `kind` with each type directly inside it mapped.
pub(crate) fn with_parts(kind: TyKind, map: &mut dyn FnMut(Ty) -> Ty) -> TyKind {
    let mut all = |items: Rc<[Ty]>| items.iter().map(|t| map(*t)).collect::<Rc<[Ty]>>();
    match kind {
        TyKind::Tuple(items) => TyKind::Tuple(all(items)),
        TyKind::Union(items) => TyKind::Union(all(items)),
        TyKind::Struct(def, args) => TyKind::Struct(def, all(args)),
        TyKind::Enum(def, args) => TyKind::Enum(def, all(args)),
        TyKind::Dyn(id, args) => TyKind::Dyn(id, all(args)),
        TyKind::Fn(params, ret) => TyKind::Fn(all(params), map(ret)),
        TyKind::Array(t) => TyKind::Array(map(t)),
        TyKind::Set(t) => TyKind::Set(map(t)),
        TyKind::Ref(t) => TyKind::Ref(map(t)),
        TyKind::Option(t) => TyKind::Option(map(t)),
        TyKind::Maybe(t) => TyKind::Maybe(map(t)),
        TyKind::Map(k, v) => TyKind::Map(map(k), map(v)),
        TyKind::Result(t, e) => TyKind::Result(map(t), map(e)),
        TyKind::Object(fields) => TyKind::Object(
            fields
                .iter()
                .map(|field| Field {
                    ty: map(field.ty),
                    ..field.clone()
                })
                .collect(),
        ),
        leaf => leaf,
    }
}

impl Checker<'_> {
    /// `T?`; options do not nest.
    pub(crate) fn option(&mut self, inner: Ty) -> Ty {
        match self.kind(inner) {
            TyKind::Option(_) | TyKind::Wrong | TyKind::Json => inner,
            TyKind::Maybe(t) => self.option(t),
            _ => self.types.intern(TyKind::Option(inner)),
        }
    }

    /// An option that may be used as a `T`.
    pub(crate) fn maybe(&mut self, inner: Ty) -> Ty {
        match self.kind(inner) {
            TyKind::Option(_) | TyKind::Maybe(_) | TyKind::Wrong | TyKind::Never | TyKind::Json => {
                inner
            }
            _ => self.types.intern(TyKind::Maybe(inner)),
        }
    }

    /// The union of `members`: flat, sorted, without doubles. `None` in it makes it an option.
    pub(crate) fn union(&mut self, members: impl IntoIterator<Item = Ty>) -> Ty {
        let mut flat = Vec::new();
        let mut optional = false;
        for member in members {
            let (inner, none) = match self.kind(member) {
                TyKind::Option(t) | TyKind::Maybe(t) => (self.shallow(t), true),
                _ => (self.shallow(member), false),
            };
            optional |= none;
            match self.types.kind(inner) {
                TyKind::Union(items) => flat.extend(items.iter().copied()),
                TyKind::Never => {}
                _ => flat.push(inner),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        let ty = match flat[..] {
            [] => Ty::NEVER,
            [one] => one,
            _ => self.types.intern(TyKind::Union(flat.into())),
        };
        if optional { self.option(ty) } else { ty }
    }

    /// `Array<T>`.
    pub(crate) fn array(&mut self, element: Ty) -> Ty {
        self.types.intern(TyKind::Array(element))
    }

    /// `[A, B]`.
    pub(crate) fn tuple(&mut self, items: &[Ty]) -> Ty {
        self.types.intern(TyKind::Tuple(items.into()))
    }

    /// `Result<T, E>`.
    pub(crate) fn result(&mut self, ok: Ty, err: Ty) -> Ty {
        self.types.intern(TyKind::Result(ok, err))
    }
}

impl Types {
    /// Whether arrays of `a` and of `b` store their elements alike.
    pub(crate) fn same_storage(&self, a: Ty, b: Ty) -> bool {
        let storage = |ty| match self.kind(ty) {
            TyKind::Int => 1,
            TyKind::Number => 2,
            TyKind::Bool => 3,
            _ => 0,
        };
        storage(a) == storage(b)
    }
}
