//! Patterns: first all tests, then all bindings.
//!
//! Parts that are neither tested nor bound are not looked at. An alternative (`p | q`) that binds
//! variables binds them while it is tested, since only then it is known which side matched.

use super::emit::Label;
use super::func::FuncCompiler;
use super::operator::constant_bits;
use super::regs::{Src, To, in_values};
use super::walk::bindings;
use crate::ins::{Ins, Reg};
use shape_check::program::{Expr, ExprKind, Pat, PatKind};
use shape_check::{Repr, Ty};

/// Where the value is that a pattern is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum In {
    Scalar(Reg),
    Value(Reg),
}

/// How to get from a value to a part of it.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// The same value, at another type.
    Same,
    /// A field, an element of a tuple, or a payload.
    Field(u32),
    /// An element of an array, from the end where negative.
    Element(i32),
}

impl<'p> FuncCompiler<'_, 'p> {
    /// Takes a value apart with a pattern that should match.
    pub(super) fn take_apart(&mut self, pat: &'p Pat, subject: In, last: bool, fail: Label) {
        self.tests(pat, subject, fail);
        self.bind_all(pat, subject, last);
    }

    // Tests.

    /// Jumps to `fail` unless the value matches.
    pub(super) fn tests(&mut self, pat: &'p Pat, subject: In, fail: Label) {
        match (&pat.kind, subject) {
            (PatKind::Wild | PatKind::Bind(_), _) => {}
            (PatKind::At(_, inner), _) => self.tests(inner, subject, fail),
            (PatKind::Lit(literal), In::Scalar(a)) => self.scalar_is(literal, pat.ty, a, fail),
            (PatKind::Lit(literal), In::Value(a)) => self.value_is(literal, a, fail),
            (PatKind::Range(low, high, inclusive), _) => {
                self.in_range([low, high], *inclusive, pat.ty, subject, fail);
            }
            (PatKind::Or(sides), _) => self.one_of(sides, subject, fail),
            (_, In::Scalar(_)) => self.scalar_kind(pat, subject, fail),
            (_, In::Value(a)) => self.value_kind(pat, a, fail),
        }
    }

    /// Patterns for values that are matched against a scalar, which is never `None`.
    fn scalar_kind(&mut self, pat: &'p Pat, subject: In, fail: Label) {
        match &pat.kind {
            PatKind::Some(inner) | PatKind::Is(_, inner) => self.tests(inner, subject, fail),
            _ => self.jump(Ins::Jump { t: 0 }, fail),
        }
    }

    fn value_kind(&mut self, pat: &'p Pat, a: Reg, fail: Label) {
        match &pat.kind {
            PatKind::None => self.jump(Ins::JSome { a, t: 0 }, fail),
            PatKind::Some(inner) => {
                self.jump(Ins::JNone { a, t: 0 }, fail);
                self.part_tests(inner, a, Part::Same, fail);
            }
            PatKind::Ok(inner) => {
                self.jump(Ins::JErr { a, t: 0 }, fail);
                self.part_tests(inner, a, Part::Field(0), fail);
            }
            PatKind::Err(inner) => {
                self.jump(Ins::JOk { a, t: 0 }, fail);
                self.part_tests(inner, a, Part::Field(0), fail);
            }
            PatKind::Variant(index, payload) => {
                self.variant_is(*index, a, fail);
                self.payload_tests(payload, a, fail);
            }
            PatKind::Fields(fields) => {
                for (index, inner) in fields {
                    self.part_tests(inner, a, Part::Field(*index), fail);
                }
            }
            PatKind::Array(first, rest, last) => {
                self.length_is(a, first.len() + last.len(), rest.is_some(), fail);
                for (index, inner) in (0..).zip(first) {
                    self.part_tests(inner, a, Part::Element(index), fail);
                }
                for (index, inner) in (1..).zip(last.iter().rev()) {
                    self.part_tests(inner, a, Part::Element(-index), fail);
                }
            }
            PatKind::Is(ty, inner) => {
                let test = self.tables.test(*ty);
                let i = self.index16(test);
                self.jump(Ins::JNotType { a, i, t: 0 }, fail);
                self.part_tests(inner, a, Part::Same, fail);
            }
            _ => {}
        }
    }

    pub(super) fn variant_is(&mut self, index: u32, a: Reg, fail: Label) {
        let i = self.index16(index as usize);
        self.jump(Ins::JNotVariant { a, i, t: 0 }, fail);
    }

    pub(super) fn payload_tests(&mut self, payload: &'p [Pat], a: Reg, fail: Label) {
        for (index, inner) in (0..).zip(payload) {
            self.part_tests(inner, a, Part::Field(index), fail);
        }
    }

    fn part_tests(&mut self, pat: &'p Pat, a: Reg, part: Part, fail: Label) {
        if !needs_tests(pat) {
            return;
        }
        if matches!(part, Part::Same) && in_values(self.tables.repr(pat.ty)) {
            return self.tests(pat, In::Value(a), fail);
        }
        if in_values(self.tables.repr(pat.ty)) {
            let reg = self.v.alloc();
            self.pattern_top = self.pattern_top.max(self.v.top);
            self.load_part(a, part, In::Value(reg));
            self.tests(pat, In::Value(reg), fail);
            self.done_v(Src { reg, temp: true });
        } else {
            let reg = self.s.alloc();
            self.load_part(a, part, In::Scalar(reg));
            self.tests(pat, In::Scalar(reg), fail);
            self.done_s(Src { reg, temp: true });
        }
    }

    pub(super) fn load_part(&mut self, a: Reg, part: Part, to: In) {
        match (part, to) {
            (Part::Same, In::Scalar(d)) => self.emit(Ins::Unbox { d, a }),
            (Part::Same, In::Value(d)) => self.emit(Ins::Copy { d, a }),
            (Part::Field(index), _) => {
                let i = self.index16(index as usize);
                self.emit(match to {
                    In::Scalar(d) => Ins::FieldS { d, a, i },
                    In::Value(d) => Ins::Field { d, a, i },
                });
            }
            (Part::Element(index), _) => {
                let b = self.s.alloc();
                self.emit(Ins::Int { d: b, imm: index });
                self.emit(match to {
                    In::Scalar(d) => Ins::IndexS { d, a, b },
                    In::Value(d) => Ins::IndexV { d, a, b },
                });
                self.done_s(Src { reg: b, temp: true });
            }
        }
    }

    fn length_is(&mut self, a: Reg, len: usize, at_least: bool, fail: Label) {
        let d = self.s.alloc();
        self.emit(Ins::ArrayLen { d, a });
        let imm = i16::try_from(len).unwrap_or(i16::MAX);
        self.jump(
            match at_least {
                true => Ins::JLtImm { a: d, imm, t: 0 },
                false => Ins::JNeImm { a: d, imm, t: 0 },
            },
            fail,
        );
        self.done_s(Src { reg: d, temp: true });
    }

    fn scalar_is(&mut self, literal: &'p Expr, ty: Ty, a: Reg, fail: Label) {
        let number = self.tables.repr(ty) == Repr::Number;
        let small = constant_bits(literal).and_then(|bits| i16::try_from(bits.cast_signed()).ok());
        match small {
            Some(imm) if !number => self.jump(Ins::JNeImm { a, imm, t: 0 }, fail),
            _ => {
                let b = self.scalar(literal, To::Nothing);
                let (b_reg, t) = (b.reg, 0);
                self.jump(
                    match number {
                        true => Ins::JNeN { a, b: b_reg, t },
                        false => Ins::JNeI { a, b: b_reg, t },
                    },
                    fail,
                );
                self.done_s(b);
            }
        }
    }

    fn value_is(&mut self, literal: &'p Expr, a: Reg, fail: Label) {
        if let ExprKind::Str(text) = &literal.kind
            && let Ok(i) = u16::try_from(self.tables.string(text))
        {
            return self.jump(Ins::JNeLit { a, i, t: 0 }, fail);
        }
        let b = self.value(literal, To::Nothing);
        self.value_test(|d, b| Ins::EqV { d, a, b }, b, true, fail);
    }

    /// Jumps to `fail` unless the comparison with `b`, which is dropped, gives `wanted`.
    fn value_test(&mut self, ins: impl Fn(Reg, Reg) -> Ins, b: Src, wanted: bool, fail: Label) {
        let d = self.s.alloc();
        self.emit(ins(d, b.reg));
        self.done_v(b);
        self.jump_if(d, !wanted, fail);
        self.done_s(Src { reg: d, temp: true });
    }

    fn in_range(
        &mut self,
        [low, high]: [&'p Expr; 2],
        inclusive: bool,
        ty: Ty,
        subject: In,
        fail: Label,
    ) {
        let number = self.tables.repr(ty) == Repr::Number;
        match subject {
            In::Scalar(a) => {
                let src = self.scalar(low, To::Nothing);
                let b = src.reg;
                self.jump(
                    match number {
                        true => Ins::JNotLeN { a: b, b: a, t: 0 },
                        false => Ins::JLtI { a, b, t: 0 },
                    },
                    fail,
                );
                self.done_s(src);
                let src = self.scalar(high, To::Nothing);
                let b = src.reg;
                self.jump(
                    match (number, inclusive) {
                        (true, true) => Ins::JNotLeN { a, b, t: 0 },
                        (true, false) => Ins::JNotLtN { a, b, t: 0 },
                        (false, true) => Ins::JLtI { a: b, b: a, t: 0 },
                        (false, false) => Ins::JLeI { a: b, b: a, t: 0 },
                    },
                    fail,
                );
                self.done_s(src);
            }
            In::Value(a) => {
                let b = self.value(low, To::Nothing);
                self.value_test(|d, b| Ins::LeV { d, a: b, b: a }, b, true, fail);
                let b = self.value(high, To::Nothing);
                let below = |d, b| match inclusive {
                    true => Ins::LeV { d, a, b },
                    false => Ins::LtV { d, a, b },
                };
                self.value_test(below, b, true, fail);
            }
        }
    }

    fn one_of(&mut self, sides: &'p [Pat], subject: In, fail: Label) {
        let matched = self.label();
        let Some((last, others)) = sides.split_last() else {
            return;
        };
        for side in others {
            let next = self.label();
            self.tests(side, subject, next);
            self.bind_early(side, subject);
            self.jump(Ins::Jump { t: 0 }, matched);
            self.bind(next);
        }
        self.tests(last, subject, fail);
        self.bind_early(last, subject);
        self.bind(matched);
    }

    fn bind_early(&mut self, pat: &'p Pat, subject: In) {
        self.bind_all(pat, subject, false);
        let mut binds = false;
        bindings(pat, &mut |_| binds = true);
        if binds {
            self.pattern_top = self.pattern_top.max(self.v.top);
        }
    }
}

/// Whether anything has to be tested, or bound early.
fn needs_tests(pat: &Pat) -> bool {
    match &pat.kind {
        PatKind::Wild | PatKind::Bind(_) => false,
        PatKind::At(_, inner) => needs_tests(inner),
        PatKind::Fields(fields) => fields.iter().any(|(_, inner)| needs_tests(inner)),
        _ => true,
    }
}
