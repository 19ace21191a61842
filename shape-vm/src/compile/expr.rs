//! Expressions: into a register that is asked for, or wherever they are.

use super::func::FuncCompiler;
use super::regs::{Home, Src, Target, To, in_values};
use super::walk::{any, assigned};
use super::{emit, types};
use crate::ins::{Ins, Reg};
use shape_check::program::{Conversion, Expr, ExprKind, LocalId};
use shape_check::{Repr, Ty, TyKind};
use std::rc::Rc;

impl<'p> FuncCompiler<'_, 'p> {
    pub(super) fn repr(&self, e: &Expr) -> Repr {
        self.tables.repr(e.ty)
    }

    pub(super) fn is_never(&self, e: &Expr) -> bool {
        matches!(self.tables.kind(e.ty), TyKind::Never)
    }

    /// Compiles `e` for what it does.
    pub(super) fn effect(&mut self, e: &'p Expr) {
        self.expr(e, To::Nothing);
    }

    /// Compiles `e`; its value goes to `to`, in the form of that bank.
    pub(super) fn expr(&mut self, e: &'p Expr, to: To) {
        let outer = std::mem::replace(&mut self.span, e.span);
        shape_syntax::deep(|| self.in_bank(e, to));
        self.span = outer;
    }

    /// Sees to it that the value arrives in the right bank.
    fn in_bank(&mut self, e: &'p Expr, to: To) {
        if let ExprKind::Capture(id) = &e.kind
            && self.func.locals[id.0 as usize].boxed
        {
            return self.read_cell(*id, to);
        }
        if self.is_never(e) {
            return self.kind(e, To::Nothing);
        }
        let repr = self.repr(e);
        match to {
            To::Scalar(t) if repr == Repr::Unit => {
                self.kind(e, To::Nothing);
                self.emit(Ins::Int { d: t.reg, imm: 0 });
            }
            To::Value(t) if repr == Repr::Unit => {
                self.kind(e, To::Nothing);
                self.emit(Ins::BoxU { d: t.reg });
            }
            To::Value(t) if !in_values(repr) => self.boxed(e, repr, t),
            To::Scalar(t) if in_values(repr) => {
                let src = self.value(e, To::Nothing);
                self.emit(Ins::Unbox {
                    d: t.reg,
                    a: src.reg,
                });
                self.done_v(src);
            }
            _ => self.kind(e, to),
        }
    }

    /// A scalar as a value.
    fn boxed(&mut self, e: &'p Expr, repr: Repr, t: Target) {
        if let Some(bits) = literal_bits(e) {
            let i = self.tables.scalar(repr, bits);
            return self.emit(Ins::Lit { d: t.reg, i });
        }
        let src = self.scalar(e, To::Nothing);
        self.emit(emit::boxing(repr, t.reg, src.reg));
        self.done_s(src);
    }

    /// The register of a scalar operand: that of the variable, that of the result when it is fresh,
    /// or one of its own.
    pub(super) fn scalar(&mut self, e: &'p Expr, to: To) -> Src {
        if let ExprKind::Local(id) = &e.kind
            && let Home::Scalar(reg) = self.home(*id)
        {
            return Src { reg, temp: false };
        }
        if let Some(bits) = literal_bits(e)
            && let Some(reg) = self.pinned(bits)
        {
            return Src { reg, temp: false };
        }
        if let To::Scalar(Target { reg, fresh: true }) = to {
            self.expr(e, to);
            return Src { reg, temp: false };
        }
        let reg = self.s.alloc();
        self.expr(e, To::scalar(reg));
        Src { reg, temp: true }
    }

    /// As [`Self::scalar`], for an operand that must keep its value while `later` are evaluated.
    pub(super) fn scalar_before(
        &mut self,
        e: &'p Expr,
        to: To,
        later: impl IntoIterator<Item = &'p Expr>,
    ) -> Src {
        let src = self.scalar(e, to);
        if let ExprKind::Local(id) = &e.kind
            && !src.temp
            && self.changes(*id, later)
        {
            let reg = self.s.alloc();
            self.emit(Ins::MoveS { d: reg, a: src.reg });
            return Src { reg, temp: true };
        }
        src
    }

    /// The register of a value operand: that of the variable, that of the result when it is fresh,
    /// or one of its own. A scalar is boxed.
    pub(super) fn value(&mut self, e: &'p Expr, to: To) -> Src {
        if let ExprKind::Local(id) = &self.same_value(e).kind
            && let Home::Value(reg) = self.home(*id)
        {
            return Src { reg, temp: false };
        }
        if let To::Value(Target { reg, fresh: true }) = to {
            self.expr(e, to);
            return Src { reg, temp: false };
        }
        let reg = self.v.alloc();
        self.expr(e, To::value(reg));
        Src { reg, temp: true }
    }

    /// As [`Self::value`], for an operand that must keep its value while `later` are evaluated.
    pub(super) fn value_before(
        &mut self,
        e: &'p Expr,
        to: To,
        later: impl IntoIterator<Item = &'p Expr>,
    ) -> Src {
        let src = self.value(e, to);
        if let ExprKind::Local(id) = &self.same_value(e).kind
            && !src.temp
            && self.changes(*id, later)
        {
            let reg = self.v.alloc();
            self.emit(Ins::Copy { d: reg, a: src.reg });
            return Src { reg, temp: true };
        }
        src
    }

    /// What is inside of conversions that leave a value as it is.
    pub(super) fn same_value<'e>(&self, e: &'e Expr) -> &'e Expr {
        let mut e = e;
        loop {
            let inner = match &e.kind {
                ExprKind::Box(inner) | ExprKind::Unbox(inner) => inner,
                ExprKind::Convert(c, inner) if matches!(**c, Conversion::Same) => inner,
                _ => return e,
            };
            if !in_values(self.repr(e)) || !in_values(self.repr(inner)) {
                return e;
            }
            e = inner;
        }
    }

    /// Whether the evaluation of `later` changes the variable, or moves its value away.
    pub(super) fn changes<'e>(
        &self,
        id: LocalId,
        later: impl IntoIterator<Item = &'e Expr>,
    ) -> bool {
        let leaf = |e: &Expr| {
            matches!(
                e.kind,
                ExprKind::Int(_) | ExprKind::Number(_) | ExprKind::Str(_)
            )
        };
        let moves = |e: &Expr| match &e.kind {
            ExprKind::Local(other) | ExprKind::Capture(other) => {
                *other == id && self.last_uses.contains(e)
            }
            _ => assigned(e) == Some(id),
        };
        let may = self.scopes.assigned[id.0 as usize] || in_values(self.local_repr(id));
        may && later.into_iter().any(|e| !leaf(e) && any(e, &moves))
    }

    /// Gives `work` the value register for a result: the one asked for, else one whose content is
    /// dropped afterwards. It is to be written by the last instruction that may fail.
    pub(super) fn with_value(&mut self, to: To, work: impl FnOnce(&mut Self, Reg)) {
        if let To::Value(t) = to {
            return work(self, t.reg);
        }
        let reg = self.v.alloc();
        work(self, reg);
        self.done_v(Src { reg, temp: true });
    }

    /// As [`Self::with_value`], for a result that is built step by step.
    pub(super) fn with_fresh_value(&mut self, to: To, work: impl FnOnce(&mut Self, Reg)) {
        if let To::Value(Target { reg, fresh: true }) = to {
            return work(self, reg);
        }
        let reg = self.v.alloc();
        work(self, reg);
        self.deliver(Repr::Value, reg, to);
        self.taken(Src { reg, temp: true });
    }

    /// The scalar register for a result: the one asked for, else one above all that are in use.
    pub(super) fn scalar_reg(&mut self, to: To) -> Reg {
        match to {
            To::Scalar(t) => t.reg,
            _ => self.s.peek(),
        }
    }

    /// Compiles `e`. Its form and the bank of `to` are the same, unless `to` is nothing.
    fn kind(&mut self, e: &'p Expr, to: To) {
        match &e.kind {
            ExprKind::Unit => {}
            ExprKind::None => self.none(to),
            ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Number(_)
            | ExprKind::Char(_)
            | ExprKind::Duration(_)
            | ExprKind::TypeArg(_) => self.scalar_literal(e, to),
            ExprKind::Str(text) => {
                if let To::Value(t) = to {
                    let i = self.tables.string(text);
                    self.emit(Ins::Lit { d: t.reg, i });
                }
            }
            ExprKind::Local(id) | ExprKind::Capture(id) => {
                self.read_local(*id, self.last_uses.contains(e), to);
            }
            ExprKind::Global(id) => self.read_global(*id, to),
            ExprKind::Init(id, value) => self.init(*id, value),
            ExprKind::SetLocal(id, value) => self.set_local(*id, value),
            ExprKind::SetGlobal(id, value) => self.set_global(*id, value),
            ExprKind::SetPlace(place, value) => self.set_place(place, value),
            ExprKind::MutateHost(host, place, args) => self.mutate_host(e, *host, place, args, to),
            ExprKind::Lend(place, cell, value, body) => {
                self.lend(e, place, *cell, [value, body], to);
            }
            ExprKind::Block(stmts, value) => self.block(e, stmts, value.as_deref(), to),
            ExprKind::Op(op, args) => self.operator(e, *op, args, to),
            ExprKind::If(c, a, b) => self.if_else(c, a, b.as_deref(), to),
            ExprKind::Loop(id, body) => self.endless_loop(e, *id, body, to),
            ExprKind::While(id, c, body) => self.while_loop(e, *id, c, body),
            ExprKind::ForRange(..) => self.for_range(e),
            ExprKind::ForArray(id, var, array, body) => self.for_array(e, *id, *var, array, body),
            ExprKind::Break(id, value) => self.break_loop(*id, value.as_deref()),
            ExprKind::Continue(id) => self.continue_loop(*id),
            ExprKind::Return(value) => self.return_from(value.as_deref()),
            ExprKind::Match(..) => self.match_value(e, to),
            ExprKind::Destructure(pat, value) => self.destructure(pat, value),
            ExprKind::Call(id, args) => self.call(*id, args, to),
            ExprKind::CallClosure(id, callee, args) => self.call_closure(*id, callee, args, to),
            ExprKind::CallDynamic(sig, callee, args) => {
                self.call_dynamic(e, *sig, callee, args, to);
            }
            ExprKind::CallHost(host, args) => self.call_host(e, *host, args, to),
            ExprKind::Closure(id, captures) => self.closure(*id, captures, to),
            ExprKind::Array(items) => self.array(e, items, to),
            ExprKind::Tuple(items) => self.tuple(items, to),
            ExprKind::EmptyMap => self.with_value(to, |this, d| this.emit(Ins::MapNew { d })),
            ExprKind::EmptySet => self.with_value(to, |this, d| this.emit(Ins::SetNew { d })),
            ExprKind::Record(fields) => self.record(e, fields, to),
            ExprKind::Variant(def, index, payload) => self.variant(*def, *index, payload, to),
            ExprKind::Ok(value) => self.wrap(value, to, |d, a| Ins::Ok { d, a }),
            ExprKind::Err(value) => self.wrap(value, to, |d, a| Ins::Err { d, a }),
            ExprKind::Range(a, b, inclusive) => self.range(a, b, *inclusive, to),
            ExprKind::Field(object, index) => self.field(object, *index, to),
            ExprKind::Index(array, index) => {
                self.index(array, index, to, |d, a, b| Ins::IndexMaybe { d, a, b });
            }
            ExprKind::Interp(_) => self.interp(e, to),
            ExprKind::Box(inner) | ExprKind::Unbox(inner) => self.expr(inner, to),
            ExprKind::Unwrap(inner) => self.unwrap(e, inner, to),
            ExprKind::Convert(conversion, inner) => self.convert(conversion, inner, to),
            ExprKind::Try(body) => self.try_expr(body, to),
            ExprKind::Raise(error) => {
                let src = self.value(error, To::Nothing);
                self.emit(Ins::Raise { a: src.reg });
                self.taken(src);
            }
        }
    }

    pub(super) fn none(&mut self, to: To) {
        if let To::Value(t) = to {
            self.emit(Ins::Clear { a: t.reg, n: 1 });
        }
    }

    fn scalar_literal(&mut self, e: &Expr, to: To) {
        if let (To::Scalar(t), Some(bits)) = (to, literal_bits(e)) {
            self.load(t.reg, bits);
        }
    }

    /// Loads a constant.
    pub(super) fn load(&mut self, d: Reg, bits: u64) {
        let ins = match i32::try_from(bits.cast_signed()) {
            Ok(imm) => Ins::Int { d, imm },
            Err(_) => Ins::Const {
                d,
                i: self.tables.constant(bits),
            },
        };
        self.emit(ins);
    }

    fn field(&mut self, object: &'p Expr, index: u32, to: To) {
        let i = self.index16(index as usize);
        let a = self.value(object, to);
        match to {
            To::Scalar(t) => self.emit(Ins::FieldS {
                d: t.reg,
                a: a.reg,
                i,
            }),
            To::Value(t) => self.emit(Ins::Field {
                d: t.reg,
                a: a.reg,
                i,
            }),
            To::Nothing => {}
        }
        self.done_v(a);
    }

    fn index(&mut self, array: &'p Expr, index: &'p Expr, to: To, ins: fn(Reg, Reg, Reg) -> Ins) {
        let a = self.value_before(array, to, [index]);
        let b = self.scalar(index, To::Nothing);
        if let To::Scalar(t) = to {
            self.emit(ins(t.reg, a.reg, b.reg));
        } else {
            self.with_value(to, |this, d| this.emit(ins(d, a.reg, b.reg)));
        }
        self.done_s(b);
        self.done_v(a);
    }

    fn unwrap(&mut self, e: &'p Expr, inner: &'p Expr, to: To) {
        let value = in_values(self.repr(e));
        let to = match to {
            To::Nothing if !value => To::scalar(self.s.peek()),
            to => to,
        };
        match &inner.kind {
            ExprKind::Index(array, index) if value => {
                self.index(array, index, to, |d, a, b| Ins::IndexV { d, a, b });
            }
            ExprKind::Index(array, index) => {
                self.index(array, index, to, |d, a, b| Ins::IndexS { d, a, b });
            }
            ExprKind::CallHost(host, args) if !value && self.is_map_get(*host) => {
                self.map_get(args, to, Some(e.ty));
            }
            _ if value => self.with_fresh_value(to, |this, d| {
                this.expr(inner, To::value(d));
                this.emit(Ins::NotNone { a: d });
                this.expect(e.ty);
            }),
            _ => {
                let src = self.value(inner, To::Nothing);
                let d = self.scalar_reg(to);
                self.emit(Ins::UnboxSome { d, a: src.reg });
                self.expect(e.ty);
                self.done_v(src);
            }
        }
    }

    /// Notes for the error message of the last instruction which type was expected.
    pub(super) fn expect(&mut self, ty: Ty) {
        let at = self.here().saturating_sub(1);
        let name = types::name(&self.tables.program.types, ty);
        self.expected.push((at, name.into()));
    }

    fn convert(&mut self, conversion: &'p Rc<Conversion>, inner: &'p Expr, to: To) {
        match (&**conversion, in_values(self.repr(inner)), to) {
            (Conversion::Same, ..) | (_, _, To::Nothing) => self.expr(inner, to),
            (Conversion::IntToNumber, _, To::Scalar(t)) => {
                let a = self.scalar(inner, to);
                self.emit(Ins::IntToNumber { d: t.reg, a: a.reg });
                self.done_s(a);
            }
            (_, _, To::Value(t)) => {
                let a = self.value(inner, to);
                let i = self.tables.conversion(conversion);
                self.emit(Ins::Convert {
                    d: t.reg,
                    a: a.reg,
                    i,
                });
                self.done_v(a);
            }
            (_, _, To::Scalar(_)) => {
                let reg = self.v.alloc();
                self.convert(conversion, inner, To::value(reg));
                self.deliver(Repr::Value, reg, to);
                self.taken(Src { reg, temp: true });
            }
        }
    }

    fn return_from(&mut self, value: Option<&'p Expr>) {
        let (s, v) = (self.s, self.v);
        match value {
            Some(value) => self.tail(value),
            None => self.emit(Ins::RetU {
                n: self.v.top.to_le_bytes()[0],
            }),
        }
        (self.s.top, self.v.top) = (s.top, v.top);
    }
}

/// The bits of a scalar literal.
pub(super) fn literal_bits(e: &Expr) -> Option<u64> {
    Some(match &e.kind {
        ExprKind::Unit => 0,
        ExprKind::Bool(b) => u64::from(*b),
        ExprKind::Int(n) | ExprKind::Duration(n) => n.cast_unsigned(),
        ExprKind::Number(n) => n.to_bits(),
        ExprKind::Char(c) => u64::from(*c),
        ExprKind::TypeArg(n) => u64::from(*n),
        _ => return None,
    })
}
