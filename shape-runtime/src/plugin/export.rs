//! The plugin's side: its functions, and what it keeps for a run.

use super::far::{Border, Far};
use super::lent::{Lent, access};
use super::link::Link;
use super::raise;
use crate::convention::{Convention, Frame, Trampoline};
use crate::marshal::IntoShape;
use crate::typed::{TypedFn, caught, guarded};
use crate::{HostCx, Raise, Registry, RegistryError};
use shape_abi::plugin::{
    Call, Entry, Function, Handles, HandlesRef, HostRef, Outcome, PrefixTypeTrait as _, RStr, Root,
    RootRef, Running, Sink, Status, View,
};
use shape_value::IoHandle;
use std::cell::Cell;
use std::panic;
use std::ptr;
use std::rc::Rc;
use std::sync::LazyLock;

/// Functions of a plugin, which are called from the other side of the border.
#[derive(Clone, Copy, Debug)]
pub enum Exported {}

/// A function of a plugin, as the host calls it.
#[derive(Clone, Copy, Debug)]
pub struct ExportedFn(Entry);

// SAFETY: `data` is a `Named<F>` that is never changed or dropped, and `F` is `Send` and `Sync`.
unsafe impl Send for ExportedFn {}
// SAFETY: as above.
unsafe impl Sync for ExportedFn {}

/// A Rust function and what it is called in errors.
struct Named<F> {
    f: F,
    name: &'static str,
}

impl Convention for Exported {
    type Function = ExportedFn;

    fn function<const N: usize, M, F: TypedFn<M, N>>(
        f: F,
        name: &'static str,
    ) -> Result<ExportedFn, usize> {
        if let Some(place) = F::crosses().iter().position(|crosses| !crosses) {
            return Err(place);
        }
        // A plugin is never unloaded, and nor are its functions.
        let data: *const Named<F> = Box::leak(Box::new(Named { f, name }));
        Ok(ExportedFn(Entry {
            data: data.cast(),
            call: enter::<N, M, F>,
        }))
    }

    fn raw(_: Trampoline) -> Option<ExportedFn> {
        None
    }
}

/// What the plugin keeps for one run of the host.
struct State {
    cx: HostCx,
    /// That of `cx`, as long as the functions leave that in its place.
    link: Rc<Link>,
    border: Border,
    /// Takes results that are no scalars; there is one before the first call.
    sink: Option<Sink>,
}

/// Where the host calls a function.
unsafe extern "C" fn enter<const N: usize, M, F: TypedFn<M, N>>(
    data: *const (),
    state: *mut (),
    scalars: *const u64,
    values: *const View,
) -> Outcome {
    // SAFETY: `data` is what `Exported::function` made for this `F`. The host gives what `open` gave
    // it for the run, on the run's thread and for one call at a time.
    let (named, state) = unsafe { (&*data.cast::<Named<F>>(), &mut *state.cast::<State>()) };
    let mut frame = FarFrame {
        scalars,
        values,
        border: &state.border,
        sink: &state.sink,
        scalar: 0,
    };
    let cx = &mut state.cx;
    let status = match guarded(named.name, || named.f.call(cx, &mut frame)) {
        Ok(()) => Status::DONE,
        Err(raise) => raised(&raise, state.sink.as_ref()),
    };
    Outcome {
        status,
        scalar: frame.scalar,
    }
}

#[cold]
fn raised(raise: &Raise, sink: Option<&Sink>) -> Status {
    match sink {
        // SAFETY: it is the sink of the call that is going on.
        Some(sink) => unsafe { raise::tell(raise, *sink) },
        None => Status::ERROR,
    }
}

/// A call that came over the border. There are as many arguments as `F::params` says for the function that
/// it is a call of, and no more are asked for.
struct FarFrame<'c> {
    scalars: *const u64,
    values: *const View,
    border: &'c Border,
    sink: &'c Option<Sink>,
    /// The result, where it is one.
    scalar: u64,
}

impl Frame for FarFrame<'_> {
    type Source<'a>
        = Far<'a>
    where
        Self: 'a;

    #[inline(always)]
    fn scalar(&self, index: usize) -> u64 {
        // SAFETY: the host lays there what the description of the function says, which has been made of the
        // same `F` that is called with this.
        unsafe { *self.scalars.add(index) }
    }

    #[inline(always)]
    fn value(&self, index: usize) -> Far<'_> {
        // SAFETY: as above; the host lends what they are of for the call.
        unsafe { Far::new(View::read(self.values.add(index)), self.border) }
    }

    #[inline(always)]
    fn finish<T: IntoShape>(&mut self, result: T) {
        if T::SCALAR {
            self.scalar = result.into_bits();
        } else if let Some(sink) = self.sink {
            // SAFETY: it is the sink of this call, and the result is lent while it takes it.
            result.lend(|lent| unsafe { (sink.take)(sink.data, &lent.view()) });
        }
    }
}

