//! The host's side: what it keeps of a plugin for a run, and the calls of its functions.

use super::check::MAX_PARAMS;
use super::far::{Border, Far};
use super::handle::Adopted;
use super::host;
use super::lent::Lent;
use super::plan::{Adopting, Plan};
use super::raise::not_done;
use crate::convention::{Frame, Registers, Trampoline};
use crate::marshal::Source as _;
use crate::{HostCx, Raise};
use shape_abi::plugin::{Call, Function, Kind, RootRef, Sink, Status, View};
use shape_abi::{FnDecl, ParamDecl};
use shape_value::{Scalar, Value};
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// A plugin that has been opened; it stays until the process ends.
pub(super) struct Opened {
    pub(super) root: RootRef,
    /// Its side, and its number, which no other has.
    pub(super) border: Border,
}

/// What a plugin keeps for one run, and the handles that stand for its own.
struct Guest {
    plugin: &'static Opened,
    state: *mut (),
    adopted: Adopted,
}

impl Drop for Guest {
    fn drop(&mut self) {
        // SAFETY: `open` gave it on this thread, and no call is going on, since that would borrow what
        // holds this.
        unsafe { self.plugin.root.close()(self.state) };
    }
}

/// The plugins that have been called in a run, by their numbers.
#[derive(Default)]
pub(crate) struct Guests(Vec<Option<Guest>>);

impl Guests {
    #[inline(always)]
    fn get(&self, plugin: &Opened) -> Option<&Guest> {
        self.0.get(plugin.border.plugin as usize)?.as_ref()
    }

    /// The side that the plugin with this number is on.
    pub(super) fn border(&self, plugin: u32) -> Option<&'static Border> {
        let guest = self.0.get(plugin as usize)?.as_ref()?;
        Some(&guest.plugin.border)
    }
}

impl fmt::Debug for Guests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = self.0.iter().flatten();
        f.debug_list()
            .entries(numbers.map(|guest| guest.plugin.border.plugin))
            .finish()
    }
}

/// Opens a plugin for a run.
#[cold]
fn open(plugin: &'static Opened, cx: &mut HostCx) -> *mut () {
    let run: *mut HostCx = cx;
    // SAFETY: the run is valid until this call returns.
    let state = unsafe { plugin.root.open()(plugin.border.plugin, host::table(), run.cast()) };
    let (guests, _) = cx.guests_mut();
    let place = plugin.border.plugin as usize;
    if guests.0.len() <= place {
        guests.0.resize_with(place + 1, || None);
    }
    guests.0[place] = Some(Guest {
        plugin,
        state,
        adopted: Adopted::default(),
    });
    state
}

/// A function of a plugin, which any thread may call with the state of a run of its own.
struct Callable(Function);

// SAFETY: the plugin made it of a function that is `Send` and `Sync`.
unsafe impl Send for Callable {}
// SAFETY: as above.
unsafe impl Sync for Callable {}

impl Callable {
    /// # Safety
    /// As for [`Function`].
    #[inline(always)]
    unsafe fn call(&self, state: *mut (), call: &mut Call) -> Status {
        // SAFETY: as the caller says.
        unsafe { (self.0.call)(self.0.data, state, call) }
    }
}

/// A plugin's function as the machine calls it; `None` when values of its types cannot cross.
pub(super) fn trampoline(
    plugin: &'static Opened,
    function: Function,
    decl: &FnDecl,
) -> Option<Trampoline> {
    let plan = Plan::new(&decl.ret)?;
    let is_value = |param: &&ParamDecl| !param.ty.is_scalar();
    let values = decl.params.iter().filter(is_value).count();
    let scalars = decl.params.len() - values;
    let function = Callable(function);
    if scalars > MAX_PARAMS {
        return None;
    }
    Some(match values {
        0 => calling::<0>(plugin, function, plan, scalars),
        1 => calling::<1>(plugin, function, plan, scalars),
        2 => calling::<2>(plugin, function, plan, scalars),
        3 => calling::<3>(plugin, function, plan, scalars),
        4 => calling::<4>(plugin, function, plan, scalars),
        5 => calling::<5>(plugin, function, plan, scalars),
        6 => calling::<6>(plugin, function, plan, scalars),
        _ => return None,
    })
}

