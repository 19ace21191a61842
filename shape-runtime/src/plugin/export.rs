//! The plugin's side: its functions, and what it keeps for a run.

use super::far::{Border, Far};
use super::lent::{Lent, access};
use super::link::Link;
use super::raise;
use crate::convention::{Convention, Frame, Trampoline};
use crate::marshal::IntoShape;
use crate::typed::{TypedFn, caught, guarded};
use crate::{HostCx, Registry, RegistryError};
use shape_abi::plugin::{
    Call, Function, Handles, HandlesRef, HostRef, PrefixTypeTrait as _, RStr, Root, RootRef, Sink,
    Status, View,
};
use shape_value::IoHandle;
use std::cell::Cell;
use std::panic;
use std::rc::Rc;
use std::sync::LazyLock;

/// Functions of a plugin, which are called from the other side of the border.
#[derive(Clone, Copy, Debug)]
pub enum Exported {}

/// A function of a plugin, as the host calls it.
#[derive(Clone, Copy, Debug)]
pub struct ExportedFn(Function);

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
        Ok(ExportedFn(Function {
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
}

/// Where the host calls a function.
unsafe extern "C" fn enter<const N: usize, M, F: TypedFn<M, N>>(
    data: *const (),
    state: *mut (),
    call: *mut Call,
) -> Status {
    // SAFETY: `data` is what `Exported::function` made for this `F`. The host gives what `open` gave
    // it for the run, on the run's thread and for one call at a time, and a call that lives until
    // this returns.
    let (named, state, call) = unsafe {
        (
            &*data.cast::<Named<F>>(),
            &mut *state.cast::<State>(),
            &mut *call,
        )
    };
    let sink = call.sink;
    // SAFETY: both pointers are those of this call, which is left below.
    unsafe { state.link.enter(call.run, call.interrupt) };
    let mut frame = FarFrame {
        call,
        border: &state.border,
    };
    let cx = &mut state.cx;
    let result = guarded(named.name, || named.f.call(cx, &mut frame));
    state.link.leave();
    // SAFETY: it is the sink of this call.
    unsafe { raise::status(result.map_err(|raise| *raise), sink) }
}

/// A call that came over the border.
struct FarFrame<'c> {
    call: &'c mut Call,
    border: &'c Border,
}

impl Frame for FarFrame<'_> {
    type Source<'a>
        = Far<'a>
    where
        Self: 'a;

    #[inline(always)]
    fn scalar(&self, index: usize) -> u64 {
        assert!(index < self.call.scalar_count, "an argument is missing");
        // SAFETY: the host says that so many lie there.
        unsafe { *self.call.scalars.add(index) }
    }

    #[inline(always)]
    fn value(&self, index: usize) -> Far<'_> {
        assert!(index < self.call.value_count, "an argument is missing");
        // SAFETY: the host says that so many lie there, and lends what they are of for the call.
        unsafe { Far::new(*self.call.values.add(index), self.border) }
    }

    #[inline(always)]
    fn finish<T: IntoShape>(&mut self, result: T) {
        if T::SCALAR {
            let scalars = match self.call.scalar_count {
                0 => &mut [][..],
                // SAFETY: the host says that so many lie there, and looks at none before this returns.
                count => unsafe { std::slice::from_raw_parts_mut(self.call.scalars, count) },
            };
            if let Some(first) = scalars.first_mut() {
                result.store(first, &mut shape_value::Value::None);
            }
        } else {
            let sink = self.call.sink;
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
pub fn function(exports: &Exports, module: u32, function: u32) -> Function {
    let found = exports
        .as_ref()
        .ok()
        .and_then(|registry| registry.function(module, function));
    found.map_or(
        Function {
            data: std::ptr::null(),
            call: missing,
        },
        |function| function.0,
    )
}

unsafe extern "C" fn missing(_: *const (), _: *mut (), _: *mut Call) -> Status {
    Status::ERROR
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
    function: unsafe extern "C" fn(u32, u32) -> Function,
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
    }
    .leak_into_prefix()
}

unsafe extern "C" fn open(plugin: u32, host: HostRef, run: *mut ()) -> *mut () {
    CALLED.set(true);
    // SAFETY: the host gives its own table, and a run that is valid for this call.
    let link = Rc::new(unsafe { Link::new(host, plugin, run) });
    let cx = HostCx::in_plugin(Rc::clone(&link));
    link.leave();
    let border = Border {
        access: host.access(),
        plugin,
    };
    Box::into_raw(Box::new(State { cx, link, border })).cast()
}

unsafe extern "C" fn close(state: *mut ()) {
    // SAFETY: `open` made it, and the host gives it once and does not use it again.
    let state = unsafe { Box::from_raw(state.cast::<State>()) };
    // Resources and states of modules are dropped here; a panic of one of them ends with it.
    caught(|| drop(state));
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

            unsafe extern "C" fn function(
                module: u32,
                function: u32,
            ) -> $crate::abi::plugin::Function {
                $crate::plugin::function(&EXPORTS, module, function)
            }

            fn root() -> $crate::abi::plugin::RootRef {
                $crate::plugin::root(
                    env!("CARGO_PKG_NAME"),
                    env!("CARGO_PKG_VERSION"),
                    describe,
                    function,
                )
            }

            $crate::abi::export_plugin_root! { root }
        }
    };
}
