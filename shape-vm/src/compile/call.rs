//! Calls of functions, closures and the host.
//!
//! The arguments are computed where the callee's parameters will be: its window starts at the first
//! free register of each bank, and its result arrives there. A host function takes arguments from any
//! run of registers, and leaves its result in any.

use super::func::FuncCompiler;
use super::place::Known;
use super::regs::{Src, Target, To, in_values};
use crate::code::Slot;
use crate::ins::{Ins, Reg};
use shape_abi::{FnDecl, ParamDecl};
use shape_check::program::{Expr, FuncId, HostRef, SigId};
use shape_check::{ClosureId, Repr, Ty};

/// Where a callee's registers start.
pub(super) struct Window {
    pub(super) s: Reg,
    pub(super) v: Reg,
    s_top: u16,
    v_top: u16,
}

/// Where the arguments of a host function start in each bank.
pub(super) struct HostArgs {
    pub(super) s: Reg,
    pub(super) v: Reg,
    /// How many value registers from the start of the window on were taken for them.
    pub(super) taken: u8,
}

impl<'p> FuncCompiler<'_, 'p> {
    /// The window of a call whose result goes to `to`. Where that is a fresh register at the top the
    /// window starts there, and the result need not be moved.
    pub(super) fn open_window(&mut self, to: To) -> Window {
        let (s_top, v_top) = (self.s.top, self.v.top);
        match to {
            To::Scalar(Target { reg, fresh: true }) if self.s.is_last(reg) => self.s.top -= 1,
            To::Value(Target { reg, fresh: true }) if self.v.is_last(reg) => self.v.top -= 1,
            _ => {}
        }
        // A value register counts as used only when there is a value in it.
        Window {
            s: self.s.peek(),
            v: self.v.top.to_le_bytes()[0],
            s_top,
            v_top,
        }
    }

    pub(super) fn close_window(&mut self, window: &Window) {
        self.s.top = window.s_top;
        self.v.top = window.v_top;
    }

    /// Computes an argument in the next register of a bank.
    fn arg(&mut self, arg: &'p Expr, slot: Slot) {
        match slot {
            Slot::Scalar => {
                let reg = self.s.alloc();
                self.expr(arg, To::scalar(reg));
            }
            Slot::Value => {
                let reg = self.v.alloc();
                self.expr(arg, To::value(reg));
            }
        }
    }

    pub(super) fn call(&mut self, id: FuncId, args: &'p [Expr], to: To) {
        let Some(abi) = self.tables.abis.get(id.0 as usize) else {
            return self.fail("a function is missing");
        };
        let window = self.open_window(to);
        for (arg, slot) in args.iter().zip(&abi.params) {
            self.arg(arg, *slot);
        }
        self.emit(Ins::Call {
            s: window.s,
            v: window.v,
            i: id.0,
        });
        self.close_window(&window);
        self.call_result(abi.ret, &window, to);
    }

    fn call_result(&mut self, ret: Repr, window: &Window, to: To) {
        match ret {
            Repr::Unit => {}
            Repr::Value => {
                self.v.reach(window.v);
                self.deliver(ret, window.v, to);
            }
            _ => self.deliver(ret, window.s, to),
        }
    }

    pub(super) fn call_closure(&mut self, id: FuncId, callee: &'p Expr, args: &'p [Expr], to: To) {
        let Some(abi) = self.tables.abis.get(id.0 as usize) else {
            return self.fail("a function is missing");
        };
        let closure = self.value_before(callee, To::Nothing, args);
        let window = self.open_window(to);
        let (captured, params) = abi.params.split_at(abi.captures);
        let registers: Vec<Reg> = captured.iter().map(|slot| self.reserve(*slot)).collect();
        for (arg, slot) in args.iter().zip(params) {
            self.arg(arg, *slot);
        }
        for (index, (slot, d)) in captured.iter().zip(registers).enumerate() {
            let (a, i) = (closure.reg, self.index16(index));
            self.emit(match slot {
                Slot::Scalar => Ins::FieldS { d, a, i },
                Slot::Value => Ins::Field { d, a, i },
            });
        }
        self.emit(Ins::Call {
            s: window.s,
            v: window.v,
            i: id.0,
        });
        self.close_window(&window);
        self.call_result(abi.ret, &window, to);
        self.done_v(closure);
    }

    fn reserve(&mut self, slot: Slot) -> Reg {
        match slot {
            Slot::Scalar => self.s.alloc(),
            Slot::Value => self.v.alloc(),
        }
    }

    pub(super) fn call_dynamic(
        &mut self,
        e: &Expr,
        sig: SigId,
        callee: &'p Expr,
        args: &'p [Expr],
        to: To,
    ) {
        let ret = self.repr(e);
        if let Some(wanted) = self.tables.dynamic_results.get_mut(sig.0 as usize) {
            *wanted = Some(ret);
        }
        let closure = self.value_before(callee, To::Nothing, args);
        let window = self.open_window(to);
        for arg in args {
            let slot = if in_values(self.repr(arg)) {
                Slot::Value
            } else {
                Slot::Scalar
            };
            self.arg(arg, slot);
        }
        let i = self.index16(sig.0 as usize);
        self.emit(Ins::CallDyn {
            s: window.s,
            v: window.v,
            a: closure.reg,
            i,
        });
        self.close_window(&window);
        self.call_result(ret, &window, to);
        self.done_v(closure);
    }

    // Host functions.

    /// Computes the arguments of a host function, each bank's in a run of registers. With `in_place`, a
    /// single one that is in a register already is left where it is.
    pub(super) fn host_args(
        &mut self,
        params: &[ParamDecl],
        args: &'p [Expr],
        in_place: bool,
    ) -> HostArgs {
        let slots: Vec<Slot> = params.iter().map(|param| host_slot(&param.ty)).collect();
        let in_place = |slot| in_place && slots.iter().filter(|other| **other == slot).count() == 1;
        let [scalar_in_place, value_in_place] = [Slot::Scalar, Slot::Value].map(in_place);
        let mut found = HostArgs {
            s: self.s.top.to_le_bytes()[0],
            v: self.v.top.to_le_bytes()[0],
            taken: 0,
        };
        for (index, (arg, slot)) in args.iter().zip(&slots).enumerate() {
            let later = args.get(index + 1..).unwrap_or_default();
            match slot {
                Slot::Scalar if scalar_in_place => {
                    found.s = self.scalar_before(arg, To::Nothing, later).reg;
                }
                Slot::Value if value_in_place => {
                    let src = self.value_before(arg, To::Nothing, later);
                    found.v = src.reg;
                    found.taken += u8::from(src.temp);
                }
                slot => {
                    self.arg(arg, *slot);
                    found.taken += u8::from(*slot == Slot::Value);
                }
            }
        }
        found
    }

    pub(super) fn call_host(&mut self, e: &Expr, host: HostRef, args: &'p [Expr], to: To) {
        let Some((_, decl)) = self.tables.decl(host) else {
            return self.fail("a host function is not declared");
        };
        match (self.known(host), args) {
            (Some(Known::MapGet), [_, _]) => return self.map_get(args, to, None),
            (Some(Known::ArrayLen), [array]) => {
                let a = self.value(array, To::Nothing);
                let d = self.scalar_reg(to);
                self.emit(Ins::ArrayLen { d, a: a.reg });
                return self.done_v(a);
            }
            _ => {}
        }
        if decl.mutates {
            return self.call_mutating(e, host, decl, args, to);
        }
        let window = self.open_window(to);
        let found = self.host_args(&decl.params, args, true);
        let i = self.tables.host_call(host);
        let result = host_result(&decl.ret);
        let d = self.host_result_reg(result, &window, to);
        self.emit(Ins::Host {
            s: found.s,
            v: found.v,
            d,
            i,
        });
        // A result that took the place of the first argument stays.
        let kept = u8::from(result == Repr::Value && d == window.v);
        self.clear(
            window.v.saturating_add(kept),
            found.taken.saturating_sub(kept),
        );
        self.close_window(&window);
        if result != Repr::Unit {
            self.deliver(result, d, to);
        }
    }

    /// The register for the result of a host function: the one asked for, or else the first one of the
    /// window, from where it has to be fetched.
    pub(super) fn host_result_reg(&mut self, result: Repr, window: &Window, to: To) -> Reg {
        match (result, to) {
            (Repr::Unit, _) => 0,
            (Repr::Value, To::Value(t)) => t.reg,
            (Repr::Value, _) => {
                self.v.reach(window.v);
                window.v
            }
            (_, To::Scalar(t)) => t.reg,
            _ => window.s,
        }
    }

    /// A host function that changes its receiver, where that is no variable.
    fn call_mutating(&mut self, e: &Expr, host: HostRef, decl: &FnDecl, args: &'p [Expr], to: To) {
        let (Some(receiver), Some(params)) = (args.first(), decl.params.get(1..)) else {
            return self.fail("a receiver is missing");
        };
        let window = self.open_window(to);
        let a = self.v.alloc();
        self.expr(receiver, To::value(a));
        let found = self.host_args(params, &args[1..], false);
        let i = self.tables.host_call(host);
        let i = self.index16(i as usize);
        let result = host_result(&decl.ret);
        let d = self.host_result_reg(result, &window, to);
        self.emit(Ins::HostMut {
            s: found.s,
            v: found.v,
            a,
            d,
            i,
        });
        // What the call gives: the changed receiver, or a result that may have taken its place.
        let receiver_is_result = result == Repr::Unit && e.ty != Ty::UNIT;
        let kept = u8::from(receiver_is_result || result == Repr::Value && d == a);
        self.clear(a.saturating_add(kept), found.taken + 1 - kept);
        self.close_window(&window);
        if receiver_is_result {
            self.deliver(Repr::Value, a, to);
        } else if result != Repr::Unit {
            self.deliver(result, d, to);
        }
    }

    pub(super) fn is_map_get(&self, host: HostRef) -> bool {
        self.known(host) == Some(Known::MapGet)
    }

    /// A look-up in a map; with `expected` it is unboxed, and a missing key is an error.
    pub(super) fn map_get(&mut self, args: &'p [Expr], to: To, expected: Option<Ty>) {
        let [map, key] = args else {
            return self.fail("a look-up has the wrong number of arguments");
        };
        let a = self.value_before(map, To::Nothing, [key]);
        let x = self.value(key, To::Nothing);
        if let Some(expected) = expected {
            let d = self.scalar_reg(to);
            self.emit(Ins::MapGetS {
                d,
                a: a.reg,
                x: x.reg,
            });
            self.expect(expected);
        } else {
            self.with_value(to, |this, d| {
                this.emit(Ins::MapGet {
                    d,
                    a: a.reg,
                    x: x.reg,
                })
            });
        }
        self.done_v(x);
        self.done_v(a);
    }

    // Closures.

    pub(super) fn closure(&mut self, id: ClosureId, captures: &'p [Expr], to: To) {
        let i = self.index16(id.0 as usize);
        self.gathered(captures, to, |d, b, n| Ins::Closure { d, b, n, i });
    }

    /// `Ok` or `Err` of a value.
    pub(super) fn wrap(&mut self, value: &'p Expr, to: To, ins: fn(Reg, Reg) -> Ins) {
        self.with_value(to, |this, d| {
            let temp = to != To::value(d);
            let reg = if temp { this.v.alloc() } else { d };
            this.expr(value, To::value(reg));
            this.emit(ins(d, reg));
            this.taken(Src { reg, temp });
        });
    }
}

/// The bank of a parameter of a host function.
fn host_slot(ty: &shape_abi::Ty) -> Slot {
    if ty.is_scalar() || matches!(ty, shape_abi::Ty::TypeArg(_)) {
        Slot::Scalar
    } else {
        Slot::Value
    }
}

/// The form of the result of a host function.
pub(super) fn host_result(ty: &shape_abi::Ty) -> Repr {
    match ty {
        shape_abi::Ty::Unit | shape_abi::Ty::Never => Repr::Unit,
        shape_abi::Ty::Bool => Repr::Bool,
        shape_abi::Ty::Int => Repr::Int,
        shape_abi::Ty::Number => Repr::Number,
        shape_abi::Ty::Char => Repr::Char,
        shape_abi::Ty::Duration => Repr::Duration,
        _ => Repr::Value,
    }
}
