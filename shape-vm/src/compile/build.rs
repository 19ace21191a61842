//! Building arrays, tuples, records and variants.

use super::func::FuncCompiler;
use super::regs::To;
use super::tables::index32;
use crate::ins::{Form, Ins, Reg};
use shape_check::DefId;
use shape_check::program::Expr;

/// Parts that are gathered in registers before one instruction takes them.
const AT_ONCE: usize = 24;

impl<'p> FuncCompiler<'_, 'p> {
    pub(super) fn array(&mut self, e: &Expr, items: &'p [Expr], to: To) {
        let form = self.tables.form(e.ty);
        self.with_fresh_value(to, |this, d| {
            this.emit(Ins::ArrayNew {
                d,
                form,
                n: index32(items.len()),
            });
            for items in items.chunks(AT_ONCE) {
                if form == Form::Values {
                    this.extend_values(items, d);
                } else {
                    this.extend_scalars(items, d);
                }
            }
        });
    }

    fn extend_scalars(&mut self, items: &'p [Expr], d: Reg) {
        let top = self.s.top;
        let b = self.s.peek();
        for item in items {
            let reg = self.s.alloc();
            self.expr(item, To::scalar(reg));
        }
        self.emit(Ins::ExtendS {
            d,
            b,
            n: count(items),
        });
        self.s.top = top;
    }

    fn extend_values(&mut self, items: &'p [Expr], d: Reg) {
        let top = self.v.top;
        let b = self.v.peek();
        for item in items {
            let reg = self.v.alloc();
            self.expr(item, To::value(reg));
        }
        self.emit(Ins::ExtendV {
            d,
            b,
            n: count(items),
        });
        self.v.top = top;
    }

    /// Computes `parts` in successive value registers, for an instruction that takes them. Where
    /// there are many, the rest is appended.
    pub(super) fn gathered(
        &mut self,
        parts: &'p [Expr],
        to: To,
        ins: impl FnOnce(Reg, Reg, u8) -> Ins,
    ) {
        let (first, rest) = parts.split_at(parts.len().min(AT_ONCE));
        let gather = |this: &mut Self, d: Reg| {
            let top = this.v.top;
            // A fresh result at the top is the first of the operands.
            if !first.is_empty() && to == To::value(d) && this.v.is_last(d) {
                this.v.top -= 1;
            }
            let b = this.v.peek();
            for part in first {
                let reg = this.v.alloc();
                this.expr(part, To::value(reg));
            }
            this.emit(ins(d, b, count(first)));
            this.v.top = top;
        };
        if rest.is_empty() {
            return self.with_value(to, gather);
        }
        self.with_fresh_value(to, |this, d| {
            gather(this, d);
            rest.chunks(AT_ONCE)
                .for_each(|parts| this.extend_values(parts, d));
        });
    }

    pub(super) fn tuple(&mut self, items: &'p [Expr], to: To) {
        self.gathered(items, to, |d, b, n| Ins::Tuple { d, b, n });
    }

    pub(super) fn record(&mut self, e: &Expr, fields: &'p [Expr], to: To) {
        let shape = self.tables.shape(e.ty);
        let i = self.index16(shape);
        self.gathered(fields, to, |d, b, n| Ins::Record { d, b, n, i });
    }

    pub(super) fn variant(&mut self, def: DefId, index: u32, payload: &'p [Expr], to: To) {
        if payload.is_empty() && !self.tables.is_ending(def) {
            if let To::Value(t) = to {
                let i = self.tables.bare_variant(def, index);
                self.emit(Ins::Lit { d: t.reg, i });
            }
            return;
        }
        let variant = self.tables.variant(def, index);
        let i = self.index16(variant);
        self.gathered(payload, to, |d, b, n| Ins::Variant { d, b, n, i });
    }

    pub(super) fn range(&mut self, a: &'p Expr, b: &'p Expr, inclusive: bool, to: To) {
        let start = self.scalar_before(a, To::Nothing, [b]);
        let end = self.scalar(b, To::Nothing);
        let (a, b) = (start.reg, end.reg);
        self.with_value(to, |this, d| {
            this.emit(match inclusive {
                true => Ins::RangeEq { d, a, b },
                false => Ins::Range { d, a, b },
            });
        });
        self.done_s(end);
        self.done_s(start);
    }
}

fn count(parts: &[Expr]) -> u8 {
    u8::try_from(parts.len()).unwrap_or(u8::MAX)
}
