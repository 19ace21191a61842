//! Conditions: jumps without a `bool` in between.

use super::emit::Label;
use super::func::FuncCompiler;
use super::operator::constant_bits;
use super::regs::{Home, Src, To};
use crate::ins::{Ins, Reg};
use shape_check::program::{Expr, ExprKind, Op};

/// Makes a jump that compares two registers.
type Jump = fn(Reg, Reg) -> Ins;

/// How a comparison is done.
#[derive(Clone, Copy)]
pub(super) struct Comparison {
    /// Whether its operands are values.
    pub(super) values: bool,
    /// Whether the operands change places.
    pub(super) swap: bool,
    /// Whether the result is turned round.
    pub(super) negate: bool,
    /// The instruction that gives a `bool`.
    pub(super) to_bool: fn(Reg, Reg, Reg) -> Ins,
    /// The instructions that jump when it holds and when it does not.
    jumps: Option<[Jump; 2]>,
}

const HOLDS: usize = 0;
const FAILS: usize = 1;

/// How `op` is done, if it is a comparison.
pub(super) fn comparison(op: Op) -> Option<Comparison> {
    let plain = |to_bool, jumps| Comparison {
        values: false,
        swap: false,
        negate: false,
        to_bool,
        jumps,
    };
    let eq_i = plain(|d, a, b| Ins::EqI { d, a, b }, Some([jeq_i, jne_i]));
    let ne_i = plain(|d, a, b| Ins::NeI { d, a, b }, Some([jne_i, jeq_i]));
    let lt_i = plain(
        |d, a, b| Ins::LtI { d, a, b },
        Some([jlt_i, |a, b| jle_i(b, a)]),
    );
    let le_i = plain(
        |d, a, b| Ins::LeI { d, a, b },
        Some([jle_i, |a, b| jlt_i(b, a)]),
    );
    let eq_n = plain(|d, a, b| Ins::EqN { d, a, b }, Some([jeq_n, jne_n]));
    let ne_n = plain(|d, a, b| Ins::NeN { d, a, b }, Some([jne_n, jeq_n]));
    let lt_n = plain(|d, a, b| Ins::LtN { d, a, b }, Some([jlt_n, jnlt_n]));
    let le_n = plain(|d, a, b| Ins::LeN { d, a, b }, Some([jle_n, jnle_n]));
    let eq_s = plain(|d, a, b| Ins::EqS { d, a, b }, Some([jeq_s, jne_s])).on_values();
    let lt_s = plain(|d, a, b| Ins::LtS { d, a, b }, None).on_values();
    let le_s = plain(|d, a, b| Ins::LeS { d, a, b }, None).on_values();
    let eq_v = plain(|d, a, b| Ins::EqV { d, a, b }, None).on_values();
    let lt_v = plain(|d, a, b| Ins::LtV { d, a, b }, None).on_values();
    let le_v = plain(|d, a, b| Ins::LeV { d, a, b }, None).on_values();
    Some(match op {
        Op::EqI => eq_i,
        Op::NeI => ne_i,
        Op::LtI => lt_i,
        Op::LeI => le_i,
        Op::GtI => lt_i.swapped(),
        Op::GeI => le_i.swapped(),
        Op::EqN => eq_n,
        Op::NeN => ne_n,
        Op::LtN => lt_n,
        Op::LeN => le_n,
        Op::GtN => lt_n.swapped(),
        Op::GeN => le_n.swapped(),
        Op::EqS => eq_s,
        Op::NeS => eq_s.negated(),
        Op::LtS => lt_s,
        Op::LeS => le_s,
        Op::GtS => lt_s.swapped(),
        Op::GeS => le_s.swapped(),
        Op::EqV => eq_v,
        Op::NeV => eq_v.negated(),
        Op::LtV => lt_v,
        Op::LeV => le_v,
        Op::GtV => lt_v.swapped(),
        Op::GeV => le_v.swapped(),
        _ => return None,
    })
}

impl Comparison {
    fn on_values(self) -> Self {
        Self {
            values: true,
            ..self
        }
    }

    fn swapped(self) -> Self {
        Self { swap: true, ..self }
    }

    fn negated(self) -> Self {
        Self {
            negate: true,
            ..self
        }
    }
}

