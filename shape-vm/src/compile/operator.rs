//! Operators and tests.

use super::cond::{Comparison, comparison};
use super::expr::literal_bits;
use super::func::FuncCompiler;
use super::regs::{Src, To};
use crate::ins::{Ins, Reg};
use shape_check::program::{Expr, ExprKind, Op};

type Binary = fn(Reg, Reg, Reg) -> Ins;
type Unary = fn(Reg, Reg) -> Ins;

/// An operator on scalars with a scalar result.
enum Scalars {
    Binary(Binary),
    Unary(Unary),
}

impl<'p> FuncCompiler<'_, 'p> {
    pub(super) fn operator(&mut self, e: &'p Expr, op: Op, args: &'p [Expr], to: To) {
        if let (Some(comparison), [a, b]) = (comparison(op), args) {
            return self.compare(comparison, a, b, to);
        }
        match (op, args) {
            (Op::Concat, _) => self.interp(e, to),
            (Op::IsNone, [a]) => self.test(a, to, |d, a| Ins::IsNone { d, a }),
            (Op::IsErr, [a]) => self.test(a, to, |d, a| Ins::IsErr { d, a }),
            (Op::Holders, [a]) => self.test(a, to, |d, a| Ins::Holders { d, a }),
            (Op::ArrayLen, [a]) => self.test(a, to, |d, a| Ins::ArrayLen { d, a }),
            (Op::OkValue | Op::ErrValue, [a]) => {
                let a = self.value(a, to);
                match to {
                    To::Scalar(t) => self.emit(Ins::FieldS {
                        d: t.reg,
                        a: a.reg,
                        i: 0,
                    }),
                    To::Value(t) => self.emit(Ins::Field {
                        d: t.reg,
                        a: a.reg,
                        i: 0,
                    }),
                    To::Nothing => {}
                }
                self.done_v(a);
            }
            _ => self.arithmetic(op, args, to),
        }
    }

    /// An instruction on one value with a scalar result.
    fn test(&mut self, a: &'p Expr, to: To, ins: Unary) {
        let a = self.value(a, To::Nothing);
        let d = self.scalar_reg(to);
        self.emit(ins(d, a.reg));
        self.done_v(a);
    }

    fn arithmetic(&mut self, op: Op, args: &'p [Expr], to: To) {
        match (scalars(op), args) {
            (Some(Scalars::Unary(ins)), [a]) => {
                let a = self.scalar(a, to);
                let d = self.scalar_reg(to);
                self.emit(ins(d, a.reg));
                self.done_s(a);
            }
            (Some(Scalars::Binary(ins)), [a, b]) => {
                if let Some((operand, Immediate { ins, imm })) = immediate(op, a, b) {
                    let a = self.scalar(operand, to);
                    let d = self.scalar_reg(to);
                    self.emit(ins(d, a.reg, imm));
                    return self.done_s(a);
                }
                let (a, b) = self.two_scalars(a, b, to);
                let d = self.scalar_reg(to);
                self.emit(ins(d, a.reg, b.reg));
                self.done_s(b);
                self.done_s(a);
            }
            _ => self.fail("an operator has the wrong number of operands"),
        }
    }

    fn two_scalars(&mut self, a: &'p Expr, b: &'p Expr, to: To) -> (Src, Src) {
        let a = self.scalar_before(a, to, [b]);
        let b = self.scalar(b, To::Nothing);
        (a, b)
    }

    pub(super) fn two_values(&mut self, a: &'p Expr, b: &'p Expr) -> (Src, Src) {
        let a = self.value_before(a, To::Nothing, [b]);
        let b = self.value(b, To::Nothing);
        (a, b)
    }

    /// A comparison as a `bool`.
    fn compare(&mut self, comparison: Comparison, a: &'p Expr, b: &'p Expr, to: To) {
        let (x, y) = if comparison.values {
            self.two_values(a, b)
        } else {
            self.two_scalars(a, b, to)
        };
        let d = self.scalar_reg(to);
        let (l, r) = if comparison.swap {
            (y.reg, x.reg)
        } else {
            (x.reg, y.reg)
        };
        self.emit((comparison.to_bool)(d, l, r));
        if comparison.negate {
            self.emit(Ins::Not { d, a: d });
        }
        if comparison.values {
            self.done_v(y);
            self.done_v(x);
        } else {
            self.done_s(y);
            self.done_s(x);
        }
    }
}

