//! From the checker's state to the program: what can be reached, with final types and numbers.

use crate::checker::Checker;
use crate::defs::FieldDefault;
use crate::program::*;
use crate::types::{ClosureId, DefId, Field, Ty, TyKind};
use rustc_hash::FxHashMap;
use shape_abi::{Const, FieldTy, PermissionSet, RecordTy, Ty as HostTy};
use shape_syntax::Span;
use shape_syntax::ast::{self, Lit};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

/// How deep a type may nest where it becomes a run-time value: types of types may have no end.
const MAX_TYPE_ARG_DEPTH: usize = 24;

struct Finish<'c, 'a> {
    cx: &'c mut Checker<'a>,
    /// Number of each instance in the program.
    numbers: FxHashMap<usize, FuncId>,
    waiting: VecDeque<usize>,
    needs: PermissionSet,
    needs_at: Vec<(shape_abi::Permission, Span, String)>,
    resolved: FxHashMap<Ty, Ty>,
    wrong: bool,
}

impl Checker<'_> {
    /// The program of a script without errors.
    pub(crate) fn build_program(mut self) -> Option<Program> {
        let main = self.main.take()?;
        let entries = std::mem::take(&mut self.entries);
        let mut finish = Finish {
            cx: &mut self,
            numbers: FxHashMap::default(),
            waiting: VecDeque::new(),
            needs: PermissionSet::pure(),
            needs_at: Vec::new(),
            resolved: FxHashMap::default(),
            wrong: false,
        };
        let mut funcs = vec![finish.func(main)];
        let mut dispatch: Vec<Vec<(ClosureId, FuncId)>> = Vec::new();
        finish.all_dispatched(&mut dispatch);
        let mut own = Vec::new();
        let entries: Vec<Option<FuncId>> = entries
            .into_iter()
            .map(|entry| {
                let callee = finish.passed_on(&entry);
                if callee.is_none() {
                    own.push(finish.func(entry));
                }
                callee
            })
            .collect();
        while let Some(instance) = finish.waiting.pop_front() {
            let func = finish.cx.instances.list[instance].func.clone()?;
            let func = finish.func(func);
            funcs.push(func);
        }
        // Nothing in the program calls them, so they may stand behind what they call.
        let first = u32::try_from(funcs.len()).unwrap_or(u32::MAX);
        let mut numbers = (first..).map(FuncId);
        let entries = entries
            .into_iter()
            .filter_map(|callee| callee.or_else(|| numbers.next()));
        let entries = entries.collect();
        funcs.extend(own);
        if finish.wrong {
            // Nothing wrong may get through without having been reported.
            return None;
        }
        let type_args = std::mem::take(&mut finish.cx.type_args);
        let type_args = type_args
            .into_iter()
            .map(|ty| finish.cx.export_ty(ty, &mut Vec::new()))
            .collect();
        let globals = std::mem::take(&mut finish.cx.globals);
        let globals = globals
            .into_iter()
            .map(|v| Variable {
                ty: finish.ty(v.ty),
                ..v
            })
            .collect();
        let (needs, needs_at) = (finish.needs, finish.needs_at);
        Some(Program {
            funcs,
            entries,
            globals,
            carried: self
                .carried
                .map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            dispatch,
            type_args,
            needs,
            needs_at,
            types: self.types,
        })
    }

    /// A type for use at run time, inside of those of `outer`, which it may name again.
    fn export_ty(&mut self, ty: Ty, outer: &mut Vec<Ty>) -> HostTy {
        if let Some(at) = outer.iter().rposition(|known| *known == ty) {
            let up = u32::try_from(outer.len() - at).unwrap_or(u32::MAX);
            return HostTy::Enclosing(up, self.show(ty).into());
        }
        if outer.len() > MAX_TYPE_ARG_DEPTH {
            return HostTy::Never;
        }
        outer.push(ty);
        let exported = self.exported(ty, outer);
        outer.pop();
        exported
    }

    fn exported(&mut self, ty: Ty, outer: &mut Vec<Ty>) -> HostTy {
        let mut inner = |this: &mut Self, ty: Ty| Arc::new(this.export_ty(ty, outer));
        match self.kind(ty) {
            TyKind::Unit => HostTy::Unit,
            TyKind::Bool => HostTy::Bool,
            TyKind::Int => HostTy::Int,
            TyKind::Number => HostTy::Number,
            TyKind::Char => HostTy::Char,
            TyKind::Duration => HostTy::Duration,
            TyKind::String => HostTy::String,
            TyKind::Bytes => HostTy::Bytes,
            TyKind::Range => HostTy::Range,
            TyKind::Error => HostTy::Error,
            TyKind::Array(t) => HostTy::Array(inner(self, t)),
            TyKind::Set(t) => HostTy::Set(inner(self, t)),
            TyKind::Map(k, v) => HostTy::Map(inner(self, k), inner(self, v)),
            TyKind::Option(t) | TyKind::Maybe(t) => HostTy::Option(inner(self, t)),
            TyKind::Result(t, e) => HostTy::Result(inner(self, t), inner(self, e)),
            TyKind::Tuple(items) => {
                HostTy::Tuple(items.iter().map(|t| self.export_ty(*t, outer)).collect())
            }
            TyKind::Union(items) => {
                HostTy::Union(items.iter().map(|t| self.export_ty(*t, outer)).collect())
            }
            TyKind::Struct(def, _) => {
                let name = self.types.def(def).name.to_string();
                self.export_record(ty, Some(name), outer)
            }
            TyKind::Object(_) => self.export_record(ty, None, outer),
            TyKind::Resource(name) => HostTy::Resource(name.to_string().into()),
            _ => HostTy::Json,
        }
    }

    /// What a record read from text gets for a field that is not there. Only constants can be
    /// carried to run time.
    fn exported_default(&mut self, owner: Option<DefId>, field: &Field) -> Option<Const> {
        if let Some(def) = owner {
            let infos = self.fields_of(def, 0);
            let info = infos.iter().find(|info| info.name == field.name)?;
            if let FieldDefault::Expr(default) = &info.default {
                return constant_of(default);
            }
        }
        matches!(self.kind(field.ty), TyKind::Option(_)).then_some(Const::None)
    }

    fn export_record(&mut self, ty: Ty, name: Option<String>, outer: &mut Vec<Ty>) -> HostTy {
        let owner = match self.kind(ty) {
            TyKind::Struct(def, _) => Some(def),
            _ => None,
        };
        let fields = self.record_fields(ty).unwrap_or_default();
        let fields = fields.into_iter().map(|field| {
            let default = self.exported_default(owner, &field);
            FieldTy {
                name: field.name.to_string().into(),
                ty: self.export_ty(field.ty, outer),
                default,
            }
        });
        let fields = fields.collect();
        HostTy::Record(Arc::new(RecordTy {
            name: name.map(Into::into),
            fields,
        }))
    }
}

