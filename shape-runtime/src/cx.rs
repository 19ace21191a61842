//! The context of a host call.

use crate::output::{Buffering, Output};
use crate::plugin::{Guests, Link};
use crate::service::ByteService;
use crate::wait::{NAP, Waiter};
use crate::{Raise, Stop};
use shape_abi::Ty;
use shape_value::{ResourceTable, Str};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What belongs to one run: its resources, its output, its arguments, and the state that modules
/// keep for it.
///
/// Host functions get it as their first parameter, `cx`.
#[derive(Debug)]
pub struct HostCx {
    /// What plugins keep for the run; it is dropped before all that it may hold on to.
    guests: Guests,
    resources: ResourceTable,
    stdout: Output,
    stderr: Output,
    args: Vec<Str>,
    type_args: Arc<[Ty]>,
    interrupt: Arc<AtomicBool>,
    waiter: Option<Rc<dyn Waiter>>,
    states: HashMap<TypeId, Box<dyn Any>>,
    services: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    byte_services: HashMap<String, ByteService>,
    cancel_fd: Option<Arc<OwnedFd>>,
    /// In a plugin: the host, which has the output and all that is shared.
    link: Option<Rc<Link>>,
}

impl Default for HostCx {
    fn default() -> Self {
        Self::new()
    }
}

/// Setting up.
impl HostCx {
    /// A context that writes to the process's standard output and error. Output is buffered by lines
    /// on a terminal and by blocks elsewhere; errors by lines.
    #[must_use]
    pub fn new() -> Self {
        let stdout = io::stdout();
        let buffering = if stdout.is_terminal() {
            Buffering::Line
        } else {
            Buffering::Block
        };
        Self::writing(
            Output::new("standard output", Box::new(stdout), buffering),
            Output::new("standard error", Box::new(io::stderr()), Buffering::Line),
        )
    }

    fn writing(stdout: Output, stderr: Output) -> Self {
        Self {
            guests: Guests::default(),
            resources: ResourceTable::new(),
            stdout,
            stderr,
            args: Vec::new(),
            type_args: Arc::new([]),
            interrupt: Arc::default(),
            waiter: None,
            states: HashMap::new(),
            services: HashMap::new(),
            byte_services: HashMap::new(),
            cancel_fd: None,
            link: None,
        }
    }

    /// The context of a plugin for one run of its host.
    pub(crate) fn in_plugin(link: Rc<Link>) -> Self {
        let nowhere = || Output::new("nowhere", Box::new(io::sink()), Buffering::Block);
        Self {
            args: link.args(),
            link: Some(link),
            ..Self::writing(nowhere(), nowhere())
        }
    }

    /// Sends what the script prints to `writer`.
    #[must_use]
    pub fn with_stdout(mut self, writer: impl Write + 'static, buffering: Buffering) -> Self {
        self.stdout = Output::new("standard output", Box::new(writer), buffering);
        self.stdout.set_interrupt(Arc::clone(&self.interrupt));
        self
    }

    /// Sends what the script prints with `eprint` to `writer`.
    #[must_use]
    pub fn with_stderr(mut self, writer: impl Write + 'static, buffering: Buffering) -> Self {
        self.stderr = Output::new("standard error", Box::new(writer), buffering);
        self.stderr.set_interrupt(Arc::clone(&self.interrupt));
        self
    }

    /// Sets what `args()` gives.
    #[must_use]
    pub fn with_args<S: Into<Str>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Shares the flag that ends the run when it becomes true. A writer that fails with
    /// [`io::ErrorKind::Interrupted`] then ends it too.
    #[must_use]
    pub fn with_interrupt(mut self, interrupt: Arc<AtomicBool>) -> Self {
        self.stdout.set_interrupt(Arc::clone(&interrupt));
        self.stderr.set_interrupt(Arc::clone(&interrupt));
        self.interrupt = interrupt;
        self
    }

    /// Gives the run a service that it shares with other threads, such as the policy; replaces the
    /// one of the same type.
    #[must_use]
    pub fn with_service<T: Any + Send + Sync>(mut self, service: Arc<T>) -> Self {
        self.set_service(service);
        self
    }

    /// As [`with_service`](Self::with_service), in place.
    pub fn set_service<T: Any + Send + Sync>(&mut self, service: Arc<T>) {
        self.services.insert(TypeId::of::<T>(), service);
    }

    /// Gives the run a service that its plugins can call too; replaces the one of this name.
    pub fn set_byte_service(&mut self, name: impl Into<String>, service: ByteService) {
        self.byte_services.insert(name.into(), service);
    }

    /// Gives the run a descriptor that becomes readable when it is cancelled, for modules that wait in
    /// the kernel.
    pub fn set_cancel_fd(&mut self, fd: Arc<OwnedFd>) {
        self.cancel_fd = Some(fd);
    }

