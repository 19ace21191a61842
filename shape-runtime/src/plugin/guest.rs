//! The host's side: what it keeps of a plugin for a run, and the calls of its functions.

mod old;

use self::old::Old;
use super::check::MAX_PARAMS;
use super::far::{Border, Far};
use super::handle::Adopted;
use super::host;
use super::lent::Lent;
use super::plan::{Adopting, Plan, copy_shown};
use super::raise::not_done;
use crate::convention::{Bank, Places, Trampoline, nth};
use crate::marshal::Source as _;
use crate::{HostCx, Raise};
use shape_abi::plugin::{Entry, Kind, Outcome, RootRef, Running, Sink, Status, View};
use shape_abi::{FnDecl, ParamDecl};
use shape_value::{Scalar, Str, Value};
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;

/// A plugin that has been opened; it stays until the process ends.
pub(super) struct Opened {
    pub(super) root: RootRef,
    /// Its side, and its number, which no other has.
    pub(super) border: Border,
}

/// What a plugin keeps for one run, and what the host does for that. It stays in its place, and each of its
/// fields is reached by itself: the plugin reads `running` at any time, and its sink leads back to here.
struct Guest {
    running: Running,
    plugin: &'static Opened,
    state: *mut (),
    adopted: Adopted,
    /// How the result of the call that is going on is copied.
    plan: *const Plan,
    /// What the plugin gave as the result.
    taken: Value,
    /// What it gave that is none: an error, or why something could not be copied.
    other: Option<Result<Value, Raise>>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        // SAFETY: `open` gave it on this thread, and no call is going on, since that would borrow what
        // holds this.
        unsafe { self.plugin.root.close()(self.state) };
    }
}

/// The plugins that have been called in a run, by their numbers: each is null, or a `Guest` in a box.
#[derive(Default)]
pub(crate) struct Guests(Vec<*mut Guest>);

impl Guests {
    #[inline(always)]
    fn get(&self, plugin: u32) -> *mut Guest {
        let found = self.0.get(plugin as usize);
        found.copied().unwrap_or(ptr::null_mut())
    }

    /// The side that the plugin with this number is on.
    pub(super) fn border(&self, plugin: u32) -> Option<&'static Border> {
        let guest = self.get(plugin);
        // SAFETY: what is not null is a guest, and this field is never written.
        (!guest.is_null()).then(|| unsafe { &(*guest).plugin.border })
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        for guest in self.0.drain(..).filter(|guest| !guest.is_null()) {
            // SAFETY: `open` made it of a box, and nobody else drops it.
            drop(unsafe { Box::from_raw(guest) });
        }
    }
}

impl fmt::Debug for Guests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = (0..self.0.len()).filter(|&number| !self.0[number].is_null());
        f.debug_list().entries(numbers).finish()
    }
}

/// Opens a plugin for a run.
#[cold]
fn open(plugin: &'static Opened, cx: &mut HostCx) -> *mut Guest {
    let run: *mut HostCx = cx;
    // SAFETY: the run is valid until this call returns.
    let state = unsafe { plugin.root.open()(plugin.border.plugin, host::table(), run.cast()) };
    let guest = Box::into_raw(Box::new(Guest {
        running: Running {
            run: ptr::null_mut(),
            interrupt: ptr::null(),
            sink: Sink {
                data: ptr::null_mut(),
                take,
            },
        },
        plugin,
        state,
        adopted: Adopted::default(),
        plan: ptr::null(),
        taken: Value::None,
        other: None,
    }));
    // SAFETY: it has just been made.
    unsafe { (*guest).running.sink.data = guest.cast() };
    if let Some(attach) = plugin.root.attach() {
        // SAFETY: the state is that of this run, and `running` stays where it is until that is closed.
        unsafe { attach(state, &raw const (*guest).running) };
    }
    let guests = cx.guests_mut();
    let place = plugin.border.plugin as usize;
    if guests.0.len() <= place {
        guests.0.resize(place + 1, ptr::null_mut());
    }
    guests.0[place] = guest;
    guest
}

/// What is called in a plugin, which any thread may call with the state of a run of its own.
trait Callee: Copy + Send + Sync + 'static {
    /// Calls it.
    ///
    /// # Safety
    /// `guest` must be that of this plugin, the call noted in it, and there must be as many arguments as the
    /// description says.
    unsafe fn call(self, guest: *mut Guest, scalars: *const u64, values: &[View]) -> Outcome;
}

/// A function of a plugin from 1.2 on.
#[derive(Clone, Copy)]
struct New(Entry);

// SAFETY: the plugin made it of a function that is `Send` and `Sync`.
unsafe impl Send for New {}
// SAFETY: as above.
unsafe impl Sync for New {}