impl Finish<'_, '_> {
    /// Every closure that dispatch can reach is part of the program.
    fn all_dispatched(&mut self, dispatch: &mut Vec<Vec<(ClosureId, FuncId)>>) {
        for table in std::mem::take(&mut self.cx.dispatch) {
            let table = table
                .into_iter()
                .map(|(id, instance)| (id, self.number(instance)));
            dispatch.push(table.collect());
        }
    }

    /// The function that an entry calls, where it does nothing else: its parameters are passed on as
    /// they are, and so is the result.
    fn passed_on(&mut self, entry: &Func) -> Option<FuncId> {
        let ExprKind::Call(callee, args) = &entry.body.kind else {
            return None;
        };
        let instance = callee.0 as usize;
        let own = (0..entry.params).map(LocalId);
        let passes_all = args.len() == entry.params as usize
            && args
                .iter()
                .zip(own)
                .all(|(arg, id)| matches!(arg.kind, ExprKind::Local(local) if local == id));
        let ret = self.cx.instances.list[instance].ret;
        (passes_all && self.ty(ret) == self.ty(entry.ret)).then(|| self.number(instance))
    }

    fn number(&mut self, instance: usize) -> FuncId {
        let next = FuncId(u32::try_from(self.numbers.len() + 1).unwrap_or(u32::MAX));
        let number = *self.numbers.entry(instance).or_insert(next);
        if number == next {
            self.waiting.push_back(instance);
        }
        number
    }

    /// The final form of a type. What nothing has decided is never there, as the elements of an
    /// array that stays empty; so any type will do, and the sum of nothing is an int.
    fn ty(&mut self, ty: Ty) -> Ty {
        if let Some(&known) = self.resolved.get(&ty) {
            return known;
        }
        let resolved = self.cx.resolve(ty);
        self.wrong |= resolved == Ty::WRONG;
        let closed = self.close(resolved);
        self.resolved.insert(ty, closed);
        closed
    }

    fn close(&mut self, ty: Ty) -> Ty {
        if !self.cx.is_open(ty) {
            return ty;
        }
        let mut open = Vec::new();
        self.cx.open_vars(ty, &mut open);
        for var in open {
            self.cx.unify(var, Ty::INT);
        }
        self.cx.resolve(ty)
    }

    fn func(&mut self, func: Func) -> Func {
        Func {
            locals: func
                .locals
                .into_iter()
                .map(|v| Variable {
                    ty: self.ty(v.ty),
                    ..v
                })
                .collect(),
            ret: self.ty(func.ret),
            body: self.expr(func.body),
            ..func
        }
    }