    /// Sets the program's table of type arguments; the VM does so before it runs a program.
    pub fn set_type_args(&mut self, type_args: Arc<[Ty]>) {
        self.type_args = type_args;
    }
}

/// Using it.
impl HostCx {
    /// The resources of the run.
    #[must_use]
    #[inline]
    pub fn resources(&self) -> &ResourceTable {
        &self.resources
    }

    /// The arguments of the script.
    #[must_use]
    pub fn args(&self) -> &[Str] {
        &self.args
    }

    /// The service of this type, if the run has one.
    #[must_use]
    pub fn service<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let service = self.services.get(&TypeId::of::<T>())?;
        Arc::clone(service).downcast().ok()
    }

    /// The service of this name, if the run has one.
    #[must_use]
    pub fn byte_service(&self, name: &str) -> Option<ByteService> {
        match &self.link {
            None => self.byte_services.get(name).cloned(),
            Some(link) => link.service(name),
        }
    }

    /// A descriptor of the caller's own that becomes readable when the run is cancelled, if the host has
    /// one.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub fn cancel_fd(&self) -> io::Result<Option<OwnedFd>> {
        match &self.link {
            None => self.cancel_fd.as_ref().map(|fd| fd.try_clone()).transpose(),
            Some(link) => link.cancel_fd(),
        }
    }

    /// The descriptor that the host gave to this very context.
    pub(crate) fn own_cancel_fd(&self) -> Option<BorrowedFd<'_>> {
        self.cancel_fd.as_ref().map(|fd| fd.as_fd())
    }

    /// What a module keeps for this run, by its type; made when it is first asked for, dropped with
    /// the run.
    pub fn state<T: Default + 'static>(&mut self) -> &mut T {
        let state = self
            .states
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Box::<T>::default());
        if !state.is::<T>() {
            *state = Box::<T>::default();
        }
        match state.downcast_mut() {
            Some(state) => state,
            None => unreachable!("it has just been put there"),
        }
    }

    /// The type with this number in the program's table; `()` for one that is not there.
    #[must_use]
    pub fn type_arg(&self, index: usize) -> Ty {
        self.type_args.get(index).cloned().unwrap_or(Ty::Unit)
    }

    /// The program's table of type arguments.
    #[must_use]
    pub fn type_args(&self) -> &Arc<[Ty]> {
        &self.type_args
    }

    /// Whether the host wants the run to end.
    #[must_use]
    #[inline]
    pub fn interrupted(&self) -> bool {
        match &self.link {
            None => self.interrupt.load(Ordering::Relaxed),
            Some(link) => link.interrupted(),
        }
    }

    /// The flag that ends the run when it becomes true. It is the host's; a plugin asks
    /// [`interrupted`](Self::interrupted).
    #[must_use]
    pub fn interrupt(&self) -> &Arc<AtomicBool> {
        &self.interrupt
    }

    /// Ends the run when the host wants it to end; for loops that take long.
    ///
    /// # Errors
    /// [`Stop::Cancelled`] when it does.
    #[inline]
    pub fn check_interrupt(&self) -> Result<(), Raise> {
        if self.interrupted() {
            Err(Stop::Cancelled.into())
        } else {
            Ok(())
        }
    }

    /// Has `waiter` do the waiting of this run from now on.
    pub fn set_waiter(&mut self, waiter: Rc<dyn Waiter>) {
        match &self.link {
            None => self.waiter = Some(waiter),
            Some(link) => link.set_waiter(waiter),
        }
    }

    /// Waits this long, or until the host wants the run to end; meanwhile does what the run's
    /// [`Waiter`] has to do.
    ///
    /// # Errors
    /// [`Stop::Cancelled`] when the run is to end; what the waiter raises.
    pub fn wait(&self, duration: Duration) -> Result<(), Raise> {
        if let Some(link) = &self.link {
            return link.wait(duration);
        }
        // A deadline beyond what the clock can hold is never.
        let deadline = Instant::now().checked_add(duration);
        loop {
            self.check_interrupt()?;
            let left = deadline.map_or(NAP, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Ok(());
            }
            match &self.waiter {
                Some(waiter) => waiter.wait(left.min(NAP))?,
                None => std::thread::sleep(left.min(NAP)),
            }
        }
    }

    /// Writes `text` to standard output, as it is.
    ///
    /// # Errors
    /// [`Stop::ClosedPipe`] when nobody reads it any more; kind `resource` when it cannot be written.
    pub fn print(&mut self, text: &str) -> Result<(), Raise> {
        self.print_bytes(text.as_bytes())
    }

    /// Writes `bytes` to standard output.
    ///
    /// # Errors
    /// As for [`print`](Self::print).
    pub fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), Raise> {
        match &self.link {
            None => self.stdout.write(bytes),
            Some(link) => link.print(false, bytes),
        }
    }

    /// Writes `text` to standard error, as it is, after what has been printed to standard output:
    /// the two may lead to one place.
    ///
    /// # Errors
    /// As for [`print`](Self::print).
    pub fn eprint(&mut self, text: &str) -> Result<(), Raise> {
        self.eprint_bytes(text.as_bytes())
    }

    /// Writes `bytes` to standard error, as [`eprint`](Self::eprint) does.
    ///
    /// # Errors
    /// As for [`print`](Self::print).
    pub fn eprint_bytes(&mut self, bytes: &[u8]) -> Result<(), Raise> {
        if let Some(link) = &self.link {
            return link.print(true, bytes);
        }
        self.stdout.flush()?;
        self.stderr.write(bytes)
    }

    /// Writes out what is buffered: at the end of a run, before a child shares the terminal, and
    /// before anything waits for standard input.
    ///
    /// # Errors
    /// As for [`print`](Self::print).
    #[inline]
    pub fn flush(&mut self) -> Result<(), Raise> {
        if let Some(link) = &self.link {
            return link.flush();
        }
        self.stdout.flush()?;
        self.stderr.flush()
    }
}