/// All that a plugin exports.
#[doc(hidden)]
pub type Exports = LazyLock<Result<Registry<Exported>, String>>;

/// What a plugin's `register` function registers, for the code that [`plugin!`](crate::plugin) makes.
#[doc(hidden)]
pub fn exports(
    register: fn(&mut Registry<Exported>) -> Result<(), RegistryError>,
) -> Result<Registry<Exported>, String> {
    let mut registry = Registry::default();
    match caught(|| register(&mut registry)) {
        Some(Ok(())) => Ok(registry),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("its `register` function panicked".to_owned()),
    }
}

/// The description of the modules, or why there is none.
///
/// # Safety
/// `sink` must be one that the host gave for this.
#[doc(hidden)]
pub unsafe fn describe(exports: &Exports, sink: Sink) -> Status {
    let described = match &**exports {
        Ok(registry) => serde_json::to_string(registry.decls()).map_err(|error| error.to_string()),
        Err(error) => Err(error.clone()),
    };
    let (text, status) = match &described {
        Ok(text) => (text, Status::DONE),
        Err(text) => (text, Status::ERROR),
    };
    // SAFETY: as the caller says; the text is lent while the sink takes it.
    unsafe { (sink.take)(sink.data, &Lent::str(text).view()) };
    status
}

/// A function by its place; one that fails where there is none.
#[doc(hidden)]
pub fn entry(exports: &Exports, module: u32, function: u32) -> Entry {
    let found = exports
        .as_ref()
        .ok()
        .and_then(|registry| registry.function(module, function));
    found.map_or(
        Entry {
            data: std::ptr::null(),
            call: missing,
        },
        |function| function.0,
    )
}

unsafe extern "C" fn missing(_: *const (), _: *mut (), _: *const u64, _: *const View) -> Outcome {
    Outcome {
        status: Status::ERROR,
        scalar: 0,
    }
}

/// What a host that knows no entries would ask for; it would not load this.
unsafe extern "C" fn function(_: u32, _: u32) -> Function {
    unsafe extern "C" fn call(_: *const (), _: *mut (), _: *mut Call) -> Status {
        Status::ERROR
    }
    Function {
        data: std::ptr::null(),
        call,
    }
}

thread_local! {
    /// Whether a host calls functions on this thread.
    static CALLED: Cell<bool> = const { Cell::new(false) };
}

/// Has panics that are dealt with, as those of functions are, say nothing by themselves. The host's
/// own hook, which sees to that for linked functions, is not the one that this library's code has.
fn quieten() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !CALLED.get() {
            hook(info);
        }
    }));
}

/// The root of a plugin, for the code that [`plugin!`](crate::plugin) makes.
#[doc(hidden)]
pub fn root(
    name: &'static str,
    version: &'static str,
    describe: unsafe extern "C" fn(Sink) -> Status,
    entry: unsafe extern "C" fn(u32, u32) -> Entry,
) -> RootRef {
    quieten();
    Root {
        name: RStr::from_str(name),
        version: RStr::from_str(version),
        describe,
        function,
        open,
        close,
        access: access(),
        handles: handles(),
        made_by: RStr::from_str(env!("CARGO_PKG_VERSION")),
        entry,
        attach,
    }
    .leak_into_prefix()
}

unsafe extern "C" fn open(plugin: u32, host: HostRef, run: *mut ()) -> *mut () {
    CALLED.set(true);
    let link = Rc::new(Link::new(host, plugin));
    let opening = Running {
        run,
        interrupt: &raw const NEVER,
        sink: Sink {
            data: ptr::null_mut(),
            take: take_nothing,
        },
    };
    // SAFETY: the run is valid for this call, and it is left at the end of it.
    unsafe { link.attach(&raw const opening) };
    let cx = HostCx::in_plugin(Rc::clone(&link));
    link.detach();
    let border = Border {
        access: host.access(),
        plugin,
    };
    let state = State {
        cx,
        link,
        border,
        sink: None,
    };
    Box::into_raw(Box::new(state)).cast()
}

/// What tells that no run is to end.
static NEVER: u8 = 0;