    fn boxed(&mut self, mut expr: Box<Expr>) -> Box<Expr> {
        let placeholder = Expr {
            kind: ExprKind::Unit,
            ty: Ty::UNIT,
            span: expr.span,
        };
        let inner = std::mem::replace(&mut *expr, placeholder);
        *expr = self.expr(inner);
        expr
    }

    fn all(&mut self, exprs: Vec<Expr>) -> Vec<Expr> {
        exprs.into_iter().map(|e| self.expr(e)).collect()
    }

    fn expr(&mut self, expr: Expr) -> Expr {
        shape_syntax::deep(|| {
            let ty = self.ty(expr.ty);
            let kind = self.kind(expr.kind, expr.span);
            Expr {
                kind,
                ty,
                span: expr.span,
            }
        })
    }

    fn kind(&mut self, kind: ExprKind, span: Span) -> ExprKind {
        use ExprKind as K;
        match kind {
            K::Unit
            | K::None
            | K::Bool(_)
            | K::Int(_)
            | K::Number(_)
            | K::Char(_)
            | K::Duration(_) => kind,
            K::Str(_)
            | K::Local(_)
            | K::Global(_)
            | K::Capture(_)
            | K::Continue(_)
            | K::TypeArg(_) => kind,
            K::EmptyMap | K::EmptySet => kind,
            K::Init(id, e) => K::Init(id, self.boxed(e)),
            K::SetLocal(id, e) => K::SetLocal(id, self.boxed(e)),
            K::SetGlobal(id, e) => K::SetGlobal(id, self.boxed(e)),
            K::SetPlace(place, e) => K::SetPlace(self.place(place), self.boxed(e)),
            K::MutateHost(host, place, args) => {
                self.need(host, span);
                K::MutateHost(host, self.place(place), self.all(args))
            }
            K::Lend(place, cell, value, body) => {
                K::Lend(self.place(place), cell, self.boxed(value), self.boxed(body))
            }
            K::Block(statements, value) => {
                K::Block(self.all(statements), value.map(|v| self.boxed(v)))
            }
            K::Op(op, operands) => K::Op(op, self.all(operands)),
            K::If(c, a, b) => K::If(self.boxed(c), self.boxed(a), b.map(|b| self.boxed(b))),
            K::Loop(id, body) => K::Loop(id, self.boxed(body)),
            K::While(id, c, body) => K::While(id, self.boxed(c), self.boxed(body)),
            K::ForRange(id, var, a, b, inclusive, body) => K::ForRange(
                id,
                var,
                self.boxed(a),
                self.boxed(b),
                inclusive,
                self.boxed(body),
            ),
            K::ForArray(id, var, source, body) => {
                K::ForArray(id, var, self.boxed(source), self.boxed(body))
            }
            K::Break(id, value) => K::Break(id, value.map(|v| self.boxed(v))),
            K::Return(value) => K::Return(value.map(|v| self.boxed(v))),
            K::Match(var, value, arms) => {
                let value = self.boxed(value);
                let arms = arms.into_iter().map(|arm| Arm {
                    pat: self.pat(arm.pat),
                    guard: arm.guard.map(|g| self.expr(g)),
                    body: self.expr(arm.body),
                });
                K::Match(var, value, arms.collect())
            }
            K::Destructure(pat, value) => K::Destructure(self.pat(pat), self.boxed(value)),
            K::Call(func, args) => K::Call(self.number(func.0 as usize), self.all(args)),
            K::CallClosure(func, callee, args) => K::CallClosure(
                self.number(func.0 as usize),
                self.boxed(callee),
                self.all(args),
            ),
            K::CallDynamic(sig, callee, args) => {
                K::CallDynamic(sig, self.boxed(callee), self.all(args))
            }
            K::CallHost(host, args) => {
                self.need(host, span);
                K::CallHost(host, self.all(args))
            }
            K::Closure(id, captures) => K::Closure(id, self.all(captures)),
            K::Array(items) => K::Array(self.all(items)),
            K::Tuple(items) => K::Tuple(self.all(items)),
            K::Record(items) => K::Record(self.all(items)),
            K::Variant(def, variant, items) => K::Variant(def, variant, self.all(items)),
            K::Ok(e) => K::Ok(self.boxed(e)),
            K::Err(e) => K::Err(self.boxed(e)),
            K::Range(a, b, inclusive) => K::Range(self.boxed(a), self.boxed(b), inclusive),
            K::Field(e, number) => K::Field(self.boxed(e), number),
            K::Index(a, i) => K::Index(self.boxed(a), self.boxed(i)),
            K::Interp(parts) => K::Interp(self.all(parts)),
            K::Box(e) => K::Box(self.boxed(e)),
            K::Unbox(e) => K::Unbox(self.boxed(e)),
            K::Unwrap(e) => K::Unwrap(self.boxed(e)),
            K::Convert(conversion, e) => {
                let conversion = Rc::new(self.conversion((*conversion).clone()));
                K::Convert(conversion, self.boxed(e))
            }
            K::Try(e) => K::Try(self.boxed(e)),
            K::Raise(e) => K::Raise(self.boxed(e)),
        }
    }

