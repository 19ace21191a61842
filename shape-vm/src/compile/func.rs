//! One function.

use super::emit::{Label, Labels};
use super::live::LastUses;
use super::regs::{Bank, Home, Src, To, in_values};
use super::scope::{ScopeId, Scopes};
use super::tables::Tables;
use super::{Abi, control, emit};
use crate::code::{FuncCode, Handler, Lent, Piece, Place, Slot, SpanTable};
use crate::ins::{Ins, Reg};
use shape_check::Repr;
use shape_check::program::{Expr, ExprKind, Func, LocalId};
use shape_syntax::Span;
use std::sync::Arc;

/// The compiler of one function.
pub(super) struct FuncCompiler<'t, 'p> {
    pub(super) tables: &'t mut Tables<'p>,
    pub(super) func: &'p Func,
    abi: &'p Abi,
    pub(super) scopes: Scopes,
    pub(super) last_uses: LastUses,
    /// By variable: where it is now.
    pub(super) homes: Vec<Home>,
    pub(super) s: Bank,
    pub(super) v: Bank,
    /// The open scopes from the outside in.
    pub(super) open: Vec<OpenScope>,
    pub(super) loops: Vec<control::Loop>,
    pub(super) far: Option<Far>,
    /// The highest value register that tests of the current pattern left something in.
    pub(super) pattern_top: u16,
    pub(super) ins: Vec<Ins>,
    pub(super) spans: SpanTable,
    pub(super) span: Span,
    pub(super) labels: Labels,
    pub(super) handlers: Vec<Handler>,
    pub(super) lent: Vec<Lent>,
    pub(super) places: Vec<Place>,
    pub(super) pieces: Vec<Vec<Piece>>,
    /// Labels by number of the variant, and that for all others.
    pub(super) switches: Vec<(Vec<Label>, Label)>,
    pub(super) pins: Vec<control::Pins>,
    /// Whether constants may be kept in the registers of the last pins.
    pub(super) pinning: bool,
    pub(super) expected: Vec<(u32, Arc<str>)>,
    pub(super) failed: Option<&'static str>,
}

/// A scope while it is open.
pub(super) struct OpenScope {
    s_top: u16,
    v_top: u16,
    /// Its variables.
    variables: Vec<LocalId>,
    /// Those of them that are far values.
    far_values: Vec<u16>,
}

/// The block of variables that do not fit into the window.
pub(super) struct Far {
    /// The register of the block of scalars; that of the values follows.
    pub(super) block: Reg,
    /// The instruction that makes the blocks.
    at: usize,
    scalars: u16,
    values: u16,
}

/// With fewer variables than this, all fit into the window.
const FEW_VARIABLES: usize = 128;

impl<'t, 'p> FuncCompiler<'t, 'p> {
    pub(super) fn new(tables: &'t mut Tables<'p>, func: &'p Func, abi: &'p Abi) -> Self {
        let scopes = Scopes::of(func);
        let last_uses = LastUses::of(func, &scopes, tables);
        Self {
            tables,
            func,
            abi,
            scopes,
            last_uses,
            homes: vec![Home::Nowhere; func.locals.len()],
            s: Bank::default(),
            v: Bank::default(),
            open: Vec::new(),
            loops: Vec::new(),
            far: None,
            pattern_top: 0,
            ins: Vec::new(),
            spans: SpanTable::default(),
            span: func.span,
            labels: Labels::default(),
            handlers: Vec::new(),
            lent: Vec::new(),
            places: Vec::new(),
            pieces: Vec::new(),
            switches: Vec::new(),
            pins: Vec::new(),
            pinning: false,
            expected: Vec::new(),
            failed: None,
        }
    }

    pub(super) fn compile(mut self) -> FuncCode {
        self.parameters();
        self.global_cells();
        self.enter(0);
        self.tail(&self.func.body);
        self.link_jumps();
        self.patch_far();
        if self.s.overflow || self.v.overflow {
            self.fail("an expression nests too deeply");
        }
        if let Some(reason) = self.failed {
            self.ins = vec![Ins::Internal {
                i: self.tables.text(reason),
            }];
            self.handlers.clear();
            self.lent.clear();
        }
        self.finish()
    }