/// For what calls plugins.
impl HostCx {
    #[inline(always)]
    pub(crate) fn guests(&self) -> &Guests {
        &self.guests
    }

    pub(crate) fn guests_mut(&mut self) -> &mut Guests {
        &mut self.guests
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_go_out_at_once_and_blocks_at_the_end() {
        let (lines, blocks) = (Shared::default(), Shared::default());
        let mut cx = HostCx::new().with_stdout(lines.clone(), Buffering::Line);
        cx.print("a\nb").unwrap();
        assert_eq!(&*lines.0.borrow(), b"a\nb");
        cx = HostCx::new().with_stdout(blocks.clone(), Buffering::Block);
        cx.print("a\n").unwrap();
        assert_eq!(blocks.0.borrow().len(), 0);
        cx.print(&"x".repeat(100_000)).unwrap();
        assert_eq!(blocks.0.borrow().len(), 100_002);
        cx.print("end").unwrap();
        drop(cx);
        assert_eq!(blocks.0.borrow().len(), 100_005);
    }

    #[test]
    fn a_closed_pipe_stops_the_run() {
        let mut cx = HostCx::new().with_stdout(Closed, Buffering::Line);
        assert!(matches!(
            cx.print("a\n"),
            Err(Raise::Stop(Stop::ClosedPipe))
        ));
        assert!(cx.flush().is_ok());
    }

    /// A writer that nobody reads from, after as many signals as that.
    struct Stuck(Arc<AtomicBool>, usize);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0.store(self.1 == 0, Ordering::Relaxed);
            self.1 = self.1.saturating_sub(1);
            Err(io::ErrorKind::Interrupted.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_write_that_is_interrupted_ends_the_run_that_is_to_end() {
        let interrupt = Arc::new(AtomicBool::new(false));
        let mut cx = HostCx::new()
            .with_stdout(Stuck(Arc::clone(&interrupt), 3), Buffering::Line)
            .with_interrupt(interrupt);
        assert!(matches!(cx.print("a\n"), Err(Raise::Stop(Stop::Cancelled))));
        assert!(cx.flush().is_ok());
    }

    #[derive(Debug, Default)]
    struct Counting(Cell<Duration>);

    impl Waiter for Counting {
        fn wait(&self, at_most: Duration) -> Result<(), Raise> {
            std::thread::sleep(at_most);
            self.0.set(self.0.get() + at_most);
            Ok(())
        }
    }

    #[test]
    fn a_waiter_does_the_waiting() {
        let counting = Rc::new(Counting::default());
        let mut cx = HostCx::new();
        cx.set_waiter(counting.clone());
        cx.wait(NAP * 3).unwrap();
        assert!(counting.0.get() > NAP, "{counting:?}");
        cx.interrupt().store(true, Ordering::Relaxed);
        assert!(matches!(
            cx.wait(Duration::MAX),
            Err(Raise::Stop(Stop::Cancelled))
        ));
    }

    #[test]
    fn state_and_services_are_found_by_type() {
        let mut cx = HostCx::new().with_service(Arc::new(7u32));
        *cx.state::<Vec<i32>>() = vec![1];
        assert_eq!(*cx.state::<Vec<i32>>(), [1]);
        assert_eq!(*cx.state::<String>(), "");
        assert_eq!(cx.service::<u32>().as_deref(), Some(&7));
        assert_eq!(cx.service::<i8>(), None);
    }
}