    fn need(&mut self, host: HostRef, span: Span) {
        let decl = self.cx.host_fn(host);
        for permission in decl.needs.iter() {
            if !self.needs.contains(permission) {
                self.needs_at
                    .push((permission, span, self.cx.host_name(host)));
            }
        }
        self.needs = self.needs.union(decl.needs);
    }

    fn place(&mut self, place: Place) -> Place {
        let steps = place.steps.into_iter().map(|step| match step {
            Step::Field(number) => Step::Field(number),
            Step::Index(index) => Step::Index(self.expr(index)),
            Step::Key(key) => Step::Key(self.expr(key)),
        });
        let steps = steps.collect();
        Place {
            steps,
            ty: self.ty(place.ty),
            ..place
        }
    }

    fn pats(&mut self, pats: Vec<Pat>) -> Vec<Pat> {
        pats.into_iter().map(|p| self.pat(p)).collect()
    }

    fn pat(&mut self, pat: Pat) -> Pat {
        use PatKind as P;
        let kind = match pat.kind {
            P::Wild | P::Bind(_) | P::None => pat.kind,
            P::At(id, inner) => P::At(id, Box::new(self.pat(*inner))),
            P::Lit(value) => P::Lit(self.boxed(value)),
            P::Range(a, b, inclusive) => P::Range(self.boxed(a), self.boxed(b), inclusive),
            P::Some(inner) => P::Some(Box::new(self.pat(*inner))),
            P::Ok(inner) => P::Ok(Box::new(self.pat(*inner))),
            P::Err(inner) => P::Err(Box::new(self.pat(*inner))),
            P::Variant(variant, payload) => P::Variant(variant, self.pats(payload)),
            P::Fields(fields) => {
                P::Fields(fields.into_iter().map(|(n, p)| (n, self.pat(p))).collect())
            }
            P::Array(before, rest, after) => P::Array(self.pats(before), rest, self.pats(after)),
            P::Is(ty, inner) => P::Is(self.ty(ty), Box::new(self.pat(*inner))),
            P::Or(items) => P::Or(self.pats(items)),
        };
        Pat {
            kind,
            ty: self.ty(pat.ty),
        }
    }

    fn conversion(&mut self, conversion: Conversion) -> Conversion {
        use Conversion as C;
        let rc = |this: &mut Self, c: Rc<Conversion>| Rc::new(this.conversion((*c).clone()));
        match conversion {
            C::Same | C::IntToNumber | C::CharToString | C::Captured(_) => conversion,
            C::Array(ty, inner) => C::Array(self.ty(ty), rc(self, inner)),
            C::Set(inner) => C::Set(rc(self, inner)),
            C::Map(keys, values) => C::Map(rc(self, keys), rc(self, values)),
            C::Tuple(items) => C::Tuple(items.into_iter().map(|c| self.conversion(c)).collect()),
            C::TupleToArray(ty, items) => C::TupleToArray(
                self.ty(ty),
                items.into_iter().map(|c| self.conversion(c)).collect(),
            ),
            C::Record(ty, sources) => {
                let sources = sources.into_iter().map(|source| match source {
                    FieldSource::Field(number, inner) => {
                        FieldSource::Field(number, self.conversion(inner))
                    }
                    constant @ FieldSource::Const(_) => constant,
                });
                let sources = sources.collect();
                C::Record(self.ty(ty), sources)
            }
            C::Entries(entries) => {
                let entries = entries.into_iter();
                C::Entries(
                    entries
                        .map(|(name, c)| (name, self.conversion(c)))
                        .collect(),
                )
            }
            C::Option(inner) => C::Option(rc(self, inner)),
            C::Result(ok, err) => C::Result(rc(self, ok), rc(self, err)),
        }
    }
}

/// A default that is a literal.
fn constant_of(expr: &ast::Expr) -> Option<Const> {
    match &expr.kind {
        ast::ExprKind::Lit(lit) => Some(match lit {
            Lit::Int(v) => Const::Int(*v),
            Lit::Number(v) => Const::Number(*v),
            Lit::Bool(v) => Const::Bool(*v),
            Lit::Str(v) => Const::String(v.to_string().into()),
            Lit::Duration(v) => Const::Duration(*v),
            Lit::Unit => Const::Unit,
            Lit::None => Const::None,
            Lit::Char(_) => return None,
        }),
        ast::ExprKind::Array(items) if items.is_empty() => Some(Const::EmptyArray),
        _ => None,
    }
}
