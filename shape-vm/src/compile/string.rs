//! Strings: interpolation, concatenation, and appending in place.

use super::func::FuncCompiler;
use super::regs::{Home, Src, To, in_values};
use super::tables::index32;
use crate::code::Piece;
use crate::ins::{Ins, Reg};
use shape_check::Ty;
use shape_check::program::{Expr, ExprKind, GlobalId, LocalId, Op, Root};

/// Operands that are joined by one instruction; more are joined in several steps, since each may
/// need a register.
const AT_ONCE: usize = 32;

impl<'p> FuncCompiler<'_, 'p> {
    /// An interpolation or a concatenation.
    pub(super) fn interp(&mut self, e: &'p Expr, to: To) {
        let mut parts = Vec::new();
        flatten(e, &mut parts);
        if to == To::Nothing {
            return parts.into_iter().for_each(|part| self.effect(part));
        }
        if parts.len() > AT_ONCE {
            return self.with_fresh_value(to, |this, d| {
                let (first, rest) = parts.split_at(AT_ONCE);
                this.join(first, d);
                this.append(rest, d);
            });
        }
        self.with_value(to, |this, d| this.join(&parts, d));
    }

    /// `v[d]` becomes the text of `parts`.
    fn join(&mut self, parts: &[&'p Expr], d: Reg) {
        let (s_top, v_top) = (self.s.top, self.v.top);
        let pieces = self.pieces(parts);
        self.emit_join(d, pieces);
        self.s.top = s_top;
        self.clear_from(v_top);
        self.v.top = v_top;
    }

    fn emit_join(&mut self, d: Reg, pieces: Vec<Piece>) {
        if let [Piece::Str(a), Piece::Str(b)] = pieces[..] {
            return self.emit(Ins::Concat { d, a, b });
        }
        let i = self.piece_table(pieces);
        self.emit(Ins::Interp { d, i });
    }

    /// Appends the text of `parts` to `v[a]`.
    fn append(&mut self, parts: &[&'p Expr], a: Reg) {
        for parts in parts.chunks(AT_ONCE) {
            let (s_top, v_top) = (self.s.top, self.v.top);
            let pieces = self.pieces(parts);
            self.emit_append(a, pieces);
            self.s.top = s_top;
            self.clear_from(v_top);
            self.v.top = v_top;
        }
    }

    fn emit_append(&mut self, a: Reg, pieces: Vec<Piece>) {
        if let [Piece::Str(b)] = pieces[..] {
            return self.emit(Ins::Append { a, b });
        }
        let i = self.piece_table(pieces);
        self.emit(Ins::InterpAppend { a, i });
    }

    fn piece_table(&mut self, pieces: Vec<Piece>) -> u32 {
        self.pieces.push(pieces);
        index32(self.pieces.len() - 1)
    }

    /// Evaluates `parts`; the registers are given back by the caller.
    fn pieces(&mut self, parts: &[&'p Expr]) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let later = parts[index + 1..].iter().copied();
            let repr = self.repr(part);
            pieces.push(match &part.kind {
                ExprKind::Str(text) => Piece::Text((**text).into()),
                _ if part.ty == Ty::STRING => {
                    Piece::Str(self.value_before(part, To::Nothing, later).reg)
                }
                _ if in_values(repr) => {
                    Piece::Value(self.value_before(part, To::Nothing, later).reg)
                }
                _ => Piece::Scalar(self.scalar_before(part, To::Nothing, later).reg, repr),
            });
        }
        pieces
    }

    /// `s = s + …` without a copy of what `s` holds. Says whether it was of that kind.
    pub(super) fn append_local(&mut self, id: LocalId, value: &'p Expr) -> bool {
        let starts_with = |e: &Expr| matches!(e.kind, ExprKind::Local(other) if other == id);
        let Some(parts) = appended(value, starts_with) else {
            return false;
        };
        if self.changes(id, parts.iter().copied()) {
            return false;
        }
        if let Home::Value(reg) = self.home(id) {
            if parts.len() > AT_ONCE {
                return false;
            }
            self.append(&parts, reg);
            return true;
        }
        if self.may_change(Root::Local(id), parts.iter().copied()) {
            return false;
        }
        self.append_in_between(
            &parts,
            |this, d| this.take_local(id, d),
            |this, x| this.put_local(id, x),
        )
    }

    pub(super) fn append_global(&mut self, id: GlobalId, value: &'p Expr) -> bool {
        let starts_with = |e: &Expr| matches!(e.kind, ExprKind::Global(other) if other == id);
        let Some(parts) = appended(value, starts_with) else {
            return false;
        };
        if self.may_change(Root::Global(id), parts.iter().copied()) {
            return false;
        }
        let (_, i) = self.tables.global(id);
        if self.tables.is_boxed(id) {
            return self.append_in_between(
                &parts,
                |this, d| this.take_global_cell(i, d),
                |this, x| this.set_global_cell(i, x),
            );
        }
        self.append_in_between(
            &parts,
            |this, d| this.emit(Ins::GlobalTakeV { d, i }),
            |this, x| this.emit(Ins::GlobalSetV { x, i }),
        )
    }

    /// Appends to a variable that has to be brought into a register. Between `take` and `put`
    /// nothing runs that could fail or see the variable.
    fn append_in_between(
        &mut self,
        parts: &[&'p Expr],
        take: impl FnOnce(&mut Self, Reg),
        put: impl FnOnce(&mut Self, Reg),
    ) -> bool {
        if parts.len() > AT_ONCE {
            return false;
        }
        let (s_top, v_top) = (self.s.top, self.v.top);
        let pieces = self.pieces(parts);
        let reg = self.v.alloc();
        take(self, reg);
        self.emit_append(reg, pieces);
        put(self, reg);
        self.taken(Src { reg, temp: true });
        self.s.top = s_top;
        self.clear_from(v_top);
        self.v.top = v_top;
        true
    }
}

/// The operands behind the first of a concatenation, if the first is as wanted.
fn appended(e: &Expr, first: impl Fn(&Expr) -> bool) -> Option<Vec<&Expr>> {
    if !matches!(e.kind, ExprKind::Op(Op::Concat, _) | ExprKind::Interp(_)) {
        return None;
    }
    let mut parts = Vec::new();
    flatten(e, &mut parts);
    let head = parts.first()?;
    let is_string = head.ty == Ty::STRING;
    if !is_string || !first(head) {
        return None;
    }
    parts.remove(0);
    Some(parts)
}

/// The operands of nested concatenations and interpolations.
fn flatten<'e>(e: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &e.kind {
        ExprKind::Interp(operands) | ExprKind::Op(Op::Concat, operands) => {
            shape_syntax::deep(|| operands.iter().for_each(|operand| flatten(operand, parts)));
        }
        _ => parts.push(e),
    }
}
