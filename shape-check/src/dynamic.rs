//! `dyn Trait`: values of which only a trait is known.
//!
//! Such a value is a closure that has captured the value itself; one closure for each type that is
//! made into a `dyn`. Each method has a table like those of function types, from the closure to the
//! method of its type (see [`crate::group`]). So the machine knows nothing of traits.

use crate::checker::Checker;
use crate::closure::ClosureKind;
use crate::instance::Target;
use crate::program::{Expr, ExprKind, Func, SigId};
use crate::receiver::Change;
use crate::suggest::nearest;
use crate::traits::TraitId;
use crate::types::{ClosureId, Ty, TyKind};
use rustc_hash::FxHashMap;
use shape_syntax::ast::{self, Arg, Ident, MethodDecl};
use shape_syntax::{Diagnostic, Span};
use std::rc::Rc;

/// The name of the table by which a `dyn` is shown; no method can have it.
const DISPLAY: &str = "(display)";

/// The name of the table by which a `dyn` ends.
const END: &str = "(end)";

/// The closures and tables of all `dyn` types.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dyns {
    /// The closure of each type in each `dyn`.
    closures: FxHashMap<(Ty, Ty), ClosureId>,
    members: FxHashMap<Ty, Vec<(ClosureId, Ty)>>,
    tables: Vec<Table>,
}

/// How one method of a `dyn` is called.
#[derive(Clone, Debug)]
struct Table {
    of: Ty,
    name: Rc<str>,
    params: Rc<[Ty]>,
    ret: Ty,
    /// Whether it gives the changed value, too.
    changes: bool,
    sig: SigId,
}