/// As [`trampoline`], for `N` arguments that are no scalars, and as many that are.
fn calling<const N: usize>(
    plugin: &'static Opened,
    function: Callable,
    plan: Plan,
    scalar_count: usize,
) -> Trampoline {
    let is_scalar = matches!(plan, Plan::Scalar(_) | Plan::Never);
    // For what is nothing the machine names no register: the first is somebody's.
    let is_something = !matches!(plan, Plan::Scalar(Scalar::Unit) | Plan::Never);
    let call = move |cx: &mut HostCx, registers: &mut Registers<'_>| {
        let state = match cx.guests().get(plugin) {
            Some(guest) => guest.state,
            None => open(plugin, cx),
        };
        let views: [View; N] =
            std::array::from_fn(|index| Lent::value(registers.value(index)).view());
        // The plugin puts a scalar result where the first scalar was, which may be a variable's.
        let mut scalars = [0; MAX_PARAMS];
        for (index, scalar) in scalars.iter_mut().take(scalar_count).enumerate() {
            *scalar = registers.scalar(index);
        }
        let interrupt = Arc::as_ptr(cx.interrupt());
        let run: *mut HostCx = cx;
        let mut taking = Taking {
            plugin,
            plan: &plan,
            run,
            is_error: false,
            value: ManuallyDrop::new(Ok(Value::None)),
        };
        let mut call = Call {
            run: run.cast(),
            interrupt: interrupt.cast(),
            scalars: scalars.as_mut_ptr(),
            scalar_count: scalars.len(),
            values: views.as_ptr(),
            value_count: N,
            sink: taking.sink(),
        };
        // SAFETY: `state` is what the plugin gave for this run, which is on this thread. All that the
        // call points to lives until it returns, and nobody else uses `cx` meanwhile.
        let status = unsafe { function.call(state, &mut call) };
        if is_scalar && status == Status::DONE {
            if is_something {
                registers.set_scalar(scalars[0]);
            }
            return Ok(());
        }
        let value = ManuallyDrop::into_inner(taking.value);
        if status != Status::DONE {
            return Err(not_done(status, || value));
        }
        if taking.is_error && !plan.takes_error() {
            return Err(Raise::internal("a plugin gave an error as a result"));
        }
        registers.set_value(value?);
        Ok(())
    };
    Box::new(move |cx, scalars, values, at| Ok(call(cx, &mut Registers::new(scalars, values, at))?))
}

/// Takes a result while the plugin holds it.
struct Taking<'a> {
    plugin: &'static Opened,
    plan: &'a Plan,
    run: *mut HostCx,
    is_error: bool,
    /// Whoever calls drops it, where something can have been given.
    value: ManuallyDrop<Result<Value, Raise>>,
}

impl Taking<'_> {
    fn sink(&mut self) -> Sink {
        let data: *mut Self = self;
        Sink {
            data: data.cast(),
            take,
        }
    }
}

unsafe extern "C" fn take(data: *mut (), what: *const View) {
    // SAFETY: `data` is what `Taking::sink` put there, and its run is that of the call that is going
    // on. Nobody uses either at this moment, and the view is lent until this returns.
    let (taking, cx, far) = unsafe {
        let taking = &mut *data.cast::<Taking<'_>>();
        let cx = &mut *taking.run;
        let far = Far::new(*what, &taking.plugin.border);
        (taking, cx, far)
    };
    taking.is_error = far.kind() == Kind::ERROR;
    taking.value = ManuallyDrop::new(if taking.is_error {
        far.to_value()
    } else {
        copy(taking.plan, far, taking.plugin, cx)
    });
}

#[inline]
fn copy(
    plan: &Plan,
    far: Far<'_>,
    plugin: &'static Opened,
    cx: &mut HostCx,
) -> Result<Value, Raise> {
    let (guests, resources) = cx.guests_mut();
    let guest = guests.0.get_mut(plugin.border.plugin as usize);
    let Some(Some(guest)) = guest else {
        return Err(Raise::internal(
            "a plugin that has not been opened gave a result",
        ));
    };
    let mut adopting = Adopting {
        adopted: &mut guest.adopted,
        resources,
        handles: plugin.root.handles(),
        plugin: plugin.border.plugin,
    };
    plan.copy(far, &mut adopting)
}