impl Callee for New {
    #[inline(always)]
    unsafe fn call(self, guest: *mut Guest, scalars: *const u64, values: &[View]) -> Outcome {
        // SAFETY: as the caller says.
        unsafe { (self.0.call)(self.0.data, (*guest).state, scalars, values.as_ptr()) }
    }
}

/// A plugin's function as the machine calls it; `None` when values of its types cannot cross. It is the one
/// with these numbers of module and function in the plugin's description, which `decl` is part of.
pub(super) fn trampoline(
    plugin: &'static Opened,
    (module, function): (u32, u32),
    decl: &FnDecl,
) -> Option<Trampoline> {
    let plan = Plan::new(&decl.ret)?;
    let is_value = |param: &&ParamDecl| !param.ty.is_scalar();
    let values = decl.params.iter().filter(is_value).count();
    let scalars = decl.params.len() - values;
    if decl.params.len() > MAX_PARAMS {
        return None;
    }
    let called = Called {
        plugin,
        number: plugin.border.plugin,
        plan,
        last: u8::MAX - u8::try_from(scalars.saturating_sub(1)).ok()?,
    };
    // SAFETY: as the caller says.
    unsafe {
        match plugin.root.entry() {
            Some(entry) => called.of_any(values, New(entry(module, function))),
            None => called.of_any(
                values,
                Old(plugin.root.function()(module, function), scalars),
            ),
        }
    }
}

/// Where a result goes.
trait Gives: 'static {
    /// Puts it there.
    ///
    /// # Errors
    /// It is no result.
    fn put(
        called: &Called,
        guest: *mut Guest,
        scalar: u64,
        registers: Banks<'_>,
    ) -> Result<(), Box<Raise>>;
}

type Banks<'a> = (&'a mut Bank<u64>, &'a mut Bank<Value>, Places);

/// For what is nothing the machine names no register: the first is somebody's.
struct Nothing;

impl Gives for Nothing {
    #[inline(always)]
    fn put(_: &Called, _: *mut Guest, _: u64, _: Banks<'_>) -> Result<(), Box<Raise>> {
        Ok(())
    }
}

struct InScalars;

impl Gives for InScalars {
    #[inline(always)]
    fn put(
        _: &Called,
        _: *mut Guest,
        scalar: u64,
        (scalars, _, at): Banks<'_>,
    ) -> Result<(), Box<Raise>> {
        scalars[usize::from(at.result)] = scalar;
        Ok(())
    }
}

struct InValues;

impl Gives for InValues {
    #[inline(always)]
    fn put(
        called: &Called,
        guest: *mut Guest,
        _: u64,
        (_, values, at): Banks<'_>,
    ) -> Result<(), Box<Raise>> {
        // SAFETY: it is the guest of a call that is over, so that nobody else uses it.
        let guest = unsafe { &mut *guest };
        if guest.other.is_some() {
            guest.taken = error_as_result(guest, &called.plan)?;
        }
        let result = std::mem::take(&mut guest.taken);
        values[usize::from(at.result)].overwrite_with(|| result);
        Ok(())
    }
}

/// All that is known of the calls of a function.
struct Called {
    plugin: &'static Opened,
    /// That of the plugin.
    number: u32,
    plan: Plan,
    /// The last register where its scalar arguments may start.
    last: u8,
}

impl Called {
    /// It as the machine calls it, with so many arguments that are no scalars.
    fn of_any(self, values: usize, callee: impl Callee) -> Option<Trampoline> {
        Some(match values {
            0 => self.of::<0>(callee),
            1 => self.of::<1>(callee),
            2 => self.of::<2>(callee),
            3 => self.of::<3>(callee),
            4 => self.of::<4>(callee),
            5 => self.of::<5>(callee),
            6 => self.of::<6>(callee),
            _ => return None,
        })
    }

    fn of<const N: usize>(self, callee: impl Callee) -> Trampoline {
        match self.plan {
            Plan::Scalar(Scalar::Unit) | Plan::Never => self.giving::<N, Nothing>(callee),
            Plan::Scalar(_) => self.giving::<N, InScalars>(callee),
            _ => self.giving::<N, InValues>(callee),
        }
    }