impl Checker<'_> {
    /// The closure by which a `ty` becomes the `dyn` type `of`; `None` when it lacks the trait.
    pub(crate) fn dyn_closure(&mut self, ty: Ty, of: Ty) -> Option<ClosureId> {
        let (ty, of) = (self.resolve(ty), self.resolve(of));
        if let Some(&known) = self.dyns.closures.get(&(ty, of)) {
            return Some(known);
        }
        let TyKind::Dyn(id, args) = self.kind(of) else {
            return None;
        };
        if self.is_open(ty) || !self.has_trait(ty, id, &args) {
            return None;
        }
        let closure = self.new_dyn_closure(ty);
        self.dyns.closures.insert((ty, of), closure);
        let members = self.dyns.members.entry(of).or_default();
        members.push((closure, ty));
        for at in 0..self.dyns.tables.len() {
            if self.dyns.tables[at].of == of {
                self.enter_table(at, closure);
            }
        }
        Some(closure)
    }

    /// Fills the tables with what has become a `dyn` in earlier inputs of a session.
    pub(crate) fn enter_tables_again(&mut self) {
        for at in 0..self.dyns.tables.len() {
            let members = self.dyns.members.get(&self.dyns.tables[at].of).cloned();
            for (closure, _) in members.unwrap_or_default() {
                self.enter_table(at, closure);
            }
        }
    }

    fn enter_table(&mut self, at: usize, closure: ClosureId) {
        let table = self.dyns.tables[at].clone();
        let slot = table.sig.0 as usize;
        if self.dispatch[slot]
            .iter()
            .any(|(known, _)| *known == closure)
        {
            return;
        }
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        let target = Target::Dyn(closure, number);
        let span = Span::default();
        let (instance, _) = self.instantiate(target, &table.params, Some(table.ret), span);
        self.dispatch[slot].push((closure, instance));
    }

    // --- Calls ------------------------------------------------------------------------------

    /// The method of a trait or of one above it.
    fn dyn_method(&self, id: TraitId, name: &str) -> Option<(TraitId, MethodDecl)> {
        let mut above = vec![id];
        let mut next = 0;
        while next < above.len() {
            let info = &self.traits.list[above[next] as usize];
            if let Some(method) = info
                .decl
                .methods
                .iter()
                .find(|m| &*m.decl.name.name == name)
            {
                return Some((above[next], method.clone()));
            }
            let more = info.supers.iter().map(|(one, _)| *one);
            let more: Vec<TraitId> = more.filter(|one| !above.contains(one)).collect();
            above.extend(more);
            next += 1;
        }
        None
    }

    /// A method of a `dyn`, by what is found in the value at run time.
    pub(crate) fn call_dyn(
        &mut self,
        base: Option<&ast::Expr>,
        receiver: &Expr,
        name: &Ident,
        args: &[Arg],
        span: Span,
        unused: bool,
    ) -> Option<Expr> {
        let receiver = match self.kind(receiver.ty) {
            TyKind::Maybe(inner) => self.unwrap(receiver.clone(), inner),
            _ => receiver.clone(),
        };
        let of = self.resolve(receiver.ty);
        let TyKind::Dyn(id, trait_args) = self.kind(of) else {
            return None;
        };
        let Some((owner, method)) = self.dyn_method(id, &name.name) else {
            if matches!(&*name.name, "to_string" | "toString") && args.is_empty() {
                return Some(self.call_dyn_display(receiver, span));
            }
            self.unknown_dyn_method(of, id, name);
            self.args_unused(args);
            return Some(self.wrong(span));
        };
        if !method.receiver || method.decl.params.iter().any(|p| names_self(p.ty.as_ref())) {
            let message = format!(
                "`{}` cannot be called on `{}`: nothing says which type it is for",
                name.name,
                self.show(of)
            );
            self.report(
                Diagnostic::error("E0709", name.span, message)
                    .help("take the value as a type parameter: `fn f<T: Trait>(x: T)`"),
            );
            self.args_unused(args);
            return Some(self.wrong(span));
        }
        let info = self.traits.list[owner as usize].clone();
        let own_args = if owner == id { trait_args } else { [].into() };
        let (mut types, ret) = self.dyn_signature(&info, &method, &own_args, of);
        types.remove(0);
        let callee = crate::args::Callee {
            decl: Rc::clone(&method.decl),
            module: info.module,
            generics: vec![("Self".into(), of)],
            hints: std::iter::once(None).chain(types).collect(),
        };
        let slot = receiver.clone();
        let (mut operands, lends) = match self.shape_args(&callee, vec![slot], args, span) {
            Some(found) => found,
            None => return Some(self.wrong(span)),
        };
        operands.remove(0);
        let params: Vec<Ty> = operands.iter().map(|e| self.resolve(e.ty)).collect();
        let at = self.dyn_table(of, &name.name, &params, ret);
        let table = self.dyns.tables[at].clone();
        let result = self.dyn_result(&table);
        let call = |callee: Expr| Expr {
            kind: ExprKind::CallDynamic(table.sig, Box::new(callee), operands.clone()),
            ty: table.ret,
            span,
        };
        if !table.changes {
            return Some(lends.around(call(receiver)));
        }
        let place = base.and_then(|base| self.mutable_place(base));
        let mut before = Vec::new();
        let place = place.map(|place| self.steady(&place, &mut before));
        let current = match &place {
            Some(place) => {
                let current = self.read_place(place);
                self.settled(current)
            }
            None => receiver,
        };
        let (temp, init) = self.keep(lends.around(call(current)));
        before.push(init);
        let part = |cx: &Self, number, ty| Expr {
            kind: ExprKind::Field(Box::new(cx.local_expr(temp, span)), number),
            ty,
            span,
        };
        let changed = part(self, 1, of);
        let value = part(self, 0, result);
        if let Some(place) = &place {
            let changed = self.coerce(changed, place.ty, "the changed value");
            before.push(self.store(place, changed, span));
        } else if !unused && result == Ty::UNIT {
            return Some(self.sequence(before, changed));
        }
        Some(self.sequence(before, value))
    }

    fn unknown_dyn_method(&mut self, of: Ty, id: TraitId, name: &Ident) {
        let message = format!("`{}` has no method `{}`", self.show(of), name.name);
        let decl = Rc::clone(&self.traits.list[id as usize].decl);
        let names = decl.methods.iter().map(|m| &*m.decl.name.name);
        let mut diagnostic = Diagnostic::error("E0205", name.span, message);
        if let Some(near) = nearest(&name.name, names) {
            diagnostic = diagnostic.help(format!("there is `{near}`"));
        }
        self.report(diagnostic);
    }

    /// A `dyn` as text.
    pub(crate) fn call_dyn_display(&mut self, value: Expr, span: Span) -> Expr {
        let of = self.resolve(value.ty);
        let at = self.dyn_table(of, DISPLAY, &[], Some(Ty::STRING));
        Expr {
            kind: ExprKind::CallDynamic(self.dyns.tables[at].sig, Box::new(value), Vec::new()),
            ty: Ty::STRING,
            span,
        }
    }

    /// Ends what a `dyn` holds.
    pub(crate) fn call_dyn_end(&mut self, value: Expr, span: Span) -> Expr {
        let of = self.resolve(value.ty);
        let at = self.dyn_table(of, END, &[], Some(Ty::UNIT));
        Expr {
            kind: ExprKind::CallDynamic(self.dyns.tables[at].sig, Box::new(value), Vec::new()),
            ty: Ty::UNIT,
            span,
        }
    }

    fn dyn_result(&mut self, table: &Table) -> Ty {
        match (table.changes, self.kind(table.ret)) {
            (true, TyKind::Tuple(items)) => items[0],
            _ => table.ret,
        }
    }

    fn dyn_table(&mut self, of: Ty, name: &str, params: &[Ty], ret: Option<Ty>) -> usize {
        let known =
            self.dyns.tables.iter().position(|table| {
                table.of == of && &*table.name == name && &*table.params == params
            });
        if let Some(at) = known {
            return at;
        }
        let ret = match ret {
            Some(ret) => self.resolve(ret),
            None => self.common_result(of, name, params),
        };
        let changes = self.may_change(name);
        let ret = match changes {
            true => self.tuple(&[ret, of]),
            false => ret,
        };
        let sig = SigId(u32::try_from(self.dispatch.len()).unwrap_or(u32::MAX));
        self.dispatch.push(Vec::new());
        self.dyns.tables.push(Table {
            of,
            name: name.into(),
            params: params.into(),
            ret,
            changes,
            sig,
        });
        let at = self.dyns.tables.len() - 1;
        for (closure, _) in self.dyns.members.get(&of).cloned().unwrap_or_default() {
            self.enter_table(at, closure);
        }
        at
    }

    /// What the types that have the trait give, where the trait does not say it.
    fn common_result(&mut self, of: Ty, name: &str, params: &[Ty]) -> Ty {
        let TyKind::Dyn(id, _) = self.kind(of) else {
            return Ty::WRONG;
        };
        let owner = self.dyn_method(id, name).map_or(id, |(owner, _)| owner);
        let impls = self
            .traits
            .by_trait
            .get(&owner)
            .cloned()
            .unwrap_or_default();
        let mut ret = Ty::NEVER;
        for imp in impls {
            let info = self.traits.impls[imp].clone();
            let Some(&template) = info.methods.get(name) else {
                continue;
            };
            if info.params == 0 {
                let mut args = vec![info.target];
                args.extend_from_slice(params);
                let span = self.templates[template].decl.head;
                let (_, one) = self.instantiate(Target::Template(template), &args, None, span);
                ret = self.join(ret, one);
            }
        }
        let ret = self.resolve(ret);
        if ret == Ty::NEVER { Ty::UNIT } else { ret }
    }

    /// The function that a table has for the type behind a closure.
    pub(crate) fn dyn_func(&mut self, id: ClosureId, at: u32) -> (Func, Ty, bool) {
        let table = self.dyns.tables[at as usize].clone();
        let ty = self.dyn_inner(id);
        let span = Span::default();
        let outer = std::mem::replace(&mut self.body, crate::body::Body::new(0));
        let captured = self.body.temp(ty);
        let this = self.local_expr(captured, span);
        let operands: Vec<Expr> = table
            .params
            .iter()
            .map(|ty| {
                let local = self.body.temp(*ty);
                self.local_expr(local, span)
            })
            .collect();
        let value = match &*table.name {
            END => self.end_captured(captured, ty, span),
            DISPLAY => {
                let shown = self.shown(this);
                Expr {
                    kind: ExprKind::Interp(vec![shown]),
                    ty: Ty::STRING,
                    span,
                }
            }
            _ => self.dyn_body(&table, this, operands, span),
        };
        let body = std::mem::replace(&mut self.body, outer);
        let func = Func {
            name: Rc::clone(&table.name),
            span,
            internal: true,
            params: u32::try_from(table.params.len() + 1).unwrap_or(u32::MAX),
            locals: body.locals,
            captures: 1,
            ret: table.ret,
            body: value,
        };
        (func, table.ret, true)
    }

    fn dyn_body(&mut self, table: &Table, this: Expr, operands: Vec<Expr>, span: Span) -> Expr {
        let TyKind::Dyn(id, _) = self.kind(table.of) else {
            return self.wrong(span);
        };
        let Some((owner, _)) = self.dyn_method(id, &table.name) else {
            return self.wrong(span);
        };
        let Some(found) = self.method_of_trait(this.ty, owner, &table.name) else {
            return self.wrong(span);
        };
        let result = self.dyn_result(table);
        let inner = this.ty;
        let mut all = vec![this.clone()];
        all.extend(operands);
        if self.change_of(found) == Change::No {
            let call = self.call_typed(found, all, span);
            let call = self.as_given(call, result, span);
            return match table.changes {
                true => {
                    let same = self.coerce(this, table.of, "the value");
                    self.pair(call, same, table.ret, span)
                }
                false => call,
            };
        }
        let (given, changed, init) = self.call_changing(found, all, span);
        let before: Vec<Expr> = init.into_iter().collect();
        let (value, before, changed) = match given {
            Some(given) => (self.as_given(given, result, span), before, changed),
            None => {
                let (temp, init) = self.keep(Expr {
                    ty: inner,
                    ..changed
                });
                (self.unit(span), vec![init], self.local_expr(temp, span))
            }
        };
        let changed = self.coerce(changed, table.of, "the value");
        let both = self.pair(value, changed, table.ret, span);
        self.sequence(before, both)
    }

    fn pair(&mut self, a: Expr, b: Expr, ty: Ty, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Tuple(vec![a, b]),
            ty,
            span,
        }
    }

    fn as_given(&mut self, value: Expr, to: Ty, span: Span) -> Expr {
        if to == Ty::UNIT && self.shallow(value.ty) != Ty::UNIT {
            let unit = self.unit(span);
            return self.sequence(vec![value], unit);
        }
        self.coerce(value, to, "the result")
    }

    fn dyn_inner(&self, id: ClosureId) -> Ty {
        match &self.closures[id.0 as usize].kind {
            ClosureKind::Dyn(ty) => *ty,
            _ => Ty::WRONG,
        }
    }
}

/// Whether a type has `Self` in it, at its top.
fn names_self(ty: Option<&ast::TypeExpr>) -> bool {
    matches!(ty.map(|ty| &ty.kind), Some(ast::TypeExprKind::Named(path, _))
        if path.segments.len() == 1 && &*path.segments[0].name == "Self")
}
