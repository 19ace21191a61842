//! The host's side: what a plugin can ask of a run.

use super::far::Border;
use super::lent::{Lent, access};
use super::raise::{Taken, status};
use crate::service::ByteService;
use crate::typed::caught;
use crate::{HostCx, Raise, Waiter};
use shape_abi::plugin::{
    Host, HostRef, PrefixTypeTrait as _, Service, Sink, Status, View, Waiter as RawWaiter,
};
use std::fmt;
use std::os::fd::AsRawFd as _;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Duration;

/// The table of a host's functions.
pub(super) fn table() -> HostRef {
    static TABLE: LazyLock<HostRef> = LazyLock::new(|| {
        Host {
            access: access(),
            print,
            flush,
            wait,
            set_waiter,
            argument,
            cancel_fd,
            service,
        }
        .leak_into_prefix()
    });
    *TABLE
}

/// The run that a plugin was called with.
///
/// # Safety
/// `run` must be that of a call, or of an opening, that is going on.
unsafe fn context<'a>(run: *mut ()) -> &'a mut HostCx {
    // SAFETY: as the caller says; who called the plugin does not use the context until it returns.
    unsafe { &mut *run.cast::<HostCx>() }
}

/// Ends a question with what it came to; a writer or a waiter of the host's that panics fails.
///
/// # Safety
/// `sink` must be that of the question.
unsafe fn answered(sink: Sink, ask: impl FnOnce() -> Result<(), Raise>) -> Status {
    let answer = caught(ask).unwrap_or_else(|| Err(Raise::internal("the host panicked")));
    // SAFETY: as the caller says.
    unsafe { status(answer, sink) }
}

/// The bytes at an address.
///
/// # Safety
/// So many must lie there for `'a`.
unsafe fn slice<'a>(bytes: *const u8, len: usize) -> &'a [u8] {
    match len {
        0 => &[],
        // SAFETY: as the caller says.
        len => unsafe { std::slice::from_raw_parts(bytes, len) },
    }
}

unsafe extern "C" fn print(
    run: *mut (),
    is_error: bool,
    bytes: *const u8,
    len: usize,
    sink: Sink,
) -> Status {
    // SAFETY: the plugin gives the run of the call that is going on, its bytes and a sink.
    unsafe {
        answered(sink, || {
            let (cx, bytes) = (context(run), slice(bytes, len));
            match is_error {
                false => cx.print_bytes(bytes),
                true => cx.eprint_bytes(bytes),
            }
        })
    }
}

unsafe extern "C" fn flush(run: *mut (), sink: Sink) -> Status {
    // SAFETY: the plugin gives the run of the call that is going on, and a sink.
    unsafe { answered(sink, || context(run).flush()) }
}

unsafe extern "C" fn wait(run: *mut (), nanos: u64, sink: Sink) -> Status {
    // SAFETY: the plugin gives the run of the call that is going on, and a sink.
    unsafe { answered(sink, || context(run).wait(Duration::from_nanos(nanos))) }
}

unsafe extern "C" fn set_waiter(run: *mut (), plugin: u32, waiter: RawWaiter) {
    // SAFETY: the plugin gives the run of the call that is going on.
    let cx = unsafe { context(run) };
    let border = cx.guests().border(plugin);
    let waiter = GuestWaiter { waiter, border };
    cx.set_waiter(Rc::new(waiter));
}

unsafe extern "C" fn argument(run: *mut (), index: usize) -> View {
    // SAFETY: the plugin gives the run of the call that is going on.
    let cx = unsafe { context(run) };
    cx.args()
        .get(index)
        .map_or(View::NONE, |arg| Lent::str(arg).view())
}

unsafe extern "C" fn cancel_fd(run: *mut ()) -> i32 {
    // SAFETY: the plugin gives the run of the call that is going on.
    let cx = unsafe { context(run) };
    cx.own_cancel_fd().map_or(-1, |fd| fd.as_raw_fd())
}

unsafe extern "C" fn service(run: *mut (), name: *const u8, len: usize) -> Service {
    // SAFETY: the plugin gives the run of the call that is going on, and a name.
    let (cx, name) = unsafe { (context(run), slice(name, len)) };
    let found = std::str::from_utf8(name)
        .ok()
        .and_then(|name| cx.byte_service(name));
    let data = found.map_or(std::ptr::null(), |service| {
        let service: *const ByteService = Box::into_raw(Box::new(service));
        service
    });
    Service {
        data: data.cast(),
        call: call_service,
        drop: drop_service,
    }
}

unsafe extern "C" fn call_service(
    data: *const (),
    request: *const u8,
    len: usize,
    sink: Sink,
) -> Status {
    // SAFETY: the plugin gives what `service` gave it and has not dropped it, and its request.
    let (service, request) = unsafe { (&*data.cast::<ByteService>(), slice(request, len)) };
    let answer = caught(|| service.call(request)).unwrap_or_default();
    // SAFETY: it is the sink of this call, and the answer is lent while it takes it.
    unsafe { (sink.take)(sink.data, &Lent::bytes(&answer).view()) };
    Status::DONE
}

unsafe extern "C" fn drop_service(data: *const ()) {
    // SAFETY: `service` made it, and the plugin gives it once and does not use it again.
    drop(unsafe { Box::from_raw(data.cast_mut().cast::<ByteService>()) });
}

/// A plugin that serves somebody while the run waits.
struct GuestWaiter {
    waiter: RawWaiter,
    border: Option<&'static Border>,
}

impl Waiter for GuestWaiter {
    fn wait(&self, at_most: Duration) -> Result<(), Raise> {
        let Some(border) = self.border else {
            return Err(Raise::internal("a plugin waits that has not been opened"));
        };
        let nanos = u64::try_from(at_most.as_nanos()).unwrap_or(u64::MAX);
        let mut taken = Taken::new(border);
        // SAFETY: it has not been dropped, and the sink lives until it returns.
        let status = unsafe { (self.waiter.wait)(self.waiter.data, nanos, taken.sink()) };
        taken.ended(status).map(drop)
    }
}

impl Drop for GuestWaiter {
    fn drop(&mut self) {
        // SAFETY: it is dropped once.
        unsafe { (self.waiter.drop)(self.waiter.data) };
    }
}

impl fmt::Debug for GuestWaiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuestWaiter").field(&self.border).finish()
    }
}
