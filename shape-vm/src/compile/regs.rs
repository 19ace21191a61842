//! Registers of a function while it is compiled.
//!
//! Each bank is a stack: variables of open blocks lie at the bottom, operands of the expression that
//! is being compiled above them, so the free part of the window always starts at the top. That is
//! where the windows of callees begin.

use crate::ins::Reg;
use shape_check::Repr;

/// How many registers variables of the function's outermost block may take. What is left serves
/// inner blocks, which hold the loops, and operands.
const OUTER_VARIABLES: u16 = 144;
/// How many registers variables may take in all.
const VARIABLES: u16 = 200;
/// Below this many registers in use there is room for operands.
pub(super) const OPERANDS: u16 = 180;
/// One register stays free so that the end of a range of registers fits into a byte.
const REGISTERS: u16 = 255;

/// The registers of one bank.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bank {
    pub(super) top: u16,
    /// The most that was in use at one time.
    pub(super) max: u16,
    /// Whether more were asked for than there are.
    pub(super) overflow: bool,
}

impl Bank {
    /// The next register.
    pub(super) fn alloc(&mut self) -> Reg {
        let reg = self.peek();
        if self.top + 1 < REGISTERS {
            self.top += 1;
        }
        self.max = self.max.max(self.top);
        reg
    }

    /// The register that would come next. It is reserved only in so far as it is counted as used.
    pub(super) fn peek(&mut self) -> Reg {
        self.overflow |= self.top + 1 >= REGISTERS;
        self.max = self.max.max((self.top + 1).min(REGISTERS));
        self.top.to_le_bytes()[0]
    }

    /// Counts a register as used.
    pub(super) fn reach(&mut self, reg: Reg) {
        self.overflow |= u16::from(reg) + 1 >= REGISTERS;
        self.max = self.max.max(u16::from(reg) + 1);
    }

    /// A register for a variable, if variables may still have one.
    pub(super) fn variable(&mut self, outer: bool) -> Option<Reg> {
        let limit = if outer { OUTER_VARIABLES } else { VARIABLES };
        (self.top < limit).then(|| self.alloc())
    }

    /// Whether `reg` is the last one in use.
    pub(super) fn is_last(&self, reg: Reg) -> bool {
        u16::from(reg) + 1 == self.top
    }
}

/// Where a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Not in use here.
    Nowhere,
    /// A scalar register.
    Scalar(Reg),
    /// A value register.
    Value(Reg),
    /// In the cell in a value register.
    Cell(Reg),
    /// A far scalar.
    FarScalar(u16),
    /// A far value.
    FarValue(u16),
    /// In the cell in a far value.
    FarCell(u16),
}

/// Where a result is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// Nowhere.
    Nothing,
    /// A scalar register.
    Scalar(Target),
    /// A value register.
    Value(Target),
}

/// A register for a result. It is written by the last instruction that computes the result, unless
/// it is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) reg: Reg,
    /// Nothing of interest is in it, so that it may hold operands in between.
    pub(super) fresh: bool,
}

impl Target {
    pub(super) fn fresh(reg: Reg) -> Self {
        Self { reg, fresh: true }
    }

    pub(super) fn of_variable(reg: Reg) -> Self {
        Self { reg, fresh: false }
    }
}

impl To {
    pub(super) fn scalar(reg: Reg) -> Self {
        Self::Scalar(Target::fresh(reg))
    }

    pub(super) fn value(reg: Reg) -> Self {
        Self::Value(Target::fresh(reg))
    }

    /// The bank for results of this form.
    pub(super) fn is_value(self) -> bool {
        matches!(self, Self::Value(_))
    }
}

/// An operand in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Src {
    pub(super) reg: Reg,
    /// Whether the register was allocated for it and is to be given back; otherwise it is that of a
    /// variable, or of the result.
    pub(super) temp: bool,
}

/// Whether registers of this form are value registers.
pub(super) fn in_values(repr: Repr) -> bool {
    repr == Repr::Value
}
