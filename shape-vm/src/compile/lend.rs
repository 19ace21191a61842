//! Places that are lent for the time of a call, and top-level variables in cells.

use super::func::FuncCompiler;
use super::regs::{Home, Src, Target, To, in_values};
use super::tables::index32;
use crate::code::{Lent, Owner, Place, PlaceRoot};
use crate::ins::{Ins, Reg};
use shape_check::Repr;
use shape_check::program::{self, Expr, GlobalId, LocalId, Root};

impl<'p> FuncCompiler<'_, 'p> {
    /// Evaluates `body` while the value of `place`, which `value` reads, is in the cell of a variable.
    pub(super) fn lend(
        &mut self,
        e: &'p Expr,
        place: &'p program::Place,
        cell: LocalId,
        [value, body]: [&'p Expr; 2],
        to: To,
    ) {
        let (s_top, v_top) = (self.s.top, self.v.top);
        let reg = self.v.alloc();
        if let Some(home) = self.homes.get_mut(cell.0 as usize) {
            *home = Home::Cell(reg);
        }
        self.enter(self.scopes.opened_by(e));
        if self.share_cell(place, reg) {
            self.expr(body, to);
        } else {
            self.lend_value(place, reg, [value, body], to);
        }
        if self.is_never(e) {
            self.forget();
        } else {
            self.leave();
            self.clear_from(v_top);
        }
        self.s.top = s_top;
        self.v.top = v_top;
        if let Some(home) = self.homes.get_mut(cell.0 as usize) {
            *home = Home::Nowhere;
        }
    }

    /// The cell of a variable that is in one anyway.
    fn share_cell(&mut self, place: &program::Place, reg: Reg) -> bool {
        if !place.steps.is_empty() {
            return false;
        }
        match place.root {
            Root::Local(id) => {
                let boxed = matches!(self.home(id), Home::Cell(_) | Home::FarCell(_));
                if boxed {
                    self.read_cell(id, To::value(reg));
                }
                boxed
            }
            Root::Global(id) => {
                let (_, i) = self.tables.global(id);
                let boxed = self.tables.is_boxed(id);
                if boxed {
                    self.emit(Ins::GlobalGetV { d: reg, i });
                }
                boxed
            }
        }
    }

    fn lend_value(
        &mut self,
        place: &'p program::Place,
        cell: Reg,
        [value, body]: [&'p Expr; 2],
        to: To,
    ) {
        let owner = match (place.root, &place.steps[..]) {
            (Root::Local(id), []) => self.take_variable(id, cell),
            _ => self.take_part(place, cell, [value, body]),
        };
        self.emit(Ins::CellNew { d: cell, a: cell });
        let start = self.here();
        self.before_giving_back(body, to, |this| {
            let end = this.here();
            this.lent.push(Lent {
                start,
                end,
                cell,
                owner,
            });
            if !this.is_never(body) {
                this.give_back(cell, owner);
            }
        });
    }

    /// Computes `body`, then does what is to be done before its result goes to a variable: that may be
    /// the one that was lent.
    fn before_giving_back(&mut self, body: &'p Expr, to: To, work: impl FnOnce(&mut Self)) {
        match to {
            To::Scalar(Target { fresh: false, .. }) => {
                let reg = self.s.alloc();
                self.expr(body, To::scalar(reg));
                work(self);
                self.deliver(self.repr(body), reg, to);
                self.done_s(Src { reg, temp: true });
            }
            To::Value(Target { fresh: false, .. }) => {
                let reg = self.v.alloc();
                self.expr(body, To::value(reg));
                work(self);
                self.deliver(Repr::Value, reg, to);
                self.taken(Src { reg, temp: true });
            }
            _ => {
                self.expr(body, to);
                work(self);
            }
        }
    }

    /// Moves the value of a variable into `d`.
    fn take_variable(&mut self, id: LocalId, d: Reg) -> Owner {
        let repr = self.local_repr(id);
        let root = match self.home(id) {
            Home::Scalar(reg) => {
                self.emit(super::emit::boxing(repr, d, reg));
                return Owner::Scalar(reg);
            }
            Home::FarScalar(i) => {
                let reg = self.s.alloc();
                self.read_local(id, false, To::scalar(reg));
                self.emit(super::emit::boxing(repr, d, reg));
                self.done_s(Src { reg, temp: true });
                return Owner::FarScalar(self.far_scalars(), i);
            }
            Home::Value(reg) => PlaceRoot::Reg(reg),
            Home::FarValue(i) => PlaceRoot::Far(self.far_values(), i),
            _ => {
                self.fail("a variable that is lent has no place");
                PlaceRoot::Reg(0)
            }
        };
        self.read_local(id, true, To::value(d));
        Owner::Place(self.place_index(Place {
            root,
            steps: Vec::new(),
        }))
    }

    /// Moves a part of a variable into `d`. Where others may look at the variable meanwhile they see
    /// the part as it was, and what is in `d` is a copy.
    fn take_part(
        &mut self,
        place: &'p program::Place,
        d: Reg,
        [value, body]: [&'p Expr; 2],
    ) -> Owner {
        let target = self.place(place, [body]);
        let alone = matches!(target.root, PlaceRoot::Reg(_) | PlaceRoot::Far(..));
        let i = self.place_index(target);
        self.expr(value, To::value(d));
        if alone && in_values(self.tables.repr(place.ty)) {
            let x = self.v.alloc();
            self.none(To::value(x));
            self.emit(Ins::SetPlace { x, i });
            self.taken(Src { reg: x, temp: true });
        }
        Owner::Place(i)
    }

    fn give_back(&mut self, cell: Reg, owner: Owner) {
        match owner {
            Owner::Scalar(d) => self.emit(Ins::CellGetS { d, a: cell }),
            Owner::FarScalar(a, i) => {
                let x = self.s.alloc();
                self.emit(Ins::CellGetS { d: x, a: cell });
                self.emit(Ins::FarSetS { x, a, i });
                self.done_s(Src { reg: x, temp: true });
            }
            Owner::Place(i) => {
                let root = self.places.get(usize::from(i)).map(|place| place.root);
                let whole = self
                    .places
                    .get(usize::from(i))
                    .is_some_and(|place| place.steps.is_empty());
                match root {
                    Some(PlaceRoot::Reg(d)) if whole => {
                        self.emit(Ins::CellTakeV { d, a: cell });
                    }
                    _ => {
                        let x = self.v.alloc();
                        self.emit(Ins::CellTakeV { d: x, a: cell });
                        self.emit(Ins::SetPlace { x, i });
                        self.taken(Src { reg: x, temp: true });
                    }
                }
            }
        }
    }

    // Top-level variables in cells.

    /// Makes the cells before the top level runs.
    pub(super) fn global_cells(&mut self) {
        let program = self.tables.program;
        let is_top_level = program
            .funcs
            .first()
            .is_some_and(|first| std::ptr::eq(first, self.func));
        if !is_top_level {
            return;
        }
        for index in program.carried as usize..program.globals.len() {
            let id = GlobalId(index32(index));
            if self.tables.is_boxed(id) {
                let (_, i) = self.tables.global(id);
                let x = self.v.alloc();
                self.emit(Ins::CellNew { d: x, a: x });
                self.emit(Ins::GlobalSetV { x, i });
                self.taken(Src { reg: x, temp: true });
            }
        }
    }

    fn with_global_cell(&mut self, i: u32, work: impl FnOnce(&mut Self, Reg)) {
        let reg = self.v.alloc();
        self.emit(Ins::GlobalGetV { d: reg, i });
        work(self, reg);
        self.done_v(Src { reg, temp: true });
    }

    pub(super) fn read_global_cell(&mut self, i: u32, to: To) {
        self.with_global_cell(i, |this, a| match to {
            To::Nothing => {}
            To::Scalar(t) => this.emit(Ins::CellGetS { d: t.reg, a }),
            To::Value(t) => this.emit(Ins::CellGetV { d: t.reg, a }),
        });
    }

    /// Moves the value out of the cell of a top-level variable.
    pub(super) fn take_global_cell(&mut self, i: u32, d: Reg) {
        self.with_global_cell(i, |this, a| this.emit(Ins::CellTakeV { d, a }));
    }

    /// Puts a value into the cell of a top-level variable.
    pub(super) fn set_global_cell(&mut self, i: u32, x: Reg) {
        self.with_global_cell(i, |this, a| this.emit(Ins::CellSetV { a, x }));
    }
}