    fn giving<const N: usize, G: Gives>(self, callee: impl Callee) -> Trampoline {
        Box::new(move |cx, scalars, values, at| {
            if at.scalars > self.last {
                return Err(argument_missing());
            }
            let mut views = [const { MaybeUninit::<View>::uninit() }; N];
            for (index, view) in views.iter_mut().enumerate() {
                Lent::put(&values[nth(at.values, index)], view);
            }
            let guest = match cx.guests().get(self.number) {
                guest if guest.is_null() => open(self.plugin, cx),
                guest => guest,
            };
            let interrupt = Arc::as_ptr(cx.interrupt());
            let run: *mut HostCx = cx;
            // SAFETY: it is this plugin's guest in this run. All scalars are in the bank, and a view has been
            // put to each place. The plugin gets pointers to what lives until it returns, and nobody else
            // uses `cx` meanwhile.
            let outcome = unsafe {
                (*guest).running.run = run.cast();
                (*guest).running.interrupt = interrupt.cast();
                (*guest).plan = &raw const self.plan;
                let scalars = scalars.as_ptr().add(usize::from(at.scalars));
                let views = std::slice::from_raw_parts(views.as_ptr().cast(), N);
                let outcome = callee.call(guest, scalars, views);
                (*guest).running.run = ptr::null_mut();
                outcome
            };
            if outcome.status != Status::DONE {
                // SAFETY: the call is over, so that nobody else uses the guest.
                return Err(failed(outcome.status, unsafe { &mut *guest }));
            }
            G::put(&self, guest, outcome.scalar, (scalars, values, at))
        })
    }
}

/// Whoever compiled the call has put its arguments where they have no room.
#[cold]
fn argument_missing() -> Box<Raise> {
    Box::new(Raise::internal("an argument is missing"))
}

/// What a call raised that did not end well.
#[cold]
fn failed(status: Status, guest: &mut Guest) -> Box<Raise> {
    let taken = std::mem::take(&mut guest.taken);
    let other = guest.other.take();
    Box::new(not_done(status, || other.unwrap_or(Ok(taken))))
}

/// The result of a call that ended well, where that is an error.
#[cold]
fn error_as_result(guest: &mut Guest, plan: &Plan) -> Result<Value, Box<Raise>> {
    match guest.other.take() {
        Some(Ok(_)) if !plan.takes_error() => Err(Box::new(Raise::internal(
            "a plugin gave an error as a result",
        ))),
        Some(other) => Ok(other?),
        None => Ok(Value::None),
    }
}

/// Takes a result while the plugin holds it.
unsafe extern "C" fn take(data: *mut (), what: *const View) {
    // SAFETY: `data` is what `open` put into the sink, which is given for calls of this plugin in its run, one
    // of which is going on; and the view is lent until this returns. Of the guest nothing is borrowed meanwhile
    // but what is named here.
    unsafe {
        let guest = data.cast::<Guest>();
        let plan = &*(*guest).plan;
        match (plan, (*what).kind) {
            (Plan::String, Kind::STRING) => {
                let far = Far::new(View::read(what), &(*guest).plugin.border);
                let text = Str::from(far.text().unwrap_or_default());
                (*guest).taken.overwrite_with(|| Value::str(text));
            }
            (Plan::Record(shape, plans), Kind::RECORD) if (*what).shown == 1 => {
                let far = Far::new(View::read(what), &(*guest).plugin.border);
                let fields = far.shown().unwrap_or_default();
                let mut adopting = adopting(guest);
                match copy_shown((shape, plans), far.border(), fields, &mut adopting) {
                    Ok(record) => (*guest).taken.overwrite_with(|| Value::from(record)),
                    Err(raise) => (*guest).other = Some(Err(raise)),
                }
            }
            _ => take_other(guest, plan, what),
        }
    }
}

/// What adopting handles of a plugin takes.
///
/// # Safety
/// The guest must be that of a call that is going on.
#[inline(always)]
unsafe fn adopting<'a>(guest: *mut Guest) -> Adopting<'a> {
    // SAFETY: as the caller says; who called the plugin does not use the context until it returns.
    let (cx, adopted, plugin) = unsafe {
        let run = (*guest).running.run.cast::<HostCx>();
        (&*run, &mut (*guest).adopted, (*guest).plugin)
    };
    Adopting {
        adopted,
        resources: cx.resources(),
        handles: plugin.root.handles(),
        plugin: plugin.border.plugin,
    }
}

/// # Safety
/// The guest must be that of a call that is going on, and the view lent.
#[inline(never)]
unsafe fn take_other(guest: *mut Guest, plan: &Plan, what: *const View) {
    // SAFETY: as the caller says.
    let far = unsafe { Far::new(View::read(what), &(*guest).plugin.border) };
    let is_error = far.kind() == Kind::ERROR;
    let copied = if is_error {
        far.to_value()
    } else {
        // SAFETY: as the caller says.
        let mut adopting = unsafe { adopting(guest) };
        plan.copy(far, &mut adopting)
    };
    // SAFETY: as the caller says.
    unsafe {
        match copied {
            Ok(value) if !is_error => (*guest).taken = value,
            other => (*guest).other = Some(other),
        }
    }
}