fn scalars(op: Op) -> Option<Scalars> {
    use Scalars::{Binary, Unary};
    Some(match op {
        Op::AddI => Binary(|d, a, b| Ins::AddI { d, a, b }),
        Op::SubI => Binary(|d, a, b| Ins::SubI { d, a, b }),
        Op::MulI => Binary(|d, a, b| Ins::MulI { d, a, b }),
        Op::DivI => Binary(|d, a, b| Ins::DivI { d, a, b }),
        Op::RemI => Binary(|d, a, b| Ins::RemI { d, a, b }),
        Op::PowI => Binary(|d, a, b| Ins::PowI { d, a, b }),
        Op::AndI => Binary(|d, a, b| Ins::AndI { d, a, b }),
        Op::OrI => Binary(|d, a, b| Ins::OrI { d, a, b }),
        Op::XorI => Binary(|d, a, b| Ins::XorI { d, a, b }),
        Op::ShlI => Binary(|d, a, b| Ins::ShlI { d, a, b }),
        Op::ShrI => Binary(|d, a, b| Ins::ShrI { d, a, b }),
        Op::AddN => Binary(|d, a, b| Ins::AddN { d, a, b }),
        Op::SubN => Binary(|d, a, b| Ins::SubN { d, a, b }),
        Op::MulN => Binary(|d, a, b| Ins::MulN { d, a, b }),
        Op::DivN => Binary(|d, a, b| Ins::DivN { d, a, b }),
        Op::RemN => Binary(|d, a, b| Ins::RemN { d, a, b }),
        Op::PowN => Binary(|d, a, b| Ins::PowN { d, a, b }),
        Op::MulDurationN => Binary(|d, a, b| Ins::MulDurationN { d, a, b }),
        Op::NegI => Unary(|d, a| Ins::NegI { d, a }),
        Op::NotI => Unary(|d, a| Ins::NotI { d, a }),
        Op::NegN => Unary(|d, a| Ins::NegN { d, a }),
        Op::Not => Unary(|d, a| Ins::Not { d, a }),
        Op::IntToNumber => Unary(|d, a| Ins::IntToNumber { d, a }),
        _ => return None,
    })
}

/// The operand and the instruction of an operation with a small constant.
fn immediate<'e>(op: Op, a: &'e Expr, b: &'e Expr) -> Option<(&'e Expr, Immediate)> {
    let (operand, imm) = match (small(a), small(b), op) {
        (_, Some(imm), _) => (a, imm),
        (Some(imm), _, Op::AddI | Op::MulI) => (b, imm),
        _ => return None,
    };
    let divisor = imm != 0 && imm != -1;
    let ins: fn(Reg, Reg, i32) -> Ins = match op {
        Op::AddI => |d, a, imm| Ins::AddImm { d, a, imm },
        Op::SubI => |d, a, imm| Ins::SubImm { d, a, imm },
        Op::MulI => |d, a, imm| Ins::MulImm { d, a, imm },
        Op::DivI if divisor => |d, a, imm| Ins::DivImm { d, a, imm },
        Op::RemI if divisor => |d, a, imm| Ins::RemImm { d, a, imm },
        _ => return None,
    };
    Some((operand, Immediate { ins, imm }))
}

/// An operation with a small constant.
struct Immediate {
    ins: fn(Reg, Reg, i32) -> Ins,
    imm: i32,
}

fn small(e: &Expr) -> Option<i32> {
    match &e.kind {
        ExprKind::Int(n) | ExprKind::Duration(n) => i32::try_from(*n).ok(),
        _ => None,
    }
}

/// The bits of a constant expression: a literal, or one with a sign.
pub(super) fn constant_bits(e: &Expr) -> Option<u64> {
    match &e.kind {
        ExprKind::Op(op, args) => {
            let bits = constant_bits(args.first()?)?;
            match op {
                Op::NegI => Some(bits.cast_signed().checked_neg()?.cast_unsigned()),
                Op::NegN => Some((-f64::from_bits(bits)).to_bits()),
                Op::IntToNumber => Some((bits.cast_signed() as f64).to_bits()),
                _ => None,
            }
        }
        _ => literal_bits(e),
    }
}