    fn finish(self) -> FuncCode {
        let abi = self.abi;
        let switches = self.linked_switches();
        FuncCode {
            name: (*self.func.name).into(),
            internal: self.func.internal,
            ins: self.ins,
            spans: self.spans,
            handlers: self.handlers,
            lent: self.lent,
            places: self.places,
            pieces: self.pieces,
            switches,
            pins: self.pins.into_iter().map(|pins| pins.constants).collect(),
            expected: self.expected,
            values: self.v.max.into(),
            plain: false,
            captures: abi.params[..abi.captures].to_vec(),
            captured: abi.counts(abi.captures),
            params: abi.counts(abi.params.len()),
            ret: abi.ret,
        }
    }

    /// Parameters come in the first registers of each bank.
    fn parameters(&mut self) {
        for (index, slot) in self.abi.params.iter().enumerate() {
            self.homes[index] = match slot {
                Slot::Scalar => Home::Scalar(self.s.alloc()),
                Slot::Value => Home::Value(self.v.alloc()),
            };
        }
        if self.func.locals.len() > FEW_VARIABLES {
            self.reserve_far();
        }
        for index in 0..self.abi.params.len() {
            if self.func.locals[index].boxed {
                self.parameter_in_cell(index);
            }
        }
    }

    /// A captured variable that is boxed comes in its cell, and so does a reference; any other parameter is put into one here.
    fn parameter_in_cell(&mut self, index: usize) {
        let captured = index < self.func.captures as usize || self.func.locals[index].by_ref;
        let repr = self.tables.repr(self.func.locals[index].ty);
        self.homes[index] = match self.homes[index] {
            Home::Value(reg) => {
                if !captured {
                    self.emit(Ins::CellNew { d: reg, a: reg });
                }
                Home::Cell(reg)
            }
            Home::Scalar(reg) => {
                let cell = self.v.alloc();
                self.emit(emit::boxing(repr, cell, reg));
                self.emit(Ins::CellNew { d: cell, a: cell });
                Home::Cell(cell)
            }
            other => other,
        };
    }

    fn reserve_far(&mut self) {
        let block = self.v.alloc();
        self.v.alloc();
        self.far = Some(Far {
            block,
            at: self.ins.len(),
            scalars: 0,
            values: 0,
        });
        self.emit(Ins::FarNew {
            d: block,
            s: 0,
            v: 0,
        });
    }

    fn patch_far(&mut self) {
        if let Some(far) = &self.far
            && let Some(Ins::FarNew { s, v, .. }) = self.ins.get_mut(far.at)
        {
            (*s, *v) = (far.scalars, far.values);
        }
    }

    // Scopes and variables.

    pub(super) fn enter(&mut self, scope: ScopeId) {
        self.open.push(OpenScope {
            s_top: self.s.top,
            v_top: self.v.top,
            variables: Vec::new(),
            far_values: Vec::new(),
        });
        for id in self.scopes.early[scope].clone() {
            if self.homes[id.0 as usize] == Home::Nowhere {
                self.allocate(id);
            }
        }
    }

    /// Makes a variable one of the innermost scope, where it has got a place already.
    pub(super) fn belongs_here(&mut self, id: LocalId) {
        if let Some(scope) = self.open.last_mut() {
            scope.variables.push(id);
        }
    }

    /// Closes the innermost scope; its variables are emptied.
    pub(super) fn leave(&mut self) {
        let innermost = self.open.len().saturating_sub(1);
        let from = self.open.last().map_or(self.v.top, |scope| scope.v_top);
        self.clear_scopes(innermost, from);
        self.forget();
    }

    /// Closes the innermost scope at a place that is not reached.
    pub(super) fn forget(&mut self) {
        if let Some(scope) = self.open.pop() {
            self.s.top = scope.s_top;
            self.v.top = scope.v_top;
            for id in scope.variables {
                self.homes[id.0 as usize] = Home::Nowhere;
            }
        }
    }

    /// Empties the variables of the scopes from the one with index `outermost` inwards, and all value
    /// registers from `from` on.
    pub(super) fn clear_scopes(&mut self, outermost: usize, from: u16) {
        let inner = self.open.get(outermost..).unwrap_or_default();
        let far: Vec<u16> = inner
            .iter()
            .flat_map(|scope| scope.far_values.clone())
            .collect();
        self.clear_from(from);
        for i in far {
            let reg = self.v.alloc();
            self.emit(Ins::FarTakeV {
                d: reg,
                a: self.far_values(),
                i,
            });
            self.done_v(Src { reg, temp: true });
        }
    }