fn jeq_i(a: Reg, b: Reg) -> Ins {
    Ins::JEqI { a, b, t: 0 }
}
fn jne_i(a: Reg, b: Reg) -> Ins {
    Ins::JNeI { a, b, t: 0 }
}
fn jlt_i(a: Reg, b: Reg) -> Ins {
    Ins::JLtI { a, b, t: 0 }
}
fn jle_i(a: Reg, b: Reg) -> Ins {
    Ins::JLeI { a, b, t: 0 }
}
fn jeq_n(a: Reg, b: Reg) -> Ins {
    Ins::JEqN { a, b, t: 0 }
}
fn jne_n(a: Reg, b: Reg) -> Ins {
    Ins::JNeN { a, b, t: 0 }
}
fn jlt_n(a: Reg, b: Reg) -> Ins {
    Ins::JLtN { a, b, t: 0 }
}
fn jnlt_n(a: Reg, b: Reg) -> Ins {
    Ins::JNotLtN { a, b, t: 0 }
}
fn jle_n(a: Reg, b: Reg) -> Ins {
    Ins::JLeN { a, b, t: 0 }
}
fn jnle_n(a: Reg, b: Reg) -> Ins {
    Ins::JNotLeN { a, b, t: 0 }
}
fn jeq_s(a: Reg, b: Reg) -> Ins {
    Ins::JEqS { a, b, t: 0 }
}
fn jne_s(a: Reg, b: Reg) -> Ins {
    Ins::JNeS { a, b, t: 0 }
}

impl<'p> FuncCompiler<'_, 'p> {
    /// Jumps to `target` when the condition is `wanted`, else goes on.
    pub(super) fn branch(&mut self, e: &'p Expr, wanted: bool, target: Label) {
        let outer = std::mem::replace(&mut self.span, e.span);
        shape_syntax::deep(|| self.branch_inner(e, wanted, target));
        self.span = outer;
    }

    fn branch_inner(&mut self, e: &'p Expr, wanted: bool, target: Label) {
        match &e.kind {
            ExprKind::Bool(constant) => {
                if *constant == wanted {
                    self.jump(Ins::Jump { t: 0 }, target);
                }
            }
            ExprKind::Op(Op::Not, args) if args.len() == 1 => {
                self.branch(&args[0], !wanted, target)
            }
            ExprKind::If(a, b, Some(c)) if is_bool(c, false) => self.both(a, b, wanted, target),
            ExprKind::If(a, b, Some(c)) if is_bool(b, true) => self.either(a, c, wanted, target),
            ExprKind::Op(op, args) => self.branch_on(e, *op, args, wanted, target),
            _ => self.branch_on_bool(e, wanted, target),
        }
    }

    /// `a && b`
    fn both(&mut self, a: &'p Expr, b: &'p Expr, wanted: bool, target: Label) {
        if wanted {
            let over = self.label();
            self.branch(a, false, over);
            self.branch(b, true, target);
            self.bind(over);
        } else {
            self.branch(a, false, target);
            self.branch(b, false, target);
        }
    }

    /// `a || b`
    fn either(&mut self, a: &'p Expr, b: &'p Expr, wanted: bool, target: Label) {
        if wanted {
            self.branch(a, true, target);
            self.branch(b, true, target);
        } else {
            let over = self.label();
            self.branch(a, true, over);
            self.branch(b, false, target);
            self.bind(over);
        }
    }

    fn branch_on_bool(&mut self, e: &'p Expr, wanted: bool, target: Label) {
        let src = self.scalar(e, To::Nothing);
        self.jump_if(src.reg, wanted, target);
        self.done_s(src);
    }

    pub(super) fn jump_if(&mut self, a: Reg, wanted: bool, target: Label) {
        self.jump(
            if wanted {
                Ins::If { a, t: 0 }
            } else {
                Ins::IfNot { a, t: 0 }
            },
            target,
        );
    }

    fn branch_on(&mut self, e: &'p Expr, op: Op, args: &'p [Expr], wanted: bool, target: Label) {
        match (op, args, comparison(op)) {
            (_, [a, b], Some(comparison)) if !comparison.values => {
                self.branch_on_scalars(comparison, op, [a, b], wanted, target);
            }
            (
                _,
                [a, b],
                Some(Comparison {
                    jumps: Some(jumps),
                    negate,
                    ..
                }),
            ) => {
                if self.branch_on_text(a, b, wanted != negate, target) {
                    return;
                }
                let (a, b) = self.two_values(a, b);
                if a.temp || b.temp {
                    // The operands are dropped before the paths part.
                    let d = self.s.alloc();
                    self.emit(Ins::EqS {
                        d,
                        a: a.reg,
                        b: b.reg,
                    });
                    self.done_v(b);
                    self.done_v(a);
                    self.jump_if(d, wanted != negate, target);
                    return self.done_s(Src { reg: d, temp: true });
                }
                let ins = jumps[if wanted == negate { FAILS } else { HOLDS }];
                self.jump(ins(a.reg, b.reg), target);
            }
            (Op::IsNone | Op::IsErr, [a], _) => {
                let src = self.value(a, To::Nothing);
                let a = src.reg;
                if src.temp {
                    self.v.top = a.into();
                    return self.branch_on_bool_of(op, a, wanted, target);
                }
                self.jump(
                    match (op, wanted) {
                        (Op::IsNone, true) => Ins::JNone { a, t: 0 },
                        (Op::IsNone, false) => Ins::JSome { a, t: 0 },
                        (_, true) => Ins::JErr { a, t: 0 },
                        (_, false) => Ins::JOk { a, t: 0 },
                    },
                    target,
                );
            }
            _ => self.branch_on_bool(e, wanted, target),
        }
    }

    /// `variable == "text"`
    fn branch_on_text(&mut self, a: &'p Expr, b: &'p Expr, wanted: bool, target: Label) -> bool {
        let (ExprKind::Local(id), ExprKind::Str(text)) = (&self.same_value(a).kind, &b.kind) else {
            return false;
        };
        let (Home::Value(a), i) = (self.home(*id), self.tables.string(text)) else {
            return false;
        };
        let Ok(i) = u16::try_from(i) else {
            return false;
        };
        let ins = if wanted {
            Ins::JEqLit { a, i, t: 0 }
        } else {
            Ins::JNeLit { a, i, t: 0 }
        };
        self.jump(ins, target);
        true
    }

    /// A test on a temporary, which is dropped before the paths part.
    fn branch_on_bool_of(&mut self, op: Op, a: Reg, wanted: bool, target: Label) {
        let d = self.s.alloc();
        self.emit(match op {
            Op::IsNone => Ins::IsNone { d, a },
            _ => Ins::IsErr { d, a },
        });
        self.clear(a, 1);
        self.jump_if(d, wanted, target);
        self.done_s(Src { reg: d, temp: true });
    }

    fn branch_on_scalars(
        &mut self,
        comparison: Comparison,
        op: Op,
        [a, b]: [&'p Expr; 2],
        wanted: bool,
        target: Label,
    ) {
        if let Some(imm) = short(b)
            && let Some(ins) = jump_imm(op, imm, wanted)
        {
            let a = self.scalar(a, To::Nothing);
            self.jump(ins(a.reg), target);
            return self.done_s(a);
        }
        if let Some(imm) = short(a)
            && let Some(ins) = mirrored(op).and_then(|op| jump_imm(op, imm, wanted))
        {
            let b = self.scalar(b, To::Nothing);
            self.jump(ins(b.reg), target);
            return self.done_s(b);
        }
        let x = self.scalar_before(a, To::Nothing, [b]);
        let y = self.scalar(b, To::Nothing);
        let (l, r) = if comparison.swap {
            (y.reg, x.reg)
        } else {
            (x.reg, y.reg)
        };
        if let Some(jumps) = comparison.jumps {
            self.jump(jumps[if wanted { HOLDS } else { FAILS }](l, r), target);
        }
        self.done_s(y);
        self.done_s(x);
    }
}

