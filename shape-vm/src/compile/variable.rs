//! Variables: reading, first values, assignments.

use super::emit::boxing;
use super::func::FuncCompiler;
use super::regs::{Home, Src, Target, To, in_values};
use crate::ins::{Ins, Reg};
use shape_check::Repr;
use shape_check::program::{Expr, GlobalId, LocalId};

impl<'p> FuncCompiler<'_, 'p> {
    /// Reads a variable into `to`, whose bank is that of the variable. With `last`, a value may be
    /// moved.
    pub(super) fn read_local(&mut self, id: LocalId, last: bool, to: To) {
        let d = match to {
            To::Nothing => return,
            To::Scalar(t) | To::Value(t) => t.reg,
        };
        match (self.home(id), to.is_value()) {
            (Home::Scalar(a) | Home::Value(a), _) if a == d => {}
            (Home::Scalar(a), _) => self.emit(Ins::MoveS { d, a }),
            (Home::Value(a), _) if last => self.emit(Ins::Take { d, a }),
            (Home::Value(a), _) => self.emit(Ins::Copy { d, a }),
            (Home::Cell(a), true) => self.emit(Ins::CellGetV { d, a }),
            (Home::Cell(a), false) => self.emit(Ins::CellGetS { d, a }),
            (Home::FarScalar(i), _) => self.emit(Ins::FarGetS {
                d,
                a: self.far_scalars(),
                i,
            }),
            (Home::FarValue(i), _) if last => {
                self.emit(Ins::FarTakeV {
                    d,
                    a: self.far_values(),
                    i,
                });
            }
            (Home::FarValue(i), _) => self.emit(Ins::FarGetV {
                d,
                a: self.far_values(),
                i,
            }),
            (Home::FarCell(_), _) => self.with_cell(id, |this, a| {
                this.emit(match to.is_value() {
                    true => Ins::CellGetV { d, a },
                    false => Ins::CellGetS { d, a },
                });
            }),
            (Home::Nowhere, _) => self.fail("a variable is used outside of its block"),
        }
    }

    /// The cell of a boxed variable, for a closure.
    pub(super) fn read_cell(&mut self, id: LocalId, to: To) {
        if let To::Value(t) = to {
            self.with_cell(id, |this, a| this.emit(Ins::Copy { d: t.reg, a }));
        }
    }

    /// Gives `work` the register that holds the variable's cell.
    fn with_cell(&mut self, id: LocalId, work: impl FnOnce(&mut Self, Reg)) {
        match self.home(id) {
            Home::Cell(reg) => work(self, reg),
            Home::FarCell(i) => {
                let reg = self.v.alloc();
                self.emit(Ins::FarGetV {
                    d: reg,
                    a: self.far_values(),
                    i,
                });
                work(self, reg);
                self.done_v(Src { reg, temp: true });
            }
            _ => self.fail("a variable has no cell"),
        }
    }

    /// The first value of a variable.
    pub(super) fn init(&mut self, id: LocalId, value: &'p Expr) {
        let new = self.home(id) == Home::Nowhere;
        if new {
            self.allocate(id);
        }
        match self.home(id) {
            Home::Scalar(reg) => {
                let fresh = new && self.s.is_last(reg);
                self.expr(value, To::Scalar(Target { reg, fresh }));
            }
            Home::Value(reg) => {
                let fresh = new && self.v.is_last(reg);
                self.expr(value, To::Value(Target { reg, fresh }));
            }
            Home::FarScalar(_) => {
                let src = self.scalar(value, To::Nothing);
                self.store(id, src.reg, false);
                self.done_s(src);
            }
            _ => {
                let reg = self.v.alloc();
                self.expr(value, To::value(reg));
                self.first_value(id, Repr::Value, reg, true);
                self.done_v(Src { reg, temp: true });
            }
        }
    }

    /// Gives a variable its first value, of form `repr`, from a register; a value that may be taken
    /// is moved.
    pub(super) fn first_value(&mut self, id: LocalId, repr: Repr, reg: Reg, take: bool) {
        let move_value = |d, a| {
            if take {
                Ins::Take { d, a }
            } else {
                Ins::Copy { d, a }
            }
        };
        match (self.home(id), in_values(repr)) {
            (Home::Scalar(d), false) => self.emit(Ins::MoveS { d, a: reg }),
            (Home::Scalar(d), true) => self.emit(Ins::Unbox { d, a: reg }),
            (Home::Value(d), true) => self.emit(move_value(d, reg)),
            (Home::Value(d), false) => self.emit(boxing(repr, d, reg)),
            (Home::FarScalar(_), false) => self.store(id, reg, false),
            (Home::FarScalar(_), true) => {
                let scalar = self.s.alloc();
                self.emit(Ins::Unbox { d: scalar, a: reg });
                self.store(id, scalar, false);
                self.done_s(Src {
                    reg: scalar,
                    temp: true,
                });
            }
            (Home::Nowhere, _) => self.fail("a variable is set outside of its block"),
            (home, value) => {
                let temp = self.v.alloc();
                self.emit(if value {
                    move_value(temp, reg)
                } else {
                    boxing(repr, temp, reg)
                });
                match home {
                    Home::Cell(d) => self.emit(Ins::CellNew { d, a: temp }),
                    Home::FarCell(i) => {
                        self.emit(Ins::CellNew { d: temp, a: temp });
                        self.emit(Ins::FarSetV {
                            x: temp,
                            a: self.far_values(),
                            i,
                        });
                    }
                    _ => self.store(id, temp, true),
                }
                self.taken(Src {
                    reg: temp,
                    temp: true,
                });
            }
        }
    }

    /// Assigns to a far variable from a register of its bank; a value is taken.
    fn store(&mut self, id: LocalId, x: Reg, value: bool) {
        match (self.home(id), value) {
            (Home::FarScalar(i), false) => self.emit(Ins::FarSetS {
                x,
                a: self.far_scalars(),
                i,
            }),
            (Home::FarValue(i), true) => self.emit(Ins::FarSetV {
                x,
                a: self.far_values(),
                i,
            }),
            _ => self.fail("a variable is set in the wrong bank"),
        }
    }

    /// `id = value`
    pub(super) fn set_local(&mut self, id: LocalId, value: &'p Expr) {
        if self.append_local(id, value) || self.mutate_local(id, value) {
            return;
        }
        match self.home(id) {
            Home::Scalar(reg) => self.expr(value, To::Scalar(Target::of_variable(reg))),
            Home::Value(reg) => self.expr(value, To::Value(Target::of_variable(reg))),
            Home::FarScalar(_) => {
                let src = self.scalar(value, To::Nothing);
                self.store(id, src.reg, false);
                self.done_s(src);
            }
            Home::FarValue(_) => {
                let reg = self.v.alloc();
                self.expr(value, To::value(reg));
                self.store(id, reg, true);
                self.taken(Src { reg, temp: true });
            }
            Home::Cell(_) | Home::FarCell(_) => self.set_cell(id, value),
            Home::Nowhere => self.fail("a variable is set outside of its block"),
        }
    }

    fn set_cell(&mut self, id: LocalId, value: &'p Expr) {
        match self.local_repr(id) {
            repr @ (Repr::Int | Repr::Number) => {
                let src = self.scalar(value, To::Nothing);
                self.with_cell(id, |this, a| {
                    this.emit(match repr {
                        Repr::Int => Ins::CellSetI { a, x: src.reg },
                        _ => Ins::CellSetN { a, x: src.reg },
                    });
                });
                self.done_s(src);
            }
            _ => {
                let reg = self.v.alloc();
                self.expr(value, To::value(reg));
                self.set_cell_from(id, reg);
                self.taken(Src { reg, temp: true });
            }
        }
    }

    fn set_cell_from(&mut self, id: LocalId, x: Reg) {
        self.with_cell(id, |this, a| this.emit(Ins::CellSetV { a, x }));
    }

    /// Moves the value of a variable into `d`; [`Self::put_local`] brings it back.
    pub(super) fn take_local(&mut self, id: LocalId, d: Reg) {
        match self.home(id) {
            Home::Cell(_) | Home::FarCell(_) => {
                self.with_cell(id, |this, a| this.emit(Ins::CellTakeV { d, a }));
            }
            _ => self.read_local(id, true, To::value(d)),
        }
    }

    pub(super) fn put_local(&mut self, id: LocalId, x: Reg) {
        match self.home(id) {
            Home::Value(d) => self.emit(Ins::Take { d, a: x }),
            Home::Cell(_) | Home::FarCell(_) => self.set_cell_from(id, x),
            _ => self.store(id, x, true),
        }
    }

    // Top-level variables.

    pub(super) fn read_global(&mut self, id: GlobalId, to: To) {
        let (_, i) = self.tables.global(id);
        if self.tables.is_boxed(id) {
            return self.read_global_cell(i, to);
        }
        match to {
            To::Nothing => {}
            To::Scalar(t) => self.emit(Ins::GlobalGetS { d: t.reg, i }),
            To::Value(t) => self.emit(Ins::GlobalGetV { d: t.reg, i }),
        }
    }

    /// `id = value`
    pub(super) fn set_global(&mut self, id: GlobalId, value: &'p Expr) {
        if self.append_global(id, value) || self.mutate_global(id, value) {
            return;
        }
        let (repr, i) = self.tables.global(id);
        if self.tables.is_boxed(id) {
            let reg = self.v.alloc();
            self.expr(value, To::value(reg));
            self.set_global_cell(i, reg);
            self.taken(Src { reg, temp: true });
        } else if in_values(repr) {
            let reg = self.v.alloc();
            self.expr(value, To::value(reg));
            self.emit(Ins::GlobalSetV { x: reg, i });
            self.taken(Src { reg, temp: true });
        } else {
            let src = self.scalar(value, To::Nothing);
            self.emit(Ins::GlobalSetS { x: src.reg, i });
            self.done_s(src);
        }
    }
}
