//! Emitting instructions: jumps, places in the text, side tables.

use super::func::FuncCompiler;
use super::regs::{Src, To};
use super::tables::index32;
use crate::code::Switch;
use crate::ins::{Ins, Reg};
use shape_check::Repr;

/// A place in the code that may not be known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// Labels, and the jumps that wait for them.
#[derive(Default)]
pub(super) struct Labels {
    places: Vec<Option<u32>>,
    targets: Vec<bool>,
    jumps: Vec<(usize, Label)>,
}

impl FuncCompiler<'_, '_> {
    /// Appends an instruction that stems from the current place in the text.
    pub(super) fn emit(&mut self, ins: Ins) {
        self.spans.push(self.ins.len(), self.span);
        self.ins.push(ins);
    }

    pub(super) fn label(&mut self) -> Label {
        self.labels.places.push(None);
        self.labels.targets.push(false);
        Label(self.labels.places.len() - 1)
    }

    /// Makes `label` stand for the next instruction.
    pub(super) fn bind(&mut self, label: Label) {
        self.labels.places[label.0] = Some(self.here());
    }

    /// A label for the next instruction.
    pub(super) fn label_here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// The index of the next instruction.
    pub(super) fn here(&self) -> u32 {
        index32(self.ins.len())
    }

    /// Appends a jump to `label`; its own target is ignored.
    pub(super) fn jump(&mut self, jump: Ins, label: Label) {
        self.labels.jumps.push((self.ins.len(), label));
        self.labels.targets[label.0] = true;
        self.emit(jump);
    }

    /// Says that a table of jumps goes to `label`.
    pub(super) fn mark_target(&mut self, label: Label) {
        self.labels.targets[label.0] = true;
    }

    /// Whether any jump goes to `label`.
    pub(super) fn is_target(&self, label: Label) -> bool {
        self.labels.targets[label.0]
    }

    /// Where `label` is.
    pub(super) fn place_of(&self, label: Label) -> u32 {
        self.labels.places[label.0].unwrap_or(0)
    }

    /// Gives all jumps their targets.
    pub(super) fn link_jumps(&mut self) {
        for (at, label) in std::mem::take(&mut self.labels.jumps) {
            let place = self.place_of(label);
            if let Some(target) = self.ins.get_mut(at).and_then(Ins::target_mut) {
                *target = place;
            }
        }
    }

    /// The tables of jumps with their targets.
    pub(super) fn linked_switches(&self) -> Vec<Switch> {
        let linked = |(targets, default): &(Vec<Label>, Label)| Switch {
            targets: targets.iter().map(|label| self.place_of(*label)).collect(),
            default: self.place_of(*default),
        };
        self.switches.iter().map(linked).collect()
    }

    /// An index that an instruction holds in 16 bits.
    pub(super) fn index16(&mut self, index: usize) -> u16 {
        u16::try_from(index).unwrap_or_else(|_| {
            self.fail("the function is too large");
            0
        })
    }

    /// Makes the function one that stops the run with `reason`.
    pub(super) fn fail(&mut self, reason: &'static str) {
        self.failed = self.failed.or(Some(reason));
    }

    /// Gives a scalar operand's register back.
    pub(super) fn done_s(&mut self, src: Src) {
        if src.temp {
            self.s.top = src.reg.into();
        }
    }

    /// Gives a value operand's register back, and drops the value.
    pub(super) fn done_v(&mut self, src: Src) {
        if src.temp {
            self.clear(src.reg, 1);
            self.v.top = src.reg.into();
        }
    }

    /// Gives a value operand's register back when an instruction has taken the value.
    pub(super) fn taken(&mut self, src: Src) {
        if src.temp {
            self.v.top = src.reg.into();
        }
    }

    /// Empties value registers.
    pub(super) fn clear(&mut self, a: Reg, n: u8) {
        if n > 0 {
            self.emit(Ins::Clear { a, n });
        }
    }

    /// Empties the value registers from `from` up to the top.
    pub(super) fn clear_from(&mut self, from: u16) {
        let n = self.v.top.saturating_sub(from).min(255);
        self.clear(from.to_le_bytes()[0], n.to_le_bytes()[0]);
    }

    /// Writes a result that is in the wrong register, or in the wrong bank, to where it is wanted.
    pub(super) fn deliver(&mut self, repr: Repr, reg: Reg, to: To) {
        match (repr == Repr::Value, to) {
            (true, To::Nothing) => self.clear(reg, 1),
            (false, To::Nothing) => {}
            (true, To::Value(t)) if t.reg != reg => self.emit(Ins::Take { d: t.reg, a: reg }),
            (false, To::Scalar(t)) if t.reg != reg => self.emit(Ins::MoveS { d: t.reg, a: reg }),
            (true, To::Scalar(t)) => {
                self.emit(Ins::Unbox { d: t.reg, a: reg });
                self.clear(reg, 1);
            }
            (false, To::Value(t)) => self.emit(boxing(repr, t.reg, reg)),
            _ => {}
        }
    }
}

/// The instruction that puts a scalar into a value.
pub(super) fn boxing(repr: Repr, d: Reg, a: Reg) -> Ins {
    match repr {
        Repr::Int => Ins::BoxI { d, a },
        Repr::Number => Ins::BoxN { d, a },
        Repr::Bool => Ins::BoxB { d, a },
        Repr::Char => Ins::BoxC { d, a },
        Repr::Duration => Ins::BoxD { d, a },
        Repr::Unit => Ins::BoxU { d },
        Repr::Value => Ins::Copy { d, a },
    }
}
