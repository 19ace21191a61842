//! Binding the variables of a pattern that has matched.

use super::func::FuncCompiler;
use super::pattern::{In, Part};
use super::regs::{Home, Src, in_values};
use super::walk::bindings;
use crate::ins::{Ins, Reg};
use shape_check::program::{LocalId, Pat, PatKind};
use shape_check::{Repr, Ty};

impl<'p> FuncCompiler<'_, 'p> {
    /// Binds the variables of a pattern that matches. With `last`, the value may be moved.
    pub(super) fn bind_all(&mut self, pat: &'p Pat, subject: In, last: bool) {
        match (&pat.kind, subject) {
            (PatKind::Bind(id), _) => self.bind_variable(*id, pat.ty, subject, last),
            (PatKind::At(id, inner), _) => {
                self.bind_variable(*id, pat.ty, subject, false);
                self.bind_all(inner, subject, false);
            }
            (PatKind::Some(inner) | PatKind::Is(_, inner), In::Scalar(_)) => {
                self.bind_all(inner, subject, last);
            }
            (PatKind::Some(inner) | PatKind::Is(_, inner), In::Value(a)) => {
                self.bind_part(inner, a, Part::Same, last);
            }
            (PatKind::Ok(inner) | PatKind::Err(inner), In::Value(a)) => {
                self.bind_part(inner, a, Part::Field(0), last);
            }
            (PatKind::Variant(_, payload), In::Value(a)) => {
                for (index, inner) in (0..).zip(payload) {
                    self.bind_part(inner, a, Part::Field(index), false);
                }
            }
            (PatKind::Fields(fields), In::Value(a)) => {
                for (index, inner) in fields {
                    self.bind_part(inner, a, Part::Field(*index), false);
                }
            }
            (PatKind::Array(first, rest, last), In::Value(a)) => {
                for (index, inner) in (0..).zip(first) {
                    self.bind_part(inner, a, Part::Element(index), false);
                }
                for (index, inner) in (1..).zip(last.iter().rev()) {
                    self.bind_part(inner, a, Part::Element(-index), false);
                }
                if let Some(Some(id)) = rest {
                    self.bind_rest(*id, a, first.len(), last.len());
                }
            }
            _ => {}
        }
    }

    fn bind_part(&mut self, pat: &'p Pat, a: Reg, part: Part, last: bool) {
        let mut binds = false;
        bindings(pat, &mut |_| binds = true);
        if !binds {
            return;
        }
        if let (PatKind::Bind(id), Part::Field(_) | Part::Element(_)) = (&pat.kind, part) {
            match self.home(*id) {
                Home::Scalar(d) => return self.load_part(a, part, In::Scalar(d)),
                Home::Value(d) if in_values(self.tables.repr(pat.ty)) => {
                    return self.load_part(a, part, In::Value(d));
                }
                _ => {}
            }
        }
        if matches!(part, Part::Same) && in_values(self.tables.repr(pat.ty)) {
            return self.bind_all(pat, In::Value(a), last);
        }
        if in_values(self.tables.repr(pat.ty)) {
            let reg = self.v.alloc();
            self.load_part(a, part, In::Value(reg));
            self.bind_all(pat, In::Value(reg), true);
            self.done_v(Src { reg, temp: true });
        } else {
            let reg = self.s.alloc();
            self.load_part(a, part, In::Scalar(reg));
            self.bind_all(pat, In::Scalar(reg), true);
            self.done_s(Src { reg, temp: true });
        }
    }

    fn bind_variable(&mut self, id: LocalId, ty: Ty, subject: In, last: bool) {
        match subject {
            In::Scalar(reg) => {
                let repr = self.tables.repr(ty);
                let repr = if in_values(repr) {
                    self.local_repr(id)
                } else {
                    repr
                };
                self.first_value(id, repr, reg, last);
            }
            In::Value(reg) => self.first_value(id, Repr::Value, reg, last),
        }
    }

    fn bind_rest(&mut self, id: LocalId, a: Reg, from: usize, back: usize) {
        let (from, back) = (self.index16(from), self.index16(back));
        if let Home::Value(d) = self.home(id) {
            return self.emit(Ins::Slice { d, a, from, back });
        }
        let reg = self.v.alloc();
        self.emit(Ins::Slice {
            d: reg,
            a,
            from,
            back,
        });
        self.first_value(id, Repr::Value, reg, true);
        self.taken(Src { reg, temp: true });
    }
}
