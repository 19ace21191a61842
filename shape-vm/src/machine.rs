//! A run that goes on after its top level has run.

use crate::code::Code;
use crate::traceback::RunError;
use crate::vm::{Outcome, Running};
use self_cell::{MutBorrow, self_cell};
use shape_runtime::{HostCx, Registry};
use shape_value::Value;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The values of top-level variables, for a program that goes on where another one ended.
#[derive(Debug, Default)]
pub struct Globals {
    pub(crate) scalars: Vec<u64>,
    pub(crate) values: Vec<Value>,
}

impl Globals {
    /// The same variables with the values that they have now, whatever becomes of these. It shares the
    /// values, which are copied when they change.
    #[must_use]
    pub fn saved(&self) -> Self {
        let values = self.values.iter().map(|value| match value.as_cell() {
            Some(cell) => Value::cell(cell.0.borrow().clone()),
            None => value.clone(),
        });
        Self {
            scalars: self.scalars.clone(),
            values: values.collect(),
        }
    }
}

/// A program that is running: its top-level variables live as long as the machine, and the host calls
/// its functions.
///
/// It belongs to one thread. When a call fails, the variables keep what they hold, and other calls can
/// follow.
pub struct Machine(Cell);

self_cell!(
    struct Cell {
        owner: Owner,

        #[not_covariant]
        dependent: State,
    }
);

/// What the program and its run borrow from.
struct Owner {
    code: Arc<Code>,
    registry: Arc<Registry>,
    interrupt: Arc<AtomicBool>,
    cx: MutBorrow<HostCx>,
}

type State<'c> = Running<'c>;

impl Machine {
    /// A machine for `code`, of which nothing has run.
    ///
    /// # Errors
    /// `registry` is not the one that the program was checked against.
    pub fn new(code: Arc<Code>, registry: Arc<Registry>, cx: HostCx) -> Result<Self, RunError> {
        let owner = Owner {
            code,
            registry,
            interrupt: cx.interrupt().clone(),
            cx: MutBorrow::new(cx),
        };
        let cell = Cell::try_new(owner, |owner| {
            let cx = owner.cx.borrow_mut();
            Running::new(&owner.code, &owner.registry, cx, &owner.interrupt)
        });
        cell.map(Self)
    }

    /// A machine for `code`, whose first top-level variables are those of `globals`.
    ///
    /// # Errors
    /// `registry` is not the one that the program was checked against.
    pub fn going_on(
        code: Arc<Code>,
        registry: Arc<Registry>,
        cx: HostCx,
        globals: Globals,
    ) -> Result<Self, RunError> {
        let mut machine = Self::new(code, registry, cx)?;
        machine
            .0
            .with_dependent_mut(|_, running| running.set_globals(globals));
        Ok(machine)
    }

    /// The context of the run and the top-level variables, for a program that goes on.
    pub fn into_parts(mut self) -> (HostCx, Globals) {
        let globals = self
            .0
            .with_dependent_mut(|_, running| running.take_globals());
        (self.0.into_owner().cx.into_inner(), globals)
    }

    /// Runs the top level. Its variables have no values before, so that calls come after it.
    ///
    /// # Blocking
    /// Until it ends, or [`HostCx::interrupt`] is set.
    ///
    /// # Errors
    /// How it ended, when not at its end.
    pub fn run(&mut self) -> Result<Outcome, RunError> {
        self.0.with_dependent_mut(|_, running| running.top_level())
    }

    /// Calls the function with this number of [`Program::entries`], with the types of its entry:
    /// `put` writes the arguments to the first registers of the two banks, scalars and others each
    /// counted by themselves, and `take` finds the result in the first register of its bank.
    ///
    /// [`Program::entries`]: shape_check::program::Program::entries
    ///
    /// # Blocking
    /// Until the function ends, or [`HostCx::interrupt`] is set.
    ///
    /// # Errors
    /// How it ended, when it did not return.
    #[inline]
    pub fn call<T>(
        &mut self,
        entry: usize,
        put: impl FnOnce(&mut [u64], &mut [Value]),
        take: impl FnOnce(u64, &mut Value) -> T,
    ) -> Result<T, RunError> {
        self.0.with_dependent_mut(|_, running| {
            let func = running.entry(entry)?;
            let (scalars, values) = running.registers();
            put(scalars, values);
            running.function(func)?;
            let (scalars, values) = running.registers();
            let bits = scalars.first().copied().unwrap_or_default();
            let result = match values.first_mut() {
                Some(value) => take(bits, value),
                None => take(bits, &mut Value::default()),
            };
            running.shrink();
            Ok(result)
        })
    }

    /// The context of the run.
    pub fn cx(&mut self) -> &mut HostCx {
        // The context outlives the closure only in a borrow of the whole machine.
        self.0.with_dependent_mut(|_, running| running.cx())
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").finish_non_exhaustive()
    }
}
