//! The plugin's side: what its `HostCx` asks of the host.

use super::far::{Border, Far};
use super::raise::{Taken, status};
use crate::marshal::Source as _;
use crate::service::ByteService;
use crate::typed::caught;
use crate::{Raise, Waiter};
use shape_abi::plugin::{HostRef, Running, Service, Sink, Status, Waiter as RawWaiter};
use shape_value::{Str, Value};
use std::cell::Cell;
use std::fmt;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The host, while one of its calls is going on. The [`HostCx`](crate::HostCx) that holds this may be moved
/// away by a function and outlive the call; then there is no host any more.
pub(crate) struct Link {
    host: HostRef,
    border: Border,
    /// Where the host notes which call is going on; null when there can be none.
    running: Cell<*const Running>,
}

impl Link {
    /// A link to a host, for the plugin with this number.
    pub(super) fn new(host: HostRef, plugin: u32) -> Self {
        Self {
            host,
            border: Border {
                access: host.access(),
                plugin,
            },
            running: Cell::new(ptr::null()),
        }
    }

    /// Has the calls looked up there that are going on.
    ///
    /// # Safety
    /// It must be the host's, and stay until [`detach`](Self::detach).
    pub(super) unsafe fn attach(&self, running: *const Running) {
        self.running.set(running);
    }

    /// There are no calls from here on.
    pub(super) fn detach(&self) {
        self.running.set(ptr::null());
    }

    /// The run of the call that is going on.
    #[inline(always)]
    fn run(&self) -> Option<*mut ()> {
        let running = self.running.get();
        if running.is_null() {
            return None;
        }
        // SAFETY: it has not been detached, and is written by this thread only, when it calls.
        let run = unsafe { (*running).run };
        (!run.is_null()).then_some(run)
    }

    #[inline(always)]
    pub(crate) fn interrupted(&self) -> bool {
        if self.run().is_none() {
            return false;
        }
        // SAFETY: a call is going on, and the host says that for it a byte lies there that is 0 or 1 and
        // written atomically.
        unsafe { &*(*self.running.get()).interrupt.cast::<AtomicBool>() }.load(Ordering::Relaxed)
    }

    /// Asks the host for something that may fail.
    fn ask(&self, ask: impl FnOnce(HostRef, *mut (), Sink) -> Status) -> Result<Value, Raise> {
        let Some(run) = self.run() else {
            return Err(Raise::internal(
                "the host was asked when no call of it was going on",
            ));
        };
        let mut taken = Taken::new(&self.border);
        let status = ask(self.host, run, taken.sink());
        taken.ended(status)
    }

    pub(crate) fn print(&self, is_error: bool, bytes: &[u8]) -> Result<(), Raise> {
        // SAFETY: the run is that of the call that is going on, and the bytes lie still; the same
        // holds below.
        self.ask(|host, run, sink| unsafe {
            host.print()(run, is_error, bytes.as_ptr(), bytes.len(), sink)
        })?;
        Ok(())
    }

    pub(crate) fn flush(&self) -> Result<(), Raise> {
        // SAFETY: see `print`.
        self.ask(|host, run, sink| unsafe { host.flush()(run, sink) })?;
        Ok(())
    }

    pub(crate) fn wait(&self, duration: Duration) -> Result<(), Raise> {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // SAFETY: see `print`.
        self.ask(|host, run, sink| unsafe { host.wait()(run, nanos, sink) })?;
        Ok(())
    }

    pub(crate) fn set_waiter(&self, waiter: Rc<dyn Waiter>) {
        let Some(run) = self.run() else {
            return;
        };
        let data: *mut Rc<dyn Waiter> = Box::into_raw(Box::new(waiter));
        let waiter = RawWaiter {
            data: data.cast(),
            wait,
            drop: drop_waiter,
        };
        // SAFETY: see `print`; the host drops the waiter once.
        unsafe { self.host.set_waiter()(run, self.border.plugin, waiter) };
    }

    pub(crate) fn args(&self) -> Vec<Str> {
        let Some(run) = self.run() else {
            return Vec::new();
        };
        let args = (0..).map_while(|index| {
            // SAFETY: see `print`; the argument is lent until this call is over.
            let arg = unsafe { Far::new(self.host.argument()(run, index), &self.border) };
            arg.to_str()
        });
        args.collect()
    }

    pub(crate) fn cancel_fd(&self) -> io::Result<Option<OwnedFd>> {
        let Some(run) = self.run() else {
            return Ok(None);
        };
        // SAFETY: see `print`.
        match unsafe { self.host.cancel_fd()(run) } {
            ..0 => Ok(None),
            // SAFETY: the host keeps it open as long as its run, which waits for this call.
            fd => unsafe { BorrowedFd::borrow_raw(fd) }
                .try_clone_to_owned()
                .map(Some),
        }
    }

    pub(crate) fn service(&self, name: &str) -> Option<ByteService> {
        // SAFETY: see `print`.
        let service = unsafe { self.host.service()(self.run()?, name.as_ptr(), name.len()) };
        if service.data.is_null() {
            return None;
        }
        let service = Hosts(service, self.border);
        Some(ByteService::new(move |request| service.call(request)))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

/// The host waits, and this plugin has to serve somebody meanwhile.
unsafe extern "C" fn wait(data: *mut (), at_most: u64, sink: Sink) -> Status {
    // SAFETY: the host gives what `set_waiter` gave it.
    let waiter = unsafe { &*data.cast::<Rc<dyn Waiter>>() };
    let waited = caught(|| waiter.wait(Duration::from_nanos(at_most)));
    let waited = waited.unwrap_or_else(|| Err(Raise::internal("what waits for a run panicked")));
    // SAFETY: it is the sink of this call.
    unsafe { status(waited, sink) }
}

unsafe extern "C" fn drop_waiter(data: *mut ()) {
    // SAFETY: `set_waiter` made it, and the host gives it once and does not use it again.
    let waiter = unsafe { Box::from_raw(data.cast::<Rc<dyn Waiter>>()) };
    caught(|| drop(waiter));
}

/// A service of the host.
struct Hosts(Service, Border);

// SAFETY: a host gives only services that any thread may call.
unsafe impl Send for Hosts {}
// SAFETY: as above.
unsafe impl Sync for Hosts {}

impl Hosts {
    fn call(&self, request: &[u8]) -> Vec<u8> {
        let mut taken = Taken::new(&self.1);
        // SAFETY: the service has not been dropped, and the request lies still.
        let status =
            unsafe { (self.0.call)(self.0.data, request.as_ptr(), request.len(), taken.sink()) };
        let answer = taken.ended(status).ok();
        let answer = answer.as_ref().and_then(Value::as_bytes);
        answer.unwrap_or_default().to_vec()
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        // SAFETY: it is dropped once.
        unsafe { (self.0.drop)(self.0.data) };
    }
}