unsafe extern "C" fn take_nothing(_: *mut (), _: *const View) {}

unsafe extern "C" fn attach(state: *mut (), running: *const Running) {
    // SAFETY: `open` made the state, and no call is going on. What `running` points to stays until `close`,
    // where it is left.
    unsafe {
        let state = &mut *state.cast::<State>();
        state.sink = Some((*running).sink);
        state.link.attach(running);
    }
}

unsafe extern "C" fn close(state: *mut ()) {
    // SAFETY: `open` made it, and the host gives it once and does not use it again.
    let state = unsafe { Box::from_raw(state.cast::<State>()) };
    let link = Rc::clone(&state.link);
    // Resources and states of modules are dropped here; a panic of one of them ends with it.
    caught(|| drop(state));
    // A function may have moved its `HostCx` to where it is still.
    link.detach();
}

fn handles() -> HandlesRef {
    unsafe extern "C" fn keep(handle: *const ()) -> *const () {
        // SAFETY: the host gives an address that it got in a view, which is that of a handle.
        let handle = unsafe { &*handle.cast::<IoHandle>() };
        let kept: *const IoHandle = Box::into_raw(Box::new(handle.clone()));
        kept.cast()
    }
    unsafe extern "C" fn release(handle: *const ()) {
        // SAFETY: `keep` made it, and the host gives it once and does not use it again.
        let handle = unsafe { Box::from_raw(handle.cast_mut().cast::<IoHandle>()) };
        caught(|| drop(handle));
    }
    unsafe extern "C" fn is_open(handle: *const ()) -> bool {
        // SAFETY: `keep` made it.
        let handle = unsafe { &*handle.cast::<IoHandle>() };
        // A resource may answer that itself.
        caught(|| handle.is_open()).unwrap_or(false)
    }
    unsafe extern "C" fn label(handle: *const ()) -> View {
        // SAFETY: `keep` made it.
        Lent::str(unsafe { &*handle.cast::<IoHandle>() }.label()).view()
    }
    unsafe extern "C" fn type_name(handle: *const ()) -> View {
        // SAFETY: `keep` made it.
        Lent::str(unsafe { &*handle.cast::<IoHandle>() }.type_name()).view()
    }
    static HANDLES: LazyLock<HandlesRef> = LazyLock::new(|| {
        Handles {
            keep,
            release,
            is_open,
            label,
            type_name,
        }
        .leak_into_prefix()
    });
    *HANDLES
}

/// Makes a crate of the type `cdylib` a plugin, whose modules `$register` registers: a function that
/// takes `&mut Registry<C>`, for any [`Convention`] or for [`Exported`], and gives
/// `Result<(), RegistryError>`.
///
/// ```no_run
/// use shape_abi::PermissionSet;
/// use shape_runtime::{Convention, FnSpec, HostCx, Registry, RegistryError};
///
/// fn double(_: &mut HostCx, n: i64) -> i64 {
///     n.wrapping_mul(2)
/// }
///
/// pub fn register<C: Convention>(registry: &mut Registry<C>) -> Result<(), RegistryError> {
///     let mut module = registry.module("acme::numbers", "Numbers.");
///     module.register_typed_fn(
///         FnSpec {
///             name: "double",
///             params: ["n"],
///             needs: PermissionSet::pure(),
///             doc: "Twice `n`.",
///         },
///         double,
///     )?;
///     registry.add(module)
/// }
///
/// shape_runtime::plugin! { register }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! plugin {
    ($register:path) => {
        #[doc(hidden)]
        mod __shape_plugin {
            #[allow(unused_imports, reason = "a path may start anywhere")]
            use super::*;

            static EXPORTS: $crate::plugin::Exports =
                ::std::sync::LazyLock::new(|| $crate::plugin::exports($register));

            unsafe extern "C" fn describe(
                sink: $crate::abi::plugin::Sink,
            ) -> $crate::abi::plugin::Status {
                // SAFETY: the host gives a sink for this call.
                unsafe { $crate::plugin::describe(&EXPORTS, sink) }
            }

            unsafe extern "C" fn entry(module: u32, function: u32) -> $crate::abi::plugin::Entry {
                $crate::plugin::entry(&EXPORTS, module, function)
            }

            fn root() -> $crate::abi::plugin::RootRef {
                $crate::plugin::root(
                    env!("CARGO_PKG_NAME"),
                    env!("CARGO_PKG_VERSION"),
                    describe,
                    entry,
                )
            }

            $crate::abi::export_plugin_root! { root }
        }
    };
}
