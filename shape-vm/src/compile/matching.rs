//! `match`: arms in order, or a table of jumps where they test variants.

use super::emit::Label;
use super::func::FuncCompiler;
use super::pattern::In;
use super::regs::{Home, To, in_values};
use super::tables::index32;
use crate::ins::Ins;
use shape_check::program::{Arm, Expr, ExprKind, LocalId, PatKind};

impl<'p> FuncCompiler<'_, 'p> {
    pub(super) fn match_value(&mut self, e: &'p Expr, to: To) {
        let end = self.label();
        self.arms(e, |this, arm| {
            this.expr(&arm.body, to);
            if this.is_never(&arm.body) {
                this.forget();
            } else {
                this.leave();
                this.jump(Ins::Jump { t: 0 }, end);
            }
        });
        self.bind(end);
        self.leave();
    }

    pub(super) fn match_tail(&mut self, e: &'p Expr) {
        self.arms(e, |this, arm| {
            this.tail(&arm.body);
            this.forget();
        });
        self.forget();
    }

    /// Compiles a match; `body` compiles the body of an arm and closes its scope. The scope of the
    /// match stays open.
    fn arms(&mut self, e: &'p Expr, body: impl Fn(&mut Self, &'p Arm)) {
        let ExprKind::Match(var, scrutinee, arms) = &e.kind else {
            return;
        };
        let borrowed = self.borrow(*var, scrutinee, arms);
        self.enter(self.scopes.opened_by(e));
        match borrowed {
            // The variable needs no register of its own.
            Some(_) => self.belongs_here(*var),
            None => self.init(*var, scrutinee),
        }
        let movable = borrowed.is_none_or(|last| last);
        let subject = self.subject(*var);
        let entries = self.switch(arms, subject);
        let mut may_fail = true;
        for (index, arm) in arms.iter().enumerate() {
            let entry = entries.as_ref().map(|entries| entries[index]);
            may_fail = self.arm(arm, subject, (movable, entry), &body);
        }
        if let Some(entries) = &entries {
            self.bind(entries[arms.len()]);
            may_fail = may_fail || self.is_target(entries[arms.len()]);
        }
        if may_fail {
            self.emit(Ins::NoMatch { a: 0, wanted: 0 });
        }
    }

    /// Matches against a variable where it is, if nothing in the arms changes it. Says whether it is
    /// not used afterwards.
    fn borrow(&mut self, var: LocalId, scrutinee: &'p Expr, arms: &'p [Arm]) -> Option<bool> {
        let scrutinee = self.same_value(scrutinee);
        let ExprKind::Local(source) = &scrutinee.kind else {
            return None;
        };
        let home = self.home(*source);
        let own = &self.func.locals[var.0 as usize];
        let bank = match home {
            Home::Scalar(_) => !in_values(self.tables.repr(own.ty)),
            Home::Value(_) => in_values(self.tables.repr(own.ty)),
            _ => false,
        };
        if !bank || own.boxed || self.scopes.assigned[var.0 as usize] {
            return None;
        }
        let last = self.last_uses.contains(scrutinee);
        let inside = || {
            arms.iter()
                .flat_map(|arm| arm.guard.iter().chain([&arm.body]))
        };
        if self.changes(*source, inside()) || !last && self.changes(var, inside()) {
            return None;
        }
        self.homes[var.0 as usize] = home;
        Some(last)
    }

    /// Where there are several arms for variants, a jump to the first arm that may match: a label
    /// for each arm and one for the end.
    fn switch(&mut self, arms: &[Arm], subject: In) -> Option<Vec<Label>> {
        let variant = |arm: &Arm| match &arm.pat.kind {
            PatKind::Variant(index, _) => Some(Some(*index as usize)),
            PatKind::Wild | PatKind::Bind(_) => Some(None),
            _ => None,
        };
        let variants: Option<Vec<Option<usize>>> = arms.iter().map(variant).collect();
        let (variants, In::Value(a)) = (variants?, subject) else {
            return None;
        };
        let tested = variants.iter().flatten();
        let count = tested.clone().max().map_or(0, |max| max + 1);
        if tested.count() < 3 || count > 256 {
            return None;
        }
        let labels: Vec<Label> = (0..=arms.len()).map(|_| self.label()).collect();
        let first = |wanted: Option<usize>| {
            let fits = |found: &Option<usize>| found.is_none() || *found == wanted;
            labels[variants.iter().position(fits).unwrap_or(arms.len())]
        };
        let targets: Vec<Label> = (0..count).map(|index| first(Some(index))).collect();
        let default = first(None);
        targets
            .iter()
            .chain([&default])
            .for_each(|label| self.mark_target(*label));
        self.emit(Ins::SwitchVariant {
            a,
            i: index32(self.switches.len()),
        });
        self.switches.push((targets, default));
        Some(labels)
    }

    /// Compiles an arm. Says whether there are values that it does not match; those arrive behind it.
    fn arm(
        &mut self,
        arm: &'p Arm,
        subject: In,
        (movable, entry): (bool, Option<Label>),
        body: &impl Fn(&mut Self, &'p Arm),
    ) -> bool {
        let v_top = self.v.top;
        self.enter(self.scopes.opened_by(&arm.pat));
        let next = self.label();
        self.pattern_top = v_top;
        match (&arm.pat.kind, subject, entry) {
            // The table of jumps has made the first test.
            (PatKind::Variant(index, payload), In::Value(a), Some(entry)) => {
                self.variant_is(*index, a, next);
                self.bind(entry);
                self.payload_tests(payload, a, next);
            }
            _ => {
                entry.into_iter().for_each(|entry| self.bind(entry));
                self.tests(&arm.pat, subject, next);
            }
        }
        // What tests and bindings left in registers is dropped before the next arm is tried.
        let mut dirty = self.pattern_top;
        let last_use = movable && arm.guard.is_none() && self.last_uses.contains_pattern(&arm.pat);
        self.bind_all(&arm.pat, subject, last_use);
        if let Some(guard) = &arm.guard {
            dirty = dirty.max(self.v.top);
            self.branch(guard, false, next);
        }
        body(self, arm);
        self.bind(next);
        let may_fail = self.is_target(next);
        if may_fail && dirty > v_top {
            let top = std::mem::replace(&mut self.v.top, dirty);
            self.clear_from(v_top);
            self.v.top = top;
        }
        may_fail
    }

    /// Where the variable of a match is, in a register.
    fn subject(&mut self, var: LocalId) -> In {
        let repr = self.local_repr(var);
        match self.home(var) {
            Home::Scalar(reg) => In::Scalar(reg),
            Home::Value(reg) => In::Value(reg),
            _ if in_values(repr) => {
                let reg = self.v.alloc();
                self.read_local(var, false, To::value(reg));
                In::Value(reg)
            }
            _ => {
                let reg = self.s.alloc();
                self.read_local(var, false, To::scalar(reg));
                In::Scalar(reg)
            }
        }
    }
}