fn is_bool(e: &Expr, value: bool) -> bool {
    matches!(e.kind, ExprKind::Bool(constant) if constant == value)
}

fn short(e: &Expr) -> Option<i16> {
    match &e.kind {
        ExprKind::Number(_) => None,
        _ => i16::try_from(constant_bits(e)?.cast_signed()).ok(),
    }
}

/// The comparison with its operands the other way round.
fn mirrored(op: Op) -> Option<Op> {
    Some(match op {
        Op::EqI => Op::EqI,
        Op::NeI => Op::NeI,
        Op::LtI => Op::GtI,
        Op::LeI => Op::GeI,
        Op::GtI => Op::LtI,
        Op::GeI => Op::LeI,
        _ => return None,
    })
}

/// The jump that compares with a constant.
fn jump_imm(op: Op, imm: i16, wanted: bool) -> Option<impl Fn(Reg) -> Ins> {
    let op = match (op, wanted) {
        (op, true) => op,
        (Op::EqI, false) => Op::NeI,
        (Op::NeI, false) => Op::EqI,
        (Op::LtI, false) => Op::GeI,
        (Op::LeI, false) => Op::GtI,
        (Op::GtI, false) => Op::LeI,
        (Op::GeI, false) => Op::LtI,
        _ => return None,
    };
    let ins: fn(Reg, i16) -> Ins = match op {
        Op::EqI => |a, imm| Ins::JEqImm { a, imm, t: 0 },
        Op::NeI => |a, imm| Ins::JNeImm { a, imm, t: 0 },
        Op::LtI => |a, imm| Ins::JLtImm { a, imm, t: 0 },
        Op::LeI => |a, imm| Ins::JLeImm { a, imm, t: 0 },
        Op::GtI => |a, imm| Ins::JGtImm { a, imm, t: 0 },
        Op::GeI => |a, imm| Ins::JGeImm { a, imm, t: 0 },
        _ => return None,
    };
    Some(move |a| ins(a, imm))
}