    /// Finds a place for a variable.
    pub(super) fn allocate(&mut self, id: LocalId) {
        let variable = &self.func.locals[id.0 as usize];
        let value = variable.boxed || in_values(self.tables.repr(variable.ty));
        let outer = self.open.len() <= 2;
        let bank = if value { &mut self.v } else { &mut self.s };
        let reg = match self.far {
            None => Some(bank.alloc()),
            Some(_) => bank.variable(outer),
        };
        let home = match (reg, value, variable.boxed) {
            (Some(reg), false, _) => Home::Scalar(reg),
            (Some(reg), true, false) => Home::Value(reg),
            (Some(reg), true, true) => Home::Cell(reg),
            (None, false, _) => Home::FarScalar(self.far_index(false)),
            (None, true, false) => Home::FarValue(self.far_index(true)),
            (None, true, true) => Home::FarCell(self.far_index(true)),
        };
        self.homes[id.0 as usize] = home;
        self.belongs_here(id);
    }

    fn far_index(&mut self, value: bool) -> u16 {
        let Some(far) = &mut self.far else {
            self.fail("too many variables");
            return 0;
        };
        let count = if value {
            &mut far.values
        } else {
            &mut far.scalars
        };
        let index = *count;
        if index == u16::MAX {
            self.fail("too many variables");
            return 0;
        }
        *count += 1;
        if value && let Some(scope) = self.open.last_mut() {
            scope.far_values.push(index);
        }
        index
    }

    pub(super) fn far_scalars(&self) -> Reg {
        self.far.as_ref().map_or(0, |far| far.block)
    }

    pub(super) fn far_values(&self) -> Reg {
        self.far_scalars().saturating_add(1)
    }

    pub(super) fn home(&self, id: LocalId) -> Home {
        self.homes
            .get(id.0 as usize)
            .copied()
            .unwrap_or(Home::Nowhere)
    }

    /// The form of the variable's value.
    pub(super) fn local_repr(&self, id: LocalId) -> Repr {
        let variable = self.func.locals.get(id.0 as usize);
        variable.map_or(Repr::Unit, |variable| self.tables.repr(variable.ty))
    }

    // The value of the function.

    /// Compiles an expression whose value the function returns.
    pub(super) fn tail(&mut self, e: &'p Expr) {
        let outer = std::mem::replace(&mut self.span, e.span);
        shape_syntax::deep(|| self.tail_inner(e));
        self.span = outer;
    }

    fn tail_inner(&mut self, e: &'p Expr) {
        match &e.kind {
            ExprKind::Block(stmts, value) => {
                self.enter(self.scopes.opened_by(e));
                stmts.iter().for_each(|stmt| self.effect(stmt));
                match value {
                    Some(value) => self.tail(value),
                    None if self.is_never(e) => {}
                    None => self.emit(Ins::RetU {
                        n: self.v.top.to_le_bytes()[0],
                    }),
                }
                self.forget();
            }
            ExprKind::If(c, a, Some(b)) => {
                let otherwise = self.label();
                self.branch(c, false, otherwise);
                self.tail(a);
                self.bind(otherwise);
                self.tail(b);
            }
            ExprKind::Match(..) => self.match_tail(e),
            ExprKind::Return(Some(value)) => self.tail(value),
            _ => self.tail_value(e),
        }
    }

    fn tail_value(&mut self, e: &'p Expr) {
        if self.is_never(e) {
            return self.effect(e);
        }
        match self.tables.repr(self.func.ret) {
            Repr::Unit => {
                self.effect(e);
                self.emit(Ins::RetU {
                    n: self.v.top.to_le_bytes()[0],
                });
            }
            Repr::Value => {
                let src = self.value(e, To::Nothing);
                self.emit(Ins::RetV {
                    a: src.reg,
                    n: self.v.top.to_le_bytes()[0],
                });
                self.taken(src);
            }
            _ => {
                let src = self.scalar(e, To::Nothing);
                self.emit(Ins::RetS {
                    a: src.reg,
                    n: self.v.top.to_le_bytes()[0],
                });
                self.done_s(src);
            }
        }
    }
}
