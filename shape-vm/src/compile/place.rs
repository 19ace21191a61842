//! Assignments to parts of variables, and host functions that change a variable in place.

use super::call::HostArgs;
use super::func::FuncCompiler;
use super::regs::{Home, Src, To, in_values};
use super::walk::{any, assigned, assigned_global};
use crate::code::{Place, PlaceRoot, PlaceStep};
use crate::ins::{Ins, Reg};
use shape_check::program::{self, Expr, ExprKind, GlobalId, HostRef, LocalId, Root, Step};
use shape_check::{Repr, Ty, TyKind};

/// An assignment of a scalar to a part of `a`: element `b` or field `i`.
type SetScalar = fn(a: Reg, b: Reg, i: u16, x: Reg) -> Ins;

/// The host functions that have instructions of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    ArrayPush,
    ArrayLen,
    MapGet,
    MapSet,
}

impl<'p> FuncCompiler<'_, 'p> {
    pub(super) fn known(&self, host: HostRef) -> Option<Known> {
        let (module, decl) = self.tables.decl(host)?;
        let arity = decl.params.len();
        match (&*module.name, &*decl.name, arity) {
            ("std::core::array", "push", 2) if decl.mutates => Some(Known::ArrayPush),
            ("std::core::array", "len", 1) => Some(Known::ArrayLen),
            ("std::core::map", "get", 2) => Some(Known::MapGet),
            ("std::core::map", "set", 3) if decl.mutates => Some(Known::MapSet),
            _ => None,
        }
    }

    /// `place = value`
    pub(super) fn set_place(&mut self, place: &'p program::Place, value: &'p Expr) {
        match (place.root, &place.steps[..]) {
            (Root::Local(id), []) => return self.set_local(id, value),
            (Root::Global(id), []) => return self.set_global(id, value),
            (Root::Local(id), [step]) => {
                if let Home::Value(a) = self.home(id)
                    && self.set_part(a, step, place, value)
                {
                    return;
                }
            }
            _ => {}
        }
        let (s_top, v_top) = (self.s.top, self.v.top);
        let target = self.place(place, [value]);
        let x = self.v.alloc();
        self.expr(value, To::value(x));
        let i = self.place_index(target);
        self.emit(Ins::SetPlace { x, i });
        self.taken(Src { reg: x, temp: true });
        self.s.top = s_top;
        self.clear_from(v_top);
        self.v.top = v_top;
    }

    /// An assignment to a field or element of a variable in register `a`, by one instruction.
    fn set_part(
        &mut self,
        a: Reg,
        step: &'p Step,
        place: &program::Place,
        value: &'p Expr,
    ) -> bool {
        let step = match step {
            Step::Index(index) => Some(self.scalar_before(index, To::Nothing, [value])),
            Step::Field(_) => None,
            Step::Key(_) => return false,
        };
        let field = match &place.steps[..] {
            [Step::Field(i)] => self.index16(*i as usize),
            _ => 0,
        };
        let set_scalar: Option<SetScalar> = match (step, self.tables.repr(place.ty)) {
            (Some(_), Repr::Int) => Some(|a, b, _, x| Ins::SetIndexI { a, b, x }),
            (Some(_), Repr::Number) => Some(|a, b, _, x| Ins::SetIndexN { a, b, x }),
            (Some(_), Repr::Bool) => Some(|a, b, _, x| Ins::SetIndexB { a, b, x }),
            (None, Repr::Int) => Some(|a, _, i, x| Ins::SetFieldI { a, x, i }),
            (None, Repr::Number) => Some(|a, _, i, x| Ins::SetFieldN { a, x, i }),
            _ => None,
        };
        if let Some(ins) = set_scalar {
            let x = self.scalar(value, To::Nothing);
            self.emit(ins(a, step.map_or(0, |b| b.reg), field, x.reg));
            self.done_s(x);
        } else {
            let x = self.v.alloc();
            self.expr(value, To::value(x));
            self.emit(match step {
                Some(b) => Ins::SetIndexV { a, b: b.reg, x },
                None => Ins::SetField { a, x, i: field },
            });
            self.taken(Src { reg: x, temp: true });
        }
        if let Some(b) = step {
            self.done_s(b);
        }
        true
    }

    /// Evaluates the operands of a place; the registers are given back by the caller.
    pub(super) fn place(
        &mut self,
        place: &'p program::Place,
        later: impl IntoIterator<Item = &'p Expr> + Clone,
    ) -> Place {
        let mut steps = Vec::with_capacity(place.steps.len());
        for (index, step) in place.steps.iter().enumerate() {
            let rest = place.steps[index + 1..].iter().filter_map(operand);
            let later = rest.chain(later.clone());
            steps.push(match step {
                Step::Field(index) => PlaceStep::Field(*index),
                Step::Index(e) => PlaceStep::Index(self.scalar_before(e, To::Nothing, later).reg),
                Step::Key(e) => PlaceStep::Key(self.value_before(e, To::Nothing, later).reg),
            });
        }
        Place {
            root: self.place_root(place.root),
            steps,
        }
    }

    fn place_root(&mut self, root: Root) -> PlaceRoot {
        match root {
            Root::Global(id) if self.tables.is_boxed(id) => {
                PlaceRoot::GlobalCell(self.tables.global(id).1)
            }
            Root::Global(id) => PlaceRoot::Global(self.tables.global(id).1),
            Root::Local(id) => match self.home(id) {
                Home::Value(reg) => PlaceRoot::Reg(reg),
                Home::Cell(reg) => PlaceRoot::Cell(reg),
                Home::FarValue(i) => PlaceRoot::Far(self.far_values(), i),
                Home::FarCell(i) => PlaceRoot::FarCell(self.far_values(), i),
                Home::Nowhere | Home::Scalar(_) | Home::FarScalar(_) => {
                    self.fail("a part of a variable without parts is changed");
                    PlaceRoot::Reg(0)
                }
            },
        }
    }

    pub(super) fn place_index(&mut self, place: Place) -> u16 {
        self.places.push(place);
        self.index16(self.places.len() - 1)
    }

    /// A host function that changes a part of a variable.
    pub(super) fn mutate_host(
        &mut self,
        e: &'p Expr,
        host: HostRef,
        place: &'p program::Place,
        args: &'p [Expr],
        to: To,
    ) {
        let Some((_, decl)) = self.tables.decl(host) else {
            return self.fail("a host function is not declared");
        };
        let receiver_wanted =
            decl.ret == shape_abi::Ty::Unit && to != To::Nothing && e.ty != Ty::UNIT;
        let (s_top, v_top) = (self.s.top, self.v.top);
        let target = self.place(place, args);
        let again = receiver_wanted.then(|| target.clone());
        match (self.known(host), target.root, &target.steps[..], args) {
            (Some(Known::ArrayPush), PlaceRoot::Reg(a), [], [item]) => self.push(a, place.ty, item),
            (Some(Known::MapSet), PlaceRoot::Reg(a), [], [key, value]) => {
                self.map_set(a, key, value);
            }
            _ => {
                let to = if receiver_wanted { To::Nothing } else { to };
                self.host_on_place(host, target, args, to);
            }
        }
        if let (Some(again), To::Value(t)) = (again, to) {
            let i = self.place_index(again);
            self.emit(Ins::GetPlace { d: t.reg, i });
        }
        self.s.top = s_top;
        self.clear_from(v_top);
        self.v.top = v_top;
    }

    fn push(&mut self, a: Reg, array: Ty, item: &'p Expr) {
        let element = match self.tables.kind(array) {
            TyKind::Array(element) => self.tables.repr(*element),
            _ => Repr::Value,
        };
        if matches!(element, Repr::Int | Repr::Number) {
            let x = self.scalar(item, To::Nothing);
            self.emit(match element {
                Repr::Int => Ins::PushI { a, x: x.reg },
                _ => Ins::PushN { a, x: x.reg },
            });
            self.done_s(x);
        } else {
            let x = self.v.alloc();
            self.expr(item, To::value(x));
            self.emit(Ins::PushV { a, x });
            self.taken(Src { reg: x, temp: true });
        }
    }

    fn map_set(&mut self, a: Reg, key: &'p Expr, value: &'p Expr) {
        let k = self.v.alloc();
        self.expr(key, To::value(k));
        let x = self.v.alloc();
        self.expr(value, To::value(x));
        self.emit(Ins::MapSet { a, k, x });
        self.taken(Src { reg: k, temp: true });
    }

    /// `x = x.f(…)`, where `f` changes its receiver and gives nothing else: the same as `x.f(…)`.
    pub(super) fn mutate_local(&mut self, id: LocalId, value: &'p Expr) -> bool {
        let is_self = |e: &Expr| matches!(e.kind, ExprKind::Local(other) if other == id);
        let Some((host, args)) = self.mutation(value, is_self) else {
            return false;
        };
        if !in_values(self.local_repr(id)) || self.may_change(Root::Local(id), args) {
            return false;
        }
        self.mutate_variable(host, Root::Local(id), value, args);
        true
    }

    pub(super) fn mutate_global(&mut self, id: GlobalId, value: &'p Expr) -> bool {
        let is_self = |e: &Expr| matches!(e.kind, ExprKind::Global(other) if other == id);
        let Some((host, args)) = self.mutation(value, is_self) else {
            return false;
        };
        if self.may_change(Root::Global(id), args) {
            return false;
        }
        self.mutate_variable(host, Root::Global(id), value, args);
        true
    }

    fn mutation(
        &self,
        value: &'p Expr,
        is_self: impl Fn(&Expr) -> bool,
    ) -> Option<(HostRef, &'p [Expr])> {
        let ExprKind::CallHost(host, args) = &value.kind else {
            return None;
        };
        let (_, decl) = self.tables.decl(*host)?;
        let (receiver, args) = args.split_first()?;
        let same = decl.mutates && decl.ret == shape_abi::Ty::Unit && is_self(receiver);
        same.then_some((*host, args))
    }

    /// Whether the evaluation of `operands` may change a variable.
    pub(super) fn may_change<'e>(
        &self,
        root: Root,
        operands: impl IntoIterator<Item = &'e Expr>,
    ) -> bool {
        let is_call = |e: &Expr| {
            matches!(
                e.kind,
                ExprKind::Call(..) | ExprKind::CallClosure(..) | ExprKind::CallDynamic(..)
            )
        };
        let top_level = self
            .tables
            .program
            .funcs
            .first()
            .is_some_and(|f| std::ptr::eq(f, self.func));
        let mut operands = operands.into_iter();
        match root {
            Root::Local(id) if self.func.locals[id.0 as usize].boxed => {
                let changes = |e: &Expr| is_call(e) || assigned(e) == Some(id);
                operands.any(|e| any(e, &changes))
            }
            Root::Local(id) => self.changes(id, operands),
            Root::Global(id) => {
                let by_calls = !top_level || self.tables.calls_change(id);
                let changes = |e: &Expr| assigned_global(e) == Some(id) || by_calls && is_call(e);
                operands.any(|e| any(e, &changes))
            }
        }
    }

    fn mutate_variable(&mut self, host: HostRef, root: Root, value: &'p Expr, args: &'p [Expr]) {
        let known = self.known(host);
        let root = self.place_root(root);
        match (known, root, args) {
            (Some(Known::ArrayPush), PlaceRoot::Reg(a), [item]) => self.push(a, value.ty, item),
            (Some(Known::MapSet), PlaceRoot::Reg(a), [key, item]) => self.map_set(a, key, item),
            _ => self.host_on_place(
                host,
                Place {
                    root,
                    steps: Vec::new(),
                },
                args,
                To::Nothing,
            ),
        }
    }

    /// Calls a host function whose receiver is moved from the place to the window and back.
    fn host_on_place(&mut self, host: HostRef, place: Place, args: &'p [Expr], to: To) {
        let Some((_, decl)) = self.tables.decl(host) else {
            return self.fail("a host function is not declared");
        };
        let params = decl.params.get(1..).unwrap_or_default();
        let result = super::call::host_result(&decl.ret);
        let i = self.tables.host_call(host);
        let i = self.index16(i as usize);
        let window = self.open_window(to);
        let (d, from, taken) = match (place.root, &place.steps[..]) {
            (PlaceRoot::Reg(a), []) => {
                let HostArgs { s, v, taken } = self.host_args(params, args, false);
                let d = self.host_result_reg(result, &window, to);
                self.emit(Ins::HostMut { s, v, a, d, i });
                (d, window.v, taken)
            }
            _ => {
                let v = self.v.alloc();
                let HostArgs { s, taken, .. } = self.host_args(params, args, false);
                // What the place is made of is needed once more after the call, so the result must not
                // go to a variable yet.
                let d = match result {
                    Repr::Value => v.saturating_add(1),
                    _ => window.s,
                };
                if result == Repr::Value {
                    self.v.reach(d);
                }
                let p = self.place_index(place);
                self.emit(Ins::HostPlace { s, v, d, p, i });
                (d, v.saturating_add(1), taken)
            }
        };
        // A result that took the place of the first argument stays.
        let kept = u8::from(result == Repr::Value && d == from);
        self.clear(from.saturating_add(kept), taken.saturating_sub(kept));
        self.close_window(&window);
        if result != Repr::Unit {
            self.deliver(result, d, to);
        }
    }
}

fn operand(step: &Step) -> Option<&Expr> {
    match step {
        Step::Field(_) => None,
        Step::Index(e) | Step::Key(e) => Some(e),
    }
}
