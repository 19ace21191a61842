//! The stacks: registers of both banks, and frames.
//!
//! A running function sees a window of 256 registers of each bank, as an array reference: an
//! operand of one byte then needs no bounds check. A callee's window starts inside that of its
//! caller, where the arguments were computed.

use crate::code::FuncCode;
use crate::ins::{Ins, Reg};
use crate::trap::Fault;
use shape_value::Value;
use std::slice::Iter;
use std::sync::atomic::{AtomicBool, Ordering};

/// The registers of one bank that a function sees.
pub(crate) type Window<T> = shape_runtime::Bank<T>;

const WINDOW: usize = 256;
/// Enough for small programs.
const FIRST_SIZE: usize = 2 * WINDOW;
/// Calls that are open at one time.
const MAX_FRAMES: usize = 100_000;
/// Registers of each bank: 64 MiB of scalars, 128 MiB of values.
const MAX_REGISTERS: usize = 8 << 20;

/// Registers of each bank, and frames, that are kept when no function runs: 128 KiB of values.
const MAX_KEPT: usize = 8 << 10;

/// A function that has been called and has not returned.
#[derive(Clone)]
pub(crate) struct Frame<'c> {
    pub(crate) func: &'c FuncCode,
    /// The instructions behind the one that runs. It is kept up to date while the function waits for
    /// a callee, and when the loop has ended.
    pub(crate) rest: Iter<'c, Ins>,
    pub(crate) bases: Bases,
}

impl Frame<'_> {
    /// The index of the instruction that runs: the one that failed or called.
    pub(crate) fn at(&self) -> usize {
        (self.func.ins.len() - self.rest.len()).saturating_sub(1)
    }
}

/// Where the windows of a function start, in both banks: one number, which every call saves and every
/// return reads back.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bases(u64);

impl Bases {
    /// The start in the bank of scalars.
    #[inline(always)]
    pub(crate) fn s(self) -> u32 {
        self.0 as u32
    }

    /// The start in the bank of values.
    #[inline(always)]
    pub(crate) fn v(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Those of a callee whose windows start at these registers. `MAX_REGISTERS` keeps both far below
    /// 32 bits.
    #[inline(always)]
    pub(crate) fn callee(self, s: Reg, v: Reg) -> Self {
        Self(self.0.wrapping_add(u64::from(s) | u64::from(v) << 32))
    }
}

/// The frames of all functions that run: those up to `depth`. What lies above is room for more.
pub(crate) struct Frames<'c> {
    pub(crate) all: Vec<Frame<'c>>,
    /// The index of the frame of the running function.
    pub(crate) depth: u32,
}

impl<'c> Frames<'c> {
    /// Just the frame of `main`.
    pub(crate) fn new(main: &'c FuncCode) -> Self {
        let frame = Frame {
            func: main,
            rest: main.ins.iter(),
            bases: Bases::default(),
        };
        Self {
            all: vec![frame; 32],
            depth: 0,
        }
    }

    /// No frames: what is left while they are in use.
    pub(crate) fn none() -> Self {
        Self {
            all: Vec::new(),
            depth: 0,
        }
    }

    /// Gives back the room of calls that were nested deeply.
    #[inline]
    pub(crate) fn shrink(&mut self) {
        if self.all.len() > MAX_KEPT {
            self.give_back();
        }
    }

    #[cold]
    fn give_back(&mut self) {
        self.all.truncate(MAX_KEPT);
        self.all.shrink_to_fit();
    }

    /// Those in use.
    pub(crate) fn active(&self) -> &[Frame<'c>] {
        self.all.get(..=self.depth as usize).unwrap_or_default()
    }
}

/// The registers of all frames.
pub(crate) struct Stacks {
    pub(crate) s: Vec<u64>,
    pub(crate) v: Vec<Value>,
}

impl Stacks {
    pub(crate) fn new() -> Self {
        let mut v = Vec::new();
        v.resize_with(FIRST_SIZE, Value::default);
        Self {
            s: vec![0; FIRST_SIZE],
            v,
        }
    }

    /// No registers: what is left while they are in use.
    pub(crate) fn none() -> Self {
        Self {
            s: Vec::new(),
            v: Vec::new(),
        }
    }

    /// Drops all values.
    #[cold]
    pub(crate) fn clear(&mut self) {
        self.v.iter_mut().for_each(|value| *value = Value::None);
        self.shrink();
    }

    /// Gives back the room of calls that were nested deeply.
    #[inline]
    pub(crate) fn shrink(&mut self) {
        if self.s.len() > MAX_KEPT || self.v.len() > MAX_KEPT {
            self.give_back();
        }
    }

    #[cold]
    fn give_back(&mut self) {
        *self = Self::new();
    }
}

/// The window that starts at `base`, if the stack reaches that far.
#[inline(always)]
pub(crate) fn window<T>(stack: &mut [T], base: u32) -> Option<&mut Window<T>> {
    let base = base as usize;
    stack.get_mut(base..base + WINDOW)?.try_into().ok()
}

/// Makes room for a call by the function of frame `at`, whose callee's windows start at the given
/// registers of its own, and gives the windows of the caller, which may lie elsewhere now.
///
/// # Errors
/// There cannot be more room, or the run is to end.
#[cold]
#[inline(never)]
pub(crate) fn make_room<'s, 'v>(
    interrupt: &AtomicBool,
    frames: &mut Vec<Frame<'_>>,
    at: usize,
    (s, v): (&'s mut Vec<u64>, &'v mut Vec<Value>),
    (s_at, v_at): (Reg, Reg),
) -> Result<(&'s mut Window<u64>, &'v mut Window<Value>), Fault> {
    if interrupt.load(Ordering::Relaxed) {
        return Err(Fault::cancelled());
    }
    let Some(caller) = frames.get(at).cloned() else {
        return Err(Fault::internal("a frame is missing"));
    };
    if frames.len() < at + 2 {
        if frames.len() >= MAX_FRAMES {
            return Err(Fault::stack_overflow());
        }
        frames.resize((frames.len() * 2).min(MAX_FRAMES), caller.clone());
    }
    let callee = caller.bases.callee(s_at, v_at);
    grow(s, callee.s())?;
    grow(v, callee.v())?;
    match (window(s, caller.bases.s()), window(v, caller.bases.v())) {
        (Some(s), Some(v)) => Ok((s, v)),
        _ => Err(Fault::internal("a stack is missing")),
    }
}

/// Makes room for the window that starts at `base`.
fn grow<T: Default>(stack: &mut Vec<T>, base: u32) -> Result<(), Fault> {
    let needed = base as usize + WINDOW;
    if needed > MAX_REGISTERS {
        return Err(Fault::stack_overflow());
    }
    if stack.len() < needed {
        stack.resize_with(needed.max(stack.len() * 2).min(MAX_REGISTERS), T::default);
    }
    Ok(())
}
