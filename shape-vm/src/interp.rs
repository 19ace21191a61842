//! The interpreter's loop.
//!
//! One `match` over the instructions. The registers of the running function are two array
//! references, `s` and `v`, that are taken anew on every call and return; a register operand is a
//! byte, so indexing them needs no check. Everything that is rare is a call to a function that is
//! not inlined, and every failure leaves the loop as a [`Fault`].

use crate::code::{Code, FuncCode};
use crate::frame::{Frame, Frames, Stacks, make_room, window};
use crate::ins::Ins;
use crate::ops::value::{holders, is_err, missing, put, variant_index};
use crate::ops::{array, build, call, number, text, value, variable};
use crate::traceback::RunError;
use crate::trap::Fault;
use crate::unwind::catch;
use shape_check::Repr;
use shape_runtime::{HostCx, Places};
use shape_value::{Array, HeapValue, Map, Range, Set, Value};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a run works on besides its stacks.
pub(crate) struct World<'c> {
    pub(crate) code: &'c Code,
    pub(crate) cx: &'c mut HostCx,
    pub(crate) interrupt: &'c AtomicBool,
    pub(crate) hosts: Rc<[&'c HostFn]>,
    pub(crate) literals: Vec<Value>,
    pub(crate) scalars: Vec<u64>,
    pub(crate) globals: Vec<Value>,
    /// Where texts are put together.
    pub(crate) text: String,
}

/// A host function as it is called: what is in a [`Trampoline`](shape_runtime::Trampoline).
pub(crate) type HostFn = <shape_runtime::Trampoline as Deref>::Target;

/// What the loop keeps in memory, behind one pointer: what it changes with every instruction is then
/// all that needs a processor's register.
struct Machine<'w, 'c> {
    world: &'w mut World<'c>,
    /// That of the running function.
    code: &'c [Ins],
    frames: Frames<'c>,
    stacks: Stacks,
    funcs: &'c [FuncCode],
    consts: &'c [u64],
    hosts: Rc<[&'c HostFn]>,
    interrupt: &'c AtomicBool,
}

/// Runs the function of the first frame, whose result is then in the first register of its bank.
pub(crate) fn run<'c>(
    world: &mut World<'c>,
    stacks: &mut Stacks,
    frames: &mut Frames<'c>,
) -> Result<(), RunError> {
    let mut machine = Machine {
        code: &[],
        frames: std::mem::replace(frames, Frames::none()),
        stacks: std::mem::replace(stacks, Stacks::none()),
        funcs: &world.code.funcs,
        consts: &world.code.consts,
        hosts: Rc::clone(&world.hosts),
        interrupt: world.interrupt,
        world,
    };
    let result = loop {
        let Some(fault) = steps(&mut machine) else {
            break Ok(());
        };
        if let Err(error) = catch(
            fault,
            machine.world,
            &mut machine.frames,
            &mut machine.stacks,
        ) {
            break Err(error);
        }
    };
    *frames = machine.frames;
    *stacks = machine.stacks;
    result
}

