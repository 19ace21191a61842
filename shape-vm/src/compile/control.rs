//! Blocks, branches, loops and `try`.

use super::emit::Label;
use super::func::FuncCompiler;
use super::regs::{Home, OPERANDS, Src, To, in_values};
use super::tables::index32;
use crate::code::Handler;
use crate::ins::{Ins, Reg};
use shape_check::Repr;
use shape_check::program::{Expr, ExprKind, LocalId, LoopId, Pat, PatKind};

/// A loop that is being compiled.
pub(super) struct Loop {
    id: LoopId,
    /// Where its value goes.
    to: To,
    exit: Label,
    next: Label,
    /// How many scopes are open around its rounds.
    scopes: usize,
    /// The first value register that belongs to a round.
    v_top: u16,
}

/// Constants that the rounds of a loop find in registers.
pub(super) struct Pins {
    first: Reg,
    pub(super) constants: Vec<u64>,
}

/// How many constants a loop may keep in registers.
const PINS: u16 = 8;

impl<'p> FuncCompiler<'_, 'p> {
    pub(super) fn block(
        &mut self,
        e: &'p Expr,
        stmts: &'p [Expr],
        value: Option<&'p Expr>,
        to: To,
    ) {
        self.enter(self.scopes.opened_by(e));
        stmts.iter().for_each(|stmt| self.effect(stmt));
        if let Some(value) = value {
            self.expr(value, to);
        }
        if self.is_never(e) {
            self.forget();
        } else {
            self.leave();
        }
    }

    pub(super) fn if_else(&mut self, c: &'p Expr, a: &'p Expr, b: Option<&'p Expr>, to: To) {
        let otherwise = self.label();
        self.branch(c, false, otherwise);
        self.expr(a, to);
        let Some(b) = b.filter(|b| to != To::Nothing || !matches!(b.kind, ExprKind::Unit)) else {
            return self.bind(otherwise);
        };
        let end = self.label();
        if !self.is_never(a) {
            self.jump(Ins::Jump { t: 0 }, end);
        }
        self.bind(otherwise);
        self.expr(b, to);
        self.bind(end);
    }

    // Loops.

    /// Opens the scope of a loop. An outermost one keeps its constants in registers.
    fn enter_loop(&mut self, e: &Expr) {
        self.enter(self.scopes.opened_by(e));
        if self.loops.is_empty() && self.s.top < OPERANDS - PINS {
            let first = self.s.peek();
            self.emit(Ins::Pins {
                d: first,
                i: index32(self.pins.len()),
            });
            self.pins.push(Pins {
                first,
                constants: Vec::new(),
            });
            (0..PINS).for_each(|_| {
                self.s.alloc();
            });
            self.pinning = true;
        }
    }

    /// Closes the scope of a loop.
    fn leave_loop(&mut self) {
        self.leave();
        if self.loops.is_empty() {
            self.pinning = false;
        }
    }

    /// The register that holds a constant in the loop that is being compiled.
    pub(super) fn pinned(&mut self, bits: u64) -> Option<Reg> {
        let pins = self.pins.last_mut().filter(|_| self.pinning)?;
        let known = pins.constants.iter().position(|constant| *constant == bits);
        let index = match known {
            Some(index) => index,
            None if pins.constants.len() < usize::from(PINS) => {
                pins.constants.push(bits);
                pins.constants.len() - 1
            }
            None => return None,
        };
        Some(pins.first + u8::try_from(index).ok()?)
    }

    /// Compiles the rounds of a loop, whose scope is open.
    fn rounds(&mut self, id: LoopId, to: To, next: Label, work: impl FnOnce(&mut Self)) {
        let exit = self.label();
        self.loops.push(Loop {
            id,
            to,
            exit,
            next,
            scopes: self.open.len(),
            v_top: self.v.top,
        });
        work(self);
        self.loops.pop();
        self.bind(exit);
    }

    pub(super) fn endless_loop(&mut self, e: &'p Expr, id: LoopId, body: &'p Expr, to: To) {
        self.enter_loop(e);
        let head = self.label_here();
        self.rounds(id, to, head, |this| {
            this.effect(body);
            this.jump(Ins::Jump { t: 0 }, head);
        });
        self.leave_loop();
    }

    /// The condition stands at the end, so that a round has one jump.
    pub(super) fn while_loop(&mut self, e: &'p Expr, id: LoopId, c: &'p Expr, body: &'p Expr) {
        self.enter_loop(e);
        let next = self.label();
        self.jump(Ins::Jump { t: 0 }, next);
        let head = self.label_here();
        self.rounds(id, To::Nothing, next, |this| {
            this.effect(body);
            this.bind(next);
            this.branch(c, true, head);
        });
        self.leave_loop();
    }

    pub(super) fn for_range(&mut self, e: &'p Expr) {
        let ExprKind::ForRange(id, var, start, end, inclusive, body) = &e.kind else {
            return;
        };
        self.enter_loop(e);
        let counter = self.counter(*var);
        self.expr(start, To::scalar(counter));
        let limit = self.limit(end, body);
        let (a, b) = (counter, limit);
        let next = self.label();
        self.rounds(*id, To::Nothing, next, |this| {
            let exit = this.loops.last().map_or(next, |innermost| innermost.exit);
            this.jump(
                match inclusive {
                    true => Ins::JLtI { a: b, b: a, t: 0 },
                    false => Ins::JLeI { a: b, b: a, t: 0 },
                },
                exit,
            );
            let head = this.label_here();
            if this.home(*var) != Home::Scalar(counter) {
                this.first_value(*var, Repr::Int, counter, false);
            }
            this.effect(body);
            this.bind(next);
            this.jump(
                match inclusive {
                    true => Ins::ForIEq { a, b, t: 0 },
                    false => Ins::ForI { a, b, t: 0 },
                },
                head,
            );
        });
        self.leave_loop();
    }

    /// The register that counts: the variable's own, unless the body could change it.
    fn counter(&mut self, var: LocalId) -> Reg {
        match self.home(var) {
            Home::Scalar(reg) if !self.scopes.assigned[var.0 as usize] => reg,
            _ => self.s.alloc(),
        }
    }

    /// The register of the limit; a variable that the body does not change is used in place.
    fn limit(&mut self, end: &'p Expr, body: &'p Expr) -> Reg {
        self.scalar_before(end, To::Nothing, [body]).reg
    }

    pub(super) fn for_array(
        &mut self,
        e: &'p Expr,
        id: LoopId,
        var: LocalId,
        array: &'p Expr,
        body: &'p Expr,
    ) {
        self.enter_loop(e);
        let a = self.v.alloc();
        self.expr(array, To::value(a));
        let b = self.s.alloc();
        self.emit(Ins::Int { d: b, imm: 0 });
        let repr = self.local_repr(var);
        let d = match self.home(var) {
            Home::Scalar(reg) | Home::Value(reg) => reg,
            _ if in_values(repr) => self.v.alloc(),
            _ => self.s.alloc(),
        };
        let next = self.label();
        self.jump(Ins::Jump { t: 0 }, next);
        self.rounds(id, To::Nothing, next, |this| {
            let head = this.label_here();
            if !matches!(this.home(var), Home::Scalar(_) | Home::Value(_)) {
                this.first_value(var, repr, d, true);
            }
            this.effect(body);
            this.bind(next);
            let ins = if in_values(repr) {
                Ins::ForV { d, a, b, t: 0 }
            } else {
                Ins::ForS { d, a, b, t: 0 }
            };
            this.jump(ins, head);
        });
        self.leave_loop();
    }

    pub(super) fn break_loop(&mut self, id: LoopId, value: Option<&'p Expr>) {
        let Some(target) = self.loops.iter().rev().find(|target| target.id == id) else {
            return self.fail("a `break` is outside of its loop");
        };
        let (to, exit, scopes, v_top) = (target.to, target.exit, target.scopes, target.v_top);
        if let Some(value) = value {
            self.expr(value, to);
        }
        self.clear_scopes(scopes, v_top);
        self.jump(Ins::Jump { t: 0 }, exit);
    }

    pub(super) fn continue_loop(&mut self, id: LoopId) {
        let Some(target) = self.loops.iter().rev().find(|target| target.id == id) else {
            return self.fail("a `continue` is outside of its loop");
        };
        let (next, scopes, v_top) = (target.next, target.scopes, target.v_top);
        self.clear_scopes(scopes, v_top);
        self.jump(Ins::Jump { t: 0 }, next);
    }

    // Errors.

    /// The handler writes `Err(error)` where the body would have written `Ok(value)`.
    pub(super) fn try_expr(&mut self, body: &'p Expr, to: To) {
        self.with_value(to, |this, dst| {
            let start = this.here();
            let clear_from = this.v.peek();
            let reg = this.v.alloc();
            this.expr(body, To::value(reg));
            if !this.is_never(body) {
                this.emit(Ins::Ok { d: dst, a: reg });
            }
            this.taken(Src { reg, temp: true });
            let end = this.here();
            this.handlers.push(Handler {
                start,
                end,
                target: end,
                dst,
                clear_from,
            });
        });
    }

    pub(super) fn destructure(&mut self, pat: &'p Pat, value: &'p Expr) {
        let fail = self.label();
        let mut length = (0, 0);
        if in_values(self.repr(value)) {
            let src = self.value(value, To::Nothing);
            length = (src.reg, wanted_length(pat));
            self.take_apart(pat, super::pattern::In::Value(src.reg), src.temp, fail);
            self.done_v(src);
        } else {
            let src = self.scalar(value, To::Nothing);
            self.take_apart(pat, super::pattern::In::Scalar(src.reg), src.temp, fail);
            self.done_s(src);
        }
        self.no_match(fail, length);
    }

    /// The error of a pattern that does not match, if anything jumps there; `length` is what it says
    /// of the length of an array.
    fn no_match(&mut self, fail: Label, (a, wanted): (Reg, i16)) {
        if !self.is_target(fail) {
            return self.bind(fail);
        }
        let over = self.label();
        self.jump(Ins::Jump { t: 0 }, over);
        self.bind(fail);
        self.emit(Ins::NoMatch { a, wanted });
        self.bind(over);
    }
}

/// What an array pattern wants of a length, as [`Ins::NoMatch`] has it.
fn wanted_length(pat: &Pat) -> i16 {
    let PatKind::Array(first, rest, last) = &pat.kind else {
        return 0;
    };
    let len = i16::try_from(first.len() + last.len()).unwrap_or(i16::MAX);
    if rest.is_some() { !len } else { len }
}
