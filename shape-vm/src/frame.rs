//! The stacks: registers of both banks, and frames.
//!
//! A running function sees a window of 256 registers of each bank, as an array reference: an
//! operand of one byte then needs no bounds check. A callee's window starts inside that of its
//! caller, where the arguments were computed.

use crate::code::FuncCode;
use crate::trap::Fault;
use shape_value::Value;

/// The registers of one bank that a function sees.
pub(crate) type Window<T> = [T; WINDOW];

const WINDOW: usize = 256;
/// Enough for small programs.
const FIRST_SIZE: usize = 2 * WINDOW;
/// Calls that are open at one time.
const MAX_FRAMES: usize = 100_000;
/// Registers of each bank: 64 MiB of scalars, 128 MiB of values.
const MAX_REGISTERS: usize = 8 << 20;

/// A function that has been called and has not returned.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'c> {
    pub(crate) func: &'c FuncCode,
    /// While it waits for a callee: the instruction behind the call.
    pub(crate) pc: u32,
    /// Where its windows start.
    pub(crate) s: u32,
    pub(crate) v: u32,
}

/// The frames of all functions that run: those up to `depth`. What lies above is room for more.
pub(crate) struct Frames<'c> {
    pub(crate) all: Vec<Frame<'c>>,
    /// The index of the frame of the running function.
    pub(crate) depth: usize,
}

impl<'c> Frames<'c> {
    /// Just the frame of `main`.
    pub(crate) fn new(main: &'c FuncCode) -> Self {
        let frame = Frame {
            func: main,
            pc: 0,
            s: 0,
            v: 0,
        };
        Self {
            all: vec![frame; 32],
            depth: 0,
        }
    }

    /// Those in use.
    pub(crate) fn active(&self) -> &[Frame<'c>] {
        self.all.get(..=self.depth).unwrap_or_default()
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
}

/// The window that starts at `base`, if the stack reaches that far.
#[inline(always)]
pub(crate) fn window<T>(stack: &mut [T], base: u32) -> Option<&mut Window<T>> {
    let base = base as usize;
    stack.get_mut(base..base + WINDOW)?.try_into().ok()
}

/// Makes room for the window that starts at `base`.
#[cold]
#[inline(never)]
pub(crate) fn grow<T: Default>(stack: &mut Vec<T>, base: u32) -> Result<(), Fault> {
    let needed = base as usize + WINDOW;
    if needed > MAX_REGISTERS {
        return Err(Fault::stack_overflow());
    }
    if stack.len() < needed {
        stack.resize_with(needed.max(stack.len() * 2).min(MAX_REGISTERS), T::default);
    }
    Ok(())
}

/// Makes room for more frames.
#[cold]
#[inline(never)]
pub(crate) fn grow_frames(frames: &mut Vec<Frame<'_>>) -> Result<(), Fault> {
    match frames.last().copied() {
        Some(frame) if frames.len() < MAX_FRAMES => {
            frames.resize((frames.len() * 2).min(MAX_FRAMES), frame);
            Ok(())
        }
        _ => Err(Fault::stack_overflow()),
    }
}