/// Carries out instructions until the function that was called first returns, or one fails. The last
/// frame is that of the running function; its `rest` is up to date while it does not run.
#[allow(clippy::too_many_lines, reason = "the table of instructions")]
fn steps<'c>(machine: &mut Machine<'_, 'c>) -> Option<Fault> {
    let Machine {
        world,
        code,
        frames: Frames { all: frames, depth },
        stacks: Stacks {
            s: s_stack,
            v: v_stack,
        },
        funcs,
        consts,
        hosts,
        interrupt,
    } = machine;
    let Frame { func, rest, bases } = frames.get(*depth as usize)?.clone();
    *code = &func.ins;
    let mut rest = rest;
    let (Some(mut s), Some(mut v)) = (window(s_stack, bases.s()), window(v_stack, bases.v()))
    else {
        return Some(missing("a stack"));
    };

    // What the loop ends with: `None` when the last function has returned.
    let end: Option<Fault> = 'run: loop {
        macro_rules! fail {
            ($fault:expr) => {
                break 'run Some(Fault::from($fault))
            };
        }
        /// The value of a `Result`, or the end of the loop.
        macro_rules! check {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(fault) => break 'run Some(Fault::from(fault)),
                }
            };
        }
        macro_rules! s {
            ($reg:expr) => {
                s[$reg as usize]
            };
        }
        macro_rules! v {
            ($reg:expr) => {
                v[$reg as usize]
            };
        }
        macro_rules! int {
            ($reg:expr) => {
                s[$reg as usize].cast_signed()
            };
        }
        macro_rules! num {
            ($reg:expr) => {
                f64::from_bits(s[$reg as usize])
            };
        }
        macro_rules! set_int {
            ($reg:expr, $value:expr) => {
                s[$reg as usize] = i64::cast_unsigned($value)
            };
        }
        macro_rules! set_num {
            ($reg:expr, $value:expr) => {
                s[$reg as usize] = f64::to_bits($value)
            };
        }
        macro_rules! checked {
            ($d:expr, $result:expr, $operator:literal) => {
                match $result {
                    Some(value) => set_int!($d, value),
                    None => fail!(number::overflow($operator)),
                }
            };
        }
        macro_rules! jump {
            ($target:expr) => {{
                rest = match code.get($target as usize..) {
                    Some(rest) => rest.iter(),
                    None => fail!(missing("an instruction")),
                };
                if interrupt.load(Ordering::Relaxed) {
                    fail!(Fault::cancelled());
                }
            }};
        }
        macro_rules! jump_if {
            ($condition:expr, $target:expr) => {
                if $condition {
                    jump!($target)
                }
            };
        }
        /// The running function.
        macro_rules! func {
            () => {
                match frames.get(*depth as usize) {
                    Some(frame) => frame.func,
                    None => fail!(missing("a frame")),
                }
            };
        }
        /// Goes on in `$callee`, whose windows start at the given registers; one without value
        /// registers keeps the window of its caller. Where a stack is too short it grows, and the last
        /// `$len` instructions start anew.
        macro_rules! enter {
            ($callee:expr, $s:expr, $v:expr, $len:literal $(, $values:ident)?) => {{
                let callee: &'c FuncCode = $callee;
                let at = *depth as usize;
                if !interrupt.load(Ordering::Relaxed)
                    && let Some([caller, next]) = frames.get_mut(at..at + 2)
                    && let inner = caller.bases.callee($s, $v)
                    && let Some(s_window) = window(s_stack, inner.s())
                    $(&& let Some($values) = window(v_stack, inner.v()))?
                {
                    caller.rest = rest;
                    next.func = callee;
                    next.bases = inner;
                    *depth += 1;
                    *code = &callee.ins;
                    rest = code.iter();
                    s = s_window;
                    $(v = $values;)?
                } else {
                    match make_room(interrupt, frames, at, (s_stack, v_stack), ($s, $v)) {
                        Ok(windows) => {
                            (s, v) = windows;
                            let passed = code.len() - rest.len();
                            jump!(passed.saturating_sub($len));
                            continue 'run;
                        }
                        Err(fault) => fail!(fault),
                    }
                }
            }};
        }
        /// Goes on in the caller.
        macro_rules! leave {
            ($($stack:ident as $window:ident = $base:ident),*) => {{
                // Nobody waits for the function that was called first: the index is out of range.
                let at = depth.wrapping_sub(1);
                let Some(caller) = frames.get(at as usize) else {
                    break 'run None;
                };
                *depth = at;
                *code = &caller.func.ins;
                rest = caller.rest.clone();
                $($window = match window($stack, caller.bases.$base()) {
                    Some(window) => window,
                    None => fail!(missing("a stack")),
                };)*
            }};
        }

        let Some(ins) = rest.next() else {
            fail!(missing("an instruction"));
        };
        match *ins {
            Ins::MoveS { d, a } => s!(d) = s!(a),
            Ins::Int { d, imm } => set_int!(d, i64::from(imm)),
            Ins::Const { d, i } => match consts.get(i as usize) {
                Some(bits) => s!(d) = *bits,
                None => fail!(missing("a constant")),
            },
            Ins::Pins { d, i } => {
                let pins = func!().pins.get(i as usize).map_or(&[][..], Vec::as_slice);
                for (register, bits) in s.iter_mut().skip(d as usize).zip(pins) {
                    *register = *bits;
                }
            }
            Ins::Copy { d, a } => value::copy(v, d, a),
            Ins::Take { d, a } => value::take(v, d, a),
            Ins::Clear { a, n: 1 } => value::clear_one(v, a),
            Ins::Clear { a, n } => value::clear(v, a, n),
            Ins::Lit { d, i } => check!(value::literal(world, v, d, i)),

            Ins::FarNew { d, s, v: values } => variable::far_new(v, d, s, values),
            Ins::FarGetS { d, a, i } => set_int!(d, *check!(variable::far_scalar(v, a, i))),
            Ins::FarSetS { x, a, i } => *check!(variable::far_scalar(v, a, i)) = int!(x),
            Ins::FarGetV { d, a, i } => check!(variable::far_get(v, d, a, i)),
            Ins::FarTakeV { d, a, i } => check!(variable::far_take(v, d, a, i)),
            Ins::FarSetV { x, a, i } => check!(variable::far_set(v, x, a, i)),

            Ins::GlobalGetS { d, i } => match world.scalars.get(i as usize) {
                Some(bits) => s!(d) = *bits,
                None => fail!(missing("a variable")),
            },
            Ins::GlobalSetS { x, i } => match world.scalars.get_mut(i as usize) {
                Some(bits) => *bits = s!(x),
                None => fail!(missing("a variable")),
            },
            Ins::GlobalGetV { d, i } => check!(variable::global_get(world, v, d, i)),
            Ins::GlobalTakeV { d, i } => check!(variable::global_take(world, v, d, i)),
            Ins::GlobalSetV { x, i } => check!(variable::global_set(world, v, x, i)),

            Ins::CellNew { d, a } => variable::cell_new(v, d, a),
            Ins::CellGetS { d, a } => s!(d) = check!(variable::cell_get_scalar(v, a)),
            Ins::CellGetV { d, a } => check!(variable::cell_get(v, d, a)),
            Ins::CellTakeV { d, a } => check!(variable::cell_take(v, d, a)),
            Ins::CellSetI { a, x } => check!(variable::cell_set(v, a, Value::Int(int!(x)))),
            Ins::CellSetN { a, x } => check!(variable::cell_set(v, a, Value::Number(num!(x)))),
            Ins::CellSetV { a, x } => {
                let value = std::mem::take(&mut v!(x));
                check!(variable::cell_set(v, a, value));
            }

            Ins::BoxI { d, a } => put(v, d, || Value::Int(int!(a))),
            Ins::BoxN { d, a } => put(v, d, || Value::Number(num!(a))),
            Ins::BoxB { d, a } => put(v, d, || Value::Bool(s!(a) != 0)),
            Ins::BoxC { d, a } => put(v, d, || value::boxed(Repr::Char, s!(a))),
            Ins::BoxD { d, a } => put(v, d, || Value::Duration(int!(a))),
            Ins::BoxU { d } => put(v, d, || Value::Unit),
            Ins::Unbox { d, a } => s!(d) = value::bits(&v!(a)),
            Ins::UnboxSome { d, a } => {
                if v!(a).is_none() {
                    fail!(value::found_none());
                }
                s!(d) = value::bits(&v!(a));
            }
            Ins::NotNone { a } => {
                if v!(a).is_none() {
                    fail!(value::found_none());
                }
            }

            Ins::AddI { d, a, b } => checked!(d, int!(a).checked_add(int!(b)), "+"),
            Ins::SubI { d, a, b } => checked!(d, int!(a).checked_sub(int!(b)), "-"),
            Ins::MulI { d, a, b } => checked!(d, int!(a).checked_mul(int!(b)), "*"),
            Ins::DivI { d, a, b } => {
                if s!(b) == 0 {
                    fail!(number::division_by_zero());
                }
                checked!(d, int!(a).checked_div(int!(b)), "/");
            }
            Ins::RemI { d, a, b } => {
                if s!(b) == 0 {
                    fail!(number::division_by_zero());
                }
                set_int!(d, int!(a).wrapping_rem(int!(b)));
            }
            Ins::PowI { d, a, b } => set_int!(d, check!(number::pow(int!(a), int!(b)))),
            Ins::AndI { d, a, b } => s!(d) = s!(a) & s!(b),
            Ins::OrI { d, a, b } => s!(d) = s!(a) | s!(b),
            Ins::XorI { d, a, b } => s!(d) = s!(a) ^ s!(b),
            Ins::ShlI { d, a, b } => {
                let count = s!(b);
                if count > 63 {
                    fail!(number::bad_shift(count));
                }
                s!(d) = s!(a) << count;
            }
            Ins::ShrI { d, a, b } => {
                let count = s!(b);
                if count > 63 {
                    fail!(number::bad_shift(count));
                }
                set_int!(d, int!(a) >> count);
            }
            Ins::NegI { d, a } => checked!(d, int!(a).checked_neg(), "-"),
            Ins::NotI { d, a } => s!(d) = !s!(a),
            Ins::AddImm { d, a, imm } => checked!(d, int!(a).checked_add(i64::from(imm)), "+"),
            Ins::SubImm { d, a, imm } => checked!(d, int!(a).checked_sub(i64::from(imm)), "-"),
            Ins::MulImm { d, a, imm } => checked!(d, int!(a).checked_mul(i64::from(imm)), "*"),
            Ins::DivImm { d, a, imm } => checked!(d, int!(a).checked_div(i64::from(imm)), "/"),
            Ins::RemImm { d, a, imm } => checked!(d, int!(a).checked_rem(i64::from(imm)), "%"),
            Ins::AddN { d, a, b } => set_num!(d, num!(a) + num!(b)),
            Ins::SubN { d, a, b } => set_num!(d, num!(a) - num!(b)),
            Ins::MulN { d, a, b } => set_num!(d, num!(a) * num!(b)),
            Ins::DivN { d, a, b } => {
                if num!(b) == 0.0 {
                    fail!(number::division_by_zero());
                }
                set_num!(d, num!(a) / num!(b));
            }
            Ins::RemN { d, a, b } => set_num!(d, check!(number::rem(num!(a), num!(b)))),
            Ins::PowN { d, a, b } => set_num!(d, number::powf(num!(a), num!(b))),
            Ins::NegN { d, a } => set_num!(d, -num!(a)),
            Ins::IntToNumber { d, a } => set_num!(d, int!(a) as f64),
            Ins::MulDurationN { d, a, b } => {
                set_int!(d, check!(number::mul_duration(int!(a), num!(b))));
            }

            Ins::EqI { d, a, b } => s!(d) = u64::from(s!(a) == s!(b)),
            Ins::NeI { d, a, b } => s!(d) = u64::from(s!(a) != s!(b)),
            Ins::LtI { d, a, b } => s!(d) = u64::from(int!(a) < int!(b)),
            Ins::LeI { d, a, b } => s!(d) = u64::from(int!(a) <= int!(b)),
            Ins::EqN { d, a, b } => s!(d) = u64::from(num!(a) == num!(b)),
            Ins::NeN { d, a, b } => s!(d) = u64::from(num!(a) != num!(b)),
            Ins::LtN { d, a, b } => s!(d) = u64::from(num!(a) < num!(b)),
            Ins::LeN { d, a, b } => s!(d) = u64::from(num!(a) <= num!(b)),
            Ins::EqS { d, a, b } => s!(d) = u64::from(text::eq(&v!(a), &v!(b))),
            Ins::LtS { d, a, b } => s!(d) = u64::from(text::lt(&v!(a), &v!(b))),
            Ins::LeS { d, a, b } => s!(d) = u64::from(!text::lt(&v!(b), &v!(a))),
            Ins::EqV { d, a, b } => s!(d) = u64::from(value::eq(&v!(a), &v!(b))),
            Ins::LtV { d, a, b } => s!(d) = u64::from(value::lt(&v!(a), &v!(b))),
            Ins::LeV { d, a, b } => s!(d) = u64::from(value::le(&v!(a), &v!(b))),
            Ins::Not { d, a } => s!(d) = s!(a) ^ 1,
            Ins::IsNone { d, a } => s!(d) = u64::from(v!(a).is_none()),
            Ins::IsErr { d, a } => s!(d) = u64::from(is_err(&v!(a))),
            Ins::Holders { d, a } => s!(d) = holders(&v!(a)),

            Ins::Jump { t } => jump!(t),
            Ins::If { a, t } => jump_if!(s!(a) != 0, t),
            Ins::IfNot { a, t } => jump_if!(s!(a) == 0, t),
            Ins::JEqI { a, b, t } => jump_if!(s!(a) == s!(b), t),
            Ins::JNeI { a, b, t } => jump_if!(s!(a) != s!(b), t),
            Ins::JLtI { a, b, t } => jump_if!(int!(a) < int!(b), t),
            Ins::JLeI { a, b, t } => jump_if!(int!(a) <= int!(b), t),
            Ins::JEqImm { a, imm, t } => jump_if!(int!(a) == i64::from(imm), t),
            Ins::JNeImm { a, imm, t } => jump_if!(int!(a) != i64::from(imm), t),
            Ins::JLtImm { a, imm, t } => jump_if!(int!(a) < i64::from(imm), t),
            Ins::JLeImm { a, imm, t } => jump_if!(int!(a) <= i64::from(imm), t),
            Ins::JGtImm { a, imm, t } => jump_if!(int!(a) > i64::from(imm), t),
            Ins::JGeImm { a, imm, t } => jump_if!(int!(a) >= i64::from(imm), t),
            Ins::JEqN { a, b, t } => jump_if!(num!(a) == num!(b), t),
            Ins::JNeN { a, b, t } => jump_if!(num!(a) != num!(b), t),
            Ins::JLtN { a, b, t } => jump_if!(num!(a) < num!(b), t),
            Ins::JLeN { a, b, t } => jump_if!(num!(a) <= num!(b), t),
            // `NaN` is not below anything, so these are not the same as `>=` and `>`.
            Ins::JNotLtN { a, b, t } => {
                let holds = num!(a) < num!(b);
                jump_if!(!holds, t);
            }
            Ins::JNotLeN { a, b, t } => {
                let holds = num!(a) <= num!(b);
                jump_if!(!holds, t);
            }
            Ins::JEqS { a, b, t } => jump_if!(text::eq(&v!(a), &v!(b)), t),
            Ins::JNeS { a, b, t } => jump_if!(!text::eq(&v!(a), &v!(b)), t),
            Ins::JEqLit { a, i, t } => jump_if!(text::is_literal(world, &v!(a), i), t),
            Ins::JNeLit { a, i, t } => jump_if!(!text::is_literal(world, &v!(a), i), t),
            Ins::JNone { a, t } => jump_if!(v!(a).is_none(), t),
            Ins::JSome { a, t } => jump_if!(!v!(a).is_none(), t),
            Ins::JErr { a, t } => jump_if!(is_err(&v!(a)), t),
            Ins::JOk { a, t } => jump_if!(!is_err(&v!(a)), t),
            Ins::JNotVariant { a, i, t } => jump_if!(variant_index(&v!(a)) != u32::from(i), t),
            Ins::JNotType { a, i, t } => jump_if!(!build::passes(world, &v!(a), i), t),
            Ins::SwitchVariant { a, i } => {
                let Some(switch) = func!().switches.get(i as usize) else {
                    fail!(missing("a table of jumps"));
                };
                let index = variant_index(&v!(a)) as usize;
                jump!(*switch.targets.get(index).unwrap_or(&switch.default));
            }
            Ins::ForI { a, b, t } => {
                let next = int!(a).wrapping_add(1);
                set_int!(a, next);
                jump_if!(next < int!(b), t);
            }
            Ins::ForIEq { a, b, t } => {
                let counter = int!(a);
                if counter < int!(b) {
                    set_int!(a, counter.wrapping_add(1));
                    jump!(t);
                }
            }
            Ins::ForS { d, a, b, t } => {
                let at = s!(b) as usize;
                let item = match array::array(&v!(a)) {
                    Some(Array::Ints(items)) => items.get(at).map(|n| n.cast_unsigned()),
                    Some(Array::Numbers(items)) => items.get(at).map(|n| n.to_bits()),
                    Some(Array::Bools(items)) => items.get(at).map(|b| u64::from(*b)),
                    _ => check!(array::next_scalar(&v!(a), at)),
                };
                if let Some(item) = item {
                    s!(d) = item;
                    s!(b) = at as u64 + 1;
                    jump!(t);
                }
            }
            Ins::ForV { d, a, b, t } => {
                let at = s!(b);
                if check!(array::next_value(v, d, a, at as usize)) {
                    s!(b) = at + 1;
                    jump!(t);
                }
            }

            Ins::Call {
                s: s_at,
                v: v_at,
                i,
            } => {
                let Some(callee) = funcs.get(i as usize) else {
                    fail!(missing("a function"));
                };
                enter!(callee, s_at, v_at, 1, values);
            }
            Ins::CallS { s: s_at, i } => {
                let Some(callee) = funcs.get(i as usize) else {
                    fail!(missing("a function"));
                };
                enter!(callee, s_at, 0, 1);
            }
            Ins::CallAdd { s: s_at, a, imm, i } => {
                let Some(callee) = funcs.get(i as usize) else {
                    fail!(missing("a function"));
                };
                let Some(argument) = int!(a).checked_add(i64::from(imm)) else {
                    fail!(number::overflow("+"));
                };
                rest.next();
                enter!(callee, s_at, 0, 2);
                set_int!(0, argument);
            }
            Ins::CallSub { s: s_at, a, imm, i } => {
                let Some(callee) = funcs.get(i as usize) else {
                    fail!(missing("a function"));
                };
                let Some(argument) = int!(a).checked_sub(i64::from(imm)) else {
                    fail!(number::overflow("-"));
                };
                rest.next();
                enter!(callee, s_at, 0, 2);
                set_int!(0, argument);
            }
            Ins::CallDyn {
                s: s_at,
                v: v_at,
                a,
                i,
            } => {
                let (callee, closure) = check!(call::dynamic_callee(world.code, &v!(a), i));
                let v_at = if callee.plain { 0 } else { v_at };
                enter!(callee, s_at, v_at, 1, values);
                if !callee.captures.is_empty() {
                    call::spread_captures(callee, &closure, s, v);
                }
            }
            Ins::Host {
                s: s_at,
                v: v_at,
                d,
                i,
            } => {
                let Some(host) = hosts.get(i as usize) else {
                    fail!(missing("a host function"));
                };
                let at = Places {
                    scalars: s_at,
                    values: v_at,
                    result: d,
                    receiver: 0,
                };
                check!(host(world.cx, s, v, at));
            }
            Ins::HostMut {
                s: s_at,
                v: v_at,
                a,
                d,
                i,
            } => {
                let Some(host) = hosts.get(usize::from(i)) else {
                    fail!(missing("a host function"));
                };
                let at = Places {
                    scalars: s_at,
                    values: v_at,
                    result: d,
                    receiver: a,
                };
                check!(host(world.cx, s, v, at));
            }
            Ins::HostPlace {
                s: s_at,
                v: v_at,
                d,
                p,
                i,
            } => {
                let at = Places {
                    scalars: s_at,
                    values: v_at.wrapping_add(1),
                    result: d,
                    receiver: v_at,
                };
                check!(call::host_place(world, func!(), (s, v), at, (p, i)));
            }
            Ins::RetS { a, n } => {
                s[0] = s!(a);
                if n > 0 {
                    value::clear(v, 0, n);
                }
                leave!(s_stack as s = s, v_stack as v = v);
            }
            Ins::RetPlain { a } => {
                s[0] = s!(a);
                leave!(s_stack as s = s);
            }
            Ins::RetAdd { a, b } => {
                checked!(0, int!(a).checked_add(int!(b)), "+");
                leave!(s_stack as s = s);
            }
            Ins::RetLtImm { a, x, imm } => {
                if int!(a) < i64::from(imm) {
                    s[0] = s!(x);
                    leave!(s_stack as s = s);
                } else {
                    rest.next();
                }
            }
            Ins::RetLeImm { a, x, imm } => {
                if int!(a) <= i64::from(imm) {
                    s[0] = s!(x);
                    leave!(s_stack as s = s);
                } else {
                    rest.next();
                }
            }
            Ins::RetEqImm { a, x, imm } => {
                if int!(a) == i64::from(imm) {
                    s[0] = s!(x);
                    leave!(s_stack as s = s);
                } else {
                    rest.next();
                }
            }
            Ins::RetV { a, n } => {
                if a > 0 {
                    value::take(v, 0, a);
                }
                if n > 1 {
                    value::clear(v, 1, n - 1);
                }
                leave!(s_stack as s = s, v_stack as v = v);
            }
            Ins::RetU { n } => {
                if n > 0 {
                    value::clear(v, 0, n);
                }
                leave!(s_stack as s = s, v_stack as v = v);
            }

            Ins::ArrayNew { d, form, n } => {
                put(v, d, || Value::array(array::empty(form, n as usize)))
            }
            Ins::ExtendS { d, b, n } => check!(build::extend_scalars((s, v), d, b, n)),
            Ins::ExtendV { d, b, n } => check!(build::extend_values(v, d, b, n)),
            Ins::ArrayLen { d, a } => match array::array(&v!(a)) {
                Some(array) => s!(d) = array.len() as u64,
                None => fail!(array::not_an_array()),
            },
            Ins::IndexS { d, a, b } => {
                let at = s!(b);
                let item = match array::array(&v!(a)) {
                    Some(Array::Ints(items)) => items.get(at as usize).map(|n| n.cast_unsigned()),
                    Some(Array::Numbers(items)) => items.get(at as usize).map(|n| n.to_bits()),
                    Some(Array::Bools(items)) => items.get(at as usize).map(|b| u64::from(*b)),
                    _ => None,
                };
                s!(d) = match item {
                    Some(bits) => bits,
                    None => check!(array::index_scalar(&v!(a), at)),
                };
            }
            Ins::IndexV { d, a, b } => check!(array::index_value(v, d, a, s!(b))),
            Ins::IndexMaybe { d, a, b } => array::index_maybe(v, d, a, s!(b)),
            Ins::SetIndexI { a, b, x } => {
                let (at, item) = (s!(b), int!(x));
                if let Value::Heap(HeapValue::Array(array)) = &mut v!(a)
                    && let Some(Array::Ints(items)) = Rc::get_mut(array)
                    && let Some(slot) = items.get_mut(at as usize)
                {
                    *slot = item;
                } else {
                    check!(array::set_index(v, a, at, Value::Int(item)));
                }
            }
            Ins::SetIndexN { a, b, x } => {
                let (at, item) = (s!(b), num!(x));
                if let Value::Heap(HeapValue::Array(array)) = &mut v!(a)
                    && let Some(Array::Numbers(items)) = Rc::get_mut(array)
                    && let Some(slot) = items.get_mut(at as usize)
                {
                    *slot = item;
                } else {
                    check!(array::set_index(v, a, at, Value::Number(item)));
                }
            }
            Ins::SetIndexB { a, b, x } => {
                let (at, item) = (s!(b), s!(x) != 0);
                if let Value::Heap(HeapValue::Array(array)) = &mut v!(a)
                    && let Some(Array::Bools(items)) = Rc::get_mut(array)
                    && let Some(slot) = items.get_mut(at as usize)
                {
                    *slot = item;
                } else {
                    check!(array::set_index(v, a, at, Value::Bool(item)));
                }
            }
            Ins::SetIndexV { a, b, x } => {
                let item = std::mem::take(&mut v!(x));
                check!(array::set_index(v, a, s!(b), item));
            }
            Ins::PushI { a, x } => {
                let item = int!(x);
                if let Value::Heap(HeapValue::Array(array)) = &mut v!(a)
                    && let Some(Array::Ints(items)) = Rc::get_mut(array)
                    && items.len() < items.capacity()
                {
                    items.push(item);
                } else {
                    check!(array::push(v, a, Value::Int(item)));
                }
            }
            Ins::PushN { a, x } => {
                let item = num!(x);
                if let Value::Heap(HeapValue::Array(array)) = &mut v!(a)
                    && let Some(Array::Numbers(items)) = Rc::get_mut(array)
                    && items.len() < items.capacity()
                {
                    items.push(item);
                } else {
                    check!(array::push(v, a, Value::Number(item)));
                }
            }
            Ins::PushV { a, x } => {
                let item = std::mem::take(&mut v!(x));
                check!(array::push(v, a, item));
            }
            Ins::Slice { d, a, from, back } => check!(array::slice(v, d, a, from, back)),

            Ins::MapNew { d } => put(v, d, || Value::map(Map::default())),
            Ins::SetNew { d } => put(v, d, || Value::set(Set::default())),
            Ins::MapGet { d, a, x } => check!(value::map_get(v, d, a, x)),
            Ins::MapGetS { d, a, x } => s!(d) = check!(value::map_get_scalar(v, a, x)),
            Ins::MapSet { a, k, x } => check!(value::map_set(v, a, k, x)),

            Ins::Concat { d, a, b } => check!(text::concat(v, d, a, b)),
            Ins::Append { a, b } => check!(text::append(v, a, b)),
            Ins::Interp { d, i } => check!(text::interp(world, func!(), (s, v), d, i)),
            Ins::InterpAppend { a, i } => check!(text::interp_append(world, func!(), (s, v), a, i)),

            Ins::Tuple { d, b, n } => build::tuple(v, d, b, n),
            Ins::Record { d, b, n, i } => check!(build::record(world, v, (d, b, n), i)),
            Ins::Variant { d, b, n, i } => check!(build::variant(world, v, (d, b, n), i)),
            Ins::Closure { d, b, n, i } => build::closure(v, (d, b, n), i),
            Ins::Ok { d, a } => build::ok(v, d, a),
            Ins::Err { d, a } => build::err(v, d, a),
            Ins::Range { d, a, b } => {
                let range = Range {
                    start: int!(a),
                    end: int!(b),
                    inclusive: false,
                };
                put(v, d, || Value::range(range));
            }
            Ins::RangeEq { d, a, b } => {
                let range = Range {
                    start: int!(a),
                    end: int!(b),
                    inclusive: true,
                };
                put(v, d, || Value::range(range));
            }
            Ins::Field { d, a, i } => check!(value::field(v, d, a, i)),
            Ins::FieldS { d, a, i } => {
                let fields = match &v!(a) {
                    Value::Heap(HeapValue::Record(record)) => &record.fields[..],
                    Value::Heap(HeapValue::Enum(variant)) => &variant.payload[..],
                    _ => &[],
                };
                s!(d) = match fields.get(usize::from(i)) {
                    Some(field) => value::bits(field),
                    None => check!(value::field_scalar(&v!(a), i)),
                };
            }
            Ins::SetFieldI { a, x, i } => {
                check!(value::set_field_scalar(v, a, i, Value::Int(int!(x))))
            }
            Ins::SetFieldN { a, x, i } => {
                check!(value::set_field_scalar(v, a, i, Value::Number(num!(x))));
            }
            Ins::SetField { a, x, i } => check!(value::set_field(v, a, x, i)),
            Ins::SetPlace { x, i } => check!(variable::set_place(world, func!(), (s, v), i, x)),
            Ins::GetPlace { d, i } => check!(variable::get_place(world, func!(), (s, v), i, d)),
            Ins::Convert { d, a, i } => check!(build::converted(world, v, d, a, i)),

            Ins::Raise { a } => fail!(call::raise(&v!(a))),
            Ins::NoMatch { a, wanted } => fail!(call::no_match(v, a, wanted)),
            Ins::Internal { i } => fail!(call::not_compiled(world, i)),
        }
    };
    if let Some(frame) = frames.get_mut(*depth as usize) {
        frame.rest = rest;
    }
    end
}
