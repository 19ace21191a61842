//! How functions are called: by the machine they are linked with, or across the border to a plugin.

use crate::marshal::{IntoShape, Source};
use crate::typed::{TypedFn, guarded};
use crate::{HostCx, Raise};
use shape_value::Value;

/// The registers of one bank that a function of a script sees. A register number is a byte, so any is
/// in range.
pub type Bank<T> = [T; 256];

/// In which registers a call finds its arguments and leaves its result.
///
/// The arguments lie in parameter order, those that are scalars in the bank of scalars and all others
/// in that of values. Each bank has a run of them, which may be where variables of the script are: they
/// are only to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places {
    /// Where the arguments that are scalars start.
    pub scalars: u8,
    /// Where the others start.
    pub values: u8,
    /// Where the result goes, in the bank of its type. It may be where an argument was.
    pub result: u8,
    /// Where a function that changes its receiver finds it, and leaves it. It is none of the arguments.
    pub receiver: u8,
}

/// A host function as the VM calls it, with the registers of its caller. What it raises is behind a
/// pointer, so that how it ended comes back in a register.
pub type Trampoline = Box<
    dyn Fn(&mut HostCx, &mut Bank<u64>, &mut Bank<Value>, Places) -> Result<(), Box<Raise>>
        + Send
        + Sync,
>;

/// How the functions of a registry are called. Registration is generic over it, so that one
/// `register` function serves a linked module and a plugin, and only the form that is used is
/// compiled.
pub trait Convention: Sized + 'static {
    /// A function, ready to be called.
    type Function: Send + Sync;

    /// Makes a Rust function one.
    ///
    /// # Errors
    /// The place of the first parameter that it cannot take.
    fn function<const N: usize, M, F: TypedFn<M, N>>(
        f: F,
        name: &'static str,
    ) -> Result<Self::Function, usize>;

    /// Makes what works on the VM's registers one; `None` when those cannot be had.
    fn raw(trampoline: Trampoline) -> Option<Self::Function>;
}

/// Functions that are linked with the machine that calls them.
#[derive(Clone, Copy, Debug)]
pub enum Linked {}

impl Convention for Linked {
    type Function = Trampoline;

    fn function<const N: usize, M, F: TypedFn<M, N>>(
        f: F,
        name: &'static str,
    ) -> Result<Trampoline, usize> {
        Ok(Box::new(move |cx, scalars, values, at| {
            guarded(name, || {
                f.call(cx, &mut Registers::new(scalars, values, at))
            })
        }))
    }

    fn raw(trampoline: Trampoline) -> Option<Trampoline> {
        Some(trampoline)
    }
}

/// Where a call finds its arguments and leaves its result.
pub trait Frame {
    /// What arguments that are no scalars are read from.
    type Source<'a>: Source<'a>
    where
        Self: 'a;

    /// The scalar argument with this number among the scalars. Which one it is when there are fewer is
    /// not specified.
    fn scalar(&self, index: usize) -> u64;

    /// The argument with this number among those that are no scalars, as for [`scalar`](Self::scalar).
    fn value(&self, index: usize) -> Self::Source<'_>;

    /// Leaves the result.
    fn finish<T: IntoShape>(&mut self, result: T);
}

/// The registers of the VM, as a [`Trampoline`] gets them.
#[derive(Debug)]
pub struct Registers<'a> {
    scalars: &'a mut Bank<u64>,
    values: &'a mut Bank<Value>,
    at: Places,
}

impl<'a> Registers<'a> {
    /// The frame of a call with its arguments and its result at these places.
    #[must_use]
    #[inline(always)]
    pub fn new(scalars: &'a mut Bank<u64>, values: &'a mut Bank<Value>, at: Places) -> Self {
        Self {
            scalars,
            values,
            at,
        }
    }

    /// Takes the receiver out of its register. It is to be [put back](Self::put_receiver), whatever
    /// becomes of the call.
    #[inline(always)]
    pub fn take_receiver(&mut self) -> Value {
        std::mem::take(&mut self.values[usize::from(self.at.receiver)])
    }

    /// Puts the receiver back, before the result goes to what may be the same register.
    #[inline(always)]
    pub fn put_receiver(&mut self, receiver: Value) {
        self.values[usize::from(self.at.receiver)].overwrite_with(|| receiver);
    }
}

/// The register with number `index` of a run. Beyond the last one, where nothing is, it starts anew.
#[inline(always)]
pub(crate) fn nth(start: u8, index: usize) -> usize {
    usize::from(start.wrapping_add(index.to_le_bytes()[0]))
}

impl Frame for Registers<'_> {
    type Source<'a>
        = &'a Value
    where
        Self: 'a;

    #[inline(always)]
    fn scalar(&self, index: usize) -> u64 {
        self.scalars[nth(self.at.scalars, index)]
    }

    #[inline(always)]
    fn value(&self, index: usize) -> &Value {
        &self.values[nth(self.at.values, index)]
    }

    #[inline(always)]
    fn finish<T: IntoShape>(&mut self, result: T) {
        let register = usize::from(self.at.result);
        result.store(&mut self.scalars[register], &mut self.values[register]);
    }
}
